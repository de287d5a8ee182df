// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "./IReleaseCondition.sol";

/// @notice Price, freight and platform fee in one word, from the right: price (120 bits; for the seller, the platform's fee
/// included), freight (120 bits; for the carrier, on top of the price), fee (16 bits; the platform's share of what the seller
/// gets, in hundredths of a percent, rounded down: no verb pays it more).
/// @dev Packed, as every verb pays for each word of the terms that it is called with.
type Amounts is uint256;

/// @notice An order's deadlines in one word, from the right, in seconds of block time: accept by, ship by, condition by (zero
/// without a condition; else between ship by and deliver by), deliver by (40 bits each), claim window (32 bits; after deliver
/// by, how long a late receipt or a dispute still counts), inspection window (32 bits; after delivery, how long the buyer may
/// look at the goods, send them back or dispute before anyone may release). The 32 bits left are zero.
type Schedule is uint256;

/// @notice Everything that changes about an order, as it stands in its one slot (`Order` has it member by member), from the
/// right: state, ground and fault (8 bits each), flags (condition met, delivered, late, reported, duties held, assigned,
/// assignee consents; 1 bit each, 8 in all), since and accepted at (40 bits each), to buyer (128 bits).
type Word is uint256;

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
    Amounts amounts;
    Schedule schedule;
    /// An IReleaseCondition, or zero.
    address condition;
    /// Participant that decides for the country of exit, and that of entry; zero where the condition needs none.
    bytes32 exitAuthority;
    bytes32 entryAuthority;
    /// Random; makes two orders on equal terms two orders.
    bytes32 salt;
    /// Empty, or one: what only some orders have.
    Clauses[] clauses;
}

/// @notice What only some orders have; the parts that one has not are zero.
/// @dev The types of `feeCeiling` and `premium` put refund, accept and release among the first selectors: the compiler's
/// dispatcher tries one after the other, at 22 gas each.
struct Clauses {
    /// Joins the orders that are parts of one purchase, each with its own goods, money and deadlines.
    bytes32 group;
    /// The most that the platform's fee may come to; zero without a ceiling.
    uint120 feeCeiling;
    DutiesClause duties;
    QuoteClause quote;
    ReturnPolicy returnPolicy;
    Arbitration arbitration;
}

/// @notice Money put aside for taxes at the border; none if `amount` is zero. See IDuties.
struct DutiesClause {
    address token;
    /// The most that the assessment may come to; the buyer pays it in, and what is left over returns to it.
    uint128 amount;
    /// Paid what the entry authority assesses.
    address payee;
    /// The last moment for the assessment.
    uint40 assessBy;
}

/// @notice What the buyer pays instead of the settlement token; none if `provider` is zero. See IQuotes.
struct QuoteClause {
    /// Locks price and freight in the settlement token, and gets what the buyer paid as far as that is used.
    address provider;
    /// The token that the buyer pays with.
    address token;
    /// What it pays for price and freight together: their ratio is the locked rate.
    uint128 amount;
    /// What it pays on top at opening, to the provider, however the order ends.
    uint120 premium;
}

/// @notice On which terms goods may come back; none if `receiveWindow` is zero. They can be asked back while the inspection
/// window lasts. See IReturns.
struct ReturnPolicy {
    /// Participant, with the role Warehouse, whose key signs that they are back.
    bytes32 place;
    /// After the request, how long they may take.
    uint32 receiveWindow;
    /// After their receipt, how long the seller may look at them before anyone may settle by this policy.
    uint32 settleWindow;
    /// What the seller keeps of the price, in hundredths of a percent, rounded down.
    uint16 restockingBps;
    /// What the buyer bears of the way back: kept from its refund for the seller, who arranged it. Zero if the seller bears it.
    uint128 freight;
}

