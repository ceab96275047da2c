"""What queries may not do: reach other machines or files, change anything, run for ever, or be bent by parameters."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rdflib.plugins.sparql.parser import parseQuery

from conftest import Run
from eudigraph.ask import answers, hints, lookup
from eudigraph.ask.library import LibraryQuery, Parameter, Value, bind, find, load_library
from eudigraph.engine import answer, safety, store
from eudigraph.engine.safety import prepare
from eudigraph.model import errors, workspace
from eudigraph.model.names import BASE, PREFIXES, XSD
from eudigraph.show import tables

REMOTE = "SERVICE <http://127.0.0.1:9/> { ?x ?y ?z }"
NO_SERVICE = "SERVICE is refused: a query must not reach other machines; ask here, then combine the answers"
NO_FROM = "FROM is refused: a query must not load other data; choose passages with GRAPH instead"
NO_UPDATE = "updates are refused: the graph changes only through the files in graph/; edit them and build"


@pytest.fixture(scope="module")
def library(checkout: workspace.Workspace) -> Mapping[str, LibraryQuery]:
    return load_library(checkout)


def refusal(text: str) -> str:
    with pytest.raises(errors.UsageError) as caught:
        prepare(text)
    assert caught.value.exit_code == 2
    return str(caught.value)


# ---------------------------------------------------------------- SERVICE, FROM, updates

SERVICES = {
    "alone": f"SELECT * {{ {REMOTE} }}",
    "small letters": f"select * {{ {REMOTE.lower()} }}",
    "silent": f"SELECT * {{ {REMOTE.replace('SERVICE', 'SERVICE SILENT')} }}",
    "by variable": "SELECT * { ?s ?p ?o SERVICE ?o { ?x ?y ?z } }",
    "without spaces": "SELECT * {?s ?p ?o.SERVICE<http://127.0.0.1:9/>{?x ?y ?z}}",
    "after a comment": "SELECT * { ?s ?p ?o . SERVICE # here\n <http://127.0.0.1:9/> { ?x ?y ?z } }",
    "by prefix": "PREFIX a: <http://127.0.0.1:9/> SELECT * { SERVICE a: { ?x ?y ?z } }",
    "optional": f"SELECT * {{ ?s ?p ?o OPTIONAL {{ {REMOTE} }} }}",
    "union": f"SELECT * {{ {{ ?s ?p ?o }} UNION {{ {REMOTE} }} }}",
    "minus": f"SELECT * {{ ?s ?p ?o MINUS {{ {REMOTE} }} }}",
    "graph": f"SELECT * {{ GRAPH ?g {{ {REMOTE} }} }}",
    "subquery": f"SELECT * {{ {{ SELECT * {{ {{ SELECT * {{ {REMOTE} }} }} }} }} }}",
    "service in service": f"SELECT * {{ SERVICE ?s {{ {REMOTE} }} }}",
    "exists": f"SELECT * {{ ?s ?p ?o FILTER EXISTS {{ {REMOTE} }} }}",
    "not exists": f"SELECT * {{ ?s ?p ?o FILTER NOT EXISTS {{ OPTIONAL {{ {REMOTE} }} }} }}",
    "exists in an expression": f"SELECT * {{ ?s ?p ?o FILTER(1 = 1 && (2 IN (1, IF(EXISTS {{ {REMOTE} }}, 2, 3)))) }}",
    "exists in bind": f"SELECT * {{ ?s ?p ?o BIND(COALESCE(EXISTS {{ {REMOTE} }}, 1) AS ?b) }}",
    "exists in select": f"SELECT (EXISTS {{ {REMOTE} }} AS ?b) {{ ?s ?p ?o }}",
    "exists in an aggregate": f"SELECT (SUM(IF(EXISTS {{ {REMOTE} }}, 1, 0)) AS ?n) {{ ?s ?p ?o }}",
    "exists in group by": f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }} GROUP BY (EXISTS {{ {REMOTE} }} AS ?k)",
    "exists in having": f"SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s HAVING (EXISTS {{ {REMOTE} }})",
    "exists in order by": f"SELECT ?s {{ ?s ?p ?o }} ORDER BY (EXISTS {{ {REMOTE} }})",
    "ask": f"ASK {{ {REMOTE} }}",
    "construct": f"CONSTRUCT {{ ?x ?y ?z }} WHERE {{ {REMOTE} }}",
    "describe": f"DESCRIBE ?x {{ {REMOTE} }}",
    "an escaped letter": r"SELECT * { \u0053ERVICE <http://127.0.0.1:9/> { ?x ?y ?z } }",
    "a long escaped letter": r"SELECT * { SERVIC\U00000045 <http://127.0.0.1:9/> { ?x ?y ?z } }",
}


@pytest.mark.parametrize("position", SERVICES)
def test_service_is_refused_wherever_it_stands(position: str) -> None:
    assert refusal(SERVICES[position]) == NO_SERVICE


FROMS = {
    "from": "SELECT * FROM <http://127.0.0.1:9/> { ?s ?p ?o }",
    "from named": "SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
    "small letters": "select * from named <http://127.0.0.1:9/> { ?s ?p ?o }",
    "both": "SELECT * FROM <a:a> FROM NAMED <a:b> { ?s ?p ?o }",
    "ask": "ASK FROM <file:///etc/passwd> { ?s ?p ?o }",
    "construct": "CONSTRUCT { ?s ?p ?o } FROM <http://127.0.0.1:9/> WHERE { ?s ?p ?o }",
    "construct where": "CONSTRUCT FROM <http://127.0.0.1:9/> WHERE { ?s ?p ?o }",
    "describe": "DESCRIBE <a:a> FROM <http://127.0.0.1:9/>",
    "an escaped letter": r"SELECT * \u0046ROM <http://127.0.0.1:9/> { ?s ?p ?o }",
}


@pytest.mark.parametrize("form", FROMS)
def test_from_is_refused_in_all_forms(form: str) -> None:
    assert refusal(FROMS[form]) == NO_FROM


GRAPH_CHOSEN = ox.NamedNode("http://e/service")
CHOICES = {
    "named as a prefix": "PREFIX named: <http://e/> SELECT * FROM named:service { ?s ?p ?o }",
    "escaped": r"PREFIX e: <http:> SELECT * FROM e:\/\/e\/service { ?s ?p ?o }",
    "code points": r"SELECT * FROM <http://e/\u0073ervic\U00000065> { ?s ?p ?o }",
    "code points in a prefix": r"PREFIX e: <http:\u002F/e/> SELECT * FROM e:service { ?s ?p ?o }",
    "base": "BASE <http://x/y> BASE <//e/x/> PREFIX e: <../a/../> BASE <a:> SELECT * FROM e:service { ?s ?p ?o }",
    "base and a name": "BASE <http://e/ser> PREFIX service: <ser> PREFIX e: <> SELECT * FROM <service> { ?s ?p ?o }",
    "relative to the endpoint": "PREFIX e: <../> ASK FROM e:service { ?s ?p ?o }",
    "dots": "PREFIX e·.x: <http://e/> ASK FROM e·.x:service{ ?s ?p ?o }",
}


@pytest.mark.parametrize("form", CHOICES)
def test_graphs_are_chosen_in_every_way_to_write_an_iri(form: str) -> None:
    made = prepare(CHOICES[form], choosing=True, base="http://e/x/sparql")
    assert made.graphs == safety.Graphs((GRAPH_CHOSEN,), ())
    graph = ox.Store()
    graph.add(ox.Quad(ox.NamedNode("a:x"), ox.NamedNode("a:y"), ox.NamedNode("a:z"), GRAPH_CHOSEN))
    found = answer.run(graph, made)
    assert found.truth or len(found.rows) == 1
    named = CHOICES[form].replace("FROM", "FROM NAMED")
    assert prepare(named, choosing=True, base="http://e/x/sparql").graphs == safety.Graphs((), (GRAPH_CHOSEN,))
    assert refusal(CHOICES[form]) == NO_FROM


def test_a_prefix_may_be_called_service_whatever_it_is_relative_to() -> None:
    graph = ox.Store()
    for name in ("p", "service"):
        graph.add(ox.Quad(ox.NamedNode("a:x"), ox.NamedNode(f"http://e/a#{name}"), ox.NamedNode("a:z")))
    asked = "PREFIX service: <#> SELECT ?x { ?x service:p ?y OPTIONAL { ?x service: ?z } { ?x service:service ?y } }"
    for text, base in ((asked, "http://e/a"), (f"BASE <http://e/> BASE <a> {asked}", None)):
        assert [row[0].value for row in answer.run(graph, prepare(text, base=base)).rows] == ["a:x"]


@pytest.mark.parametrize("joined", ["FROM:x", "FROMNAMED:x", "FROMNAMED<http://e/x>", "fromEud:x", "FROMnamedeud:x"])
def test_from_is_refused_where_it_is_joined_with_a_name(joined: str) -> None:
    for text in (
        f"PREFIX : <http://e/> SELECT * {joined} {{ ?s ?p ?o }}",
        f"PREFIX : <http://e/> DESCRIBE <a:b>{joined}",
    ):
        assert refusal(text) == NO_FROM
        with pytest.raises(errors.UsageError, match="write a space between"):
            prepare(text, choosing=True)
    plain = "PREFIX from: <a:> PREFIX : <a:> SELECT * { ?s from:p ?o ; :from from:NAMED } ORDER BY ?o"
    assert prepare(plain).form == prepare(plain, choosing=True).form == "select"


UPDATES = [
    "INSERT DATA { <a:a> <a:b> <a:c> }",
    "DELETE DATA { <a:a> <a:b> <a:c> }",
    "DELETE WHERE { ?s ?p ?o }",
    "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "DELETE { ?s ?p ?o } INSERT { ?o ?p ?s } WHERE { ?s ?p ?o }",
    "WITH <a:a> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "DELETE { ?s ?p ?o } USING <a:a> WHERE { ?s ?p ?o }",
    "LOAD <http://127.0.0.1:9/>",
    "LOAD SILENT <file:///etc/passwd> INTO GRAPH <a:a>",
    "CLEAR ALL",
    "CLEAR DEFAULT",
    "DROP ALL",
    "DROP SILENT GRAPH <a:a>",
    "CREATE GRAPH <a:a>",
    "ADD DEFAULT TO <a:a>",
    "MOVE DEFAULT TO <a:a>",
    "COPY DEFAULT TO <a:a>",
    "PREFIX a: <a:> DROP GRAPH a:a ; CLEAR ALL",
    r"\u0044ROP ALL",
]


@pytest.mark.parametrize("text", UPDATES)
def test_every_form_of_update_is_refused(text: str) -> None:
    assert refusal(text) == NO_UPDATE


@pytest.mark.parametrize("text", ["SELECT * { ?s ?p ?o } ; DROP ALL", "SELECT * { ?s ?p ?o } DROP ALL"])
def test_an_update_behind_a_query_is_refused(text: str) -> None:
    assert refusal(text).startswith("this is no SPARQL query: ")


@pytest.mark.parametrize("text", ["", "   ", "# a comment\n"])
def test_no_query_is_no_update(text: str) -> None:
    assert refusal(text) != NO_UPDATE


ALLOWED = {
    'SELECT * { ?s ?p "SERVICE <http://x/> FROM <x>" }': "select",
    "SELECT * { ?s ?p ?o } # SERVICE <http://x/> { }": "select",
    "SELECT ?from ?service { ?from ?service <http://from/service#FROM> }": "select",
    "ASK { ?s ?p ?o }": "ask",
    "CONSTRUCT WHERE { ?s ?p ?o }": "construct",
    "DESCRIBE <a:a>": "describe",
}


@pytest.mark.parametrize("text", ALLOWED)
def test_what_only_looks_like_it_is_allowed(text: str) -> None:
    assert prepare(text).form == ALLOWED[text]


@pytest.mark.parametrize(
    ("text", "reason"), [(SERVICES["optional"], NO_SERVICE), (FROMS["from named"], NO_FROM), ("DROP ALL", NO_UPDATE)]
)
def test_refused_queries_end_the_command_with_status_two_and_the_reason(
    command: Callable[..., Run], built: store.Built, tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "own.rq"
    path.write_text(text, "utf-8")
    done = command("query", "--store", built.folder, "--file", path)
    assert (done.status, done.out, done.err) == (2, "", f"eudigraph: {reason}\n")


SMUGGLED = {
    # rdflib ends a comment at a line feed, Oxigraph (and the specification) at a carriage return, too.
    "behind a comment that a carriage return ends": "SELECT * {{ ?s ?p ?o # \r {service} \n }}",
    # rdflib resolves \u escapes before it parses, Oxigraph only within texts and IRIs.
    "behind an escaped backslash": 'SELECT * {{ ?s ?p ?o FILTER(?s != "\\u005C" ) {service} #") \n }}',
    "behind a long escaped backslash": 'SELECT * {{ ?s ?p ?o FILTER(?s != "\\U0000005C" ) {service} #") \n }}',
    "behind an escaped backslash in single quotes": "SELECT * {{ ?s ?p ?o FILTER(?s != '\\u005C' ) {service} #') \n }}",
    "behind an escaped quotation mark": 'SELECT * {{ ?s ?p ?o FILTER(?s != "\\u0022 ) {service} #") \n }}',
    "behind an escaped number sign": "SELECT * {{ ?s ?p ?o \\u0023 {service} \n }}",
    "behind an escaped line feed": "SELECT * {{ ?s ?p ?o # \\u000A {service} \n }}",
    "behind other line separators": "SELECT * {{ ?s ?p ?o # \x0b\x0c\x85\u2028\u2029 {service} \n }}",
    # Oxigraph needs no space around keywords, not even behind a word.
    "as a prefixed name": "PREFIX : <{address}> SELECT * {{ SERVICE:x {{ ?a ?b ?c }} }}",
    "behind true": "PREFIX : <{address}> SELECT * {{ ?s ?p trueSERVICE:x {{}} }}",
    "behind a number": "PREFIX : <{address}> SELECT * {{ ?s ?p 1.SERVICE:x{{}} }}",
    "behind a path": "PREFIX : <{address}> SELECT * {{ ?s <a:p>?trueSERVICE:x{{}} }}",
    # "h:" and "SERVICE" are two words to Oxigraph if they make no IRI together: this would be a port.
    "in a name that makes no IRI": "PREFIX : <{address}> PREFIX h: <http://h:> ASK {{ ?s ?p h:SERVICE:x{{}} }}",
    "in a datatype that makes no IRI": "PREFIX : <{address}> PREFIX h: <http://h:> ASK {{ ?s ?p ''^^h:SERVICE:x{{}} }}",
    "behind a smaller than": "PREFIX : <{address}> SELECT * {{ BIND(1 AS ?o) FILTER(1<2)SERVICE#>\n:x{{}} }}",
    "behind comments": "SELECT * {{ SERVICE#{{\nSILENT#'\r<{address}>#>\n{{}} }}",
    "beside white space that is a letter": "PREFIX : <{address}> SELECT * {{ SERVICE :\u1680x {{}} }}",
    "laterally": "SELECT * {{ LATERAL {{ {service} }} }}",
    # Names with the word in them are written out as IRIs; what stands about them must not become a query of its own.
    "behind a name with the word": "PREFIX : <{address}> SELECT * {{ ?s ?p eud:service SERVICE :x {{}} }}",
    "behind such a name without a space": "PREFIX : <{address}> SELECT * {{ ?s ?p eud:service.SERVICE:x{{}} }}",
    "in a prefix that is declared": "PREFIX : <{address}> PREFIX SERVICE: <a:> SELECT * {{ SERVICE:x {{ ?a ?b ?c }} }}",
    "in one that leads there": "PREFIX SERVICE: <{address}> SELECT * {{ SERVICE SERVICE:SERVICE {{ ?a ?b ?c }} }}",
    "in one that makes no IRI": "PREFIX : <{address}> PREFIX h: <http://h:> ASK {{ ?s ?p h:a, h:SERVICE :x {{}} }}",
    "in one that is declared too late": "SELECT * {{ ?s ?p ?o PREFIX SERVICE: <a:> SERVICE:x {{ ?a ?b ?c }} }}",
    "in one that a comment declares": "PREFIX : <{address}> # PREFIX SERVICE: <a:>\nSELECT * {{ SERVICE:x {{}} }}",
    "behind an escape in a name": "PREFIX : <{address}> SELECT * {{ ?s ?p eud:a\\'SERVICE :x {{}} #' \n }}",
    "behind a variable": "PREFIX : <{address}> SELECT * {{ ?s ?p ?o\u00b7SERVICE :x {{}} }}",
    "behind white space in a variable": "PREFIX : <{address}> SELECT * {{ ?s ?p ?o\u1680SERVICE :x {{}} }}",
    "at a relative address": "BASE <{address}> SELECT * {{ SERVICE <x> {{}} }}",
    "escaped twice": 'SELECT * {{ ?s ?p ?o FILTER(?s != "\\u005Cu0022 ) {service} #") \n }}',
}


@pytest.mark.parametrize("way", SMUGGLED)
def test_no_query_reaches_another_machine_where_the_two_parsers_read_differently(
    built: store.Built, listener: tuple[str, list[str]], way: str
) -> None:
    """What is checked by one parser is run by another; they must not see two different queries."""
    address, seen = listener
    seen.clear()
    text = SMUGGLED[way].format(service=f"SERVICE SILENT <{address}> {{ ?x ?y ?z }}", address=address)
    with suppress(errors.UsageError):
        prepare(text)
    with suppress(errors.UsageError):
        answer.run(built.store, prepare(text), limit=1)  # refuses by itself, too
    assert seen == []


def test_the_listener_hears_a_query_that_is_not_checked(built: store.Built, listener: tuple[str, list[str]]) -> None:
    """Else the tests above could not fail."""
    address, seen = listener
    seen.clear()
    solutions = built.store.query(f"SELECT * {{ SERVICE SILENT <{address}> {{}} }}")
    assert isinstance(solutions, ox.QuerySolutions)
    assert len(list(solutions)) == 1
    assert seen == ["/"]


FRAGMENTS = [
    *("eud:service", "a:service", "SERVICE", "SILENT", ":x", "{", "}", "{}", "<x>", "service:", "service:x"),
    *("SERVICE:x", "h:SERVICE", "h:SERVICE:x", "trueSERVICE:x", "trueservice:x", "a:", "\\\\", "\\'"),
    *("\\,service", "a:b\\#service", "'", '"', "'''", "#", "?s", "?p", "?o", "?service", "$service", ".", ";"),
    *(",", "<", ">", "<<", "^", "/", "|", "*", "true", "1", "1.", "[]", "()", "(", ")", "_:service", "@service"),
    *("'x'@service", "FILTER", "OPTIONAL", "GRAPH", "VALUES", "UNION", "EXISTS", "\u00b7"),
]
DECLARED = ["service: <http://h:>", "service: <a:>", "a: <a:>", "h: <http://h:>", "trueservice: <a:>", "service: <{}>"]


@pytest.mark.slow
@given(
    st.lists(st.sampled_from([*FRAGMENTS, "\n", "\r", "#\n", " ", " ", " "]), max_size=9),
    st.lists(st.sampled_from(DECLARED), unique=True),
    st.sampled_from(["{} }", ":x {} }", ":x{}}", "}", "{ ?a ?b ?c } }"]),
)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_query_made_of_names_and_keywords_reaches_another_machine(
    listener: tuple[str, list[str]], parts: list[str], declared: list[str], end: str
) -> None:
    address, seen = listener
    seen.clear()
    prefixes = " ".join(f"PREFIX {given.format(address)}" for given in [*declared, ": <{}>"])
    store_ = ox.Store()
    store_.add(ox.Quad(ox.NamedNode("a:a"), ox.NamedNode("a:b"), ox.NamedNode("a:c")))
    with suppress(errors.UsageError):
        answer.run(store_, prepare(f"{prefixes} SELECT * {{ ?s ?p {''.join(parts)} {end}"), limit=1)
    assert seen == []


NAMED = {
    "?x eud:service ?y { SELECT * {} }": "eud:service",
    "?x eud:SERVICE ?y { SELECT * {} }": "eud:SERVICE",
    "?x eud:in-service ?y { SELECT * {} }": "eud:in-service",
    "?x eud:service.of.x ?y { SELECT * {} }": "eud:service.of.x",
    "?x eud:other eud:service.?y eud:service ?z { SELECT * {} }": None,
    "?x eud:a:service ?y { SELECT * {} }": "eud:a:service",
    r"?x eud:a\,service ?y { SELECT * {} }": "eud:a,service",
    r"?x eud:a\'service ?y { SELECT * {} }": "eud:a'service",
    "?x eud:service%20a ?y { SELECT * {} }": "eud:service%20a",
    "?x eud:%20service ?y { SELECT * {} }": "eud:%20service",
    "?x eud:séservice\u00b7a ?y { SELECT * {} }": "eud:séservice\u00b7a",
    "?x eud:from ?y": "eud:from",
    "?x eud:insert ?y . FILTER(?x<eud:service)": None,
    "?service eud:load ?y BIND(?service AS ?x) { SELECT * {} }": "eud:load",
    "_:service eud:delete ?y BIND(?y AS ?x) { SELECT * {} }": "eud:delete",
    'GRAPH ?g { ?x eud:drop ?y } FILTER(?y != "a"@service) { SELECT * {} }': None,
}


@pytest.mark.parametrize("pattern", NAMED)
def test_names_with_keywords_in_them_are_names(pattern: str) -> None:
    graph = ox.Store()
    name = NAMED[pattern]
    if name:
        iri = name.replace("eud:", PREFIXES["eud"], 1)
        graph.add(ox.Quad(ox.NamedNode("a:x"), ox.NamedNode(iri), ox.NamedNode("a:y")))
    wanted = [] if not name else ["a:y"] if pattern.startswith("_:") else ["a:x"]
    rows = answer.run(graph, prepare(f"SELECT ?x {{ {pattern} }}")).rows
    assert [row[0].value for row in rows] == wanted


def test_prefixes_with_keywords_in_them_are_prefixes() -> None:
    graph = ox.Store()
    graph.add(ox.Quad(ox.NamedNode("a:x"), ox.NamedNode("a:service"), ox.NamedNode("a:")))
    asked = "PREFIX service: <a:> SELECT ?x { ?x service:service ?y . ?x ?p service: { SELECT * {} } }"
    assert [row[0].value for row in answer.run(graph, prepare(asked)).rows] == ["a:x"]
    for text in (
        "PREFIX from: <a:> DESCRIBE from:insert from:service",
        r"DESCRIBE eud:a\,from eud:a\'insert eud:b\(c eud:not-from ?x·from { ?x·from ?p ?o }",
        "PREFIX load: <a:> SELECT ?from·load ?load { ?from·load load:load ?load } ORDER BY ?load",
    ):
        answer.run(graph, prepare(text))
    for text in (r"DESCRIBE eud:a\( FROM <a:b>", r"ASK FROM <a:b> { ?s eud:a\) ?o }"):
        assert refusal(text) == NO_FROM


def test_what_stands_for_a_long_iri_is_not_written_out() -> None:
    long = f"PREFIX a: <http://a/{'b' * 10_000}> SELECT * {{ ?x a:service ?y {{ SELECT * {{}} }} }}"
    assert refusal(long) == NO_SERVICE


def test_a_name_with_construct_or_select_in_it_leaves_values_at_the_beginning() -> None:
    country = {"x": ox.NamedNode("a:x")}
    for pattern in ("?x eud:construct ?y", "select:y ?p ?x"):
        text = prepare(f"PREFIX select: <a:> SELECT * {{ {pattern} }}", values=country).text
        assert text.endswith(f"SELECT * {{ VALUES (?x) {{ (<a:x>) }}  {pattern} }}")


def test_a_byte_order_mark_is_none_of_the_query() -> None:
    assert prepare("\ufeffASK {}").text == "ASK {}"
    assert prepare("\ufeffBASE <a:> ASK {}").form == "ask"


def test_relative_iris_need_a_base() -> None:
    asked = "SELECT (<x> AS ?x) {}"
    with pytest.raises(errors.UsageError, match="this is no SPARQL query"):
        answer.run(ox.Store(), prepare(asked))
    rows = answer.run(ox.Store(), prepare(asked, base="http://a/b/c")).rows
    assert [row[0].value for row in rows] == ["http://a/b/x"]


HARMLESS = [
    ("'SERVICE <a:a> { # }'", "SERVICE <a:a> { # }"),
    ('"""a \\"service\\" # FROM\n"""', 'a "service" # FROM\n'),
    (r"'\\#\\service'", r"\#\service"),
    ("<http://service/a#service>", "http://service/a#service"),
    ("act:digital-services-act", PREFIXES["act"] + "digital-services-act"),
]


