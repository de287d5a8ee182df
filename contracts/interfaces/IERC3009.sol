// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a payer signed, beside payee, value and nonce.
struct Authorization {
    uint256 validAfter;
    uint256 validBefore;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title The part of ERC-3009 that the vault uses.
interface IERC3009 {
    /// @notice Moves `value` from `from` to the caller, who must be `to`, on `from`'s EIP-712 signature over
    /// `ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)`.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}