/// @notice Who rules a dispute, and what happens if nobody does; none if `window` is zero. See IDisputes.
struct Arbitration {
    /// A key of a participant with the role Arbiter; is paid the fee. Any valid key of that participant may rule.
    address arbiter;
    /// Taken from the disputed amount if the arbiter rules.
    uint128 fee;
    /// After the dispute was raised, how long the arbiter has.
    uint32 window;
    /// The buyer's share of the disputed amount if it stays silent, in hundredths of a percent, rounded down.
    uint16 silentBuyerBps;
}

/// @notice `None` is an id that was never opened. The last four are terminal.
enum State {
    None,
    Funded,
    Accepted,
    Shipped,
    Delivered,
    ReturnRequested,
    ReturnReceived,
    Disputed,
    Released,
    Refunded,
    /// Divided by a split: after a return, a ruling, an arbiter's silence or an agreement.
    Settled,
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
    SellerRefund,
    /// Settled: the goods came back.
    Returned,
    /// Settled: buyer and seller agreed on a split.
    Agreed,
    /// Settled: the arbiter ruled.
    Ruled,
    /// Settled: the arbiter was silent.
    NotRuled,
    /// Settled: the arbiter ruled that the goods are counterfeit, which is the seller's fault.
    Counterfeit
}

/// @notice What an operator settles an order with, in the settlement token; the seller's side gets the rest.
struct Split {
    uint256 toBuyer;
    uint256 toCarrier;
    uint256 toArbiter;
}

/// @notice Part of a seller's proceeds, made over to whoever finances the order.
struct Assignment {
    address assignee;
    /// Paid before the seller is, as far as its proceeds reach.
    uint96 amount;
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
    /// The duties are still here.
    bool dutiesHeld;
    /// Part of the seller's proceeds is made over.
    bool assigned;
    /// The assignee lets the seller refund.
    bool assigneeConsents;
    /// Block time at which the current state began.
    uint40 since;
    /// Block time of acceptance; zero before it.
    uint40 acceptedAt;
    /// Of price and freight, what went back to the buyer's side at the end.
    uint128 toBuyer;
}

/// @notice How an accepted order ended, as its observer is told: its id, the first eight words of its terms, and its slot at
/// the end.
/// @dev Not the whole terms: these are copied as they came.
struct Outcome {
    bytes32 id;
    address buyer;
    address seller;
    address platform;
    address carrier;
    address token;
    Amounts amounts;
    Schedule schedule;
    address condition;
    Word record;
}

/// @notice The one thing that anyone may do about a silent party, and from when on.
enum Default {
    None,
    Refund,
    Release,
    /// `Returns.settleByPolicy`.
    PolicyRefund,
    /// `Disputes.settleUnruled`.
    SilentSplit
}

/// @notice Whom an error speaks of.
enum Party {
    Buyer,
    Seller,
    Platform,
    Carrier,
    Assignee,
    Provider,
    Payee
}

/// @notice What an error sets in order: now, and the deadlines of a schedule.
enum Moment {
    Now,
    AcceptBy,
    ShipBy,
    ConditionBy,
    DeliverBy
}

/// @notice The contracts that may hold and settle orders.
struct Operators {
    address deliveries;
    address quotes;
    address returns_;
    address disputes;
    address duties;
}

