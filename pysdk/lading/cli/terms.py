"""The terms of an order on the command line: from a file, or from the chain by the order's id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import FileUnreadable, read_json
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.models import OrderTerms

OrderId = Annotated[str | None, typer.Argument(metavar="[ORDER]", help="The order's id (0x…), once it is open.")]
TermsFile = Annotated[
    Path | None, typer.Option("--terms", metavar="FILE", help="Its terms, as 'order terms' wrote them.")
]
MadeTerms = Annotated[Path, typer.Option("--terms", metavar="FILE", help="Terms, as 'order terms' wrote them.")]


def read_terms(path: Path) -> OrderTerms:
    """
    Raises:
        FileUnreadable: it cannot be read, or is no JSON object.
        InputError: a field is missing or malformed.
    """
    from lading.models import OrderTerms

    document = read_json(path, exact=True)
    if not isinstance(document, dict):
        raise FileUnreadable(f"{path} holds no terms of an order.", hint="Make them with 'lading order terms'.")
    return OrderTerms.model_validate(document)


def terms_of(client: Lading, order: str | None, path: Path | None) -> OrderTerms:
    """
    Raises:
        UsageError: neither or both are given.
        InputError: no order of this id was opened.
    """
    if (order is None) is (path is None):
        raise UsageError("It is not said which order.", hint="Give either its id or --terms FILE.")
    if path is not None:
        return read_terms(path)
    opened = client.orders.find(str(order))
    if opened is None:
        raise InputError(f"No order {order} was opened in this deployment.", hint="'lading order list' shows all.")
    return opened.terms
