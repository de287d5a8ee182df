"""An alarm stands until somebody who may lift it speaks of the same thing; what is set persists until it is unset."""

from __future__ import annotations

from typing import Any

import pytest
from provenance_kit import BRAND, CARRIER, CASE, HOUR, ITEM, PALLET, PORT, SHOP, STRANGER, born, packed
from story_kit import INSPECTOR, SHOPKEEPER, Told, act, judged

from lading.provenance.fields import Unreadable, lasting_in

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
ALARM: tuple[str, list[str]] = ("suspect", ["disposition-alarming"])
BIRTH: Told = (BRAND, born())
PROTECTED = ["stolen", "recalled", "expired", "destroyed", "disposed"]


def told(who: bytes, when: int, word: str | None, item: str = ITEM, **more: Any) -> Told:
    named = {} if word is None else {"disposition": word}
    return who, act("inspecting", when * HOUR, None, item, **named, **more)


def lasting(who: bytes, when: int, item: str = ITEM, **changes: list[str]) -> Told:
    return told(who, when, None, item, persistentDisposition=changes)


def test_an_alarm_is_lifted_by_a_later_word_on_the_same_thing() -> None:
    assert judged(BIRTH, told(CARRIER, 2, "damaged"), told(INSPECTOR, 3, "conformant")) == AUTHENTIC


def test_damage_inside_a_box_is_not_lifted_by_the_box_going_on() -> None:
    story = (BIRTH, (CARRIER, packed(CASE, ITEM, HOUR)), told(INSPECTOR, 2, "damaged"))

    assert judged(*story, told(CARRIER, 3, "in_transit", CASE)) == ALARM
    assert judged(*story, (CARRIER, packed(PALLET, CASE, 3 * HOUR, disposition="in_transit"))) == ALARM
    assert judged(*story, told(CARRIER, 3, "in_transit", CASE), told(CARRIER, 4, "conformant")) == AUTHENTIC


def test_an_alarm_on_the_box_is_lifted_by_a_word_on_it_or_on_the_item() -> None:
    story = (BIRTH, (CARRIER, packed(CASE, ITEM, HOUR)), (CARRIER, packed(PALLET, CASE, HOUR)))
    story += (told(INSPECTOR, 2, "damaged", CASE),)

    assert judged(*story) == ALARM
    assert judged(*story, told(CARRIER, 3, "in_transit", PALLET)) == ALARM
    assert judged(*story, told(CARRIER, 3, "in_transit", CASE)) == AUTHENTIC
    assert judged(*story, told(CARRIER, 3, "conformant")) == AUTHENTIC


def test_an_alarm_on_box_and_item_is_not_lifted_by_the_box_alone() -> None:
    story = (BIRTH, (CARRIER, packed(CASE, ITEM, HOUR, disposition="damaged")))

    assert judged(*story, told(CARRIER, 3, "in_transit", CASE)) == ALARM
    assert judged(*story, told(CARRIER, 3, "in_transit", ITEM)) == AUTHENTIC


@pytest.mark.parametrize("word", PROTECTED)
def test_what_no_read_undoes_is_lifted_by_who_said_it_or_by_the_brand(word: str) -> None:
    story = (BIRTH, told(CARRIER, 2, word))

    assert judged(*story, told(STRANGER, 30, "in_progress")) == ALARM
    assert judged(*story, told(CARRIER, 30, "in_progress")) == AUTHENTIC
    assert judged(*story, told(BRAND, 30, "in_progress")) == AUTHENTIC


def test_a_stranger_s_own_alarm_lifts_nobody_else_s() -> None:
    story = (BIRTH, told(BRAND, 2, "stolen"), told(STRANGER, 3, "stolen"), told(STRANGER, 4, "in_progress"))

    assert judged(*story) == ALARM


@pytest.mark.parametrize("word", ["damaged", "stolen"])
def test_a_word_of_another_vocabulary_lifts_nothing(word: str) -> None:
    assert judged(BIRTH, told(BRAND, 2, word), told(BRAND, 3, "https://x.example/fine")) == ALARM


def test_a_word_that_cbv_has_not_lifts_nothing() -> None:
    found = judged(BIRTH, told(CARRIER, 2, "damaged"), told(CARRIER, 3, "superb"))

    assert found == ("suspect", ["disposition-alarming", "disposition-unknown"])


@pytest.mark.parametrize("word", [*PROTECTED, "damaged", "mismatch_instance", "cbv:Disp-stolen"])
def test_an_alarm_that_is_set_counts(word: str) -> None:
    assert judged(BIRTH, lasting(CARRIER, 2, set=[word])) == ALARM


def test_what_is_set_outlasts_every_disposition() -> None:
    assert judged(BIRTH, lasting(CARRIER, 2, set=["damaged"]), told(CARRIER, 3, "conformant")) == ALARM


def test_what_is_set_is_lifted_when_it_is_unset() -> None:
    assert judged(BIRTH, lasting(CARRIER, 2, set=["damaged"]), lasting(STRANGER, 3, unset=["damaged"])) == AUTHENTIC
    assert judged(BIRTH, lasting(CARRIER, 2, set=["stolen"]), lasting(CARRIER, 3, unset=["stolen"])) == AUTHENTIC
    assert judged(BIRTH, lasting(CARRIER, 2, set=["stolen"]), lasting(BRAND, 3, unset=["stolen"])) == AUTHENTIC


def test_unsetting_something_else_or_by_somebody_else_lifts_nothing() -> None:
    assert judged(BIRTH, lasting(CARRIER, 2, set=["damaged"]), lasting(CARRIER, 3, unset=["expired"])) == ALARM
    assert judged(BIRTH, lasting(CARRIER, 2, set=["stolen"]), lasting(STRANGER, 3, unset=["stolen"])) == ALARM
    assert judged(BIRTH, told(CARRIER, 2, "damaged"), lasting(CARRIER, 3, unset=["damaged"])) == ALARM


def test_set_and_unset_in_one_event_is_set() -> None:
    assert judged(BIRTH, lasting(CARRIER, 2, set=["damaged"], unset=["damaged"])) == ALARM


def test_what_is_set_of_a_box_counts_for_what_is_in_it() -> None:
    story = (BIRTH, (CARRIER, packed(CASE, ITEM, HOUR)), lasting(INSPECTOR, 2, CASE, set=["damaged"]))

    assert judged(*story) == ALARM
    assert judged(*story, lasting(INSPECTOR, 3, CASE, unset=["damaged"])) == AUTHENTIC


def test_other_lasting_states_are_no_alarm() -> None:
    assert judged(BIRTH, lasting(SHOPKEEPER, 2, set=["completeness_verified"])) == AUTHENTIC
    assert judged(BIRTH, lasting(SHOPKEEPER, 2, set=["https://x.example/fine"])) == AUTHENTIC
    assert judged(BIRTH, lasting(SHOPKEEPER, 2, set=["superb"])) == ("unknown", ["disposition-unknown"])


@pytest.mark.parametrize("wrong", [["stolen"], {"set": "stolen"}, {"set": [1]}, "stolen"])
def test_a_lasting_state_that_cannot_be_read_is_refused(wrong: object) -> None:
    with pytest.raises(Unreadable):
        lasting_in({"persistentDisposition": wrong}, "set")


def test_a_damaged_item_read_at_two_sites_is_no_less_alarming() -> None:
    moved = (CARRIER, act("departing", 5 * HOUR, PORT)), (SHOPKEEPER, act("arriving", 30 * HOUR, SHOP))

    assert judged(BIRTH, told(CARRIER, 2, "damaged"), *moved) == ALARM
