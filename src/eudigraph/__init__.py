"""The knowledge graph of the EU's digital diplomacy, where every statement leads to the passage that says it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from eudigraph.errors import DataError, EudigraphError, QueryTimeout, StoreError, UsageError

if TYPE_CHECKING:
    from eudigraph.api import Graph, open_graph
    from eudigraph.explore import Page
    from eudigraph.measures import measure
    from eudigraph.store import Built, open_built
    from eudigraph.version import VERSION as __version__
    from eudigraph.workspace import Workspace, open_workspace

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


# Every process that runs queries imports this package, so that what takes long comes when it is asked for.
_IN = {
    "Built": "store",
    "Graph": "api",
    "Page": "explore",
    "Workspace": "workspace",
    "measure": "measures",
    "open_built": "store",
    "open_graph": "api",
    "open_workspace": "workspace",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from eudigraph.version import VERSION

        return VERSION
    if name in _IN:
        return getattr(import_module(f"eudigraph.{_IN[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Make ``%%sparql`` known to a notebook; IPython calls this for ``%load_ext eudigraph``."""
    from eudigraph.magic import Magics

    Magics(shell).register()
