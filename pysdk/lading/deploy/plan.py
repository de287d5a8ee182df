"""The plan: parameters -> ordered steps, and which of them are still to do at which nonce. Pure.

The steps are data with references (`@SellerCredit`). `resolve` gives each step still to do a nonce and each contract an
address, so that a reference forward is the address that the contract is going to have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from lading.chain.abi import by_name, encode, selector, signature_of, type_of
from lading.deploy.abi import Abi, constructor_inputs, create_address

REGISTRAR = 1
GOVERNOR = 2
ADMIN = 0
# What each role may call on which contract. REGISTRAR acts at once, GOVERNOR after the governance delay.
ROLE_FUNCTIONS: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "ParticipantRegistry": {REGISTRAR: ("admit", "bindPrefix", "revokeRoles"), GOVERNOR: ("grantRoles",)},
    "SellerCredit": {GOVERNOR: ("setRate",)},
}
ROLE_LABELS = {REGISTRAR: "REGISTRAR", GOVERNOR: "GOVERNOR"}
WIRING = "wire AccessManager"


@dataclass(frozen=True)
class Encoded:
    """Call data: `prefix` (selector or creation code), then the ABI encoding of `args`, references resolved."""

    prefix: bytes
    types: tuple[str, ...]
    args: tuple[object, ...]

    def resolve(self, addresses: Mapping[str, str]) -> bytes:
        return self.prefix + encode(self.types, [_resolve(value, addresses) for value in self.args])


@dataclass(frozen=True)
class Step:
    """One transaction. Creates `contract`, or calls it."""

    id: str
    contract: str
    creates: bool
    payload: Encoded


@dataclass(frozen=True)
class Mined:
    """A step's transaction that the chain holds. `content` as in `Todo`."""

    tx_hash: str
    nonce: int
    content: bytes
    address: str
    block: int


@dataclass(frozen=True)
class Todo:
    """A step as it has to be sent now. `to` is None for a creation, `address` is where the contract stands or will."""

    step: Step
    nonce: int
    to: str | None
    data: bytes
    address: str

    @property
    def content(self) -> bytes:
        return content_of(self.to, self.data)


@dataclass(frozen=True)
class Resolution:
    """`again`: steps that the chain holds, but with references that no longer hold, so that they are done again."""

    addresses: Mapping[str, str]
    todo: tuple[Todo, ...]
    again: tuple[str, ...]


@dataclass(frozen=True)
class Governance:
    """Who governs, addresses resolved; `delay` in seconds."""

    admin: str
    registrar: str
    governor: str
    delay: int


def content_of(to: str | None, data: bytes) -> bytes:
    """Tells whether a transaction does what a step asks for: the hash of its receiver and data."""
    return keccak((bytes.fromhex(to[2:]) if to else b"") + data)


def make_steps(
    arguments: Mapping[str, Sequence[object]],
    bytecode: Mapping[str, bytes],
    abis: Mapping[str, Abi],
    governance: Governance,
    deployer: str,
    rates: Sequence[tuple[str, int]] = (),
) -> tuple[Step, ...]:
    """The steps in order: each contract of `arguments`, then the first `rates` of tokens and all wiring of roles in one
    transaction, so that no block shows it half done."""
    creations = [
        Step(
            f"deploy {name}",
            name,
            True,
            Encoded(bytecode[name], tuple(argument.kind for argument in constructor_inputs(abis[name])), tuple(values)),
        )
        for name, values in arguments.items()
    ]
    return (*creations, _wiring(abis, governance, deployer, rates))


