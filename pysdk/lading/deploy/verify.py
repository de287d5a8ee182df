"""Reads a deployment back from its chain: code, wiring, and who holds which role with which delay.

Everything is compared with what the record's own parameters ask for, at one block. Roles are folded from every event
that the AccessManager ever emitted, so that a role granted on the side shows up, which no getter would list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from lading import artifacts
from lading.chain.abi import by_name, decode, encode, selector, signature_of, topic, type_of
from lading.chain.node import Chain, Log
from lading.deploy.abi import Abi, constructor_inputs
from lading.deploy.params import Params
from lading.deploy.plan import ADMIN, GOVERNOR, REGISTRAR, role_selectors
from lading.deploy.registry import Deployment

# The constructor argument that OpenZeppelin's AccessManaged shows under another name.
GETTERS = {("ParticipantRegistry", "accessManager"): "authority"}
# The one argument that leaves no getter; the members of ADMIN are checked instead.
FIRST_ADMIN = ("AccessManager", "initialAdmin")


@dataclass(frozen=True)
class Check:
    """One thing read back. `expected` and `found` are words for people."""

    name: str
    expected: str
    found: str

    @property
    def ok(self) -> bool:
        return self.expected == self.found


@dataclass
class _Roles:
    """The AccessManager's state as its events tell it."""

    members: set[tuple[int, str]] = field(default_factory=set)
    functions: dict[tuple[str, bytes], int] = field(default_factory=dict)
    admins: dict[int, int] = field(default_factory=dict)
    guardians: dict[int, int] = field(default_factory=dict)
    grant_delays: dict[int, int] = field(default_factory=dict)
    target_delays: dict[str, int] = field(default_factory=dict)


def checks(chain: Chain, deployment: Deployment) -> tuple[Check, ...]:
    """All checks of a deployment as of the newest block.

    Raises:
        ParamsInvalid: the record's parameters do not fit the contracts of this version.
        NetworkError: the chain cannot be read.
    """
    params = Params.model_validate(deployment.params)
    abis = {name: artifacts.load(name).abi for name in deployment.contracts}
    at = chain.block().number
    return (
        *_code(chain, deployment, at),
        *_wiring(chain, deployment, params, abis, at),
        *_roles(chain, deployment, params, abis, at),
    )


def matches_artifact(code: bytes, name: str) -> bool:
    """Whether runtime code is the artifact's but for the places that the constructor filled in."""
    artifact = artifacts.load(name)
    expected = bytearray.fromhex(artifact.deployed_bytecode.removeprefix("0x"))
    actual = bytearray(code)
    if len(actual) != len(expected):
        return False
    for start, length in artifact.immutables:
        actual[start : start + length] = expected[start : start + length]
    return actual == expected


def _code(chain: Chain, deployment: Deployment, at: int) -> Iterator[Check]:
    for name, record in deployment.contracts.items():
        code = chain.code(record.address, at)
        yield Check(f"{name}: code hash", record.code_hash, "0x" + keccak(code).hex())
        found = "as compiled" if matches_artifact(code, name) else f"another program of {len(code)} bytes"
        yield Check(f"{name}: program", "as compiled", found)


def _wiring(chain: Chain, deployment: Deployment, params: Params, abis: Mapping[str, Abi], at: int) -> Iterator[Check]:
    for name, abi in abis.items():
        for argument, _ in constructor_inputs(abi):
            key = argument.strip("_")
            getter = GETTERS.get((name, key), key)
            if (name, key) != FIRST_ADMIN:
                expected = _resolved(deployment, params.contracts[name][key])
                found = _getter(chain, deployment.address(name), abi, getter, (), at=at)
                yield Check(f"{name}.{getter}()", expected, str(found[0]))


