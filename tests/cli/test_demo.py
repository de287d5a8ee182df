"""`lading demo`: the table for people, the document for machines. That it works on three chains is acceptance's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cli_kit import Cli, Result, validator

from lading.demo import Demonstration, demonstrate


@pytest.fixture(scope="module")
def played() -> Demonstration:
    """One run of the real demo; the command prints it below without running it again."""
    return demonstrate("embedded", lambda _: None)


@pytest.fixture
def told(cli: Cli, played: Demonstration, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setattr("lading.demo.demonstrate", lambda _network, _tell: played)
    return cli("demo")


def test_each_step_that_matters_has_a_row_with_its_gas(told: Result, played: Demonstration):
    for chapter in played.chapters:
        assert chapter.sentence in told.out
        for step in chapter.steps if chapter.in_detail else ():
            (row,) = (line for line in told.out.splitlines() if line.startswith(f"  {step.name} "))
            assert (f"{step.gas:,}" if step.gas else "off chain") in row


def test_the_rest_is_summed(told: Result, played: Demonstration):
    first = played.chapters[0]
    assert not first.in_detail
    assert f"{sum(step.gas or 0 for step in first.steps):,}" in told.out
    assert f"  {sum(step.tx is not None for step in first.steps)} transactions" in told.out


def test_verdicts_ends_and_score_stand_at_the_end(told: Result, played: Demonstration):
    tail = told.out[told.out.index("genuine item") :]
    for said in ("authentic", "suspect", "recalled", "first released, second refunded", f"{played.score} of 1000"):
        assert said in tail
    assert "two sites at once" in tail


def test_the_columns_stand_below_each_other(told: Result):
    header, *rows = told.out.splitlines()
    edge = header.index("gas") + len("gas")
    assert all(row[edge - 1].isdigit() for row in rows if "0x" in row[:110])


def test_the_document_has_its_published_form(played: Demonstration):
    validator("demo.json").validate(played.document())


def test_a_story_that_went_wrong_ends_with_one(cli: Cli, played: Demonstration, monkeypatch: pytest.MonkeyPatch):
    wrong = replace(played, verdicts={**played.verdicts, "cloned": played.verdicts["genuine"]})
    monkeypatch.setattr("lading.demo.demonstrate", lambda _network, _tell: wrong)
    assert cli.json("demo", code=1)["ok"] is False
    assert "NOT as the story wants it" in cli("demo").out
