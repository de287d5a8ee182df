"""Commands about the machine itself: local nodes, the compiler, doctor."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_kit import Cli

from lading.chain import devnet
from lading.chain.process import free_port
from lading.chain.signer import DEV_MNEMONIC
from lading.cli import doctor

LICENCE = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.30;\n"


@pytest.fixture
def tidy(cli: Cli) -> Iterator[Cli]:
    """Ends what a test started, whatever happened."""
    yield cli
    for kind in devnet.KINDS:
        devnet.down(kind, cli.folder / devnet.FOLDER)


@pytest.mark.parametrize("kind", devnet.KINDS)
def test_a_node_starts_shows_its_accounts_keeps_its_chain_and_ends(tidy: Cli, kind: str):
    port = free_port(devnet.HOST)
    up = tidy.json(f"devnet up --kind {kind} --port {port}")
    assert (up["port"], up["running"], len(up["accounts"]), up["mnemonic"]) == (port, True, 20, DEV_MNEMONIC)
    assert tidy.json(f"devnet up --kind {kind}")["pid"] == up["pid"]
    assert [node["pid"] for node in tidy.json("devnet status")["nodes"]] == [up["pid"]]
    # `--network anvil` is the node of this folder, whatever its port.
    assert tidy.refused(f"order list --network {kind}", 1)["type"] == "NoDeployment"

    ended = tidy.json(f"devnet down --kind {kind}")["ended"]
    assert (ended["pid"], ended["running"]) == (up["pid"], False)
    assert tidy.json(f"devnet down --kind {kind}") == {"ended": None}
    assert tidy.json("devnet status") == {"nodes": []}


def test_people_are_told_that_the_keys_are_public(tidy: Cli):
    out = tidy(f"devnet up --port {free_port(devnet.HOST)}").out
    assert "PUBLIC" in out
    assert DEV_MNEMONIC in out
    assert "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" in out
    assert "anvil" in tidy("devnet status").out
    assert "its chain is kept" in tidy("devnet down").out


def test_a_port_in_use_is_refused_with_another_one(cli: Cli):
    with socket.socket() as taken:
        taken.bind((devnet.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        error = cli.refused(f"devnet up --port {port}", 1)
    assert (error["type"], f"Port {port}" in error["message"]) == ("PortInUse", True)
    assert f"--port {port + 10}" in error["hint"]


def test_contracts_are_compiled_in_a_checkout(cli: Cli, root: Path):
    (cli.folder / "contracts" / "interfaces").mkdir(parents=True)
    (cli.folder / "pysdk" / "lading").mkdir(parents=True)
    for name in ("node_modules", ".solcx"):
        (cli.folder / name).symlink_to(root / name)
    (cli.folder / "contracts" / "Crate.sol").write_text(
        LICENCE + "contract Crate { uint256 public size; }\n", encoding="utf-8"
    )
    first, second = cli.json("build"), cli.json("build")
    assert [(one["name"], one["changed"]) for one in first["contracts"]] == [("Crate", True)]
    assert [one["changed"] for one in second["contracts"]] == [False]
    (cli.folder / "contracts" / "Crate.sol").write_text(LICENCE + "contract Crate { oops }\n", encoding="utf-8")
    assert cli.refused("build", 1)["type"] == "CompilationFailed"
    assert Path(first["contracts"][0]["path"]).is_file()


def test_outside_a_checkout_there_is_nothing_to_compile(cli: Cli):
    assert "checkout" in cli.refused("build", 2)["message"]


def test_doctor_names_no_gap_in_this_checkout(root: Path):
    found = Cli(root).json("doctor")
    assert (found["ok"], found["gaps"]) == (True, [])
    names = {check["name"] for check in found["checks"]}
    assert {"python", "web3", "artifacts", "embedded chain", "node.js", "solc", "forge", "anvil", "ganache"} <= names


def test_doctor_says_at_which_hardfork_a_running_node_is(tidy: Cli):
    tidy.json(f"devnet up --kind ganache --port {free_port(devnet.HOST)}")
    (found,) = (check for check in tidy.json("doctor")["checks"] if check["name"] == "ganache node")
    assert (found["status"], "shanghai" in found["found"]) == ("ok", True)


def test_doctor_says_what_to_do_about_a_gap(cli: Cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "_PACKAGES", ("web3", "no-such-package"))
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (4, 0))
    found = cli.json("doctor", code=1)
    assert (found["ok"], found["gaps"]) == (False, ["python", "no-such-package"])
    out = cli("doctor").out
    assert "pip install no-such-package" in out
    assert "2 gaps: python, no-such-package" in out
    assert out.count("GAP") == 2
    monkeypatch.setattr(doctor, "_PACKAGES", ("web3",))
    assert "1 gap: python\n" in cli("doctor").out
