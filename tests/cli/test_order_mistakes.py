"""What users of orders with clauses get wrong: a sentence, its exit code, nothing sent and no file changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_kit import Cli, Result
from order_kit import (
    AS_ANYONE,
    AS_ARBITER,
    AS_BUYER,
    AS_ENTRY,
    AS_FINANCIER,
    AS_PROVIDER,
    AS_SELLER,
    EVENT,
    UNIT,
    Order,
)
from sdk_kit import ARBITER, PROVIDER, SELLER, World

from lading.enums import Role


def test_a_quote_is_for_its_order_and_can_be_taken_back(shell: Cli, world: World, order: Order, tmp_path: Path):
    clause = f"add-quote --provider {PROVIDER.address} --token {world.second_token} --amount 900"
    order.agree(clause)
    quote = tmp_path / "quote.json"
    shell.json(f"order quote --terms {order.terms} --expiry 1h --longest-lock 60d --out {quote} {AS_PROVIDER}")
    shell.json(f"order cancel-quote --terms {order.terms} {AS_PROVIDER}")
    words = f"order open --terms {order.terms} --quote {quote} {AS_BUYER}"
    assert shell.refused(words, 4)["type"] == "QuoteIsCancelled"

    order.agree(clause)
    error = shell.refused(words, 1)
    assert error["type"] == "FileUnreadable"
    assert "another order" in error["message"]
    quote.write_text("{}", encoding="utf-8")
    assert "no provider's quote" in shell.refused(words, 1)["message"]


def batched(shell: Cli, lines: list[str], account: str) -> tuple[Result, Path]:
    path = shell.folder / "calls.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return shell(f"order batch {path} {account}"), path


def test_a_batch_is_said_line_by_line(shell: Cli, order: Order):
    order.agree().open()
    done, _ = batched(shell, [f"ship {order.id} {UNIT}", f"release {order.id}"], AS_SELLER)
    assert done.code == 4
    assert "1 of 2 done, in 1 transaction." in done.out
    assert "failed: " in done.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "holds no line"),
        ("frobnicate 0x11", "line 1: 'frobnicate' is none of accept"),
        ("ship 0x11", "line 1: write it as 'ship ORDER URI'"),
        ("release", "line 1: write it as 'release ORDER'"),
        ("release 0x" + "11" * 32, "line 1: No order"),
        ("release 0x11", "line 1: order_id: it should be 32 bytes"),
        ('ship "0x11', "line 1: No closing quotation"),
    ],
)
def test_a_malformed_batch_sends_nothing_and_names_its_line(shell: Cli, world: World, line: str, said: str):
    before = world.client.chain.block().number
    done, path = batched(shell, [line], AS_BUYER)
    assert done.code == 1
    assert said in done.err
    assert str(path) in done.err
    assert "Traceback" not in done.err
    assert world.client.chain.block().number == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (f"dispute --evidence nothing.jpg {AS_BUYER}", 1, "nothing.jpg cannot be read"),
        (f"dispute --evidence 0x1234 {AS_BUYER}", 1, "0x1234 cannot be read"),
        (f"dispute {AS_BUYER}", 2, "--evidence"),
        (f"dispute --evidence 0x{'11' * 32} {AS_BUYER}", 4, "arbiter"),
        (f"propose-split {AS_BUYER}", 2, "what is offered"),
        (f"propose-split --to-buyer 5 {AS_BUYER}", 2, "an amount and a time"),
        (f"propose-split --to-buyer 5 --until 2d --withdraw {AS_BUYER}", 2, "what is offered"),
        (f"propose-split --to-buyer 0.0000001 --until 2d {AS_BUYER}", 1, "finer than the token"),
        (f"rule --to-buyer 5 --fault weather --reasons 0x{'11' * 32} {AS_ARBITER}", 2, "nobody, seller, buyer"),
        (f"rule --to-buyer 5 --fault seller --reasons 0x{'11' * 32} {AS_ARBITER}", 4, "not disputed"),
        (f"request-return {AS_BUYER}", 4, "let no goods come back"),
        (f"settle-return {AS_SELLER}", 1, "no return policy"),
        (f"sign-assessment --amount 1 --declaration 0x{'11' * 32} --out a.json {AS_ENTRY}", 1, "no duties"),
        (f"assess-duties --assessment nothing.json {AS_ANYONE}", 1, "nothing.json cannot be read"),
        (f"assign --to 0x12 --amount 5 {AS_SELLER}", 1, "address"),
        (f"consent-to-refund {AS_FINANCIER}", 4, ""),
        (f"delivery-proof --unit box --event-id {EVENT} --time 1h --out p.json", 1, "no SSCC"),
    ],
)
def test_what_a_tired_user_gets_wrong_is_said_in_a_sentence(order: Order, words: str, code: int, said: str):
    order.agree().open()
    error = order.refused(words, code)
    assert said in error["message"]
    # What is wrong with a value says by itself how to write it.
    assert error["hint"] or error["type"] == "InputError"


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("add-quote --provider {provider} --token {dollar} --amount 5", "nothing to swap"),
        ("add-quote --provider {provider} --token {second} --amount 0", "leave the clause out"),
        ("add-duties --token {second} --amount 30 --payee {provider} --assess-by 30d", "no customs of entry"),
        ("add-returns --place GLN:9521141000106 --receive-window 7d --settle-window 2d", "no participant"),
        ("add-returns --place {place} --receive-window 7d --settle-window 2d --freight 121", "more than the price"),
        ("add-returns --place {place} --receive-window 0s --settle-window 2d", "leave the clause out"),
        ("add-arbiter --arbiter {arbiter} --window 5d --silent-buyer-bps 6000 --fee 121", "more than the price"),
        ("add-arbiter --arbiter {arbiter} --window 5d --silent-buyer-bps 10001", "10000"),
    ],
)
def test_a_clause_that_no_escrow_takes_leaves_the_file_as_it_was(world: World, order: Order, clause: str, said: str):
    order.agree()
    before = order.terms.read_bytes()
    names = {"provider": PROVIDER.address, "arbiter": ARBITER.address, "second": world.second_token}
    names |= {"dollar": world.client.token().address, "place": world.ids[Role.WAREHOUSE]}
    error = order.shell.refused(f"order {clause.format(**names)} --terms {order.terms}", 1)
    assert said in error["message"] + error["hint"]
    assert order.terms.read_bytes() == before


def test_duties_are_not_assessed_before_the_goods_have_to_be_there(world: World, order: Order):
    order.agree(entry_authority=world.entry_customs)
    clause = f"add-duties --token {world.second_token} --amount 30 --payee {SELLER.address} --assess-by 5d"
    error = order.shell.refused(f"order {clause} --terms {order.terms}", 1)
    assert "before the goods have to be there" in error["message"]
