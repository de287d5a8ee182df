// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "./IReleaseCondition.sol";

/// @notice The immutable terms of an order. Its id is their hash with the chain id and the escrow's address.
/// @dev Amounts are in the token's smallest unit, times in seconds of block time.
struct Terms {
    address buyer;
    /// A key of the seller in the ParticipantRegistry; signs the acceptance and is paid.
    address seller;
    /// A key of the platform; is paid the fee.
    address platform;
    /// A key of the carrier; is paid the freight. Any valid key of the same participant may sign the receipt.
    address carrier;
    /// The settlement token.
    address token;
    /// For the seller, the platform's fee included.
    uint128 price;
    /// For the carrier, on top of the price.
    uint128 freight;
    /// The platform's share of the price, in hundredths of a percent, rounded down.
    uint16 feeBps;
    uint40 acceptBy;
    uint40 shipBy;
    /// Zero without a condition; else between `shipBy` and `deliverBy`.
    uint40 conditionBy;
    uint40 deliverBy;
    /// After `deliverBy`, how long a late receipt still counts.
    uint32 claimWindow;
    /// After delivery, how long the buyer may look at the goods before anyone may release.
    uint32 inspectionWindow;
    /// An IReleaseCondition, or zero.
    address condition;
    /// Participant that decides for the country of exit, and that of entry; zero where the condition needs none.
    bytes32 exitAuthority;
    bytes32 entryAuthority;
    /// Random; makes two orders on equal terms two orders.
    bytes32 salt;
}

/// @notice `None` is an id that was never opened. The last three are terminal.
enum State {
    None,
    Funded,
    Accepted,
    Shipped,
    Delivered,
    Released,
    Refunded,
    Cancelled
}

/// @notice Why an order ended as it did.
enum Ground {
    None,
    /// Released; delivered, or without a receipt released by the buyer, by `deliverBy`.
    OnTime,
    /// Released; delivered, or without a receipt released by the buyer, after `deliverBy`.
    Late,
    /// Refunded: never accepted.
    NotAccepted,
    /// Refunded: not shipped by `shipBy`.
    NotShipped,
    /// Refunded: the condition was rejected, or still pending after `conditionBy`.
    ConditionFailed,
    /// Refunded: no receipt by the end of the claim window.
    NotDelivered,
    /// Refunded by the seller's own will.
    SellerRefund
}

/// @notice What a carrier states when it hands the goods over.
struct Receipt {
    bytes32 orderId;
    /// keccak256 of the logistic unit's EPC URI (its SSCC).
    bytes32 logisticUnit;
    /// The SHA-256 inside the CBV event id of the EPCIS event with bizStep `accepting`.
    bytes32 eventId;
}

/// @notice Everything that changes about an order, in one slot.
struct Order {
    State state;
    Ground ground;
    Fault fault;
    /// The condition was once seen met.
    bool conditionMet;
    /// The carrier's receipt is in.
    bool delivered;
    /// The receipt came after `deliverBy`.
    bool late;
    /// The observer took the outcome in.
    bool reported;
    /// Block time at which the current state began.
    uint40 since;
    /// Block time of acceptance; zero before it.
    uint40 acceptedAt;
}

/// @notice How an accepted order ended.
struct Outcome {
    /// `Released` or `Refunded`.
    State state;
    Ground ground;
    Fault fault;
    /// Whether a carrier's receipt stands behind it.
    bool delivered;
    uint40 acceptedAt;
    /// Block time of the end.
    uint40 at;
}

/// @notice The one thing that anyone may do about a silent party, and from when on.
enum Default {
    None,
    Refund,
    Release
}

