// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Assessment, IDuties, Paid} from "../../contracts/interfaces/IDuties.sol";
import {IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IQuotes} from "../../contracts/interfaces/IQuotes.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {Ground, ITradeEscrow, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {SettableCondition} from "./EscrowFixture.sol";
import {HostileToken} from "./HostileToken.sol";
import {LegsFixture} from "./LegsFixture.sol";
import {Pack} from "./Pack.sol";
import {OwnedWallet} from "./OwnedWallet.sol";

contract DutiesTest is LegsFixture {
    using Pack for Terms;
    using Packed for *;

    uint256 private constant OTHER_AUTHORITY_KEY = 0x07E6C0570;
    bytes32 private constant DECLARATION = keccak256("declaration");

    function setUp() public {
        setUpClauses();
    }

    function dutiable() private view returns (Terms memory) {
        return withDuties(terms());
    }

    function assessmentOf(Terms memory t, uint256 amount) private view returns (Assessment memory) {
        return Assessment(escrow.orderId(t), amount, DECLARATION);
    }

    function expectAssessReverts(
        Terms memory t,
        Assessment memory assessment,
        address signer,
        bytes memory signature,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        duties.assess(t, assessment, signer, signature);
    }

    /// @dev Whatever is refused of what the authority rightly signed.
    function expectAssessReverts(Terms memory t, uint256 amount, bytes memory reason) private {
        Assessment memory assessment = assessmentOf(t, amount);
        expectAssessReverts(t, assessment, authority, signAssessment(AUTHORITY_KEY, assessment), reason);
    }

    function notHeld(bytes32 id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.DutiesNotHeld.selector, id);
    }

    function isHeld(bytes32 id) private view returns (bool) {
        return escrow.getOrder(id).dutiesHeld;
    }

    function assertPaidFor(bytes32 id, uint256 assessed, uint256 refunded) private view {
        Paid memory paid = duties.paidFor(id);
        assertEq(paid.assessed, assessed, "assessed");
        assertEq(paid.refunded, refunded, "refunded");
    }

    /* AT OPENING */

    function expectOpenReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        escrow.open(t, "", "", "");
    }

    function test_open_RevertGiven_noEntryAuthority() public {
        Terms memory t = dutiable();
        t.entryAuthority = 0;
        expectOpenReverts(t, abi.encodeWithSelector(IDuties.EntryAuthorityMissing.selector));
    }

    function test_open_RevertGiven_thePayeeIsNobodyOrTheVault() public {
        Terms memory t = dutiable();
        t.clauses[0].duties.payee = address(0);
        expectOpenReverts(t, abi.encodeWithSelector(IDuties.PayeeInvalid.selector, address(0)));
        t.clauses[0].duties.payee = address(escrow);
        expectOpenReverts(t, abi.encodeWithSelector(IDuties.PayeeInvalid.selector, address(escrow)));
    }

    function expectDeadlineReverts(Terms memory t, uint256 assessBy, uint256 least, uint256 most) private {
        t.clauses[0].duties.assessBy = uint40(assessBy);
        expectOpenReverts(
            t, abi.encodeWithSelector(IDuties.AssessmentDeadline.selector, assessBy, least, most)
        );
    }

    function test_open_RevertGiven_theAssessmentIsDueBeforeTheGoodsOrBeyondTheLongestTerm() public {
        Terms memory t = dutiable();
        uint256 least = t.schedule.claimBy();
        uint256 most = block.timestamp + 3 * 365 days;
        expectDeadlineReverts(t, least - 1, least, most);
        expectDeadlineReverts(t, most + 1, least, most);
        t.clauses[0].duties.assessBy = uint40(least);
        openFunded(t);
        t.clauses[0].duties.assessBy = uint40(most);
        openFunded(t);
        assertHolds(2 * FUNDING, 0, 2 * DUTY);
    }

    /// @dev Nothing is put aside, so that nothing of the clause is looked at.
    function test_open_looksAtNoClauseWithoutAnAmount() public {
        Terms memory t = dutiable();
        t.clauses[0].duties.amount = 0;
        t.clauses[0].duties.payee = address(0);
        t.entryAuthority = 0;
        bytes32 id = openFunded(t);
        assertFalse(isHeld(id));
    }

    /* THE LEG: one pull or two */

    function test_open_pullsDutiesInAThirdTokenByThemselves() public {
        Terms memory t = withQuote(dutiable());
        bytes32 id = escrow.orderId(t);
        bytes memory quote = quoteFor(t);
        list();
        from(address(payToken));
        emit IERC20.Transfer(buyer, address(escrow), PAY_AMOUNT + PREMIUM);
        from(address(dutyToken));
        emit IERC20.Transfer(buyer, address(escrow), DUTY);
        openQuotedListed(t, id, quote);
        assertHolds(FUNDING, PAY_AMOUNT, DUTY);
        assertTrue(isHeld(id));
    }

    /// @dev What follows the buyer's pulls is the same for each token of the duties.
    function openQuotedListed(Terms memory t, bytes32 id, bytes memory quote) private {
        from(address(quotes));
        emit IQuotes.QuoteTaken(id, liquidity, uint40(block.timestamp + 1 days), 3 * 365 days);
        from(address(token));
        emit IERC20.Transfer(liquidity, address(escrow), FUNDING);
        from(address(escrow));
        emit ITradeEscrow.Opened(id, buyer, seller, t);
        from(address(payToken));
        emit IERC20.Transfer(address(escrow), liquidity, PREMIUM);
        listed();
        vm.prank(buyer);
        escrow.open(t, "", "", quote);
        assertListed();
    }

    function test_open_pullsDutiesInThePayTokenWithTheBuyersLeg() public {
        Terms memory t = withQuote(dutiable());
        t.clauses[0].duties.token = address(payToken);
        bytes32 id = escrow.orderId(t);
        bytes memory quote = quoteFor(t);
        list();
        from(address(payToken));
        emit IERC20.Transfer(buyer, address(escrow), uint256(PAY_AMOUNT) + PREMIUM + DUTY);
        openQuotedListed(t, id, quote);
        assertHolds(FUNDING, PAY_AMOUNT + DUTY, 0);
        assertTrue(isHeld(id));
    }

    function test_open_pullsDutiesInTheSettlementTokenBesideAQuote() public {
        token.mint(buyer, DUTY);
        Terms memory t = withQuote(dutiable());
        t.clauses[0].duties.token = address(token);
        bytes32 id = escrow.orderId(t);
        bytes memory quote = quoteFor(t);
        list();
        from(address(payToken));
        emit IERC20.Transfer(buyer, address(escrow), PAY_AMOUNT + PREMIUM);
        from(address(token));
        emit IERC20.Transfer(buyer, address(escrow), DUTY);
        openQuotedListed(t, id, quote);
        assertHolds(FUNDING + DUTY, PAY_AMOUNT, 0);
        assertTrue(isHeld(id));
    }

    function test_open_pullsDutiesInTheSettlementTokenWithTheBuyersLeg() public {
        Terms memory t = dutiable();
        t.clauses[0].duties.token = address(token);
        bytes32 id = escrow.orderId(t);
        list();
        from(address(token));
        emit IERC20.Transfer(buyer, address(escrow), FUNDING + DUTY);
        from(address(escrow));
        emit ITradeEscrow.Opened(id, buyer, seller, t);
        listed();
        openFunded(t);
        assertListed();
        assertHolds(FUNDING + DUTY, 0, 0);
    }

    function test_open_RevertGiven_theBuyersAllowanceInTheDutiesTokenIsShort() public {
        vm.prank(buyer);
        dutyToken.approve(address(escrow), DUTY - 1);
        expectOpenReverts(
            dutiable(),
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(escrow), DUTY - 1, DUTY
            )
        );
    }

    function test_open_RevertGiven_theDutiesTokenKeepsAFee() public {
        HostileToken keeping = new HostileToken();
        keeping.mint(buyer, DUTY);
        vm.prank(buyer);
        keeping.approve(address(escrow), DUTY);
        keeping.set(100, address(0), false);
        Terms memory t = dutiable();
        t.clauses[0].duties.token = address(keeping);
        expectOpenReverts(
            t,
            abi.encodeWithSelector(
                ITradeEscrow.AmountReceived.selector, address(keeping), DUTY - DUTY / 100, DUTY
            )
        );
    }

    /* ASSESS */

    function test_assess_paysThePayeeAndReturnsTheRest() public {
        Terms memory t = dutiable();
        bytes32 id = shippedWithClauses(t);
        mark();
        Assessment memory assessment = assessmentOf(t, 13e6);
        bytes memory signature = signAssessment(AUTHORITY_KEY, assessment);
        list();
        from(address(duties));
        emit IDuties.DutiesAssessed(id, authority, 13e6, DECLARATION);
        from(address(escrow));
        emit ITradeEscrow.DutiesPaid(id, 13e6, DUTY - 13e6);
        from(address(dutyToken));
        emit IERC20.Transfer(address(escrow), TAX_PAYEE, 13e6);
        from(address(dutyToken));
        emit IERC20.Transfer(address(escrow), buyer, DUTY - 13e6);
        listed();
        vm.prank(STRANGER);
        duties.assess(t, assessment, authority, signature);
        assertListed();
        assertGot(address(dutyToken), TAX_PAYEE, 13e6);
        assertGot(address(dutyToken), buyer, DUTY - 13e6);
        assertNobodyElseGot();
        assertHolds(FUNDING, 0, 0);
        assertFalse(isHeld(id));
        assertPaidFor(id, 13e6, 0);
        assertState(t, State.Shipped);
    }

    function test_assess_ofNothingReturnsAll() public {
        Terms memory t = dutiable();
        bytes32 id = openWithClauses(t);
        mark();
        assess(t, 0);
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
        assertPaidFor(id, 0, 0);
        assertFalse(isHeld(id));
    }

    function test_assess_ofTheWholeReturnsNothing() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        mark();
        assess(t, DUTY);
        assertGot(address(dutyToken), TAX_PAYEE, DUTY);
        assertNobodyElseGot();
        assertHolds(FUNDING, 0, 0);
    }

    function testFuzz_assess_conservesTheLeg(uint128 amount, uint256 assessed) public {
        Terms memory t = dutiable();
        t.clauses[0].duties.amount = amount == 0 ? 1 : amount;
        assessed = bound(assessed, 0, t.clauses[0].duties.amount);
        dutyToken.mint(buyer, t.clauses[0].duties.amount);
        openWithClauses(t);
        mark();
        assess(t, assessed);
        assertGot(address(dutyToken), TAX_PAYEE, assessed);
        assertGot(address(dutyToken), buyer, t.clauses[0].duties.amount - assessed);
        assertHolds(FUNDING, 0, 0);
    }

    function test_assess_takesDutiesOutOfTheSettlementTokenAndLeavesTheOrderWhole() public {
        Terms memory t = dutiable();
        t.clauses[0].duties.token = address(token);
        openWithClauses(t);
        mark();
        assess(t, 13e6);
        assertGot(address(token), TAX_PAYEE, 13e6);
        assertGot(address(token), buyer, DUTY - 13e6);
        assertNobodyElseGot();
        assertHolds(FUNDING, 0, 0);
        mark();
        vm.prank(buyer);
        escrow.release(t);
        assertGot(address(token), seller, PRICE - FEE);
        assertGot(address(token), platform, FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
    }

    function test_assess_RevertGiven_aUnitMoreThanWasPutAside() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        expectAssessReverts(
            t, uint256(DUTY) + 1, abi.encodeWithSelector(IDuties.AssessmentTooHigh.selector, DUTY + 1, DUTY)
        );
        expectAssessReverts(
            t,
            type(uint256).max,
            abi.encodeWithSelector(IDuties.AssessmentTooHigh.selector, type(uint256).max, DUTY)
        );
    }

    function test_assess_RevertGiven_theOrderIsNotAccepted() public {
        Terms memory t = dutiable();
        bytes32 id = escrow.orderId(t);
        bytes memory notAccepted = abi.encodeWithSelector(IDuties.NotAccepted.selector, id);
        expectAssessReverts(t, 1, notAccepted);
        openFunded(t);
        expectAssessReverts(t, 1, notAccepted);
        vm.prank(buyer);
        escrow.cancel(t);
        expectAssessReverts(t, 1, notAccepted);
    }

    function test_assess_inTheLastSecondAndNoLater() public {
        Terms memory t = dutiable();
        bytes32 id = deliveredWithClauses(t);
        uint40 assessBy = t.clauses[0].duties.assessBy;
        vm.warp(assessBy + 1);
        expectAssessReverts(t, 1, abi.encodeWithSelector(IDuties.TooLate.selector, assessBy + 1, assessBy));
        vm.warp(assessBy);
        assess(t, 1);
        assertFalse(isHeld(id));
    }

    function test_assess_RevertGiven_theAssessmentIsAnotherOrders() public {
        Terms memory t = dutiable();
        bytes32 id = openWithClauses(t);
        Assessment memory assessment = Assessment(keccak256("other"), 1, DECLARATION);
        expectAssessReverts(
            t,
            assessment,
            authority,
            signAssessment(AUTHORITY_KEY, assessment),
            abi.encodeWithSelector(IDuties.AssessmentForeign.selector, keccak256("other"), id)
        );
    }

    function test_assess_RevertGiven_anotherAuthoritySigned() public {
        bytes32 otherId = admit(OTHER_AUTHORITY_KEY, Role.Customs, "other authority");
        Terms memory t = dutiable();
        openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 1);
        expectAssessReverts(
            t,
            assessment,
            vm.addr(OTHER_AUTHORITY_KEY),
            signAssessment(OTHER_AUTHORITY_KEY, assessment),
            abi.encodeWithSelector(IDuties.AuthorityForeign.selector, otherId, authorityId)
        );
    }

    /// @dev The exit authority decides for the other border.
    function test_assess_RevertGiven_theExitAuthoritySigned() public {
        bytes32 exitId = admit(OTHER_AUTHORITY_KEY, Role.Customs, "exit authority");
        Terms memory t = dutiable();
        t.exitAuthority = exitId;
        openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 1);
        expectAssessReverts(
            t,
            assessment,
            vm.addr(OTHER_AUTHORITY_KEY),
            signAssessment(OTHER_AUTHORITY_KEY, assessment),
            abi.encodeWithSelector(IDuties.AuthorityForeign.selector, exitId, authorityId)
        );
    }

    function test_assess_RevertGiven_theAuthorityLostItsKeyOrItsRole() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        registry.revokeRoles(authorityId, uint16(1 << uint8(Role.Customs)));
        expectAssessReverts(
            t, 1, abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, authorityId, Role.Customs)
        );
        registry.revokeKey(authorityId, authority, 0);
        expectAssessReverts(
            t, 1, abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, authority, block.timestamp)
        );
    }

    /// @dev The order does not stick with its authority: the duties go back to the buyer when their time is over.
    function test_returnDuties_onceTheAuthoritysKeyIsRevoked() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        registry.revokeKey(authorityId, authority, 0);
        vm.warp(t.clauses[0].duties.assessBy + 1);
        mark();
        duties.returnDuties(t);
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
    }

    function test_assess_RevertGiven_anyFieldIsNotTheSignedOne() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        bytes memory signature = signAssessment(AUTHORITY_KEY, assessmentOf(t, 5));
        bytes memory invalid = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, authority);
        expectAssessReverts(t, assessmentOf(t, 6), authority, signature, invalid);
        Assessment memory assessment = assessmentOf(t, 5);
        assessment.declaration = keccak256("another declaration");
        expectAssessReverts(t, assessment, authority, signature, invalid);
        expectAssessReverts(t, assessment, authority, "", invalid);
        expectAssessReverts(t, assessment, authority, signAssessment(BUYER_KEY, assessment), invalid);
    }

    function admitWallet(OwnedWallet wallet) private {
        bytes32 structHash = keccak256(
            abi.encode(keccak256("AddKey(bytes32 participant,address key)"), authorityId, address(wallet))
        );
        bytes memory keyConsent =
            sign(AUTHORITY_KEY, domain("Lading ParticipantRegistry", address(registry)), structHash);
        registry.addKey(authorityId, address(wallet), keyConsent);
    }

    function signFor(address signer, Assessment memory a) private view returns (bytes memory) {
        bytes32 typehash = keccak256(
            "Assessment(bytes32 orderId,address token,uint256 amount,address payee,bytes32 declaration,address signer)"
        );
        bytes memory stated =
            abi.encode(typehash, a.orderId, address(dutyToken), a.amount, TAX_PAYEE, a.declaration, signer);
        return sign(AUTHORITY_KEY, domain("Lading Duties", address(duties)), keccak256(stated));
    }

    /// @dev Others agreed on token and payee; the authority signs to whom its duties go, and in what.
    function test_assess_RevertGiven_theAuthoritySignedAnotherTokenOrPayee() public {
        Terms memory t = dutiable();
        bytes32 id = openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 5);
        bytes memory invalid = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, authority);
        bytes memory signature = signAssessment(AUTHORITY_KEY, assessment, address(token), TAX_PAYEE);
        expectAssessReverts(t, assessment, authority, signature, invalid);
        signature = signAssessment(AUTHORITY_KEY, assessment, address(dutyToken), seller);
        expectAssessReverts(t, assessment, authority, signature, invalid);
        signature = signAssessment(AUTHORITY_KEY, assessment, address(0), address(0));
        expectAssessReverts(t, assessment, authority, signature, invalid);

        signature = signAssessment(AUTHORITY_KEY, assessment, address(dutyToken), TAX_PAYEE);
        duties.assess(t, assessment, authority, signature);
        assertPaidFor(id, 5, 0);
        assertEq(dutyToken.balanceOf(TAX_PAYEE), 5);
    }

    /// @dev Whatever token and payee the terms name, what the authority signed must name them too.
    function test_assess_takesATokenAndAPayeeThatTheAuthoritySigned() public {
        Terms memory t = dutiable();
        (t.clauses[0].duties.token, t.clauses[0].duties.payee) = (address(payToken), place);
        openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 7);
        bytes memory invalid = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, authority);
        expectAssessReverts(t, assessment, authority, signAssessment(AUTHORITY_KEY, assessment), invalid);
        duties.assess(t, assessment, authority, signAssessment(AUTHORITY_KEY, assessment, address(payToken), place));
        assertEq(payToken.balanceOf(place), 7);
    }

    /// @dev A signature of before the token and the payee were part of it.
    function test_assess_RevertGiven_aSignatureThatSaysNothingOfTokenAndPayee() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 5);
        bytes32 typehash = keccak256("Assessment(bytes32 orderId,uint256 amount,bytes32 declaration,address signer)");
        bytes32 structHash = keccak256(abi.encode(typehash, assessment, authority));
        bytes memory signature = sign(AUTHORITY_KEY, domain("Lading Duties", address(duties)), structHash);
        bytes memory invalid = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, authority);
        expectAssessReverts(t, assessment, authority, signature, invalid);
    }

    function test_assess_takesAnErc1271KeyAndNoneOfItsSibling() public {
        OwnedWallet wallet = new OwnedWallet(authority);
        OwnedWallet sibling = new OwnedWallet(authority);
        admitWallet(wallet);
        admitWallet(sibling);
        Terms memory t = dutiable();
        bytes32 id = openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 5);
        expectAssessReverts(
            t,
            assessment,
            address(wallet),
            signFor(address(sibling), assessment),
            abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, address(wallet))
        );
        duties.assess(t, assessment, address(wallet), signFor(address(wallet), assessment));
        assertPaidFor(id, 5, 0);
    }

    function test_assess_RevertGiven_itWasAssessedBefore() public {
        Terms memory t = dutiable();
        bytes32 id = openWithClauses(t);
        assess(t, 13e6);
        expectAssessReverts(t, 14e6, notHeld(id));
        assertPaidFor(id, 13e6, 0);
    }

    function test_assess_RevertGiven_theTermsHaveNoDuties() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        expectAssessReverts(t, 0, notHeld(id));
        t = withReturns(terms());
        t.entryAuthority = authorityId;
        id = openWithClauses(t);
        expectAssessReverts(t, 0, notHeld(id));
    }

    /// @dev A leg of its own: the end of the order neither waits for it nor touches it.
    function test_assess_afterTheRelease() public {
        Terms memory t = dutiable();
        bytes32 id = deliveredWithClauses(t);
        mark();
        vm.prank(buyer);
        escrow.release(t);
        assertGot(address(token), seller, PRICE - FEE);
        assertGot(address(token), platform, FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
        assertHolds(0, 0, DUTY);
        assertTrue(isHeld(id));

        mark();
        assess(t, 13e6);
        assertGot(address(dutyToken), TAX_PAYEE, 13e6);
        assertGot(address(dutyToken), buyer, DUTY - 13e6);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
    }

    function test_assess_RevertGiven_anUndeliveredOrderWasRefunded() public {
        Terms memory t = dutiable();
        bytes32 id = shippedWithClauses(t);
        mark();
        list();
        from(address(escrow));
        emit ITradeEscrow.Refunded(id, Ground.SellerRefund, Fault.Seller);
        from(address(token));
        emit IERC20.Transfer(address(escrow), buyer, FUNDING);
        from(address(escrow));
        emit ITradeEscrow.DutiesPaid(id, 0, DUTY);
        from(address(dutyToken));
        emit IERC20.Transfer(address(escrow), buyer, DUTY);
        listed();
        vm.prank(seller);
        escrow.refund(t);
        assertListed();
        assertGot(address(token), buyer, FUNDING);
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
        expectAssessReverts(t, 1, notHeld(id));
    }

    /* RETURNED WITH THE ORDER, OR HELD */

    function test_cancel_returnsTheDutiesAtOnce() public {
        Terms memory t = dutiable();
        bytes32 id = openFunded(t);
        mark();
        vm.prank(seller);
        escrow.cancel(t);
        assertGot(address(token), buyer, FUNDING);
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
        assertFalse(isHeld(id));
    }

    function test_cancel_returnsDutiesInTheSettlementTokenBesideTheFunding() public {
        Terms memory t = dutiable();
        t.clauses[0].duties.token = address(token);
        openFunded(t);
        mark();
        vm.prank(buyer);
        escrow.cancel(t);
        assertGot(address(token), buyer, FUNDING + DUTY);
        assertNobodyElseGot();
    }

    function test_refund_ofADeliveredOrderKeepsTheDutiesForTheAuthority() public {
        Terms memory t = dutiable();
        bytes32 id = deliveredWithClauses(t);
        vm.prank(seller);
        escrow.refund(t);
        assertHolds(0, 0, DUTY);
        assertTrue(isHeld(id));
        assess(t, DUTY);
        assertHolds(0, 0, 0);
    }

    /* THE CONDITION WAS MET: the goods are in the country */

    function conditional() private returns (Terms memory t, SettableCondition condition) {
        condition = new SettableCondition();
        t = dutiable();
        t.condition = address(condition);
        t.setConditionBy(t.schedule.shipBy() + 2 days);
    }

    function test_refund_onceTheConditionWasLatchedKeepsTheDutiesForTheAuthority() public {
        (Terms memory t, SettableCondition condition) = conditional();
        bytes32 id = shippedWithClauses(t);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        escrow.poke(t);
        mark();
        vm.prank(seller);
        escrow.refund(t);
        assertGot(address(token), buyer, FUNDING);
        assertNobodyElseGot();
        assertHolds(0, 0, DUTY);
        assertTrue(isHeld(id));
        mark();
        assess(t, 13e6);
        assertGot(address(dutyToken), TAX_PAYEE, 13e6);
        assertGot(address(dutyToken), buyer, DUTY - 13e6);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
    }

    /// @dev Latched before the shipment too, whoever ends the order; nobody assesses, so the deadline returns them.
    function test_refund_byDefaultOnceTheConditionWasLatchedKeepsTheDutiesUntilTheDeadline() public {
        (Terms memory t, SettableCondition condition) = conditional();
        bytes32 id = openWithClauses(t);
        condition.set(ConditionStatus.Met, Fault.Nobody);
        escrow.poke(t);
        vm.warp(uint256(t.schedule.shipBy()) + 1);
        escrow.refund(t);
        assertTrue(isHeld(id));
        uint40 opensAt = t.clauses[0].duties.assessBy + 1;
        vm.expectRevert(abi.encodeWithSelector(IDuties.TooEarly.selector, vm.getBlockTimestamp(), opensAt));
        duties.returnDuties(t);
        vm.warp(opensAt);
        mark();
        duties.returnDuties(t);
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
    }

    /// @dev Met, but seen met by nobody; or pending, or rejected.
    function test_refund_unlessTheConditionWasLatchedReturnsTheDuties() public {
        ConditionStatus[3] memory statuses =
            [ConditionStatus.Met, ConditionStatus.Pending, ConditionStatus.Rejected];
        for (uint256 i; i < statuses.length; ++i) {
            (Terms memory t, SettableCondition condition) = conditional();
            bytes32 id = shippedWithClauses(t);
            condition.set(statuses[i], Fault.Nobody);
            mark();
            vm.prank(seller);
            escrow.refund(t);
            assertGot(address(token), buyer, FUNDING);
            assertGot(address(dutyToken), buyer, DUTY);
            assertNobodyElseGot();
            assertFalse(isHeld(id));
        }
    }

    function test_settle_keepsTheDutiesForTheAuthority() public {
        Terms memory t = withEverything(terms());
        bytes32 id = returnReceived(t);
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        assertHolds(0, 0, DUTY);
        assertTrue(isHeld(id));
        assess(t, 13e6);
        assertHolds(0, 0, 0);
    }

    /// @dev Two orders in one token, one ended with its duties held: each leg has what is its own.
    function test_release_leavesTheDutiesOfAnEndedOrderWholeBesideAnotherOrder() public {
        Terms memory ended = dutiable();
        ended.clauses[0].duties.token = address(token);
        Terms memory running = dutiable();
        running.clauses[0].duties.token = address(token);
        running.salt = keccak256("running");
        deliveredWithClauses(ended);
        bytes32 id = openWithClauses(running);
        vm.prank(buyer);
        escrow.release(ended);
        assertHolds(FUNDING + 2 * DUTY, 0, 0);
        vm.prank(seller);
        escrow.refund(running);
        assertHolds(DUTY, 0, 0);
        Assessment memory assessment = assessmentOf(running, 1);
        bytes memory signature = signAssessment(AUTHORITY_KEY, assessment, address(token), TAX_PAYEE);
        expectAssessReverts(running, assessment, authority, signature, notHeld(id));
        assess(ended, DUTY);
        assertHolds(0, 0, 0);
    }

    /// @dev Whatever the end of the order and whichever its tokens, the vault has the duties left, to the unit.
    function test_everyEndAfterDeliveryLeavesTheDutiesWholeInWhicheverToken() public {
        address[3] memory tokens = [address(token), address(payToken), address(dutyToken)];
        token.mint(buyer, 10 * uint256(DUTY));
        payToken.mint(buyer, 10 * uint256(DUTY));
        for (uint256 i; i < 12; ++i) {
            Terms memory t = withEverything(terms());
            t.salt = bytes32(i);
            t.clauses[0].duties.token = tokens[i % 3];
            bytes32 id = endAfterDelivery(t, i / 3);
            assertTrue(isHeld(id));
            mark();
            assess(t, i);
            assertGot(tokens[i % 3], TAX_PAYEE, i);
            assertGot(tokens[i % 3], buyer, DUTY - i);
            assertNobodyElseGot();
            assertHolds(0, 0, 0);
        }
    }

    /// @dev By release, by the seller's refund, by the return policy and by an arbiter.
    function endAfterDelivery(Terms memory t, uint256 way) private returns (bytes32 id) {
        if (way < 2) {
            id = deliveredWithClauses(t);
            vm.prank(way == 0 ? buyer : seller);
            if (way == 0) escrow.release(t);
            else escrow.refund(t);
        } else if (way == 2) {
            id = returnReceived(t);
            vm.prank(seller);
            returns_.settleReturn(t, PRICE - 1);
        } else {
            id = disputed(t);
            vm.prank(arbiter);
            disputes.rule(t, 17, Fault.Carrier, false, 0);
        }
        address held = t.clauses[0].duties.token;
        (bool settled, bool paid) = (held == address(token), held == address(payToken));
        assertHolds(settled ? DUTY : 0, paid ? DUTY : 0, settled || paid ? 0 : DUTY);
    }

    function test_assess_withLittleGasIsRefusedWhole() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        Assessment memory assessment = assessmentOf(t, 1);
        bytes memory signature = signAssessment(AUTHORITY_KEY, assessment);
        bytes memory data = abi.encodeCall(IDuties.assess, (t, assessment, authority, signature));
        assertWholeAtAnyGas(STRANGER, address(duties), data);
        vm.warp(t.clauses[0].duties.assessBy + 1);
        assertWholeAtAnyGas(STRANGER, address(duties), abi.encodeCall(IDuties.returnDuties, (t)));
    }

    /// @dev The assessment is out before the goods are lost: the price goes back whole, the duty not yet.
    function test_refund_ofAnUndeliveredOrderAfterTheAssessment() public {
        Terms memory t = dutiable();
        bytes32 id = shippedWithClauses(t);
        assess(t, 13e6);
        vm.warp(uint256(t.schedule.claimBy()) + 1);
        mark();
        escrow.refund(t);
        assertGot(address(token), buyer, FUNDING);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
        assertEq(uint256(escrow.getOrder(id).ground), uint256(Ground.NotDelivered));
        approveRefunds(TAX_PAYEE);
        refundBy(TAX_PAYEE, t, 13e6);
        assertPaidFor(id, 13e6, 13e6);
    }

    /* RETURN OF DUTIES NOBODY ASSESSED */

    function test_returnDuties_byAnyoneFromTheSecondAfterTheDeadline() public {
        Terms memory t = dutiable();
        bytes32 id = deliveredWithClauses(t);
        uint40 opensAt = t.clauses[0].duties.assessBy + 1;
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IDuties.TooEarly.selector, opensAt - 1, opensAt));
        duties.returnDuties(t);

        vm.warp(opensAt);
        mark();
        list();
        from(address(escrow));
        emit ITradeEscrow.DutiesPaid(id, 0, DUTY);
        from(address(dutyToken));
        emit IERC20.Transfer(address(escrow), buyer, DUTY);
        listed();
        vm.prank(STRANGER);
        duties.returnDuties(t);
        assertListed();
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
        vm.expectRevert(notHeld(id));
        duties.returnDuties(t);
    }

    function test_returnDuties_RevertGiven_theyWereAssessed() public {
        Terms memory t = dutiable();
        bytes32 id = deliveredWithClauses(t);
        assess(t, 1);
        vm.warp(t.clauses[0].duties.assessBy + 1);
        vm.expectRevert(notHeld(id));
        duties.returnDuties(t);
    }

    function test_returnDuties_RevertGiven_theTermsHaveNone() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.expectRevert(notHeld(id));
        duties.returnDuties(t);
        t = withReturns(terms());
        id = openWithClauses(t);
        vm.expectRevert(notHeld(id));
        duties.returnDuties(t);
    }

    /// @dev Before the order's own end: its end then has no duties to return.
    function test_returnDuties_ofAnOrderThatNobodyEnded() public {
        Terms memory t = dutiable();
        openFunded(t);
        vm.warp(t.clauses[0].duties.assessBy + 1);
        mark();
        duties.returnDuties(t);
        assertGot(address(dutyToken), buyer, DUTY);
        assertNobodyElseGot();
        mark();
        escrow.refund(t);
        assertGot(address(token), buyer, FUNDING);
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
    }

    /* DUTY PASSED ON TO THE BUYER */

    function returnedWithDuty(uint256 assessed) private returns (Terms memory t, bytes32 id) {
        t = withReturns(dutiable());
        id = returnReceived(t);
        assess(t, assessed);
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        approveRefunds(TAX_PAYEE);
    }

    function approveRefunds(address payer) private {
        vm.prank(payer);
        dutyToken.approve(address(duties), type(uint256).max);
    }

    function refundBy(address payer, Terms memory t, uint128 amount) private {
        vm.prank(payer);
        duties.refundDuties(t, amount);
    }

    function expectRefundReverts(address payer, Terms memory t, uint128 amount, bytes memory reason) private {
        vm.prank(payer);
        vm.expectRevert(reason);
        duties.refundDuties(t, amount);
    }

    function test_refundDuties_goesFromThePayeeToTheBuyerPastTheVault() public {
        (Terms memory t, bytes32 id) = returnedWithDuty(13e6);
        mark();
        list();
        from(address(duties));
        emit IDuties.DutiesRefunded(id, TAX_PAYEE, 13e6);
        from(address(dutyToken));
        emit IERC20.Transfer(TAX_PAYEE, buyer, 13e6);
        listed();
        refundBy(TAX_PAYEE, t, 13e6);
        assertListed();
        assertEq(dutyToken.balanceOf(TAX_PAYEE), 0);
        assertHolds(0, 0, 0);
        assertPaidFor(id, 13e6, 13e6);
    }

    function test_refundDuties_inPartsUpToWhatWasAssessed() public {
        (Terms memory t, bytes32 id) = returnedWithDuty(13e6);
        refundBy(TAX_PAYEE, t, 3e6);
        assertPaidFor(id, 13e6, 3e6);
        expectRefundReverts(
            TAX_PAYEE, t, 10e6 + 1, abi.encodeWithSelector(IDuties.RefundTooHigh.selector, 10e6 + 1, 10e6)
        );
        refundBy(TAX_PAYEE, t, 10e6);
        expectRefundReverts(TAX_PAYEE, t, 1, abi.encodeWithSelector(IDuties.RefundTooHigh.selector, 1, 0));
    }

    /// @dev The record says what the tax payee paid back; nobody writes it in its place, for whatever it would pay.
    function test_refundDuties_RevertGiven_anyoneButThePayeePays() public {
        (Terms memory t, bytes32 id) = returnedWithDuty(13e6);
        address[5] memory others = [STRANGER, buyer, seller, authority, address(duties)];
        for (uint256 i; i < others.length; ++i) {
            dutyToken.mint(others[i], 13e6);
            approveRefunds(others[i]);
            expectRefundReverts(
                others[i], t, 13e6, abi.encodeWithSelector(IDuties.NotPayee.selector, others[i], TAX_PAYEE)
            );
        }
        assertPaidFor(id, 13e6, 0);
        refundBy(TAX_PAYEE, t, 13e6);
        assertPaidFor(id, 13e6, 13e6);
    }

    function test_refundDuties_RevertGiven_nothing() public {
        (Terms memory t,) = returnedWithDuty(13e6);
        expectRefundReverts(TAX_PAYEE, t, 0, abi.encodeWithSelector(IDuties.AmountZero.selector));
    }

    function test_refundDuties_RevertGiven_theOrderIsNeitherRefundedNorSettled() public {
        Terms memory t = dutiable();
        bytes32 id = escrow.orderId(t);
        bytes memory notReturned = abi.encodeWithSelector(IDuties.NotReturned.selector, id);
        expectRefundReverts(TAX_PAYEE, t, 1, notReturned);
        openFunded(t);
        expectRefundReverts(TAX_PAYEE, t, 1, notReturned);
        escrow.accept(t, acceptConsent(t));
        assess(t, 13e6);
        expectRefundReverts(TAX_PAYEE, t, 1, notReturned);
        vm.prank(buyer);
        escrow.release(t);
        expectRefundReverts(TAX_PAYEE, t, 1, notReturned);
    }

    function test_refundDuties_RevertGiven_theyWereNeverAssessed() public {
        Terms memory t = dutiable();
        deliveredWithClauses(t);
        vm.prank(seller);
        escrow.refund(t);
        expectRefundReverts(TAX_PAYEE, t, 1, abi.encodeWithSelector(IDuties.RefundTooHigh.selector, 1, 0));
    }

    function test_refundDuties_RevertGiven_theTermsHaveNone() public {
        Terms memory t = terms();
        bytes32 id = openAccepted(t);
        vm.prank(seller);
        escrow.refund(t);
        expectRefundReverts(TAX_PAYEE, t, 1, notHeld(id));

        // Clauses without duties are no duties either
        t = withReturns(terms());
        id = openWithClauses(t);
        vm.prank(seller);
        escrow.refund(t);
        expectRefundReverts(TAX_PAYEE, t, 1, notHeld(id));
    }

    function test_refundDuties_RevertGiven_thePayersAllowanceIsShort() public {
        (Terms memory t, bytes32 id) = returnedWithDuty(13e6);
        vm.prank(TAX_PAYEE);
        dutyToken.approve(address(duties), 12e6);
        expectRefundReverts(
            TAX_PAYEE,
            t,
            13e6,
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(duties), 12e6, 13e6
            )
        );
        assertPaidFor(id, 13e6, 0);
    }

    /// @dev The duty's token denies the buyer: what it paid for the goods comes back all the same, and nothing is lost.
    function test_refundDuties_toADeniedBuyerTouchesNothingOfThePrice() public {
        HostileToken denying = new HostileToken();
        denying.mint(buyer, DUTY);
        vm.prank(buyer);
        denying.approve(address(escrow), DUTY);
        Terms memory t = withReturns(dutiable());
        t.clauses[0].duties.token = address(denying);
        bytes32 id = returnReceived(t);
        assess(t, DUTY);
        denying.set(0, buyer, false);
        mark();
        vm.prank(seller);
        returns_.settleReturn(t, PRICE);
        assertGot(address(token), buyer, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();

        vm.prank(TAX_PAYEE);
        denying.approve(address(duties), DUTY);
        expectRefundReverts(TAX_PAYEE, t, DUTY, abi.encodeWithSignature("Error(string)", "denied"));
        assertPaidFor(id, DUTY, 0);
        assertEq(denying.balanceOf(TAX_PAYEE), DUTY);
    }

    /// @dev What the token denies the payee waits for it; the buyer has its rest.
    function test_assess_creditsAPayeeThatTheTokenDenies() public {
        HostileToken denying = new HostileToken();
        denying.mint(buyer, DUTY);
        vm.prank(buyer);
        denying.approve(address(escrow), DUTY);
        Terms memory t = dutiable();
        t.clauses[0].duties.token = address(denying);
        openWithClauses(t);
        denying.set(0, TAX_PAYEE, false);
        assess(t, 13e6);
        assertEq(escrow.creditOf(TAX_PAYEE, address(denying)), 13e6);
        assertEq(denying.balanceOf(buyer), DUTY - 13e6);
        assertEq(denying.balanceOf(address(escrow)), 13e6);
    }

    /// @dev The token calls back in the middle of the assessment: the duties leave once.
    function test_assess_paysOnceThoughTheTokenCallsForTheDutiesAgain() public {
        HostileToken calling = new HostileToken();
        calling.mint(buyer, 2 * uint256(DUTY));
        vm.prank(buyer);
        calling.approve(address(escrow), 2 * uint256(DUTY));
        Terms memory t = dutiable();
        t.clauses[0].duties.token = address(calling);
        openWithClauses(t);
        Terms memory other = dutiable();
        other.clauses[0].duties.token = address(calling);
        other.salt = keccak256("other");
        openWithClauses(other);
        Assessment memory again = assessmentOf(t, DUTY);
        bytes memory signature = signAssessment(AUTHORITY_KEY, again);
        calling.callBack(
            address(duties), abi.encodeCall(IDuties.assess, (t, again, authority, signature))
        );
        assess(t, DUTY);
        assertEq(calling.balanceOf(TAX_PAYEE), 0);
        assertEq(escrow.creditOf(TAX_PAYEE, address(calling)), DUTY);
        assertEq(calling.balanceOf(address(escrow)), 2 * uint256(DUTY));
    }

    /* THE DOOR */

    function test_payDuties_RevertGiven_anyoneButDutiesCalls() public {
        Terms memory t = dutiable();
        openWithClauses(t);
        address[5] memory others = [buyer, authority, TAX_PAYEE, address(disputes), address(returns_)];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, others[i]));
            escrow.payDuties(t, DUTY);
        }
    }
}
