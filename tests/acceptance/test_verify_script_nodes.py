"""`scripts/verify.py` on nodes that answer nonsense, over HTTP; and what a bundle can make it work."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "verify.py"
sys.path.insert(0, str(ROOT / "tests" / "provenance"))

from provenance_kit import BRAND, CARRIER, HOUR, ITEM, SHOP, TRUSTED, World, born, packed, seen  # noqa: E402

from lading.chain.http import HttpProvider  # noqa: E402
from lading.facts.question import asked_by  # noqa: E402
from lading.provenance.bundle import dump  # noqa: E402
from lading.provenance.item import item_of  # noqa: E402

BLOCK = {"number": "0x1f4", "timestamp": "0x65000000", "hash": "0x" + "07" * 32}
HONEST: Mapping[str, Any] = {
    "eth_getBlockByNumber": BLOCK,
    "eth_chainId": hex(TRUSTED.chain_id),
    "eth_getCode": "0xfe",
    "eth_call": "0x" + "00" * 64,
}
NONSENSE: Mapping[str, bytes] = {
    "no JSON": b"<html>",
    "nothing": b"",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "too deep": b"[" * 100_000,
    "a bad character": b'{"jsonrpc":"2.0","id":0,"result":"\xff"}',
    "digits without end": b'{"jsonrpc":"2.0","id":0,"result":' + b"9" * 5000 + b"}",
    "an error that is a text": b'{"jsonrpc":"2.0","id":0,"error":"boom"}',
    "an error of another form": b'{"jsonrpc":"2.0","id":0,"error":{"code":"x","message":["y"],"data":7}}',
    "a broken revert": b'{"jsonrpc":"2.0","id":0,"error":{"code":3,"message":"execution reverted","data":"0x08c3ff"}}',
    "a broken detour": b'{"jsonrpc":"2.0","id":0,"error":{"code":3,"message":"reverted","data":"0x556f1830ff"}}',
    **{
        f"result {text[:12]}": b'{"jsonrpc":"2.0","id":0,"result":' + text.encode() + b"}"
        for text in ("null", "7", "1e308", "true", "[]", "[[1]]", "{}", '""', '"0x"', '"0xabc"', '"0xzz"', "-1")
    },
}
NO_BLOCKS: Mapping[str, Mapping[str, Any]] = {
    "no number": {**BLOCK, "number": None},
    "no time": {**BLOCK, "timestamp": None},
    "a time beyond all clocks": {**BLOCK, "timestamp": "0x" + "ff" * 32},
    "a hash that is a list": {**BLOCK, "hash": []},
    "no hash": {"number": "0x1", "timestamp": "0x1"},
}


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("lone_verify_of_nodes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


@contextmanager
def node(answers: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Bytes are sent as they are, anything else as a result. Gives its URL, and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(question)
            found = answers[question["method"]]
            made = {"jsonrpc": "2.0", "id": question["id"], "result": found}
            body = found if isinstance(found, bytes) else json.dumps(made).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def run(world: World, folder: Path, url: str = "") -> tuple[int, str, str]:
    """Exit code, what it printed, and what it complained of."""
    path = folder / "bundle.json"
    path.write_bytes(dump(world.bundle()))
    registries = ["0x" + address.hex() for address in (TRUSTED.participant_registry, TRUSTED.provenance_registry)]
    words = ["--registry", registries[0], "--provenance", registries[1], "--chain-id", str(TRUSTED.chain_id)]
    words += ["--rpc", url] if url else []
    output, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(complaints):
        code = script.main([*words, "--bundle", str(path), "--json"])
    return code, output.getvalue(), complaints.getvalue()


def journey() -> World:
    return World().publish(BRAND, born()).publish(CARRIER, seen(SHOP, 10 * HOUR), seen(SHOP, 20 * HOUR))


@pytest.fixture
def usual_recursion() -> Iterator[None]:
    """As in a process of its own: libraries that other tests import raise the limit beyond what the stack has."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("usual_recursion")
