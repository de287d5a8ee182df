"""Signed captures by the installed command: services that are killed, two workers of one broker's messages, the chain
away at the start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from brokers import Broker
from service_kit import COMMAND, Site, anchored, free_port, line, mqtt, publish, until

SIGNING = {"key_env": "LADING_KEY"}  # the log's writer signs captures, too


def captures(site: Site, *words: str, code: int = 0) -> Any:
    known = {"LADING_KEY": site.key, "LADING_DEPLOYMENT": str(site.record)}
    command = [str(COMMAND), "relay", "captures", *words, "--json"]
    done = subprocess.run(command, env=os.environ | known, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def judged(site: Site, reader: str, log: Path) -> Any:
    out = site.folder / f"{reader}.captures"
    captures(site, "export", str(site.config), "--reader", reader, "--out", str(out))
    return captures(site, "verify", str(out), "--log", str(log), "--network", site.url)


def test_a_service_that_is_killed_goes_on_with_the_next_number(site: Site):
    site.write(signing=SIGNING)
    log = site.folder / "reads.ndjson"
    log.write_bytes(b"")
    for part in range(3):
        with site.service() as running, log.open("ab", 0) as file:
            running.ready()
            for number in range(100 * part, 100 * part + 100):
                file.write(line(number) + b"\n")
            if part < 2:
                until(lambda: running.metric("captures_signed_total") > 0, "captures are signed")
                running.process.kill()
                running.process.wait()
                continue
            anchored(running=running, site=site, events=300)
            assert running.metric("capture_failures_total") == 0
            signed = running.metric("captures_signed_total")
            running.end()
            assert site.key[2:] not in running.log.read_text()
    found = judged(site, "dock", log)
    assert (found["verdict"], found["log"]["missing"], found["log"]["foreign"]) == ("consistent", 0, 0)
    assert (found["captures"], found["log"]["reads"]) == (signed, 300)
    assert site.status()["captures_signed"] == signed


def test_two_workers_sign_for_one_reader_and_one_is_killed(site: Site, broker: Broker, schema: str):
    site.write(sources=mqtt(broker, share="lading"), outbox=schema.replace(":@", "@"), signing=SIGNING)
    port = free_port()
    ours, other = site.config, site.folder / "other.yaml"
    other.write_text(ours.read_text().replace(f"127.0.0.1:{site.port}", f"127.0.0.1:{port}"))
    with site.service("--worker", "a") as first:
        first.ready()
        site.config = other
        with site.service("--worker", "b", port=port) as survivor:
            survivor.ready()
            until(lambda: first.metric("feed_connected") == survivor.metric("feed_connected") == 1, "both listen")
            publish(broker, 1, 300)
            first.process.kill()
            first.process.wait()
            publish(broker, 301, 300)
            until(lambda: survivor.metric("feed_connected") == 2, "it has taken over")
            until(lambda: survivor.alive() and survivor.metric("events_total") == 600, "all is there")
            reads = survivor.metric("reads_total")
            survivor.end()
    out = site.folder / "dock.captures"
    captures(site, "export", str(site.config), "--reader", "dock", "--out", str(out))
    found = captures(site, "verify", str(out), "--network", site.url)
    assert (found["verdict"], found["reads"]) == ("consistent", reads)


def test_a_chain_that_is_away_keeps_no_reads_waiting_and_the_start_says_that_it_did_not_check(site: Site):
    site.write(signing=SIGNING)
    log = site.folder / "reads.ndjson"
    log.write_bytes(line(1) + b"\n")
    assert site.run("run", "--once", "--input", str(log)).returncode == 0  # the outbox knows its chain
    site.write(signing=SIGNING, chain={"endpoints": [f"http://127.0.0.1:{free_port()}"]})
    with site.service() as running, log.open("ab", 0) as file:
        until(lambda: running.alive() and running.metric("captures_signed_total") > 0, "it runs")
        file.write(line(2) + b"\n")
        until(lambda: running.metric("captures_signed_total") > 1, "captures are signed")
        assert "is not checked" in running.log.read_text()
        running.process.kill()
