// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Amounts, Clauses, Default, ITradeEscrow, Order, Schedule, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {Pack} from "./Pack.sol";

/// @dev A member of the terms that is narrower than its word.
struct Narrow {
    uint256 word;
    uint256 bits;
}

/// @dev What an order is: its words, its id, its clauses, and the money that opens it.
contract OpeningTest is ClausesFixture {
    using Pack for Terms;
    using Packed for *;

    /// @dev Of `open`: the selector and the places of four members, and of the terms the words before the clauses.
    uint256 private constant TERMS_AT = 4 + 4 * 0x20;
    uint256 private constant CLAUSES_AT = TERMS_AT + 13 * 0x20;
    uint256 private constant SCHEDULE_AT = TERMS_AT + 6 * 0x20;

    function setUp() public {
        setUpClauses();
    }

    /* WORDS */

    function test_open_RevertGiven_bitsBeyondAMemberOfTheTerms() public {
        uint256[6] memory words = [uint256(0), 1, 2, 3, 4, 7];
        for (uint256 i; i < words.length; ++i) {
            expectDirtyRefused(TERMS_AT + words[i] * 0x20, 160, "");
        }
    }

    function test_open_RevertGiven_bitsBeyondAMemberOfTheClauses() public {
        Narrow[17] memory members = narrowClauses();
        for (uint256 i; i < members.length; ++i) {
            expectDirtyRefused(CLAUSES_AT + members[i].word * 0x20, members[i].bits, "");
        }
    }

    function test_open_RevertGiven_bitsBeyondTheSchedulesFields() public {
        expectDirtyRefused(SCHEDULE_AT, 224, abi.encodeWithSelector(ITradeEscrow.TermsMalformed.selector));
    }

    /// @dev Any bit beyond a member's type, wherever it is: the words that nothing reads among them.
    function testFuzz_open_RevertGiven_anyBitBeyondAMember(uint256 which, uint256 bit) public {
        Narrow[17] memory members = narrowClauses();
        Narrow memory member = members[bound(which, 0, members.length - 1)];
        bytes memory data = openingOf(plainClauses());
        flip(data, CLAUSES_AT + member.word * 0x20, bound(bit, member.bits, 255));
        vm.prank(buyer);
        (bool ok,) = address(escrow).call(data);
        assertFalse(ok);
    }

    function test_aDirtyWord_namesNoOrder() public {
        Terms memory t = plainClauses();
        bytes32 id = openFunded(t);
        bytes memory data = abi.encodeCall(ITradeEscrow.cancel, (t));
        Narrow[17] memory members = narrowClauses();
        uint256 clausesAt = 4 + 0x20 + 13 * 0x20;
        for (uint256 i; i < members.length; ++i) {
            flip(data, clausesAt + members[i].word * 0x20, 255);
            expectCancelFails(data);
            flip(data, clausesAt + members[i].word * 0x20, 255);
        }
        assertEq(uint256(escrow.getOrder(id).state), uint256(State.Funded));
        vm.prank(buyer);
        (bool ok,) = address(escrow).call(data);
        assertTrue(ok);
    }

    function expectCancelFails(bytes memory data) private {
        vm.prank(buyer);
        (bool ok,) = address(escrow).call(data);
        assertFalse(ok);
    }

    function test_open_RevertGiven_twoClauses() public {
        Terms memory t = terms();
        t.clauses = new Clauses[](2);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.TermsMalformed.selector));
        escrow.open(t, "", "", "");
    }

    /// @dev The id says it too, so that no verb reads terms that nobody agreed on.
    function test_aSecondClause_inALaterVerb_namesNoOrder() public {
        Terms memory t = plainClauses();
        bytes32 id = openAccepted(t);
        Terms memory longer = longerBy(t, 1);
        bytes32 another = escrow.orderId(longer);
        assertTrue(another != id);
        expectNoOrder(buyer, abi.encodeCall(ITradeEscrow.release, (longer)), another, State.Accepted);
        expectNoOrder(seller, abi.encodeCall(ITradeEscrow.refund, (longer)), another, State.Accepted);
        expectNoOrder(buyer, abi.encodeCall(ITradeEscrow.cancel, (longer)), another, State.Funded);
        expectNoOrder(seller, abi.encodeCall(ITradeEscrow.ship, (longer, "unit")), another, State.Accepted);
        expectNoOrder(buyer, abi.encodeCall(ITradeEscrow.poke, (longer)), another, State.Shipped);
        bytes memory assigns = abi.encodeCall(ITradeEscrow.assign, (longer, FINANCIER, 1));
        expectNoOrder(seller, assigns, another, State.Shipped);
        bytes memory holds = abi.encodeCall(ITradeEscrow.hold, (longer, State.Disputed));
        expectNoOrder(address(disputes), holds, another, State.Shipped);

        vm.prank(buyer);
        escrow.release(t);
        assertEq(token.balanceOf(seller), PRICE - FEE);
        assertEq(token.balanceOf(platform), FEE);
        assertEq(token.balanceOf(carrier), FREIGHT);
        assertTrue(escrow.getOrder(id).reported);
    }

    /// @dev An equal one too, and any number of them: each is another id.
    function test_orderId_ofMoreClausesIsAnother() public view {
        Terms memory t = plainClauses();
        bytes32[4] memory ids;
        for (uint256 more; more < 4; ++more) {
            ids[more] = escrow.orderId(longerBy(t, more));
            for (uint256 fewer; fewer < more; ++fewer) {
                assertTrue(ids[more] != ids[fewer]);
            }
        }
        assertEq(ids[0], escrow.orderId(t));
    }

    function longerBy(Terms memory t, uint256 more) private pure returns (Terms memory longer) {
        longer = abi.decode(abi.encode(t), (Terms));
        longer.clauses = new Clauses[](1 + more);
        for (uint256 i; i < longer.clauses.length; ++i) {
            longer.clauses[i] = t.clauses[0];
        }
    }

    function expectNoOrder(address caller, bytes memory data, bytes32 id, State expected) private {
        vm.prank(caller);
        (bool ok, bytes memory reason) = address(escrow).call(data);
        assertFalse(ok);
        assertEq(reason, abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.None, expected));
    }

    /// @dev The words as the interface lays them out, from the right.
    function testFuzz_theFieldsOfPackedWords(uint256 amounts, uint256 schedule) public pure {
        Amounts a = Amounts.wrap(amounts);
        assertEq(a.price(), amounts % 2 ** 120);
        assertEq(a.freight(), amounts / 2 ** 120 % 2 ** 120);
        assertEq(a.feeBps(), amounts / 2 ** 240);
        assertEq(a.total(), amounts % 2 ** 120 + amounts / 2 ** 120 % 2 ** 120);

        Schedule s = Schedule.wrap(schedule);
        assertEq(s.acceptBy(), schedule % 2 ** 40);
        assertEq(s.shipBy(), schedule / 2 ** 40 % 2 ** 40);
        assertEq(s.conditionBy(), schedule / 2 ** 80 % 2 ** 40);
        assertEq(s.deliverBy(), schedule / 2 ** 120 % 2 ** 40);
        assertEq(s.claimWindow(), schedule / 2 ** 160 % 2 ** 32);
        assertEq(s.inspectionWindow(), schedule / 2 ** 192 % 2 ** 32);
        assertEq(s.isClean(), schedule < 2 ** 224);
    }

    /* ID */

    function test_orderId_isTheHashOfEachMember() public view {
        Terms memory t = terms();
        assertEq(escrow.orderId(t), idOf(t));
        t = withEverything(t);
        (t.clauses[0].group, t.clauses[0].feeCeiling) = ("group", 7);
        assertEq(escrow.orderId(t), idOf(t));
    }

    function test_orderId_emptyClausesAreNotNone() public view {
        Terms memory t = terms();
        bytes32 without = escrow.orderId(t);
        t.clauses = new Clauses[](1);
        assertTrue(escrow.orderId(t) != without);
    }

    function test_eip712Domain_isWhatSignaturesAreMadeFor() public {
        vm.chainId(999);
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifier,
            bytes32 salt,
            uint256[] memory extensions
        ) = escrow.eip712Domain();
        assertEq(bytes32(fields), bytes32(hex"0f"));
        assertEq(name, "Lading TradeEscrow");
        assertEq(version, "1");
        assertEq(chainId, 999);
        assertEq(verifier, address(escrow));
        assertEq(salt, bytes32(0));
        assertEq(extensions.length, 0);
    }

    /* GROUP */

    function test_open_tellsTheGroupOfItsParts() public {
        Terms memory t = terms();
        clausesOf(t).group = "purchase";
        for (uint256 i; i < 2; ++i) {
            t.salt = bytes32(i);
            bytes32 id = escrow.orderId(t);
            vm.expectEmit(address(escrow));
            emit ITradeEscrow.Grouped(id, "purchase");
            openFunded(t);
        }
    }

    function test_open_withoutAGroupTellsNone() public {
        Terms memory t = plainClauses();
        t.clauses[0].group = 0;
        vm.recordLogs();
        openFunded(t);
        // The token's Transfer, and Opened
        assertEq(vm.getRecordedLogs().length, 2);
    }

    /* TERM */

    /// @dev Each window of the clauses counts, in full.
    function test_open_RevertGiven_anEndBeyondMaxTermByItsClauses() public {
        Terms memory t = withReturns(withArbitration(terms()));
        uint256 latest = block.timestamp + escrow.MAX_TERM();
        t.setDeliverBy(latest - 9 days - RECEIVE_WINDOW - SETTLE_WINDOW - ARBITRATION_WINDOW);
        uint256 snapshot = vm.snapshotState();
        openFunded(t);
        vm.revertToState(snapshot);

        t.clauses[0].returnPolicy.receiveWindow += 1;
        expectTooFar(t, latest);
        t.clauses[0].returnPolicy.receiveWindow -= 1;
        t.clauses[0].returnPolicy.settleWindow += 2;
        expectTooFar(t, latest + 1);
        t.clauses[0].returnPolicy.settleWindow -= 2;
        t.clauses[0].arbitration.window += 3;
        expectTooFar(t, latest + 2);
    }

    function expectTooFar(Terms memory t, uint256 last) private {
        uint256 latest = block.timestamp + escrow.MAX_TERM();
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DeadlineTooFar.selector, last + 1, latest));
        escrow.open(t, "", "", "");
    }

    function test_open_RevertGiven_theLongestWindows() public {
        Terms memory t = withReturns(withArbitration(terms()));
        t.setDeliverBy(type(uint40).max - type(uint32).max);
        t.setClaimWindow(type(uint32).max);
        t.setInspectionWindow(type(uint32).max);
        t.clauses[0].returnPolicy.receiveWindow = type(uint32).max;
        t.clauses[0].returnPolicy.settleWindow = type(uint32).max;
        t.clauses[0].arbitration.window = type(uint32).max;
        expectTooFar(t, uint256(type(uint40).max) + 4 * uint256(type(uint32).max) - 1);
    }

    /// @dev The end of the claim window does not fit its 40 bits; nothing computes it before this check.
    function test_open_RevertGiven_aDeadlineAtTheEndOfTime() public {
        Terms memory t = terms();
        t.setDeliverBy(type(uint40).max);
        expectTooFar(t, uint256(type(uint40).max) + 9 days - 1);
        t.setShipBy(type(uint40).max);
        expectTooFar(t, uint256(type(uint40).max) + 9 days - 1);
        t.setAcceptBy(type(uint40).max);
        expectTooFar(t, uint256(type(uint40).max) + 9 days - 1);

        // With duties, whose check asks for the end of the claim window; with a quote, whose check asks for the last
        t = withDuties(terms());
        t.setDeliverBy(type(uint40).max - 2 days + 1);
        expectTooFar(t, uint256(type(uint40).max) + 7 days);
        t = withQuote(terms());
        t.setDeliverBy(type(uint40).max);
        expectTooFar(t, uint256(type(uint40).max) + 9 days - 1);
    }

    /// @dev The last moment is that of an order in which everybody takes all of its time.
    function test_noOrder_isOpenAfterItsLastMoment() public {
        Terms memory t = withReturns(withArbitration(terms()));
        uint256 last = t.schedule.claimBy() + 7 days + RECEIVE_WINDOW + SETTLE_WINDOW + ARBITRATION_WINDOW;
        shippedWithClauses(t);
        vm.warp(t.schedule.claimBy());
        deliver(t);
        vm.warp(vm.getBlockTimestamp() + 7 days);
        vm.prank(buyer);
        returns_.requestReturn(t, "");
        vm.warp(vm.getBlockTimestamp() + RECEIVE_WINDOW);
        bytes memory signature = signReturnReceipt(PLACE_KEY, returnReceiptOf(t));
        returns_.receiveReturn(t, returnReceiptOf(t), place, signature);
        vm.warp(vm.getBlockTimestamp() + SETTLE_WINDOW);
        vm.prank(seller);
        disputes.dispute(t, "");

        (Default standing, uint40 opensAt) = escrow.defaultOf(t);
        assertEq(uint256(standing), uint256(Default.SilentSplit));
        assertEq(opensAt, last + 1);
    }

    /* MONEY */

    function test_open_pullsDutiesInATokenOfTheirOwnBesideTheOrders() public {
        Terms memory t = withDuties(terms());
        bytes32 id = openFunded(t);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
        assertEq(dutyToken.balanceOf(address(escrow)), DUTY);
        assertTrue(escrow.getOrder(id).dutiesHeld);
    }

    function test_open_pullsDutiesInTheTokenThatTheBuyerPaysWithInOne() public {
        Terms memory t = withQuote(withDuties(terms()));
        t.clauses[0].duties.token = address(payToken);
        openWithClauses(t);
        assertEq(payToken.balanceOf(address(escrow)), PAY_AMOUNT + DUTY);
        assertEq(payToken.balanceOf(liquidity), PREMIUM);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
    }

    function test_open_pullsDutiesInTheSettlementTokenBesideAQuote() public {
        Terms memory t = withQuote(withDuties(terms()));
        t.clauses[0].duties.token = address(token);
        openWithClauses(t);
        assertEq(payToken.balanceOf(address(escrow)), PAY_AMOUNT);
        assertEq(token.balanceOf(address(escrow)), FUNDING + DUTY);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING - DUTY);

        // Each leg goes back to whom it came from
        vm.prank(seller);
        escrow.refund(t);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING);
        assertEq(token.balanceOf(liquidity), 1000 * FUNDING);
        assertEq(payToken.balanceOf(buyer), 1000 * (uint256(PAY_AMOUNT) + PREMIUM) - PREMIUM);
    }

    function test_open_RevertGiven_aBuyerThatAllowsNoDuties() public {
        vm.prank(buyer);
        dutyToken.approve(address(escrow), 0);
        Terms memory t = withDuties(terms());
        vm.prank(buyer);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", address(escrow), uint256(0), uint256(DUTY)
            )
        );
        escrow.open(t, "", "", "");
        assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_open_holdsNoDutiesWithoutAnAmount() public {
        Terms memory t = withDuties(terms());
        t.clauses[0].duties.amount = 0;
        t.clauses[0].duties.token = address(token);
        bytes32 id = openFunded(t);
        assertFalse(escrow.getOrder(id).dutiesHeld);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
    }

    function test_openWithAuthorization_takesPriceFreightAndDutiesInOne() public {
        Terms memory t = withDuties(terms());
        t.clauses[0].duties.token = address(token);
        bytes32 id = escrow.orderId(t);
        bytes memory signed = authorized(token, FUNDING + DUTY, id);
        escrow.openWithAuthorization(t, signed, "", "");
        assertEq(token.balanceOf(address(escrow)), FUNDING + DUTY);
        assertTrue(escrow.getOrder(id).dutiesHeld);
    }

    function test_openWithAuthorization_RevertGiven_oneThatLeavesTheDutiesOut() public {
        Terms memory t = withDuties(terms());
        t.clauses[0].duties.token = address(token);
        bytes32 id = escrow.orderId(t);
        bytes memory signed = authorized(token, FUNDING, id);
        (bool ok, bytes memory reason) =
            address(escrow).call(abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, signed, "", "")));
        assertFalse(ok);
        assertEq(bytes32(bytes4(reason)), bytes32(DevDollar.AuthorizationNotSigned.selector));
        assertEq(uint256(escrow.getOrder(id).state), uint256(State.None));
    }

    function test_openWithAuthorization_takesAQuotedAmountAndItsPremium() public {
        Terms memory t = withQuote(terms());
        bytes32 id = escrow.orderId(t);
        bytes memory signed = authorized(payToken, PAY_AMOUNT + PREMIUM, id);
        escrow.openWithAuthorization(t, signed, "", quoteFor(t));
        assertEq(payToken.balanceOf(address(escrow)), PAY_AMOUNT);
        assertEq(payToken.balanceOf(liquidity), PREMIUM);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
        assertEq(token.balanceOf(liquidity), 999 * FUNDING);
    }

    /* AN AUTHORIZATION, AND DUTIES FROM AN ALLOWANCE */

    /// @dev An authorization is a consent for its own token; the duties are drawn in another.
    function test_openWithAuthorization_RevertGiven_dutiesFromAnAllowanceAndNoConsent() public {
        Terms memory t = withDuties(terms());
        bytes32 id = escrow.orderId(t);
        bytes memory signed = authorized(token, FUNDING, id);
        expectConsentInvalid(STRANGER, t, signed, "");
        expectConsentInvalid(seller, t, signed, "");

        // Not by less than a signature, another's, another kind, another order or another vault's
        bytes memory opens = openConsent(t);
        bytes memory cut = new bytes(opens.length - 1);
        for (uint256 i; i < cut.length; ++i) {
            cut[i] = opens[i];
        }
        expectConsentInvalid(STRANGER, t, bytes.concat(signed, cut), "");
        expectConsentInvalid(STRANGER, t, bytes.concat(signed, opens, hex"00"), "");
        bytes memory others = consent(SELLER_KEY, "Open(bytes32 orderId)", id);
        expectConsentInvalid(STRANGER, t, bytes.concat(signed, others), "");
        bytes memory accepts = consent(BUYER_KEY, "Accept(bytes32 orderId)", id);
        expectConsentInvalid(STRANGER, t, bytes.concat(signed, accepts), "");
        bytes memory foreign = consent(BUYER_KEY, "Open(bytes32 orderId)", "another order");
        expectConsentInvalid(STRANGER, t, bytes.concat(signed, foreign), "");
        bytes32 opening = keccak256(abi.encode(keccak256("Open(bytes32 orderId)"), id));
        foreign = sign(BUYER_KEY, domain("Lading TradeEscrow", address(0xE5C)), opening);
        expectConsentInvalid(STRANGER, t, bytes.concat(signed, foreign), "");
        assertFalse(token.authorizationState(buyer, id));
        assertEq(dutyToken.balanceOf(address(escrow)), 0);
    }

    function expectConsentInvalid(address caller, Terms memory t, bytes memory shown, bytes memory quote) private {
        bytes memory invalid = abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, escrow.orderId(t), buyer);
        vm.prank(caller);
        vm.expectRevert(invalid);
        escrow.openWithAuthorization(t, shown, "", quote);
    }

    function openConsent(Terms memory t) private view returns (bytes memory) {
        return consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
    }

    function test_openWithAuthorization_drawsDutiesFromAnAllowanceOnTheBuyersConsentBehindIt() public {
        Terms memory t = withDuties(terms());
        bytes memory shown = bytes.concat(authorized(token, FUNDING, escrow.orderId(t)), openConsent(t));
        bytes memory accepts = acceptConsent(t);
        vm.prank(STRANGER);
        bytes32 id = escrow.openWithAuthorization(t, shown, accepts, "");
        assertState(t, State.Accepted);
        assertTrue(escrow.getOrder(id).dutiesHeld);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
        assertEq(dutyToken.balanceOf(address(escrow)), DUTY);
        assertEq(dutyToken.balanceOf(buyer), 999 * uint256(DUTY));
    }

    function test_openWithAuthorization_drawsDutiesFromAnAllowanceIfTheBuyerCalls() public {
        Terms memory t = withDuties(terms());
        bytes memory signed = authorized(token, FUNDING, escrow.orderId(t));
        vm.prank(buyer);
        bytes32 id = escrow.openWithAuthorization(t, signed, "", "");
        assertState(t, State.Funded);
        assertTrue(escrow.getOrder(id).dutiesHeld);
        assertEq(dutyToken.balanceOf(address(escrow)), DUTY);
    }

    /// @dev Beside a quote it is the pay token that counts: duties in the settlement token are from an allowance there.
    function test_openWithAuthorization_besideAQuote_asksForConsentUnlessDutiesAreInThePayToken() public {
        Terms memory t = withQuote(withDuties(terms()));
        t.clauses[0].duties.token = address(token);
        bytes memory signed = authorized(payToken, PAY_AMOUNT + PREMIUM, escrow.orderId(t));
        bytes memory quote = quoteFor(t);
        expectConsentInvalid(STRANGER, t, signed, quote);
        bytes memory shown = bytes.concat(signed, openConsent(t));
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, shown, "", quote);
        assertEq(token.balanceOf(address(escrow)), FUNDING + DUTY);

        t = withQuote(withDuties(terms()));
        t.clauses[0].duties.token = address(payToken);
        signed = authorized(payToken, PAY_AMOUNT + PREMIUM + DUTY, escrow.orderId(t));
        quote = quoteFor(t);
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, signed, "", quote);
        assertState(t, State.Funded);
        assertEq(payToken.balanceOf(address(escrow)), 2 * uint256(PAY_AMOUNT) + DUTY);
    }

    /// @dev No amount, no allowance, no consent: whatever token the clause names.
    function test_openWithAuthorization_asksForNoConsentWithoutDuties() public {
        Terms memory t = withDuties(terms());
        t.clauses[0].duties.amount = 0;
        bytes memory signed = authorized(token, FUNDING, escrow.orderId(t));
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, signed, "", "");
        assertState(t, State.Funded);
    }

    /* THE RECORD */

    /// @dev Of an order as large as the record can say.
    function test_getOrder_tellsWhatWentBackOfTheLargestOrder() public {
        Terms memory t = terms();
        uint256 most = type(uint120).max;
        t.setPrice(most - FREIGHT);
        token.mint(buyer, most);
        openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        Order memory order = escrow.getOrder(escrow.orderId(t));
        assertEq(uint256(order.fault), uint256(Fault.Seller));
        assertEq(order.toBuyer, most);
    }

    /// @dev Price and freight have 120 bits each, so that both together have 121.
    function test_getOrder_tellsWhatWentBackThoughItTakes121Bits() public {
        Terms memory t = terms();
        uint256 half = type(uint120).max;
        t.setPrice(half);
        t.setFreight(half);
        token.mint(buyer, 4 * half);
        bytes32 id = openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        assertEq(escrow.getOrder(id).toBuyer, 2 * half);
        assertEq(token.balanceOf(buyer), 1000 * FUNDING + 4 * half);

        // By an operator's split too, a unit above the 120 bits
        t.salt = "ruled";
        t = withArbitration(t);
        id = shippedWithClauses(t);
        vm.prank(buyer);
        disputes.dispute(t, "");
        vm.prank(arbiter);
        disputes.rule(t, half + 1, Fault.Seller, false, "reasons");
        assertEq(escrow.getOrder(id).toBuyer, half + 1);
    }

    /* HELPERS */

    /// @dev Clauses of which the opening reads next to nothing.
    function plainClauses() private view returns (Terms memory t) {
        t = terms();
        clausesOf(t).group = "group";
    }

    function openingOf(Terms memory t) private pure returns (bytes memory) {
        return abi.encodeCall(ITradeEscrow.open, (t, "", "", ""));
    }

    /// @dev The word's first bit beyond its member, and its last.
    function expectDirtyRefused(uint256 at, uint256 bits, bytes memory expected) private {
        uint256[2] memory dirty = [bits, uint256(255)];
        for (uint256 i; i < dirty.length; ++i) {
            bytes memory data = openingOf(plainClauses());
            flip(data, at, dirty[i]);
            vm.prank(buyer);
            (bool ok, bytes memory reason) = address(escrow).call(data);
            assertFalse(ok);
            assertEq(reason, expected);

            // The same call without that bit is good
            uint256 snapshot = vm.snapshotState();
            flip(data, at, dirty[i]);
            vm.prank(buyer);
            (ok,) = address(escrow).call(data);
            assertTrue(ok);
            vm.revertToState(snapshot);
        }
    }

    function flip(bytes memory data, uint256 at, uint256 bit) private pure {
        assembly ("memory-safe") {
            let target := add(add(data, 0x20), at)
            mstore(target, xor(mload(target), shl(bit, 1)))
        }
    }

    /// @dev All words of the clauses but `group` and `place`.
    function narrowClauses() private pure returns (Narrow[17] memory) {
        return [
            Narrow(1, 120), // feeCeiling
            Narrow(2, 160), // duties: token, amount, payee, assessBy
            Narrow(3, 128),
            Narrow(4, 160),
            Narrow(5, 40),
            Narrow(6, 160), // quote: provider, token, amount, premium
            Narrow(7, 160),
            Narrow(8, 128),
            Narrow(9, 120),
            Narrow(11, 32), // returnPolicy: receiveWindow, settleWindow, restockingBps, freight
            Narrow(12, 32),
            Narrow(13, 16),
            Narrow(14, 128),
            Narrow(15, 160), // arbitration: arbiter, fee, window, silentBuyerBps
            Narrow(16, 128),
            Narrow(17, 32),
            Narrow(18, 16)
        ];
    }

    /// @dev An order's id, member by member.
    function idOf(Terms memory t) private view returns (bytes32) {
        bytes32 clauses = t.clauses.length == 0 ? bytes32(0) : keccak256(abi.encode(t.clauses[0]));
        bytes memory parties = abi.encode(t.buyer, t.seller, t.platform, t.carrier, t.token);
        bytes memory rest =
            abi.encode(t.amounts, t.schedule, t.condition, t.exitAuthority, t.entryAuthority, t.salt, clauses);
        return keccak256(bytes.concat(abi.encode(block.chainid, address(escrow)), parties, rest));
    }

    function authorized(DevDollar dollar, uint256 amount, bytes32 nonce) private view returns (bytes memory) {
        bytes32 typehash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typehash, buyer, address(escrow), amount, uint256(0), type(uint256).max, nonce));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BUYER_KEY, digest(dollar.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(uint256(0), type(uint256).max, v, r, s);
    }
}
