// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Terms} from "./ITradeEscrow.sol";

/// @title What the vault asks an operator about its part of an order's clauses, before any token moves.
interface IClause {
    /// @notice Reverts if the operator's part of the clauses can't be kept.
    function check(Terms calldata terms) external view;
}
