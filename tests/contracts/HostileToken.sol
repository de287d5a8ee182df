// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {TradeEscrow} from "../../contracts/TradeEscrow.sol";

/// @dev A token that keeps a fee, or refuses a payee, as told; and one that opens another order while it is pulled.
contract HostileToken is ERC20("Hostile", "HOS") {
    uint256 public feeBps;
    address public denied;
    bool public burnsGas;
    TradeEscrow public reentered;
    Terms private _inner;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function set(uint256 feeBps_, address denied_, bool burnsGas_) external {
        (feeBps, denied, burnsGas) = (feeBps_, denied_, burnsGas_);
    }

    function reenter(TradeEscrow escrow, Terms calldata inner) external {
        (reentered, _inner) = (escrow, inner);
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(to != denied, "denied");
        if (burnsGas) while (true) {}
        if (address(reentered) != address(0)) reentered.cancel(_inner);
        uint256 fee = amount * feeBps / 10_000;
        super._update(from, to, amount - fee);
        if (fee > 0) super._update(from, address(0xdead), fee);
    }
}
