// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Calls to contracts that may be hostile: fixed gas, bounded return data, no revert of ours.
library BoundedCall {
    /// @notice The caller left less gas than the callee must have been given.
    error GasTooLow(uint256 available, uint256 needed);

    /// @dev What the call itself costs before the 63/64 of EIP-150 are counted: a cold account and the memory for the
    /// arguments.
    uint256 private constant CALL_OVERHEAD = 10_000;

    /// @notice Pushes `amount` of an ERC-20 with exactly `stipend` gas.
    /// @return ok whether the token took it: no revert, and either `true` or, from a contract, nothing returned.
    function push(address token, address to, uint256 amount, uint256 stipend) internal returns (bool ok) {
        requireGas(stipend);
        bytes memory data = abi.encodeWithSignature("transfer(address,uint256)", to, amount);
        uint256 size;
        uint256 word;
        assembly ("memory-safe") {
            mstore(0x00, 0)
            ok := call(stipend, token, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            size := returndatasize()
            word := mload(0x00)
        }
        if (ok) ok = size == 0 ? token.code.length > 0 : size >= 32 && word == 1;
    }

    /// @notice Tells `target` something with exactly `stipend` gas and copies nothing back.
    /// @return ok false if it has no code or reverts.
    function notify(address target, bytes memory data, uint256 stipend) internal returns (bool ok) {
        requireGas(stipend);
        if (target.code.length == 0) return false;
        assembly ("memory-safe") {
            ok := call(stipend, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice Tells `target` something with all gas that there is, and reverts as it does: with nothing if it has no code.
    function tell(address target, bytes memory data) internal {
        assembly ("memory-safe") {
            let ok := call(gas(), target, 0, add(data, 0x20), mload(data), 0, 0)
            if iszero(and(ok, gt(extcodesize(target), 0))) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
        }
    }

    /// @notice Asks `target` for two words with exactly `stipend` gas.
    /// @return ok false if it reverts or answers with fewer than 64 bytes (as an address without code does).
    function ask(address target, bytes memory data, uint256 stipend)
        internal
        view
        returns (bool ok, uint256 first, uint256 second)
    {
        requireGas(stipend);
        assembly ("memory-safe") {
            ok := staticcall(stipend, target, add(data, 0x20), mload(data), 0x00, 0x40)
            ok := and(ok, gt(returndatasize(), 0x3f))
            if ok {
                first := mload(0x00)
                second := mload(0x20)
            }
        }
    }

    /// @notice Calls this contract itself as the caller, with exactly `stipend` gas.
    /// @return ok whether it did not revert.
    /// @return reason if it did, the first `most` bytes of what it reverted with.
    function perform(bytes memory data, uint256 stipend, uint256 most) internal returns (bool ok, bytes memory reason) {
        requireGas(stipend);
        assembly ("memory-safe") {
            ok := delegatecall(stipend, address(), add(data, 0x20), mload(data), 0, 0)
        }
        if (ok) return (ok, reason);
        uint256 size;
        assembly ("memory-safe") {
            size := returndatasize()
            if gt(size, most) { size := most }
        }
        reason = new bytes(size);
        assembly ("memory-safe") {
            returndatacopy(add(reason, 0x20), 0, size)
        }
    }

    /// @notice Reverts unless `stipend` gas can be handed on whole (EIP-150: at most 63/64 of what is left).
    function requireGas(uint256 stipend) private view {
        uint256 needed = stipend * 64 / 63 + CALL_OVERHEAD;
        if (gasleft() < needed) revert GasTooLow(gasleft(), needed);
    }
}
