"""LLRP messages as values: every message but the tag reports of a running reader, which `tag_reports` reads faster.

A parameter is `Parameter(name, fields, parameters)`; a message the same with its version and id. Integers and bits are
`int`, texts `str`, arrays of bits or of bytes `bytes`, wider arrays tuples of `int`. Parameters that the tables do not
know are kept as `Unknown`, with the bytes behind their header, and written back as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from lading.relayer.llrp.errors import Fault, LlrpMalformed
from lading.relayer.llrp.frames import HEADER, read_header
from lading.relayer.llrp.layouts import MESSAGES, PARAMETERS

Table = Mapping[str, tuple[int, tuple[str, ...]]]
Value = int | str | bytes | tuple[int, ...]
MAX_DEPTH = 12  # of parameters in parameters; the standard's deepest is 7, but for errors inside errors
UNKNOWN = "Unknown"
_TLV_HEADER, _TV = 4, 0x80
_FIRST_TLV = 128
_BITS_OF_TYPE = {"u1": 1, "u2": 2, "u8": 8, "u16": 16, "u32": 32, "u64": 64, "s8": 8, "s16": 16, "u96": 96}
_UNITS = {"u8v": 1, "utf8v": 1, "u16v": 2, "u32v": 4}  # bytes of one element


class Parameter(NamedTuple):
    """See the module."""

    name: str
    fields: Mapping[str, Value] = {}
    parameters: Sequence[Parameter] = ()

    def find(self, name: str) -> Parameter | None:
        """The first direct parameter of that name."""
        return _find(self.parameters, name)

    def integer(self, name: str) -> int:
        """The field, which the tables say is one."""
        return _integer(self.fields[name])


class Message(NamedTuple):
    """See the module."""

    name: str
    id: int
    fields: Mapping[str, Value] = {}
    parameters: Sequence[Parameter] = ()
    version: int = 1

    def find(self, name: str) -> Parameter | None:
        """The first direct parameter of that name."""
        return _find(self.parameters, name)


def _integer(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an integer is needed, not {value!r}")
    return value


def _find(parameters: Sequence[Parameter], name: str) -> Parameter | None:
    return next((one for one in parameters if one.name == name), None)


class _Run(NamedTuple):
    """Fields of fixed size that follow one another, read as one integer: (name, shift, bits, signed)."""

    size: int
    fields: tuple[tuple[str, int, int, bool], ...]


class _Variable(NamedTuple):
    name: str
    type: str


@cache
def _parts(fields: tuple[str, ...]) -> tuple[_Run | _Variable, ...]:
    """The layout's fields, those of fixed size gathered into runs."""
    parts: list[_Run | _Variable] = []
    run: list[tuple[str, str, int]] = []
    for field in fields:
        name, _, kind = field.rpartition(":")
        if name and kind not in _BITS_OF_TYPE:
            parts += [_run(run), _Variable(name, kind)] if run else [_Variable(name, kind)]
            run = []
        else:
            run.append((name, kind, _BITS_OF_TYPE[kind] if name else int(kind[1:])))
    return (*parts, _run(run)) if run else tuple(parts)


