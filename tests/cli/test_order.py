"""The verbs of an order on a real devnet: each document in its published form, each refusal by its contract's name."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from cli_kit import Cli
from order_kit import AS_ANYONE, AS_BUYER, AS_CARRIER, AS_PLATFORM, AS_SELLER, EVENT, PARTIES, TIMES, UNIT
from sdk_kit import BUYER, CARRIER, SELLER, World
from web3.types import RPCEndpoint

from lading.chain import devnet
from lading.cli.output import length
from lading.errors import ContractError
from lading.models import OrderTerms


@pytest.fixture
def opened(shell: Cli, terms: Path) -> str:
    """An order that is open and accepted, by both parties' signatures, sent by the platform; its id."""
    consent = shell(f"order sign-accept --terms {terms} {AS_SELLER}").out.strip()
    authorization = shell(f"order authorize --terms {terms} {AS_BUYER}").out.strip()
    words = f"order open --terms {terms} --authorization {authorization} --seller-consent {consent} {AS_PLATFORM}"
    receipt = shell.json(words)
    assert [event["name"] for event in receipt["events"] if event["contract"] == "TradeEscrow"] == [
        "Opened",
        "Accepted",
    ]
    return receipt["id"]


def test_terms_are_on_the_chains_own_clock_although_no_block_came_of_late(shell: Cli, world: World, tmp_path: Path):
    chain, path = world.client.chain, tmp_path / "terms.json"
    chain.web3.provider.make_request(RPCEndpoint("evm_increaseTime"), [7200])
    before = chain.now()
    shell.json(f"order terms {PARTIES} {TIMES} --price 120.50 --out {path}")
    after = chain.now()
    made = OrderTerms.model_validate(json.loads(path.read_text(encoding="utf-8")))
    devnet.advance(chain, 0)

    assert before + 3600 <= made.accept_by.timestamp() <= after + 3600
    assert (str(made.price), made.token) == ("120.50", world.client.token().address)


def test_an_order_shows_its_state_its_default_and_who_may_act(shell: Cli, opened: str):
    shown = shell.json(f"order show {opened}")
    assert shown["standing"]["state"] == "accepted"
    assert shown["default"]["kind"] == "refund"
    assert shown["may_act"] == [
        {"verb": "ship", "who": "seller", "until": shown["terms"]["ship_by"]},
        {"verb": "assign", "who": "seller", "until": None},
        {"verb": "release", "who": "buyer", "until": None},
        {"verb": "refund", "who": "seller", "until": None},
        {"verb": "propose_split", "who": "buyer or seller", "until": None},
    ]
    assert [event["event"] for event in shown["history"]] == ["Opened", "Accepted"]


def test_people_see_state_deadlines_default_and_history(shell: Cli, opened: str):
    out = shell(f"order show {opened}").out
    for said in (
        "accepted, since ",
        "last moment to ship",
        "refund, by anyone from ",
        "ship           seller",
        "Opened",
        "in the vault",
        "2 days after delivery",
    ):
        assert said in out


def test_an_order_lives_from_shipping_to_release(shell: Cli, opened: str, tmp_path: Path):
    shell.json(f"order ship {opened} --unit {UNIT} {AS_SELLER}")
    receipt = tmp_path / "receipt.json"
    made = shell.json(f"order receipt {opened} --unit {UNIT} --event-id {EVENT} --out {receipt} {AS_CARRIER}")
    assert made["signed"]["signer"] == CARRIER.address
    shell.json(f"order deliver {opened} --receipt {receipt} {AS_ANYONE}")
    sent = shell.json(f"order release {opened} {AS_BUYER}")

    assert sent["id"] == opened
    shown = shell.json(f"order show {opened}")
    assert (shown["standing"]["state"], shown["standing"]["ground"], shown["may_act"]) == ("released", "on_time", [])


def test_a_buyer_opens_from_an_allowance_by_its_own_transaction(shell: Cli, terms: Path):
    shell.json(f"token approve 1000 {AS_BUYER}")
    order = shell.json(f"order open --terms {terms} {AS_BUYER}")["id"]
    shown = shell.json(f"order show {order}")
    assert [act["verb"] for act in shown["may_act"]] == ["accept", "cancel"]
    shell.json(f"order accept {order} {AS_SELLER}")
    shell.json(f"order refund {order} {AS_SELLER}")
    assert shell.json(f"order show {order}")["standing"]["ground"] == "seller_refund"


def test_a_buyers_consent_opens_beside_an_allowance_and_either_side_cancels(shell: Cli, terms: Path):
    shell.json(f"token approve 1000 {AS_BUYER}")
    signed = shell.json(f"order sign-open --terms {terms} {AS_BUYER}")
    assert signed["signer"] == BUYER.address
    order = shell.json(f"order open --terms {terms} --buyer-consent {signed['signature']} {AS_ANYONE}")["id"]
    assert order == signed["order"]
    shell.json(f"order cancel {order} {AS_BUYER}")
    assert shell.json(f"order show --terms {terms}")["standing"]["state"] == "cancelled"


