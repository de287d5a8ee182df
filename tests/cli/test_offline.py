"""The commands that need no chain: identifiers and documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_kit import Cli

MEMORY = "3034257BF7194E4000003039"
FORMS = {
    "scheme": "sgtin-96",
    "tag_uri": "urn:epc:tag:sgtin-96:1.0614141.812345.12345",
    "uri": "urn:epc:id:sgtin:0614141.812345.12345",
    "digital_link": "https://id.gs1.org/01/80614141123458/21/12345",
    "raw": "urn:epc:raw:96.x3034257BF7194E4000003039",
}


def test_a_tag_has_five_forms(cli: Cli):
    assert cli.json(f"epc decode {MEMORY}") == FORMS
    out = cli(f"epc decode {MEMORY}").out
    assert all(form in out for form in FORMS.values())


def test_a_foreign_tag_is_no_error_and_has_its_raw_form_only(cli: Cli):
    found = cli.json("epc decode E2003412012B0800")
    assert found == {**dict.fromkeys(FORMS), "raw": "urn:epc:raw:64.xE2003412012B0800"}


def test_a_uri_becomes_memory_and_back(cli: Cli):
    assert cli.json(f"epc encode {FORMS['uri']} --filter 1") == {"memory": MEMORY, "tag_uri": FORMS["tag_uri"]}
    assert cli(f"epc encode {FORMS['tag_uri']}").out == MEMORY + "\n"


def test_a_document_without_a_fault_is_valid_and_its_events_have_ids(cli: Cli, root: Path):
    document = root / "examples" / "demo" / "factory.json"
    assert cli.json(f"epcis check {document}") == {"valid": True, "faults": []}
    ids = cli.json(f"epcis hash {document}")
    assert len(ids) == len(json.loads(document.read_text(encoding="utf-8"))["epcisBody"]["eventList"])
    assert cli(f"epcis hash {document}").out.splitlines() == ids


def test_every_fault_of_a_document_is_named_and_it_ends_with_one(cli: Cli, root: Path):
    document = json.loads((root / "examples" / "demo" / "factory.json").read_text(encoding="utf-8"))
    document["epcisBody"]["eventList"][0]["action"] = "PAINT"
    del document["epcisBody"]["eventList"][1]["eventTime"]
    (cli.folder / "events.json").write_text(json.dumps(document), encoding="utf-8")
    found = cli.json("epcis check events.json", code=1)
    assert (found["valid"], len(found["faults"])) == (False, 2)
    assert "2 faults" in cli("epcis check events.json").out


def test_what_a_document_quotes_cannot_mislead_a_terminal(cli: Cli):
    (cli.folder / "events.json").write_text(json.dumps({"type": "\x1b[2J"}), encoding="utf-8")
    assert "\x1b" not in cli("epcis check events.json").out


@pytest.mark.parametrize("content", ["[]", "7", '{"type": "EPCISDocument"}'])
def test_a_document_that_is_none_has_no_ids(cli: Cli, content: str):
    (cli.folder / "events.json").write_text(content, encoding="utf-8")
    done = cli("epcis hash events.json --json")
    assert (
        (done.code, done.out.strip()) == (0, "[]")
        if content == "[]"
        else (done.code, done.error["type"]) == (1, "EventIdError")
    )