def _run(fields: list[tuple[str, str, int]]) -> _Run:
    left = total = sum(bits for _, _, bits in fields)
    found = []
    for name, kind, bits in fields:
        left -= bits
        if name:
            found.append((name, left, bits, kind.startswith("s")))
    return _Run(total // 8, tuple(found))


_MESSAGE_NAMES = {number: name for name, (number, _) in MESSAGES.items()}
_PARAMETER_NAMES = {number: name for name, (number, _) in PARAMETERS.items()}
_TV_SIZES = {
    number: sum(part.size for part in _parts(fields) if isinstance(part, _Run))
    for number, fields in PARAMETERS.values()
    if number < _FIRST_TLV
}


def decode(frame: bytes) -> Message:
    """One message with its header. Raises `LlrpMalformed`; nothing behind the message's length is read."""
    if len(frame) < HEADER.size:
        raise LlrpMalformed(Fault.TRUNCATED, f"{len(frame)} bytes are less than a message's header")
    header = read_header(frame)
    if header.length != len(frame):
        raise LlrpMalformed(Fault.FRAME_LENGTH, f"a message of {header.length} bytes in {len(frame)}")
    name = _MESSAGE_NAMES.get(header.type)
    if name is None:
        return Message(UNKNOWN, header.id, {"Type": header.type, "Data": frame[HEADER.size :]}, (), header.version)
    fields, offset = _read_fields(frame, HEADER.size, len(frame), MESSAGES[name][1])
    return Message(name, header.id, fields, _read_parameters(frame, offset, len(frame), 1), header.version)


def parameters_of(data: bytes) -> list[Parameter]:
    """Parameters alone, one behind the other. Raises `LlrpMalformed`."""
    return _read_parameters(data, 0, len(data), 1)


def _read_parameters(data: bytes, offset: int, end: int, depth: int) -> list[Parameter]:
    found = []
    if offset < end and depth > MAX_DEPTH:
        raise LlrpMalformed(Fault.TOO_DEEP, f"parameters are nested more than {MAX_DEPTH} deep")
    while offset < end:
        number, start, after = parameter_at(data, offset, end)
        name = _PARAMETER_NAMES.get(number)
        if name is None:
            found.append(Parameter(UNKNOWN, {"Type": number, "Data": data[start:after]}))
        else:
            fields, inner = _read_fields(data, start, after, PARAMETERS[name][1])
            found.append(Parameter(name, fields, _read_parameters(data, inner, after, depth + 1)))
        offset = after
    return found


def parameter_at(data: bytes, offset: int, end: int) -> tuple[int, int, int]:
    """(type, where its content starts, where it ends) of the parameter at `offset` < `end` (LLRP 1.1, section 17.2.1).

    Raises:
        LlrpMalformed: it goes beyond `end`, or is of a type with a size that is neither stated nor known.
    """
    first = data[offset]
    if first & _TV:
        size = _TV_SIZES.get(first & ~_TV)
        if size is None:
            raise LlrpMalformed(Fault.UNKNOWN_SIZE, f"a parameter of type {first & ~_TV}, not known, has no length")
        number, start, after = first & ~_TV, offset + 1, offset + 1 + size
    elif offset + _TLV_HEADER > end:
        raise LlrpMalformed(Fault.TRUNCATED, f"{end - offset} bytes are left for a parameter's header of 4")
    else:
        number = (first & 3) << 8 | data[offset + 1]
        length = data[offset + 2] << 8 | data[offset + 3]
        start, after = offset + _TLV_HEADER, offset + length
        if length < _TLV_HEADER or number < _FIRST_TLV or first & ~3:
            raise LlrpMalformed(Fault.UNEXPECTED, f"no parameter begins with {data[offset:start].hex()}")
    if after > end:
        raise LlrpMalformed(Fault.TRUNCATED, f"a parameter of type {number} goes {after - end} bytes beyond its place")
    return number, start, after


def _read_fields(data: bytes, offset: int, end: int, fields: tuple[str, ...]) -> tuple[dict[str, Value], int]:
    found: dict[str, Value] = {}
    for part in _parts(fields):
        if isinstance(part, _Run):
            whole = int.from_bytes(_take(data, offset, part.size, end), "big")
            offset += part.size
            for name, shift, bits, signed in part.fields:
                value = whole >> shift & (1 << bits) - 1
                found[name] = value - (1 << bits) if signed and value >> bits - 1 else value
        elif part.type == "rest":
            found[part.name], offset = data[offset:end], end
        else:
            count = int.from_bytes(_take(data, offset, 2, end), "big")
            size = (count + 7) // 8 if part.type == "u1v" else count * _UNITS[part.type]
            found[part.name] = _VALUE_OF[part.type](_take(data, offset + 2, size, end))
            if part.type == "u1v":
                found[part.name + "Bits"] = count
            offset += 2 + size
    return found, offset


def _take(data: bytes, offset: int, size: int, end: int) -> bytes:
    if offset + size > end:
        raise LlrpMalformed(Fault.TRUNCATED, f"{size} bytes of fields in a place of {end - offset}")
    return data[offset : offset + size]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LlrpMalformed(Fault.NOT_UTF8, f"byte {error.start} of a text is not UTF-8") from None


def _integers(unit: int) -> Callable[[bytes], tuple[int, ...]]:
    return lambda data: tuple(int.from_bytes(data[at : at + unit], "big") for at in range(0, len(data), unit))


_VALUE_OF: Mapping[str, Callable[[bytes], Value]] = {
    "u1v": bytes,
    "u8v": bytes,
    "utf8v": _text,
    "u16v": _integers(2),
    "u32v": _integers(4),
}


def encode(message: Message) -> bytes:
    """The message on the wire. What `decode` gave comes out as it went in, but for reserved bits, which are zero."""
    number, fields = _layout(message.name, message.fields, MESSAGES)
    body = _write_fields(message.fields, fields) + b"".join(map(_write_parameter, message.parameters))
    return HEADER.pack(message.version << 10 | number, HEADER.size + len(body), message.id) + body


def _write_parameter(parameter: Parameter) -> bytes:
    number, fields = _layout(parameter.name, parameter.fields, PARAMETERS)
    body = _write_fields(parameter.fields, fields) + b"".join(map(_write_parameter, parameter.parameters))
    if number < _FIRST_TLV:
        return bytes([_TV | number]) + body
    return number.to_bytes(2, "big") + (_TLV_HEADER + len(body)).to_bytes(2, "big") + body


def _layout(name: str, values: Mapping[str, Value], table: Table) -> tuple[int, tuple[str, ...]]:
    return (_integer(values["Type"]), ("Data:rest",)) if name == UNKNOWN else table[name]


def _write_fields(values: Mapping[str, Value], fields: tuple[str, ...]) -> bytes:
    written = b""
    for part in _parts(fields):
        if isinstance(part, _Run):
            whole = sum((_integer(values[name]) & (1 << bits) - 1) << shift for name, shift, bits, _ in part.fields)
            written += whole.to_bytes(part.size, "big")
        else:
            unit = _UNITS.get(part.type, 1)
            data = _as_bytes(values[part.name], unit)
            count = _integer(values[part.name + "Bits"]) if part.type == "u1v" else len(data) // unit
            written += data if part.type == "rest" else count.to_bytes(2, "big") + data
    return written


def _as_bytes(value: Value, unit: int) -> bytes:
    if isinstance(value, tuple):
        return b"".join(one.to_bytes(unit, "big") for one in value)
    if isinstance(value, int):
        raise TypeError(f"bytes or text are needed, not {value}")
    return value.encode("utf-8") if isinstance(value, str) else value
