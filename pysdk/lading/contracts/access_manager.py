"""OpenZeppelin's AccessManager 5.3: who may govern, and after which delay (docs of
`access/manager/AccessManager.sol`)."""

from __future__ import annotations

from lading.chain.contract import Call, Contract
from lading.chain.node import Chain

NAME = "AccessManager"


class AccessManager:
    def __init__(self, chain: Chain, address: str) -> None:
        self.contract = Contract(chain, NAME, address)
        self.address = self.contract.address

    def can_call(self, caller: str, call: Call) -> tuple[bool, int]:
        """(at once, or else after this delay in seconds); (False, 0) means never."""
        immediate, delay = self.contract.read("canCall", caller, call.to, call.data[:4])
        return bool(immediate), int(delay)

    def scheduled_at(self, caller: str, call: Call) -> int:
        """Block time from which the operation may be executed; zero if it is not scheduled, or expired."""
        operation = self.contract.read("hashOperation", caller, call.to, call.data)
        return int(self.contract.read("getSchedule", operation))

    def schedule(self, call: Call) -> Call:
        """As soon as the delay allows (`when` zero)."""
        return self.contract.call("schedule", call.to, call.data, 0)

    def execute(self, call: Call) -> Call:
        return self.contract.call("execute", call.to, call.data)
