"""Clients as they are: each asks the endpoint as it does anywhere, directly and behind a proxy with a path."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd
import pytest
import rdflib
from playwright.sync_api import Browser
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from browsing import IN_BROWSER
from eudigraph.engine import store
from eudigraph.model.names import BASE, EUD
from servers import free_port
from serving import COUNTRIES, Client, serving

pytestmark = pytest.mark.server

JAPAN = BASE + "country/japan"
CONSTRUCT = "CONSTRUCT { ?x a eud:Country } WHERE { ?x a eud:Country }"
FORM = "application/x-www-form-urlencoded"
DESCRIBE = "DESCRIBE country:japan"
ASK = "ASK { country:japan a eud:Country }"
CURL = shutil.which("curl")


class _Proxy(BaseHTTPRequestHandler):
    """A reverse proxy that gives what is below ``/kg`` to a server, whose addresses have no such beginning."""

    target = 0
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        if not self.path.startswith("/kg/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        connection = HTTPConnection("127.0.0.1", self.target, timeout=20)
        connection.request(self.command, self.path.removeprefix("/kg"), body or None, dict(self.headers))
        reply = connection.getresponse()
        said = reply.read()
        connection.close()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_HEAD = do_POST = do_OPTIONS = _pass

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Page(BaseHTTPRequestHandler):
    """A page of another origin, with nothing on it."""

    def do_GET(self) -> None:
        body = b"<!doctype html><link rel=icon href=data:,><title>elsewhere</title>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(handler: type[BaseHTTPRequestHandler], port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@dataclass
class Endpoint:
    """An endpoint as clients know it, directly or behind a proxy, and the server itself."""

    url: str
    server: Client
    elsewhere: str


@pytest.fixture(scope="module", params=["directly", "behind a proxy"])
def endpoint(
    request: pytest.FixtureRequest, built: store.Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    log = tmp_path_factory.mktemp("log") / "access.jsonl"
    proxy, page = free_port(), free_port()
    elsewhere = f"http://127.0.0.1:{page}"
    words = ["--workers", 2, "--timeout", 10, "--cors", elsewhere]
    behind = request.param == "behind a proxy"
    if behind:
        words += ["--public-url", f"http://127.0.0.1:{proxy}/kg"]
    with serving(built.folder, log, *words) as server, running(_Page, page):
        if not behind:
            yield Endpoint(f"http://127.0.0.1:{server.port}/sparql", server, elsewhere)
            return
        with running(type("Proxy", (_Proxy,), {"target": server.port}), proxy):
            yield Endpoint(f"http://127.0.0.1:{proxy}/kg/sparql", server, elsewhere)


# ---------------------------------------------------------------- SPARQLWrapper

RESULTS_JSON, RESULTS_XML = "application/sparql-results+json", "application/sparql-results+xml"
WRAPPED = [
    (COUNTRIES, None, RESULTS_XML),
    (COUNTRIES, "xml", RESULTS_XML),
    (COUNTRIES, "json", RESULTS_JSON),
    (COUNTRIES, "csv", "text/csv"),
    (COUNTRIES, "tsv", "text/tab-separated-values"),
    (ASK, None, RESULTS_XML),
    (ASK, "json", RESULTS_JSON),
    *((query, None, "application/rdf+xml") for query in (CONSTRUCT, DESCRIBE)),
    *((query, "xml", "application/rdf+xml") for query in (CONSTRUCT, DESCRIBE)),
    *((query, "rdf+xml", "application/rdf+xml") for query in (CONSTRUCT, DESCRIBE)),
    *((query, "turtle", "text/turtle") for query in (CONSTRUCT, DESCRIBE)),
    *((query, "n3", "text/n3") for query in (CONSTRUCT, DESCRIBE)),
    *((query, "json-ld", "application/ld+json") for query in (CONSTRUCT, DESCRIBE)),
]


@pytest.mark.parametrize("method", ["GET", "POST", "POST directly"])
@pytest.mark.parametrize(("query", "form", "media"), WRAPPED, ids=[f"{q.split()[0]} {f}" for q, f, _ in WRAPPED])
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # which SPARQLWrapper reads triples into
def test_sparqlwrapper_gets_each_format_that_it_has_a_name_for(
    endpoint: Endpoint, query: str, form: str | None, media: str, method: str
) -> None:
    wrapper = pytest.importorskip("SPARQLWrapper", reason="needs SPARQLWrapper, of the extra test")
    asked = wrapper.SPARQLWrapper(endpoint.url)
    asked.setMethod(method.split(maxsplit=1)[0])
    if "directly" in method:
        asked.setRequestMethod("postdirectly")
    if form:
        asked.setReturnFormat(form)
    asked.setQuery(query)
    answer = asked.query()
    assert answer.info()["content-type"].partition(";")[0] == media
    found = answer.convert()
    if media in ("application/rdf+xml", "application/ld+json"):
        assert (rdflib.URIRef(JAPAN), rdflib.RDF.type, rdflib.URIRef(EUD + "Country")) in found
    elif query == ASK and form == "json":
        assert found["boolean"] is True
    elif form == "json":
        assert JAPAN in [row["x"]["value"] for row in found["results"]["bindings"]]
    elif query == ASK:
        assert found.getElementsByTagName("boolean")[0].firstChild.data == "true"
    elif media == RESULTS_XML:
        assert JAPAN in [uri.firstChild.data for uri in found.getElementsByTagName("uri")]
    else:
        assert b"japan" in found


def test_sparqlwrapper_is_told_what_is_wrong_with_a_query(endpoint: Endpoint) -> None:
    wrapper = pytest.importorskip("SPARQLWrapper", reason="needs SPARQLWrapper, of the extra test")
    asked = wrapper.SPARQLWrapper(endpoint.url)
    asked.setQuery("SELECT * { ?s ?p }")
    with pytest.raises(Exception, match="this is no SPARQL query"):
        asked.query()


# ---------------------------------------------------------------- rdflib


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rdflib_reads_rows_in_each_format_that_it_asks_for(endpoint: Endpoint, form: str, method: str) -> None:
    remote = SPARQLStore(endpoint.url, returnFormat=form, method=method)
    assert rdflib.URIRef(JAPAN) in [binding[rdflib.Variable("x")] for binding in remote.query(COUNTRIES).bindings]


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_reads_triples_and_truths_and_matches_patterns(endpoint: Endpoint, method: str) -> None:
    remote = SPARQLStore(endpoint.url, method=method)
    kind = (rdflib.URIRef(JAPAN), rdflib.RDF.type, rdflib.URIRef(EUD + "Country"))
    assert remote.query(ASK).askAnswer is True
    for query in (CONSTRUCT, DESCRIBE):
        made = remote.query(query).graph
        assert made is not None
        assert kind in made
    graph = rdflib.Graph(remote)
    assert kind in graph
    assert JAPAN in map(str, graph.subjects(rdflib.RDF.type, rdflib.URIRef(EUD + "Country")))


# ---------------------------------------------------------------- pandas, curl


def test_pandas_reads_csv_and_tsv_of_the_endpoint_and_of_questions(endpoint: Endpoint) -> None:
    query = 'SELECT ?x ?name { ?x a eud:Country ; skos:prefLabel ?name FILTER(LANG(?name) = "en") } ORDER BY ?x'
    for form in ("csv", "text/csv"):
        table = pd.read_csv(f"{endpoint.url}?{urlencode({'query': query, 'format': form})}")
        assert table.set_index("x")["name"][JAPAN] == "Japan"
    rows = pd.read_csv(f"{endpoint.url}?{urlencode({'query': query, 'format': 'tsv'})}", sep="\t", quoting=3)
    assert rows.set_index("?x")["?name"][f"<{JAPAN}>"] == '"Japan"@en'
    topics = pd.read_csv(endpoint.url.replace("/sparql", "/api/queries/topics?country=Japan&format=csv"))
    assert len(topics) > 5


CURLED = {
    "a form": ["--data-urlencode", f"query={COUNTRIES}"],
    "an address": ["-G", "--data-urlencode", f"query={COUNTRIES}"],
    "a plus that is not encoded": ["-G", "--data-urlencode", f"query={COUNTRIES}", "-d", f"format={RESULTS_JSON}"],
    "a form with such a plus": ["--data-urlencode", f"query={COUNTRIES}", "-d", f"output={RESULTS_JSON}"],
    "a body": ["-H", "Content-Type: application/sparql-query", "--data-binary", COUNTRIES],
    "a file with a byte order mark": ["-H", "Content-Type: application/sparql-query", "--data-binary", "@bom.rq"],
    "such a file in a form": ["--data-urlencode", "query@bom.rq"],
}


@pytest.mark.skipif(CURL is None, reason="needs curl")
@pytest.mark.parametrize("way", CURLED)
def test_curl_asks_in_each_way(endpoint: Endpoint, tmp_path: Path, way: str) -> None:
    (tmp_path / "bom.rq").write_text(COUNTRIES, "utf-8-sig")
    command = [CURL or "", "-sS", "--fail-with-body", *CURLED[way], endpoint.url]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert JAPAN in [row["x"]["value"] for row in json.loads(done.stdout)["results"]["bindings"]]


# ---------------------------------------------------------------- A browser

YASGUI = """async ([url, query, accept, method, more]) => {
    const given = new URLSearchParams({query});
    const post = method === "POST";
    const reply = await fetch(post ? url : `${url}?${given}`, {
        method, mode: "cors", headers: {Accept: accept, ...more}, ...(post ? {body: given} : {}),
    });
    return [reply.status, reply.headers.get("content-type"), await reply.text()];
}"""


@pytest.fixture(scope="module")
def fetch(endpoint: Endpoint, browser: Browser) -> Iterator[Callable[..., Any]]:
    """Ask from a page of another origin, as YASGUI does: https://github.com/TriplyDB/Yasgui."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{endpoint.elsewhere}/")

    def ask(query: str, accept: str, method: str, **more: str) -> Any:
        return page.evaluate(YASGUI, [endpoint.url, query, accept, method, more])

    yield ask
    context.close()


