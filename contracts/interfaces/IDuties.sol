// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClause} from "./IClause.sol";
import {Terms} from "./ITradeEscrow.sol";

/// @notice What the entry authority assesses.
struct Assessment {
    bytes32 orderId;
    /// In the duties' token.
    uint256 amount;
    /// Content hash of the declaration that it assesses.
    bytes32 declaration;
}

/// @notice What was assessed for an order, and what of it came back.
struct Paid {
    uint128 assessed;
    uint128 refunded;
}

/// @title Duties: put aside by the buyer at opening, paid at the entry authority's assessment, the rest returned.
/// @notice They are a leg of their own: the end of the order does not wait for them, nor they for it. An order that is
/// cancelled, or refunded before its condition was met or it was delivered, returns them at once; else they stay until assessed or until `assessBy`.
/// @dev Warning: the authority is trusted with the amount, up to what the buyer put aside.
interface IDuties is IClause {
    event DutiesAssessed(bytes32 indexed id, address indexed signer, uint256 amount, bytes32 declaration);
    event DutiesRefunded(bytes32 indexed id, address indexed by, uint256 amount);

    error EntryAuthorityMissing();
    error PayeeInvalid(address payee);
    /// @notice The assessment may not be due before the goods are.
    error AssessmentDeadline(uint256 attempted, uint256 least, uint256 most);
    error NotAccepted(bytes32 id);
    error AssessmentForeign(bytes32 assessedOrder, bytes32 id);
    /// @notice The signer is a key of another participant than the entry authority.
    error AuthorityForeign(bytes32 attempted, bytes32 expected);
    error AssessmentInvalid(address signer);
    error AssessmentTooHigh(uint256 attempted, uint256 max);
    error TooLate(uint40 blockTime, uint40 deadline);
    error TooEarly(uint40 blockTime, uint40 opensAt);
    error NotPayee(address caller, address payee);
    error AmountZero();
    /// @notice More than was assessed and has not come back yet.
    error RefundTooHigh(uint256 attempted, uint256 max);
    /// @notice The goods did not come back: the order is neither refunded nor settled.
    error NotReturned(bytes32 id);

    /// @notice Pays what the entry authority assessed to the tax payee and returns the rest to the buyer. By anyone, no
    /// later than `assessBy`.
    /// @param signer a key, valid at this block, of the terms' entry authority, which has the role Customs.
    /// @param signature EIP-712 over `Assessment(bytes32 orderId,address token,uint256 amount,address payee,bytes32
    /// declaration,address signer)`, ERC-1271 accepted. Token and payee are those of the terms: the authority signs to whom
    /// the duties go, since it was others who agreed on it.
    function assess(Terms calldata terms, Assessment calldata assessment, address signer, bytes calldata signature)
        external;

    /// @notice Returns duties that nobody assessed to the buyer, after `assessBy`. By anyone.
    function returnDuties(Terms calldata terms) external;

    /// @notice Passes duty back from the caller, the tax payee, to the buyer of goods that came back. It
    /// goes from one to the other by the caller's allowance for this contract: the vault is not part of it, and the buyer's
    /// refund of the price never waits for it.
    function refundDuties(Terms calldata terms, uint128 amount) external;

    function paidFor(bytes32 id) external view returns (Paid memory);
}
