"""What can go wrong with a deployment, each with what to do about it.

DeploymentError
├── NoDeployment          (lading.errors) no record for this chain
├── DeploymentDamaged     a record that cannot be used
├── DeploymentForeign     a record of another chain
├── DeploymentExists      a record without a journal to resume
├── DeploymentBusy        another run holds the lock
├── DeploymentUnverified  what was read back differs from the plan
├── JournalDamaged        a journal with a broken line before its last
├── JournalMismatch       a journal of other parameters, bytecode or deployer
└── CannotWrite           the folder of deployments takes no file (disk full, permissions)
InputError
└── ParamsInvalid         the parameters, named by path
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lading.errors import DeploymentError, InputError


class DeploymentDamaged(DeploymentError):
    """The record's file is not what was written; `problem` says why."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"The deployment record {path} cannot be used: {problem}.",
            hint="Restore it, or run the same `lading deploy` again: its journal gives the same record back.",
        )


class DeploymentForeign(DeploymentError):
    """The record is of another chain than the node's; both as `<chain id> (genesis 0x…)`."""

    def __init__(self, path: Path, recorded: str, actual: str) -> None:
        self.path, self.recorded, self.actual = path, recorded, actual
        super().__init__(
            f"The deployment record {path} is of chain {recorded}, the node is on chain {actual}.",
            hint="Connect to the network of the record, or name another record with --deployment.",
        )


class DeploymentExists(DeploymentError):
    """The chain has a record, and no journal stands beside it: there is nothing to resume."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"This chain has a deployment already, recorded in {path}, and no journal stands beside it.",
            hint="Use it as it is, or deploy anew with --fresh (the record is then set aside, not deleted).",
        )


class DeploymentBusy(DeploymentError):
    """Another process is deploying to the same chain from the same folder."""

    def __init__(self, path: Path, pid: str) -> None:
        self.path, self.pid = path, pid
        super().__init__(
            f"Another deployment to this chain is running (process {pid}, lock {path}).",
            hint="Wait until it ends; the lock ends with its process.",
            retryable=True,
        )


class DeploymentUnverified(DeploymentError):
    """`failed` holds one sentence per check that did not hold."""

    def __init__(self, failed: Sequence[str]) -> None:
        self.failed = tuple(failed)
        super().__init__(
            f"What was read back from the chain is not as planned: {'; '.join(failed)}.",
            hint="No record was written now. Unless governance changed this on purpose, leave these contracts unused, "
            "find out who changed them, and deploy with --fresh.",
        )


class JournalDamaged(DeploymentError):
    """A line before the last one cannot be read, so what was sent is not known for certain."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        super().__init__(
            f"Line {line} of the journal {path} is damaged: {problem}.",
            hint="Restore it from a copy, or deploy anew with --fresh (what is on the chain already stays unused).",
        )


class JournalMismatch(DeploymentError):
    """The journal was begun for another deployment; `differs` names each thing that is not the same."""

    def __init__(self, path: Path | None, differs: Sequence[str]) -> None:
        self.path, self.differs = path, tuple(differs)
        super().__init__(
            f"The deployment of journal {path} was begun with other values of: {', '.join(differs)}.",
            hint="Resume with those, or deploy anew with --fresh (the journal is then set aside, not deleted).",
        )


class CannotWrite(DeploymentError):
    """A file could not be written; what was there before stands."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Make room or give access, then run the same command again; it goes on where it stopped.",
            retryable=True,
        )


class ParamsInvalid(InputError):
    """`problems` holds one sentence per fault, each beginning with the path of the parameter."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source, self.problems = source, tuple(problems)
        super().__init__(
            f"The deployment parameters of {source} are refused: {'; '.join(problems)}.",
            hint="Correct them (--params FILE); nothing was sent.",
        )
