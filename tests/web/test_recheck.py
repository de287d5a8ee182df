"""The check that the page's script makes: it confirms what is genuine, and a server that lies is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from browser_kit import Visit, ask
from web_kit import PATHS, Site, World, change

from lading.chain.devnet import running
from lading.provenance.merkle import proof_lengths

Open = Callable[..., Visit]


@pytest.mark.parametrize("name", ["genuine", "travelled"])
def test_every_step_of_a_true_bundle_is_confirmed(visit: Open, site: Site, name: str) -> None:
    found = visit(site.url + PATHS[name])
    assert found.rechecked() == "ok"
    assert set(found.marks()) == {"ok"}
    assert "Computed again here" in found.page.inner_text("#step-1")
    assert found.page.locator("#alarm").is_hidden()
    assert "Not checked here: event ids, who may sign, recalls" in found.page.inner_text("#recheck")


@pytest.mark.parametrize(("name", "verdict"), [("cloned", "Suspect"), ("recalled", "Recalled")])
def test_true_proofs_of_a_bad_item_do_not_make_it_good(
    visit: Open, site: Site, world: World, name: str, verdict: str
) -> None:
    found = visit(site.url + PATHS[name])
    assert found.rechecked() == "partly"
    assert set(found.marks()) == {"ok"}
    assert f"The result above stands: {verdict}." in found.page.inner_text("#recheck-result")
    assert found.page.locator("#recheck-short").is_hidden()
    ask(found, world.node)
    found.page.wait_for_selector("#recheck-source:has-text('at block')")
    assert found.page.evaluate("document.body.dataset.recheck") == "partly"


def flipped(hex_text: str) -> str:
    return hex_text[:-1] + ("0" if hex_text[-1] != "0" else "1")


def recounted(entry: Any) -> int:
    """Another number of leaves with which a proof of that length is possible."""
    count = entry["batch"]["count"]
    return next(n for n in (count - 1, count + 1, count + 2) if len(entry["proof"]) in proof_lengths(n))


LIES: dict[str, tuple[Callable[[Any], object], str, list[int]]] = {
    "an event": (
        lambda d: d["entries"][1]["event"].update(disposition="active"),
        "the step or its proof was altered",
        [1],
    ),
    "a time": (
        lambda d: d["entries"][0]["event"].update(recordTime="2026-05-01T00:00:00.000Z"),
        "the step or its proof was altered",
        [0],
    ),
    "a salt": (lambda d: d["entries"][2].update(salt="0x" + "00" * 32), "the step or its proof was altered", [2]),
    "a proof": (
        lambda d: d["entries"][0]["proof"].__setitem__(0, flipped(d["entries"][0]["proof"][0])),
        "the step or its proof was altered",
        [0],
    ),
    "a proof's length": (lambda d: d["entries"][0]["proof"].pop(), "the step or its proof was altered", [0]),
    "a number of leaves": (
        lambda d: d["entries"][0]["batch"].update(count=recounted(d["entries"][0])),
        "the batch is not the one on the chain",
        [0],
    ),
    "a place in the log": (lambda d: d["entries"][0].update(index=41), "the batch is not the one on the chain", [0]),
    "a publisher": (
        lambda d: d["entries"][0].update(publisher="0x" + "11" * 32),
        "the batch is not the one on the chain",
        [0],
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_altered_proof_fails_on_the_device_whatever_the_server_says(
    visit: Open, site: Site, world: World, lie: str
) -> None:
    how, why, steps = LIES[lie]
    altered = change(world.bundle("genuine"), how)

    found = visit(site.url + PATHS["genuine"], served={"**/bundle/**": altered})

    assert found.page.inner_text("h1") == "Authentic"
    assert found.rechecked() == "bad"
    bad = {
        int(place)
        for place in found.page.eval_on_selector_all(
            ".step:has(.checked[data-state=bad])", "all => all.map(one => one.dataset.entry)"
        )
    }
    assert bad == set(steps)
    alarm = found.page.inner_text("#alarm")
    assert "Your device does not confirm this page." in alarm
    assert why in alarm


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        (lambda data, _: data.replace(b'{"chain"', b'{ "chain"'), "not in its one canonical form"),
        (lambda data, _: b"no JSON", "not in its one canonical form"),
        (lambda _, world: world.bundle("cloned"), "about another item"),
        (lambda data, _: change(data, lambda d: d["entries"].pop()), "shows other steps than the file"),
    ],
)
def test_another_file_than_the_pages_fails_as_a_whole(
    visit: Open, site: Site, world: World, lie: Callable[[bytes, World], bytes], why: str
) -> None:
    found = visit(site.url + PATHS["genuine"], served={"**/bundle/**": lie(world.bundle("genuine"), world)})
    assert found.rechecked() == "bad"
    assert set(found.marks()) == {"bad"}
    assert why in found.page.inner_text("#alarm")


def test_a_node_of_the_visitors_own_is_asked_by_the_browser(visit: Open, site: Site, world: World) -> None:
    forged = json.loads(site.get("/anchors" + PATHS["genuine"]).body)
    for one in forged["anchors"]:
        one["digest"] = flipped(one["digest"])
    found = visit(site.url + PATHS["genuine"], served={"**/anchors/**": json.dumps(forged).encode()})
    assert found.rechecked() == "bad"

    ask(found, world.node)

    found.page.wait_for_selector("body[data-recheck=ok]")
    assert world.node.removeprefix("http://") in found.page.inner_text("#recheck-source")
    assert set(found.marks()) == {"ok"}


def test_a_node_of_the_visitors_own_outdoes_a_server_that_invents_batches(
    visit: Open, site: Site, world: World
) -> None:
    true = json.loads(world.bundle("genuine"))
    publisher = true["entries"][0]["publisher"]

    def invent(document: Any) -> None:
        """A log that nobody anchored, a thousand batches on."""
        for one in (*document["entries"], *document["maps"]):
            one["index"] += 1000 * (one["publisher"] == publisher)

    altered = change(world.bundle("genuine"), invent)
    anchors = json.loads(site.get("/anchors" + PATHS["genuine"]).body)
    for one in (*anchors["anchors"], *anchors["heads"]):
        for name in {"index", "batches"} & set(one):
            one[name] += 1000 * (one["publisher"] == publisher)
    served = {"**/bundle/**": altered, "**/anchors/**": json.dumps(anchors).encode()}
    found = visit(site.url + PATHS["genuine"], served=served)
    assert found.rechecked() == "ok", "the server shows itself what it invented"

    ask(found, world.node)

    found.page.wait_for_selector("body[data-recheck=bad]")
    assert "the batch is not the one on the chain" in found.page.inner_text("#alarm")


def test_a_node_on_another_chain_or_none_is_said(visit: Open, site: Site, world: World) -> None:
    found = visit(site.url + PATHS["genuine"])
    assert found.rechecked() == "ok"
    with running("anvil") as other:
        ask(found, other.url)
        found.page.wait_for_selector("body[data-recheck=partly]")
    assert "that node is on another chain" in found.page.inner_text("#recheck-source")

    ask(found, "ftp://nowhere")
    found.page.get_by_text("that is no address of a node").wait_for()
    found.page.fill("#node-registry", "0x" + "11" * 20)
    ask(found, world.node)
    found.page.get_by_text("names another registry than the one you trust").wait_for()
