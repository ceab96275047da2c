"""Answers as pandas tables and rdflib graphs."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode

from eudigraph.engine.answer import Answer
from eudigraph.model import labels
from eudigraph.model.errors import UsageError
from eudigraph.model.names import XSD
from eudigraph.model.rdflib_terms import rdflib_term
from eudigraph.model.version import installing

if TYPE_CHECKING:
    import pandas as pd
    import rdflib


_NUMBERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("integer", "int", "long", "nonNegativeInteger"), int),
    **dict.fromkeys(("decimal", "double", "float"), float),
    "boolean": lambda text: text in ("true", "1"),
    "date": datetime.date.fromisoformat,
}


def python_value(term: object, names: Mapping[str, str]) -> Any:
    """Return a term as a value of Python: numbers, truths and days as such, things by their names."""
    if isinstance(term, Literal):
        convert = _NUMBERS.get(term.datatype.value.removeprefix(XSD), str)
        try:
            return convert(term.value)
        except ValueError:  # an ill-typed literal is still what it says
            return term.value
    return labels.show(term, dict(names)) if term is not None else None


def frame_of(answer: Answer, names: Mapping[str, str], *, with_iris: bool = True) -> pd.DataFrame:
    """Return the rows of an answer as a table: things by their names, with their IRIs in a column ``…_iri``."""
    columns: dict[str, list[Any]] = {}
    for index, variable in enumerate(answer.variables):
        terms = [row[index] for row in answer.rows]
        columns[variable] = [python_value(term, names) for term in terms]
        if with_iris and any(isinstance(term, NamedNode) for term in terms):
            columns[f"{variable}_iri"] = [t.value if isinstance(t, NamedNode) else None for t in terms]
    return table_of(columns)


def rdflib_graph(answer: Answer) -> rdflib.Graph:
    """Return the triples of an answer as an rdflib graph."""
    import rdflib

    graph = rdflib.Graph()
    for triple in answer.triples or []:
        graph.add((rdflib_term(triple.subject), rdflib_term(triple.predicate), rdflib_term(triple.object)))
    return graph


def table_of(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Return columns as a pandas table; raises UsageError where pandas is missing."""
    try:
        import pandas as pd
    except ImportError:
        raise UsageError(f"answers as tables need pandas; get it with: {installing('notebook')}") from None
    return pd.DataFrame({name: _whole(values) for name, values in columns.items()})


def _whole(values: list[Any]) -> Any:
    """Return the values of a column; whole numbers of which some are missing stay whole."""
    import pandas as pd

    kinds = {type(value) for value in values}
    return pd.array(values, dtype="Int64") if kinds == {int, type(None)} else values
