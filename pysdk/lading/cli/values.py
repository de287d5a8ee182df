"""From the words of a command line to values, and the options that several groups share.

A parser here raises typer.BadParameter (exit 2) for a word that is none of a fixed set, and the package's own
InputError (exit 1) for a value that is malformed; both before anything is asked or sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from lading.enums import IdentifierScheme
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading

#: What typer.Option gives.
OptionInfo: TypeAlias = Any
Choice = TypeVar("Choice", bound=IntEnum)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_WORD = re.compile(r"0x[0-9a-fA-F]{64}")
_WINDOW = re.compile(r"(\d{1,9})([smhd])")

Participant = Annotated[
    str, typer.Argument(metavar="PARTICIPANT", help="Id (0x…), or SCHEME:IDENTIFIER such as GLN:9521141000106.")
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")]


def one_of(kind: type[Choice], *, without: tuple[str, ...] = ()) -> Callable[[str], Choice]:
    """A parser of an enumeration's names, in either case, `-` for `_`."""

    def parse(text: str | Choice) -> Choice:
        if isinstance(text, kind):  # typer parses defaults too
            return text
        name = str(text).upper().replace("-", "_")
        if name in kind.__members__ and name not in without:
            return kind[name]
        raise typer.BadParameter(f"{text!r} is none of {words(kind, without=without)}.")

    return parse


def words(kind: type[IntEnum], *, without: tuple[str, ...] = (), between: str = ", ") -> str:
    """The names of an enumeration, as they are typed."""
    return between.join(name.lower().replace("_", "-") for name in kind.__members__ if name not in without)


def choice(kind: type[IntEnum], *names: str, text: str = "", without: tuple[str, ...] = ()) -> OptionInfo:
    """An option of an enumeration's names."""
    listed = words(kind, without=without, between="|")
    return typer.Option(*names, parser=one_of(kind, without=without), metavar=listed, help=text)


def gtin(text: str) -> str:
    """
    Raises:
        InputError: wrong length, or a wrong check digit.
    """
    from lading.groups.goods import gtin_number

    gtin_number(text)
    return text


def amount(text: str | Decimal) -> Decimal:
    """
    Raises:
        InputError: it is no amount.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise InputError(f"{text!r} is no amount of money.", hint="Write it as 120.50, in units of the token.")
    return value


def window(text: str | timedelta) -> timedelta:
    """`30m`, `12h`, `3d`.

    Raises:
        InputError: it is no length of time.
    """
    if isinstance(text, timedelta):
        return text
    if (found := _WINDOW.fullmatch(text)) is None:
        raise InputError(f"{text!r} is no length of time.", hint="Write it as 90s, 30m, 12h or 3d.")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])


def moment(text: str | datetime | timedelta) -> datetime | timedelta:
    """A time with its zone (RFC 3339), or how long from now: `3d`.

    Raises:
        InputError: it is neither.
    """
    if not isinstance(text, str):
        return text
    if _WINDOW.fullmatch(text):
        return window(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise InputError(f"{text!r} is no time.", hint="Write 2026-05-01T12:00:00Z, or how long from now, such as 3d.")
    return time.astimezone(UTC)


def resolved(client: Lading, time: datetime | timedelta) -> datetime:
    """A moment on the chain's own clock, which is the one that deadlines go by."""
    if isinstance(time, datetime):
        return time
    return datetime.fromtimestamp(client.chain.now(), UTC) + time


def participant_id(client: Lading, text: str) -> str:
    """The id of a participant that exists, given as such or by the identifier under which the governance admitted it.

    Raises:
        InputError: it is neither, or nobody was admitted under this identifier by the governance.
        ParticipantUnknown: there is none with this id.
    """
    from lading.reverts.participants import ParticipantUnknown

    if _WORD.fullmatch(text):
        return client.participants.get(text.lower()).id
    scheme, _, identifier = text.partition(":")
    name = scheme.upper().replace("-", "_")
    if not identifier or name not in IdentifierScheme.__members__:
        raise InputError(
            f"{text[:80]!r} names no participant.",
            hint=f"Give its id (0x and 64 hex digits) or SCHEME:IDENTIFIER; schemes: {words(IdentifierScheme)}.",
        )
    who = client.participants.id(identifier, IdentifierScheme[name])
    try:
        return client.participants.get(who).id
    except ParticipantUnknown as error:
        raise InputError(
            f"The governance admitted no participant as {text[:80]}.",
            hint="An identifier names what the governance admitted; a seller that a platform admitted is named by the "
            "id that 'participants admit-seller' printed.",
        ) from error
