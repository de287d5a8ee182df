"""Reads over MQTT: taken from a session that the broker keeps, and acknowledged when they are durable.

The session does not end with the connection nor by itself, and its client id is the worker slot's: what comes while
a worker is away waits at the broker, and a survivor gets a dead worker's messages by connecting as that slot. (A
broker gives the share of a session that has expired to nobody: mosquitto 2.0.11 lost 60 of 120 messages.) What was
not acknowledged is sent again, so a message may come twice, but none is lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lading.relayer.config.feeds import MqttFeed as MqttSettings
from lading.relayer.feeds.backoff import Backoff
from lading.relayer.feeds.errors import PlaceKept, SlotTaken
from lading.relayer.feeds.message import Message
from lading.relayer.feeds.mqtt_session import QOS_AT_LEAST_ONCE, Session
from lading.relayer.feeds.state import FeedState
from lading.relayer.feeds.tls import client_context, is_refusal

if TYPE_CHECKING:
    from lading.relayer.intake.intake_queue import Intake

FOREVER = 0xFFFFFFFF  # MQTT 5, section 3.1.2.11.2: the session does not expire
RECEIVE_MAXIMUM = 2000
"""Messages that the broker may send ahead of our acknowledgements (MQTT 5, section 3.1.2.11.3)."""

MQTT_5 = "5"
REFUSALS = (0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C)
"""Of CONNACK: version, client id, user or password, not authorized, banned, method (MQTT 5, section 3.2.2.2); paho says
those of 3.1.1 in the same numbers."""
FAILURE = 0x80  # from here on a reason code of SUBACK refuses (MQTT 5, section 3.9.3; 3.1.1, section 3.9.3)
KEEPALIVE_SECONDS = 30
TIMEOUT_SECONDS = 5.0
FAREWELL_SECONDS = 1.0
QUIET_SECONDS = 1.0
"""A broker hands over what it holds as fast as it is acknowledged; once for so long nothing came, it is asked again."""
SETTLED_SECONDS = 5.0
"""A connection that stood for less is as one that was never made: two workers that were given one slot would otherwise
put each other out without end (mosquitto 2.0.11 does not tell the one that it ends)."""

_LOG = logging.getLogger(__name__)


class MqttFeed:
    """One worker slot's session. Two feeds of one process may run for two slots: its own, and a dead worker's."""

    def __init__(
        self, settings: MqttSettings, intake: Intake, slot: int | str = 0, backoff: Backoff | None = None
    ) -> None:
        self._settings = settings
        self.name = f"mqtt {settings.host}:{settings.port}"
        self._intake = intake
        self._backoff = backoff or Backoff()
        self.client_id = f"{settings.client_id}-{slot}"
        self.state = FeedState()
        self.sessions_lost = 0
        """How often the broker had forgotten the session when we came back: what waited in it is gone, and can only
        come from the readers' own buffers."""

    async def run(self) -> None:
        """Until it is cancelled; a broker that is away is waited for.

        Raises:
            SlotTaken: another process is this slot now.
            RelayConfigError, CredentialFile: the password or the certificates cannot be used.
        """
        connect = self._connector()
        while True:
            await self._connection(connect(_persistence(self._settings)))
            await self._backoff.wait(refused=self.state.refused)

    async def retire(self) -> int:
        """Takes what the broker still holds for this slot, and ends its session there: how many messages those were.

        Raises:
            PlaceKept: the broker is away, or refuses. What had come is stored, and the session stays.
            RelayConfigError, CredentialFile: as `run`.
        """
        connect, taken = self._connector(), 0
        try:
            async with connect(_persistence(self._settings)) as session:
                await session.unsubscribe(self._topics())
                while received := await self._left(session):
                    await self._store(session, received)
                    taken += len(received)
            # Whoever begins anew ends what was, and keeps nothing (MQTT 5, section 3.1.2.4; 3.1.1, the same).
            async with connect(_no_persistence(self._settings)):
                return taken
        except aiomqtt.MqttError as error:
            raise PlaceKept(self.client_id, str(error.__cause__ or error)) from error

    async def _left(self, session: Session) -> list[paho.MQTTMessage]:
        """What has come in some time; nothing once the broker has nothing more, and answers that it is there."""
        for _ in range(2):
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    return await session.received()
            except TimeoutError:
                await session.unsubscribe(self._topics())
        return []

    def _connector(self) -> Callable[[dict[str, Any]], Session]:
        """Raises `RelayConfigError`, `CredentialFile`."""
        settings = self._settings
        settings.password()  # or it is missing
        tls = client_context(self.name, settings.ca, settings.cert, settings.key) if settings.tls else None

        def connect(persistence: dict[str, Any]) -> Session:
            return Session(
                settings.host,
                settings.port,
                identifier=self.client_id,
                username=settings.username,
                password=settings.password(),  # anew each time: a file with it may have been mended
                tls_context=tls,
                keepalive=KEEPALIVE_SECONDS,
                timeout=TIMEOUT_SECONDS,
                **persistence,
            )

        return connect

    def _topics(self) -> list[str]:
        """As they are subscribed to."""
        group = "" if self._settings.share is None else f"$share/{self._settings.share}/"
        return [group + topic for topic in self._settings.topics]

    async def _connection(self, session: Session) -> None:
        """From connecting to the connection's end, which it notes."""
        try:
            async with session:
                await self._subscribe(session)
                self._note(session)
                while True:
                    await self._store(session, await session.received())
        except aiomqtt.MqttError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # A broker that does not answer our farewell is no reason to stay.
                raise asyncio.CancelledError from error
            if self.state.connected and time.monotonic() - self.state.since > SETTLED_SECONDS:
                self._backoff.reset()
            refused = _is_refusal(error)
            self.state.down(str(error.__cause__ or error), refused=refused)
            level = logging.ERROR if refused else logging.WARNING
            _LOG.log(level, "%s, as %s: %s", self.name, self.client_id, self.state.problem)
        if session.taken_over:
            raise SlotTaken(self.client_id)
        await self._store(session, session.unsure())

    async def _subscribe(self, session: Session) -> None:
        """Also where the session is still there: it may be of an older configuration."""
        settings = self._settings
        topics: list[Any] = [(topic, _options(settings)) for topic in self._topics()]
        granted: list[Any] = list(await session.subscribe(topics))
        for topic, code in zip(settings.topics, granted, strict=True):
            if (code.value if isinstance(code, ReasonCode) else code) >= FAILURE:
                raise _SubscriptionRefused(f"the broker refuses the subscription to {topic}: {code}")

    def _note(self, session: Session) -> None:
        if self.state.connects and not session.session_present:
            self.sessions_lost += 1
            _LOG.error("%s forgot the session of %s: what waited in it is lost", self.name, self.client_id)
        self.state.up()

    async def _store(self, session: Session, received: list[paho.MQTTMessage]) -> None:
        if not received:
            return
        messages = [Message(self.name, _topic(one), bytes(one.payload)) for one in received]
        putting = asyncio.ensure_future(self._intake.put(messages))
        try:
            await asyncio.shield(putting)
        except asyncio.CancelledError:
            # What is stored at this moment is acknowledged before we go; otherwise it would come again.
            await asyncio.wait((putting,), timeout=FAREWELL_SECONDS)
            putting.cancel()
            if not putting.done() or putting.cancelled():
                raise
            session.acknowledge(received)
            raise
        session.acknowledge(received)
        self.state.stored(len(messages), sum(len(one.payload) for one in messages))


