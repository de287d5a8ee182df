"""EPCIS 1.x and 2.0 XML documents as their JSON-LD form (EPCIS 1.2 and 2.0, section 9).

The events keep their CBV event ids: `lading.epcis.document_event_ids` of the result gives those of the JSON-LD twin.
"""

from __future__ import annotations

from lading.epcis.errors import DocumentError
from lading.epcis.xml_event import events
from lading.epcis.xml_tree import SBDH, Node, read_tree
from lading.epcis.xml_values import Converter, Reading, free, text, uri

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_DOCUMENT = "urn:epcglobal:epcis:xsd:"
_QUERY = "urn:epcglobal:epcis-query:xsd:"
_VERSIONS = {"1": frozenset(("1", "1.0", "1.1", "1.2")), "2": frozenset(("2", "2.0"))}


def read_xml(data: bytes) -> dict[str, object]:
    """The JSON-LD form of an `EPCISDocument`, or of an `EPCISQueryDocument` that holds query results.

    Names of CBV become the bare words of JSON, prefixes the document's `@context`, elements of foreign namespaces
    extensions. The form is not checked beyond its shape: `lading.epcis.check_document` does that.

    Raises:
        DocumentError: it is no XML, or holds what has no place in EPCIS or no JSON-LD form; every fault is named by the
            path that it would have in the JSON-LD form, and its line.
    """
    root = read_tree(data)
    reading = Reading()
    reading.declare(root)
    document = _document(reading, root)
    if reading.faults:
        raise DocumentError.of(reading.faults)
    context: list[object] = [CONTEXT]
    if reading.context:
        context.append(reading.context)
    return {"@context": context, **document}


def _document(reading: Reading, root: Node) -> dict[str, object]:
    kind = root.name
    home = {"EPCISDocument": _DOCUMENT, "EPCISQueryDocument": _QUERY}.get(kind)
    generation = root.namespace.removeprefix(home) if home else ""
    if home is None or not root.namespace.startswith(home) or generation not in _VERSIONS:
        reading.fault(
            root, "$", "type-name", f"<{kind}> of {root.namespace[:100]!r} is no EPCIS document of 1.x or 2.0"
        )
        return {}
    version = root.attribute("schemaVersion")
    if version not in _VERSIONS[generation]:
        reading.fault(root, "$.schemaVersion", "schema-version", f"{version!r} does not fit {root.namespace}")
    body = _body if kind == "EPCISDocument" else _query_body
    found = reading.members(root, "$", {"EPCISHeader": _header, "EPCISBody": body}, _ROOT)
    return _ordered(kind, found)


def _ordered(kind: str, found: dict[str, object]) -> dict[str, object]:
    """The document's members as JSON names and orders them; every version becomes 2.0, whose form this is."""
    header, body = found.pop("EPCISHeader", {}), found.pop("EPCISBody", None)
    creation = found.pop("creationDate", None)
    found.pop("schemaVersion", None)
    document: dict[str, object] = {"type": kind, "schemaVersion": "2.0"}
    if creation is not None:
        document["creationDate"] = creation
    if isinstance(header, dict):
        document.update({name: header.pop(name) for name in _FROM_SBDH if name in header})
        if header:
            document["epcisHeader"] = header
    if body is not None:
        document["epcisBody"] = body
    return {**document, **found}


def _body(reading: Reading, node: Node, _path: str) -> dict[str, object]:
    path = "$.epcisBody"
    found = reading.members(node, path, {"EventList": lambda r, n, _: events(r, n, f"{path}.eventList")})
    return {"eventList": found.pop("EventList", []), **found}


def _query_body(reading: Reading, node: Node, _path: str) -> dict[str, object]:
    path = "$.epcisBody"
    reading.no_text(node, path)
    results = [child for child in reading.children(node) if child.name == "QueryResults"]
    if len(results) != 1 or len(node.children) != 1 or not results[0].namespace.startswith(_QUERY):
        reading.fault(node, path, "xml", "only the results of a query have a JSON-LD form, not other messages")
        return {}
    path += ".queryResults"
    table: dict[str, Converter] = {"queryName": text, "subscriptionID": text, "resultsBody": _results}
    return {"queryResults": reading.members(results[0], path, table)}


def _results(reading: Reading, node: Node, path: str) -> dict[str, object]:
    table: dict[str, Converter] = {
        "EventList": lambda r, n, _: events(r, n, f"{path}.eventList"),
        "VocabularyList": lambda r, n, _: _vocabularies(r, n, f"{path}.vocabularyList"),
    }
    found = reading.members(node, path, table)
    lists = {"vocabularyList": found.pop("VocabularyList")} if "VocabularyList" in found else {}
    return {"eventList": found.pop("EventList", []), **lists, **found}


