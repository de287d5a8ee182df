// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Assessment, IDuties} from "../../../contracts/interfaces/IDuties.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {ConditionStatus, Fault} from "../../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns, ReturnReceipt} from "../../../contracts/interfaces/IReturns.sol";
import {
    Clauses, DutiesClause, Ground, ITradeEscrow, Order, State, Terms
} from "../../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../../contracts/libraries/Packed.sol";
import {SettableCondition} from "../EscrowFixture.sol";
import {Pack} from "../Pack.sol";
import {HostileFixture} from "./HostileFixture.sol";
import {Behaviour, CountingObserver, IHook, TurningToken} from "./TurningToken.sol";

/// @dev Which token of an order is the hostile one: that of an order without clauses, or one of the three of an order
/// that has every clause.
enum Leg {
    Plain,
    Settlement,
    Pay,
    Duties
}

/// @dev Every path that moves money: pulls first, then the ends, the duties alone, and withdrawals last.
enum Path {
    Open,
    OpenByConsent,
    OpenWithAuthorization,
    CancelByBuyer,
    CancelBySeller,
    ReleaseByBuyer,
    ReleaseByDefault,
    ReleaseAssigned,
    ReleaseInBatch,
    RefundNotAccepted,
    RefundNotShipped,
    RefundRejected,
    RefundConditionSilent,
    RefundNotDelivered,
    RefundBySeller,
    RefundDelivered,
    ReleaseLapsed,
    SettleReturn,
    SettleByPolicy,
    Rule,
    SettleUnruled,
    AcceptSplit,
    Assess,
    ReturnDuties,
    Withdraw,
    WithdrawFor
}

