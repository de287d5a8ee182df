// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Default, ITradeEscrow, Outcome, Receipt, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BoundedCall} from "../../contracts/libraries/BoundedCall.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Vm} from "../Cheats.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {HostileToken} from "./HostileToken.sol";

/// @dev An observer that fails with as many bytes as it is told to.
contract TalkativeObserver {
    uint256 private _size;

    function talk(uint256 size) external {
        _size = size;
    }

    function onOutcome(Outcome calldata) external view {
        bytes memory reason = said(_size);
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    /// @dev Bytes of which no two stretches are alike.
    function said(uint256 size) public pure returns (bytes memory reason) {
        reason = new bytes(size);
        for (uint256 i; i < size; ++i) {
            reason[i] = bytes1(uint8(i + 1));
        }
    }
}

/// @dev Several calls in one.
contract BatchTest is EscrowFixture {
    using Packed for *;

    uint256 private constant GAS_EACH = 500_000;

    function setUp() public {
        setUpEscrow();
    }

    /* EACH ALONE */

    function test_batch_makesEachCallAndTellsWhichFailed() public {
        bytes32 first = openAccepted(order(1));
        bytes32 second = openFunded(order(2));
        bytes32 third = openAccepted(order(3));
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(ITradeEscrow.release, (order(1)));
        calls[1] = abi.encodeCall(ITradeEscrow.release, (order(2)));
        calls[2] = abi.encodeCall(ITradeEscrow.release, (order(3)));
        calls[3] = abi.encodeCall(ITradeEscrow.release, (order(1)));
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(1, stateWrong(second, State.Funded));
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(3, stateWrong(first, State.Released));
        escrow.batch(calls, GAS_EACH);

        assertState(order(1), State.Released);
        assertState(order(2), State.Funded);
        assertState(order(3), State.Released);
        assertTrue(escrow.getOrder(third).reported);
        assertEq(token.balanceOf(seller), 2 * (PRICE - FEE));
        assertEq(token.balanceOf(address(escrow)), FUNDING);
    }

    function test_batch_tellsNothingIfAllSucceed() public {
        openFunded(order(1));
        vm.prank(seller);
        vm.recordLogs();
        escrow.batch(one(abi.encodeCall(ITradeEscrow.accept, (order(1), ""))), GAS_EACH);
        assertEq(vm.getRecordedLogs().length, 1);
        assertState(order(1), State.Accepted);
    }

    function test_batch_ofNothingDoesNothing() public {
        vm.recordLogs();
        escrow.batch(new bytes[](0), GAS_EACH);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_batch_takesAnOrderThroughItsLife() public {
        Terms memory t = order(1);
        openFunded(t);
        Receipt memory receipt = receiptOf(t);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(ITradeEscrow.accept, (t, ""));
        calls[1] = abi.encodeCall(ITradeEscrow.ship, (t, "unit"));
        calls[2] = abi.encodeCall(
            ITradeEscrow.deliver, (t, receipt, carrier, signReceipt(CARRIER_KEY, receipt))
        );
        vm.prank(seller);
        escrow.batch(calls, GAS_EACH);
        assertState(t, State.Delivered);
    }

    function test_batch_tellsOfACallThatIsNone() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = hex"12345678";
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(0, "");
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(1, "");
        escrow.batch(calls, GAS_EACH);
    }

    /* THE REASON */

    function test_batch_tellsTheFirst132BytesOfAReason() public {
        TalkativeObserver observer = new TalkativeObserver();
        escrow = newTradeEscrow(registry, operatorsFrom(0), address(observer));
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
        openAccepted(order(1));
        vm.prank(buyer);
        escrow.release(order(1));
        uint256[6] memory sizes = [uint256(0), 1, 131, 132, 133, 5000];
        for (uint256 i; i < sizes.length; ++i) {
            observer.talk(sizes[i]);
            bytes memory expected = observer.said(sizes[i] < 132 ? sizes[i] : 132);
            vm.expectEmit(address(escrow));
            emit ITradeEscrow.CallFailed(0, expected);
            escrow.batch(one(abi.encodeCall(ITradeEscrow.report, (order(1)))), 2_000_000);
        }
    }

    /* THE CALLER */

    function test_batch_callsAsItsCaller() public {
        Terms memory t = order(1);
        openAccepted(t);
        bytes[] memory calls = one(abi.encodeCall(ITradeEscrow.release, (t)));
        bytes memory refused =
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Release, Default.Refund);
        vm.prank(STRANGER);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(0, refused);
        escrow.batch(calls, GAS_EACH);
        assertState(t, State.Accepted);

        vm.prank(buyer);
        escrow.batch(calls, GAS_EACH);
        assertState(t, State.Released);
    }

    function test_batch_cancelsAsItsCaller() public {
        Terms memory t = order(1);
        bytes32 id = openFunded(t);
        bytes[] memory calls = one(abi.encodeCall(ITradeEscrow.cancel, (t)));
        vm.prank(address(escrow));
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(0, abi.encodeWithSelector(ITradeEscrow.NotParty.selector, address(escrow)));
        escrow.batch(calls, GAS_EACH);
        vm.prank(seller);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Cancelled(id, seller);
        escrow.batch(calls, GAS_EACH);
    }

    function test_batch_withdrawsItsCallersCredits() public {
        HostileToken[2] memory tokens = [creditedTo(seller, 1), creditedTo(seller, 2)];
        bytes[] memory calls = new bytes[](2);
        for (uint256 i; i < 2; ++i) {
            calls[i] = abi.encodeCall(ITradeEscrow.withdraw, (address(tokens[i]), STRANGER));
        }
        vm.prank(seller);
        escrow.batch(calls, GAS_EACH);
        for (uint256 i; i < 2; ++i) {
            assertEq(tokens[i].balanceOf(STRANGER), PRICE - FEE);
            assertEq(escrow.creditOf(seller, address(tokens[i])), 0);
        }
    }

    function test_batch_isNoOperator() public {
        Terms memory t = order(1);
        openDelivered(t);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.CallFailed(0, abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, address(this)));
        escrow.batch(one(abi.encodeCall(ITradeEscrow.hold, (t, State.Disputed))), GAS_EACH);
        assertState(t, State.Delivered);
    }

    /* WHAT IT REFUSES */

    function test_batch_refusesToOpenAndToNest() public {
        Terms memory t = order(1);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(ITradeEscrow.open, (t, "", "", ""));
        calls[1] = abi.encodeCall(
            ITradeEscrow.openWithAuthorization, (t, authorization(t, escrow.orderId(t)), "", "")
        );
        calls[2] = abi.encodeCall(ITradeEscrow.batch, (new bytes[](0), 0));
        vm.prank(buyer);
        for (uint256 i; i < calls.length; ++i) {
            vm.expectEmit(address(escrow));
            emit ITradeEscrow.CallFailed(i, abi.encodeWithSignature("ReentrancyGuardReentrantCall()"));
        }
        escrow.batch(calls, GAS_EACH);
        assertState(t, State.None);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);

        // And only in it
        openFunded(t);
    }

    function test_batch_lettingNoTokenOpenMeanwhile() public {
        HostileToken hostile = new HostileToken();
        Terms memory t = hostileOrder(hostile, 1);
        openDelivered(t);
        Terms memory inner = hostileOrder(hostile, 2);
        bytes memory innerConsent = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(inner));
        hostile.callBack(address(escrow), abi.encodeCall(ITradeEscrow.open, (inner, innerConsent, "", "")));
        vm.prank(buyer);
        escrow.batch(one(abi.encodeCall(ITradeEscrow.release, (t))), GAS_EACH);
        assertState(inner, State.None);
        assertState(t, State.Released);
        assertEq(escrow.creditOf(seller, address(hostile)), PRICE - FEE, "a push whose callback fails is credited");
    }

    /* GAS */

    function test_batch_refusesTheWholeWhenACallCannotHaveItsGas() public {
        openAccepted(order(1));
        openAccepted(order(2));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ITradeEscrow.release, (order(1)));
        calls[1] = abi.encodeCall(ITradeEscrow.release, (order(2)));
        bytes memory data = abi.encodeCall(ITradeEscrow.batch, (calls, 1_000_000));
        vm.prank(buyer);
        (bool ok, bytes memory reason) = address(escrow).call{gas: 1_100_000}(data);
        assertFalse(ok);
        assertEq(bytes32(bytes4(reason)), bytes32(BoundedCall.GasTooLow.selector));
        assertState(order(1), State.Accepted);

        vm.prank(buyer);
        (ok,) = address(escrow).call{gas: 2_200_000}(data);
        assertTrue(ok);
        assertState(order(1), State.Released);
        assertState(order(2), State.Released);
    }

    /// @dev From the least gas on with which a batch goes through, each of its calls does: nobody can starve one.
    function test_batch_starvesNoCall() public {
        openDelivered(order(1));
        openDelivered(order(2));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ITradeEscrow.release, (order(1)));
        calls[1] = abi.encodeCall(ITradeEscrow.release, (order(2)));
        bytes memory data = abi.encodeCall(ITradeEscrow.batch, (calls, GAS_EACH));
        uint256 succeeded;
        for (uint256 gas_ = 400_000; gas_ <= 1_200_000; gas_ += 10_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(buyer);
            (bool ok,) = address(escrow).call{gas: gas_}(data);
            if (ok) {
                ++succeeded;
                assertState(order(1), State.Released);
                assertState(order(2), State.Released);
                assertEq(goodOf(sellerId), UNWITNESSED * 2);
            }
            vm.revertToState(snapshot);
        }
        assertGe(succeeded, 10);
    }

    function test_batch_ofTooLittleGasForACallFailsThatCallAlone() public {
        openAccepted(order(1));
        openFunded(order(2));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(ITradeEscrow.release, (order(1)));
        calls[1] = abi.encodeCall(ITradeEscrow.accept, (order(2), acceptConsent(order(2))));
        vm.prank(buyer);
        vm.recordLogs();
        escrow.batch(calls, 90_000);
        assertState(order(1), State.Accepted);
        assertState(order(2), State.Accepted);
        assertEq(bytes32(bytes4(onlyFailure(vm.getRecordedLogs()))), bytes32(BoundedCall.GasTooLow.selector));
    }

    function test_batch_RevertGiven_moreGasThanThereCanBe() public {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        escrow.batch(one(""), type(uint256).max);
    }

    /* HELPERS */

    /// @dev The reason of the first call, which alone failed; what a failed call logged before is recorded too.
    function onlyFailure(Vm.Log[] memory logs) private pure returns (bytes memory reason) {
        uint256 failures;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != ITradeEscrow.CallFailed.selector) continue;
            assertEq(uint256(logs[i].topics[1]), 0);
            reason = abi.decode(logs[i].data, (bytes));
            ++failures;
        }
        assertEq(failures, 1);
    }

    function order(uint256 number) private view returns (Terms memory t) {
        t = terms();
        t.salt = bytes32(number);
    }

    function hostileOrder(HostileToken hostile, uint256 number) private returns (Terms memory t) {
        hostile.mint(buyer, FUNDING);
        vm.prank(buyer);
        hostile.approve(address(escrow), type(uint256).max);
        t = order(number);
        t.token = address(hostile);
    }

    /// @dev A token that refused the payee once, and takes it now.
    function creditedTo(address payee, uint256 number) private returns (HostileToken hostile) {
        hostile = new HostileToken();
        Terms memory t = hostileOrder(hostile, number);
        openAccepted(t);
        hostile.set(0, payee, false);
        vm.prank(buyer);
        escrow.release(t);
        hostile.set(0, address(0), false);
        assertEq(escrow.creditOf(payee, address(hostile)), PRICE - FEE);
    }

    function one(bytes memory data) private pure returns (bytes[] memory calls) {
        calls = new bytes[](1);
        calls[0] = data;
    }

    function stateWrong(bytes32 id, State standing) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, standing, State.Accepted);
    }
}

