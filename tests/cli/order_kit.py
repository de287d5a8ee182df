"""Who takes part in the orders of these tests, and on which terms."""

from __future__ import annotations

from sdk_kit import BUYER, CARRIER, PLATFORM, SELLER

UNIT = "urn:epc:id:sscc:0614141.1234567890"
EVENT = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"
# Accounts of the devnet, by part; sdk_kit's.
AS_BUYER, AS_SELLER, AS_PLATFORM, AS_CARRIER, AS_EXIT, AS_ENTRY, AS_PAYMENT, AS_ANYONE = (
    f"--dev-account {index}" for index in (1, 2, 3, 4, 5, 6, 7, 9)
)
PARTIES = f"--buyer {BUYER.address} --seller {SELLER.address} --platform {PLATFORM.address} --carrier {CARRIER.address}"
TIMES = "--accept-by 1h --ship-by 1d --deliver-by 5d --claim-window 1d --inspection-window 2d"
