// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IOutcomeObserver} from "./interfaces/IOutcomeObserver.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {CreditRecord, CreditRules, ISellerCredit, PairRecord} from "./interfaces/ISellerCredit.sol";
import {Outcome, Word} from "./interfaces/ITradeEscrow.sol";
import {BetaBound} from "./libraries/BetaBound.sol";
import {CreditWeights} from "./libraries/CreditWeights.sol";
import {CreditWord, PairWord, SellerWord} from "./libraries/CreditWord.sol";
import {OrderWord} from "./libraries/OrderWord.sol";
import {Packed} from "./libraries/Packed.sol";

/// @title The sellers' records. What they mean stands in ISellerCredit.
contract SellerCredit is ISellerCredit, AccessManaged {
    using CreditWeights for Outcome;
    using OrderWord for Word;
    using Packed for *;

    uint256 private constant STEPS_PER_HALF_LIFE = 64;
    uint256 private constant BOTH_WITNESSES = OrderWord.CONDITION_MET | OrderWord.DELIVERED;

    /// @dev Structs around single words, so that a slot is looked up once for reading and writing it.
    struct Pair {
        PairWord word;
    }

    struct Sheet {
        SellerWord word;
        mapping(address buyer => Pair) pairs;
    }

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice The only caller whose outcomes count.
    address public immutable escrow;

    /// @notice The condition that lets an order through on the documents of strangers alone.
    address public immutable clearance;

    uint256 private immutable _halfLife;
    uint256 private immutable _step;
    uint256 private immutable _period;
    uint256 private immutable _knee;
    uint256 private immutable _top;
    uint256 private immutable _unwitnessed;
    uint256 private immutable _buyerCap;
    uint256 private immutable _platformCap;
    uint256 private immutable _totalCap;
    uint256 private immutable _badCap;

    /// @inheritdoc ISellerCredit
    mapping(address token => uint128) public rateOf;

    mapping(bytes32 seller => Sheet) private _sheets;

    constructor(
        address accessManager,
        IParticipantRegistry registry_,
        address escrow_,
        address clearance_,
        CreditRules memory rules_
    ) AccessManaged(accessManager) {
        registry = registry_;
        escrow = escrow_;
        clearance = clearance_;

        // Check that times fit their fields for centuries, that weights rise and caps fit theirs
        _halfLife = _checked(rules_.halfLife, 1 days, type(uint32).max);
        _step = _halfLife / STEPS_PER_HALF_LIFE;
        _period = _checked(rules_.period, 1 days, type(uint32).max);
        _knee = _checked(rules_.knee, 1, type(uint64).max);
        _top = _checked(rules_.top, rules_.knee, type(uint64).max);
        _unwitnessed = _checked(rules_.unwitnessed, 0, CreditWeights.WHOLE);
        _buyerCap = _checked(rules_.buyerCap, 1, CreditWord.MAX_USED);
        _platformCap = _checked(rules_.platformCap, 1, CreditWord.MAX_USED);
        _totalCap = _checked(rules_.totalCap, 1, CreditWord.MAX_USED);
        _badCap = _checked(rules_.badCap, 1, CreditWord.MAX_USED);
    }

    /* OUTCOMES */

    /// @inheritdoc IOutcomeObserver
    function onOutcome(Outcome calldata outcome) external {
        // Check that the escrow itself tells
        if (msg.sender != escrow) revert NotEscrow(msg.sender, escrow);

        // Leave out what says nothing about a seller or weighs nothing, and a seller who is nobody
        bool witnessed = _isWitnessed(outcome);
        (uint256 good, uint256 bad) = _weights(outcome, witnessed);
        if (good == 0 && bad == 0) return;
        bytes32 seller = registry.participantAsOf(outcome.seller, outcome.record.acceptedAt());
        if (seller == 0) return;

        // Count what the caps leave of it
        (good, bad) = _count(_sheets[seller], outcome, good, bad, witnessed);
        if (good != 0 || bad != 0) emit OutcomeCounted(outcome.id, seller, _packed(good, bad, witnessed));
    }

    /// @inheritdoc ISellerCredit
    function setRate(address token, uint128 rate) external restricted {
        rateOf[token] = rate;
        emit RateSet(token, rate);
    }

    /* VIEWS */

    /// @inheritdoc ISellerCredit
    function rules() external view returns (CreditRules memory) {
        return CreditRules(
            uint32(_halfLife),
            uint32(_period),
            uint64(_knee),
            uint64(_top),
            uint16(_unwitnessed),
            uint32(_buyerCap),
            uint32(_platformCap),
            uint32(_totalCap),
            uint32(_badCap)
        );
    }

    /// @inheritdoc ISellerCredit
    function recordOf(bytes32 seller) external view returns (CreditRecord memory) {
        return _sheets[seller].word.unpack();
    }

    /// @inheritdoc ISellerCredit
    function pairOf(bytes32 seller, address buyer) external view returns (PairRecord memory) {
        return _sheets[seller].pairs[buyer].word.unpack();
    }

    /// @inheritdoc ISellerCredit
    function weightsOf(bytes32 seller, bool all) public view returns (uint64 good, uint64 bad) {
        return _sheets[seller].word.atStep(block.timestamp / _step).weights(all);
    }

    /// @inheritdoc ISellerCredit
    function scoreOf(bytes32 seller) external view returns (uint16) {
        (uint64 good, uint64 bad) = weightsOf(seller, true);
        return BetaBound.score(good, bad);
    }

    /// @inheritdoc ISellerCredit
    function witnessedScoreOf(bytes32 seller) external view returns (uint16) {
        (uint64 good, uint64 bad) = weightsOf(seller, false);
        return BetaBound.score(good, bad);
    }

    /* INTERNAL */

    /// @dev Cuts what a buyer, then a platform, then everybody has left to give in this period. Of an outcome that is cut to
    /// nothing, nothing is written.
    function _count(Sheet storage sheet, Outcome calldata outcome, uint256 good, uint256 bad, bool witnessed)
        private
        returns (uint256, uint256)
    {
        unchecked {
            uint256 period = block.timestamp / _period;
            Pair storage slot = sheet.pairs[outcome.buyer];
            PairWord pair = slot.word.inPeriod(period);
            good = Math.min(good, _buyerCap - pair.good());
            bad = Math.min(bad, _badCap - pair.bad());

            SellerWord record = sheet.word.atStep(block.timestamp / _step).inPeriod(period);
            bool first = false;
            if (good != 0) (record, first) = _placed(record, outcome.platform);
            good = record.left(good, first, _platformCap, _totalCap);
            if (good == 0 && bad == 0) return (0, 0);

            sheet.word = record.add(good, witnessed, first, bad);
            slot.word = pair.add(good, bad);
            return (good, bad);
        }
    }

    /// @return the record with its first platform, if this period had none. @return whether `platform` is that.
    /// @dev Who the platform is has to be asked only if it goes by another address than the last first one: two slots less.
    function _placed(SellerWord record, address platform) private view returns (SellerWord, bool) {
        uint256 keyTag = uint16(uint160(platform));
        if (record.isFirstKey(keyTag)) return (record, true);
        uint256 tag = uint16(uint256(registry.getKey(platform).participant));
        return record.isFresh() ? (record.named(tag, keyTag), true) : (record, record.isFirst(tag));
    }

    /// @return good weight of an outcome in thousandths of a reference order, rounded down. @return bad weight, rounded up.
    function _weights(Outcome calldata outcome, bool witnessed) private view returns (uint256 good, uint256 bad) {
        (good, bad) = outcome.shares();
        if (good == 0 && bad == 0) return (0, 0);
        uint256 weight = CreditWeights.weight(outcome.amounts.price(), rateOf[outcome.token], _knee, _top);
        unchecked {
            good = weight * good / CreditWeights.WHOLE;
            bad = bad == 0 ? 0 : weight - good;
            if (!witnessed) good = good * _unwitnessed / CreditWeights.WHOLE;
        }
    }

    /// @dev The clearance contract takes three documents of participants of whom none admitted another; the receipt is of a
    /// carrier, and no platform can admit one.
    function _isWitnessed(Outcome calldata outcome) private view returns (bool) {
        return outcome.condition == clearance && Word.unwrap(outcome.record) & BOTH_WITNESSES == BOTH_WITNESSES;
    }

    function _packed(uint256 good, uint256 bad, bool witnessed) private pure returns (uint256) {
        return good | bad << 20 | (witnessed ? 1 << 40 : 0);
    }

    function _checked(uint256 attempted, uint256 least, uint256 most) private pure returns (uint256) {
        if (attempted < least || attempted > most) revert RuleOutOfRange(attempted, least, most);
        return attempted;
    }
}
