"""Compile the contracts and write the artifacts: the same as `lading build`. Run with `python` in a checkout."""

import sys
from pathlib import Path

from lading.errors import LadingError
from lading.toolchain import build


def main() -> int:
    """Build, and say on stderr what was done; 0 or 1."""
    try:
        report = build(Path(__file__).resolve().parent.parent)
    except LadingError as error:
        print(error, file=sys.stderr)
        return 1
    for contract in report.contracts:
        state = "changed" if contract.changed else "same"
        print(f"{contract.name:24} {contract.runtime_bytes:6} bytes  {state}", file=sys.stderr)
    for line in [*report.warnings, *(f"removed {path.name}" for path in report.removed), report.compiler.note]:
        if line:
            print(line, file=sys.stderr)
    print(f"{len(report.contracts)} contracts, {report.compiler.kind} compiler", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
