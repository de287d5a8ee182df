"""`lading customs`: the three documents of an order, and the decisions of both borders."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli import papers
from lading.cli.documents import read_bytes, write_public, write_secret
from lading.cli.options import Json
from lading.cli.output import Shown, emit, pairs, plain
from lading.cli.terms import OrderId, TermsFile, terms_of
from lading.cli.values import Out, choice
from lading.cli.verbs import reading, sent, signing
from lading.enums import Decision, Fault, Side
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

app = typer.Typer(name="customs", help="Three documents that must match, and two borders.", no_args_is_help=True)


class Kind(StrEnum):
    """The three documents, by who signs: platform, payment provider, carrier."""

    ORDER = "order"
    PAYMENT = "payment"
    WAYBILL = "waybill"


Folder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the three files go.")]
SecretsFile = Annotated[Path, typer.Option("--secrets", metavar="FILE", help="The signer's own secrets of this order.")]
FieldsFile = Annotated[Path, typer.Option("--fields", metavar="FILE", help="Where the other fields' salts go (0600).")]
OrderFile = Annotated[Path, typer.Option("--order", metavar="FILE", help="The platform's document.")]
PaymentFile = Annotated[Path, typer.Option("--payment", metavar="FILE", help="The payment provider's document.")]
WaybillFile = Annotated[Path, typer.Option("--waybill", metavar="FILE", help="The carrier's document.")]
SideOption = Annotated[Side, choice(Side, "--side", text="Which border.")]
DecisionOption = Annotated[Decision, choice(Decision, "--decision", text="A release is final.", without=("NONE",))]
FaultOption = Annotated[Fault, choice(Fault, "--fault", text="Only with a rejection.")]
Port = Annotated[str, typer.Option("--port", metavar="UNLOCODE", help="Such as CNSHA.")]
DeclarationNo = Annotated[str, typer.Option("--declaration-no", help="Number of the declaration.")]
ONE_ORDER = "Of which order: its id, or --terms."


@app.command("secrets")
def secrets(out: Folder, as_json: Json = False) -> None:
    """Make one order's secrets, as its platform: a file for each party, readable by its owner alone."""
    from lading.customs import SharedSecrets

    made = SharedSecrets.generate()
    files = {"platform": made, "payment-provider": made.for_payment_provider(), "carrier": made.for_carrier()}
    paths = {name: out / f"{name}.secrets.json" for name in files}
    for name, held in files.items():
        papers.write_secrets(paths[name], held)
    shown = {name: str(path) for name, path in paths.items()}
    lines = [*pairs(shown), "Hand the second and third to their holders over a channel that nobody else reads."]
    emit({"files": shown}, as_json=as_json, lines=lines)


@signing(app, "document")
def document(
    client: Lading,
    kind: Annotated[Kind, typer.Argument(help="Whose document.")],
    message: Annotated[Path, typer.Argument(metavar="FILE", help="The message, in JSON with CEB's names.")],
    held: SecretsFile,
    out: Out,
    salts: FieldsFile,
    order: Annotated[str | None, typer.Option("--order", metavar="0x…", help=ONE_ORDER)] = None,
    file: TermsFile = None,
) -> Shown:
    """Sign an order, payment or waybill message as a document with commitments. Sends nothing."""
    if (order is None) is (file is None):
        raise UsageError("It is not said which order.", hint="Give either --order 0x… or --terms FILE.")
    identifier = order if order else client.orders.id(terms_of(client, None, file))
    read = papers.parser_of(kind.value)(read_bytes(message))
    tree = read.field_tree()
    made = read.document(_word(str(identifier)), papers.read_secrets(held), tree.root)
    content = papers.dump(kind.value, made, client.customs.sign(made))
    # The salts first: a document whose salts are lost can show none of its fields.
    disclosures = [tree.disclose(one.name).to_json() for one in tree.fields]
    write_secret(salts, json.dumps(disclosures, indent=2) + "\n")
    write_public(out, json.dumps(content, indent=2) + "\n")
    shown = {"order": identifier, "document": str(out), "salts": str(salts)}
    return Shown(content | {"file": str(out), "fields_file": str(salts)}, pairs(shown))


@signing(app, "match")
def match(
    client: Lading,
    first: OrderFile,
    second: PaymentFile,
    third: WaybillFile,
    order: OrderId = None,
    file: TermsFile = None,
) -> Shown:
    """Submit the three documents; by anyone who holds them. Ends with 1 if they differ, which is recorded."""
    terms = terms_of(client, order, file)
    receipt = client.customs.match(terms, papers.read_papers(first, second, third))
    differ = receipt.event("DocumentsDiffer")
    said = "The documents match." if differ is None else f"The documents differ in {_words(differ.args['field'].name)}."
    shown = sent(receipt, [said])
    return Shown(shown.document, shown.lines, 0 if differ is None else 1)


@reading(app, "check")
def check(
    client: Lading,
    first: OrderFile,
    second: PaymentFile,
    third: WaybillFile,
    order: OrderId = None,
    file: TermsFile = None,
) -> Shown:
    """Say what 'match' would find; send nothing. Ends with 1 if the documents differ."""
    differs = client.customs.check(terms_of(client, order, file), papers.read_papers(first, second, third))
    said = "The documents match." if differs is None else f"The documents differ in {_words(differs.name)}."
    return Shown({"matches": differs is None, "differs_in": plain(differs)}, [said], 0 if differs is None else 1)


@signing(app, "decide")
def decide(
    client: Lading,
    side: SideOption,
    decision: DecisionOption,
    port: Port,
    declaration_no: DeclarationNo,
    order: OrderId = None,
    file: TermsFile = None,
    fault: FaultOption = Fault.NOBODY,
) -> Receipt:
    """Decide for one border, as the authority that the terms name for it."""
    terms = terms_of(client, order, file)
    return client.customs.decide(terms, side, decision, port=port, declaration_no=declaration_no, fault=fault)


@reading(app, "status")
def status(client: Lading, order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]) -> Shown:
    """Show where an order's papers stand."""
    at = client.chain.block().number
    standing, fault = client.customs.status(order, at=at)
    clearance = client.customs.get(order, at=at)
    found = plain(clearance.model_dump(exclude={"order_id"}))
    whole = {"order": order, "status": plain(standing), "fault": plain(fault), "clearance": found, "block": at}
    facts: dict[str, object] = {
        "order": order,
        "for the escrow": f"{plain(standing)}" + ("" if fault is Fault.NOBODY else f", fault of {plain(fault)}"),
        "documents": found["matching"] + (f": {_words(found['field'])}" if clearance.field else ""),
        "exit border": found["exit"] if clearance.exit_named else "not asked",
        "entry border": found["entry"] if clearance.entry_named else "not asked",
    }
    return Shown(whole, pairs(facts))


def _word(order: str) -> bytes:
    from lading import fields

    return bytes.fromhex(fields.word(order, "order")[2:])


def _words(name: str) -> str:
    return name.lower().replace("_", " ")
