// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {
    IdentifierScheme, IParticipantRegistry, Key, Participant, Role
} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ParticipantRegistry} from "../../contracts/ParticipantRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";
import {OwnedWallet} from "./OwnedWallet.sol";

contract ParticipantRegistryTest is RegistryFixture {
    uint16 private constant ALL_ROLES = 0x1ff;
    string private constant GLN = "9524000000019";
    string private constant LEI = "529900T8BM49AURSDO55";

    address private brandKey = vm.addr(BRAND_KEY);
    address private otherKey = vm.addr(OTHER_KEY);
    address private platformKey = vm.addr(PLATFORM_KEY);

    bytes32 private brand;
    bytes32 private other;
    bytes32 private platform;

    function setUp() public {
        setUpRegistry();
        brand = admit(Role.Brand, "brand", BRAND_KEY);
        other = admit(Role.Brand, "other brand", OTHER_KEY);
        platform = admit(Role.Platform, "platform", PLATFORM_KEY);
    }

    /* ROLES */

    function test_moneyRoles_areTheFive() public view {
        uint16 expected = bit(Role.Carrier) | bit(Role.Warehouse) | bit(Role.PaymentProvider) | bit(Role.Customs)
            | bit(Role.Arbiter);
        assertEq(registry.MONEY_ROLES(), expected);
    }

    /* ADMIT */

    function test_admit_RevertGiven_callerIsNotRegistrar() public {
        address[3] memory callers = [STRANGER, GOVERNOR, platformKey];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectUnauthorized(callers[i]);
            vm.prank(callers[i]);
            registry.admit(CONTROLLER, 0, "NL", IdentifierScheme.GLN, GLN);
        }
    }

    function test_admit_RevertGiven_aMoneyRoleOrNoRole(uint16 roles) public {
        uint16 allowed = ALL_ROLES & ~registry.MONEY_ROLES();
        vm.assume(roles & ~allowed != 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RolesNotAllowed.selector, roles, allowed));
        admit(roles, "any");
    }

    function test_admit_RevertGiven_identifierOfTheWrongForm() public {
        expectIdentifierInvalid(IdentifierScheme.NationalRegister, "");
        expectIdentifierInvalid(IdentifierScheme.NationalRegister, "NL-");
        expectIdentifierInvalid(IdentifierScheme.NationalRegister, "09446231");
        expectIdentifierInvalid(IdentifierScheme.NationalRegister, "GB-09446231"); // of a participant in NL
        expectIdentifierInvalid(IdentifierScheme.NationalRegister, "NL09446231");
        expectIdentifierInvalid(IdentifierScheme.EORI, string(new bytes(65)));
        expectIdentifierInvalid(IdentifierScheme.GLN, "");
        expectIdentifierInvalid(IdentifierScheme.GLN, "9524000000018"); // check digit
        expectIdentifierInvalid(IdentifierScheme.GLN, "614141000036"); // 12 digits, a right sum
        expectIdentifierInvalid(IdentifierScheme.GLN, "09524000000019"); // 14 digits, a right sum
        expectIdentifierInvalid(IdentifierScheme.GLN, "952400000001A");
        expectIdentifierInvalid(IdentifierScheme.GLN, unicode"95240000000１"); // a full-width digit
        expectIdentifierInvalid(IdentifierScheme.LEI, "529900T8BM49AURSDO5");
        expectIdentifierInvalid(IdentifierScheme.LEI, "529900T8BM49AURSDO555");
        expectIdentifierInvalid(IdentifierScheme.LEI, "");
    }

    function test_admit_takesEachScheme() public {
        string memory longest = string.concat("NL-", string(new bytes(61)));
        string[4] memory identifiers = [GLN, LEI, "NL123456789", longest];
        for (uint256 i = 0; i < identifiers.length; ++i) {
            vm.prank(REGISTRAR);
            bytes32 id = registry.admit(CONTROLLER, 0, "NL", IdentifierScheme(i), identifiers[i]);
            assertEq(registry.getParticipant(id).identifier, identifiers[i]);
        }
    }

    function test_admit_glnHasOneCheckDigit(uint64 digits) public {
        digits = uint64(bound(digits, 0, 1e12 - 1));
        uint256 accepted;
        for (uint64 check = 0; check < 10; ++check) {
            string memory gln = decimal(digits * 10 + check, 13);
            vm.prank(REGISTRAR);
            try registry.admit(CONTROLLER, 0, "NL", IdentifierScheme.GLN, gln) {
                ++accepted;
                assertEq(check, naiveCheckDigit(digits));
            } catch (bytes memory reason) {
                assertEq(reason, identifierInvalid(IdentifierScheme.GLN, gln));
            }
        }
        assertEq(accepted, 1);
    }

    function test_admit_RevertGiven_countryOfOtherThanTwoCapitals() public {
        bytes2[5] memory countries = [bytes2("nl"), "N1", "@L", "L[", "N"];
        for (uint256 i = 0; i < countries.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.CountryInvalid.selector, countries[i]));
            vm.prank(REGISTRAR);
            registry.admit(CONTROLLER, 0, countries[i], IdentifierScheme.GLN, GLN);
        }
    }

    function test_admit_RevertGiven_controllerZeroOrEverAKey() public {
        revokeKey(other, OTHER_KEY, 0);
        address[3] memory controllers = [address(0), brandKey, otherKey];
        for (uint256 i = 0; i < controllers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ControllerInvalid.selector, controllers[i]));
            vm.prank(REGISTRAR);
            registry.admit(controllers[i], 0, "NL", IdentifierScheme.GLN, GLN);
        }
    }

    function test_admit_RevertGiven_identifierAdmittedBefore() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantExists.selector, brand));
        vm.prank(REGISTRAR);
        registry.admit(STRANGER, 0, "NL", IdentifierScheme.NationalRegister, "NL-brand");
    }

    function test_admit_theSameNumberInTwoCountriesRegistersIsTwoParticipants() public {
        vm.prank(REGISTRAR);
        bytes32 british = registry.admit(STRANGER, 0, "GB", IdentifierScheme.NationalRegister, "GB-09446231");
        vm.prank(REGISTRAR);
        bytes32 dutch = registry.admit(STRANGER, 0, "NL", IdentifierScheme.NationalRegister, "NL-09446231");
        assertTrue(british != dutch);
    }

    function test_admit_storesAndEmits() public {
        bytes32 id = registry.participantId(0, IdentifierScheme.GLN, GLN);
        uint16 roles = bit(Role.Brand) | bit(Role.Inspector);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.ParticipantAdmitted(id, 0, STRANGER, roles, "DE", IdentifierScheme.GLN, GLN);
        vm.prank(REGISTRAR);
        assertEq(registry.admit(STRANGER, roles, "DE", IdentifierScheme.GLN, GLN), id);

        Participant memory expected =
            Participant(STRANGER, roles, "DE", IdentifierScheme.GLN, blockTime(), bytes32(0), GLN);
        assertEq(abi.encode(registry.getParticipant(id)), abi.encode(expected));
        assertEq(registry.controllerOf(id), STRANGER);
        assertEq(registry.countryOf(id), bytes32(bytes2("DE")));
        assertEq(registry.admittedByOf(id), 0);
        assertTrue(registry.hasRole(id, Role.Inspector));
        assertFalse(registry.hasRole(id, Role.Seller));
    }

    function test_participantId_dependsOnEachPart() public {
        bytes32[6] memory ids;
        ids[0] = registry.participantId(0, IdentifierScheme.LEI, LEI);
        assertEq(
            ids[0], keccak256(abi.encode(block.chainid, address(registry), bytes32(0), IdentifierScheme.LEI, LEI))
        );
        ids[1] = registry.participantId(platform, IdentifierScheme.LEI, LEI);
        ids[2] = registry.participantId(0, IdentifierScheme.EORI, LEI);
        ids[3] = registry.participantId(0, IdentifierScheme.LEI, GLN);
        ids[4] = newParticipantRegistry(address(manager)).participantId(0, IdentifierScheme.LEI, LEI);
        vm.chainId(block.chainid + 1);
        ids[5] = registry.participantId(0, IdentifierScheme.LEI, LEI);
        for (uint256 i = 0; i < ids.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(ids[i] != ids[j]);
            }
        }
    }

    /* ADMIT SELLER */

    function test_admitSeller_RevertGiven_callerIsNoValidKey() public {
        expectKeyNotValid(STRANGER, 0);
        vm.prank(STRANGER);
        registry.admitSeller(CONTROLLER, "NL", IdentifierScheme.GLN, GLN);

        // Not the controller either: it only minds the keys
        expectKeyNotValid(CONTROLLER, 0);
        vm.prank(CONTROLLER);
        registry.admitSeller(CONTROLLER, "NL", IdentifierScheme.GLN, GLN);

        revokeKey(platform, PLATFORM_KEY, 0);
        expectKeyNotValid(platformKey, blockTime());
        vm.prank(platformKey);
        registry.admitSeller(CONTROLLER, "NL", IdentifierScheme.GLN, GLN);
    }

    function test_admitSeller_RevertGiven_callerIsNoPlatform() public {
        expectRoleMissing(brand, Role.Platform);
        vm.prank(brandKey);
        registry.admitSeller(CONTROLLER, "NL", IdentifierScheme.GLN, GLN);

        revokeRoles(platform, bit(Role.Platform));
        expectRoleMissing(platform, Role.Platform);
        vm.prank(platformKey);
        registry.admitSeller(CONTROLLER, "NL", IdentifierScheme.GLN, GLN);
    }

    function test_admitSeller_RevertGiven_admittedByItBefore() public {
        bytes32 seller = admitSeller(GLN);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantExists.selector, seller));
        admitSeller(GLN);
    }

    function test_admitSeller_hasOneRoleUnderThePlatform() public {
        bytes32 id = registry.participantId(platform, IdentifierScheme.GLN, GLN);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.ParticipantAdmitted(
            id, platform, CONTROLLER, bit(Role.Seller), "NL", IdentifierScheme.GLN, GLN
        );
        assertEq(admitSeller(GLN), id);
        assertEq(registry.getParticipant(id).roles, bit(Role.Seller));
        assertEq(registry.admittedByOf(id), platform);
    }

    function test_admitSeller_takesNoIdentifierFromTheRegistrar() public {
        bytes32 seller = admitSeller(GLN);
        vm.prank(REGISTRAR);
        bytes32 admitted = registry.admit(CONTROLLER, 0, "NL", IdentifierScheme.GLN, GLN);
        assertTrue(admitted != seller);
    }

    /* GRANT AND REVOKE ROLES */

    function test_grantRoles_RevertGiven_callerIsNotGovernor() public {
        address[3] memory callers = [STRANGER, REGISTRAR, brandKey];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectUnauthorized(callers[i]);
            vm.prank(callers[i]);
            registry.grantRoles(brand, bit(Role.Carrier));
        }
    }

    function test_grantRoles_RevertGiven_theDelayIsNotOver() public {
        bytes memory data = abi.encodeCall(registry.grantRoles, (brand, bit(Role.Customs)));
        bytes32 operation = manager.hashOperation(GOVERNOR, address(registry), data);

        vm.startPrank(GOVERNOR);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotScheduled.selector, operation));
        registry.grantRoles(brand, bit(Role.Customs));

        manager.schedule(address(registry), data, 0);
        skip(GOVERNANCE_DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operation));
        registry.grantRoles(brand, bit(Role.Customs));
        vm.stopPrank();
        assertFalse(registry.hasRole(brand, Role.Customs));
    }

    function test_grantRoles_addsAfterTheDelay() public {
        schedule(brand, bit(Role.Customs) | bit(Role.Brand));
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.RolesGranted(brand, bit(Role.Customs));
        vm.prank(GOVERNOR);
        registry.grantRoles(brand, bit(Role.Customs) | bit(Role.Brand));
        assertEq(registry.getParticipant(brand).roles, bit(Role.Customs) | bit(Role.Brand));
        assertEq(registry.participantWithRole(brandKey, Role.Customs), brand);
    }

    function test_grantRoles_RevertGiven_participantUnknown() public {
        schedule("nobody", bit(Role.Seller));
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantUnknown.selector, bytes32("nobody")));
        vm.prank(GOVERNOR);
        registry.grantRoles("nobody", bit(Role.Seller));
    }

    function test_grantRoles_RevertGiven_noRole(uint16 roles) public {
        vm.assume(roles & ~ALL_ROLES != 0);
        schedule(brand, roles);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RolesNotAllowed.selector, roles, ALL_ROLES));
        vm.prank(GOVERNOR);
        registry.grantRoles(brand, roles);
    }

    function test_grantRoles_RevertGiven_aMoneyRoleForAPlatformsSeller(uint16 roles) public {
        uint16 allowed = ALL_ROLES & ~registry.MONEY_ROLES();
        vm.assume(roles & ~allowed != 0);
        bytes32 seller = admitSeller("seller");
        schedule(seller, roles);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RolesNotAllowed.selector, roles, allowed));
        vm.prank(GOVERNOR);
        registry.grantRoles(seller, roles);
    }

    function test_grantRoles_givesOtherRolesToAPlatformsSeller() public {
        bytes32 seller = admitSeller("seller");
        schedule(seller, bit(Role.Brand));
        vm.prank(GOVERNOR);
        registry.grantRoles(seller, bit(Role.Brand));
        assertTrue(registry.hasRole(seller, Role.Brand));
        assertTrue(registry.hasRole(seller, Role.Seller));
    }

    function test_revokeRoles_RevertGiven_callerIsNotRegistrarOrParticipantUnknown() public {
        expectUnauthorized(STRANGER);
        vm.prank(STRANGER);
        registry.revokeRoles(brand, bit(Role.Brand));

        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantUnknown.selector, bytes32("nobody")));
        revokeRoles("nobody", ALL_ROLES);
    }

    function test_revokeRoles_takesAwayAtOnce() public {
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.RolesRevoked(brand, bit(Role.Brand));
        revokeRoles(brand, type(uint16).max);
        assertEq(registry.getParticipant(brand).roles, 0);

        expectRoleMissing(brand, Role.Brand);
        registry.participantWithRole(brandKey, Role.Brand);
    }

    /* PREFIXES */

    function test_bindPrefix_RevertGiven_callerOrParticipantIsWrong() public {
        expectUnauthorized(brandKey);
        vm.prank(brandKey);
        registry.bindPrefix(brand, "9524000");

        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantUnknown.selector, bytes32("nobody")));
        bindPrefix("nobody", "9524000");

        expectRoleMissing(platform, Role.Brand);
        bindPrefix(platform, "9524000");
    }

    function test_bindPrefix_RevertGiven_otherThan4To12Digits() public {
        string[7] memory prefixes = ["", "952", "9524000000001", "95 24", "952A", "95/4", "95:4"];
        for (uint256 i = 0; i < prefixes.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.PrefixInvalid.selector, prefixes[i]));
            bindPrefix(brand, prefixes[i]);
        }
    }

    function test_bindPrefix_RevertGiven_boundOrInsideABoundOne() public {
        bindPrefix(brand, "0614141");
        string[3] memory prefixes = ["0614141", "06141410", "061414199999"];
        for (uint256 i = 0; i < prefixes.length; ++i) {
            expectPrefixTaken(prefixes[i], brand);
            bindPrefix(other, prefixes[i]);
            expectPrefixTaken(prefixes[i], brand);
            bindPrefix(brand, prefixes[i]);
        }
    }

    function test_bindPrefix_RevertGiven_aLongerOneInsideIt() public {
        bindPrefix(brand, "061414155555");
        string[3] memory prefixes = ["06141415555", "0614141", "0614"];
        for (uint256 i = 0; i < prefixes.length; ++i) {
            expectPrefixTaken(prefixes[i], 0);
            bindPrefix(other, prefixes[i]);
        }
    }

    function test_bindPrefix_leavesNoMarkWhenRefused() public {
        bindPrefix(brand, "0614");
        expectPrefixTaken("061499", brand);
        bindPrefix(other, "061499");
        assertEq(registry.prefixHolder(61499000000), brand);
    }

    function test_bindPrefix_countsLeadingZeros() public {
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.PrefixBound(brand, "00614");
        bindPrefix(brand, "00614");
        bindPrefix(other, "0614");
        assertEq(registry.prefixHolder(6_140_000_000), brand);
        assertEq(registry.prefixHolder(61_400_000_000), other);
        assertEq(registry.prefixHolder(614000000000), 0);
    }

    function test_prefixHolder_isZeroAboveTwelveDigits() public {
        bindPrefix(brand, "0000");
        bindPrefix(other, "1000");
        assertEq(registry.prefixHolder(0), brand);
        assertEq(registry.prefixHolder(1e12 - 1), 0);
        assertEq(registry.prefixHolder(1e12), 0);

        // With their thirteenth digit these would read 10000… and 11000…, as the two prefixes are stored
        assertEq(registry.prefixHolder(9e12), 0);
        assertEq(registry.prefixHolder(1e13), 0);
        assertEq(registry.prefixHolder(type(uint64).max), 0);
    }

    /// @dev Prefixes of few different digits, so that they nest often, against a list searched from end to end.
    function test_bindPrefix_agreesWithANaiveModel(uint256[12] calldata seeds, uint256 probe) public {
        string[] memory taken = new string[](seeds.length);
        bytes32[] memory holders = new bytes32[](seeds.length);
        uint256 count;
        for (uint256 i = 0; i < seeds.length; ++i) {
            string memory prefix = fewDigits(seeds[i], 4 + seeds[i] % 9);
            bytes32 holder = i % 2 == 0 ? brand : other;
            bool free = true;
            bytes32 outer;
            for (uint256 j = 0; j < count; ++j) {
                if (startsWith(prefix, taken[j])) outer = holders[j];
                if (startsWith(prefix, taken[j]) || startsWith(taken[j], prefix)) free = false;
            }
            if (!free) expectPrefixTaken(prefix, outer);
            bindPrefix(holder, prefix);
            if (free) (taken[count], holders[count++]) = (prefix, holder);
        }
        string memory digits = fewDigits(probe, 12);
        bytes32 expected;
        for (uint256 j = 0; j < count; ++j) {
            if (startsWith(digits, taken[j])) expected = holders[j];
        }
        assertEq(registry.prefixHolder(number(digits)), expected, digits);
    }

    /* CONTROLLERS */

    function test_proposeController_RevertGiven_callerIsNotController() public {
        address[3] memory callers = [STRANGER, brandKey, REGISTRAR];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectNotController(callers[i]);
            vm.prank(callers[i]);
            registry.proposeController(brand, callers[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantUnknown.selector, bytes32("nobody")));
        registry.proposeController("nobody", STRANGER);
    }

    function test_acceptController_RevertGiven_callerWasNotProposed() public {
        expectNotProposed(STRANGER, address(0));
        vm.prank(STRANGER);
        registry.acceptController(brand);

        propose(STRANGER);
        expectNotProposed(CONTROLLER, STRANGER);
        vm.prank(CONTROLLER);
        registry.acceptController(brand);
    }

    function test_acceptController_RevertGiven_theProposalWasWithdrawn() public {
        propose(STRANGER);
        propose(address(0));
        expectNotProposed(STRANGER, address(0));
        vm.prank(STRANGER);
        registry.acceptController(brand);
    }

    function test_acceptController_RevertGiven_theProposedIsAKeyByNow() public {
        propose(vm.addr(SELLER_KEY));
        addKey(other, SELLER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.ControllerInvalid.selector, vm.addr(SELLER_KEY))
        );
        vm.prank(vm.addr(SELLER_KEY));
        registry.acceptController(brand);
    }

    function test_proposeController_leavesTheControllerInOffice() public {
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.ControllerProposed(brand, STRANGER);
        propose(STRANGER);
        assertEq(registry.proposedControllerOf(brand), STRANGER);
        assertEq(registry.controllerOf(brand), CONTROLLER);

        expectNotController(STRANGER);
        vm.prank(STRANGER);
        registry.revokeKey(brand, brandKey, 0);
    }

    function test_acceptController_replacesTheController() public {
        propose(STRANGER);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.ControllerChanged(brand, STRANGER);
        vm.prank(STRANGER);
        registry.acceptController(brand);
        assertEq(registry.controllerOf(brand), STRANGER);
        assertEq(registry.proposedControllerOf(brand), address(0));

        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotController.selector, CONTROLLER, STRANGER));
        vm.prank(CONTROLLER);
        registry.revokeKey(brand, brandKey, 0);

        // Used up: the old proposal does not bring it back after a further change
        expectNotProposed(STRANGER, address(0));
        vm.prank(STRANGER);
        registry.acceptController(brand);
    }

    /* ADD KEY */

    function test_addKey_RevertGiven_callerIsNotController() public {
        bytes memory given = consent(brand, SELLER_KEY);
        expectNotController(vm.addr(SELLER_KEY));
        vm.prank(vm.addr(SELLER_KEY));
        registry.addKey(brand, vm.addr(SELLER_KEY), given);

        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.ParticipantUnknown.selector, bytes32("nobody")));
        vm.prank(CONTROLLER);
        registry.addKey("nobody", vm.addr(SELLER_KEY), given);
    }

    function test_addKey_RevertGiven_zeroOrTheController() public {
        address[2] memory keys = [address(0), CONTROLLER];
        for (uint256 i = 0; i < keys.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyInvalid.selector, keys[i]));
            vm.prank(CONTROLLER);
            registry.addKey(brand, keys[i], "");
        }
    }

    function test_addKey_RevertGiven_everAnybodysKey() public {
        revokeKey(brand, BRAND_KEY, 0);
        bytes32[2] memory participants = [brand, other];
        for (uint256 i = 0; i < participants.length; ++i) {
            bytes memory given = consent(participants[i], BRAND_KEY);
            vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyTaken.selector, brandKey, brand));
            vm.prank(CONTROLLER);
            registry.addKey(participants[i], brandKey, given);
        }
    }

    function test_addKey_RevertGiven_consentToSomethingElse() public {
        address key = vm.addr(SELLER_KEY);
        expectConsentInvalid(key, "");
        expectConsentInvalid(key, new bytes(65));
        expectConsentInvalid(key, consent(other, SELLER_KEY)); // another participant
        expectConsentInvalid(key, signatureBy(SELLER_KEY, consentDigest(registry, brand, otherKey))); // another key
        expectConsentInvalid(key, signatureBy(OTHER_KEY, consentDigest(registry, brand, key))); // by another

        ParticipantRegistry elsewhere = newParticipantRegistry(address(manager));
        expectConsentInvalid(key, signatureBy(SELLER_KEY, consentDigest(elsewhere, brand, key)));

        bytes memory here = consent(brand, SELLER_KEY);
        vm.chainId(block.chainid + 1);
        expectConsentInvalid(key, here);
    }

    function test_addKey_RevertGiven_consentOfASiblingWallet() public {
        address first = address(new OwnedWallet(vm.addr(SELLER_KEY)));
        address second = address(new OwnedWallet(vm.addr(SELLER_KEY)));
        bytes memory given = signatureBy(SELLER_KEY, consentDigest(registry, brand, first));
        expectConsentInvalid(second, given);

        vm.prank(CONTROLLER);
        registry.addKey(brand, first, given);
        assertEq(registry.participantOf(first), brand);
    }

    function test_addKey_RevertGiven_aContractThatIsNoWallet() public {
        expectConsentInvalid(address(manager), consent(brand, SELLER_KEY));
    }

    function test_addKey_isValidFromThisBlockOn() public {
        address key = vm.addr(SELLER_KEY);
        expectKeyNotValid(key, 0);
        registry.participantOf(key);

        vm.expectEmit(address(registry));
        emit IParticipantRegistry.KeyAdded(brand, key);
        addKey(brand, SELLER_KEY);
        assertEq(registry.participantOf(key), brand);
        assertKey(key, Key(brand, blockTime(), 0, 0));
        assertEq(registry.participantOf(brandKey), brand);
    }

    /* REVOKE KEY */

    function test_revokeKey_RevertGiven_callerIsNotController() public {
        expectNotController(brandKey);
        vm.prank(brandKey);
        registry.revokeKey(brand, brandKey, 0);
    }

    function test_revokeKey_RevertGiven_notItsKey() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyForeign.selector, otherKey, other));
        revokeKey(brand, OTHER_KEY, 0);

        address unknown = vm.addr(SELLER_KEY);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyForeign.selector, unknown, bytes32(0)));
        revokeKey(brand, SELLER_KEY, 0);
    }

    function test_revokeKey_RevertGiven_compromisedInTheFuture(uint40 since) public {
        since = uint40(bound(since, blockTime() + 1, type(uint40).max));
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.CompromiseInFuture.selector, since, blockTime())
        );
        revokeKey(brand, BRAND_KEY, since);
    }

    function test_revokeKey_RevertGiven_nothingNewIsSaid() public {
        revokeKey(brand, BRAND_KEY, 0);
        uint40 revokedAt = blockTime();
        skip(1 days);
        expectKeyNotValid(brandKey, revokedAt);
        revokeKey(brand, BRAND_KEY, 0);
    }

    function test_revokeKey_RevertGiven_notEarlierThanDeclared() public {
        uint40 declared = blockTime() - 5 days;
        revokeKey(brand, BRAND_KEY, declared);
        skip(1 days);
        for (uint40 since = declared; since <= declared + 1; ++since) {
            vm.expectRevert(
                abi.encodeWithSelector(IParticipantRegistry.CompromiseNotEarlier.selector, since, declared)
            );
            revokeKey(brand, BRAND_KEY, since);
        }
        expectKeyNotValid(brandKey, blockTime() - 1 days);
        revokeKey(brand, BRAND_KEY, 0);
    }

    /// @dev Fault 21b: what was submitted before stays judged by the block of its submission.
    function test_revokeKey_backdatedIsInvalidFromThisBlockOn() public {
        uint40 addedAt = blockTime();
        skip(30 days);
        assertEq(registry.participantOf(brandKey), brand);

        uint40 since = addedAt - 1 days;
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.KeyRevoked(brand, brandKey, since);
        revokeKey(brand, BRAND_KEY, since);
        assertKey(brandKey, Key(brand, addedAt, blockTime(), since));
        expectKeyNotValid(brandKey, blockTime());
        registry.participantOf(brandKey);
    }

    function test_revokeKey_movesCompromisedSinceToEarlierTimesOnly(uint40 first, uint40 second) public {
        first = uint40(bound(first, 1, blockTime()));
        second = uint40(bound(second, 1, blockTime()));
        uint40 revokedAt = blockTime();
        revokeKey(brand, BRAND_KEY, first);
        skip(1 days);
        vm.prank(CONTROLLER);
        try registry.revokeKey(brand, brandKey, second) {
            assertTrue(second < first);
        } catch (bytes memory reason) {
            assertTrue(second >= first);
            assertEq(
                reason, abi.encodeWithSelector(IParticipantRegistry.CompromiseNotEarlier.selector, second, first)
            );
        }
        assertKey(brandKey, Key(brand, 1_800_000_000, revokedAt, second < first ? second : first));
    }

    function test_revokeKey_setsCompromisedSinceAfterwards() public {
        revokeKey(brand, BRAND_KEY, 0);
        uint40 revokedAt = blockTime();
        skip(1 days);
        revokeKey(brand, BRAND_KEY, revokedAt - 9 days);
        assertKey(brandKey, Key(brand, 1_800_000_000, revokedAt, revokedAt - 9 days));
    }

    /* ROTATE KEY */

    function test_rotateKey_RevertGiven_callerIsNotController() public {
        bytes memory given = consent(brand, SELLER_KEY);
        expectNotController(brandKey);
        vm.prank(brandKey);
        registry.rotateKey(brand, brandKey, vm.addr(SELLER_KEY), given, 0);
    }

    function test_rotateKey_RevertGiven_noConsent_keepsTheOldKey() public {
        bytes memory given = consent(other, SELLER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.KeyConsentInvalid.selector, vm.addr(SELLER_KEY))
        );
        vm.prank(CONTROLLER);
        registry.rotateKey(brand, brandKey, vm.addr(SELLER_KEY), given, 0);
        assertEq(registry.participantOf(brandKey), brand);
    }

    function test_rotateKey_RevertGiven_theSameKey() public {
        bytes memory given = consent(brand, BRAND_KEY);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyTaken.selector, brandKey, brand));
        vm.prank(CONTROLLER);
        registry.rotateKey(brand, brandKey, brandKey, given, 0);
    }

    function test_rotateKey_leavesNoBlockWithoutAKey() public {
        skip(30 days);
        address key = vm.addr(SELLER_KEY);
        bytes memory given = consent(brand, SELLER_KEY);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.KeyRevoked(brand, brandKey, blockTime());
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.KeyAdded(brand, key);
        vm.prank(CONTROLLER);
        registry.rotateKey(brand, brandKey, key, given, blockTime());

        assertKey(brandKey, Key(brand, 1_800_000_000, blockTime(), blockTime()));
        assertKey(key, Key(brand, blockTime(), 0, 0));
        assertEq(registry.participantOf(key), brand);
    }

    /* PARTICIPANT AS OF */

    function test_participantAsOf_isTheKeysFromItsBlockOnUntilItIsRevoked() public {
        address key = vm.addr(0xA50F);
        uint256 added = blockTime();
        addKey(brand, 0xA50F);
        skip(100);
        revokeKey(brand, 0xA50F, uint40(added));
        assertEq(registry.participantAsOf(key, added - 1), 0);
        assertEq(registry.participantAsOf(key, added), brand);
        assertEq(registry.participantAsOf(key, added + 99), brand);
        assertEq(registry.participantAsOf(key, added + 100), 0);
        assertEq(registry.participantAsOf(key, type(uint256).max), 0);
    }

    function testFuzz_participantAsOf_isZeroForNobodysKeyAtAnyTime(address key, uint256 time) public view {
        vm.assume(registry.getKey(key).participant == 0);
        assertEq(registry.participantAsOf(key, time), 0);
    }

    /* UNKNOWN */

    function test_views_areZeroForTheUnknown() public view {
        Participant memory nobody;
        assertEq(abi.encode(registry.getParticipant("nobody")), abi.encode(nobody));
        assertEq(registry.controllerOf("nobody"), address(0));
        assertFalse(registry.hasRole("nobody", Role.Brand));
        assertKey(STRANGER, Key(0, 0, 0, 0));
    }

    /* HELPERS */

    function admitSeller(string memory identifier) private returns (bytes32) {
        IdentifierScheme scheme =
            bytes(identifier).length == 13 ? IdentifierScheme.GLN : IdentifierScheme.NationalRegister;
        vm.prank(platformKey);
        bool national = scheme == IdentifierScheme.NationalRegister;
        return registry.admitSeller(CONTROLLER, "NL", scheme, national ? string.concat("NL-", identifier) : identifier);
    }

    /// @dev Schedules a grant and waits until it may be made.
    function schedule(bytes32 participant, uint16 roles) private {
        vm.prank(GOVERNOR);
        manager.schedule(address(registry), abi.encodeCall(registry.grantRoles, (participant, roles)), 0);
        skip(GOVERNANCE_DELAY);
    }

    function propose(address proposed) private {
        vm.prank(CONTROLLER);
        registry.proposeController(brand, proposed);
    }

    function assertKey(address key, Key memory expected) private view {
        assertEq(abi.encode(registry.getKey(key)), abi.encode(expected));
    }

    function expectUnauthorized(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
    }

    function expectNotController(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotController.selector, caller, CONTROLLER));
    }

    function expectNotProposed(address caller, address proposed) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NotProposedController.selector, caller, proposed));
    }

    function expectKeyNotValid(address key, uint40 revokedAt) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, key, revokedAt));
    }

    function expectRoleMissing(bytes32 participant, Role role) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, participant, role));
    }

    function expectPrefixTaken(string memory prefix, bytes32 holder) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.PrefixTaken.selector, prefix, holder));
    }

    function expectConsentInvalid(address key, bytes memory given) private {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.KeyConsentInvalid.selector, key));
        vm.prank(CONTROLLER);
        registry.addKey(brand, key, given);
    }

    function expectIdentifierInvalid(IdentifierScheme scheme, string memory identifier) private {
        vm.expectRevert(identifierInvalid(scheme, identifier));
        vm.prank(REGISTRAR);
        registry.admit(CONTROLLER, 0, "NL", scheme, identifier);
    }

    function identifierInvalid(IdentifierScheme scheme, string memory identifier) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IParticipantRegistry.IdentifierInvalid.selector, scheme, identifier);
    }

    /* DIGITS, WRITTEN OUT */

    /// @dev GS1 General Specifications, 7.9, step by step: threes on every other digit, the rightmost first.
    function naiveCheckDigit(uint64 digits) private pure returns (uint256) {
        bytes memory text = bytes(decimal(digits, 12));
        uint256 sum;
        for (uint256 i = 0; i < 12; ++i) {
            uint256 digit = uint8(text[i]) - 48;
            sum += i % 2 == 1 ? 3 * digit : digit;
        }
        return (10 - sum % 10) % 10;
    }

    function decimal(uint256 value, uint256 length) private pure returns (string memory) {
        bytes memory text = new bytes(length);
        for (uint256 i = length; i > 0; --i) {
            text[i - 1] = bytes1(uint8(48 + value % 10));
            value /= 10;
        }
        return string(text);
    }

    function number(string memory digits) private pure returns (uint64 value) {
        for (uint256 i = 0; i < bytes(digits).length; ++i) {
            value = value * 10 + uint8(bytes(digits)[i]) - 48;
        }
    }

    /// @dev Zeros for the most part, and here and there a one.
    function fewDigits(uint256 seed, uint256 length) private pure returns (string memory) {
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = uint8(seed >> (16 + 8 * i)) < 64 ? bytes1("1") : bytes1("0");
        }
        return string(text);
    }

    function startsWith(string memory text, string memory start) private pure returns (bool) {
        if (bytes(text).length < bytes(start).length) return false;
        for (uint256 i = 0; i < bytes(start).length; ++i) {
            if (bytes(text)[i] != bytes(start)[i]) return false;
        }
        return true;
    }
}