class TestInBrowser:
    """What a page of another origin may ask, as YASGUI asks it."""

    pytestmark = IN_BROWSER

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("more", [{}, {"X-Requested-With": "XMLHttpRequest"}, {"X-Client-Of-Ours": "1"}])
    def test_a_page_elsewhere_reads_rows_and_triples(
        self, fetch: Callable[..., Any], method: str, more: dict[str, str]
    ) -> None:
        status, kind, body = fetch(COUNTRIES, f"{RESULTS_JSON},*/*;q=0.9", method, **more)
        assert (status, kind) == (200, RESULTS_JSON)
        assert JAPAN in body
        status, kind, body = fetch(CONSTRUCT, "application/n-triples,*/*;q=0.9", method, **more)
        assert (status, kind) == (200, "application/n-triples")
        assert f"<{JAPAN}>" in body

    def test_a_page_elsewhere_reads_what_is_wrong(self, fetch: Callable[..., Any]) -> None:
        status, kind, body = fetch("SELECT", f"{RESULTS_JSON},*/*;q=0.9", "POST")
        assert (status, kind) == (400, "application/problem+json")
        assert json.loads(body)["detail"].startswith("this is no SPARQL query")


# ---------------------------------------------------------------- What they send

NAMES = {
    "xml": (RESULTS_XML, "application/rdf+xml"),
    "json": (RESULTS_JSON, "application/ld+json"),
    "JSON": (RESULTS_JSON, "application/ld+json"),
    "csv": ("text/csv", None),
    "tsv": ("text/tab-separated-values", None),
    "turtle": (None, "text/turtle"),
    "Turtle": (None, "text/turtle"),
    "n3": (None, "text/n3"),
    "rdf": (None, "application/rdf+xml"),
    "rdf+xml": (None, "application/rdf+xml"),
    "rdf xml": (None, "application/rdf+xml"),
    "json-ld": (None, "application/ld+json"),
    "n-triples": (None, "application/n-triples"),
    "application/sparql-results json": (RESULTS_JSON, None),
    "application/sparql-results+xml; charset=utf-8": (RESULTS_XML, None),
    "application/rdf xml": (None, "application/rdf+xml"),
    "application/ld json": (None, "application/ld+json"),
    "application/ld+json,application/x-json+ld": (None, "application/ld+json"),
    "application/turtle": (None, "text/turtle"),
    "text/rdf n3": (None, "text/n3"),
    "application/javascript": ("application/json", "application/json"),
    "application/xml": ("application/xml", "application/xml"),
    "": (RESULTS_JSON, "text/turtle"),
    "docx": (400, 400),
    "application/sparql-results  json": (400, 400),
}


