"""A network in the formats of others, read back by others and compared whole; and the meetings as a calendar."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import icalendar
import networkx as nx
import pytest
from lxml import etree
from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store

from eudigraph.build.statements import complete
from eudigraph.engine import store
from eudigraph.export import networks
from eudigraph.export.calendar import icalendar as written_calendar
from eudigraph.export.calendar import without_day
from eudigraph.model import ontology
from eudigraph.model.names import BASE, EUD, GRAPH_ONTOLOGY, PREFIXES, SKOS
from eudigraph.model.triples import Triplestore
from eudigraph.network import everything

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = Path(__file__).resolve().parent / "fixtures" / "gexf-1.3" / "gexf.rng"
FORMATS: dict[str, Callable[[Any], str]] = {
    "graphml": lambda graph: "".join(networks.graphml(graph)),
    "gexf": networks.gexf,
    "cytoscape": networks.cytoscape,
    "neo4j": lambda graph: json.dumps(networks.neo4j(graph)),
}

HOSTILE = {
    "markup": "<script>alert('x')</script> & ]]> <!--",
    "quotes": "\"double\" 'single' `back` \\ \\n",
    "lines": "one\ntwo\tthree",
    "controls": "bell\a null\0 escape\x1b[31m form\f",
    "carriage": "one\r\ntwo\rthree",
    "outside": "half \ud800 none \ufffe",
    "right-to-left": "\u202eabc\u202c \u05d0\u05d1 \u0627\u0628",
    "formula": '=1+1;@SUM(A1),-2,"x"',
    "beyond": "\U0001f1ea\U0001f1fa",
}
"""Labels that break what is not written with care."""
HARMLESS = HOSTILE | {
    "controls": "bell null escape[31m form",
    "carriage": "one\ntwo\nthree",
    "outside": "half  none ",
}
"""The same as they come back: without what XML cannot say, line ends as line feeds."""


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def schema() -> Any:
    return etree.RelaxNG(etree.parse(SCHEMA))


@pytest.fixture(scope="module")
def whole(built: store.Built) -> Any:
    return everything.whole(built.store, ontology.from_store(built.store))


def hostile() -> Any:
    """A network without properties of everything that is hard to write."""
    graph = nx.Graph(title=HOSTILE["markup"])
    for name, label in HOSTILE.items():
        graph.add_node(f"{BASE}topic/{name}", label=label, alternatives=[label, ""], definition=label)
    graph.add_edge(f"{BASE}topic/quotes", f"{BASE}topic/markup", label=HOSTILE["lines"], weight=2)
    return graph


def rich() -> Any:
    """A network with every attribute there is, a loop, parallel edges, and things that say little."""
    graph = nx.MultiDiGraph(title="Everything")
    graph.add_node(
        f"{BASE}meeting/m",
        label="Meeting",
        kind="summit",
        classes=[EUD + "Summit"],
        types=[EUD + "Meeting", EUD + "Summit"],
        alternatives=["M; the first", "M2"],
        definition="What it is.",
        matches=["http://www.wikidata.org/entity/Q1", "http://www.wikidata.org/entity/Q2"],
        values=[(EUD + "ordinal", "4", ["p:1"])],
        status=["scheduled", "tentative"],
        date="2023-05-31?",
        earliest="2023-05-31",
        latest="2023-06-01",
        bipartite=0,
    )
    graph.add_node(f"{BASE}country/c", label="Country", earliest=None, latest="no day", date="", bipartite=1)
    graph.add_node(f"{BASE}topic/bare")
    ends = (f"{BASE}meeting/m", f"{BASE}country/c")
    graph.add_edge(
        *ends,
        key=EUD + "withCountry",
        label="with country",
        inferred=False,
        passages=[f"{BASE}passage/1", f"{BASE}passage/2"],
        certainty="stated",
        since="2023-04-01",
        weight=1.5,
        stage="agreed",
        via=[f"{BASE}topic/bare"],
        shared=[],
        jaccard=0.25,
    )
    graph.add_edge(
        *ends, key=EUD + "party", label="party", inferred=True, certainty=None, weight=2, jaccard=float("nan")
    )
    graph.add_edge(ends[0], ends[0], key=SKOS + "related")
    return graph


def turned(graph: Any) -> Any:
    """Return the same network, put together the other way round."""
    made = graph.__class__(**graph.graph)
    for node, data in reversed(list(graph.nodes(data=True))):
        made.add_node(node, **dict(reversed(data.items())))
    if graph.is_multigraph():
        for s, o, key, data in reversed(list(graph.edges(keys=True, data=True))):
            made.add_edge(s, o, key=key, **dict(reversed(data.items())))
    else:
        for s, o, data in reversed(list(graph.edges(data=True))):
            made.add_edge(o, s, **data)
    return made


# ---------------------------------------------------------------- All formats


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", [hostile, rich])
def test_the_order_in_which_a_network_was_made_does_not_matter(form: str, make: Callable[[], Any]) -> None:
    assert FORMATS[form](turned(make())) == FORMATS[form](make())


@pytest.mark.parametrize("form", FORMATS)
def test_a_network_is_not_changed_by_being_written(form: str) -> None:
    graph = rich()
    FORMATS[form](graph)
    for view in ("nodes", "edges"):
        assert repr(list(getattr(graph, view)(data=True))) == repr(list(getattr(rich(), view)(data=True)))


@pytest.mark.parametrize("form", FORMATS)
def test_a_type_that_no_format_knows_is_refused(form: str) -> None:
    graph = nx.Graph()
    graph.add_node("a", extra={"key": 1})
    with pytest.raises(TypeError, match="'extra' is a dict; make it a text, a number or a list of texts"):
        FORMATS[form](graph)


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_written_that_utf_8_cannot_say(form: str) -> None:
    assert FORMATS[form](hostile()).encode()


# ---------------------------------------------------------------- GraphML


def read_graphml(graph: Any) -> Any:
    return nx.parse_graphml(FORMATS["graphml"](graph), force_multigraph=graph.is_multigraph())


def test_graphml_gives_hostile_labels_back() -> None:
    read = read_graphml(hostile())
    wanted = {f"{BASE}topic/{n}": {"label": t, "alternatives": t, "definition": t} for n, t in HARMLESS.items()}
    assert dict(read.nodes(data=True)) == wanted
    assert list(read.edges(data=True)) == [
        (f"{BASE}topic/markup", f"{BASE}topic/quotes", {"label": HOSTILE["lines"], "weight": 2, "id": "e1"})
    ]
    assert read.graph["title"] == HOSTILE["markup"]


def test_graphml_keeps_types_parallel_edges_and_loops() -> None:
    read = read_graphml(rich())
    assert dict(read.nodes(data=True)) == {
        f"{BASE}country/c": {"label": "Country", "bipartite": 1, "latest": "no day"},
        f"{BASE}meeting/m": {
            "label": "Meeting",
            "kind": "summit",
            "alternatives": "M; the first; M2",
            "bipartite": 0,
            "classes": EUD + "Summit",
            "date": "2023-05-31?",
            "definition": "What it is.",
            "earliest": "2023-05-31",
            "latest": "2023-06-01",
            "matches": "http://www.wikidata.org/entity/Q1 http://www.wikidata.org/entity/Q2",
            "status": "scheduled; tentative",
            "types": f"{EUD}Meeting {EUD}Summit",
            "values": "eud:ordinal: 4",
        },
        f"{BASE}topic/bare": {"label": f"{BASE}topic/bare"},
    }
    meeting, country = f"{BASE}meeting/m", f"{BASE}country/c"
    assert {(s, o, key): data for s, o, key, data in read.edges(keys=True, data=True)} == {
        (meeting, country, "e1"): {"label": "party", "inferred": True, "property": EUD + "party", "weight": 2.0},
        (meeting, country, "e2"): {
            "label": "with country",
            "certainty": "stated",
            "inferred": False,
            "jaccard": 0.25,
            "passages": f"{BASE}passage/1 {BASE}passage/2",
            "property": EUD + "withCountry",
            "since": "2023-04-01",
            "stage": "agreed",
            "via": f"{BASE}topic/bare",
            "weight": 1.5,
        },
        (meeting, meeting, "e3"): {"label": "related", "property": SKOS + "related"},
    }


def test_graphml_writes_booleans_as_xml_has_them() -> None:
    root = etree.fromstring(FORMATS["graphml"](rich()).encode())
    keys = root.xpath("//*[local-name()='key'][@attr.name='inferred']/@id")
    assert set(root.xpath("//*[local-name()='data'][@key=$key]/text()", key=keys[0])) == {"true", "false"}


def odd() -> Any:
    """A network whose nodes have the names of nobody's things; one of them and an edge have nothing else."""
    graph = nx.DiGraph()
    graph.add_node("a \"b\" 'c' <d> &amp; \n\t e", label="> \n\t \"'", large=10**30, nothing=None, weight=0.5)
    graph.add_edge("\U0001f1ea", "a \"b\" 'c' <d> &amp; \n\t e")
    return graph


