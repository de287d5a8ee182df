// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;


import {CustomsClearance} from "../../contracts/CustomsClearance.sol";
import {Deliveries} from "../../contracts/Deliveries.sol";
import {Disputes} from "../../contracts/Disputes.sol";
import {Duties} from "../../contracts/Duties.sol";
import {ParticipantRegistry} from "../../contracts/ParticipantRegistry.sol";
import {ProvenanceRegistry} from "../../contracts/ProvenanceRegistry.sol";
import {Quotes} from "../../contracts/Quotes.sol";
import {Returns} from "../../contracts/Returns.sol";
import {SellerCredit} from "../../contracts/SellerCredit.sol";
import {TradeEscrow} from "../../contracts/TradeEscrow.sol";
import {IdentifierScheme, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault, IReleaseCondition} from "../../contracts/interfaces/IReleaseCondition.sol";
import {CreditRules} from "../../contracts/interfaces/ISellerCredit.sol";
import {Operators, Receipt, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Shipped} from "../Shipped.sol";
import {Pack} from "./Pack.sol";

/// @dev A condition that says what it is told to say.
contract SettableCondition is IReleaseCondition {
    ConditionStatus private _status;
    Fault private _reason;

    function set(ConditionStatus status_, Fault reason_) external {
        (_status, _reason) = (status_, reason_);
    }

    function status(bytes32) external view returns (ConditionStatus, Fault) {
        return (_status, _reason);
    }
}

