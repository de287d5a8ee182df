"""Documents with one rule broken: every one is refused, and the rule named. See `hostile_kit` for how many."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from hostile_kit import EVENTS, INPUTS, document_of, part, rng_of, text_of

from lading.epcis import check_document, check_report
from lading.epcis.fields import RULES

URIS = [*("eventID", "certificationInfo", "parentID", "transformationID", "epcList", "childEPCs", "inputEPCList")]
URIS += ["outputEPCList", "epcClass", "id", "source", "destination", "bizTransaction", "correctiveEventIDs"]
URIS += ["deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism"]
URIS += ["chemicalSubstance", "uriValue", "coordinateReferenceSystem"]
TIMES = ("eventTime", "recordTime", "declarationTime", "time", "startTime", "endTime")
NUMBERS = ("quantity", "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
WORDS = {
    "bizStep": "biz-step",
    "disposition": "disposition",
    "set": "disposition",
    "unset": "disposition",
    "reason": "error-reason",
    "exception": "exception",
    "component": "component",
}
LISTS = {name for name in URIS if name.endswith(("List", "EPCs", "IDs"))} | {"set", "unset"}
# Extensions hold what they like, under the standard's names too.
OPEN = ("tea:", "lab:", "cbvmda:")
#: A place in a document: the object, its path, and the name of one of its members.
Spot = tuple[dict[str, Any], str]


def _spots(value: Any) -> list[Spot]:
    """All members of all objects of the standard within an event."""
    if isinstance(value, list):
        return [spot for item in value for spot in _spots(item)]
    if not isinstance(value, dict):
        return []
    own = [(value, name) for name in value if not name.startswith(OPEN)]
    deeper = [spot for name, item in value.items() if not name.startswith(OPEN) for spot in _spots(item)]
    return own + deeper


def _named(event: dict[str, Any], names: Any, rng: random.Random) -> Spot | None:
    found = [spot for spot in _spots(event) if spot[1] in names and not (spot[1] == "id" and "attribute" in spot[0])]
    return rng.choice(found) if found else None


def _put(spot: Spot, value: Any) -> None:
    """In place of the member, or of one of the list that it is."""
    holder, name = spot
    holder[name] = [value] if name in LISTS else value


def _breaks(rng: random.Random, event: dict[str, Any], names: Any, values: Callable[[], Any], *rules: str) -> set[str]:
    spot = _named(event, names, rng)
    if spot is None:
        return set()
    _put(spot, values())
    return set(rules)


def _bad_uri(rng: random.Random) -> str:
    good = "urn:epc:id:sgtin:9521141.012345.1001"
    at = rng.randrange(len(good) + 1)
    return rng.choice(
        (
            good[:at] + rng.choice(' <>"{}|\\^`é中\n\t%') + good[at:],
            text_of(rng),
            "",
            ":x",
            "1a:b",
            "a:",
        )
    )


def _bad_epc(rng: random.Random) -> str:
    """An EPC URI with a digit too few or too many, or a letter among its digits: no longer of its scheme."""
    scheme, parts = rng.choice(
        (
            ("sgtin", ["9521141", "012345", "1001"]),
            ("sscc", ["9521141", "1234567890"]),
            ("sgln", ["9521141", "00001", "7"]),
            ("grai", ["9521141", "55555", "987"]),
            ("gsrn", ["9521141", "1234567890"]),
            ("gdti", ["9521141", "00007", "5"]),
        )
    )
    spoilt = rng.randrange(2)
    digits = parts[spoilt]
    at = rng.randrange(len(digits))
    parts[spoilt] = rng.choice(
        (digits[:at] + digits[at + 1 :], digits[:at] + "0" + digits[at:], digits[:at] + "x" + digits[at + 1 :])
    )
    return f"urn:epc:id:{scheme}:{'.'.join(parts)}"


def _bad_time(rng: random.Random) -> str:
    good = "2026-03-02T09:15:30Z"
    return rng.choice(
        (
            *("2026-03-02", "2026-03-02T09:15:30", "2026-02-30T09:15:30Z", "2026-03-02T24:00:00Z", "20260302T091530Z"),
            *("2026-03-02T09:15:60Z", "2026-03-02T09:15:30+15:00", "02-03-2026T09:15:30Z", "2026-03-02 09:15:30Z"),
            *("2026-03-02T09:15Z", "2026-03-02T09:15:30+0100", "", "now", good + good, good[: rng.randrange(20)]),
        )
    )


def _bad_number(rng: random.Random) -> Any:
    return rng.choice((str(rng.random()), "", True, None, [], {}, float("nan"), float("inf"), 10**400, -(10**400), "1"))


def _bad_offset(rng: random.Random) -> str:
    return rng.choice(("Z", "+1:00", "01:00", "+14:01", "-15:00", "+01:60", "+0100", "", "UTC", "+01:00 ", "−01:00"))


def _bad_word(rng: random.Random) -> str:
    word = "lading_" + text_of(rng)
    return rng.choice((word, word.upper(), "Shipping", "urn:epcglobal:cbv:bizstep:" + word, "cbv:SDT-" + word))


def _without(rng: random.Random, event: dict[str, Any]) -> set[str]:
    """One of the members that every such object has is taken away."""
    needed = {
        "readPoint": ("id",),
        "bizLocation": ("id",),
        "quantityList": ("epcClass",),
        "bizTransactionList": ("bizTransaction",),
        "sourceList": ("type", "source"),
        "destinationList": ("type", "destination"),
        "errorDeclaration": ("declarationTime",),
        "sensorElementList": ("sensorReport",),
    }
    name = rng.choice([*needed, "eventTime", "eventTimeZoneOffset", "type", "action"])
    if name not in event:
        return set()
    if name not in needed:
        del event[name]
        return {"required", "type-name"}
    holder = rng.choice(event[name]) if isinstance(event[name], list) else event[name]
    holder.pop(rng.choice(needed[name]))
    return {"required"}


def _added(rng: random.Random, event: dict[str, Any]) -> set[str]:
    """A member without a namespace, with one that nobody declared, or one of a standard's field elsewhere."""
    holder, _ = rng.choice(_spots(event))
    name = rng.choice(
        (
            f"own{text_of(rng)}",
            f"nowhere{text_of(rng, 'xyz')}:x",
            "epcisBody",
            "@type",
            "queryName",
        )
    )
    holder[name] = rng.choice(("x", 1, {"a": 1}, []))
    return {"namespace", "prefix", "closed"}