def test_graphml_gives_names_back_that_are_hard_to_write() -> None:
    read = read_graphml(odd())
    name = "a \"b\" 'c' <d> &amp; \n\t e"
    assert dict(read.nodes(data=True)) == {
        name: {"label": "> \n\t \"'", "large": 10**30, "weight": 0.5},
        "\U0001f1ea": {"label": "\U0001f1ea"},
    }
    assert list(read.edges(data=True)) == [("\U0001f1ea", name, {"id": "e1"})]


@pytest.mark.parametrize("make", [hostile, rich, odd, nx.Graph])
def test_graphml_is_written_as_elementtree_would(make: Callable[[], Any]) -> None:
    """By hand, so that all of a large network need not be held twice, but no otherwise than by a library."""
    text = FORMATS["graphml"](make())
    ElementTree.register_namespace("", "http://graphml.graphdrawing.org/xmlns")
    root = ElementTree.fromstring(text)
    ElementTree.indent(root, " ")
    assert text == f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_graphml_of_an_empty_network_is_one_of_its_kind(kind: Any) -> None:
    read = read_graphml(kind())
    assert (len(read), read.is_directed(), read.is_multigraph()) == (0, kind().is_directed(), kind().is_multigraph())


# ---------------------------------------------------------------- GEXF


def read_gexf(graph: Any, places: Mapping[str, tuple[int, int]] | None = None) -> Any:
    return nx.read_gexf(io.BytesIO(networks.gexf(graph, places).encode()), version="1.3")


