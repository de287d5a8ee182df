// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Default, Ground, ITradeEscrow, Moment, Order, Party, Receipt, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {TradeEscrow} from "../../contracts/TradeEscrow.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {SettableCondition} from "./EscrowFixture.sol";
import {HostileToken} from "./HostileToken.sol";
import {OwnedWallet} from "./OwnedWallet.sol";
import {Pack} from "./Pack.sol";
import {Plotter} from "./hostile/HostileParties.sol";

/// @dev From the opening to the delivery.
contract TradeEscrowTest is ClausesFixture {
    using Pack for Terms;
    using Packed for *;

    SettableCondition private condition = new SettableCondition();

    function setUp() public {
        setUpClauses();
    }

    function conditional() private view returns (Terms memory t) {
        t = terms();
        t.condition = address(condition);
        t.setConditionBy(t.schedule.shipBy() + 2 days);
    }

    /* OPEN */

    function test_open_holdsPriceAndFreight() public {
        Terms memory t = terms();
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Opened(escrow.orderId(t), buyer, seller, t);
        openFunded(t);
        assertState(t, State.Funded);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
    }

    function test_open_withSellersConsentIsAccepted() public {
        Terms memory t = terms();
        openAccepted(t);
        assertState(t, State.Accepted);
    }

    function test_open_RevertGiven_sellersConsentIsAnothersSignature() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        bytes memory forged = consent(CARRIER_KEY, "Accept(bytes32 orderId)", id);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, seller));
        escrow.open(t, "", forged, "");
    }

    function test_open_RevertGiven_sellersConsentIsOneByte() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, seller));
        escrow.open(t, "", hex"00", "");
    }

    function test_open_withAWalletsConsentOfOneByteIsAccepted() public {
        vm.etch(seller, address(new Plotter()).code);
        Terms memory t = terms();
        vm.prank(buyer);
        escrow.open(t, "", hex"00", "");
        assertState(t, State.Accepted);
    }

    function test_open_RevertGiven_openedBefore() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));
        escrow.open(t, "", "", "");
    }

    function test_open_RevertGiven_cancelledBefore() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(buyer);
        escrow.cancel(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));
        escrow.open(t, "", "", "");
    }

    function expectOpenReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        escrow.open(t, "", "", "");
    }

    function test_open_RevertGiven_aPartyIsZeroOrTheVault() public {
        address[2] memory nobodies = [address(0), address(escrow)];
        for (uint256 i; i < nobodies.length; ++i) {
            Terms memory t = terms();
            t.seller = nobodies[i];
            expectOpenReverts(t, partyInvalid(Party.Seller, nobodies[i]));
            t = terms();
            t.platform = nobodies[i];
            expectOpenReverts(t, partyInvalid(Party.Platform, nobodies[i]));
            t = terms();
            t.carrier = nobodies[i];
            expectOpenReverts(t, partyInvalid(Party.Carrier, nobodies[i]));
            t = terms();
            t.buyer = nobodies[i];
            expectOpenReverts(t, partyInvalid(Party.Buyer, nobodies[i]));
        }
    }

    function partyInvalid(Party role, address party) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, role, party);
    }

    function test_open_RevertGiven_noPriceOrTooHighAFee() public {
        Terms memory t = terms();
        t.setPrice(0);
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.AmountZero.selector));
        t = terms();
        t.setFeeBps(10_001);
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.FeeTooHigh.selector, 10_001, 10_000));
    }

    function test_open_takesAFeeOfAllOfThePrice() public {
        Terms memory t = terms();
        t.setFeeBps(10_000);
        openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(token.balanceOf(platform), PRICE);
        assertEq(token.balanceOf(seller), 0);
    }

    function test_open_RevertGiven_deadlinesOutOfOrder() public {
        Terms memory t = terms();
        t.setAcceptBy(block.timestamp - 1);
        expectOpenReverts(t, outOfOrder(Moment.Now, Moment.AcceptBy));
        t = terms();
        t.setShipBy(t.schedule.acceptBy() - 1);
        expectOpenReverts(t, outOfOrder(Moment.AcceptBy, Moment.ShipBy));
        t = terms();
        t.setDeliverBy(t.schedule.shipBy() - 1);
        expectOpenReverts(t, outOfOrder(Moment.ShipBy, Moment.DeliverBy));
        t = conditional();
        t.setConditionBy(t.schedule.shipBy() - 1);
        expectOpenReverts(t, outOfOrder(Moment.ShipBy, Moment.ConditionBy));
        t = conditional();
        t.setConditionBy(t.schedule.deliverBy() + 1);
        expectOpenReverts(t, outOfOrder(Moment.ConditionBy, Moment.DeliverBy));
    }

    function outOfOrder(Moment earlier, Moment later) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.DeadlinesOutOfOrder.selector, earlier, later);
    }

    function test_open_takesDeadlinesThatFallTogether() public {
        Terms memory t = conditional();
        t.setAcceptBy(block.timestamp);
        t.setShipBy(block.timestamp);
        t.setConditionBy(block.timestamp);
        t.setDeliverBy(block.timestamp);
        openShipped(t);
        assertState(t, State.Shipped);
    }

    function test_open_RevertGiven_aDeadlineForNoCondition() public {
        Terms memory t = terms();
        t.setConditionBy(t.schedule.shipBy());
        expectOpenReverts(
            t, abi.encodeWithSelector(ITradeEscrow.ConditionByWithoutCondition.selector, t.schedule.shipBy())
        );
    }

    function test_open_RevertGiven_aConditionWithoutADeadline() public {
        Terms memory t = conditional();
        t.setConditionBy(0);
        expectOpenReverts(t, outOfOrder(Moment.ShipBy, Moment.ConditionBy));
    }

    function test_open_RevertGiven_anEndBeyondMaxTerm() public {
        Terms memory t = terms();
        uint256 max = block.timestamp + escrow.MAX_TERM();
        t.setDeliverBy(max - 9 days);
        openFunded(t);
        t.setDeliverBy(max - 9 days + 1);
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.DeadlineTooFar.selector, max + 1, max));
    }

    function test_open_RevertGiven_aTokenThatTakesAFee() public {
        HostileToken hostile = hostileToken();
        hostile.set(100, address(0), false);
        Terms memory t = terms();
        t.token = address(hostile);
        expectOpenReverts(
            t, abi.encodeWithSelector(ITradeEscrow.AmountReceived.selector, hostile, FUNDING - FUNDING / 100, FUNDING)
        );
    }

    function test_open_RevertGiven_aTokenThatOpensAnotherOrderMeanwhile() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        Terms memory inner = terms();
        inner.token = address(hostile);
        inner.salt = "inner";
        bytes memory innerConsent = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(inner));
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.open, (inner, innerConsent, "", "")));
        expectOpenReverts(t, abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
    }

    function test_open_aTokenThatEndsTheOrderMeanwhileFindsNone() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.release, (t)));
        expectOpenReverts(
            t,
            abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, escrow.orderId(t), State.None, State.Accepted)
        );
    }

    function test_anOrder_keepsItsIdWhenTheChainChangesItsOwn() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.chainId(999);
        vm.prank(buyer);
        escrow.release(t);
        assertState(t, State.Released);
        assertEq(token.balanceOf(seller), PRICE - FEE);
    }

    /* OPEN WITH AUTHORIZATION */

    function test_openWithAuthorization_opensForTheBuyerWhoeverCalls() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        bytes memory buyerAuthorization = authorization(t, id);
        bytes memory sellerConsent = acceptConsent(t);
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, buyerAuthorization, sellerConsent, "");
        assertState(t, State.Accepted);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
        assertTrue(token.authorizationState(buyer, id));
    }

    function test_openWithAuthorization_RevertGiven_theNonceOfAnotherOrder() public {
        Terms memory seen = terms();
        Terms memory other = terms();
        other.salt = "other";
        bytes memory seenAuthorization = authorization(seen, escrow.orderId(seen));
        address recovered = recover(authorizationDigest(other, escrow.orderId(other)), seenAuthorization);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(DevDollar.AuthorizationNotSigned.selector, recovered, buyer));
        escrow.openWithAuthorization(other, seenAuthorization, "", "");
        assertState(other, State.None);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    /* OPEN WITH CONSENT */

    function test_open_withConsent_RevertGiven_anAllowanceAlone() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.open(t, "", "", "");
    }

    function test_open_withConsent_opensOnTheBuyersSignature() public {
        Terms memory t = terms();
        bytes memory buyerConsent = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
        vm.prank(STRANGER);
        escrow.open(t, buyerConsent, "", "");
        assertState(t, State.Funded);
    }

    function test_open_withConsent_RevertGiven_anAcceptInPlaceOfAnOpen() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        bytes memory wrongKind = consent(BUYER_KEY, "Accept(bytes32 orderId)", id);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.open(t, wrongKind, "", "");
    }

    function test_open_withConsent_RevertGiven_anotherChainOrVault() public {
        Terms memory t = terms();
        bytes memory here = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
        TradeEscrow sibling = newTradeEscrow(registry, operatorsFrom(0), address(0));
        bytes32 siblingId = sibling.orderId(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, siblingId, buyer));
        sibling.open(t, here, "", "");
        bytes32 id = escrow.orderId(t);
        vm.chainId(999);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.open(t, here, "", "");
    }

    function test_open_withConsent_takesAWalletsSignature() public {
        OwnedWallet wallet = new OwnedWallet(buyer);
        token.mint(address(wallet), FUNDING);
        wallet.approve(token, address(escrow));
        Terms memory t = terms();
        t.buyer = address(wallet);
        escrow.open(t, consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t)), "", "");
        assertState(t, State.Funded);
    }

    /* ACCEPT */

    function test_accept_byTheSellerOrOnItsSignature() public {
        Terms memory t = terms();
        openFunded(t);
        vm.prank(seller);
        escrow.accept(t, "");
        assertState(t, State.Accepted);

        t.salt = "second";
        openFunded(t);
        escrow.accept(t, acceptConsent(t));
        assertState(t, State.Accepted);
    }

    function test_accept_RevertGiven_aStrangerWithoutTheSellersSignature() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, seller));
        escrow.accept(t, "");
    }

    function test_accept_RevertGiven_acceptByIsOver() public {
        Terms memory t = terms();
        openFunded(t);
        vm.warp(t.schedule.acceptBy() + 1);
        vm.prank(seller);
        vm.expectRevert(tooLate(t.schedule.acceptBy()));
        escrow.accept(t, "");
    }

    function test_accept_RevertGiven_acceptedBefore() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Accepted, State.Funded));
        escrow.accept(t, "");
    }

    /* CANCEL */

    function test_cancel_paysTheBuyerBackAndLeavesNoOutcome() public {
        Terms memory t = terms();
        uint256 before = token.balanceOf(buyer);
        bytes32 id = openFunded(t);
        vm.prank(seller);
        escrow.cancel(t);
        assertState(t, State.Cancelled);
        assertEq(token.balanceOf(buyer), before);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id));
        escrow.report(t);
    }

    function test_cancel_RevertGiven_aStrangerOrAnAcceptedOrder() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotParty.selector, STRANGER));
        escrow.cancel(t);
        vm.prank(seller);
        escrow.accept(t, "");
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Accepted, State.Funded));
        escrow.cancel(t);
    }

    /* SHIP */

    function test_ship_RevertGiven_notAcceptedNotSellerOrTooLate() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Funded, State.Accepted));
        escrow.ship(t, "unit");
        vm.prank(seller);
        escrow.accept(t, "");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotSeller.selector, STRANGER, seller));
        escrow.ship(t, "unit");
        vm.warp(t.schedule.shipBy() + 1);
        vm.prank(seller);
        vm.expectRevert(tooLate(t.schedule.shipBy()));
        escrow.ship(t, "unit");
    }

    function test_ship_tellsTheLogisticUnit() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.warp(t.schedule.shipBy());
        vm.prank(seller);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Shipped(id, "unit");
        escrow.ship(t, "unit");
        assertState(t, State.Shipped);
        assertEq(escrow.getOrder(id).since, t.schedule.shipBy());
    }

    /* CONDITION */

    function test_poke_latchesWhatWasOnceMet() public {
        Terms memory t = conditional();
        bytes32 id = openShipped(t);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        escrow.poke(t);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        (Default standing, uint40 opensAt) = escrow.defaultOf(t);
        assertEq(uint256(standing), uint256(Default.Refund));
        assertEq(opensAt, t.schedule.claimBy() + 1);
        assertTrue(escrow.getOrder(id).conditionMet);
    }

    function test_poke_latchesOnceAndIsANoOpAfterIt() public {
        Terms memory t = conditional();
        bytes32 id = openAccepted(t);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.ConditionLatched(id);
        escrow.poke(t);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        vm.recordLogs();
        escrow.poke(t);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_poke_RevertGiven_itIsNeitherAcceptedNorShipped() public {
        Terms memory t = conditional();
        condition.set(ConditionStatus.Met, Fault.Nobody);
        bytes32 id = openFunded(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Funded, State.Shipped));
        escrow.poke(t);
        t.salt = "delivered";
        id = openDelivered(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Delivered, State.Shipped));
        escrow.poke(t);
    }

    function test_poke_RevertGiven_pendingOrNoCode() public {
        Terms memory t = conditional();
        bytes32 id = openShipped(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConditionNotMet.selector, id));
        escrow.poke(t);
        t.salt = "no code";
        t.condition = address(0xc0de);
        id = openShipped(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConditionNotMet.selector, id));
        escrow.poke(t);
    }

    function test_conditionOfAnyShape_isPendingUnlessItAnswersWell(bytes calldata answer) public {
        Terms memory t = conditional();
        t.condition = address(0xc0ffee);
        // Returns what follows its header of 12 bytes: PUSH2 size DUP1 PUSH1 12 PUSH0 CODECOPY PUSH0 RETURN
        uint256 size = answer.length > 96 ? 96 : answer.length;
        vm.etch(t.condition, abi.encodePacked(hex"61", uint16(size), hex"80600b5f395ff3", answer[:size]));
        openShipped(t);
        (uint256 status, uint256 reason) = size >= 64 ? abi.decode(answer, (uint256, uint256)) : (0, 0);
        bool answersWell = size >= 64 && status <= 2 && reason <= 3;
        (, uint40 opensAt) = escrow.defaultOf(t);
        if (!answersWell || status == 0) assertEq(opensAt, t.schedule.conditionBy() + 1);
        else if (status == 1) assertEq(opensAt, t.schedule.claimBy() + 1);
        else assertEq(opensAt, uint40(block.timestamp));
    }

    function test_aRejectedCondition_refundsAtOnceWithItsReason() public {
        Terms memory t = conditional();
        bytes32 id = openShipped(t);
        uint40 shippedAt = uint40(block.timestamp);
        vm.warp(shippedAt + 1 hours);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, shippedAt));
        escrow.deliver(t, receipt, carrier, signature);
        vm.prank(STRANGER);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.ConditionFailed, Fault.Seller);
        escrow.refund(t);
    }

    function test_aSilentCondition_refundsAfterConditionByButNoMoreOnceDelivered() public {
        Terms memory t = conditional();
        bytes32 id = openShipped(t);
        uint256 snapshot = vm.snapshotState();
        uint40 opensAt = t.schedule.conditionBy() + 1;
        vm.warp(opensAt);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, opensAt));
        escrow.deliver(t, receipt, carrier, signature);
        escrow.refund(t);
        assertEq(uint256(escrow.getOrder(id).ground), uint256(Ground.ConditionFailed));
        vm.revertToState(snapshot);
        deliver(t);
        vm.warp(t.schedule.conditionBy() + 1);
        (Default standing,) = escrow.defaultOf(t);
        assertEq(uint256(standing), uint256(Default.Release));
    }

    function test_aCaller_cannotStarveARejectionIntoSilence() public {
        Terms memory t = conditional();
        openShipped(t);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        Receipt memory receipt = receiptOf(t);
        bytes memory data =
            abi.encodeCall(ITradeEscrow.deliver, (t, receipt, carrier, signReceipt(CARRIER_KEY, receipt)));
        for (uint256 gas_ = 20_000; gas_ <= 200_000; gas_ += 1_000) {
            (bool ok,) = address(escrow).call{gas: gas_}(data);
            assertFalse(ok);
        }
        condition.set(ConditionStatus.Pending, Fault.Nobody);
        (bool delivered,) = address(escrow).call{gas: 200_000}(data);
        assertTrue(delivered);
    }

    /* DELIVER */

    function test_deliver_onTimeAndLate() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        Receipt memory receipt = receiptOf(t);
        uint256 snapshot = vm.snapshotState();
        vm.warp(t.schedule.deliverBy());
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Delivered(id, carrier, receipt.logisticUnit, receipt.eventId, false);
        deliver(t);
        vm.revertToState(snapshot);
        vm.warp(t.schedule.claimBy());
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Delivered(id, carrier, receipt.logisticUnit, receipt.eventId, true);
        deliver(t);
    }

    function test_deliver_RevertGiven_theClaimWindowIsOver() public {
        Terms memory t = terms();
        openShipped(t);
        uint40 opensAt = t.schedule.claimBy() + 1;
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.warp(opensAt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, opensAt));
        escrow.deliver(t, receipt, carrier, signature);
    }

    function test_deliver_RevertGiven_anotherOrderCarrierOrSignature() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(OTHER_CARRIER_KEY, receipt);
        address other = vm.addr(OTHER_CARRIER_KEY);
        bytes32 otherId = registry.participantOf(other);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.CarrierForeign.selector, otherId, carrierId));
        escrow.deliver(t, receipt, other, signature);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ReceiptInvalid.selector, carrier));
        escrow.deliver(t, receipt, carrier, signature);
        receipt.orderId = "another";
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ReceiptForeign.selector, bytes32("another"), id));
        escrow.deliver(t, receipt, carrier, signature);
    }

    function test_deliver_byASuccessorOfARevokedKeyButNotByTheRevokedOne() public {
        Terms memory t = terms();
        openShipped(t);
        addKey(carrierId, 0x2222);
        registry.revokeKey(carrierId, carrier, 0);
        Receipt memory receipt = receiptOf(t);
        bytes memory revoked = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, carrier, uint40(block.timestamp))
        );
        escrow.deliver(t, receipt, carrier, revoked);
        escrow.deliver(t, receipt, vm.addr(0x2222), signReceipt(0x2222, receipt));
        assertState(t, State.Delivered);
    }

    function test_deliver_RevertGiven_theCarrierLostItsRole() public {
        Terms memory t = terms();
        openShipped(t);
        registry.revokeRoles(carrierId, uint16(1 << uint8(Role.Carrier)));
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, carrierId, Role.Carrier)
        );
        escrow.deliver(t, receipt, carrier, signature);
    }

    function test_deliver_RevertGiven_itIsNotShipped() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Accepted, State.Shipped));
        escrow.deliver(t, receipt, carrier, signature);
    }

    /* DELIVER, IN A DISPUTE */

    /// @dev Nobody keeps a carrier from its freight by a dispute a moment before its receipt.
    function test_deliver_inADisputeRaisedBefore_isNotedAndTheDisputeGoesOn() public {
        Terms memory t = withArbitration(terms());
        bytes32 id = disputedUndelivered(t);
        Order memory expected = escrow.getOrder(id);
        expected.delivered = true;
        Receipt memory receipt = receiptOf(t);
        uint256 snapshot = vm.snapshotState();
        vm.warp(t.schedule.deliverBy());
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Delivered(id, carrier, receipt.logisticUnit, receipt.eventId, false);
        deliver(t);
        assertEq(abi.encode(escrow.getOrder(id)), abi.encode(expected));

        vm.revertToState(snapshot);
        vm.warp(t.schedule.claimBy());
        deliver(t);
        expected.late = true;
        assertEq(abi.encode(escrow.getOrder(id)), abi.encode(expected));
    }

    /// @dev What the buyer gets of an arbiter's silence is fixed from the second it opens.
    function test_deliver_inADispute_RevertGiven_itsSilentSplitIsOpen() public {
        Terms memory t = withArbitration(terms());
        t.clauses[0].arbitration.window = 1 hours;
        bytes32 id = disputedUndelivered(t);
        assertNotedOnlyBefore(t, Default.SilentSplit, escrow.getOrder(id).since + 1 hours + 1);
    }

    function test_deliver_inADispute_RevertGiven_theClaimWindowIsOver() public {
        Terms memory t = withArbitration(terms());
        disputedUndelivered(t);
        assertNotedOnlyBefore(t, Default.Refund, t.schedule.claimBy() + 1);
    }

    /// @dev The buyer's refund was open but for its dispute: the receipt is as late as it would be without.
    function test_deliver_inADispute_RevertGiven_theConditionsTimeIsOver() public {
        Terms memory t = withArbitration(conditional());
        disputedUndelivered(t);
        assertNotedOnlyBefore(t, Default.Refund, t.schedule.conditionBy() + 1);
    }

    function test_deliver_inADispute_RevertGiven_theConditionIsRejected() public {
        Terms memory t = withArbitration(conditional());
        bytes32 id = disputedUndelivered(t);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        expectDeliverRefused(t, Default.Refund, uint40(vm.getBlockTimestamp()));
        condition.set(ConditionStatus.Met, Fault.Nobody);
        vm.warp(t.schedule.claimBy());
        deliver(t);
        assertTrue(escrow.getOrder(id).delivered);
    }

    function test_deliver_inADispute_afterTheConditionWasLatched_isNotedWhateverItSaysSince() public {
        Terms memory t = withArbitration(conditional());
        bytes32 id = shippedWithClauses(t);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        escrow.poke(t);
        vm.prank(buyer);
        disputes.dispute(t, "");
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        deliver(t);
        assertTrue(escrow.getOrder(id).delivered);
        assertState(t, State.Disputed);
    }

    function assertNotedOnlyBefore(Terms memory t, Default standing, uint40 opensAt) private {
        vm.warp(opensAt);
        expectDeliverRefused(t, standing, opensAt);
        vm.warp(opensAt - 1);
        deliver(t);
        assertTrue(escrow.getOrder(escrow.orderId(t)).delivered);
        assertState(t, State.Disputed);
    }

    function expectDeliverRefused(Terms memory t, Default standing, uint40 opensAt) private {
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, standing, opensAt));
        escrow.deliver(t, receipt, carrier, signature);
    }

    function test_deliver_RevertGiven_aDisputeOverADeliveredOrder() public {
        Terms memory t = withArbitration(terms());
        bytes32 id = disputed(t);
        expectNotShipped(t, id);
        t.salt = "noted";
        id = disputedUndelivered(t);
        deliver(t);
        expectNotShipped(t, id);
    }

    function expectNotShipped(Terms memory t, bytes32 id) private {
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Disputed, State.Shipped));
        escrow.deliver(t, receipt, carrier, signature);
    }

    function disputedUndelivered(Terms memory t) private returns (bytes32 id) {
        id = shippedWithClauses(t);
        vm.prank(buyer);
        disputes.dispute(t, "");
    }

    /* HELPERS */

    /// @dev A second after it.
    function tooLate(uint40 deadline) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.TooLate.selector, deadline + 1, deadline);
    }

    function recover(bytes32 digest_, bytes memory signedAuthorization) private pure returns (address) {
        (,, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(signedAuthorization, (uint256, uint256, uint8, bytes32, bytes32));
        return ecrecover(digest_, v, r, s);
    }

    function hostileToken() private returns (HostileToken hostile) {
        hostile = new HostileToken();
        hostile.mint(buyer, 10 * FUNDING);
        vm.prank(buyer);
        hostile.approve(address(escrow), type(uint256).max);
    }
}
