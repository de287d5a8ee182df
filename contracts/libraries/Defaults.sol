// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConditionStatus, Fault, IReleaseCondition} from "../interfaces/IReleaseCondition.sol";
import {Default, Ground, State, Terms, Word} from "../interfaces/ITradeEscrow.sol";
import {BoundedCall} from "./BoundedCall.sol";
import {OrderTerms} from "./OrderTerms.sol";
import {OrderWord} from "./OrderWord.sol";
import {Packed} from "./Packed.sol";

/// @title The clocks of an order: what its condition says, and the one default of each state.
library Defaults {
    using BoundedCall for address;
    using OrderTerms for Terms;
    using OrderWord for Word;
    using Packed for *;

    uint256 internal constant CONDITION_GAS = 50_000;

    /// @return kind what anyone may do about a silent party.
    /// @return opensAt from when on.
    /// @return ground what the order's record will say, if it is a refund.
    /// @return fault at whose door it then lies.
    function standing(Terms calldata terms, bytes32 id, Word word)
        internal
        view
        returns (Default kind, uint40 opensAt, Ground ground, Fault fault)
    {
        State state = word.state();
        if (state == State.Funded) {
            return (Default.Refund, terms.schedule.acceptBy() + 1, Ground.NotAccepted, Fault.Nobody);
        }
        if (state == State.Accepted) {
            return (Default.Refund, terms.schedule.shipBy() + 1, Ground.NotShipped, Fault.Seller);
        }
        if (state == State.Shipped) return _ofShipped(terms, id, word);

        // From here on a window after the state began
        opensAt = word.since() + 1;
        if (state == State.Delivered) {
            return (Default.Release, opensAt + terms.schedule.inspectionWindow(), Ground.None, Fault.Nobody);
        }
        if (state == State.ReturnRequested) {
            return (Default.Release, opensAt + terms.extra().returnPolicy.receiveWindow, Ground.None, Fault.Nobody);
        }
        if (state == State.ReturnReceived) {
            return (Default.PolicyRefund, opensAt + terms.extra().returnPolicy.settleWindow, Ground.None, Fault.Nobody);
        }
        if (state == State.Disputed) {
            return (Default.SilentSplit, opensAt + terms.extra().arbitration.window, Ground.None, Fault.Nobody);
        }
        return (Default.None, 0, Ground.None, Fault.Nobody);
    }

    /// @dev No code, a revert, short data or an unknown value is `Pending`.
    function statusOf(address condition, bytes32 id) internal view returns (ConditionStatus, Fault) {
        (bool ok, uint256 status, uint256 reason) =
            condition.ask(abi.encodeCall(IReleaseCondition.status, (id)), CONDITION_GAS);
        if (!ok || status > uint256(type(ConditionStatus).max) || reason > uint256(type(Fault).max)) {
            return (ConditionStatus.Pending, Fault.Nobody);
        }
        return (ConditionStatus(status), Fault(reason));
    }

    function _ofShipped(Terms calldata terms, bytes32 id, Word word)
        private
        view
        returns (Default, uint40, Ground, Fault)
    {
        if (terms.condition != address(0) && !word.has(OrderWord.CONDITION_MET)) {
            (ConditionStatus status, Fault reason) = statusOf(terms.condition, id);
            if (status == ConditionStatus.Rejected) {
                return (Default.Refund, word.since(), Ground.ConditionFailed, reason);
            }
            if (status == ConditionStatus.Pending) {
                return (Default.Refund, terms.schedule.conditionBy() + 1, Ground.ConditionFailed, reason);
            }
        }
        return (Default.Refund, terms.schedule.claimBy() + 1, Ground.NotDelivered, Fault.Seller);
    }
}
