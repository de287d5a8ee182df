// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Fault} from "../../contracts/interfaces/IReleaseCondition.sol";
import {CreditRecord} from "../../contracts/interfaces/ISellerCredit.sol";
import {Amounts, Ground, Outcome, State, Terms, Word} from "../../contracts/interfaces/ITradeEscrow.sol";
import {ClausesFixture} from "./ClausesFixture.sol";
import {Pack} from "./Pack.sol";

/// @dev Outcomes as the vault tells them, made by hand.
abstract contract CreditFixture is ClausesFixture {
    using Pack for Terms;

    bytes32 internal constant ORDER = "order";
    uint256 internal constant CONDITION_MET = 1 << 24;
    uint256 internal constant DELIVERED = 1 << 25;

    /// @dev An order over `PRICE`, delivered, under the real papers, seen met: what counts in full.
    function outcome(State state, Ground ground, Fault fault) internal view returns (Outcome memory o) {
        Terms memory t = terms();
        (o.id, o.buyer, o.seller, o.platform, o.carrier) = (ORDER, t.buyer, t.seller, t.platform, t.carrier);
        (o.token, o.amounts, o.schedule, o.condition) = (t.token, t.amounts, t.schedule, address(clearance));
        uint256 at = vm.getBlockTimestamp();
        uint256 ended = uint256(state) | uint256(ground) << 8 | uint256(fault) << 16;
        o.record = Word.wrap(ended | CONDITION_MET | DELIVERED | at << 32 | at << 72);
    }

    function onTime() internal view returns (Outcome memory) {
        return outcome(State.Released, Ground.OnTime, Fault.Nobody);
    }

    function notDelivered() internal view returns (Outcome memory) {
        return without(outcome(State.Refunded, Ground.NotDelivered, Fault.Seller), DELIVERED);
    }

    function without(Outcome memory o, uint256 flag) internal pure returns (Outcome memory) {
        o.record = Word.wrap(Word.unwrap(o.record) & ~flag);
        return o;
    }

    function toBuyer(Outcome memory o, uint256 amount) internal pure returns (Outcome memory) {
        uint256 kept = Word.unwrap(o.record) & ((1 << 112) - 1);
        o.record = Word.wrap(kept | amount << 112);
        return o;
    }

    function by(Outcome memory o, address buyer_) internal pure returns (Outcome memory) {
        o.buyer = buyer_;
        return o;
    }

    function over(Outcome memory o, uint256 price) internal pure returns (Outcome memory) {
        o.amounts = Amounts.wrap(price);
        return o;
    }

    /// @dev One of as many buyers as there are numbers.
    function buyerAt(uint256 number) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("buyer", number)))));
    }

    function tell(Outcome memory o) internal {
        vm.prank(address(escrow));
        credit.onOutcome(o);
    }

    /// @dev Of several outcomes, each over and each by a buyer of its own, all that could be taken.
    function tellMany(Outcome memory o, uint256 from, uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            tell(by(o, buyerAt(from + i)));
        }
    }

    function counted(uint256 good, uint256 bad, bool witnessed) internal pure returns (uint256) {
        return good | bad << 20 | (witnessed ? 1 << 40 : 0);
    }

    function assertWeights(uint256 good, uint256 bad) internal view {
        assertEq(goodOf(sellerId), good, "good");
        assertEq(badOf(sellerId), bad, "bad");
    }

    function assertNoRecord(bytes32 id) internal view {
        CreditRecord memory none;
        assertEq(abi.encode(credit.recordOf(id)), abi.encode(none));
    }

    /// @dev Tells an outcome that must count for nothing, and say nothing.
    function assertSaysNothing(Outcome memory o) internal {
        bytes memory before = abi.encode(credit.recordOf(sellerId), credit.pairOf(sellerId, o.buyer));
        vm.recordLogs();
        tell(o);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(abi.encode(credit.recordOf(sellerId), credit.pairOf(sellerId, o.buyer)), before);
    }
}
