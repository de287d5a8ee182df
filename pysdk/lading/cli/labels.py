"""`lading labels`: printable sheets of QR codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.options import Json
from lading.cli.output import emit
from lading.cli.serve import require_web
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.web.labels import Sheet

Items = Annotated[list[str], typer.Argument(metavar="ITEM...", help="EPC URIs, Digital Links or tag memory.")]
BaseUrl = Annotated[
    str, typer.Option("--base-url", metavar="URL", help="Where the items' pages are, such as https://verify.example.")
]
Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="*.pdf, *.svg or *.png; SVG and PNG make a file for each sheet.")
]


class CannotWriteLabels(InputError):
    """The file cannot be written."""


def register(app: typer.Typer) -> None:
    app.command("labels")(labels)


def labels(items: Items, base_url: BaseUrl, out: Out, as_json: Json = False) -> None:
    """Print labels: a QR code with the item's Digital Link and its text, 24 on an A4 sheet."""
    require_web("labels", "segno", "PIL")
    from lading.web.labels import base_of, label_of, sheets_of

    base = base_of(base_url)
    made = [label_of(item, base) for item in items]
    files = _files(out, sheets_of(made))
    for path, content in files.items():
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CannotWriteLabels(
                f"{path} cannot be written: {error.strerror}.", hint="Choose another --out."
            ) from error
    document = {"files": [str(path) for path in files], "labels": [label.link for label in made]}
    emit(document, as_json=as_json, lines=[f"{len(made)} labels: {', '.join(document['files'])}"])


def _files(out: Path, sheets: list[Sheet]) -> dict[Path, bytes]:
    """Contents by file: `labels.svg`, or `labels-1.svg`, `labels-2.svg` and so on where one page is not enough."""
    from lading.web.sheets import EACH, WHOLE

    kind = out.suffix.lower()
    if kind in WHOLE:
        return {out: WHOLE[kind](sheets)}
    if kind not in EACH:
        raise UsageError(f"--out {out} is neither .pdf, .svg nor .png.", hint="Name a file such as labels.pdf.")
    if len(sheets) == 1:
        return {out: EACH[kind](sheets[0])}
    return {out.with_stem(f"{out.stem}-{number}"): EACH[kind](sheet) for number, sheet in enumerate(sheets, 1)}
