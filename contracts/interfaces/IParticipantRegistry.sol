// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a participant does in a trade. A participant may hold several roles; they are stored as a bitmap, the
/// bit of a role being `1 << uint8(role)`.
enum Role {
    Brand,
    Platform,
    Seller,
    Inspector,
    Carrier,
    Warehouse,
    PaymentProvider,
    Customs,
    Arbiter
}

/// @notice The scheme of a participant's identifier.
/// @dev GLN: GS1 General Location Number (13 digits). LEI: ISO 17442 (20 characters). EORI: EU Regulation 952/2013.
/// NationalRegister: the number in the register of the participant's country, such as China's USCC (GB 32100), after the
/// country and a hyphen, as org-id.guide writes them: `CN-91440300…`, `GB-COH-09446231`.
enum IdentifierScheme {
    GLN,
    LEI,
    EORI,
    NationalRegister
}

/// @notice A participant as admitted. All but `roles` and `controller` is immutable.
struct Participant {
    /// The only address that adds, rotates and revokes this participant's keys. Never one of them, and never an address
    /// that was anybody's key when it became controller.
    address controller;
    /// Bitmap of `Role`.
    uint16 roles;
    /// ISO 3166-1 alpha-2, upper case.
    bytes2 country;
    IdentifierScheme scheme;
    /// Block time of admission, in seconds.
    uint40 admittedAt;
    /// The platform that admitted this participant and answers for it; zero if the governance did.
    bytes32 admittedBy;
    string identifier;
}

/// @notice A signing key. It belongs to one participant for ever, so that an old signature keeps its author.
struct Key {
    bytes32 participant;
    /// Block time from which the key is valid (inclusive).
    uint40 addedAt;
    /// Block time from which the key is no longer valid (inclusive); zero while it is not revoked.
    uint40 revokedAt;
    /// From this time on the key may have been in other hands; zero if never. May lie before the block in which it was
    /// declared. It unwinds no money and no batch; Deliveries and ItemClaims take no proof that the key anchored at or
    /// after it, and verifiers call that `suspect`.
    uint40 compromisedSince;
}

/// @title Who is who: participants, their roles, their keys and their GS1 company prefixes.
/// @notice A key's validity is judged at the block in which a signature is submitted, never at a time that the
/// signature claims.
/// @dev Warning: roles that can move money (carrier, warehouse, payment provider, customs, arbiter) are granted through
/// OpenZeppelin's AccessManager alone, whose delay is a matter of deployment, not of this contract. Whoever governs the
/// manager can, after that delay and in public, admit a false customs office, carrier or arbiter.
/// @dev Warning: roles and keys are taken away at once. Whose carrier or authority loses them while an order is under way
/// finds its receipt or decision refused, and the order takes its default.
/// @dev Warning: an ERC-1271 wallet may be a key. What it calls valid can change from block to block.
/// @dev Warning: a controller may, with its own consent, become a key of another participant. That is not refused: else
/// anyone who names an address as controller could keep it from ever being a key.
/// @dev Warning: a bound prefix stays bound, and a lost controller key is lost: there is no way round either, since
/// whoever could go it could also take a brand's goods or its keys.
interface IParticipantRegistry {
    event ParticipantAdmitted(
        bytes32 indexed participant,
        bytes32 indexed admittedBy,
        address indexed controller,
        uint16 roles,
        bytes2 country,
        IdentifierScheme scheme,
        string identifier
    );
    /// @param roles those that the participant did not hold before.
    event RolesGranted(bytes32 indexed participant, uint16 roles);
    /// @param roles those that the participant held.
    event RolesRevoked(bytes32 indexed participant, uint16 roles);
    event PrefixBound(bytes32 indexed participant, string prefix);
    /// @param proposed zero if the proposal was withdrawn.
    event ControllerProposed(bytes32 indexed participant, address indexed proposed);
    event ControllerChanged(bytes32 indexed participant, address indexed controller);
    event KeyAdded(bytes32 indexed participant, address indexed key);
    /// @notice A key was revoked or, if it was before, its `compromisedSince` moved to an earlier time.
    event KeyRevoked(bytes32 indexed participant, address indexed key, uint40 compromisedSince);

    /// @notice The identifier was already admitted by the same admitter.
    error ParticipantExists(bytes32 participant);
    error ParticipantUnknown(bytes32 participant);
    /// @notice The identifier is empty or has more than 64 bytes; a GLN has not 13 digits, or another check digit (GS1
    /// General Specifications, 7.9); an LEI has not 20 characters.
    error IdentifierInvalid(IdentifierScheme scheme, string identifier);
    /// @notice Not two capital letters.
    error CountryInvalid(bytes2 country);
    /// @notice `allowed` is the bitmap that this call may hand out.
    error RolesNotAllowed(uint16 attempted, uint16 allowed);
    /// @notice The controller is zero, or was ever a signing key.
    error ControllerInvalid(address controller);
    error NotController(address caller, address controller);
    error NotProposedController(address caller, address proposed);
    /// @notice A GS1 company prefix has 4 to 12 digits.
    error PrefixInvalid(string prefix);
    /// @notice The prefix, one that contains it, or one inside it, is bound already. `holder` is zero if the conflict
    /// is with a longer prefix inside the attempted one.
    error PrefixTaken(string prefix, bytes32 holder);
    /// @notice The address is, or once was, a key of `participant`.
    error KeyTaken(address key, bytes32 participant);
    /// @notice The key is zero, or the participant's controller.
    error KeyInvalid(address key);
    /// @notice The key belongs to another participant; `participant` is zero if to nobody.
    error KeyForeign(address key, bytes32 participant);
    /// @notice The key did not sign `AddKey(participant, key)` for this registry.
    error KeyConsentInvalid(address key);
    /// @notice The key is revoked, or unknown (`revokedAt` is zero).
    error KeyNotValid(address key, uint40 revokedAt);
    error CompromiseInFuture(uint40 compromisedSince, uint40 blockTime);
    /// @notice The key was declared compromised since `declared`; that can be moved to an earlier time only.
    error CompromiseNotEarlier(uint40 attempted, uint40 declared);
    error RoleMissing(bytes32 participant, Role role);

