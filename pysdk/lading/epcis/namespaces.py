"""The prefixes that a document's `@context` declares inline. No JSON-LD expansion, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.epcis.vocabulary import BUILT_IN_PREFIXES


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
        if BUILT_IN_PREFIXES.get(name, namespace) != namespace:
            raise ContextProblem(f"the prefix {name!r} belongs to GS1 and stands for {BUILT_IN_PREFIXES[name]}")
        prefixes[name] = namespace
    return Namespaces(prefixes)


def _declarations(context: object) -> Iterator[tuple[str, str]]:
    """All prefix declarations; keywords (`@vocab`, …) and term definitions that are objects declare no prefix."""
    if isinstance(context, list | tuple):
        for part in context:
            yield from _declarations(part)
    elif isinstance(context, Mapping):
        for name, namespace in context.items():
            if isinstance(namespace, str) and not name.startswith("@"):
                yield name, namespace
    elif not (context is None or isinstance(context, str)):
        raise ContextProblem(f"a context is a URL, an object or a list of these, not {context!r}")
