"""Every Solidity error has its class, and every class a Solidity error."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from enum import IntEnum

import pytest

from lading import artifacts, enums, errors
from lading.chain import abi, reverts
from lading.enums import Moment
from lading.errors import ContractError, LadingError, Panicked, RevertedWithReason, UnknownRevert
from lading.reverts import BY_DECLARATION, canonical_signature, parameters
from lading.reverts.goods import NotWriter
from lading.reverts.openzeppelin import ERC20InsufficientBalance
from lading.reverts.orders import DeadlinesOutOfOrder, TooEarly
from lading.reverts.participants import CountryInvalid, KeyNotValid, RoleMissing, RolesNotAllowed
from lading.values import ENUMS, ZERO_ADDRESS, declared_type, snake

SAMPLES = {"string": "x", "bool": True, "address": "0x" + "11" * 20, "bytes": "0x1234"}


def declared() -> set[str]:
    """Every error in the shipped ABIs, as Solidity declares it."""
    return {
        f"{item['name']}({','.join(declared_type(part) + ' ' + part['name'] for part in item['inputs'])})"
        for name in artifacts.names()
        for item in artifacts.load(name).abi
        if item["type"] == "error"
    }


def sample(kind: str):
    if kind.startswith("uint") or kind in ENUMS:
        return 1
    return "0x" + "41" * int(kind.removeprefix("bytes")) if kind[5:].isdigit() else SAMPLES[kind]


def revert_data(declaration: str) -> tuple[bytes, dict[str, object]]:
    """A contract's answer with that error, and its arguments."""
    signature = canonical_signature(declaration)
    args = {name: sample(kind) for kind, name in parameters(declaration)}
    types = abi.split_tuple(signature[signature.index("(") :])
    return abi.selector(signature) + abi.encode(types, list(args.values())), args


def test_the_classes_are_the_errors_of_the_contracts():
    assert set(BY_DECLARATION) == declared()


def test_each_class_has_its_errors_name():
    assert [kind.__name__ for kind in BY_DECLARATION.values()] == [text.partition("(")[0] for text in BY_DECLARATION]


def test_the_classes_of_a_module_are_sorted():
    for module in {inspect.getmodule(kind) for kind in BY_DECLARATION.values()}:
        lines = re.findall(r"^class (\w+)\(", inspect.getsource(module), re.MULTILINE)
        assert lines == sorted(lines, key=str.lower)


@pytest.mark.parametrize("declaration", sorted(BY_DECLARATION))
def test_revert_data_becomes_its_class_with_its_arguments(declaration):
    data, args = revert_data(declaration)

    found = reverts.decode(data)

    assert type(found) is BY_DECLARATION[declaration]
    assert found.args_by_name == {
        name: abi.decode(["address"], bytes(12) + b"\x11" * 20)[0] if value == SAMPLES["address"] else value
        for name, value in args.items()
    }
    assert set(type(found).__annotations__) == {snake(name) for name in args}
    assert found.data == "0x" + data.hex()
    assert "{" not in str(found)
    assert str(found) == f"{found.message} {found.what_next}"
    assert found.message.endswith((".", ")"))
    assert found.what_next.endswith(".")
    assert found.exit_code == 4


def test_what_may_be_tried_again_is_only_what_changes_by_itself():
    assert {kind.__name__ for kind in BY_DECLARATION.values() if kind.may_retry} == {
        "AccessManagerNotReady",
        "AuthorizationTooEarly",
        "CommitmentYoung",
        "ConditionNotMet",
        "DeliveryNotAnchored",
        "GasTooLow",
        "NotAccepted",
        "NotMatched",
        "NotReceived",
        "NotReturned",
        "SealNotAnchored",
        "TooEarly",
    }


def test_times_are_aware_and_enumerations_named():
    early = reverts.decode(revert_data("TooEarly(uint40 blockTime,uint40 opensAt)")[0])
    assert isinstance(early, TooEarly)
    assert early.opens_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    role = reverts.decode(revert_data("RoleMissing(bytes32 participant,Role role)")[0])
    assert isinstance(role, RoleMissing)
    assert role.role is enums.Role.PLATFORM
    assert "the role platform" in role.message


