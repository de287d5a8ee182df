"""Random lawful stories are never suspect, and one unlawful act in them is always found by its name.

LADING_STORIES sets how many of each (100 by default).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from provenance_kit import BRAND, CARRIER, CASE, FACTORY, HOUR, ITEM, PALLET, PORT, SHOP, STRANGER, born, packed
from story_kit import (
    BUYER,
    CROSSDOCK,
    CUSTOMS_OFFICE,
    OTHER_OFFICE,
    SHOPKEEPER,
    VOC,
    Told,
    act,
    handed,
    judged,
    party,
    receive,
    ship,
    verdict_on,
)

STORIES = int(os.environ.get("LADING_STORIES", "100"))
CRATE = "urn:epc:id:sscc:0614141.0000000003"
POINTS = {FACTORY: (22.5, 114.0), PORT: (22.3, 114.2), CROSSDOCK: (23.1, 113.3), SHOP: (24.5, 118.1)}
"""None is further from another than an hour's way at the limit."""

MINUTE = 60
_LIMITS = settings(max_examples=STORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Teller:
    """Tells a story act by act, and knows enough of it to tell only lawful ones. At most 46 hours pass."""

    pick: Callable[[st.SearchStrategy[Any]], Any]
    told: list[Told] = field(default_factory=list)
    now: int = 0
    holder: bytes = BRAND
    named: bool = False
    place: str = FACTORY
    nest: list[str] = field(default_factory=lambda: [ITEM])
    count: int = 0
    sold: str = ""
    """How it was sold, or nothing."""

    def publish(self, who: bytes, event: dict[str, Any]) -> None:
        self.told.append((who, event))

    def after(self, least: int = 10 * MINUTE, most: int = 2 * HOUR) -> int:
        self.now += self.pick(st.integers(least, most))
        return self.now

    def thing(self) -> str:
        """What a scan sees: the outermost container, or the item through it."""
        return str(self.pick(st.sampled_from([self.nest[-1], ITEM])))

    def located(self) -> dict[str, Any]:
        if not self.pick(st.booleans()):
            return {}
        report = [{"component": name, "value": value} for name, value in zip(_AXES, POINTS[self.place], strict=True)]
        return {"sensorElementList": [{"sensorReport": report}]}

    # Acts, each lawful when it is told.

    def read(self) -> None:
        thing = self.thing()
        more = self.located()
        if thing == ITEM and self.pick(st.booleans()):
            self.count += self.pick(st.integers(1, 9))
            more |= {"@context": {"lading": VOC}, "lading:tagCounter": self.count}
        self.publish(self.holder, act("storing", self.after(), self.place, thing, **more))

    def pack(self) -> None:
        if len(self.nest) < 3:
            container = (CASE, PALLET)[len(self.nest) - 1]
            self.publish(self.holder, packed(container, self.nest[-1], self.after(), readPoint={"id": self.place}))
            self.nest.append(container)

    def unpack(self) -> None:
        if len(self.nest) > 1:
            container = self.nest.pop()
            self.publish(
                self.holder, packed(container, self.nest[-1], self.after(), "DELETE", readPoint={"id": self.place})
            )

    def hand_over(self) -> None:
        giver, taker = self.holder, self.pick(st.sampled_from([CARRIER, SHOPKEEPER, BRAND]))
        if taker == giver:
            return
        thing = self.nest[-1]
        self.publish(*ship(giver, taker, self.after(), self.place, item=thing))
        if self.pick(st.booleans()):
            self.publish(CARRIER, act("transporting", self.after(), None, thing))
        self.place = self.pick(st.sampled_from([place for place in POINTS if place != self.place]))
        self.publish(*receive(giver, taker, self.after(least=HOUR), self.place, item=thing, **self.located()))
        self.holder, self.named = taker, True

    def clear(self) -> None:
        office = self.pick(st.sampled_from([CUSTOMS_OFFICE, OTHER_OFFICE]))
        for word in self.pick(st.sampled_from(_CLEARANCES)):
            self.publish(office, act(f"{VOC}BizStep-{word}", self.after(), self.place, self.nest[-1]))

    def correct(self) -> None:
        """The holder reads it at a place where it was not, and takes that back."""
        wrong = act("storing", self.after(), "urn:epc:id:sgln:0614141.00009.0", ITEM)
        self.publish(self.holder, wrong)
        self.publish(self.holder, wrong | {"errorDeclaration": {"declarationTime": "2023-11-16T20:00:00.000Z"}})

    def sell(self) -> None:
        if self.sold or len(self.nest) > 1:
            return
        self.sold = self.pick(st.sampled_from(["counter", "distance", "buyer"]))
        place = None if self.sold == "distance" else self.place
        named = handed(None, party(BUYER), "owning_party") if self.sold == "buyer" else {}
        event = act("retail_selling", self.after(), place, ITEM, disposition="retail_sold", **named)
        self.publish(self.holder, event)
        self.named = self.named and self.sold == "distance"

    def come_back(self) -> None:
        if not self.sold:
            return
        if self.sold == "buyer" and self.pick(st.booleans()):
            owners = handed(party(BUYER), party(self.holder), "owning_party")
            self.publish(BUYER, act("shipping", self.after(), None, ITEM, **owners))
        else:
            self.publish(self.holder, act("receiving", self.after(), self.place, ITEM, disposition="returned"))
            self.named = False
        self.sold = ""

    def go_on(self) -> None:
        """One act that is lawful now. What was sold over the counter first comes back."""
        acts = [self.read, self.pack, self.unpack, self.hand_over, self.clear, self.correct, self.sell]
        if self.sold:
            acts = [self.come_back]
        self.pick(st.sampled_from(acts))()


_AXES = ("latitude", "longitude")
_CLEARANCES = (
    ("export_declared", "export_released"),
    ("import_declared", "customs_inspected", "import_released"),
    ("import_declared", "customs_held", "import_released"),
)


def tell(data: st.DataObject) -> Teller:
    teller = Teller(data.draw)
    teller.publish(BRAND, born())
    for _ in range(data.draw(st.integers(0, 12))):
        if teller.now < 30 * HOUR:
            teller.go_on()
    return teller


@given(st.data())
@_LIMITS
def test_a_lawful_story_is_authentic(data: st.DataObject) -> None:
    """Not only never suspect: everything that could be asked of these publishers is known."""
    teller = tell(data)

    assert judged(*teller.told) == ("authentic", [])


@given(st.data())
@_LIMITS
def test_a_lawful_story_of_unknown_publishers_is_never_suspect(data: st.DataObject) -> None:
    assert verdict_on(*tell(data).told, known=False).verdict in ("authentic", "unknown")


# One unlawful act, each with the reason that names it. What it needs to be unlawful is told first.


def _packed(teller: Teller) -> None:
    if teller.sold:
        teller.come_back()
    while len(teller.nest) > 1:
        teller.unpack()
    teller.pack()


def _held(teller: Teller) -> None:
    _packed(teller)
    teller.unpack()
    taker = CARRIER if teller.holder != CARRIER else SHOPKEEPER
    teller.publish(*ship(teller.holder, taker, teller.after(), teller.place))
    teller.holder = taker
    teller.publish(*receive(teller.told[-1][0], taker, teller.after(), teller.place))


def _sold(teller: Teller) -> None:
    _packed(teller)
    teller.unpack()
    sale = act("retail_selling", teller.after(), teller.place, disposition="retail_sold")
    teller.publish(teller.holder, sale)


def _second_birth(teller: Teller) -> None:
    teller.publish(BRAND, born(teller.after()))


def _life_before_birth(teller: Teller) -> None:
    teller.publish(BRAND, act("storing", -teller.pick(st.integers(6 * MINUTE, HOUR)), FACTORY))


def _elsewhere_at_once(teller: Teller) -> None:
    teller.publish(teller.holder, act("storing", teller.after(), teller.place))
    other = teller.pick(st.sampled_from([place for place in POINTS if place != teller.place]))
    teller.publish(STRANGER, act("storing", teller.after(0, 299), other))


def _too_fast(teller: Teller) -> None:
    teller.publish(teller.holder, act("storing", teller.after(), "geo:22.5,114.0"))
    teller.publish(STRANGER, act("storing", teller.after(0, 8 * HOUR), "geo:51.92,4.48"))


def _counter_falls(teller: Teller) -> None:
    for count in (teller.count + 9, teller.pick(st.integers(0, teller.count + 8))):
        counted = {"@context": {"lading": VOC}, "lading:tagCounter": count}
        teller.publish(teller.holder, act("storing", teller.after(), teller.place, **counted))


def _count_repeats(teller: Teller) -> None:
    for place in (teller.place, next(place for place in POINTS if place != teller.place)):
        counted = {"@context": {"lading": VOC}, "lading:tagCounter": teller.count + 9}
        teller.publish(teller.holder, act("storing", teller.after(), place, **counted))


def _foreign_customs(teller: Teller) -> None:
    word = teller.pick(st.sampled_from(["export_released", "import_released", "customs_inspected"]))
    who = teller.pick(st.sampled_from([BRAND, CARRIER, STRANGER, SHOPKEEPER]))
    teller.publish(who, act(f"{VOC}BizStep-{word}", teller.after(), None))


def _stopped(teller: Teller) -> None:
    word = teller.pick(st.sampled_from(["customs_held", "customs_rejected"]))
    teller.publish(CUSTOMS_OFFICE, act(f"{VOC}BizStep-{word}", teller.after(), None))


def _two_containers(teller: Teller) -> None:
    _packed(teller)
    teller.publish(STRANGER, packed(CRATE, ITEM, teller.after()))


def _out_of_another(teller: Teller) -> None:
    _packed(teller)
    teller.publish(STRANGER, packed(CRATE, ITEM, teller.after(), "DELETE"))


def _into_itself(teller: Teller) -> None:
    _packed(teller)
    teller.publish(STRANGER, packed(ITEM, CASE, teller.after()))


def _alone_elsewhere(teller: Teller) -> None:
    _packed(teller)
    other = teller.pick(st.sampled_from([place for place in POINTS if place != teller.place]))
    teller.publish(STRANGER, act("storing", teller.after(), other, ITEM))
    teller.publish(teller.holder, act("storing", teller.after(), teller.place, CASE))


def _handed_on_by_a_stranger(teller: Teller) -> None:
    _held(teller)
    taker = teller.pick(st.sampled_from([BUYER, BRAND]))
    teller.publish(*ship(STRANGER, taker, teller.after()))


def _moved_by_a_stranger(teller: Teller) -> None:
    _held(teller)
    step = teller.pick(st.sampled_from(["shipping", "departing", "loading", "packing"]))
    teller.publish(STRANGER, act(step, teller.after(), None))


def _sold_again(teller: Teller) -> None:
    _sold(teller)
    who = teller.pick(st.sampled_from([teller.holder, STRANGER]))
    teller.publish(who, act("retail_selling", teller.after(), None))


def _in_trade_after_its_sale(teller: Teller) -> None:
    _sold(teller)
    other = teller.pick(st.sampled_from([place for place in POINTS if place != teller.place]))
    teller.publish(STRANGER, act("storing", teller.after(), other))


def _declared_wrong_by_a_stranger(teller: Teller) -> None:
    corrected = {id(event) for _, event in teller.told if "errorDeclaration" in event}
    _, victim = teller.pick(st.sampled_from([one for one in teller.told if id(one[1]) not in corrected]))
    teller.publish(STRANGER, {**victim, "errorDeclaration": {"declarationTime": "2023-11-16T20:00:00.000Z"}})


CRIMES: dict[str, tuple[Callable[[Teller], None], str]] = {
    "second birth": (_second_birth, "born-twice"),
    "life before birth": (_life_before_birth, "event-before-birth"),
    "elsewhere at once": (_elsewhere_at_once, "two-places"),
    "too fast": (_too_fast, "too-fast"),
    "counter falls": (_counter_falls, "counter-fell"),
    "count repeats": (_count_repeats, "counter-repeats"),
    "foreign customs": (_foreign_customs, "customs-foreign"),
    "stopped": (_stopped, "customs-stopped"),
    "two containers": (_two_containers, "packed-twice"),
    "out of another": (_out_of_another, "unpacked-elsewhere"),
    "into itself": (_into_itself, "packed-in-itself"),
    "alone elsewhere": (_alone_elsewhere, "packed-elsewhere"),
    "handed on by a stranger": (_handed_on_by_a_stranger, "handover-foreign"),
    "moved by a stranger": (_moved_by_a_stranger, "moved-by-another"),
    "sold again": (_sold_again, "sold-twice"),
    "in trade after its sale": (_in_trade_after_its_sale, "read-after-sale"),
    "declared wrong by a stranger": (_declared_wrong_by_a_stranger, "correction-foreign"),
}


@given(st.data(), st.sampled_from(sorted(CRIMES)))
@_LIMITS
def test_one_unlawful_act_is_always_found(data: st.DataObject, name: str) -> None:
    teller = tell(data)
    crime, reason = CRIMES[name]
    crime(teller)

    verdict = verdict_on(*teller.told)

    assert verdict.verdict == "suspect"
    assert reason in verdict.reasons
