"""The checks of `make check` that are ours: slither's triage and the snippets of the docs."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from lading.errors import ToolchainError

Tool = Callable[[str], ModuleType]


def report(*checks: str) -> dict[str, object]:
    contract = {"type": "contract", "name": "Vault"}
    function = {"type": "function", "name": "open", "type_specific_fields": {"parent": contract}}
    variable = {"type": "variable", "name": "id", "type_specific_fields": {"parent": function}}
    found = [{"check": check, "elements": [variable], "description": f"{check} is here"} for check in checks]
    return {"success": True, "error": None, "results": {"detectors": found}}


def test_a_finding_is_named_by_contract_and_member(tool: Tool) -> None:
    slither = tool("slither_check")
    assert slither.parse_report(report("timestamp")) == [
        slither.Finding("timestamp", "Vault.open.id", "timestamp is here")
    ]


def test_only_an_explained_finding_passes_and_an_idle_entry_is_reported(tool: Tool) -> None:
    slither = tool("slither_check")
    findings = slither.parse_report(report("timestamp", "assembly"))
    entry = slither.Accepted("timestamp", "Vault.*", "deadlines")
    idle = slither.Accepted("timestamp", "Quotes.*", "deadlines")
    assert slither.judge(findings, [entry, idle]) == ([findings[1]], [idle])


def test_a_failure_of_slither_itself_is_not_zero_findings(tool: Tool) -> None:
    with pytest.raises(ToolchainError, match="slither failed: no compiler"):
        tool("slither_check").parse_report({"success": False, "error": "no compiler", "results": {}})


def test_an_entry_without_a_reason_is_refused(tool: Tool) -> None:
    text = '[[accepted]]\ncheck = "timestamp"\nwhere = "*"\nreason = " "\n'
    with pytest.raises(ToolchainError, match="give a reason for timestamp"):
        tool("slither_check").parse_triage(text)


def run_page(tool: Tool, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> bool:
    snippets = tool("snippets")
    monkeypatch.setattr(snippets, "ROOT", folder)
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    passed: bool = snippets.run_page(page)
    return passed


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("```python\nx = 1\n```\ntext\n```python\nassert x == 1\n```\n", True),
        ("```python\nassert 1 == 2\n```\n", False),
        ("```console\n$ true\nsome output\n$ echo a \\\n    b\na b\n```\n", True),
        ("```console\n$ false\n$ true\n```\n", False),
        ("```console\n$ echo kept > file\n```\n```python\nassert open('file').read() == 'kept\\n'\n```\n", True),
        ("```console not run: needs a reader\n$ false\n```\n", True),
        ("```json\nnot code\n```\n", True),
    ],
)
def test_a_page_passes_when_all_of_its_code_does(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, passed: bool
) -> None:
    assert run_page(tool, monkeypatch, tmp_path, text) is passed


def test_an_unknown_remark_does_not_switch_a_snippet_off(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for remark in ("skip", "not run:"):
        with pytest.raises(ValueError, match="not run: <reason>"):
            run_page(tool, monkeypatch, tmp_path, f"```console {remark}\n$ false\n```\n")
