"""Asking a store for rows."""

from __future__ import annotations

from typing import Any

from pyoxigraph import NamedNode, QuerySolutions, Store

Row = dict[str, Any]
"""A row of an answer: pyoxigraph's terms by the names of their variables; None for a variable without value."""


def select(store: Store, text: str) -> list[Row]:
    """Return the rows of a SELECT query that the program itself wrote."""
    solutions = store.query(text)
    if not isinstance(solutions, QuerySolutions):
        raise TypeError("only SELECT queries give rows")
    names = [v.value for v in solutions.variables]
    return [dict(zip(names, solution, strict=True)) for solution in solutions]


def iri(term: object) -> str | None:
    """Return the IRI of a term that is one, else None."""
    return term.value if isinstance(term, NamedNode) else None
