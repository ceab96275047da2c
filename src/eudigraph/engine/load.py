"""Filling an endpoint elsewhere with a built graph, by the SPARQL 1.1 Graph Store HTTP Protocol.

A graph of its own, ``dialect.GRAPH_MANIFEST``, notes which graphs are ours there, and that loading is under way, from
before the first of them is written until after the last. So a store that is half full is known as such, and loading it
again ends well: each graph is replaced, and what a former load has left behind is removed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from itertools import islice

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from eudigraph.engine.dialect import GRAPH_MANIFEST
from eudigraph.engine.endpoint import LOADING, MANIFEST_VALUE
from eudigraph.engine.http import Client, Response
from eudigraph.engine.store import Built
from eudigraph.model.errors import QueryTimeout, StoreError, UsageError
from eudigraph.model.names import BASE, GRAPH_DEFAULT
from eudigraph.model.triples import Triplestore

TIMEOUT = 600.0
"""Seconds in which the server must have taken a chunk."""
CHUNK = 10_000
"""Statements that are sent at once."""
CONNECTIONS = 4
"""Graphs that are sent at the same time."""
_PAUSES = (0.05, 0.2, 0.5, 1.0)
"""Seconds before a server that failed is asked once more."""
_MAX_REPLY = 256 * 1024**2
_HAS_PART = NamedNode("http://purl.org/dc/terms/hasPart")
_N_TRIPLES = "application/n-triples"

GraphName = NamedNode | DefaultGraph
Statements = Callable[[], Iterable[Triple]]
"""What gives the statements of a graph, each time from the beginning: there may be more than fit into memory."""


def load(built: Built, url: str, *, replace_default: bool = False, say: Callable[[str], None] = lambda _: None) -> int:
    """Put a built graph behind the Graph Store at a URL; return the number of its named graphs.

    Only graphs of ours are written, replaced and removed: those of the build, and those that a former load has noted.
    Raises UsageError where the server's default graph holds what is not ours, unless it may be replaced, and StoreError
    where the server does not take something. It can be run again after that.
    """
    target = _GraphStore(Client(url))
    former = target.manifest()
    own = {graph for graph in built.store.named_graphs() if isinstance(graph, NamedNode)}
    foreign = min((graph.value for graph in own if not graph.value.startswith(BASE)), default=None)
    if foreign:
        raise UsageError(f"<{foreign}> is no graph below {BASE}; only such are loaded, so that no other is overwritten")
    if target.has_default and former is None and not replace_default and target.default_is_filled():
        raise UsageError(
            f"the default graph at {target.server.url} holds something that is not of eudigraph; "
            "load into an empty store, or give --replace to replace it"
        )
    known = own | (former or set())
    target.note(known, LOADING)
    target.fill(DefaultGraph() if target.has_default else GRAPH_DEFAULT, _statements(built.store, DefaultGraph()))
    _fill_all(target, {graph: _statements(built.store, graph) if graph in own else tuple for graph in known}, say)
    target.note(own, json.dumps(asdict(replace(built.manifest, inputs={})), sort_keys=True))
    return len(own)


def _fill_all(target: _GraphStore, graphs: dict[NamedNode, Statements], say: Callable[[str], None]) -> None:
    """Replace graphs by their statements, some at the same time: there are thousands of small ones."""
    todo = iter(sorted(graphs, key=str))
    running: set[Future[None]] = set()
    done = 0
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            while True:
                for graph in islice(todo, 4 * CONNECTIONS - len(running)):
                    running.add(pool.submit(target.fill, graph, graphs[graph]))
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                done += len(finished)
                say(f"{done:,} of {len(graphs):,} graphs")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _GraphStore:
    """A server that takes graphs. ``has_default`` is whether it has a default graph of its own among them."""

    def __init__(self, server: Client) -> None:
        self.server = server
        reply = self._send("GET", DefaultGraph(), only_start=True)
        self.has_default = reply.status in (200, 204, 404)
        self._default = reply.body if reply.status == 200 else b""
        # Virtuoso, which has none, says so with status 500.
        if not self.has_default and reply.status not in (400, 405, 500, 501):
            self._must(reply, "give its default graph", (200,))

    def default_is_filled(self) -> bool:
        """Whether anything was in the default graph at the beginning."""
        return bool(self._default.strip())

    def manifest(self) -> set[NamedNode] | None:
        """Return the graphs that a former load has noted; None if there was none."""
        reply = self._send("GET", GRAPH_MANIFEST)
        if reply.status == 404 or (reply.status in (200, 204) and not reply.body.strip()):
            return None
        self._must(reply, "give what was loaded", (200,))
        form = RdfFormat.from_media_type(reply.kind)
        try:
            quads = list(parse(reply.body, form)) if form else []
        except (ValueError, SyntaxError):
            quads = []
        if not any(quad.subject == GRAPH_MANIFEST for quad in quads):
            raise StoreError(f"{self.server.url} answers as no Graph Store does; is it the address of one?")
        noted = {q.object for q in quads if q.predicate == _HAS_PART and isinstance(q.object, NamedNode)}
        return {graph for graph in noted if graph.value.startswith(BASE)}

    def note(self, graphs: Iterable[NamedNode], value: str) -> None:
        """Write down which graphs are ours, and how far loading has come."""
        said = [Triple(GRAPH_MANIFEST, MANIFEST_VALUE, Literal(value))]
        said += [Triple(GRAPH_MANIFEST, _HAS_PART, graph) for graph in sorted(graphs, key=str)]
        self.fill(GRAPH_MANIFEST, lambda: said)

    def fill(self, graph: GraphName, statements: Statements) -> None:
        """Replace a graph by these statements, in chunks; without any, remove it."""
        method = "PUT"
        for chunk in _chunks(statements):
            self._must(self._again_and_again(method, graph, chunk), f"take {graph}", (200, 201, 202, 204))
            method = "POST"
        if method == "PUT":
            self._must(self._again_and_again("DELETE", graph), f"remove {graph}", (200, 202, 204, 404))

    def _again_and_again(self, method: str, graph: GraphName, chunk: list[Triple] | None = None) -> Response:
        """Send what may be sent twice, and again where the server fails: two writers may be in each other's way."""
        for pause in _PAUSES:
            reply = self._send(method, graph, chunk)
            if reply.status < 500:
                return reply
            time.sleep(pause)
        return self._send(method, graph, chunk)

    def _send(
        self, method: str, graph: GraphName, chunk: list[Triple] | None = None, *, only_start: bool = False
    ) -> Response:
        parameter = ("default", "") if isinstance(graph, DefaultGraph) else ("graph", graph.value)
        try:
            return self.server.send(
                method,
                (parameter,),
                data=None if chunk is None else serialize(chunk, format=RdfFormat.N_TRIPLES),
                headers={"GET": {"Accept": _N_TRIPLES}, "DELETE": {}}.get(method, {"Content-Type": _N_TRIPLES}),
                timeout=TIMEOUT,
                most=1 if only_start else _MAX_REPLY,
                only_start=only_start,
            )
        except QueryTimeout as error:
            raise StoreError(
                f"{self.server.url} did not answer within {TIMEOUT:g} seconds; see how it is, then load again"
            ) from error

    def _must(self, reply: Response, what: str, expected: tuple[int, ...]) -> None:
        if reply.status not in expected:
            raise StoreError(
                f"{self.server.url} does not {what} (status {reply.status}: {reply.said()}); "
                "is it the address of a Graph Store? mend it, then load again"
            )


def _statements(store: Triplestore, graph: GraphName) -> Statements:
    def all_of_it() -> Iterator[Triple]:
        for quad in store.quads_for_pattern(None, None, None, graph):
            yield Triple(quad.subject, quad.predicate, quad.object)

    return all_of_it


def _chunks(statements: Statements) -> Iterator[list[Triple]]:
    """Yield statements in chunks; all that have blank nodes are in the first, since their names hold only there."""
    chunk = [triple for triple in statements() if _blank(triple)]
    for triple in statements():
        if not _blank(triple):
            chunk.append(triple)
            if len(chunk) >= CHUNK:
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def _blank(triple: Triple) -> bool:
    return isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode)
