"""What the mutator does to a Solidity source: each rule makes small changes that a good test should notice.

Pure: text in, mutants out. The order is the text's own, and the same text always gives the same mutants.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mutate_tokens import Token, Vocabulary, closing, statement_end, tokens

RELATIONS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
ARITHMETIC = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "*",
    "+=": "-=",
    "-=": "+=",
    "++": "--",
    "--": "++",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "&=": "|=",
    "|=": "&=",
}
LOGIC = {"&&": "||", "||": "&&", "true": "false", "false": "true"}
# Words of a function's header that are no modifiers.
_HEADER = {"external", "public", "internal", "private", "view", "pure", "payable", "virtual", "override", "returns"}
_NO_STATEMENT = {"return", "revert", "if", "for", "while", "else", "unchecked", "assembly", "try", "catch", "_"}
_ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "|=", "&=", "^="}
FEWEST = 6  # mutants of a file in any sample, if it has as many
_ADDRESS_DIGITS = 40  # a hexadecimal literal of this length is an address and has a checksum


@dataclass(frozen=True, slots=True)
class Change:
    """Put `text` in place of [start, end)."""

    rule: str
    start: int
    end: int
    text: str
    function: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file. `key` stays the same while the line and its function's name do."""

    file: str
    key: str
    line: int
    change: Change
    before: str
    after: str

    def applied(self, text: str) -> str:
        return text[: self.change.start] + self.change.text + text[self.change.end :]


def mutants(file: str, text: str, known: Vocabulary) -> list[Mutant]:
    """Every mutant of every rule, no two with the same text, in the order of the text."""
    seen: set[tuple[int, int, str]] = set()
    counts: Counter[str] = Counter()
    found = []
    for change in sorted(_changes(tokens(text), text, known), key=lambda made: (made.start, made.end, made.rule)):
        if (change.start, change.end, change.text) in seen:
            continue
        seen.add((change.start, change.end, change.text))
        mutant = _mutant(file, text, change, counts)
        found.append(mutant)
    return found


def _mutant(file: str, text: str, change: Change, counts: Counter[str]) -> Mutant:
    first, last = text.rfind("\n", 0, change.start) + 1, text.find("\n", change.end)
    before = text[first:last]
    after = text[first : change.start] + change.text + text[change.end : last]
    said = "\0".join((file, change.function, change.rule, before.strip(), after.strip()))
    counts[said] += 1
    key = hashlib.sha256(f"{said}\0{counts[said]}".encode()).hexdigest()[:12]
    return Mutant(file, key, text.count("\n", 0, change.start) + 1, change, before, after)


def _changes(words: list[Token], text: str, known: Vocabulary) -> Iterator[Change]:
    for at, word in enumerate(words):
        if not word.function:
            yield from _outside(words, at)
            continue
        yield from _constant(word)
        if not word.assembly:
            for rule in _RULES:
                yield from rule(words, at, text, known)


def _swap(rule: str, word: Token, text: str) -> Change:
    return Change(rule, word.start, word.end, text, word.function)


def _outside(words: list[Token], at: int) -> Iterator[Change]:
    """Modifiers in a function's header, and the values of constants."""
    if words[at].text == "function" and words[at + 1].kind == "name":
        end = next(i for i in range(at, len(words)) if words[i].text in "{;")
        yield from _modifiers(words, closing(words, at + 2) + 1, end, words[at + 1].text)
    if words[at].text == "constant":
        end = next(i for i in range(at, len(words)) if words[i].text == ";")
        for word in words[at:end]:
            yield from _constant(word)


def _modifiers(words: list[Token], at: int, end: int, function: str) -> Iterator[Change]:
    while at < end:
        word = words[at]
        after = closing(words, at + 1) + 1 if words[at + 1].text == "(" else at + 1
        if word.kind == "name" and word.text not in _HEADER:
            yield Change("modifier removed", word.start, words[after - 1].end, "", function)
        at = after


def _constant(word: Token) -> Iterator[Change]:
    if word.kind != "number" or "." in word.text or (word.text.startswith("0x") and len(word.text) >= _ADDRESS_DIGITS):
        return
    digits, _, zeros = word.text.replace("_", "").partition("e") if word.text[:2] != "0x" else (word.text, "", "")
    value = int(digits.replace("_", ""), 0 if digits.startswith("0x") else 10) * 10 ** int(zeros or 0)
    yield _swap("constant", word, str(value + 1))
    if value:
        yield _swap("constant", word, str(value - 1))


def _operators(words: list[Token], at: int, text: str, known: Vocabulary) -> Iterator[Change]:
    word, before = words[at], words[at - 1]
    for other in RELATIONS.get(word.text, ()):
        yield _swap("relation", word, other)
    if word.text in LOGIC:
        yield _swap("logic", word, LOGIC[word.text])
    binary = before.text in ")]" or (before.kind in ("name", "number") and before.text != "return")
    if word.text in ARITHMETIC and (binary or word.text in ("++", "--")):
        yield _swap("arithmetic", word, ARITHMETIC[word.text])
    if word.text == "!":
        yield _swap("negation", word, "")


def _conditions(words: list[Token], at: int, text: str, known: Vocabulary) -> Iterator[Change]:
    """A condition turned round; one that guards a revert, never met: the authorisation or check is gone."""
    if words[at].text != "if":
        return
    end = closing(words, at + 1)
    inside = words[at + 2 : end]
    start, stop = inside[0].start, inside[-1].end
    if not any(word.text in ("==", "!=", "!") for word in inside) or any(word.text in ("&&", "||") for word in inside):
        yield Change("negation", start, stop, f"!({text[start:stop]})", words[at].function)
    body = end + 2 if words[end + 1].text == "{" else end + 1
    if words[body].text == "revert":
        yield Change("refusal removed", start, stop, "false", words[at].function)


