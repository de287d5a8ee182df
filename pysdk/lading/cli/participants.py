"""`lading participants`: who is who. Keys stand in `participant_keys`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli import participant_keys
from lading.cli.output import Shown, pairs, plain, utc
from lading.cli.values import Participant, choice, one_of, participant_id, words
from lading.cli.verbs import reading, signing
from lading.enums import IdentifierScheme, Role

if TYPE_CHECKING:
    from lading.client import Lading
    from lading.groups.governance import Governed
    from lading.groups.session import Receipt

app = typer.Typer(name="participants", help="Who is who: admission, roles, keys.", no_args_is_help=True)

Controller = Annotated[str, typer.Option("--controller", metavar="ADDRESS", help="Adds and revokes the keys.")]
Country = Annotated[str, typer.Option("--country", metavar="CC", help="ISO 3166-1 alpha-2, such as CN.")]
Scheme = Annotated[IdentifierScheme, choice(IdentifierScheme, "--scheme", text="Of the identifier.")]
Identifier = Annotated[str, typer.Option("--identifier", help="Such as a GLN's 13 digits.")]
Roles = Annotated[
    list[Role],
    typer.Argument(parser=one_of(Role), metavar="ROLE...", help=words(Role)),
]
#: The contract's money roles, which `admit` refuses; a test asks the contract for them.
BY_GRANT = ("CARRIER", "WAREHOUSE", "PAYMENT_PROVIDER", "CUSTOMS", "ARBITER")
FirstRoles = Annotated[
    list[Role] | None,
    typer.Option(
        "--role",
        parser=one_of(Role),
        metavar="ROLE",
        help=f"May be left out, or repeated: {words(Role, without=BY_GRANT)}. The others come with grant-roles.",
    ),
]


@signing(app, "admit")
def admit(
    client: Lading,
    controller: Controller,
    country: Country,
    scheme: Scheme,
    identifier: Identifier,
    roles: FirstRoles = None,
) -> Receipt:
    """Admit a participant. Signs as the registrar. Roles that can move money come with grant-roles, after it."""
    return client.participants.admit(
        controller=controller, roles=roles or (), country=country, scheme=scheme, identifier=identifier
    )


@signing(app, "admit-seller")
def admit_seller(
    client: Lading, controller: Controller, country: Country, scheme: Scheme, identifier: Identifier
) -> Receipt:
    """Admit a seller that the platform answers for. Signs as a key of the platform."""
    return client.participants.admit_seller(
        controller=controller, country=country, scheme=scheme, identifier=identifier
    )


@signing(app, "grant-roles")
def grant_roles(client: Lading, participant: Participant, roles: Roles) -> Governed:
    """Grant roles, those that can move money among them. Where there is a delay: call it again after."""
    who = participant_id(client, participant)
    return _govern(client, lambda: client.participants.grant_roles(who, roles))


@signing(app, "revoke-roles")
def revoke_roles(client: Lading, participant: Participant, roles: Roles) -> Governed:
    """Take roles away. Signs as the registrar."""
    who = participant_id(client, participant)
    return _govern(client, lambda: client.participants.revoke_roles(who, roles))


@signing(app, "bind-prefix")
def bind_prefix(
    client: Lading,
    participant: Participant,
    prefix: Annotated[str, typer.Argument(metavar="PREFIX", help="GS1 company prefix, 4 to 12 digits.")],
) -> Governed:
    """Bind a GS1 company prefix to a brand. Signs as the registrar."""
    who = participant_id(client, participant)
    return _govern(client, lambda: client.participants.bind_prefix(who, prefix))


@signing(app, "propose-controller")
def propose_controller(
    client: Lading,
    participant: Participant,
    proposed: Annotated[str, typer.Argument(metavar="ADDRESS", help="The controller to be.")],
) -> Receipt:
    """Name the next controller. Signs as the controller."""
    return client.participants.propose_controller(participant_id(client, participant), proposed)


@signing(app, "accept-controller")
def accept_controller(client: Lading, participant: Participant) -> Receipt:
    """Take over as controller. Signs as the one that was proposed."""
    return client.participants.accept_controller(participant_id(client, participant))


@reading(app, "show")
def show(client: Lading, participant: Participant) -> Shown:
    """Show a participant."""
    found = client.participants.get(participant_id(client, participant))
    document = plain(found.model_dump())
    facts = {
        "id": found.id,
        "identifier": f"{found.scheme.name} {found.identifier}",
        "country": found.country,
        "roles": ", ".join(document["roles"]) or "none",
        "controller": found.controller,
        "admitted": f"{document['admitted_at']} by {found.admitted_by or 'the governance'}",
    }
    return Shown(document, pairs(facts))


def _govern(client: Lading, act: Callable[[], Governed]) -> Governed:
    """Says, of an act that is scheduled and too early, from when it can be carried out."""
    from lading.reverts.openzeppelin import AccessManagerNotReady
    from lading.values import at_time

    try:
        return act()
    except AccessManagerNotReady as error:
        ready = at_time(client.contracts.access.contract.read("getSchedule", error.operation_id))
        error.hint = f"The same command at or after {utc(ready)} (block time) carries it out."
        raise


participant_keys.register(app)
