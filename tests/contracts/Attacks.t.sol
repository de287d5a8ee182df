// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {IDeliveries} from "../../contracts/interfaces/IDeliveries.sol";
import {IDisputes} from "../../contracts/interfaces/IDisputes.sol";
import {Assessment, IDuties} from "../../contracts/interfaces/IDuties.sol";
import {IdentifierScheme, IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Batch, DeliveryLeaf} from "../../contracts/interfaces/IProvenanceRegistry.sol";
import {IQuotes} from "../../contracts/interfaces/IQuotes.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns, ReturnReceipt} from "../../contracts/interfaces/IReturns.sol";
import {
    Clauses, Default, DutiesClause, Ground, ITradeEscrow, Order, Party, Receipt, Split, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BoundedCall} from "../../contracts/libraries/BoundedCall.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Vm} from "../Cheats.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {SettableCondition} from "./EscrowFixture.sol";
import {Leg, Path, PathFixture} from "./hostile/PathFixture.sol";
import {Behaviour, IHook, TurningToken} from "./hostile/TurningToken.sol";
import {Pack} from "./Pack.sol";

/// @dev A worthless token, for which whoever calls has everybody's consent.
contract Forger is ERC20("Forger", "FORGER") {
    function receiveWithAuthorization(
        address,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        uint8,
        bytes32,
        bytes32
    ) external {
        _mint(to, value);
    }
}

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
            assertNobodyDisputes(t, paths[i], open);
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

    /// @dev The seller, where it might not dispute yet at all, for that reason.
    function assertNobodyDisputes(Terms memory t, Path path, bytes memory open) private {
        bytes memory dispute = abi.encodeCall(IDisputes.dispute, (t, "evidence"));
        assertRefused(buyer, address(disputes), dispute, open, label(path));
        if (path != Path.RefundNotDelivered && path != Path.SettleByPolicy) {
            State standing = escrow.getOrder(escrow.orderId(t)).state;
            open = abi.encodeWithSelector(IDisputes.SellerNotYet.selector, standing, t.schedule.deliverBy());
        }
        assertRefused(seller, address(disputes), dispute, open, label(path));
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
        bytes memory missing = abi.encodeWithSelector(IQuotes.QuoteMissing.selector, escrow.orderId(t), liquidity);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.open, (t, "", "", "")), missing, "none: ");

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
        bytes memory accepts = abi.encodeCall(IDisputes.acceptSplit, (t, all));
        assertRefused(buyer, address(disputes), accepts, notOffered(seller, all, all), "stale: ");

        // Nor one made since: what it left to the seller's side before the delivery it leaves now without the freight
        vm.prank(seller);
        disputes.proposeSplit(t, all, type(uint40).max);
        bytes memory tooHigh = abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, FUNDING, PRICE);
        assertRefused(buyer, address(disputes), accepts, tooHigh, "renewed: ");
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

