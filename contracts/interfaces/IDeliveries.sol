// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Batch, DeliveryLeaf} from "./IProvenanceRegistry.sol";
import {Terms} from "./ITradeEscrow.sol";

/// @title Deliveries that a carrier anchored in its own log, in place of a signed receipt.
interface IDeliveries {
    /// @notice Batches of that log before `index` prove no delivery any more.
    event TrustMoved(bytes32 indexed carrier, uint48 index);
    /// @param writer whose key anchored the batch.
    event DeliveryProven(bytes32 indexed id, address indexed writer, bytes32 logisticUnit, bytes32 eventId, uint40 time);

    /// @notice The leaf is for another order.
    error LeafForeign(bytes32 leafOrder, bytes32 id);
    /// @notice The log's writer is a key of another participant than `terms.carrier`.
    error WriterForeign(bytes32 attempted, bytes32 expected);
    /// @notice The leaf is not in that batch of the carrier's log.
    error DeliveryNotAnchored(bytes32 carrier, uint48 index);
    /// @notice When it anchored the batch, the writer's key was revoked already, or may have been in other hands.
    error WriterNotValidThen(address writer, uint40 anchoredAt);

    error NotController(address caller, address controller);
    /// @notice The carrier no longer stands by batches before `first`.
    error BatchDistrusted(bytes32 carrier, uint48 index, uint48 first);
    /// @notice Trust moves forward only.
    error TrustMovesBack(uint48 attempted, uint48 standing);

    /// @notice After a theft of the writer's key: batches before `index` prove no delivery any more. By the carrier's
    /// controller, for good. Honest deliveries among them are proven by receipts.
    function trustFrom(bytes32 carrier, uint48 index) external;

    /// @notice The first batch of a carrier's log that can prove a delivery.
    function trustedFrom(bytes32 carrier) external view returns (uint48);

    /// @notice Submits the proof that the carrier of a shipped order anchored its delivery. By anyone; refused, as the
    /// carrier's receipt is, while a default stands open.
    /// @dev Warning: a thief of the writer's key can anchor deliveries in advance. Replacing the writer does not take them back:
    /// `trustFrom` does.
    /// @dev The log's writer must be a valid key of the carrier, with the role Carrier, at this block: it stands for what is in
    /// the log. The batch's own writer may be an earlier one; its key is judged at the block of the anchoring. The leaf's time is
    /// the carrier's word and decides nothing: whether the delivery is late says this block.
    /// @param batch of the carrier's log at `index`. @param proof siblings from the leaf to its root.
    function deliverAnchored(
        Terms calldata terms,
        DeliveryLeaf calldata leaf,
        uint48 index,
        Batch calldata batch,
        bytes32[] calldata proof
    ) external;
}
