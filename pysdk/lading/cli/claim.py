"""`lading claim`: the code under an item's seal, from the brand that prints it to the buyer who breaks it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import FileUnreadable, read_bytes, read_json, write_public, write_secret
from lading.cli.options import OUTBOX_URL
from lading.cli.output import Shown, pairs, plain
from lading.cli.values import Out
from lading.cli.verbs import reading, sent, signing
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.claims import Opening, SealProof
    from lading.client import Lading

app = typer.Typer(name="claim", help="Who broke an item's seal first.", no_args_is_help=True)

Item = Annotated[str, typer.Argument(metavar="ITEM", help="EPC URI or Digital Link, with its serial number.")]
Items = Annotated[list[str], typer.Argument(metavar="ITEM...", help="EPC URIs or Digital Links of one brand.")]
OutboxPlace = Annotated[
    str, typer.Option("--outbox", metavar="FILE|URL", help="Of the brand's log; made if missing. " + OUTBOX_URL)
]
NewCodes = Annotated[Path, typer.Option("--codes", metavar="FILE", help="Written for you alone: what to print.")]
Codes = Annotated[Path, typer.Option("--codes", metavar="FILE", help="From 'claim seal'.")]
Seals = Annotated[Path, typer.Option("--seals", metavar="FILE", help="What the brand published of its seals.")]
CodeFile = Annotated[Path, typer.Option("--code-file", metavar="FILE", help="Holds the code; - reads it from stdin.")]
Kept = Annotated[Path, typer.Argument(metavar="FILE", help="From 'claim commit'.")]


@reading(app, "seal", "The brand")
def seal(client: Lading, items: Items, outbox: OutboxPlace, codes: NewCodes) -> Shown:
    """Make a secret code for each item, and let the brand's outbox anchor what proves it. Sends nothing."""
    from lading.provenance.seal import new_code, write_code

    things = [_thing(one) for one in items]
    brand = _brand(client, {number for number, _ in things})
    made = [{"gtin": number, "serial": serial, "code": write_code(new_code())} for number, serial in things]
    write_secret(codes, json.dumps({"codes": made}, indent=2) + "\n")
    _put(client, brand, outbox, made)
    document = {"codes": str(codes), "items": len(made), "brand": brand}
    after = "Print each code under the seal of its item. Anchor with 'lading relay', then run 'lading claim proofs'."
    return Shown(document, [*pairs(document), after])


@reading(app, "proofs", "The brand")
def proofs(client: Lading, codes: Codes, outbox: OutboxPlace, out: Out) -> Shown:
    """Write what buyers need to claim their items, once the seals are anchored. To be published; holds no code."""
    made = _codes(codes)
    brand = _brand(client, {one["gtin"] for one in made})
    found = _put(client, brand, outbox, made)
    if len(found) < len(made):
        raise InputError(
            f"{len(made) - len(found)} of {len(made)} seals are not anchored yet.",
            hint="Anchor what waits in the outbox with 'lading relay', then run this again.",
        )
    write_public(out, json.dumps({"seals": [one.model_dump(mode="json") for one in found]}, indent=2) + "\n")
    document = {"file": str(out), "seals": len(found)}
    return Shown(document, pairs(document))


@signing(app, "commit", "The buyer")
def commit(client: Lading, item: Item, seals: Seals, code_file: CodeFile, out: Out) -> Shown:
    """Commit to the code under the seal, for the signer. FILE keeps what 'claim open' needs; keep it to yourself."""
    from lading.provenance.seal import read_code

    number, serial = _thing(item)
    proof = _seal(seals, number, serial)
    opening = client.claims.opening(number, serial, read_code(_text(code_file)))
    proof.check(opening)
    write_secret(out, opening.model_dump_json(indent=2) + "\n")
    receipt = client.claims.commit(opening, proof)
    return sent(receipt, [f"opens at  {plain(client.claims.opens_at(opening))}", f"then      lading claim open {out}"])


