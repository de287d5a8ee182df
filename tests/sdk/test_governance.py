"""Governance with a delay: the same verb schedules, waits and carries out."""

from __future__ import annotations

import pytest
from sdk_kit import CONTROLLER, GOVERNOR, identifier

from lading.chain import devnet
from lading.client import Lading
from lading.deploy import Params, deploy
from lading.enums import IdentifierScheme, Role
from lading.reverts.openzeppelin import AccessManagerNotReady

THREE_DAYS = 3 * 24 * 3600


@pytest.fixture(scope="module")
def delayed(chain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("delayed")
    record = deploy(chain, GOVERNOR, Params.default(governance_delay=THREE_DAYS), directory=folder)
    return Lading.connect(chain, signer=GOVERNOR, deployment=record)


def test_a_money_role_is_scheduled_and_takes_effect_after_the_delay(delayed):
    admitted = delayed.participants.admit(
        controller=CONTROLLER.address,
        roles=[],
        country="CN",
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=identifier(),
    )

    scheduled = delayed.participants.grant_roles(admitted.id, {Role.CUSTOMS})

    due = delayed.chain.block(scheduled.receipt.block).time + THREE_DAYS
    assert scheduled.scheduled_until.timestamp() == due
    assert not delayed.participants.has_role(admitted.id, Role.CUSTOMS)
    with pytest.raises(AccessManagerNotReady) as refusal:
        delayed.participants.grant_roles(admitted.id, {Role.CUSTOMS})
    assert refusal.value.retryable

    devnet.advance(delayed.chain, THREE_DAYS)
    done = delayed.participants.grant_roles(admitted.id, {Role.CUSTOMS})

    assert done.scheduled_until is None
    assert delayed.participants.has_role(admitted.id, Role.CUSTOMS)
