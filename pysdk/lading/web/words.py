"""The page's words, in English and Chinese. What verdicts and footprints say in English stands in
`lading.provenance`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import cycle
from typing import Any, Literal

from lading.provenance import reasons
from lading.provenance.footprint import GAPS, sentence
from lading.sun import NOT_PROVEN, SENTENCES

Language = Literal["en", "zh"]
LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "中文"}
TAGS: Mapping[Language, str] = {"en": "en", "zh": "zh-Hans"}
_BY_NAME: Mapping[str, Language] = {"en": "en", "zh": "zh"}

_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")
_MAX_RANGES = 20
LONGEST_DETAIL = 300
"""Characters of what was seen; it may quote an event, which is as long as its publisher likes."""

_VALUES = {"n": r"-?[0-9.]{1,40}", "who": r"0x[0-9a-f]{64}", "hash": r"0x[0-9a-f]{1,64}"}
_OF_TAGS: Mapping[str, str] = NOT_PROVEN | {str(reason): said for reason, said in SENTENCES.items()}


@dataclass(frozen=True, slots=True)
class Words:
    """All sentences of one language. `text` are the page's own; the others are keyed by their stable ids."""

    language: Language
    text: Mapping[str, str]
    verdicts: Mapping[str, Mapping[str, str]]
    reasons: Mapping[str, str]
    details: Mapping[str, str]
    rules: Mapping[str, str]
    not_proven: Mapping[str, str]
    gaps: Mapping[str, str]
    problems: Mapping[str, str]
    tags: Mapping[str, str]
    steps: Mapping[str, str]
    dispositions: Mapping[str, str]
    roles: Mapping[str, str]

    def __call__(self, name: str, **values: object) -> str:
        return self.text[name].format(**values)

    def reason(self, name: str) -> str:
        """Its sentence; the English one where this language has none yet."""
        return self.reasons.get(name) or reasons.REASON_BY_ID[name].sentence

    def detail(self, text: str) -> str | None:
        """What was seen, in this language; None where it has no words for that, or needs none."""
        for pattern, said in _patterns(self.language):
            if found := pattern.fullmatch(text):
                return said.format(**found.groupdict())
        return None

    def rule(self, name: str) -> str:
        return self.rules.get(name) or next(rule.sentence for rule in reasons.RULES if rule.id == name)

    def unproven(self, name: str) -> str:
        return self.not_proven.get(name) or reasons.NOT_PROVEN[name]

    def gap(self, name: str) -> str:
        """Why a footprint may be larger than its sum."""
        return self.gaps.get(name) or GAPS[name]

    def unverified(self, name: str) -> str:
        """Why an amount is not verified."""
        return self.problems.get(name) or sentence(name)

    def tag(self, name: str) -> str:
        """What is wrong with a tag's message, or not proven by it."""
        return self.tags.get(name) or _OF_TAGS[name]


@cache
def words(language: Language) -> Words:
    document: dict[str, Any] = json.loads(
        (files("lading.web") / "locale" / f"{language}.json").read_text(encoding="utf-8")
    )
    return Words(language=language, **document)


@cache
def _patterns(language: Language) -> Sequence[tuple[re.Pattern[str], str]]:
    """English details as patterns, those with the most words of their own first, and what is said instead. At most two
    values of a detail are free text, so that none takes long to compare."""
    found = words(language).details
    return [(_pattern(each), found[each]) for each in sorted(found, key=lambda text: -len(re.sub(r"{.*?}", "", text)))]


def _pattern(template: str) -> re.Pattern[str]:
    parts = (
        f"(?P<{name}>{_VALUES.get(name.rstrip('12'), '.+')})" if odd else re.escape(name)
        for odd, name in zip(cycle((False, True)), re.split(r"{(.*?)}", template), strict=False)
    )
    return re.compile("".join(parts), re.DOTALL)


def chosen(asked: str | None, accepted: str | None) -> Language:
    """The language that the visitor chose on the page, else the best that the browser accepts (RFC 9110, 12.5.4), else
    English."""
    if (language := _BY_NAME.get(asked or "")) is not None:
        return language
    best: Language = "en"
    weight = 0.0
    for part in (accepted or "").split(",")[:_MAX_RANGES]:
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        quality = float(found[2]) if found[2] else 1.0
        named = _BY_NAME.get(found[1].lower())
        if named is not None and quality > weight:
            best, weight = named, quality
    return best
