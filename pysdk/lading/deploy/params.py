"""The parameters of a deployment: YAML -> frozen model, checked against the ABI before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lading.deploy.abi import Abi, Argument, constructor_inputs, parse_address, parse_value
from lading.deploy.errors import ParamsInvalid

# Anvil and Ganache as `lading devnet` starts them, and eth-tester. An id proves nothing about a chain; it only saves
# the owner of a devnet from saying so.
DEVNET_CHAIN_IDS = frozenset({1337, 31337, 131277322940537})
DEV_TOKEN = "DevDollar"  # noqa: S105 - a contract
MANAGER = "AccessManager"
DEPLOYER = "@deployer"
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
UINT32_MAX = 2**32 - 1


def parse_duration(value: object) -> int:
    """`3d`, `12h`, `30m`, `0s` -> seconds; an integer is taken as seconds. ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    else:
        match = re.fullmatch(r"(\d{1,10})([smhd])", str(value))
        if match is None:
            raise ValueError(f"{value!r} is not a duration such as 3d, 12h, 30m or 0s")
        seconds = int(match[1]) * UNIT_SECONDS[match[2]]
    if not 0 <= seconds <= UINT32_MAX:
        raise ValueError(f"{value!r} is outside of what AccessManager can hold (0 to 2^32 - 1 seconds)")
    return seconds


def _account(text: str) -> str:
    return text if text == DEPLOYER else parse_address(text)


def _token(text: str) -> str:
    return text if text == f"@{DEV_TOKEN}" else parse_address(text)


def _given(value: object) -> object:
    """Checked here, since a union would be refused once for each of its types."""
    members = value.values() if isinstance(value, dict) else [value]
    if not all(isinstance(member, str) for member in members):
        raise ValueError("it is neither text nor, for a struct, a mapping of its members to text")
    return value


#: An argument as given: text, or for a struct its members by name.
Given: TypeAlias = str | dict[str, str]
Seconds = Annotated[int, BeforeValidator(parse_duration)]
Account = Annotated[str, AfterValidator(_account)]


