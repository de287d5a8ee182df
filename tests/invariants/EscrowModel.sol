// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputes, Offer} from "../../contracts/interfaces/IDisputes.sol";
import {IDuties} from "../../contracts/interfaces/IDuties.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns} from "../../contracts/interfaces/IReturns.sol";
import {
    Clauses,
    Default,
    Ground,
    ITradeEscrow,
    Order,
    QuoteClause,
    State,
    Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {SettableCondition} from "../contracts/EscrowFixture.sol";
import {ClausesFixture} from "../contracts/ClausesFixture.sol";
import {Clock, DenyingDollar, Standing, Stranger, Trade, Witness} from "./EscrowParts.sol";

/// @dev What README.md says of the vault, as a model beside it that never asks the vault what should be. `must` notes
/// the first promise that was broken; the invariant reads it. A revert would be lost where `fail_on_revert` is off.
abstract contract EscrowModel is ClausesFixture {
    using Packed for *;

    uint256 internal constant BUYER = 0;
    uint256 internal constant SELLER = 1;
    uint256 internal constant PLATFORM = 2;
    uint256 internal constant CARRIER = 3;
    uint256 internal constant PROVIDER = 4;
    uint256 internal constant ARBITER = 5;
    uint256 internal constant ASSIGNEE = 6;
    uint256 internal constant PAYEE = 7;
    uint256 internal constant PARTIES = 8;

    /// @dev Tokens: what sellers are paid in, what buyers with a quote pay in, and one more for duties.
    uint256 internal constant MONEY = 0;
    uint256 internal constant PAY = 1;
    uint256 internal constant TOKENS = 3;

    Witness public witness;
    Stranger internal stranger;
    SettableCondition internal condition;
    ConditionStatus internal conditionSays;
    DenyingDollar[TOKENS] internal tokens;
    address[PARTIES] internal parties;

    Trade[] internal trades;
    Clock[] internal clocks;
    address[] internal shelves;
    /// @dev Trades that are not over: not ended, or with duties still held.
    uint256[] internal live;
    mapping(bytes32 id => mapping(address party => Offer)) internal offers;

    /// @dev What the vault must hold for trades that are not over, by leg; duties by token.
    uint256 public openSettlement;
    uint256 public openPay;
    uint256[TOKENS] public openDuties;
    /// @dev Of the settlement leg, what is the provider's: its exposure.
    uint256 public locked;
    uint256[TOKENS] public donated;
    uint256[TOKENS] public credits;
    /// @dev Balance and credit of each party after the last call that moved money.
    uint256[PARTIES][TOKENS] private _owned;
    uint256[PARTIES][TOKENS] internal owedTo;

    /// @dev What the last ruling or return settlement gave the buyer.
    uint256 internal intended;
    /// @dev What the last call that may pay duties out gives the tax payee.
    uint256 internal assessing;

    string public violation;
    uint256[12] public visits;
    uint256[13] public grounds;
    uint256[5] public defaults;

    function must(bool kept, string memory what) internal {
        if (!kept && bytes(violation).length == 0) violation = what;
    }

    /* TRANSITIONS */

    /// @dev The table of README.md, a bit for each state that may follow.
    function successors(State from) internal pure returns (uint256) {
        uint256 settled = bit(State.Released) | bit(State.Refunded) | bit(State.Settled);
        if (from == State.None) return bit(State.Funded) | bit(State.Accepted);
        if (from == State.Funded) return bit(State.Accepted) | bit(State.Refunded) | bit(State.Cancelled);
        if (from == State.Accepted) return bit(State.Shipped) | settled;
        if (from == State.Shipped) return bit(State.Delivered) | bit(State.Disputed) | settled;
        if (from == State.Delivered) return bit(State.ReturnRequested) | bit(State.Disputed) | settled;
        if (from == State.ReturnRequested) return bit(State.ReturnReceived) | bit(State.Disputed) | settled;
        if (from == State.ReturnReceived) return bit(State.Disputed) | settled;
        if (from == State.Disputed) return settled;
        return 0;
    }

    function bit(State state) internal pure returns (uint256) {
        return 1 << uint256(state);
    }

    function ended(State state) internal pure returns (bool) {
        return state >= State.Released;
    }

    /* DEFAULTS */

    function standing(uint256 i) internal view returns (Standing memory s) {
        Clock storage clock = clocks[i];
        Trade storage trade = trades[i];
        State state = trade.state;
        s.last = trade.since;
        if (state == State.Funded) {
            (s.verb, s.ground, s.last) = (Default.Refund, Ground.NotAccepted, clock.acceptBy);
        } else if (state == State.Accepted) {
            (s.verb, s.ground, s.last) = (Default.Refund, Ground.NotShipped, clock.shipBy);
        } else if (state == State.Shipped) {
            s.verb = Default.Refund;
            (s.ground, s.last) = receivable(i);
        } else if (state == State.Delivered) {
            (s.verb, s.last) = (Default.Release, s.last + clock.inspection);
        } else if (state == State.ReturnRequested) {
            (s.verb, s.last) = (Default.Release, s.last + clock.receiving);
        } else if (state == State.ReturnReceived) {
            (s.verb, s.last) = (Default.PolicyRefund, s.last + clock.settling);
        } else if (state == State.Disputed) {
            (s.verb, s.last) = (Default.SilentSplit, s.last + clock.ruling);
        }
        s.open = s.verb != Default.None && time() > s.last;
    }

    /// @return ground on which a shipped order is refunded. @return last moment at which its receipt counts.
    function receivable(uint256 i) internal view returns (Ground ground, uint256 last) {
        Clock storage clock = clocks[i];
        bool passed = clock.conditionBy == 0 || trades[i].latched || conditionSays == ConditionStatus.Met;
        if (passed) return (Ground.NotDelivered, clock.claimBy);
        return (Ground.ConditionFailed, conditionSays == ConditionStatus.Rejected ? 0 : clock.conditionBy);
    }

    function clockOf(Terms memory t) internal pure returns (Clock memory clock) {
        (clock.acceptBy, clock.shipBy) = (t.schedule.acceptBy(), t.schedule.shipBy());
        (clock.conditionBy, clock.deliverBy) = (t.schedule.conditionBy(), t.schedule.deliverBy());
        (clock.claimBy, clock.inspection) = (t.schedule.claimBy(), t.schedule.inspectionWindow());
        if (t.clauses.length == 0) return clock;
        Clauses memory c = t.clauses[0];
        (clock.assessBy, clock.receiving) = (c.duties.assessBy, c.returnPolicy.receiveWindow);
        (clock.settling, clock.ruling) = (c.returnPolicy.settleWindow, c.arbitration.window);
    }

    /// @dev A stranger tries each default and the return of the duties: what succeeds is what the terms have open.
    function checkDefaults(uint256 i) internal {
        (address[] memory targets, bytes4[] memory verbs) = defaultVerbs();
        uint256 open = stranger.tryEach(targets, verbs, shelves[i].code);
        uint256 ofOrder = open & 0x0f;
        must(ofOrder & (ofOrder - (ofOrder == 0 ? 0 : 1)) == 0, "two different defaults are open");
        Standing memory s = standing(i);
        must(ofOrder == (s.open ? 1 << (uint256(s.verb) - 1) : 0), "a stranger's defaults are not what the terms say");
        must(open >> 4 == (dutiesOverdue(i) ? 1 : 0), "duties return at another time than the terms say");
    }

    /// @dev In the order of `Default`, then the default of the duties.
    function defaultVerbs() internal view returns (address[] memory targets, bytes4[] memory verbs) {
        (targets, verbs) = (new address[](5), new bytes4[](5));
        (targets[0], verbs[0]) = (address(escrow), ITradeEscrow.refund.selector);
        (targets[1], verbs[1]) = (address(escrow), ITradeEscrow.release.selector);
        (targets[2], verbs[2]) = (address(returns_), IReturns.settleByPolicy.selector);
        (targets[3], verbs[3]) = (address(disputes), IDisputes.settleUnruled.selector);
        (targets[4], verbs[4]) = (address(duties), IDuties.returnDuties.selector);
    }

    function dutiesOverdue(uint256 i) internal view returns (bool) {
        return trades[i].dutiesHeld && time() > clocks[i].assessBy;
    }

    /* WHAT A CALL DID */

    /// @dev After a call that succeeded: the order is where it was, or took one allowed step by somebody who may.
    /// @param before the default that stood before the call.
    function observe(uint256 i, address caller, Standing memory before) internal {
        Trade storage trade = trades[i];
        Order memory order = escrow.getOrder(trade.id);
        if (order.conditionMet && !trade.latched) {
            must(conditionSays == ConditionStatus.Met, "a condition latched that was not met");
            trade.latched = true;
        }
        if (order.state == trade.state) {
            if (trade.dutiesHeld && !order.dutiesHeld) observeDuties(i);
            if (order.delivered && !trade.delivered) {
                must(!before.open, "a receipt after a dispute was over");
                observeReceipt(i);
            }
            return;
        }

        must(successors(trade.state) & bit(order.state) != 0, "a forbidden transition");
        must(order.since == time(), "a state that began at another time than now");
        ++visits[uint256(order.state)];
        if (ended(order.state)) return observeEnd(i, order, caller, before);

        must(!before.open, "an order moved on while a default stood open");
        if (order.state == State.Accepted) trade.accepted = true;
        if (order.state == State.Delivered) observeReceipt(i);
        if (order.state == State.Disputed && caller != buyer) {
            bool overdue = trade.state == State.Shipped && time() > clocks[i].deliverBy;
            must(
                caller == seller && (overdue || trade.state == State.ReturnReceived),
                "a dispute that was not the caller's"
            );
        }
        (trade.state, trade.since) = (order.state, uint40(time()));
    }

    /// @dev A receipt moves a shipped order on, or is noted in a dispute that was raised before it.
    function observeReceipt(uint256 i) private {
        Trade storage trade = trades[i];
        bool due = trade.state == State.Shipped || trade.state == State.Disputed;
        (, uint256 last) = receivable(i);
        must(due && time() <= last, "a receipt out of place, or after its time");
        (trade.delivered, trade.late) = (true, time() > clocks[i].deliverBy);
    }

    function observeEnd(uint256 i, Order memory order, address caller, Standing memory before) private {
        Terms memory t = termsOf(i);
        Trade storage trade = trades[i];
        bool undelivered =
            !trade.delivered && !trade.latched && (order.state == State.Refunded || order.state == State.Cancelled);
        bool dutiesBack = undelivered && trade.dutiesHeld;
        must(order.dutiesHeld == (trade.dutiesHeld && !dutiesBack), "duties are held, or are not, against the terms");
        ++grounds[uint256(order.ground)];
        if (before.open && caller == STRANGER) ++defaults[uint256(before.verb)];

        int256[PARTIES][TOKENS] memory got = receipts(t);
        if (dutiesBack) checkDuties(i, t, 0, got);
        checkEnding(trade, t, order, caller, before);
        checkMoney(trade, t, order, got);
        checkNobodyElse(got);
        checkOutcome(trade, order);

        openSettlement -= t.amounts.total();
        if (quoted(t)) (openPay, locked) = (openPay - t.clauses[0].quote.amount, locked - t.amounts.total());
        (trade.state, trade.ground, trade.toBuyer) = (order.state, order.ground, order.toBuyer);
        trade.since = order.since;
        if (!trade.dutiesHeld) retire(i);
    }

    /// @dev Who may end an order, on which ground, and with how much for the buyer.
    function checkEnding(
        Trade storage trade,
        Terms memory t,
        Order memory order,
        address caller,
        Standing memory before
    ) private {
        bool principal = caller == buyer || caller == seller;
        uint256 back = order.toBuyer;
        if (order.state == State.Cancelled) {
            must(principal, "cancelled by a stranger");
        } else if (order.state == State.Released) {
            must(
                caller == buyer || before.open && before.verb == Default.Release, "released too early, or by a stranger"
            );
            bool late = trade.delivered ? trade.late : time() > t.schedule.deliverBy();
            must(order.ground == (late ? Ground.Late : Ground.OnTime) && back == 0, "released on another ground");
        } else if (order.state == State.Refunded) {
            bool byDefault = before.open && before.verb == Default.Refund;
            must(order.ground == (byDefault ? before.ground : Ground.SellerRefund), "refunded on another ground");
            must(byDefault || caller == seller, "refunded too early, or by a stranger");
            must(byDefault || trade.assigned == 0 || trade.lets, "refunded without the assignee");
            must(back == disputable(trade, t), "refunded in part");
        } else {
            checkSplit(trade, t, order, caller, before);
        }
    }

    function checkSplit(Trade storage trade, Terms memory t, Order memory order, address caller, Standing memory before)
        private
    {
        uint256 back = order.toBuyer;
        if (order.ground == Ground.Returned) {
            uint256 policy = policyOf(t);
            bool byDefault = before.open && back == policy;
            must(trade.state == State.ReturnReceived, "a return settled before the goods were back");
            must(byDefault || caller == seller && back == intended, "a return settled too early, or by a stranger");
            must(back >= policy && back <= t.amounts.price(), "a return settled below the policy, or above the price");
            must(back == policy || trade.assigned == 0 || trade.lets, "a return settled without the assignee");
        } else if (order.ground == Ground.Agreed) {
            must(caller == buyer || caller == seller, "a stranger agreed");
            must(offered(trade, caller == buyer ? seller : buyer, back), "agreed to what the other side did not offer");
            bool financed = trade.assigned == 0 || offered(trade, FINANCIER, back);
            must(financed, "agreed to what the assignee did not offer");
        } else if (order.ground == Ground.Ruled || order.ground == Ground.Counterfeit) {
            must(order.ground == Ground.Ruled || order.fault == Fault.Seller, "counterfeit, and not the seller's fault");
            must(trade.state == State.Disputed && caller == arbiter, "ruled by somebody else, or without a dispute");
            uint256 most = disputable(trade, t) - t.clauses[0].arbitration.fee;
            bool asRuled = back == (intended < most ? intended : most);
            must(!before.open && asRuled, "ruled too late, or not as ruled");
        } else {
            must(order.ground == Ground.NotRuled && before.open, "settled on no ground, or too early");
            uint256 share = disputable(trade, t) * t.clauses[0].arbitration.silentBuyerBps / 10_000;
            must(back == share, "silence split otherwise than the terms say");
        }
    }

    function checkOutcome(Trade storage trade, Order memory order) private {
        bool due = trade.accepted && order.state != State.Cancelled;
        must((order.acceptedAt != 0) == trade.accepted, "accepted, or not, against the seller's consent");
        must(order.reported == (due && !witness.asleep()), "an outcome without both consents, or none with them");
        must(witness.told(trade.id) == (order.reported ? 1 : 0), "the observer was told otherwise than the order says");
    }

    /// @dev The duties left, with what was assessed for the tax payee.
    function observeDuties(uint256 i) private {
        Terms memory t = termsOf(i);
        int256[PARTIES][TOKENS] memory got = receipts(t);
        checkDuties(i, t, assessing, got);
        checkNobodyElse(got);
        if (ended(trades[i].state)) retire(i);
    }

    /* MONEY */

    /// @dev Takes what the duties' leg pays out of `got`.
    function checkDuties(uint256 i, Terms memory t, uint256 assessed, int256[PARTIES][TOKENS] memory got) private {
        uint256 token_ = indexOf(t.clauses[0].duties.token);
        uint256 amount = t.clauses[0].duties.amount;
        got[token_][PAYEE] -= int256(assessed);
        got[token_][BUYER] -= int256(amount - assessed);
        openDuties[token_] -= amount;
        trades[i].dutiesHeld = false;
    }

    /// @dev Takes what the settlement leg and the pay leg paid out of `got`.
    function checkMoney(Trade storage trade, Terms memory t, Order memory order, int256[PARTIES][TOKENS] memory got)
        private
    {
        uint256 total = t.amounts.total();
        uint256 back = order.state == State.Cancelled ? total : order.toBuyer;
        if (quoted(t)) checkPayLeg(t.clauses[0].quote, total, back, got);
        uint256 atBuyers = take(got, MONEY, quoted(t) ? PROVIDER : BUYER);
        must(atBuyers == back, "the buyer's side got something else than the order says");

        uint256 toCarrier = take(got, MONEY, CARRIER);
        bool freightDue = trade.delivered || order.state == State.Released;
        must(toCarrier == (freightDue ? t.amounts.freight() : 0), "the carrier got something else than its freight");
        uint256 toArbiter = take(got, MONEY, ARBITER);
        bool ruled = order.ground == Ground.Ruled || order.ground == Ground.Counterfeit;
        must(toArbiter == (ruled ? t.clauses[0].arbitration.fee : 0), "the arbiter got something else than its fee");

        uint256 proceeds = checkSellersSide(trade, t, got);
        must(atBuyers + toCarrier + toArbiter + proceeds == total, "the settlement leg is not conserved");
    }

    function checkSellersSide(Trade storage trade, Terms memory t, int256[PARTIES][TOKENS] memory got)
        private
        returns (uint256 proceeds)
    {
        uint256 toPlatform = take(got, MONEY, PLATFORM);
        uint256 toAssignee = take(got, MONEY, ASSIGNEE);
        uint256 own = take(got, MONEY, SELLER) + toAssignee;
        proceeds = own + toPlatform;
        must(toPlatform == feeOf(t, proceeds), "the platform got something else than its fee");
        must(
            toAssignee == (trade.assigned < own ? trade.assigned : own),
            "the assignee got something else than its share"
        );
    }

    function feeOf(Terms memory t, uint256 proceeds) private pure returns (uint256 fee) {
        fee = proceeds * t.amounts.feeBps() / 10_000;
        uint256 ceiling = t.clauses.length == 0 ? 0 : t.clauses[0].feeCeiling;
        if (ceiling != 0 && fee > ceiling) fee = ceiling;
    }

    /// @dev Conserved, and nobody gains: at the locked rate the buyer's share is worth what went back, or less by under
    /// one unit, and the provider's share what did not, or more by under one unit.
    function checkPayLeg(QuoteClause memory quote, uint256 total, uint256 back, int256[PARTIES][TOKENS] memory got)
        private
    {
        uint256 toBuyer = take(got, PAY, BUYER);
        uint256 toProvider = take(got, PAY, PROVIDER);
        must(toBuyer + toProvider == quote.amount, "the pay leg is not conserved");
        must(toBuyer * total <= quote.amount * back, "the buyer gained on the rate");
        must(toProvider * total < quote.amount * (total - back) + total, "the provider gained on the rate");
    }

    function checkNobodyElse(int256[PARTIES][TOKENS] memory got) internal {
        for (uint256 k; k < TOKENS; ++k) {
            for (uint256 p; p < PARTIES; ++p) {
                must(got[k][p] == 0, "somebody got what it was not due");
            }
        }
    }

    function take(int256[PARTIES][TOKENS] memory got, uint256 token_, uint256 party)
        internal
        pure
        returns (uint256 amount)
    {
        if (got[token_][party] > 0) (amount, got[token_][party]) = (uint256(got[token_][party]), 0);
    }

    /// @return got how balance and credit of each party, in these terms' tokens, changed since this was asked last.
    function receipts(Terms memory t) internal returns (int256[PARTIES][TOKENS] memory got) {
        receiptsIn(MONEY, got[MONEY]);
        if (quoted(t)) receiptsIn(PAY, got[PAY]);
        if (t.clauses.length == 0 || t.clauses[0].duties.amount == 0) return got;
        uint256 k = indexOf(t.clauses[0].duties.token);
        if (k != MONEY && !(k == PAY && quoted(t))) receiptsIn(k, got[k]);
    }

    function receiptsIn(uint256 k, int256[PARTIES] memory got) private {
        DenyingDollar token_ = tokens[k];
        for (uint256 p; p < PARTIES; ++p) {
            uint256 credited = escrow.creditOf(parties[p], address(token_));
            uint256 owns = token_.balanceOf(parties[p]) + credited;
            uint256 owned = _owned[k][p];
            if (credited != owedTo[k][p]) {
                credits[k] = credits[k] + credited - owedTo[k][p];
                owedTo[k][p] = credited;
            }
            if (owns == owned) continue;
            got[p] = int256(owns) - int256(owned);
            _owned[k][p] = owns;
        }
    }

    /* READING */

    function retire(uint256 i) private {
        for (uint256 n; n < live.length; ++n) {
            if (live[n] != i) continue;
            live[n] = live[live.length - 1];
            live.pop();
            return;
        }
    }

    /// @dev An offer holds for the order as it stood.
    function offered(Trade storage trade, address party, uint256 toBuyer) internal view returns (bool) {
        Offer storage offer = offers[trade.id][party];
        bool same = offer.state == trade.state && offer.delivered == trade.delivered;
        return same && offer.toBuyer == toBuyer && time() <= offer.until;
    }

    function disputable(Trade storage trade, Terms memory t) internal view returns (uint256) {
        return trade.delivered ? t.amounts.price() : t.amounts.total();
    }

    function policyOf(Terms memory t) internal pure returns (uint256) {
        uint256 price = t.amounts.price();
        return price - price * t.clauses[0].returnPolicy.restockingBps / 10_000 - t.clauses[0].returnPolicy.freight;
    }

    function quoted(Terms memory t) internal pure returns (bool) {
        return t.clauses.length > 0 && t.clauses[0].quote.provider != address(0);
    }

    function indexOf(address token_) internal view returns (uint256) {
        return token_ == address(tokens[MONEY]) ? MONEY : token_ == address(tokens[PAY]) ? PAY : 2;
    }

    function termsOf(uint256 i) internal view returns (Terms memory) {
        return abi.decode(shelves[i].code, (Terms));
    }

    function time() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }
}
