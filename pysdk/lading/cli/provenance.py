"""`lading provenance`: does a publisher's log say what its item maps say?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lading.cli.documents import read_bytes, write_public
from lading.cli.options import OUTBOX_URL
from lading.cli.output import Shown, pairs, plain
from lading.cli.verbs import reading
from lading.errors import InputError, UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.provenance.faults import Lacks, Shrank
    from lading.relayer.items.audit import Audited

app = typer.Typer(name="provenance", help="Audits of publishers' logs.", no_args_is_help=True)

Outbox = Annotated[
    str | None,
    typer.Option("--outbox", metavar="FILE|URL", help="The outbox with a log's batches, or a copy. " + OUTBOX_URL),
]
Bundles = Annotated[
    list[Path] | None,
    typer.Option("--bundle", metavar="FILE", help="Or: bundles whose maps are compared; repeat the option."),
]
FaultFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the first fault document here, if one can be made.")
]

FINE, SUSPECT, UNKNOWN = 0, 10, 12
#: What a difference means, for people.
SENTENCES = {
    "root-differs": "the events of this batch do not give its root",
    "items-root-differs": "the item map of this batch does not count its events and those before",
    "anchor-differs": "the chain has another batch under this index",
}


@reading(app, "audit")
def audit(client: Lading, outbox: Outbox = None, bundles: Bundles = None, out: FaultFile = None) -> Shown:
    """Replay a log against its item maps and the chain, or compare the maps of bundles: exit 0 all agree, 10 they do
    not, 12 the log is not whole."""
    if (outbox is None) is (not bundles):
        raise UsageError("What to audit is not said, or twice.", hint="Give --outbox FILE, or --bundle FILE … .")
    return _compared(client, bundles, out) if bundles else _replayed(client, cast(str, outbox), out)


def _replayed(client: Lading, outbox: str, out: Path | None) -> Shown:
    from lading.facts import chain_ref
    from lading.relayer.items import audit as replay
    from lading.relayer.outbox.outbox import Outbox as Opened
    from lading.relayer.run import identity_of
    from lading.relayer.store.database import owner_of

    publisher = owner_of(outbox).publisher
    with Opened.open(outbox, identity_of(client, publisher)) as opened:
        found = replay.audit(opened, lambda index: _digest_of(client, publisher, index), chain_ref(client.deployment))
    missing = client.goods.head(publisher).next_index - found.first - found.batches
    return _shown(publisher, found, max(missing, 0), _written(found.fault, out))


def _compared(client: Lading, files: Sequence[Path], out: Path | None) -> Shown:
    from lading.facts import chain_ref
    from lading.provenance.bundle import parse
    from lading.provenance.fault_search import Evidence, faults_in
    from lading.provenance.faults import Standing, judge

    chain = chain_ref(client.deployment)
    bundles = [parse(read_bytes(file)) for file in files]
    for file, bundle in zip(files, bundles, strict=True):
        if bundle.chain != chain:
            raise InputError(
                f"{file} is of another deployment than the one that is asked.", hint="Name its --network, --deployment."
            )
    shown = {(one.publisher, one.index) for bundle in bundles for one in bundle.entries}
    shown |= {(one.publisher, one.index) for bundle in bundles for one in bundle.maps}
    digests = {(who, index): _digest_of(client, "0x" + who.hex(), index) for who, index in sorted(shown)}
    anchors = {place: digest for place, digest in digests.items() if digest is not None}
    evidence = [Evidence(bundle.entries, bundle.maps) for bundle in bundles]
    judged = [(fault, judge(fault, anchors)) for fault in faults_in(chain, evidence)]
    proven = [(fault, found) for fault, found in judged if found.standing is Standing.PROVEN]
    written = _written(proven[0][0] if proven else None, out)
    document = {
        "verdict": "suspect" if proven else "consistent",
        "bundles": len(bundles),
        "maps": sum(len(bundle.maps) for bundle in bundles),
        "faults": [
            {"kind": fault.kind, "publisher": "0x" + found.publisher.hex(), "because": found.because}
            for fault, found in proven
        ],
        "file": written,
    }
    lines = [f"Participant 0x{found.publisher.hex()} is at fault: {found.because}." for _, found in proven]
    return Shown(document, lines or ["No two of these maps contradict each other."], SUSPECT if proven else FINE)


def _digest_of(client: Lading, publisher: str, index: int) -> bytes | None:
    anchor = client.goods.anchor_of(publisher, index)
    return None if anchor is None else bytes.fromhex(anchor.digest[2:])


def _written(fault: Lacks | Shrank | None, out: Path | None) -> str | None:
    """The fault document's file, if there is a fault and a place for it."""
    from lading.provenance.faults import dump

    if fault is None or out is None:
        return None
    write_public(out, dump(fault).decode())
    return str(out)


def _shown(publisher: str, found: Audited, missing: int, file: str | None) -> Shown:
    whole = found.complete and missing == 0
    code = SUSPECT if found.difference is not None else FINE if whole else UNKNOWN
    document = {
        "publisher": publisher,
        "verdict": {FINE: "consistent", SUSPECT: "suspect", UNKNOWN: "unknown"}[code],
        "first": found.first,
        "batches": found.batches,
        "anchored": found.anchored,
        "missing": missing,
        "things": found.things,
        "difference": None if found.difference is None else str(found.difference),
        "index": found.index,
        "fault": None if found.fault is None else found.fault.kind,
        "file": file,
    }
    return Shown(document, [*pairs(plain(document)), "", *_explained(found, missing)], code)


def _explained(found: Audited, missing: int) -> list[str]:
    lines = []
    if found.difference is not None:
        lines.append(f"Batch {found.index}: {SENTENCES[found.difference]}.")
        told = (
            "is proven by the fault document" if found.fault else "shows here, and no document can prove it to others"
        )
        lines.append(f"It {told}.")
    if found.first:
        lines.append(f"Batches before {found.first} are not in this outbox: what they count was not replayed.")
    if missing:
        lines.append(f"The log has {missing} more batches than this outbox.")
    if found.anchored < found.batches:
        lines.append(f"{found.batches - found.anchored} closed batches are not on the chain yet, or differ from it.")
    return lines or ["Every batch, its item map and what the chain has of it agree."]