/// @title The vault: an order's money, from the buyer's consent to its last payee.
/// @notice Each state has one deadline and one default, which anyone may call; at no moment are two open.
/// @dev An order's money is up to three legs, each conserved by itself: price and freight in the settlement token; what
/// the buyer pays with, if a provider's quote stands between the two; and the duties.
/// @dev Its operators (Deliveries, Quotes, Returns, Disputes, Duties) are contracts of their own, named at deployment. What they can do
/// here is hold an order in a state of theirs and settle it: with that order's own money, to that order's own parties.
/// @dev Warning: a token is trusted to move what it says. A token that takes a fee, or sends less than asked, is refused
/// at `open`; one that changes balances later (rebasing), charges its sender on top, or moves and then answers `false`,
/// can leave the vault short of that token and of no other.
/// @dev Warning: a token that calls its holders may refuse pushes for a while, as one with a lock does to whoever holds the
/// lock; what it refused then waits for `withdrawFor`.
/// @dev Warning: `condition` is chosen by the parties. A hostile one can grant or refuse a delivery and name at whose door a
/// failure lies, and do nothing else.
/// @dev Warning: the condition is a veto with a deadline, not a seal. A carrier's receipt is taken while it is still
/// pending and has time; after delivery nothing that it says changes the order. A refund that is open for it is open until
/// somebody calls it: a condition that is met after all closes it again.
/// @dev Warning: any call may be reordered by the block's builder within the block; every deadline is block time.
interface ITradeEscrow {
    event Opened(bytes32 indexed id, address indexed buyer, address indexed seller, Terms terms);
    /// @notice The order is part of a group.
    event Grouped(bytes32 indexed id, bytes32 indexed group);
    event Accepted(bytes32 indexed id);
    event Cancelled(bytes32 indexed id, address indexed by);
    event Shipped(bytes32 indexed id, bytes32 logisticUnit);
    event ConditionLatched(bytes32 indexed id);
    event Delivered(bytes32 indexed id, address indexed signer, bytes32 logisticUnit, bytes32 eventId, bool late);
    event Assigned(bytes32 indexed id, address indexed assignee, uint96 amount);
    event AssigneeConsented(bytes32 indexed id);
    /// @notice An operator holds the order in `state`.
    event Held(bytes32 indexed id, State state);
    event Released(bytes32 indexed id, Ground ground);
    event Refunded(bytes32 indexed id, Ground ground, Fault fault);
    event Settled(bytes32 indexed id, Ground ground, Fault fault, Split split);
    /// @notice The duties left: `assessed` to the tax payee, the rest back to the buyer.
    event DutiesPaid(bytes32 indexed id, uint256 assessed, uint256 returned);
    /// @notice The push to a payee failed; the amount waits for `withdraw`.
    event Credited(address indexed payee, address indexed token, uint256 amount);
    event Withdrawn(address indexed payee, address indexed token, address indexed to, uint256 amount);
    /// @notice `report` told the observer. At the end of an order nothing says that the observer was told, only if it was not.
    event OutcomeReported(bytes32 indexed id);
    /// @notice The observer failed at the end of the order; anyone may `report` the outcome later.
    event ReportFailed(bytes32 indexed id);
    /// @notice A call of a batch failed, alone.
    /// @param reason the first 132 bytes of what it reverted with: an error of three words whole.
    event CallFailed(uint256 indexed index, bytes reason);

    /// @notice A party, or who is to be paid out, is zero or the vault itself, from which nothing would ever come back.
    error PartyInvalid(Party role, address party);
    error AmountZero();
    error FeeTooHigh(uint16 attempted, uint16 max);
    /// @notice More than one `Clauses`, or bits beyond the fields of the schedule.
    error TermsMalformed();
    /// @notice `later` must not come before `earlier`.
    error DeadlinesOutOfOrder(Moment earlier, Moment later);
    /// @notice Conditions and their deadline come together.
    error ConditionByWithoutCondition(uint40 conditionBy);
    /// @notice The last moment of the order lies further off than `MAX_TERM`.
    error DeadlineTooFar(uint256 attempted, uint256 max);
    error AlreadyOpened(bytes32 id);
    error NotSeller(address caller, address seller);
    error NotParty(address caller);
    /// @notice The caller is not the operator whose call this is.
    error NotOperator(address caller);
    /// @notice Neither the signature nor the caller is `party`'s.
    error ConsentInvalid(bytes32 id, address party);
    /// @notice The vault received another amount than the order asks for.
    error AmountReceived(address token, uint256 received, uint256 expected);
    /// @notice The order is in state `standing`; the call needs `expected` or, for release, refund and settle, a state from
    /// `expected` up to `Disputed`.
    error StateWrong(bytes32 id, State standing, State expected);
    error TooLate(uint40 blockTime, uint40 deadline);
    /// @notice No default is open yet; `opensAt` is when this one would be.
    error TooEarly(uint40 blockTime, uint40 opensAt);
    /// @notice The default that stands, now or later, is another one.
    error DefaultDiffers(Default attempted, Default standing);
    /// @notice The default has been open since `opensAt`: it is too late for anything else than to call it.
    error DefaultOpen(Default standing, uint40 opensAt);
    /// @notice The condition is not met, so that there is nothing to latch.
    error ConditionNotMet(bytes32 id);
    /// @notice The receipt is for another order.
    error ReceiptForeign(bytes32 receiptOrder, bytes32 id);
    /// @notice The receipt's signer is a key of another participant than `terms.carrier`.
    error CarrierForeign(bytes32 attempted, bytes32 expected);
    error ReceiptInvalid(address signer);
    error AlreadyAssigned(bytes32 id);
    /// @notice More than the price.
    error AssignmentTooHigh(uint256 attempted, uint256 max);
    error NotAssignee(address caller, address assignee);
    /// @notice A refund by the seller's will needs `consentToRefund` of whoever finances the order.
    error AssigneeConsentMissing(bytes32 id, address assignee);
    /// @notice The parts of a split come to more than the order holds.
    error SplitTooHigh(uint256 attempted, uint256 held);
    /// @notice The duties were paid or returned, or there never were any.
    error DutiesNotHeld(bytes32 id);
    error NothingToWithdraw(address payee, address token);
    error AlreadyReported(bytes32 id);
    error NoOutcome(bytes32 id);