def errors(schema: Any, text: str) -> list[str]:
    schema.validate(etree.fromstring(text.encode()))
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def lonely() -> Any:
    graph = nx.Graph()
    graph.add_node("only")
    return graph


@pytest.mark.parametrize("make", [hostile, rich, nx.Graph, nx.MultiDiGraph, lonely])
def test_gexf_keeps_its_schema(schema: Any, make: Callable[[], Any]) -> None:
    graph = make()
    assert errors(schema, networks.gexf(graph)) == []
    assert errors(schema, networks.gexf(graph, dict.fromkeys(graph, (3, -4)))) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("viz:size", "size"),
        ('start="2023-05-31"', 'start="2023-5-31"'),
        ('type="string"', 'type="text"'),
        ('timeformat="date"', 'timeformat="day"'),
        ('weight="1.5"', 'weight="much"'),
        ('g="79"', 'g="279"'),
    ],
)
def test_the_schema_finds_what_is_wrong(schema: Any, right: str, wrong: str) -> None:
    text = networks.gexf(rich())
    assert right in text
    assert errors(schema, text.replace(right, wrong)) != []


def test_gexf_gives_hostile_labels_back() -> None:
    read = read_gexf(hostile())
    found = {node: (data["label"], data["definition"]) for node, data in read.nodes(data=True)}
    assert found == {f"{BASE}topic/{name}": (one_line(text), text) for name, text in HARMLESS.items()}
    edge = read.edges[f"{BASE}topic/quotes", f"{BASE}topic/markup"]
    assert edge == {"id": "e1", "label": "one two three", "weight": 2.0}


def test_gexf_has_looks_places_and_times() -> None:
    read = read_gexf(rich(), {f"{BASE}meeting/m": (10, -20), f"{BASE}country/c": (0, 0)})
    meeting = read.nodes[f"{BASE}meeting/m"]
    assert meeting["viz"] == {
        "color": {"r": 155, "g": 79, "b": 150, "a": 1.0},
        "position": {"x": 10.0, "y": 20.0, "z": 0.0},
        "size": 17.0,
    }
    assert (meeting["start"], meeting["end"]) == ("2023-05-31", "2023-06-01")
    assert (meeting["kind"], meeting["bipartite"], meeting["date"]) == ("summit", 0, "2023-05-31?")
    assert "position" not in read.nodes[f"{BASE}topic/bare"]["viz"]
    assert read.nodes[f"{BASE}country/c"]["viz"]["position"] == {"x": 0.0, "y": 0.0, "z": 0.0}
    assert "end" not in read.nodes[f"{BASE}country/c"]
    assert read.graph["mode"] == "dynamic"


