"""`lading relay`: from readers, or the documents of others, to anchored batches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli import relay_captures, relay_quarantine
from lading.cli.documents import FileUnreadable, read_json
from lading.cli.options import OUTBOX_URL, DeploymentFile, DevAccount, Json, KeyStdin
from lading.cli.output import Shown, emit, pairs, printable, progress, table
from lading.cli.values import participant_id
from lading.cli.verbs import signing

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.run import Summary
    from lading.relayer.service.status import Status

app = typer.Typer(name="relay", help="Tag reads into anchored events.", no_args_is_help=True)
app.add_typer(relay_quarantine.app)
app.add_typer(relay_captures.app)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="Relay configuration (YAML).")]
ConfigOption = Annotated[Path, typer.Option("--config", help="Relay configuration (YAML).")]
Input = Annotated[
    Path | None,
    typer.Option(
        "--input", help="Reader log, LLRP capture or EPCIS document; - for a log on stdin; default: `source`."
    ),
]
Once = Annotated[bool, typer.Option("--once", help="One pass over the log as it stands, instead of a service.")]
Worker = Annotated[str, typer.Option("--worker", metavar="NAME", help="Among several on one outbox: this one's name.")]
Retired = Annotated[str, typer.Argument(metavar="WORKER", help="Its name, as `relay run --worker` had it.")]
Events = Annotated[int | None, typer.Option("--events", min=0, metavar="N", help="Show the first N events.")]
NetworkOrConfig = Annotated[
    str | None,
    typer.Option(
        "--network", "-n", envvar="LADING_NETWORK", help="As elsewhere; default: the configuration's `chain`, or anvil."
    ),
]

Document = Annotated[Path, typer.Argument(metavar="FILE", help="EPCIS 2.0 JSON-LD document.")]
Publisher = Annotated[str, typer.Option("--publisher", metavar="PARTICIPANT", help="Whose log: id, or GLN:….")]
OutboxPlace = Annotated[
    str, typer.Option("--outbox", metavar="FILE|URL", help="The log's outbox; made if missing. " + OUTBOX_URL)
]
#: Events of one batch, as in the shipped example of a configuration.
MAX_EVENTS = 1000
SAMPLE = 5

_MEANING = {
    "reads": "well-formed reads",
    "events": "new events",
    "duplicates": "reads that were delivered before",
    "quarantined": "lines that go to quarantine",
    "gaps": "sequence numbers still missing",
    "batches": "batches anchored",
}


@app.command("check")
def check(config: Config, source: Input = None, events: Events = None, as_json: Json = False) -> None:
    """Say what a first run over a log would count, and which events it would make; write nothing, ask no chain."""
    from lading.relayer import run as relay
    from lading.relayer.config.settings import load

    most, settings = SAMPLE if events is None else events, load(config)
    found = relay.preview(settings, source, most)
    document: dict[str, Any] = {**found.summary.as_json(), "refused": [asdict(one) for one in found.refused]}
    if events is not None:
        document["sample"] = found.events
    lines = list(_counted(found.summary).lines)
    if found.refused:
        told = [(one.lines, one.reason, printable(one.detail)) for one in found.refused]
        lines += ["", *table(("lines", "refused as", "since"), told, right=("lines",))]
    if settings.signing is not None:
        signer, problem = relay_captures.signed_by(settings.signing)
        document["signing"] = {"signer": signer, "problem": problem}
        lines.append(f"captures are signed by {signer}" if signer else f"captures cannot be signed: {problem}")
    emit(document, as_json=as_json, lines=[*lines, *_told(found.events, found.summary.intake.events)])


@app.command("run")
def run(
    config: ConfigOption,
    source: Input = None,
    once: Once = False,
    worker: Worker = "0",
    network: NetworkOrConfig = None,
    deployment: DeploymentFile = None,
    as_json: Json = False,
    key_stdin: KeyStdin = False,
    dev_account: DevAccount = None,
) -> None:
    """Listen to all configured sources until SIGTERM, and anchor what they bring; with --once, or where there are none,
    take a reader log in as it stands, and end. Safe to repeat and to kill. Signs as the log's writer."""
    from lading.cli import relay_service
    from lading.relayer.config.settings import load

    keys = relay_service.Keys(network, deployment, key_stdin, dev_account)
    # A network that was named is looked at before anything else, as by every other command.
    client = keys.client() if once and network is not None else None
    settings = load(config)
    if once or source is not None or not settings.sources:
        if not once:
            progress("One pass over the log as it stands (--once says so); a service needs `sources`.")
        shown = _counted(relay_service.one_pass(settings, client or keys.client(settings), source))
    else:
        shown = _totals(relay_service.serve(settings, keys, worker))
    emit(shown.document, as_json=as_json, lines=shown.lines)


@app.command("status")
def status(config: ConfigOption, as_json: Json = False) -> None:
    """What a relay has done and what waits, beside a running service or without one; asks no chain."""
    from lading.relayer.config.settings import load
    from lading.relayer.service.status import reasons_at, status_at

    settings = load(config)
    found = status_at(settings.outbox)
    reasons = None if settings.metrics is None else reasons_at(settings.metrics)
    document = found.as_json() | {"reasons": reasons}
    emit(document, as_json=as_json, lines=[*_readable(found), *_not_well(reasons or [])])


