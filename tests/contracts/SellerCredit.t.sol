// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {CreditRules, ISellerCredit} from "../../contracts/interfaces/ISellerCredit.sol";
import {Amounts, Ground, Outcome, State, Terms, Word} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BetaBound} from "../../contracts/libraries/BetaBound.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {CreditFixture} from "./CreditFixture.sol";
import {Pack} from "./Pack.sol";
import {ScoreTable} from "./ScoreTable.sol";

contract SellerCreditTest is CreditFixture {
    using Pack for Terms;
    using Packed for *;

    function setUp() public {
        setUpClauses();
    }

    /* SHARES */

    function test_RevertWhen_a_stranger_tells_an_outcome() public {
        vm.expectRevert(abi.encodeWithSelector(ISellerCredit.NotEscrow.selector, STRANGER, address(escrow)));
        vm.prank(STRANGER);
        credit.onOutcome(onTime());
    }

    function test_an_order_on_time_is_good() public {
        vm.expectEmit(address(credit));
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, counted(1000, 0, true));
        tell(onTime());
        assertWeights(1000, 0);
        assertEq(credit.scoreOf(sellerId), 278);
        assertEq(credit.witnessedScoreOf(sellerId), 278);
    }

    function test_a_late_order_is_half_good() public {
        vm.expectEmit(address(credit));
        emit ISellerCredit.OutcomeCounted(ORDER, sellerId, counted(500, 500, true));
        tell(outcome(State.Released, Ground.Late, Fault.Nobody));
        assertWeights(500, 500);
        assertEq(credit.scoreOf(sellerId), 88);
    }

    function test_every_end_at_the_sellers_fault_is_bad() public {
        Ground[6] memory grounds = [
            Ground.NotShipped,
            Ground.ConditionFailed,
            Ground.NotDelivered,
            Ground.SellerRefund,
            Ground.Ruled,
            Ground.Counterfeit
        ];
        for (uint256 i; i < grounds.length; ++i) {
            State state = i < 4 ? State.Refunded : State.Settled;
            vm.expectEmit(address(credit));
            emit ISellerCredit.OutcomeCounted(ORDER, sellerId, counted(0, 1000, true));
            tell(by(outcome(state, grounds[i], Fault.Seller), buyerAt(i)));
            assertWeights(0, 1000 * (i + 1));
        }
        assertEq(credit.scoreOf(sellerId), 0);
    }

    /// @dev Whatever the buyer got, and whether the goods arrived.
    function test_a_ruling_at_the_sellers_fault_is_bad_however_it_divides() public {
        tell(without(toBuyer(outcome(State.Settled, Ground.Ruled, Fault.Seller), FUNDING), DELIVERED));
        assertWeights(0, 1000);
    }

    function test_what_lies_at_anothers_door_counts_and_tells_nothing() public {
        Fault[3] memory faults = [Fault.Nobody, Fault.Buyer, Fault.Carrier];
        for (uint256 i; i < faults.length; ++i) {
            assertSaysNothing(outcome(State.Refunded, Ground.ConditionFailed, faults[i]));
            assertSaysNothing(toBuyer(outcome(State.Settled, Ground.Ruled, faults[i]), 1));
            // Nor does nothing for the buyer of what never arrived
            assertSaysNothing(without(outcome(State.Settled, Ground.Ruled, faults[i]), DELIVERED));
        }
        assertSaysNothing(outcome(State.Settled, Ground.Returned, Fault.Nobody));
        assertSaysNothing(outcome(State.Settled, Ground.NotRuled, Fault.Nobody));
    }

    /// @dev A buyer that disputes for nothing takes no good record away.
    function test_a_ruling_that_gives_the_buyer_nothing_of_a_delivery_is_good() public {
        tell(outcome(State.Settled, Ground.Ruled, Fault.Buyer));
        assertWeights(1000, 0);
        tell(outcome(State.Settled, Ground.Ruled, Fault.Nobody));
        assertWeights(2000, 0);
    }

    function test_an_agreed_split_of_what_was_delivered_is_half_good_however_it_was_split() public {
        uint256[3] memory shares = [0, PRICE / 2, FUNDING];
        for (uint256 i; i < shares.length; ++i) {
            tell(toBuyer(outcome(State.Settled, Ground.Agreed, Fault.Nobody), shares[i]));
            assertWeights(500 * (i + 1), 500 * (i + 1));
        }
    }

    /// @dev What never arrived is as bad as what was given back of price and freight, in thousandths rounded down.
    function test_an_agreed_split_of_what_never_arrived_is_bad_by_the_share_given_back() public {
        assertAgreedUndelivered(0, 0);
        assertAgreedUndelivered(FUNDING, 1000);
        assertAgreedUndelivered(FUNDING - 1, 999);
        assertAgreedUndelivered(FUNDING / 4, 250);
        // A thousandth is 107,000 units: a unit below it is nothing
        assertAgreedUndelivered(FUNDING / 1000 - 1, 0);
        assertAgreedUndelivered(FUNDING / 1000, 1);
    }

    function assertAgreedUndelivered(uint256 back, uint256 bad) private {
        uint256 snapshot = vm.snapshotState();
        tell(without(toBuyer(outcome(State.Settled, Ground.Agreed, Fault.Nobody), back), DELIVERED));
        assertWeights((1000 - bad) * UNWITNESSED / 1000, bad);
        vm.revertToState(snapshot);
    }

    /* WITNESSES */

    function test_what_lacks_a_witness_counts_a_quarter_and_not_for_the_witnessed_score() public {
        Outcome[3] memory lacking = [without(onTime(), CONDITION_MET), without(onTime(), DELIVERED), onTime()];
        lacking[2].condition = address(0xC0);
        for (uint256 i; i < lacking.length; ++i) {
            vm.expectEmit(address(credit));
            emit ISellerCredit.OutcomeCounted(ORDER, sellerId, counted(UNWITNESSED, 0, false));
            tell(lacking[i]);
            assertWeights(UNWITNESSED * (i + 1), 0);
        }
        assertEq(credit.recordOf(sellerId).goodWitnessed, 0);
        assertEq(credit.witnessedScoreOf(sellerId), 25);
        assertEq(credit.scoreOf(sellerId), BetaBound.score(750, 0));
    }

    function test_what_lacks_a_witness_is_bad_in_full() public {
        tell(without(notDelivered(), CONDITION_MET));
        assertWeights(0, 1000);
        assertEq(credit.witnessedScoreOf(sellerId), credit.scoreOf(sellerId));
    }

    /* VALUE */

    function test_weight_grows_with_value_to_the_knee_then_slower_to_the_top() public {
        assertWeighs(1, 0);
        assertWeighs(99_999, 0);
        assertWeighs(100_000, 1);
        assertWeighs(50e6, 500);
        assertWeighs(100e6 - 1, 999);
        assertWeighs(100e6, 1000);
        assertWeighs(100e6 + 399_999, 1000);
        assertWeighs(100e6 + 400_000, 1001);
        assertWeighs(500e6, 2000);
        assertWeighs(900e6, 3000);
        assertWeighs(901e6, 3000);
        assertWeighs(type(uint120).max, 3000);
    }

    function assertWeighs(uint256 price, uint256 weight) private {
        uint256 snapshot = vm.snapshotState();
        tell(over(onTime(), price));
        assertWeights(weight, 0);
        vm.revertToState(snapshot);
        tell(over(notDelivered(), price));
        assertWeights(0, weight);
        vm.revertToState(snapshot);
    }

    /// @dev Below the knee an order weighs no less than its parts.
    function testFuzz_splitting_an_order_below_the_knee_gains_nothing(uint256 whole, uint256 part) public {
        whole = bound(whole, 0, 100e6);
        part = bound(part, 0, whole);
        uint256 snapshot = vm.snapshotState();
        tell(over(onTime(), whole));
        uint256 asOne = goodOf(sellerId);
        vm.revertToState(snapshot);
        tell(over(onTime(), part));
        tell(over(onTime(), whole - part));
        assertLe(goodOf(sellerId), asOne);
    }

    function test_an_odd_weight_is_rounded_down_for_good_and_up_for_bad() public {
        tell(over(outcome(State.Released, Ground.Late, Fault.Nobody), 300_000));
        assertWeights(1, 2);
        // Unwitnessed, a quarter of one is nothing
        tell(over(without(outcome(State.Released, Ground.Late, Fault.Nobody), CONDITION_MET), 300_000));
        assertWeights(1, 4);
    }

    function test_freight_weighs_nothing() public {
        Outcome memory o = onTime();
        o.amounts = Amounts.wrap(uint256(PRICE) | uint256(type(uint120).max) << 120);
        tell(o);
        assertWeights(1000, 0);
    }

    /* RATES */

    function test_an_order_in_a_token_without_a_rate_counts_for_nothing() public {
        Outcome memory o = onTime();
        o.token = address(0x70CE4);
        assertSaysNothing(o);
        o = notDelivered();
        o.token = address(0x70CE4);
        assertSaysNothing(o);
    }

    function test_the_rate_of_the_block_that_counts_applies() public {
        vm.expectEmit(address(credit));
        emit ISellerCredit.RateSet(address(token), PAR / 2);
        credit.setRate(address(token), PAR / 2);
        assertEq(credit.rateOf(address(token)), PAR / 2);
        tell(onTime());
        assertWeights(500, 0);

        credit.setRate(address(token), PAR / 4);
        tell(onTime());
        assertWeights(750, 0);

        credit.setRate(address(token), 0);
        assertSaysNothing(onTime());
    }

    /// @dev A token of 18 decimals at par: 10^12 of its units are a millionth of the reference unit.
    function test_a_rate_carries_the_decimals_of_its_token() public {
        credit.setRate(address(token), 1e6);
        tell(over(onTime(), 100e18));
        assertWeights(1000, 0);
    }

    function test_RevertWhen_a_stranger_sets_a_rate() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        credit.setRate(address(token), 1);
    }

    /* WHO */

    function test_a_seller_who_is_no_participant_counts_and_tells_nothing() public {
        Outcome memory o = onTime();
        o.seller = STRANGER;
        assertSaysNothing(o);
        assertNoRecord(0);
    }

    function test_a_key_that_was_revoked_since_the_acceptance_counts_for_its_participant() public {
        Outcome memory accepted = notDelivered();
        vm.warp(vm.getBlockTimestamp() + 1);
        registry.revokeKey(sellerId, seller, 1);
        tell(accepted);
        assertWeights(0, 1000);
    }

    function test_a_key_that_was_revoked_at_the_acceptance_counts_for_nobody() public {
        registry.revokeKey(sellerId, seller, 0);
        assertSaysNothing(notDelivered());
    }

    function test_two_keys_of_one_participant_share_a_record() public {
        addKey(sellerId, 0x5E11E62);
        tell(onTime());
        Outcome memory o = notDelivered();
        o.seller = vm.addr(0x5E11E62);
        tell(o);
        assertWeights(1000, 1000);
    }

    /* RULES */

    function test_the_rules_are_what_it_was_made_with() public view {
        assertEq(abi.encode(credit.rules()), abi.encode(creditRules()));
    }

    function test_RevertWhen_a_rule_is_out_of_range() public {
        CreditRules memory r = creditRules();
        r.halfLife = 1 days - 1;
        assertOutOfRange(r, 1 days - 1, 1 days, type(uint32).max);
        r = creditRules();
        r.period = 1 days - 1;
        assertOutOfRange(r, 1 days - 1, 1 days, type(uint32).max);
        r = creditRules();
        r.knee = 0;
        assertOutOfRange(r, 0, 1, type(uint64).max);
        r = creditRules();
        r.top = r.knee - 1;
        assertOutOfRange(r, r.knee - 1, r.knee, type(uint64).max);
        r = creditRules();
        r.unwitnessed = 1001;
        assertOutOfRange(r, 1001, 0, 1000);
        r = creditRules();
        r.buyerCap = 0;
        assertOutOfRange(r, 0, 1, 2 ** 20 - 1);
        r = creditRules();
        r.platformCap = 2 ** 20;
        assertOutOfRange(r, 2 ** 20, 1, 2 ** 20 - 1);
        r = creditRules();
        r.totalCap = 2 ** 20;
        assertOutOfRange(r, 2 ** 20, 1, 2 ** 20 - 1);
        r = creditRules();
        r.badCap = 0;
        assertOutOfRange(r, 0, 1, 2 ** 20 - 1);
    }

    function assertOutOfRange(CreditRules memory r, uint256 attempted, uint256 least, uint256 most) private {
        bytes memory expected =
            abi.encodeWithSelector(ISellerCredit.RuleOutOfRange.selector, attempted, least, most);
        try this.deployWith(r) {
            assertTrue(false, "deployed");
        } catch (bytes memory reason) {
            assertEq(reason, expected);
        }
    }

    function deployWith(CreditRules memory r) external {
        deployCredit(r);
    }

    /* THE REAL VAULT */

    function test_the_real_vault_tells_its_outcomes() public {
        Terms memory t = terms();
        openAccepted(t);
        vm.warp(t.schedule.shipBy() + 1);
        escrow.refund(t);
        assertWeights(0, 1000);

        t.salt = "second";
        openSecond(t);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(goodOf(sellerId), UNWITNESSED);
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
        assertWeights(125, 500);

        t.salt = "ruled";
        disputed(t);
        vm.prank(arbiter);
        disputes.rule(t, 1, Fault.Seller, true, "reasons");
        assertWeights(125, 1500);

        t.salt = "silent";
        bytes32 id = disputed(t);
        bytes memory before = abi.encode(credit.recordOf(sellerId));
        vm.warp(vm.getBlockTimestamp() + ARBITRATION_WINDOW + 1);
        disputes.settleUnruled(t);
        assertTrue(escrow.getOrder(id).reported);
        assertEq(abi.encode(credit.recordOf(sellerId)), before);
    }

    function test_the_real_vault_tells_what_was_given_back_of_goods_that_never_arrived() public {
        Terms memory t = withArbitration(terms());
        shippedWithClauses(t);
        vm.warp(t.schedule.claimBy());
        vm.prank(seller);
        disputes.proposeSplit(t, uint120(FUNDING), type(uint40).max);
        vm.prank(buyer);
        disputes.acceptSplit(t, uint120(FUNDING));
        assertWeights(0, 1000);
    }

    function test_the_real_vault_tells_that_a_dispute_was_for_nothing() public {
        Terms memory t = withArbitration(terms());
        disputed(t);
        vm.prank(arbiter);
        disputes.rule(t, 0, Fault.Nobody, false, "reasons");
        assertWeights(UNWITNESSED, 0);
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
        assertWeights(0, 1000);
    }

    /// @dev A caller cannot choose a gas limit with which the order ends and its outcome is missed.
    function test_at_no_gas_an_order_ends_and_its_outcome_is_missed() public {
        Terms memory t = terms();
        bytes32 id = openDelivered(t);
        uint256 ended;
        for (uint256 limit = 60_000; limit < 400_000; limit += 4_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(buyer);
            (bool ok,) = address(escrow).call{gas: limit}(abi.encodeCall(escrow.release, (t)));
            assertTrue(escrow.getOrder(id).reported == ok, "ended, and was not told");
            if (ok) ++ended;
            vm.revertToState(snapshot);
        }
        assertGe(ended, 10);
        assertLe(ended, 75);
    }

    /* SCORES */

    function test_a_seller_without_an_outcome_has_the_priors_bound() public view {
        assertNoRecord(sellerId);
        assertEq(credit.scoreOf(sellerId), 25);
        assertEq(credit.witnessedScoreOf(sellerId), 25);
    }

    function test_reading_a_score_costs_the_same_after_many_outcomes() public {
        // Each after the 63 steps that take the most multiplications
        uint256 step = 90 days / 64;
        vm.warp(step * 15_000);
        tell(onTime());
        vm.warp(step * 15_063);
        credit.scoreOf(sellerId);
        uint256 few = gasOfReading();
        tellMany(onTime(), 0, 40);
        vm.warp(step * 15_126);
        uint256 many = gasOfReading();
        // The square root takes a step or two more or less
        assertLe(many, few + 300);
        assertLe(few, many + 300);
    }

    function gasOfReading() private view returns (uint256 used) {
        used = gasleft();
        credit.scoreOf(sellerId);
        used -= gasleft();
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

    function testFuzz_a_good_weight_never_lowers_a_score(uint64 good, uint64 bad, uint64 more) public pure {
        good = uint64(bound(good, 0, type(uint64).max - more));
        assertGe(BetaBound.score(good + more, bad), BetaBound.score(good, bad));
    }

    function testFuzz_a_bad_weight_never_raises_a_score(uint64 good, uint64 bad, uint64 more) public pure {
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

    /// @dev Deadlines anew, since time has passed.
    function openSecond(Terms memory t) private {
        t.setAcceptBy(vm.getBlockTimestamp() + 1);
        t.setShipBy(vm.getBlockTimestamp() + 2);
        t.setDeliverBy(vm.getBlockTimestamp() + 3);
        openAccepted(t);
    }

    /// @return value of `size` bytes at `at`.
    function word(bytes memory data, uint256 at, uint256 size) private pure returns (uint256 value) {
        for (uint256 i; i < size; ++i) {
            value = value << 8 | uint8(data[at + i]);
        }
    }
}
