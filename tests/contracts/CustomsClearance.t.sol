// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;


import {CustomsClearance} from "../../contracts/CustomsClearance.sol";
import {
    Clearance,
    Decision,
    ICustomsClearance,
    JoinField,
    Matching,
    Side,
    Signed
} from "../../contracts/interfaces/ICustomsClearance.sol";
import {IdentifierScheme, IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {Clauses, Default, ITradeEscrow, Receipt, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {CustomsFixture, Papers} from "./CustomsFixture.sol";
import {OwnedWallet} from "./OwnedWallet.sol";

contract MatchDocumentsTest is CustomsFixture {
    function setUp() public {
        setUpCustoms();
    }

    /* WHOSE DOCUMENT */

    function test_RevertWhen_a_document_is_of_another_order() public {
        Terms memory t = bothSides();
        bytes32 id = escrow.orderId(t);
        for (uint256 i; i < 3; ++i) {
            Papers memory p = papersOf(t);
            if (i == 0) p.order.orderId = "other";
            if (i == 1) p.payment.orderId = "other";
            if (i == 2) p.waybill.orderId = "other";
            signAll(p);
            vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.DocumentForeign.selector, bytes32("other"), id));
            submit(t, p);
        }
    }

    function test_RevertWhen_the_documents_belong_to_another_chain() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignatureInvalid.selector, platform));
        submit(t, p);
    }

    function test_RevertWhen_the_documents_belong_to_another_vault() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        CustomsClearance other = newCustomsClearance(registry, STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICustomsClearance.DocumentForeign.selector, p.order.orderId, idIn(STRANGER, block.chainid, t)
            )
        );
        other.matchDocuments(t, p.order, p.platform, p.payment, p.provider, p.waybill, p.carrier);
    }

    /* SIGNATURES */

    function test_RevertWhen_a_signature_is_by_another_key() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        p.platform.signature = signOrder(CARRIER_KEY, p.order, platform);
        expectSignatureInvalid(platform);
        submit(t, p);

        p = papersOf(t);
        p.provider.signature = signPayment(CARRIER_KEY, p.payment, p.provider.signer);
        expectSignatureInvalid(p.provider.signer);
        submit(t, p);

        p = papersOf(t);
        p.carrier.signature = signWaybill(PLATFORM_KEY, p.waybill, carrier);
        expectSignatureInvalid(carrier);
        submit(t, p);
    }

    function test_RevertWhen_a_signed_word_was_changed() public {
        Terms memory t = bothSides();
        for (uint256 i; i < 3; ++i) {
            Papers memory p = papersOf(t);
            if (i == 0) p.order.fieldsRoot = "other";
            if (i == 1) p.payment.fieldsRoot = "other";
            if (i == 2) p.waybill.fieldsRoot = "other";
            expectSignatureInvalid(i == 0 ? platform : i == 1 ? p.provider.signer : carrier);
            submit(t, p);
        }
    }

    function test_RevertWhen_the_signature_was_made_for_another_contract() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        CustomsClearance twin = newCustomsClearance(registry, address(escrow));
        expectSignatureInvalid(platform);
        twin.matchDocuments(t, p.order, p.platform, p.payment, p.provider, p.waybill, p.carrier);
    }

    function test_RevertWhen_a_signature_is_malformed() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        p.provider.signature = "";
        expectSignatureInvalid(p.provider.signer);
        submit(t, p);
    }

    function test_an_erc1271_wallet_signs() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        address wallet = walletOf(providerId, STRANGER_KEY);
        p.provider = Signed(wallet, signPayment(STRANGER_KEY, p.payment, wallet));
        assertEq(uint256(submit(t, p)), uint256(JoinField.None));
    }

    function test_RevertWhen_the_signature_was_made_for_a_sibling_wallet() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        address wallet = walletOf(providerId, STRANGER_KEY);
        address sibling = walletOf(registry.participantOf(vm.addr(OTHER_PROVIDER_KEY)), STRANGER_KEY);
        p.provider = Signed(sibling, signPayment(STRANGER_KEY, p.payment, wallet));
        expectSignatureInvalid(sibling);
        submit(t, p);
    }

    /* STANDING */

    function test_RevertWhen_a_signer_is_no_key() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        p.provider = Signed(STRANGER, p.provider.signature);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, STRANGER, 0));
        submit(t, p);
    }

    function test_RevertWhen_a_key_was_revoked_since_it_signed() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        registry.revokeKey(providerId, p.provider.signer, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, p.provider.signer, block.timestamp)
        );
        submit(t, p);
    }

    function test_a_key_revoked_after_the_match_unwinds_nothing() public {
        Terms memory t = terms();
        bytes32 id = matched(t);
        registry.revokeKey(providerId, vm.addr(PROVIDER_KEY), uint40(block.timestamp - 1 days));
        assertStatus(id, ConditionStatus.Met, Fault.Nobody);
    }

    function test_RevertWhen_a_signer_lacks_the_role() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        p.provider = Signed(carrier, signPayment(CARRIER_KEY, p.payment, carrier));
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, carrierId, Role.PaymentProvider)
        );
        submit(t, p);
    }

    function test_RevertWhen_the_platform_is_another() public {
        Terms memory t = bothSides();
        bytes32 other = admit(STRANGER_KEY, Role.Platform, "other platform");
        Papers memory p = papersOf(t);
        address signer = vm.addr(STRANGER_KEY);
        p.platform = Signed(signer, signOrder(STRANGER_KEY, p.order, signer));
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignerForeign.selector, other, platformId));
        submit(t, p);
    }

    function test_RevertWhen_the_carrier_is_another() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        address signer = vm.addr(OTHER_CARRIER_KEY);
        bytes32 other = registry.participantOf(signer);
        p.carrier = Signed(signer, signWaybill(OTHER_CARRIER_KEY, p.waybill, signer));
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignerForeign.selector, other, carrierId));
        submit(t, p);
    }

    function test_RevertWhen_the_terms_name_a_platform_that_is_no_participant() public {
        Terms memory t = bothSides();
        t.platform = STRANGER;
        Papers memory p = papersOf(t);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignerForeign.selector, platformId, bytes32(0)));
        submit(t, p);
    }

    function test_a_new_key_signs_for_a_participant_whose_key_in_the_terms_is_revoked() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        addKey(platformId, STRANGER_KEY);
        registry.revokeKey(platformId, platform, 0);
        address signer = vm.addr(STRANGER_KEY);
        p.platform = Signed(signer, signOrder(STRANGER_KEY, p.order, signer));
        assertEq(uint256(submit(t, p)), uint256(JoinField.None));
    }

    /* STRANGERS */

    function test_RevertWhen_one_participant_signs_two_documents() public {
        Terms memory t = bothSides();
        registry.grantRoles(carrierId, uint16(1 << uint8(Role.PaymentProvider)));
        Papers memory p = papersOf(t);
        p.provider = Signed(carrier, signPayment(CARRIER_KEY, p.payment, carrier));
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignersRelated.selector, carrierId, carrierId));
        submit(t, p);
    }

    /// @dev The carrier is a platform too and admitted, as its seller, who is now the order's platform.
    function test_RevertWhen_the_carrier_admitted_the_platform() public {
        registry.grantRoles(carrierId, uint16(1 << uint8(Role.Platform)));
        Terms memory t = bothSides();
        t.platform = vm.addr(STRANGER_KEY);
        bytes32 child = admittedBy(carrier);
        Papers memory p = papersOf(t);
        p.platform = Signed(t.platform, signOrder(STRANGER_KEY, p.order, t.platform));
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignersRelated.selector, child, carrierId));
        submit(t, p);
    }

    function test_RevertWhen_the_payment_provider_admitted_the_platform() public {
        registry.grantRoles(providerId, uint16(1 << uint8(Role.Platform)));
        Terms memory t = bothSides();
        t.platform = vm.addr(STRANGER_KEY);
        bytes32 child = admittedBy(vm.addr(PROVIDER_KEY));
        Papers memory p = papersOf(t);
        p.platform = Signed(t.platform, signOrder(STRANGER_KEY, p.order, t.platform));
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignersRelated.selector, child, providerId));
        submit(t, p);
    }

    /// @dev Why no test has a carrier or payment provider that the platform admitted: the registry knows no such thing.
    function test_RevertWhen_a_platforms_own_participant_asks_for_a_witness_role() public {
        vm.prank(platform);
        bytes32 child = registry.admitSeller(address(this), "NL", IdentifierScheme.NationalRegister, "NL-child");
        uint16 withoutMoney = ((uint16(1) << (uint8(type(Role).max) + 1)) - 1) & ~registry.MONEY_ROLES();
        Role[2] memory witnesses = [Role.Carrier, Role.PaymentProvider];
        for (uint256 i; i < witnesses.length; ++i) {
            uint16 roles = uint16(1 << uint8(witnesses[i]));
            vm.expectRevert(
                abi.encodeWithSelector(IParticipantRegistry.RolesNotAllowed.selector, roles, withoutMoney)
            );
            registry.grantRoles(child, roles);
        }
    }

    /* COMPARISON */

    function test_each_join_field_that_differs_is_recorded_and_named() public {
        Terms memory t = bothSides();
        bytes32 id = escrow.orderId(t);
        for (uint8 i = uint8(JoinField.PaymentOrderNo); i <= uint8(JoinField.Freight); ++i) {
            Papers memory p = papersOf(t);
            setWitness(p, JoinField(i), "other");
            signAll(p);
            vm.expectEmit(address(clearance));
            emit ICustomsClearance.DocumentsDiffer(id, JoinField(i));
            assertEq(uint256(submit(t, p)), i);
            assertClearance(id, differs(JoinField(i)));
            assertStatus(id, ConditionStatus.Pending, Fault.Nobody);
        }
    }

    function testFuzz_the_first_of_several_differences_is_named(uint8 mask) public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        uint8 first;
        for (uint8 i = uint8(JoinField.Freight); i > 0; --i) {
            if (mask >> (i - 1) & 1 == 0) continue;
            setWitness(p, JoinField(i), "other");
            first = i;
        }
        signAll(p);
        assertEq(uint256(submit(t, p)), first);
    }

    function test_a_field_that_both_leave_out_differs() public {
        Terms memory t = bothSides();
        for (uint8 i = uint8(JoinField.PaymentOrderNo); i <= uint8(JoinField.Freight); ++i) {
            if (JoinField(i) == JoinField.WaybillOrderNo) continue; // the payment's order number is compared before it
            Papers memory p = papersOf(t);
            setWitness(p, JoinField(i), 0);
            setOrder(p, JoinField(i), 0);
            signAll(p);
            assertEq(uint256(submit(t, p)), i);
        }
    }

    function test_corrected_documents_match() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        setWitness(p, JoinField.Consignee, "mistyped");
        signAll(p);
        submit(t, p);
        assertEq(uint256(submit(t, papersOf(t))), uint256(JoinField.None));
        assertClearance(escrow.orderId(t), matching(true, true));
    }

    function test_an_older_version_that_differs_changes_only_the_recorded_field() public {
        Terms memory t = bothSides();
        Papers memory older = papersOf(t);
        setWitness(older, JoinField.Freight, "older");
        signAll(older);
        Papers memory newer = papersOf(t);
        setWitness(newer, JoinField.Amount, "newer");
        signAll(newer);
        submit(t, newer);
        vm.prank(STRANGER);
        submit(t, older);
        assertClearance(escrow.orderId(t), differs(JoinField.Freight));
        submit(t, papersOf(t));
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.AlreadyMatched.selector, escrow.orderId(t)));
        submit(t, older);
    }

    function test_older_versions_that_agree_match() public {
        Terms memory t = bothSides();
        Papers memory older = papersOf(t);
        Papers memory newer = papersOf(t);
        setWitness(newer, JoinField.Amount, "newer");
        signAll(newer);
        submit(t, newer);
        vm.prank(STRANGER);
        assertEq(uint256(submit(t, older)), uint256(JoinField.None));
    }

    function test_RevertWhen_an_older_version_was_taken_back_by_rotating_its_key() public {
        Terms memory t = bothSides();
        Papers memory older = papersOf(t);
        registry.revokeKey(platformId, platform, 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, platform, block.timestamp));
        submit(t, older);
    }

    function test_a_stranger_submits_and_the_match_is_final() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        bytes32 id = escrow.orderId(t);
        vm.expectEmit(address(clearance));
        emit ICustomsClearance.DocumentsMatched(
            id, providerId, "root 311", "root 411", "root 511", platform, p.provider.signer, carrier
        );
        vm.prank(STRANGER);
        submit(t, p);
        assertClearance(id, matching(true, true));

        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.AlreadyMatched.selector, id));
        submit(t, p);
    }

    /// @dev The vault and the papers work the id out apart: they have to agree, with clauses and without.
    function test_papers_of_an_order_with_clauses_match_under_the_vaults_id() public {
        Terms memory t = bothSides();
        t.clauses = new Clauses[](1);
        (t.clauses[0].group, t.clauses[0].feeCeiling) = ("group", 1);
        bytes32 id = escrow.orderId(t);
        assertEq(id, idIn(address(escrow), block.chainid, t));
        assertEq(matched(t), id);
        assertClearance(id, matching(true, true));
    }

    function test_RevertWhen_the_documents_are_of_the_same_order_with_other_clauses() public {
        Terms memory t = bothSides();
        Papers memory p = papersOf(t);
        t.clauses = new Clauses[](1);
        bytes32 id = escrow.orderId(t);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.DocumentForeign.selector, p.order.orderId, id));
        submit(t, p);
    }

    function test_the_sides_that_the_terms_name_are_kept() public {
        Terms memory t = bothSides();
        t.exitAuthority = 0;
        assertClearance(matched(t), matching(false, true));
        t = bothSides();
        t.entryAuthority = 0;
        assertClearance(matched(t), matching(true, false));
    }

    /* HELPERS */

    uint256 private constant STRANGER_KEY = 0x57A6;

    /// @dev An order's id, member by member.
    function idIn(address vault, uint256 chainId, Terms memory t) private pure returns (bytes32) {
        bytes32 clauses = t.clauses.length == 0 ? bytes32(0) : keccak256(abi.encode(t.clauses[0]));
        bytes memory parties = abi.encode(t.buyer, t.seller, t.platform, t.carrier, t.token);
        bytes memory rest =
            abi.encode(t.amounts, t.schedule, t.condition, t.exitAuthority, t.entryAuthority, t.salt, clauses);
        return keccak256(bytes.concat(abi.encode(chainId, vault), parties, rest));
    }

    function expectSignatureInvalid(address signer) private {
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SignatureInvalid.selector, signer));
    }

    /// @dev A wallet owned by `ownerKey`, added as a key of the participant.
    function walletOf(bytes32 participant, uint256 ownerKey) private returns (address wallet) {
        wallet = address(new OwnedWallet(vm.addr(ownerKey)));
        bytes32 structHash =
            keccak256(abi.encode(keccak256("AddKey(bytes32 participant,address key)"), participant, wallet));
        bytes memory consent = sign(ownerKey, domain("Lading ParticipantRegistry", address(registry)), structHash);
        registry.addKey(participant, wallet, consent);
    }

    /// @dev A participant that `admitter` admitted as a seller and to which the governance gave the role Platform.
    function admittedBy(address admitter) private returns (bytes32 child) {
        vm.prank(admitter);
        child = registry.admitSeller(address(this), "NL", IdentifierScheme.NationalRegister, "NL-child");
        registry.grantRoles(child, uint16(1 << uint8(Role.Platform)));
        addKey(child, STRANGER_KEY);
    }

    /// @dev Sets the field in the document that is compared with the order.
    function setWitness(Papers memory p, JoinField field, bytes32 value) private pure {
        if (field == JoinField.PaymentOrderNo) p.payment.orderNo = value;
        if (field == JoinField.TransactionId) p.payment.transactionId = value;
        if (field == JoinField.Amount) p.payment.amount = value;
        if (field == JoinField.Currency) p.payment.currency = value;
        if (field == JoinField.Payer) p.payment.payer = value;
        if (field == JoinField.WaybillOrderNo) p.waybill.orderNo = value;
        if (field == JoinField.Consignee) p.waybill.consignee = value;
        if (field == JoinField.Freight) p.waybill.freight = value;
    }

    function setOrder(Papers memory p, JoinField field, bytes32 value) private pure {
        if (field == JoinField.PaymentOrderNo) p.order.orderNo = value;
        if (field == JoinField.TransactionId) p.order.transactionId = value;
        if (field == JoinField.Amount) p.order.amount = value;
        if (field == JoinField.Currency) p.order.currency = value;
        if (field == JoinField.Payer) p.order.payer = value;
        if (field == JoinField.Consignee) p.order.consignee = value;
        if (field == JoinField.Freight) p.order.freight = value;
    }

    function differs(JoinField field) private pure returns (Clearance memory expected) {
        (expected.matching, expected.field) = (Matching.Differs, field);
    }

    function matching(bool exitNamed, bool entryNamed) private view returns (Clearance memory expected) {
        expected.matching = Matching.Matched;
        (expected.exitNamed, expected.entryNamed) = (exitNamed, entryNamed);
        expected.matchedAt = uint40(block.timestamp);
    }
}

