// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConditionStatus, Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {ITradeEscrow, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {BoundedCall} from "../../contracts/libraries/BoundedCall.sol";
import {SettableCondition} from "./EscrowFixture.sol";
import {HostileFixture} from "./hostile/HostileFixture.sol";
import {
    Behaviour,
    BurningHook,
    CountingObserver,
    IHook,
    RefusingHook,
    TurningToken,
    YesToken
} from "./hostile/TurningToken.sol";

/// @dev Every path that moves money, pulls first, withdrawals last.
enum Path {
    Open,
    OpenWithAuthorization,
    OpenWithConsent,
    CancelByBuyer,
    CancelBySeller,
    ReleaseByBuyer,
    ReleaseByDefault,
    RefundNotAccepted,
    RefundNotShipped,
    RefundRejected,
    RefundConditionSilent,
    RefundNotDelivered,
    RefundBySeller,
    Withdraw,
    WithdrawFor
}

/// @dev What becomes of a payee's due.
enum Paid {
    /// Paid to each, to the unit.
    InFull,
    /// Left the vault to the unit, and the token kept a part.
    LessFee,
    /// Paid to each, and the token took a part more from the vault: short.
    WithFeeOnTop,
    /// Paid from a vault whose balance doubled or halved before.
    Rebased,
    /// To the first payee a credit, to the others in full.
    FirstCredited,
    /// To each a credit.
    Credited,
    /// Paid to each, and a credit as well: short.
    Twice,
    /// The token said that it moved it, and did not: the vault holds what belongs to nobody.
    Nothing
}

/// @dev What one behaviour makes of each kind of path. A `bytes` is the error with its arguments, or `DONE`.
struct Row {
    string name;
    Behaviour behaviour;
    IHook hook;
    uint128 price;
    uint128 freight;
    bytes open;
    bytes openWithAuthorization;
    Paid paid;
    bytes withdraw;
    bytes withdrawFor;
}

/// @dev What the vault holds of the hostile token, what it owes, and per party what it has and what is due to it.
struct Books {
    uint256 held;
    uint256 owed;
    uint256[4] owned;
    uint256[4] due;
}

/// @dev A verb that a token calls while it moves.
enum Verb {
    Open,
    OpenWithAuthorization,
    OpenWithConsent,
    Accept,
    Cancel,
    Release,
    Refund,
    Report,
    Withdraw,
    WithdrawFor
}

