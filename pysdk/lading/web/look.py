"""What a page shows of an answer, in one language. No decisions here: they are made in `lading.provenance`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eth_utils.address import to_checksum_address

from lading.epcis import ItemId
from lading.models import Participant
from lading.provenance import reasons
from lading.provenance.lots import lots_of
from lading.provenance.reasons import Level
from lading.provenance.truth import FirstClaim
from lading.sun import NOT_PROVEN, with_tap
from lading.web import carbon
from lading.web.carbon import ShownFootprint
from lading.web.chart import Chart, chart_of
from lading.web.desk import Answer
from lading.web.journey import Place, Step, steps_of
from lading.web.names import Signer, moment, named, signer, thing, utc
from lading.web.taps import Tap
from lading.web.words import LONGEST_DETAIL, Words

LONGEST_LOT, MOST_LOTS = 80, 20
"""What is shown of lots; GS1's have at most 20 characters, and an item one of them."""

DAY_SECONDS = 86_400
LATE_DAYS = 2
"""Publishers anchor once a day at the least; what stands on the chain later than that was recorded afterwards."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the verdict is what it is. `step` is the number of the step in the journey, None if it is about none.
    `detail` is in English if it is not `translated`."""

    reason: str
    level: str
    sentence: str
    step: int | None
    detail: str
    translated: bool = True


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step with its words. `kind` chooses the mark beside it: born, moved, packed, customs, ended or seen."""

    number: int
    step: Step
    title: str
    kind: str
    disposition: str
    when: str
    zone: str
    machine_time: str
    place: str
    parent: str
    signer: Signer
    anchored: str
    late: str
    alarms: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class ShownRule:
    """`state`: kept, broken or open."""

    sentence: str
    source: str
    state: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All that the template of an item reads."""

    level: Level
    lead: str
    causes: tuple[Cause, ...]
    tap: str
    as_of: str
    claim: str
    notices: tuple[str, ...]
    steps: tuple[ShownStep, ...]
    chart: Chart | None
    chart_label: str
    rules: tuple[ShownRule, ...]
    kept: int
    not_proven: tuple[str, ...]
    lots: tuple[str, ...]
    footprint: ShownFootprint


def item_page(answer: Answer, code: ItemId, say: Words, tap: Tap | None = None, *, asked: bool = False) -> ItemPage:
    """`code` is what the visitor scanned; `tap` what its tag said, None if nothing is known of that; `asked` whether a
    tag was to be checked."""
    steps = steps_of(answer.bundle)
    numbers = {step.position: number for number, step in enumerate(steps, 1)}
    doubts = () if tap is None or tap.reason is None else (tap.reason,)
    of_tag = tuple(Cause(reason, "suspect", say.tag(reason), None, "") for reason in doubts)
    causes = (*of_tag, *_causes(answer, numbers, say))
    document = answer.verdict.document()
    times = {(shown.publisher, shown.index): shown.time for shown in answer.told.anchors}
    lots = tuple(sorted({lot[:LONGEST_LOT] for entry in answer.bundle.entries for lot in lots_of(entry.event)}))[
        :MOST_LOTS
    ]
    shown = tuple(_step(numbers[step.position], step, answer.told.participants, times, causes, say) for step in steps)
    rules = _rules(document["checked"], document["reasons"], say)
    stops = [
        (numbers[step.position], step.place.latitude, step.place.longitude)
        for step in steps
        if step.place is not None and step.place.latitude is not None and step.place.longitude is not None
    ]
    return ItemPage(
        level=with_tap(answer.verdict.verdict, doubted=bool(doubts)),
        lead=_lead(answer.verdict.verdict, bool(doubts), say),
        causes=causes,
        tap=_tap(tap, say) if asked else "",
        as_of=_as_of(document["as_of"], say),
        claim=_claim(answer.claim, say),
        notices=_notices(answer, code, lots, say),
        steps=shown,
        chart=chart_of(stops),
        chart_label=say("map_label", places=", ".join(dict.fromkeys(one.place or one.title for one in shown))),
        rules=rules,
        kept=sum(rule.state == "kept" for rule in rules),
        not_proven=(*map(say.unproven, document["not_proven"]), *(map(say.tag, NOT_PROVEN) if tap else ())),
        lots=lots,
        footprint=_footprint(answer, steps, numbers, say),
    )


def _lead(verdict: Level, doubted: bool, say: Words) -> str:
    """A tag that is not to be believed says nothing against the record."""
    level = with_tap(verdict, doubted=doubted)
    return say("tag_lead") if level != verdict else say.verdicts[level]["lead"]


def _tap(tap: Tap | None, say: Words) -> str:
    """What is said of a tag that was to be checked; what is wrong with it stands among the causes."""
    if tap is None:
        return say("tag_again")
    if tap.reason is not None:
        return ""
    when = f"{moment(utc(tap.time), say.language)} UTC"
    return say("tag_genuine" if tap.bound else "tag_unbound", time=when, counter=tap.counter)


def _footprint(answer: Answer, steps: Sequence[Step], numbers: Mapping[int, int], say: Words) -> ShownFootprint:
    people = answer.told.participants
    verifiers = {part.verifier for part in answer.footprint.parts if part.verifier is not None}
    called = {who: named(signer(who, people.get(who), say)) for who in verifiers}
    by_event = {step.event_id: numbers[step.position] for step in reversed(steps)}
    return carbon.shown(answer.footprint, answer.verdict, by_event, called, say)


