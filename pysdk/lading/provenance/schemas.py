"""The JSON Schemas (draft 2020-12) of bundle, fault document, disclosure and verdict, as published in `schema/`.

They follow from the models and tables of this package; `python -m lading.provenance.schemas` writes the files anew, and
a test says whether they are fresh.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lading.provenance import disclosure, faults
from lading.provenance.bundle import FORMAT, Bundle
from lading.provenance.reasons import NOT_PROVEN, REASONS, RULES
from lading.provenance.verdict import EXIT_CODES

FOLDER = Path(__file__).parent / "schema"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def bundle_schema() -> dict[str, Any]:
    """Of `lading-bundle/1`. It says nothing of canonical form, which no JSON Schema can."""
    return {
        "$schema": _DRAFT,
        "$id": f"urn:{FORMAT.replace('/', ':')}",
        **Bundle.model_json_schema(mode="serialization"),
    }


def fault_schema() -> dict[str, Any]:
    """Of `lading-fault/1`."""
    schema = faults.ADAPTER.json_schema(mode="serialization")
    return {"$schema": _DRAFT, "$id": f"urn:{faults.FORMAT.replace('/', ':')}", "title": faults.FORMAT, **schema}


def disclosure_schema() -> dict[str, Any]:
    """Of `lading-disclosure/1`."""
    return {
        "$schema": _DRAFT,
        "$id": f"urn:{disclosure.FORMAT.replace('/', ':')}",
        **disclosure.Disclosure.model_json_schema(mode="serialization"),
    }


def verdict_schema() -> dict[str, Any]:
    """Of `lading verify --json`."""
    hash_or_null = {"type": ["string", "null"], "pattern": "^0x[0-9a-f]{64}$"}
    as_of = {
        "chain_id": {"type": ["integer", "null"]},
        "genesis": hash_or_null | {"description": "Hash of block 0."},
        "block": {"type": ["integer", "null"], "minimum": 0},
        "time": {"type": ["string", "null"], "format": "date-time", "description": "Of the block, UTC."},
    }
    properties = {
        "verdict": {"enum": list(EXIT_CODES)},
        "reasons": _ids({reason.id: reason.sentence for reason in REASONS}, "Why it is not authentic, worst first."),
        "checked": _ids({rule.id: rule.sentence for rule in RULES}, "The rules that were applied, broken or not."),
        "not_proven": _ids(NOT_PROVEN, "What this verdict does not show."),
        "as_of": _object(as_of) | {"description": "The block that was read; all null if no trusted chain was."},
    }
    return {"$schema": _DRAFT, "$id": "urn:lading-verdict:1", "title": "lading-verdict/1", **_object(properties)}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _ids(sentences: dict[str, str], description: str) -> dict[str, Any]:
    members = [{"const": name, "description": sentence} for name, sentence in sentences.items()]
    return {"type": "array", "items": {"oneOf": members}, "uniqueItems": True, "description": description}


PUBLISHED = {
    "lading-bundle-1.json": bundle_schema,
    "lading-disclosure-1.json": disclosure_schema,
    "lading-fault-1.json": fault_schema,
    "lading-verdict-1.json": verdict_schema,
}


def text_of(schema: dict[str, Any]) -> str:
    """As it stands in the file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write() -> None:
    """Writes the published files."""
    FOLDER.mkdir(exist_ok=True)
    for name, schema in PUBLISHED.items():
        (FOLDER / name).write_text(text_of(schema()), encoding="utf-8")


if __name__ == "__main__":
    write()
