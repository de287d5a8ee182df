"""What the page says of first claims, and of publishers that a fault document convicts. How such pages look
in a browser says `test_browser.py`: each of its items is claimed, or by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from web_kit import ITEMS, PATHS, Reply, Site, World, serving

from lading.demo.cast import BUYER
from lading.deploy import registry
from lading.facts import TrustedDeployment
from lading.provenance import faults
from lading.provenance.errors import FaultError
from lading.provenance.item import item_of
from lading.web.desk import Desk
from lading.web.errors import NoBundles
from lading.web.faults import FaultShelf
from lading.web.names import moment
from lading.web.shelf import REFRESH_SECONDS, Shelf


def until(site: Site, path: str, text: str) -> Reply:
    """The folder is looked at again after a while; a page that never comes ends the test by its limit."""
    for _ in range(2000):
        page = site.get(path)
        if text in page.text:
            return page
    raise AssertionError(f"{text!r} never came: {page.words[:300]}")


@pytest.mark.parametrize(
    ("language", "said", "nobody"),
    [
        (
            "en",
            "Claimed on {time} UTC by {who}. If that was not you, the seal was broken before.",
            "Nobody has claimed this item.",
        ),
        ("zh", "已于 {time} UTC 由 {who} 认领。如果那不是您，说明封条此前已被打开。", "尚无人认领这件商品。"),
    ],
)
def test_who_claimed_the_item_stands_below_the_verdict(
    site: Site, world: World, language: str, said: str, nobody: str
) -> None:
    time = moment(datetime.fromtimestamp(world.claimed, UTC), "zh" if language == "zh" else "en")
    claimed, other = (site.get(PATHS[name], language) for name in ("travelled", "genuine"))
    assert said.format(time=time, who=BUYER.address) in claimed.words
    assert claimed.text.index("</h1>") < claimed.text.index('id="claim"') < claimed.text.index('id="story-title"')
    assert nobody in other.words
    assert [site.get("/verdict" + PATHS[name]).json["verdict"] for name in ("travelled", "genuine")] == [
        "authentic",
        "authentic",
    ]


def test_without_a_node_nothing_is_said_of_claims(world: World) -> None:
    with serving(world.bundles, "--deployment", world.record) as alone:
        assert 'id="claim"' not in alone.get(PATHS["travelled"]).text


@pytest.fixture
def accusing(world: World, tmp_path: Path) -> Iterator[Site]:
    """A server with a folder of fault documents, which holds one that proves the carrier's fault, one that proves
    nothing, and one that is none."""
    folder = tmp_path / "faults"
    folder.mkdir()
    (folder / "carrier.json").write_bytes(world.fault)
    fault = faults.parse(world.fault)
    (folder / "false.json").write_bytes(faults.dump(fault.model_copy(update={"leaves": (b"\x01" * 32,)})))
    (folder / "none.json").write_text("{}", encoding="utf-8")
    words = ("--rpc", world.node, "--deployment", world.record, "--faults", folder)
    with serving(world.bundles, *words) as found:
        yield found


def test_a_faulty_publishers_goods_are_suspect(accusing: Site) -> None:
    site = accusing
    assert (site.first["faults"], site.first["faults_refused"]) == (2, 1)
    health = site.get("/healthz").json
    assert (health["faults"], health["faults_refused"]) == (2, 1)
    english, chinese = (site.get(PATHS["genuine"], language) for language in ("en", "zh"))
    assert ">Suspect</h1>" in english.text
    assert "A publisher is proven to have left events out of its item map." in english.words
    assert "已证明某个发布者的清单漏掉了它已写入区块链的事件。" in chinese.words
    found = site.get("/verdict" + PATHS["genuine"]).json
    assert (found["verdict"], found["reasons"]) == ("suspect", ["publisher-faulty"])
    assert site.get("/verdict" + PATHS["recalled"]).json["verdict"] == "recalled"


def test_a_document_that_goes_no_longer_counts(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "faults"
    folder.mkdir()
    with serving(world.bundles, "--rpc", world.node, "--deployment", world.record, "--faults", folder) as site:
        assert ">Authentic</h1>" in site.get(PATHS["genuine"]).text
        (folder / "carrier.new").write_bytes(world.fault)
        (folder / "carrier.new").rename(folder / "carrier.json")
        until(site, PATHS["genuine"], ">Suspect</h1>")
        (folder / "carrier.json").unlink()
        until(site, PATHS["genuine"], ">Authentic</h1>")


def test_what_convicts_nobody_is_told_once_by_name(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fault = faults.parse(world.fault)
    (tmp_path / "false.json").write_bytes(faults.dump(fault.model_copy(update={"leaves": (b"\x01" * 32,)})))
    far = fault.chain.model_copy(update={"chain_id": 5})
    (tmp_path / "far.json").write_bytes(faults.dump(fault.model_copy(update={"chain": far})))
    trusted = TrustedDeployment.of_record(registry.read(world.record))
    desk = Desk(Shelf(world.bundles), [world.node], trusted, FaultShelf(tmp_path))

    async def verdicts() -> list[str]:
        answers = [await desk.answer(item_of(ITEMS[name])) for name in ("genuine", "travelled")]
        return [answer.verdict.verdict for answer in answers if answer is not None]

    with ThreadPoolExecutor(1) as thread:  # in this one a browser's loop may be running
        found = thread.submit(lambda: asyncio.run(verdicts())).result()
    assert found == ["authentic", "authentic"]
    desk.close()
    assert sorted(record.getMessage() for record in caplog.records) == [
        "Fault document false.json is refused: the leaves are not what the map counts.",
        "Fault document far.json was ignored: it is about another chain or registry than you trust.",
    ]


# The folder itself


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_folder_is_read_again_only_where_it_changed(world: World, tmp_path: Path) -> None:
    clock = Clock()
    (tmp_path / "a.json").write_bytes(world.fault)
    shelf = FaultShelf(tmp_path, clock)
    first = shelf.look()
    assert [one.name for one in first.all] == ["a.json"]
    clock.now = REFRESH_SECONDS
    assert shelf.look().version == first.version
    assert shelf.look().all[0] is first.all[0]
    (tmp_path / "b.json").write_bytes(world.fault)
    assert shelf.look().version == first.version
    clock.now *= 2
    second = shelf.look()
    assert second.version != first.version
    assert second.all[0] is first.all[0]
    assert (shelf.held, shelf.refused) == (2, 0)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_fault_document_is_counted_by_name(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(FaultError):
        faults.parse(content)
    shelf = FaultShelf(tmp_path)
    assert (shelf.held, shelf.refused, shelf.look().all) == (0, 1, ())
    assert "bad.json is no fault document" in caplog.text


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoBundles, match="There is no folder") as caught:
        FaultShelf(tmp_path / "none")
    assert caught.value.hint is not None
    assert "--faults" in caught.value.hint
