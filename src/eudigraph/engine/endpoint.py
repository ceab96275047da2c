"""A built graph that a SPARQL endpoint elsewhere holds, to be read like one of our own.

``eudigraph serve`` is one, and ``loading`` fills others. Engines differ in what a query sees without naming a graph:
some have a default graph beside the named ones, as we do; others put all named graphs together there, and a statement
in three of them counts three times. For these the default graph is one more named graph, ``names.GRAPH_DEFAULT``, which
is sent with each query. Which way an engine has is found out by asking, when it is opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from eudigraph.engine import dialect
from eudigraph.engine.answer import MAX_ANSWER, TIMEOUT, Answer, check_timeout, run
from eudigraph.engine.dialect import GRAPH_MANIFEST
from eudigraph.engine.http import Client, Response
from eudigraph.engine.safety import FORMS, MAX_NESTING, Query, disarmed, form_of, too_deep
from eudigraph.engine.store import FORMAT, Built, Manifest, open_built
from eudigraph.model.errors import QueryTimeout, StoreError, UsageError
from eudigraph.model.names import BASE, GRAPH_DEFAULT, GRAPH_ONTOLOGY, OWL, RDF, is_url
from eudigraph.model.text import cut
from eudigraph.model.triples import iri, select

MANIFEST_VALUE: Final = NamedNode(RDF + "value")
"""Leads from the manifest's graph to the manifest in JSON; while loading is under way, to ``LOADING``."""
LOADING: Final = "loading"

_NO_GRAPH: Final = BASE + "graph/none"
"""A graph that is nowhere, for who wants to see no named graph at all: the protocol has no other way to say so."""
_TABLE: Final = "application/sparql-results+json"
_TRIPLES: Final = "application/n-triples"
_EXPLAINED: Final = (400, 406, 413, 414, 422, 500, 501)
"""Statuses with which an engine refuses a query and says why."""
_BROKEN: Final = -1
_LONG: Final = -2
_DEEP: Final = 2_000
"""Brackets of an answer that are looked at together, and that may be open at once: of twice as many pyoxigraph dies."""
_NO_MARKS: Final = bytes(set(range(256)) - set(b'"{}[]'))
"""What neither is a bracket nor tells which brackets stand in a text."""


