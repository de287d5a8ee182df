"""`lading serve` as a command: what it refuses to start with; and several nodes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

from web_kit import PATHS, World, serving

from lading.chain.devnet import running


def refused(*words: object) -> tuple[int, str]:
    """(exit code, type of the error) of a server that does not start."""
    command = [Path(sys.executable).with_name("lading"), "serve", "--json", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout)["error"]["type"]


def test_a_folder_that_is_none_and_a_port_that_is_taken_are_said(world: World, tmp_path: Path) -> None:
    assert refused("--bundles", tmp_path / "none") == (1, "NoBundles")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert refused("--bundles", world.bundles, "--port", port) == (1, "CannotListen")


def test_a_node_needs_a_deployment_of_its_own_chain(world: World) -> None:
    assert refused("--bundles", world.bundles, "--rpc", world.node) == (2, "UsageError")
    with running("anvil") as other:
        words = ("--bundles", world.bundles, "--deployment", world.record, "--rpc", world.node, "--rpc", other.url)
        assert refused(*words) == (3, "WrongChain")


def test_every_node_is_asked_and_one_that_goes_silent_is_named(world: World) -> None:
    words = ("--rpc", world.node, "--rpc", world.node.replace("127.0.0.1", "localhost"), "--deployment", world.record)
    with serving(world.bundles, *words) as site:
        page = site.get(PATHS["genuine"])
        assert ">Authentic</h1>" in page.text
        assert "do not agree" not in page.words
        assert len(site.get("/healthz").json["blocks"]) == 2
