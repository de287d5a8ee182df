// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Terms} from "../interfaces/ITradeEscrow.sol";

/// @title The id of an order: the hash of its terms with the chain and the vault that holds its money.
library OrderTerms {
    function id(Terms calldata terms, address escrow) internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, escrow, terms));
    }
}
