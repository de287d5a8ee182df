// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Default, Ground, ITradeEscrow, Order, Outcome, Party, State, Terms, Word
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {HostileToken} from "./HostileToken.sol";
import {Pack} from "./Pack.sol";

/// @dev An observer that fails until it is mended, and keeps what it was told.
contract FailingObserver {
    bool public mended;
    bytes32 public told;
    /// @dev The hash of what it was told: the whole would cost more than it is called with.
    bytes32 public outcome;

    function mend() external {
        mended = true;
    }

    function onOutcome(Outcome calldata outcome_) external {
        require(mended, "not mended");
        (told, outcome) = (outcome_.id, keccak256(abi.encode(outcome_)));
    }
}

/// @dev From an accepted order to its last payee.
contract TradeEscrowEndingsTest is ClausesFixture {
    using Pack for Terms;
    using Packed for *;

    function setUp() public {
        setUpClauses();
    }

    /* RELEASE */

    function assertReleased(Terms memory t, Ground ground) private view {
        assertEq(uint256(escrow.getOrder(escrow.orderId(t)).ground), uint256(ground));
        assertEq(token.balanceOf(seller), PRICE - FEE);
        assertEq(token.balanceOf(platform), FEE);
        assertEq(token.balanceOf(carrier), FREIGHT);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_release_byTheBuyerAtAnyTimeAfterAcceptance() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertReleased(t, Ground.OnTime);
    }

    function test_release_byAnyoneAfterTheInspectionWindow() public {
        Terms memory t = terms();
        openShipped(t);
        vm.warp(t.schedule.deliverBy() + 1);
        deliver(t);
        uint40 opensAt = t.schedule.deliverBy() + 1 + t.schedule.inspectionWindow() + 1;
        vm.warp(opensAt - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, opensAt - 1, opensAt));
        escrow.release(t);
        vm.warp(opensAt);
        vm.prank(STRANGER);
        escrow.release(t);
        assertReleased(t, Ground.Late);
    }

    function test_release_byTheBuyerWithoutAReceipt_isLateAfterDeliverBy() public {
        Terms memory t = terms();
        openShipped(t);
        uint256 snapshot = vm.snapshotState();
        vm.warp(t.schedule.deliverBy());
        vm.prank(buyer);
        escrow.release(t);
        assertReleased(t, Ground.OnTime);
        vm.revertToState(snapshot);
        vm.warp(t.schedule.deliverBy() + 1);
        vm.prank(buyer);
        escrow.release(t);
        assertReleased(t, Ground.Late);
    }

    function test_release_ofAnOrderDeliveredOnTime_isOnTimeHoweverLateItIs() public {
        Terms memory t = terms();
        openDelivered(t);
        vm.warp(t.schedule.claimBy() + 365 days);
        escrow.release(t);
        assertReleased(t, Ground.OnTime);
    }

    function test_release_byAnyoneOnceTheGoodsAskedBackDidNotCome() public {
        Terms memory t = withReturns(terms());
        returnRequested(t);
        uint40 opensAt = uint40(block.timestamp) + RECEIVE_WINDOW + 1;
        vm.warp(opensAt - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, opensAt - 1, opensAt));
        escrow.release(t);
        vm.warp(opensAt);
        vm.prank(STRANGER);
        escrow.release(t);
        assertReleased(t, Ground.OnTime);
    }

    function test_release_byTheBuyerAtAnyTimeUntilTheEnd() public {
        Terms memory t = withReturns(withArbitration(terms()));
        returnReceived(t);
        vm.prank(buyer);
        escrow.release(t);
        assertReleased(t, Ground.OnTime);

        t.salt = "disputed";
        disputed(t);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(token.balanceOf(seller), 2 * (PRICE - FEE));
    }

    function test_release_RevertGiven_aStrangerWhereAnotherDefaultStands() public {
        Terms memory t = withReturns(withArbitration(terms()));
        returnReceived(t);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Release, Default.PolicyRefund)
        );
        escrow.release(t);
        t.salt = "disputed";
        disputed(t);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Release, Default.SilentSplit)
        );
        escrow.release(t);
    }

    function test_defaultOf_isNoneBeforeTheOpeningAndAfterTheEnd() public {
        Terms memory t = terms();
        assertNoDefault(t);
        openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertNoDefault(t);
    }

    function assertNoDefault(Terms memory t) private view {
        (Default standing, uint40 opensAt) = escrow.defaultOf(t);
        assertEq(uint256(standing), uint256(Default.None));
        assertEq(opensAt, 0);
    }

    /* FEE */

    function test_release_paysNoMoreThanTheFeesCeiling() public {
        uint120[4] memory ceilings = [uint120(1), uint120(FEE - 1), uint120(FEE), uint120(FEE + 1)];
        for (uint256 i; i < ceilings.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = terms();
            clausesOf(t).feeCeiling = ceilings[i];
            openAccepted(t);
            vm.prank(buyer);
            escrow.release(t);
            uint256 fee = ceilings[i] < FEE ? ceilings[i] : FEE;
            assertEq(token.balanceOf(platform), fee);
            assertEq(token.balanceOf(seller), PRICE - fee);
            assertEq(token.balanceOf(address(escrow)), 0);
            vm.revertToState(snapshot);
        }
    }

    function test_release_withoutACeilingPaysTheWholeFee() public {
        Terms memory t = terms();
        clausesOf(t).group = "group";
        openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertReleased(t, Ground.OnTime);
    }

    /* RELEASE, REFUSED */

    function test_release_RevertGiven_aStrangerWhileARefundStands() public {
        Terms memory t = terms();
        openShipped(t);
        vm.warp(t.schedule.claimBy() + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Release, Default.Refund)
        );
        escrow.release(t);
    }

    function test_release_RevertGiven_itEndedOrWasNeverAccepted() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Funded, State.Accepted));
        escrow.release(t);
        vm.prank(seller);
        escrow.accept(t, "");
        vm.startPrank(buyer);
        escrow.release(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Released, State.Accepted));
        escrow.release(t);
    }

    function test_release_creditsADeniedPayeeAndPaysTheOthers() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        openDelivered(t);
        hostile.set(0, platform, false);
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Credited(platform, address(hostile), FEE);
        escrow.release(t);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
        assertEq(hostile.balanceOf(carrier), FREIGHT);
        assertEq(escrow.creditOf(platform, address(hostile)), FEE);

        vm.prank(platform);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Withdrawn(platform, address(hostile), STRANGER, FEE);
        escrow.withdraw(address(hostile), STRANGER);
        assertEq(hostile.balanceOf(STRANGER), FEE);
        vm.prank(platform);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.NothingToWithdraw.selector, platform, address(hostile))
        );
        escrow.withdraw(address(hostile), STRANGER);
    }

    /// @dev Neither is a payee: what went there would belong to nobody.
    function test_withdraw_RevertGiven_itGoesToNobodyOrTheVault() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        openDelivered(t);
        hostile.set(0, seller, false);
        vm.prank(buyer);
        escrow.release(t);
        hostile.set(0, address(0), false);
        address[2] memory nobodies = [address(0), address(escrow)];
        for (uint256 i; i < nobodies.length; ++i) {
            vm.prank(seller);
            vm.expectRevert(
                abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, Party.Payee, nobodies[i])
            );
            escrow.withdraw(address(hostile), nobodies[i]);
        }
        assertEq(escrow.creditOf(seller, address(hostile)), PRICE - FEE);
        vm.prank(seller);
        escrow.withdraw(address(hostile), seller);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
        assertEq(escrow.creditOf(seller, address(hostile)), 0);
    }

    function test_withdrawFor_paysThePayeeAlone() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        openDelivered(t);
        hostile.set(0, seller, false);
        vm.prank(buyer);
        escrow.release(t);
        hostile.set(0, address(0), false);
        vm.prank(STRANGER);
        escrow.withdrawFor(seller, address(hostile));
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
    }

    function test_release_aTokenThatBurnsAllGasIsCredited() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        openDelivered(t);
        hostile.set(0, address(0), true);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(escrow.creditOf(seller, address(hostile)), PRICE - FEE);
        assertTrue(escrow.getOrder(escrow.orderId(t)).reported);
    }

    function test_aCaller_cannotStarveAPushOrTheObserver() public {
        Terms memory t = terms();
        bytes32 id = openDelivered(t);
        bytes memory data = abi.encodeCall(ITradeEscrow.release, (t));
        uint256 succeeded;
        for (uint256 gas_ = 20_000; gas_ <= 500_000; gas_ += 2_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(buyer);
            (bool ok,) = address(escrow).call{gas: gas_}(data);
            if (ok) {
                ++succeeded;
                assertEq(token.balanceOf(seller), PRICE - FEE);
                assertEq(token.balanceOf(platform), FEE);
                assertEq(token.balanceOf(carrier), FREIGHT);
                assertTrue(escrow.getOrder(id).reported);
            }
            vm.revertToState(snapshot);
        }
        assertGe(succeeded, 10);
    }

    /// @dev A push may use more gas than the observer is given: what is left after it has to be looked at again.
    function test_aCaller_cannotStarveTheObserverBehindATokenThatBurnsGas() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        bytes32 id = openDelivered(t);
        hostile.set(0, address(0), true);
        bytes memory data = abi.encodeCall(ITradeEscrow.release, (t));
        uint256 succeeded;
        for (uint256 gas_ = 300_000; gas_ <= 600_000; gas_ += 2_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(buyer);
            (bool ok,) = address(escrow).call{gas: gas_}(data);
            if (ok) {
                ++succeeded;
                assertTrue(escrow.getOrder(id).reported);
            }
            vm.revertToState(snapshot);
        }
        assertGe(succeeded, 10);
    }

    function test_aTokenThatReportsOrReleasesAgainWhileItIsPushed_changesNothing() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        openDelivered(t);
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.report, (t)));
        vm.prank(buyer);
        escrow.release(t);
        assertEq(goodOf(sellerId), UNWITNESSED * 1);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);

        t.salt = "again";
        openDelivered(t);
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.refund, (t)));
        vm.prank(buyer);
        escrow.release(t);
        assertEq(escrow.creditOf(seller, address(hostile)), PRICE - FEE, "a push whose callback fails is credited");
        assertEq(goodOf(sellerId), UNWITNESSED * 2);
    }

    /* REFUND */

    function assertRefunded(Terms memory t, Ground ground, Fault fault) private view {
        Order memory order = escrow.getOrder(escrow.orderId(t));
        assertEq(uint256(order.state), uint256(State.Refunded));
        assertEq(uint256(order.ground), uint256(ground));
        assertEq(uint256(order.fault), uint256(fault));
        assertEq(order.toBuyer, FUNDING);
        assertEq(token.balanceOf(address(escrow)), 0);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);
    }

    function expectTooEarlyThenRefund(Terms memory t, uint40 deadline) private {
        vm.warp(deadline);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, deadline, deadline + 1));
        escrow.refund(t);
        vm.warp(deadline + 1);
        vm.prank(STRANGER);
        escrow.refund(t);
    }

    function test_refund_afterAcceptByHasNoOutcome() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        expectTooEarlyThenRefund(t, t.schedule.acceptBy());
        assertRefunded(t, Ground.NotAccepted, Fault.Nobody);
        assertEq(credit.recordOf(sellerId).step, 0);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id));
        escrow.report(t);
    }

    function test_refund_afterShipByIsTheSellersFault() public {
        Terms memory t = terms();
        openAccepted(t);
        expectTooEarlyThenRefund(t, t.schedule.shipBy());
        assertRefunded(t, Ground.NotShipped, Fault.Seller);
        assertEq(badOf(sellerId), 1000);
    }

    function test_refund_afterTheClaimWindow() public {
        Terms memory t = terms();
        openShipped(t);
        expectTooEarlyThenRefund(t, t.schedule.claimBy());
        assertRefunded(t, Ground.NotDelivered, Fault.Seller);
    }

    function test_refund_bySellerIsItsFaultUnlessDelivered() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertRefunded(t, Ground.SellerRefund, Fault.Seller);

        t.salt = "delivered";
        bytes32 id = openDelivered(t);
        vm.prank(seller);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.SellerRefund, Fault.Nobody);
        escrow.refund(t);
        assertEq(escrow.getOrder(id).toBuyer, PRICE);
    }

    function test_refund_bySellerAfterDelivery_leavesTheCarrierItsFreight() public {
        Terms memory t = terms();
        openDelivered(t);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING - FREIGHT);
        assertEq(token.balanceOf(carrier), FREIGHT);
        assertEq(token.balanceOf(seller) + token.balanceOf(platform), 0);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    /// @dev So that a refund a moment before a ruling is no way around the record.
    function test_refund_bySellerOutOfADispute_isItsFault() public {
        Terms memory t = withArbitration(terms());
        bytes32 id = disputed(t);
        vm.prank(seller);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.SellerRefund, Fault.Seller);
        escrow.refund(t);
        assertEq(token.balanceOf(carrier), FREIGHT);
    }

    function test_refund_bySellerOfGoodsThatCameBack_isNobodysFault() public {
        Terms memory t = withReturns(terms());
        bytes32 id = returnReceived(t);
        vm.prank(seller);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.SellerRefund, Fault.Nobody);
        escrow.refund(t);
    }

    function test_refund_RevertGiven_theSellerOfAnOrderThatIsNotAccepted() public {
        Terms memory t = terms();
        openFunded(t);
        vm.prank(seller);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITradeEscrow.TooEarly.selector, uint40(block.timestamp), t.schedule.acceptBy() + 1
            )
        );
        escrow.refund(t);
    }

    function test_refund_RevertGiven_itEnded() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.startPrank(seller);
        escrow.refund(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Refunded, State.Accepted));
        escrow.refund(t);
    }

    function test_refund_bySellerAfterTheDeadlineKeepsTheDefaultsGround() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.warp(t.schedule.shipBy() + 1);
        vm.prank(seller);
        escrow.refund(t);
        assertRefunded(t, Ground.NotShipped, Fault.Seller);
    }

    function test_refund_RevertGiven_aStrangerAfterDelivery() public {
        Terms memory t = terms();
        openDelivered(t);
        vm.warp(block.timestamp + 365 days);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Refund, Default.Release)
        );
        escrow.refund(t);
    }

    function test_refund_RevertGiven_aStrangerWhereAnotherDefaultStands() public {
        Terms memory t = withReturns(withArbitration(terms()));
        returnReceived(t);
        expectRefundDiffers(t, Default.PolicyRefund);
        t.salt = "disputed";
        disputed(t);
        expectRefundDiffers(t, Default.SilentSplit);
    }

    function expectRefundDiffers(Terms memory t, Default standing) private {
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Refund, standing));
        escrow.refund(t);
    }

    function test_refund_RevertGiven_theBuyerBeforeTheDeadline() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, uint40(block.timestamp), t.schedule.shipBy() + 1)
        );
        escrow.refund(t);
    }

    /* DUTIES */

    function test_cancel_returnsTheDutiesAtOnce() public {
        Terms memory t = withDuties(terms());
        bytes32 id = openFunded(t);
        assertDuties(id, true, DUTY, 1000 * uint256(DUTY) - DUTY);
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.DutiesPaid(id, 0, DUTY);
        escrow.cancel(t);
        assertDuties(id, false, 0, 1000 * uint256(DUTY));
    }

    function test_refund_ofAnUndeliveredOrderReturnsTheDutiesAtOnce() public {
        Terms memory t = withDuties(terms());
        uint256 snapshot = vm.snapshotState();
        bytes32 id = openFunded(t);
        vm.warp(t.schedule.acceptBy() + 1);
        escrow.refund(t);
        assertDuties(id, false, 0, 1000 * uint256(DUTY));

        vm.revertToState(snapshot);
        shippedWithClauses(t);
        vm.warp(t.schedule.claimBy() + 1);
        escrow.refund(t);
        assertDuties(id, false, 0, 1000 * uint256(DUTY));
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);
    }

    function test_refund_returnsDutiesInTheSettlementTokenBesidePriceAndFreight() public {
        Terms memory t = withDuties(terms());
        t.clauses[0].duties.token = address(token);
        openWithClauses(t);
        assertEq(token.balanceOf(address(escrow)), FUNDING + DUTY);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);
        assertEq(escrow.getOrder(escrow.orderId(t)).toBuyer, FUNDING);
    }

    function test_anEndAfterDelivery_keepsTheDuties() public {
        Terms memory t = withDuties(withReturns(withArbitration(terms())));
        bytes32 id = deliveredWithClauses(t);
        vm.prank(buyer);
        escrow.release(t);
        assertDuties(id, true, DUTY, 1000 * uint256(DUTY) - DUTY);

        t.salt = "refunded";
        id = deliveredWithClauses(t);
        vm.prank(seller);
        escrow.refund(t);
        assertDuties(id, true, 2 * DUTY, 1000 * uint256(DUTY) - 2 * DUTY);

        t.salt = "settled";
        id = returnReceived(t);
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        assertDuties(id, true, 3 * DUTY, 1000 * uint256(DUTY) - 3 * DUTY);
    }

    /// @dev The buyer that releases without a receipt has the goods: they may have crossed the border.
    function test_release_withoutAReceiptKeepsTheDuties() public {
        Terms memory t = withDuties(terms());
        bytes32 id = shippedWithClauses(t);
        vm.prank(buyer);
        escrow.release(t);
        assertDuties(id, true, DUTY, 1000 * uint256(DUTY) - DUTY);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_refund_afterTheAssessment_returnsNoDutiesTwice() public {
        Terms memory t = withDuties(terms());
        bytes32 id = shippedWithClauses(t);
        assess(t, 1);
        vm.prank(seller);
        escrow.refund(t);
        assertDuties(id, false, 0, 1000 * uint256(DUTY) - 1);
        assertEq(dutyToken.balanceOf(TAX_PAYEE), 1);
    }

    function assertDuties(bytes32 id, bool held, uint256 atVault, uint256 atBuyer) private view {
        assertEq(escrow.getOrder(id).dutiesHeld, held);
        assertEq(dutyToken.balanceOf(address(escrow)), atVault, "at the vault");
        assertEq(dutyToken.balanceOf(buyer), atBuyer, "at the buyer");
    }

    /* WHOSE ORDER IT COUNTS AS */

    function test_aRevokedKeyThatAccepts_costsItsFormerOwnerNothing() public {
        registry.revokeKey(sellerId, seller, 0);
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(credit.recordOf(sellerId).step, 0);
    }

    function test_aKeyAddedAfterAcceptance_takesInNoOrder() public {
        uint256 fresh = 0xF4E54;
        Terms memory t = terms();
        t.seller = vm.addr(fresh);
        bytes memory freshConsent = consent(fresh, "Accept(bytes32 orderId)", escrow.orderId(t));
        vm.prank(buyer);
        escrow.open(t, "", freshConsent, "");
        vm.warp(vm.getBlockTimestamp() + 1);
        addKey(sellerId, fresh);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(credit.recordOf(sellerId).step, 0);
    }

    function test_aKeyRevokedAfterAcceptance_stillAnswersForItsOrder() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.warp(vm.getBlockTimestamp() + 1);
        registry.revokeKey(sellerId, seller, 0);
        vm.warp(t.schedule.shipBy() + 1);
        escrow.refund(t);
        assertEq(badOf(sellerId), 1000);
    }

    /* REPORT */

    function test_report_takesInWhatTheObserverMissedOnce() public {
        FailingObserver failing = new FailingObserver();
        escrow = newTradeEscrow(registry, operatorsFrom(0), address(failing));
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.ReportFailed(id);
        escrow.release(t);
        assertEq(token.balanceOf(seller), PRICE - FEE);

        vm.expectRevert("not mended");
        escrow.report(t);
        failing.mend();
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.OutcomeReported(id);
        escrow.report(t);
        assertEq(failing.told(), id);
        uint256 at = block.timestamp;
        assertTold(failing, t, uint256(State.Released) | uint256(Ground.OnTime) << 8 | at << 32 | at << 72);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyReported.selector, id));
        escrow.report(t);
    }

    function test_release_withAnObserverThatHasNoCode_paysAndTellsNobody() public {
        escrow = newTradeEscrow(registry, operatorsFrom(0), STRANGER);
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.ReportFailed(id);
        escrow.release(t);
        assertReleasedUnreported(t);
        assertEq(token.balanceOf(seller), PRICE - FEE);
    }

    function test_report_tellsWhatADeliveredRefundLeftTheBuyer() public {
        FailingObserver failing = new FailingObserver();
        failing.mend();
        escrow = newTradeEscrow(registry, operatorsFrom(0), address(failing));
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
        Terms memory t = terms();
        uint40 acceptedAt = uint40(block.timestamp);
        openDelivered(t);
        vm.warp(acceptedAt + 1 hours);
        vm.prank(seller);
        escrow.refund(t);
        uint256 times = (uint256(acceptedAt) + 1 hours) << 32 | uint256(acceptedAt) << 72;
        uint256 delivered = 1 << 25;
        assertTold(
            failing,
            t,
            uint256(State.Refunded) | uint256(Ground.SellerRefund) << 8 | delivered | times | uint256(PRICE) << 112
        );
    }

    /// @dev The whole of what the observer is told, to the bit.
    function assertTold(FailingObserver failing, Terms memory t, uint256 record) private view {
        Outcome memory expected = Outcome(
            escrow.orderId(t),
            t.buyer,
            t.seller,
            t.platform,
            t.carrier,
            t.token,
            t.amounts,
            t.schedule,
            t.condition,
            Word.wrap(record)
        );
        assertEq(failing.outcome(), keccak256(abi.encode(expected)));
    }

    function test_report_RevertGiven_noObserverOrNoEnd() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id));
        escrow.report(t);

        escrow = newTradeEscrow(registry, operatorsFrom(0), address(0));
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
        id = openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertReleasedUnreported(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id));
        escrow.report(t);
    }

    function assertReleasedUnreported(Terms memory t) private view {
        assertState(t, State.Released);
        assertFalse(escrow.getOrder(escrow.orderId(t)).reported);
    }

    function test_report_RevertGiven_theOutcomeWasTakenIn() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(goodOf(sellerId), UNWITNESSED);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyReported.selector, id));
        escrow.report(t);
    }

    /* HELPERS */

    function hostileToken() private returns (HostileToken hostile) {
        hostile = new HostileToken();
        hostile.mint(buyer, 10 * FUNDING);
        credit.setRate(address(hostile), PAR);
        vm.prank(buyer);
        hostile.approve(address(escrow), type(uint256).max);
    }
}
