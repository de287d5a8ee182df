"""What each field of EPCIS 2.0 contributes to the event id (CBV 2.0, section 8.9), beyond the published vectors.

The texts were written by the rules of the section; where the reference generator computes the same cases without
dropping or changing anything, it was found to give the same.
"""

from __future__ import annotations

import pytest

from lading.epcis import EventIdError, event_id, prehash

OWN = "https://ns.example.com/epcis/"
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"example": OWN, "other": "urn:other:ns"}]
WHEN = {"type": "ObjectEvent", "eventTime": "2026-03-02T09:15:30.278Z", "eventTimeZoneOffset": "+01:00"}
ITEM, ITEM_LINK = "urn:epc:id:sgtin:4012345.012345.5", "https://id.gs1.org/01/04012345123456/21/5"
LOT, LOT_LINK = "urn:epc:class:lgtin:4012345.012345.L1", "https://id.gs1.org/01/04012345123456/10/L1"
CLASS, CLASS_LINK = "urn:epc:idpat:sgtin:4012345.012345.*", "https://id.gs1.org/01/04012345123456"
PALLET, PALLET_LINK = "urn:epc:id:sscc:4012345.0000000333", "https://id.gs1.org/00/040123450000003338"
CBV = "https://ref.gs1.org/cbv"


def _behind_the_time(**fields: object) -> str:
    return prehash({**WHEN, **fields}, CONTEXT).partition("eventTimeZoneOffset=+01:00")[2]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {
                "type": "AggregationEvent",
                "childQuantityList": [{"uom": "KGM", "quantity": 2.50, "epcClass": LOT}],
                "childEPCs": [ITEM],
                "parentID": PALLET,
                "action": "DELETE",
            },
            f"parentID={PALLET_LINK}childEPCsepc={ITEM_LINK}"
            f"childQuantityListquantityElementepcClass={LOT_LINK}quantity=2.5uom=KGMaction=DELETE",
        ),
        (
            {
                "type": "AssociationEvent",
                "action": "ADD",
                "childEPCs": [ITEM],
                "parentID": "urn:epc:id:grai:4012345.66666.8",
            },
            f"parentID=https://id.gs1.org/8003/040123456666638childEPCsepc={ITEM_LINK}action=ADD",
        ),
        (
            {
                "type": "TransactionEvent",
                "action": "ADD",
                "quantityList": [{"epcClass": LOT, "quantity": 1}],
                "epcList": [ITEM],
                "parentID": PALLET,
                "bizTransactionList": [{"bizTransaction": "https://erp.example/po/1", "type": "po"}],
            },
            f"parentID={PALLET_LINK}epcListepc={ITEM_LINK}quantityListquantityElementepcClass={LOT_LINK}quantity=1"
            f"action=ADDbizTransactionListtype={CBV}/BTT-pobizTransaction=https://erp.example/po/1",
        ),
        (
            {
                "type": "TransformationEvent",
                "outputQuantityList": [{"epcClass": CLASS, "quantity": 1.0}],
                "outputEPCList": [PALLET],
                "inputQuantityList": [{"epcClass": LOT}],
                "inputEPCList": [ITEM],
                "transformationID": "urn:epc:id:gdti:4012345.55555.9",
                "ilmd": {"example:b": "2", "example:a": {"example:d": "y", "example:c": "x"}},
            },
            f"inputEPCListepc={ITEM_LINK}inputQuantityListquantityElementepcClass={LOT_LINK}"
            f"outputEPCListepc={PALLET_LINK}outputQuantityListquantityElementepcClass={CLASS_LINK}quantity=1"
            "transformationID=https://id.gs1.org/253/40123455555549"
            f"ilmd{{{OWN}}}a{{{OWN}}}c=x{{{OWN}}}d=y{{{OWN}}}b=2",
        ),
    ],
)
def test_each_type_of_event_has_its_fields_in_the_order_of_the_table(fields: dict[str, object], text: str):
    assert _behind_the_time(**fields) == text


