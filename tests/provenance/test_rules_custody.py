"""Held by one party at a time and moved only by its holder, as far as hand-overs are named."""

from __future__ import annotations

import pytest
from provenance_kit import BRAND, CARRIER, HOUR, PORT, SHOP, STRANGER, TRUSTED, born, reasons, seen
from story_kit import (
    BUYER,
    CUSTOMS_OFFICE,
    INSPECTOR,
    PARTIES,
    ROLES,
    SHOPKEEPER,
    Told,
    act,
    handed,
    judged,
    party,
    receive,
    ship,
    uri,
    verdict_on,
    world_of,
)

from lading.provenance.verdict import judge

AUTHENTIC: tuple[str, list[str]] = ("authentic", [])
BIRTH: Told = (BRAND, born())
CHAIN = (BIRTH, ship(BRAND, CARRIER, 2 * HOUR), receive(BRAND, CARRIER, 3 * HOUR))


def suspect(reason: str) -> tuple[str, list[str]]:
    return "suspect", [reason]


def unknown(reason: str) -> tuple[str, list[str]]:
    return "unknown", [reason]


def test_a_chain_of_hand_overs_is_lawful() -> None:
    story = (
        *CHAIN,
        (CARRIER, seen(PORT, 10 * HOUR)),
        ship(CARRIER, SHOPKEEPER, 12 * HOUR),
        receive(CARRIER, SHOPKEEPER, 14 * HOUR),
        (SHOPKEEPER, act("stocking", 15 * HOUR, SHOP)),
    )
    verdict = verdict_on(*story)

    assert verdict.verdict == "authentic"
    assert "held-by-one" in verdict.checked


def test_where_nobody_is_named_nothing_is_found() -> None:
    assert judged(BIRTH, (CARRIER, seen(PORT, 10 * HOUR)), (STRANGER, act("shipping", 20 * HOUR, SHOP))) == AUTHENTIC


def test_without_knowing_publishers_the_rule_is_not_checked() -> None:
    verdict = verdict_on(*CHAIN, known=False)

    assert verdict.verdict == "authentic"
    assert "held-by-one" not in verdict.checked


def test_whom_the_registry_knows_under_no_gln_is_known_only_where_parties_are_participants() -> None:
    """Admitted under a LEI or a national number, it cannot be told from the party that an event names by its GLN."""
    by_gln = *CHAIN, (STRANGER, act("shipping", 12 * HOUR))
    by_uri = BIRTH, (BRAND, act("shipping", 2 * HOUR, **handed(uri(BRAND), uri(CARRIER))))
    checked = []
    for story in (by_gln, by_uri):
        world = world_of(story)
        world.changes |= {"roles": ROLES, "parties": PARTIES | {who: frozenset[str]() for who in (BRAND, STRANGER)}}
        checked.append("held-by-one" in world.judge().checked)

    assert checked == [False, True]


def test_a_hand_over_is_read_under_its_document_s_own_prefix() -> None:
    own = {"@context": [{"gs": "https://ref.gs1.org/cbv/"}]}
    named = handed(party(STRANGER), party(SHOPKEEPER), "gs:SDT-possessing_party")
    stolen = (STRANGER, act("shipping", 12 * HOUR, **named) | own)

    assert judged(*CHAIN, stolen) == suspect("handover-foreign")


def test_handing_on_what_another_holds_is_suspect_even_where_publishers_are_not_known() -> None:
    story = *CHAIN, ship(STRANGER, SHOPKEEPER, 12 * HOUR)

    assert judged(*story) == suspect("handover-foreign")
    assert judged(*story, known=False) == suspect("handover-foreign")


def test_a_hand_over_published_by_somebody_whom_it_does_not_name_is_suspect() -> None:
    stolen = (STRANGER, act("shipping", 12 * HOUR, **handed(party(CARRIER), party(SHOPKEEPER))))

    assert judged(*CHAIN, stolen) == suspect("handover-foreign")


def test_sent_off_by_the_one_who_takes_it_is_suspect() -> None:
    taken = (SHOPKEEPER, act("shipping", 12 * HOUR, **handed(party(CARRIER), party(SHOPKEEPER))))

    assert judged(*CHAIN, taken) == suspect("moved-by-another")


