// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IDuties} from "../../../contracts/interfaces/IDuties.sol";
import {IReturns, ReturnReceipt} from "../../../contracts/interfaces/IReturns.sol";
import {ITradeEscrow, Order, Receipt, State, Terms} from "../../../contracts/interfaces/ITradeEscrow.sol";
import {BoundedCall} from "../../../contracts/libraries/BoundedCall.sol";
import {Packed} from "../../../contracts/libraries/Packed.sol";
import {Pack} from "../Pack.sol";
import {Leg, Path, PathFixture} from "./PathFixture.sol";
import {Behaviour, IHook, TurningToken} from "./TurningToken.sol";

/// @dev A verb that a token calls while it moves, by the party that has the most right to it.
enum Verb {
    Open,
    OpenWithAuthorization,
    Accept,
    Cancel,
    Ship,
    Deliver,
    Assign,
    ConsentToRefund,
    Release,
    ReleaseInBatch,
    Refund,
    Report,
    Withdraw,
    WithdrawFor,
    RequestReturn,
    ReceiveReturn,
    SettleReturn,
    Dispute,
    ProposeSplit,
    AcceptSplit,
    Rule,
    Assess,
    RefundDuties
}

/// @dev What the vault holds of each token, what its records say that it owes, and per party what it has, in its wallet
/// and as credit, and what is due to it.
struct Books {
    uint256[3] held;
    uint256[3] owed;
    uint256[8][3] owned;
    uint256[8][3] due;
}

