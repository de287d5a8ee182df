"""The prefixes that a document's `@context` declares inline. No JSON-LD expansion, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.epcis.vocabulary import BUILT_IN_PREFIXES

# GS1's own examples and XML documents write the namespace of master data in other ways, so it means what they say.
FREE = frozenset(("cbvmda",))
_DEEPEST = 8  # lists within lists of contexts; real ones nest once


class ContextProblem(ValueError):
    """Why a context cannot be used; callers turn it into their own error, with a path."""


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Prefix -> namespace, the GS1 context's own ones among them."""

    prefixes: Mapping[str, str]

    def key(self, name: str) -> str | None:
        """A property's name in Clark notation, `{namespace}local`; None where it has no declared prefix."""
        prefix, colon, local = name.partition(":")
        namespace = self.prefixes.get(prefix) if colon else None
        return None if namespace is None else f"{{{namespace}}}{local}"

    def value(self, text: str) -> str:
        """A compact URI written out; any other text as it is (JSON-LD 1.1, section 4.1.5)."""
        prefix, colon, local = text.partition(":")
        if not colon or local.startswith("//"):
            return text
        namespace = self.prefixes.get(prefix)
        return text if namespace is None else namespace + local


BUILT_IN = Namespaces(BUILT_IN_PREFIXES)


def from_context(*contexts: object) -> Namespaces:
    """What the given `@context` values (string, object, list of both, or None) declare, later ones over earlier ones.

    Raises:
        ContextProblem: one is of another kind, or gives a GS1 prefix a meaning of its own.
    """
    prefixes = dict(BUILT_IN_PREFIXES)
    for name, namespace in _declarations(contexts):
        if name not in FREE and BUILT_IN_PREFIXES.get(name, namespace) != namespace:
            raise ContextProblem(f"the prefix {name!r} belongs to GS1 and stands for {BUILT_IN_PREFIXES[name]}")
        prefixes[name] = namespace
    return Namespaces(prefixes)


def _declarations(context: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    """All prefix declarations. Keywords (`@vocab`, …) declare none, and expanded term definitions only if they say so
    (JSON-LD 1.1, section 9.15.1)."""
    if isinstance(context, list | tuple) and depth <= _DEEPEST:
        for part in context:
            yield from _declarations(part, depth + 1)
    elif isinstance(context, Mapping):
        for name, definition in context.items():
            namespace = definition
            if isinstance(definition, Mapping):
                namespace = definition.get("@id") if definition.get("@prefix") is True else None
            if isinstance(namespace, str) and not name.startswith("@"):
                yield name, namespace
    elif not (context is None or isinstance(context, str)):
        raise ContextProblem(f"a context is a URL, an object or a list of these, not a {type(context).__name__}")
