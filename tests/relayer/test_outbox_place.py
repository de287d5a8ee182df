"""An outbox in a database that several share, named on the command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from service_kit import COMMAND, Site

from lading.cli.main import app

ITEM = "urn:epc:id:sgtin:9524321.000500.1"
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T08:00:00.000Z",
    "eventTimeZoneOffset": "+00:00",
    "epcList": [ITEM],
    "action": "OBSERVE",
}


def document(folder: Path) -> Path:
    path = folder / "document.json"
    whole = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T08:00:00.000Z",
        "epcisBody": {"eventList": [EVENT]},
    }
    path.write_text(json.dumps(whole))
    return path


def test_events_are_published_audited_and_exported_from_a_database_that_is_named_by_its_url(site: Site, schema: str):
    def run(*words: str) -> Any:
        env = os.environ | {"LADING_KEY": site.key, "LADING_DEPLOYMENT": str(site.record), "LADING_NETWORK": site.url}
        done = subprocess.run([str(COMMAND), *words, "--json"], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    published = run("relay", "publish", str(document(site.folder)), "--publisher", site.publisher, "--outbox", schema)
    assert (published["events"], published["batches"]) == (1, 1)
    assert run("provenance", "audit", "--outbox", schema)
    out = site.folder / "bundle.json"
    assert run("proof", "export", ITEM, "--outbox", schema, "--out", str(out))["events"] == 1
    assert out.exists()
    assert list(Path().glob("postgresql*")) == []


def commands(group: Any) -> Iterator[Any]:
    yield group
    for one in getattr(group, "commands", {}).values():
        yield from commands(one)


def test_no_command_takes_an_outbox_for_a_path():
    """A path has no two slashes in a row."""
    found = [
        (command.name, option)
        for command in commands(typer.main.get_command(app))
        for option in command.params
        if "--outbox" in option.opts
    ]
    assert len(found) >= 6
    for name, option in found:
        assert "path" not in repr(option.type_descriptor).lower(), name
        assert "postgresql://" in (option.help or ""), name
