"""`lading order batch`: many verbs of the vault in as few transactions as hold them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lading.cli.documents import FileUnreadable, read_bytes
from lading.cli.output import Shown, error_document, table
from lading.cli.signed_files import read_signed
from lading.cli.terms import terms_of
from lading.cli.verbs import signing
from lading.errors import ContractError, LadingError

if TYPE_CHECKING:
    from lading.chain.contract import Call
    from lading.client import Lading
    from lading.groups.order_batches import CallResult
    from lading.models import OrderTerms

Lines = Annotated[
    Path, typer.Argument(metavar="FILE", help="A line each: 'release ORDER', 'ship ORDER URI', 'deliver ORDER FILE'.")
]
PANEL = "The order"
#: Verbs that take nothing besides the order.
PLAIN = ("cancel", "poke", "release", "refund", "report")
#: What each verb of a line takes after the order; in brackets what may be left out.
FORMS = {"accept": "ORDER [0x…]", "ship": "ORDER URI", "deliver": "ORDER FILE"} | dict.fromkeys(PLAIN, "ORDER")


@dataclass(frozen=True)
class Line:
    """One call, as it stands in the file; `given` is what comes after the order."""

    number: int
    verb: str
    order: str
    given: str | None


def register(app: typer.Typer) -> None:
    signing(app, "batch", PANEL)(batch)


def batch(client: Lading, file: Lines) -> Shown:
    """Accept, cancel, ship, poke, deliver, release, refund or report many orders at once. Each succeeds or fails alone;
    if one fails, the exit code is 4."""
    lines = _parse(file)
    calls = [_call(client, file, line) for line in lines]
    results = client.orders.batch(calls)
    failed = sum(not result.ok for result in results)
    shown = _table(lines, results)
    sent = len({result.receipt.tx_hash for result in results})
    shown += ["", f"{len(lines) - failed} of {len(lines)} done, in {sent} transaction{'s' if sent > 1 else ''}."]
    return Shown(_document(lines, results), shown, ContractError.exit_code if failed else 0)


def _parse(file: Path) -> list[Line]:
    """
    Raises:
        FileUnreadable: it cannot be read, is empty, or a line is none of the known ones.
    """
    found = []
    for number, text in enumerate(read_bytes(file).decode("utf-8", "replace").splitlines(), start=1):
        try:
            words = shlex.split(text, comments=True)
        except ValueError as error:
            raise _malformed(file, number, f"{error}") from error
        if not words:
            continue
        verb, rest = words[0], words[1:]
        if verb not in FORMS:
            raise _malformed(file, number, f"{verb[:40]!r} is none of {', '.join(FORMS)}")
        least = FORMS[verb].replace("[0x…]", "").split()
        if not len(least) <= len(rest) <= len(FORMS[verb].split()):
            raise _malformed(file, number, f"write it as '{verb} {FORMS[verb]}'")
        found.append(Line(number, verb, rest[0], rest[1] if len(rest) > 1 else None))
    if not found:
        raise FileUnreadable(f"{file} holds no line.", hint="Write a line for each call, such as 'release 0x…'.")
    return found


def _malformed(file: Path, number: int, why: str) -> FileUnreadable:
    return FileUnreadable(f"{file}, line {number}: {why}.", hint="Nothing was sent.")


def _call(client: Lading, file: Path, line: Line) -> Call:
    """
    Raises:
        FileUnreadable, InputError: naming the line.
    """
    try:
        terms = terms_of(client, line.order, None)
        return _maker(client, line)(terms)
    except LadingError as error:
        raise FileUnreadable(
            f"{file}, line {line.number}: {error.message}", hint=f"{error.hint or ''} Nothing was sent.".strip()
        ) from error


def _maker(client: Lading, line: Line) -> Callable[[OrderTerms], Call]:
    """What makes the line's call from the order's terms."""
    vault = client.contracts.orders
    if line.verb == "accept":
        return lambda terms: vault.accept(terms, line.given or "0x")
    if line.verb == "ship":
        from lading.groups.orders import unit_hash

        return lambda terms: vault.ship(terms, unit_hash(str(line.given)))
    if line.verb == "deliver":
        from lading.models import DeliveryReceipt

        stated, signed = read_signed(Path(str(line.given)), "receipt", DeliveryReceipt)
        return lambda terms: vault.deliver(terms, stated, signed.signer, signed.signature)
    plain: Mapping[str, Callable[[OrderTerms], Call]] = {name: getattr(vault, name) for name in PLAIN}
    return plain[line.verb]


def _table(lines: Sequence[Line], results: Sequence[CallResult]) -> list[str]:
    rows = [
        (line.number, line.verb, line.order, "done" if result.error is None else f"failed: {result.error.message}")
        for line, result in zip(lines, results, strict=True)
    ]
    return table(("line", "verb", "order", ""), rows, right=("line",))


def _document(lines: Sequence[Line], results: Sequence[CallResult]) -> dict[str, Any]:
    receipts = {result.receipt.tx_hash: result.receipt for result in results}
    return {
        "calls": [
            {
                "line": line.number,
                "verb": line.verb,
                "order": line.order,
                "tx": result.receipt.tx_hash,
                "error": None if result.error is None else error_document(result.error)["error"],
            }
            for line, result in zip(lines, results, strict=True)
        ],
        "transactions": [{"tx": one.tx_hash, "block": one.block, "gas": one.gas_used} for one in receipts.values()],
    }
