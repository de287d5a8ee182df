"""`lading build`: the contracts, compiled into the artifacts that ship."""

from __future__ import annotations

from pathlib import Path

import typer

from lading.cli.options import Json
from lading.cli.output import emit, table
from lading.errors import UsageError


def register(app: typer.Typer) -> None:
    app.command("build")(build)


def build(as_json: Json = False) -> None:
    """Compile the contracts of this checkout and write their artifacts."""
    from lading import toolchain

    root = _checkout(Path.cwd())
    report = toolchain.build(root)
    document = {
        "compiler": {"kind": report.compiler.kind, "path": str(report.compiler.path)},
        "contracts": [
            {"name": one.name, "path": str(one.path), "runtime_bytes": one.runtime_bytes, "changed": one.changed}
            for one in report.contracts
        ],
        "removed": [str(path) for path in report.removed],
        "warnings": list(report.warnings),
    }
    rows = [(one.name, one.runtime_bytes, "changed" if one.changed else "same") for one in report.contracts]
    lines = table(("contract", "bytes", "artifact"), rows, right=("bytes",))
    lines += [*(f"removed {path.name}" for path in report.removed), *report.warnings]
    lines.append(f"{len(rows)} contracts, {report.compiler.kind} compiler. {report.compiler.note or ''}".rstrip())
    emit(document, as_json=as_json, lines=lines)


def _checkout(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        if (place / "contracts" / "interfaces").is_dir() and (place / "pysdk" / "lading").is_dir():
            return place
    raise UsageError(
        "This folder is no checkout of lading, so there is nothing to compile.",
        hint="Run it in a checkout. Users of the package need no compiler: ABI and bytecode come with it.",
    )