def test_gexf_tells_parallel_edges_apart_by_their_kind() -> None:
    root = etree.fromstring(networks.gexf(rich()).encode())
    found = [dict(edge.attrib) for edge in root.iter("{http://gexf.net/1.3}edge")]
    meeting, country = f"{BASE}meeting/m", f"{BASE}country/c"
    days = {"start": "2023-05-31", "end": "2023-06-01"}
    assert found == [
        {"id": "e1", "source": meeting, "target": country, "label": "party", "weight": "2", "kind": "eud:party"} | days,
        {
            **{"id": "e2", "source": meeting, "target": country, "label": "with country", "weight": "1.5"},
            **{"kind": "eud:withCountry"},
            **days,  # not from April, where it is since: the meeting is not there yet
        },
        {"id": "e3", "source": meeting, "target": meeting, "label": "related", "kind": "skos:related"} | days,
    ]


def test_gexf_shows_no_edge_before_or_after_its_ends() -> None:
    graph = nx.Graph()
    graph.add_node("early", earliest="2023-01-01", latest="2023-01-31")
    graph.add_node("late", earliest="2023-03-01", latest="2023-03-31")
    graph.add_node("reversed", earliest="2023-03-01", latest="2023-01-31")
    graph.add_edge("early", "late", since="2023-02-01")
    graph.add_edge("late", "reversed", since="2023-03-15")
    graph.add_edge("late", "late", since="2023-04-15")
    read = read_gexf(graph)
    assert {node: (d.get("start"), d.get("end")) for node, d in read.nodes(data=True)} == {
        "early": ("2023-01-01", "2023-01-31"),
        "late": ("2023-03-01", "2023-03-31"),
        "reversed": (None, None),
    }
    assert {(s, o): (d.get("start"), d.get("end")) for s, o, d in read.edges(data=True)} == {
        ("early", "late"): (None, None),
        ("late", "reversed"): ("2023-03-15", "2023-03-31"),
        ("late", "late"): (None, None),
    }


def test_gexf_without_days_has_no_timeline() -> None:
    root = etree.fromstring(networks.gexf(hostile()).encode())
    graph = root.find("{http://gexf.net/1.3}graph")
    assert dict(graph.attrib) == {"defaultedgetype": "undirected", "mode": "static"}


# ---------------------------------------------------------------- Cytoscape


def test_cytoscape_gives_hostile_labels_back_and_may_stand_in_a_script() -> None:
    text = networks.cytoscape(hostile())
    read = json.loads(text)
    assert "<" not in text
    assert read["data"] == {"name": HOSTILE["markup"]}
    assert [element["data"] for element in read["elements"]["nodes"]] == [
        {"id": f"{BASE}topic/{n}", "label": t, "alternatives": [t], "definition": t}
        for n, t in sorted(HARMLESS.items())
    ]


def test_cytoscape_has_what_is_known_and_where_it_is_drawn() -> None:
    read = json.loads(networks.cytoscape(rich(), {f"{BASE}country/c": (1, -2)}))["elements"]
    meeting, country = f"{BASE}meeting/m", f"{BASE}country/c"
    assert read["nodes"][0] == {
        "data": {"id": country, "label": "Country", "bipartite": 1, "latest": "no day"},
        "position": {"x": 1, "y": -2},
    }
    assert read["nodes"][1]["data"]["status"] == ["scheduled", "tentative"]
    assert "position" not in read["nodes"][1]
    assert read["edges"][0] == {
        "data": {
            **{"id": "e1", "source": meeting, "target": country, "label": "party"},
            **{"property": EUD + "party", "inferred": True, "weight": 2},
        }
    }
    assert read["edges"][1]["data"]["passages"] == [f"{BASE}passage/1", f"{BASE}passage/2"]


def test_attributes_do_not_take_the_names_of_others() -> None:
    graph = nx.Graph()
    graph.add_node("a", id="mine", parent="b", source="s")
    read = json.loads(networks.cytoscape(graph))["elements"]["nodes"]
    assert read == [{"data": {"id": "a", "label": "a", "id_": "mine", "parent_": "b", "source_": "s"}}]


# ---------------------------------------------------------------- Neo4j


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), strict=True))


def test_neo4j_gives_hostile_labels_back_on_one_line() -> None:
    files = networks.neo4j(hostile())
    assert list(files) == ["nodes.csv", "edges.csv"]
    assert rows(files["nodes.csv"]) == [
        {
            "id:ID": f"{BASE}topic/{name}",
            "label": one_line(text),
            "alternatives:string[]": one_line(text.replace(";", ",")),
            "definition": one_line(text),
            ":LABEL": "Thing",
        }
        for name, text in sorted(HARMLESS.items())
    ]
    assert rows(files["edges.csv"]) == [
        {
            **{":START_ID": f"{BASE}topic/markup", ":END_ID": f"{BASE}topic/quotes", ":TYPE": "ONE_TWO_THREE"},
            **{"label": "one two three", "weight:long": "2"},
        }
    ]
    assert len(files["nodes.csv"].splitlines()) == len(HOSTILE) + 1


