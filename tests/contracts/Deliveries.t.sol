// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deliveries} from "../../contracts/Deliveries.sol";
import {IDeliveries} from "../../contracts/interfaces/IDeliveries.sol";
import {IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {
    Batch, DeliveryLeaf, EventLeaf, IProvenanceRegistry, LogHead, SealLeaf
} from "../../contracts/interfaces/IProvenanceRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Arbitration, Clauses, Default, ITradeEscrow, Order, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {EscrowFixture, SettableCondition} from "./EscrowFixture.sol";
import {Pack} from "./Pack.sol";
import {StandardTree} from "./StandardTree.sol";

/// @dev Logs that name somebody as their writer who was never a key of theirs: no real registry does.
contract StrangeLogs {
    address private immutable _writer;

    constructor(address writer) {
        _writer = writer;
    }

    function logHead(bytes32) external view returns (LogHead memory) {
        return LogHead(_writer, 1, 1);
    }
}

/// @dev Deliveries that a carrier anchored in its own log.
contract DeliveriesTest is EscrowFixture {
    using Pack for Terms;
    using Packed for *;

    uint256 private constant SECOND_CARRIER_KEY = 0xCA662;
    uint256 private constant ARBITER_KEY = 0xA6B17E6;
    bytes32 private constant ITEMS = keccak256("items");
    bytes32 private constant UNIT = keccak256("urn:epc:id:sscc:0614141.1234567890");

    address private otherCarrier = vm.addr(OTHER_CARRIER_KEY);
    bytes32 private otherCarrierId;

    function setUp() public {
        setUpEscrow();
        otherCarrierId = registry.participantOf(otherCarrier);
        provenance.setWriter(carrierId, carrier);
        provenance.setWriter(otherCarrierId, otherCarrier);
    }

    /* DELIVERED */

    function test_deliverAnchored_deliversWhoeverSubmitsIt() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        vm.prank(STRANGER);
        vm.expectEmit(address(deliveries));
        emit IDeliveries.DeliveryProven(id, carrier, UNIT, leaf.eventId, leaf.time);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Held(id, State.Delivered);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        Order memory order = escrow.getOrder(id);
        assertTrue(order.delivered);
        assertFalse(order.late);
        assertState(t, State.Delivered);
    }

    function test_deliverAnchored_endsAsAReceiptWould() public {
        Terms memory t = terms();
        openShipped(t);
        submitAnchored(t);
        vm.warp(vm.getBlockTimestamp() + t.schedule.inspectionWindow() + 1);
        escrow.release(t);
        assertEq(token.balanceOf(carrier), FREIGHT);
        assertEq(token.balanceOf(seller), PRICE - FEE);
        assertEq(goodOf(sellerId), UNWITNESSED);
    }

    function test_deliverAnchored_isLateByThisBlockWhateverTheLeafSays() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        uint256 snapshot = vm.snapshotState();
        vm.warp(t.schedule.deliverBy());
        submitAnchored(t);
        assertFalse(escrow.getOrder(id).late);
        vm.revertToState(snapshot);
        vm.warp(t.schedule.claimBy());
        submitAnchored(t);
        assertTrue(escrow.getOrder(id).late);
    }

    /// @dev The time in the leaf is the carrier's word: long past and far ahead, it decides nothing.
    function testFuzz_deliverAnchored_takesAnyTimeInTheLeaf(uint40 time) public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        leaf.time = time;
        (Batch memory batch, bytes32[] memory proof) = anchored(leaf, 0);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        assertFalse(escrow.getOrder(id).late);
        assertState(t, State.Delivered);
    }

    function testFuzz_deliverAnchored_provesEachDeliveryOfABatch(uint256 seed, uint256 size) public {
        size = bound(size, 1, 20);
        Terms memory t = terms();
        bytes32[] memory hashes = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            t.salt = keccak256(abi.encode(seed, i));
            openShipped(t);
            hashes[i] = provenance.deliveryLeafHash(leafOf(t));
        }
        bytes32[] memory tree = StandardTree.grow(hashes);
        Batch memory batch = anchor(tree[0], uint32(size));
        for (uint256 i; i < size; ++i) {
            t.salt = keccak256(abi.encode(seed, i));
            DeliveryLeaf memory leaf = leafOf(t);
            bytes32[] memory proof = StandardTree.proofOf(tree, provenance.deliveryLeafHash(leaf));
            deliveries.deliverAnchored(t, leaf, 0, batch, proof);
            assertState(t, State.Delivered);
        }
    }

    /* ANOTHER LEAF */

    function test_deliverAnchored_RevertGiven_theLeafOfAnotherOrder() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        t.salt = "another";
        bytes32 another = openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leaf, 0);
        t.salt = keccak256("salt");
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.LeafForeign.selector, another, id));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        leaf.orderId = id;
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    function test_deliverAnchored_RevertGiven_oneWordOfTheLeafChanged() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        for (uint256 i; i < 3; ++i) {
            DeliveryLeaf memory leaf = leafOf(t);
            if (i == 0) leaf.logisticUnit = "other";
            if (i == 1) leaf.eventId = "other";
            if (i == 2) leaf.time += 1;
            expectNotAnchored(0);
            deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        }
        deliveries.deliverAnchored(t, leafOf(t), 0, batch, proof);
    }

    function test_deliverAnchored_RevertGiven_anEventTakenForADelivery() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        EventLeaf[2] memory events =
            [EventLeaf(id, leaf.logisticUnit, leaf.eventId), EventLeaf(leaf.eventId, leaf.logisticUnit, id)];
        for (uint48 i; i < events.length; ++i) {
            Batch memory batch = Batch(provenance.leafHash(events[i]), 0, carrier, 1);
            vm.prank(carrier);
            provenance.anchor(carrierId, i, batch.root, 0, 1);
            assertTrue(provenance.isAnchored(carrierId, i, batch, events[i], new bytes32[](0)));
            expectNotAnchored(i);
            deliveries.deliverAnchored(t, leaf, i, batch, new bytes32[](0));
        }
    }

    /// @dev Hashed once instead of twice, as an inner node is.
    function test_deliverAnchored_RevertGiven_aLeafThatIsHashedOnce() public {
        Terms memory t = terms();
        openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        bytes32 once = keccak256(abi.encode(provenance.DELIVERY_LEAF(), leaf));
        Batch memory batch = anchor(once, 1);
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));
    }

    function testFuzz_deliverAnchored_RevertGiven_anInnerNodeTakenForADelivery(uint256 seed, uint256 size) public {
        size = bound(size, 2, 12);
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        bytes32[] memory tree = StandardTree.grow(strangers(seed, size));
        Batch memory batch = anchor(tree[0], uint32(size));
        for (uint256 node; node < size - 1; ++node) {
            bytes32[] memory proof = StandardTree.proofAt(tree, node);
            DeliveryLeaf memory leaf = DeliveryLeaf(id, tree[2 * node + 1], tree[2 * node + 2], 0);
            expectNotAnchored(0);
            deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        }
    }

    /* ANOTHER PLACE */

    function test_deliverAnchored_RevertGiven_anotherCarriersLog() public {
        Terms memory t = terms();
        openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        Batch memory batch = Batch(provenance.deliveryLeafHash(leaf), 0, otherCarrier, 1);
        vm.prank(otherCarrier);
        provenance.anchor(otherCarrierId, 0, batch.root, 0, 1);
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));
    }

    function test_deliverAnchored_RevertGiven_anotherIndexBatchOrProof() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 5);
        DeliveryLeaf memory leaf = leafOf(t);
        expectNotAnchored(1);
        deliveries.deliverAnchored(t, leaf, 1, batch, proof);
        Batch[3] memory others = [
            Batch(batch.root, ITEMS, carrier, batch.count + 1),
            Batch(batch.root, 0, carrier, batch.count),
            Batch(batch.root, ITEMS, otherCarrier, batch.count)
        ];
        for (uint256 i; i < others.length; ++i) {
            expectNotAnchored(0);
            deliveries.deliverAnchored(t, leaf, 0, others[i], proof);
        }
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));

        // A root of the forger's own, anchored nowhere
        bytes32 root = provenance.deliveryLeafHash(leaf);
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, Batch(root, ITEMS, carrier, batch.count), new bytes32[](0));

        proof[0] ^= bytes32(uint256(1));
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        proof[0] ^= bytes32(uint256(1));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    /* WHO WRITES */

    function test_deliverAnchored_RevertGiven_theWritersKeyIsRevoked() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        vm.warp(vm.getBlockTimestamp() + 1);
        registry.revokeKey(carrierId, carrier, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, carrier, uint40(block.timestamp))
        );
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        // A successor that takes the log over stands for what is in it
        addKey(carrierId, SECOND_CARRIER_KEY);
        provenance.setWriter(carrierId, vm.addr(SECOND_CARRIER_KEY));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        assertState(t, State.Delivered);
    }

    function test_deliverAnchored_RevertGiven_theLogIsStoppedOrNeverHadAWriter() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        provenance.setWriter(carrierId, address(0));
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, address(0), 0));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        t.carrier = STRANGER;
        openShipped(t);
        leaf = leafOf(t);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, address(0), 0));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    function test_deliverAnchored_RevertGiven_theCarrierLostItsRole() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        registry.revokeRoles(carrierId, uint16(1 << uint8(Role.Carrier)));
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, carrierId, Role.Carrier));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    /// @dev The log takes a revoked key's batches until its controller names another; they prove nothing then either.
    function test_deliverAnchored_RevertGiven_theBatchIsOfAKeyThatWasRevokedBefore() public {
        Terms memory t = terms();
        openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        registry.revokeKey(carrierId, carrier, 0);
        Batch[2] memory batches = [anchorAt(0, leaf), Batch(0, 0, carrier, 0)];
        vm.warp(vm.getBlockTimestamp() + 1);
        batches[1] = anchorAt(1, leaf);
        succeed();
        for (uint48 i; i < batches.length; ++i) {
            expectNotValidThen(uint40(vm.getBlockTimestamp() - 1 + i));
            deliveries.deliverAnchored(t, leaf, i, batches[i], new bytes32[](0));
        }
    }

    /// @dev To the second: what was anchored before the key may have been in other hands still counts.
    function test_deliverAnchored_RevertGiven_theBatchIsOfAKeyInOtherHands() public {
        Terms[3] memory orders;
        Batch[3] memory batches;
        DeliveryLeaf[3] memory leaves;
        uint40 start = uint40(vm.getBlockTimestamp());
        for (uint48 i; i < 3; ++i) {
            orders[i] = terms();
            orders[i].salt = bytes32(uint256(i));
            openShipped(orders[i]);
            leaves[i] = leafOf(orders[i]);
            vm.warp(start + i);
            batches[i] = anchorAt(i, leaves[i]);
        }
        vm.warp(start + 1 hours);
        registry.revokeKey(carrierId, carrier, start + 1);
        succeed();
        for (uint48 i; i < 3; ++i) {
            if (i > 0) expectNotValidThen(uint40(start + i));
            deliveries.deliverAnchored(orders[i], leaves[i], i, batches[i], new bytes32[](0));
            assertState(orders[i], i == 0 ? State.Delivered : State.Shipped);
        }

        // What was proven before the theft was known stays proven
        registry.revokeKey(carrierId, carrier, start - 1 days);
        assertState(orders[0], State.Delivered);
    }

    /// @dev Whoever writes the log now, the event names whose key anchored it.
    function test_deliverAnchored_tellsTheWriterOfTheBatch() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        Batch memory batch = anchorAt(0, leaf);
        succeed();
        vm.expectEmit(address(deliveries));
        emit IDeliveries.DeliveryProven(id, carrier, UNIT, leaf.eventId, leaf.time);
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));
    }

    /// @dev A seal in the log is no delivery, whatever its words are taken for.
    function testFuzz_deliverAnchored_RevertGiven_aSealTakenForADelivery(SealLeaf memory seal) public {
        Terms memory t = terms();
        seal.serialHash = openShipped(t);
        Batch memory batch = anchor(provenance.sealLeafHash(seal), 1);
        DeliveryLeaf memory leaf = DeliveryLeaf(seal.serialHash, bytes32(uint256(seal.gtin)), seal.sealHash, 0);
        expectNotAnchored(0);
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));
    }

    /// @dev A key stays its participant's, so no log of the real registry has such a writer.
    function test_deliverAnchored_RevertGiven_aWriterThatIsAnothersKey() public {
        Terms memory t = terms();
        openShipped(t);
        StrangeLogs logs = new StrangeLogs(otherCarrier);
        Deliveries strange = newDeliveries(registry, IProvenanceRegistry(address(logs)), escrow);
        DeliveryLeaf memory leaf = leafOf(t);
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.WriterForeign.selector, otherCarrierId, carrierId));
        strange.deliverAnchored(t, leaf, 0, Batch("root", 0, carrier, 1), new bytes32[](0));
    }

    function test_deliverAnchored_RevertGiven_aContractThatTheVaultDoesNotKnow() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        Deliveries twin = newDeliveries(registry, provenance, escrow);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, address(twin)));
        twin.deliverAnchored(t, leaf, 0, batch, proof);
    }

    /* WHEN */

    function test_deliverAnchored_RevertGiven_itIsNotShippedOrWasDelivered() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Accepted, State.Shipped));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        vm.prank(seller);
        escrow.ship(t, "unit");
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Delivered, State.Shipped));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    function test_deliverAnchored_RevertGiven_theClaimWindowIsOver() public {
        Terms memory t = terms();
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        uint40 opensAt = t.schedule.claimBy() + 1;
        vm.warp(opensAt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, opensAt));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    function test_deliverAnchored_RevertGiven_theConditionIsRejectedOrItsTimeOver() public {
        SettableCondition condition = new SettableCondition();
        Terms memory t = terms();
        t.condition = address(condition);
        t.setConditionBy(t.schedule.shipBy() + 2 days);
        openShipped(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        uint40 shippedAt = uint40(block.timestamp);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, shippedAt));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        condition.set(ConditionStatus.Pending, Fault.Nobody);
        uint40 opensAt = t.schedule.conditionBy() + 1;
        vm.warp(opensAt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, opensAt));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        vm.warp(opensAt - 1);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        assertState(t, State.Delivered);
    }

    /// @dev As a signed receipt: for the freight, and the dispute goes on.
    function test_deliverAnchored_inADisputeRaisedBefore_isNotedUntilTheClaimWindowEnds() public {
        Terms memory t = arbitrated(60 days);
        bytes32 id = openDisputed(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        uint40 deadline = t.schedule.claimBy();
        vm.warp(deadline + 1);
        expectDefaultOpen(Default.Refund, deadline + 1);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        vm.warp(deadline);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        assertState(t, State.Disputed);
        assertTrue(escrow.getOrder(id).delivered);
        assertTrue(escrow.getOrder(id).late);
    }

    /// @dev What the buyer gets of an arbiter's silence is fixed from the second it opens.
    function test_deliverAnchored_RevertGiven_theSilentSplitOfTheDisputeIsOpen() public {
        Terms memory t = arbitrated(1 days);
        bytes32 id = openDisputed(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        uint40 opensAt = escrow.getOrder(id).since + 1 days + 1;
        vm.warp(opensAt);
        expectDefaultOpen(Default.SilentSplit, opensAt);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        vm.warp(opensAt - 1);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        assertState(t, State.Disputed);
        assertTrue(escrow.getOrder(id).delivered);
    }

    function test_deliverAnchored_inADispute_RevertGiven_theConditionIsRejectedOrItsTimeOver() public {
        SettableCondition condition = new SettableCondition();
        Terms memory t = arbitrated(60 days);
        t.condition = address(condition);
        t.setConditionBy(t.schedule.shipBy() + 2 days);
        bytes32 id = openDisputed(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leafOf(t), 0);
        DeliveryLeaf memory leaf = leafOf(t);
        condition.set(ConditionStatus.Rejected, Fault.Seller);
        expectDefaultOpen(Default.Refund, uint40(vm.getBlockTimestamp()));
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);

        condition.set(ConditionStatus.Pending, Fault.Nobody);
        uint40 opensAt = t.schedule.conditionBy() + 1;
        vm.warp(opensAt);
        expectDefaultOpen(Default.Refund, opensAt);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        vm.warp(opensAt - 1);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
        assertTrue(escrow.getOrder(id).delivered);
    }

    /* TRUST IN A LOG */

    function test_trustFrom_takesWhatAThiefAnchoredOutOfTheLog() public {
        Terms memory t = terms();
        openShipped(t);
        DeliveryLeaf memory leaf = leafOf(t);
        Batch memory batch = anchorAt(0, leaf);
        assertEq(deliveries.trustedFrom(carrierId), 0);
        vm.expectEmit(address(deliveries));
        emit IDeliveries.TrustMoved(carrierId, 1);
        deliveries.trustFrom(carrierId, 1);
        assertEq(deliveries.trustedFrom(carrierId), 1);
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.BatchDistrusted.selector, carrierId, 0, 1));
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));

        // A new writer does not bring it back
        addKey(carrierId, SECOND_CARRIER_KEY);
        provenance.setWriter(carrierId, vm.addr(SECOND_CARRIER_KEY));
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.BatchDistrusted.selector, carrierId, 0, 1));
        deliveries.deliverAnchored(t, leaf, 0, batch, new bytes32[](0));

        // And a receipt still proves the delivery, if there was one
        deliver(t);
        assertState(t, State.Delivered);
    }

    /// @dev To the batch: what lies before is distrusted, the first trusted one counts, and so do later ones.
    function test_trustFrom_leavesWhatIsAnchoredFromThereOnItsProof() public {
        Terms[4] memory orders;
        Batch[4] memory batches;
        DeliveryLeaf[4] memory leaves;
        for (uint48 i; i < 4; ++i) {
            orders[i] = terms();
            orders[i].salt = bytes32(uint256(i));
            openShipped(orders[i]);
            leaves[i] = leafOf(orders[i]);
            batches[i] = anchorAt(i, leaves[i]);
        }
        deliveries.trustFrom(carrierId, 2);
        for (uint48 i; i < 4; ++i) {
            if (i < 2) {
                vm.expectRevert(abi.encodeWithSelector(IDeliveries.BatchDistrusted.selector, carrierId, i, 2));
            }
            deliveries.deliverAnchored(orders[i], leaves[i], i, batches[i], new bytes32[](0));
            assertState(orders[i], i < 2 ? State.Shipped : State.Delivered);
        }

        // An honest delivery among them is anchored again, later
        Batch memory again = anchorAt(4, leaves[1]);
        deliveries.deliverAnchored(orders[1], leaves[1], 4, again, new bytes32[](0));
        assertState(orders[1], State.Delivered);
    }

    function test_trustFrom_concernsThatCarriersLogAlone() public {
        deliveries.trustFrom(otherCarrierId, 7);
        Terms memory t = terms();
        openShipped(t);
        submitAnchored(t);
        assertState(t, State.Delivered);
        assertEq(deliveries.trustedFrom(carrierId), 0);
    }

    /// @dev The thief has the writer's key; so the carrier's keys are not asked.
    function test_trustFrom_RevertGiven_anyoneButTheController() public {
        address[4] memory others = [carrier, otherCarrier, seller, STRANGER];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IDeliveries.NotController.selector, others[i], address(this)));
            deliveries.trustFrom(carrierId, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.NotController.selector, address(this), address(0)));
        deliveries.trustFrom("nobody", 1);

        // Nor a controller of before
        registry.proposeController(carrierId, STRANGER);
        vm.prank(STRANGER);
        registry.acceptController(carrierId);
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.NotController.selector, address(this), STRANGER));
        deliveries.trustFrom(carrierId, 1);
        vm.prank(STRANGER);
        deliveries.trustFrom(carrierId, 1);
        assertEq(deliveries.trustedFrom(carrierId), 1);
    }

    function test_trustFrom_RevertGiven_itMovesBackOrNowhere() public {
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.TrustMovesBack.selector, 0, 0));
        deliveries.trustFrom(carrierId, 0);
        deliveries.trustFrom(carrierId, 5);
        for (uint48 index = 3; index <= 5; ++index) {
            vm.expectRevert(abi.encodeWithSelector(IDeliveries.TrustMovesBack.selector, index, 5));
            deliveries.trustFrom(carrierId, index);
        }
        deliveries.trustFrom(carrierId, 6);
        assertEq(deliveries.trustedFrom(carrierId), 6);
    }

    /* HELPERS */

    function arbitrated(uint32 window) private returns (Terms memory t) {
        admit(ARBITER_KEY, Role.Arbiter, "arbiter");
        t = terms();
        t.clauses = new Clauses[](1);
        t.clauses[0].arbitration = Arbitration(vm.addr(ARBITER_KEY), 0, window, 0);
    }

    function openDisputed(Terms memory t) private returns (bytes32 id) {
        id = openShipped(t);
        vm.prank(buyer);
        disputes.dispute(t, "");
    }

    function expectDefaultOpen(Default standing, uint40 opensAt) private {
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, standing, opensAt));
    }

    /// @dev Another key of the carrier takes the log over.
    function succeed() private {
        addKey(carrierId, SECOND_CARRIER_KEY);
        provenance.setWriter(carrierId, vm.addr(SECOND_CARRIER_KEY));
    }

    function expectNotValidThen(uint40 anchoredAt) private {
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.WriterNotValidThen.selector, carrier, anchoredAt));
    }

    /// @dev A batch of this leaf alone.
    function anchorAt(uint48 index, DeliveryLeaf memory leaf) private returns (Batch memory batch) {
        batch = Batch(provenance.deliveryLeafHash(leaf), ITEMS, carrier, 1);
        vm.prank(carrier);
        provenance.anchor(carrierId, index, batch.root, ITEMS, 1);
    }

    function leafOf(Terms memory t) private view returns (DeliveryLeaf memory) {
        return DeliveryLeaf(escrow.orderId(t), UNIT, sha256("accepting"), uint40(block.timestamp));
    }

    function submitAnchored(Terms memory t) private {
        DeliveryLeaf memory leaf = leafOf(t);
        (Batch memory batch, bytes32[] memory proof) = anchored(leaf, 3);
        deliveries.deliverAnchored(t, leaf, 0, batch, proof);
    }

    /// @dev The leaf among others, in the first batch of the carrier's log.
    function anchored(DeliveryLeaf memory leaf, uint256 others)
        private
        returns (Batch memory batch, bytes32[] memory proof)
    {
        bytes32[] memory hashes = strangers(uint256(leaf.orderId), others + 1);
        hashes[0] = provenance.deliveryLeafHash(leaf);
        bytes32 hash = hashes[0];
        bytes32[] memory tree = StandardTree.grow(hashes);
        batch = anchor(tree[0], uint32(hashes.length));
        proof = StandardTree.proofOf(tree, hash);
    }

    function anchor(bytes32 root, uint32 count) private returns (Batch memory batch) {
        batch = Batch(root, ITEMS, carrier, count);
        vm.prank(carrier);
        provenance.anchor(carrierId, 0, root, ITEMS, count);
    }

    function strangers(uint256 seed, uint256 size) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            hashes[i] = keccak256(abi.encode(seed, i));
        }
    }

    function expectNotAnchored(uint48 index) private {
        vm.expectRevert(abi.encodeWithSelector(IDeliveries.DeliveryNotAnchored.selector, carrierId, index));
    }
}