@pytest.mark.parametrize(("term", "value"), HARMLESS)
def test_what_is_made_harmless_keeps_its_meaning(term: str, value: str) -> None:
    text = f"SELECT ?service {{ # SERVICE <a:a> {{\n BIND({term} AS ?service) {{}} }}"
    prepare(text)
    assert [row[0].value for row in answer.run(ox.Store(), prepare(text)).rows] == [value]
    assert safety.disarmed(safety.disarmed(text)) == safety.disarmed(text)


SLOW = ["service" * 14_000, "service:" * 12_000, "<a" * 49_000, ("'" * 3 + '"' * 3 + "\\") * 14_000]


@pytest.mark.parametrize("text", SLOW, ids=range(len(SLOW)))
def test_a_text_made_to_be_slow_is_inspected_quickly(text: str) -> None:
    began = time.monotonic()
    assert prepare("SELECT * {" + text).form == "select"
    assert time.monotonic() - began < 2


def test_no_query_leaves_the_default_graph_where_the_two_parsers_read_differently(built: store.Built) -> None:
    text = "ASK # \r FROM <a:nothing> \n { ?s ?p ?o }"
    try:
        prepare(text)
        assert answer.run(built.store, prepare(text)).truth
    except errors.UsageError:
        pass


# ---------------------------------------------------------------- Texts


