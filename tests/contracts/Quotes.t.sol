// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {Exposure, IQuotes} from "../../contracts/interfaces/IQuotes.sol";
import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {Ground, ITradeEscrow, QuoteClause, Split, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {HostileToken} from "./HostileToken.sol";
import {LegsFixture} from "./LegsFixture.sol";
import {Pack} from "./Pack.sol";
import {OwnedWallet} from "./OwnedWallet.sol";

/// @dev A token with as many decimals as it is told to have.
contract Coin is ERC20("Coin", "COIN") {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

contract QuotesTest is LegsFixture {
    using Pack for Terms;
    using Packed for *;

    function setUp() public {
        setUpClauses();
    }

    function quoted() private view returns (Terms memory) {
        return withQuote(terms());
    }

    function openQuoted(Terms memory t) private returns (bytes32 id) {
        bytes memory quote = quoteFor(t);
        vm.prank(t.buyer);
        id = escrow.open(t, "", "", quote);
    }

    function expectOpenReverts(Terms memory t, bytes memory quote, bytes memory reason) private {
        vm.prank(t.buyer);
        vm.expectRevert(reason);
        escrow.open(t, "", "", quote);
    }

    function expectInvalid(Terms memory t, bytes memory quote) private {
        address provider = t.clauses[0].quote.provider;
        bytes32 id = escrow.orderId(t);
        expectOpenReverts(t, quote, abi.encodeWithSelector(IQuotes.QuoteInvalid.selector, id, provider));
    }

    function agree(Terms memory t, uint120 toBuyer) private {
        vm.prank(t.seller);
        disputes.proposeSplit(t, toBuyer, type(uint40).max);
        vm.prank(t.buyer);
        disputes.acceptSplit(t, toBuyer);
    }

    function assertLocked(uint256 expected) private view {
        assertEq(quotes.exposureOf(liquidity, address(token)).locked, expected, "locked");
    }

    /* OPENING: both legs in one transaction */

    function test_open_byTheBuyerFundsBothLegsAndPaysThePremium() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes memory sellerConsent = acceptConsent(t);
        bytes32 id = escrow.orderId(t);
        mark();

        list();
        from(address(payToken));
        emit IERC20.Transfer(buyer, address(escrow), PAY_AMOUNT + PREMIUM);
        from(address(quotes));
        emit IQuotes.QuoteTaken(id, liquidity, uint40(block.timestamp + 1 days), 3 * 365 days);
        from(address(token));
        emit IERC20.Transfer(liquidity, address(escrow), FUNDING);
        from(address(escrow));
        emit ITradeEscrow.Opened(id, buyer, seller, t);
        from(address(escrow));
        emit ITradeEscrow.Accepted(id);
        from(address(payToken));
        emit IERC20.Transfer(address(escrow), liquidity, PREMIUM);
        listed();
        vm.prank(buyer);
        escrow.open(t, "", sellerConsent, quote);
        assertListed();

        assertHolds(FUNDING, PAY_AMOUNT, 0);
        assertGot(address(payToken), liquidity, PREMIUM);
        assertLocked(FUNDING);
        assertState(t, State.Accepted);
    }

    function test_open_byConsentFundsBothLegsWhoeverCalls() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes memory buyerConsent = consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
        vm.prank(STRANGER);
        escrow.open(t, buyerConsent, "", quote);
        assertHolds(FUNDING, PAY_AMOUNT, 0);
        assertLocked(FUNDING);
        assertState(t, State.Funded);
    }

    function test_open_RevertGiven_aStrangerHoldsTheQuoteButNoConsent() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes32 id = escrow.orderId(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer));
        escrow.open(t, "", "", quote);
    }

    function authorizedInPayToken(Terms memory t, uint256 value, bytes32 nonce) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                payToken.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                t.buyer,
                address(escrow),
                value,
                uint256(0),
                type(uint256).max,
                nonce
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BUYER_KEY, digest(payToken.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(uint256(0), type(uint256).max, v, r, s);
    }

    function test_openWithAuthorization_takesThePayTokenOnTheOrdersIdAsNonce() public {
        Terms memory t = quoted();
        vm.prank(buyer);
        payToken.approve(address(escrow), 0);
        bytes memory quote = quoteFor(t);
        bytes memory signed = authorizedInPayToken(t, PAY_AMOUNT + PREMIUM, escrow.orderId(t));
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, signed, "", quote);
        assertHolds(FUNDING, PAY_AMOUNT, 0);
        assertLocked(FUNDING);
    }

    function test_openWithAuthorization_RevertGiven_itLeavesThePremiumOut() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes memory signed = authorizedInPayToken(t, PAY_AMOUNT, escrow.orderId(t));
        (bool ok, bytes memory reason) =
            address(escrow).call(abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, signed, "", quote)));
        assertFalse(ok);
        assertEq(bytes32(bytes4(reason)), bytes32(DevDollar.AuthorizationNotSigned.selector));
    }

    function test_openWithAuthorization_RevertGiven_itsNonceIsAnotherOrder() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes memory signed = authorizedInPayToken(t, PAY_AMOUNT + PREMIUM, keccak256("another order"));
        (bool ok, bytes memory reason) =
            address(escrow).call(abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, signed, "", quote)));
        assertFalse(ok);
        assertEq(bytes32(bytes4(reason)), bytes32(DevDollar.AuthorizationNotSigned.selector));
    }

    /* ENDINGS: each side's money */

    function test_release_swapsTheWholeAtTheLockedRate() public {
        Terms memory t = quoted();
        bytes32 id = openWithClauses(t);
        mark();

        list();
        from(address(escrow));
        emit ITradeEscrow.Released(id, Ground.OnTime);
        from(address(quotes));
        emit IQuotes.QuoteClosed(id, liquidity);
        from(address(payToken));
        emit IERC20.Transfer(address(escrow), liquidity, PAY_AMOUNT);
        from(address(token));
        emit IERC20.Transfer(address(escrow), seller, PRICE - FEE);
        from(address(token));
        emit IERC20.Transfer(address(escrow), platform, FEE);
        from(address(token));
        emit IERC20.Transfer(address(escrow), carrier, FREIGHT);
        listed();
        vm.prank(buyer);
        escrow.release(t);
        assertListed();

        assertGot(address(payToken), liquidity, PAY_AMOUNT);
        assertGot(address(token), seller, PRICE - FEE);
        assertGot(address(token), platform, FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
        assertLocked(0);
    }

    function test_refund_ofAnUndeliveredOrderReturnsEachSideItsOwnToken() public {
        Terms memory t = quoted();
        bytes32 id = openWithClauses(t);
        mark();
        vm.warp(t.schedule.shipBy() + 1);

        list();
        from(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.NotShipped, Fault.Seller);
        from(address(quotes));
        emit IQuotes.QuoteClosed(id, liquidity);
        from(address(payToken));
        emit IERC20.Transfer(address(escrow), buyer, PAY_AMOUNT);
        from(address(token));
        emit IERC20.Transfer(address(escrow), liquidity, FUNDING);
        listed();
        vm.prank(STRANGER);
        escrow.refund(t);
        assertListed();

        assertGot(address(payToken), buyer, PAY_AMOUNT);
        assertGot(address(token), liquidity, FUNDING);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
        assertLocked(0);
    }

    function test_refund_ofADeliveredOrderSwapsTheFreightAlone() public {
        Terms memory t = quoted();
        deliveredWithClauses(t);
        mark();
        vm.prank(seller);
        escrow.refund(t);
        uint256 share = uint256(PAY_AMOUNT) * PRICE / FUNDING;
        assertGot(address(payToken), buyer, share);
        assertGot(address(payToken), liquidity, PAY_AMOUNT - share);
        assertGot(address(token), liquidity, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
        assertLocked(0);
    }

    function test_cancel_returnsEachSideItsOwnTokenAndLeavesTheProviderItsPremium() public {
        Terms memory t = quoted();
        mark();
        bytes32 id = openQuoted(t);
        assertGot(address(payToken), liquidity, PREMIUM);
        mark();

        list();
        from(address(escrow));
        emit ITradeEscrow.Cancelled(id, buyer);
        from(address(quotes));
        emit IQuotes.QuoteClosed(id, liquidity);
        from(address(payToken));
        emit IERC20.Transfer(address(escrow), buyer, PAY_AMOUNT);
        from(address(token));
        emit IERC20.Transfer(address(escrow), liquidity, FUNDING);
        listed();
        vm.prank(buyer);
        escrow.cancel(t);
        assertListed();

        assertGot(address(payToken), buyer, PAY_AMOUNT);
        assertGot(address(token), liquidity, FUNDING);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
        assertLocked(0);
    }

    function test_refund_ofAnOrderNeverAcceptedLeavesTheProviderItsPremium() public {
        Terms memory t = quoted();
        uint256 had = payToken.balanceOf(liquidity);
        openQuoted(t);
        vm.warp(t.schedule.acceptBy() + 1);
        vm.prank(STRANGER);
        escrow.refund(t);
        assertEq(payToken.balanceOf(liquidity), had + PREMIUM);
        assertHolds(0, 0, 0);
        assertLocked(0);
        assertEq(escrow.getOrder(escrow.orderId(t)).acceptedAt, 0);
    }

    function test_open_withoutAPremiumPaysTheProviderNothing() public {
        Terms memory t = quoted();
        t.clauses[0].quote.premium = 0;
        uint256 had = payToken.balanceOf(liquidity);
        openQuoted(t);
        assertEq(payToken.balanceOf(liquidity), had);
        assertHolds(FUNDING, PAY_AMOUNT, 0);
    }

    function test_settle_dividesBothLegsProRata() public {
        Terms memory t = quoted();
        bytes32 id = openWithClauses(t);
        mark();
        uint120 toBuyer = 33_333_333;
        uint256 share = uint256(PAY_AMOUNT) * toBuyer / FUNDING;
        uint256 proceeds = FUNDING - toBuyer;
        uint256 fee = proceeds * FEE_BPS / 10_000;
        vm.prank(seller);
        disputes.proposeSplit(t, toBuyer, type(uint40).max);
        vm.prank(buyer);
        disputes.acceptSplit(t, toBuyer);

        assertGot(address(payToken), buyer, share);
        assertGot(address(payToken), liquidity, PAY_AMOUNT - share);
        assertGot(address(token), liquidity, toBuyer);
        assertGot(address(token), seller, proceeds - fee);
        assertGot(address(token), platform, fee);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
        assertLocked(0);
        assertEq(escrow.getOrder(id).toBuyer, toBuyer);
    }

    /// @dev Any rate, any split: what each gives is worth what it gets at the locked rate, and the provider is ahead by
    /// less than one unit of the pay token, beside its premium.
    function testFuzz_settle_nobodyGainsBeyondQuoteAndPremium(
        uint256 price,
        uint256 freight,
        uint128 payAmount,
        uint120 premium,
        uint256 toBuyer
    ) public {
        Terms memory t = quoted();
        t.setPrice(bound(price, 1, 1e33));
        t.setFreight(bound(freight, 0, 1e33));
        t.clauses[0].quote.amount = payAmount == 0 ? 1 : payAmount;
        t.clauses[0].quote.premium = premium;
        payToken.mint(buyer, uint256(payAmount) + premium + 1);
        token.mint(liquidity, t.amounts.total());
        uint256 had = payToken.balanceOf(liquidity);
        openWithClauses(t);
        assertEq(payToken.balanceOf(liquidity) - had, premium, "premium");
        mark();
        agree(t, uint120(bound(toBuyer, 0, t.amounts.total())));
        assertFair(t, escrow.getOrder(escrow.orderId(t)).toBuyer);
    }

    function assertFair(Terms memory t, uint256 toBuyer) private {
        uint256 total = t.amounts.total();
        uint256 paid = t.clauses[0].quote.amount;
        uint256 share = paid * toBuyer / total;
        assertLe(share * total, paid * toBuyer, "the buyer gets no more than its share");
        assertLe(paid * toBuyer, share * total + total - 1, "the provider gains less than one unit");
        assertGot(address(payToken), buyer, share);
        assertGot(address(payToken), liquidity, paid - share);
        assertGot(address(token), liquidity, toBuyer);
        assertGot(address(token), platform, (total - toBuyer) * FEE_BPS / 10_000);
        assertGot(address(token), seller, total - toBuyer - (total - toBuyer) * FEE_BPS / 10_000);
        assertHolds(0, 0, 0);
        assertLocked(0);
    }

    function test_settle_takesTokensOfNoneOfEighteenAndOfThirtyDecimals() public {
        uint8[3] memory scales = [0, 18, 30];
        for (uint256 i; i < 9; ++i) {
            assertSwaps(scales[i / 3], scales[i % 3], i);
        }
    }

    function assertSwaps(uint8 settled, uint8 paid, uint256 salt) private {
        Terms memory t = quoted();
        t.salt = bytes32(salt);
        (Coin settlement, Coin pay) = (new Coin(settled), new Coin(paid));
        (uint256 unit, uint256 payUnit) = (10 ** settled, 10 ** paid);
        t.token = address(settlement);
        t.setPrice(3 * unit);
        t.setFreight(unit);
        t.clauses[0].quote = QuoteClause(liquidity, address(pay), uint128(10 * payUnit), uint120(payUnit));
        fund(settlement, pay, 4 * unit, 11 * payUnit);
        openWithClauses(t);
        agree(t, uint120(unit));

        uint256 share = 10 * payUnit / 4;
        assertEq(pay.balanceOf(buyer), share);
        assertEq(pay.balanceOf(liquidity), 11 * payUnit - share);
        assertEq(settlement.balanceOf(liquidity), unit);
        assertEq(settlement.balanceOf(seller) + settlement.balanceOf(platform), 3 * unit);
        assertEq(settlement.balanceOf(address(escrow)) + pay.balanceOf(address(escrow)), 0);
        assertEq(quotes.exposureOf(liquidity, address(settlement)).locked, 0);
    }

    function fund(Coin settlement, Coin pay, uint256 amount, uint256 payAmount) private {
        settlement.mint(liquidity, amount);
        pay.mint(buyer, payAmount);
        vm.prank(buyer);
        pay.approve(address(escrow), payAmount);
        vm.startPrank(liquidity);
        settlement.approve(address(escrow), amount);
        quotes.setCap(address(settlement), uint128(amount));
        vm.stopPrank();
    }

    /* WHO THE PROVIDER MAY BE */

    function test_open_RevertGiven_theProviderIsTheVault() public {
        Terms memory t = quoted();
        t.clauses[0].quote.provider = address(escrow);
        expectOpenReverts(
            t, quoteFor(t), abi.encodeWithSelector(IQuotes.ProviderInvalid.selector, address(escrow))
        );
    }

    function test_open_theBuyerMayBeItsOwnProviderAndGainsNothing() public {
        Terms memory t = quoted();
        t.clauses[0].quote.provider = buyer;
        vm.prank(buyer);
        quotes.setCap(address(token), uint128(FUNDING));
        (uint256 had, uint256 hadPay) = (token.balanceOf(buyer), payToken.balanceOf(buyer));
        bytes memory quote = quoteBy(BUYER_KEY, t);
        vm.prank(buyer);
        escrow.open(t, "", "", quote);
        assertEq(had - token.balanceOf(buyer), FUNDING);
        assertEq(hadPay - payToken.balanceOf(buyer), PAY_AMOUNT);
        vm.prank(seller);
        escrow.cancel(t);
        assertEq(token.balanceOf(buyer), had);
        assertEq(payToken.balanceOf(buyer), hadPay);
        assertHolds(0, 0, 0);
    }

    function test_open_theSellerMayBeTheProvider() public {
        Terms memory t = quoted();
        t.clauses[0].quote.provider = seller;
        token.mint(seller, FUNDING);
        vm.startPrank(seller);
        token.approve(address(escrow), FUNDING);
        quotes.setCap(address(token), uint128(FUNDING));
        vm.stopPrank();
        bytes memory quote = quoteBy(SELLER_KEY, t);
        bytes memory sellerConsent = acceptConsent(t);
        vm.prank(buyer);
        escrow.open(t, "", sellerConsent, quote);
        vm.prank(buyer);
        escrow.release(t);
        assertEq(token.balanceOf(seller), PRICE - FEE);
        assertEq(payToken.balanceOf(seller), PAY_AMOUNT + PREMIUM);
        assertHolds(0, 0, 0);
    }

    function quoteBy(uint256 key, Terms memory t) private view returns (bytes memory) {
        uint40 expiry = uint40(block.timestamp + 1 days);
        return abi.encode(expiry, uint32(365 days), signQuote(key, t, expiry, 365 days));
    }

    function walletProvider() private returns (OwnedWallet wallet) {
        wallet = new OwnedWallet(liquidity);
        token.mint(address(wallet), FUNDING);
        vm.startPrank(address(wallet));
        token.approve(address(escrow), FUNDING);
        quotes.setCap(address(token), uint128(FUNDING));
        vm.stopPrank();
    }

    function test_open_takesTheSignatureOfAnErc1271Provider() public {
        OwnedWallet wallet = walletProvider();
        Terms memory t = quoted();
        t.clauses[0].quote.provider = address(wallet);
        openQuoted(t);
        assertHolds(FUNDING, PAY_AMOUNT, 0);
        assertEq(payToken.balanceOf(address(wallet)), PREMIUM);
        assertEq(quotes.exposureOf(address(wallet), address(token)).locked, FUNDING);
    }

    function test_open_RevertGiven_aQuoteOfTheWalletsSibling() public {
        Terms memory t = quoted();
        t.clauses[0].quote.provider = address(walletProvider());
        bytes memory quote = quoteFor(t);
        t.clauses[0].quote.provider = address(walletProvider());
        expectInvalid(t, quote);
    }

    /* REFUSED QUOTES */

    function test_open_RevertGiven_thePayAmountIsZero() public {
        Terms memory t = quoted();
        t.clauses[0].quote.amount = 0;
        expectOpenReverts(t, quoteFor(t), abi.encodeWithSelector(IQuotes.PayAmountZero.selector));
    }

    function test_open_RevertGiven_thePayTokenIsTheSettlementToken() public {
        Terms memory t = quoted();
        t.clauses[0].quote.token = address(token);
        token.mint(buyer, PAY_AMOUNT);
        expectOpenReverts(t, quoteFor(t), abi.encodeWithSelector(IQuotes.TokensEqual.selector, address(token)));
    }

    function test_open_RevertGiven_noQuoteComesWithIt() public {
        Terms memory t = quoted();
        bytes32 id = escrow.orderId(t);
        expectOpenReverts(t, "", abi.encodeWithSelector(IQuotes.QuoteMissing.selector, id, liquidity));
        assertEq(payToken.balanceOf(address(escrow)), 0);
        openQuoted(t);
        assertState(t, State.Funded);
    }

    function test_openWithAuthorization_RevertGiven_noQuoteComesWithIt() public {
        Terms memory t = quoted();
        bytes32 id = escrow.orderId(t);
        bytes memory signed = authorizedInPayToken(t, PAY_AMOUNT + PREMIUM, id);
        vm.expectRevert(abi.encodeWithSelector(IQuotes.QuoteMissing.selector, id, liquidity));
        escrow.openWithAuthorization(t, signed, "", "");
        assertState(t, State.None);
    }

    function test_open_atTheQuotesExpiry() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t, uint40(block.timestamp + 1 hours), 365 days);
        vm.warp(block.timestamp + 1 hours);
        vm.prank(buyer);
        escrow.open(t, "", "", quote);
        assertState(t, State.Funded);
    }

    function test_open_RevertGiven_theQuoteIsExpired() public {
        Terms memory t = quoted();
        uint40 expiry = uint40(block.timestamp + 1 hours);
        bytes memory quote = quoteFor(t, expiry, 365 days);
        vm.warp(expiry + 1);
        expectOpenReverts(t, quote, abi.encodeWithSelector(IQuotes.QuoteExpired.selector, expiry + 1, expiry));
    }

    function lastOf(Terms memory t) private pure returns (uint256) {
        return uint256(t.schedule.claimBy()) + t.schedule.inspectionWindow() + RECEIVE_WINDOW + SETTLE_WINDOW
            + ARBITRATION_WINDOW;
    }

    function test_open_RevertGiven_theOrderWithAllItsWindowsMayLastASecondLonger() public {
        Terms memory t = withEverything(terms());
        uint256 last = lastOf(t);
        bytes memory quote = quoteFor(t, uint40(block.timestamp), uint32(last - block.timestamp - 1));
        expectOpenReverts(t, quote, abi.encodeWithSelector(IQuotes.LockTooLong.selector, last, last - 1));

        quote = quoteFor(t, uint40(block.timestamp), uint32(last - block.timestamp));
        vm.prank(buyer);
        escrow.open(t, "", "", quote);
        assertState(t, State.Funded);
    }

    function test_open_RevertGiven_aPlainOrderMayLastASecondLonger() public {
        Terms memory t = quoted();
        uint256 last = uint256(t.schedule.claimBy()) + t.schedule.inspectionWindow();
        bytes memory quote = quoteFor(t, uint40(block.timestamp), uint32(last - block.timestamp - 1));
        expectOpenReverts(t, quote, abi.encodeWithSelector(IQuotes.LockTooLong.selector, last, last - 1));
    }

    /// @dev The provider's lock ends when it was told that it would, with everybody silent for as long as they may be.
    function test_settle_isOpenToAnyoneASecondAfterTheLongestLock() public {
        Terms memory t = withEverything(terms());
        uint256 last = lastOf(t);
        shippedWithClauses(t);
        vm.warp(t.schedule.claimBy());
        deliver(t);
        vm.warp(t.schedule.claimBy() + t.schedule.inspectionWindow());
        vm.prank(buyer);
        returns_.requestReturn(t, 0);
        vm.warp(vm.getBlockTimestamp() + RECEIVE_WINDOW);
        receiveBack(t);
        vm.warp(vm.getBlockTimestamp() + SETTLE_WINDOW);
        vm.prank(seller);
        disputes.dispute(t, 0);
        vm.warp(last + 1);
        vm.prank(STRANGER);
        disputes.settleUnruled(t);
        assertLocked(0);
        assertState(t, State.Settled);
    }

    function receiveBack(Terms memory t) private {
        bytes memory signature = signReturnReceipt(PLACE_KEY, returnReceiptOf(t));
        returns_.receiveReturn(t, returnReceiptOf(t), place, signature);
    }

    function test_open_RevertGiven_theProviderCancelledTheQuote() public {
        Terms memory t = quoted();
        bytes32 id = escrow.orderId(t);
        list();
        from(address(quotes));
        emit IQuotes.QuoteCancelled(id, liquidity);
        listed();
        vm.prank(liquidity);
        quotes.cancelQuote(id);
        assertListed();
        assertTrue(quotes.isCancelled(liquidity, id));
        expectOpenReverts(t, quoteFor(t), abi.encodeWithSelector(IQuotes.QuoteIsCancelled.selector, id, liquidity));
    }

    function test_cancelQuote_isTheCallersOwnAlone() public {
        Terms memory t = quoted();
        bytes32 id = escrow.orderId(t);
        vm.prank(STRANGER);
        quotes.cancelQuote(id);
        assertFalse(quotes.isCancelled(liquidity, id));
        openQuoted(t);
        assertState(t, State.Funded);
    }

    function test_cancelQuote_changesNothingAboutAnOpenOrder() public {
        Terms memory t = quoted();
        bytes32 id = openWithClauses(t);
        vm.prank(liquidity);
        quotes.cancelQuote(id);
        vm.prank(buyer);
        escrow.release(t);
        assertLocked(0);
        assertHolds(0, 0, 0);
    }

    function test_open_RevertGiven_theQuoteWasSignedWithOneFieldAltered() public {
        Terms memory t = quoted();
        uint40 expiry = uint40(block.timestamp + 1 days);
        for (uint256 field; field < 8; ++field) {
            bytes memory signature = signAltered(t, expiry, field, 1);
            expectInvalid(t, abi.encode(expiry, uint32(365 days), signature));
        }
        bytes memory unaltered = abi.encode(expiry, uint32(365 days), signAltered(t, expiry, 0, 0));
        vm.prank(buyer);
        escrow.open(t, "", "", unaltered);
        assertState(t, State.Funded);
    }

    function signAltered(Terms memory t, uint40 expiry, uint256 field, uint256 by)
        private
        view
        returns (bytes memory)
    {
        uint256[8] memory stated = [
            uint256(escrow.orderId(t)),
            uint160(address(payToken)),
            PAY_AMOUNT,
            PREMIUM,
            uint160(address(token)),
            FUNDING,
            expiry,
            365 days
        ];
        stated[field] += by;
        bytes32 typehash = keccak256(
            "Quote(bytes32 orderId,address payToken,uint256 payAmount,uint256 premium,"
            "address token,uint256 amount,uint40 expiry,uint32 longestLock)"
        );
        return sign(LIQUIDITY_KEY, domain("Lading Quotes", address(quotes)), keccak256(abi.encode(typehash, stated)));
    }

    function test_open_RevertGiven_expiryOrLockAreNotTheSignedOnes() public {
        Terms memory t = quoted();
        uint40 expiry = uint40(block.timestamp + 1 days);
        bytes memory signature = signQuote(LIQUIDITY_KEY, t, expiry, 365 days);
        expectInvalid(t, abi.encode(expiry + 1, uint32(365 days), signature));
        expectInvalid(t, abi.encode(expiry, uint32(365 days + 1), signature));
    }

    function test_open_RevertGiven_theQuoteWasForOtherTerms() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        t.salt = keccak256("another salt");
        expectInvalid(t, quote);
        t = quoted();
        t.setPrice(PRICE - 1);
        expectInvalid(t, quote);
        t = quoted();
        t.clauses[0].quote.amount = PAY_AMOUNT - 1;
        expectInvalid(t, quote);
        t = quoted();
        t.clauses[0].quote.premium = PREMIUM - 1;
        expectInvalid(t, quote);
        t = quoted();
        t.seller = STRANGER;
        expectInvalid(t, quote);
    }

    function test_open_RevertGiven_anotherSignedTheQuote() public {
        Terms memory t = quoted();
        expectInvalid(t, quoteBy(BUYER_KEY, t));
    }

    function test_open_RevertGiven_theQuoteWasUsedUpByACancelledOrEndedOrder() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes32 id = openQuoted(t);
        expectOpenReverts(t, quote, abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));
        vm.prank(buyer);
        escrow.cancel(t);
        expectOpenReverts(t, quote, abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));

        t.salt = keccak256("to be released");
        quote = quoteFor(t);
        id = openWithClauses(t);
        vm.prank(buyer);
        escrow.release(t);
        expectOpenReverts(t, quote, abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id));
        assertLocked(0);
    }

    function test_open_RevertGiven_theQuoteIsReplayedOnASiblingVault() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        deployVault();
        vm.prank(buyer);
        payToken.approve(address(escrow), type(uint256).max);
        vm.startPrank(liquidity);
        token.approve(address(escrow), type(uint256).max);
        quotes.setCap(address(token), type(uint128).max);
        vm.stopPrank();
        expectInvalid(t, quote);
    }

    /* FUNDING */

    function test_open_RevertGiven_theProvidersAllowanceIsShort() public {
        vm.prank(liquidity);
        token.approve(address(escrow), FUNDING - 1);
        Terms memory t = quoted();
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), FUNDING - 1, FUNDING
        );
        expectOpenReverts(t, quoteFor(t), reason);
        assertLocked(0);
    }

    function test_open_RevertGiven_theProvidersBalanceIsShort() public {
        uint256 all = token.balanceOf(liquidity);
        vm.prank(liquidity);
        token.transfer(STRANGER, all - FUNDING + 1);
        Terms memory t = quoted();
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientBalance.selector, liquidity, FUNDING - 1, FUNDING
        );
        expectOpenReverts(t, quoteFor(t), reason);
        assertLocked(0);
    }

    function test_open_RevertGiven_theBuyersAllowanceLeavesThePremiumOut() public {
        vm.prank(buyer);
        payToken.approve(address(escrow), PAY_AMOUNT);
        Terms memory t = quoted();
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), PAY_AMOUNT, PAY_AMOUNT + PREMIUM
        );
        expectOpenReverts(t, quoteFor(t), reason);
    }

    function test_open_RevertGiven_theBuyersBalanceIsShort() public {
        uint256 all = payToken.balanceOf(buyer);
        vm.prank(buyer);
        payToken.transfer(STRANGER, all - PAY_AMOUNT);
        Terms memory t = quoted();
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientBalance.selector, buyer, PAY_AMOUNT, PAY_AMOUNT + PREMIUM
        );
        expectOpenReverts(t, quoteFor(t), reason);
    }

    /* EXPOSURE */

    function test_setCap_isTheCallersOwn() public {
        list();
        from(address(quotes));
        emit IQuotes.CapChanged(STRANGER, address(token), 5);
        listed();
        vm.prank(STRANGER);
        quotes.setCap(address(token), 5);
        assertListed();
        assertEq(quotes.exposureOf(STRANGER, address(token)).cap, 5);
        assertEq(quotes.exposureOf(liquidity, address(token)).cap, type(uint128).max);
        assertEq(quotes.exposureOf(STRANGER, address(payToken)).cap, 0);
    }

    function test_open_fillsTheCapToItsLastUnit() public {
        vm.prank(liquidity);
        quotes.setCap(address(token), uint128(2 * FUNDING));
        Terms memory t = quoted();
        openQuoted(t);
        t.salt = keccak256("second");
        openQuoted(t);
        assertLocked(2 * FUNDING);

        t.salt = keccak256("third");
        bytes memory reason = abi.encodeWithSelector(
            IQuotes.CapExceeded.selector, liquidity, address(token), 3 * FUNDING, 2 * FUNDING
        );
        expectOpenReverts(t, quoteFor(t), reason);
    }

    function test_open_RevertGiven_theCapIsAUnitShort() public {
        vm.prank(liquidity);
        quotes.setCap(address(token), uint128(FUNDING - 1));
        Terms memory t = quoted();
        bytes memory reason =
            abi.encodeWithSelector(IQuotes.CapExceeded.selector, liquidity, address(token), FUNDING, FUNDING - 1);
        expectOpenReverts(t, quoteFor(t), reason);
    }

    /// @dev A provider who lowers its cap below what is locked keeps nobody from its money, itself included.
    function test_setCap_belowWhatIsLockedHoldsUpNoEnd() public {
        Terms memory t = quoted();
        openWithClauses(t);
        vm.prank(liquidity);
        quotes.setCap(address(token), 0);
        Exposure memory exposure = quotes.exposureOf(liquidity, address(token));
        assertEq(exposure.locked, FUNDING);
        assertEq(exposure.cap, 0);
        vm.prank(buyer);
        escrow.release(t);
        assertLocked(0);
    }

    function test_exposure_comesBackFromEveryEnding() public {
        Terms memory t = withEverything(terms());
        endBy(t, 1);
        endBy(t, 2);
        endBy(t, 3);
        endBy(t, 4);
        endBy(t, 5);
        endBy(t, 6);
        assertEq(token.balanceOf(address(escrow)) + payToken.balanceOf(address(escrow)), 0);
    }

    function endBy(Terms memory t, uint256 way) private {
        t.salt = bytes32(way);
        if (way == 1) openQuoted(t);
        else if (way == 2) openWithClauses(t);
        else if (way == 3) deliveredWithClauses(t);
        else if (way == 4) returnReceived(t);
        else disputed(t);
        assertLocked(FUNDING);

        if (way == 4) {
            vm.prank(seller);
            returns_.settleReturn(t, PRICE);
        } else if (way == 5) {
            vm.prank(arbiter);
            disputes.rule(t, 1, Fault.Buyer, false, 0);
        } else if (way == 6) {
            agree(t, 7);
        } else {
            vm.prank(way == 3 ? buyer : seller);
            if (way == 1) escrow.cancel(t);
            else if (way == 2) escrow.refund(t);
            else escrow.release(t);
        }
        assertLocked(0);
    }

    /// @dev A payee that the token denies is credited: the lock ends all the same.
    function test_exposure_comesBackThoughThePayTokenFailsAtTheEnd() public {
        Terms memory t = quoted();
        openWithClauses(t);
        vm.etch(address(payToken), hex"fe");
        vm.prank(seller);
        escrow.refund(t);
        assertLocked(0);
        assertEq(escrow.creditOf(buyer, address(payToken)), PAY_AMOUNT);
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_release_withLittleGasIsRefusedWhole() public {
        Terms memory t = withEverything(terms());
        deliveredWithClauses(t);
        assertWholeAtAnyGas(buyer, address(escrow), abi.encodeCall(ITradeEscrow.release, (t)));
    }

    function test_cancel_withLittleGasIsRefusedWhole() public {
        Terms memory t = withEverything(terms());
        openQuoted(t);
        assertWholeAtAnyGas(seller, address(escrow), abi.encodeCall(ITradeEscrow.cancel, (t)));
    }

    /// @dev The pay token calls back while it is pulled: there is no order yet, and no lock for anyone to close.
    function test_open_RevertGiven_theTokenCallsForTheEndWhileItIsPulled() public {
        HostileToken calling = new HostileToken();
        calling.mint(buyer, PAY_AMOUNT + PREMIUM);
        vm.prank(buyer);
        calling.approve(address(escrow), PAY_AMOUNT + PREMIUM);
        Terms memory t = quoted();
        t.clauses[0].quote.token = address(calling);
        calling.callBack(address(escrow), abi.encodeCall(ITradeEscrow.refund, (t)));
        bytes32 id = escrow.orderId(t);
        bytes4 stateWrong = ITradeEscrow.StateWrong.selector;
        expectOpenReverts(t, quoteFor(t), abi.encodeWithSelector(stateWrong, id, State.None, State.Accepted));

        calling.callBack(address(quotes), abi.encodeCall(IQuotes.close, (id, liquidity, address(token), 1)));
        expectOpenReverts(
            t,
            quoteFor(t),
            abi.encodeWithSelector(IQuotes.NotEscrow.selector, address(calling), address(escrow))
        );
        assertLocked(0);
    }

    /* ONLY THE VAULT */

    function test_take_RevertGiven_theCallerIsNotTheVault() public {
        Terms memory t = quoted();
        bytes memory quote = quoteFor(t);
        bytes32 id = escrow.orderId(t);
        vm.prank(liquidity);
        vm.expectRevert(abi.encodeWithSelector(IQuotes.NotEscrow.selector, liquidity, address(escrow)));
        quotes.take(id, t, quote);
    }

    function test_close_RevertGiven_theCallerIsNotTheVault() public {
        Terms memory t = quoted();
        bytes32 id = openQuoted(t);
        vm.prank(liquidity);
        vm.expectRevert(abi.encodeWithSelector(IQuotes.NotEscrow.selector, liquidity, address(escrow)));
        quotes.close(id, liquidity, address(token), uint128(FUNDING));
        assertLocked(FUNDING);
    }

    function test_settle_RevertGiven_theCallerIsQuotes() public {
        Terms memory t = quoted();
        openWithClauses(t);
        vm.prank(address(quotes));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, address(quotes)));
        escrow.settle(t, Split(0, 0, 0), Ground.Agreed, Fault.Nobody);
    }
}
