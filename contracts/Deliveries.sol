// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IDeliveries} from "./interfaces/IDeliveries.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {Batch, DeliveryLeaf, IProvenanceRegistry} from "./interfaces/IProvenanceRegistry.sol";
import {ITradeEscrow, State, Terms} from "./interfaces/ITradeEscrow.sol";
import {Leaves} from "./libraries/Leaves.sol";

/// @title Anchored deliveries. What it does and what it promises stands in IDeliveries.
contract Deliveries is IDeliveries {
    using Leaves for *;

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice Where carriers anchor.
    IProvenanceRegistry public immutable provenance;

    /// @notice The vault.
    ITradeEscrow public immutable escrow;

    mapping(bytes32 carrier => uint48) private _trustedFrom;

    constructor(IParticipantRegistry registry_, IProvenanceRegistry provenance_, ITradeEscrow escrow_) {
        registry = registry_;
        provenance = provenance_;
        escrow = escrow_;
    }

    /// @inheritdoc IDeliveries
    function trustFrom(bytes32 carrier, uint48 index) external {
        address controller = registry.controllerOf(carrier);
        if (msg.sender != controller) revert NotController(msg.sender, controller);
        if (index <= _trustedFrom[carrier]) revert TrustMovesBack(index, _trustedFrom[carrier]);

        _trustedFrom[carrier] = index;
        emit TrustMoved(carrier, index);
    }

    /// @inheritdoc IDeliveries
    function trustedFrom(bytes32 carrier) external view returns (uint48) {
        return _trustedFrom[carrier];
    }

    /// @inheritdoc IDeliveries
    function deliverAnchored(
        Terms calldata terms,
        DeliveryLeaf calldata leaf,
        uint48 index,
        Batch calldata batch,
        bytes32[] calldata proof
    ) external {
        bytes32 id = escrow.orderId(terms);
        if (leaf.orderId != id) revert LeafForeign(leaf.orderId, id);

        // Check that whoever writes the carrier's log is the carrier at this block
        bytes32 carrier = registry.getKey(terms.carrier).participant;
        address writer = provenance.logHead(carrier).writer;
        bytes32 participant = registry.participantWithRole(writer, Role.Carrier);
        if (participant != carrier) revert WriterForeign(participant, carrier);

        if (index < _trustedFrom[carrier]) revert BatchDistrusted(carrier, index, _trustedFrom[carrier]);

        // Check that the leaf is in the batch, and the batch in the log
        bool anchored = provenance.batchHash(carrier, index) == batch.hash();
        if (!anchored || !MerkleProof.verifyCalldata(proof, batch.root, leaf.hash())) {
            revert DeliveryNotAnchored(carrier, index);
        }

        emit DeliveryProven(id, writer, leaf.logisticUnit, leaf.eventId, leaf.time);
        escrow.hold(terms, State.Delivered);
    }
}