def _objectless(rng: random.Random, event: dict[str, Any]) -> set[str]:
    """An event that is about nothing."""
    kept = {"AggregationEvent": "parentID", "AssociationEvent": "parentID"}.get(event["type"])
    for name in list(event):
        if name.endswith(("EPCList", "epcList", "QuantityList", "quantityList", "childEPCs", "parentID")):
            if name == kept:
                continue
            if name != "parentID" and rng.random() < 0.5:
                event[name] = []
            else:
                del event[name]
    event.pop("sensorElementList", None)
    return {"what"}


def _closed(rng: random.Random, event: dict[str, Any]) -> set[str]:
    spot = _named(event, ("epcClass", "bizTransaction", "source", "destination"), rng)
    if spot is None:
        return set()
    spot[0]["tea:more"] = 1
    return {"closed"}


def _twice(rng: random.Random, event: dict[str, Any]) -> set[str]:
    found = [name for name in ("epcList", "inputEPCList", "outputEPCList") if event.get(name)]
    if not found or event["type"] == "TransactionEvent":
        return set()
    name = rng.choice(found)
    event[name].insert(rng.randrange(len(event[name]) + 1), rng.choice(event[name]))
    return {"unique"}


def _ilmd(rng: random.Random, event: dict[str, Any]) -> set[str]:
    if event["type"] == "TransformationEvent":
        return set()
    event["ilmd"] = {"tea:lot": "1"}
    if event["type"] == "ObjectEvent":
        event["action"] = rng.choice(("OBSERVE", "DELETE"))
    return {"ilmd", "namespace"}


def _typed(rng: random.Random, event: dict[str, Any]) -> set[str]:
    """A list, text or object where another kind of value belongs."""
    spot = rng.choice(_spots(event))
    value = spot[0][spot[1]]
    spot[0][spot[1]] = {"x": 1} if not isinstance(value, dict) else rng.choice(("x", 7, True, None, ["x"]))
    return set(RULES)


def _half_pair(rng: random.Random, event: dict[str, Any]) -> set[str]:
    half = chr(rng.randrange(0xD800, 0xE000))
    if rng.random() < 0.5:
        event["tea:text"] = [{"a": f"x{half}"}]
    else:
        event["tea:text"] = {half: 1}
    return {"unicode"}


def _deep(rng: random.Random, event: dict[str, Any]) -> set[str]:
    value: Any = 1
    for _ in range(rng.choice((90, 100, 1000, 3000))):
        value = [value] if rng.random() < 0.5 else {"tea:x": value}
    event["tea:deep"] = value
    return {"depth"}


#: Each breaks a rule of the standard in an event that kept all of them; it names the rules, or none if it did nothing.
BREAKERS: list[Callable[[random.Random, dict[str, Any]], set[str]]] = [
    lambda r, e: _breaks(r, e, URIS, lambda: _bad_uri(r), "uri", "epc"),
    lambda r, e: _breaks(r, e, URIS, lambda: _bad_epc(r), "epc"),
    lambda r, e: _breaks(r, e, TIMES, lambda: _bad_time(r), "time-format"),
    lambda r, e: _breaks(r, e, NUMBERS, lambda: _bad_number(r), "number", "json-type"),
    lambda r, e: _breaks(r, e, WORDS, lambda: _bad_word(r), *WORDS.values()),
    lambda r, e: _breaks(r, e, ("action",), lambda: text_of(r), "action"),
    lambda r, e: _breaks(r, e, ("eventTimeZoneOffset",), lambda: _bad_offset(r), "time-zone-offset"),
    lambda r, e: _breaks(r, e, ("hexBinaryValue",), lambda: r.choice(("", "f", "xy", "0x00", " ")), "hex-binary"),
    lambda r, e: _breaks(r, e, ("booleanValue",), lambda: r.choice(("true", 1, 0, "yes", [])), "json-type"),
    *(_without, _added, _objectless, _closed, _twice, _ilmd, _typed, _half_pair, _deep),
]


def test_the_events_that_are_spoilt_keep_every_rule():
    assert [check_document(document_of(event)) for event in EVENTS] == [[]] * len(EVENTS)


def test_no_broken_rule_is_overlooked():
    rng, tried, used = rng_of("rules"), 0, set()
    while tried < part(0.4):
        event = copy.deepcopy(rng.choice(EVENTS))
        number = rng.randrange(len(BREAKERS))
        expected = BREAKERS[number](rng, event)
        if not expected:
            continue
        tried += 1
        used.add(number)
        faults = check_document(document_of(event))
        assert {fault.rule for fault in faults} & expected, (number, expected, faults, str(event)[:2000])
        assert all(fault.rule in RULES and fault.path.startswith("$") for fault in faults)
        assert json.loads(json.dumps(check_report(document_of(event)), ensure_ascii=False).encode())["valid"] is False
    if INPUTS >= 5000:
        assert used == set(range(len(BREAKERS)))
