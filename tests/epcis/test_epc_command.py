"""`lading epc decode|encode`, as a person and as a program call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tds_examples import PLUS, WITHOUT_GS1_KEY

from lading.cli.main import main
from lading.epcis.epc import encode

SGTIN_PLUS = PLUS[0]


@dataclass(frozen=True)
class Shown:
    code: int
    out: str
    err: str


Lading = Callable[..., Shown]


@pytest.fixture
def lading(capsys: pytest.CaptureFixture[str]) -> Lading:
    """Runs `lading epc` with these words, through what the installed command calls."""

    def run(*words: str) -> Shown:
        with pytest.raises(SystemExit) as ended:
            main(["epc", *words])
        printed = capsys.readouterr()
        return Shown(int(ended.value.code or 0), printed.out, printed.err)

    return run


def test_a_plus_tag_has_a_link_and_an_element_string(lading: Lading):
    shown = lading("decode", SGTIN_PLUS.padded)
    assert shown.code == 0
    assert f"element string  {SGTIN_PLUS.element_string}" in shown.out
    assert json.loads(lading("decode", SGTIN_PLUS.padded, "--json").out) == {
        "scheme": "sgtin+",
        "tag_uri": None,
        "uri": None,
        "digital_link": SGTIN_PLUS.link,
        "raw": f"urn:epc:raw:112.x{SGTIN_PLUS.memory}",
    }


def test_what_stands_behind_an_epc_is_a_link_of_its_own(lading: Lading):
    text = "(01)79521141123453(21)1(17)220630(10)L7"
    memory = json.loads(lading("encode", text, "--scheme", "sgtin+", "--json").out)["memory"]
    found = json.loads(lading("decode", memory, "--json").out)
    assert found["digital_link"] == "https://id.gs1.org/01/79521141123453/21/1"
    assert found["data_link"] == "https://id.gs1.org/01/79521141123453/10/L7/21/1?17=220630"
    assert text in lading("decode", memory).out


def test_data_that_cannot_be_read_leave_the_item_and_are_named(lading: Lading):
    memory = "F7879521141123453011A1000000"
    found = lading("decode", memory, "--json")
    assert (found.code, json.loads(found.out)["data_link"]) == (0, None)
    assert json.loads(found.out)["digital_link"] == "https://id.gs1.org/01/79521141123453/21/1"
    assert "no data" in (shown := lading("decode", memory).out)
    assert "sgtin+: the +AIDC header A1 is reserved" in shown


def test_a_foreign_tag_is_no_error_and_the_reason_is_said(lading: Lading):
    shown = lading("decode", "3174257BF4499602D2000001")
    assert (shown.code, shown.err) == (0, "")
    assert "sscc-96: the 24 reserved bits should be zero" in shown.out


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (WITHOUT_GS1_KEY[0].padded, "urn:epc:id:gid:952056.2718.1414"),
        (encode("urn:epc:id:sgtin:0614141.812345.a(10)b"), "no element string"),
    ],
)
def test_what_has_no_element_string_is_shown_without(lading: Lading, memory: str, said: str):
    shown = lading("decode", memory)
    assert (shown.code, shown.err) == (0, "")
    assert said in shown.out


def test_memory_is_made_of_an_element_string(lading: Lading):
    text = str(SGTIN_PLUS.element_string)
    made = lading("encode", text, "--scheme", "sgtin+", "--filter", "3", "--json")
    assert json.loads(made.out) == {"memory": SGTIN_PLUS.padded, "tag_uri": None}
    made = lading("encode", "(01)09506000134352(21)6789", "--prefix-length", "11", "--filter", "3")
    assert made.out == "3066C4409047E14000001A85\n"  # TDS 2.3, annex E.1


def test_a_refusal_ends_with_one_and_says_what_to_do(lading: Lading):
    refused = lading("encode", "(01)09506000134353(21)1", "--json")
    assert refused.code == 1
    error = json.loads(refused.out or refused.err)["error"]
    assert error["type"] == "CheckDigitError"
    refused = lading("encode", "sgtin")
    assert refused.code == 1
    assert "urn:epc:id:" in refused.err
