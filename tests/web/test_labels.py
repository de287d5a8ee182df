"""`lading labels`: what is printed can be scanned, and says in text what the code says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from lading.web.errors import LabelError
from lading.web.labels import (
    CODE_SIZE,
    COLUMNS,
    LABEL_HEIGHT,
    LABEL_WIDTH,
    MIN_MODULE,
    PADDING,
    QUIET_MODULES,
    ROWS,
    base_of,
    label_of,
    sheets_of,
)
from lading.web.sheets import DOTS, pdf, png, svg

BASE = "https://verify.example"
LONG = "https://x.example/" + "a" * 300
ITEM = "urn:epc:id:sgtin:9521141.012345.1001"
LINK = f"{BASE}/01/09521141123454/21/1001"


def lading(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lading"), "labels", *map(str, words), "--json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def modules(image: Image.Image, size: int) -> list[list[bool]]:
    """The modules of the first label's code, each read at its middle."""
    module = CODE_SIZE / (size + 2 * QUIET_MODULES) * DOTS
    middles = [(place + QUIET_MODULES + 0.5) * module + PADDING * DOTS for place in range(size)]
    return [[image.getpixel((int(x), int(y))) == 0 for x in middles] for y in middles]


def test_the_printed_modules_are_those_of_the_links_code(tmp_path: Path) -> None:
    import segno

    sheet = sheets_of([label_of(ITEM, BASE)])[0]
    (tmp_path / "sheet.png").write_bytes(png(sheet))
    wanted = [[bool(one) for one in row] for row in segno.make(LINK, error="m", micro=False, boost_error=False).matrix]
    with Image.open(tmp_path / "sheet.png") as image:
        assert modules(image, len(wanted)) == wanted
        quiet = image.crop((0, 0, round(LABEL_WIDTH * DOTS), round((PADDING + 1) * DOTS)))
        assert quiet.getextrema() in ((255, 255), (1, 1))


@pytest.mark.parametrize(
    ("code", "path", "lines"),
    [
        (ITEM, "/01/09521141123454/21/1001", ("(01) 09521141123454", "(21) 1001")),
        (
            "https://x.example/01/9521141123454/10/L1/21/A%2FB",
            "/01/09521141123454/21/A%2FB",
            ("(01) 09521141123454", "(21) A/B"),
        ),
        ("urn:epc:id:sscc:9521141.0000000077", "/00/095211410000000779", ("(00) 095211410000000779",)),
    ],
)
def test_the_text_says_what_the_code_says(code: str, path: str, lines: tuple[str, ...]) -> None:
    label = label_of(code, BASE)
    assert (label.link, label.lines) == (BASE + path, (*lines, "verify.example"))


def test_a_sheet_holds_24_and_nothing_leaves_its_label() -> None:
    labels = [label_of(f"{ITEM[:-4]}{'9' * 17}{number:03d}", BASE) for number in range(COLUMNS * ROWS + 1)]
    first, second = sheets_of(labels)
    assert [len(one.texts) for one in (first, second)] == [3 * 24, 3]
    for bar in first.bars:
        column, row = int(bar.x // LABEL_WIDTH), int(bar.y // LABEL_HEIGHT)
        assert bar.x + bar.width <= (column + 1) * LABEL_WIDTH
        assert bar.y + bar.height <= (row + 1) * LABEL_HEIGHT
    for text in first.texts:
        room = (int(text.x // LABEL_WIDTH) + 1) * LABEL_WIDTH - text.x
        assert len(text.text) * text.size * 0.6 <= room


def test_the_same_label_is_drawn_in_every_format() -> None:
    sheet = sheets_of([label_of(ITEM, BASE)])[0]
    drawing = ElementTree.fromstring(svg(sheet))  # noqa: S314 - our own
    assert [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")] == [one.text for one in sheet.texts]

    data = pdf([sheet, sheet])
    pages = [zlib.decompress(one).decode() for one in re.findall(rb"stream\n(.*?)\nendstream", data, re.DOTALL)]
    assert len(pages) == 2
    assert pages[0].count(" re") == len(sheet.bars)
    assert r"(\(01\) 09521141123454) Tj" in pages[0]
    places = [int(one) for one in re.findall(rb"^(\d{10}) 00000 n", data, re.MULTILINE)]
    assert [data[place:].split(b" ")[0] for place in places] == [b"%d" % (number + 1) for number in range(len(places))]
    start = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    assert data[start : start + 4] == b"xref"


@pytest.mark.parametrize(
    "url",
    [
        "http://verify.example",
        "verify.example",
        "https://",
        "https://x.example/?a=b",
        "https://u:p@x.example",
        "https://x/" + "a" * 300,
    ],
)
def test_a_base_that_no_phone_could_open_is_refused(url: str) -> None:
    with pytest.raises(LabelError):
        base_of(url)


def test_a_link_too_long_to_scan_is_refused() -> None:
    with pytest.raises(LabelError, match="too long"):
        sheets_of([label_of(ITEM, BASE + "/" + "a" * 400)])
    assert CODE_SIZE / (41 + 2 * QUIET_MODULES) > MIN_MODULE, "version 6 still fits"


@pytest.mark.parametrize(("ending", "files"), [("pdf", 1), ("svg", 2), ("png", 2)])
def test_the_command_writes_the_sheets(tmp_path: Path, ending: str, files: int) -> None:
    items = [f"{ITEM[:-4]}{number}" for number in range(25)]
    done = lading(tmp_path, *items, "--base-url", BASE + "/", "--out", f"sheet.{ending}")
    document: Any = json.loads(done.stdout)
    assert (done.returncode, len(document["files"]), len(document["labels"])) == (0, files, 25)
    assert document["labels"][7] == f"{BASE}/01/09521141123454/21/7"
    assert all((tmp_path / name).stat().st_size > 1000 for name in document["files"])


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        ((ITEM, "--base-url", BASE, "--out", "sheet.txt"), 2, "UsageError"),
        ((ITEM, "--base-url", BASE, "--out", "none/sheet.pdf"), 1, "CannotWriteLabels"),
        ((ITEM, "--base-url", "http://x.example", "--out", "sheet.pdf"), 1, "LabelError"),
        (("urn:epc:idpat:sgtin:9521141.012345.*", "--base-url", BASE, "--out", "sheet.pdf"), 1, "ItemError"),
    ],
)
def test_what_cannot_be_printed_is_said(tmp_path: Path, words: tuple[str, ...], code: int, kind: str) -> None:
    done = lading(tmp_path, *words)
    assert (done.returncode, json.loads(done.stdout)["error"]["type"]) == (code, kind)
    assert list(tmp_path.iterdir()) == []
