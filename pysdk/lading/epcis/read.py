"""An EPCIS document from its bytes, JSON-LD or XML, and all that is wrong with it."""

from __future__ import annotations

from lading.epcis.check import check_document, parse_document
from lading.epcis.errors import DocumentError, Fault
from lading.epcis.text import NotJson, read_json
from lading.epcis.xml_read import read_xml

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def is_xml(data: bytes) -> bool:
    """Whether bytes begin as XML does, in UTF-8 or UTF-16; no JSON text begins so."""
    start = data[:1024]
    for bom in _BOMS:
        start = start.removeprefix(bom)
    return start.replace(b"\0", b"").lstrip().startswith(b"<")


def read_document(data: bytes) -> object:
    """The JSON-LD form of a document: JSON as it stands, EPCIS 1.x and 2.0 XML converted. It is not checked yet.

    Raises:
        NotJson: it is neither JSON nor XML.
        DocumentError: it cannot be read without loss or doubt; the faults say where and why.
    """
    return read_xml(data) if is_xml(data) else read_json(data)


def check_bytes(data: bytes) -> list[Fault]:
    """All faults of a document in JSON-LD or XML; an empty list says that it is an EPCIS document.

    Raises:
        NotJson: it is neither JSON nor XML.
    """
    try:
        return check_document(read_document(data))
    except NotJson:
        raise
    except DocumentError as problem:
        return list(problem.found)


def convert(data: bytes) -> tuple[dict[str, object], int]:
    """The JSON-LD form of an EPCIS document, complete and checked, and how many events it holds; they have the ids of
    the original's.

    Raises:
        DocumentError: it has faults; nothing of it is converted.
    """
    document = read_document(data)
    parsed = parse_document(document)
    assert isinstance(document, dict)  # noqa: S101 - as parsed
    return document, len(parsed.events)