@dataclass(frozen=True)
class Endpoint:
    """A ``sparql.Triplestore`` behind a SPARQL endpoint.

    ``default_graph`` is sent as the graph to ask where none is named; ``timeout`` are the seconds of an answer in all.
    Where an engine caps its answers, one with more than ``enough`` rows is no failure. Each method raises StoreError
    for an engine that cannot be reached, answers what is no answer or only a part of it, QueryTimeout for one that is
    too slow, and UsageError for a query that is refused, here or there.
    """

    server: Client
    default_graph: str | None = None
    timeout: float = TIMEOUT
    enough: int | None = None

    def query(
        self, query: str, *, prefixes: dict[str, str] | None = None, default_graph: Any = None, named_graphs: Any = None
    ) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return the answer to a query, over the whole dataset or these graphs of it."""
        form = form_of(disarmed(query))
        if form not in FORMS:
            raise UsageError("only queries are sent to an endpoint: SELECT, ASK, CONSTRUCT or DESCRIBE")
        text = dialect.rewritten(query, prefixes or {}, default_is_sent=self.default_graph is not None)
        chosen = [("default-graph-uri", name) for name in _names(default_graph)]
        if not chosen and self.default_graph:
            chosen = [("default-graph-uri", self.default_graph)]
        if named_graphs is not None:
            chosen += [("named-graph-uri", name) for name in _names(named_graphs) or [_NO_GRAPH]]
        if form in ("CONSTRUCT", "DESCRIBE"):
            return self._triples(self._send(text, chosen, _TRIPLES))
        return self._table(self._send(text, chosen, _TABLE), form)

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: NamedNode | BlankNode | Literal | Triple | None,
        graph_name: NamedNode | BlankNode | DefaultGraph | None = None,
        /,
    ) -> Iterator[Quad]:
        """Yield the quads that have these terms; a blank node can be found only by what is said of it."""
        given: dict[str, Any] = {"s": subject, "p": predicate, "o": object, "g": graph_name}
        if any(isinstance(term, BlankNode | Triple) for term in given.values()):
            raise ValueError("a blank node has no name that holds beyond one answer")
        pattern = " ".join(f"?{name}" if given[name] is None else str(given[name]) for name in "spo")
        parts = []
        if not isinstance(graph_name, NamedNode):
            parts.append(f"{{ {pattern} }}")
        if not isinstance(graph_name, DefaultGraph):
            parts.append(f"{{ GRAPH {graph_name or '?g'} {{ {pattern} }} }}")
        free = " ".join(f"?{name}" for name in given if given[name] is None) or "(1 AS ?found)"
        for row in select(self, f"SELECT {free} {{ {' UNION '.join(parts)} }}"):
            s, p, o, g = (row.get(name, term) for name, term in given.items())
            yield Quad(s, p, o, g or DefaultGraph())

    def named_graphs(self) -> Iterator[NamedNode | BlankNode]:
        """Yield the names of all graphs of ours but the default one."""
        for row in select(self, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"):
            yield row["g"]

    def __contains__(self, quad: Any, /) -> bool:
        pattern = f"{{ {quad.subject} {quad.predicate} {quad.object} }}"
        if isinstance(quad.graph_name, NamedNode):
            pattern = f"{{ GRAPH {quad.graph_name} {pattern} }}"
        return bool(self.query(f"ASK {pattern}"))

    def __iter__(self) -> Iterator[Quad]:
        return self.quads_for_pattern(None, None, None, None)

    def _send(self, text: str, chosen: list[tuple[str, str]], wanted: str) -> Response:
        reply = self.server.send(
            "POST",
            data=urlencode([("query", text), *chosen]).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": wanted},
            timeout=self.timeout,
            most=MAX_ANSWER,
        )
        if reply.status == 200:
            return reply
        if reply.status in (408, 504):
            raise QueryTimeout(f"{self.server.url} ended the query ({reply.said()}); make it narrower")
        if reply.status in _EXPLAINED and reply.said():
            raise UsageError(f"{self.server.url} cannot run the query: {reply.said()}")
        raise StoreError(
            f"{self.server.url} answers with status {reply.status} ({reply.said()}); is it the address of an endpoint, "
            "such as http://127.0.0.1:8080/sparql?"
        )

    def _table(self, reply: Response, form: str) -> QuerySolutions | QueryBoolean:
        if reply.kind not in (_TABLE, "application/json"):
            raise self._no_answer(reply.kind)
        if _too_deep(reply.body):
            raise self._no_answer("terms within each other, too deep to be read")
        body = dialect.corrected(reply.body)
        rows = _count(body)
        if rows == _BROKEN:
            raise self._no_answer("something else, or a part of an answer")
        if rows == _LONG:
            raise self._no_answer("a text of more than 16 MB")
        if (rows is None) != (form == "ASK"):
            raise self._no_answer("rows where yes or no was asked, or the other way round")
        self._refuse_a_part(reply, rows or 0)
        return parse_query_results(body, QueryResultsFormat.JSON)

    def _triples(self, reply: Response) -> QueryTriples:
        form = RdfFormat.N_TRIPLES if reply.kind == "text/plain" else RdfFormat.from_media_type(reply.kind)
        if form is None:
            raise self._no_answer(reply.kind)
        if reply.body.count(b"<<") > MAX_NESTING and too_deep(reply.body.decode(errors="replace")):
            raise self._no_answer("statements within each other, too deep to be read")
        graph = Store()
        try:
            graph.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in parse(reply.body, form))
        except (ValueError, SyntaxError) as error:
            raise self._no_answer("something else, or a part of an answer") from error
        except MemoryError as error:
            raise self._no_answer("a text of more than 16 MB") from error
        self._refuse_a_part(reply, len(graph))
        found = graph.query("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }")
        if not isinstance(found, QueryTriples):
            raise TypeError("CONSTRUCT gives triples")
        return found

    def _refuse_a_part(self, reply: Response, rows: int) -> None:
        """Raise StoreError for an answer of which the engine says that it is only a part, unless the part is enough.

        Virtuoso says so by headers: how many rows it gives at most, and whether it ran out of time.
        """
        if self.enough is not None and rows > self.enough:
            return
        most = reply.headers.get("X-SPARQL-MaxRows")
        capped = most is not None and not (most.strip().isdecimal() and rows < int(most))
        if capped or "X-SPARQL-Anytime" in reply.headers:
            raise StoreError(
                f"{self.server.url} omitted what came after {rows:,} rows, as it is set to; ask for less, or have "
                "whoever runs it raise that (Virtuoso: ResultSetMaxRows and MaxQueryExecutionTime; "
                "eudigraph serve: --max-rows)"
            )

    def _no_answer(self, instead: str) -> StoreError:
        return StoreError(
            f"{self.server.url} answers with {cut(instead or 'nothing')}, not as SPARQL does; "
            "is it the address of an endpoint?"
        )


@dataclass(frozen=True)
class Remote:
    """Runs queries behind an endpoint, which gets so many seconds for each answer."""

    endpoint: Endpoint

    def run(self, query: Query, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
        """Run a query there, within a time, and return at most ``limit`` rows or triples."""
        check_timeout(timeout)
        return run(replace(self.endpoint, timeout=timeout, enough=limit), query, limit=limit)


def open_store(place: str | Path, *, timeout: float = TIMEOUT) -> Built:
    """Open the build in a folder, or behind the endpoint at a URL. Raises StoreError and UsageError."""
    if isinstance(place, str) and is_url(place):
        return open_endpoint(place, timeout=timeout)
    return open_built(Path(place))


def open_endpoint(url: str, *, timeout: float = TIMEOUT) -> Built:
    """Open a built graph behind a SPARQL endpoint, which gets ``timeout`` seconds for each answer.

    Raises StoreError for one that cannot be reached, holds nothing of ours or a part only, or of another version,
    QueryTimeout for one that is too slow, and UsageError for an invalid URL.
    """
    plain = Endpoint(Client(url), timeout=timeout)
    with _answering(plain):
        return _opened(plain)


@contextmanager
def _answering(graph: Endpoint) -> Iterator[None]:
    """Turn it into a StoreError if a row, a column or a value that was asked for is not there, or none of its kind."""
    try:
        yield
    except (LookupError, AttributeError, ValueError) as error:
        raise StoreError(
            f"{graph.server.url} answers with other columns than it was asked for; is it the address of an endpoint?"
        ) from error


def _opened(plain: Endpoint) -> Built:
    where = plain.server.url
    rows = select(plain, f"SELECT ?v {{ GRAPH {GRAPH_MANIFEST} {{ {GRAPH_MANIFEST} {MANIFEST_VALUE} ?v }} }}")
    manifest = read_manifest(row["v"].value for row in rows) if rows else _unwritten_manifest(plain)
    if manifest is None:
        raise StoreError(f"loading {where} did not come to its end; run it again: eudigraph load --to URL")
    if manifest.format != FORMAT:
        raise StoreError(
            f"{where} was filled by eudigraph {cut(manifest.eudigraph)} in format {manifest.format}; this one reads "
            f"format {FORMAT}; fill it again: eudigraph load --to URL"
        )
    found = replace(_in_its_way(plain), timeout=TIMEOUT)
    return Built(Path(), manifest, found, Remote(found))


def _unwritten_manifest(plain: Endpoint) -> Manifest:
    """Return what can be known where ``loading`` noted nothing: behind ``eudigraph serve``, or a loaded export."""
    ontology = f"?ontology a <{OWL}Ontology> ; <{OWL}versionInfo> ?v"
    rows = select(plain, f"SELECT ?v {{ GRAPH {GRAPH_ONTOLOGY} {{ {ontology} }} }}")
    if not rows:
        raise StoreError(f"{plain.server.url} holds no graph of eudigraph; fill it with: eudigraph load --to URL")
    return Manifest(FORMAT, 0, "", rows[0]["v"].value)


def read_manifest(values: Iterable[str]) -> Manifest | None:
    """Return the manifest that a loaded store holds; None if loading is under way, or it is damaged."""
    try:
        (value,) = values
        return Manifest(**json.loads(value))
    except (ValueError, TypeError, RecursionError):
        return None


def _in_its_way(plain: Endpoint) -> Endpoint:
    """Return an endpoint that sees the default graph as a set, along with the named graphs."""
    ways = [plain]
    if plain.query(f"ASK {{ GRAPH {GRAPH_DEFAULT} {{ ?s ?p ?o }} }}"):
        ways.insert(0, replace(plain, default_graph=GRAPH_DEFAULT.value))
    for way in ways:
        # Each class of the ontology stands in a named graph and in the default graph.
        (row,) = select(way, f"SELECT (COUNT(?x) AS ?n) (COUNT(DISTINCT ?x) AS ?once) {{ ?x a <{OWL}Class> }}")
        once = row["n"].value == row["once"].value != "0"
        if once and way.query(f"ASK {{ GRAPH ?g {{ ?x a <{OWL}Class> }} }}"):
            return way
    raise StoreError(
        f"{plain.server.url} either counts a statement once for each graph it stands in, or hides the named graphs; "
        "take an engine whose default graph is a graph of its own, or a set"
    )


def _too_deep(body: bytes) -> bool:
    """Whether an answer in JSON nests so deeply that to read it would bring us down."""
    marks = re.sub(rb"\\.", b"", body, flags=re.DOTALL).translate(None, _NO_MARKS)
    brackets = re.sub(rb'"[^"]*"', b"", marks)
    depth = 0
    for start in range(0, len(brackets), _DEEP):
        part = brackets[start : start + _DEEP]
        opened = part.count(b"{") + part.count(b"[")
        if depth + opened > _DEEP:
            return True
        depth += 2 * opened - len(part)
    return False


def _count(body: bytes) -> int | None:
    """Return the number of rows of an answer, read to its end; None for yes or no, ``_BROKEN`` for what is no answer,
    ``_LONG`` for one with a text in it that is longer than pyoxigraph reads.

    Rows are else read only when they are asked for. That nothing is raised here is on purpose: what an error keeps of
    the engine's objects must not end up in another thread.
    """
    rows = 0
    try:
        found = parse_query_results(body, QueryResultsFormat.JSON)
        if isinstance(found, QueryBoolean):
            return None
        for _ in found:
            rows += 1
    except (ValueError, SyntaxError):
        return _BROKEN
    except MemoryError:
        return _LONG
    return rows


def _names(graphs: Any) -> list[str]:
    """Return the IRIs of graphs that a query is to see; of the default graph, none."""
    given = graphs if isinstance(graphs, list | tuple | set | frozenset) else [graphs]
    return [name for graph in given if (name := iri(graph)) is not None]
