// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {Claim, IItemClaims, Opening} from "./interfaces/IItemClaims.sol";
import {IParticipantRegistry, Key} from "./interfaces/IParticipantRegistry.sol";
import {Anchor, Batch, IProvenanceRegistry, SealLeaf} from "./interfaces/IProvenanceRegistry.sol";
import {Leaves} from "./libraries/Leaves.sol";

/// @title First claims of items. What it does and what it promises stands in IItemClaims.
contract ItemClaims is IItemClaims {
    using Leaves for *;

    /// @inheritdoc IItemClaims
    uint40 public constant COMMITMENT_AGE = 60;

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice Where brands anchor.
    IProvenanceRegistry public immutable provenance;

    /// @inheritdoc IItemClaims
    mapping(bytes32 commitment => uint40) public committedAt;

    mapping(bytes32 item => Claim) private _claims;

    constructor(IParticipantRegistry registry_, IProvenanceRegistry provenance_) {
        registry = registry_;
        provenance = provenance_;
    }

    /// @inheritdoc IItemClaims
    function commit(bytes32 commitment) external {
        if (committedAt[commitment] != 0) return;

        committedAt[commitment] = uint40(block.timestamp);
        emit Committed(commitment);
    }

    /// @inheritdoc IItemClaims
    function claim(Opening calldata opening, uint48 index, Batch calldata batch, bytes32[] calldata proof) external {
        // Check that it was committed to, long enough ago that nobody can have copied it from the mempool
        bytes32 commitment = commitmentOf(opening);
        uint40 since = committedAt[commitment];
        if (since == 0) revert CommitmentUnknown(commitment);
        uint40 opensAt = since + COMMITMENT_AGE;
        if (block.timestamp < opensAt) revert CommitmentYoung(uint40(block.timestamp), opensAt);

        // Check that the claim is somebody's, and the item nobody's yet
        if (opening.claimant == address(0)) revert ClaimantZero();
        bytes32 item = _item(opening.gtin, opening.serial);
        Claim memory first = _claims[item];
        if (first.time != 0) revert AlreadyClaimed(opening.gtin, opening.serial, first.claimant, first.time);

        _checkSeal(opening, index, batch, proof);

        _claims[item] = Claim(opening.claimant, uint40(block.timestamp));
        emit Claimed(opening.gtin, keccak256(bytes(opening.serial)), opening.claimant, opening.serial);
    }

    /* VIEWS */

    /// @inheritdoc IItemClaims
    function claimOf(uint64 gtin, string calldata serial) external view returns (Claim memory) {
        return _claims[_item(gtin, serial)];
    }

    /// @inheritdoc IItemClaims
    function commitmentOf(Opening calldata opening) public view returns (bytes32) {
        bytes32 serialHash = keccak256(bytes(opening.serial));
        return keccak256(
            abi.encode(
                block.chainid, this, opening.gtin, serialHash, opening.code, opening.claimant, opening.salt
            )
        );
    }

    /// @inheritdoc IItemClaims
    function sealHash(uint64 gtin, string calldata serial, bytes16 code) public pure returns (bytes32) {
        return keccak256(abi.encode(gtin, keccak256(bytes(serial)), code));
    }

    /* INTERNALS */

    /// @dev That the brand anchored this code for this item, with a key that was the brand's alone.
    function _checkSeal(Opening calldata opening, uint48 index, Batch calldata batch, bytes32[] calldata proof)
        private
        view
    {
        bytes32 brand = provenance.brandOf(opening.gtin);
        if (brand == 0) revert ClassUnknown(opening.gtin);

        // Check that the leaf is in the batch, and the batch in the log
        bytes32 hashed = sealHash(opening.gtin, opening.serial, opening.code);
        bytes32 leaf = SealLeaf(opening.gtin, keccak256(bytes(opening.serial)), hashed).hash();
        Anchor memory anchor = provenance.anchorOf(brand, index);
        if (anchor.digest != batch.digest() || !MerkleProof.verifyCalldata(proof, batch.root, leaf)) {
            revert SealNotAnchored(brand, index);
        }

        // Check that no thief of the key can have anchored it
        Key memory key = registry.getKey(batch.writer);
        bool stolen = key.compromisedSince != 0 && anchor.time >= key.compromisedSince;
        bool revoked = key.revokedAt != 0 && anchor.time >= key.revokedAt;
        if (key.participant != brand || stolen || revoked) revert SealDistrusted(batch.writer, brand);
    }

    function _item(uint64 gtin, string calldata serial) private pure returns (bytes32) {
        return keccak256(abi.encode(gtin, serial));
    }
}
