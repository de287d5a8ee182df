// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDisputes, Offer} from "../../contracts/interfaces/IDisputes.sol";
import {IdentifierScheme, IParticipantRegistry, Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {
    Default, Ground, ITradeEscrow, Order, Party, Receipt, Split, State, Terms
} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {SettableCondition} from "./EscrowFixture.sol";
import {HostileToken} from "./HostileToken.sol";
import {LegsFixture} from "./LegsFixture.sol";
import {Pack} from "./Pack.sol";

contract DisputesTest is LegsFixture {
    using Pack for Terms;
    using Packed for *;

    uint256 private constant SECOND_ARBITER_KEY = 0xA6B2;
    uint256 private constant OTHER_ARBITER_KEY = 0x07E6A6B;
    bytes32 private constant EVIDENCE = keccak256("photograph");
    bytes32 private constant REASONS = keccak256("reasons");
    uint40 private constant EVER = type(uint40).max;

    function setUp() public {
        setUpClauses();
    }

    function arbitrated() private view returns (Terms memory) {
        return withArbitration(terms());
    }

    function sinceOf(Terms memory t) private view returns (uint40) {
        return escrow.getOrder(escrow.orderId(t)).since;
    }

    function feeOf(uint256 proceeds) private pure returns (uint256) {
        return proceeds * FEE_BPS / 10_000;
    }

    function disputeBy(address party, Terms memory t) private {
        vm.prank(party);
        disputes.dispute(t, EVIDENCE);
    }

    function expectDisputeReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        disputes.dispute(t, EVIDENCE);
    }

    function expectDefaultOpen(Terms memory t, Default standing, uint256 opensAt) private {
        expectDisputeReverts(t, abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, standing, opensAt));
    }

    function disputedInTransit(Terms memory t) private returns (bytes32 id) {
        id = shippedWithClauses(t);
        disputeBy(buyer, t);
    }

    function ruleBy(address caller, Terms memory t, uint256 toBuyer) private {
        vm.prank(caller);
        disputes.rule(t, toBuyer, Fault.Seller, false, REASONS);
    }

    function expectRuleReverts(address caller, Terms memory t, uint256 toBuyer, bytes memory reason) private {
        vm.prank(caller);
        vm.expectRevert(reason);
        disputes.rule(t, toBuyer, Fault.Seller, false, REASONS);
    }

    function propose(address party, Terms memory t, uint120 toBuyer, uint40 until) private {
        vm.prank(party);
        disputes.proposeSplit(t, toBuyer, until);
    }

    function acceptBy(address party, Terms memory t, uint120 toBuyer) private {
        vm.prank(party);
        disputes.acceptSplit(t, toBuyer);
    }

    function expectAcceptReverts(address party, Terms memory t, uint120 toBuyer, bytes memory reason) private {
        vm.prank(party);
        vm.expectRevert(reason);
        disputes.acceptSplit(t, toBuyer);
    }

    function notOffered(address party, uint120 attempted, uint120 offered, uint40 until)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IDisputes.NotOffered.selector, party, attempted, offered, until);
    }

    function stateWrong(bytes32 id, State standing, State expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, standing, expected);
    }

    function assertRecorded(bytes32 id, Ground ground, Fault fault, uint256 toBuyer) private view {
        Order memory order = escrow.getOrder(id);
        assertEq(uint256(order.state), uint256(State.Settled));
        assertEq(uint256(order.ground), uint256(ground));
        assertEq(uint256(order.fault), uint256(fault));
        assertEq(order.toBuyer, toBuyer);
    }

    /// @dev What the seller's side and the platform get of what a split leaves, and that nobody else got anything.
    function assertProceeds(uint256 proceeds) private {
        assertGot(address(token), seller, proceeds - feeOf(proceeds));
        assertGot(address(token), platform, feeOf(proceeds));
        assertNobodyElseGot();
        assertHolds(0, 0, 0);
    }

    /* AT OPENING */

    function expectOpenReverts(Terms memory t, bytes memory reason) private {
        vm.prank(buyer);
        vm.expectRevert(reason);
        escrow.open(t, "", "", "");
    }

    function expectPartial(Terms memory t, Party role, address party) private {
        expectOpenReverts(t, abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, role, party));
    }

    function test_open_RevertGiven_theFeeIsAUnitMoreThanThePrice() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.fee = PRICE + 1;
        expectOpenReverts(t, abi.encodeWithSelector(IDisputes.ArbiterFeeTooHigh.selector, PRICE + 1, PRICE));
        t.clauses[0].arbitration.fee = PRICE;
        openFunded(t);
    }

    function test_open_RevertGiven_theSilentShareIsMoreThanTheWhole() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.silentBuyerBps = 10_001;
        expectOpenReverts(t, abi.encodeWithSelector(IDisputes.SilentShareTooHigh.selector, 10_001, 10_000));
        t.clauses[0].arbitration.silentBuyerBps = 10_000;
        openFunded(t);
    }

    function test_open_RevertGiven_theArbiterIsNoKeyOrNoArbiter() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.arbiter = STRANGER;
        expectOpenReverts(t, abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, STRANGER, 0));
        t.clauses[0].arbitration.arbiter = place;
        expectOpenReverts(
            t, abi.encodeWithSelector(IParticipantRegistry.RoleMissing.selector, placeId, Role.Arbiter)
        );
    }

    function test_open_RevertGiven_theArbitersKeyIsRevoked() public {
        registry.revokeKey(arbiterId, arbiter, 0);
        expectOpenReverts(
            arbitrated(),
            abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, arbiter, block.timestamp)
        );
    }

    function test_open_RevertGiven_theArbiterIsAParty() public {
        Terms memory t = arbitrated();
        t.seller = arbiter;
        expectPartial(t, Party.Seller, arbiter);
        t = arbitrated();
        t.platform = arbiter;
        expectPartial(t, Party.Platform, arbiter);
        t = arbitrated();
        t.carrier = arbiter;
        expectPartial(t, Party.Carrier, arbiter);
        t = arbitrated();
        t.buyer = arbiter;
        token.mint(arbiter, FUNDING);
        vm.startPrank(arbiter);
        token.approve(address(escrow), FUNDING);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, Party.Buyer, arbiter));
        escrow.open(t, "", "", "");
        vm.stopPrank();
    }

    function test_open_RevertGiven_aPartyIsAnotherKeyOfTheArbiter() public {
        addKey(arbiterId, SECOND_ARBITER_KEY);
        Terms memory t = arbitrated();
        t.platform = vm.addr(SECOND_ARBITER_KEY);
        expectPartial(t, Party.Platform, t.platform);

        // A key that it revoked was its own all the same
        registry.revokeKey(arbiterId, t.platform, 0);
        expectPartial(t, Party.Platform, t.platform);
    }

    /// @dev Why no arbiter is ever one that a party admitted: the registry gives such a participant no such role.
    function test_grantRoles_RevertGiven_aPlatformWouldMakeItsOwnArbiter() public {
        vm.prank(platform);
        bytes32 made = registry.admitSeller(address(this), "NL", IdentifierScheme.NationalRegister, "NL-made");
        uint16 allowed = uint16((1 << (uint8(type(Role).max) + 1)) - 1) & ~registry.MONEY_ROLES();
        bytes4 notAllowed = IParticipantRegistry.RolesNotAllowed.selector;
        vm.expectRevert(abi.encodeWithSelector(notAllowed, uint16(1 << uint8(Role.Arbiter)), allowed));
        registry.grantRoles(made, uint16(1 << uint8(Role.Arbiter)));
    }

    function expectQuotedPartial(Terms memory t, address provider) private {
        bytes memory quote = quoteFor(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, Party.Provider, provider));
        escrow.open(t, "", "", quote);
    }

    /// @dev Whichever token it rather had back would be its ruling.
    function test_open_RevertGiven_theProviderIsTheArbiterOrAnotherKeyOfIt() public {
        Terms memory t = withQuote(arbitrated());
        t.clauses[0].quote.provider = arbiter;
        expectQuotedPartial(t, arbiter);

        t = withQuote(arbitrated());
        uint256 snapshot = vm.snapshotState();
        addKey(arbiterId, LIQUIDITY_KEY);
        expectQuotedPartial(t, liquidity);
        vm.revertToState(snapshot);
        openWithClauses(t);
        assertState(t, State.Accepted);
    }

    function test_open_RevertGiven_theProviderControlsTheArbiter() public {
        moveControl(arbiterId, liquidity);
        expectQuotedPartial(withQuote(arbitrated()), liquidity);

        // Nor is it any party of an order without a quote
        openFunded(arbitrated());
    }

    /// @dev No key of a participant is anybody's controller; but a party need be nobody's key.
    function test_open_RevertGiven_aPartyControlsTheArbiter() public {
        moveControl(arbiterId, buyer);
        expectPartial(arbitrated(), Party.Buyer, buyer);
        vm.prank(buyer);
        registry.proposeController(arbiterId, FINANCIER);
        vm.prank(FINANCIER);
        registry.acceptController(arbiterId);
        Terms memory t = arbitrated();
        t.seller = FINANCIER;
        expectPartial(t, Party.Seller, FINANCIER);
        t = arbitrated();
        t.platform = FINANCIER;
        expectPartial(t, Party.Platform, FINANCIER);
        t = arbitrated();
        t.carrier = FINANCIER;
        expectPartial(t, Party.Carrier, FINANCIER);
        openFunded(arbitrated());
        assertState(arbitrated(), State.Funded);
    }

    /// @dev The controller of before may be a party: it adds no keys any more.
    function test_open_takesAPartyThatControlledTheArbiterBefore() public {
        moveControl(arbiterId, buyer);
        vm.prank(buyer);
        registry.proposeController(arbiterId, STRANGER);
        expectPartial(arbitrated(), Party.Buyer, buyer);
        vm.prank(STRANGER);
        registry.acceptController(arbiterId);
        openFunded(arbitrated());
        assertState(arbitrated(), State.Funded);
    }

    /// @dev An arbiter that is a platform besides rules no seller's case that it answers for.
    function test_open_RevertGiven_theArbiterAdmittedAParty() public {
        uint256 otherPlatformKey = 0x07E6914;
        admit(otherPlatformKey, Role.Platform, "other platform");
        registry.grantRoles(arbiterId, uint16(1 << uint8(Role.Platform)));
        Terms memory t = arbitrated();
        (, t.seller) = admittedBy(arbiter, "NL-its own", 0x5E11E61);
        expectPartial(t, Party.Seller, t.seller);
        t = arbitrated();
        (, t.buyer) = admittedBy(arbiter, "NL-a shop that buys", 0x5E11E62);
        vm.prank(t.buyer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, Party.Buyer, t.buyer));
        escrow.open(t, "", "", "");

        // A seller that another platform admitted is nothing to it
        t = arbitrated();
        (, t.seller) = admittedBy(vm.addr(otherPlatformKey), "NL-another's", 0x5E11E63);
        openFunded(t);
        assertState(t, State.Funded);
    }

    function admittedBy(address admitting, string memory identifier, uint256 key)
        private
        returns (bytes32 id, address party)
    {
        vm.prank(admitting);
        id = registry.admitSeller(address(this), "NL", IdentifierScheme.NationalRegister, identifier);
        addKey(id, key);
        party = vm.addr(key);
    }

    function moveControl(bytes32 participant, address to) private {
        registry.proposeController(participant, to);
        vm.prank(to);
        registry.acceptController(participant);
    }

    function test_open_looksAtNoArbiterWithoutAWindow() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.window = 0;
        t.clauses[0].arbitration.arbiter = seller;
        openFunded(t);
        assertState(t, State.Funded);
    }

    /* DISPUTE */

    function test_dispute_byTheBuyerHoldsAShippedOrder() public {
        Terms memory t = arbitrated();
        bytes32 id = shippedWithClauses(t);
        list();
        from(address(disputes));
        emit IDisputes.Disputed(id, buyer, EVIDENCE);
        from(address(escrow));
        emit ITradeEscrow.Held(id, State.Disputed);
        listed();
        disputeBy(buyer, t);
        assertListed();
        assertState(t, State.Disputed);
        assertEq(sinceOf(t), block.timestamp);
        assertEq(token.balanceOf(address(escrow)), FUNDING);
    }

    function test_dispute_byTheBuyerOfADeliveredOrderAndWhileTheGoodsComeBack() public {
        Terms memory t = withReturns(arbitrated());
        deliveredWithClauses(t);
        disputeBy(buyer, t);
        assertState(t, State.Disputed);
        t.salt = keccak256("second");
        returnRequested(t);
        disputeBy(buyer, t);
        assertState(t, State.Disputed);
        t.salt = keccak256("third");
        returnReceived(t);
        disputeBy(buyer, t);
        assertState(t, State.Disputed);
    }

    function expectSellerNotYet(Terms memory t, State standing) private {
        assertState(t, standing);
        vm.prank(seller);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.SellerNotYet.selector, standing, t.schedule.deliverBy())
        );
        disputes.dispute(t, EVIDENCE);
    }

    function test_dispute_bySellerOnceTheGoodsAreBack() public {
        Terms memory t = withReturns(arbitrated());
        bytes32 id = returnReceived(t);
        list();
        from(address(disputes));
        emit IDisputes.Disputed(id, seller, EVIDENCE);
        from(address(escrow));
        emit ITradeEscrow.Held(id, State.Disputed);
        listed();
        disputeBy(seller, t);
        assertListed();
        assertState(t, State.Disputed);
    }

    /// @dev A carrier that lost the goods, or keeps its receipt: from the second after the delivery was due.
    function test_dispute_bySellerOfAShippedOrderFromTheSecondAfterDeliverBy() public {
        Terms memory t = arbitrated();
        shippedWithClauses(t);
        expectSellerNotYet(t, State.Shipped);
        vm.warp(t.schedule.deliverBy());
        expectSellerNotYet(t, State.Shipped);
        vm.warp(uint256(t.schedule.deliverBy()) + 1);
        disputeBy(seller, t);
        assertState(t, State.Disputed);

        // And to the last second of the claim window, as the buyer
        t = withArbitration(terms());
        t.salt = keccak256("second");
        shippedWithClauses(t);
        uint256 claimBy = t.schedule.claimBy();
        vm.warp(claimBy + 1);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.DefaultOpen.selector, Default.Refund, claimBy + 1));
        disputes.dispute(t, EVIDENCE);
        vm.warp(claimBy);
        disputeBy(seller, t);
        assertState(t, State.Disputed);
    }

    /// @dev Overdue or not: a dispute of what is with the buyer, or on its way back, would take its rights away.
    function test_dispute_bySeller_RevertGiven_theGoodsAreNeitherBackNorOverdue() public {
        Terms memory t = withReturns(arbitrated());
        expectSellerNotYet(t, State.None);
        openFunded(t);
        expectSellerNotYet(t, State.Funded);
        escrow.accept(t, acceptConsent(t));
        expectSellerNotYet(t, State.Accepted);
        vm.warp(t.schedule.shipBy());
        vm.prank(seller);
        escrow.ship(t, "unit");
        expectSellerNotYet(t, State.Shipped);
        vm.warp(t.schedule.claimBy());
        deliver(t);
        expectSellerNotYet(t, State.Delivered);
        vm.prank(buyer);
        returns_.requestReturn(t, "");
        expectSellerNotYet(t, State.ReturnRequested);
        disputeBy(buyer, t);
        expectSellerNotYet(t, State.Disputed);
        ruleBy(arbiter, t, 0);
        expectSellerNotYet(t, State.Settled);
    }

    function test_dispute_RevertGiven_theOrderIsNotShipped() public {
        Terms memory t = arbitrated();
        bytes32 id = escrow.orderId(t);
        expectDisputeReverts(t, stateWrong(id, State.None, State.Shipped));
        openFunded(t);
        expectDisputeReverts(t, stateWrong(id, State.Funded, State.Shipped));
        escrow.accept(t, acceptConsent(t));
        expectDisputeReverts(t, stateWrong(id, State.Accepted, State.Shipped));
    }

    function test_dispute_RevertGiven_itIsDisputedOrOver() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        expectDisputeReverts(t, stateWrong(id, State.Disputed, State.Shipped));
        ruleBy(arbiter, t, 0);
        expectDisputeReverts(t, stateWrong(id, State.Settled, State.Shipped));
    }

    function test_dispute_RevertGiven_theTermsNameNoArbiter() public {
        Terms memory t = terms();
        bytes32 id = openShipped(t);
        expectDisputeReverts(t, abi.encodeWithSelector(IDisputes.NoArbitration.selector, id));
        t = withReturns(terms());
        id = shippedWithClauses(t);
        expectDisputeReverts(t, abi.encodeWithSelector(IDisputes.NoArbitration.selector, id));
    }

    function test_dispute_RevertGiven_theCallerIsNeitherBuyerNorSeller() public {
        Terms memory t = arbitrated();
        shippedWithClauses(t);
        address[4] memory others = [STRANGER, platform, carrier, arbiter];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, others[i]));
            disputes.dispute(t, EVIDENCE);
        }
    }

    function test_dispute_inTheLastSecondOfTheClaimWindowAndNoLater() public {
        Terms memory t = arbitrated();
        shippedWithClauses(t);
        uint256 claimBy = t.schedule.claimBy();
        vm.warp(claimBy + 1);
        expectDefaultOpen(t, Default.Refund, claimBy + 1);
        vm.warp(claimBy);
        disputeBy(buyer, t);
        assertState(t, State.Disputed);
    }

    function test_dispute_inTheLastSecondOfTheInspectionWindowAndNoLater() public {
        Terms memory t = arbitrated();
        deliveredWithClauses(t);
        uint256 last = uint256(sinceOf(t)) + t.schedule.inspectionWindow();
        vm.warp(last + 1);
        expectDefaultOpen(t, Default.Release, last + 1);
        vm.warp(last);
        disputeBy(buyer, t);
        assertState(t, State.Disputed);
    }

    function test_dispute_RevertGiven_theReturnLapsedOrItsPolicyApplies() public {
        Terms memory t = withReturns(arbitrated());
        returnRequested(t);
        uint256 opensAt = uint256(sinceOf(t)) + RECEIVE_WINDOW + 1;
        vm.warp(opensAt);
        expectDefaultOpen(t, Default.Release, opensAt);

        vm.warp(opensAt - 1);
        returns_.receiveReturn(t, returnReceiptOf(t), place, signReturnReceipt(PLACE_KEY, returnReceiptOf(t)));
        opensAt = uint256(sinceOf(t)) + SETTLE_WINDOW + 1;
        vm.warp(opensAt);
        expectDefaultOpen(t, Default.PolicyRefund, opensAt);
    }

    function test_dispute_RevertGiven_theConditionFailed() public {
        SettableCondition condition = new SettableCondition();
        Terms memory t = arbitrated();
        t.condition = address(condition);
        t.setConditionBy(t.schedule.shipBy() + 2 days);
        shippedWithClauses(t);
        vm.warp(uint256(t.schedule.conditionBy()) + 1);
        expectDefaultOpen(t, Default.Refund, uint256(t.schedule.conditionBy()) + 1);
        condition.set(ConditionStatus.Rejected, Fault.Buyer);
        expectDefaultOpen(t, Default.Refund, sinceOf(t));
    }

    /* EVIDENCE */

    function test_submitEvidence_byEachWhoTakesPart() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        address[4] memory parties = [buyer, seller, platform, carrier];
        list();
        for (uint256 i; i < parties.length; ++i) {
            from(address(disputes));
            emit IDisputes.EvidenceSubmitted(id, parties[i], EVIDENCE);
        }
        listed();
        for (uint256 i; i < parties.length; ++i) {
            vm.prank(parties[i]);
            disputes.submitEvidence(t, EVIDENCE);
        }
        assertListed();
    }

    function test_submitEvidence_RevertGiven_aStrangerOrTheArbiter() public {
        Terms memory t = arbitrated();
        disputed(t);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, STRANGER));
        disputes.submitEvidence(t, EVIDENCE);
        vm.prank(arbiter);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, arbiter));
        disputes.submitEvidence(t, EVIDENCE);
    }

    function test_submitEvidence_RevertGiven_theOrderIsNotDisputed() public {
        Terms memory t = arbitrated();
        bytes32 id = deliveredWithClauses(t);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotDisputed.selector, id));
        disputes.submitEvidence(t, EVIDENCE);
        disputeBy(buyer, t);
        ruleBy(arbiter, t, 0);
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotDisputed.selector, id));
        disputes.submitEvidence(t, EVIDENCE);
    }

    /* RULE */

    function test_rule_dividesThePriceOfADeliveredOrder() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        assertEq(disputes.disputedAmount(t), PRICE);
        mark();
        uint256 proceeds = PRICE - 40e6 - ARBITER_FEE;

        list();
        from(address(disputes));
        emit IDisputes.Ruled(id, arbiter, 40e6, REASONS);
        from(address(escrow));
        emit ITradeEscrow.Settled(id, Ground.Ruled, Fault.Seller, Split(40e6, FREIGHT, ARBITER_FEE));
        from(address(token));
        emit IERC20.Transfer(address(escrow), buyer, 40e6);
        from(address(token));
        emit IERC20.Transfer(address(escrow), seller, proceeds - feeOf(proceeds));
        from(address(token));
        emit IERC20.Transfer(address(escrow), platform, feeOf(proceeds));
        from(address(token));
        emit IERC20.Transfer(address(escrow), carrier, FREIGHT);
        from(address(token));
        emit IERC20.Transfer(address(escrow), arbiter, ARBITER_FEE);
        listed();
        ruleBy(arbiter, t, 40e6);
        assertListed();

        assertGot(address(token), buyer, 40e6);
        assertGot(address(token), carrier, FREIGHT);
        assertGot(address(token), arbiter, ARBITER_FEE);
        assertProceeds(proceeds);
        assertRecorded(id, Ground.Ruled, Fault.Seller, 40e6);
    }

    function test_rule_thatFindsCounterfeitGoodsIsAGroundOfItsOwn() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Settled(id, Ground.Counterfeit, Fault.Seller, Split(40e6, FREIGHT, ARBITER_FEE));
        vm.prank(arbiter);
        disputes.rule(t, 40e6, Fault.Seller, true, REASONS);
        assertRecorded(id, Ground.Counterfeit, Fault.Seller, 40e6);
        assertEq(badOf(sellerId), 1000);
    }

    function test_rule_RevertGiven_counterfeitGoodsAtAnothersFault() public {
        Terms memory t = arbitrated();
        disputed(t);
        Fault[3] memory faults = [Fault.Nobody, Fault.Buyer, Fault.Carrier];
        for (uint256 i; i < faults.length; ++i) {
            vm.prank(arbiter);
            vm.expectRevert(abi.encodeWithSelector(IDisputes.FaultNotSellers.selector, faults[i]));
            disputes.rule(t, 40e6, faults[i], true, REASONS);
        }
    }

    function test_rule_dividesPriceAndFreightOfAnOrderInTransit() public {
        Terms memory t = arbitrated();
        bytes32 id = disputedInTransit(t);
        assertEq(disputes.disputedAmount(t), FUNDING);
        mark();
        ruleBy(arbiter, t, FUNDING - ARBITER_FEE);
        assertGot(address(token), buyer, FUNDING - ARBITER_FEE);
        assertGot(address(token), arbiter, ARBITER_FEE);
        assertProceeds(0);
        assertRecorded(id, Ground.Ruled, Fault.Seller, FUNDING - ARBITER_FEE);
    }

    function test_rule_RevertGiven_theShareIsAUnitAboveWhatTheFeeLeaves() public {
        Terms memory t = arbitrated();
        disputedInTransit(t);
        uint256 most = FUNDING - ARBITER_FEE;
        bytes memory tooHigh = abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, most + 1, most);
        expectRuleReverts(arbiter, t, most + 1, tooHigh);
        ruleBy(arbiter, t, most);
        assertRecorded(escrow.orderId(t), Ground.Ruled, Fault.Seller, most);

        // Of a delivered order too: a share that no dispute could have is a mistake, not a receipt that came between
        t.salt = keccak256("delivered");
        disputed(t);
        expectRuleReverts(arbiter, t, most + 1, tooHigh);
        tooHigh = abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, type(uint256).max, most);
        expectRuleReverts(arbiter, t, type(uint256).max, tooHigh);
    }

    /// @dev To the unit: what a delivery leaves in dispute is given in full, and what goes beyond is cut to it.
    function test_rule_cutsAShareOfWhatWasDeliveredToWhatTheFeeLeaves() public {
        uint256 most = PRICE - ARBITER_FEE;
        uint256[4] memory shares = [most - 1, most, most + 1, FUNDING - ARBITER_FEE];
        for (uint256 i; i < shares.length; ++i) {
            Terms memory t = arbitrated();
            t.salt = bytes32(i);
            bytes32 id = disputed(t);
            uint256 given = shares[i] < most ? shares[i] : most;
            mark();
            vm.prank(arbiter);
            vm.expectEmit(address(disputes));
            emit IDisputes.Ruled(id, arbiter, given, REASONS);
            disputes.rule(t, shares[i], Fault.Seller, false, REASONS);
            assertGot(address(token), buyer, given);
            assertGot(address(token), arbiter, ARBITER_FEE);
            assertGot(address(token), carrier, FREIGHT);
            assertProceedsBeside(most - given);
            assertRecorded(id, Ground.Ruled, Fault.Seller, given);
        }
    }

    function assertProceedsBeside(uint256 proceeds) private {
        assertGot(address(token), seller, proceeds - feeOf(proceeds));
        assertGot(address(token), platform, feeOf(proceeds));
        assertNobodyElseGot();
    }

    function test_rule_forTheWholePriceAsItsFeeLeavesNeitherSideAnything() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.fee = PRICE;
        disputed(t);
        bytes memory tooHigh = abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, FREIGHT + 1, FREIGHT);
        expectRuleReverts(arbiter, t, FREIGHT + 1, tooHigh);
        mark();
        ruleBy(arbiter, t, FREIGHT);
        assertRecorded(escrow.orderId(t), Ground.Ruled, Fault.Seller, 0);
        assertGot(address(token), arbiter, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(0);
    }

    function test_rule_withoutAFeePaysTheArbiterNothing() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.fee = 0;
        disputed(t);
        mark();
        ruleBy(arbiter, t, 0);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE);
    }

    function test_rule_paysTheLeastFee() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.fee = 1;
        disputed(t);
        mark();
        ruleBy(arbiter, t, 0);
        assertGot(address(token), arbiter, 1);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE - 1);
    }

    function test_rule_byAnotherKeyOfTheArbiterPaysTheOneThatTheTermsName() public {
        addKey(arbiterId, SECOND_ARBITER_KEY);
        Terms memory t = arbitrated();
        disputed(t);
        registry.revokeKey(arbiterId, arbiter, 0);
        mark();
        ruleBy(vm.addr(SECOND_ARBITER_KEY), t, 0);
        assertGot(address(token), arbiter, ARBITER_FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE - ARBITER_FEE);
    }

    function test_rule_RevertGiven_theCallersKeyIsRevoked() public {
        Terms memory t = arbitrated();
        disputed(t);
        registry.revokeKey(arbiterId, arbiter, 0);
        bytes4 notValid = IParticipantRegistry.KeyNotValid.selector;
        expectRuleReverts(arbiter, t, 0, abi.encodeWithSelector(notValid, arbiter, block.timestamp));
    }

    function test_rule_RevertGiven_theRoleIsLost() public {
        Terms memory t = arbitrated();
        disputed(t);
        registry.revokeRoles(arbiterId, uint16(1 << uint8(Role.Arbiter)));
        bytes4 missing = IParticipantRegistry.RoleMissing.selector;
        expectRuleReverts(arbiter, t, 0, abi.encodeWithSelector(missing, arbiterId, Role.Arbiter));
    }

    function test_rule_RevertGiven_anotherArbiterOrAPartyRules() public {
        bytes32 otherId = admit(OTHER_ARBITER_KEY, Role.Arbiter, "other arbiter");
        Terms memory t = arbitrated();
        disputed(t);
        expectRuleReverts(
            vm.addr(OTHER_ARBITER_KEY),
            t,
            0,
            abi.encodeWithSelector(IDisputes.ArbiterForeign.selector, otherId, arbiterId)
        );
        expectRuleReverts(
            buyer, t, 0, abi.encodeWithSelector(IParticipantRegistry.KeyNotValid.selector, buyer, 0)
        );
    }

    function test_rule_RevertGiven_aPartysKeyBecameTheArbitersOwn() public {
        Terms memory t = arbitrated();
        disputed(t);
        addKey(arbiterId, BUYER_KEY);
        bytes memory reason = abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, Party.Buyer, buyer);
        expectRuleReverts(arbiter, t, 0, reason);
        expectRuleReverts(buyer, t, 0, reason);
    }

    /// @dev Checked again at the ruling: who became whose in between.
    function test_rule_RevertGiven_theArbiterBecameTheProvidersOrAPartys() public {
        Terms memory t = withQuote(arbitrated());
        disputed(t);
        uint256 snapshot = vm.snapshotState();
        addKey(arbiterId, LIQUIDITY_KEY);
        bytes memory reason =
            abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, Party.Provider, liquidity);
        expectRuleReverts(arbiter, t, 0, reason);
        expectRuleReverts(liquidity, t, 0, reason);
        vm.revertToState(snapshot);

        moveControl(arbiterId, buyer);
        reason = abi.encodeWithSelector(IDisputes.ArbiterPartial.selector, Party.Buyer, buyer);
        expectRuleReverts(arbiter, t, 0, reason);
        vm.revertToState(snapshot);
        ruleBy(arbiter, t, 0);
        assertState(t, State.Settled);
    }

    function test_rule_RevertGiven_theOrderIsNotDisputed() public {
        Terms memory t = arbitrated();
        bytes32 id = deliveredWithClauses(t);
        bytes memory notDisputed = abi.encodeWithSelector(IDisputes.NotDisputed.selector, id);
        expectRuleReverts(arbiter, t, 0, notDisputed);
        disputeBy(buyer, t);
        ruleBy(arbiter, t, 0);
        expectRuleReverts(arbiter, t, 0, notDisputed);
        t = terms();
        id = openDelivered(t);
        expectRuleReverts(arbiter, t, 0, abi.encodeWithSelector(IDisputes.NotDisputed.selector, id));
    }

    function test_rule_inTheLastSecondOfTheWindowAndNoLater() public {
        Terms memory t = arbitrated();
        disputed(t);
        uint256 deadline = uint256(sinceOf(t)) + ARBITRATION_WINDOW;
        vm.warp(deadline + 1);
        expectRuleReverts(
            arbiter, t, 0, abi.encodeWithSelector(IDisputes.TooLate.selector, deadline + 1, deadline)
        );
        vm.warp(deadline);
        ruleBy(arbiter, t, 0);
        assertState(t, State.Settled);
    }

    /// @dev Any price, fee and share: what is divided is the price or, undelivered, all, and nothing is left.
    function testFuzz_rule_conservesTheOrder(uint256 price, uint256 freight, uint256 fee, uint256 share, bool arrived)
        public
    {
        Terms memory t = arbitrated();
        t.setPrice(bound(price, 1, 1e30));
        t.setFreight(bound(freight, 0, 1e30));
        t.clauses[0].arbitration.fee = uint128(bound(fee, 0, t.amounts.price()));
        token.mint(buyer, t.amounts.total());
        if (arrived) disputed(t);
        else disputedInTransit(t);
        uint256 most = disputes.disputedAmount(t) - t.clauses[0].arbitration.fee;
        share = bound(share, 0, most);
        mark();
        ruleBy(arbiter, t, share);
        assertGot(address(token), buyer, share);
        assertGot(address(token), arbiter, t.clauses[0].arbitration.fee);
        assertGot(address(token), carrier, arrived ? t.amounts.freight() : 0);
        assertProceeds(most - share);
    }

    /* THE ARBITER STAYS SILENT */

    function test_settleUnruled_byAnyoneFromTheSecondAfterTheWindow() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        uint256 opensAt = uint256(sinceOf(t)) + ARBITRATION_WINDOW + 1;
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.TooEarly.selector, opensAt - 1, opensAt));
        disputes.settleUnruled(t);

        mark();
        uint256 toBuyer = uint256(PRICE) * SILENT_BUYER_BPS / 10_000;
        vm.warp(opensAt);
        list();
        from(address(escrow));
        emit ITradeEscrow.Settled(id, Ground.NotRuled, Fault.Nobody, Split(toBuyer, FREIGHT, 0));
        from(address(token));
        emit IERC20.Transfer(address(escrow), buyer, toBuyer);
        from(address(token));
        emit IERC20.Transfer(address(escrow), seller, PRICE - toBuyer - feeOf(PRICE - toBuyer));
        from(address(token));
        emit IERC20.Transfer(address(escrow), platform, feeOf(PRICE - toBuyer));
        from(address(token));
        emit IERC20.Transfer(address(escrow), carrier, FREIGHT);
        listed();
        vm.prank(STRANGER);
        disputes.settleUnruled(t);
        assertListed();
        assertGot(address(token), buyer, toBuyer);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE - toBuyer);
        assertRecorded(id, Ground.NotRuled, Fault.Nobody, toBuyer);
    }

    function test_settleUnruled_dividesTheFreightTooIfItNeverArrived() public {
        Terms memory t = arbitrated();
        disputedInTransit(t);
        vm.warp(uint256(sinceOf(t)) + ARBITRATION_WINDOW + 1);
        mark();
        disputes.settleUnruled(t);
        uint256 toBuyer = FUNDING * SILENT_BUYER_BPS / 10_000;
        assertGot(address(token), buyer, toBuyer);
        assertProceeds(FUNDING - toBuyer);
    }

    function testFuzz_settleUnruled_roundsTheBuyersShareDown(uint256 price, uint16 bps) public {
        Terms memory t = arbitrated();
        t.setPrice(bound(price, 1, 1e30));
        t.clauses[0].arbitration.fee = 0;
        t.clauses[0].arbitration.silentBuyerBps = uint16(bound(bps, 0, 10_000));
        token.mint(buyer, t.amounts.total());
        disputed(t);
        vm.warp(uint256(sinceOf(t)) + ARBITRATION_WINDOW + 1);
        mark();
        disputes.settleUnruled(t);
        uint256 toBuyer = t.amounts.price() * t.clauses[0].arbitration.silentBuyerBps / 10_000;
        assertGot(address(token), buyer, toBuyer);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(t.amounts.price() - toBuyer);
    }

    function test_settleUnruled_RevertGiven_theOrderIsNotDisputed() public {
        Terms memory t = arbitrated();
        bytes32 id = deliveredWithClauses(t);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotDisputed.selector, id));
        disputes.settleUnruled(t);
    }

    /* OFFERS */

    function test_proposeSplit_isKeptByPartyAndReplacedByALaterOne() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        list();
        from(address(disputes));
        emit IDisputes.SplitProposed(id, seller, 10e6, EVER);
        from(address(disputes));
        emit IDisputes.SplitProposed(id, seller, 20e6, EVER - 1);
        listed();
        propose(seller, t, 10e6, EVER);
        propose(seller, t, 20e6, EVER - 1);
        assertListed();
        Offer memory offer = disputes.offerOf(id, seller);
        assertEq(offer.toBuyer, 20e6);
        assertEq(offer.until, EVER - 1);
        assertEq(uint256(offer.state), uint256(State.Disputed));
        assertTrue(offer.delivered);
        assertEq(disputes.offerOf(id, buyer).until, 0);
        expectAcceptReverts(buyer, t, 10e6, notOffered(seller, 10e6, 20e6, EVER - 1));
        acceptBy(buyer, t, 20e6);
        assertState(t, State.Settled);
    }

    function test_proposeSplit_RevertGiven_theCallerIsNoPrincipal() public {
        Terms memory t = arbitrated();
        disputed(t);
        address[4] memory others = [STRANGER, platform, FINANCIER, arbiter];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IDisputes.NotParty.selector, others[i]));
            disputes.proposeSplit(t, 1, EVER);
        }
    }

    function test_proposeSplit_RevertGiven_theOrderIsNotAccepted() public {
        Terms memory t = terms();
        bytes32 id = escrow.orderId(t);
        expectProposeReverts(buyer, t, abi.encodeWithSelector(IDisputes.NotAccepted.selector, id));
        openFunded(t);
        expectProposeReverts(buyer, t, abi.encodeWithSelector(IDisputes.NotAccepted.selector, id));
        expectProposeReverts(seller, t, abi.encodeWithSelector(IDisputes.NotAccepted.selector, id));
        uint256 snapshot = vm.snapshotState();
        vm.prank(buyer);
        escrow.cancel(t);
        expectProposeReverts(seller, t, abi.encodeWithSelector(IDisputes.NotAccepted.selector, id));
        vm.revertToState(snapshot);
        escrow.accept(t, acceptConsent(t));
        propose(seller, t, 1, EVER);
        assertEq(uint256(disputes.offerOf(id, seller).state), uint256(State.Accepted));
        assertFalse(disputes.offerOf(id, seller).delivered);
    }

    function expectProposeReverts(address party, Terms memory t, bytes memory reason) private {
        vm.prank(party);
        vm.expectRevert(reason);
        disputes.proposeSplit(t, 1, EVER);
    }

    function test_acceptSplit_byTheBuyerSettlesADisputeWithoutTheArbiter() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        propose(seller, t, 30e6, uint40(block.timestamp));
        mark();
        list();
        from(address(disputes));
        emit IDisputes.SplitAccepted(id, buyer, 30e6);
        from(address(escrow));
        emit ITradeEscrow.Settled(id, Ground.Agreed, Fault.Nobody, Split(30e6, FREIGHT, 0));
        from(address(token));
        emit IERC20.Transfer(address(escrow), buyer, 30e6);
        from(address(token));
        emit IERC20.Transfer(address(escrow), seller, PRICE - 30e6 - feeOf(PRICE - 30e6));
        from(address(token));
        emit IERC20.Transfer(address(escrow), platform, feeOf(PRICE - 30e6));
        from(address(token));
        emit IERC20.Transfer(address(escrow), carrier, FREIGHT);
        listed();
        acceptBy(buyer, t, 30e6);
        assertListed();
        assertGot(address(token), buyer, 30e6);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE - 30e6);
        assertRecorded(id, Ground.Agreed, Fault.Nobody, 30e6);
    }

    function test_acceptSplit_byTheSellerOfAnUndisputedOrderWithoutAnyClause() public {
        Terms memory t = terms();
        openAccepted(t);
        propose(buyer, t, uint120(FUNDING), EVER);
        mark();
        acceptBy(seller, t, uint120(FUNDING));
        assertGot(address(token), buyer, FUNDING);
        assertProceeds(0);
        assertRecorded(escrow.orderId(t), Ground.Agreed, Fault.Nobody, FUNDING);
    }

    function test_acceptSplit_ofNothingForTheBuyerLeavesTheSellerTheFreightOfGoodsThatNeverArrived() public {
        Terms memory t = terms();
        openAccepted(t);
        propose(seller, t, 0, EVER);
        mark();
        acceptBy(buyer, t, 0);
        assertProceeds(FUNDING);
    }

    function test_acceptSplit_RevertGiven_nothingIsOffered() public {
        Terms memory t = arbitrated();
        disputed(t);
        expectAcceptReverts(buyer, t, 0, notOffered(seller, 0, 0, 0));
        expectAcceptReverts(seller, t, 0, notOffered(buyer, 0, 0, 0));
    }

    function test_acceptSplit_RevertGiven_onlyTheCallersOwnOfferStands() public {
        Terms memory t = arbitrated();
        disputed(t);
        propose(buyer, t, 90e6, EVER);
        expectAcceptReverts(buyer, t, 90e6, notOffered(seller, 90e6, 0, 0));
        address[3] memory others = [STRANGER, carrier, arbiter];
        for (uint256 i; i < others.length; ++i) {
            expectAcceptReverts(others[i], t, 90e6, abi.encodeWithSelector(IDisputes.NotParty.selector, others[i]));
        }
    }

    function test_acceptSplit_RevertGiven_theOfferIsOverOrWithdrawn() public {
        Terms memory t = arbitrated();
        disputed(t);
        uint40 until = uint40(block.timestamp + 1 hours);
        propose(seller, t, 30e6, until);
        vm.warp(until + 1);
        expectAcceptReverts(buyer, t, 30e6, notOffered(seller, 30e6, 30e6, until));
        propose(seller, t, 30e6, 0);
        expectAcceptReverts(buyer, t, 30e6, notOffered(seller, 30e6, 30e6, 0));
    }

    function test_acceptSplit_RevertGiven_moreThanIsDisputed() public {
        Terms memory t = arbitrated();
        disputed(t);
        propose(seller, t, uint120(PRICE) + 1, EVER);
        expectAcceptReverts(
            buyer, t, uint120(PRICE) + 1, abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, PRICE + 1, PRICE)
        );
    }

    /// @dev An offer over price and freight that the carrier's receipt overtook.
    function test_acceptSplit_RevertGiven_theCarrierDeliveredInBetween() public {
        Terms memory t = arbitrated();
        shippedWithClauses(t);
        propose(seller, t, uint120(FUNDING), EVER);
        deliver(t);
        expectAcceptReverts(buyer, t, uint120(FUNDING), notOffered(seller, uint120(FUNDING), uint120(FUNDING), EVER));
    }

    /// @dev What was offered for an order as it stood is not offered for what it has become, by either side.
    function test_acceptSplit_RevertGiven_theOrderIsInAnotherStateThanWhenItWasOffered() public {
        Terms memory t = withReturns(arbitrated());
        openWithClauses(t);
        proposeBoth(t);
        vm.prank(seller);
        escrow.ship(t, "unit");
        expectStaleThenRenewed(t, State.Shipped);
        deliver(t);
        expectStaleThenRenewed(t, State.Delivered);
        vm.prank(buyer);
        returns_.requestReturn(t, "");
        expectStaleThenRenewed(t, State.ReturnRequested);
        returns_.receiveReturn(t, returnReceiptOf(t), place, signReturnReceipt(PLACE_KEY, returnReceiptOf(t)));
        expectStaleThenRenewed(t, State.ReturnReceived);
        disputeBy(buyer, t);
        expectStaleThenRenewed(t, State.Disputed);
    }

    /// @dev In one state: the receipt that comes in a dispute changes what is disputed.
    function test_acceptSplit_RevertGiven_aReceiptCameInTheDisputeSinceItWasOffered() public {
        Terms memory t = arbitrated();
        bytes32 id = disputedInTransit(t);
        proposeBoth(t);
        assertFalse(disputes.offerOf(id, seller).delivered);
        deliver(t);
        expectStaleThenRenewed(t, State.Disputed);
        assertTrue(disputes.offerOf(id, seller).delivered);
    }

    function proposeBoth(Terms memory t) private {
        propose(buyer, t, 30e6, EVER);
        propose(seller, t, 30e6, EVER);
    }

    /// @dev Neither side's offer holds any more; each does once it is made again, for the order as it stands.
    function expectStaleThenRenewed(Terms memory t, State standing) private {
        assertState(t, standing);
        expectAcceptReverts(buyer, t, 30e6, notOffered(seller, 30e6, 30e6, EVER));
        expectAcceptReverts(seller, t, 30e6, notOffered(buyer, 30e6, 30e6, EVER));
        proposeBoth(t);
        uint256 snapshot = vm.snapshotState();
        acceptBy(buyer, t, 30e6);
        assertState(t, State.Settled);
        vm.revertToState(snapshot);
        acceptBy(seller, t, 30e6);
        assertState(t, State.Settled);
        vm.revertToState(snapshot);
    }

    function test_acceptSplit_RevertGiven_theOrderIsNotAcceptedOrIsOver() public {
        Terms memory t = arbitrated();
        bytes32 id = openFunded(t);
        expectAcceptReverts(buyer, t, 30e6, notOffered(seller, 30e6, 0, 0));
        escrow.accept(t, acceptConsent(t));
        propose(seller, t, 30e6, EVER);
        acceptBy(buyer, t, 30e6);
        expectAcceptReverts(buyer, t, 30e6, notOffered(seller, 30e6, 30e6, EVER));

        // Nor by an offer made since
        propose(seller, t, 30e6, EVER);
        expectAcceptReverts(buyer, t, 30e6, stateWrong(id, State.Settled, State.Accepted));
    }

    /// @dev Until the arbiter's silence is acted on, the parties still agree.
    function test_acceptSplit_onceTheArbitersTimeIsOver() public {
        Terms memory t = arbitrated();
        disputed(t);
        vm.warp(block.timestamp + ARBITRATION_WINDOW + 1 days);
        propose(buyer, t, 1, EVER);
        acceptBy(seller, t, 1);
        assertState(t, State.Settled);
    }

    /* ASSIGNMENT */

    function assignedDispute() private returns (Terms memory t) {
        t = arbitrated();
        shippedWithClauses(t);
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 60e6);
        deliver(t);
        disputeBy(buyer, t);
    }

    function test_acceptSplit_RevertGiven_theAssigneeOffersNothingOrSomethingElse() public {
        Terms memory t = assignedDispute();
        propose(seller, t, 50e6, EVER);
        expectAcceptReverts(buyer, t, 50e6, notOffered(FINANCIER, 50e6, 0, 0));
        propose(FINANCIER, t, 49e6, EVER);
        expectAcceptReverts(buyer, t, 50e6, notOffered(FINANCIER, 50e6, 49e6, EVER));
        uint40 until = uint40(block.timestamp);
        propose(FINANCIER, t, 50e6, until);
        vm.warp(until + 1);
        expectAcceptReverts(buyer, t, 50e6, notOffered(FINANCIER, 50e6, 50e6, until));
    }

    /// @dev It offered before the receipt or the dispute: it has not heard of either.
    function test_acceptSplit_RevertGiven_theAssigneeOfferedForTheOrderAsItStoodBefore() public {
        Terms memory t = arbitrated();
        shippedWithClauses(t);
        vm.prank(seller);
        escrow.assign(t, FINANCIER, 60e6);
        propose(FINANCIER, t, 50e6, EVER);
        deliver(t);
        propose(seller, t, 50e6, EVER);
        expectAcceptReverts(buyer, t, 50e6, notOffered(FINANCIER, 50e6, 50e6, EVER));
        propose(FINANCIER, t, 50e6, EVER);
        disputeBy(buyer, t);
        propose(seller, t, 50e6, EVER);
        expectAcceptReverts(buyer, t, 50e6, notOffered(FINANCIER, 50e6, 50e6, EVER));
        propose(FINANCIER, t, 50e6, EVER);
        acceptBy(buyer, t, 50e6);
        assertState(t, State.Settled);
    }

    function test_acceptSplit_paysTheAssigneeFirstOnceItOffersTheSame() public {
        Terms memory t = assignedDispute();
        propose(buyer, t, 50e6, EVER);
        propose(FINANCIER, t, 50e6, EVER);
        mark();
        acceptBy(seller, t, 50e6);
        assertGot(address(token), buyer, 50e6);
        assertGot(address(token), FINANCIER, 50e6 - feeOf(50e6));
        assertGot(address(token), seller, 0);
        assertGot(address(token), platform, feeOf(50e6));
        assertGot(address(token), carrier, FREIGHT);
        assertNobodyElseGot();
    }

    function test_acceptSplit_RevertGiven_theAssigneeAccepts() public {
        Terms memory t = assignedDispute();
        propose(buyer, t, 50e6, EVER);
        propose(seller, t, 50e6, EVER);
        expectAcceptReverts(FINANCIER, t, 50e6, abi.encodeWithSelector(IDisputes.NotParty.selector, FINANCIER));
    }

    function test_rule_needsNoAssigneeAndPaysItFirst() public {
        Terms memory t = assignedDispute();
        mark();
        ruleBy(arbiter, t, 0);
        uint256 own = PRICE - ARBITER_FEE - feeOf(PRICE - ARBITER_FEE);
        assertGot(address(token), FINANCIER, 60e6);
        assertGot(address(token), seller, own - 60e6);
        assertGot(address(token), platform, feeOf(PRICE - ARBITER_FEE));
        assertGot(address(token), carrier, FREIGHT);
        assertGot(address(token), arbiter, ARBITER_FEE);
        assertNobodyElseGot();
    }

    /* WHILE DISPUTED */

    function test_release_byTheBuyerEndsTheDispute() public {
        Terms memory t = arbitrated();
        disputed(t);
        mark();
        vm.prank(buyer);
        escrow.release(t);
        assertState(t, State.Released);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE);
    }

    function test_refund_byTheSellerEndsTheDisputeAtItsFault() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        mark();
        vm.prank(seller);
        escrow.refund(t);
        Order memory order = escrow.getOrder(id);
        assertEq(uint256(order.ground), uint256(Ground.SellerRefund));
        assertEq(uint256(order.fault), uint256(Fault.Seller));
        assertGot(address(token), buyer, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(0);
    }

    function test_releaseAndRefund_RevertGiven_aStrangerCallsAtAnyTimeOfADispute() public {
        Terms memory t = arbitrated();
        disputed(t);
        for (uint256 i; i < 2; ++i) {
            bytes4 differs = ITradeEscrow.DefaultDiffers.selector;
            vm.prank(STRANGER);
            vm.expectRevert(abi.encodeWithSelector(differs, Default.Release, Default.SilentSplit));
            escrow.release(t);
            vm.prank(STRANGER);
            vm.expectRevert(abi.encodeWithSelector(differs, Default.Refund, Default.SilentSplit));
            escrow.refund(t);
            vm.warp(uint256(sinceOf(t)) + ARBITRATION_WINDOW + 1);
        }
    }

    function test_settle_withLittleGasIsRefusedWhole() public {
        Terms memory t = withEverything(terms());
        disputed(t);
        bytes memory ruling = abi.encodeCall(IDisputes.rule, (t, 1, Fault.Seller, false, REASONS));
        assertWholeAtAnyGas(arbiter, address(disputes), ruling);
        propose(seller, t, 1, EVER);
        assertWholeAtAnyGas(buyer, address(disputes), abi.encodeCall(IDisputes.acceptSplit, (t, 1)));
        vm.warp(block.timestamp + ARBITRATION_WINDOW + 1);
        assertWholeAtAnyGas(STRANGER, address(disputes), abi.encodeCall(IDisputes.settleUnruled, (t)));
    }

    /// @dev The token calls for the same settlement while it is paid out: it finds the order over and fails.
    function test_settleUnruled_paysOnceThoughTheTokenCallsForItAgain() public {
        HostileToken calling = new HostileToken();
        calling.mint(buyer, FUNDING);
        vm.prank(buyer);
        calling.approve(address(escrow), FUNDING);
        Terms memory t = arbitrated();
        t.token = address(calling);
        disputed(t);
        vm.warp(block.timestamp + ARBITRATION_WINDOW + 1);
        calling.callBack(address(disputes), abi.encodeCall(IDisputes.settleUnruled, (t)));
        disputes.settleUnruled(t);
        uint256 credited = escrow.creditOf(buyer, t.token) + escrow.creditOf(seller, t.token)
            + escrow.creditOf(platform, t.token) + escrow.creditOf(carrier, t.token);
        uint256 paid = calling.balanceOf(buyer) + calling.balanceOf(seller) + calling.balanceOf(platform)
            + calling.balanceOf(carrier);
        assertEq(escrow.creditOf(buyer, t.token), uint256(PRICE) * SILENT_BUYER_BPS / 10_000);
        assertEq(credited + paid, FUNDING);
        assertEq(calling.balanceOf(address(escrow)), credited);
    }

    /* THE CARRIER'S RECEIPT IN A DISPUTE THAT CAME FIRST */

    function expectDeliverReverts(Terms memory t, bytes memory reason) private {
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceipt(CARRIER_KEY, receipt);
        vm.expectRevert(reason);
        escrow.deliver(t, receipt, carrier, signature);
    }

    /// @dev Nobody keeps the freight from a carrier by a dispute a moment before its receipt.
    function test_deliver_inADisputeTakesTheFreightOutOfIt() public {
        Terms memory t = arbitrated();
        bytes32 id = disputedInTransit(t);
        uint40 since = sinceOf(t);
        vm.warp(block.timestamp + 1 hours);
        deliver(t);
        Order memory order = escrow.getOrder(id);
        assertEq(uint256(order.state), uint256(State.Disputed));
        assertTrue(order.delivered);
        assertFalse(order.late);
        assertEq(order.since, since, "the arbiter's time is as it was");
        assertEq(disputes.disputedAmount(t), PRICE);

        uint256 most = PRICE - ARBITER_FEE;
        mark();
        ruleBy(arbiter, t, most);
        assertGot(address(token), buyer, most);
        assertGot(address(token), arbiter, ARBITER_FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(0);
    }

    /// @dev A receipt in front of a ruling for the whole makes it one for the price; it does not keep it out.
    function test_rule_isCutByAReceiptThatCameAMomentBefore() public {
        Terms memory t = arbitrated();
        bytes32 id = disputedInTransit(t);
        uint256 most = PRICE - ARBITER_FEE;
        deliver(t);
        uint256 tooMuch = FUNDING - ARBITER_FEE + 1;
        bytes memory tooHigh = abi.encodeWithSelector(IDisputes.ShareTooHigh.selector, tooMuch, tooMuch - 1);
        expectRuleReverts(arbiter, t, tooMuch, tooHigh);
        mark();
        vm.prank(arbiter);
        vm.expectEmit(address(disputes));
        emit IDisputes.Ruled(id, arbiter, most, REASONS);
        disputes.rule(t, tooMuch - 1, Fault.Carrier, false, REASONS);
        assertGot(address(token), buyer, most);
        assertGot(address(token), arbiter, ARBITER_FEE);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(0);
        assertRecorded(id, Ground.Ruled, Fault.Carrier, most);
    }

    function test_deliver_inADisputeUntilItsSilentSplitOpensAndNoLater() public {
        Terms memory t = arbitrated();
        t.clauses[0].arbitration.window = 1 days;
        bytes32 id = disputedInTransit(t);
        uint256 opensAt = uint256(sinceOf(t)) + 1 days + 1;
        vm.warp(opensAt);
        bytes4 defaultOpen = ITradeEscrow.DefaultOpen.selector;
        expectDeliverReverts(t, abi.encodeWithSelector(defaultOpen, Default.SilentSplit, opensAt));
        vm.warp(opensAt - 1);
        deliver(t);
        assertTrue(escrow.getOrder(id).delivered);
        assertState(t, State.Disputed);
    }

    function test_deliver_inADisputeUntilTheClaimWindowEndsAndNoLater() public {
        Terms memory t = arbitrated();
        bytes32 id = disputedInTransit(t);
        uint256 claimBy = t.schedule.claimBy();
        vm.warp(claimBy + 1);
        bytes4 defaultOpen = ITradeEscrow.DefaultOpen.selector;
        expectDeliverReverts(t, abi.encodeWithSelector(defaultOpen, Default.Refund, claimBy + 1));
        vm.warp(claimBy);
        deliver(t);
        assertTrue(escrow.getOrder(id).delivered);
        assertTrue(escrow.getOrder(id).late);
        assertState(t, State.Disputed);
    }

    function test_deliver_RevertGiven_theDisputeIsAboutGoodsThatWereDelivered() public {
        Terms memory t = arbitrated();
        bytes32 id = disputed(t);
        expectDeliverReverts(t, stateWrong(id, State.Disputed, State.Shipped));
        t.salt = keccak256("in transit");
        id = disputedInTransit(t);
        deliver(t);
        expectDeliverReverts(t, stateWrong(id, State.Disputed, State.Shipped));
    }

    function test_settleUnruled_leavesTheFreightToACarrierThatDeliveredMeanwhile() public {
        Terms memory t = arbitrated();
        disputedInTransit(t);
        deliver(t);
        vm.warp(uint256(sinceOf(t)) + ARBITRATION_WINDOW + 1);
        mark();
        disputes.settleUnruled(t);
        uint256 toBuyer = uint256(PRICE) * SILENT_BUYER_BPS / 10_000;
        assertGot(address(token), buyer, toBuyer);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(PRICE - toBuyer);
    }

    function test_refund_byTheSellerPaysACarrierThatDeliveredDuringTheDispute() public {
        Terms memory t = arbitrated();
        bytes32 id = disputedInTransit(t);
        deliver(t);
        mark();
        vm.prank(seller);
        escrow.refund(t);
        assertEq(uint256(escrow.getOrder(id).fault), uint256(Fault.Seller));
        assertGot(address(token), buyer, PRICE);
        assertGot(address(token), carrier, FREIGHT);
        assertProceeds(0);
    }

    /* THE DOOR */

    function test_settle_RevertGiven_theSplitIsAUnitMoreThanTheOrderHolds() public {
        Terms memory t = arbitrated();
        disputed(t);
        vm.prank(address(disputes));
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.SplitTooHigh.selector, FUNDING + 1, FUNDING));
        escrow.settle(t, Split(FUNDING - 2, 2, 1), Ground.Ruled, Fault.Nobody);
    }

    function test_settle_RevertGiven_aPartyOrAnotherOperatorCalls() public {
        Terms memory t = arbitrated();
        disputed(t);
        address[5] memory others = [buyer, seller, arbiter, address(duties), address(deliveries)];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, others[i]));
            escrow.settle(t, Split(0, 0, 0), Ground.Ruled, Fault.Nobody);
        }
    }

    function test_hold_RevertGiven_disputesHoldsWhatIsNotItsToHold() public {
        Terms memory t = arbitrated();
        deliveredWithClauses(t);
        State[4] memory others = [State.Delivered, State.ReturnRequested, State.ReturnReceived, State.Settled];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(address(disputes));
            vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.NotOperator.selector, address(disputes)));
            escrow.hold(t, others[i]);
        }
    }
}
