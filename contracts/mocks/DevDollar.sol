// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IERC3009} from "../interfaces/IERC3009.sol";

/// @title A dollar-like token for devnets: EIP-2612 permits, ERC-3009 authorizations, 6 decimals.
/// @dev Warning: anyone mints any amount to anyone. It is worth nothing and is never deployed where money is.
contract DevDollar is ERC20Permit, IERC3009 {
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,"
        "uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,"
        "uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @notice Whether an authorization was used or cancelled.
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    error NotPayee(address caller, address payee);
    /// @notice Valid after, and not at, `validAfter`.
    error AuthorizationTooEarly(uint256 blockTime, uint256 validAfter);
    /// @notice Valid before, and not at, `validBefore`.
    error AuthorizationExpired(uint256 blockTime, uint256 validBefore);
    error AuthorizationSpent(address authorizer, bytes32 nonce);
    /// @notice `signer` is zero if the signature is malformed.
    error AuthorizationNotSigned(address signer, address authorizer);

    constructor() ERC20("Lading Dev Dollar", "LDD") ERC20Permit("Lading Dev Dollar") {}

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }

    /// @notice Moves `value` from `from` to `to` on `from`'s signature. By anyone (ERC-3009).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _useAuthorization(from, validAfter, validBefore, nonce, structHash, v, r, s);

        _transfer(from, to, value);
    }

    /// @inheritdoc IERC3009
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
    ) external {
        // Check that the payee itself calls: nobody else can use the authorization up before it
        if (msg.sender != to) revert NotPayee(msg.sender, to);

        bytes32 structHash = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _useAuthorization(from, validAfter, validBefore, nonce, structHash, v, r, s);

        _transfer(from, to, value);
    }

    /// @notice Makes an unused authorization void, on its author's signature. By anyone (ERC-3009).
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        bytes32 structHash = keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce));
        _spend(authorizer, nonce, structHash, v, r, s);

        emit AuthorizationCanceled(authorizer, nonce);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _useAuthorization(
        address authorizer,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes32 structHash,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) private {
        if (block.timestamp <= validAfter) revert AuthorizationTooEarly(block.timestamp, validAfter);
        if (block.timestamp >= validBefore) revert AuthorizationExpired(block.timestamp, validBefore);
        _spend(authorizer, nonce, structHash, v, r, s);

        emit AuthorizationUsed(authorizer, nonce);
    }

    function _spend(address authorizer, bytes32 nonce, bytes32 structHash, uint8 v, bytes32 r, bytes32 s) private {
        if (authorizationState[authorizer][nonce]) revert AuthorizationSpent(authorizer, nonce);

        // The third value only explains a fault; ours says enough
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecover(_hashTypedDataV4(structHash), v, r, s);
        if (fault != ECDSA.RecoverError.NoError || signer != authorizer) {
            revert AuthorizationNotSigned(signer, authorizer);
        }

        authorizationState[authorizer][nonce] = true;
    }
}
