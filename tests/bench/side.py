"""One side of one benchmark, measured in this process: `python side.py LABEL ours|peer` -> one JSON object."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import rooms
from kit import BENCHMARKS, BenchError


def main(label: str, side: str) -> None:
    ours, peer = BENCHMARKS[label].make()
    try:
        measured = ours() if side == "ours" else peer()
    except BenchError as error:
        sys.exit(str(error))
    print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    rooms.load()
    main(*sys.argv[1:])
