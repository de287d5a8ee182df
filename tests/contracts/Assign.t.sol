// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Assignment, Ground, ITradeEscrow, Party, Split, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {HostileToken} from "./HostileToken.sol";

/// @dev Proceeds made over to who finances the order, before they are there.
contract AssignTest is ClausesFixture {
    using Packed for *;

    uint96 private constant ADVANCE = 90e6;
    uint256 private constant PROCEEDS = PRICE - FEE;

    function setUp() public {
        setUpClauses();
    }

    /* ASSIGN */

    function test_assign_RevertGiven_itIsNeitherAcceptedNorShipped() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        expectAssignReverts(t, FINANCIER, ADVANCE, stateWrong(id, State.Funded, State.Shipped));
        t.salt = "delivered";
        id = openDelivered(t);
        expectAssignReverts(t, FINANCIER, ADVANCE, stateWrong(id, State.Delivered, State.Shipped));
    }

    function test_assign_RevertGiven_callerIsNotTheSeller() public {
        Terms memory t = terms();
        openAccepted(t);
        address[3] memory callers = [STRANGER, buyer, FINANCIER];
        for (uint256 i; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotSeller.selector, callers[i], seller));
            escrow.assign(t, FINANCIER, ADVANCE);
        }
    }

    function test_assign_RevertGiven_anAssigneeThatIsZeroOrTheVault() public {
        Terms memory t = terms();
        openAccepted(t);
        address[2] memory nobodies = [address(0), address(escrow)];
        for (uint256 i; i < nobodies.length; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(ITradeEscrow.PartyInvalid.selector, Party.Assignee, nobodies[i]);
            expectAssignReverts(t, nobodies[i], ADVANCE, reason);
        }
    }

    function test_assign_RevertGiven_nothingOrMoreThanThePrice() public {
        Terms memory t = terms();
        openAccepted(t);
        expectAssignReverts(t, FINANCIER, 0, abi.encodeWithSelector(ITradeEscrow.AmountZero.selector));
        bytes memory tooHigh = abi.encodeWithSelector(ITradeEscrow.AssignmentTooHigh.selector, PRICE + 1, PRICE);
        expectAssignReverts(t, FINANCIER, uint96(PRICE) + 1, tooHigh);
        assign(t, uint96(PRICE));
    }

    function test_assign_RevertGiven_assignedBefore() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        assign(t, ADVANCE);
        expectAssignReverts(t, STRANGER, 1, abi.encodeWithSelector(ITradeEscrow.AlreadyAssigned.selector, id));
        vm.prank(seller);
        escrow.ship(t, "unit");
        expectAssignReverts(t, STRANGER, 1, abi.encodeWithSelector(ITradeEscrow.AlreadyAssigned.selector, id));
        assertAssignment(id, FINANCIER, ADVANCE);
    }

    function test_assign_ofAnAcceptedOrAShippedOrder() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Assigned(id, FINANCIER, ADVANCE);
        assign(t, ADVANCE);
        assertAssignment(id, FINANCIER, ADVANCE);
        assertTrue(escrow.getOrder(id).assigned);

        t.salt = "shipped";
        id = openShipped(t);
        assertFalse(escrow.getOrder(id).assigned);
        assign(t, ADVANCE);
        assertAssignment(id, FINANCIER, ADVANCE);
    }

    /* WHAT IT PAYS */

    function test_release_paysTheAssigneeFirstAndTheSellerTheRest() public {
        Terms memory t = terms();
        openAccepted(t);
        assign(t, ADVANCE);
        vm.prank(buyer);
        escrow.release(t);
        assertPaid(ADVANCE, PROCEEDS - ADVANCE, FEE);
        assertEq(token.balanceOf(carrier), FREIGHT);
        assertEq(goodOf(sellerId), UNWITNESSED);
    }

    function test_release_ofAWhollyAssignedOrderLeavesTheSellerNothing() public {
        Terms memory t = terms();
        openAccepted(t);
        assign(t, uint96(PRICE));
        vm.prank(buyer);
        escrow.release(t);
        assertPaid(PROCEEDS, 0, FEE);
    }

    function test_release_creditsAnAssigneeThatTheTokenRefuses() public {
        HostileToken hostile = new HostileToken();
        hostile.mint(buyer, FUNDING);
        vm.prank(buyer);
        hostile.approve(address(escrow), type(uint256).max);
        Terms memory t = terms();
        t.token = address(hostile);
        openAccepted(t);
        assign(t, ADVANCE);
        hostile.set(0, FINANCIER, false);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(escrow.creditOf(FINANCIER, address(hostile)), ADVANCE);
        assertEq(hostile.balanceOf(seller), PROCEEDS - ADVANCE);
    }

    /// @dev An assignment is no guarantee: a ruling can leave less than it.
    function testFuzz_aSplit_paysTheAssigneeAsFarAsTheProceedsReach(uint256 toBuyer) public {
        Terms memory t = withArbitration(terms());
        openWithClauses(t);
        assign(t, ADVANCE);
        vm.prank(seller);
        escrow.ship(t, "unit");
        vm.prank(buyer);
        disputes.dispute(t, "");
        toBuyer = bound(toBuyer, 0, FUNDING - ARBITER_FEE);
        vm.prank(arbiter);
        disputes.rule(t, toBuyer, Fault.Nobody, false, "");

        uint256 left = FUNDING - ARBITER_FEE - toBuyer;
        uint256 fee = left * FEE_BPS / 10_000;
        uint256 advance = left - fee < ADVANCE ? left - fee : ADVANCE;
        assertPaid(advance, left - fee - advance, fee);
        assertEq(token.balanceOf(arbiter), ARBITER_FEE);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    /* CONSENT TO A REFUND */

    function test_consentToRefund_RevertGiven_callerIsNotTheAssignee() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.prank(FINANCIER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotAssignee.selector, FINANCIER, address(0)));
        escrow.consentToRefund(t);

        assign(t, ADVANCE);
        address[3] memory callers = [STRANGER, buyer, seller];
        for (uint256 i; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotAssignee.selector, callers[i], FINANCIER));
            escrow.consentToRefund(t);
        }
    }

    function test_consentToRefund_RevertGiven_itEndedOrWasNeverAccepted() public {
        Terms memory t = terms();
        bytes32 id = openFunded(t);
        vm.prank(FINANCIER);
        vm.expectRevert(stateWrong(id, State.Funded, State.Accepted));
        escrow.consentToRefund(t);

        t.salt = "ended";
        id = openAccepted(t);
        assign(t, ADVANCE);
        vm.prank(buyer);
        escrow.release(t);
        vm.prank(FINANCIER);
        vm.expectRevert(stateWrong(id, State.Released, State.Accepted));
        escrow.consentToRefund(t);
    }

    function test_refund_bySeller_needsTheAssigneesConsent() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        assign(t, ADVANCE);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AssigneeConsentMissing.selector, id, FINANCIER));
        escrow.refund(t);

        vm.prank(FINANCIER);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.AssigneeConsented(id);
        escrow.consentToRefund(t);
        assertTrue(escrow.getOrder(id).assigneeConsents);
        vm.prank(seller);
        escrow.refund(t);
        assertState(t, State.Refunded);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);
        assertPaid(0, 0, 0);
    }

    function test_refund_ofAnAssignedOrderInAnyState_needsTheAssigneesConsent() public {
        Terms memory t = withArbitration(terms());
        bytes32 id = openWithClauses(t);
        assign(t, ADVANCE);
        vm.prank(seller);
        escrow.ship(t, "unit");
        expectConsentMissing(t, id);
        deliver(t);
        expectConsentMissing(t, id);
        vm.prank(buyer);
        disputes.dispute(t, "");
        expectConsentMissing(t, id);
        vm.prank(FINANCIER);
        escrow.consentToRefund(t);
        vm.prank(seller);
        escrow.refund(t);
        assertState(t, State.Refunded);
    }

    function expectConsentMissing(Terms memory t, bytes32 id) private {
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.AssigneeConsentMissing.selector, id, FINANCIER));
        escrow.refund(t);
    }

    function test_refund_byDefault_needsNoConsent() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        assign(t, ADVANCE);
        vm.warp(t.schedule.shipBy() + 1);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.NotShipped, Fault.Seller);
        vm.prank(STRANGER);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);
    }

    function test_refund_bySellerOfAnotherOrder_needsNoConsent() public {
        Terms memory t = terms();
        openAccepted(t);
        assign(t, ADVANCE);
        t.salt = "another";
        openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertState(t, State.Refunded);
    }

    /// @dev The door of Disputes is the same: what it settles pays the assignee too.
    function test_settle_paysTheAssigneeOutOfWhatItLeaves() public {
        Terms memory t = terms();
        openAccepted(t);
        assign(t, ADVANCE);
        vm.prank(address(disputes));
        escrow.settle(t, Split(FUNDING - 1, 0, 0), Ground.Agreed, Fault.Nobody);
        assertPaid(1, 0, 0);
    }

    /* HELPERS */

    function assign(Terms memory t, uint96 amount) private {
        vm.prank(seller);
        escrow.assign(t, FINANCIER, amount);
    }

    function expectAssignReverts(Terms memory t, address assignee, uint96 amount, bytes memory reason) private {
        vm.prank(seller);
        vm.expectRevert(reason);
        escrow.assign(t, assignee, amount);
    }

    function stateWrong(bytes32 id, State standing, State expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, standing, expected);
    }

    function assertAssignment(bytes32 id, address assignee, uint96 amount) private view {
        assertEq(abi.encode(escrow.assignmentOf(id)), abi.encode(Assignment(assignee, amount)));
    }

    function assertPaid(uint256 toAssignee, uint256 toSeller, uint256 toPlatform) private view {
        assertEq(token.balanceOf(FINANCIER), toAssignee, "the assignee");
        assertEq(token.balanceOf(seller), toSeller, "the seller");
        assertEq(token.balanceOf(platform), toPlatform, "the platform");
    }
}
