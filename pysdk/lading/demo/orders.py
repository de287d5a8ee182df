"""The money and the papers: two orders, one delivered and released, one never shipped and refunded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lading.chain.devnet import advance
from lading.client import Lading
from lading.contracts.customs_clearance import Papers
from lading.customs import SharedSecrets, parse_order, parse_payment, parse_waybill
from lading.demo import cast
from lading.demo.cast import BUYER, Cast
from lading.demo.diary import Diary
from lading.demo.goods import UNIT
from lading.demo.papers import ORDER, PAYMENT, WAYBILL
from lading.enums import Decision, Side
from lading.models import OrderTerms

PRICE, FREIGHT = Decimal("120.00"), Decimal("9.50")


def open_both(buyer: Lading, players: Cast, diary: Diary) -> tuple[OrderTerms, OrderTerms]:
    """Two orders on equal terms. The buyer signs an ERC-3009 authorization and the seller its acceptance; the platform
    sends both, so that neither needs gas."""
    money = buyer.token()
    diary.sent("the buyer gets 500 dev dollars", money.mint(BUYER.address, Decimal(500)))
    platform, seller = players[cast.PLATFORM].client, players[cast.SELLER].client
    opened = []
    for name in ("first", "second"):
        terms = _terms(buyer, players, money.address)
        authorization, consent = buyer.orders.authorize(terms), seller.orders.sign_accept(terms)
        receipt = platform.orders.open_with_authorization(terms, authorization, seller_consent=consent)
        diary.sent(f"open the {name} order, both consents given", receipt)
        opened.append(terms)
    return opened[0], opened[1]


def clear(terms: OrderTerms, players: Cast, diary: Diary) -> None:
    """Order, payment and waybill are signed by three participants, matched, and both customs release."""
    platform = players[cast.PLATFORM].client
    diary.sent("match order, payment and waybill", platform.customs.match(terms, _papers(terms, players)))
    for part, side, port, number in (
        (cast.CHINA_CUSTOMS, Side.EXIT, "CNSZX", "530120260000000017"),
        (cast.DUTCH_CUSTOMS, Side.ENTRY, "NLRTM", "26NL000396DEMO0017"),
    ):
        receipt = players[part].client.customs.decide(terms, side, Decision.RELEASE, port=port, declaration_no=number)
        diary.sent(f"{part.name} releases at {port}", receipt)


def fulfil(terms: OrderTerms, arrival: str, buyer: Lading, players: Cast, diary: Diary) -> None:
    """Shipped, delivered on the carrier's signed receipt, released by the buyer."""
    diary.sent("the seller ships", players[cast.SELLER].client.orders.ship(terms, UNIT))
    # Before the delivery, or the order counts as one that no stranger witnessed.
    noted = players[cast.PLATFORM].client.orders.poke(terms)
    diary.sent("the platform notes that the condition is met", noted)
    carrier = players[cast.CARRIER].client
    receipt = carrier.orders.receipt(terms, UNIT, arrival)
    signature = carrier.orders.sign_receipt(receipt)
    diary.sent("the carrier delivers", carrier.orders.deliver(terms, receipt, cast.CARRIER.key.address, signature))
    diary.sent("the buyer releases", buyer.orders.release(terms))


def lapse(terms: OrderTerms, stranger: Lading, diary: Diary) -> None:
    """Nobody ships, the deadline passes, and anyone may send the refund: here customs, who has no part in it."""
    now = stranger.chain.block().time
    advance(stranger.chain, int(terms.ship_by.timestamp()) - now + 1)
    diary.note("the ship deadline passes")
    diary.sent("anyone refunds the buyer", stranger.orders.refund(terms))


def _terms(buyer: Lading, players: Cast, token: str) -> OrderTerms:
    now = datetime.fromtimestamp(buyer.chain.block().time, UTC)
    return buyer.orders.terms(
        buyer=BUYER.address,
        seller=cast.SELLER.key.address,
        platform=cast.PLATFORM.key.address,
        carrier=cast.CARRIER.key.address,
        token=token,
        price=PRICE,
        freight=FREIGHT,
        fee_bps=300,
        accept_by=now + timedelta(days=1),
        ship_by=now + timedelta(days=3),
        condition_by=now + timedelta(days=20),
        deliver_by=now + timedelta(days=30),
        claim_window=timedelta(days=5),
        inspection_window=timedelta(days=7),
        condition=buyer.customs.address,
        exit_authority=players[cast.CHINA_CUSTOMS].id,
        entry_authority=players[cast.DUTCH_CUSTOMS].id,
    )


def _papers(terms: OrderTerms, players: Cast) -> Papers:
    """Each party makes its document from its own message and the secrets that it shares, and signs it."""
    platform, provider, carrier = (
        players[part].client for part in (cast.PLATFORM, cast.PAYMENT_PROVIDER, cast.CARRIER)
    )
    order_id = bytes.fromhex(platform.orders.id(terms)[2:])
    secrets = SharedSecrets.generate()
    messages = parse_order(ORDER), parse_payment(PAYMENT), parse_waybill(WAYBILL)
    roots = [message.field_tree().root for message in messages]
    order = messages[0].document(order_id, secrets, roots[0])
    payment = messages[1].document(order_id, secrets.for_payment_provider(), roots[1])
    waybill = messages[2].document(order_id, secrets.for_carrier(), roots[2])
    return Papers(
        order,
        platform.customs.sign(order),
        payment,
        provider.customs.sign(payment),
        waybill,
        carrier.customs.sign(waybill),
    )
