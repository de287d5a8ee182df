// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Whether an address, a key or an ERC-1271 wallet, signed a digest.
library Signatures {
    /// @dev Recovers first and asks the signer's code only if that fails: most signers have none, and to look costs 2,600
    /// gas. An account with both (EIP-7702) may sign either way, as it may send transactions either way.
    function isSignedBy(bytes32 digest, address signer, bytes memory signature) internal view returns (bool) {
        (address recovered,,) = ECDSA.tryRecover(digest, signature);
        if (recovered != address(0) && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature);
    }
}