@pytest.mark.parametrize("step", ["shipping", "departing", "packing", "retail_selling"])
def test_moved_by_somebody_who_does_not_hold_it_is_suspect(step: str) -> None:
    assert judged(*CHAIN, (STRANGER, act(step, 12 * HOUR, SHOP))) == suspect("moved-by-another")


def test_a_platform_sells_at_a_distance_what_another_holds() -> None:
    sold = (STRANGER, act("retail_selling", 12 * HOUR))

    assert judged(*CHAIN, sold, ship(CARRIER, SHOPKEEPER, 13 * HOUR)) == AUTHENTIC
    assert judged(*CHAIN, sold, (STRANGER, act("departing", 13 * HOUR))) == suspect("moved-by-another")


def test_after_a_sale_over_the_counter_nobody_is_named() -> None:
    sold = (CARRIER, act("retail_selling", 12 * HOUR, SHOP))
    back = (CARRIER, act("receiving", 20 * HOUR, SHOP, disposition="returned"))

    assert judged(*CHAIN, sold, back, (STRANGER, act("shipping", 25 * HOUR))) == AUTHENTIC


def test_what_no_consumer_had_comes_back_from_nobody() -> None:
    """Else whoever took the goods would only have to call them returned."""
    back = (STRANGER, act("receiving", 20 * HOUR, PORT, disposition="returned"))
    online = (STRANGER, act("retail_selling", 15 * HOUR))

    assert judged(*CHAIN, back) == unknown("custody-gap")
    for story in ((back,), (online, back)):
        moved = judged(*CHAIN, *story, (STRANGER, act("shipping", 25 * HOUR)))
        assert moved == ("suspect", ["moved-by-another", "custody-gap"])


def test_a_read_by_somebody_to_whom_nobody_gave_it_is_unknown() -> None:
    assert judged(*CHAIN, (STRANGER, seen(SHOP, 12 * HOUR))) == unknown("custody-gap")


@pytest.mark.parametrize("office", [CUSTOMS_OFFICE, INSPECTOR])
def test_an_office_may_look_at_what_others_hold(office: bytes) -> None:
    assert judged(*CHAIN, (office, act("inspecting", 12 * HOUR))) == AUTHENTIC


def test_a_carrier_may_read_it_on_the_way_and_not_afterwards() -> None:
    sent = BIRTH, ship(BRAND, SHOPKEEPER, 2 * HOUR)
    received = receive(BRAND, SHOPKEEPER, 20 * HOUR)

    assert judged(*sent, (CARRIER, act("departing", 5 * HOUR, PORT)), received) == AUTHENTIC
    assert judged(*sent, received, (CARRIER, act("arriving", 25 * HOUR, PORT))) == unknown("custody-gap")


def test_a_stranger_may_not_read_it_on_the_way() -> None:
    story = BIRTH, ship(BRAND, SHOPKEEPER, 2 * HOUR), (STRANGER, act("arriving", 5 * HOUR, PORT))

    assert judged(*story) == unknown("custody-gap")


@pytest.mark.parametrize(("seconds", "expected"), [(300, AUTHENTIC), (301, unknown("custody-gap"))])
def test_the_giver_s_last_read_is_lawful_within_what_clocks_explain(
    seconds: int, expected: tuple[str, list[str]]
) -> None:
    assert judged(*CHAIN, (BRAND, act("storing", 3 * HOUR + seconds))) == expected


def test_both_sides_may_say_the_same_hand_over_and_it_may_come_back() -> None:
    back = ship(CARRIER, BRAND, 5 * HOUR), receive(CARRIER, BRAND, 6 * HOUR)
    again = ship(BRAND, CARRIER, 8 * HOUR), receive(BRAND, CARRIER, 9 * HOUR)

    assert judged(*CHAIN, *back, *again) == AUTHENTIC


def test_receiving_before_shipping_is_lawful_within_what_clocks_explain() -> None:
    assert judged(BIRTH, receive(BRAND, CARRIER, 2 * HOUR), ship(BRAND, CARRIER, 2 * HOUR + 300)) == AUTHENTIC


