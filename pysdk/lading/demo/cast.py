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
    """A participant to be. Its key and its controller are accounts of the devnet, ten apart."""

    name: str
    role: Role
    country: str
    scheme: IdentifierScheme
    identifier: str
    account: int
    publishes: bool = False

    @property
    def key(self) -> Signer:
        return Signer.dev(self.account)

    @property
    def controller(self) -> Signer:
        return Signer.dev(self.account + 10)


@dataclass(frozen=True)
class Player:
    """A participant that was admitted, with a client that signs with its key."""

    id: str
    client: Lading


GOVERNOR, BUYER = Signer.dev(0), Signer.dev(19)

_GLN, _LEI, _NATIONAL = IdentifierScheme.GLN, IdentifierScheme.LEI, IdentifierScheme.NATIONAL_REGISTER

BRAND = Part("brand", Role.BRAND, "CN", _GLN, "9521141000106", 1, publishes=True)
SELLER = Part("seller", Role.SELLER, "CN", _NATIONAL, "CN-91440300DEMO000001", 2)
PLATFORM = Part("platform", Role.PLATFORM, "DE", _LEI, "9845DEMOPLATFORM0042", 3)
PAYMENT_PROVIDER = Part("payment provider", Role.PAYMENT_PROVIDER, "DE", _LEI, "9845DEMOPAYMENTS0017", 4)
CARRIER = Part("carrier", Role.CARRIER, "NL", _GLN, "9526543000013", 5, publishes=True)
WAREHOUSE = Part("warehouse", Role.WAREHOUSE, "NL", _GLN, "9524321000019", 6, publishes=True)
CHINA_CUSTOMS = Part("customs of export", Role.CUSTOMS, "CN", _GLN, "9527001000019", 7, publishes=True)
DUTCH_CUSTOMS = Part("customs of import", Role.CUSTOMS, "NL", _GLN, "9528001000016", 8, publishes=True)
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
        diary.sent(
            f"grant {part.role.name} to {part.name}", governance.participants.grant_roles(who, [part.role]).receipt
        )
    return _with_key(governance, part, who, diary)


def _with_key(governance: Lading, part: Part, who: str, diary: Diary) -> Player:
    """Adds the key with its own consent and, for a publisher, makes it the writer of the participant's log."""
    keyed, controlled = governance.using(part.key), governance.using(part.controller)
    consent = keyed.participants.sign_key_consent(who)
    diary.sent(f"add the key of {part.name}", controlled.participants.add_key(who, part.key.address, consent))
    if part.publishes:
        diary.sent(f"{part.name} may write its log", controlled.goods.set_writer(who, part.key.address))
    return Player(who, keyed)
