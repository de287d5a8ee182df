"""What the accounts can find wrong."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What can be wrong."""

    READ_TWICE = "a read is in two observations"
    READ_NOWHERE = "a read's observation is not there"
    READ_LOST = "a read that was accepted is gone"
    READ_UNKNOWN = "a read is there that nobody delivered"
    READ_ELSEWHERE = "a read is in the observation of another tag or place"
    READ_OUTSIDE = "a read lies outside of its observation's times"
    CHUNK = "a chunk does not say what it holds"
    OBSERVATION_COUNT = "an observation counts other reads than it has"
    COUNTS = "the reads do not add up"
    QUARANTINE = "the quarantine does not add up"
    NOT_STATED = "an observation was not stated"
    STATED_WRONG = "an event does not say what its observation is"
    STATED_TWICE = "an event states two observations"
    EVENT_STRAY = "an event that nothing led to"
    EVENT_FALSE = "an event's id, hash or things are not those of its body"
    BATCH_RANGE = "an event is in no batch, or in two"
    BATCH_COUNT = "a batch counts other leaves than it has"
    BATCH_ROOT = "a batch has another root than its events"
    ITEMS_ROOT = "the item map is not that of the events"
    ITEM = "an item's entry or events are not those of the log"
    WAITING = "something waits that should be done"
    CHAIN_LACKS = "the chain lacks a batch that is marked anchored"
    CHAIN_DIFFERS = "the chain has another batch"
    CHAIN_MORE = "the chain has what the outbox lacks"
    CHAIN_TWICE = "a batch was anchored twice"


class Violation(NamedTuple):
    kind: Kind
    detail: str