def test_orders_are_listed_page_by_page(shell: Cli, opened: str):
    seen, page = [], shell.json("order list --limit 1")
    while page["next"]:
        seen += [one["order"] for one in page["orders"]]
        page = shell.json(f"order list --limit 1 --after {page['next']}")
    seen += [one["order"] for one in page["orders"]]
    assert seen == [one["order"] for one in shell.json("order list")["orders"]]
    assert opened in seen


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (f"order ship {{}} --unit {UNIT} {AS_BUYER}", "NotSeller"),
        (f"order release {{}} {AS_ANYONE}", "DefaultDiffers"),
        (f"order refund {{}} {AS_ANYONE}", "TooEarly"),
        (f"order accept {{}} {AS_SELLER}", "StateWrong"),
        (f"order report {{}} {AS_ANYONE}", "NoOutcome"),
        (f"credit report {{}} {AS_ANYONE}", "NoOutcome"),
        (f"order poke {{}} {AS_ANYONE}", "ConditionNotMet"),
    ],
)
def test_what_a_contract_refuses_is_named_with_its_arguments(shell: Cli, opened: str, words: str, kind: str):
    error = shell.refused(words.format(opened), ContractError.exit_code)
    assert error["type"] == kind
    assert error["hint"]
    assert error["arguments"]


def test_a_refusal_that_time_heals_says_so(shell: Cli, opened: str):
    error = shell.refused(f"order refund {opened} {AS_ANYONE}", 4)
    assert error["retryable"]
    assert error["arguments"].keys() == {"blockTime", "opensAt"}


def test_a_payee_without_credit_has_nothing_to_withdraw(shell: Cli, world: World):
    for way in (f"--to {BUYER.address}", f"--for {SELLER.address}"):
        assert shell.refused(f"order withdraw {way} {AS_BUYER}", 4)["type"] == "NothingToWithdraw"


@pytest.mark.parametrize("order", ["", f"0x{'11' * 32} --terms terms.json"])
def test_it_has_to_be_said_which_order(shell: Cli, world: World, order: str):
    assert shell.refused(f"order show {order}", 2)["hint"] == "Give either its id or --terms FILE."


def test_an_order_that_nobody_opened_is_unknown(shell: Cli, world: World):
    error = shell.refused(f"order show 0x{'11' * 32}", 1)
    assert "order list" in error["hint"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"price": 1.5, "salt": None}, "salt"),
        ({"price": "1.0000001"}, "finer than the token"),
        ({"price": "-1"}, "no amount"),
        ({"accept_by": "2026-05-01T10:00:00"}, "accept_by"),
        ({"buyer": "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"}, "checksum"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_terms_that_were_changed_by_hand_are_refused_by_field(
    shell: Cli, terms: Path, changed: dict[str, object], said: str
):
    document = json.loads(terms.read_text(encoding="utf-8"))
    terms.write_text(json.dumps({**document, **changed}), encoding="utf-8")
    error = shell.refused(f"order sign-accept --terms {terms} {AS_SELLER}", 1)
    assert error["type"] == "InputError"
    assert said in error["message"]


def test_terms_with_a_fraction_written_as_a_number_stay_exact(shell: Cli, terms: Path):
    document = json.loads(terms.read_text(encoding="utf-8"))
    order = shell.json(f"order sign-accept --terms {terms} {AS_SELLER}")["order"]
    terms.write_text(json.dumps({**document, "price": 120.5}), encoding="utf-8")
    assert shell.json(f"order sign-accept --terms {terms} {AS_SELLER}")["order"] == order


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--accept-by tomorrow", "no time"),
        ("--accept-by 2026-05-01T10:00:00", "no time"),
        ("--claim-window 5", "length of time"),
        ("--price 1,50", "no amount"),
        ("--price NaN", "no amount"),
        ("--exit-authority somebody", "names no participant"),
    ],
)
def test_terms_from_malformed_words_write_no_file(shell: Cli, world: World, tmp_path: Path, words: str, said: str):
    path = tmp_path / "terms.json"
    error = shell.refused(f"order terms {PARTIES} {TIMES} --price 1 --out {path} {words}", 1)
    assert said in error["message"]
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--ship-by 30m", "--ship-by .* comes before --accept-by"),
        ("--deliver-by 2h", "--deliver-by .* comes before --ship-by"),
        ("--accept-by 2020-01-01T00:00:00Z", "--accept-by 2020-01-01T00:00:00Z is over"),
        ("--condition-by 4d", "--condition-by belongs to no condition"),
        ("--condition customs --exit-authority {exit}", "--condition has no deadline"),
        ("--condition customs --condition-by 4d", "names no customs"),
        ("--condition customs --condition-by 2h --exit-authority {exit}", "--condition-by .* comes before --ship-by"),
        ("--condition customs --condition-by 6d --entry-authority {exit}", "--deliver-by .* before --condition-by"),
        ("--condition customs --condition-by 4d --exit-authority 0x" + "11" * 32, "no participant"),
    ],
)
def test_terms_that_no_escrow_takes_write_no_file(shell: Cli, world: World, tmp_path: Path, words: str, named: str):
    path = tmp_path / "terms.json"
    given = words.format(exit=world.exit_customs)
    done = shell(f"order terms {PARTIES} {TIMES} --price 1 --out {path} {given} --json")
    assert done.code in (1, 4)
    assert re.search(named, done.error["message"])
    assert not path.exists()


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=30), "30 s"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(hours=12), "12 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=1, seconds=1), "86401 s"),
    ],
)
def test_a_length_of_time_is_said_in_the_unit_that_holds_it_whole(time: timedelta, said: str):
    assert length(time) == said
