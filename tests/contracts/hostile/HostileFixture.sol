// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {Terms} from "../../../contracts/interfaces/ITradeEscrow.sol";
import {TradeEscrow} from "../../../contracts/TradeEscrow.sol";
import {EscrowFixture} from "../EscrowFixture.sol";
import {Behaviour, IHook, TurningToken} from "./TurningToken.sol";

/// @dev Next to whatever is hostile stand bystanders: orders in honest tokens, funded, accepted and delivered, and a
/// credit. Nothing about them may change, and each must still end.
abstract contract HostileFixture is EscrowFixture {
    address internal constant ELSEWHERE = address(0xE15E);
    /// @dev A caller's patience. Enough for every path, and for 1 MB of answer.
    uint256 internal constant GAS = 10_000_000;
    bytes4 internal constant SAFE_TRANSFER_FAILED = bytes4(keccak256("SafeERC20FailedOperation(address)"));

    /// @dev Honest, with a list of those whom it denies, as USDC has.
    TurningToken internal listing;

    Terms[] private _bystanders;
    bytes32 private _untouched;

    /// @dev A vault of its own, that tells `observer`, with its bystanders.
    function setUpBystanders(address observer) internal {
        delete _bystanders;
        escrow = new TradeEscrow(registry, observer);
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
        listing = new TurningToken();
        fund(listing, buyer, FUNDING);

        openFunded(_bystander("funded"));
        openAccepted(_bystander("accepted"));
        openDelivered(_bystander("delivered"));

        Terms memory credited = terms();
        (credited.salt, credited.token) = ("credited", address(listing));
        openAccepted(credited);
        listing.turn(Behaviour.Denies, seller, address(escrow), IHook(address(0)));
        vm.prank(buyer);
        escrow.release(credited);
        listing.turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
        _bystanders.push(credited);

        _untouched = _look();
    }

    function fund(TurningToken currency, address payer, uint256 amount) internal {
        currency.mint(payer, amount);
        vm.prank(payer);
        currency.approve(address(escrow), type(uint256).max);
    }

    function assertBystandersUntouched(string memory what) internal view {
        string memory covered = string.concat(what, "the vault no longer covers the bystanders' money");
        assertEq(token.balanceOf(address(escrow)), 3 * FUNDING, covered);
        assertEq(listing.balanceOf(address(escrow)), PRICE - FEE, covered);
        assertEq(_look(), _untouched, string.concat(what, "a bystander's balance, credit or order changed"));
    }

    /// @dev Each bystander ends as it would have, to the last unit.
    function endBystanders(string memory what) internal {
        uint256[4] memory before = wallets(token);
        vm.prank(seller);
        escrow.cancel(_bystanders[0]);
        vm.prank(seller);
        escrow.refund(_bystanders[1]);
        vm.prank(buyer);
        escrow.release(_bystanders[2]);
        escrow.withdrawFor(seller, address(listing));

        uint256[4] memory afterwards = wallets(token);
        uint256[4] memory due = [2 * FUNDING, PRICE - FEE, FEE, FREIGHT];
        for (uint256 i; i < 4; ++i) {
            assertEq(afterwards[i] - before[i], due[i], string.concat(what, "a bystander was not paid"));
        }
        assertEq(listing.balanceOf(seller), PRICE - FEE, string.concat(what, "a bystander's credit was not paid"));
        assertEq(token.balanceOf(address(escrow)), 0, string.concat(what, "a bystander's money was left over"));
        assertEq(listing.balanceOf(address(escrow)), 0, string.concat(what, "a bystander's credit was left over"));
    }

    /// @return of buyer, seller, platform and carrier, in this order everywhere.
    function wallets(ERC20 currency) internal view returns (uint256[4] memory) {
        return [
            currency.balanceOf(buyer), currency.balanceOf(seller), currency.balanceOf(platform),
            currency.balanceOf(carrier)
        ];
    }

    function credits(ERC20 currency) internal view returns (uint256[4] memory) {
        address c = address(currency);
        return [
            escrow.creditOf(buyer, c), escrow.creditOf(seller, c), escrow.creditOf(platform, c),
            escrow.creditOf(carrier, c)
        ];
    }

    function party(uint256 index) internal view returns (address) {
        return [buyer, seller, platform, carrier][index];
    }

    function call(address caller, bytes memory data) internal returns (bool ok, bytes memory met) {
        vm.prank(caller);
        (ok, met) = address(escrow).call{gas: GAS}(data);
    }

    function assertRefused(address caller, bytes memory data, bytes memory expected, string memory what) internal {
        (bool ok, bytes memory met) = call(caller, data);
        assertFalse(ok, string.concat(what, "let through"));
        assertEqual(met, expected, what);
    }

    function assertEqual(bytes memory met, bytes memory expected, string memory what) internal pure {
        string memory differs = string.concat(what, "another error than expected");
        assertEq(met.length, expected.length, differs);
        if (met.length > 3) assertEq(bytes32(bytes4(met)), bytes32(bytes4(expected)), differs);
        assertEq(keccak256(met), keccak256(expected), differs);
    }

    function _bystander(bytes32 salt) private returns (Terms memory t) {
        t = terms();
        t.salt = salt;
        _bystanders.push(t);
    }

    function _look() private view returns (bytes32) {
        bytes32 seen = keccak256(
            abi.encode(
                wallets(token),
                wallets(listing),
                credits(token),
                credits(listing),
                token.balanceOf(ELSEWHERE),
                listing.balanceOf(ELSEWHERE),
                token.balanceOf(STRANGER),
                listing.balanceOf(STRANGER)
            )
        );
        for (uint256 i; i < _bystanders.length; ++i) {
            bytes32 id = escrow.orderId(_bystanders[i]);
            seen = keccak256(abi.encode(seen, escrow.getOrder(id)));
        }
        return seen;
    }
}
