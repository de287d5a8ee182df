"""Who takes part in the demo, and how they come to be known. All names and numbers are made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lading.chain.signer import Signer
from lading.client import Lading
from lading.demo.diary import Diary
from lading.enums import IdentifierScheme, Role

BRAND_PREFIX = "9521141"
GTIN = "09521141123454"


@dataclass(frozen=True)
class Part:
    """A participant to be. Its key and its controller are accounts of the devnet."""

    name: str
    country: str
    scheme: IdentifierScheme
    identifier: str
    key: Signer
    controller: Signer
    role: Role
    publishes: bool = False


@dataclass(frozen=True)
class Player:
    """A participant that was admitted, with a client that signs with its key."""

    id: str
    client: Lading


GOVERNOR, BUYER = Signer.dev(0), Signer.dev(19)

BRAND = Part("brand", "CN", IdentifierScheme.GLN, "9521141000106", Signer.dev(1), Signer.dev(10), Role.BRAND, True)
SELLER = Part(
    "seller", "CN", IdentifierScheme.NATIONAL_REGISTER, "91440300DEMO000001", Signer.dev(2), Signer.dev(11), Role.SELLER
)
PLATFORM = Part("platform", "DE", IdentifierScheme.LEI, "9845DEMOPLATFORM0042", Signer.dev(3), Signer.dev(12), Role.PLATFORM)
PAYMENT_PROVIDER = Part(
    "payment provider", "DE", IdentifierScheme.LEI, "9845DEMOPAYMENTS0017", Signer.dev(4), Signer.dev(13), Role.PAYMENT_PROVIDER
)
CARRIER = Part("carrier", "NL", IdentifierScheme.GLN, "9526543000013", Signer.dev(5), Signer.dev(14), Role.CARRIER, True)
WAREHOUSE = Part(
    "warehouse", "NL", IdentifierScheme.GLN, "9524321000019", Signer.dev(6), Signer.dev(15), Role.WAREHOUSE, True
)
CHINA_CUSTOMS = Part(
    "customs of export", "CN", IdentifierScheme.GLN, "9527001000019", Signer.dev(7), Signer.dev(16), Role.CUSTOMS, True
)
DUTCH_CUSTOMS = Part(
    "customs of import", "NL", IdentifierScheme.GLN, "9528001000016", Signer.dev(8), Signer.dev(17), Role.CUSTOMS, True
)
ADMITTED = (BRAND, PLATFORM, PAYMENT_PROVIDER, CARRIER, WAREHOUSE, CHINA_CUSTOMS, DUTCH_CUSTOMS)

Cast = Mapping[Part, Player]


def admit(governance: Lading, diary: Diary) -> Cast:
    """Admits everybody; the seller through its platform, which answers for it."""
    cast = {part: _admit(governance, part, diary) for part in ADMITTED}
    receipt = cast[PLATFORM].client.participants.admit_seller(
        controller=SELLER.controller.address, country=SELLER.country, scheme=SELLER.scheme, identifier=SELLER.identifier
    )
    diary.sent(f"platform admits its {SELLER.name} ({SELLER.country})", receipt)
    cast[SELLER] = _with_key(governance, SELLER, str(receipt.id), diary)
    bound = governance.participants.bind_prefix(cast[BRAND].id, BRAND_PREFIX)
    diary.sent(f"bind GS1 prefix {BRAND_PREFIX} to the brand", bound.receipt)
    return cast


def _admit(governance: Lading, part: Part, diary: Diary) -> Player:
    money = part.role in governance.participants.money_roles()
    receipt = governance.participants.admit(
        controller=part.controller.address,
        roles=[] if money else [part.role],
        country=part.country,
        scheme=part.scheme,
        identifier=part.identifier,
    )
    diary.sent(f"admit {part.name} ({part.country})", receipt)
    who = str(receipt.id)
    if money:
        diary.sent(f"grant {part.role.name} to {part.name}", governance.participants.grant_roles(who, [part.role]).receipt)
    return _with_key(governance, part, who, diary)


def _with_key(governance: Lading, part: Part, who: str, diary: Diary) -> Player:
    """Adds the key with its own consent and, for a publisher, makes it the writer of the participant's log."""
    keyed, controlled = governance.using(part.key), governance.using(part.controller)
    consent = keyed.participants.sign_key_consent(who)
    diary.sent(f"add the key of {part.name}", controlled.participants.add_key(who, part.key.address, consent))
    if part.publishes:
        diary.sent(f"{part.name} may write its log", controlled.goods.set_writer(who, part.key.address))
    return Player(who, keyed)
