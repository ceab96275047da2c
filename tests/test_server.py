"""The server: the protocol, the pages, the API, and what it must withstand."""

from __future__ import annotations

import csv
import hashlib
import http.client
import io
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)

from conftest import Run
from eudigraph import notebook, open_graph
from eudigraph.ask import evidence, lookup
from eudigraph.ask.library import bind, load_library
from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.model import workspace
from eudigraph.model.names import BASE, EUD, GRAPH_DEFAULT, OWN_GRAPHS, PREFIXES, RDF_TYPE, XSD
from eudigraph.model.ontology import from_store
from eudigraph.serve import description, guard, pages
from eudigraph.serve.replies import Reply
from eudigraph.serve.service import Service
from eudigraph.show import formats
from serving import COUNTRIES, TIMEOUT, Client, rebuild, serving, wait

pytestmark = pytest.mark.server

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
DCAT = "http://www.w3.org/ns/dcat#"
PASSAGE = BASE + "passage/euractiv-2023-04/05"
OTHER = BASE + "passage/euractiv-2023-04/30"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d && ?g != ?j) }"
FORM = "application/x-www-form-urlencoded"
AGAIN = "whoever runs the server should build again"
FORMATS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}


@pytest.fixture(scope="module")
def server(built: store.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    log = tmp_path_factory.mktemp("log") / "access.jsonl"
    with serving(built.folder, log, "--workers", 3, "--timeout", TIMEOUT, "--max-rows", 1000) as client:
        yield client


# --- SPARQL 1.1 Protocol: https://www.w3.org/TR/sparql11-protocol/#query-operation ---------------------------------


def test_a_query_can_be_sent_in_three_ways(server: Client) -> None:
    got = server.query(COUNTRIES)
    form = server.ask(
        "/sparql",
        method="POST",
        body=urlencode({"query": COUNTRIES}),
        content_type="application/x-www-form-urlencoded",
        accept="application/sparql-results+json",
    )
    direct = server.ask(
        "/sparql",
        method="POST",
        body=COUNTRIES,
        content_type="application/sparql-query; charset=utf-8",
        accept="application/sparql-results+json",
    )
    assert got.status == form.status == direct.status == 200
    assert got.media == "application/sparql-results+json"
    assert got.column() == form.column() == direct.column()
    assert BASE + "country/japan" in got.column()


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("text/turtle, text/csv;q=0.5, application/sparql-results+xml;q=0.4", "text/csv"),
        ("text/csv;q=0.3, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
    ],
)
def test_rows_come_in_the_format_that_is_asked_for(server: Client, accept: str, media: str) -> None:
    answer = server.query('SELECT ?x ("a,\\"b\\"\\tc" AS ?y) (1.5 AS ?z) ("c"@de AS ?w) ?free ' + COUNTRIES[9:], accept)
    assert (answer.status, answer.media) == (200, media)
    wanted = server.query(COUNTRIES).column()
    if media == "text/csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["x"] for row in rows] == wanted
        assert {(row["y"], row["z"], row["w"], row["free"]) for row in rows} == {('a,"b"\tc', "1.5", "c", "")}
        assert "\r\n" in answer.text
        return
    kind = {"application/json": "application/sparql-results+json"}.get(media, media)
    form = next(f for m, f in FORMATS.items() if m == kind)
    found = parse_query_results(answer.body, format=form)
    assert isinstance(found, QuerySolutions)
    rows_ = list(found)
    assert [row["x"].value for row in rows_] == wanted
    assert {(row["y"].value, row["z"].value, row["w"].language, row["free"]) for row in rows_} == {
        ('a,"b"\tc', "1.5", "de", None)
    }


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "application/sparql-results+xml", ""])
def test_a_truth_comes_in_json_or_xml(server: Client, accept: str) -> None:
    answer = server.query("ASK { country:japan a eud:Country }", accept)
    assert answer.status == 200
    if answer.media.endswith("xml"):
        assert ElementTree.fromstring(answer.body).findtext("{*}boolean") == "true"
    else:
        assert answer.json() == {"head": {}, "boolean": True}
    assert server.query("ASK {}", "text/csv").status == 406


@pytest.mark.parametrize(
    "query", ["DESCRIBE country:japan", "CONSTRUCT { ?x ?p ?o } { VALUES ?x { country:japan } ?x ?p ?o }"]
)
@pytest.mark.parametrize(
    "media", ["text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"]
)
def test_triples_come_in_the_format_that_is_asked_for(server: Client, query: str, media: str) -> None:
    answer = server.query(query, media)
    assert (answer.status, answer.media) == (200, media)
    found = list(parse(answer.body, format=RdfFormat.from_media_type(media) or RdfFormat.TURTLE))
    assert any(q.predicate == RDF_TYPE and q.subject == NamedNode(BASE + "country/japan") for q in found)


def test_the_graphs_that_a_request_names_are_the_dataset(server: Client) -> None:
    subjects = "SELECT DISTINCT (?s AS ?x) { ?s ?p ?o } ORDER BY ?s"
    graphs = "SELECT DISTINCT (?g AS ?x) { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
    one = server.query(subjects, default_graph_uri=PASSAGE).column()
    other = server.query(subjects, default_graph_uri=OTHER).column()
    both = server.query(subjects, default_graph_uri=[PASSAGE, OTHER]).column()
    assert one
    assert other
    assert both == sorted({*one, *other})
    # Whoever names a default graph alone has no named graphs, and the other way round.
    assert server.query(graphs, default_graph_uri=PASSAGE).column() == []
    assert server.query(subjects, named_graph_uri=PASSAGE).column() == []
    assert server.query(graphs, named_graph_uri=[OTHER, PASSAGE]).column() == [PASSAGE, OTHER]
    full = server.query(graphs, named_graph_uri=OTHER, default_graph_uri=PASSAGE)
    assert full.column() == [OTHER]
    body = urlencode({"query": subjects, "default-graph-uri": [PASSAGE, OTHER]}, doseq=True)
    posted = server.ask("/sparql", method="POST", body=body, content_type="application/x-www-form-urlencoded")
    assert posted.column() == both
    direct = server.ask(
        f"/sparql?{urlencode({'default-graph-uri': PASSAGE})}",
        method="POST",
        body=subjects,
        content_type="application/sparql-query",
    )
    assert direct.column() == one
    assert len(server.query(graphs).column()) > 20


def test_a_query_can_name_graphs_of_the_dataset_and_no_others(server: Client) -> None:
    subjects = "SELECT DISTINCT (?s AS ?x) FROM <%s> { ?s ?p ?o } ORDER BY ?s"
    one = server.query(subjects % PASSAGE).column()
    assert one == server.query(subjects % OTHER, default_graph_uri=PASSAGE).column()
    named = server.query(f"SELECT DISTINCT (?g AS ?x) FROM NAMED <{PASSAGE}> {{ GRAPH ?g {{ ?s ?p ?o }} }}")
    assert named.column() == [PASSAGE]
    short = server.query(
        "PREFIX p: <https://w3id.org/eudigraph/passage/euractiv-2023-04/> SELECT * FROM p:05 { ?x ?p ?o }"
    )
    assert set(short.column()) == set(one)
    assert (
        server.query(subjects % GRAPH_DEFAULT.value).column()
        == server.query("SELECT DISTINCT (?s AS ?x) { ?s ?p ?o } ORDER BY ?s").column()
    )
    for foreign in ("https://example.org/g", "file:///etc/passwd", "http://127.0.0.1:1/x", "relative"):
        for refused in (
            server.query(subjects % foreign),
            server.query("SELECT * { ?s ?p ?o }", default_graph_uri=foreign),
            server.query("SELECT * { ?s ?p ?o }", named_graph_uri=foreign),
        ):
            assert refused.status == 400
            assert "graph" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("PUT", f"/sparql?query={quote('ASK {}')}", None, "", 405),
        ("DELETE", "/sparql", None, "", 405),
        ("GET", f"/sparql?query={quote('ASK {}')}&query={quote('SELECT * {}')}", None, "", 400),
        ("POST", "/sparql", "query=ASK+%7B%7D&query=ASK+%7B%7D", FORM, 400),
        ("POST", "/sparql?query=ASK+%7B%7D", "ASK {}", "application/sparql-query", 400),
        ("POST", "/sparql", "ASK {}", "text/plain", 415),
        ("POST", "/sparql", "query=ASK+%7B%7D", "", 415),
        ("POST", "/sparql", "ASK {}", "", 415),
        ("POST", "/sparql", "", FORM, 400),
        ("POST", "/sparql", "ASK {}".encode("utf-16"), "application/sparql-query", 400),
        ("POST", "/sparql", b"query=%FF%FE", FORM, 400),
        ("GET", f"/sparql?query={quote('ASK WHERE { x:y')}", None, "", 400),
        ("GET", "/sparql?query=", None, "", 400),
        # Updates, in each of the ways in which the protocol has them.
        ("GET", f"/sparql?update={quote('CLEAR ALL')}", None, "", 403),
        ("POST", "/sparql", "update=CLEAR+ALL", FORM, 403),
        ("POST", "/sparql", "CLEAR ALL", "application/sparql-update", 403),
        ("GET", f"/sparql?query={quote('CLEAR ALL')}", None, "", 400),
        ("GET", f"/sparql?query={quote('LOAD <http://127.0.0.1/x>')}", None, "", 400),
        ("GET", f"/sparql?query={quote('INSERT DATA { <a:b> <a:b> 1 }')}", None, "", 400),
        ("GET", f"/sparql?query={quote('SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }')}", None, "", 400),
        (
            "GET",
            f"/sparql?query={quote('SELECT * { SERVICE SILENT <file:///etc/passwd> {} }')}",
            None,
            "",
            400,
        ),
    ],
)
def test_what_is_no_query_is_refused_with_the_right_status(
    server: Client, method: str, path: str, body: Any, kind: str, status: int
) -> None:
    headers: dict[str, Any] = {"content_type": kind} if kind else {}
    answer = server.ask(path, method=method, body=body, **headers)
    assert answer.status == status
    said = answer.json()
    assert answer.media == "application/problem+json"
    assert said["status"] == status
    assert len(said["detail"]) > 20
    assert "Traceback" not in answer.text