def test_a_receipt_that_the_giver_does_not_confirm_is_unknown() -> None:
    assert judged(BIRTH, receive(BRAND, CARRIER, 2 * HOUR)) == unknown("handover-one-sided")
    late = ship(BRAND, CARRIER, 2 * HOUR + 301)
    assert judged(BIRTH, receive(BRAND, CARRIER, 2 * HOUR), late) == unknown("handover-one-sided")


def test_who_names_only_the_other_side_is_itself_the_first() -> None:
    sent = (BRAND, act("shipping", 2 * HOUR, **handed(None, party(CARRIER))))
    onward = (CARRIER, act("shipping", 5 * HOUR, **handed(None, party(SHOPKEEPER))))
    stolen = (STRANGER, act("shipping", 6 * HOUR, **handed(None, party(BUYER))))

    assert judged(BIRTH, sent, onward) == AUTHENTIC
    assert judged(BIRTH, sent, onward, stolen) == suspect("handover-foreign")


def test_a_participant_is_named_by_its_uri_as_well_and_then_needs_no_chain() -> None:
    sent = (BRAND, act("shipping", 2 * HOUR, **handed(uri(BRAND), uri(CARRIER))))
    stolen = (STRANGER, act("shipping", 5 * HOUR, **handed(uri(CARRIER), uri(STRANGER))))

    assert judged(BIRTH, sent, known=False) == AUTHENTIC
    assert judged(BIRTH, sent, stolen, known=False) == suspect("moved-by-another")
    foreign = (STRANGER, act("shipping", 5 * HOUR, **handed(uri(CARRIER), uri(BUYER))))
    assert judged(BIRTH, sent, foreign, known=False) == suspect("handover-foreign")


def test_a_site_without_extension_names_the_party_as_well() -> None:
    named = handed("urn:epc:id:sgln:0614141.00011.0", "https://id.gs1.org/414/0614141000128")

    assert judged(BIRTH, (BRAND, act("shipping", 2 * HOUR, **named)), receive(BRAND, CARRIER, 3 * HOUR)) == AUTHENTIC


@pytest.mark.parametrize(
    "spelled",
    [
        "owning_party",
        "https://ref.gs1.org/cbv/SDT-owning_party",
        "cbv:SDT-owning_party",
        "urn:epcglobal:cbv:sdt:owning_party",
    ],
)
def test_ownership_has_a_chain_of_its_own(spelled: str) -> None:
    sold = (BRAND, act("shipping", 2 * HOUR, **handed(party(BRAND), party(SHOPKEEPER), spelled)))
    again = (STRANGER, act("shipping", 5 * HOUR, **handed(party(STRANGER), party(BUYER), spelled)))

    assert judged(BIRTH, sold, (CARRIER, seen(PORT, 4 * HOUR))) == AUTHENTIC
    assert judged(BIRTH, sold, again) == suspect("handover-foreign")


def test_who_sells_for_the_owner_names_only_the_new_one() -> None:
    owned = (BRAND, act("shipping", 2 * HOUR, **handed(party(BRAND), party(SHOPKEEPER), "owning_party")))
    sold = (STRANGER, act("retail_selling", 5 * HOUR, **handed(None, party(BUYER), "owning_party")))

    assert judged(BIRTH, owned, sold) == AUTHENTIC


@pytest.mark.parametrize(
    "fields",
    [
        {"sourceList": ["x"]},
        {"destinationList": [{"type": "possessing_party"}]},
        {"sourceList": [{"source": "urn:x:y"}]},
    ],
)
def test_a_hand_over_that_cannot_be_read_is_never_authentic(fields: dict[str, object]) -> None:
    world = world_of(CHAIN)
    world.entries[1] = world.entries[1].model_copy(update={"event": world.entries[1].event | fields})

    assert "event-unreadable" in judge(world.bundle(), world.facts(), TRUSTED).reasons


def test_who_has_no_gln_cannot_be_told_from_the_holder() -> None:
    """A participant that a platform admitted has none: it may be the holder, or anybody with a copied tag."""
    world = world_of((*CHAIN, (STRANGER, seen(SHOP, 12 * HOUR))))
    world.changes |= {"roles": ROLES, "parties": PARTIES | {STRANGER: frozenset[str]()}}

    assert reasons(world.judge()) == unknown("holder-not-told")
