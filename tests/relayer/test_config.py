from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lading.enums import IdentifierScheme
from lading.relayer.config.feeds import MqttFeed, split_address
from lading.relayer.config.settings import PublisherIdentifier, load, parse
from lading.relayer.errors import RelayConfigError
from lading.relayer.reads.roster import Roster

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


def test_what_is_no_yaml_is_named_by_its_line(tmp_path: Path):
    path = tmp_path / "relay.yaml"
    path.write_text("publisher:\n\tscheme: GLN\n")
    with pytest.raises(
        RelayConfigError, match=r"is no YAML: line 2, column 1: found character '\\t' that cannot start"
    ):
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


# -- feeds, areas, nodes

FEEDS = [
    {"mqtt": "mqtts://broker:8884", "topics": ["readers/+/tags", "all/#"], "version": "3.1.1", "client_id": "dock-1",
     "share": "lading", "username": "u", "password_env": "MQTT_PASSWORD", "ca": "ca.pem", "cert": "c", "key": "k"},
    {"http": "http://reader/api/v1/data/stream"},
    {"llrp": "reader-host", "reader": "ours"},
    {"file": "reads.ndjson", "follow": "true"},
    {"stdin": "true"},
    {"capture": "127.0.0.1:8086"},
]  # fmt: skip


def with_feeds(document: dict[str, Any], *feeds: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "source"} | {
        "sources": [dict(one) for one in feeds]
    }


def test_feeds_have_absolute_paths_and_the_ports_that_are_usual(document):
    mqtt, http, llrp, file, stdin, capture = parse(with_feeds(document(), *FEEDS), HERE).sources
    assert (mqtt.host, mqtt.port, mqtt.tls, mqtt.version, mqtt.ca) == (
        "broker", 8884, True, "3.1.1", Path("/somewhere/ca.pem"),
    )  # fmt: skip
    assert (http.http, llrp.port, file.file, file.follow) == (
        FEEDS[1]["http"],
        5084,
        Path("/somewhere/reads.ndjson"),
        True,
    )
    assert (stdin.stdin, split_address(capture.capture)) == ("true", ("127.0.0.1", 8086))
    plain = {"mqtt": "mqtt://broker", "topics": ["t"], "client_id": "c"}
    (feed,) = parse(with_feeds(document(), plain), HERE).sources
    assert (feed.port, feed.tls, feed.version, feed.password()) == (1883, False, "5", None)


@pytest.mark.parametrize(
    ("feed", "change", "path", "words"),
    [
        (0, {"mqtt": "http://broker"}, "sources[0].mqtt", "mqtt:// or mqtts://"),
        (0, {"mqtt": "mqtts://u:secret@broker"}, "sources[0].mqtt", "by its name"),
        (0, {"mqtt": "mqtt://broker"}, "sources[0]", "mqtts://"),
        (0, {"topics": []}, "sources[0].topics", "at least 1"),
        (0, {"topics": ["a/b+"]}, "sources[0].topics", "no topic filter"),
        (0, {"topics": ["#/a"]}, "sources[0].topics", "no topic filter"),
        (0, {"version": "4"}, "sources[0].version", "'5' or '3.1.1'"),
        (0, {"client_id": ""}, "sources[0].client_id", "at least 1"),
        (0, {"share": "a/b"}, "sources[0].share", "pattern"),
        (0, {"key": None}, "sources[0]", "`cert` and `key`"),
        (0, {"password_file": "p"}, "sources[0]", "one of them is enough"),
        (0, {"username": None}, "sources[0]", "no `username`"),
        (0, {"password_env": "not a name"}, "sources[0].password_env", "environment variable"),
        (0, {"password": "secret"}, "sources[0].password", "unknown key"),
        (1, {"http": "ftp://reader"}, "sources[0].http", "http:// or https://"),
        (1, {"http": "http://reader:port"}, "sources[0].http", "is no URL"),
        (2, {"port": "0"}, "sources[0].port", "greater than or equal to 1"),
        (2, {"reader": "sato"}, "", "reader of no read point"),
        (3, {"follow": "sometimes"}, "sources[0].follow", "boolean"),
        (4, {"stdin": "false"}, "sources[0].stdin", "'true'"),
        (5, {"capture": "8086"}, "sources[0].capture", "a host and a port"),
        (5, {"capture": "here:99999"}, "sources[0].capture", "a host and a port"),
        (5, {"stdin": "true"}, "sources[0]", "one of mqtt"),
    ],
)
def test_each_fault_of_a_feed_is_named_by_its_path_and_tells_no_secret(document, feed, change, path, words):
    changed = {key: value for key, value in (FEEDS[feed] | change).items() if value is not None}
    found = faults(with_feeds(document(), changed))
    assert words in found[path]
    assert "secret@" not in str(found)


def test_a_password_is_read_from_where_it_is_when_it_is_needed(document, tmp_path: Path, monkeypatch):
    def feed(**change: str) -> MqttFeed:
        kept = {key: value for key, value in FEEDS[0].items() if not key.startswith("password")}
        (found,) = parse(with_feeds(document(), kept | change), tmp_path / "relay.yaml").sources
        return found

    with pytest.raises(RelayConfigError, match="LADING_TEST_PASSWORD is not set"):
        feed(password_env="LADING_TEST_PASSWORD").password()
    monkeypatch.setenv("LADING_TEST_PASSWORD", "one")
    assert feed(password_env="LADING_TEST_PASSWORD").password() == "one"
    with pytest.raises(RelayConfigError, match="No such file"):
        feed(password_file="secret").password()
    (tmp_path / "secret").write_text("two\n")
    assert feed(password_file="secret").password() == "two"


