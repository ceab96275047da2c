"""The version of this package, and how to get more of it."""

from pathlib import Path

VERSION = "0.1.0"
"""The packaging tools read it here; to ask for an installed package's metadata takes as long as many a query."""


def installing(extra: str) -> str:
    """Return the command that adds an extra to this installation, be it a checkout or a package."""
    checkout = Path(__file__).resolve().parents[3]
    editable = (checkout / "pyproject.toml").is_file()
    return f"pip install -e '{checkout}[{extra}]'" if editable else f"pip install 'eudigraph[{extra}]'"