contract HostileTokensTest is HostileFixture {
    bytes private constant DONE = "done";
    address private constant OTHER_BUYER = address(0x07B);

    TurningToken private hostile = new TurningToken();
    SettableCondition private condition = new SettableCondition();
    CountingObserver private observer = new CountingObserver();
    IHook private refusing = new RefusingHook();
    IHook private burning = new BurningHook();

    function setUp() public {
        setUpEscrow();
        setUpBystanders(address(observer));
    }

    /* THE TABLE */

    function test_everyBehaviour_onEveryPull_touchesNoOtherTokenAndBlocksNobody() public {
        checkAll(Path.Open, Path.OpenWithConsent);
    }

    function test_everyBehaviour_onEveryPush_touchesNoOtherTokenAndBlocksNobody() public {
        checkAll(Path.CancelByBuyer, Path.RefundBySeller);
    }

    function test_everyBehaviour_onEveryWithdrawal_touchesNoOtherTokenAndBlocksNobody() public {
        checkAll(Path.Withdraw, Path.WithdrawFor);
    }

    function checkAll(Path first, Path last) private {
        Row[] memory table = rows();
        for (uint256 i; i < table.length; ++i) {
            for (uint256 p = uint256(first); p <= uint256(last); ++p) {
                uint256 snapshot = vm.snapshotState();
                this.check(table[i], Path(p));
                vm.revertToState(snapshot);
            }
        }
    }

    /// @dev External, so that each cell starts with a memory of its own.
    function check(Row calldata row, Path path) external {
        string memory what = string.concat(row.name, ", ", nameOf(path), ": ");
        fund(hostile, buyer, 4 * fundingOf(row));
        fund(hostile, OTHER_BUYER, fundingOf(row));
        Terms memory standing = orderIn(row, path);
        (standing.buyer, standing.salt) = (OTHER_BUYER, "standing");
        openFunded(standing);

        if (path <= Path.OpenWithConsent) checkOpening(row, path, what);
        else if (path < Path.Withdraw) checkEnding(row, path, what);
        else checkWithdrawal(row, path, what);
        endStanding(row, standing, what);
        endBystanders(what);
    }

    function rows() private view returns (Row[] memory table) {
        (uint128 p, uint128 f) = (PRICE, FREIGHT);
        IHook none = IHook(address(0));
        bytes memory failed = abi.encodeWithSelector(SAFE_TRANSFER_FAILED, hostile);
        bytes memory nothing = received(0);
        bytes memory refused = abi.encodeWithSelector(RefusingHook.HookRefused.selector);
        bytes memory paused = abi.encodeWithSelector(TurningToken.TokenPaused.selector);
        bytes memory buyerDenied = abi.encodeWithSelector(TurningToken.Denied.selector, buyer);
        bytes memory sellerDenied = abi.encodeWithSelector(TurningToken.Denied.selector, seller);
        bytes memory bomb = new bytes(hostile.SMALL_BOMB());
        Behaviour b = Behaviour.Honest;

        table = new Row[](24);
        table[0] = Row("honest", b, none, p, f, DONE, DONE, Paid.InFull, DONE, DONE);
        table[1] = Row("0 decimals", b, none, 1, 1, DONE, DONE, Paid.InFull, DONE, DONE);
        table[2] = Row("30 decimals", b, none, 1e32, 7e30, DONE, DONE, Paid.InFull, DONE, DONE);
        uint128 most = type(uint128).max;
        table[3] = Row("largest amounts", b, none, most, most, DONE, DONE, Paid.InFull, DONE, DONE);
        b = Behaviour.ReturnsNothing;
        table[4] = Row("returns nothing", b, none, p, f, DONE, DONE, Paid.InFull, DONE, DONE);
        b = Behaviour.SenderHook;
        table[5] = Row("sender's hook refuses", b, refusing, p, f, refused, refused, Paid.InFull, DONE, DONE);
        table[6] = Row("sender's hook burns", b, burning, p, f, "", "", Paid.InFull, DONE, DONE);
        b = Behaviour.ReceiverHook;
        table[7] = Row("receiver's hook refuses", b, refusing, p, f, DONE, DONE, Paid.FirstCredited, DONE, refused);
        table[8] = Row("receiver's hook burns", b, burning, p, f, DONE, DONE, Paid.FirstCredited, DONE, "");
        b = Behaviour.FeeOnTransfer;
        bytes memory less = received(FUNDING - FUNDING / 100);
        table[9] = Row("fee on transfer", b, none, p, f, less, less, Paid.LessFee, DONE, DONE);
        b = Behaviour.FeeOnTop;
        table[10] = Row("fee on top", b, none, p, f, DONE, DONE, Paid.WithFeeOnTop, DONE, DONE);
        b = Behaviour.ReturnsFalse;
        table[11] = Row("false, not moved", b, none, p, f, failed, nothing, Paid.Credited, failed, failed);
        b = Behaviour.MovesAndReturnsFalse;
        table[12] = Row("false, moved", b, none, p, f, failed, DONE, Paid.Twice, failed, failed);
        b = Behaviour.ReturnsTrueWithoutMoving;
        table[13] = Row("true, not moved", b, none, p, f, nothing, nothing, Paid.Nothing, DONE, DONE);
        b = Behaviour.Paused;
        table[14] = Row("paused", b, none, p, f, paused, paused, Paid.Credited, paused, paused);
        b = Behaviour.Denies;
        table[15] =
            Row("denies", b, none, p, f, buyerDenied, buyerDenied, Paid.FirstCredited, DONE, sellerDenied);
        b = Behaviour.RebaseUp;
        bytes memory more = received(2 * FUNDING);
        table[16] = Row("rebases up", b, none, p, f, more, more, Paid.Rebased, DONE, DONE);
        b = Behaviour.RebaseDown;
        less = received(FUNDING / 2);
        table[17] = Row("rebases down", b, none, p, f, less, less, Paid.Rebased, DONE, DONE);
        b = Behaviour.BurnsAllGas;
        table[18] = Row("burns all gas", b, none, p, f, "", "", Paid.Credited, "", "");
        b = Behaviour.ReturnBomb;
        table[19] = Row("returns 1 MB", b, none, p, f, DONE, DONE, Paid.Credited, DONE, DONE);
        b = Behaviour.SmallReturnBomb;
        table[20] = Row("returns 100 kB", b, none, p, f, DONE, DONE, Paid.InFull, DONE, DONE);
        b = Behaviour.RevertBomb;
        table[21] = Row("reverts with 100 kB", b, none, p, f, bomb, bomb, Paid.Credited, bomb, bomb);
        b = Behaviour.CodeGone;
        table[22] = Row("upgraded to no code", b, none, p, f, "", "", Paid.Credited, failed, failed);
        b = Behaviour.CodeReplaced;
        table[23] = Row("upgraded to a yes-man", b, none, p, f, nothing, nothing, Paid.Nothing, DONE, DONE);
    }

    function received(uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.AmountReceived.selector, amount, FUNDING);
    }

    /* PULLS */

    function checkOpening(Row calldata row, Path path, string memory what) private {
        Terms memory t = orderIn(row, path);
        uint256[4] memory before = wallets(hostile);
        uint256 held = hostile.balanceOf(address(escrow));
        (address caller, bytes memory data) = callOf(path, t);

        turn(row, buyer, true);
        (bool ok, bytes memory met) = call(caller, data);
        heal();

        assertBystandersUntouched(what);
        bytes memory expected = path == Path.OpenWithAuthorization ? row.openWithAuthorization : row.open;
        assertEqual(ok ? DONE : met, expected, what);
        if (!ok) {
            assertState(t, State.None);
            assertEq(keccak256(abi.encode(wallets(hostile))), keccak256(abi.encode(before)), what);
            assertEq(hostile.balanceOf(address(escrow)), held, string.concat(what, "moved, though refused"));
            (ok,) = call(caller, data);
            assertTrue(ok, string.concat(what, "refused for good"));
        }
        assertState(t, State.Accepted);
        assertEq(hostile.balanceOf(address(escrow)) - held, fundingOf(row), string.concat(what, "not funded"));

        vm.prank(seller);
        escrow.refund(t);
        uint256 kept = row.behaviour == Behaviour.FeeOnTop ? fundingOf(row) / 100 : 0;
        assertEq(hostile.balanceOf(buyer), before[0] - kept, string.concat(what, "the buyer is not paid back"));
    }

    /* PUSHES */

    function checkEnding(Row calldata row, Path path, string memory what) private {
        Terms memory t = orderIn(row, path);
        bring(t, path);
        uint256[4] memory before = wallets(hostile);
        uint256 held = hostile.balanceOf(address(escrow));
        (address caller, bytes memory data) = callOf(path, t);
        uint256[4] memory due = dueOf(t, path);

        turn(row, isRelease(path) ? seller : buyer, false);
        uint256 gasBefore = gasleft();
        (bool ok,) = call(caller, data);
        uint256 used = gasBefore - gasleft();
        heal();

        assertTrue(ok, string.concat(what, "blocked"));
        assertLe(used, 3 * escrow.PUSH_GAS() + 200_000, string.concat(what, "costs its caller too much"));
        assertBystandersUntouched(what);
        assertEnded(t, path, what);
        assertPaid(row, before, due, what);
        assertEq(
            hostile.balanceOf(address(escrow)) + shortBy(row, held, due),
            fundingOf(row) + sum(credits(hostile)) + overBy(row, held, due),
            string.concat(what, "the vault is not short, or over, by what the token did")
        );
        drain(row, before, due, what);
    }

    function assertEnded(Terms memory t, Path path, string memory what) private {
        State expected = isRelease(path) ? State.Released : State.Refunded;
        if (path <= Path.CancelBySeller) expected = State.Cancelled;
        bytes32 id = escrow.orderId(t);
        assertEq(uint256(escrow.getOrder(id).state), uint256(expected), string.concat(what, "not ended"));

        bytes memory wrong = abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, expected, State.Accepted);
        (bool ok, bytes memory met) = call(buyer, abi.encodeCall(ITradeEscrow.release, (t)));
        assertFalse(ok, string.concat(what, "released again"));
        assertEqual(met, wrong, what);
        (ok, met) = call(seller, abi.encodeCall(ITradeEscrow.refund, (t)));
        assertFalse(ok, string.concat(what, "refunded again"));
        assertEqual(met, wrong, what);
        bool hasOutcome = expected != State.Cancelled && path != Path.RefundNotAccepted;
        assertEq(observer.told(id), hasOutcome ? 1 : 0, string.concat(what, "the observer was not told once"));
    }

    function assertPaid(Row calldata row, uint256[4] memory before, uint256[4] memory due, string memory what)
        private
        view
    {
        uint256[4] memory balances = wallets(hostile);
        uint256[4] memory credited = credits(hostile);
        bool first = true;
        for (uint256 i; i < 4; ++i) {
            (uint256 paid, uint256 credit_) = (due[i], 0);
            if (row.paid == Paid.LessFee) paid -= due[i] / 100;
            if (row.paid == Paid.Nothing) paid = 0;
            if (row.paid == Paid.Credited || row.paid == Paid.FirstCredited && first) (paid, credit_) = (0, due[i]);
            if (row.paid == Paid.Twice) credit_ = due[i];
            if (due[i] > 0) first = false;
            assertEq(balances[i] - before[i], paid, string.concat(what, "paid"));
            assertEq(credited[i], credit_, string.concat(what, "credited"));
        }
    }

    /// @dev Once the token is honest again each credit is paid, once: if the token took too much, from another's money.
    function drain(Row calldata row, uint256[4] memory before, uint256[4] memory due, string memory what) private {
        for (uint256 i; i < 4; ++i) {
            if (escrow.creditOf(party(i), address(hostile)) == 0) continue;
            bytes memory data = abi.encodeCall(ITradeEscrow.withdrawFor, (party(i), address(hostile)));
            (bool ok, bytes memory met) = call(STRANGER, data);
            assertTrue(ok, string.concat(what, "a credit was not paid"));
            (ok, met) = call(STRANGER, data);
            assertFalse(ok, string.concat(what, "a credit was paid twice"));
            assertEqual(met, nothingLeft(party(i)), what);
            uint256 times = row.paid == Paid.Twice ? 2 : 1;
            assertEq(hostile.balanceOf(party(i)) - before[i], times * due[i], string.concat(what, "paid in the end"));
        }
    }

    /// @dev The order of another buyer in the same token ends too: paid, unless the token took what was due to it.
    function endStanding(Row calldata row, Terms memory t, string memory what) private {
        bool covered = hostile.balanceOf(address(escrow)) >= fundingOf(row);
        bool mayBeShort = row.paid == Paid.WithFeeOnTop || row.paid == Paid.Rebased || row.paid == Paid.Twice;
        assertTrue(covered || mayBeShort, string.concat(what, "another's order in this token is not covered"));
        vm.prank(OTHER_BUYER);
        escrow.cancel(t);
        uint256 credit_ = escrow.creditOf(OTHER_BUYER, address(hostile));
        assertEq(credit_, covered ? 0 : fundingOf(row), string.concat(what, "another's credit"));
        uint256 paid = hostile.balanceOf(OTHER_BUYER);
        assertEq(paid, covered ? fundingOf(row) : 0, string.concat(what, "another's refund"));
    }

    /* WITHDRAWALS */

    function checkWithdrawal(Row calldata row, Path path, string memory what) private {
        bring(orderIn(row, path), path);
        uint256 due = escrow.creditOf(seller, address(hostile));
        uint256 held = hostile.balanceOf(address(escrow));
        (address caller, bytes memory data) = callOf(path, orderIn(row, path));
        address payee = path == Path.Withdraw ? ELSEWHERE : seller;

        turn(row, seller, false);
        (bool ok, bytes memory met) = call(caller, data);
        heal();

        assertBystandersUntouched(what);
        assertEqual(ok ? DONE : met, path == Path.Withdraw ? row.withdraw : row.withdrawFor, what);
        uint256 paid = hostile.balanceOf(payee);
        if (!ok) {
            assertEq(paid, 0, string.concat(what, "paid, though refused"));
            assertEq(escrow.creditOf(seller, address(hostile)), due, string.concat(what, "the credit is lost"));
            assertEq(hostile.balanceOf(address(escrow)), held, string.concat(what, "moved, though refused"));
            (ok,) = call(caller, data);
            assertTrue(ok, string.concat(what, "refused for good"));
            assertEq(hostile.balanceOf(payee), due, string.concat(what, "paid in the end"));
        } else if (row.paid == Paid.LessFee) {
            assertEq(paid, due - due / 100, string.concat(what, "paid"));
        } else {
            assertEq(paid, row.paid == Paid.Nothing ? 0 : due, string.concat(what, "paid"));
            uint256[4] memory dues = [0, due, 0, 0];
            assertEq(
                hostile.balanceOf(address(escrow)) + shortBy(row, held, dues),
                fundingOf(row) + overBy(row, held, dues),
                string.concat(what, "the vault is not short, or over, by what the token did")
            );
        }

        assertEq(escrow.creditOf(seller, address(hostile)), 0, string.concat(what, "credited still"));
        (ok, met) = call(caller, data);
        assertFalse(ok, string.concat(what, "paid twice"));
        assertEqual(met, nothingLeft(seller), what);
    }

    /* RE-ENTRY */

    function test_reentry_beforeItMoves_countsEachOrderOnce() public {
        reenterEverywhere(false);
    }

    function test_reentry_afterItMoved_countsEachOrderOnce() public {
        reenterEverywhere(true);
    }

    function reenterEverywhere(bool afterwards) private {
        uint256[10] memory passed;
        for (uint256 p; p <= uint256(type(Path).max); ++p) {
            for (uint256 v; v <= uint256(type(Verb).max); ++v) {
                for (uint256 same; same < 2; ++same) {
                    uint256 snapshot = vm.snapshotState();
                    if (this.reenter(Path(p), Verb(v), same == 1, afterwards)) ++passed[v];
                    vm.revertToState(snapshot);
                }
            }
        }

        // Check that the calls were no misses: each verb got through from both withdrawals, if from nowhere else
        for (uint256 v; v <= uint256(type(Verb).max); ++v) {
            assertGe(passed[v], 2, string.concat(nameOf(Verb(v)), ": never let through"));
        }
    }

    /// @return passed whether the vault let the inner call through.
    function reenter(Path path, Verb verb, bool same, bool afterwards) external returns (bool passed) {
        string memory what = string.concat(nameOf(path), ", ", nameOf(verb), " of ", same ? "the same" : "another");
        what = string.concat(what, afterwards ? " after it moved: " : " before it moved: ");
        fund(hostile, buyer, 4 * FUNDING);
        Terms memory outer = hostileOrder("outer");
        if (path == Path.RefundRejected || path == Path.RefundConditionSilent) setCondition(outer);
        Terms memory inner = same ? outer : bringOther(verb);
        bring(outer, path);
        (address caller, bytes memory data) = callOf(path, outer);
        Books memory before = look(outer, inner, same);

        (address plotter, bytes memory plot) = callOf(verb, inner, same);
        hostile.plot(plotter, address(escrow), plot, afterwards);
        hostile.turn(Behaviour.Plots, address(0), address(escrow), IHook(address(0)));
        (bool ok, bytes memory met) = call(caller, data);
        heal();

        assertBystandersUntouched(what);
        assertConserved(before, look(outer, inner, same), what);
        if (path <= Path.OpenWithConsent) {
            if (!ok) assertEq(bytes32(bytes4(met)), ITradeEscrow.AmountReceived.selector, what);
            assertTrue(ok || verb > Verb.OpenWithConsent, string.concat(what, "the inner pull was let through"));
        } else {
            assertTrue(ok, string.concat(what, "blocked"));
            bool starved = path < Path.Withdraw && verb <= Verb.OpenWithConsent;
            assertTrue(hostile.plotted() || starved, string.concat(what, "no call was made"));
            if (path < Path.Withdraw) assertEnded(outer, path, what);
        }
        passed = hostile.succeeded();
        if (same && passed) assertEq(uint256(verb), uint256(Verb.Report), string.concat(what, "let through"));
        if (hostile.plotted() && !passed) assertRefusal(path, verb, same, what);
        endBystanders(what);
    }

    /// @dev What a refused inner call met.
    function assertRefusal(Path path, Verb verb, bool same, string memory what) private view {
        bytes4 expected = ITradeEscrow.StateWrong.selector;
        if (path <= Path.OpenWithConsent && verb <= Verb.OpenWithConsent) {
            expected = bytes4(keccak256("ReentrancyGuardReentrantCall()"));
        } else if (verb <= Verb.OpenWithConsent) {
            // Another order's needs more gas than a push has, and may fail anywhere
            if (!same) return;
            expected = ITradeEscrow.AlreadyOpened.selector;
        } else if (!same) {
            expected = BoundedCall.GasTooLow.selector;
        } else if (verb == Verb.Withdraw || verb == Verb.WithdrawFor) {
            expected = ITradeEscrow.NothingToWithdraw.selector;
        } else if (verb == Verb.Report) {
            bool told = path >= Path.Withdraw;
            expected = told ? ITradeEscrow.AlreadyReported.selector : ITradeEscrow.NoOutcome.selector;
        }
        assertEq(bytes32(hostile.met()), expected, string.concat(what, "another refusal than expected"));
    }

    /// @dev What the vault holds, what its orders in the hostile token and their ends say that it should, and what each
    /// party has, in its wallet and as credit.
    function look(Terms memory outer, Terms memory inner, bool same) private view returns (Books memory a) {
        a.held = hostile.balanceOf(address(escrow));
        uint256[4] memory balances = wallets(hostile);
        uint256[4] memory credited = credits(hostile);
        for (uint256 i; i < 4; ++i) a.owned[i] = balances[i] + credited[i];
        a.owned[1] += hostile.balanceOf(ELSEWHERE);
        a.owed = sum(credited);
        count(a, stateOf(outer));
        if (!same) count(a, stateOf(inner));
    }

    function count(Books memory a, State state) private pure {
        if (state == State.None) {
            a.due[0] += FUNDING;
        } else if (state < State.Released) {
            a.owed += FUNDING;
        } else if (state == State.Released) {
            (a.due[1], a.due[2], a.due[3]) = (a.due[1] + PRICE - FEE, a.due[2] + FEE, a.due[3] + FREIGHT);
        } else {
            a.due[0] += FUNDING;
        }
    }

    function assertConserved(Books memory before, Books memory afterwards, string memory what) private pure {
        assertEq(afterwards.held, afterwards.owed, string.concat(what, "the vault does not hold what it owes"));
        for (uint256 i; i < 4; ++i) {
            assertEq(
                afterwards.owned[i] + before.due[i],
                before.owned[i] + afterwards.due[i],
                string.concat(what, "a party has not what is due to it")
            );
        }
    }

    /// @dev An order for the inner call, in the state in which its verb would end well.
    function bringOther(Verb verb) private returns (Terms memory t) {
        t = hostileOrder("inner");
        (t.acceptBy, t.shipBy, t.deliverBy) = (t.acceptBy + 60 days, t.shipBy + 60 days, t.deliverBy + 60 days);
        if (verb == Verb.Accept || verb == Verb.Cancel) openFunded(t);
        if (verb == Verb.Release || verb == Verb.Refund) openDelivered(t);
        if (verb < Verb.Report) return t;

        openDelivered(t);
        if (verb != Verb.Report) {
            hostile.turn(Behaviour.Denies, platform, address(escrow), IHook(address(0)));
        }
        observer.fail(verb == Verb.Report);
        vm.prank(buyer);
        escrow.release(t);
        observer.fail(false);
        heal();
    }

    /// @dev The inner call, by the party that has the most right to it.
    function callOf(Verb verb, Terms memory t, bool same) private view returns (address, bytes memory) {
        if (verb <= Verb.OpenWithConsent) return callOf(Path(uint8(verb)), t);
        if (verb == Verb.Accept) return (seller, abi.encodeCall(ITradeEscrow.accept, (t, "")));
        if (verb == Verb.Cancel) return (buyer, abi.encodeCall(ITradeEscrow.cancel, (t)));
        if (verb == Verb.Release) return (buyer, abi.encodeCall(ITradeEscrow.release, (t)));
        if (verb == Verb.Refund) return (seller, abi.encodeCall(ITradeEscrow.refund, (t)));
        if (verb == Verb.Report) return (STRANGER, abi.encodeCall(ITradeEscrow.report, (t)));
        address payee = same ? seller : platform;
        if (verb == Verb.Withdraw) return (payee, abi.encodeCall(ITradeEscrow.withdraw, (t.token, payee)));
        return (STRANGER, abi.encodeCall(ITradeEscrow.withdrawFor, (payee, t.token)));
    }

    function nameOf(Verb verb) private pure returns (string memory) {
        return [
            "open",
            "openWithAuthorization",
            "openWithConsent",
            "accept",
            "cancel",
            "release",
            "refund",
            "report",
            "withdraw",
            "withdrawFor"
        ][uint256(verb)];
    }

    /* ATTACKS */

    /// @dev commerce-payments: a receiver of the fee that the token denies blocks every capture.
    function test_attack_aDeniedFeeReceiverBlocksNoCapture() public {
        fund(hostile, buyer, FUNDING);
        Terms memory t = hostileOrder("capture");
        openDelivered(t);
        hostile.turn(Behaviour.Denies, platform, address(escrow), IHook(address(0)));
        vm.prank(buyer);
        vm.expectEmit(address(escrow));
        emit ITradeEscrow.Credited(platform, address(hostile), FEE);
        escrow.release(t);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
        assertEq(hostile.balanceOf(carrier), FREIGHT);
        assertEq(hostile.balanceOf(address(escrow)), FEE);
    }

    /// @dev refund-protocol #10: what a recipient drew early became a debt, and the debt could be bypassed. Here a
    /// seller draws nothing before the end, and after it no refund asks it, or anybody's pool, for money.
    function test_attack_aWithdrawalBeforeTheEndDrawsNothing() public {
        fund(hostile, buyer, 2 * FUNDING);
        Terms memory drawn = hostileOrder("drawn");
        Terms memory other = hostileOrder("other");
        openDelivered(drawn);
        openDelivered(other);
        vm.prank(seller);
        vm.expectRevert(nothingLeft(seller));
        escrow.withdraw(address(hostile), seller);
        vm.prank(seller);
        escrow.refund(drawn);
        assertEq(hostile.balanceOf(buyer), FUNDING);
        assertEq(hostile.balanceOf(address(escrow)), FUNDING, "the other order's money");
    }

    /// @dev refund-protocol #12: money left before the account was written down. A payee's hook that withdraws while it
    /// is paid finds its credit gone.
    function test_attack_aCreditIsWithdrawnOnceByAHookThatWithdrawsAgain() public {
        fund(hostile, buyer, 2 * FUNDING);
        Terms memory other = hostileOrder("other");
        openFunded(other);
        bring(hostileOrder("credited"), Path.Withdraw);
        bytes memory again = abi.encodeCall(ITradeEscrow.withdraw, (address(hostile), seller));
        hostile.plot(seller, address(escrow), again, false);
        hostile.turn(Behaviour.Plots, address(0), address(escrow), IHook(address(0)));
        vm.prank(seller);
        escrow.withdraw(address(hostile), seller);
        assertTrue(hostile.plotted());
        assertEq(bytes32(hostile.met()), ITradeEscrow.NothingToWithdraw.selector);
        assertEq(hostile.balanceOf(seller), PRICE - FEE);
        assertEq(hostile.balanceOf(address(escrow)), FUNDING, "the other order's money");
    }

    /// @dev refund-protocol #19: a payee that drew a part, then a refund of the whole, emptied the pool.
    function test_attack_noRefundAfterARelease_noWithdrawalAfterARefund() public {
        fund(hostile, buyer, 3 * FUNDING);
        Terms memory other = hostileOrder("other");
        openFunded(other);
        Terms memory released = hostileOrder("released");
        bring(released, Path.Withdraw);
        escrow.withdrawFor(seller, address(hostile));
        bytes32 id = escrow.orderId(released);
        vm.prank(seller);
        vm.expectRevert(abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, State.Released, State.Accepted));
        escrow.refund(released);

        Terms memory refunded = hostileOrder("refunded");
        openAccepted(refunded);
        vm.prank(seller);
        escrow.refund(refunded);
        vm.expectRevert(nothingLeft(seller));
        escrow.withdrawFor(seller, address(hostile));
        vm.expectRevert(nothingLeft(buyer));
        escrow.withdrawFor(buyer, address(hostile));
        assertEq(hostile.balanceOf(address(escrow)), FUNDING, "the other order's money");
    }

    function test_aPayeesCreditsOfTwoOrders_addUp() public {
        fund(hostile, buyer, 2 * FUNDING);
        bring(hostileOrder("first"), Path.Withdraw);
        bring(hostileOrder("second"), Path.Withdraw);
        vm.prank(STRANGER);
        escrow.withdrawFor(seller, address(hostile));
        assertEq(hostile.balanceOf(seller), 2 * (PRICE - FEE));
        assertEq(hostile.balanceOf(address(escrow)), 0);
    }

    /* HELPERS: ORDERS */

    function hostileOrder(bytes32 salt) private view returns (Terms memory t) {
        t = terms();
        (t.token, t.salt) = (address(hostile), salt);
    }

    function orderIn(Row calldata row, Path path) private view returns (Terms memory t) {
        t = hostileOrder("hostile");
        (t.price, t.freight) = (row.price, row.freight);
        if (path == Path.RefundRejected || path == Path.RefundConditionSilent) setCondition(t);
    }

    function setCondition(Terms memory t) private view {
        (t.condition, t.conditionBy) = (address(condition), t.shipBy + 2 days);
    }

    /// @dev To the moment before `path`, with a token that is honest.
    function bring(Terms memory t, Path path) private {
        if (path <= Path.OpenWithConsent) return;
        if (path <= Path.CancelBySeller || path == Path.RefundNotAccepted) openFunded(t);
        else if (path == Path.RefundNotShipped || path == Path.RefundBySeller) openAccepted(t);
        else if (path >= Path.RefundRejected && path <= Path.RefundNotDelivered) openShipped(t);
        else openDelivered(t);
        if (path < Path.Withdraw) return ripen(t, path);

        hostile.turn(Behaviour.Denies, seller, address(escrow), IHook(address(0)));
        vm.prank(buyer);
        escrow.release(t);
        heal();
    }

    /// @dev To the time, or the condition, that the default needs.
    function ripen(Terms memory t, Path path) private {
        if (path == Path.ReleaseByDefault) vm.warp(vm.getBlockTimestamp() + t.inspectionWindow + 1);
        if (path == Path.RefundNotAccepted) vm.warp(t.acceptBy + 1);
        if (path == Path.RefundNotShipped) vm.warp(t.shipBy + 1);
        if (path == Path.RefundRejected) condition.set(ConditionStatus.Rejected, Fault.Seller);
        if (path == Path.RefundConditionSilent) vm.warp(t.conditionBy + 1);
        if (path == Path.RefundNotDelivered) vm.warp(t.deliverBy + t.claimWindow + 1);
    }

    /// @dev Who takes `path` and how.
    function callOf(Path path, Terms memory t) private view returns (address caller, bytes memory data) {
        bytes32 id = escrow.orderId(t);
        if (path <= Path.OpenWithConsent) {
            bytes memory accept = acceptConsent(t);
            bytes memory open = consent(BUYER_KEY, "Open(bytes32 orderId)", id);
            if (path == Path.Open) return (buyer, abi.encodeCall(ITradeEscrow.open, (t, accept)));
            if (path == Path.OpenWithConsent) {
                return (STRANGER, abi.encodeCall(ITradeEscrow.openWithConsent, (t, open, accept)));
            }
            return
                (STRANGER, abi.encodeCall(ITradeEscrow.openWithAuthorization, (t, authorization(t, id), accept)));
        }
        if (path == Path.CancelByBuyer) return (buyer, abi.encodeCall(ITradeEscrow.cancel, (t)));
        if (path == Path.CancelBySeller) return (seller, abi.encodeCall(ITradeEscrow.cancel, (t)));
        if (path == Path.ReleaseByBuyer) return (buyer, abi.encodeCall(ITradeEscrow.release, (t)));
        if (path == Path.ReleaseByDefault) return (STRANGER, abi.encodeCall(ITradeEscrow.release, (t)));
        if (path == Path.RefundBySeller) return (seller, abi.encodeCall(ITradeEscrow.refund, (t)));
        if (path == Path.Withdraw) return (seller, abi.encodeCall(ITradeEscrow.withdraw, (t.token, ELSEWHERE)));
        if (path == Path.WithdrawFor) {
            return (STRANGER, abi.encodeCall(ITradeEscrow.withdrawFor, (seller, t.token)));
        }
        return (STRANGER, abi.encodeCall(ITradeEscrow.refund, (t)));
    }

    function dueOf(Terms memory t, Path path) private pure returns (uint256[4] memory) {
        uint256 price = t.price;
        uint256 fee = price * t.feeBps / 10_000;
        if (isRelease(path)) return [0, price - fee, fee, t.freight];
        return [price + t.freight, 0, 0, 0];
    }

    function isRelease(Path path) private pure returns (bool) {
        return path == Path.ReleaseByBuyer || path == Path.ReleaseByDefault;
    }

    function nameOf(Path path) private pure returns (string memory) {
        return [
            "open",
            "openWithAuthorization",
            "openWithConsent",
            "cancel by buyer",
            "cancel by seller",
            "release by buyer",
            "release by default",
            "refund, not accepted",
            "refund, not shipped",
            "refund, condition rejected",
            "refund, condition silent",
            "refund, not delivered",
            "refund by seller",
            "withdraw",
            "withdrawFor"
        ][uint256(path)];
    }

    /* HELPERS: THE TOKEN */

    function turn(Row calldata row, address victim, bool inFlight) private {
        Behaviour b = row.behaviour;
        if (b == Behaviour.CodeGone) return vm.etch(address(hostile), "");
        if (b == Behaviour.CodeReplaced) return vm.etch(address(hostile), type(YesToken).runtimeCode);
        hostile.turn(b, victim, address(escrow), row.hook);
        if (!inFlight && row.paid == Paid.Rebased) hostile.rebase();
    }

    function heal() private {
        vm.etch(address(hostile), address(listing).code);
        hostile.turn(Behaviour.Honest, address(0), address(0), IHook(address(0)));
    }

    /// @dev What the token took from the vault beyond what the vault told it to.
    function shortBy(Row calldata row, uint256 held, uint256[4] memory due) private pure returns (uint256 short) {
        if (row.paid == Paid.Twice) return sum(due);
        if (row.behaviour == Behaviour.RebaseDown) return held / 2;
        if (row.paid == Paid.WithFeeOnTop) for (uint256 i; i < 4; ++i) short += due[i] / 100;
    }

    /// @dev What it left there, or brought, beyond that.
    function overBy(Row calldata row, uint256 held, uint256[4] memory due) private pure returns (uint256) {
        if (row.paid == Paid.Nothing) return sum(due);
        return row.behaviour == Behaviour.RebaseUp ? held : 0;
    }

    function fundingOf(Row calldata row) private pure returns (uint256) {
        return uint256(row.price) + row.freight;
    }

    function sum(uint256[4] memory amounts) private pure returns (uint256) {
        return amounts[0] + amounts[1] + amounts[2] + amounts[3];
    }

    function nothingLeft(address payee) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.NothingToWithdraw.selector, payee, hostile);
    }
}
