"""The front door of `make bench`: what it writes, what it keeps, and what it refuses. No figure is judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = {"value", "unit", "peer", "peer_value", "ratio"}
# What design.md names and this version has the code for.
NAMED = {
    "epc.decode",
    "epcis.hash",
    "relay.reads",
    "relay.events.durable",
    "relay.events.anchored",
    "bundle.verify",
}


def bench(root: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tests" / "bench" / "run.py"), "--out", str(out), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_one_label_is_measured_beside_its_peer_and_the_others_are_kept(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "bench.json"
    assert bench(root, out, "escrow.refund").returncode == 0
    first = json.loads(out.read_text(encoding="utf-8"))

    done = bench(root, out, "credit.score")
    assert done.returncode == 0, done.stderr
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document.keys() == {"credit.score", "escrow.refund"}
    assert document["escrow.refund"] == first["escrow.refund"]
    for figure in document.values():
        assert figure.keys() == KEYS
        assert figure["value"] > 0
        assert figure["ratio"] == figure["value"] / figure["peer_value"]
    assert done.stdout.split()[:6] == ["label", "value", "unit", "peer", "peer's", "ratio"]
    assert "\ncredit.score " in done.stdout


def test_gas_is_what_the_receipts_say(root: Path, tmp_path: Path) -> None:
    labels = ("escrow.open.erc3009", "escrow.open.both", "escrow.release", "escrow.refund")
    assert bench(root, tmp_path / "bench.json", *labels).returncode == 0
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    receipts = json.loads((root / "tests" / "gas" / "gas.json").read_text(encoding="utf-8"))
    assert {label: figure["value"] for label, figure in document.items()} == {
        label: receipts[label] for label in labels
    }
    assert {figure["unit"] for figure in document.values()} == {"gas"}


def test_a_label_that_there_is_not_ends_with_those_that_there_are(root: Path, tmp_path: Path) -> None:
    done = bench(root, tmp_path / "bench.json", "epc.encode", "credit.score")
    assert done.returncode == 2
    assert done.stderr.startswith("bench: no benchmark is called epc.encode; there are ")
    named = done.stderr.partition("there are ")[2].strip().split(", ")
    assert set(named) >= NAMED
    assert not (tmp_path / "bench.json").exists()


def test_a_document_that_is_no_json_is_named_and_left(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    out.write_text("{", encoding="utf-8")
    done = bench(root, out, "credit.score")
    assert done.returncode == 1
    assert done.stderr == f"bench: {out} is no JSON: delete it, and run again\n"
    assert out.read_text(encoding="utf-8") == "{"


@pytest.mark.parametrize(
    ("peer", "code", "kept", "said"),
    [
        ("Measured('a peer', [2.0], 'same')", 0, True, ""),
        ("Measured('a peer', [2.0], 'other')", 1, False, "did not compute the same: other, same"),
        ("[][1]", 1, False, "IndexError"),
    ],
)
def test_a_peer_that_fails_or_computes_something_else_leaves_no_figure(
    root: Path, tmp_path: Path, peer: str, code: int, kept: bool, said: str
) -> None:
    copy = tmp_path / "tests" / "bench"
    (copy / "rooms").mkdir(parents=True)
    for name in ("run.py", "side.py", "kit.py"):
        (copy / name).write_bytes((root / "tests" / "bench" / name).read_bytes())
    (copy / "rooms" / "__init__.py").write_text("def load():\n    import rooms.one\n", encoding="utf-8")
    room = f"""
from kit import Measured, benchmark

@benchmark("one", "ms", rounds=1)
def one():
    return lambda: Measured("ours", [1.0], "same"), lambda: {peer}
"""
    (copy / "rooms" / "one.py").write_text(room, encoding="utf-8")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    out = tmp_path / "bench.json"
    out.write_text('{"one": {}, "gone": {}}', encoding="utf-8")

    done = bench(tmp_path, out, "one")
    assert (done.returncode, json.loads(out.read_text(encoding="utf-8")).keys()) == (code, {"one"} if kept else set())
    assert said in done.stderr