def _roles(chain: Chain, deployment: Deployment, params: Params, abis: Mapping[str, Abi], at: int) -> Iterator[Check]:
    delay, registry = params.governance_delay, deployment.address("ParticipantRegistry")
    holders = {ADMIN: params.admin, REGISTRAR: params.registrar, GOVERNOR: params.governor}
    accounts = {role: _resolved(deployment, account) for role, account in holders.items()}
    manager = deployment.address("AccessManager")
    roles = _fold(chain.logs([manager], from_block=deployment.block, to_block=at), abis)

    def manager_says(function: str, *args: object) -> str:
        return str(_getter(chain, manager, abis["AccessManager"], function, args, at=at))

    yield Check("AccessManager: members of roles", _members(accounts.items()), _members(roles.members))
    for role, account in accounts.items():
        expected = (True, 0 if role == REGISTRAR else delay)
        yield Check(f"AccessManager.hasRole({role}, {account})", str(expected), manager_says("hasRole", role, account))
        # Of (since, delay, pending delay, effect) the last two: a lowered delay waits there.
        access = _getter(chain, manager, abis["AccessManager"], "getAccess", (role, account), at=at)
        yield Check(f"AccessManager: pending delay of role {role}", "(0, 0)", str(access[2:]))

    selectors = role_selectors(abis["ParticipantRegistry"])
    functions = {(registry, item): role for role, items in selectors.items() for item in items}
    yield Check("AccessManager: functions of roles", _functions(functions), _functions(roles.functions))
    for (target, item), role in functions.items():
        found = manager_says("getTargetFunctionRole", target, item)
        yield Check(f"AccessManager.getTargetFunctionRole(0x{item.hex()})", str((role,)), found)

    yield Check("AccessManager: admin of every role", "ADMIN", _only_admin(roles.admins))
    yield Check("AccessManager: guardian of every role", "ADMIN", _only_admin(roles.guardians))
    yield Check("AccessManager: target closed", str((False,)), manager_says("isTargetClosed", registry))
    # Events, not getters: these two delays come into force five days after they were set (AccessManager.minSetback).
    wanted = {ADMIN: delay, GOVERNOR: delay} if delay else {}
    yield Check("AccessManager: delays of grants", str(wanted), str(dict(sorted(roles.grant_delays.items()))))
    yield Check("AccessManager: delays of targets", str({registry: delay} if delay else {}), str(roles.target_delays))


def _fold(logs: Iterator[Log], abis: Mapping[str, Abi]) -> _Roles:
    events = {topic(signature_of(event)): event for event in by_name(abis["AccessManager"], "event").values()}
    roles = _Roles()
    for log in logs:
        event = events.get(log.topics[0])
        if event is not None:
            _apply(roles, event["name"], _event_values(event, log))
    return roles


def _apply(roles: _Roles, name: str, values: Mapping[str, Any]) -> None:
    match name:
        case "RoleGranted":
            roles.members.add((values["roleId"], values["account"]))
        case "RoleRevoked":
            roles.members.discard((values["roleId"], values["account"]))
        case "TargetFunctionRoleUpdated":
            key = (values["target"], bytes.fromhex(values["selector"][2:]))
            roles.functions[key] = values["roleId"]
        case "RoleAdminChanged":
            roles.admins[values["roleId"]] = values["admin"]
        case "RoleGuardianChanged":
            roles.guardians[values["roleId"]] = values["guardian"]
        case "RoleGrantDelayChanged":
            roles.grant_delays[values["roleId"]] = values["delay"]
        case "TargetAdminDelayUpdated":
            roles.target_delays[values["target"]] = values["delay"]


def _event_values(event: Mapping[str, Any], log: Log) -> dict[str, Any]:
    """The arguments of a log by name. No event of AccessManager indexes a dynamic type."""
    indexed = [part for part in event["inputs"] if part["indexed"]]
    plain = [part for part in event["inputs"] if not part["indexed"]]
    values = {
        part["name"]: decode([type_of(part)], bytes.fromhex(item[2:]))[0]
        for part, item in zip(indexed, log.topics[1:], strict=True)
    }
    found = decode([type_of(part) for part in plain], bytes.fromhex(log.data[2:]))
    return values | {part["name"]: value for part, value in zip(plain, found, strict=True)}


def _getter(chain: Chain, address: str, abi: Abi, function: str, args: Sequence[object], *, at: int) -> tuple[Any, ...]:
    item = by_name(abi, "function")[function]
    data = selector(signature_of(item)) + encode([type_of(part) for part in item["inputs"]], args)
    return decode([type_of(part) for part in item["outputs"]], chain.call(address, data, at=at))


def _resolved(deployment: Deployment, text: str) -> str:
    if text == "@deployer":
        return deployment.deployer
    return deployment.address(text[1:]) if text.startswith("@") else text


def _members(members: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{role}:{account}" for role, account in sorted(members))


def _functions(functions: Mapping[tuple[str, bytes], int]) -> str:
    return ", ".join(f"{target}.0x{item.hex()}:{role}" for (target, item), role in sorted(functions.items()) if role)


def _only_admin(roles: Mapping[int, int]) -> str:
    others = {role: other for role, other in roles.items() if other != ADMIN}
    return str(others) if others else "ADMIN"