def test_what_no_format_can_be_found_for_is_said(server: Client) -> None:
    assert server.query("ASK {}", "image/png").status == 406
    assert server.query("ASK {}", "no media type").status == 400
    assert server.query("ASK {}", form="png").status == 400
    assert server.query("SELECT * { ?s ?p ?o } LIMIT 1", "image/png", form="csv").media == "text/csv"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("TEXT/CSV", "text/csv"),
        (",", "application/sparql-results+json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted, x", text/csv;q=0.5', "text/csv"),
    ],
)
def test_formats_are_read_as_they_may_be_written(server: Client, accept: str, media: str) -> None:
    assert server.query(COUNTRIES, accept).media == media


def test_several_lists_of_formats_are_one(server: Client) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("GET", f"/sparql?query={quote(COUNTRIES)}")
    connection.putheader("Accept", "image/png")
    connection.putheader("Accept", "application/sparql-results+xml")
    connection.endheaders()
    reply = connection.getresponse()
    assert reply.getheader("content-type") == "application/sparql-results+xml"
    reply.read()
    connection.close()
    assert server.ask("/ontology", accept="text/html," + "x/y," * 1000).status == 400
    assert server.ask("/id/country/japan", accept="application/json").media == "application/json"


def test_caches_are_told_what_an_answer_depends_on(server: Client) -> None:
    for path in ("/", "/ontology", "/sparql", "/id/country/japan", "/nothing", "/api/queries/nothing"):
        assert "accept" in server.ask(path, accept="text/html").headers["vary"].lower().split(", ")
    assert "accept-encoding" in server.ask("/").headers["vary"]
    assert "content-encoding" not in server.ask("/", accept_encoding="gzip;q=0").headers


