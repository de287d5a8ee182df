"""Single values and extensions of the XML binding as JSON has them, and the faults found on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation

from lading.epcis.errors import Fault
from lading.epcis.fields import is_number
from lading.epcis.namespaces import FREE
from lading.epcis.vocabulary import BUILT_IN_PREFIXES, Vocabulary, bare
from lading.epcis.xml_tree import SBDH, XSD, XSI, Attribute, Node

_BUILT_IN_NAMES = {namespace: prefix for prefix, namespace in BUILT_IN_PREFIXES.items()}
# Namespaces of the XML binding itself. Their elements, where any is kept, get prefixes when they are met.
_NOT_FOR_JSON = frozenset(
    (XSI, XSD, SBDH, *(f"urn:epcglobal:{name}:xsd:{number}" for name in ("epcis", "epcis-query") for number in "12"))
)
# As prefixes in JSON-LD these would change what URIs mean.
_SCHEMES = frozenset(("urn", "http", "https", "ni", "ns"))
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_INTEGERS = frozenset(
    (
        *("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger"),
        *("negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"),
    )
)
_DECIMALS = frozenset(("decimal", "double", "float"))
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_WRAPPERS = frozenset(("extension", "baseExtension"))

#: Turns a node at a path into its JSON value.
Converter = Callable[["Reading", Node, str], object]


class Reading:
    """What is known while one XML document is read: its faults, and the prefixes that its JSON-LD form declares."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.context: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def fault(self, node: Node, path: str, rule: str, problem: str) -> None:
        """Notes a fault at a node that stands at `path` in the JSON-LD form."""
        self.faults.append(Fault(path, rule, f"line {node.line}: {problem}"))

    def declare(self, node: Node) -> None:
        """Keeps the prefixes in scope at the root, since values may use them, as far as they can stand in JSON-LD."""
        for prefix, namespace in node.prefixes.items():
            if prefix not in BUILT_IN_PREFIXES and namespace not in _NOT_FOR_JSON and namespace not in _BUILT_IN_NAMES:
                self.name(namespace, "", prefix)

    def name(self, namespace: str, local: str, preferred: str) -> str:
        """A name with a prefix for the namespace, the document's own where JSON-LD lets it stand."""
        if namespace not in self._names:
            self._names[namespace] = self._prefix(namespace, preferred)
        return f"{self._names[namespace]}:{local}"

    def _prefix(self, namespace: str, preferred: str) -> str:
        taken = frozenset(self._names.values())
        built_in = _BUILT_IN_NAMES.get(namespace)
        if built_in and built_in not in taken:
            return built_in
        for number in range(len(taken) + 2):
            prefix = f"ns{number}" if number else preferred
            ours = prefix in FREE or prefix not in BUILT_IN_PREFIXES
            if ours and prefix not in taken and prefix not in _SCHEMES and _PREFIX.fullmatch(prefix):
                break
        self.context[prefix] = namespace
        return prefix

    def children(self, node: Node) -> Iterator[Node]:
        """The child elements; those of EPCIS 1.x's `extension` wrappers stand among them (EPCIS 1.2, section 9.1)."""
        for child in node.children:
            if child.name in _WRAPPERS and not child.namespace:
                self.no_text(child, "$")
                yield from self.children(child)
            else:
                yield child

    def no_text(self, node: Node, path: str) -> None:
        """Faults of text where only elements stand."""
        if node.text and not node.text.isspace():
            self.fault(node, path, "xml", f"text stands directly in <{node.name}>")

    def members(
        self, node: Node, path: str, table: dict[str, Converter], attributes: dict[str, Converter] | None = None
    ) -> dict[str, object]:
        """The JSON members of an object of the standard: its elements by `table`, then extensions."""
        self.no_text(node, path)
        found: dict[str, object] = {}
        for child in self.children(node):
            convert = None if child.namespace else table.get(child.name)
            if convert is not None:
                self._put(found, child, child.name, convert(self, child, f"{path}.{child.name}"), path)
            elif child.namespace:
                self.extend(found, child, path)
            else:
                self.fault(child, path, "xml", f"<{child.name}> has no place in <{node.name}>")
        self.attributes(found, node, path, attributes or {})
        return found

    def _put(self, found: dict[str, object], node: Node, name: str, value: object, path: str) -> None:
        if name in found:
            self.fault(node, f"{path}.{name}", "duplicate", f"<{node.name}> stands twice")
        found[name] = value

    def attributes(self, found: dict[str, object], node: Node, path: str, table: dict[str, Converter]) -> None:
        for one in node.attributes:
            if one.namespace == XSI:
                continue
            name = self.name(one.namespace, one.name, one.prefix) if one.namespace else one.name
            convert = table.get(one.name) if not one.namespace else free
            if convert is None:
                self.fault(node, path, "xml", f"<{node.name}> has no attribute {one.name}")
                continue
            self._put(found, node, name, convert(self, _as_node(one, node), f"{path}.{name}"), path)

    def extend(self, found: dict[str, object], child: Node, path: str) -> None:
        """An extension; where its element stands several times, a list."""
        name = self.name(child.namespace, child.name, child.prefix) if child.namespace else child.name
        value = free(self, child, f"{path}.{name}")
        if name not in found:
            found[name] = value
            return
        before = found[name]
        if not isinstance(before, _Several):
            found[name] = before = _Several((before,))
        before.append(value)


