"""Footprints: nothing lost, nothing doubled, and every bundle shows its share of one whole."""

from __future__ import annotations

import os

import pytest
from carbon_kit import (
    Story,
    born,
    box,
    bundle_of,
    entries_of,
    key,
    leg,
    make,
    pack,
    single,
    stories,
    tell,
    thing,
    unpack,
    wrong,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from provenance_kit import CARRIER

from lading.provenance import carbon_ledger
from lading.provenance.bundle import Bundle
from lading.provenance.carbon_ledger import Ledger
from lading.provenance.carbon_shares import shared
from lading.provenance.footprint import Footprint, acts_of, footprint_of

STORIES = int(os.environ.get("LADING_FOOTPRINT_STORIES", "60"))
A, B, C, D = (thing(number) for number in range(4))
CASE, PALLET = box(1), box(2)


def ledger_of(entries: list, covered: frozenset[str] | None = None) -> Ledger:
    ledger = Ledger(covered)
    for act in acts_of(entries)[0]:
        ledger.take(act)
    return ledger


def footprint(item: str, *events: dict) -> Footprint:
    return footprint_of(bundle_of(item, entries_of(events)))


def mg(item: str, *events: dict) -> int:
    found = footprint(item, *events)
    assert found.verified_mg == 0
    return found.stated_mg


@given(amount=st.integers(0, 2**80), masses=st.lists(st.none() | st.integers(1, 2**53 - 1), min_size=1, max_size=9))
@settings(max_examples=300)
def test_shares_add_up_and_are_off_by_less_than_one(amount: int, masses: list[int | None]):
    things = {f"thing {place}": mass for place, mass in enumerate(masses)}
    parts = shared(amount, things)
    weights = [1] * len(masses) if None in masses else [mass or 0 for mass in masses]
    assert sum(parts.values()) == amount
    for name, weight in zip(things, weights, strict=True):
        assert abs(parts[name] * sum(weights) - amount * weight) < sum(weights)


@given(story=stories())
@settings(max_examples=STORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_is_lost_or_doubled_and_every_bundle_shows_its_share(story: Story):
    entries = story.entries()
    whole = ledger_of(entries)
    on_things = {one: sum(amounts.values()) for one, amounts in whole.held.items()}
    assert sum(on_things.values()) + sum(whole.left_over.values()) == story.stated()
    assert sum(whole.left_over.values()) == 0

    bundles = {one: bundle_of(one, entries) for one in story.things if ":sgtin:" in one}
    for one, bundle in bundles.items():
        inputs = [bundles[other] for other in bundles if other in story.ended]
        found = footprint_of(bundle, *inputs)
        gaps = {gap.reason for gap in found.missing}
        known = {"container-unknown"} if story.late else set[str]()
        assert gaps <= known
        if not found.passed_on:
            borne = on_things.get(key(one), 0)
            assert found.stated_mg <= borne
            assert found.stated_mg == borne or gaps
        alone = footprint_of(bundle)
        assert alone.stated_mg <= found.stated_mg
        assert {gap.reason for gap in alone.missing} <= {"made-of-unknown", *known}


def test_what_is_put_into_a_container_on_a_pallet_is_on_the_pallet():
    told = [born(0, A, B), pack(60, CASE, A), pack(120, PALLET, CASE), pack(180, CASE, B), leg(240, 9, PALLET)]
    assert mg(A, *told) == 5
    assert (footprint(B, *told).stated_mg, footprint(B, *told).complete) == (4, True)
    out = [*told, unpack(300, PALLET, CASE), leg(360, 4, CASE)]
    assert footprint(B, *out).stated_mg == 6
    late = [*out, born(390, C), pack(420, CASE, C), leg(480, 3, CASE)]
    assert (footprint(C, *late).stated_mg, footprint(C, *late).complete) == (1, True)


def test_a_container_shares_equally_where_a_mass_is_not_known_and_by_mass_where_all_are():
    told = [born(0, A, B, mg=10), leg(60, 7, A)]
    assert (mg(A, *told), mg(B, *told)) == (12, 5)
    equally = [born(0, A, B, C), pack(60, CASE, A, B, C), leg(120, 100, CASE)]
    assert [mg(one, *equally) for one in (A, B, C)] == [34, 33, 33]
    masses = {"lading:masses": single({A: 1, B: 3})["lading:masses"]}
    by_mass = [born(0, A, B), pack(60, CASE, A, B, **masses), leg(120, 100, CASE)]
    assert [mg(one, *by_mass) for one in (A, B)] == [25, 75]
    one_unknown = [born(0, A, B, C), pack(60, CASE, A, B, C, **masses), leg(120, 99, CASE)]
    assert [mg(one, *one_unknown) for one in (A, B, C)] == [33, 33, 33]


def test_masses_are_those_of_the_event_itself_so_that_each_bundle_knows_them():
    """The birth of B alone, which A's bundle lacks, must not change what A gets."""
    told = [born(0, A, mass=5), born(30, B, mass=500), pack(60, CASE, A, B), leg(120, 100, CASE)]
    assert [mg(one, *told) for one in (A, B)] == [50, 50]


def test_only_what_is_inside_at_that_time_bears_it():
    told = [
        born(0, A, B),
        pack(60, CASE, A),
        leg(120, 10, CASE),
        pack(180, CASE, B, mg=4),
        leg(240, 20, CASE),
        unpack(300, CASE, A, mg=8),
        leg(360, 30, CASE),
        unpack(420, CASE),
        leg(480, 40, CASE),
    ]
    assert mg(A, *told) == 10 + 2 + 10 + 4
    assert mg(B, *told) == 2 + 10 + 4 + 30
    assert sum(ledger_of(entries_of(told)).held[key(CASE)].values()) == 40


def test_boxes_in_boxes_pass_it_on_level_by_level():
    told = [born(0, A, B, C), pack(60, CASE, A, B), pack(120, PALLET, CASE, C), leg(180, 100, PALLET)]
    assert [mg(one, *told) for one in (A, B, C)] == [25, 25, 50]


def test_outputs_bear_what_their_inputs_bore():
    told = [born(0, A, mg=10), born(30, B, mg=20), make(60, [A, B], [C, D], 4, ilmd=single({C: 1, D: 3}))]
    entries = entries_of(told)
    a, b, c, d = (bundle_of(one, entries) for one in (A, B, C, D))
    alone = footprint_of(c)
    assert (alone.stated_mg, alone.complete) == (1, False)
    assert [one.reason for one in alone.missing] == ["made-of-unknown"]
    assert [one.reason for one in footprint_of(c, a).missing] == ["made-of-unknown"]
    whole = [footprint_of(one, a, b) for one in (c, d)]
    assert [one.complete for one in whole] == [True, True]
    # 10, 20 and 4 are each shared 1 : 3, the odd milligrams by largest remainder.
    assert [one.stated_mg for one in whole] == [3 + 5 + 1, 7 + 15 + 3]
    ended = footprint_of(a)
    assert (ended.passed_on, ended.stated_mg) == (True, 10)


def test_gaps_of_inputs_are_gaps_of_what_is_made_of_them():
    told = [born(0, A), make(60, [A], [B]), make(120, [B], [C], 9)]
    entries = entries_of(told)
    found = footprint_of(bundle_of(C, entries), bundle_of(B, entries))
    assert (found.stated_mg, [one.reason for one in found.missing]) == (9, ["made-of-unknown"])
    assert footprint_of(*(bundle_of(one, entries) for one in (C, B, A))).complete


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([leg(60, 9, A) | {"quantityList": [{"epcClass": "urn:x", "quantity": 5}]}], "shared-with-classes"),
        (
            [pack(60, CASE, A, childQuantityList=[{"epcClass": "urn:x", "quantity": 5}]), leg(120, 9, CASE)],
            "shared-with-classes",
        ),
        ([make(60, [], [A], 9, outputQuantityList=[{"epcClass": "urn:x", "quantity": 1}])], "shared-with-classes"),
    ],
)
def test_what_cannot_be_shared_is_left_over_and_said(told: list, reason: str):
    events = [born(0, A, mg=1), *told]
    found = footprint(A, *events)
    assert (found.stated_mg, found.complete) == (1, False)
    assert reason in [one.reason for one in found.missing]
    assert sum(ledger_of(entries_of(events)).left_over.values()) == 9


