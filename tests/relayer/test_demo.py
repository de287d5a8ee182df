"""The demo's data: its counts, its documents, and the story that it tells on a chain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.deploy import Params, deploy
from lading.enums import IdentifierScheme, RecallScope, Role
from lading.epcis import check_document, document_event_ids
from lading.facts import TrustedDeployment, chain_ref, verify
from lading.provenance.bundle import Bundle
from lading.provenance.gather import bundle_of
from lading.relayer.anchoring.anchoring import anchor
from lading.relayer.config.settings import load
from lading.relayer.intake.intake import take_document
from lading.relayer.outbox.export import OutboxSource
from lading.relayer.outbox.outbox import Outbox
from lading.relayer.run import check, identity_of, log_identity, run_once

GENUINE, CLONED, RECALLED = (f"urn:epc:id:sgtin:9521141.012345.{serial}" for serial in (1001, 1002, 2001))
CARTON = "urn:epc:id:sscc:9521141.0000000077"
GTIN, RECALLED_LOT = "09521141123454", "L26-0417"
GOVERNOR, CONTROLLER = Signer.dev(0), Signer.dev(1)
DOCUMENTS = ("factory", "port", "customs-export", "customs-import")


@pytest.fixture(scope="module")
def demo(root: Path) -> Path:
    return root / "examples/demo"


def test_the_log_counts_as_its_lines_were_written(demo: Path):
    assert check(load(demo / "relay.yaml")).as_json() == {
        "reads": 49,
        "events": 12,
        "duplicates": 3,
        "quarantined": 1,
        "gaps": 1,
        "batches": 0,
    }


def test_a_dry_run_writes_no_file(demo: Path, tmp_path: Path):
    config = load(demo / "relay.yaml").model_copy(update={"outbox": tmp_path / "outbox.sqlite3"})
    before = sorted(demo.iterdir())
    check(config)
    assert (sorted(demo.iterdir()), list(tmp_path.iterdir())) == (before, [])


def test_published_samples_of_both_readers_can_be_read_with_the_demos_configuration(demo: Path, shared_data: Path):
    config = load(demo / "relay.yaml")
    zebra = check(config, shared_data / "readers/zebra-iot-connector.ndjson").intake
    impinj = check(config, shared_data / "readers/impinj-r700.ndjson").intake
    assert (zebra.reads, zebra.events, zebra.gaps, zebra.quarantined) == (5, 4, 1, 0)
    assert (impinj.reads, impinj.events, impinj.gaps, impinj.quarantined) == (3, 2, 0, 0)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_valid_and_each_event_has_its_own_id(demo: Path, name: str):
    document = json.loads((demo / f"{name}.json").read_text())
    assert check_document(document) == []
    ids = document_event_ids(document)
    assert len(set(ids)) == len(ids) == len(document["epcisBody"]["eventList"])


@dataclass
class Publishers:
    """Everybody who published something, each with an outbox."""

    client: Lading
    outboxes: list[Outbox]

    def bundle(self, item: str) -> Bundle:
        """The item's entries, and those of what it was packed in, with each publisher's maps."""
        return bundle_of(item, chain_ref(self.client.deployment), map(OutboxSource, self.outboxes))

    def verdict(self, item: str) -> tuple[str, tuple[str, ...]]:
        trusted = TrustedDeployment.of_record(self.client.deployment)
        found = verify(self.bundle(item), chain=self.client.chain, deployment=trusted)
        return found.verdict, found.reasons


def admitted(client: Lading, gln: str, role: Role, key: Signer) -> str:
    money = client.participants.money_roles()
    participant = client.participants.admit(
        controller=CONTROLLER.address,
        roles={role} - money,
        country="CN",
        scheme=IdentifierScheme.GLN,
        identifier=gln,
    ).id
    assert participant is not None
    if role in money:
        client.participants.grant_roles(participant, {role})
    consent = client.using(key).participants.sign_key_consent(participant)
    client.using(CONTROLLER).participants.add_key(participant, key.address, consent)
    client.using(CONTROLLER).goods.set_writer(participant, key.address)
    return participant


@pytest.fixture(scope="module")
def published(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Publishers:
    """The whole story on the embedded chain: the relay's reads, and the documents by four other publishers."""
    folder = tmp_path_factory.mktemp("outboxes")
    chain = Chain.open("embedded")
    deployment = deploy(chain, GOVERNOR, Params.default(governance_delay=0), directory=folder)
    client = Lading.connect(chain, signer=GOVERNOR, deployment=deployment)
    cast = {
        "factory": ("9521141000106", Role.BRAND, Signer.dev(2)),
        "port": ("9526543000013", Role.CARRIER, Signer.dev(3)),
        "customs-export": ("9527001000019", Role.CUSTOMS, Signer.dev(4)),
        "customs-import": ("9528001000016", Role.CUSTOMS, Signer.dev(6)),
    }
    outboxes = []
    for name, (gln, role, key) in cast.items():
        publisher = admitted(client, gln, role, key)
        outboxes.append(Outbox.open(folder / name, identity_of(client, publisher)))
        assert take_document(outboxes[-1], json.loads((demo / f"{name}.json").read_text())) > 0
        assert len(anchor(outboxes[-1], client.using(key), 100)) == 1
        if role is Role.BRAND:
            client.participants.bind_prefix(publisher, "9521141")
            client.using(key).goods.register_class(GTIN)
            client.using(key).goods.recall(GTIN, RecallScope.LOT, RECALLED_LOT, reason="The charger overheats.")
    admitted(client, "9524321000019", Role.WAREHOUSE, Signer.dev(5))
    config = load(demo / "relay.yaml").model_copy(update={"outbox": folder / "relay"})
    run_once(config, client.using(Signer.dev(5)))
    outboxes.append(Outbox.open(config.outbox, log_identity(config, client)))
    return Publishers(client, outboxes)


def test_the_genuine_item_is_authentic(published: Publishers):
    assert published.verdict(GENUINE) == ("authentic", ())


def test_the_cloned_tag_is_suspect_for_being_in_two_places(published: Publishers):
    assert published.verdict(CLONED) == ("suspect", ("two-places",))


def test_the_item_of_the_recalled_lot_is_recalled(published: Publishers):
    assert published.verdict(RECALLED) == ("recalled", ("recalled-lot",))


def test_a_document_is_taken_in_once(published: Publishers, demo: Path):
    assert take_document(published.outboxes[0], json.loads((demo / "factory.json").read_text())) == 0
