"""Single fields of an event, read defensively: an event is whatever its publisher anchored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache

from lading.epcis.namespaces import ContextProblem, Namespaces, from_context

_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


class Unreadable(ValueError):
    """An event that no rule can judge; the message names the field."""


def text_in(event: Mapping[str, object], name: str, default: str | None = None) -> str:
    """Raises Unreadable if the field is missing without a default, or no text."""
    value = event.get(name, default)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is {'missing' if value is None else 'no text'}")
    return value


def texts_in(event: Mapping[str, object], name: str) -> list[str]:
    """Empty where the field is missing. Raises Unreadable if it is no list of texts."""
    value = event.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unreadable(f"{name} is no list of texts")
    return value


def lasting_in(event: Mapping[str, object], change: str) -> list[str]:
    """The dispositions that an event sets or unsets (`change`) for good (EPCIS 2.0, section 7.4.1).

    Raises:
        Unreadable: they are no list of texts.
    """
    stated = event.get("persistentDisposition", {})
    if not isinstance(stated, dict) or not stated.keys() <= {"set", "unset"}:
        raise Unreadable("persistentDisposition is no object of set and unset")
    return texts_in(stated, change)


def objects_in(holder: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Empty where the field is missing. Raises Unreadable if it is no list of objects."""
    value = holder.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable(f"{name} is no list of objects")
    return value


def written_out(event: Mapping[str, object]) -> Callable[[str], str]:
    """From a word to what the event id reads, with its prefix written out: a context may call a name space what it
    likes. A word without one is left as it is. The context is read once, and only if a word has a prefix: both may be
    long. The function raises Unreadable if the context cannot be used."""

    @cache
    def names() -> Namespaces:
        try:
            return from_context(event.get("@context"))
        except ContextProblem as error:
            raise Unreadable(str(error)) from error

    return lambda text: names().value(text.strip()) if ":" in text else text


def seconds(text: str) -> float:
    """Seconds since 1970 of an EPCIS time, which has a zone (EPCIS 2.0, section 7.3.2). Raises Unreadable."""
    if _TIME.fullmatch(text) is None:
        raise Unreadable(f"the time {text[:40]!r} is not of the form 2026-01-31T08:15:00.000+01:00")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"the time {text[:40]!r} does not exist") from error


def local_name(name: str) -> str:
    """What a property is called behind its prefix or name space, which a document may call what it likes."""
    return re.split(r"[:/#]", name)[-1]