def test_deadlines_are_said_to_be_over_or_out_of_order():
    said = {
        earlier: DeadlinesOutOfOrder({"earlier": earlier, "later": later}, "0x").message
        for earlier, later in ((Moment.NOW, Moment.ACCEPT_BY), (Moment.SHIP_BY, Moment.DELIVER_BY))
    }
    assert said == {
        Moment.NOW: "In the terms, 'accept by' is over already.",
        Moment.SHIP_BY: "In the terms, 'deliver by' comes before 'ship by'.",
    }


def test_a_log_without_a_writer_names_how_to_set_one():
    someone = SAMPLES["address"]
    assert someone in NotWriter({"caller": someone, "writer": someone}, "0x").hint
    assert "'lading goods set-writer'" in NotWriter({"caller": someone, "writer": ZERO_ADDRESS}, "0x").hint


def test_roles_are_named_and_not_numbered():
    found = RolesNotAllowed({"attempted": 1 << enums.Role.PAYMENT_PROVIDER, "allowed": 0b11}, "0x")
    assert found.message == "This call may hand out brand, platform, not payment provider."
    unknown = RolesNotAllowed({"attempted": 1 << 12, "allowed": 0}, "0x")
    assert unknown.message == "This call may hand out no role, not number 12."


def test_a_time_of_zero_is_never():
    data = abi.selector("KeyNotValid(address,uint40)") + abi.encode(["address", "uint40"], [SAMPLES["address"], 0])
    found = reverts.decode(data)
    assert isinstance(found, KeyNotValid)
    assert found.revoked_at is None


def test_a_country_that_is_not_ascii_is_still_shown():
    found = reverts.decode(abi.selector("CountryInvalid(bytes2)") + b"\xff\x41" + bytes(30))
    assert isinstance(found, CountryInvalid)
    assert found.country == "\\xffA"


def test_a_reason_of_a_foreign_contract_is_passed_on():
    found = reverts.decode(abi.selector("Error(string)") + abi.encode(["string"], ["Pausable: paused"]))
    assert isinstance(found, RevertedWithReason)
    assert "Pausable: paused" in str(found)


def test_a_panic_says_what_kind():
    found = reverts.decode(abi.selector("Panic(uint256)") + abi.encode(["uint256"], [0x11]))
    assert isinstance(found, Panicked)
    assert "overflow" in str(found)
    assert found.args_by_name == {"code": 0x11}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"\xde\xad\xbe\xef",
        abi.selector("Error(string)") + b"\x01",
        abi.selector(canonical_signature(ERC20InsufficientBalance.solidity)) + bytes(31),
    ],
)
def test_data_that_explains_nothing_is_unknown(data):
    found = reverts.decode(data)
    assert type(found) is UnknownRevert
    assert found.data == "0x" + data.hex()


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    classes = [name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, LadingError)]
    assert drawn == [*(name for name in classes if name != "LadingError"), "SolidityError"]


def test_exit_codes_are_those_of_the_command_line():
    codes = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, LadingError)
    }
    assert {name for name, code in codes.items() if code == 2} == {"UsageError"}
    assert {name for name, code in codes.items() if code == 3} == {
        "NetworkError",
        "UnknownNetwork",
        "NotReachable",
        "WrongChain",
        "BadResponse",
        "RequestRefused",
    }
    assert {name for name, code in codes.items() if code == 4} == {
        "ContractError",
        "RevertedWithReason",
        "Panicked",
        "UnknownRevert",
    }
    assert issubclass(ContractError, LadingError)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(enums).values()
        if inspect.isclass(kind) and issubclass(kind, IntEnum) and kind is not IntEnum
    ],
)
def test_enumerations_are_those_of_the_sources(root, kind):
    text = "\n".join(path.read_text(encoding="utf-8") for path in (root / "contracts/interfaces").glob("*.sol"))
    body = re.search(rf"^enum {kind.__name__} \{{(.*?)^\}}", text, re.MULTILINE | re.DOTALL)
    names = re.findall(r"^\s*(\w+),?\s*$", re.sub(r"//.*", "", body[1]), re.MULTILINE)
    assert [snake(name).upper() for name in names] == [member.name for member in sorted(kind)]
