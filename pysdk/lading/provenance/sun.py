"""SUN messages of NTAG 424 DNA tags: what a tag writes into its URL at each read (NXP AN12196; data sheet NT4H2421Gx,
section 9.3). AES and CMAC are PyCryptodome's.

A message proves that the tag with that UID answered a read with that counter, at any time: whether it is the newest
read, only a store of counters knows (`lading.sun`).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from Crypto.Cipher import AES
from Crypto.Hash import CMAC

from lading.provenance.errors import SunError

UID_BYTES: Final = 7
COUNTER_BYTES: Final = 3
MAC_BYTES: Final = 8
KEY_BYTES: Final = 16

_BLOCK: Final = 16
_PICC_TAG: Final = 0xC7
"""PICCDataTag: UID and counter are mirrored, and the UID has 7 bytes (data sheet, section 9.3.4)."""

_SV2: Final = bytes.fromhex("3cc300010080")
"""Begin of the session vector of the MAC's key (AN12196, section 3.3: label, counter 1, 128 bits)."""

_DIVERSIFIED: Final = b"\x01"
"""Of AES-128 keys (AN10922, section 2.2)."""

_SHORTEST_INPUT, _LONGEST_INPUT = 16, 31


@dataclass(frozen=True, slots=True)
class Mirror:
    """The names of the URL's parameters into which the brand let its tags write. Either `picc` (UID and counter in one,
    encrypted), or `uid` and `counter` in the open. The MAC covers the URL's text from the value of `covered_from` to
    its own value, and nothing where that is None."""

    mac: str
    picc: str | None = None
    uid: str | None = None
    counter: str | None = None
    covered_from: str | None = None

    def __post_init__(self) -> None:
        if (self.picc is None) == (self.uid is None) or (self.uid is None) != (self.counter is None):
            raise SunError(
                "A tag writes its UID and counter either in the open or encrypted.",
                hint="Name either `picc`, or `uid` and `counter`.",
            )


@dataclass(frozen=True, slots=True)
class SunKeys:
    """What a key service knows of one tag: its SDMFileRead key (16 bytes), and the thing that it was fixed to, in the
    form of `same_thing`, if the service keeps that."""

    file_read: bytes = field(repr=False)
    item: str | None = None

    def __post_init__(self) -> None:
        _key(self.file_read)


KeyService = Callable[[bytes], SunKeys | None]
"""From a UID (7 bytes) to the tag's keys; None for a tag that is none of the brand's."""


@dataclass(frozen=True, slots=True)
class Message:
    """`covered`: what the MAC covers beside UID and counter."""

    uid: bytes
    counter: int
    mac: bytes
    covered: bytes


def read(url: str, mirror: Mirror, meta_read: bytes | None = None) -> Message | None:
    """The message in a URL as the tag wrote it, with the key SDMMetaRead (16 bytes) where it is encrypted. None if no
    tag with that key wrote it.

    Raises:
        SunError: the URL has no such message, or what stands there has not the form that tags write.
    """
    values = _values(url, [one for one in (mirror.picc, mirror.uid, mirror.counter, mirror.mac) if one is not None])
    mac = _bytes(values, mirror.mac, MAC_BYTES)
    covered = _covered(url, mirror)
    if mirror.picc is None:
        uid = _bytes(values, mirror.uid, UID_BYTES)
        return Message(uid, int.from_bytes(_bytes(values, mirror.counter, COUNTER_BYTES), "big"), mac, covered)
    if meta_read is None:
        raise SunError("This tag's message is encrypted.", hint="The key service has to give SDMMetaRead.")
    # One block and an initial vector of zeros: cipher block chaining, as the data sheet has it, is ECB.
    plain = AES.new(_key(meta_read), AES.MODE_ECB).decrypt(_bytes(values, mirror.picc, _BLOCK))
    if plain[0] != _PICC_TAG:
        return None
    uid, counter = plain[1 : 1 + UID_BYTES], plain[1 + UID_BYTES :][:COUNTER_BYTES]
    return Message(uid, int.from_bytes(counter, "little"), mac, covered)


