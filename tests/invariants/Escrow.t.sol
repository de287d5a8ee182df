// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDeliveries} from "../../contracts/interfaces/IDeliveries.sol";
import {IDisputes} from "../../contracts/interfaces/IDisputes.sol";
import {IDuties} from "../../contracts/interfaces/IDuties.sol";
import {IReturns} from "../../contracts/interfaces/IReturns.sol";
import {Default, ITradeEscrow, State} from "../../contracts/interfaces/ITradeEscrow.sol";
import {Test} from "../Cheats.sol";
import {EscrowHandler} from "./EscrowHandler.sol";

/// @notice A contract and its functions that forge leaves out of a campaign.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @dev One campaign for all promises: forge would run another one for each invariant function.
contract EscrowInvariants is Test {
    /// @dev Printed by `forge test -vv`.
    event log_named_uint(string key, uint256 value);

    EscrowHandler private handler;

    function setUp() public {
        handler = new EscrowHandler();
        targetContract(address(handler));
    }

    /// @notice Read by forge.
    function excludeSelectors() public view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(handler), new bytes4[](1));
        excluded[0].selectors[0] = EscrowHandler.finish.selector;
    }

    function invariant_theVaultKeepsItsPromises() public view {
        handler.check();
    }

    /// @notice Called by forge at the end of each run: from wherever it stopped, a stranger alone ends everything.
    function afterInvariant() public {
        handler.finish();
        handler.check();
    }

    /// @dev The handler's calls do reach everything: 2,400 of them in runs of 40, drawn from a fixed seed.
    function test_theHandlerReachesEveryStateGroundAndVerb() public {
        bytes4[] memory verbs = campaign();
        uint256 seed = 7;
        for (uint256 i = 1; i <= 2_400; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (bool ok,) =
                address(handler).call(abi.encodeWithSelector(verbs[seed % verbs.length], seed >> 8, seed >> 128));
            assertTrue(ok, "the handler reverted");
            if (i % 160 == 0) handler.requestReturn(seed | 9);
            if (i % 40 == 0) {
                handler.finish();
                handler.check();
            }
        }
        report();
        assertReached();
    }

    function campaign() private pure returns (bytes4[] memory verbs) {
        verbs = new bytes4[](30);
        (verbs[0], verbs[1], verbs[2]) =
        (EscrowHandler.open.selector, EscrowHandler.accept.selector, EscrowHandler.cancel.selector);
        (verbs[3], verbs[4]) = (EscrowHandler.ship.selector, EscrowHandler.poke.selector);
        (verbs[5], verbs[6]) = (EscrowHandler.deliver.selector, EscrowHandler.deliverAnchored.selector);
        (verbs[7], verbs[8]) = (EscrowHandler.assign.selector, EscrowHandler.consentToRefund.selector);
        (verbs[9], verbs[10]) = (EscrowHandler.release.selector, EscrowHandler.refund.selector);
        (verbs[11], verbs[12]) = (EscrowHandler.report.selector, EscrowHandler.withdrawFor.selector);
        (verbs[13], verbs[14]) = (EscrowHandler.batch.selector, EscrowHandler.requestReturn.selector);
        (verbs[15], verbs[16]) = (EscrowHandler.receiveReturn.selector, EscrowHandler.settleReturn.selector);
        (verbs[17], verbs[18]) = (EscrowHandler.settleByPolicy.selector, EscrowHandler.dispute.selector);
        (verbs[19], verbs[20]) = (EscrowHandler.proposeSplit.selector, EscrowHandler.acceptSplit.selector);
        (verbs[21], verbs[22]) = (EscrowHandler.rule.selector, EscrowHandler.settleUnruled.selector);
        (verbs[23], verbs[24]) = (EscrowHandler.assess.selector, EscrowHandler.returnDuties.selector);
        (verbs[25], verbs[26]) = (EscrowHandler.refundDuties.selector, EscrowHandler.deny.selector);
        (verbs[27], verbs[28]) = (EscrowHandler.setCondition.selector, EscrowHandler.pass.selector);
        verbs[29] = EscrowHandler.putObserverToSleep.selector;
    }

    function report() private {
        string[12] memory states = stateNames();
        for (uint256 n = 1; n < states.length; ++n) {
            emit log_named_uint(string.concat("reached state ", states[n]), handler.visits(n));
            emit log_named_uint(string.concat("ended by silence in ", states[n]), handler.silenced(n));
        }
        string[13] memory grounds = groundNames();
        for (uint256 n = 1; n < grounds.length; ++n) {
            emit log_named_uint(string.concat("ended on ground ", grounds[n]), handler.grounds(n));
        }
        for (uint256 n = 1; n <= uint256(type(Default).max); ++n) {
            emit log_named_uint("default called by a stranger", handler.defaults(n));
        }
        (string[] memory names, bytes4[] memory selectors) = verbsDone();
        for (uint256 n; n < names.length; ++n) {
            emit log_named_uint(string.concat("succeeded: ", names[n]), handler.done(selectors[n]));
        }
        emit log_named_uint("duties returned in silence", handler.dutiesSilenced());
    }

    function assertReached() private view {
        string[12] memory states = stateNames();
        for (uint256 n = 1; n < states.length; ++n) {
            assertGe(handler.visits(n), 10, states[n]);
        }
        for (uint256 n = 1; n <= uint256(State.Disputed); ++n) {
            assertGe(handler.silenced(n), 1, states[n]);
        }
        string[13] memory grounds = groundNames();
        for (uint256 n = 1; n < grounds.length; ++n) {
            assertGe(handler.grounds(n), 2, grounds[n]);
        }
        for (uint256 n = 1; n <= uint256(type(Default).max); ++n) {
            assertGe(handler.defaults(n), 5, "a default is rare");
        }
        (string[] memory names, bytes4[] memory selectors) = verbsDone();
        for (uint256 n; n < names.length; ++n) {
            assertGe(handler.done(selectors[n]), 2, names[n]);
        }
        assertGe(handler.dutiesSilenced(), 2, "duties are returned too rarely");
    }

    /// @dev In the order of `State`.
    function stateNames() private pure returns (string[12] memory names) {
        (names[1], names[2], names[3], names[4]) = ("Funded", "Accepted", "Shipped", "Delivered");
        (names[5], names[6], names[7]) = ("ReturnRequested", "ReturnReceived", "Disputed");
        (names[8], names[9], names[10], names[11]) = ("Released", "Refunded", "Settled", "Cancelled");
    }

    /// @dev In the order of `Ground`.
    function groundNames() private pure returns (string[13] memory names) {
        (names[1], names[2], names[3], names[4]) = ("OnTime", "Late", "NotAccepted", "NotShipped");
        (names[5], names[6], names[7]) = ("ConditionFailed", "NotDelivered", "SellerRefund");
        (names[8], names[9], names[10]) = ("Returned", "Agreed", "Ruled");
        (names[11], names[12]) = ("NotRuled", "Counterfeit");
    }

    function verbsDone() private pure returns (string[] memory names, bytes4[] memory selectors) {
        (names, selectors) = (new string[](26), new bytes4[](26));
        (names[0], selectors[0]) = ("open", ITradeEscrow.open.selector);
        (names[1], selectors[1]) = ("openWithAuthorization", ITradeEscrow.openWithAuthorization.selector);
        (names[2], selectors[2]) = ("accept", ITradeEscrow.accept.selector);
        (names[3], selectors[3]) = ("cancel", ITradeEscrow.cancel.selector);
        (names[4], selectors[4]) = ("ship", ITradeEscrow.ship.selector);
        (names[5], selectors[5]) = ("poke", ITradeEscrow.poke.selector);
        (names[6], selectors[6]) = ("deliver", ITradeEscrow.deliver.selector);
        (names[7], selectors[7]) = ("deliverAnchored", IDeliveries.deliverAnchored.selector);
        (names[8], selectors[8]) = ("assign", ITradeEscrow.assign.selector);
        (names[9], selectors[9]) = ("consentToRefund", ITradeEscrow.consentToRefund.selector);
        (names[10], selectors[10]) = ("release", ITradeEscrow.release.selector);
        (names[11], selectors[11]) = ("refund", ITradeEscrow.refund.selector);
        (names[12], selectors[12]) = ("report", ITradeEscrow.report.selector);
        (names[13], selectors[13]) = ("withdrawFor", ITradeEscrow.withdrawFor.selector);
        (names[14], selectors[14]) = ("batch", ITradeEscrow.batch.selector);
        (names[15], selectors[15]) = ("requestReturn", IReturns.requestReturn.selector);
        (names[16], selectors[16]) = ("receiveReturn", IReturns.receiveReturn.selector);
        (names[17], selectors[17]) = ("settleReturn", IReturns.settleReturn.selector);
        (names[18], selectors[18]) = ("settleByPolicy", IReturns.settleByPolicy.selector);
        (names[19], selectors[19]) = ("dispute", IDisputes.dispute.selector);
        (names[20], selectors[20]) = ("acceptSplit", IDisputes.acceptSplit.selector);
        (names[21], selectors[21]) = ("rule", IDisputes.rule.selector);
        (names[22], selectors[22]) = ("settleUnruled", IDisputes.settleUnruled.selector);
        (names[23], selectors[23]) = ("assess", IDuties.assess.selector);
        (names[24], selectors[24]) = ("refundDuties", IDuties.refundDuties.selector);
        (names[25], selectors[25]) = ("returnDuties", IDuties.returnDuties.selector);
    }
}
