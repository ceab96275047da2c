"""The Python interface: what the command line does, as tables, networks and objects."""

from __future__ import annotations

import datetime
import decimal
import doctest
import math
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import networkx as nx
import pandas as pd
import pytest
import rdflib

import eudigraph
from eudigraph import graph as graph_
from eudigraph import notebook
from eudigraph.ask import answers
from eudigraph.engine import store
from eudigraph.graph import Graph
from eudigraph.model import dates, errors, workspace
from eudigraph.model.names import BASE, EUD

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def graph(built: store.Built, checkout: workspace.Workspace) -> Graph:
    return Graph(built, checkout)


def table(answer: object) -> pd.DataFrame:
    assert isinstance(answer, pd.DataFrame)
    return answer


@pytest.mark.usefixtures("without_hermit")
def test_a_graph_is_built_when_it_is_opened_for_the_first_time(copy: workspace.Workspace) -> None:
    opened = eudigraph.open_graph(copy.root)
    assert repr(opened) == "<eudigraph.Graph of 1 sources with 325 claims>"
    assert (copy.root / "build" / "manifest.json").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("without_hermit")
def test_a_build_older_than_its_files_is_said_and_can_be_made_anew(copy: workspace.Workspace) -> None:
    eudigraph.open_graph(copy.root)
    path = copy.root / "graph" / "reference" / "countries.ttl"
    path.write_text(path.read_text("utf-8").replace('"Japan"@en', '"Nippon"@en'), "utf-8")
    with pytest.warns(UserWarning, match="files have changed since the build; this is the former graph"):
        assert eudigraph.open_graph(copy.root).find("Japan").endswith("/japan")
    assert eudigraph.open_graph(copy.root, rebuild=True).find("Nippon").endswith("/japan")


def test_a_term_that_the_ontology_lacks_is_warned_of_where_it_was_asked(graph: Graph) -> None:
    with pytest.warns(
        UserWarning, match="eud:cooperateOn is no term of the ontology; did you mean eud:cooperatesOn"
    ) as w:
        graph.sparql("SELECT ?t { ?c eud:cooperateOn ?t }")
    assert w[0].filename == __file__


def test_data_that_cannot_be_built_is_refused_with_its_problems(copy: workspace.Workspace) -> None:
    (copy.root / "graph" / "bad.trig").write_text("nonsense", "utf-8")
    with pytest.raises(errors.DataError, match=r"graph/bad\.trig:1: error: is no valid TriG"):
        eudigraph.open_graph(copy.root)


def test_the_questions_are_a_table(graph: Graph) -> None:
    questions = graph.questions()
    assert len(questions) == 25
    assert questions.loc["topics", "parameters"] == ["country", "within", "reached", "known_by"]


def test_an_answer_has_days_as_days_numbers_as_numbers_and_iris_beside_names(graph: Graph) -> None:
    meetings = graph.query("meetings", from_=datetime.date(2023, 6, 1))
    assert meetings["meeting"].tolist() == ["Thierry Breton with Lee Jong Ho, 2023", "EU–Japan summit 2023"]
    assert meetings["meeting_iri"].tolist() == [f"{BASE}meeting/breton-lee-2023", f"{BASE}meeting/eu-japan-summit-2023"]
    assert meetings["last_day"].tolist() == [datetime.date(2023, 6, 30), datetime.date(2023, 7, 4)]
    shared = graph.query("shared-topics", at_least=4)
    assert shared["rolled_up"].tolist()[0] == 6
    assert graph.query("partnerships", country="Canada")["disputed"].tolist() == [False, True]


def test_by_when_an_answer_was_known_stands_with_it_without_a_warning(graph: Graph) -> None:
    assert graph.query("topics").attrs["notes"] == ["known by 30 April 2023"]
    assert len(graph.query("topics", known_by=datetime.date(2023, 3, 31))) == 0


