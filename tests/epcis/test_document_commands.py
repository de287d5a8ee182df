"""`lading epcis check|hash|convert` on XML and JSON, and what is left behind where something is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lading.cli.epcis import app
from lading.epcis import DocumentError, document_event_ids

DOCUMENTS = Path(__file__).parent / "documents"
TWIN = json.loads((DOCUMENTS / "tea.json").read_text(encoding="utf-8"))


def _run(*words: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["tea.json", "tea-2.0.xml", "tea-1.2.xml"])
def test_check_and_hash_take_json_and_xml(name: str):
    assert _run("check", DOCUMENTS / name, "--json") == {"valid": True, "faults": []}
    ids = _run("hash", DOCUMENTS / name, "--json")
    assert ids[1:] == document_event_ids(TWIN)[1 : len(ids)]


def test_convert_prints_json_ld_or_writes_it(tmp_path: Path):
    printed = _run("convert", DOCUMENTS / "tea-2.0.xml", "--json")
    assert printed["epcisBody"] == TWIN["epcisBody"]
    out = tmp_path / "tea.json"
    assert _run("convert", DOCUMENTS / "tea-2.0.xml", "--out", out, "--json") == {"events": 5, "out": str(out)}
    assert json.loads(out.read_text(encoding="utf-8")) == printed
    assert _run("convert", out, "--json") == printed


def test_what_has_faults_leaves_the_old_file(tmp_path: Path):
    spoilt, out = tmp_path / "spoilt.xml", tmp_path / "out.json"
    spoilt.write_bytes((DOCUMENTS / "tea-2.0.xml").read_bytes().replace(b"<action>ADD", b"<action>PAINT"))
    out.write_text("what was there", encoding="utf-8")
    report = _run("check", spoilt, "--json", code=1)
    assert {(fault["path"], fault["rule"]) for fault in report["faults"]} == {
        (f"$.epcisBody.eventList[{index}].action", "action") for index in (0, 1, 4)
    }
    done = CliRunner().invoke(app, ["convert", str(spoilt), "--out", str(out)])
    assert isinstance(done.exception, DocumentError)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] in (
        ["spoilt.xml", "out.json"],
        ["out.json", "spoilt.xml"],
    )
    assert out.read_text(encoding="utf-8") == "what was there"
