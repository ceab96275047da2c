"""The graph as owlready2's objects: entities worth using, and nothing that a reasoner objects to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import eudigraph
from conftest import needs_hermit
from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.graph import Graph
from eudigraph.model import workspace
from eudigraph.model.names import BASE
from eudigraph.reason import hermit


@pytest.fixture(scope="module")
def graph(built: store.Built, checkout: workspace.Workspace) -> Graph:
    return Graph(built, checkout)


def table(answer: object) -> pd.DataFrame:
    assert isinstance(answer, pd.DataFrame)
    return answer


@pytest.fixture(scope="module")
def objects(graph: Graph) -> Any:
    return graph.ontology()


def test_an_entity_is_found_by_its_name_and_has_each_property_as_an_attribute(objects: Any) -> None:
    japan = objects.search_one(label="Japan")
    assert japan is objects.world[f"{BASE}country/japan"]
    assert (japan.name, [str(name) for name in japan.label], japan.is_a) == ("japan", ["Japan"], [objects.Country])
    meeting = objects.search_one(label="EU–US Trade and Technology Council, fourth*")
    assert meeting.is_a == [objects.HighLevelMeeting, objects.Summit]
    assert (meeting.ordinal, meeting.date, meeting.status[0].name) == ([4], ["2023-05-31"], "scheduled")
    assert [str(place.label[0]) for place in meeting.takesPlaceIn] == ["Luleå"]


def test_an_engagement_stands_as_by_the_newest_knowledge(graph: Graph, objects: Any) -> None:
    rows = table(graph.sparql("SELECT ?e ?s ?g { ?e eud:currentStatus ?s ; eud:currentStage ?g }"))
    said = {(row.e_iri, row.s_iri, row.g_iri) for row in rows.itertuples()}
    engagements = objects.Engagement.instances()
    found = {(e.iri, s.iri, g.iri) for e in engagements for s in e.currentStatus for g in e.currentStage}
    assert found == said != set()
    canada = objects.search_one(label="EU–Canada Digital Partnership")
    assert {status.name for status in canada.status} == {"in-force", "wanted"}
    assert [status.name for status in canada.currentStatus] == ["wanted"]
    assert canada.currentStage[0].rank == [1]


def test_inverse_relations_and_what_follows_are_there_once(graph: Graph, objects: Any) -> None:
    rows = table(graph.sparql("SELECT ?c ?e { ?e eud:withCountry ?c }"))
    pairs = sorted((row.c_iri, row.e_iri) for row in rows.itertuples())
    assert sorted((c.iri, e.iri) for c in objects.Country.instances() for e in c.partnerIn) == pairs
    assert sorted((c.iri, e.iri) for c, e in objects.partnerIn.get_relations()) == pairs
    assert sorted((c.iri, e.iri) for e, c in objects.withCountry.get_relations()) == pairs
    breton = objects.search_one(label="Thierry Breton")
    assert "European Commission" in {str(body.label[0]) for body in breton.represents}
    assert [post.heldBy for post in breton.holdsPost] == [[breton]]
    assert objects.search_one(label="EU–India Trade and Technology Council").comprises != []


def test_a_tie_has_the_stage_of_a_topic_with_a_country(graph: Graph, objects: Any) -> None:
    text = """SELECT ?c ?t ?s { ?x a eud:Tie ; eud:ofCountry ?c ; eud:onTopic ?t ; eud:stage ?s ;
        eud:knownUntil "9999-12-31"^^xsd:date }"""
    said = {(row.c_iri, row.t_iri, row.s_iri) for row in table(graph.sparql(text)).itertuples()}
    found = {(t.ofCountry[0].iri, t.onTopic[0].iri, t.stage[0].iri) for t in objects.Tie.instances()}
    assert found == said != set()
    tie = objects.search_one(label="Japan: 6G")
    assert (tie.isPriority, tie.through[0].name) == ([False], "japan-6g-research")


def test_only_the_narrowest_classes_are_named_and_whatever_is_spoken_of_has_a_label(objects: Any) -> None:
    wider = {
        one.iri: [a for a in one.is_a for b in one.is_a if a is not b and a in b.ancestors()]
        for one in objects.individuals()
    }
    assert {iri: classes for iri, classes in wider.items() if classes} == {}
    evidence = (objects.Passage, objects.Source, objects.Reading, objects.Tie)
    assert [one.iri for one in objects.individuals() if not one.label and not isinstance(one, evidence)] == []


def test_what_is_only_claimed_is_left_to_the_reasoner(graph: Graph, objects: Any) -> None:
    claimed = graph.ontology(inferred=False)
    japan, whole = claimed.search_one(label="Japan"), objects.search_one(label="Japan")
    assert 0 < len(japan.partnerIn) < len(whole.partnerIn)
    assert claimed.Tie.instances() == []
    assert claimed.search_one(label="EU–Japan summit 2023").currentStatus == []


def test_labels_come_in_the_language_liked_best_first(copy: workspace.Workspace) -> None:
    path = copy.root / "graph" / "reference" / "countries.ttl"
    path.write_text(path.read_text("utf-8").replace('"Japan"@en', '"Japan"@en , "Nihon"@ja'), "utf-8")
    build.build(copy, use_hermit=False, exports=False)
    for lang, first in (("ja", "Nihon"), ("en", "Japan")):
        japan = eudigraph.open_graph(copy.root, lang=lang).ontology().world[f"{BASE}country/japan"]
        assert str(japan.label[0]) == first


@needs_hermit
@pytest.mark.slow
def test_a_reasoner_finds_nothing_wrong_with_the_objects(graph: Graph) -> None:
    import owlready2

    loaded = graph.ontology()
    owlready2.JAVA_EXE = hermit.find_java()
    owlready2.sync_reasoner_hermit(loaded.world, debug=0)
    assert list(loaded.world.inconsistent_classes()) == []
