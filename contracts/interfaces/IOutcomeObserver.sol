// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Outcome} from "./ITradeEscrow.sol";

/// @title Who is told how an accepted order ended.
interface IOutcomeObserver {
    /// @notice Called by the escrow, last, once per order. The escrow does not fail if this does.
    function onOutcome(Outcome calldata outcome) external;
}
