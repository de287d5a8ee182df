"""An Anvil with one publisher, taken back to where it was after each test; and a relay's folder."""

from __future__ import annotations

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import raw
from accounts import audit
from chain_books import ChainView
from model import configuration, expected
from relay_process import Body, PatientRelay, connect, in_a_process, stream
from violations import Violation

from lading.chain import devnet
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.deploy import Params, deploy
from lading.deploy.registry import record_path
from lading.enums import IdentifierScheme, Role
from lading.errors import LadingError
from lading.relayer.config.settings import RelayConfig, load
from lading.relayer.run import identity_of, log_identity
from lading.relayer.store.database import Database

GOVERNOR, CONTROLLER = Signer.dev(0), Signer.dev(1)


@dataclass(frozen=True)
class Ground:
    """A chain with a deployment and a publisher, whose log and `outbox` are empty; `key` is its writer's, in hex."""

    url: str
    record: Path
    client: Lading
    publisher: str
    key: str
    writer: str
    outbox: Path

    def rpc(self, method: str, *params: Any) -> Any:
        answer = self.client.chain.web3.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Whatever happens inside, the chain is as before afterwards."""
        before = self.rpc("evm_snapshot")
        try:
            yield
        finally:
            self.rpc("evm_setAutomine", True)
            assert self.rpc("evm_revert", before)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    with devnet.running("anvil") as node:
        chain = Chain.open(node.url)
        deployment = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=folder)
        client = Lading.connect(chain, signer=GOVERNOR, deployment=deployment)
        key = "0x" + secrets.token_hex(32)
        writer = Signer.unsafe_from_key(key)
        publisher = client.participants.admit(
            controller=CONTROLLER.address,
            roles={Role.BRAND},
            country="CN",
            scheme=IdentifierScheme.NATIONAL_REGISTER,
            identifier="CN-FAULTS",
        ).id
        assert publisher is not None
        consent = client.using(writer).participants.sign_key_consent(publisher)
        client.using(CONTROLLER).participants.add_key(publisher, writer.address, consent)
        client.using(CONTROLLER).goods.set_writer(publisher, writer.address)
        record, outbox = record_path(folder, chain.chain_id, chain.genesis), folder / "empty.sqlite3"
        found = Ground(node.url, record, client, publisher, key, writer.address, outbox)
        Database.open(outbox, identity_of(client, publisher)).close()
        found.rpc("anvil_setBalance", writer.address, hex(10**18))
        yield found


@dataclass
class Bed:
    """A relay's folder: its lines, its outbox at `where`; `url` is the chain as the relay sees it."""

    ground: Ground
    folder: Path
    lines: list[bytes]
    where: str = "relay.sqlite3"
    url: str = ""
    max_events: int = 12
    empty: bool = False
    """Whether the relay is to make its outbox itself, which takes it longer than a log like this."""

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "reads.ndjson").write_bytes(b"".join(line + b"\n" for line in self.lines))
        made = configuration(self.ground.publisher, "reads.ndjson", self.where, self.max_events)
        self.path.write_text(json.dumps(made))
        if not self.empty and not self.where.startswith("postgresql"):
            shutil.copy(self.ground.outbox, self.config.outbox)

    @property
    def path(self) -> Path:
        return self.folder / "relay.yaml"

    @property
    def config(self) -> RelayConfig:
        return load(self.path)

    def body(self, seed: int, make: Any = stream) -> Body:
        made: Body = make(self.url or self.ground.url, self.ground.record, self.ground.key, self.path, seed)
        return made

    def patient(self, seed: int, troubled: Callable[[LadingError], None] = lambda _: None) -> PatientRelay:
        client = connect(self.url or self.ground.url, self.ground.record, self.ground.key)
        return PatientRelay(self.config, client, seed, troubled)

    def run(self, seed: int, label: str | None = None, number: int = 1, make: Any = stream) -> tuple[int, Counter[str]]:
        return in_a_process(self.body(seed, make), label, number)

    @contextmanager
    def database(self) -> Iterator[Database]:
        database = Database.open(self.config.outbox, log_identity(self.config, self.ground.client))
        try:
            yield database
        finally:
            database.close()

    def make_outbox(self) -> None:
        with self.database():
            pass

    def accounts(self, *, done: bool, exactly: bool = True) -> list[Violation]:
        chain = ChainView.of(self.ground.client, self.ground.publisher)
        with self.database() as database:
            if done:
                reads, refused = raw.offered(self.lines), raw.refused(self.lines)
                told = {"offered": reads, "quarantined": refused if exactly else None}
                return audit(database, self.config, chain=chain, exactly=exactly, **told)
            return audit(database, self.config, chain=chain, done=False)

    def events(self) -> list[str]:
        with self.database() as database:
            return raw.events_in([body for (body,) in database.rows("SELECT body FROM events")])

    def sent(self) -> int:
        """How many transactions of the writer were mined."""
        return self.ground.client.chain.nonce(self.ground.writer, "latest")

    def batches(self) -> int:
        with self.database() as database:
            return int(database.one("SELECT count(*) FROM batches")[0])

    def assert_whole(self, *, exactly: bool = True, **how: Any) -> None:
        """Nothing lost, nothing twice, and what the model says."""
        assert self.accounts(done=True, exactly=exactly) == []
        assert self.events() == expected(self.lines, **how)
        assert self.sent() == self.batches()
