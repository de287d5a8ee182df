// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../interfaces/IReleaseCondition.sol";
import {Ground, Order, State, Word} from "../interfaces/ITradeEscrow.sol";

/// @title An order's slot, read and changed as one word.
/// @dev A struct would be read and written member by member, in storage and in memory: some 1,000 gas a verb.
library OrderWord {
    uint256 internal constant CONDITION_MET = 1 << 24;
    uint256 internal constant DELIVERED = 1 << 25;
    uint256 internal constant LATE = 1 << 26;
    uint256 internal constant REPORTED = 1 << 27;
    uint256 internal constant DUTIES_HELD = 1 << 28;
    uint256 internal constant ASSIGNED = 1 << 29;
    uint256 internal constant ASSIGNEE_CONSENTS = 1 << 30;

    uint256 private constant SINCE = 32;
    uint256 private constant ACCEPTED_AT = 72;
    uint256 private constant TO_BUYER = 112;
    uint256 private constant TIME = type(uint40).max;

    /// @dev Without the compiler's check of the range: nothing but states is ever stored there.
    function state(Word word) internal pure returns (State standing) {
        assembly ("memory-safe") {
            standing := and(word, 0xff)
        }
    }

    function ground(Word word) internal pure returns (Ground) {
        return Ground(uint8(Word.unwrap(word) >> 8));
    }

    function fault(Word word) internal pure returns (Fault) {
        return Fault(uint8(Word.unwrap(word) >> 16));
    }

    /// @return whether the flag, or one of several, is set.
    function has(Word word, uint256 flag) internal pure returns (bool) {
        return Word.unwrap(word) & flag != 0;
    }

    function since(Word word) internal pure returns (uint40) {
        return uint40(Word.unwrap(word) >> SINCE);
    }

    function acceptedAt(Word word) internal pure returns (uint40) {
        return uint40(Word.unwrap(word) >> ACCEPTED_AT);
    }

    function toBuyer(Word word) internal pure returns (uint128) {
        return uint128(Word.unwrap(word) >> TO_BUYER);
    }

    function with(Word word, uint256 flag) internal pure returns (Word) {
        return Word.wrap(Word.unwrap(word) | flag);
    }

    function without(Word word, uint256 flag) internal pure returns (Word) {
        return Word.wrap(Word.unwrap(word) & ~flag);
    }

    /// @notice The order in its next state, since now.
    function enter(Word word, State next) internal view returns (Word) {
        uint256 kept = Word.unwrap(word) & ~(TIME << SINCE | 0xff);
        return Word.wrap(kept | uint256(next) | block.timestamp << SINCE);
    }

    /// @notice The order as accepted now.
    function accept(Word word) internal view returns (Word) {
        return Word.wrap(Word.unwrap(enter(word, State.Accepted)) | block.timestamp << ACCEPTED_AT);
    }

    /// @notice The order with what its record says: to be called once, at its end.
    function conclude(Word word, Ground ground_, Fault fault_, uint256 toBuyer_) internal pure returns (Word) {
        return Word.wrap(Word.unwrap(word) | uint256(ground_) << 8 | uint256(fault_) << 16 | toBuyer_ << TO_BUYER);
    }

    function unpack(Word word) internal pure returns (Order memory order) {
        order.state = state(word);
        order.ground = ground(word);
        order.fault = fault(word);
        order.conditionMet = has(word, CONDITION_MET);
        order.delivered = has(word, DELIVERED);
        order.late = has(word, LATE);
        order.reported = has(word, REPORTED);
        order.dutiesHeld = has(word, DUTIES_HELD);
        order.assigned = has(word, ASSIGNED);
        order.assigneeConsents = has(word, ASSIGNEE_CONSENTS);
        order.since = since(word);
        order.acceptedAt = acceptedAt(word);
        order.toBuyer = toBuyer(word);
    }
}
