"""Sold once, and again only after it came back or its buyer passed it on; a read in trade after it is a copy's."""

from __future__ import annotations

from typing import Any

import pytest
from provenance_kit import BRAND, CARRIER, HOUR, PORT, SHOP, STRANGER, born, event, seen
from provenance_kit import ITEM as THING
from story_kit import BUYER, SHOPKEEPER, Told, act, handed, judged, party

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
BIRTH: Told = (BRAND, born())
MINUTE = 60


def sold(when: float = 10 * HOUR, who: bytes = SHOPKEEPER, place: str | None = SHOP, **more: Any) -> Told:
    return who, act("retail_selling", when, place, **({"disposition": "retail_sold"} | more))


def suspect(reason: str) -> tuple[str, list[str]]:
    return "suspect", [reason]


def test_sold_once_is_lawful() -> None:
    assert judged(BIRTH, sold()) == AUTHENTIC


@pytest.mark.parametrize("who", [SHOPKEEPER, STRANGER])
def test_sold_twice_is_suspect(who: bytes) -> None:
    assert judged(BIRTH, sold(), sold(20 * HOUR, who)) == suspect("sold-twice")


def test_one_sale_anchored_twice_is_one_sale() -> None:
    assert judged(BIRTH, sold(), sold()) == AUTHENTIC


def test_sold_again_after_it_was_returned_is_lawful() -> None:
    back = (SHOPKEEPER, act("receiving", 15 * HOUR, SHOP, disposition="returned"))
    shelf = (SHOPKEEPER, act("stocking", 16 * HOUR, SHOP, disposition="sellable_accessible"))

    assert judged(BIRTH, sold(), back, shelf, sold(20 * HOUR)) == AUTHENTIC


def test_returned_once_is_not_sold_twice_more() -> None:
    back = (SHOPKEEPER, act("receiving", 15 * HOUR, SHOP, disposition="returned"))

    assert judged(BIRTH, sold(), back, sold(20 * HOUR), sold(25 * HOUR)) == suspect("sold-twice")


RETURNED = {"disposition": "returned"}


def came_back(who: bytes, when: float = 15 * HOUR, step: str = "receiving", **more: Any) -> Told:
    return who, act(step, when, PORT, **RETURNED, **more)


def test_a_return_that_a_stranger_invents_does_not_make_a_second_sale_lawful() -> None:
    """Of a copy: anybody may publish that something came back."""
    again = sold(20 * HOUR, STRANGER, PORT)

    assert judged(BIRTH, sold(), came_back(STRANGER), again) == ("unknown", ["return-foreign"])
    assert judged(BIRTH, sold(), came_back(STRANGER), again, sold(30 * HOUR)) == (
        "suspect",
        ["sold-twice", "return-foreign"],
    )


def test_a_return_that_a_stranger_invents_brings_nothing_back_on_a_shelf() -> None:
    shelf = (STRANGER, seen(PORT, 20 * HOUR, disposition="sellable_accessible"))

    assert judged(BIRTH, sold(), came_back(STRANGER), shelf) == ("unknown", ["return-foreign"])


def test_a_parcel_that_is_on_its_way_back_is_lawful() -> None:
    """Whoever carries it may say so, and the seller afterwards."""
    story = BIRTH, sold(), came_back(CARRIER)
    received = (SHOPKEEPER, act("receiving", 20 * HOUR, SHOP, **RETURNED))

    assert judged(*story) == AUTHENTIC
    assert judged(*story, received, sold(30 * HOUR)) == AUTHENTIC


@pytest.mark.parametrize("who", [SHOPKEEPER, BRAND])
def test_it_comes_back_to_who_sold_or_made_it(who: bytes) -> None:
    assert judged(BIRTH, sold(), came_back(who), sold(30 * HOUR, STRANGER)) == AUTHENTIC


def test_it_comes_back_to_whom_the_seller_names() -> None:
    given = handed(party(SHOPKEEPER), party(CARRIER), "owning_party")
    taken_in = (SHOPKEEPER, act("other", 14 * HOUR, SHOP, **given))
    story = BIRTH, sold(), taken_in, came_back(CARRIER), sold(30 * HOUR)

    assert "return-foreign" not in judged(*story)[1]
    assert "return-foreign" in judged(*story, known=False)[1]


def test_a_sale_that_calls_itself_a_return_is_a_sale() -> None:
    assert judged(BIRTH, sold(), came_back(STRANGER, 20 * HOUR, "retail_selling")) == suspect("sold-twice")


