"""Statements in a store, and asking it for rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
)

Row = dict[str, Any]
"""A row of an answer: pyoxigraph's terms by the names of their variables; None for a variable without value."""


class Triplestore(Protocol):
    """What is wanted of a store that is read: pyoxigraph's own has it, and so has an endpoint elsewhere."""

    def query(
        self, query: str, *, prefixes: dict[str, str] | None = None, default_graph: Any = None, named_graphs: Any = None
    ) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return the answer to a query, over the whole dataset or these graphs of it."""

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: NamedNode | BlankNode | Literal | Triple | None,
        graph_name: NamedNode | BlankNode | DefaultGraph | None = None,
        /,
    ) -> Iterator[Quad]:
        """Yield the quads that have these terms; None stands for any, also for any graph."""

    def named_graphs(self) -> Iterator[NamedNode | BlankNode]:
        """Yield the names of all graphs but the default one."""

    def __contains__(self, quad: Any, /) -> bool: ...

    def __iter__(self) -> Iterator[Quad]: ...


def select(store: Triplestore, text: str, **options: Any) -> list[Row]:
    """Return the rows of a SELECT query that the program itself wrote; ``options`` are the store's own."""
    solutions = store.query(text, **options)
    if not isinstance(solutions, QuerySolutions):
        raise TypeError("only SELECT queries give rows")
    names = [v.value for v in solutions.variables]
    return [dict(zip(names, solution, strict=True)) for solution in solutions]


def iri(term: object) -> str | None:
    """Return the IRI of a term that is one, else None."""
    return term.value if isinstance(term, NamedNode) else None


def exists(store: Triplestore, node: NamedNode) -> bool:
    """Whether anything is said of an entity, or anything to it, or whether it is a graph with statements."""
    patterns = f"{{ {node} ?p ?o }} UNION {{ ?s ?p {node} }} UNION {{ GRAPH {node} {{ ?s ?p ?o }} }}"
    return bool(store.query(f"ASK {{ {patterns} }}"))


def plain(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield statements as they are in the default graph."""
    for quad in quads:
        if is_plain(quad):
            yield Quad(quad.subject, quad.predicate, quad.object)


def is_plain(quad: Quad) -> bool:
    """Whether a statement is in the default graph as well: it has no blank node."""
    return not isinstance(quad.subject, BlankNode) and not isinstance(quad.object, BlankNode)


def count(store: Store, graph: NamedNode | None = None) -> int:
    """Return the number of statements in a named graph, or in the default graph."""
    pattern = f"GRAPH {graph} {{ ?s ?p ?o }}" if graph else "?s ?p ?o"
    return int(select(store, f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0]["n"].value)
