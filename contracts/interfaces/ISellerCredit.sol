// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IOutcomeObserver} from "./IOutcomeObserver.sol";

/// @notice How outcomes weigh, for good: other rules are another deployment. A micro-unit is a millionth of the reference
/// unit that rates convert to; weights are in thousandths of a reference order, which is one worth `knee`.
struct CreditRules {
    /// Seconds, 1 day at least; counted in steps of a 64th of it, rounded down.
    uint32 halfLife;
    /// Seconds for which caps hold, 1 day at least; the first began at Unix time zero.
    uint32 period;
    /// Up to this value, in micro-units, weight grows with value.
    uint64 knee;
    /// From `knee` to this value, in micro-units, it grows a quarter as fast; above, no more.
    uint64 top;
    /// What is left of a good weight that nobody independent witnessed, in thousandths.
    uint16 unwitnessed;
    /// Good weight that one buyer can give one seller in a period. Caps are between 1 and 2^20 - 1.
    uint32 buyerCap;
    /// Good weight that the orders of a seller's first platform, and those of all others, can give it in a period.
    uint32 platformCap;
    /// Good weight that one seller can get in a period.
    uint32 totalCap;
    /// Bad weight that one buyer can give one seller in a period.
    uint32 badCap;
}

/// @notice A seller's record as its last outcome that counted left it, in one slot.
struct CreditRecord {
    /// Sum of witnessed good weights, in 65,536ths of a thousandth of a reference order, decayed to `step`.
    uint40 goodWitnessed;
    /// The same of other good weights.
    uint40 goodOther;
    /// The same of bad weights.
    uint40 bad;
    /// Block time of that outcome, in steps of a 64th of the half-life.
    uint24 step;
    /// The period of that outcome, counted from Unix time zero.
    uint16 period;
    /// Good weight taken in that period, in thousandths.
    uint32 total;
    /// Of it, that of orders of the first platform.
    uint32 firstPlatform;
    /// And that of all other platforms' orders.
    uint32 otherPlatforms;
    /// The last 16 bits of the first platform's participant id; zero if it was nobody when it was named.
    uint16 platformTag;
    /// The last 16 bits of the address by which it went then.
    uint16 platformKeyTag;
}

/// @notice What one buyer gave one seller in a period, in thousandths of a reference order.
struct PairRecord {
    uint16 period;
    uint32 good;
    uint32 bad;
}

/// @title A score that is a pure function of the outcomes of accepted orders, in the order in which they were taken in.
/// @notice An order counts for the participant whose valid key `terms.seller` was when the order was accepted, at the block
/// that takes its outcome in: usually that of its end, else that of `report`. It counts in integers, everything rounded
/// down but where it says up; docs/decisions/0017-credit-weights.md says why, and where the numbers are from.
/// @notice 1. Shares of good and bad, in thousandths: released on time 1000/0; released late 500/500; refunded, settled or
/// ruled at the seller's fault, a finding of counterfeit goods among them, 0/1000; ruled after a delivery with nothing for
/// the buyer 1000/0; settled by agreement 500/500 after a delivery, and before one bad by the share of price and freight
/// that went back, good by the rest. Every other outcome has none and is not counted.
/// @notice 2. Value: `v = price * rateOf(token) / 10^18` micro-units, of the price without freight, at the rate of this block.
/// @notice 3. Weight: `w = (4 * min(v, knee) + min(v, top) - min(v, knee)) * 1000 / (4 * knee)`.
/// @notice 4. `good = w * share / 1000`; `bad = w * share / 1000`, rounded up. A good weight that is not witnessed is cut to
/// `good * unwitnessed / 1000`. Witnessed is an order that was delivered, whose condition was this deployment's
/// CustomsClearance, and that latched it as met: so a payment provider and a carrier, whom no platform can admit, signed
/// for it.
/// @notice 5. Caps, per seller and period (`block time / period`): good is cut to what is left of `buyerCap` for this buyer,
/// of `platformCap` for this platform and of `totalCap`, in this order; bad to what is left of `badCap` for this buyer. What
/// was taken, and no more, is used up. Of platforms, the first to give something in a period has its cap for itself and all
/// others share another; an order is the first one's if its platform's address ends in the 16 bits of that one's, or else
/// if its participant's id does.
/// @notice 6. Decay: a sum is multiplied by 2^(-n/64) when n steps (`block time / (halfLife / 64)`) have passed; libraries/Decay
/// has the integers. Good sums round down, bad ones up.
/// @notice 7. Score: 1000 times the lower bound of the Beta posterior with a uniform prior, in its normal approximation: with
/// a = good/1000 + 1, b = bad/1000 + 1 and n = a + b, `a/n - z * sqrt(a*b / (n*n*(n+1)))`, z = 1.645 (one-sided 95 %), never below
/// zero; the exact floor of that formula (docs/decisions/0004-credit-score.md). Good is the sum of both good sums in whole
/// thousandths; bad is rounded up to one.
/// @notice At its block, a good outcome never lowers a score and a bad one never raises it.
/// @dev Warning: an order in a token without a rate does not count, neither well nor badly. Buyers look before they pay.
/// @dev Warning: below the caps the order of outcomes within a step changes nothing. At a cap, what comes first is taken.
/// @dev Warning: an order on an address that was no valid key at its acceptance counts for nobody.
/// @dev Warning: whoever owns a platform, and buys from itself, pays no more than gas for unwitnessed weight: caps bound it, and
/// nothing else does. `witnessedScoreOf` leaves it out.
/// @dev Warning: a seller that says `ship` and sends nothing under a condition that stays pending is refunded at nobody's
/// fault, since papers that others keep back must not cost it its score.
/// @dev Warning: the escrow is trusted to tell each outcome once.
interface ISellerCredit is IOutcomeObserver {
    /// @notice An outcome was counted. One that the caps left nothing of is not told.
    /// @param counted from the right: good weight taken (20 bits), bad weight taken (20), whether it was witnessed (1).
    event OutcomeCounted(bytes32 indexed orderId, bytes32 indexed seller, uint256 counted);
    event RateSet(address indexed token, uint128 rate);

    error NotEscrow(address caller, address escrow);
    /// @notice A rule is out of its range.
    error RuleOutOfRange(uint256 attempted, uint256 least, uint256 most);

    /// @notice Sets what a token counts for from this block on. Restricted; the deployment gives this call a delay (3 days).
    /// @param rate micro-units for 10^18 of its smallest units; zero, and its orders do not count.
    function setRate(address token, uint128 rate) external;

    /// @notice Micro-units for 10^18 smallest units of a token; zero if its orders do not count.
    function rateOf(address token) external view returns (uint128);

    function rules() external view returns (CreditRules memory);

    /// @param seller participant id. @return zero everywhere for a seller without an outcome.
    function recordOf(bytes32 seller) external view returns (CreditRecord memory);

    /// @param seller participant id.
    function pairOf(bytes32 seller, address buyer) external view returns (PairRecord memory);

    /// @notice A seller's weights as of this block, in thousandths of a reference order: what its scores are of.
    /// @param all whether good weights that were not witnessed are among them.
    function weightsOf(bytes32 seller, bool all) external view returns (uint64 good, uint64 bad);

    /// @param seller participant id.
    /// @return 0 to 999; 25 for a seller without an outcome, which is the prior's own bound.
    function scoreOf(bytes32 seller) external view returns (uint16);

    /// @param seller participant id.
    /// @return the same of witnessed good weights and of all bad ones.
    function witnessedScoreOf(bytes32 seller) external view returns (uint16);
}
