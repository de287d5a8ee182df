"""The command line. `main` is the entry point of the `lading` command and of each script that ape runs."""

from lading.cli.main import main

__all__ = ["main"]