@pytest.mark.parametrize("parameter", ["format", "output", "results"])
@pytest.mark.parametrize("name", NAMES)
def test_a_format_has_the_names_that_clients_give_it(endpoint: Endpoint, name: str, parameter: str) -> None:
    for query, wanted in zip((COUNTRIES, CONSTRUCT), NAMES[name], strict=True):
        answer = endpoint.server.query(query, "*/*", **{parameter: name})
        if isinstance(wanted, str):
            assert (answer.status, answer.media) == (200, wanted)
        else:
            assert answer.status == (wanted or 406)


def test_of_several_names_for_a_format_the_first_that_is_given_counts(endpoint: Endpoint) -> None:
    given = {"format": "", "output": "json", "results": "xml"}
    assert endpoint.server.query(COUNTRIES, "text/csv", **given).media == RESULTS_JSON
    for path in ("/api?format=json", "/api/queries/topics?format=application/json", "/ontology?format=text/turtle"):
        assert endpoint.server.ask(path, accept="*/*").status == 200
    assert endpoint.server.ask("/id/country/japan?format=xml").media == "application/rdf+xml"


UNREADABLE = b'SELECT ("Lule\xe5" AS ?x) {}'
SENT: dict[str, dict[str, Any]] = {
    "in an address": {"path": "/sparql?query=SELECT(%22Lule%E5%22%20AS%20?x)%7B%7D"},
    "as a surrogate": {"path": "/sparql?query=SELECT(%22%ED%A0%80%22%20AS%20?x)%7B%7D"},
    "too long": {"path": "/sparql?query=SELECT(%22%C0%AF%22%20AS%20?x)%7B%7D"},
    "in a field that is not used": {"path": "/sparql?query=ASK%7B%7D&x=%FF"},
    "in a name": {"path": "/sparql?query=ASK%7B%7D&%FF=x"},
    "in a graph": {"path": "/sparql?query=ASK%7B%7D&default-graph-uri=a:%E5"},
    "in a form": {"body": b"query=SELECT(%22Lule%E5%22%20AS%20?x)%7B%7D", "content_type": FORM},
    "as it is in a form": {"body": b"query=" + UNREADABLE, "content_type": FORM},
    "in a body": {"body": UNREADABLE, "content_type": "application/sparql-query"},
    "in a body said to be Latin-1": {"body": UNREADABLE, "content_type": "application/sparql-query; charset=latin-1"},
    "as Latin-1": {"body": b"ASK {}", "content_type": "application/sparql-query; charset=iso-8859-1"},
    "as UTF-16": {"body": "ASK {}".encode("utf-16"), "content_type": "application/sparql-query; charset=utf-16"},
    "as what there is not": {"body": b"ASK {}", "content_type": "application/sparql-query; charset=x-none"},
    "as a form in Latin-1": {"body": b"query=ASK {}", "content_type": f"{FORM}; charset=ISO-8859-1"},
    "in a question": {"path": "/api/queries/topics?country=Jap%E4n"},
    "in an explanation": {"path": "/explain?subject=Jap%E4n&property=x&object=y"},
    "in a language": {"path": "/id/country/japan?lang=%E5"},
    "in a list": {"path": "/api?lang=%E5"},
}


