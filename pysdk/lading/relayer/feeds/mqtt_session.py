"""One connection to a broker, on which a message is acknowledged when we say so, and read no faster than we store.

aiomqtt (2.5) acknowledges a message as soon as it has arrived and has no setting for it, and drops messages where its
own queue is full. Both stand in the paho client underneath it, which has `manual_ack`; this subclass sets that, takes
messages into a backlog of its own, and stops reading the socket where the broker sends more than it was allowed to
(MQTT 3.1.1 and QoS 0 know no flow control but TCP's).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from typing import Any

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

PAUSE_MESSAGES = 8192
PAUSE_BYTES = 16_000_000
TAKEN_OVER = 0x8E  # MQTT 5, section 3.14.2.1: session taken over
QOS_AT_LEAST_ONCE = 1


class Session(aiomqtt.Client):
    """`session_present`: the broker had kept what came while we were away. `taken_over`: it ended this connection for
    another one with our client id."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - aiomqtt's own
        super().__init__(*args, **settings)
        self._client.manual_ack_set(True)
        self._backlog: deque[paho.MQTTMessage] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._paused: socket.socket | None = None
        self.session_present = False
        self.taken_over = False

    async def received(self) -> list[paho.MQTTMessage]:
        """All messages that have arrived since the last call; waits for one.

        Raises:
            MqttError: the connection ended. What had arrived and was not acknowledged comes again, if its QoS is 1.
        """
        while not self._backlog:
            if self._disconnected.done():
                raise aiomqtt.MqttError("the broker ended the connection") from self._disconnected.exception()
            self._arrived.clear()
            waiting = asyncio.ensure_future(self._arrived.wait())
            try:
                await asyncio.wait((waiting, self._disconnected), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
        taken = list(self._backlog)
        self._backlog.clear()
        self._bytes = 0
        self._resume()
        return taken

    def unsure(self) -> list[paho.MQTTMessage]:
        """Of what arrived and was not taken: the messages that the broker will not send again."""
        return [message for message in self._backlog if message.qos < QOS_AT_LEAST_ONCE]

    def acknowledge(self, messages: list[paho.MQTTMessage]) -> None:
        """In the order in which they arrived (MQTT 5, section 4.6). On a connection that has ended it does nothing:
        the broker sends them again."""
        for message in messages:
            if message.qos >= QOS_AT_LEAST_ONCE:
                self._client.ack(message.mid, message.qos)

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:  # noqa: ANN401
        self._backlog.append(message)
        self._bytes += len(message.payload)
        self._arrived.set()
        if self._paused is None and (len(self._backlog) > PAUSE_MESSAGES or self._bytes > PAUSE_BYTES):
            self._pause()

    def _pause(self) -> None:
        """Leaves the rest in the socket. If this lasts longer than two keep-alives, the connection ends, and a new
        one begins with what was not acknowledged: memory stays bounded either way."""
        reading = self._client.socket()
        if isinstance(reading, socket.socket):
            self._loop.remove_reader(reading)
            self._paused = reading

    def _resume(self) -> None:
        reading, self._paused = self._paused, None
        if reading is None:
            return
        if self._client.socket() is not None and not self._disconnected.done():
            self._loop.add_reader(reading, self._read)
            self._loop.call_soon(self._read)  # what TLS has decrypted already wakes no selector

    def _read(self) -> None:
        try:
            self._client.loop_read()
            while self._paused is None and isinstance(read := self._client.socket(), ssl.SSLSocket) and read.pending():
                self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - as aiomqtt's own reader: whatever it is ended the connection
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,  # noqa: ANN401
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.session_present = flags.session_present
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,  # noqa: ANN401
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.taken_over |= flags.is_disconnect_packet_from_server and reason_code.value == TAKEN_OVER
        super()._on_disconnect(client, userdata, flags, reason_code, properties)
