"""Change the money's contracts in small ways and see whether the forge tests notice. Outside CI: it takes a while.

    .venv/bin/python tools/mutate.py [--minutes 9] [--part contracts/Quotes.sol] [--survivors]

Runs on copies in build/mutate, keeps each verdict in build/mutate/results.json, and goes on where it was. The score is
killed / (killed + survived + timed out): a mutant that does not compile says nothing and is left out; a survivor counts
against the score even where mutate.survivors.toml explains it. Verdicts hold for one state of contracts and tests.
`--survivors` asks again only about what was not killed, and takes over the kills of an older state; it is for writing
tests, not for the figure. 0 only if all are judged, at least 90 % killed, and each survivor explained.
"""

import argparse
import json
import sys
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from mutate_rules import Mutant, mutants, sample
from mutate_run import Tree, Verdict, copy_inputs, digest
from mutate_tokens import vault_sources, vocabulary

from lading.errors import LadingError, ToolchainError

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutate"
SOURCE = WORK / "source"  # what one run is about, whatever is edited meanwhile
EXPLAINED = ROOT / "tools" / "mutate.survivors.toml"
SEED, SAMPLE, REQUIRED, WORKERS = "lading", 320, 0.90, 2
OUTCOMES = ("killed", "survived", "timed out", "stillborn")


@dataclass(frozen=True, slots=True)
class Explained:
    """One entry of the list of survivors; `reason` says why no test can or need tell the mutant from the original."""

    file: str
    key: str
    reason: str

    def is_about(self, mutant: Mutant) -> bool:
        return (self.file, self.key) == (mutant.file, mutant.key)


def parse_explained(text: str) -> list[Explained]:
    """Raises ToolchainError for an entry without a reason."""
    entries = [Explained(**entry) for entry in tomllib.loads(text).get("survivor", [])]
    for entry in entries:
        if not entry.reason.strip():
            raise ToolchainError(f"mutate.survivors.toml: give a reason for {entry.key} in {entry.file}.")
    return entries


class Results:
    """The verdicts in a file, each with the state of the tree that it is about."""

    def __init__(self, path: Path, state: str, *, older_kills: bool = False) -> None:
        self._path, self._state, self._older_kills = path, state, older_kills
        self._lock = threading.Lock()
        self._kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def of(self, mutant: Mutant) -> Verdict | None:
        """What is known and still holds."""
        entry = self._kept.get(_name(mutant))
        if entry is None or (entry["state"] != self._state and not self._is_older_kill(entry)):
            return None
        return Verdict(entry["outcome"], entry["by"], entry["seconds"])

    def is_older(self, mutant: Mutant) -> bool:
        return bool(self._kept[_name(mutant)]["state"] != self._state)

    def _is_older_kill(self, entry: Mapping[str, object]) -> bool:
        return self._older_kills and entry["outcome"] == "killed"

    def put(self, mutant: Mutant, verdict: Verdict) -> None:
        with self._lock:
            self._kept[_name(mutant)] = {"state": self._state, **asdict(verdict)}
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(self._kept, indent=1, sort_keys=True), encoding="utf-8")
            fresh.replace(self._path)


def _name(mutant: Mutant) -> str:
    return f"{mutant.file}#{mutant.key}"


def chosen(root: Path, part: str | None) -> list[Mutant]:
    """The sample, of all files or of one. Raises ToolchainError for a part that is none of the files."""
    files = vault_sources(root)
    if part not in (None, *files):
        raise ToolchainError(f"{part} is none of the files that are mutated: {', '.join(files)}.")
    known = vocabulary([path.read_text(encoding="utf-8") for path in sorted((root / "contracts").rglob("*.sol"))])
    every = [mutant for file in files for mutant in mutants(file, (root / file).read_text(encoding="utf-8"), known)]
    return [mutant for mutant in sample(every, SAMPLE, SEED) if part in (None, mutant.file)]


