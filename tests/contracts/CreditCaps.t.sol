// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {CreditRecord} from "../../contracts/interfaces/ISellerCredit.sol";
import {Amounts, Ground, Outcome, State, Word} from "../../contracts/interfaces/ITradeEscrow.sol";
import {CreditFixture} from "./CreditFixture.sol";

/// @dev What can be taken in a period, what time makes of it, and what nobody can do to it.
contract CreditCapsTest is CreditFixture {
    uint256 private constant STEP = 121_500;
    uint256 private constant HALF_LIFE = 90 days;
    uint256 private constant PERIOD = 30 days;

    function setUp() public {
        setUpClauses();
        // The beginning of a period: the next is 30 days away
        vm.warp(2_592_000 * 700);
    }

    function dear() private view returns (Outcome memory) {
        return over(onTime(), 900e6);
    }

    function through(Outcome memory o, address platform_) private pure returns (Outcome memory) {
        o.platform = platform_;
        return o;
    }

    /* CAPS */

    function test_a_buyer_gives_a_seller_no_more_than_its_cap_in_a_period() public {
        tell(over(onTime(), 500e6));
        tell(over(onTime(), 500e6));
        assertWeights(3000, 0);
        assertSaysNothing(onTime());
        assertEq(credit.pairOf(sellerId, buyer).good, 3000);

        tell(by(onTime(), buyerAt(1)));
        assertWeights(4000, 0);
        vm.warp(vm.getBlockTimestamp() + PERIOD);
        tell(onTime());
        assertEq(credit.pairOf(sellerId, buyer).good, 1000);
    }

    /// @dev A buyer that grieves a rival is bounded, and its bad weights leave the good ones alone.
    function test_a_buyer_takes_no_more_from_a_seller_than_its_cap_in_a_period() public {
        tell(over(notDelivered(), 500e6));
        tell(over(notDelivered(), 500e6));
        assertWeights(0, 3000);
        assertSaysNothing(notDelivered());
        tell(onTime());
        assertWeights(1000, 3000);
        tell(by(notDelivered(), buyerAt(1)));
        assertWeights(1000, 4000);
    }

    function test_of_what_is_half_good_a_full_cap_leaves_the_other_half() public {
        tell(dear());
        tell(outcome(State.Released, Ground.Late, Fault.Nobody));
        assertWeights(3000, 500);
    }

    function test_a_platform_gives_a_seller_no_more_than_its_cap_and_all_of_them_no_more_than_the_total() public {
        tellMany(dear(), 0, 20);
        assertWeights(PLATFORM_CAP, 0);
        assertSaysNothing(by(dear(), buyerAt(20)));

        // Another platform has what is left of the total
        Outcome memory second = through(dear(), STRANGER);
        tellMany(second, 20, 13);
        assertWeights(PLATFORM_CAP + 39_000, 0);
        tell(by(second, buyerAt(33)));
        assertWeights(TOTAL_CAP, 0);
        assertSaysNothing(by(second, buyerAt(34)));

        // Bad weights have no such cap
        tellMany(notDelivered(), 40, 5);
        assertWeights(TOTAL_CAP, 5000);

        // The next period has all of it again
        vm.warp(vm.getBlockTimestamp() + PERIOD);
        tell(dear());
        assertEq(credit.recordOf(sellerId).total, 3000);
    }

    /// @dev The first platform of a period has its cap for itself; the others share one.
    function test_a_third_platform_shares_the_second_ones_cap() public {
        admit(0x9147F2, Role.Platform, "second platform");
        admit(0x9147F3, Role.Platform, "third platform");
        tell(dear());
        tell(by(through(dear(), vm.addr(0x9147F2)), buyerAt(1)));
        tell(by(through(dear(), vm.addr(0x9147F3)), buyerAt(2)));
        assertEq(credit.recordOf(sellerId).firstPlatform, 3000);
        assertEq(credit.recordOf(sellerId).otherPlatforms, 6000);
    }

    function test_two_keys_of_a_platform_share_its_cap() public {
        addKey(registry.participantOf(platform), 0x9147F9);
        tell(dear());
        tell(by(through(dear(), vm.addr(0x9147F9)), buyerAt(1)));
        assertEq(credit.recordOf(sellerId).firstPlatform, 6000);
        assertEq(credit.recordOf(sellerId).otherPlatforms, 0);
    }

    function test_platforms_that_are_nobody_share_a_cap() public {
        tell(through(dear(), address(0xFACADE)));
        tell(by(through(dear(), STRANGER), buyerAt(1)));
        CreditRecord memory record = credit.recordOf(sellerId);
        assertEq(record.firstPlatform, 6000);
        assertEq(record.platformTag, 0);
        assertEq(record.platformKeyTag, 0xCADE);
    }

    /// @dev The first platform of the last period is known by its address; what it was is not asked again.
    function test_in_a_new_period_another_platform_may_be_the_first() public {
        admit(0x9147F2, Role.Platform, "second platform");
        tell(dear());
        vm.warp(vm.getBlockTimestamp() + PERIOD);
        tell(through(dear(), vm.addr(0x9147F2)));
        tell(by(dear(), buyerAt(1)));
        CreditRecord memory record = credit.recordOf(sellerId);
        assertEq(record.firstPlatform, 3000);
        assertEq(record.otherPlatforms, 3000);
        assertEq(record.platformKeyTag, uint16(uint160(vm.addr(0x9147F2))));
    }

    /* DECAY */

    function test_every_half_life_halves_a_record() public {
        vm.warp(STEP * 15_000);
        tell(dear());
        tell(over(notDelivered(), 900e6));
        vm.warp(vm.getBlockTimestamp() + HALF_LIFE);
        assertWeights(1500, 1500);
        vm.warp(vm.getBlockTimestamp() + HALF_LIFE);
        assertWeights(750, 750);
        // A 64th of the third: 750 * 2^(-1/64) is 741.9
        vm.warp(vm.getBlockTimestamp() + STEP - 1);
        assertWeights(750, 750);
        vm.warp(vm.getBlockTimestamp() + 1);
        assertWeights(741, 742);
    }

    function test_after_forty_half_lives_nothing_is_left_but_the_prior() public {
        tell(notDelivered());
        vm.warp(vm.getBlockTimestamp() + 39 * HALF_LIFE);
        assertWeights(0, 1);
        vm.warp(vm.getBlockTimestamp() + HALF_LIFE);
        assertWeights(0, 0);
        assertEq(credit.scoreOf(sellerId), 25);
    }

    function testFuzz_good_alone_never_rises_with_time_and_bad_alone_never_falls(uint256 first, uint256 second) public {
        first = bound(first, 0, 100 * HALF_LIFE);
        second = bound(second, first, 100 * HALF_LIFE);
        uint256 start = vm.getBlockTimestamp();
        uint256 snapshot = vm.snapshotState();
        tellMany(dear(), 0, 5);
        vm.warp(start + first);
        uint256 earlier = credit.scoreOf(sellerId);
        vm.warp(start + second);
        assertLe(credit.scoreOf(sellerId), earlier);
        assertGe(credit.scoreOf(sellerId), 25);

        vm.revertToState(snapshot);
        vm.warp(start);
        tellMany(over(notDelivered(), 900e6), 0, 5);
        vm.warp(start + first);
        earlier = credit.scoreOf(sellerId);
        vm.warp(start + second);
        assertGe(credit.scoreOf(sellerId), earlier);
        assertLe(credit.scoreOf(sellerId), 25);
    }

    /* NOBODY CAN */

    /// @dev A revert would be a door: the outcome would be missed for ever. Whatever terms say, and whenever.
    function testFuzz_no_terms_and_no_time_make_it_revert(
        Outcome memory o,
        uint256 record,
        uint128 rate,
        uint256 time,
        uint256 seed
    ) public {
        if (seed & 1 == 0) o.token = address(token);
        if (seed & 2 == 0) o.seller = seller;
        if (seed & 4 == 0) o.platform = platform;
        if (seed & 8 == 0) o.condition = address(clearance);
        if (seed & 16 == 0) o.buyer = seller;
        if (seed & 32 == 0) o.amounts = Amounts.wrap(0);
        credit.setRate(address(token), rate);
        record = record & ~uint256(0xffffff) | record % 12 | (record >> 8) % 13 << 8 | (record >> 16) % 4 << 16;
        o.record = Word.wrap(record);
        vm.warp(time);
        tell(o);
        tell(o);
        assertLe(credit.scoreOf(sellerId), 999);
    }

    /// @dev Below the caps, of outcomes that one step takes in, the order makes no difference.
    function testFuzz_outcomes_of_one_step_may_come_in_any_order(uint256 seed, uint256 wait) public {
        tell(by(dear(), buyerAt(100)));
        vm.warp(vm.getBlockTimestamp() + bound(wait, 0, 20 days));
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < 8; ++i) {
            tell(drawn(seed, i));
        }
        bytes memory forwards = abi.encode(credit.recordOf(sellerId));
        vm.revertToState(snapshot);
        for (uint256 i = 8; i > 0; --i) {
            tell(drawn(seed, i - 1));
        }
        assertEq(abi.encode(credit.recordOf(sellerId)), forwards);
    }

    function testFuzz_a_good_outcome_never_lowers_a_score_and_a_bad_one_never_raises_it(uint256 seed, uint256 wait)
        public
    {
        for (uint256 i; i < 6; ++i) {
            vm.warp(vm.getBlockTimestamp() + bound(uint256(keccak256(abi.encode(wait, i))), 0, 100 days));
            tell(drawn(seed, i));
        }
        (uint256 score, uint256 witnessed) = (credit.scoreOf(sellerId), credit.witnessedScoreOf(sellerId));
        tell(by(over(without(onTime(), seed & CONDITION_MET), bound(wait, 0, 2_000e6)), buyerAt(seed % 8)));
        assertGe(credit.scoreOf(sellerId), score);
        assertGe(credit.witnessedScoreOf(sellerId), witnessed);
        (score, witnessed) = (credit.scoreOf(sellerId), credit.witnessedScoreOf(sellerId));
        tell(by(over(notDelivered(), bound(seed, 0, 2_000e6)), buyerAt(wait % 8)));
        assertLe(credit.scoreOf(sellerId), score);
        assertLe(credit.witnessedScoreOf(sellerId), witnessed);
    }

    /// @dev Good, bad or half good, each of another buyer.
    function drawn(uint256 seed, uint256 i) private view returns (Outcome memory o) {
        uint256 dice = uint256(keccak256(abi.encode(seed, i)));
        o = dice % 3 == 0 ? onTime() : dice % 3 == 1 ? notDelivered() : outcome(State.Released, Ground.Late, Fault.Nobody);
        o = by(over(without(o, dice & (CONDITION_MET | DELIVERED)), (dice >> 32) % 1_000e6), buyerAt(i));
    }
}
