"""Many calls to the escrow in as few transactions as fit (ITradeEscrow.batch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lading.chain import reverts, transactions
from lading.chain.contract import Call
from lading.chain.node import Request
from lading.errors import ContractError, InputError
from lading.groups.order_base import OrderVerbs
from lading.groups.session import Receipt

#: EIP-7825: the most gas that one transaction may have.
TRANSACTION_GAS = 16_777_216
#: Enough for a release with every payee and the observer; what a call leaves over is there for the next one.
GAS_EACH = 500_000
#: Less than any call of ours takes: where the search for how many fit begins.
LEAST_GAS = 20_000
LIFE = frozenset({"accept", "cancel", "ship", "poke", "deliver", "release", "refund", "report"})
BATCHABLE = LIFE | {"assign", "consentToRefund", "withdraw", "withdrawFor"}


@dataclass(frozen=True)
class CallResult:
    """What became of one call of a batch: `error` is None if it succeeded, `receipt` that of its transaction."""

    call: Call
    receipt: Receipt
    error: ContractError | None

    @property
    def ok(self) -> bool:
        return self.error is None


class BatchVerbs(OrderVerbs):
    def batch(self, calls: Sequence[Call], *, gas_each: int = GAS_EACH) -> tuple[CallResult, ...]:
        """Makes many calls as the signer, in as few transactions as fit under 16,777,216 gas each; every call succeeds
        or fails alone, with `gas_each` gas. `calls` are those of `client.contracts.orders`, any verb but opening; the
        results are in their order.

        Raises:
            InputError: a call of another contract, or one that opens an order.
            GasTooLow: one call alone does not fit; lower `gas_each`.
        """
        results: list[CallResult] = []
        while len(results) < len(calls):
            rest = calls[len(results) :]
            count, gas = self._fit(rest, gas_each)
            results += self._send(rest[:count], gas_each, gas)
        return tuple(results)

    def batch_size(self, calls: Sequence[Call], *, gas_each: int = GAS_EACH) -> int:
        """How many of these calls, from the first on, fit into one transaction as things stand. Raises as `batch`."""
        return self._fit(calls, gas_each)[0] if calls else 0

    def _send(self, calls: Sequence[Call], gas_each: int, gas: int) -> list[CallResult]:
        session = self._session
        signed = session.plan(self._contract.batch(calls, gas_each), gas=gas)
        session.broadcast(signed)
        receipt = session.wait(signed)
        failed = {
            event.args["index"]: reverts.decode(bytes.fromhex(event.args["reason"][2:]))
            for event in receipt.events
            if event.name == "CallFailed"
        }
        return [CallResult(call, receipt, failed.get(index)) for index, call in enumerate(calls)]

    def _fit(self, calls: Sequence[Call], gas_each: int) -> tuple[int, int]:
        """(how many of the calls fit, the gas limit for them): the longest start of the list, found by halving."""
        for call in calls:
            if call.to != self._contract.address or call.function not in BATCHABLE:
                raise InputError(f"calls: {call.contract}.{call.function} can be no part of a batch.")
        least, most = 0, min(len(calls), TRANSACTION_GAS // LEAST_GAS)
        found, count = 0, most
        while least < most:
            gas = self._limit(calls[:count], gas_each)
            if gas is None:
                most = count - 1
            else:
                least, found = count, gas
            count = (least + most + 1) // 2
        if not least:
            raise self._too_long(calls[0], gas_each)
        return least, found

    def _limit(self, calls: Sequence[Call], gas_each: int) -> int | None:
        """A gas limit with which the batch goes through; None if it does not fit into a transaction."""
        try:
            estimate = self._estimate(calls, gas_each)
        except ContractError:
            # All that a batch itself reverts with is too little gas: what its calls revert with is an event.
            return None
        limit = transactions.with_margin(estimate)
        return limit if limit <= TRANSACTION_GAS else None

    def _estimate(self, calls: Sequence[Call], gas_each: int) -> int:
        call, session = self._contract.batch(calls, gas_each), self._session
        return session.chain.estimate(Request(call.to, call.data, session.key.address, 0))

    def _too_long(self, call: Call, gas_each: int) -> ContractError | InputError:
        try:
            estimate = self._estimate([call], gas_each)
        except ContractError as refusal:
            return refusal
        return InputError(f"gas_each: a call with {gas_each} gas takes {estimate}, more than a transaction may have.")
