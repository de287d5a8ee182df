// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IDeliveries} from "./interfaces/IDeliveries.sol";
import {IParticipantRegistry, Key, Role} from "./interfaces/IParticipantRegistry.sol";
import {Anchor, Batch, DeliveryLeaf, IProvenanceRegistry} from "./interfaces/IProvenanceRegistry.sol";
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
        bytes32 participant = registry.participantWithRole(provenance.logHead(carrier).writer, Role.Carrier);
        if (participant != carrier) revert WriterForeign(participant, carrier);

        if (index < _trustedFrom[carrier]) revert BatchDistrusted(carrier, index, _trustedFrom[carrier]);

        // Check that the leaf is in the batch, and the batch in the log
        Anchor memory anchor = provenance.anchorOf(carrier, index);
        bool anchored = anchor.digest == batch.digest();
        if (!anchored || !MerkleProof.verifyCalldata(proof, batch.root, leaf.hash())) {
            revert DeliveryNotAnchored(carrier, index);
        }

        // Check that the key which anchored it was the carrier's, and in no other hands, at that time
        if (!_spokeFor(registry.getKey(batch.writer), anchor.time)) revert WriterNotValidThen(batch.writer, anchor.time);

        emit DeliveryProven(id, batch.writer, leaf.logisticUnit, leaf.eventId, leaf.time);
        escrow.hold(terms, State.Delivered);
    }

    /// @dev That it was a key of the carrier by then, the log itself has checked when it took the key for its writer.
    function _spokeFor(Key memory key, uint40 time) private pure returns (bool) {
        bool revoked = key.revokedAt != 0 && time >= key.revokedAt;
        bool compromised = key.compromisedSince != 0 && time >= key.compromisedSince;
        return !revoked && !compromised;
    }
}
