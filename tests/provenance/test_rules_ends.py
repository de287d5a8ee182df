"""What was decommissioned, destroyed or used up is shown by nobody in good faith; but not everybody may end an item."""

from __future__ import annotations

from typing import Any

import pytest
from provenance_kit import BRAND, CARRIER, CASE, FACTORY, HOUR, ITEM, OTHER, PORT, SHOP, STRANGER, born, event, packed
from story_kit import BUYER, SHOPKEEPER, Event, Told, act, handed, judged, party, receive, ship

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
BIRTH: Told = (BRAND, born())


def ended(when: float = 40 * HOUR, step: str = "decommissioning", **more: Any) -> Event:
    return event("ObjectEvent", when, "DELETE", None, epcList=[ITEM], bizStep=step, **more)


def used_up(when: float = 40 * HOUR, action: str | None = None) -> Event:
    fields = {"inputEPCList": [ITEM], "outputEPCList": [OTHER], "bizStep": "creating_class_instance"}
    return event("TransformationEvent", when, action, None, **fields)


ENDS = [ended(), ended(step="other"), used_up(), used_up(action="OBSERVE")]
DESTROYED = [ended(step="destroying"), act("destroying", 40 * HOUR)]


@pytest.mark.parametrize("end", ENDS)
def test_what_its_brand_ended_is_suspect_when_it_is_shown(end: Event) -> None:
    assert judged(BIRTH, (BRAND, end)) == ("suspect", ["item-ended"])


@pytest.mark.parametrize("end", ENDS)
def test_what_its_holder_ended_is_suspect_when_it_is_shown(end: Event) -> None:
    held = (ship(BRAND, SHOPKEEPER, HOUR), receive(BRAND, SHOPKEEPER, 30 * HOUR, SHOP))

    assert judged(BIRTH, *held, (SHOPKEEPER, end)) == ("suspect", ["item-ended"])


@pytest.mark.parametrize("end", DESTROYED)
def test_what_was_destroyed_is_said_to_be(end: Event) -> None:
    assert judged(BIRTH, (BRAND, end)) == ("suspect", ["item-destroyed"])


@pytest.mark.parametrize("end", [*ENDS, *DESTROYED])
def test_nobody_ends_another_s_item(end: Event) -> None:
    assert judged(BIRTH, (STRANGER, end)) == ("unknown", ["end-foreign"])


@pytest.mark.parametrize("end", [*ENDS, *DESTROYED])
def test_a_stranger_s_end_is_no_contradiction_to_what_follows(end: Event) -> None:
    later = (SHOPKEEPER, act("stocking", 45 * HOUR, SHOP))

    assert judged(BIRTH, (STRANGER, end), later) == ("unknown", ["end-foreign"])


def test_who_is_not_the_named_holder_ends_nothing() -> None:
    held = (ship(BRAND, SHOPKEEPER, HOUR), receive(BRAND, SHOPKEEPER, 30 * HOUR, SHOP))
    verdict, found = judged(BIRTH, *held, (STRANGER, ended()))

    assert (verdict, found) == ("unknown", ["end-foreign", "custody-gap"])


def test_who_handed_it_on_may_no_longer_end_it() -> None:
    on = (ship(BRAND, CARRIER, HOUR), receive(BRAND, CARRIER, 2 * HOUR, PORT))
    on += (ship(CARRIER, SHOPKEEPER, 5 * HOUR), receive(CARRIER, SHOPKEEPER, 30 * HOUR, SHOP))

    assert judged(BIRTH, *on, (CARRIER, ended()))[0] == "unknown"
    assert judged(BIRTH, *on, (SHOPKEEPER, ended())) == ("suspect", ["item-ended"])


def test_a_stranger_s_birth_makes_no_brand() -> None:
    verdict, found = judged(BIRTH, (STRANGER, born(HOUR)), (STRANGER, ended()))

    assert verdict == "suspect"
    assert {"born-twice", "birth-foreign"} <= set(found)


