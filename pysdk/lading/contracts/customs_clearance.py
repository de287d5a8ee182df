"""CustomsClearance: three documents and two borders. Rules and warnings: contracts/interfaces/ICustomsClearance.sol."""

from __future__ import annotations

from dataclasses import dataclass

from lading.chain.contract import Call, Contract
from lading.chain.node import BlockId, Chain
from lading.customs import OrderDocument, PaymentDocument, WaybillDocument
from lading.enums import ConditionStatus, Decision, Fault, JoinField, Side
from lading.errors import InputError
from lading.models import Clearance, OrderTerms, Signed
from lading.values import AbiValue

NAME = "CustomsClearance"
PORT_LENGTH = 5


@dataclass(frozen=True)
class Papers:
    """The three documents of an order, each with its signature."""

    order: OrderDocument
    platform: Signed
    payment: PaymentDocument
    payment_provider: Signed
    waybill: WaybillDocument
    carrier: Signed

    def to_chain(self) -> tuple[AbiValue, ...]:
        """The arguments of `matchDocuments` after the terms."""
        return (
            tuple(self.order.struct().values()),
            (self.platform.signer, self.platform.signature),
            tuple(self.payment.struct().values()),
            (self.payment_provider.signer, self.payment_provider.signature),
            tuple(self.waybill.struct().values()),
            (self.carrier.signer, self.carrier.signature),
        )


class CustomsClearance:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def match(self, terms: OrderTerms, papers: Papers) -> Call:
        return self.contract.call("matchDocuments", terms.to_chain(), *papers.to_chain())

    def preview(self, terms: OrderTerms, papers: Papers, *, at: BlockId = "latest") -> JoinField:
        """What `match` would return as of that block; nothing is sent."""
        return JoinField(self.contract.read("matchDocuments", terms.to_chain(), *papers.to_chain(), at=at))

    def decide(
        self, terms: OrderTerms, side: Side, decision: Decision, *, fault: Fault, port: str, declaration_no: str
    ) -> Call:
        return self.contract.call(
            "decide", terms.to_chain(), int(side), int(decision), int(fault), port_bytes(port), declaration_no
        )

    def status(self, order_id: str, *, at: BlockId = "latest") -> tuple[ConditionStatus, Fault]:
        status, fault = self.contract.read("status", order_id, at=at)
        return ConditionStatus(status), Fault(fault)

    def get(self, order_id: str, *, at: BlockId = "latest") -> Clearance:
        return Clearance(order_id=order_id, **self.contract.read_struct("getClearance", order_id, at=at))


def port_bytes(port: str) -> bytes:
    """bytes5. Whether it is a port of this authority is the contract's to say."""
    if len(port) != PORT_LENGTH or not port.isascii():
        raise InputError(f"port: {port!r} is not five characters (UN/LOCODE), such as CNSHA.")
    return port.encode("ascii")
