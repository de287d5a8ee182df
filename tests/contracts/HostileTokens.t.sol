// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDuties} from "../../contracts/interfaces/IDuties.sol";
import {ITradeEscrow, Order, State, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Packed} from "../../contracts/libraries/Packed.sol";
import {Leg, Path, PathFixture} from "./hostile/PathFixture.sol";
import {Behaviour, BurningHook, IHook, RefusingHook, TurningToken, YesToken} from "./hostile/TurningToken.sol";
import {Pack} from "./Pack.sol";

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

/// @dev With what a call is refused, if it is.
enum Met {
    Done,
    /// Without a word.
    Empty,
    /// SafeERC20FailedOperation.
    Failed,
    /// AmountReceived: none, less by the fee, with the vault doubled, with the vault halved.
    None,
    Less,
    Doubled,
    Halved,
    /// The token's own errors, and its hook's.
    Paused,
    Denied,
    Hook,
    Bomb
}

/// @dev What one behaviour makes of each kind of path.
struct Row {
    string name;
    Behaviour behaviour;
    IHook hook;
    uint256 price;
    uint256 freight;
    Met open;
    Met openWithAuthorization;
    Paid paid;
    Met withdraw;
    Met withdrawFor;
}

/// @dev One behaviour on one path of one order, in one of its tokens.
struct Cell {
    Leg leg;
    Path path;
    /// The role of the token that is hostile.
    uint256 role;
    /// Whom the token turns against.
    address victim;
    uint256 held;
    uint256[8][3] before;
    uint256[8][3] due;
    string what;
}

