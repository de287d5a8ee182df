// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {
    Clearance,
    Decision,
    JoinField,
    OrderDocument,
    PaymentDocument,
    Side,
    Signed,
    WaybillDocument
} from "../../contracts/interfaces/ICustomsClearance.sol";
import {IdentifierScheme, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {Pack} from "./Pack.sol";

/// @dev The papers of one order: three documents that say the same, and who signed each.
struct Papers {
    OrderDocument order;
    Signed platform;
    PaymentDocument payment;
    Signed provider;
    WaybillDocument waybill;
    Signed carrier;
}

/// @dev The real registry and vault of EscrowFixture, with a payment provider and two customs offices.
abstract contract CustomsFixture is EscrowFixture {
    using Pack for Terms;
    using Packed for *;

    uint256 internal constant PROVIDER_KEY = 0x9A7;
    uint256 internal constant OTHER_PROVIDER_KEY = 0x9A72;
    uint256 internal constant EXIT_KEY = 0xE817;
    uint256 internal constant ENTRY_KEY = 0xE4784;

    string internal constant ORDER_TYPE =
        "OrderDocument(bytes32 orderId,bytes32 orderNo,bytes32 transactionId,bytes32 amount,bytes32 currency,bytes32 payer,bytes32 consignee,bytes32 freight,bytes32 fieldsRoot,address signer)";
    string internal constant PAYMENT_TYPE =
        "PaymentDocument(bytes32 orderId,bytes32 orderNo,bytes32 transactionId,bytes32 amount,bytes32 currency,bytes32 payer,bytes32 fieldsRoot,address signer)";
    string internal constant WAYBILL_TYPE =
        "WaybillDocument(bytes32 orderId,bytes32 orderNo,bytes32 consignee,bytes32 freight,bytes32 fieldsRoot,address signer)";

    bytes32 internal platformId;
    bytes32 internal providerId;
    bytes32 internal exitId;
    bytes32 internal entryId;

    function setUpCustoms() internal {
        setUpEscrow();
        platformId = registry.participantOf(platform);
        providerId = admit(PROVIDER_KEY, Role.PaymentProvider, "provider");
        admit(OTHER_PROVIDER_KEY, Role.PaymentProvider, "other provider");
        exitId = admitCustoms(EXIT_KEY, "CN", "exit office");
        entryId = admitCustoms(ENTRY_KEY, "NL", "entry office");
    }

    function admitCustoms(uint256 key, bytes2 country, string memory identifier) internal returns (bytes32 id) {
        id = registry.admit(address(this), 0, country, IdentifierScheme.NationalRegister, string.concat(string(abi.encodePacked(country)), "-", identifier));
        registry.grantRoles(id, uint16(1 << uint8(Role.Customs)));
        addKey(id, key);
    }

    /// @dev An order that both offices have to release, and that waits for it.
    function bothSides() internal view returns (Terms memory t) {
        t = terms();
        t.condition = address(clearance);
        t.setConditionBy(t.schedule.shipBy() + 2 days);
        (t.exitAuthority, t.entryAuthority) = (exitId, entryId);
    }

    /* PAPERS */

    /// @dev Documents that match, signed by who has to.
    function papersOf(Terms memory t) internal view returns (Papers memory p) {
        bytes32 id = escrow.orderId(t);
        p.order = OrderDocument(id, "no", "transaction", "amount", "CNY", "payer", "consignee", "freight", "root 311");
        p.payment = PaymentDocument(id, "no", "transaction", "amount", "CNY", "payer", "root 411");
        p.waybill = WaybillDocument(id, "no", "consignee", "freight", "root 511");
        signAll(p);
    }

    function signAll(Papers memory p) internal view {
        p.platform = Signed(platform, signOrder(PLATFORM_KEY, p.order, platform));
        p.provider = Signed(vm.addr(PROVIDER_KEY), signPayment(PROVIDER_KEY, p.payment, vm.addr(PROVIDER_KEY)));
        p.carrier = Signed(carrier, signWaybill(CARRIER_KEY, p.waybill, carrier));
    }

    function signOrder(uint256 key, OrderDocument memory document, address signer) internal view returns (bytes memory) {
        return sign(key, customsDomain(), keccak256(abi.encode(keccak256(bytes(ORDER_TYPE)), document, signer)));
    }

    function signPayment(uint256 key, PaymentDocument memory document, address signer)
        internal
        view
        returns (bytes memory)
    {
        return sign(key, customsDomain(), keccak256(abi.encode(keccak256(bytes(PAYMENT_TYPE)), document, signer)));
    }

    function signWaybill(uint256 key, WaybillDocument memory document, address signer)
        internal
        view
        returns (bytes memory)
    {
        return sign(key, customsDomain(), keccak256(abi.encode(keccak256(bytes(WAYBILL_TYPE)), document, signer)));
    }

    function customsDomain() internal view returns (bytes32) {
        return domain("Lading CustomsClearance", address(clearance));
    }

    /* VERBS */

    function submit(Terms memory t, Papers memory p) internal returns (JoinField) {
        return clearance.matchDocuments(t, p.order, p.platform, p.payment, p.provider, p.waybill, p.carrier);
    }

    function matched(Terms memory t) internal returns (bytes32 id) {
        submit(t, papersOf(t));
        id = escrow.orderId(t);
    }

    function decideAs(uint256 key, Terms memory t, Side side, Decision decision, Fault fault) internal {
        vm.prank(vm.addr(key));
        clearance.decide(t, side, decision, fault, side == Side.Exit ? bytes5("CNSHA") : bytes5("NLRTM"), "decl-1");
    }

    function assertStatus(bytes32 id, ConditionStatus expected, Fault expectedFault) internal view {
        (ConditionStatus standing, Fault fault) = clearance.status(id);
        assertEq(uint256(standing), uint256(expected), "status");
        assertEq(uint256(fault), uint256(expectedFault), "fault");
    }

    function assertClearance(bytes32 id, Clearance memory expected) internal view {
        assertEq(abi.encode(clearance.getClearance(id)), abi.encode(expected));
    }
}