def test_a_tag_that_was_killed_after_its_sale_is_its_buyer_s() -> None:
    sale = (SHOPKEEPER, act("retail_selling", 30 * HOUR, SHOP, disposition="retail_sold"))
    killed = (SHOPKEEPER, ended(disposition="inactive"))

    assert judged(BIRTH, sale, killed) == AUTHENTIC
    assert "item-ended" in judged(BIRTH, sale, (BRAND, used_up()))[1]


@pytest.mark.parametrize("place", [None, SHOP])
def test_an_invented_sale_takes_no_word_from_brand_or_holder(place: str | None) -> None:
    sale = (STRANGER, act("retail_selling", 35 * HOUR, place, disposition="retail_sold"))
    held = (ship(BRAND, SHOPKEEPER, HOUR), receive(BRAND, SHOPKEEPER, 30 * HOUR, SHOP))

    assert judged(BIRTH, sale, (BRAND, ended())) == ("unknown", ["end-foreign"])
    if place is None:
        assert judged(BIRTH, *held, sale, (SHOPKEEPER, ended())) == ("unknown", ["end-foreign"])


def test_what_was_in_a_container_that_was_destroyed_is_destroyed_by_those_who_may() -> None:
    inside, gone = (BRAND, packed(CASE, ITEM, HOUR)), act("destroying", 40 * HOUR, item=CASE)
    out = (BRAND, packed(CASE, ITEM, 2 * HOUR, "DELETE"))
    sale = (SHOPKEEPER, act("retail_selling", 30 * HOUR, SHOP))

    assert judged(BIRTH, inside, (BRAND, gone)) == ("suspect", ["item-destroyed"])
    assert judged(BIRTH, inside, (STRANGER, gone)) == AUTHENTIC
    assert judged(BIRTH, inside, out, (BRAND, gone)) == AUTHENTIC
    assert judged(BIRTH, inside, sale, (SHOPKEEPER, gone)) == AUTHENTIC


def test_what_came_back_and_was_ended_then_is_ended() -> None:
    sale = (SHOPKEEPER, act("retail_selling", 20 * HOUR, SHOP, disposition="retail_sold"))
    back = (SHOPKEEPER, act("receiving", 30 * HOUR, SHOP, disposition="returned"))

    assert judged(BIRTH, sale, back, (BRAND, ended())) == ("suspect", ["item-ended"])


def test_a_sale_that_is_declared_wrong_excuses_no_end() -> None:
    sale = act("retail_selling", 20 * HOUR, SHOP)
    wrong = sale | {"errorDeclaration": {"declarationTime": "2023-11-16T00:00:00.000Z"}}

    assert judged(BIRTH, (STRANGER, sale), (STRANGER, wrong), (BRAND, ended())) == ("suspect", ["item-ended"])


def test_an_end_that_is_declared_wrong_is_none() -> None:
    wrong = ended() | {"errorDeclaration": {"declarationTime": "2023-11-16T00:00:00.000Z"}}

    assert judged(BIRTH, (BRAND, ended()), (BRAND, wrong)) == AUTHENTIC


def test_taken_out_of_its_container_it_is_not_ended() -> None:
    inside, out = packed(CASE, ITEM, HOUR), packed(CASE, ITEM, 2 * HOUR, "DELETE")
    transaction = event("TransactionEvent", HOUR, "DELETE", FACTORY, epcList=[ITEM], bizTransactionList=[])

    assert judged(BIRTH, (BRAND, inside), (BRAND, out)) == AUTHENTIC
    assert "item-ended" not in judged(BIRTH, (BRAND, transaction))[1]


def test_the_buyer_by_name_may_end_it() -> None:
    bought = (SHOPKEEPER, act("shipping", 20 * HOUR, None, **handed(party(SHOPKEEPER), party(BUYER))))
    got = (BUYER, act("receiving", 30 * HOUR, None, **handed(party(SHOPKEEPER), party(BUYER))))

    assert judged(BIRTH, bought, got, (BUYER, ended())) == ("suspect", ["item-ended"])
