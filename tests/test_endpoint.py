"""Engines elsewhere: the same answers from Oxigraph and Virtuoso, filling them, and servers that misbehave."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

import servers
import serving
from conftest import Run
from eudigraph.ask import library, lookup
from eudigraph.engine import answer as answer_
from eudigraph.engine import dialect, endpoint, http, load, store
from eudigraph.engine.safety import prepare
from eudigraph.graph import open_graph
from eudigraph.model import ontology, workspace
from eudigraph.model.errors import QueryTimeout, StoreError, UsageError
from eudigraph.model.names import BASE, EUD, GRAPH_DEFAULT, PREFIXES
from eudigraph.model.triples import select
from eudigraph.network import projections

Command = Callable[..., Run]
JSON = "application/sparql-results+json"

with_oxigraph = pytest.param(
    "oxigraph",
    marks=[
        pytest.mark.oxigraph,
        pytest.mark.skipif(not servers.oxigraph_program(), reason="Oxigraph's server is not installed"),
    ],
)
with_virtuoso = pytest.param(
    "virtuoso",
    marks=[
        pytest.mark.virtuoso,
        pytest.mark.skipif(not servers.virtuoso_program(), reason="Virtuoso is not installed"),
    ],
)
with_eudigraph = pytest.param("eudigraph", marks=pytest.mark.server)


def engine_of(name: str, folder: Path) -> Any:
    return servers.oxigraph(folder) if name == "oxigraph" else servers.virtuoso(folder)


@dataclass(frozen=True)
class Engine:
    """A server that holds the checkout's graph, opened."""

    name: str
    at: servers.Remote
    graph: store.Built


@pytest.fixture(scope="module", params=[with_oxigraph, with_virtuoso, with_eudigraph])
def elsewhere(
    request: pytest.FixtureRequest, built: store.Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    if request.param == "eudigraph":
        with serving.serving(built.folder, tmp_path_factory.mktemp(request.param) / "log") as client:
            address = f"http://127.0.0.1:{client.port}/sparql"
            yield Engine(request.param, servers.Remote(address, "", client.port), endpoint.open_endpoint(address))
        return
    with engine_of(request.param, tmp_path_factory.mktemp(request.param)) as at:
        load.load(built, at.graphs)
        yield Engine(request.param, at, endpoint.open_endpoint(at.queries))


@pytest.fixture(scope="module", params=[with_oxigraph, with_virtuoso])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Remote]:
    """A server whose content the tests change: each has to leave it so that the next can use it."""
    with engine_of(request.param, tmp_path_factory.mktemp(request.param)) as at:
        yield at


# ---------------------------------------------------------------- The same answers


def cases(built: store.Built, query: library.LibraryQuery) -> list[dict[str, str]]:
    """Return parameters for a query: none, each value of each by itself (of resources some), and some together."""
    each = {name: list(values(built, parameter)) for name, parameter in query.parameters.items()}
    needed = {name: each[name][0] for name, parameter in query.parameters.items() if parameter.required}
    found = [needed] + [{**needed, name: value} for name, given in each.items() for value in given]
    return found + [dict(zip(each, chosen, strict=True)) for chosen in islice(zip(*each.values(), strict=False), 5)]


