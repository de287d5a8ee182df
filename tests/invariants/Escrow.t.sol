// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {Default, Ground, Order, Receipt, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {HostileToken} from "../contracts/HostileToken.sol";
import {EscrowFixture, SettableCondition} from "../contracts/EscrowFixture.sol";

/// @dev Random calls by everybody, over a handful of orders at a time, and what the vault should owe for them.
contract EscrowHandler is EscrowFixture {
    address private constant OTHER = address(0x07);
    uint256 private constant STATES = 8;
    uint256 private constant ALIVE = 4;

    HostileToken public money;
    SettableCondition private condition = new SettableCondition();

    Terms[] private _orders;
    State[] private _seen;

    uint256 public paidIn;
    uint256[STATES] public visits;
    bool public wentBack;
    bool public twoDefaults;

    constructor() {
        setUpEscrow();
        money = new HostileToken();
        vm.prank(buyer);
        money.approve(address(escrow), type(uint256).max);
    }

    /* CALLS */

    function open(uint256 seed, bool accepted, bool conditional) external {
        Terms memory t = terms();
        t.token = address(money);
        t.price = uint128(bound(seed, 1, 1e12));
        t.freight = uint128(seed % 1e9);
        t.feeBps = uint16(seed % 10_001);
        t.salt = bytes32(_orders.length);
        if (conditional) (t.condition, t.conditionBy) = (address(condition), t.shipBy + 1 days);
        address denied = money.denied();
        money.set(0, address(0), false);
        money.mint(buyer, uint256(t.price) + t.freight);
        money.set(0, denied, false);
        accepted ? openAccepted(t) : openFunded(t);
        paidIn += uint256(t.price) + t.freight;
        _orders.push(t);
        _seen.push(State.None);
        if (accepted) ++visits[uint256(State.Funded)];
        observe();
    }

    function accept(uint256 pick) external {
        Terms memory t = picked(pick);
        attempt(seller, abi.encodeCall(escrow.accept, (t, "")));
    }

    function cancel(uint256 pick, uint256 who) external {
        attempt(actor(who), abi.encodeCall(escrow.cancel, (picked(pick))));
    }

    function ship(uint256 pick) external {
        attempt(seller, abi.encodeCall(escrow.ship, (picked(pick), "unit")));
    }

    function deliver(uint256 pick) external {
        Terms memory t = picked(pick);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        attempt(STRANGER, abi.encodeCall(escrow.deliver, (t, receipt, carrier, signature)));
    }

    function release(uint256 pick, uint256 who) external {
        attempt(actor(who), abi.encodeCall(escrow.release, (picked(pick))));
    }

    function refund(uint256 pick, uint256 who) external {
        attempt(actor(who), abi.encodeCall(escrow.refund, (picked(pick))));
    }

    function poke(uint256 pick) external {
        attempt(STRANGER, abi.encodeCall(escrow.poke, (picked(pick))));
    }

    function report(uint256 pick) external {
        attempt(STRANGER, abi.encodeCall(escrow.report, (picked(pick))));
    }

    function withdraw(uint256 who) external {
        attempt(STRANGER, abi.encodeCall(escrow.withdrawFor, (actor(who), address(money))));
    }

    function setCondition(uint256 status, uint256 reason) external {
        condition.set(ConditionStatus(status % 3), Fault(reason % 4));
    }

    /// @dev One payee at a time cannot be paid, or all can.
    function deny(uint256 who) external {
        money.set(0, who % 2 == 0 ? address(0) : actor(who / 2), false);
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1 hours, 2 days));
        observe();
    }

    /* WHAT SHOULD HOLD */

    /// @return sum of the fundings of the orders that have not ended.
    function owed() external view returns (uint256 sum) {
        for (uint256 i; i < _orders.length; ++i) {
            if (!ended(stateOf(_orders[i]))) sum += uint256(_orders[i].price) + _orders[i].freight;
        }
    }

    function credits() public view returns (uint256) {
        return escrow.creditOf(buyer, address(money)) + escrow.creditOf(seller, address(money))
            + escrow.creditOf(platform, address(money)) + escrow.creditOf(carrier, address(money));
    }

    function paidOut() external view returns (uint256) {
        return money.balanceOf(buyer) + money.balanceOf(seller) + money.balanceOf(platform) + money.balanceOf(carrier);
    }

    function held() external view returns (uint256) {
        return money.balanceOf(address(escrow));
    }

    function orders() external view returns (uint256) {
        return _orders.length;
    }

    /// @return whether each order that ended without both consents has no outcome, and each other one has.
    function outcomesNeedConsent() external view returns (bool) {
        for (uint256 i; i < _orders.length; ++i) {
            Order memory order = escrow.getOrder(escrow.orderId(_orders[i]));
            bool without = order.state == State.Cancelled || order.ground == Ground.NotAccepted;
            if (without && order.reported) return false;
            if (ended(order.state) && !without && !order.reported) return false;
        }
        return true;
    }

    /* INTERNAL */

    function attempt(address caller, bytes memory data) private {
        vm.prank(caller);
        (bool ok,) = address(escrow).call(data);
        if (ok) observe();
    }

    /// @dev Counts each newly reached state, and notes what must never happen.
    function observe() private {
        for (uint256 i = _orders.length > ALIVE ? _orders.length - ALIVE : 0; i < _orders.length; ++i) {
            State state = stateOf(_orders[i]);
            if (state != _seen[i]) {
                ++visits[uint256(state)];
                if (state < _seen[i] || ended(_seen[i])) wentBack = true;
                _seen[i] = state;
            }
            if (strangerCan(escrow.release.selector, i) && strangerCan(escrow.refund.selector, i)) twoDefaults = true;
        }
    }

    /// @dev Tries it and takes it back.
    function strangerCan(bytes4 verb, uint256 i) private returns (bool ok) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(OTHER);
        (ok,) = address(escrow).call(abi.encodeWithSelector(verb, _orders[i]));
        vm.revertToState(snapshot);
    }

    function ended(State state) private pure returns (bool) {
        return state == State.Released || state == State.Refunded || state == State.Cancelled;
    }

    /// @dev One of the newest orders, so that each lives through many calls.
    function picked(uint256 pick) private view returns (Terms memory) {
        uint256 n = _orders.length;
        vm.assume(n > 0);
        return _orders[n - 1 - pick % (n > ALIVE ? ALIVE : n)];
    }

    function actor(uint256 who) private view returns (address) {
        return [buyer, seller, platform, carrier, STRANGER, buyer, seller, buyer][who % 8];
    }
}