@app.command("retire")
def retire(worker: Retired, config: ConfigOption, as_json: Json = False) -> None:
    """Give up the place at the brokers of a worker that will not run again: what they hold for it is stored, and its
    session ends. Beside a running service or without one; may be repeated."""
    from lading.cli import relay_service
    from lading.relayer.config.settings import load

    taken = relay_service.retire(load(config), worker)
    document = {"worker": worker, "messages": taken}
    emit(document, as_json=as_json, lines=pairs({"retired": worker, "messages that it still had": taken}))


@signing(app, "publish")
def publish(client: Lading, document: Document, participant: Publisher, outbox: OutboxPlace) -> Shown:
    """Take in an EPCIS document made elsewhere, and anchor its events. Safe to repeat. Signs as the log's writer."""
    from lading.relayer.anchoring.anchoring import anchor
    from lading.relayer.intake.intake import take_document
    from lading.relayer.outbox.outbox import Outbox
    from lading.relayer.run import identity_of

    content, who = read_json(document), participant_id(client, participant)
    if not isinstance(content, dict):
        raise FileUnreadable(f"{document} is no EPCIS document.", hint="'lading epcis check' says what is wrong.")
    with Outbox.open(outbox, identity_of(client, who)) as store:
        events = take_document(store, content)
        anchored = anchor(store, client, MAX_EVENTS)
    lines = pairs({"new events": events, "batches anchored": len(anchored)})
    return Shown({"events": events, "batches": len(anchored)}, lines)


def _counted(summary: Summary) -> Shown:
    document = summary.as_json()
    lines = pairs({_MEANING[name]: count for name, count in document.items()})
    return Shown(document, [*lines, *(f"batch {one.index}: {one.count} events" for one in summary.anchored)])


def _totals(found: Status) -> Shown:
    """Of the outbox since it was made, in the words of one run."""
    document = {name: getattr(found, name) for name in _MEANING}
    return Shown(
        document, ["stopped; since this outbox was made:", *pairs({_MEANING[k]: v for k, v in document.items()})]
    )


def _told(sample: Iterable[Mapping[str, Any]], events: int) -> list[str]:
    listed = [_in_a_line(event) for event in sample]
    if not listed:
        return []
    more = [f"… and {events - len(listed):,} more"] if events > len(listed) else []
    return ["", "the first events" if more else "the events", *(f"  {line}" for line in listed), *more]


def _in_a_line(event: Mapping[str, Any]) -> str:
    goods = event.get("epcList") or event.get("childEPCs") or []
    what = str(goods[0]) if goods else "nothing"
    more = f" and {len(goods) - 1} more" if len(goods) > 1 else ""
    inside = f" in {event['parentID']}" if "parentID" in event else ""
    step = str(event.get("bizStep", "-")).rpartition(":")[2].rpartition("/")[2]
    where = (event.get("readPoint") or {}).get("id", "-")
    return printable(f"{event['eventTime']}  {step}  {what}{more}{inside}  at {where}")


def _readable(found: Status) -> list[str]:
    last = found.last_batch
    newest = "none yet"
    if last is not None:
        where = "not on the chain yet" if last.block is None else f"in block {last.block}"
        newest = f"{last.index}, {last.events:,} events, closed {_span(last.age_seconds)} ago, {where}"
    told: dict[str, object] = {
        "reads": found.reads,
        "  delivered before": found.duplicates,
        "  late": found.late,
        "  stored, not worked on": found.inbox_reads,
        "captures signed": found.captures_signed or None,
        "in quarantine": found.quarantined,
        "sequence numbers missing": found.gaps,
        "events": found.events,
        "  by source": ", ".join(f"{count:,} {source}" for source, count in found.events_by_source.items()),
        "  not on the chain": found.waiting_events,
        "  the oldest of them waits": _span(found.outbox_age_seconds) if found.waiting_events else None,
        "batches on the chain": found.batches,
        "  closed, not there yet": found.open_batches,
        "  the newest": newest,
        "transactions pending": found.pending_transactions,
        "  that no node has": found.nonce_gap,
        "  fees raised": found.fee_bumps,
        "newest block seen": None if found.head_lag_seconds is None else f"{_span(found.head_lag_seconds)} old",
        "failed requests": json.dumps(found.rpc_errors) if found.rpc_errors else None,
    }
    lanes = [
        (lane.name, lane.holder or "nobody", "-" if lane.lag_seconds is None else _span(lane.lag_seconds))
        for lane in found.lanes
    ]
    return [*pairs(told), "", *table(("lane", "held by", "behind"), lanes)] if lanes else pairs(told)


def _not_well(reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the service that runs says of itself."""
    told = [(str(one.get("part")), str(one.get("problem"))) for one in reasons]
    return ["", *table(("not well", "since"), told)] if told else []


def _span(seconds: float) -> str:
    """A time that a tired reader takes in."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s"
