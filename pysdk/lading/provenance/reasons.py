"""The rules that a verdict checks, what each can find, and what no verdict proves. Ids are stable.

`scripts/verify.py` repeats the ids and sentences, since it stands alone; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["authentic", "unknown", "suspect", "recalled"]

CLOCK_TOLERANCE_SECONDS = 300
"""Readers keep time by NTP or by hand, and a block's time may lie seconds from the true one; five minutes apart is not
yet a contradiction."""

MIN_TRAVEL_SECONDS = 300
"""The least time between reads of one item at two sites (two GLNs). Leaving one site, driving and being read at the
next takes longer even across a street; below it stands only what clocks explain. Distances are not known here, so this
finds a clone at two places at once, not an unlikely journey."""

MAX_BLOCK_AGE_SECONDS = 3600
"""How far a block may lie behind the verifier's own clock before the verdict says that it is old. Public chains make a
block every few seconds; a devnet may stand still for days, so this is no reason to doubt the goods."""

MAX_SPEED_KMH = 1000
"""Between two points that events give by their coordinates: an airliner's ground speed with the wind behind it, door to
door. Nothing that carries goods is faster."""

ALARMING = frozenset(
    {"damaged", "destroyed", "disposed", "expired", "mismatch_class", "mismatch_instance", "mismatch_quantity"}
    | {"no_pedigree_match", "non_conformant", "non_sellable_other", "recalled", "stolen"}
)
"""Dispositions after which goods should not be in a consumer's hands (CBV 2.0, section 7.2)."""

