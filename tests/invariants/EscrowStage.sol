// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Offer} from "../../contracts/interfaces/IDisputes.sol";
import {ReturnReceipt} from "../../contracts/interfaces/IReturns.sol";
import {Clauses, Order, Receipt, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Pack} from "../contracts/Pack.sol";
import {SettableCondition} from "../contracts/EscrowFixture.sol";
import {Clock, DenyingDollar, Shelf, Standing, Stranger, Trade, Witness} from "./EscrowParts.sol";
import {EscrowModel} from "./EscrowModel.sol";

/// @dev The parties and their orders, opened on random terms, and how the handler picks one and acts on it.
abstract contract EscrowStage is EscrowModel {
    using Pack for Terms;
    using Packed for *;

    uint256 internal constant MOST_LIVE = 4;
    uint256 internal constant ANY = type(uint256).max;

    uint256 internal calls;
    /// @dev Calls of each verb that succeeded.
    mapping(bytes4 verb => uint256) public done;

    constructor() {
        setUpClauses();
        witness = new Witness();
        stranger = new Stranger();
        condition = new SettableCondition();
        deployWatched();
        provenance.setWriter(carrierId, carrier);
        parties = [buyer, seller, platform, carrier, liquidity, arbiter, FINANCIER, TAX_PAYEE];
        for (uint256 k; k < TOKENS; ++k) {
            tokens[k] = new DenyingDollar();
            approve(buyer, k, address(escrow));
        }
        (token, payToken, dutyToken) = (tokens[0], tokens[1], tokens[2]);
        approve(liquidity, MONEY, address(escrow));
        for (uint256 k; k < TOKENS; ++k) {
            approve(TAX_PAYEE, k, address(duties));
        }
        vm.prank(liquidity);
        quotes.setCap(address(token), type(uint128).max);
    }

    /// @dev The vault that ships and its operators once more, with an observer that can be put to sleep.
    function deployWatched() internal {
        uint256 nonce = vm.getNonce(address(this));
        escrow = newTradeEscrow(registry, operatorsFrom(nonce + 1), address(witness));
        deliveries = newDeliveries(registry, provenance, escrow);
        quotes = newQuotes(address(escrow));
        returns_ = newReturns(registry, escrow);
        disputes = newDisputes(registry, escrow);
        duties = newDuties(registry, escrow);
        assertEq(address(duties), escrow.operators().duties);
    }

    function approve(address owner, uint256 token_, address spender) internal {
        vm.prank(owner);
        tokens[token_].approve(spender, type(uint256).max);
    }

    /* OPENING */

    /// @dev Terms that cannot be faulted, opened by the buyer, by a stranger with its consent, or by its authorization.
    function openNew(uint256 seed) internal returns (uint256 i) {
        Terms memory t = termsFrom(uint256(keccak256(abi.encode(seed, trades.length))));
        fund(t);
        bytes memory sellerConsent = seed % 4 == 0 ? bytes("") : acceptConsent(t);
        bytes memory data = openingOf(t, seed >> 8, sellerConsent);
        vm.prank(seed >> 8 & 3 == 0 ? t.buyer : STRANGER);
        (bool ok,) = address(escrow).call(data);
        must(ok, "terms that cannot be faulted were refused");
        i = record(t, sellerConsent.length > 0);
        ++done[bytes4(data)];
    }

    function openingOf(Terms memory t, uint256 how, bytes memory sellerConsent) internal view returns (bytes memory) {
        bytes memory quote = quoted(t) ? quoteFor(t) : bytes("");
        bool onePull = !quoted(t) && (t.clauses.length == 0 || t.clauses[0].duties.token != t.token);
        if (how & 3 == 1 && onePull) {
            bytes memory signed = authorization(t, escrow.orderId(t));
            if (t.clauses.length > 0 && t.clauses[0].duties.amount > 0) {
                signed = bytes.concat(signed, consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t)));
            }
            return abi.encodeCall(escrow.openWithAuthorization, (t, signed, sellerConsent, quote));
        }
        bytes memory buyerConsent =
            how & 3 == 0 ? bytes("") : consent(BUYER_KEY, "Open(bytes32 orderId)", escrow.orderId(t));
        return abi.encodeCall(escrow.open, (t, buyerConsent, sellerConsent, quote));
    }

    /// @dev An opening that must be refused: without the buyer's consent, with a quote that is over, or once more.
    function openUnsoundly(uint256 seed) internal {
        uint256 kind = seed % 3;
        Terms memory t = kind == 0 ? termsOf(live[seed % live.length]) : termsFrom(seed);
        bytes memory quote = quoted(t) ? quoteFor(t, uint40(time() - kind % 2), 3 * 365 days) : bytes("");
        if (kind == 1 && !quoted(t)) return;
        bytes memory buyerConsent =
            kind == 2 ? consent(SELLER_KEY, "Open(bytes32 orderId)", escrow.orderId(t)) : bytes("");
        vm.prank(kind == 2 ? STRANGER : t.buyer);
        (bool ok,) = address(escrow).call(abi.encodeCall(escrow.open, (t, buyerConsent, "", quote)));
        must(!ok, "an order opened twice, without the buyer's consent, or on a quote that is over");
    }

    function termsFrom(uint256 seed) internal view returns (Terms memory t) {
        t = terms();
        t.salt = bytes32(seed);
        t.setPrice(1 + uint40(seed));
        t.setFreight(uint32(seed >> 40));
        t.setFeeBps((seed >> 72) % (seed >> 88 & 7 == 0 ? 10_001 : 1_001));
        if (seed >> 91 & 3 == 0) {
            t.condition = address(condition);
            t.setConditionBy(time() + 4 days);
        }
        if (seed >> 93 & 3 != 0) addClauses(t, seed >> 96);
    }

    function addClauses(Terms memory t, uint256 seed) internal view {
        Clauses memory c = clausesOf(t);
        uint256 price = t.amounts.price();
        if (seed & 3 == 0) c.feeCeiling = uint120(1 + seed % price);
        if (seed >> 2 & 1 == 0) {
            withQuote(t);
            (c.quote.amount, c.quote.premium) = (1 + uint40(seed), uint24(seed >> 40));
        }
        if (seed >> 3 & 1 == 0) {
            withDuties(t);
            c.duties.token = address(tokens[(seed >> 4) % TOKENS]);
            (c.duties.amount, c.duties.assessBy) =
            (1 + uint32(seed >> 8), t.schedule.claimBy() + uint40(seed >> 9) % 9 days);
        }
        if (seed >> 40 & 3 != 0) {
            withReturns(t);
            c.returnPolicy.restockingBps = uint16((seed >> 42) % 5_001);
            c.returnPolicy.freight = uint128((seed >> 55) % (price / 2 + 1));
            c.returnPolicy.receiveWindow = uint32(1 days + (seed >> 60) % 4 days);
        }
        if (seed >> 80 & 3 != 0) {
            withArbitration(t);
            (c.arbitration.fee, c.arbitration.silentBuyerBps) =
            (uint128((seed >> 82) % (price + 1)), uint16(seed % 10_001));
            c.arbitration.window = uint32(1 days + (seed >> 99) % 4 days);
        }
    }

    /// @dev Mints exactly what the order takes in, so that afterwards nobody has more or less than before.
    function fund(Terms memory t) internal {
        uint256 total = t.amounts.total();
        tokens[MONEY].mint(quoted(t) ? liquidity : buyer, total);
        if (quoted(t)) tokens[PAY].mint(buyer, uint256(t.clauses[0].quote.amount) + t.clauses[0].quote.premium);
        if (t.clauses.length > 0 && t.clauses[0].duties.amount > 0) {
            tokens[indexOf(t.clauses[0].duties.token)].mint(buyer, t.clauses[0].duties.amount);
        }
    }

    /// @dev The order as opened; nobody but the provider got anything, and it the premium alone.
    function record(Terms memory t, bool accepted) internal returns (uint256 i) {
        i = trades.length;
        Trade storage trade = trades.push();
        shelves.push(address(new Shelf(abi.encode(t))));
        clocks.push(clockOf(t));
        live.push(i);
        trade.id = escrow.orderId(t);
        Order memory order = escrow.getOrder(trade.id);
        must(order.state == (accepted ? State.Accepted : State.Funded), "an order opened in another state");
        (trade.state, trade.accepted, trade.since) = (order.state, accepted, uint40(time()));
        ++visits[uint256(State.Funded)];
        if (accepted) ++visits[uint256(State.Accepted)];

        openSettlement += t.amounts.total();
        int256[PARTIES][TOKENS] memory got = receipts(t);
        if (t.clauses.length > 0) {
            Clauses memory c = t.clauses[0];
            (openPay, trade.dutiesHeld) = (openPay + c.quote.amount, c.duties.amount > 0);
            if (quoted(t)) locked += t.amounts.total();
            if (trade.dutiesHeld) openDuties[indexOf(c.duties.token)] += c.duties.amount;
            got[PAY][PROVIDER] -= int256(uint256(c.quote.premium));
        }
        must(order.dutiesHeld == trade.dutiesHeld, "duties paid in are not held");
        checkNobodyElse(got);
    }

    /* INTERNAL */

    function act(uint256 i, address caller, address target, bytes memory data) internal returns (bool ok) {
        Standing memory before = standing(i);
        vm.prank(caller);
        (ok,) = target.call(data);
        if (ok) {
            ++done[bytes4(data)];
            observe(i, caller, before);
        }
        if (++calls & 7 == 0) checkDefaults(i);
    }

    function propose(uint256 i, address party, uint120 toBuyer) internal {
        uint40 until = uint40(time() + 1 days);
        if (!act(i, party, address(disputes), abi.encodeCall(disputes.proposeSplit, (termsOf(i), toBuyer, until)))) {
            return;
        }
        offers[trades[i].id][party] = Offer(toBuyer, until, trades[i].state, trades[i].delivered);
    }

    /// @dev Nothing, half or all of what is disputed, or a unit more than that.
    function shareOf(uint256 i, uint256 seed) internal view returns (uint120) {
        uint256 all = disputable(trades[i], termsOf(i));
        return uint120([0, all / 2, all / 2, all, all + 1][seed % 5]);
    }

    /// @dev A live order in one of these states, or one that can be led there; else a new one, or any. One in eight is
    /// any of the newest, whatever its state.
    function choose(uint256 pick, uint256 states) internal returns (uint256) {
        uint256 n = live.length;
        uint256 all = trades.length;
        uint256 from = pick >> 48;
        if (n == 0) return openNew(from);
        if (pick & 7 == 0) return all - 1 - from % (all < 8 ? all : 8);
        for (uint256 step; step < n; ++step) {
            uint256 i = live[(from + step) % n];
            if (states & bit(trades[i].state) != 0) return i;
        }
        for (uint256 step; step < n; ++step) {
            uint256 i = live[(from + step) % n];
            if (lead(i, states)) return i;
        }
        return n < MOST_LIVE ? openNew(from) : live[from % n];
    }

    /// @dev Walks the shortest way to one of these states.
    function lead(uint256 i, uint256 states) internal returns (bool) {
        Clock storage clock = clocks[i];
        bool returnable = clock.receiving > 0;
        bool toReturn = states & (bit(State.ReturnRequested) | bit(State.ReturnReceived)) != 0;
        bool toDispute = states & bit(State.Disputed) != 0;
        if (toReturn && !returnable || toDispute && clock.ruling == 0) return false;
        for (uint256 step; step < 5; ++step) {
            State state = trades[i].state;
            if (states & bit(state) != 0) return true;
            if (standing(i).open || !next(i, state, toDispute)) return false;
        }
        return false;
    }

    function next(uint256 i, State state, bool toDispute) internal returns (bool) {
        if (state == State.Funded) {
            return act(i, seller, address(escrow), abi.encodeCall(escrow.accept, (termsOf(i), "")));
        }
        if (state == State.Accepted) {
            return act(i, seller, address(escrow), abi.encodeCall(escrow.ship, (termsOf(i), "unit")));
        }
        if (toDispute && state >= State.Shipped) {
            return act(i, buyer, address(disputes), abi.encodeCall(disputes.dispute, (termsOf(i), "evidence")));
        }
        if (state == State.Shipped) {
            if (calls & 7 == 0 && time() <= clocks[i].deliverBy) vm.warp(clocks[i].deliverBy + 1);
            return act(i, STRANGER, address(escrow), delivery(i));
        }
        if (state == State.Delivered) {
            return act(i, buyer, address(returns_), abi.encodeCall(returns_.requestReturn, (termsOf(i), "reason")));
        }
        if (state == State.ReturnRequested) return act(i, STRANGER, address(returns_), homecoming(i));
        return false;
    }

    /// @dev Every fourth time the last moment of the order's state comes first, or the second after it.
    function ripen(uint256 i, uint256 pick) internal {
        Standing memory s = standing(i);
        if (pick >> 32 & 3 == 0 && s.last >= time()) vm.warp(s.last + (pick >> 34 & 1));
    }

    function chooseWithDuties(uint256 pick) internal returns (uint256) {
        for (uint256 n; n < live.length; ++n) {
            uint256 i = live[((pick >> 8) + n) % live.length];
            if (trades[i].dutiesHeld) return i;
        }
        return choose(pick, ANY);
    }

    function chooseAssessed(uint256 pick) internal returns (uint256) {
        for (uint256 i = trades.length; i > 0 && i + 16 > trades.length; --i) {
            if (trades[i - 1].assessed > trades[i - 1].passedOn) return i - 1;
        }
        return choose(pick, ANY);
    }

    function overdue() internal view returns (bool) {
        for (uint256 n; n < live.length; ++n) {
            if (standing(live[n]).open) return true;
        }
        return false;
    }

    /// @dev Mostly whom the verb belongs to.
    function anyone(uint256 pick, address principal) internal view returns (address) {
        if (pick >> 40 & 7 != 0) return principal;
        uint256 who = (pick >> 43) % (PARTIES + 1);
        return who == PARTIES ? STRANGER : parties[who];
    }

    function plain(bytes4 verb, uint256 i) internal view returns (bytes memory) {
        return bytes.concat(verb, shelves[i].code);
    }

    function delivery(uint256 i) internal view returns (bytes memory) {
        Terms memory t = termsOf(i);
        Receipt memory receipt = receiptOf(t);
        bytes memory signed = signReceipt(CARRIER_KEY, receipt);
        return abi.encodeCall(escrow.deliver, (t, receipt, carrier, signed));
    }

    function homecoming(uint256 i) internal view returns (bytes memory) {
        Terms memory t = termsOf(i);
        ReturnReceipt memory receipt = returnReceiptOf(t);
        bytes memory signed = signReturnReceipt(PLACE_KEY, receipt);
        return abi.encodeCall(returns_.receiveReturn, (t, receipt, place, signed));
    }
}
