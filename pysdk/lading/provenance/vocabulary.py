"""The words that we publish beside CBV 2.0, as full URIs: CBV-compatible, not CBV-compliant (CBV 2.0, section 5).

`python -m lading.provenance.vocabulary` writes the published document anew, and a test says whether it is fresh.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lading.epcis.namespaces import ContextProblem, from_context
from lading.provenance.fields import Unreadable, local_name

VOC: Final = "https://lading.example/voc/"
PARTICIPANT: Final = "https://lading.example/participant/"
"""A participant of the registry as a party: this and its id, 0x and 64 lower-case hexadecimal digits."""

PUBLISHED = Path(__file__).parent / "schema" / "lading-vocabulary-1.json"


@dataclass(frozen=True, slots=True)
class Word:
    """`stops`: after it the goods may not go on. `frees`: it lifts what stopped them."""

    name: str
    sentence: str
    stops: bool = False
    frees: bool = False

    @property
    def uri(self) -> str:
        return VOC + self.name


CUSTOMS_STEPS = (
    Word("BizStep-export_declared", "Customs of the country of exit took in the exit declaration."),
    Word("BizStep-export_released", "Customs of the country of exit let the goods go.", frees=True),
    Word("BizStep-import_declared", "Customs of the country of entry took in the entry declaration."),
    Word("BizStep-import_released", "Customs of the country of entry let the goods in.", frees=True),
    Word("BizStep-customs_inspected", "Customs examined the goods."),
    Word("BizStep-customs_held", "Customs keep the goods until they release or reject them.", stops=True),
    Word("BizStep-customs_rejected", "Customs refused to let the goods pass.", stops=True),
)
"""Business steps that only a participant with the role CUSTOMS may publish."""

DOCUMENT_TYPES = (
    Word("BTT-export_declaration", "A business transaction that is an exit declaration, by its number."),
    Word("BTT-import_declaration", "A business transaction that is an entry declaration, by its number."),
)
PROPERTIES = (
    Word(
        "tagCounter",
        "The counter that the tag gave at this read: a whole number that never falls. The event names one thing.",
    ),
    Word(
        "private",
        "Of each private field, under its name, the commitment to its value: SHA-256 over name, value and a secret "
        "salt.",
    ),
    Word("carbon", "The greenhouse gases of the whole event, as one object: mg, method, scope, verifier, signature."),
    Word("mg", "Milligrams of CO2 equivalent: a whole number from 0 to 2^53 - 1."),
    Word("method", "By which rules they were worked out: ISO 14067:2018 or ISO 14083:2023."),
    Word("scope", "What they cover, in words."),
    Word("verifier", "Who verified them: a participant id, as 0x and 64 lower-case hexadecimal digits."),
    Word("signature", "The verifier's signature (EIP-712), as 0x and 130 lower-case hexadecimal digits."),
    Word("massMg", "The mass of each thing that the event names, or of the one beside it: milligrams, from 1 on."),
    Word("masses", "The masses of single things: a list of objects with thing and massMg."),
    Word("thing", "The EPC of the thing whose mass stands beside it."),
)

_STEPS = {step.uri: step for step in CUSTOMS_STEPS}
_COUNTER = "tagCounter"


def customs_step(event: Mapping[str, object]) -> Word | None:
    """The customs step that an event takes, written as a full URI or with a prefix of the event's own context.

    Raises:
        Unreadable: `bizStep` has a prefix, and the event's context cannot be used.
    """
    text = event.get("bizStep")
    if not isinstance(text, str) or ":" not in text:
        return None
    try:
        return _STEPS.get(text) or _STEPS.get(from_context(event.get("@context")).value(text))
    except ContextProblem as error:
        raise Unreadable(str(error)) from error


def tag_counter(event: Mapping[str, object]) -> int | None:
    """The tag's counter, under any prefix. Raises Unreadable if it is no whole number from 0 on, or given twice."""
    given = [value for name, value in event.items() if ":" in name and local_name(name) == _COUNTER]
    if not given:
        return None
    if len(given) > 1 or not isinstance(given[0], int) or isinstance(given[0], bool) or given[0] < 0:
        raise Unreadable(f"{_COUNTER} is not one whole number")
    return given[0]


def document() -> dict[str, Any]:
    """The vocabulary as JSON-LD (SKOS)."""
    words = {"CustomsStep": CUSTOMS_STEPS, "DocumentType": DOCUMENT_TYPES, "Property": PROPERTIES}
    return {
        "@context": {
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "definition": "skos:definition",
            "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
        },
        "@graph": [
            {"@id": word.uri, "@type": "skos:Concept", "inScheme": VOC + scheme, "definition": word.sentence}
            for scheme, members in words.items()
            for word in members
        ],
    }


def text() -> str:
    """As it stands in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(text(), encoding="utf-8")
