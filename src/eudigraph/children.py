"""How this package starts its own modules in processes of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

OVERFLOWN = -11
"""With what a process ends whose stack is full (SIGSEGV); Windows has no such signal."""
TOO_DEEP = "the query is too long or too deep for the engine; make it simpler"
"""What is said of the query to which that happened."""


def command(module: str) -> list[str]:
    """Return the command that runs a module of this package."""
    # Without -P a file of that name in the folder the user is in would pass for any module that is imported.
    return [sys.executable or "python3", "-P", "-m", f"eudigraph.{module}"]


def environment() -> dict[str, str]:
    """Return our own environment, in which this package is found also if it was never installed."""
    package = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    # Where an engine runs out of memory, the reader of a log is not helped by its stack.
    return {**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"}
