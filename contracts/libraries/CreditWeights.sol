// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Fault} from "../interfaces/IReleaseCondition.sol";
import {Ground, Outcome, State, Word} from "../interfaces/ITradeEscrow.sol";
import {OrderWord} from "./OrderWord.sol";
import {Packed} from "./Packed.sol";

/// @title What one outcome says about its seller, and how much its order weighs. The rules stand in ISellerCredit.
library CreditWeights {
    using OrderWord for Word;
    using Packed for *;

    uint256 internal constant WHOLE = 1000;
    uint256 private constant HALF = 500;

    /// @dev A rate is in micro-units of reference for this many smallest units of a token.
    uint256 private constant RATE_SCALE = 1e18;

    /// @return good share of an order's weight, in thousandths. @return bad share. Both zero if the outcome does not count.
    function shares(Outcome calldata outcome) internal pure returns (uint256 good, uint256 bad) {
        Word record = outcome.record;
        Ground ground = record.ground();
        if (record.state() == State.Released) return ground == Ground.OnTime ? (WHOLE, uint256(0)) : (HALF, HALF);
        if (record.fault() == Fault.Seller) return (0, WHOLE);
        if (ground == Ground.Agreed) return _agreed(record, outcome.amounts.total());
        // A buyer that disputes for nothing takes no good record away
        if (ground == Ground.Ruled && record.has(OrderWord.DELIVERED) && record.toBuyer() == 0) return (WHOLE, 0);
    }

    /// @param knee below which weight grows with value, four times as fast as from there to `top`, and not above.
    /// @return thousandths of a reference order, rounded down.
    function weight(uint256 price, uint256 rate, uint256 knee, uint256 top) internal pure returns (uint256) {
        unchecked {
            // Price has 120 bits and a rate 128; knee and top have 64 each
            uint256 value = Math.min(price * rate / RATE_SCALE, top);
            uint256 below = Math.min(value, knee);
            return (3 * below + value) * WHOLE / (4 * knee);
        }
    }

    /// @dev A delivery with a part given back is half a good one; what never arrived is as bad as what was given back, so that
    /// an agreement a moment before the deadline is no way around the record.
    function _agreed(Word record, uint256 total) private pure returns (uint256 good, uint256 bad) {
        if (record.has(OrderWord.DELIVERED)) return (HALF, HALF);
        unchecked {
            bad = WHOLE * Math.min(record.toBuyer(), total) / Math.max(total, 1);
            good = WHOLE - bad;
        }
    }
}
