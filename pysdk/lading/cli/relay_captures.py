"""`lading relay captures`: what a gateway signed of each reader, for whoever audits it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import FileNotWritten, FileUnreadable
from lading.cli.options import DeploymentFile, Json, connect
from lading.cli.output import emit, pairs, printable, table
from lading.cli.values import moment
from lading.errors import InputError, SignerError, UsageError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.captures.document import Header
    from lading.relayer.captures.raw_log import Compared, RawLog
    from lading.relayer.captures.verify import Earlier, Verified
    from lading.relayer.config.signing import Signing

app = typer.Typer(name="captures", help="What was accepted of each reader, signed.", no_args_is_help=True)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="Relay configuration (YAML).")]
Reader = Annotated[str, typer.Option("--reader", metavar="NAME", help="As the configuration names it.")]
_TIME = {"parser": moment, "metavar": "TIME"}
Since = Annotated[datetime | None, typer.Option("--since", help="Received at or after this time (RFC 3339).", **_TIME)]
Until = Annotated[datetime | None, typer.Option("--until", help="Received before this time (RFC 3339).", **_TIME)]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The file to write; default: stdout.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="From 'relay captures export'.")]
Log = Annotated[Path | None, typer.Option("--log", metavar="FILE", help="The reader's own log: JSON lines or CSV.")]
EarlierFile = Annotated[
    Path | None, typer.Option("--earlier", metavar="FILE", help="An earlier export: what it has may not be gone.")
]
AskedNetwork = Annotated[
    str | None,
    typer.Option(
        "--network", "-n", envvar="LADING_NETWORK", help="Where to ask whose keys signed; else that is not checked."
    ),
]
CONSISTENT, SUSPECT, UNKNOWN = 0, 10, 12
_BLOCK_BYTES = 1 << 20


@app.command("export")
def export(
    config: Config, reader: Reader, since: Since = None, until: Until = None, out: Out = None, as_json: Json = False
) -> None:
    """Write the signed captures of a reader, also beside a running service; JSON lines, a line a capture."""
    from lading.cli.relay_quarantine import opened
    from lading.relayer.captures import export as captures

    if as_json and out is None:
        raise UsageError("With --json the captures need a file of their own.", hint="Name it: --out FILE.")
    with opened(config) as (_, database, identity), database.snapshot():
        header = captures.header_of(database, identity, reader, _ns(since, "--since"), _ns(until, "--until"))
        count, reads = -1, 0
        with _writing(out) as write:
            for line, held in captures.lines(database, header):
                write(line)
                count, reads = count + 1, reads + held
    if out is not None:
        counted = {"captures": count, "reads": reads, "first": header.first, "last": header.last}
        document = {"file": str(out), "publisher": "0x" + header.publisher.hex(), "reader": reader, **counted}
        emit(document, as_json=as_json, lines=pairs(document))


@app.command("verify")
def verify(
    file: File,
    log: Log = None,
    earlier: EarlierFile = None,
    network: AskedNetwork = None,
    deployment: DeploymentFile = None,
    as_json: Json = False,
) -> None:
    """Check signatures, order and wholeness of captures, and with --network whose keys signed them: exit 0 all is well,
    10 it is not, 12 no chain was asked."""
    from lading.relayer.captures.document import parse
    from lading.relayer.captures.verify import verify as judge

    client = None if network is None else connect(network, deployment)
    with _reading(file) as lines:
        header, captures = parse(lines)
        _refuse_others(header, client)
        before = None if earlier is None else _earlier(header, earlier)
        known = None if log is None else _log(header.reader, log)
        verified = judge(header, captures, None if known is None else known.take, before)
    compared = None if known is None else known.compare(verified)
    keys = {signer: _standing(verified, signer, client) for signer in verified.signers}
    document = _document(verified, compared, keys)
    emit(document, as_json=as_json, lines=_lines(document))
    if code := {"consistent": CONSISTENT, "suspect": SUSPECT, "unknown": UNKNOWN}[document["verdict"]]:
        raise typer.Exit(code)


def signed_by(settings: Signing) -> tuple[str | None, str | None]:
    """Whose key signs captures, or why it cannot be had."""
    from lading.relayer.captures.keys import signing_key

    try:
        return signing_key(settings).address, None
    except SignerError as error:
        return None, error.message


def _ns(time: datetime | timedelta | None, name: str) -> int | None:
    if isinstance(time, timedelta):
        raise InputError(f"{name} lies in the past.", hint="Write it as 2026-05-01T12:00:00Z.")
    return None if time is None else int(time.timestamp()) * 1_000_000_000 + time.microsecond * 1000


@contextmanager
def _writing(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Writes to a file that is there once all of it is written; to stdout for None.

    Raises `FileNotWritten`: what was there before stands.
    """
    if out is None:
        yield lambda line: typer.echo(line.decode(), nl=False)
        return
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(out)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise FileNotWritten(
            f"{out} cannot be written: {error.strerror or error}.", hint="Check the folder and its permissions."
        ) from error


