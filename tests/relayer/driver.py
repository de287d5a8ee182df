"""Runs the relayer once in a process of its own: driver.py CONFIG URL RECORD [STEP OCCURRENCE].

With a step it ends itself with SIGKILL right after that step was done for the given time (counted from 1).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from lading.chain.signer import Signer
from lading.client import Lading
from lading.relayer.config.settings import load
from lading.relayer.run import run_once


class KillAfter:
    def __init__(self, step: str, occurrence: int) -> None:
        self._step, self._left = step, occurrence

    def __call__(self, done: str) -> None:
        self._left -= done == self._step
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(config: str, url: str, record: str, step: str = "", occurrence: str = "-1") -> None:
    client = Lading.connect(url, signer=Signer.from_env(), deployment=Path(record))
    summary = run_once(load(Path(config)), client, checkpoint=KillAfter(step, int(occurrence)))
    sys.stdout.write(json.dumps(summary.as_json()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
