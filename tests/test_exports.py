"""The exports: the same graph in every format, readable by others, and the same bytes each time."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import rdflib
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import (
    BaseDirection,
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.export import rdf
from eudigraph.export.jsonld import context, json_ld
from eudigraph.model import workspace
from eudigraph.model.errors import UsageError
from eudigraph.model.names import BASE, EDTF, EUD, GRAPH_STATE, PREFIXES, RDF, RDF_TYPE, SKOS, XSD, eud

FILES = {"eudigraph.trig", "eudigraph.nq", "eudigraph.ttl", "eudigraph.jsonld", "eudigraph.graphml", "context.jsonld"}
NAMES = {
    "country": {"@id": f"{BASE}country/", "@prefix": True},
    "eud": {"@id": EUD, "@prefix": True},
    "passage": {"@id": f"{BASE}passage/", "@prefix": True},
    "skos": {"@id": SKOS, "@prefix": True},
    "xsd": {"@id": XSD, "@prefix": True},
    "id": "@id",
    "type": "@type",
    "advocates": {"@id": "eud:advocates", "@type": "@id"},
    "prefLabel": {"@id": "skos:prefLabel"},
    "start": {"@id": "eud:start"},
}
"""A context as ours is."""


def quads(path: Path, form: RdfFormat) -> set[Quad]:
    return set(parse(path=str(path), format=form))


def document(quads: Iterable[Quad]) -> str:
    return "".join(json_ld(rdf.ordered(quads), NAMES))


def canonical(quads: Iterable[Quad]) -> set[Quad]:
    """Return statements with names for their blank nodes that depend on what is said of them alone."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def read_by_rdflib(text: str) -> set[Quad]:
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # of what rdflib deprecates itself, and of values invalid for their type
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)
        data = rdflib.Dataset().parse(data=text, format="json-ld")
    made = set()
    for quad in data.quads():
        subject, predicate, value, graph = map(_term, quad)
        made.add(Quad(subject, predicate, value, graph))
    return made


def _term(term: Any) -> Any:
    if term is None or str(term) == "urn:x-rdflib:default":
        return DefaultGraph()
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if term.language:
        return Literal(str(term), language=term.language)
    return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)


@pytest.fixture(scope="module")
def exact(built: store.Built) -> set[Quad]:
    """What the store holds in named graphs."""
    return {quad for quad in built.store if not isinstance(quad.graph_name, DefaultGraph)}


def test_every_export_is_there(built: store.Built) -> None:
    assert {p.name for p in built.generation.iterdir() if p.is_file()} == FILES


def test_trig_and_nquads_hold_every_statement_in_its_graph(built: store.Built, exact: set[Quad]) -> None:
    assert quads(built.generation / "eudigraph.nq", RdfFormat.N_QUADS) == exact
    assert quads(built.generation / "eudigraph.trig", RdfFormat.TRIG) == exact


def test_how_things_stand_is_in_a_graph_of_its_own_and_names_its_passages(built: store.Built) -> None:
    derived = {q for q in quads(built.generation / "eudigraph.trig", RdfFormat.TRIG) if q.graph_name == GRAPH_STATE}
    assert derived == set(built.store.quads_for_pattern(None, None, None, GRAPH_STATE))
    for kind in ("Situation", "Tie", "Side"):
        made = {q.subject for q in derived if q.predicate == RDF_TYPE and q.object == eud(kind)}
        assert made
        assert made == made & {q.subject for q in derived if q.predicate == eud("borneBy")}
    text = (built.generation / "eudigraph.jsonld").read_text("utf-8")
    assert '"type":"Situation"' in text.replace(" ", "").replace("eud:", "")
    assert '"graph:state"' in text


def test_turtle_holds_every_statement_once(built: store.Built) -> None:
    found = list(parse(path=str(built.generation / "eudigraph.ttl"), format=RdfFormat.TURTLE))
    default = set(built.store.quads_for_pattern(None, None, None, DefaultGraph()))
    assert len(found) == len(set(found))
    assert set(found) == default