@pytest.mark.parametrize("way", SENT)
def test_what_is_not_utf_8_is_refused_and_nothing_put_in_its_place(endpoint: Endpoint, way: str) -> None:
    given: dict[str, Any] = {"path": "/sparql", **SENT[way]}
    answer = endpoint.server.ask(method="POST" if "body" in given else "GET", accept=RESULTS_JSON, **given)
    assert (answer.status, "UTF-8" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("kind", ["", "; charset=utf-8", '; charset="UTF-8"', "; charset=utf8", "; charset=us-ascii"])
def test_utf_8_is_read_however_it_is_called(endpoint: Endpoint, kind: str) -> None:
    query = 'SELECT ("Luleå" AS ?x) {}'
    bodies = {
        "application/sparql-query": [query.encode(), query.encode("utf-8-sig")],
        FORM: [urlencode({"query": query}).encode(), f"query={query}".encode(), f"\ufeffquery={query}".encode()],
    }
    bodies[FORM].append(urlencode({"query": f"\ufeff{query}"}).encode())
    for media, texts in bodies.items():
        for body in texts:
            answer = endpoint.server.ask("/sparql", method="POST", body=body, content_type=media + kind)
            assert (answer.status, answer.column()) == (200, ["Luleå"])
    address = endpoint.server.ask("/sparql?" + urlencode({"query": f"\ufeff{query}"}))
    assert address.column() == ["Luleå"]


def test_the_endpoint_is_the_base_of_relative_iris(endpoint: Endpoint) -> None:
    server, base = endpoint.server, endpoint.url
    made = server.query("CONSTRUCT { <s> <#p> </o> } {}", "application/n-triples")
    beside, top = base.removesuffix("sparql"), f"http://{urlsplit(base).netloc}"
    assert (made.status, made.text) == (200, f"<{beside}s> <{base}#p> <{top}/o> .\n")
    own = f"BASE <{BASE}> SELECT (<country/japan> AS ?x) {{}}"
    assert server.query(own).column() == [JAPAN]
    assert server.query("BASE <x/> SELECT (<y> AS ?x) {}").column() == [f"{beside}x/y"]
    assert server.query("PREFIX e: <#> SELECT (e:y AS ?x) {}").column() == [f"{base}#y"]
    passage = "passage/euractiv-2023-04/05"
    graph = server.query(f"BASE <{BASE}> SELECT ?x FROM <{passage}> {{ ?s ?p ?x }}")
    assert graph.column() == server.query("SELECT ?x { ?s ?p ?x }", default_graph_uri=BASE + passage).column() != []
    elsewhere = server.query("SELECT * FROM <x> { ?s ?p ?o }")
    assert elsewhere.status == 400
    assert elsewhere.json()["detail"].startswith(f"{beside}x is no graph of this dataset")


@pytest.mark.parametrize("names", ["content-type", "x-requested-with", "accept, authorization, x-request-id"])
def test_a_page_elsewhere_may_send_whatever_header_fields_it_likes(endpoint: Endpoint, names: str) -> None:
    wanted: dict[str, Any] = {"access_control_request_method": "POST", "access_control_request_headers": names}
    answer = endpoint.server.ask("/sparql", method="OPTIONS", origin=endpoint.elsewhere, **wanted)
    assert answer.status in (200, 204)
    assert {*names.split(", ")} <= {*answer.headers["access-control-allow-headers"].lower().split(", ")}


@pytest.mark.parametrize("path", ["/sparql/?", "/sparql?"])
def test_the_endpoint_may_be_written_with_a_slash(endpoint: Endpoint, path: str) -> None:
    answer = endpoint.server.ask(path + urlencode({"query": COUNTRIES}))
    assert (answer.status, JAPAN in answer.column()) == (200, True)
    posted = endpoint.server.ask(path[:-1], method="POST", body=COUNTRIES, content_type="application/sparql-query")
    assert posted.column() == answer.column()
