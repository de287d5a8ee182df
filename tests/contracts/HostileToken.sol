// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A token that keeps a fee, refuses a payee, or burns all gas, as told; and one that calls back while it moves.
contract HostileToken is ERC20("Hostile", "HOS") {
    uint256 public feeBps;
    address public denied;
    bool public burnsGas;
    address private _calledBack;
    bytes private _callback;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function set(uint256 feeBps_, address denied_, bool burnsGas_) external {
        (feeBps, denied, burnsGas) = (feeBps_, denied_, burnsGas_);
    }

    /// @dev At its next movement it makes this call, and fails if that fails.
    function callBack(address target, bytes calldata data) external {
        (_calledBack, _callback) = (target, data);
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(to != denied, "denied");
        if (burnsGas) while (true) {}
        if (_calledBack != address(0)) {
            address target = _calledBack;
            _calledBack = address(0);
            (bool ok, bytes memory reason) = target.call(_callback);
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        uint256 fee = amount * feeBps / 10_000;
        super._update(from, to, amount - fee);
        if (fee > 0) super._update(from, address(0xdead), fee);
    }
}
