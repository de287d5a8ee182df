"""Reads in a row of the inbox, and what two deliveries of one have in common."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lading.relayer.reads.reads import Read, in_order, pack, read_hash, unpack

EPC = "3036451FD40C0E40000003E9"


READS = st.builds(
    Read, st.integers(0, 2**63 - 1), st.sampled_from([EPC, "E280"]), st.integers(-1, 3), st.sampled_from(["a", "b\n"]),
    st.integers(-1, 2**63 - 1), st.integers(-840, 840), st.booleans(), st.none() | st.integers(-20000, 20000),
)  # fmt: skip


@given(st.lists(READS), st.lists(st.tuples(st.text(max_size=3), st.integers(0, 2**63 - 1))))
def test_packed_reads_come_out_as_they_went_in(reads: list[Read], numbered: list[tuple[str, int]]):
    found = unpack(pack(reads, numbered))
    assert found == (reads, numbered)


@given(st.lists(READS, max_size=6), st.randoms())
def test_deliveries_of_one_read_stand_beside_each_other_whatever_came_first(reads: list[Read], shuffler):
    twice = [*reads, *(read._replace(rssi=None) for read in reads)]
    shuffled = list(twice)
    shuffler.shuffle(shuffled)
    assert in_order(twice) == in_order(shuffled)
    identities = [read.identity for read in in_order(twice)]
    assert identities == sorted(identities)


def test_reads_that_differ_have_other_hashes():
    reads = [Read(1, EPC, 1, "a", 2), Read(2, EPC, 1, "a", 2), Read(1, "30", 1, "a", 2), Read(1, EPC, 2, "a", 2)]
    reads += [Read(1, EPC, 1, "b", 2), Read(1, EPC, 1, "a", 3)]
    assert len({read_hash(read.identity) for read in reads}) == len(reads)
    assert read_hash(reads[0].identity) == read_hash(reads[0]._replace(rssi=-5000, offset_minutes=60).identity)
