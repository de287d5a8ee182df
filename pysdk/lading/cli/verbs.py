"""From a function on a client to a command: the options that all of them share, and how their result is printed.

A verb is written as `def anchor(client: Lading, participant: …, index: …) -> Receipt`; `reading` and `signing` add
--network, --deployment, --json and, where something is signed, the ways to give a key.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_type_hints

import typer

from lading.cli.options import (
    DEFAULT_NETWORK,
    DeploymentFile,
    DevAccount,
    Json,
    KeyStdin,
    Network,
    connect,
    signer_from,
)
from lading.cli.output import Shown, emit, pairs, plain

if TYPE_CHECKING:
    from lading.groups.governance import Governed
    from lading.groups.session import Receipt

#: Whatever typer made of a word.
Argument: TypeAlias = Any
Verb: TypeAlias = Callable[..., Any]
#: Names that verbs' annotations use and that only a type checker imports: the client and the results.
_UNREAD = dict.fromkeys(("Lading", "Receipt", "Governed"), object)

_SHARED = {"network": (Network, DEFAULT_NETWORK), "deployment": (DeploymentFile, None), "as_json": (Json, False)}
_KEYS = {"key_stdin": (KeyStdin, False), "dev_account": (DevAccount, None)}


def reading(app: typer.Typer, name: str, panel: str | None = None) -> Callable[[Verb], Verb]:
    """A command that asks the chain and signs nothing; help lists it under `panel`."""

    def register(verb: Verb) -> Verb:
        def run(*, network: str, deployment: Path | None, as_json: bool, **arguments: Argument) -> None:
            _print(verb(connect(network, deployment), **arguments), as_json)

        return _add(app, name, verb, run, _SHARED, panel)

    return register


def signing(app: typer.Typer, name: str, panel: str | None = None) -> Callable[[Verb], Verb]:
    """A command that signs, and mostly sends; help lists it under `panel`."""

    def register(verb: Verb) -> Verb:
        def run(
            *,
            network: str,
            deployment: Path | None,
            as_json: bool,
            key_stdin: bool,
            dev_account: int | None,
            **arguments: Argument,
        ) -> None:
            signer = signer_from(key_stdin, dev_account)
            _print(verb(connect(network, deployment, signer, dev_account), **arguments), as_json)

        return _add(app, name, verb, run, _SHARED | _KEYS, panel)

    return register


def _add(
    app: typer.Typer,
    name: str,
    verb: Verb,
    run: Callable[..., None],
    shared: Mapping[str, tuple[Any, Any]],
    panel: str | None,
) -> Verb:
    hints = get_type_hints(verb, localns=dict(_UNREAD), include_extras=True)
    own = [one for one in inspect.signature(verb).parameters.values() if one.name != "client"]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one.replace(annotation=hints[one.name], kind=keyword) for one in own]
    for option, (kind, default) in shared.items():
        parameters.append(inspect.Parameter(option, keyword, default=default, annotation=kind))
    command: Any = run
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__doc__ = verb.__doc__
    app.command(name, rich_help_panel=panel)(command)
    return verb


def _print(result: Shown | Receipt | Governed, as_json: bool) -> None:
    shown = result if isinstance(result, Shown) else sent(result)
    emit(shown.document, as_json=as_json, lines=shown.lines)
    if shown.exit_code:
        raise typer.Exit(shown.exit_code)


def sent(result: Receipt | Governed, lines: Iterable[str] = ()) -> Shown:
    """What a transaction did (schema `receipt.json`), with further lines for people."""
    receipt, until = _parts(result)
    document = {
        "tx": receipt.tx_hash,
        "block": receipt.block,
        "gas": receipt.gas_used,
        "id": receipt.id,
        "scheduled_until": plain(until),
        "events": [{"contract": one.contract, "name": one.name, "args": plain(one.args)} for one in receipt.events],
    }
    facts: dict[str, object] = {"transaction": receipt.tx_hash, "block": receipt.block, "gas": receipt.gas_used}
    if receipt.id is not None:
        facts["id"] = receipt.id
    facts["events"] = ", ".join(event.name for event in receipt.events) or "none"
    said = [f"Only scheduled: the same command at or after {plain(until)} carries it out."] if until else []
    return Shown(document, [*said, *pairs(facts), *lines])


def _parts(result: Receipt | Governed) -> tuple[Receipt, Any]:
    from lading.groups.governance import Governed

    return (result.receipt, result.scheduled_until) if isinstance(result, Governed) else (result, None)
