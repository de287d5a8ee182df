"""From Solidity sources to the committed artifacts: compiler, build, and the node binaries that npm brings.

Users of the installed package need none of this: ABI and bytecode ship in the wheel. `solcx` is imported only where a
compilation starts, so that the rest works without it.
"""

from lading.toolchain.build import BuildReport, BuiltContract, build, render
from lading.toolchain.compiler import Compiler, ensure_compiler, find_compiler
from lading.toolchain.errors import ChecksumMismatch, CompilationFailed, CompilerUnavailable, ToolMissing
from lading.toolchain.nodes import npm_tool

__all__ = [
    "BuildReport",
    "BuiltContract",
    "ChecksumMismatch",
    "CompilationFailed",
    "Compiler",
    "CompilerUnavailable",
    "ToolMissing",
    "build",
    "ensure_compiler",
    "find_compiler",
    "npm_tool",
    "render",
]
