"""How values become text in the pre-hash string of CBV 2.0, section 8.9: single values, objects, lists, extensions.

A renderer is made once per property and puts strings together; no tree is built. Where a value has no place, a
`ValueProblem` gathers the steps to it on its way out, so that paths cost nothing while all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeGuard

from lading.epcis.links import link_of_uri
from lading.epcis.texts import Texts
from lading.epcis.values import ValueProblem, utc_milliseconds
from lading.epcis.vocabulary import Vocabulary

DEEPEST = 64  # nested values; far beyond what any event needs, far below what a recursion survives
_COMMENTS = frozenset(("rdfs:comment", "comment"))

Renderer = Callable[[str, object, Texts], str]
"""(property, value) -> the text that it contributes, "" for none."""
Strings = Callable[[str, object, Texts], list[str]]
"""The same as the strings that are to be sorted among others."""
Convert = Callable[[Texts, object], str]
"""One single value -> its text."""


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether it is a JSON object."""
    return type(value) is dict or isinstance(value, Mapping)


def _single(convert: Convert) -> Renderer:
    """A property with one value or a set of them, each rendered by `convert`."""

    def render(key: str, value: object, texts: Texts) -> str:
        if isinstance(value, list):
            return "".join(sorted(f"{key}={text}" for text in _each(convert, texts, value) if text))
        text = convert(texts, value)
        return f"{key}={text}" if text else ""

    return render


_texts = _single(Texts.of)


def text(key: str, value: object, texts: Texts) -> str:
    """A property whose values are text or numbers."""
    if type(value) is not str:
        return _texts(key, value, texts)
    found = texts[value]
    return f"{key}={found}" if found else ""


def word(vocabulary: Vocabulary) -> Renderer:
    """A property whose values are words of a CBV list."""
    uris = {word: vocabulary.web + word for word in vocabulary.words}

    def convert(texts: Texts, value: object) -> str:
        if not isinstance(value, str):
            return texts.of(value)
        stripped = value.strip()
        return texts[uris.get(stripped, stripped)]

    general = _single(convert)

    def render(key: str, value: object, texts: Texts) -> str:
        uri = uris.get(value) if type(value) is str else None
        return f"{key}={uri}" if uri else general(key, value, texts)

    return render


def _time_of(_: Texts, value: object) -> str:
    if not isinstance(value, str):
        raise ValueProblem(f"a time is text, not {value!r}")
    return utc_milliseconds(value.strip())


time = _single(_time_of)


def place(key: str, value: object, texts: Texts) -> str:
    """A read point or business location; nearly all have their id alone."""
    if type(value) is dict and len(value) == 1:
        name = value.get("id")
        if type(name) is str:
            found = texts[name]
            return f"{key}id={found}" if found else ""
    return _places(key, value, texts)


def _epc_of(texts: Texts, value: object) -> str:
    """An identifier; most come once, so that keeping each would be in vain."""
    if texts.plain and isinstance(value, str) and value.startswith("urn:epc:"):
        return link_of_uri(value.strip())
    return texts.of(value)


def objects(table: Mapping[str, Renderer], name: str | None = None, *, extensible: bool = True) -> Strings:
    """Objects with the given properties in order, then the extensions; `name` as in XML, "" for no name."""
    order = tuple(table.items())

    def one(texts: Texts, item: object) -> str:
        if not is_object(item):
            raise ValueProblem(f"an object is needed, not {item!r}")
        parts, left, key = [], len(item), ""
        try:
            for key, render in order:
                if key in item:
                    left -= 1
                    parts.append(render(key, item[key], texts))
        except ValueProblem as problem:
            problem.steps.append(key)
            raise
        if left:
            found = extensions(item, [key for key in item if key not in table], texts)
            if found and not extensible:
                raise ValueProblem("extensions here are dropped by other implementations")
            parts += sorted(found)
        return "".join(parts)

    def strings(key: str, value: object, texts: Texts) -> list[str]:
        title = key if name is None else name
        return sorted([title + inner for inner in _each(one, texts, value) if inner])

    return strings


def joined(strings: Strings) -> Renderer:
    """A property whose objects stand one after the other."""
    return lambda key, value, texts: "".join(strings(key, value, texts))


def listed(strings: Strings, name: str) -> Renderer:
    """A property whose members stand under it, each named `name` in XML."""

    def render(key: str, value: object, texts: Texts) -> str:
        found = strings(name, value, texts)
        return key + "".join(found) if found else ""

    return render


def epcs(key: str, value: object, texts: Texts) -> str:
    """A list of identifiers."""
    links = sorted([link for link in _each(_epc_of, texts, value) if link])
    return f"{key}epc={'epc='.join(links)}" if links else ""


_places = joined(objects({"id": text}))


def extensions(holder: Mapping[str, object], keys: list[str], texts: Texts) -> list[str]:
    """The strings of `keys`, which must be properties of somebody's namespace; unsorted."""
    found: list[str] = []
    for key in keys:
        if key in _COMMENTS:
            continue
        name = texts.names[key]
        if name is None:
            raise ValueProblem("the property is no EPCIS field, and @context declares no prefix for it inline", key)
        found += _member(key, name, holder[key], texts, 0)
    return found


def _member(key: str, name: str, value: object, texts: Texts, depth: int) -> list[str]:
    if depth == DEEPEST:
        raise ValueProblem(f"values are nested more than {DEEPEST} deep", key)
    try:
        return _free(name, value, texts, depth)
    except ValueProblem as problem:
        problem.steps.append(key)
        raise


def _free(name: str, value: object, texts: Texts, depth: int) -> list[str]:
    """The strings of an extension of any shape; `name` is in Clark notation, or bare where it is nested."""
    # As in the XML binding, members of a list of things are named after the thing.
    is_list = name.endswith("List") and name != "List"
    member_name = name[: -len("List")] if is_list else name
    if isinstance(value, list):
        members = _each(lambda within, item: _free_one(member_name, item, within, depth), texts, value)
    else:
        members = [_free_one(member_name, value, texts, depth)]
    if not is_list:
        return members
    return [name + "".join(sorted(members))] if members else []


def _free_one(name: str, value: object, texts: Texts, depth: int) -> str:
    if isinstance(value, list):
        raise ValueProblem("a list directly within a list has no counterpart in XML, hence no place in the id")
    if not is_object(value):
        text = texts.of(value)
        return f"{name}={text}" if text else name
    found: list[str] = []
    for key, member in value.items():
        if key in _COMMENTS:
            continue
        if key.startswith(("@", "#")):
            raise ValueProblem("JSON-LD keywords within an extension have no place in the id", key)
        member_name = texts.names[key] if ":" in key else key
        if member_name is None:
            raise ValueProblem("@context declares no such prefix inline", key)
        found += _member(key, member_name, member, texts, depth + 1)
    found.sort()
    return name + "".join(found)


def _each(convert: Convert, texts: Texts, value: object) -> list[str]:
    """The text of each member of a list, or of the one value that is no list."""
    if not isinstance(value, list):
        return [convert(texts, value)]
    found: list[str] = []
    try:
        for item in value:
            found.append(convert(texts, item))
    except ValueProblem as problem:
        problem.steps.append(len(found))
        raise
    return found