def values(built: store.Built, parameter: library.Parameter) -> Iterator[str]:
    if parameter.type == "date":
        yield from ("2021-12-31", "2023-05-15", "2023-06-30", "2024-12-01")
    elif parameter.type == "integer":
        yield from ("1", "2", "3", "7")
    elif parameter.type == "property":
        yield from (f"eud:{name}" for name in ("status", "date", "cooperatesOn", "wantedBy", "pursuesTopic"))
    else:
        kind = "?any" if parameter.type == "resource" else f"<{EUD}{parameter.type}>"
        rows = select(built.store, f"SELECT DISTINCT ?x {{ GRAPH ?g {{ ?x ?p ?o }} ?x a {kind} }} ORDER BY ?x")
        things = [row["x"].value for row in rows if row["x"].value.startswith(BASE)]
        yield from things[:: max(1, len(things) // 8)]
        if parameter.type == "Agent":  # represented at a meeting by somebody, of which Virtuoso once told too much
            yield f"{BASE}country/united-states"


@pytest.mark.parametrize("name", sorted(p.stem for p in (Path(__file__).parents[1] / "queries").glob("*.rq")))
def test_a_library_query_has_the_same_rows_in_the_same_order(
    elsewhere: Engine, built: store.Built, checkout: workspace.Workspace, name: str
) -> None:
    query = library.load_library(checkout)[name]
    rows = 0
    for parameters in cases(built, query):
        try:
            text = library.bind(query, lookup.resolve(built.store, query, parameters)[0])
        except UsageError:
            continue  # a class, where an instance is wanted
        answer = answer_.run(built.store, prepare(text))
        assert elsewhere.graph.ask(prepare(text)) == answer, parameters
        rows += len(answer.rows)
    assert rows > 0 or name in ("changes", "instruments")  # of which the article has none


@pytest.mark.parametrize("name", ["everything", "country-topic", "official-meeting", "organisation-engagement"])
def test_a_network_is_the_same(elsewhere: Engine, built: store.Built, checkout: workspace.Workspace, name: str) -> None:
    def parts(graph: store.Built) -> tuple[list[Any], list[Any]]:
        network = projections.project(graph, checkout, name)
        edges = network.edges(keys=True, data=True) if network.is_multigraph() else network.edges(data=True)
        return sorted(network.nodes(data=True), key=str), sorted(edges, key=str)

    assert parts(elsewhere.graph) == parts(built)
    assert len(parts(built)[1]) > 2


def test_everything_that_is_stored_comes_back(elsewhere: Engine, built: store.Built) -> None:
    there, here = list(elsewhere.graph.store), list(built.store)
    assert len(there) == len(here)
    assert {q for q in there if not blank(q)} == {q for q in here if not blank(q)}
    assert set(elsewhere.graph.store.named_graphs()) == set(built.store.named_graphs())
    assert elsewhere.graph.manifest.ontology == built.manifest.ontology
    assert elsewhere.graph.counts == built.counts
    if elsewhere.name != "eudigraph":  # which has no use for a manifest beside that of its build
        assert elsewhere.graph.manifest == replace(built.manifest, inputs={})


def blank(quad: Quad) -> bool:
    return isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)


def test_statements_are_found_by_any_of_their_terms(elsewhere: Engine, built: store.Built) -> None:
    literals = [q for q in built.store if isinstance(q.object, Literal) and q.object.language is None]
    chosen = [*islice(built.store, 0, 6000, 500), *literals[:: max(1, len(literals) // 10)]]
    assert len(chosen) > 15
    for quad in chosen:
        if blank(quad):
            continue
        s, p, o, g = quad.subject, quad.predicate, quad.object, quad.graph_name
        assert quad in elsewhere.graph.store
        for terms in ((s, None, None, None), (None, p, o, None), (s, p, o, g), (s, p, None, g), (s, p, o, None)):
            found = {q for q in built.store.quads_for_pattern(*terms) if not blank(q)}
            assert {q for q in elsewhere.graph.store.quads_for_pattern(*terms) if not blank(q)} == found, terms
    assert Quad(NamedNode(BASE), NamedNode(BASE), NamedNode(BASE)) not in elsewhere.graph.store
    with pytest.raises(ValueError, match="blank node"):
        list(elsewhere.graph.store.quads_for_pattern(BlankNode(), None, None))


def axioms(given: store.Built) -> list[str]:
    """Return what the ontology says, whatever order the engine gives it in."""
    known = ontology.from_store(given.store)
    return sorted("".join(sorted(str(term))) for term in known.terms.values()) + sorted(map(str, known.disjoint))


def test_lists_of_the_ontology_are_whole(elsewhere: Engine, built: store.Built) -> None:
    assert axioms(elsewhere.graph) == axioms(built)


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "topics", "country=Japan", "--evidence"),
        ("query", "disagreements", "--format", "json", "--ids"),
        ("query", "meetings", "from=2023-05-16", "--format", "tsv"),
        ("explain", "India", "cooperates on", "standardisation"),
        ("analyse", "degree", "--asserted"),
    ],
)
def test_a_command_prints_the_same(
    elsewhere: Engine, built: store.Built, command: Command, arguments: tuple[str, ...]
) -> None:
    there = command(*arguments, "--store", elsewhere.at.queries)
    assert there == command(*arguments, "--store", built.folder)
    assert there.status == 0
    assert there.out


@pytest.mark.parametrize("form", ["graphml", "icalendar", "cytoscape"])
def test_an_export_is_the_same(
    elsewhere: Engine, built: store.Built, command: Command, tmp_path: Path, form: str
) -> None:
    for name, place in (("there", elsewhere.at.queries), ("here", built.folder)):
        assert command("export", form, "--store", place, "--out", tmp_path / name).status == 0
    assert (tmp_path / "there").read_bytes() == (tmp_path / "here").read_bytes()


def test_the_explorer_knows_the_same(elsewhere: Engine, built: store.Built, command: Command, tmp_path: Path) -> None:
    for name, place in (("there", elsewhere.at.queries), ("here", built.folder)):
        assert command("explore", "--no-open", "--store", place, "--out", tmp_path / name).status == 0
    there, here = ((tmp_path / name).read_text("utf-8") for name in ("there", "here"))
    # Engines give things in orders of their own, which the page keeps in places.
    assert sorted(re.findall(r'"[^"]*"', there)) == sorted(re.findall(r'"[^"]*"', here))


def test_json_ld_has_the_same_statements(elsewhere: Engine, command: Command, tmp_path: Path) -> None:
    assert command("export", "jsonld", "--store", elsewhere.at.queries, "--out", tmp_path / "x").status == 0
    assert "Thibaut Kleiner" in (tmp_path / "x").read_text("utf-8")


def test_the_library_opens_an_address(elsewhere: Engine) -> None:
    graph = open_graph(store_folder=elsewhere.at.queries)
    assert graph.query("officials")["official"].tolist() == ["Lee Jong Ho", "Thibaut Kleiner", "Thierry Breton"]
    assert repr(graph) == "<eudigraph.Graph of 1 sources with 325 claims>"
    with pytest.raises(UsageError, match="not built there"):
        open_graph(store_folder=elsewhere.at.queries, rebuild=True)


OWN = [
    "SELECT ?x ?name { ?x a eud:Official ; skos:prefLabel ?name } ORDER BY ?name",
    "SELECT * { GRAPH graph:state { country:india eud:cooperatesOn ?o } } ORDER BY ?o",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "ASK { country:india eud:cooperatesOn topic:standardisation }",
    "ASK { country:japan eud:cooperatesOn topic:cybersecurity }",
    'SELECT ?x { ?x skos:prefLabel "Luleå"@en } # SERVICE in a remark',
    'SELECT ("service # \\u0023 \U0001d11e" AS ?x) {}',
    "SELECT ?t { country:india eud:cooperatesOn/skos:broader* ?t } ORDER BY ?t",
    "SELECT DISTINCT ?k { ?m a eud:Meeting ; a ?k . ?k rdfs:subClassOf+ eud:Meeting } ORDER BY ?k",
    'SELECT ?p ?n { ?p eud:locator ?n VALUES ?n { "¶5" } } ORDER BY ?p',
    'SELECT ?p ?n { VALUES ?n { "¶5" } ?p eud:locator ?n } ORDER BY ?p',
]


@pytest.mark.parametrize("text", OWN)
def test_own_sparql_has_the_same_answer(elsewhere: Engine, built: store.Built, text: str) -> None:
    answer = answer_.run(built.store, prepare(text))
    assert answer.rows or answer.truth is not None
    assert elsewhere.graph.ask(prepare(text)) == answer


def test_triples_come_as_triples(elsewhere: Engine, built: store.Built) -> None:
    text = "CONSTRUCT { ?x a ?c } { ?x a ?c . ?x a eud:Country }"
    there, here = elsewhere.graph.ask(prepare(text)), answer_.run(built.store, prepare(text))
    assert set(there.triples or ()) == set(here.triples or ())
    assert len(there.triples or ()) > 7
    assert elsewhere.graph.ask(prepare("DESCRIBE country:japan")).triples
    assert elsewhere.graph.ask(prepare(text), limit=3).cut


def test_a_limit_cuts_and_says_so(elsewhere: Engine, command: Command) -> None:
    done = command("query", "topics", "--limit", "5", "--store", elsewhere.at.queries)
    assert done.out.count("\n") == 6
    assert "Only the first 5" in done.err


def test_a_mistake_in_a_query_is_told_in_the_engines_words(elsewhere: Engine) -> None:
    with pytest.raises(UsageError, match=r"/(query|sparql) cannot run the query: .*"):
        elsewhere.graph.ask(prepare("SELECT ?x { ?x "))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }", "FROM"),
        ("DELETE WHERE { ?s ?p ?o }", "updates"),
        ("LOAD <http://127.0.0.1:1/>", "updates"),
    ],
)
def test_what_is_refused_here_is_refused_there(
    elsewhere: Engine, command: Command, tmp_path: Path, text: str, word: str
) -> None:
    (tmp_path / "own.rq").write_text(text, "utf-8")
    done = command("query", "--file", tmp_path / "own.rq", "--store", elsewhere.at.queries)
    assert (done.status, word in done.err) == (2, True)


