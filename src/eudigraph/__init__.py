"""The knowledge graph of the EU's digital diplomacy, where every statement leads to the passage that says it."""

from typing import TYPE_CHECKING, Any

from eudigraph.errors import DataError, EudigraphError, QueryTimeout, StoreError, UsageError
from eudigraph.store import Built, open_built
from eudigraph.version import VERSION as __version__
from eudigraph.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from eudigraph.api import Graph, open_graph
    from eudigraph.explore import Page
    from eudigraph.measures import measure

__all__ = [
    "Built",
    "DataError",
    "EudigraphError",
    "Graph",
    "Page",
    "QueryTimeout",
    "StoreError",
    "UsageError",
    "Workspace",
    "__version__",
    "measure",
    "open_built",
    "open_graph",
    "open_workspace",
]


def __getattr__(name: str) -> Any:
    # What draws is slow to import, and every query's process imports this package: it comes when it is asked for.
    if name in ("Graph", "open_graph"):
        from eudigraph import api

        return getattr(api, name)
    if name == "Page":
        from eudigraph.explore import Page

        return Page
    if name == "measure":
        from eudigraph.measures import measure

        return measure
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """Make ``%%sparql`` known to a notebook; IPython calls this for ``%load_ext eudigraph``."""
    from eudigraph.magic import Magics

    Magics(shell).register()