@pytest.mark.parametrize("method", HONEST)
@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_no_answer_and_no_traceback(method: str, name: str, tmp_path: Path) -> None:
    with node({**HONEST, method: NONSENSE[name]}) as (url, asked):
        code, output, complaints = run(journey(), tmp_path, url)

    assert asked[-1]["method"] == method or code != script.EXIT_CODES["authentic"]
    if code == 3:
        assert (output, complaints.startswith("verify.py: the node gave no usable answer")) == ("", True)
    else:  # another chain, or none of the registries, or not these batches
        assert code in (script.EXIT_CODES["unknown"], script.EXIT_CODES["suspect"])


@pytest.mark.parametrize("name", NO_BLOCKS)
def test_a_block_that_is_none_is_no_answer(name: str, tmp_path: Path) -> None:
    with node({**HONEST, "eth_getBlockByNumber": NO_BLOCKS[name]}) as (url, _):
        code, _, complaints = run(journey(), tmp_path, url)

    assert (code, complaints[:9]) == (3, "verify.py")


def test_no_node_sends_the_script_on_to_another_host(tmp_path: Path) -> None:
    """ERC-3668, which web3 follows by itself: whoever runs the node would learn who asks, and from where."""
    at = "0x" + TRUSTED.provenance_registry.hex()
    fields = [at, ["https://host.example/{sender}/{data}"], b"\1", b"\1\2\3\4", b""]
    detour = "0x556f1830" + encode(["address", "string[]", "bytes", "bytes4", "bytes"], fields).hex()
    error = {"code": 3, "message": "execution reverted", "data": detour}
    with node({**HONEST, "eth_call": json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()}) as (url, _):
        code, _, complaints = run(journey(), tmp_path, url)

    assert (code, "(OffchainLookup)" in complaints) == (3, True)
    assert not HttpProvider(url, name="any").global_ccip_read_enabled


def test_the_node_is_asked_once_for_what_many_events_share(tmp_path: Path) -> None:
    world = World().publish(BRAND, born(), *(seen(SHOP, hour * HOUR) for hour in range(1, 20)))

    with node(HONEST) as (url, asked):
        run(world, tmp_path, url)

    calls = Counter(json.dumps(one["params"]) for one in asked if one["method"] == "eth_call")
    assert calls
    assert set(calls.values()) == {1}


def test_an_event_is_hashed_once_however_many_containers_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a bundle of four megabytes costs their square."""
    boxes = [f"urn:epc:id:sscc:0614141.{number:010d}" for number in range(30)]
    moves = [packed(box, ITEM, (2 + number) * HOUR) for number, box in enumerate(boxes)]
    everything = seen(SHOP, 40 * HOUR) | {"epcList": [ITEM, *boxes]}
    world = World().publish(BRAND, born()).publish(CARRIER, *moves, everything)
    hashed = Counter[str]()
    plain = script.leaf_of
    monkeypatch.setattr(script, "leaf_of", lambda entry: (hashed.update([entry["event_id"]]), plain(entry))[1])

    code, _, _ = run(world, tmp_path)

    assert code == script.EXIT_CODES["unknown"]
    assert max(hashed.values()) == 2, "once in its batch and once in its map"


def test_no_event_makes_anybody_ask_for_lots_without_end(tmp_path: Path) -> None:
    many = {f"p{number}:lotNumber": f"L-{number}" for number in range(200)}
    prefixes = [{f"p{number}": f"https://{number}.example/" for number in range(200)}]
    links = [f"https://id.gs1.org/01/80614141123458/21/12345?10=L{number}" for number in range(200)]
    for world in (
        World().publish(BRAND, born(lot=None, ilmd=many) | {"@context": prefixes}),
        World().publish(BRAND, born()).publish(CARRIER, seen(SHOP, HOUR) | {"epcList": links}),
    ):
        found = world.judge()

        assert "event-unreadable" in found.reasons
        assert len(asked_by(world.bundle(), (), item_of(ITEM)).lots) <= 10
        with node(HONEST) as (url, asked):
            code, _, _ = run(world, tmp_path, url)
        assert code != script.EXIT_CODES["authentic"]
        assert len(asked) < 20
