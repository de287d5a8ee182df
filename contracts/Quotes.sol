// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Exposure, IQuotes} from "./interfaces/IQuotes.sol";
import {QuoteClause, Terms} from "./interfaces/ITradeEscrow.sol";
import {OrderTerms} from "./libraries/OrderTerms.sol";
import {Packed} from "./libraries/Packed.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Two currencies. What it does and what it promises stands in IQuotes.
contract Quotes is IQuotes, EIP712 {
    using OrderTerms for Terms;
    using Packed for *;
    using Signatures for bytes32;

    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "Quote(bytes32 orderId,address payToken,uint256 payAmount,uint256 premium,address token,uint256 amount,uint40 expiry,uint32 longestLock)"
    );

    /// @notice The vault.
    address public immutable escrow;

    mapping(address provider => mapping(address token => Exposure)) private _exposures;
    mapping(address provider => mapping(bytes32 orderId => bool)) private _cancelled;

    constructor(address escrow_) EIP712("Lading Quotes", "1") {
        escrow = escrow_;
    }

    /// @inheritdoc IQuotes
    function setCap(address token, uint128 cap) external {
        _exposures[msg.sender][token].cap = cap;
        emit CapChanged(msg.sender, token, cap);
    }

    /// @inheritdoc IQuotes
    function cancelQuote(bytes32 orderId) external {
        _cancelled[msg.sender][orderId] = true;
        emit QuoteCancelled(orderId, msg.sender);
    }

    /// @inheritdoc IQuotes
    function take(bytes32 id, Terms calldata terms, bytes calldata quote) external {
        if (msg.sender != escrow) revert NotEscrow(msg.sender, escrow);
        _checkClause(terms);
        _checkQuote(id, terms, quote);

        // Check that the provider has room for it
        address provider = terms.clauses[0].quote.provider;
        Exposure storage exposure = _exposures[provider][terms.token];
        uint256 locked = exposure.locked + terms.amounts.total();
        if (locked > exposure.cap) revert CapExceeded(provider, terms.token, locked, exposure.cap);

        exposure.locked = uint128(locked);
    }

    /// @inheritdoc IQuotes
    function close(bytes32 id, address provider, address token, uint128 amount) external {
        if (msg.sender != escrow) revert NotEscrow(msg.sender, escrow);

        _exposures[provider][token].locked -= amount;
        emit QuoteClosed(id, provider);
    }

    /// @inheritdoc IQuotes
    function exposureOf(address provider, address token) external view returns (Exposure memory) {
        return _exposures[provider][token];
    }

    /// @inheritdoc IQuotes
    function isCancelled(address provider, bytes32 orderId) external view returns (bool) {
        return _cancelled[provider][orderId];
    }

    function _checkClause(Terms calldata terms) private view {
        QuoteClause calldata clause = terms.clauses[0].quote;
        if (clause.provider == escrow) revert ProviderInvalid(clause.provider);
        if (clause.amount == 0) revert PayAmountZero();
        if (clause.token == terms.token) revert TokensEqual(clause.token);
    }

    /// @dev The order's id binds every amount; the provider signs them all the same, to see what it signs.
    function _checkQuote(bytes32 id, Terms calldata terms, bytes calldata quote) private {
        address provider = terms.clauses[0].quote.provider;
        if (quote.length == 0) revert QuoteMissing(id, provider);
        (uint40 expiry, uint32 longestLock, bytes memory signature) = abi.decode(quote, (uint40, uint32, bytes));
        if (block.timestamp > expiry) revert QuoteExpired(uint40(block.timestamp), expiry);
        uint256 latest = block.timestamp + longestLock;
        if (terms.lastMoment() > latest) revert LockTooLong(terms.lastMoment(), latest);
        if (_cancelled[provider][id]) revert QuoteIsCancelled(id, provider);
        if (!_digest(id, terms, expiry, longestLock).isSignedBy(provider, signature)) revert QuoteInvalid(id, provider);
        emit QuoteTaken(id, provider, expiry, longestLock);
    }

    function _digest(bytes32 id, Terms calldata terms, uint40 expiry, uint32 longestLock)
        private
        view
        returns (bytes32)
    {
        QuoteClause calldata clause = terms.clauses[0].quote;
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    QUOTE_TYPEHASH,
                    id,
                    clause.token,
                    clause.amount,
                    clause.premium,
                    terms.token,
                    terms.amounts.total(),
                    expiry,
                    longestLock
                )
            )
        );
    }
}
