"""State read from a node that is not believed: headers are hashed again, and accounts and storage slots come with
Merkle-Patricia proofs from that header's state root (`eth_getProof`, EIP-1186; Ethereum Yellow Paper, appendix D).

What a block hash commits to is thereby proven; that the block is one of the chain is the caller's to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import rlp
from eth_utils.crypto import keccak
from rlp.exceptions import RLPException
from web3.types import RPCEndpoint

from lading.chain.node import Chain
from lading.chain.translate import translated
from lading.errors import BadResponse, RequestRefused

WORD: Final = 32
EMPTY_TRIE: Final = keccak(rlp.encode(b""))
EMPTY_CODE: Final = keccak(b"")
#: Slots per request: a proof of one is some kilobytes, and public nodes bound their answers.
SLOTS_PER_REQUEST: Final = 64

_BRANCH, _PAIR = 17, 2

# The header in the order in which it is hashed (Yellow Paper, section 4.4; then EIPs 1559, 4895, 4844, 4788, 7685).
# What stands in _QUANTITIES is a number; all else is bytes of a fixed length.
_FIELDS = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)
_LATER_FIELDS = (
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"),
    *("blockAccessListHash", "slotNumber"),  # EIP-7928, EIP-7843
)
_QUANTITIES = frozenset(
    {"difficulty", "number", "gasLimit", "gasUsed", "timestamp"}
    | {"baseFeePerGas", "blobGasUsed", "excessBlobGas", "slotNumber"}
)


class ProofInvalid(BadResponse):
    """The node's proof does not lead from the block to what it claims, or its header has another hash."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="Ask another node: this one lies, or is broken.", retryable=False)


class NoStateProof(RequestRefused):
    """The node cannot prove what it says."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose hash was computed here. `hash` and `state_root` 32 bytes, `time` in seconds."""

    number: int
    hash: bytes
    time: int
    state_root: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """What a state root says of an address (Yellow Paper, section 4.1): two numbers and two hashes of 32 bytes."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes

    @property
    def has_code(self) -> bool:
        return self.code_hash != EMPTY_CODE


NOBODY: Final = Account(0, 0, EMPTY_TRIE, EMPTY_CODE)


def lookup(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """The value at `key` in the trie with this root, None if the trie proves that there is none. `key` is hashed first,
    as in Ethereum's state and storage; `nodes` are the RLP of the nodes on the path, in any order.

    Raises:
        ProofInvalid: the nodes do not lead from the root to the value or to its absence.
    """
    if root == EMPTY_TRIE:
        return None
    if len(root) != WORD:
        raise ProofInvalid("The root that the state proof should start from is no hash.")
    by_hash = {keccak(node): node for node in nodes}
    path = keccak(key).hex()
    reference: Any = root
    while reference != b"":
        node = _resolve(reference, by_hash)
        if len(node) == _BRANCH and path:
            reference, path = node[int(path[0], 16)], path[1:]
            continue
        if len(node) != _PAIR:
            raise ProofInvalid("A node of the state proof is neither a branch, nor an extension, nor a leaf.")
        is_leaf, part = _compact(node[0])
        if is_leaf:
            return _bytes_of(node[1]) if part == path else None
        if not path.startswith(part):
            return None
        reference, path = node[1], path[len(part) :]
    return None


def _resolve(reference: object, by_hash: Mapping[bytes, bytes]) -> list[Any]:
    """The node itself where it is shorter than a hash, else the one with that hash (Yellow Paper, equation 196)."""
    if isinstance(reference, list):
        return reference
    encoded = by_hash.get(_bytes_of(reference))
    if encoded is None:
        raise ProofInvalid("The state proof lacks a node on the way from the state root.")
    return _decoded_list(encoded)


def _decoded_list(encoded: bytes) -> list[Any]:
    try:
        found = rlp.decode(encoded)
    except RLPException as error:
        raise ProofInvalid("A part of the state proof is no RLP.") from error
    if not isinstance(found, list):
        raise ProofInvalid("A part of the state proof is no RLP list.")
    return found


def _compact(encoded: object) -> tuple[bool, str]:
    """Whether it is a leaf's, and the nibbles as hexadecimal digits (Yellow Paper, appendix C)."""
    digits = _bytes_of(encoded).hex()
    if not digits or digits[0] not in "0123" or (digits[0] in "02" and digits[1] != "0"):
        raise ProofInvalid("A path in the state proof is not in the compact encoding.")
    return digits[0] in "23", digits[1:] if digits[0] in "13" else digits[2:]


