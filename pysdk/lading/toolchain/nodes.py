"""The real binaries of forge, anvil, cast and ganache that `npm ci` brings."""

import platform
import shutil
from pathlib import Path

from lading.toolchain.errors import ToolMissing

_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}


def npm_tool(name: str, root: Path) -> Path:
    """The executable of `name` (anvil, cast, forge or ganache): npm's in the checkout at `root`, else the one on PATH.

    Never `node_modules/.bin/forge` and its like: that wrapper exits 0 when tests fail, and killing it leaves the node
    running. Raises ToolMissing.
    """
    found = _in_checkout(name, root)
    if found is not None:
        return found
    on_path = shutil.which(name)
    if on_path is None:
        raise ToolMissing(f"{name} is neither in {root / 'node_modules'} nor on PATH. Run `npm ci` in {root}.")
    return Path(on_path)


def _in_checkout(name: str, root: Path) -> Path | None:
    if name == "ganache":
        candidate = root / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
        return candidate if candidate.is_file() else None
    system, machine = _SYSTEMS.get(platform.system(), ""), _MACHINES.get(platform.machine(), "")
    suffix = ".exe" if system == "win32" else ""
    candidate = root / "node_modules" / "@foundry-rs" / f"{name}-{system}-{machine}" / "bin" / f"{name}{suffix}"
    return candidate if candidate.is_file() else None
