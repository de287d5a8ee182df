// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {CustomsClearance} from "../contracts/CustomsClearance.sol";
import {Deliveries} from "../contracts/Deliveries.sol";
import {Disputes} from "../contracts/Disputes.sol";
import {Duties} from "../contracts/Duties.sol";
import {ItemClaims} from "../contracts/ItemClaims.sol";
import {ParticipantRegistry} from "../contracts/ParticipantRegistry.sol";
import {ProvenanceRegistry} from "../contracts/ProvenanceRegistry.sol";
import {Quotes} from "../contracts/Quotes.sol";
import {Returns} from "../contracts/Returns.sol";
import {SellerCredit} from "../contracts/SellerCredit.sol";
import {TradeEscrow} from "../contracts/TradeEscrow.sol";
import {IParticipantRegistry} from "../contracts/interfaces/IParticipantRegistry.sol";
import {IProvenanceRegistry} from "../contracts/interfaces/IProvenanceRegistry.sol";
import {CreditRules} from "../contracts/interfaces/ISellerCredit.sol";
import {ITradeEscrow, Operators} from "../contracts/interfaces/ITradeEscrow.sol";
import {Test} from "./Cheats.sol";

/// @dev Deploys the contracts under test: with LADING_SHIPPED the very bytecode that ships (pysdk/lading/artifacts), so that
/// the tests around it can be compiled without IR, in seconds; else what forge has compiled, for coverage and mutants.
abstract contract Shipped is Test {
    function newTradeEscrow(IParticipantRegistry registry, Operators memory operators, address observer)
        internal
        returns (TradeEscrow)
    {
        bytes memory arguments = abi.encode(registry, operators, observer);
        return TradeEscrow(create("TradeEscrow", type(TradeEscrow).creationCode, arguments));
    }

    function newDeliveries(IParticipantRegistry registry, IProvenanceRegistry provenance, ITradeEscrow escrow)
        internal
        returns (Deliveries)
    {
        bytes memory arguments = abi.encode(registry, provenance, escrow);
        return Deliveries(create("Deliveries", type(Deliveries).creationCode, arguments));
    }

    function newQuotes(address escrow) internal returns (Quotes) {
        return Quotes(create("Quotes", type(Quotes).creationCode, abi.encode(escrow)));
    }

    function newReturns(IParticipantRegistry registry, ITradeEscrow escrow) internal returns (Returns) {
        return Returns(create("Returns", type(Returns).creationCode, abi.encode(registry, escrow)));
    }

    function newDisputes(IParticipantRegistry registry, ITradeEscrow escrow) internal returns (Disputes) {
        return Disputes(create("Disputes", type(Disputes).creationCode, abi.encode(registry, escrow)));
    }

    function newDuties(IParticipantRegistry registry, ITradeEscrow escrow) internal returns (Duties) {
        return Duties(create("Duties", type(Duties).creationCode, abi.encode(registry, escrow)));
    }

    function newSellerCredit(
        address manager,
        IParticipantRegistry registry,
        address escrow,
        address clearance,
        CreditRules memory rules
    ) internal returns (SellerCredit) {
        bytes memory arguments = abi.encode(manager, registry, escrow, clearance, rules);
        return SellerCredit(create("SellerCredit", type(SellerCredit).creationCode, arguments));
    }

    function newCustomsClearance(IParticipantRegistry registry, address escrow) internal returns (CustomsClearance) {
        bytes memory arguments = abi.encode(registry, escrow);
        return CustomsClearance(create("CustomsClearance", type(CustomsClearance).creationCode, arguments));
    }

    function newProvenanceRegistry(IParticipantRegistry registry) internal returns (ProvenanceRegistry) {
        bytes memory arguments = abi.encode(registry);
        return ProvenanceRegistry(create("ProvenanceRegistry", type(ProvenanceRegistry).creationCode, arguments));
    }

    function newItemClaims(IParticipantRegistry registry, IProvenanceRegistry provenance) internal returns (ItemClaims) {
        return ItemClaims(create("ItemClaims", type(ItemClaims).creationCode, abi.encode(registry, provenance)));
    }

    function newParticipantRegistry(address manager) internal returns (ParticipantRegistry) {
        bytes memory arguments = abi.encode(manager);
        return ParticipantRegistry(create("ParticipantRegistry", type(ParticipantRegistry).creationCode, arguments));
    }

    function newAccessManager(address admin) internal returns (AccessManager) {
        return AccessManager(create("AccessManager", type(AccessManager).creationCode, abi.encode(admin)));
    }

    function create(string memory name, bytes memory compiled, bytes memory arguments) private returns (address at) {
        if (vm.envOr("LADING_SHIPPED", false)) {
            compiled = vm.getCode(string.concat("pysdk/lading/artifacts/", name, ".json"));
        }
        bytes memory code = bytes.concat(compiled, arguments);
        assembly ("memory-safe") {
            at := create(0, add(code, 0x20), mload(code))
            if and(iszero(at), gt(returndatasize(), 0)) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
        assertTrue(at != address(0), string.concat(name, " was not deployed"));
    }
}
