"""One value, everywhere the same: what the build derived, and what each surface says of it, tie for tie."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import icalendar
import pytest
from pyoxigraph import NamedNode

from eudigraph.ask import library, lookup
from eudigraph.engine import store
from eudigraph.engine.answer import run
from eudigraph.engine.safety import prepare
from eudigraph.explore.page import render
from eudigraph.export.calendar import icalendar as calendar
from eudigraph.model import current, workspace
from eudigraph.model.dates import readable
from eudigraph.model.labels import labels
from eudigraph.model.names import BASE, EUD, expand
from eudigraph.model.ontology import from_store
from eudigraph.model.triples import select
from eudigraph.network import projections
from eudigraph.serve import pages

FOR_EVER = "9999-12-31"

Tie = tuple[str, bool, str, str]
"""Stage, whether it is a priority, the engagement and the passage that bear it."""
Ties = dict[tuple[str, str], Tie]
Situation = dict[str, str]
"""Status, stage, date and place as people read them, and whether it is disputed; what is not known is left out."""


@pytest.fixture(scope="module")
def names(built: store.Built) -> Mapping[str, str]:
    """What each entity is called."""
    query = "SELECT DISTINCT ?x { ?x a [] FILTER(ISIRI(?x)) }"
    return labels(built.store, [row["x"].value for row in select(built.store, query)])


@pytest.fixture(scope="module")
def ties(built: store.Built, names: Mapping[str, str]) -> Ties:
    """What is derived of each country and topic, as the store has it."""
    query = f"""SELECT * {{ ?tie a <{EUD}Tie> ; <{EUD}knownUntil> ?until ; <{EUD}ofCountry> ?country ;
        <{EUD}onTopic> ?topic ; <{EUD}stage> ?stage ; <{EUD}isPriority> ?priority ; <{EUD}through> ?through ;
        <{EUD}borneBy> ?passage
        FILTER(STR(?until) = "{FOR_EVER}") }}"""
    found: Ties = {}
    for row in select(built.store, query):
        value = {name: term.value for name, term in row.items()}
        tie = (names[value["stage"]], value["priority"] == "true", value["through"], value["passage"])
        assert found.setdefault((value["country"], value["topic"]), tie) is tie
    assert len(found) > 50
    return found


@pytest.fixture(scope="module")
def situations(built: store.Built, names: Mapping[str, str]) -> dict[str, Situation]:
    """What is derived of each engagement, as the store has it."""
    query = f"""SELECT * {{ ?now a <{EUD}Situation> ; <{EUD}knownUntil> ?until ; <{EUD}about> ?x ;
        <{EUD}inStatus> ?status ; <{EUD}stage> ?stage ; <{EUD}isDisputed> ?disputed
        OPTIONAL {{ ?now <{EUD}onDate> ?date }} OPTIONAL {{ ?now <{EUD}atPlace> ?place }}
        FILTER(STR(?until) = "{FOR_EVER}") }}"""
    found = {}
    for row in select(built.store, query):
        value = {name: term.value for name, term in row.items() if term}
        assert value["x"] not in found
        given = {"status": names[value["status"]], "stage": names[value["stage"]], "disputed": value["disputed"]}
        if "date" in value:
            given["date"] = readable(value["date"])
        if "place" in value:
            given["place"] = names[value["place"]]
        found[value["x"]] = given
    assert len(found) > 30
    return found


# ---------------------------------------------------------------- In the graph


def test_the_short_properties_say_the_same(
    built: store.Built, situations: dict[str, Situation], ties: Ties, names: Mapping[str, str]
) -> None:
    found: dict[str, Situation] = {}
    for prop in ("status", "stage", "date", "place"):
        query = f"SELECT ?x ?y {{ ?x <{EUD}current{prop.title()}> ?y }}"
        for row in select(built.store, query):
            value = row["y"].value
            said = names[value] if isinstance(row["y"], NamedNode) else readable(value)
            assert found.setdefault(row["x"].value, {}).setdefault(prop, said) == said
    assert found == {iri: {k: v for k, v in now.items() if k != "disputed"} for iri, now in situations.items()}
    query = f"SELECT ?x ?y {{ ?x <{EUD}cooperatesOn> ?y }}"
    cooperates = {(row["x"].value, row["y"].value) for row in select(built.store, query)}
    assert cooperates == {key for key, tie in ties.items() if tie[0] in ("agreed", "under way", "done")}


# ---------------------------------------------------------------- Surfaces of ties


def in_explorer(data: Mapping[str, Any], built: store.Built) -> Ties:
    """Return the ties of the explorer. Its passages have no IRIs: places stand for them."""
    iris = [expand(entity["id"]) or "" for entity in data["entities"]]
    passages = places_of_passages(built)
    found = {}
    for country, topic, through, stage, priority, *said in data["ties"]:
        (place,) = (where(data["passages"][number]) for number in said)
        label = data["stages"][stage]["label"]
        found[iris[country], iris[topic]] = (label, bool(priority), iris[through], passages[place])
    return found


def on_pages(built: store.Built, names: Mapping[str, str], ties: Ties) -> Ties:
    """Return the ties of the pages of countries, and see to it that those of topics say the same."""
    terms, by_name = from_store(built.store), {name: iri for iri, name in names.items() if "/topic/" in iri}
    found: Ties = {}
    for country in sorted({country for country, _ in ties}):
        page = pages.entity(built.store, terms, NamedNode(country))
        for fact in page.topics:
            for cell in fact.values:
                priority, _, through = cell.note.rpartition("through ")
                (passage,) = (page.passages[number].iri for number in cell.passages)
                engagement = next(iri for iri, name in names.items() if name == through and "/topic/" not in iri)
                found[country, by_name[cell.text]] = (fact.relation.text, bool(priority), engagement, passage)
    for topic in sorted({topic for _, topic in ties}):
        page = pages.entity(built.store, terms, NamedNode(topic))
        there = {(cell.text, fact.relation.text) for fact in page.topics for cell in fact.values}
        assert there == {(names[country], tie[0]) for (country, other), tie in ties.items() if other == topic}
    return found


def test_the_explorer_says_the_same_of_each_tie(ties: Ties, explorer: dict[str, Any], built: store.Built) -> None:
    assert in_explorer(explorer, built) == ties


def test_pages_say_the_same_of_each_tie(ties: Ties, built: store.Built, names: Mapping[str, str]) -> None:
    assert on_pages(built, names, ties) == ties


def test_networks_say_the_same_of_each_tie(ties: Ties, built: store.Built, checkout: workspace.Workspace) -> None:
    network = projections.project(built, checkout, "country-topic")
    found = {(s, t) if "/country/" in s else (t, s): data["stage"] for s, t, data in network.edges(data=True)}
    assert found == {key: tie[0] for key, tie in ties.items()}


def test_the_question_of_topics_says_the_same_of_each_tie(
    ties: Ties, answered: Callable[[str], list[dict[str, str]]], names: Mapping[str, str]
) -> None:
    rows = answered("topics")
    found = {
        (row["country"], row["topic"]): (
            names[row["stage"]],
            row["priority"] == "true",
            row["engagement"],
            row["passage"],
        )
        for row in rows
    }
    assert len(rows) == len(found)
    assert found == ties


@pytest.fixture(scope="module")
def answered(built: store.Built, checkout: workspace.Workspace) -> Callable[[str], list[dict[str, str]]]:
    """Ask a question of the library, and return its rows as texts and IRIs."""
    questions = library.load_library(checkout)

    def ask(name: str) -> list[dict[str, str]]:
        query = questions[name]
        if "known_by" not in query.parameters:
            pytest.skip(f"the question {name} does not go by what is known")
        values, _ = lookup.resolve(built.store, query, {})
        answer = run(built.store, prepare(library.bind(query, values)))
        rows = [dict(zip(answer.variables, row, strict=True)) for row in answer.rows]
        return [{name: term.value for name, term in row.items() if hasattr(term, "value")} for row in rows]

    return ask


# ---------------------------------------------------------------- Surfaces of engagements


@pytest.fixture(scope="module")
def explorer(built: store.Built) -> dict[str, Any]:
    """The data of the explorer."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', render(built.store, {}), re.DOTALL)
    assert data
    read: dict[str, Any] = json.loads(data[1])
    return read


