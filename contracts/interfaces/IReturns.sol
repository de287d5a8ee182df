// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClause} from "./IClause.sol";
import {Terms} from "./ITradeEscrow.sol";

/// @notice What the place of return states when the goods are back.
struct ReturnReceipt {
    bytes32 orderId;
    /// keccak256 of the logistic unit's EPC URI (its SSCC).
    bytes32 logisticUnit;
    /// The SHA-256 inside the CBV event id of the EPCIS event with bizStep `receiving` at that place.
    bytes32 eventId;
}

/// @title Goods that come back: asked for by the buyer, received by the place that the terms name, settled by their policy.
/// @notice By policy the buyer gets the price back without the restocking share and its part of the way back, the seller
/// gets these, and the carrier, which delivered, its freight. Until `settleWindow` after the receipt the seller may give more.
/// @dev Warning: a receipt says that something came back, not in what state: a seller who finds it worn raises a dispute
/// before the window ends.
interface IReturns is IClause {
    event ReturnRequested(bytes32 indexed id, bytes32 reason);
    event ReturnReceived(bytes32 indexed id, address indexed signer, bytes32 logisticUnit, bytes32 eventId);

    error PlaceMissing();
    /// @notice Restocking and freight of the way back come to more than the price.
    error DeductionTooHigh(uint256 attempted, uint256 price);
    error NoReturnPolicy(bytes32 id);
    error NotBuyer(address caller, address buyer);
    error NotSeller(address caller, address seller);
    error ReceiptForeign(bytes32 receiptOrder, bytes32 id);
    /// @notice The signer is a key of another participant than the place of return.
    error PlaceForeign(bytes32 attempted, bytes32 expected);
    error ReceiptInvalid(address signer);
    /// @notice The goods are not back.
    error NotReceived(bytes32 id);
    /// @notice A seller gives back the price at most and, without a dispute, no less than its policy.
    error RefundOutOfRange(uint256 attempted, uint256 least, uint256 most);
    error TooEarly(uint40 blockTime, uint40 opensAt);
    /// @notice More than the policy gives needs `consentToRefund` of whoever finances the order.
    error AssigneeConsentMissing(bytes32 id, address assignee);

    /// @notice Asks to send the goods of a delivered order back, no later than the end of the inspection window. By the buyer.
    /// @param reason the content hash of what the buyer says, or zero.
    function requestReturn(Terms calldata terms, bytes32 reason) external;

    /// @notice Submits the receipt of the place of return, no later than the end of the receive window. By anyone.
    /// @param signer a key, valid at this block, of the participant `returnPolicy.place`, which has the role Warehouse.
    /// @param signature EIP-712 over `ReturnReceipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)`,
    /// ERC-1271 accepted.
    function receiveReturn(
        Terms calldata terms,
        ReturnReceipt calldata receipt,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice Gives `toBuyer` back for goods that came back: what the policy says or more. By the seller.
    function settleReturn(Terms calldata terms, uint256 toBuyer) external;

    /// @notice Gives back what the policy says, once the settle window is over. By anyone.
    function settleByPolicy(Terms calldata terms) external;

    /// @notice What the policy gives back to the buyer, in the settlement token.
    function policyRefund(Terms calldata terms) external pure returns (uint256);
}
