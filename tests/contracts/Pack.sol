// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Amounts, Schedule, Terms} from "../../contracts/interfaces/ITradeEscrow.sol";

/// @dev Writes the packed words of an order's terms, which the contracts only read.
library Pack {
    function setAcceptBy(Terms memory t, uint256 time) internal pure {
        t.schedule = write(t.schedule, 0, 40, time);
    }

    function setShipBy(Terms memory t, uint256 time) internal pure {
        t.schedule = write(t.schedule, 40, 40, time);
    }

    function setConditionBy(Terms memory t, uint256 time) internal pure {
        t.schedule = write(t.schedule, 80, 40, time);
    }

    function setDeliverBy(Terms memory t, uint256 time) internal pure {
        t.schedule = write(t.schedule, 120, 40, time);
    }

    function setClaimWindow(Terms memory t, uint256 window) internal pure {
        t.schedule = write(t.schedule, 160, 32, window);
    }

    function setInspectionWindow(Terms memory t, uint256 window) internal pure {
        t.schedule = write(t.schedule, 192, 32, window);
    }

    function setPrice(Terms memory t, uint256 price) internal pure {
        t.amounts = Amounts.wrap(write(Amounts.unwrap(t.amounts), 0, 120, price));
    }

    function setFreight(Terms memory t, uint256 freight) internal pure {
        t.amounts = Amounts.wrap(write(Amounts.unwrap(t.amounts), 120, 120, freight));
    }

    function setFeeBps(Terms memory t, uint256 feeBps) internal pure {
        t.amounts = Amounts.wrap(write(Amounts.unwrap(t.amounts), 240, 16, feeBps));
    }

    function write(Schedule schedule, uint256 at, uint256 bits, uint256 value) private pure returns (Schedule) {
        return Schedule.wrap(write(Schedule.unwrap(schedule), at, bits, value));
    }

    function write(uint256 word, uint256 at, uint256 bits, uint256 value) private pure returns (uint256) {
        uint256 mask = (1 << bits) - 1;
        require(value <= mask, "does not fit its field");
        return word & ~(mask << at) | value << at;
    }
}
