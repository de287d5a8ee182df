// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Terms} from "../interfaces/ITradeEscrow.sol";

/// @title The id of an order: the hash of its terms with the chain and the vault that holds its money.
library OrderTerms {
    /// @dev Words of `Terms`, all of whose members are of fixed size.
    uint256 internal constant WORDS = 18;

    /// @return `keccak256(abi.encode(chainId, escrow, terms))`, copied as it came instead of member by member. A
    /// member with bits beyond its type gives another id, which no order has: `open` reads, and so checks, every member
    /// that is shorter than a word.
    /// @param chainId of the chain on which the vault was deployed: should a chain change its id, its orders keep theirs.
    function id(Terms calldata terms, address escrow, uint256 chainId) internal pure returns (bytes32) {
        bytes memory encoded = new bytes(0x40 + WORDS * 0x20);
        assembly ("memory-safe") {
            mstore(add(encoded, 0x20), chainId)
            mstore(add(encoded, 0x40), escrow)
            calldatacopy(add(encoded, 0x60), terms, mul(WORDS, 0x20))
        }
        return keccak256(encoded);
    }
}
