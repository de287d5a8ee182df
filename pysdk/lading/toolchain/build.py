"""`lading build`: every contract that ships, compiled and written as one JSON artifact each.

What ships is a rule, not a list: a file directly under `contracts/` ships the contract of its own name, whether the
file defines it or only imports it (OpenZeppelin's AccessManager); of `contracts/mocks/` only the token of the devnet.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lading.toolchain.compiler import Compiler, ensure_compiler
from lading.toolchain.errors import CompilationFailed, ToolMissing
from lading.toolchain.settings import SOLC_BUILD, profile

SHIPPED_MOCKS = ("contracts/mocks/DevDollar.sol",)
OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"]


@dataclass(frozen=True, slots=True)
class BuiltContract:
    """One artifact as written: `runtime_bytes` is what EIP-170 counts, `changed` whether the file differed before."""

    name: str
    path: Path
    runtime_bytes: int
    changed: bool


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What `build` did, contracts by name; `warnings` are the compiler's on our own sources."""

    compiler: Compiler
    contracts: tuple[BuiltContract, ...]
    removed: tuple[Path, ...]
    warnings: tuple[str, ...]


def build(root: Path) -> BuildReport:
    """Compile the contracts of the checkout at `root` and write `pysdk/lading/artifacts/<Name>.json`.

    Artifacts of contracts that are gone are removed. Raises CompilerUnavailable, CompilationFailed or ToolMissing; on
    any of them nothing was written.
    """
    compiler = ensure_compiler(root)
    artifacts, warnings = render(root, compiler)
    folder = root / "pysdk" / "lading" / "artifacts"
    folder.mkdir(parents=True, exist_ok=True)
    contracts = tuple(_write(folder, name, artifact) for name, artifact in sorted(artifacts.items()))
    gone = [path for path in sorted(folder.glob("*.json")) if path.stem not in artifacts]
    for path in gone:
        path.unlink()
    return BuildReport(compiler, contracts, tuple(gone), warnings)


def render(root: Path, compiler: Compiler) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """Compile without writing: (name -> artifact, the compiler's warnings on our own sources)."""
    shipped = _shipped(root)
    output = _compile(root, compiler, list(shipped))
    artifacts = {}
    for name, file in shipped.items():
        source, contract = _find(output.get("contracts", {}), name, file)
        if contract["evm"]["bytecode"]["object"]:  # an abstract contract has none
            artifacts[name] = _artifact(name, source, contract)
    return artifacts, tuple(_warnings(output.get("errors", [])))


def _shipped(root: Path) -> dict[str, str]:
    """Name -> file, relative to `root`, of each contract that the rule above names."""
    files = [path.relative_to(root).as_posix() for path in (root / "contracts").glob("*.sol")]
    files += [mock for mock in SHIPPED_MOCKS if (root / mock).is_file()]
    if not files:
        raise CompilationFailed(f"No Solidity file lies in {root / 'contracts'}. Run this in a checkout of Lading.")
    return {Path(file).stem: file for file in sorted(files)}


def _compile(root: Path, compiler: Compiler, names: list[str]) -> dict[str, Any]:
    try:
        import solcx
        from solcx.exceptions import SolcError
    except ImportError as error:
        raise ToolMissing(
            "py-solc-x is not installed. Run `pip install 'lading[build]'`, or `make build` in a checkout."
        ) from error
    sources = {path.relative_to(root).as_posix(): path for path in sorted((root / "contracts").rglob("*.sol"))}
    request = {
        "language": "Solidity",
        "sources": {name: {"content": path.read_text(encoding="utf-8")} for name, path in sources.items()},
        "settings": profile() | {"outputSelection": {"*": dict.fromkeys(names, OUTPUTS)}},
    }
    allowed = [root, (root / "node_modules").resolve()]  # a second worktree may link to the first one's
    try:
        output: dict[str, Any] = solcx.compile_standard(
            request, base_path=root, allow_paths=allowed, solc_binary=compiler.path
        )
    except SolcError as error:
        raise CompilationFailed(f"The contracts do not compile:\n{error.message}") from error
    return output


def _find(contracts: Mapping[str, Mapping[str, Any]], name: str, file: str) -> tuple[str, Mapping[str, Any]]:
    own = contracts.get(file, {})
    if name in own:
        return file, own[name]
    sources = [source for source, defined in contracts.items() if name in defined]
    if len(sources) != 1:
        raise CompilationFailed(
            f"{file} must define the contract {name} or import it; found in {sources or 'no file'}."
        )
    return sources[0], contracts[sources[0]][name]


def _artifact(name: str, source: str, contract: Mapping[str, Any]) -> dict[str, Any]:
    runtime = contract["evm"]["deployedBytecode"]
    # The compiler keys these by syntax tree numbers, which change when an unrelated file does.
    places = [place for group in runtime["immutableReferences"].values() for place in group]
    return {
        "abi": contract["abi"],
        "abiSha256": abi_sha256(contract["abi"]),
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "compiler": {"version": SOLC_BUILD, "settings": profile()},
        "contractName": name,
        "deployedBytecode": "0x" + runtime["object"],
        "immutableReferences": sorted(places, key=lambda place: place["start"]),
        "sourceName": source,
    }


def abi_sha256(abi: list[dict[str, Any]]) -> str:
    """SHA-256, in hex, of the ABI as JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(abi, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def dump(artifact: Mapping[str, Any]) -> str:
    """The text of an artifact's file: the same artifact always gives the same bytes."""
    return json.dumps(artifact, sort_keys=True, indent=1) + "\n"


def _write(folder: Path, name: str, artifact: Mapping[str, Any]) -> BuiltContract:
    path, text = folder / f"{name}.json", dump(artifact)
    changed = not path.is_file() or path.read_text(encoding="utf-8") != text
    if changed:
        with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".new-", delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    return BuiltContract(name, path, len(artifact["deployedBytecode"]) // 2 - 1, changed)


def _warnings(messages: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for message in messages:
        source = message.get("sourceLocation", {}).get("file", "")
        if not source.startswith("node_modules/"):
            yield message["formattedMessage"].strip()