@signing(app, "open", "The buyer")
def open_claim(client: Lading, file: Kept, seals: Seals) -> Shown:
    """Bind the item to whoever committed, a minute later at the soonest; by anyone who holds the file."""
    from lading.claims import Opening

    opening: Opening = Opening.parse(read_bytes(file))
    return sent(client.claims.claim(opening, _seal(seals, opening.gtin, opening.serial)))


@reading(app, "show", "The buyer")
def show(client: Lading, item: Item) -> Shown:
    """Say whether an item was claimed, by whom and when."""
    number, serial = _thing(item)
    found = client.claims.get(number, serial)
    document: dict[str, Any] = {"gtin": f"{number:014d}", "serial": serial, "claimant": None, "time": None}
    if found is not None:
        document |= {"claimant": found.claimant, "time": plain(found.time)}
    said = "Nobody has claimed it." if found is None else "If that is not you, the seal was broken before."
    return Shown(document, [*pairs({name: value for name, value in document.items() if value is not None}), said])


def _thing(code: str) -> tuple[int, str]:
    """GTIN as a number, and serial number.

    Raises:
        InputError: it names no single trade item.
    """
    from lading.provenance.item import item_of

    found = item_of(code)
    if found.gtin is None or found.serial is None:
        raise InputError(f"{code[:120]!r} is no trade item.", hint="Seals are those of items with GTIN and serial.")
    return int(found.gtin), found.serial


def _brand(client: Lading, numbers: set[int]) -> str:
    """
    Raises:
        InputError: the classes are nobody's, or several brands'.
    """
    brands = {client.goods.brand_of(number) for number in numbers}
    brand = brands.pop() if len(brands) == 1 else None
    if brand is None:
        raise InputError(
            "The items are not those of one brand.", hint="Register their class first, and seal brand by brand."
        )
    return brand


def _put(client: Lading, brand: str, place: str, made: list[dict[str, Any]]) -> list[SealProof]:
    """Puts the leaves in that are not there yet; the proofs of those that are anchored."""
    from lading.claims import SealProof
    from lading.models import Batch
    from lading.provenance.seal import read_code, seal_of
    from lading.relayer.outbox.outbox import Outbox
    from lading.relayer.run import identity_of

    found = []
    with Outbox.open(place, identity_of(client, brand)) as outbox, outbox.transaction():
        for one in made:
            leaf = seal_of(one["gtin"], one["serial"], read_code(one["code"]))
            outbox.put_leaf(leaf)
            if (proof := outbox.leaf_proof(leaf)) is not None:
                stated = {
                    "gtin": one["gtin"],
                    "serial": one["serial"],
                    "seal_hash": leaf.seal_hash,
                    "index": proof.index,
                    "batch": Batch.model_validate(proof.batch.model_dump()),
                    "proof": proof.proof,
                }
                found.append(SealProof.model_validate(stated))
    return found


def _codes(path: Path) -> list[dict[str, Any]]:
    content = read_json(path)
    try:
        stated = [(int(one["gtin"]), str(one["serial"]), str(one["code"])) for one in content["codes"]]
    except (TypeError, KeyError, ValueError) as error:
        raise FileUnreadable(f"{path} holds no codes.", hint="Make them with 'lading claim seal'.") from error
    return [{"gtin": number, "serial": serial, "code": code} for number, serial, code in stated]


def _seal(path: Path, number: int, serial: str) -> SealProof:
    """
    Raises:
        FileUnreadable: it holds no seals.
        InputError: none is that item's.
    """
    from lading.claims import SealProof

    content = read_json(path)
    try:
        stated = [one for one in content["seals"] if (one["gtin"], one["serial"]) == (number, serial)]
    except (TypeError, KeyError) as error:
        raise FileUnreadable(f"{path} holds no seals.", hint="Get it from the brand.") from error
    if not stated:
        raise InputError(f"{path} holds no seal of this item.", hint="Get the brand's newest file.")
    return SealProof.model_validate(stated[0])


def _text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.readline()
    return read_bytes(path).decode(errors="replace")
