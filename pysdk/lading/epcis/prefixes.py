"""Where the company prefix of a GS1 key ends, by GS1's published table."""

from __future__ import annotations

from lading.epcis.errors import PrefixLengthError
from lading.epcis.keys import Gs1Key, prefix_start
from lading.epcis.layouts import LONGEST_PREFIX, SHORTEST_PREFIX

_DIGITS = "0123456789"


def check_prefix_length(length: int | None) -> None:
    """Raises:
    PrefixLengthError: the number of digits is given and not 6 to 12.
    """
    if length is not None and not SHORTEST_PREFIX <= length <= LONGEST_PREFIX:
        raise PrefixLengthError(f"A company prefix has {SHORTEST_PREFIX} to {LONGEST_PREFIX} digits, not {length}.")


def known_prefix_length(key: Gs1Key) -> int | None:
    """Number of digits by the table, which biip carries; None where it does not list the prefix."""
    # Imported here: its tables take longer to load than the rest of this package, and a reader of tags needs none.
    from biip.gs1_prefixes import GS1CompanyPrefix

    text = key.value[prefix_start(key) :]
    prefix = GS1CompanyPrefix.extract(text[: len(text) - len(text.lstrip(_DIGITS))])
    if prefix is None or not SHORTEST_PREFIX <= len(prefix.value) <= LONGEST_PREFIX:
        return None
    return len(prefix.value)
