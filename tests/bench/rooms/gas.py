"""What the money's verbs cost: the receipts of tests/gas/gas.json (`make gas`; a test holds the contracts to them)
beside base/commerce-payments, whose receipts can not be had from a package registry. Lower is better."""

from __future__ import annotations

import json

from kit import ROOT, Measured, Side, benchmark

GAS = ROOT / "tests" / "gas" / "gas.json"

# AuthCaptureEscrow built as ours is (0.8.30, via-IR, 100,000 runs), its receipts' gasUsed on one Anvil with every
# balance warm: ../shared/peers.md, "Money". Authorize takes the payer's ERC-3009 signature, capture a fee of 1 %.
AUTHORIZE = 139_002
CAPTURE = 61_956
VOID = 49_934


def _receipts(label: str, verb: str, peer_gas: int) -> tuple[Side, Side]:
    def ours() -> Measured:
        return Measured("tests/gas/gas.json", [json.loads(GAS.read_text(encoding="utf-8"))[label]], "gas")

    def theirs() -> Measured:
        return Measured(f"base/commerce-payments {verb}", [peer_gas], "gas")

    return ours, theirs


@benchmark("escrow.open.erc3009", "gas", rounds=1)
def open_erc3009() -> tuple[Side, Side]:
    """The buyer's consent alone, as the peer's payer gives it."""
    return _receipts("escrow.open.erc3009", "authorize", AUTHORIZE)


@benchmark("escrow.open.both", "gas", rounds=1)
def open_both() -> tuple[Side, Side]:
    """Both parties' consent; the peer knows only the payer's."""
    return _receipts("escrow.open.both", "authorize", AUTHORIZE)


@benchmark("escrow.release", "gas", rounds=1)
def release() -> tuple[Side, Side]:
    """To seller and platform, without condition, duties or observer."""
    return _receipts("escrow.release", "capture", CAPTURE)


@benchmark("escrow.refund", "gas", rounds=1)
def refund() -> tuple[Side, Side]:
    """All of a funded order to its buyer."""
    return _receipts("escrow.refund", "void", VOID)
