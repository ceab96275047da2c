"""The knowledge graph of the EU's digital diplomacy, where every statement leads to the passage that says it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from eudigraph.model.errors import DataError, EudigraphError, QueryTimeout, StoreError, UsageError

if TYPE_CHECKING:
    from eudigraph.explore.page import Page
    from eudigraph.graph import Graph, open_graph
    from eudigraph.model.version import VERSION as __version__
    from eudigraph.model.workspace import Workspace, open_workspace
    from eudigraph.network.registry import measure

__all__ = [
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
    "open_graph",
    "open_workspace",
]


# Every process that runs queries imports this package, so that what takes long comes when it is asked for.
_IN = {
    "Graph": "graph",
    "Page": "explore.page",
    "Workspace": "model.workspace",
    "measure": "network.registry",
    "open_graph": "graph",
    "open_workspace": "model.workspace",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from eudigraph.model.version import VERSION

        return VERSION
    if name in _IN:
        return getattr(import_module(f"eudigraph.{_IN[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Make ``%%sparql`` known to a notebook; IPython calls this for ``%load_ext eudigraph``."""
    from eudigraph.notebook import Magics

    Magics(shell).register()
