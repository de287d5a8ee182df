"""EPCIS documents: what is accepted, what is refused by which rule at which path, and that nothing gets lost."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.epcis import DocumentError, check_document, check_report, parse_document
from lading.epcis.fields import RULES

EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T09:15:30.278+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.812345.12345"],
    "action": "OBSERVE",
}
DOCUMENT = {
    "@context": [
        "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        {"example": "https://ns.example.com/epcis/"},
    ],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-02T09:15:31Z",
    "epcisBody": {"eventList": [EVENT]},
}
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


def _document(**changes: object) -> dict[str, object]:
    return {**copy.deepcopy(DOCUMENT), **changes}


def _with_event(event: object) -> dict[str, object]:
    return _document(epcisBody={"eventList": [event]})


def _event(**changes: object) -> dict[str, object]:
    merged = {**copy.deepcopy(EVENT), **changes}
    return {key: value for key, value in merged.items() if value is not ...}


def _faults(document: object) -> list[tuple[str, str]]:
    return [(fault.path, fault.rule) for fault in check_document(document)]


def _event_faults(event: object) -> list[tuple[str, str]]:
    return [(path.removeprefix("$.epcisBody.eventList[0]"), rule) for path, rule in _faults(_with_event(event))]


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
    assert {path.stem: _faults(json.loads(path.read_text(encoding="utf-8"))) for path in paths} == INVALID


def test_the_command_lines_answer():
    assert check_report(DOCUMENT) == {"valid": True, "faults": []}
    report = check_report(_with_event(_event(action="CREATE")))
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


def test_all_faults_of_all_events_are_named_at_once():
    events = [_event(action="X"), EVENT, _event(mine=1, eventTime="noon")]
    assert sorted(_faults(_document(epcisBody={"eventList": events}))) == [
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
    document = {key: value for key, value in _document(**changes).items() if value is not ...}
    assert _faults(document) == [fault]


SENSOR = {"sensorReport": [{"type": "Temperature", "value": 20.5, "uom": "CEL"}]}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"type": "Event"}, (".type", "type-name")),
        ({"type": ...}, (".type", "type-name")),
        ({"eventTime": "2026-03-02T09:15:30"}, (".eventTime", "time-format")),
        ({"eventTime": "2026-03-02T24:00:00Z"}, (".eventTime", "time-format")),
        ({"eventTime": 1}, (".eventTime", "json-type")),
        ({"recordTime": "now"}, (".recordTime", "time-format")),
        ({"eventTimeZoneOffset": "Z"}, (".eventTimeZoneOffset", "time-zone-offset")),
        ({"eventTimeZoneOffset": "+15:00"}, (".eventTimeZoneOffset", "time-zone-offset")),
        ({"epcList": ["12345"]}, (".epcList[0]", "uri")),
        ({"epcList": "urn:x:y"}, (".epcList", "json-type")),
        ({"epcList": []}, ("", "what")),
        ({"eventID": "1"}, (".eventID", "uri")),
        ({"certificationInfo": ["https://a.example/", "x"]}, (".certificationInfo", "uri")),
        ({"bizStep": "https://ref.gs1.org/cbv/BizStep-dancing"}, (".bizStep", "biz-step")),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:dancing"}, (".bizStep", "biz-step")),
        ({"bizStep": "cbv:BizStep-dancing"}, (".bizStep", "biz-step")),
        ({"bizStep": "cbv:Disp-active"}, (".bizStep", "biz-step")),
        ({"bizStep": "Shipping"}, (".bizStep", "biz-step")),
        ({"bizStep": None}, (".bizStep", "json-type")),
        ({"disposition": "shipping"}, (".disposition", "disposition")),
        ({"persistentDisposition": {"set": ["lost"]}}, (".persistentDisposition.set[0]", "disposition")),
        ({"persistentDisposition": {"set": ["active"], "put": []}}, (".persistentDisposition.put", "namespace")),
        ({"persistentDisposition": {}}, (".persistentDisposition", "empty")),
        ({"persistentDisposition": {"set": []}}, (".persistentDisposition.set", "empty")),
        ({"persistentDisposition": {"unset": ["active", "active"]}}, (".persistentDisposition.unset", "unique")),
        (
            {"persistentDisposition": {"set": ["active"], "example:x": 1}},
            (".persistentDisposition.example:x", "closed"),
        ),
        (
            {"bizTransactionList": [{"type": "bill", "bizTransaction": "urn:x:y"}]},
            (".bizTransactionList[0].type", "biz-transaction-type"),
        ),
        ({"bizTransactionList": [{"type": "po"}]}, (".bizTransactionList[0].bizTransaction", "required")),
        ({"sourceList": [{"type": "owner", "source": "urn:x:y"}]}, (".sourceList[0].type", "source-destination-type")),
        ({"sourceList": [{"source": "urn:x:y"}]}, (".sourceList[0].type", "required")),
        ({"destinationList": [{"type": "location"}]}, (".destinationList[0].destination", "required")),
        ({"errorDeclaration": {"reason": "did_not_occur"}}, (".errorDeclaration.declarationTime", "required")),
        (
            {"errorDeclaration": {"declarationTime": "2026-03-02T09:15:30Z", "reason": "typo"}},
            (".errorDeclaration.reason", "error-reason"),
        ),
        ({"readPoint": {"id": "dock 2"}}, (".readPoint.id", "uri")),
        ({"readPoint": {"id": "urn:x:y", "dock": 2}}, (".readPoint.dock", "namespace")),
        ({"quantityList": [{"epcClass": "urn:x:y", "quantity": "20"}]}, (".quantityList[0].quantity", "number")),
        ({"quantityList": [{"epcClass": "urn:x:y", "quantity": True}]}, (".quantityList[0].quantity", "number")),
        (
            {"quantityList": [{"epcClass": "urn:x:y", "quantity": float("nan")}]},
            (".quantityList[0].quantity", "number"),
        ),
        ({"quantityList": [{"epcClass": "urn:x:y", "uom": ""}]}, (".quantityList[0].uom", "uom")),
        ({"action": "ADD", "ilmd": {"lot": "A"}}, (".ilmd.lot", "namespace")),
        ({"action": "ADD", "ilmd": {"other:lot": "A"}}, (".ilmd.other:lot", "prefix")),
        ({"action": "ADD", "ilmd": []}, (".ilmd", "json-type")),
        ({"example:x": {"deep": [{"other:y": 1}]}}, (".example:x.deep[0].other:y", "prefix")),
        ({"@context": {"gs1": "https://x.example/"}}, (".@context", "context")),
        ({"sensorElementList": [{}]}, (".sensorElementList[0].sensorReport", "required")),
        ({"sensorElementList": [{"sensorReport": []}]}, (".sensorElementList[0].sensorReport", "empty")),
        (
            {"sensorElementList": [{**SENSOR, "sensorMetadata": {"time": "noon"}}]},
            (".sensorElementList[0].sensorMetadata.time", "time-format"),
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Count", "hexBinaryValue": "xy"}]}]},
            (".sensorElementList[0].sensorReport[0].hexBinaryValue", "hex-binary"),
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Count", "booleanValue": "true"}]}]},
            (".sensorElementList[0].sensorReport[0].booleanValue", "json-type"),
        ),
        ({"parentID": "urn:x:y"}, (".parentID", "namespace")),
        ({"epcList": ["urn:epc:id:sgtin:061414.812345.1"]}, (".epcList[0]", "epc")),
        ({"epcList": ["urn:x:y", "urn:x:z", "urn:x:y"]}, (".epcList", "unique")),
        ({"epcList": ["urn:x:ÿ"]}, (".epcList[0]", "uri")),
        ({"ilmd": {"example:x": 1}}, ("", "ilmd")),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, (".bizStep", "biz-step")),
        ({"quantityList": [{"epcClass": "urn:x:y", "uom": "kg"}]}, (".quantityList[0].uom", "uom")),
        ({"quantityList": [{"epcClass": "urn:x:y", "quantity": 10**400}]}, (".quantityList[0].quantity", "number")),
        ({"quantityList": [{"epcClass": "urn:x:y", "example:x": 1}]}, (".quantityList[0].example:x", "closed")),
        ({"epcList": ..., "sensorElementList": [SENSOR]}, ("", "what")),
        (
            {"sensorElementList": [{"sensorReport": [{"value": 1}]}]},
            (".sensorElementList[0].sensorReport[0]", "report"),
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "a b"}]}]},
            (".sensorElementList[0].sensorReport[0].type", "measurement-type"),
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"exception": "gs1:FINE"}]}]},
            (".sensorElementList[0].sensorReport[0].exception", "exception"),
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Angle", "component": "up"}]}]},
            (".sensorElementList[0].sensorReport[0].component", "component"),
        ),
        ({"comment": "bare"}, (".comment", "namespace")),
        ({"readPoint": {"id": "urn:x:y", "@context": {}}}, (".readPoint.@context", "context")),
        ({"@context": "no url"}, (".@context", "context")),
        ({"example:x": "\ud800"}, (".example:x", "unicode")),
        ({"example:x": [[{"other:y": 1}]]}, (".example:x[0][0].other:y", "prefix")),
    ],
)
def test_faults_of_an_object_event(changes: dict[str, object], fault: tuple[str, str]):
    assert _event_faults(_event(**changes)) == [fault]


@pytest.mark.parametrize(
    "changes",
    [
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"},
        {"bizStep": "cbv:BizStep-shipping"},
        {"bizStep": "https://lading.example/voc/BizStep-exit_declared"},
        {"bizStep": "example:packing_tea"},
        {
            "epcList": ...,
            "quantityList": [{"epcClass": "urn:epc:class:lgtin:0614141.812345.L1", "quantity": 3, "uom": "KGM"}],
        },
        {"epcList": ..., "sensorElementList": [SENSOR], "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"}},
        {"epcList": [], "sensorElementList": [SENSOR]},
        {"certificationInfo": "https://a.example/"},
        {"certificationInfo": ["https://a.example/", "urn:x:y"]},
        {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "A", "example:a": {"without": {"prefix": 1}}}},
        {"@context": {"own": "https://own.example/"}, "own:x": 1},
        {"https://ns.example.com/full": 1},
        {"rdfs:comment": "x"},
        {"bizTransactionList": [{"bizTransaction": "urn:epcglobal:cbv:bt:0614141123452:1"}]},
    ],
)
def test_what_an_object_event_may_hold(changes: dict[str, object]):
    assert _event_faults(_event(**changes)) == []


COMMON = {"action": ..., "epcList": ...}
TEA = [{"epcClass": "urn:epc:idpat:sgtin:0614141.812345.*"}]
ORDER = [{"bizTransaction": "urn:x:y"}]
PARENT = "urn:epc:id:sscc:0614141.1234567890"


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"type": "AggregationEvent", "parentID": PARENT, "action": "ADD", "childQuantityList": TEA}, []),
        ({"type": "AggregationEvent", "parentID": PARENT, "action": "DELETE"}, []),
        ({"type": "AggregationEvent", "action": "OBSERVE", "childEPCs": [PARENT]}, []),
        ({"type": "AggregationEvent", "action": "ADD", "childEPCs": [PARENT]}, [("", "what")]),
        ({"type": "AggregationEvent", "parentID": PARENT, "action": "ADD"}, [("", "what")]),
        ({"type": "AssociationEvent", "parentID": PARENT, "action": "ADD", "childEPCs": [PARENT]}, []),
        ({"type": "AssociationEvent", "action": "OBSERVE", "childEPCs": [PARENT]}, [("", "what")]),
        ({"type": "TransactionEvent", "action": "ADD", "epcList": [PARENT]}, [("", "what")]),
        (
            {
                "type": "TransactionEvent",
                "action": "ADD",
                "epcList": [PARENT],
                "bizTransactionList": [{"bizTransaction": "urn:x:y"}],
            },
            [],
        ),
        ({"type": "TransactionEvent", "action": "ADD", "bizTransactionList": ORDER}, [("", "what")]),
        (
            {
                "type": "TransactionEvent",
                "action": "ADD",
                "bizTransactionList": ORDER,
                "parentID": PARENT,
                "epcList": [],
            },
            [],
        ),
        ({"type": "TransactionEvent", "action": "DELETE", "bizTransactionList": ORDER}, []),
        ({"type": "example:CoffeeBreak"}, []),
        ({"type": "example:CoffeeBreak", "action": "ADD", "epcList": [PARENT], "ilmd": {"example:x": 1}}, []),
        ({"type": "example:CoffeeBreak", "mine": 1}, [(".mine", "namespace")]),
        ({"type": "TransformationEvent", "inputQuantityList": TEA, "outputEPCList": [PARENT]}, []),
        ({"type": "TransformationEvent", "inputQuantityList": TEA, "transformationID": "urn:x:y"}, []),
        ({"type": "TransformationEvent", "inputQuantityList": TEA}, [("", "what")]),
        ({"type": "TransformationEvent", "transformationID": "urn:x:y"}, [("", "what")]),
        (
            {"type": "TransformationEvent", "inputQuantityList": TEA, "outputEPCList": [PARENT], "action": "ADD"},
            [(".action", "namespace")],
        ),
    ],
)
def test_what_the_other_events_need(changes: dict[str, object], faults: list[tuple[str, str]]):
    assert _event_faults(_event(**{**COMMON, **changes})) == faults


def test_a_context_that_stands_elsewhere_may_declare_any_prefix_but_no_bare_name():
    context = [*DOCUMENT["@context"], "https://partner.example/context.jsonld"]
    events = {"eventList": [_event(**{"theirs:x": 1})]}
    assert _faults(_document(**{"@context": context, "epcisBody": events})) == []
    assert _faults(_document(**{"@context": context, "mine": 1})) == [("$.mine", "namespace")]


def test_prefixes_are_declared_as_json_ld_has_it():
    long = {"long": {"@id": "https://long.example/", "@prefix": True}, "term": {"@id": "https://term.example/"}}
    document = _document(**{"@context": [*DOCUMENT["@context"], long, {"cbvmda": "urn:epcglobal:cbv:mda"}]})
    document["epcisBody"] = {"eventList": [_event(**{"long:x": 1, "term:x": 1, "cbvmda:y": 1})]}
    assert _faults(document) == [("$.epcisBody.eventList[0].term:x", "prefix")]


def test_a_query_document_is_read_too():
    body = {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [EVENT]}}}
    document = _document(type="EPCISQueryDocument", epcisBody=body)
    assert check_document(document) == []
    assert parse_document(document).events[0].action == "OBSERVE"
    assert check_document({key: document[key] for key in ("@context", "type", "epcisBody")}) == []
    body["queryResults"]["resultsBody"]["eventList"] = [_event(mine=1, action="X")]
    where = "$.epcisBody.queryResults.resultsBody.eventList[0]"
    assert sorted(_faults(document)) == [(f"{where}.action", "action"), (f"{where}.mine", "namespace")]


def test_a_document_with_faults_has_no_model():
    with pytest.raises(DocumentError, match=r"\$\.epcisBody\.eventList\[0\]\.mine: .*\(namespace\)"):
        parse_document(_with_event(_event(mine=1)))


def test_a_model_cannot_be_changed():
    event = parse_document(DOCUMENT).events[0]
    with pytest.raises(ValueError, match="frozen"):
        event.action = "ADD"


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
    for document in (value, _document(**{outer: value}), _with_event(value), _with_event(_event(**{inner: value}))):
        faults = check_document(document)
        assert {fault.rule for fault in faults} <= RULES.keys()
        assert all(fault.path.startswith("$") and fault.message for fault in faults)


def test_what_nests_without_end_is_a_fault():
    value: object = "x"
    for _ in range(5000):
        value = {"example:x": value}
    (fault,) = check_document(_with_event(_event(**{"example:x": value})))
    assert (fault.rule, fault.path.count(".example:x")) == ("depth", 77)
    value = "x"
    for _ in range(66):
        value = {"example:x": value}
    (fault,) = check_document(_with_event(_event(**{"example:x": value})))
    assert (fault.rule, fault.path.count(".example:x")) == ("depth", 65)
