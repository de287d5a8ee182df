// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IClause} from "./interfaces/IClause.sol";
import {IDisputes, Offer} from "./interfaces/IDisputes.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {Fault} from "./interfaces/IReleaseCondition.sol";
import {Arbitration, Ground, ITradeEscrow, Order, Party, Split, State, Terms} from "./interfaces/ITradeEscrow.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {Packed} from "./libraries/Packed.sol";

/// @title Disputes. What it does and what it promises stands in IDisputes.
contract Disputes is IDisputes {
    using Packed for *;

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice The vault.
    ITradeEscrow public immutable escrow;

    mapping(bytes32 id => mapping(address party => Offer)) private _offers;

    constructor(IParticipantRegistry registry_, ITradeEscrow escrow_) {
        registry = registry_;
        escrow = escrow_;
    }

    /// @inheritdoc IClause
    function check(Terms calldata terms) external view {
        Arbitration calldata arbitration = terms.clauses[0].arbitration;
        uint256 price = terms.amounts.price();
        if (arbitration.fee > price) revert ArbiterFeeTooHigh(arbitration.fee, price);
        if (arbitration.silentBuyerBps > OrderTerms.BPS) {
            revert SilentShareTooHigh(arbitration.silentBuyerBps, uint16(OrderTerms.BPS));
        }
        _checkImpartial(terms, registry.participantWithRole(arbitration.arbiter, Role.Arbiter));
    }

    /* DISPUTE */

    /// @inheritdoc IDisputes
    function dispute(Terms calldata terms, bytes32 evidence) external {
        bytes32 id = escrow.orderId(terms);
        if (terms.clauses.length == 0 || terms.clauses[0].arbitration.window == 0) revert NoArbitration(id);
        if (msg.sender != terms.buyer) _checkSellersDispute(terms, id);

        emit Disputed(id, msg.sender, evidence);
        escrow.hold(terms, State.Disputed);
    }

    /// @inheritdoc IDisputes
    function submitEvidence(Terms calldata terms, bytes32 evidence) external {
        (bytes32 id,) = _loadDisputed(terms);
        bool principal = msg.sender == terms.buyer || msg.sender == terms.seller;
        if (!principal && msg.sender != terms.platform && msg.sender != terms.carrier) revert NotParty(msg.sender);

        emit EvidenceSubmitted(id, msg.sender, evidence);
    }

    /// @inheritdoc IDisputes
    function rule(Terms calldata terms, uint256 toBuyer, Fault fault, bool counterfeit, bytes32 reasons) external {
        // Check that a finding has its fault
        if (counterfeit && fault != Fault.Seller) revert FaultNotSellers(fault);

        (bytes32 id, Order memory order) = _loadDisputed(terms);
        Arbitration calldata arbitration = terms.clauses[0].arbitration;

        // Check that an arbiter calls, in time
        bytes32 caller = registry.participantWithRole(msg.sender, Role.Arbiter);
        bytes32 arbiter = registry.getKey(arbitration.arbiter).participant;
        if (caller != arbiter) revert ArbiterForeign(caller, arbiter);
        (, uint40 opensAt) = escrow.defaultOf(terms);
        if (block.timestamp >= opensAt) revert TooLate(uint40(block.timestamp), opensAt - 1);

        // Check again that it is nobody's: a key of a party may have become its own since
        _checkImpartial(terms, arbiter);

        // Check the share, and leave a carrier that delivered meanwhile its freight
        uint256 most = terms.amounts.total() - arbitration.fee;
        if (toBuyer > most) revert ShareTooHigh(toBuyer, most);
        toBuyer = Math.min(toBuyer, _disputed(terms, order) - arbitration.fee);

        emit Ruled(id, msg.sender, toBuyer, reasons);
        _settle(terms, order, toBuyer, arbitration.fee, counterfeit ? Ground.Counterfeit : Ground.Ruled, fault);
    }

    /// @inheritdoc IDisputes
    function settleUnruled(Terms calldata terms) external {
        (, Order memory order) = _loadDisputed(terms);
        (, uint40 opensAt) = escrow.defaultOf(terms);
        if (block.timestamp < opensAt) revert TooEarly(uint40(block.timestamp), opensAt);

        uint256 toBuyer = _disputed(terms, order) * terms.clauses[0].arbitration.silentBuyerBps / OrderTerms.BPS;
        _settle(terms, order, toBuyer, 0, Ground.NotRuled, Fault.Nobody);
    }

    /* AGREEMENT */

    /// @inheritdoc IDisputes
    function proposeSplit(Terms calldata terms, uint120 toBuyer, uint40 until) external {
        bytes32 id = escrow.orderId(terms);
        bool principal = msg.sender == terms.buyer || msg.sender == terms.seller;
        if (!principal && msg.sender != escrow.assignmentOf(id).assignee) revert NotParty(msg.sender);

        Order memory order = escrow.getOrder(id);
        if (order.acceptedAt == 0) revert NotAccepted(id);

        _offers[id][msg.sender] = Offer(toBuyer, until, order.state, order.delivered);
        emit SplitProposed(id, msg.sender, toBuyer, until);
    }

    /// @inheritdoc IDisputes
    function acceptSplit(Terms calldata terms, uint120 toBuyer) external {
        bytes32 id = escrow.orderId(terms);
        Order memory order = escrow.getOrder(id);
        if (msg.sender != terms.buyer && msg.sender != terms.seller) revert NotParty(msg.sender);
        _checkOffer(id, order, msg.sender == terms.buyer ? terms.seller : terms.buyer, toBuyer);
        if (order.assigned) _checkOffer(id, order, escrow.assignmentOf(id).assignee, toBuyer);
        uint256 most = _disputed(terms, order);
        if (toBuyer > most) revert ShareTooHigh(toBuyer, most);

        emit SplitAccepted(id, msg.sender, toBuyer);
        _settle(terms, order, toBuyer, 0, Ground.Agreed, Fault.Nobody);
    }

    /* VIEWS */

    /// @inheritdoc IDisputes
    function disputedAmount(Terms calldata terms) external view returns (uint256) {
        return _disputed(terms, escrow.getOrder(escrow.orderId(terms)));
    }

    /// @inheritdoc IDisputes
    function offerOf(bytes32 id, address party) external view returns (Offer memory) {
        return _offers[id][party];
    }

    /* INTERNAL */

    /// @dev The carrier's freight is not disputed once it delivered.
    function _disputed(Terms calldata terms, Order memory order) private pure returns (uint256) {
        return order.delivered ? terms.amounts.price() : terms.amounts.total();
    }

    function _settle(
        Terms calldata terms,
        Order memory order,
        uint256 toBuyer,
        uint256 toArbiter,
        Ground ground,
        Fault fault
    ) private {
        uint256 toCarrier = order.delivered ? terms.amounts.freight() : 0;
        escrow.settle(terms, Split(toBuyer, toCarrier, toArbiter), ground, fault);
    }

    function _loadDisputed(Terms calldata terms) private view returns (bytes32 id, Order memory order) {
        id = escrow.orderId(terms);
        order = escrow.getOrder(id);
        if (order.state != State.Disputed) revert NotDisputed(id);
    }

    /// @dev What was offered for an order as it stood is not offered for what it has become.
    function _checkOffer(bytes32 id, Order memory order, address party, uint120 toBuyer) private view {
        Offer memory offer = _offers[id][party];
        bool sameOrder = offer.state == order.state && offer.delivered == order.delivered;
        if (!sameOrder || offer.toBuyer != toBuyer || block.timestamp > offer.until) {
            revert NotOffered(party, toBuyer, offer.toBuyer, offer.until);
        }
    }

    /// @dev Until the goods are back or overdue, a dispute of the seller's would only take the buyer's rights away.
    function _checkSellersDispute(Terms calldata terms, bytes32 id) private view {
        if (msg.sender != terms.seller) revert NotParty(msg.sender);
        State standing = escrow.getOrder(id).state;
        uint40 deliverBy = terms.schedule.deliverBy();
        bool overdue = standing == State.Shipped && block.timestamp > deliverBy;
        if (!overdue && standing != State.ReturnReceived) revert SellerNotYet(standing, deliverBy);
    }

    /// @dev A party that is nobody in the registry, as most buyers are, is no arbiter.
    function _checkImpartial(Terms calldata terms, bytes32 arbiter) private view {
        address controller = registry.controllerOf(arbiter);
        _checkStranger(arbiter, controller, Party.Buyer, terms.buyer);
        _checkStranger(arbiter, controller, Party.Seller, terms.seller);
        _checkStranger(arbiter, controller, Party.Platform, terms.platform);
        _checkStranger(arbiter, controller, Party.Carrier, terms.carrier);
        _checkStranger(arbiter, controller, Party.Provider, terms.clauses[0].quote.provider);
    }

    function _checkStranger(bytes32 arbiter, address controller, Party role, address party) private view {
        bytes32 participant = registry.getKey(party).participant;
        bool known = participant != 0 && (participant == arbiter || registry.admittedByOf(participant) == arbiter);
        if (known || party == controller) revert ArbiterPartial(role, party);
    }
}
