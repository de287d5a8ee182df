"""EPCIS XML of 1.x and 2.0: what its JSON-LD form holds, that ids stay, and what is refused by which rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lading.epcis import DocumentError, check_bytes, check_document, convert, document_event_ids, read_document
from lading.epcis.fields import RULES
from lading.epcis.xml_tree import MAX_BYTES, MAX_DEPTH

DOCUMENTS = Path(__file__).parent / "documents"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
HEAD = (
    '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" xmlns:x="https://x.example/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'schemaVersion="2.0" creationDate="2026-03-05T12:00:00Z">'
)
EVENT = (
    "<ObjectEvent><eventTime>2026-03-02T08:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>"
    "<epcList><epc>urn:epc:id:sgtin:9521141.012345.1001</epc></epcList><action>OBSERVE</action>{}</ObjectEvent>"
)
PATH = "$.epcisBody.eventList[0]"


def _xml(events: str, head: str = HEAD, before: str = "") -> bytes:
    return f"{before}{head}<EPCISBody><EventList>{events}</EventList></EPCISBody></e:EPCISDocument>".encode()


def _event(inner: str = "") -> bytes:
    return _xml(EVENT.format(inner))


def _read(data: bytes) -> dict[str, Any]:
    document = read_document(data)
    assert isinstance(document, dict)
    return document


def _inner(inner: str) -> dict[str, Any]:
    """The members that some XML within an event becomes."""
    (event,) = _read(_event(inner))["epcisBody"]["eventList"]
    known = ("type", "eventTime", "eventTimeZoneOffset", "epcList", "action")
    return {name: value for name, value in event.items() if name not in known}


def _faults(data: bytes) -> list[tuple[str, str]]:
    return [(fault.path, fault.rule) for fault in check_bytes(data)]


@pytest.fixture(scope="module")
def twin() -> dict[str, Any]:
    return json.loads((DOCUMENTS / "tea.json").read_text(encoding="utf-8"))


def test_xml_of_2_0_becomes_its_json_twin(twin: dict[str, Any]):
    document = _read((DOCUMENTS / "tea-2.0.xml").read_bytes())
    assert check_document(twin) == []
    assert check_document(document) == []
    assert document["epcisBody"] == twin["epcisBody"]
    assert document_event_ids(document) == document_event_ids(twin)
    header = document.pop("epcisHeader")
    sender = header.pop("sbdh:StandardBusinessDocumentHeader")["sbdh:Sender"]["sbdh:Identifier"]
    assert sender == {"value": "urn:epc:id:pgln:9521141.00001", "Authority": "EPCglobal"}
    assert header == twin["epcisHeader"]
    names = ("type", "schemaVersion", "creationDate", "sender", "receiver", "instanceIdentifier")
    assert {name: document[name] for name in names} == {name: twin[name] for name in names}


def test_xml_of_1_2_keeps_the_ids_of_what_it_can_say(twin: dict[str, Any]):
    document = _read((DOCUMENTS / "tea-1.2.xml").read_bytes())
    assert (document["schemaVersion"], check_document(document)) == ("2.0", [])
    events = twin["epcisBody"]["eventList"][:4]
    for newer in ("certificationInfo", "persistentDisposition"):
        del events[0][newer]
    assert document_event_ids(document) == document_event_ids({**twin, "epcisBody": {"eventList": events}})
    assert document["epcisBody"]["eventList"][1:] == events[1:]


def test_an_answer_to_a_query_is_read_too():
    data = (
        '<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0" '
        'creationDate="2026-03-05T12:00:00Z"><EPCISBody><q:QueryResults><queryName>SimpleEventQuery</queryName>'
        f"<subscriptionID>s1</subscriptionID><resultsBody><EventList>{EVENT.format('')}</EventList></resultsBody>"
        "</q:QueryResults></EPCISBody></q:EPCISQueryDocument>"
    ).encode()
    document, count = convert(data)
    assert (document["type"], count) == ("EPCISQueryDocument", 1)
    results = _read(data)["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("SimpleEventQuery", "s1")
    poll = data.replace(b"q:QueryResults>", b"q:Poll>")
    assert [rule for _, rule in _faults(poll)] == ["xml"]


def test_master_data_in_an_answer_is_read():
    element = '<VocabularyElement id="urn:x:y"><attribute id="urn:x:z">1</attribute></VocabularyElement>'
    lists = f'<VocabularyList><Vocabulary type="urn:x:t"><VocabularyElementList>{element}</VocabularyElementList>'
    data = (
        '<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:1" schemaVersion="1.2" '
        'creationDate="2026-03-05T12:00:00Z"><EPCISBody><q:QueryResults><queryName>SimpleMasterDataQuery</queryName>'
        f"<resultsBody>{lists}</Vocabulary></VocabularyList></resultsBody>"
        "</q:QueryResults></EPCISBody></q:EPCISQueryDocument>"
    ).encode()
    element_form = {"id": "urn:x:y", "attributes": [{"id": "urn:x:z", "attribute": "1"}]}
    assert _read(data)["epcisBody"]["queryResults"]["resultsBody"] == {
        "eventList": [],
        "vocabularyList": [{"type": "urn:x:t", "vocabularyElementList": [element_form]}],
    }
    assert _faults(data) == []


@pytest.mark.parametrize(
    ("inner", "members"),
    [
        ("<bizStep>https://own.example/step</bizStep>", {"bizStep": "https://own.example/step"}),
        ("<bizStep>x:step</bizStep>", {"bizStep": "x:step"}),
        ("<x:a/>", {"x:a": ""}),
        ("<x:a> two words </x:a>", {"x:a": " two words "}),
        ('<x:a xsi:nil="true"/>', {"x:a": None}),
        ('<x:a xsi:type="xsd:decimal">1.50</x:a>', {"x:a": 1.5}),
        ('<x:a xsi:type="xsd:integer">0012</x:a>', {"x:a": 12}),
        ('<x:a xsi:type="xsd:boolean">0</x:a>', {"x:a": False}),
        ('<x:a xsi:type="xsd:dateTime">2026-03-05T12:00:00Z</x:a>', {"x:a": "2026-03-05T12:00:00Z"}),
        ('<x:a xsi:type="other">12</x:a>', {"x:a": "12"}),
        ("<x:a>1</x:a><x:b>2</x:b><x:a>3</x:a><x:a>4</x:a>", {"x:a": ["1", "3", "4"], "x:b": "2"}),
        ("<x:aList><x:a>1</x:a></x:aList><x:aList><x:a>2</x:a></x:aList>", {"x:aList": [["1"], ["2"]]}),
        ("<x:aList><x:b>1</x:b></x:aList>", {"x:aList": {"x:b": "1"}}),
        ("<x:a><b>1</b><b>2</b><x:c><d/></x:c></x:a>", {"x:a": {"b": ["1", "2"], "x:c": {"d": ""}}}),
        ('<x:w code="KGM">3.5</x:w>', {"x:w": {"value": "3.5", "code": "KGM"}}),
        ('<x:w x:code="KGM"><x:v>1</x:v></x:w>', {"x:w": {"x:v": "1", "x:code": "KGM"}}),
        ("<extension><x:a>1</x:a><extension><x:b>2</x:b></extension></extension>", {"x:a": "1", "x:b": "2"}),
        ("<!-- said --><?do nothing?><x:a><![CDATA[<&>]]></x:a>", {"x:a": "<&>"}),
    ],
)
def test_what_stands_in_an_event_becomes_members(inner: str, members: dict[str, Any]):
    assert _inner(inner) == members
    assert _faults(_event(inner)) == []


@pytest.mark.parametrize(
    ("declared", "used", "context", "name"),
    [
        ('xmlns:p="https://p.example/"', "p", {"p": "https://p.example/"}, "p:a"),
        # GS1 prefixes keep their meaning: another namespace gets another prefix, and theirs needs no declaration.
        ('xmlns:gs1="https://p.example/"', "gs1", {"ns1": "https://p.example/"}, "ns1:a"),
        ('xmlns:mine="https://gs1.org/voc/"', "mine", {}, "gs1:a"),
        # As published documents write it.
        ('xmlns:cbvmda="urn:epcglobal:cbv:mda"', "cbvmda", {"cbvmda": "urn:epcglobal:cbv:mda"}, "cbvmda:a"),
        # As a prefix of JSON-LD it would change what every urn: means.
        ('xmlns:urn="https://p.example/"', "urn", {"ns1": "https://p.example/"}, "ns1:a"),
    ],
)
def test_prefixes_become_a_context(declared: str, used: str, context: dict[str, str], name: str):
    data = _xml(EVENT.format(f"<{used}:a>1</{used}:a>"), HEAD.replace(' xmlns:x="https://x.example/"', f" {declared}"))
    document = _read(data)
    assert document["@context"] == ([CONTEXT, context] if context else [CONTEXT])
    assert document["epcisBody"]["eventList"][0][name] == "1"
    assert _faults(data) == []


def test_one_prefix_of_two_namespaces_becomes_two():
    inner = '<x:a>1</x:a><x:a xmlns:x="https://y.example/"><x:b>2</x:b></x:a><bizStep xmlns:x="https://z.example/">x:s</bizStep>'
    document = _read(_event(inner))
    assert document["@context"][1] == {
        "x": "https://x.example/",
        "ns1": "https://y.example/",
        "ns2": "https://z.example/",
    }
    (event,) = document["epcisBody"]["eventList"]
    assert (event["x:a"], event["ns1:a"], event["bizStep"]) == ("1", {"ns1:b": "2"}, "ns2:s")


@pytest.mark.parametrize(
    ("inner", "fault"),
    [
        ("<colour>red</colour>", (PATH, "xml")),
        ("<extension><myField>1</myField></extension>", (PATH, "xml")),
        ("loose text", (PATH, "xml")),
        ("<extension>loose text</extension>", ("$", "xml")),
        ("<x:a>text<x:b/></x:a>", (f"{PATH}.x:a", "xml")),
        ('<x:w value="1">2</x:w>', (f"{PATH}.x:w.value", "duplicate")),
        ('<x:a xsi:type="xsd:integer">ten</x:a>', (f"{PATH}.x:a", "number")),
        ('<x:a xsi:type="xsd:decimal">0.1000000000000000000001</x:a>', (f"{PATH}.x:a", "number")),
        ('<x:a xsi:type="xsd:double">INF</x:a>', (f"{PATH}.x:a", "number")),
        ('<x:a xsi:type="xsd:boolean">yes</x:a>', (f"{PATH}.x:a", "json-type")),
        ("<action>ADD</action>", (f"{PATH}.action", "duplicate")),
        ("<extension><action>ADD</action></extension>", (f"{PATH}.action", "duplicate")),
        ("<bizStep>shipping<b/></bizStep>", (f"{PATH}.bizStep", "xml")),
        ('<bizStep kind="x">shipping</bizStep>', (f"{PATH}.bizStep", "xml")),
        ("<bizStep>urn:epcglobal:cbv:bizstep:dancing</bizStep>", (f"{PATH}.bizStep", "biz-step")),
        ("<quantityList><epc>urn:x:y</epc></quantityList>", (f"{PATH}.quantityList", "xml")),
        ('<quantityList x:a="1"/>', (f"{PATH}.quantityList", "xml")),
        (
            "<quantityList><quantityElement><epcClass>urn:x:y</epcClass><quantity>many</quantity></quantityElement>"
            "</quantityList>",
            (f"{PATH}.quantityList[0].quantity", "number"),
        ),
        (
            "<bizTransactionList><bizTransaction x:a='1'>urn:x:y</bizTransaction></bizTransactionList>",
            (f"{PATH}.bizTransactionList[0]", "closed"),
        ),
        (
            "<sourceList><source>urn:epc:id:pgln:9521141.00001</source></sourceList>",
            (f"{PATH}.sourceList[0].type", "required"),
        ),
        ("<persistentDisposition><x:a/></persistentDisposition>", (f"{PATH}.persistentDisposition", "closed")),
        (
            "<sensorElementList><sensorElement><sensorReport kind='a'/></sensorElement></sensorElementList>",
            (f"{PATH}.sensorElementList[0].sensorReport[0]", "xml"),
        ),
        (
            "<sensorElementList><sensorElement><sensorMetaData/></sensorElement></sensorElementList>",
            (f"{PATH}.sensorElementList[0]", "xml"),
        ),
        ("<ilmd><x:a/></ilmd>", (PATH, "ilmd")),
        ("<ilmd><lot>1</lot></ilmd>", (f"{PATH}.ilmd", "xml")),
    ],
)
def test_faults_within_an_event(inner: str, fault: tuple[str, str]):
    found = check_bytes(_event(inner))
    assert [(one.path, one.rule) for one in found] == [fault]
    assert found[0].rule in RULES


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"<a>", "xml"),
        (b"<a/><b/>", "xml"),
        (b"<a>\xff</a>", "xml"),
        (b"<?xml version='1.0' encoding='none-such'?><a/>", "xml"),
        (b"<?xml version='1.0' encoding='utf-7'?><a/>", "xml"),
        (b"<a/>", "type-name"),
        (_xml("<QuantityEvent/>"), "type-name"),
        (_xml("<x:OwnEvent/>"), "type-name"),
        (_xml("", HEAD.replace("xsd:2", "xsd:3")), "type-name"),
        (_xml("", HEAD.replace('"2.0"', '"1.2"')), "schema-version"),
        (_xml("", HEAD.replace(' creationDate="2026-03-05T12:00:00Z"', "")), "required"),
        (_xml(EVENT.format("<x:a>&b;</x:a>")), "xml"),
        (_xml(EVENT.format(""), before='<!DOCTYPE a [<!ENTITY b "c">]>'), "xml-limit"),
        (_xml(EVENT.format(""), before='<!DOCTYPE a SYSTEM "https://a.example/a.dtd">'), "xml-limit"),
        (_xml(EVENT.format(""), before='<!DOCTYPE a PUBLIC "a" "file:///etc/passwd">'), "xml-limit"),
        pytest.param(_xml(EVENT.format("<x:a>" * MAX_DEPTH + "</x:a>" * MAX_DEPTH)), "xml-limit", id="too-deep"),
        pytest.param(b"<a>" + b" " * MAX_BYTES, "xml-limit", id="too-long"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, rule: str):
    assert [found for _, found in _faults(data)] == [rule]
    with pytest.raises(DocumentError):
        convert(data)


def test_a_laughing_document_is_refused_at_its_first_entity():
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    assert _faults(_xml(EVENT.format("<x:a>&l9;</x:a>"), before=f"<!DOCTYPE a [{entities}]>")) == [("$", "xml-limit")]


def test_elements_without_number_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lading.epcis.xml_tree.MAX_NODES", 20)
    assert _faults(_xml(EVENT.format("<x:a/>" * 10))) == []
    assert _faults(_xml(EVENT.format("<x:a/>" * 12))) == [("$", "xml-limit")]


def test_a_document_type_that_declares_nothing_is_no_harm():
    assert _faults(_xml(EVENT.format(""), before="<!DOCTYPE project>")) == []


def test_all_faults_are_named_at_once_with_their_lines():
    data = _xml(EVENT.format("\n<one/>") + EVENT.format("\n<two/>"))
    assert [(one.path, one.message.partition(":")[0]) for one in check_bytes(data)] == [
        (PATH, "line 2"),
        ("$.epcisBody.eventList[1]", "line 3"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_encoding_that_is_said_counts(encoding: str):
    name = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?>' + _event("<x:a>thé</x:a>").decode()
    assert _read(text.encode(encoding))["epcisBody"]["eventList"][0]["x:a"] == "thé"
