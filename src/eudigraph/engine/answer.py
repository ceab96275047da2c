"""Running a query, collecting what it gives, and saying in words what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, Triple

from eudigraph.engine.safety import Query, bare
from eudigraph.model.errors import UsageError
from eudigraph.model.names import PREFIXES
from eudigraph.model.passage import Passage
from eudigraph.model.text import cut
from eudigraph.model.triples import Triplestore

TIMEOUT = 60.0
"""Seconds a query may take unless told otherwise."""
MAX_TIMEOUT = 24 * 3600.0
"""Seconds a query may be allowed at most."""
MAX_ANSWER = 256 * 1024**2
"""Bytes of the largest answer that is collected, as processes exchange it; in memory it takes some times more."""

TOO_MUCH = "the query took too much memory and was ended; make it narrower"
"""What is said of a query that takes more memory than it may."""

Results = QueryBoolean | QuerySolutions | QueryTriples


@dataclass
class Answer:
    """What a query gave: ``rows`` over ``variables`` (SELECT), ``truth`` (ASK), or ``triples`` (CONSTRUCT, DESCRIBE).

    A row is a tuple or pyoxigraph's own, which reads like one: to make tuples of these takes as long as small queries
    do. ``cut`` is true if there would have been more than the limit. With evidence, ``behind`` has for each row the
    places in ``passages`` of those that say so.
    """

    variables: list[str] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    truth: bool | None = None
    triples: list[Triple] | None = None
    cut: bool = False
    passages: list[Passage] = field(default_factory=list)
    behind: list[list[int]] | None = None
    notes: list[str] = field(default_factory=list)
    """What was taken for what somebody wrote, where that was a guess."""

    def __repr__(self) -> str:
        if self.truth is not None:
            return f"<Answer: {self.truth}>"
        number, what = (len(self.rows), "rows") if self.triples is None else (len(self.triples), "triples")
        return f"<Answer of {'more than ' if self.cut else ''}{number:,} {what}>"

    @property
    def empty(self) -> bool:
        """Whether rows were asked for, and there are none."""
        return not self.rows and self.truth is None and self.triples is None


def run(store: Triplestore, query: Query, *, limit: int | None = None) -> Answer:
    """Run a query in this process, without a deadline. Raises UsageError for one that the engine rejects."""
    with asked(store, query) as results:
        return collect(results, limit)


@contextmanager
def asked(store: Triplestore, query: Query) -> Iterator[Results]:
    """Give the engine's results of a query. Raises UsageError for one it rejects, also while it is run."""
    try:
        # The default graph is named here, since that overrules any FROM in the text.
        default, named = list(query.graphs.default), None if query.graphs.named is None else list(query.graphs.named)
        based = {} if query.base is None else {"base_iri": query.base}
        yield store.query(query.text, prefixes=PREFIXES, default_graph=default, named_graphs=named, **based)
    except SyntaxError as error:
        raise UsageError(_explain(query.text, str(error))) from error
    except (ValueError, RuntimeError, OSError) as error:
        raise UsageError(f"the query cannot be run: {_first_line(str(error))}") from error


def collect(results: Results | Iterator[Triple], limit: int | None = None) -> Answer:
    """Return at most ``limit`` rows or triples of results, or their truth."""
    if isinstance(results, QueryBoolean):
        return Answer(truth=bool(results))
    answer = Answer()
    items: list[Any] = answer.rows
    if isinstance(results, QuerySolutions):
        answer.variables = [v.value for v in results.variables]
    else:
        answer.triples = items = []
    items.extend(results if limit is None else islice(results, limit + 1))
    if limit is not None and len(items) > limit:
        answer.cut = True
        items.pop()
    return answer


def late(timeout: float) -> str:
    """Return what is said of a query that is still running after so many seconds."""
    return f"the query did not end within {timeout:g} seconds; make it narrower, or allow more with --timeout"


def check_timeout(seconds: float) -> None:
    """Raise UsageError for a timeout that no query can have."""
    if not 0 < seconds <= MAX_TIMEOUT:
        raise UsageError(f"a timeout of {seconds:g} seconds is not possible; give up to {MAX_TIMEOUT:,.0f} seconds")


def _explain(text: str, message: str) -> str:
    """Return what the engine says of a query that it cannot read, for people.

    It lists all that could have come at the furthest place it reached; of use are the place and, among these, the
    sentences, such as "Prefix not found".
    """
    found = re.match(r"error at (\d+):(\d+): expected (?:one of )?(.*)", message, re.DOTALL)
    if not found:
        return f"this is no SPARQL query: {_first_line(message)}; correct it"
    line, column = int(found[1]), int(found[2])
    where = f"line:{line}, column:{column}"
    reason = next((part for part in found[3].split(", ") if re.match(r"[A-Z]\w* [\w ]+", part)), None)
    if reason is None:
        missing = (words := bare(text)).count("{") - words.count("}")
        if missing > 0 and not "\n".join(text.split("\n")[line - 1 :])[column - 1 :].strip():
            end = " ".join("}" * missing)
            return f"this is no SPARQL query: it ends (line:{line}) before it is complete; write {end} at its end"
        return f"this is no SPARQL query: it cannot be read on from {where}; correct it there or just before"
    prefix = re.search(r"([\w.-]*):[^\s:]*$", text.split("\n")[line - 1][: column - 1])
    if reason == "Prefix not found" and prefix:
        name = cut(prefix[1])
        return f"this is no SPARQL query: no prefix {name}: is known (line:{line}); declare it with PREFIX {name}: <…>"
    return f"this is no SPARQL query: {_first_line(reason)} ({where}); correct it there or just before"


def _first_line(text: str) -> str:
    return cut(text.strip().split("\n")[0], 300)
