"""Every sentence that a consumer may meet has its words in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import Formatter

import pytest

from lading.enums import Role
from lading.provenance import reasons
from lading.provenance.carbon import PROBLEMS
from lading.provenance.footprint import GAPS, NOT_CHECKED
from lading.provenance.verdict import EXIT_CODES
from lading.sun import NOT_PROVEN, SENTENCES
from lading.web.words import LANGUAGES, chosen, words

WEB = Path(__file__).resolve().parents[2] / "pysdk" / "lading" / "web"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
RULES = WEB.parent / "provenance"
WHO = "0x" + "ab" * 32
VALUES = ("7", "thing", "ab" * 32, f"participant {WHO}, thing", "60 s after entry 3", "3 of 4 events")
OF_VERDICTS = ["fields", "lots", "story", "coordinates"]
"""Modules whose complaints a verdict repeats; those on footprints stand elsewhere on the page."""

SECTIONS = ("text", "verdicts", "steps", "dispositions", "roles")


def test_every_sentence_of_a_verdict_is_translated() -> None:
    chinese = words("zh")
    assert [one.id for one in reasons.REASONS if one.id not in chinese.reasons] == []
    assert [one.id for one in reasons.RULES if one.id not in chinese.rules] == []
    assert [name for name in reasons.NOT_PROVEN if name not in chinese.not_proven] == []
    assert [name for name in GAPS if name not in chinese.gaps] == []
    assert [name for name in (*PROBLEMS, NOT_CHECKED) if name not in chinese.problems] == []
    assert [name for name in (*SENTENCES, *NOT_PROVEN) if name not in chinese.tags] == []
    for found in (
        chinese.reasons,
        chinese.rules,
        chinese.not_proven,
        chinese.gaps,
        chinese.problems,
        chinese.tags,
    ):
        assert [name for name, text in found.items() if not CHINESE.search(text)] == []


def details() -> Iterator[tuple[str, list[str | None]]]:
    """Where the rules write what they saw, and the parts of that text, None for a value."""
    for path in sorted(RULES.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = [*node.args[2:], *(word.value for word in node.keywords if word.arg == "detail")]
                if node.func.id == "Unreadable":
                    texts = node.args if path.stem in OF_VERDICTS else []
                elif node.func.id != "Finding":
                    continue
                for text in texts:
                    if isinstance(text, ast.JoinedStr | ast.Constant):
                        parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                        made = [str(part.value) if isinstance(part, ast.Constant) else None for part in parts]
                        yield f"{path.name}:{node.lineno}", made


def test_what_was_seen_has_chinese_words() -> None:
    chinese = words("zh")
    found = list(details())

    def is_said(parts: list[str | None]) -> bool:
        choices = product(*(VALUES if part is None else (part,) for part in parts))
        return any(chinese.detail("".join(choice)) for choice in choices)

    assert len(found) > 40
    assert [(place, parts) for place, parts in found if not is_said(parts)] == []
    assert [text for text, said in chinese.details.items() if text != "GTIN {n1}" and not CHINESE.search(said)] == []


def test_what_was_seen_keeps_its_values() -> None:
    chinese = words("zh")
    for text, said in chinese.details.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", said))
    seen = f"participant {WHO}, https://id.gs1.org/00/106141410000000015: 3 of 4 events"
    assert chinese.detail(seen) == f"参与者 {WHO}，https://id.gs1.org/00/106141410000000015：4 个事件中只有 3 个"
    assert chinese.detail("stolen") is None
    assert words("en").detail(seen) is None


def test_english_is_that_of_the_verdict() -> None:
    english = words("en")
    assert [english.reason(one.id) for one in reasons.REASONS] == [one.sentence for one in reasons.REASONS]
    assert [english.rule(one.id) for one in reasons.RULES] == [one.sentence for one in reasons.RULES]
    assert [english.unproven(name) for name in reasons.NOT_PROVEN] == list(reasons.NOT_PROVEN.values())
    assert [english.gap(name) for name in GAPS] == list(GAPS.values())
    assert [english.unverified(name) for name in PROBLEMS] == list(PROBLEMS.values())
    assert [english.tag(name) for name in (*SENTENCES, *NOT_PROVEN)] == [*SENTENCES.values(), *NOT_PROVEN.values()]


def test_no_sentence_is_of_a_reason_that_is_gone() -> None:
    chinese = words("zh")
    known = {one.id for one in (*reasons.REASONS, *reasons.RULES)}
    known |= {*reasons.NOT_PROVEN, *GAPS, *PROBLEMS, NOT_CHECKED, *SENTENCES, *NOT_PROVEN}
    said = (*chinese.reasons, *chinese.rules, *chinese.not_proven, *chinese.gaps, *chinese.problems, *chinese.tags)
    assert set(said) - known == set()


@pytest.mark.parametrize("section", SECTIONS)
def test_both_languages_have_the_same_words(section: str) -> None:
    english, chinese = getattr(words("en"), section), getattr(words("zh"), section)
    assert list(english) == list(chinese)


def test_a_sentence_takes_the_same_values_in_both() -> None:
    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    english, chinese = words("en").text, words("zh").text
    assert [name for name in english if values(english[name]) != values(chinese[name])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_levels_and_roles_are_all_named(language: str) -> None:
    found = words(language)  # type: ignore[arg-type]
    assert set(found.verdicts) == set(EXIT_CODES)
    assert all(set(one) == {"title", "lead", "advice"} for one in found.verdicts.values())
    assert set(found.roles) == {role.name for role in Role} | {""}


def test_no_word_is_left_over_and_none_is_missing() -> None:
    sources = [*WEB.glob("*.py"), *WEB.glob("templates/*.html"), *WEB.glob("static/*.js")]
    used = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    made = {
        f"{name}{end}"
        for name in ("missing", "code_wrong", "code_class", "busy", "broken", "damaged")
        for end in ("_title", "_lead", "")
    }
    made |= {"rule_kept", "rule_broken", "rule_open"}
    made |= {f"map_state_{state}" for state in ("ok", "unasked", "stale", "missing", "open", "bad")}
    text = set(words("en").text)
    assert {name for name in text - made if f'"{name}"' not in used and f".{name}" not in used} == set()
    asked = set(re.findall(r"""\bsay\(\s*["']([a-z_]+)["']""", used)) - {"rule_"}
    assert asked - text == set()


@pytest.mark.parametrize(
    ("asked", "accepted", "found"),
    [
        (None, None, "en"),
        (None, "zh-Hans-CN", "zh"),
        (None, "fr-FR, zh;q=0.3, en;q=0.2", "zh"),
        (None, "zh;q=0, en;q=0.1", "en"),
        (None, "*;q=0.5, garbage;;q=2", "en"),
        ("zh", "en", "zh"),
        ("tlh", "zh", "zh"),
    ],
)
def test_the_language_that_is_chosen(asked: str | None, accepted: str | None, found: str) -> None:
    assert chosen(asked, accepted) == found