def test_graphml_has_names_relations_and_evidence(built: store.Built) -> None:
    network = nx.read_graphml(built.generation / "eudigraph.graphml", force_multigraph=True)
    cable, canada = f"{BASE}initiative/arctic-cable", f"{BASE}country/canada"
    assert (network.nodes[canada]["label"], network.nodes[canada]["kind"]) == ("Canada", "country")
    lacks = [d for d in network.get_edge_data(cable, canada).values() if d["label"] == "not supported by"]
    assert lacks == [
        {
            "property": f"{EUD}notSupportedBy",
            "label": "not supported by",
            "inferred": False,
            "certainty": "stated",
            "passages": f"{BASE}passage/euractiv-2023-04/20-support",
        }
    ]
    assert EUD + "Passage" not in {data.get("kind") for _, data in network.nodes(data=True)}


def test_two_builds_give_the_same_bytes(checkout: workspace.Workspace, built: store.Built, tmp_path: Path) -> None:
    report = build.build(checkout, tmp_path / "again", use_hermit=False)
    assert report.generation
    for name in FILES:
        assert (report.generation / name).read_bytes() == (built.generation / name).read_bytes(), name


# ---------------------------------------------------------------- JSON-LD


def test_jsonld_means_the_same_to_other_libraries(built: store.Built, exact: set[Quad]) -> None:
    text = (built.generation / "eudigraph.jsonld").read_text("utf-8")
    wanted = canonical(exact)
    assert canonical(parse(text, RdfFormat.JSON_LD)) == wanted
    assert canonical(read_by_rdflib(text)) == wanted


def test_the_context_stands_in_the_document_and_fetches_nothing(built: store.Built) -> None:
    read = json.loads((built.generation / "eudigraph.jsonld").read_text("utf-8"))
    beside = json.loads((built.generation / "context.jsonld").read_text("utf-8"))
    assert read["@context"] == beside["@context"] == context(built.store)
    assert read["@context"]["pursuesTopic"] == {"@id": "eud:pursuesTopic", "@type": "@id"}
    assert set(PREFIXES) <= set(read["@context"])


def test_jsonld_is_compact_and_has_a_line_for_each_thing() -> None:
    japan, graph = NamedNode(f"{BASE}country/japan"), NamedNode(f"{BASE}passage/a/1")
    cells = [BlankNode("x"), BlankNode("y")]
    said = [
        Quad(japan, RDF_TYPE, eud("Country"), graph),
        Quad(japan, RDF_TYPE, eud("Agent"), graph),
        Quad(japan, RDF_TYPE, Literal("a kind"), graph),
        Quad(japan, NamedNode(SKOS + "prefLabel"), Literal("Japan", language="en"), graph),
        Quad(japan, NamedNode(SKOS + "prefLabel"), Literal("יפן", language="he", direction=BaseDirection.RTL), graph),
        Quad(japan, eud("start"), Literal("12", datatype=NamedNode(XSD + "integer")), graph),
        Quad(japan, eud("start"), Literal("012", datatype=NamedNode(XSD + "integer")), graph),
        Quad(japan, eud("start"), Literal("9007199254740993", datatype=NamedNode(XSD + "integer")), graph),
        Quad(japan, eud("start"), Literal("true", datatype=NamedNode(XSD + "boolean")), graph),
        Quad(japan, eud("start"), Literal("2023", datatype=NamedNode(EDTF)), graph),
        Quad(japan, eud("start"), NamedNode(f"{BASE}country/korea"), graph),
        Quad(japan, eud("advocates"), NamedNode(f"{BASE}country/korea"), graph),
        Quad(japan, eud("advocates"), Literal("eud:Topic"), graph),
        Quad(japan, eud("other"), cells[0], graph),
        Quad(cells[0], NamedNode(RDF + "first"), Literal("one"), graph),
        Quad(cells[0], NamedNode(RDF + "rest"), cells[1], graph),
        Quad(cells[1], NamedNode(RDF + "first"), japan, graph),
        Quad(cells[1], NamedNode(RDF + "rest"), NamedNode(RDF + "nil"), graph),
        Quad(NamedNode("eud:x"), eud("start"), japan, graph),
        Quad(eud("x"), eud("start"), Literal("@id")),
    ]
    text = document(said)
    head, body = text.split('\n "@graph": [\n')
    assert json.loads(head.rstrip(",") + "}") == {"@context": NAMES}
    korea = "country:korea"
    named = {
        "id": "country:japan",
        "type": ["eud:Agent", "eud:Country"],
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": "a kind",
        "prefLabel": [
            {"@value": "Japan", "@language": "en"},
            {"@value": "יפן", "@language": "he", "@direction": "rtl"},
        ],
        "advocates": [{"@value": "eud:Topic"}, korea],
        "eud:other": {"@list": ["one", {"id": "country:japan"}]},
        "start": [
            {"@value": "012", "@type": "xsd:integer"},
            12,
            {"@value": "2023", "@type": EDTF},
            {"@value": "9007199254740993", "@type": "xsd:integer"},  # which is no double
            True,
            {"id": korea},
        ],
    }
    lines = body.splitlines()
    assert json.loads(lines[0] + "]}") == {"id": "passage:a/1", "@graph": []}
    assert json.loads(lines[1].rstrip(",")) == {
        "@context": None,  # as eud:x would be taken for a name of the ontology
        "@id": "eud:x",
        EUD + "start": {"@id": f"{BASE}country/japan"},
    }
    assert json.loads(lines[2]) == named
    assert lines[3:] == ["  ]},", '   {"id": "eud:x", "start": "@id"}', " ]", "}"]
    assert canonical(parse(text, RdfFormat.JSON_LD)) == canonical(said)


