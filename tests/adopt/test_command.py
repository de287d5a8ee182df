"""`lading adopt` as a user meets it: words, documents, pictures, and what is missing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_kit import Cli

from lading.adopt import errors
from lading.adopt.config import load
from lading.adopt.estimate import Estimate
from lading.adopt.study import percent, study
from lading.cli.adopt_show import lines_of

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def market(root: Path) -> Path:
    return root / "examples" / "adopt" / "market.yaml"


def test_the_document_says_all(cli: Cli, market: Path) -> None:
    found = cli.json(("adopt", market, "--sensitivity"))
    assert found["stable"] == ["(0, 0)", "(1, 1)"]
    inner = found["equilibria"][-1]
    assert (inner["x"]["exact"], inner["y"]["exact"], inner["kind"]) == ("1/4", "1/3", "saddle")
    assert found["formulas"][-1]["x"] == "(C2 - E2)/B2"
    assert found["adoption"]["area"] == pytest.approx(0.7838034, abs=1e-6)
    assert found["start"]["adopts"] is False
    assert found["start"]["levers"]["the same subsidy to both"] == "400.01"
    assert len(found["sensitivity"]) == 8
    assert found["paths"][0]["end"] == pytest.approx([0, 0], abs=1e-4)


@pytest.mark.parametrize("name", ["circling", "undecided"])
def test_the_other_examples_keep_to_the_schema(cli: Cli, root: Path, name: str) -> None:
    found = cli.json(("adopt", root / "examples" / "adopt" / f"{name}.yaml"))
    assert found["sensitivity"] is None
    assert "undecided" in {one["verdict"] for one in found["equilibria"]}


def test_people_hear_the_answer_first(cli: Cli, market: Path) -> None:
    said = cli(("adopt", market)).out.splitlines()
    assert said[0].startswith("78.4 % of all starts end in adoption")
    assert any("(0, 0) nobody integrates; (1, 1) everybody integrates" in line for line in said)
    assert any(line.split()[:4] == ["subsidy", "to", "platforms", "937.18"] for line in said)
    portrait = said[said.index("Phase portrait") + 2 :][:15]
    assert {len(line) for line in portrait} == {6 + 41}
    assert portrait[0][6] == "○"
    assert portrait[0][-1] == portrait[-1][6] == "●"
    assert sum(line.count("★") for line in portrait) == 1
    assert sum(line.count("◇") for line in portrait) == 1


def test_the_page_shows_what_is_printed(cli: Cli, market: Path, root: Path) -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", (root / "docs" / "adopt.md").read_text(encoding="utf-8"), re.DOTALL)
    said = cli(("adopt", market)).out.splitlines()
    lines = [line for line in shown.splitlines() if line != "…"]
    assert said[: len(lines)] == lines


def test_no_line_is_wider_than_a_page_and_none_is_coloured_in_a_pipe(cli: Cli, market: Path) -> None:
    said = cli(("adopt", market, "--sensitivity")).out
    assert "\x1b" not in said
    assert max(map(len, said.splitlines())) <= 132


def test_an_estimated_figure_says_from_what_and_never_replaces_a_given_one(root: Path, market: Path) -> None:
    from decimal import Decimal

    thin = load(root / "examples" / "adopt" / "from-ledger.yaml", from_ledger=True)
    told = [
        Estimate(path, Decimal(number), "so said the ledger")
        for path, number in (("platform.extra_gain", 6000), ("platform.boost", 12000), ("start.platform", "0.2"))
    ]
    found = study(thin, told)
    assert found.basis["platform.boost"] == "estimated: so said the ledger"
    assert found.document()["figures"]["platform.extra_cost"]["basis"] == "given"
    assert any("platform.boost = 12000.00, estimated: so said the ledger" in line for line in lines_of(found))
    whole = study(load(market), [Estimate("platform.boost", Decimal(1), "a guess")])
    assert whole.figures["platform.boost"] == 12000
    assert found.basin.area == pytest.approx(whole.basin.area, abs=1e-9)


def test_a_png_is_drawn(cli: Cli, market: Path) -> None:
    done = cli(("adopt", market, "--plot", "market.png"))
    assert (done.code, done.err.strip()) == (0, "Drawn: market.png")
    drawn = (cli.folder / "market.png").read_bytes()
    assert drawn.startswith(PNG)
    assert len(drawn) > 20_000


@pytest.mark.parametrize("name", ["market", "circling", "undecided"])
def test_an_svg_is_drawn_and_always_the_same(cli: Cli, root: Path, name: str) -> None:
    path = root / "examples" / "adopt" / f"{name}.yaml"
    drawn = []
    for target in ("one.svg", "two.svg"):
        assert cli(("adopt", path, "--plot", target)).code == 0
        drawn.append((cli.folder / target).read_bytes())
    assert drawn[0] == drawn[1]
    assert ElementTree.fromstring(drawn[0]).tag.endswith("svg")  # noqa: S314 - our own


def test_another_kind_of_picture_is_refused_before_anything_is_computed(cli: Cli, market: Path) -> None:
    done = cli(("adopt", market, "--plot", "market.pdf", "--json"))
    assert done.code == 2
    assert ".png or .svg" in done.error["message"]


def test_faults_of_the_file_are_said_by_path(cli: Cli) -> None:
    (cli.folder / "bad.yaml").write_text("currency: EUR\nplatform: {boost: x}\n", encoding="utf-8")
    done = cli("adopt bad.yaml --json")
    assert done.code == 1
    assert done.error["type"] == "GameInvalid"
    for path in ("platform.boost", "platform.extra_cost: is missing", "technology: is missing"):
        assert path in done.error["message"]


def test_a_missing_extra_is_named_with_what_installs_it(
    cli: Cli, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None if name in ("sympy", "matplotlib") else object())
    without = cli(("adopt", market, "--json")).error
    assert (without["type"], without["hint"]) == ("AdoptMissing", 'Install the extra: pip install "lading[adopt]"')
    assert without["message"] == "lading adopt needs sympy."
    assert (
        cli(("adopt", market, "--plot", "x.svg", "--json")).error["message"] == "lading adopt needs sympy, matplotlib."
    )


def test_the_libraries_of_the_extra_are_loaded_only_by_the_command() -> None:
    program = (
        "import sys; from lading.cli.main import app; import typer; typer.main.get_command(app);"
        "import lading.adopt.game, lading.adopt.basin, lading.adopt.tipping, lading.adopt.symbolic;"
        "print([name for name in ('sympy', 'scipy', 'numpy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0.0 %"), (1e-9, "<0.1 %"), (0.5, "50.0 %"), (0.99999, ">99.9 %"), (1, "100.0 %")]
)
def test_a_share_is_never_rounded_to_nobody_or_everybody(share: float, text: str) -> None:
    assert percent(share) == text