def test_a_sensor_element_has_every_attribute_in_its_order():
    metadata = {
        "bizRules": "https://a.example/rules",
        "dataProcessingMethod": "https://a.example/253/4012345000054987",
        "rawData": "https://a.example/raw",
        "deviceMetadata": "https://id.gs1.org/8004/4000001111",
        "deviceID": "urn:epc:id:giai:4000001.111",
        "endTime": "2026-03-02T09:15:31Z",
        "startTime": "2026-03-02T10:15:30+01:00",
        "time": "2026-03-02T09:15:30.0004Z",
    }
    report = {
        "coordinateReferenceSystem": "urn:ogc:def:crs:OGC:1.3:CRS84",
        **{"uom": "CEL", "percValue": 12.70, "percRank": 50, "sDev": 0.1, "meanValue": 13.2, "maxValue": 26.2},
        **{"minValue": 26.0, "uriValue": "https://id.gs1.org/8004/4000001111", "hexBinaryValue": "F0F0F0"},
        **{"booleanValue": True, "stringValue": "SomeString", "component": "x", "value": 26.0},
        **{"chemicalSubstance": "https://identifiers.org/inchikey:CZ", "microorganism": "https://a.example/tax/1"},
        **{"time": "2026-03-02T09:15:30Z", "dataProcessingMethod": "urn:a:b", "rawData": "urn:a:r"},
        **{"deviceMetadata": "urn:a:m", "deviceID": "urn:a:d", "exception": "ALARM_CONDITION", "type": "Temperature"},
    }
    element = {"sensorReport": [{"value": 9, "type": "gs1:Length"}, report], "sensorMetadata": metadata, "example:x": 1}
    assert _behind_the_time(sensorElementList=[element]) == (
        "sensorElementListsensorElementsensorMetadatatime=2026-03-02T09:15:30.000Z"
        "startTime=2026-03-02T09:15:30.000ZendTime=2026-03-02T09:15:31.000Z"
        "deviceID=https://id.gs1.org/8004/4000001111deviceMetadata=https://id.gs1.org/8004/4000001111"
        "rawData=https://a.example/rawdataProcessingMethod=https://id.gs1.org/253/4012345000054987"
        "bizRules=https://a.example/rules"
        "sensorReporttype=https://gs1.org/voc/Lengthvalue=9"
        "sensorReporttype=https://gs1.org/voc/Temperatureexception=https://gs1.org/voc/ALARM_CONDITION"
        "deviceID=urn:a:ddeviceMetadata=urn:a:mrawData=urn:a:rdataProcessingMethod=urn:a:b"
        "time=2026-03-02T09:15:30.000Zmicroorganism=https://a.example/tax/1"
        f"chemicalSubstance=https://identifiers.org/inchikey:CZvalue=26component={CBV}/Comp-x"
        "stringValue=SomeStringbooleanValue=truehexBinaryValue=F0F0F0uriValue=https://id.gs1.org/8004/4000001111"
        "minValue=26maxValue=26.2meanValue=13.2sDev=0.1percRank=50percValue=12.7uom=CEL"
        f"coordinateReferenceSystem=urn:ogc:def:crs:OGC:1.3:CRS84{{{OWN}}}x=1"
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"persistentDisposition": {"unset": ["recalled"], "set": ["damaged", "urn:epcglobal:cbv:disp:active"]}},
            f"persistentDispositionset={CBV}/Disp-activeset={CBV}/Disp-damagedunset={CBV}/Disp-recalled",
        ),
        (
            {
                "bizTransactionList": [
                    {"bizTransaction": "urn:epcglobal:cbv:bt:4012345000016:1"},
                    {"type": "urn:epcglobal:cbv:btt:po", "bizTransaction": "https://a.example/1"},
                    {"type": "cbv:BTT-inv", "bizTransaction": "urn:epc:id:gdti:4012345.55555.9"},
                ]
            },
            "bizTransactionListbizTransaction=urn:epcglobal:cbv:bt:4012345000016:1"
            f"type={CBV}/BTT-invbizTransaction=https://id.gs1.org/253/40123455555549"
            f"type={CBV}/BTT-pobizTransaction=https://a.example/1",
        ),
        (
            {
                "sourceList": [
                    {"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00001"},
                    {"source": "urn:epc:id:sgln:4012345.00001.0", "type": "location"},
                ],
                "destinationList": [{"type": "possessing_party", "destination": "https://a.example/417/4012345000016"}],
            },
            f"destinationListtype={CBV}/SDT-possessing_partydestination=https://id.gs1.org/417/4012345000016"
            f"sourceListtype={CBV}/SDT-locationsource=https://id.gs1.org/414/4012345000016"
            f"type={CBV}/SDT-owning_partysource=https://id.gs1.org/417/4012345000016",
        ),
        (
            {"bizStep": "https://brand.example/BizStep-polishing", "disposition": "urn:brand:disp:polished"},
            "bizStep=https://brand.example/BizStep-polishingdisposition=urn:brand:disp:polished",
        ),
        ({"bizStep": "example:polishing"}, f"bizStep={OWN}polishing"),
        ({"certificationInfo": ["urn:x:b", "urn:x:a"]}, "certificationInfo=urn:x:acertificationInfo=urn:x:b"),
        ({"certificationInfo": "urn:x:b"}, "certificationInfo=urn:x:b"),
        (
            {
                "ilmd": {
                    "cbvmda:itemExpirationDate": "2026-12-31",
                    "example:l": {"other:b": {"other:c": [3, 1.0]}, "x": 1},
                }
            },
            f"ilmd{{{OWN}}}lx=1{{urn:other:ns}}b{{urn:other:ns}}c=1{{urn:other:ns}}c=3"
            "{urn:epcglobal:cbv:mda:}itemExpirationDate=2026-12-31",
        ),
        (
            {"example:l": [{"example:b": 1}, {"example:a": 2}, "c"]},
            f"{{{OWN}}}l=c{{{OWN}}}l{{{OWN}}}a=2{{{OWN}}}l{{{OWN}}}b=1",
        ),
    ],
)
def test_fields_of_any_event(fields: dict[str, object], text: str):
    assert _behind_the_time(**fields) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (200.50, "200.5"), (1.0, "1"), (0, "0"), (1e2, "100"), (1.5e3, "1500"), (-0.5, "-0.5"), (1e-7, "1e-07"),
        (1e21, "1000000000000000000000"), (123456789.125, "123456789.125"), (2**53, "9007199254740992"),
    ],
)  # fmt: skip
def test_numbers_have_neither_trailing_zeros_nor_other_forms(number: float, text: str):
    fields = {"quantityList": [{"epcClass": CLASS, "quantity": number}]}
    assert _behind_the_time(**fields) == f"quantityListquantityElementepcClass={CLASS_LINK}quantity={text}"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("urn:epc:id:sgtin:4012345.012345.a%2Fb", "01/04012345123456/21/a%2Fb"),
        ("urn:epc:id:upui:4012345.012345.AB12%26", "01/04012345123456/235/AB12%26"),
        ("urn:epc:id:itip:4012345.012345.01.02.A1", "8006/040123451234560102/21/A1"),
        ("urn:epc:id:sgln:4012345.00011.0", "414/4012345000115"),
        ("urn:epc:id:sgln:4012345.00011.987", "414/4012345000115/254/987"),
        ("urn:epc:id:pgln:4012345.00011", "417/4012345000115"),
        ("urn:epc:id:grai:4012345.66666.AB%2F1", "8003/04012345666663AB%2F1"),
        ("urn:epc:id:grai:401234567890..12", "8003/0401234567890112"),
        ("urn:epc:id:gdti:401234567890..12", "253/401234567890112"),
        ("urn:epc:id:giai:4012345.A%2FB", "8004/4012345A%2FB"),
        ("urn:epc:id:gsrn:4012345.9876540000", "8018/401234598765400000"),
        ("urn:epc:id:gsrnp:4012345.0000098765", "8017/401234500000987658"),
        ("urn:epc:id:cpi:4012345.A%23B.12", "8010/4012345A%23B/8011/12"),
        ("urn:epc:id:sgcn:4012345.99999.0044", "255/40123459999900044"),
        ("urn:epc:id:ginc:4012345.xx%2Fy", "401/4012345xx%2Fy"),
        ("urn:epc:id:gsin:4012345.999987654", "402/40123459999876541"),
        ("urn:epc:class:lgtin:4012345.012345.L%2F1", "01/04012345123456/10/L%2F1"),
        ("urn:epc:idpat:grai:4012345.66666.*", "8003/04012345666663"),
        ("urn:epc:idpat:gdti:4012345.55555.*", "253/4012345555554"),
        ("urn:epc:idpat:sgcn:4012345.99999.*", "255/4012345999990"),
        ("urn:epc:idpat:cpi:4012345.AB-1.*", "8010/4012345AB-1"),
        ("urn:epc:idpat:itip:4012345.012345.01.02.*", "8006/040123451234560102"),
        ("urn:epc:idpat:upui:4012345.012345.*", "01/04012345123456"),
        ("https://shop.example/some/gtin/4012345000054/lot/ABC/ser/123?17=180426", "01/04012345000054/21/123"),
        ("http://shop.example/01/4012345000054/22/2A/10/AB/21/9#top", "01/04012345000054/21/9"),
        ("https://shop.example/01/4012345000054/10/AB", "01/04012345000054/10/AB"),
        ("https://shop.example/8010/4012345ABC/8011/12", "8010/4012345ABC/8011/12"),
    ],
)
def test_every_gs1_key_is_its_canonical_digital_link_at_the_finest_level(uri: str, path: str):
    assert _behind_the_time(epcList=[uri]) == f"epcListepc=https://id.gs1.org/{path}"
    assert _behind_the_time(quantityList=[{"epcClass": uri}]).endswith(f"epcClass=https://id.gs1.org/{path}")
    assert _behind_the_time(**{"example:thing": uri}) == f"{{{OWN}}}thing=https://id.gs1.org/{path}"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:usdod:CJ8DQ.12",
        "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92",
        "urn:epc:id:gid:952056.2718.1414",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:imovn:9176187",
        "urn:jaif:id:31s:001",
        "https://shop.example/item?id=01/04012345000054",
        "urn:epc:idpat:sgtin:*.*.*",
    ],
)
def test_other_identifiers_stay_as_they_are(uri: str):
    assert _behind_the_time(epcList=[uri]) == f"epcListepc={uri}"


