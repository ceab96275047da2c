"""The version of this package, and how to get more of it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

try:
    VERSION = version("eudigraph")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0+unknown"


def installing(extra: str) -> str:
    """Return the command that adds an extra to this installation, be it a checkout or a package."""
    checkout = Path(__file__).resolve().parents[3]
    editable = (checkout / "pyproject.toml").is_file()
    return f"pip install -e '{checkout}[{extra}]'" if editable else f"pip install 'eudigraph[{extra}]'"
