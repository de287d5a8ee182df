"""Each rule with a story that breaks it and one that does not, and how findings become a verdict."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from provenance_kit import (
    BRAND,
    CARRIER,
    CASE,
    FACTORY,
    HOUR,
    ITEM,
    OTHER,
    PALLET,
    PORT,
    PORT_DOCK,
    SHOP,
    START,
    STRANGER,
    TRUSTED,
    World,
    born,
    event,
    journey,
    packed,
    reasons,
    seen,
    writer_of,
)

from lading.provenance.item import item_of
from lading.provenance.reasons import ALARMING, NOT_PROVEN, REASONS, RULE_IDS, RULES
from lading.provenance.truth import ChainFacts, Trusted
from lading.provenance.verdict import EXIT_CODES, judge

MINUTE = 60
AUTHENTIC: tuple[str, list[str]] = ("authentic", [])


def changed(world: World, **changes: Any) -> World:
    world.changes |= changes
    return world


def with_entry(world: World, position: int, **changes: Any) -> World:
    world.entries[position] = world.entries[position].model_copy(update=changes)
    return world


def with_key(world: World, who: bytes, **changes: Any) -> World:
    world.keys[writer_of(who)] = dataclasses.replace(world.keys[writer_of(who)], **changes)
    return world


def test_a_genuine_item_is_authentic_as_of_the_block_read() -> None:
    verdict = journey().judge()

    assert reasons(verdict) == AUTHENTIC
    assert verdict.checked == RULE_IDS
    proven = ("lot", "omitted-events", "block-hash", "block-new")
    assert verdict.not_proven == tuple(one for one in NOT_PROVEN if one not in proven)
    assert verdict.document()["as_of"] == {
        "chain_id": 31337,
        "genesis": "0x" + "07" * 32,
        "block": 500,
        "time": "2023-11-17T00:13:20Z",
    }


# Chain and trust


def test_without_chain_facts_a_genuine_item_is_unknown() -> None:
    verdict = judge(journey().bundle(), None, TRUSTED)

    assert reasons(verdict) == ("unknown", ["anchor-not-checked"])
    assert verdict.document()["as_of"] == {"chain_id": None, "genesis": None, "block": None, "time": None}
    assert not {"anchored", "writer", "born-by-brand", "time-forward", "not-recalled"} & set(verdict.checked)


def test_without_a_trusted_deployment_even_chain_facts_prove_nothing() -> None:
    world = journey()

    assert reasons(judge(world.bundle(), world.facts(), None)) == (
        "unknown",
        ["anchor-not-checked", "deployment-unknown"],
    )


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(TRUSTED, chain_id=1),
        dataclasses.replace(TRUSTED, genesis=b"\x08" * 32),
        dataclasses.replace(TRUSTED, participant_registry=b"\x08" * 20),
        dataclasses.replace(TRUSTED, provenance_registry=b"\x08" * 20),
    ],
)
def test_a_bundle_of_another_deployment_is_unknown_and_its_chain_is_not_believed(other: Trusted) -> None:
    world = changed(journey(), class_recalled_at=START)

    verdict = judge(world.bundle(), world.facts(), other)

    assert reasons(verdict) == ("unknown", ["anchor-not-checked", "deployment-differs"])


def test_a_verifier_that_knows_no_genesis_does_not_compare_it() -> None:
    world = journey()

    assert reasons(judge(world.bundle(), world.facts(), dataclasses.replace(TRUSTED, genesis=None))) == AUTHENTIC


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 1},
        {"genesis": b"\x08" * 32},
        {"participant_registry": b"\x08" * 20},
        {"provenance_registry": b"\x08" * 20},
    ],
)
def test_facts_of_another_chain_prove_nothing(changes: dict[str, Any]) -> None:
    assert reasons(changed(journey(), **changes).judge()) == ("unknown", ["anchor-not-checked", "node-differs"])


def test_registries_that_do_not_stand_on_the_chain_prove_nothing() -> None:
    assert reasons(changed(journey(), deployed=False).judge()) == (
        "unknown",
        ["anchor-not-checked", "registry-missing"],
    )


def test_a_bundle_about_another_item_than_the_code_says_nothing_of_the_code() -> None:
    world = journey()

    verdict = judge(world.bundle(), world.facts(), TRUSTED, item_of(OTHER))

    assert reasons(verdict) == ("unknown", ["item-differs"])


@pytest.mark.parametrize(
    "code",
    [
        ITEM,
        "urn:epc:tag:sgtin-96:1.0614141.812345.12345",
        "3034257BF7194E4000003039",
        "https://id.gs1.org/01/80614141123458/21/12345",
        "https://shop.example/x/01/80614141123458/21/12345?17=301231",
    ],
)
def test_every_spelling_of_the_code_names_the_item(code: str) -> None:
    world = journey()

    assert reasons(judge(world.bundle(), world.facts(), TRUSTED, item_of(code))) == AUTHENTIC


# Proofs


@pytest.mark.parametrize("facts", [None, journey().facts()])
def test_an_altered_event_is_suspect_even_without_a_chain(facts: ChainFacts | None) -> None:
    world = journey()
    altered = world.entries[1].event | {"disposition": "sellable_accessible"}

    verdict = judge(with_entry(world, 1, event=altered).bundle(), facts, TRUSTED)

    assert verdict.verdict == "suspect"
    assert list(verdict.reasons)[:2] == ["event-id-differs", "leaf-not-in-batch"]


def test_an_altered_field_that_the_event_id_leaves_out_is_suspect() -> None:
    world = journey()
    altered = world.entries[1].event | {"recordTime": "2026-09-21T14:13:20.000Z"}

    assert reasons(with_entry(world, 1, event=altered).judge()) == ("suspect", ["leaf-not-in-batch", "events-withheld"])


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": bytes(32)},
        {"proof": ()},
        {"proof": (bytes(32), bytes(32))},
        {"event_id": "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"},
    ],
)
def test_an_altered_proof_is_suspect(changes: dict[str, Any]) -> None:
    assert "leaf-not-in-batch" in with_entry(journey(), 1, **changes).judge().reasons


def test_an_event_that_claims_another_cbv_id_is_suspect() -> None:
    world = World().publish(BRAND, born(eventID="ni:///sha-256;" + "a" * 64 + "?ver=CBV2.0"))

    assert reasons(world.judge()) == ("suspect", ["event-id-differs"])


def test_an_event_id_of_another_kind_is_its_publisher_s_affair() -> None:
    world = World().publish(BRAND, born(eventID="urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"))

    assert reasons(world.judge()) == AUTHENTIC


def test_an_event_whose_id_is_not_defined_is_unknown() -> None:
    world = journey()
    event_of = world.entries[1].event | {"nobody": "knows"}

    verdict = with_entry(world, 1, event=event_of).judge()

    assert reasons(verdict) == ("suspect", ["leaf-not-in-batch", "events-withheld", "event-id-not-checked"])


def test_a_batch_that_is_not_anchored_is_suspect() -> None:
    world = journey()
    del world.anchors[CARRIER, 0]

    assert reasons(world.judge()) == ("suspect", ["anchor-missing"])


def test_another_batch_at_that_index_is_suspect() -> None:
    world = journey().publish(CARRIER, seen(SHOP, 31 * HOUR))
    world.entries.pop()

    assert reasons(with_entry(world, 1, index=1).judge()) == ("suspect", ["anchor-differs", "events-withheld"])


def test_the_log_of_another_publisher_is_suspect() -> None:
    assert "anchor-differs" in with_entry(journey(), 1, publisher=BRAND).judge().reasons


def test_a_batch_with_another_count_is_suspect() -> None:
    world = journey()
    batch = world.entries[0].batch

    altered = with_entry(world, 0, batch=batch.model_copy(update={"count": batch.count + 1}))

    assert "anchor-differs" in altered.judge().reasons


# Keys, judged at the time of the anchor


def test_a_key_of_another_participant_is_suspect() -> None:
    assert reasons(with_key(journey(), CARRIER, participant=STRANGER).judge()) == ("suspect", ["writer-foreign"])


def test_a_writer_that_is_no_key_is_suspect() -> None:
    world = journey()
    del world.keys[writer_of(CARRIER)]

    assert reasons(world.judge()) == ("suspect", ["writer-foreign"])


@pytest.mark.parametrize(("revoked_after", "expected"), [(0, ("suspect", ["writer-revoked"])), (1, AUTHENTIC)])
def test_a_key_revoked_at_the_anchor_s_time_is_suspect_and_later_is_not(
    revoked_after: int, expected: tuple[str, list[str]]
) -> None:
    anchored = START + 48 * HOUR

    assert reasons(with_key(journey(), CARRIER, revoked_at=anchored + revoked_after).judge()) == expected


def test_a_key_added_after_the_anchor_is_suspect() -> None:
    assert reasons(with_key(journey(), CARRIER, added_at=START + 49 * HOUR).judge()) == ("suspect", ["writer-revoked"])


@pytest.mark.parametrize(("since", "expected"), [(0, ("suspect", ["writer-compromised"])), (1, AUTHENTIC)])
def test_what_a_compromised_key_anchored_since_is_suspect(since: int, expected: tuple[str, list[str]]) -> None:
    """`compromisedSince` may lie before the block in which it was declared."""
    anchored = START + 48 * HOUR
    key = {"revoked_at": anchored + HOUR, "compromised_since": anchored + since}

    assert reasons(with_key(journey(), CARRIER, **key).judge()) == expected


# Story


def test_an_event_about_other_goods_is_suspect() -> None:
    assert reasons(journey(seen(SHOP, 31 * HOUR, item=OTHER)).judge()) == ("suspect", ["event-foreign"])


def test_events_of_the_case_and_pallet_that_hold_the_item_are_about_it() -> None:
    world = journey(
        packed(CASE, ITEM, 2 * HOUR),
        packed(PALLET, CASE, 3 * HOUR),
        seen(PORT, 12 * HOUR, item=PALLET),
        packed(PALLET, CASE, 13 * HOUR, "DELETE"),
        seen(PORT, 14 * HOUR, item=CASE),
    )

    assert reasons(world.judge()) == AUTHENTIC


def test_events_of_a_case_before_packing_and_after_unpacking_are_not_judged() -> None:
    """They may be in the bundle, because the count of its publisher's map covers them."""
    world = journey(
        seen(SHOP, -5 * HOUR, item=CASE),
        packed(CASE, ITEM, 12 * HOUR),
        packed(CASE, ITEM, 13 * HOUR, "DELETE"),
        seen(SHOP, 30 * HOUR + 1, item=CASE),
        seen(PORT, 30 * HOUR + 2, item=CASE, disposition="stolen"),
    )

    assert reasons(world.judge()) == AUTHENTIC


