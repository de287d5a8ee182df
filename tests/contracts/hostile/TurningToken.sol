// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {IERC3009} from "../../../contracts/interfaces/IERC3009.sol";
import {Vm} from "../../Cheats.sol";

enum Behaviour {
    Honest,
    /// Moves, and answers with nothing, as USDT does.
    ReturnsNothing,
    /// The victim's hook is called before it sends.
    SenderHook,
    /// The victim's hook is called before it receives.
    ReceiverHook,
    /// Takes a hundredth out of what arrives.
    FeeOnTransfer,
    /// Charges its sender a hundredth more than what arrives.
    FeeOnTop,
    ReturnsFalse,
    MovesAndReturnsFalse,
    ReturnsTrueWithoutMoving,
    Paused,
    /// Moves nothing from or to the victim.
    Denies,
    /// The vault's balance doubles.
    RebaseUp,
    /// The vault's balance halves.
    RebaseDown,
    BurnsAllGas,
    /// Moves, and answers with 1 MB that begins with `true`.
    ReturnBomb,
    /// As `ReturnBomb`, with as much as a push has gas for.
    SmallReturnBomb,
    RevertBomb,
    /// Makes the call that it was given, by whomever it was given, once.
    Plots,
    /// Makes that call in place of its own movement, if it is let through.
    PlotsInstead,
    CodeGone,
    /// Another contract stands in its place, which says yes to everything.
    CodeReplaced
}

interface IHook {
    function called() external;
}

/// @dev A token that is honest until it is turned.
contract TurningToken is ERC20("Turning", "TRN"), IERC3009 {
    uint256 public constant SMALL_BOMB = 100_000;
    uint256 public constant BOMB = 1 << 20;
    uint256 private constant PART = 100;
    /// @dev Where the plotted call lies, as code: out of storage it would cost more gas than a push has.
    address private constant PLOT = address(0x9107);
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    Behaviour private _behaviour;
    address private _victim;
    address private _vault;
    IHook private _hook;

    address private _plotter;
    address private _target;
    bool private _afterwards;

    /// @notice Whether the plotted call was made, and whether it was let through.
    bool public plotted;
    bool public succeeded;
    /// @notice The selector of the error that it met.
    bytes4 public met;

    error TokenPaused();
    error Denied(address account);

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function turn(Behaviour behaviour, address victim, address vault, IHook hook) external {
        (_behaviour, _victim, _vault, _hook) = (behaviour, victim, vault, hook);
    }

    /// @dev Whoever plots is called for by cheat code: a hook may belong to any party, or to several at once.
    function plot(address plotter, address target, bytes calldata data, bool afterwards) external {
        (_plotter, _target, _afterwards) = (plotter, target, afterwards);
        VM.etch(PLOT, data);
    }

    /// @dev Between two calls of the vault; one in flight comes with a movement.
    function rebase() public {
        uint256 balance = balanceOf(_vault);
        if (_behaviour == Behaviour.RebaseUp) _mint(_vault, balance);
        else _burn(_vault, balance / 2);
        _behaviour = Behaviour.Honest;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _act(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _spendAllowance(from, msg.sender, amount);
        _act(from, to, amount);
        return true;
    }

    /// @dev Asks for no signature.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        uint8,
        bytes32,
        bytes32
    ) external {
        _act(from, to, value);
    }

    function _act(address from, address to, uint256 amount) private {
        Behaviour b = _behaviour;
        _refuse(b, from, to);
        if (b == Behaviour.RebaseUp || b == Behaviour.RebaseDown) rebase();
        if (b == Behaviour.Plots && !_afterwards) _plot();
        if (b == Behaviour.PlotsInstead && _plotFirst()) return;

        if (b != Behaviour.ReturnsFalse && b != Behaviour.ReturnsTrueWithoutMoving) _take(b, from, to, amount);

        if (b == Behaviour.Plots && _afterwards) _plot();
        if (b == Behaviour.ReturnsNothing) _answer(0, 0);
        if (b == Behaviour.ReturnsFalse || b == Behaviour.MovesAndReturnsFalse) _answer(0, 0x20);
        if (b == Behaviour.ReturnBomb) _answer(1, BOMB);
        if (b == Behaviour.SmallReturnBomb) _answer(1, SMALL_BOMB);
    }

    function _refuse(Behaviour b, address from, address to) private {
        if (b == Behaviour.Paused) revert TokenPaused();
        if (b == Behaviour.Denies && (from == _victim || to == _victim)) revert Denied(_victim);
        if (b == Behaviour.BurnsAllGas) while (true) {}
        if (b == Behaviour.SenderHook && from == _victim) _hook.called();
        if (b == Behaviour.ReceiverHook && to == _victim) _hook.called();
        if (b == Behaviour.RevertBomb) {
            uint256 size = SMALL_BOMB;
            assembly ("memory-safe") {
                revert(mload(0x40), size)
            }
        }
    }

    function _take(Behaviour b, address from, address to, uint256 amount) private {
        uint256 part = amount / PART;
        _transfer(from, to, b == Behaviour.FeeOnTransfer ? amount - part : amount);
        if (b == Behaviour.FeeOnTransfer || b == Behaviour.FeeOnTop) _burn(from, part);
    }

    function _plotFirst() private returns (bool) {
        if (plotted) return false;
        _plot();
        return succeeded;
    }

    function _plot() private {
        if (plotted) return;
        plotted = true;
        VM.prank(_plotter);
        (bool ok, bytes memory reason) = _target.call(PLOT.code);
        (succeeded, met) = (ok, ok ? bytes4(0) : bytes4(reason));
    }

    /// @dev Ends the call with `size` bytes of which the first word is `word`.
    function _answer(uint256 word, uint256 size) private pure {
        assembly {
            let start := mload(0x40)
            mstore(start, word)
            return(start, size)
        }
    }
}

/// @dev Says 1 to whatever it is asked, its balances among it, and moves nothing.
contract YesToken {
    fallback() external {
        assembly {
            mstore(0, 1)
            return(0, 0x20)
        }
    }
}

/// @dev A payee's or payer's hook that lets nothing through.
contract RefusingHook is IHook {
    error HookRefused();

    function called() external pure {
        revert HookRefused();
    }
}

contract BurningHook is IHook {
    function called() external pure {
        while (true) {}
    }
}

/// @dev Counts what it is told, by order, unless it is told to fail.
contract CountingObserver {
    mapping(bytes32 id => uint256) public told;
    bool private _failing;

    error Failing();

    function fail(bool failing) external {
        _failing = failing;
    }

    fallback() external {
        if (_failing) revert Failing();
        ++told[bytes32(msg.data[4:36])];
    }
}