IRIS = [
    *(EUD + name for name in ("advocates", "start", "date", "Topic", "id", "@id", "")),
    *(f"{BASE}country/{name}" for name in ("japan", "a/b", "a:b", "//c", "", "@type", "é%20'ü?#x")),
    *("eud:x", "country:japan", "country://japan", "id:x", "type:@x", "advocates:y", "prefLabel:", "xsd:string"),
    *("http://a.example/../b/./c", "urn:x:y", "mailto:a@b.example", "x:", "HTTP://É.example/ü#", "skos://"),
    *(SKOS + "prefLabel", RDF + "nil", RDF + "type", RDF + "first", RDF + "rest", XSD + "integer"),
]
TEXTS = ["@id", "@type", "@context", "eud:x", "_:b", "", "5", "-0", "05", "-7", "1e3", "true", "TRUE", "1" * 16]
DATATYPES = [XSD + n for n in ("string", "integer", "boolean", "double")] + [RDF + "JSON", EDTF, "eud:type", "urn:x:y"]
iris = st.sampled_from(IRIS).map(NamedNode)
nodes = st.sampled_from("abcd").map(BlankNode)
words = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
languages = st.sampled_from(["en", "he", "zh-hant-tw"])
directions = st.none() | st.sampled_from([BaseDirection.LTR, BaseDirection.RTL])
tagged = st.builds(
    lambda text, language, way: Literal(text, language=language, direction=way), words, languages, directions
)
typed = st.builds(lambda text, kind: Literal(text, datatype=NamedNode(kind)), words, st.sampled_from(DATATYPES))
graphs = st.just(DefaultGraph()) | iris | st.just(BlankNode("g"))
odd_quads = st.builds(Quad, iris | nodes, iris, iris | nodes | tagged | typed, graphs)


@st.composite
def lists(draw: st.DrawFn) -> list[Quad]:
    """Statements that make a list, and some that may make it none."""
    graph, items = draw(graphs), draw(st.lists(iris | nodes | typed, min_size=1, max_size=3))
    cells = [BlankNode(f"l{number}") for number in range(len(items))]
    made = [Quad(draw(iris), draw(iris), cells[0], graph)]
    rests: list[Any] = [*cells[1:], NamedNode(RDF + "nil")]
    for cell, item, rest in zip(cells, items, rests, strict=True):
        made += [Quad(cell, NamedNode(RDF + "first"), item, graph), Quad(cell, NamedNode(RDF + "rest"), rest, graph)]
    more = st.builds(Quad, iris | st.sampled_from(cells), iris, iris | st.sampled_from(cells), graphs)
    return made + draw(st.lists(more, max_size=2))


