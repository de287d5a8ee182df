// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns, ReturnReceipt} from "../../contracts/interfaces/IReturns.sol";
import {
    Default, Ground, ITradeEscrow, Order, Split, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {HostileToken} from "./HostileToken.sol";
import {LegsFixture} from "./LegsFixture.sol";
import {Pack} from "./Pack.sol";
import {OwnedWallet} from "./OwnedWallet.sol";

contract ReturnsTest is LegsFixture {
    using Pack for Terms;
    using Packed for *;

    bytes32 private constant REASON = keccak256("too small");
    uint256 private constant OTHER_PLACE_KEY = 0x07E697ACE;
    uint256 private constant KEPT = PRICE * RESTOCKING_BPS / 10_000 + RETURN_FREIGHT;
    uint256 private constant POLICY_REFUND = PRICE - KEPT;

    function setUp() public {
        setUpClauses();
    }

    function returnable() private view returns (Terms memory) {
        return withReturns(terms());
    }

    function sinceOf(Terms memory t) private view returns (uint40) {
        return escrow.getOrder(escrow.orderId(t)).since;
    }

    function request(Terms memory t) private {
        vm.prank(buyer);
        returns_.requestReturn(t, REASON);
    }

    function expectRequestReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        returns_.requestReturn(t, 0);
    }

    function receive_(Terms memory t) private {
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt));
    }

    function expectReceiptReverts(
        Terms memory t,
        ReturnReceipt memory receipt,
        address signer,
        bytes memory signature,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        returns_.receiveReturn(t, receipt, signer, signature);
    }

    /// @dev Whatever is refused of the right receipt.
    function expectReceiptReverts(Terms memory t, bytes memory reason) private {
        ReturnReceipt memory receipt = returnReceiptOf(t);
        expectReceiptReverts(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt), reason);
    }

    function expectSettleReverts(Terms memory t, uint256 toBuyer, bytes memory reason) private {
        vm.prank(seller);
        vm.expectRevert(reason);
        returns_.settleReturn(t, toBuyer);
    }

    function feeOf(uint256 proceeds) private pure returns (uint256) {
        return proceeds * FEE_BPS / 10_000;
    }

    function stateWrong(bytes32 id, State standing, State expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, standing, expected);
    }

    /* AT OPENING */

    function expectOpenReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        escrow.open(t, "", "", "");
    }

    function test_open_RevertGiven_noPlaceOfReturn() public {
        Terms memory t = returnable();
        t.clauses[0].returnPolicy.place = 0;
        expectOpenReverts(t, abi.encodeWithSelector(IReturns.PlaceMissing.selector));
    }

    function test_open_RevertGiven_theDeductionsComeToAUnitMoreThanThePrice() public {
        Terms memory t = returnable();
        t.clauses[0].returnPolicy.freight = uint128(PRICE - PRICE / 10 + 1);
        expectOpenReverts(t, abi.encodeWithSelector(IReturns.DeductionTooHigh.selector, PRICE + 1, PRICE));

        t.clauses[0].returnPolicy.freight -= 1;
        openFunded(t);
        assertEq(returns_.policyRefund(t), 0);
    }

    function test_open_RevertGiven_restockingAboveAHundredPercent() public {
        Terms memory t = returnable();
        t.clauses[0].returnPolicy.freight = 0;
        t.clauses[0].returnPolicy.restockingBps = 10_001;
        expectOpenReverts(
            t, abi.encodeWithSelector(IReturns.DeductionTooHigh.selector, PRICE * 10_001 / 10_000, PRICE)
        );
    }

    /// @dev Nobody can ever send something back under it, so that nothing of it is looked at.
    function test_open_looksAtNoPolicyWithoutAReceiveWindow() public {
        Terms memory t = returnable();
        t.clauses[0].returnPolicy.receiveWindow = 0;
        t.clauses[0].returnPolicy.place = 0;
        openFunded(t);
        assertState(t, State.Funded);
    }

    /* POLICY REFUND */

    function testFuzz_policyRefund_roundsRestockingDown(uint256 price, uint256 bps, uint256 wayBack) public view {
        Terms memory t = returnable();
        price = bound(price, 1, type(uint120).max);
        bps = bound(bps, 0, 10_000);
        t.setPrice(price);
        uint256 restocking = price * bps / 10_000;
        wayBack = bound(wayBack, 0, price - restocking);
        t.clauses[0].returnPolicy.restockingBps = uint16(bps);
        t.clauses[0].returnPolicy.freight = uint128(wayBack);

        uint256 refund = returns_.policyRefund(t);
        assertEq(refund + restocking + wayBack, price);
        assertLe(restocking * 10_000, price * bps, "the seller keeps no more than its share");
    }

    /* REQUEST */

    function test_requestReturn_holdsTheDeliveredOrder() public {
        Terms memory t = returnable();
        bytes32 id = deliveredWithClauses(t);
        list();
        from(address(returns_));
        emit IReturns.ReturnRequested(id, REASON);
        from(address(escrow));
        emit ITradeEscrow.Held(id, State.ReturnRequested);
        listed();
        request(t);
        assertListed();
        assertState(t, State.ReturnRequested);
        assertEq(sinceOf(t), block.timestamp);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
    }

    function test_requestReturn_underTheShortestReceiveWindow_lapsesASecondLater() public {
        Terms memory t = returnable();
        t.clauses[0].returnPolicy.receiveWindow = 1;
        deliveredWithClauses(t);
        request(t);
        vm.warp(vm.getBlockTimestamp() + 2);
        escrow.release(t);
        assertState(t, State.Released);
    }

    function test_requestReturn_RevertGiven_theTermsHaveNoClauses() public {
        Terms memory t = terms();
        bytes32 id = openDelivered(t);
        expectRequestReverts(t, abi.encodeWithSelector(IReturns.NoReturnPolicy.selector, id));
    }

    function test_requestReturn_RevertGiven_theClausesHaveNoPolicy() public {
        Terms memory t = withArbitration(terms());
        bytes32 id = deliveredWithClauses(t);
        expectRequestReverts(t, abi.encodeWithSelector(IReturns.NoReturnPolicy.selector, id));
    }

    function test_requestReturn_RevertGiven_theCallerIsNotTheBuyer() public {
        Terms memory t = returnable();
        deliveredWithClauses(t);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(IReturns.NotBuyer.selector, seller, buyer));
        returns_.requestReturn(t, 0);
    }

    function test_requestReturn_RevertGiven_theOrderIsNotDelivered() public {
        Terms memory t = returnable();
        bytes32 id = escrow.orderId(t);
        expectRequestReverts(t, stateWrong(id, State.None, State.Delivered));
        openFunded(t);
        expectRequestReverts(t, stateWrong(id, State.Funded, State.Delivered));
        bytes memory sellerConsent = acceptConsent(t);
        escrow.accept(t, sellerConsent);
        expectRequestReverts(t, stateWrong(id, State.Accepted, State.Delivered));
        vm.prank(seller);
        escrow.ship(t, 0);
        expectRequestReverts(t, stateWrong(id, State.Shipped, State.Delivered));
    }

    function test_requestReturn_RevertGiven_itWasRequestedReceivedOrEnded() public {
        Terms memory t = returnable();
        bytes32 id = returnRequested(t);
        expectRequestReverts(t, stateWrong(id, State.ReturnRequested, State.Delivered));
        receive_(t);
        expectRequestReverts(t, stateWrong(id, State.ReturnReceived, State.Delivered));
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        expectRequestReverts(t, stateWrong(id, State.Settled, State.Delivered));
    }

    function test_requestReturn_inTheLastSecondOfTheInspectionWindow() public {
        Terms memory t = returnable();
        deliveredWithClauses(t);
        vm.warp(uint256(sinceOf(t)) + t.schedule.inspectionWindow());
        request(t);
        assertState(t, State.ReturnRequested);
    }

    function test_requestReturn_RevertGiven_theInspectionWindowIsOver() public {
        Terms memory t = returnable();
        deliveredWithClauses(t);
        uint256 opensAt = uint256(sinceOf(t)) + t.schedule.inspectionWindow() + 1;
        vm.warp(opensAt);
        expectRequestReverts(
            t, abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Release, opensAt)
        );
    }

    /* THE RETURN LAPSES */

    function test_release_byAnyoneOnceTheGoodsDidNotComeBack() public {
        Terms memory t = returnable();
        returnRequested(t);
        uint256 opensAt = uint256(sinceOf(t)) + RECEIVE_WINDOW + 1;
        mark();
        vm.warp(opensAt - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, opensAt - 1, opensAt));
        escrow.release(t);

        vm.warp(opensAt);
        vm.prank(STRANGER);
        escrow.release(t);
        assertState(t, State.Released);
        assertGot(address(token), seller, PRICE - FEE);
        assertGot(address(token), platform, FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
    }

    function test_release_byTheBuyerWhoKeepsTheGoodsAfterAll() public {
        Terms memory t = returnable();
        returnRequested(t);
        vm.prank(buyer);
        escrow.release(t);
        assertState(t, State.Released);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_refund_byTheSellerWhoWaivesTheGoodsIsNobodysFault() public {
        Terms memory t = returnable();
        bytes32 id = returnRequested(t);
        mark();
        vm.prank(seller);
        escrow.refund(t);
        Order memory order = escrow.getOrder(id);
        assertEq(uint256(order.ground), uint256(Ground.SellerRefund));
        assertEq(uint256(order.fault), uint256(Fault.Nobody));
        assertGot(address(token), buyer, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
    }

    function test_refund_RevertGiven_aStrangerCallsWhileGoodsComeBack() public {
        Terms memory t = returnable();
        returnRequested(t);
        bytes4 differs = ITradeEscrow.DefaultDiffers.selector;
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(differs, Default.Refund, Default.Release));
        escrow.refund(t);
        receive_(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(differs, Default.Refund, Default.PolicyRefund));
        escrow.refund(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(differs, Default.Release, Default.PolicyRefund));
        escrow.release(t);
    }

    /* RECEIPT */

    function test_receiveReturn_takesThePlacesReceiptFromAnyone() public {
        Terms memory t = returnable();
        bytes32 id = returnRequested(t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        bytes memory signature = signReturnReceipt(PLACE_KEY, receipt);
        list();
        from(address(returns_));
        emit IReturns.ReturnReceived(id, place, receipt.logisticUnit, receipt.eventId);
        from(address(escrow));
        emit ITradeEscrow.Held(id, State.ReturnReceived);
        listed();
        vm.prank(STRANGER);
        returns_.receiveReturn(t, receipt, place, signature);
        assertListed();
        assertState(t, State.ReturnReceived);
    }

    function test_receiveReturn_takesAnotherKeyOfThePlace() public {
        addKey(placeId, OTHER_PLACE_KEY);
        Terms memory t = returnable();
        returnRequested(t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, vm.addr(OTHER_PLACE_KEY), signReturnReceipt(OTHER_PLACE_KEY, receipt));
        assertState(t, State.ReturnReceived);
    }

    function test_receiveReturn_RevertGiven_theTermsHaveNoPolicy() public {
        Terms memory t = terms();
        bytes32 id = openDelivered(t);
        expectReceiptReverts(t, abi.encodeWithSelector(IReturns.NoReturnPolicy.selector, id));
        t = withArbitration(terms());
        id = deliveredWithClauses(t);
        expectReceiptReverts(t, abi.encodeWithSelector(IReturns.NoReturnPolicy.selector, id));
    }

    function test_receiveReturn_RevertGiven_aForeignPlaceSigned() public {
        bytes32 otherId = admit(OTHER_PLACE_KEY, Role.Warehouse, "other place");
        Terms memory t = returnable();
        returnRequested(t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        expectReceiptReverts(
            t,
            receipt,
            vm.addr(OTHER_PLACE_KEY),
            signReturnReceipt(OTHER_PLACE_KEY, receipt),
            abi.encodeWithSelector(IReturns.PlaceForeign.selector, otherId, placeId)
        );
    }

    function test_receiveReturn_RevertGiven_thePlaceIsNoWarehouseAnyMore() public {
        Terms memory t = returnable();
        returnRequested(t);
        registry.revokeRoles(placeId, uint16(1 << uint8(Role.Warehouse)));
        expectReceiptReverts(
            t, abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, placeId, Role.Warehouse)
        );
    }

    function test_receiveReturn_RevertGiven_itsKeyIsRevoked() public {
        Terms memory t = returnable();
        returnRequested(t);
        registry.revokeKey(placeId, place, 0);
        expectReceiptReverts(
            t, abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, place, block.timestamp)
        );
    }

    function test_receiveReturn_RevertGiven_aStrangerOrAPartySigned() public {
        Terms memory t = returnable();
        returnRequested(t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        expectReceiptReverts(
            t,
            receipt,
            buyer,
            signReturnReceipt(BUYER_KEY, receipt),
            abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, buyer, 0)
        );
        expectReceiptReverts(
            t,
            receipt,
            seller,
            signReturnReceipt(SELLER_KEY, receipt),
            abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, sellerId, Role.Warehouse)
        );
    }

    function test_receiveReturn_RevertGiven_theReceiptIsForAnotherOrder() public {
        Terms memory t = returnable();
        Terms memory other = returnable();
        other.salt = keccak256("other");
        bytes32 id = returnRequested(t);
        bytes32 otherId = returnRequested(other);
        ReturnReceipt memory receipt = returnReceiptOf(other);
        expectReceiptReverts(
            t,
            receipt,
            place,
            signReturnReceipt(PLACE_KEY, receipt),
            abi.encodeWithSelector(IReturns.ReceiptForeign.selector, otherId, id)
        );
    }

    function test_receiveReturn_RevertGiven_anyFieldIsNotTheSignedOne() public {
        Terms memory t = returnable();
        returnRequested(t);
        bytes memory signature = signReturnReceipt(PLACE_KEY, returnReceiptOf(t));
        bytes memory invalid = abi.encodeWithSelector(IReturns.ReceiptInvalid.selector, place);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        receipt.logisticUnit = keccak256("another unit");
        expectReceiptReverts(t, receipt, place, signature, invalid);
        receipt = returnReceiptOf(t);
        receipt.eventId = sha256("another event");
        expectReceiptReverts(t, receipt, place, signature, invalid);
        receipt = returnReceiptOf(t);
        expectReceiptReverts(t, receipt, place, signReturnReceipt(CARRIER_KEY, receipt), invalid);
        expectReceiptReverts(t, receipt, place, "", invalid);
    }

    /// @dev The carrier's receipt of the way out is none of the way back, though its fields are the same.
    function test_receiveReturn_RevertGiven_aDeliverysReceiptIsReplayed() public {
        Terms memory t = returnable();
        returnRequested(t);
        registry.grantRoles(placeId, uint16(1 << uint8(Role.Carrier)));
        expectReceiptReverts(
            t,
            returnReceiptOf(t),
            place,
            signReceipt(PLACE_KEY, receiptOf(t)),
            abi.encodeWithSelector(IReturns.ReceiptInvalid.selector, place)
        );
    }

    function admitWallet(OwnedWallet wallet) private {
        bytes32 structHash = keccak256(
            abi.encode(keccak256("AddKey(bytes32 participant,address key)"), placeId, address(wallet))
        );
        bytes memory keyConsent =
            sign(PLACE_KEY, domain("Lading ParticipantRegistry", address(registry)), structHash);
        registry.addKey(placeId, address(wallet), keyConsent);
    }

    function signFor(address signer, ReturnReceipt memory receipt) private view returns (bytes memory) {
        bytes32 typehash =
            keccak256("ReturnReceipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)");
        bytes32 structHash = keccak256(abi.encode(typehash, receipt, signer));
        return sign(PLACE_KEY, domain("Lading Returns", address(returns_)), structHash);
    }

    function test_receiveReturn_takesAnErc1271KeyAndNoneOfItsSibling() public {
        OwnedWallet wallet = new OwnedWallet(place);
        OwnedWallet sibling = new OwnedWallet(place);
        admitWallet(wallet);
        admitWallet(sibling);
        Terms memory t = returnable();
        returnRequested(t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        expectReceiptReverts(
            t,
            receipt,
            address(wallet),
            signFor(address(sibling), receipt),
            abi.encodeWithSelector(IReturns.ReceiptInvalid.selector, address(wallet))
        );
        returns_.receiveReturn(t, receipt, address(wallet), signFor(address(wallet), receipt));
        assertState(t, State.ReturnReceived);
    }

    function test_receiveReturn_RevertGiven_theReturnWasNotRequestedOrIsOver() public {
        Terms memory t = returnable();
        bytes32 id = deliveredWithClauses(t);
        expectReceiptReverts(t, stateWrong(id, State.Delivered, State.ReturnRequested));
        request(t);
        receive_(t);
        expectReceiptReverts(t, stateWrong(id, State.ReturnReceived, State.ReturnRequested));
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        expectReceiptReverts(t, stateWrong(id, State.Settled, State.ReturnRequested));
    }

    function test_receiveReturn_inTheLastSecondOfTheReceiveWindow() public {
        Terms memory t = returnable();
        returnRequested(t);
        vm.warp(uint256(sinceOf(t)) + RECEIVE_WINDOW);
        receive_(t);
        assertState(t, State.ReturnReceived);
    }

    function test_receiveReturn_RevertGiven_theReceiveWindowIsOver() public {
        Terms memory t = returnable();
        returnRequested(t);
        uint256 opensAt = uint256(sinceOf(t)) + RECEIVE_WINDOW + 1;
        vm.warp(opensAt);
        expectReceiptReverts(
            t, abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Release, opensAt)
        );
    }

    /* SETTLE */

    function test_settleReturn_paysThePolicyRefundAndTheFeeOnWhatTheSellerKeeps() public {
        Terms memory t = returnable();
        bytes32 id = returnReceived(t);
        mark();
        list();
        from(address(escrow));
        emit ITradeEscrow.Settled(id, Ground.Returned, Fault.Nobody, Split(POLICY_REFUND, FREIGHT, 0));
        from(address(token));
        emit IERC20.Transfer(address(escrow), buyer, POLICY_REFUND);
        from(address(token));
        emit IERC20.Transfer(address(escrow), seller, KEPT - feeOf(KEPT));
        from(address(token));
        emit IERC20.Transfer(address(escrow), platform, feeOf(KEPT));
        from(address(token));
        emit IERC20.Transfer(address(escrow), carrier, FREIGHT);
        listed();
        vm.prank(seller);
        returns_.settleReturn(t, POLICY_REFUND);
        assertListed();

        assertGot(address(token), buyer, POLICY_REFUND);
        assertGot(address(token), seller, KEPT - feeOf(KEPT));
        assertGot(address(token), platform, feeOf(KEPT));
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertRecorded(id, POLICY_REFUND);
    }

    function assertRecorded(bytes32 id, uint256 toBuyer) private view {
        Order memory order = escrow.getOrder(id);
        assertEq(uint256(order.state), uint256(State.Settled));
        assertEq(uint256(order.ground), uint256(Ground.Returned));
        assertEq(uint256(order.fault), uint256(Fault.Nobody));
        assertEq(order.toBuyer, toBuyer);
        assertTrue(order.delivered);
    }

    function test_settleReturn_mayGiveTheWholePriceAndLeavesTheCarrierItsFreight() public {
        Terms memory t = returnable();
        bytes32 id = returnReceived(t);
        mark();
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        assertGot(address(token), buyer, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertRecorded(id, PRICE);
    }

    function test_settleReturn_RevertGiven_lessThanThePolicyOrMoreThanThePrice() public {
        Terms memory t = returnable();
        returnReceived(t);
        bytes4 outOfRange = IReturns.RefundOutOfRange.selector;
        expectSettleReverts(
            t, POLICY_REFUND - 1, abi.encodeWithSelector(outOfRange, POLICY_REFUND - 1, POLICY_REFUND, PRICE)
        );
        expectSettleReverts(t, PRICE + 1, abi.encodeWithSelector(outOfRange, PRICE + 1, POLICY_REFUND, PRICE));
    }

    function test_settleReturn_RevertGiven_theCallerIsNotTheSeller() public {
        Terms memory t = returnable();
        returnReceived(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IReturns.NotSeller.selector, buyer, seller));
        returns_.settleReturn(t, PRICE);
    }

    function test_settle_RevertGiven_theGoodsAreNotBack() public {
        Terms memory t = returnable();
        bytes32 id = returnRequested(t);
        bytes memory notReceived = abi.encodeWithSelector(IReturns.NotReceived.selector, id);
        expectSettleReverts(t, PRICE, notReceived);
        vm.expectRevert(notReceived);
        returns_.settleByPolicy(t);
        t = terms();
        notReceived = abi.encodeWithSelector(IReturns.NotReceived.selector, openDelivered(t));
        expectSettleReverts(t, PRICE, notReceived);
        vm.expectRevert(notReceived);
        returns_.settleByPolicy(t);
    }

    function test_settle_RevertGiven_itWasSettled() public {
        Terms memory t = returnable();
        bytes32 id = returnReceived(t);
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        vm.warp(block.timestamp + SETTLE_WINDOW + 1);
        bytes memory notReceived = abi.encodeWithSelector(IReturns.NotReceived.selector, id);
        expectSettleReverts(t, PRICE, notReceived);
        vm.expectRevert(notReceived);
        returns_.settleByPolicy(t);
    }

    function test_settle_RevertGiven_aDisputeWasRaisedMeanwhile() public {
        Terms memory t = withArbitration(returnable());
        bytes32 id = returnReceived(t);
        vm.prank(seller);
        disputes.dispute(t, REASON);
        vm.warp(block.timestamp + SETTLE_WINDOW + 1);
        bytes memory notReceived = abi.encodeWithSelector(IReturns.NotReceived.selector, id);
        expectSettleReverts(t, PRICE, notReceived);
        vm.expectRevert(notReceived);
        returns_.settleByPolicy(t);
    }

    function test_settleByPolicy_byAnyoneFromTheSecondAfterTheSettleWindow() public {
        Terms memory t = returnable();
        bytes32 id = returnReceived(t);
        mark();
        uint256 opensAt = uint256(sinceOf(t)) + SETTLE_WINDOW + 1;
        vm.warp(opensAt - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IReturns.TooEarly.selector, opensAt - 1, opensAt));
        returns_.settleByPolicy(t);

        vm.warp(opensAt);
        vm.prank(STRANGER);
        returns_.settleByPolicy(t);
        assertGot(address(token), buyer, POLICY_REFUND);
        assertGot(address(token), seller, KEPT - feeOf(KEPT));
        assertGot(address(token), platform, feeOf(KEPT));
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertRecorded(id, POLICY_REFUND);
    }

    function test_settleReturn_isStillTheSellersAfterTheSettleWindow() public {
        Terms memory t = returnable();
        bytes32 id = returnReceived(t);
        vm.warp(block.timestamp + SETTLE_WINDOW + 1 days);
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        assertRecorded(id, PRICE);
    }

    /// @dev Any price, share and freight: the four are paid the whole, and the seller's side what the policy keeps.
    function testFuzz_settleByPolicy_conservesTheOrder(uint256 price, uint256 freight, uint256 bps, uint256 wayBack)
        public
    {
        Terms memory t = returnable();
        t.setPrice(bound(price, 1, 1e30));
        t.setFreight(bound(freight, 0, 1e30));
        bps = bound(bps, 0, 10_000);
        t.clauses[0].returnPolicy.restockingBps = uint16(bps);
        uint256 restocking = t.amounts.price() * bps / 10_000;
        t.clauses[0].returnPolicy.freight = uint128(bound(wayBack, 0, t.amounts.price() - restocking));
        token.mint(buyer, t.amounts.total());
        returnReceived(t);
        mark();
        vm.warp(block.timestamp + SETTLE_WINDOW + 1);
        returns_.settleByPolicy(t);

        uint256 kept = restocking + t.clauses[0].returnPolicy.freight;
        assertGot(address(token), buyer, t.amounts.price() - kept);
        assertGot(address(token), seller, kept - feeOf(kept));
        assertGot(address(token), platform, feeOf(kept));
        assertGot(address(token), carrier, t.amounts.freight());
        assertHolds(0, 0, 0);
    }

    function test_settle_withLittleGasIsRefusedWhole() public {
        Terms memory t = withEverything(terms());
        returnReceived(t);
        assertWholeAtAnyGas(seller, address(returns_), abi.encodeCall(IReturns.settleReturn, (t, PRICE - 1)));
        vm.warp(block.timestamp + SETTLE_WINDOW + 1);
        assertWholeAtAnyGas(STRANGER, address(returns_), abi.encodeCall(IReturns.settleByPolicy, (t)));
    }

    /// @dev The token calls for the same settlement while it is paid out: it finds the order over and fails.
    function test_settleByPolicy_paysOnceThoughTheTokenCallsForItAgain() public {
        HostileToken calling = new HostileToken();
        calling.mint(buyer, FUNDING);
        vm.prank(buyer);
        calling.approve(address(escrow), FUNDING);
        Terms memory t = returnable();
        t.token = address(calling);
        returnReceived(t);
        vm.warp(block.timestamp + SETTLE_WINDOW + 1);
        calling.callBack(address(returns_), abi.encodeCall(IReturns.settleByPolicy, (t)));
        returns_.settleByPolicy(t);
        assertState(t, State.Settled);
        uint256 credited = escrow.creditOf(buyer, t.token) + escrow.creditOf(seller, t.token)
            + escrow.creditOf(platform, t.token) + escrow.creditOf(carrier, t.token);
        uint256 paid = calling.balanceOf(buyer) + calling.balanceOf(seller) + calling.balanceOf(platform)
            + calling.balanceOf(carrier);
        assertEq(escrow.creditOf(buyer, t.token), POLICY_REFUND);
        assertEq(credited + paid, FUNDING);
        assertEq(calling.balanceOf(address(escrow)), credited);
    }

    /* ASSIGNMENT */

    function assignedReturn(uint96 amount) private returns (Terms memory t) {
        t = returnable();
        shippedWithClauses(t);
        vm.prank(seller);
        escrow.assign(t, FINANCIER, amount);
        deliver(t);
        request(t);
        receive_(t);
    }

    function test_settleReturn_RevertGiven_moreThanThePolicyWithoutTheAssignee() public {
        Terms memory t = assignedReturn(50e6);
        bytes32 id = escrow.orderId(t);
        expectSettleReverts(
            t,
            POLICY_REFUND + 1,
            abi.encodeWithSelector(IReturns.AssigneeConsentMissing.selector, id, FINANCIER)
        );
    }

    function test_settleReturn_byThePolicyNeedsNoAssigneeAndPaysItFirst() public {
        Terms memory t = assignedReturn(50e6);
        mark();
        vm.prank(seller);
        returns_.settleReturn(t, POLICY_REFUND);
        assertGot(address(token), buyer, POLICY_REFUND);
        assertGot(address(token), FINANCIER, KEPT - feeOf(KEPT));
        assertGot(address(token), seller, 0);
        assertGot(address(token), platform, feeOf(KEPT));
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
    }

    function test_settleReturn_ofMoreThanThePolicyOnceTheAssigneeConsents() public {
        Terms memory t = assignedReturn(1e6);
        vm.prank(FINANCIER);
        escrow.consentToRefund(t);
        mark();
        vm.prank(seller);
        returns_.settleReturn(t, PRICE - 2e6);
        assertGot(address(token), buyer, PRICE - 2e6);
        assertGot(address(token), FINANCIER, 1e6);
        assertGot(address(token), seller, 1e6 - feeOf(2e6));
        assertGot(address(token), platform, feeOf(2e6));
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
    }

    function test_settleReturn_RevertGiven_theSellersRefundWouldGoRoundTheAssignee() public {
        Terms memory t = assignedReturn(50e6);
        bytes32 id = escrow.orderId(t);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AssigneeConsentMissing.selector, id, FINANCIER));
        escrow.refund(t);
    }

    /* THE DOOR */

    function test_settle_RevertGiven_returnsCallsForAnOrderNotReceived() public {
        Terms memory t = returnable();
        bytes32 id = returnRequested(t);
        vm.prank(address(returns_));
        vm.expectRevert(stateWrong(id, State.ReturnRequested, State.ReturnReceived));
        escrow.settle(t, Split(PRICE, FREIGHT, 0), Ground.Returned, Fault.Nobody);
    }

    function test_hold_RevertGiven_returnsHoldsWhatIsNotItsToHold() public {
        Terms memory t = returnable();
        deliveredWithClauses(t);
        bytes memory notOperator = abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, address(returns_));
        State[4] memory others = [State.Delivered, State.Disputed, State.Released, State.Accepted];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(address(returns_));
            vm.expectRevert(notOperator);
            escrow.hold(t, others[i]);
        }
    }

    function test_hold_RevertGiven_aStrangerHolds() public {
        Terms memory t = returnable();
        deliveredWithClauses(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, STRANGER));
        escrow.hold(t, State.ReturnRequested);
    }
}
