"""What the server answers, without a browser."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from web_kit import PATHS, Site, World, change, serving

from lading import facts
from lading.chain.node import Chain
from lading.deploy import registry
from lading.provenance.bundle import canonical, parse
from lading.web.app import HEADERS
from lading.web.look import _late
from lading.web.words import LANGUAGES, words

VERDICTS = {"genuine": "authentic", "cloned": "suspect", "recalled": "recalled", "travelled": "authentic"}
WORDS = {
    "en": {"authentic": "Authentic", "suspect": "Suspect", "recalled": "Recalled", "unknown": "Unknown"},
    "zh": {"authentic": "真实", "suspect": "可疑", "recalled": "已召回", "unknown": "未知"},
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_scan_gives_the_verdict_first_and_then_the_story(site: Site, name: str, language: str) -> None:
    page = site.get(PATHS[name], language)

    assert (page.status, page.headers["content-language"][:2]) == (200, language)
    title = WORDS[language][VERDICTS[name]]
    assert 0 < page.text.index(f">{title}</h1>") < page.text.index('id="story-title"')
    assert page.text.count('class="step ') == len(json.loads(site.get("/bundle" + PATHS[name]).body)["entries"])


def test_the_verdict_is_that_of_lading_verify(site: Site, world: World) -> None:
    trusted = facts.TrustedDeployment.of_record(registry.read(world.record))
    for name, path in PATHS.items():
        if name != "missing":
            ours = facts.verify(parse(world.bundle(name)), chain=Chain.open(world.node), deployment=trusted).document()
            assert site.get("/verdict" + path).json == ours


def test_what_was_recorded_long_afterwards_is_said(site: Site, world: World) -> None:
    """The travelled item's story is of May 2026; the chain has it since this test began."""
    anchors = {one["publisher"]: one["time"] for one in site.get("/anchors" + PATHS["travelled"]).json["anchors"]}
    entries = json.loads(world.bundle("travelled"))["entries"]
    page = site.get(PATHS["travelled"]).words
    for entry in entries:
        happened = datetime.fromisoformat(entry["event"]["eventTime"]).timestamp()
        days = int(anchors[entry["publisher"]] - happened) // 86_400
        assert days > 2
        assert f"Recorded {days:,} days after it is said to have happened." in page


@pytest.mark.parametrize(("later", "says"), [(-60, False), (0, False), (2 * 86_400 - 1, False), (2 * 86_400, True)])
def test_what_was_recorded_soon_is_no_matter(later: int, says: bool) -> None:
    happened = datetime(2026, 5, 2, 10, tzinfo=timezone(timedelta(hours=8)))
    for language in LANGUAGES:
        assert bool(_late(happened, int(happened.timestamp()) + later, words(language))) is says
    assert _late(None, 1, words("en")) == _late(happened, None, words("en")) == ""


def test_a_clone_is_shown_with_its_reason_at_its_step(site: Site) -> None:
    page = site.get(PATHS["cloned"])
    sentence = "The item was at two sites at once: one of the tags is a copy."
    assert page.text.count(sentence) == 2
    assert 'class="step seen alarmed"' in page.text


def test_a_recall_says_what_to_do(site: Site) -> None:
    words = site.get(PATHS["recalled"]).words
    assert "Do not use this item" in words
    assert "The brand has recalled the item's lot." in words


