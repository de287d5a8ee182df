"""`lading epc`: tag memory and the names of what it identifies."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lading.cli.options import Json
from lading.cli.output import emit, pairs

app = typer.Typer(name="epc", help="EPC tag memory, URI and Digital Link.", no_args_is_help=True)


@app.command("decode")
def decode(
    memory: Annotated[str, typer.Argument(metavar="HEX", help="The tag's EPC memory.")], as_json: Json = False
) -> None:
    """Say what a tag's memory identifies. A foreign tag has its raw URI only."""
    from lading import epcis

    forms = asdict(epcis.decode(memory))
    emit(forms, as_json=as_json, lines=pairs({name.replace("_", " "): value for name, value in forms.items()}))


@app.command("encode")
def encode(
    uri: Annotated[str, typer.Argument(metavar="URI", help="EPC pure identity, tag or raw URI.")],
    filter_value: Annotated[int | None, typer.Option("--filter", min=0, max=7, help="Filter value of the tag.")] = None,
    as_json: Json = False,
) -> None:
    """Give the tag memory of an EPC URI."""
    from lading import epcis

    memory = epcis.encode(uri, filter_value)
    emit({"memory": memory, "tag_uri": epcis.decode(memory).tag_uri}, as_json=as_json, lines=[memory])