def test_a_text_of_more_than_the_limit_is_refused_at_once() -> None:
    text = "SELECT * { ?s ?p ?o } #" + "x" * safety.MAX_TEXT
    assert refusal(text) == f"the query has {len(text):,} characters; at most 100,000 are read"


def test_a_text_of_the_limit_is_read() -> None:
    text = "SELECT * { ?s ?p ?o } #"
    assert prepare(text + "x" * (safety.MAX_TEXT - len(text))).form == "select"


def test_the_limit_holds_for_a_file_and_standard_input(
    command: Callable[..., Run], built: store.Built, tmp_path: Path
) -> None:
    path = tmp_path / "own.rq"
    path.write_text("SELECT * { ?s ?p ?o } #" + "x" * 10_000_000, "utf-8")
    done = command("query", "--store", built.folder, "--file", path)
    assert (done.status, done.out) == (2, "")
    assert done.err == "eudigraph: the query has 10,000,023 characters; at most 100,000 are read\n"


DEEP = {
    "groups": "SELECT * " + "{" * 5000 + "?s ?p ?o" + "}" * 5000,
    "brackets": "SELECT * { FILTER(" + "(" * 5000 + "1" + ")" * 5000 + ") }",
    "paths": "SELECT * { ?s " + "(" * 5000 + "<a:a>" + ")" * 5000 + " ?o }",
    "lists": "SELECT * { ?s ?p " + "(" * 5000 + ")" * 5000 + " }",
    "blank nodes": "SELECT * { " + "[ ?p " * 5000 + "?o" + " ]" * 5000 + " ?q ?r }",
    "subqueries": "SELECT * " + "{ SELECT * " * 2000 + "{ ?s ?p ?o }" + " }" * 2000,
    "nots": "SELECT * { FILTER(" + "!" * 5000 + "true) }",
    "functions": "SELECT * { FILTER(" + "STR(" * 5000 + "1" + ")" * 5000 + ") }",
}


