// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Terms} from "./ITradeEscrow.sol";
import {Fault, IReleaseCondition} from "./IReleaseCondition.sol";

/// @notice The order as the platform states it. Each join field is a commitment `keccak256(salt, canonical value)` whose
/// salt comes from a secret of exactly the parties that hold the field, so that equal values give equal commitments and
/// nobody else can guess them. All other fields stand, each under its own random salt, below `fieldsRoot`.
struct OrderDocument {
    bytes32 orderId;
    bytes32 orderNo;
    bytes32 transactionId;
    bytes32 amount;
    bytes32 currency;
    bytes32 payer;
    bytes32 consignee;
    bytes32 freight;
    bytes32 fieldsRoot;
}

/// @notice The payment as the payment provider states it.
struct PaymentDocument {
    bytes32 orderId;
    bytes32 orderNo;
    bytes32 transactionId;
    bytes32 amount;
    bytes32 currency;
    bytes32 payer;
    bytes32 fieldsRoot;
}

/// @notice The waybill as the carrier states it.
struct WaybillDocument {
    bytes32 orderId;
    bytes32 orderNo;
    bytes32 consignee;
    bytes32 freight;
    bytes32 fieldsRoot;
}

/// @notice Who signed a document, and the EIP-712 signature (ERC-1271 accepted).
struct Signed {
    address signer;
    bytes signature;
}

/// @notice The join fields, in the order in which they are compared. `PaymentOrderNo` is the order number of the payment
/// against that of the order, `WaybillOrderNo` that of the waybill.
enum JoinField {
    None,
    PaymentOrderNo,
    TransactionId,
    Amount,
    Currency,
    Payer,
    WaybillOrderNo,
    Consignee,
    Freight
}

enum Matching {
    None,
    Differs,
    Matched
}

/// @notice The border that an authority decides for.
enum Side {
    Exit,
    Entry
}

/// @notice `Release` is final.
enum Decision {
    None,
    Hold,
    Inspect,
    Reject,
    Release
}

/// @notice Where an order's papers stand, in one slot.
struct Clearance {
    Matching matching;
    /// The first field that differs while `matching` is `Differs`.
    JoinField field;
    Decision exit;
    Decision entry;
    /// At whose door a rejection lies.
    Fault exitFault;
    Fault entryFault;
    uint40 matchedAt;
}

/// @title Three-document matching and the release of goods at both borders.
/// @notice Order, payment and waybill, signed by three participants of whom none admitted another, say the same; then each
/// authority that the order's terms name decides for its own side.
/// @dev As a release condition: `Met` once matched and released on every side that the terms name, `Rejected` once matched
/// and rejected on one, `Pending` otherwise and with no fault: a platform, payment provider or carrier that keeps its paper
/// back must not cost the seller its score.
/// @dev Warning: equal commitments mean equal values only among honest holders of the shared secret; a commitment proves
/// that the same was said three times, not that it is true.
interface ICustomsClearance is IReleaseCondition {
    event DocumentsMatched(
        bytes32 indexed orderId,
        bytes32 indexed paymentProvider,
        bytes32 orderFields,
        bytes32 paymentFields,
        bytes32 waybillFields
    );
    event DocumentsDiffer(bytes32 indexed orderId, JoinField indexed field);
    /// @param port UN/LOCODE. @param declarationNo as the authority numbers it.
    event Decided(
        bytes32 indexed orderId,
        Side indexed side,
        Decision indexed decision,
        Fault fault,
        bytes5 port,
        string declarationNo,
        address by
    );

    error DocumentForeign(bytes32 documentOrder, bytes32 orderId);
    error SignatureInvalid(address signer);
    /// @notice The signer's participant is not the one that the order's terms name.
    error SignerForeign(bytes32 attempted, bytes32 expected);
    /// @notice Two documents are by one participant, or by one that admitted the other.
    error SignersRelated(bytes32 first, bytes32 second);
    error AlreadyMatched(bytes32 orderId);
    error NotMatched(bytes32 orderId);
    error NotAuthority(bytes32 attempted, bytes32 expected);
    /// @notice The terms name no authority for this side.
    error SideNotNamed(Side side);
    error ReleaseFinal(bytes32 orderId, Side side);
    error DecisionInvalid(Decision decision);
    /// @notice Not two letters of country and three of place (UN/LOCODE), or of another country than the authority's.
    error PortInvalid(bytes5 port);

    /// @notice Compares the three documents. By anyone who holds them. Differing documents are recorded with the first
    /// field that differs and may be submitted again, corrected; matched ones are final.
    /// @return field the first field that differs, `None` if they match.
    function matchDocuments(
        Terms calldata terms,
        OrderDocument calldata order,
        Signed calldata platform,
        PaymentDocument calldata payment,
        Signed calldata paymentProvider,
        WaybillDocument calldata waybill,
        Signed calldata carrier
    ) external returns (JoinField field);

    /// @notice An authority's decision for its own side, once the documents matched. By a valid key of the participant that
    /// the terms name, which has the role Customs. Anything but `Release` may be changed later.
    /// @param fault at whose door a rejection lies; `Nobody` for every other decision.
    function decide(
        Terms calldata terms,
        Side side,
        Decision decision,
        Fault fault,
        bytes5 port,
        string calldata declarationNo
    ) external;

    function getClearance(bytes32 orderId) external view returns (Clearance memory);
}
