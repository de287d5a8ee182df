// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDeliveries} from "../../../contracts/interfaces/IDeliveries.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {IDuties} from "../../../contracts/interfaces/IDuties.sol";
import {Role} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {Batch, DeliveryLeaf} from "../../../contracts/interfaces/IProvenanceRegistry.sol";
import {IQuotes} from "../../../contracts/interfaces/IQuotes.sol";
import {Fault} from "../../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns, ReturnReceipt} from "../../../contracts/interfaces/IReturns.sol";
import {Ground, ITradeEscrow, Order, Split, State, Terms} from "../../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../../contracts/libraries/Packed.sol";
import {Plotter} from "./HostileParties.sol";
import {Leg, Path, PathFixture} from "./PathFixture.sol";
import {Behaviour, BurningHook, IHook, RefusingHook} from "./TurningToken.sol";

/// @dev A call that is made from inside an end, and the error that it must meet.
struct Plot {
    string name;
    address target;
    bytes data;
    bytes4 met;
}

/// @dev An arbiter's key that is a contract, called back by the token of its fee; and an observer, buyer and tax payee
/// as well, that turns to the operators. Each order has every clause.
contract CallbacksTest is PathFixture {
    using Packed for *;

    Plotter private plotter = new Plotter();

    function setUp() public {
        setUpPaths();
    }

    /* AN ARBITER'S KEY */

    function test_anArbiterThatIsCalledBackByItsFee_rulesOnce() public {
        Terms memory t = disputedBefore("ruled");
        Plot[] memory plots = arbitersPlots(t);
        for (uint256 i; i < plots.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            this.checkRuling(t, plots[i], string.concat("an arbiter that calls ", plots[i].name, ": "));
            vm.revertToState(snapshot);
        }
    }

    /// @dev External, so that each case starts with a memory of its own.
    function checkRuling(Terms memory t, Plot calldata p, string memory what) external {
        plotter.plot(p.target, p.data);
        hookFee(plotter);
        uint256[PARTIES][3] memory before = balancesOf(t);
        rule(t);
        assertTrue(plotter.made() && !plotter.succeeded(), string.concat(what, "let through, or not called"));
        assertEq(bytes32(plotter.met()), bytes32(p.met), string.concat(what, "another refusal than expected"));
        assertPaid(before, t, Path.Rule, what);
        endBystanders(what);
    }

    function arbitersPlots(Terms memory t) private view returns (Plot[] memory p) {
        bytes4 wrong = ITradeEscrow.StateWrong.selector;
        bytes4 over = IDisputes.NotDisputed.selector;
        uint256 all = t.amounts.price() - t.clauses[0].arbitration.fee;
        p = new Plot[](9);
        bytes memory again = abi.encodeCall(IDisputes.rule, (t, all, Fault.Seller, false, "again"));
        p[0] = Plot("rule", address(disputes), again, over);
        p[1] = Plot("settleUnruled", address(disputes), abi.encodeCall(IDisputes.settleUnruled, (t)), over);
        bytes memory settle = abi.encodeCall(ITradeEscrow.settle, (t, Split(all, 0, 0), Ground.Ruled, Fault.Seller));
        p[2] = Plot("settle", address(escrow), settle, wrong);
        p[3] = Plot("release", address(escrow), abi.encodeCall(ITradeEscrow.release, (t)), wrong);
        p[4] = Plot("refund", address(escrow), abi.encodeCall(ITradeEscrow.refund, (t)), wrong);
        p[5] = Plot("poke", address(escrow), abi.encodeCall(ITradeEscrow.poke, (t)), wrong);
        bytes memory fee = withdrawalOf(address(plotter), t);
        p[6] = Plot("withdraw", address(escrow), fee, ITradeEscrow.NothingToWithdraw.selector);
        bytes memory pay = abi.encodeCall(ITradeEscrow.payDuties, (t, 0));
        p[7] = Plot("payDuties", address(escrow), pay, ITradeEscrow.NotOperator.selector);
        bytes memory close = abi.encodeCall(IQuotes.close, (escrow.orderId(t), liquidity, t.token, 1));
        p[8] = Plot("close", address(quotes), close, IQuotes.NotEscrow.selector);
    }

    function test_anArbiterWhoseFeeIsRefused_rulesAllTheSameAndIsCreditedOnce() public {
        Terms memory t = disputedBefore("ruled");
        for (uint256 i; i < 2; ++i) {
            uint256 snapshot = vm.snapshotState();
            hookFee(i == 0 ? IHook(new RefusingHook()) : IHook(new BurningHook()));
            uint256[PARTIES][3] memory before = balancesOf(t);
            uint256 gasBefore = gasleft();
            rule(t);
            assertLe(gasBefore - gasleft(), 7 * escrow.PUSH_GAS() + 300_000, "costs its caller too much");
            assertEq(escrow.creditOf(address(plotter), t.token), t.clauses[0].arbitration.fee, "credited");
            roles[0].turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
            escrow.withdrawFor(address(plotter), t.token);
            assertPaid(before, t, Path.Rule, "a refused fee: ");
            endBystanders("a refused fee: ");
            vm.revertToState(snapshot);
        }
    }

    /// @dev A withdrawal hands on all gas, so that a whole ruling fits into it.
    function test_anArbiterThatRulesAnotherDisputeFromItsWithdrawal_isPaidForEachOnce() public {
        (Terms memory first, Terms memory second) = (disputedBefore("first"), disputedBefore("second"));
        uint256[PARTIES][3] memory before = balancesOf(first);
        hookFee(new RefusingHook());
        rule(first);
        plotter.plot(address(disputes), rulingOf(second));
        hookFee(plotter);
        plotter.act(address(escrow), withdrawalOf(address(plotter), first));
        assertTrue(plotter.succeeded(), "the inner ruling was refused");
        assertEq(uint256(escrow.getOrder(escrow.orderId(second)).state), uint256(State.Settled));
        assertEq(observer.told(escrow.orderId(second)), 1, "told once");

        uint256[PARTIES][3] memory afterwards = balancesOf(first);
        uint256[PARTIES][3] memory due = duesOf(first, endOf(Path.Rule, first));
        for (uint256 r; r < 3; ++r) {
            for (uint256 i; i < PARTIES; ++i) assertEq(afterwards[r][i] - before[r][i], 2 * due[r][i], "paid");
        }
        assertEq(roles[0].balanceOf(address(escrow)), 0, "left over");
        assertEq(escrow.creditOf(address(plotter), first.token), 0, "credited still");
        endBystanders("two disputes: ");
    }

    function test_anArbiterThatWithdrawsFromItsWithdrawal_isPaidOnce() public {
        Terms memory t = disputedBefore("ruled");
        Terms memory standing = disputedBefore("standing");
        uint256[PARTIES][3] memory before = balancesOf(t);
        hookFee(new RefusingHook());
        rule(t);
        plotter.plot(address(escrow), withdrawalOf(address(plotter), t));
        hookFee(plotter);
        plotter.act(address(escrow), withdrawalOf(address(plotter), t));
        assertTrue(plotter.made());
        assertEq(bytes32(plotter.met()), ITradeEscrow.NothingToWithdraw.selector, "another refusal than expected");
        assertEq(roles[0].balanceOf(address(plotter)) - before[0][6], t.clauses[0].arbitration.fee, "paid once");
        assertEq(roles[0].balanceOf(address(escrow)), standing.amounts.total(), "another's order is not covered");
        endBystanders("one dispute of two: ");
    }

    function test_anArbiterThatRulesTwiceInOneTransaction_rulesOnce() public {
        Terms memory t = disputedBefore("twice");
        Terms memory standing = disputedBefore("standing");
        uint256[PARTIES][3] memory before = balancesOf(t);
        rule(t);
        (bool ok, bytes memory met) =
            call(STRANGER, address(plotter), abi.encodeCall(Plotter.act, (address(disputes), rulingOf(t))));
        assertFalse(ok);
        assertEqual(met, abi.encodeWithSelector(IDisputes.NotDisputed.selector, escrow.orderId(t)), "");
        uint256[PARTIES][3] memory due = duesOf(t, endOf(Path.Rule, t));
        assertEq(balancesOf(t)[0][6] - before[0][6], due[0][6], "the fee once");
        assertEq(roles[0].balanceOf(address(escrow)), standing.amounts.total(), "another's order is not covered");
        endBystanders("one dispute of two: ");
    }

    /* AN OBSERVER */

    function test_anObserverThatCallsTheOperators_findsTheOrderEnded() public {
        Path[3] memory ends = [Path.ReleaseByBuyer, Path.RefundDelivered, Path.Rule];
        for (uint256 e; e < ends.length; ++e) {
            uint256 outer = vm.snapshotState();
            Terms memory t = observed(ends[e]);
            Plot[] memory plots = observersPlots(t, ends[e]);
            for (uint256 i; i < plots.length; ++i) {
                uint256 snapshot = vm.snapshotState();
                this.checkObserver(t, ends[e], plots[i]);
                vm.revertToState(snapshot);
            }
            vm.revertToState(outer);
        }
    }

    /// @dev Apart from the others, since without an optimizer a proof costs more than the observer is given.
    function test_anObserverThatProvesADelivery_findsTheOrderEnded() public {
        Path[3] memory ends = [Path.ReleaseByBuyer, Path.RefundDelivered, Path.Rule];
        for (uint256 e; e < ends.length; ++e) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = observed(ends[e]);
            bytes memory data = anchoredOf(t);
            this.checkObserver(
                t,
                ends[e],
                Plot("deliverAnchored", address(deliveries), data, ITradeEscrow.StateWrong.selector)
            );
            vm.revertToState(snapshot);
        }
    }

    /// @dev External, so that each case starts with a memory of its own.
    function checkObserver(Terms memory t, Path path, Plot calldata p) external {
        string memory what = string.concat(label(path), ", an observer that calls ", p.name, ": ");
        plotter.plot(p.target, p.data);
        uint256[PARTIES][3] memory before = balancesOf(t);
        end(t, path);
        assertTrue(plotter.made() && !plotter.succeeded(), string.concat(what, "let through, or not told"));
        assertEq(bytes32(plotter.met()), bytes32(p.met), string.concat(what, "another refusal than expected"));
        assertPaid(before, t, path, what);
        assertTrue(escrow.getOrder(escrow.orderId(t)).reported, string.concat(what, "not reported"));
        endBystanders(what);
    }

    function observersPlots(Terms memory t, Path path) private returns (Plot[] memory p) {
        p = new Plot[](16);
        plotDisputes(p, t);
        plotReturns(p, t);
        plotDuties(p, t, path);
        plotQuotes(p, t);
        plotVault(p, t);
    }

    function plotDisputes(Plot[] memory p, Terms memory t) private view {
        (address target, bytes4 over) = (address(disputes), IDisputes.NotDisputed.selector);
        p[0] = Plot("rule", target, rulingOf(t), over);
        p[1] = Plot("settleUnruled", target, abi.encodeCall(IDisputes.settleUnruled, (t)), over);
        p[2] = Plot("submitEvidence", target, abi.encodeCall(IDisputes.submitEvidence, (t, "seen")), over);
        bytes memory data = abi.encodeCall(IDisputes.dispute, (t, "photograph"));
        p[3] = Plot("dispute", target, data, ITradeEscrow.StateWrong.selector);
        data = abi.encodeCall(IDisputes.acceptSplit, (t, splitOf(t)));
        p[4] = Plot("acceptSplit", target, data, IDisputes.NotOffered.selector);
    }

    function plotReturns(Plot[] memory p, Terms memory t) private view {
        (address target, bytes4 wrong) = (address(returns_), ITradeEscrow.StateWrong.selector);
        p[5] = Plot("requestReturn", target, abi.encodeCall(IReturns.requestReturn, (t, "worn")), wrong);
        p[6] = Plot("receiveReturn", target, returnOf(t), wrong);
        bytes memory data = abi.encodeCall(IReturns.settleReturn, (t, t.amounts.price()));
        p[7] = Plot("settleReturn", target, data, IReturns.NotSeller.selector);
        data = abi.encodeCall(IReturns.settleByPolicy, (t));
        p[8] = Plot("settleByPolicy", target, data, IReturns.NotReceived.selector);
    }

    function plotDuties(Plot[] memory p, Terms memory t, Path path) private view {
        address target = address(duties);
        bytes4 unpaid = path == Path.ReleaseByBuyer ? IDuties.NotReturned.selector : IDuties.RefundTooHigh.selector;
        p[9] = Plot("refundDuties", target, abi.encodeCall(IDuties.refundDuties, (t, 1)), unpaid);
        bytes memory data = abi.encodeCall(IDuties.returnDuties, (t));
        p[10] = Plot("returnDuties", target, data, IDuties.TooEarly.selector);
    }

    function plotQuotes(Plot[] memory p, Terms memory t) private view {
        (address target, bytes4 foreign) = (address(quotes), IQuotes.NotEscrow.selector);
        bytes32 id = escrow.orderId(t);
        p[11] = Plot("close", target, abi.encodeCall(IQuotes.close, (id, liquidity, t.token, 1)), foreign);
        p[12] = Plot("take", target, abi.encodeCall(IQuotes.take, (id, t, "")), foreign);
    }

    /// @dev The operators' door, without an operator.
    function plotVault(Plot[] memory p, Terms memory t) private view {
        (address target, bytes4 foreign) = (address(escrow), ITradeEscrow.NotOperator.selector);
        p[13] = Plot("hold", target, abi.encodeCall(ITradeEscrow.hold, (t, State.Disputed)), foreign);
        p[14] = Plot("payDuties", target, abi.encodeCall(ITradeEscrow.payDuties, (t, 0)), foreign);
        Split memory all = Split(t.amounts.total(), 0, 0);
        bytes memory data = abi.encodeCall(ITradeEscrow.settle, (t, all, Ground.Agreed, Fault.Nobody));
        p[15] = Plot("settle", target, data, ITradeEscrow.StateWrong.selector);
    }

    /// @dev It runs out of the little gas that it has at the end, and is told again with all that its caller has.
    function test_anObserverThatAssessesDuties_hasNotTheGasForIt() public {
        Path[3] memory ends = [Path.ReleaseByBuyer, Path.RefundDelivered, Path.Rule];
        for (uint256 e; e < ends.length; ++e) {
            uint256 snapshot = vm.snapshotState();
            this.checkAssessing(ends[e], string.concat(label(ends[e]), ", an observer that assesses: "));
            vm.revertToState(snapshot);
        }
    }

    /// @dev External, so that each case starts with a memory of its own.
    function checkAssessing(Path path, string memory what) external {
        Terms memory t = observed(path);
        bytes32 id = escrow.orderId(t);
        bytes memory assessing = assessmentOf(t);
        plotter.plot(address(duties), assessing);
        uint256[PARTIES][3] memory before = balancesOf(t);
        end(t, path);
        assertPaid(before, t, path, what);
        Order memory o = escrow.getOrder(id);
        assertTrue(plotter.made() && !plotter.succeeded(), string.concat(what, "done out of the end's gas"));
        assertTrue(o.dutiesHeld && o.reported, string.concat(what, "moved, or not told"));

        vm.prank(STRANGER);
        (bool ok,) = address(duties).call(assessing);
        assertTrue(ok && !escrow.getOrder(id).dutiesHeld, string.concat(what, "not done by anybody else"));
        uint256 gained = roles[2].balanceOf(address(plotter)) - before[2][0];
        assertEq(gained, t.clauses[0].duties.amount, string.concat(what, "to tax payee and buyer, who are one"));
        assertEq(roles[2].balanceOf(address(escrow)), 0, string.concat(what, "left over"));
        bytes memory paid = abi.encodeWithSelector(ITradeEscrow.DutiesNotHeld.selector, id);
        assertRefused(STRANGER, address(duties), assessing, paid, what);
        paid = abi.encodeWithSelector(ITradeEscrow.AlreadyReported.selector, id);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.report, (t)), paid, what);
        endBystanders(what);
    }

    /* HELPERS */

    /// @dev An order in dispute whose arbiter is the contract.
    function disputedBefore(bytes32 salt) private returns (Terms memory t) {
        if (registry.getKey(address(plotter)).participant == 0) {
            bytes32 participant = admit(0xA6B2, Role.Arbiter, "contract");
            registry.addKey(participant, address(plotter), "any");
            roles[0].mint(address(plotter), 1);
        }
        t = orderOf(Leg.Settlement, Path.Rule, PRICE, FREIGHT);
        (t.salt, t.clauses[0].arbitration.arbiter) = (salt, address(plotter));
        fundFor(t);
        bring(t, Path.Rule);
    }

    function hookFee(IHook hook) private {
        roles[0].turn(Behaviour.ReceiverHook, address(plotter), address(escrow), hook);
    }

    function rulingOf(Terms memory t) private pure returns (bytes memory) {
        return abi.encodeCall(IDisputes.rule, (t, splitOf(t), Fault.Seller, false, "reasons"));
    }

    function rule(Terms memory t) private {
        plotter.act(address(disputes), rulingOf(t));
    }

    /// @dev In a vault that tells the contract: an order about to end, of which the contract is buyer and tax payee.
    function observed(Path path) private returns (Terms memory t) {
        setUpBystanders(address(plotter));
        vm.prank(liquidity);
        quotes.setCap(address(roles[0]), type(uint128).max);
        t = orderOf(Leg.Settlement, path, PRICE, FREIGHT);
        (t.buyer, t.clauses[0].duties.payee) = (address(plotter), address(plotter));
        fundFor(t);
        fund(roles[1], address(plotter), 2 * uint256(t.clauses[0].quote.amount));
        fund(roles[2], address(plotter), 2 * uint256(t.clauses[0].duties.amount));
        shipAs(t);
        deliver(t);
        if (path == Path.Rule) plotter.act(address(disputes), abi.encodeCall(IDisputes.dispute, (t, "photograph")));
        propose(t);
    }

    function end(Terms memory t, Path path) private {
        if (path == Path.ReleaseByBuyer) {
            return plotter.act(address(escrow), abi.encodeCall(ITradeEscrow.release, (t)));
        }
        vm.startPrank(path == Path.Rule ? arbiter : seller);
        if (path == Path.Rule) disputes.rule(t, splitOf(t), Fault.Seller, false, "reasons");
        else escrow.refund(t);
        vm.stopPrank();
    }

    function returnOf(Terms memory t) private view returns (bytes memory) {
        ReturnReceipt memory receipt = returnReceiptOf(t);
        bytes memory signature = signReturnReceipt(PLACE_KEY, receipt);
        return abi.encodeCall(IReturns.receiveReturn, (t, receipt, place, signature));
    }

    /// @dev A delivery that the carrier did anchor, alone in its batch.
    function anchoredOf(Terms memory t) private returns (bytes memory) {
        DeliveryLeaf memory leaf = DeliveryLeaf(escrow.orderId(t), "unit", "event", uint40(vm.getBlockTimestamp()));
        Batch memory batch = Batch(provenance.deliveryLeafHash(leaf), 0, carrier, 1);
        provenance.setWriter(carrierId, carrier);
        vm.prank(carrier);
        provenance.anchor(carrierId, 0, batch.root, 0, 1);
        return abi.encodeCall(IDeliveries.deliverAnchored, (t, leaf, 0, batch, new bytes32[](0)));
    }

    /// @dev In each of the order's tokens, in the order of `duesOf`.
    function balancesOf(Terms memory t) private view returns (uint256[PARTIES][3] memory held) {
        for (uint256 r; r < 3; ++r) {
            held[r] = wallets(roles[r]);
            held[r][0] = roles[r].balanceOf(t.buyer);
            held[r][6] = roles[r].balanceOf(t.clauses[0].arbitration.arbiter);
        }
    }

    /// @dev The order's end alone paid, each its due, and the vault keeps the duties and nothing else of it.
    function assertPaid(uint256[PARTIES][3] memory before, Terms memory t, Path path, string memory what) private view {
        Order memory expected = endOf(path, t);
        Order memory o = escrow.getOrder(escrow.orderId(t));
        assertEq(uint256(o.state), uint256(expected.state), string.concat(what, "another end"));
        assertEq(o.toBuyer, expected.toBuyer, string.concat(what, "another share"));
        uint256[PARTIES][3] memory afterwards = balancesOf(t);
        uint256[PARTIES][3] memory due = duesOf(t, expected);
        for (uint256 r; r < 3; ++r) {
            for (uint256 i; i < PARTIES; ++i) {
                assertEq(afterwards[r][i] - before[r][i], due[r][i], string.concat(what, "paid"));
                assertEq(escrow.creditOf(party(i), address(roles[r])), 0, string.concat(what, "credited"));
            }
            assertEq(escrow.creditOf(address(plotter), address(roles[r])), 0, string.concat(what, "credited"));
            uint256 kept = r == 2 ? t.clauses[0].duties.amount : 0;
            assertEq(roles[r].balanceOf(address(escrow)), kept, string.concat(what, "left in the vault"));
        }
        assertBystandersUntouched(what);
    }
}
