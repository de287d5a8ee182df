from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lading.enums import IdentifierScheme
from lading.relayer.config import PublisherIdentifier, load, parse
from lading.relayer.errors import RelayConfigError

HERE = Path("/somewhere/relay.yaml")


def faults(document: object) -> dict[str, str]:
    with pytest.raises(RelayConfigError) as caught:
        parse(document, HERE)
    return dict(caught.value.faults)


def test_a_valid_configuration_has_absolute_paths_and_exact_nanoseconds(document):
    config = parse(document() | {"smoothing": {"gap_seconds": "0.7"}}, HERE)
    assert (config.source, config.outbox) == (Path("/somewhere/reads.ndjson"), Path("/somewhere/relay.sqlite3"))
    assert config.smoothing.gap_ns == 700_000_000
    assert [point.antenna for point in config.read_points] == [None, 1, 2, None]


def test_the_publisher_may_be_named_by_its_identifier(document):
    config = parse(document() | {"publisher": {"scheme": "GLN", "identifier": "9524321000019"}}, HERE)
    assert config.publisher == PublisherIdentifier(scheme=IdentifierScheme.GLN, identifier="9524321000019")


@pytest.mark.parametrize(
    ("spoil", "path", "words"),
    [
        (lambda d: d.pop("publisher"), "publisher", "is missing"),
        (lambda d: d.update(publisher="0x12"), "publisher", "pattern"),
        (lambda d: d.update(publisher={"scheme": "GLN"}), "publisher.identifier", "is missing"),
        (lambda d: d.update(publisher={"scheme": "VAT", "identifier": "1"}), "publisher.scheme", "known are GLN"),
        (
            lambda d: d.update(publisher={"scheme": "GLN", "identifier": "9524321000018"}),
            "publisher",
            "check digit 8, but 9 is the right one",
        ),
        (lambda d: d.update(publisher={"scheme": "GLN", "identifier": "952432100001"}), "publisher", "13 digits"),
        (lambda d: d.update(brokers=[]), "brokers", "unknown key"),
        (lambda d: d["smoothing"].update(gap="3"), "smoothing.gap", "unknown key"),
        (lambda d: d["smoothing"].update(gap_seconds="0"), "smoothing.gap_seconds", "0.001"),
        (lambda d: d["smoothing"].update(gap_seconds="NaN"), "smoothing.gap_seconds", "finite"),
        (lambda d: d["batch"].update(max_events="0"), "batch.max_events", "greater than or equal to 1"),
        (lambda d: d.update(read_points=[]), "read_points", "at least 1"),
        (lambda d: d["read_points"][1].update(antenna="all"), "read_points[1].antenna", "a number or any"),
        (lambda d: d["read_points"][1].update(antenna="-1"), "read_points[1].antenna", "greater than or equal to 0"),
        (lambda d: d["read_points"][1].update(antenna=""), "read_points[1].antenna", "a number or any"),
        (lambda d: d["read_points"][1].pop("sgln"), "read_points[1].sgln", "is missing"),
        (lambda d: d["read_points"][1].update(sgln="dock 1"), "read_points[1].sgln", "12 digits"),
        (
            lambda d: d["read_points"][0].update(sgln="urn:epc:id:sgln:9524321.0001.1"),
            "read_points[0].sgln",
            "12 digits",
        ),
        (lambda d: d["read_points"][2].update(biz_location=""), "read_points[2].biz_location", "SGLN"),
        (lambda d: d["read_points"][2].update(biz_step="Goods In"), "read_points[2].biz_step", "CBV"),
        (lambda d: d["read_points"][2].update(biz_step="recieving"), "read_points[2].biz_step", "CBV"),
        (lambda d: d["read_points"][2].update(disposition="receiving"), "read_points[2].disposition", "CBV"),
    ],
)
def test_each_fault_is_named_by_its_path(document, spoil: Callable[[dict[str, Any]], Any], path: str, words: str):
    broken = document()
    spoil(broken)
    assert words in faults(broken)[path]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda d: d["read_points"][1].update(antenna="2"), "read_points[2].antenna"),
        (lambda d: d["read_points"][1].update(antenna="any"), "read_points[2].antenna"),
        (lambda d: d["read_points"][1].update(biz_step="shipping"), "read_points[1]"),
        (lambda d: d.update(unnamed_reader="sato"), "unnamed_reader"),
    ],
)
def test_what_would_make_a_sighting_ambiguous_is_refused(document, spoil: Callable[[dict[str, Any]], Any], words: str):
    broken = document()
    spoil(broken)
    assert words in faults(broken)[""]


def test_all_faults_are_told_at_once(document):
    assert set(faults(document() | {"batch": {}, "smoothing": {}})) == {"batch.max_events", "smoothing.gap_seconds"}


@pytest.mark.parametrize(
    "text",
    ["- a\n- b\n", "publisher: [", "a: 1\na: 2\n", "", "\x00", "[" * 2000],
    ids=["a list", "cut off", "a key twice", "empty", "a control character", "deep"],
)
def test_a_file_that_is_no_configuration_is_refused_as_a_whole(tmp_path: Path, text: str):
    path = tmp_path / "relay.yaml"
    path.write_text(text)
    with pytest.raises(RelayConfigError, match=r"is no YAML|should be a mapping"):
        load(path)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path):
    with pytest.raises(RelayConfigError, match=r"nowhere\.yaml is refused: cannot be read: No such file"):
        load(tmp_path / "nowhere.yaml")


def test_a_reader_named_like_a_number_stays_text(tmp_path: Path):
    """YAML 1.1 would take 12:34:56 for 45,296."""
    path = tmp_path / "relay.yaml"
    path.write_text(
        "publisher: 0x" + "ab" * 32 + "\nsource: a\noutbox: b\nsmoothing: {gap_seconds: 1}\nbatch: {max_events: 9}\n"
        "read_points:\n- {reader: 12:34:56, antenna: any, sgln: urn:epc:id:sgln:9524321.00001.1,\n"
        "   biz_location: urn:epc:id:sgln:9524321.00001.0, biz_step: receiving, disposition: in_progress}\n"
    )
    config = load(path)
    assert (config.read_points[0].reader, config.publisher) == ("12:34:56", "0x" + "ab" * 32)
