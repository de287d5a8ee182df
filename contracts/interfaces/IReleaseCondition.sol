// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a release condition says of an order.
enum ConditionStatus {
    Pending,
    Met,
    Rejected
}

/// @notice At whose door a failure lies. Only `Seller` counts against a seller.
enum Fault {
    Nobody,
    Seller,
    Buyer,
    Carrier
}

/// @title What can stop an order's delivery until its deadline, and turn the order into a refund.
/// @dev Read by TradeEscrow with a low-level static call and fixed gas. No code, a revert, fewer than 64 bytes, or a value
/// outside the enumerations counts as `(Pending, Nobody)`.
interface IReleaseCondition {
    /// @return status of the order. @return reason whose fault it is if the order is refunded for it.
    function status(bytes32 orderId) external view returns (ConditionStatus status, Fault reason);
}
