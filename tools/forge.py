"""Run the real forge on the project in the working folder, offline, with the checkout's own compiler.

    .venv/bin/python tools/forge.py test [forge's arguments]

`node_modules/.bin` of Foundry's npm wrappers is never used: those exit 0 when tests fail.
"""

import os
import subprocess
import sys
from pathlib import Path

from lading.errors import LadingError
from lading.toolchain import ensure_compiler, npm_tool

#: The profile of foundry.toml whose tests deploy the artifacts.
SUITE = "suite"
ROOT = Path(__file__).resolve().parent.parent


def forge(arguments: list[str], project: Path) -> int:
    """forge's own exit code. Tests run on the bytecode that ships (tests/Shipped.sol) unless FOUNDRY_PROFILE says
    otherwise. Raises ToolMissing or CompilerUnavailable."""
    command = [npm_tool("forge", ROOT), *arguments, "--offline", "--use", ensure_compiler(ROOT).path]
    environment = dict(os.environ)
    if arguments[:1] == ["test"]:
        environment.setdefault("FOUNDRY_PROFILE", SUITE)
        environment["LADING_SHIPPED"] = str(environment["FOUNDRY_PROFILE"] == SUITE).lower()
    return subprocess.run(command, check=False, cwd=project, env=environment).returncode


def main() -> int:
    try:
        return forge(sys.argv[1:], Path.cwd())
    except LadingError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