def test_an_answer_carries_its_evidence(graph: Graph) -> None:
    found = graph.query("topics", country="Korea", within="AI regulation", evidence=True)
    assert set(found["evidence_place"]) == {"¶25 (4460–4594)"}
    assert set(found["evidence_certainty"]) == {"stated"}


def test_an_answer_without_rows_keeps_its_columns(graph: Graph) -> None:
    empty = graph.query("meetings", from_="2030-01-01")
    assert len(empty) == 0
    assert list(empty.columns)[:3] == ["meeting", "kind", "partnership"]


def test_own_sparql_gives_tables_truths_and_graphs(graph: Graph) -> None:
    rows = table(graph.sparql("SELECT ?topic { ?country eud:cooperatesOn ?topic }", country="country:south-korea"))
    assert set(rows["topic"]) == {"high-performance computing", "quantum computing", "research and development"}
    assert graph.sparql("ASK { ?x a eud:Country }", x=graph.find("Republic of Korea")) is True
    assert graph.sparql("ASK { ?x a eud:Country }", x="org:european-union") is False
    made = graph.sparql("CONSTRUCT { ?x a eud:Country } WHERE { ?x a eud:Country }")
    assert isinstance(made, rdflib.Graph)
    assert len(made) == 7


@pytest.mark.parametrize(
    "hostile", ['" } SERVICE <http://127.0.0.1:9/> { ?a ?b ?c', 'Japan"@en } #', "\\u0022 }", "} VALUES ?x { 1"]
)
def test_variables_are_bound_as_terms_and_never_pasted(graph: Graph, hostile: str) -> None:
    rows = table(graph.sparql("SELECT ?x ?y { BIND(?x AS ?y) }", x=hostile))
    assert rows[["x", "y"]].values.tolist() == [[hostile, hostile]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT ?v { VALUES ?v { 1 2 3 } FILTER(?v > ?x) }", [[3]]),
        ("SELECT (?x + 1 AS ?y) (EXISTS { ?s eud:ordinal ?ordinal FILTER(?ordinal > ?x) } AS ?any) { }", [[3, True]]),
        ("SELECT ?v { { SELECT ?v ?x { VALUES (?v ?x) { (1 2) (2 3) } } } }", [[1]]),
        ("# { (\nSELECT ?v { VALUES ?v { 2 5 } OPTIONAL { FILTER(?v = ?x) BIND('{' AS ?w) } FILTER(?v = ?x) }", [[2]]),
        ("SELECT ?v WHERE { SELECT ?v ?x { VALUES (?v ?x) { (1 2) (2 3) } } }", [[1]]),
    ],
)
def test_filters_and_functions_see_variables(graph: Graph, text: str, rows: list[list[object]]) -> None:
    assert table(graph.sparql(text, x=2)).values.tolist() == rows


def test_graphs_are_made_with_variables(graph: Graph) -> None:
    for text in (
        "CONSTRUCT { ?c a ?x } WHERE { ?c a eud:Country FILTER(?x = eud:Country) }",
        "CONSTRUCT WHERE { ?c a ?x }",
    ):
        made = graph.sparql(text, x="eud:Country")
        assert isinstance(made, rdflib.Graph)
        assert len(made) == 7


def test_numbers_days_and_truths_are_bound_with_their_types(graph: Graph) -> None:
    for value, kind in ((3, "integer"), (0.5, "double"), (True, "boolean"), (datetime.date(2023, 5, 1), "date")):
        rows = table(graph.sparql("SELECT ?x (STR(DATATYPE(?x)) AS ?type) { }", x=value))
        assert rows["x"].tolist() == [value]
        assert rows["type"].tolist() == [f"http://www.w3.org/2001/XMLSchema#{kind}"]


def test_what_is_not_known_is_refused_in_words(graph: Graph) -> None:
    with pytest.raises(errors.UsageError, match=r"the query has no variable \?y"):
        graph.sparql("SELECT ?x { ?x a eud:Country }", y=1)
    with pytest.raises(errors.UsageError, match="did you mean: topics"):
        graph.query("topic")
    with pytest.raises(errors.UsageError, match="there is no country called 'China' in the graph; there are: Canada, "):
        graph.find("China", "Country")