contract HostileTokensTest is PathFixture {
    using Pack for Terms;
    using Packed for *;

    address private constant OTHER_BUYER = address(0x07B);

    IHook private refusing = new RefusingHook();
    IHook private burning = new BurningHook();
    TurningToken private hostile;

    function setUp() public {
        setUpPaths();
    }

    /* THE TABLE */

    function test_everyBehaviour_onEveryPull_touchesNoOtherTokenAndBlocksNobody() public {
        checkAll(Leg.Plain, Path.Open, Path.OpenWithAuthorization);
    }

    function test_everyBehaviour_onEveryPush_touchesNoOtherTokenAndBlocksNobody() public {
        checkAll(Leg.Plain, Path.CancelByBuyer, Path.RefundDelivered);
    }

    function test_everyBehaviour_onEveryWithdrawal_touchesNoOtherTokenAndBlocksNobody() public {
        checkAll(Leg.Plain, Path.Withdraw, Path.WithdrawFor);
    }

    function test_everyBehaviour_ofASettlementToken_untilRelease() public {
        checkAll(Leg.Settlement, Path.Open, Path.ReleaseInBatch);
    }

    function test_everyBehaviour_ofASettlementToken_onEveryRefund() public {
        checkAll(Leg.Settlement, Path.RefundNotAccepted, Path.RefundDelivered);
    }

    function test_everyBehaviour_ofASettlementToken_onEveryOperatorsPath() public {
        checkAll(Leg.Settlement, Path.ReleaseLapsed, Path.ReturnDuties);
    }

    function test_everyBehaviour_ofABuyersToken_untilRelease() public {
        checkAll(Leg.Pay, Path.Open, Path.ReleaseInBatch);
    }

    function test_everyBehaviour_ofABuyersToken_onEveryRefund() public {
        checkAll(Leg.Pay, Path.RefundNotAccepted, Path.RefundDelivered);
    }

    function test_everyBehaviour_ofABuyersToken_onEveryOperatorsPath() public {
        checkAll(Leg.Pay, Path.ReleaseLapsed, Path.ReturnDuties);
    }

    function test_everyBehaviour_ofADutiesToken_untilRelease() public {
        checkAll(Leg.Duties, Path.Open, Path.ReleaseInBatch);
    }

    function test_everyBehaviour_ofADutiesToken_onEveryRefund() public {
        checkAll(Leg.Duties, Path.RefundNotAccepted, Path.RefundDelivered);
    }

    function test_everyBehaviour_ofADutiesToken_onEveryOperatorsPath() public {
        checkAll(Leg.Duties, Path.ReleaseLapsed, Path.ReturnDuties);
    }

    function test_everyBehaviour_ofADutiesToken_onRefundDuties_isBetweenPayerAndBuyerAlone() public {
        Row[] memory table = rows();
        for (uint256 i; i < table.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            this.checkRefundDuties(table[i]);
            vm.revertToState(snapshot);
        }
    }

    function checkAll(Leg leg, Path first, Path last) private {
        Row[] memory table = rows();
        for (uint256 i; i < table.length; ++i) {
            for (uint256 p = uint256(first); p <= uint256(last); ++p) {
                uint256 snapshot = vm.snapshotState();
                this.check(table[i], leg, Path(p));
                vm.revertToState(snapshot);
            }
        }
    }

    /// @dev External, so that each cell starts with a memory of its own.
    function check(Row calldata row, Leg leg, Path path) external {
        Cell memory c;
        (c.leg, c.path, c.role) = (leg, path, roleOf(leg));
        c.what = string.concat(row.name, ", ", label(leg), ", ", label(path), ": ");
        hostile = roles[c.role];
        Terms memory t = orderOf(leg, path, row.price, row.freight);
        fundFor(t);
        Terms memory standing = openStanding(pulled(leg, t));

        if (path <= Path.OpenWithAuthorization) checkOpening(row, t, c);
        else if (path < Path.Withdraw) checkEnding(row, t, c);
        else checkWithdrawal(row, t, c);
        endStanding(row, standing, c.what);
        endBystanders(c.what);
    }

    function rows() private view returns (Row[] memory table) {
        (uint256 p, uint256 f) = (PRICE, FREIGHT);
        IHook none = IHook(address(0));
        Met done = Met.Done;
        Behaviour b = Behaviour.Honest;

        table = new Row[](24);
        table[0] = Row("honest", b, none, p, f, done, done, Paid.InFull, done, done);
        table[1] = Row("0 decimals", b, none, 1, 1, done, done, Paid.InFull, done, done);
        table[2] = Row("30 decimals", b, none, 1e32, 7e30, done, done, Paid.InFull, done, done);
        (uint256 most, uint256 rest) = (1 << 119, (1 << 119) - 1);
        table[3] = Row("largest amounts", b, none, most, rest, done, done, Paid.InFull, done, done);
        b = Behaviour.ReturnsNothing;
        table[4] = Row("returns nothing", b, none, p, f, done, done, Paid.InFull, done, done);
        b = Behaviour.SenderHook;
        table[5] = Row("sender's hook refuses", b, refusing, p, f, Met.Hook, Met.Hook, Paid.InFull, done, done);
        table[6] = Row("sender's hook burns", b, burning, p, f, Met.Empty, Met.Empty, Paid.InFull, done, done);
        b = Behaviour.ReceiverHook;
        table[7] = Row("receiver's hook refuses", b, refusing, p, f, done, done, Paid.FirstCredited, done, Met.Hook);
        table[8] = Row("receiver's hook burns", b, burning, p, f, done, done, Paid.FirstCredited, done, Met.Empty);
        b = Behaviour.FeeOnTransfer;
        table[9] = Row("fee on transfer", b, none, p, f, Met.Less, Met.Less, Paid.LessFee, done, done);
        b = Behaviour.FeeOnTop;
        table[10] = Row("fee on top", b, none, p, f, done, done, Paid.WithFeeOnTop, done, done);
        b = Behaviour.ReturnsFalse;
        table[11] =
            Row("false, not moved", b, none, p, f, Met.Failed, Met.None, Paid.Credited, Met.Failed, Met.Failed);
        b = Behaviour.MovesAndReturnsFalse;
        table[12] = Row("false, moved", b, none, p, f, Met.Failed, done, Paid.Twice, Met.Failed, Met.Failed);
        b = Behaviour.ReturnsTrueWithoutMoving;
        table[13] = Row("true, not moved", b, none, p, f, Met.None, Met.None, Paid.Nothing, done, done);
        b = Behaviour.Paused;
        table[14] = Row("paused", b, none, p, f, Met.Paused, Met.Paused, Paid.Credited, Met.Paused, Met.Paused);
        b = Behaviour.Denies;
        table[15] = Row("denies", b, none, p, f, Met.Denied, Met.Denied, Paid.FirstCredited, done, Met.Denied);
        b = Behaviour.RebaseUp;
        table[16] = Row("rebases up", b, none, p, f, Met.Doubled, Met.Doubled, Paid.Rebased, done, done);
        b = Behaviour.RebaseDown;
        table[17] = Row("rebases down", b, none, p, f, Met.Halved, Met.Halved, Paid.Rebased, done, done);
        b = Behaviour.BurnsAllGas;
        table[18] = Row("burns all gas", b, none, p, f, Met.Empty, Met.Empty, Paid.Credited, Met.Empty, Met.Empty);
        b = Behaviour.ReturnBomb;
        table[19] = Row("returns 1 MB", b, none, p, f, done, done, Paid.Credited, done, done);
        b = Behaviour.SmallReturnBomb;
        table[20] = Row("returns 100 kB", b, none, p, f, done, done, Paid.InFull, done, done);
        b = Behaviour.RevertBomb;
        table[21] = Row("reverts with 100 kB", b, none, p, f, Met.Bomb, Met.Bomb, Paid.Credited, Met.Bomb, Met.Bomb);
        b = Behaviour.CodeGone;
        table[22] =
            Row("upgraded to no code", b, none, p, f, Met.Empty, Met.Empty, Paid.Credited, Met.Failed, Met.Failed);
        b = Behaviour.CodeReplaced;
        table[23] = Row("upgraded to a yes-man", b, none, p, f, Met.None, Met.None, Paid.Nothing, done, done);
    }

    /// @return the error with its arguments, or nothing.
    function errorOf(Met met, address victim, uint256 amount, uint256 held) private view returns (bytes memory) {
        if (met == Met.Done || met == Met.Empty) return "";
        if (met == Met.Failed) return abi.encodeWithSelector(SAFE_TRANSFER_FAILED, hostile);
        if (met == Met.Paused) return abi.encodeWithSelector(TurningToken.TokenPaused.selector);
        if (met == Met.Denied) return abi.encodeWithSelector(TurningToken.Denied.selector, victim);
        if (met == Met.Hook) return abi.encodeWithSelector(RefusingHook.HookRefused.selector);
        if (met == Met.Bomb) return new bytes(roles[0].SMALL_BOMB());

        uint256 received;
        if (met == Met.Less) received = amount - amount / 100;
        if (met == Met.Doubled) received = held + amount;
        if (met == Met.Halved && amount > held / 2) received = amount - held / 2;
        return abi.encodeWithSelector(ITradeEscrow.AmountReceived.selector, hostile, received, amount);
    }

    /* PULLS */

    /// @dev What the hostile token moves at opening.
    function pulled(Leg leg, Terms memory t) private pure returns (uint256) {
        if (leg == Leg.Pay) return uint256(t.clauses[0].quote.amount) + t.clauses[0].quote.premium;
        return leg == Leg.Duties ? t.clauses[0].duties.amount : t.amounts.total();
    }

    function checkOpening(Row calldata row, Terms memory t, Cell memory c) private {
        c.victim = c.leg == Leg.Settlement ? liquidity : buyer;
        (c.before, c.held) = (everything(), hostile.balanceOf(address(escrow)));
        uint256 amount = pulled(c.leg, t);
        bool authorized = c.path == Path.OpenWithAuthorization && (c.leg == Leg.Plain || c.leg == Leg.Pay);
        Met expected = authorized ? row.openWithAuthorization : row.open;
        (address caller,, bytes memory data) = callOf(c.path, t);

        turn(row, c.victim, true);
        (bool ok, bytes memory met) = call(caller, data);
        heal();

        assertBystandersUntouched(c.what);
        assertEq(ok, expected == Met.Done);
        if (ok) {
            checkPremium(row.paid, t, c);
        } else {
            assertEqual(met, errorOf(expected, c.victim, amount, c.held), c.what);
            assertState(t, State.None);
            string memory moved = string.concat(c.what, "moved, though refused");
            assertEq(keccak256(abi.encode(everything())), keccak256(abi.encode(c.before)), moved);
            assertEq(hostile.balanceOf(address(escrow)), c.held, moved);
            assertEq(quotes.exposureOf(liquidity, t.token).locked, 0, string.concat(c.what, "still locked"));
            (ok,) = call(caller, data);
            assertTrue(ok, string.concat(c.what, "refused for good"));
        }
        assertState(t, State.Accepted);
        payBack(row, t, c, amount);
    }

    /// @dev The premium is pushed while the token is hostile, and not to its victim.
    function checkPremium(Paid paid, Terms memory t, Cell memory c) private view {
        uint256 premium = c.leg == Leg.Pay ? t.clauses[0].quote.premium : 0;
        uint256 credit_ = paid == Paid.Credited || paid == Paid.Twice ? premium : 0;
        assertEq(escrow.creditOf(liquidity, address(hostile)), credit_, string.concat(c.what, "premium credited"));
        uint256 pushed = paid == Paid.Credited ? 0 : premium;
        uint256 taken = paid == Paid.WithFeeOnTop ? pushed + pushed / 100 : pushed;
        uint256 held = hostile.balanceOf(address(escrow));
        assertEq(held + taken, c.held + pulled(c.leg, t), string.concat(c.what, "not funded"));
    }

    function payBack(Row calldata row, Terms memory t, Cell memory c, uint256 amount) private {
        vm.prank(seller);
        escrow.refund(t);
        if (escrow.creditOf(liquidity, address(hostile)) > 0) escrow.withdrawFor(liquidity, address(hostile));
        uint256[8][3] memory balances = everything();
        uint256 premium = t.clauses.length > 0 ? t.clauses[0].quote.premium : 0;
        uint256 twice = row.paid == Paid.Twice && c.leg == Leg.Pay && c.path == Path.OpenWithAuthorization ? 2 : 1;
        uint256 kept = row.behaviour == Behaviour.FeeOnTop ? amount / 100 : 0;
        for (uint256 r; r < 3; ++r) {
            for (uint256 i; i < PARTIES; ++i) {
                uint256 expected = c.before[r][i];
                if (r == 1 && i == 0) expected -= premium;
                if (r == 1 && i == 4) expected += twice * premium;
                if (r == c.role && party(i) == c.victim) expected -= kept;
                assertEq(balances[r][i], expected, string.concat(c.what, "not paid back"));
            }
        }
    }

    /* PUSHES */

    function checkEnding(Row calldata row, Terms memory t, Cell memory c) private {
        bring(t, c.path);
        (c.before, c.held) = (everything(), hostile.balanceOf(address(escrow)));
        c.due = dueOf(t, c.path);
        for (uint256 i = PARTIES; i > 0; --i) if (c.due[c.role][i - 1] > 0) c.victim = party(i - 1);
        uint256[3] memory vault = vaults();
        (address caller, address target, bytes memory data) = callOf(c.path, t);

        turn(row, c.victim, false);
        uint256 gasBefore = gasleft();
        (bool ok,) = call(caller, target, data);
        uint256 used = gasBefore - gasleft();
        heal();

        assertTrue(ok, string.concat(c.what, "blocked"));
        uint256 most = (c.leg == Leg.Plain ? 3 : 7) * escrow.PUSH_GAS() + 300_000;
        assertLe(used, most, string.concat(c.what, "costs its caller too much"));
        assertBystandersUntouched(c.what);
        assertEnded(t, c);
        for (uint256 r; r < 3; ++r) {
            if (r == c.role) continue;
            assertPaid(Paid.InFull, r, c);
            uint256 left = vault[r] - sum(c.due[r]);
            assertEq(roles[r].balanceOf(address(escrow)), left, string.concat(c.what, "an honest token"));
        }
        assertPaid(row.paid, c.role, c);
        assertEq(
            hostile.balanceOf(address(escrow)) + shortBy(row, c) + sum(c.due[c.role]),
            c.held + sum(credits(hostile)) + overBy(row, c),
            string.concat(c.what, "the vault is not short, or over, by what the token did")
        );
        drain(row.paid, c);
    }

    /// @dev In each token, by the path taken.
    function dueOf(Terms memory t, Path path) private view returns (uint256[8][3] memory d) {
        Order memory o = endOf(path, t);
        d = duesOf(t, o);
        if (t.clauses.length == 0) return d;
        uint256 duty = t.clauses[0].duties.amount;
        if ((o.state == State.Refunded || o.state == State.Cancelled) && !o.delivered) d[2][0] = duty;
        if (path == Path.ReturnDuties) d[2][0] = duty;
        if (path == Path.Assess) (d[2][5], d[2][0]) = (assessedOf(t), duty - assessedOf(t));
    }

    function assertEnded(Terms memory t, Cell memory c) private {
        bytes32 id = escrow.orderId(t);
        Order memory expected = endOf(c.path, t);
        Order memory o = escrow.getOrder(id);
        assertEq(uint256(o.state), uint256(expected.state), string.concat(c.what, "not ended"));
        assertEq(uint256(o.toBuyer), expected.toBuyer, string.concat(c.what, "another share on record"));
        assertEq(o.delivered, expected.delivered);

        // Check that it does not happen twice, and that nothing else happens after an end
        (address caller, address target, bytes memory data) = callOf(c.path, t);
        if (c.path == Path.ReleaseInBatch) (caller, data) = (buyer, abi.encodeCall(ITradeEscrow.release, (t)));
        (bool ok,) = call(caller, target, data);
        assertFalse(ok, string.concat(c.what, "done twice"));
        bool hasOutcome = c.path < Path.Assess && c.path > Path.CancelBySeller && c.path != Path.RefundNotAccepted;
        assertEq(observer.told(id), hasOutcome ? 1 : 0, string.concat(c.what, "the observer was not told once"));
        if (expected.state < State.Released) return;
        bytes memory wrong =
            abi.encodeWithSelector(ITradeEscrow.StateWrong.selector, id, expected.state, State.Accepted);
        assertRefused(buyer, abi.encodeCall(ITradeEscrow.release, (t)), wrong, string.concat(c.what, "released again"));
        assertRefused(seller, abi.encodeCall(ITradeEscrow.refund, (t)), wrong, string.concat(c.what, "refunded again"));
    }

    function assertPaid(Paid how, uint256 role, Cell memory c) private view {
        uint256[PARTIES] memory balances = wallets(roles[role]);
        uint256[PARTIES] memory credited = credits(roles[role]);
        for (uint256 i; i < PARTIES; ++i) {
            uint256 due = c.due[role][i];
            (uint256 paid, uint256 credit_) = (due, 0);
            if (how == Paid.LessFee) paid -= due / 100;
            if (how == Paid.Nothing) paid = 0;
            bool first = how == Paid.FirstCredited && party(i) == c.victim;
            if (how == Paid.Credited || first) (paid, credit_) = (0, due);
            if (how == Paid.Twice) credit_ = due;
            assertEq(balances[i] - c.before[role][i], paid, string.concat(c.what, "paid"));
            assertEq(credited[i], credit_, string.concat(c.what, "credited"));
        }
    }

    /// @dev Once the token is honest again each credit is paid, once: if the token took too much, from another's money.
    function drain(Paid how, Cell memory c) private {
        for (uint256 i; i < PARTIES; ++i) {
            if (escrow.creditOf(party(i), address(hostile)) == 0) continue;
            bytes memory data = abi.encodeCall(ITradeEscrow.withdrawFor, (party(i), address(hostile)));
            (bool ok,) = call(STRANGER, data);
            assertTrue(ok, string.concat(c.what, "a credit was not paid"));
            assertRefused(STRANGER, data, nothingLeft(party(i)), c.what);
            uint256 gained = hostile.balanceOf(party(i)) - c.before[c.role][i];
            uint256 times = how == Paid.Twice ? 2 : 1;
            assertEq(gained, times * c.due[c.role][i], string.concat(c.what, "paid in the end"));
        }
    }

    /* ANOTHER'S ORDER IN THE SAME TOKEN */

    /// @dev It holds as much as the order that is looked at, so that a token that takes too much takes it there.
    function openStanding(uint256 amount) private returns (Terms memory t) {
        t = terms();
        (t.token, t.buyer, t.salt) = (address(hostile), OTHER_BUYER, "standing");
        t.setFreight(0);
        t.setPrice(amount > type(uint120).max ? type(uint120).max : amount);
        fund(hostile, OTHER_BUYER, t.amounts.total());
        openFunded(t);
    }

    /// @dev It ends too: paid, unless the token took what was due to it.
    function endStanding(Row calldata row, Terms memory t, string memory what) private {
        uint256 funding = t.amounts.total();
        bool covered = hostile.balanceOf(address(escrow)) >= funding;
        bool mayBeShort = row.paid == Paid.WithFeeOnTop || row.paid == Paid.Rebased || row.paid == Paid.Twice;
        assertTrue(covered || mayBeShort, string.concat(what, "another's order in this token is not covered"));
        vm.prank(OTHER_BUYER);
        escrow.cancel(t);
        uint256 credit_ = escrow.creditOf(OTHER_BUYER, address(hostile));
        assertEq(credit_, covered ? 0 : funding, string.concat(what, "another's credit"));
        assertEq(hostile.balanceOf(OTHER_BUYER), covered ? funding : 0, string.concat(what, "another's refund"));
    }

    /* WITHDRAWALS */

    function checkWithdrawal(Row calldata row, Terms memory t, Cell memory c) private {
        bring(t, c.path);
        uint256 due = escrow.creditOf(seller, address(hostile));
        c.held = hostile.balanceOf(address(escrow));
        c.due[0][1] = due;
        (address caller,, bytes memory data) = callOf(c.path, t);
        address payee = c.path == Path.Withdraw ? ELSEWHERE : seller;
        Met expected = c.path == Path.Withdraw ? row.withdraw : row.withdrawFor;

        turn(row, seller, false);
        (bool ok, bytes memory met) = call(caller, data);
        heal();

        assertBystandersUntouched(c.what);
        assertEq(ok, expected == Met.Done);
        assertEqual(met, errorOf(expected, seller, 0, 0), c.what);
        uint256 paid = hostile.balanceOf(payee);
        if (!ok) {
            assertEq(paid, 0, string.concat(c.what, "paid, though refused"));
            assertEq(escrow.creditOf(seller, address(hostile)), due, string.concat(c.what, "the credit is lost"));
            assertEq(hostile.balanceOf(address(escrow)), c.held, string.concat(c.what, "moved, though refused"));
            (ok,) = call(caller, data);
            assertTrue(ok, string.concat(c.what, "refused for good"));
            assertEq(hostile.balanceOf(payee), due, string.concat(c.what, "paid in the end"));
        } else {
            uint256 arrived = row.paid == Paid.LessFee ? due - due / 100 : due;
            assertEq(paid, row.paid == Paid.Nothing ? 0 : arrived, string.concat(c.what, "paid"));
            assertEq(
                hostile.balanceOf(address(escrow)) + shortBy(row, c) + due,
                c.held + overBy(row, c),
                string.concat(c.what, "the vault is not short, or over, by what the token did")
            );
        }

        assertEq(escrow.creditOf(seller, address(hostile)), 0, string.concat(c.what, "credited still"));
        assertRefused(caller, data, nothingLeft(seller), string.concat(c.what, "paid twice"));
    }

    function test_aPayeesCreditsOfTwoOrders_addUp() public {
        for (uint256 i; i < 2; ++i) {
            Terms memory t = orderOf(Leg.Plain, Path.Withdraw, PRICE, FREIGHT);
            t.salt = bytes32(i);
            fundFor(t);
            bring(t, Path.Withdraw);
        }
        vm.prank(STRANGER);
        escrow.withdrawFor(seller, address(roles[0]));
        assertEq(roles[0].balanceOf(seller), 2 * (PRICE - FEE));
        assertEq(roles[0].balanceOf(address(escrow)), 0);
    }

    /* DUTIES PASSED ON */

    /// @dev From the tax payee to the buyer by the payee's allowance: the vault and the price know nothing of it.
    function checkRefundDuties(Row calldata row) external {
        string memory what = string.concat(row.name, ", refundDuties: ");
        hostile = roles[2];
        Terms memory t = orderOf(Leg.Duties, Path.Assess, row.price, row.freight);
        fundFor(t);
        bring(t, Path.Assess);
        (,, bytes memory data) = callOf(Path.Assess, t);
        (bool ok, bytes memory met) = call(STRANGER, address(duties), data);
        assertTrue(ok, what);
        vm.prank(TAX_PAYEE);
        hostile.approve(address(duties), type(uint256).max);
        vm.prank(seller);
        escrow.refund(t);
        uint128 due = uint128(assessedOf(t));
        if (due == 0) return;
        hostile.mint(TAX_PAYEE, due);
        uint256 before = hostile.balanceOf(buyer);
        data = abi.encodeCall(IDuties.refundDuties, (t, due));

        turn(row, buyer, true);
        (ok, met) = call(TAX_PAYEE, address(duties), data);
        heal();

        assertBystandersUntouched(what);
        assertEq(ok, row.withdrawFor == Met.Done);
        assertEqual(met, errorOf(row.withdrawFor, buyer, 0, 0), what);
        uint256 arrived = ok && row.paid != Paid.Nothing ? due : 0;
        if (row.paid == Paid.LessFee) arrived -= due / 100;
        assertEq(hostile.balanceOf(buyer) - before, arrived, string.concat(what, "arrived"));
        assertEq(duties.paidFor(escrow.orderId(t)).refunded, ok ? due : 0, string.concat(what, "on record"));
        bytes memory tooHigh = abi.encodeWithSelector(IDuties.RefundTooHigh.selector, due, 0);
        if (ok) return assertRefused(TAX_PAYEE, address(duties), data, tooHigh, what);
        (ok,) = call(TAX_PAYEE, address(duties), data);
        assertTrue(ok, string.concat(what, "refused for good"));
        assertEq(hostile.balanceOf(buyer) - before, due, string.concat(what, "arrived in the end"));
    }

    /* HELPERS */

    function everything() private view returns (uint256[8][3] memory balances) {
        for (uint256 r; r < 3; ++r) balances[r] = wallets(roles[r]);
    }

    function vaults() private view returns (uint256[3] memory held) {
        for (uint256 r; r < 3; ++r) held[r] = roles[r].balanceOf(address(escrow));
    }

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
    function shortBy(Row calldata row, Cell memory c) private pure returns (uint256 short) {
        if (row.paid == Paid.Twice) return sum(c.due[c.role]);
        if (row.behaviour == Behaviour.RebaseDown) return c.held / 2;
        if (row.paid == Paid.WithFeeOnTop) for (uint256 i; i < PARTIES; ++i) short += c.due[c.role][i] / 100;
    }

    /// @dev What it left there, or brought, beyond that.
    function overBy(Row calldata row, Cell memory c) private pure returns (uint256) {
        if (row.paid == Paid.Nothing) return sum(c.due[c.role]);
        return row.behaviour == Behaviour.RebaseUp ? c.held : 0;
    }

    function nothingLeft(address payee) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITradeEscrow.NothingToWithdraw.selector, payee, hostile);
    }
}
