"""Where the compiler comes from, and what is said when it cannot come."""

import hashlib
import json
import platform
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lading.toolchain import ChecksumMismatch, CompilerUnavailable, compiler, ensure_compiler, find_compiler
from lading.toolchain.compiler import SHIM, compiler_path

SERVED = b"#!/bin/sh\necho not really a compiler\n"


class Host(ThreadingHTTPServer):
    """Answers every path with SERVED and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(SERVED)

    def log_message(self, *_: object) -> None:
        """Silence: the tests look at `asked`."""


@pytest.fixture
def host() -> Iterator[Host]:
    server = Host()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed_host() -> str:
    """An address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout in which `npm ci` has not run."""
    return tmp_path


@pytest.fixture
def with_npm(tmp_path: Path, root: Path) -> Path:
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    return tmp_path


@pytest.fixture
def pinned_to_served(monkeypatch: pytest.MonkeyPatch) -> None:
    here = (platform.system(), platform.machine())
    monkeypatch.setitem(compiler.NATIVE_BUILDS, here, ("linux-amd64", hashlib.sha256(SERVED).hexdigest()))


@pytest.mark.usefixtures("pinned_to_served")
def test_the_native_compiler_is_downloaded_once(bare: Path, host: Host) -> None:
    first, second = ensure_compiler(bare, host.url), ensure_compiler(bare, host.url)

    assert first == second == compiler.Compiler(compiler_path(bare), "native")
    assert host.asked == ["/linux-amd64/solc-linux-amd64-v0.8.30+commit.73712a01"]
    assert first.path.read_bytes() == SERVED
    assert first.path.stat().st_mode & 0o111


def assert_names_both_ways(message: str, host: str, checkout: Path) -> None:
    assert f"let this machine reach {host}" in message
    assert f"install Node.js 20 or newer and run `npm ci` in {checkout}" in message


def test_a_wrong_checksum_without_npm_names_both_ways_and_leaves_nothing(bare: Path, host: Host) -> None:
    with pytest.raises(ChecksumMismatch) as caught:
        ensure_compiler(bare, host.url)

    assert hashlib.sha256(SERVED).hexdigest() in str(caught.value)
    assert_names_both_ways(str(caught.value), host.url, bare)
    assert list(bare.rglob("*")) == []


def test_no_network_without_npm_names_both_ways_and_leaves_nothing(bare: Path, closed_host: str) -> None:
    with pytest.raises(CompilerUnavailable) as caught:
        ensure_compiler(bare, closed_host)

    assert not isinstance(caught.value, ChecksumMismatch)
    assert "could not be fetched" in str(caught.value)
    assert_names_both_ways(str(caught.value), closed_host, bare)
    assert list(bare.rglob("*")) == []


def test_a_host_that_never_answers_is_given_up(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "CONNECT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(CompilerUnavailable, match=r"could not be fetched: .*timed out"):
            ensure_compiler(bare, url)


def test_a_download_that_trickles_is_given_up(bare: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "DOWNLOAD_SECONDS", -1)
    with pytest.raises(CompilerUnavailable, match="not finished after"):
        ensure_compiler(bare, host.url)


def test_a_wrong_checksum_with_npm_uses_npm_and_says_why(with_npm: Path, host: Host) -> None:
    assert find_compiler(with_npm) is None
    found = ensure_compiler(with_npm, host.url)

    assert found.kind == "npm"
    assert "not the pinned" in found.note
    assert found.path.read_bytes() == SHIM.read_bytes()
    assert find_compiler(with_npm) == compiler.Compiler(
        found.path, "npm", "an earlier run could not download the native one"
    )


def test_no_network_with_npm_uses_npm_and_asks_the_host_once(with_npm: Path, closed_host: str, host: Host) -> None:
    assert ensure_compiler(with_npm, closed_host).kind == "npm"
    assert ensure_compiler(with_npm, host.url).kind == "npm"
    assert host.asked == []


@pytest.mark.usefixtures("pinned_to_served")
def test_a_compiler_that_someone_changed_is_replaced(bare: Path, host: Host) -> None:
    path = ensure_compiler(bare, host.url).path
    path.write_bytes(SERVED + b"echo and something else\n")

    assert ensure_compiler(bare, host.url).path.read_bytes() == SERVED


def test_without_node_npm_cannot_stand_in(with_npm: Path, closed_host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CompilerUnavailable, match=r"Node\.js is not installed"):
        ensure_compiler(with_npm, closed_host)


# The shim, as py-solc-x, ape and forge call it.


@pytest.fixture
def shim(with_npm: Path, closed_host: str) -> Path:
    return ensure_compiler(with_npm, closed_host).path


def run(shim: Path, *arguments: str, request: object = None) -> subprocess.CompletedProcess[str]:
    text = json.dumps(request) if request is not None else ""
    return subprocess.run([shim, *arguments], input=text, capture_output=True, text=True, check=False)


def request(**sources: str) -> dict[str, object]:
    contents = {f"{name}.sol": {"content": "pragma solidity 0.8.30;" + body} for name, body in sources.items()}
    return {"language": "Solidity", "sources": contents, "settings": {"outputSelection": {"*": {"*": ["abi"]}}}}


def test_the_shim_says_the_pinned_version(shim: Path) -> None:
    assert "Version: 0.8.30+commit.73712a01" in run(shim, "--version").stdout


def test_the_shim_does_not_cut_its_output_at_64_kib(shim: Path) -> None:
    body = "".join(f"function f{n}(uint256 amount) external {{}}" for n in range(1000))
    answer = run(shim, "--standard-json", request=request(Wide=f"contract Wide {{ {body} }}")).stdout

    assert len(answer) > 2 * 65536
    assert len(json.loads(answer)["contracts"]["Wide.sol"]["Wide"]["abi"]) == 1000


def test_the_shim_reads_imports_below_its_base_path_only(shim: Path, tmp_path: Path) -> None:
    inside = tmp_path / "base"
    inside.mkdir()
    (inside / "B.sol").write_text("pragma solidity 0.8.30; contract B {}", encoding="utf-8")
    (tmp_path / "C.sol").write_text("pragma solidity 0.8.30; contract C {}", encoding="utf-8")
    base = ("--standard-json", "--base-path", str(inside))

    good = json.loads(run(shim, *base, request=request(A='import "B.sol"; contract A is B {}')).stdout)
    assert sorted(good["contracts"]) == ["A.sol", "B.sol"]

    for outside in ("x/../../C.sol", str(tmp_path / "C.sol")):
        bad = json.loads(run(shim, *base, request=request(A=f'import "{outside}"; contract A {{}}')).stdout)
        assert any("outside of the base path" in error["message"] for error in bad["errors"]), outside


def test_the_shim_refuses_what_it_does_not_do(shim: Path) -> None:
    answer = run(shim, "--combined-json", "abi")

    assert answer.returncode == 1
    assert "--standard-json only" in answer.stderr