def test_an_unknown_item_gets_a_page_that_says_so(site: Site) -> None:
    page = site.get(PATHS["missing"])
    assert page.status == 404
    assert ">Unknown</h1>" in page.text
    assert "does not make it a fake" in page.words


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/01/09521141123455/21/1001", "That code cannot be read"),
        ("/01/09521141123454", "This code names a product, not one item"),
        ("/01/09521141123454/10/L26-0418", "This code names a product, not one item"),
        ("/nothing/here", "That code cannot be read"),
        ("/01/09521141123454/21/" + "9" * 500, "That code cannot be read"),
        ("/01/09521141123454/21/%ff", "That code cannot be read"),
        ("/../../etc/passwd", "That code cannot be read"),
        ("/01/09521141123454/21/..%2f..%2fgenuine.json", "Unknown"),
        ("/01/09521141123454/21/%3Cscript%3E", "Unknown"),
    ],
)
def test_a_code_that_is_none_gets_a_page_that_says_what_is_wrong(site: Site, path: str, says: str) -> None:
    page = site.get(path)
    assert (page.status, says in page.words) == (404, True)
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/gtin/9521141123454/ser/1001",
        "/01/9521141123454/21/1001",
        "/01/09521141123454/22/2A/10/L26-0418/21/1001?linkType=all",
    ],
)
def test_other_spellings_of_the_link_find_the_item(site: Site, path: str) -> None:
    assert ">Authentic</h1>" in site.get(path).text


def test_a_lot_in_the_code_that_the_record_does_not_have_is_said(site: Site) -> None:
    right, wrong = (site.get(f"/01/09521141123454/10/{lot}/21/1001").words for lot in ("L26-0418", "L99"))
    assert "One of the two is wrong" not in right
    assert "The code says lot L99, the record says L26-0418." in wrong


@pytest.mark.parametrize(
    "code",
    [
        "(01)09521141123454(21)1001",
        "urn:epc:id:sgtin:9521141.012345.1001",
        "https://x.example/01/09521141123454/21/1001",
    ],
)
def test_what_is_typed_leads_to_the_item(site: Site, code: str) -> None:
    found = site.get("/find?lang=zh&code=" + quote(code, safe=""))
    assert (found.status, found.headers["location"]) == (303, "/01/09521141123454/21/1001?lang=zh")
    assert site.get("/find?code=nonsense").status == 404


def test_the_language_is_the_visitors_choice_then_the_browsers(site: Site) -> None:
    path = PATHS["genuine"]
    for accepted, title in (
        ("zh-CN,zh;q=0.9,en;q=0.8", "真实"),
        ("de, en;q=0.5, zh;q=0.4", "Authentic"),
        ("", "Authentic"),
    ):
        assert f">{title}</h1>" in site.get(path, accepted).text
    assert ">真实</h1>" in site.get(path + "?lang=zh", "en").text
    assert ">Authentic</h1>" in site.get(path + "?lang=xx", "en").text
    assert site.get(path).headers["vary"].startswith("Accept-")


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example/x", "///evil.example/01/09521141123454/21/1001"])
def test_no_link_of_a_page_leads_to_another_host(site: Site, path: str) -> None:
    links = re.findall(r'href="([^"]*)"', site.get(path).text)
    assert links
    assert [link for link in links if not re.match(r"[/#](?![/\\])", link)] == []


def test_what_was_seen_is_said_in_the_language_of_the_page(site: Site) -> None:
    cause = re.compile(r"<small( lang=\"en\")?><bdi>(.*?)</bdi></small>")
    assert ("", "批号 L26-0417") in cause.findall(site.get(PATHS["recalled"], "zh").text)
    assert (' lang="en"', "lot L26-0417") in cause.findall(site.get(PATHS["recalled"]).text)


def test_every_answer_has_the_security_headers(site: Site) -> None:
    for path in (
        "/",
        PATHS["genuine"],
        PATHS["missing"],
        "/static/recheck.js",
        "/static/none",
        "/healthz",
        "/bundle/x",
    ):
        found = site.get(path)
        assert {name: found.headers[name.lower()] for name in HEADERS} == HEADERS
        assert "server" not in found.headers
    assert "'unsafe" not in HEADERS["Content-Security-Policy"]
    assert " style=" not in site.get(PATHS["travelled"]).text


def test_the_bundle_is_served_byte_for_byte(site: Site, world: World) -> None:
    found = site.get("/bundle" + PATHS["genuine"])
    assert found.body == world.bundle("genuine")
    assert found.headers["content-disposition"] == 'attachment; filename="01-09521141123454-21-1001.bundle.json"'
    assert site.get("/bundle" + PATHS["missing"]).status == 404
    assert site.get("/anchors/nonsense").status == 404


