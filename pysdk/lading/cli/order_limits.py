"""Terms that no escrow would take, or that would wait for somebody whom they do not name: refused before they are
written, in the words of the command line. The contracts have the last word, when the order is opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from lading.cli.output import money, utc
from lading.cli.values import resolved
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

BPS_WHOLE = 10_000


def refuse_impossible(client: Lading, terms: OrderTerms) -> None:
    """
    Raises:
        InputError: naming the options.
    """
    if terms.condition and terms.condition_by is None:
        raise InputError("--condition has no deadline.", hint="Give --condition-by, not before --ship-by.")
    if terms.condition_by is not None and not terms.condition:
        raise InputError("--condition-by belongs to no condition.", hint="Give --condition too, or leave both out.")
    if terms.condition == client.customs.address and not (terms.exit_authority or terms.entry_authority):
        raise InputError(
            "--condition customs names no customs: the goods would count as cleared once the papers match.",
            hint="Give --exit-authority, --entry-authority or both.",
        )
    _refuse_disorder(resolved(client, timedelta(0)), terms)
    for problem in _clauses(terms):
        raise problem


def _refuse_disorder(now: datetime, terms: OrderTerms) -> None:
    deadlines = {
        "--accept-by": terms.accept_by,
        "--ship-by": terms.ship_by,
        "--condition-by": terms.condition_by,
        "--deliver-by": terms.deliver_by,
    }
    if terms.accept_by < now:
        raise InputError(
            f"--accept-by {utc(terms.accept_by)} is over: the chain's clock shows {utc(now)}.",
            hint="Give a later time, or how long from now, such as 3d.",
        )
    given = [(option, time) for option, time in deadlines.items() if time is not None]
    for (before, earlier), (option, later) in pairwise(given):
        if later < earlier:
            raise InputError(
                f"{option} ({utc(later)}) comes before {before} ({utc(earlier)}).",
                hint=f"Their order is {', '.join(option for option, _ in given)}.",
            )


def _clauses(terms: OrderTerms) -> Iterator[InputError]:
    """As the operators check them (IClause.check)."""
    if terms.quote is not None and terms.quote.token == terms.token:
        yield InputError(
            f"The buyer would pay in {terms.token}, which is the order's own token: there is nothing to swap.",
            hint="Give --token another one, or leave the quote out.",
        )
    yield from _duties(terms)
    if terms.returns is not None:
        kept = terms.price * terms.returns.restocking_bps / BPS_WHOLE + terms.returns.freight
        yield from _beyond(kept, terms.price, "--restocking-bps and --freight keep")
    if terms.arbitration is not None:
        yield from _beyond(terms.arbitration.fee, terms.price, "--fee is")


def _duties(terms: OrderTerms) -> Iterator[InputError]:
    if terms.duties is None:
        return
    if terms.entry_authority is None:
        yield InputError(
            "Nobody could assess the duties: the terms name no customs of entry.",
            hint="Make the terms with --entry-authority.",
        )
    arrived = terms.deliver_by + terms.claim_window
    if terms.duties.assess_by < arrived:
        yield InputError(
            f"--assess-by ({utc(terms.duties.assess_by)}) is over before the goods have to be there ({utc(arrived)}).",
            hint="Give a time at or after deliver-by and the claim window.",
        )


def _beyond(amount: Decimal, price: Decimal, what: str) -> Iterator[InputError]:
    if amount > price:
        yield InputError(f"{what} {money(amount)}, more than the price ({money(price)}).", hint="Lower it.")
