"""Exceptions of web3, requests and eth-tester into ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound, Web3Exception, Web3RPCError

from lading.chain import abi, reverts
from lading.errors import BadResponse, InsufficientFunds, LadingError, NotReachable, RequestRefused

#: The words by which Geth, Anvil, Ganache and py-evm say that an account cannot pay.
POOR = ("insufficient funds", "sender doesn't have enough funds", "cannot afford", "exceeds the balance")


@contextmanager
def translated(network: str) -> Iterator[None]:
    """Runs a read of `network`; TransactionNotFound alone passes, since its callers answer with None."""
    try:
        yield
    except (LadingError, TransactionNotFound):
        raise
    except BlockNotFound as error:
        raise RequestRefused(f"{network} has no such block: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BadResponse(f"{network} sent an answer without the fields that it must have ({error}).") from error
    except (Web3Exception, requests.RequestException, OSError, ValueError) as error:
        raise _ours(network, error) from error
    except Exception as error:
        if not _of_embedded(error):
            raise
        raise _ours(network, error) from error


def _ours(network: str, error: Exception) -> LadingError:
    data = revert_data(error)
    if data is not None:
        return reverts.decode(data)
    text = _words(error)
    if any(words in text.lower() for words in POOR):
        return InsufficientFunds(
            f"The sender cannot pay for this transaction on {network}: {text}",
            hint="Send it some of the chain's own currency, or use another signer.",
        )
    if isinstance(error, (requests.RequestException, OSError)):
        return NotReachable(
            f"{network} gave no answer: {type(error).__name__}.", hint="Start a devnet with `lading devnet up`."
        )
    if isinstance(error, Web3RPCError) or _of_embedded(error):
        return RequestRefused(f"{network} refused the request: {text}")
    return BadResponse(f"{network} sent an answer that cannot be used: {text}")


def _of_embedded(error: Exception) -> bool:
    """eth-tester and py-evm have no common root of their exceptions."""
    return type(error).__module__.partition(".")[0] in ("eth_tester", "eth_utils", "eth")


def revert_data(error: BaseException) -> bytes | None:
    """The bytes that a contract reverted with, or None if the error is no revert. Nodes put them in `error.data` (Geth,
    Anvil: hex; Ganache: hex, or an object with `result`), eth-tester in the arguments of a chain of exceptions."""
    if isinstance(error, ContractLogicError):
        return _bytes_of(error.data) or b""
    if isinstance(error, Web3RPCError):
        body = (error.rpc_response or {}).get("error")
        found = _bytes_of(body.get("data")) if isinstance(body, dict) else None
        return found if found is not None else (b"" if "revert" in _words(error).lower() else None)
    if type(error).__name__ == "TransactionFailed":
        return _from_eth_tester(error)
    return None


def _bytes_of(data: object) -> bytes | None:
    if isinstance(data, dict):
        return _bytes_of(data.get("result") or data.get("data"))
    if isinstance(data, str) and data.startswith("0x"):
        return bytes.fromhex(data[2:])
    return bytes(data) if isinstance(data, bytes) else None


def _from_eth_tester(error: BaseException) -> bytes:
    """web3 rewrites the message and keeps the original as context; the backend gives the bytes, or their `repr`."""
    inner: object = error.__context__ or error
    while isinstance(inner, BaseException) and inner.args:
        inner = inner.args[0]
    if isinstance(inner, str) and inner.startswith(("b'", 'b"')):
        inner = ast.literal_eval(inner)
    if isinstance(inner, str):
        # `Error(string)`, which the backend has decoded already.
        inner = abi.selector("Error(string)") + abi.encode(["string"], [inner])
    return inner if isinstance(inner, bytes) else b""


def _words(error: Exception) -> str:
    if isinstance(error, Web3RPCError):
        body = (error.rpc_response or {}).get("error")
        if isinstance(body, dict):
            return str(body.get("message", error))
    return str(error)
