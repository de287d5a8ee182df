"""What others finance and collect: an assignment of the proceeds (ITradeEscrow), and duties at the border (IDuties)."""

from __future__ import annotations

from decimal import Decimal

from lading import fields
from lading.chain import typed_data
from lading.chain.node import BlockId
from lading.errors import InputError
from lading.groups.order_base import OrderVerbs
from lading.groups.session import Receipt
from lading.models import Assessment, Assignment, DutiesClause, DutiesPaid, OrderTerms

#: ITradeEscrow.Assignment.
ASSIGNMENT_BITS = 96


class FinanceVerbs(OrderVerbs):
    def assignment_of(self, order: OrderTerms | str, *, at: BlockId = "latest") -> Assignment | None:
        """Who finances an order (terms or id), with how much; None if nobody does."""
        return self._contract.assignment_of(self._id_of(order), at=at)

    def assign(self, terms: OrderTerms, assignee: str, amount: Decimal) -> Receipt:
        """The seller makes the first `amount` of its proceeds over, once, after acceptance and before delivery.

        Raises:
            NotSeller, AlreadyAssigned, AssignmentTooHigh, PartyInvalid, StateWrong: as they say.
        """
        units = fields.to_units(amount, terms.token_decimals, "amount", ASSIGNMENT_BITS)
        return self._change(terms, self._contract.assign(terms, fields.address(assignee, "assignee"), units))

    def consent_to_refund(self, terms: OrderTerms) -> Receipt:
        """The assignee lets the seller refund, or give more back than the return policy says. Raises NotAssignee."""
        return self._change(terms, self._contract.consent_to_refund(terms))

    def duties_paid(self, order: OrderTerms | str, *, at: BlockId = "latest") -> DutiesPaid:
        """What was assessed for an order (terms or id), and what of it came back, in smallest units."""
        return self._session.contracts.duties.paid_for(self._id_of(order), at=at)

    def assessment(self, terms: OrderTerms, amount: Decimal, declaration: str) -> Assessment:
        """An assessment for the entry authority to sign: `amount` of the duties' token; `declaration` is the content
        hash of the declaration. Raises InputError for terms without duties."""
        units = _duties(terms, amount)
        return Assessment(order_id=self.id(terms), units=units, declaration=declaration)

    def sign_assessment(self, terms: OrderTerms, assessment: Assessment) -> str:
        """The signer, as a key of the entry authority, assesses, to the tax payee that the terms name. Raises
        InputError for terms without duties."""
        session, clause = self._session, _clause(terms)
        message = typed_data.assessment(
            typed_data.duties_domain(session.chain.chain_id, session.contracts.duties.address),
            order_id=assessment.order_id,
            token=clause.token,
            units=assessment.units,
            payee=clause.payee,
            declaration=assessment.declaration,
            signer=session.key.address,
        )
        return session.key.sign_typed(message)

    def assess_duties(self, terms: OrderTerms, assessment: Assessment, signer: str, signature: str) -> Receipt:
        """Pays what the authority's key `signer` assessed to the tax payee and the rest back to the buyer; by anyone,
        no later than `assess_by`.

        Raises:
            AssessmentForeign, AuthorityForeign, AssessmentInvalid, AssessmentTooHigh, TooLate, DutiesNotHeld: as they
            say. NotAccepted: retryable.
        """
        by = fields.address(signer, "signer")
        return self._change(terms, self._session.contracts.duties.assess(terms, assessment, by, signature))

    def return_duties(self, terms: OrderTerms) -> Receipt:
        """Returns duties that nobody assessed to the buyer, after `assess_by`; by anyone.

        Raises:
            TooEarly: retryable; `opens_at` says when.
            DutiesNotHeld: as it says.
        """
        return self._change(terms, self._session.contracts.duties.return_duties(terms))

    def refund_duties(self, terms: OrderTerms, amount: Decimal) -> Receipt:
        """The signer, who is the tax payee, passes duty back to the buyer of goods that came back, from
        its allowance for `client.contracts.duties.address`, which it gives beforehand.

        Raises:
            NotReturned: retryable.
            NotPayee, RefundTooHigh, AmountZero: as they say.
            ERC20InsufficientAllowance: `spender` is the contract that needs the allowance.
        """
        return self._change(terms, self._session.contracts.duties.refund_duties(terms, _duties(terms, amount)))


def _duties(terms: OrderTerms, amount: Decimal) -> int:
    """Smallest units of the duties' token."""
    return fields.to_units(amount, _clause(terms).token_decimals, "amount")


def _clause(terms: OrderTerms) -> DutiesClause:
    if terms.duties is None:
        raise InputError("terms: they have no duties.")
    return terms.duties
