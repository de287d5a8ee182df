"""Reads a deployment back from its chain: code, wiring, and who holds which role with which delay.

Everything is compared with what the record's own parameters ask for, at one block. Roles are folded from every event
that the AccessManager ever emitted, so that a role granted on the side shows up, which no getter would list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from lading import artifacts
from lading.chain.contract import Contract, Event
from lading.chain.node import Chain
from lading.deploy.abi import Argument, constructor_inputs, parse_value
from lading.deploy.params import Given, Params
from lading.deploy.plan import ADMIN, GOVERNOR, REGISTRAR, ROLE_FUNCTIONS, role_selectors
from lading.deploy.registry import Deployment

# The constructor arguments that OpenZeppelin's AccessManaged shows under another name.
GETTERS = {(name, "accessManager"): "authority" for name in ROLE_FUNCTIONS}
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
    functions: dict[tuple[str, str], int] = field(default_factory=dict)
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
    params = Params.parse(deployment.params, "the deployment record")
    params.check(deployment.chain_id, {name: artifacts.load(name).abi for name in params.contracts})
    at = chain.block().number
    return (
        *_code(chain, deployment, at),
        *_wiring(chain, deployment, params, at),
        *_rates(chain, deployment, params, at),
        *_roles(chain, deployment, params, at),
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


def _wiring(chain: Chain, deployment: Deployment, params: Params, at: int) -> Iterator[Check]:
    for name, record in deployment.contracts.items():
        contract = Contract(chain, name, record.address)
        for argument in constructor_inputs(artifacts.load(name).abi):
            if (name, argument.key) != FIRST_ADMIN:
                getter = GETTERS.get((name, argument.key), argument.key)
                expected = _expected(deployment, argument, params.contracts[name][argument.key])
                yield Check(f"{name}.{getter}()", expected, str(contract.read(getter, at=at)))


def _expected(deployment: Deployment, argument: Argument, given: Given) -> str:
    """What the getter of an argument shows; of a struct, its members in their order."""
    if isinstance(given, str):
        return _resolved(deployment, given)
    return str(tuple(parse_value(member.kind, _resolved(deployment, given[member.key])) for member in argument.members))


def _rates(chain: Chain, deployment: Deployment, params: Params, at: int) -> Iterator[Check]:
    """The first rate of each token, as its event tells it: later ones are the governor's."""
    credit = Contract(chain, "SellerCredit", deployment.address("SellerCredit"))
    logs = chain.logs([credit.address], from_block=deployment.block, to_block=at)
    told = [event.args for log in logs if (event := credit.event(log)) is not None and event.name == "RateSet"]
    for token, rate in params.rates_on(deployment.chain_id).items():
        address = _resolved(deployment, token)
        found = next((args["rate"] for args in told if args["token"] == address), None)
        yield Check(f"SellerCredit: first rate of {address}", str(rate), str(found))


def _roles(chain: Chain, deployment: Deployment, params: Params, at: int) -> Iterator[Check]:
    manager = Contract(chain, "AccessManager", deployment.address("AccessManager"))
    logs = chain.logs([manager.address], from_block=deployment.block, to_block=at)
    roles = _fold(event for log in logs if (event := manager.event(log)) is not None)
    delay = params.governance_delay
    yield from _holders(manager, deployment, params, roles, at)
    yield from _functions(manager, deployment, roles, at)
    yield Check("AccessManager: admin of every role", "ADMIN", _only_admin(roles.admins))
    yield Check("AccessManager: guardian of every role", "ADMIN", _only_admin(roles.guardians))
    # Events, not getters: these two delays come into force five days after they were set (AccessManager.minSetback).
    wanted = {ADMIN: delay, GOVERNOR: delay} if delay else {}
    yield Check("AccessManager: delays of grants", str(wanted), str(dict(sorted(roles.grant_delays.items()))))
    targets = {deployment.address(name): delay for name in ROLE_FUNCTIONS} if delay else {}
    yield Check("AccessManager: delays of targets", str(targets), str(roles.target_delays))


def _holders(manager: Contract, deployment: Deployment, params: Params, roles: _Roles, at: int) -> Iterator[Check]:
    delay = params.governance_delay
    holders = {ADMIN: (params.admin, delay), REGISTRAR: (params.registrar, 0), GOVERNOR: (params.governor, delay)}
    accounts = {role: _resolved(deployment, account) for role, (account, _) in holders.items()}
    yield Check("AccessManager: members of roles", _members(accounts.items()), _members(roles.members))
    for role, account in accounts.items():
        found = manager.read("hasRole", role, account, at=at)
        yield Check(f"AccessManager.hasRole({role}, {account})", str((True, holders[role][1])), str(found))
        # Of (since, delay, pending delay, effect) the last two: a lowered delay waits there.
        access = manager.read("getAccess", role, account, at=at)
        yield Check(f"AccessManager: pending delay of role {role}", "(0, 0)", str(access[2:]))


def _functions(manager: Contract, deployment: Deployment, roles: _Roles, at: int) -> Iterator[Check]:
    wanted = {
        (deployment.address(name), "0x" + item.hex()): role
        for name in ROLE_FUNCTIONS
        for role, items in role_selectors(name, artifacts.load(name).abi).items()
        for item in items
    }
    yield Check("AccessManager: functions of roles", _listed(wanted), _listed(roles.functions))
    for (target, selector), role in wanted.items():
        found = manager.read("getTargetFunctionRole", target, selector, at=at)
        yield Check(f"AccessManager.getTargetFunctionRole({selector})", str(role), str(found))
    for name in ROLE_FUNCTIONS:
        closed = manager.read("isTargetClosed", deployment.address(name), at=at)
        yield Check(f"AccessManager: {name} closed", "False", str(closed))


def _fold(events: Iterable[Event]) -> _Roles:
    roles = _Roles()
    for event in events:
        args = event.args
        match event.name:
            case "RoleGranted":
                roles.members.add((args["role_id"], args["account"]))
            case "RoleRevoked":
                roles.members.discard((args["role_id"], args["account"]))
            case "TargetFunctionRoleUpdated":
                roles.functions[args["target"], args["selector"]] = args["role_id"]
            case "RoleAdminChanged":
                roles.admins[args["role_id"]] = args["admin"]
            case "RoleGuardianChanged":
                roles.guardians[args["role_id"]] = args["guardian"]
            case "RoleGrantDelayChanged":
                roles.grant_delays[args["role_id"]] = args["delay"]
            case "TargetAdminDelayUpdated":
                roles.target_delays[args["target"]] = args["delay"]
    return roles


def _resolved(deployment: Deployment, text: str) -> str:
    if text == "@deployer":
        return deployment.deployer
    return deployment.address(text[1:]) if text.startswith("@") else text


def _members(members: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{role}:{account}" for role, account in sorted(members))


def _listed(functions: Mapping[tuple[str, str], int]) -> str:
    return ", ".join(f"{target}.{selector}:{role}" for (target, selector), role in sorted(functions.items()) if role)


def _only_admin(roles: Mapping[int, int]) -> str:
    others = {role: other for role, other in roles.items() if other != ADMIN}
    return str(others) if others else "ADMIN"