@pytest.mark.parametrize("name", ["action", "transactionCode", "dock"])
@pytest.mark.parametrize("namespace", ["https://ns.example.com/epcis", "urn:ns", "https://ns.example.com/epcis/"])
def test_extensions_of_a_place_stay_with_it_whatever_they_and_their_namespace_are_called(name: str, namespace: str):
    event = {**WHEN, "readPoint": {"id": "urn:x:y", f"ns:{name}": "1"}, "bizLocation": {"id": "urn:x:z"}}
    assert prehash(event, {"ns": namespace}).endswith(
        f"readPointid=urn:x:y{{{namespace}}}{name}=1bizLocationid=urn:x:z"
    )


def test_a_context_within_the_event_declares_prefixes_and_is_no_data():
    event = {**WHEN, "example:a": "example:b"}
    inside = {**event, "@context": {"example": OWN}}
    assert prehash(inside) == prehash(event, CONTEXT)
    redeclared = {**event, "@context": {"example": "urn:mine:"}}
    assert prehash(redeclared, CONTEXT).endswith("{urn:mine:}a=urn:mine:b")


@pytest.mark.parametrize(
    "declaration",
    [
        None,
        {"declarationTime": "nonsense"},
        {"reason": "incorrect_data", "correctiveEventIDs": ["urn:a:b"], "other:x": [[]]},
    ],
)
def test_an_error_declaration_takes_no_part_whatever_it_holds(declaration: object):
    assert event_id({**WHEN, "errorDeclaration": declaration}) == event_id(WHEN)


