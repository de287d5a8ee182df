"""`lading epc decode|encode`, as a person and as a program call them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tds_examples import PLUS, WITHOUT_GS1_KEY

from lading.epcis.epc import encode

SGTIN_PLUS = PLUS[0]


def _lading(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from lading.cli.main import main; sys.exit(main())", "epc", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_plus_tag_has_a_link_and_an_element_string():
    shown = _lading("decode", SGTIN_PLUS.padded)
    assert shown.returncode == 0
    assert f"element string  {SGTIN_PLUS.element_string}" in shown.stdout
    assert json.loads(_lading("decode", SGTIN_PLUS.padded, "--json").stdout) == {
        "scheme": "sgtin+",
        "tag_uri": None,
        "uri": None,
        "digital_link": SGTIN_PLUS.link,
        "raw": f"urn:epc:raw:112.x{SGTIN_PLUS.memory}",
    }


def test_a_foreign_tag_is_no_error_and_the_reason_is_said():
    shown = _lading("decode", "3174257BF4499602D2000001")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "sscc-96: the 24 reserved bits should be zero" in shown.stdout


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (WITHOUT_GS1_KEY[0].padded, "urn:epc:id:gid:952056.2718.1414"),
        (encode("urn:epc:id:sgtin:0614141.812345.a(10)b"), "no element string"),
    ],
)
def test_what_has_no_element_string_is_shown_without(memory: str, said: str):
    shown = _lading("decode", memory)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert said in shown.stdout


def test_memory_is_made_of_an_element_string():
    text = str(SGTIN_PLUS.element_string)
    made = _lading("encode", text, "--scheme", "sgtin+", "--filter", "3", "--json")
    assert json.loads(made.stdout) == {"memory": SGTIN_PLUS.padded, "tag_uri": None}
    made = _lading("encode", "(01)09506000134352(21)6789", "--prefix-length", "11", "--filter", "3")
    assert made.stdout == "3066C4409047E14000001A85\n"  # TDS 2.3, annex E.1


def test_a_refusal_ends_with_one_and_says_what_to_do():
    refused = _lading("encode", "(01)09506000134353(21)1", "--json")
    assert refused.returncode == 1
    error = json.loads(refused.stdout or refused.stderr)["error"]
    assert error["type"] == "CheckDigitError"
    refused = _lading("encode", "sgtin")
    assert refused.returncode == 1
    assert "urn:epc:id:" in refused.stderr
