"""`client.customs`: three-document matching and the decisions of both borders (ICustomsClearance)."""

from __future__ import annotations

from lading import fields
from lading.chain import typed_data
from lading.chain.node import BlockId
from lading.contracts.customs_clearance import Papers
from lading.customs import OrderDocument, PaymentDocument, WaybillDocument
from lading.enums import ConditionStatus, Decision, Fault, JoinField, Side
from lading.groups.session import Receipt, Session
from lading.models import Clearance, OrderTerms, Signed


class Customs:
    """Documents come from `lading.customs`; each is signed by a registered key of its participant."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._contract = session.contracts.customs

    @property
    def address(self) -> str:
        """What `condition` in an order's terms is to be, if its release waits for customs."""
        return self._contract.address

    def sign(self, document: OrderDocument | PaymentDocument | WaybillDocument) -> Signed:
        """The signer's EIP-712 signature over a document, for this chain and this contract."""
        session = self._session
        domain = typed_data.customs_domain(session.chain.chain_id, self._contract.address)
        message = typed_data.document(domain, document.TYPE, document.struct(), session.key.address)
        return Signed(signer=session.key.address, signature=session.key.sign_typed(message))

    def match(self, terms: OrderTerms, papers: Papers) -> Receipt:
        """Submits the three documents, by anyone who holds them. Documents that differ are recorded as such, with the
        first field that does (event DocumentsDiffer), and may be corrected and submitted again.

        Raises:
            DocumentForeign, SignatureInvalid, SignerForeign, SignersRelated, AlreadyMatched, KeyNotValid, RoleMissing:
            as
                they say.
        """
        return self._session.send(self._contract.match(terms, papers))

    def check(self, terms: OrderTerms, papers: Papers, *, at: BlockId = "latest") -> JoinField | None:
        """What `match` would find: the first field that differs, None if none does. Sends nothing. Raises what it
        would."""
        field = self._contract.preview(terms, papers, at=at)
        return None if field is JoinField.NONE else field

    def decide(
        self,
        terms: OrderTerms,
        side: Side,
        decision: Decision,
        *,
        port: str,
        declaration_no: str,
        fault: Fault = Fault.NOBODY,
    ) -> Receipt:
        """An authority's decision for its side, by one of its keys. `port` UN/LOCODE, such as CNSHA; `fault` only with
        a rejection.

        Raises:
            NotMatched: the documents have not matched yet (retryable).
            NotAuthority, SideNotNamed, ReleaseFinal, DecisionInvalid, PortInvalid, KeyNotValid, RoleMissing: as they
            say.
        """
        return self._session.send(
            self._contract.decide(terms, side, decision, fault=fault, port=port, declaration_no=declaration_no)
        )

    def status(self, order_id: str, *, at: BlockId = "latest") -> tuple[ConditionStatus, Fault]:
        """As the escrow reads it: the status, and whose fault a rejection is."""
        return self._contract.status(fields.word(order_id, "order_id"), at=at)

    def get(self, order_id: str, *, at: BlockId = "latest") -> Clearance:
        return self._contract.get(fields.word(order_id, "order_id"), at=at)


__all__ = ["Customs", "Papers"]
