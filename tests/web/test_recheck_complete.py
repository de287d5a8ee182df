"""The check that the page's script makes is never more favourable than `lading verify`, and says what it left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser_kit import Visit, ask
from web_kit import PATHS, Site, World, change, serving

from lading.chain.node import Chain
from lading.deploy import registry
from lading.facts import TrustedDeployment, verify
from lading.provenance.bundle import parse

Open = Callable[..., Visit]


NOBODY = {"block": None, "chain": None, "anchors": [], "heads": []}


def told(site: Site, **change: object) -> dict[str, bytes]:
    """What the server says of the genuine item's batches, with a change."""
    return {"**/anchors/**": json.dumps(site.get("/anchors" + PATHS["genuine"]).json | change).encode()}


def test_a_server_without_the_chains_values_confirms_nothing(visit: Open, site: Site) -> None:
    for lack in (NOBODY, {"anchors": []}):
        found = visit(site.url + PATHS["genuine"], served=told(site, **lack))
        assert found.rechecked() == "partly"
        assert "What the chain says of them is not known here." in found.page.inner_text("#recheck-result")


def test_without_the_logs_heads_nobody_knows_that_all_is_there(visit: Open, site: Site) -> None:
    found = visit(site.url + PATHS["genuine"], served=told(site, heads=[]))
    assert found.rechecked() == "partly"
    assert "they do not show that every step is here" in found.page.inner_text("#recheck-result")
    assert "Whether more was published since is not known here." in found.page.inner_text("#recheck-list")


def test_an_old_count_is_not_confirmed(visit: Open, site: Site) -> None:
    heads = site.get("/anchors" + PATHS["genuine"]).json["heads"]
    heads[0]["batches"] += 1
    found = visit(site.url + PATHS["genuine"], served=told(site, heads=heads))
    assert found.rechecked() == "partly"
    assert "has published more since" in found.page.inner_text("#recheck-list")


def test_a_server_that_trusts_another_chain_confirms_nothing(visit: Open, site: Site) -> None:
    chain = site.get("/anchors" + PATHS["genuine"]).json["chain"]
    for other in ({"chain_id": 1}, {"genesis": "0x" + "01" * 32}, {"participant_registry": "0x" + "01" * 20}):
        found = visit(site.url + PATHS["genuine"], served=told(site, chain=chain | other))
        assert found.rechecked() == "partly"
        assert "trusts another chain or other registries" in found.page.inner_text("#recheck-source")


@pytest.mark.parametrize("lack", [lambda d: d["maps"].clear(), lambda d: d["maps"].pop()])
def test_a_bundle_without_a_count_is_never_confirmed(
    visit: Open, site: Site, world: World, lack: Callable[[Any], object]
) -> None:
    altered = change(world.bundle("genuine"), lack)
    trusted = TrustedDeployment.of_record(registry.read(world.record))
    assert verify(parse(altered), chain=Chain.open(world.node), deployment=trusted).reasons == ("map-missing",)

    found = visit(site.url + PATHS["genuine"], served={"**/bundle/**": altered})

    assert found.page.inner_text("h1") == "Authentic"
    assert found.rechecked() == "partly"
    assert "steps may be missing" in found.page.inner_text("#recheck-list")
    assert found.page.locator("#recheck-short").is_hidden()
    ask(found, world.node)
    found.page.wait_for_selector("#recheck-source:has-text('at block')")
    assert found.page.evaluate("document.body.dataset.recheck") == "partly"


def test_a_bundle_of_another_chain_is_not_the_pages(visit: Open, site: Site, world: World) -> None:
    for name, value in (("chain_id", 1), ("provenance_registry", "0x" + "11" * 20)):
        altered = change(world.bundle("genuine"), lambda d, name=name, value=value: d["chain"].update({name: value}))
        found = visit(site.url + PATHS["genuine"], served={"**/bundle/**": altered})
        assert found.rechecked() == "bad"
        assert "another chain or registries than the page" in found.page.inner_text("#alarm")


def test_every_tampered_file_that_the_server_itself_has_is_never_better_than_its_verdict(
    visit: Open, world: World, tmp_path: Path
) -> None:
    """An honest server over dishonest files: page and script judge the same file."""
    lies: dict[str, Callable[[Any], object]] = {
        "maps": lambda d: d["maps"].clear(),
        "chain": lambda d: d["chain"].update(chain_id=1),
        "registry": lambda d: d["chain"].update(provenance_registry="0x" + "11" * 20),
        "event": lambda d: d["entries"][1]["event"].update(disposition="active"),
        "withheld": lambda d: d["entries"].pop(1),
    }
    (tmp_path / "item.json").write_bytes(world.bundle("genuine"))
    with serving(tmp_path, "--rpc", world.node, "--deployment", world.record) as site:
        for name, lie in lies.items():
            altered = change(world.bundle("genuine"), lie)
            (tmp_path / "item.new").write_bytes(altered)
            (tmp_path / "item.new").rename(tmp_path / "item.json")
            while site.get("/bundle" + PATHS["genuine"]).body != altered:
                """The folder is looked at again after a while."""
            verdict = site.get("/verdict" + PATHS["genuine"]).json["verdict"]
            found = visit(site.url + PATHS["genuine"])
            assert (verdict == "authentic", found.rechecked() == "ok") == (False, False), name


def test_a_log_that_grew_since_the_file_was_written_is_not_confirmed(visit: Open, world: World, tmp_path: Path) -> None:
    """The carrier's log has grown since a file that ends before its last batch."""
    bundles = tmp_path / "bundles"
    bundles.mkdir()
    (bundles / "old.json").write_bytes(world.stale)
    with serving(bundles, "--rpc", world.node, "--deployment", world.record) as site:
        assert site.get("/verdict" + PATHS["genuine"]).json["reasons"] == ["map-stale"]
        found = visit(site.url + PATHS["genuine"])
        assert found.rechecked() == "partly"
        assert "has published more since" in found.page.inner_text("#recheck-list")


def test_a_footprint_that_the_steps_do_not_state_is_found_out(visit: Open, site: Site) -> None:
    found = visit(site.url + PATHS["travelled"])
    assert found.rechecked() == "ok"
    assert "Computed again here: each amount is what its step states" in found.page.inner_text("#footprint")

    page = site.get(PATHS["travelled"]).text
    for lie in (('data-mg="3215351"', 'data-mg="3215350"'), ('data-of="482350"', 'data-of="482351"')):
        assert lie[0] in page
        url = site.url + PATHS["travelled"]
        found = visit(url, served={url: page.replace(*lie).encode()})
        assert found.rechecked() == "bad"
        assert "the footprint is not what the steps state" in found.page.inner_text("#alarm")
