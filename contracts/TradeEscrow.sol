// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {IClause} from "./interfaces/IClause.sol";
import {Authorization, IERC3009} from "./interfaces/IERC3009.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {IQuotes} from "./interfaces/IQuotes.sol";
import {ConditionStatus, Fault} from "./interfaces/IReleaseCondition.sol";
import {
    Assignment,
    Clauses,
    Default,
    Ground,
    ITradeEscrow,
    Operators,
    Order,
    Party,
    QuoteClause,
    Receipt,
    Split,
    State,
    Terms,
    Word
} from "./interfaces/ITradeEscrow.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {Defaults} from "./libraries/Defaults.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {OrderWord} from "./libraries/OrderWord.sol";
import {Packed} from "./libraries/Packed.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {Shares} from "./libraries/Shares.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title The vault. What it does and what it promises stands in ITradeEscrow.
contract TradeEscrow is ITradeEscrow, EIP712, ReentrancyGuard {
    using BoundedCall for address;
    using BoundedCall for bytes;
    using Defaults for address;
    using Defaults for Terms;
    using OrderTerms for Terms;
    using OrderWord for Word;
    using Packed for *;
    using Payouts for address;
    using Payouts for Payouts.Credits;
    using Shares for Payouts.Credits;
    using Signatures for bytes32;

    /// @inheritdoc ITradeEscrow
    uint256 public constant PUSH_GAS = Payouts.PUSH_GAS;

    /// @inheritdoc ITradeEscrow
    uint256 public constant CONDITION_GAS = Defaults.CONDITION_GAS;

    /// @inheritdoc ITradeEscrow
    uint256 public constant OBSERVER_GAS = 100_000;

    /// @inheritdoc ITradeEscrow
    uint256 public constant MAX_TERM = 3 * 365 days;

    string private constant NAME = "Lading TradeEscrow";
    string private constant VERSION = "1";

    /// @dev A selector and four words.
    uint256 private constant REASON_BYTES = 132;

    uint256 private constant AUTHORIZATION_BYTES = 160;

    bytes32 private constant OPEN_TYPEHASH = keccak256("Open(bytes32 orderId)");
    bytes32 private constant ACCEPT_TYPEHASH = keccak256("Accept(bytes32 orderId)");
    bytes32 private constant RECEIPT_TYPEHASH =
        keccak256("Receipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)");

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    address private immutable _deliveries;
    address private immutable _quotes;
    address private immutable _returns;
    address private immutable _disputes;
    address private immutable _duties;

    /// @notice An IOutcomeObserver, or zero.
    address public immutable observer;

    uint256 private immutable _chainId = block.chainid;

    mapping(bytes32 id => Word) private _orders;
    mapping(bytes32 id => Assignment) private _assignments;
    Payouts.Credits private _credits;

    constructor(IParticipantRegistry registry_, Operators memory operators_, address observer_) EIP712(NAME, VERSION) {
        registry = registry_;
        _deliveries = operators_.deliveries;
        _quotes = operators_.quotes;
        _returns = operators_.returns_;
        _disputes = operators_.disputes;
        _duties = operators_.duties;
        observer = observer_;
    }

    /* OPENING */

    /// @inheritdoc ITradeEscrow
    function open(
        Terms calldata terms,
        bytes calldata buyerConsent,
        bytes calldata sellerConsent,
        bytes calldata quote
    ) external nonReentrant returns (bytes32 id) {
        id = _checkOpening(terms, sellerConsent);

        // Check the buyer's consent to this id: its allowance alone says nothing about it
        if (msg.sender != terms.buyer) _checkConsent(id, terms.buyer, OPEN_TYPEHASH, buyerConsent);

        (address token, uint256 amount) = terms.buyerLeg();
        token.pull(terms.buyer, amount);
        _create(terms, id, sellerConsent.length > 0, quote);
    }

    /// @inheritdoc ITradeEscrow
    function openWithAuthorization(
        Terms calldata terms,
        bytes calldata authorization,
        bytes calldata sellerConsent,
        bytes calldata quote
    ) external nonReentrant returns (bytes32 id) {
        id = _checkOpening(terms, sellerConsent);

        // Check the buyer's consent if an allowance is drawn on too: what this token calls its consent says nothing about that
        if (terms.takesAllowance() && msg.sender != terms.buyer) {
            _checkConsent(id, terms.buyer, OPEN_TYPEHASH, authorization[AUTHORIZATION_BYTES:]);
        }

        // Pull with the authorization whose nonce is the id: it is the buyer's consent to these terms and no others
        _pullAuthorized(terms, id, authorization);
        _create(terms, id, sellerConsent.length > 0, quote);
    }

    /* LIFE */

    /// @inheritdoc ITradeEscrow
    function accept(Terms calldata terms, bytes calldata sellerConsent) external {
        (bytes32 id, Word word) = _load(terms);
        _checkState(id, word, State.Funded);
        _checkInTime(terms.schedule.acceptBy());
        if (msg.sender != terms.seller) _checkConsent(id, terms.seller, ACCEPT_TYPEHASH, sellerConsent);

        _orders[id] = word.accept();
        emit Accepted(id);
    }

    /// @inheritdoc ITradeEscrow
    function cancel(Terms calldata terms) external {
        (bytes32 id, Word word) = _load(terms);
        _checkState(id, word, State.Funded);
        if (msg.sender != terms.buyer && msg.sender != terms.seller) revert NotParty(msg.sender);

        emit Cancelled(id, msg.sender);
        _end(terms, id, word.enter(State.Cancelled), Split(terms.amounts.total(), 0, 0));
    }

    /// @inheritdoc ITradeEscrow
    function ship(Terms calldata terms, bytes32 logisticUnit) external {
        (bytes32 id, Word word) = _load(terms);
        _checkState(id, word, State.Accepted);
        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);
        _checkInTime(terms.schedule.shipBy());

        _orders[id] = word.enter(State.Shipped);
        emit Shipped(id, logisticUnit);
    }

    /// @inheritdoc ITradeEscrow
    function poke(Terms calldata terms) external {
        (bytes32 id, Word word) = _load(terms);
        if (word.state() != State.Accepted) _checkState(id, word, State.Shipped);
        if (word.has(OrderWord.CONDITION_MET)) return;
        (ConditionStatus status,) = terms.condition.statusOf(id);
        if (status != ConditionStatus.Met) revert ConditionNotMet(id);

        _orders[id] = word.with(OrderWord.CONDITION_MET);
        emit ConditionLatched(id);
    }

    /// @inheritdoc ITradeEscrow
    function deliver(Terms calldata terms, Receipt calldata receipt, address signer, bytes calldata signature)
        external
    {
        (bytes32 id, Word word) = _load(terms);
        _checkDeliverable(terms, id, word);

        // Check that the receipt is about this order, and its signer the carrier at this block
        if (receipt.orderId != id) revert ReceiptForeign(receipt.orderId, id);
        bytes32 participant = registry.participantWithRole(signer, Role.Carrier);
        bytes32 carrier = registry.getKey(terms.carrier).participant;
        if (participant != carrier) revert CarrierForeign(participant, carrier);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(RECEIPT_TYPEHASH, receipt.orderId, receipt.logisticUnit, receipt.eventId, signer))
        );
        if (!digest.isSignedBy(signer, signature)) revert ReceiptInvalid(signer);

        word = _delivered(terms, word);
        _orders[id] = word;
        emit Delivered(id, signer, receipt.logisticUnit, receipt.eventId, word.has(OrderWord.LATE));
    }

    /* FINANCE */

    /// @inheritdoc ITradeEscrow
    function assign(Terms calldata terms, address assignee, uint96 amount) external {
        (bytes32 id, Word word) = _load(terms);
        if (word.state() != State.Accepted) _checkState(id, word, State.Shipped);
        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);
        if (word.has(OrderWord.ASSIGNED)) revert AlreadyAssigned(id);
        if (assignee == address(0) || assignee == address(this)) revert PartyInvalid(Party.Assignee, assignee);
        if (amount == 0) revert AmountZero();
        if (amount > terms.amounts.price()) revert AssignmentTooHigh(amount, terms.amounts.price());

        _orders[id] = word.with(OrderWord.ASSIGNED);
        _assignments[id] = Assignment(assignee, amount);
        emit Assigned(id, assignee, amount);
    }

    /// @inheritdoc ITradeEscrow
    function consentToRefund(Terms calldata terms) external {
        (bytes32 id, Word word) = _load(terms);
        _checkAccepted(id, word);
        address assignee = _assignments[id].assignee;
        if (msg.sender != assignee) revert NotAssignee(msg.sender, assignee);

        _orders[id] = word.with(OrderWord.ASSIGNEE_CONSENTS);
        emit AssigneeConsented(id);
    }

    /* ENDING */

    /// @inheritdoc ITradeEscrow
    function release(Terms calldata terms) external {
        (bytes32 id, Word word) = _load(terms);
        _checkAccepted(id, word);

        // Check that the buyer calls, or that the release is the default and open
        if (msg.sender != terms.buyer) {
            (Default standing, uint40 opensAt,,) = terms.standing(id, word);
            if (standing != Default.Release) revert DefaultDiffers(Default.Release, standing);
            if (block.timestamp < opensAt) revert TooEarly(_now(), opensAt);
        }

        bool late =
            word.has(OrderWord.DELIVERED) ? word.has(OrderWord.LATE) : block.timestamp > terms.schedule.deliverBy();
        Ground ground = late ? Ground.Late : Ground.OnTime;
        emit Released(id, ground);
        word = word.enter(State.Released).conclude(ground, Fault.Nobody, 0);
        _end(terms, id, word, Split(0, terms.amounts.freight(), 0));
    }

    /// @inheritdoc ITradeEscrow
    function refund(Terms calldata terms) external {
        (bytes32 id, Word word) = _load(terms);
        bool accepted = word.state() != State.Funded;
        if (accepted) _checkAccepted(id, word);

        // Take the default's ground if it is a refund and open; else check that the seller refunds of its own will
        (Default standing, uint40 opensAt, Ground ground, Fault fault) = terms.standing(id, word);
        if (standing != Default.Refund || block.timestamp < opensAt) {
            if (!accepted || msg.sender != terms.seller) {
                if (standing != Default.Refund) revert DefaultDiffers(Default.Refund, standing);
                revert TooEarly(_now(), opensAt);
            }
            (ground, fault) = (Ground.SellerRefund, _checkSellerRefund(id, word));
        }

        uint256 toCarrier = word.has(OrderWord.DELIVERED) ? terms.amounts.freight() : 0;
        uint256 toBuyer = terms.amounts.total() - toCarrier;
        emit Refunded(id, ground, fault);
        word = word.enter(State.Refunded).conclude(ground, fault, toBuyer);
        _end(terms, id, word, Split(toBuyer, toCarrier, 0));
    }

    /// @inheritdoc ITradeEscrow
    function withdraw(address token, address to) external {
        _credits.withdraw(msg.sender, token, to);
    }

    /// @inheritdoc ITradeEscrow
    function withdrawFor(address payee, address token) external {
        _credits.withdraw(payee, token, payee);
    }

    /// @inheritdoc ITradeEscrow
    function report(Terms calldata terms) external {
        (bytes32 id, Word word) = _load(terms);
        if (!_hasOutcome(word) || observer == address(0)) revert NoOutcome(id);
        if (word.has(OrderWord.REPORTED)) revert AlreadyReported(id);

        _orders[id] = word.with(OrderWord.REPORTED);
        emit OutcomeReported(id);

        observer.tell(terms.outcomeCall(id, word));
    }

    /// @inheritdoc ITradeEscrow
    function batch(bytes[] calldata calls, uint256 gasEach) external nonReentrant {
        for (uint256 i; i < calls.length; ++i) {
            (bool ok, bytes memory reason) = calls[i].perform(gasEach, REASON_BYTES);
            if (!ok) emit CallFailed(i, reason);
        }
    }

    /* THE OPERATORS' DOOR */

    /// @inheritdoc ITradeEscrow
    function hold(Terms calldata terms, State state) external {
        (bytes32 id, Word word) = _load(terms);
        if (state == State.Delivered) {
            if (msg.sender != _deliveries) revert NotOperator(msg.sender);
            _checkDeliverable(terms, id, word);
            word = _delivered(terms, word);
        } else {
            _checkHold(id, word, state);
            _checkNoDefault(terms, id, word);
            word = word.enter(state);
        }

        _orders[id] = word;
        emit Held(id, word.state());
    }

    /// @inheritdoc ITradeEscrow
    function settle(Terms calldata terms, Split calldata split, Ground ground, Fault fault) external {
        (bytes32 id, Word word) = _load(terms);
        _checkAccepted(id, word);
        if (msg.sender == _returns) _checkState(id, word, State.ReturnReceived);
        else if (msg.sender != _disputes) revert NotOperator(msg.sender);

        // Check that the order holds as much
        uint256 attempted = split.toBuyer + split.toCarrier + split.toArbiter;
        uint256 held = terms.amounts.total();
        if (attempted > held) revert SplitTooHigh(attempted, held);

        emit Settled(id, ground, fault, split);
        word = word.enter(State.Settled).conclude(ground, fault, split.toBuyer);
        _end(terms, id, word, split);
    }

    /// @inheritdoc ITradeEscrow
    function payDuties(Terms calldata terms, uint256 assessed) external {
        if (msg.sender != _duties) revert NotOperator(msg.sender);
        (bytes32 id, Word word) = _load(terms);
        if (!word.has(OrderWord.DUTIES_HELD)) revert DutiesNotHeld(id);

        _orders[id] = word.without(OrderWord.DUTIES_HELD);
        _credits.payDuties(terms, id, assessed);
    }

    /* VIEWS */

    /// @inheritdoc ITradeEscrow
    function orderId(Terms calldata terms) external view returns (bytes32) {
        return terms.id(address(this), _chainId);
    }

    /// @inheritdoc ITradeEscrow
    function operators() external view returns (Operators memory) {
        return Operators(_deliveries, _quotes, _returns, _disputes, _duties);
    }

    /// @inheritdoc ITradeEscrow
    function getOrder(bytes32 id) external view returns (Order memory) {
        return _orders[id].unpack();
    }

    /// @inheritdoc ITradeEscrow
    function defaultOf(Terms calldata terms) external view returns (Default standing, uint40 opensAt) {
        (bytes32 id, Word word) = _load(terms);
        (standing, opensAt,,) = terms.standing(id, word);
    }

    /// @inheritdoc ITradeEscrow
    function assignmentOf(bytes32 id) external view returns (Assignment memory) {
        return _assignments[id];
    }

    /// @inheritdoc ITradeEscrow
    function creditOf(address payee, address token) external view returns (uint256) {
        return _credits.owed[payee][token];
    }

    /// @dev OpenZeppelin's reads name and version back from immutables, at 800 bytes of code.
    function eip712Domain()
        public
        view
        override
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /* INTERNAL: OPENING */

    /// @dev All that can be checked before any token moves.
    function _checkOpening(Terms calldata terms, bytes calldata sellerConsent) private view returns (bytes32 id) {
        Word word;
        (id, word) = _load(terms);
        if (word.state() != State.None) revert AlreadyOpened(id);
        terms.check(MAX_TERM);
        if (terms.clauses.length > 0) _checkClauses(terms);
        if (sellerConsent.length > 0) _checkConsent(id, terms.seller, ACCEPT_TYPEHASH, sellerConsent);
    }

    function _checkClauses(Terms calldata terms) private view {
        Clauses calldata clauses = terms.extra();
        if (clauses.duties.amount > 0) IClause(_duties).check(terms);
        if (clauses.returnPolicy.receiveWindow > 0) IClause(_returns).check(terms);
        if (clauses.arbitration.window > 0) IClause(_disputes).check(terms);
    }

    function _pullAuthorized(Terms calldata terms, bytes32 id, bytes calldata authorization) private {
        (address token, uint256 amount) = terms.buyerLeg();
        Authorization memory signed = abi.decode(authorization, (Authorization));
        uint256 before = token.held();
        IERC3009(token).receiveWithAuthorization(
            terms.buyer,
            address(this),
            amount,
            signed.validAfter,
            signed.validBefore,
            id,
            signed.v,
            signed.r,
            signed.s
        );
        token.checkReceived(before, amount);
    }

    /// @dev Writes the order once its money is in: a token that calls back while it is pulled finds no order that it could
    /// end before it is funded, and no second one can be opened meanwhile, so that none is counted twice.
    function _create(Terms calldata terms, bytes32 id, bool accepted, bytes calldata quote) private {
        Word word = terms.clauses.length > 0 ? _fundClauses(terms, id, quote) : Word.wrap(0);
        _orders[id] = accepted ? word.accept() : word.enter(State.Funded);
        emit Opened(id, terms.buyer, terms.seller, terms);
        if (accepted) emit Accepted(id);
        if (terms.clauses.length > 0) _announce(id, terms.extra());
    }

    /// @dev Pulls what the buyer's leg does not cover: duties in a token of their own, and the provider's leg.
    function _fundClauses(Terms calldata terms, bytes32 id, bytes calldata quote) private returns (Word word) {
        Clauses calldata clauses = terms.extra();
        if (clauses.duties.amount > 0) {
            if (terms.takesAllowance()) clauses.duties.token.pull(terms.buyer, clauses.duties.amount);
            word = word.with(OrderWord.DUTIES_HELD);
        }
        if (clauses.quote.provider != address(0)) {
            IQuotes(_quotes).take(id, terms, quote);
            terms.token.pull(clauses.quote.provider, terms.amounts.total());
        }
    }

    function _announce(bytes32 id, Clauses calldata clauses) private {
        if (clauses.group != 0) emit Grouped(id, clauses.group);
        QuoteClause calldata quote = clauses.quote;
        if (quote.provider != address(0)) _credits.pay(quote.token, quote.provider, quote.premium);
    }

    /* INTERNAL: LIFE */

    function _load(Terms calldata terms) private view returns (bytes32 id, Word word) {
        id = terms.id(address(this), _chainId);
        word = _orders[id];
    }

    /// @dev A dispute stays one: the receipt then tells who is owed the freight.
    function _delivered(Terms calldata terms, Word word) private view returns (Word) {
        if (word.state() == State.Shipped) word = word.enter(State.Delivered);
        word = word.with(OrderWord.DELIVERED);
        return block.timestamp > terms.schedule.deliverBy() ? word.with(OrderWord.LATE) : word;
    }

    /* INTERNAL: ENDING */

    /// @dev Writes the end, then pays: a token that calls back finds an order that has ended. An order that came to nothing
    /// before its condition was met or it was delivered returns its duties.
    function _end(Terms calldata terms, bytes32 id, Word word, Split memory split) private {
        bool dutiesBack = word.has(OrderWord.DUTIES_HELD) && !word.has(OrderWord.DELIVERED | OrderWord.CONDITION_MET)
            && (word.state() == State.Refunded || word.state() == State.Cancelled);
        _orders[id] = dutiesBack ? word.without(OrderWord.DUTIES_HELD) : word;

        uint256 total = terms.amounts.total();
        if (terms.isQuoted()) {
            IQuotes(_quotes).close(id, terms.extra().quote.provider, terms.token, uint128(total));
            _credits.payBackQuoted(terms, split.toBuyer);
        } else {
            _credits.pay(terms.token, terms.buyer, split.toBuyer);
        }
        if (split.toBuyer < total) _credits.payOut(terms, split, word.has(OrderWord.ASSIGNED), _assignments[id]);
        if (dutiesBack) _credits.payDuties(terms, id, 0);

        if (word.acceptedAt() != 0) _tellObserver(terms, id, word);
    }

    /// @dev Marks the outcome as reported before it tells, and looks first: a token that was pushed may have called
    /// `report`, or an operator `payDuties`, meanwhile.
    function _tellObserver(Terms calldata terms, bytes32 id, Word word) private {
        if (observer == address(0)) return;
        Word now_ = _orders[id];
        if (now_.has(OrderWord.REPORTED)) return;

        _orders[id] = now_.with(OrderWord.REPORTED);
        if (!observer.notify(terms.outcomeCall(id, word), OBSERVER_GAS)) {
            _orders[id] = _orders[id].without(OrderWord.REPORTED);
            emit ReportFailed(id);
        }
    }

    function _hasOutcome(Word word) private pure returns (bool) {
        State state = word.state();
        if (state != State.Released && state != State.Refunded && state != State.Settled) return false;
        return word.acceptedAt() != 0;
    }

    /* INTERNAL: CHECKS */

    function _checkState(bytes32 id, Word word, State expected) private pure {
        if (word.state() != expected) revert StateWrong(id, word.state(), expected);
    }

    function _checkAccepted(bytes32 id, Word word) private pure {
        State state = word.state();
        if (state < State.Accepted || state > State.Disputed) revert StateWrong(id, state, State.Accepted);
    }

    function _checkInTime(uint40 deadline) private view {
        if (block.timestamp > deadline) revert TooLate(_now(), deadline);
    }

    /// @dev So that nobody escapes a default that is open.
    function _checkNoDefault(Terms calldata terms, bytes32 id, Word word) private view {
        (Default standing, uint40 opensAt,,) = terms.standing(id, word);
        if (block.timestamp >= opensAt) revert DefaultOpen(standing, opensAt);
    }

    /// @dev Nobody keeps a carrier from its freight by a dispute a moment before its receipt: as long as neither the dispute's
    /// default is open nor, without the dispute, a refund would be.
    function _checkDeliverable(Terms calldata terms, bytes32 id, Word word) private view {
        if (word.state() == State.Disputed && !word.has(OrderWord.DELIVERED)) {
            _checkNoDefault(terms, id, word);
            word = word.enter(State.Shipped);
        }
        _checkState(id, word, State.Shipped);
        _checkNoDefault(terms, id, word);
    }

    /// @dev Which operator may hold an order in which state, and from which states on.
    function _checkHold(bytes32 id, Word word, State state) private view {
        State standing = word.state();
        (address operator, State least, State most) = (_returns, State.Delivered, State.Delivered);
        if (state == State.ReturnReceived) (least, most) = (State.ReturnRequested, State.ReturnRequested);
        else if (state == State.Disputed) (operator, least, most) = (_disputes, State.Shipped, State.ReturnReceived);
        else if (state != State.ReturnRequested) operator = address(0);
        if (msg.sender != operator) revert NotOperator(msg.sender);
        if (standing < least || standing > most) revert StateWrong(id, standing, least);
    }

    function _checkSellerRefund(bytes32 id, Word word) private view returns (Fault) {
        if (word.has(OrderWord.ASSIGNED) && !word.has(OrderWord.ASSIGNEE_CONSENTS)) {
            revert AssigneeConsentMissing(id, _assignments[id].assignee);
        }
        bool blameless = word.has(OrderWord.DELIVERED) && word.state() != State.Disputed;
        return blameless ? Fault.Nobody : Fault.Seller;
    }

    function _checkConsent(bytes32 id, address party, bytes32 typehash, bytes calldata consent) private view {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(typehash, id)));
        if (!digest.isSignedBy(party, consent)) revert ConsentInvalid(id, party);
    }

    function _now() private view returns (uint40) {
        return uint40(block.timestamp);
    }
}