def test_neo4j_has_types_labels_and_relationships() -> None:
    files = networks.neo4j(rich())
    country, meeting, bare = rows(files["nodes.csv"])
    assert meeting == {
        "id:ID": f"{BASE}meeting/m",
        "label": "Meeting",
        "kind": "summit",
        "alternatives:string[]": "M, the first;M2",
        "bipartite:long": "0",
        "classes:string[]": EUD + "Summit",
        "date": "2023-05-31?",
        "definition": "What it is.",
        "earliest:date": "2023-05-31",
        "latest:date": "2023-06-01",
        "matches:string[]": "http://www.wikidata.org/entity/Q1;http://www.wikidata.org/entity/Q2",
        "status:string[]": "scheduled;tentative",
        "types:string[]": f"{EUD}Meeting;{EUD}Summit",
        "values:string[]": "eud:ordinal: 4",
        ":LABEL": "Meeting;Summit",
    }
    assert (country["latest:date"], country["bipartite:long"], country[":LABEL"]) == ("", "1", "Thing")
    assert {name: value for name, value in bare.items() if value} == {
        "id:ID": f"{BASE}topic/bare",
        "label": f"{BASE}topic/bare",
        ":LABEL": "Thing",
    }
    party, with_country, related = rows(files["edges.csv"])
    assert (party[":TYPE"], party["inferred:boolean"], party["weight:double"]) == ("PARTY", "true", "2")
    assert party["jaccard:double"] == ""
    assert with_country == {
        ":START_ID": f"{BASE}meeting/m",
        ":END_ID": f"{BASE}country/c",
        ":TYPE": "WITH_COUNTRY",
        "label": "with country",
        "certainty": "stated",
        "inferred:boolean": "false",
        "jaccard:double": "0.25",
        "passages:string[]": f"{BASE}passage/1;{BASE}passage/2",
        "property": EUD + "withCountry",
        "since:date": "2023-04-01",
        "stage": "agreed",
        "via:string[]": f"{BASE}topic/bare",
        "weight:double": "1.5",
    }
    assert related[":TYPE"] == "RELATED"


def test_neo4j_of_an_empty_network_has_the_headers() -> None:
    assert networks.neo4j(nx.Graph()) == {"nodes.csv": "id:ID,:LABEL\n", "edges.csv": ":START_ID,:END_ID,:TYPE\n"}


def test_neo4j_names_a_relationship_without_a_label() -> None:
    graph = nx.Graph([("b", "a")])
    assert networks.neo4j(graph)["edges.csv"] == ":START_ID,:END_ID,:TYPE\na,b,RELATED_TO\n"


# ---------------------------------------------------------------- The checkout's graph


def test_the_graph_is_whole_in_every_format(whole: Any, schema: Any) -> None:
    wanted = sorted((s, o, key) for s, o, key in whole.edges(keys=True))
    assert len(wanted) > 500
    assert errors(schema, networks.gexf(whole)) == []
    for read in (read_graphml(whole), read_gexf(whole)):
        assert sorted(read) == sorted(whole)
        assert {n: d["label"] for n, d in read.nodes(data=True)} == dict(whole.nodes(data="label"))
        assert sorted((s, o, d["property"]) for s, o, d in read.edges(data=True)) == wanted
    elements = json.loads(networks.cytoscape(whole))["elements"]
    ids = [e["data"]["id"] for e in [*elements["nodes"], *elements["edges"]]]
    assert len(set(ids)) == len(ids) == len(whole) + len(wanted)
    files = networks.neo4j(whole)
    assert [row["id:ID"] for row in rows(files["nodes.csv"])] == sorted(whole)
    found = [(row[":START_ID"], row[":END_ID"], row["property"]) for row in rows(files["edges.csv"])]
    assert sorted(found) == wanted
    canada = next(row for row in rows(files["nodes.csv"]) if row["label"] == "Canada")
    assert canada[":LABEL"].split(";") == [t.removeprefix(EUD) for t in whole.nodes[f"{BASE}country/canada"]["types"]]


def test_the_graph_has_its_colours_in_gexf(whole: Any) -> None:
    read = read_gexf(whole)
    assert read.nodes[f"{BASE}country/canada"]["viz"]["color"] == {"r": 0, "g": 114, "b": 178, "a": 1.0}
    assert read.nodes[f"{BASE}status/held"]["viz"]["color"] == {"r": 91, "g": 103, "b": 112, "a": 1.0}


