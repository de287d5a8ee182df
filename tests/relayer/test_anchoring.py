"""Faults 1, 4, 5 and 7 on a real node: killed at any labelled step, nothing is lost and nothing is anchored twice."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lading.chain import devnet, transactions
from lading.chain.endpoints import Endpoints
from lading.chain.signer import Signer
from lading.client import Lading
from lading.enums import IdentifierScheme, Role
from lading.errors import ContractError
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.anchoring.chain_log import ChainLog
from lading.relayer.anchoring.loop import AnchorLoop, Checkpoint, Round, go_on
from lading.relayer.config.settings import Batching, RelayConfig, load
from lading.relayer.errors import LogAhead, LogDiffers, NotLeader, OutboxForeign
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import identity_of, log_identity, run_once

DRIVER = Path(__file__).parent / "driver.py"
STEPS = ("capture", "persist", "sign", "store", "broadcast", "receipt")
GOVERNOR, CONTROLLER = Signer.dev(0), Signer.dev(1)
EVENTS, READS, DUPLICATES = 12, 49, 3  # of the demo's log
ROOT = "0x" + "77" * 32

Rpc = Callable[..., Any]


@pytest.fixture
def rpc(governor: tuple[Lading, Path]) -> Iterator[Rpc]:
    def request(method: str, *params: Any) -> Any:
        answer = governor[0].chain.web3.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    yield request
    request("evm_setAutomine", True)
    request("evm_mine")


@dataclass
class Site:
    """One publisher with a log of its own, its writer, and the demo's reader log to be relayed in batches of five."""

    client: Lading
    publisher: str
    writer: Signer
    key: str
    url: str
    record: Path
    path: Path

    @property
    def config(self) -> RelayConfig:
        return load(self.path)

    def outbox(self) -> Outbox:
        return Outbox.open(self.config.outbox, log_identity(self.config, self.client))

    def process(self, *kill: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(DRIVER), str(self.path), self.url, str(self.record), *map(str, kill)]
        environment = os.environ | {"LADING_KEY": self.key}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def kill(self, step: str, occurrence: int = 1) -> None:
        ended = self.process(step, occurrence)
        assert ended.returncode == -signal.SIGKILL, ended.stderr

    def signed(self) -> list[tuple[bytes, str]]:
        """Bytes and hash of all that was ever signed, oldest first."""
        with self.outbox() as outbox:
            return outbox.store.rows("SELECT raw, hash FROM attempts ORDER BY id")

    def loop(self, outbox: Outbox, most: int, checkpoint: Checkpoint = go_on) -> AnchorLoop:
        """As a service has it; what waits is closed by its number alone."""
        log = ChainLog(Endpoints([self.url]), self.client.deployment, self.publisher)
        bounds = Batching(max_events=most, max_bytes=10**6, max_age_seconds=3600)
        return AnchorLoop(outbox, log, self.writer, bounds, checkpoint=checkpoint)

    def run(self) -> dict[str, int]:
        ended = self.process()
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def sent(self) -> int:
        """How many transactions of the writer were mined."""
        return self.client.chain.nonce(self.writer.address, "latest")

    def assert_whole(self, batches: int = 3) -> None:
        """Every read in one observation, every event in one batch, every batch on the chain, each sent once."""
        with self.outbox() as outbox:
            stored = outbox.batches()
            within = (
                "SELECT count(*), count(DISTINCT events.id), count(DISTINCT event_id)"
                " FROM events JOIN batches ON id BETWEEN first_event AND last_event"
            )
            assert outbox.store.one(within) == (EVENTS,) * 3
            assert outbox.store.one("SELECT count(*) FROM events") == (EVENTS,)
            assert outbox.store.one("SELECT coalesce(sum(count), 0) FROM read_chunks") == (READS - DUPLICATES,)
        head = self.client.goods.head(self.publisher)
        assert [batch.index for batch in stored] == list(range(batches)) == list(range(head.next_index))
        assert sum(batch.count for batch in stored) == EVENTS
        for batch in stored:
            anchor = self.client.goods.anchor_of(self.publisher, batch.index)
            assert anchor is not None
            assert anchor.digest == "0x" + batch.digest(address_bytes(self.writer)).hex()
            assert (batch.anchored_block is not None, batch.writer) == (True, address_bytes(self.writer))
        assert self.sent() == batches


def address_bytes(signer: Signer) -> bytes:
    return bytes.fromhex(signer.address[2:])


