"""How this package starts its own modules in processes of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path


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
