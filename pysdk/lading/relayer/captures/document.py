"""The file `lading-captures/1`: the signed captures of one reader, for whoever audits a gateway.

JSON lines, each in its RFC 8785 form with lower-case 0x hex, other bytes are refused. The first line says of whom, and
which captures are to follow; each further line is a capture, ascending by sequence. Nothing in it is trusted: every
member of a capture is bound by its signature, and the first line is compared with what follows and with the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from lading.epcis.canonical import canonical_json
from lading.epcis.errors import CanonicalError
from lading.provenance.bundle import MAX_INTEGER, Address, Hash, Model, first_fault
from lading.relayer.captures.codec import LINE
from lading.relayer.captures.errors import CapturesFileError

FORMAT: Final = "lading-captures/1"
MAX_LINE_BYTES: Final = 64_000_000
_SEQUENCE = Annotated[int, Field(strict=True, gt=0, le=MAX_INTEGER)]
_COUNT = Annotated[int, Field(strict=True, gt=0, lt=2**32)]


class Header(Model):
    """The first line. `first` and `last` are sequence numbers, both inclusive."""

    format: Literal["lading-captures/1"]
    chain_id: int = Field(strict=True, gt=0, le=MAX_INTEGER)
    genesis: Hash = Field(description="Hash of block 0.")
    provenance_registry: Address = Field(description="The verifying contract of the signatures.")
    publisher: Hash = Field(description="Participant id.")
    reader: str = Field(min_length=1, max_length=200)
    first: _SEQUENCE
    last: _SEQUENCE


class Capture(Model):
    """What was accepted of the reader at once. Each read is a line of the text that `digest` is the SHA-256 of, without
    its line feed; null if what the gateway stored of them is no text of reads."""

    sequence: _SEQUENCE
    received_ns: Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,18})$")] = Field(
        description="When it was stored, by the gateway's clock, in ns since 1970-01-01T00:00:00Z."
    )
    previous: Hash = Field(description="Keccak-256 of the signature of the capture before; zeros for the first.")
    count: _COUNT
    reads: tuple[Annotated[str, StringConstraints(pattern=f"^{LINE}$")], ...] | None
    digest: Hash = Field(description="SHA-256 of the reads, each ended by a line feed.")
    signer: Address
    signature: str = Field(pattern="^0x[0-9a-f]{130}$", description="EIP-712, 65 bytes r, s, v, over Capture.")

    @property
    def text(self) -> bytes | None:
        """The text that is hashed."""
        return None if self.reads is None else "".join([line + "\n" for line in self.reads]).encode()


def dump(part: Header | Capture) -> bytes:
    """One line, with its end."""
    return canonical_json(part.model_dump(mode="json")) + b"\n"


Part = TypeVar("Part", Header, Capture)


def parse(lines: Iterable[bytes]) -> tuple[Header, Iterator[Capture]]:
    """The first line, and the captures as they are asked for.

    Raises:
        CapturesFileError: there is no first line, or it is none; the iterator, at a line that is no capture.
    """
    each = iter(lines)
    header = _part(Header, next(each, b""), 1)
    return header, (_part(Capture, line, number) for number, line in enumerate(each, 2))


def _part(kind: type[Part], line: bytes, number: int) -> Part:
    if not line.endswith(b"\n"):
        raise CapturesFileError(number, "it is missing, or has no end" if len(line) < MAX_LINE_BYTES else "too long")
    try:
        made = kind.model_validate_json(line)
        canonical = dump(made)
    except ValidationError as error:
        raise CapturesFileError(number, " ".join(first_fault(error))) from None
    except CanonicalError as error:
        raise CapturesFileError(number, error.message) from None
    if canonical != line:
        raise CapturesFileError(number, "it is not in canonical form (RFC 8785)")
    return made


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of each line, as published in `schema/`."""
    header, capture = (one.model_json_schema(mode="serialization") for one in (Header, Capture))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{FORMAT.replace('/', ':')}",
        "title": FORMAT,
        "description": "A line of the file: the first is a header, each further one a capture.",
        "anyOf": [header, capture],
    }
