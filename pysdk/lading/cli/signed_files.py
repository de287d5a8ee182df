"""Files that carry what a party stated and signed: a carrier's receipt, that of a place of return, an assessment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lading.cli.documents import FileUnreadable, read_json, write_public
from lading.cli.output import Shown, pairs, plain

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.fields import Model
    from lading.models import Signed

Statement = TypeVar("Statement", bound="Model")
#: By the name of what is stated: the command that makes such a file.
MADE_BY = {"receipt": "order receipt", "return_receipt": "order return-receipt", "assessment": "order sign-assessment"}


def write_signed(client: Lading, out: Path, kind: str, order: str, stated: Model, signature: str) -> Shown:
    """Raises FileNotWritten."""
    signer = "" if client.signer is None else client.signer.address
    document = {kind: plain(stated.model_dump()), "signed": {"signer": signer, "signature": signature}}
    write_public(out, json.dumps(document, indent=2) + "\n")
    shown = {"order": order, "signer": signer, kind.replace("_", " "): str(out)}
    return Shown(document | {"file": str(out)}, pairs(shown))


def read_signed(path: Path, kind: str, model: type[Statement]) -> tuple[Statement, Signed]:
    """
    Raises:
        FileUnreadable: it cannot be read, or holds something else.
        InputError: a field of it is malformed.
    """
    from lading.models import Signed

    content = read_json(path)
    if not isinstance(content, dict) or content.keys() != {kind, "signed"}:
        found = next((name for name in MADE_BY if isinstance(content, dict) and name in content), None)
        instead = f": it holds {_article(found)}" if found else ""
        raise FileUnreadable(
            f"{path} is no signed {kind.replace('_', ' ')}{instead}.", hint=f"Make it with 'lading {MADE_BY[kind]}'."
        )
    return model.model_validate(content[kind]), Signed.model_validate(content["signed"])


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('_', ' ')}"
