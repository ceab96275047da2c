"""Answers as programs read them: as the engine writes them, at once or from rows that were collected."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
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
    QueryResultsFormat,
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

NO_STATEMENTS = "cannot hold statements about statements; ask for "

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


def steering(body: str, how: str) -> bytes:
    """Return a text with what would steer a terminal as escapes, one by one."""
    ranges = ((0x7F, 0x9F), (0x202A, 0x202E), (0x2066, 0x2069))
    bad = [c for first, last in ranges for c in range(first, last + 1)] + [c for c in range(32) if c not in (9, 10)]
    for number in bad:
        body = body.replace(chr(number), how.format(number))
    return body.encode()


def cleaned(body: bytes, media: str) -> bytes:
    """Return what the engine writes as it is given out: in XML what it must not hold is replaced, all else escaped."""
    text = body.decode()
    if media == XML:
        text = "".join("�" if c in FORBIDDEN or (c < " " and c not in "\t\n\r") else c for c in text)
        return steering(text, "&#{};")
    return steering(text, "\\u{:04X}") if media != CSV else body


def has_statements(rows: Iterable[Iterable[object]]) -> bool:
    return any(isinstance(term, Triple) for row in rows for term in row)


def refused(write: Callable[[], object]) -> bool:
    with pytest.raises(UsageError, match=NO_STATEMENTS + "JSON, XML or TSV"):
        write()
    return True


def asked(query: str) -> Answer:
    found = Store().query(query)
    return collect(found)


@given(stores(), queries, st.sampled_from(MEDIA))
def test_rows_are_written_as_the_engine_writes_them(store: Store, query: str, media: str) -> None:
    answer = collect(solutions(store, query))
    if media == CSV and has_statements(answer.rows):
        assert refused(lambda: formats.write_results(solutions(store, query), media, 1000))
        assert refused(lambda: formats.write(answer, media))
        return
    wanted = cleaned(solutions(store, query).serialize(format=formats.ROWS[media]) or b"", media)
    assert formats.write_results(solutions(store, query), media, 1000) == (wanted, False)
    assert formats.write(answer, media) == wanted


@given(stores(), queries, st.sampled_from(MEDIA), st.integers(0, 6))
def test_a_limit_is_kept_to_the_row_and_told_in_the_head(store: Store, query: str, media: str, limit: int) -> None:
    answer = collect(solutions(store, query), limit)
    if media == CSV and has_statements(answer.rows):
        assert refused(lambda: formats.write_results(solutions(store, query), media, limit))
        return
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


# ---------------------------------------------------------------- Each kind of term in each format

ITS = "{http://www.w3.org/2005/11/its}"
AT = "{http://www.w3.org/XML/1998/namespace}"
S, P = NamedNode("http://a/s"), NamedNode("http://a/p")
TERMS: dict[str, NamedNode | BlankNode | Literal | Triple] = {
    "an IRI": NamedNode("http://a/o"),
    "a blank node": BlankNode("b0"),
    "a text": Literal("a"),
    "a text with a language": Literal("a", language="en"),
    "a text with a direction": Literal("a", language="ar", direction=BaseDirection.RTL),
    "a typed literal": Literal("1.50", datatype=NamedNode(XSD + "decimal")),
    "a literal of a type of somebody's own": Literal("a", datatype=NamedNode("http://a/t")),
    "a number of an odd form": Literal("+05", datatype=NamedNode(XSD + "integer")),
    "a number that is none": Literal("NaN", datatype=NamedNode(XSD + "double")),
    "a statement": Triple(S, P, Literal("a", language="ar", direction=BaseDirection.LTR)),
    "a statement about a statement": Triple(S, P, Triple(S, P, NamedNode("http://a/o"))),
    "a text that steers": Literal("a\x1b[2J\x7f\x9b\u202eb\r\n\tc"),
}
LACKS = {
    **{(kind, media): NO_STATEMENTS for kind in ("a statement", "a statement about a statement")
       for media in (CSV, "application/rdf+xml", "application/ld+json", "text/n3")},
    ("a text with a direction", "text/n3"): "cannot hold the direction of a text; ask for Turtle",
}  # fmt: skip
"""What a format has no way to write."""
RDF_MEDIA = [media for media in formats.GRAPHS if media not in ("application/json", "application/xml", "text/xml")]


@pytest.mark.parametrize("media", RDF_MEDIA)
@pytest.mark.parametrize("kind", TERMS)
def test_each_kind_of_term_in_a_graph_comes_back_or_is_refused(kind: str, media: str) -> None:
    answer = Answer(triples=[Triple(S, P, TERMS[kind])])
    if missing := LACKS.get((kind, media)):
        with pytest.raises(UsageError, match=missing):
            formats.write(answer, media)
        return
    body = formats.write(answer, media)
    (back,) = parse(body, formats.GRAPHS[media])
    wanted = TERMS[kind]
    if kind == "a text that steers":
        steers = formats.GRAPHS[media] == RdfFormat.RDF_XML  # which forbids the escape character even as a reference
        wanted = Literal(wanted.value.replace("\x1b", "�")) if steers and isinstance(wanted, Literal) else wanted
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", body.decode())
    if isinstance(wanted, BlankNode):
        assert isinstance(back.object, BlankNode)
    else:
        assert back.object == wanted


@pytest.mark.parametrize("kind", TERMS)
def test_each_kind_of_term_in_a_row_of_json_is_as_the_standard_has_it(kind: str) -> None:
    def as_json(term: object) -> dict[str, Any]:
        if isinstance(term, Triple):
            parts = zip(("subject", "predicate", "object"), term, strict=True)
            return {"type": "triple", "value": {name: as_json(part) for name, part in parts}}
        assert isinstance(term, NamedNode | BlankNode | Literal)
        if not isinstance(term, Literal):
            return {"type": "uri" if isinstance(term, NamedNode) else "bnode", "value": term.value}
        made = {"type": "literal", "value": term.value}
        if term.language:
            made["xml:lang"] = term.language
        elif term.datatype.value != XSD + "string":
            made["datatype"] = term.datatype.value
        if term.direction:
            made["its:dir"] = term.direction.value
        return made

    body = formats.write(Answer(["x"], [(TERMS[kind],)]), JSON).decode()
    assert json.loads(body) == {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": as_json(TERMS[kind])}]}}
    assert body.isascii()


@pytest.mark.parametrize("kind", TERMS)
def test_each_kind_of_term_in_a_row_of_xml_is_as_the_standard_has_it(kind: str) -> None:
    def check(found: ElementTree.Element, term: object) -> None:
        name = found.tag.rpartition("}")[2]
        if isinstance(term, Triple):
            assert (name, len(found)) == ("triple", 3)
            for part, inner in zip(found, term, strict=True):
                check(part[0], inner)
            return
        assert isinstance(term, NamedNode | BlankNode | Literal)
        assert found.text == term.value.replace("\x1b", "�")
        if not isinstance(term, Literal):
            assert (name, found.attrib) == ("uri" if isinstance(term, NamedNode) else "bnode", {})
            return
        wanted = {AT + "lang": term.language} if term.language else {}
        if term.direction:
            wanted |= {ITS + "dir": term.direction.value, ITS + "version": "2.0"}
        elif not term.language and term.datatype.value != XSD + "string":
            wanted["datatype"] = term.datatype.value
        assert (name, found.attrib) == ("literal", wanted)

    body = formats.write(Answer(["x"], [(TERMS[kind],)]), XML)
    bindings = ElementTree.fromstring(body).findall("{*}results/{*}result/{*}binding")
    check(bindings[0][0], TERMS[kind])


@pytest.mark.parametrize("kind", TERMS)
def test_each_kind_of_term_in_a_row_of_tsv_and_csv_is_read_back_or_refused(kind: str) -> None:
    answer, term = Answer(["x"], [(TERMS[kind],)]), TERMS[kind]
    table = formats.write(answer, TSV).decode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", table)
    read = parse_query_results(table, QueryResultsFormat.TSV)
    assert isinstance(read, QuerySolutions)
    assert [tuple(row) for row in read] == [(term,)]
    if (kind, CSV) in LACKS:
        assert refused(lambda: formats.write(answer, CSV))
        return
    value = term.value if isinstance(term, NamedNode | Literal) else str(term)
    assert list(csv.reader(io.StringIO(formats.write(answer, CSV).decode(), newline=""))) == [["x"], [value]]


@pytest.mark.parametrize("kind", TERMS)
def test_each_kind_of_term_is_shown_in_a_table_with_nothing_that_steers(kind: str) -> None:
    for form in ("table", "csv"):
        shown = tables.write(Answer(["x"], [(TERMS[kind],)]), form, {})
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
        assert any(part in shown for part in ("a", "b0", "1.50", "+05", "NaN"))


FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1", "\n=1", " =1", "＝1", "-1+1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_for_people_has_nothing_for_a_spreadsheet_to_compute(text: str) -> None:
    for term in (Literal(text), Literal(text, language="en"), Literal(text, datatype=NamedNode("a:t"))):
        store = Store()
        store.add(Quad(S, P, term))
        body, _ = formats.write_results(solutions(store, QUERIES[0]), CSV, 9, for_people=True)
        assert list(csv.reader(io.StringIO(body.decode(), newline="")))[1] == [S.value, f"'{text}"]
        standard, _ = formats.write_results(solutions(store, QUERIES[0]), CSV, 9)
        assert list(csv.reader(io.StringIO(standard.decode(), newline="")))[1] == [S.value, text]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("-1", "integer"), ("+1.5", "decimal"), ("-1e5", "double"), ("-INF", "double"), ("-0044-03-15", "date")],
)
def test_numbers_and_days_with_a_sign_are_no_formulas_unless_they_are_none(text: str, kind: str) -> None:
    typed = NamedNode(XSD + kind)
    assert formats.harmless(text, Literal(text, datatype=typed)) == text
    assert formats.harmless("=1+1", Literal("=1+1", datatype=typed)) == "'=1+1"
    assert formats.harmless("-1+1", Literal("-1+1", datatype=typed)) == "'-1+1"