PROTECTED = frozenset({"stolen", "recalled", "expired", "destroyed", "disposed"})
"""Those of them that no later read undoes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is checked, in one sentence that is true of an authentic item, and the rule's source."""

    id: str
    sentence: str
    source: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is not `authentic`: the level it forces, the rule that is broken, a sentence for a consumer."""

    id: str
    level: Level
    rule: str
    sentence: str


_PROVENANCE, _PARTICIPANT, _TRUST = "IProvenanceRegistry.sol", "IParticipantRegistry.sol", "docs/decisions/0005"
_STORY = "docs/decisions/0013"
_OBJECT_EVENT, _AGGREGATION = "EPCIS 2.0, section 7.4.2", "EPCIS 2.0, section 7.4.3"

RULES = (
    Rule("deployment", "The bundle names the chain and registries that you trust.", _TRUST),
    Rule("chain", "The node that was asked is on that chain, and the registries stand there.", _TRUST),
    Rule("event-id", "Each event has the id that its fields give.", "CBV 2.0, section 8.9"),
    Rule("leaf-in-batch", "Each event, whole, is a leaf of its batch.", _PROVENANCE),
    Rule("anchored", "Each batch is anchored on the chain, at its place in its publisher's log.", _PROVENANCE),
    Rule("writer", "Each batch was anchored with a key of its publisher, valid at that time.", _PARTICIPANT),
    Rule("complete", "Each publisher's events are there, all that its latest item map counts.", _PROVENANCE),
    Rule("no-fault-proven", "No fault document that was given convicts one of the publishers.", "docs/decisions/0012"),
    Rule("event-readable", "Each event has the fields that the other rules look at.", "EPCIS 2.0, section 7"),
    Rule("event-concerns-item", "Each event names the item, or what it was packed in.", "EPCIS 2.0, section 7.4"),
    Rule(
        "corrected-lawfully",
        "What is declared wrong is so declared by its own publisher, and what stands for it is there.",
        "EPCIS 2.0, section 7.4.1.3",
    ),
    Rule("born-once", "The item came into being in exactly one event.", _OBJECT_EVENT),
    Rule("born-by-brand", "That event was published by the brand of the item's product class.", _PROVENANCE),
    Rule("born-first", "Nothing happened to the item before it came into being.", _OBJECT_EVENT),
    Rule("not-ended", "The item was neither destroyed nor decommissioned nor used up.", _OBJECT_EVENT),
    Rule("packed-lawfully", "The item was in one container at a time, and taken only out of that.", _AGGREGATION),
    Rule(
        "held-by-one", "Each hand-over was made by the holder, and nobody else moved the item.", "CBV 2.0, section 7.4"
    ),
    Rule("customs-by-customs", "Each customs step was published by a customs office.", "docs/customs-vocabulary.md"),
    Rule("let-through", "What customs held or rejected, the same office let go.", "docs/customs-vocabulary.md"),
    Rule("sold-once", "The item was sold once, or came back or was passed on by its buyer in between.", _STORY),
    Rule("one-place", "The item was never at two sites at once.", _TRUST),
    Rule("possible-speed", "The item was never faster than an aeroplane.", _STORY),
    Rule("counter-grows", "The counter of the item's tag never fell and gave no number at two sites.", _STORY),
    Rule("time-forward", "No event was anchored before it happened.", _TRUST),
    Rule("disposition", "The last word on the item's state is known and raises no alarm.", "CBV 2.0, section 7.2"),
    Rule("not-recalled", "Neither the item, nor its lot, nor its product class is recalled.", _PROVENANCE),
)

# In the order in which a verdict lists them.
REASONS = (
    Reason("recalled-class", "recalled", "not-recalled", "The brand has recalled the whole product class."),
    Reason("recalled-lot", "recalled", "not-recalled", "The brand has recalled the item's lot."),
    Reason("recalled-serial", "recalled", "not-recalled", "The brand has recalled this very item."),
    Reason("event-id-differs", "suspect", "event-id", "An event does not have the id that its fields give."),
    Reason(
        "leaf-not-in-batch", "suspect", "leaf-in-batch", "An event or its proof was altered: it is not in its batch."
    ),
    Reason("anchor-missing", "suspect", "anchored", "A batch is not anchored on the chain."),
    Reason("anchor-differs", "suspect", "anchored", "Another batch is anchored at that place of the publisher's log."),
    Reason("map-differs", "suspect", "complete", "An item map or its proof was altered: it is not that of its batch."),
    Reason("events-withheld", "suspect", "complete", "A publisher counts other events than the bundle has."),
    Reason(
        "publisher-faulty",
        "suspect",
        "no-fault-proven",
        "A publisher is proven to have left events out of its item map.",
    ),
    Reason("writer-foreign", "suspect", "writer", "A batch was anchored with a key that is not its publisher's."),
    Reason("writer-revoked", "suspect", "writer", "A batch was anchored with a key that was not valid at that time."),
    Reason("writer-compromised", "suspect", "writer", "A batch was anchored with a key that others may have had."),
    Reason("event-foreign", "suspect", "event-concerns-item", "An event is about other goods."),
    Reason("born-twice", "suspect", "born-once", "The item came into being more than once."),
    Reason("birth-foreign", "suspect", "born-by-brand", "Somebody other than the brand put the item into the world."),
    Reason("correction-foreign", "suspect", "corrected-lawfully", "Somebody declares another's event wrong."),
    Reason("event-before-birth", "suspect", "born-first", "Something happened to the item before it came into being."),
    Reason("event-after-end", "suspect", "not-ended", "Something happened to the item after its decommissioning."),
    Reason("item-destroyed", "suspect", "not-ended", "The item was destroyed."),
    Reason("item-ended", "suspect", "not-ended", "The item was decommissioned or used up, so it is on no shelf."),
    Reason("packed-twice", "suspect", "packed-lawfully", "The item was in two containers at once."),
    Reason("packed-in-itself", "suspect", "packed-lawfully", "A container was packed into what it holds."),
    Reason("packed-elsewhere", "suspect", "packed-lawfully", "The item was read far from the container that held it."),
    Reason("unpacked-elsewhere", "suspect", "packed-lawfully", "The item came out of a container that it was not in."),
    Reason("handover-foreign", "suspect", "held-by-one", "The item was handed over by somebody who did not have it."),
    Reason("moved-by-another", "suspect", "held-by-one", "The item was moved by somebody who did not have it."),
    Reason("customs-foreign", "suspect", "customs-by-customs", "A customs step was published by no customs office."),
    Reason("customs-stopped", "suspect", "let-through", "Customs held or rejected the item and did not let it go."),
    Reason("sold-twice", "suspect", "sold-once", "The item was sold twice: one of the two is a copy."),
    Reason(
        "read-after-sale",
        "suspect",
        "sold-once",
        "The item was in trade after its sale: one of the tags is a copy.",
    ),
    Reason("two-places", "suspect", "one-place", "The item was at two sites at once: one of the tags is a copy."),
    Reason("too-fast", "suspect", "possible-speed", "The item was too fast for one thing: one of the tags is a copy."),
    Reason("counter-fell", "suspect", "counter-grows", "The counter of the tag fell: one of the tags is a copy."),
    Reason("counter-repeats", "suspect", "counter-grows", "Two sites read the same count: one of the tags is a copy."),
    Reason("event-after-anchor", "suspect", "time-forward", "An event was anchored before it happened."),
    Reason("disposition-alarming", "suspect", "disposition", "The item was last reported stolen or unfit for sale."),
    Reason("anchor-not-checked", "unknown", "anchored", "No chain that you trust showed the events to be anchored."),
    Reason("deployment-unknown", "unknown", "deployment", "It is not said which chain and registries you trust."),
    Reason("deployment-differs", "unknown", "deployment", "The bundle names another chain or registry than yours."),
    Reason("node-differs", "unknown", "chain", "The node is on another chain than the one that you trust."),
    Reason("nodes-differ", "unknown", "chain", "The nodes that were asked do not say the same."),
    Reason("node-silent", "unknown", "chain", "A node that was to be asked gave no usable answer."),
    Reason("registry-missing", "unknown", "chain", "The registries that you trust do not stand on that chain."),
    Reason("item-differs", "unknown", "event-concerns-item", "The bundle is about another item than the code."),
    Reason("map-missing", "unknown", "complete", "No item map shows that a publisher's events are all there."),
    Reason("map-stale", "unknown", "complete", "A publisher has anchored more since its item map in the bundle."),
    Reason("no-events", "unknown", "born-once", "The bundle holds no event."),
    Reason("event-id-not-checked", "unknown", "event-id", "The id of an event cannot be recomputed."),
    Reason("event-unreadable", "unknown", "event-readable", "An event lacks a field that the rules need."),
    Reason("correction-not-judged", "unknown", "corrected-lawfully", "An event corrects another, which is not judged."),
    Reason("correction-missing", "unknown", "corrected-lawfully", "What should stand for a wrong event is not there."),
    Reason("end-foreign", "unknown", "not-ended", "Somebody says that the item ended who need not have had it."),
    Reason("packing-missing", "unknown", "packed-lawfully", "The item was unpacked; nothing says that it was packed."),
    Reason(
        "stop-not-judged",
        "unknown",
        "let-through",
        "Customs held a container out of which somebody took the item who need not have had it.",
    ),
    Reason(
        "alarm-not-judged",
        "unknown",
        "disposition",
        "A container was reported stolen or recalled out of which somebody took the item who need not have had it.",
    ),
    Reason("handover-one-sided", "unknown", "held-by-one", "Somebody received the item whom its holder does not name."),
    Reason("custody-gap", "unknown", "held-by-one", "Somebody had the item to whom no hand-over gave it."),
    Reason(
        "holder-not-told",
        "unknown",
        "held-by-one",
        "Somebody without a GLN acted on the item while another had it by name: whether they are one cannot be told.",
    ),
    Reason("resale-not-checked", "unknown", "sold-once", "Who passed the item on after its sale cannot be told."),
    Reason("return-foreign", "unknown", "sold-once", "Somebody says that the item came back who need not have had it."),
    Reason("birth-missing", "unknown", "born-once", "No event says how the item came into being."),
    Reason("class-unknown", "unknown", "born-by-brand", "No brand has registered the item's product class."),
    Reason("disposition-unknown", "unknown", "disposition", "The item's last reported state is no word of CBV 2.0."),
)

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

REASON_BY_ID = {reason.id: reason for reason in REASONS}
RULE_IDS = tuple(rule.id for rule in RULES)
