"""Statements of emissions: their form, what a verifier signs, and whose signature counts."""

from __future__ import annotations

from typing import Any

import pytest
from carbon_kit import VOC, leg, tell, thing
from provenance_kit import BRAND, CARRIER, CHAIN

from lading.chain.signer import Signer, signer_of
from lading.provenance.carbon import PROBLEMS, Statement, problem_of, statement_in, to_sign, without_statement
from lading.provenance.fields import Unreadable
from lading.provenance.footprint import sentence
from lading.provenance.truth import WriterKey

A = thing(1)
VERIFIER = b"\x05" * 32
KEY = Signer.dev(5)
GOOD = Statement(18_250_000, "ISO 14083:2023", "lorry, 420 km", VERIFIER, "0x" + "ab" * 65)
FIELDS = GOOD.extension()


def stating(stated: object) -> dict[str, Any]:
    return leg(60, None, A) | {"lading:carbon": stated}


def test_a_statement_is_read_as_it_was_written_under_any_prefix_of_ours():
    assert statement_in(stating(FIELDS)) == GOOD
    assert statement_in(leg(60, None, A)) is None
    renamed = {"carb:" + name.partition(":")[2]: value for name, value in FIELDS.items()}
    event = leg(60, None, A) | {"@context": {"carb": VOC["lading"]}, "carb:carbon": renamed}
    assert statement_in(event) == GOOD
    foreign = leg(60, None, A) | {"@context": {"acme": "https://acme.example/"}, "acme:carbon": 5}
    assert statement_in(foreign) is None


@pytest.mark.parametrize(
    "stated",
    [
        5,
        [],
        {},
        FIELDS | {"lading:mg": -1},
        FIELDS | {"lading:mg": 2**53},
        FIELDS | {"lading:mg": 1.0},
        FIELDS | {"lading:mg": True},
        FIELDS | {"lading:mg": "5"},
        FIELDS | {"lading:method": "ISO 14064"},
        FIELDS | {"lading:method": ["ISO 14083:2023"]},
        FIELDS | {"lading:scope": ""},
        FIELDS | {"lading:scope": "x" * 301},
        FIELDS | {"lading:verifier": "0x" + "AB" * 32},
        FIELDS | {"lading:signature": "0x"},
        FIELDS | {"lading:more": 1},
        FIELDS | {"mg": 1},
        FIELDS | {"https://lading.example/voc/mg": 1},
        {name: value for name, value in FIELDS.items() if name != "lading:signature"},
        {name: value for name, value in FIELDS.items() if name != "lading:verifier"},
    ],
)
def test_another_form_is_unreadable(stated: object):
    with pytest.raises(Unreadable):
        statement_in(stating(stated))


def test_a_statement_is_given_once():
    with pytest.raises(Unreadable, match="not one object"):
        statement_in(stating(FIELDS) | {"https://lading.example/voc/carbon": FIELDS})


def signed(event: dict[str, Any], publisher: bytes = CARRIER, stated: Statement = GOOD) -> dict[str, Any]:
    return to_sign(event, publisher, stated, VERIFIER, CHAIN)


def test_the_verifier_signs_before_the_statement_is_in_the_event_and_for_that_event_alone():
    bare = leg(60, None, A)
    signature = KEY.sign_typed(signed(bare))
    assert signer_of(signed(stating(FIELDS)), signature) == KEY.address
    others = [
        signed(leg(61, None, A)),
        signed(leg(60, None, thing(2))),
        signed(bare | {"bizStep": "loading"}),
        signed(bare, BRAND),
        signed(bare, stated=Statement(18_250_001, GOOD.method, GOOD.scope)),
        signed(bare, stated=Statement(GOOD.mg, "ISO 14067:2018", GOOD.scope)),
        signed(bare, stated=Statement(GOOD.mg, GOOD.method, "lorry, 42 km")),
        to_sign(bare, CARRIER, GOOD, b"\x06" * 32, CHAIN),
        to_sign(bare, CARRIER, GOOD, VERIFIER, CHAIN.model_copy(update={"chain_id": 1})),
        to_sign(bare, CARRIER, GOOD, VERIFIER, CHAIN.model_copy(update={"participant_registry": b"\x0c" * 20})),
    ]
    for other in others:
        assert signer_of(other, signature) != KEY.address
    assert "lading:carbon" not in without_statement(stating(FIELDS))


def test_masses_are_part_of_what_is_signed():
    event = tell("ObjectEvent", 60, "ADD", None, epcList=[A], ilmd={"lading:massMg": 5})
    heavier = event | {"ilmd": {"lading:massMg": 6}}
    assert signed(event)["message"]["eventId"] != signed(heavier)["message"]["eventId"]


ADDED, REVOKED, LOST = 100, 200, 150
INSPECTOR = frozenset({"INSPECTOR", "SELLER"})


@pytest.mark.parametrize(
    ("key", "roles", "anchored_at", "expected"),
    [
        (WriterKey(VERIFIER, ADDED, 0, 0), INSPECTOR, ADDED, None),
        (WriterKey(VERIFIER, ADDED, REVOKED, 0), INSPECTOR, REVOKED - 1, None),
        (WriterKey(VERIFIER, ADDED, 0, LOST), INSPECTOR, LOST - 1, None),
        (WriterKey(VERIFIER, ADDED, 0, 0), INSPECTOR, None, "not-anchored"),
        (None, INSPECTOR, ADDED, "signature-foreign"),
        (WriterKey(CARRIER, ADDED, 0, 0), INSPECTOR, ADDED, "signature-foreign"),
        (WriterKey(VERIFIER, ADDED, 0, 0), INSPECTOR, ADDED - 1, "key-revoked"),
        (WriterKey(VERIFIER, ADDED, REVOKED, 0), INSPECTOR, REVOKED, "key-revoked"),
        (WriterKey(VERIFIER, ADDED, 0, LOST), INSPECTOR, LOST, "key-revoked"),
        (WriterKey(VERIFIER, ADDED, 0, 0), frozenset({"SELLER"}), ADDED, "verifier-no-inspector"),
        (WriterKey(VERIFIER, ADDED, 0, 0), None, ADDED, "verifier-no-inspector"),
    ],
)
def test_whose_signature_counts(
    key: WriterKey | None, roles: frozenset[str] | None, anchored_at: int | None, expected: str | None
):
    assert problem_of(GOOD, CARRIER, key, roles, anchored_at) == expected


def test_nobody_verifies_himself_and_unsigned_is_unsigned():
    key = WriterKey(VERIFIER, ADDED, 0, 0)
    assert problem_of(GOOD, VERIFIER, key, INSPECTOR, ADDED) == "verifier-is-publisher"
    assert problem_of(Statement(1, GOOD.method, "x"), CARRIER, key, INSPECTOR, ADDED) == "unsigned"


def test_every_problem_has_a_sentence():
    assert {sentence(one) for one in PROBLEMS} == set(PROBLEMS.values())
    assert sentence("not-checked") not in PROBLEMS.values()
