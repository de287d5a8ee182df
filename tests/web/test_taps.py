"""Messages of NFC tags: on the page and by `lading sun verify`, checked once, and never to the item's advantage."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from browser_kit import Visit
from Crypto.Cipher import AES
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from web_kit import PATHS, Site, World, serving

import lading.cli
from lading.provenance.sun import mac_of
from lading.sun import NOT_PROVEN, SENTENCES, Keys
from lading.web.taps import TAP_SECONDS, Tap, Taps
from lading.web.words import words

ZERO = bytes(16)
UID, LOOSE, ON_RECALLED = (bytes.fromhex(text) for text in ("04DE5F1EACC040", "04DE5F1EACC041", "04DE5F1EACC042"))
LINK = "https://id.gs1.org"
GENUINE = "answered as only that tag can"
COUNTS = count(1)
Open = Callable[..., Visit]


def message(counter: int | None = None, uid: bytes = UID, key: bytes = ZERO) -> str:
    """What the tag writes into its URL at that read, or at one later than all before."""
    counter = next(COUNTS) if counter is None else counter
    plain = b"\xc7" + uid + counter.to_bytes(3, "little") + bytes(5)
    picc = AES.new(ZERO, AES.MODE_CBC, iv=bytes(16)).encrypt(plain).hex().upper()
    return f"?e={picc}&c={mac_of(uid, counter, key).hex().upper()}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The brand's key file and its counters."""
    folder = tmp_path_factory.mktemp("sun")
    key = {"file_read": "00" * 16}
    content = {
        "format": "lading-sun-keys/1",
        "mirror": {"picc": "e", "mac": "c"},
        "meta_read": "00" * 16,
        "tags": {
            UID.hex(): key | {"item": LINK + PATHS["genuine"]},
            LOOSE.hex(): key,
            ON_RECALLED.hex(): key | {"item": LINK + PATHS["recalled"]},
        },
    }
    (folder / "keys.json").write_text(json.dumps(content))
    (folder / "keys.json").chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def tapping(world: World, service: Path) -> Iterator[Site]:
    keys = ("--sun-keys", service / "keys.json", "--sun-counters", service / "counters.sqlite3")
    with serving(world.bundles, "--rpc", world.node, "--deployment", world.record, *keys) as found:
        yield found


def tapped(site: Site, path: str, query: str, language: str = "en") -> tuple[str, str]:
    """Where a tap leads, and the text of the page there."""
    moved = site.get(path + query, language)
    assert moved.status == 303
    place = moved.headers["location"]
    assert place.startswith(path + "?tap=")
    return place, site.get(place, language).words


def test_a_genuine_tap_is_said_and_stays_said_on_reload(tapping: Site) -> None:
    place, said = tapped(tapping, PATHS["genuine"], message())
    assert GENUINE in said
    assert "Result Authentic" in said
    assert all(sentence in said for sentence in NOT_PROVEN.values())
    assert GENUINE in tapping.get(place).words
    assert "作出了只有它才能作出的应答" in tapping.get(place + "&lang=zh").words
    assert f"?lang=zh&amp;tap={place.partition('tap=')[2]}" in tapping.get(place).text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_copy_of_a_message_makes_the_item_suspect(tapping: Site, language: str) -> None:
    old, again = message(), message()
    tapped(tapping, PATHS["genuine"], again)
    say = words("zh" if language == "zh" else "en")
    for copy in (again, old):
        place, said = tapped(tapping, PATHS["genuine"], copy, language)
        assert say.tag("counter-not-grown") in said
        assert say("tag_lead") in said
        assert f">{say.verdicts['suspect']['title']}</h1>" in tapping.get(place, language).text


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("genuine", lambda: message(key=b"\x01" * 16), "mac-differs"),
        ("genuine", lambda: message(uid=b"\x04" * 7), "tag-unknown"),
        ("genuine", lambda: message(uid=ON_RECALLED), "item-differs"),
        ("travelled", message, "item-differs"),
        ("genuine", lambda: message().replace("?e=", "?e=F")[:-1], "not-a-tag"),
        ("genuine", lambda: message() + "&c=00", "not-a-tag"),
        ("genuine", lambda: "?c=", "not-a-tag"),
    ],
)
def test_a_message_that_is_not_this_items_tags_makes_it_suspect(
    tapping: Site, path: str, query: Callable[[], str], reason: Any
) -> None:
    _, said = tapped(tapping, PATHS[path], query())
    assert SENTENCES[reason] in said
    assert "Result Suspect" in said
    assert GENUINE not in said


def test_a_recall_outranks_a_copy_and_a_genuine_tap_lifts_nothing(tapping: Site) -> None:
    once = message(uid=ON_RECALLED)
    _, said = tapped(tapping, PATHS["recalled"], once)
    assert GENUINE in said
    assert "Result Recalled" in said
    _, said = tapped(tapping, PATHS["recalled"], once)
    assert "Result Recalled" in said
    assert SENTENCES["counter-not-grown"] in said


def test_a_tag_that_is_on_no_item_in_the_brands_record_is_told_as_such(tapping: Site) -> None:
    _, said = tapped(tapping, PATHS["genuine"], message(uid=LOOSE))
    assert "does not say which item it is on" in said
    assert GENUINE not in said


def test_a_preview_of_the_link_uses_no_message_up(tapping: Site) -> None:
    once = message()
    assert tapping.get(PATHS["genuine"] + once, method="HEAD").status == 200
    assert GENUINE in tapped(tapping, PATHS["genuine"], once)[1]


