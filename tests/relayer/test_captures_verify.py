"""An exported file: whatever was altered, taken out, put in or moved is found, each by its name."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

sys.path.insert(0, str(Path(__file__).parent))
from captures_kit import FIRST_NS, KEY, OTHER, accept, changed, exported, faults, read, signer, verified
from databases import IDENTITY
from feeds_kit import line
from hypothesis import given
from hypothesis import strategies as st

from lading.models import Key
from lading.relayer.captures.document import CapturesFileError, schema
from lading.relayer.captures.errors import NoCaptures
from lading.relayer.captures.raw_log import Compared, RawLog
from lading.relayer.captures.signing import CaptureSigner
from lading.relayer.captures.verify import Fault, judge_key, verify
from lading.relayer.store.database import MEMORY, Database, LogIdentity

SECOND = 10**9


def _filled() -> Database:
    """Five captures of one reader, a second apart; the third has two reads."""
    made = Database.open(MEMORY, IDENTITY)
    for number in range(5):
        payloads = [line(number), *([line(10)] if number == 2 else [])]
        accept(made, payloads, FIRST_NS + number * SECOND)
    return made


GOOD = exported(_filled())


@pytest.fixture
def database() -> Database:
    return _filled()


@pytest.fixture
def file(database: Database) -> bytes:
    return exported(database)


def test_a_file_that_nobody_touched_is_good_and_of_the_published_form(file: bytes):
    found = verified(file)
    assert (found.captures, found.reads, found.faults) == (5, 6, [])
    assert [(key.hex(), one.captures) for key, one in found.signers.items()] == [(KEY.address[2:].lower(), 5)]
    validator = Draft202012Validator(schema())
    for text in file.splitlines():
        validator.validate(json.loads(text))


ALTERED = {
    "sequence": ({"sequence": 7}, {Fault.OUT_OF_ORDER, Fault.SIGNATURE_WRONG, Fault.MISSING}),
    "time": ({"received_ns": str(FIRST_NS)}, {Fault.SIGNATURE_WRONG}),
    "previous": ({"previous": "0x" + "01" * 32}, {Fault.CHAIN_BROKEN, Fault.SIGNATURE_WRONG}),
    "count": ({"count": 3}, {Fault.COUNT_DIFFERS, Fault.SIGNATURE_WRONG}),
    "no reads": ({"reads": None}, {Fault.READS_DIFFER}),
    "digest": ({"digest": "0x" + "01" * 32}, {Fault.READS_DIFFER, Fault.SIGNATURE_WRONG}),
    "signer": ({"signer": OTHER.address.lower()}, {Fault.SIGNATURE_WRONG}),
    "signature": ({"signature": "0x" + "01" * 64 + "1b"}, {Fault.SIGNATURE_WRONG, Fault.CHAIN_BROKEN}),
}


@pytest.mark.parametrize("name", ALTERED)
def test_each_member_that_was_altered_is_found(file: bytes, name: str):
    members, expected = ALTERED[name]
    assert {fault for fault, _ in faults(changed(file, 3, **members))} == expected


@pytest.mark.parametrize(("at", "word"), enumerate(["1", "AA", "5", "99", "60", "1", "-100"]), ids=str)
def test_each_part_of_a_read_that_was_altered_is_found(file: bytes, at: int, word: str):
    reads = json.loads(file.splitlines()[3])["reads"]
    parts = reads[1].split(" ")
    parts[at] = word
    assert faults(changed(file, 3, reads=[reads[0], " ".join(parts)])) == {(Fault.READS_DIFFER, 3)}


def test_reads_that_were_taken_out_put_in_or_moved_within_a_capture_are_found(file: bytes):
    reads = json.loads(file.splitlines()[3])["reads"]
    assert faults(changed(file, 3, reads=reads[::-1])) == {(Fault.READS_DIFFER, 3)}
    for other in (reads[:1], [*reads, reads[0]]):
        assert faults(changed(file, 3, reads=other)) == {(Fault.READS_DIFFER, 3), (Fault.COUNT_DIFFERS, 3)}


BEYOND = ('"first":', '"genesis":')
"""What only a chain, or whoever asked for the file, can compare."""


@given(st.data())
def test_no_byte_of_a_file_can_be_changed_unnoticed(data: st.DataObject):
    file = GOOD
    at = data.draw(st.integers(0, len(file) - 1))
    changed_to = data.draw(st.integers(0, 255).filter(lambda byte: byte != file[at]))
    spoilt = file[:at] + bytes([changed_to]) + file[at + 1 :]
    try:
        found = verified(spoilt)
    except CapturesFileError:
        return
    members = file[: file.index(b"\n")].decode().split(",")
    inside = file[:at].decode().count(",")
    assert found.faults or (at < file.index(b"\n") and members[inside].startswith(BEYOND))


HEADER = {
    "chain_id": 1,
    "provenance_registry": "0x" + "23" * 20,
    "publisher": "0x" + "ac" * 32,
    "reader": "zebra",
}


@pytest.mark.parametrize("name", HEADER)
def test_signatures_count_for_no_other_chain_registry_publisher_or_reader(file: bytes, name: str):
    assert faults(changed(file, 0, **{name: HEADER[name]})) == {(Fault.SIGNATURE_WRONG, one) for one in range(1, 6)}


def _without(*gone: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [text for number, text in enumerate(lines) if number not in gone]


ORDER = {
    "one is gone": (_without(3), {(Fault.MISSING, 4), (Fault.CHAIN_BROKEN, 4)}),
    "the first is gone": (_without(1), {(Fault.MISSING, 2), (Fault.CHAIN_BROKEN, 2)}),
    "the last is gone": (_without(5), {(Fault.MISSING, None)}),
    "two are swapped": (
        lambda lines: [*lines[:3], lines[4], lines[3], lines[5]],
        {
            (Fault.MISSING, 4),
            (Fault.CHAIN_BROKEN, 4),
            (Fault.OUT_OF_ORDER, 3),
            (Fault.CHAIN_BROKEN, 3),
            (Fault.CHAIN_BROKEN, 5),
        },
    ),
    "one is there twice": (
        lambda lines: [*lines[:4], lines[3], *lines[4:]],
        {(Fault.OUT_OF_ORDER, 3), (Fault.CHAIN_BROKEN, 3)},
    ),
    "one follows the end": (
        lambda lines: [*lines, lines[1]],
        {(Fault.OUT_OF_ORDER, 1), (Fault.CHAIN_BROKEN, 1)},
    ),
}


@pytest.mark.parametrize("name", ORDER)
def test_captures_that_are_gone_or_in_another_order_are_found(file: bytes, name: str):
    change, expected = ORDER[name]
    assert faults(b"".join(change(file.splitlines(keepends=True)))) == expected


def test_the_end_may_not_be_said_to_be_earlier(file: bytes):
    assert faults(changed(file, 0, last=4)) == {(Fault.OUT_OF_ORDER, 5)}


def test_a_capture_by_the_same_key_that_replaces_one_breaks_the_chain_after_it(file: bytes):
    """Whoever has the key can sign another third capture, but not one that the fourth follows on."""
    forger = Database.open(MEMORY, IDENTITY)
    for number in range(5):
        accept(forger, [line(number if number != 2 else 99)], FIRST_NS + number * SECOND)
    lines, forged = file.splitlines(keepends=True), exported(forger).splitlines(keepends=True)
    assert lines[2] == forged[2]
    assert faults(b"".join([*lines[:3], forged[3], *lines[4:]])) == {(Fault.CHAIN_BROKEN, 4)}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM signed_captures WHERE sequence = 3", {(Fault.MISSING, 4), (Fault.CHAIN_BROKEN, 4)}),
        ("DELETE FROM signed_captures WHERE sequence = 5", {(Fault.MISSING, None)}),
        ("DELETE FROM signed_captures WHERE sequence < 3", {(Fault.MISSING, 3), (Fault.CHAIN_BROKEN, 3)}),
        ("DELETE FROM signed_captures", {(Fault.MISSING, None)}),
        ("UPDATE signed_captures SET received_ns = 1 WHERE sequence = 2", {(Fault.SIGNATURE_WRONG, 2)}),
        ("UPDATE signed_captures SET reads = x'00' WHERE sequence = 2", {(Fault.READS_DIFFER, 2)}),
        (
            "UPDATE signed_captures SET count = 9 WHERE sequence = 2",
            {(Fault.COUNT_DIFFERS, 2), (Fault.SIGNATURE_WRONG, 2)},
        ),
        ("UPDATE signed_captures SET reader = 'zebra' WHERE sequence = 5", {(Fault.MISSING, None)}),
    ],
)
def test_what_somebody_did_to_the_tables_is_found(database: Database, statement: str, expected: set):
    database.execute(statement)
    assert faults(exported(database)) == expected


def test_an_end_that_was_cut_with_all_its_traces_is_found_by_an_earlier_file(database: Database, file: bytes):
    before = {one.sequence: one.signature for one in read(file)[1]}
    kept = read(file)[1][3].previous
    database.execute("DELETE FROM signed_captures WHERE sequence > 3")
    database.execute("UPDATE capture_heads SET sequence = 3, link = ?", (kept,))
    cut = exported(database)
    assert verified(cut).faults == []
    assert {(one.fault, one.sequence) for one in verified(cut, before).faults} == {
        (Fault.MISSING, 4),
        (Fault.MISSING, 5),
    }
    accept(database, [line(77)], FIRST_NS + 60 * SECOND)
    found = {(one.fault, one.sequence) for one in verified(exported(database), before).faults}
    assert found == {(Fault.EARLIER_DIFFERS, 4), (Fault.MISSING, 5)}
    assert verified(file, before).faults == []


def test_a_part_of_the_time_is_whole_in_itself(database: Database):
    part = exported(database, since=FIRST_NS + SECOND, until=FIRST_NS + 4 * SECOND)
    assert [one.sequence for one in read(part)[1]] == [2, 3, 4]
    assert verified(part).faults == []
    database.execute("UPDATE signed_captures SET received_ns = ? WHERE sequence = 3", (FIRST_NS - 10 * SECOND,))
    torn = exported(database, since=FIRST_NS + SECOND)
    assert [one.sequence for one in read(torn)[1]] == [2, 3, 4, 5]


def test_a_reader_without_captures_is_told_who_has_some(database: Database):
    for reader, since in (("zebra", None), ("ours", FIRST_NS + 60 * SECOND)):
        with pytest.raises(NoCaptures, match="no signed captures") as caught:
            exported(database, reader, since)
        assert "'ours'" in caught.value.hint


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: b"",
        lambda file: file[1:],
        lambda file: file[:-1],
        lambda file: file.replace(b'"count":1', b'"count": 1', 1),
        lambda file: file.replace(b'"count":1', b'"count":1,"count":1', 1),
        lambda file: file.replace(b'"count":1', b'"count":0', 1),
        lambda file: file.replace(b'"count":1', b'"more":1,"count":1', 1),
        lambda file: file.replace(b"lading-captures/1", b"lading-captures/2", 1),
        lambda file: file.replace(b" -1 1 0 0 -", b" -1 01 0 0 -", 1),
        lambda file: file + b"\n",
        lambda file: file + b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_such_file_is_refused_by_its_line(file: bytes, spoil: Callable[[bytes], bytes]):
    spoilt = spoil(file)
    assert spoilt != file
    with pytest.raises(CapturesFileError, match=r"line \d"):
        verified(spoilt)


def test_captures_of_another_publishers_gateway_do_not_pass_for_ours(file: bytes):
    other = LogIdentity(IDENTITY.chain_id, IDENTITY.genesis, IDENTITY.registry, "0x" + "cd" * 32)
    theirs = Database.open(MEMORY, IDENTITY)
    accept(theirs, [line(1)], FIRST_NS, CaptureSigner(other, KEY))
    assert faults(exported(theirs)) == {(Fault.SIGNATURE_WRONG, 1)}


# -- keys

NOW = FIRST_NS // SECOND


def _key(
    added: int = 0, revoked: int | None = None, since: int | None = None, publisher: str = IDENTITY.publisher
) -> Key:
    def at(offset: int | None) -> datetime | None:
        return None if offset is None else datetime.fromtimestamp(NOW + offset, UTC)

    return Key(
        address=KEY.address,
        participant=publisher,
        added_at=at(added),
        revoked_at=at(revoked),
        compromised_since=at(since),
    )


@pytest.mark.parametrize(
    ("key", "standing", "fault", "sequence"),
    [
        (_key(), "valid", None, None),
        (_key(added=300), "valid", None, None),
        (_key(added=301), "too-new", Fault.KEY_TOO_NEW, 1),
        (_key(revoked=5), "revoked-later", None, None),
        (_key(revoked=4), "revoked", Fault.KEY_REVOKED, 5),
        (_key(revoked=5, since=4), "compromised", Fault.KEY_COMPROMISED, 5),
        (_key(revoked=9, since=5), "revoked-later", None, None),
        (_key(publisher="0x" + "cd" * 32), "foreign", Fault.KEY_FOREIGN, None),
        (None, "unknown", Fault.KEY_UNKNOWN, None),
    ],
)
def test_keys_are_judged_by_what_the_chain_has(
    file: bytes, key: Key | None, standing: str, fault: Fault | None, sequence: int | None
):
    found = verified(file)
    assert judge_key(found, bytes.fromhex(KEY.address[2:]), key) == standing
    assert [(one.fault, one.sequence) for one in found.faults] == ([] if fault is None else [(fault, sequence)])


def test_a_key_that_was_rotated_leaves_one_chain_by_two_signers(database: Database):
    accept(database, [line(20)], FIRST_NS + 9 * SECOND, signer(OTHER))
    found = verified(exported(database))
    assert found.faults == []
    assert {one.hex(): by.captures for one, by in found.signers.items()} == {
        KEY.address[2:].lower(): 5,
        OTHER.address[2:].lower(): 1,
    }


def test_many_faults_are_counted_and_some_listed(database: Database):
    for number in range(150):
        accept(database, [line(number)], FIRST_NS + (10 + number) * SECOND)
    found = verified(changed(exported(database), 0, chain_id=7))
    assert (len(found.faults), found.faults_in_all) == (100, 155)


# -- the reader's own log

LOG = b"\n".join([*(line(number) for number in range(5)), line(10)])


def compared(file: bytes, log: bytes) -> tuple[Compared, list[Fault]]:
    header, captures = read(file)
    known = RawLog(header.reader, [log[:100], log[100:]])
    found = verify(header, captures, known.take)
    return known.compare(found), [one.fault for one in found.faults]


def test_a_log_of_the_same_reads_agrees_in_any_order_with_others_between(file: bytes):
    log = b"\n".join([line(3, "zebra"), b"no line", *reversed(LOG.split(b"\n")), line(2)])
    assert compared(file, log) == (Compared(6, 0, 0, 0, 1, 1), [])


def test_the_first_read_that_is_missing_is_named_by_its_time_as_the_log_has_it(file: bytes):
    header, captures = read(file)
    known = RawLog(header.reader, [LOG + b"\n" + line(6)])
    found = verify(header, captures, known.take)
    known.compare(found)
    assert re.search(r"no capture: 1, the first at 2026-03-02T08:15:\d\d\.\d{9}Z, 30", found.faults[0].detail)


def test_reads_that_the_gateway_left_out_or_made_up_are_found(file: bytes):
    assert compared(file, LOG + b"\n" + line(6)) == (Compared(7, 1, 0, 0, 0, 0), [Fault.READ_MISSING])
    assert compared(file, LOG.replace(line(10), b"")) == (Compared(5, 0, 1, 0, 0, 0), [Fault.READ_FOREIGN])
    later = line(11, time="2026-03-02T08:15:31Z")
    assert compared(file, LOG + b"\n" + later) == (Compared(7, 0, 0, 1, 0, 0), [])


def test_lines_that_name_no_reader_are_of_the_reader_whose_log_it_is(file: bytes):
    log = b"\n".join(
        json.dumps({name: value for name, value in json.loads(text).items() if name != "reader"}).encode()
        for text in LOG.split(b"\n")
    )
    assert compared(file, log) == (Compared(6, 0, 0, 0, 0, 0), [])
