"""SPARQL in a notebook's cell: ``%load_ext eudigraph``, then ``%%sparql``."""

from __future__ import annotations

import argparse
import keyword
import shlex
from typing import Any, NoReturn

from IPython.core.error import UsageError as CellError

from eudigraph import api
from eudigraph.errors import EudigraphError
from eudigraph.names import cut

HELP = """Ask the cell's SPARQL; each row of the answer opens its evidence.

    %%sparql [NAME | NAME=OTHER]... [--into TABLE] [--limit ROWS] [--timeout SECONDS]

``%%sparql country`` binds ``?country`` of the query to the Python variable ``country``, as a term and never as text;
``country=mine`` binds it to the variable ``mine``. ``--into TABLE`` puts the answer, a pandas table, into a variable.
``%eudigraph FOLDER`` or ``%eudigraph GRAPH`` chooses another workspace, or a graph that was opened already."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CellError(f"{message}; for help: %%sparql?")


class Magics:
    """What a notebook's cells can say; ``shell`` is IPython's, whose variables they use."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._graph: api.Graph | None = None
        self._parser = _Parser(prog="%%sparql", add_help=False)
        self._parser.add_argument("variables", nargs="*")
        self._parser.add_argument("--into")
        self._parser.add_argument("--limit", type=int)
        self._parser.add_argument("--timeout", type=float, default=60.0)

    def register(self) -> None:
        """Make ``%%sparql`` and ``%eudigraph`` known."""

        def sparql(line: str, cell: str) -> Any:
            return self.sparql(line, cell)

        sparql.__doc__ = HELP
        self.shell.register_magic_function(sparql, "cell", "sparql")
        self.shell.register_magic_function(self.choose, "line", "eudigraph")

    def choose(self, line: str) -> api.Graph:
        """Choose what ``%%sparql`` asks: a workspace's folder, a variable with a graph, or nothing for the default."""
        name = line.strip()
        held = self.shell.user_ns.get(name)
        try:
            self._graph = held if isinstance(held, api.Graph) else api.open_graph(*shlex.split(name)[:1])
        except (EudigraphError, ValueError) as error:
            raise CellError(str(error)) from None
        return self._graph

    def sparql(self, line: str, cell: str) -> Any:
        """Ask a cell's SPARQL with the variables of its first line."""
        try:
            given = self._parser.parse_args(shlex.split(line))
        except ValueError as error:
            raise CellError(f"the line cannot be read: {error}") from None
        if given.into is not None and (not given.into.isidentifier() or keyword.iskeyword(given.into)):
            raise CellError(f"--into {cut(given.into)}: no Python variable is called so; give a name such as answer")
        bound: dict[str, Any] = {}
        for word in given.variables:
            name, _, other = word.partition("=")
            if (other or name) not in self.shell.user_ns:
                raise CellError(f"there is no Python variable {other or name}; set it in a cell before")
            bound[name] = self.shell.user_ns[other or name]
        try:
            shown = api.shown(self._graph or self.choose(""), cell, bound, limit=given.limit, timeout=given.timeout)
        except EudigraphError as error:
            raise CellError(str(error)) from None
        if given.into:
            self.shell.user_ns[given.into] = shown.frame if isinstance(shown, api.Shown) else shown
        return shown
