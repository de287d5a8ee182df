"""Is this item genuine? One file that you can read, trusting nobody: Python, web3, and nothing of Lading's.

    python scripts/verify.py [CODE] --bundle FILE [--rpc URL]
        [--deployment FILE | --registry ADDRESS --provenance ADDRESS --chain-id N] [--json]

CODE is the EPC URI or Digital Link on the item, FILE its bundle. You say which chain and registries you trust; those in
the bundle are only compared. Without --rpc no anchor is checked. Ends with 0 authentic, 10 suspect, 11 recalled, 12
unknown; 1 refused input, 2 wrong usage, 3 no answer. Never more favourable than `lading verify`; `unknown` here are:

- event-id: Events with extensions, quantities, sensors, counters, rarer identifiers, or times not in UTC to the ms.
- code: Codes as tag memory or tag URI; Digital Links with a lot, short names or short GTINs; odd lots.
- custody: Hand-overs between named parties, ends by them or after a sale; two containers or publishers at once.
- corrections: Whether an alarm was lawfully lifted, or an event declared wrong, which leaves the story in any case.
- node: One node is asked and believed; fault documents and first claims are not looked at.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from web3 import Web3
from web3.exceptions import Web3Exception

Json: TypeAlias = Any
CLOCK_TOLERANCE_SECONDS, MIN_TRAVEL_SECONDS = 300, 300  # how far clocks may be apart; the least time between two sites
MAX_BYTES, MAX_DEPTH, MAX_LOTS, NOTHING = 4 << 20, 32, 10, "0x" + "00" * 32
REGISTRIES = {"participant_registry": "ParticipantRegistry", "provenance_registry": "ProvenanceRegistry"}
EXIT_CODES = {"authentic": 0, "suspect": 10, "recalled": 11, "unknown": 12}
NOT_CHECKED = dict(re.findall("^- ([a-z-]+): (.+)$", __doc__, re.MULTILINE))
RULES = ["deployment", "chain", "event-id", "leaf-in-batch", "anchored", "writer", "complete", "event-readable"]
RULES += ["event-concerns-item", "born-once", "born-by-brand", "born-first", "not-ended", "customs-by-customs"]
RULES += ["let-through", "sold-once", "one-place", "time-forward", "disposition", "not-recalled"]
ON_CHAIN = {"anchored", "writer", "complete", "born-by-brand", "time-forward", "not-recalled"}
REASONS = {  # each with the verdict that it forces and what it means; worst first
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
    "item-ended": ("suspect", "The item was decommissioned or used up, so it is on no shelf."),
    "customs-foreign": ("suspect", "A customs step was published by no customs office."),
    "customs-stopped": ("suspect", "Customs held or rejected the item and did not let it go."),
    "sold-twice": ("suspect", "The item was sold twice: one of the two is a copy."),
    "read-after-sale": ("suspect", "The item was in trade after its sale: one of the tags is a copy."),
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
    "end-foreign": ("unknown", "Somebody says that the item ended who need not have had it."),
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
    "block-hash": "That the block is one of the chain, and a new one: both are the node's word.",
    "block-new": "That nothing happened since: the block lies more than an hour behind this machine's clock.",
    "finality": "That the chain keeps the block as of which this holds.",
    "lot": "That the item's lot is not recalled: no event names the lot.",
}


class Refused(Exception):
    """The input cannot be used at all. A ValueError says only that something is not as this script can read it."""


# 1. Identifiers: the EPC URI and the Digital Link of one thing become one text.
URN = re.compile(r"urn:epc:id:(sgtin|sscc|sgln):(\d{6,12})\.(\d*)(?:\.(.+))?", re.ASCII | re.DOTALL)
LINK = re.compile(r"https?://[^/?#]+/(01|00)/(\d{14}|\d{18})(?:/21/([^/?#]+))?/?(?:[?#].*)?", re.ASCII | re.DOTALL)
SCHEMES = {"sgtin": ("01", 13, "/21/"), "sscc": ("00", 17, ""), "sgln": ("414", 12, "/254/")}
SERIAL = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")  # GS1 AIs 21 and 254
OTHER_KEYS = r"(?is)\s*(urn:epc:(id|class|idpat|tag):|[(\]]|[0-9a-f]{16,}\s*$|geo:|https?:.*/(0[01]|25[35]|40[12]"
OTHER_KEYS += r"|41[47]|800[346]|801[078]|gtin|itip|cpid|gln|party|gsrnp?|gcn|sscc|gdti|ginc|gsin|grai|giai)/)"


def check_digit(digits: str) -> str:
    return str(-(3 * sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2]))) % 10)


def escaped(serial: str) -> str:
    """As a serial number stands in a canonical Digital Link."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", serial) or not SERIAL.fullmatch(unquote(serial)):
        raise ValueError(f"the serial number {serial[:40]!r}")
    return quote(unquote(serial), safe="';=")


