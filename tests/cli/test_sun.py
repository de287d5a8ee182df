"""`lading sun check`: the brand's key file, its counters, replays, and two checks of one message at once."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Cli
from Crypto.Cipher import AES

from lading.provenance import sun as messages
from lading.sun import Counters, CountersError, KeyFileError, Keys, check

ZERO = bytes(16)
UID = bytes.fromhex("04DE5F1EACC040")
TABLE_4 = "https://ntag.nxp.com/424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
ITEM = "https://id.gs1.org/01/09521141123454/21/S1"
OTHER = "https://id.gs1.org/01/09521141123454/21/S2"
CONTENT: dict[str, Any] = {
    "format": "lading-sun-keys/1",
    "mirror": {"picc": "e", "mac": "c"},
    "meta_read": "00" * 16,
    "tags": {"04DE5F1EACC040": {"file_read": "00" * 16, "item": ITEM}},
}


def tapped(counter: int, host: str = "https://brand.example/", uid: bytes = UID, key: bytes = ZERO) -> str:
    """A message as the tag would write it at that read."""
    plain = b"\xc7" + uid + counter.to_bytes(3, "little") + bytes(5)
    picc = AES.new(ZERO, AES.MODE_CBC, iv=bytes(16)).encrypt(plain).hex().upper()
    return f"{host}?e={picc}&c={messages.mac_of(uid, counter, key).hex().upper()}"


def key_file(folder: Path, content: dict[str, Any] = CONTENT, mode: int = 0o600) -> Path:
    path = folder / "sun-keys.json"
    path.write_text(json.dumps(content))
    path.chmod(mode)
    return path


@pytest.fixture
def user(tmp_path: Path) -> Cli:
    key_file(tmp_path)
    return Cli(tmp_path)


def words(url: str) -> tuple[object, ...]:
    return ("sun", "check", url, "--keys", "sun-keys.json", "--counters", "counters.sqlite3")


def test_a_message_passes_once_and_only_later_ones_after_it(user: Cli):
    shown = user.json(words(TABLE_4))
    assert (shown["verdict"], shown["reason"]) == ("authentic", None)
    assert (shown["uid"], shown["counter"], shown["item"]) == ("04DE5F1EACC040", 61, ITEM)
    assert user.json(words(TABLE_4), code=10)["reason"] == "counter-not-grown"
    assert user.json(words(tapped(60)), code=10)["reason"] == "counter-not-grown"
    assert user.json(words(tapped(63)))["verdict"] == "authentic"
    assert user.json(words(tapped(62)), code=10)["reason"] == "counter-not-grown"
    assert (user.folder / "counters.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (tapped(61, key=b"\x01" * 16), "mac-differs"),
        (tapped(61, uid=UID[:-1] + b"\x41"), "tag-unknown"),
        (TABLE_4.replace("?e=E", "?e=F"), "not-a-tag"),
        (tapped(61, OTHER), "item-differs"),
    ],
)
def test_a_message_that_is_not_the_tags_is_suspect_and_keeps_no_counter(user: Cli, url: str, reason: str):
    assert user.json(words(url), code=10)["reason"] == reason
    said = user(words(url))
    assert (said.code, said.out.split(":")[0]) == (10, "SUSPECT")
    assert user.json(words(tapped(1, ITEM)))["verdict"] == "authentic"


def test_people_read_what_is_not_proven(user: Cli):
    said = user(words(TABLE_4))
    assert said.code == 0
    assert said.out.startswith("AUTHENTIC: ")
    assert "the tag is still on the item" in said.out


def test_a_url_without_a_message_is_an_error_and_no_verdict(user: Cli):
    assert user.refused(words("https://brand.example/"), 1)["type"] == "SunError"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_file_that_others_may_use_is_not_read(user: Cli, mode: int):
    key_file(user.folder, mode=mode)
    error = user.refused(words(TABLE_4), 1)
    assert (error["type"], "chmod 600" in error["hint"]) == ("KeyFileError", True)


SECRET = "5ACE7E50AB65D5D51FD5BF5A16B8205B"


@pytest.mark.parametrize(
    "change",
    [
        {"format": "lading-sun-keys/2"},
        {"meta_read": SECRET[:-1]},
        {"meta_read": "x" * 32},
        {"tags": {"04DE5F1EACC0": {"file_read": SECRET}}},
        {"tags": {"04DE5F1EACC040": {}}},
        {"tags": {"04DE5F1EACC040": {"file_read": SECRET, "more": SECRET}}},
        {"more": SECRET},
    ],
)
def test_a_key_file_with_a_fault_is_refused_and_no_key_is_shown(user: Cli, change: dict[str, Any]):
    key_file(user.folder, CONTENT | change)
    error = user.refused(words(TABLE_4), 1)
    assert error["type"] == "KeyFileError"
    assert SECRET[:8] not in json.dumps(error)


def test_a_key_file_that_is_missing_is_named(user: Cli):
    (user.folder / "sun-keys.json").unlink()
    assert "sun-keys.json cannot be read" in user.refused(words(TABLE_4), 1)["message"]


def test_keys_come_from_a_master_key_as_well(tmp_path: Path):
    """AN10922, section 2.2.1, gives the key; the message is made with it."""
    uid, derived = bytes.fromhex("04782E21801D80"), bytes.fromhex("A8DD63A3B89D54B37CA802473FDA9175")
    master = {"key": "00112233445566778899AABBCCDDEEFF", "system": "3042F54E585020416275"}
    keys = Keys.load(key_file(tmp_path, CONTENT | {"master": master, "tags": {uid.hex(): {}}}))
    with Counters.open(tmp_path / "counters") as counters:
        assert check(tapped(1, uid=uid, key=derived), keys, counters).reason is None
        assert check(tapped(2, uid=uid), keys, counters).reason == "mac-differs"
    assert master["key"][:8] not in repr(keys)


def test_of_many_checks_of_one_message_at_once_one_wins(tmp_path: Path):
    keys, path = Keys.load(key_file(tmp_path)), tmp_path / "counters"
    url = tapped(7)

    def once(_: int) -> str | None:
        with Counters.open(path) as counters:
            return check(url, keys, counters).reason

    with ThreadPoolExecutor(max_workers=4) as pool:
        found = list(pool.map(once, range(12)))
    assert found.count(None) == 1
    assert found.count("counter-not-grown") == 11


def test_the_counter_never_falls(tmp_path: Path):
    with Counters.open(tmp_path / "counters") as counters:
        assert counters.last(UID) is None
        assert [counters.advance(UID, one) for one in (0, 0, 5, 4, 5, 6)] == [True, False, True, False, False, True]
        assert counters.last(UID) == 6
        assert counters.advance(bytes(7), 1)
    with Counters.open(tmp_path / "counters") as counters:
        assert counters.last(UID) == 6


def test_another_programs_file_is_not_used(tmp_path: Path):
    with sqlite3.connect(tmp_path / "theirs") as theirs:
        theirs.execute("CREATE TABLE counters (uid, counter)")
    (tmp_path / "text").write_text("no database, but long enough to be taken for one at first sight" * 3)
    for name in ("theirs", "text", "missing/folder"):
        with pytest.raises(CountersError), Counters.open(tmp_path / name):
            pass


def test_the_errors_are_sentences(tmp_path: Path):
    with pytest.raises(KeyFileError) as error:
        Keys.load(key_file(tmp_path, CONTENT, 0o644))
    assert error.value.message.endswith(".")
