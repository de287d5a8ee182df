// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ITradeEscrow} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Vm} from "../Cheats.sol";
import {ClausesFixture} from "./ClausesFixture.sol";

/// @dev Holds an act to all that it paid and to all that it emitted, in order.
abstract contract LegsFixture is ClausesFixture {
    mapping(address currency => mapping(address party => uint256)) private _marked;
    mapping(address currency => uint256) private _seen;
    Vm.Log[] private _expected;
    address[] private _emitters;

    /* MONEY */

    /// @dev To be called before the act: remembers what everybody has of the order's three tokens.
    function mark() internal {
        markIn(address(token));
        markIn(address(payToken));
        markIn(address(dutyToken));
    }

    function markIn(address currency) internal {
        address[11] memory parties = [
            buyer, seller, platform, carrier, liquidity, arbiter, place, TAX_PAYEE, FINANCIER, STRANGER, address(escrow)
        ];
        for (uint256 i; i < parties.length; ++i) {
            _marked[currency][parties[i]] = IERC20(currency).balanceOf(parties[i]);
        }
        _seen[currency] = 0;
    }

    /// @dev What the act paid `party`, who is no other's alias.
    function assertGot(address currency, address party, uint256 amount) internal {
        assertEq(IERC20(currency).balanceOf(party) - _marked[currency][party], amount, "got");
        _seen[currency] += amount;
    }

    /// @dev That the vault paid out nothing but what `assertGot` has seen.
    function assertNobodyElseGot() internal view {
        assertLeft(address(token));
        assertLeft(address(payToken));
        assertLeft(address(dutyToken));
    }

    function assertLeft(address currency) internal view {
        uint256 left = _marked[currency][address(escrow)] - _seen[currency];
        assertEq(IERC20(currency).balanceOf(address(escrow)), left, "left in the vault");
    }

    /// @dev That the vault has this much of settlement, pay and duty token.
    function assertHolds(uint256 settlement, uint256 paid, uint256 duty) internal view {
        assertEq(token.balanceOf(address(escrow)), settlement, "settlement leg");
        assertEq(payToken.balanceOf(address(escrow)), paid, "pay leg");
        assertEq(dutyToken.balanceOf(address(escrow)), duty, "duties");
    }

    /// @dev At any gas the act is refused whole, or pays and reports to everybody: no caller pushes anyone into credit.
    function assertWholeAtAnyGas(address caller, address target, bytes memory data) internal {
        uint256 refused;
        uint256 done;
        for (uint256 gas_ = 60_000; gas_ <= 1_500_000; gas_ += 20_000) {
            uint256 snapshot = vm.snapshotState();
            vm.recordLogs();
            vm.prank(caller);
            (bool ok,) = target.call{gas: gas_}(data);
            assertNobodyLeftOut(vm.getRecordedLogs());
            if (ok) ++done;
            else ++refused;
            vm.revertToState(snapshot);
        }
        assertTrue(refused > 0 && done > 0, "gas from too little to enough");
    }

    function assertNobodyLeftOut(Vm.Log[] memory logs) private pure {
        for (uint256 i; i < logs.length; ++i) {
            assertFalse(logs[i].topics[0] == ITradeEscrow.Credited.selector);
            assertFalse(logs[i].topics[0] == ITradeEscrow.ReportFailed.selector);
        }
    }

    /* EVENTS: `list`, then `from` and `emit` for each, then `listed`, the act, and `assertListed` */

    function list() internal {
        delete _expected;
        delete _emitters;
        vm.recordLogs();
    }

    function from(address emitter) internal {
        _emitters.push(emitter);
    }

    function listed() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            _expected.push(logs[i]);
        }
        assertEq(_expected.length, _emitters.length, "events and emitters");
        vm.recordLogs();
    }

    /// @dev That the act emitted these events, in this order, and no others; the observer's own are its tests'.
    function assertListed() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 count;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(credit)) continue;
            assertLe(count + 1, _expected.length, "more events than listed");
            assertEq(logs[i].emitter, _emitters[count], "emitter");
            assertEq(abi.encode(logs[i].topics), abi.encode(_expected[count].topics));
            assertEq(logs[i].data, _expected[count].data);
            ++count;
        }
        assertEq(count, _expected.length, "events");
    }
}
