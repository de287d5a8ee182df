"""The text of a JSON document, read strictly: what two readers could understand differently is refused by name."""

from __future__ import annotations

import json
import re

from lading.epcis.errors import DocumentError, Fault
from lading.epcis.fields import is_number

MAX_DEPTH = 200

_BOM = b"\xef\xbb\xbf"
# Possessive, and content with a string that never ends: linear in the text, whatever it holds.
_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class NotJson(DocumentError):
    """The text is no JSON at all; `found` holds the one fault, with its line and column."""


def read_json(data: bytes) -> object:
    """A JSON document in UTF-8 (RFC 8259), with every name once in its object and every number within a double's range.

    Raises:
        NotJson: it is no JSON, or not in UTF-8, or nests more than `MAX_DEPTH` deep.
        DocumentError: a name stands twice in an object, or a number is NaN, infinite or too large.
    """
    faults: list[Fault] = []
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
        # Asked first: the parser's own bound is the interpreter's, which others may have raised beyond the stack.
        if _deepest(text) > MAX_DEPTH:
            raise NotJson.of([Fault("$", "depth", f"values are nested more than {MAX_DEPTH} deep")])
        document: object = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, faults),
            parse_constant=lambda name: _constant(name, faults),
            parse_float=lambda digits: _number(float(digits), digits, faults),
            parse_int=lambda digits: _integer(digits, faults),
        )
    except ValueError as problem:
        said = " ".join(str(problem).split())
        raise NotJson.of([Fault("$", "json", f"neither XML nor JSON in UTF-8: {said}")]) from None
    if faults:
        raise DocumentError.of(faults)
    return document


def _deepest(text: str) -> int:
    """How deep brackets nest outside of strings; of what is no JSON, some number."""
    depth = deepest = 0
    for token in _NESTING.finditer(text):
        sign = token[0][0]
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, object]], faults: list[Fault]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        faults.append(Fault("$", "duplicate", f"the name {ascii(twice)[:100]} stands twice in one object"))
    return found


def _constant(name: str, faults: list[Fault]) -> None:
    faults.append(Fault("$", "number", f"{name} is no JSON"))


def _number(value: float, digits: str, faults: list[Fault]) -> float:
    if not is_number(value):
        faults.append(Fault("$", "number", f"{digits[:40]} is beyond what a double holds"))
    return value


def _integer(digits: str, faults: list[Fault]) -> int:
    if len(digits) > 400:  # noqa: PLR2004 - a double has 309 digits before its point
        faults.append(Fault("$", "number", f"an integer of {len(digits)} digits is beyond what a double holds"))
        return 0
    return int(digits)