MEANING = {"biz_step": "departing", "disposition": "in_transit"}


@pytest.mark.parametrize(
    ("spoil", "path", "words"),
    [
        (lambda d: d.pop("source"), "", "source: is missing"),
        (lambda d: d["read_points"][3].update(tunnel="true", left=MEANING), "read_points[3]", "a tunnel has no"),
        (lambda d: d["read_points"][3].update(moved=MEANING), "read_points[3]", "needs an `area`"),
        (
            lambda d: d["read_points"][3].update(left={"biz_step": "receiving", "disposition": "in_progress"}),
            "read_points[3]", "state it twice",
        ),
        (lambda d: d["read_points"][3].update(left={"biz_step": "departed"}), "read_points[3].left.biz_step", "CBV"),
        (lambda d: d["read_points"][3].update(gap_seconds="0"), "read_points[3].gap_seconds", "0.001"),
        (lambda d: d["read_points"][3].update(area="hall"), "", "or area above"),
        (lambda d: d["smoothing"].update(lateness_seconds="-1"), "smoothing.lateness_seconds", "greater than"),
        (lambda d: d["smoothing"].update(move_reads="1"), "smoothing.move_reads", "greater than"),
        (lambda d: d["batch"].update(max_bytes="9"), "batch.max_bytes", "greater than"),
        (lambda d: d["batch"].update(max_age_seconds="x"), "batch.max_age_seconds", "decimal"),
        (lambda d: d.update(chain={"endpoints": []}), "chain.endpoints", "at least 1"),
        (lambda d: d.update(chain={"endpoints": ["ws://node"]}), "chain.endpoints[0]", "http:// or https://"),
        (lambda d: d.update(chain={"endpoints": ["http://n"], "confirmations": "0"}), "chain.confirmations", "greater"),
        (lambda d: d.update(metrics="everywhere"), "metrics", "a host and a port"),
        (lambda d: d.update(outbox="mysql://host/name"), "outbox", "postgresql://"),
        (lambda d: d.update(outbox="postgresql://u:secret@host/name"), "outbox", "PGPASSWORD"),
    ],
)  # fmt: skip
def test_each_fault_of_areas_nodes_and_bounds_is_named(document, spoil, path: str, words: str):
    broken = document()
    spoil(broken)
    found = faults(broken)
    assert words in found[path]
    assert "secret" not in str(found)


def test_an_outbox_may_be_a_database(document):
    url = "postgresql://lading@host/name"
    assert parse(document() | {"outbox": url}, HERE).outbox == url


def test_readers_that_share_a_read_point_or_an_area_share_a_lane(document):
    whole = document()
    whole["read_points"] += [
        whole["read_points"][0] | {"reader": reader, "sgln": f"urn:epc:id:sgln:9524321.0000{number}.1", "area": area}
        for reader, number, area in (("alone", 5, "far"), ("x", 6, "yard"), ("w", 7, "yard"), ("v", 7, "yard"))
    ]
    roster = Roster(parse(whole, HERE))
    assert roster.lanes == ("alone", "impinj", "v")
    assert {roster.lane_of(reader) for reader in ("zebra", "impinj", "ours")} == {"impinj"}
    assert {roster.lane_of(reader) for reader in "vwx"} == {"v"}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("biz_step", "https://example.org/\u00e4", "business step"),
        ("biz_step", "urn:epcglobal:cbv:disp:active", "business step"),
        ("disposition", "https://ref.gs1.org/cbv/BizStep-receiving", "disposition"),
        ("sgln", "urn:epc:id:sgln:9524321.00001.a b", "URI"),
        ("biz_location", "urn:epc:id:sgln:9524321.00001.%zz", "URI"),
        ("sgln", "urn:epc:id:sgln:9524321.00001." + "9" * 40, "40 characters"),
    ],
)
def test_a_read_point_of_which_no_event_could_be_made_is_refused_before_the_first_read(
    document, field: str, value: str, problem: str
):
    spoilt = document()
    spoilt["read_points"][3][field] = value
    with pytest.raises(RelayConfigError, match=problem) as caught:
        parse(spoilt, Path("relay.yaml"))
    assert "read_points[3]" in str(caught.value)


@pytest.mark.parametrize("form", ["https://ref.gs1.org/cbv/BizStep-", "urn:epcglobal:cbv:bizstep:"])
def test_a_word_is_the_same_in_all_its_forms(document, form: str):
    whole = document()
    whole["read_points"][3]["biz_step"] = form + "receiving"
    assert parse(whole, Path("relay.yaml")).read_points[3].biz_step == "receiving"
    # Else the leaving of a tag that is read once would have the event id of the sighting, and never be stated.
    whole["read_points"][3]["left"] = {"biz_step": "receiving", "disposition": "in_progress"}
    with pytest.raises(RelayConfigError, match="would state it twice"):
        parse(whole, Path("relay.yaml"))
