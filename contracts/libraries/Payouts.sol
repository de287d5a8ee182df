// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ITradeEscrow, Party} from "../interfaces/ITradeEscrow.sol";
import {BoundedCall} from "./BoundedCall.sol";

/// @title How money enters and leaves the vault: pulled in exactly, pushed out or else credited.
library Payouts {
    using SafeERC20 for IERC20;
    using BoundedCall for address;

    /// @notice What failed pushes left, by payee and token.
    struct Credits {
        mapping(address payee => mapping(address token => uint256)) owed;
    }

    uint256 internal constant PUSH_GAS = 100_000;

    /// @notice Takes `amount` from an allowance.
    function pull(address token, address from, uint256 amount) internal {
        uint256 before = held(token);
        IERC20(token).safeTransferFrom(from, address(this), amount);
        checkReceived(token, before, amount);
    }

    function held(address token) internal view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev Exactly, not at least: what came on top would belong to nobody.
    function checkReceived(address token, uint256 before, uint256 expected) internal view {
        uint256 later = held(token);
        if (later != before + expected) {
            revert ITradeEscrow.AmountReceived(token, later > before ? later - before : 0, expected);
        }
    }

    /// @dev A payee that cannot be paid is credited, so that it blocks nobody else.
    function pay(Credits storage credits, address token, address payee, uint256 amount) internal {
        if (amount == 0) return;
        if (token.push(payee, amount, PUSH_GAS)) return;
        credits.owed[payee][token] += amount;
        emit ITradeEscrow.Credited(payee, token, amount);
    }

    function withdraw(Credits storage credits, address payee, address token, address to) internal {
        uint256 amount = credits.owed[payee][token];
        if (amount == 0) revert ITradeEscrow.NothingToWithdraw(payee, token);
        if (to == address(0) || to == address(this)) revert ITradeEscrow.PartyInvalid(Party.Payee, to);

        credits.owed[payee][token] = 0;
        emit ITradeEscrow.Withdrawn(payee, token, to, amount);

        IERC20(token).safeTransfer(to, amount);
    }
}