contract DecideTest is CustomsFixture {
    function setUp() public {
        setUpCustoms();
    }

    function test_RevertWhen_it_is_no_decision() public {
        Terms memory t = bothSides();
        matched(t);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.DecisionInvalid.selector, Decision.None));
        decideAs(EXIT_KEY, t, Side.Exit, Decision.None, Fault.Nobody);
    }

    function test_RevertWhen_a_fault_comes_without_a_rejection() public {
        Terms memory t = bothSides();
        matched(t);
        Decision[3] memory decisions = [Decision.Hold, Decision.Inspect, Decision.Release];
        for (uint256 i; i < decisions.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    ICustomsClearance.FaultWithoutReject.selector, decisions[i], Fault.Seller
                )
            );
            decideAs(EXIT_KEY, t, Side.Exit, decisions[i], Fault.Seller);
        }
    }

    function test_RevertWhen_the_terms_do_not_name_the_side() public {
        Terms memory t = bothSides();
        t.exitAuthority = 0;
        matched(t);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.SideNotNamed.selector, Side.Exit));
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
    }

    function test_RevertWhen_the_caller_is_no_key() public {
        Terms memory t = bothSides();
        matched(t);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, address(this), 0));
        clearance.decide(t, Side.Exit, Decision.Release, Fault.Nobody, "CNSHA", "");
    }

    function test_RevertWhen_the_callers_key_is_revoked() public {
        Terms memory t = bothSides();
        matched(t);
        address office = vm.addr(EXIT_KEY);
        registry.revokeKey(exitId, office, 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, office, block.timestamp));
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
    }

    function test_RevertWhen_the_authority_lost_its_role() public {
        Terms memory t = bothSides();
        matched(t);
        registry.revokeRoles(exitId, uint16(1 << uint8(Role.Customs)));
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, exitId, Role.Customs));
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
    }

    function test_RevertWhen_the_caller_is_the_other_sides_authority() public {
        Terms memory t = bothSides();
        matched(t);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.NotAuthority.selector, entryId, exitId));
        decideAs(ENTRY_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.NotAuthority.selector, exitId, entryId));
        decideAs(EXIT_KEY, t, Side.Entry, Decision.Release, Fault.Nobody);
    }

    function test_RevertWhen_the_port_is_no_locode_of_the_authoritys_country() public {
        Terms memory t = bothSides();
        matched(t);
        bytes5[8] memory ports =
            [bytes5(0), "NLRTM", "cnSHA", "CNsha", "CNSH1", "CNSH0", "CNSH", bytes5("CN SH")];
        for (uint256 i; i < ports.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.PortInvalid.selector, ports[i], bytes2("CN")));
            decideAt(t, ports[i]);
        }
    }

    function testFuzz_a_port_is_taken_exactly_if_it_is_a_locode(bytes3 place) public {
        Terms memory t = bothSides();
        matched(t);
        bytes5 port = bytes5(abi.encodePacked(bytes2("CN"), place));
        bool valid = true;
        for (uint256 i; i < 3; ++i) {
            uint8 sign = uint8(place[i]);
            if (!(sign >= 65 && sign <= 90) && !(sign >= 50 && sign <= 57)) valid = false;
        }
        if (!valid) {
            vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.PortInvalid.selector, port, bytes2("CN")));
        }
        decideAt(t, port);
    }

    function test_each_end_of_the_alphabet_of_places_is_taken() public {
        Terms memory t = bothSides();
        matched(t);
        decideAt(t, "CNAZ2");
        decideAt(t, "CN9ZA");
    }

    function test_RevertWhen_the_papers_did_not_match() public {
        Terms memory t = bothSides();
        bytes32 id = escrow.orderId(t);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.NotMatched.selector, id));
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);

        Papers memory p = papersOf(t);
        p.payment.payer = "somebody";
        signAll(p);
        submit(t, p);
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.NotMatched.selector, id));
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
    }

    /// @dev Who names itself in copied terms has another order, whose papers nobody signed.
    function test_RevertWhen_the_terms_are_changed_in_favour_of_another_authority() public {
        Terms memory t = bothSides();
        matched(t);
        t.exitAuthority = entryId;
        vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.NotMatched.selector, escrow.orderId(t)));
        vm.prank(vm.addr(ENTRY_KEY));
        clearance.decide(t, Side.Exit, Decision.Release, Fault.Nobody, "NLRTM", "");
    }

    function test_a_decision_is_recorded_and_told() public {
        Terms memory t = bothSides();
        bytes32 id = matched(t);
        vm.expectEmit(address(clearance));
        emit ICustomsClearance.Decided(
            id, Side.Entry, Decision.Reject, Fault.Carrier, "NLRTM", "decl-1", vm.addr(ENTRY_KEY)
        );
        decideAs(ENTRY_KEY, t, Side.Entry, Decision.Reject, Fault.Carrier);

        Clearance memory standing = clearance.getClearance(id);
        assertEq(uint256(standing.entry), uint256(Decision.Reject));
        assertEq(uint256(standing.entryFault), uint256(Fault.Carrier));
        assertEq(uint256(standing.exit), uint256(Decision.None));
        assertEq(uint256(standing.exitFault), uint256(Fault.Nobody));
        assertEq(standing.matchedAt, block.timestamp);
    }

    function test_every_decision_but_release_changes_and_takes_its_fault_with_it() public {
        Terms memory t = bothSides();
        bytes32 id = matched(t);
        Decision[3] memory decisions = [Decision.Hold, Decision.Inspect, Decision.Release];
        for (uint256 i; i < decisions.length; ++i) {
            decideAs(EXIT_KEY, t, Side.Exit, Decision.Reject, Fault.Seller);
            decideAs(EXIT_KEY, t, Side.Exit, decisions[i], Fault.Nobody);
            Clearance memory standing = clearance.getClearance(id);
            assertEq(uint256(standing.exit), uint256(decisions[i]));
            assertEq(uint256(standing.exitFault), uint256(Fault.Nobody));
        }
    }

    function test_RevertWhen_a_released_side_is_decided_again() public {
        Terms memory t = bothSides();
        bytes32 id = matched(t);
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
        for (uint8 i = uint8(Decision.Hold); i <= uint8(Decision.Release); ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICustomsClearance.ReleaseFinal.selector, id, Side.Exit));
            decideAs(EXIT_KEY, t, Side.Exit, Decision(i), Fault.Nobody);
        }
    }

    function decideAt(Terms memory t, bytes5 port) private {
        vm.prank(vm.addr(EXIT_KEY));
        clearance.decide(t, Side.Exit, Decision.Hold, Fault.Nobody, port, "decl-1");
    }
}

