"""Files of the customs papers: the secrets that the parties share, and a document with its signature.

A secrets file is for its holder alone (mode 0600): whoever reads it can guess at the values of the order's papers. A
document's file holds commitments and a signature, and may be passed on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lading.cli.documents import FileUnreadable, read_json, write_secret

if TYPE_CHECKING:
    from lading.contracts.customs_clearance import Papers
    from lading.customs import SharedSecrets
    from lading.customs.ceb import OrderMessage, PaymentMessage, WaybillMessage
    from lading.customs.documents import OrderDocument, PaymentDocument, WaybillDocument
    from lading.models import Signed

    Message = OrderMessage | PaymentMessage | WaybillMessage
    Document = OrderDocument | PaymentDocument | WaybillDocument

WORD_DIGITS = 64


def write_secrets(path: Path, held: SharedSecrets) -> None:
    """Raises FileNotWritten, also where the file is there already."""
    document = {one.name: value.hex() for one in fields(held) if (value := getattr(held, one.name)) is not None}
    write_secret(path, json.dumps(document, indent=2) + "\n")


def read_secrets(path: Path) -> SharedSecrets:
    """
    Raises:
        FileUnreadable: it is no secrets file. The message never holds what stands in it.
    """
    from lading.customs import SharedSecrets

    document = read_json(path)
    names = {one.name for one in fields(SharedSecrets)}
    if not isinstance(document, dict) or not {"all_parties"} <= document.keys() <= names:
        raise FileUnreadable(f"{path} is no secrets file.", hint="The order's platform makes them: 'customs secrets'.")
    return SharedSecrets(**{name: _word(value, path) for name, value in document.items()})


def parser_of(kind: str) -> Callable[[bytes], Message]:
    """How the message of an order, a payment or a waybill is read."""
    from lading.customs import parse_order, parse_payment, parse_waybill

    parsers: dict[str, Callable[[bytes], Message]] = {
        "order": parse_order,
        "payment": parse_payment,
        "waybill": parse_waybill,
    }
    return parsers[kind]


def dump(kind: str, document: Document, signed: Signed) -> dict[str, Any]:
    """The content of a document's file (schema `customs-document.json`)."""
    words = {one.name: "0x" + getattr(document, one.name).hex() for one in fields(document)}
    return {"kind": kind, "document": words, "signed": signed.model_dump()}


def read_papers(order: Path, payment: Path, waybill: Path) -> Papers:
    """
    Raises:
        FileUnreadable: one of them is no file of its kind.
        InputError: a signature is malformed.
    """
    from lading.contracts.customs_clearance import Papers
    from lading.customs import OrderDocument, PaymentDocument, WaybillDocument

    first, platform = _read(order, "order", OrderDocument)
    second, provider = _read(payment, "payment", PaymentDocument)
    third, carrier = _read(waybill, "waybill", WaybillDocument)
    return Papers(first, platform, second, provider, third, carrier)


def _read(path: Path, kind: str, model: type[Any]) -> tuple[Any, Signed]:
    from lading.models import Signed

    content = read_json(path)
    names = {one.name for one in fields(model)}
    whole = isinstance(content, dict) and content.keys() == {"kind", "document", "signed"} and content["kind"] == kind
    if not whole or not isinstance(content["document"], dict) or content["document"].keys() != names:
        raise FileUnreadable(f"{path} is no signed {kind} document.", hint=f"Make it with 'customs document {kind}'.")
    words = {name: _word(value, path) for name, value in content["document"].items()}
    return model(**words), Signed.model_validate(content["signed"])


def _word(value: object, path: Path) -> bytes:
    digits = value.removeprefix("0x") if isinstance(value, str) else ""
    try:
        if len(digits) == WORD_DIGITS:
            return bytes.fromhex(digits)
    except ValueError:
        pass  # Falls through to the one error for every malformed word
    raise FileUnreadable(
        f"{path} holds something that is not {WORD_DIGITS} hex digits.", hint="It was changed: get it anew."
    )
