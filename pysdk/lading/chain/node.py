"""Reads of one chain. Every web3, requests or eth-tester exception leaves here as one of ours, and an answer that
cannot be true is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3
from web3.exceptions import TransactionNotFound
from web3.providers import BaseProvider

from lading.chain import embedded
from lading.chain.http import HttpProvider, Retries, Sleep
from lading.chain.networks import EMBEDDED, Network, resolve
from lading.chain.translate import translated
from lading.errors import BadResponse, RequestRefused

BlockId = int | str
#: Any web3 provider, such as the one that ape made.
Provider: TypeAlias = BaseProvider
#: Blocks per `eth_getLogs`; public nodes refuse wide ranges.
LOG_CHUNK = 2_000


@dataclass(frozen=True)
class Block:
    """A block's header as far as we use it. `time` in seconds, `base_fee` in wei, `hash` 0x hex."""

    number: int
    hash: str
    time: int
    base_fee: int
    gas_limit: int


@dataclass(frozen=True)
class Log:
    """One log. Address checksummed; topics, data and hashes 0x hex."""

    address: str
    topics: tuple[str, ...]
    data: str
    block_number: int
    block_hash: str
    tx_hash: str
    index: int


@dataclass(frozen=True)
class TransactionReceipt:
    """A mined transaction. `succeeded` is its status; `contract_address` of a creation, else None."""

    tx_hash: str
    block_number: int
    block_hash: str
    gas_used: int
    gas_price: int
    succeeded: bool
    contract_address: str | None
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Request:
    """A call or transaction before it is signed. `to` is None for a contract creation, `value` in wei."""

    to: str | None
    data: bytes
    sender: str | None = None
    value: int = 0

    def as_web3(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"data": "0x" + self.data.hex(), "value": self.value}
        if self.to is not None:
            fields["to"] = self.to
        if self.sender is not None:
            fields["from"] = self.sender
        return fields


