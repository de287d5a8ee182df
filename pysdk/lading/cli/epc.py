"""`lading epc`: tag memory and the names of what it identifies."""

from __future__ import annotations

from typing import Annotated

import typer

from lading.cli.options import Json
from lading.cli.output import emit, pairs

app = typer.Typer(name="epc", help="EPC tag memory, URI and Digital Link.", no_args_is_help=True)


@app.command("decode")
def decode(
    memory: Annotated[str, typer.Argument(metavar="HEX", help="The tag's EPC memory.")], as_json: Json = False
) -> None:
    """Say what a tag's memory identifies. A foreign tag has its raw URI only, and without --json the reason is said.

    A tag with +AIDC data (lot, dates, weights, …) has a data_link too, null where its data cannot be read.
    """
    from lading import epcis

    forms = epcis.decode(memory)._asdict()
    shown = {name.replace("_", " "): value for name, value in forms.items()}
    if forms["scheme"] is not None:
        try:
            link = epcis.data_link(memory)
        except epcis.EpcError as error:
            forms["data_link"], shown["no data"] = None, error.message
        else:
            forms |= {"data_link": link} if link else {}
            shown |= {"data link": link} if link else {}
    emit(forms, as_json=as_json, lines=pairs(shown | _besides(memory)))


def _besides(memory: str) -> dict[str, str]:
    """What a person may want to know besides the five forms: the element string, or why there is no EPC."""
    from lading.epcis.epc import decode_strict, element_string
    from lading.epcis.errors import EpcError

    try:
        epc = decode_strict(memory)
    except EpcError as error:
        return {"no EPC": error.message}
    if epc.digital_link is None:
        return {}
    try:
        return {"element string": element_string(memory)}
    except EpcError as error:  # a serial that would read as another element
        return {"no element string": error.message}


@app.command("encode")
def encode(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="EPC URI (id, tag or raw), Digital Link or element string.")
    ],
    filter_value: Annotated[int | None, typer.Option("--filter", min=0, max=63, help="The tag's filter value.")] = None,
    scheme: Annotated[
        str | None, typer.Option(help="The encoding, such as sgtin-198 or sgtin+; else the shortest of TDS 1.x.")
    ] = None,
    prefix_length: Annotated[
        int | None,
        typer.Option(help="Digits of the company prefix, where neither TEXT nor GS1's table says it.", min=6, max=12),
    ] = None,
    as_json: Json = False,
) -> None:
    """Give the tag memory of whatever names a thing."""
    from lading import epcis
    from lading.epcis.epc import encode as to_memory

    memory = to_memory(text, filter_value, scheme=scheme, prefix_length=prefix_length)
    emit({"memory": memory, "tag_uri": epcis.decode(memory).tag_uri}, as_json=as_json, lines=[memory])
