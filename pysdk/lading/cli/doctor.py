"""`lading doctor`: what is installed, what answers, and what to do about each gap."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import typer

from lading.cli.options import Json
from lading.cli.output import emit
from lading.errors import LadingError, ToolchainError

Status = Literal["ok", "gap", "off"]
_SIGNS = {"ok": "ok ", "gap": "GAP", "off": "-  "}
_PACKAGES = ("web3", "eth-account", "pydantic", "typer", "rich", "PyYAML", "rfc8785")
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
#: Contracts are compiled for Shanghai: an older chain lacks PUSH0.
TOO_OLD = ("older", "london")


@dataclass(frozen=True)
class Check:
    """`off` is no gap: something that is not running, and need not be."""

    name: str
    status: Status
    found: str
    advice: str = ""


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(as_json: Json = False) -> None:
    """Say what is installed and reachable, and what to do about each gap."""
    checks = list(run_checks(Path.cwd()))
    gaps = [check.name for check in checks if check.status == "gap"]
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{_SIGNS[check.status]}  {check.name:<{width}}  {check.found}")
        if check.advice:
            lines.append(f"     {'':<{width}}  {check.advice}")
    lines.append(f"{len(gaps)} {'gap' if len(gaps) == 1 else 'gaps'}: {', '.join(gaps)}" if gaps else "No gap.")
    emit({"ok": not gaps, "gaps": gaps, "checks": [asdict(check) for check in checks]}, as_json=as_json, lines=lines)
    if gaps:
        raise typer.Exit(1)


def run_checks(root: Path) -> Iterator[Check]:
    """All checks. The compiler and the node binaries count only in a checkout of the project: users of the package need
    none of them."""
    yield _python()
    for name in _PACKAGES:
        yield _package(name)
    yield _attempt("artifacts", _artifacts, "Run 'lading build' in the checkout, or install the package again.")
    yield _attempt("embedded chain", _embedded, "Install the extra: pip install 'lading[embedded]'.")
    if (root / "foundry.toml").is_file() and (root / "contracts").is_dir():
        yield _node_js()
        yield _attempt("solc", lambda: _solc(root), "Needed to change contracts only: 'lading build' brings it in.")
        for tool in ("forge", "anvil", "ganache"):
            yield _attempt(tool, lambda tool=tool: _tool(tool, root), "Run 'npm ci' in the checkout.")  # type: ignore[misc]
    for network in ("anvil", "ganache"):
        yield _reachable(network)


def _python() -> Check:
    found = platform.python_version()
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Check("python", "ok", found)
    return Check("python", "gap", found, "Install Python 3.11 or newer.")


def _package(name: str) -> Check:
    try:
        return Check(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Check(name, "gap", "not installed", f"pip install {name}")


def _attempt(name: str, look: Callable[[], str], advice: str) -> Check:
    try:
        return Check(name, "ok", look())
    except (LadingError, ImportError, OSError, subprocess.SubprocessError) as error:
        return Check(name, "gap", str(error), advice)


def _artifacts() -> str:
    from lading.artifacts import names

    return f"{len(names())} contracts"


def _embedded() -> str:
    from lading.chain.hardfork import hardfork
    from lading.chain.node import Chain

    return f"py-evm at {hardfork(Chain.open('embedded'))}"


def _node_js() -> Check:
    found = shutil.which("node")
    version = _first_line([found, "--version"]) if found else "not installed"
    good = found is not None and int(version.lstrip("v").partition(".")[0] or 0) >= OLDEST_NODE
    return Check(
        "node.js", "ok" if good else "gap", version, "" if good else f"Install Node.js {OLDEST_NODE} or newer."
    )


def _solc(root: Path) -> str:
    from lading.toolchain import find_compiler

    compiler = find_compiler(root)
    if compiler is None:
        raise ToolchainError("not brought in yet; the compiled contracts are there without it")
    return f"{compiler.kind}, {_first_line([str(compiler.path), '--version'], starting='Version')}"


def _tool(name: str, root: Path) -> str:
    from lading.toolchain import npm_tool

    path = npm_tool(name, root)
    command = ["node", str(path)] if path.suffix == ".js" else [str(path)]
    return _first_line([*command, "--version"])


def _reachable(network: str) -> Check:
    from lading.chain.devnet import recorded_url
    from lading.chain.hardfork import hardfork
    from lading.chain.networks import at_url, resolve
    from lading.chain.node import Chain

    named = resolve(network)
    url = recorded_url("anvil" if network == "anvil" else "ganache")
    try:
        chain = Chain.open(at_url(named, url) if url else named)
        fork = hardfork(chain)
    except LadingError:
        return Check(f"{network} node", "off", "not running", f"'lading devnet up --kind {network}' starts one.")
    found = f"{chain.network.url}, chain {chain.chain_id}, {fork}"
    if fork in TOO_OLD:
        return Check(
            f"{network} node", "gap", found, "The contracts need Shanghai or newer: start it with that hardfork."
        )
    return Check(f"{network} node", "ok", found)


def _first_line(command: list[str], starting: str = "") -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 - our own tools
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip().startswith(starting)]
    return lines[0] if lines else "no version said"
