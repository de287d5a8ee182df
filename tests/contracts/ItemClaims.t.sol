// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Claim, IItemClaims, Opening} from "../../contracts/interfaces/IItemClaims.sol";
import {Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {Batch, EventLeaf, SealLeaf} from "../../contracts/interfaces/IProvenanceRegistry.sol";
import {ItemClaims} from "../../contracts/ItemClaims.sol";
import {ProvenanceRegistry} from "../../contracts/ProvenanceRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";
import {StandardTree} from "./StandardTree.sol";

contract ItemClaimsTest is RegistryFixture {
    uint64 private constant GTIN = 9524000000019;
    string private constant SERIAL = "A-17";
    bytes16 private constant CODE = 0x0102030405060708090a0b0c0d0e0f10;
    address private constant BUYER = address(0xB0B);
    uint40 private constant AGE = 60;

    ProvenanceRegistry private goods;
    ItemClaims private claims;
    bytes32 private brand;
    address private brandKey = vm.addr(BRAND_KEY);

    Batch private batch;
    bytes32[] private sealProof; // of SERIAL's seal
    bytes32[] private nextProof; // of A-18's

    function setUp() public {
        setUpRegistry();
        goods = newProvenanceRegistry(registry);
        claims = newItemClaims(registry, goods);
        brand = admit(Role.Brand, "brand", BRAND_KEY);
        bindPrefix(brand, "9524000");
        vm.prank(brandKey);
        goods.registerClass(GTIN);
        vm.prank(CONTROLLER);
        goods.setWriter(brand, brandKey);
        anchorSeals();
    }

    /* COMMIT */

    function test_commit_keepsTheFirstTime() public {
        bytes32 commitment = claims.commitmentOf(opening());
        vm.expectEmit(address(claims));
        emit IItemClaims.Committed(commitment);
        claims.commit(commitment);
        uint40 first = blockTime();

        skip(AGE);
        vm.prank(STRANGER);
        claims.commit(commitment);
        assertEq(claims.committedAt(commitment), first);
        claim(opening());
    }

    /* CLAIM */

    function test_claim_RevertGiven_nobodyCommitted() public {
        Opening memory o = opening();
        bytes32 commitment = claims.commitmentOf(o);
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.CommitmentUnknown.selector, commitment));
        claim(o);
    }

    /// @dev Whoever sees a reveal in the mempool can commit at once, and is too late.
    function test_claim_RevertGiven_theCommitmentIsYoung() public {
        committed(opening());
        Opening memory thief = opening();
        thief.claimant = STRANGER;
        claims.commit(claims.commitmentOf(thief));
        uint40 opensAt = blockTime() + AGE;

        vm.expectRevert(abi.encodeWithSelector(IItemClaims.CommitmentYoung.selector, blockTime(), opensAt));
        claim(thief);
        skip(AGE - 1);
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.CommitmentYoung.selector, blockTime(), opensAt));
        claim(thief);

        claim(opening());
        skip(1);
        expectClaimed(BUYER, blockTime() - 1);
        claim(thief);
    }

    function test_claim_RevertGiven_anyFieldOfTheOpeningIsAnother() public {
        committed(opening());
        for (uint256 field = 0; field < 5; ++field) {
            Opening memory o = opening();
            if (field == 0) o.gtin += 1;
            if (field == 1) o.serial = "A-18";
            if (field == 2) o.code = bytes16(uint128(1));
            if (field == 3) o.claimant = STRANGER;
            if (field == 4) o.salt = 0;
            bytes32 commitment = claims.commitmentOf(o);
            vm.expectRevert(abi.encodeWithSelector(IItemClaims.CommitmentUnknown.selector, commitment));
            claim(o);
        }
    }

    function test_claim_RevertGiven_theCommitmentIsToAnotherContract() public {
        ItemClaims twin = newItemClaims(registry, goods);
        bytes32 commitment = twin.commitmentOf(opening());
        claims.commit(commitment);
        skip(AGE);
        commitment = claims.commitmentOf(opening());
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.CommitmentUnknown.selector, commitment));
        claim(opening());
    }

    function test_claim_RevertGiven_noClaimant() public {
        Opening memory o = opening();
        o.claimant = address(0);
        committed(o);
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.ClaimantZero.selector));
        claim(o);
    }

    function test_claim_RevertGiven_claimedBefore() public {
        committed(opening());
        claim(opening());
        uint40 first = blockTime();
        skip(1 days);
        expectClaimed(BUYER, first);
        claim(opening());
    }

    function test_claim_RevertGiven_theClassIsNobodys() public {
        Opening memory o = opening();
        o.gtin = 9524000000026;
        committed(o);
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.ClassUnknown.selector, o.gtin));
        claim(o);
    }

    function test_claim_RevertGiven_aWrongCodeOrAnotherItemsSeal() public {
        Opening memory o = opening();
        o.code = bytes16(uint128(CODE) ^ 1);
        expectNotAnchored(o, 0, sealProof);

        o = opening();
        o.serial = "A-18";
        expectNotAnchored(o, 0, nextProof);
    }

    function test_claim_RevertGiven_anotherBatchOrIndex() public {
        Opening memory o = opening();
        expectNotAnchored(o, 1, sealProof);
        Batch memory kept = batch;
        batch.count += 1;
        expectNotAnchored(o, 0, sealProof);
        batch = kept;
        batch.writer = STRANGER;
        expectNotAnchored(o, 0, sealProof);
    }

    /// @dev An event whose three words are those of a seal is no seal.
    function test_claim_RevertGiven_anEventInPlaceOfASeal() public {
        bytes32 words = claims.sealHash(GTIN, SERIAL, CODE);
        EventLeaf memory event_ = EventLeaf(bytes32(uint256(GTIN)), keccak256(bytes(SERIAL)), words);
        bytes32[] memory none = new bytes32[](0);
        batch = Batch(goods.leafHash(event_), 0, brandKey, 1);
        vm.prank(brandKey);
        goods.anchor(brand, 1, batch.root, 0, 1);
        expectNotAnchored(opening(), 1, none);
    }

    function test_claim_RevertGiven_aThiefsSeal() public {
        uint40 anchored = blockTime();
        skip(1 days);
        revokeKey(brand, BRAND_KEY, anchored);
        committed(opening());
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.SealDistrusted.selector, brandKey, brand));
        claim(opening());
    }

    /// @dev Revoking stops the key at that block; its log goes on taking what it writes until the controller names another.
    function test_claim_RevertGiven_aSealAnchoredAfterTheKeyWasRevoked() public {
        revokeKey(brand, BRAND_KEY, 0);
        vm.prank(brandKey);
        goods.anchor(brand, 1, batch.root, 0, batch.count);
        committed(opening());
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.SealDistrusted.selector, brandKey, brand));
        claimAt(opening(), 1, sealProof);
    }

    function test_claim_afterTheKeyWasReplaced() public {
        skip(1);
        revokeKey(brand, BRAND_KEY, blockTime());
        committed(opening());
        claim(opening());
        assertEq(claims.claimOf(GTIN, SERIAL).claimant, BUYER);
    }

    function test_claim_bindsTheItemWhoeverSendsIt() public {
        committed(opening());
        vm.expectEmit(address(claims));
        emit IItemClaims.Claimed(GTIN, keccak256(bytes(SERIAL)), BUYER, SERIAL);
        vm.prank(STRANGER);
        claims.claim(opening(), 0, batch, sealProof);

        Claim memory made = claims.claimOf(GTIN, SERIAL);
        assertEq(made.claimant, BUYER);
        assertEq(made.time, blockTime());
        assertEq(claims.claimOf(GTIN, "A-18").time, 0);
        assertEq(claims.claimOf(GTIN + 1, SERIAL).time, 0);
    }

    function testFuzz_claim_takesEachSealOnce(bytes16 code, address claimant, bytes32 salt) public {
        vm.assume(claimant != address(0));
        bytes32 only = goods.sealLeafHash(SealLeaf(GTIN, keccak256("fuzzed"), claims.sealHash(GTIN, "fuzzed", code)));
        batch = Batch(only, bytes32(uint256(7)), brandKey, 1);
        vm.prank(brandKey);
        goods.anchor(brand, 1, only, batch.itemsRoot, 1);

        Opening memory o = Opening(GTIN, "fuzzed", code, claimant, salt);
        committed(o);
        claimAt(o, 1, new bytes32[](0));
        assertEq(claims.claimOf(GTIN, "fuzzed").claimant, claimant);
        vm.expectRevert(
            abi.encodeWithSelector(IItemClaims.AlreadyClaimed.selector, GTIN, "fuzzed", claimant, blockTime())
        );
        claimAt(o, 1, new bytes32[](0));
    }

    /* HELPERS */

    function anchorSeals() private {
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = leaf(SERIAL, CODE);
        leaves[1] = leaf("A-18", bytes16(uint128(2)));
        leaves[2] = leaf("A-19", bytes16(uint128(3)));
        (bytes32 first, bytes32 second) = (leaves[0], leaves[1]);
        bytes32[] memory tree = StandardTree.grow(leaves);
        sealProof = StandardTree.proofOf(tree, first);
        nextProof = StandardTree.proofOf(tree, second);
        batch = Batch(tree[0], 0, brandKey, 3);
        vm.prank(brandKey);
        goods.anchor(brand, 0, batch.root, 0, 3);
    }

    function leaf(string memory serial, bytes16 code) private view returns (bytes32) {
        return goods.sealLeafHash(SealLeaf(GTIN, keccak256(bytes(serial)), claims.sealHash(GTIN, serial, code)));
    }

    function opening() private pure returns (Opening memory) {
        return Opening(GTIN, SERIAL, CODE, BUYER, keccak256("salt"));
    }

    function committed(Opening memory o) private {
        claims.commit(claims.commitmentOf(o));
        skip(AGE);
    }

    function claim(Opening memory o) private {
        claimAt(o, 0, sealProof);
    }

    function claimAt(Opening memory o, uint48 index, bytes32[] memory siblings) private {
        claims.claim(o, index, batch, siblings);
    }

    function expectNotAnchored(Opening memory o, uint48 index, bytes32[] memory siblings) private {
        committed(o);
        vm.expectRevert(abi.encodeWithSelector(IItemClaims.SealNotAnchored.selector, brand, index));
        claimAt(o, index, siblings);
    }

    function expectClaimed(address claimant, uint40 time) private {
        vm.expectRevert(
            abi.encodeWithSelector(IItemClaims.AlreadyClaimed.selector, GTIN, SERIAL, claimant, time)
        );
    }
}
