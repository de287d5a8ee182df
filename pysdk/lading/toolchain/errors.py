"""What can go wrong between the sources and the artifacts.

ToolchainError
├── CompilerUnavailable   neither the download nor npm's solc can be had
│   └── ChecksumMismatch  the download came, but is not the pinned compiler
├── CompilationFailed     the compiler refused the sources
└── ToolMissing           a node, forge or another tool of npm's is not installed
"""

from lading.errors import ToolchainError


class CompilerUnavailable(ToolchainError):
    """There is no Solidity compiler and none could be brought in."""


class ChecksumMismatch(CompilerUnavailable):
    """The downloaded compiler is not the one whose SHA-256 is pinned; it was deleted unrun."""


class CompilationFailed(ToolchainError):
    """The compiler refused the sources; the message carries what it said."""


class ToolMissing(ToolchainError):
    """A tool is neither in the checkout's node_modules nor on PATH."""
