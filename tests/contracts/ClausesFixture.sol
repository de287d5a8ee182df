// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ReturnReceipt} from "../../contracts/interfaces/IReturns.sol";
import {Assessment} from "../../contracts/interfaces/IDuties.sol";
import {
    Arbitration,
    Clauses,
    DutiesClause,
    QuoteClause,
    ReturnPolicy,
    Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {EscrowFixture} from "./EscrowFixture.sol";

/// @dev Orders with clauses, and whom they name: a provider, an arbiter, a place of return, an entry authority, a tax payee.
abstract contract ClausesFixture is EscrowFixture {
    using Packed for *;

    uint256 internal constant LIQUIDITY_KEY = 0x11901D;
    uint256 internal constant ARBITER_KEY = 0xA6B17E6;
    uint256 internal constant PLACE_KEY = 0x97ACE;
    uint256 internal constant AUTHORITY_KEY = 0xC0570;
    address internal constant TAX_PAYEE = address(0x7A8);
    address internal constant FINANCIER = address(0xF17A7C1E6);

    uint128 internal constant PAY_AMOUNT = 800e6;
    uint120 internal constant PREMIUM = 3e6;
    uint128 internal constant DUTY = 21e6;
    uint128 internal constant ARBITER_FEE = 5e6;
    uint128 internal constant RETURN_FREIGHT = 4e6;
    uint16 internal constant RESTOCKING_BPS = 1_000;
    uint16 internal constant SILENT_BUYER_BPS = 6_000;
    uint32 internal constant RECEIVE_WINDOW = 14 days;
    uint32 internal constant SETTLE_WINDOW = 5 days;
    uint32 internal constant ARBITRATION_WINDOW = 20 days;

    DevDollar internal payToken;
    DevDollar internal dutyToken;

    address internal liquidity = vm.addr(LIQUIDITY_KEY);
    address internal arbiter = vm.addr(ARBITER_KEY);
    address internal place = vm.addr(PLACE_KEY);
    address internal authority = vm.addr(AUTHORITY_KEY);

    bytes32 internal arbiterId;
    bytes32 internal placeId;
    bytes32 internal authorityId;

    function setUpClauses() internal {
        setUpEscrow();
        payToken = new DevDollar();
        dutyToken = new DevDollar();
        arbiterId = admit(ARBITER_KEY, Role.Arbiter, "arbiter");
        placeId = admit(PLACE_KEY, Role.Warehouse, "place of return");
        authorityId = admit(AUTHORITY_KEY, Role.Customs, "entry authority");

        payToken.mint(buyer, 1000 * (uint256(PAY_AMOUNT) + PREMIUM));
        dutyToken.mint(buyer, 1000 * uint256(DUTY));
        token.mint(liquidity, 1000 * FUNDING);
        vm.startPrank(buyer);
        payToken.approve(address(escrow), type(uint256).max);
        dutyToken.approve(address(escrow), type(uint256).max);
        vm.stopPrank();
        vm.startPrank(liquidity);
        token.approve(address(escrow), type(uint256).max);
        quotes.setCap(address(token), type(uint128).max);
        vm.stopPrank();
    }

    /* TERMS: each adds its part to what is there */

    function clausesOf(Terms memory t) internal pure returns (Clauses memory) {
        if (t.clauses.length == 0) t.clauses = new Clauses[](1);
        return t.clauses[0];
    }

    function withQuote(Terms memory t) internal view returns (Terms memory) {
        clausesOf(t).quote = QuoteClause(liquidity, address(payToken), PAY_AMOUNT, PREMIUM);
        return t;
    }

    function withDuties(Terms memory t) internal view returns (Terms memory) {
        t.entryAuthority = authorityId;
        clausesOf(t).duties = DutiesClause(address(dutyToken), DUTY, TAX_PAYEE, t.schedule.claimBy() + 30 days);
        return t;
    }

    function withReturns(Terms memory t) internal view returns (Terms memory) {
        clausesOf(t).returnPolicy =
            ReturnPolicy(placeId, RECEIVE_WINDOW, SETTLE_WINDOW, RESTOCKING_BPS, RETURN_FREIGHT);
        return t;
    }

    function withArbitration(Terms memory t) internal view returns (Terms memory) {
        clausesOf(t).arbitration = Arbitration(arbiter, ARBITER_FEE, ARBITRATION_WINDOW, SILENT_BUYER_BPS);
        return t;
    }

    function withEverything(Terms memory t) internal view returns (Terms memory) {
        return withQuote(withDuties(withReturns(withArbitration(t))));
    }

    /* QUOTES */

    /// @dev The provider's quote, good for a day and for as long as the order can last.
    function quoteFor(Terms memory t) internal view returns (bytes memory) {
        return quoteFor(t, uint40(block.timestamp + 1 days), 3 * 365 days);
    }

    function quoteFor(Terms memory t, uint40 expiry, uint32 longestLock) internal view returns (bytes memory) {
        return abi.encode(expiry, longestLock, signQuote(LIQUIDITY_KEY, t, expiry, longestLock));
    }

    function signQuote(uint256 key, Terms memory t, uint40 expiry, uint32 longestLock)
        internal
        view
        returns (bytes memory)
    {
        QuoteClause memory q = t.clauses[0].quote;
        bytes32 typehash = keccak256(
            "Quote(bytes32 orderId,address payToken,uint256 payAmount,uint256 premium,address token,uint256 amount,uint40 expiry,uint32 longestLock)"
        );
        bytes memory stated = abi.encode(
            typehash, escrow.orderId(t), q.token, q.amount, q.premium, t.token, t.amounts.total(), expiry, longestLock
        );
        return sign(key, domain("Lading Quotes", address(quotes)), keccak256(stated));
    }

    /* RECEIPTS AND ASSESSMENTS */

    function returnReceiptOf(Terms memory t) internal view returns (ReturnReceipt memory) {
        return ReturnReceipt(escrow.orderId(t), keccak256("urn:epc:id:sscc:0614141.1234567891"), sha256("receiving"));
    }

    function signReturnReceipt(uint256 key, ReturnReceipt memory receipt) internal view returns (bytes memory) {
        bytes32 typehash =
            keccak256("ReturnReceipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)");
        bytes memory stated = abi.encode(typehash, receipt, vm.addr(key));
        return sign(key, domain("Lading Returns", address(returns_)), keccak256(stated));
    }

    function signAssessment(uint256 key, Assessment memory assessment) internal view returns (bytes memory) {
        return signAssessment(key, assessment, address(dutyToken), TAX_PAYEE);
    }

    function signAssessment(uint256 key, Assessment memory assessment, address dutiesIn, address payee)
        internal
        view
        returns (bytes memory)
    {
        bytes32 typehash = keccak256(
            "Assessment(bytes32 orderId,address token,uint256 amount,address payee,bytes32 declaration,address signer)"
        );
        bytes memory stated = abi.encode(
            typehash, assessment.orderId, dutiesIn, assessment.amount, payee, assessment.declaration, vm.addr(key)
        );
        return sign(key, domain("Lading Duties", address(duties)), keccak256(stated));
    }

    /* STATES */

    /// @dev Opens accepted, with a quote if the terms name a provider.
    function openWithClauses(Terms memory t) internal returns (bytes32 id) {
        bytes memory quote = t.clauses[0].quote.provider == address(0) ? bytes("") : quoteFor(t);
        bytes memory sellerConsent = acceptConsent(t);
        vm.prank(t.buyer);
        id = escrow.open(t, "", sellerConsent, quote);
    }

    function shippedWithClauses(Terms memory t) internal returns (bytes32 id) {
        id = openWithClauses(t);
        vm.prank(t.seller);
        escrow.ship(t, keccak256("unit"));
    }

    function deliveredWithClauses(Terms memory t) internal returns (bytes32 id) {
        id = shippedWithClauses(t);
        deliver(t);
    }

    function returnRequested(Terms memory t) internal returns (bytes32 id) {
        id = deliveredWithClauses(t);
        bytes32 reason = sha256("too small");
        vm.prank(t.buyer);
        returns_.requestReturn(t, reason);
    }

    function returnReceived(Terms memory t) internal returns (bytes32 id) {
        id = returnRequested(t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        returns_.receiveReturn(t, receipt, place, signReturnReceipt(PLACE_KEY, receipt));
    }

    function disputed(Terms memory t) internal returns (bytes32 id) {
        id = deliveredWithClauses(t);
        bytes32 evidence = sha256("photograph");
        vm.prank(t.buyer);
        disputes.dispute(t, evidence);
    }

    function assess(Terms memory t, uint256 amount) internal {
        Assessment memory assessment = Assessment(escrow.orderId(t), amount, sha256("declaration"));
        DutiesClause memory clause = t.clauses[0].duties;
        bytes memory signature = signAssessment(AUTHORITY_KEY, assessment, clause.token, clause.payee);
        duties.assess(t, assessment, authority, signature);
    }
}
