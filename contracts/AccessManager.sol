// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// Defines nothing: the build ships from each file of this folder the contract of the file's name, and this one is
// OpenZeppelin's as it stands. It holds the delays before a role that can move money is granted.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