def same_thing(text: str) -> str:
    """The canonical Digital Link of an SGTIN, SSCC or SGLN; any other text as it is."""
    found = URN.fullmatch(text)
    if not found and not re.match(OTHER_KEYS, text):
        return text
    ai, length, qualifier = SCHEMES[found[1]] if found else ("", 0, "")
    digits = "" if not found else found[2] + found[3] if ai == "414" else found[3][:1] + found[2] + found[3][1:]
    if not found or len(digits) != length or (found[4] is None) != (ai == "00"):
        raise ValueError(f"the identifier {text[:80]!r}")
    serial = "" if found[4] is None or (ai, found[4]) == ("414", "0") else qualifier + escaped(found[4])
    return f"https://id.gs1.org/{ai}/{digits}{check_digit(digits)}{serial}"


def item_of(code: str) -> tuple[str, str | None, str | None]:
    """Canonical Digital Link, GTIN and serial of the code on an item, whose link may be at any domain."""
    try:
        link = LINK.fullmatch(code.strip()) or LINK.fullmatch(same_thing(code.strip()))
        serial = escaped(link[3]) if link and link[3] else ""
    except ValueError:
        link, serial = None, ""
    if link is None or (link[1], len(link[2]), bool(serial)) not in (("01", 14, True), ("00", 18, False)):
        raise Refused(f"{code[:120]!r} names no single item: give its EPC URI or Digital Link, with the serial number")
    if link[2][-1] != check_digit(link[2][:-1]):
        raise Refused(f"{link[2]} has a wrong check digit: compare the number with the label")
    key = f"https://id.gs1.org/{link[1]}/{link[2]}"
    return (f"{key}/21/{serial}", link[2], unquote(serial)) if serial else (key, None, None)


# 2. The bundle: canonical JSON (RFC 8785) of exactly this form, but for what stands inside the events.
TEXT, HASH, ADDRESS = r'"[^"\\]*(?:\\.[^"\\]*)*"', '"0x[0-9a-f]{64}"', '"0x[0-9a-f]{40}"'
BATCH = rf'{{"count":[1-9]\d{{0,8}},"items_root":{HASH},"root":{HASH},"writer":{ADDRESS}}}'
CHAIN = rf'"chain_id":[1-9]\d{{0,14}},"genesis":{HASH},"participant_registry":{ADDRESS},"provenance_registry":{ADDRESS}'
ENTRY = rf'{{"batch":{BATCH},"event":{{}},"event_id":"ni:///sha-256;[0-9a-f]{{64}}[?]ver=CBV2[.]0","index":\d{{1,14}},'
ENTRY += rf'"proof":\[({HASH},?){{0,33}}\],"publisher":{HASH},"salt":{HASH}}}'
MAP = rf'{{"batch":{BATCH},"count":\d{{1,15}},"head":{HASH},"index":\d{{1,14}},'
MAP += rf'"other":(null|{{"count":[1-9]\d{{0,14}},"head":{HASH},"key":{HASH}}}),"publisher":{HASH},'
MAP += rf'"siblings":\[((null|{HASH}),?){{0,256}}\],"thing":"([^"\\]|\\.){{1,2000}}"}}'
BUNDLE = rf'{{"chain":{{{CHAIN}}},"entries":\[({ENTRY},?){{0,1000}}\],"format":"lading-bundle/1",'
BUNDLE += rf'"item":"urn:epc:id:[^"]+","maps":\[({MAP},?){{0,1000}}\]}}'
PLAIN = rb"(?:[][{}:,]|null|true|false|-?\d{1,15}(?![\d.])|-?\d+[.]\d*[1-9](?!\d))*+"  # numbers that all write alike


