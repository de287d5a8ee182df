"""The order of events."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from lading.chain.devnet import Kind, running
from lading.chain.node import Chain
from lading.chain.signer import Signer
from lading.client import Lading
from lading.demo import cast, goods, orders
from lading.demo.diary import Chapter, Diary
from lading.deploy import Deployment, Params, Progress, deploy
from lading.enums import State
from lading.errors import UsageError
from lading.provenance.verdict import Verdict

EXPECTED = {"genuine": "authentic", "cloned": "suspect", "recalled": "recalled"}
NETWORKS = ("embedded", *get_args(Kind))


@dataclass(frozen=True)
class Demonstration:
    """What the demo did and found. `ok`: each order, score and verdict came out as the story wants it."""

    network: str
    chapters: tuple[Chapter, ...]
    verdicts: dict[str, Verdict]
    orders: tuple[State, State]
    score: int

    @property
    def ok(self) -> bool:
        found = {name: verdict.verdict for name, verdict in self.verdicts.items()}
        return found == EXPECTED and self.orders == (State.RELEASED, State.REFUNDED)

    def document(self) -> dict[str, Any]:
        """The JSON document of `lading demo --json` (schema `demo.json`)."""
        return {
            "ok": self.ok,
            "network": self.network,
            "steps": [asdict(step) for chapter in self.chapters for step in chapter.steps],
            "orders": [state.name.lower() for state in self.orders],
            "score": self.score,
            "verdicts": {name: verdict.verdict for name, verdict in self.verdicts.items()},
        }


def demonstrate(network: str, tell: Callable[[str], None]) -> Demonstration:
    """Runs one order through the whole house, on a chain of its own that is gone afterwards: `network` is embedded,
    anvil or ganache. `tell` hears of each step.

    Raises:
        UsageError: another network; the demo moves the clock, so it uses nobody's chain.
        ToolMissing, NodeFailed: the node cannot be started.
    """
    if network not in NETWORKS:
        raise UsageError(
            f"The demo moves the clock and plays every part, so it runs on no chain that others use: {network!r}.",
            hint=f"Use one of {', '.join(NETWORKS)}; it starts the node by itself.",
        )
    diary = Diary(tell)
    with _chain(network) as chain, tempfile.TemporaryDirectory(prefix="lading-demo-") as folder:
        return _play(network, chain, Path(folder), diary)


@contextmanager
def _chain(network: str) -> Iterator[Chain]:
    if network == "embedded":
        yield Chain.open("embedded")
    else:
        with running("anvil" if network == "anvil" else "ganache") as node:
            yield Chain.open(node.url)


def _play(network: str, chain: Chain, folder: Path, diary: Diary) -> Demonstration:
    examples = example_folder()
    with diary.chapter("Contracts: deployed, wired, read back.", in_detail=False):
        deployment = _deploy(chain, folder, network, diary)
    governance = Lading.connect(chain, signer=cast.GOVERNOR, deployment=deployment)
    buyer = governance.using(cast.BUYER)
    with diary.chapter("Participants from three countries: admitted, roles granted, keys added.", in_detail=False):
        players = cast.admit(governance, diary)
    with diary.chapter("Goods: EPCIS events of factory, port and customs, and reads of two docks, anchored."):
        goods.publish(folder, players, examples, diary)
        goods.relay_reads(folder, players, examples, diary)
    with diary.chapter("Orders: paid into escrow in a dollar-like token."):
        first, second = orders.open_both(buyer, players, diary)
    with diary.chapter("Papers: three documents matched, both borders open."):
        orders.clear(first, players, diary)
    with diary.chapter("First order: shipped, delivered, released."):
        orders.fulfil(first, goods.arrival(folder, players), buyer, players, diary)
    with diary.chapter("Second order: never shipped, refunded."):
        orders.lapse(second, players[cast.DUTCH_CUSTOMS].client, diary)
    with diary.chapter("Consumers verify three items."):
        goods.recall(players, diary)
        verdicts = _verify(folder, players, governance, diary)
    states = tuple(governance.orders.get(governance.orders.id(terms)).state for terms in (first, second))
    score = governance.credit.score(players[cast.SELLER].id)
    return Demonstration(network, tuple(diary.chapters), verdicts, (states[0], states[1]), score)


def _deploy(chain: Chain, folder: Path, network: str, diary: Diary) -> Deployment:
    def note(done: Progress) -> None:
        if done.stage == "done":
            diary.note(done.step, done.tx, done.gas)

    params = Params.default(governance_delay=0)
    return deploy(chain, Signer.dev(0), params, directory=folder / "deployments", on_step=note)


def _verify(folder: Path, players: cast.Cast, reader: Lading, diary: Diary) -> dict[str, Verdict]:
    items = {"genuine": goods.GENUINE, "cloned": goods.CLONED, "recalled": goods.RECALLED}
    verdicts = {}
    for name, item in items.items():
        verdicts[name] = goods.verify(item, folder, players, reader)
        reasons = ", ".join(verdicts[name].reasons)
        diary.note(f"{item}: {verdicts[name].verdict}" + (f" ({reasons})" if reasons else ""))
    return verdicts


def example_folder() -> Path:
    """The demo's input: in the installed package, or in the checkout that it runs from."""
    shipped = Path(str(files("lading.demo"))) / "examples"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "examples" / "demo"
