"""EPCIS events of the XML binding as their JSON-LD form (EPCIS 2.0, section 9.5; EPCIS 1.2, section 9.5)."""

from __future__ import annotations

from lading.epcis import vocabulary as cbv
from lading.epcis.xml_tree import XSI, Node
from lading.epcis.xml_values import Converter, Reading, boolean, curie, number, string, text, uri, word


def _list_of(name: str, member: Converter) -> Converter:
    """The elements `name` of a list, each by `member`."""

    def convert(reading: Reading, node: Node, path: str) -> list[object]:
        reading.no_text(node, path)
        found: list[object] = []
        for child in reading.children(node):
            if child.namespace or child.name != name:
                reading.fault(child, path, "xml", f"<{child.name}> has no place in <{node.name}>")
            else:
                found.append(member(reading, child, f"{path}[{len(found)}]"))
        for one in node.attributes:
            if one.namespace != XSI:
                reading.fault(node, path, "xml", f"<{node.name}> has no attribute {one.name}")
        return found

    return convert


def _object_of(table: dict[str, Converter], attributes: dict[str, Converter] | None = None) -> Converter:
    def convert(reading: Reading, node: Node, path: str) -> dict[str, object]:
        return reading.members(node, path, table, attributes)

    return convert


def _typed(name: str, vocabulary: cbv.Vocabulary) -> Converter:
    """`<bizTransaction type="…">…</bizTransaction>` and its like."""

    def convert(reading: Reading, node: Node, path: str) -> dict[str, object]:
        if node.children:
            reading.fault(node, path, "xml", f"<{node.name}> holds text only")
        kind = node.attribute("type")
        for one in node.attributes:
            if one.namespace != XSI and (one.name != "type" or one.namespace):
                reading.fault(node, path, "closed", f"<{node.name}> has no attribute {one.name}")
        found: dict[str, object] = {}
        if kind is not None:
            found["type"] = cbv.bare(vocabulary, curie(reading, node, kind))
        found[name] = curie(reading, node, node.text.strip())
        return found

    return convert


def _quantity(reading: Reading, node: Node, path: str) -> dict[str, object]:
    found = reading.members(node, path, {"epcClass": uri, "quantity": _amount, "uom": text})
    return {name: value for name, value in found.items() if value is not None}


def _amount(reading: Reading, node: Node, path: str) -> object:
    nil = node.attribute("nil", XSI) in ("true", "1") and not node.text.strip()
    return None if nil else number(reading, node, path)


def _dispositions(reading: Reading, node: Node, path: str) -> dict[str, object]:
    """`set` and `unset` stand several times in XML and are lists in JSON."""
    reading.no_text(node, path)
    found: dict[str, list[object]] = {}
    for child in reading.children(node):
        if child.namespace or child.name not in ("set", "unset"):
            reading.fault(child, path, "closed", f"<{child.name}> has no place in <{node.name}>")
            continue
        members = found.setdefault(child.name, [])
        members.append(word(cbv.DISPOSITION)(reading, child, f"{path}.{child.name}[{len(members)}]"))
    return dict(found)


def _sensor(reading: Reading, node: Node, path: str) -> dict[str, object]:
    """Reports stand several times; everything of theirs is in attributes."""
    reports: list[object] = []

    def report(reading: Reading, child: Node, _path: str) -> None:
        here = f"{path}.sensorReport[{len(reports)}]"
        reports.append(reading.members(child, here, {}, _REPORT))

    plain = [child for child in reading.children(node) if not (child.name == "sensorReport" and not child.namespace)]
    rest = Node(node.namespace, node.name, node.prefix, node.line, node.prefixes, node.attributes, plain, node.text)
    found = reading.members(rest, path, {"sensorMetadata": _object_of({}, _METADATA)})
    for child in reading.children(node):
        if child.name == "sensorReport" and not child.namespace:
            report(reading, child, path)
    return {**found, "sensorReport": reports}