def _wiring(abis: Mapping[str, Abi], governance: Governance, deployer: str, rates: Sequence[tuple[str, int]]) -> Step:
    manager = by_name(abis["AccessManager"], "function")
    set_rate = by_name(abis["SellerCredit"], "function")["setRate"]

    def call(function: str, *args: object) -> Encoded:
        return _encoded(manager[function], *args)

    # While the deployer still may, as the admin of functions that no role has been given.
    calls = [call("execute", "@SellerCredit", _encoded(set_rate, token, rate)) for token, rate in rates]
    for name in ROLE_FUNCTIONS:
        for role, selectors in role_selectors(name, abis[name]).items():
            calls.append(call("setTargetFunctionRole", f"@{name}", selectors, role))
    calls += [call("labelRole", role, label) for role, label in ROLE_LABELS.items()]
    calls.append(call("grantRole", REGISTRAR, governance.registrar, 0))
    calls.append(call("grantRole", GOVERNOR, governance.governor, governance.delay))
    if governance.delay:
        # docs/decisions/0002-governance-delay.md says what each of these binds, and since when.
        calls.append(call("setGrantDelay", GOVERNOR, governance.delay))
        calls.append(call("setGrantDelay", ADMIN, governance.delay))
        calls += [call("setTargetAdminDelay", f"@{name}", governance.delay) for name in ROLE_FUNCTIONS]
    # Last, since from here on the admin acts with the delay, or is another account.
    if governance.delay or governance.admin != deployer:
        calls.append(call("grantRole", ADMIN, governance.admin, governance.delay))
    if governance.admin != deployer:
        calls.append(call("renounceRole", ADMIN, deployer))
    return Step(WIRING, "AccessManager", False, call("multicall", tuple(calls)))


def _encoded(function: Mapping[str, Any], *args: object) -> Encoded:
    return Encoded(selector(signature_of(function)), tuple(type_of(part) for part in function["inputs"]), args)


def role_selectors(contract: str, abi: Abi) -> dict[int, list[bytes]]:
    """The selectors that each role may call on a contract of ROLE_FUNCTIONS."""
    functions = by_name(abi, "function")
    return {
        role: [selector(signature_of(functions[name])) for name in names]
        for role, names in ROLE_FUNCTIONS[contract].items()
    }


def resolve(steps: Sequence[Step], mined: Mapping[str, Mined], next_nonce: int, deployer: str) -> Resolution:
    """What is left to do when `next_nonce` is the next one of `deployer`.

    A mined step whose content is no longer what the plan asks for (it names a predicted address that was missed) is
    done again, and so is whatever refers to it; the set of steps to do only grows, so this ends. It grows from the end:
    a step that was done again already names the addresses that the steps after it are yet to get, and is as it should
    be once they are counted in."""
    pending = {step.id for step in steps if step.id not in mined}
    again: set[str] = set()
    while True:
        addresses, nonces = _assign(steps, mined, pending, next_nonce, deployer)
        stale = [
            step.id
            for step in steps
            if step.id not in pending and mined[step.id].content != _todo(step, 0, addresses).content
        ]
        if not stale:
            todo = tuple(_todo(step, nonces[step.id], addresses) for step in steps if step.id in pending)
            return Resolution(addresses, todo, tuple(step.id for step in steps if step.id in again))
        pending.add(stale[-1])
        again.add(stale[-1])


def _assign(
    steps: Sequence[Step], mined: Mapping[str, Mined], pending: set[str], next_nonce: int, deployer: str
) -> tuple[dict[str, str], dict[str, int]]:
    addresses = {"deployer": deployer}
    nonces: dict[str, int] = {}
    for step in steps:
        if step.id in pending:
            nonces[step.id] = next_nonce + len(nonces)
        if step.creates and step.id in pending:
            addresses[step.contract] = create_address(deployer, nonces[step.id])
        elif step.creates:
            addresses[step.contract] = mined[step.id].address
    return addresses, nonces


def _todo(step: Step, nonce: int, addresses: Mapping[str, str]) -> Todo:
    address = addresses[step.contract]
    return Todo(step, nonce, None if step.creates else address, step.payload.resolve(addresses), address)


def _resolve(value: object, addresses: Mapping[str, str]) -> object:
    if isinstance(value, str) and value.startswith("@"):
        return addresses[value[1:]]
    if isinstance(value, Encoded):
        return value.resolve(addresses)
    if isinstance(value, tuple):
        return [_resolve(item, addresses) for item in value]
    return value