@pytest.mark.parametrize("kind", DEEP)
def test_deep_nesting_is_refused_and_not_fatal(kind: str) -> None:
    began = time.monotonic()
    assert refusal(DEEP[kind]).startswith(
        ("the query is nested too deeply; make it simpler", "this is no SPARQL query")
    )
    assert time.monotonic() - began < 20


def test_sensible_nesting_is_read() -> None:
    assert prepare("SELECT * " + "{" * 8 + "?s ?p ?o" + "}" * 8).form == "select"


def test_a_wide_query_is_read() -> None:
    assert prepare("SELECT * { " + " ".join(f"?s{i} ?p ?o{i} ." for i in range(500)) + " }").form == "select"


@pytest.mark.parametrize(
    ("text", "line"),
    [("SELECT *\nWHERE {\n  ?s ?p\n}", 4), ("SELECT * {\n  ?s eud:status ?o\n", 2), ("SELEKT *", 1)],
)
def test_syntax_errors_show_the_line(
    command: Callable[..., Run], built: store.Built, tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "own.rq"
    path.write_text(text, "utf-8")
    done = command("query", "--store", built.folder, "--file", path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("eudigraph: this is no SPARQL query: ")
    assert f"line:{line}" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT ?x { ?x a eud:Country\n", "it ends (line:1) before it is complete; write } at its end"),
        ("SELECT ?x {\n?x a eud:Country { ?x ?y '}' ", "it ends (line:2) before it is complete; write } } at its end"),
        ("SELECT ?x WHERE ?x a eud:Country }", "it cannot be read on from line:1, column:17"),
    ],
)
def test_a_query_that_ends_too_early_says_what_is_missing(built: store.Built, text: str, said: str) -> None:
    with pytest.raises(errors.UsageError, match=re.escape(said)):
        built.ask(prepare(text))


