"""Set up what a make target needs, once: each part is stamped with the hash of what decides it.

    python3 tools/setup.py runtime | dev | lanes | bench | node | compiler ...

Only the standard library, and nothing that Python 3.7 cannot read, so that an old Python can be told that it is old.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
LANES = ("web3-7", "web3-8")


class SetupFailed(Exception):
    """A sentence that says what is missing and what to do."""


def main(parts: list[str]) -> int:
    """Set up `parts` in the order given; 0, or 1 with a sentence on stderr."""
    steps = {"runtime": runtime, "dev": dev, "lanes": lanes, "bench": bench, "node": node, "compiler": compiler}
    try:
        check_python()
        with Exclusive():
            for part in parts:
                steps[part]()
    except SetupFailed as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print("set-up: this command failed: {}".format(" ".join(map(str, error.cmd))), file=sys.stderr)
        return 1
    return 0


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        version = sys.version.split()[0]
        raise SetupFailed(f"Lading needs Python 3.11 or newer; this is {version}. Name one: make PYTHON=python3.11 ...")


class Exclusive:
    """Two make commands started together do not set up the same folder at once."""

    def __enter__(self) -> None:
        (ROOT / "build").mkdir(exist_ok=True)
        self.file = (ROOT / "build" / "setup.lock").open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def runtime() -> None:
    """The package and what it needs, in .venv; a stamped dev set already holds it."""
    if not stamped(".venv", "dev"):
        environment(".venv", "runtime")


def dev() -> None:
    """Ape, tests and checks beside the runtime; nothing is taken away."""
    environment(".venv", "dev")


def lanes() -> None:
    """One environment per web3 that the SDK supports, without ape."""
    dev()
    for lane in LANES:
        environment(".venv-" + lane, lane)


def bench() -> None:
    """The peers that `make bench` measures, without our package."""
    dev()
    environment(".venv-bench", "bench", with_package=False)


def environment(folder: str, lock: str, with_package: bool = True) -> None:
    if stamped(folder, lock):
        return
    say(f"{folder}: installing requirements/{lock}.txt")
    python = ROOT / folder / "bin" / "python"
    if not works(python):
        create(folder)
    installer = ROOT / ".venv" / "bin" / "uv"
    install = [installer, "pip", "install", "--quiet", "--python", python, "--no-deps"]
    run([*install, "--require-hashes", "--compile-bytecode", "-r", ROOT / "requirements" / (lock + ".txt")])
    if with_package:
        run([*install, "--no-build-isolation", "--editable", ROOT])
        run([python, "-m", "compileall", "-q", ROOT / "pysdk"])
    stamp_path(folder, lock).write_text(digest(lock), encoding="utf-8")


def create(folder: str) -> None:
    """A bare environment; in .venv also uv, by pip and with its hash checked, which installs everything else."""
    target = ROOT / folder
    if folder != ".venv":
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", target])
        return
    lock = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
    lock += ["-r", ROOT / "requirements" / "uv.txt"]
    if imports("ensurepip"):
        run([sys.executable, "-m", "venv", "--clear", target])
        run([target / "bin" / "python", "-m", "pip", "install", *lock])
    elif imports("pip"):
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", target])
        run([sys.executable, "-m", "pip", "--python", target / "bin" / "python", "install", *lock])
    else:
        raise SetupFailed(
            f"{sys.executable} has neither ensurepip nor pip (Debian ships both apart). Install them, with "
            "`apt-get install python3-venv` on Debian, or name another Python: make PYTHON=python3.12 ..."
        )


def node() -> None:
    """npm's compiler, nodes and Solidity libraries, exactly as locked."""
    stamp = ROOT / "node_modules" / ".lading-node"
    wanted = digest("node")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    check_node()
    say("node_modules: npm ci")
    run(["npm", "ci", "--ignore-scripts", "--no-update-notifier", "--loglevel", "error"])
    stamp.write_text(wanted, encoding="utf-8")


def check_node() -> None:
    advice = f"Install Node.js {OLDEST_NODE} or newer (it brings npm). `make demo` needs none."
    if not shutil.which("node") or not shutil.which("npm"):
        raise SetupFailed("node or npm is not on PATH. " + advice)
    version = subprocess.run(["node", "--version"], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise SetupFailed(f"node is {version}. {advice}")


def compiler() -> None:
    """The Solidity compiler, native or npm's, where py-solc-x, ape and forge look for it."""
    code = (
        "import sys; from pathlib import Path; from lading.errors import LadingError\n"
        "from lading.toolchain import ensure_compiler\n"
        "try: ensure_compiler(Path(sys.argv[1]))\n"
        "except LadingError as error: sys.exit(str(error))"
    )
    run([ROOT / ".venv" / "bin" / "python", "-c", code, ROOT])


def stamped(folder: str, lock: str) -> bool:
    path = stamp_path(folder, lock)
    return path.is_file() and path.read_text(encoding="utf-8") == digest(lock)


def stamp_path(folder: str, lock: str) -> Path:
    return ROOT / folder / (".lading-" + lock)


def digest(lock: str) -> str:
    """SHA-256 over whatever decides an environment: its lock, our metadata, the Python, the place of the checkout."""
    if lock == "node":
        names = ["package.json", "package-lock.json", ".npmrc"]
    else:
        names = ["pyproject.toml", "requirements/uv.txt", f"requirements/{lock}.txt"]
    state = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode() if lock != "node" else b"")
    for name in names:
        state.update(hashlib.sha256((ROOT / name).read_bytes()).digest())
    return state.hexdigest()


def works(python: Path) -> bool:
    if not (python.exists() and (ROOT / ".venv" / "bin" / "uv").exists()):
        return False
    version = "{}.{}".format(*sys.version_info)
    check = "import sys; sys.exit('{}.{}'.format(*sys.version_info) != sys.argv[1])"
    return subprocess.run([str(python), "-c", check, version], check=False).returncode == 0


def imports(module: str) -> bool:
    found = subprocess.run([sys.executable, "-c", "import " + module], check=False, stderr=subprocess.DEVNULL)
    return found.returncode == 0


def run(command: list[str | Path]) -> None:
    # A VIRTUAL_ENV from the caller's shell would point uv and pip elsewhere.
    surroundings = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
    subprocess.run([str(part) for part in command], check=True, cwd=str(ROOT), env=surroundings)


def say(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
