"""SPARQL in a notebook's cell: ``%load_ext eudigraph``, then ``%%sparql``."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eudigraph.model import labels
from eudigraph.model.text import clean, cut

if TYPE_CHECKING:
    import pandas as pd
    import rdflib

import argparse
import keyword
import shlex
from typing import NoReturn

from IPython.core.error import UsageError as CellError

from eudigraph import graph
from eudigraph.graph import Graph, Value, asking_of
from eudigraph.model.errors import EudigraphError
from eudigraph.show.frames import rdflib_graph

MAX_SHOWN = 50
"""Rows of a table that are shown; the table itself has all."""


class Shown:
    """An answer as a cell shows it: a table whose rows open their evidence. ``frame`` is the pandas table.

    ``evidence`` has for each row what passages say, and the address of each one's source on the web, if there is one.
    """

    def __init__(self, frame: pd.DataFrame, evidence: list[list[tuple[str, str | None]]]) -> None:
        self.frame, self.evidence = frame, evidence

    @property
    def _read(self) -> pd.DataFrame:
        """What people read: not the IRIs behind names, and nothing where there is no value."""
        columns = [c for c in self.frame.columns if not (c.endswith("_iri") and c.removesuffix("_iri") in self.frame)]
        return self.frame[columns].astype(object).where(self.frame[columns].notna(), "")

    def __repr__(self) -> str:
        return str(self._read.to_string(max_rows=MAX_SHOWN))

    def _repr_html_(self) -> str:
        """Return the table; all that comes from the graph is text in it, and it needs no script."""
        table = self._read
        heads = [*table.columns, *(["evidence"] if any(self.evidence) else [])]
        lines = ["<table>", f"<thead><tr>{''.join(f'<th>{_escaped(h)}</th>' for h in heads)}</tr></thead><tbody>"]
        rows = list(table.itertuples(index=False))[:MAX_SHOWN]
        for row, notes in zip(rows, self.evidence or [[] for _ in rows], strict=False):
            cells = [_escaped(value) for value in row]
            cells += [_details(notes)] if any(self.evidence) else []
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        lines.append("</tbody></table>")
        if len(self.frame) > MAX_SHOWN:
            lines.append(f"<p>The first {MAX_SHOWN} of {len(self.frame):,} rows.</p>")
        return "\n".join(lines)


def shown(
    graph: Graph, text: str, variables: Mapping[str, Value], *, limit: int | None = None, timeout: float = 60.0
) -> Shown | rdflib.Graph | bool:
    """Return the answer to SPARQL as a notebook shows it, each row with its evidence; see ``Graph.sparql``."""
    found = graph.ask(text, variables, asking_of(limit, timeout, evidence=True))
    if found.behind is None:
        if found.truth is not None:
            return found.truth
        return rdflib_graph(found)
    with labels.preferring(graph.languages):
        names = labels.labels(graph.built.store, {iri for p in found.passages for iri in (p.speaker, p.certainty)})
        frame = graph.frame(found)
    notes = [
        (f"{p.gist} [{names[p.speaker]}, {names[p.certainty]}; {p.title}, {p.place}]", p.url) for p in found.passages
    ]
    return Shown(frame, [[notes[i] for i in behind] for behind in found.behind])


def _escaped(text: object) -> str:
    """Return a text as HTML that is nothing but this text."""
    return html.escape(clean(str(text)))


def _details(notes: list[tuple[str, str | None]]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{_escaped(note)}{_on_web(url)}</li>" for note, url in notes)
    count = "1 passage" if len(notes) == 1 else f"{len(notes)} passages"
    return f"<details><summary>{count}</summary><ul>{items}</ul></details>"


def _on_web(url: str | None) -> str:
    return f' <a href="{_escaped(url)}" rel="noopener noreferrer">Its text on the web</a>' if url else ""


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
        self._graph: graph.Graph | None = None
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

    def choose(self, line: str) -> graph.Graph:
        """Choose what ``%%sparql`` asks: a workspace's folder, a variable with a graph, or nothing for the default."""
        name = line.strip()
        held = self.shell.user_ns.get(name)
        try:
            self._graph = held if isinstance(held, graph.Graph) else graph.open_graph(*shlex.split(name)[:1])
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
            answer = shown(self._graph or self.choose(""), cell, bound, limit=given.limit, timeout=given.timeout)
        except EudigraphError as error:
            raise CellError(str(error)) from None
        if given.into:
            self.shell.user_ns[given.into] = answer.frame if isinstance(answer, Shown) else answer
        return answer