@pytest.mark.parametrize(
    ("used", "more", "reason"),
    [([], {}, "made-elsewhere"), ([], {"inputQuantityList": [{"epcClass": "urn:x"}]}, "made-of-classes")],
)
def test_what_it_was_made_of_may_be_unknown(used: list[str], more: dict, reason: str):
    found = footprint(A, make(0, used, [A], 5, **more))
    assert (found.stated_mg, [one.reason for one in found.missing]) == (5, [reason])


def test_a_wrong_event_leaves_the_sum_and_its_corrective_stays():
    first = leg(60, 500, A)
    told = [born(0, A, mg=1), first, wrong(first), leg(61, 50, A)]
    assert mg(A, *told) == 51
    # A stranger's declaration takes nothing away.
    entries = entries_of([born(0, A, mg=1), first]) + entries_of([wrong(first)], CARRIER)
    assert footprint_of(bundle_of(A, entries)).stated_mg == 501


def test_an_event_that_two_anchored_or_one_anchored_twice_counts_once():
    told = leg(60, 7, A)
    entries = entries_of([born(0, A), told, told]) + entries_of([told], CARRIER)
    assert footprint_of(bundle_of(A, entries)).stated_mg == 7


def test_an_event_that_is_not_the_anchored_one_is_not_counted():
    bundle = bundle_of(A, entries_of([born(0, A, mg=1), leg(60, 7, A)]))
    raised = leg(60, 7000, A)
    entry = bundle.entries[1].model_copy(update={"event": raised})
    found = footprint_of(bundle.model_copy(update={"entries": (bundle.entries[0], entry)}))
    assert (found.stated_mg, [one.reason for one in found.missing]) == (1, ["not-proven"])
    named = bundle.entries[1].model_copy(update={"event_id": bundle.entries[0].event_id})
    found = footprint_of(bundle.model_copy(update={"entries": (bundle.entries[0], named)}))
    assert [one.reason for one in found.missing] == ["not-proven"]


