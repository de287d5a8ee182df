"""What values and names become within one context, kept while the context is in use."""

from __future__ import annotations

from lading.epcis.caches import kept
from lading.epcis.namespaces import BUILT_IN, Namespaces, from_context
from lading.epcis.values import ValueProblem, canonical_text, number

_MOST_KEPT = 4096
_LONGEST_KEPT = 128  # characters; what is longer is no identifier and hardly comes twice


class _Names(dict[str, str | None]):
    """A property's name -> its Clark notation, None where no prefix is declared."""

    def __init__(self, namespaces: Namespaces) -> None:
        self.namespaces = namespaces

    def __missing__(self, name: str) -> str | None:
        found = self.namespaces.key(name)
        if len(self) < _MOST_KEPT and len(name) <= _LONGEST_KEPT:
            self[name] = found
        return found


class Texts(dict[str, str]):
    """A value that is text -> its canonical text, compact URIs written out.

    `names` does the same for names of properties. `plain`: no declared prefix reads `urn`, so that an EPC URI needs no
    look at the prefixes.

    Raises:
        ValueProblem: a text has no canonical form (at look-up).
    """

    def __init__(self, namespaces: Namespaces) -> None:
        self.namespaces = namespaces
        self.names = _Names(namespaces)
        self.plain = "urn" not in namespaces.prefixes

    def __missing__(self, text: str) -> str:
        found = canonical_text(self.namespaces.value(text))
        if len(text) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[text] = found
        return found

    def of(self, value: object) -> str:
        """The canonical text of any single value.

        Raises:
            ValueProblem: it has none, or is no single value.
        """
        if isinstance(value, str):
            return self[value]
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return number(value)
        raise ValueProblem("null has no place in the id" if value is None else f"{value!r} is no single value")


def texts_of(context: object, outer: Texts | None = None) -> Texts:
    """For a JSON-LD context of its own, or one that stands within another's scope.

    Raises:
        ContextProblem: it is none, or gives a GS1 prefix a meaning of its own.
    """
    # The address of a context declares nothing that is not built in.
    if context is None or isinstance(context, str):
        return _built_in() if outer is None else outer
    known = BUILT_IN if outer is None else outer.namespaces
    return _kept(tuple(from_context(known.prefixes, context).prefixes.items()))


@kept(1)
def _built_in() -> Texts:
    return Texts(BUILT_IN)


@kept(16)
def _kept(prefixes: tuple[tuple[str, str], ...]) -> Texts:
    return Texts(Namespaces(dict(prefixes)))
