// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @dev OpenZeppelin's StandardMerkleTree by its rule: the sorted leaves stand backwards at the end of an array of
/// 2n - 1 nodes; node i is the hash of nodes 2i + 1 and 2i + 2, the smaller first; node 0 is the root.
library StandardTree {
    function grow(bytes32[] memory leaves) internal pure returns (bytes32[] memory tree) {
        sort(leaves);
        tree = new bytes32[](2 * leaves.length - 1);
        for (uint256 i = 0; i < leaves.length; ++i) {
            tree[tree.length - 1 - i] = leaves[i];
        }
        for (uint256 i = leaves.length - 1; i > 0; --i) {
            (bytes32 left, bytes32 right) = (tree[2 * i - 1], tree[2 * i]);
            tree[i - 1] = left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
        }
    }

    function proofOf(bytes32[] memory tree, bytes32 leaf) internal pure returns (bytes32[] memory) {
        for (uint256 i = tree.length / 2; i < tree.length; ++i) {
            if (tree[i] == leaf) return proofAt(tree, i);
        }
        revert("no such leaf");
    }

    /// @dev The siblings on the way from any node up to the root.
    function proofAt(bytes32[] memory tree, uint256 node) internal pure returns (bytes32[] memory proof) {
        uint256 length;
        for (uint256 i = node; i > 0; i = (i - 1) / 2) {
            ++length;
        }
        proof = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            proof[i] = tree[node % 2 == 1 ? node + 1 : node - 1];
            node = (node - 1) / 2;
        }
    }

    function sort(bytes32[] memory leaves) private pure {
        for (uint256 i = 1; i < leaves.length; ++i) {
            bytes32 leaf = leaves[i];
            uint256 place = i;
            for (; place > 0 && leaves[place - 1] > leaf; --place) {
                leaves[place] = leaves[place - 1];
            }
            leaves[place] = leaf;
        }
    }
}
