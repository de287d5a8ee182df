"""Runs commands in this process, through the same `main` as the installed one, and holds each document against its
published schema."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import typer
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

import lading.cli
from lading.cli.main import app, main

SCHEMAS = Path(lading.cli.__file__).parent / "schemas"
INDEX: dict[str, str] = json.loads((SCHEMAS / "index.json").read_text(encoding="utf-8"))
#: What a developer's own shell may have set.
CLEARED = ("LADING_KEY", "LADING_KEYSTORE", "LADING_KEYSTORE_PASSWORD", "LADING_KEYSTORE_PASSWORD_FILE")
CLEARED += ("LADING_NETWORK", "LADING_DEPLOYMENT", "LADING_DEBUG")


def schema(name: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


def validator(name: str) -> Draft202012Validator:
    known = [schema(path.name) for path in SCHEMAS.glob("*.json") if path.name != "index.json"]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in known])
    return Draft202012Validator(schema(name), registry=registry, format_checker=FormatChecker())


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with its name, such as ("order show", …)."""
    found = typer.main.get_command(app) if group is None else group
    for name, one in found.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, (*path, name))
        else:
            yield " ".join((*path, name)), one


@dataclass(frozen=True)
class Result:
    """What a command printed, and what it ended with."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, Any]:
        """The error document; nothing but it stands on stdout, and people read the same on stderr."""
        document = json.loads(self.out)
        validator("error.json").validate(document)
        assert document["error"]["message"] in self.err
        assert "Traceback" not in self.err
        return document["error"]


class Cli:
    """A user's shell: a folder to stand in and an environment."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment

    def __call__(self, words: str | tuple[object, ...], *, stdin: str = "", **environment: str) -> Result:
        """Runs `lading` with these words."""
        listed = words.split() if isinstance(words, str) else [str(word) for word in words]
        out, err, code = io.StringIO(), io.StringIO(), 0
        kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
        settings: Mapping[str, str] = {**kept, **self.environment, **environment}
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, settings, clear=True),
            mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main(listed)
            except SystemExit as end:
                code = int(end.code or 0)
        return Result(code, out.getvalue(), err.getvalue())

    def json(self, words: str | tuple[object, ...], *, code: int = 0, **environment: str) -> Any:
        """Runs it with --json, checks how it ends and the form of what it prints, and that people get lines too."""
        listed = tuple(words.split()) if isinstance(words, str) else tuple(str(word) for word in words)
        done = self((*listed, "--json"), **environment)
        assert done.code == code, done.err or done.out
        document = json.loads(done.out)
        validator(INDEX[self.command(listed)]).validate(document)
        return document

    def refused(self, words: str | tuple[object, ...], code: int, **environment: str) -> dict[str, Any]:
        """Runs it with --json, expects it to fail that way, and gives the error."""
        listed = tuple(words.split()) if isinstance(words, str) else tuple(str(word) for word in words)
        done = self((*listed, "--json"), **environment)
        assert done.code == code, (done.code, done.err or done.out)
        return done.error

    @staticmethod
    def command(words: tuple[str, ...]) -> str:
        return next(name for count in (3, 2, 1) if (name := " ".join(words[:count])) in INDEX)
