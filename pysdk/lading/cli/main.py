"""The root of the command line: the groups, and how an error ends.

Nothing here or in a group's module imports web3 or pydantic at the top, so that `lading --help` answers at once.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, TypeAlias

import typer

from lading import __version__
from lading.cli import (
    adopt,
    build,
    claim,
    credit,
    customs,
    demo,
    deploy,
    devnet,
    doctor,
    epc,
    epcis,
    footprint,
    goods,
    labels,
    order,
    participants,
    private,
    proof,
    provenance,
    relay,
    serve,
    sun,
    token,
    verify,
)
from lading.cli.output import OutputFailed, error_document
from lading.errors import LadingError, UsageError

#: A usage error of click's, with `ctx` and `format_message()`.
CommandError: TypeAlias = Any
#: typer carries its own click and exports no name for its usage errors, of which a bad parameter is one.
CommandLineError: type[Exception] = typer.BadParameter.__mro__[1]

#: A key in an option can be read by everyone on the machine, and stays in the shell's history.
KEY_WORDS = ("privatekey", "secretkey", "mnemonic", "password", "passphrase", "seed")
KEY_OPTIONS = ("key", "pk")
#: 32 bytes in hex, or more: what stands where it does not belong may be a private key.
_SECRET = re.compile(r"[0-9a-fA-F]{64,}")
DEBUG = "LADING_DEBUG"
INTERRUPTED = 130

app = typer.Typer(
    name="lading",
    help="Goods, money, papers and reputation of one order on one ledger.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (demo, doctor, build, deploy, verify, serve, labels, adopt):
    module.register(app)
for group in (
    devnet,
    participants,
    goods,
    claim,
    order,
    customs,
    credit,
    token,
    relay,
    private,
    proof,
    provenance,
    epc,
    epcis,
    sun,
):
    app.add_typer(group.app)
footprint.register(proof.app)


class Unexpected(LadingError):
    """An exception that nobody foresaw: a bug of ours."""


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Goods, money, papers and reputation of one order on one ledger."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 ok, 1 failed, 2 usage, 3 not reachable, 4 refused by a contract, 10 suspect, 11
    recalled, 12 unknown. Never ends in a traceback, unless LADING_DEBUG is set."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            code = _run(words)
        except LadingError as error:
            code = _fail(words, error)
        sys.stdout.flush()
    except OutputFailed as error:
        code = _mute(error.problem)
    except OSError as error:
        code = _mute(error)
    sys.exit(code)


def _run(words: list[str]) -> int:
    try:
        _refuse_keys(words)
        return app(words, prog_name="lading", standalone_mode=False) or 0
    except CommandLineError as error:
        return _usage(words, error)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("stopped", err=True)
        return INTERRUPTED
    except (LadingError, OutputFailed, BrokenPipeError):
        raise
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        raise Unexpected(
            f"A bug of lading's: {type(error).__name__}: {error}.",
            hint=f"Run it again with {DEBUG}=1 and report what it prints.",
        ) from error


def _mute(error: OSError) -> int:
    """Our output has gone: who read it left early, which is no fault, or there is no room for it, which is said. Python
    would complain once more when it closes stdout, so what is left goes nowhere."""
    if not isinstance(error, BrokenPipeError):
        typer.echo(f"error: the output cannot be written: {error.strerror}.", err=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return LadingError.exit_code


def _usage(words: Sequence[str], error: CommandError) -> int:
    """A command group called without a command shows its help; anything else is said in a line, which repeats no word
    that may be a key."""
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.ctx.get_help(), err=True)
        return UsageError.exit_code
    command = error.ctx.command_path if error.ctx else "lading"
    message = _SECRET.sub("…", error.format_message())
    return _fail(words, UsageError(message, hint=f"Try '{command} --help'."))


def _refuse_keys(words: Sequence[str]) -> None:
    """Whatever the command: the key must not be read, and its owner must hear that it is no secret any more."""
    for word in words:
        option = word.partition("=")[0]
        name = option.lstrip("-").lower().replace("-", "").replace("_", "")
        if option.startswith("-") and (name in KEY_OPTIONS or any(part in name for part in KEY_WORDS)):
            raise UsageError(
                f"{option} is no option: what stands on a command line is no secret.",
                hint="Set LADING_KEYSTORE to a keystore file and LADING_KEYSTORE_PASSWORD_FILE to a file with its "
                "password, set LADING_KEY, or give --key-stdin. A key that was typed here should be given up.",
            )


def _fail(words: Sequence[str], error: LadingError) -> int:
    if "--json" in words:
        typer.echo(json.dumps(error_document(error), ensure_ascii=False))
    typer.secho(f"error: {error.message}", fg="red", err=True)
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
    return error.exit_code
