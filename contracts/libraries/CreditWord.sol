// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {CreditRecord, PairRecord} from "../interfaces/ISellerCredit.sol";
import {Decay} from "./Decay.sol";

/// @notice A seller's record as it stands in its one slot, from the right: witnessed good, other good and bad (40 bits each,
/// 16 of them below a thousandth of a reference order), step (24), period (16), then what is used of the caps of that
/// period: total, by the first platform, by all others (20 each), and the first platform's tag and key tag (16 each).
type SellerWord is uint256;

/// @notice What a buyer has given a seller in a period, in one slot, from the right: period (16), good (20), bad (20).
type PairWord is uint256;

using CreditWord for SellerWord global;
using CreditWord for PairWord global;

/// @title The two slots of SellerCredit, read and changed as one word each.
/// @dev Sums saturate; what is used never exceeds its cap, which is at most `MAX_USED`. So no field runs into the next.
library CreditWord {
    /// @notice The most that a cap can be: what 20 bits hold.
    uint256 internal constant MAX_USED = (1 << 20) - 1;

    uint256 private constant FRACTION = 16;
    uint256 private constant MAX_SUM = (1 << 40) - 1;
    uint256 private constant MAX_STEP = (1 << 24) - 1;
    uint256 private constant MAX_PERIOD = (1 << 16) - 1;
    uint256 private constant MAX_TAG = (1 << 16) - 1;

    uint256 private constant WITNESSED = 0;
    uint256 private constant OTHER = 40;
    uint256 private constant BAD = 80;
    uint256 private constant STEP = 120;
    uint256 private constant PERIOD = 144;
    uint256 private constant TOTAL = 160;
    uint256 private constant FIRST = 180;
    uint256 private constant REST = 200;
    uint256 private constant TAG = 220;
    uint256 private constant KEY_TAG = 236;

    uint256 private constant PAIR_GOOD = 16;
    uint256 private constant PAIR_BAD = 36;

    /* SELLER */

    /// @return the record as of a later step: its sums decayed. An earlier one changes nothing.
    function atStep(SellerWord word, uint256 step) internal pure returns (SellerWord) {
        uint256 raw = SellerWord.unwrap(word);
        step = Math.min(step, MAX_STEP);
        uint256 standing = (raw >> STEP) & MAX_STEP;
        if (step <= standing) return word;
        unchecked {
            (uint256 witnessed, uint256 other, uint256 bad_) =
                Decay.decay(raw & MAX_SUM, (raw >> OTHER) & MAX_SUM, (raw >> BAD) & MAX_SUM, step - standing);
            return SellerWord.wrap(raw >> PERIOD << PERIOD | step << STEP | bad_ << BAD | other << OTHER | witnessed);
        }
    }

    /// @return the record in `period`: in another one than it stands in, nothing is used yet. Its first platform stays named.
    function inPeriod(SellerWord word, uint256 period) internal pure returns (SellerWord) {
        uint256 raw = SellerWord.unwrap(word);
        period = Math.min(period, MAX_PERIOD);
        if ((raw >> PERIOD) & MAX_PERIOD == period) return word;
        return SellerWord.wrap(raw >> TAG << TAG | period << PERIOD | raw & ((1 << PERIOD) - 1));
    }

    /// @return whether nothing good was taken yet in this period.
    function isFresh(SellerWord word) internal pure returns (bool) {
        return (SellerWord.unwrap(word) >> FIRST) & MAX_USED == 0;
    }

    /// @return whether a platform's address, by its last 16 bits, is the one by which the first platform went.
    function isFirstKey(SellerWord word, uint256 keyTag) internal pure returns (bool) {
        return SellerWord.unwrap(word) >> KEY_TAG == keyTag;
    }

    /// @return whether a platform, by the last 16 bits of its participant id, is the first one.
    function isFirst(SellerWord word, uint256 tag) internal pure returns (bool) {
        return (SellerWord.unwrap(word) >> TAG) & MAX_TAG == tag;
    }

    /// @return the record with its first platform named.
    function named(SellerWord word, uint256 tag, uint256 keyTag) internal pure returns (SellerWord) {
        return SellerWord.wrap(SellerWord.unwrap(word) & ((1 << TAG) - 1) | tag << TAG | keyTag << KEY_TAG);
    }

    /// @return the part of a good weight that the caps leave. @param first whether it is of the first platform's order.
    /// @param platformCap for the first platform of a period, and for all others together.
    function left(SellerWord word, uint256 weight, bool first, uint256 platformCap, uint256 totalCap)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 raw = SellerWord.unwrap(word);
            weight = Math.min(weight, platformCap - ((raw >> (first ? FIRST : REST)) & MAX_USED));
            return Math.min(weight, totalCap - ((raw >> TOTAL) & MAX_USED));
        }
    }

    /// @param good_ in thousandths of a reference order, no more than the caps leave. @param witnessed to which sum it goes.
    function add(SellerWord word, uint256 good_, bool witnessed, bool first, uint256 bad_)
        internal
        pure
        returns (SellerWord)
    {
        unchecked {
            uint256 raw = SellerWord.unwrap(word);
            if (good_ != 0) {
                raw = _add(raw, witnessed ? WITNESSED : OTHER, good_);
                raw += (good_ << TOTAL) + (good_ << (first ? FIRST : REST));
            }
            return SellerWord.wrap(bad_ == 0 ? raw : _add(raw, BAD, bad_));
        }
    }

    /// @return good_ weights, in thousandths of a reference order, rounded down. @return bad_ ones, rounded up.
    /// @param all whether unwitnessed good weights count too.
    function weights(SellerWord word, bool all) internal pure returns (uint64 good_, uint64 bad_) {
        uint256 raw = SellerWord.unwrap(word);
        uint256 sum = raw & MAX_SUM;
        if (all) sum += (raw >> OTHER) & MAX_SUM;
        good_ = uint64(sum >> FRACTION);
        bad_ = uint64(((raw >> BAD) & MAX_SUM) + (1 << FRACTION) - 1 >> FRACTION);
    }

    function unpack(SellerWord word) internal pure returns (CreditRecord memory record) {
        uint256 raw = SellerWord.unwrap(word);
        record.goodWitnessed = uint40(raw);
        record.goodOther = uint40(raw >> OTHER);
        record.bad = uint40(raw >> BAD);
        record.step = uint24(raw >> STEP);
        record.period = uint16(raw >> PERIOD);
        record.total = uint32((raw >> TOTAL) & MAX_USED);
        record.firstPlatform = uint32((raw >> FIRST) & MAX_USED);
        record.otherPlatforms = uint32((raw >> REST) & MAX_USED);
        record.platformTag = uint16(raw >> TAG);
        record.platformKeyTag = uint16(raw >> KEY_TAG);
    }

    /* PAIR */

    /// @return the pair in `period`: in another one than it stands in, nothing is used yet.
    function inPeriod(PairWord pair, uint256 period) internal pure returns (PairWord) {
        period = Math.min(period, MAX_PERIOD);
        return PairWord.unwrap(pair) & MAX_PERIOD == period ? pair : PairWord.wrap(period);
    }

    function good(PairWord pair) internal pure returns (uint256) {
        return (PairWord.unwrap(pair) >> PAIR_GOOD) & MAX_USED;
    }

    function bad(PairWord pair) internal pure returns (uint256) {
        return (PairWord.unwrap(pair) >> PAIR_BAD) & MAX_USED;
    }

    /// @dev No more than the caps leave: what is used stays below them.
    function add(PairWord pair, uint256 good_, uint256 bad_) internal pure returns (PairWord) {
        unchecked {
            return PairWord.wrap(PairWord.unwrap(pair) + (good_ << PAIR_GOOD) + (bad_ << PAIR_BAD));
        }
    }

    function unpack(PairWord pair) internal pure returns (PairRecord memory record) {
        record.period = uint16(PairWord.unwrap(pair));
        record.good = uint32(good(pair));
        record.bad = uint32(bad(pair));
    }

    /* INTERNAL */

    /// @dev Adds thousandths to the sum at `offset`, as much as fits.
    function _add(uint256 raw, uint256 offset, uint256 weight) private pure returns (uint256) {
        unchecked {
            return raw + (Math.min(weight << FRACTION, MAX_SUM - ((raw >> offset) & MAX_SUM)) << offset);
        }
    }
}