contract EscrowInvariants is EscrowFixture {
    EscrowHandler private handler;

    function setUp() public {
        handler = new EscrowHandler();
        targetContract(address(handler));
    }

    function invariant_coversWhatItOwes() public view {
        assertEq(handler.held(), handler.owed() + handler.credits());
    }

    function invariant_nothingIsLostNothingMade() public view {
        assertEq(handler.paidIn(), handler.held() + handler.paidOut());
    }

    function invariant_neverTwoDefaults() public view {
        assertFalse(handler.twoDefaults());
    }

    function invariant_anEndedOrderStaysEnded() public view {
        assertFalse(handler.wentBack());
    }

    function invariant_noOutcomeWithoutBothConsents() public view {
        assertTrue(handler.outcomesNeedConsent());
    }
}

/// @dev The handler's calls do reach every state: 2,000 of them, drawn from a fixed seed.
contract EscrowHandlerReach is EscrowFixture {
    event Visited(State state, uint256 times);

    function test_theHandlerReachesEveryState() public {
        EscrowHandler handler = new EscrowHandler();
        uint256 seed = 7;
        for (uint256 i; i < 2_000; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            step(handler, seed);
        }
        for (uint256 state = uint256(State.Funded); state <= uint256(State.Cancelled); ++state) {
            emit Visited(State(state), handler.visits(state));
        }
        for (uint256 state = uint256(State.Funded); state <= uint256(State.Cancelled); ++state) {
            assertGe(handler.visits(state), 10, "a state is reached too rarely");
        }
    }

    function step(EscrowHandler handler, uint256 seed) private {
        uint256 pick = seed >> 128;
        uint256 who = seed >> 192;
        uint256 call = seed % 15;
        if (call == 0) handler.open(pick, who % 3 > 0, who % 2 == 0);
        else if (handler.orders() == 0) return;
        else if (call == 1) handler.accept(pick);
        else if (call == 2) handler.cancel(pick, who);
        else if (call == 3 || call == 13) handler.ship(pick);
        else if (call == 4 || call == 14) handler.deliver(pick);
        else if (call == 5) handler.release(pick, who);
        else if (call == 6) handler.refund(pick, who);
        else if (call == 7) handler.poke(pick);
        else if (call == 8) handler.report(pick);
        else if (call == 9) handler.withdraw(who);
        else if (call == 10) handler.setCondition(pick, who);
        else if (call == 11) handler.deny(who);
        else handler.pass(pick);
    }
}
