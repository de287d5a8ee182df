"""What the package offers, and that a reader of tags does not pay for the models."""

from __future__ import annotations

import subprocess
import sys

import pytest

import lading.epcis
from lading.errors import LadingError


def test_every_public_name_is_there_in_order():
    assert lading.epcis.__all__ == sorted(lading.epcis.__all__)
    assert all(getattr(lading.epcis, name) for name in lading.epcis.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lading.epcis.nothing  # noqa: B018 - the access is the test


def test_every_error_is_one_of_ladings():
    errors = [getattr(lading.epcis, name) for name in lading.epcis.__all__ if name.endswith("Error")]
    assert len(errors) == 6
    assert all(issubclass(error, LadingError) for error in errors)


def test_the_codec_loads_neither_models_nor_prefix_tables_nor_the_chain():
    code = "import sys, lading.epcis as e; e.decode('30'); print({'pydantic', 'biip', 'web3'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
