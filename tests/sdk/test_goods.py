"""Product classes, logs and recalls, each on the embedded chain and on Anvil."""

from __future__ import annotations

import secrets

import pytest
from sdk_kit import BRAND, CONTROLLER, STRANGER, admit, funded_signer, give_key

from lading.chain import abi
from lading.enums import RecallScope, Role
from lading.errors import InputError
from lading.groups.goods import gtin_number
from lading.provenance.merkle import batch_digest
from lading.reverts.goods import (
    AlreadyRecalled,
    BatchDiffers,
    BatchEmpty,
    ClassExists,
    ClassUnknown,
    IndexGap,
    NotBrand,
    NotWriter,
    PrefixNotHeld,
    RecallValueInvalid,
    WriterForeign,
)


def root() -> str:
    return "0x" + secrets.token_hex(32)


def gtin_below(prefix: str, item: int) -> str:
    """A GTIN-14 with that company prefix and the right check digit."""
    body = "0" + (prefix + str(item).zfill(12 - len(prefix)))
    return next(body + str(last) for last in range(10) if is_gtin(body + str(last)))


def is_gtin(digits: str) -> bool:
    try:
        gtin_number(digits)
    except InputError:
        return False
    return True


@pytest.fixture(scope="module")
def prefix(world) -> str:
    """The brand's, bound once per chain."""
    chosen = str(secrets.randbelow(10**8) + 5 * 10**8)
    world.client.participants.bind_prefix(world.ids[Role.BRAND], chosen)
    return chosen


@pytest.fixture
def gtin(world, prefix) -> str:
    """A class that is registered."""
    chosen = gtin_below(prefix, secrets.randbelow(1000))
    while world.client.goods.brand_of(chosen) is not None:
        chosen = gtin_below(prefix, secrets.randbelow(1000))
    world.by(BRAND).goods.register_class(chosen)
    return chosen


@pytest.fixture
def log(world):
    """A participant with a writer of its own: (client of the writer, participant)."""
    participant, writer = admit(world.client, set()), funded_signer(world.client)
    give_key(world.client, participant, writer)
    world.by(CONTROLLER).goods.set_writer(participant, writer.address)
    return world.by(writer), participant


def test_batches_are_anchored_without_gaps(log):
    client, participant = log
    roots, maps = [root(), root()], [root(), root()]
    assert client.goods.items_root(participant, 0) == "0x" + "00" * 32
    for index, (one, items) in enumerate(zip(roots, maps, strict=True)):
        client.goods.anchor(participant, index, one, items, 3 + index)

    found = list(client.goods.anchors(participant))

    assert [(batch.index, batch.root, batch.items_root, batch.count, batch.writer) for batch in found] == [
        (0, roots[0], maps[0], 3, client.signer.address),
        (1, roots[1], maps[1], 4, client.signer.address),
    ]
    assert [client.goods.items_root(participant, index) for index in (1, 2)] == maps
    with pytest.raises(InputError, match="Batch 2 of this log is not anchored"):
        client.goods.items_root(participant, 3)
    assert client.goods.head(participant).next_index == 2
    encoded = ["bytes32", "bytes32", "address", "uint32"], [roots[1], maps[1], client.signer.address, 4]
    anchor = client.goods.anchor_of(participant, 1)
    assert anchor.digest == abi.keccak_encoded(*encoded)[: 2 + 2 * 27]
    assert anchor.time.timestamp() == client.chain.block(found[1].block).time
    ours = [bytes.fromhex(one[2:]) for one in (roots[1], maps[1], client.signer.address)]
    assert anchor.digest == "0x" + batch_digest(*ours, 4).hex()
    assert client.goods.anchor_of(participant, 2) is None
    assert [batch.index for batch in client.goods.anchors(participant, index=1)] == [1]
    assert list(client.goods.anchors(participant, to_block=found[0].block)) == found[:1]


def test_the_head_knows_when_the_last_batch_came(log):
    client, participant = log
    assert client.goods.head(participant).last_anchored_at is None
    receipt = client.goods.anchor(participant, 0, root(), root(), 1)
    last = client.goods.head(participant).last_anchored_at
    assert last.timestamp() == client.chain.block(receipt.block).time


def test_the_same_batch_again_changes_nothing(log):
    client, participant = log
    one = root()
    client.goods.anchor(participant, 0, one, one, 2)
    assert client.goods.anchor(participant, 0, one, one, 2).events == ()
    assert client.goods.head(participant).next_index == 1


def test_another_batch_under_an_old_index_is_refused(log):
    client, participant = log
    one = root()
    client.goods.anchor(participant, 0, one, one, 2)
    anchored = client.goods.anchor_of(participant, 0).digest
    with pytest.raises(BatchDiffers) as refusal:
        client.goods.anchor(participant, 0, one, root(), 2)
    assert (refusal.value.index, refusal.value.anchored) == (0, anchored)


def test_the_next_writer_does_not_anchor_the_batch_of_the_one_before(world, log):
    client, participant = log
    one = root()
    client.goods.anchor(participant, 0, one, one, 2)
    anchored = client.goods.anchor_of(participant, 0)
    successor = funded_signer(world.client)
    give_key(world.client, participant, successor)
    world.by(CONTROLLER).goods.set_writer(participant, successor.address)
    with pytest.raises(BatchDiffers) as refusal:
        world.by(successor).goods.anchor(participant, 0, one, one, 2)
    assert refusal.value.anchored == anchored.digest
    assert client.goods.anchor_of(participant, 0) == anchored


