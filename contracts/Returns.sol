// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IClause} from "./interfaces/IClause.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {Fault} from "./interfaces/IReleaseCondition.sol";
import {IReturns, ReturnReceipt} from "./interfaces/IReturns.sol";
import {Ground, ITradeEscrow, Order, ReturnPolicy, Split, State, Terms} from "./interfaces/ITradeEscrow.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {Packed} from "./libraries/Packed.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Goods that come back. What it does and what it promises stands in IReturns.
contract Returns is IReturns, EIP712 {
    using Packed for *;
    using Signatures for bytes32;

    bytes32 private constant RECEIPT_TYPEHASH =
        keccak256("ReturnReceipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)");

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice The vault.
    ITradeEscrow public immutable escrow;

    constructor(IParticipantRegistry registry_, ITradeEscrow escrow_) EIP712("Lading Returns", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    /// @inheritdoc IClause
    function check(Terms calldata terms) external pure {
        ReturnPolicy calldata policy = terms.clauses[0].returnPolicy;
        if (policy.place == 0) revert PlaceMissing();
        uint256 kept = _kept(terms);
        uint256 price = terms.amounts.price();
        if (kept > price) revert DeductionTooHigh(kept, price);
    }

    /// @inheritdoc IReturns
    function requestReturn(Terms calldata terms, bytes32 reason) external {
        bytes32 id = escrow.orderId(terms);
        if (!_hasPolicy(terms)) revert NoReturnPolicy(id);
        if (msg.sender != terms.buyer) revert NotBuyer(msg.sender, terms.buyer);

        emit ReturnRequested(id, reason);
        escrow.hold(terms, State.ReturnRequested);
    }

    /// @inheritdoc IReturns
    function receiveReturn(
        Terms calldata terms,
        ReturnReceipt calldata receipt,
        address signer,
        bytes calldata signature
    ) external {
        bytes32 id = escrow.orderId(terms);
        if (!_hasPolicy(terms)) revert NoReturnPolicy(id);
        _checkReceipt(terms, id, receipt, signer, signature);

        emit ReturnReceived(id, signer, receipt.logisticUnit, receipt.eventId);
        escrow.hold(terms, State.ReturnReceived);
    }

    /// @inheritdoc IReturns
    function settleReturn(Terms calldata terms, uint256 toBuyer) external {
        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);
        (bytes32 id, Order memory order) = _load(terms);

        // Check that the buyer gets what the policy says, or more, and that who finances the order lets it
        uint256 least = policyRefund(terms);
        uint256 most = terms.amounts.price();
        if (toBuyer < least || toBuyer > most) revert RefundOutOfRange(toBuyer, least, most);
        if (toBuyer > least && order.assigned && !order.assigneeConsents) {
            revert AssigneeConsentMissing(id, escrow.assignmentOf(id).assignee);
        }

        _settle(terms, toBuyer);
    }

    /// @inheritdoc IReturns
    function settleByPolicy(Terms calldata terms) external {
        _load(terms);
        (, uint40 opensAt) = escrow.defaultOf(terms);
        if (block.timestamp < opensAt) revert TooEarly(uint40(block.timestamp), opensAt);

        _settle(terms, policyRefund(terms));
    }

    /// @inheritdoc IReturns
    function policyRefund(Terms calldata terms) public pure returns (uint256) {
        return terms.amounts.price() - _kept(terms);
    }

    /// @dev The carrier, which delivered, gets its freight.
    function _settle(Terms calldata terms, uint256 toBuyer) private {
        escrow.settle(terms, Split(toBuyer, terms.amounts.freight(), 0), Ground.Returned, Fault.Nobody);
    }

    function _load(Terms calldata terms) private view returns (bytes32 id, Order memory order) {
        id = escrow.orderId(terms);
        order = escrow.getOrder(id);
        if (order.state != State.ReturnReceived) revert NotReceived(id);
    }

    function _hasPolicy(Terms calldata terms) private pure returns (bool) {
        return terms.clauses.length > 0 && terms.clauses[0].returnPolicy.receiveWindow > 0;
    }

    function _kept(Terms calldata terms) private pure returns (uint256) {
        ReturnPolicy calldata policy = terms.clauses[0].returnPolicy;
        return terms.amounts.price() * policy.restockingBps / OrderTerms.BPS + policy.freight;
    }

    function _checkReceipt(
        Terms calldata terms,
        bytes32 id,
        ReturnReceipt calldata receipt,
        address signer,
        bytes calldata signature
    ) private view {
        if (receipt.orderId != id) revert ReceiptForeign(receipt.orderId, id);
        bytes32 participant = registry.participantWithRole(signer, Role.Warehouse);
        bytes32 place = terms.clauses[0].returnPolicy.place;
        if (participant != place) revert PlaceForeign(participant, place);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(RECEIPT_TYPEHASH, receipt.orderId, receipt.logisticUnit, receipt.eventId, signer))
        );
        if (!digest.isSignedBy(signer, signature)) revert ReceiptInvalid(signer);
    }
}
