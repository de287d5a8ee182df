"""Messages decoded together say what they say one by one."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from feeds_kit import decoder, line

from lading.relayer.feeds.message import Form, LlrpContext, Message
from lading.relayer.intake.inbox import Decoded
from lading.relayer.intake.quarantine import Rejected

PAYLOADS = st.one_of(
    st.builds(line, st.integers(0, 9), st.sampled_from(["ours", "zebra", "stranger"])),
    st.builds(lambda number: line(number, antenna="one"), st.integers(0, 9)),
    st.sampled_from(
        [b"", b"{", b"{}", b"{}\r", b"\n", b"time,epc", line(1) + b"\n" + line(2), b"\xff", b"{\xff}", b"1"]
    ),
)
MESSAGES = st.lists(st.builds(Message, st.just("mqtt"), st.sampled_from(["a", "b"]), PAYLOADS), max_size=6)


def summed(decoded: Iterable[Decoded]) -> tuple[dict[str, Any], list[Rejected]]:
    lanes: dict[str, Any] = defaultdict(lambda: ([], []))
    rejected: list[Rejected] = []
    for one in decoded:
        rejected += one.rejected
        for part in one.arrived:
            lanes[part.lane][0].extend(part.reads)
            lanes[part.lane][1].extend(part.numbered)
    return dict(lanes), rejected


@given(MESSAGES)
@settings(deadline=None)
def test_together_as_one_by_one(messages: list[Message]):
    together, apart = decoder().all(messages), map(decoder(), messages)
    assert summed(together) == summed(apart)


def test_llrp_that_is_no_llrp_is_refused_by_its_reader_and_bytes():
    found = decoder()(Message("llrp", "peer", b"no frame at all", Form.LLRP, llrp=LlrpContext("zebra", 1)))
    assert not any(part.reads for part in found.arrived)
    assert [(one.origin, one.form, one.context, one.head) for one in found.rejected] == [
        ("llrp peer", Form.LLRP, "zebra", b"no frame at all")
    ]


def test_llrp_without_a_reader_is_that_of_nobody():
    found = decoder()(Message("llrp", "peer", b"\x04", Form.LLRP))
    assert [one.reason for one in found.rejected] == ["reader-unknown"]