def to_buyer(when: float = 10 * HOUR) -> Told:
    return sold(when, **handed(None, party(BUYER), "owning_party"))


def passed_on(publisher: bytes, when: float = 20 * HOUR) -> Told:
    return publisher, act("shipping", when, PORT, **handed(party(BUYER), party(STRANGER), "owning_party"))


def test_sold_again_after_its_buyer_passed_it_on_is_lawful() -> None:
    assert judged(BIRTH, to_buyer(), passed_on(BUYER), sold(30 * HOUR, STRANGER)) == AUTHENTIC


def test_what_the_buyer_did_not_sign_does_not_pass_it_on() -> None:
    verdict, found = judged(BIRTH, to_buyer(), passed_on(STRANGER), sold(30 * HOUR, STRANGER))

    assert verdict == "suspect"
    assert "sold-twice" in found


def test_who_passed_it_on_cannot_be_told_without_knowing_publishers() -> None:
    story = BIRTH, to_buyer(), passed_on(BUYER), sold(30 * HOUR, STRANGER)

    assert judged(*story, known=False) == ("unknown", ["resale-not-checked"])


def test_an_unnamed_consumer_signs_nothing() -> None:
    passed = (BUYER, act("shipping", 20 * HOUR, SHOP, **handed(party(BUYER), party(STRANGER), "owning_party")))

    verdict, found = judged(BIRTH, sold(), passed, sold(30 * HOUR, STRANGER))

    assert (verdict, "sold-twice" in found) == ("suspect", True)


@pytest.mark.parametrize(
    ("minutes", "expected"), [(5, AUTHENTIC), (6, suspect("read-after-sale"))], ids=["tolerance", "beyond"]
)
def test_in_trade_after_its_sale_is_suspect(minutes: int, expected: tuple[str, list[str]]) -> None:
    """Of the shop itself: two sites within five minutes are another rule's."""
    again = (SHOPKEEPER, act("stocking", 10 * HOUR + minutes * MINUTE, SHOP, disposition="sellable_accessible"))

    assert judged(BIRTH, sold(), again) == expected


@pytest.mark.parametrize("who", [CARRIER, STRANGER])
def test_read_elsewhere_after_its_sale_over_the_counter_is_suspect(who: bytes) -> None:
    assert judged(BIRTH, sold(), (who, seen(PORT, 30 * HOUR))) == suspect("read-after-sale")


def test_read_in_the_shop_after_its_sale_is_lawful() -> None:
    """At the gate, or on its owner at the next visit."""
    assert judged(BIRTH, sold(), (SHOPKEEPER, act("other", 30 * HOUR, SHOP))) == AUTHENTIC


def test_sent_to_its_buyer_by_the_seller_is_lawful() -> None:
    sent = (SHOPKEEPER, act("shipping", 12 * HOUR, SHOP, disposition="in_transit"))
    parcel = (CARRIER, act("arriving", 20 * HOUR, PORT, disposition="in_transit"))

    assert judged(BIRTH, sold(), sent, parcel) == AUTHENTIC
    assert judged(BIRTH, sold(), sent, parcel, (CARRIER, seen(PORT, 30 * HOUR, disposition="sellable_accessible"))) == (
        suspect("read-after-sale")
    )


def test_what_is_sold_at_a_distance_travels_afterwards() -> None:
    story = BIRTH, sold(place=None), (CARRIER, act("departing", 20 * HOUR, PORT)), (CARRIER, seen(SHOP, 30 * HOUR))

    assert judged(*story) == AUTHENTIC


def test_repaired_and_decommissioned_in_its_owner_s_hands_is_lawful() -> None:
    repaired = (CARRIER, act("repairing", 20 * HOUR, PORT))
    ended = (CARRIER, event("ObjectEvent", 30 * HOUR, "DELETE", PORT, epcList=[THING], bizStep="decommissioning"))

    assert judged(BIRTH, sold(), repaired, ended) == AUTHENTIC


@pytest.mark.parametrize("word", ["retail_sold", "https://ref.gs1.org/cbv/Disp-retail_sold"])
def test_a_disposition_alone_is_a_sale_and_says_one_again(word: str) -> None:
    first = (SHOPKEEPER, act("other", 10 * HOUR, SHOP, disposition=word))
    again = (SHOPKEEPER, act("other", 12 * HOUR, SHOP, disposition=word))

    assert judged(BIRTH, first, again) == AUTHENTIC
    assert judged(BIRTH, first, sold(12 * HOUR)) == suspect("sold-twice")