    /// @notice Gas that each push of a token gets. A caller who leaves less for one still due is refused.
    function PUSH_GAS() external view returns (uint256);

    /// @notice Gas that a condition gets to answer.
    function CONDITION_GAS() external view returns (uint256);

    /// @notice Gas that the observer gets at the end of an order: its worst first case, and half as much again.
    function OBSERVER_GAS() external view returns (uint256);

    /// @notice How far after opening an order's last deadline may lie, in seconds.
    function MAX_TERM() external view returns (uint256);

    /// @notice The contracts that may hold and settle orders here, for good.
    function operators() external view returns (Operators memory);

    /// @notice The id of an order on this chain in this vault.
    function orderId(Terms calldata terms) external view returns (bytes32);

    /// @notice Opens an order from an allowance: by its buyer, or by anyone with the buyer's consent. An allowance or a permit
    /// alone never opens an order.
    /// @dev Duties in another token than the buyer pays with, and the provider's leg, come from allowances in every case.
    /// @param buyerConsent the buyer's EIP-712 signature over `Open(bytes32 orderId)`; not looked at if the buyer calls.
    /// @param sellerConsent empty, or the seller's over `Accept(bytes32 orderId)`: then the order opens accepted.
    /// @param quote empty, or the provider's: see IQuotes.take.
    function open(
        Terms calldata terms,
        bytes calldata buyerConsent,
        bytes calldata sellerConsent,
        bytes calldata quote
    ) external returns (bytes32 id);

    /// @notice Opens an order for a buyer who signed an ERC-3009 `receiveWithAuthorization` whose nonce is the order's id.
    /// By anyone.
    /// @dev Warning: the buyer's consent is as good as the token, which checks the signature; it is a consent for that token
    /// only. Duties in another token are drawn from an allowance, and need the buyer's own signature or call besides.
    /// @dev Warning: whoever sees the call may send it first with an empty `sellerConsent`; the order is then open and
    /// waits for `accept`, which takes the same signature. Until then the seller may cancel, though it had consented; a
    /// provider keeps its premium. The same holds for `open` with a consent.
    /// @param authorization `abi.encode(validAfter, validBefore, v, r, s)`; then, if duties are drawn from an allowance and the
    /// buyer does not call, its signature over `Open(bytes32 orderId)`.
    function openWithAuthorization(
        Terms calldata terms,
        bytes calldata authorization,
        bytes calldata sellerConsent,
        bytes calldata quote
    ) external returns (bytes32 id);