@pytest.fixture
def site(governor: tuple[Lading, Path], node: devnet.Devnet, rpc: Rpc, root: Path, tmp_path: Path) -> Site:
    client, record = governor
    key = "0x" + secrets.token_hex(32)
    writer = Signer.unsafe_from_key(key)
    rpc("anvil_setBalance", writer.address, hex(10**18))
    identifier = f"CN-{secrets.token_hex(9).upper()}"
    admitted = client.participants.admit(
        controller=CONTROLLER.address,
        roles={Role.BRAND},
        country="CN",
        scheme=IdentifierScheme.NATIONAL_REGISTER,
        identifier=identifier,
    ).id
    assert admitted is not None
    consent = client.using(writer).participants.sign_key_consent(admitted)
    client.using(CONTROLLER).participants.add_key(admitted, writer.address, consent)
    client.using(CONTROLLER).goods.set_writer(admitted, writer.address)
    text = (root / "examples/demo/relay.yaml").read_text()
    text = text.replace(
        '{scheme: GLN, identifier: "9524321000019"}', f"{{scheme: NATIONAL_REGISTER, identifier: {identifier}}}"
    )
    text = text.replace("source: reads.ndjson", f"source: {root / 'examples/demo/reads.ndjson'}")
    text = text.replace("max_events: 1000", "max_events: 5")
    path = tmp_path / "relay.yaml"
    path.write_text(text)
    return Site(client.using(writer), admitted, writer, key, node.url, record, path)


def test_a_log_is_relayed_and_anchored_and_a_second_run_changes_nothing(site: Site):
    counts = {"reads": READS, "duplicates": DUPLICATES, "quarantined": 1, "gaps": 1}
    assert site.run() == counts | {"events": EVENTS, "batches": 3}
    site.assert_whole()
    assert site.run() == counts | {"duplicates": READS, "events": 0, "batches": 0}
    site.assert_whole()


@pytest.mark.parametrize(
    ("step", "occurrence"), [("capture", 1), *((step, which) for step in STEPS[1:] for which in (1, 3))]
)
def test_a_process_killed_at_a_step_loses_nothing_and_doubles_nothing(site: Site, step: str, occurrence: int):
    site.kill(step, occurrence)
    summary = site.run()
    assert (summary["events"], summary["duplicates"]) == (0, READS)
    site.assert_whole()


def test_a_process_killed_at_every_step_in_turn_still_anchors_each_batch_once(site: Site):
    for step in STEPS:
        site.kill(step)
    site.run()
    site.assert_whole()


def test_what_was_stored_before_broadcast_is_what_is_mined(site: Site, rpc: Rpc):
    site.kill("store")
    ((_, tx_hash),) = site.signed()
    assert not site.client.chain.knows(tx_hash)
    raise_fee(site, rpc)
    site.run()
    receipt = site.client.chain.receipt(tx_hash)
    assert receipt is not None
    assert receipt.succeeded
    site.assert_whole()


def test_a_transaction_dropped_from_the_pool_is_sent_again_with_the_same_bytes(site: Site, rpc: Rpc):
    rpc("evm_setAutomine", False)
    site.kill("broadcast")
    (signed,) = site.signed()
    assert rpc("anvil_dropTransaction", signed[1]) == signed[1]
    rpc("evm_setAutomine", True)
    raise_fee(site, rpc)
    site.run()
    assert site.signed()[0] == signed
    assert len(site.signed()) == 3
    site.assert_whole()


def test_a_nonce_that_went_elsewhere_is_planned_anew(site: Site):
    site.kill("store")
    ((_, tx_hash),) = site.signed()
    pay_oneself(site)
    site.run()
    assert site.client.chain.receipt(tx_hash) is None
    assert len(site.signed()) == 4
    assert site.sent() == 4  # the three batches, and what took the nonce


def raise_fee(site: Site, rpc: Rpc) -> None:
    """Within what is stored already offers, so that a transaction signed now would be another one."""
    rpc("anvil_setNextBlockBaseFeePerGas", hex(site.client.chain.block().base_fee + 10**8))
    rpc("evm_mine")


def pay_oneself(site: Site) -> None:
    transactions.send(site.client.chain, site.writer, site.writer.address, b"")


def test_batches_undone_by_a_reorg_are_sent_again_with_the_same_bytes(site: Site, rpc: Rpc):
    run_once(site.config, site.client)
    before = site.signed()
    rpc("anvil_reorg", 2, [])
    assert site.client.goods.head(site.publisher).next_index == 1
    again = run_once(site.config, site.client)
    assert [batch.index for batch in again.anchored] == [1, 2]
    assert site.signed() == before
    site.assert_whole()


def test_a_signer_that_is_not_the_writer_is_refused_and_the_right_one_goes_on(site: Site):
    with pytest.raises(ContractError) as caught:
        run_once(site.config, site.client.using(CONTROLLER))
    assert type(caught.value).__name__ == "NotWriter"
    assert site.signed() == []
    assert len(run_once(site.config, site.client).anchored) == 3
    site.assert_whole()


