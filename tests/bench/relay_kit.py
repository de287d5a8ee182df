"""What the benchmarks of the relayer share: a place on the disk, a publisher on a fresh Anvil, and the service as a
process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import inputs
from kit import ROOT, BenchError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.relayer.store.database import Database

POINT = "urn:epc:id:sgln:9524321.00001.1"
PLACE = "urn:epc:id:sgln:9524321.00001.0"
WRITER = "0x" + sha256(b"the bench's writer").hexdigest()
LONGEST_WAIT = 120.0


@contextmanager
def disk() -> Iterator[Path]:
    """A folder on the checkout's disk: in many places the one for temporary files is memory, where a sync costs
    nothing."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def publishing(folder: Path) -> Iterator[tuple[Lading, str]]:
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


@contextmanager
def service(folder: Path, client: Lading, publisher: str, settings: Mapping[str, object]) -> Iterator[Path]:
    """`lading relay run`, which follows a file of reads: that file. `settings` stand in its configuration beside what
    every benchmark needs."""
    point = {"reader": inputs.READER, "antenna": "any", "sgln": POINT, "biz_location": PLACE}
    document = {
        "publisher": publisher,
        "outbox": "relay.sqlite3",
        "chain": {"endpoints": [client.chain.network.url]},
        "sources": [{"file": "reads.ndjson", "follow": True}],
        "unnamed_reader": inputs.READER,
        "read_points": [point | {"biz_step": "shipping", "disposition": "in_transit"}],
    }
    (folder / "relay.yaml").write_text(json.dumps(document | dict(settings)))
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "lading"), "relay", "run", "--config", str(folder / "relay.yaml")],
        env=os.environ | {"LADING_KEY": WRITER, "LADING_DEPLOYMENT": str(next(folder.glob("31337-*.json")))},
        stdout=subprocess.DEVNULL,
        stderr=(folder / "relay.log").open("wb"),
    )
    try:
        (folder / "reads.ndjson").touch()
        until(lambda: _made(folder / "relay.sqlite3"), "the service did not start")
        yield folder / "reads.ndjson"
    finally:
        process.terminate()
        process.wait()


def _made(outbox: Path) -> bool:
    """Whether the service has made its outbox."""
    from lading.relayer.errors import OutboxError
    from lading.relayer.store.database import owner_of

    try:
        owner_of(outbox)
    except OutboxError:
        return False
    return True


def anchored(database: Database) -> int:
    """Up to which event all are on the chain."""
    (first,) = database.one("SELECT min(first_event) FROM batches WHERE anchored_block IS NULL")
    if first is not None:
        return int(first) - 1
    return int(database.one("SELECT coalesce(max(last_event), 0) FROM batches WHERE last_event IS NOT NULL")[0])


def until(question: Callable[[], bool], fault: str) -> None:
    """Raises `BenchError` where it does not come true."""
    end = time.monotonic() + LONGEST_WAIT
    while not question():
        if time.monotonic() > end:
            raise BenchError(fault)
        time.sleep(0.01)
