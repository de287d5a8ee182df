"""`lading private`: fields of an event that only those entitled to them may read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.documents import FileNotWritten, FileUnreadable, read_bytes, write_public, write_secret
from lading.cli.options import DeploymentFile, Json, connect
from lading.cli.output import Shown, emit, pairs, printable, table
from lading.cli.values import Out, participant_id
from lading.cli.verbs import signing
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.provenance.bundle import Bundle
    from lading.provenance.disclosure import Disclosure

app = typer.Typer(name="private", help="Private fields of events: sealed, disclosed, forgotten.", no_args_is_help=True)

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")

Document = Annotated[Path, typer.Argument(metavar="EVENTS", help="EPCIS 2.0 JSON-LD, not published yet.")]
DisclosureFile = Annotated[Path, typer.Argument(metavar="DISCLOSURE", help="From 'private disclose'.")]
Store = Annotated[Path, typer.Option("--store", metavar="FILE", help="Holds values and salts, for you alone.")]
Fields = Annotated[
    list[str],
    typer.Option(
        "--fields", "--field", metavar="NAME,…", help="Extension fields, such as acme:price; may be repeated."
    ),
]
AnyFields = Annotated[
    list[str] | None,
    typer.Option("--field", "--fields", metavar="NAME,…", help="Of these fields alone; may be repeated."),
]
Event = Annotated[str, typer.Option("--event", metavar="ID", help="Event id, as 'private seal' prints it.")]
To = Annotated[str, typer.Option("--to", metavar="RECIPIENT", help="Participant (id or GLN:…), or an address.")]
BundleFile = Annotated[Path, typer.Option("--bundle", metavar="FILE", help="The proof bundle with the event.")]
AskedNetwork = Annotated[
    str | None,
    typer.Option(
        "--network", "-n", envvar="LADING_NETWORK", help="Where to ask whose key signed; else that is not checked."
    ),
]
Block = Annotated[
    int | None,
    typer.Option("--block", metavar="N", min=0, help="You had the disclosure at block N; default: the latest."),
]


@app.command("seal")
def seal(document: Document, fields: Fields, store: Store, out: Out, as_json: Json = False) -> None:
    """Replace fields by salted commitments, before 'relay publish'; values and salts go into the store alone."""
    from lading.provenance.private_documents import seal_document
    from lading.relayer.outbox.private_store import PrivateStore

    if out.exists():
        raise FileNotWritten(
            f"{out} is there already and is not replaced: the same event sealed twice is two events.",
            hint="Name another file, or publish that one.",
        )
    content, sealed = seal_document(_document(document), _names(fields))
    with PrivateStore.open(store, create=True) as held:
        # First the secrets: an event that is out without them would have lost its values for good.
        held.put(sealed)
        try:
            write_public(out, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        except FileNotWritten:
            for one in sealed:
                held.forget(one.event_id)
            raise
    events = [{"event_id": one.event_id, "fields": [secret.name for secret in one.secrets]} for one in sealed]
    lines = [*pairs({"file": str(out), "store": str(store), "events": len(events)})]
    lines += table(("event", "private fields"), [(one.event_id, len(one.secrets)) for one in sealed])
    emit({"file": str(out), "store": str(store), "events": events}, as_json=as_json, lines=lines)


@signing(app, "disclose")
def disclose(client: Lading, store: Store, event: Event, fields: Fields, to: To, out: Out) -> Shown:
    """Write chosen fields of an event for one recipient, signed by the publisher. FILE holds their values."""
    from lading.provenance.disclosure import dump
    from lading.relayer.outbox.private_store import PrivateStore

    recipient, names = _recipient(client, to), _names(fields)
    with PrivateStore.open(store) as opened:
        held = opened.get(event)
    chosen = [] if held is None else [one for one in held.secrets if one.name in names]
    if held is None or len(chosen) < len(names):
        raise InputError(
            f"The store does not hold all of these fields of {event[:120]}.",
            hint="They were never sealed, go by other names, or were forgotten.",
        )
    signed = client.disclosures.sign(event, held.content_hash, recipient, chosen)
    write_secret(out, dump(signed).decode())
    document = {"file": str(out), "event_id": event, "recipient": signed.recipient, "fields": sorted(names)}
    return Shown(document, pairs(document | {"fields": ", ".join(sorted(names))}))


@app.command("check")
def check(
    file: DisclosureFile,
    bundle: BundleFile,
    network: AskedNetwork = None,
    deployment: DeploymentFile = None,
    block: Block = None,
    as_json: Json = False,
) -> None:
    """Compare each disclosed field with the event in a bundle: exit 0, or 10 if one does not match or the signature is
    not good. Whether the bundle itself is good says 'lading verify'."""
    from lading.provenance import bundle as bundles
    from lading.provenance.disclosure import compare, parse
    from lading.provenance.verdict import EXIT_CODES

    stated, content = parse(read_bytes(file)), bundles.parse(read_bytes(bundle))
    compared = compare(stated, content)
    signature = _signature(stated, content, network, deployment, block)
    document = {
        "event_id": stated.event_id,
        "event_found": compared.found,
        "publisher": "0x" + stated.publisher.hex(),
        "recipient": stated.recipient,
        "signer": "0x" + stated.signer.hex(),
        "signature": signature,
        "fields": [{"name": name, "result": result.value} for name, result in compared.fields],
    }
    lines = [*pairs({name: document[name] for name in ("event_id", "publisher", "recipient", "signer", "signature")})]
    lines += table(
        ("field", "against the event"), [(printable(name), result.value) for name, result in compared.fields]
    )
    if not compared.found:
        lines.append("The bundle holds no such event of this publisher.")
    lines.append("Whether the bundle itself is good says 'lading verify'.")
    emit(document, as_json=as_json, lines=lines)
    if not compared.all_match or signature not in ("valid", "key-not-checked"):
        raise typer.Exit(EXIT_CODES["suspect"])


@app.command("forget")
def forget(store: Store, event: Event, field: AnyFields = None, as_json: Json = False) -> None:
    """Erase the values and salts of an event's fields, or of some, from the store for good. The proofs still hold."""
    from lading.relayer.outbox.private_store import PrivateStore

    with PrivateStore.open(store) as held:
        names = _names(field) if field else [None]
        count = sum(held.forget(event, name) for name in names)
        left = held.get(event)
    if count < len(names):
        raise InputError(
            f"The store did not hold {'all of these fields' if field else 'any field'} of {event[:120]}; {count} were "
            "erased.",
            hint="They are gone already, or go by other names: compare the event id and the names.",
        )
    remaining = [] if left is None else [one.name for one in left.secrets]
    document = {"event_id": event, "forgotten": count, "left": remaining}
    emit(document, as_json=as_json, lines=pairs(document | {"left": ", ".join(remaining) or "nothing"}))