# ---------------------------------------------------------------- The meetings


def events(graph: Triplestore) -> list[dict[str, Any]]:
    """Return the events of the calendar as icalendar reads them."""
    calendar = icalendar.Calendar.from_ical(written_calendar(graph))
    found = []
    for event in calendar.walk("VEVENT"):
        made: dict[str, Any] = {}
        for name in ("UID", "SUMMARY", "DESCRIPTION", "URL", "TRANSP", "STATUS", "LOCATION"):
            made[name] = str(event[name]) if name in event else None
        for name in ("DTSTART", "DTEND", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"):
            made[name] = event.decoded(name) if name in event else None
        topics: Any = event.get("CATEGORIES")
        made["CATEGORIES"] = [str(topic) for topic in topics.cats] if topics else []
        found.append(made)
    return found


def test_the_meetings_of_the_graph_are_a_calendar(built: store.Built) -> None:
    found = events(built.store)
    keys = ("UID", "DTSTART", "DTEND", "STATUS", "LOCATION")
    assert [tuple(event[key] for key in keys) for event in found] == [
        (f"{BASE}meeting/{name}", date.fromisoformat(start), date.fromisoformat(end), status, where)
        for name, start, end, status, where in [
            ("telecom-working-party-2023-04-18", "2023-04-18", "2023-04-19", "CONFIRMED", None),
            ("eu-india-ttc-1", "2023-05-15", "2023-05-17", "CONFIRMED", "Brussels"),
            ("eu-us-ttc-4", "2023-05-31", "2023-06-01", "CONFIRMED", "Luleå, Sweden"),
            ("breton-lee-2023", "2023-06-30", "2023-07-01", "TENTATIVE", None),
            ("eu-japan-summit-2023", "2023-07-03", "2023-07-05", "TENTATIVE", None),
        ]
    ]
    gist = (
        "The Commission and the US administration meet at high level for the fourth time in the council on 31 May, in "
        "Luleå in Sweden."
    )
    assert found[2] == {
        "UID": f"{BASE}meeting/eu-us-ttc-4",
        "SUMMARY": "EU–US Trade and Technology Council, fourth high-level meeting",
        "DTSTART": date(2023, 5, 31),
        "DTEND": date(2023, 6, 1),
        "DTSTAMP": datetime(2026, 11, 24, tzinfo=UTC),
        "LAST-MODIFIED": datetime(2026, 11, 24, tzinfo=UTC),
        "SEQUENCE": 0,
        "STATUS": "CONFIRMED",
        "TRANSP": "TRANSPARENT",
        "URL": f"{BASE}meeting/eu-us-ttc-4",
        "LOCATION": "Luleå, Sweden",
        "CATEGORIES": [
            "digital infrastructure",
            "economic security",
            "emerging technologies",
            "stakeholder engagement",
            "sustainable trade",
            "trade and labour",
        ],
        "DESCRIPTION": f"Status: scheduled\n{gist} [European Commission, stated; Commission updates EU countries on "
        "digital diplomacy initiatives, ¶7 (803–1015)]",
    }
    assert found[4]["DESCRIPTION"].startswith(
        "Status: to be confirmed\nThe date is not certain: 2023-07-03?/2023-07-04?\nA summit with Japan"
    )
    assert without_day(built.store) == []


def claims(**days: str) -> str:
    """Return claims of a source each: its name, and what follows ``meeting:m`` in its one passage.

    ``{"a": "2023-05-31"}`` gives a date; certainty, status and more of the passage may follow after bars. Sources are
    published in January, February and so on.
    """
    text = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    text += """
        graph:reference { meeting:m a eud:Meeting ; skos:prefLabel "Meeting"@en . org:o skos:prefLabel "Office"@en . }
        """
    for number, (name, given) in enumerate(days.items(), 1):
        day, certainty, status, more = [*given.split("|"), "", "", ""][:4]
        dated = f'; eud:date "{day}"^^edtf:EDTF' if day else ""
        said = f"; eud:status status:{status}" if status else ""
        text += f"""
            graph:provenance {{
                source:{name} eud:title "Source {name}"@en ; eud:published "2023-0{number}-01"^^edtf:EDTF .
                reading:{name} eud:readOn "2024-0{number}-01"^^xsd:date .
                passage:{name} eud:source source:{name} ; eud:locator "¶1" ; eud:start 0 ; eud:end 9 ;
                    eud:speaker org:o ; eud:certainty certainty:{certainty or "stated"} ; eud:confidence 0.9 ;
                    eud:reading reading:{name} ; eud:gist "Gist of {name}."@en .
            }}
            passage:{name} {{ meeting:m a eud:Meeting {dated} {said} . {more} }}
            """
    return text


def graph_of(text: str) -> Store:
    """Return a store with these claims, the ontology's statuses and what is derived, all in the default graph, too."""
    made = Store()
    made.load(text, RdfFormat.TRIG)
    made.load(path=str(ROOT / "ontology" / "statuses.ttl"), format=RdfFormat.TURTLE, to_graph=GRAPH_ONTOLOGY)
    made.extend(complete(made)[0])
    for quad in list(made):
        made.add(Quad(quad.subject, quad.predicate, quad.object, DefaultGraph()))
    return made


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"a": "2023-05-31|stated|scheduled"}, "CONFIRMED"),
        ({"a": "2022-05-31|stated|held"}, "CONFIRMED"),
        ({"a": "2023-05-31|stated|tentative"}, "TENTATIVE"),
        ({"a": "2023-05-31|stated|proposed"}, "TENTATIVE"),  # iCalendar has no word for it
        ({"a": "2023-05-31|hedged|scheduled"}, "TENTATIVE"),
        ({"a": "2023-05-31?|stated|scheduled"}, "TENTATIVE"),
        ({"a": "2023-05-31~|stated|scheduled"}, "TENTATIVE"),
        ({"a": "2023-05-31%|stated|scheduled"}, "TENTATIVE"),
        ({"a": "2023-05-31/2023-06-01?|stated|scheduled"}, "TENTATIVE"),
        ({"a": "2023-01-15?|stated|tentative", "b": "2023-01-15|stated|held"}, "CONFIRMED"),
        ({"a": "2023-05-31|stated|scheduled", "b": "|stated|cancelled"}, "CANCELLED"),
        ({"a": "2023-05-31?|hedged|scheduled", "b": "|hedged|cancelled"}, "CANCELLED"),
        ({"a": "2023-05-31|stated|scheduled", "b": "|stated|postponed"}, "CANCELLED"),
        ({"a": "2023-05-31|stated|scheduled", "b": "2023-06|stated|postponed"}, "CANCELLED"),
        ({"a": "2023-05-31|stated|scheduled", "b": "2023-06-01|stated|postponed"}, "TENTATIVE"),
    ],
)
def test_an_event_is_as_firm_as_it_stands(said: dict[str, str], status: str) -> None:
    assert [event["STATUS"] for event in events(graph_of(claims(**said)))] == [status]