class _SubscriptionRefused(aiomqtt.MqttError):
    """The broker does not let us listen there."""


def _is_refusal(error: aiomqtt.MqttError) -> bool:
    """Whether the broker does not want us as we are, and not only now."""
    if isinstance(error, aiomqtt.exceptions.MqttConnectError) and isinstance(error.rc, ReasonCode):
        return error.rc.value in REFUSALS
    return isinstance(error, _SubscriptionRefused) or is_refusal(error)


def _persistence(settings: MqttSettings) -> dict[str, Any]:
    """What makes a session outlive its connection, in the words of the version."""
    if settings.version != MQTT_5:
        return {"protocol": aiomqtt.ProtocolVersion.V311, "clean_session": False}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = FOREVER
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    return {"protocol": aiomqtt.ProtocolVersion.V5, "clean_start": False, "properties": properties}


def _no_persistence(settings: MqttSettings) -> dict[str, Any]:
    if settings.version != MQTT_5:
        return {"protocol": aiomqtt.ProtocolVersion.V311, "clean_session": True}
    return {"protocol": aiomqtt.ProtocolVersion.V5, "clean_start": True}


def _options(settings: MqttSettings) -> SubscribeOptions | int:
    """QoS 1. A retained message comes with a new subscription only, not with each connection (MQTT 5, 3.8.3.1)."""
    if settings.version != MQTT_5:
        return QOS_AT_LEAST_ONCE
    return SubscribeOptions(
        qos=QOS_AT_LEAST_ONCE, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB if settings.share is None else 0
    )


def _topic(message: paho.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return "a topic that is not UTF-8"