contract StatusTest is CustomsFixture {
    using Packed for *;

    function setUp() public {
        setUpCustoms();
    }

    function test_nothing_submitted_is_pending() public view {
        assertStatus("unknown", ConditionStatus.Pending, Fault.Nobody);
    }

    function test_matched_papers_without_a_named_side_are_met() public {
        assertStatus(matched(terms()), ConditionStatus.Met, Fault.Nobody);
    }

    function test_one_named_side_is_enough_when_it_releases() public {
        Terms memory t = bothSides();
        t.entryAuthority = 0;
        bytes32 id = matched(t);
        assertStatus(id, ConditionStatus.Pending, Fault.Nobody);
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
        assertStatus(id, ConditionStatus.Met, Fault.Nobody);
    }

    function testFuzz_every_pair_of_decisions(uint8 exit, uint8 entry) public {
        exit = uint8(bound(exit, 0, uint8(Decision.Release)));
        entry = uint8(bound(entry, 0, uint8(Decision.Release)));
        Terms memory t = bothSides();
        bytes32 id = matched(t);
        decideUnlessNone(EXIT_KEY, t, Side.Exit, Decision(exit), Fault.Seller);
        decideUnlessNone(ENTRY_KEY, t, Side.Entry, Decision(entry), Fault.Carrier);

        if (Decision(exit) == Decision.Reject) assertStatus(id, ConditionStatus.Rejected, Fault.Seller);
        else if (Decision(entry) == Decision.Reject) assertStatus(id, ConditionStatus.Rejected, Fault.Carrier);
        else if (Decision(exit) == Decision.Release && Decision(entry) == Decision.Release) {
            assertStatus(id, ConditionStatus.Met, Fault.Nobody);
        } else {
            assertStatus(id, ConditionStatus.Pending, Fault.Nobody);
        }
    }

    /// @dev The condition is a veto with a deadline: until then its silence stops no carrier.
    function test_the_vault_takes_a_delivery_that_customs_have_yet_to_decide_on() public {
        Terms memory t = bothSides();
        openShipped(t);
        matched(t);
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Hold, Fault.Nobody);
        vm.warp(t.schedule.conditionBy());
        deliver(t);
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Reject, Fault.Seller);
        vm.warp(t.schedule.conditionBy() + t.schedule.inspectionWindow() + 1);
        escrow.release(t);
        assertState(t, State.Released);
    }

    function test_the_vault_takes_no_delivery_once_the_time_for_customs_is_over() public {
        Terms memory t = bothSides();
        openShipped(t);
        matched(t);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        uint40 opensAt = t.schedule.conditionBy() + 1;
        vm.warp(opensAt);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, opensAt));
        escrow.deliver(t, receipt, carrier, signature);
    }

    function test_the_vault_takes_a_delivery_after_both_released_and_releases() public {
        Terms memory t = bothSides();
        openShipped(t);
        matched(t);
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Release, Fault.Nobody);
        decideAs(ENTRY_KEY, t, Side.Entry, Decision.Release, Fault.Nobody);
        escrow.poke(t);
        deliver(t);
        vm.prank(buyer);
        escrow.release(t);
        assertState(t, State.Released);
        assertEq(goodOf(sellerId), 1000);
    }

    function test_the_vault_refunds_a_rejected_order_at_the_fault_that_customs_names() public {
        Terms memory t = bothSides();
        bytes32 id = openShipped(t);
        matched(t);
        decideAs(EXIT_KEY, t, Side.Exit, Decision.Reject, Fault.Seller);
        escrow.refund(t);
        assertState(t, State.Refunded);
        assertEq(uint256(escrow.getOrder(id).fault), uint256(Fault.Seller));
        assertEq(badOf(sellerId), 1000);
    }

    function test_papers_that_never_come_cost_the_seller_nothing() public {
        Terms memory t = bothSides();
        bytes32 id = openShipped(t);
        vm.warp(t.schedule.conditionBy() + 1);
        escrow.refund(t);
        assertEq(uint256(escrow.getOrder(id).fault), uint256(Fault.Nobody));
        assertEq(credit.recordOf(sellerId).step, 0);
    }

    function decideUnlessNone(uint256 key, Terms memory t, Side side, Decision decision, Fault fault) private {
        if (decision == Decision.None) return;
        decideAs(key, t, side, decision, decision == Decision.Reject ? fault : Fault.Nobody);
    }
}
