// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {Assessment, IDuties} from "../../contracts/interfaces/IDuties.sol";
import {Role} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IQuotes} from "../../contracts/interfaces/IQuotes.sol";
import {IReturns, ReturnReceipt} from "../../contracts/interfaces/IReturns.sol";
import {ITradeEscrow, Receipt, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";
import {TradeEscrow} from "../../contracts/TradeEscrow.sol";
import {HostileFixture} from "./hostile/HostileFixture.sol";
import {OwnedWallet} from "./OwnedWallet.sol";

/// @dev What a key may sign about an order.
enum Kind {
    Open,
    Accept,
    Receipt,
    Authorization,
    Quote,
    ReturnReceipt,
    Assessment
}

/// @dev Each kind of signature, taken from where it was given and shown where it was not. One key is buyer, seller,
/// carrier, provider, place of return and entry authority here, so that nothing but the signed words tells one kind
/// from another.
contract ReplayTest is HostileFixture {
    uint256 private constant KEY = CARRIER_KEY;
    uint256 private constant ALL_OF_THEM = 7;
    uint40 private constant EXPIRY = type(uint40).max;
    uint32 private constant LONGEST_LOCK = 3 * 365 days;

    address private signer = vm.addr(KEY);
    OwnedWallet private wallet = new OwnedWallet(vm.addr(KEY));
    OwnedWallet private sibling = new OwnedWallet(vm.addr(KEY));

    function setUp() public {
        setUpClauses();
        uint256 roles = 1 << uint8(Role.Carrier) | 1 << uint8(Role.Warehouse) | 1 << uint8(Role.Customs);
        registry.grantRoles(carrierId, uint16(roles));
        setUpBystanders(address(credit));
        equip(signer);
        vm.prank(address(wallet));
        token.approve(address(escrow), type(uint256).max);
        vm.prank(address(sibling));
        token.approve(address(escrow), type(uint256).max);
        token.mint(address(wallet), 10 * FUNDING);
        token.mint(address(sibling), 10 * FUNDING);
    }

    /* THE MATRIX */

    /// @dev Without this the matrix would hold of signatures that are good for nothing.
    function test_eachKind_isGoodForItsOwn() public {
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            Terms memory t = orderOf(Kind(k), bytes32(k));
            prepare(Kind(k), t);
            (bool ok,) = call(STRANGER, targetOf(Kind(k)), submission(Kind(k), t, signatureOf(Kind(k), t)));
            assertTrue(ok, nameOf(Kind(k)));
        }
    }

    function test_eachKind_onAnotherChain_isRefused() public {
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            Terms memory t = orderOf(Kind(k), "chain");
            uint256 snapshot = vm.snapshotState();
            prepare(Kind(k), t);
            bytes memory signature = signatureOf(Kind(k), t);
            vm.chainId(999);
            assertReplayRefused(Kind(k), t, signature, "on another chain");
            vm.revertToState(snapshot);
            vm.chainId(31_337);
        }
    }

    function test_eachKind_inAnotherVault_isRefused() public {
        TradeEscrow here = escrow;
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            Terms memory t = orderOf(Kind(k), "vault");
            uint256 snapshot = vm.snapshotState();
            bytes memory signature = signatureOf(Kind(k), t);
            setUpBystanders(address(0));
            equip(signer);
            prepare(Kind(k), t);
            assertReplayRefused(Kind(k), t, signature, "in another vault");
            vm.revertToState(snapshot);
            escrow = here;
        }
    }

    function test_eachKind_onAnotherOrder_isRefused() public {
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            uint256 snapshot = vm.snapshotState();
            bytes memory signature = signatureOf(Kind(k), orderOf(Kind(k), "signed"));
            Terms memory t = orderOf(Kind(k), "another");
            prepare(Kind(k), t);
            assertReplayRefused(Kind(k), t, signature, "on another order");
            vm.revertToState(snapshot);
        }
    }

    function test_eachKind_byAnotherPartysKey_isRefused() public {
        uint256[4] memory keys = [BUYER_KEY, SELLER_KEY, PLATFORM_KEY, OTHER_CARRIER_KEY];
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            for (uint256 i; i < keys.length; ++i) {
                uint256 snapshot = vm.snapshotState();
                Terms memory t = orderOf(Kind(k), "party");
                prepare(Kind(k), t);
                assertReplayRefused(Kind(k), t, signatureBy(keys[i], Kind(k), t), "by another party");
                vm.revertToState(snapshot);
            }
        }
    }

    function test_eachKind_asEachOther_isRefused() public {
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            for (uint256 as_; as_ < ALL_OF_THEM; ++as_) {
                if (as_ == k) continue;
                uint256 snapshot = vm.snapshotState();
                Terms memory t = orderOf(Kind(as_), "kind");
                prepare(Kind(as_), t);
                string memory what = string.concat(nameOf(Kind(k)), " shown as");
                assertReplayRefused(Kind(as_), t, signatureOf(Kind(k), t), what);
                vm.revertToState(snapshot);
            }
        }
    }

    /// @dev An altered s (EIP-2, "malleable") signs the same words: it is taken for none.
    function test_eachKind_turnedIntoItsMalleableTwin_isRefused() public {
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = orderOf(Kind(k), "malleable");
            prepare(Kind(k), t);
            (uint8 v, bytes32 r, bytes32 s) = split(signatureOf(Kind(k), t));
            bytes memory twin = abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? uint8(28) : uint8(27));
            (bool ok, bytes memory met) = call(STRANGER, targetOf(Kind(k)), submission(Kind(k), t, twin));
            assertFalse(ok, nameOf(Kind(k)));
            bytes memory malformed =
                abi.encodeWithSelector(DevDollar.AuthorizationNotSigned.selector, address(0), signer);
            bytes memory expected = Kind(k) == Kind.Authorization ? malformed : refusal(Kind(k), t, twin);
            assertEqual(met, expected, nameOf(Kind(k)));
            vm.revertToState(snapshot);
        }
    }

    function test_eachKind_shownTwice_isRefused() public {
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            uint256 snapshot = vm.snapshotState();
            Terms memory t = orderOf(Kind(k), "twice");
            bytes32 id = escrow.orderId(t);
            prepare(Kind(k), t);
            bytes memory data = submission(Kind(k), t, signatureOf(Kind(k), t));
            (bool ok,) = call(STRANGER, targetOf(Kind(k)), data);
            assertTrue(ok, nameOf(Kind(k)));
            bytes memory expected = abi.encodeWithSelector(ITradeEscrow.AlreadyOpened.selector, id);
            if (Kind(k) == Kind.Accept) expected = wrongState(id, State.Accepted, State.Funded);
            if (Kind(k) == Kind.Receipt) expected = wrongState(id, State.Delivered, State.Shipped);
            State received = State.ReturnReceived;
            if (Kind(k) == Kind.ReturnReceipt) expected = wrongState(id, received, State.ReturnRequested);
            if (Kind(k) == Kind.Assessment) {
                expected = abi.encodeWithSelector(ITradeEscrow.DutiesNotHeld.selector, id);
            }
            assertRefused(STRANGER, targetOf(Kind(k)), data, expected, nameOf(Kind(k)));

            // Check that it is not good again once its order has ended
            end(Kind(k), t);
            State ended = stateOf(t);
            if (Kind(k) == Kind.Accept) expected = wrongState(id, ended, State.Funded);
            if (Kind(k) == Kind.Receipt) expected = wrongState(id, ended, State.Shipped);
            if (Kind(k) == Kind.ReturnReceipt) expected = wrongState(id, ended, State.ReturnRequested);
            assertRefused(STRANGER, targetOf(Kind(k)), data, expected, nameOf(Kind(k)));
            vm.revertToState(snapshot);
        }
    }

    /// @dev Each struct, under the domain of each of the contracts that take another one.
    function test_eachKind_inAnotherDomain_isRefused() public {
        for (uint256 k; k < ALL_OF_THEM; ++k) {
            for (uint256 d; d < ALL_OF_THEM; ++d) {
                if (domainOf(Kind(d)) == domainOf(Kind(k))) continue;
                uint256 snapshot = vm.snapshotState();
                Terms memory t = orderOf(Kind(k), "domain");
                prepare(Kind(k), t);
                bytes memory own = sign(KEY, domainOf(Kind(k)), structOf(Kind(k), t));
                assertEq(own, signatureOf(Kind(k), t));
                bytes memory signature = sign(KEY, domainOf(Kind(d)), structOf(Kind(k), t));
                assertReplayRefused(Kind(k), t, signature, string.concat("in the domain of ", nameOf(Kind(d))));
                vm.revertToState(snapshot);
            }
        }
    }

    /// @dev The authority's words name what it looked at: duties in this token, for this payee, and no others.
    function test_anAssessment_forAnotherTokenOrPayee_isRefused() public {
        Terms memory t = orderOf(Kind.Assessment, "assessed");
        prepare(Kind.Assessment, t);
        address due = t.clauses[0].duties.token;
        address[2] memory tokens = [address(dutyToken), address(token)];
        address[3] memory payees = [buyer, signer, authority];
        Assessment memory stated = assessmentOf(t);
        for (uint256 i; i < tokens.length; ++i) {
            bytes memory other = signAssessment(KEY, stated, tokens[i], TAX_PAYEE);
            assertReplayRefused(Kind.Assessment, t, other, "for another token");
        }
        for (uint256 i; i < payees.length; ++i) {
            bytes memory other = signAssessment(KEY, stated, due, payees[i]);
            assertReplayRefused(Kind.Assessment, t, other, "for another payee");
        }
        assertReplayRefused(Kind.Assessment, t, signAssessment(KEY, stated, TAX_PAYEE, due), "with both exchanged");
        assertTrue(escrow.getOrder(escrow.orderId(t)).dutiesHeld, "the duties moved");
        duties.assess(t, stated, signer, signAssessment(KEY, stated, due, TAX_PAYEE));
        assertEq(payToken.balanceOf(TAX_PAYEE), stated.amount);
    }

    /// @dev What was signed for one order's duties is not good for another that differs in their token or payee alone.
    function test_anAssessment_ofAnOrderThatDiffersInTokenOrPayeeAlone_isRefused() public {
        for (uint256 i; i < 2; ++i) {
            Terms memory t = orderOf(Kind.Assessment, "twins");
            Terms memory twin = orderOf(Kind.Assessment, "twins");
            if (i == 0) twin.clauses[0].duties.token = address(dutyToken);
            else twin.clauses[0].duties.payee = FINANCIER;
            uint256 snapshot = vm.snapshotState();
            (bytes memory opens, bytes32 id) = (signatureOf(Kind.Accept, twin), escrow.orderId(twin));
            vm.prank(signer);
            escrow.open(twin, "", opens, "");
            Assessment memory stated = assessmentOf(t);
            bytes memory signature = signatureOf(Kind.Assessment, t);
            bytes memory foreign = abi.encodeWithSelector(IDuties.AssessmentForeign.selector, stated.orderId, id);
            bytes memory data = abi.encodeCall(IDuties.assess, (twin, stated, signer, signature));
            assertRefused(STRANGER, address(duties), data, foreign, "as it was signed");
            data = abi.encodeCall(IDuties.assess, (twin, assessmentOf(twin), signer, signature));
            bytes memory unsigned = abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, signer);
            assertRefused(STRANGER, address(duties), data, unsigned, "with the twin's id");
            vm.revertToState(snapshot);
        }
    }

    /// @dev Duties drawn from an allowance: beside the authorization a stranger shows the buyer's Open of this order.
    function test_anAuthorization_besideAnotherSignatureThanItsOpen_isRefused() public {
        Terms memory t = orderOf(Kind.Authorization, "beside");
        bytes32 id = escrow.orderId(t);
        bytes memory unsigned = abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, signer);
        assertRefused(STRANGER, besideOf(t, ""), unsigned, "nothing: ");
        for (uint256 k = uint256(Kind.Accept); k < ALL_OF_THEM; ++k) {
            bytes memory other = signatureOf(Kind(k), t);
            assertRefused(STRANGER, besideOf(t, other), unsigned, string.concat(nameOf(Kind(k)), ": "));
        }
        bytes memory foreign = signatureOf(Kind.Open, orderOf(Kind.Authorization, "another"));
        assertRefused(STRANGER, besideOf(t, foreign), unsigned, "another order's Open: ");
        foreign = signatureBy(SELLER_KEY, Kind.Open, t);
        assertRefused(STRANGER, besideOf(t, foreign), unsigned, "another's Open: ");
        foreign = sign(KEY, domainOf(Kind.Assessment), structOf(Kind.Open, t));
        assertRefused(STRANGER, besideOf(t, foreign), unsigned, "an Open in another domain: ");
        vm.chainId(999);
        foreign = signatureOf(Kind.Open, t);
        vm.chainId(31_337);
        assertRefused(STRANGER, besideOf(t, foreign), unsigned, "another chain's Open: ");
        assertState(t, State.None);

        (bool ok,) = call(STRANGER, besideOf(t, signatureOf(Kind.Open, t)));
        assertTrue(ok, "its own Open");
    }

    /* ERC-1271 SIBLINGS */

    function test_oneOwnersWallets_areTwoBuyers() public {
        (Terms memory own, Terms memory others) = siblingOrders();
        (own.buyer, others.buyer) = (address(wallet), address(sibling));
        bytes memory signature = consent(KEY, "Open(bytes32 orderId)", escrow.orderId(own));
        assertRefused(
            STRANGER,
            abi.encodeCall(ITradeEscrow.open, (others, signature, "", "")),
            abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, escrow.orderId(others), sibling),
            "the sibling's order"
        );
        escrow.open(own, signature, "", "");
        assertEq(token.balanceOf(address(sibling)), 10 * FUNDING, "the sibling's money");
    }

    function test_oneOwnersWallets_areTwoSellers() public {
        (Terms memory own, Terms memory others) = siblingOrders();
        (own.seller, others.seller) = (address(wallet), address(sibling));
        openFunded(own);
        openFunded(others);
        bytes memory signature = consent(KEY, "Accept(bytes32 orderId)", escrow.orderId(own));
        assertRefused(
            STRANGER,
            abi.encodeCall(ITradeEscrow.accept, (others, signature)),
            abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, escrow.orderId(others), sibling),
            "the sibling's order"
        );
        escrow.accept(own, signature);
    }

    /// @dev Both are keys of one carrier, so that nothing but the signer in the receipt tells them apart.
    function test_oneOwnersWallets_areTwoSignersOfAReceipt() public {
        addWallet(wallet);
        addWallet(sibling);
        Terms memory t = orderOf(Kind.Receipt, "receipt");
        prepare(Kind.Receipt, t);
        Receipt memory receipt = receiptOf(t);
        bytes memory signature = signReceiptAs(address(wallet), receipt);
        assertRefused(
            STRANGER,
            abi.encodeCall(ITradeEscrow.deliver, (t, receipt, address(sibling), signature)),
            abi.encodeWithSelector(ITradeEscrow.ReceiptInvalid.selector, sibling),
            "the sibling's receipt"
        );
        assertRefused(
            STRANGER,
            abi.encodeCall(ITradeEscrow.deliver, (t, receipt, signer, signature)),
            abi.encodeWithSelector(ITradeEscrow.ReceiptInvalid.selector, signer),
            "the owner's receipt"
        );
        escrow.deliver(t, receipt, address(wallet), signature);
    }

    function test_oneOwnersWallets_areTwoProviders() public {
        (Terms memory own, Terms memory others) = (orderOf(Kind.Quote, "own"), orderOf(Kind.Quote, "own"));
        own.clauses[0].quote.provider = address(wallet);
        others.clauses[0].quote.provider = address(sibling);
        bytes memory quote = abi.encode(EXPIRY, LONGEST_LOCK, signQuote(KEY, own, EXPIRY, LONGEST_LOCK));
        vm.prank(address(wallet));
        quotes.setCap(address(token), type(uint128).max);
        vm.prank(address(sibling));
        quotes.setCap(address(token), type(uint128).max);
        assertRefused(
            signer,
            abi.encodeCall(ITradeEscrow.open, (others, "", "", quote)),
            abi.encodeWithSelector(IQuotes.QuoteInvalid.selector, escrow.orderId(others), sibling),
            "the sibling's order"
        );
        vm.prank(signer);
        escrow.open(own, "", "", quote);
        assertEq(token.balanceOf(address(sibling)), 10 * FUNDING, "the sibling's money");
    }

    function test_oneOwnersWallets_areTwoSignersOfAReturnReceipt() public {
        addWallet(wallet);
        addWallet(sibling);
        Terms memory t = orderOf(Kind.ReturnReceipt, "return");
        prepare(Kind.ReturnReceipt, t);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        bytes32 typehash =
            keccak256("ReturnReceipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)");
        bytes32 stated = keccak256(abi.encode(typehash, receipt, address(wallet)));
        bytes memory signature = sign(KEY, domainOf(Kind.ReturnReceipt), stated);
        assertRefused(
            STRANGER,
            address(returns_),
            abi.encodeCall(IReturns.receiveReturn, (t, receipt, address(sibling), signature)),
            abi.encodeWithSelector(IReturns.ReceiptInvalid.selector, sibling),
            "the sibling's receipt"
        );
        returns_.receiveReturn(t, receipt, address(wallet), signature);
    }

    function test_oneOwnersWallets_areTwoSignersOfAnAssessment() public {
        addWallet(wallet);
        addWallet(sibling);
        Terms memory t = orderOf(Kind.Assessment, "assessment");
        prepare(Kind.Assessment, t);
        bytes32 stated = assessmentStruct(t, address(wallet));
        bytes memory signature = sign(KEY, domainOf(Kind.Assessment), stated);
        assertRefused(
            STRANGER,
            address(duties),
            abi.encodeCall(IDuties.assess, (t, assessmentOf(t), address(sibling), signature)),
            abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, sibling),
            "the sibling's assessment"
        );
        duties.assess(t, assessmentOf(t), address(wallet), signature);
    }

    /* ATTACKS */

    function test_attack_aStrangersOrderOnASeenPermitIsRefused() public {
        (uint8 v, bytes32 r, bytes32 s) = signPermit(BUYER_KEY, FUNDING);
        vm.prank(STRANGER);
        token.permit(buyer, address(escrow), FUNDING, type(uint256).max, v, r, s);

        uint256 held = token.balanceOf(address(escrow));
        Terms memory t = terms();
        (t.seller, t.platform, t.carrier, t.salt) = (STRANGER, STRANGER, STRANGER, "stranger's");
        bytes32 id = escrow.orderId(t);
        bytes memory permit = abi.encodePacked(r, s, v);
        bytes memory unsigned = abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, buyer);
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.open, (t, "", "", "")), unsigned, "no consent");
        assertRefused(STRANGER, abi.encodeCall(ITradeEscrow.open, (t, permit, "", "")), unsigned, "the permit");
        address recovered = ecrecover(authorizationDigest(t, id), v, r, s);
        assertRefused(
            STRANGER,
            submission(Kind.Authorization, t, permit),
            abi.encodeWithSelector(DevDollar.AuthorizationNotSigned.selector, recovered, buyer),
            "the permit as an authorization"
        );
        assertState(t, State.None);
        assertEq(token.balanceOf(address(escrow)), held, "money moved");
        assertEq(token.allowance(buyer, address(escrow)), FUNDING, "the allowance was used");
    }

    function test_attack_aPermitUsedUpByFrontRunningLeavesTheTrueOrderFundable() public {
        vm.prank(buyer);
        token.approve(address(escrow), 0);
        (uint8 v, bytes32 r, bytes32 s) = signPermit(BUYER_KEY, FUNDING);
        vm.prank(STRANGER);
        token.permit(buyer, address(escrow), FUNDING, type(uint256).max, v, r, s);
        (bool ok, bytes memory met) = address(token).call(
            abi.encodeCall(ERC20Permit.permit, (buyer, address(escrow), FUNDING, type(uint256).max, v, r, s))
        );
        assertFalse(ok, "the permit is used up");
        assertEq(bytes32(bytes4(met)), ERC20Permit.ERC2612InvalidSigner.selector);

        Terms memory t = terms();
        t.salt = "true";
        escrow.open(t, consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t)), "", "");
        assertState(t, State.Funded);
    }

    /// @dev ERC-3009: an authorization to receive is the payee's alone to use.
    function test_attack_aSeenAuthorizationCannotBeUsedUpBeforeItsOrder() public {
        Terms memory t = terms();
        t.salt = "seen";
        bytes32 id = escrow.orderId(t);
        bytes memory seen = authorization(t, id);
        (uint256 validAfter, uint256 validBefore, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(seen, (uint256, uint256, uint8, bytes32, bytes32));
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(DevDollar.NotPayee.selector, STRANGER, escrow));
        token.receiveWithAuthorization(
            buyer, address(escrow), FUNDING, validAfter, validBefore, id, v, r, s
        );
        escrow.openWithAuthorization(t, seen, "", "");
        assertState(t, State.Funded);
    }

    /// @dev Whoever sends it first with no acceptance only opens it: the acceptance is good afterwards.
    function test_attack_anOpeningFrontRunWithoutItsAcceptanceIsStillAccepted() public {
        Terms memory t = terms();
        t.salt = "front-run";
        bytes32 id = escrow.orderId(t);
        bytes memory accept = acceptConsent(t);
        vm.prank(STRANGER);
        escrow.openWithAuthorization(t, authorization(t, id), "", "");
        escrow.accept(t, accept);
        assertState(t, State.Accepted);
    }

    /* HELPERS */

    /// @dev To the state in which a signature of this kind is due.
    function prepare(Kind kind, Terms memory t) private {
        if (kind == Kind.Open || kind == Kind.Authorization || kind == Kind.Quote) return;
        openFunded(t);
        if (kind == Kind.Accept) return;
        vm.startPrank(signer);
        escrow.accept(t, "");
        if (kind != Kind.Assessment) escrow.ship(t, "unit");
        vm.stopPrank();
        if (kind != Kind.ReturnReceipt) return;
        deliver(t);
        vm.prank(signer);
        returns_.requestReturn(t, "worn");
    }

    function end(Kind kind, Terms memory t) private {
        bool opened = kind == Kind.Open || kind == Kind.Authorization || kind == Kind.Quote;
        vm.startPrank(signer);
        if (opened) escrow.cancel(t);
        else escrow.release(t);
        vm.stopPrank();
    }

    function assertReplayRefused(Kind kind, Terms memory t, bytes memory signature, string memory where) private {
        string memory what = string.concat(nameOf(kind), " ", where, ": ");
        State state = stateOf(t);
        uint256 balance = token.balanceOf(signer);
        assertRefused(STRANGER, targetOf(kind), submission(kind, t, signature), refusal(kind, t, signature), what);
        assertEq(uint256(stateOf(t)), uint256(state), string.concat(what, "the order moved"));
        assertEq(token.balanceOf(signer), balance, string.concat(what, "the money moved"));
        assertEq(listing.balanceOf(address(escrow)), PRICE - FEE, string.concat(what, "a bystander's money moved"));
    }

    /// @return the call that shows a signature of any kind as one of `kind`.
    function submission(Kind kind, Terms memory t, bytes memory signature) private view returns (bytes memory) {
        if (kind == Kind.Open) return abi.encodeCall(ITradeEscrow.open, (t, signature, "", ""));
        if (kind == Kind.Accept) return abi.encodeCall(ITradeEscrow.accept, (t, signature));
        if (kind == Kind.Receipt) {
            return abi.encodeCall(ITradeEscrow.deliver, (t, receiptOf(t), signer, signature));
        }
        if (kind == Kind.Quote) {
            bytes memory opens = consent(KEY, "Open(bytes32 orderId)", escrow.orderId(t));
            return abi.encodeCall(ITradeEscrow.open, (t, opens, "", abi.encode(EXPIRY, LONGEST_LOCK, signature)));
        }
        if (kind == Kind.ReturnReceipt) {
            return abi.encodeCall(IReturns.receiveReturn, (t, returnReceiptOf(t), signer, signature));
        }
        if (kind == Kind.Assessment) {
            return abi.encodeCall(IDuties.assess, (t, assessmentOf(t), signer, signature));
        }
        return authorizedOf(t, signature, t.clauses.length > 0 ? signatureOf(Kind.Open, t) : bytes(""));
    }

    /// @param opens the buyer's Open, for duties that an allowance pays.
    function authorizedOf(Terms memory t, bytes memory signature, bytes memory opens)
        private
        pure
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = split(signature);
        bytes memory shown = bytes.concat(abi.encode(uint256(0), type(uint256).max, v, r, s), opens);
        return abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, shown, "", ""));
    }

    function besideOf(Terms memory t, bytes memory opens) private view returns (bytes memory) {
        return authorizedOf(t, signatureOf(Kind.Authorization, t), opens);
    }

    /// @return what a signature that is not of `kind`, over `t`, here and now, meets.
    function refusal(Kind kind, Terms memory t, bytes memory signature) private view returns (bytes memory) {
        bytes32 id = escrow.orderId(t);
        if (kind == Kind.Receipt) return abi.encodeWithSelector(ITradeEscrow.ReceiptInvalid.selector, signer);
        if (kind == Kind.ReturnReceipt) return abi.encodeWithSelector(IReturns.ReceiptInvalid.selector, signer);
        if (kind == Kind.Assessment) return abi.encodeWithSelector(IDuties.AssessmentInvalid.selector, signer);
        if (kind == Kind.Quote) return abi.encodeWithSelector(IQuotes.QuoteInvalid.selector, id, signer);
        if (kind != Kind.Authorization) {
            return abi.encodeWithSelector(ITradeEscrow.ConsentInvalid.selector, id, signer);
        }
        (uint8 v, bytes32 r, bytes32 s) = split(signature);
        address recovered = ecrecover(authorizationDigest(t, id), v, r, s);
        return abi.encodeWithSelector(DevDollar.AuthorizationNotSigned.selector, recovered, signer);
    }

    function signatureOf(Kind kind, Terms memory t) private view returns (bytes memory) {
        return signatureBy(KEY, kind, t);
    }

    function signatureBy(uint256 key, Kind kind, Terms memory t) private view returns (bytes memory) {
        bytes32 id = escrow.orderId(t);
        if (kind == Kind.Open) return consent(key, "Open(bytes32 orderId)", id);
        if (kind == Kind.Accept) return consent(key, "Accept(bytes32 orderId)", id);
        if (kind == Kind.Receipt) return signReceipt(key, receiptOf(t));
        if (kind == Kind.Quote) return signQuote(key, t, EXPIRY, LONGEST_LOCK);
        if (kind == Kind.ReturnReceipt) return signReturnReceipt(key, returnReceiptOf(t));
        if (kind == Kind.Assessment) return signAssessment(key, assessmentOf(t), address(payToken), TAX_PAYEE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, authorizationDigest(t, id));
        return abi.encodePacked(r, s, v);
    }

    function split(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        v = uint8(signature[64]);
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
    }

    function signReceiptAs(address who, Receipt memory receipt) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Receipt(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)"),
                receipt.orderId,
                receipt.logisticUnit,
                receipt.eventId,
                who
            )
        );
        return sign(KEY, domain("Lading TradeEscrow", address(escrow)), structHash);
    }

    function signPermit(uint256 key, uint256 value) private view returns (uint8 v, bytes32 r, bytes32 s) {
        address owner = vm.addr(key);
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(
            abi.encode(typehash, owner, address(escrow), value, token.nonces(owner), type(uint256).max)
        );
        return vm.sign(key, digest(token.DOMAIN_SEPARATOR(), structHash));
    }

    function addWallet(OwnedWallet added) private {
        bytes32 structHash = keccak256(
            abi.encode(keccak256("AddKey(bytes32 participant,address key)"), carrierId, address(added))
        );
        bytes32 separator = domain("Lading ParticipantRegistry", address(registry));
        registry.addKey(carrierId, address(added), sign(KEY, separator, structHash));
    }

    /// @dev Everything but the quote is in each order: without one the buyer pays in the settlement token.
    function orderOf(Kind kind, bytes32 salt) private view returns (Terms memory t) {
        t = withReturns(withDuties(terms()));
        (t.buyer, t.seller, t.carrier, t.salt) = (signer, signer, signer, salt);
        (t.entryAuthority, t.clauses[0].returnPolicy.place) = (carrierId, carrierId);
        t.clauses[0].duties.token = address(payToken);
        if (kind != Kind.Quote) return t;
        withQuote(t).clauses[0].quote.provider = signer;
        t.clauses[0].duties.token = address(dutyToken);
    }

    function assessmentOf(Terms memory t) private view returns (Assessment memory) {
        return Assessment(escrow.orderId(t), DUTY / 2, "declaration");
    }

    /// @return the contract that takes a signature of this kind.
    function targetOf(Kind kind) private view returns (address) {
        if (kind == Kind.ReturnReceipt) return address(returns_);
        return kind == Kind.Assessment ? address(duties) : address(escrow);
    }

    function domainOf(Kind kind) private view returns (bytes32) {
        if (kind == Kind.Authorization) return token.DOMAIN_SEPARATOR();
        if (kind == Kind.Quote) return domain("Lading Quotes", address(quotes));
        if (kind == Kind.ReturnReceipt) return domain("Lading Returns", address(returns_));
        if (kind == Kind.Assessment) return domain("Lading Duties", address(duties));
        return domain("Lading TradeEscrow", address(escrow));
    }

    /// @dev As the standards write them, apart from the fixtures' signers.
    function structOf(Kind kind, Terms memory t) private view returns (bytes32) {
        bytes32 id = escrow.orderId(t);
        if (kind == Kind.Open) return keccak256(abi.encode(keccak256("Open(bytes32 orderId)"), id));
        if (kind == Kind.Accept) return keccak256(abi.encode(keccak256("Accept(bytes32 orderId)"), id));
        if (kind == Kind.Quote) return quoteStruct(id);
        if (kind == Kind.Authorization) {
            bytes32 moves = keccak256(
                "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
            );
            return keccak256(abi.encode(moves, signer, address(escrow), FUNDING, 0, type(uint256).max, id));
        }
        string memory fields = "(bytes32 orderId,bytes32 logisticUnit,bytes32 eventId,address signer)";
        if (kind == Kind.Receipt) {
            return keccak256(abi.encode(keccak256(bytes(string.concat("Receipt", fields))), receiptOf(t), signer));
        }
        if (kind == Kind.ReturnReceipt) {
            bytes32 returned = keccak256(bytes(string.concat("ReturnReceipt", fields)));
            return keccak256(abi.encode(returned, returnReceiptOf(t), signer));
        }
        return assessmentStruct(t, signer);
    }

    function assessmentStruct(Terms memory t, address who) private view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Assessment(bytes32 orderId,address token,uint256 amount,address payee,bytes32 declaration,address signer)"
        );
        Assessment memory a = assessmentOf(t);
        return keccak256(
            abi.encode(typehash, a.orderId, t.clauses[0].duties.token, a.amount, TAX_PAYEE, a.declaration, who)
        );
    }

    function quoteStruct(bytes32 id) private view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Quote(bytes32 orderId,address payToken,uint256 payAmount,uint256 premium,address token,uint256 amount,uint40 expiry,uint32 longestLock)"
        );
        return keccak256(
            abi.encode(
                typehash, id, payToken, uint256(PAY_AMOUNT), uint256(PREMIUM), token, FUNDING, EXPIRY, LONGEST_LOCK
            )
        );
    }

    function siblingOrders() private view returns (Terms memory own, Terms memory others) {
        (own, others) = (terms(), terms());
        (own.salt, others.salt) = ("siblings", "siblings");
    }

    function equip(address who) private {
        token.mint(who, 10 * FUNDING);
        payToken.mint(who, 10 * uint256(PAY_AMOUNT + PREMIUM));
        dutyToken.mint(who, 10 * uint256(DUTY));
        allow(token, who);
        allow(payToken, who);
        allow(dutyToken, who);
        vm.prank(who);
        quotes.setCap(address(token), type(uint128).max);
    }

    function wrongState(bytes32 id, State standing, State expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, standing, expected);
    }

    function nameOf(Kind kind) private pure returns (string memory) {
        return [
            "an Open", "an Accept", "a Receipt", "an authorization", "a Quote", "a ReturnReceipt", "an Assessment"
        ][uint256(kind)];
    }
}
