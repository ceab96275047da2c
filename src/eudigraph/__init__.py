"""The knowledge graph of the EU's digital diplomacy, where every statement leads to the passage that says it."""

from eudigraph.errors import DataError, EudigraphError, QueryTimeout, StoreError, UsageError
from eudigraph.store import Built, open_built
from eudigraph.version import VERSION as __version__
from eudigraph.workspace import Workspace, open_workspace

__all__ = [
    "Built",
    "DataError",
    "EudigraphError",
    "QueryTimeout",
    "StoreError",
    "UsageError",
    "Workspace",
    "__version__",
    "open_built",
    "open_workspace",
]
