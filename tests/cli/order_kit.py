"""Who takes part in the orders of these tests, and on which terms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli_kit import Cli
from sdk_kit import BUYER, CARRIER, PLATFORM, SELLER

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"
# Accounts of the devnet, by part; sdk_kit's.
AS_BUYER, AS_SELLER, AS_PLATFORM, AS_CARRIER, AS_EXIT, AS_ENTRY, AS_PAYMENT, AS_ANYONE = (
    f"--dev-account {index}" for index in (1, 2, 3, 4, 5, 6, 7, 9)
)
PARTIES = f"--buyer {BUYER.address} --seller {SELLER.address} --platform {PLATFORM.address} --carrier {CARRIER.address}"
TIMES = "--accept-by 1h --ship-by 1d --deliver-by 5d --claim-window 1d --inspection-window 2d"
AS_CONTROLLER, AS_PLACE, AS_ARBITER, AS_PROVIDER, AS_FINANCIER, AS_TAX_PAYEE = (
    f"--dev-account {index}" for index in range(10, 16)
)


class Order:
    """An order on its way, by the command line alone."""

    def __init__(self, shell: Cli, folder: Path) -> None:
        self.shell = shell
        self.folder = folder
        self.terms = folder / "terms.json"
        self.id = ""

    def agree(self, *clauses: str, **options: str) -> Order:
        """Writes terms, and adds each of the clauses (the words after `order`)."""
        given = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in options.items())
        words = f"order terms {PARTIES} {TIMES} --price 120.50 --freight 9.99 --fee-bps 250 {given}"
        self.shell.json(f"{words} --out {self.terms}")
        for clause in clauses:
            self.shell.json(f"order {clause} --terms {self.terms}")
        return self

    def open(self, words: str = AS_BUYER) -> Order:
        """Opened by its buyer, unless other words say so, and accepted by its seller."""
        consent = self.shell(f"order sign-accept --terms {self.terms} {AS_SELLER}").out.strip()
        self.id = self.shell.json(f"order open --terms {self.terms} --seller-consent {consent} {words}")["id"]
        return self

    def ship(self) -> Order:
        self.do(f"ship --unit {UNIT} {AS_SELLER}")
        return self

    def deliver(self) -> Order:
        receipt = self.folder / "receipt.json"
        self.do(f"receipt --unit {UNIT} --event-id {EVENT} --out {receipt} {AS_CARRIER}")
        self.do(f"deliver --receipt {receipt} {AS_ANYONE}")
        return self

    def do(self, words: str) -> Any:
        """`lading order VERB ID …`, with its document checked."""
        verb, _, rest = words.partition(" ")
        return self.shell.json(f"order {verb} {self.id} {rest}")

    def refused(self, words: str, code: int = 4) -> dict[str, Any]:
        verb, _, rest = words.partition(" ")
        return self.shell.refused(f"order {verb} {self.id} {rest}", code)

    def show(self) -> Any:
        return self.shell.json(f"order show {self.id}")

    def drawn(self) -> str:
        """What a person sees of it."""
        return self.shell(f"order show {self.id}").out

    def acts(self) -> dict[str, str]:
        """The verbs that are open now, and who may call them."""
        return {act["verb"]: act["who"] for act in self.show()["may_act"]}