def _sender(words: list[Token], at: int, text: str, known: Vocabulary) -> Iterator[Change]:
    if [word.text for word in words[at : at + 3]] == ["msg", ".", "sender"]:
        yield Change("sender", words[at].start, words[at + 2].end, "tx.origin", words[at].function)


def _members(words: list[Token], at: int, text: str, known: Vocabulary) -> Iterator[Change]:
    """An enum's member replaced by the next one."""
    members = known.enums.get(words[at].text, ())
    if words[at + 1].text == "." and words[at - 1].text != "." and words[at + 2].text in members:
        member = words[at + 2]
        other = members[(members.index(member.text) + 1) % len(members)]
        if other != member.text:
            yield _swap("enum member", member, other)


def _deletions(words: list[Token], at: int, text: str, known: Vocabulary) -> Iterator[Change]:
    """A statement gone: an assignment, a call, an event. A refusal's revert is the rule of conditions."""
    if words[at - 1].text not in (";", "{", "}", ")", "else"):
        return
    if words[at].kind != "name" and words[at].text not in ("(", "++", "--"):
        return
    if words[at].text in _NO_STATEMENT or (words[at - 1].text == ")" and not _ends_condition(words, at - 1)):
        return
    if words[at - 1].text in ";)" and _in_parentheses(words, at):
        return
    end = statement_end(words, at)
    inside = words[at : end - 1]
    if _declares(inside) or not any(word.text in _ASSIGNMENTS | {"(", "delete", "++", "--"} for word in inside):
        return
    rule = "event removed" if words[at].text == "emit" else "statement removed"
    yield Change(rule, words[at].start, words[end - 1].end, "{}", words[at].function)


def _in_parentheses(words: list[Token], at: int) -> bool:
    """Whether `at` stands in the head of a `for`, where ";" ends no statement."""
    depth = 0
    for index in range(at - 1, -1, -1):
        depth += (words[index].text == ")") - (words[index].text == "(")
        if depth < 0:
            return True
        if words[index].text in "{}" and depth == 0:
            return False
    return False


def _ends_condition(words: list[Token], at: int) -> bool:
    depth = 0
    for index in range(at, -1, -1):
        depth += (words[index].text == ")") - (words[index].text == "(")
        if depth == 0:
            return words[index - 1].text in ("if", "for", "while")
    return False


def _declares(inside: Sequence[Token]) -> bool:
    """Whether a statement declares a variable: two names in a row, before any assignment."""
    for left, right in pairwise(inside):
        if left.text in _ASSIGNMENTS or left.text in ("emit", "delete"):
            return False
        if (left.kind == "name" or left.text == "]") and right.kind == "name":
            return True
    return False


def _arguments(words: list[Token], at: int, text: str, known: Vocabulary) -> Iterator[Change]:
    """Two neighbouring arguments of one type, the other way round."""
    if words[at].text != "(" or words[at - 1].kind != "name" or words[at - 1].text in ("if", "while", "for", "returns"):
        return
    spans, start = [], at + 1
    end = closing(words, at)
    index = start
    while index <= end:
        if words[index].text == "," or index == end:
            spans.append(words[start:index])
            start = index + 1
        index = closing(words, index) + 1 if words[index].text in ("(", "[", "{") else index + 1
    for left, right in pairwise(spans):
        kind = _type_of(left, known)
        if kind and kind == _type_of(right, known):
            first, second = text[left[0].start : left[-1].end], text[right[0].start : right[-1].end]
            between = text[left[-1].end : right[0].start]
            swapped = f"{second}{between}{first}"
            yield Change("arguments swapped", left[0].start, right[-1].end, swapped, words[at].function)


def _type_of(words: Sequence[Token], known: Vocabulary) -> str:
    """The type of `name` or `a.name`; "" for any other expression."""
    texts = [word.text for word in words]
    if texts == ["msg", ".", "sender"]:
        return "address"
    if len(words) not in (1, 3) or (len(words) == 3 and texts[1] != "."):  # noqa: PLR2004 - `name`, or `a . name`
        return ""
    return known.types.get(texts[-1], "")


_Rule = Callable[[list[Token], int, str, Vocabulary], Iterator[Change]]
_RULES: tuple[_Rule, ...] = (_operators, _conditions, _sender, _members, _deletions, _arguments)


def sample(found: Sequence[Mutant], size: int, seed: str) -> list[Mutant]:
    """About `size` of them, the same for the same seed: each file by its share, and in each file every rule in turn."""
    files: dict[str, list[Mutant]] = {}
    for mutant in found:
        files.setdefault(mutant.file, []).append(mutant)
    chosen: list[Mutant] = []
    for _, its in sorted(files.items()):
        chosen += _in_turn(its, seed)[: max(FEWEST, round(size * len(its) / len(found)))]
    return chosen


def _in_turn(its: Sequence[Mutant], seed: str) -> list[Mutant]:
    def rank(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed}{mutant.key}".encode()).hexdigest()

    places: Counter[str] = Counter()
    order = []
    for mutant in sorted(its, key=rank):
        places[mutant.change.rule] += 1
        order.append((places[mutant.change.rule], rank(mutant), mutant))
    return [mutant for _, _, mutant in sorted(order, key=lambda entry: entry[:2])]