class Chain:
    """One chain, read through one provider. Made by `Chain.open`; `chain_id` and `genesis` (hash of block 0, 0x hex)
    were read then and do not change."""

    def __init__(self, web3: Web3, network: Network, chain_id: int, genesis: str) -> None:
        self.web3 = web3
        self.network = network
        self.chain_id = chain_id
        self.genesis = genesis

    @classmethod
    def open(
        cls, target: Network | str | BaseProvider, *, sleep: Sleep = time.sleep, retries: Retries | None = None
    ) -> Chain:
        """Connects. `target` is a network, a network's name, an http(s) URL or a web3 provider; "embedded" makes a new
        chain in this process each time, with the accounts of `Signer.dev` funded.

        Raises:
            UnknownNetwork: the text is no network.
            NotReachable: the node does not answer.
        """
        if isinstance(target, BaseProvider):
            network, provider = _describe(target), target
        else:
            network = target if isinstance(target, Network) else resolve(target)
            provider = _provider_for(network, sleep, retries)
        web3 = Web3(provider, middleware=[])
        with translated(network.name):
            chain_id = web3.eth.chain_id
            first = web3.eth.get_block(0)
        if not isinstance(chain_id, int) or not isinstance(first, dict) or first.get("number") != 0:
            raise BadResponse(f"{network.name} does not answer as an Ethereum node does.")
        return cls(web3, network, chain_id, _hex(first["hash"]))

    @property
    def finality_depth(self) -> int:
        return self.network.finality_depth

    def block(self, at: BlockId = "latest") -> Block:
        with self._reading():
            raw = self.web3.eth.get_block(cast(Any, at))
            found = Block(
                raw["number"], _hex(raw["hash"]), raw["timestamp"], raw.get("baseFeePerGas", 0), raw["gasLimit"]
            )
        if not isinstance(found.number, int) or (isinstance(at, int) and found.number != at):
            raise BadResponse(f"{self.network.name} was asked for block {at} and answered with block {found.number}.")
        return found

    def call(self, to: str | None, data: bytes, *, at: BlockId = "latest", sender: str | None = None) -> bytes:
        """What the contract returns, as of block `at`; give one number to several calls to read one state.

        Raises:
            ContractError: the contract refused.
        """
        with self._reading():
            return bytes(self.web3.eth.call(cast(Any, Request(to, data, sender).as_web3()), cast(Any, at)))

    def estimate(self, request: Request) -> int:
        """Gas that the transaction needs in the block to come: where no block came for a while, the newest one is too
        old to judge a deadline by.

        Raises:
            ContractError: it would be refused.
            InsufficientFunds: the sender cannot pay for it.
        """
        # eth-tester estimates on its newest block alone; its clock stands still between blocks.
        at = "latest" if self.network.kind == "embedded" else "pending"
        with self._reading():
            needed = self.web3.eth.estimate_gas(cast(Any, request.as_web3()), cast(Any, at))
            return self._integer("eth_estimateGas", needed)

    def now(self) -> int:
        """Block time in seconds that a transaction sent now would see: that of the block to come, where the node says
        it, else that of the newest."""
        newest = self.block().time
        try:
            with self._reading():
                coming = self.web3.eth.get_block("pending")
        except RequestRefused:
            return newest
        return max(newest, self._integer("eth_getBlockByNumber", coming["timestamp"]))

    def code(self, address: str, at: BlockId = "latest") -> bytes:
        with self._reading():
            return bytes(self.web3.eth.get_code(to_checksum_address(address), cast(Any, at)))

    def code_hash(self, address: str, at: BlockId = "latest") -> str:
        """keccak256 of the code at the address, 0x hex (EIP-1052's EXTCODEHASH of an account with code)."""
        return "0x" + keccak(self.code(address, at)).hex()

    def balance(self, address: str, at: BlockId = "latest") -> int:
        """In wei."""
        with self._reading():
            return self._integer(
                "eth_getBalance", self.web3.eth.get_balance(to_checksum_address(address), cast(Any, at))
            )

    def nonce(self, address: str, at: BlockId = "pending") -> int:
        """The next free nonce: with "pending" the node's pool counts, with "latest" only what is mined."""
        with self._reading():
            return self._integer(
                "eth_getTransactionCount",
                self.web3.eth.get_transaction_count(to_checksum_address(address), cast(Any, at)),
            )

    def send_raw(self, raw: bytes) -> str:
        """Hands signed bytes to the node; its hash. Use `lading.chain.transactions.broadcast`, which understands
        "already known" and a timeout after acceptance."""
        with self._reading():
            return _hex(self.web3.eth.send_raw_transaction(raw))

    def receipt(self, tx_hash: str) -> TransactionReceipt | None:
        """None while it is not mined."""
        try:
            with self._reading():
                return _receipt(
                    cast(dict[str, Any], self.web3.eth.get_transaction_receipt(cast(Any, tx_hash))), tx_hash
                )
        except TransactionNotFound:
            return None

    def knows(self, tx_hash: str) -> bool:
        """Whether the node has the transaction, mined or waiting."""
        try:
            with self._reading():
                return _hex(self.web3.eth.get_transaction(cast(Any, tx_hash))["hash"]) == tx_hash.lower()
        except TransactionNotFound:
            return False

    def logs(
        self,
        addresses: Sequence[str],
        topics: Sequence[str | Sequence[str] | None] = (),
        *,
        from_block: int = 0,
        to_block: int | None = None,
    ) -> Iterator[Log]:
        """Logs of these contracts in the order of the chain, `from_block` to `to_block` inclusive (None: the newest at
        the time of the call), fetched in chunks.

        Raises:
            BadResponse: the node sent a log of another contract or another range.
        """
        wanted = frozenset(to_checksum_address(address) for address in addresses)
        last = self.block().number if to_block is None else to_block
        for start in range(from_block, last + 1, LOG_CHUNK):
            end = min(start + LOG_CHUNK - 1, last)
            with self._reading():
                raw = self.web3.eth.get_logs(
                    cast(Any, {"address": sorted(wanted), "topics": list(topics), "fromBlock": start, "toBlock": end})
                )
                found = sorted((_log(cast(dict[str, Any], one)) for one in raw), key=lambda log: log.index)
            for log in sorted(found, key=lambda log: log.block_number):
                if log.address not in wanted or not start <= log.block_number <= end:
                    raise BadResponse(
                        f"{self.network.name} sent a log that was not asked for (block {log.block_number})."
                    )
                yield log

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with translated(self.network.name):
            yield

    def _integer(self, method: str, value: object) -> int:
        if not isinstance(value, int) or value < 0:
            raise BadResponse(f"{self.network.name} answered {method} with something that is no number.")
        return value


def _provider_for(network: Network, sleep: Sleep, retries: Retries | None) -> BaseProvider:
    if network.url is None:
        return embedded.provider()
    return HttpProvider(network.url, name=network.name, sleep=sleep, retries=retries)


def _describe(provider: BaseProvider) -> Network:
    """A name for a provider that somebody else made."""
    if embedded.is_embedded(provider):
        return EMBEDDED
    url = str(getattr(provider, "endpoint_uri", "") or "")
    return resolve(url) if url.startswith("http") else Network(type(provider).__name__, "url", url or "provider")


def _hex(value: bytes | str) -> str:
    return value.lower() if isinstance(value, str) else "0x" + bytes(value).hex()


def _log(raw: dict[str, Any]) -> Log:
    return Log(
        to_checksum_address(raw["address"]),
        tuple(_hex(topic) for topic in raw["topics"]),
        _hex(raw["data"]),
        raw["blockNumber"],
        _hex(raw["blockHash"]),
        _hex(raw["transactionHash"]),
        raw["logIndex"],
    )


def _receipt(raw: dict[str, Any], tx_hash: str) -> TransactionReceipt:
    if _hex(raw["transactionHash"]) != tx_hash.lower():
        raise BadResponse("The node answered with the receipt of another transaction.")
    return TransactionReceipt(
        tx_hash.lower(),
        raw["blockNumber"],
        _hex(raw["blockHash"]),
        raw["gasUsed"],
        raw.get("effectiveGasPrice", 0),
        raw["status"] == 1,
        raw["contractAddress"],
        tuple(_log(log) for log in raw["logs"]),
    )