@pytest.mark.parametrize("field", ["hexBinaryValue", "stringValue", "uom"])
@pytest.mark.parametrize("text", ["0012", "1e10", "000111", "1_000", "Infinity", "nan", "٣", "1" * 24])
def test_texts_of_a_sensor_that_others_read_as_numbers_are_refused_by_path(field: str, text: str):
    with pytest.raises(EventIdError) as caught:
        _behind_the_time(sensorElementList=[{"sensorReport": [{"value": 1}, {field: text}]}])
    assert caught.value.path == f"$.sensorElementList[0].sensorReport[1].{field}"


@pytest.mark.parametrize("value", [None, [None], {"a": "b"}, [["urn:a:b"]]])
@pytest.mark.parametrize(
    "field", ["eventTimeZoneOffset", "epcList", "bizStep", "parentID", "action", "certificationInfo"]
)
def test_what_is_no_single_value_is_refused_in_each_kind_of_field(field: str, value: object):
    with pytest.raises(EventIdError, match=rf"^\$\.{field}(\[0\])?: "):
        _behind_the_time(**{field: value})


@pytest.mark.parametrize("field", ["time", "startTime", "endTime"])
@pytest.mark.parametrize("time", ["2026-03-02T09:15:30", "2026-03-02T24:00:00Z", "2026-03-02T09:15:60Z", 7, None])
def test_times_of_sensors_are_read_as_strictly_as_that_of_the_event(field: str, time: object):
    with pytest.raises(EventIdError) as caught:
        _behind_the_time(sensorElementList=[{"sensorMetadata": {field: time}}])
    assert caught.value.path == f"$.sensorElementList[0].sensorMetadata.{field}"