def test_a_gap_is_refused_and_says_what_is_expected(log):
    client, participant = log
    with pytest.raises(IndexGap) as refusal:
        client.goods.anchor(participant, 1, root(), root(), 2)
    assert (refusal.value.attempted, refusal.value.expected) == (1, 0)


def test_an_empty_batch_is_refused(log):
    client, participant = log
    with pytest.raises(BatchEmpty):
        client.goods.anchor(participant, 0, root(), root(), 0)


def test_another_than_the_writer_is_refused(log):
    client, participant = log
    with pytest.raises(NotWriter) as refusal:
        client.using(STRANGER).goods.anchor(participant, 0, root(), root(), 1)
    assert (refusal.value.caller, refusal.value.writer) == (STRANGER.address, client.signer.address)


def test_a_stopped_log_has_no_writer(log):
    client, participant = log
    client.using(CONTROLLER).goods.set_writer(participant, None)
    assert client.goods.head(participant).writer is None


def test_a_key_of_another_participant_is_no_writer(world, log):
    _, participant = log
    with pytest.raises(WriterForeign) as refusal:
        world.by(CONTROLLER).goods.set_writer(participant, BRAND.address)
    assert refusal.value.participant == world.ids[Role.BRAND]


def test_a_class_belongs_to_the_brand_of_its_prefix(world, gtin):
    assert world.client.goods.brand_of(gtin) == world.ids[Role.BRAND]
    with pytest.raises(ClassExists) as refusal:
        world.by(BRAND).goods.register_class(gtin)
    assert refusal.value.gtin == int(gtin)


def test_a_class_under_a_foreign_prefix_is_refused(world):
    foreign = gtin_below("4012345", 7)
    with pytest.raises(PrefixNotHeld) as refusal:
        world.by(BRAND).goods.register_class(foreign)
    assert refusal.value.caller == world.ids[Role.BRAND]


def test_recalls_of_class_lot_and_serial_stand_apart(world, gtin):
    brand = world.by(BRAND).goods
    brand.recall(gtin, RecallScope.LOT, "L7", reason="Cracked seals.")
    of_lot = brand.recall_times(gtin, lot="L7", serial="1")
    assert (of_lot.of_class, of_lot.of_serial) == (None, None)

    brand.recall(gtin, RecallScope.SERIAL, "1", reason="Stolen.")
    receipt = brand.recall(gtin, RecallScope.CLASS, reason="Unsafe.")

    times = brand.recall_times(gtin, lot="L7", serial="1")
    assert times.of_lot == of_lot.of_lot
    assert times.of_serial is not None
    assert times.of_class.timestamp() == world.client.chain.block(receipt.block).time
    assert receipt.event("Recalled").args == {
        "gtin": int(gtin),
        "scope": RecallScope.CLASS,
        "value": "",
        "reason": "Unsafe.",
    }


def test_a_recall_stands_once_and_for_good(world, gtin):
    world.by(BRAND).goods.recall(gtin, RecallScope.LOT, "L7", reason="Cracked seals.")
    with pytest.raises(AlreadyRecalled) as refusal:
        world.by(BRAND).goods.recall(gtin, RecallScope.LOT, "L7", reason="Cracked seals.")
    assert (refusal.value.scope, refusal.value.value) == (RecallScope.LOT, "L7")


def test_only_the_brand_recalls(world, gtin):
    other = funded_signer(world.client)
    participant = admit(world.client, {Role.BRAND}, other)
    with pytest.raises(NotBrand) as refusal:
        world.by(other).goods.recall(gtin, RecallScope.CLASS, reason="Spite.")
    assert refusal.value.args_by_name == {"caller": participant, "brand": world.ids[Role.BRAND]}


def test_a_recall_of_an_unknown_class_is_refused(world):
    with pytest.raises(ClassUnknown):
        world.by(BRAND).goods.recall(gtin_below("4012345", 8), RecallScope.CLASS, reason="None.")


def test_a_recall_of_a_lot_names_the_lot(world, gtin):
    with pytest.raises(RecallValueInvalid) as refusal:
        world.by(BRAND).goods.recall(gtin, RecallScope.LOT, "", reason="Cracked seals.")
    assert refusal.value.scope is RecallScope.LOT


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("80614141123458", 80614141123458),
        ("4012345678901", 4012345678901),
        ("036000291452", 36000291452),
        ("96385074", 96385074),
        (36000291452, 36000291452),
    ],
)
def test_gtins_of_every_length_are_read(given, number):
    assert gtin_number(given) == number


@pytest.mark.parametrize(
    "given", ["80614141123459", "4012345678902", "12345", "401234567890x", "", "０12345678905", 10**14, -1]
)
def test_what_is_no_gtin_is_refused_before_anything_is_sent(given):
    with pytest.raises(InputError, match=r"GTIN|digits"):
        gtin_number(given)


def test_a_wrong_check_digit_names_the_right_one():
    with pytest.raises(InputError, match="check digit 9; 8 is right"):
        gtin_number("80614141123459")