def canonical(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def parse(data: bytes) -> Json:
    """The bundle of these bytes. Raises Refused."""
    signs = re.sub(TEXT.encode(), b"", data[: MAX_BYTES + 1], flags=re.DOTALL)
    depth = max(accumulate((sign in b"[{") - (sign in b"]}") for sign in signs), default=0)
    # Python sorts names otherwise than RFC 8785 if they hold signs beyond 16 bits.
    if len(data) > MAX_BYTES or depth > MAX_DEPTH or re.search(rb'[\xf0-\xf4][^"]*":', data):
        raise Refused(f"the bundle has more than {MAX_BYTES} bytes, or {MAX_DEPTH} levels, or names that are no words")
    try:
        document = json.loads(data.decode())
        if not re.fullmatch(PLAIN, signs) or canonical(document) != data:
            raise Refused("the bundle is not in canonical form (RFC 8785) with plain numbers")
        lawful = type(document["entries"]) is list and all(type(one["event"]) is dict for one in document["entries"])
        bare = document | {"entries": [one | {"event": {}} for one in document["entries"]]}
        places = [(one["publisher"], one["thing"]) for one in document["maps"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("the bundle is no bundle") from None
    if not lawful or not re.fullmatch(BUNDLE, canonical(bare).decode()) or places != sorted(set(places)):
        raise Refused("the bundle was damaged or altered on its way")
    return document


# 3. The event id of CBV 2.0, section 8.9: fields in its order (the last two are sorted), each of its pattern.
LISTS = ("epcList", "inputEPCList", "childEPCs", "outputEPCList")
FIELDS = {"type": '"(Object|Aggregation|Transaction|Transformation|Association)Event"'}
FIELDS["eventTime"] = r'"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d[.]\d{3}Z"'
FIELDS |= dict.fromkeys(("eventTimeZoneOffset", "parentID"), TEXT) | dict.fromkeys(LISTS, rf"\[({TEXT},?)*\]")
FIELDS |= {"action": '"(ADD|OBSERVE|DELETE)"'} | dict.fromkeys(("bizStep", "disposition"), TEXT)
FIELDS |= dict.fromkeys(("readPoint", "bizLocation"), rf'{{"id":{TEXT}}}')
FIELDS |= {"bizTransactionList": rf'\[({{"bizTransaction":{TEXT},"type":{TEXT}}},?)+\]'}
FIELDS |= {"ilmd": rf'{{("cbvmda:[^"\\]*(?<!List)":{TEXT},?)+}}', "@context": rf"{TEXT}|\[({TEXT},?)*\]"}
OUTSIDE = {"@context", "eventID", "recordTime", "errorDeclaration"}
ALARMING = "damaged|destroyed|disposed|expired|mismatch_(class|instance|quantity)|no_pedigree_match|non_conformant"
ALARMING += "|non_sellable_other|recalled|stolen"
KNOWN = "active|available|completeness_(inferred|verified)|conformant|container_(closed|open)|dispensed|encoded"
KNOWN += "|inactive|in_progress|in_transit|needs_replacement|partially_dispensed|reserved|retail_sold|returned"
KNOWN += "|sellable_accessible|sellable_not_accessible|unavailable|unknown|" + ALARMING
STEPS = "accepting|arriving|(de)?commissioning|departing|destroying|dispensing|encoding|holding|inspecting|(un)?loading"
STEPS += "|(un)?packing|picking|receiving|retail_selling|shipping|staging_outbound|stocking|storing|transporting"
DOCUMENTS = "bol|cert|desadv|inv|pedigree|poc?|prodorder|recadv|rma|testprd|testres|upevt"
WORDS = {"bizStep": ("BizStep-", STEPS), "disposition": ("Disp-", KNOWN), "bizTransactionList": ("BTT-", DOCUMENTS)}


def field(event: Json, name: str, default: Json = None) -> Json:
    """Raises ValueError where it is not of its pattern."""
    value = event.get(name, default)
    if name not in FIELDS or not re.fullmatch(FIELDS[name], canonical(value).decode(), re.DOTALL):
        raise ValueError(name)
    return value


def event_id(event: Json) -> str:
    """Raises ValueError where the event holds anything else, or in another spelling."""
    field(event, "@context", [])  # no prefixes
    texts = {name: rendered(name, field(event, name)) for name in {"type", "eventTime", *event} - OUTSIDE}
    last = sorted(texts.pop(name) for name in ("bizTransactionList", "ilmd") if name in texts)
    text = "".join([*(texts[name] for name in FIELDS if name in texts), *last])
    return f"ni:///sha-256;{sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def rendered(name: str, value: Json) -> str:
    """The text of a field; of several values in the order of their texts."""
    words = WORDS.get(name)
    if isinstance(value, str):
        return f"eventType={value}" if name == "type" else f"{name}={word(value, words)}"
    if name == "ilmd":
        texts = [f"{{urn:epcglobal:cbv:mda:}}{part[7:]}={word(one)}" for part, one in value.items()]
    elif isinstance(value, dict):
        texts = [f"id={word(value['id'])}"]
    elif name in LISTS:
        texts = [f"epc={word(one)}" for one in value]
    else:
        texts = [f"type={word(one['type'], words)}bizTransaction={word(one['bizTransaction'])}" for one in value]
    return name + "".join(sorted(texts)) if texts else ""


def word(value: str, vocabulary: tuple[str, str] | None = None) -> str:
    """The canonical text of a value. Raises ValueError for what has another one than itself, but for GS1 keys."""
    if vocabulary and re.fullmatch(vocabulary[1], value):
        return "https://ref.gs1.org/cbv/" + vocabulary[0] + value
    # Other names with a prefix, and what other implementations take for a number, have a form of their own.
    prefixed = re.match(r"(epcis|cbv|cbvmda|gs1|rdfs|owl|xsd|dcterms):|urn:epcglobal:cbv:(?!bt:)", value)
    numeric = re.fullmatch(r"[-+]?[\d_.]*(e[-+]?[\d_]+)?|[-+]?(inf|infinity|nan)", value, re.IGNORECASE)
    plain = not numeric or re.fullmatch(r"0|[1-9]\d{0,14}", value, re.ASCII)
    lawful = vocabulary and f"https://ref.gs1.org/cbv/{vocabulary[0]}[a-z_]+|(?!(?i:cbv:|http.*gs1.org/|urn:epcg)).*:.*"
    if not value or value != value.strip() or not re.fullmatch(lawful or "(?s).*", value) or prefixed or not plain:
        raise ValueError(f"the text {value[:40]!r}")
    return same_thing(value)


# 4. The Merkle tree of a batch: OpenZeppelin's, whose proofs name no sides.
def raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def leaf_of(entry: Json) -> bytes:
    content, salt = sha256(canonical(entry["event"])).digest(), raw(entry["salt"])
    parts = Web3.keccak(b"lading.event-leaf.v1") + bytes.fromhex(entry["event_id"][14:78]) + content + salt
    return bytes(Web3.keccak(Web3.keccak(parts)))  # twice, so that no inner node of the tree can stand for a leaf


def in_batch(entry: Json) -> bool:
    node, count, depth = leaf_of(entry), entry["batch"]["count"], len(entry["proof"])
    for sibling in map(raw, entry["proof"]):
        node = Web3.keccak(min(node, sibling) + max(node, sibling))
    return node == raw(entry["batch"]["root"]) and count.bit_length() - 1 <= depth < (2 * count - 1).bit_length()


# 5. The publishers' item maps: how many events name a thing, and the chain of their leaves.
def in_map(one: Json) -> bool:
    """Whether the proof leads to the batch's item root, from the thing's entry or from where it would be."""
    key, other, siblings = sha256(one["thing"].encode()).digest(), one["other"], one["siblings"]
    path, room = int.from_bytes(key, "big"), 256 - len(siblings)
    strange = other and not 0 < path ^ int(other["key"], 16) < 1 << room  # it stands not where the absent one would
    if strange or siblings[:1] == [None] or NOTHING in siblings or (other if one["count"] else one["head"] != NOTHING):
        return False
    key, leaf = (raw(other["key"]), other) if other else (key, one)
    node = sha256(b"\0" + key + leaf["count"].to_bytes(8) + raw(leaf["head"])).digest() if leaf["count"] else bytes(32)
    for level, sibling in enumerate(siblings, room):
        beside = raw(sibling or NOTHING)
        node = sha256(b"\1" + (beside + node if path >> level & 1 else node + beside)).digest()
    return node == raw(one["batch"]["items_root"])


def map_reasons(bundle: Json, events: dict[int, Json], things: set[str]) -> set[str]:
    """Each publisher of an event has a map for each thing, and the bundle has the events that it counts."""
    maps = {(one["publisher"], one["thing"]): one for one in bundle["maps"]}
    leaves = [leaf_of(entry) for entry in bundle["entries"]]
    found = {"map-differs" for one in bundle["maps"] if not in_map(one)}
    for place in {(one["publisher"], thing) for one in bundle["entries"] for thing in things}:
        count, head, one = 0, bytes(32), maps.get(place)
        for position, entry in enumerate(bundle["entries"]) if one else ():
            names = events[position].subjects if position in events else ()
            if entry["publisher"] == place[0] and place[1] in names and entry["index"] <= one["index"]:
                count, head = count + 1, sha256(b"\2" + head + leaves[position]).digest()
        if one is None or (count, head) != (one["count"], raw(one["head"])):
            found.add("events-withheld" if one else "map-missing")
    # What an event that cannot be read is about is not known, so nothing need be missing.
    return found if len(events) == len(bundle["entries"]) else found - {"events-withheld"}


BORN = {"ObjectEvent:ADD": "epcList", "TransformationEvent": "outputEPCList"}
ENDED = {"ObjectEvent:DELETE": "epcList", "TransformationEvent": "inputEPCList"}
SPELLED = r"(?:(?:https://ref[.]gs1[.]org/cbv/|cbv:)(?:BizStep|Disp)-|urn:epcglobal:cbv:(?:bizstep|disp):)?([a-z_]+)"
CUSTOMS = r"https://lading[.]example/voc/BizStep-((ex|im)port_(declared|released)|customs_(inspected|held|rejected))"
SENDING = ("picking", "packing", "staging_outbound", "loading", "shipping", "departing", "consigning")
LATER = ("repairing", "decommissioning", "destroying")  # what may befall goods in their owner's hands


class Event:
    def __init__(self, position: int, entry: Json) -> None:
        """What the rules need of an event; docks and shelves of one site are one place. Raises ValueError."""
        event, self.position, self.publisher = entry["event"], position, entry["publisher"]
        self.identity, self.corrects = (entry["event_id"], canonical(event)), "errorDeclaration" in event
        self.kind, step, self.disposition = (field(event, name, "") for name in ("type", "bizStep", "disposition"))
        self.action = field(event, "action", "OBSERVE" if self.kind == "TransformationEvent" else None)
        found = [re.fullmatch(*one) for one in ((SPELLED, step), (SPELLED, self.disposition), (CUSTOMS, step))]
        self.step, self.state, self.customs = (one[1] if one else "" for one in found)
        lists = {name: {same_thing(text) for text in field(event, name, [])} for name in LISTS}
        self.parent, self.children = same_thing(field(event, "parentID", "")), lists["childEPCs"]
        self.handed = bool({"sourceList", "destinationList"} & event.keys())
        self.packing = self.parent and self.kind in ("AggregationEvent", "AssociationEvent")
        self.subjects = set().union(*lists.values(), [self.parent] if self.parent else [])
        acts = [self.kind, f"{self.kind}:{self.action}"]
        self.born, self.ended = (set().union(*(lists[t[act]] for act in acts if act in t)) for t in (BORN, ENDED))
        places = [same_thing(field(event, name)["id"]) for name in ("readPoint", "bizLocation") if name in event]
        self.site = re.sub(r"^(https://id[.]gs1[.]org/414/\d{13})/254/.*$", r"\1", places[0]) if places else None
        ilmd = field(event, "ilmd") if "ilmd" in event else {}
        self.lots = {ilmd[name] for name in ilmd if re.search("[:/#](lotNumber|hasBatchLot(Number)?)$", name)}
        if not all(map(SERIAL.fullmatch, self.lots)) or len(self.lots) > MAX_LOTS:
            raise ValueError("the lot number")  # a recall may stand under another spelling
        self.time = datetime.fromisoformat(field(event, "eventTime")).timestamp()


def packed(item: str, events: list[Event]) -> tuple[list[Event], set[str], bool]:
    """The events about the item, which name it or what it is in at that time; what it was ever in; and whether it was
    not just packed and unpacked step by step, or read apart from a container that was read before and after."""
    nest, ours, ever, odd, site, away = [item], [], {item}, False, None, False  # nest: the item to its outermost box
    for one in events:
        before, inside = nest, [level for level, thing in enumerate(nest) if thing in one.children]
        if one.packing and one.action in ("ADD", "OBSERVE") and inside and one.parent not in nest:
            nest = [*nest[: inside[-1] + 1], one.parent]
        elif one.packing and one.action == "DELETE" and one.parent in nest[1:] and (inside or not one.children):
            nest = nest[: nest.index(one.parent)]
        grown, then = len(nest) - len(before), before if one.action == "DELETE" else nest
        stepwise = grown == len(inside) == 1 or (grown, one.action) == (-1, "DELETE")
        odd |= bool(one.packing and (inside or grown) and not (stepwise and one.kind == "AggregationEvent"))
        if one.site and one.subjects & set(then):
            odd |= bool(away and one.subjects & set(then[1:]) and (one.site == site or then[2:]))
            site, away = (one.site, False) if then[-1] in one.subjects else (site, away or one.site != site)
        ours += [one] if one.subjects & set(before) else []
        ever |= set(nest)
    return ours, ever, odd


def sales(events: list[Event], makers: set[str]) -> set[str]:
    found, sale, sent = set(), None, False
    for one in events:
        if one.handed or (one.state == "returned" and one.step != "retail_selling"):
            found |= {"event-unreadable"} if sale and one.publisher not in {sale.publisher, *makers} else set()
            sale = None  # what follows a hand-over, or a return to somebody else, is not judged
        elif one.step == "retail_selling" or (sale is None and one.state == "retail_sold"):
            if sale is None or one.identity != sale.identity:
                found |= {"sold-twice"} if sale else set()
                sale, sent = one, one.site is None  # without a place it is a sale at a distance: the goods travel
        elif sale and one.publisher == sale.publisher and one.step in SENDING and not one.state.startswith("sellable"):
            sent = True  # the seller brings it to its buyer
        elif sale and one.time > sale.time + CLOCK_TOLERANCE_SECONDS and one.step not in LATER:
            at_the_shop = one.publisher == sale.publisher and one.site in (None, sale.site)
            found |= set() if not one.state.startswith("sellable") and (sent or at_the_shop) else {"read-after-sale"}
    return found


def story(item: str, events: list[Event], offices: set[str]) -> set[str]:
    """What the events about the item say of it, in order of time. `offices`: those that may be customs."""
    births = [one for one in events if item in one.born]
    makers = {one.publisher for one in births}
    first = births[0].time - CLOCK_TOLERANCE_SECONDS if births else float("-inf")
    ends = [one for one in events if item in one.ended or one.step == "destroying"]
    sold = any(one.step == "retail_selling" or one.state == "retail_sold" for one in events)  # its end is the buyer's
    ours = [one for one in ends if one.publisher in makers and not sold]
    end = min((one.time for one in ours), default=float("inf")) + CLOCK_TOLERANCE_SECONDS
    pairs = [(one, two) for one, two in pairwise(one for one in events if one.site) if one.site != two.site]
    alarms = [bool(re.fullmatch(ALARMING, one.state)) for one in events if one.disposition]
    told, state = next(((one.disposition, one.state) for one in events[::-1] if one.disposition), ("", "active"))
    stops = {one.publisher: one.customs for one in events if re.search("held|rejected|released", one.customs)}
    holds = {
        "birth-missing": not births,
        "born-twice": len({one.identity for one in births}) > 1,
        "event-before-birth": any(one.time < first for one in events),
        "event-after-end": any(one.time > end for one in events),
        "item-destroyed": any(one.step == "destroying" for one in ours),
        "item-ended": any(one.step != "destroying" for one in ours),
        "end-foreign": len(ours) < len(ends),
        "customs-stopped": any("released" not in stops[who] for who in offices & stops.keys()),
        "two-places": any(two.time - one.time < MIN_TRAVEL_SECONDS for one, two in pairs),
        "disposition-alarming": alarms[-1:] == [True],
        "event-unreadable": alarms[-1:] == [False] and any(alarms),
        "disposition-unknown": not re.fullmatch(KNOWN, state) and (state or ":" not in told),
    }
    return {reason for reason, true in holds.items() if true} | sales(events, makers)


# 7. The chain, read as of one block.
class Ledger:
    def __init__(self, url: str, trusted: Json) -> None:
        self.web3, self.trusted = Web3(Web3.HTTPProvider(url), middleware=[]), trusted
        self.web3.provider.global_ccip_read_enabled = False  # no node sends us on to other hosts (ERC-3668)
        self.ask = cache(lambda at, data: bytes(self.web3.eth.call({"to": at, "data": data}, self.as_of["block"])))
        first, head = Web3.to_hex(self.web3.eth.get_block(0)["hash"]), self.web3.eth.get_block("latest")
        self.time, time = head["timestamp"], f"{datetime.fromtimestamp(head['timestamp'], UTC):%Y-%m-%dT%H:%M:%SZ}"
        self.as_of = {"chain_id": self.web3.eth.chain_id, "genesis": first, "block": int(head["number"]), "time": time}
        self.at = {name: self.web3.to_checksum_address(trusted[name]) for name in REGISTRIES}

    def faults(self) -> set[str]:
        if any(self.trusted[name] not in (None, self.as_of[name]) for name in ("chain_id", "genesis")):
            return {"node-differs"}
        for registry in REGISTRIES:
            code = bytes(self.web3.eth.get_code(self.at[registry], self.as_of["block"]))
            if not code or self.trusted["code"][registry] not in (None, Web3.to_hex(Web3.keccak(code))):
                return {"registry-missing"}
        return set()

    def call(self, words: int, function: str, *arguments: Json) -> list[int]:
        at = self.at["participant_registry" if function[:3] in ("get", "has") else "provenance_registry"]
        types = function.rstrip(")").split("(")[1].split(",")
        answer = self.ask(at, Web3.keccak(function.encode())[:4] + self.web3.codec.encode(types, arguments))
        if len(answer) != 32 * words:
            raise Web3Exception(f"what stands at {at} is no registry")
        return [int.from_bytes(answer[start : start + 32]) for start in range(0, len(answer), 32)]

    def anchored(self, one: Json) -> tuple[int, set[str]]:
        """When a batch was anchored, and what is wrong with its anchor, or with the key that made it, at that time."""
        batch, who = one["batch"], raw(one["publisher"])
        stored, at = self.call(2, "anchorOf(bytes32,uint48)", who, one["index"])
        # What the chain keeps of a batch, beside the time, binds roots, writer and count.
        parts = [raw(batch["root"]), raw(batch["items_root"]), bytes(12), raw(batch["writer"])]
        if not at or stored.to_bytes(32)[:27] != Web3.keccak(b"".join(parts) + batch["count"].to_bytes(32))[:27]:
            return at, {"anchor-differs" if at else "anchor-missing"}
        owner, added, revoked, lost = self.call(4, "getKey(address)", Web3.to_checksum_address(batch["writer"]))
        if owner.to_bytes(32) != who:
            return at, {"writer-foreign"}
        wrong = {"writer-revoked": at < added or 0 < revoked <= at, "writer-compromised": 0 < lost <= at}
        return at, {reason for reason, true in wrong.items() if true}


def chain_reasons(ledger: Ledger, item: Json, bundle: Json, events: list[Event], ours: list[Event]) -> set[str]:
    """Anchors, maps' age, brand, customs offices and recalls. `ours`: the events about the item."""
    found, times, (key, gtin, serial) = set(), {}, item
    for position, one in enumerate([*bundle["entries"], *bundle["maps"]]):
        times[position], wrong = ledger.anchored(one)
        stale = "thing" in one and one["index"] + 1 < ledger.call(3, "logHead(bytes32)", raw(one["publisher"]))[1]
        found |= wrong | ({"map-stale"} if stale else set())
    found |= {"event-after-anchor" for one in events if 0 < times[one.position] < one.time - CLOCK_TOLERANCE_SECONDS}
    (brand,) = ledger.call(1, "brandOf(uint64)", int(gtin)) if gtin else (0,)
    strange = any(key in one.born and int(one.publisher, 16) != brand for one in ours)
    found |= {"class-unknown" if not brand else "birth-foreign"} if strange or not brand else set()
    for lot in {"", *(lot for one in ours for lot in one.lots)} if gtin else ():
        times = ledger.call(3, "recallTimes(uint64,string,string)", int(gtin), lot, serial)
        found |= {f"recalled-{scope}" for scope, at in zip(("class", "lot", "serial"), times, strict=True) if at}
    return found


# 8. The verdict.
def judge(bundle: Json, trusted: Json, url: str | None, code: str | None) -> Json:
    """On a bundle, by the chain and registries of the user's own settings, if there are any."""
    item = item_of(bundle["item"])
    if code is not None and item_of(code)[0] != item[0]:
        return verdict({"item-differs"}, {"event-concerns-item"}, None, True)
    ledger, events, found, checked = None, [], set(), set(RULES) - ON_CHAIN - {"chain"}
    if trusted is None:
        found.add("deployment-unknown")
    elif any(trusted[name] not in (None, theirs) for name, theirs in bundle["chain"].items()):
        found.add("deployment-differs")
    elif url is not None:
        ledger = Ledger(url, trusted)
        checked.add("chain")
        found |= ledger.faults()
    proven = None if found else ledger
    for position, entry in enumerate(bundle["entries"]):
        found |= entry_reasons(entry)
        try:
            events.append(Event(position, entry))
        except ValueError:
            found.add("event-unreadable")
    found |= set() if bundle["entries"] else {"no-events"}
    events.sort(key=lambda one: (one.time, one.position))
    _, ever, _ = packed(item[0], events)
    found |= map_reasons(bundle, {one.position: one for one in events}, ever)
    # What its publisher declared wrong leaves the story, and what stands for it may be about other goods.
    wrong = {(one.publisher, one.identity[0]) for one in events if one.corrects}
    held = ever | {one.parent for one in events if one.packing and one.children & ever}  # or at other times
    if wrong or any(not one.subjects & held for one in events):
        found.add("correction-not-judged" if wrong else "event-foreign")
    ours, _, odd = packed(item[0], [one for one in events if (one.publisher, one.identity[0]) not in wrong])
    offices = {one.publisher for one in ours if one.customs}
    offices = {who for who in offices if not proven or proven.call(1, "hasRole(bytes32,uint8)", raw(who), 7)[0]}
    found |= {"customs-foreign" for one in ours if one.customs and one.publisher not in offices}
    odd |= any(one.time == two.time and one.publisher != two.publisher for one, two in pairwise(events))
    odd |= any(re.search("held|rejec|stolen|recall", one.customs + one.state) and one not in ours for one in events)
    found |= story(item[0], ours, offices) | {"event-unreadable" for one in ours if odd or held > ever or one.handed}
    found |= chain_reasons(proven, item, bundle, events, ours) if proven else {"anchor-not-checked"}
    checked = checked | ON_CHAIN if proven else checked - ({"customs-by-customs", "let-through"} if offices else set())
    return verdict(found, checked, proven, not any(one.lots for one in ours))


def entry_reasons(entry: Json) -> set[str]:
    found = set() if in_batch(entry) else {"leaf-not-in-batch"}
    try:
        right = event_id(entry["event"])
    except ValueError:
        return found | {"event-id-not-checked"}
    claimed = {entry["event_id"], *re.findall("(?s)^ni:.*", str(entry["event"].get("eventID")))}
    return found | ({"event-id-differs"} if claimed != {right} else set())


def verdict(found: set[str], checked: set[str], ledger: Ledger | None, lot_unknown: bool) -> Json:
    levels = {REASONS[reason][0] for reason in found}
    complete = ledger and not found & {"map-differs", "events-withheld", "map-missing", "map-stale"}
    shown = {"block-hash"} | ({"omitted-events"} if complete else set()) | (set() if lot_unknown else {"lot"})
    shown |= set() if ledger and ledger.time < datetime.now(UTC).timestamp() - 3600 else {"block-new"}
    return {
        "verdict": next((level for level in ("recalled", "suspect", "unknown") if level in levels), "authentic"),
        "reasons": [reason for reason in REASONS if reason in found],
        "checked": [rule for rule in RULES if rule in checked],
        "not_proven": [name for name in NOT_PROVEN if name not in shown],
        "as_of": ledger.as_of if ledger else dict.fromkeys(("chain_id", "genesis", "block", "time")),
        "not_checked": list(NOT_CHECKED),
    }


def trust(options: argparse.Namespace) -> Json:
    """Chain and registries from the user's own settings; None if there are none."""
    if options.deployment is None:
        typed = {"participant_registry": options.registry, "provenance_registry": options.provenance}
        known = {"chain_id": options.chain_id, "genesis": None, "code": dict.fromkeys(REGISTRIES)}
        return known | {name: typed[name].lower() for name in typed} if options.registry else None
    try:
        record = json.loads(options.deployment.read_bytes())
        pairs = [(name, record["contracts"][contract]) for name, contract in REGISTRIES.items()]
        known = {name: one["address"].lower() for name, one in pairs} | {"genesis": record["genesis"]}
        return known | {"chain_id": record["chain_id"], "code": {name: one["code_hash"] for name, one in pairs}}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"{options.deployment} is no record of a deployment") from None


def text_of(answer: Json) -> str:
    lines = [answer["verdict"].upper(), *(f"- {REASONS[one][1]} [{one}]" for one in answer["reasons"])]
    if answer["as_of"]["block"] is not None:
        lines.append("As of block {block} of chain {chain_id}, {time}.".format(**answer["as_of"]))
    lines += ["Not proven:", *(f"- {NOT_PROVEN[one]} [{one}]" for one in answer["not_proven"])]
    return "\n".join([*lines, "Not judged here:", *(f"- {text} [{one}]" for one, text in NOT_CHECKED.items())])


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
    except (Refused, FileNotFoundError, IsADirectoryError, PermissionError) as problem:
        print(f"verify.py: {problem}.", file=sys.stderr)
        return 1
    except Exception as problem:  # noqa: BLE001 - a node may answer anything, and web3 then raises anything
        print(f"verify.py: the node gave no usable answer ({type(problem).__name__}).", file=sys.stderr)
        return 3
    print(json.dumps(answer) if options.json else text_of(answer))
    return EXIT_CODES[answer["verdict"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
elif "ape" in sys.modules:  # `ape run verify …` runs the click command named `cli`
    import click

    argument = click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)
    settings = {"ignore_unknown_options": True}
    cli = click.Command("cli", settings, lambda words: sys.exit(main([*words])), [argument], add_help_option=False)
