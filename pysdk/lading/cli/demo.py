"""`lading demo`: one order from tag read to consumer proof, told step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from lading.cli.options import Json
from lading.cli.output import emit, progress, table

if TYPE_CHECKING:
    from lading.demo import Demonstration
    from lading.demo.diary import Chapter

Chain = Annotated[str, typer.Option("--network", "-n", help="embedded, anvil or ganache; the demo starts the node.")]
HEADERS = ("step", "transaction", "gas", "seconds")
HASH_SHOWN = 10


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(network: Chain = "embedded", as_json: Json = False) -> None:
    """Run one order from tag read to consumer proof, on a chain of its own."""
    from lading.demo import demonstrate

    done = demonstrate(network, _tell)
    emit(done.document(), as_json=as_json, lines=list(_lines(done)))
    if not done.ok:
        raise typer.Exit(1)


def _tell(line: str) -> None:
    """Chapters as they begin; their steps stand in the table."""
    if not line.startswith(" "):
        progress(line)


def _lines(done: Demonstration) -> Iterator[str]:
    yield from table(HEADERS, _rows(done.chapters), right=("gas", "seconds"))
    steps = [step for chapter in done.chapters for step in chapter.steps]
    sent = [step for step in steps if step.tx]
    yield ""
    yield (
        f"{len(sent)} transactions, {sum(step.gas or 0 for step in sent):,} gas, "
        f"{sum(step.seconds for step in steps):.1f} s on {done.network}."
    )
    yield ""
    for name, verdict in done.verdicts.items():
        yield f"{name + ' item':<15} {verdict.verdict:<10} {_why(verdict.reasons)}".rstrip()
    first, second = (state.name.lower() for state in done.orders)
    yield f"{'orders':<15} first {first}, second {second}"
    yield f"{'seller score':<15} {done.score} of 1000"
    yield ""
    yield "As the story wants it." if done.ok else "NOT as the story wants it: this is a failure."


def _rows(chapters: tuple[Chapter, ...]) -> Iterator[tuple[str, ...]]:
    for chapter in chapters:
        yield (chapter.sentence, "", "", "")
        if chapter.in_detail:
            for step in chapter.steps:
                gas = "" if step.gas is None else f"{step.gas:,}"
                yield (f"  {step.name}", (step.tx or "off chain")[:HASH_SHOWN], gas, f"{step.seconds:.2f}")
        else:
            yield _sum(chapter)


def _sum(chapter: Chapter) -> tuple[str, ...]:
    sent = [step for step in chapter.steps if step.tx]
    gas, seconds = sum(step.gas or 0 for step in sent), sum(step.seconds for step in chapter.steps)
    return (f"  {len(sent)} transactions", "", f"{gas:,}", f"{seconds:.2f}")


def _why(reasons: tuple[str, ...]) -> str:
    from lading.provenance.reasons import REASON_BY_ID

    return " ".join(REASON_BY_ID[reason].sentence for reason in reasons) or "Consistent and unrevoked."
