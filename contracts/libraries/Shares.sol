// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Assignment, DutiesClause, ITradeEscrow, QuoteClause, Split, Terms} from "../interfaces/ITradeEscrow.sol";
import {OrderTerms} from "./OrderTerms.sol";
import {Packed} from "./Packed.sol";
import {Payouts} from "./Payouts.sol";

/// @title Who is paid what of an order's legs at its end.
library Shares {
    using OrderTerms for Terms;
    using Packed for *;
    using Payouts for Payouts.Credits;

    /// @notice Pays what goes back of a quoted order. The buyer gets its share of what it paid with; the provider gets the
    /// rest of that, rounded in its favour, and what goes back of its own leg.
    function payBackQuoted(Payouts.Credits storage credits, Terms calldata terms, uint256 toBuyer) internal {
        QuoteClause calldata clause = terms.extra().quote;
        uint256 share = clause.amount * toBuyer / terms.amounts.total();
        credits.pay(clause.token, terms.buyer, share);
        credits.pay(clause.token, clause.provider, clause.amount - share);
        credits.pay(terms.token, clause.provider, toBuyer);
    }

    /// @notice Pays everybody but the buyer: the platform its fee on what the split leaves to the seller's side, an assignee
    /// its part, the seller the rest, carrier and arbiter what the split says.
    /// @param assigned whether the seller made part of its proceeds over.
    function payOut(
        Payouts.Credits storage credits,
        Terms calldata terms,
        Split memory split,
        bool assigned,
        Assignment storage assignment
    ) internal {
        uint256 proceeds = terms.amounts.total() - split.toBuyer - split.toCarrier - split.toArbiter;
        uint256 fee = terms.feeOn(proceeds);
        uint256 own = proceeds - fee;
        if (assigned) own -= _payAssignee(credits, terms.token, own, assignment);
        credits.pay(terms.token, terms.seller, own);
        credits.pay(terms.token, terms.platform, fee);
        credits.pay(terms.token, terms.carrier, split.toCarrier);
        if (split.toArbiter > 0) credits.pay(terms.token, terms.extra().arbitration.arbiter, split.toArbiter);
    }

    function payDuties(Payouts.Credits storage credits, Terms calldata terms, bytes32 id, uint256 assessed) internal {
        DutiesClause calldata clause = terms.extra().duties;
        uint256 rest = clause.amount - assessed;
        emit ITradeEscrow.DutiesPaid(id, assessed, rest);
        credits.pay(clause.token, clause.payee, assessed);
        credits.pay(clause.token, terms.buyer, rest);
    }

    function _payAssignee(
        Payouts.Credits storage credits,
        address token,
        uint256 most,
        Assignment storage assignment
    ) private returns (uint256 amount) {
        amount = assignment.amount < most ? assignment.amount : most;
        credits.pay(token, assignment.assignee, amount);
    }
}
