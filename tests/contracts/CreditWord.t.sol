// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {CreditRecord, PairRecord} from "../../contracts/interfaces/ISellerCredit.sol";
import {CreditWeights} from "../../contracts/libraries/CreditWeights.sol";
import {CreditWord, PairWord, SellerWord} from "../../contracts/libraries/CreditWord.sol";
import {Decay} from "../../contracts/libraries/Decay.sol";
import {Test} from "../Cheats.sol";

/// @dev A record in wide integers, each field by itself.
struct Plain {
    uint256 witnessed;
    uint256 other;
    uint256 bad;
    uint256 step;
    uint256 period;
    uint256 total;
    uint256 first;
    uint256 rest;
    uint256 tag;
    uint256 keyTag;
}

/// @dev The words and their decay beside a model that packs nothing and knows no bit.
contract CreditWordTest is Test {
    uint256 private constant MAX_SUM = 2 ** 40 - 1;
    uint256 private constant ONE = 2 ** 64;

    SellerWord private word;
    Plain private plain;

    /* DECAY */

    function testFuzz_decay_is_as_multiplied_out(uint256 first, uint256 second, uint256 bad, uint256 steps) public pure {
        (first, second, bad) = (bound(first, 0, MAX_SUM), bound(second, 0, MAX_SUM), bound(bad, 0, MAX_SUM));
        steps = bound(steps, 0, 42 * 64);
        assertDecays(first, second, bad, steps);
        assertDecays(first, second, bad, steps % 64);
    }

    function test_decay_after_each_number_of_steps() public pure {
        for (uint256 steps; steps < 130; ++steps) {
            assertDecays(MAX_SUM, 0, MAX_SUM, steps);
            assertDecays(1, 65_537, 1, steps);
        }
        assertDecays(MAX_SUM, MAX_SUM, MAX_SUM, type(uint256).max);
    }

    function assertDecays(uint256 first, uint256 second, uint256 bad, uint256 steps) private pure {
        (uint256 a, uint256 b, uint256 c) = Decay.decay(first, second, bad, steps);
        assertEq(a, decayed(first, steps, Math.Rounding.Floor));
        assertEq(b, decayed(second, steps, Math.Rounding.Floor));
        assertEq(c, decayed(bad, steps, Math.Rounding.Ceil));
    }

    /// @dev A half-life made of equal parts is a half-life: each constant is the root that it says, not only the model's.
    function test_as_many_parts_as_make_a_half_life_halve() public pure {
        for (uint256 part = 1; part <= 32; part *= 2) {
            (uint256 good, uint256 bad) = (MAX_SUM, MAX_SUM);
            for (uint256 i; i < 64 / part; ++i) {
                (good,, bad) = Decay.decay(good, 0, bad, part);
            }
            assertLe(good, MAX_SUM / 2);
            assertGe(good + 64 / part, MAX_SUM / 2);
            assertGe(bad, MAX_SUM / 2);
            assertLe(bad, MAX_SUM / 2 + 64 / part);
        }
    }

    function decayed(uint256 sum, uint256 steps, Math.Rounding rounding) private pure returns (uint256) {
        if (steps / 64 >= 40) return 0;
        uint64[6] memory roots = [
            13_043_817_825_332_782_212,
            15_511_800_964_685_064_948,
            16_915_738_899_553_466_670,
            17_664_662_643_191_237_676,
            18_051_468_387_014_017_850,
            18_248_035_989_933_441_396
        ];
        sum = Math.mulDiv(sum, 1, 2 ** (steps / 64), rounding);
        uint256 size = 32;
        for (uint256 k; k < 6; ++k) {
            if (steps / size % 2 == 1) sum = Math.mulDiv(sum, roots[k], ONE, rounding);
            size /= 2;
        }
        return sum;
    }

    /* THE SELLER'S WORD */

    /// @dev Twenty outcomes by random rules, caps at their largest among them, with hours to centuries in between.
    function testFuzz_a_word_is_what_its_fields_are(uint256 seed, uint256 platformCap, uint256 totalCap) public {
        platformCap = bound(platformCap, 1, CreditWord.MAX_USED);
        totalCap = bound(totalCap, 1, CreditWord.MAX_USED);
        uint256 step;
        for (uint256 i; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            step += seed % 4 == 0 ? (seed >> 8) % 2 ** 22 : (seed >> 8) % 300;
            pass(step, step / (1 + (seed >> 40) % 40));
            take(seed, platformCap, totalCap);
            assertEq(abi.encode(word.unpack()), abi.encode(packed()));
            assertWeights();
        }
    }

    function pass(uint256 step, uint256 period) private {
        word = word.atStep(step).inPeriod(period);
        step = Math.min(step, 2 ** 24 - 1);
        period = Math.min(period, 2 ** 16 - 1);
        if (step > plain.step) {
            uint256 steps = step - plain.step;
            plain.witnessed = decayed(plain.witnessed, steps, Math.Rounding.Floor);
            plain.other = decayed(plain.other, steps, Math.Rounding.Floor);
            plain.bad = decayed(plain.bad, steps, Math.Rounding.Ceil);
            plain.step = step;
        }
        if (period != plain.period) (plain.period, plain.total, plain.first, plain.rest) = (period, 0, 0, 0);
    }

    function take(uint256 seed, uint256 platformCap, uint256 totalCap) private {
        uint256 keyTag = (seed >> 64) % 3 * 257;
        uint256 tag = (seed >> 72) % 3 * 65_535 / 2;
        bool fresh = plain.first == 0;
        bool first = keyTag == plain.keyTag || fresh || tag == plain.tag;
        assertTrue(word.isFirstKey(keyTag) == (keyTag == plain.keyTag));
        assertTrue(word.isFresh() == fresh);
        assertTrue(word.isFirst(tag) == (tag == plain.tag));
        if (fresh && keyTag != plain.keyTag) {
            word = word.named(tag, keyTag);
            (plain.tag, plain.keyTag) = (tag, keyTag);
        }

        uint256 offered = (seed >> 80) % 2 ** 21;
        uint256 free = Math.min(platformCap - (first ? plain.first : plain.rest), totalCap - plain.total);
        uint256 good = Math.min(offered, free);
        assertEq(word.left(offered, first, platformCap, totalCap), good);

        uint256 bad = (seed >> 104) % 2 == 0 ? 0 : (seed >> 112) % 2 ** 20;
        bool witnessed = (seed >> 136) % 2 == 0;
        word = word.add(good, witnessed, first, bad);
        if (witnessed) plain.witnessed = Math.min(plain.witnessed + good * 65_536, MAX_SUM);
        else plain.other = Math.min(plain.other + good * 65_536, MAX_SUM);
        plain.bad = Math.min(plain.bad + bad * 65_536, MAX_SUM);
        plain.total += good;
        if (first) plain.first += good;
        else plain.rest += good;
    }

    function packed() private view returns (CreditRecord memory) {
        return CreditRecord(
            uint40(plain.witnessed),
            uint40(plain.other),
            uint40(plain.bad),
            uint24(plain.step),
            uint16(plain.period),
            uint32(plain.total),
            uint32(plain.first),
            uint32(plain.rest),
            uint16(plain.tag),
            uint16(plain.keyTag)
        );
    }

    function assertWeights() private view {
        (uint256 good, uint256 bad) = word.weights(true);
        assertEq(good, (plain.witnessed + plain.other) / 65_536);
        assertEq(bad, Math.ceilDiv(plain.bad, 65_536));
        (good, bad) = word.weights(false);
        assertEq(good, plain.witnessed / 65_536);
        assertEq(bad, Math.ceilDiv(plain.bad, 65_536));
    }

    /// @dev A sum that is full stays full, and its neighbours are what they were.
    function test_a_full_sum_saturates() public pure {
        SellerWord full = SellerWord.wrap(0).add(0, false, true, 0);
        for (uint256 i; i < 20; ++i) {
            full = full.inPeriod(i + 1).add(CreditWord.MAX_USED, true, true, CreditWord.MAX_USED);
        }
        CreditRecord memory record = full.unpack();
        assertEq(record.goodWitnessed, MAX_SUM);
        assertEq(record.goodOther, 0);
        assertEq(record.bad, MAX_SUM);
        assertEq(record.step, 0);
        assertEq(record.total, CreditWord.MAX_USED);
        assertEq(record.otherPlatforms, 0);
    }

    function testFuzz_an_earlier_step_changes_nothing(uint256 raw, uint256 step) public pure {
        SellerWord standing = SellerWord.wrap(raw);
        step = bound(step, 0, standing.unpack().step);
        assertEq(SellerWord.unwrap(standing.atStep(step)), raw);
    }

    /* THE PAIR'S WORD */

    function testFuzz_a_pair_is_what_its_fields_are(uint256 period, uint256 good, uint256 bad, uint256 later) public pure {
        good = bound(good, 0, CreditWord.MAX_USED);
        bad = bound(bad, 0, CreditWord.MAX_USED);
        PairWord pair = PairWord.wrap(0).inPeriod(period).add(good, bad);
        uint256 expected = Math.min(period, 2 ** 16 - 1);
        assertEq(abi.encode(pair.unpack()), abi.encode(PairRecord(uint16(expected), uint32(good), uint32(bad))));
        assertEq(pair.good(), good);
        assertEq(pair.bad(), bad);

        later = Math.min(later, 2 ** 16 - 1);
        pair = pair.inPeriod(later);
        if (later != expected) (good, bad) = (0, 0);
        assertEq(abi.encode(pair.unpack()), abi.encode(PairRecord(uint16(later), uint32(good), uint32(bad))));
    }

    /* WEIGHTS */

    /// @dev The formula of ISellerCredit, in integers that cannot overflow.
    function testFuzz_weight_is_the_formula(uint256 price, uint256 rate, uint256 knee, uint256 top) public pure {
        price = bound(price, 0, type(uint120).max);
        rate = bound(rate, 0, type(uint128).max);
        knee = bound(knee, 1, type(uint64).max);
        top = bound(top, knee, type(uint64).max);
        uint256 value = Math.mulDiv(price, rate, 1e18);
        uint256 slow = Math.min(value, top) - Math.min(value, knee);
        uint256 expected = Math.mulDiv(4 * Math.min(value, knee) + slow, 1000, 4 * knee);
        assertEq(CreditWeights.weight(price, rate, knee, top), expected);
    }
}