/// @dev How much fits. The orders were opened in transactions before, so that their slots are as cold as they will be.
contract BatchSizeTest is EscrowFixture {
    /// @dev What forge prints with -vv.
    event log_named_uint(string name, uint256 value);

    /// @dev The most that one transaction may spend (EIP-7825).
    uint256 private constant TRANSACTION_GAS = 16_777_216;
    /// @dev A hundred and more beside, on the profile that ships; so many on any.
    uint256 private constant RELEASES = 200;
    uint256 private constant GAS_EACH = 400_000;

    function setUp() public {
        setUpEscrow();
        Terms memory t = terms();
        for (uint256 i; i < RELEASES; ++i) {
            t.salt = bytes32(i);
            openAccepted(t);
        }
    }

    function test_batch_releases200OrdersInATransaction() public {
        Terms memory t = terms();
        bytes[] memory calls = new bytes[](RELEASES);
        for (uint256 i; i < RELEASES; ++i) {
            t.salt = bytes32(i);
            calls[i] = abi.encodeCall(ITradeEscrow.release, (t));
        }
        bytes memory data = abi.encodeCall(ITradeEscrow.batch, (calls, GAS_EACH));
        uint256 intrinsic = intrinsicGas(data);
        vm.prank(buyer);
        uint256 before = gasleft();
        (bool ok,) = address(escrow).call{gas: TRANSACTION_GAS - intrinsic}(data);
        emit log_named_uint("batch: gas of one of 200 releases", (before - gasleft() + intrinsic) / RELEASES);
        assertTrue(ok);
        for (uint256 i; i < RELEASES; ++i) {
            t.salt = bytes32(i);
            assertState(t, State.Released);
        }
        assertEq(token.balanceOf(seller), RELEASES * (PRICE - FEE));
        assertEq(token.balanceOf(address(escrow)), 0);
        assertEq(goodOf(sellerId), BUYER_CAP);
    }

    /// @dev Without the floor of EIP-7623, which only counts for those who spend less than it.
    function intrinsicGas(bytes memory data) private pure returns (uint256 gas_) {
        gas_ = 21_000;
        for (uint256 i; i < data.length; ++i) {
            gas_ += data[i] == 0 ? 4 : 16;
        }
    }
}