def test_a_prefix_nobody_declared_is_named(command: Callable[..., Run], built: store.Built, tmp_path: Path) -> None:
    path = tmp_path / "own.rq"
    path.write_text("SELECT * { ?s nope:it ?o }", "utf-8")
    done = command("query", "--store", built.folder, "--file", path)
    assert (done.status, done.out) == (2, "")
    assert "nope" in done.err


def test_a_lone_surrogate_is_no_crash() -> None:
    text = 'SELECT * { ?s ?p "\ud800" }'
    try:
        prepare(text)
        answer.run(ox.Store(), prepare(text))
    except errors.UsageError:
        pass


def test_prefixes_of_the_project_need_no_declaration(built: store.Built) -> None:
    asked = answers.ask_text(built, "ASK { country:japan a eud:Country }")
    assert asked.truth is True


# ---------------------------------------------------------------- Parameters

HOSTILE = [
    "'} DROP ALL",
    '"} DROP ALL #',
    "Japan } SERVICE <http://127.0.0.1:9/> { ?x ?y ?z",
    "\\",
    "\\u0022",
    '"""',
    "Japan\nDROP ALL",
    "\x00",
    "\x1b[31m",
    "<http://x> } DROP ALL #>",
    "country:japan } DROP ALL",
    "<https://w3id.org/eudigraph/country/japan> <a:b>",
    "?s",
    "UNDEF",
    "x" * 1_000_000,
    "(" * 10_000,
    "\udcff",
    "%s %d {0} {country}",
    "../../etc/passwd",
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_parameters_never_reach_a_query(
    built: store.Built, library: Mapping[str, LibraryQuery], value: str
) -> None:
    for name, parameter in (("topics", "country"), ("meetings", "until"), ("evidence", "subject")):
        if (value, name) == ("UNDEF", "evidence"):  # as a slip for "under"; what goes in is its IRI
            resolved, _ = lookup.resolve(built.store, library[name], {parameter: value})
            assert resolved[parameter].value.startswith(BASE)
            continue
        with pytest.raises(errors.UsageError) as caught:
            lookup.resolve(built.store, library[name], {parameter: value})
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_messages_about_hostile_parameters_are_short_and_clean(
    command: Callable[..., Run], built: store.Built, value: str
) -> None:
    done = command("query", "--store", built.folder, "topics", f"country={value}")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("eudigraph: ")
    assert len(done.err) < 1000
    assert "\x1b" not in done.err
    assert "\x00" not in done.err


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50) | st.sampled_from(
    [h for h in HOSTILE if len(h) < 1000 and "\udcff" not in h]
)
DATATYPES = st.sampled_from([XSD + "string", XSD + "date", XSD + "integer", "a:b"])
LITERALS = (
    st.builds(lambda text, kind: ox.Literal(text, datatype=ox.NamedNode(kind)), TEXTS, DATATYPES)
    | st.builds(lambda text: ox.Literal(text, language="en"), TEXTS)
    | st.builds(ox.Literal, st.integers(-(10**9), 10**9))
)


def iri(text: str) -> ox.NamedNode | None:
    """Return the text as an IRI below ours, where it makes one."""
    try:
        return ox.NamedNode(BASE + text)
    except ValueError:
        return None


def rdflib_can_read(value: Value) -> bool:
    """Tell whether rdflib sees the same term: it takes a backslash and a u for an escape, even where it is escaped."""
    return "\\u" not in value.value.casefold()


IRIS = TEXTS.map(iri).filter(lambda term: term is not None)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(value=LITERALS | IRIS)
def test_a_bound_query_parses_and_returns_that_very_term(value: Value) -> None:
    query = LibraryQuery(
        "echo",
        1,
        "Echo",
        "What was given?",
        "one row",
        "SELECT ?given WHERE {\n  VALUES ?given { UNDEF }\n}\n",
        {"given": "it"},
        (),
        {"given": Parameter("given", "resource", "it")},
    )
    text = bind(query, {"given": value})
    assert [tuple(row) for row in answer.run(ox.Store(), prepare(text)).rows] == [(value,)]
    assert prepare(text).form == "select"
    if rdflib_can_read(value):
        assert parseQuery(text)[1].name == "SelectQuery"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=LITERALS)
def test_a_bound_query_returns_that_very_term_through_rdflib_too(value: ox.Literal) -> None:
    assume(rdflib_can_read(value))
    text = f"SELECT ?given {{ VALUES ?given {{ {value} }} }}"
    row = next(iter(rdflib.Graph().query(text)))
    assert isinstance(row, rdflib.query.ResultRow)
    assert str(row[0]) == value.value or value.datatype.value != XSD + "string"


def test_binding_fills_each_place_of_a_parameter_and_nothing_else(
    library: Mapping[str, LibraryQuery],
) -> None:
    for query in library.values():
        term = ox.NamedNode(BASE + "country/japan")
        text = bind(query, dict.fromkeys(query.parameters, term))
        assert "UNDEF" not in text
        for name in query.parameters:
            assert f"VALUES ?{name} {{ {term} }}" in text
        unbound = bind(query, {})
        assert unbound == query.text


