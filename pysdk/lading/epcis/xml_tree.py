"""XML as a tree of nodes, read safely: nothing is expanded, nothing is fetched, size and depth are bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from lading.epcis.errors import DocumentError, Fault

MAX_BYTES = 64 << 20
MAX_DEPTH = 100
MAX_NODES = 1_000_000

XSI = "http://www.w3.org/2001/XMLSchema-instance"
SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
XSD = "http://www.w3.org/2001/XMLSchema"

# No XML text can hold it, so it never stands in a namespace.
_SEPARATOR = "\x1f"
_NOWHERE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Attribute:
    namespace: str
    name: str
    prefix: str
    value: str


@dataclass(slots=True)
class Node:
    """An element: `prefixes` are those in scope, `text` all its own text."""

    namespace: str
    name: str
    prefix: str
    line: int
    prefixes: Mapping[str, str]
    attributes: list[Attribute] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def attribute(self, name: str, namespace: str = "") -> str | None:
        """An attribute's value without the white space around it."""
        for one in self.attributes:
            if one.name == name and one.namespace == namespace:
                return one.value.strip()
        return None


def read_tree(data: bytes) -> Node:
    """The root element of an XML document.

    Raises:
        DocumentError: it is no well-formed XML, declares a document type that holds or fetches something (`xml-limit`),
            or exceeds `MAX_BYTES`, `MAX_DEPTH` or `MAX_NODES`.
    """
    if len(data) > MAX_BYTES:
        raise _limit(0, f"the file has {len(data)} bytes; at most {MAX_BYTES} are read")
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as problem:
        line = builder.parser.ErrorLineNumber
        text = " ".join(str(problem).split())
        raise DocumentError.of([Fault("$", "xml", f"line {line}: no well-formed XML: {text}")]) from None
    return builder.root


class _Builder:
    """The parser's callbacks."""

    root: Node

    def __init__(self) -> None:
        self.open: list[Node] = []
        self.texts: list[list[str]] = []
        self.declared: dict[str, str] = {}
        self.nodes = 0
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        self.parser = parser

    def _doctype(self, _name: str, system: str | None, public: str | None, internal: int) -> None:
        if system is not None or public is not None or internal:
            raise self._refusal("a document type that declares or fetches something is not read")

    def _entity(self, *_: object) -> None:
        raise self._refusal("entities are not read")

    def _refusal(self, problem: str) -> DocumentError:
        return _limit(self.parser.CurrentLineNumber, problem)

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if prefix:
            self.declared[prefix] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.nodes += 1
        if len(self.open) == MAX_DEPTH:
            raise self._refusal(f"elements are nested more than {MAX_DEPTH} deep")
        if self.nodes > MAX_NODES:
            raise self._refusal(f"there are more than {MAX_NODES} elements")
        outer = self.open[-1].prefixes if self.open else _NOWHERE
        prefixes = {**outer, **self.declared} if self.declared else outer
        self.declared = {}
        node = Node(*_split(name), self.parser.CurrentLineNumber, prefixes)
        if attributes:
            node.attributes = [Attribute(*_split(key), value) for key, value in attributes.items()]
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)
        self.texts.append([])

    def _text(self, text: str) -> None:
        self.texts[-1].append(text)

    def _end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())


def _split(name: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix of a name as the parser gives it: namespace, name, prefix, as far as there."""
    parts = name.split(_SEPARATOR)
    return ("", name, "") if len(parts) == 1 else (parts[0], parts[1], parts[2] if len(parts) > 2 else "")  # noqa: PLR2004


def _limit(line: int, problem: str) -> DocumentError:
    return DocumentError.of([Fault("$", "xml-limit", f"line {line}: {problem}")])
