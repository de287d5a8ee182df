// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Signatures} from "../../contracts/libraries/Signatures.sol";
import {Test} from "../Cheats.sol";

contract SignaturesTest is Test {
    uint256 private constant KEY = 0xA11CE;
    bytes32 private constant DIGEST = keccak256("what was signed");

    function sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function test_isSignedBy_theKeyThatSigned() public view {
        assertTrue(Signatures.isSignedBy(DIGEST, vm.addr(KEY), sign(KEY, DIGEST)));
        assertFalse(Signatures.isSignedBy(DIGEST, vm.addr(KEY + 1), sign(KEY, DIGEST)));
        assertFalse(Signatures.isSignedBy(keccak256("another"), vm.addr(KEY), sign(KEY, DIGEST)));
    }

    /// @dev Recovery answers the zero address for what is no signature: nobody signs so for nobody.
    function test_isSignedBy_theZeroAddressNever() public view {
        bytes[3] memory none = [bytes(""), new bytes(65), abi.encodePacked(bytes32(0), bytes32(0), uint8(27))];
        for (uint256 i; i < none.length; ++i) {
            assertFalse(Signatures.isSignedBy(DIGEST, address(0), none[i]));
        }
    }
}
