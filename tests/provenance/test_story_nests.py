"""What is in what, told by random packing and unpacking, against a plain map that is searched from end to end."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from lading.provenance.story import AGGREGATION, nested

THINGS = st.sampled_from("abcdef")
EVENTS = st.lists(
    st.tuples(st.sampled_from(["ADD", "DELETE", "OBSERVE"]), st.none() | THINGS, st.frozensets(THINGS, max_size=3)),
    max_size=12,
)


def nest(thing: str, parents: dict[str, str]) -> list[str]:
    found = [thing]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def repacked(parents: dict[str, str], action: str, parent: str | None, children: frozenset[str]) -> dict[str, str]:
    if parent is None:
        return parents
    if action in ("ADD", "OBSERVE"):
        stay = {one for one in children if {parent, *children} & set(nest(one, parents)[1:])}
        moved = children - stay - set(nest(parent, parents))
        return parents | dict.fromkeys(moved, parent)
    if action == "DELETE":
        named = children or {child for child, within in parents.items() if within == parent}
        gone = {level for one in named for level in nest(one, parents) if parents.get(level) == parent}
        return {child: within for child, within in parents.items() if child not in gone}
    return parents


@given(THINGS, EVENTS)
def test_a_nest_is_what_a_plain_map_says(item, told):
    events = [
        SimpleNamespace(kind=next(iter(AGGREGATION)), action=action, parent=parent, children=children)
        for action, parent, children in told
    ]
    parents: dict[str, str] = {}
    for (event, before, after), (action, parent, children) in zip(nested(item, events), told, strict=True):
        assert before == nest(item, parents)
        parents = repacked(parents, action, parent, children)
        assert after == nest(item, parents)
        assert event.children == children
