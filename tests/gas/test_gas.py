"""Gas does not change unseen: what the verbs cost now is what `gas.json` says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import measure


def test_gas_is_as_recorded() -> None:
    recorded = json.loads(measure.FILE.read_text(encoding="utf-8"))
    assert measure.measure() == recorded, "run `make gas`, look at the difference, and commit it with its reason"