/// @dev Brings an order to each path that moves money, and says who takes it and what is due to whom.
abstract contract PathFixture is HostileFixture {
    using Pack for Terms;
    using Packed for *;

    /// @dev Of the settlement token, the buyer's and that of the duties.
    TurningToken[3] internal roles;
    SettableCondition internal condition = new SettableCondition();
    CountingObserver internal observer = new CountingObserver();

    function setUpPaths() internal {
        setUpClauses();
        for (uint256 i; i < 3; ++i) roles[i] = new TurningToken();
        setUpBystanders(address(observer));
        vm.prank(liquidity);
        quotes.setCap(address(roles[0]), type(uint128).max);
    }

    function roleOf(Leg leg) internal pure returns (uint256) {
        return leg == Leg.Plain ? 0 : uint256(leg) - 1;
    }

    /* ORDERS */

    function orderOf(Leg leg, Path path, uint256 price, uint256 freight) internal view returns (Terms memory t) {
        t = terms();
        (t.token, t.salt) = (address(roles[0]), "hostile");
        t.setPrice(price);
        t.setFreight(freight);
        if (path == Path.RefundRejected || path == Path.RefundConditionSilent) {
            t.condition = address(condition);
            t.setConditionBy(t.schedule.shipBy() + 2 days);
        }
        if (leg != Leg.Plain) addClauses(t);
    }

    /// @dev Every clause, each amount in proportion to the price.
    function addClauses(Terms memory t) internal view {
        Clauses memory c = withEverything(t).clauses[0];
        uint128 price = uint128(t.amounts.price());
        (c.quote.token, c.quote.amount) = (address(roles[1]), 8 * price);
        c.quote.premium = uint120(price / 32 + 1);
        (c.duties.token, c.duties.amount) = (address(roles[2]), price / 5 + 1);
        (c.arbitration.fee, c.returnPolicy.freight) = (price / 20, price / 25);
    }

    /// @dev Everybody has enough for four such orders.
    function fundFor(Terms memory t) internal {
        bool plain = t.clauses.length == 0;
        fund(roles[0], plain ? buyer : liquidity, 4 * t.amounts.total());
        if (plain) return;
        fund(roles[1], buyer, 4 * (uint256(t.clauses[0].quote.amount) + t.clauses[0].quote.premium));
        fund(roles[2], buyer, 4 * uint256(t.clauses[0].duties.amount));
    }

    function quoteOf(Terms memory t) internal view returns (bytes memory) {
        return t.clauses.length == 0 ? bytes("") : quoteFor(t);
    }

    function openAs(Terms memory t, bool accepted) internal {
        bytes memory quote = quoteOf(t);
        bytes memory sellerConsent = accepted ? acceptConsent(t) : bytes("");
        vm.prank(t.buyer);
        escrow.open(t, "", sellerConsent, quote);
    }

    function shipAs(Terms memory t) internal {
        openAs(t, true);
        vm.prank(seller);
        escrow.ship(t, "unit");
    }

    /// @dev To the moment before `path`, with tokens that are honest.
    function bring(Terms memory t, Path path) internal {
        if (path <= Path.OpenWithAuthorization) return;
        if (path <= Path.CancelBySeller || path == Path.RefundNotAccepted) openAs(t, false);
        else if (path == Path.RefundNotShipped || path == Path.RefundBySeller) openAs(t, true);
        else if (path >= Path.RefundRejected && path <= Path.RefundNotDelivered) shipAs(t);
        else if (path == Path.Assess || path == Path.ReturnDuties) shipAs(t);
        else bringDelivered(t, path);
        ripen(t, path);
    }

    function bringDelivered(Terms memory t, Path path) private {
        shipAs(t);
        if (path == Path.ReleaseAssigned) {
            uint96 share = assigned(t);
            vm.prank(seller);
            escrow.assign(t, FINANCIER, share);
        }
        deliver(t);
        if (path >= Path.Withdraw) return leaveCredit(t);
        vm.startPrank(buyer);
        if (path >= Path.ReleaseLapsed && path <= Path.SettleByPolicy) returns_.requestReturn(t, "worn");
        if (path >= Path.Rule && path <= Path.AcceptSplit) disputes.dispute(t, "photograph");
        vm.stopPrank();
        if (path == Path.SettleReturn || path == Path.SettleByPolicy) receive_(t);
        if (path == Path.AcceptSplit) propose(t);
    }

    function receive_(Terms memory t) internal {
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt));
    }

    function propose(Terms memory t) internal {
        uint120 share = splitOf(t);
        vm.prank(seller);
        disputes.proposeSplit(t, share, type(uint40).max);
    }

    /// @dev Releases, while the token denies the seller.
    function leaveCredit(Terms memory t) private {
        roles[0].turn(Behaviour.Denies, seller, address(escrow), IHook(address(0)));
        vm.prank(buyer);
        escrow.release(t);
        roles[0].turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
    }

    /// @dev To the time, or the condition, that the default needs.
    function ripen(Terms memory t, Path path) private {
        uint256 time = vm.getBlockTimestamp() + 1;
        if (path == Path.ReleaseByDefault || path == Path.ReleaseInBatch) vm.warp(time + t.schedule.inspectionWindow());
        if (path == Path.RefundNotAccepted) vm.warp(t.schedule.acceptBy() + 1);
        if (path == Path.RefundNotShipped) vm.warp(t.schedule.shipBy() + 1);
        if (path == Path.RefundRejected) condition.set(ConditionStatus.Rejected, Fault.Seller);
        if (path == Path.RefundConditionSilent) vm.warp(t.schedule.conditionBy() + 1);
        if (path == Path.RefundNotDelivered) vm.warp(t.schedule.claimBy() + 1);
        if (path == Path.ReleaseLapsed) vm.warp(time + RECEIVE_WINDOW);
        if (path == Path.SettleByPolicy) vm.warp(time + SETTLE_WINDOW);
        if (path == Path.SettleUnruled) vm.warp(time + ARBITRATION_WINDOW);
        if (path == Path.ReturnDuties) vm.warp(t.clauses[0].duties.assessBy + 1);
    }

    /* CALLS */

    /// @dev Who takes `path`, where and how.
    function callOf(Path path, Terms memory t)
        internal
        view
        returns (address caller, address target, bytes memory data)
    {
        target = address(escrow);
        if (path <= Path.OpenWithAuthorization) (caller, data) = openingOf(path, t);
        else if (path <= Path.RefundDelivered || path == Path.ReleaseLapsed) (caller, data) = endingOf(path, t);
        else if (path == Path.Withdraw) return (seller, target, withdrawalOf(ELSEWHERE, t));
        else if (path == Path.WithdrawFor) return (STRANGER, target, withdrawalForOf(seller, t));
        else return operationOf(path, t);
    }

    function withdrawalOf(address to, Terms memory t) internal pure returns (bytes memory) {
        return abi.encodeCall(ITradeEscrow.withdraw, (t.token, to));
    }

    function withdrawalForOf(address payee, Terms memory t) internal pure returns (bytes memory) {
        return abi.encodeCall(ITradeEscrow.withdrawFor, (payee, t.token));
    }

    function openingOf(Path path, Terms memory t) private view returns (address, bytes memory) {
        bytes32 id = escrow.orderId(t);
        bytes memory accepts = acceptConsent(t);
        bytes memory quote = quoteOf(t);
        if (path == Path.OpenWithAuthorization) {
            bytes memory shown = authorization(t, id);
            if (t.clauses.length > 0) shown = bytes.concat(shown, consent(BUYER_KEY, "Open(bytes32 orderId)", id));
            return (STRANGER, abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, shown, accepts, quote)));
        }
        bytes memory opens = path == Path.Open ? bytes("") : consent(BUYER_KEY, "Open(bytes32 orderId)", id);
        bytes memory data = abi.encodeCall(ITradeEscrow.open, (t, opens, accepts, quote));
        return (path == Path.Open ? buyer : STRANGER, data);
    }

    function endingOf(Path path, Terms memory t) private view returns (address, bytes memory) {
        bytes memory release = abi.encodeCall(ITradeEscrow.release, (t));
        if (path == Path.ReleaseByBuyer || path == Path.ReleaseAssigned) return (buyer, release);
        if (path == Path.ReleaseByDefault || path == Path.ReleaseLapsed) return (STRANGER, release);
        if (path == Path.ReleaseInBatch) return (STRANGER, batchOf(release));
        if (path == Path.CancelByBuyer) return (buyer, abi.encodeCall(ITradeEscrow.cancel, (t)));
        if (path == Path.CancelBySeller) return (seller, abi.encodeCall(ITradeEscrow.cancel, (t)));
        bool own = path == Path.RefundBySeller || path == Path.RefundDelivered;
        return (own ? seller : STRANGER, abi.encodeCall(ITradeEscrow.refund, (t)));
    }

    function batchOf(bytes memory inner) internal pure returns (bytes memory) {
        bytes[] memory calls = new bytes[](1);
        calls[0] = inner;
        return abi.encodeCall(ITradeEscrow.batch, (calls, 2_000_000));
    }

    function operationOf(Path path, Terms memory t) private view returns (address, address, bytes memory) {
        if (path == Path.SettleReturn) {
            uint256 toBuyer = returns_.policyRefund(t);
            return (seller, address(returns_), abi.encodeCall(IReturns.settleReturn, (t, toBuyer)));
        }
        if (path == Path.SettleByPolicy) {
            return (STRANGER, address(returns_), abi.encodeCall(IReturns.settleByPolicy, (t)));
        }
        if (path == Path.Rule) {
            bytes memory rule = abi.encodeCall(IDisputes.rule, (t, splitOf(t), Fault.Seller, false, "reasons"));
            return (arbiter, address(disputes), rule);
        }
        if (path == Path.SettleUnruled) {
            return (STRANGER, address(disputes), abi.encodeCall(IDisputes.settleUnruled, (t)));
        }
        if (path == Path.AcceptSplit) {
            return (buyer, address(disputes), abi.encodeCall(IDisputes.acceptSplit, (t, splitOf(t))));
        }
        if (path == Path.Assess) return (STRANGER, address(duties), assessmentOf(t));
        return (STRANGER, address(duties), abi.encodeCall(IDuties.returnDuties, (t)));
    }

    function assessmentOf(Terms memory t) internal view returns (bytes memory) {
        Assessment memory stated = Assessment(escrow.orderId(t), assessedOf(t), "declaration");
        DutiesClause memory clause = t.clauses[0].duties;
        bytes memory signature = signAssessment(AUTHORITY_KEY, stated, clause.token, clause.payee);
        return abi.encodeCall(IDuties.assess, (t, stated, authority, signature));
    }

    /* DUES */

    function assessedOf(Terms memory t) internal pure returns (uint256) {
        return uint256(t.clauses[0].duties.amount) * 2 / 3;
    }

    function splitOf(Terms memory t) internal pure returns (uint120) {
        return uint120(t.amounts.price() * 2 / 5);
    }

    function assigned(Terms memory t) internal pure returns (uint96) {
        uint256 half = (t.amounts.price() + 1) / 2;
        return half > type(uint96).max ? type(uint96).max : uint96(half);
    }

    /// @dev What the order's record must say after `path`; of the fields that decide who is paid.
    function endOf(Path path, Terms memory t) internal view returns (Order memory o) {
        o.delivered = path == Path.ReleaseByBuyer || path == Path.ReleaseByDefault || path == Path.ReleaseAssigned
            || path == Path.ReleaseInBatch || path >= Path.RefundDelivered && path <= Path.AcceptSplit;
        o.assigned = path == Path.ReleaseAssigned;
        if (path <= Path.CancelBySeller) o.state = State.Cancelled;
        else if (path <= Path.ReleaseInBatch || path == Path.ReleaseLapsed) o.state = State.Released;
        else if (path <= Path.RefundDelivered) o.state = State.Refunded;
        else if (path <= Path.AcceptSplit) o.state = State.Settled;
        else o.state = State.Shipped;
        if (path == Path.Rule) o.ground = Ground.Ruled;

        uint256 back;
        if (o.state == State.Refunded) back = o.delivered ? t.amounts.price() : t.amounts.total();
        if (path == Path.SettleReturn || path == Path.SettleByPolicy) back = returns_.policyRefund(t);
        if (path == Path.SettleUnruled) back = t.amounts.price() * SILENT_BUYER_BPS / 10_000;
        if (path == Path.Rule || path == Path.AcceptSplit) back = splitOf(t);
        o.toBuyer = uint128(back);
    }

    /// @dev What an order that ended with this record owes to whom, in each of its tokens; the duties apart.
    function duesOf(Terms memory t, Order memory o) internal pure returns (uint256[PARTIES][3] memory d) {
        if (o.state < State.Released) return d;
        uint256 total = t.amounts.total();
        uint256 toBuyer = o.state == State.Cancelled ? total : o.toBuyer;
        if (t.clauses.length > 0) {
            (d[0][4], d[1][0]) = (toBuyer, t.clauses[0].quote.amount * toBuyer / total);
            d[1][4] = t.clauses[0].quote.amount - d[1][0];
        } else {
            d[0][0] = toBuyer;
        }
        if (o.delivered || o.state == State.Released) d[0][3] = t.amounts.freight();
        if (o.ground == Ground.Ruled) d[0][6] = t.clauses[0].arbitration.fee;
        uint256 proceeds = total - toBuyer - d[0][3] - d[0][6];
        d[0][2] = proceeds * t.amounts.feeBps() / 10_000;
        d[0][1] = proceeds - d[0][2];
        if (o.assigned) d[0][7] = d[0][1] < assigned(t) ? d[0][1] : assigned(t);
        d[0][1] -= d[0][7];
    }

    function label(Leg leg) internal pure returns (string memory) {
        return ["plain", "settlement token", "buyer's token", "duties' token"][uint256(leg)];
    }

    function label(Path path) internal pure returns (string memory) {
        string[26] memory names = [
            "open", "open by consent", "openWithAuthorization", "cancel by buyer", "cancel by seller",
            "release by buyer", "release by default", "release, assigned", "release in a batch",
            "refund, not accepted", "refund, not shipped", "refund, condition rejected",
            "refund, condition silent", "refund, not delivered", "refund by seller", "refund, delivered",
            "release, return lapsed", "settleReturn", "settleByPolicy", "rule", "settleUnruled", "acceptSplit",
            "assess", "returnDuties", "withdraw", "withdrawFor"
        ];
        return names[uint256(path)];
    }
}