def test_an_unknown_parameter_is_named_with_those_there_are(command: Callable[..., Run], built: store.Built) -> None:
    done = command("query", "--store", built.folder, "topics", "contry=Japan")
    assert (done.status, done.out) == (2, "")
    takes = "it takes country, within, reached, known_by"
    assert done.err == f"eudigraph: topics has no parameter 'contry'; did you mean country? {takes}\n"
    done = command("query", "--store", built.folder, "binding-topics", "x=1")
    assert (done.status, done.err) == (
        2,
        "eudigraph: binding-topics has no parameter 'x'; it takes reached, known_by\n",
    )


def test_an_unknown_query_is_named_with_the_nearest(command: Callable[..., Run], built: store.Built) -> None:
    done = command("query", "--store", built.folder, "topic")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("eudigraph: there is no query 'topic'; did you mean: topics, ")
    done = command("query", "--store", built.folder, "qqqqqqqq")
    assert (done.status, done.out) == (2, "")
    assert done.err == "eudigraph: there is no query 'qqqqqqqq'; list them with: eudigraph queries\n"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("gephi", "did you mean gexf? There are: "),
        ("ics", "did you mean icalendar? There are: "),
        ("turtle", "there are: "),
        ("xls", "there are: "),
    ],
)
def test_a_format_that_is_none_is_refused_with_those_there_are(
    command: Callable[..., Run], built: store.Built, form: str, said: str
) -> None:
    done = command("export", "--store", built.folder, form)
    rest = "; turtle is among the files that eudigraph build writes" if form == "turtle" else ""
    there = "graphml, gexf, cytoscape, neo4j, icalendar, jsonld"
    assert (done.status, done.out) == (2, "")
    assert done.err == f"eudigraph: there is no format {form!r}; {said}{there}{rest}\n"


def test_a_text_that_is_not_there_is_named(command: Callable[..., Run], built: store.Built, tmp_path: Path) -> None:
    done = command("query", "--store", built.folder, "topics", "--text", tmp_path / "none.txt")
    assert (done.status, done.out) == (1, "")
    assert done.err == f"eudigraph: {tmp_path}/none.txt cannot be read: No such file or directory; check the path\n"


def test_a_question_has_a_number_of_its_own(
    command: Callable[..., Run], built: store.Built, library: Mapping[str, LibraryQuery]
) -> None:
    by_name, by_number = (command("query", "--store", built.folder, name) for name in ("topics", "3"))
    assert (by_number.status, by_number.out) == (0, by_name.out)
    with pytest.raises(errors.UsageError) as caught:
        find(library, "17")
    assert str(caught.value) == "several queries have the number 17; give a name: agenda-similarity, binding-topics"


def test_what_is_asked_is_read_before_a_graph_is_built(
    command: Callable[..., Run], copy: workspace.Workspace, tmp_path: Path
) -> None:
    for words in (["--file", tmp_path / "nope"], ["nope"], ["topics", "Japan"], ["--file", "-", "country=Japan"]):
        done = command("query", "--workspace", copy.root, *words)
        assert (done.status, done.out) == (2, "")
        assert "Building" not in done.err


def test_sparql_where_a_name_or_a_file_is_wanted_is_told_apart(
    command: Callable[..., Run], built: store.Built, tmp_path: Path
) -> None:
    for asked in (["SELECT * { ?s ?p ?o }"], ["--file", "SELECT * { ?s ?p ?o }"]):
        done = command("query", "--store", built.folder, *asked)
        assert (done.status, done.out) == (2, "")
        assert done.err == (
            "eudigraph: SPARQL of your own comes in a file, or from standard input: eudigraph query --file -\n"
        )
    odd = tmp_path / "own {1}.rq"
    odd.write_text("ASK { ?s ?p ?o }", "utf-8")
    assert command("query", "--store", built.folder, "--file", odd).out == "true\n"


def test_names_that_are_not_in_the_graph_are_remarked(built: store.Built) -> None:
    asked = """PREFIX topic: <http://example.org/> PREFIX country: <https://w3id.org/eudigraph/country/>
        SELECT * { VALUES ?c { country:Japan country:japan country:narnia country:jappan topic:none person:
        source:EURACTIV-2023-04 document:mep-letter reading:EURACTIV-2023-04-by-hand
        passage:euractiv-2023-04\\/18 <country:Atlantis> } ?c ?p "country:Utopia" # country:Oz
        }"""
    assert hints.remarks(built, asked, answer.run(built.store, prepare("ASK {}"))) == [
        "country:Japan is nothing in the graph; did you mean country:japan?",
        "country:narnia is nothing in the graph",
        "country:jappan is nothing in the graph; did you mean country:japan?",
        "source:EURACTIV-2023-04 is nothing in the graph; did you mean source:euractiv-2023-04?",
        "document:mep-letter is nothing in the graph; did you mean document:mep-letter-2023?",
        "reading:EURACTIV-2023-04-by-hand is nothing in the graph; did you mean reading:euractiv-2023-04-by-hand?",
    ]


@pytest.mark.parametrize(
    ("asked", "remarked", "better"),
    [
        (
            "?m eud:date ?d FILTER(?d > '2023-05-01'^^xsd:date)",
            "dates are EDTF",
            "?m eud:date ?d . ?span eud:edtf ?d ; eud:earliest ?first FILTER(?first > '2023-05-01'^^xsd:date)",
        ),
        (
            "?m eud:date ?d FILTER(year(?d) > 2022)",
            "dates are EDTF",
            "?m eud:date ?d . ?s eud:edtf ?d ; eud:latest ?l FILTER(YEAR(?l) > 2022)",
        ),
        (
            "GRAPH ?p { ?m a eud:Meeting ; eud:date ?d }",
            "passages name the narrowest class, from which eud:Meeting follows",
            "?m a eud:Meeting GRAPH ?p { ?m eud:date ?d }",
        ),
        (
            "?m eud:withCountry 'Japan'@en",
            "eud:withCountry leads to an entity, not to a text",
            "?m eud:withCountry country:japan",
        ),
        ("?m rdfs:label 'Japan'@en", "rdfs:label names classes", "?m skos:prefLabel 'Japan'@en"),
    ],
)
def test_likely_reasons_are_given_for_no_rows(built: store.Built, asked: str, remarked: str, better: str) -> None:
    def remarks_on(pattern: str) -> tuple[int, list[str]]:
        text = f"SELECT * {{ {pattern} }}"
        answer = built.ask(prepare(text))
        found = hints.remarks(built, text, answer)  # of dates, also that they are all that were ever said
        return len(answer.rows), [remark for remark in found if not remark.startswith("eud:date lists all")]

    rows, (remark,) = remarks_on(asked)
    assert (rows, remark.startswith(remarked)) == (0, True)
    rows, none = remarks_on(better)
    assert (rows > 0, none) == (True, [])


def test_what_the_graph_does_not_say_is_answered_with_how_to_see_what_it_says(
    command: Callable[..., Run], built: store.Built
) -> None:
    done = command("explain", "--store", built.folder, "Japan", "in country", "Sweden")
    assert (done.status, done.out) == (2, "")
    said = "the graph does not say: Japan · in country · Sweden; the explorer shows all that it says of either"
    assert done.err == f"eudigraph: {said}\n"