def test_health_names_block_and_bundles(site: Site, world: World) -> None:
    found = site.get("/healthz")
    assert (found.status, found.json["ok"], found.json["bundles"], found.json["refused"]) == (200, True, 4, 0)
    assert found.json["blocks"] == [Chain.open(world.node).block().number]


def test_only_reading_is_offered(site: Site) -> None:
    assert site.get(PATHS["genuine"], method="POST").status == 405
    assert site.get(PATHS["genuine"], method="HEAD").status == 200
    assert site.get("/docs").status == 404
    assert site.get("/openapi.json").status == 404


MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
TURNED = "Acme\u202egnp.\u2066exe\u200f"


@pytest.mark.parametrize("text", [MARKUP, TURNED, "x" * 4_000, "=cmd|'/c calc'!A0", "{{ 7 * 7 }}"])
def test_whatever_a_publisher_writes_is_text(world: World, tmp_path: Path, text: str) -> None:
    def write(document: Any) -> None:
        for entry in document["entries"]:
            entry["event"] |= {"readPoint": {"id": text}, "bizStep": text, "disposition": text, "ex:note": text}
        first = document["entries"][0]["event"]
        first["ilmd"] = {f"p{number}:lotNumber": f"{number}{text}" for number in range(9)}
        first["sourceList"] = [{"type": "owning_party", "source": text}]

    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "one.json").write_bytes(change(world.bundle("genuine"), write))
    with serving(tmp_path / "bundles") as alone:
        for language in LANGUAGES:
            page = alone.get(PATHS["genuine"], language)
            shown = re.sub(r"<pre.*?</pre>", "", page.text, flags=re.DOTALL)
            assert (page.status, "alert(1)</script>" in page.text, "<img" in page.text) == (200, False, False)
            assert "49" not in re.findall(r"<p class=\"where\">(.*?)</p>", page.text)
            assert not set(page.text) & set("\u202e\u2066\u200f")
            assert len(shown) < 80_000


def test_many_at_once_all_get_the_same_answer(site: Site) -> None:
    with ThreadPoolExecutor(16) as many:
        found = list(many.map(lambda _: site.get(PATHS["genuine"]), range(48)))
    assert {(one.status, ">Authentic</h1>" in one.text) for one in found} == {(200, True)}


def test_without_a_node_the_verdict_is_unknown(world: World) -> None:
    with serving(world.bundles, "--deployment", world.record) as alone:
        page = alone.get(PATHS["genuine"])
        assert ">Unknown</h1>" in page.text
        assert "No chain was asked." in page.words
        assert alone.get("/healthz").json["blocks"] == []


def test_what_changes_in_the_folder_is_seen_and_damage_is_said(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    shutil.copytree(world.bundles, folder)
    (folder / "noise.json").write_text("{", encoding="utf-8")
    document = json.loads(world.bundle("genuine"))
    with serving(folder, "--rpc", world.node, "--deployment", world.record) as found:
        assert (found.first["bundles"], found.first["refused"]) == (4, 1)

        document["entries"][1]["event"]["disposition"] = "active"
        _write(folder / "genuine.json", canonical(document))
        assert _until(found, PATHS["genuine"], ">Suspect</h1>").status == 200

        _write(folder / "genuine.json", canonical(document).replace(b'{"chain"', b'{ "chain"'))
        page = _until(found, PATHS["genuine"], "The record of this item is damaged")
        assert page.status == 500
        assert "Traceback" not in page.text

        (folder / "genuine.json").unlink()
        assert _until(found, PATHS["genuine"], ">Unknown</h1>").status == 404


def _write(path: Path, data: bytes) -> None:
    """At once, as a careful exporter does."""
    other = path.with_suffix(".new")
    other.write_bytes(data)
    other.replace(path)


def _until(site: Site, path: str, text: str) -> object:
    """The folder is looked at again after a while; a page that never comes ends the test by its limit."""
    for _ in range(2000):
        page = site.get(path)
        if text in page.text:
            return page
    raise AssertionError(f"{text!r} never came: {page.words[:300]}")