def weighted(weight: object) -> nx.Graph:
    network = nx.path_graph(["a", "b", "c"])
    network.edges["a", "b"]["weight"] = weight
    return network


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda g: g.query(5), "a question is named by a text, such as 'topics', not 5"),
        (lambda g: g.query(None), "a question is named by a text, such as 'topics', not None"),
        (lambda g: g.query("topics", limit="x"), "a limit is a number of rows from 1, not 'x'"),
        (lambda g: g.query("topics", limit=0), "a limit is a number of rows from 1, not 0"),
        (lambda g: g.query("topics", limit=True), "a limit is a number of rows from 1, not True"),
        (lambda g: g.query("topics", timeout=None), "a timeout is a number of seconds above 0, not None"),
        (lambda g: g.query("topics", timeout="1"), "a timeout is a number of seconds above 0, not '1'"),
        (lambda g: g.query("topics", timeout=math.nan), "a timeout is a number of seconds above 0, not nan"),
        (lambda g: g.query("topics", country=None), "country is a name, an IRI, a number or a day, not None"),
        (lambda g: g.query("topics", country=["Japan"]), "country is a name, an IRI, a number or a day, not ['Japan']"),
        (
            lambda g: g.sparql(None),
            "SPARQL is a text, such as 'SELECT ?entity ?name { ?entity skos:prefLabel ?name }', ",
        ),
        (lambda g: g.sparql(b"ASK {}"), "SPARQL is a text, such as "),
        (lambda g: g.sparql("ASK {}", limit=1.5), "a limit is a number of rows from 1, not 1.5"),
        (lambda g: g.sparql("ASK {}", timeout=-1), "a timeout is a number of seconds above 0, not -1"),
        (lambda g: g.sparql("SELECT ?x {}", x=None), "None can stand for no variable; give a text, a number, a day"),
        (lambda g: g.find(None), "an entity is found by a text, such as 'Japan', not None"),
        (lambda g: g.find("Japan", 5), "a kind is the name of a class, a text, such as 'Country', not 5"),
        (lambda g: g.find("Japan", "Country ; a ?y"), "'Country ; a ?y' is the name of no class; give one such as "),
        (lambda g: g.evidence(None), "a subject is a text, such as 'Japan', not None"),
        (lambda g: g.evidence("Japan", 5), "a relation is named by a text, such as 'cooperates on', not 5"),
        (lambda g: g.evidence("Japan", None, []), "object is a name, an IRI, a number or a day, not []"),
        (lambda g: g.explain("Japan", "cooperates on", 6), "a value is a text, such as '6G', not 6"),
        (lambda g: g.network(None), "a network is named by a text, such as 'country-topic', not None"),
        (lambda g: g.network(["country-topic"]), "a network is named by a text, such as 'country-topic', not ['cou"),
        (lambda g: g.network(stage=["agreed"]), "a stage can be dropped, mentioned, wanted, planned, "),
        (lambda g: g.network(inferred="no"), "inferred is True or False, not 'no'"),
        (lambda g: g.network(known_by=20230418), "known_by is a day, such as 2023-04-30, not 20230418"),
        (lambda g: g.network_changes(20230418), "since is a day, such as 2023-04-30, not 20230418"),
        (lambda g: g.network("country-topic", level="0"), "a level is a whole number, not '0'"),
        (lambda g: g.analyse(5), "a measure is named by a text, such as 'degree', not 5"),
        (lambda g: g.analyse(["degree"]), "a measure is named by a text, such as 'degree', not ['degree']"),
        (lambda g: g.analyse(network=5), "a network is a name, such as 'country-topic', or one of NetworkX, not 5"),
        (lambda g: g.analyse(network=None), "a network is a name, such as 'country-topic', or one of NetworkX, not "),
        (
            lambda g: g.analyse(network=nx.Graph(), stage="agreed"),
            "what counts is chosen for a network by name",
        ),
        (lambda g: g.analyse(network=weighted("x")), "a with b: the weight of a tie is a number from 0 upwards, not x"),
        (lambda g: g.analyse("degree")[0], "a measure is named by a text, such as 'degree', not 0"),
        (lambda g: g.analyse("degree").write(None), "a file is named by a text or a Path, not None"),
        (lambda g: g.draw(3), "a network is a name, such as 'country-topic', or one of NetworkX, not 3"),
        (lambda g: g.draw(weighted("x")), "a with b: the weight of a tie is a number from 0 upwards, not 'x'"),
        (lambda g: g.plot(None), "a network is a name, such as 'country-topic', or one of NetworkX, not None"),
        (lambda g: g.plot(weighted("x")), "a with b: the weight of a tie is a number from 0 upwards, not 'x'"),
        (lambda g: g.plot(weighted(None)), "a with b: the weight of a tie is a number from 0 upwards, not None"),
        (lambda g: g.plot(weighted(-1)), "a with b: the weight of a tie is a number from 0 upwards, not -1"),
        (lambda g: g.plot("country-topic", 5), "a title is a text, not 5"),
        (lambda g: g.plot("country-country").save(5), "a file is named by a text or a Path, not 5"),
        (lambda g: g.export(5), "there is no format '5'; there are: graphml, "),
        (lambda g: g.export(["gexf"]), "there is no format \"['gexf']\"; there are: graphml, "),
        (lambda g: g.export("gexf", 5), "a network is named by a text, such as 'country-topic', not 5"),
        (lambda g: g.export("gexf", out=5), "a file is named by a text or a Path, not 5"),
    ],
)
def test_what_is_of_the_wrong_type_is_refused_with_what_is_wanted(
    graph: Graph, ask: Callable[[Any], object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.UsageError) as refused:
        ask(graph)
    assert str(refused.value).startswith(said)
    assert len(str(refused.value)) < 250
    assert list(tmp_path.iterdir()) == []


def test_a_table_can_do_without_iris(graph: Graph) -> None:
    columns = ["country", "topic"]
    assert [c for c in graph.query("topics", iris=False).columns if c.endswith("_iri")] == []
    own = "SELECT ?country ?topic { ?country eud:cooperatesOn ?topic }"
    assert list(table(graph.sparql(own, iris=False)).columns) == columns
    assert list(table(graph.sparql(own)).columns) == ["country", "country_iri", "topic", "topic_iri"]
    told = table(graph.sparql(own, iris=False, evidence=True, limit=1))
    assert list(told.columns) == [*columns, *(f"evidence_{c}" for c in answers.EVIDENCE_COLUMNS)]


def test_whole_numbers_stay_whole_where_some_are_missing(graph: Graph) -> None:
    gaps = table(graph.sparql("SELECT ?n { VALUES ?n { 1 UNDEF 3 } }"))["n"]
    assert (str(gaps.dtype), gaps.tolist()) == ("Int64", [1, pd.NA, 3])
    assert gaps.sum() == 4
    full = table(graph.sparql("SELECT ?n ?t { VALUES (?n ?t) { (1 true) (2 UNDEF) } }"))
    assert [str(kind) for kind in full.dtypes] == ["int64", "object"]


BIG = "18446744073709551616"


@pytest.mark.parametrize(
    ("terms", "kind", "values"),
    [
        (f'"{BIG}"^^xsd:integer UNDEF', "object", [int(BIG), None]),
        (f'"{BIG}"^^xsd:integer 1', "object", [int(BIG), 1]),
        (f'"-{BIG}"^^xsd:integer UNDEF', "object", [-int(BIG), None]),
        ('"9223372036854775808"^^xsd:unsignedLong UNDEF', "object", [2**63, None]),
        ('"9223372036854775808"^^xsd:integer', "object", [2**63]),
        ("9223372036854775807 UNDEF", "Int64", [2**63 - 1, pd.NA]),
        ("-9223372036854775808 UNDEF", "Int64", [-(2**63), pd.NA]),
        (f'"{"9" * 5000}"^^xsd:integer 1', "object", ["9" * 5000, 1]),
        (f'"{"9" * 400}.5"^^xsd:decimal 1.5', "object", [decimal.Decimal("9" * 400 + ".5"), 1.5]),
        ('"1e400"^^xsd:double "-INF"^^xsd:double', "float64", [math.inf, -math.inf]),
        ('"12023-01-01"^^xsd:date "2023-01-01"^^xsd:date', "object", ["12023-01-01", datetime.date(2023, 1, 1)]),
        ('"-0044-03-15"^^xsd:date UNDEF', "str", ["-0044-03-15", None]),
        ('"2023-02-30"^^xsd:date "2023-01-01Z"^^xsd:date', "str", ["2023-02-30", "2023-01-01Z"]),
        ('"2023-W01-1"^^xsd:date "20230101"^^xsd:date', "str", ["2023-W01-1", "20230101"]),
        ('"1_000"^^xsd:integer "x"^^xsd:integer', "str", ["1_000", "x"]),
        ('"nan"^^xsd:decimal " 1 "^^xsd:double', "str", ["nan", " 1 "]),
        ('"yes"^^xsd:boolean true', "object", ["yes", True]),
    ],
)
def test_numbers_and_days_of_any_size_make_a_column(graph: Graph, terms: str, kind: str, values: list[Any]) -> None:
    column = table(graph.sparql(f"SELECT ?x {{ VALUES ?x {{ {terms} }} }}"))["x"]
    assert [None if value is not pd.NA and pd.isna(value) else value for value in column] == values
    assert str(column.dtype) in (kind, "object" if kind == "str" else kind)  # as pandas before 3 has texts
    shown_ = notebook.shown(graph, f"SELECT ?x {{ VALUES ?x {{ {terms} }} }}", {})
    assert isinstance(shown_, notebook.Shown)
    assert shown_._repr_html_().count("<tr>") == len(values) + 1


def test_each_thing_is_shown_on_a_line(graph: Graph) -> None:
    page = graph.explorer()
    assert repr(page) == f"<eudigraph.Page of {len(page.document):,} characters>"
    assert str(page) == repr(page)
    study = graph.analyse("degree")
    answer = graph.ask("SELECT * { ?s ?p ?o }", {}, answers.Asking(limit=2000))
    truth, triples = (graph.ask(q, {}, answers.Asking()) for q in ("ASK {}", "CONSTRUCT { <a:b> <a:c> 1 } {}"))
    assert repr(answer) == "<Answer of more than 2,000 rows>"
    assert (repr(truth), repr(triples)) == ("<Answer: True>", "<Answer of 1 triples>")
    assert repr(study) == "<Analysis of Partner countries and topics: 1 findings>"
    assert re.fullmatch("<Finding degree: [0-9]+ rows>", repr(study["degree"]))
    things = (graph, page, answer, study, study["degree"], study["degree"].plot(), graph.built, graph.workspace)
    for thing in things:
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 300
    printed: list[str] = []
    printer = SimpleNamespace(text=printed.append)
    for shown_ in (study, study["degree"]):
        shown_._repr_pretty_(printer, False)
        assert printed.pop() == str(shown_)
        assert "Source:" in str(shown_)


def test_a_text_with_a_direction_keeps_it_in_rdflib(graph: Graph) -> None:
    made = graph.sparql('CONSTRUCT { <a:b> <a:c> "x"@ar--rtl } {}')
    assert isinstance(made, rdflib.Graph)
    (value,) = made.objects()
    assert value == rdflib.Literal("x", datatype=rdflib.URIRef("https://www.w3.org/ns/i18n#ar_rtl"))


def test_evidence_is_found_for_texts_numbers_and_days(graph: Graph) -> None:
    summit = graph.evidence("EU–Japan summit 2023", "date", "2023-07-03?/2023-07-04?")
    assert summit[["locator", "object"]].values.tolist() == [["¶17", "2023-07-03?/2023-07-04?"]]
    india = graph.evidence("EU–India Trade and Technology Council", value="2022-04")
    assert set(india["property"]) == {"date"}
    with pytest.raises(errors.UsageError, match="object: there is no entity called '2031'"):
        graph.evidence("EU–Japan summit 2023", "date", 2031)
    with pytest.raises(errors.UsageError, match="there is no entity called 'EU–China summit' in the graph"):
        graph.evidence("EU–China summit", "date", "2023")


def test_evidence_and_explanations_are_at_hand(graph: Graph) -> None:
    passages = graph.evidence("Arctic cable", "not supported by", "Canada")
    assert passages["locator"].tolist() == ["¶20"]
    assert "Joint research on 6G" in graph.explain("initiative:japan-6g-research", "with country", "Japan")


def test_the_network_can_leave_out_what_follows(graph: Graph) -> None:
    whole, asserted = graph.network(), graph.network(inferred=False)
    assert isinstance(asserted, nx.MultiDiGraph)
    assert 0 < asserted.number_of_edges() < whole.number_of_edges()
    assert not any(inferred for *_, inferred in asserted.edges(data="inferred"))


def test_what_has_changed_in_a_network_is_a_table(graph: Graph) -> None:
    found = graph.network_changes("2023-03-31", stage="agreed")
    columns = ["change", "first", "second", "relation", "before", "after", "first_iri", "second_iri"]
    assert list(found.columns) == columns
    ties = found[found["second"] != ""]
    assert set(ties["change"]) == {"new"}
    assert set(ties["first"]) == {"India", "South Korea"}
    assert set(ties["after"]) == {"agreed", "under way"}
    same = graph.network_changes("2023-04-30", network="everything")
    assert (len(same), list(same.columns)) == (0, columns)


def test_the_dataset_is_rdflibs_with_every_passage_a_graph(graph: Graph) -> None:
    data = graph.dataset()
    passage = rdflib.URIRef(f"{BASE}passage/euractiv-2023-04/17")
    meeting = rdflib.URIRef(f"{BASE}meeting/eu-japan-summit-2023")
    assert (meeting, rdflib.URIRef(EUD + "withCountry"), rdflib.URIRef(f"{BASE}country/japan")) in data.graph(passage)


def test_the_ontology_is_owlreadys_with_classes_and_individuals(graph: Graph) -> None:
    loaded = graph.ontology()
    countries = {str(country.prefLabel[0]) for country in loaded.Country.instances()}
    assert {"Japan", "South Korea", "United States"} <= countries
    assert loaded.Country in loaded.world[f"{BASE}country/japan"].is_a
    assert loaded.Summit in list(loaded.Meeting.descendants())


def test_the_explorer_shows_itself_and_can_be_written(graph: Graph, tmp_path: Path) -> None:
    page = graph.explorer()
    assert page._repr_html_().startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert page.write(tmp_path / "page.html").read_text("utf-8") == page.document


def test_the_examples_in_the_docstrings_run(graph: Graph) -> None:
    found = doctest.testmod(graph_, extraglobs={"graph": graph})
    assert found.failed == 0
    assert found.attempted > 15
    assert doctest.testmod(dates).failed == 0


def test_the_example_in_the_readme_runs(monkeypatch: pytest.MonkeyPatch, graph: Graph) -> None:
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert example
    monkeypatch.setattr(eudigraph, "open_graph", lambda: graph)  # that of this checkout, built already
    exec(example[1], {})


def test_the_package_names_a_handful_of_things() -> None:
    assert all(hasattr(eudigraph, name) for name in eudigraph.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        eudigraph.nothing  # noqa: B018