def test_what_gets_past_the_door_does_not_get_to_the_engine(elsewhere: Engine) -> None:
    for text in ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "DELETE WHERE { ?s ?p ?o }", ""):
        with pytest.raises(UsageError):
            elsewhere.graph.store.query(text)


# What cannot be the same: docs/engines.md says why.


def test_virtuoso_computes_truth_as_numbers(elsewhere: Engine) -> None:
    rows = elsewhere.graph.ask(prepare("SELECT (1 = 1 AS ?plain) (xsd:boolean(1 = 1) AS ?cast) {}")).rows
    assert [term.value for term in rows[0]] == ["1" if elsewhere.name == "virtuoso" else "true", "true"]


def test_virtuoso_follows_no_path_whose_ends_are_both_open(elsewhere: Engine) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?x skos:broader+ ?y }"
    if elsewhere.name == "virtuoso":
        with pytest.raises(UsageError, match="transitive start not given"):
            elsewhere.graph.ask(prepare(text))
    else:
        assert elsewhere.graph.ask(prepare(text)).rows


# ---------------------------------------------------------------- Filling


def graphs_at(at: servers.Remote) -> set[str]:
    """Return the graphs a server holds, as it says itself."""
    text = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    reply = requests.post(at.queries, data={"query": text}, headers={"Accept": JSON}, timeout=60)
    return {row["g"]["value"] for row in reply.json()["results"]["bindings"]}


def put(at: servers.Remote, graph: str | None, turtle: str) -> None:
    """Put statements of somebody else's into a server."""
    server = http.Client(at.graphs)
    parameter = ("default", "") if graph is None else ("graph", graph)
    headers = {"Content-Type": "text/turtle"}
    reply = server.send("PUT", (parameter,), data=turtle.encode(), headers=headers, timeout=60, most=10**6)
    assert reply.status in (200, 201, 204), reply.said()


class Smaller:
    """A build without most of its passages."""

    def __init__(self, built: store.Built) -> None:
        kept = Store()
        graphs = sorted({g for g in built.store.named_graphs() if "/passage/" in g.value}, key=str)
        dropped = set(graphs[3:])
        kept.extend(q for q in built.store if q.graph_name not in dropped)
        self.dropped = {g.value for g in dropped}
        self.built = replace(built, store=kept)


