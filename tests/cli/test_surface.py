"""What the command line looks like: help, schemas, exit codes, what it imports."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import pytest
from cli_kit import INDEX, SCHEMAS, Cli, commands, schema
from jsonschema import Draft202012Validator

import lading
from lading.chain import devnet
from lading.cli.devnet import Kind
from lading.cli.main import Unexpected
from lading.errors import (
    ContractError,
    DeploymentError,
    InputError,
    LadingError,
    NetworkError,
    SignerError,
    UsageError,
)
from lading.provenance.verdict import EXIT_CODES

COMMANDS = dict(commands())
PUBLISHED = {path.name for path in SCHEMAS.glob("*.json")} - {"index.json"}


def test_the_command_loads_neither_web3_nor_pydantic_for_its_help():
    program = (
        "import sys; from lading.cli.main import app; import typer; typer.main.get_command(app);"
        "print([name for name in ('web3', 'pydantic', 'eth_account', 'rich', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_the_groups_are_those_that_stay(cli: Cli):
    groups = "demo doctor devnet build deploy deployments participants goods order customs credit relay proof verify"
    groups += " private provenance claim adopt"
    assert {name.split()[0] for name in COMMANDS} == {
        *groups.split(),
        "epc",
        "epcis",
        "token",
        "serve",
        "labels",
        "sun",
    }


@pytest.mark.parametrize("name", ["", *COMMANDS, *sorted({name.split()[0] for name in COMMANDS if " " in name})])
def test_every_command_says_what_it_does(cli: Cli, name: str):
    done = cli((*name.split(), "--help"))
    assert (done.code, done.err) == (0, "")
    assert f"Usage: lading {name}".strip() in " ".join(done.out.split())


def test_every_option_and_argument_is_explained_or_plain():
    """An address among the parties of an order needs no sentence; everything else has one."""
    plain = {"buyer", "seller", "platform", "carrier", "account", "to"}
    unexplained = {
        f"{name}: {parameter.name}"
        for name, command in COMMANDS.items()
        for parameter in command.params
        if not parameter.help and parameter.name not in plain
    }
    assert unexplained == set()


def test_a_group_alone_shows_its_help_and_is_no_success(cli: Cli):
    for words in ((), ("order",), ("participants",)):
        done = cli(words)
        assert done.code == UsageError.exit_code
        assert "Usage: lading" in done.out + done.err


def test_the_version_is_that_of_the_package(cli: Cli):
    assert cli("--version").out.strip() == lading.__version__


def test_every_command_has_a_published_schema_and_every_schema_a_command():
    assert set(INDEX) == set(COMMANDS)
    published = {path.name for path in SCHEMAS.glob("*.json")} - {
        "index.json",
        "common.json",
        "error.json",
        "deployment.json",
    }
    assert published == {name for name in INDEX.values() if "/" not in name}


@pytest.mark.parametrize("name", sorted(PUBLISHED | set(INDEX.values())))
def test_a_schema_is_one_and_names_its_draft(name: str):
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_command_has_json():
    without = [name for name, command in COMMANDS.items() if not any("--json" in one.opts for one in command.params)]
    assert without == []


def test_exit_codes_are_those_that_stay():
    codes = {UsageError: 2, NetworkError: 3, ContractError: 4}
    codes |= dict.fromkeys((LadingError, InputError, DeploymentError, SignerError, Unexpected), 1)
    assert {kind: kind.exit_code for kind in codes} == codes
    assert EXIT_CODES == {"authentic": 0, "suspect": 10, "recalled": 11, "unknown": 12}


def test_the_kinds_of_devnet_are_those_of_the_sdk():
    assert [kind.value for kind in Kind] == list(get_args(devnet.Kind))
