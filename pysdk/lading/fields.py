"""The types of the models' fields: ids, addresses, times, amounts, each parsed once at the edge."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Self

from eth_utils.address import is_checksum_address, to_checksum_address
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    model_validator,
)
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from lading.errors import InputError

UINT40_MAX = 2**40 - 1
#: ITradeEscrow: price, freight, fee ceiling, a quote's premium and shares have 120 bits; other amounts have 128.
AMOUNT_BITS = 120
UINT128_BITS = 128
UINT128_MAX = 2**UINT128_BITS - 1
UINT128_DIGITS = 39
WORD_BYTES, ADDRESS_BYTES = 32, 20
_WORD = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Model(BaseModel):
    """Frozen, without unknown fields. What is malformed raises `InputError`, which names the field and the rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _ours(cls, data: object, handler: ValidatorFunctionWrapHandler) -> Self:
        try:
            made: Self = handler(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the value"
            message = first["msg"].removeprefix("Value error, ")
            raise InputError(f"{cls.__name__}: {where}: {message}.") from None
        return made

    @classmethod
    def parse(cls, document: str | bytes) -> Self:
        """From JSON. Raises InputError, also where `model_validate_json` would raise pydantic's own error for text that
        is no JSON at all."""
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise InputError(f"{cls.__name__}: {error.errors()[0]['msg']}.") from None


def parse_word(value: object) -> str:
    """32 bytes, given as bytes or as 0x hex in either case, as 0x hex."""
    if isinstance(value, bytes) and len(value) == WORD_BYTES:
        return "0x" + value.hex()
    if isinstance(value, str) and _WORD.fullmatch(value.lower()):
        return value.lower()
    raise ValueError("it should be 32 bytes: 0x and 64 hex digits")


def parse_address(value: object) -> str:
    """A checksummed address (EIP-55). One in mixed case has to have the right checksum; in one case it has none."""
    if isinstance(value, bytes) and len(value) == ADDRESS_BYTES:
        return to_checksum_address(value)
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise ValueError("it should be an address: 0x and 40 hex digits")
    digits = value[2:]
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(value):
        raise ValueError("its checksum (EIP-55) differs: a digit is mistyped, or its case was changed")
    return to_checksum_address(value)


def word(value: str | bytes, name: str) -> str:
    """`parse_word` for an argument outside a model. Raises InputError, which calls it `name`."""
    try:
        return parse_word(value)
    except ValueError as error:
        raise InputError(f"{name}: {error}.") from None


def address(value: str | bytes, name: str) -> str:
    """`parse_address` for an argument outside a model. Raises InputError, which calls it `name`."""
    try:
        return parse_address(value)
    except ValueError as error:
        raise InputError(f"{name}: {error}.") from None


def seconds(value: datetime, name: str) -> int:
    """Unix seconds, rounded down. Raises InputError for a time without a zone."""
    if value.tzinfo is None:
        raise InputError(f"{name}: a time needs its zone, such as datetime(2026, 1, 2, tzinfo=UTC).")
    return int(value.timestamp())


def to_units(amount: Decimal, decimals: int, name: str, bits: int = UINT128_BITS) -> int:
    """Token units into smallest units, exactly; the number fits `bits` bits.

    Raises:
        InputError: not finite, negative, too large for that, or finer than the token.
    """
    if not isinstance(amount, Decimal):
        raise InputError(f"{name}: {amount!r} is no Decimal; write Decimal('120.50'), which is exact.")
    if not amount.is_finite() or amount < 0:
        raise InputError(f"{name}: {amount} is no amount of money.")
    _, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - finite, so it is; for the type checker
    shift = exponent + decimals
    number = int("".join(map(str, digits)))
    if shift < 0:
        number, rest = divmod(number, 10**-shift)
        if rest:
            raise InputError(f"{name}: {amount} is finer than the token, which has {decimals} decimals.")
        shift = 0
    if shift > UINT128_DIGITS or number * 10**shift >= 1 << bits:
        raise InputError(f"{name}: {amount} is more than any order can hold ({bits} bits of smallest units).")
    return int(number * 10**shift)


def from_units(units: int, decimals: int) -> Decimal:
    """Smallest units into token units, exactly, whatever the decimal context."""
    return Decimal((0, tuple(int(digit) for digit in str(units)), -decimals))


def _block_time(value: datetime) -> datetime:
    if not 0 < value.timestamp() <= UINT40_MAX:
        raise ValueError(f"{value} is no block time: it lies outside of uint40")
    return value.astimezone(UTC).replace(microsecond=0)


def _no_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueError only
            "money is a Decimal, a whole number or text; a float cannot hold cents"
        )
    return value


def _window(value: timedelta) -> timedelta:
    if value < timedelta(0) or value.total_seconds() >= 2**32:
        raise ValueError("a window is from 0 to 4,294,967,295 seconds")
    return timedelta(seconds=int(value.total_seconds()))


#: 32 bytes as 0x hex; bytes are taken too.
Word = Annotated[str, BeforeValidator(parse_word)]
#: A checksummed address.
Address = Annotated[str, BeforeValidator(parse_address)]
#: A block time: aware, in UTC, whole seconds (parts of one are dropped).
Time = Annotated[AwareDatetime, AfterValidator(_block_time)]
#: A length of time in whole seconds that fits uint32.
Window = Annotated[timedelta, AfterValidator(_window)]
#: Money in units of its token; never a float.
Money = Annotated[Decimal, BeforeValidator(_no_float)]
