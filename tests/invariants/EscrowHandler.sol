// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputes} from "../../contracts/interfaces/IDisputes.sol";
import {Assessment, IDuties} from "../../contracts/interfaces/IDuties.sol";
import {Batch, DeliveryLeaf} from "../../contracts/interfaces/IProvenanceRegistry.sol";
import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {IReturns} from "../../contracts/interfaces/IReturns.sol";
import {ITradeEscrow, Order, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Standing, Trade} from "./EscrowParts.sol";
import {EscrowStage} from "./EscrowStage.sol";

/// @dev Every verb of the vault and its operators, by everybody, at any time, over a few live orders. Most calls pick
/// an order that is where the verb belongs, or lead one there, so that long ways are walked; one in eight picks any,
/// ended ones too. No call reverts: what is refused is refused inside.
contract EscrowHandler is EscrowStage {
    using Packed for *;

    uint256 private constant BATCH_GAS = 2_000_000;

    address private immutable _test = msg.sender;

    /// @dev States from which a stranger alone ended an order when all others fell silent.
    uint256[12] public silenced;
    uint256 public dutiesSilenced;

    function open(uint256 seed) external {
        if (live.length < MOST_LIVE) openNew(seed);
        else openUnsoundly(seed);
    }

    /* LIFE */

    function accept(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Funded));
        bytes memory signed = pick & 8 == 0 ? bytes("") : acceptConsent(termsOf(i));
        address caller = pick & 8 == 0 ? anyone(pick, seller) : STRANGER;
        act(i, caller, address(escrow), abi.encodeCall(escrow.accept, (termsOf(i), signed)));
    }

    function cancel(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Funded));
        act(i, anyone(pick, pick & 8 == 0 ? buyer : seller), address(escrow), plain(ITradeEscrow.cancel.selector, i));
    }

    function ship(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Accepted));
        act(i, anyone(pick, seller), address(escrow), abi.encodeCall(escrow.ship, (termsOf(i), "unit")));
    }

    function poke(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Shipped) | bit(State.Accepted));
        act(i, STRANGER, address(escrow), plain(ITradeEscrow.poke.selector, i));
    }

    function deliver(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Shipped) | (pick & 24 == 0 ? bit(State.Disputed) : 0));
        if (pick >> 32 & 3 == 0 && time() <= clocks[i].deliverBy) vm.warp(clocks[i].deliverBy + (pick >> 34 & 1));
        act(i, STRANGER, address(escrow), delivery(i));
    }

    function deliverAnchored(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Shipped) | (pick & 24 == 0 ? bit(State.Disputed) : 0));
        DeliveryLeaf memory leaf = DeliveryLeaf(trades[i].id, keccak256("unit"), sha256("accepting"), uint40(time()));
        Batch memory anchored = Batch(provenance.deliveryLeafHash(leaf), 0, carrier, 1);
        uint48 index = provenance.logHead(carrierId).nextIndex;
        vm.prank(carrier);
        provenance.anchor(carrierId, index, anchored.root, 0, 1);
        bytes memory data =
            abi.encodeCall(deliveries.deliverAnchored, (termsOf(i), leaf, index, anchored, new bytes32[](0)));
        act(i, STRANGER, address(deliveries), data);
    }

    function assign(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Accepted) | bit(State.Shipped));
        uint96 amount = uint96(1 + (pick >> 16) % termsOf(i).amounts.price());
        bytes memory data = abi.encodeCall(escrow.assign, (termsOf(i), FINANCIER, amount));
        bool before = trades[i].assigned > 0;
        if (!act(i, anyone(pick, seller), address(escrow), data)) return;
        must(!before && escrow.assignmentOf(trades[i].id).amount == amount, "assigned twice, or another amount");
        trades[i].assigned = amount;
    }

    function consentToRefund(uint256 pick) external {
        uint256 i = choose(pick, ANY);
        address caller = anyone(pick, FINANCIER);
        if (!act(i, caller, address(escrow), plain(ITradeEscrow.consentToRefund.selector, i))) return;
        must(trades[i].assigned > 0 && caller == FINANCIER, "somebody consented for the assignee");
        trades[i].lets = true;
    }

    /* ENDING */

    function release(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Delivered) | bit(State.ReturnRequested));
        ripen(i, pick);
        address caller = anyone(pick, pick & 8 == 0 ? buyer : STRANGER);
        act(i, caller, address(escrow), plain(ITradeEscrow.release.selector, i));
    }

    function refund(uint256 pick) external {
        uint256 i = choose(pick, overdue() ? ANY : bit(State(1 + (pick >> 16) % 7)));
        ripen(i, pick);
        act(
            i, anyone(pick, pick & 24 == 0 ? seller : STRANGER), address(escrow), plain(ITradeEscrow.refund.selector, i)
        );
    }

    function report(uint256 pick) external {
        uint256 all = trades.length;
        uint256 i = all == 0 ? openNew(pick) : all - 1 - (pick >> 8) % (all < 6 ? all : 6);
        bool was = escrow.getOrder(trades[i].id).reported;
        if (!act(i, STRANGER, address(escrow), plain(ITradeEscrow.report.selector, i))) return;
        State state = trades[i].state;
        must(!was && trades[i].accepted && ended(state) && state != State.Cancelled, "an outcome that there is not");
        must(witness.told(trades[i].id) == 1, "an outcome was told twice, or not");
    }

    /// @dev Every other time the payee that could not be paid now can.
    function withdrawFor(uint256 pick) external {
        for (uint256 n; n < PARTIES * TOKENS; ++n) {
            uint256 at = ((pick >> 8) + n) % (PARTIES * TOKENS);
            (uint256 p, uint256 k) = (at / TOKENS, at % TOKENS);
            if (owedTo[k][p] == 0) continue;
            if (pick & 1 == 0) tokens[k].deny(address(0));
            return withdraw(p, k);
        }
        withdraw(pick % PARTIES, (pick >> 8) % TOKENS);
    }

    function withdraw(uint256 p, uint256 k) private {
        (address payee, uint256 owed) = (parties[p], owedTo[k][p]);
        uint256 had = tokens[k].balanceOf(payee);
        vm.prank(STRANGER);
        (bool ok,) = address(escrow).call(abi.encodeCall(escrow.withdrawFor, (payee, address(tokens[k]))));
        must(ok == (owed > 0 && tokens[k].denied() != payee), "a credit stuck, or nothing was withdrawn");
        if (!ok) return;
        ++done[ITradeEscrow.withdrawFor.selector];
        must(tokens[k].balanceOf(payee) == had + owed, "a withdrawal paid another amount");
        must(escrow.creditOf(payee, address(tokens[k])) == 0, "a credit was paid and kept");
        (credits[k], owedTo[k][p]) = (credits[k] - owed, 0);
    }

    /// @dev Several verbs on one order of which one may end it, and two that move another one on.
    function batch(uint256 pick) external {
        uint256 i = choose(pick, ANY);
        uint256 j = choose(pick >> 24, bit(State.Accepted) | bit(State.Shipped));
        bytes[] memory verbs = new bytes[](i == j ? 4 : 6);
        verbs[0] = plain(pick >> 20 & 1 == 0 ? ITradeEscrow.release.selector : ITradeEscrow.report.selector, i);
        verbs[1] = plain(pick >> 20 & 3 == 0 ? ITradeEscrow.refund.selector : ITradeEscrow.cancel.selector, i);
        verbs[2] = plain(ITradeEscrow.poke.selector, i);
        verbs[3] = abi.encodeCall(escrow.accept, (termsOf(i), acceptConsent(termsOf(i))));
        if (i != j) {
            verbs[4] = delivery(j);
            verbs[5] = abi.encodeCall(escrow.ship, (termsOf(j), "unit"));
        }
        address caller = [buyer, seller, seller, STRANGER, STRANGER, STRANGER, STRANGER, STRANGER][pick >> 16 & 7];
        Standing memory other = standing(j);
        bytes memory data = abi.encodeCall(escrow.batch, (verbs, BATCH_GAS));
        must(act(i, caller, address(escrow), data), "a batch failed as a whole");
        if (i != j) observe(j, caller, other);
    }

    /* RETURNS */

    function requestReturn(uint256 pick) external {
        uint256 i = choose(pick, bit(pick & 8 == 0 ? State.Delivered : State.ReturnRequested));
        bytes memory data = abi.encodeCall(returns_.requestReturn, (termsOf(i), "reason"));
        act(i, anyone(pick, buyer), address(returns_), data);
    }

    function receiveReturn(uint256 pick) external {
        uint256 i = choose(pick, bit(State.ReturnRequested));
        act(i, STRANGER, address(returns_), homecoming(i));
    }

    function settleReturn(uint256 pick) external {
        uint256 i = choose(pick, bit(State.ReturnReceived));
        Terms memory t = termsOf(i);
        uint256 least = t.clauses.length == 0 ? 0 : policyOf(t);
        intended = pick & 8 == 0 ? least : bound(pick >> 16, least, t.amounts.price() + 1);
        act(i, anyone(pick, seller), address(returns_), abi.encodeCall(returns_.settleReturn, (t, intended)));
    }

    function settleByPolicy(uint256 pick) external {
        uint256 i = choose(pick, bit(State.ReturnReceived));
        ripen(i, pick);
        act(i, STRANGER, address(returns_), plain(IReturns.settleByPolicy.selector, i));
    }

    /* DISPUTES */

    function dispute(uint256 pick) external {
        uint256 i = choose(pick, bit(State(uint256(State.Shipped) + (pick >> 16) % 4)));
        bytes memory data = abi.encodeCall(disputes.dispute, (termsOf(i), "evidence"));
        act(i, anyone(pick, pick & 8 == 0 ? buyer : seller), address(disputes), data);
    }

    function proposeSplit(uint256 pick) external {
        uint256 i = choose(pick, ANY);
        propose(i, anyone(pick, [buyer, seller, FINANCIER][(pick >> 16) % 3]), shareOf(i, pick >> 32));
    }

    /// @dev Every other time the other side offers it first, and of these half the time the assignee too.
    function acceptSplit(uint256 pick) external {
        uint256 i = choose(pick, bit(State(uint256(State.Accepted) + (pick >> 16) % 6)));
        address caller = anyone(pick, pick & 8 == 0 ? buyer : seller);
        uint120 toBuyer = shareOf(i, pick >> 32);
        if (pick & 16 == 0) propose(i, caller == buyer ? seller : buyer, toBuyer);
        if (pick & 48 == 0 && trades[i].assigned > 0) propose(i, FINANCIER, toBuyer);
        act(i, caller, address(disputes), abi.encodeCall(disputes.acceptSplit, (termsOf(i), toBuyer)));
    }

    function rule(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Disputed));
        intended = (pick >> 16) % (disputable(trades[i], termsOf(i)) + 2);
        Terms memory t = termsOf(i);
        if (pick & 8 == 0 && t.clauses.length > 0 && t.clauses[0].arbitration.fee < intended) {
            intended -= t.clauses[0].arbitration.fee;
        }
        // Counterfeit half the time, and then mostly at the fault that it has to be
        bool counterfeit = pick >> 10 & 1 == 0;
        Fault fault = counterfeit && pick >> 11 & 3 != 0 ? Fault.Seller : Fault(pick >> 8 & 3);
        bytes memory data = abi.encodeCall(disputes.rule, (t, intended, fault, counterfeit, "reasons"));
        act(i, anyone(pick, arbiter), address(disputes), data);
    }

    function settleUnruled(uint256 pick) external {
        uint256 i = choose(pick, bit(State.Disputed));
        ripen(i, pick);
        act(i, STRANGER, address(disputes), plain(IDisputes.settleUnruled.selector, i));
    }

    /* DUTIES */

    function assess(uint256 pick) external {
        uint256 i = chooseWithDuties(pick);
        Terms memory t = termsOf(i);
        uint256 most = t.clauses.length == 0 ? 1 : t.clauses[0].duties.amount;
        assessing = (pick >> 16) % (most + 2);
        Assessment memory stated = Assessment(trades[i].id, assessing, sha256("declaration"));
        address dutiesIn = t.clauses.length == 0 ? address(0) : t.clauses[0].duties.token;
        bytes memory signed = signAssessment(AUTHORITY_KEY, stated, dutiesIn, TAX_PAYEE);
        bool due = trades[i].dutiesHeld && trades[i].accepted && time() <= clocks[i].assessBy;
        if (!act(i, STRANGER, address(duties), abi.encodeCall(duties.assess, (t, stated, authority, signed)))) return;
        must(due && stated.amount <= most, "assessed too early, too late, twice, or too much");
        trades[i].assessed = uint128(stated.amount);
    }

    function returnDuties(uint256 pick) external {
        uint256 i = chooseWithDuties(pick);
        assessing = 0;
        bool due = dutiesOverdue(i);
        bool ok = act(i, STRANGER, address(duties), plain(IDuties.returnDuties.selector, i));
        must(ok == due, "duties returned too early, too late, or twice");
    }

    function refundDuties(uint256 pick) external {
        uint256 i = chooseAssessed(pick);
        Trade storage trade = trades[i];
        uint128 amount = uint128(1 + (pick >> 16) % (trade.assessed + 1));
        if (!act(i, TAX_PAYEE, address(duties), abi.encodeCall(duties.refundDuties, (termsOf(i), amount)))) return;
        trade.passedOn += amount;
        must(trade.passedOn <= trade.assessed, "more duty came back than was paid");
        must(trade.state == State.Refunded || trade.state == State.Settled, "duty came back for goods that did not");
        Terms memory t = termsOf(i);
        int256[PARTIES][TOKENS] memory got = receipts(t);
        uint256 k = indexOf(t.clauses[0].duties.token);
        got[k][PAYEE] += int256(uint256(amount));
        got[k][BUYER] -= int256(uint256(amount));
        checkNobodyElse(got);
    }

    /* THE WORLD */

    /// @dev One payee of a token cannot be paid, or all can.
    function deny(uint256 who, uint256 token_) external {
        tokens[token_ % TOKENS].deny(who & 3 != 0 ? parties[(who >> 8) % PARTIES] : address(0));
    }

    function setCondition(uint256 seed) external {
        conditionSays =
            [ConditionStatus.Met, ConditionStatus.Met, ConditionStatus.Pending, ConditionStatus.Rejected][seed & 3];
        condition.set(conditionSays, Fault(seed >> 8 & 3));
    }

    function putObserverToSleep(uint256 seed) external {
        witness.sleep(seed & 3 == 0);
    }

    function donate(uint256 amount, uint256 token_) external {
        uint256 gift = amount % 1e6;
        tokens[token_ % TOKENS].mint(address(escrow), gift);
        donated[token_ % TOKENS] += gift;
    }

    /// @dev A while; or up to the last moment of an order's state or of its duties, or one second later.
    function pass(uint256 seed) external {
        uint256 until = time() + 1 + (seed >> 8) % (seed & 9 == 0 ? 1 days : 2 hours);
        if (live.length > 0 && seed & 6 == 0) {
            uint256 i = live[(seed >> 8) % live.length];
            uint256 last = ended(trades[i].state) ? clocks[i].assessBy : standing(i).last;
            if (last > time()) until = last + (seed >> 3 & 1);
        }
        vm.warp(until);
        for (uint256 n; n < live.length; ++n) {
            checkDefaults(live[n]);
        }
    }

    /* WHEN ALL FALL SILENT */

    /// @dev A stranger and time alone end every order and return all duties; then every credit can be withdrawn, and
    /// nothing is left but what was donated.
    function finish() external {
        if (msg.sender != _test) return;
        while (live.length > 0) silence(live[0]);
        for (uint256 k; k < TOKENS; ++k) {
            tokens[k].deny(address(0));
            for (uint256 p; p < PARTIES; ++p) {
                withdraw(p, k);
            }
            must(tokens[k].balanceOf(address(escrow)) == donated[k], "the vault kept money of orders that are over");
        }
        for (uint256 i; i < trades.length; ++i) {
            standsWhereItWasSeen(i);
        }
    }

    function silence(uint256 i) private {
        State state = trades[i].state;
        if (!ended(state)) {
            (address[] memory targets, bytes4[] memory verbs) = defaultVerbs();
            Standing memory s = standing(i);
            if (!s.open) vm.warp(s.last + 1);
            uint256 verb = uint256(s.verb) - 1;
            must(act(i, STRANGER, targets[verb], plain(verbs[verb], i)), "an order that a stranger cannot end");
            ++silenced[uint256(state)];
        }
        if (!trades[i].dutiesHeld) return;
        uint256 assessBy = clocks[i].assessBy;
        if (time() <= assessBy) vm.warp(assessBy + 1);
        assessing = 0;
        must(
            act(i, STRANGER, address(duties), plain(IDuties.returnDuties.selector, i)), "duties that nobody can return"
        );
        ++dutiesSilenced;
    }

    /* WHAT SHOULD HOLD AFTER EVERY CALL */

    /// @dev Reverts with the name of the first promise that is broken.
    function check() external view {
        assertEq(violation, "");
        coversEachLeg();
        exposesWhatIsLocked();
        if (trades.length > 0) {
            standsWhereItWasSeen(trades.length - 1 - calls % (trades.length < 8 ? trades.length : 8));
        }
    }

    function coversEachLeg() private view {
        for (uint256 k; k < TOKENS; ++k) {
            uint256 due = openDuties[k] + credits[k];
            if (k == MONEY) due += openSettlement;
            if (k == PAY) due += openPay;
            uint256 held = tokens[k].balanceOf(address(escrow));
            assertGe(held, due, "the vault holds less than its legs and credits");
            assertEq(held - due, donated[k], "the vault holds more than was donated");
        }
    }

    function exposesWhatIsLocked() private view {
        assertEq(quotes.exposureOf(liquidity, address(token)).locked, locked, "exposure is not what is locked");
    }

    /// @dev No order changed by a call that was not about it. One order after each call; `finish` looks at all.
    function standsWhereItWasSeen(uint256 i) private view {
        Trade storage trade = trades[i];
        Order memory order = escrow.getOrder(trade.id);
        assertEq(uint256(order.state), uint256(trade.state), "an order changed by another's call");
        assertEq(order.since, trade.since, "a state began again");
        assertEq(uint256(order.ground), uint256(trade.ground), "a ground changed");
        assertEq(order.toBuyer, trade.toBuyer, "a share changed");
        bool flags = order.delivered == trade.delivered && order.late == trade.late
            && order.dutiesHeld == trade.dutiesHeld && order.conditionMet == trade.latched
            && order.assigned == (trade.assigned > 0) && order.assigneeConsents == trade.lets;
        assertTrue(flags, "an order's record is not what happened");
    }
}
