// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Batch, DeliveryLeaf, EventLeaf, SealLeaf} from "../interfaces/IProvenanceRegistry.sol";

/// @title What logs commit to: the leaves of a batch, and the batch.
/// @dev Leaves are hashed twice, so that no inner node, the hash of 64 bytes, is a leaf; each kind has a domain of its own.
library Leaves {
    bytes32 internal constant EVENT = keccak256("lading.event-leaf.v1");
    bytes32 internal constant DELIVERY = keccak256("lading.delivery-leaf.v1");
    bytes32 internal constant SEAL = keccak256("lading.seal-leaf.v1");

    function hash(EventLeaf calldata leaf) internal pure returns (bytes32) {
        bytes32 once = keccak256(abi.encode(EVENT, leaf.eventId, leaf.contentHash, leaf.salt));
        return keccak256(abi.encode(once));
    }

    function hash(DeliveryLeaf calldata leaf) internal pure returns (bytes32) {
        bytes32 once = keccak256(abi.encode(DELIVERY, leaf.orderId, leaf.logisticUnit, leaf.eventId, leaf.time));
        return keccak256(abi.encode(once));
    }

    function hash(SealLeaf memory leaf) internal pure returns (bytes32) {
        bytes32 once = keccak256(abi.encode(SEAL, leaf.gtin, leaf.serialHash, leaf.sealHash));
        return keccak256(abi.encode(once));
    }

    function digest(Batch calldata batch) internal pure returns (bytes27) {
        return digest(batch.root, batch.itemsRoot, batch.writer, batch.count);
    }

    /// @dev Cut to what leaves room for the time in the same slot: two contents for one digest take 2**108 hashes.
    function digest(bytes32 root, bytes32 itemsRoot, address writer, uint32 count) internal pure returns (bytes27) {
        return bytes27(keccak256(abi.encode(root, itemsRoot, writer, count)));
    }
}