    /// @notice The seller takes the order on, by its own transaction or by signature, no later than `acceptBy`.
    function accept(Terms calldata terms, bytes calldata sellerConsent) external;

    /// @notice Either side leaves before acceptance: the buyer is paid back, and there is no outcome.
    function cancel(Terms calldata terms) external;

    /// @notice The seller says that the goods left, no later than `shipBy`.
    function ship(Terms calldata terms, bytes32 logisticUnit) external;

    /// @notice Latches a condition that is met. By anyone; a no-op once latched.
    function poke(Terms calldata terms) external;

    /// @notice Submits the carrier's receipt, no later than the end of the claim window. By anyone. Refused while a default
    /// stands open: once the condition is rejected, or still pending after its deadline, or the claim window is over. In a
    /// dispute that was raised before it came, it is noted while neither default is open, for the freight; the dispute goes on.
    /// @dev Warning: freight is earned by the receipt. Until it is in, buyer and seller may end the order without the carrier,
    /// who hands over once it is.
    /// @param signer a key, valid at this block, of the participant of `terms.carrier`, which has the role Carrier.
    /// @param signature EIP-712 over `Receipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)`, ERC-1271
    /// accepted. The signer is part of it, so that one wallet's signature is none of its owner's other wallet.
    function deliver(Terms calldata terms, Receipt calldata receipt, address signer, bytes calldata signature) external;

    /// @notice The seller makes part of its proceeds over, once, after acceptance and before delivery. From then on a
    /// refund by its will, and a split that it agrees to, need the assignee.
    /// @dev Warning: an assignment is no guarantee. A default, a return or a ruling can leave less than `amount`.
    function assign(Terms calldata terms, address assignee, uint96 amount) external;

    /// @notice The assignee lets the seller refund.
    function consentToRefund(Terms calldata terms) external;

    /// @notice Pays seller, platform and carrier. By the buyer at any time after acceptance, or by anyone once the
    /// inspection window of a delivered order is over, or the goods that it asked back did not come.
    function release(Terms calldata terms) external;

    /// @notice Pays the buyer back; the freight goes to the carrier if it delivered. By anyone once the default is open, with
    /// the default's ground; before that by the seller at any time after acceptance, at its own fault unless the goods were
    /// delivered and are not disputed, so that a refund a moment before a deadline or a ruling is no way around the record.
    function refund(Terms calldata terms) external;

    /// @notice Holds an order in a state of an operator, while no default stands open. By Deliveries: what `deliver` would
    /// take, as delivered. By Returns: a delivered order, a requested return. By Disputes: one that is shipped, delivered or coming
    /// back.
    function hold(Terms calldata terms, State state) external;

    /// @notice Ends an accepted order by a split. By Returns, once the goods are back; by Disputes.
    function settle(Terms calldata terms, Split calldata split, Ground ground, Fault fault) external;

    /// @notice Pays `assessed` of the duties to the tax payee and returns the rest to the buyer. By Duties.
    function payDuties(Terms calldata terms, uint256 assessed) external;

    /// @notice Pays out what a failed push left to the caller.
    function withdraw(address token, address to) external;

    /// @notice Pays out what a failed push left to `payee`, to it alone. By anyone.
    function withdrawFor(address payee, address token) external;

    /// @notice Tells the observer of an outcome that it missed. By anyone, once per order.
    function report(Terms calldata terms) external;

    /// @notice Makes several calls to this contract as the caller, each succeeding or failing alone, with `gasEach` gas.
    /// Opening is refused in it. Whoever leaves too little gas for a call is refused as a whole.
    function batch(bytes[] calldata calls, uint256 gasEach) external;

    function getOrder(bytes32 id) external view returns (Order memory);

    /// @notice The default of an order as things stand, and when it opens or opened.
    function defaultOf(Terms calldata terms) external view returns (Default standing, uint40 opensAt);

    function assignmentOf(bytes32 id) external view returns (Assignment memory);

    function creditOf(address payee, address token) external view returns (uint256);
}
