// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../interfaces/IReleaseCondition.sol";
import {Ground, Order, State} from "../interfaces/ITradeEscrow.sol";

/// @title An order's one slot, read and written in one piece.
/// @dev The compiler would write a struct's members one by one: four stores and five loads where one of each do, some 700
/// gas a verb.
library OrderSlot {
    function load(mapping(bytes32 => uint256) storage orders, bytes32 id) internal view returns (Order memory order) {
        uint256 slot = orders[id];
        order.state = State(uint8(slot));
        order.ground = Ground(uint8(slot >> 8));
        order.fault = Fault(uint8(slot >> 16));
        order.conditionMet = slot & (1 << 24) != 0;
        order.delivered = slot & (1 << 25) != 0;
        order.late = slot & (1 << 26) != 0;
        order.reported = slot & (1 << 27) != 0;
        order.since = uint40(slot >> 32);
        order.acceptedAt = uint40(slot >> 72);
    }

    function store(mapping(bytes32 => uint256) storage orders, bytes32 id, Order memory order) internal {
        orders[id] = uint256(order.state) | uint256(order.ground) << 8 | uint256(order.fault) << 16
            | _bit(order.conditionMet) << 24 | _bit(order.delivered) << 25 | _bit(order.late) << 26
            | _bit(order.reported) << 27 | uint256(order.since) << 32 | uint256(order.acceptedAt) << 72;
    }

    function _bit(bool flag) private pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := flag
        }
    }
}