def test_events_of_a_case_that_never_held_the_item_are_foreign() -> None:
    verdict = journey(packed(PALLET, ITEM, 12 * HOUR), seen(SHOP, 29 * HOUR, item=CASE)).judge()

    assert reasons(verdict) == ("suspect", ["event-foreign"])
    assert [finding.entry for finding in verdict.findings] == [4]


def test_unpacking_a_case_whole_takes_the_item_out() -> None:
    unpacked = event("AggregationEvent", 13 * HOUR, "DELETE", None, parentID=CASE, bizStep="unpacking")
    packing = packed(CASE, ITEM, 12 * HOUR)
    elsewhere = seen(PORT, 30 * HOUR + 1, item=CASE)

    assert reasons(journey(packing, unpacked, elsewhere).judge()) == AUTHENTIC
    assert reasons(journey(packing, elsewhere).judge()) == ("suspect", ["two-places"])


def test_a_correction_of_what_is_not_there_is_not_judged() -> None:
    declared = {"declarationTime": "2026-09-22T00:00:00.000Z", "reason": "incorrect_data"}

    assert reasons(journey(seen(SHOP, 31 * HOUR, errorDeclaration=declared)).judge()) == (
        "unknown",
        ["correction-not-judged"],
    )


def test_an_item_without_a_birth_is_unknown() -> None:
    assert reasons(World().publish(CARRIER, seen(PORT, 10 * HOUR)).judge()) == ("unknown", ["birth-missing"])