def _bytes_of(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ProofInvalid("A value in the state proof is a list.")
    return value


def header(chain: Chain, at: bytes | int | None = None) -> Header:
    """The header of a block, by its hash or number, or of the newest; its fields are hashed here, and must give the
    hash that was asked for, or the one that the node names.

    Raises:
        ProofInvalid: they give another hash.
        NoStateProof: the chain is eth-tester's, which proves nothing.
        RequestRefused: the node has no such block.
    """
    if chain.network.kind == "embedded":
        raise NoStateProof(
            "eth-tester has no eth_getProof.", hint="Ask Anvil, Ganache or another node, or leave --state-proof out."
        )
    if isinstance(at, bytes):
        raw = _ask(chain, "eth_getBlockByHash", ["0x" + at.hex(), False])
    else:
        raw = _ask(chain, "eth_getBlockByNumber", ["latest" if at is None else hex(at), False])
    if raw is None:
        name = "0x" + at.hex() if isinstance(at, bytes) else at
        raise RequestRefused(f"{chain.network.name} has no block {name}.", hint="Ask a node of that block's chain.")
    with translated(chain.network.name):
        parts = [_field(raw, name) for name in (*_FIELDS, *(name for name in _LATER_FIELDS if raw.get(name)))]
        found = Header(
            int(raw["number"], 16), keccak(rlp.encode(parts)), int(raw["timestamp"], 16), _hex_bytes(raw["stateRoot"])
        )
        claimed = _hex_bytes(raw["hash"])
    if found.hash != (at if isinstance(at, bytes) else claimed) or (isinstance(at, int) and found.number != at):
        raise ProofInvalid(f"The header that {chain.network.name} sent for block {found.number} has another hash.")
    return found


def _field(raw: Mapping[str, Any], name: str) -> bytes | int:
    return int(raw[name], 16) if name in _QUANTITIES else _hex_bytes(raw[name])


class ProvenState:
    """Accounts and storage as of one header. Nothing is given back that its state root does not prove."""

    def __init__(self, chain: Chain, at: Header) -> None:
        self.chain = chain
        self.header = at

    def account(self, address: bytes) -> Account:
        """`NOBODY` for an address that the state proves to be unused.

        Raises:
            NoStateProof: the node has no eth_getProof, or not for this block any more.
            ProofInvalid: the proof fails.
        """
        return self._account(address, self._proof(address, []))

    def words(self, address: bytes, slots: Sequence[int]) -> dict[int, int]:
        """The storage words of a contract by slot; zero where the proof is one of absence. Raises as `account`."""
        found: dict[int, int] = {}
        wanted = sorted(set(slots))
        for start in range(0, len(wanted), SLOTS_PER_REQUEST):
            chunk = wanted[start : start + SLOTS_PER_REQUEST]
            answer = self._proof(address, chunk)
            root = self._account(address, answer).storage_root
            with translated(self.chain.network.name):
                nodes = [_hex_list(one["proof"]) for one in answer["storageProof"]]
            if len(nodes) != len(chunk):
                raise ProofInvalid(f"{self.chain.network.name} did not prove every slot that was asked for.")
            found |= {slot: _word(root, slot, path) for slot, path in zip(chunk, nodes, strict=True)}
        return found

    def _proof(self, address: bytes, slots: Sequence[int]) -> Mapping[str, Any]:
        keys = [f"0x{slot:064x}" for slot in slots]
        try:
            answer = _ask(self.chain, "eth_getProof", ["0x" + address.hex(), keys, hex(self.header.number)])
        except RequestRefused as error:
            raise NoStateProof(
                f"{self.chain.network.name} gives no state proof of block {self.header.number}: {error.message}",
                hint="Many nodes keep proofs of their newest blocks alone; ask another node, or believe this one "
                "without --state-proof.",
            ) from error
        if not isinstance(answer, Mapping):
            raise ProofInvalid(f"{self.chain.network.name} answered eth_getProof with something that is no proof.")
        return answer

    def _account(self, address: bytes, answer: Mapping[str, Any]) -> Account:
        with translated(self.chain.network.name):
            nodes = _hex_list(answer["accountProof"])
        value = lookup(self.header.state_root, address, nodes)
        if value is None:
            return NOBODY
        parts = [_bytes_of(part) for part in _decoded_list(value)]
        if [len(part) for part in parts[2:]] != [WORD, WORD]:
            raise ProofInvalid("The account in the state proof has other fields than an account.")
        nonce, balance = (int.from_bytes(part, "big") for part in parts[:2])
        return Account(nonce, balance, *parts[2:])


def _word(root: bytes, slot: int, nodes: Sequence[bytes]) -> int:
    value = lookup(root, slot.to_bytes(WORD, "big"), nodes)
    if value is None:
        return 0
    try:
        word = _bytes_of(rlp.decode(value))
    except RLPException as error:
        raise ProofInvalid("A storage word in the state proof is no RLP.") from error
    # Ethereum deletes a slot that is set to zero; Anvil keeps it in the trie, as an empty word.
    if len(word) > WORD:
        raise ProofInvalid("A storage word in the state proof has more than 32 bytes.")
    return int.from_bytes(word, "big")


def _ask(chain: Chain, method: str, params: list[object]) -> Any:  # noqa: ANN401 - JSON of a stranger
    """The node's answer as it came: web3 would read a header's fields its own way."""
    with translated(chain.network.name):
        return chain.web3.manager.request_blocking(cast(RPCEndpoint, method), params)


def _hex_list(values: Sequence[str]) -> list[bytes]:
    return [_hex_bytes(value) for value in values]


def _hex_bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
