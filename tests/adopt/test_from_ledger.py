"""`lading adopt --from-ledger` beside a real node: figures from orders that ended there."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from cli_kit import Cli
from sdk_kit import BUYER, GOVERNOR, SELLER, World, build_world

from lading.chain import devnet
from lading.client import Lading
from lading.enums import State
from lading.models import OrderTerms


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, World]]:
    """A shell in a folder with a deployment, and the cast of its chain."""
    with devnet.running("anvil") as node:
        shell = Cli(tmp_path_factory.mktemp("shell"), LADING_NETWORK=node.url)
        (shell.folder / "devnet.yaml").write_text("governance_delay: 0s\n", encoding="utf-8")
        shell.json("deploy --params devnet.yaml --dev-account 0")
        (record,) = (shell.folder / "deployments").glob("31337-????????.json")
        yield shell, build_world(Lading.connect(node.url, signer=GOVERNOR, deployment=record))


def ended(world: World, terms: OrderTerms, state: State) -> None:
    world.opened(terms)
    if state is State.RELEASED:
        world.by(BUYER).orders.release(terms)
    else:
        world.by(SELLER).orders.refund(terms)


def test_orders_that_ended_give_what_the_file_leaves_out(ledger: tuple[Cli, World], root: Path) -> None:
    shell, world = ledger
    example = root / "examples" / "adopt" / "from-ledger.yaml"
    thin = shell.refused(("adopt", example, "--from-ledger"), 1)
    assert thin["type"] == "LedgerTooThin"
    for terms, state in (
        (world.terms(), State.RELEASED),
        (world.terms(), State.REFUNDED),
        (world.with_customs(), State.RELEASED),
        (world.with_customs(), State.RELEASED),
    ):
        ended(world, terms, state)
    figures = shell.json(("adopt", example, "--from-ledger"))["figures"]
    # Four orders within the first day are 120 in 30 days; plain ones kept 3.0125 and nothing, linked ones 3.0125.
    assert Decimal(figures["platform.extra_gain"]["value"]) == Decimal("0.4") * 120 * Decimal("1.50625")
    assert Decimal(figures["platform.boost"]["value"]) == 120 * (Decimal("3.0125") - Decimal("1.50625"))
    assert Decimal(figures["start.platform"]["value"]) == Decimal("0.025")
    assert figures["platform.boost"]["basis"].startswith("estimated: 120.00 orders per 30 days")
    assert figures["platform.extra_cost"]["basis"] == figures["start.technology"]["basis"] == "given"
    said = shell(("adopt", example, "--from-ledger")).out
    assert "Where the figures are from" in said
    assert "given in the file: platform.normal_income" in said


def test_without_the_flag_the_same_file_asks_for_it(ledger: tuple[Cli, World], root: Path) -> None:
    shell, _ = ledger
    refused = shell.refused(("adopt", root / "examples" / "adopt" / "from-ledger.yaml"), 1)
    assert "platform.boost: is missing; --from-ledger can estimate it" in refused["message"]
