"""The knowledge graph of the EU's digital diplomacy, where every statement leads to the passage that says it."""

from typing import TYPE_CHECKING, Any

from eudigraph.errors import DataError, EudigraphError, QueryTimeout, StoreError, UsageError
from eudigraph.store import Built, open_built
from eudigraph.version import VERSION as __version__
from eudigraph.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from eudigraph.explore import Page, explorer

__all__ = [
    "Built",
    "DataError",
    "EudigraphError",
    "Page",
    "QueryTimeout",
    "StoreError",
    "UsageError",
    "Workspace",
    "__version__",
    "explorer",
    "open_built",
    "open_workspace",
]


def __getattr__(name: str) -> Any:
    # What draws is slow to import, and every query's process imports this package: it comes when it is asked for.
    if name in ("Page", "explorer"):
        from eudigraph import explore

        return getattr(explore, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
