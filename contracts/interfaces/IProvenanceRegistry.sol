// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A batch of EPCIS events as anchored.
struct Batch {
    /// Root of the Merkle tree over the batch's leaves (sorted pairs, as OpenZeppelin's MerkleProof).
    bytes32 root;
    /// Root of the publisher's item map (item -> number of its events and head of their hash chain) after this batch.
    bytes32 itemsRoot;
    /// Whoever anchored it.
    address writer;
    /// Number of leaves, as the publisher states it; never zero.
    uint32 count;
}

/// @notice What is stored of a batch, in one slot, so that one storage proof shows content, writer and time.
struct Anchor {
    /// The first 27 bytes of `keccak256(abi.encode(root, itemsRoot, writer, count))`.
    bytes27 digest;
    /// Block time of the anchoring; zero if there is no such batch.
    uint40 time;
}

/// @notice What a leaf commits to.
struct EventLeaf {
    /// The SHA-256 inside the CBV event id `ni:///sha-256;…?ver=CBV2.0` (CBV 2.0, 8.9).
    bytes32 eventId;
    /// SHA-256 of the RFC 8785 form of the whole event with its error declaration, since the event id covers neither
    /// corrections nor `recordTime`.
    bytes32 contentHash;
    /// Random, so that a neighbour in a proof cannot be guessed.
    bytes32 salt;
}

/// @notice What a carrier anchors in its own log when it hands the goods of an order over: evidence for ITradeEscrow.
struct DeliveryLeaf {
    bytes32 orderId;
    /// keccak256 of the logistic unit's EPC URI (its SSCC).
    bytes32 logisticUnit;
    /// The SHA-256 inside the CBV event id of the EPCIS event with bizStep `accepting`.
    bytes32 eventId;
    /// The event's time, in seconds.
    uint40 time;
}

/// @notice What a brand anchors of the code under an item's seal, for the claim of its first buyer.
struct SealLeaf {
    uint64 gtin;
    /// keccak256 of the serial number (GS1 AI 21).
    bytes32 serialHash;
    /// keccak256 of the code under the seal.
    bytes32 sealHash;
}

/// @notice The head of a participant's log, in one slot.
struct LogHead {
    address writer;
    uint48 nextIndex;
    /// Block time of the last anchored batch; zero before the first.
    uint48 lastAnchoredAt;
}

/// @notice How far a recall reaches within a product class.
enum RecallScope {
    Class,
    Lot,
    Serial
}

/// @title What happened to goods: product classes, gapless logs of batches, recalls.
/// @dev Warning: an anchored event is a statement by its publisher, not a truth. A tag is not the goods.
/// @dev Warning: the writer is checked in the log's head alone. Revoking a key in the ParticipantRegistry stops nothing
/// here: the controller changes the writer with `setWriter`, and verifiers compare the time of an anchor with the key's
/// `revokedAt` and `compromisedSince`.
interface IProvenanceRegistry {
    event ClassRegistered(uint64 indexed gtin, bytes32 indexed brand);
    event WriterChanged(bytes32 indexed participant, address indexed writer);
    event BatchAnchored(
        bytes32 indexed participant,
        uint48 indexed index,
        address indexed writer,
        bytes32 root,
        bytes32 itemsRoot,
        uint32 count
    );
    event Recalled(uint64 indexed gtin, RecallScope indexed scope, string value, string reason);

    /// @notice Zero, more than 14 digits, or another check digit (GS1 General Specifications, 7.9).
    error GtinInvalid(uint64 gtin);
    error ClassExists(uint64 gtin, bytes32 brand);
    error ClassUnknown(uint64 gtin);
    /// @notice The GTIN lies under `holder`'s company prefix (zero: nobody's), not the caller's.
    error PrefixNotHeld(uint64 gtin, bytes32 caller, bytes32 holder);
    error NotController(address caller, address controller);
    error NotWriter(address caller, address writer);
    /// @notice The writer is a key of `participant`, another one.
    error WriterForeign(address writer, bytes32 participant);
    error BatchEmpty();
    /// @notice A log has no gaps: the next batch is `expected`.
    error IndexGap(uint48 attempted, uint48 expected);
    /// @notice That index was anchored with other content, or by another writer (digests).
    error BatchDiffers(uint48 index, bytes27 attempted, bytes27 anchored);
    error NotBrand(bytes32 caller, bytes32 brand);
    /// @notice A class has no value; a lot or serial has 1 to 20 characters of the GS1 AI encodable character set 82
    /// (GS1 General Specifications, AI 10 and 21, figure 7.11-1).
    error RecallValueInvalid(RecallScope scope, string value);
    error AlreadyRecalled(uint64 gtin, RecallScope scope, string value);