def _causes(answer: Answer, numbers: Mapping[int, int], say: Words) -> tuple[Cause, ...]:
    made = []
    for finding in answer.verdict.findings:
        step = None if finding.entry is None else numbers.get(finding.entry)
        level = reasons.REASON_BY_ID[finding.reason].level
        seen = finding.detail[:LONGEST_DETAIL]
        own = say.detail(seen)
        made.append(Cause(finding.reason, level, say.reason(finding.reason), step, own or seen, own is not None))
    return tuple(made)


def _rules(checked: Sequence[str], found: Iterable[str], say: Words) -> tuple[ShownRule, ...]:
    levels: dict[str, set[str]] = {}
    for name in found:
        reason = reasons.REASON_BY_ID[name]
        levels.setdefault(reason.rule, set()).add(reason.level)

    def state(rule: str) -> str:
        if rule not in levels:
            return "kept" if rule in checked else "open"
        return "open" if levels[rule] == {"unknown"} else "broken"

    return tuple(ShownRule(say.rule(rule.id), rule.source, state(rule.id)) for rule in reasons.RULES)


def _as_of(as_of: Mapping[str, object], say: Words) -> str:
    if as_of["block"] is None:
        return say("as_of_none")
    time = datetime.fromisoformat(str(as_of["time"]))
    return say("as_of", time=f"{moment(time, say.language)} UTC", block=f"{as_of['block']:,}", chain=as_of["chain_id"])


def _claim(claim: FirstClaim | None, say: Words) -> str:
    """Empty where nobody can say."""
    if claim is None:
        return ""
    if claim.claimant is None:
        return say("claimed_nobody")
    when = f"{moment(utc(claim.time), say.language)} UTC"
    return say("claimed_on", time=when, who=to_checksum_address(claim.claimant))


def _notices(answer: Answer, code: ItemId, lots: Sequence[str], say: Words) -> tuple[str, ...]:
    notices = []
    if code.lot is not None and lots and code.lot not in lots:
        notices.append(say("lot_differs", code=code.lot, record=", ".join(lots)))
    said = [one.verdict.verdict if one.verdict else None for one in answer.opinions]
    if answer.opinions and not any(said):
        notices.append(say("nodes_silent"))
    elif len(set(said)) > 1:
        each = (
            say("node_said", node=one.node, verdict=say.verdicts[level]["title"])
            if level
            else say("node_silent", node=one.node)
            for one, level in zip(answer.opinions, said, strict=True)
        )
        notices.append(" ".join([say("nodes_differ"), "; ".join(each)]))
    return tuple(notices)


def _step(
    number: int,
    step: Step,
    publishers: Mapping[bytes, Participant],
    times: Mapping[tuple[str, int], int | None],
    causes: Iterable[Cause],
    say: Words,
) -> ShownStep:
    anchored = times.get(("0x" + step.publisher.hex(), step.index))
    return ShownStep(
        number=number,
        step=step,
        title=say.steps.get(step.step) or say.steps.get(step.kind) or _humane(step.step or step.kind),
        kind=_kind(step),
        disposition=say.dispositions.get(step.disposition, _humane(step.disposition)),
        when=moment(step.time, say.language) if step.time else "",
        zone=say("time_zone", offset=step.offset.replace("-", "−")) if step.offset else "",
        machine_time=step.time.isoformat() if step.time else "",
        place=_place(step.place, say),
        parent=thing(step.parent),
        signer=signer(step.publisher, publishers.get(step.publisher), say),
        anchored=f"{moment(utc(anchored), say.language)} UTC" if anchored else "",
        late=_late(step.time, anchored, say),
        alarms=tuple(cause for cause in causes if cause.step == number),
    )


def _late(happened: datetime | None, anchored: int | None, say: Words) -> str:
    """Whoever records something long after it is to have happened had as long to think of it. No rule forbids that:
    papers are handed in late, and a reader may have been without a line."""
    days = 0 if happened is None or not anchored else int(anchored - happened.timestamp()) // DAY_SECONDS
    return say("recorded_later", days=f"{days:,}") if days >= LATE_DAYS else ""


def _kind(step: Step) -> str:
    if step.kind in ("ObjectEvent:ADD", "TransformationEvent"):
        return "born"
    if step.kind == "ObjectEvent:DELETE":
        return "ended"
    if step.step.startswith(("export_", "import_")):
        return "customs"
    if step.kind.startswith(("AggregationEvent", "AssociationEvent")):
        return "packed"
    return "seen"


def _humane(word: str) -> str:
    return word.replace("_", " ").replace(":", " · ").strip().capitalize()


def _place(place: Place | None, say: Words) -> str:
    if place is None:
        return ""
    if place.is_gln:
        return say("site_number", number=place.name)
    if place.name and not place.name.startswith("geo:"):
        return place.name
    if place.latitude is None or place.longitude is None:
        return place.name
    return say(
        "coordinates",
        latitude=f"{abs(place.latitude):.2f}°",
        north=say("south" if place.latitude < 0 else "north"),
        longitude=f"{abs(place.longitude):.2f}°",
        east=say("west" if place.longitude < 0 else "east"),
    )