/// @dev Attacks by name that an attacker's review carried out on the contracts as they were. Each is refused now, and
/// what its victim had a right to is done after it.
contract ReviewedAttacksTest is ClausesFixture {
    using Pack for Terms;
    using Packed for *;

    uint256 private constant EVIL_KEY = 0xE71;
    address private evil = vm.addr(EVIL_KEY);

    function setUp() public {
        setUpClauses();
    }

    function assertRefused(address caller, address target, bytes memory data, bytes memory expected) private {
        vm.prank(caller);
        (bool ok, bytes memory met) = target.call(data);
        assertFalse(ok, "let through");
        assertEq(met, expected);
    }

    function notOffered(address party, uint120 share) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDisputes.NotOffered.selector, party, share, share, type(uint40).max);
    }

    function sellerNotYet(Terms memory t, State standing) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDisputes.SellerNotYet.selector, standing, t.schedule.deliverBy());
    }

    function disputeOf(Terms memory t) private pure returns (bytes memory) {
        return abi.encodeCall(IDisputes.dispute, (t, "evidence"));
    }

    function deliveryOf(Terms memory t) private view returns (bytes memory) {
        Receipt memory receipt = receiptOf(t);
        return abi.encodeCall(ITradeEscrow.deliver, (t, receipt, carrier, signReceipt(CARRIER_KEY, receipt)));
    }

    function conditional(SettableCondition condition) private view returns (Terms memory t) {
        t = terms();
        t.condition = address(condition);
        t.setConditionBy(t.schedule.shipBy());
    }

    /* A STANDING ALLOWANCE, AND A TOKEN OF THE ATTACKER'S OWN */

    /// @dev An order in the attacker's token, whose duties are in a real one: all that the victim allows.
    function forged(address victim, uint128 amount, bytes32 entryAuthority) private returns (Terms memory t) {
        t.buyer = victim;
        (t.seller, t.platform, t.carrier) = (evil, evil, evil);
        t.token = address(new Forger());
        t.setPrice(1);
        uint256 end = block.timestamp + 3 * 365 days;
        t.setAcceptBy(block.timestamp);
        t.setShipBy(end);
        t.setDeliverBy(end);
        t.entryAuthority = entryAuthority;
        t.clauses = new Clauses[](1);
        t.clauses[0].duties = DutiesClause(address(token), amount, evil, uint40(end));
    }

    function assertForgedRefused(Terms memory t) private {
        bytes32 id = escrow.orderId(t);
        bytes memory accepts = consent(EVIL_KEY, "Accept(bytes32 orderId)", id);
        bytes memory invalid = abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, t.buyer);
        bytes memory nothing = abi.encode(uint256(0), uint256(0), uint8(0), bytes32(0), bytes32(0));
        bytes[2] memory behind = [bytes(""), consent(EVIL_KEY, "Open(bytes32 orderId)", id)];
        address[2] memory callers = [STRANGER, evil];
        for (uint256 i; i < 4; ++i) {
            bytes memory shown = bytes.concat(nothing, behind[i % 2]);
            bytes memory data = abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, shown, accepts, ""));
            assertRefused(callers[i / 2], address(escrow), data, invalid);
        }
        assertRefused(evil, address(escrow), abi.encodeCall(ITradeEscrow.open, (t, "", accepts, "")), invalid);
        assertState(t, State.None);
    }

    /// @dev A provider has a standing allowance and nothing else to do with the order: it was locked for three years.
    function test_attack_anAllowanceAloneIsNotLockedForARansom() public {
        uint256 all = token.balanceOf(liquidity);
        assertForgedRefused(forged(liquidity, uint128(all), authorityId));
        assertEq(token.balanceOf(liquidity), all);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    /// @dev With any one customs key of any country behind it, it was stolen.
    function test_attack_anAllowanceAloneIsNotStolenWithACustomsKey() public {
        uint256 foreignKey = 0xF0E;
        bytes32 foreign = admit(foreignKey, Role.Customs, "some customs");
        uint256 all = token.balanceOf(buyer);
        Terms memory t = forged(buyer, uint128(all), foreign);
        assertForgedRefused(t);
        bytes32 id = escrow.orderId(t);
        Assessment memory stated = Assessment(id, all, "declaration");
        bytes memory signature = signAssessment(foreignKey, stated, address(token), evil);
        bytes memory data = abi.encodeCall(IDuties.assess, (t, stated, vm.addr(foreignKey), signature));
        assertRefused(evil, address(duties), data, abi.encodeWithSelector(IDuties.NotAccepted.selector, id));
        assertEq(token.balanceOf(buyer), all);
        assertEq(token.balanceOf(evil), 0);
    }

    /* A SELLER'S DISPUTE AS A WEAPON */

    /// @dev In the block of the delivery: the buyer's return was gone.
    function test_attack_aSellersDisputeDoesNotKillTheReturnRight() public {
        Terms memory t = withReturns(withArbitration(terms()));
        t.clauses[0].arbitration.silentBuyerBps = 0;
        deliveredWithClauses(t);
        assertRefused(seller, address(disputes), disputeOf(t), sellerNotYet(t, State.Delivered));
        vm.prank(buyer);
        returns_.requestReturn(t, "reason");
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt));
        vm.warp(vm.getBlockTimestamp() + SETTLE_WINDOW + 1);
        uint256 before = token.balanceOf(buyer);
        returns_.settleByPolicy(t);
        assertEq(token.balanceOf(buyer) - before, PRICE - PRICE / 10 - RETURN_FREIGHT);
    }

    /// @dev Just before the place's receipt of goods that are back: it was kept out.
    function test_attack_aSellersDisputeDoesNotKeepThePlacesReceiptOut() public {
        Terms memory t = withReturns(withArbitration(terms()));
        returnRequested(t);
        assertRefused(seller, address(disputes), disputeOf(t), sellerNotYet(t, State.ReturnRequested));
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt));
        assertState(t, State.ReturnReceived);
    }

    /// @dev A seller that ships nothing, under a condition that is then rejected at its fault.
    function test_attack_aSellersDisputeEscapesNeitherConditionNorRecord() public {
        SettableCondition condition = new SettableCondition();
        Terms memory t = withArbitration(conditional(condition));
        shippedWithClauses(t);
        assertRefused(seller, address(disputes), disputeOf(t), sellerNotYet(t, State.Shipped));
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        uint256 before = token.balanceOf(buyer);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer) - before, FUNDING);
        assertEq(token.balanceOf(carrier), 0);
        assertEq(badOf(sellerId), 1000);
    }

    /// @dev Nor does the buyer's own dispute let a receipt in that the rejection keeps out.
    function test_attack_aDisputeOpensNoDoorToAReceiptThatTheConditionKeepsOut() public {
        SettableCondition condition = new SettableCondition();
        Terms memory t = withArbitration(conditional(condition));
        bytes32 id = shippedWithClauses(t);
        vm.prank(buyer);
        disputes.dispute(t, "evidence");
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        bytes4 selector = ITradeEscrow.DefaultOpen.selector;
        bytes memory open = abi.encodeWithSelector(selector, Default.Refund, vm.getBlockTimestamp());
        assertRefused(carrier, address(escrow), deliveryOf(t), open);
        assertFalse(escrow.getOrder(id).delivered);
        assertEq(disputes.disputedAmount(t), FUNDING);
    }

    /// @dev Of a parcel that was never sent: the arbiter's fee, up to the whole price, came out of the buyer's refund.
    function test_attack_aSellersDisputeOfAnEmptyParcelCostsTheBuyerNoFee() public {
        Terms memory t = withArbitration(terms());
        t.clauses[0].arbitration.fee = PRICE;
        shippedWithClauses(t);
        assertRefused(seller, address(disputes), disputeOf(t), sellerNotYet(t, State.Shipped));
        vm.warp(t.schedule.deliverBy());
        assertRefused(seller, address(disputes), disputeOf(t), sellerNotYet(t, State.Shipped));
        vm.warp(uint256(t.schedule.claimBy()) + 1);
        bytes4 selector = ITradeEscrow.DefaultOpen.selector;
        bytes memory open = abi.encodeWithSelector(selector, Default.Refund, vm.getBlockTimestamp());
        assertRefused(seller, address(disputes), disputeOf(t), open);
        uint256 before = token.balanceOf(buyer);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer) - before, FUNDING);
    }

    /* AN OFFER OF YESTERDAY */

    /// @dev Made by a buyer that would have kept the goods, and taken once they are back.
    function test_attack_anOfferForGoodsThatWereKeptIsNotTakenOnceTheyAreBack() public {
        Terms memory t = withReturns(withArbitration(terms()));
        deliveredWithClauses(t);
        vm.prank(buyer);
        disputes.proposeSplit(t, 10e6, type(uint40).max);
        bytes memory accepts = abi.encodeCall(IDisputes.acceptSplit, (t, 10e6));
        vm.prank(buyer);
        returns_.requestReturn(t, "reason");
        assertRefused(seller, address(disputes), accepts, notOffered(buyer, 10e6));
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt));
        assertRefused(seller, address(disputes), accepts, notOffered(buyer, 10e6));
    }

    /* THE RECORD */

    /// @dev All of the money back at once, to a buyer that had it anyway after the deadline: it was half a good record.
    function test_attack_aFailureIsNotWashedByAnAgreement() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(seller);
        disputes.proposeSplit(t, uint120(FUNDING), type(uint40).max);
        vm.prank(buyer);
        disputes.acceptSplit(t, uint120(FUNDING));
        assertEq(goodOf(sellerId), 0);
        assertEq(badOf(sellerId), 1000);
    }

    /// @dev Of 121 bits, the record kept 120: a refund of the whole looked like one of nearly nothing.
    function test_attack_aRecordOfWhatWentBackIsNotTruncated() public {
        Terms memory t = terms();
        uint256 half = type(uint120).max;
        t.setPrice(half);
        t.setFreight(half);
        token.mint(buyer, 2 * half);
        bytes32 id = openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(escrow.getOrder(id).toBuyer, 2 * half);
    }

    /* A STOLEN KEY OF A CARRIER */

    /// @dev What a thief anchored counted again once the controller had put things right.
    function test_attack_aThiefsLeafDoesNotDeliverAfterItsRevocation() public {
        provenance.setWriter(carrierId, carrier);
        Terms memory t = terms();
        DeliveryLeaf memory leaf = DeliveryLeaf(openShipped(t), "unit", "event", uint40(block.timestamp));
        Batch memory batch = Batch(provenance.deliveryLeafHash(leaf), 0, carrier, 1);
        vm.prank(carrier);
        provenance.anchor(carrierId, 0, batch.root, 0, 1);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        registry.revokeKey(carrierId, carrier, uint40(vm.getBlockTimestamp() - 2 days));
        deliveries.trustFrom(carrierId, 1);
        addKey(carrierId, EVIL_KEY + 1);
        provenance.setWriter(carrierId, vm.addr(EVIL_KEY + 1));

        bytes memory notValid =
            abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, carrier, vm.getBlockTimestamp());
        assertRefused(STRANGER, address(escrow), deliveryOf(t), notValid);
        bytes memory data =
            abi.encodeCall(IDeliveries.deliverAnchored, (t, leaf, 0, batch, new bytes32[](0)));
        bytes memory distrusted = abi.encodeWithSelector(IDeliveries.BatchDistrusted.selector, carrierId, 0, 1);
        assertRefused(STRANGER, address(deliveries), data, distrusted);
        assertState(t, State.Shipped);
        vm.warp(uint256(t.schedule.claimBy()) + 1);
        escrow.refund(t);
        assertState(t, State.Refunded);
    }

    /* THE RECEIPT AS A WEAPON */

    /// @dev In front of a ruling in the arbiter's last second: it reverted, and the silent split was all that was left.
    function test_attack_aReceiptDoesNotMakeTheRulingRevert() public {
        Terms memory t = withArbitration(terms());
        t.setDeliverBy(block.timestamp + 40 days);
        bytes32 id = shippedWithClauses(t);
        vm.prank(buyer);
        disputes.dispute(t, "evidence");
        vm.warp(vm.getBlockTimestamp() + ARBITRATION_WINDOW);
        deliver(t);
        uint256 before = token.balanceOf(buyer);
        vm.prank(arbiter);
        disputes.rule(t, FUNDING - ARBITER_FEE, Fault.Seller, false, "reasons");
        assertEq(token.balanceOf(buyer) - before, PRICE - ARBITER_FEE);
        assertEq(token.balanceOf(carrier), FREIGHT);
        assertEq(uint256(escrow.getOrder(id).ground), uint256(Ground.Ruled));
        assertEq(badOf(sellerId), 1000);
    }

    /// @dev Once the silent split is open: the freight was taken out of what the buyer was owed.
    function test_attack_aReceiptAfterTheSilentSplitOpenedTakesNothingFromTheBuyer() public {
        Terms memory t = withArbitration(terms());
        t.setDeliverBy(block.timestamp + 40 days);
        shippedWithClauses(t);
        vm.prank(buyer);
        disputes.dispute(t, "evidence");
        vm.warp(vm.getBlockTimestamp() + ARBITRATION_WINDOW + 1);
        bytes4 selector = ITradeEscrow.DefaultOpen.selector;
        bytes memory open = abi.encodeWithSelector(selector, Default.SilentSplit, vm.getBlockTimestamp());
        assertRefused(carrier, address(escrow), deliveryOf(t), open);
        assertEq(disputes.disputedAmount(t), FUNDING);
        uint256 before = token.balanceOf(buyer);
        disputes.settleUnruled(t);
        assertEq(token.balanceOf(buyer) - before, FUNDING * SILENT_BUYER_BPS / 10_000);
    }

    /* A PARTIAL ARBITER */

    function partial_(Party role, address party) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, role, party);
    }

    /// @dev The market moved, and it would rather have its own token back.
    function test_attack_theProviderDoesNotRuleOverItsOwnQuote() public {
        Terms memory t = withQuote(withArbitration(terms()));
        bytes memory data = abi.encodeCall(ITradeEscrow.open, (t, "", acceptConsent(t), quoteFor(t)));
        uint256 snapshot = vm.snapshotState();
        addKey(arbiterId, LIQUIDITY_KEY);
        assertRefused(buyer, address(escrow), data, partial_(Party.Provider, liquidity));
        vm.revertToState(snapshot);
        disputed(t);
        addKey(arbiterId, LIQUIDITY_KEY);
        data = abi.encodeCall(IDisputes.rule, (t, PRICE - ARBITER_FEE, Fault.Seller, false, "reasons"));
        assertRefused(liquidity, address(disputes), data, partial_(Party.Provider, liquidity));
        assertRefused(arbiter, address(disputes), data, partial_(Party.Provider, liquidity));
    }

    function test_attack_theArbiterIsNotThePlatformThatAdmittedTheSeller() public {
        registry.grantRoles(arbiterId, uint16(1 << uint8(Role.Platform)));
        vm.prank(arbiter);
        bytes32 own = registry.admitSeller(address(this), "NL", IdentifierScheme.NationalRegister, "NL-own");
        addKey(own, EVIL_KEY);
        Terms memory t = withArbitration(terms());
        t.seller = evil;
        bytes memory data = abi.encodeCall(ITradeEscrow.open, (t, "", "", ""));
        assertRefused(buyer, address(escrow), data, partial_(Party.Seller, evil));
    }

    function test_attack_theArbitersControllerIsNoPartyOfTheOrder() public {
        Terms memory t = withArbitration(terms());
        t.buyer = address(this);
        bytes memory data = abi.encodeCall(ITradeEscrow.open, (t, "", "", ""));
        assertRefused(address(this), address(escrow), data, partial_(Party.Buyer, address(this)));
    }

    /* DUTIES */

    /// @dev A refund a moment before the assessment of goods that customs released took the duties back.
    function test_attack_dutiesOfImportedGoodsAreNotEvadedByARefund() public {
        SettableCondition condition = new SettableCondition();
        Terms memory t = withDuties(conditional(condition));
        bytes32 id = shippedWithClauses(t);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        escrow.poke(t);
        vm.prank(seller);
        escrow.refund(t);
        assertTrue(escrow.getOrder(id).dutiesHeld);
        assess(t, DUTY);
        assertEq(dutyToken.balanceOf(TAX_PAYEE), DUTY);
    }

    /// @dev Others wrote the clause: what the authority signed for a tax payee went to whom they had named.
    function test_attack_anAssessmentPaysNobodyButWhomTheAuthoritySigned() public {
        Terms memory t = withDuties(terms());
        t.clauses[0].duties.payee = evil;
        openWithClauses(t);
        Assessment memory stated = Assessment(escrow.orderId(t), DUTY, "declaration");
        bytes memory signature = signAssessment(AUTHORITY_KEY, stated);
        bytes memory data = abi.encodeCall(IDuties.assess, (t, stated, authority, signature));
        bytes memory invalid = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, authority);
        assertRefused(evil, address(duties), data, invalid);
        assertEq(dutyToken.balanceOf(evil), 0);
    }
}
