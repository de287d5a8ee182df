// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {IERC3009} from "./interfaces/IERC3009.sol";
import {IOutcomeObserver} from "./interfaces/IOutcomeObserver.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault, IReleaseCondition} from "./interfaces/IReleaseCondition.sol";
import {Default, Ground, ITradeEscrow, Order, Outcome, Receipt, State, Terms} from "./interfaces/ITradeEscrow.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {OrderSlot} from "./libraries/OrderSlot.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title The vault. What it does and what it promises stands in ITradeEscrow.
contract TradeEscrow is ITradeEscrow, EIP712, ReentrancyGuard {
    using SafeERC20 for IERC20;
    using BoundedCall for address;
    using OrderSlot for mapping(bytes32 => uint256);
    using Signatures for bytes32;

    /// @inheritdoc ITradeEscrow
    uint256 public constant PUSH_GAS = 100_000;

    /// @inheritdoc ITradeEscrow
    uint256 public constant CONDITION_GAS = 50_000;

    /// @inheritdoc ITradeEscrow
    uint256 public constant OBSERVER_GAS = 60_000;

    /// @inheritdoc ITradeEscrow
    uint256 public constant MAX_TERM = 3 * 365 days;

    uint256 private constant BPS = 10_000;

    bytes32 private constant OPEN_TYPEHASH = keccak256("Open(bytes32 orderId)");
    bytes32 private constant ACCEPT_TYPEHASH = keccak256("Accept(bytes32 orderId)");
    bytes32 private constant RECEIPT_TYPEHASH =
        keccak256("Receipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)");

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice An IOutcomeObserver, or zero.
    address public immutable observer;

    uint256 private immutable _chainId = block.chainid;

    /// @dev By id; see OrderSlot.
    mapping(bytes32 id => uint256) private _orders;
    mapping(address payee => mapping(address token => uint256)) private _credits;

    constructor(IParticipantRegistry registry_, address observer_) EIP712("Lading TradeEscrow", "1") {
        registry = registry_;
        observer = observer_;
    }

    /* OPENING */

    /// @inheritdoc ITradeEscrow
    function open(Terms calldata terms, bytes calldata sellerConsent) external nonReentrant returns (bytes32 id) {
        id = _checkOpening(terms, sellerConsent);

        // Check that the buyer itself calls
        if (msg.sender != terms.buyer) revert NotBuyer(msg.sender, terms.buyer);

        uint256 before = _balance(terms);
        IERC20(terms.token).safeTransferFrom(terms.buyer, address(this), _funding(terms));
        _create(terms, id, before, sellerConsent.length > 0);
    }

    /// @inheritdoc ITradeEscrow
    function openWithAuthorization(Terms calldata terms, bytes calldata authorization, bytes calldata sellerConsent)
        external
        nonReentrant
        returns (bytes32 id)
    {
        id = _checkOpening(terms, sellerConsent);

        // Pull with the authorization whose nonce is the id: it is the buyer's consent to these terms and no others
        (uint256 validAfter, uint256 validBefore, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(authorization, (uint256, uint256, uint8, bytes32, bytes32));
        uint256 before = _balance(terms);
        IERC3009(terms.token).receiveWithAuthorization(
            terms.buyer, address(this), _funding(terms), validAfter, validBefore, id, v, r, s
        );
        _create(terms, id, before, sellerConsent.length > 0);
    }

    /// @inheritdoc ITradeEscrow
    function openWithConsent(Terms calldata terms, bytes calldata buyerConsent, bytes calldata sellerConsent)
        external
        nonReentrant
        returns (bytes32 id)
    {
        id = _checkOpening(terms, sellerConsent);

        // Check the buyer's consent to this id: its allowance alone says nothing about it
        _checkConsent(id, terms.buyer, OPEN_TYPEHASH, buyerConsent);

        uint256 before = _balance(terms);
        IERC20(terms.token).safeTransferFrom(terms.buyer, address(this), _funding(terms));
        _create(terms, id, before, sellerConsent.length > 0);
    }

    /* LIFE */

    /// @inheritdoc ITradeEscrow
    function accept(Terms calldata terms, bytes calldata sellerConsent) external {
        (bytes32 id, Order memory order) = _load(terms);
        if (order.state != State.Funded) revert StateWrong(id, order.state, State.Funded);
        if (block.timestamp > terms.acceptBy) revert TooLate(_now(), terms.acceptBy);
        if (msg.sender != terms.seller) _checkConsent(id, terms.seller, ACCEPT_TYPEHASH, sellerConsent);

        order.acceptedAt = _now();
        _enter(id, order, State.Accepted);
        emit Accepted(id);
    }

    /// @inheritdoc ITradeEscrow
    function cancel(Terms calldata terms) external {
        (bytes32 id, Order memory order) = _load(terms);
        if (order.state != State.Funded) revert StateWrong(id, order.state, State.Funded);
        if (msg.sender != terms.buyer && msg.sender != terms.seller) revert NotParty(msg.sender);

        _enter(id, order, State.Cancelled);
        emit Cancelled(id, msg.sender);

        _pay(terms.token, terms.buyer, _funding(terms));
    }

    /// @inheritdoc ITradeEscrow
    function ship(Terms calldata terms, bytes32 logisticUnit) external {
        (bytes32 id, Order memory order) = _load(terms);
        if (order.state != State.Accepted) revert StateWrong(id, order.state, State.Accepted);
        if (msg.sender != terms.seller) revert NotSeller(msg.sender, terms.seller);
        if (block.timestamp > terms.shipBy) revert TooLate(_now(), terms.shipBy);

        _enter(id, order, State.Shipped);
        emit Shipped(id, logisticUnit);
    }

    /// @inheritdoc ITradeEscrow
    function poke(Terms calldata terms) external {
        (bytes32 id, Order memory order) = _load(terms);
        if (order.state != State.Accepted && order.state != State.Shipped) {
            revert StateWrong(id, order.state, State.Shipped);
        }
        if (order.conditionMet) return;
        (ConditionStatus status,) = _condition(id, terms.condition);
        if (status != ConditionStatus.Met) revert ConditionNotMet(id);

        order.conditionMet = true;
        _orders.store(id, order);
        emit ConditionLatched(id);
    }

    /// @inheritdoc ITradeEscrow
    function deliver(Terms calldata terms, Receipt calldata receipt, address signer, bytes calldata signature)
        external
    {
        (bytes32 id, Order memory order) = _load(terms);
        if (order.state != State.Shipped) revert StateWrong(id, order.state, State.Shipped);
        uint40 deadline = terms.deliverBy + terms.claimWindow;
        if (block.timestamp > deadline) revert TooLate(_now(), deadline);

        // Check that no refund stands open for the condition; while it still has time, its silence does not matter
        if (terms.condition != address(0) && !order.conditionMet) {
            (ConditionStatus status,) = _condition(id, terms.condition);
            if (status == ConditionStatus.Rejected) revert ConditionRejected(id);
            if (status == ConditionStatus.Pending && block.timestamp > terms.conditionBy) revert ConditionNotMet(id);
        }

        _checkReceipt(terms, id, receipt, signer, signature);

        order.delivered = true;
        order.late = block.timestamp > terms.deliverBy;
        _enter(id, order, State.Delivered);
        emit Delivered(id, signer, receipt.logisticUnit, receipt.eventId, order.late);
    }

    /* ENDING */

    /// @inheritdoc ITradeEscrow
    function release(Terms calldata terms) external {
        (bytes32 id, Order memory order) = _load(terms);
        _checkAccepted(id, order.state);

        // Check that the buyer calls, or that the release is the default and open
        if (msg.sender != terms.buyer) {
            (Default standing, uint40 opensAt,,) = _default(terms, id, order);
            if (standing != Default.Release) revert DefaultDiffers(Default.Release, standing);
            if (block.timestamp < opensAt) revert TooEarly(_now(), opensAt);
        }

        bool late = order.delivered ? order.late : block.timestamp > terms.deliverBy;
        order.ground = late ? Ground.Late : Ground.OnTime;
        _enter(id, order, State.Released);
        emit Released(id, order.ground);

        uint256 fee = uint256(terms.price) * terms.feeBps / BPS;
        _pay(terms.token, terms.seller, terms.price - fee);
        _pay(terms.token, terms.platform, fee);
        _pay(terms.token, terms.carrier, terms.freight);

        _tellObserver(terms, id, order);
    }

    /// @inheritdoc ITradeEscrow
    function refund(Terms calldata terms) external {
        (bytes32 id, Order memory order) = _load(terms);
        bool accepted = order.state != State.Funded;
        if (accepted) _checkAccepted(id, order.state);

        // Take the default's ground if it is a refund and open; else check that the seller refunds of its own will
        (Default standing, uint40 opensAt, Ground ground, Fault fault) = _default(terms, id, order);
        if (standing == Default.Refund && block.timestamp >= opensAt) {
            (order.ground, order.fault) = (ground, fault);
        } else if (accepted && msg.sender == terms.seller) {
            (order.ground, order.fault) = (Ground.SellerRefund, order.delivered ? Fault.Nobody : Fault.Seller);
        } else {
            if (standing != Default.Refund) revert DefaultDiffers(Default.Refund, standing);
            revert TooEarly(_now(), opensAt);
        }

        _enter(id, order, State.Refunded);
        emit Refunded(id, order.ground, order.fault);

        _pay(terms.token, terms.buyer, _funding(terms));

        if (accepted) _tellObserver(terms, id, order);
    }

    /// @inheritdoc ITradeEscrow
    function withdraw(address token, address to) external {
        _withdraw(msg.sender, token, to);
    }

    /// @inheritdoc ITradeEscrow
    function withdrawFor(address payee, address token) external {
        _withdraw(payee, token, payee);
    }

    /// @inheritdoc ITradeEscrow
    function report(Terms calldata terms) external {
        (bytes32 id, Order memory order) = _load(terms);
        bool ended = order.state == State.Released || order.state == State.Refunded;
        if (!ended || order.ground == Ground.NotAccepted || observer == address(0)) revert NoOutcome(id);
        if (order.reported) revert AlreadyReported(id);

        order.reported = true;
        _orders.store(id, order);
        emit OutcomeReported(id);

        IOutcomeObserver(observer).onOutcome(id, terms, _outcome(order));
    }

    /* VIEWS */

    /// @inheritdoc ITradeEscrow
    function orderId(Terms calldata terms) external view returns (bytes32) {
        return OrderTerms.id(terms, address(this), _chainId);
    }

    /// @inheritdoc ITradeEscrow
    function getOrder(bytes32 id) external view returns (Order memory) {
        return _orders.load(id);
    }

    /// @inheritdoc ITradeEscrow
    function defaultOf(Terms calldata terms) external view returns (Default standing, uint40 opensAt) {
        (bytes32 id, Order memory order) = _load(terms);
        (standing, opensAt,,) = _default(terms, id, order);
    }

    /// @inheritdoc ITradeEscrow
    function creditOf(address payee, address token) external view returns (uint256) {
        return _credits[payee][token];
    }

    /* INTERNAL: ORDERS */

    /// @dev All that can be checked before any token moves.
    function _checkOpening(Terms calldata terms, bytes calldata sellerConsent) private view returns (bytes32 id) {
        id = OrderTerms.id(terms, address(this), _chainId);
        if (_orders.load(id).state != State.None) revert AlreadyOpened(id);
        _checkTerms(terms);
        if (sellerConsent.length > 0) _checkConsent(id, terms.seller, ACCEPT_TYPEHASH, sellerConsent);
    }

    /// @dev Writes the order once its money is in: a token that calls back while it is pulled finds no order that it could
    /// end before it is funded, and no second one can be opened meanwhile, so that none is counted twice.
    function _create(Terms calldata terms, bytes32 id, uint256 before, bool accepted) private {
        _checkReceived(terms, before);

        Order memory order;
        if (accepted) order.acceptedAt = _now();
        _enter(id, order, accepted ? State.Accepted : State.Funded);
        emit Opened(id, terms.buyer, terms.seller, terms);
        if (accepted) emit Accepted(id);
    }

    function _load(Terms calldata terms) private view returns (bytes32 id, Order memory order) {
        id = OrderTerms.id(terms, address(this), _chainId);
        order = _orders.load(id);
    }

    function _enter(bytes32 id, Order memory order, State state) private {
        order.state = state;
        order.since = _now();
        _orders.store(id, order);
    }

    /// @dev The one default of each state: what it is, when it opens, and what the order's record will say.
    function _default(Terms calldata terms, bytes32 id, Order memory order)
        private
        view
        returns (Default standing, uint40 opensAt, Ground ground, Fault fault)
    {
        if (order.state == State.Funded) return (Default.Refund, terms.acceptBy + 1, Ground.NotAccepted, Fault.Nobody);
        if (order.state == State.Accepted) return (Default.Refund, terms.shipBy + 1, Ground.NotShipped, Fault.Seller);
        if (order.state == State.Delivered) {
            return (Default.Release, order.since + terms.inspectionWindow + 1, Ground.OnTime, Fault.Nobody);
        }
        if (order.state != State.Shipped) return (Default.None, 0, Ground.None, Fault.Nobody);

        if (terms.condition != address(0) && !order.conditionMet) {
            (ConditionStatus status, Fault reason) = _condition(id, terms.condition);
            if (status == ConditionStatus.Rejected) {
                return (Default.Refund, order.since, Ground.ConditionFailed, reason);
            }
            if (status == ConditionStatus.Pending) {
                return (Default.Refund, terms.conditionBy + 1, Ground.ConditionFailed, reason);
            }
        }
        return (Default.Refund, terms.deliverBy + terms.claimWindow + 1, Ground.NotDelivered, Fault.Seller);
    }

    function _condition(bytes32 id, address condition) private view returns (ConditionStatus, Fault) {
        (bool ok, uint256 status, uint256 reason) =
            condition.ask(abi.encodeCall(IReleaseCondition.status, (id)), CONDITION_GAS);
        if (!ok || status > uint256(type(ConditionStatus).max) || reason > uint256(type(Fault).max)) {
            return (ConditionStatus.Pending, Fault.Nobody);
        }
        return (ConditionStatus(status), Fault(reason));
    }

    /* INTERNAL: MONEY */

    function _funding(Terms calldata terms) private pure returns (uint256) {
        return uint256(terms.price) + terms.freight;
    }

    function _balance(Terms calldata terms) private view returns (uint256) {
        return IERC20(terms.token).balanceOf(address(this));
    }

    /// @dev Exactly, not at least: what came on top would belong to nobody.
    function _checkReceived(Terms calldata terms, uint256 before) private view {
        uint256 balance = _balance(terms);
        uint256 expected = _funding(terms);
        if (balance != before + expected) revert AmountReceived(balance > before ? balance - before : 0, expected);
    }

    /// @dev A payee that cannot be paid is credited, so that it blocks nobody else.
    function _pay(address token, address payee, uint256 amount) private {
        if (amount == 0) return;
        if (token.push(payee, amount, PUSH_GAS)) return;
        _credits[payee][token] += amount;
        emit Credited(payee, token, amount);
    }

    function _withdraw(address payee, address token, address to) private {
        uint256 amount = _credits[payee][token];
        if (amount == 0) revert NothingToWithdraw(payee, token);

        _credits[payee][token] = 0;
        emit Withdrawn(payee, token, to, amount);

        IERC20(token).safeTransfer(to, amount);
    }

    /// @dev Marks the outcome as reported before it tells, and looks first: a token that was pushed may have called
    /// `report` meanwhile.
    function _tellObserver(Terms calldata terms, bytes32 id, Order memory order) private {
        if (observer == address(0) || _orders.load(id).reported) return;

        order.reported = true;
        _orders.store(id, order);
        bytes memory data = abi.encodeCall(IOutcomeObserver.onOutcome, (id, terms, _outcome(order)));
        if (observer.notify(data, OBSERVER_GAS)) {
            emit OutcomeReported(id);
        } else {
            order.reported = false;
            _orders.store(id, order);
            emit ReportFailed(id);
        }
    }

    function _outcome(Order memory order) private pure returns (Outcome memory) {
        return Outcome(order.state, order.ground, order.fault, order.delivered, order.acceptedAt, order.since);
    }

    /* INTERNAL: CHECKS */

    function _checkTerms(Terms calldata terms) private view {
        _checkParty(terms.buyer, "buyer");
        _checkParty(terms.seller, "seller");
        _checkParty(terms.platform, "platform");
        _checkParty(terms.carrier, "carrier");
        if (terms.price == 0) revert AmountZero();
        if (terms.feeBps > BPS) revert FeeTooHigh(terms.feeBps, uint16(BPS));

        // Check that the deadlines follow each other
        if (terms.acceptBy < block.timestamp) revert DeadlinesOutOfOrder("now", "acceptBy");
        if (terms.shipBy < terms.acceptBy) revert DeadlinesOutOfOrder("acceptBy", "shipBy");
        if (terms.deliverBy < terms.shipBy) revert DeadlinesOutOfOrder("shipBy", "deliverBy");
        if (terms.condition == address(0)) {
            if (terms.conditionBy != 0) revert DeadlinesOutOfOrder("conditionBy", "condition");
        } else {
            if (terms.conditionBy < terms.shipBy) revert DeadlinesOutOfOrder("shipBy", "conditionBy");
            if (terms.deliverBy < terms.conditionBy) revert DeadlinesOutOfOrder("conditionBy", "deliverBy");
        }

        // Check that the order ends in this lifetime, so that no later sum of times overflows
        uint256 end = uint256(terms.deliverBy) + terms.claimWindow + terms.inspectionWindow;
        if (end > block.timestamp + MAX_TERM) revert DeadlineTooFar(end, block.timestamp + MAX_TERM);
    }

    /// @dev What the vault paid to itself would belong to nobody.
    function _checkParty(address party, string memory role) private view {
        if (party == address(0) || party == address(this)) revert PartyInvalid(role, party);
    }

    function _checkAccepted(bytes32 id, State state) private pure {
        if (state < State.Accepted || state > State.Delivered) revert StateWrong(id, state, State.Accepted);
    }

    function _checkConsent(bytes32 id, address party, bytes32 typehash, bytes calldata consent) private view {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(typehash, id)));
        if (!digest.isSignedBy(party, consent)) revert ConsentInvalid(id, party);
    }

    function _checkReceipt(
        Terms calldata terms,
        bytes32 id,
        Receipt calldata receipt,
        address signer,
        bytes calldata signature
    ) private view {
        if (receipt.orderId != id) revert ReceiptForeign(receipt.orderId, id);
        bytes32 participant = registry.participantWithRole(signer, Role.Carrier);
        bytes32 carrier = registry.getKey(terms.carrier).participant;
        if (participant != carrier) revert CarrierForeign(participant, carrier);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(RECEIPT_TYPEHASH, receipt.orderId, receipt.logisticUnit, receipt.eventId, signer))
        );
        if (!digest.isSignedBy(signer, signature)) revert ReceiptInvalid(signer);
    }

    function _now() private view returns (uint40) {
        return uint40(block.timestamp);
    }
}
