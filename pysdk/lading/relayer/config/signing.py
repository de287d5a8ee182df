"""The part of the relay's configuration that says whose key signs captures; never the key, and no password."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator

from lading.relayer.config.feeds import EnvName
from lading.relayer.config.points import Part


class Signing(Part):
    """A keystore file with the variable or file that has its password, or the variable that has the key."""

    keystore: Path | None = None
    password_env: EnvName | None = None
    password_file: Path | None = None
    key_env: EnvName | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.keystore is None) == (self.key_env is None):
            raise ValueError("should have either `keystore` or `key_env`")
        passwords = sum(one is not None for one in (self.password_env, self.password_file))
        if self.keystore is not None and passwords != 1:
            raise ValueError("a keystore needs `password_env` or `password_file`, one of them")
        if self.key_env is not None and passwords:
            raise ValueError("has a password, and no `keystore`")
        return self

    def below(self, folder: Path) -> Self:
        """The same with its paths taken relative to `folder`."""
        paths = {name: getattr(self, name) for name in ("keystore", "password_file")}
        return self.model_copy(update={name: folder / path for name, path in paths.items() if path is not None})
