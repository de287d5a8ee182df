// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Terms} from "./ITradeEscrow.sol";

/// @notice What a provider has locked, and may lock, in one token.
struct Exposure {
    uint128 locked;
    uint128 cap;
}

/// @title Two currencies: a liquidity provider's quote over an order locks the settlement token beside what the buyer pays.
/// @notice The buyer pays `quote.amount` of its token for the whole of price and freight, and a premium on top. What goes to
/// the seller's side at the end is swapped at that rate: the provider gets its share of the buyer's token. What goes back is
/// not swapped: the buyer gets its share of its own token, the provider its own. A share is rounded in the provider's favour,
/// by less than one unit. Buyer and seller bear no exchange risk; the provider does, and is paid the premium for it.
/// @dev The vault holds both legs. Nothing but exposure is kept here.
/// @dev Warning: the premium is the provider's from the opening on, also of an order that is never accepted.
/// @dev Warning: the cap counts in the settlement token's units, not in value.
interface IQuotes {
    event CapChanged(address indexed provider, address indexed token, uint128 cap);
    event QuoteTaken(bytes32 indexed id, address indexed provider, uint40 expiry, uint32 longestLock);
    event QuoteCancelled(bytes32 indexed id, address indexed provider);
    /// @notice The order ended: what was locked for it no longer counts.
    event QuoteClosed(bytes32 indexed id, address indexed provider);

    error NotEscrow(address caller, address escrow);
    /// @notice The provider is the vault.
    error ProviderInvalid(address provider);
    error PayAmountZero();
    /// @notice The buyer's token is the settlement token: there is nothing to swap.
    error TokensEqual(address token);
    /// @notice The terms name a provider, and no quote came with them.
    error QuoteMissing(bytes32 id, address provider);
    error QuoteExpired(uint40 blockTime, uint40 expiry);
    /// @notice The order can stay open until `last`; the quote holds until `latest`.
    error LockTooLong(uint256 last, uint256 latest);
    error QuoteIsCancelled(bytes32 id, address provider);
    /// @notice The provider did not sign this quote for this order.
    error QuoteInvalid(bytes32 id, address provider);
    error CapExceeded(address provider, address token, uint256 attempted, uint256 cap);

    /// @notice Sets how much of a token the caller will have locked at most; zero, as at first, locks nothing.
    function setCap(address token, uint128 cap) external;

    /// @notice The caller, as provider, no longer stands by its quote for an order that is not open yet.
    function cancelQuote(bytes32 orderId) external;

    /// @notice Takes a quote for an order that opens. By the vault, which then pulls the provider's leg.
    /// @param quote `abi.encode(uint40 expiry, uint32 longestLock, bytes signature)`; the signature is the provider's, ERC-1271
    /// accepted, over `Quote(bytes32 orderId,address payToken,uint256 payAmount,uint256 premium,address token,uint256
    /// amount,uint40 expiry,uint32 longestLock)`. `amount` is price and freight; `longestLock` the seconds from opening within
    /// which the order has ended at the latest.
    function take(bytes32 id, Terms calldata terms, bytes calldata quote) external;

    /// @notice Gives the exposure of an ended order back. By the vault.
    function close(bytes32 id, address provider, address token, uint128 amount) external;

    function exposureOf(address provider, address token) external view returns (Exposure memory);

    function isCancelled(address provider, bytes32 orderId) external view returns (bool);
}
