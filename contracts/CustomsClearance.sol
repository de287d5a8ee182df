// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {
    Clearance,
    Decision,
    ICustomsClearance,
    JoinField,
    Matching,
    OrderDocument,
    PaymentDocument,
    Side,
    Signed,
    WaybillDocument
} from "./interfaces/ICustomsClearance.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault, IReleaseCondition} from "./interfaces/IReleaseCondition.sol";
import {Terms} from "./interfaces/ITradeEscrow.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title The customs papers of orders. What they prove stands in ICustomsClearance.
contract CustomsClearance is ICustomsClearance, EIP712 {
    using Signatures for bytes32;

    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "OrderDocument(bytes32 orderId,bytes32 orderNo,bytes32 transactionId,bytes32 amount,bytes32 currency,bytes32 payer,bytes32 consignee,bytes32 freight,bytes32 fieldsRoot,address signer)"
    );
    bytes32 private constant PAYMENT_TYPEHASH = keccak256(
        "PaymentDocument(bytes32 orderId,bytes32 orderNo,bytes32 transactionId,bytes32 amount,bytes32 currency,bytes32 payer,bytes32 fieldsRoot,address signer)"
    );
    bytes32 private constant WAYBILL_TYPEHASH = keccak256(
        "WaybillDocument(bytes32 orderId,bytes32 orderNo,bytes32 consignee,bytes32 freight,bytes32 fieldsRoot,address signer)"
    );

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice The vault whose orders these papers belong to.
    address public immutable escrow;

    uint256 private immutable _chainId = block.chainid;

    mapping(bytes32 orderId => Clearance) private _clearances;

    constructor(IParticipantRegistry registry_, address escrow_) EIP712("Lading CustomsClearance", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    /* MATCHING */

    /// @inheritdoc ICustomsClearance
    function matchDocuments(
        Terms calldata terms,
        OrderDocument calldata order,
        Signed calldata platform,
        PaymentDocument calldata payment,
        Signed calldata paymentProvider,
        WaybillDocument calldata waybill,
        Signed calldata carrier
    ) external returns (JoinField field) {
        // Check that the order's papers are still open
        bytes32 id = OrderTerms.id(terms, escrow, _chainId);
        if (_clearances[id].matching == Matching.Matched) revert AlreadyMatched(id);

        // Check that each document is of this order
        if (order.orderId != id) revert DocumentForeign(order.orderId, id);
        if (payment.orderId != id) revert DocumentForeign(payment.orderId, id);
        if (waybill.orderId != id) revert DocumentForeign(waybill.orderId, id);

        // Check that each is signed by who has to, and that these three are strangers
        bytes32 provider = _checkSigners(
            terms,
            [
                keccak256(abi.encode(ORDER_TYPEHASH, order, platform.signer)),
                keccak256(abi.encode(PAYMENT_TYPEHASH, payment, paymentProvider.signer)),
                keccak256(abi.encode(WAYBILL_TYPEHASH, waybill, carrier.signer))
            ],
            platform,
            paymentProvider,
            carrier
        );

        // Record the first field that differs, or the match
        field = _firstDifference(order, payment, waybill);
        Clearance memory clearance;
        clearance.field = field;
        if (field != JoinField.None) {
            clearance.matching = Matching.Differs;
            _clearances[id] = clearance;
            emit DocumentsDiffer(id, field);
            return field;
        }
        clearance.matching = Matching.Matched;
        clearance.exitNamed = terms.exitAuthority != 0;
        clearance.entryNamed = terms.entryAuthority != 0;
        clearance.matchedAt = uint40(block.timestamp);
        _clearances[id] = clearance;
        emit DocumentsMatched(
            id,
            provider,
            order.fieldsRoot,
            payment.fieldsRoot,
            waybill.fieldsRoot,
            platform.signer,
            paymentProvider.signer,
            carrier.signer
        );
    }

    /* DECISIONS */

    /// @inheritdoc ICustomsClearance
    function decide(
        Terms calldata terms,
        Side side,
        Decision decision,
        Fault fault,
        bytes5 port,
        string calldata declarationNo
    ) external {
        // Check that it is a decision
        if (decision == Decision.None) revert DecisionInvalid(decision);
        if (fault != Fault.Nobody && decision != Decision.Reject) revert FaultWithoutReject(decision, fault);

        // Check that the caller is the authority of this side, and the port in its country
        bytes32 authority = side == Side.Exit ? terms.exitAuthority : terms.entryAuthority;
        if (authority == 0) revert SideNotNamed(side);
        bytes32 caller = registry.participantWithRole(msg.sender, Role.Customs);
        if (caller != authority) revert NotAuthority(caller, authority);
        _checkPort(port, registry.countryOf(authority));

        // Check that the documents matched and that this side has not released
        bytes32 id = OrderTerms.id(terms, escrow, _chainId);
        Clearance memory clearance = _clearances[id];
        if (clearance.matching != Matching.Matched) revert NotMatched(id);
        Decision standing = side == Side.Exit ? clearance.exit : clearance.entry;
        if (standing == Decision.Release) revert ReleaseFinal(id, side);

        // Record
        if (side == Side.Exit) (clearance.exit, clearance.exitFault) = (decision, fault);
        else (clearance.entry, clearance.entryFault) = (decision, fault);
        _clearances[id] = clearance;
        emit Decided(id, side, decision, fault, port, declarationNo, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc ICustomsClearance
    function getClearance(bytes32 orderId) external view returns (Clearance memory) {
        return _clearances[orderId];
    }

    /// @inheritdoc IReleaseCondition
    function status(bytes32 orderId) external view returns (ConditionStatus, Fault) {
        Clearance memory clearance = _clearances[orderId];
        if (clearance.matching != Matching.Matched) return (ConditionStatus.Pending, Fault.Nobody);
        if (clearance.exit == Decision.Reject) return (ConditionStatus.Rejected, clearance.exitFault);
        if (clearance.entry == Decision.Reject) return (ConditionStatus.Rejected, clearance.entryFault);
        bool met = (!clearance.exitNamed || clearance.exit == Decision.Release)
            && (!clearance.entryNamed || clearance.entry == Decision.Release);
        return (met ? ConditionStatus.Met : ConditionStatus.Pending, Fault.Nobody);
    }

    /* INTERNAL: CHECKS */

    /// @param hashes EIP-712 struct hashes of order, payment and waybill.
    /// @return provider the participant that signed the payment.
    function _checkSigners(
        Terms calldata terms,
        bytes32[3] memory hashes,
        Signed calldata platform,
        Signed calldata paymentProvider,
        Signed calldata carrier
    ) private view returns (bytes32 provider) {
        bytes32 platformId = _signerOf(hashes[0], platform, Role.Platform);
        _checkNamed(platform.signer, platformId, terms.platform);
        provider = _signerOf(hashes[1], paymentProvider, Role.PaymentProvider);
        bytes32 carrierId = _signerOf(hashes[2], carrier, Role.Carrier);
        _checkNamed(carrier.signer, carrierId, terms.carrier);

        // Ask only who admitted the platform: payment and carriage are money roles, and the registry gives those to nobody
        // whom a platform admitted
        bytes32 admitter = registry.admittedByOf(platformId);
        if (platformId == provider || admitter == provider) revert SignersRelated(platformId, provider);
        if (platformId == carrierId || admitter == carrierId) revert SignersRelated(platformId, carrierId);
        if (provider == carrierId) revert SignersRelated(provider, carrierId);
    }

    /// @return participant of a signer who is valid at this block and holds the role.
    function _signerOf(bytes32 structHash, Signed calldata signed, Role role)
        private
        view
        returns (bytes32 participant)
    {
        participant = registry.participantWithRole(signed.signer, role);

        bytes32 digest = _hashTypedDataV4(structHash);
        if (!digest.isSignedBy(signed.signer, signed.signature)) revert SignatureInvalid(signed.signer);
    }

    /// @dev Keys of one participant stand for each other, also for one that was revoked since the terms were made.
    function _checkNamed(address signer, bytes32 participant, address named) private view {
        if (signer == named) return;
        bytes32 expected = registry.getKey(named).participant;
        if (participant != expected) revert SignerForeign(participant, expected);
    }

    /// @dev UN/LOCODE: ISO 3166-1 alpha-2, then three of A to Z or 2 to 9 (UN/ECE Recommendation 16).
    function _checkPort(bytes5 port, bytes2 country) private pure {
        // The first two characters are the country, so the rest is cut on purpose
        // forge-lint: disable-next-line(unsafe-typecast)
        if (bytes2(port) != country) revert PortInvalid(port, country);
        for (uint256 i = 2; i < 5; ++i) {
            bytes1 sign = port[i];
            bool letter = sign >= "A" && sign <= "Z";
            bool digit = sign >= "2" && sign <= "9";
            if (!letter && !digit) revert PortInvalid(port, country);
        }
    }

    /* INTERNAL: COMPARISON */

    function _firstDifference(
        OrderDocument calldata order,
        PaymentDocument calldata payment,
        WaybillDocument calldata waybill
    ) private pure returns (JoinField) {
        if (_differ(order.orderNo, payment.orderNo)) return JoinField.PaymentOrderNo;
        if (_differ(order.transactionId, payment.transactionId)) return JoinField.TransactionId;
        if (_differ(order.amount, payment.amount)) return JoinField.Amount;
        if (_differ(order.currency, payment.currency)) return JoinField.Currency;
        if (_differ(order.payer, payment.payer)) return JoinField.Payer;
        if (_differ(order.orderNo, waybill.orderNo)) return JoinField.WaybillOrderNo;
        if (_differ(order.consignee, waybill.consignee)) return JoinField.Consignee;
        if (_differ(order.freight, waybill.freight)) return JoinField.Freight;
        return JoinField.None;
    }

    /// @dev A zero is no commitment: two documents that leave a field out have not said the same.
    function _differ(bytes32 first, bytes32 second) private pure returns (bool) {
        return first != second || first == 0;
    }
}
