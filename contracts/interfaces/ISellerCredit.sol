// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IOutcomeObserver} from "./IOutcomeObserver.sol";
import {Ground} from "./ITradeEscrow.sol";

/// @notice A seller's record, in one slot. Weights are in thousandths of an order.
struct CreditRecord {
    uint64 good;
    uint64 bad;
    uint64 orders;
    uint40 updatedAt;
}

/// @title A score that is a pure function of the outcomes of accepted orders.
/// @notice An outcome adds a good and a bad weight: released on time 1000/0, released late 500/500; refunded
/// or ruled at the seller's fault 0/1000; ruled after a delivery with nothing for the buyer 1000/0; settled by agreement
/// 500/500 after a delivery, and before one bad by the share of price and freight that went back, rounded down, good by the
/// rest. Every other outcome adds nothing and is not counted.
/// @notice An order counts for the participant whose valid key `terms.seller` was when the order was accepted.
/// @notice The score is 1000 times the lower bound of the Beta posterior with a uniform prior, in its normal approximation:
/// with a = good/1000 + 1, b = bad/1000 + 1 and n = a + b, `a/n - z * sqrt(a*b / (n*n*(n+1)))`, z = 1.645 (one-sided 95 %),
/// never below zero, rounded down. It is the exact floor of that formula: a good weight never lowers it, a bad one never
/// raises it (docs/decisions/0004-credit-score.md).
/// @dev Warning: every order counts alike here, whatever its value and whoever its buyer is. A seller with many addresses
/// can buy a score for the fees and gas of orders with itself: no credit may be given on it.
/// @dev Warning: an order on an address that was no valid key then counts for nobody. Buyers and platforms look before they
/// open one.
/// @dev Warning: a seller that says `ship` and sends nothing under a condition that stays pending is refunded at nobody's
/// fault, since papers that others keep back must not cost it its score.
/// @dev Warning: the escrow is trusted to tell each outcome once.
interface ISellerCredit is IOutcomeObserver {
    /// @param good the seller's sum of good weights after this outcome. @param bad that of bad weights. @param score after it.
    event OutcomeCounted(
        bytes32 indexed orderId, bytes32 indexed seller, Ground ground, uint64 good, uint64 bad, uint16 score
    );

    error NotEscrow(address caller, address escrow);

    /// @param seller participant id. @return zero everywhere for a seller without an outcome.
    function recordOf(bytes32 seller) external view returns (CreditRecord memory);

    /// @param seller participant id.
    /// @return 0 to 999; 25 for a seller without an outcome, which is the prior's own bound.
    function scoreOf(bytes32 seller) external view returns (uint16);
}
