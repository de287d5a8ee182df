"""A relay as it is run: the installed command in a process of its own, a publisher with a log on a real node, and a
configuration that names a broker."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import Broker

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.deploy import Params, deploy
from lading.deploy.registry import record_path
from lading.enums import IdentifierScheme, Role

COMMAND = Path(sys.executable).parent / "lading"
GOVERNOR, CONTROLLER = Signer.dev(0), Signer.dev(1)
STEP_SECONDS = 60.0
"""How long a test waits for what must come, before it gives up."""


def until(question: Callable[[], Any], what: str, seconds: float = STEP_SECONDS) -> Any:
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def line(number: int, reader: str = "dock", tag: int | None = None) -> bytes:
    """One read of a tag of its own, now."""
    serial = number if tag is None else tag
    epc = f"3036451FD40C0E4{serial:09X}"
    at = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 10**9)) + f".{at % 10**9:09d}Z"
    return json.dumps({"reader": reader, "epc": epc, "time": stamp, "sequence": number}).encode()


@dataclass
class Site:
    """One publisher on a node, and a folder with its relay.yaml."""

    folder: Path
    client: Lading
    publisher: str
    key: str
    url: str
    record: Path
    config: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        return [str(COMMAND), "relay", *words, "--config", str(self.config)]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), env=self._env(), capture_output=True, text=True, check=False)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def status(self) -> Any:
        return self.json("status")

    def _env(self) -> dict[str, str]:
        return os.environ | {"LADING_KEY": self.key, "LADING_DEPLOYMENT": str(self.record)} | self.env

    @contextmanager
    def service(self, *words: str, port: int | None = None) -> Iterator[Running]:
        log = self.folder / f"service-{secrets.token_hex(2)}.log"
        with log.open("wb") as err:
            process = subprocess.Popen(self.command("run", *words), env=self._env(), stdout=subprocess.PIPE, stderr=err)
        running = Running(process, log, self.port if port is None else port)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def write(self, **changes: Any) -> None:
        document = yaml.safe_load(self.config.read_text())
        self.config.write_text(yaml.safe_dump(document | changes))


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """Of all its labels together; -1 if it is not told."""
        _, text = self.get("/metrics")
        found = [
            row for row in text.splitlines() if row.startswith((f"lading_relay_{name} ", f"lading_relay_{name}{{"))
        ]
        return sum(float(row.rpartition(" ")[2]) for row in found) if found else -1

    def ready(self) -> None:
        until(lambda: self.alive() and self.get("/readyz")[0] == 200, "the service is ready")

    def alive(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return True

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """How long it took to end in order."""
        begun = time.monotonic()
        self.process.send_signal(how)
        assert self.process.wait(30) == 0, self.log.read_text()
        return time.monotonic() - begun


def mqtt(broker: Broker, **more: object) -> list[dict[str, object]]:
    return [{"mqtt": f"mqtt://127.0.0.1:{broker.port}", "topics": ["readers/+/tags"], "client_id": "dock", **more}]


def publish(broker: Broker, first: int, count: int, reader: str = "dock") -> None:
    messages = [(f"readers/{reader}/tags", line(number, reader)) for number in range(first, first + count)]
    asyncio.run(broker.publish(messages))


def anchored(site: Site, running: Running, events: int) -> None:
    """All of them are on the chain."""

    def done() -> bool:
        running.alive()
        return running.metric("events_total") == events and running.metric("outbox_events") == 0

    until(done, f"{events} events are anchored")
    assert running.metric("reads_total") - running.metric("duplicates_total") == events


def child_of(pid: int) -> int:
    """The anchoring process: the child that is no helper of multiprocessing's."""

    def found() -> int:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        return 0

    return until(found, "the anchoring process is there")


@pytest.fixture(scope="module")
def node() -> Iterator[devnet.Devnet]:
    with devnet.running("anvil") as found:
        yield found


@pytest.fixture(scope="module")
def governor(node: devnet.Devnet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lading, Path]:
    """The client of the registrar, and the file of the deployment's record."""
    chain, folder = Chain.open(node.url), tmp_path_factory.mktemp("deployments")
    deployment = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=folder)
    client = Lading.connect(chain, signer=GOVERNOR, deployment=deployment)
    return client, record_path(folder, chain.chain_id, chain.genesis)


@pytest.fixture
def site(governor: tuple[Lading, Path], node: devnet.Devnet, tmp_path: Path) -> Site:
    client, record = governor
    key = "0x" + secrets.token_hex(32)
    writer = Signer.unsafe_from_key(key)
    client.chain.web3.provider.make_request("anvil_setBalance", [writer.address, hex(10**18)])
    publisher = client.participants.admit(
        controller=CONTROLLER.address,
        roles={Role.BRAND},
        country="CN",
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=f"CN-{secrets.token_hex(9).upper()}",
    ).id
    assert publisher is not None
    consent = client.using(writer).participants.sign_key_consent(publisher)
    client.using(CONTROLLER).participants.add_key(publisher, writer.address, consent)
    client.using(CONTROLLER).goods.set_writer(publisher, writer.address)
    port = free_port()
    document = {
        "publisher": publisher,
        "outbox": "relay.sqlite3",
        "smoothing": {"gap_seconds": 60, "lateness_seconds": 0.2},
        "batch": {"max_events": 500, "max_age_seconds": 0.5},
        "chain": {"endpoints": [node.url]},
        "metrics": f"127.0.0.1:{port}",
        "sources": [{"file": "reads.ndjson", "follow": True}],
        "read_points": [
            {
                "reader": reader,
                "antenna": "any",
                "sgln": f"urn:epc:id:sgln:9524321.0000{number}.1",
                "biz_location": f"urn:epc:id:sgln:9524321.0000{number}.0",
                "biz_step": "shipping",
                "disposition": "in_transit",
            }
            for number, reader in enumerate(("dock", "gate", "yard", "shelf"), 1)
        ],
    }
    path = tmp_path / "relay.yaml"
    path.write_text(yaml.safe_dump(document))
    return Site(tmp_path, client.using(writer), publisher, key, node.url, record, path, port)
