// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IClause} from "./interfaces/IClause.sol";
import {Assessment, IDuties, Paid} from "./interfaces/IDuties.sol";
import {IParticipantRegistry, Role} from "./interfaces/IParticipantRegistry.sol";
import {DutiesClause, ITradeEscrow, State, Terms} from "./interfaces/ITradeEscrow.sol";
import {Packed} from "./libraries/Packed.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Duties. What it does and what it promises stands in IDuties.
contract Duties is IDuties, EIP712 {
    using Packed for *;
    using SafeERC20 for IERC20;
    using Signatures for bytes32;

    bytes32 private constant ASSESSMENT_TYPEHASH = keccak256(
        "Assessment(bytes32 orderId,address token,uint256 amount,address payee,bytes32 declaration,address signer)"
    );

    /// @notice Who is who.
    IParticipantRegistry public immutable registry;

    /// @notice The vault.
    ITradeEscrow public immutable escrow;

    mapping(bytes32 id => Paid) private _paid;

    constructor(IParticipantRegistry registry_, ITradeEscrow escrow_) EIP712("Lading Duties", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    /// @inheritdoc IClause
    function check(Terms calldata terms) external view {
        DutiesClause calldata clause = terms.clauses[0].duties;
        if (terms.entryAuthority == 0) revert EntryAuthorityMissing();
        if (clause.payee == address(0) || clause.payee == address(escrow)) revert PayeeInvalid(clause.payee);
        uint40 least = terms.schedule.claimBy();
        uint256 most = block.timestamp + escrow.MAX_TERM();
        if (clause.assessBy < least || clause.assessBy > most) {
            revert AssessmentDeadline(clause.assessBy, least, most);
        }
    }

    /// @inheritdoc IDuties
    function assess(Terms calldata terms, Assessment calldata assessment, address signer, bytes calldata signature)
        external
    {
        bytes32 id = escrow.orderId(terms);
        if (escrow.getOrder(id).acceptedAt == 0) revert NotAccepted(id);
        _checkAssessment(terms, id, assessment, signer, signature);

        _paid[id].assessed = uint128(assessment.amount);
        emit DutiesAssessed(id, signer, assessment.amount, assessment.declaration);
        escrow.payDuties(terms, assessment.amount);
    }

    /// @inheritdoc IDuties
    function returnDuties(Terms calldata terms) external {
        uint40 opensAt = _clause(terms).assessBy + 1;
        if (block.timestamp < opensAt) revert TooEarly(uint40(block.timestamp), opensAt);

        escrow.payDuties(terms, 0);
    }

    /// @inheritdoc IDuties
    function refundDuties(Terms calldata terms, uint128 amount) external {
        bytes32 id = escrow.orderId(terms);
        State state = escrow.getOrder(id).state;
        if (state != State.Refunded && state != State.Settled) revert NotReturned(id);

        // Check that the tax payee pays, so that the record is true, and no more than is out
        address payee = _clause(terms).payee;
        if (msg.sender != payee) revert NotPayee(msg.sender, payee);
        if (amount == 0) revert AmountZero();
        Paid memory paid = _paid[id];
        uint128 most = paid.assessed - paid.refunded;
        if (amount > most) revert RefundTooHigh(amount, most);

        _paid[id].refunded = paid.refunded + amount;
        emit DutiesRefunded(id, msg.sender, amount);

        IERC20(_clause(terms).token).safeTransferFrom(msg.sender, terms.buyer, amount);
    }

    /// @inheritdoc IDuties
    function paidFor(bytes32 id) external view returns (Paid memory) {
        return _paid[id];
    }

    function _clause(Terms calldata terms) private view returns (DutiesClause calldata) {
        bool without = terms.clauses.length == 0 || terms.clauses[0].duties.amount == 0;
        if (without) revert ITradeEscrow.DutiesNotHeld(escrow.orderId(terms));
        return terms.clauses[0].duties;
    }

    function _checkAssessment(
        Terms calldata terms,
        bytes32 id,
        Assessment calldata assessment,
        address signer,
        bytes calldata signature
    ) private view {
        if (assessment.orderId != id) revert AssessmentForeign(assessment.orderId, id);
        DutiesClause calldata clause = _clause(terms);
        if (block.timestamp > clause.assessBy) revert TooLate(uint40(block.timestamp), clause.assessBy);
        if (assessment.amount > clause.amount) revert AssessmentTooHigh(assessment.amount, clause.amount);
        bytes32 participant = registry.participantWithRole(signer, Role.Customs);
        if (participant != terms.entryAuthority) revert AuthorityForeign(participant, terms.entryAuthority);
        if (!_digest(clause, assessment, signer).isSignedBy(signer, signature)) revert AssessmentInvalid(signer);
    }

    function _digest(DutiesClause calldata clause, Assessment calldata assessment, address signer)
        private
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ASSESSMENT_TYPEHASH,
                    assessment.orderId,
                    clause.token,
                    assessment.amount,
                    clause.payee,
                    assessment.declaration,
                    signer
                )
            )
        );
    }
}
