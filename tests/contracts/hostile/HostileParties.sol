// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {ConditionStatus, Fault} from "../../../contracts/interfaces/IReleaseCondition.sol";
import {ITradeEscrow, Outcome, Terms} from "../../../contracts/interfaces/ITradeEscrow.sol";
import {Vm} from "../../Cheats.sol";
import {IHook} from "./TurningToken.sol";

/// @dev What a contract answers that was asked something: as a condition, as an observer, as a wallet.
enum Answer {
    Reverts,
    BurnsAllGas,
    /// 1 MB that begins with the right words.
    ReturnBomb,
    RevertBomb,
    /// Nothing at all.
    Silent,
    /// The right words, of which the last is cut off.
    Short,
    /// Right in length, wrong in value.
    Wrong,
    /// The right words.
    Right
}

/// @dev Answers as it is told, the right words being the two that it was given.
contract Answering {
    uint256 private constant BOMB = 1 << 20;

    Answer private _answer;
    uint256 private _first;
    uint256 private _second;

    function set(Answer answer_, uint256 first, uint256 second) external {
        (_answer, _first, _second) = (answer_, first, second);
    }

    function approve(ERC20 currency, address spender) external {
        currency.approve(spender, type(uint256).max);
    }

    fallback() external {
        if (_answer == Answer.Reverts) revert("no");
        if (_answer == Answer.BurnsAllGas) while (true) {}
        (uint256 first, uint256 second) = _answer == Answer.Wrong ? (~_first, ~_second) : (_first, _second);
        uint256 size = 0x40;
        if (_answer == Answer.ReturnBomb || _answer == Answer.RevertBomb) size = BOMB;
        if (_answer == Answer.Silent) size = 0;
        if (_answer == Answer.Short) size = second == 0 ? 0x1f : 0x3f;
        bool reverts = _answer == Answer.RevertBomb;
        assembly {
            let start := mload(0x40)
            mstore(start, first)
            mstore(add(start, 0x20), second)
            if reverts { revert(start, size) }
            return(start, size)
        }
    }
}

/// @dev Met when first asked in a transaction and rejected from then on. It may write nothing, but what it has touched
/// is cheaper to touch again.
contract FlippingCondition {
    function status(bytes32) external view returns (ConditionStatus, Fault) {
        uint256 cost;
        assembly {
            cost := gas()
            pop(staticcall(0, not(address()), 0, 0, 0, 0))
            cost := sub(cost, gas())
        }
        return cost > 1000 ? (ConditionStatus.Met, Fault.Nobody) : (ConditionStatus.Rejected, Fault.Seller);
    }
}

/// @dev Rejects if the vault let it call in to pay out another's credit, and is met if not.
contract ReentrantCondition {
    address private immutable _payee;
    address private immutable _token;

    constructor(address payee, address token) {
        (_payee, _token) = (payee, token);
    }

    function status(bytes32) external returns (ConditionStatus, Fault) {
        bytes memory data = abi.encodeCall(ITradeEscrow.withdrawFor, (_payee, _token));
        (bool ok,) = msg.sender.call{gas: 30_000}(data);
        return (ok ? ConditionStatus.Rejected : ConditionStatus.Met, Fault.Nobody);
    }
}

/// @dev Calls back into the vault with a verb of its choice, on the order whose end it is told of.
contract ReentrantObserver {
    bytes4 private _verb;
    bytes private _terms;
    bytes4 public met;

    function set(bytes4 verb) external {
        _verb = verb;
    }

    /// @dev Of the order that it calls back on: the vault does not tell them.
    function keep(Terms calldata terms) external {
        _terms = abi.encode(terms);
    }

    function onOutcome(Outcome calldata outcome) external {
        bytes memory data = bytes.concat(_verb, _terms);
        if (_verb == ITradeEscrow.withdraw.selector) data = abi.encodeWithSelector(_verb, outcome.token, address(this));
        if (_verb == ITradeEscrow.withdrawFor.selector) data = abi.encodeWithSelector(_verb, outcome.buyer, outcome.token);
        (, bytes memory reason) = msg.sender.call(data);
        met = bytes4(reason);
    }
}

/// @dev Makes the call that it was given, once, as soon as it is called back: by a token that pays it, or by the vault
/// that tells it of an end. Signs whatever it is asked to.
contract Plotter is IERC1271, IHook {
    /// @dev Where the plotted call lies, as code: out of storage it would cost more gas than it is called back with.
    address private constant PLOT = address(0x9108);
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address private _target;
    /// @notice Whether the plotted call was made, and whether it was let through.
    bool public made;
    bool public succeeded;
    /// @notice The selector of the error that it met.
    bytes4 public met;

    function plot(address target, bytes calldata data) external {
        (_target, made, succeeded, met) = (target, false, false, bytes4(0));
        VM.etch(PLOT, data);
    }

    function act(address target, bytes calldata data) external {
        (bool ok, bytes memory reason) = target.call(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    function called() external {
        _plot();
    }

    function onOutcome(Outcome calldata) external {
        _plot();
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return this.isValidSignature.selector;
    }

    function _plot() private {
        if (made || _target == address(0)) return;
        made = true;
        (bool ok, bytes memory reason) = _target.call(PLOT.code);
        (succeeded, met) = (ok, ok ? bytes4(0) : bytes4(reason));
    }
}