def test_loading_again_replaces_and_removes_what_is_no_longer(
    empty: servers.Remote, built: store.Built, command: Command
) -> None:
    put(empty, "http://elsewhere.example/graph", '<http://elsewhere.example/a> <http://elsewhere.example/b> "c" .')
    first = command("load", "--to", empty.graphs, "--store", built.folder)
    assert first == Run(0, "Loaded the default graph and 47 named graphs\n", "")
    assert "dba" not in first.out + first.err
    smaller = Smaller(built)
    assert smaller.dropped <= graphs_at(empty)
    load.load(smaller.built, empty.graphs)
    assert not smaller.dropped & graphs_at(empty)
    assert "http://elsewhere.example/graph" in graphs_at(empty)
    opened = endpoint.open_endpoint(empty.queries)
    assert sorted(map(str, (q for q in opened.store if not blank(q)))) == sorted(
        map(str, (q for q in smaller.built.store if not blank(q)))
    )
    # What others have there is none of the graph, nor is what serves the loading.
    assert {g.value for g in opened.store.named_graphs()} <= graphs_at(empty) - {"http://elsewhere.example/graph"}


def test_a_load_that_broke_off_is_known_and_mended(
    empty: servers.Remote, built: store.Built, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = load._GraphStore.fill, iter(range(10**6))

    def fill(self: Any, graph: Any, statements: Any) -> None:
        if next(calls) == 20:
            raise StoreError("the power went")
        real(self, graph, statements)

    with monkeypatch.context() as patched:
        patched.setattr(load._GraphStore, "fill", fill)
        assert command("load", "--to", empty.graphs, "--store", built.folder).err == "eudigraph: the power went\n"
    asked = command("query", "officials", "--store", empty.queries)
    assert asked.status == 1
    assert "did not come to its end; run it again: eudigraph load --to URL" in asked.err
    assert command("load", "--to", empty.graphs, "--store", built.folder).status == 0
    assert command("query", "officials", "--store", empty.queries).status == 0


def test_chunks_keep_blank_nodes_together(
    empty: servers.Remote, built: store.Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "CHUNK", 100)
    load.load(built, empty.graphs)
    opened = endpoint.open_endpoint(empty.queries)
    assert len(list(opened.store)) == len(list(built.store))
    assert axioms(opened) == axioms(built)


def test_a_format_of_another_version_is_refused(empty: servers.Remote, built: store.Built) -> None:
    other = replace(built, manifest=replace(built.manifest, format=99, eudigraph="7.0"))
    load.load(other, empty.graphs)
    with pytest.raises(StoreError, match=r"eudigraph 7\.0 in format 99; this one reads format 1; fill it again"):
        endpoint.open_endpoint(empty.queries)


@pytest.mark.oxigraph
@pytest.mark.skipif(not servers.oxigraph_program(), reason="Oxigraph's server is not installed")
def test_a_default_graph_of_somebody_else_is_not_touched(built: store.Built, command: Command, tmp_path: Path) -> None:
    with servers.oxigraph(tmp_path) as at:
        put(at, None, '<http://elsewhere.example/a> <http://elsewhere.example/b> "c" .')
        refused = command("load", "--to", at.graphs, "--store", built.folder)
        assert refused.status == 2
        assert "holds something that is not of eudigraph" in refused.err
        assert graphs_at(at) == set()
        assert command("load", "--replace", "--to", at.graphs, "--store", built.folder).status == 0
        assert Literal("c") not in {quad.object for quad in endpoint.open_endpoint(at.queries).store}


@pytest.mark.virtuoso
@pytest.mark.skipif(not servers.virtuoso_program(), reason="Virtuoso is not installed")
def test_a_cap_on_rows_is_never_silent(built: store.Built, command: Command, tmp_path: Path) -> None:
    with servers.virtuoso(tmp_path, "ResultSetMaxRows = 50") as at:
        wrong = command("load", "--to", at.graphs.replace("dba:dba", "dba:secret"), "--store", built.folder)
        assert (wrong.status, "EUDIGRAPH_USER" in wrong.err, "secret" in wrong.err) == (1, True, False)
        load.load(built, at.graphs)
        graph = endpoint.open_endpoint(at.queries)
        assert len(graph.ask(prepare("SELECT ?x { ?x a eud:Country }")).rows) == 7
        with pytest.raises(StoreError, match=r"omitted what came after 50 rows.*ResultSetMaxRows"):
            graph.ask(prepare("SELECT ?s ?p ?o { ?s ?p ?o }"))
        assert graph.ask(prepare("SELECT ?s ?p ?o { ?s ?p ?o }"), limit=49).cut


def test_graphs_beside_ours_are_not_loaded(built: store.Built) -> None:
    kept = Store()
    kept.add(Quad(NamedNode(BASE), NamedNode(BASE), NamedNode(BASE), NamedNode("http://elsewhere.example/graph")))
    with fake(reply(200, "application/n-triples", b"")) as (url, asked), pytest.raises(UsageError, match="below"):
        load.load(replace(built, store=kept), url)
    assert {method for method, _ in asked} == {"GET"}


def test_progress_is_told(built: store.Built) -> None:
    said: list[str] = []
    with fake(reply(204, "", b"")) as (url, asked):
        assert load.load(built, url, say=said.append) == 47
    assert said[-1] == "47 of 47 graphs"
    assert [method for method, _ in asked].count("PUT") == 50  # with the default graph, and the manifest twice


# ---------------------------------------------------------------- Servers gone bad

Answerer = Callable[[BaseHTTPRequestHandler], None]
ROWS = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"a"}}]}}'