def _recipient(client: Lading, text: str) -> str:
    """
    Raises:
        InputError: it is neither a participant nor an address, or the address is mistyped (EIP-55).
    """
    from lading.fields import address

    return address(text, "--to") if ADDRESS.fullmatch(text) else participant_id(client, text)


def _signature(
    stated: Disclosure, content: Bundle, network: str | None, deployment: Path | None, block: int | None
) -> str:
    """
    Raises:
        UsageError: a block without a network.
        InputError: the bundle is of another deployment than the network's.
    """
    from lading.groups.disclosures import signed_on

    if network is None:
        if block is not None:
            raise UsageError("--block is a block of a network.", hint="Give --network with it.")
        return "key-not-checked" if signed_on(stated, content.chain) else "forged"
    from lading.facts import chain_ref

    client = connect(network, deployment)
    if content.chain != chain_ref(client.deployment):
        raise InputError(
            "The bundle is of another deployment than the one of this network.",
            hint="Name the network and the deployment on which the event was published.",
        )
    return client.disclosures.standing(stated, at="latest" if block is None else block).value


def _document(path: Path) -> object:
    """Refusals of the parser's may repeat a number or a name, which may be what is to stay private."""
    from lading.epcis.errors import DocumentError
    from lading.epcis.text import read_json

    data = read_bytes(path)
    try:
        return read_json(data)
    except DocumentError:
        raise FileUnreadable(
            f"{path} is no JSON document that can be read without doubt.",
            hint="'lading epcis check' says where: no name twice in an object, no number beyond a double, UTF-8.",
        ) from None


def _names(words: list[str]) -> list[str]:
    names = list(dict.fromkeys(name for word in words for name in word.split(",") if name))
    if not names:
        raise UsageError("No field is named.", hint="Name fields with their prefix, such as acme:price.")
    return names
