"""Every error eudigraph raises on purpose.

::

    EudigraphError          what went wrong, and how to mend it
    ├── DataError           problems in the data: exit status 1
    ├── WorkerLost          a worker ended before it had an answer: exit status 1
    ├── QueryTimeout        a query ran out of its time or memory: exit status 1
    ├── ServerBusy          a server has more to do than it can: exit status 1
    ├── StoreError          a store that cannot be read or written: exit status 1
    └── UsageError          wrong use, a refused query or an unknown name: exit status 2
"""

from __future__ import annotations


class EudigraphError(Exception):
    """An error made for the reader: one or two lines that say what, where, and how to mend it."""

    exit_code = 1


class DataError(EudigraphError):
    """The ontology, the claims or the queries of a workspace have problems."""


class QueryTimeout(EudigraphError):
    """A query did not end within its limits of time and memory."""


class WorkerLost(EudigraphError):
    """The process that ran a query ended before it had an answer."""


class ServerBusy(EudigraphError):
    """A server has more requests than it can answer."""


class StoreError(EudigraphError):
    """A store or an output folder cannot be read or written."""


class UsageError(EudigraphError):
    """The command was used wrongly, a query is refused, or a name is not known."""

    exit_code = 2
