"""The last word on an item's state: dispositions, which a later one replaces, and lasting ones, until they are unset.

CBV 2.0, section 7.2; EPCIS 2.0, section 7.4.1 (`disposition`, `persistentDisposition`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lading.epcis.vocabulary import DISPOSITION
from lading.provenance.emptied import beside
from lading.provenance.item import Item
from lading.provenance.parties import People
from lading.provenance.reasons import ALARMING, PROTECTED
from lading.provenance.rules import Finding
from lading.provenance.story import Happening, cbv_word

_OF_CONTENTS = frozenset({"stolen", "recalled"})


@dataclass(frozen=True, slots=True)
class _Mark:
    """What was said of a thing, and by whom; `lasting`: until it is unset. Only what is not plainly good is kept."""

    thing: str
    text: str
    publisher: bytes
    lasting: bool


def disposition(item: Item, story: Sequence[Happening], around: Mapping[int, frozenset[str]]) -> Iterator[Finding]:
    """`story`: the events about the item, in order of time; `around`: what `surroundings` says of them.

    An alarm is lifted by a later event that names the same thing, or the item itself. What no read can undo is lifted
    only by the publisher that said it, or by the brand, which is whoever made the item.
    """
    makers = {one.publisher for one in story if item.key in one.born}
    standing: dict[_Mark, Happening] = {}
    for one in story:
        named = one.subjects & around[one.position]
        for mark in [mark for mark in standing if _lifts(one, mark, named, item.key, makers)]:
            del standing[mark]
        standing |= dict.fromkeys(_marks(one, named), one)
    seen = {(one.position, mark.text): mark for mark, one in standing.items()}
    for (position, text), mark in sorted(seen.items(), key=lambda pair: pair[0]):
        alarming = cbv_word(mark.text) in ALARMING
        if alarming or mark.lasting:
            yield Finding("disposition-alarming" if alarming else "disposition-unknown", position, text[:80])
    yield from _last(story)


def reported_beside(
    item: Item, happenings: Sequence[Happening], story: Sequence[Happening], people: People
) -> Iterator[Finding]:
    """What befell the goods in a container out of which somebody had taken the item who need not have had it. What
    befalls an empty box (it is thrown away) is not the item's."""
    makers = {one.publisher for one in story if item.key in one.born}
    standing: dict[_Mark, Happening] = {}
    for at in beside(item, happenings, story, people):
        for mark in [mark for mark in standing if _lifts(at.event, mark, at.event.subjects, item.key, makers)]:
            del standing[mark]
        told = (mark for mark in _marks(at.event, at.doubtful) if cbv_word(mark.text) in _OF_CONTENTS)
        standing |= dict.fromkeys(told, at.event)
    for mark, one in standing.items():
        yield Finding("alarm-not-judged", one.position, mark.text[:80])


def _marks(one: Happening, named: Iterable[str]) -> Iterator[_Mark]:
    for thing in named:
        if cbv_word(one.disposition) in ALARMING:
            yield _Mark(thing, one.disposition, one.publisher, lasting=False)
        for text in one.sets:
            if cbv_word(text) in ALARMING or _is_strange(text):
                yield _Mark(thing, text, one.publisher, lasting=True)


def _lifts(one: Happening, mark: _Mark, named: frozenset[str], item: str, makers: set[bytes]) -> bool:
    if named.isdisjoint({mark.thing, item}):
        return False
    word = cbv_word(mark.text)
    if word in PROTECTED and one.publisher != mark.publisher and one.publisher not in makers:
        return False
    if mark.lasting:
        return any(text == mark.text or (word is not None and cbv_word(text) == word) for text in one.unsets)
    said = cbv_word(one.disposition)
    return said in DISPOSITION.words and said not in ALARMING


def _last(story: Sequence[Happening]) -> Iterator[Finding]:
    """The last disposition is a word of CBV, or of a vocabulary of its own."""
    for last in [one for one in story if one.disposition][-1:]:
        if _is_strange(last.disposition):
            yield Finding("disposition-unknown", last.position, last.disposition[:80])


def _is_strange(text: str) -> bool:
    word = cbv_word(text)
    return word not in DISPOSITION.words and (word is not None or ":" not in text)