def where(passage: Mapping[str, Any]) -> tuple[Any, ...]:
    return passage["locator"], passage["start"], passage["end"], passage["gist"]


def places_of_passages(built: store.Built) -> dict[tuple[Any, ...], str]:
    query = f"""SELECT * {{ ?p <{EUD}locator> ?locator ; <{EUD}gist> ?gist
        OPTIONAL {{ ?p <{EUD}start> ?start ; <{EUD}end> ?end }} }}"""
    found: dict[tuple[Any, ...], str] = {}
    for row in select(built.store, query):
        ends = (int(row[name].value) if row[name] else None for name in ("start", "end"))
        found[(row["locator"].value, *ends, row["gist"].value)] = row["p"].value
    return found


def test_the_explorer_says_the_same_of_each_engagement(
    situations: dict[str, Situation], explorer: dict[str, Any]
) -> None:
    entities = explorer["entities"]
    found = {}
    for now in explorer["situations"]:
        given = {"status": entities[now["status"]]["label"], "stage": explorer["stages"][now["stage"]]["label"]}
        given["disputed"] = str(now.get("disputed", False)).lower()
        if "date" in now:
            given["date"] = explorer["spans"][now["date"]][2]
        if "place" in now:
            given["place"] = entities[now["place"]]["label"]
        found[expand(entities[now["e"]]["id"])] = given
        assert now["said"]
    assert found == situations


