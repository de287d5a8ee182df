// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {
    Anchor,
    Batch,
    DeliveryLeaf,
    EventLeaf,
    IProvenanceRegistry,
    LogHead,
    RecallScope,
    SealLeaf
} from "./interfaces/IProvenanceRegistry.sol";
import {Gs1} from "./libraries/Gs1.sol";
import {Leaves} from "./libraries/Leaves.sol";

/// @title What happened to goods. What it does and what it promises stands in IProvenanceRegistry.
contract ProvenanceRegistry is IProvenanceRegistry {
    using Leaves for *;

    /// @inheritdoc IProvenanceRegistry
    bytes32 public constant EVENT_LEAF = Leaves.EVENT;

    /// @inheritdoc IProvenanceRegistry
    bytes32 public constant DELIVERY_LEAF = Leaves.DELIVERY;

    /// @inheritdoc IProvenanceRegistry
    bytes32 public constant SEAL_LEAF = Leaves.SEAL;

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    mapping(uint64 gtin => bytes32) private _brands;
    mapping(bytes32 participant => LogHead) private _heads;
    mapping(bytes32 participant => mapping(uint48 index => Anchor)) private _anchors;
    mapping(bytes32 target => uint40) private _recalls;

    constructor(IParticipantRegistry registry_) {
        registry = registry_;
    }

    /* CLASSES */

    /// @inheritdoc IProvenanceRegistry
    function registerClass(uint64 gtin) external {
        // Check that the number is a GTIN, and new
        if (!Gs1.isGtin(gtin)) revert GtinInvalid(gtin);
        if (_brands[gtin] != 0) revert ClassExists(gtin, _brands[gtin]);

        // Check that the caller is a brand, and that the number lies under its prefix
        bytes32 caller = registry.participantWithRole(msg.sender, Role.Brand);
        bytes32 holder = registry.prefixHolder(Gs1.companyDigits(gtin));
        if (caller != holder) revert PrefixNotHeld(gtin, caller, holder);

        _brands[gtin] = caller;
        emit ClassRegistered(gtin, caller);
    }

    /// @inheritdoc IProvenanceRegistry
    function recall(uint64 gtin, RecallScope scope, string calldata value, string calldata reason) external {
        // Check that the class exists and the caller is its brand
        bytes32 brand = _brands[gtin];
        if (brand == 0) revert ClassUnknown(gtin);
        bytes32 caller = registry.participantOf(msg.sender);
        if (caller != brand) revert NotBrand(caller, brand);

        // Check that the value can be on a label: a recall that matches nothing would go unnoticed
        bool valid = scope == RecallScope.Class ? bytes(value).length == 0 : Gs1.isLotOrSerial(value);
        if (!valid) revert RecallValueInvalid(scope, value);

        // Check that the time of an earlier recall stays
        bytes32 target = _target(gtin, scope, value);
        if (_recalls[target] != 0) revert AlreadyRecalled(gtin, scope, value);

        _recalls[target] = uint40(block.timestamp);
        emit Recalled(gtin, scope, value, reason);
    }

    /* LOGS */

    /// @inheritdoc IProvenanceRegistry
    function setWriter(bytes32 participant, address writer) external {
        // Check that the participant's controller calls
        address controller = registry.controllerOf(participant);
        if (msg.sender != controller) revert NotController(msg.sender, controller);

        // Check that the writer is a valid key of the participant, if it is not to stop the log
        if (writer != address(0)) {
            bytes32 holder = registry.participantOf(writer);
            if (holder != participant) revert WriterForeign(writer, holder);
        }

        _heads[participant].writer = writer;
        emit WriterChanged(participant, writer);
    }

    /// @inheritdoc IProvenanceRegistry
    function anchor(bytes32 participant, uint48 index, bytes32 root, bytes32 itemsRoot, uint32 count) external {
        // Check that the log's writer calls, and brings something
        LogHead memory head = _heads[participant];
        if (msg.sender != head.writer) revert NotWriter(msg.sender, head.writer);
        if (count == 0) revert BatchEmpty();

        // Check that the batch is the next one, or the same again
        bytes27 attempted = Leaves.digest(root, itemsRoot, msg.sender, count);
        if (index > head.nextIndex) revert IndexGap(index, head.nextIndex);
        if (index < head.nextIndex) {
            bytes27 anchored = _anchors[participant][index].digest;
            if (attempted != anchored) revert BatchDiffers(index, attempted, anchored);
            return;
        }

        _anchors[participant][index] = Anchor(attempted, uint40(block.timestamp));
        _heads[participant] = LogHead(head.writer, index + 1, uint48(block.timestamp));
        emit BatchAnchored(participant, index, msg.sender, root, itemsRoot, count);
    }

    /* VIEWS */

    /// @inheritdoc IProvenanceRegistry
    function brandOf(uint64 gtin) external view returns (bytes32) {
        return _brands[gtin];
    }

    /// @inheritdoc IProvenanceRegistry
    function logHead(bytes32 participant) external view returns (LogHead memory) {
        return _heads[participant];
    }

    /// @inheritdoc IProvenanceRegistry
    function anchorOf(bytes32 participant, uint48 index) external view returns (Anchor memory) {
        return _anchors[participant][index];
    }

    /// @inheritdoc IProvenanceRegistry
    function leafHash(EventLeaf calldata leaf) external pure returns (bytes32) {
        return leaf.hash();
    }

    /// @inheritdoc IProvenanceRegistry
    function isAnchored(
        bytes32 participant,
        uint48 index,
        Batch calldata batch,
        EventLeaf calldata leaf,
        bytes32[] calldata proof
    ) external view returns (bool) {
        if (batch.digest() != _anchors[participant][index].digest) return false;
        return MerkleProof.verifyCalldata(proof, batch.root, leaf.hash());
    }

    /// @inheritdoc IProvenanceRegistry
    function deliveryLeafHash(DeliveryLeaf calldata leaf) external pure returns (bytes32) {
        return leaf.hash();
    }

    /// @inheritdoc IProvenanceRegistry
    function sealLeafHash(SealLeaf calldata leaf) external pure returns (bytes32) {
        return leaf.hash();
    }

    /// @inheritdoc IProvenanceRegistry
    function recallTimes(uint64 gtin, string calldata lot, string calldata serial)
        external
        view
        returns (uint40 classTime, uint40 lotTime, uint40 serialTime)
    {
        classTime = _recalls[_target(gtin, RecallScope.Class, "")];
        lotTime = _recalls[_target(gtin, RecallScope.Lot, lot)];
        serialTime = _recalls[_target(gtin, RecallScope.Serial, serial)];
    }

    /* INTERNALS */

    /// @dev What a recall is filed under. An empty lot or serial is never recalled.
    function _target(uint64 gtin, RecallScope scope, string memory value) private pure returns (bytes32) {
        return keccak256(abi.encode(gtin, scope, value));
    }
}