def test_a_table_that_does_not_fit_is_written_row_by_row(
    command: Callable[..., Run], built: store.Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("query", "--store", built.folder, "meetings", "--format", "table")
    wide = command(*asked).out.splitlines()
    assert wide[0].split() == ["meeting", "kind", "country", "date", "place", "status"]
    assert 80 < max(map(len, wide)) <= 118
    monkeypatch.setenv("COLUMNS", "80")
    rows = command(*asked).out.split("\n\n")
    assert rows[0] == (
        "meeting  EU–India Trade and Technology Council, first ministerial meeting\n"
        "kind     ministerial meeting\n"
        "country  India\n"
        "date     2023-05-15/2023-05-16\n"
        "place    Brussels\n"
        "status   scheduled"
    )
    assert rows[-1].endswith("status   to be confirmed\n")
    assert len(rows) == 4
    with_passages = command(*asked, "--evidence").out
    assert "\nevidence  1 3\n\nmeeting " in with_passages
    assert "\nevidence  4\n\n[1] Commission updates" in with_passages
    assert max(map(len, with_passages.splitlines())) <= 80
    long = tables.table(["x", "y", "z"], [["a" * 70, "b c\x1b[2J\nd", "f" * 30], ["", "e" * 30, ""]], width=60)
    assert long == f"x  {'a' * 57}\n   {'a' * 13}\ny  b c�[2J\n   d\nz  {'f' * 30}\n\ny  {'e' * 30}\n"


def test_a_workspace_can_be_set_for_all_commands(
    command: Callable[..., Run], copy: workspace.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = copy.root / "queries" / "officials"
    name.with_suffix(".rq").rename(name.with_name("people.rq"))
    name.with_suffix(".toml").rename(name.with_name("people.toml"))
    assert "people" not in command("queries").out
    monkeypatch.setenv("EUDIGRAPH_WORKSPACE", str(copy.root))
    assert "people" in command("queries").out


def test_the_workspace_of_the_current_folder_is_used(
    command: Callable[..., Run],
    copy: workspace.Workspace,
    checkout: workspace.Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(copy.root)
    assert command("build", "--no-hermit", "--no-exports").out.endswith(f"Built in {copy.root / 'build' / '1'}\n")
    assert command("query", "topics", "country=Japan").status == 0
    with (copy.root / "graph" / "euractiv-2023-04.trig").open("a", encoding="utf-8") as file:
        file.write("\n")
    known = "Note: known by 30 April 2023\n"
    assert command("query", "topics").err.endswith(f"Build again with: eudigraph build\n{known}")
    monkeypatch.chdir(tmp_path)
    asked = command("query", "topics", "--workspace", copy.root)
    assert asked.err.endswith(f"Build again with: eudigraph build --workspace {copy.root}\n{known}")
    monkeypatch.chdir(copy.root)
    assert command("check", "--no-hermit", "--workspace", checkout.root).status == 0
    (copy.root / "ontology" / "core.ttl").rename(copy.root / "ontology" / "other.ttl")
    assert workspace.current_folder() is None
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert command("queries").status == 0


def test_an_unknown_name_is_answered_with_those_there_are(command: Callable[..., Run], built: store.Built) -> None:
    done = command("query", "--store", built.folder, "topics", "country=China")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "eudigraph: country: there is no country called 'China' in the graph; there are: Canada, India, Japan, "
        "Singapore, South Korea, Sweden, United States\n"
    )


def test_a_missing_parameter_is_named_with_what_it_is(command: Callable[..., Run], built: store.Built) -> None:
    done = command("query", "--store", built.folder, "meetings-of")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "eudigraph: meetings-of needs who: the country, organisation or official whose meetings are asked for; "
        "give it as who=…\n"
    )


@pytest.mark.parametrize("text", ["Japan", "japan", "JAPAN", " Japan ", "jp", "country:japan"])
def test_names_are_found_without_case_and_by_prefix(built: store.Built, text: str) -> None:
    assert lookup.find(built.store, text.strip(), "Country").iri.value == BASE + "country/japan"


@pytest.mark.parametrize("text", ["Luleå", "lulea", "LULEÅ", "Lulea\u030a", "<https://w3id.org/eudigraph/place/lulea>"])
def test_accents_are_folded(built: store.Built, text: str) -> None:
    assert lookup.find(built.store, text).iri.value == BASE + "place/lulea"


@pytest.mark.parametrize("text", [BASE + "country/japan", f"<{BASE}country/japan>", "country:japan"])
def test_iris_and_prefixed_names_are_taken(built: store.Built, library: Mapping[str, LibraryQuery], text: str) -> None:
    assert lookup.resolve(built.store, library["topics"], {"country": text}) == (
        {
            "country": ox.NamedNode(BASE + "country/japan"),
            "reached": ox.NamedNode(BASE + "stage/mentioned"),
            "known_by": ox.Literal("2023-04-30", datatype=ox.NamedNode(XSD + "date")),
        },
        ["known by 30 April 2023"],
    )


def test_an_entity_of_another_class_is_refused(built: store.Built) -> None:
    with pytest.raises(errors.UsageError, match="topic:6g is no country of the graph"):
        lookup.find(built.store, "topic:6g", "Country")


def test_an_ambiguous_name_lists_the_candidates() -> None:
    graph = ox.Store()
    label = ox.NamedNode(PREFIXES["skos"] + "altLabel")
    for name in ("georgia", "georgia-us"):
        graph.add(ox.Quad(ox.NamedNode(f"{BASE}country/{name}"), label, ox.Literal("Georgia", language="en")))
    with pytest.raises(errors.UsageError) as caught:
        lookup.find(graph, "georgia")
    assert str(caught.value) == (
        "'georgia' may be country:georgia (country:georgia) or country:georgia-us (country:georgia-us); "
        "give the whole name, or the identifier of one"
    )
    preferred = ox.NamedNode(PREFIXES["skos"] + "prefLabel")
    thing = ox.NamedNode(f"{BASE}country/georgia")
    graph.add(ox.Quad(thing, preferred, ox.Literal("Georgia", language="en")))
    assert lookup.find(graph, "georgia").iri == thing


@pytest.mark.parametrize("text", ["soon", "32 Juni 2023", "99.99.2023", "2023-04-18T00:00"])
def test_what_is_no_day_is_refused(built: store.Built, library: Mapping[str, LibraryQuery], text: str) -> None:
    with pytest.raises(errors.UsageError, match="is no day; write it as YYYY-MM-DD, such as 2023-04-18"):
        lookup.resolve(built.store, library["meetings"], {"until": text})


@pytest.mark.parametrize("text", ["20230418", "2023-W16-2", "２０２３-04-18"])
def test_days_that_few_can_read_are_not_taken(
    built: store.Built, library: Mapping[str, LibraryQuery], text: str
) -> None:
    with pytest.raises(errors.UsageError, match="is no day; write it as YYYY-MM-DD"):
        lookup.resolve(built.store, library["meetings"], {"until": text})


@pytest.mark.parametrize("text", ["one", "1.5", "1e3", "", "9" * 30, "0x1", "²"])
def test_what_is_no_whole_number_is_refused(built: store.Built, library: Mapping[str, LibraryQuery], text: str) -> None:
    name, parameter = next(
        (q.name, p.name) for q in library.values() for p in q.parameters.values() if p.type == "integer"
    )
    with pytest.raises(
        errors.UsageError, match=f"^{parameter} is a whole number of up to nine digits, such as 2, not "
    ):
        lookup.resolve(built.store, library[name], {parameter: text})


def test_other_digits_are_whole_numbers_or_refused(built: store.Built, library: Mapping[str, LibraryQuery]) -> None:
    name, parameter = next(
        (q.name, p.name) for q in library.values() for p in q.parameters.values() if p.type == "integer"
    )
    with suppress(errors.UsageError):
        assert lookup.resolve(built.store, library[name], {parameter: "٣"})[0][parameter] == ox.Literal(3)


# ---------------------------------------------------------------- Deadlines, limits, memory

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d && ?g != ?j) }"
HUNGRY = "SELECT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g"
"""Holds billions of rows at once, to order them."""
LONG = "SELECT ?a ?d ?g ?j { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def test_an_endless_query_is_ended_at_its_timeout(
    program: Callable[..., Run], built: store.Built, tmp_path: Path
) -> None:
    path = tmp_path / "own.rq"
    path.write_text(ENDLESS, "utf-8")
    began = time.monotonic()
    done = program("query", "--store", built.folder, "--file", path, "--timeout", "1")
    assert time.monotonic() - began < 15
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        "eudigraph: the query did not end within 1 seconds; make it narrower, or allow more with --timeout\n"
    )


