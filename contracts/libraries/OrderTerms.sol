// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IOutcomeObserver} from "../interfaces/IOutcomeObserver.sol";
import {Clauses, ITradeEscrow, Moment, Party, Terms, Word} from "../interfaces/ITradeEscrow.sol";
import {Packed} from "./Packed.sol";

/// @title What follows from an order's terms alone.
library OrderTerms {
    using Packed for *;

    uint256 internal constant BPS = 10_000;

    /// @dev Words of `Terms` before its clauses, and of `Clauses`; all of their members are of fixed size.
    uint256 private constant HEAD_WORDS = 11;
    uint256 private constant CLAUSE_WORDS = 19;

    /// @return hash `keccak256(abi.encode(chainId, escrow, ...)` of the members before the clauses, then zero without clauses or
    /// else `keccak256(abi.encode(clauses[0]))`, copied as they came instead of member by member. A member with bits
    /// beyond its type, or a second clause, gives another id, which no order has: `open` refuses both.
    /// @param chainId of the chain on which the vault was deployed: should a chain change its id, its orders keep theirs.
    function id(Terms calldata terms, address escrow, uint256 chainId) internal pure returns (bytes32 hash) {
        bytes32 clauses = terms.clauses.length == 0 ? bytes32(0) : _hash(terms.clauses);
        assembly ("memory-safe") {
            let head := mul(HEAD_WORDS, 0x20)
            let encoded := mload(0x40)
            mstore(encoded, chainId)
            mstore(add(encoded, 0x20), escrow)
            calldatacopy(add(encoded, 0x40), terms, head)
            mstore(add(add(encoded, 0x40), head), clauses)
            hash := keccak256(encoded, add(head, 0x60))
        }
    }

    /// @return data the call of `IOutcomeObserver.onOutcome`: selector, then the members of `Outcome`.
    function outcomeCall(Terms calldata terms, bytes32 id_, Word record) internal pure returns (bytes memory data) {
        bytes4 selector = IOutcomeObserver.onOutcome.selector;
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, 0x144)
            mstore(add(data, 0x20), selector)
            mstore(add(data, 0x24), id_)
            calldatacopy(add(data, 0x44), terms, 0x100)
            mstore(add(data, 0x144), record)
            mstore(0x40, add(data, 0x180))
        }
    }

    /// @notice The clauses of an order that has some.
    function extra(Terms calldata terms) internal pure returns (Clauses calldata) {
        return terms.clauses[0];
    }

    /// @notice Whether a provider's quote stands between what the buyer pays with and the settlement token.
    function isQuoted(Terms calldata terms) internal pure returns (bool) {
        return terms.clauses.length > 0 && extra(terms).quote.provider != address(0);
    }

    /// @notice What the buyer pays in with one pull: of the token that it pays with.
    function buyerLeg(Terms calldata terms) internal pure returns (address token, uint256 amount) {
        (token, amount) = (terms.token, terms.amounts.total());
        if (terms.clauses.length == 0) return (token, amount);

        Clauses calldata clauses = extra(terms);
        if (clauses.quote.provider != address(0)) {
            (token, amount) = (clauses.quote.token, uint256(clauses.quote.amount) + clauses.quote.premium);
        }
        if (clauses.duties.token == token) amount += clauses.duties.amount;
    }

    /// @notice Whether the buyer pays duties from an allowance of their own, in another token than the rest.
    function takesAllowance(Terms calldata terms) internal pure returns (bool) {
        if (terms.clauses.length == 0) return false;
        (address token,) = buyerLeg(terms);
        return extra(terms).duties.amount > 0 && extra(terms).duties.token != token;
    }

    /// @notice The platform's fee on what goes to the seller's side.
    function feeOn(Terms calldata terms, uint256 proceeds) internal pure returns (uint256 fee) {
        fee = proceeds * terms.amounts.feeBps() / BPS;
        if (terms.clauses.length == 0) return fee;
        uint256 ceiling = extra(terms).feeCeiling;
        if (ceiling != 0 && fee > ceiling) fee = ceiling;
    }

    /// @notice The last moment at which the order can still be open, if everybody takes all of its time.
    function lastMoment(Terms calldata terms) internal pure returns (uint256 last) {
        last = uint256(terms.schedule.deliverBy()) + terms.schedule.claimWindow() + terms.schedule.inspectionWindow();
        if (terms.clauses.length == 0) return last;
        Clauses calldata clauses = extra(terms);
        last += uint256(clauses.returnPolicy.receiveWindow) + clauses.returnPolicy.settleWindow + clauses.arbitration.window;
    }

    /// @dev Reverts if the deadlines do not follow each other, an amount is out of range or clauses are more than one.
    function check(Terms calldata terms, uint256 maxTerm) internal view {
        _checkParty(terms.buyer, Party.Buyer);
        _checkParty(terms.seller, Party.Seller);
        _checkParty(terms.platform, Party.Platform);
        _checkParty(terms.carrier, Party.Carrier);
        if (terms.amounts.price() == 0) revert ITradeEscrow.AmountZero();
        uint16 feeBps = terms.amounts.feeBps();
        if (feeBps > BPS) revert ITradeEscrow.FeeTooHigh(feeBps, uint16(BPS));
        if (terms.clauses.length > 1 || !terms.schedule.isClean()) revert ITradeEscrow.TermsMalformed();
        _checkSchedule(terms);

        // Check that the order ends in this lifetime, so that no later sum of times overflows
        uint256 last = lastMoment(terms);
        uint256 latest = block.timestamp + maxTerm;
        if (last > latest) revert ITradeEscrow.DeadlineTooFar(last, latest);
    }

    function _checkSchedule(Terms calldata terms) private view {
        uint40 acceptBy = terms.schedule.acceptBy();
        uint40 shipBy = terms.schedule.shipBy();
        uint40 conditionBy = terms.schedule.conditionBy();
        uint40 deliverBy = terms.schedule.deliverBy();
        _checkOrder(block.timestamp, acceptBy, Moment.Now, Moment.AcceptBy);
        _checkOrder(acceptBy, shipBy, Moment.AcceptBy, Moment.ShipBy);
        _checkOrder(shipBy, deliverBy, Moment.ShipBy, Moment.DeliverBy);
        if (terms.condition == address(0)) {
            if (conditionBy != 0) revert ITradeEscrow.ConditionByWithoutCondition(conditionBy);
        } else {
            _checkOrder(shipBy, conditionBy, Moment.ShipBy, Moment.ConditionBy);
            _checkOrder(conditionBy, deliverBy, Moment.ConditionBy, Moment.DeliverBy);
        }
    }

    function _checkOrder(uint256 earlier, uint256 later, Moment first, Moment second) private pure {
        if (later < earlier) revert ITradeEscrow.DeadlinesOutOfOrder(first, second);
    }

    /// @dev What the vault paid to itself would belong to nobody.
    function _checkParty(address party, Party role) private view {
        if (party == address(0) || party == address(this)) revert ITradeEscrow.PartyInvalid(role, party);
    }

    function _hash(Clauses[] calldata clauses) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let size := mul(clauses.length, mul(CLAUSE_WORDS, 0x20))
            let encoded := mload(0x40)
            calldatacopy(encoded, clauses.offset, size)
            hash := keccak256(encoded, size)
        }
    }
}
