"""Is this item genuine? One file that you can read, trusting nobody: Python, web3, and nothing of Lading's.

    python scripts/verify.py [CODE] --bundle FILE [--rpc URL]
        [--deployment FILE | --registry ADDRESS --provenance ADDRESS --chain-id N] [--json]

CODE is the EPC URI (urn:epc:id:sgtin:…) or Digital Link (https://…/01/…/21/…) on the item, FILE the bundle that came
with it. Which chain and registries you trust you say yourself; those in the bundle are only compared. Without --rpc no
anchor is checked, and the verdict is never better than `unknown`. Ends with 0 authentic, 10 suspect, 11 recalled,
12 unknown; 1 refused input, 2 wrong usage, 3 no answer from the node. `lading verify` does more: see NOT_CHECKED.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from web3 import Web3
from web3.exceptions import Web3Exception

Json: TypeAlias = Any
CLOCK_TOLERANCE_SECONDS, MIN_TRAVEL_SECONDS = 300, 300  # how far clocks may be apart; the least time between two sites
MAX_BYTES, MAX_DEPTH, MAX_ENTRIES = 4 << 20, 32, 1000
keccak = Web3.keccak
EXIT_CODES = {"authentic": 0, "suspect": 10, "recalled": 11, "unknown": 12}
RULES = ["deployment", "chain", "event-id", "leaf-in-batch", "anchored", "writer", "complete", "event-readable"]
RULES += ["event-concerns-item", "born-once", "born-by-brand", "born-first", "not-ended", "one-place"]
RULES += ["time-forward", "disposition", "not-recalled"]
ON_CHAIN = {"anchored", "writer", "complete", "born-by-brand", "time-forward", "not-recalled"}

# Reason, the verdict that it forces, what it means; worst first.
REASONS = {
    "recalled-class": ("recalled", "The brand has recalled the whole product class."),
    "recalled-lot": ("recalled", "The brand has recalled the item's lot."),
    "recalled-serial": ("recalled", "The brand has recalled this very item."),
    "event-id-differs": ("suspect", "An event does not have the id that its fields give."),
    "leaf-not-in-batch": ("suspect", "An event or its proof was altered: it is not in its batch."),
    "anchor-missing": ("suspect", "A batch is not anchored on the chain."),
    "anchor-differs": ("suspect", "Another batch is anchored at that place of the publisher's log."),
    "map-differs": ("suspect", "An item map or its proof was altered: it is not that of its batch."),
    "events-withheld": ("suspect", "A publisher counts other events than the bundle has."),
    "writer-foreign": ("suspect", "A batch was anchored with a key that is not its publisher's."),
    "writer-revoked": ("suspect", "A batch was anchored with a key that was not valid at that time."),
    "writer-compromised": ("suspect", "A batch was anchored with a key that others may have had."),
    "event-foreign": ("suspect", "An event is about other goods."),
    "born-twice": ("suspect", "The item came into being more than once."),
    "birth-foreign": ("suspect", "Somebody other than the brand put the item into the world."),
    "event-before-birth": ("suspect", "Something happened to the item before it came into being."),
    "event-after-end": ("suspect", "Something happened to the item after its decommissioning."),
    "item-destroyed": ("suspect", "The item was destroyed."),
    "two-places": ("suspect", "The item was at two sites at once: one of the tags is a copy."),
    "event-after-anchor": ("suspect", "An event was anchored before it happened."),
    "disposition-alarming": ("suspect", "The item was last reported stolen or unfit for sale."),
    "anchor-not-checked": ("unknown", "No chain that you trust showed the events to be anchored."),
    "deployment-unknown": ("unknown", "It is not said which chain and registries you trust."),
    "deployment-differs": ("unknown", "The bundle names another chain or registry than yours."),
    "node-differs": ("unknown", "The node is on another chain than the one that you trust."),
    "registry-missing": ("unknown", "The registries that you trust do not stand on that chain."),
    "item-differs": ("unknown", "The bundle is about another item than the code."),
    "map-missing": ("unknown", "No item map shows that a publisher's events are all there."),
    "map-stale": ("unknown", "A publisher has anchored more since its item map in the bundle."),
    "no-events": ("unknown", "The bundle holds no event."),
    "event-id-not-checked": ("unknown", "The id of an event cannot be recomputed."),
    "event-unreadable": ("unknown", "An event lacks a field that the rules need."),
    "correction-not-judged": ("unknown", "An event corrects another, which is not judged."),
    "birth-missing": ("unknown", "No event says how the item came into being."),
    "class-unknown": ("unknown", "No brand has registered the item's product class."),
    "disposition-unknown": ("unknown", "The item's last reported state is no word of CBV 2.0."),
}
NOT_PROVEN = {
    "tag-is-not-goods": "That the goods are the tag's: a perfect copy of it on a plausible path is not excluded.",
    "statements": "That what an event says is true: it is its publisher's statement.",
    "omitted-events": "That the bundle holds every event, later corrections among them: one left out is not detected.",
    "uncounted-events": "That a publisher's item map counts every event of its log: replaying the log would show it.",
    "other-publishers": "That no publisher without an event in the bundle recorded anything about the item.",
    "custody": "That a publisher held the item, or the office that it speaks for, when it published.",
    "governance": "That the registry's governance admitted only genuine brands, offices and carriers.",
    "node-trust": "That the node told the truth: its answers are believed.",
    "block-hash": "That the block is one of the chain: its hash is the node's word.",
    "finality": "That the chain keeps the block as of which this holds.",
    "lot": "That the item's lot is not recalled: no event names the lot.",
}
NOT_CHECKED = {
    "event-id": "Ids of events with extensions, quantities, sensors, rarer identifiers, or times not in UTC to the "
    "millisecond: a bundle with one is never authentic here.",
    "code": "Codes as tag memory or tag URI, and Digital Links with short names or short GTINs.",
    "story": "Hand-overs, repacking, corrections, what follows a sale, speed, and who speaks for customs.",
}
ALARMING = "damaged|destroyed|disposed|expired|mismatch_(class|instance|quantity)|no_pedigree_match|non_conformant"
ALARMING += "|non_sellable_other|recalled|stolen"
KNOWN = "active|available|completeness_(inferred|verified)|conformant|container_(closed|open)|dispensed|encoded"
KNOWN += "|inactive|in_progress|in_transit|needs_replacement|partially_dispensed|reserved|retail_sold|returned"
KNOWN += "|sellable_accessible|sellable_not_accessible|unavailable|unknown|" + ALARMING


class Refused(Exception):
    """The input cannot be used at all; the message says why."""


class Unreadable(Exception):
    """Something is missing, or written in a way that this script does not read."""


# 1. Identifiers: the EPC URI and the Digital Link of one thing become one text.
URN = re.compile(r"urn:epc:id:(sgtin|sscc|sgln):(\d{6,12})\.(\d*)(?:\.(.+))?", re.ASCII | re.DOTALL)
LINK = re.compile(r"https?://[^/?#]+/(01|00)/(\d{14}|\d{18})(?:/21/([^/?#]+))?/?(?:[?#].*)?", re.ASCII | re.DOTALL)
SCHEMES = {"sgtin": ("01", 13, "/21/"), "sscc": ("00", 17, ""), "sgln": ("414", 12, "/254/")}
SERIAL = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")  # GS1 AIs 21 and 254
OTHER_KEYS = r"(?is)urn:epc:(id|class|idpat):|https?:.*/(0[01]|25[35]|40[12]|41[47]|800[346]|801[078]|gtin|itip|cpid"
OTHER_KEYS += r"|gln|party|gsrnp?|gcn|sscc|gdti|ginc|gsin|grai|giai)/|geo:"  # what might have several spellings


def check_digit(digits: str) -> str:
    return str(-(3 * sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2]))) % 10)


def escaped(serial: str) -> str:
    """As a serial number stands in a canonical Digital Link."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", serial) or not SERIAL.fullmatch(unquote(serial)):
        raise Unreadable(f"the serial number {serial[:40]!r}")
    return quote(unquote(serial), safe="';=")