    /// @notice The bitmap of roles that only `grantRoles` hands out: those that can move money or open a border.
    function MONEY_ROLES() external view returns (uint16);

    /// @notice The id of a participant: the hash of chain, registry, admitter, scheme and identifier. The admitter is
    /// part of it, so that a platform cannot take an identifier that the governance has yet to admit.
    function participantId(bytes32 admittedBy, IdentifierScheme scheme, string calldata identifier)
        external
        view
        returns (bytes32);

    /// @notice Admits a participant without a money role. Restricted to the registrar of the AccessManager.
    /// @param roles bitmap without any of `MONEY_ROLES`.
    function admit(
        address controller,
        uint16 roles,
        bytes2 country,
        IdentifierScheme scheme,
        string calldata identifier
    ) external returns (bytes32 participant);

    /// @notice Admits a seller under the calling platform, which answers for it. The caller is a valid key of a
    /// participant with the role Platform; the new participant has the role Seller and no other.
    function admitSeller(address controller, bytes2 country, IdentifierScheme scheme, string calldata identifier)
        external
        returns (bytes32 participant);

    /// @notice Adds roles, money roles among them. Restricted; the deployment gives this call a delay (3 days).
    /// @dev A participant that a platform admitted can never get a money role: it would be the platform's own witness.
    function grantRoles(bytes32 participant, uint16 roles) external;

    /// @notice Takes roles away, at once. Restricted.
    /// @dev A brand without its role keeps its classes, and may still recall them.
    function revokeRoles(bytes32 participant, uint16 roles) external;

    /// @notice Binds a GS1 company prefix to a participant with the role Brand, for good. Restricted. A prefix that
    /// contains a bound one, or lies inside one, is refused, whoever holds that.
    function bindPrefix(bytes32 participant, string calldata prefix) external;

    /// @notice The controller names its successor, who has to call `acceptController`. The latest proposal stands.
    /// @param proposed zero withdraws the proposal.
    function proposeController(bytes32 participant, address proposed) external;

    /// @notice The proposed controller takes over, at once.
    function acceptController(bytes32 participant) external;

    /// @notice Adds a signing key. By the controller, with the key's own consent.
    /// @param consent EIP-712 signature by `key` (ERC-1271 accepted) over `AddKey(bytes32 participant,address key)`.
    /// @dev Warning: a consent has no end date. It is used up once the key belongs to anybody.
    function addKey(bytes32 participant, address key, bytes calldata consent) external;

    /// @notice Revokes a key from this block on, for ever. By the controller. Unwinds no money.
    /// @param compromisedSince zero, or the time, this block's at the latest, since which the key may have been in
    /// other hands. It may be set, or moved to an earlier time, on a key that is revoked already; `revokedAt` then
    /// stays.
    /// @dev Warning: nothing stops a controller from declaring a time before the key was added. That casts doubt on
    /// what the participant itself said, and on nothing else.
    function revokeKey(bytes32 participant, address key, uint40 compromisedSince) external;

    /// @notice `revokeKey` and `addKey` in one transaction, so that no block is without a key.
    function rotateKey(
        bytes32 participant,
        address oldKey,
        address newKey,
        bytes calldata consent,
        uint40 compromisedSince
    ) external;

    /// @notice All zero if unknown.
    function getParticipant(bytes32 participant) external view returns (Participant memory);

    /// @notice The controller of a participant; zero if unknown.
    function controllerOf(bytes32 participant) external view returns (address);

    /// @notice Who may call `acceptController`; zero if nobody.
    function proposedControllerOf(bytes32 participant) external view returns (address);

    /// @notice ISO 3166-1 alpha-2 country of a participant; zero if unknown.
    function countryOf(bytes32 participant) external view returns (bytes2);

    /// @notice The platform that admitted a participant; zero if the governance did, or if unknown.
    function admittedByOf(bytes32 participant) external view returns (bytes32);

    /// @notice All zero for an address that was never a key.
    function getKey(address key) external view returns (Key memory);

    /// @notice The participant of a key that was valid at a time; zero if it was nobody's or not valid. Never reverts.
    /// @dev Its name puts it among the first selectors, for SellerCredit.
    /// @param time in seconds of block time.
    function participantAsOf(address key, uint256 time) external view returns (bytes32);

    /// @notice The participant of a key that is valid at this block.
    /// @dev Reverts with `KeyNotValid`.
    function participantOf(address key) external view returns (bytes32);

    /// @notice The participant of a key that is valid at this block and holds `role`.
    /// @dev Reverts with `KeyNotValid` or `RoleMissing`.
    function participantWithRole(address key, Role role) external view returns (bytes32);

    function hasRole(bytes32 participant, Role role) external view returns (bool);

    /// @notice The holder of the company prefix that the 12 digits after a GTIN-14's indicator, or the first 12 of a
    /// GLN, fall under; zero if none.
    /// @param digits the 12 digits as a number, leading zeros lost. More than 12 digits fall under nobody's.
    function prefixHolder(uint64 digits) external view returns (bytes32);
}