def test_a_query_without_end_gives_as_many_rows_as_asked_for(
    command: Callable[..., Run], built: store.Built, tmp_path: Path
) -> None:
    path = tmp_path / "own.rq"
    path.write_text(LONG, "utf-8")
    done = command("query", "--store", built.folder, "--file", path, "--limit", "3")
    assert done.status == 0
    assert len(done.out.splitlines()) == 4
    assert done.err == "Only the first 3 are shown (--limit).\n"


def test_a_limit_that_is_just_met_cuts_nothing(built: store.Built) -> None:
    query = "SELECT ?s { ?s a eud:Country } ORDER BY ?s LIMIT 5"
    answer = answers.ask_text(built, query, answers.Asking(limit=5))
    assert (len(answer.rows), answer.cut) == (5, False)
    answer = answers.ask_text(built, query, answers.Asking(limit=4))
    assert (len(answer.rows), answer.cut) == (4, True)


def test_a_limit_cuts_graphs_too(built: store.Built) -> None:
    answer = answers.ask_text(built, "CONSTRUCT WHERE { ?s ?p ?o }", answers.Asking(limit=7))
    assert answer.triples is not None
    assert (len(answer.triples), answer.cut) == (7, True)


@pytest.mark.slow
def test_a_query_that_takes_too_much_memory_is_ended(
    program: Callable[..., Run], built: store.Built, tmp_path: Path
) -> None:
    path = tmp_path / "own.rq"
    path.write_text(HUNGRY, "utf-8")
    done = program("query", "--store", built.folder, "--file", path, "--timeout", "60", "--limit", "3")
    assert (done.status, done.out) == (1, "")
    assert done.err == "eudigraph: the query took too much memory and was ended; make it narrower\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { FILTER(" + "||".join(["?a"] * 24_000) + ") }",
        "SELECT * { ?s " + "/".join(["<a:b>"] * 16_000) + " ?o }",
        "SELECT * { " + " UNION ".join(["{}"] * 10_000) + " }",
        "SELECT (" + "+".join(["1"] * 49_000) + " AS ?x) {}",
        "SELECT * { " + "OPTIONAL{}" * 9_900 + " }",
        "SELECT * { ?s " + "|".join(["a"] * 49_000) + " ?o }",
        "SELECT * { " + "FILTER(1)" * 11_000 + " }",
    ],
    ids=["or", "path", "union", "sum", "optional", "alternatives", "filter"],
)
def test_a_query_as_deep_as_can_be_ends_in_an_answer_or_a_message(
    program: Callable[..., Run], built: store.Built, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "own.rq"
    path.write_text(text, "utf-8")
    done = program("query", "--store", built.folder, "--file", path, "--timeout", "2")
    assert done.status in (0, 1)
    late = "eudigraph: the query did not end within 2 seconds; make it narrower, or allow more with --timeout\n"
    assert done.err in ("", "No rows: nothing in the graph fits all that is asked.\n", late)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a signal is sent")
def test_a_query_is_interrupted_at_once(built: store.Built, tmp_path: Path) -> None:
    path = tmp_path / "own.rq"
    path.write_text(ENDLESS, "utf-8")
    # As from a terminal: whoever runs the tests in the background may have told all that they start to ignore it.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heard}; from eudigraph.__main__ import main; main()"
    words = ["query", "--store", str(built.folder), "--file", str(path)]
    with subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said.strip()) == (130, "eudigraph: interrupted; nothing was changed")


@pytest.mark.parametrize("timeout", ["nan", "inf", "1e300", "86401"])
def test_no_timeout_is_without_end(
    command: Callable[..., Run], built: store.Built, tmp_path: Path, timeout: str
) -> None:
    path = tmp_path / "own.rq"
    path.write_text("ASK {}", "utf-8")
    done = command("query", "--store", built.folder, "--file", path, "--timeout", timeout)
    assert (done.status, done.out) == (2, "")
    assert done.err.endswith("seconds is not possible; give up to 86,400 seconds\n")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no file without end")
def test_a_file_without_end_is_not_read_to_its_end(command: Callable[..., Run], built: store.Built) -> None:
    done = command("query", "--store", built.folder, "--file", "/dev/zero")
    assert (done.status, done.err) == (2, "eudigraph: /dev/zero has more than 64 MB; give a file with one query\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('type = "Country"', 'type = "Country> . SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } ?x a <a:a"'),
        ('type = "Country"', "type = 1"),
        ("number = 3", 'number = "3"'),
        ('country = "the partner country"', "country = 1"),
        ("[parameters.country]", "[parameters]\ncity = 1\n[parameters.country]"),
        ("[parameters.country]", "[other.country]"),
    ],
)
def test_what_stands_beside_a_query_cannot_bend_it(copy: workspace.Workspace, old: str, new: str) -> None:
    path = copy.queries_folder / "topics.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(errors.DataError, match=r"topics\.toml:\d+: "):
        load_library(copy)


def test_a_name_written_just_so_goes_before_others() -> None:
    graph, label = ox.Store(), ox.NamedNode(PREFIXES["skos"] + "prefLabel")
    for name, text in (("a", "Georgia"), ("b", "GEORGIA")):
        graph.add(ox.Quad(ox.NamedNode(f"{BASE}country/{name}"), label, ox.Literal(text, language="en")))
    assert lookup.find(graph, "GEORGIA").iri.value == BASE + "country/b"
    with pytest.raises(errors.UsageError, match="may be"):
        lookup.find(graph, "georgia")
