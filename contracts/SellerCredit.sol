// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IOutcomeObserver} from "./interfaces/IOutcomeObserver.sol";
import {IParticipantRegistry, Key} from "./interfaces/IParticipantRegistry.sol";
import {Fault} from "./interfaces/IReleaseCondition.sol";
import {CreditRecord, ISellerCredit} from "./interfaces/ISellerCredit.sol";
import {Ground, Outcome, State, Terms} from "./interfaces/ITradeEscrow.sol";
import {BetaBound} from "./libraries/BetaBound.sol";
import {Packed} from "./libraries/Packed.sol";

/// @title The sellers' records. What they mean stands in ISellerCredit.
contract SellerCredit is ISellerCredit {
    using Packed for *;

    uint64 private constant WHOLE = 1000;
    uint64 private constant HALF = 500;

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice The only caller whose outcomes count.
    address public immutable escrow;

    mapping(bytes32 seller => CreditRecord) private _records;

    constructor(IParticipantRegistry registry_, address escrow_) {
        registry = registry_;
        escrow = escrow_;
    }

    /// @inheritdoc IOutcomeObserver
    function onOutcome(bytes32 orderId, Terms calldata terms, Outcome calldata outcome) external {
        // Check that the escrow itself tells
        if (msg.sender != escrow) revert NotEscrow(msg.sender, escrow);

        // Leave out what says nothing about a seller, and a seller who is nobody
        (uint64 good, uint64 bad) = _weights(outcome, terms.amounts.total());
        if (good == 0 && bad == 0) return;
        bytes32 seller = _sellerAt(terms.seller, outcome.acceptedAt);
        if (seller == 0) return;

        // Count
        CreditRecord memory record = _records[seller];
        record.good += good;
        record.bad += bad;
        record.orders += 1;
        if (outcome.at > record.updatedAt) record.updatedAt = outcome.at;
        _records[seller] = record;

        emit OutcomeCounted(
            orderId, seller, outcome.ground, record.good, record.bad, BetaBound.score(record.good, record.bad)
        );
    }

    /// @inheritdoc ISellerCredit
    function recordOf(bytes32 seller) external view returns (CreditRecord memory) {
        return _records[seller];
    }

    /// @inheritdoc ISellerCredit
    function scoreOf(bytes32 seller) external view returns (uint16) {
        CreditRecord memory record = _records[seller];
        return BetaBound.score(record.good, record.bad);
    }

    /// @return the participant whose key it was when the order was accepted; zero if nobody's. Later, a seller could pick
    /// the orders that are to count; after a revocation, a thief could.
    function _sellerAt(address key, uint40 acceptedAt) private view returns (bytes32) {
        Key memory known = registry.getKey(key);
        bool valid = known.addedAt <= acceptedAt && (known.revokedAt == 0 || acceptedAt < known.revokedAt);
        return valid ? known.participant : bytes32(0);
    }

    /// @param total price and freight.
    /// @return good weight of an outcome. @return bad weight.
    function _weights(Outcome calldata outcome, uint256 total) private pure returns (uint64 good, uint64 bad) {
        if (outcome.state == State.Released) return outcome.ground == Ground.OnTime ? (WHOLE, 0) : (HALF, HALF);
        if (outcome.fault == Fault.Seller) return (0, WHOLE);
        if (outcome.ground == Ground.Agreed) return _agreed(outcome, total);
        // A buyer that disputes for nothing takes no good record away
        if (outcome.ground == Ground.Ruled && outcome.delivered && outcome.toBuyer == 0) return (WHOLE, 0);
    }

    /// @dev A delivery with a part given back is half a good one; what never arrived is as bad as what was given back, so that
    /// an agreement a moment before the deadline is no way around the record.
    function _agreed(Outcome calldata outcome, uint256 total) private pure returns (uint64 good, uint64 bad) {
        if (outcome.delivered) return (HALF, HALF);
        bad = uint64(WHOLE * uint256(outcome.toBuyer) / total);
        good = WHOLE - bad;
    }
}