def is_from_tag(message: Message, keys: SunKeys) -> bool:
    """Whether the tag with this key made the MAC over its UID, its counter and what is covered."""
    return hmac.compare_digest(mac_of(message.uid, message.counter, keys.file_read, message.covered), message.mac)


def mac_of(uid: bytes, counter: int, file_read: bytes, covered: bytes = b"") -> bytes:
    """SDMMAC, 8 bytes: every second byte of the CMAC under the key of this read (AN12196, section 3.4.4)."""
    full = _cmac(session_key(uid, counter, file_read), covered)
    return full[1::2]


def session_key(uid: bytes, counter: int, file_read: bytes) -> bytes:
    """KSesSDMFileReadMAC: the CMAC of SV2, which holds UID and counter (AN12196, section 3.3)."""
    if len(uid) != UID_BYTES:
        raise SunError(f"The UID of an NTAG 424 DNA has {UID_BYTES} bytes, not {len(uid)}.")
    return _cmac(_key(file_read), _SV2 + uid + counter.to_bytes(COUNTER_BYTES, "little"))


def diversified(master: bytes, uid: bytes, system: bytes) -> bytes:
    """The key of one tag, from a master key and `system` (application and system identifier; AN10922, section 2.2).

    Raises:
        SunError: `system` is not 9 to 24 bytes: shorter input would be padded otherwise than CMAC does.
    """
    data = uid + system
    if not _SHORTEST_INPUT <= len(data) <= _LONGEST_INPUT:
        fits = f"{_SHORTEST_INPUT - UID_BYTES} to {_LONGEST_INPUT - UID_BYTES}"
        raise SunError(f"The system identifier has {len(system)} bytes; {fits} are supported.")
    return _cmac(_key(master), _DIVERSIFIED + data)


def _cmac(key: bytes, data: bytes) -> bytes:
    return CMAC.new(key, msg=data, ciphermod=AES).digest()


def _key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise SunError(f"A key of these tags has {KEY_BYTES} bytes, not {len(key)}.")
    return key


def _values(url: str, names: list[str]) -> dict[str, str]:
    """The raw texts of these parameters. A name that is given twice would let each reader choose another."""
    # urlsplit drops line ends and tabs in silence: what it is given must be what the tag wrote.
    if re.fullmatch(r"[!-~]+", url) is None:
        raise SunError("This is no URL.", hint=_HINT)
    try:
        query = urlsplit(url).query
    except ValueError as error:
        raise SunError("This is no URL.", hint=_HINT) from error
    found: dict[str, str] = {}
    for name, _, value in (part.partition("=") for part in query.split("&")):
        if name in found:
            raise SunError(f"The URL has {name!r} twice.", hint=_HINT)
        if name in names:
            found[name] = value
    if missing := [name for name in names if name not in found]:
        raise SunError(f"The URL has no {missing[0]!r}.", hint=_HINT)
    return found


_HINT: Final = "Give the whole URL, as the phone read it from the tag."


def _bytes(values: dict[str, str], name: str | None, size: int) -> bytes:
    """A tag writes upper-case hexadecimal digits; another spelling of the same bytes is none of its messages."""
    text = values[name or ""]
    if re.fullmatch(rf"[0-9A-F]{{{2 * size}}}", text) is None:
        raise SunError(f"{name!r} of the URL is not {2 * size} upper-case hexadecimal digits.", hint=_HINT)
    return bytes.fromhex(text)


def _covered(url: str, mirror: Mirror) -> bytes:
    if mirror.covered_from is None:
        return b""
    start, end = _place(url, mirror.covered_from), _place(url, mirror.mac)
    if not start <= end:
        raise SunError(f"{mirror.covered_from!r} stands behind the MAC.", hint=_HINT)
    return url[start:end].encode()


def _place(url: str, name: str) -> int:
    """Where the value of a parameter begins."""
    found = re.search(rf"[?&]{re.escape(name)}=", url)
    if found is None:
        raise SunError(f"The URL has no {name!r}.", hint=_HINT)
    return found.end()