def same_thing(text: str) -> str:
    """The canonical Digital Link of an SGTIN, SSCC or SGLN; any other text as it is."""
    found = URN.fullmatch(text)
    if not found:
        if re.match(OTHER_KEYS, text):
            raise Unreadable(f"the identifier {text[:80]!r}")
        return text
    ai, length, qualifier = SCHEMES[found[1]]
    digits = found[2] + found[3] if ai == "414" else found[3][:1] + found[2] + found[3][1:]
    if len(digits) != length or (found[4] is None) != (ai == "00"):
        raise Unreadable(f"the identifier {text[:80]!r}")
    serial = "" if found[4] is None or (ai, found[4]) == ("414", "0") else qualifier + escaped(found[4])
    return f"https://id.gs1.org/{ai}/{digits}{check_digit(digits)}{serial}"


def item_of(code: str) -> tuple[str, str | None, str | None]:
    """Canonical Digital Link, GTIN and serial of the code on an item, whose link may be at any domain."""
    try:
        link = LINK.fullmatch(code.strip()) or LINK.fullmatch(same_thing(code.strip()))
        serial = "" if link is None or link[3] is None else escaped(link[3])
    except Unreadable:
        link, serial = None, ""
    if link is None or (link[1], len(link[2]), bool(serial)) not in (("01", 14, True), ("00", 18, False)):
        raise Refused(f"{code[:120]!r} names no single item: give its EPC URI or Digital Link, with the serial number")
    if link[2][-1] != check_digit(link[2][:-1]):
        raise Refused(f"{link[2]} has a wrong check digit: compare the number with the label")
    key = f"https://id.gs1.org/{link[1]}/{link[2]}"
    return (f"{key}/21/{serial}", link[2], unquote(serial)) if serial else (key, None, None)