def test_an_event_says_when_it_was_revised_and_who_says_it() -> None:
    (event,) = events(graph_of(claims(a="2023-05-31?|stated|tentative", b="2023-05-31?|hedged|tentative")))
    assert event["DTSTAMP"] == event["LAST-MODIFIED"] == datetime(2024, 2, 1, tzinfo=UTC)
    assert event["DESCRIPTION"].splitlines() == [
        "Status: tentative",
        "The date is not certain: 2023-05-31?",
        "Gist of b. [Office, hedged; Source b, ¶1 (0–9)]",
    ]


def test_a_moved_meeting_keeps_its_uid_and_moves() -> None:
    said = {
        "a": "2023-05-20|stated|scheduled",
        "b": "2023-05-20|stated|scheduled",
        "c": "2023-05-25|stated|scheduled",
        "d": "2023-05-25|stated|scheduled",
        "e": "|stated|cancelled",
    }
    found = []
    for number in range(1, len(said) + 1):
        (event,) = events(graph_of(claims(**dict(list(said.items())[:number]))))
        assert event["UID"] == f"{BASE}meeting/m"
        found.append((event["DTSTART"].day, event["STATUS"], event["SEQUENCE"]))
    assert found == [
        (20, "CONFIRMED", 0),
        (20, "CONFIRMED", 0),
        (25, "CONFIRMED", 1),
        (25, "CONFIRMED", 1),
        (25, "CANCELLED", 2),
    ]
    assert "Moved by 5 days, from 20 May 2023 to 25 May 2023" in event["DESCRIPTION"]
    assert "No day is known; the last that was: 25 May 2023" in event["DESCRIPTION"]


def test_a_meeting_that_became_another_leaves_its_place_to_it() -> None:
    became = (
        "meeting:n a eud:Meeting ; eud:realises meeting:m ; eud:date '2023-01-30'^^edtf:EDTF ; eud:status status:held"
    )
    other = 'graph:reference { meeting:n a eud:Meeting ; skos:prefLabel "Council"@en . }'
    text = claims(a="2023-01-30|stated|scheduled", b=f"|stated||{became}") + other
    assert [(event["UID"], event["STATUS"]) for event in events(graph_of(text))] == [(f"{BASE}meeting/n", "CONFIRMED")]