@contextmanager
def _reading(path: Path) -> Iterator[Iterator[bytes]]:
    """Its lines; one that is too long is cut.

    Raises `FileUnreadable`.
    """
    from lading.relayer.captures.document import MAX_LINE_BYTES

    try:
        with path.open("rb") as file:
            yield iter(lambda: file.readline(MAX_LINE_BYTES), b"")
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror or error}.", hint="Check the path.") from error


def _refuse_others(header: Header, client: Lading | None) -> None:
    if client is None:
        return
    chain, registry = client.chain, client.deployment.address("ProvenanceRegistry").lower()
    told = (header.chain_id, "0x" + header.genesis.hex(), "0x" + header.provenance_registry.hex())
    if told != (chain.chain_id, chain.genesis.lower(), registry):
        raise InputError(
            "The captures are of another deployment than the one of this network.",
            hint="Name the network and the deployment in whose log the gateway's publisher writes.",
        )


def _earlier(header: Header, path: Path) -> Earlier:
    from lading.relayer.captures.document import parse
    from lading.relayer.captures.verify import earlier_of

    with _reading(path) as lines:
        found = earlier_of(header, *parse(lines))
    if found is None:
        raise InputError(f"{path} is of another reader, publisher or chain.", hint="Name an earlier file of the same.")
    return found


def _log(reader: str, path: Path) -> RawLog:
    from lading.relayer.captures.raw_log import RawLog

    try:
        with path.open("rb") as file:
            return RawLog(reader, iter(lambda: file.read(_BLOCK_BYTES), b""))
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror or error}.", hint="Check the path.") from error


def _standing(verified: Verified, signer: bytes, client: Lading | None) -> str:
    from lading.relayer.captures.verify import judge_key

    if client is None:
        return "not-checked"
    return judge_key(verified, signer, client.participants.key("0x" + signer.hex()))


def _document(verified: Verified, compared: Compared | None, keys: dict[bytes, str]) -> dict[str, Any]:
    header = verified.header
    unchecked = "not-checked" in keys.values()
    return {
        "verdict": "suspect" if verified.faults_in_all else "unknown" if unchecked else "consistent",
        "publisher": "0x" + header.publisher.hex(),
        "reader": header.reader,
        "chain_id": header.chain_id,
        "captures": verified.captures,
        "reads": verified.reads,
        "first": header.first,
        "last": header.last,
        "signers": [
            {"address": "0x" + signer.hex(), "captures": verified.signers[signer].captures, "key": standing}
            for signer, standing in sorted(keys.items())
        ],
        "faults": [
            {"fault": one.fault.value, "sequence": one.sequence, "detail": one.detail} for one in verified.faults
        ],
        "faults_in_all": verified.faults_in_all,
        "log": None if compared is None else {name: getattr(compared, name) for name in compared.__slots__},
    }


def _lines(document: dict[str, Any]) -> list[str]:
    told = {name: document[name] for name in ("verdict", "publisher", "reader", "captures", "reads", "first", "last")}
    lines = pairs(told)
    if signers := document["signers"]:
        rows = [(one["address"], one["captures"], one["key"]) for one in signers]
        lines += ["", *table(("signed by", "captures", "its key"), rows, right=("captures",))]
    if document["log"]:
        lines += ["", *pairs({f"{name} (log)": count for name, count in document["log"].items()})]
    for one in document["faults"]:
        where = "" if one["sequence"] is None else f"capture {one['sequence']}: "
        lines.append(printable(f"{where}{one['detail']} ({one['fault']})"))
    if more := document["faults_in_all"] - len(document["faults"]):
        lines.append(f"… and {more:,} faults more.")
    if document["verdict"] == "unknown":
        lines.append("Whose keys these are was not checked: name a node with --network.")
    if document["first"] > 1:
        lines.append(f"Captures before {document['first']} are not in this file.")
    return lines
