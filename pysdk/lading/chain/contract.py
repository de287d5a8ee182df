"""One contract at one address: reads, calls ready to be sent, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from lading import artifacts
from lading.chain import abi
from lading.chain.node import BlockId, Chain, Log
from lading.errors import BadResponse
from lading.values import AbiValue, named


@dataclass(frozen=True)
class Call:
    """A call ready to be sent: `contract.function` at `to` (checksummed)."""

    contract: str
    function: str
    to: str
    data: bytes


@dataclass(frozen=True)
class Event:
    """A decoded log. `args` under snake-case names, as `lading.values.to_python` gives them, structs as dicts; hashes
    0x hex; `index` is the log's place in its block."""

    contract: str
    name: str
    args: dict[str, AbiValue]
    address: str
    block: int
    block_hash: str
    tx_hash: str
    index: int


class Contract:
    """The shipped ABI of `name`, at an address."""

    def __init__(self, chain: Chain, name: str, address: str) -> None:
        self.chain = chain
        self.name = name
        self.address = to_checksum_address(address)
        interface = artifacts.load(name).abi
        self._functions = abi.by_name(interface, "function")
        self._events = {abi.topic(abi.signature_of(item)): item for item in interface if item["type"] == "event"}

    def call(self, function: str, *args: AbiValue) -> Call:
        """Encodes a call and sends nothing.

        Raises:
            InputError: an argument does not fit.
        """
        item = self._functions[function]
        types = [abi.type_of(part) for part in item["inputs"]]
        data = abi.selector(abi.signature_of(item)) + abi.encode(types, args)
        return Call(self.name, function, self.address, data)

    def read(self, function: str, *args: AbiValue, at: BlockId = "latest", sender: str | None = None) -> AbiValue:
        """What the function returns: one value as it is, several as a tuple, structs as tuples.

        Raises:
            ContractError: the contract refuses.
        """
        returned = self.chain.call(self.address, self.call(function, *args).data, at=at, sender=sender)
        values = abi.decode([abi.type_of(part) for part in self._functions[function]["outputs"]], returned)
        return values[0] if len(values) == 1 else values

    def read_struct(self, function: str, *args: AbiValue, at: BlockId = "latest") -> dict[str, AbiValue]:
        """A function that returns one struct: its fields by snake-case name, as `lading.values.to_python` gives
        them."""
        (output,) = self._functions[function]["outputs"]
        return named(output["components"], self.read(function, *args, at=at))

    def topic(self, event: str) -> str:
        """The first topic of an event's logs."""
        return next(topic for topic, item in self._events.items() if item["name"] == event)

    def event(self, log: Log) -> Event | None:
        """The log as an event; None if it is of another contract or of an event that the ABI lacks.

        Raises:
            BadResponse: it does not decode.
        """
        if log.address != self.address or not log.topics or log.topics[0] not in self._events:
            return None
        item = self._events[log.topics[0]]
        indexed = [part for part in item["inputs"] if part["indexed"]]
        plain = [part for part in item["inputs"] if not part["indexed"]]
        if len(indexed) != len(log.topics) - 1:
            raise BadResponse(f"A log of {self.name}.{item['name']} has {len(log.topics)} topics.")
        values = {
            **_decoded(indexed, bytes.fromhex("".join(topic[2:] for topic in log.topics[1:]))),
            **_decoded(plain, bytes.fromhex(log.data[2:])),
        }
        args = named(item["inputs"], tuple(values[part["name"]] for part in item["inputs"]))
        return Event(
            self.name, item["name"], args, log.address, log.block_number, log.block_hash, log.tx_hash, log.index
        )


def _decoded(parts: Sequence[abi.Json], data: bytes) -> dict[str, AbiValue]:
    values = abi.decode([abi.type_of(part) for part in parts], data)
    return {part["name"]: value for part, value in zip(parts, values, strict=True)}
