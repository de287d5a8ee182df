"""Documents to be spoilt: `LADING_DEEP_INPUTS` says how many in all (5,000 without it), `LADING_DEEP_SEED` which."""

from __future__ import annotations

import json
import os
import random
import string
from pathlib import Path
from typing import Any

DOCUMENTS = Path(__file__).parent / "documents"
INPUTS = int(os.environ.get("LADING_DEEP_INPUTS", "5000"))
SEED = os.environ.get("LADING_DEEP_SEED", "lading")
TEA: dict[str, Any] = json.loads((DOCUMENTS / "tea.json").read_text(encoding="utf-8"))
FILES = [(DOCUMENTS / name).read_bytes() for name in ("tea.json", "tea-2.0.xml", "tea-1.2.xml")]
EVENTS: list[dict[str, Any]] = TEA["epcisBody"]["eventList"]


def document_of(event: dict[str, Any]) -> dict[str, Any]:
    """A document with one event."""
    return {**TEA, "epcisBody": {"eventList": [event]}}


def part(share: float) -> int:
    """A share of the inputs."""
    return max(1, int(INPUTS * share))


def rng_of(name: str) -> random.Random:
    """The same choices in each run with one seed."""
    return random.Random(f"{SEED} {name}")  # noqa: S311 - reproducible, not secret


def text_of(rng: random.Random, alphabet: str = string.ascii_letters, most: int = 8) -> str:
    """Some letters."""
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, most)))