class Params(BaseModel):
    """What a deployment is made from. Delays in seconds; an account is an address or `@deployer`; `rates` maps tokens
    (addresses or `@DevDollar`) to what credit counts them at first (ISellerCredit.setRate); `contracts` maps each
    contract, in the order of deployment, to its constructor arguments by name (values as text, a struct as a mapping
    of its members)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    governance_delay: Seconds
    admin: Account
    registrar: Account
    governor: Account
    devnet: bool = False
    rates: dict[Annotated[str, AfterValidator(_token)], Annotated[int, Field(ge=0, lt=2**128)]] = {}
    contracts: dict[str, dict[str, Annotated[Given, BeforeValidator(_given)]]] = Field(min_length=1)

    @classmethod
    def parse(cls, document: Mapping[str, object], source: str) -> Params:
        """From a whole document, such as a record's; `source` names it in errors. Raises ParamsInvalid."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            problems = [
                f"{'.'.join(map(str, item['loc'])) or 'document'}: {item['msg'].removeprefix('Value error, ')}"
                for item in error.errors()
            ]
            raise ParamsInvalid(source, problems) from error

    @classmethod
    def default(cls, **changes: object) -> Params:
        """The parameters that ship with the package, with `changes` by field name. Raises ParamsInvalid."""
        return cls.parse({**_shipped(), **changes}, "the call")

    @classmethod
    def load(cls, path: Path | None) -> Params:
        """Reads a YAML file over the shipped parameters; None gives those. Raises ParamsInvalid."""
        if path is None:
            return cls.default()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ParamsInvalid(str(path), [f"the file cannot be read ({error})"]) from error
        given = _read_yaml(text, str(path))
        shipped = _shipped()
        contracts = given.get("contracts", {})
        if isinstance(contracts, dict):
            given["contracts"] = {**shipped["contracts"], **contracts}
        return cls.parse({**shipped, **given}, str(path))

    def check(self, chain_id: int, abis: Mapping[str, Abi]) -> dict[str, list[object]]:
        """Checks every argument against the constructors of `abis` and against this chain; returns the arguments in the
        order of the ABI, references left as text. Raises ParamsInvalid with every fault found, by path."""
        problems = [f"contracts.{name}: missing" for name in abis if name not in self.contracts]
        if self.governance_delay == 0 and not self.on_devnet(chain_id):
            problems.append(
                f"governance_delay: 0s on chain {chain_id}, which is not known as a devnet, would grant money roles "
                "with no notice; give a delay, or say `devnet: true`"
            )
        arguments = {}
        for name, given in self.contracts.items():
            if name in abis:
                arguments[name], faults = self._arguments(name, given, abis[name])
                problems += faults
            else:
                problems.append(f"contracts.{name}: there is no contract of this name; known are {', '.join(abis)}")
        if problems:
            raise ParamsInvalid("deploy parameters", problems)
        if not self.on_devnet(chain_id):
            arguments.pop(DEV_TOKEN, None)
        return arguments

    def rates_on(self, chain_id: int) -> dict[str, int]:
        """`rates` without the token that this chain does not get."""
        left_out = () if self.on_devnet(chain_id) else (f"@{DEV_TOKEN}",)
        return {token: rate for token, rate in self.rates.items() if token not in left_out}

    def on_devnet(self, chain_id: int) -> bool:
        return self.devnet or chain_id in DEVNET_CHAIN_IDS

    def _arguments(self, name: str, given: Mapping[str, Given], abi: Abi) -> tuple[list[object], list[str]]:
        problems: list[str] = []
        values = self._values(name, f"contracts.{name}", constructor_inputs(abi), given, problems)
        return values, problems

    def _values(
        self,
        name: str,
        path: str,
        inputs: Iterable[Argument],
        given: Mapping[str, Given],
        problems: list[str],
    ) -> list[object]:
        """The values of a constructor, or of a struct, at `path`; what is wrong goes into `problems`."""
        wanted = {argument.key: argument for argument in inputs}
        owner = "constructor" if path == f"contracts.{name}" else "struct"
        problems += [f"{path}.{key}: the {owner} has no such argument" for key in given if key not in wanted]
        values: list[object] = []
        for key, argument in wanted.items():
            text = given.get(key)
            if argument.members and isinstance(text, dict):
                values.append(tuple(self._values(name, f"{path}.{key}", argument.members, text, problems)))
                continue
            try:
                values.append(self._value(name, argument, text))
            except ValueError as error:
                problems.append(f"{path}.{key}: {error}")
        return values

    def _value(self, name: str, argument: Argument, text: Given | None) -> object:
        if text is None:
            raise ValueError(f"missing (type {argument.kind})")
        if argument.members or isinstance(text, dict):
            asked = "a struct: give its members by name" if argument.members else f"of type {argument.kind}, no struct"
            raise ValueError(f"it is {asked}")
        if (name, argument.key) == (MANAGER, "initialAdmin") and text != DEPLOYER:
            raise ValueError("has to be @deployer, who wires the roles and then hands over to `admin`")
        if not text.startswith("@"):
            return parse_value(argument.kind, text)
        if argument.kind != "address":
            raise ValueError(f"{text} is an address, the constructor asks for {argument.kind}")
        if text != DEPLOYER and (text[1:] == name or text[1:] == DEV_TOKEN or text[1:] not in self.contracts):
            raise ValueError(f"{text} is none of the contracts that it could refer to")
        return text


def _shipped() -> dict[str, Any]:
    text = resources.files("lading.deploy").joinpath("deploy.yaml").read_text(encoding="utf-8")
    return _read_yaml(text, "deploy.yaml of the package")


class _TextLoader(yaml.BaseLoader):
    """Leaves every scalar as text, since YAML 1.1 would read an unquoted 0x… address as a number, and refuses a key
    given twice, of which YAML would silently drop one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"`{key.value}` is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _read_yaml(text: str, source: str) -> dict[str, Any]:
    try:
        document = yaml.load(text, Loader=_TextLoader)  # noqa: S506 - a BaseLoader makes text, lists and mappings only
    except yaml.YAMLError as error:
        raise ParamsInvalid(source, [f"not YAML ({' '.join(str(error).split())})"]) from error
    if document in (None, ""):
        return {}
    if not isinstance(document, dict):
        raise ParamsInvalid(source, ["not a mapping of parameters"])
    return document