def test_an_empty_bundle_is_unknown_but_a_recall_still_shows() -> None:
    assert reasons(World().judge()) == ("unknown", ["no-events", "birth-missing"])
    assert reasons(changed(World(), serial_recalled_at=START).judge())[0] == "recalled"


def test_two_births_are_suspect() -> None:
    world = journey().publish(BRAND, born(HOUR))

    assert reasons(world.judge()) == ("suspect", ["born-twice"])


def test_one_birth_anchored_twice_is_one_birth() -> None:
    assert reasons(journey().publish(BRAND, born()).judge()) == AUTHENTIC


def test_a_product_of_a_transformation_is_born_by_it() -> None:
    made = event("TransformationEvent", 0, None, FACTORY, inputEPCList=[OTHER], outputEPCList=[ITEM])

    assert reasons(World().publish(BRAND, made).judge()) == AUTHENTIC
    assert reasons(World().publish(BRAND, made, born(HOUR)).judge()) == ("suspect", ["born-twice"])


def test_a_birth_by_another_than_the_brand_is_suspect() -> None:
    assert reasons(World().publish(STRANGER, born()).judge()) == ("suspect", ["birth-foreign"])


def test_the_brand_s_own_birth_copied_into_another_log_is_suspect() -> None:
    assert reasons(journey().publish(STRANGER, born()).judge()) == ("suspect", ["birth-foreign"])