def test_a_transaction_that_was_mined_without_effect_is_signed_anew_by_the_next_run(site: Site, rpc: Rpc):
    """The writer is changed between signing and mining, and changed back."""
    rpc("evm_setAutomine", False)
    site.kill("store")
    rpc("evm_setAutomine", True)
    site.client.using(CONTROLLER).goods.set_writer(site.publisher, None)
    for _ in range(2):  # mined without effect; then refused before it is sent
        with pytest.raises(ContractError) as caught:
            run_once(site.config, site.client)
        assert type(caught.value).__name__ == "NotWriter"
    site.client.using(CONTROLLER).goods.set_writer(site.publisher, site.writer.address)
    assert len(run_once(site.config, site.client).anchored) == 3
    assert site.sent() == 4


def test_a_log_that_somebody_else_continued_is_refused(site: Site):
    run_once(site.config, site.client)
    site.client.goods.anchor(site.publisher, 3, ROOT, ROOT, 1)
    with site.outbox() as outbox, pytest.raises(LogAhead) as caught:
        anchor(outbox, site.client, 5)
    assert (caught.value.next_index, caught.value.expected) == (4, 3)


def test_a_log_with_another_batch_at_our_index_is_refused(site: Site):
    site.kill("persist")
    site.client.goods.anchor(site.publisher, 0, ROOT, ROOT, 1)
    with pytest.raises(LogDiffers):
        run_once(site.config, site.client)
    assert site.sent() == 1


def test_the_next_writer_takes_over_what_the_one_before_had_anchored(site: Site):
    """Killed between broadcast and receipt; then the controller names another key of the publisher."""
    site.kill("broadcast")
    successor = another_writer(site)
    with site.outbox() as outbox:
        anchored = anchor(outbox, successor, 5)
        writers = [batch.writer for batch in outbox.batches()]
        digests = [batch.digest(batch.writer) for batch in outbox.batches() if batch.writer]
    assert [one.index for one in anchored] == [0, 1, 2]
    first, second = address_bytes(site.writer), address_bytes(successor.signer)
    assert writers == [first, second, second]
    anchors = [site.client.goods.anchor_of(site.publisher, index) for index in range(3)]
    assert [one.digest for one in anchors if one] == ["0x" + digest.hex() for digest in digests]


def test_an_older_copy_of_the_outbox_learns_from_the_log_who_anchored(site: Site):
    """It holds the batch as it was closed; a newer copy, by now lost, had signed and anchored it."""
    site.kill("persist")
    with site.outbox() as outbox:
        (batch,) = outbox.unanchored()
        outbox.store.execute("UPDATE batches SET writer = NULL")
        outbox.store.execute("DELETE FROM transactions")
        roots = ["0x" + root.hex() for root in (batch.root, batch.items_root)]
        site.client.goods.anchor(site.publisher, 0, *roots, batch.count)
        successor = another_writer(site)
        assert [one.index for one in anchor(outbox, successor, 5)] == [0, 1, 2]
        writers = [batch.writer for batch in outbox.batches()]
    assert writers == [address_bytes(site.writer), *[address_bytes(successor.signer)] * 2]


def another_writer(site: Site) -> Lading:
    """A client whose signer is a new key of the publisher, and by now the log's writer."""
    signer = Signer.unsafe_from_key("0x" + secrets.token_hex(32))
    transactions.send(site.client.chain, CONTROLLER, signer.address, b"", value=10**17)
    controller = site.client.using(CONTROLLER)
    consent = site.client.using(signer).participants.sign_key_consent(site.publisher)
    controller.participants.add_key(site.publisher, signer.address, consent)
    controller.goods.set_writer(site.publisher, signer.address)
    return site.client.using(signer)


def test_an_outbox_begins_where_its_log_stands(site: Site):
    site.client.goods.anchor(site.publisher, 0, ROOT, ROOT, 1)
    assert [batch.index for batch in run_once(site.config, site.client).anchored] == [1, 2, 3]


def test_a_lost_outbox_is_noticed_once(site: Site, caplog: pytest.LogCaptureFixture):
    run_once(site.config, site.client)
    run_once(site.config, site.client)
    assert caplog.messages == []

    for path in site.config.outbox.parent.glob(site.config.outbox.name + "*"):
        path.unlink()
    run_once(site.config, site.client)
    run_once(site.config, site.client)

    assert [message for message in caplog.messages if "holds 3 batches already" in message] == caplog.messages
    assert len(caplog.messages) == 1