def test_what_a_tag_said_counts_for_its_item_and_cannot_be_made_up(tapping: Site) -> None:
    copy = message()
    genuine, _ = tapped(tapping, PATHS["genuine"], copy)
    token = genuine.partition("tap=")[2]
    suspect = tapped(tapping, PATHS["genuine"], copy)[0].partition("tap=")[2]
    lies = [token[:-1] + "x", "ok" + suspect[suspect.index(".") :], token.replace(".1.", ".0.", 1), "unchecked", ""]
    for lie in lies[:-1]:
        said = tapping.get(f"{PATHS['genuine']}?tap={lie}").words
        assert "Nothing is known here of the tag." in said
        assert GENUINE not in said
    assert "Nothing is known here of the tag." in tapping.get(f"{PATHS['travelled']}?tap={token}").words


def test_a_server_without_the_brands_keys_says_nothing_of_tags(site: Site) -> None:
    page = site.get(PATHS["genuine"] + message())
    assert (page.status, 'id="tag"' in page.text) == (200, False)
    assert 'id="tag"' not in site.get(PATHS["genuine"] + "?tap=ok").text


def test_a_tap_is_shown_in_the_browser(visit: Open, tapping: Site) -> None:
    once = message()
    found = visit(tapping.url + PATHS["genuine"] + once)
    assert found.rechecked() == "ok"
    assert GENUINE in found.page.inner_text("#tag")
    assert "e=" not in found.page.url.partition("?")[2].replace("tap=", "")
    assert found.axe() == []
    copy = visit(tapping.url + PATHS["genuine"] + once, language="zh")
    assert copy.page.inner_text("h1") == "可疑"
    assert copy.rechecked() == "partly"
    assert copy.axe() == []


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_said_lasts_some_minutes(service: Path, tmp_path: Path) -> None:
    clock = Clock()
    taps = Taps(Keys.load(service / "keys.json"), tmp_path / "counters.sqlite3", clock)
    tap = Tap("counter-not-grown", 7, True, int(clock.now))
    token = taps.token("item", tap)
    clock.now += TAP_SECONDS
    assert taps.read("item", token) == tap
    assert taps.read("other", token) is None
    clock.now += 1
    assert taps.read("item", token) is None
    assert Taps(Keys.load(service / "keys.json"), tmp_path / "counters.sqlite3", clock).read("item", token) is None


def test_where_the_counter_cannot_be_kept_nothing_is_said(service: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE x (y)")
    taps = Taps(Keys.load(service / "keys.json"), other)
    assert taps.take(LINK + PATHS["genuine"] + message()) is None


def run(*words: object) -> tuple[int, Any]:
    command = [Path(sys.executable).with_name("lading"), *map(str, words), "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LADING_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=clean)
    return done.returncode, json.loads(done.stdout)


def test_serve_wants_both_files_and_keys_that_are_secret(world: World, service: Path, tmp_path: Path) -> None:
    start = ("serve", "--bundles", world.bundles, "--port", 0)
    code, said = run(*start, "--sun-keys", service / "keys.json")
    assert (code, said["error"]["type"]) == (2, "UsageError")
    (tmp_path / "open.json").write_bytes((service / "keys.json").read_bytes())
    (tmp_path / "open.json").chmod(0o644)
    code, said = run(*start, "--sun-keys", tmp_path / "open.json", "--sun-counters", tmp_path / "counters.sqlite3")
    assert (code, said["error"]["type"]) == (1, "KeyFileError")


def verified(world: World, service: Path, url: str, name: str = "genuine", *more: object) -> tuple[int, Any]:
    files = ("--bundle", world.bundles / f"{name}.json", "--keys", service / "keys.json")
    counters = ("--counters", service / "counters.sqlite3")
    nodes = more or ("--rpc", world.node, "--deployment", world.record)
    return run("sun", "verify", url, *files, *counters, *nodes)


def test_tag_and_item_are_verified_in_one_go(world: World, service: Path) -> None:
    once = LINK + PATHS["genuine"] + message()
    code, found = verified(world, service, once)
    assert (code, found["verdict"], found["item"]["verdict"], found["tag"]["reason"]) == (
        0,
        "authentic",
        "authentic",
        None,
    )
    code, copy = verified(world, service, once)
    assert (code, copy["verdict"], copy["item"]["verdict"]) == (10, "suspect", "authentic")
    assert copy["tag"]["reason"] == "counter-not-grown"
    schemas = Path(lading.cli.__file__).parent / "schemas"
    known = [json.loads((schemas / name).read_text()) for name in ("sun-check.json", "sun-verify.json")]
    registry = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in known])
    for document in (found, copy):
        Draft202012Validator(known[1], registry=registry).validate(document)


def test_a_genuine_tag_does_not_better_an_item(world: World, service: Path) -> None:
    code, found = verified(world, service, LINK + PATHS["recalled"] + message(uid=ON_RECALLED), "recalled")
    assert (code, found["verdict"], found["tag"]["verdict"]) == (11, "recalled", "authentic")
    code, found = verified(world, service, LINK + PATHS["genuine"] + message(), "genuine", "--deployment", world.record)
    assert (code, found["verdict"], found["tag"]["verdict"]) == (12, "unknown", "authentic")
    code, found = verified(world, service, LINK + PATHS["genuine"] + message(), "recalled")
    assert (code, found["verdict"], found["item"]["reasons"]) == (12, "unknown", ["item-differs"])


def test_a_message_is_not_used_up_where_the_item_cannot_be_asked_for(world: World, service: Path) -> None:
    once = LINK + PATHS["genuine"] + message()
    code, found = verified(world, service, once, "genuine", "--rpc", "http://127.0.0.1:9", "--deployment", world.record)
    assert (code, "error" in found) == (3, True)
    assert verified(world, service, once)[0] == 0