def test_a_class_that_no_brand_registered_is_unknown() -> None:
    assert reasons(changed(journey(), brand=None).judge()) == ("unknown", ["class-unknown"])


def test_an_item_without_a_gtin_has_no_brand() -> None:
    world = World().publish(BRAND, born(item=CASE))

    assert reasons(world.judge(CASE)) == ("unknown", ["class-unknown"])


@pytest.mark.parametrize(("minutes", "expected"), [(6, ("suspect", ["event-before-birth"])), (5, AUTHENTIC)])
def test_something_before_the_birth_is_suspect_beyond_what_clocks_explain(
    minutes: int, expected: tuple[str, list[str]]
) -> None:
    assert reasons(journey(seen(FACTORY, -minutes * MINUTE)).judge()) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(6, ["event-after-end", "item-ended"]), (5, ["item-ended"])])
def test_something_after_decommissioning_is_suspect(minutes: int, expected: list[str]) -> None:
    ended = event("ObjectEvent", 40 * HOUR, "DELETE", SHOP, epcList=[ITEM], bizStep="decommissioning")

    world = journey().publish(BRAND, ended).publish(CARRIER, seen(SHOP, 40 * HOUR + minutes * MINUTE))

    assert reasons(world.judge()) == ("suspect", expected)


@pytest.mark.parametrize("action", [None, "OBSERVE", "ADD"])
def test_an_item_used_up_in_a_transformation_has_ended(action: str | None) -> None:
    """Whatever action it states: EPCIS gives it none, and anchoring asks nobody."""
    used = event("TransformationEvent", 40 * HOUR, action, SHOP, inputEPCList=[ITEM], outputEPCList=[OTHER])

    world = journey().publish(BRAND, used).publish(CARRIER, seen(SHOP, 41 * HOUR))

    assert reasons(world.judge()) == ("suspect", ["event-after-end", "item-ended"])


@pytest.mark.parametrize("step", ["destroying", "https://ref.gs1.org/cbv/BizStep-destroying", "cbv:BizStep-destroying"])
def test_a_destroyed_item_is_suspect(step: str) -> None:
    destroyed = event("ObjectEvent", 40 * HOUR, "DELETE", SHOP, epcList=[ITEM], bizStep=step)

    assert reasons(journey().publish(BRAND, destroyed).judge()) == ("suspect", ["item-destroyed"])


