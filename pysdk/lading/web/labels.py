"""Printable sheets of QR codes: what stands where, in millimetres from the sheet's top left corner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import segno

from lading.epcis import parse
from lading.provenance.item import item_of
from lading.web.errors import LabelError

SHEET_WIDTH, SHEET_HEIGHT = 210.0, 297.0
"""A4, ISO 216."""

COLUMNS, ROWS = 3, 8
LABEL_WIDTH, LABEL_HEIGHT = SHEET_WIDTH / COLUMNS, SHEET_HEIGHT / ROWS
"""70 by 37.1 mm, 24 on a sheet, edge to edge: a common kind of label paper."""

PADDING = 4.0
QUIET_MODULES = 4
"""White around a symbol (ISO/IEC 18004, section 9.1)."""

MIN_MODULE = 0.396
"""The least width of a module for a QR code with a Digital Link (GS1 General Specifications, table 5.12.3.1-1)."""

CODE_SIZE = LABEL_HEIGHT - 2 * PADDING
TEXT_SIZE = 2.6
LINE = 3.6
WIDE = 0.6
"""Of a character of a monospaced font, to its size."""

LONGEST_BASE = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """A black rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Text:
    """A line of monospaced text; `y` is its base line, `size` the height of its font."""

    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page."""

    bars: tuple[Bar, ...]
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """One item's label: the link in the code, and the lines beside it."""

    link: str
    lines: tuple[str, ...]


def label_of(code: str, base_url: str) -> Label:
    """The label of an item, from any form of its identity.

    Raises:
        EpcError, CheckDigitError: the code names nothing.
        ItemError: it names a class of things, or a place.
    """
    found, item = parse(code), item_of(code)
    path = "/" + item.key.split("/", 3)[3]
    ai = path.split("/")[1]
    lines = [f"({ai}) {found.key}"]
    if found.serial is not None:
        # A serial that is glued to its key has no AI of its own.
        lines.append(f"(21) {found.serial}" if "/21/" in path else found.serial)
    return Label(base_url + path, (*lines, urlsplit(base_url).netloc))


def base_of(url: str) -> str:
    """
    Raises:
        LabelError: no address that a phone could open from a code.
    """
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise LabelError(
            f"--base-url {url[:LONGEST_BASE]!r} is no https:// address.", hint="Give https://verify.example."
        )
    plain = parts.hostname and not parts.query and not parts.fragment and "@" not in parts.netloc
    if not plain or len(url) > LONGEST_BASE or not url.isascii():
        raise LabelError(f"--base-url {url[:LONGEST_BASE]!r} is more than a host and a path.")
    return url.rstrip("/")


def sheets_of(labels: Sequence[Label]) -> list[Sheet]:
    """Row by row, as many sheets as it takes.

    Raises:
        LabelError: a link is so long that its modules would be too small to scan.
    """
    size = COLUMNS * ROWS
    return [_sheet(labels[start : start + size]) for start in range(0, len(labels), size)]


def _sheet(labels: Sequence[Label]) -> Sheet:
    bars: list[Bar] = []
    texts: list[Text] = []
    for place, label in enumerate(labels):
        left, top = place % COLUMNS * LABEL_WIDTH, place // COLUMNS * LABEL_HEIGHT
        bars.extend(_code(label, left + PADDING, top + PADDING))
        texts.extend(_texts(label, left + PADDING + CODE_SIZE + 1, top))
    return Sheet(tuple(bars), tuple(texts))


def _code(label: Label, left: float, top: float) -> Iterator[Bar]:
    """Runs of black modules, row by row. Error correction level M, as GS1 asks for."""
    rows = list(segno.make(label.link, error="m", micro=False, boost_error=False).matrix)
    module = CODE_SIZE / (len(rows) + 2 * QUIET_MODULES)
    if module < MIN_MODULE:
        raise LabelError(
            f"{label.link} is too long for a code of {CODE_SIZE:.0f} mm: its modules would be {module:.2f} mm.",
            hint="Use a shorter --base-url.",
        )
    for number, row in enumerate(rows):
        y = top + (number + QUIET_MODULES) * module
        start = None
        for column, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                yield Bar(left + (start + QUIET_MODULES) * module, y, (column - start) * module, module)
                start = None


def _texts(label: Label, left: float, top: float) -> Iterator[Text]:
    room = LABEL_WIDTH - PADDING - CODE_SIZE - 1 - 2
    first = top + (LABEL_HEIGHT - LINE * (len(label.lines) - 1)) / 2 + TEXT_SIZE / 3
    for number, line in enumerate(label.lines):
        yield Text(left, first + number * LINE, min(TEXT_SIZE, room / (WIDE * len(line))), line)