# 2. The bundle: canonical JSON (RFC 8785) of exactly one form.
def canonical(value: Json, depth: int = 0) -> bytes:
    """RFC 8785. Raises Refused for what it cannot carry exactly."""
    if depth == MAX_DEPTH and isinstance(value, dict | list):
        raise Refused(f"the bundle is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        return b"{" + b",".join(canonical(key) + b":" + canonical(one, depth + 1) for key, one in pairs) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(canonical(one, depth + 1) for one in value) + b"]"
    try:
        text = json.dumps(value, ensure_ascii=False)
        # Python and ECMAScript write a fraction alike, unless it is very large or small.
        plain = abs(value) < 2**53 if isinstance(value, int) else re.fullmatch(r"-?\d+[.]\d*[1-9]", text)
        if isinstance(value, int | float) and not plain:
            raise Unreadable(f"the number {text[:40]}")
        return text.encode()
    except UnicodeEncodeError:
        raise Refused("the bundle holds a text that is no Unicode") from None


HASH, ADDRESS = '"0x[0-9a-f]{64}"', '"0x[0-9a-f]{40}"'  # patterns of canonical JSON
BUNDLE = {"format": '"lading-bundle/1"', "item": '"urn:epc:id:.+"', "chain": "{.+}", "entries": r"\[.*\]"}
BUNDLE["maps"] = BUNDLE["entries"]
CHAIN = {"chain_id": r"[1-9]\d{0,14}", "genesis": HASH}
CHAIN |= {"participant_registry": ADDRESS, "provenance_registry": ADDRESS}
ENTRY = {"event": "{.*}", "event_id": '"ni:///sha-256;[0-9a-f]{64}[?]ver=CBV2[.]0"', "publisher": HASH, "salt": HASH}
MAP = {"publisher": HASH, "index": r"\d{1,14}", "thing": '".{1,2000}"', "count": r"\d{1,15}", "head": HASH}
MAP |= {"siblings": rf"\[((null|{HASH}),?){{0,256}}\]"}
MAP |= {"other": rf'null|{{"count":[1-9]\d{{0,14}},"head":{HASH},"key":{HASH}}}'}
ENTRY |= {"index": r"\d{1,14}", "proof": rf"\[({HASH},?){{0,33}}\]"}
ENTRY["batch"] = MAP["batch"] = rf'{{"count":[1-9]\d{{0,8}},"items_root":{HASH},"root":{HASH},"writer":{ADDRESS}}}'


def conform(value: Json, form: dict[str, str], path: str) -> None:
    """Raises Refused where `value` has not exactly these fields, each of its pattern."""
    if not isinstance(value, dict) or value.keys() != form.keys():
        raise Refused(f"the bundle was damaged or altered on its way, at {path}")
    for name, pattern in form.items():
        if not re.fullmatch(pattern, canonical(value[name]).decode(), re.DOTALL):
            raise Refused(f"the bundle was damaged or altered on its way, at {path}.{name}")


def parse(data: bytes) -> Json:
    if len(data) > MAX_BYTES:
        raise Refused(f"the bundle has more than {MAX_BYTES} bytes")
    try:
        document = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise Refused("the bundle is no JSON text") from None
    if canonical(document) != data:
        raise Refused("the bundle is not in canonical form (RFC 8785)")
    conform(document, BUNDLE, "$")
    conform(document["chain"], CHAIN, "$.chain")
    if max(len(document["entries"]), len(document["maps"])) > MAX_ENTRIES:
        raise Refused(f"the bundle has more than {MAX_ENTRIES} events or maps")
    for name, form in (("entries", ENTRY), ("maps", MAP)):
        for position, one in enumerate(document[name]):
            conform(one, form, f"$.{name}[{position}]")
    places = [(one["publisher"], one["thing"]) for one in document["maps"]]
    if places != sorted(set(places)):
        raise Refused("the bundle's maps do not ascend")
    return document


def field(event: Json, name: str, kind: type, default: Json = None) -> Json:
    value = event.get(name, default)
    if not isinstance(value, kind):
        raise Unreadable(name)
    return value


# 3. The event id of CBV 2.0, section 8.9, for the fields that most events have.
CBV = "https://ref.gs1.org/cbv/"
ORDER = ["eventTime", "eventTimeZoneOffset", "parentID", "epcList", "inputEPCList", "childEPCs", "outputEPCList"]
ORDER += ["action", "bizStep", "disposition", "readPoint", "bizLocation"]
STEPS = "accepting|arriving|(de)?commissioning|departing|destroying|dispensing|encoding|holding|inspecting|(un)?loading"
STEPS += "|(un)?packing|picking|receiving|retail_selling|shipping|staging_outbound|stocking|storing|transporting"
DOCUMENTS = "bol|cert|desadv|inv|pedigree|poc?|prodorder|recadv|rma|testprd|testres|upevt"
WORDS = {"bizStep": ("BizStep-", STEPS), "disposition": ("Disp-", KNOWN), "bizTransaction": ("BTT-", DOCUMENTS)}
OUTSIDE = {"type", "eventID", "recordTime", "errorDeclaration", "@context"}


def event_id(event: Json) -> str:
    """Raises Unreadable where the event holds anything else, or in another spelling."""
    context = event.get("@context", [])
    if not all(isinstance(one, str) for one in (context if isinstance(context, list) else [context])):
        raise Unreadable("a context with prefixes")
    if not re.fullmatch("(Object|Aggregation|Trans(ac|forma)tion|Association)Event", field(event, "type", str)):
        raise Unreadable("type")
    known = [plain(key, event) for key in ORDER if key in event or key == "eventTime"]
    last = sorted(at_end(key, event) for key in event.keys() - set(ORDER) - OUTSIDE)
    text = f"eventType={event['type']}" + "".join(known + last)
    return f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def plain(key: str, event: Json) -> str:
    if key == "eventTime" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{3}Z", field(event, key, str)):
        raise Unreadable("a time that is not in UTC to the millisecond")
    if key.endswith(("List", "EPCs")):
        return key + "".join(sorted(f"epc={word(one)}" for one in field(event, key, list))) if event[key] else ""
    if key in ("readPoint", "bizLocation"):
        if field(event, key, dict).keys() != {"id"}:
            raise Unreadable(key)
        return f"{key}id={word(event[key]['id'])}"
    return f"{key}={word(event[key], WORDS.get(key))}"


def at_end(key: str, event: Json) -> str:
    """Master data of the lot, and documents and parties."""
    member = key.removesuffix("List")
    if key == "ilmd":
        pairs = field(event, key, dict).items()
        texts = [f"{{urn:epcglobal:cbv:mda:}}{name[7:]}={word(one)}" for name, one in pairs]
        lawful = all(re.fullmatch("cbvmda:.*(?<!List)", name) for name, _ in pairs)
    else:
        pieces = [one if isinstance(one, dict) else {} for one in field(event, key, list)]
        lawful = key != member and member in WORDS and all(one.keys() == {"type", member} for one in pieces)
        texts = [f"type={word(one['type'], WORDS[member])}{member}={word(one[member])}" for one in pieces if lawful]
    if not lawful or not texts:
        raise Unreadable(key)
    return key + "".join(sorted(texts))


def word(value: Json, vocabulary: tuple[str, str] | None = None) -> str:
    """The canonical text of a value. Raises Unreadable for what has another one than itself, but for GS1 keys."""
    if not isinstance(value, str) or not value or value != value.strip():
        raise Unreadable("a value that is no plain text")
    if vocabulary and ":" not in value:
        if not re.fullmatch(vocabulary[1], value):
            raise Unreadable(f"the word {value[:40]!r}")
        return CBV + vocabulary[0] + value
    if re.match(r"(epcis|cbv|cbvmda|gs1|rdfs|owl|xsd|dcterms):|urn:epcglobal:cbv:(?!bt:)", value):
        raise Unreadable(f"the name {value[:80]!r}")
    # What other implementations would take for a number has a form of its own.
    looks = re.fullmatch(r"[-+]?[\d_.]*(e[-+]?[\d_]+)?|[-+]?(inf|infinity|nan)", value, re.IGNORECASE)
    if looks and not re.fullmatch(r"0|[1-9]\d{0,14}", value, re.ASCII):
        raise Unreadable(f"the text {value[:40]!r}, which looks like a number")
    return same_thing(value)


# 4. The Merkle tree of a batch: OpenZeppelin's, whose proofs name no sides.
def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def leaf_of(entry: Json) -> bytes:
    content = hashlib.sha256(canonical(entry["event"])).digest()
    parts = keccak(b"lading.event-leaf.v1") + bytes.fromhex(entry["event_id"][14:78]) + content + raw(entry["salt"])
    return bytes(keccak(keccak(parts)))  # twice, so that no inner node of the tree can stand for a leaf


def in_batch(entry: Json) -> bool:
    node, count = leaf_of(entry), entry["batch"]["count"]
    if not count.bit_length() - 1 <= len(entry["proof"]) < (2 * count - 1).bit_length():
        return False
    for sibling in map(raw, entry["proof"]):
        node = keccak(min(node, sibling) + max(node, sibling))
    return node == raw(entry["batch"]["root"])


def digest(batch: Json) -> bytes:
    """What the chain keeps of a batch, beside the time: it binds roots, writer and count."""
    writer, count = bytes(12) + raw(batch["writer"]), batch["count"].to_bytes(32, "big")
    return bytes(keccak(raw(batch["root"]) + raw(batch["items_root"]) + writer + count)[:27])


# 5. The publishers' item maps: how many events name a thing, and the chain of their leaves.
def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def map_leaf(key: bytes, entry: Json) -> bytes:
    return sha(b"\0", key, entry["count"].to_bytes(8, "big"), raw(entry["head"]))


def in_map(one: Json) -> bool:
    """Whether the proof leads to the batch's item root, from the thing's entry or from where it would be."""
    key, other, siblings, nothing = sha(one["thing"].encode()), one["other"], one["siblings"], "0x" + "00" * 32
    path, room = int.from_bytes(key, "big"), 256 - len(siblings)
    if siblings[:1] == [None] or nothing in siblings or (other if one["count"] else one["head"] != nothing):
        return False
    if other and not 0 < path ^ int(other["key"], 16) < 1 << room:
        return False
    node = map_leaf(key, one) if one["count"] else map_leaf(raw(other["key"]), other) if other else bytes(32)
    for level, sibling in enumerate(siblings, room):
        beside = raw(sibling or nothing)
        node = sha(b"\1", beside, node) if path >> level & 1 else sha(b"\1", node, beside)
    return node == raw(one["batch"]["items_root"])


def named(event: Json) -> set[str]:
    lists = [event.get(name) for name in LISTS]
    texts = [event.get("parentID"), *(one for found in lists if isinstance(found, list) for one in found)]
    return {canonical_thing(one) for one in texts if isinstance(one, str)}


def canonical_thing(text: str) -> str:
    try:
        return same_thing(text)
    except Unreadable:
        return text


def map_reasons(bundle: Json, things: set[str]) -> set[str]:
    """Each publisher of an event has a map for each thing, and the bundle has the events that it counts."""
    maps = {(one["publisher"], one["thing"]): one for one in bundle["maps"]}
    found = {"map-differs" for one in bundle["maps"] if not in_map(one)}
    steps = [(one["publisher"], one["index"], named(one["event"]), leaf_of(one)) for one in bundle["entries"]]
    for place in {(one["publisher"], thing) for one in bundle["entries"] for thing in things}:
        count, head, one = 0, bytes(32), maps.get(place)
        for publisher, index, names, leaf in steps if one else ():
            if publisher == place[0] and place[1] in names and index <= one["index"]:
                count, head = count + 1, sha(b"\2", head, leaf)
        if one is None or (count, head) != (one["count"], raw(one["head"])):
            found.add("events-withheld" if one else "map-missing")
    return found


# 6. The item's story.
LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
BORN = {"ObjectEvent:ADD": "epcList", "TransformationEvent:": "outputEPCList"}
ENDED = {"ObjectEvent:DELETE": "epcList", "TransformationEvent:": "inputEPCList"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def read(position: int, entry: Json) -> Json:
    """What the rules need of an event. Raises Unreadable."""
    event = entry["event"]
    happened = field(event, "type", str) + ":" + field(event, "action", str, "")
    if not all(isinstance(one, str) for name in LISTS for one in field(event, name, list, [])):
        raise Unreadable("a list of identifiers")
    if {"sourceList", "destinationList"} & event.keys() or "-customs_" in str(event.get("bizStep")):
        raise Unreadable("a hand-over, or a step of customs")
    lists = {name: {same_thing(one) for one in event.get(name, [])} for name in LISTS}
    parent = same_thing(field(event, "parentID", str, ""))
    place = next((event[name] for name in ("readPoint", "bizLocation") if event.get(name) is not None), None)
    site = None if place is None else same_thing(field(place if isinstance(place, dict) else {}, "id", str))
    ilmd = {} if event.get("ilmd") is None else field(event, "ilmd", dict)
    lots = [name for name in ilmd if re.split("[:/#]", name)[-1] in ("lotNumber", "hasBatchLotNumber", "hasBatchLot")]
    try:
        time = datetime.fromisoformat(TIME.fullmatch(field(event, "eventTime", str))[0]).timestamp()  # type: ignore[index]
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("eventTime") from None
    return {
        "position": position,
        "publisher": entry["publisher"],
        "identity": (entry["event_id"], canonical(event)),
        "packing": happened.partition(":")[2] if happened.startswith(("AggregationEvent", "AssociationEvent")) else "",
        "time": time,
        "step": cbv_word(field(event, "bizStep", str, "")),
        "disposition": field(event, "disposition", str, ""),
        # Docks and shelves of one site (one GLN) are one place.
        "site": site and re.sub(r"^(https://id[.]gs1[.]org/414/\d{13})/254/.*$", r"\1", site),
        "subjects": set().union(*lists.values()) | ({parent} if parent else set()),
        "parent": parent,
        "children": lists["childEPCs"],
        "born": lists[BORN[happened]] if happened in BORN else set(),
        "ended": lists[ENDED[happened]] if happened in ENDED else set(),
        "lots": {field(ilmd, name, str) for name in lots},
        "corrects": "errorDeclaration" in event,
    }


def cbv_word(text: str) -> str:
    """The bare word of a CBV step or disposition; empty for another vocabulary's URI."""
    spelled = r"((https://ref[.]gs1[.]org/cbv/|cbv:)(BizStep|Disp)-|urn:epcglobal:cbv:(bizstep|disp):)?([a-z_]+)"
    found = re.fullmatch(spelled, text)
    return found[5] if found else ""


def concerning(item: str, events: list[Json]) -> tuple[set[str], bool]:
    """The item and what it was ever packed in; is packing all in and out? `events` are in order of time."""
    holders, ever, plain, site, away = [item], {item}, True, None, False
    for one in events:
        if one["subjects"] & set(holders):
            outer, there = holders[-1] in one["subjects"], one["site"] in (None, site)
            plain &= not (outer and away and there) and (outer or there or not holders[2:])
            away = (away and not outer) or not (outer or there)
            site = one["site"] or site if outer else site
        size, packed = len(holders), [level for level, holder in enumerate(holders) if holder in one["children"]]
        if one["packing"] == "ADD" and one["parent"] and packed and one["parent"] not in holders:
            holders = [*holders[: packed[-1] + 1], one["parent"]]
        elif one["packing"] == "DELETE" and one["parent"] in holders and (packed or not one["children"]):
            holders = holders[: holders.index(one["parent"])]
        if one["packing"] and packed:
            plain &= len(holders) > size if one["packing"] == "ADD" else len(holders) < size
        ever |= set(holders)
    return ever, plain


def story(item: str, events: list[Json]) -> set[str]:
    """The reasons that the events alone give."""
    ever, plain = concerning(item, events)
    births = [one for one in events if item in one["born"]]
    first = births[0]["time"] - CLOCK_TOLERANCE_SECONDS if births else float("-inf")
    end = min((one["time"] for one in events if item in one["ended"]), default=float("inf")) + CLOCK_TOLERANCE_SECONDS
    located = [one for one in events if one["site"] is not None]
    pairs = [(one, two) for one, two in pairwise(located) if one["site"] != two["site"]]
    last = next((one["disposition"] for one in reversed(events) if one["disposition"]), "active")
    state = cbv_word(last)
    holds = {
        "event-foreign": any(not one["subjects"] & ever for one in events),
        "event-unreadable": not plain or any("retail_s" in one["step"] + one["disposition"] for one in events[:-1]),
        "correction-not-judged": any(one["corrects"] for one in events),
        "birth-missing": not births,
        "born-twice": len({one["identity"] for one in births}) > 1,
        "event-before-birth": any(one["time"] < first for one in events),
        "event-after-end": any(one["time"] > end for one in events),
        "item-destroyed": any(one["step"] == "destroying" and item in one["subjects"] for one in events),
        "two-places": any(two["time"] - one["time"] < MIN_TRAVEL_SECONDS for one, two in pairs),
        "disposition-alarming": re.fullmatch(ALARMING, state) is not None,
        "disposition-unknown": not re.fullmatch(KNOWN, state) and (state or ":" not in last),
    }
    return {reason for reason, true in holds.items() if true}


# 7. The chain, read as of one block.
FUNCTIONS = {"anchorOf": ("bytes32,uint48", 2), "brandOf": ("uint64", 1)}  # arguments, words that come back
FUNCTIONS |= {"recallTimes": ("uint64,string,string", 3), "getKey": ("address", 4), "logHead": ("bytes32", 3)}
REGISTRIES = {"participant_registry": "ParticipantRegistry", "provenance_registry": "ProvenanceRegistry"}


class Ledger:
    """The registries that the user trusts, on the node that the user chose."""

    def __init__(self, url: str, trusted: Json) -> None:
        self.web3, self.trusted = Web3(Web3.HTTPProvider(url), middleware=[]), trusted
        self.chain_id, self.genesis = self.web3.eth.chain_id, "0x" + bytes(self.web3.eth.get_block(0)["hash"]).hex()
        head = self.web3.eth.get_block("latest")
        self.block, self.time = head["number"], head["timestamp"]
        self.at = {name: self.web3.to_checksum_address(trusted[name]) for name in REGISTRIES}

    def faults(self) -> set[str]:
        """Why this node can prove nothing."""
        if self.chain_id != self.trusted["chain_id"] or self.trusted["genesis"] not in (None, self.genesis):
            return {"node-differs"}
        for registry in REGISTRIES:
            code = bytes(self.web3.eth.get_code(self.at[registry], self.block))
            if not code or self.trusted["code"].get(registry, keccak(code)) != keccak(code):
                return {"registry-missing"}
        return set()

    def call(self, name: str, *arguments: Json) -> list[bytes]:
        takes, words = FUNCTIONS[name]
        data = keccak(f"{name}({takes})".encode())[:4] + self.web3.codec.encode(takes.split(","), arguments)
        registry = "participant_registry" if name == "getKey" else "provenance_registry"
        answer = bytes(self.web3.eth.call({"to": self.at[registry], "data": data}, self.block))
        if len(answer) != 32 * words:
            raise Web3Exception(f"what stands at {self.at[registry]} is no registry")
        return [answer[start : start + 32] for start in range(0, len(answer), 32)]


def chain_reasons(ledger: Ledger, item: Json, bundle: Json, events: list[Json]) -> set[str]:
    """Anchors, the keys that made them (judged at the time of the anchor's block), brand and recalls."""
    found, times, (key, gtin, serial) = set(), {}, item
    for one in bundle["maps"]:
        if one["index"] + 1 < int.from_bytes(ledger.call("logHead", raw(one["publisher"]))[1], "big"):
            found.add("map-stale")
    for position, entry in enumerate([*bundle["entries"], *bundle["maps"]]):
        publisher, index, batch = entry["publisher"], entry["index"], entry["batch"]
        stored, anchored_at = ledger.call("anchorOf", raw(publisher), index)
        if not any(anchored_at):
            found.add("anchor-missing")
            continue
        times[position] = int.from_bytes(anchored_at, "big")
        if stored[:27] != digest(batch):
            found.add("anchor-differs")
            continue
        owner, *dates = ledger.call("getKey", Web3.to_checksum_address(batch["writer"]))
        added, revoked, compromised = (int.from_bytes(date, "big") for date in dates)
        if owner != raw(publisher):
            found.add("writer-foreign")
        elif times[position] < added or 0 < revoked <= times[position]:
            found.add("writer-revoked")
        if owner == raw(publisher) and 0 < compromised <= times[position]:
            found.add("writer-compromised")
    if any(one["time"] > times.get(one["position"], one["time"]) + CLOCK_TOLERANCE_SECONDS for one in events):
        found.add("event-after-anchor")
    (brand,) = ledger.call("brandOf", int(gtin or 0)) if gtin else (b"",)
    if not any(brand):
        found.add("class-unknown")
    elif any(key in one["born"] and raw(one["publisher"]) != brand for one in events):
        found.add("birth-foreign")
    for lot in {"", *(lot for one in events for lot in one["lots"])} if gtin else ():
        recalls = zip(("class", "lot", "serial"), ledger.call("recallTimes", int(gtin or 0), lot, serial), strict=True)
        found |= {f"recalled-{scope}" for scope, time in recalls if any(time)}
    return found


# 8. The verdict.
def judge(bundle: Json, trusted: Json, url: str | None, code: str | None) -> Json:
    item = item_of(bundle["item"])
    if code is not None and item_of(code)[0] != item[0]:
        return verdict({"item-differs"}, {"event-concerns-item"}, None, True)
    ledger, found, checked = None, set(), set(RULES) - ON_CHAIN - {"chain"}
    if trusted is None:
        found.add("deployment-unknown")
    elif any(trusted[name] not in (None, theirs) for name, theirs in bundle["chain"].items()):
        found.add("deployment-differs")
    elif url is not None:
        ledger = Ledger(url, trusted)
        checked.add("chain")
        found |= ledger.faults()
    events = []
    for position, entry in enumerate(bundle["entries"]):
        found |= entry_reasons(entry)
        try:
            events.append(read(position, entry))
        except Unreadable:
            found.add("event-unreadable")
    events.sort(key=lambda one: (one["time"], one["position"]))
    proven = ledger is not None and not found & {"node-differs", "registry-missing"}
    found |= (
        map_reasons(bundle, concerning(item[0], events)[0])
        | story(item[0], events)
        | (set() if bundle["entries"] else {"no-events"})
    )
    if ledger is None or not proven:
        return verdict(found | {"anchor-not-checked"}, checked, None, not any(one["lots"] for one in events))
    found |= chain_reasons(ledger, item, bundle, events)
    return verdict(found, checked | ON_CHAIN, ledger, not any(one["lots"] for one in events))


def entry_reasons(entry: Json) -> set[str]:
    """What is wrong with an event by itself."""
    found = set() if in_batch(entry) else {"leaf-not-in-batch"}
    try:
        right = event_id(entry["event"])
    except Unreadable:
        return found | {"event-id-not-checked"}
    claimed = str(entry["event"].get("eventID", right))
    wrong = right != entry["event_id"] or (claimed.startswith("ni:") and claimed != right)
    return found | ({"event-id-differs"} if wrong else set())


def verdict(found: set[str], checked: set[str], ledger: Ledger | None, lot_unknown: bool) -> Json:
    reasons = [reason for reason in REASONS if reason in found]
    complete = ledger and not found & {"map-differs", "events-withheld", "map-missing", "map-stale"}
    shown = {"block-hash"} | ({"omitted-events"} if complete else set()) | (set() if lot_unknown else {"lot"})
    levels = [REASONS[reason][0] for reason in reasons]
    as_of: Json = dict.fromkeys(("chain_id", "genesis", "block", "time"))
    if ledger:
        time = datetime.fromtimestamp(ledger.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        as_of = {"chain_id": ledger.chain_id, "genesis": ledger.genesis, "block": ledger.block, "time": time}
    return {
        "verdict": next((level for level in ("recalled", "suspect", "unknown") if level in levels), "authentic"),
        "reasons": reasons,
        "checked": [rule for rule in RULES if rule in checked],
        "not_proven": [name for name in NOT_PROVEN if name not in shown],
        "as_of": as_of,
        "not_checked": list(NOT_CHECKED),
    }


# 8. The command.
def trust(options: argparse.Namespace) -> Json:
    """Chain and registries from the user's own settings; None if there are none."""
    if options.deployment is None:
        typed = {"participant_registry": options.registry, "provenance_registry": options.provenance}
        known = {"chain_id": options.chain_id, "genesis": None, "code": {}}
        return known | {name: typed[name].lower() for name in typed} if options.registry else None
    try:
        record = json.loads(options.deployment.read_bytes())
        pairs = [(name, record["contracts"][contract]) for name, contract in REGISTRIES.items()]
        known = {name: record[name] for name in ("chain_id", "genesis")}
        known["code"] = {name: raw(one["code_hash"]) for name, one in pairs}
        return known | {name: one["address"].lower() for name, one in pairs}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{options.deployment} is no record of a deployment") from None


def text_of(answer: Json) -> str:
    lines = [answer["verdict"].upper(), *(f"- {REASONS[one][1]} [{one}]" for one in answer["reasons"])]
    if answer["as_of"]["block"] is not None:
        lines.append("As of block {block} of chain {chain_id}, {time}.".format(**answer["as_of"]))
    lines += ["Not proven:", *(f"- {NOT_PROVEN[one]} [{one}]" for one in answer["not_proven"])]
    return "\n".join([*lines, "Not checked here:", *(f"- {text} [{one}]" for one, text in NOT_CHECKED.items())])


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="verify.py", description="Is this item genuine? One file that trusts nobody.")
    parser.add_argument("code", nargs="?", help="EPC URI or GS1 Digital Link (default: the bundle's own)")
    parser.add_argument("--bundle", type=Path, required=True, help="the proof bundle")
    parser.add_argument("--rpc", metavar="URL", help="a node that you believe")
    parser.add_argument("--deployment", type=Path, help="record of the deployment that you trust")
    parser.add_argument("--registry", metavar="ADDRESS", help="or: the ParticipantRegistry,")
    parser.add_argument("--provenance", metavar="ADDRESS", help="the ProvenanceRegistry,")
    parser.add_argument("--chain-id", type=int, metavar="N", help="and their chain")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args(words)
    typed = [options.registry, options.provenance, options.chain_id]
    if typed != [None] * 3 and (options.deployment or None in typed or not all(map(Web3.is_address, typed[:2]))):
        parser.error("give --deployment, or all of --registry, --provenance (addresses) and --chain-id")
    try:
        answer = judge(parse(options.bundle.read_bytes()), trust(options), options.rpc, options.code)
    except Unreadable:
        answer = verdict({"event-id-not-checked", "anchor-not-checked"}, set(), None, True)
    except (Refused, FileNotFoundError, IsADirectoryError, PermissionError) as problem:
        print(f"verify.py: {problem}.", file=sys.stderr)
        return 1
    except (Web3Exception, OSError, ValueError) as problem:
        print(f"verify.py: the node gave no usable answer ({type(problem).__name__}).", file=sys.stderr)
        return 3
    print(json.dumps(answer) if options.json else text_of(answer))
    return EXIT_CODES[answer["verdict"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
elif "ape" in sys.modules:  # `ape run verify …` runs the click command named `cli`
    import click

    @click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def cli(words: tuple[str, ...]) -> None:
        """Is this item genuine?"""
        sys.exit(main(list(words)))