def run(waiting: Sequence[Mutant], results: Results, minutes: float | None) -> None:
    """Judge what waits, two at a time, each worker in a tree of its own, until the time is up."""
    end = None if minutes is None else time.monotonic() + 60 * minutes
    queue: SimpleQueue[Mutant] = SimpleQueue()
    for mutant in waiting:
        queue.put(mutant)

    def work(number: int) -> None:
        tree = Tree(ROOT, SOURCE, WORK / f"tree{number}")
        tree.check()
        while end is None or time.monotonic() < end:
            try:
                mutant = queue.get_nowait()
            except Empty:
                return
            verdict = tree.judge(mutant)
            results.put(mutant, verdict)
            told = f"{verdict.outcome:9} {verdict.seconds:5.1f} s  {mutant.file}:{mutant.line}  {mutant.change.rule}"
            print(f"{told}  {verdict.by}", flush=True)

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(work, number) for number in range(min(WORKERS, len(waiting)))]:
            done.result()


def report(verdicts: Mapping[Mutant, Verdict], explained: Sequence[Explained]) -> list[str]:
    """A line per file and for all of them, then each survivor with what was changed."""
    lines = [f"{'':44}" + "".join(f"{outcome:>11}" for outcome in OUTCOMES) + f"{'score':>9}"]
    for file in [*sorted({mutant.file for mutant in verdicts}), ""]:
        counts = Counter(v.outcome for m, v in verdicts.items() if file in ("", m.file))
        figures = "".join(f"{counts[outcome]:11}" for outcome in OUTCOMES)
        lines.append(f"{file or 'all':44}{figures}{score(counts):9.1%}")
    for mutant, verdict in verdicts.items():
        if verdict.outcome in ("survived", "timed out"):
            reasons = [entry.reason for entry in explained if entry.is_about(mutant)]
            lines.append(f"\n{verdict.outcome}: {mutant.file}:{mutant.line} in {mutant.change.function or 'the head'}")
            lines.append(f"    {mutant.change.rule}, key {mutant.key}: {reasons[0] if reasons else 'UNEXPLAINED'}")
            lines += [f"    - {line}" for line in mutant.before.splitlines()]
            lines += [f"    + {line}" for line in mutant.after.splitlines()]
    return lines


def score(counts: Mapping[str, int]) -> float:
    """killed / (killed + survived + timed out); 1 where nothing compiled."""
    judged = sum(counts[outcome] for outcome in ("killed", "survived", "timed out"))
    return counts["killed"] / judged if judged else 1.0


def faults(verdicts: Mapping[Mutant, Verdict], explained: Sequence[Explained], left: int, *, whole: bool) -> list[str]:
    """Why the run is no success. An entry about a file that was left out of a part is not idle."""
    found = [f"{left} mutants are not judged yet: run it again, it goes on"] if left else []
    counts = Counter(verdict.outcome for verdict in verdicts.values())
    if score(counts) < REQUIRED:
        found.append(f"{score(counts):.1%} killed; {REQUIRED:.0%} is asked")
    alive = [mutant for mutant, verdict in verdicts.items() if verdict.outcome in ("survived", "timed out")]
    unexplained = [mutant for mutant in alive if not any(entry.is_about(mutant) for entry in explained)]
    if unexplained:
        found.append(f"{len(unexplained)} survivors without a reason in mutate.survivors.toml")
    if whole and not left:
        idle = [entry for entry in explained if not any(entry.is_about(mutant) for mutant in alive)]
        found += [f"explains nothing any more: {entry.key} in {entry.file}" for entry in idle]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation testing of the vault and its operators.")
    parser.add_argument("--minutes", type=float, help="start no mutant after this time")
    parser.add_argument("--part", help="only this file")
    parser.add_argument("--survivors", action="store_true", help="only what was not killed, also in an older state")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        explained = parse_explained(EXPLAINED.read_text(encoding="utf-8"))
        copy_inputs(ROOT, SOURCE)
        picked = chosen(SOURCE, options.part)
        results = Results(WORK / "results.json", digest(SOURCE), older_kills=options.survivors)
        run([mutant for mutant in picked if results.of(mutant) is None], results, options.minutes)
    except (LadingError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    verdicts = {mutant: verdict for mutant in picked if (verdict := results.of(mutant)) is not None}
    print("\n".join(report(verdicts, explained)))
    older = sum(results.is_older(mutant) for mutant in verdicts)
    if older:
        print(f"\n{older} kills are of an older state of the tree: the figure needs a run without --survivors")
    wrong = faults(verdicts, explained, len(picked) - len(verdicts), whole=options.part is None)
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
