// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {CreditRecord, ISellerCredit} from "../../contracts/interfaces/ISellerCredit.sol";
import {Ground, Outcome, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BetaBound} from "../../contracts/libraries/BetaBound.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {Pack} from "./Pack.sol";
import {ScoreTable} from "./ScoreTable.sol";

contract SellerCreditTest is ClausesFixture {
    using Pack for Terms;
    using Packed for *;

    bytes32 private constant ORDER = "order";

    function setUp() public {
        setUpClauses();
    }

    /* OUTCOMES */

    function test_RevertWhen_a_stranger_tells_an_outcome() public {
        vm.expectRevert(abi.encodeWithSelector(ISellerCredit.NotEscrow.selector, STRANGER, address(escrow)));
        vm.prank(STRANGER);
        credit.onOutcome(ORDER, terms(), outcome(State.Released, Ground.OnTime, Fault.Nobody));
    }

    function test_an_order_on_time_is_good() public {
        vm.expectEmit(address(credit));
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, Ground.OnTime, 1000, 0, 278);
        tell(terms(), outcome(State.Released, Ground.OnTime, Fault.Nobody));
        assertRecord(1000, 0, 1);
        assertEq(credit.scoreOf(sellerId), 278);
    }

    function test_a_late_order_is_half_good() public {
        vm.expectEmit(address(credit));
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, Ground.Late, 500, 500, 88);
        tell(terms(), outcome(State.Released, Ground.Late, Fault.Nobody));
        assertRecord(500, 500, 1);
    }

    function test_every_refund_at_the_sellers_fault_is_bad() public {
        Ground[4] memory grounds =
            [Ground.NotShipped, Ground.ConditionFailed, Ground.NotDelivered, Ground.SellerRefund];
        for (uint64 i; i < grounds.length; ++i) {
            vm.expectEmit(address(credit));
            emit ISellerCredit.OutcomeCounted(ORDER, sellerId, grounds[i], 0, 1000 * (i + 1), 0);
            tell(terms(), outcome(State.Refunded, grounds[i], Fault.Seller));
            assertRecord(0, 1000 * (i + 1), i + 1);
        }
    }

    function test_a_refund_at_anothers_fault_counts_and_tells_nothing() public {
        Fault[3] memory faults = [Fault.Nobody, Fault.Buyer, Fault.Carrier];
        vm.recordLogs();
        for (uint256 i; i < faults.length; ++i) {
            tell(terms(), outcome(State.Refunded, Ground.ConditionFailed, faults[i]));
        }
        assertEq(vm.getRecordedLogs().length, 0);
        assertNoRecord(sellerId);
    }

    function test_goods_that_came_back_count_and_tell_nothing() public {
        vm.recordLogs();
        tell(terms(), outcome(State.Settled, Ground.Returned, Fault.Nobody));
        assertEq(vm.getRecordedLogs().length, 0);
        assertNoRecord(sellerId);
    }

    function test_an_agreed_split_of_what_was_delivered_is_half_good_however_it_was_split() public {
        Outcome memory agreed = outcome(State.Settled, Ground.Agreed, Fault.Nobody);
        uint120[3] memory shares = [0, uint120(PRICE / 2), uint120(FUNDING)];
        for (uint64 i; i < shares.length; ++i) {
            agreed.toBuyer = shares[i];
            uint64 half = 500 * (i + 1);
            vm.expectEmit(address(credit));
            emit ISellerCredit.OutcomeCounted(ORDER, sellerId, Ground.Agreed, half, half, BetaBound.score(half, half));
            tell(terms(), agreed);
            assertRecord(half, half, i + 1);
        }
    }

    /// @dev What never arrived is as bad as what was given back of price and freight, in thousandths rounded down.
    function test_an_agreed_split_of_what_never_arrived_is_bad_by_the_share_given_back() public {
        assertAgreedUndelivered(0, 1000, 0);
        assertAgreedUndelivered(FUNDING, 0, 1000);
        assertAgreedUndelivered(FUNDING - 1, 1, 999);
        assertAgreedUndelivered(FUNDING / 4, 750, 250);
        // A thousandth is 107,000 units: a unit below it is nothing
        assertAgreedUndelivered(FUNDING / 1000 - 1, 1000, 0);
        assertAgreedUndelivered(FUNDING / 1000, 999, 1);
    }

    function assertAgreedUndelivered(uint256 toBuyer, uint64 good, uint64 bad) private {
        uint256 snapshot = vm.snapshotState();
        Outcome memory agreed = outcome(State.Settled, Ground.Agreed, Fault.Nobody);
        (agreed.delivered, agreed.toBuyer) = (false, uint128(toBuyer));
        vm.expectEmit(address(credit));
        uint16 score = BetaBound.score(good, bad);
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, Ground.Agreed, good, bad, score);
        tell(terms(), agreed);
        assertRecord(good, bad, 1);
        vm.revertToState(snapshot);
    }

    /// @dev Of the largest order there can be, no product overflows and the weights still make one order.
    function testFuzz_an_agreed_split_of_what_never_arrived_weighs_one_order(
        uint256 price,
        uint256 freight,
        uint256 toBuyer
    ) public {
        Terms memory t = terms();
        t.setPrice(bound(price, 1, type(uint120).max));
        t.setFreight(bound(freight, 0, type(uint120).max));
        toBuyer = bound(toBuyer, 0, t.amounts.total());
        Outcome memory agreed = outcome(State.Settled, Ground.Agreed, Fault.Nobody);
        (agreed.delivered, agreed.toBuyer) = (false, uint128(toBuyer));
        tell(t, agreed);
        uint64 bad = uint64(1000 * toBuyer / t.amounts.total());
        assertRecord(1000 - bad, bad, 1);
    }

    /// @dev A buyer that disputes for nothing takes no good record away.
    function test_a_ruling_that_gives_the_buyer_nothing_of_a_delivery_is_good() public {
        Outcome memory ruled = outcome(State.Settled, Ground.Ruled, Fault.Buyer);
        vm.expectEmit(address(credit));
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, Ground.Ruled, 1000, 0, 278);
        tell(terms(), ruled);
        assertRecord(1000, 0, 1);
        ruled.fault = Fault.Nobody;
        tell(terms(), ruled);
        assertRecord(2000, 0, 2);
    }

    function test_a_ruling_is_bad_if_the_arbiter_finds_the_seller_at_fault() public {
        vm.expectEmit(address(credit));
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, Ground.Ruled, 0, 1000, 0);
        tell(terms(), outcome(State.Settled, Ground.Ruled, Fault.Seller));
        assertRecord(0, 1000, 1);

        // Whatever the buyer got, and whether the goods arrived
        Outcome memory ruled = outcome(State.Settled, Ground.Ruled, Fault.Seller);
        (ruled.toBuyer, ruled.delivered) = (uint128(FUNDING), false);
        tell(terms(), ruled);
        assertRecord(0, 2000, 2);
    }

    function test_a_ruling_at_anothers_fault_counts_and_tells_nothing() public {
        Fault[3] memory faults = [Fault.Nobody, Fault.Buyer, Fault.Carrier];
        vm.recordLogs();
        for (uint256 i; i < faults.length; ++i) {
            Outcome memory ruled = outcome(State.Settled, Ground.Ruled, faults[i]);
            ruled.toBuyer = 1;
            tell(terms(), ruled);

            // Nor does nothing for the buyer of what never arrived
            (ruled.toBuyer, ruled.delivered) = (0, false);
            tell(terms(), ruled);
        }
        assertEq(vm.getRecordedLogs().length, 0);
        assertNoRecord(sellerId);
    }

    function test_an_arbiters_silence_counts_and_tells_nothing() public {
        vm.recordLogs();
        tell(terms(), outcome(State.Settled, Ground.NotRuled, Fault.Nobody));
        assertEq(vm.getRecordedLogs().length, 0);
        assertNoRecord(sellerId);
    }

    function test_a_seller_who_is_no_participant_counts_and_tells_nothing() public {
        Terms memory t = terms();
        t.seller = STRANGER;
        vm.recordLogs();
        tell(t, outcome(State.Released, Ground.OnTime, Fault.Nobody));
        assertEq(vm.getRecordedLogs().length, 0);
        assertNoRecord(0);
    }

    function test_a_key_that_was_revoked_since_the_acceptance_counts_for_its_participant() public {
        Outcome memory accepted = outcome(State.Refunded, Ground.NotShipped, Fault.Seller);
        vm.warp(vm.getBlockTimestamp() + 1);
        registry.revokeKey(sellerId, seller, 1);
        tell(terms(), accepted);
        assertEq(credit.recordOf(sellerId).bad, 1000);
    }

    function test_a_key_that_was_revoked_at_the_acceptance_counts_for_nobody() public {
        registry.revokeKey(sellerId, seller, 0);
        tell(terms(), outcome(State.Refunded, Ground.NotShipped, Fault.Seller));
        assertEq(credit.recordOf(sellerId).orders, 0);
    }

    function test_two_keys_of_one_participant_share_a_record() public {
        addKey(sellerId, 0x5E11E62);
        Terms memory t = terms();
        tell(t, outcome(State.Released, Ground.OnTime, Fault.Nobody));
        t.seller = vm.addr(0x5E11E62);
        tell(t, outcome(State.Released, Ground.Late, Fault.Nobody));
        assertRecord(1500, 500, 2);
    }

    function test_the_real_vault_tells_its_outcomes() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.warp(t.schedule.shipBy() + 1);
        escrow.refund(t);
        assertRecord(0, 1000, 1);

        t.salt = "second";
        openSecond(t);
        vm.prank(buyer);
        escrow.release(t);
        assertRecord(1000, 1000, 2);
    }

    function test_the_real_vault_tells_what_its_operators_settled() public {
        Terms memory t = withReturns(withArbitration(terms()));
        returnReceived(t);
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        assertNoRecord(sellerId);

        t.salt = "agreed";
        disputed(t);
        vm.prank(seller);
        disputes.proposeSplit(t, 1, type(uint40).max);
        vm.prank(buyer);
        disputes.acceptSplit(t, 1);
        assertRecord(500, 500, 1);

        t.salt = "ruled";
        disputed(t);
        vm.prank(arbiter);
        disputes.rule(t, 1, Fault.Seller, "reasons");
        assertRecord(500, 1500, 2);

        t.salt = "silent";
        bytes32 id = disputed(t);
        CreditRecord memory before = credit.recordOf(sellerId);
        vm.warp(vm.getBlockTimestamp() + ARBITRATION_WINDOW + 1);
        disputes.settleUnruled(t);
        assertTrue(escrow.getOrder(id).reported);
        assertEq(abi.encode(credit.recordOf(sellerId)), abi.encode(before));
    }

    function test_the_real_vault_tells_what_was_given_back_of_goods_that_never_arrived() public {
        Terms memory t = withArbitration(terms());
        shippedWithClauses(t);
        vm.prank(seller);
        disputes.proposeSplit(t, uint120(FUNDING / 2), type(uint40).max);
        vm.prank(buyer);
        disputes.acceptSplit(t, uint120(FUNDING / 2));
        assertRecord(500, 500, 1);

        t.salt = "a moment before its deadline";
        shippedWithClauses(t);
        vm.warp(t.schedule.claimBy());
        vm.prank(seller);
        disputes.proposeSplit(t, uint120(FUNDING), type(uint40).max);
        vm.prank(buyer);
        disputes.acceptSplit(t, uint120(FUNDING));
        assertRecord(500, 1500, 2);
    }

    function test_the_real_vault_tells_that_a_dispute_was_for_nothing() public {
        Terms memory t = withArbitration(terms());
        disputed(t);
        vm.prank(arbiter);
        disputes.rule(t, 0, Fault.Nobody, "reasons");
        assertRecord(1000, 0, 1);
    }

    /// @dev A refund that forestalls a ruling is no way around the record.
    function test_a_refund_out_of_a_dispute_is_bad_and_after_a_quiet_delivery_nothing() public {
        Terms memory t = withArbitration(terms());
        deliveredWithClauses(t);
        vm.prank(seller);
        escrow.refund(t);
        assertNoRecord(sellerId);

        t.salt = "disputed";
        disputed(t);
        vm.prank(seller);
        escrow.refund(t);
        assertRecord(0, 1000, 1);
    }

    function test_the_first_outcome_of_a_seller_fits_the_vaults_gas_for_observers() public {
        Terms memory t = withEverything(terms());
        bytes memory data =
            abi.encodeCall(credit.onOutcome, (ORDER, t, outcome(State.Released, Ground.OnTime, Fault.Nobody)));
        uint256 stipend = escrow.OBSERVER_GAS();
        vm.prank(address(escrow));
        (bool ok,) = address(credit).call{gas: stipend}(data);
        assertTrue(ok);
        assertRecord(1000, 0, 1);
    }

    /* SCORES */

    function test_a_seller_without_an_outcome_has_the_priors_bound() public view {
        assertNoRecord(sellerId);
        assertEq(credit.scoreOf(sellerId), 25);
    }

    function test_every_row_of_the_table() public pure {
        bytes memory rows = ScoreTable.ROWS;
        assertEq(rows.length % ScoreTable.ROW_BYTES, 0);
        assertGe(rows.length / ScoreTable.ROW_BYTES, 300);
        for (uint256 at; at < rows.length; at += ScoreTable.ROW_BYTES) {
            (uint256 good, uint256 bad) = (word(rows, at, 8), word(rows, at + 8, 8));
            assertEq(BetaBound.score(uint64(good), uint64(bad)), word(rows, at + 16, 2));
        }
    }

    function testFuzz_a_good_outcome_never_lowers_a_score(uint64 good, uint64 bad, uint64 more) public pure {
        good = uint64(bound(good, 0, type(uint64).max - more));
        assertGe(BetaBound.score(good + more, bad), BetaBound.score(good, bad));
    }

    function testFuzz_a_bad_outcome_never_raises_a_score(uint64 good, uint64 bad, uint64 more) public pure {
        bad = uint64(bound(bad, 0, type(uint64).max - more));
        assertLe(BetaBound.score(good, bad + more), BetaBound.score(good, bad));
    }

    function testFuzz_real_sellers_scores_move_the_right_way(uint16 halvesGood, uint16 halvesBad) public pure {
        uint64 good = uint64(halvesGood) * 500;
        uint64 bad = uint64(halvesBad) * 500;
        uint16 standing = BetaBound.score(good, bad);
        assertGe(BetaBound.score(good + 1000, bad), standing);
        assertLe(BetaBound.score(good, bad + 1000), standing);
        assertLe(standing, 999);
    }

    /* HELPERS */

    function outcome(State state, Ground ground, Fault fault) private view returns (Outcome memory) {
        return Outcome(state, ground, fault, true, uint40(block.timestamp), uint40(block.timestamp), 0);
    }

    function tell(Terms memory t, Outcome memory o) private {
        vm.prank(address(escrow));
        credit.onOutcome(ORDER, t, o);
    }

    /// @dev Deadlines anew, since time has passed.
    function openSecond(Terms memory t) private {
        t.setAcceptBy(vm.getBlockTimestamp() + 1);
        t.setShipBy(vm.getBlockTimestamp() + 2);
        t.setDeliverBy(vm.getBlockTimestamp() + 3);
        openAccepted(t);
    }

    function assertRecord(uint64 good, uint64 bad, uint64 orders) private view {
        CreditRecord memory expected = CreditRecord(good, bad, orders, uint40(vm.getBlockTimestamp()));
        assertEq(abi.encode(credit.recordOf(sellerId)), abi.encode(expected));
    }

    function assertNoRecord(bytes32 id) private view {
        assertEq(abi.encode(credit.recordOf(id)), abi.encode(CreditRecord(0, 0, 0, 0)));
    }

    /// @return value of `size` bytes at `at`.
    function word(bytes memory data, uint256 at, uint256 size) private pure returns (uint256 value) {
        for (uint256 i; i < size; ++i) {
            value = value << 8 | uint8(data[at + i]);
        }
    }
}
