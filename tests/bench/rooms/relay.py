"""The relayer. No open project publishes what one reaches, so the peer is a bare loop that does the least which ends in
the same observations: no check, no quarantine, no gaps, no event id. It is a bound, and a ratio near 1 is the best."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import bare
import inputs
from kit import REPEATS, ROOT, Measured, Side, benchmark, digest, rates

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.config.settings import RelayConfig
    from lading.relayer.outbox.outbox import Outbox

SMOOTHED_TAGS, READS_EACH = 5000, 4
EVENTS = 3000
IN_A_BATCH = 1000
POINT = "urn:epc:id:sgln:9524321.00001.1"
PLACE = "urn:epc:id:sgln:9524321.00001.0"
WRITER = "0x" + sha256(b"the bench's writer").hexdigest()


@benchmark("relay.reads", "reads/s")
def relay_reads() -> tuple[Side, Side]:
    """A reader's log to observations, four reads each; nothing is written."""
    reads = SMOOTHED_TAGS * READS_EACH
    logs = [inputs.reader_log(part, SMOOTHED_TAGS, READS_EACH) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer.reads.decode import Decoder
        from lading.relayer.reads.roster import Roster
        from lading.relayer.smoothing.signals import MoveRule
        from lading.relayer.smoothing.tracks import Tracks
        from lading.relayer.smoothing.watermark import BEFORE_ALL, Watermark

        config = _config(Path("relay.sqlite3"))
        lateness = config.smoothing.lateness_ns

        def work(log: bytes) -> list[tuple[str, int]]:
            roster = Roster(config)
            decoder, watermark = Decoder(roster), Watermark(lateness)
            tracks = Tracks(roster, MoveRule.of(config.smoothing), lateness, BEFORE_ALL, ())
            steps = watermark.take(decoder.decode(log).reads)
            for step in [*steps, watermark.pass_to(watermark.newest_ns)]:
                tracks.release(step.released, step.mark_ns)
            return [(said.epc, said.time_ns // 1_000_000) for said in tracks.statements]

        answer = digest(sorted(work(logs[0])))
        return Measured(f"lading {__version__}", rates(work, logs, reads, process_time), answer)

    def theirs() -> Measured:
        answer = digest(sorted(bare.observations(logs[0])))
        return Measured("bare loop, json and a dict", rates(bare.observations, logs, reads, process_time), answer)

    return ours, theirs


@benchmark("relay.events.durable", "events/s")
def relay_events_durable() -> tuple[Side, Side]:
    """A reader's log to events in the outbox's file, one read an event, SQLite's `synchronous=FULL`: the way of a
    stream, from bytes to the inbox in one transaction, from there to events in another. In seconds of the processor."""
    logs = [inputs.reader_log(part, EVENTS, 1) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer import garbage
        from lading.relayer.feeds.message import Message
        from lading.relayer.intake import inbox
        from lading.relayer.outbox.outbox import Outbox
        from lading.relayer.reads.message_decoder import MessageDecoder
        from lading.relayer.reads.roster import Roster
        from lading.relayer.run import NO_LOG
        from lading.relayer.smoothing.inference import Lane

        with _folder() as folder, Outbox.open(folder / "relay.sqlite3", NO_LOG) as outbox:
            config = _config(folder / "relay.sqlite3")
            roster = Roster(config)
            decode, lane = MessageDecoder(roster), Lane(outbox, roster, config, inputs.READER)

            def work(log: bytes) -> None:
                with outbox.transaction():
                    inbox.store(outbox.store, [decode(Message("bench", "log", log))], 0)
                lane.advance()

            garbage.settle()
            samples = rates(work, logs, EVENTS, process_time)
            lane.drain()
            return Measured(f"lading {__version__}", samples, _stored(outbox))

    def theirs() -> Measured:
        with _folder() as folder, bare.Store(folder / "bare.sqlite3") as store:
            samples = rates(store.take_in, logs, EVENTS, process_time)
            return Measured("bare loop into SQLite", samples, digest(sorted(store.events())))

    return ours, theirs


@benchmark("relay.events.anchored", "events/s", rounds=2)
def relay_events_anchored() -> tuple[Side, Side]:
    """The same, then anchored on Anvil in batches of 1,000, each receipt waited for. The bare loop only makes the
    batches' trees, with our hash function, and has no chain."""
    logs = [inputs.reader_log(part, EVENTS, 1) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.relayer.outbox.outbox import Outbox
        from lading.relayer.run import identity_of, run_once

        with _folder() as folder, _publisher(folder) as (client, publisher):
            config = _config(folder / "relay.sqlite3", publisher)
            files = [folder / f"{part}.ndjson" for part in range(len(logs))]
            for file, log in zip(files, logs, strict=True):
                file.write_bytes(log)
            samples = rates(lambda file: run_once(config, client, file), files, EVENTS)
            if client.goods.head(publisher).next_index != len(logs) * EVENTS // IN_A_BATCH:
                raise RuntimeError("not every batch is on the chain")
            with Outbox.open(config.outbox, identity_of(client, publisher)) as outbox:
                return Measured(f"lading {__version__}", samples, _stored(outbox))

    def theirs() -> Measured:
        from lading.provenance.keccak import keccak256

        with _folder() as folder, bare.Store(folder / "bare.sqlite3") as store:
            samples = rates(lambda log: bare.roots(store.take_in(log), IN_A_BATCH, keccak256), logs, EVENTS)
            return Measured("bare loop into SQLite and trees, no chain", samples, digest(sorted(store.events())))

    return ours, theirs


@contextmanager
def _folder() -> Iterator[Path]:
    """On the checkout's disk: in many places the folder for temporary files is memory, where a sync costs nothing."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        yield Path(folder)


def _config(outbox: Path, publisher: str = "0x" + "00" * 32) -> RelayConfig:
    from lading.relayer.config.settings import parse

    point = {"reader": inputs.READER, "antenna": "any", "sgln": POINT, "biz_location": PLACE}
    document = {
        "publisher": publisher,
        "source": "reads.ndjson",
        "outbox": str(outbox),
        "smoothing": {"gap_seconds": str(inputs.GAP_SECONDS)},
        "batch": {"max_events": str(IN_A_BATCH)},
        "read_points": [point | {"biz_step": "shipping", "disposition": "in_transit"}],
    }
    return parse(document, ROOT / "relay.yaml")


def _stored(outbox: Outbox) -> str:
    bodies = [json.loads(body) for (body,) in outbox.store.rows("SELECT body FROM events")]
    return digest(sorted((event["epcList"][0], event["eventTime"]) for event in bodies))


@contextmanager
def _publisher(folder: Path) -> Iterator[tuple[Lading, str]]:
    """A fresh Anvil with a deployment, and on it a client that writes the log of a publisher."""
    from lading.chain import devnet
    from lading.chain.node import Chain
    from lading.chain.signer import Signer
    from lading.client import Lading
    from lading.deploy import Params, deploy
    from lading.enums import IdentifierScheme, Role

    governor, controller, writer = Signer.dev(0), Signer.dev(1), Signer.unsafe_from_key(WRITER)
    with devnet.running("anvil") as node:
        chain = Chain.open(node.url)
        chain.web3.provider.make_request("anvil_setBalance", [writer.address, hex(10**18)])  # type: ignore[arg-type]
        deployment = deploy(chain, governor, Params.default(governance_delay=0), directory=folder)
        client = Lading.connect(chain, signer=governor, deployment=deployment)
        publisher = client.participants.admit(
            controller=controller.address,
            roles={Role.BRAND},
            country="CN",
            scheme=IdentifierScheme.NATIONAL_REGISTER,
            identifier="CN-BENCH",
        ).id
        if publisher is None:
            raise RuntimeError("the admission told no id")
        consent = client.using(writer).participants.sign_key_consent(publisher)
        client.using(controller).participants.add_key(publisher, writer.address, consent)
        client.using(controller).goods.set_writer(publisher, writer.address)
        yield client.using(writer), publisher
