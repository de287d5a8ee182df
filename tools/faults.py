"""The relayer against its faults at length, in parts: `make test-faults`, or `make test-faults MINUTES=9` until all are
done.

A part is 200 relays, or senders by themselves, killed at one step, each from a seed of its own; or one of the faults of
servers, disks, nodes and readers, or a tenth of the hostile LLRP, at a size that `make test` has no time for. Which
parts passed is kept in build/faults.json for one state of the code, as for `make test-deep`.
"""

import sys

from deep import Part, in_parts, minutes_wanted
from forge import ROOT
from mutate_run import digest_of

KEPT = ROOT / "build" / "faults.json"
SEEDS = 200
IN_A_PART = 100  # of what takes longer
POSTGRESQL_SEEDS = 20
REPLAY = 150_000
SENDER_LABELS = ("persist", "sign", "store", "broadcast", "receipt")
SENDER_RUNS = 20  # of up to twelve kills each
KILLS = 20
LLRP_HOSTILE, LLRP_PARTS = 200_000, 10
KILL, SERVERS = "tests/faults/test_kill.py", "tests/faults/test_kill_postgresql.py"
STEPS = (
    *("put", "storing", "stored"),
    *("smoothed", "events", "observations", "reads", "inferred"),
    *("persist", "sign", "store", "broadcast", "receipt", "statement"),
)


def parts() -> dict[str, Part]:
    """By name."""
    found = {}
    for step in STEPS:
        only = ("-k", f"at_a_step and {step}- or every_step")
        found[f"killed at {step}"] = Part(KILL, only, {"LADING_FAULT_SEEDS": str(SEEDS)})
        few = {"LADING_FAULT_SEEDS": str(POSTGRESQL_SEEDS)}
        found[f"killed at {step} on PostgreSQL"] = Part(SERVERS, ("-k", f"at_a_step and {step}-"), few)
    for first in range(0, SEEDS, IN_A_PART):
        drawn = {"LADING_FAULT_SEEDS": str(IN_A_PART), "LADING_FAULT_FIRST": str(first)}
        found[f"killed again and again from {first}"] = Part(KILL, ("-k", "again_and_again"), drawn)
    found["whole logs"] = Part(KILL, ("-k", "whole_log or makes_its_outbox"), {"LADING_FAULT_SEEDS": str(SEEDS)})
    sized = {"LADING_FAULT_REPLAY": str(REPLAY), "LADING_FAULT_SEEDS": "30"}
    for name in ("replay", "servers", "nodes", "workers", "hostile", "service_kill", "captures"):
        found[name] = Part(f"tests/faults/test_{name}.py", (), sized)
    return found | _of_the_sender() | _of_feeds()


def _of_the_sender() -> dict[str, Part]:
    """The sender by itself, on a node that refuses mined bytes and on one that executes them again."""
    found, path = {}, "tests/sdk/test_sender_kill.py"
    for node in ("anvil", "ganache"):
        for label in SENDER_LABELS:
            drawn = {"SENDER_KILL_SEEDS": str(SEEDS), "SENDER_KILL_NODE": node}
            found[f"sender killed at {label} on {node}"] = Part(path, ("-k", f"any_step and {label}-"), drawn)
        few = {"SENDER_KILL_SEEDS": str(SENDER_RUNS), "SENDER_KILL_NODE": node}
        found[f"sender killed again and again on {node}"] = Part(path, ("-k", "again_and_again"), few)
    return found


def _of_feeds() -> dict[str, Part]:
    found = {
        "MQTT workers killed": Part("tests/relayer/test_mqtt_faults.py", (), {"LADING_MQTT_KILLS": str(KILLS)}),
        "followers of files killed": Part("tests/relayer/test_files.py", (), {"LADING_FOLLOW_KILLS": str(KILLS)}),
    }
    for seed in range(1, LLRP_PARTS + 1):
        drawn = {"LADING_LLRP_HOSTILE": str(LLRP_HOSTILE // LLRP_PARTS), "LADING_LLRP_SEED": str(seed)}
        found[f"hostile LLRP {seed}"] = Part("tests/relayer/test_llrp_hostile.py", (), drawn)
    return found


def state() -> str:
    """Of what the parts are about."""
    folders = ("pysdk/lading", "tests/faults", "tests/relayer", "tests/sdk")
    return digest_of(ROOT, [path for one in folders for path in (ROOT / one).rglob("*.py")])


if __name__ == "__main__":
    wanted, now = parts(), state()
    sys.exit(in_parts(KEPT, wanted, dict.fromkeys(wanted, now), minutes_wanted(__doc__)))
