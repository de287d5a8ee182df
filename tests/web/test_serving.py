"""`lading serve` as a command: what it refuses to start with; and several nodes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from web_kit import PATHS, World, serving

from lading.chain.abi import selector
from lading.chain.devnet import running
from lading.chain.node import Chain


def told(*words: object, folder: Path | None = None) -> tuple[int, Any]:
    """Exit code and document of a command that ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    command = [Path(sys.executable).with_name("lading"), *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder, env=clean)
    return done.returncode, json.loads(done.stdout)


def refused(*words: object) -> tuple[int, str]:
    """(exit code, type of the error) of a server that does not start."""
    code, said = told("serve", *words)
    return code, said["error"]["type"]


def test_a_folder_that_is_none_and_a_port_that_is_taken_are_said(world: World, tmp_path: Path) -> None:
    assert refused("--bundles", tmp_path / "none") == (1, "NoBundles")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refused("--bundles", world.bundles, "--port", port) == (1, "CannotListen")


def test_a_node_needs_a_deployment_of_its_own_chain(world: World) -> None:
    assert refused("--bundles", world.bundles, "--rpc", world.node) == (2, "UsageError")


def test_nodes_on_different_chains_choose_no_record(world: World) -> None:
    """Each of the two would have chosen another record in ./deployments."""
    home, bundle = world.record.parents[1], world.bundles / "genuine.json"
    with running("anvil") as other:
        for nodes in ((world.node, other.url), (other.url, world.node)):
            both = [word for url in nodes for word in ("--rpc", url)]
            record = ("--deployment", world.record)
            commands = [("serve", "--bundles", world.bundles), ("verify", bundle), ("verify", bundle, *record)]
            for command in commands:
                code, said = told(*command, *both, folder=home)
                assert (code, said["error"]["type"]) == (3, "WrongChain")
                for url in (world.node, other.url):
                    named = f"{url} on 31337 (block 0 is {Chain.open(url).genesis})"
                    assert named in said["error"]["message"]
    assert told("verify", bundle, "--rpc", world.node, folder=home)[1]["verdict"] == "authentic"


RECALL_TIMES = selector("recallTimes(uint64,string,string)").hex().encode()


class Between:
    """Stands before a node and passes on what is asked, falls silent, or says that everything is recalled."""

    def __init__(self, node: str) -> None:
        self.mood = "honest"
        between = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if between.mood == "silent":
                    self.close_connection = True
                    return
                asked = Request(node, body, {"Content-Type": "application/json"})  # noqa: S310 - our own node
                with urlopen(asked, timeout=30) as found:  # noqa: S310
                    answer = json.loads(found.read())
                if between.mood == "lying" and RECALL_TIMES in body:
                    answer["result"] = "0x" + f"{1:064x}" * 3
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Nothing: what was asked is of no interest."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def between(world: World) -> Iterator[Between]:
    found = Between(world.node)
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def test_a_node_that_says_something_else_is_named_and_the_worst_counts(world: World, between: Between) -> None:
    words = ("--rpc", between.url, "--rpc", world.node, "--deployment", world.record)
    with serving(world.bundles, *words) as site:
        assert "do not agree" not in site.get(PATHS["travelled"]).words
        between.mood = "lying"
        page = site.get(PATHS["genuine"])
        assert ">Recalled</h1>" in page.text
        host, other = between.url[7:], world.node[7:]
        assert f"do not agree. The worst answer is shown. {host}: Recalled; {other}: Authentic" in page.words


def test_where_no_node_answers_nothing_is_proven_and_it_is_said(world: World, between: Between) -> None:
    with serving(world.bundles, "--rpc", between.url, "--deployment", world.record) as site:
        between.mood = "silent"
        page = site.get(PATHS["genuine"])
        assert (page.status, ">Unknown</h1>" in page.text) == (200, True)
        assert "No node answered" in page.words
        assert site.get("/healthz").status == 503
        assert between.url not in page.text
