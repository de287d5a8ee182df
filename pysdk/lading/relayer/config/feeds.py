"""The part of the relay's configuration that says where reads come from: brokers, readers, files.

No secret stands in it, but the name of the environment variable, or of the file, that holds one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from lading.relayer.config.points import Name, Part
from lading.relayer.errors import RelayConfigError

MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
LLRP_PORT = 5084
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_PORT = 65535

Port = Annotated[int, Field(ge=1, le=_MAX_PORT)]


def url_of(value: str, *schemes: str) -> str:
    """`value`, if it is a URL with a host, of one of these schemes, and without a password."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from None
    if parts.scheme not in schemes or not host:
        raise ValueError(f"should be a URL that begins with {' or '.join(f'{one}://' for one in schemes)} and a host")
    if parts.username is not None:
        # Not repeated in the message: what stands there is a secret.
        raise ValueError("holds a user or password; they stand in keys of their own, the password by its name")
    return value


def _http_url(value: str) -> str:
    return url_of(value, "http", "https")


def _env_name(value: str) -> str:
    if not _ENV.fullmatch(value):
        raise ValueError("should be the name of an environment variable")
    return value


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= _MAX_PORT:
        raise ValueError(f"{value!r} should be a host and a port, such as 127.0.0.1:9464")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
EnvName = Annotated[str, AfterValidator(_env_name)]
HostAndPort = Annotated[str, AfterValidator(_host_and_port)]


def split_address(address: str) -> tuple[str, int]:
    """(host, port) of a `HostAndPort`; brackets around an IPv6 address are taken off."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


class Credentials(Part):
    """A user, and where the password is: never the password."""

    username: Name | None = None
    password_env: EnvName | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("has `password_env` and `password_file`; one of them is enough")
        if self.username is None and (self.password_env or self.password_file):
            raise ValueError("has a password, and no `username`")
        return self

    def password(self) -> str | None:
        """The password itself; None if none is configured.

        Raises:
            RelayConfigError: the variable is not set, or the file cannot be read.
        """
        if self.password_env is not None:
            found = os.environ.get(self.password_env)
            if found is None:
                raise RelayConfigError("", [("password_env", f"the variable {self.password_env} is not set")])
            return found
        if self.password_file is None:
            return None
        try:
            return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            problem = f"{self.password_file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
            raise RelayConfigError("", [("password_file", problem)]) from None


class MqttFeed(Credentials):
    """Topics of a broker. `share`: the name of the group of workers that share them, each with a `client_id` that stays
    the same over restarts, since the broker keeps its session under it."""

    mqtt: Annotated[str, AfterValidator(lambda value: url_of(value, *MQTT_PORTS))]
    topics: Annotated[tuple[Name, ...], Field(min_length=1)]
    client_id: Name
    version: Literal["5", "3.1.1"] = "5"
    share: Annotated[str, Field(pattern=r"^[^/+#]{1,200}$")] | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @field_validator("version", mode="before")
    @classmethod
    def _version_as_text(cls, value: object) -> object:
        return str(value)

    @field_validator("topics")
    @classmethod
    def _are_filters(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            levels = value.split("/")
            wild = [level for level in levels if ("+" in level and level != "+") or ("#" in level and level != "#")]
            if wild or "#" in levels[:-1] or value.startswith("$share/") or "\x00" in value:
                raise ValueError(f"{value!r} is no topic filter (MQTT 5, section 4.7); a shared one is said by `share`")
        return values

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("a client certificate needs `cert` and `key`")
        if (self.ca or self.cert) and not self.tls:
            raise ValueError("has certificates, and a URL that begins with mqtt://: write mqtts://")
        return self

    @property
    def tls(self) -> bool:
        return urlsplit(self.mqtt).scheme == "mqtts"

    @property
    def host(self) -> str:
        return urlsplit(self.mqtt).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.mqtt)
        return parts.port or MQTT_PORTS[parts.scheme]


class HttpFeed(Credentials):
    """The stream of an Impinj reader."""

    http: HttpUrl
    ca: Path | None = None


class LlrpFeed(Part):
    """A reader that speaks LLRP; its reports name no reader, so `reader` does."""

    llrp: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:\-\[\]]{1,253}$")]
    port: Port = LLRP_PORT
    reader: Name


class FileFeed(Part):
    """A log; with `follow` also what is appended to it later, and the file that takes its name."""

    file: Path
    follow: bool = False


class StdinFeed(Part):
    stdin: Literal["true"]

    @field_validator("stdin", mode="before")
    @classmethod
    def _true_as_text(cls, value: object) -> object:
        return str(value).lower() if isinstance(value, bool) else value


class CaptureFeed(Part):
    """The address at which events of others are captured (EPCIS 2.0, section 12.6: POST /capture). `token_env`: the
    environment variable with the bearer token that callers bring; an address beyond this machine needs one."""

    capture: HostAndPort
    token_env: EnvName | None = None

    def token(self) -> str | None:
        """The token itself; None if none is configured.

        Raises:
            RelayConfigError: the variable is not set.
        """
        if self.token_env is None:
            return None
        found = os.environ.get(self.token_env)
        if not found:
            raise RelayConfigError("", [("token_env", f"the variable {self.token_env} is not set")])
        return found


_KINDS = ("mqtt", "http", "llrp", "file", "stdin", "capture")


def _kind(value: object) -> str:
    """The tag of a source; `~none` has no model, so that pydantic names the tags that have one."""
    named = [kind for kind in _KINDS if kind in value] if isinstance(value, dict) else []
    if isinstance(value, Part):
        named = [kind for kind in _KINDS if kind in type(value).model_fields]
    return f"~{named[0]}" if len(named) == 1 else "~none"


class _NoFeed(Part):
    """Whatever names no source, or two: always refused."""

    @model_validator(mode="before")
    @classmethod
    def _refused(cls, _: object) -> Any:  # noqa: ANN401 - pydantic's type of a validator's result
        raise ValueError(f"should be a mapping with one of {', '.join(_KINDS)}")


Feed = Annotated[
    Annotated[MqttFeed, Tag("~mqtt")]
    | Annotated[HttpFeed, Tag("~http")]
    | Annotated[LlrpFeed, Tag("~llrp")]
    | Annotated[FileFeed, Tag("~file")]
    | Annotated[StdinFeed, Tag("~stdin")]
    | Annotated[CaptureFeed, Tag("~capture")]
    | Annotated[_NoFeed, Tag("~none")],
    Discriminator(_kind),
]


def place_of(feed: Part) -> str:
    """What it listens to, for people: two sources of one place are one too many."""
    match feed:
        case MqttFeed():
            return f"mqtt {feed.host}:{feed.port} {feed.client_id}"
        case HttpFeed():
            return f"http {feed.http}"
        case LlrpFeed():
            return f"llrp {feed.llrp}:{feed.port}"
        case FileFeed():
            return f"file {feed.file}"
        case CaptureFeed():
            return f"capture {feed.capture}"
    return "stdin"


_PATHS = ("password_file", "ca", "cert", "key", "file")


def below(feed: Part, folder: Path) -> Part:
    """The feed with its paths taken relative to `folder`."""
    found = {name: getattr(feed, name, None) for name in _PATHS}
    return feed.model_copy(update={name: folder / path for name, path in found.items() if path is not None})
