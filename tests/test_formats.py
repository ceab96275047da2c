"""Answers as programs read them: as the engine writes them, at once or from rows that were collected."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import (
    BaseDirection,
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from eudigraph.engine.answer import Answer, collect
from eudigraph.model.errors import UsageError
from eudigraph.model.names import RDF, XSD
from eudigraph.show import formats, tables

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
MEDIA = (JSON, XML, CSV, TSV)
FORBIDDEN = "\0\1\b\x0b\x0c\x0e\x1f\ufffe\uffff"

ODD = [
    "",
    " ",
    '"',
    "'",
    "\\",
    "\\u0041",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "a,b",
    "]}",
    "</head>",
    "}},{",
    "{}",
    "<b>&amp;",
    "_:a",
]
ODD += ["+5", "05", ".5", "5.", "1e3", "true", "-0", ")>>", FORBIDDEN, "=1+1", "\u2028\x85\x7f"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(ODD)
iris = st.sampled_from(["a:b", "http://É.example/ü?x=1&y='#z", "urn:x:,;", "mailto:a@b.example"]).map(NamedNode)
nodes = st.sampled_from(["a", "b1", "0c"]).map(BlankNode)
kinds = st.sampled_from([XSD + name for name in ("string", "integer", "decimal", "double", "boolean")] + ["a:'b"])
typed = st.builds(lambda text, kind: Literal(text, datatype=NamedNode(kind)), texts, kinds)
ways = st.none() | st.sampled_from([BaseDirection.LTR, BaseDirection.RTL])
tagged = st.builds(
    lambda text, tag, way: Literal(text, language=tag, direction=way), texts, st.sampled_from(["en", "zh-hant"]), ways
)
plain = iris | nodes | typed | tagged
terms = plain | st.builds(Triple, iris | nodes, iris, plain | st.builds(Triple, iris, iris, plain))


@st.composite
def stores(draw: st.DrawFn) -> Store:
    """A store of whatever can be said."""
    store = Store()
    store.extend(draw(st.lists(st.builds(Quad, iris | nodes, iris, terms), max_size=6)))
    return store


QUERIES = (
    "SELECT ?s ?o { ?s ?p ?o }",
    "SELECT ?é ?o { { ?s ?p ?o } UNION { ?é ?p ?s } }",
    "SELECT * {}",
    "SELECT ?x {}",
)
queries = st.sampled_from(QUERIES)


def solutions(store: Store, query: str) -> QuerySolutions:
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    return found


def cleaned(body: bytes) -> bytes:
    """Return XML with what it must not hold replaced, one by one, and its carriage returns kept."""
    text = "".join("�" if c in FORBIDDEN or (c < " " and c not in "\t\n\r") else c for c in body.decode())
    return text.replace("\r", "&#13;").encode()


def asked(query: str) -> Answer:
    found = Store().query(query)
    return collect(found)


@given(stores(), queries, st.sampled_from(MEDIA))
def test_rows_are_written_as_the_engine_writes_them(store: Store, query: str, media: str) -> None:
    wanted = solutions(store, query).serialize(format=formats.ROWS[media]) or b""
    wanted = cleaned(wanted) if media == XML else wanted
    assert formats.write_results(solutions(store, query), media, 1000) == (wanted, False)
    assert formats.write(collect(solutions(store, query)), media) == wanted


@given(stores(), queries, st.sampled_from(MEDIA), st.integers(0, 6))
def test_a_limit_is_kept_to_the_row_and_told_in_the_head(store: Store, query: str, media: str, limit: int) -> None:
    answer = collect(solutions(store, query), limit)
    body, is_cut = formats.write_results(solutions(store, query), media, limit)
    assert (body, is_cut) == (formats.write(answer, media), answer.cut)
    if media == JSON:
        read = json.loads(body)
        assert read["head"] == {"vars": answer.variables} | ({"link": [formats.CUT]} if is_cut else {})
        assert len(read["results"]["bindings"]) == len(answer.rows)
    if media == XML:
        root = ElementTree.fromstring(body)
        head = root.findall("{*}head/*")
        assert [e.get("name") or e.get("href") for e in head] == answer.variables + [formats.CUT] * is_cut
        assert len(root.findall("{*}results/{*}result")) == len(answer.rows)


@given(stores(), st.sampled_from([JSON, TSV]))
def test_rows_come_back_as_they_were(store: Store, media: str) -> None:
    rows = [tuple(row) for row in solutions(store, QUERIES[1])]
    read = parse_query_results(formats.write(Answer(["é", "o"], rows), media), formats.ROWS[media])
    assert isinstance(read, QuerySolutions)
    assert [tuple(row) for row in read] == rows


def test_of_many_rows_no_more_are_found_than_are_wanted() -> None:
    endless = " ".join(f"?x{i} ?y{i} ?z{i} ." for i in range(12))
    store = Store()
    store.extend(Quad(NamedNode(f"a:{i}"), NamedNode("a:b"), Literal(i)) for i in range(30))
    body, is_cut = formats.write_results(solutions(store, f"SELECT ?x0 {{ {endless} }}"), CSV, 3)
    assert (body.count(b"\r\n"), is_cut) == (4, True)


@pytest.mark.parametrize(("query", "said"), [("ASK {}", True), ("ASK { FILTER(false) }", False)])
def test_a_truth_is_written_as_the_engine_writes_it(query: str, said: bool) -> None:
    for media in formats.TRUTHS:
        truth = Store().query(query)
        assert isinstance(truth, QueryBoolean)
        wanted = truth.serialize(format=formats.ROWS[media])
        assert formats.write(Answer(truth=said), media) == wanted
        assert formats.write_results(truth, media, 1) == (wanted, False)


def test_a_text_keeps_its_language_and_direction() -> None:
    answer = asked('SELECT ("x"@he--rtl AS ?x) {}')
    for media in (JSON, XML, TSV):
        read = parse_query_results(formats.write(answer, media), formats.ROWS[media])
        assert isinstance(read, QuerySolutions)
        assert [row["x"] for row in read] == [Literal("x", language="he", direction=BaseDirection.RTL)]


def test_characters_that_xml_forbids_are_replaced_and_others_kept() -> None:
    answer = Answer(["x"], [(Literal(f"a{FORBIDDEN}b\r\n\tc\x7f"),)])
    root = ElementTree.fromstring(formats.write(answer, XML))
    assert root.findtext("{*}results/{*}result/{*}binding/{*}literal") == f"a{'�' * len(FORBIDDEN)}b\r\n\tc\x7f"
    text = Literal(f"a{FORBIDDEN}b", language="he", direction=BaseDirection.RTL)
    graph = formats.write(Answer(triples=[Triple(NamedNode("a:b"), NamedNode("a:c"), text)]), "application/rdf+xml")
    clean = Literal(f"a{'�' * len(FORBIDDEN)}b", language="he", direction=BaseDirection.RTL)
    assert [quad.object for quad in parse(graph, RdfFormat.RDF_XML)] == [clean]


def test_triples_are_cut_as_well() -> None:
    store = Store()
    store.extend(Quad(NamedNode(f"a:{i}"), NamedNode("a:b"), Literal(i)) for i in range(5))
    for limit, number in ((3, 3), (5, 5), (9, 5)):
        found = store.query("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }")
        assert isinstance(found, QueryTriples)
        body, is_cut = formats.write_results(found, "text/turtle", limit)
        assert (len(list(parse(body, RdfFormat.TURTLE))), is_cut) == (number, limit < 5)


@pytest.mark.slow
def test_a_row_that_is_too_long_is_refused_with_what_to_do() -> None:
    long = Answer(["x"], [(Literal("x" * 17 * 1024**2),)])
    store = Store()
    store.add(Quad(NamedNode("a:b"), NamedNode("a:c"), long.rows[0][0]))
    said = "the answer has a row of more than 16 MB; ask for less, or with SUBSTR for a part of a text"
    with pytest.raises(UsageError, match=f"^{said}$"):
        formats.write(long, JSON)
    with pytest.raises(UsageError, match=f"^{said}$"):
        formats.write_results(solutions(store, "SELECT ?x { ?s ?p ?x }"), JSON, 10)


def test_the_command_line_writes_the_same_and_ends_the_last_line() -> None:
    answer = asked('SELECT ?n ("x"@en AS ?x) { VALUES ?n { 1 2 } }')
    assert tables.write(answer, "json", {}) == formats.write(answer, JSON).decode() + "\n"
    assert tables.write(answer, "xml", {}) == formats.write(answer, XML).decode() + "\n"
    assert tables.write(answer, "tsv", {}) == '?n\t?x\n1\t"x"@en\n2\t"x"@en\n'
    assert tables.write(Answer(truth=True), "json", {}) == '{"head":{},"boolean":true}\n'
    triples = Answer(triples=[Triple(NamedNode("a:b"), NamedNode(RDF + "type"), Literal("\1"))])
    assert tables.write(triples, "ntriples", {}).endswith(' "\\u0001" .\n')
    assert "�" in tables.write(triples, "rdfxml", {})
    with pytest.raises(UsageError, match="xml is for rows; for a graph choose turtle, ntriples, rdfxml, jsonld"):
        tables.write(triples, "xml", {})
