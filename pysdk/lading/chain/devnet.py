"""Local nodes: Anvil and Ganache from npm or PATH, started in the background, their state kept between runs.

Anvil runs its newest hard fork and Ganache Shanghai, its last: the contracts are compiled for Shanghai and run on both.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import requests
from web3.types import RPCEndpoint

from lading.chain import networks
from lading.chain.node import Chain
from lading.chain.process import PAUSE, free_port, is_free, start_time, until
from lading.chain.signer import DEV_ACCOUNTS, DEV_MNEMONIC, Signer
from lading.errors import RequestRefused, ToolchainError, UsageError
from lading.files import write_atomically
from lading.toolchain import npm_tool

Kind = Literal["anvil", "ganache"]
KINDS: tuple[Kind, ...] = ("anvil", "ganache")
FOLDER = Path(".lading")
HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 15.0
PORT_SECONDS = 2.0
LOG_LINES = 15


@dataclass(frozen=True)
class Devnet:
    """A local node. `started` tells the process from a later one with the same id."""

    kind: Kind
    url: str
    port: int
    chain_id: int
    pid: int
    started: str
    log: str
    running: bool = True

    @property
    def accounts(self) -> tuple[str, ...]:
        """The funded accounts, whose keys `Signer.dev` holds. They come from `DEV_MNEMONIC`, which is public."""
        return tuple(Signer.dev(index).address for index in range(DEV_ACCOUNTS))


class PortInUse(ToolchainError):
    """Something else listens there."""

    def __init__(self, kind: Kind, port: int) -> None:
        self.port = port
        super().__init__(
            f"Port {port} on {HOST} is in use, so {kind} cannot listen there.",
            hint=f"End what uses it, or take another port: `lading devnet up --kind {kind} --port {port + 10}`.",
        )


class NodeFailed(ToolchainError):
    """The node did not come up, or does not end. `output` holds its last lines."""

    def __init__(self, message: str, log: Path, hint: str) -> None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        self.output = tuple(lines[-LOG_LINES:])
        said = " | ".join(line.strip() for line in self.output if line.strip())
        super().__init__(f"{message} It said: {said or 'nothing'}.", hint=hint)


def up(kind: Kind, port: int | None = None, directory: Path = FOLDER) -> Devnet:
    """Starts the node, or gives the one that is running already. It goes on with the chain that `directory` holds.

    Raises:
        PortInUse, NodeFailed: see there.
        ToolMissing: the node is not installed.
        UsageError: it is running on another port.
    """
    wanted = port or urlsplit(networks.NAMED[kind].url or "").port or 0
    existing = _read(kind, directory)
    if existing is not None and existing.running:
        if port not in (None, existing.port):
            raise UsageError(
                f"{kind} is running already, at {existing.url}.", hint=f"First `lading devnet down --kind {kind}`."
            )
        return existing
    # A node that was killed is gone before the last of its threads, which holds the port, is.
    if not until(lambda: is_free(HOST, wanted), PORT_SECONDS):
        raise PortInUse(kind, wanted)
    folder = directory / kind
    folder.mkdir(parents=True, exist_ok=True)
    node = _launch(kind, wanted, folder)
    # Before it answers: a start that is interrupted here leaves a node that `down` can end.
    _write(node, directory)
    try:
        ready = replace(node, chain_id=_wait_until_ready(node))
    except NodeFailed:
        _end(node)
        _record(kind, directory).unlink(missing_ok=True)
        raise
    if kind == "anvil":
        _set_clock(Chain.open(ready.url))
    _write(ready, directory)
    return ready


def status(directory: Path = FOLDER) -> list[Devnet]:
    """Every node that has a record here, running or not."""
    return [node for kind in KINDS if (node := _read(kind, directory)) is not None]


def down(kind: Kind, directory: Path = FOLDER) -> Devnet | None:
    """Ends the node and keeps its state; None if none was running.

    Raises:
        NodeFailed: it does not end.
    """
    node = _read(kind, directory)
    if node is None:
        return None
    if node.running and not _end(node):
        raise NodeFailed(
            f"{kind} (process {node.pid}) did not end within {STOP_SECONDS:g} s.",
            Path(node.log),
            f"End it with `kill -9 {node.pid}`; what it did in its last second may be lost.",
        )
    _record(kind, directory).unlink(missing_ok=True)
    return replace(node, running=False) if node.running else None


def recorded_url(kind: Kind, directory: Path = FOLDER) -> str | None:
    """Where the node of this folder listens, if it is running."""
    node = _read(kind, directory)
    return node.url if node is not None and node.running else None


@contextlib.contextmanager
def running(kind: Kind) -> Iterator[Devnet]:
    """A node of its own on a free port, with a chain that is gone afterwards. For tests and demonstrations."""
    with tempfile.TemporaryDirectory(prefix=f"lading-{kind}-") as folder:
        directory = Path(folder)
        node = up(kind, free_port(HOST), directory)
        try:
            yield node
        finally:
            down(kind, directory)


def advance(chain: Chain, seconds: int) -> int:
    """Moves a devnet's clock forward and mines a block; the new block's time.

    Raises:
        RequestRefused: the node's clock cannot be moved (it is no devnet).
    """
    if chain.network.kind == "embedded":
        tester = cast(Any, chain.web3.provider).ethereum_tester
        tester.time_travel(chain.block().time + seconds)
        tester.mine_block()
    else:
        _request(chain, "evm_increaseTime", [seconds])
        _request(chain, "evm_mine", [])
    return chain.block().time


def _request(chain: Chain, method: str, params: list[Any]) -> None:
    answer = chain.web3.provider.make_request(RPCEndpoint(method), params)
    if answer.get("error"):
        raise RequestRefused(
            f"{chain.network.name} refused {method}: {answer['error']}.",
            hint="Only a devnet lets its clock be moved; on any other chain, wait.",
        )


def _launch(kind: Kind, port: int, folder: Path) -> Devnet:
    command = {"anvil": _anvil, "ganache": _ganache}[kind](port, folder)
    log = folder / "node.log"
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # A session of its own, so that Ctrl-C in the terminal that started it does not end it.
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setsid=True)
    return Devnet(kind, f"http://{HOST}:{port}", port, 0, pid, start_time(pid) or "", str(log))


def _anvil(port: int, folder: Path) -> list[str]:
    return [
        str(npm_tool("anvil", _root())),
        *("--host", HOST, "--port", str(port), "--quiet"),
        *("--mnemonic", DEV_MNEMONIC, "--accounts", str(DEV_ACCOUNTS)),
        # Anvil makes a block 0 at each start and keeps all of them in its state, to take any one of them at the next
        # start. With the same time they are the same block.
        *("--timestamp", str(_genesis_time(folder))),
        # Each second, so that the chain survives a SIGKILL too.
        *("--state", str(folder / "state.json"), "--state-interval", "1"),
    ]


def _genesis_time(folder: Path) -> int:
    """When the chain in this folder began, Unix seconds; now, if it begins now."""
    path = folder / "genesis-time"
    if not path.exists():
        write_atomically(path, f"{int(time.time())}\n")
    return int(path.read_text(encoding="utf-8"))


def _set_clock(chain: Chain) -> None:
    """A chain that goes on would count time from its genesis: to now, or to its last block if that was moved ahead."""
    _request(chain, "evm_setTime", [max(int(time.time()), chain.block().time)])


def _ganache(port: int, folder: Path) -> list[str]:
    script = str(npm_tool("ganache", _root()))
    return [
        *(["node", script] if script.endswith(".js") else [script]),
        *("--server.host", HOST, "--server.port", str(port), "--logging.quiet", "true"),
        *("--wallet.mnemonic", DEV_MNEMONIC, "--wallet.totalAccounts", str(DEV_ACCOUNTS)),
        *("--chain.hardfork", "shanghai", "--chain.chainId", "1337", "--chain.networkId", "1337"),
        *("--database.dbPath", str(folder / "db")),
    ]


def _root() -> Path:
    """The nearest folder with npm's packages, from here upwards, or that of this package's checkout."""
    places = (Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents)
    return next((place for place in places if (place / "node_modules").is_dir()), Path.cwd())


def _wait_until_ready(node: Devnet) -> int:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if start_time(node.pid) is None:
            break
        with contextlib.suppress(requests.RequestException):
            body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
            return int(requests.post(node.url, json=body, timeout=5).json()["result"], 16)
        time.sleep(PAUSE)
    raise NodeFailed(
        f"{node.kind} did not come up on port {node.port}.",
        Path(node.log),
        f"Look at {node.log}. A chain that it cannot read any more can be moved away: {Path(node.log).parent}.",
    )


def _end(node: Devnet) -> bool:
    """Asks the process to end, and waits; False if it does not. Only ever the process that was started here."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(node.pid, signal.SIGTERM)
    return until(lambda: start_time(node.pid) != node.started, STOP_SECONDS)


def _record(kind: Kind, directory: Path) -> Path:
    return directory / f"devnet-{kind}.json"


def _write(node: Devnet, directory: Path) -> None:
    write_atomically(_record(node.kind, directory), json.dumps(asdict(node), indent=2) + "\n")


def _read(kind: Kind, directory: Path) -> Devnet | None:
    path = _record(kind, directory)
    if not path.exists():
        return None
    try:
        node = Devnet(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ToolchainError(
            f"The devnet record {path} cannot be read.", hint="Delete it; end a node that is still running by hand."
        ) from error
    return replace(node, running=start_time(node.pid) == node.started)
