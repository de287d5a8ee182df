"""What every command prints, and how: one JSON document on stdout with `--json`, else lines for people; progress always
on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

from lading.errors import ContractError, LadingError

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

#: What `plain` takes, and the JSON that it gives.
Value: TypeAlias = Any
#: Beyond it a JSON number is a double for most readers (RFC 8785, section 3.1), so it goes as text.
MAX_INTEGER = 2**53 - 1
CENTS = 2
#: Wide enough for a hash beside a name: a table that is piped is never wrapped.
PIPE_COLUMNS = 240


@dataclass(frozen=True)
class Shown:
    """A command's result: for machines, for people, and what the command ends with."""

    document: Value
    lines: Sequence[str]
    exit_code: int = 0


class OutputFailed(Exception):
    """stdout takes nothing any more; told apart from a file that the command itself could not read or write."""

    def __init__(self, problem: OSError) -> None:
        self.problem = problem
        super().__init__(str(problem))


def emit(document: Value, *, as_json: bool, lines: Sequence[str]) -> None:
    """Prints the command's one result: the document, or what people read instead."""
    try:
        for line in [json.dumps(document, ensure_ascii=False)] if as_json else lines:
            typer.echo(line)
    except OSError as error:
        raise OutputFailed(error) from error


def progress(line: str) -> None:
    """A sentence on what is going on, never part of the result."""
    typer.echo(line, err=True)


def error_document(error: LadingError) -> dict[str, Any]:
    """The `--json` form of an error (schema `error.json`)."""
    arguments = error.args_by_name if isinstance(error, ContractError) else {}
    return {
        "error": {
            "type": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "retryable": error.retryable,
            "arguments": {name: plain(value) for name, value in arguments.items()},
        }
    }


def plain(value: Value) -> Value:
    """A value as JSON holds it: enumerations by name in lower case, times in UTC (RFC 3339), windows in seconds, bytes
    as 0x hex, integers beyond 2^53 and what else JSON lacks as text."""
    if isinstance(value, Enum):
        return value.name.lower()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else str(value)
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value).hex()
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    return str(value)


def utc(time: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def length(time: timedelta) -> str:
    """For people: in the largest unit of which it is a whole number, such as 30 s, 12 h, 7 days."""
    seconds = int(time.total_seconds())
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}" + ("s" if unit == "day" and count > 1 else "")
    return f"{seconds} s"


def money(amount: Decimal) -> str:
    """For people: at least two digits after the point, and no more than there are."""
    whole, _, part = f"{amount:f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(CENTS, '0')}"


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> list[str]:
    """Aligned columns, whatever the width of their characters; those named in `right` to the right."""
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(headers))
    for header in headers:
        grid.add_column(header, justify="right" if header in right else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*(_cell(value) for value in row))
    return _rendered(grid)


def pairs(values: Mapping[str, object]) -> list[str]:
    """A name and its value a line."""
    return table(("", ""), values.items())


def title(text: str) -> list[str]:
    return ["", text, "-" * len(text)]


def _rendered(grid: Table) -> list[str]:
    from rich.console import Console

    out = StringIO()
    Console(file=out, width=PIPE_COLUMNS, markup=False, highlight=False, emoji=False).print(grid)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def _cell(value: object) -> Text:
    from rich.text import Text

    if value is None:
        return Text("-")
    return Text(
        printable(f"{value:,}" if isinstance(value, int) and not isinstance(value, Enum) else str(plain(value)))
    )


def printable(text: str) -> str:
    """What others wrote may hold control characters that would mislead a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
