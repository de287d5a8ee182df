"""Which files are served, and which never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lading.provenance.bundle import MAX_BYTES
from lading.provenance.item import item_of
from lading.web.errors import NoBundles
from lading.web.shelf import REFRESH_SECONDS, Shelf

ITEM, OTHER = "urn:epc:id:sgtin:9521141.012345.1001", "urn:epc:id:sgtin:9521141.012345.1002"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def put(path: Path, item: str, modified: int) -> Path:
    path.write_text(f'{{"entries":[],"format":"lading-bundle/1","item":"{item}","maps":[]}}', encoding="utf-8")
    os.utime(path, (modified, modified))
    return path


def test_the_newer_of_two_files_about_one_item_counts(tmp_path: Path) -> None:
    put(tmp_path / "b.json", ITEM, 1)
    newer = put(tmp_path / "a.json", ITEM, 2)
    found = Shelf(tmp_path).find(item_of(ITEM).key)
    assert found is not None
    assert found.path == newer


def test_a_change_is_seen_once_the_time_has_come(tmp_path: Path) -> None:
    clock = Clock()
    file = put(tmp_path / "a.json", ITEM, 1)
    shelf = Shelf(tmp_path, clock)
    put(file, OTHER, 2)
    assert shelf.find(item_of(OTHER).key) is None
    clock.now = REFRESH_SECONDS
    assert shelf.find(item_of(OTHER).key) is not None
    assert shelf.find(item_of(ITEM).key) is None
    file.unlink()
    clock.now *= 2
    assert (shelf.find(item_of(OTHER).key), shelf.bundles) == (None, 0)


def test_only_plain_files_of_the_folder_itself_are_served(tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    (folder / "below").mkdir(parents=True)
    outside = put(tmp_path / "outside.json", ITEM, 1)
    (folder / "link.json").symlink_to(outside)
    put(folder / "below" / "a.json", ITEM, 1)
    put(folder / "a.txt", ITEM, 1)
    (folder / "folder.json").mkdir()
    shelf = Shelf(folder)
    assert (shelf.bundles, shelf.refused) == (0, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b" " * (MAX_BYTES + 1),
        b'{"item":"urn:epc:id:sgtin:9521141.012345.1001"}',
        b'{"format":"lading-bundle/1","item":7}',
        b'{"format":"lading-bundle/1","item":"x"}',
        b'{"format":"lading-bundle/1","item":"urn:epc:id:sgtin:9521141.012345.1001',
        b'{"format":"lading-bundle/1","item":"urn:epc:id:sgtin:9521141.012345.\xff"}',
    ],
)
def test_a_file_that_is_no_bundle_is_counted_and_not_served(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    shelf = Shelf(tmp_path)
    assert (shelf.bundles, shelf.refused) == (0, 1)


def test_an_event_cannot_pass_off_another_item(tmp_path: Path) -> None:
    event = f'{{"format":"lading-bundle/1","item":"{OTHER}"}}'
    text = f'{{"entries":[{event}],"format":"lading-bundle/1","item":"{ITEM}","maps":[]}}'
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    shelf = Shelf(tmp_path)
    assert shelf.find(item_of(ITEM).key) is not None
    assert shelf.find(item_of(OTHER).key) is None


def test_a_class_of_things_has_no_bundle(tmp_path: Path) -> None:
    put(tmp_path / "a.json", "urn:epc:idpat:sgtin:9521141.012345.*", 1)
    assert Shelf(tmp_path).refused == 1


def test_a_folder_that_goes_is_said(tmp_path: Path) -> None:
    clock = Clock()
    folder = tmp_path / "bundles"
    folder.mkdir()
    shelf = Shelf(folder, clock)
    folder.rmdir()
    clock.now = REFRESH_SECONDS
    with pytest.raises(NoBundles, match="There is no folder"):
        shelf.find("anything")
