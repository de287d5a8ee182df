"""A valid document, changed in one place, and its faults."""

from __future__ import annotations

import copy

from lading.epcis import check_document

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
SENSOR = {"sensorReport": [{"type": "Temperature", "value": 20.5, "uom": "CEL"}]}


def document_with(**changes: object) -> dict[str, object]:
    return {**copy.deepcopy(DOCUMENT), **changes}


def document_of(event: object) -> dict[str, object]:
    return document_with(epcisBody={"eventList": [event]})


def event_with(**changes: object) -> dict[str, object]:
    merged = {**copy.deepcopy(EVENT), **changes}
    return {key: value for key, value in merged.items() if value is not ...}


def faults_of(document: object) -> list[tuple[str, str]]:
    return [(fault.path, fault.rule) for fault in check_document(document)]


def event_faults(event: object) -> list[tuple[str, str]]:
    return [(path.removeprefix("$.epcisBody.eventList[0]"), rule) for path, rule in faults_of(document_of(event))]