@pytest.mark.parametrize(("seconds", "expected"), [(299, ("suspect", ["two-places"])), (300, AUTHENTIC)])
def test_two_sites_within_the_least_travel_time_are_suspect(seconds: int, expected: tuple[str, list[str]]) -> None:
    assert reasons(journey(seen(PORT, 30 * HOUR + seconds)).judge()) == expected


def test_two_docks_of_one_site_are_one_place() -> None:
    assert reasons(journey(seen(PORT_DOCK, 10 * HOUR + 1)).judge()) == AUTHENTIC


def test_a_clone_between_two_reads_of_the_true_item_is_found() -> None:
    """The neighbours in time are compared, whatever the order in the bundle."""
    verdict = journey(seen(PORT, 30 * HOUR + 100), seen(SHOP, 30 * HOUR + 200)).judge()

    assert reasons(verdict) == ("suspect", ["two-places"])
    assert [finding.entry for finding in verdict.findings] == [3, 4]


def test_the_case_that_holds_the_item_counts_for_its_place() -> None:
    world = journey(packed(CASE, ITEM, 31 * HOUR), seen(PORT, 40 * HOUR, item=CASE), seen(SHOP, 40 * HOUR + 60))

    assert reasons(world.judge()) == ("suspect", ["two-places"])


def test_an_event_without_a_place_is_nowhere_else() -> None:
    assert reasons(journey(seen(None, 30 * HOUR + 1)).judge()) == AUTHENTIC


@pytest.mark.parametrize(("seconds", "expected"), [(301, ("suspect", ["event-after-anchor"])), (300, AUTHENTIC)])
def test_an_event_later_than_its_anchor_is_suspect(seconds: int, expected: tuple[str, list[str]]) -> None:
    assert reasons(journey(seen(SHOP, 48 * HOUR + seconds)).judge()) == expected


@pytest.mark.parametrize("word", sorted(ALARMING))
def test_an_alarming_last_disposition_is_suspect(word: str) -> None:
    assert reasons(journey(seen(SHOP, 31 * HOUR, disposition=word)).judge()) == ("suspect", ["disposition-alarming"])


OWN_PREFIX = {"@context": [{"gs": "https://ref.gs1.org/cbv/"}]}
"""What CBV is called by a document that chooses its own prefixes."""


@pytest.mark.parametrize("word", ["gs:Disp-stolen", "cbv:Disp-stolen ", "urn:epcglobal:cbv:disp:stolen"])
def test_a_word_means_to_the_story_what_it_means_to_the_event_id(word: str) -> None:
    told = seen(SHOP, 31 * HOUR, disposition=word) | OWN_PREFIX
    destroyed = seen(SHOP, 31 * HOUR, bizStep="gs:BizStep-destroying", disposition="active") | OWN_PREFIX

    assert reasons(journey(told).judge()) == ("suspect", ["disposition-alarming"])
    assert reasons(journey().publish(BRAND, destroyed).judge()) == ("suspect", ["item-destroyed"])


def test_a_word_whose_context_cannot_be_used_is_not_judged() -> None:
    told = seen(SHOP, 31 * HOUR, disposition="cbv:Disp-stolen")
    world = with_entry(journey(), 1, event=told | {"@context": [{"cbv": "https://elsewhere.example/"}]})

    assert "event-unreadable" in world.judge().reasons


def test_an_alarming_disposition_that_was_lifted_is_not() -> None:
    world = journey(
        seen(SHOP, 31 * HOUR, disposition="damaged"), seen(SHOP, 32 * HOUR, disposition="sellable_accessible")
    )

    assert reasons(world.judge()) == AUTHENTIC


def test_a_disposition_in_our_own_vocabulary_is_none_of_cbv_s() -> None:
    assert reasons(journey(seen(SHOP, 31 * HOUR, disposition="https://lading.example/cleared")).judge()) == AUTHENTIC


@pytest.mark.parametrize("word", ["superb", "https://ref.gs1.org/cbv/Disp-superb", "Superb"])
def test_a_disposition_that_is_no_word_of_cbv_is_unknown(word: str) -> None:
    assert reasons(journey(seen(SHOP, 31 * HOUR, disposition=word)).judge()) == ("unknown", ["disposition-unknown"])


