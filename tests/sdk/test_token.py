"""Money at the edge: Decimal in, integers inside."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sdk_kit import GOVERNOR, STRANGER, fresh_signer

from lading.errors import InputError
from lading.reverts.openzeppelin import ERC20InsufficientBalance


def test_what_is_minted_is_there_to_the_last_unit(client):
    dollars, owner = client.token(), fresh_signer().address
    dollars.mint(owner, Decimal("12.345678"))
    assert dollars.balance(owner) == Decimal("12.345678")
    assert dollars.contract.balance(owner) == 12_345_678


def test_an_amount_finer_than_the_token_is_refused(client):
    with pytest.raises(InputError, match="6 decimals"):
        client.token().mint(STRANGER.address, Decimal("0.0000001"))


def test_a_transfer_beyond_the_balance_says_what_is_missing(client):
    dollars, sender = client.token(), client.using(GOVERNOR)
    have = dollars.contract.balance(GOVERNOR.address)
    with pytest.raises(ERC20InsufficientBalance) as refusal:
        sender.token().transfer(STRANGER.address, dollars.amount(have + 1))
    assert (refusal.value.balance, refusal.value.needed) == (have, have + 1)


def test_an_allowance_is_what_was_approved(client):
    spender = fresh_signer().address
    client.token().approve(spender, Decimal("7.5"))
    assert client.token().allowance(GOVERNOR.address, spender) == Decimal("7.5")


def test_the_dev_dollar_says_what_it_is(client):
    assert (client.token().symbol(), client.token().decimals()) == ("LDD", 6)
    assert client.token().contract.domain().name == "Lading Dev Dollar"
