// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {CreditRecord, PairRecord} from "../../contracts/interfaces/ISellerCredit.sol";
import {Ground, Outcome, State} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Vm} from "../Cheats.sol";
import {CreditFixture} from "../contracts/CreditFixture.sol";

/// @dev Outcomes of two sellers, five buyers and four platforms, with hours to months in between. Ghosts are kept from the
/// events' weights alone, and nothing of them decays.
contract CreditHandler is CreditFixture {
    uint256 private constant SELLERS = 2;
    uint256 private constant BUYERS = 5;
    uint256 private constant PLATFORMS = 4;
    uint256 private constant OTHER_SELLER_KEY = 0x5E11E7;
    uint256 private constant PERIOD = 30 days;

    bytes32[SELLERS] private _ids;
    address[SELLERS] private _sellers;
    address[PLATFORMS] private _platforms;

    /// @dev Weights ever taken, in thousandths, by seller; and in a period, by seller and buyer.
    uint256[SELLERS] private _good;
    uint256[SELLERS] private _bad;
    mapping(uint256 period => uint256[BUYERS][SELLERS]) private _given;

    string public violation;
    /// @dev How often an outcome counted for nothing, was good, was only bad.
    uint256[3] public reached;

    constructor() {
        setUpClauses();
        _ids = [sellerId, admit(OTHER_SELLER_KEY, Role.Seller, "other seller")];
        _sellers = [seller, vm.addr(OTHER_SELLER_KEY)];
        admit(0x9147F2, Role.Platform, "second platform");
        addKey(registry.participantOf(platform), 0x9147F9);
        _platforms = [platform, vm.addr(0x9147F9), vm.addr(0x9147F2), STRANGER];
    }

    function good(uint256 seed, uint256 price) external {
        Outcome memory o = seed & 1 == 0 ? onTime() : outcome(State.Released, Ground.Late, Fault.Nobody);
        count(without(o, seed & (CONDITION_MET | DELIVERED)), seed, price);
    }

    function bad(uint256 seed, uint256 price) external {
        count(without(notDelivered(), seed & CONDITION_MET), seed, price);
    }

    function pass(uint256 seed) external {
        vm.warp(vm.getBlockTimestamp() + seed % (seed & 768 == 0 ? 100 days : 1 days));
    }

    function setRate(uint128 rate) external {
        credit.setRate(address(token), rate % (4 * PAR));
    }

    function count(Outcome memory o, uint256 seed, uint256 price) private {
        (uint256 s, uint256 b) = ((seed >> 32) % SELLERS, (seed >> 40) % BUYERS);
        (o.seller, o.platform) = (_sellers[s], _platforms[(seed >> 48) % PLATFORMS]);
        o = by(over(o, price % 1_500e6), buyerAt(b));
        bytes memory others = abi.encode(credit.recordOf(_ids[1 - s]));
        uint256 score = credit.scoreOf(_ids[s]);
        uint256 witnessed = credit.witnessedScoreOf(_ids[s]);

        vm.recordLogs();
        tell(o);
        (uint256 goodTaken, uint256 badTaken) = taken(vm.getRecordedLogs());
        (_good[s], _bad[s]) = (_good[s] + goodTaken, _bad[s] + badTaken);
        _given[vm.getBlockTimestamp() / PERIOD][s][b] += goodTaken;

        must(keccak256(abi.encode(credit.recordOf(_ids[1 - s]))) == keccak256(others), "another seller's record changed");
        if (badTaken == 0) {
            must(credit.scoreOf(_ids[s]) >= score, "a good outcome lowered a score");
            must(credit.witnessedScoreOf(_ids[s]) >= witnessed, "a good outcome lowered a witnessed score");
        }
        if (goodTaken == 0) must(credit.scoreOf(_ids[s]) <= score, "a bad outcome raised a score");
        if (goodTaken + badTaken > 0) checkCaps(s, b);
    }

    /// @return goodTaken what the one event says, and zero without one. @return badTaken the same.
    function taken(Vm.Log[] memory logs) private returns (uint256 goodTaken, uint256 badTaken) {
        must(logs.length <= 1, "told twice");
        if (logs.length == 0) {
            ++reached[0];
            return (0, 0);
        }
        uint256 told = abi.decode(logs[0].data, (uint256));
        (goodTaken, badTaken) = (told & (2 ** 20 - 1), (told >> 20) & (2 ** 20 - 1));
        must(goodTaken + badTaken > 0, "told of an outcome that counted for nothing");
        ++reached[goodTaken > 0 ? 1 : 2];
    }

    /// @dev After an outcome that counted: its period's tallies are of what was given in it, and no cap is passed.
    function checkCaps(uint256 s, uint256 b) private {
        CreditRecord memory record = credit.recordOf(_ids[s]);
        PairRecord memory pair = credit.pairOf(_ids[s], buyerAt(b));
        uint256 period = vm.getBlockTimestamp() / PERIOD;
        must(record.period == period && pair.period == period, "counted in another period");
        must(pair.good == _given[period][s][b], "a buyer gave something else than was taken of it");
        must(pair.good <= BUYER_CAP && pair.bad <= BUYER_CAP, "a buyer gave more than its cap");

        uint256 given;
        for (uint256 i; i < BUYERS; ++i) given += _given[period][s][i];
        must(record.total == given, "the total is not what the buyers gave");
        must(record.firstPlatform + record.otherPlatforms == given, "the platforms' tallies are not the total");
        must(record.total <= TOTAL_CAP && record.firstPlatform <= PLATFORM_CAP, "more than a cap was taken");
        must(record.otherPlatforms <= PLATFORM_CAP, "more than the other platforms' cap was taken");
    }

    /// @dev At any time: no weight is more than was ever taken, and the scores are in their range and order.
    function check() external view {
        for (uint256 s; s < SELLERS; ++s) {
            (uint256 all, uint256 bad_) = credit.weightsOf(_ids[s], true);
            (uint256 seen,) = credit.weightsOf(_ids[s], false);
            assertLe(all, _good[s], "more good than was taken");
            assertLe(bad_, _bad[s], "more bad than was taken");
            assertLe(seen, all, "more witnessed than good");
            assertLe(credit.scoreOf(_ids[s]), 999, "a score above 999");
            assertLe(credit.witnessedScoreOf(_ids[s]), credit.scoreOf(_ids[s]), "a witnessed score above the score");
        }
        assertEq(violation, "");
    }

    function must(bool kept, string memory what) private {
        if (!kept && bytes(violation).length == 0) violation = what;
    }
}
