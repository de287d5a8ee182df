"""The Solidity compiler: the native build by download with a pinned SHA-256, else npm's solc behind a shim.

Both give the same bytecode. Either one ends at `<root>/.solcx/solc-v0.8.30`, which is where py-solc-x, ape (through
SOLCX_BINARY_PATH) and forge (through --use) look for it.
"""

import hashlib
import platform
import shutil
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lading.toolchain.errors import ChecksumMismatch, CompilerUnavailable
from lading.toolchain.settings import DOWNLOAD_HOST, NATIVE_BUILDS, SOLC_BUILD, SOLC_VERSION

# py-solc-x downloads without either limit, and runs what came before anyone has looked at it.
CONNECT_SECONDS = 10
DOWNLOAD_SECONDS = 120
CHUNK_BYTES = 1 << 16

SHIM = Path(__file__).with_name("solc_shim.js")


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler that is ready to run: `kind` is native or npm, `note` says why native was not used (else empty)."""

    path: Path
    kind: Literal["native", "npm"]
    note: str = ""


def compiler_path(root: Path) -> Path:
    """Where the compiler of the checkout at `root` stands, or will."""
    return root / ".solcx" / f"solc-v{SOLC_VERSION}"


def ensure_compiler(root: Path, host: str = DOWNLOAD_HOST) -> Compiler:
    """The compiler of the checkout at `root`, brought in if it is not there yet.

    Raises ChecksumMismatch or CompilerUnavailable, both naming the two ways to get one.
    """
    path, present = compiler_path(root), find_compiler(root)
    if present is not None:
        return present
    try:
        _download(path, host)
    except CompilerUnavailable as reason:
        missing = _missing_for_npm(root)
        if missing:
            raise type(reason)(f"{reason} {_both_ways(root, host, missing)}") from reason
        _install(path, SHIM.read_bytes())
        return Compiler(path, "npm", str(reason))
    return Compiler(path, "native")


def find_compiler(root: Path) -> Compiler | None:
    """The compiler that already stands in the checkout at `root`; nothing is downloaded or written."""
    path = compiler_path(root)
    if not path.is_file():
        return None
    content = path.read_bytes()
    if content == SHIM.read_bytes() and not _missing_for_npm(root):
        return Compiler(path, "npm", "an earlier run could not download the native one")
    native = NATIVE_BUILDS.get((platform.system(), platform.machine()))
    if native is not None and hashlib.sha256(content).hexdigest() == native[1]:
        return Compiler(path, "native")
    return None


def _download(path: Path, host: str) -> None:
    build = NATIVE_BUILDS.get((platform.system(), platform.machine()))
    if build is None:
        raise CompilerUnavailable(f"No native solc {SOLC_VERSION} is published for this platform.")
    folder, expected = build
    url = f"{host}/{folder}/solc-{folder}-v{SOLC_BUILD}"
    try:
        content = _fetch(url)
    except OSError as error:  # urllib's and the socket's errors alike
        raise CompilerUnavailable(f"{url} could not be fetched: {error}.") from error
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise ChecksumMismatch(f"What came from {url} has SHA-256 {actual}, not the pinned {expected}; it was not run.")
    _install(path, content)


def _fetch(url: str) -> bytes:
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    content = bytearray()
    with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as response:  # noqa: S310 - the host is ours to choose
        while chunk := response.read(CHUNK_BYTES):
            content += chunk
            if time.monotonic() > deadline:
                raise TimeoutError(f"not finished after {DOWNLOAD_SECONDS} s")
    return bytes(content)


def _install(path: Path, content: bytes) -> None:
    """Write the executable whole or not at all: several processes may do this at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)


def _missing_for_npm(root: Path) -> str:
    if shutil.which("node") is None:
        return "Node.js is not installed"
    if not (root / "node_modules" / "solc" / "package.json").is_file():
        return f"{root / 'node_modules' / 'solc'} is not there"
    return ""


def _both_ways(root: Path, host: str, missing: str) -> str:
    return (
        f"And npm's solc cannot stand in, since {missing}. Two ways to get the compiler: let this machine reach {host} "
        f"and repeat the command, or install Node.js 20 or newer and run `npm ci` in {root}."
    )
