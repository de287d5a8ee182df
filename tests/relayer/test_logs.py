"""No secret in the log, whatever a library writes there."""

import json
import logging
import subprocess
import sys

import pytest

from lading.relayer.logs import redacted

KEY = "0x" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mqtts://user:pass@broker:8883/x is away", "mqtts://broker:8883/x is away"),
        ("http://node.example/v3/0123456789abcdef0123456789abcdef refused", "http://node.example/v3/… refused"),
        ("http://node.example/rpc?apikey=12 refused", "http://node.example/rpc refused"),
        ("postgresql://lading:hunter2@db/relay", "postgresql://db/relay"),
        ("password=hunter2 was wrong", "password=[…] was wrong"),
        ("Authorization: Bearer abc.def", "Authorization: […]"),
        (f"signed with {KEY}", "signed with 0xabababab…"),
        ("batch 7 of 1000 events at block 12", "batch 7 of 1000 events at block 12"),
    ],
)
def test_what_may_be_a_secret_is_taken_out(text, left):
    assert redacted(text) == left


def test_an_entry_is_one_line_of_json_that_holds_no_secret():
    program = (
        "import logging; from lading.relayer.logs import configure; configure(as_json=True);"
        "logging.getLogger('x').warning('node %s', 'http://u:hunter2@n/', extra={'origin': 'password: hunter2'})\n"
        "try: raise ValueError('token=hunter2')\nexcept ValueError: logging.getLogger('x').exception('it failed')"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    entries = [json.loads(line) for line in done.stderr.splitlines()]
    assert [entry["event"] for entry in entries] == ["node http://n/", "it failed"]
    assert entries[0]["level"] == "warning"
    assert "ValueError" in entries[1]["exception"]
    assert "hunter2" not in done.stderr


def test_loggers_of_talkative_libraries_are_quiet():
    program = (
        "import logging; from lading.relayer.logs import configure; configure('DEBUG', as_json=True);"
        "logging.getLogger('urllib3.connectionpool').debug('x'); logging.getLogger('lading.relayer').debug('y')"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["y"]
    assert logging.getLogger("urllib3").level == logging.NOTSET  # it is set up in the relayer's process alone
