"""Identifiers and event ids, beside the open decoder and the reference generator."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version

import inputs
from kit import REPEATS, Interpreter, Measured, Side, benchmark, digest, rates

TAGS = 20_000
EVENTS = 400
SINGLES = 100


@benchmark("epc.decode", "tags/s", peer=Interpreter.PEERS)
def epc_decode() -> tuple[Side, Side]:
    """SGTIN-96 memory as hex to the pure identity URI; ours makes the tag URI, Digital Link and raw URI as well. The
    tags are of a thousand products, as at a dock, so that what ours keeps of a product is there from the warm-up."""
    return _decoding([inputs.tags(part, TAGS) for part in range(1 + REPEATS)])


@benchmark("epc.decode.new", "tags/s", peer=Interpreter.PEERS)
def epc_decode_new() -> tuple[Side, Side]:
    """The same where hardly any product comes twice, so that nothing which is kept helps."""
    return _decoding([inputs.new_products(part, TAGS) for part in range(1 + REPEATS)])


def _decoding(batches: list[list[str]]) -> tuple[Side, Side]:
    def ours() -> Measured:
        from lading import __version__
        from lading.epcis import decode

        def work(memories: list[str]) -> list[str | None]:
            return [decode(memory).uri for memory in memories]

        answer = digest(work(batches[0]))
        return Measured(f"lading {__version__}", rates(work, batches, TAGS), answer)

    def theirs() -> Measured:
        decode = import_module("epcpy").hex_to_tag_encodable

        def work(memories: list[str]) -> list[str]:
            return [decode(memory).epc_uri for memory in memories]

        answer = digest(work(batches[0]))
        return Measured(f"epcpy {version('epcpy')}", rates(work, batches, TAGS), answer)

    return ours, theirs


@benchmark("epcis.hash", "events/s", peer=Interpreter.PEERS)
def epcis_hash() -> tuple[Side, Side]:
    """JSON text of a document of 400 events to their CBV 2.0 event ids."""
    return _event_ids([[inputs.document(part, EVENTS)] for part in range(1 + REPEATS)], EVENTS)


@benchmark("epcis.hash.single", "events/s", peer=Interpreter.PEERS)
def epcis_hash_single() -> tuple[Side, Side]:
    """The same for documents of one event each, as a capture interface gets them."""
    batches = [
        [inputs.document(part * SINGLES + number, 1) for number in range(SINGLES)] for part in range(1 + REPEATS)
    ]
    return _event_ids(batches, SINGLES)


def _event_ids(batches: list[list[str]], amount: int) -> tuple[Side, Side]:
    def ours() -> Measured:
        from lading import __version__
        from lading.epcis import document_event_ids

        def work(documents: list[str]) -> list[str]:
            return [found for text in documents for found in document_event_ids(json.loads(text))]

        answer = digest(work(batches[0]))
        return Measured(f"lading {__version__}", rates(work, batches, amount), answer)

    def theirs() -> Measured:
        package = "epcis_event_hash_generator"
        read = import_module(f"{package}.json_to_py").event_list_from_epcis_document_str
        hashes = import_module(f"{package}.hash_generator").epcis_hashes_from_events

        def work(documents: list[str]) -> list[str]:
            return [found for text in documents for found in hashes(read(text))]

        answer = digest(work(batches[0]))
        name = f"epcis-event-hash-generator {version('epcis-event-hash-generator')}"
        return Measured(name, rates(work, batches, amount), answer)

    return ours, theirs
