// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Default, Ground, ITradeEscrow, Order, Outcome, Receipt, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BoundedCall} from "../../contracts/libraries/BoundedCall.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {TradeEscrow} from "../../contracts/TradeEscrow.sol";
import {EscrowFixture, SettableCondition} from "./EscrowFixture.sol";
import {HostileToken} from "./HostileToken.sol";

/// @dev A wallet that signs through its owner's key.
contract Wallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes memory signature) external view returns (bytes4) {
        return ECDSA.recover(hash, signature) == _owner ? this.isValidSignature.selector : bytes4(0xffffffff);
    }

    function approve(ERC20 token, address spender) external {
        token.approve(spender, type(uint256).max);
    }
}

/// @dev An observer that fails until it is mended.
contract FailingObserver {
    bool public mended;
    bytes32 public told;

    function mend() external {
        mended = true;
    }

    function onOutcome(bytes32 orderId, Terms calldata, Outcome calldata) external {
        require(mended, "not mended");
        told = orderId;
    }
}

contract TradeEscrowTest is EscrowFixture {
    SettableCondition private condition = new SettableCondition();

    function setUp() public {
        setUpEscrow();
    }

    function conditional() private view returns (Terms memory t) {
        t = terms();
        t.condition = address(condition);
        t.conditionBy = t.shipBy + 2 days;
    }

    /* OPEN */

    function test_open_RevertGiven_callerIsNotBuyer() public {
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotBuyer.selector, STRANGER, buyer));
        escrow.open(terms(), "");
    }

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
        escrow.open(t, forged);
    }

    function test_open_RevertGiven_openedBefore() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));
        escrow.open(t, "");
    }

    function test_open_RevertGiven_cancelledBefore() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(buyer);
        escrow.cancel(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));
        escrow.open(t, "");
    }

    function expectOpenReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        escrow.open(t, "");
    }

    function test_open_RevertGiven_aPartyIsZero() public {
        Terms memory t = terms();
        t.seller = address(0);
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, "seller", address(0)));
        t = terms();
        t.platform = address(0);
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, "platform", address(0)));
        t = terms();
        t.carrier = address(0);
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, "carrier", address(0)));
        t = terms();
        t.platform = address(escrow);
        expectOpenReverts(
            t, abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, "platform", address(escrow))
        );
        t = terms();
        t.buyer = address(0);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, "buyer", address(0)));
        escrow.openWithConsent(t, "", "");
    }

    function test_open_RevertGiven_noPriceOrTooHighAFee() public {
        Terms memory t = terms();
        t.price = 0;
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.AmountZero.selector));
        t = terms();
        t.feeBps = 10_001;
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.FeeTooHigh.selector, 10_001, 10_000));
    }

    function test_open_RevertGiven_deadlinesOutOfOrder() public {
        bytes4 selector = ITradeEscrow.DeadlinesOutOfOrder.selector;
        Terms memory t = terms();
        t.acceptBy = uint40(block.timestamp - 1);
        expectOpenReverts(t, abi.encodeWithSelector(selector, "now", "acceptBy"));
        t = terms();
        t.shipBy = t.acceptBy - 1;
        expectOpenReverts(t, abi.encodeWithSelector(selector, "acceptBy", "shipBy"));
        t = terms();
        t.deliverBy = t.shipBy - 1;
        expectOpenReverts(t, abi.encodeWithSelector(selector, "shipBy", "deliverBy"));
        t = terms();
        t.conditionBy = t.shipBy;
        expectOpenReverts(t, abi.encodeWithSelector(selector, "conditionBy", "condition"));
        t = conditional();
        t.conditionBy = t.shipBy - 1;
        expectOpenReverts(t, abi.encodeWithSelector(selector, "shipBy", "conditionBy"));
        t = conditional();
        t.conditionBy = t.deliverBy + 1;
        expectOpenReverts(t, abi.encodeWithSelector(selector, "conditionBy", "deliverBy"));
    }

    function test_open_RevertGiven_anEndBeyondMaxTerm() public {
        Terms memory t = terms();
        uint256 max = block.timestamp + escrow.MAX_TERM();
        t.deliverBy = type(uint40).max;
        uint256 end = uint256(t.deliverBy) + t.claimWindow + t.inspectionWindow;
        expectOpenReverts(t, abi.encodeWithSelector(ITradeEscrow.DeadlineTooFar.selector, end, max));
    }

    function test_open_RevertGiven_aTokenThatTakesAFee() public {
        HostileToken hostile = hostileToken();
        hostile.set(100, address(0), false);
        Terms memory t = terms();
        t.token = address(hostile);
        expectOpenReverts(
            t, abi.encodeWithSelector(ITradeEscrow.AmountReceived.selector, FUNDING - FUNDING / 100, FUNDING)
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
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.openWithConsent, (inner, innerConsent, "")));
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
        assertReleased(t, Ground.OnTime);
    }

    /* OPEN WITH AUTHORIZATION */

    function test_openWithAuthorization_opensForTheBuyerWhoeverCalls() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        bytes memory buyerAuthorization = authorization(t, id);
        bytes memory sellerConsent = acceptConsent(t);
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, buyerAuthorization, sellerConsent);
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
        escrow.openWithAuthorization(other, seenAuthorization, "");
        assertState(other, State.None);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    /* OPEN WITH CONSENT */

    function test_openWithConsent_RevertGiven_anAllowanceAlone() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.openWithConsent(t, "", "");
    }

    function test_openWithConsent_opensOnTheBuyersSignature() public {
        Terms memory t = terms();
        bytes memory buyerConsent = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
        vm.prank(STRANGER);
        escrow.openWithConsent(t, buyerConsent, "");
        assertState(t, State.Funded);
    }

    function test_openWithConsent_RevertGiven_anAcceptInPlaceOfAnOpen() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        bytes memory wrongKind = consent(BUYER_KEY, "Accept(bytes32 orderId)", id);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.openWithConsent(t, wrongKind, "");
    }

    function test_openWithConsent_RevertGiven_anotherChainOrVault() public {
        Terms memory t = terms();
        bytes memory here = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
        TradeEscrow sibling = new TradeEscrow(registry, address(0));
        bytes32 siblingId = sibling.orderId(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, siblingId, buyer));
        sibling.openWithConsent(t, here, "");
        bytes32 id = escrow.orderId(t);
        vm.chainId(999);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.openWithConsent(t, here, "");
    }

    function test_openWithConsent_takesAWalletsSignature() public {
        Wallet wallet = new Wallet(buyer);
        token.mint(address(wallet), FUNDING);
        wallet.approve(token, address(escrow));
        Terms memory t = terms();
        t.buyer = address(wallet);
        escrow.openWithConsent(t, consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t)), "");
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
        vm.warp(t.acceptBy + 1);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooLate.selector, t.acceptBy + 1, t.acceptBy));
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
        vm.warp(t.shipBy + 1);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooLate.selector, t.shipBy + 1, t.shipBy));
        escrow.ship(t, "unit");
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
        assertEq(opensAt, t.deliverBy + t.claimWindow + 1);
        assertTrue(escrow.getOrder(id).conditionMet);
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
        // A contract that returns the bytes after its 12-byte header: PUSH2 size DUP1 PUSH1 12 PUSH0 CODECOPY PUSH0 RETURN
        uint256 size = answer.length > 96 ? 96 : answer.length;
        vm.etch(t.condition, abi.encodePacked(hex"61", uint16(size), hex"80600b5f395ff3", answer[:size]));
        openShipped(t);
        (uint256 status, uint256 reason) = size >= 64 ? abi.decode(answer, (uint256, uint256)) : (0, 0);
        bool answersWell = size >= 64 && status <= 2 && reason <= 3;
        (, uint40 opensAt) = escrow.defaultOf(t);
        if (!answersWell || status == 0) assertEq(opensAt, t.conditionBy + 1);
        else if (status == 1) assertEq(opensAt, t.deliverBy + t.claimWindow + 1);
        else assertEq(opensAt, uint40(block.timestamp));
    }

    function test_aRejectedCondition_refundsAtOnceWithItsReason() public {
        Terms memory t = conditional();
        bytes32 id = openShipped(t);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConditionRejected.selector, id));
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
        vm.warp(t.conditionBy + 1);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConditionNotMet.selector, id));
        escrow.deliver(t, receipt, carrier, signature);
        escrow.refund(t);
        assertEq(uint256(escrow.getOrder(id).ground), uint256(Ground.ConditionFailed));
        vm.revertToState(snapshot);
        deliver(t);
        vm.warp(t.conditionBy + 1);
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
        vm.warp(t.deliverBy);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Delivered(id, carrier, receipt.logisticUnit, receipt.eventId, false);
        deliver(t);
        vm.revertToState(snapshot);
        vm.warp(t.deliverBy + t.claimWindow);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Delivered(id, carrier, receipt.logisticUnit, receipt.eventId, true);
        deliver(t);
    }

    function test_deliver_RevertGiven_theClaimWindowIsOver() public {
        Terms memory t = terms();
        openShipped(t);
        uint40 deadline = t.deliverBy + t.claimWindow;
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooLate.selector, deadline + 1, deadline));
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
        vm.warp(t.deliverBy + 1);
        deliver(t);
        uint40 opensAt = uint40(block.timestamp) + t.inspectionWindow + 1;
        vm.warp(opensAt - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, opensAt - 1, opensAt));
        escrow.release(t);
        vm.warp(opensAt);
        vm.prank(STRANGER);
        escrow.release(t);
        assertReleased(t, Ground.Late);
    }

    function test_release_RevertGiven_aStrangerWhileARefundStands() public {
        Terms memory t = terms();
        openShipped(t);
        vm.warp(t.deliverBy + t.claimWindow + 1);
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
        escrow.withdraw(address(hostile), STRANGER);
        assertEq(hostile.balanceOf(STRANGER), FEE);
        vm.prank(platform);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.NothingToWithdraw.selector, platform, address(hostile))
        );
        escrow.withdraw(address(hostile), STRANGER);
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

    function test_aTokenThatReportsOrReleasesAgainWhileItIsPushed_changesNothing() public {
        HostileToken hostile = hostileToken();
        Terms memory t = terms();
        t.token = address(hostile);
        openDelivered(t);
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.report, (t)));
        vm.prank(buyer);
        escrow.release(t);
        assertEq(credit.recordOf(sellerId).orders, 1);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);

        t.salt = "again";
        openDelivered(t);
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.refund, (t)));
        vm.prank(buyer);
        escrow.release(t);
        assertEq(escrow.creditOf(seller, address(hostile)), PRICE - FEE, "a push whose callback fails is credited");
        assertEq(credit.recordOf(sellerId).orders, 2);
    }

    /* REFUND */

    function assertRefunded(Terms memory t, Ground ground, Fault fault) private view {
        Order memory order = escrow.getOrder(escrow.orderId(t));
        assertEq(uint256(order.state), uint256(State.Refunded));
        assertEq(uint256(order.ground), uint256(ground));
        assertEq(uint256(order.fault), uint256(fault));
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
        expectTooEarlyThenRefund(t, t.acceptBy);
        assertRefunded(t, Ground.NotAccepted, Fault.Nobody);
        assertEq(credit.recordOf(sellerId).orders, 0);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id));
        escrow.report(t);
    }

    function test_refund_afterShipByIsTheSellersFault() public {
        Terms memory t = terms();
        openAccepted(t);
        expectTooEarlyThenRefund(t, t.shipBy);
        assertRefunded(t, Ground.NotShipped, Fault.Seller);
        assertEq(credit.recordOf(sellerId).bad, 1000);
    }

    function test_refund_afterTheClaimWindow() public {
        Terms memory t = terms();
        openShipped(t);
        expectTooEarlyThenRefund(t, t.deliverBy + t.claimWindow);
        assertRefunded(t, Ground.NotDelivered, Fault.Seller);
    }

    function test_refund_bySellerIsItsFaultUnlessDelivered() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertRefunded(t, Ground.SellerRefund, Fault.Seller);

        t.salt = "delivered";
        openDelivered(t);
        vm.prank(seller);
        escrow.refund(t);
        assertRefunded(t, Ground.SellerRefund, Fault.Nobody);
    }

    function test_refund_bySellerAfterTheDeadlineKeepsTheDefaultsGround() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.warp(t.shipBy + 1);
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

    function test_refund_RevertGiven_theBuyerBeforeTheDeadline() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, uint40(block.timestamp), t.shipBy + 1)
        );
        escrow.refund(t);
    }

    /* WHOSE ORDER IT COUNTS AS */

    function test_aRevokedKeyThatAccepts_costsItsFormerOwnerNothing() public {
        registry.revokeKey(sellerId, seller, 0);
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(credit.recordOf(sellerId).orders, 0);
    }

    function test_aKeyAddedAfterAcceptance_takesInNoOrder() public {
        uint256 fresh = 0xF4E54;
        Terms memory t = terms();
        t.seller = vm.addr(fresh);
        bytes memory freshConsent = consent(fresh, "Accept(bytes32 orderId)", escrow.orderId(t));
        vm.prank(buyer);
        escrow.open(t, freshConsent);
        vm.warp(vm.getBlockTimestamp() + 1);
        addKey(sellerId, fresh);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(credit.recordOf(sellerId).orders, 0);
    }

    function test_aKeyRevokedAfterAcceptance_stillAnswersForItsOrder() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.warp(vm.getBlockTimestamp() + 1);
        registry.revokeKey(sellerId, seller, 0);
        vm.warp(t.shipBy + 1);
        escrow.refund(t);
        assertEq(credit.recordOf(sellerId).bad, 1000);
    }

    /* REPORT */

    function test_report_takesInWhatTheObserverMissedOnce() public {
        FailingObserver failing = new FailingObserver();
        escrow = new TradeEscrow(registry, address(failing));
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
        escrow.report(t);
        assertEq(failing.told(), id);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyReported.selector, id));
        escrow.report(t);
    }

    function test_report_RevertGiven_theOutcomeWasTakenIn() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(credit.recordOf(sellerId).good, 1000);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AlreadyReported.selector, id));
        escrow.report(t);
    }

    /* HELPERS */

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
