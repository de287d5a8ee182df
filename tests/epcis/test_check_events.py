"""Events of EPCIS documents: what each field may hold, and which rule refuses what else, at which path."""

from __future__ import annotations

import pytest
from check_kit import SENSOR, event_faults, event_with


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
    assert event_faults(event_with(**changes)) == [fault]


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
    assert event_faults(event_with(**changes)) == []


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
    assert event_faults(event_with(**{**COMMON, **changes})) == faults
