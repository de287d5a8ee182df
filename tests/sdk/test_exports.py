"""What `lading` offers at its top, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import lading
from lading.client import Lading


def test_the_exported_names_are_sorted_and_all_there():
    assert lading.__all__ == sorted(lading.__all__)
    assert all(getattr(lading, name).__name__ == name for name in lading.__all__)
    assert set(lading.__all__) <= set(dir(lading))


def test_the_client_is_the_clients_own_class():
    assert lading.Lading is Lading


def test_a_name_that_does_not_exist_is_said_so():
    with pytest.raises(AttributeError, match="'lading' has no attribute 'Ladling'"):
        lading.Ladling  # noqa: B018 - the access is what is tested


def test_importing_the_package_loads_neither_web3_nor_pydantic():
    code = "import sys, lading; print([name for name in ('web3', 'pydantic', 'eth_account') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
