// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {Assessment, IDuties} from "../../contracts/interfaces/IDuties.sol";
import {IQuotes} from "../../contracts/interfaces/IQuotes.sol";
import {IReturns, ReturnReceipt} from "../../contracts/interfaces/IReturns.sol";
import {Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Default, Ground, ITradeEscrow, Order, Receipt, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Pack} from "./Pack.sol";
import {HostileFixture} from "./hostile/HostileFixture.sol";
import {
    Answer, Answering, FlippingCondition, ReentrantCondition, ReentrantObserver
} from "./hostile/HostileParties.sol";
import {CountingObserver} from "./hostile/TurningToken.sol";

contract HostileContractsTest is HostileFixture {
    using Pack for Terms;
    using Packed for *;

    Answering private hostile = new Answering();

    function setUp() public {
        setUpClauses();
    }

    /* CONDITIONS */

    function test_aConditionThatDoesNotAnswer_isPendingAndBlocksNobody() public {
        setUpBystanders(address(0));
        for (uint256 a; a < uint256(Answer.Right); ++a) {
            hostile.set(Answer(a), uint256(ConditionStatus.Rejected), uint256(Fault.Seller));
            assertPending(address(hostile), string.concat("a condition that ", nameOf(Answer(a)), ": "));
        }
        assertPending(address(0xC0DE), "a condition without code: ");
    }

    function test_aConditionWithAValueOutsideTheEnumerations_isPendingAndBlocksNobody() public {
        setUpBystanders(address(0));
        hostile.set(Answer.Right, uint256(type(ConditionStatus).max) + 1, 0);
        assertPending(address(hostile), "a status too high: ");
        hostile.set(Answer.Right, uint256(ConditionStatus.Rejected), uint256(type(Fault).max) + 1);
        assertPending(address(hostile), "a fault too high: ");
        hostile.set(Answer.Right, uint256(ConditionStatus.Met) | 1 << 255, 0);
        assertPending(address(hostile), "a status with dirty bits: ");
    }

    function assertPending(address condition, string memory what) private {
        uint256 snapshot = vm.snapshotState();
        this.checkPending(conditional(condition), what);
        vm.revertToState(snapshot);
    }

    /// @dev External, so that each case starts with a memory of its own.
    function checkPending(Terms memory t, string memory what) external {
        bytes32 id = openShipped(t);
        bytes memory refund = abi.encodeCall(ITradeEscrow.refund, (t));
        bytes memory notMet = abi.encodeWithSelector(ITradeEscrow.ConditionNotMet.selector, id);
        uint40 opensAt = t.schedule.conditionBy() + 1;
        bytes memory tooEarly =
            abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, vm.getBlockTimestamp(), opensAt);
        assertRefused(STRANGER, refund, tooEarly, what);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.poke, (t)), notMet, what);

        // Deliver while it has time: its silence does not matter
        uint256 snapshot = vm.snapshotState();
        uint256[PARTIES] memory before = wallets(token);
        deliver(t);
        vm.prank(buyer);
        escrow.release(t);
        assertGained(before, [0, PRICE - FEE, FEE, FREIGHT], what);
        assertBystandersPaidFor(what);
        vm.revertToState(snapshot);

        // Refund after its time: anyone, at nobody's fault, for little more than the stipend
        vm.warp(opensAt);
        assertRefused(STRANGER, deliveryOf(t), defaultOpen(opensAt), what);
        uint256 gasBefore = gasleft();
        (bool ok,) = call(STRANGER, refund);
        assertLe(gasBefore - gasleft(), escrow.CONDITION_GAS() + 100_000, string.concat(what, "costs too much"));
        assertTrue(ok, string.concat(what, "blocked"));
        assertGained(before, [FUNDING, 0, 0, 0], what);
        Order memory order = escrow.getOrder(id);
        assertEq(uint256(order.ground), uint256(Ground.ConditionFailed), what);
        assertEq(uint256(order.fault), uint256(Fault.Nobody), what);
        endBystanders(what);
    }

    function test_aConditionThatFlipsAfterItWasMet_staysMet() public {
        setUpBystanders(address(0));
        Terms memory t = conditional(address(new FlippingCondition()));
        openShipped(t);
        uint256[PARTIES] memory before = wallets(token);
        escrow.poke(t);
        uint40 opensAt = t.schedule.deliverBy() + t.schedule.claimWindow() + 1;
        bytes memory tooEarly =
            abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, vm.getBlockTimestamp(), opensAt);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.refund, (t)), tooEarly, "latched: ");
        deliver(t);
        vm.prank(buyer);
        escrow.release(t);
        assertGained(before, [0, PRICE - FEE, FEE, FREIGHT], "latched: ");
        assertBystandersPaidFor("latched: ");
    }

    function test_aConditionThatFlipsBeforeItIsLatched_refundsOnce() public {
        setUpBystanders(address(0));
        Terms memory t = conditional(address(new FlippingCondition()));
        bytes32 id = openShipped(t);
        uint256[PARTIES] memory before = wallets(token);
        (, uint40 opensAt) = escrow.defaultOf(t);
        assertEq(opensAt, t.schedule.deliverBy() + t.schedule.claimWindow() + 1, "met at first");
        bytes memory rejected = defaultOpen(escrow.getOrder(id).since);
        assertRefused(STRANGER, deliveryOf(t), rejected, "rejected: ");
        vm.prank(STRANGER);
        escrow.refund(t);
        bytes memory wrong =
            abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Refunded, State.Shipped);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.poke, (t)), wrong, "refunded: ");
        assertRefused(STRANGER, deliveryOf(t), wrong, "refunded: ");
        assertGained(before, [FUNDING, 0, 0, 0], "refunded: ");
        assertBystandersPaidFor("refunded: ");
    }

    function test_aConditionThatCallsIntoTheVault_isRefusedThere() public {
        setUpBystanders(address(0));
        Terms memory t = conditional(address(new ReentrantCondition(seller, address(listing))));
        bytes32 id = openShipped(t);
        escrow.poke(t);
        assertTrue(escrow.getOrder(id).conditionMet, "the inner call was let through");
        assertEq(escrow.creditOf(seller, address(listing)), PRICE - FEE);
    }

    /* OBSERVERS */

    function test_anObserverThatFails_holdsUpNoMoneyAndIsToldLater() public {
        assertMissed(address(0xC0DE), "", "an observer without code: ");
        hostile.set(Answer.Reverts, 0, 0);
        assertMissed(address(hostile), abi.encodeWithSignature("Error(string)", "no"), "an observer that reverts: ");
        hostile.set(Answer.BurnsAllGas, 0, 0);
        assertMissed(address(hostile), "", "an observer that burns all gas: ");
        hostile.set(Answer.RevertBomb, 0, 0);
        assertMissed(address(hostile), new bytes(1 << 20), "an observer that reverts with 1 MB: ");
    }

    /// @dev 1 MB of answer costs more gas than the observer has: the outcome is missed, and taken in when it has more.
    function test_anObserverThatReturnsABomb_holdsUpNoMoney() public {
        hostile.set(Answer.ReturnBomb, 0, 0);
        setUpBystanders(address(hostile));
        Terms memory t = terms();
        bytes32 id = openDelivered(t);
        uint256[PARTIES] memory before = wallets(token);
        assertEnds(id, buyer, abi.encodeCall(ITradeEscrow.release, (t)), "a return bomb: ");
        assertGained(before, [0, PRICE - FEE, FEE, FREIGHT], "a return bomb: ");
        assertFalse(escrow.getOrder(id).reported);
        (bool ok,) = call(STRANGER, abi.encodeCall(ITradeEscrow.report, (t)));
        assertTrue(ok);
        assertTrue(escrow.getOrder(id).reported);
        assertBystandersPaidFor("a return bomb: ");
    }

    function assertMissed(address observer, bytes memory reason, string memory what) private {
        for (uint256 end; end < 2; ++end) {
            uint256 snapshot = vm.snapshotState();
            this.checkMissed(observer, reason, end == 0, what);
            vm.revertToState(snapshot);
        }
    }

    function checkMissed(address observer, bytes memory reason, bool release, string memory what) external {
        setUpBystanders(observer);
        Terms memory t = terms();
        bytes32 id = openDelivered(t);
        uint256[PARTIES] memory before = wallets(token);
        if (release) assertEnds(id, buyer, abi.encodeCall(ITradeEscrow.release, (t)), what);
        else assertEnds(id, seller, abi.encodeCall(ITradeEscrow.refund, (t)), what);
        assertGained(before, dueAtEnd(release), what);
        assertFalse(escrow.getOrder(id).reported, string.concat(what, "said to be reported"));

        // Tell it again: in vain while it fails, once when it is mended, and never a second time
        bytes memory report = abi.encodeCall(ITradeEscrow.report, (t));
        assertRefused(STRANGER, report, reason, what);
        assertFalse(escrow.getOrder(id).reported, string.concat(what, "said to be reported"));
        vm.etch(observer, type(CountingObserver).runtimeCode);
        CountingObserver(observer).fail(false);
        (bool ok,) = call(STRANGER, report);
        assertTrue(ok, string.concat(what, "not told when mended"));
        bytes memory reported = abi.encodeWithSelector(ITradeEscrow.AlreadyReported.selector, id);
        assertRefused(STRANGER, report, reported, what);
        assertEq(CountingObserver(observer).told(id), 1, string.concat(what, "not told once"));
        endBystanders(what);
    }

    function test_anObserverThatCallsBack_findsTheOrderEnded() public {
        bytes4 wrong = ITradeEscrow.StateWrong.selector;
        bytes4 nothing = ITradeEscrow.NothingToWithdraw.selector;
        assertCallsBack(ITradeEscrow.release.selector, wrong, "release");
        assertCallsBack(ITradeEscrow.refund.selector, wrong, "refund");
        assertCallsBack(ITradeEscrow.cancel.selector, wrong, "cancel");
        assertCallsBack(ITradeEscrow.poke.selector, wrong, "poke");
        assertCallsBack(ITradeEscrow.report.selector, ITradeEscrow.AlreadyReported.selector, "report");
        assertCallsBack(ITradeEscrow.withdraw.selector, nothing, "withdraw");
        assertCallsBack(ITradeEscrow.withdrawFor.selector, nothing, "withdrawFor");
    }

    function assertCallsBack(bytes4 verb, bytes4 met, string memory name) private {
        string memory what = string.concat("an observer that calls ", name, ": ");
        ReentrantObserver observer = new ReentrantObserver();
        for (uint256 end; end < 2; ++end) {
            uint256 snapshot = vm.snapshotState();
            observer.set(verb);
            setUpBystanders(address(observer));
            Terms memory t = terms();
            observer.keep(t);
            bytes32 id = openDelivered(t);
            uint256[PARTIES] memory before = wallets(token);
            if (end == 0) assertEnds(id, buyer, abi.encodeCall(ITradeEscrow.release, (t)), what);
            else assertEnds(id, seller, abi.encodeCall(ITradeEscrow.refund, (t)), what);
            assertGained(before, dueAtEnd(end == 0), what);
            assertTrue(escrow.getOrder(id).reported, string.concat(what, "not reported"));
            assertEq(bytes32(observer.met()), met, string.concat(what, "another refusal than expected"));
            endBystanders(what);
            vm.revertToState(snapshot);
        }
    }

    function assertEnds(bytes32 id, address caller, bytes memory data, string memory what) private {
        uint256 gasBefore = gasleft();
        (bool ok,) = call(caller, data);
        uint256 most = escrow.OBSERVER_GAS() + 250_000;
        assertLe(gasBefore - gasleft(), most, string.concat(what, "costs its caller too much"));
        assertTrue(ok, string.concat(what, "blocked"));
        State state = escrow.getOrder(id).state;
        assertTrue(state == State.Released || state == State.Refunded, string.concat(what, "not ended"));
    }

    /* WALLETS */

    function test_aWalletThatDoesNotAnswer_consentsToNothing() public {
        setUpBystanders(address(0));
        for (uint256 a; a < uint256(Answer.Right); ++a) {
            if (Answer(a) == Answer.ReturnBomb) continue;
            string memory what = string.concat("a wallet that ", nameOf(Answer(a)), ": ");
            uint256 snapshot = vm.snapshotState();
            this.checkWallet(Answer(a), false, what);
            vm.revertToState(snapshot);
        }
        this.checkWallet(Answer.Right, true, "a wallet whose code is gone: ");
    }

    /// @dev What each kind of signature meets if the wallet does not stand by it, and how the order still ends.
    function checkWallet(Answer answer_, bool gone, string memory what) external {
        prepareWallet();
        Terms memory toOpen = walletOrder("open");
        toOpen.buyer = address(hostile);
        Terms memory toAccept = walletOrder("accept");
        toAccept.seller = address(hostile);
        openFunded(toAccept);
        Terms memory toDeliver = walletOrder("deliver");
        toDeliver.carrier = address(hostile);
        openShipped(toDeliver);
        hostile.set(answer_, magic(), 0);
        if (gone) vm.etch(address(hostile), "");

        bytes memory open = abi.encodeCall(ITradeEscrow.open, (toOpen, "signed", "", ""));
        assertRefused(STRANGER, open, invalid(toOpen), what);
        bytes memory accept = abi.encodeCall(ITradeEscrow.accept, (toAccept, "signed"));
        assertRefused(STRANGER, accept, invalid(toAccept), what);
        bytes memory unsigned = abi.encodeWithSelector(ITradeEscrow.ReceiptInvalid.selector, hostile);
        assertRefused(STRANGER, walletDelivery(toDeliver), unsigned, what);

        uint256 before = token.balanceOf(buyer);
        vm.prank(buyer);
        escrow.cancel(toAccept);
        vm.warp(toDeliver.schedule.deliverBy() + toDeliver.schedule.claimWindow() + 1);
        vm.prank(STRANGER);
        escrow.refund(toDeliver);
        assertEq(token.balanceOf(buyer) - before, 2 * FUNDING, string.concat(what, "the buyer is not paid back"));
        assertEq(token.balanceOf(address(hostile)), FUNDING, string.concat(what, "the wallet's money moved"));
        endBystanders(what);
    }

    function test_anOperatorsWalletThatDoesNotAnswer_signsNothingAndBlocksNobody() public {
        setUpBystanders(address(0));
        for (uint256 a; a < uint256(Answer.Right); ++a) {
            if (Answer(a) == Answer.ReturnBomb) continue;
            uint256 snapshot = vm.snapshotState();
            this.checkOperatorsWallet(Answer(a), string.concat("a wallet that ", nameOf(Answer(a)), ": "));
            vm.revertToState(snapshot);
        }
    }

    /// @dev As provider, place of return and entry authority: whoever submits pays for the gas that it burns.
    function checkOperatorsWallet(Answer answer_, string memory what) external {
        bytes32 participant = prepareWallet();
        registry.grantRoles(participant, uint16(1 << uint8(Role.Warehouse) | 1 << uint8(Role.Customs)));
        Terms memory quoted = withQuote(walletOrder("quoted"));
        quoted.clauses[0].quote.provider = address(hostile);
        Terms memory returned = withReturns(walletOrder("returned"));
        returned.clauses[0].returnPolicy.place = participant;
        returnRequested(returned);
        Terms memory taxed = withDuties(walletOrder("taxed"));
        taxed.entryAuthority = participant;
        openWithClauses(taxed);
        hostile.set(answer_, magic(), 0);

        assertSignsNothing(quoted, returned, taxed, what);

        // Check that each order goes on without it
        uint256[PARTIES] memory before = wallets(token);
        uint256 duty = dutyToken.balanceOf(buyer);
        vm.prank(seller);
        escrow.refund(taxed);
        assertEq(dutyToken.balanceOf(buyer) - duty, DUTY, string.concat(what, "the duties are not paid back"));
        vm.warp(vm.getBlockTimestamp() + RECEIVE_WINDOW + 1);
        vm.prank(STRANGER);
        escrow.release(returned);
        assertGained(before, [FUNDING, PRICE - FEE, FEE, FREIGHT], what);
        endBystanders(what);
    }

    function assertSignsNothing(
        Terms memory quoted,
        Terms memory returned,
        Terms memory taxed,
        string memory what
    ) private {
        bytes memory data = abi.encode(type(uint40).max, uint32(3 * 365 days), bytes("signed"));
        data = abi.encodeCall(ITradeEscrow.open, (quoted, "", "", data));
        bytes memory unsigned =
            abi.encodeWithSelector(IQuotes.QuoteInvalid.selector, escrow.orderId(quoted), hostile);
        assertRefused(buyer, data, unsigned, what);
        ReturnReceipt memory back = returnReceiptOf(returned);
        data = abi.encodeCall(IReturns.receiveReturn, (returned, back, address(hostile), "signed"));
        unsigned = abi.encodeWithSelector(IReturns.ReceiptInvalid.selector, hostile);
        assertRefused(STRANGER, address(returns_), data, unsigned, what);
        Assessment memory stated = Assessment(escrow.orderId(taxed), DUTY, "declaration");
        data = abi.encodeCall(IDuties.assess, (taxed, stated, address(hostile), "signed"));
        unsigned = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, hostile);
        assertRefused(STRANGER, address(duties), data, unsigned, what);
    }

    /// @dev It is its own owner's loss: it consents to what is done in its name, and to nothing in another's.
    function test_aWalletThatSaysYesToEverything_consentsForItselfAlone() public {
        for (uint256 a; a < 2; ++a) {
            Answer answer_ = a == 0 ? Answer.Right : Answer.ReturnBomb;
            uint256 snapshot = vm.snapshotState();
            setUpBystanders(address(0));
            prepareWallet();
            hostile.set(answer_, magic(), 0);
            Terms memory t = walletOrder("own");
            (t.buyer, t.seller, t.carrier) = (address(hostile), address(hostile), address(hostile));
            vm.prank(STRANGER);
            escrow.open(t, "any", "any", "");
            vm.prank(address(hostile));
            escrow.ship(t, "unit");
            escrow.deliver(t, receiptOf(t), address(hostile), "any");
            assertState(t, State.Delivered);

            Terms memory another = walletOrder("another's");
            assertRefused(
                STRANGER, abi.encodeCall(ITradeEscrow.open, (another, "any", "", "")), invalid(another), ""
            );
            another.seller = address(hostile);
            another.salt = "another's, with its own";
            assertRefused(
                STRANGER, abi.encodeCall(ITradeEscrow.open, (another, "any", "any", "")), invalid(another), ""
            );
            another = walletOrder("another's delivery");
            openShipped(another);
            bytes memory foreign = abi.encodeWithSelector(
                ITradeEscrow.CarrierForeign.selector, registry.participantOf(address(hostile)), carrierId
            );
            assertRefused(STRANGER, walletDelivery(another), foreign, "");
            vm.revertToState(snapshot);
        }
    }

    function test_aWalletThatChangesItsMind_changesNoOrderThatStands() public {
        setUpBystanders(address(0));
        prepareWallet();
        Terms memory t = walletOrder("mind");
        t.buyer = address(hostile);
        escrow.open(t, "yes", acceptConsent(t), "");
        hostile.set(Answer.Reverts, 0, 0);
        assertState(t, State.Accepted);
        vm.prank(seller);
        escrow.ship(t, "unit");
        deliver(t);
        vm.warp(vm.getBlockTimestamp() + t.schedule.inspectionWindow() + 1);
        uint256[PARTIES] memory before = wallets(token);
        vm.prank(STRANGER);
        escrow.release(t);
        assertGained(before, [0, PRICE - FEE, FEE, FREIGHT], "");
    }

    /* ATTACKS */

    function test_attack_aRivalsOneCentOrdersLeaveNoMarkOnASeller() public {
        address rival = address(0x51A1);
        vm.prank(rival);
        token.approve(address(escrow), type(uint256).max);
        token.mint(rival, 30);
        for (uint256 i; i < 30; ++i) {
            Terms memory t = terms();
            (t.buyer, t.salt) = (rival, bytes32(i));
            t.setPrice(1);
            t.setFreight(0);
            bytes32 id = openFunded(t);
            if (i % 3 == 0) {
                vm.prank(rival);
                escrow.cancel(t);
            } else {
                uint256 snapshot = vm.snapshotState();
                vm.warp(t.schedule.acceptBy() + 1);
                escrow.refund(t);
                bytes memory none = abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id);
                assertRefused(rival, abi.encodeCall(ITradeEscrow.report, (t)), none, "");
                assertEq(credit.recordOf(sellerId).step, 0, "a mark");
                vm.revertToState(snapshot);
                bytes memory wrong =
                    abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Funded, State.Accepted);
                assertRefused(rival, abi.encodeCall(ITradeEscrow.release, (t)), wrong, "");
            }
            assertRefused(
                rival,
                abi.encodeCall(ITradeEscrow.report, (t)),
                abi.encodeWithSelector(ITradeEscrow.NoOutcome.selector, id),
                ""
            );
        }
        assertEq(credit.recordOf(sellerId).step, 0, "a mark");
        assertEq(credit.scoreOf(sellerId), credit.scoreOf("nobody"), "another score than a new seller's");
    }

    function test_attack_lateEvidenceInsideTheClaimWindowCountsAsLateAndTakesTheRefundAway() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        uint40 deadline = t.schedule.deliverBy() + t.schedule.claimWindow();
        vm.warp(deadline);
        bytes memory refund = abi.encodeCall(ITradeEscrow.refund, (t));
        bytes memory tooEarly = abi.encodeWithSelector(ITradeEscrow.TooEarly.selector, deadline, deadline + 1);
        assertRefused(buyer, refund, tooEarly, "");
        deliver(t);
        vm.warp(deadline + 1);
        bytes memory differs =
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Refund, Default.Release);
        assertRefused(buyer, refund, differs, "");
        vm.warp(deadline + t.schedule.inspectionWindow() + 1);
        vm.prank(STRANGER);
        escrow.release(t);
        assertEq(uint256(escrow.getOrder(id).ground), uint256(Ground.Late));
        assertEq(badOf(sellerId), 500);
    }

    function test_attack_lateEvidenceAfterTheClaimWindowCannotTakeTheRefundAway() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        uint40 deadline = t.schedule.deliverBy() + t.schedule.claimWindow();
        bytes memory delivery = deliveryOf(t);
        vm.warp(deadline + 1);
        bytes memory tooLate = defaultOpen(deadline + 1);
        assertRefused(carrier, delivery, tooLate, "");
        bytes memory differs =
            abi.encodeWithSelector(ITradeEscrow.DefaultDiffers.selector, Default.Release, Default.Refund);
        assertRefused(seller, abi.encodeCall(ITradeEscrow.release, (t)), differs, "");
        uint256 before = token.balanceOf(buyer);
        vm.prank(STRANGER);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer) - before, FUNDING);
        bytes memory wrong =
            abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Refunded, State.Shipped);
        assertRefused(carrier, delivery, wrong, "");
    }

    /* HELPERS */

    function defaultOpen(uint40 opensAt) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, opensAt);
    }

    function conditional(address condition) private view returns (Terms memory t) {
        t = terms();
        t.condition = condition;
        t.setConditionBy(t.schedule.shipBy() + 2 days);
    }

    function deliveryOf(Terms memory t) private view returns (bytes memory) {
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        return abi.encodeCall(ITradeEscrow.deliver, (t, receipt, carrier, signature));
    }

    function walletDelivery(Terms memory t) private view returns (bytes memory) {
        return abi.encodeCall(ITradeEscrow.deliver, (t, receiptOf(t), address(hostile), "signed"));
    }

    function walletOrder(bytes32 salt) private view returns (Terms memory t) {
        t = terms();
        t.salt = salt;
    }

    /// @dev The wallet has money and an allowance, and is a key of a carrier of its own, for it has said yes to that.
    function prepareWallet() private returns (bytes32 participant) {
        hostile.set(Answer.Right, magic(), 0);
        token.mint(address(hostile), FUNDING);
        hostile.approve(token, address(escrow));
        participant = admit(0x77A7, Role.Carrier, "wallet");
        registry.addKey(participant, address(hostile), "yes");
    }

    function magic() private pure returns (uint256) {
        return uint256(bytes32(IERC1271.isValidSignature.selector));
    }

    /// @dev The party of `t` that is asked first and does not consent: the wallet, or else the buyer.
    function invalid(Terms memory t) private view returns (bytes memory) {
        address asked = t.seller == address(hostile) && stateOf(t) == State.Funded ? t.seller : t.buyer;
        return abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, escrow.orderId(t), asked);
    }

    /// @dev Of a delivered order.
    function dueAtEnd(bool release) private pure returns (uint256[4] memory) {
        return release ? [0, PRICE - FEE, FEE, FREIGHT] : [uint256(PRICE), 0, 0, FREIGHT];
    }

    /// @param due to buyer, seller, platform and carrier.
    function assertGained(uint256[PARTIES] memory before, uint256[4] memory due, string memory what) private view {
        uint256[PARTIES] memory balances = wallets(token);
        for (uint256 i; i < 4; ++i) assertEq(balances[i] - before[i], due[i], string.concat(what, "paid"));
    }

    /// @dev The bystanders' money is all that is left, and it is theirs.
    function assertBystandersPaidFor(string memory what) private {
        assertEq(token.balanceOf(address(escrow)), 4 * FUNDING, string.concat(what, "left over"));
        endBystanders(what);
    }

    function nameOf(Answer a) private pure returns (string memory) {
        return [
            "reverts",
            "burns all gas",
            "returns 1 MB",
            "reverts with 1 MB",
            "says nothing",
            "answers short",
            "answers wrong",
            "answers right"
        ][uint256(a)];
    }
}
