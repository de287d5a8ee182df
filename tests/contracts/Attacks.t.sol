// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputes} from "../../contracts/interfaces/IDisputes.sol";
import {IDuties} from "../../contracts/interfaces/IDuties.sol";
import {IQuotes} from "../../contracts/interfaces/IQuotes.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns} from "../../contracts/interfaces/IReturns.sol";
import {
    Default, Ground, ITradeEscrow, Order, Receipt, Split, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BoundedCall} from "../../contracts/libraries/BoundedCall.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Vm} from "../Cheats.sol";
import {Leg, Path, PathFixture} from "./hostile/PathFixture.sol";
import {Behaviour, IHook, TurningToken} from "./hostile/TurningToken.sol";
import {Pack} from "./Pack.sol";

/// @dev Attacks by name, one test each. Those on consent stand in Replay, on evidence and a seller's record in
/// HostileContracts.
contract AttacksTest is PathFixture {
    using Pack for Terms;
    using Packed for *;

    TurningToken private hostile;

    function setUp() public {
        setUpPaths();
        hostile = roles[0];
    }

    /* THE PEERS' OPEN BUGS */

    /// @dev commerce-payments: a receiver of the fee that the token denies blocks every capture.
    function test_attack_aDeniedFeeReceiverBlocksNoCapture() public {
        Terms memory t = plain("capture");
        bring(t, Path.ReleaseByBuyer);
        hostile.turn(Behaviour.Denies, platform, address(escrow), IHook(address(0)));
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Credited(platform, address(hostile), FEE);
        escrow.release(t);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
        assertEq(hostile.balanceOf(carrier), FREIGHT);
        assertEq(hostile.balanceOf(address(escrow)), FEE);
    }

    /// @dev refund-protocol #10: what a recipient drew early became a debt, and the debt could be bypassed. Here a
    /// seller draws nothing before the end, and after it no refund asks it, or anybody's pool, for money.
    function test_attack_aWithdrawalBeforeTheEndDrawsNothing() public {
        Terms memory drawn = plain("drawn");
        bring(drawn, Path.RefundDelivered);
        bring(plain("other"), Path.ReleaseByBuyer);
        vm.prank(seller);
        vm.expectRevert(nothingLeft(seller));
        escrow.withdraw(address(hostile), seller);
        vm.prank(seller);
        escrow.refund(drawn);
        assertEq(hostile.balanceOf(carrier), FREIGHT);
        assertEq(hostile.balanceOf(address(escrow)), FUNDING, "the other order's money");
    }

    /// @dev refund-protocol #12: money left before the account was written down. A payee's hook that withdraws while it
    /// is paid finds its credit gone.
    function test_attack_aCreditIsWithdrawnOnceByAHookThatWithdrawsAgain() public {
        bring(plain("other"), Path.ReleaseByBuyer);
        bring(plain("credited"), Path.Withdraw);
        bytes memory again = abi.encodeCall(ITradeEscrow.withdraw, (address(hostile), seller));
        hostile.plot(seller, address(escrow), again, false);
        hostile.turn(Behaviour.Plots, address(0), address(escrow), IHook(address(0)));
        vm.prank(seller);
        escrow.withdraw(address(hostile), seller);
        assertTrue(hostile.plotted());
        assertEq(bytes32(hostile.met()), ITradeEscrow.NothingToWithdraw.selector);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
        assertEq(hostile.balanceOf(address(escrow)), FUNDING, "the other order's money");
    }

    /// @dev refund-protocol #19: a payee that drew a part, then a refund of the whole, emptied the pool.
    function test_attack_noRefundAfterARelease_noWithdrawalAfterARefund() public {
        bring(plain("other"), Path.ReleaseByBuyer);
        Terms memory released = plain("released");
        bring(released, Path.Withdraw);
        escrow.withdrawFor(seller, address(hostile));
        assertRefused(
            seller, abi.encodeCall(ITradeEscrow.refund, (released)), wrongState(released, State.Released), "refund: "
        );

        Terms memory refunded = plain("refunded");
        bring(refunded, Path.RefundBySeller);
        vm.prank(seller);
        escrow.refund(refunded);
        vm.expectRevert(nothingLeft(seller));
        escrow.withdrawFor(seller, address(hostile));
        vm.expectRevert(nothingLeft(buyer));
        escrow.withdrawFor(buyer, address(hostile));
        assertEq(hostile.balanceOf(address(escrow)), FUNDING, "the other order's money");
    }

    /* STARVING */

    /// @dev With any gas a release is refused whole, or pays everybody in full and tells the observer.
    function test_attack_starvingAPushOrTheObserverChangesNothing() public {
        Terms memory t = whole("starved", Path.ReleaseAssigned);
        bring(t, Path.ReleaseAssigned);
        bytes32 id = escrow.orderId(t);
        bytes memory data = abi.encodeCall(ITradeEscrow.release, (t));
        uint256 refused;
        for (uint256 given = 30_000; given < 900_000; given += 3_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(buyer);
            (bool ok,) = address(escrow).call{gas: given}(data);
            if (!ok) ++refused;
            assertEq(ok, observer.told(id) == 1);
            assertEq(ok, escrow.getOrder(id).reported);
            assertEq(sum(credits(roles[0])) + sum(credits(roles[1])), 0, "pushed into credit");
            assertState(t, ok ? State.Released : State.Delivered);
            assertEq(roles[0].balanceOf(seller) > 0, ok);
            vm.revertToState(snapshot);
        }
        assertGe(refused, 10, "never starved");
        assertLe(refused, 289, "never let through");
    }

    /// @dev With any gas a condition that is met is never taken for pending.
    function test_attack_starvingAConditionRefundsNothing() public {
        Terms memory t = orderOf(Leg.Plain, Path.RefundConditionSilent, PRICE, FREIGHT);
        fundFor(t);
        bring(t, Path.RefundConditionSilent);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        bytes memory data = abi.encodeCall(ITradeEscrow.refund, (t));
        for (uint256 given = 25_000; given < 400_000; given += 1_500) {
            vm.prank(STRANGER);
            (bool ok,) = address(escrow).call{gas: given}(data);
            assertFalse(ok, "refunded");
        }
        assertState(t, State.Shipped);
        condition.set(ConditionStatus.Pending, Fault.Nobody);
        vm.prank(STRANGER);
        escrow.refund(t);
    }

    /* DEFAULTS */

    /// @dev In each state in which one default stands open, every other is refused, by name.
    function test_attack_noTwoDefaultsAreClaimed() public {
        assertOneDefault(Path.RefundNotShipped, Default.Refund);
        assertOneDefault(Path.RefundRejected, Default.Refund);
        assertOneDefault(Path.RefundConditionSilent, Default.Refund);
        assertOneDefault(Path.RefundNotDelivered, Default.Refund);
        assertOneDefault(Path.ReleaseByDefault, Default.Release);
        assertOneDefault(Path.ReleaseLapsed, Default.Release);
        assertOneDefault(Path.SettleByPolicy, Default.PolicyRefund);
        assertOneDefault(Path.SettleUnruled, Default.SilentSplit);
    }

    function assertOneDefault(Path path, Default standing) private {
        uint256 snapshot = vm.snapshotState();
        string memory what = string.concat(label(path), ": ");
        Terms memory t = whole("default", path);
        bring(t, path);
        bytes32 id = escrow.orderId(t);
        (Default stands, uint40 opensAt) = escrow.defaultOf(t);
        assertEq(uint256(stands), uint256(standing), what);
        assertLe(opensAt, vm.getBlockTimestamp(), what);
        if (standing != Default.Release) {
            bytes memory release = abi.encodeCall(ITradeEscrow.release, (t));
            assertRefused(STRANGER, release, differs(Default.Release, standing), what);
        }
        if (standing != Default.Refund) {
            bytes memory refund = abi.encodeCall(ITradeEscrow.refund, (t));
            assertRefused(STRANGER, refund, differs(Default.Refund, standing), what);
        }
        if (standing != Default.PolicyRefund) {
            bytes memory notBack = abi.encodeWithSelector(IReturns.NotReceived.selector, id);
            bytes memory byPolicy = abi.encodeCall(IReturns.settleByPolicy, (t));
            assertRefused(STRANGER, address(returns_), byPolicy, notBack, what);
        }
        if (standing != Default.SilentSplit) {
            bytes memory noDispute = abi.encodeWithSelector(IDisputes.NotDisputed.selector, id);
            bytes memory unruled = abi.encodeCall(IDisputes.settleUnruled, (t));
            assertRefused(STRANGER, address(disputes), unruled, noDispute, what);
        }
        vm.revertToState(snapshot);
    }

    /// @dev Nobody disputes, delivers or sends back once the default is open, to have its money another way.
    function test_attack_noDisputeAndNoReturnEscapesAnOpenDefault() public {
        Path[6] memory paths = [
            Path.RefundRejected, Path.RefundConditionSilent, Path.RefundNotDelivered, Path.ReleaseByDefault,
            Path.ReleaseLapsed, Path.SettleByPolicy
        ];
        for (uint256 i; i < paths.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = whole("escape", paths[i]);
            bring(t, paths[i]);
            (Default standing, uint40 opensAt) = escrow.defaultOf(t);
            bytes memory open = abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, standing, opensAt);
            bytes memory dispute = abi.encodeCall(IDisputes.dispute, (t, "evidence"));
            assertRefused(seller, address(disputes), dispute, open, label(paths[i]));
            assertRefused(buyer, address(disputes), dispute, open, label(paths[i]));
            if (paths[i] == Path.ReleaseByDefault) {
                bytes memory request = abi.encodeCall(IReturns.requestReturn, (t, "reason"));
                assertRefused(buyer, address(returns_), request, open, label(paths[i]));
            } else if (paths[i] < Path.ReleaseLapsed) {
                Receipt memory receipt = receiptOf(t);
                bytes memory signature = signReceipt(CARRIER_KEY, receipt);
                bytes memory data = abi.encodeCall(ITradeEscrow.deliver, (t, receipt, carrier, signature));
                assertRefused(carrier, data, open, label(paths[i]));
            }
            vm.revertToState(snapshot);
        }
    }

    /* QUOTES */

    /// @dev A stranger is buyer and seller of an order that names the provider: its allowance and cap say nothing.
    function test_attack_aStrangersOrderDrawsNothingFromAProvidersAllowance() public {
        Terms memory t = whole("drain", Path.Open);
        (t.buyer, t.seller) = (STRANGER, STRANGER);
        fund(roles[1], STRANGER, 2000 * uint256(PRICE));
        fund(roles[2], STRANGER, 2000 * uint256(PRICE));
        uint40 expiry = uint40(vm.getBlockTimestamp() + 1 days);
        bytes memory forged = abi.encode(expiry, uint32(3 * 365 days), signQuote(SELLER_KEY, t, expiry, 3 * 365 days));
        bytes memory invalid = abi.encodeWithSelector(IQuotes.QuoteInvalid.selector, escrow.orderId(t), liquidity);
        bytes memory others = quoteFor(whole("quoted", Path.Open));
        uint256 before = roles[0].balanceOf(liquidity);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.open, (t, "", "", forged)), invalid, "forged: ");
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.open, (t, "", "", "")), "", "none: ");

        // Not with the provider's own quote for another order either
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.open, (t, "", "", others)), invalid, "another's: ");
        bytes memory notEscrow = abi.encodeWithSelector(IQuotes.NotEscrow.selector, STRANGER, escrow);
        bytes memory take = abi.encodeCall(IQuotes.take, (escrow.orderId(t), t, others));
        assertRefused(STRANGER, address(quotes), take, notEscrow, "take: ");
        assertEq(roles[0].balanceOf(liquidity), before);
        assertEq(quotes.exposureOf(liquidity, address(roles[0])).locked, 0);
    }

    /// @dev Every amount of the order is in its id, so that a quote is good for one rate.
    function test_attack_aSellersOrderAtAnotherRateIsRefused() public {
        Terms memory t = whole("rate", Path.Open);
        bytes memory quote = quoteFor(t);
        for (uint256 i; i < 5; ++i) {
            Terms memory bad = whole("rate", Path.Open);
            if (i == 0) bad.clauses[0].quote.amount -= 1;
            if (i == 1) bad.clauses[0].quote.premium = 0;
            if (i == 2) bad.setPrice(PRICE + 1);
            if (i == 3) bad.setFreight(FREIGHT + 1);
            if (i == 4) bad.token = address(roles[2]);
            bytes memory invalid =
                abi.encodeWithSelector(IQuotes.QuoteInvalid.selector, escrow.orderId(bad), liquidity);
            bytes memory data = abi.encodeCall(ITradeEscrow.open, (bad, "", acceptConsent(bad), quote));
            assertRefused(buyer, data, invalid, "another rate: ");
        }
        bytes memory good = abi.encodeCall(ITradeEscrow.open, (t, "", acceptConsent(t), quote));
        (bool ok,) = call(buyer, good);
        assertTrue(ok);
    }

    /// @dev Whoever lets an order end in whichever way, what was locked for it no longer counts against the cap.
    function test_attack_noEndLeavesAProvidersExposureStuck() public {
        for (uint256 p = uint256(Path.CancelByBuyer); p < uint256(Path.Assess); ++p) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = whole("exposure", Path(p));
            bring(t, Path(p));
            assertEq(quotes.exposureOf(liquidity, t.token).locked, FUNDING, label(Path(p)));
            vm.prank(liquidity);
            quotes.setCap(t.token, 0);
            hostile.turn(Behaviour.Paused, address(0), address(escrow), IHook(address(0)));
            (address caller, address target, bytes memory data) = callOf(Path(p), t);
            (bool ok,) = call(caller, target, data);
            assertTrue(ok, label(Path(p)));
            assertEq(quotes.exposureOf(liquidity, t.token).locked, 0, label(Path(p)));
            vm.revertToState(snapshot);
        }
    }

    /* ASSIGNMENTS */

    function test_attack_aSellerDoesNotRefundAroundItsAssignee() public {
        Terms memory t = whole("around", Path.SettleReturn);
        bytes32 id = escrow.orderId(t);
        openAs(t, true);
        bytes memory refund = abi.encodeCall(ITradeEscrow.refund, (t));
        bytes memory missing =
            abi.encodeWithSelector(ITradeEscrow.AssigneeConsentMissing.selector, id, FINANCIER);
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 60e6);
        assertRefused(seller, refund, missing, "accepted: ");
        bytes memory wrong = wrongState(t, State.Accepted, State.Funded);
        assertRefused(seller, abi.encodeCall(ITradeEscrow.cancel, (t)), wrong, "cancel: ");
        vm.prank(seller);
        escrow.ship(t, "unit");
        assertRefused(seller, refund, missing, "shipped: ");
        deliver(t);
        assertRefused(seller, refund, missing, "delivered: ");

        // Not by a split that the financier does not offer
        propose(t);
        bytes memory accepts = abi.encodeCall(IDisputes.acceptSplit, (t, splitOf(t)));
        bytes memory none =
            abi.encodeWithSelector(IDisputes.NotOffered.selector, FINANCIER, splitOf(t), uint120(0), uint40(0));
        assertRefused(buyer, address(disputes), accepts, none, "split: ");

        // Nor by a return that gives more back than its policy
        vm.prank(buyer);
        returns_.requestReturn(t, "reason");
        receive_(t);
        assertRefused(seller, refund, missing, "received: ");
        bytes memory more = abi.encodeCall(IReturns.settleReturn, (t, PRICE));
        missing = abi.encodeWithSelector(IReturns.AssigneeConsentMissing.selector, id, FINANCIER);
        assertRefused(seller, address(returns_), more, missing, "return: ");

        // Nor by a dispute that it concedes
        vm.prank(seller);
        disputes.dispute(t, "evidence");
        missing = abi.encodeWithSelector(ITradeEscrow.AssigneeConsentMissing.selector, id, FINANCIER);
        assertRefused(seller, refund, missing, "disputed: ");
        vm.prank(FINANCIER);
        escrow.consentToRefund(t);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(roles[0].balanceOf(carrier), FREIGHT);
    }

    function test_attack_proceedsAreMadeOverOnce() public {
        Terms memory t = plain("double");
        openAs(t, true);
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 60e6);
        bytes memory again = abi.encodeCall(ITradeEscrow.assign, (t, ELSEWHERE, 60e6));
        bytes memory assigned_ = abi.encodeWithSelector(ITradeEscrow.AlreadyAssigned.selector, escrow.orderId(t));
        assertRefused(seller, again, assigned_, "twice: ");
        vm.prank(seller);
        escrow.ship(t, "unit");
        assertRefused(seller, again, assigned_, "twice, shipped: ");
        vm.prank(buyer);
        escrow.release(t);
        assertEq(hostile.balanceOf(FINANCIER), 60e6);
        assertEq(hostile.balanceOf(ELSEWHERE), 0);
        assertEq(hostile.balanceOf(seller), PRICE - FEE - 60e6);
    }

    /* DISPUTES */

    /// @dev A refund before the ruling is no way around the record.
    function test_attack_aSellerWhoConcedesAMomentBeforeTheRulingIsAtFault() public {
        Terms memory t = whole("concedes", Path.Rule);
        bring(t, Path.Rule);
        vm.warp(vm.getBlockTimestamp() + ARBITRATION_WINDOW);
        vm.prank(seller);
        escrow.refund(t);
        Order memory o = escrow.getOrder(escrow.orderId(t));
        assertEq(uint256(o.ground), uint256(Ground.SellerRefund));
        assertEq(uint256(o.fault), uint256(Fault.Seller));
        (,, bytes memory data) = callOf(Path.Rule, t);
        bytes memory over = abi.encodeWithSelector(IDisputes.NotDisputed.selector, escrow.orderId(t));
        assertRefused(arbiter, address(disputes), data, over, "ruled after the end: ");
    }

    /// @dev An offer made of the whole, freight included, takes no freight from a carrier that delivered since.
    function test_attack_anOfferLeftStandingTakesNothingFromTheCarrier() public {
        Terms memory t = whole("standing", Path.RefundNotDelivered);
        shipAs(t);
        uint120 all = uint120(FUNDING);
        vm.prank(seller);
        disputes.proposeSplit(t, all, type(uint40).max);
        deliver(t);
        bytes memory tooHigh = abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, FUNDING, PRICE);
        bytes memory accepts = abi.encodeCall(IDisputes.acceptSplit, (t, all));
        assertRefused(buyer, address(disputes), accepts, tooHigh, "stale: ");

        // What it left to the seller's side before the delivery it leaves now without the freight
        propose(t);
        assertRefused(buyer, address(disputes), accepts, notOffered(seller, all, splitOf(t)), "replaced: ");
        uint120 share = splitOf(t);
        vm.prank(buyer);
        disputes.acceptSplit(t, share);
        assertEq(roles[0].balanceOf(carrier), FREIGHT);
    }

    /// @dev An offer that the seller made before it assigned binds nobody after.
    function test_attack_anOfferLeftStandingIsNotTheAssignees() public {
        Terms memory t = whole("assigned since", Path.RefundNotDelivered);
        shipAs(t);
        propose(t);
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 60e6);
        uint120 share = splitOf(t);
        bytes memory accepts = abi.encodeCall(IDisputes.acceptSplit, (t, share));
        bytes memory missing =
            abi.encodeWithSelector(IDisputes.NotOffered.selector, FINANCIER, share, uint120(0), uint40(0));
        assertRefused(buyer, address(disputes), accepts, missing, "assigned: ");
    }

    /* RETURNS */

    /// @dev It buys the buyer the receive window, once, and nothing after it.
    function test_attack_aReturnAskedForInTheLastSecondBlocksNoReleaseForEver() public {
        Terms memory t = whole("last second", Path.ReleaseByBuyer);
        bring(t, Path.ReleaseByBuyer);
        bytes memory request = abi.encodeCall(IReturns.requestReturn, (t, "reason"));
        vm.warp(vm.getBlockTimestamp() + t.schedule.inspectionWindow());
        (bool ok,) = call(buyer, address(returns_), request);
        assertTrue(ok);
        uint256 lapses = vm.getBlockTimestamp() + RECEIVE_WINDOW + 1;
        vm.warp(lapses - 1);
        bytes memory release = abi.encodeCall(ITradeEscrow.release, (t));
        bytes memory early = abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, lapses - 1, lapses);
        assertRefused(seller, release, early, "early: ");
        bytes memory wrong = wrongState(t, State.ReturnRequested, State.Delivered);
        assertRefused(buyer, address(returns_), request, wrong, "again: ");
        vm.warp(lapses);
        (ok,) = call(seller, release);
        assertTrue(ok);
        assertEq(roles[0].balanceOf(seller), PRICE - FEE);
    }

    /* DUTIES */

    /// @dev The goods are in the country whatever buyer and seller do about the price.
    function test_attack_aBuyerWhoReleasesEarlyDoesNotTakeTheDutiesBack() public {
        Terms memory t = whole("early", Path.Assess);
        bring(t, Path.Assess);
        uint256 before = roles[2].balanceOf(buyer);
        vm.prank(buyer);
        escrow.release(t);
        assertTrue(escrow.getOrder(escrow.orderId(t)).dutiesHeld);
        uint40 opensAt = t.clauses[0].duties.assessBy + 1;
        bytes memory early = abi.encodeWithSelector(IDuties.TooEarly.selector, vm.getBlockTimestamp(), opensAt);
        assertRefused(buyer, address(duties), abi.encodeCall(IDuties.returnDuties, (t)), early, "");
        bytes memory notOperator = abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, buyer);
        assertRefused(buyer, abi.encodeCall(ITradeEscrow.payDuties, (t, 0)), notOperator, "");
        (,, bytes memory data) = callOf(Path.Assess, t);
        (bool ok,) = call(STRANGER, address(duties), data);
        assertTrue(ok);
        assertEq(roles[2].balanceOf(TAX_PAYEE), assessedOf(t));
        assertEq(roles[2].balanceOf(buyer) - before, t.clauses[0].duties.amount - assessedOf(t));
    }

    /* BATCHES */

    /// @dev A call that was given too little fails by name and changes nothing; to leave less than promised fails all.
    function test_attack_aBatchWithTooLittleGasIsNotBlamedOnTheOrder() public {
        Terms memory t = plain("starved");
        bring(t, Path.ReleaseByDefault);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(ITradeEscrow.release, (t));
        bytes memory data = abi.encodeCall(ITradeEscrow.batch, (calls, 90_000));
        vm.recordLogs();
        (bool ok,) = call(STRANGER, data);
        assertTrue(ok);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes memory reason = abi.decode(logs[logs.length - 1].data, (bytes));
        assertEq(bytes32(bytes4(reason)), BoundedCall.GasTooLow.selector);
        assertState(t, State.Delivered);

        data = abi.encodeCall(ITradeEscrow.batch, (calls, 20_000_000));
        (ok, reason) = call(STRANGER, data);
        assertFalse(ok);
        assertEq(bytes32(bytes4(reason)), BoundedCall.GasTooLow.selector);
        (ok,) = call(STRANGER, batchOf(calls[0]));
        assertTrue(ok);
        assertState(t, State.Released);
    }

    /// @dev The guard is taken outside: what needs it, and what is an operator's, is refused inside as well.
    function test_attack_aBatchIsNoWayAroundTheGuardOrTheOperatorsDoor() public {
        Terms memory t = plain("batched");
        bytes32 id = escrow.orderId(t);
        bytes memory reentrant = abi.encodeWithSelector(REENTRANT);
        assertFailsInBatch(abi.encodeCall(ITradeEscrow.open, (t, "", "", "")), reentrant);
        bytes memory shown = authorization(t, id);
        assertFailsInBatch(abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, shown, "", "")), reentrant);
        assertFailsInBatch(batchOf(abi.encodeCall(ITradeEscrow.poke, (t))), reentrant);
        bring(t, Path.ReleaseByBuyer);
        bytes memory notOperator = abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, buyer);
        Split memory all = Split(FUNDING, 0, 0);
        bytes memory settle = abi.encodeCall(ITradeEscrow.settle, (t, all, Ground.Agreed, Fault.Nobody));
        assertFailsInBatch(settle, notOperator);
        assertFailsInBatch(abi.encodeCall(ITradeEscrow.hold, (t, State.Disputed)), notOperator);
        assertFailsInBatch(abi.encodeCall(ITradeEscrow.payDuties, (t, 0)), notOperator);
        assertState(t, State.Delivered);
    }

    function assertFailsInBatch(bytes memory inner, bytes memory reason) private {
        bytes[] memory calls = new bytes[](1);
        calls[0] = inner;
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(0, reason);
        escrow.batch(calls, 1_000_000);
    }

    /* HELPERS */

    function plain(bytes32 salt) private returns (Terms memory t) {
        t = orderOf(Leg.Plain, Path.Open, PRICE, FREIGHT);
        t.salt = salt;
        hostile.mint(buyer, FUNDING);
        allow(hostile, buyer);
    }

    function whole(bytes32 salt, Path path) private returns (Terms memory t) {
        t = orderOf(Leg.Settlement, path, PRICE, FREIGHT);
        t.salt = salt;
        fundFor(t);
    }

    function notOffered(address party_, uint120 attempted, uint120 offered) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IDisputes.NotOffered.selector, party_, attempted, offered, type(uint40).max);
    }

    function differs(Default attempted, Default standing) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, attempted, standing);
    }

    function wrongState(Terms memory t, State standing) private view returns (bytes memory) {
        return wrongState(t, standing, State.Accepted);
    }

    function wrongState(Terms memory t, State standing, State expected) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, escrow.orderId(t), standing, expected);
    }

    function nothingLeft(address payee) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.NothingToWithdraw.selector, payee, hostile);
    }
}
