"""What a client asks of a reader (LLRP 1.1, sections on reader device configuration and reader operations). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lading.relayer.llrp.layouts import STATUS_CODES
from lading.relayer.llrp.messages import Message, Parameter

RO_SPEC_ID: Final = 0x1AD1  # of the operation that we give to a reader which has none
_LLRP_CAPABILITIES: Final = 2
_PERIODIC: Final = 1
# Warnings of a full buffer, exceptions, antennas.
_EVENTS: Final = (3, 4, 8)
_DISABLED, _INACTIVE = 0, 1
_NO_TRIGGER, _AT_ONCE = 0, 1
_GEN2: Final = 1
_ALL_ANTENNAS: Final = (0,)
_AFTER_N_TAGS: Final = 1
_SUCCESS: Final = 0
_MAX_SHOWN: Final = 200


def capabilities(number: int) -> Message:
    """Asks what of LLRP the reader can do."""
    return Message("GET_READER_CAPABILITIES", number, {"RequestedData": _LLRP_CAPABILITIES})


def can_hold(answer: Message) -> bool:
    """Whether the reader can hold its reports while nobody is connected."""
    found = answer.find("LLRPCapabilities")
    return found is not None and found.fields["SupportsEventAndReportHolding"] == 1


def keep_alive(number: int, milliseconds: int) -> Message:
    """Has the reader send KEEPALIVE so often."""
    spec = Parameter("KeepaliveSpec", {"KeepaliveTriggerType": _PERIODIC, "PeriodicTriggerValue": milliseconds})
    return Message("SET_READER_CONFIG", number, {"ResetToFactoryDefault": 0}, [spec])


def events(number: int, *, hold: bool) -> Message:
    """Has the reader tell of trouble, and with `hold` keep its reports when the connection is lost until a client asks
    for them with ENABLE_EVENTS_AND_REPORTS."""
    wanted = [Parameter("EventNotificationState", {"EventType": one, "NotificationState": 1}) for one in _EVENTS]
    parameters = [Parameter("ReaderEventNotificationSpec", {}, wanted)]
    if hold:
        parameters.append(Parameter("EventsAndReports", {"HoldEventsAndReportsUponReconnect": 1}))
    return Message("SET_READER_CONFIG", number, {"ResetToFactoryDefault": 0}, parameters)


def inventory(number: int) -> Message:
    """Gives the reader an operation: all antennas, without end, each tag reported as it is seen."""
    boundary = Parameter(
        "ROBoundarySpec",
        {},
        [
            Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": _AT_ONCE}),
            Parameter("ROSpecStopTrigger", {"ROSpecStopTriggerType": _NO_TRIGGER, "DurationTriggerValue": 0}),
        ],
    )
    antennas = Parameter(
        "AISpec",
        {"AntennaIDs": _ALL_ANTENNAS},
        [
            Parameter("AISpecStopTrigger", {"AISpecStopTriggerType": _NO_TRIGGER, "DurationTrigger": 0}),
            Parameter("InventoryParameterSpec", {"InventoryParameterSpecID": 1, "ProtocolID": _GEN2}),
        ],
    )
    fields = {"ROSpecID": RO_SPEC_ID, "Priority": 0, "CurrentState": _DISABLED}
    return Message("ADD_ROSPEC", number, {}, [Parameter("ROSpec", fields, [boundary, antennas, _report_spec()])])


def _report_spec() -> Parameter:
    wanted = dict.fromkeys(("ROSpecID", "SpecIndex", "InventoryParameterSpecID", "ChannelIndex", "AccessSpecID"), 0)
    wanted |= dict.fromkeys(("AntennaID", "PeakRSSI", "FirstSeenTimestamp", "LastSeenTimestamp", "TagSeenCount"), 1)
    contents = Parameter("TagReportContentSelector", {f"Enable{name}": value for name, value in wanted.items()})
    return Parameter("ROReportSpec", {"ROReportTrigger": _AFTER_N_TAGS, "N": 1}, [contents])


def to_run(specs: Sequence[Parameter]) -> Iterator[tuple[str, int]]:
    """(request, ROSpec) that make a reader read which has these ROSpecs; nothing if one is active, or waits for its
    trigger. What somebody configured is switched on as it is: only a reader without any is given ours."""
    states = {one.integer("ROSpecID"): one.integer("CurrentState") for one in specs}
    if not specs:
        yield "ADD_ROSPEC", RO_SPEC_ID
        yield "ENABLE_ROSPEC", RO_SPEC_ID
        return
    if any(state > _INACTIVE for state in states.values()):
        return
    asleep = all(state == _DISABLED for state in states.values())
    for spec in specs:
        number = spec.integer("ROSpecID")
        if asleep:
            yield "ENABLE_ROSPEC", number
        if (asleep or states[number] == _INACTIVE) and _start_trigger(spec) == _NO_TRIGGER:
            yield "START_ROSPEC", number


def _start_trigger(spec: Parameter) -> int:
    boundary = spec.find("ROBoundarySpec")
    trigger = boundary.find("ROSpecStartTrigger") if boundary else None
    return trigger.integer("ROSpecStartTriggerType") if trigger else _NO_TRIGGER


def refusal(answer: Message) -> tuple[int, str] | None:
    """(status, in words) of an answer that is an error; None for a success."""
    status = answer.find("LLRPStatus")
    if status is None:
        return (-1, f"{answer.name} without a status") if answer.name == "ERROR_MESSAGE" else None
    code = status.integer("StatusCode")
    if code == _SUCCESS:
        return None
    words = shown(status.fields["ErrorDescription"])
    return code, STATUS_CODES.get(code, f"status {code}") + (f": {words}" if words else "")


def shown(text: object) -> str:
    """A reader's words for a message or the log: short, and in ASCII without control characters."""
    return ascii(str(text))[1:-1][:_MAX_SHOWN]
