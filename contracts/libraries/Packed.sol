// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Amounts, Schedule} from "../interfaces/ITradeEscrow.sol";

/// @title Reads the packed words of an order's terms; their layout stands beside their types in ITradeEscrow.
library Packed {
    /* SCHEDULE */

    function acceptBy(Schedule schedule) internal pure returns (uint40) {
        return uint40(Schedule.unwrap(schedule));
    }

    function shipBy(Schedule schedule) internal pure returns (uint40) {
        return uint40(Schedule.unwrap(schedule) >> 40);
    }

    function conditionBy(Schedule schedule) internal pure returns (uint40) {
        return uint40(Schedule.unwrap(schedule) >> 80);
    }

    function deliverBy(Schedule schedule) internal pure returns (uint40) {
        return uint40(Schedule.unwrap(schedule) >> 120);
    }

    function claimWindow(Schedule schedule) internal pure returns (uint32) {
        return uint32(Schedule.unwrap(schedule) >> 160);
    }

    function inspectionWindow(Schedule schedule) internal pure returns (uint32) {
        return uint32(Schedule.unwrap(schedule) >> 192);
    }

    /// @notice The last moment at which a receipt counts.
    function claimBy(Schedule schedule) internal pure returns (uint40) {
        return deliverBy(schedule) + claimWindow(schedule);
    }

    /// @notice Whether the word has no bits beyond its fields.
    function isClean(Schedule schedule) internal pure returns (bool) {
        return Schedule.unwrap(schedule) >> 224 == 0;
    }

    /* AMOUNTS */

    function price(Amounts amounts) internal pure returns (uint256) {
        return uint120(Amounts.unwrap(amounts));
    }

    function freight(Amounts amounts) internal pure returns (uint256) {
        return uint120(Amounts.unwrap(amounts) >> 120);
    }

    function feeBps(Amounts amounts) internal pure returns (uint16) {
        return uint16(Amounts.unwrap(amounts) >> 240);
    }

    /// @notice What the order holds in the settlement token.
    function total(Amounts amounts) internal pure returns (uint256) {
        unchecked {
            return price(amounts) + freight(amounts);
        }
    }
}
