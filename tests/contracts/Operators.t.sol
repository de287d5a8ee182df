// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Default, Ground, ITradeEscrow, Operators, Order, Split, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {ClausesFixture} from "./ClausesFixture.sol";

/// @dev The vault's side of the operators' door: who may do what to which order, whatever the operators check.
contract OperatorsTest is ClausesFixture {
    using Packed for *;

    uint256 private constant ALL_STATES = 12;

    function setUp() public {
        setUpClauses();
    }

    function test_operators_areThoseItWasDeployedWith() public view {
        Operators memory expected = Operators(
            address(deliveries), address(quotes), address(returns_), address(disputes), address(duties)
        );
        assertEq(abi.encode(escrow.operators()), abi.encode(expected));
    }

    /* HOLD: WHO */

    function test_hold_RevertGiven_anyoneButTheStatesOperator() public {
        Terms memory t = orderIn(State.Delivered);
        address[9] memory callers = everyone();
        for (uint8 s; s < ALL_STATES; ++s) {
            for (uint256 i; i < callers.length; ++i) {
                if (callers[i] == operatorOf(State(s))) continue;
                vm.prank(callers[i]);
                vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, callers[i]));
                escrow.hold(t, State(s));
            }
        }
        assertState(t, State.Delivered);
    }

    /* HOLD: FROM WHERE */

    function test_hold_asDelivered_onlyAShippedOrder() public {
        assertHeldOnlyFrom(State.Delivered, State.Shipped, State.Shipped);
    }

    function test_hold_asReturnRequested_onlyADeliveredOrder() public {
        assertHeldOnlyFrom(State.ReturnRequested, State.Delivered, State.Delivered);
    }

    function test_hold_asReturnReceived_onlyARequestedReturn() public {
        assertHeldOnlyFrom(State.ReturnReceived, State.ReturnRequested, State.ReturnRequested);
    }

    function test_hold_asDisputed_anOrderFromShipmentToTheGoodsReturn() public {
        assertHeldOnlyFrom(State.Disputed, State.Shipped, State.ReturnReceived);
    }

    function assertHeldOnlyFrom(State state, State least, State most) private {
        for (uint8 s; s < ALL_STATES; ++s) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = orderIn(State(s));
            bytes32 id = escrow.orderId(t);
            vm.prank(operatorOf(state));
            if (State(s) < least || State(s) > most) {
                vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State(s), least));
                escrow.hold(t, state);
            } else {
                vm.expectEmit(address(escrow));
                emit ITradeEscrow.Held(id, state);
                escrow.hold(t, state);
                assertState(t, state);
                assertEq(escrow.getOrder(id).since, uint40(vm.getBlockTimestamp()));
            }
            vm.revertToState(snapshot);
        }
    }

    function test_hold_keepsWhatTheOrderRemembers() public {
        Terms memory t = orderIn(State.Shipped);
        bytes32 id = escrow.orderId(t);
        uint40 acceptedAt = escrow.getOrder(id).acceptedAt;
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 1);
        vm.warp(acceptedAt + 1 hours);
        vm.prank(address(deliveries));
        escrow.hold(t, State.Delivered);
        vm.prank(address(disputes));
        escrow.hold(t, State.Disputed);

        Order memory expected;
        (expected.state, expected.delivered, expected.assigned) = (State.Disputed, true, true);
        expected.dutiesHeld = true;
        (expected.acceptedAt, expected.since) = (acceptedAt, acceptedAt + 1 hours);
        assertEq(abi.encode(escrow.getOrder(id)), abi.encode(expected));
    }

    function test_hold_asDelivered_isLateAfterDeliverBy() public {
        Terms memory t = orderIn(State.Shipped);
        bytes32 id = escrow.orderId(t);
        uint256 snapshot = vm.snapshotState();
        vm.warp(t.schedule.deliverBy());
        vm.prank(address(deliveries));
        escrow.hold(t, State.Delivered);
        assertFalse(escrow.getOrder(id).late);
        vm.revertToState(snapshot);
        vm.warp(t.schedule.deliverBy() + 1);
        vm.prank(address(deliveries));
        escrow.hold(t, State.Delivered);
        assertTrue(escrow.getOrder(id).late);
    }

    function test_hold_asDisputed_isNoDelivery() public {
        Terms memory t = orderIn(State.Shipped);
        vm.prank(address(disputes));
        escrow.hold(t, State.Disputed);
        assertFalse(escrow.getOrder(escrow.orderId(t)).delivered);
    }

    /// @dev A receipt that comes after the dispute tells who is owed the freight, and no more.
    function test_hold_asDelivered_inADisputeRaisedBeforeNotesTheDelivery() public {
        Terms memory t = disputedUndelivered();
        bytes32 id = escrow.orderId(t);
        Order memory expected = escrow.getOrder(id);
        (expected.delivered, expected.late) = (true, true);
        vm.warp(t.schedule.claimBy());
        vm.prank(address(deliveries));
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Held(id, State.Disputed);
        escrow.hold(t, State.Delivered);
        assertEq(abi.encode(escrow.getOrder(id)), abi.encode(expected));

        vm.prank(address(deliveries));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Disputed, State.Shipped));
        escrow.hold(t, State.Delivered);
    }

    function test_hold_asDelivered_RevertGiven_aDisputeAndTheClaimWindowIsOver() public {
        Terms memory t = disputedUndelivered();
        assertNotedOnlyBefore(t, Default.Refund, t.schedule.claimBy() + 1);
    }

    function test_hold_asDelivered_RevertGiven_aDisputeAndItsSilentSplitIsOpen() public {
        Terms memory t = withArbitration(terms());
        t.clauses[0].arbitration.window = 1 days;
        shippedWithClauses(t);
        vm.prank(address(disputes));
        escrow.hold(t, State.Disputed);
        assertNotedOnlyBefore(t, Default.SilentSplit, uint40(vm.getBlockTimestamp()) + 1 days + 1);
    }

    function assertNotedOnlyBefore(Terms memory t, Default standing, uint40 opensAt) private {
        vm.warp(opensAt);
        vm.prank(address(deliveries));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, standing, opensAt));
        escrow.hold(t, State.Delivered);
        vm.warp(opensAt - 1);
        vm.prank(address(deliveries));
        escrow.hold(t, State.Delivered);
        assertState(t, State.Disputed);
        assertTrue(escrow.getOrder(escrow.orderId(t)).delivered);
    }

    function disputedUndelivered() private returns (Terms memory t) {
        t = orderIn(State.Shipped);
        vm.prank(address(disputes));
        escrow.hold(t, State.Disputed);
    }

    /* HOLD: UNTIL WHEN */

    function test_hold_RevertGiven_aDefaultIsOpen() public {
        assertHeldOnlyBefore(State.Shipped, State.Disputed, Default.Refund);
        assertHeldOnlyBefore(State.Shipped, State.Delivered, Default.Refund);
        assertHeldOnlyBefore(State.Delivered, State.ReturnRequested, Default.Release);
        assertHeldOnlyBefore(State.Delivered, State.Disputed, Default.Release);
        assertHeldOnlyBefore(State.ReturnRequested, State.ReturnReceived, Default.Release);
        assertHeldOnlyBefore(State.ReturnRequested, State.Disputed, Default.Release);
        assertHeldOnlyBefore(State.ReturnReceived, State.Disputed, Default.PolicyRefund);
    }

    function assertHeldOnlyBefore(State standing, State state, Default expected) private {
        uint256 snapshot = vm.snapshotState();
        Terms memory t = orderIn(standing);
        uint40 opensAt = defaultOpensAt(t, standing);
        uint256 opened = vm.snapshotState();
        vm.warp(opensAt);
        vm.prank(operatorOf(state));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, expected, opensAt));
        escrow.hold(t, state);
        vm.revertToState(opened);
        vm.warp(opensAt - 1);
        vm.prank(operatorOf(state));
        escrow.hold(t, state);
        assertState(t, state);
        vm.revertToState(snapshot);
    }

    function defaultOpensAt(Terms memory t, State standing) private view returns (uint40) {
        if (standing == State.Shipped) return t.schedule.claimBy() + 1;
        uint32 window = t.schedule.inspectionWindow();
        if (standing == State.ReturnRequested) window = RECEIVE_WINDOW;
        if (standing == State.ReturnReceived) window = SETTLE_WINDOW;
        return uint40(vm.getBlockTimestamp()) + window + 1;
    }

    /* SETTLE */

    function test_settle_RevertGiven_anyoneButReturnsAndDisputes() public {
        Terms memory t = orderIn(State.ReturnReceived);
        address[9] memory callers = everyone();
        for (uint256 i; i < callers.length; ++i) {
            if (callers[i] == address(returns_) || callers[i] == address(disputes)) continue;
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, callers[i]));
            escrow.settle(t, Split(0, 0, 0), Ground.Agreed, Fault.Nobody);
        }
    }

    function test_settle_byReturns_onlyGoodsThatAreBack() public {
        assertSettledOnly(address(returns_), State.ReturnReceived, State.ReturnReceived, State.ReturnReceived);
    }

    function test_settle_byDisputes_anyAcceptedOrderThatHasNotEnded() public {
        assertSettledOnly(address(disputes), State.Accepted, State.Disputed, State.Accepted);
    }

    function assertSettledOnly(address operator, State least, State most, State named) private {
        for (uint8 s; s < ALL_STATES; ++s) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = orderIn(State(s));
            bytes32 id = escrow.orderId(t);
            vm.prank(operator);
            if (State(s) < least || State(s) > most) {
                bool accepted = State(s) >= State.Accepted && State(s) <= State.Disputed;
                State expected = accepted ? named : State.Accepted;
                vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State(s), expected));
                escrow.settle(t, Split(1, 2, 3), Ground.Agreed, Fault.Nobody);
            } else {
                escrow.settle(t, Split(1, 2, 3), Ground.Agreed, Fault.Nobody);
                assertState(t, State.Settled);
            }
            vm.revertToState(snapshot);
        }
    }

    function test_settle_RevertGiven_moreThanTheOrderHolds() public {
        Terms memory t = orderIn(State.Disputed);
        Split[3] memory splits = [Split(FUNDING, 0, 1), Split(1, FUNDING, 0), Split(0, 1, FUNDING)];
        for (uint256 i; i < splits.length; ++i) {
            vm.prank(address(disputes));
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.SplitTooHigh.selector, FUNDING + 1, FUNDING));
            escrow.settle(t, splits[i], Ground.Ruled, Fault.Nobody);
        }
        vm.prank(address(disputes));
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        escrow.settle(t, Split(type(uint256).max, 1, 0), Ground.Ruled, Fault.Nobody);
    }

    /// @dev Whatever an operator says: all of the order's money goes to its own parties, and no other order's.
    function testFuzz_settle_paysOutExactlyTheOrder(uint256 toBuyer, uint256 toCarrier, uint256 toArbiter) public {
        Terms memory t = withArbitration(terms());
        bytes32 id = disputed(t);
        t.salt = "bystander";
        openAccepted(t);
        t.salt = keccak256("salt");
        toBuyer = bound(toBuyer, 0, FUNDING);
        toCarrier = bound(toCarrier, 0, FUNDING - toBuyer);
        toArbiter = bound(toArbiter, 0, FUNDING - toBuyer - toCarrier);
        uint256 before = token.balanceOf(buyer);

        Split memory split = Split(toBuyer, toCarrier, toArbiter);
        vm.prank(address(disputes));
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Settled(id, Ground.Ruled, Fault.Buyer, split);
        escrow.settle(t, split, Ground.Ruled, Fault.Buyer);

        uint256 left = FUNDING - toBuyer - toCarrier - toArbiter;
        uint256 fee = left * FEE_BPS / 10_000;
        assertEq(token.balanceOf(buyer) - before, toBuyer, "the buyer");
        assertEq(token.balanceOf(carrier), toCarrier, "the carrier");
        assertEq(token.balanceOf(arbiter), toArbiter, "the arbiter");
        assertEq(token.balanceOf(platform), fee, "the platform");
        assertEq(token.balanceOf(seller), left - fee, "the seller");
        assertEq(token.balanceOf(address(escrow)), FUNDING, "the bystander");
    }

    function test_settle_writesTheRecord() public {
        Terms memory t = orderIn(State.Disputed);
        bytes32 id = escrow.orderId(t);
        uint40 acceptedAt = escrow.getOrder(id).acceptedAt;
        vm.warp(acceptedAt + 1 hours);
        vm.prank(address(disputes));
        escrow.settle(t, Split(FUNDING - FREIGHT, FREIGHT, 0), Ground.Ruled, Fault.Carrier);

        Order memory expected;
        (expected.state, expected.ground, expected.fault) = (State.Settled, Ground.Ruled, Fault.Carrier);
        (expected.delivered, expected.reported, expected.dutiesHeld) = (true, true, true);
        (expected.since, expected.acceptedAt, expected.toBuyer) = (acceptedAt + 1 hours, acceptedAt, uint120(PRICE));
        assertEq(abi.encode(escrow.getOrder(id)), abi.encode(expected));
    }

    function test_settle_takesTheFeeOffWhatIsLeftUpToItsCeiling() public {
        Terms memory t = withArbitration(terms());
        t.clauses[0].feeCeiling = 3;
        disputed(t);
        vm.prank(address(disputes));
        escrow.settle(t, Split(PRICE / 2, FREIGHT, 0), Ground.Ruled, Fault.Nobody);
        assertEq(token.balanceOf(platform), 3);
        assertEq(token.balanceOf(seller), PRICE / 2 - 3);
    }

    /* DUTIES */

    function test_payDuties_RevertGiven_anyoneButDuties() public {
        Terms memory t = orderIn(State.Delivered);
        address[9] memory callers = everyone();
        for (uint256 i; i < callers.length; ++i) {
            if (callers[i] == address(duties)) continue;
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, callers[i]));
            escrow.payDuties(t, 0);
        }
    }

    function test_payDuties_RevertGiven_noneAreHeld() public {
        Terms memory t = terms();
        expectDutiesNotHeld(t);
        openDelivered(t);
        expectDutiesNotHeld(t);
        expectDutiesNotHeld(orderIn(State.Refunded));
    }

    function test_payDuties_paysOnce() public {
        Terms memory t = orderIn(State.Delivered);
        bytes32 id = escrow.orderId(t);
        uint256 before = dutyToken.balanceOf(buyer);
        vm.prank(address(duties));
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.DutiesPaid(id, DUTY - 1, 1);
        escrow.payDuties(t, DUTY - 1);
        assertEq(dutyToken.balanceOf(TAX_PAYEE), DUTY - 1);
        assertEq(dutyToken.balanceOf(buyer) - before, 1);
        assertEq(dutyToken.balanceOf(address(escrow)), 0);
        assertFalse(escrow.getOrder(id).dutiesHeld);
        assertState(t, State.Delivered);
        expectDutiesNotHeld(t);
    }

    function test_payDuties_RevertGiven_moreThanIsHeld() public {
        Terms memory t = orderIn(State.Delivered);
        vm.prank(address(duties));
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        escrow.payDuties(t, DUTY + 1);
    }

    function test_payDuties_ofAnOrderThatEnded() public {
        Terms memory t = orderIn(State.Released);
        vm.prank(address(duties));
        escrow.payDuties(t, DUTY);
        assertEq(dutyToken.balanceOf(TAX_PAYEE), DUTY);
        Order memory order = escrow.getOrder(escrow.orderId(t));
        assertEq(uint256(order.state), uint256(State.Released));
        assertTrue(order.reported);
    }

    function expectDutiesNotHeld(Terms memory t) private {
        bytes32 id = escrow.orderId(t);
        vm.prank(address(duties));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DutiesNotHeld.selector, id));
        escrow.payDuties(t, 0);
    }

    /* HELPERS */

    /// @dev An order with duties, returns and arbitration in that state, its salt the state's.
    function orderIn(State state) private returns (Terms memory t) {
        t = withDuties(withReturns(withArbitration(terms())));
        t.salt = bytes32(uint256(state));
        if (state == State.None) return t;
        if (state == State.Funded) openFunded(t);
        else if (state == State.Accepted) openWithClauses(t);
        else if (state == State.Shipped) shippedWithClauses(t);
        else if (state == State.Delivered) deliveredWithClauses(t);
        else if (state == State.ReturnRequested) returnRequested(t);
        else if (state == State.ReturnReceived) returnReceived(t);
        else if (state == State.Disputed) disputed(t);
        else end(t, state);
        assertState(t, state);
    }

    function end(Terms memory t, State state) private {
        if (state == State.Settled) {
            disputed(t);
            vm.prank(address(disputes));
            escrow.settle(t, Split(1, 2, 3), Ground.Agreed, Fault.Nobody);
            return;
        }
        if (state == State.Cancelled) openFunded(t);
        else openWithClauses(t);
        vm.prank(state == State.Refunded ? seller : buyer);
        if (state == State.Released) escrow.release(t);
        else if (state == State.Refunded) escrow.refund(t);
        else escrow.cancel(t);
    }

    function operatorOf(State state) private view returns (address) {
        if (state == State.Delivered) return address(deliveries);
        if (state == State.ReturnRequested || state == State.ReturnReceived) return address(returns_);
        return state == State.Disputed ? address(disputes) : address(0);
    }

    /// @dev Every operator, the vault, and who has to do with the order.
    function everyone() private view returns (address[9] memory) {
        return [
            address(deliveries),
            address(quotes),
            address(returns_),
            address(disputes),
            address(duties),
            address(escrow),
            buyer,
            seller,
            STRANGER
        ];
    }
}
