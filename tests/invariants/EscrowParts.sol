// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IOutcomeObserver} from "../../contracts/interfaces/IOutcomeObserver.sol";
import {Default, Ground, Outcome, State} from "../../contracts/interfaces/ITradeEscrow.sol";
import {DevDollar} from "../../contracts/mocks/DevDollar.sol";

/// @dev A token that does not pay one address, as told.
contract DenyingDollar is DevDollar {
    address public denied;

    function deny(address payee) external {
        denied = payee;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(to != denied || from == address(0), "denied");
        super._update(from, to, value);
    }
}

/// @dev An observer that counts what it is told, and refuses to be told while it sleeps.
contract Witness is IOutcomeObserver {
    mapping(bytes32 id => uint256) public told;
    bool public asleep;

    function sleep(bool asleep_) external {
        asleep = asleep_;
    }

    function onOutcome(Outcome calldata outcome) external {
        require(!asleep, "asleep");
        ++told[outcome.id];
    }
}

/// @dev Nobody's party. It tries verbs from where things stand, each alone, and takes every one back.
contract Stranger {
    error Answer(bool ok);

    /// @return open bit i is set if call i succeeded.
    function tryEach(address[] calldata targets, bytes4[] calldata verbs, bytes calldata terms)
        external
        returns (uint256 open)
    {
        for (uint256 i; i < verbs.length; ++i) {
            try this.tryOne(targets[i], bytes.concat(verbs[i], terms)) {}
            catch (bytes memory answer) {
                if (answer.length == 36 && answer[35] != 0) open |= 1 << i;
            }
        }
    }

    function tryOne(address target, bytes calldata data) external {
        (bool ok,) = target.call(data);
        revert Answer(ok);
    }
}

/// @dev Keeps the terms of an order as its code: one account is read sooner than 36 slots.
contract Shelf {
    constructor(bytes memory kept) {
        assembly ("memory-safe") {
            return(add(kept, 0x20), mload(kept))
        }
    }
}

/// @dev The deadlines of an order, as its terms have them.
struct Clock {
    uint40 acceptBy;
    uint40 shipBy;
    uint40 conditionBy;
    uint40 deliverBy;
    uint40 claimBy;
    uint40 assessBy;
    uint32 inspection;
    uint32 receiving;
    uint32 settling;
    uint32 ruling;
}

/// @dev What an order is, told apart from the vault: from the calls that succeeded alone.
struct Trade {
    bytes32 id;
    State state;
    Ground ground;
    uint40 since;
    bool accepted;
    bool latched;
    bool delivered;
    bool late;
    bool dutiesHeld;
    bool lets;
    uint96 assigned;
    uint128 toBuyer;
    uint128 assessed;
    uint128 passedOn;
}

/// @dev The default of an order as the terms have it: open once its last moment is over.
struct Standing {
    Default verb;
    Ground ground;
    uint256 last;
    bool open;
}
