"""Corrections by error declaration: by the event's own publisher, of what is there, with what stands for it."""

from __future__ import annotations

from typing import Any

import pytest
from provenance_kit import BRAND, CARRIER, CASE, CONTEXT, HOUR, OTHER, PORT, SHOP, STRANGER, TRUSTED, born, packed, seen
from story_kit import Event, Told, judged, world_of

from lading.epcis.event_id import event_id
from lading.provenance.leaf import self_contained
from lading.provenance.verdict import judge

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
BIRTH: Told = (BRAND, born())
WRONG = seen(PORT, 30 * HOUR)
SIGHT = (CARRIER, seen(SHOP, 30 * HOUR + 60))


def declared_wrong(one: Event, *correctives: str, **more: Any) -> dict[str, Any]:
    """The same event with its error declaration, as EPCIS has it."""
    reason = {"reason": "incorrect_data", "correctiveEventIDs": list(correctives)} if correctives else {}
    return {**one, "errorDeclaration": {"declarationTime": "2023-11-16T20:00:00.000Z", **reason}, **more}


def id_of(one: Event) -> str:
    return event_id(self_contained(one, CONTEXT))


def suspect(*reasons: str) -> tuple[str, list[str]]:
    return "suspect", list(reasons)


def test_what_its_publisher_declared_wrong_is_out_of_the_story() -> None:
    assert judged(BIRTH, SIGHT, (CARRIER, WRONG)) == suspect("two-places")
    assert judged(BIRTH, SIGHT, (CARRIER, WRONG), (CARRIER, declared_wrong(WRONG))) == AUTHENTIC


def test_the_declaration_may_stand_before_what_it_corrects() -> None:
    assert judged(BIRTH, (CARRIER, declared_wrong(WRONG)), (CARRIER, WRONG), SIGHT) == AUTHENTIC


def test_what_stands_for_it_is_in_the_story() -> None:
    right = seen(PORT, 20 * HOUR)
    clone = seen(SHOP, 20 * HOUR + 60)
    correction = (CARRIER, declared_wrong(WRONG, id_of(right)))

    assert judged(BIRTH, SIGHT, (CARRIER, WRONG), correction, (CARRIER, right)) == AUTHENTIC
    assert judged(BIRTH, (CARRIER, WRONG), correction, (CARRIER, right), (CARRIER, clone)) == suspect("two-places")


def test_what_stands_for_it_may_be_named_by_its_own_event_id() -> None:
    name = "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"
    right = seen(PORT, 20 * HOUR, eventID=name)

    assert judged(BIRTH, (CARRIER, WRONG), (CARRIER, declared_wrong(WRONG, name)), (CARRIER, right)) == AUTHENTIC


def test_what_stands_for_it_may_be_about_other_goods() -> None:
    right = seen(PORT, 30 * HOUR, item=OTHER)
    correction = (CARRIER, declared_wrong(WRONG, id_of(right)))

    assert judged(BIRTH, SIGHT, (CARRIER, WRONG), correction, (CARRIER, right)) == AUTHENTIC


def test_what_stands_for_it_may_be_corrected_as_well() -> None:
    second, third = seen(PORT, 29 * HOUR), seen(PORT, 20 * HOUR)
    story = (WRONG, declared_wrong(WRONG, id_of(second)), second, declared_wrong(second, id_of(third)), third)

    assert judged(BIRTH, SIGHT, *((CARRIER, one) for one in story)) == AUTHENTIC


@pytest.mark.parametrize("publisher", [CARRIER, STRANGER])
def test_what_should_stand_for_it_and_is_not_there_is_unknown(publisher: bytes) -> None:
    """Nor does another publisher's event stand for it."""
    right = seen(PORT, 20 * HOUR)
    correction = (CARRIER, declared_wrong(WRONG, id_of(right)))
    elsewhere = [(publisher, right)] if publisher == STRANGER else []

    assert judged(BIRTH, (CARRIER, WRONG), correction, *elsewhere) == ("unknown", ["correction-missing"])


def test_another_s_event_cannot_be_declared_wrong() -> None:
    foreign = (STRANGER, declared_wrong(WRONG))

    assert judged(BIRTH, (CARRIER, WRONG), foreign) == suspect("correction-foreign")
    assert judged(BIRTH, SIGHT, (CARRIER, WRONG), foreign) == suspect("correction-foreign", "two-places")


def test_a_correction_of_nothing_is_unknown() -> None:
    assert judged(BIRTH, (CARRIER, declared_wrong(WRONG))) == ("unknown", ["correction-not-judged"])


def test_a_declaration_that_changes_the_event_corrects_nothing() -> None:
    changed = declared_wrong(WRONG, disposition="damaged")

    assert judged(BIRTH, SIGHT, (CARRIER, WRONG), (CARRIER, changed)) == (
        "suspect",
        ["two-places", "correction-not-judged"],
    )


def test_an_item_whose_birth_is_declared_wrong_is_not_born() -> None:
    assert judged(BIRTH, (BRAND, declared_wrong(born()))) == ("unknown", ["birth-missing"])


def test_a_birth_recorded_twice_by_mistake_is_corrected() -> None:
    again = born(HOUR)

    assert judged(BIRTH, (BRAND, again)) == suspect("born-twice")
    assert judged(BIRTH, (BRAND, again), (BRAND, declared_wrong(again))) == AUTHENTIC


def test_a_lot_that_was_corrected_is_not_the_item_s() -> None:
    wrong, right = born(lot="L-9"), born(lot="L-8")
    world = world_of([(BRAND, wrong), (BRAND, declared_wrong(wrong, id_of(right))), (BRAND, right)])

    def recalled(lot: str) -> str:
        world.changes["lots_recalled_at"] = {lot: 1}
        return judge(world.bundle(), world.facts(), TRUSTED).verdict

    assert (recalled("L-9"), recalled("L-8")) == ("authentic", "recalled")


def test_events_of_a_container_that_never_held_it_after_all_are_not_foreign() -> None:
    packing = packed(CASE, seen(None, 0)["epcList"][0], 2 * HOUR)
    case = seen(SHOP, 30 * HOUR + 90, item=CASE)

    assert judged(BIRTH, (CARRIER, WRONG), (CARRIER, packing), (CARRIER, case)) == suspect("two-places")
    undone = (CARRIER, declared_wrong(packing))
    assert judged(BIRTH, (CARRIER, WRONG), (CARRIER, packing), (CARRIER, case), undone) == AUTHENTIC


@pytest.mark.parametrize("declaration", ["x", None, {"correctiveEventIDs": "x"}, {"correctiveEventIDs": [1]}])
def test_a_declaration_that_cannot_be_read_is_never_authentic(declaration: object) -> None:
    world = world_of([BIRTH, (CARRIER, WRONG)])
    changed = world.entries[1].event | {"errorDeclaration": declaration}
    world.entries[1] = world.entries[1].model_copy(update={"event": changed})

    assert "event-unreadable" in judge(world.bundle(), world.facts(), TRUSTED).reasons
