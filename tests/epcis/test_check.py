"""EPCIS documents: what is accepted, what is refused by which rule at which path, and that nothing gets lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from check_kit import DOCUMENT, EVENT, document_of, document_with, event_with, faults_of
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import DocumentError, check_document, check_report, parse_document
from lading.epcis.fields import RULES

INVALID = {
    "EPCISDocument_without_context": [("$.@context", "required")],
    "ObjectEvent_with_ilmd_field_without_namespace": [("$.epcisBody.eventList[0].ilmd.materialType", "namespace")],
    "ObjectEvent_with_invalid_action": [("$.epcisBody.eventList[0].action", "action")],
    "ObjectEvent_with_invalid_eventTime_format": [("$.epcisBody.eventList[0].eventTime", "time-format")],
    "ObjectEvent_with_non_standard_bizStep": [("$.epcisBody.eventList[0].bizStep", "biz-step")],
    "ObjectEvent_with_quantity_as_text": [("$.epcisBody.eventList[0].quantityList[0].quantity", "number")],
    "ObjectEvent_without_action_and_eventTime": [
        ("$.epcisBody.eventList[0].eventTime", "required"),
        ("$.epcisBody.eventList[0].eventTimeZoneOffset", "required"),
        ("$.epcisBody.eventList[0].action", "required"),
    ],
    "ObjectEvent_without_identifier_list": [("$.epcisBody.eventList[0]", "what")],
}


def test_every_valid_document_is_accepted_and_survives_a_round_trip(shared_data: Path):
    paths = sorted((shared_data / "epcis" / "valid").glob("*.json"))
    assert len(paths) == 19
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert check_document(document) == [], path.name
        assert parse_document(document).model_dump(by_alias=True, exclude_unset=True) == document, path.name


def test_every_vector_of_the_event_id_is_accepted(shared_data: Path):
    for path in sorted((shared_data / "event-hash").glob("*.jsonld")):
        assert check_document(json.loads(path.read_text(encoding="utf-8"))) == [], path.name


def test_every_invalid_document_is_refused_by_the_rule_that_it_breaks(shared_data: Path):
    paths = sorted((shared_data / "epcis" / "invalid").glob("*.json"))
    assert {path.stem: faults_of(json.loads(path.read_text(encoding="utf-8"))) for path in paths} == INVALID


def test_the_command_lines_answer():
    assert check_report(DOCUMENT) == {"valid": True, "faults": []}
    report = check_report(document_of(event_with(action="CREATE")))
    assert report == {
        "valid": False,
        "faults": [
            {
                "path": "$.epcisBody.eventList[0].action",
                "rule": "action",
                "message": "'CREATE' is none of ADD, OBSERVE, DELETE",
            }
        ],
    }


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (document_with(type="X"), "'X' is none of the types: EPCISDocument, EPCISQueryDocument"),
        (document_with(schemaVersion=2.0), "schemaVersion should be text"),
        (document_with(epcisBody=[]), "epcisBody should be an object"),
        (document_with(creationDate=...), "creationDate is missing"),
        (document_of(event_with(epcList="urn:x:y")), "epcList should be a list"),
        (document_of(event_with(type="Event")), "one of your own has a prefix"),
        (document_of(event_with(type=...)), "there is no type, or it is no text: AggregationEvent, "),
        (document_of(event_with(persistentDisposition={"set": []})), "set is empty: leave it out, or say something"),
    ],
)
def test_a_fault_says_what_should_stand_there(document: dict[str, object], message: str):
    (fault,) = check_document({key: value for key, value in document.items() if value is not ...})
    assert message in fault.message


def test_all_faults_of_all_events_are_named_at_once():
    events = [event_with(action="X"), EVENT, event_with(mine=1, eventTime="noon")]
    assert sorted(faults_of(document_with(epcisBody={"eventList": events}))) == [
        ("$.epcisBody.eventList[0].action", "action"),
        ("$.epcisBody.eventList[2].eventTime", "time-format"),
        ("$.epcisBody.eventList[2].mine", "namespace"),
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"@context": ...}, ("$.@context", "required")),
        ({"@context": []}, ("$.@context", "context")),
        ({"@context": {"example": "https://ns.example.com/"}}, ("$.@context", "context")),
        ({"@context": [DOCUMENT["@context"][0], 7]}, ("$.@context", "context")),
        ({"@context": [DOCUMENT["@context"][0], {"cbv": "https://x.example/"}]}, ("$.@context", "context")),
        ({"type": "Document"}, ("$.type", "type-name")),
        ({"type": ...}, ("$.type", "type-name")),
        ({"schemaVersion": "1.2"}, ("$.schemaVersion", "schema-version")),
        ({"schemaVersion": 2.0}, ("$.schemaVersion", "json-type")),
        ({"creationDate": "2026-03-02"}, ("$.creationDate", "time-format")),
        ({"epcisBody": {}}, ("$.epcisBody.eventList", "required")),
        ({"epcisBody": {"eventList": {}}}, ("$.epcisBody.eventList", "json-type")),
        ({"mine": 1}, ("$.mine", "namespace")),
        ({"other:mine": 1}, ("$.other:mine", "prefix")),
        ({"sender": None}, ("$.sender", "json-type")),
        ({"@context": [DOCUMENT["@context"][0]] * 2}, ("$.@context", "unique")),
        ({"@context": [DOCUMENT["@context"][0], None]}, ("$.@context", "context")),
        ({"epcisHeader": {"mine": 1}}, ("$.epcisHeader.mine", "namespace")),
        (
            {"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}},
            ("$.epcisHeader.epcisMasterData.vocabularyList[0].type", "required"),
        ),
    ],
)
def test_faults_of_a_document(changes: dict[str, object], fault: tuple[str, str]):
    document = {key: value for key, value in document_with(**changes).items() if value is not ...}
    assert faults_of(document) == [fault]


def test_a_context_that_stands_elsewhere_may_declare_any_prefix_but_no_bare_name():
    context = [*DOCUMENT["@context"], "https://partner.example/context.jsonld"]
    events = {"eventList": [event_with(**{"theirs:x": 1})]}
    assert faults_of(document_with(**{"@context": context, "epcisBody": events})) == []
    assert faults_of(document_with(**{"@context": context, "mine": 1})) == [("$.mine", "namespace")]


def test_prefixes_are_declared_as_json_ld_has_it():
    long = {"long": {"@id": "https://long.example/", "@prefix": True}, "term": {"@id": "https://term.example/"}}
    document = document_with(**{"@context": [*DOCUMENT["@context"], long, {"cbvmda": "urn:epcglobal:cbv:mda"}]})
    document["epcisBody"] = {"eventList": [event_with(**{"long:x": 1, "term:x": 1, "cbvmda:y": 1})]}
    assert faults_of(document) == [("$.epcisBody.eventList[0].term:x", "prefix")]


def test_a_query_document_is_read_too():
    body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [EVENT]}}}
    document = document_with(type="EPCISQueryDocument", epcisBody=body)
    assert check_document(document) == []
    assert parse_document(document).events[0].action == "OBSERVE"
    assert check_document({key: document[key] for key in ("@context", "type", "epcisBody")}) == []
    body["queryResults"]["resultsBody"]["eventList"] = [event_with(mine=1, action="X")]
    where = "$.epcisBody.queryResults.resultsBody.eventList[0]"
    assert sorted(faults_of(document)) == [(f"{where}.action", "action"), (f"{where}.mine", "namespace")]


def test_a_document_with_faults_has_no_model():
    with pytest.raises(DocumentError, match=r"\$\.epcisBody\.eventList\[0\]\.mine: .*\(namespace\)"):
        parse_document(document_of(event_with(mine=1)))


def test_a_model_cannot_be_changed():
    event = parse_document(DOCUMENT).events[0]
    with pytest.raises(ValueError, match="frozen"):
        event.action = "ADD"


_THEIRS = re.compile("Input should|discriminator|Field required|after validation|Input tag")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from([*EVENT, "ilmd"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    JSON,
    st.sampled_from([*DOCUMENT]),
    st.sampled_from([*EVENT, "ilmd", "sensorElementList", "bizTransactionList", "@context"]),
)
def test_any_json_anywhere_is_accepted_or_refused_by_a_known_rule(value: object, outer: str, inner: str):
    for document in (
        value,
        document_with(**{outer: value}),
        document_of(value),
        document_of(event_with(**{inner: value})),
    ):
        faults = check_document(document)
        assert {fault.rule for fault in faults} <= RULES.keys()
        assert all(fault.path.startswith("$") and fault.message for fault in faults)
        # The words are ours, not those of the library that validates.
        assert not [fault for fault in faults if _THEIRS.search(fault.message)]


def test_what_nests_without_end_is_a_fault():
    value: object = "x"
    for _ in range(5000):
        value = {"example:x": value}
    (fault,) = check_document(document_of(event_with(**{"example:x": value})))
    assert (fault.rule, fault.path.count(".example:x")) == ("depth", 77)
    value = "x"
    for _ in range(66):
        value = {"example:x": value}
    (fault,) = check_document(document_of(event_with(**{"example:x": value})))
    assert (fault.rule, fault.path.count(".example:x")) == ("depth", 65)
