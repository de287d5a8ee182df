"""`client.token()`: the money of orders, as far as the SDK needs it."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from lading import fields
from lading.chain.node import BlockId
from lading.contracts.token import Token as TokenContract
from lading.groups.session import Receipt, Session

UNLIMITED = 2**256 - 1


class Token:
    """One token. Amounts are Decimal in token units; one that is finer than the token is refused."""

    def __init__(self, session: Session, address: str) -> None:
        self._session = session
        self.contract = TokenContract(session.chain, address)
        self.address = self.contract.address

    @cached_property
    def _decimals(self) -> int:
        return self.contract.decimals()

    def decimals(self) -> int:
        """Read once; a token's decimals do not change."""
        return self._decimals

    def symbol(self) -> str:
        return self.contract.symbol()

    def units(self, amount: Decimal) -> int:
        """Smallest units. Raises InputError for an amount that is finer than the token."""
        return fields.to_units(amount, self._decimals, "amount")

    def amount(self, units: int) -> Decimal:
        return fields.from_units(units, self._decimals)

    def balance(self, owner: str, *, at: BlockId = "latest") -> Decimal:
        return self.amount(self.contract.balance(fields.address(owner, "owner"), at=at))

    def allowance(self, owner: str, spender: str) -> Decimal:
        holder, other = fields.address(owner, "owner"), fields.address(spender, "spender")
        return self.amount(self.contract.allowance(holder, other))

    def approve(self, spender: str, amount: Decimal | None = None) -> Receipt:
        """Lets `spender` take that much of the signer's money; without an amount, any."""
        units = UNLIMITED if amount is None else self.units(amount)
        return self._session.send(self.contract.approve(fields.address(spender, "spender"), units))

    def transfer(self, to: str, amount: Decimal) -> Receipt:
        """Raises ERC20InsufficientBalance."""
        return self._session.send(self.contract.transfer(fields.address(to, "to"), self.units(amount)))

    def mint(self, to: str, amount: Decimal) -> Receipt:
        """On devnets, where DevDollar lets anyone."""
        return self._session.send(self.contract.mint(fields.address(to, "to"), self.units(amount)))
