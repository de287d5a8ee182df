// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClause} from "./IClause.sol";
import {Fault} from "./IReleaseCondition.sol";
import {Party, State, Terms} from "./ITradeEscrow.sol";

/// @notice A split that a party offers, as the order then stood: in another state, or once delivered, it no longer holds.
struct Offer {
    uint120 toBuyer;
    /// The last moment at which it can be accepted; zero without an offer.
    uint40 until;
    State state;
    bool delivered;
}

/// @title Disputes: an arbiter rules by a deadline or the terms decide, and the parties may agree at any time.
/// @notice What is disputed is the price and, unless the goods were delivered, the freight: a carrier that delivered keeps
/// its freight whatever others agree or rule. The arbiter's fee comes out of it if the arbiter rules, and only then.
/// @dev There is no appeal: docs/decisions/0006.
/// @dev Warning: that a party is no arbiter is checked as far as the registry knows. Whom a seller assigns its proceeds to is
/// not checked: it could else dismiss the arbiter by paying it.
/// @dev Warning: an arbiter is trusted with its ruling: within the disputed amount, between the two parties, nothing checks it.
interface IDisputes is IClause {
    event Disputed(bytes32 indexed id, address indexed by, bytes32 evidence);
    event EvidenceSubmitted(bytes32 indexed id, address indexed by, bytes32 evidence);
    /// @param until zero if the offer was withdrawn.
    event SplitProposed(bytes32 indexed id, address indexed by, uint120 toBuyer, uint40 until);
    event SplitAccepted(bytes32 indexed id, address indexed by, uint120 toBuyer);
    event Ruled(bytes32 indexed id, address indexed by, uint256 toBuyer, bytes32 reasons);

    /// @notice The arbiter's participant is that of a party or of the provider, admitted it, or is controlled by it.
    error ArbiterPartial(Party role, address party);
    /// @notice More than the price.
    error ArbiterFeeTooHigh(uint256 attempted, uint256 max);
    error SilentShareTooHigh(uint16 attempted, uint16 max);
    error NoArbitration(bytes32 id);
    error NotAccepted(bytes32 id);
    error NotParty(address caller);
    /// @notice A seller disputes what came back, or a delivery that nobody confirmed by its deadline.
    error SellerNotYet(State standing, uint40 deliverBy);
    error NotDisputed(bytes32 id);
    /// @notice The caller is a key of another participant than the arbiter.
    error ArbiterForeign(bytes32 attempted, bytes32 expected);
    /// @notice Counterfeit goods are the seller's fault, and `attempted` is another's.
    error FaultNotSellers(Fault attempted);
    error TooLate(uint40 blockTime, uint40 deadline);
    error TooEarly(uint40 blockTime, uint40 opensAt);
    /// @notice More than is disputed, less the arbiter's fee where the arbiter rules.
    error ShareTooHigh(uint256 attempted, uint256 max);
    /// @notice `party` does not offer this split, or no longer; `offered` and `until` are what it offers.
    error NotOffered(address party, uint120 attempted, uint120 offered, uint40 until);

    /// @notice Raises a dispute, while no default stands open. By the buyer of an order that is shipped, delivered or coming
    /// back; by the seller once the goods are back, or of a shipped order after its delivery was due: before, a dispute would
    /// only take the buyer's right of return, or its refund, away.
    /// @param evidence content hash (SHA-256) of what the party shows.
    function dispute(Terms calldata terms, bytes32 evidence) external;

    /// @notice Adds evidence to an open dispute. By buyer, seller, platform or carrier.
    function submitEvidence(Terms calldata terms, bytes32 evidence) external;

    /// @notice Offers to settle with `toBuyer` of the disputed amount for the buyer, until then. By the buyer, the seller or
    /// the assignee of an accepted order, disputed or not. A later offer replaces it; one that is over withdraws it.
    function proposeSplit(Terms calldata terms, uint120 toBuyer, uint40 until) external;

    /// @notice Settles with what the other side offers; an assignee must offer the same. By the buyer or the seller.
    function acceptSplit(Terms calldata terms, uint120 toBuyer) external;

    /// @notice Rules a dispute, no later than `window` after it was raised. By a key, valid at this block, of the arbiter's
    /// participant, which has the role Arbiter.
    /// @param toBuyer is cut to what is left beside the fee if a receipt came in that took the freight out of the dispute.
    /// @param fault at whose door the failure lies; for the seller's record.
    /// @param counterfeit whether the goods are found to be; then the fault is the seller's.
    /// @param reasons content hash of the reasons.
    function rule(Terms calldata terms, uint256 toBuyer, Fault fault, bool counterfeit, bytes32 reasons) external;

    /// @notice Settles by the split named in the terms, once the arbiter's time is over. By anyone.
    function settleUnruled(Terms calldata terms) external;

    /// @notice What is, or would be, disputed, in the settlement token.
    function disputedAmount(Terms calldata terms) external view returns (uint256);

    function offerOf(bytes32 id, address party) external view returns (Offer memory);
}
