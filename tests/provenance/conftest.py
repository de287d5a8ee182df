"""Makes the kits of this folder importable (pytest's importlib mode puts no test folder on the path), and what tests on
nodes share: each of their files has a `ledger` of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from facts_kit import Ledger, genuine_of, recalled_of
from liar import Liar, liar

from lading.provenance.bundle import Bundle


@pytest.fixture(scope="module")
def genuine(ledger: Ledger) -> Bundle:
    return genuine_of(ledger)


@pytest.fixture(scope="module")
def recalled(ledger: Ledger, genuine: Bundle) -> Bundle:
    return recalled_of(ledger)


@pytest.fixture
def crooked(ledger: Ledger) -> Iterator[Liar]:
    with liar(ledger.url) as made:
        yield made
