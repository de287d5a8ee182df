"""`lading build` on small projects: which contracts ship, what is written, what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lading.toolchain import CompilationFailed, build

Write = Callable[[str, str], Path]
EMPTY_ERC20 = 'import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";'


def written(project: Path) -> list[str]:
    return sorted(path.name for path in (project / "pysdk" / "lading" / "artifacts").iterdir())


def test_each_file_ships_the_contract_of_its_own_name(project: Path, write: Write) -> None:
    write("contracts/Vault.sol", "contract Vault { } contract Helper { }")
    write("contracts/Base.sol", "abstract contract Base { function f() external virtual; }")
    write("contracts/mocks/DevDollar.sol", "contract DevDollar { }")
    write("contracts/mocks/HostileToken.sol", "contract HostileToken { }")
    write("contracts/libraries/Pure.sol", "library Pure { }")
    write(
        "contracts/AccessManager.sol",
        'import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";',
    )

    report = build(project)

    assert [contract.name for contract in report.contracts] == ["AccessManager", "DevDollar", "Vault"]
    assert written(project) == ["AccessManager.json", "DevDollar.json", "Vault.json"]


def test_an_artifact_holds_what_a_deployer_needs(project: Path, write: Write) -> None:
    write("contracts/Vault.sol", "contract Vault { uint256 public immutable cap; constructor(uint256 c) { cap = c; } }")
    contract = build(project).contracts[0]

    artifact = json.loads(contract.path.read_text(encoding="utf-8"))
    assert artifact["contractName"] == "Vault"
    assert artifact["sourceName"] == "contracts/Vault.sol"
    assert artifact["compiler"]["version"] == "0.8.30+commit.73712a01"
    assert artifact["compiler"]["settings"]["evmVersion"] == "shanghai"
    assert [entry["type"] for entry in artifact["abi"]] == ["constructor", "function"]
    assert artifact["deployedBytecode"][2:] in artifact["bytecode"]
    assert contract.runtime_bytes == len(bytes.fromhex(artifact["deployedBytecode"][2:]))
    assert artifact["immutableReferences"]
    for place in artifact["immutableReferences"]:
        hole = artifact["deployedBytecode"][2:][place["start"] * 2 :][: place["length"] * 2]
        assert hole == "00" * 32


def test_a_second_build_changes_nothing(project: Path, write: Write) -> None:
    write("contracts/Vault.sol", "contract Vault { }")
    assert [contract.changed for contract in build(project).contracts] == [True]
    assert [contract.changed for contract in build(project).contracts] == [False]


def test_an_unrelated_file_does_not_change_an_artifact(project: Path, write: Write) -> None:
    body = "contract Vault { uint256 public immutable cap; constructor(uint256 c) { cap = c; } }"
    write("contracts/Vault.sol", body)
    before = build(project).contracts[0].path.read_bytes()

    write("contracts/Alpha.sol", EMPTY_ERC20 + 'contract Alpha is ERC20 { constructor() ERC20("a", "a") { } }')

    assert {contract.name: contract.changed for contract in build(project).contracts} == {"Alpha": True, "Vault": False}
    assert (project / "pysdk/lading/artifacts/Vault.json").read_bytes() == before


def test_the_artifact_of_a_contract_that_is_gone_is_removed(project: Path, write: Write) -> None:
    gone = write("contracts/Old.sol", "contract Old { }")
    write("contracts/Vault.sol", "contract Vault { }")
    build(project)
    gone.unlink()

    assert [path.name for path in build(project).removed] == ["Old.json"]
    assert written(project) == ["Vault.json"]


def test_a_syntax_error_is_shown_as_the_compiler_said_it_and_writes_nothing(project: Path, write: Write) -> None:
    write("contracts/Vault.sol", "contract Vault { uint256 public }")
    with pytest.raises(CompilationFailed, match=r"contracts/Vault\.sol:3"):
        build(project)
    assert not (project / "pysdk").exists()


def test_a_file_without_a_contract_of_its_name_is_refused(project: Path, write: Write) -> None:
    write("contracts/Vault.sol", "contract Safe { }")
    with pytest.raises(CompilationFailed, match="must define the contract Vault or import it; found in no file"):
        build(project)


def test_a_folder_without_contracts_is_refused(project: Path) -> None:
    with pytest.raises(CompilationFailed, match="Run this in a checkout of Lading"):
        build(project)


def test_warnings_on_our_own_sources_are_reported(project: Path, write: Write) -> None:
    write("contracts/Vault.sol", "contract Vault { function f() external pure { uint256 idle; } }")
    (warning,) = build(project).warnings
    assert "Unused local variable" in warning
