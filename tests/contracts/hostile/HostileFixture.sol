// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {Terms} from "../../../contracts/interfaces/ITradeEscrow.sol";
import {ClausesFixture} from "../ClausesFixture.sol";
import {Behaviour, IHook, TurningToken} from "./TurningToken.sol";

/// @dev Next to whatever is hostile stand bystanders: orders in honest tokens, funded, accepted and delivered, one with
/// every clause, and a credit. Nothing about them may change, and each must still end.
abstract contract HostileFixture is ClausesFixture {
    address internal constant ELSEWHERE = address(0xE15E);
    /// @dev A caller's patience. Enough for every path, and for 1 MB of answer.
    uint256 internal constant GAS = 10_000_000;
    bytes4 internal constant SAFE_TRANSFER_FAILED = bytes4(keccak256("SafeERC20FailedOperation(address)"));
    bytes4 internal constant REENTRANT = bytes4(keccak256("ReentrancyGuardReentrantCall()"));
    /// @dev Everybody that an order can pay, in the order of `party`.
    uint256 internal constant PARTIES = 8;

    /// @dev Honest, with a list of those whom it denies, as USDC has.
    TurningToken internal listing;

    /// @dev Encoded: without IR the compiler copies no terms to storage.
    bytes[] private _bystanders;
    bytes32 private _untouched;

    /// @dev A vault of its own, that tells `observer`, with its operators and its bystanders.
    function setUpBystanders(address observer) internal {
        delete _bystanders;
        deployVaultFor(observer);
        allow(token, buyer);
        allow(payToken, buyer);
        allow(dutyToken, buyer);
        allow(token, liquidity);
        vm.prank(liquidity);
        quotes.setCap(address(token), type(uint128).max);
        listing = new TurningToken();
        fund(listing, buyer, FUNDING);

        openFunded(_bystander("funded"));
        openAccepted(_bystander("accepted"));
        openDelivered(_bystander("delivered"));
        Terms memory whole = withEverything(terms());
        whole.salt = "every clause";
        openWithClauses(whole);
        _bystanders.push(abi.encode(whole));

        Terms memory credited = terms();
        (credited.salt, credited.token) = ("credited", address(listing));
        openAccepted(credited);
        listing.turn(Behaviour.Denies, seller, address(escrow), IHook(address(0)));
        vm.prank(buyer);
        escrow.release(credited);
        listing.turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
        _bystanders.push(abi.encode(credited));

        _untouched = _look();
    }

    function deployVaultFor(address observer) internal {
        uint256 nonce = vm.getNonce(address(this));
        escrow = newTradeEscrow(registry, operatorsFrom(nonce + 1), observer);
        deliveries = newDeliveries(registry, provenance, escrow);
        quotes = newQuotes(address(escrow));
        returns_ = newReturns(registry, escrow);
        disputes = newDisputes(registry, escrow);
        duties = newDuties(registry, escrow);
        assertEq(address(duties), escrow.operators().duties);
    }

    function fund(TurningToken currency, address payer, uint256 amount) internal {
        currency.mint(payer, amount);
        allow(currency, payer);
    }

    function allow(ERC20 currency, address payer) internal {
        vm.prank(payer);
        currency.approve(address(escrow), type(uint256).max);
    }

    function assertBystandersUntouched(string memory what) internal view {
        string memory covered = string.concat(what, "the vault no longer covers the bystanders' money");
        assertEq(token.balanceOf(address(escrow)), 4 * FUNDING, covered);
        assertEq(payToken.balanceOf(address(escrow)), PAY_AMOUNT, covered);
        assertEq(dutyToken.balanceOf(address(escrow)), DUTY, covered);
        assertEq(listing.balanceOf(address(escrow)), PRICE - FEE, covered);
        assertEq(_look(), _untouched, string.concat(what, "a bystander's balance, credit or order changed"));
    }

    /// @dev Each bystander ends as it would have, to the last unit.
    function endBystanders(string memory what) internal {
        uint256[PARTIES] memory before = wallets(token);
        (uint256 paid, uint256 duty) = (payToken.balanceOf(buyer), dutyToken.balanceOf(buyer));
        vm.startPrank(seller);
        escrow.cancel(_decode(0));
        escrow.refund(_decode(1));
        escrow.refund(_decode(3));
        vm.stopPrank();
        vm.prank(buyer);
        escrow.release(_decode(2));
        escrow.withdrawFor(seller, address(listing));

        string memory unpaid = string.concat(what, "a bystander was not paid");
        uint256[PARTIES] memory afterwards = wallets(token);
        uint256[PARTIES] memory due = [2 * FUNDING, PRICE - FEE, FEE, FREIGHT, FUNDING, 0, 0, 0];
        for (uint256 i; i < PARTIES; ++i) assertEq(afterwards[i] - before[i], due[i], unpaid);
        assertEq(payToken.balanceOf(buyer) - paid, PAY_AMOUNT, unpaid);
        assertEq(dutyToken.balanceOf(buyer) - duty, DUTY, unpaid);
        assertEq(listing.balanceOf(seller), PRICE - FEE, string.concat(what, "a bystander's credit was not paid"));
        string memory left = string.concat(what, "a bystander's money was left over");
        assertEq(token.balanceOf(address(escrow)), 0, left);
        assertEq(payToken.balanceOf(address(escrow)), 0, left);
        assertEq(dutyToken.balanceOf(address(escrow)), 0, left);
        assertEq(listing.balanceOf(address(escrow)), 0, left);
    }

    function party(uint256 index) internal view returns (address) {
        return [buyer, seller, platform, carrier, liquidity, TAX_PAYEE, arbiter, FINANCIER][index];
    }

    function wallets(ERC20 currency) internal view returns (uint256[PARTIES] memory held) {
        for (uint256 i; i < PARTIES; ++i) held[i] = currency.balanceOf(party(i));
    }

    function credits(ERC20 currency) internal view returns (uint256[PARTIES] memory owed) {
        for (uint256 i; i < PARTIES; ++i) owed[i] = escrow.creditOf(party(i), address(currency));
    }

    function sum(uint256[PARTIES] memory amounts) internal pure returns (uint256 total) {
        for (uint256 i; i < PARTIES; ++i) total += amounts[i];
    }

    function call(address caller, bytes memory data) internal returns (bool ok, bytes memory met) {
        return call(caller, address(escrow), data);
    }

    function call(address caller, address target, bytes memory data) internal returns (bool ok, bytes memory met) {
        vm.prank(caller);
        (ok, met) = target.call{gas: GAS}(data);
    }

    function assertRefused(address caller, bytes memory data, bytes memory expected, string memory what) internal {
        assertRefused(caller, address(escrow), data, expected, what);
    }

    function assertRefused(
        address caller,
        address target,
        bytes memory data,
        bytes memory expected,
        string memory what
    ) internal {
        (bool ok, bytes memory met) = call(caller, target, data);
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
        _bystanders.push(abi.encode(t));
    }

    function _decode(uint256 index) private view returns (Terms memory) {
        return abi.decode(_bystanders[index], (Terms));
    }

    function _look() private view returns (bytes32 seen) {
        ERC20[4] memory honest = [ERC20(token), payToken, dutyToken, listing];
        for (uint256 i; i < 4; ++i) {
            seen = keccak256(abi.encode(seen, wallets(honest[i]), credits(honest[i])));
            seen = keccak256(abi.encode(seen, honest[i].balanceOf(ELSEWHERE), honest[i].balanceOf(STRANGER)));
        }
        for (uint256 i; i < _bystanders.length; ++i) {
            bytes32 id = escrow.orderId(_decode(i));
            seen = keccak256(abi.encode(seen, escrow.getOrder(id)));
        }
    }
}