/// @dev One vault with its real registries, operators, credit and token, and the parties of one order.
abstract contract EscrowFixture is Shipped {
    using Pack for Terms;
    using Packed for *;

    uint256 internal constant BUYER_KEY = 0xB0B;
    uint256 internal constant SELLER_KEY = 0x5E11E6;
    uint256 internal constant PLATFORM_KEY = 0x9147F0;
    uint256 internal constant CARRIER_KEY = 0xCA661E6;
    uint256 internal constant OTHER_CARRIER_KEY = 0x07E6;
    address internal constant STRANGER = address(0x57A6E6);

    uint128 internal constant PRICE = 100e6;
    uint128 internal constant FREIGHT = 7e6;
    uint256 internal constant FUNDING = PRICE + FREIGHT;
    uint16 internal constant FEE_BPS = 250;
    uint256 internal constant FEE = PRICE * FEE_BPS / 10_000;

    /// @dev The rules that ship (deploy.yaml), by which `PRICE` weighs 1000; and the rate of a token that is the reference.
    uint256 internal constant BUYER_CAP = 3_000;
    uint256 internal constant PLATFORM_CAP = 60_000;
    uint256 internal constant TOTAL_CAP = 100_000;
    uint256 internal constant UNWITNESSED = 250;
    uint128 internal constant PAR = 1e18;

    address private manager;
    ParticipantRegistry internal registry;
    ProvenanceRegistry internal provenance;
    TradeEscrow internal escrow;
    Deliveries internal deliveries;
    Quotes internal quotes;
    Returns internal returns_;
    Disputes internal disputes;
    Duties internal duties;
    SellerCredit internal credit;
    CustomsClearance internal clearance;
    DevDollar internal token;

    address internal buyer = vm.addr(BUYER_KEY);
    address internal seller = vm.addr(SELLER_KEY);
    address internal platform = vm.addr(PLATFORM_KEY);
    address internal carrier = vm.addr(CARRIER_KEY);

    bytes32 internal sellerId;
    bytes32 internal carrierId;

    function setUpEscrow() internal {
        vm.warp(1_800_000_000);
        manager = address(newAccessManager(address(this)));
        registry = newParticipantRegistry(manager);
        provenance = newProvenanceRegistry(registry);
        deployVault();
        token = new DevDollar();
        credit.setRate(address(token), PAR);

        sellerId = admit(SELLER_KEY, Role.Seller, "seller");
        admit(PLATFORM_KEY, Role.Platform, "platform");
        carrierId = admit(CARRIER_KEY, Role.Carrier, "carrier");
        admit(OTHER_CARRIER_KEY, Role.Carrier, "other carrier");

        token.mint(buyer, 1000 * FUNDING);
        vm.prank(buyer);
        token.approve(address(escrow), type(uint256).max);
    }

    /// @dev The vault, its operators and its observer know one another from the start.
    function deployVault() internal {
        uint256 nonce = vm.getNonce(address(this));
        escrow = newTradeEscrow(registry, operatorsFrom(nonce + 1), next(nonce + 6));
        deliveries = newDeliveries(registry, provenance, escrow);
        quotes = newQuotes(address(escrow));
        returns_ = newReturns(registry, escrow);
        disputes = newDisputes(registry, escrow);
        duties = newDuties(registry, escrow);
        credit = newSellerCredit(manager, registry, address(escrow), next(nonce + 7), creditRules());
        clearance = newCustomsClearance(registry, address(escrow));
        assertEq(address(credit), escrow.observer());
        assertEq(address(clearance), credit.clearance());
        assertEq(address(duties), escrow.operators().duties);
    }

    /// @dev Another one by other rules.
    function deployCredit(CreditRules memory rules) internal returns (SellerCredit) {
        return newSellerCredit(manager, registry, address(escrow), address(clearance), rules);
    }

    function creditRules() internal pure returns (CreditRules memory) {
        return CreditRules(
            90 days,
            30 days,
            100e6,
            900e6,
            uint16(UNWITNESSED),
            uint32(BUYER_CAP),
            uint32(PLATFORM_CAP),
            uint32(TOTAL_CAP),
            uint32(BUYER_CAP)
        );
    }

    /// @return good weight of a seller as of now, in thousandths of a reference order.
    function goodOf(bytes32 id) internal view returns (uint256 good) {
        (good,) = credit.weightsOf(id, true);
    }

    function badOf(bytes32 id) internal view returns (uint256 bad) {
        (, bad) = credit.weightsOf(id, true);
    }

    /// @dev Five contracts that this one is about to deploy, one after the other.
    function operatorsFrom(uint256 nonce) internal view returns (Operators memory) {
        return Operators(next(nonce), next(nonce + 1), next(nonce + 2), next(nonce + 3), next(nonce + 4));
    }

    function next(uint256 nonce) private view returns (address) {
        return vm.computeCreateAddress(address(this), nonce);
    }

    /// @dev A participant whose one key is `key`, controlled by this test.
    function admit(uint256 key, Role role, string memory identifier) internal returns (bytes32 id) {
        id = registry.admit(
            address(this), 0, "NL", IdentifierScheme.NationalRegister, string.concat("NL-", identifier)
        );
        registry.grantRoles(id, uint16(1 << uint8(role)));
        addKey(id, key);
    }

    function addKey(bytes32 participant, uint256 key) internal {
        bytes32 structHash = keccak256(
            abi.encode(keccak256("AddKey(bytes32 participant,address key)"), participant, vm.addr(key))
        );
        bytes memory keyConsent = sign(key, domain("Lading ParticipantRegistry", address(registry)), structHash);
        registry.addKey(participant, vm.addr(key), keyConsent);
    }

    function terms() internal view returns (Terms memory t) {
        (t.buyer, t.seller, t.platform, t.carrier) = (buyer, seller, platform, carrier);
        t.token = address(token);
        t.setPrice(PRICE);
        t.setFreight(FREIGHT);
        t.setFeeBps(FEE_BPS);
        t.setAcceptBy(block.timestamp + 1 days);
        t.setShipBy(block.timestamp + 3 days);
        t.setDeliverBy(block.timestamp + 10 days);
        t.setClaimWindow(2 days);
        t.setInspectionWindow(7 days);
        t.salt = keccak256("salt");
    }

    /* SIGNATURES */

    function acceptConsent(Terms memory t) internal view returns (bytes memory) {
        return consent(SELLER_KEY, "Accept(bytes32 orderId)", escrow.orderId(t));
    }

    function consent(uint256 key, string memory kind, bytes32 id) internal view returns (bytes memory) {
        return sign(key, domain("Lading TradeEscrow", address(escrow)), keccak256(abi.encode(keccak256(bytes(kind)), id)));
    }

    function authorization(Terms memory t, bytes32 nonce) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BUYER_KEY, authorizationDigest(t, nonce));
        return abi.encode(uint256(0), type(uint256).max, v, r, s);
    }

    function authorizationDigest(Terms memory t, bytes32 nonce) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        uint256 value = t.amounts.total();
        bytes32 structHash =
            keccak256(abi.encode(typehash, t.buyer, address(escrow), value, uint256(0), type(uint256).max, nonce));
        return digest(token.DOMAIN_SEPARATOR(), structHash);
    }

    function receiptOf(Terms memory t) internal view returns (Receipt memory) {
        return Receipt(escrow.orderId(t), keccak256("urn:epc:id:sscc:0614141.1234567890"), sha256("accepting"));
    }

    function signReceipt(uint256 key, Receipt memory receipt) internal view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Receipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)"),
                receipt.orderId,
                receipt.logisticUnit,
                receipt.eventId,
                vm.addr(key)
            )
        );
        return sign(key, domain("Lading TradeEscrow", address(escrow)), structHash);
    }

    function domain(string memory name, address verifier) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
    }

    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function sign(uint256 key, bytes32 separator, bytes32 structHash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest(separator, structHash));
        return abi.encodePacked(r, s, v);
    }

    /* STATES */

    function openFunded(Terms memory t) internal returns (bytes32 id) {
        vm.prank(t.buyer);
        id = escrow.open(t, "", "", "");
    }

    function openAccepted(Terms memory t) internal returns (bytes32 id) {
        bytes memory sellerConsent = acceptConsent(t);
        vm.prank(t.buyer);
        id = escrow.open(t, "", sellerConsent, "");
    }

    function openShipped(Terms memory t) internal returns (bytes32 id) {
        id = openAccepted(t);
        vm.prank(t.seller);
        escrow.ship(t, keccak256("unit"));
    }

    function openDelivered(Terms memory t) internal returns (bytes32 id) {
        id = openShipped(t);
        deliver(t);
    }

    function deliver(Terms memory t) internal {
        Receipt memory receipt = receiptOf(t);
        escrow.deliver(t, receipt, carrier, signReceipt(CARRIER_KEY, receipt));
    }

    function stateOf(Terms memory t) internal view returns (State) {
        return escrow.getOrder(escrow.orderId(t)).state;
    }

    function assertState(Terms memory t, State expected) internal view {
        assertEq(uint256(stateOf(t)), uint256(expected));
    }
}