def _header(reading: Reading, node: Node, _path: str) -> dict[str, object]:
    """The master data, and the whole Standard Business Document Header as an extension; who sent it to whom, and its
    number, stand in the document too."""
    path = "$.epcisHeader"
    found = reading.members(node, path, {"EPCISMasterData": _master_data})
    if "EPCISMasterData" in found:
        found = {"epcisMasterData": found.pop("EPCISMasterData"), **found}
    for child in node.children:
        if child.namespace == SBDH and child.name == "StandardBusinessDocumentHeader":
            for name, steps in _FROM_SBDH.items():
                value = _at(child, steps)
                if value is not None:
                    found[name] = value
    return found


_FROM_SBDH = {
    "sender": ("Sender", "Identifier"),
    "receiver": ("Receiver", "Identifier"),
    "instanceIdentifier": ("DocumentIdentification", "InstanceIdentifier"),
}


def _at(node: Node, steps: tuple[str, ...]) -> str | None:
    """The text at the end of the steps, if there is exactly one such element."""
    nodes = [node]
    for step in steps:
        nodes = [child for one in nodes for child in one.children if (child.namespace, child.name) == (SBDH, step)]
    return nodes[0].text.strip() if len(nodes) == 1 else None


def _master_data(reading: Reading, node: Node, _path: str) -> dict[str, object]:
    path = "$.epcisHeader.epcisMasterData"
    table: dict[str, Converter] = {"VocabularyList": lambda r, n, _: _vocabularies(r, n, f"{path}.vocabularyList")}
    found = reading.members(node, path, table)
    lists = {"vocabularyList": found.pop("VocabularyList")} if "VocabularyList" in found else {}
    return {**lists, **found}


def _vocabularies(reading: Reading, node: Node, path: str) -> list[object]:
    return [_vocabulary(reading, child, at) for child, at in _only(reading, node, path, "Vocabulary")]


def _only(reading: Reading, node: Node, path: str, name: str) -> list[tuple[Node, str]]:
    """The children, all of which should have that name, with their paths."""
    reading.no_text(node, path)
    found: list[tuple[Node, str]] = []
    for child in reading.children(node):
        if child.name != name or child.namespace:
            reading.fault(child, path, "xml", f"<{child.name}> has no place in <{node.name}>")
        else:
            found.append((child, f"{path}[{len(found)}]"))
    return found


def _vocabulary(reading: Reading, node: Node, path: str) -> dict[str, object]:
    def elements(reading: Reading, node: Node, _path: str) -> list[object]:
        here = f"{path}.vocabularyElementList"
        return [_element(reading, child, at) for child, at in _only(reading, node, here, "VocabularyElement")]

    found = reading.members(node, path, {"VocabularyElementList": elements}, {"type": uri})
    lists = {"vocabularyElementList": found.pop("VocabularyElementList")} if "VocabularyElementList" in found else {}
    return {"type": found.pop("type", None), **lists, **found}


def _element(reading: Reading, node: Node, path: str) -> dict[str, object]:
    attributes = [child for child in node.children if child.name == "attribute" and not child.namespace]
    plain = [child for child in node.children if child not in attributes]
    rest = Node(node.namespace, node.name, node.prefix, node.line, node.prefixes, node.attributes, plain, node.text)

    def children(reading: Reading, node: Node, path: str) -> list[object]:
        return [text(reading, child, at) for child, at in _only(reading, node, path, "id")]

    found = reading.members(rest, path, {"children": children}, {"id": uri})
    if attributes:
        listed = [_attribute(reading, one, f"{path}.attributes[{at}]") for at, one in enumerate(attributes)]
        found = {"id": found.pop("id", None), "attributes": listed, **found}
    return found


def _attribute(reading: Reading, node: Node, path: str) -> dict[str, object]:
    """`<attribute id="…">value</attribute>`; the value is text or elements."""
    inner = [one for one in node.attributes if one.name != "id" or one.namespace]
    value = Node(node.namespace, node.name, node.prefix, node.line, node.prefixes, inner, node.children, node.text)
    return {"id": node.attribute("id"), "attribute": free(reading, value, f"{path}.attribute")}


_ROOT: dict[str, Converter] = {"schemaVersion": text, "creationDate": text}