/// @dev The token of one leg calls the vault or an operator at its first movement on each path: once about the order
/// that moves it, once about another in the same tokens.
contract ReentryTest is PathFixture {
    using Pack for Terms;
    using Packed for *;

    /// @dev As many as `Verb` has.
    uint256 private constant VERBS = 23;

    TurningToken private hostile;

    function setUp() public {
        setUpPaths();
    }

    function test_reentry_ofAPlainOrdersToken_beforeItMoves_untilRelease_countsEachOrderOnce() public {
        reenterAll(Leg.Plain, Path.Open, Path.ReleaseInBatch, false);
    }

    function test_reentry_ofAPlainOrdersToken_beforeItMoves_fromRefunds_countsEachOrderOnce() public {
        assertEachPassed(reenterAll(Leg.Plain, Path.RefundNotAccepted, Path.WithdrawFor, false));
    }

    function test_reentry_ofAPlainOrdersToken_afterItMoved_untilRelease_countsEachOrderOnce() public {
        reenterAll(Leg.Plain, Path.Open, Path.ReleaseInBatch, true);
    }

    function test_reentry_ofAPlainOrdersToken_afterItMoved_fromRefunds_countsEachOrderOnce() public {
        assertEachPassed(reenterAll(Leg.Plain, Path.RefundNotAccepted, Path.WithdrawFor, true));
    }

    function test_reentry_ofASettlementToken_untilRelease_countsEachOrderOnce() public {
        reenterAll(Leg.Settlement, Path.Open, Path.ReleaseInBatch, false);
    }

    function test_reentry_ofASettlementToken_byOperators_countsEachOrderOnce() public {
        reenterAll(Leg.Settlement, Path.ReleaseLapsed, Path.ReturnDuties, true);
    }

    function test_reentry_ofABuyersToken_untilRelease_countsEachOrderOnce() public {
        reenterAll(Leg.Pay, Path.Open, Path.ReleaseInBatch, true);
    }

    function test_reentry_ofABuyersToken_fromRefunds_countsEachOrderOnce() public {
        reenterAll(Leg.Pay, Path.RefundNotAccepted, Path.RefundDelivered, false);
    }

    function test_reentry_ofADutiesToken_countsEachOrderOnce() public {
        reenterAll(Leg.Duties, Path.Open, Path.CancelBySeller, false);
        reenterAll(Leg.Duties, Path.RefundNotShipped, Path.RefundBySeller, true);
        reenterAll(Leg.Duties, Path.Assess, Path.ReturnDuties, false);
    }

    /// @dev What one opening moves must not be counted for two: the provider would pay twice, for one order.
    function test_reentry_ofATokenThatOpensInPlaceOfMoving_opensNothingInsideAnOpening() public {
        for (uint256 i; i < 16; ++i) {
            uint256 snapshot = vm.snapshotState();
            Path path = i & 1 == 0 ? Path.Open : Path.OpenWithAuthorization;
            Verb verb = i & 2 == 0 ? Verb.Open : Verb.OpenWithAuthorization;
            this.openInside(i & 8 == 0 ? Leg.Plain : Leg.Pay, path, verb, i & 4 == 0);
            vm.revertToState(snapshot);
        }
    }

    function openInside(Leg leg, Path path, Verb verb, bool same) external {
        string memory what = string.concat(label(leg), ", ", label(path), ", ", label(verb));
        what = string.concat(what, same ? " of the same inside: " : " of another inside: ");
        hostile = roles[roleOf(leg)];
        Terms memory outer = orderOf(leg, path, PRICE, FREIGHT);
        Terms memory inner = orderOf(leg, path, PRICE, FREIGHT);
        if (!same) inner.salt = "inner";
        fundFor(outer);
        fundFor(inner);
        Books memory before = look(outer, inner, same);
        plot(verb, inner, same, false);
        hostile.turn(Behaviour.PlotsInstead, address(0), address(escrow), IHook(address(0)));
        (bool ok,) = take(path, outer);

        assertTrue(ok, string.concat(what, "blocked"));
        assertTrue(hostile.plotted() && !hostile.succeeded(), string.concat(what, "let through, or not called"));
        assertEq(bytes32(hostile.met()), bytes32(REENTRANT), string.concat(what, "another refusal than expected"));
        assertConserved(before, look(outer, inner, same), what);
        uint256 locked = leg == Leg.Plain ? 0 : FUNDING;
        assertEq(quotes.exposureOf(liquidity, address(roles[0])).locked, locked, string.concat(what, "locked"));
        assertBystandersUntouched(what);
    }

    /// @dev The calls were no misses: each verb got through from both withdrawals, if from nowhere else.
    function assertEachPassed(uint256[VERBS] memory passed) private pure {
        for (uint256 v; v < VERBS; ++v) assertGe(passed[v], 2, string.concat(label(Verb(v)), ": never let through"));
    }

    function reenterAll(Leg leg, Path first, Path last, bool afterwards)
        private
        returns (uint256[VERBS] memory passed)
    {
        for (uint256 p = uint256(first); p <= uint256(last); ++p) {
            if (leg == Leg.Plain && p > uint256(Path.RefundDelivered) && p < uint256(Path.Withdraw)) continue;
            for (uint256 v; v < VERBS; ++v) {
                for (uint256 same; same < 2; ++same) {
                    if (leg == Leg.Plain && same == 1 && Verb(v) > Verb.WithdrawFor) continue;
                    if (leg != Leg.Plain && same == 0 && !aboutAnother(Path(p))) continue;
                    uint256 snapshot = vm.snapshotState();
                    if (this.reenter(leg, Path(p), Verb(v), same == 1, afterwards)) ++passed[v];
                    vm.revertToState(snapshot);
                }
            }
        }
    }

    /// @dev What a push refuses about another order it refuses on every path: beside `Plain` one of each kind does.
    function aboutAnother(Path path) private pure returns (bool) {
        return path == Path.Open || path == Path.OpenWithAuthorization || path == Path.ReleaseByBuyer
            || path == Path.Rule || path == Path.Assess;
    }

    /// @dev External, so that each cell starts with a memory of its own.
    /// @return passed whether the inner call was let through.
    function reenter(Leg leg, Path path, Verb verb, bool same, bool afterwards) external returns (bool passed) {
        string memory what = string.concat(label(leg), ", ", label(path), ", ", label(verb));
        what = string.concat(what, same ? " of the same" : " of another", afterwards ? ", after: " : ", before: ");
        hostile = roles[roleOf(leg)];
        Terms memory outer = orderOf(leg, path, PRICE, FREIGHT);
        Terms memory inner = same ? outer : bringOther(verb);
        fundFor(outer);
        bring(outer, path);
        if (same && escrow.getOrder(escrow.orderId(outer)).acceptedAt != 0) offerBoth(outer);
        Books memory before = look(outer, inner, same);
        assertHeld(before, string.concat(what, "at first, "));
        plot(verb, inner, same, afterwards);
        (bool ok, bytes4 met) = take(path, outer);

        assertBystandersUntouched(what);
        assertConserved(before, look(outer, inner, same), what);
        passed = hostile.succeeded();
        if (path <= Path.OpenWithAuthorization) {
            if (!ok) assertEq(bytes32(met), ITradeEscrow.AmountReceived.selector, what);
            assertTrue(!passed || verb > Verb.OpenWithAuthorization, string.concat(what, "opened inside an opening"));
        } else {
            assertTrue(ok, string.concat(what, "blocked"));
            assertEnded(outer, path, same && passed ? verb : Verb.Open, what);
        }
        if (hostile.plotted() && !passed) assertNamed(hostile.met(), path, what);
        assertLe(observer.told(escrow.orderId(outer)), 1, string.concat(what, "told twice"));
    }

    function plot(Verb verb, Terms memory t, bool same, bool afterwards) private {
        (address plotter, address target, bytes memory data) = callOf(verb, t, same);
        hostile.plot(plotter, target, data, afterwards);
        hostile.turn(Behaviour.Plots, address(0), address(escrow), IHook(address(0)));
    }

    function take(Path path, Terms memory t) private returns (bool ok, bytes4 met) {
        (address caller, address target, bytes memory data) = callOf(path, t);
        bytes memory answer;
        (ok, answer) = call(caller, target, data);
        hostile.turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
        met = bytes4(answer);
    }

    /// @dev As the path alone would have ended it: a call inside may say more about it, but not another end.
    /// @param inside what was let through about this order meanwhile, and may not get lost; Open if nothing was.
    function assertEnded(Terms memory t, Path path, Verb inside, string memory what) private view {
        Order memory o = escrow.getOrder(escrow.orderId(t));
        if (path >= Path.Withdraw) return assertEq(uint256(o.state), uint256(State.Released), what);
        Order memory expected = endOf(path, t);
        if (expected.state < State.Released) {
            State moved = inside == Verb.Deliver ? State.Delivered : expected.state;
            if (inside == Verb.Dispute) moved = State.Disputed;
            assertEq(uint256(o.state), uint256(moved), string.concat(what, "another state"));
            assertEq(o.delivered, inside == Verb.Deliver);
            assertEq(o.assigned, inside == Verb.Assign);
            assertFalse(o.dutiesHeld, what);
            return;
        }
        assertEq(uint256(o.state), uint256(expected.state), string.concat(what, "another end"));
        assertEq(uint256(o.toBuyer), expected.toBuyer, string.concat(what, "another share"));
        bool hasOutcome = expected.state != State.Cancelled && path != Path.RefundNotAccepted;
        assertEq(observer.told(escrow.orderId(t)), hasOutcome ? 1 : 0, string.concat(what, "not told"));
        assertTrue(o.reported == hasOutcome, string.concat(what, "not reported"));
    }

    /// @dev Refused by a rule with a name; or, of what a push has gas for, cut off.
    function assertNamed(bytes4 met, Path path, string memory what) private pure {
        bool pushed = path < Path.Withdraw;
        bytes4[22] memory named = [
            ITradeEscrow.StateWrong.selector, ITradeEscrow.AlreadyOpened.selector, ITradeEscrow.NoOutcome.selector,
            ITradeEscrow.AlreadyReported.selector, ITradeEscrow.NothingToWithdraw.selector,
            ITradeEscrow.DutiesNotHeld.selector, ITradeEscrow.DefaultOpen.selector, ITradeEscrow.TooLate.selector,
            ITradeEscrow.NotAssignee.selector, ITradeEscrow.AlreadyAssigned.selector, ITradeEscrow.AmountZero.selector,
            ITradeEscrow.AssigneeConsentMissing.selector, IDisputes.NotDisputed.selector,
            IDisputes.NotOffered.selector, IReturns.NotReceived.selector, IDuties.NotReturned.selector,
            IDuties.NotAccepted.selector, IDuties.RefundTooHigh.selector, IDuties.TooLate.selector,
            BoundedCall.GasTooLow.selector, REENTRANT, pushed ? bytes4(0) : REENTRANT
        ];
        for (uint256 i; i < named.length; ++i) if (met == named[i]) return;
        assertEq(bytes32(met), bytes32(0), string.concat(what, "refused without a name"));
    }

    /* BOOKS */

    function look(Terms memory outer, Terms memory inner, bool same) private view returns (Books memory a) {
        for (uint256 r; r < 3; ++r) {
            a.held[r] = roles[r].balanceOf(address(escrow));
            uint256[PARTIES] memory balances = wallets(roles[r]);
            uint256[PARTIES] memory credited = credits(roles[r]);
            for (uint256 i; i < PARTIES; ++i) a.owned[r][i] = balances[i] + credited[i];
            a.owned[r][1] += roles[r].balanceOf(ELSEWHERE);
            a.owed[r] = sum(credited);
        }
        count(a, outer);
        if (!same) count(a, inner);
    }

    /// @dev From the order's record alone: what the vault must hold for it, or who must have it.
    function count(Books memory a, Terms memory t) private view {
        bytes32 id = escrow.orderId(t);
        Order memory o = escrow.getOrder(id);
        bool quoted = t.clauses.length > 0;
        uint256 total = t.amounts.total();
        if (o.state == State.None) a.due[0][quoted ? 4 : 0] += total;
        else if (o.state < State.Released) a.owed[0] += total;
        uint256[PARTIES][3] memory dues = duesOf(t, o);
        for (uint256 r; r < 3; ++r) for (uint256 i; i < PARTIES; ++i) a.due[r][i] += dues[r][i];
        if (!quoted) return;

        (uint256 pay, uint256 premium) = (t.clauses[0].quote.amount, t.clauses[0].quote.premium);
        a.due[1][o.state == State.None ? 0 : 4] += premium;
        if (o.state == State.None) a.due[1][0] += pay;
        else if (o.state < State.Released) a.owed[1] += pay;
        if (o.dutiesHeld) {
            a.owed[2] += t.clauses[0].duties.amount;
        } else {
            uint256 out = duties.paidFor(id).assessed - duties.paidFor(id).refunded;
            (a.due[2][5], a.due[2][0]) = (a.due[2][5] + out, a.due[2][0] + t.clauses[0].duties.amount - out);
        }
    }

    function assertHeld(Books memory a, string memory what) private pure {
        for (uint256 r; r < 3; ++r) {
            assertEq(a.held[r], a.owed[r], string.concat(what, "the vault does not hold what it owes"));
        }
    }

    function assertConserved(Books memory before, Books memory afterwards, string memory what) private pure {
        assertHeld(afterwards, what);
        for (uint256 r; r < 3; ++r) {
            for (uint256 i; i < PARTIES; ++i) {
                assertEq(
                    afterwards.owned[r][i] + before.due[r][i],
                    before.owned[r][i] + afterwards.due[r][i],
                    string.concat(what, "a party has not what is due to it")
                );
            }
        }
    }

    /* THE INNER CALL */

    /// @dev An order with every clause for the inner call, in the state in which its verb would end well.
    function bringOther(Verb verb) private returns (Terms memory t) {
        t = orderOf(Leg.Plain, Path.Open, PRICE, FREIGHT);
        t.salt = "inner";
        t.setAcceptBy(t.schedule.acceptBy() + 60 days);
        t.setShipBy(t.schedule.shipBy() + 60 days);
        t.setDeliverBy(t.schedule.deliverBy() + 60 days);
        t.setInspectionWindow(90 days);
        addClauses(t);
        (t.clauses[0].returnPolicy.receiveWindow, t.clauses[0].returnPolicy.settleWindow) = (90 days, 90 days);
        t.clauses[0].arbitration.window = 90 days;
        fundFor(t);
        if (verb <= Verb.OpenWithAuthorization) return t;
        if (verb == Verb.Accept || verb == Verb.Cancel) openAs(t, false);
        else if (verb == Verb.Ship || verb == Verb.Assign || verb == Verb.ConsentToRefund) openAs(t, true);
        else if (verb == Verb.Deliver || verb == Verb.Assess) shipAs(t);
        else bringOtherDelivered(t, verb);
        if (verb != Verb.ConsentToRefund) return t;
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 50e6);
    }

    function bringOtherDelivered(Terms memory t, Verb verb) private {
        shipAs(t);
        if (verb == Verb.RefundDuties) assessNow(t);
        deliver(t);
        offerBoth(t);
        vm.startPrank(buyer);
        if (verb == Verb.ReceiveReturn || verb == Verb.SettleReturn) returns_.requestReturn(t, "worn");
        if (verb == Verb.Rule) disputes.dispute(t, "photograph");
        vm.stopPrank();
        if (verb == Verb.SettleReturn) receive_(t);
        if (verb == Verb.RefundDuties) {
            vm.prank(seller);
            escrow.refund(t);
        }
        if (verb < Verb.Report || verb > Verb.WithdrawFor) return;

        if (verb != Verb.Report) roles[0].turn(Behaviour.Denies, platform, address(escrow), IHook(address(0)));
        observer.fail(verb == Verb.Report);
        vm.prank(buyer);
        escrow.release(t);
        observer.fail(false);
        roles[0].turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
    }

    function assessNow(Terms memory t) private {
        (bool ok,) = call(STRANGER, address(duties), assessmentOf(t));
        assertTrue(ok);
        vm.prank(TAX_PAYEE);
        roles[2].approve(address(duties), type(uint256).max);
    }

    /// @dev So that a split waits to be accepted.
    function offerBoth(Terms memory t) private {
        if (t.clauses.length > 0) propose(t);
    }

    function callOf(Verb verb, Terms memory t, bool same)
        private
        view
        returns (address caller, address target, bytes memory data)
    {
        if (verb == Verb.Open) return callOf(Path.Open, t);
        if (verb == Verb.OpenWithAuthorization) return callOf(Path.OpenWithAuthorization, t);
        if (verb == Verb.SettleReturn && t.clauses.length > 0) return callOf(Path.SettleReturn, t);
        if (verb == Verb.AcceptSplit) return callOf(Path.AcceptSplit, t);
        if (verb == Verb.Rule) return callOf(Path.Rule, t);
        if (verb == Verb.Assess) return callOf(Path.Assess, t);
        target = address(escrow);
        if (verb > Verb.WithdrawFor) return operationOf(verb, t);
        address payee = same ? seller : platform;
        if (verb == Verb.Withdraw) return (payee, target, abi.encodeCall(ITradeEscrow.withdraw, (t.token, payee)));
        if (verb == Verb.WithdrawFor) {
            return (STRANGER, target, abi.encodeCall(ITradeEscrow.withdrawFor, (payee, t.token)));
        }
        (caller, data) = ownOf(verb, t);
    }

    function ownOf(Verb verb, Terms memory t) private view returns (address, bytes memory) {
        bytes memory release = abi.encodeCall(ITradeEscrow.release, (t));
        if (verb == Verb.Release) return (buyer, release);
        if (verb == Verb.ReleaseInBatch) return (buyer, batchInside(release));
        if (verb == Verb.Accept) return (seller, abi.encodeCall(ITradeEscrow.accept, (t, "")));
        if (verb == Verb.Cancel) return (buyer, abi.encodeCall(ITradeEscrow.cancel, (t)));
        if (verb == Verb.Ship) return (seller, abi.encodeCall(ITradeEscrow.ship, (t, "unit")));
        if (verb == Verb.Assign) return (seller, abi.encodeCall(ITradeEscrow.assign, (t, FINANCIER, 50e6)));
        if (verb == Verb.ConsentToRefund) return (FINANCIER, abi.encodeCall(ITradeEscrow.consentToRefund, (t)));
        if (verb == Verb.Refund) return (seller, abi.encodeCall(ITradeEscrow.refund, (t)));
        if (verb == Verb.Report) return (STRANGER, abi.encodeCall(ITradeEscrow.report, (t)));
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        return (STRANGER, abi.encodeCall(ITradeEscrow.deliver, (t, receipt, carrier, signature)));
    }

    function operationOf(Verb verb, Terms memory t) private view returns (address, address, bytes memory) {
        if (verb == Verb.RequestReturn) {
            return (buyer, address(returns_), abi.encodeCall(IReturns.requestReturn, (t, "worn")));
        }
        if (verb == Verb.ReceiveReturn) {
            ReturnReceipt memory back = returnReceiptOf(t);
            bytes memory signature = signReturnReceipt(PLACE_KEY, back);
            bytes memory data = abi.encodeCall(IReturns.receiveReturn, (t, back, place, signature));
            return (STRANGER, address(returns_), data);
        }
        if (verb == Verb.Dispute) {
            return (buyer, address(disputes), abi.encodeCall(IDisputes.dispute, (t, "photograph")));
        }
        if (verb == Verb.ProposeSplit) {
            return (buyer, address(disputes), abi.encodeCall(IDisputes.proposeSplit, (t, 1, type(uint40).max)));
        }
        return (TAX_PAYEE, address(duties), abi.encodeCall(IDuties.refundDuties, (t, uint128(assessedOf(t)))));
    }

    function batchInside(bytes memory inner) private pure returns (bytes memory) {
        bytes[] memory calls = new bytes[](1);
        calls[0] = inner;
        return abi.encodeCall(ITradeEscrow.batch, (calls, 1_500_000));
    }

    function label(Verb verb) private pure returns (string memory) {
        return [
            "open", "openWithAuthorization", "accept", "cancel", "ship", "deliver", "assign", "consentToRefund",
            "release", "release in a batch", "refund", "report", "withdraw", "withdrawFor", "requestReturn",
            "receiveReturn", "settleReturn", "dispute", "proposeSplit", "acceptSplit", "rule", "assess",
            "refundDuties"
        ][uint256(verb)];
    }
}
