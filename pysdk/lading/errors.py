"""Every error that a user of this package can meet.

    LadingError                     exit code 1
    ├── InputError                  a value of the caller's is malformed (rooms add their own: EpcError, BundleError, …)
    ├── UsageError              2   the call itself makes no sense
    ├── ToolchainError              a compiler or node binary is missing or refuses
    ├── NetworkError            3
    │   ├── UnknownNetwork          no network of that name
    │   ├── NotReachable            no answer within the bounded retries
    │   ├── WrongChain              the node is on another chain than the one that was meant
    │   ├── BadResponse             the node answered something that cannot be true
    │   └── RequestRefused          the node refused a request, for a reason that is no revert
    ├── DeploymentError
    │   ├── NoDeployment            nothing is known to be deployed on this chain
    │   └── CodeDiffers             another program stands at a recorded address
    ├── SignerError
    │   ├── NoSigner                a call that signs, on a client that was given no signer
    │   ├── KeystoreLocked          wrong or missing password
    │   └── KeyUnreadable           what was given is no private key or keystore
    ├── InsufficientFunds           the sender cannot pay for gas and value
    ├── TransactionError
    │   ├── TransactionTimeout      not mined in time; it may still be
    │   ├── TransactionReplaced     its nonce was used by another transaction
    │   └── OutOfGas                mined and failed for want of gas
    └── ContractError           4   a contract said no
        ├── RevertedWithReason      `revert("…")` of a contract that is not ours
        ├── Panicked                a Solidity panic: a bug in a contract
        ├── UnknownRevert           revert data that no contract of ours explains
        └── SolidityError           one class per custom error, in `lading.reverts`

`exit_code` is what the command line ends with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class LadingError(Exception):
    """The root. `message` says what was wrong, `hint` what to do; `str()` is both.

    `retryable`: the same call may succeed later without the caller changing anything."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", retryable: bool = False) -> None:
        self.message = message
        self.hint = hint
        self.retryable = retryable
        super().__init__(f"{message} {hint}" if hint else message)


class InputError(LadingError):
    """A value that the caller gave is malformed; the message names the value and the rule."""


class UsageError(LadingError):
    """The call itself makes no sense: options that exclude each other, a command on a network that cannot serve it."""

    exit_code = 2


class ToolchainError(LadingError):
    """A compiler or node binary is missing, of the wrong version, or failed."""


class NetworkError(LadingError):
    """The chain cannot be talked to."""

    exit_code = 3


class UnknownNetwork(NetworkError):
    """The text is neither a network's name nor an http(s) URL."""


class NotReachable(NetworkError):
    """No usable answer from the node within the bounded retries. `retry_after`: the seconds for which it asked to be
    left alone, if it did."""

    def __init__(
        self, message: str, *, hint: str = "", retryable: bool = True, retry_after: float | None = None
    ) -> None:
        self.retry_after = retry_after
        super().__init__(message, hint=hint, retryable=retryable)


class WrongChain(NetworkError):
    """The node's chain id or genesis is not the one that the deployment, or the caller, names."""


class BadResponse(NetworkError):
    """The node's answer contradicts the request: another id, a block that is no block, a log from elsewhere."""

    def __init__(self, message: str, *, hint: str = "", retryable: bool = True) -> None:
        super().__init__(message, hint=hint or "Ask another node; this one cannot be relied on.", retryable=retryable)


class RequestRefused(NetworkError):
    """The node refused a request for a reason other than a revert; the message holds the node's own words."""


class DeploymentError(LadingError):
    """The contracts cannot be found or are not the recorded ones."""


class NoDeployment(DeploymentError):
    """No deployment is recorded for this chain."""


class CodeDiffers(DeploymentError):
    """The code at a recorded address has another hash than the record, or there is none."""


class SignerError(LadingError):
    """There is no usable key."""


class NoSigner(SignerError):
    """A call that has to be signed, on a client without a signer."""


class KeystoreLocked(SignerError):
    """The keystore file's password is missing or wrong."""


class KeyUnreadable(SignerError):
    """What was given as a key is no private key, or no keystore file. The message never repeats it."""


class InsufficientFunds(LadingError):
    """The sender's account cannot pay for gas and value."""


class TransactionError(LadingError):
    """A signed transaction did not take effect, or it is not known whether it did. `tx_hash` says which."""

    def __init__(self, message: str, *, tx_hash: str, hint: str = "", retryable: bool = False) -> None:
        self.tx_hash = tx_hash
        super().__init__(message, hint=hint, retryable=retryable)


class TransactionTimeout(TransactionError):
    """Not mined within the time given. It may still be: send the same bytes again, never new ones."""


class TransactionReplaced(TransactionError):
    """Another transaction took this one's nonce; this one can never be mined."""


class OutOfGas(TransactionError):
    """Mined, and failed because all its gas was used."""


class ContractError(LadingError):
    """A contract refused the call. `args_by_name` are the decoded arguments under their Solidity names, `what_next` is
    one sentence on what to do, `data` the raw revert data (0x hex)."""

    exit_code = 4

    def __init__(
        self, message: str, *, what_next: str, args_by_name: Mapping[str, Any], data: str, retryable: bool = False
    ) -> None:
        self.args_by_name = dict(args_by_name)
        self.what_next = what_next
        self.data = data
        super().__init__(message, hint=what_next, retryable=retryable)


class RevertedWithReason(ContractError):
    """`Error(string)`: a foreign contract, such as a token, refused with a text."""


class Panicked(ContractError):
    """`Panic(uint256)` (Solidity documentation, "Panic via assert and Error via require")."""


class UnknownRevert(ContractError):
    """Revert data with a selector that none of our contracts defines, or none at all."""