def test_an_outbox_of_another_publisher_is_refused_before_anything_is_written(site: Site):
    run_once(site.config, site.client)
    other = site.config.model_copy(update={"publisher": "0x" + "cd" * 32})
    with pytest.raises(OutboxForeign, match="publisher"):
        run_once(other, site.client)
    site.assert_whole()


def test_a_transaction_that_is_replaced_on_its_way_is_planned_again_and_anchored(site: Site):
    """Whoever holds the key too used the nonce, between storing and sending."""
    asked = []

    def meddle(step: str) -> None:
        if step == "store" and not asked:
            asked.append(step)
            pay_oneself(site)

    assert len(run_once(site.config, site.client, checkpoint=meddle).anchored) == 3
    assert site.sent() == 4
    assert len(site.signed()) == 4


def test_the_identity_of_a_log_is_its_chain_registry_and_publisher(site: Site):
    identity = identity_of(site.client, site.publisher)
    assert (identity.chain_id, identity.publisher) == (site.client.chain.chain_id, site.publisher)
    assert identity.registry == site.client.deployment.address("ProvenanceRegistry").lower()


class Stopped(Exception):
    pass


def seen(second: int) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-02T08:15:{second:02d}.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"urn:epc:id:sgtin:9521141.012345.{second}"],
        "action": "OBSERVE",
    }


def settled(loop: AnchorLoop, **how: bool) -> list[tuple[int, int]]:
    """(index, count) of what is anchored by the time that nothing is on its way."""
    done: list[tuple[int, int]] = []
    while True:
        made = loop.step(**how)
        assert made.leading
        done += [(one.index, one.count) for one in made.anchored]
        if not made.on_the_way:
            return done


def test_a_service_anchors_what_is_due_step_by_step_and_one_leads_at_a_time(site: Site):
    with site.outbox() as outbox, site.outbox() as standing_by:
        leader, other = site.loop(outbox, 2), site.loop(standing_by, 2)
        assert settled(leader) == []
        outbox.add(seen(1), None)
        assert settled(leader) == []
        outbox.add(seen(2), None)
        outbox.add(seen(3), None)
        assert (other.step(), other.step(all_of_it=True)) == (Round(), Round())
        assert settled(leader) == [(0, 2)]
        assert settled(leader) == []
        assert settled(leader, all_of_it=True) == [(1, 1)]
        with pytest.raises(NotLeader):
            anchor(standing_by, site.client, 5)
        leader.stop()
    assert site.client.goods.head(site.publisher).next_index == 2


def test_who_comes_to_lead_finishes_what_was_left_and_goes_on(site: Site):
    def fail(step: str) -> None:
        if step == "store":
            raise Stopped

    with site.outbox() as first, site.outbox() as second:
        stopping, going_on = site.loop(first, 1, fail), site.loop(second, 1)
        stopping.step()
        first.add(seen(1), None)
        with pytest.raises(Stopped):
            stopping.step()
        assert going_on.step() == Round()
        stopping.stop()
        first.add(seen(2), None)
        assert settled(going_on) == [(0, 1), (1, 1)]
        going_on.stop()
        # What the first process remembered of its map is made anew from what the second stored.
        first.add(seen(3), None)
        again = site.loop(first, 1)
        assert settled(again) == [(2, 1)]
        again.stop()
    assert site.sent() == 3


def test_several_batches_are_on_their_way_at_once(site: Site, rpc: Rpc):
    with site.outbox() as outbox:
        loop = site.loop(outbox, 1)
        loop.step()
        rpc("evm_setAutomine", False)
        for second in range(1, 21):
            outbox.add(seen(second), None)
        ways = [loop.step().on_the_way for _ in range(20)]
        assert ways[-1] == 16  # no more are closed while so many wait
        while loop.step().on_the_way:
            rpc("evm_mine")
        assert [batch.count for batch in outbox.batches()] == [1] * 20
        loop.stop()
    assert site.sent() == 20


def test_what_a_reorg_undid_while_the_service_runs_is_sent_again(site: Site, rpc: Rpc):
    with site.outbox() as outbox:
        loop = site.loop(outbox, 1)
        for second in (1, 2):
            outbox.add(seen(second), None)
        while len(site.client.goods.anchors(site.publisher) and [*site.client.goods.anchors(site.publisher)]) < 2:
            loop.step()
        settled(loop)
        before = site.signed()
        rpc("anvil_reorg", 1, [])
        assert site.client.goods.head(site.publisher).next_index == 1
        outbox.add(seen(3), None)
        while site.client.goods.head(site.publisher).next_index < 3:
            loop.step()
        settled(loop)
        loop.stop()
    assert site.signed()[:2] == before
    assert site.sent() == 3
