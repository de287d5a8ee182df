"""Identifiers and event ids, beside the open decoder and the reference generator. Seconds are those of the processor:
each side is one thread that waits for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from time import process_time
from typing import TypeVar

import inputs
from kit import REPEATS, ROOT, BenchError, Interpreter, Measured, Side, benchmark, digest, rates

Given = TypeVar("Given")
EventIds = Callable[[list[str]], list[str]]
"""Documents as JSON text -> the ids of their events."""

TAGS = 20_000
EVENTS = 400
SINGLES = 100


@benchmark("epc.decode", "tags/s", peer=Interpreter.PEERS)
def epc_decode() -> tuple[Side, Side]:
    """SGTIN-96 memory as hex to the pure identity URI, as a relayer names what it reads. The tags are of a thousand
    products, as at a dock, so that what ours keeps of a product is there from the warm-up."""
    return _decoding("name_of", [inputs.tags(part, TAGS) for part in range(1 + REPEATS)])


@benchmark("epc.decode.new", "tags/s", peer=Interpreter.PEERS)
def epc_decode_new() -> tuple[Side, Side]:
    """The same where hardly any product comes twice, so that nothing which is kept helps."""
    return _decoding("name_of", [inputs.new_products(part, TAGS) for part in range(1 + REPEATS)])


@benchmark("epc.decode.forms", "tags/s", peer=Interpreter.PEERS)
def epc_decode_forms() -> tuple[Side, Side]:
    """The tags of `epc.decode`; ours makes tag URI, Digital Link and raw URI as well; the peer does not."""
    return _decoding("decode", [inputs.tags(part, TAGS) for part in range(1 + REPEATS)])


def _decoding(function: str, batches: list[list[str]]) -> tuple[Side, Side]:
    def ours() -> Measured:
        from lading import __version__
        from lading.epcis import epc

        def names(memories: list[str]) -> list[str]:
            return [epc.name_of(memory) for memory in memories]

        def forms(memories: list[str]) -> list[str | None]:
            return [epc.decode(memory).uri for memory in memories]

        work = names if function == "name_of" else forms
        answer = digest(work(batches[0]))
        return Measured(f"lading {__version__}", rates(work, batches, TAGS, process_time), answer)

    def theirs() -> Measured:
        decode = import_module("epcpy").hex_to_tag_encodable

        def work(memories: list[str]) -> list[str]:
            return [decode(memory).epc_uri for memory in memories]

        answer = digest(work(batches[0]))
        return Measured(f"epcpy {version('epcpy')}", rates(work, batches, TAGS, process_time), answer)

    return ours, theirs


VECTORS = ROOT.parent / "shared" / "data" / "event-hash"
# The registry's release of the reference hashes the fields that this document asks it to ignore.
MISREAD = frozenset(("epcisDocHavingEventWithIgnoreFields",))
VECTOR_PASSES = 60  # in one repeat of ours, which forgets all that it kept before each; a twentieth in one of theirs
PASSAGES = 2000
PRODUCTS = 100
DOCK = {
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "readPoint": {"id": inputs.DOCKS[0]},
    "bizLocation": {"id": inputs.DOCKS[1]},
}
"""What the events of one read point have in common."""


@benchmark("epcis.hash", "events/s", peer=Interpreter.PEERS)
def epcis_hash() -> tuple[Side, Side]:
    """The published vectors, JSON text to CBV 2.0 event ids, with cold caches: all but the one document that the
    reference's registry release gets wrong. Both sides must give the published ids."""
    published = [path for path in sorted(VECTORS.glob("*.jsonld")) if path.stem not in MISREAD]
    if not published:
        raise BenchError(f"there are no vectors in {VECTORS}")
    documents = [path.read_text(encoding="utf-8") for path in published]
    ids = [one for path in published for one in path.with_suffix(".hashes").read_text(encoding="utf-8").split()]

    def measured(who: str, hashes: EventIds, forget: Callable[[], None], passes: int) -> Measured:
        if hashes(documents) != ids:
            raise BenchError(f"{who} does not give the published ids")

        def work(_: int) -> None:
            for _ in range(passes):
                forget()
                hashes(documents)

        return Measured(who, rates(work, range(1 + REPEATS), len(ids) * passes, process_time), digest(ids))

    def ours() -> Measured:
        from lading.epcis.caches import clear_caches

        return measured(*_our_event_ids(), clear_caches, VECTOR_PASSES)

    def theirs() -> Measured:
        return measured(*_reference_event_ids(), lambda: None, VECTOR_PASSES // 20)

    return ours, theirs


@benchmark("epcis.hash.object", "events/s", peer=Interpreter.PEERS)
def epcis_hash_object() -> tuple[Side, Side]:
    """The tags that pass a dock, one an event, to event ids: ours from what the relayer holds (time and identifier),
    with cold caches and its shape made anew, to the canonical form, the event id and the content hash; the reference
    from a document of the same events, which is the only way into it, to the event id alone."""
    parts = [_passages(part) for part in range(1 + REPEATS)]

    def ours() -> Measured:
        from lading import __version__
        from lading.epcis.event_id import event_id_uri
        from lading.epcis.object_events import Made, object_events

        def work(passages: list[tuple[int, str]]) -> list[Made]:
            make = object_events(DOCK)
            return [make(time_ms, [thing]) for time_ms, thing in passages]

        answer = digest(event_id_uri(made.event_id) for made in work(parts[0]))
        return Measured(f"lading {__version__}", rates(work, _cold(parts), PASSAGES, process_time), answer)

    def theirs() -> Measured:
        who, hashes = _reference_event_ids()
        batches = [[_passage_document(part)] for part in parts]
        return Measured(who, rates(hashes, batches, PASSAGES, process_time), digest(hashes(batches[0])))

    return ours, theirs


@benchmark("epcis.hash.document", "events/s", peer=Interpreter.PEERS)
def epcis_hash_document() -> tuple[Side, Side]:
    """JSON text of a document of 400 events to their CBV 2.0 event ids, with cold caches."""
    return _event_ids([[inputs.document(part, EVENTS)] for part in range(1 + REPEATS)], EVENTS)


@benchmark("epcis.hash.object.document", "events/s", peer=Interpreter.PEERS)
def epcis_hash_object_document() -> tuple[Side, Side]:
    """The same for the tags that pass a dock: ours too reads the document, event by event, with cold caches."""
    return _event_ids([[_passage_document(_passages(part))] for part in range(1 + REPEATS)], PASSAGES)


@benchmark("epcis.hash.single", "events/s", peer=Interpreter.PEERS)
def epcis_hash_single() -> tuple[Side, Side]:
    """Documents of one event each, as a capture interface gets them, with cold caches."""
    batches = [
        [inputs.document(part * SINGLES + number, 1) for number in range(SINGLES)] for part in range(1 + REPEATS)
    ]
    return _event_ids(batches, SINGLES)


def _passages(part: int) -> list[tuple[int, str]]:
    """(Unix time in ms, SGTIN) of the tags that pass a dock, of a hundred products, one after the other."""
    begin = round(inputs.NOON.timestamp()) * 1000 + part * 86_400_000
    numbers = range(part * PASSAGES, (part + 1) * PASSAGES)
    return [
        (begin + 137 * number, f"urn:epc:id:sgtin:9524321.{number * 7 % PRODUCTS:06d}.{number + 1}")
        for number in numbers
    ]


def _passage_document(passages: list[tuple[int, str]]) -> str:
    """The same as an EPCIS 2.0 document."""
    events = [
        {
            "type": "ObjectEvent",
            "eventTime": f"{inputs.stamp(datetime.fromtimestamp(time_ms / 1000, UTC))}Z",
            "epcList": [thing],
            **DOCK,
        }
        for time_ms, thing in passages
    ]
    return json.dumps({"@context": inputs.CONTEXT, "type": "EPCISDocument", "epcisBody": {"eventList": events}})


def _cold(batches: Iterable[Given]) -> Iterator[Given]:
    """Each after our side has forgotten all that it kept; outside of what is timed."""
    from lading.epcis.caches import clear_caches

    for batch in batches:
        clear_caches()
        yield batch


def _event_ids(batches: list[list[str]], amount: int) -> tuple[Side, Side]:
    def ours() -> Measured:
        who, hashes = _our_event_ids()
        return Measured(who, rates(hashes, _cold(batches), amount, process_time), digest(hashes(batches[0])))

    def theirs() -> Measured:
        who, hashes = _reference_event_ids()
        return Measured(who, rates(hashes, batches, amount, process_time), digest(hashes(batches[0])))

    return ours, theirs


def _our_event_ids() -> tuple[str, EventIds]:
    from lading import __version__
    from lading.epcis import document_event_ids

    def hashes(documents: list[str]) -> list[str]:
        return [found for text in documents for found in document_event_ids(json.loads(text))]

    return f"lading {__version__}", hashes


def _reference_event_ids() -> tuple[str, EventIds]:
    package = "epcis_event_hash_generator"
    read = import_module(f"{package}.json_to_py").event_list_from_epcis_document_str
    events_to_ids = import_module(f"{package}.hash_generator").epcis_hashes_from_events

    def hashes(documents: list[str]) -> list[str]:
        return [found for text in documents for found in events_to_ids(read(text))]

    return f"epcis-event-hash-generator {version('epcis-event-hash-generator')}", hashes
