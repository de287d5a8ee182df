"""Who can shorten the governance delay? docs/decisions/0002-governance-delay.md, tried out."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from lading.chain import devnet
from lading.chain.contract import Call
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.chain.transactions import send
from lading.contracts.access_manager import AccessManager
from lading.contracts.participant_registry import ParticipantRegistry
from lading.deploy import Deployment, Params, checks, deploy
from lading.deploy.plan import ADMIN, GOVERNOR, REGISTRAR, ROLE_FUNCTIONS
from lading.enums import IdentifierScheme, Role
from lading.reverts.openzeppelin import (
    AccessManagedUnauthorized,
    AccessManagerNotReady,
    AccessManagerNotScheduled,
    AccessManagerUnauthorizedAccount,
    AccessManagerUnauthorizedCall,
)

DAY = 86_400
DELAY = 3 * DAY
SETBACK = 5 * DAY
DEPLOYER, ADMINISTRATOR, REGISTRAR_OFFICE, GOVERNMENT, ACCOMPLICE = (Signer.dev(index) for index in range(5))


@dataclass(frozen=True)
class World:
    chain: Chain
    deployment: Deployment

    @property
    def manager(self) -> AccessManager:
        return AccessManager(self.chain, self.deployment.address("AccessManager"))

    @property
    def registry(self) -> ParticipantRegistry:
        return ParticipantRegistry(self.chain, self.deployment.address("ParticipantRegistry"))

    def send(self, signer: Signer, call: Call) -> None:
        send(self.chain, signer, call.to, call.data)

    def grant_role(self, role: int, account: str, delay: int) -> Call:
        return self.manager.contract.call("grantRole", role, account, delay)

    def admit(self) -> str:
        """A participant without money roles, admitted by the registrar at once."""
        call = self.registry.admit(
            Signer.dev(9).address, [Role.BRAND], "DE", IdentifierScheme.LEI, "529900T8BM49AURSDO55"
        )
        self.send(REGISTRAR_OFFICE, call)
        return self.registry.participant_id("529900T8BM49AURSDO55", IdentifierScheme.LEI, None)


def make_world() -> World:
    chain = Chain.open("embedded")
    params = Params.default(
        governance_delay=DELAY,
        admin=ADMINISTRATOR.address,
        registrar=REGISTRAR_OFFICE.address,
        governor=GOVERNMENT.address,
    )
    return World(chain, deploy(chain, DEPLOYER, params))


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def still_world() -> World:
    """For acts that are refused, and so change nothing."""
    return make_world()


def manager_call(function: str, *args: object) -> Callable[[World], Call]:
    return lambda world: world.manager.contract.call(function, *args)


def registry_call(function: str, *args: object) -> Callable[[World], Call]:
    return lambda world: world.manager.contract.call(function, world.registry.address, *args)


def give_grants_to_the_registrar(world: World) -> Call:
    selector = "0x" + world.registry.grant_roles("0x" + "00" * 32, []).data[:4].hex()
    return world.manager.contract.call("setTargetFunctionRole", world.registry.address, [selector], REGISTRAR)


def grant_inside_a_multicall(world: World) -> Call:
    inner = world.grant_role(GOVERNOR, ACCOMPLICE.address, 0)
    return world.manager.contract.call("multicall", ["0x" + inner.data.hex()])


SHORT_CUTS = {
    "a governor without delay": manager_call("grantRole", GOVERNOR, ACCOMPLICE.address, 0),
    "the governor's own delay": manager_call("grantRole", GOVERNOR, GOVERNMENT.address, 0),
    "an admin without delay": manager_call("grantRole", ADMIN, ACCOMPLICE.address, 0),
    "the admin's own delay": manager_call("grantRole", ADMIN, ADMINISTRATOR.address, 0),
    "another admin of governors": manager_call("setRoleAdmin", GOVERNOR, REGISTRAR),
    "the delay of grants": manager_call("setGrantDelay", GOVERNOR, 0),
    "the delay of the target": registry_call("setTargetAdminDelay", 0),
    "another authority": registry_call("updateAuthority", ACCOMPLICE.address),
    "grants by the registrar": give_grants_to_the_registrar,
    "a grant inside a multicall": grant_inside_a_multicall,
}


@pytest.mark.parametrize("short_cut", SHORT_CUTS.values(), ids=SHORT_CUTS)
def test_no_short_cut_is_open_to_the_admin_at_once(short_cut, still_world):
    call = short_cut(still_world)

    with pytest.raises(AccessManagerNotScheduled):
        still_world.send(ADMINISTRATOR, call)


@pytest.mark.parametrize("who", [DEPLOYER, REGISTRAR_OFFICE, GOVERNMENT, ACCOMPLICE])
@pytest.mark.parametrize("short_cut", SHORT_CUTS.values(), ids=SHORT_CUTS)
def test_no_short_cut_is_open_to_anyone_else(short_cut, who, still_world):
    call = short_cut(still_world)

    with pytest.raises(AccessManagerUnauthorizedAccount):
        still_world.send(who, call)


def test_everything_reads_back_with_four_different_accounts(still_world):
    found = checks(still_world.chain, still_world.deployment)

    assert [check for check in found if not check.ok] == []
    assert len(found) == 70


def test_a_money_role_works_only_after_the_delay_and_in_public(world):
    participant = world.admit()
    grant = world.registry.grant_roles(participant, [Role.CARRIER])
    with pytest.raises(AccessManagerNotScheduled):
        world.send(GOVERNMENT, grant)
    with pytest.raises(AccessManagerUnauthorizedCall):
        world.send(ADMINISTRATOR, world.manager.schedule(grant))

    world.send(GOVERNMENT, world.manager.schedule(grant))
    devnet.advance(world.chain, DELAY - 60)
    with pytest.raises(AccessManagerNotReady):
        world.send(GOVERNMENT, world.manager.execute(grant))
    assert not world.registry.has_role(participant, Role.CARRIER)

    devnet.advance(world.chain, 60)
    world.send(GOVERNMENT, world.manager.execute(grant))
    assert world.registry.has_role(participant, Role.CARRIER)


def test_the_admin_cancels_a_scheduled_grant_at_once(world):
    grant = world.registry.grant_roles(world.admit(), [Role.CARRIER])
    world.send(GOVERNMENT, world.manager.schedule(grant))

    world.send(
        ADMINISTRATOR, world.manager.contract.call("cancel", GOVERNMENT.address, grant.to, "0x" + grant.data.hex())
    )

    devnet.advance(world.chain, DELAY)
    with pytest.raises(AccessManagerNotScheduled):
        world.send(GOVERNMENT, world.manager.execute(grant))


def test_in_the_first_days_a_new_governor_waits_the_admins_delay(world):
    participant = world.admit()
    new_governor = world.grant_role(GOVERNOR, ACCOMPLICE.address, 0)
    world.send(ADMINISTRATOR, world.manager.schedule(new_governor))
    devnet.advance(world.chain, DELAY - 60)
    with pytest.raises(AccessManagerNotReady):
        world.send(ADMINISTRATOR, new_governor)

    devnet.advance(world.chain, 60)
    world.send(ADMINISTRATOR, new_governor)
    world.send(ACCOMPLICE, world.registry.grant_roles(participant, [Role.CARRIER]))
    assert world.registry.has_role(participant, Role.CARRIER)


def test_after_five_days_a_new_governor_waits_the_delay_of_grants_as_well(world):
    participant = world.admit()
    devnet.advance(world.chain, SETBACK)
    new_governor = world.grant_role(GOVERNOR, ACCOMPLICE.address, 0)
    world.send(ADMINISTRATOR, world.manager.schedule(new_governor))
    devnet.advance(world.chain, DELAY)
    world.send(ADMINISTRATOR, new_governor)
    grant = world.registry.grant_roles(participant, [Role.CARRIER])

    devnet.advance(world.chain, DELAY - 60)
    with pytest.raises(AccessManagedUnauthorized):
        world.send(ACCOMPLICE, grant)

    devnet.advance(world.chain, 60)
    world.send(ACCOMPLICE, grant)
    assert world.registry.has_role(participant, Role.CARRIER)


def test_an_admin_who_lowers_its_own_delay_waits_it_twice(world):
    lower = world.grant_role(ADMIN, ADMINISTRATOR.address, 0)
    world.send(ADMINISTRATOR, world.manager.schedule(lower))
    devnet.advance(world.chain, DELAY)
    world.send(ADMINISTRATOR, lower)

    new_governor = world.grant_role(GOVERNOR, ACCOMPLICE.address, 0)
    with pytest.raises(AccessManagerNotScheduled):
        world.send(ADMINISTRATOR, new_governor)
    pending = [check for check in checks(world.chain, world.deployment) if not check.ok]
    assert [check.name for check in pending] == [f"AccessManager: pending delay of role {ADMIN}"]

    devnet.advance(world.chain, DELAY)
    world.send(ADMINISTRATOR, new_governor)


def test_the_registrar_acts_at_once(world):
    participant = world.admit()
    world.send(REGISTRAR_OFFICE, world.registry.bind_prefix(participant, "4012345"))

    assert world.registry.prefix_holder(401234500000) == participant


def test_a_zero_delay_on_a_devnet_grants_at_once():
    chain = Chain.open("embedded")
    deployment = deploy(chain, DEPLOYER, Params.default(governance_delay=0, registrar=REGISTRAR_OFFICE.address))
    world = World(chain, deployment)
    participant = world.admit()

    world.send(DEPLOYER, world.registry.grant_roles(participant, [Role.CUSTOMS]))
    assert world.registry.has_role(participant, Role.CUSTOMS)


def test_every_restricted_function_has_a_role(root):
    """One that was given to no role would be the admin's by default, and would wait its delay."""
    found = {}
    for path in (root / "contracts").glob("*.sol"):
        restricted = re.findall(r"function (\w+)\([^)]*\)[^{;]*\brestricted\b", path.read_text(encoding="utf-8"))
        if restricted:
            found[path.stem] = sorted(restricted)

    assert found == {
        contract: sorted(name for names in roles.values() for name in names)
        for contract, roles in ROLE_FUNCTIONS.items()
    }
