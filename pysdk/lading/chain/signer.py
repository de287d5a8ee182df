"""Keys, and what is signed with them. A key comes from a keystore file, the environment or stdin, never from a command
line (other users of the machine can read those), and is never printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature

from lading.errors import KeystoreLocked, KeyUnreadable, NoSigner

#: The accounts that Anvil funds by itself, that `lading devnet up` funds on Ganache, and that the embedded chain has.
#: The whole world knows their keys.
DEV_MNEMONIC = "test test test test test test test test test test test junk"
DEV_PATH = "m/44'/60'/0'/0"
DEV_ACCOUNTS = 20

ENV_KEY = "LADING_KEY"
ENV_KEYSTORE = "LADING_KEYSTORE"
ENV_PASSWORD = "LADING_KEYSTORE_PASSWORD"  # noqa: S105 - the variable's name
ENV_PASSWORD_FILE = "LADING_KEYSTORE_PASSWORD_FILE"  # noqa: S105 - the variable's name
_HOW = (
    f"Set {ENV_KEYSTORE} to a keystore file and {ENV_PASSWORD}_FILE to a file with its password, or {ENV_KEY} to a key."
)


class Signer:
    """One private key. `address` is checksummed (EIP-55)."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.address = str(account.address)

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    @classmethod
    def unsafe_from_key(cls, key: str | bytes) -> Signer:
        """From a raw private key (32 bytes, or hex). Unsafe: the caller had the key in the open.

        Raises:
            KeyUnreadable: it is no private key. The message does not repeat it.
        """
        try:
            return cls(Account.from_key(key.strip() if isinstance(key, str) else key))
        except Exception:  # noqa: BLE001 - eth-keys raises half a dozen types; all of them may quote the key
            raise KeyUnreadable(
                "What was given is no private key.",
                hint="A private key has 32 bytes: 64 hex digits, with or without 0x.",
            ) from None

    @classmethod
    def from_keystore(cls, path: str | Path, password: str | None) -> Signer:
        """From an encrypted keystore file (Web3 Secret Storage, version 3).

        Raises:
            KeyUnreadable: there is no such file, or it is no keystore.
            KeystoreLocked: the password is missing or wrong.
        """
        where = Path(path)
        try:
            content = json.loads(where.read_text(encoding="utf-8"))
        except OSError as error:
            raise KeyUnreadable(
                f"The keystore file {where} cannot be read: {error.strerror}.",
                hint="Check the path and its permissions.",
            ) from error
        except ValueError as error:
            raise KeyUnreadable(f"{where} is no keystore file: not JSON.", hint=_HOW) from error
        if password is None:
            raise KeystoreLocked(
                f"The keystore {where} needs its password.",
                hint=f"Put it into a file that {ENV_PASSWORD_FILE} names, or into {ENV_PASSWORD}.",
            )
        return cls.unsafe_from_key(_decrypt(where, content, password))

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Signer:
        """From LADING_KEY, or LADING_KEYSTORE with LADING_KEYSTORE_PASSWORD or LADING_KEYSTORE_PASSWORD_FILE.

        Raises:
            NoSigner: none of them is set.
            KeyUnreadable, KeystoreLocked: as `from_keystore`.
        """
        # Not as the parameter's default, which `help()` would print with the key in it.
        environment = os.environ if environment is None else environment
        if key := environment.get(ENV_KEY):
            return cls.unsafe_from_key(key)
        if path := environment.get(ENV_KEYSTORE):
            return cls.from_keystore(path, _password(environment))
        raise NoSigner("No key is set in the environment.", hint=_HOW)

    @classmethod
    def from_stdin(cls, stream: TextIO | None = None) -> Signer:
        """From the first line of stdin: a private key in hex.

        Raises:
            KeyUnreadable: the line is no private key.
        """
        return cls.unsafe_from_key((stream or sys.stdin).readline())

    @classmethod
    def dev(cls, index: int) -> Signer:
        """Account `index` of a devnet. For devnets alone: everyone has this key."""
        return cls(_dev_account(index))

    def unsafe_key(self) -> bytes:
        """The private key, 32 bytes. Unsafe: for handing it to a process of one's own, and for nothing else."""
        return bytes(self._account.key)

    def sign_transaction(self, fields: Mapping[str, Any]) -> tuple[bytes, str]:
        """The signed bytes and their hash (0x hex)."""
        signed = self._account.sign_transaction(dict(fields))
        return bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex()

    def sign_typed(self, typed: Mapping[str, Any]) -> str:
        """An EIP-712 signature, 65 bytes r || s || v as 0x hex, over a document from `lading.chain.typed_data`."""
        signed = self._account.sign_message(encode_typed_data(full_message=dict(typed)))
        return "0x" + bytes(signed.signature).hex()


def signer_of(typed: Mapping[str, Any], signature: str) -> str | None:
    """The checksummed address whose key made a signature (65 bytes, 0x hex) over a document from
    `lading.chain.typed_data`; None if no key did."""
    try:
        return str(Account.recover_message(encode_typed_data(full_message=dict(typed)), signature=signature))
    except (BadSignature, ValueError):
        return None


def _password(environment: Mapping[str, str]) -> str | None:
    if (path := environment.get(ENV_PASSWORD_FILE)) is None:
        return environment.get(ENV_PASSWORD)
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise KeystoreLocked(
            f"The password file {path} cannot be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from error


def _decrypt(where: Path, content: object, password: str) -> bytes:
    if not isinstance(content, dict) or not ("crypto" in content or "Crypto" in content):
        raise KeyUnreadable(f"{where} is no keystore file: it has no `crypto` part.", hint=_HOW)
    try:
        return bytes(Account.decrypt(content, password))
    except ValueError as error:
        if "MAC mismatch" in str(error):
            raise KeystoreLocked(
                f"The password does not open the keystore {where}.", hint="Check the password; nothing was changed."
            ) from None
        raise KeyUnreadable(
            f"{where} is a keystore of a kind that cannot be read.", hint="Version 3 is needed."
        ) from None
    except (KeyError, TypeError, NotImplementedError):
        raise KeyUnreadable(
            f"{where} is a keystore of a kind that cannot be read.", hint="Version 3 is needed."
        ) from None


@lru_cache(maxsize=DEV_ACCOUNTS)
def _dev_account(index: int) -> LocalAccount:
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(DEV_MNEMONIC, account_path=f"{DEV_PATH}/{index}")
    return account