/// @title The vault: an order's money, from the buyer's consent to its last payee.
/// @notice Each state has one deadline and one default, which anyone may call; at no moment are two open.
/// @dev Warning: the token is trusted to move what it says. A token that takes a fee, or sends less than asked, is refused
/// at `open`; one that changes balances later (rebasing), charges its sender on top, or moves and then answers `false`,
/// can leave the vault short of that token and of no other.
/// @dev Warning: a token that calls its holders may refuse pushes for a while, as one with a lock does to whoever holds the
/// lock; what it refused then waits for `withdrawFor`.
/// @dev Warning: `condition` is chosen by the parties. A hostile one can grant or refuse a delivery and name at whose door a
/// failure lies, and do nothing else.
/// @dev Warning: the condition is a veto with a deadline, not a seal. A carrier's receipt is taken while it is still
/// pending and has time; after delivery nothing that it says changes the order.
/// @dev Warning: any call may be reordered by the block's builder within the block; every deadline is block time.
interface ITradeEscrow {
    event Opened(bytes32 indexed id, address indexed buyer, address indexed seller, Terms terms);
    event Accepted(bytes32 indexed id);
    event Cancelled(bytes32 indexed id, address indexed by);
    event Shipped(bytes32 indexed id, bytes32 logisticUnit);
    event ConditionLatched(bytes32 indexed id);
    event Delivered(bytes32 indexed id, address indexed signer, bytes32 logisticUnit, bytes32 eventId, bool late);
    event Released(bytes32 indexed id, Ground ground);
    event Refunded(bytes32 indexed id, Ground ground, Fault fault);
    /// @notice The push to a payee failed; the amount waits for `withdraw`.
    event Credited(address indexed payee, address indexed token, uint256 amount);
    event Withdrawn(address indexed payee, address indexed token, address indexed to, uint256 amount);
    event OutcomeReported(bytes32 indexed id);
    /// @notice The observer failed; anyone may `report` the outcome later.
    event ReportFailed(bytes32 indexed id);

    /// @notice A party is zero, or the vault itself, from which nothing would ever come back.
    error PartyInvalid(string role, address party);
    error AmountZero();
    error FeeTooHigh(uint16 attempted, uint16 max);
    /// @notice `later` must not come before `earlier`; named by the fields of `Terms`.
    error DeadlinesOutOfOrder(string earlier, string later);
    /// @notice The last moment of the order lies further off than `MAX_TERM`.
    error DeadlineTooFar(uint256 attempted, uint256 max);
    error AlreadyOpened(bytes32 id);
    error NotBuyer(address caller, address buyer);
    error NotSeller(address caller, address seller);
    error NotParty(address caller);
    /// @notice Neither the signature nor the caller is `party`'s.
    error ConsentInvalid(bytes32 id, address party);
    /// @notice The vault received another amount than the order asks for.
    error AmountReceived(uint256 received, uint256 expected);
    /// @notice The order is in state `standing`; the call needs `expected` or, for release and refund, a state from
    /// `expected` up to `Delivered`.
    error StateWrong(bytes32 id, State standing, State expected);
    error TooLate(uint40 blockTime, uint40 deadline);
    /// @notice No default is open yet; `opensAt` is when this one would be.
    error TooEarly(uint40 blockTime, uint40 opensAt);
    /// @notice The default that stands, now or later, is another one.
    error DefaultDiffers(Default attempted, Default standing);
    error ConditionRejected(bytes32 id);
    error ConditionNotMet(bytes32 id);
    /// @notice The receipt is for another order.
    error ReceiptForeign(bytes32 receiptOrder, bytes32 id);
    /// @notice The receipt's signer is a key of another participant than `terms.carrier`.
    error CarrierForeign(bytes32 attempted, bytes32 expected);
    error ReceiptInvalid(address signer);
    error NothingToWithdraw(address payee, address token);
    error AlreadyReported(bytes32 id);
    error NoOutcome(bytes32 id);

    /// @notice Gas that each push of a token gets. A caller who leaves less for one still due is refused.
    function PUSH_GAS() external view returns (uint256);

    /// @notice Gas that a condition gets to answer.
    function CONDITION_GAS() external view returns (uint256);

