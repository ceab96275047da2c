"""Answers as pandas tables and rdflib graphs."""

from __future__ import annotations

import datetime
import decimal
import math
import re
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


def _number(text: str) -> float | decimal.Decimal:
    """Return a decimal as a float, or as it is where it is too large for that."""
    number = float(text)
    return number if math.isfinite(number) else decimal.Decimal(text)


_INTEGERS = (
    *("integer", "long", "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
)
_VALUES: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    **dict.fromkeys(_INTEGERS, (re.compile(r"[+-]?\d+", re.ASCII), int)),
    "decimal": (re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII), _number),
    **dict.fromkeys(
        ("double", "float"),
        (re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?INF|NaN", re.ASCII), float),
    ),
    "boolean": (re.compile("true|false|1|0"), lambda text: text in ("true", "1")),
    "date": (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), datetime.date.fromisoformat),
}
"""How a literal of a type is written (https://www.w3.org/TR/xmlschema11-2/), and what makes a value of Python of it."""
_INT64 = range(-(2**63), 2**63)


def python_value(term: object, names: Mapping[str, str]) -> Any:
    """Return a term as a value of Python: numbers, truths and days as such, entities by their names.

    What Python has no such value for, such as days after the year 9999, is the text that it is written as.
    """
    if isinstance(term, Literal):
        written, convert = _VALUES.get(term.datatype.value.removeprefix(XSD), (None, str))
        try:
            return convert(term.value) if written and written.fullmatch(term.value) else term.value
        except ValueError:  # a day that there is not, or a number of more digits than Python reads
            return term.value
    return labels.show(term, dict(names)) if term is not None else None


def frame_of(answer: Answer, names: Mapping[str, str], *, with_iris: bool = True) -> pd.DataFrame:
    """Return the rows of an answer as a table: entities by their names, with their IRIs in a column ``…_iri``."""
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
    """Return the values of a column; whole numbers of which some are missing, or have more than 64 bits, stay whole."""
    import pandas as pd

    kinds = {type(value) for value in values}
    if kinds in ({int}, {int, type(None)}) and any(value is not None and value not in _INT64 for value in values):
        return pd.Series(values, dtype=object)
    return pd.array(values, dtype="Int64") if kinds == {int, type(None)} else values