def test_pages_say_the_same_of_each_engagement(situations: dict[str, Situation], built: store.Built) -> None:
    terms = from_store(built.store)
    for iri, now in situations.items():
        page = pages.entity(built.store, terms, NamedNode(iri))
        told = {fact.relation.text: fact.values[0] for fact in page.stands}
        found = {str(name): told[name].text for name in ("status", "stage", "date", "place") if name in told}
        found["disputed"] = "true" if told["status"].note == "disputed" else "false"
        assert found == now
        assert all(cell.passages for fact in page.stands for cell in fact.values)
        assert page.known == readable(newest(built))


def test_the_question_of_partnerships_says_the_same_of_each(
    situations: dict[str, Situation], answered: Callable[[str], list[dict[str, str]]], names: Mapping[str, str]
) -> None:
    found = {}
    for row in answered("partnerships"):
        found[row["partnership"]] = {"status": names[row["status"]], "disputed": row["disputed"]}
        if "date" in row:
            found[row["partnership"]]["date"] = readable(row["date"])
    told = ("status", "disputed", "date")
    wanted = {iri: {k: v for k, v in now.items() if k in told} for iri, now in situations.items()}
    assert found == {iri: now for iri, now in wanted.items() if "/partnership/" in iri}


def events(built: store.Built) -> Iterator[tuple[str, Any]]:
    for event in icalendar.Calendar.from_ical(calendar(built.store)).walk("VEVENT"):
        yield str(event["UID"]), event


def test_the_calendar_says_the_same_of_each_meeting(
    situations: dict[str, Situation], built: store.Built, names: Mapping[str, str]
) -> None:
    found = dict(events(built))
    query = f"""SELECT ?x ?first {{ ?x a <{EUD}Meeting> ; <{EUD}currentDate> ?date .
        ?now a <{EUD}Situation> ; <{EUD}about> ?x ; <{EUD}firstDay> ?first }}"""
    firsts = {row["x"].value: row["first"].value for row in select(built.store, query)}
    assert set(found) == set(firsts)
    for iri, event in found.items():
        now = situations[iri]
        assert str(event["DESCRIPTION"]).startswith(f"Status: {now['status']}")
        assert event.decoded("DTSTART").isoformat() == firsts[iri]
        assert str(event.get("LOCATION", "")).split(",")[0] == now.get("place", "")


def test_every_surface_tells_by_which_day_it_is_known(built: store.Built, explorer: dict[str, Any]) -> None:
    day = readable(newest(built))
    assert explorer["known"] == day
    assert f"X-WR-CALDESC:Known by {day}" in calendar(built.store)


def newest(built: store.Built) -> str:
    (row,) = select(built.store, f"SELECT ?day {{ <{BASE}graph/state> <{EUD}newestDay> ?day }}")
    return str(row["day"].value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"verdict": "open"}, "open"),
        ({"verdict": "open", "due": "2023-06-30"}, "open; due by 30 June 2023"),
        (
            {"verdict": "open", "due": "2023-06-29"},
            "open; overdue since 29 June 2023: nothing known tells what became of it",
        ),
        ({"verdict": "late", "days": 1, "moved": 9}, "late by 1 day; moved by 9 days"),
        (
            {"verdict": "early", "days": 15, "as_last_announced": True, "realised_as": "x"},
            "early by 15 days, on the day announced last; in another form: X",
        ),
    ],
)
def test_what_became_of_a_plan_is_said_in_words(given: dict[str, Any], words: str) -> None:
    usual = {"days": None, "moved": 0, "as_last_announced": False, "due": None, "realised_as": None, "outcome": None}
    fate = current.Fate(engagement="e", aim="p", **{**usual, **given})
    assert current.fate_in_words(fate, "2023-06-30", {"x": "X"}) == words
