"""The verbs of `lading participants` that are about signing keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.output import Shown, pairs, plain
from lading.cli.values import Participant, moment, participant_id
from lading.cli.verbs import reading, signing
from lading.errors import InputError

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.session import Receipt

Key = Annotated[str, typer.Argument(metavar="ADDRESS", help="The key's address.")]
Consent = Annotated[str, typer.Option("--consent", metavar="0x…", help="What 'participants consent' printed.")]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--compromised-since", parser=moment, metavar="TIME", help="Since when others may have had it (RFC 3339)."
    ),
]


def register(app: typer.Typer) -> None:
    signing(app, "consent")(consent)
    signing(app, "add-key")(add_key)
    signing(app, "revoke-key")(revoke_key)
    signing(app, "rotate-key")(rotate_key)
    reading(app, "key")(key)


def consent(client: Lading, participant: Participant) -> Shown:
    """Print a key's consent to belong to a participant. Signs as the key itself; sends nothing."""
    who = participant_id(client, participant)
    signature = client.participants.sign_key_consent(who)
    document = {"participant": who, "signer": client.signer.address if client.signer else None, "signature": signature}
    return Shown(document, [signature])


def add_key(client: Lading, participant: Participant, address: Key, signature: Consent) -> Receipt:
    """Add a signing key. Signs as the controller."""
    return client.participants.add_key(participant_id(client, participant), address, signature)


def revoke_key(client: Lading, participant: Participant, address: Key, since: Since = None) -> Receipt:
    """Revoke a key for ever. Signs as the controller."""
    who = participant_id(client, participant)
    return client.participants.revoke_key(who, address, compromised_since=_time(since))


def rotate_key(
    client: Lading,
    participant: Participant,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The key to revoke.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The key to add.")],
    signature: Consent,
    since: Since = None,
) -> Receipt:
    """Revoke a key and add another, in one transaction. Signs as the controller."""
    who = participant_id(client, participant)
    return client.participants.rotate_key(who, old, new, signature, compromised_since=_time(since))


def key(client: Lading, address: Key) -> Shown:
    """Show a key: whose it is, and since when."""
    found = client.participants.key(address)
    if found is None:
        raise InputError(f"{address} was never a key of a participant.", hint="Compare the address.")
    document = plain(found.model_dump())
    return Shown(document, pairs({name.replace("_", " "): value or "-" for name, value in document.items()}))


def _time(since: datetime | timedelta | None) -> datetime | None:
    if isinstance(since, timedelta):
        raise InputError("--compromised-since lies in the past.", hint="Write it as 2026-05-01T12:00:00Z.")
    return since
