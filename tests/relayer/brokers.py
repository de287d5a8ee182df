"""A real mosquitto for tests, which can be stopped, killed and started again with what it had kept."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
_USER = "user root\n"  # it would give its rights up, and with them the folder of the test


class Broker:
    """One on a port of its own. `more`: further lines of its configuration."""

    def __init__(self, folder: Path, more: str = "allow_anonymous true\n") -> None:
        assert MOSQUITTO is not None
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n{_USER}persistence true\npersistence_location {folder}/\n"
            f"autosave_interval 0\nmax_queued_messages 0\nset_tcp_nodelay true\n{more}"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def saved(self) -> Path:
        return self.folder / "mosquitto.db"

    def add(self, more: str) -> None:
        """To its configuration, from the next start on."""
        with self._config.open("a") as config:
            config.write(more)

    def start(self) -> None:
        assert MOSQUITTO is not None
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdout=log, stderr=log)
        while self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                continue
            return
        raise AssertionError((self.folder / "mosquitto.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    async def save(self) -> None:
        """Comes back when all that it holds is on its disk, as it is by itself only when it is stopped gently."""
        before = self._save_time()
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)
        while self._save_time() == before:
            await asyncio.sleep(0.005)

    def _save_time(self) -> int:
        return self.saved.stat().st_mtime_ns if self.saved.exists() else 0

    @asynccontextmanager
    async def publisher(self) -> AsyncIterator[aiomqtt.Client]:
        async with aiomqtt.Client("127.0.0.1", self.port, max_inflight_messages=1000) as client:
            client.pending_calls_threshold = 10_000
            yield client

    async def publish(self, messages: Iterable[tuple[str, bytes]], qos: int = 1) -> None:
        """Comes back when the broker has acknowledged all of them."""
        async with self.publisher() as client:
            await asyncio.gather(*(client.publish(topic, payload, qos, timeout=30) for topic, payload in messages))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    running = Broker(folder)
    yield running
    running.stop(signal.SIGKILL)