def test_a_statement_that_cannot_be_read_is_a_gap_of_those_who_bear_it():
    broken = leg(120, 7, CASE) | {"lading:carbon": {"lading:mg": -1}}
    told = [born(0, A, B), pack(60, CASE, A), broken, leg(180, 3, A, B)]
    found = footprint(A, *told)
    assert (found.stated_mg, [one.reason for one in found.missing]) == (2, ["statement-unreadable"])
    assert footprint(B, *told).complete


def test_a_thing_packed_into_itself_is_told_and_goes_round_no_circle():
    told = [born(0, A), pack(60, CASE, A), pack(120, PALLET, CASE), pack(180, CASE, PALLET), leg(240, 9, PALLET)]
    found = footprint(A, *told)
    assert found.stated_mg == 9
    whole = ledger_of(entries_of(told))
    assert {one.reason for one in whole.gaps[key(PALLET)]} == {"packed-in-itself"}


def test_a_record_that_is_too_large_ends_and_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(carbon_ledger, "MAX_STEPS", 3)
    told = [born(0, A, mg=1), *(leg(60 * number, 7, A) for number in range(1, 9))]
    found = footprint(A, *told)
    assert "too-large" in [one.reason for one in found.missing]
    whole = ledger_of(entries_of(told))
    held = sum(sum(amounts.values()) for amounts in whole.held.values())
    assert (whole.stopped, held + sum(whole.left_over.values())) == (True, 1 + 8 * 7)


def test_the_order_of_the_bundle_changes_nothing():
    told = [born(0, A, B, mg=3), pack(60, CASE, A, B, mg=5), leg(120, 7, CASE), unpack(180, CASE, mg=9)]
    bundle = bundle_of(A, entries_of(told))
    turned = bundle.model_copy(update={"entries": bundle.entries[::-1]})
    assert footprint_of(turned).document() == footprint_of(bundle).document()


def test_the_document_and_the_sentences_say_the_same():
    found = footprint(A, born(0, A, mg=1_500_000), leg(60, 250_000, A), tell("ObjectEvent", 120, epcList=[A]))
    document = found.document()
    assert (document["stated_mg"], document["verified_mg"], document["complete"]) == ("1750000", "0", True)
    assert (document["events"], document["stating"]) == (3, 2)
    assert [part["problem"] for part in document["parts"]] == ["unsigned", "unsigned"]
    text = "\n".join(found.explain())
    assert "0 kg CO2e verified" in text
    assert "1.75 kg CO2e stated, not verified" in text
    assert "2 of 3 events" in text


def test_an_empty_bundle_has_no_footprint():
    bundle: Bundle = bundle_of(A, [])
    assert footprint_of(bundle).document()["parts"] == []
