"""The one compiler profile: what ships, what gas is measured on, what EIP-170 counts.

`foundry.toml` and `ape-config.yaml` hold the same settings in their own words; tests compare the bytecode of all three.
"""

from typing import Any

SOLC_VERSION = "0.8.30"
SOLC_BUILD = "0.8.30+commit.73712a01"

# Ganache's newest hardfork; anything newer emits opcodes that it does not know.
EVM_VERSION = "shanghai"
OPTIMIZER_RUNS = 100_000

# No trailing slash: the string enters the metadata, whose hash ends the bytecode.
REMAPPING = "@openzeppelin/contracts=node_modules/@openzeppelin/contracts"

# EIP-170: the largest code that a chain accepts, in bytes.
MAX_RUNTIME_BYTES = 24_576

DOWNLOAD_HOST = "https://binaries.soliditylang.org"

# (folder at the host, SHA-256) per (system, machine), from the Solidity project's release lists. Elsewhere there is no
# native 0.8.30 and npm's solc is used.
NATIVE_BUILDS = {
    ("Linux", "x86_64"): ("linux-amd64", "f3e987dc6ecebd4bd350c48edcbc320b46cf9e3109bd3fc3d88f1acaf4c428f7"),
    ("Darwin", "x86_64"): ("macosx-amd64", "738dcdc6afddeb505ee4e4ef24f1c1fdba2b8c924e614cbbf5801a5b062dd683"),
    ("Darwin", "arm64"): ("macosx-amd64", "738dcdc6afddeb505ee4e4ef24f1c1fdba2b8c924e614cbbf5801a5b062dd683"),
}


def profile() -> dict[str, Any]:
    """The part of the compiler's settings that decides the bytecode, as in solc's standard JSON input."""
    return {
        "evmVersion": EVM_VERSION,
        "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
        "remappings": [REMAPPING],
        "viaIR": True,
    }