_TIMES: dict[str, Converter] = dict.fromkeys(("time", "startTime", "endTime"), text)
_SENSOR_URIS: dict[str, Converter] = dict.fromkeys(
    ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), uri
)
_METADATA: dict[str, Converter] = {**_TIMES, **_SENSOR_URIS}
_REPORT: dict[str, Converter] = {
    "type": word(cbv.MEASUREMENT),
    "exception": word(cbv.EXCEPTION),
    "component": word(cbv.COMPONENT),
    "time": text,
    **_SENSOR_URIS,
    **dict.fromkeys(("microorganism", "chemicalSubstance", "uriValue", "coordinateReferenceSystem"), uri),
    **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), number),
    **dict.fromkeys(("stringValue", "uom"), string),
    "hexBinaryValue": text,
    "booleanValue": boolean,
}

_EPCS = _list_of("epc", uri)
_QUANTITIES = _list_of("quantityElement", _quantity)
_PLACE = _object_of({"id": uri})
_ERROR = _object_of(
    {
        "declarationTime": text,
        "reason": word(cbv.ERROR_REASON),
        "correctiveEventIDs": _list_of("correctiveEventID", uri),
    }
)
_COMMON: dict[str, Converter] = {
    **dict.fromkeys(("eventTime", "recordTime", "eventTimeZoneOffset"), text),
    **dict.fromkeys(("eventID", "certificationInfo"), uri),
    "errorDeclaration": _ERROR,
    "bizStep": word(cbv.BIZ_STEP),
    "disposition": word(cbv.DISPOSITION),
    "persistentDisposition": _dispositions,
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "bizTransactionList": _list_of("bizTransaction", _typed("bizTransaction", cbv.BIZ_TRANSACTION_TYPE)),
    "sourceList": _list_of("source", _typed("source", cbv.SOURCE_DEST_TYPE)),
    "destinationList": _list_of("destination", _typed("destination", cbv.SOURCE_DEST_TYPE)),
    "sensorElementList": _list_of("sensorElement", _sensor),
}
_FAMILY: dict[str, Converter] = {"parentID": uri, "childEPCs": _EPCS, "childQuantityList": _QUANTITIES}
_OWN: dict[str, dict[str, Converter]] = {
    "ObjectEvent": {"action": text, "epcList": _EPCS, "quantityList": _QUANTITIES, "ilmd": _object_of({})},
    "AggregationEvent": {"action": text, **_FAMILY},
    "AssociationEvent": {"action": text, **_FAMILY},
    "TransactionEvent": {"action": text, "parentID": uri, "epcList": _EPCS, "quantityList": _QUANTITIES},
    "TransformationEvent": {
        **dict.fromkeys(("inputEPCList", "outputEPCList"), _EPCS),
        **dict.fromkeys(("inputQuantityList", "outputQuantityList"), _QUANTITIES),
        "transformationID": uri,
        "ilmd": _object_of({}),
    },
}
_EVENTS = {kind: {**_COMMON, **own} for kind, own in _OWN.items()}


def events(reading: Reading, node: Node, path: str) -> list[object]:
    """The events of an `EventList`, those that EPCIS 1.x wraps in `extension` among them."""
    reading.no_text(node, path)
    found: list[object] = []
    for child in reading.children(node):
        table = None if child.namespace else _EVENTS.get(child.name)
        here = f"{path}[{len(found)}]"
        if table is None:
            gone = "; EPCIS 2.0 has none, write an ObjectEvent with a quantityList" * (child.name == "QuantityEvent")
            reading.fault(child, here, "type-name", f"<{child.name}> is no event of EPCIS{gone}")
            continue
        found.append({"type": child.name, **reading.members(child, here, table)})
    for one in node.attributes:
        if one.namespace != XSI:
            reading.fault(node, path, "xml", f"<{node.name}> has no attribute {one.name}")
    return found
