"""Codes under seals, as people read them off."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.provenance.errors import SealError
from lading.provenance.seal import read_code, write_code


@given(st.binary(min_size=16, max_size=16), st.data())
def test_a_code_is_read_as_it_was_printed(code, data):
    text = write_code(code)
    assert read_code(text) == code
    assert read_code(f" {text.lower().replace('-', ' ')}\n") == code
    place = data.draw(st.integers(0, len(text) - 1).filter(lambda place: text[place] != "-"))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").filter(lambda one: one != text[place]))
    mistyped = text[:place] + other + text[place + 1 :]
    with contextlib.suppress(SealError):
        assert read_code(mistyped) != code


@pytest.mark.parametrize("text", ["", "K5SW", "0" * 26, "A" * 27, "A" * 25 + "B"])
def test_what_is_no_code_is_refused(text):
    with pytest.raises(SealError):
        read_code(text)
