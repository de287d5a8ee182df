"""What the anchoring process is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lading.relayer.config.settings import RelayConfig
from lading.relayer.store.database import LogIdentity


@dataclass(frozen=True)
class Anchorage:
    """All that the process needs. `endpoints`: URLs or names of networks; `deployment`: the record's file, None for the
    one that is found; `key`: the signer's, 32 bytes."""

    config: RelayConfig
    identity: LogIdentity
    endpoints: tuple[str, ...]
    deployment: Path | None
    key: bytes = field(repr=False)