def test_plans_of_the_same_time_that_differ_make_one_tentative_event() -> None:
    text = claims(a="2023-05-15|stated|scheduled", b="2023-05-20|stated|scheduled").replace("2023-02-01", "2023-01-01")
    (event,) = events(graph_of(text))
    assert event["STATUS"] == "TENTATIVE"
    (line,) = [line for line in event["DESCRIPTION"].splitlines() if line.startswith("Passages disagree")]
    assert set(line.removeprefix("Passages disagree on the day: ").split(", ")) == {"15 May 2023", "20 May 2023"}


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("2024-05-02T14:00:00+02:00", datetime(2024, 5, 2, 12, tzinfo=UTC), None),
        ("2024-05-02T14:00:00", datetime(2024, 5, 2, 14), None),
        (
            "2024-05-02T14:00:00Z/2024-05-02T16:30:00Z",
            datetime(2024, 5, 2, 14, tzinfo=UTC),
            datetime(2024, 5, 2, 16, 30, tzinfo=UTC),
        ),
        ("2024-05-02?", date(2024, 5, 2), date(2024, 5, 3)),
    ],
)
def test_an_event_is_at_its_time_of_day(said: str, start: date, end: date | None) -> None:
    (event,) = events(graph_of(claims(a=f"{said}|stated|scheduled")))
    assert (event["DTSTART"], event.get("DTEND")) == (start, end)


@pytest.mark.parametrize(
    "text",
    ["2024", "2024-05", "2024-22", "2024-05-31/..", "2024-05/2024-05-31", "[2024-05-30,2024-05-31]"],
)
def test_a_date_without_a_day_makes_no_event_and_is_reported(text: str) -> None:
    graph = graph_of(claims(a=f"{text}|stated|scheduled"))
    assert events(graph) == []
    assert without_day(graph) == [f"Meeting: {text}"]


@pytest.mark.parametrize("text", ["2023-02-30", "2023-05-31/2023-05-01", "\u0662023-05-31", "9999-12-31"])
def test_what_is_no_day_makes_no_event(text: str) -> None:
    assert events(graph_of(claims(a=f"{text}|stated|scheduled"))) == []


def test_a_place_is_named_with_its_country() -> None:
    places = """graph:reference { place:a skos:prefLabel "A, the town"@en ; eud:inCountry country:x .
        country:x skos:prefLabel "X"@en . }"""
    for name, shown in (("place:a", "A, the town, X"), ("country:x", "X")):
        text = claims(a=f"2023-05-31|stated|scheduled|meeting:m eud:takesPlaceIn {name}") + places
        assert events(graph_of(text))[0]["LOCATION"] == shown


def test_the_calendar_withstands_hostile_texts() -> None:
    label = '=1+1; <script>\\n \\"x\\", BEGIN:VALARM\\r\\nEND:VCALENDAR\\u0007 \\u202Eabc ' + "é" * 80
    text = claims(a="2023-05-31|stated|scheduled").replace('"Meeting"', f'"{label}"').replace("Gist of a.", label)
    made = written_calendar(graph_of(text))
    shown = '=1+1; <script> "x", BEGIN:VALARM END:VCALENDAR \u202eabc ' + "é" * 80
    (event,) = events(graph_of(text))
    assert event["SUMMARY"] == shown
    assert event["DESCRIPTION"] == f"Status: scheduled\n{shown} [Office, stated; Source a, ¶1 (0–9)]"
    assert made.count("\r\nEND:VCALENDAR") == made.count("\r\nEND:VEVENT") == 1
    assert made.count("\n") == made.count("\r\n")
    assert max(len(line.encode()) for line in made.split("\r\n")) <= 75


def test_the_calendar_is_the_same_each_time(built: store.Built) -> None:
    assert written_calendar(built.store) == written_calendar(built.store)
    text = claims(a="2023-05-31?|stated|tentative", b="2023-05-31|hedged|scheduled", c="2023-06-01|stated|scheduled")
    again = Store()
    for quad in reversed(list(graph_of(text))):
        again.add(quad)
    assert written_calendar(again) == written_calendar(graph_of(text))


def test_no_meetings_make_an_empty_calendar() -> None:
    assert events(Store()) == []
    assert without_day(Store()) == []