@pytest.mark.parametrize("line", ["Host: b", "Content-Encoding: gzip"])
def test_requests_that_may_be_read_in_two_ways_are_refused(server: Client, line: str) -> None:
    head = "\r\n".join(["GET /health HTTP/1.1", f"Host: {server.host}", line, "Connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000).split()[1] in (b"400", b"415")


def test_a_form_with_too_many_fields_is_refused(server: Client) -> None:
    body = "&".join(["a=1"] * 1100) + "&query=ASK%7B%7D"
    assert server.ask("/sparql", method="POST", body=body, content_type=FORM).status == 400


def test_statements_about_statements_are_written_as_version_1_2_does(server: Client) -> None:
    text = 'SELECT (<<( <a:b> <a:c> "x"@ar--rtl )>> AS ?t) {}'
    given = server.query(text).json()["results"]["bindings"][0]["t"]
    assert given["type"] == "triple"
    assert given["value"]["subject"] == {"type": "uri", "value": "a:b"}
    assert given["value"]["object"]["its:dir"] == "rtl"
    assert "<<(" in server.query(text, "text/tab-separated-values").text
    xml = ElementTree.fromstring(server.query(text, "application/sparql-results+xml").body)
    assert xml.findtext("{*}results/{*}result/{*}binding/{*}triple/{*}predicate/{*}uri") == "a:c"
    graph = "CONSTRUCT { <a:b> <a:c> <<( <a:b> <a:b> 1 )>> } {}"
    for media in ("application/ld+json", "application/rdf+xml"):
        refused = server.query(graph, media)
        assert refused.status == 400
        assert "Turtle" in refused.json()["detail"]
    assert server.query(graph, "text/turtle").status == 200


def test_csv_of_the_page_for_queries_has_no_formulas(server: Client) -> None:
    query = 'SELECT ("=1+1" AS ?x) ("-2"^^xsd:integer AS ?y) {}'
    page = server.query(query, "text/html")
    (link,) = re.findall(r'href="(/sparql[^"]*format=csv)"', page.text)
    link = link.replace("&amp;", "&")
    assert server.ask(link, accept="text/html,*/*;q=0.8").text == "x,y\r\n'=1+1,-2\r\n"
    assert server.query(query, "text/csv").text == "x,y\r\n=1+1,-2\r\n"


def test_xml_is_xml_whatever_it_holds(server: Client) -> None:
    odd = '"a\\u0001b\\r\\nc"'
    rows = ElementTree.fromstring(server.query(f"SELECT ({odd} AS ?x) {{}}", "application/sparql-results+xml").body)
    assert rows.findtext("{*}results/{*}result/{*}binding/{*}literal") == "a�b\r\nc"
    graph = server.query(f"CONSTRUCT {{ <http://a> <http://b/c> {odd} }} {{}}", "application/rdf+xml")
    ElementTree.fromstring(graph.body)
    for predicate in ("http://b/1", "http://b/"):
        refused = server.query(f"CONSTRUCT {{ <http://a> <{predicate}> 1 }} {{}}", "application/rdf+xml")
        assert refused.status == 400


def test_an_answer_that_is_cut_says_so(server: Client) -> None:
    many = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f }"
    answer = server.query(many)
    assert answer.headers["x-sparql-maxrows"] == "1000"
    assert len(answer.json()["results"]["bindings"]) == 1000
    assert answer.json()["head"]["link"] == [formats.CUT]
    xml = ElementTree.fromstring(server.query(many, "application/sparql-results+xml").body)
    assert [link.get("href") for link in xml.findall("{*}head/{*}link")] == [formats.CUT]
    for other in (server.query(many, "text/csv"), server.query("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "text/turtle")):
        assert other.headers["x-sparql-maxrows"] == "1000"
    few = server.query(COUNTRIES)
    assert "x-sparql-maxrows" not in few.headers
    assert "link" not in few.json()["head"]


def test_the_endpoint_describes_itself(server: Client) -> None:
    answer = server.ask("/sparql", accept="text/turtle")
    assert answer.status == 200
    found = list(parse(answer.body, format=RdfFormat.TURTLE))
    endpoint = NamedNode(f"http://127.0.0.1:{server.port}/sparql")
    assert any(
        q.subject == endpoint and q.predicate == RDF_TYPE and q.object == NamedNode(SD + "Service") for q in found
    )
    assert any(q.predicate == NamedNode(SD + "endpoint") and q.object == endpoint for q in found)
    assert any(q.object == NamedNode(SD + "SPARQL11Query") for q in found)
    assert sum(q.predicate == NamedNode(SD + "resultFormat") for q in found) == 11
    # Each of the named graphs that it names is there.
    named = {q.object for q in found if q.predicate == NamedNode(SD + "name")}
    assert named == set(OWN_GRAPHS)
    for graph in named:
        assert server.query("ASK { GRAPH ?g { ?s ?p ?o } }", named_graph_uri=graph.value).json()["boolean"]


def test_the_dataset_is_described(server: Client, built: store.Built) -> None:
    answer = server.ask("/.well-known/void", accept="application/ld+json")
    found = list(parse(answer.body, format=RdfFormat.JSON_LD))
    values = {q.predicate.value: q.object.value for q in found if q.subject == description.DATASET}
    assert values[VOID + "sparqlEndpoint"].endswith("/sparql")
    everything = server.query("SELECT (COUNT(*) AS ?x) { ?s ?p ?o }").column()
    assert [values[VOID + "triples"]] == everything
    countries = str(len(server.query(COUNTRIES).column()))
    part = next(q.subject for q in found if q.predicate.value == VOID + "class" and q.object.value == EUD + "Country")
    assert [q.object.value for q in found if q.subject == part and q.predicate.value == VOID + "entities"] == [
        countries
    ]
    assert all(
        (server.ask(q.object.value.partition(str(server.port))[2]).status == 200) == (built.generation / name).is_file()
        for q in found
        if q.predicate.value == DCAT + "downloadURL"
        for name in [q.object.value.rpartition("/")[2]]
    )
    dumps = [q for q in found if q.predicate.value == VOID + "dataDump"]
    assert len(dumps) == len(description.DUMPS)


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:8080", "http://ü.example/ä%20b/%22%27", "http://[::1]:80/a/../b;c=d", "http://x/'a'&$b$(c)"],
)
def test_descriptions_name_the_address_that_clients_know(built: store.Built, base: str) -> None:
    endpoint = NamedNode(f"{base}/sparql")
    assert [t.subject for t in description.service(base) if t.predicate.value == SD + "endpoint"] == [endpoint]
    said: dict[str, set[Any]] = {}
    for triple in description.dataset(built, from_store(built.store), base):
        if triple.subject == description.DATASET:
            said.setdefault(triple.predicate.value, set()).add(triple.object)
    assert said[VOID + "sparqlEndpoint"] == {endpoint}
    assert said[VOID + "dataDump"] == {NamedNode(f"{base}/data/{name}") for name in description.DUMPS}
    # What stands in the template agrees with the names that the code uses.
    assert said[VOID + "uriSpace"] == {Literal(BASE)}
    assert said[VOID + "vocabulary"] == {NamedNode(EUD), NamedNode(PREFIXES["skos"])}
    assert description.openapi([], base, 1)["servers"] == [{"url": base}]


def test_any_question_can_be_described(checkout: workspace.Workspace) -> None:
    """Also one whose names look like markup, and a column that is called like what goes with each row."""
    odd = replace(load_library(checkout)["topics"], name='a", <b>', columns={"evidence": "x", '"\\$c': "y"}, notes="\n")
    described = json.loads(json.dumps(description.openapi([odd], "", 7)))
    validate(described)
    operation = described["paths"][f"/api/queries/{odd.name}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["query"] == {"const": odd.name}
    row = schema["properties"]["rows"]["items"]
    assert row["required"] == list(odd.columns)
    assert row["properties"]["evidence"]["type"] == "array"
    limit = next(p for p in operation["parameters"] if p["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 7, "default": 7}


# --- Things, questions, pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", list(formats.GRAPHS))
def test_an_entity_is_given_in_the_format_that_is_asked_for(server: Client, media: str) -> None:
    answer = server.ask("/id/meeting/eu-japan-summit-2023", accept=f"{media}, text/html;q=0.5")
    assert (answer.status, answer.media) == (200, media)
    assert answer.headers["vary"].startswith("accept")
    found = list(parse(answer.body, format=formats.GRAPHS[media]))
    meeting = NamedNode(BASE + "meeting/eu-japan-summit-2023")
    assert any(q.subject == meeting and q.predicate == NamedNode(EUD + "withCountry") for q in found)
    if formats.GRAPHS[media].supports_datasets and media != "application/ld+json":
        passages = {q.graph_name.value for q in found if isinstance(q.graph_name, NamedNode)}
        assert any(name.startswith(PREFIXES["passage"]) for name in passages)


def test_an_entity_has_an_address_for_each_format(server: Client) -> None:
    page = server.ask("/id/country/japan", accept="text/html")
    assert page.media == "text/html"
    links = re.findall(r'rel="alternate" type="([^"]+)" href="([^"]+)"', page.text)
    assert len(links) == 7
    for media, href in links:
        assert server.ask(href, accept="text/html").media == media


def test_a_page_says_where_passages_disagree(server: Client) -> None:
    disputed = server.ask("/id/partnership/eu-canada-digital-partnership", accept="text/html").text
    marked = re.findall(r"<dt>((?:(?!</dt>).)*passages disagree.*?)</dt>", disputed, re.DOTALL)
    assert len(marked) == 1
    assert "passages disagree on the status" in marked[0]
    assert (
        "passages disagree" not in server.ask("/id/partnership/eu-japan-digital-partnership", accept="text/html").text
    )


def test_a_source_lists_its_passages_in_their_order_with_what_they_say(server: Client) -> None:
    page = server.ask("/id/source/euractiv-2023-04", accept="text/html").text
    places = [int(number) for number in re.findall(r"EURACTIV ¶(\d+)<", page)]
    assert len(places) > 20
    assert places == sorted(places)
    assert "Joint research on 6G with Japan is thought of." in page


@pytest.mark.parametrize("address", ["https://example.org/news?day=18&more", "javascript:alert(1)"])
def test_the_page_of_a_source_leads_to_its_text_on_the_web(built: store.Built, address: str) -> None:
    graph = Store()
    graph.extend(built.store)
    source = NamedNode(f"{BASE}source/euractiv-2023-04")
    graph.add(Quad(source, NamedNode(EUD + "url"), Literal(address, datatype=NamedNode(XSD + "anyURI"))))
    shown = pages.entity(graph, from_store(graph), source)
    given = [value for fact in shown.said + shown.follows for value in fact.values if fact.relation.text == "address"]
    assert [(value.text, value.href) for value in given] == [(address, address if "https" in address else "")]


def test_a_page_tells_what_is_said_the_other_way_round_from_what_follows(server: Client) -> None:
    """Passages say of the partnership that Japan is in it; that is said of Japan, too, and leads to them."""
    page = server.ask("/id/country/japan", accept="text/html").text
    said, follows = (page.partition(f"<h2>{heading}</h2>")[2] for heading in ("What is said of it", "What follows"))
    said = said.partition("</section>")[0]
    assert "EU–Japan Digital Partnership" in said
    assert 'href="#' in said
    assert "why?" not in said
    assert "research partnership on 6G with Japan" not in said
    assert "research partnership on 6G with Japan" in follows.partition("</section>")[0]


def test_a_page_of_an_entity_leads_to_what_is_said_and_who_says_it(server: Client) -> None:
    page = server.ask("/id/meeting/eu-japan-summit-2023", accept="text/html").text
    assert "EU–Japan summit 2023" in page
    assert "3–4 July 2023 (uncertain)" in page
    assert "/id/passage/" in page
    assert "European Commission" in page
    why = re.findall(r'href="(/explain\?[^"]+)"', server.ask("/id/country/japan", accept="text/html").text)
    explained = server.ask(why[0].replace("&amp;", "&"), accept="text/html")
    assert explained.status == 200
    assert "It follows" in explained.text
    passage = server.ask(f"/id/{PASSAGE.removeprefix(BASE)}", accept="text/html").text
    assert "What the passage says" in passage


def test_a_page_of_an_entity_says_in_words_what_others_vocabularies_mean(server: Client) -> None:
    page = server.ask("/id/country/south-korea", accept="text/html").text
    assert re.search(r"<dt>.*\bcode\b.*</dt>", page)
    assert "KR" in page
    assert not re.search(r"(skos|rdfs?|owl):[a-zA-Z]", page)


def test_an_address_that_is_none_leads_to_those_there_are(server: Client) -> None:
    detail = server.ask("/nothing", accept="application/json").text
    assert "see /, /sparql, /api, /id/…, /explain, /ontology, /.well-known/void, /data/…, /health" in detail
    assert "there may be: " in server.ask("/data/nothing", accept="application/json").text


@pytest.mark.parametrize(
    "path",
    [
        "/id/country/atlantis",
        "/id/",
        "/id/country/japan.exe",
        "/id/../../../etc/passwd",
        "/id/%2e%2e/%2e%2e/etc/passwd",
        "/id/a%00b",
        "/id/%3Cscript%3Ealert(1)%3C/script%3E",
        "/data/",
        "/data/manifest.json",
        "/data/..%2fmanifest.json",
        "/data/%2e%2e/manifest.json",
        "/data/store",
        "/api/queries/nothing",
        "/nothing",
        "/sparql//",
    ],
)
def test_what_is_not_there_is_not_found(server: Client, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("GET", path, skip_host=False)  # as it is, dots and all
    connection.putheader("Accept", "text/html")
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    assert reply.status == 404
    assert "<script" not in body
    assert "root:" not in body


def test_every_question_is_answered_as_by_the_library(server: Client, built: store.Built) -> None:
    from eudigraph.engine.answer import run
    from eudigraph.engine.safety import prepare

    listed = server.ask("/api/queries").json()["queries"]
    library = load_library(workspace.open_workspace())
    assert [q["name"] for q in listed] == list(library)
    needed = {"who": "Thierry Breton", "subject": "Japan", "one": "India", "other": "Japan", "since": "2023-01-01"}
    for query in library.values():
        given = {name: needed[name] for name, p in query.parameters.items() if p.required}
        answer = server.ask(f"/api/queries/{query.name}?{urlencode(given)}", accept="application/json")
        assert answer.status == 200, answer.text
        said = answer.json()
        text = bind(query, lookup.resolve(built.store, query, given)[0])
        wanted = run(built.store, prepare(text))
        assert said["columns"] == wanted.variables == list(query.columns)
        assert len(said["rows"]) == len(wanted.rows)
        iris = [[t.value if isinstance(t, NamedNode) else None for t in row] for row in wanted.rows]
        assert [[v["iri"] if isinstance(v, dict) else None for v in row.values()] for row in said["rows"]] == iris
        sparql = server.ask(f"/api/queries/{query.name}?{urlencode(given)}", accept="text/csv")
        assert sparql.text.count("\r\n") >= len(wanted.rows) + 1
        page = server.ask(f"/api/queries/{query.name}?{urlencode(given)}", accept="text/html")
        assert (page.status, page.media) == (200, "text/html")


def test_the_api_keeps_to_its_description(server: Client) -> None:
    described = server.ask("/api/openapi.json").json()
    validate(described)
    for name, given in (
        ("topics", ""),
        ("meetings", ""),
        ("compare", "&one=India&other=Japan"),
        ("partnerships", ""),
    ):
        operation = described["paths"][f"/api/queries/{name}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        answer = server.ask(f"/api/queries/{name}?evidence=true{given}", accept="application/json").json()
        Draft202012Validator({**schema, "components": described["components"]}).validate(answer)
        assert answer["passages"]
        assert all(row["evidence"] for row in answer["rows"])
    names = {p["name"] for path in described["paths"].values() for p in path["get"].get("parameters", [])}
    reserved = {"limit", "evidence", "format", "lang", "query", "default-graph-uri", "named-graph-uri"}
    library = load_library(workspace.open_workspace())
    assert names == {p for q in library.values() for p in q.parameters} | reserved
    # No parameter of a question has a name that means something else in an address.
    assert not {p for q in library.values() for p in q.parameters} & {"limit", "evidence", "format", "lang"}


def test_a_question_has_its_json_by_name_and_on_its_page_with_the_evidence(server: Client) -> None:
    path = "/api/queries/topics?country=Japan&evidence=true"
    by_name, by_accept = server.ask(f"{path}&format=json"), server.ask(path, accept="application/json")
    assert by_name.media == by_accept.media == "application/json"
    assert by_name.json() == by_accept.json()
    assert by_name.json()["passages"]
    assert server.ask("/api/queries/topics", accept="application/sparql-results+json").json()["results"]
    page = server.ask(path, accept="text/html")
    (link,) = re.findall(r'href="(/api/queries/topics[^"]*format=json)"', page.text)
    assert server.ask(link.replace("&amp;", "&")).json() == by_name.json()


OWN = """number = 99
title = "Odd"
question = "What is odd?"
grain = "one row per term"
evidence = []
[columns]
x = "the term"
"""


@pytest.fixture(scope="module")
def odd(
    checkout: workspace.Workspace, built: store.Built, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Reply]:
    """Ask a question of one's own, of odd terms, as clients do."""
    folder = tmp_path_factory.mktemp("odd") / "space"
    for name in workspace.FOLDERS:
        shutil.copytree(checkout.root / name, folder / name)
    numbers = '"NaN"^^xsd:double "-INF"^^xsd:float "1e999"^^xsd:double 1.5 "5"^^xsd:integer "-2"^^xsd:integer'
    terms = f'{numbers} "=1+1" UNDEF'
    (folder / "queries" / "odd.rq").write_text(f"SELECT ?x {{ VALUES ?x {{ {terms} }} }}", "utf-8")
    (folder / "queries" / "odd.toml").write_text(OWN, "utf-8")
    service = Service(built, workspace.open_workspace(folder))

    def ask(**request: Any) -> Reply:
        asked = {"kind": "question", "name": "odd", "given": {}, "accept": "", **request}
        return service.reply(asked)

    return ask


def test_what_is_no_number_of_json_is_a_text_there(odd: Callable[..., Reply]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    reply = odd(accept="application/json")
    rows = json.loads(reply.body, parse_constant=refuse)["rows"]
    assert [row["x"] for row in rows] == ["NaN", "-INF", "INF", 1.5, 5, -2, "=1+1", None]
    reply = odd(format="application/sparql-results+json")
    found = json.loads(reply.body, parse_constant=refuse)["results"]["bindings"]
    assert [row.get("x", {}).get("value") for row in found] == [*("NaN", "-INF", "INF", "1.5", "5", "-2", "=1+1", None)]


def test_csv_by_its_short_name_is_for_people_and_by_its_media_type_for_programs(odd: Callable[..., Reply]) -> None:
    people = 'x\r\nNaN\r\n-INF\r\nINF\r\n1.5\r\n5\r\n-2\r\n\'=1+1\r\n""\r\n'
    standard = people.replace("'", "").replace('""', "")
    for given in ({"format": "csv"}, {"format": "CSV", "accept": "*/*"}, {"format": "csv", "accept": "text/html,*/*"}):
        reply = odd(**given)
        assert (reply.body.decode(), reply.headers["content-type"]) == (people, "text/csv; charset=utf-8")
    for given in ({"format": "text/csv"}, {"accept": "text/csv"}, {"format": "csv", "accept": "text/csv, */*;q=0.1"}):
        assert odd(**given).body.decode() == standard


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("topics?country=China", 400, "there are: Canada, India, Japan"),
        ("topics?contry=Japan", 400, "did you mean country"),
        ("topic", 404, "did you mean: topics"),
        ("meetings-of", 400, "who"),
        ("meetings?until=yesterday", 400, "yesterday"),
        ("shared-topics?at_least=two", 400, "whole number"),
        ("topics?limit=0", 400, "limit"),
        ("topics?limit=9999999", 400, "limit"),
        ("topics?limit=1e3", 400, "limit"),
        ("topics?evidence=perhaps", 400, "evidence"),
        ("topics?format=docx", 400, "there are: json, csv, tsv, xml, html"),
        ("topics?format=csv&evidence=true", 400, "ask for format=json"),
        (f"topics?country={quote('Japan> } DROP ALL #')}", 400, "Japan>"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_right(server: Client, path: str, status: int, words: str) -> None:
    answer = server.ask(f"/api/queries/{path}", accept="application/json")
    assert answer.status == status
    assert words in answer.json()["detail"]
    page = server.ask(f"/api/queries/{path}", accept="text/html")
    # Somebody who comes to a question without saying more is shown what it needs.
    assert page.status == (status if "?" in path or status == 404 else 200)


@pytest.mark.parametrize("path", ["/", "/api", "/ontology", "/sparql", "/id/country/japan", "/api/queries/officials"])
def test_every_page_takes_the_languages_that_names_are_shown_in(server: Client, path: str) -> None:
    page = server.ask(f"{path}?lang=de,fr", accept="text/html")
    assert (page.status, page.media) == (200, "text/html")
    assert "lang=de,fr" in page.text
    assert "lang=" not in server.ask(path, accept="text/html").text.replace('<html lang="en">', "")
    refused = server.ask(f"{path}?lang=german", accept="text/html")
    assert refused.status == 400
    assert "is no tag of a language; write tags such as de,pt-BR" in refused.text


def test_a_part_of_a_name_is_answered_with_a_note(server: Client) -> None:
    notes = ['"Breton" was taken for Thierry Breton (official)', "known by 30 April 2023"]
    assert server.ask("/api/queries/meetings-of?who=Breton&format=json").json()["notes"] == notes
    table = server.ask("/api/queries/meetings-of?who=Breton&format=csv")
    assert json.loads(table.headers["x-eudigraph-notes"]) == notes
    told = server.ask("/explain?subject=Inndia&property=cooperates+on&object=chips", accept="text/plain").text
    assert "the graph does not say: India · cooperates on · semiconductors" in told
    told = server.ask("/explain?subject=Inndia&property=cooperates+on&object=standardisation", accept="text/plain").text
    assert told.startswith(
        'Note: "Inndia" was taken for India (country)\nIndia · cooperates on · standardisation. It follows:\n'
    )


def test_rows_of_a_question_can_be_limited(server: Client) -> None:
    answer = server.ask("/api/queries/topics?limit=2", accept="application/json").json()
    assert (len(answer["rows"]), answer["cut"]) == (2, True)
    table = server.ask("/api/queries/topics?limit=2", accept="text/csv")
    assert (table.text.count("\r\n"), table.headers["x-sparql-maxrows"]) == (3, "2")
    assert server.ask("/api/queries/topics", accept="application/json").json()["cut"] is False


def test_the_explorer_is_at_the_top(server: Client, built: store.Built) -> None:
    from eudigraph.explore.page import render

    page = server.ask("/", accept="text/html")
    offline = render(built.store, built.manifest.counts)
    assert re.sub(r"  <nav.*?</nav>\n", "", page.text) == offline
    assert '<a href="/sparql">SPARQL</a>' in page.text
    assert "<nav" not in offline
    squeezed = server.ask("/", accept="text/html", accept_encoding="gzip")
    assert squeezed.headers["content-encoding"] == "gzip"
    assert len(squeezed.body) < len(page.body) / 2


def test_the_ontology_is_given_for_people_and_programs(server: Client) -> None:
    page = server.ask("/ontology", accept="text/html").text
    for part in page.split("<h2>")[1:3]:
        names = re.findall(r'<dt id="([^"]+)"', part)
        assert len(names) > 20
        assert names == sorted(names, key=str.lower)
    assert re.findall(r"Below:\s*[.,]", page) == []
    assert "Below: skos:Concept." in page
    assert 'id="Country"' in page
    found = list(parse(server.ask("/ontology", accept="text/turtle").body, format=RdfFormat.TURTLE))
    assert any(q.subject == NamedNode(EUD + "Country") for q in found)


def test_the_editor_shows_answers_and_errors(server: Client) -> None:
    page = server.ask("/sparql", accept="text/html")
    assert page.status == 200
    assert "The library's queries" in page.text or "The library&#39;s queries" in page.text
    answered = server.query(COUNTRIES, "text/html,*/*;q=0.8")
    assert 'href="/id/country/japan"' in answered.text
    wrong = server.query("SELECT * { ?x a eud:Nonsense ", "text/html")
    assert wrong.status == 400
    assert "line:1" in wrong.text
    unknown = server.query("SELECT * { ?x a eud:Cuntry }", "text/html")
    assert "did you mean eud:Country" in unknown.text
    assert "Yes." in server.query("ASK {}", "text/html").text
    assert "Japan" in server.query("DESCRIBE country:japan", "text/html").text
    many = server.query("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f }", "text/html").text
    assert "The first 200 of more than 1,000 rows" in many


def test_wherever_a_passage_is_shown_its_source_is_a_click_away(
    copy: workspace.Workspace, tmp_path: Path, command: Callable[..., Run]
) -> None:
    address = "https://example.org/news?day=18&more"
    (path,) = copy.claim_files
    text = path.read_text("utf-8")
    path.write_text(text.replace("eud:characters 5564 ;", f'eud:characters 5564 ; eud:url "{address}"^^xsd:anyURI ;'))
    report = build.build(copy, use_hermit=False, exports=False)
    assert not report.errors, report.errors
    link = f'<a href="{address.replace("&", "&amp;")}" rel="noopener noreferrer">Its text on the web</a>'
    asked = command("query", "agenda", "--evidence", "--workspace", copy.root, "--format", "table")
    assert f"\n    {address}\n" in asked.out
    told = command("explain", "India", "cooperates on", "standardisation", "--workspace", copy.root)
    assert re.search(rf"^ +{re.escape(address)}$", told.out, re.MULTILINE)
    with serving(copy.build_folder, tmp_path / "log", "--workers", 2, space=copy.root) as client:
        given = json.loads(client.ask("/api/queries/agenda?evidence=true&format=json").text)
        assert {passage["url"] for passage in given["passages"]} == {address}
        for page in ("/api/queries/agenda?evidence=true", "/id/country/japan"):
            assert link in client.ask(page, accept="text/html").text
    cell = notebook.shown(open_graph(copy.root), "SELECT ?topic { country:india eud:cooperatesOn ?topic }", {})
    assert isinstance(cell, notebook.Shown)
    assert link in cell._repr_html_()


def test_an_invalid_web_address_is_not_shown_with_a_passage(built: store.Built) -> None:
    graph = Store()
    graph.extend(built.store)
    source = NamedNode(f"{BASE}source/euractiv-2023-04")
    for address in ("javascript:alert(1)", "https://example.org/2", "https://example.org/1"):
        graph.add(Quad(source, NamedNode(EUD + "url"), Literal(address, datatype=NamedNode(XSD + "anyURI"))))
    passages = evidence.describe(graph)
    assert {passage.url for passage in passages} == {"https://example.org/1"}
    assert len(passages) == len(evidence.describe(built.store))


def test_what_the_data_says_is_never_run(copy: workspace.Workspace, tmp_path: Path) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    countries = copy.root / "graph" / "reference" / "countries.ttl"
    countries.write_text(countries.read_text("utf-8").replace('"Japan"@en', json.dumps(evil) + "@en"), "utf-8")
    for path in copy.claim_files:
        text = path.read_text("utf-8")
        path.write_text(text.replace('eud:gist "', "eud:gist " + json.dumps(evil)[:-1] + " "), "utf-8")
    report = build.build(copy, use_hermit=False, exports=False)
    assert not report.errors, report.errors
    with serving(copy.build_folder, tmp_path / "log", "--workers", 2, space=copy.root) as client:
        query = "SELECT ?x { ?x skos:prefLabel ?n FILTER(CONTAINS(?n, 'alert(1)')) }"
        iri = client.query(query).column()[0]
        for answer in (
            client.ask(f"/id/{iri.removeprefix(BASE)}", accept="text/html"),
            client.query(f"SELECT ?n {{ <{iri}> skos:prefLabel ?n }}", "text/html"),
            client.query(f"# {evil}\nSELECT * {{ ?x ?y '{evil}' ", "text/html"),
            client.ask(f"/api/queries/topics?country={quote(evil)}", accept="text/html"),
            client.ask(f"/{quote(evil)}", accept="text/html"),
        ):
            assert "alert(1)" in answer.text or answer.status == 404
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text


# --- What it must withstand ---------------------------------------------------------------------------------------


def test_every_answer_has_the_header_fields_of_safety(server: Client) -> None:
    for path in ("/", "/sparql", "/id/country/japan", "/api", "/ontology", "/health", "/nothing", "/sparql?query=x"):
        answer = server.ask(path, accept="text/html")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not any(name.startswith("access-control-") for name in answer.headers)
        own = re.search(r'Content-Security-Policy" content="([^"]+)"', answer.text)
        policy = own[1] if own else answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        for style in re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL):
            assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
        assert "set-cookie" not in answer.headers


def test_a_head_is_an_answer_without_its_body(server: Client) -> None:
    answer = server.ask("/id/country/japan", method="HEAD", accept="text/turtle")
    assert (answer.status, answer.media, answer.body) == (200, "text/turtle", b"")


def test_a_query_ends_at_its_timeout_while_others_are_answered(server: Client) -> None:
    with ThreadPoolExecutor(1) as threads:
        began = time.monotonic()
        endless = threads.submit(server.query, ENDLESS)
        time.sleep(0.3)
        took = []
        while not endless.done():
            start = time.monotonic()
            assert server.query(COUNTRIES).status == 200
            took.append(time.monotonic() - start)
        answer = endless.result()
        ended = time.monotonic() - began
    assert answer.status == 504
    assert "2.5 seconds" in answer.json()["detail"]
    assert TIMEOUT <= ended < TIMEOUT + 3
    assert len(took) > 5
    assert max(took) < TIMEOUT
    assert server.query(COUNTRIES).status == 200
    wait(lambda: len(server.workers()) == 3)  # and its process no longer is


def test_queries_that_reach_their_timeout_never_take_all_workers(server: Client) -> None:
    with ThreadPoolExecutor(6) as threads:
        endless = [threads.submit(server.query, ENDLESS) for _ in range(4)]
        wait(lambda: bool(server.ask("/health").json()["busy"] >= 2))
        start = time.monotonic()
        answer = server.ask("/api/queries/topics?country=Japan", accept="application/json")
        took = time.monotonic() - start
        statuses = [future.result().status for future in endless]
    assert answer.status == 200
    assert took < TIMEOUT
    assert set(statuses) <= {503, 504}
    wait(lambda: server.ask("/health").json()["busy"] == 0)


def test_a_crowd_of_queries_leaves_a_worker_for_questions_of_the_library(built: store.Built, tmp_path: Path) -> None:
    with (
        serving(built.folder, tmp_path / "log", "--workers", 2, "--timeout", 3) as client,
        ThreadPoolExecutor(80) as threads,
    ):
        endless = [threads.submit(client.query, ENDLESS) for _ in range(80)]
        wait(lambda: client.ask("/health").json()["busy"] >= 1)
        time.sleep(0.5)
        began = time.monotonic()
        for _ in range(5):
            assert client.ask("/api/queries/officials", accept="application/json").status == 200
        assert time.monotonic() - began < 3
        assert {future.result().status for future in endless} <= {503, 504}


def test_queries_that_crash_their_worker_hold_no_question_up(built: store.Built, tmp_path: Path) -> None:
    deep = f"SELECT ({'+'.join(['1'] * 20_000)} AS ?a) {{}}"  # the engine's stack is too small for it
    with serving(built.folder, tmp_path / "log", "--workers", 2) as client, ThreadPoolExecutor(1) as threads:

        def post() -> int:
            return client.ask("/sparql", method="POST", body=deep, content_type="application/sparql-query").status

        for _ in range(3):
            dying = threads.submit(post)
            began = time.monotonic()
            assert client.ask("/api/queries/officials", accept="application/json").status == 200
            assert time.monotonic() - began < 1
            assert dying.result() == 400
        wait(lambda: client.query(COUNTRIES).status == 200)


def test_a_client_that_reads_nothing_is_disconnected(built: store.Built, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(built.folder, log, "--workers", 2) as client:
        text = quote("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } LIMIT 90000")
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect(("127.0.0.1", client.port))
            lazy.sendall(f"GET /sparql?query={text} HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode())
            wait(lambda: '"status": 499' in log.read_text("utf-8"), 30)
            assert client.query(COUNTRIES).status == 200


def test_a_client_that_does_not_read_a_download_is_disconnected(built: store.Built, tmp_path: Path) -> None:
    folder, log = tmp_path / "build", tmp_path / "log"
    shutil.copytree(built.folder, folder, symlinks=True)
    content = b"# as of a large graph\n" * 2_000_000
    (folder / built.generation.name / "eudigraph.nq").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"]["eudigraph.nq"] = [len(content), hashlib.sha256(content).hexdigest()]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with serving(folder, log, "--workers", 2) as client, socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", client.port))
        lazy.sendall(f"GET /data/eudigraph.nq HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode())
        wait(lambda: '"status": 499' in log.read_text("utf-8"), 30)
        assert len(client.ask("/data/eudigraph.nq").body) == 44_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not let a server say so")
def test_a_connection_of_which_nobody_reads_is_closed(server: Client) -> None:
    """The answers would wait in the web server for ever, and so many connections are all that it has."""
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", server.port))
        lazy.sendall(f"GET /data/eudigraph.nq HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode() * 200)

        def is_closed() -> bool:
            try:
                lazy.send(b"G")
            except ConnectionError:
                return True
            return False

        wait(is_closed, 15)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:  # but reads
        slow.sendall(f"GET /api/openapi.json HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\n\r\n".encode())
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")


def test_an_export_is_sent_as_it_was_built_or_not_at_all(built: store.Built, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    shutil.copytree(built.folder, folder, symlinks=True)
    path = folder / built.generation.name / "eudigraph.nq"
    content = path.read_bytes()
    known = f'"{hashlib.sha256(content).hexdigest()}"'
    with serving(folder, tmp_path / "log", "--workers", 2) as client:
        for _ in range(2):
            answer = client.ask("/data/eudigraph.nq")
            assert (answer.status, answer.headers["etag"], answer.body) == (200, known, content)
        assert client.ask("/data/eudigraph.nq", if_none_match=f'"x", {known}').status == 304
        for other in (b"", content[:-1], content.replace(b"Japan", b"Nihon")):
            path.write_bytes(other)
            answer = client.ask("/data/eudigraph.nq", if_none_match=known)
            assert answer.status == 500
            assert answer.json()["detail"] == f"eudigraph.nq is not as it was built; {AGAIN}"
        path.unlink()
        assert client.ask("/data/eudigraph.nq").status == 500
        os.mkfifo(path)  # nobody waits for what never comes
        assert client.ask("/data/eudigraph.nq").json()["detail"] == f"eudigraph.nq is no file any more; {AGAIN}"
        path.unlink()
        path.write_bytes(content)
        assert client.ask("/data/eudigraph.nq").body == content
        assert client.ask("/data/eudigraph.nq", if_none_match="*").status == 304
        part = client.ask("/data/eudigraph.nq", range="bytes=10-19", if_range=known)
        assert (part.status, part.body) == (206, content[10:20])


RANGES: dict[str, tuple[int, slice]] = {
    "bytes=5-": (206, slice(5, None)),
    "bytes=-5": (206, slice(-5, None)),
    "Bytes = 5-9": (200, slice(None)),  # no space is allowed there
    "bytes=0-9, 99999999999-": (206, slice(0, 10)),  # what can be sent is
    "bytes=99999999999-": (416, slice(None)),
    "bytes=-0": (416, slice(None)),
    "bytes=9-5": (200, slice(None)),
    "bytes=-": (200, slice(None)),
    "bytes=x-y": (200, slice(None)),
    "bytes=": (200, slice(None)),
    f"bytes={'9' * 5000}-": (200, slice(None)),
    "lines=1-2": (200, slice(None)),
    "nonsense": (200, slice(None)),
}


@pytest.mark.parametrize("given", RANGES)
def test_a_part_of_an_export_is_sent_where_one_is_asked_for(server: Client, built: store.Built, given: str) -> None:
    content = (built.generation / "eudigraph.nq").read_bytes()
    status, part = RANGES[given]
    answer = server.ask("/data/eudigraph.nq", range=given)
    assert answer.status == status
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{len(content)}"
        assert answer.json()["detail"] == f"the file has {len(content):,} bytes; ask for some of these"
    else:
        assert answer.body == content[part]
    head = server.ask("/data/eudigraph.nq", method="HEAD", range=given)
    assert (head.status, head.headers["content-length"]) == (200, str(len(content)))
    assert server.ask("/data/eudigraph.nq", range=given, if_range='"another"').body == content


def test_messages_on_the_web_say_what_to_do_there(server: Client) -> None:
    detail = server.ask("/api/queries/xyzzy").json()["detail"]
    assert detail == "there is no query 'xyzzy'; they are listed at /api/queries"
    asked = "/explain?subject=Japan&property=cooperates+on&object=EU"
    for media in ("text/plain", "text/html"):
        assert "the graph does not say: " in server.ask(asked, accept=media).text
    assert "eudigraph " not in server.ask(asked, accept="text/plain").json()["detail"]


def test_pages_are_sent_however_many_large_answers_are_on_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.Sent, "flying", guard.MAX_FLYING)
    statuses = [guard.response(Reply(200, {}, b"x" * size)).status_code for size in (guard.LARGE - 1, guard.LARGE)]
    assert statuses == [200, 503]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the processes are found by /proc")
def test_a_client_that_disconnects_costs_no_worker(server: Client) -> None:
    wait(lambda: server.ask("/health").json()["workers"] == len(server.workers()) == 3)
    before = server.workers()
    for _ in range(30):
        with socket.create_connection(("127.0.0.1", server.port)) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            gone.sendall(f"GET /id/country/japan HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
            time.sleep(0.004)
    wait(lambda: server.ask("/health").json()["busy"] == 0)
    assert sorted(server.workers()) == sorted(before)
    assert server.query(COUNTRIES).status == 200


def test_a_client_that_is_refused_is_told_when_to_retry(built: store.Built, tmp_path: Path) -> None:
    with (
        serving(built.folder, tmp_path / "log", "--workers", 2, "--timeout", 8) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        first = threads.submit(client.query, ENDLESS)
        wait(lambda: client.ask("/health").json()["busy"] == 1)
        second = client.query(COUNTRIES)  # there is one lane for queries of others' making
        assert second.status == 503
        assert second.headers["retry-after"] == "2"
        assert "busy" in second.json()["detail"]
        assert first.result().status == 504


def test_the_query_of_a_client_that_disconnects_is_cancelled(server: Client) -> None:
    wait(lambda: server.ask("/health").json()["busy"] == 0)
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        gone.sendall(f"GET /sparql?query={quote(ENDLESS)} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
        wait(lambda: server.ask("/health").json()["busy"] == 1)
        began = time.monotonic()
    wait(lambda: server.ask("/health").json()["busy"] == 0)
    assert time.monotonic() - began < TIMEOUT - 0.5
    assert server.query(COUNTRIES).status == 200


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the processes are found by /proc")
def test_a_worker_that_is_killed_is_replaced(server: Client) -> None:
    wait(lambda: server.ask("/health").json()["workers"] == len(server.workers()) == 3)
    before = {pid: _cpu(pid) for pid in server.workers()}
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(server.query, ENDLESS)
        wait(lambda: server.ask("/health").json()["busy"] == 1)
        time.sleep(0.5)
        os.kill(max(before, key=lambda pid: _cpu(pid) - before[pid]), signal.SIGKILL)
        answer = asked.result()
    assert answer.status == 503
    assert "ended before" in answer.json()["detail"]
    assert server.query(COUNTRIES).status == 200
    wait(lambda: server.ask("/health").json()["workers"] == len(server.workers()) == 3)
    for pid in server.workers():  # all at once, and at rest
        os.kill(pid, signal.SIGKILL)
    wait(lambda: server.query(COUNTRIES).status == 200)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the processes are found by /proc")
def test_workers_do_not_outlive_a_server_that_is_killed(built: store.Built, tmp_path: Path) -> None:
    """Not even those that are at work."""
    with serving(built.folder, tmp_path / "log", "--workers", 2) as client, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.query, ENDLESS)
        wait(lambda: client.ask("/health").json()["busy"] == 1)
        workers = client.workers()
        client.process.kill()
        assert isinstance(asked.exception(), OSError | http.client.HTTPException)
        wait(lambda: not any(_state(pid) in "RSD" for pid in workers), 2)


def _state(pid: int) -> str:
    """Whether a process runs (R), or has ended though nobody has asked how (Z); Z, too, for one that is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the processes are found by /proc")
@pytest.mark.parametrize("more", [0, 1])
def test_a_graph_of_up_to_so_many_statements_is_held_in_memory(built: store.Built, tmp_path: Path, more: int) -> None:
    most = built.manifest.statements - 1 + more
    with serving(built.folder, tmp_path / "log", "--workers", 2, "--in-memory", most) as client:
        asked = client.ask("/api/queries/topics?country=Japan&format=csv").text
        wait(lambda: len(client.workers()) == 2)
        if more:
            wait(lambda: not _on_disk(client))
        else:
            time.sleep(1)
            assert _on_disk(client)
        assert client.ask("/health").json()["in_memory"] is bool(more)
        for _ in range(4):
            assert client.ask("/api/queries/topics?country=Japan&format=csv").text == asked


def _on_disk(client: Client) -> bool:
    """Whether an engine has files of a store open."""
    read = [path.resolve() for pid in client.workers() for path in Path(f"/proc/{pid}/fd").iterdir()]
    return any(path.suffix == ".sst" for path in read)


def _cpu(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_head_that_never_comes_holds_no_other_client_up(server: Client) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
    try:
        for connection in slow:
            connection.sendall(f"GET /health HTTP/1.1\r\nHost: {server.host}\r\nX-Slow: ".encode())
        began = time.monotonic()
        assert server.query(COUNTRIES).status == 200
        assert time.monotonic() - began < 1
        for _ in range(4):  # a byte now and then does not help
            time.sleep(0.3)
            for connection in slow:
                try:
                    connection.sendall(b"a")
                except OSError:
                    continue
        for connection in slow:
            connection.settimeout(5)
            try:
                while connection.recv(1000):
                    pass
            except ConnectionError:
                pass
        assert time.monotonic() - began < 8
    finally:
        for connection in slow:
            connection.close()


def test_a_body_that_never_comes_ends_in_a_timeout(server: Client) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow:
        slow.sendall(
            f"POST /sparql HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/sparql-query\r\n"
            "Content-Length: 50\r\n\r\nASK".encode()
        )
        assert slow.recv(1000).startswith(b"HTTP/1.1 408")


def test_a_body_of_100_megabytes_is_refused_before_it_is_read(server: Client) -> None:
    size = 100 * 1024**2
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as large:
        head = f"POST /sparql HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: application/sparql-query\r\n"
        large.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
        assert large.recv(1000).startswith(b"HTTP/1.1 413")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as chunked:
        chunked.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        part = b"10000\r\n" + b"#" * 0x10000 + b"\r\n"
        sent = 0
        try:
            for _ in range(size // 0x10000):
                chunked.sendall(part)
                sent += 0x10000
        except OSError:
            pass
        assert sent < size / 2
    assert server.query(COUNTRIES).status == 200


def test_what_is_too_long_is_refused(server: Client) -> None:
    assert server.ask(f"/sparql?query={'a' * 20_000}").status == 414
    assert server.ask("/", x_long="a" * 200_000).status in (400, 431)
    long = server.ask("/sparql", method="POST", body="#" * 200_000, content_type="application/sparql-query")
    assert long.status == 400
    assert "200,000 characters" in long.json()["detail"]
    deep = server.query("SELECT * { " + "{" * 500 + "}" * 500 + "}")
    assert deep.status == 400


def test_an_answer_that_is_too_large_is_refused_and_never_cut_short(built: store.Built, tmp_path: Path) -> None:
    with serving(built.folder, tmp_path / "log", "--workers", 2, "--max-rows", 10_000_000) as client:
        text = 'SELECT ?a ("%s" AS ?long) { ?a ?b ?c . ?d ?e ?f } LIMIT 30000' % ("x" * 3000)
        answer = client.ask("/sparql", method="POST", body=text, content_type="application/sparql-query")
        assert answer.status == 400
        assert "64 MB" in answer.json()["detail"]
        assert client.query(COUNTRIES).status == 200


def test_a_server_that_is_stopped_waits_for_running_queries(built: store.Built, tmp_path: Path) -> None:
    slow = "SELECT (COUNT(*) AS ?x) { SELECT ?a { ?a ?b ?c . ?d ?e ?f } LIMIT 5000000 }"
    with serving(built.folder, tmp_path / "log", "--workers", 2) as client, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.query, slow)
        wait(lambda: client.ask("/health").json()["busy"] == 1)
        client.process.send_signal(signal.SIGTERM)
        answer = asked.result()
        assert answer.status == 200
        assert answer.column() == ["5000000"]
        assert client.process.wait(10) == 0
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", client.port), timeout=1)


def test_a_server_that_is_stopped_while_workers_get_ready_does_not_wait(built: store.Built) -> None:
    """They never are, here."""
    script = """
import sys
from eudigraph.cli import main
from eudigraph.engine import process
def command(_):
    print("started", file=sys.stderr, flush=True)
    return [sys.executable, "-c", "import time; time.sleep(60)"]
process.command = command
main.main()
"""
    words = ("serve", "--store", str(built.folder), "--port", "0", "--workers", "2")
    with subprocess.Popen([sys.executable, "-c", script, *words], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "started\n"
        time.sleep(0.5)
        process.terminate()
        assert process.wait(10) == 0
        assert set(process.stderr.read().splitlines()) <= {"started"}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_server_that_is_stopped_while_a_worker_is_started_does_not_wait(built: store.Built, name: str) -> None:
    """asyncio waits without end for a process that is given up while it is being made."""
    script = f"""
import asyncio, os, signal
from eudigraph.cli import main
start = asyncio.create_subprocess_exec
def stopped(*given, **more):
    os.kill(os.getpid(), signal.{name})
    return start(*given, **more)
asyncio.create_subprocess_exec = stopped
main.main()
"""
    words = ("serve", "--store", str(built.folder), "--port", "0", "--workers", "2")
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_given_twice_is_refused(server: Client) -> None:
    answer = server.ask("/api/queries/topics?country=Japan&country=India")
    assert (answer.status, answer.json()["detail"]) == (400, "country is given twice; give it once")


def test_each_request_is_a_line_of_json_in_the_log(server: Client) -> None:
    server.ask("/nothing?a=%0A%22evil%1b", user_agent='x"y')
    wait(lambda: "evil" in server.log.read_text("utf-8"))
    lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    last = next(line for line in reversed(lines) if line["path"] == "/nothing")
    assert (last["method"], last["status"], last["agent"]) == ("GET", 404, 'x"y')
    assert {"time", "client", "method", "path", "query", "status", "bytes", "ms", "agent"} == set(last)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full to stand for a full disk")
def test_a_full_disk_stops_the_log_and_not_the_answers(built: store.Built) -> None:
    with serving(built.folder, Path("/dev/full"), "--workers", 2) as client:
        for _ in range(3):
            assert client.query(COUNTRIES).status == 200
        assert client.process.poll() is None


def test_two_servers_share_a_store_and_take_up_a_new_build(copy: workspace.Workspace, tmp_path: Path) -> None:
    build.build(copy, use_hermit=False, exports=False)
    named = "SELECT (STR(?n) AS ?x) { topic:6g skos:prefLabel ?n }"
    with (
        serving(copy.build_folder, tmp_path / "1", "--workers", 2, space=copy.root) as one,
        serving(copy.build_folder, tmp_path / "2", "--workers", 2, space=copy.root) as two,
    ):
        assert one.query(named).column() == two.query(named).column() == ["6G"]
        for path in copy.ontology_files:
            text = path.read_text("utf-8")
            path.write_text(text.replace('"6G"@en', '"sixth generation"@en'), "utf-8")
        report = build.build(copy, use_hermit=False, exports=False)
        assert not report.errors
        for client in (one, two):
            wait(lambda client=client: client.ask("/health").json()["generation"] == "2")  # type: ignore[misc]
            assert client.query(named).column() == ["sixth generation"]
            page = client.ask("/", accept="text/html").text
            assert "sixth generation" in page
        # A build that cannot be read does not replace the one that can.
        manifest = copy.build_folder / store.MANIFEST
        other = manifest.with_suffix(".new")
        other.write_text('{"format": 99}', "utf-8")
        other.replace(manifest)  # at once, as a build does: half a manifest would be another complaint
        told = one.process.stderr
        assert told
        wait(lambda: bool(select.select([told], [], [], 0)[0]))
        assert told.readline().startswith("the former build is served on: the store in ")
        assert one.query(named).column() == ["sixth generation"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the processes are found by /proc")
def test_builds_that_change_while_queries_reach_their_timeout_leave_as_many_workers(
    built: store.Built, tmp_path: Path
) -> None:
    """And while all that goes on, exports are sent, and questions answered."""
    folder = tmp_path / "build"
    shutil.copytree(built.folder, folder, symlinks=True)
    wanted = (built.generation / "eudigraph.ttl").read_bytes()
    stop = threading.Event()
    wrong: list[object] = []
    with (
        serving(folder, tmp_path / "log", "--workers", 4, "--timeout", 0.7) as client,
        ThreadPoolExecutor(6) as threads,
    ):

        def keep(ask: Callable[[], None]) -> None:
            while not stop.is_set():
                ask()

        def endless() -> None:
            if (status := client.query(ENDLESS).status) not in (503, 504):
                wrong.append(status)

        def download() -> None:
            answer = client.ask("/data/eudigraph.ttl")
            if (answer.status, answer.body) != (200, wanted):
                wrong.append(answer)

        def question() -> None:
            if (status := client.ask("/api/queries/officials", accept="application/json").status) != 200:
                wrong.append(status)

        def count() -> None:
            if len(workers := client.workers()) > 4:
                wrong.append(workers)
            time.sleep(0.02)

        clients = [threads.submit(keep, ask) for ask in (endless, endless, endless, download, question, count)]
        try:
            for _ in range(5):
                for _ in range(2):  # so that what is served is not even the one before that in force
                    rebuild(folder)
                time.sleep(1.1)
        finally:
            stop.set()
        for each in clients:
            each.result()
        assert wrong == []
        wait(lambda: client.ask("/health").json()["generation"] == "11")
        wait(lambda: client.ask("/health").json()["workers"] == len(client.workers()) == 4)


@pytest.mark.parametrize(
    ("manifest", "words"), [('{"format": 99, "eudigraph": "9.9"}', "format 99"), ("nonsense", "cannot be read")]
)
def test_a_store_of_another_version_is_refused(
    command: Callable[..., Run], built: store.Built, tmp_path: Path, manifest: str, words: str
) -> None:
    folder = tmp_path / "build"
    shutil.copytree(built.folder, folder, symlinks=True)
    (folder / store.MANIFEST).write_text(manifest, "utf-8")
    done = command("serve", "--store", folder, "--port", 0)
    assert done.status == 1
    assert words in done.err
    assert "eudigraph build" in done.err


def test_what_is_elsewhere_is_not_served(command: Callable[..., Run]) -> None:
    done = command("serve", "--store", "http://127.0.0.1:1/sparql")
    assert done.status == 2
    assert "folder of a build" in done.err


def test_a_name_does_for_an_address(built: store.Built, tmp_path: Path) -> None:
    with serving(built.folder, tmp_path / "log", "--workers", 2, "--host", "localhost") as client:
        connection = http.client.HTTPConnection("localhost", client.port, timeout=10)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()


def test_a_build_that_outgrows_what_is_held_in_memory_stays_on_disk(copy: workspace.Workspace, tmp_path: Path) -> None:
    build.build(copy, use_hermit=False, exports=False)
    most = store.open_built(copy.build_folder).manifest.statements
    with serving(copy.build_folder, tmp_path / "log", "--workers", 2, "--in-memory", most, space=copy.root) as client:
        assert client.ask("/health").json()["in_memory"] is True
        countries = copy.root / "graph" / "reference" / "countries.ttl"
        with countries.open("a", encoding="utf-8") as file:
            file.write('\ncountry:japan skos:altLabel "Nippon"@en .\n')
        report = build.build(copy, use_hermit=False, exports=False)
        assert not report.errors, report.errors
        wait(lambda: client.ask("/health").json()["generation"] == "2")
        assert client.ask("/health").json()["in_memory"] is False


def test_a_server_that_is_stopped_twice_does_not_wait(built: store.Built, tmp_path: Path) -> None:
    with serving(built.folder, tmp_path / "log", "--workers", 2) as client, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.query, ENDLESS)
        wait(lambda: client.ask("/health").json()["busy"] == 1)
        client.process.send_signal(signal.SIGINT)
        assert client.process.stderr is not None
        assert client.process.stderr.readline() == "Finishing what runs; to end at once, stop it again\n"
        assert client.process.poll() is None
        client.process.send_signal(signal.SIGINT)
        assert client.process.wait(5) == 0
        answer = asked.result(5)
        assert (answer.status, answer.json()["detail"]) == (503, "the server is being stopped")
        assert client.process.stderr.read() == ""


def test_an_address_that_is_taken_is_said(program: Callable[..., Run], built: store.Built, server: Client) -> None:
    done = program("serve", "--store", built.folder, "--port", server.port)
    assert done.status == 2
    assert "--port" in done.err
    done = program("serve", "--store", built.folder, "--host", "no.such.host.invalid", "--port", 0)
    assert done.status == 2


def test_many_ask_at_once_and_each_gets_its_own_answer(server: Client) -> None:
    library = ["topics?country=Japan", "topics?country=India", "officials", "meetings", "shared-topics"]
    paths = [f"/api/queries/{q}" for q in library]
    paths += [f"/sparql?{urlencode({'query': f'SELECT ({n} AS ?x) {{}}'})}" for n in range(5)]
    alone = {path: server.ask(path, accept="application/json").body for path in paths}
    assert len(set(alone.values())) == len(paths)
    wrong: list[str] = []

    def run(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for step in range(25):
            path = paths[(number + step) % len(paths)]
            connection.request("GET", path, headers={"Accept": "application/json"})
            reply = connection.getresponse()
            if reply.read() != alone[path] or reply.status != 200:
                wrong.append(path)
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_server_says_how_it_is(server: Client) -> None:
    said = server.ask("/health").json()
    assert said["status"] == "ok"
    assert said["generation"] == "1"
