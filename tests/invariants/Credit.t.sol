// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "../Cheats.sol";
import {CreditHandler} from "./CreditHandler.sol";

/// @dev One campaign for all promises of SellerCredit.
contract CreditInvariants is Test {
    CreditHandler private handler;

    function setUp() public {
        handler = new CreditHandler();
        targetContract(address(handler));
    }

    function invariant_creditKeepsItsPromises() public view {
        handler.check();
    }

    /// @dev The handler's calls do reach everything: 600 of them, drawn from a fixed seed.
    function test_theHandlerReachesEveryWeight() public {
        uint256 seed = 7;
        for (uint256 i = 1; i <= 600; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 8 < 5) handler.good(seed, seed >> 64);
            else if (seed % 8 < 7) handler.bad(seed, seed >> 64);
            else handler.pass(seed >> 8);
            if (i % 20 == 0) handler.check();
        }
        for (uint256 n; n < 3; ++n) {
            assertGe(handler.reached(n), 20, "too rare");
        }
    }
}
