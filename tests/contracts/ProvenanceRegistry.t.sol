// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {
    Anchor, Batch, DeliveryLeaf, EventLeaf, IProvenanceRegistry, LogHead, RecallScope, SealLeaf
} from "../../contracts/interfaces/IProvenanceRegistry.sol";
import {ProvenanceRegistry} from "../../contracts/ProvenanceRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";
import {StandardTree} from "./StandardTree.sol";

contract ProvenanceRegistryTest is RegistryFixture {
    /// @dev What forge prints with -vv.
    event log_named_uint(string name, uint256 value);

    uint256 private constant SECOND_KEY = 0x2B4A;
    uint64 private constant GTIN = 9524000000019; // a GTIN-13: the same number as GTIN-14
    uint64 private constant CASE_GTIN = 19524000000016; // the same product, indicator 1

    uint256 private constant ANCHORS = 2; // slot of the mapping from participant and index

    ProvenanceRegistry private goods;

    address private brandKey = vm.addr(BRAND_KEY);
    address private secondKey = vm.addr(SECOND_KEY);
    address private otherKey = vm.addr(OTHER_KEY);
    address private platformKey = vm.addr(PLATFORM_KEY);

    bytes32 private brand;
    bytes32 private other;

    function setUp() public {
        setUpRegistry();
        goods = newProvenanceRegistry(registry);

        brand = admit(Role.Brand, "brand", BRAND_KEY);
        addKey(brand, SECOND_KEY);
        other = admit(Role.Brand, "other brand", OTHER_KEY);
        admit(Role.Platform, "platform", PLATFORM_KEY);
        bindPrefix(brand, "9524000");
        bindPrefix(other, "0614141");

        setWriter(brandKey);
        anchor(0, batch(0));
    }

    /* REGISTER CLASS */

    function test_registerClass_RevertGiven_noGtin() public {
        uint64[5] memory numbers = [0, GTIN + 1, CASE_GTIN - 9, 100000000000009, type(uint64).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.GtinInvalid.selector, numbers[i]));
            registerClass(brandKey, numbers[i]);
        }
    }

    function test_registerClass_RevertGiven_registeredBefore() public {
        registerClass(brandKey, GTIN);
        address[2] memory callers = [secondKey, otherKey];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.ClassExists.selector, GTIN, brand));
            registerClass(callers[i], GTIN);
        }
    }

    function test_registerClass_RevertGiven_callerIsNoBrandsValidKey() public {
        expectKeyNotValid(STRANGER, 0);
        registerClass(STRANGER, GTIN);

        bytes32 platform = registry.getKey(platformKey).participant;
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, platform, Role.Brand));
        registerClass(platformKey, GTIN);

        revokeKey(brand, SECOND_KEY, 0);
        expectKeyNotValid(secondKey, blockTime());
        registerClass(secondKey, GTIN);

        revokeRoles(brand, bit(Role.Brand));
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, brand, Role.Brand));
        registerClass(brandKey, GTIN);
    }

    function test_registerClass_RevertGiven_prefixOfNobodyOrAnother() public {
        expectPrefixNotHeld(GTIN, other, brand);
        registerClass(otherKey, GTIN);

        expectPrefixNotHeld(4006381333931, brand, 0);
        registerClass(brandKey, 4006381333931);
    }

    /// @dev 95240001 is no prefix of the brand's, though the number without its leading zero begins with 9524000.
    function test_registerClass_RevertGiven_theDigitsOfAPrefixElsewhere() public {
        uint64 shifted = withCheckDigit(95240001234);
        expectPrefixNotHeld(shifted, brand, 0);
        registerClass(brandKey, shifted);
    }

    function test_registerClass_registersForTheBrand() public {
        vm.expectEmit(address(goods));
        emit IProvenanceRegistry.ClassRegistered(GTIN, brand);
        registerClass(brandKey, GTIN);
        registerClass(secondKey, CASE_GTIN);
        registerClass(otherKey, 614141000036);

        assertEq(goods.brandOf(GTIN), brand);
        assertEq(goods.brandOf(CASE_GTIN), brand);
        assertEq(goods.brandOf(614141000036), other);
        assertEq(goods.brandOf(GTIN + 1), 0);
    }

    function test_registerClass_takesOneCheckDigit(uint64 digits) public {
        digits = uint64(bound(digits, 1, 1e13 - 1));
        uint64 right = withCheckDigit(digits);
        for (uint64 gtin = digits * 10; gtin < digits * 10 + 10; ++gtin) {
            if (gtin == right) continue;
            vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.GtinInvalid.selector, gtin));
            registerClass(brandKey, gtin);
        }
        bytes32 holder = registry.prefixHolder(digits % 1e12);
        if (holder != brand) expectPrefixNotHeld(right, brand, holder);
        registerClass(brandKey, right);
    }

    /* SET WRITER */

    function test_setWriter_RevertGiven_callerIsNotController() public {
        address[3] memory callers = [STRANGER, brandKey, otherKey];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IProvenanceRegistry.NotController.selector, callers[i], CONTROLLER)
            );
            vm.prank(callers[i]);
            goods.setWriter(brand, callers[i]);
        }
        vm.expectRevert(
            abi.encodeWithSelector(IProvenanceRegistry.NotController.selector, CONTROLLER, address(0))
        );
        vm.prank(CONTROLLER);
        goods.setWriter("nobody", brandKey);
    }

    function test_setWriter_RevertGiven_noValidKey() public {
        expectKeyNotValid(STRANGER, 0);
        setWriter(STRANGER);

        expectKeyNotValid(CONTROLLER, 0);
        setWriter(CONTROLLER);

        revokeKey(brand, SECOND_KEY, 0);
        expectKeyNotValid(secondKey, blockTime());
        setWriter(secondKey);
    }

    function test_setWriter_RevertGiven_anothersKey() public {
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.WriterForeign.selector, otherKey, other));
        setWriter(otherKey);
    }

    function test_setWriter_changesAtOnce() public {
        LogHead memory before = goods.logHead(brand);
        vm.expectEmit(address(goods));
        emit IProvenanceRegistry.WriterChanged(brand, secondKey);
        setWriter(secondKey);
        assertHead(LogHead(secondKey, before.nextIndex, before.lastAnchoredAt));

        expectNotWriter(brandKey, secondKey);
        anchor(1, batch(1));
        anchorAs(secondKey, brand, 1, batch(1));
        assertHead(LogHead(secondKey, 2, blockTime()));
    }

    function test_setWriter_stopsAndGoesOn() public {
        setWriter(address(0));
        expectNotWriter(brandKey, address(0));
        anchor(1, batch(1));

        setWriter(brandKey);
        anchor(1, batch(1));
        assertHead(LogHead(brandKey, 2, blockTime()));
    }

    /* ANCHOR */

    function test_anchor_RevertGiven_callerIsNotTheWriter() public {
        address[4] memory callers = [STRANGER, CONTROLLER, secondKey, otherKey];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectNotWriter(callers[i], brandKey);
            anchorAs(callers[i], brand, 1, batch(1));
        }
        expectNotWriter(otherKey, address(0));
        anchorAs(otherKey, other, 0, batch(0));
    }

    function test_anchor_RevertGiven_noLeaves() public {
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.BatchEmpty.selector));
        anchor(1, made("root", 0));
    }

    function test_anchor_RevertGiven_aGap(uint48 index) public {
        index = uint48(bound(index, 2, type(uint48).max));
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.IndexGap.selector, index, 1));
        anchor(index, batch(1));
    }

    function test_anchor_RevertGiven_otherContentAtTheIndex() public {
        Batch memory first = batch(0);
        Batch[3] memory others = [
            Batch("other root", first.itemsRoot, brandKey, first.count),
            Batch(first.root, "other map", brandKey, first.count),
            Batch(first.root, first.itemsRoot, brandKey, first.count + 1)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            expectBatchDiffers(0, digestOf(others[i]), digestOf(first));
            anchor(0, others[i]);
        }
    }

    /// @dev The batch is the first writer's, whose key a verifier judges; a follower's retry is not it.
    function test_anchor_RevertGiven_theSameContentByTheNextWriter() public {
        setWriter(secondKey);
        Batch memory retried = batch(0);
        retried.writer = secondKey;
        expectBatchDiffers(0, digestOf(retried), digestOf(batch(0)));
        anchorAs(secondKey, brand, 0, batch(0));
        expectNotWriter(brandKey, secondKey);
        anchor(0, batch(0));

        // And once it writes again, the first writer's retry is a no-op again
        setWriter(brandKey);
        anchor(0, batch(0));
    }

    function test_anchor_storesAndEmits() public {
        skip(1 hours);
        vm.expectEmit(address(goods));
        emit IProvenanceRegistry.BatchAnchored(brand, 1, brandKey, batch(1).root, batch(1).itemsRoot, batch(1).count);
        anchor(1, batch(1));
        assertHead(LogHead(brandKey, 2, blockTime()));
        assertAnchor(brand, 0, Anchor(digestOf(batch(0)), blockTime() - 1 hours));
        assertAnchor(brand, 1, Anchor(digestOf(batch(1)), blockTime()));
        assertAnchor(brand, 2, Anchor(0, 0));
        assertAnchor(other, 0, Anchor(0, 0));
    }

    function test_anchor_theSameAgainChangesNothing() public {
        LogHead memory head = goods.logHead(brand);
        skip(1 hours);
        vm.recordLogs();
        anchor(0, batch(0));
        assertEq(vm.getRecordedLogs().length, 0);
        assertHead(head);
        assertAnchor(brand, 0, Anchor(digestOf(batch(0)), blockTime() - 1 hours));
    }

    /// @dev One storage slot: digest above, time below, as a state proof shows it.
    function test_anchor_standsInOneSlot() public {
        anchor(1, batch(1));
        bytes32 slot = keccak256(abi.encode(uint48(1), keccak256(abi.encode(brand, ANCHORS))));
        assertEq(
            vm.load(address(goods), slot),
            bytes32(uint256(blockTime()) << 216 | uint256(uint216(digestOf(batch(1)))))
        );
    }

    /// @dev Any change of any field gives another digest, which shows in `anchorOf` and in `isAnchored`.
    function test_anchor_digestBindsEveryField(Batch memory content, uint256 change) public {
        content.writer = brandKey;
        content.count = uint32(bound(content.count, 1, type(uint32).max));
        anchor(1, content);
        assertAnchor(brand, 1, Anchor(digestOf(content), blockTime()));
        bytes32 flip = bytes32(uint256(1) << uint8(change >> 8));
        Batch memory changed = Batch(content.root, content.itemsRoot, content.writer, content.count);
        if (change % 4 == 0) changed.root ^= flip;
        if (change % 4 == 1) changed.itemsRoot ^= flip;
        if (change % 4 == 2) changed.writer = address(uint160(brandKey) ^ uint160(1 << (change >> 8) % 160));
        if (change % 4 == 3) changed.count ^= uint32(1 << (change >> 8) % 32);
        assertTrue(digestOf(changed) != digestOf(content));
        if (changed.count == 0) return;
        address writer = changed.writer;
        if (writer == brandKey) {
            expectBatchDiffers(1, digestOf(changed), digestOf(content));
            anchor(1, changed);
        }
    }

    /// @dev Fault 21b: a revocation alone stops no log; verifiers see it, and the controller stops the writer at once.
    function test_anchor_goesOnForARevokedKeyUntilTheWriterChanges() public {
        revokeKey(brand, BRAND_KEY, 0);
        skip(1 hours);
        anchor(1, batch(1));
        assertTrue(goods.logHead(brand).lastAnchoredAt > registry.getKey(brandKey).revokedAt);

        setWriter(secondKey);
        expectNotWriter(brandKey, secondKey);
        anchor(2, batch(2));
    }

    /// @dev Few indices and fewer contents, so that retries, forks and gaps all come up, against a plain list.
    function test_anchor_agreesWithANaiveLog(uint256[16] calldata seeds) public {
        bytes27[] memory log = new bytes27[](seeds.length + 1);
        log[0] = digestOf(batch(0));
        uint256 length = 1;
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint48 index = uint48(seeds[i] % (length + 2));
            Batch memory content = batch(index + (seeds[i] >> 128) % 2);
            bytes27 digest = digestOf(content);
            if (index > length) {
                vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.IndexGap.selector, index, length));
            } else if (index == length) {
                log[length++] = digest;
            } else if (log[index] != digest) {
                expectBatchDiffers(index, digest, log[index]);
            }
            anchor(index, content);
        }
        assertEq(goods.logHead(brand).nextIndex, length);
        for (uint48 index = 0; index <= length; ++index) {
            assertEq(goods.anchorOf(brand, index).digest, index < length ? log[index] : bytes27(0));
        }
    }

    /// @dev As a receipt would have it: what the same call to an account without code costs is this test's own.
    function test_anchor_costsOneNewSlotAndOneUpdated() public {
        Batch memory next = batch(1);
        bytes memory data = abi.encodeCall(goods.anchor, (brand, 1, next.root, next.itemsRoot, type(uint32).max));
        uint256 nothing = gasOf(address(0xE0A), data);
        uint256 used = gasOf(address(goods), data) - nothing + 21_000;
        assertEq(goods.logHead(brand).nextIndex, 2);
        for (uint256 i = 0; i < data.length; ++i) {
            used += data[i] == 0 ? 4 : 16;
        }
        emit log_named_uint("provenance.anchor", used);
        assertLe(used, 55_000);
    }

    function gasOf(address target, bytes memory data) private returns (uint256) {
        vm.prank(brandKey);
        uint256 before = gasleft();
        (bool done,) = target.call(data);
        uint256 used = before - gasleft();
        assertTrue(done);
        return used;
    }

    /* IS ANCHORED */

    function test_leafHash_isOfTheDomainAndHashedTwice(EventLeaf calldata leaf) public view {
        bytes32 once = keccak256(
            abi.encode(keccak256("lading.event-leaf.v1"), leaf.eventId, leaf.contentHash, leaf.salt)
        );
        assertEq(goods.leafHash(leaf), keccak256(abi.encode(once)));
        assertEq(goods.EVENT_LEAF(), keccak256("lading.event-leaf.v1"));
    }

    function test_deliveryLeafHash_isOfADomainOfItsOwnAndHashedTwice(DeliveryLeaf calldata leaf) public view {
        bytes32 once = keccak256(
            abi.encode(
                keccak256("lading.delivery-leaf.v1"), leaf.orderId, leaf.logisticUnit, leaf.eventId, leaf.time
            )
        );
        assertEq(goods.deliveryLeafHash(leaf), keccak256(abi.encode(once)));
        assertEq(goods.DELIVERY_LEAF(), keccak256("lading.delivery-leaf.v1"));
    }

    /// @dev What is in a batch as a delivery is no event there, whatever its words are taken for.
    function test_isAnchored_isFalseForADeliveryTakenForAnEvent(DeliveryLeaf calldata leaf) public {
        Batch memory grown = made(goods.deliveryLeafHash(leaf), 1);
        anchor(1, grown);
        EventLeaf[3] memory forged = [
            EventLeaf(leaf.eventId, leaf.logisticUnit, leaf.orderId),
            EventLeaf(leaf.orderId, leaf.logisticUnit, leaf.eventId),
            EventLeaf(goods.DELIVERY_LEAF(), leaf.orderId, leaf.logisticUnit)
        ];
        for (uint256 i = 0; i < forged.length; ++i) {
            assertFalse(goods.isAnchored(brand, 1, grown, forged[i], new bytes32[](0)));
        }
        EventLeaf memory inBatch = EventLeaf(leaf.eventId, leaf.orderId, leaf.logisticUnit);
        Batch memory sound = made(goods.leafHash(inBatch), 1);
        anchor(2, sound);
        assertTrue(goods.isAnchored(brand, 2, sound, inBatch, new bytes32[](0)));
    }

    function test_sealLeafHash_isOfADomainOfItsOwnAndHashedTwice(SealLeaf calldata leaf) public view {
        bytes32 once =
            keccak256(abi.encode(keccak256("lading.seal-leaf.v1"), leaf.gtin, leaf.serialHash, leaf.sealHash));
        assertEq(goods.sealLeafHash(leaf), keccak256(abi.encode(once)));
        assertEq(goods.SEAL_LEAF(), keccak256("lading.seal-leaf.v1"));
    }

    /// @dev A seal has as many words as an event: only the domain tells them apart.
    function test_leaves_ofEachKindStandForNoOther(uint64 gtin, bytes32 one, bytes32 two, uint40 time) public {
        bytes32 number = bytes32(uint256(gtin));
        bytes32 seal = goods.sealLeafHash(SealLeaf(gtin, one, two));
        bytes32 event_ = goods.leafHash(EventLeaf(number, one, two));
        bytes32 delivery = goods.deliveryLeafHash(DeliveryLeaf(number, one, two, time));
        assertTrue(seal != event_ && seal != delivery && event_ != delivery);

        Batch memory sealed_ = made(seal, 1);
        anchor(1, sealed_);
        assertFalse(goods.isAnchored(brand, 1, sealed_, EventLeaf(number, one, two), new bytes32[](0)));
        assertFalse(goods.isAnchored(brand, 1, sealed_, EventLeaf(goods.SEAL_LEAF(), number, one), new bytes32[](0)));
    }

    function test_isAnchored_provesEachLeafOfATree(uint256 seed, uint256 size) public {
        size = bound(size, 1, 40);
        (EventLeaf[] memory leaves, bytes32[] memory tree) = growTree(seed, size);
        Batch memory grown = made(tree[0], uint32(size));
        anchor(1, grown);
        for (uint256 i = 0; i < size; ++i) {
            bytes32[] memory proof = StandardTree.proofOf(tree, goods.leafHash(leaves[i]));
            assertTrue(goods.isAnchored(brand, 1, grown, leaves[i], proof));
        }
    }

    function test_isAnchored_isFalseForAChangedLeaf(uint256 seed, uint256 size, uint8 bitToFlip) public {
        (Batch memory grown, EventLeaf memory leaf, bytes32[] memory proof) = anchorTree(seed, bound(size, 1, 20));
        bytes32 flip = bytes32(uint256(1) << bitToFlip);
        EventLeaf[3] memory forged = [
            EventLeaf(leaf.eventId ^ flip, leaf.contentHash, leaf.salt),
            EventLeaf(leaf.eventId, leaf.contentHash ^ flip, leaf.salt),
            EventLeaf(leaf.eventId, leaf.contentHash, leaf.salt ^ flip)
        ];
        assertTrue(goods.isAnchored(brand, 1, grown, leaf, proof));
        for (uint256 i = 0; i < forged.length; ++i) {
            assertFalse(goods.isAnchored(brand, 1, grown, forged[i], proof));
        }
    }

    function test_isAnchored_isFalseElsewhere(uint256 seed, uint256 size) public {
        (Batch memory grown, EventLeaf memory leaf, bytes32[] memory proof) = anchorTree(seed, bound(size, 2, 20));
        assertTrue(goods.isAnchored(brand, 1, grown, leaf, proof));
        assertFalse(goods.isAnchored(brand, 0, grown, leaf, proof));
        assertFalse(goods.isAnchored(brand, 2, grown, leaf, proof));
        assertFalse(goods.isAnchored(other, 1, grown, leaf, proof));
        Batch[3] memory others = [
            Batch(grown.root, grown.itemsRoot, brandKey, grown.count + 1),
            Batch(grown.root, bytes32(uint256(grown.itemsRoot) ^ 1), brandKey, grown.count),
            Batch(grown.root, grown.itemsRoot, secondKey, grown.count)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            assertFalse(goods.isAnchored(brand, 1, others[i], leaf, proof));
        }

        // A root of the forger's own, anchored nowhere
        assertFalse(goods.isAnchored(brand, 1, made(goods.leafHash(leaf), grown.count), leaf, new bytes32[](0)));
    }

    function test_isAnchored_isFalseWithAnotherProof(uint256 seed, uint256 size) public {
        (Batch memory grown, EventLeaf memory leaf, bytes32[] memory proof) = anchorTree(seed, bound(size, 3, 20));
        assertFalse(goods.isAnchored(brand, 1, grown, leaf, new bytes32[](0)));
        assertFalse(goods.isAnchored(brand, 1, grown, leaf, resized(proof, proof.length - 1)));
        assertFalse(goods.isAnchored(brand, 1, grown, leaf, resized(proof, proof.length + 1)));

        (EventLeaf[] memory strangers, bytes32[] memory tree) = growTree(~seed, 8);
        bytes32[] memory foreign = StandardTree.proofOf(tree, goods.leafHash(strangers[0]));
        assertFalse(goods.isAnchored(brand, 1, grown, strangers[0], foreign));
        assertFalse(goods.isAnchored(brand, 1, grown, leaf, foreign));
    }

    /// @dev Fault 16: an inner node's two children, given as what a leaf commits to, with the node's own proof.
    function test_isAnchored_isFalseForAnInnerNode(uint256 seed, uint256 size) public {
        size = bound(size, 2, 20);
        (, bytes32[] memory tree) = growTree(seed, size);
        Batch memory grown = made(tree[0], uint32(size));
        anchor(1, grown);
        for (uint256 node = 0; node < size - 1; ++node) {
            (bytes32 left, bytes32 right) = (tree[2 * node + 1], tree[2 * node + 2]);
            bytes32[] memory proof = StandardTree.proofAt(tree, node);
            assertFalse(goods.isAnchored(brand, 1, grown, EventLeaf(left, right, 0), proof));
            assertFalse(goods.isAnchored(brand, 1, grown, EventLeaf(right, left, 0), proof));
            assertFalse(goods.isAnchored(brand, 1, grown, EventLeaf(tree[node], 0, 0), proof));
        }
    }

    /// @dev Fault 16: the proof of one anchored batch in another, and the words that are hashed as a leaf themselves.
    function test_isAnchored_isFalseForAnotherBatchsProofAndASecondPreimage(uint256 seed, uint256 size) public {
        (Batch memory grown, EventLeaf memory leaf, bytes32[] memory proof) = anchorTree(seed, bound(size, 2, 20));
        (EventLeaf[] memory others, bytes32[] memory tree) = growTree(~seed, 5);
        Batch memory later = made(tree[0], 5);
        anchor(2, later);
        bytes32[] memory theirs = StandardTree.proofOf(tree, goods.leafHash(others[0]));
        assertTrue(goods.isAnchored(brand, 2, later, others[0], theirs));
        assertFalse(goods.isAnchored(brand, 2, later, leaf, proof));
        assertFalse(goods.isAnchored(brand, 1, grown, others[0], theirs));
        assertFalse(goods.isAnchored(brand, 1, later, others[0], theirs));
        assertFalse(goods.isAnchored(brand, 2, grown, leaf, proof));

        // A forger who may choose the words of a leaf, and a proof beginning with a node of the tree
        bytes32 hash = goods.leafHash(leaf);
        bytes32[] memory longer = new bytes32[](proof.length + 1);
        longer[0] = hash;
        for (uint256 i = 0; i < proof.length; ++i) {
            longer[i + 1] = proof[i];
        }
        assertFalse(goods.isAnchored(brand, 1, grown, EventLeaf(hash, proof[0], 0), resized(proof, proof.length)));
        assertFalse(goods.isAnchored(brand, 1, grown, leaf, longer));
    }

    /* RECALL */

    function test_recall_RevertGiven_classUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.ClassUnknown.selector, GTIN));
        recall(brandKey, RecallScope.Class, "");
    }

    function test_recall_RevertGiven_callerIsNotTheBrandsValidKey() public {
        registerClass(brandKey, GTIN);
        expectKeyNotValid(STRANGER, 0);
        recall(STRANGER, RecallScope.Class, "");

        expectKeyNotValid(CONTROLLER, 0);
        recall(CONTROLLER, RecallScope.Class, "");

        revokeKey(brand, SECOND_KEY, 0);
        expectKeyNotValid(secondKey, blockTime());
        recall(secondKey, RecallScope.Class, "");

        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.NotBrand.selector, other, brand));
        recall(otherKey, RecallScope.Class, "");
    }

    function test_recall_RevertGiven_aValueThatNoLabelCanCarry() public {
        registerClass(brandKey, GTIN);
        expectValueInvalid(RecallScope.Class, "A");
        for (uint8 scope = 1; scope <= 2; ++scope) {
            expectValueInvalid(RecallScope(scope), "");
            expectValueInvalid(RecallScope(scope), "123456789012345678901");
            expectValueInvalid(RecallScope(scope), "LOT 7");
            expectValueInvalid(RecallScope(scope), unicode"批7");
            expectValueInvalid(RecallScope(scope), "A\x00");
        }
    }

    /// @dev GS1 General Specifications, figure 7.11-1, written out.
    function test_recall_takesTheCharactersOfSet82(uint8 character) public {
        registerClass(brandKey, GTIN);
        bytes memory set82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
        assertEq(set82.length, 82);
        bool member;
        for (uint256 i = 0; i < set82.length; ++i) {
            if (uint8(set82[i]) == character) member = true;
        }
        string memory value = string(abi.encodePacked(character));
        if (!member) {
            expectValueInvalid(RecallScope.Lot, value);
        } else {
            recall(brandKey, RecallScope.Lot, value);
            (, uint40 lotTime,) = goods.recallTimes(GTIN, value, "");
            assertEq(lotTime, blockTime());
        }
    }

    function test_recall_RevertGiven_recalledBefore_keepsTheTime() public {
        registerClass(brandKey, GTIN);
        uint40 since = blockTime();
        recall(brandKey, RecallScope.Lot, "L1");
        skip(1 days);
        vm.expectRevert(
            abi.encodeWithSelector(IProvenanceRegistry.AlreadyRecalled.selector, GTIN, RecallScope.Lot, "L1")
        );
        recall(secondKey, RecallScope.Lot, "L1");
        assertTimes("L1", "", 0, since, 0);
    }

    function test_recall_standsForThatOneAlone() public {
        registerClass(brandKey, GTIN);
        registerClass(brandKey, CASE_GTIN);
        uint40 first = blockTime();
        vm.expectEmit(address(goods));
        emit IProvenanceRegistry.Recalled(GTIN, RecallScope.Serial, "X1", "Battery may overheat.");
        recall(brandKey, RecallScope.Serial, "X1");
        assertTimes("X1", "X1", 0, 0, first);
        assertTimes("X1", "X2", 0, 0, 0);

        skip(1 days);
        recall(secondKey, RecallScope.Lot, "X1");
        assertTimes("X1", "X1", 0, first + 1 days, first);

        skip(1 days);
        recall(brandKey, RecallScope.Class, "");
        assertTimes("X1", "X1", first + 2 days, first + 1 days, first);
        assertTimes("", "", first + 2 days, 0, 0);

        (uint40 classTime, uint40 lotTime, uint40 serialTime) = goods.recallTimes(CASE_GTIN, "X1", "X1");
        assertEq(uint256(classTime) + lotTime + serialTime, 0);
    }

    function test_recall_isStillTheBrandsWithoutItsRole() public {
        registerClass(brandKey, GTIN);
        revokeRoles(brand, bit(Role.Brand));
        recall(brandKey, RecallScope.Class, "");
        assertTimes("", "", blockTime(), 0, 0);
    }

    /* HELPERS */

    function registerClass(address caller, uint64 gtin) private {
        vm.prank(caller);
        goods.registerClass(gtin);
    }

    function setWriter(address writer) private {
        vm.prank(CONTROLLER);
        goods.setWriter(brand, writer);
    }

    function anchor(uint48 index, Batch memory content) private {
        anchorAs(brandKey, brand, index, content);
    }

    function anchorAs(address caller, bytes32 participant, uint48 index, Batch memory content) private {
        vm.prank(caller);
        goods.anchor(participant, index, content.root, content.itemsRoot, content.count);
    }

    function recall(address caller, RecallScope scope, string memory value) private {
        vm.prank(caller);
        goods.recall(GTIN, scope, value, "Battery may overheat.");
    }

    /// @dev Some content of its own for each number.
    function batch(uint256 number) private view returns (Batch memory) {
        return made(keccak256(abi.encode(number)), uint32(number + 1));
    }

    function made(bytes32 root, uint32 count) private view returns (Batch memory) {
        return Batch(root, keccak256(abi.encode("items", root)), brandKey, count);
    }

    function digestOf(Batch memory content) private pure returns (bytes27) {
        return bytes27(keccak256(abi.encode(content.root, content.itemsRoot, content.writer, content.count)));
    }

    function growTree(uint256 seed, uint256 size)
        private
        view
        returns (EventLeaf[] memory leaves, bytes32[] memory tree)
    {
        leaves = new EventLeaf[](size);
        bytes32[] memory hashes = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = EventLeaf(
                keccak256(abi.encode(seed, i, "event")),
                keccak256(abi.encode(seed, i, "content")),
                keccak256(abi.encode(seed, i, "salt"))
            );
            hashes[i] = goods.leafHash(leaves[i]);
        }
        tree = StandardTree.grow(hashes);
    }

    /// @dev Anchors a tree at index 1 and gives one of its leaves.
    function anchorTree(uint256 seed, uint256 size)
        private
        returns (Batch memory grown, EventLeaf memory leaf, bytes32[] memory proof)
    {
        (EventLeaf[] memory leaves, bytes32[] memory tree) = growTree(seed, size);
        grown = made(tree[0], uint32(size));
        anchor(1, grown);
        leaf = leaves[seed % size];
        proof = StandardTree.proofOf(tree, goods.leafHash(leaf));
    }

    /// @dev Cut short, or lengthened by a zero.
    function resized(bytes32[] memory proof, uint256 length) private pure returns (bytes32[] memory other_) {
        other_ = new bytes32[](length);
        for (uint256 i = 0; i < length && i < proof.length; ++i) {
            other_[i] = proof[i];
        }
    }

    /// @dev GS1 General Specifications, 7.9, step by step: threes on every other digit, the rightmost first.
    function withCheckDigit(uint64 digits) private pure returns (uint64) {
        uint64 sum;
        uint64 rest = digits;
        for (uint256 place = 0; place < 13; ++place) {
            sum += place % 2 == 0 ? 3 * (rest % 10) : rest % 10;
            rest /= 10;
        }
        return digits * 10 + (10 - sum % 10) % 10;
    }

    function assertAnchor(bytes32 participant, uint48 index, Anchor memory expected) private view {
        assertEq(abi.encode(goods.anchorOf(participant, index)), abi.encode(expected));
    }

    function expectBatchDiffers(uint48 index, bytes27 attempted, bytes27 anchored) private {
        vm.expectRevert(
            abi.encodeWithSelector(IProvenanceRegistry.BatchDiffers.selector, index, attempted, anchored)
        );
    }

    function assertHead(LogHead memory expected) private view {
        assertEq(abi.encode(goods.logHead(brand)), abi.encode(expected));
    }

    function assertTimes(string memory lot, string memory serial, uint40 class_, uint40 lot_, uint40 serial_)
        private
        view
    {
        (uint40 classTime, uint40 lotTime, uint40 serialTime) = goods.recallTimes(GTIN, lot, serial);
        assertEq(abi.encode(classTime, lotTime, serialTime), abi.encode(class_, lot_, serial_));
    }

    function expectKeyNotValid(address key, uint40 revokedAt) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, key, revokedAt));
    }

    function expectNotWriter(address caller, address writer) private {
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.NotWriter.selector, caller, writer));
    }

    function expectPrefixNotHeld(uint64 gtin, bytes32 caller, bytes32 holder) private {
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.PrefixNotHeld.selector, gtin, caller, holder));
    }

    function expectValueInvalid(RecallScope scope, string memory value) private {
        vm.expectRevert(abi.encodeWithSelector(IProvenanceRegistry.RecallValueInvalid.selector, scope, value));
        recall(brandKey, scope, value);
    }
}
