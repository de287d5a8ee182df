"""An event whose id is known, changed in one place."""

from __future__ import annotations

import copy

from lading.epcis import prehash

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/", "plain": "urn:example"},
]
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T09:15:30.278+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.812345.12345", "https://id.gs1.de/00/106141412345678908"],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "readPoint": {"id": "urn:epc:id:sgln:0614141.12345.0", "example:dock": "D2"},
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141123452:1"},
        {"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:0614141123452:2"},
    ],
    "example:parcel": {"example:weight": 2.50, "example:tags": ["b", "a"]},
}


def event_with(**changes: object) -> dict[str, object]:
    return {**copy.deepcopy(EVENT), **changes}


def extension_of(value: object) -> str:
    return prehash(event_with(**{"example:parcel": value}), CONTEXT).partition("{https://ns.example.com/epcis/}parcel")[
        2
    ]