def reply(status: int, kind: str, body: bytes, **headers: str) -> Answerer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def fake(answer: Answerer, certificate: tuple[Path, Path] | None = None) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Run a server that answers everything in one way; give its address, and what it was asked.

    With a certificate and its key, it takes connections by TLS alone.
    """
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                answer(self)
            except OSError:  # the client has gone
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sparql", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def asking(url: str, timeout: float = 5.0, **more: Any) -> Any:
    return endpoint.Endpoint(http.Client(url), timeout=timeout, **more)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then, so that no single read takes long."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def slow_head(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(200):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.05)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    for _ in range(20_000):
        handler.wfile.write(b" " * 65536)


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(ROWS)


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(8)


def redirects_and_talks_on(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/sparql")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


# What the texts say must not hide it: these brackets are none.
NESTED = ROWS.replace(b'"type":"literal","value":"a"', b'"type":"triple","value":{"x":"}}\\"}}","object":{' * 3_000)
HTML = b"<html><head><title>x</title><style>p{}</style></head><body><h1>Sorry</h1>\x1b[31m<script>a</script></body>"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (reply(200, "text/html", HTML), StoreError, "answers with text/html, not as SPARQL does"),
        (reply(200, "", b""), StoreError, "answers with nothing, not as SPARQL does"),
        (reply(200, JSON, HTML), StoreError, "something else, or a part of an answer"),
        (reply(200, JSON, ROWS[:-20]), StoreError, "something else, or a part of an answer"),
        (reply(200, JSON, b'{"head":{},"boolean":true}'), StoreError, "rows where yes or no was asked"),
        (reply(200, JSON, ROWS, Content_Encoding="gzip"), StoreError, "broke off|cannot be read"),
        (broken_off, StoreError, "broke off in the middle of its answer"),
        (reply(400, "text/plain", b"no such prefix: x"), UsageError, "cannot run the query: no such prefix: x"),
        (reply(500, "text/html", HTML), UsageError, "cannot run the query: Sorry"),
        (reply(404, "text/html", HTML), StoreError, r"status 404 \(Sorry.*is it the address of an endpoint"),
        (reply(503, "text/plain", b"busy"), StoreError, r"status 503 \(busy\)"),
        (reply(204, "", b""), StoreError, "status 204"),
        (reply(504, "text/plain", b"too slow"), QueryTimeout, "ended the query"),
        (reply(401, "text/plain", b"", WWW_Authenticate='Basic realm="x"'), StoreError, "set the variables"),
        (reply(403, "text/plain", b"not you"), StoreError, r"forbids it \(not you\)"),
        (reply(302, "", b"", Location="/sparql"), StoreError, "redirects more than 5 times"),
        (reply(302, "", b"", Location="file:///etc/passwd"), StoreError, "no address of the same safety"),
        (reply(307, "", b"", Location="ftp://127.0.0.1/"), StoreError, "no address of the same safety"),
        (reply(200, JSON, ROWS, X_SPARQL_MaxRows="1"), StoreError, "omitted what came after 1 rows"),
        (reply(200, JSON, ROWS, X_SPARQL_MaxRows="many"), StoreError, "omitted"),
        (reply(200, JSON, ROWS, X_SPARQL_Anytime="x"), StoreError, "omitted"),
        (reply(200, JSON, b"[" * 200_000), StoreError, "terms within each other, too deep to be read"),
        (reply(200, JSON, NESTED), StoreError, "terms within each other, too deep to be read"),
        (reply(200, JSON, ROWS.replace(b'"a"', b'"' + b"a" * 17 * 1024**2 + b'"')), StoreError, "more than 16 MB"),
        (redirects_and_talks_on, StoreError, "redirects more than 5 times"),
    ],
)
def test_a_bad_answer_is_an_error_of_ours(answer: Answerer, error: type[Exception], words: str) -> None:
    with fake(answer) as (url, asked), pytest.raises(error, match=words) as caught:
        select(asking(url), "SELECT ?x { ?x ?p ?o }")
    assert asked
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("answer", [drip, slow_head, silent])
def test_a_timeout_covers_the_whole_exchange(answer: Answerer) -> None:
    begun = time.monotonic()
    with fake(answer) as (url, _), pytest.raises(QueryTimeout, match=r"did not answer within 0\.6 seconds"):
        select(asking(url, timeout=0.6), "SELECT ?x { ?x ?p ?o }")
    assert time.monotonic() - begun < 3


def test_the_time_is_limited_also_while_a_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found.wait(60) and [])
    with pytest.raises(QueryTimeout, match=r"did not answer within 0\.3 seconds"):
        select(asking("http://slow.example/sparql", timeout=0.3), "SELECT ?x { ?x ?p ?o }")
    found.set()


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MAX_ANSWER", 2 * 1024**2)
    with fake(endless) as (url, _), pytest.raises(StoreError, match="answers with more than 2 MB"):
        select(asking(url), "SELECT ?x { ?x ?p ?o }")


def test_a_small_answer_that_unpacks_to_a_large_one_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(endpoint, "MAX_ANSWER", 2 * 1024**2)
    bomb = gzip.compress(b" " * 50 * 1024**2)
    with (
        fake(reply(200, JSON, bomb, Content_Encoding="gzip")) as (url, _),
        pytest.raises(StoreError, match="answers with more than 2 MB"),
    ):
        select(asking(url), "SELECT ?x { ?x ?p ?o }")


def test_a_server_that_is_not_there(command: Command) -> None:
    url = f"http://somebody:secret@127.0.0.1:{servers.free_port()}/query"
    for done in (command("query", "officials", "--store", url), command("load", "--to", url)):
        assert done.status == 1
        assert "cannot be reached (Connection refused); is it running" in done.err
        assert "secret" not in done.err
    assert "cannot be reached" in command("query", "officials", "--store", "http://no-such-host.invalid/").err


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a b/", "https://x:99999999/", "http:///path"])
def test_an_invalid_url_is_refused(command: Command, url: str) -> None:
    done = command("query", "officials", "--store", url)
    assert done.status == 2
    assert "the address of an endpoint is such as" in done.err


@pytest.mark.oxigraph
@pytest.mark.skipif(not servers.oxigraph_program(), reason="Oxigraph's server is not installed")
def test_an_endpoint_that_was_filled_by_other_means_is_read(built: store.Built, tmp_path: Path) -> None:
    with servers.oxigraph(tmp_path) as at:
        load.load(built, at.graphs)
        gone = requests.delete(at.graphs, params={"graph": dialect.GRAPH_MANIFEST.value}, timeout=10)
        assert gone.status_code == 204
        opened = endpoint.open_endpoint(at.queries)
        assert opened.manifest.counts == {}
        assert opened.counts == built.counts


def test_an_empty_endpoint_says_how_to_fill_it(command: Command) -> None:
    with fake(reply(200, JSON, b'{"head":{"vars":["v"]},"results":{"bindings":[]}}')) as (url, _):
        done = command("query", "officials", "--store", url)
    assert done.status == 1
    assert "holds no graph of eudigraph; fill it with: eudigraph load --to URL" in done.err


@pytest.mark.parametrize("rows", [b'{"x":{"type":"literal","value":"a"}}', b"{}"])
def test_other_columns_than_were_asked_for_are_told(command: Command, rows: bytes) -> None:
    with fake(reply(200, JSON, b'{"head":{"vars":["x","v"]},"results":{"bindings":[%s]}}' % rows)) as (url, _):
        done = command("query", "officials", "--store", url)
    assert done.status == 1
    assert "answers with other columns than it was asked for" in done.err


def opened(folder: Path, manifest: store.Manifest, asked: endpoint.Endpoint) -> store.Built:
    """A graph behind an endpoint, as if it had been looked at."""
    return store.Built(folder, manifest, asked, endpoint.Remote(asked))


@pytest.mark.parametrize("rows", [b"", b"{}", b'{"n":{"type":"literal","value":"many"}}'])
def test_invalid_counts_are_reported(rows: bytes) -> None:
    manifest = store.Manifest(store.FORMAT, 0, "", "1")
    with fake(reply(200, JSON, b'{"head":{"vars":["n"]},"results":{"bindings":[%s]}}' % rows)) as (url, _):
        graph = opened(Path(), manifest, endpoint.Endpoint(http.Client(url)))
        with pytest.raises(StoreError, match="answers with other columns than it was asked for"):
            _ = graph.counts


def test_the_timeout_of_a_question_covers_opening_the_endpoint(command: Command) -> None:
    begun = time.monotonic()
    with fake(silent) as (url, _):
        done = command("query", "officials", "--store", url, "--timeout", "1")
    assert done.status == 1
    assert "did not answer within 1 seconds" in done.err
    assert time.monotonic() - begun < 5


def test_a_manifest_of_an_enemy_is_no_manifest() -> None:
    good = {"format": 1, "generation": 1, "eudigraph": "0", "ontology": "0", "counts": {"claims": 1}, "inputs": {}}
    assert endpoint.read_manifest([json.dumps(good)]) is not None
    for bad in (
        *("loading", "[]", "{}", "[" * 100_000, json.dumps({**good, "format": "1"}), json.dumps({**good, "x": 1})),
        json.dumps({**good, "counts": {"claims": "<b>"}}),
    ):
        assert endpoint.read_manifest([bad]) is None
    assert endpoint.read_manifest([json.dumps(good)] * 2) is None


def test_hostile_names_are_text(command: Command, tmp_path: Path, built: store.Built) -> None:
    evil = '{"type":"literal","value":"\\u001b[31m<script>alert(1)</script>"}'
    body = ROWS.replace(b'{"type":"literal","value":"a"}', evil.encode())
    with fake(reply(200, JSON, body)) as (url, _):
        graph = opened(tmp_path, built.manifest, asking(url))
        answer = graph.ask(prepare("SELECT ?x { ?x ?p ?o }"))
    from eudigraph.show import tables

    assert "\x1b" not in tables.write(answer, "table", {})


def test_an_empty_manifest_is_not_taken_for_a_graph_store(built: store.Built) -> None:
    with fake(reply(200, "text/html", HTML)) as (url, asked), pytest.raises(StoreError, match="as no Graph Store does"):
        load.load(built, url)
    assert {method for method, _ in asked} == {"GET"}


def test_a_server_that_does_not_take_it(built: store.Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_PAUSES", (0.0, 0.0))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(404 if handler.command == "GET" else 507, "text/plain", b"disk full")(handler)

    with fake(answer) as (url, asked), pytest.raises(StoreError, match=r"does not take .* \(status 507: disk full\)"):
        load.load(built, url)
    assert [method for method, _ in asked].count("PUT") == 3


def test_redirects_keep_the_question_and_lose_the_password() -> None:
    heard: list[tuple[str, str | None]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append((handler.command, handler.headers.get("Authorization")))
        reply(200, JSON, ROWS)(handler)

    with fake(answer) as (url, _), fake(reply(301, "", b"", Location=url)) as (first, _):
        address = first.replace("http://", "http://user:secret@").replace("127.0.0.1", "localhost")
        assert select(asking(address), "SELECT ?x { ?x ?p ?o }")[0]["x"].value == "a"
    assert heard == [("POST", None)]


@pytest.mark.parametrize("code", [301, 307])
def test_a_password_that_was_asked_for_does_not_follow_a_redirection(code: int) -> None:
    """Neither at once nor in the next exchange over the same connection."""
    heard: list[str | None] = []

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers.get("Authorization"))
        reply(200, JSON, ROWS)(handler)

    with fake(elsewhere) as (url, _):

        def first(handler: BaseHTTPRequestHandler) -> None:
            if handler.headers.get("Authorization"):
                reply(code, "", b"", Location=url)(handler)
            else:
                reply(401, "text/plain", b"", WWW_Authenticate='Basic realm="x"')(handler)

        with fake(first) as (address, asked):
            graph = asking(address.replace("http://", "http://user:secret@"))
            for _ in range(2):
                select(graph, "SELECT ?x { ?x ?p ?o }")
    assert heard == [None, None]
    assert len(asked) == 3  # without, with, and at once with the password


@pytest.mark.parametrize("way", ["url", "variables", "netrc"])
def test_name_and_password_are_given_when_asked_for(way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heard: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers.get("Authorization"))
        if heard[-1]:
            reply(200, JSON, ROWS)(handler)
        else:
            reply(401, "text/plain", b"", WWW_Authenticate='Basic realm="x"')(handler)

    monkeypatch.delenv("EUDIGRAPH_USER", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with fake(answer) as (address, _):
        url = address.replace("http://", "http://user:p%40ss@") if way == "url" else address
        if way == "variables":
            monkeypatch.setenv("EUDIGRAPH_USER", "user")
            monkeypatch.setenv("EUDIGRAPH_PASSWORD", "p@ss")
        if way == "netrc":
            (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password p@ss\n", "utf-8")
        graph = asking(url)
        for _ in range(2):
            select(graph, "SELECT ?x { ?x ?p ?o }")
    assert heard == [None, *["Basic dXNlcjpwQHNz"] * 2]
    assert "p@ss" not in repr(graph.server.url)
    assert "p%40ss" not in repr(graph.server.url)


@pytest.mark.parametrize("way", ["Basic", "Digest"])
def test_what_comes_with_a_refusal_is_not_read(way: str) -> None:
    """It may have no end; and a server that has asked once for name and password need not ask again."""
    heard: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers.get("Authorization"))
        if heard[-1]:
            reply(200, JSON, ROWS)(handler)
            return
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", f'{way} realm="x", nonce="abc", qop="auth", algorithm=MD5')
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 65536)

    with fake(answer) as (address, asked):
        graph = asking(address.replace("http://", "http://user:p%40ss@"))
        for _ in range(3):
            assert select(graph, "SELECT ?x { ?x ?p ?o }")[0]["x"].value == "a"
    assert len(asked) == 4
    if way == "Digest":
        assert [digest_count(said or "", "POST", "user", "p@ss") for said in heard[1:]] == ["1", "2", "3"]


def digest_count(said: str, method: str, user: str, password: str) -> str:
    """Return which use of the nonce it is, if what a client says of itself is right: RFC 7616, section 3.4.1."""
    given: dict[str, str] = dict(re.findall(r'(\w+)="?([^",]*)"?', said.removeprefix("Digest ")))

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    secret, what = md5(user, given["realm"], password), md5(method, given["uri"])
    whole = (secret, given["nonce"], given["nc"], given["cnonce"], given["qop"], what)
    assert (given["username"], given["response"]) == (user, md5(*whole))
    return given["nc"].lstrip("0")


def test_a_refusal_that_stays_one_is_not_read() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Digest realm="x", nonce="abc", qop="auth"')
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 65536)

    with (
        fake(answer) as (address, asked),
        pytest.raises(StoreError, match=r"does not let us in .* correct the variables"),
    ):
        select(asking(address.replace("http://", "http://user:secret@")), "SELECT ?x { ?x ?p ?o }")
    assert len(asked) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that this machine has made itself, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(made), "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.mark.skipif(not shutil.which("openssl"), reason="OpenSSL's program is not installed")
def test_a_certificate_must_be_trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with fake(reply(200, JSON, ROWS), certificate) as (url, asked):
        secure = url.replace("http://", "https://user:secret@")
        with pytest.raises(
            StoreError, match=r"has no certificate that this machine trusts.*REQUESTS_CA_BUNDLE"
        ) as caught:
            select(asking(secure), "SELECT ?x { ?x ?p ?o }")
        assert "secret" not in str(caught.value)
        assert asked == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
        assert select(asking(secure), "SELECT ?x { ?x ?p ?o }")[0]["x"].value == "a"


@pytest.mark.skipif(not shutil.which("openssl"), reason="OpenSSL's program is not installed")
def test_nothing_leads_from_an_encrypted_address_to_an_open_one(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    with fake(reply(200, JSON, ROWS)) as (plain, asked):
        with (
            fake(reply(307, "", b"", Location=plain), certificate) as (url, _),
            pytest.raises(StoreError, match="no address of the same safety"),
        ):
            select(asking(url.replace("http://", "https://")), "SELECT ?x { ?x ?p ?o }")
        with pytest.raises(StoreError, match=r"cannot be reached \(\[SSL"):
            select(asking(plain.replace("http://", "https://")), "SELECT ?x { ?x ?p ?o }")
    assert asked == []


def test_no_proxy_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{servers.free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    with fake(reply(200, JSON, ROWS)) as (url, _):
        assert select(asking(url), "SELECT ?x { ?x ?p ?o }")


def test_a_proxy_is_asked_for_what_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.extend(handler.headers.get_all("Proxy-Authorization", []))
        reply(200, JSON, ROWS)(handler)

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with fake(answer) as (url, asked):
        monkeypatch.setenv("http_proxy", url.replace("http://", "http://user:p%40ss@"))
        assert select(asking("http://elsewhere.example/sparql?x=y"), "SELECT ?x { ?x ?p ?o }")
    assert asked == [("POST", "http://elsewhere.example/sparql?x=y")]
    assert heard == ["Basic dXNlcjpwQHNz"]


def test_an_engine_that_repeats_or_hides_is_told_apart(built: store.Built) -> None:
    """An engine whose default graph is a bag of all graphs, and that hides the graphs once one is chosen."""
    data = Store()
    data.extend(built.store)
    data.extend(
        Quad(q.subject, q.predicate, q.object, GRAPH_DEFAULT)
        for q in built.store.quads_for_pattern(None, None, None, DefaultGraph())
    )
    manifest = Literal(json.dumps({**built.manifest.__dict__, "inputs": {}}))
    data.add(Quad(dialect.GRAPH_MANIFEST, endpoint.MANIFEST_VALUE, manifest, dialect.GRAPH_MANIFEST))

    class Bag:
        """Answers as such an engine does, in process."""

        url = "http://bag.example/sparql"

        def send(self, method: str, *_: object, data: bytes, **__: object) -> http.Response:
            from urllib.parse import parse_qs

            from pyoxigraph import QueryResultsFormat

            given = parse_qs(data.decode())
            chosen = [NamedNode(name) for name in given.get("default-graph-uri", [])]
            options: dict[str, Any] = (
                {"default_graph": chosen, "named_graphs": []} if chosen else {"use_default_graph_as_union": True}
            )
            found: Any = self.store.query(given["query"][0], **options)
            return http.Response(200, {"Content-Type": JSON}, found.serialize(format=QueryResultsFormat.JSON))

        store = data

    with pytest.raises(StoreError, match="either counts a statement once for each graph it stands in, or hides"):
        endpoint._in_its_way(endpoint.Endpoint(Bag()))  # type: ignore[arg-type]


# ---------------------------------------------------------------- How a query is written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("SELECT ?x { VALUES ?x { UNDEF } ?x a ?y }", "SELECT ?x {  ?x a ?y }"),
        ("SELECT ?x { VALUES ?n { 2 } ?x eud:n ?n }", "SELECT ?x { BIND(2 AS ?n) ?x eud:n ?n }"),
        ("SELECT ?n { ?x eud:n ?n VALUES ?n { 2 } }", "SELECT ?n { ?x eud:n ?n VALUES ?n { 2 } }"),
        ("SELECT ?x { VALUES ?x { 1 2 } }", "SELECT ?x { VALUES ?x { 1 2 } }"),
        (
            "ASK { ?a skos:broader* ?b ; ^eud:x+ ?c }",
            f"ASK {{ ?a (skos:broader|<{BASE}none>)* ?b ; ^eud:x+ ?c }}",
        ),
        ('ASK { ?a ?b "GRAPH ?g { VALUES ?x { UNDEF } a:b* }" }', None),
        ("ASK { ?graph ?x eud:graph , ?values }", None),
        ("ASK { ?a ?b <http://x/a\\u0073#b> } # remark", "ASK { ?a ?b <http://x/as#b> }  "),
        ("ASK { ?a ?b <http://x/a\\u003eb> }", None),
    ],
)
def test_a_query_is_written_for_an_engine_without_a_default_graph(text: str, written: str | None) -> None:
    assert dialect.rewritten(text, {}, default_is_sent=True) == (text if written is None else written)


def test_graphs_are_ours_alone() -> None:
    made = dialect.rewritten(
        "ASK { GRAPH ?g { ?s ?p ?o } GRAPH graph:inferred { ?s ?p ?o } }", PREFIXES, default_is_sent=True
    )
    assert made.startswith(f"PREFIX graph: <{BASE}graph/> ASK {{ FILTER(STRSTARTS(STR(?g), ")
    assert made.count("GRAPH ?eudigraph_graph_") == 1
    plain = dialect.rewritten("ASK { GRAPH <http://x/> { ?s ?p ?o } }", PREFIXES, default_is_sent=False)
    assert plain == "ASK { GRAPH <http://x/> { ?s ?p ?o } }"
    declared = "PREFIX eud: <http://x/> ASK { ?s eud:a ?o }"
    assert dialect.rewritten(declared, PREFIXES, default_is_sent=False) == declared