@pytest.mark.parametrize(
    "fields",
    [
        {"epcList": ITEM},
        {"epcList": [1]},
        {"bizStep": ["shipping"]},
        {"readPoint": "here"},
        {"readPoint": {}},
        {"ilmd": ["lot"]},
        {"ilmd": {"cbvmda:lotNumber": {"value": "L-7"}}},
        {"eventTime": "2026-09-21T14:13:20"},
        {"eventTime": "2026-02-30T14:13:20Z"},
        {"eventTime": "2026-09-21T24:00:00Z"},
        {"eventTime": "2026-09-21T14:13:20+99:00"},
        {"eventTime": 5},
    ],
)
def test_an_event_that_no_rule_can_read_is_never_authentic(fields: dict[str, Any]) -> None:
    """Its publisher anchored it so; the leaf is made here as for any other event, with an id that nobody checks."""
    world = journey()
    unreadable = with_entry(world, 1, event=world.entries[1].event | fields)

    verdict = unreadable.judge()

    assert verdict.verdict != "authentic"
    assert "event-unreadable" in verdict.reasons


# Recalls


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"class_recalled_at": START}, "recalled-class"),
        ({"serial_recalled_at": START}, "recalled-serial"),
        ({"lots_recalled_at": {"L-7": START}}, "recalled-lot"),
    ],
)
def test_a_recall_by_class_lot_or_serial_is_recalled(changes: dict[str, Any], reason: str) -> None:
    assert reasons(changed(journey(), **changes).judge()) == ("recalled", [reason])


def test_the_recall_of_another_lot_is_none() -> None:
    assert reasons(changed(journey(), lots_recalled_at={"L-8": START}).judge()) == AUTHENTIC


@pytest.mark.parametrize("name", ["cbvmda:lotNumber", "gs1:hasBatchLotNumber", "urn:epcglobal:cbv:mda:lotNumber"])
def test_the_lot_is_found_under_every_name_that_it_has(name: str) -> None:
    world = with_entry(journey(), 0, event=born(lot=None) | {"ilmd": {name: "L-9"}})

    assert "recalled-lot" in changed(world, lots_recalled_at={"L-9": START}).judge().reasons


def test_an_unknown_lot_is_said_not_to_be_proven() -> None:
    world = World().publish(BRAND, born(lot=None))

    assert reasons(world.judge()) == AUTHENTIC
    assert "lot" in world.judge().not_proven


def test_a_recall_outranks_a_suspicion_and_both_are_listed() -> None:
    world = changed(journey(seen(PORT, 30 * HOUR + 1)), class_recalled_at=START)

    assert reasons(world.judge()) == ("recalled", ["recalled-class", "two-places"])


def test_a_suspicion_outranks_not_knowing() -> None:
    world = changed(journey(seen(PORT, 30 * HOUR + 1)), brand=None)

    assert reasons(world.judge()) == ("suspect", ["two-places", "class-unknown"])


# Tables and text


def test_exit_codes_are_those_of_the_command_line() -> None:
    assert EXIT_CODES == {"authentic": 0, "suspect": 10, "recalled": 11, "unknown": 12}


def test_every_reason_names_a_rule_and_ids_are_used_once() -> None:
    ids = [reason.id for reason in REASONS]

    assert {reason.rule for reason in REASONS} == {rule.id for rule in RULES}
    assert len(set(ids)) == len(ids)
    assert all(reason.sentence.endswith(".") for reason in REASONS)
    assert all(rule.source and rule.sentence.endswith(".") for rule in RULES)


def test_the_explanation_shows_no_control_character_of_the_bundle() -> None:
    world = with_entry(journey(), 0, event=born(lot="\x1cok"))

    lines = changed(world, lots_recalled_at={"ok": START}).judge().explain()

    assert lines[0].startswith("RECALLED")
    assert all(line.isprintable() for line in lines)
