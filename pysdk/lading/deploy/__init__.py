"""Deployment: parameters as data, a write-ahead journal, a record per chain.

`deploy` does it, `registry` finds what was deployed, `verify.checks` reads it back."""

from lading.deploy.params import Params
from lading.deploy.registry import ContractRecord, Deployment, find, list_records
from lading.deploy.run import deploy
from lading.deploy.runner import Progress
from lading.deploy.verify import Check, checks

__all__ = ["Check", "ContractRecord", "Deployment", "Params", "Progress", "checks", "deploy", "find", "list_records"]
