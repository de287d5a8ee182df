"""What a liquidity provider does (IQuotes): it quotes, bounds what it has locked, and takes quotes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from lading import fields
from lading.chain import typed_data
from lading.chain.node import BlockId
from lading.errors import InputError
from lading.groups.order_base import OrderVerbs
from lading.groups.session import Receipt
from lading.models import Exposure, OrderTerms, Quote


class QuoteVerbs(OrderVerbs):
    def quote(self, terms: OrderTerms, *, expiry: datetime, longest_lock: timedelta) -> Quote:
        """The signer, as the provider that the terms name, locks price and freight for this order: if it is opened no
        later than `expiry`, and ends `longest_lock` after that at the latest. Its JSON goes to the buyer, for `open`.

        Raises:
            InputError: the terms name no provider, or a time is malformed.
        """
        if terms.quote is None:
            raise InputError("terms: they have no quote clause, so that there is nothing to sign.")
        made = Quote(expiry=expiry, longest_lock=longest_lock, signature="0x")
        session = self._session
        message = typed_data.quote(
            typed_data.quotes_domain(session.chain.chain_id, session.contracts.quotes.address),
            order_id=self.id(terms),
            pay=(terms.quote.token, *terms.quote.units()),
            settle=(terms.token, terms.total_units()),
            expiry=int(made.expiry.timestamp()),
            longest_lock=int(made.longest_lock.total_seconds()),
        )
        return made.model_copy(update={"signature": session.key.sign_typed(message)})

    def set_quote_cap(self, token: str, cap: Decimal) -> Receipt:
        """How much of a token the signer, as provider, will have locked at most; zero, as at first, locks nothing."""
        address = fields.address(token, "token")
        units = fields.to_units(cap, self._decimals_of(address), "cap")
        return self._session.send(self._session.contracts.quotes.set_cap(address, units))

    def cancel_quote(self, order: OrderTerms | str) -> Receipt:
        """The signer, as provider, no longer stands by its quote for an order (terms or id) that is not open yet."""
        return self._session.send(self._session.contracts.quotes.cancel_quote(self._id_of(order)))

    def exposure(self, provider: str, token: str, *, at: BlockId = "latest") -> Exposure:
        """What a provider has locked and may lock, in smallest units of the token."""
        who, what = fields.address(provider, "provider"), fields.address(token, "token")
        return self._session.contracts.quotes.exposure(who, what, at=at)
