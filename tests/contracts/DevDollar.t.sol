// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {Test} from "../Cheats.sol";

contract DevDollarTest is Test {
    uint256 private constant ALICE_KEY = 0xA11CE;
    uint256 private constant MALLORY_KEY = 0x3A110;
    address private constant BOB = address(0xB0B);
    address private constant STRANGER = address(0x57A6);
    uint256 private constant START = 1_800_000_000;
    uint256 private constant VALUE = 25e6;
    bytes32 private constant NONCE = keccak256("nonce");

    address private alice = vm.addr(ALICE_KEY);
    DevDollar private dollar;

    /// @dev An authorization as it is passed on; `kind` is the name of the type that was signed.
    struct Authorization {
        string kind;
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    function setUp() public {
        vm.warp(START);
        dollar = new DevDollar();
        dollar.mint(alice, 100e6);
    }

    /* TOKEN */

    function test_metadata() public view {
        assertEq(dollar.name(), string("Lading Dev Dollar"));
        assertEq(dollar.symbol(), string("LDD"));
        assertEq(dollar.decimals(), 6);
        assertEq(dollar.DOMAIN_SEPARATOR(), domain(block.chainid, address(dollar)));
    }

    function test_mint_isOpenToAnyone() public {
        vm.expectEmit(address(dollar));
        emit IERC20.Transfer(address(0), BOB, VALUE);
        vm.prank(STRANGER);
        dollar.mint(BOB, VALUE);
        assertEq(dollar.balanceOf(BOB), VALUE);
        assertEq(dollar.totalSupply(), 100e6 + VALUE);
    }

    function test_permit_allowsOnceOnTheOwnersSignature() public {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                alice,
                BOB,
                VALUE,
                uint256(0),
                START
            )
        );
        bytes32 digest = digestOf(structHash);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digest);
        dollar.permit(alice, BOB, VALUE, START, v, r, s);
        assertEq(dollar.allowance(alice, BOB), VALUE);
        assertEq(dollar.nonces(alice), 1);

        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, START));
        dollar.permit(alice, BOB, VALUE, START, v, r, s);
    }

    /* TRANSFER WITH AUTHORIZATION */

    function test_transferWithAuthorization_movesForAnyone() public {
        Authorization memory a = transferAuthorization();
        vm.expectEmit(address(dollar));
        emit DevDollar.AuthorizationUsed(alice, NONCE);
        vm.expectEmit(address(dollar));
        emit IERC20.Transfer(alice, BOB, VALUE);
        transfer(STRANGER, a, ALICE_KEY);
        assertEq(dollar.balanceOf(BOB), VALUE);
        assertEq(dollar.balanceOf(alice), 100e6 - VALUE);
        assertTrue(dollar.authorizationState(alice, NONCE));
        assertFalse(dollar.authorizationState(BOB, NONCE));
    }

    function test_transferWithAuthorization_RevertGiven_usedBefore() public {
        transfer(STRANGER, transferAuthorization(), ALICE_KEY);
        expectSpent();
        transfer(STRANGER, transferAuthorization(), ALICE_KEY);

        // The nonce is one for both kinds
        Authorization memory a = receiveAuthorization();
        expectSpent();
        receive_(BOB, a, ALICE_KEY);
    }

    function test_transferWithAuthorization_isOpenStrictlyBetweenItsTimes(uint256 time) public {
        time = bound(time, START - 5, START + 5);
        Authorization memory a = transferAuthorization();
        (a.validAfter, a.validBefore) = (START - 2, START + 2);
        vm.warp(time);
        if (time <= a.validAfter) {
            vm.expectRevert(
                abi.encodeWithSelector(DevDollar.AuthorizationTooEarly.selector, time, a.validAfter)
            );
        } else if (time >= a.validBefore) {
            vm.expectRevert(
                abi.encodeWithSelector(DevDollar.AuthorizationExpired.selector, time, a.validBefore)
            );
        }
        transfer(STRANGER, a, ALICE_KEY);
        bool moved = time > a.validAfter && time < a.validBefore;
        assertEq(dollar.balanceOf(BOB), moved ? VALUE : 0);
        assertEq(dollar.authorizationState(alice, NONCE), moved);
    }

    function test_transferWithAuthorization_RevertGiven_anotherSigner() public {
        expectNotSigned(vm.addr(MALLORY_KEY));
        transfer(STRANGER, transferAuthorization(), MALLORY_KEY);
    }

    /// @dev Each field that is passed on differently recovers another signer.
    function test_transferWithAuthorization_RevertGiven_anyFieldChanged() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digestOf(structHashOf(transferAuthorization())));
        for (uint256 field = 0; field < 5; ++field) {
            Authorization memory a = transferAuthorization();
            if (field == 0) a.to = STRANGER;
            if (field == 1) a.value = VALUE + 1;
            if (field == 2) a.validAfter = 1;
            if (field == 3) a.validBefore = START + 2 days;
            if (field == 4) a.nonce = keccak256("another");
            expectNotSigned(ecrecover(digestOf(structHashOf(a)), v, r, s));
            dollar.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
        }
    }

    function test_transferWithAuthorization_RevertGiven_theOtherKind() public {
        Authorization memory a = receiveAuthorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digestOf(structHashOf(a)));
        expectNotSigned(ecrecover(digestOf(structHashOf(transferAuthorization())), v, r, s));
        dollar.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }

    function test_transferWithAuthorization_RevertGiven_anotherChain() public {
        Authorization memory a = transferAuthorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digestOf(structHashOf(a)));
        vm.chainId(block.chainid + 1);
        bytes32 there = keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), structHashOf(a)));
        expectNotSigned(ecrecover(there, v, r, s));
        dollar.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }

    /// @dev The same signature with its mirrored s would have a second hash, and is refused.
    function test_transferWithAuthorization_RevertGiven_aMalformedSignature() public {
        Authorization memory a = transferAuthorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digestOf(structHashOf(a)));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        expectNotSigned(address(0));
        dollar.transferWithAuthorization(
            a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v ^ 7, r, bytes32(order - uint256(s))
        );
    }

    function test_transferWithAuthorization_RevertGiven_fromZero() public {
        Authorization memory a = transferAuthorization();
        a.from = address(0);
        vm.expectRevert(
            abi.encodeWithSelector(DevDollar.AuthorizationNotSigned.selector, address(0), address(0))
        );
        dollar.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, 27, 0, 0);
    }

    /* RECEIVE WITH AUTHORIZATION */

    function test_receiveWithAuthorization_RevertGiven_callerIsNotThePayee() public {
        address[2] memory callers = [STRANGER, alice];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(DevDollar.NotPayee.selector, callers[i], BOB));
            receive_(callers[i], receiveAuthorization(), ALICE_KEY);
        }
        assertFalse(dollar.authorizationState(alice, NONCE));
    }

    function test_receiveWithAuthorization_movesForThePayee() public {
        vm.expectEmit(address(dollar));
        emit DevDollar.AuthorizationUsed(alice, NONCE);
        vm.expectEmit(address(dollar));
        emit IERC20.Transfer(alice, BOB, VALUE);
        receive_(BOB, receiveAuthorization(), ALICE_KEY);
        assertEq(dollar.balanceOf(BOB), VALUE);

        expectSpent();
        receive_(BOB, receiveAuthorization(), ALICE_KEY);
    }

    function test_receiveWithAuthorization_RevertGiven_theOtherKind() public {
        Authorization memory a = transferAuthorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digestOf(structHashOf(a)));
        expectNotSigned(ecrecover(digestOf(structHashOf(receiveAuthorization())), v, r, s));
        vm.prank(BOB);
        dollar.receiveWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }

    /* CANCEL AUTHORIZATION */

    function test_cancelAuthorization_makesItVoid() public {
        vm.expectEmit(address(dollar));
        emit DevDollar.AuthorizationCanceled(alice, NONCE);
        cancel(ALICE_KEY);
        assertTrue(dollar.authorizationState(alice, NONCE));

        expectSpent();
        receive_(BOB, receiveAuthorization(), ALICE_KEY);
        expectSpent();
        cancel(ALICE_KEY);
    }

    function test_cancelAuthorization_RevertGiven_anotherSigner() public {
        expectNotSigned(vm.addr(MALLORY_KEY));
        cancel(MALLORY_KEY);
        assertFalse(dollar.authorizationState(alice, NONCE));
    }

    function test_cancelAuthorization_RevertGiven_usedBefore() public {
        receive_(BOB, receiveAuthorization(), ALICE_KEY);
        expectSpent();
        cancel(ALICE_KEY);
    }

    /* HELPERS */

    function transferAuthorization() private view returns (Authorization memory) {
        return Authorization("Transfer", alice, BOB, VALUE, 0, START + 1 days, NONCE);
    }

    function receiveAuthorization() private view returns (Authorization memory) {
        return Authorization("Receive", alice, BOB, VALUE, 0, START + 1 days, NONCE);
    }

    function transfer(address caller, Authorization memory a, uint256 key) private {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digestOf(structHashOf(a)));
        vm.prank(caller);
        dollar.transferWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }

    function receive_(address caller, Authorization memory a, uint256 key) private {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digestOf(structHashOf(a)));
        vm.prank(caller);
        dollar.receiveWithAuthorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, v, r, s);
    }

    function cancel(uint256 key) private {
        bytes32 structHash =
            keccak256(abi.encode(keccak256("CancelAuthorization(address authorizer,bytes32 nonce)"), alice, NONCE));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digestOf(structHash));
        vm.prank(STRANGER);
        dollar.cancelAuthorization(alice, NONCE, v, r, s);
    }

    function structHashOf(Authorization memory a) private pure returns (bytes32) {
        bytes memory fields = "WithAuthorization(address from,address to,uint256 value,"
            "uint256 validAfter,uint256 validBefore,bytes32 nonce)";
        return keccak256(
            abi.encode(
                keccak256(abi.encodePacked(a.kind, fields)),
                a.from,
                a.to,
                a.value,
                a.validAfter,
                a.validBefore,
                a.nonce
            )
        );
    }

    /// @dev Here and now, asking the token for nothing: an `expectRevert` just before would be spent on that call.
    function digestOf(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain(block.chainid, address(dollar)), structHash));
    }

    function domain(uint256 chainId, address token) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Lading Dev Dollar"),
                keccak256("1"),
                chainId,
                token
            )
        );
    }

    function expectSpent() private {
        vm.expectRevert(abi.encodeWithSelector(DevDollar.AuthorizationSpent.selector, alice, NONCE));
    }

    function expectNotSigned(address signer) private {
        vm.expectRevert(abi.encodeWithSelector(DevDollar.AuthorizationNotSigned.selector, signer, alice));
    }
}
