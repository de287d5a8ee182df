// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {IdentifierScheme, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ParticipantRegistry} from "../../contracts/ParticipantRegistry.sol";
import {Shipped} from "../Shipped.sol";

/// @dev A registry governed as it is deployed: a registrar without delay, a governor with one of three days.
abstract contract RegistryFixture is Shipped {
    uint64 internal constant REGISTRAR_ROLE = 1;
    uint64 internal constant GOVERNOR_ROLE = 2;
    uint32 internal constant GOVERNANCE_DELAY = 3 days;

    address internal constant REGISTRAR = address(0x4E61);
    address internal constant GOVERNOR = address(0x60E4);
    address internal constant CONTROLLER = address(0xC047);
    address internal constant STRANGER = address(0x57A6);
    uint256 internal constant BRAND_KEY = 0xB4A;
    uint256 internal constant PLATFORM_KEY = 0x91A7;
    uint256 internal constant SELLER_KEY = 0x5E11;
    uint256 internal constant OTHER_KEY = 0x07E;

    AccessManager internal manager;
    ParticipantRegistry internal registry;

    function setUpRegistry() internal {
        vm.warp(1_800_000_000);
        manager = newAccessManager(address(this));
        registry = newParticipantRegistry(address(manager));

        bytes4[] memory registrars = new bytes4[](3);
        (registrars[0], registrars[1], registrars[2]) =
            (registry.admit.selector, registry.bindPrefix.selector, registry.revokeRoles.selector);
        bytes4[] memory governors = new bytes4[](1);
        governors[0] = registry.grantRoles.selector;
        manager.setTargetFunctionRole(address(registry), registrars, REGISTRAR_ROLE);
        manager.setTargetFunctionRole(address(registry), governors, GOVERNOR_ROLE);
        manager.grantRole(REGISTRAR_ROLE, REGISTRAR, 0);
        manager.grantRole(GOVERNOR_ROLE, GOVERNOR, GOVERNANCE_DELAY);
    }

    /// @dev Admitted by the registrar under a number of the Dutch register; controlled by `CONTROLLER`.
    function admit(uint16 roles, string memory number) internal returns (bytes32) {
        vm.prank(REGISTRAR);
        return registry.admit(CONTROLLER, roles, "NL", IdentifierScheme.NationalRegister, string.concat("NL-", number));
    }

    /// @dev Admitted with one role and one key.
    function admit(Role role, string memory identifier, uint256 key) internal returns (bytes32 participant) {
        participant = admit(bit(role), identifier);
        addKey(participant, key);
    }

    function addKey(bytes32 participant, uint256 key) internal {
        bytes memory given = consent(participant, key);
        vm.prank(CONTROLLER);
        registry.addKey(participant, vm.addr(key), given);
    }

    function bindPrefix(bytes32 participant, string memory prefix) internal {
        vm.prank(REGISTRAR);
        registry.bindPrefix(participant, prefix);
    }

    function revokeRoles(bytes32 participant, uint16 roles) internal {
        vm.prank(REGISTRAR);
        registry.revokeRoles(participant, roles);
    }

    function revokeKey(bytes32 participant, uint256 key, uint40 compromisedSince) internal {
        vm.prank(CONTROLLER);
        registry.revokeKey(participant, vm.addr(key), compromisedSince);
    }

    /* SIGNATURES */

    function consent(bytes32 participant, uint256 key) internal view returns (bytes memory) {
        return signatureBy(key, consentDigest(registry, participant, vm.addr(key)));
    }

    function consentDigest(ParticipantRegistry verifier, bytes32 participant, address key)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Lading ParticipantRegistry"),
                keccak256("1"),
                block.chainid,
                address(verifier)
            )
        );
        bytes32 structHash =
            keccak256(abi.encode(keccak256("AddKey(bytes32 participant,address key)"), participant, key));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function signatureBy(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function bit(Role role) internal pure returns (uint16) {
        return uint16(1 << uint8(role));
    }

    /* TIME, as after the latest warp */

    function blockTime() internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }

    function skip(uint256 duration) internal {
        vm.warp(vm.getBlockTimestamp() + duration);
    }
}