class _Several(list[object]):
    """The values of an element that stands several times, as opposed to one value that is a list."""


def _as_node(attribute: Attribute, node: Node) -> Node:
    return Node(attribute.namespace, attribute.name, attribute.prefix, node.line, node.prefixes, text=attribute.value)


def free(reading: Reading, node: Node, path: str) -> object:
    """An extension element of any shape: its text, or an object of its attributes and elements. Text beside attributes,
    such as a weight beside its measurementUnitCode, stands under `value`."""
    own = [one for one in node.attributes if one.namespace != XSI]
    if not node.children and not own:
        return _leaf(reading, node, path)
    has_text = bool(node.text) and not node.text.isspace()
    if node.children and has_text:
        reading.fault(node, path, "xml", f"text beside elements in <{node.name}> has no JSON-LD form")
    if not own and node.name.endswith("List") and all(_is_member(node, child) for child in node.children):
        return [free(reading, child, f"{path}[{index}]") for index, child in enumerate(node.children)]
    found: dict[str, object] = {}
    for child in node.children:
        reading.extend(found, child, path)
    if has_text and not node.children:
        found["value"] = _leaf(reading, node, f"{path}.value")
    reading.attributes(found, node, path, {one.name: free for one in own if not one.namespace})
    return found


def _is_member(node: Node, child: Node) -> bool:
    """Whether `child` is a thing of the list of things `node`; in JSON these stand in a list without names."""
    return child.namespace == node.namespace and child.name == node.name.removesuffix("List")


def _leaf(reading: Reading, node: Node, path: str) -> object:
    if node.attribute("nil", XSI) in ("true", "1"):
        return None
    prefix, colon, kind = (node.attribute("type", XSI) or "").partition(":")
    if not colon or node.prefixes.get(prefix) != XSD:
        return node.text
    if kind in _INTEGERS or kind in _DECIMALS:
        return number(reading, node, path)
    return boolean(reading, node, path) if kind == "boolean" else node.text


def text(reading: Reading, node: Node, path: str) -> str:
    """The text of an element without children; white space around it means nothing (xsd:anyURI, xsd:dateTime)."""
    if node.children:
        reading.fault(node, path, "xml", f"<{node.name}> holds text only")
    for one in node.attributes:
        if one.namespace != XSI:
            reading.fault(node, path, "xml", f"<{node.name}> has no attribute {one.name}")
    return node.text.strip()


def string(reading: Reading, node: Node, path: str) -> str:
    """Text as it stands (xsd:string)."""
    text(reading, node, path)
    return node.text


def number(reading: Reading, node: Node, path: str) -> int | float | None:
    """A JSON number with exactly the value of the digits; None, with a fault, where there is none."""
    digits = node.text.strip()
    value = _exact(digits) if _NUMBER.fullmatch(digits) else None
    if value is None:
        reading.fault(node, path, "number", f"{digits[:40]!r} is no number that JSON carries without loss")
    return value


def _exact(digits: str) -> int | float | None:
    try:
        exact = Decimal(digits)
        if not is_number(float(digits)):
            return None
    except (InvalidOperation, OverflowError, ValueError):
        return None
    if exact == exact.to_integral_value() and exact.adjusted() <= 15:  # noqa: PLR2004 - digits that a double holds
        return int(exact)
    double = float(digits)
    return double if Decimal(repr(double)) == exact else None


def boolean(reading: Reading, node: Node, path: str) -> bool | None:
    """xsd:boolean."""
    found = {"true": True, "1": True, "false": False, "0": False}.get(node.text.strip())
    if found is None:
        reading.fault(node, path, "json-type", f"{node.text[:40]!r} is neither true nor false")
    return found


def curie(reading: Reading, node: Node, value: str) -> str:
    """A URI; one that is compact by the XML's prefixes is compact by those of the JSON-LD form."""
    prefix, colon, local = value.partition(":")
    namespace = node.prefixes.get(prefix) if colon and not local.startswith("//") else None
    return reading.name(namespace, local, prefix) if namespace else value


def uri(reading: Reading, node: Node, path: str) -> str:
    """A URI in full or compact."""
    return curie(reading, node, text(reading, node, path))


def word(vocabulary: Vocabulary) -> Converter:
    """A CBV name in any of its forms as the bare word of JSON; any other URI as it is."""

    def convert(reading: Reading, node: Node, path: str) -> str:
        return bare(vocabulary, curie(reading, node, text(reading, node, path)))

    return convert
