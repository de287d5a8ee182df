"""Execute the code in README.md and docs/, so that it stays true.

    .venv/bin/python tools/snippets.py [files]

A fence marked `python` runs as Python, all of a file in one process and in order; one marked `console` runs each line
that starts with `$ ` in bash, and a backslash at its end continues it. Both run in one folder per file, empty but for
the checkout's examples/ and scripts/, with .venv/bin first on PATH. A fence marked otherwise is not code to run. One
that cannot run here says why after its language (```console not run: needs a reader on the network), and is listed.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOWN = ("examples", "scripts", "contracts", "ape-config.yaml")
SECONDS = 300
FENCE = re.compile(r"^```(python|console)[ \t]*([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fence: its first line in the file, its language, why it is not run (or empty), and its code."""

    line: int
    language: str
    excuse: str
    code: str


def snippets(text: str) -> Iterator[Snippet]:
    """The fences of a page, in order. Raises ValueError for a word after the language that is no excuse."""
    for found in FENCE.finditer(text):
        language, remark, code = found.groups()
        line = text.count("\n", 0, found.start()) + 1
        excuse = remark.removeprefix("not run:").strip()
        if remark and (excuse == remark.strip() or not excuse):
            raise ValueError(f"line {line}: {remark!r} is neither empty nor `not run: <reason>`")
        yield Snippet(line, language, excuse, code)


def commands(code: str) -> str:
    """What was typed in a console: the lines after `$ `, with their continuations."""
    typed, continued = [], False
    for line in code.splitlines():
        if continued or line.startswith("$ "):
            typed.append(line.removeprefix("$ ") if not continued else line)
            continued = line.endswith("\\")
    return "\n".join(typed) + "\n"


def script(runnable: list[Snippet]) -> str:
    """One bash script for a page; the Python of neighbouring fences shares one process and its names."""
    parts: list[tuple[str, str]] = []
    for snippet in runnable:
        code = snippet.code if snippet.language == "python" else commands(snippet.code)
        if parts and parts[-1][0] == snippet.language == "python":
            parts[-1] = ("python", parts[-1][1] + code)
        else:
            parts.append((snippet.language, code))
    blocks = [
        f"python - <<'END_OF_SNIPPET'\n{code}END_OF_SNIPPET\n" if kind == "python" else code for kind, code in parts
    ]
    return "set -euo pipefail\n" + "".join(blocks)


def run_page(page: Path) -> bool:
    """Run one page; False, with its output on stderr, if anything in it failed."""
    found = list(snippets(page.read_text(encoding="utf-8")))
    for snippet in found:
        if snippet.excuse:
            print(f"not run: {page.relative_to(ROOT)}:{snippet.line}: {snippet.excuse}")
    runnable = [snippet for snippet in found if not snippet.excuse]
    if not runnable:
        return True
    with tempfile.TemporaryDirectory() as folder:
        for name in SHOWN:
            if (ROOT / name).exists():
                (Path(folder) / name).symlink_to(ROOT / name)
        surroundings = os.environ | {"PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", script(runnable)],
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    verdict = "ok" if done.returncode == 0 else f"exit {done.returncode}"
    print(f"{page.relative_to(ROOT)}: {len(runnable)} snippets, {verdict}", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode == 0


def main() -> int:
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    pages = pages or [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if page.is_file()]
    results = [run_page(page) for page in pages]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