    /// @notice Registers a product class under the caller's company prefix. By a valid key of a participant with the
    /// role Brand. Once.
    /// @param gtin the GTIN-14 as a number. A GTIN-13 or GTIN-12 is the GTIN-14 with indicator 0, the same number.
    function registerClass(uint64 gtin) external;

    /// @notice Names the only address that may anchor in a participant's log, at once. By its controller. The log goes
    /// on at the index where it stands.
    /// @param writer a valid key of the participant, or zero to stop the log. Reverts with the ParticipantRegistry's
    /// `KeyNotValid` for any other.
    function setWriter(bytes32 participant, address writer) external;

    /// @notice Anchors batch number `index` of a log. By its writer. The same content again, by the same writer, is a
    /// no-op, so that a retry is safe; anything else at an anchored index reverts.
    /// @dev Warning: the retry of a writer that has followed another reverts, though the content is the same: the batch
    /// is the other's.
    /// @param root of the Merkle tree over the leaves. @param itemsRoot of the item map, this batch counted in; it is the
    /// publisher's word, which whoever has the batches can replay. @param count of the leaves.
    function anchor(bytes32 participant, uint48 index, bytes32 root, bytes32 itemsRoot, uint32 count) external;

    /// @notice Recalls a class, a lot or a serial number, for good. By a valid key of the class's brand, which may do
    /// so even after it lost the role Brand.
    /// @dev Warning: a thief of one brand key can recall; revoking the key does not take a recall back. Nobody can hide
    /// one.
    /// @param value empty for a class, else the lot (GS1 AI 10) or serial (AI 21).
    /// @param reason for the consumer, in one sentence.
    function recall(uint64 gtin, RecallScope scope, string calldata value, string calldata reason) external;

    /// @notice Zero if the class is not registered.
    function brandOf(uint64 gtin) external view returns (bytes32);

    function logHead(bytes32 participant) external view returns (LogHead memory);

    /// @notice What is stored of a batch; zero if there is none.
    function anchorOf(bytes32 participant, uint48 index) external view returns (Anchor memory);

    /// @notice The domain of the leaves: `keccak256("lading.event-leaf.v1")`.
    function EVENT_LEAF() external view returns (bytes32);

    /// @notice The leaf of an event: `keccak256(keccak256(abi.encode(EVENT_LEAF, eventId, contentHash, salt)))`.
    function leafHash(EventLeaf calldata leaf) external pure returns (bytes32);

    /// @notice Whether the event is in that anchored batch.
    /// @param proof the siblings from the leaf to the root, as OpenZeppelin's StandardMerkleTree gives them.
    function isAnchored(
        bytes32 participant,
        uint48 index,
        Batch calldata batch,
        EventLeaf calldata leaf,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice The domain of the deliveries' leaves: `keccak256("lading.delivery-leaf.v1")`.
    function DELIVERY_LEAF() external view returns (bytes32);

    /// @notice The leaf of a delivery: `keccak256(keccak256(abi.encode(DELIVERY_LEAF, orderId, logisticUnit, eventId, time)))`.
    function deliveryLeafHash(DeliveryLeaf calldata leaf) external pure returns (bytes32);

    /// @notice The domain of the seals' leaves: `keccak256("lading.seal-leaf.v1")`.
    function SEAL_LEAF() external view returns (bytes32);

    /// @notice The leaf of a seal: `keccak256(keccak256(abi.encode(SEAL_LEAF, gtin, serialHash, sealHash)))`.
    function sealLeafHash(SealLeaf calldata leaf) external pure returns (bytes32);

    /// @notice Block times since which the class, the lot and the serial are recalled; zero where they are not. An item
    /// is recalled if any of the three is.
    /// @param lot empty if unknown. @param serial empty if unknown.
    function recallTimes(uint64 gtin, string calldata lot, string calldata serial)
        external
        view
        returns (uint40 classTime, uint40 lotTime, uint40 serialTime);
}
