// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Batch} from "./IProvenanceRegistry.sol";

/// @notice Who broke the seal of an item first, and when: both zero where nobody did.
struct Claim {
    address claimant;
    uint40 time;
}

/// @notice What a claimant committed to, revealed.
struct Opening {
    uint64 gtin;
    string serial;
    /// What stands under the item's seal: 128 random bits.
    bytes16 code;
    /// Whose claim it is; whoever sends it.
    address claimant;
    /// Random, so that the commitment tells nothing to those who know the code, such as the brand.
    bytes32 salt;
}

/// @title First claims: who has the code that lies under an item's seal, by commit and reveal.
/// @notice The brand anchors a SealLeaf of each item in its log, and prints the code under the seal. The buyer commits to the
/// code, waits `COMMITMENT_AGE`, and reveals it. Later scans of the item see whose and since when it is.
/// @dev Whoever copies a reveal from the mempool has no commitment of that age. Warning: a block producer who can hold a
/// reveal back for so long can claim in its place.
/// @dev Warning: a claim proves that somebody knew the code. The brand, and whoever packed the item, knew it before.
interface IItemClaims {
    event Committed(bytes32 indexed commitment);
    /// @param serialHash keccak256 of `serial`.
    event Claimed(uint64 indexed gtin, bytes32 indexed serialHash, address indexed claimant, string serial);

    /// @notice Nobody committed to that opening.
    error CommitmentUnknown(bytes32 commitment);
    /// @notice It can be revealed from `opensAt` on.
    error CommitmentYoung(uint40 blockTime, uint40 opensAt);
    error AlreadyClaimed(uint64 gtin, string serial, address claimant, uint40 time);
    error ClaimantZero();
    /// @notice The item's class has no brand.
    error ClassUnknown(uint64 gtin);
    /// @notice That code is not in that batch of the brand's log: another item's, a wrong one, or not anchored.
    error SealNotAnchored(bytes32 brand, uint48 index);
    /// @notice The key that anchored the seal was not the brand's then, or may have been a thief's.
    error SealDistrusted(address writer, bytes32 brand);

    /// @notice How many seconds lie between a commitment and its reveal at the least.
    function COMMITMENT_AGE() external view returns (uint40);

    /// @notice Commits to an opening, by anyone. Again is a no-op: the first time counts, so that nobody can put it off.
    /// @param commitment as `commitmentOf` gives it.
    function commit(bytes32 commitment) external;

    /// @notice Binds the item to the claimant, for good. By anyone who knows what was committed to.
    /// @param index of the brand's log, where the item's seal is anchored. @param batch at that index.
    /// @param proof siblings from the SealLeaf to the batch's root.
    function claim(Opening calldata opening, uint48 index, Batch calldata batch, bytes32[] calldata proof) external;

    /// @notice When somebody committed to it, in block time; zero if nobody did.
    function committedAt(bytes32 commitment) external view returns (uint40);

    function claimOf(uint64 gtin, string calldata serial) external view returns (Claim memory);

    /// @notice `keccak256(abi.encode(chain id, this contract, gtin, keccak256(serial), code, claimant, salt))`.
    function commitmentOf(Opening calldata opening) external view returns (bytes32);

    /// @notice What the brand anchors in a SealLeaf: `keccak256(abi.encode(gtin, keccak256(serial), code))`.
    function sealHash(uint64 gtin, string calldata serial, bytes16 code) external pure returns (bytes32);
}