def _directed(quad: Quad) -> bool:
    return isinstance(quad.object, Literal) and quad.object.direction is not None


@given(st.lists(odd_quads, max_size=8), lists() | st.just([]))
@example([Quad(NamedNode(EUD + "a"), NamedNode(RDF + "first"), BlankNode("l"), DefaultGraph())], [])
def test_whatever_is_written_as_jsonld_comes_back(some: list[Quad], more: list[Quad]) -> None:
    said = [*some, *more]
    text = document(said)
    assert canonical(parse(text, RdfFormat.JSON_LD)) == canonical(said)
    if not any(_directed(quad) for quad in said):  # which rdflib does not know
        assert canonical(read_by_rdflib(text)) == canonical(said)
    assert text == document([*reversed(said), *said])


def test_a_list_is_written_as_one_only_where_it_says_no_more() -> None:
    graph, a, p = DefaultGraph(), NamedNode(EUD + "a"), NamedNode(EUD + "p")
    first, rest, nil = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))
    cell = BlankNode("c")
    alone = [Quad(a, p, cell, graph), Quad(cell, first, Literal("x"), graph), Quad(cell, rest, nil, graph)]
    assert '{"@list": ["x"]}' in document(alone)
    for more in (
        Quad(cell, p, a, graph),
        Quad(a, first, cell, graph),
        Quad(a, eud("q"), cell, graph),
        Quad(a, p, cell, NamedNode(EUD + "g")),
        Quad(a, p, a, cell),
        Quad(cell, first, Literal("y"), graph),
        Quad(cell, rest, cell, graph),
    ):
        text = document([*alone, more])
        assert "@list" not in text, more
        assert canonical(parse(text, RdfFormat.JSON_LD)) == canonical([*alone, more])
    for place, (subject, predicate, value, _) in enumerate(alone):
        apart = [*alone]
        apart[place] = Quad(subject, predicate, value, NamedNode(EUD + "g"))
        assert canonical(parse(document(apart), RdfFormat.JSON_LD)) == canonical(apart)


def test_a_list_in_a_list_stays_the_statements_that_it_is() -> None:
    """However deep they are in each other, nothing runs out of its stack."""
    graph, cells = DefaultGraph(), [BlankNode(f"c{number:04}") for number in range(2000)]
    said = [Quad(NamedNode(EUD + "a"), eud("start"), cells[0], graph)]
    inside: list[Any] = [*cells[1:], Literal("x")]
    for cell, inner in zip(cells, inside, strict=True):
        said += [Quad(cell, NamedNode(RDF + "first"), inner, graph)]
        said += [Quad(cell, NamedNode(RDF + "rest"), NamedNode(RDF + "nil"), graph)]
    assert len(set(parse(document(said), RdfFormat.JSON_LD))) == len(said)


def test_jsonld_refuses_statements_about_statements() -> None:
    a, p = NamedNode(EUD + "a"), NamedNode(EUD + "p")
    with pytest.raises(UsageError, match="JSON-LD has no place for statements about statements; take N-Quads"):
        document([Quad(a, p, Triple(a, p, a), a)])


@pytest.mark.slow
def test_there_is_no_limit_to_statements_in_jsonld() -> None:
    """There was one, of 200,000."""
    things, values, graph, p = 250, [Literal(i) for i in range(1000)], NamedNode(EUD + "g"), eud("start")
    made = [Quad(eud(f"x{i}"), p, value, graph) for i in range(things) for value in values]
    found = json.loads("".join(json_ld(made, NAMES)))["@graph"]
    assert found == [
        {"id": "eud:g", "@graph": [{"id": f"eud:x{i}", "start": list(range(1000))} for i in range(things)]}
    ]


@given(st.lists(odd_quads, max_size=20))
def test_statements_are_sorted_by_graph_and_then_term_by_term(some: list[Quad]) -> None:
    def order(quad: Quad) -> tuple[str, ...]:
        return (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object))

    assert rdf.ordered(some) == sorted(set(some), key=order)
