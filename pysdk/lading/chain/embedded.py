"""The chain inside this process: eth-tester over py-evm, from pip alone."""

from __future__ import annotations

from web3.providers import BaseProvider
from web3.providers.eth_tester import EthereumTesterProvider

from lading.chain.signer import DEV_ACCOUNTS, DEV_MNEMONIC, DEV_PATH
from lading.errors import ToolchainError


def provider() -> BaseProvider:
    """A new chain with the accounts of `Signer.dev` funded.

    Raises:
        ToolchainError: eth-tester is not installed.
    """
    try:
        from eth_tester import PyEVMBackend  # type: ignore[import-untyped]
    except ImportError as error:
        raise ToolchainError(
            "The embedded chain needs eth-tester and py-evm.",
            hint="Install them with `pip install 'lading[embedded]'`.",
        ) from error
    backend = PyEVMBackend.from_mnemonic(DEV_MNEMONIC, num_accounts=DEV_ACCOUNTS, hd_path=DEV_PATH)
    return EthereumTesterProvider(backend)


def is_embedded(candidate: BaseProvider) -> bool:
    return isinstance(candidate, EthereumTesterProvider)
