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

/// @notice Who signed a document, and the EIP-712 signature (ERC-1271 accepted) over the type that is the document's struct
/// with `address signer` as its last member: two wallets of one owner, keys of two participants, then never share a
/// signature.
struct Signed {
    address signer;
    bytes signature;
}

/// @notice The join fields, in the order in which they are compared. `PaymentOrderNo` is the order number of the payment
/// against that of the order, `WaybillOrderNo` that of the waybill. A zero is no commitment: it differs from everything,
/// another zero included.
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
    /// Whether the terms name an authority for each side; known once the documents matched.
    bool exitNamed;
    bool entryNamed;
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
/// back must not cost the seller its score. If both sides reject, the fault is the exit's: its border comes first. `Met`
/// never ends; `Rejected` may, until somebody acts on it.
/// @dev Warning: equal commitments mean equal values only among honest holders of the shared secret; a commitment proves
/// that the same was said three times, not that it is true.
/// @dev Warning: a signed document has no date. Until the match, whoever holds an older version may still submit it, and
/// three older versions that agree match for good. Who takes a document back rotates the key that signed it.
/// @dev Warning: the terms name no payment provider: any participant with the role will do. The rest is in the registry's
/// hands, which gives that role only through its governance.
/// @dev Relies on IParticipantRegistry giving the roles Carrier and PaymentProvider to no participant that a platform
/// admitted, so that only the platform can owe its admission to another signer.
/// @dev Nothing here asks whether the order was ever opened: papers of an order without money decide over nothing.
interface ICustomsClearance is IReleaseCondition {
    /// @notice Roots of the documents' other fields, and the keys that signed: a verifier calls `suspect` what a
    /// compromised key signed.
    event DocumentsMatched(
        bytes32 indexed orderId,
        bytes32 indexed paymentProvider,
        bytes32 orderFields,
        bytes32 paymentFields,
        bytes32 waybillFields,
        address platformKey,
        address paymentKey,
        address carrierKey
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
    /// @notice Only a rejection has a fault.
    error FaultWithoutReject(Decision decision, Fault fault);
    /// @notice Not a UN/LOCODE (two letters of country, three of A to Z or 2 to 9), or of another country than the
    /// authority's.
    error PortInvalid(bytes5 port, bytes2 country);

    /// @notice Compares the three documents. By anyone who holds them. Differing documents are recorded with the first
    /// field that differs and may be submitted again, corrected; matched ones are final.
    /// @dev Each signer is a key that is valid at this block, of a participant with the role Platform, PaymentProvider or
    /// Carrier. `terms.platform` and `terms.carrier` may be revoked by now: what counts is whose keys they are.
    /// @dev Reverts with the registry's `KeyNotValid` or `RoleMissing` for a signer without standing.
    /// @param platform its participant is that of `terms.platform`.
    /// @param carrier its participant is that of `terms.carrier`.
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
    /// @dev Reverts with the registry's `KeyNotValid` or `RoleMissing` for a caller without standing.
    /// @param fault at whose door a rejection lies; `Nobody` for every other decision.
    function decide(
        Terms calldata terms,
        Side side,
        Decision decision,
        Fault fault,
        bytes5 port,
        string calldata declarationNo
    ) external;

    /// @notice All zero for an order whose documents were never submitted.
    function getClearance(bytes32 orderId) external view returns (Clearance memory);
}
