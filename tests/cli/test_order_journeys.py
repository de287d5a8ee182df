"""Orders with clauses from their terms to their last payee, by the command line on a real devnet: two currencies, a
return, disputes, an agreed split, duties, an assignment, an anchored delivery, a batch."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from cli_kit import Cli
from order_kit import (
    AS_ANYONE,
    AS_ARBITER,
    AS_BUYER,
    AS_CARRIER,
    AS_CONTROLLER,
    AS_ENTRY,
    AS_FINANCIER,
    AS_PLACE,
    AS_PLATFORM,
    AS_PROVIDER,
    AS_SELLER,
    AS_TAX_PAYEE,
    EVENT,
    UNIT,
    Order,
)
from sdk_kit import ARBITER, BUYER, CARRIER, FINANCIER, PROVIDER, TAX_PAYEE, World

from lading.chain import devnet
from lading.enums import Role

ARBITRATION = f"add-arbiter --arbiter {ARBITER.address} --window 5d --silent-buyer-bps 6000 --fee 5"


def money(shell: Cli, owner: str, token: str = "") -> Decimal:
    words = f"token balance {owner}" + (f" --token {token}" if token else "")
    return Decimal(shell.json(words)["balance"])


def wait(world: World, length: timedelta) -> None:
    devnet.advance(world.client.chain, int(length.total_seconds()))


def returns(world: World) -> str:
    place = world.ids[Role.WAREHOUSE]
    windows = "--receive-window 7d --settle-window 2d"
    return f"add-returns --place {place} {windows} --restocking-bps 1000 --freight 5"


def test_a_buyer_pays_in_its_own_currency_at_a_providers_rate(shell: Cli, world: World, order: Order):
    second = world.second_token
    clause = f"add-quote --provider {PROVIDER.address} --token {second} --amount 900 --premium 3"
    order.agree(clause)
    quote = order.folder / "quote.json"
    made = shell.json(f"order quote --terms {order.terms} --expiry 1h --longest-lock 60d --out {quote} {AS_PROVIDER}")
    assert json.loads(quote.read_text(encoding="utf-8")) == {name: made[name] for name in ("order", "quote")}

    before = {owner: money(shell, owner, second) for owner in (BUYER.address, PROVIDER.address)}
    authorization = shell(f"order authorize --terms {order.terms} {AS_BUYER}").out.strip()
    order.open(f"--authorization {authorization} --quote {quote} {AS_PLATFORM}")
    assert made["order"] == order.id
    assert [(leg["leg"], leg["amount"], leg["status"]) for leg in order.show()["legs"]] == [
        ("settlement", "130.490000", "held"),
        ("quote", "900.000000", "held"),
    ]
    assert Decimal(shell.json(f"order exposure --provider {PROVIDER.address}")["locked"]) >= Decimal("130.49")
    order.do(f"release {AS_BUYER}")

    paid = {owner: money(shell, owner, second) - held for owner, held in before.items()}
    assert paid == {BUYER.address: Decimal(-903), PROVIDER.address: Decimal(903)}
    assert "premium" in order.drawn()


def test_a_provider_that_has_set_its_cap_to_nothing_locks_nothing(shell: Cli, world: World, order: Order):
    order.agree(f"add-quote --provider {PROVIDER.address} --token {world.second_token} --amount 900")
    quote = order.folder / "quote.json"
    shell.json(f"order quote --terms {order.terms} --expiry 1h --longest-lock 60d --out {quote} {AS_PROVIDER}")
    shell.json(f"order quote-cap --cap 0 {AS_PROVIDER}")
    error = shell.refused(f"order open --terms {order.terms} --quote {quote} {AS_BUYER}", 4)
    assert error["type"] == "CapExceeded"
    shell.json(f"order quote-cap --cap 1000000 {AS_PROVIDER}")
    assert Decimal(shell.json(f"order exposure --provider {PROVIDER.address}")["cap"]) == 1_000_000
    assert order.open(f"--quote {quote} {AS_BUYER}").show()["standing"]["state"] == "accepted"


def test_goods_come_back_and_the_buyer_gets_what_the_policy_says(shell: Cli, world: World, order: Order):
    order.agree(returns(world)).open().ship().deliver()
    assert order.acts()["request_return"] == "buyer"
    letter = order.folder / "letter.txt"
    letter.write_text("It is too small.", encoding="utf-8")
    asked = order.do(f"request-return --reason {letter} {AS_BUYER}")
    hashed = "0x" + hashlib.sha256(letter.read_bytes()).hexdigest()
    assert asked["events"][0]["args"]["reason"] == hashed

    back = order.folder / "back.json"
    order.do(f"return-receipt --unit {UNIT} --event-id {EVENT} --out {back} {AS_PLACE}")
    assert "holds a return receipt" in order.refused(f"deliver --receipt {back} {AS_ANYONE}", 1)["message"]
    order.do(f"receive-return --receipt {back} {AS_ANYONE}")
    shown = order.show()
    assert (shown["standing"]["state"], shown["default"]["kind"]) == ("return_received", "policy_refund")
    assert order.refused(f"settle-by-policy {AS_ANYONE}")["type"] == "TooEarly"

    before = money(shell, BUYER.address)
    order.do(f"settle-return {AS_SELLER}")
    assert money(shell, BUYER.address) - before == Decimal("103.45")
    assert order.show()["standing"]["ground"] == "returned"


def test_a_seller_that_is_silent_after_a_return_is_settled_for(world: World, order: Order):
    order.agree(returns(world)).open().ship().deliver()
    back = order.folder / "back.json"
    order.do(f"request-return {AS_BUYER}")
    order.do(f"return-receipt --unit {UNIT} --event-id {EVENT} --out {back} {AS_PLACE}")
    order.do(f"receive-return --receipt {back} {AS_ANYONE}")
    assert order.refused(f"settle-return --to-buyer 100 {AS_SELLER}")["type"] == "RefundOutOfRange"
    wait(world, timedelta(days=3))
    assert order.acts()["settle_by_policy"] == "anyone"
    assert "settle-by-policy opened to anyone" in order.drawn()
    order.do(f"settle-by-policy {AS_ANYONE}")
    assert order.show()["standing"]["to_buyer"] == "103.450000"


def test_a_dispute_is_ruled_by_the_arbiter(shell: Cli, world: World, order: Order):
    order.agree(ARBITRATION).open().ship().deliver()
    photo = order.folder / "photo.jpg"
    photo.write_bytes(bytes(range(256)))
    hashed = "0x" + hashlib.sha256(photo.read_bytes()).hexdigest()
    raised = order.do(f"dispute --evidence {photo} {AS_BUYER}")
    assert raised["events"][0]["args"]["evidence"] == hashed
    order.do(f"submit-evidence --evidence 0x{'5a' * 32} {AS_CARRIER}")
    assert order.acts()["rule"] == "arbiter"
    assert f"by the buyer, evidence {hashed}" in order.drawn()
    assert order.refused(f"settle-unruled {AS_ANYONE}")["type"] == "TooEarly"
    assert order.refused(f"rule --to-buyer 126 --fault seller --reasons {photo} {AS_ARBITER}")["type"] == "ShareTooHigh"

    before = {owner: money(shell, owner) for owner in (BUYER.address, ARBITER.address, CARRIER.address)}
    order.do(f"rule --to-buyer 60 --fault seller --reasons {photo} {AS_ARBITER}")
    paid = {owner: money(shell, owner) - held for owner, held in before.items()}
    assert paid == {BUYER.address: 60, ARBITER.address: 5, CARRIER.address: Decimal("9.99")}
    standing = order.show()["standing"]
    assert (standing["ground"], standing["fault"]) == ("ruled", "seller")
    assert "60.00 to the buyer, 9.99 to the carrier, 5.00 to the arbiter" in order.drawn()


def test_a_ruling_that_leaves_no_room_for_the_freight_is_cut_and_said_to_be(shell: Cli, order: Order):
    order.agree(ARBITRATION).open().ship().deliver()
    order.do(f"dispute --evidence 0x{'5a' * 32} {AS_BUYER}")
    words = f"order rule {order.id} --to-buyer 120.49 --fault nobody --reasons 0x{'5b' * 32} {AS_ARBITER}"
    assert "The buyer gets 115.50, not 120.49" in shell(words).out
    assert order.show()["standing"]["to_buyer"] == "115.500000"


def test_an_arbiter_that_is_silent_is_answered_by_the_terms(world: World, order: Order):
    order.agree(ARBITRATION).open().ship().deliver()
    order.do(f"dispute --evidence 0x{'5a' * 32} {AS_BUYER}")
    assert "last moment for a ruling" in order.drawn()
    wait(world, timedelta(days=6))
    assert order.show()["default"]["kind"] == "silent_split"
    order.do(f"settle-unruled {AS_ANYONE}")
    standing = order.show()["standing"]
    assert (standing["ground"], standing["to_buyer"]) == ("not_ruled", "72.300000")


def test_buyer_and_seller_agree_without_an_arbiter(order: Order):
    order.agree().open().ship().deliver()
    order.do(f"propose-split --to-buyer 30 --until 2d {AS_BUYER}")
    (offer,) = order.show()["offers"]
    assert (offer["by"], offer["to_buyer"], offer["holds"]) == ("buyer", "30.000000", True)
    assert order.acts()["accept_split"] == "seller"
    assert "30.00 for the buyer, until" in order.drawn()
    assert order.refused(f"accept-split --to-buyer 20 {AS_SELLER}")["type"] == "NotOffered"
    order.do(f"propose-split --withdraw {AS_BUYER}")
    assert order.refused(f"accept-split --to-buyer 30 {AS_SELLER}")["type"] == "NotOffered"
    order.do(f"propose-split --to-buyer 25.50 --until 2d {AS_SELLER}")
    order.do(f"accept-split --to-buyer 25.50 {AS_BUYER}")
    standing = order.show()["standing"]
    assert (standing["state"], standing["ground"], standing["to_buyer"]) == ("settled", "agreed", "25.500000")


def test_an_offer_for_an_order_that_has_moved_on_is_void(order: Order):
    order.agree().open()
    order.do(f"propose-split --to-buyer 30 --until 9d {AS_BUYER}")
    order.ship()
    (offer,) = order.show()["offers"]
    assert not offer["holds"]
    assert "void: the order has moved on" in order.drawn()


def test_duties_are_assessed_at_the_border_and_passed_back_with_the_goods(shell: Cli, world: World, order: Order):
    second = world.second_token
    shell.json(f"token approve 1000 --token {second} {AS_BUYER}")
    clause = f"add-duties --token {second} --amount 30 --payee {TAX_PAYEE.address} --assess-by 30d"
    order.agree(clause, returns(world), entry_authority=world.entry_customs).open().ship().deliver()
    assert order.show()["legs"][1] == {"leg": "duties", "token": second, "amount": "30.000000", "status": "held"}
    declaration = order.folder / "declaration.xml"
    declaration.write_text("<declaration/>", encoding="utf-8")
    paper = order.folder / "assessment.json"
    order.do(f"sign-assessment --amount 21.50 --declaration {declaration} --out {paper} {AS_ENTRY}")
    order.do(f"assess-duties --assessment {paper} {AS_ANYONE}")
    assert money(shell, TAX_PAYEE.address, second) == Decimal("21.50")
    assert "21.50 to the tax payee, 8.50 back to the buyer" in order.drawn()
    assert order.refused(f"assess-duties --assessment {paper} {AS_ANYONE}")["type"] == "DutiesNotHeld"

    back = order.folder / "back.json"
    order.do(f"request-return {AS_BUYER}")
    order.do(f"return-receipt --unit {UNIT} --event-id {EVENT} --out {back} {AS_PLACE}")
    order.do(f"receive-return --receipt {back} {AS_ANYONE}")
    assert order.refused(f"refund-duties --amount 21.50 {AS_TAX_PAYEE}")["type"] == "NotReturned"
    order.do(f"settle-return {AS_SELLER}")
    assert order.refused(f"refund-duties --amount 21.50 {AS_TAX_PAYEE}")["type"] == "ERC20InsufficientAllowance"
    shell.json(f"token approve 21.50 --token {second} --for duties {AS_TAX_PAYEE}")
    order.do(f"refund-duties --amount 21.50 {AS_TAX_PAYEE}")
    assert money(shell, TAX_PAYEE.address, second) == 0
    assert "21.50 to the buyer" in order.drawn()


def test_duties_that_nobody_assessed_go_back_to_the_buyer(shell: Cli, world: World, order: Order):
    dollar = world.client.token().address
    clause = f"add-duties --token {dollar} --amount 30 --payee {TAX_PAYEE.address} --assess-by 7d"
    order.agree(clause, entry_authority=world.entry_customs).open().ship().deliver()
    order.do(f"release {AS_BUYER}")
    assert order.refused(f"return-duties {AS_ANYONE}")["type"] == "TooEarly"
    wait(world, timedelta(days=8))
    assert order.acts() == {"return_duties": "anyone"}
    before = money(shell, BUYER.address)
    order.do(f"return-duties {AS_ANYONE}")
    assert money(shell, BUYER.address) - before == 30
    assert order.show()["legs"][1]["status"] == "returned"


def test_an_assignee_is_paid_first_and_asked_first(shell: Cli, order: Order):
    order.agree().open()
    assert order.refused(f"assign --to {FINANCIER.address} --amount 121 {AS_SELLER}")["type"] == "AssignmentTooHigh"
    order.do(f"assign --to {FINANCIER.address} --amount 80 {AS_SELLER}")
    assert order.show()["assignment"] == {"assignee": FINANCIER.address, "amount": "80.000000"}
    assert "has not agreed to a refund" in order.drawn()
    assert order.refused(f"refund {AS_SELLER}")["type"] == "AssigneeConsentMissing"
    order.do(f"consent-to-refund {AS_FINANCIER}")
    assert "lets the seller refund" in order.drawn()
    order.do(f"release {AS_BUYER}")
    assert money(shell, FINANCIER.address) == 80


def test_a_delivery_that_the_carrier_anchored_needs_no_receipt(shell: Cli, world: World, order: Order):
    carrier, proof = world.ids[Role.CARRIER], order.folder / "proof.json"
    shell.json(f"goods set-writer {carrier} --writer {CARRIER.address} {AS_CONTROLLER}")
    order.agree().open().ship()
    time = datetime.fromisoformat(order.show()["as_of"]["time"]).isoformat()
    made = order.do(f"delivery-proof --unit {UNIT} --event-id {EVENT} --time {time} --out {proof}")
    index = shell.json(f"goods log {carrier}")["next_index"]
    roots = f"--root {made['batch']['root']} --items-root {made['batch']['items_root']}"
    bring = f"deliver-anchored --proof {proof} --index {index} {AS_ANYONE}"
    assert order.refused(bring)["type"] == "DeliveryNotAnchored"
    shell.json(f"goods anchor {carrier} {index} {roots} --count 1 {AS_CARRIER}")
    unplaced = order.refused(f"deliver-anchored --proof {proof} {AS_ANYONE}", 1)
    assert "does not say where in the log" in unplaced["message"]
    order.do(bring)
    assert order.show()["standing"]["delivered"]

    shell.json(f"order trust-from {carrier} {index + 1} {AS_CONTROLLER}")
    other = Order(shell, order.folder).agree().open().ship()
    assert other.refused(bring)["type"] in ("LeafForeign", "BatchDistrusted")
    proof.write_text('{"delivery": {}}', encoding="utf-8")
    assert "no proof of a delivery" in other.refused(bring, 1)["message"]


def test_a_delivery_waits_in_the_carriers_outbox_and_is_anchored_with_its_events(
    shell: Cli, world: World, order: Order
):
    carrier, proof = world.ids[Role.CARRIER], order.folder / "proof.json"
    shell.json(f"goods set-writer {carrier} --writer {CARRIER.address} {AS_CONTROLLER}")
    order.agree().open().ship()
    time = order.show()["as_of"]["time"]
    outbox = order.folder / "carrier.sqlite3"
    prove = f"delivery-proof --unit {UNIT} --event-id {EVENT} --time {time} --outbox {outbox} --out {proof}"
    for _ in range(2):
        waiting = order.do(prove)
        assert (waiting["index"], waiting["batch"], waiting["proof"], waiting["file"]) == (None, None, [], None)
        assert not proof.exists()
    document = order.folder / "accepting.json"
    document.write_text(json.dumps(accepting(time)), encoding="utf-8")
    publish = f"relay publish {document} --publisher {carrier} --outbox {outbox} {AS_CARRIER}"
    assert shell.json(publish) == {"events": 1, "batches": 1}
    made = order.do(prove)
    (last,) = shell.json(f"goods log {carrier} --limit 1")["batches"]
    assert {name: last[name] for name in made["batch"]} | {"writer": CARRIER.address.lower()} == made["batch"]
    assert (made["index"], made["batch"]["count"], len(made["proof"])) == (last["index"], 2, 1)
    order.do(f"deliver-anchored --proof {proof} {AS_ANYONE}")
    assert order.show()["standing"]["delivered"]


def accepting(time: str) -> dict[str, object]:
    event = {
        "type": "ObjectEvent",
        "eventTime": time,
        "eventTimeZoneOffset": "+00:00",
        "epcList": [UNIT],
        "action": "OBSERVE",
        "bizStep": "accepting",
    }
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": time,
        "epcisBody": {"eventList": [event]},
    }


def test_many_orders_go_on_in_one_transaction(shell: Cli, world: World, tmp_path: Path):
    orders = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        orders.append(Order(shell, folder).agree(group="0x" + "77" * 32).open())
    path = tmp_path / "calls.txt"
    path.write_text("\n".join(f"ship {order.id} {UNIT}" for order in orders), encoding="utf-8")
    done = shell.json(f"order batch {path} {AS_SELLER}")
    assert [call["error"] for call in done["calls"]] == [None] * 3
    assert len(done["transactions"]) == 1

    for order in orders:
        order.do(f"receipt --unit {UNIT} --event-id {EVENT} --out {order.folder / 'receipt.json'} {AS_CARRIER}")
    lines = [f"deliver {order.id} {order.folder / 'receipt.json'}" for order in orders]
    path.write_text("# the morning's round\n" + "\n".join(lines), encoding="utf-8")
    assert {call["error"] for call in shell.json(f"order batch {path} {AS_ANYONE}")["calls"]} == {None}

    # One is released twice: that call fails, alone.
    path.write_text("\n".join(f"release {order.id}" for order in [*orders, orders[0]]), encoding="utf-8")
    done = shell.json(f"order batch {path} {AS_BUYER}", code=4)
    assert [call["error"] and call["error"]["type"] for call in done["calls"]] == [None, None, None, "StateWrong"]
    assert {order.show()["standing"]["state"] for order in orders} == {"released"}
    listed = shell.json(f"order list --group 0x{'77' * 32}")["orders"]
    assert [one["order"] for one in listed] == [order.id for order in orders]
