"""Sheets as SVG, PDF (both drawn, so sharp at any size) and PNG."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from lading.web.labels import SHEET_HEIGHT, SHEET_WIDTH, Sheet

POINTS = 72 / 25.4
"""PDF's unit to the millimetre."""

DOTS = 300 / 25.4
"""Of a PNG, to the millimetre: 300 dots to the inch."""


def svg(sheet: Sheet) -> bytes:
    bars = "".join(f"M{bar.x:.3f} {bar.y:.3f}h{bar.width:.3f}v{bar.height:.3f}h{-bar.width:.3f}z" for bar in sheet.bars)
    texts = "\n".join(
        f'<text x="{text.x:.3f}" y="{text.y:.3f}" font-size="{text.size:.3f}">{escape(text.text)}</text>'
        for text in sheet.texts
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SHEET_WIDTH}mm" height="{SHEET_HEIGHT}mm" '
        f'viewBox="0 0 {SHEET_WIDTH} {SHEET_HEIGHT}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<path d="{bars}" shape-rendering="crispEdges"/>\n'
        f'<g font-family="Courier, monospace">\n{texts}\n</g>\n</svg>\n'
    ).encode()


def png(sheet: Sheet) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("1", (round(SHEET_WIDTH * DOTS), round(SHEET_HEIGHT * DOTS)), 1)
    draw = ImageDraw.Draw(image)
    for bar in sheet.bars:
        # Both edges are rounded by themselves, so that neighbours meet; Pillow draws the last dot too.
        left, top = round(bar.x * DOTS), round(bar.y * DOTS)
        right, bottom = round((bar.x + bar.width) * DOTS), round((bar.y + bar.height) * DOTS)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=0)
    for text in sheet.texts:
        font = ImageFont.load_default(text.size * DOTS)
        draw.text((text.x * DOTS, text.y * DOTS), text.text, fill=0, font=font, anchor="ls")
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(300, 300))
    return out.getvalue()


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """One page a sheet (ISO 32000-1). Courier is one of the fonts that every reader has (section 9.6.2.2)."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"]
    pages = []
    for sheet in sheets:
        content = zlib.compress(_operators(sheet))
        objects.append(b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content))
        box = f"[0 0 {SHEET_WIDTH * POINTS:.2f} {SHEET_HEIGHT * POINTS:.2f}]"
        own = f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents {len(objects)} 0 R/Resources<</Font<</F 3 0 R>>>>>>"
        objects.append(own.encode())
        pages.append(len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), b" ".join(b"%d 0 R" % page for page in pages))
    return _file(objects)


def _operators(sheet: Sheet) -> bytes:
    """In millimetres with y downwards, as the sheet has it; text is turned back up."""
    lines = [f"{POINTS:.6f} 0 0 {-POINTS:.6f} 0 {SHEET_HEIGHT * POINTS:.3f} cm"]
    lines += [f"{bar.x:.3f} {bar.y:.3f} {bar.width:.3f} {bar.height:.3f} re" for bar in sheet.bars]
    lines.append("f")
    for text in sheet.texts:
        shown = text.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        lines.append(f"BT /F {text.size:.3f} Tf 1 0 0 -1 {text.x:.3f} {text.y:.3f} Tm ({shown}) Tj ET")
    return "\n".join(lines).encode("ascii")


def _file(objects: Sequence[bytes]) -> bytes:
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table) + trailer


#: By file ending: the whole as one file, or a file for each sheet.
WHOLE: Mapping[str, Callable[[Sequence[Sheet]], bytes]] = {".pdf": pdf}
EACH: Mapping[str, Callable[[Sheet], bytes]] = {".svg": svg, ".png": png}
