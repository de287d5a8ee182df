// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IdentifierScheme, IParticipantRegistry, Key, Participant, Role} from "./interfaces/IParticipantRegistry.sol";
import {Gs1} from "./libraries/Gs1.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Who is who. What it does and what it promises stands in IParticipantRegistry.
contract ParticipantRegistry is IParticipantRegistry, AccessManaged, EIP712 {
    /// @inheritdoc IParticipantRegistry
    uint16 public constant MONEY_ROLES = uint16(
        (1 << uint8(Role.Carrier)) | (1 << uint8(Role.Warehouse)) | (1 << uint8(Role.PaymentProvider))
            | (1 << uint8(Role.Customs)) | (1 << uint8(Role.Arbiter))
    );

    uint16 private constant ALL_ROLES = uint16((1 << (uint8(type(Role).max) + 1)) - 1);

    bytes32 private constant ADD_KEY_TYPEHASH = keccak256("AddKey(bytes32 participant,address key)");

    uint256 private constant MAX_IDENTIFIER_LENGTH = 64;
    uint256 private constant LEI_LENGTH = 20;
    uint256 private constant MIN_PREFIX_LENGTH = 4;
    uint256 private constant MAX_PREFIX_LENGTH = 12;

    /// @dev Stands at a prefix that nobody holds and inside which somebody holds a longer one. No hash is this small.
    bytes32 private constant INNER = bytes32(uint256(1));

    mapping(bytes32 participant => Participant) private _participants;
    mapping(bytes32 participant => address) private _proposedControllers;
    mapping(address key => Key) private _keys;

    /// @dev By prefix, as the number that a 1 and then its digits write: leading zeros count, and the prefix shorter by
    /// one digit is a tenth. Holds a participant, `INNER`, or zero.
    mapping(uint256 prefix => bytes32) private _prefixes;

    constructor(address accessManager) AccessManaged(accessManager) EIP712("Lading ParticipantRegistry", "1") {}

    /* PARTICIPANTS */

    /// @inheritdoc IParticipantRegistry
    function admit(
        address controller,
        uint16 roles,
        bytes2 country,
        IdentifierScheme scheme,
        string calldata identifier
    ) external restricted returns (bytes32 participant) {
        // Check that no money role is handed out without the delay of `grantRoles`
        _checkRoles(roles, ALL_ROLES & ~MONEY_ROLES);

        participant = _admit(0, controller, roles, country, scheme, identifier);
    }

    /// @inheritdoc IParticipantRegistry
    function admitSeller(address controller, bytes2 country, IdentifierScheme scheme, string calldata identifier)
        external
        returns (bytes32 participant)
    {
        // Check that the caller is a platform, which answers for the seller from here on
        bytes32 platform = participantWithRole(msg.sender, Role.Platform);

        participant = _admit(platform, controller, _bit(Role.Seller), country, scheme, identifier);
    }

    /// @inheritdoc IParticipantRegistry
    function grantRoles(bytes32 participant, uint16 roles) external restricted {
        Participant storage admitted = _known(participant);

        // Check that no platform gets a witness of its own making
        _checkRoles(roles, admitted.admittedBy == 0 ? ALL_ROLES : ALL_ROLES & ~MONEY_ROLES);

        uint16 held = admitted.roles;
        admitted.roles = held | roles;
        emit RolesGranted(participant, roles & ~held);
    }

    /// @inheritdoc IParticipantRegistry
    function revokeRoles(bytes32 participant, uint16 roles) external restricted {
        Participant storage admitted = _known(participant);

        uint16 held = admitted.roles;
        admitted.roles = held & ~roles;
        emit RolesRevoked(participant, roles & held);
    }

    /// @inheritdoc IParticipantRegistry
    function bindPrefix(bytes32 participant, string calldata prefix) external restricted {
        // Check that the participant is a brand
        if (_known(participant).roles & _bit(Role.Brand) == 0) revert RoleMissing(participant, Role.Brand);

        // Check that the prefix is free and that no longer one lies inside it
        uint256 node = _prefixNode(prefix);
        bytes32 holder = _prefixes[node];
        if (holder != 0) revert PrefixTaken(prefix, holder == INNER ? bytes32(0) : holder);

        // Mark each shorter prefix that contains it, checking that nobody holds that
        _prefixes[node] = participant;
        for (uint256 outer = node / 10; outer >= 10 ** MIN_PREFIX_LENGTH; outer /= 10) {
            holder = _prefixes[outer];
            if (holder == INNER) break; // marked by a neighbour, and all shorter ones with it
            if (holder != 0) revert PrefixTaken(prefix, holder);
            _prefixes[outer] = INNER;
        }
        emit PrefixBound(participant, prefix);
    }

    /* CONTROLLERS */

    /// @inheritdoc IParticipantRegistry
    function proposeController(bytes32 participant, address proposed) external {
        _checkController(participant);

        _proposedControllers[participant] = proposed;
        emit ControllerProposed(participant, proposed);
    }

    /// @inheritdoc IParticipantRegistry
    function acceptController(bytes32 participant) external {
        // Check that the controller wants the caller, and that the caller is no signing key
        address proposed = _proposedControllers[participant];
        if (msg.sender != proposed) revert NotProposedController(msg.sender, proposed);
        if (_keys[msg.sender].participant != 0) revert ControllerInvalid(msg.sender);

        delete _proposedControllers[participant];
        _participants[participant].controller = msg.sender;
        emit ControllerChanged(participant, msg.sender);
    }

    /* KEYS */

    /// @inheritdoc IParticipantRegistry
    function addKey(bytes32 participant, address key, bytes calldata consent) external {
        _checkController(participant);

        _addKey(participant, key, consent);
    }

    /// @inheritdoc IParticipantRegistry
    function revokeKey(bytes32 participant, address key, uint40 compromisedSince) external {
        _checkController(participant);

        _revokeKey(participant, key, compromisedSince);
    }

    /// @inheritdoc IParticipantRegistry
    function rotateKey(
        bytes32 participant,
        address oldKey,
        address newKey,
        bytes calldata consent,
        uint40 compromisedSince
    ) external {
        _checkController(participant);

        _revokeKey(participant, oldKey, compromisedSince);
        _addKey(participant, newKey, consent);
    }

    /* VIEWS */

    /// @inheritdoc IParticipantRegistry
    function participantId(bytes32 admittedBy, IdentifierScheme scheme, string calldata identifier)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), admittedBy, scheme, identifier));
    }

    /// @inheritdoc IParticipantRegistry
    function getParticipant(bytes32 participant) external view returns (Participant memory) {
        return _participants[participant];
    }

    /// @inheritdoc IParticipantRegistry
    function controllerOf(bytes32 participant) external view returns (address) {
        return _participants[participant].controller;
    }

    /// @inheritdoc IParticipantRegistry
    function proposedControllerOf(bytes32 participant) external view returns (address) {
        return _proposedControllers[participant];
    }

    /// @inheritdoc IParticipantRegistry
    function countryOf(bytes32 participant) external view returns (bytes2) {
        return _participants[participant].country;
    }

    /// @inheritdoc IParticipantRegistry
    function admittedByOf(bytes32 participant) external view returns (bytes32) {
        return _participants[participant].admittedBy;
    }

    /// @inheritdoc IParticipantRegistry
    function getKey(address key) external view returns (Key memory) {
        return _keys[key];
    }

    /// @inheritdoc IParticipantRegistry
    function participantAsOf(address key, uint256 time) external view returns (bytes32) {
        Key storage known = _keys[key];
        (uint40 addedAt, uint40 revokedAt) = (known.addedAt, known.revokedAt);
        return addedAt <= time && (revokedAt == 0 || time < revokedAt) ? known.participant : bytes32(0);
    }

    /// @inheritdoc IParticipantRegistry
    function participantOf(address key) public view returns (bytes32 participant) {
        participant = _keys[key].participant;
        uint40 revokedAt = _keys[key].revokedAt;
        if (participant == 0 || revokedAt != 0) revert KeyNotValid(key, revokedAt);
    }

    /// @inheritdoc IParticipantRegistry
    function participantWithRole(address key, Role role) public view returns (bytes32 participant) {
        participant = participantOf(key);
        if (!hasRole(participant, role)) revert RoleMissing(participant, role);
    }

    /// @inheritdoc IParticipantRegistry
    function hasRole(bytes32 participant, Role role) public view returns (bool) {
        return _participants[participant].roles & _bit(role) != 0;
    }

    /// @inheritdoc IParticipantRegistry
    function prefixHolder(uint64 digits) external view returns (bytes32) {
        if (digits >= 10 ** MAX_PREFIX_LENGTH) return 0;

        // The longest prefix first: at most one on the way is held, and none above an inner one
        uint256 node = 10 ** MAX_PREFIX_LENGTH + digits;
        for (; node >= 10 ** MIN_PREFIX_LENGTH; node /= 10) {
            bytes32 holder = _prefixes[node];
            if (holder == INNER) return 0;
            if (holder != 0) return holder;
        }
        return 0;
    }

    /* INTERNALS */

    function _admit(
        bytes32 admittedBy,
        address controller,
        uint16 roles,
        bytes2 country,
        IdentifierScheme scheme,
        string calldata identifier
    ) private returns (bytes32 participant) {
        // Check that the country, the identifier and the controller can be what they are said to be
        if (!_isCapital(country[0]) || !_isCapital(country[1])) revert CountryInvalid(country);
        _checkIdentifier(scheme, identifier, country);
        if (controller == address(0) || _keys[controller].participant != 0) revert ControllerInvalid(controller);

        // Check that the same admitter has not admitted it before
        participant = participantId(admittedBy, scheme, identifier);
        if (_participants[participant].admittedAt != 0) revert ParticipantExists(participant);

        _participants[participant] = Participant({
            controller: controller,
            roles: roles,
            country: country,
            scheme: scheme,
            admittedAt: uint40(block.timestamp),
            admittedBy: admittedBy,
            identifier: identifier
        });
        emit ParticipantAdmitted(participant, admittedBy, controller, roles, country, scheme, identifier);
    }

    function _addKey(bytes32 participant, address key, bytes calldata consent) private {
        // Check that the address is no key yet, anybody's, and not what controls this participant's keys
        if (key == address(0) || key == _participants[participant].controller) revert KeyInvalid(key);
        bytes32 holder = _keys[key].participant;
        if (holder != 0) revert KeyTaken(key, holder);

        // Check that the key wants to be this participant's: else a controller could claim what a stranger signed
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(ADD_KEY_TYPEHASH, participant, key)));
        if (!Signatures.isSignedBy(digest, key, consent)) revert KeyConsentInvalid(key);

        _keys[key].participant = participant;
        _keys[key].addedAt = uint40(block.timestamp);
        emit KeyAdded(participant, key);
    }

    function _revokeKey(bytes32 participant, address key, uint40 compromisedSince) private {
        Key memory known = _keys[key];
        if (known.participant != participant) revert KeyForeign(key, known.participant);
        if (compromisedSince > block.timestamp) revert CompromiseInFuture(compromisedSince, uint40(block.timestamp));

        // Check that a second call says something new, and takes nothing back
        if (known.revokedAt != 0 && compromisedSince == 0) revert KeyNotValid(key, known.revokedAt);
        if (known.compromisedSince != 0 && compromisedSince >= known.compromisedSince) {
            revert CompromiseNotEarlier(compromisedSince, known.compromisedSince);
        }

        if (known.revokedAt == 0) _keys[key].revokedAt = uint40(block.timestamp);
        _keys[key].compromisedSince = compromisedSince;
        emit KeyRevoked(participant, key, compromisedSince);
    }

    function _known(bytes32 participant) private view returns (Participant storage admitted) {
        admitted = _participants[participant];
        if (admitted.admittedAt == 0) revert ParticipantUnknown(participant);
    }

    function _checkController(bytes32 participant) private view {
        address controller = _known(participant).controller;
        if (msg.sender != controller) revert NotController(msg.sender, controller);
    }

    function _checkRoles(uint16 attempted, uint16 allowed) private pure {
        if (attempted & ~allowed != 0) revert RolesNotAllowed(attempted, allowed);
    }

    function _checkIdentifier(IdentifierScheme scheme, string calldata identifier, bytes2 country) private pure {
        uint256 length = bytes(identifier).length;
        bool valid = length != 0 && length <= MAX_IDENTIFIER_LENGTH;
        if (scheme == IdentifierScheme.GLN) valid = valid && Gs1.isGln(identifier);
        if (scheme == IdentifierScheme.LEI) valid = length == LEI_LENGTH;
        if (scheme == IdentifierScheme.NationalRegister) valid = valid && _namesCountry(bytes(identifier), country);
        if (!valid) revert IdentifierInvalid(scheme, identifier);
    }

    /// @dev Two countries may give the same number: without its country before it, the first to be admitted would bar the
    /// other for ever.
    function _namesCountry(bytes calldata identifier, bytes2 country) private pure returns (bool) {
        return identifier.length > 3 && bytes2(identifier[:2]) == country && identifier[2] == "-";
    }

    /// @dev The key of a prefix in `_prefixes`.
    function _prefixNode(string calldata prefix) private pure returns (uint256) {
        (bool numeric, uint64 value) = Gs1.parseDigits(prefix, MAX_PREFIX_LENGTH);
        uint256 length = bytes(prefix).length;
        if (!numeric || length < MIN_PREFIX_LENGTH) revert PrefixInvalid(prefix);
        return 10 ** length + value;
    }

    function _isCapital(bytes1 character) private pure returns (bool) {
        return character >= "A" && character <= "Z";
    }

    function _bit(Role role) private pure returns (uint16) {
        return uint16(1 << uint8(role));
    }
}