    /// @notice Gas that the observer gets at the end of a release or refund: its worst first case, and half as much again.
    function OBSERVER_GAS() external view returns (uint256);

    /// @notice How far after opening an order's last deadline may lie, in seconds.
    function MAX_TERM() external view returns (uint256);

    /// @notice The id of an order on this chain in this vault.
    function orderId(Terms calldata terms) external view returns (bytes32);

    /// @notice Opens an order by its buyer's own transaction, from an allowance.
    /// @param sellerConsent empty, or the seller's EIP-712 signature over `Accept(bytes32 orderId)`: then it opens accepted.
    function open(Terms calldata terms, bytes calldata sellerConsent) external returns (bytes32 id);

    /// @notice Opens an order for a buyer who signed an ERC-3009 `receiveWithAuthorization` whose nonce is the order's id.
    /// By anyone.
    /// @dev Warning: the buyer's consent is as good as the token, which checks the signature.
    /// @dev Warning: whoever sees the call may send it first with an empty `sellerConsent`; the order is then open and
    /// waits for `accept`, which takes the same signature.
    /// @param authorization `abi.encode(validAfter, validBefore, v, r, s)`.
    function openWithAuthorization(Terms calldata terms, bytes calldata authorization, bytes calldata sellerConsent)
        external
        returns (bytes32 id);

    /// @notice Opens an order from an allowance, for a buyer who signed `Open(bytes32 orderId)`. By anyone. An allowance or
    /// a permit alone never opens an order.
    function openWithConsent(Terms calldata terms, bytes calldata buyerConsent, bytes calldata sellerConsent)
        external
        returns (bytes32 id);

    /// @notice The seller takes the order on, by its own transaction or by signature, no later than `acceptBy`.
    function accept(Terms calldata terms, bytes calldata sellerConsent) external;

    /// @notice Either side leaves before acceptance: the buyer is paid back, and there is no outcome.
    function cancel(Terms calldata terms) external;

    /// @notice The seller says that the goods left, no later than `shipBy`.
    function ship(Terms calldata terms, bytes32 logisticUnit) external;

    /// @notice Latches a condition that is met. By anyone; a no-op once latched.
    function poke(Terms calldata terms) external;

    /// @notice Submits the carrier's receipt, no later than the end of the claim window. By anyone. Refused once the
    /// condition is rejected, or still pending after `conditionBy`: a refund then stands open.
    /// @param signer a key, valid at this block, of the participant of `terms.carrier`, which has the role Carrier.
    /// @param signature EIP-712 over `Receipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)`, ERC-1271
    /// accepted. The signer is part of it, so that one wallet's signature is none of its owner's other wallet.
    function deliver(Terms calldata terms, Receipt calldata receipt, address signer, bytes calldata signature) external;

    /// @notice Pays seller, platform and carrier. By the buyer at any time after acceptance, or by anyone once the
    /// inspection window of a delivered order is over.
    function release(Terms calldata terms) external;

    /// @notice Pays the buyer back. By anyone once the default is open, with the default's ground; before that by the seller
    /// at any time after acceptance, at its own fault unless the goods were delivered, so that a refund a moment before
    /// the deadline is no way around the record.
    function refund(Terms calldata terms) external;

    /// @notice Pays out what a failed push left to the caller.
    function withdraw(address token, address to) external;

    /// @notice Pays out what a failed push left to `payee`, to it alone. By anyone.
    function withdrawFor(address payee, address token) external;

    /// @notice Tells the observer of an outcome that it missed. By anyone, once per order.
    function report(Terms calldata terms) external;

    function getOrder(bytes32 id) external view returns (Order memory);

    /// @notice The default of an order as things stand, and when it opens or opened.
    function defaultOf(Terms calldata terms) external view returns (Default standing, uint40 opensAt);

    function creditOf(address payee, address token) external view returns (uint256);
}
