"""Networks of the graph: what the build derives, tie for tie, with weights, evidence, stages and dates."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.model import workspace
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import BASE, EUD, SKOS, STAGES
from eudigraph.model.names import PREFIXES as PREFIXED
from eudigraph.model.ontology import from_store
from eudigraph.model.triples import select
from eudigraph.network import changes, definitions, everything, in_common, projections
from eudigraph.network.definitions import Choice
from eudigraph.network.projections import project

Project = Callable[..., nx.Graph]
Ties = set[tuple[str, str]]

# The table of ../shared/competency-questions.md: how far each topic has come with each country, to a careful reader of
# the article; those that it calls priorities are marked.
STAGES_OF = {
    "United States": {
        "planned": [
            *("sustainable trade", "emerging technologies", "economic security", "digital infrastructure"),
            *("trade and labour", "stakeholder engagement", "standardisation", "artificial intelligence"),
            *("semiconductors", "connectivity", "5G", "infrastructure in third countries", "human rights online"),
            *("online platforms and services", "foreign interference"),
        ],
    },
    "India": {
        "agreed": [
            *("high-performance computing", "quantum computing", "artificial intelligence", "standardisation"),
            *("digital skills", "digital public infrastructure", "interoperability of digital public infrastructure"),
            "security of digital public infrastructure",
        ],
    },
    "Japan": {
        "mentioned": ["Arctic connectivity", "submarine cables"],
        "wanted": [
            *("semiconductors!", "supply-chain resilience!", "high-performance computing", "research links"),
            *("quantum satellite communications", "data governance"),
        ],
        "planned": ["6G", "research and development"],
        "negotiated": ["data flows"],
    },
    "South Korea": {
        "mentioned": ["emerging technologies", "artificial intelligence", "6G", "standardisation"],
        "wanted": [
            *("industrial investment", "online platforms and services", "AI regulation"),
            "financing of connectivity infrastructure",
        ],
        "planned": ["semiconductors!"],
        "under way": ["high-performance computing", "quantum computing", "research and development"],
    },
    "Singapore": {
        "wanted": ["digital identity!", "AI governance!", "AI standards!", "digitalisation of small firms!"],
    },
    "Canada": {"wanted": ["artificial intelligence", "research and development", "connectivity", "cybersecurity"]},
}
TOPICS = {
    country: {topic.rstrip("!") for topics in stages.values() for topic in topics}
    for country, stages in STAGES_OF.items()
}


@pytest.fixture
def of(built: store.Built, checkout: workspace.Workspace) -> Project:
    """Make a network of the article's graph."""

    def make(name: str, **chosen: Any) -> nx.Graph:
        return project(built, checkout, name, Choice(**chosen) if chosen else None)

    return make


def iri(name: str) -> str:
    kind, _, local = name.partition(":")
    return f"{BASE}{kind}/{local}"


def iris(kind: str, *names: str) -> list[str]:
    return [iri(f"{kind}:{name}") for name in names]


def passages(*names: str) -> list[str]:
    return [f"{BASE}passage/euractiv-2023-04/{name}" for name in names]


def ties(made: nx.Graph) -> Ties:
    """Return a network's ties by the names of their ends, the first side's first."""
    found = set()
    for ends in made.edges:
        first, second = sorted(ends, key=lambda node: (made.nodes[node].get("bipartite", 0), node))
        found.add((made.nodes[first]["label"], made.nodes[second]["label"]))
    return found


def table(least: str = "mentioned") -> Ties:
    """Return the ties of the table that have come at least as far as a stage."""
    ladder = [stage.replace("-", " ") for stage in STAGES]
    return {
        (country, topic.rstrip("!"))
        for country, stages in STAGES_OF.items()
        for stage, topics in stages.items()
        for topic in topics
        if ladder.index(stage) >= ladder.index(least.replace("-", " "))
    }


def tie(made: nx.Graph, first: str, second: str) -> dict[str, Any]:
    data: dict[str, Any] = made.edges[iri(first), iri(second)]
    return data


# ---------------------------------------------------------------- Countries and topics


def test_countries_are_tied_to_the_topics_that_a_reader_finds(of: Project) -> None:
    made = of("country-topic")
    assert ties(made) == table()
    found = {
        (made.nodes[s]["label"], made.nodes[t]["label"] + "!" * data["priority"], data["stage"])
        for s, t, data in made.edges(data=True)
    }
    assert found == {
        (country, topic, stage)
        for country, stages in STAGES_OF.items()
        for stage, topics in stages.items()
        for topic in topics
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_leaves_what_has_come_as_far_and_changes_nothing_of_it(of: Project, stage: str) -> None:
    made, whole = of("country-topic", stage=stage), of("country-topic")
    assert ties(made) == table("mentioned" if stage == "dropped" else stage)
    assert all(data == whole.edges[s, t] for s, t, data in made.edges(data=True))
    assert made.graph["stage"] == stage
    # The partners stay, with ties or without.
    assert [made.nodes[n]["label"] for n, side in made.nodes(data="bipartite") if side == 0] == sorted(TOPICS)


def test_a_stage_can_be_named_as_people_write_it(of: Project) -> None:
    assert Choice(stage="under way").stage == "under-way"
    assert ties(of("country-topic", stage="under way")) == table("under-way") != set()


def test_a_partner_without_a_topic_is_there_without_ties(of: Project) -> None:
    made = of("country-topic", stage="planned")
    assert list(nx.isolates(made)) == [iri("country:canada"), iri("country:singapore")]
    assert made.nodes[iri("country:canada")] == {
        "label": "Canada",
        "kind": "country",
        "classes": [EUD + "Country"],
        "passages": [],
        "bipartite": 0,
    }
    # Sweden hosts; it is no partner.
    assert [made.nodes[n]["label"] for n, side in made.nodes(data="bipartite") if side == 0] == sorted(TOPICS)
    assert list(nx.isolates(of("country-country"))) == [iri("country:singapore")]


def test_a_network_says_what_it_is(of: Project) -> None:
    tie = "a topic that comes up with the country through a partnership, meeting, initiative or instrument"
    as_of = {"stage": "mentioned", "known_by": "2023-04-30"}
    assert of("country-topic").graph == as_of | {
        **{"name": "country-topic", "title": "Partner countries and topics", "two_mode": True},
        **{"question": "Which topics come up with which partner country, and how far have they come?"},
        "tie": f"A tie is {tie}.",
    }
    assert of("topic-country").graph["title"] == "Topics and their countries"
    alike = f"Two topics are tied by the countries they share; between the two kinds, a tie is {tie}."
    as_of = {"stage": "agreed", "known_by": "2023-03-31"}
    assert of("topic-topic", stage="agreed", known_by=date(2023, 3, 31)).graph == as_of | {
        **{"name": "topic-topic", "title": "Topics with countries in common", "two_mode": False},
        **{"question": "", "tie": alike},
    }


# ---------------------------------------------------------------- One tie, by hand


def test_japan_and_6g_are_tied_by_an_initiative_that_is_only_envisaged(of: Project) -> None:
    # Paragraph 18; that what is under the partnership is with Japan follows.
    assert tie(of("country-topic"), "country:japan", "topic:6g") == {
        "label": "has on the table",
        "weight": 1,
        "via": iris("initiative", "japan-6g-research"),
        "passages": passages("18-6g"),
        "inferred": True,
        "stage": "planned",
        "stage_rank": 2,
        "certainty": "stated",
        "since": "2023-04-30",  # by when the report was out: nothing says since when
        "priority": False,
        "through": iri("initiative:japan-6g-research"),
        "borne_by": passages("18-6g")[0],
    }


def test_a_tie_has_come_as_far_as_what_bears_it_and_is_as_old_as_the_oldest_of_its_engagements(of: Project) -> None:
    # A meeting on 30 June that is tentative (24), an initiative that is wanted (24).
    assert tie(of("country-topic"), "country:south-korea", "topic:semiconductors") == {
        "label": "has on the table",
        "weight": 2,
        "via": [iri("initiative:south-korea-high-end-chips"), iri("meeting:breton-lee-2023")],
        "passages": passages("24", "24-chips"),
        "inferred": False,
        "stage": "planned",
        "stage_rank": 2,
        "certainty": "stated",
        "since": "2023-04-30",
        "priority": True,
        "through": iri("meeting:breton-lee-2023"),
        "borne_by": passages("24")[0],
    }


def test_a_dated_engagement_dates_its_ties(of: Project) -> None:
    made = of("country-topic")
    assert tie(made, "country:united-states", "topic:5g")["since"] == "2023-05-31"
    assert tie(made, "country:india", "topic:digital-skills")["since"] == "2022-04-01"


# ---------------------------------------------------------------- What was chosen


def test_only_what_passages_say_outright_is_left_without_what_follows(of: Project) -> None:
    asserted = of("country-topic", inferred=False)
    assert ties(asserted) == {
        *(("India", topic) for topic in TOPICS["India"]),
        *(("Canada", topic) for topic in TOPICS["Canada"]),
        *(("Japan", topic) for topic in ("Arctic connectivity", "submarine cables", "data flows")),
        ("South Korea", "semiconductors"),
    }
    # The other initiatives are under the partnership: that they are with the country as well follows.
    assert not any(inferred for _, _, inferred in asserted.edges(data="inferred"))
    # All ties that the whole network marks as asserted, as they are there, and no other.
    whole = of("country-topic")
    said = [(s, t) for s, t, inferred in whole.edges(data="inferred") if not inferred]
    assert ties(whole.edge_subgraph(said)) == ties(asserted)
    assert all(data == whole.edges[s, t] for s, t, data in asserted.edges(data=True))


def test_before_anything_was_said_nothing_is_known(of: Project) -> None:
    # The article was published in April 2023: it is known from the last day on that this may be.
    assert set(of("country-topic", known_by=date(2023, 4, 29))) == set()
    assert of("country-topic", known_by=date(2023, 4, 29)).graph["known_by"] == "2023-04-29"
    for day in (date(2023, 4, 30), date(2026, 12, 1)):
        made = of("country-topic", known_by=day)
        assert nx.utils.graphs_equal(nx.Graph(made.edges(data=True)), nx.Graph(of("country-topic").edges(data=True)))
        assert made.graph["known_by"] == str(day)


def test_stage_and_day_and_what_is_asserted_go_together(of: Project) -> None:
    made = of("country-topic", known_by=date(2023, 5, 14), stage="agreed", inferred=False)
    assert ties(made) == {("India", topic) for topic in TOPICS["India"]}


def test_narrower_topics_are_rolled_up_to_the_broadest(of: Project) -> None:
    above = {
        "artificial intelligence": {"emerging technologies"},
        "AI regulation": {"emerging technologies"},
        "AI governance": {"emerging technologies"},
        "AI standards": {"emerging technologies", "standardisation"},
        "quantum computing": {"emerging technologies"},  # by way of quantum technologies
        "quantum satellite communications": {"emerging technologies", "connectivity"},
        "6G": {"emerging technologies", "connectivity"},
        "5G": {"connectivity"},
        "Arctic connectivity": {"connectivity"},
        "submarine cables": {"connectivity"},
        "infrastructure in third countries": {"connectivity"},
        "financing of connectivity infrastructure": {"connectivity"},
        "research links": {"research and development"},
        "sustainable trade": {"trade"},
        "trade and labour": {"trade"},
        "interoperability of digital public infrastructure": {"digital public infrastructure"},
        "security of digital public infrastructure": {"digital public infrastructure"},
    }
    rolled = {(country, broad) for country, topic in table() for broad in above.get(topic, {topic})}
    made = of("country-topic", level=0)
    assert ties(made) == rolled
    # One engagement counts once, though it is about several of the narrower ones.
    india = tie(made, "country:india", "topic:emerging-technologies")
    assert (india["weight"], india["via"], india["passages"]) == (
        1,
        iris("partnership", "eu-india-ttc"),
        passages("16"),
    )
    japan = tie(made, "country:japan", "topic:connectivity")
    assert japan["via"] == iris("initiative", "arctic-cable", "japan-6g-research", "japan-quantum-satellites")
    assert japan["passages"] == passages("18-6g", "19", "20", "20-cable")
    # It has come as far as the furthest of them.
    assert (japan["stage"], japan["through"]) == ("planned", iri("initiative:japan-6g-research"))


def test_topics_are_rolled_up_no_further_than_the_level(of: Project) -> None:
    made = of("country-topic", level=1)
    topics = {made.nodes[node]["label"] for node, side in made.nodes(data="bipartite") if side == 1}
    all_topics = set().union(*TOPICS.values())
    # Only what is two below the broadest moves up; AI standards are also one below standardisation, and stay.
    gone = {"AI governance", "AI regulation", "quantum computing"}
    assert topics == (all_topics - gone) | {"quantum technologies"}
    assert nx.utils.graphs_equal(of("country-topic", level=2), of("country-topic"))


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"stage": "some"}, r"a stage can be dropped, mentioned, wanted, planned, .*, under-way, done, not 'some'"),
        ({"stage": "x" * 500}, r"a stage can be dropped, .*, done, not 'x{79}…'"),
        ({"known_by": "2023"}, r"known_by is a day, such as 2023-04-30, not '2023'"),
        ({"level": -1}, r"a level is a number from 0 \(the broadest topics\) to 64, not -1"),
        ({"level": 65}, r"a level is a number from 0 \(the broadest topics\) to 64, not 65"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Choice(**chosen)


# ---------------------------------------------------------------- One kind of nodes


def test_countries_are_tied_by_the_topics_in_common(of: Project) -> None:
    made = of("country-country")
    found = {
        (made.nodes[s]["label"], made.nodes[t]["label"]): (data["weight"], round(data["jaccard"], 3))
        for s, t, data in made.edges(data=True)
    }
    assert found == {
        (a, b): (len(TOPICS[a] & TOPICS[b]), round(len(TOPICS[a] & TOPICS[b]) / len(TOPICS[a] | TOPICS[b]), 3))
        for a in sorted(TOPICS)
        for b in sorted(TOPICS)
        if a < b and TOPICS[a] & TOPICS[b]
    }


def test_what_two_countries_have_in_common_has_come_as_far_as_the_weaker_end_of_its_best_topic(of: Project) -> None:
    # Planned with both: only research. Wanted with Japan: semiconductors, computing. Mentioned with Korea: 6G.
    assert tie(of("country-country"), "country:japan", "country:south-korea") == {
        "label": "have in common",
        "weight": 4,
        "shared": iris("topic", "6g", "high-performance-computing", "research-and-development", "semiconductors"),
        "jaccard": round(4 / 19, 6),
        "passages": passages("18", "18-6g", "19", "24", "24-chips", "27", "28"),
        "inferred": True,
        "stage": "planned",
        "stage_rank": 2,
        "certainty": "stated",
        "since": "2023-04-30",
    }
    india = tie(of("country-country"), "country:india", "country:united-states")
    assert india["since"] == "2023-05-31"  # not before both had begun
    wanted = tie(of("country-country"), "country:canada", "country:india")
    assert (wanted["shared"], wanted["stage"]) == (iris("topic", "artificial-intelligence"), "wanted")
    # At a later stage, only what has come as far with both is in common.
    agreed = of("country-country", stage="agreed")
    both = tie(agreed, "country:india", "country:south-korea")
    assert both["shared"] == iris("topic", "high-performance-computing", "quantum-computing")
    assert (agreed.number_of_edges(), both["stage"]) == (1, "agreed")


def test_topics_are_tied_by_the_countries_that_have_both(of: Project) -> None:
    by_topic = {topic: {c for c, topics in TOPICS.items() if topic in topics} for _, topic in table()}
    made = of("topic-topic")
    found = {
        frozenset((made.nodes[s]["label"], made.nodes[t]["label"])): (data["weight"], data["jaccard"])
        for s, t, data in made.edges(data=True)
    }
    assert found == {
        frozenset((a, b)): (
            len(by_topic[a] & by_topic[b]),
            round(len(by_topic[a] & by_topic[b]) / len(by_topic[a] | by_topic[b]), 6),
        )
        for a in by_topic
        for b in by_topic
        if a < b and by_topic[a] & by_topic[b]
    }
    assert {data["label"] for _, data in made.nodes(data=True)} == set(by_topic)
    assert not any("bipartite" in data for _, data in made.nodes(data=True))


def test_too_much_in_common_is_refused_with_what_to_do(of: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    number = sum(len(topics) * (len(topics) - 1) // 2 for topics in TOPICS.values())
    monkeypatch.setattr(in_common, "MAX_PAIRS", number)
    assert of("topic-topic").number_of_nodes() == 38
    monkeypatch.setattr(in_common, "MAX_PAIRS", number - 1)
    message = f"{number} times two have something in common, more than {number - 1}; choose an earlier day, or the "
    with pytest.raises(UsageError, match=message):
        of("topic-topic")
    assert of("country-country").number_of_edges() == 10


# ---------------------------------------------------------------- Officials, organisations, turned names


def test_officials_are_tied_to_the_meetings_they_take_part_in(of: Project) -> None:
    made = of("official-meeting")
    bilateral = "Thierry Breton with Lee Jong Ho, 2023"
    assert ties(made) == {
        ("Thibaut Kleiner", "Telecom Working Party, 18 April 2023"),
        ("Thierry Breton", bilateral),
        ("Lee Jong Ho", bilateral),
    }
    assert tie(made, "official:thibaut-kleiner", "meeting:telecom-working-party-2023-04-18") == {
        "label": "participates in",
        "weight": 1,
        "via": iris("meeting", "telecom-working-party-2023-04-18"),
        "passages": passages("03"),
        "inferred": False,
        "stage": "done",
        "stage_rank": 7,
        "certainty": "stated",
        "since": "2023-04-18",
    }
    assert ties(of("official-meeting", stage="agreed")) == {("Thibaut Kleiner", "Telecom Working Party, 18 April 2023")}
    assert ties(of("official-official")) == {("Lee Jong Ho", "Thierry Breton")}


def test_engagements_have_a_status_a_stage_and_dates(of: Project) -> None:
    assert of("official-meeting").nodes[iri("meeting:breton-lee-2023")] == {
        "label": "Thierry Breton with Lee Jong Ho, 2023",
        "kind": "bilateral meeting",
        "classes": [EUD + "BilateralMeeting"],
        "status": "tentative",
        "stage": "planned",
        "stage_rank": 2,
        "disputed": False,
        "date": "2023-06-30?",
        "earliest": "2023-06-30",
        "latest": "2023-06-30",
        "passages": passages("23"),
        "bipartite": 1,
    }
    engagements = of("engagement-organisation").nodes
    disputed = engagements[iri("partnership:eu-canada-digital-partnership")]
    assert (disputed["disputed"], disputed["date"], disputed["earliest"]) == (True, "", None)
    india = engagements[iri("partnership:eu-india-ttc")]
    assert (india["date"], india["earliest"], india["latest"]) == ("2022-04", "2022-04-01", "2022-04-30")


def test_nodes_know_who_says_what_they_are_when_and_how_firm(of: Project) -> None:
    made, whole = of("organisation-engagement"), of("everything")
    # The dispute over Canada: one passage has a partnership in force, another only wants it. Others merely name it.
    disputed = iri("partnership:eu-canada-digital-partnership")
    assert made.nodes[disputed]["passages"] == passages("05-canada", "30")
    # What is known from reference alone is said by nobody.
    assert made.nodes[iri("org:european-commission")]["passages"] == []
    officials = of("official-official")
    kleiner = iri("official:thibaut-kleiner")
    assert officials.nodes[kleiner]["passages"] == passages("03")
    for network_ in (made, officials):
        assert dict(network_.nodes(data="passages")) == {n: whole.nodes[n]["passages"] for n in network_}


def test_organisations_are_tied_by_the_engagements_they_share(of: Project) -> None:
    made = of("organisation-organisation")

    def in_common(name: str) -> dict[str, list[str]]:
        return {other.rpartition("/")[2]: data["shared"] for _, other, data in made.edges(iri(name), data=True)}

    # Kleiner's department is part of the briefing, though only he is named.
    briefing = iris("meeting", "telecom-working-party-2023-04-18")
    others = ("dg-connect", "european-commission", "member-state-representatives", "member-states")
    assert in_common("org:telecom-working-party") == dict.fromkeys(others, briefing)
    assert in_common("org:european-commission") == {
        **dict.fromkeys(("dg-connect", "telecom-working-party", *others[2:]), briefing),
        "european-union": [iri("partnership:eu-canada-digital-partnership"), iri("partnership:eu-india-ttc")],
        "korean-industry": iris("initiative", "south-korea-investment"),
        "leading-meps": iris("meeting", "very-powerful-ai-summit"),
        "small-firms": iris("initiative", "singapore-sme-practice"),
        "us-administration": iris("meeting", "eu-us-ttc-4"),
    }
    # The Commission wants the partnership with Canada, the Union is its party; the council with India is under way.
    both = tie(made, "org:european-commission", "org:european-union")
    assert (both["weight"], both["stage"], both["certainty"], both["since"]) == (2, "under way", "stated", "2022-04-01")
    assert {"American trade unions", "telecom operators"} <= {made.nodes[node]["label"] for node in nx.isolates(made)}


@pytest.mark.parametrize("name", ["country-topic", "official-meeting", "organisation-engagement"])
@pytest.mark.parametrize("stage", ["dropped", "planned", "agreed"])
def test_a_turned_name_gives_the_same_ties_with_the_sides_exchanged(of: Project, name: str, stage: str) -> None:
    left, right = name.split("-")
    straight, turned = of(name, stage=stage), of(f"{right}-{left}", stage=stage)
    assert dict(turned.nodes(data="bipartite")) == {n: 1 - side for n, side in straight.nodes(data="bipartite")}
    assert list(turned.edges(data=True)) == list(straight.edges(data=True))
    assert list(turned) == list(straight)
    assert turned.graph["name"] == f"{right}-{left}"


def test_the_networks_there_are_have_titles(checkout: workspace.Workspace) -> None:
    assert definitions.networks(checkout) == {
        "everything": "Everything but evidence, with all relations",
        "country-topic": "Partner countries and topics",
        "country-country": "Countries with topics in common",
        "topic-country": "Topics and their countries",
        "topic-topic": "Topics with countries in common",
        "official-meeting": "Officials and meetings",
        "official-official": "Officials with meetings in common",
        "meeting-official": "Meetings and their officials",
        "meeting-meeting": "Meetings with officials in common",
        "organisation-engagement": "Organisations and engagements",
        "organisation-organisation": "Organisations with engagements in common",
        "engagement-organisation": "Engagements and their organisations",
        "engagement-engagement": "Engagements with organisations in common",
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("country-topics", r"there is no network 'country-topics'; did you mean country-topic"),
        ("zzz", r"there is no network 'zzz'; there are: everything, country-topic, country-country"),
        ("country", r"there is no network 'country'; did you mean "),
        ("country-meeting", r"there is no network 'country-meeting'; did you mean "),
        ("", r"there is no network ''; there are: everything, "),
        ("x" * 5000, r"there is no network 'x{79}…'; there are: everything, "),
    ],
)
def test_a_network_that_is_not_known_is_refused_with_those_that_are(of: Project, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        of(name)


@pytest.mark.parametrize("name", ["country-topic", "topic-country", "organisation-engagement"])
def test_nodes_and_edges_come_in_a_fixed_order(of: Project, name: str) -> None:
    made, again = of(name), of(name)
    assert list(made.nodes(data=True)) == list(again.nodes(data=True))
    assert list(made.edges(data=True)) == list(again.edges(data=True))
    first = made.nodes[next(iter(made))]["bipartite"]
    assert list(made) == sorted(made, key=lambda node: (made.nodes[node]["bipartite"] != first, node))
    assert list(made.edges) == sorted(made.edges)


@pytest.mark.parametrize("name", ["country-country", "topic-topic", "organisation-organisation"])
def test_nodes_and_edges_of_one_kind_come_in_a_fixed_order(of: Project, name: str) -> None:
    made, again = of(name, stage="dropped"), of(name, stage="dropped")
    assert list(made.nodes(data=True)) == list(again.nodes(data=True)) == sorted(made.nodes(data=True))
    assert list(made.edges(data=True)) == list(again.edges(data=True))
    assert list(made.edges) == sorted(made.edges)


# ---------------------------------------------------------------- Everything


def relation(made: nx.Graph, subject: str, property_: str, object_: str) -> dict[str, Any]:
    data: dict[str, Any] = made.edges[iri(subject), iri(object_), EUD + property_]
    return data


def test_the_whole_graph_is_everything_with_all_claims(of: Project, built: store.Built) -> None:
    made, whole = of("everything"), everything.whole(built.store, from_store(built.store))
    assert list(made.nodes(data=True)) == list(whole.nodes(data=True))
    assert list(made.edges(keys=True, data=True)) == list(whole.edges(keys=True, data=True))
    title = "Everything but evidence, with all relations"
    as_of = {"stage": "dropped", "known_by": "2023-04-30"}
    assert made.graph == {"title": title, "two_mode": False, "name": "everything"} | as_of


def test_statements_of_the_whole_graph_know_how_certain_they_are(of: Project) -> None:
    made = of("everything")
    said = relation(made, "partnership:eu-india-ttc", "withCountry", "country:india")
    assert said == {"label": "with country", "inferred": False, "passages": passages("05"), "certainty": "stated"}
    # What the build derives is an edge as well, with how far it has come.
    assert relation(made, "country:india", "cooperatesOn", "topic:standardisation") == {
        "label": "cooperates on",
        "inferred": True,
        "passages": [],
        "certainty": None,
        "stage": "agreed",
        "stage_rank": 5,
        "priority": False,
    }
    assert {
        c for *_, p, c in ((s, t, d["passages"], d["certainty"]) for s, t, d in made.edges(data=True)) if not p
    } == {None}


@pytest.mark.parametrize(
    ("name", "status", "stage", "dated", "earliest", "latest"),
    [
        ("meeting:breton-lee-2023", "tentative", "planned", "2023-06-30?", "2023-06-30", "2023-06-30"),
        (
            *("meeting:eu-japan-summit-2023", "to be confirmed", "planned", "2023-07-03?/2023-07-04?"),
            *("2023-07-03", "2023-07-04"),
        ),
        ("meeting:eu-india-ttc-1", "scheduled", "planned", "2023-05-15/2023-05-16", "2023-05-15", "2023-05-16"),
        ("meeting:telecom-working-party-2023-04-18", "held", "done", "2023-04-18", "2023-04-18", "2023-04-18"),
        ("meeting:very-powerful-ai-summit", "proposed", "wanted", "", None, None),
        ("partnership:eu-india-ttc", "in force", "under way", "2022-04", "2022-04-01", "2022-04-30"),
        ("initiative:japan-data-flow-talks", "to be finalised", "negotiated", "", None, None),
    ],
)
def test_engagements_of_the_whole_graph_have_a_status_and_dates(
    of: Project, name: str, status: str, stage: str, dated: str, earliest: str | None, latest: str | None
) -> None:
    node = of("everything").nodes[iri(name)]
    assert [node[key] for key in ("status", "stage", "date", "earliest", "latest")] == [
        *(status, stage, dated, earliest, latest)
    ]


def test_things_of_the_whole_graph_that_are_no_engagements_have_no_status(of: Project) -> None:
    assert "status" not in of("everything").nodes[iri("country:japan")]
    assert not {"stage", "earliest"} & set(of("everything").nodes[iri("official:thierry-breton")])


def test_how_things_stand_is_told_by_the_nodes_and_is_no_node_itself(of: Project) -> None:
    derived = ("situation", "tie", "fate", "change", "snapshot", "disagreement", "milestone")
    assert not any(node.removeprefix(BASE).startswith(f"{kind}/") for node in of("everything") for kind in derived)


@pytest.mark.parametrize("stage", ["mentioned", "planned", "agreed", "done"])
def test_the_whole_graph_can_be_what_has_come_as_far_as_a_stage(of: Project, stage: str) -> None:
    whole, made = of("everything"), of("everything", stage=stage)
    least = STAGES.index(stage) - 1
    gone = {
        node
        for node, data in whole.nodes(data=True)
        if "stage_rank" in data and (0 if data["stage_rank"] is None else data["stage_rank"]) < least
    }
    assert set(whole) - set(made) == gone
    assert set(made.edges(keys=True)) <= set(whole.edges(keys=True))
    # What is only wanted of a partnership has come no further than that, however long it has been in force.
    relations = {key.removeprefix(EUD) for *_, key in made.edges(keys=True)}
    assert ("wantsTopic" in relations) == (stage == "mentioned")
    assert ("agenda" in relations) == (stage in ("mentioned", "planned"))
    assert ("cooperatesOn" in relations) == (stage != "done")


def test_the_whole_graph_can_be_what_passages_say(of: Project) -> None:
    everything, asserted = of("everything"), of("everything", inferred=False)
    assert set(asserted.edges(keys=True)) == {
        (s, t, key) for s, t, key, inferred in everything.edges(keys=True, data="inferred") if not inferred
    }
    assert 0 < asserted.number_of_edges() < everything.number_of_edges()


def test_the_whole_graph_before_anything_was_said_is_reference_data(of: Project) -> None:
    before = of("everything", known_by=date(2023, 4, 29))
    assert not any(said for *_, said in before.edges(data="passages"))
    assert not any(data.get("stage") for _, data in before.nodes(data=True))
    assert before.has_edge(iri("topic:5g"), iri("topic:connectivity"))


def test_the_whole_graph_has_no_levels(of: Project) -> None:
    with pytest.raises(UsageError, match="in the whole graph each topic stands for itself; leave out the level"):
        of("everything", level=0)


# ---------------------------------------------------------------- A network of one's own


LAWS = """
PREFIX eud: <https://w3id.org/eudigraph/ontology#>
SELECT ?source ?target (?source AS ?via) ?graph { GRAPH ?graph { ?source eud:concernsAct ?target } }
"""
BESIDE = """
title = "Laws at stake"
question = "Which laws does an initiative concern?"
relation = "concerns"
tie = "a law that the initiative concerns"
"""


def add(space: workspace.Workspace, query: str = LAWS, beside: str = BESIDE, name: str = "initiative-law") -> Path:
    folder = space.queries_folder / "networks"
    (folder / f"{name}.rq").write_text(query, "utf-8")
    (folder / f"{name}.toml").write_text(beside, "utf-8")
    return folder


def test_a_network_of_ones_own_is_a_query_and_what_is_said_beside_it(
    built: store.Built, copy: workspace.Workspace
) -> None:
    add(copy)
    found = {name: title for name, title in definitions.networks(copy).items() if "law" in name or "initiative" in name}
    assert found == {
        "initiative-law": "Laws at stake",
        "initiative-initiative": "Initiatives with laws in common",
        "law-initiative": "Laws and their initiatives",
        "law-law": "Laws with initiatives in common",
    }
    made = project(built, copy, "initiative-law")
    laws = {"AI Act", "Digital Markets Act", "Digital Services Act"}
    assert ties(made) == {("regulatory convergence with South Korea", law) for law in laws}
    assert tie(made, "initiative:south-korea-regulatory-convergence", "act:ai-act") == {
        "label": "concerns",
        "weight": 1,
        "via": iris("initiative", "south-korea-regulatory-convergence"),
        "passages": passages("25"),
        "inferred": False,
        "stage": "wanted",
        "stage_rank": 1,
        "certainty": "stated",
        "since": "2023-04-30",
    }
    assert project(built, copy, "law-law").number_of_edges() == 3
    assert ties(project(built, copy, "initiative-law", Choice(stage="planned"))) == set()
    assert ties(project(built, copy, "initiative-law", Choice(known_by=date(2023, 4, 29)))) == set()
    assert ties(project(built, copy, "country-topic")) == table()


def test_a_network_that_came_with_eudigraph_can_be_changed(built: store.Built, copy: workspace.Workspace) -> None:
    path = copy.queries_folder / "networks" / "country-topic.rq"
    path.write_text(
        path.read_text("utf-8").replace("WHERE {", f"WHERE {{ FILTER(?target = <{iri('topic:6g')}>)"), "utf-8"
    )
    assert ties(project(built, copy, "country-topic")) == {("Japan", "6G"), ("South Korea", "6G")}


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (
            "SELECT ?source ?target ?via ?graph { SERVICE <http://127.0.0.1:9/> { ?source ?via ?target } }",
            UsageError,
            r"queries/networks/initiative-law\.rq: SERVICE is refused",
        ),
        ("ASK { ?s ?p ?o }", DataError, r"queries/networks/initiative-law\.rq: gives no rows; write a SELECT query"),
        (
            "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
            DataError,
            r"queries/networks/initiative-law\.rq: gives no rows; write a SELECT query",
        ),
        ("DROP ALL", UsageError, r"queries/networks/initiative-law\.rq: updates are refused"),
        (
            "SELECT ?source ?target { ?source eud:concernsAct ?target }",
            DataError,
            r"queries/networks/initiative-law\.rq: must give \?source, \?target, \?via, \?graph",
        ),
        (
            "SELECT ?source ?target (?source AS ?via) ?graph { ?source eud:concernsAct ?target }",
            DataError,
            r"initiative-law\.rq: \?source, \?target, \?via, \?graph must be IRIs in every row",
        ),
        (
            'SELECT ("x" AS ?source) ?target (?target AS ?via) ?graph { GRAPH ?graph { ?s eud:concernsAct ?target } }',
            DataError,
            r"initiative-law\.rq: \?source, \?target, \?via, \?graph must be IRIs in every row",
        ),
        ("SELECT ?source {", UsageError, r"queries/networks/initiative-law\.rq: .*SPARQL.*line:1"),
        ("", UsageError, r"queries/networks/initiative-law\.rq: there is no query in the text"),
    ],
)
def test_a_query_that_makes_no_network_is_refused(
    built: store.Built, copy: workspace.Workspace, query: str, error: type[Exception], message: str
) -> None:
    add(copy, query)
    with pytest.raises(error, match=message):
        project(built, copy, "initiative-law")


def broken(built: store.Built, space: workspace.Workspace, name: str, message: str, *names: str) -> None:
    """Check that a network is refused for this reason and listed as broken, and that others go on."""
    for one in (name, *names):
        with pytest.raises(DataError, match=message):
            project(built, space, one)
    listed = definitions.networks(space)
    assert re.match(f"broken: {message}", listed[name])
    assert [one for one, title in listed.items() if title.startswith("broken")] == [name]
    assert list(listed)[:-1] == list(definitions.networks(workspace.open_workspace()))
    assert ties(project(built, space, "country-topic")) == table()


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        ("title = \n", r"queries/networks/initiative-law\.toml: Invalid value \(at line 1, column 9\); correct it"),
        ("", r"queries/networks/initiative-law\.toml: lacks question, relation, tie, title; write it as in the files "),
        (
            BESIDE + 'colour = "red"\n',
            r"queries/networks/initiative-law\.toml:6: colour is not a key of these files; the keys are question, ",
        ),
        (
            BESIDE.replace('"concerns"', "3"),
            r"queries/networks/initiative-law\.toml:4: relation is to be a text; put it in quotation marks",
        ),
        (
            BESIDE + 'among = "?source eud:partnerIn ?via } #"\n',
            r"queries/networks/initiative-law\.toml:6: among is one pattern with \?source, such as ",
        ),
        (
            BESIDE + 'among = "?x eud:partnerIn ?via"\n',
            r"queries/networks/initiative-law\.toml:6: among is one pattern with \?source, such as ",
        ),
        (
            BESIDE + 'stage = "mine"\n',
            r"queries/networks/initiative-law\.toml:6: stage is to be 'derived', or left out",
        ),
        (
            BESIDE + 'asserted = "?via eud:withCountry ?x"\n',
            r"queries/networks/initiative-law\.toml:6: asserted is one pattern with \?source and \?via, such as ",
        ),
    ],
)
def test_what_stands_beside_a_query_is_checked(
    built: store.Built, copy: workspace.Workspace, beside: str, message: str
) -> None:
    add(copy, beside=beside)
    broken(built, copy, "initiative-law", message, "law-initiative", "initiative-initiative", "law-law")


def test_a_query_without_what_stands_beside_it_is_refused(built: store.Built, copy: workspace.Workspace) -> None:
    (add(copy) / "initiative-law.toml").unlink()
    message = r"queries/networks/initiative-law\.rq: has no initiative-law\.toml beside it; write one with question, "
    broken(built, copy, "initiative-law", message)


def test_a_query_in_another_encoding_is_refused(built: store.Built, copy: workspace.Workspace) -> None:
    (add(copy) / "initiative-law.rq").write_bytes("# Luleå\n".encode("latin-1") + LAWS.encode())
    broken(built, copy, "initiative-law", r"queries/networks/initiative-law\.rq: cannot be read .*; save it in UTF-8")


@pytest.mark.parametrize("name", ["laws", "initiative-law-country", "Initiative-Law", "initiative-law2", "law-law"])
def test_a_network_is_named_after_its_two_kinds(built: store.Built, copy: workspace.Workspace, name: str) -> None:
    add(copy, name=name)
    message = (
        rf"queries/networks/{re.escape(name)}\.rq: is to be named after its two kinds of nodes, two different words"
    )
    broken(built, copy, name, message)


def test_a_broken_network_is_not_replaced_by_another(built: store.Built, copy: workspace.Workspace) -> None:
    folder = copy.queries_folder / "networks"
    text, beside = (folder / "country-topic.rq").read_text("utf-8"), (folder / "country-topic.toml").read_text("utf-8")
    add(copy, text, beside, "country-act")
    (folder / "country-topic.toml").write_text("title\n", "utf-8")
    with pytest.raises(DataError, match=r"queries/networks/country-topic\.toml: .*line 1"):
        project(built, copy, "country-country")
    assert project(built, copy, "act-act").number_of_edges() > 0


def test_a_network_that_is_not_known_is_not_sought_among_broken_ones(
    built: store.Built, copy: workspace.Workspace
) -> None:
    add(copy, beside="")
    with pytest.raises(
        UsageError, match=r"there is no network 'zzz'; there are: everything, country-topic, .*(?<!law)$"
    ):
        project(built, copy, "zzz")


# ---------------------------------------------------------------- Several sources


PREFIXES = "".join(
    f"@prefix {kind}: <{BASE}{kind}/> .\n"
    for kind in (
        *("certainty", "country", "initiative", "meeting", "method", "official", "org", "partnership", "passage"),
        *("reading", "source"),
    )
) + (
    f"@prefix status: <{BASE}status/> .\n@prefix topic: <{BASE}topic/> .\n@prefix eud: <{EUD}> .\n"
    "@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
)


def said(name: str, claims: str, *, hedged: bool = False) -> str:
    """Return a passage that claims this, of a source of its own name's first part."""
    source, _, place = name.partition("/")
    return f"""
passage:{source}\\/{place} a eud:Passage ; eud:source source:{source} ; eud:locator "¶1" ; eud:start 0 ; eud:end 10 ;
    eud:speaker org:euractiv ; eud:certainty certainty:{"hedged" if hedged else "stated"} ; eud:confidence 0.9 ;
    eud:reading reading:test ; eud:gist "Made up."@en .
passage:{source}\\/{place} {{ {claims} }}
"""


def source(name: str, published: str) -> str:
    return f"""
source:{name} a eud:Source ; eud:title "Made up"@en ; eud:publisher org:euractiv ;
    eud:published "{published}"^^edtf:EDTF ; eud:language "en" ; eud:sourceKind "press" ; eud:extent "text" ;
    eud:characters 100 ;
    eud:sha256 "{"0" * 64}" .
"""


READING = """
reading:test a eud:Reading ; eud:method method:by-hand ; eud:reader org:eudigraph-founders ;
    eud:readOn "2026-11-24"^^xsd:date .
"""
WITH_JAPAN = "a eud:DigitalPartnership ; eud:withCountry country:japan ;"
IN_FORCE = "eud:status status:in-force"


@pytest.fixture
def disputed(small: Callable[[str], workspace.Workspace], tmp_path: Path) -> Callable[..., Project]:
    """Build claims, and return what makes a network of them, by default of countries and topics."""

    def make(*claimed: str) -> Project:
        space = small("\n".join([PREFIXES, source("one", "2023-04"), source("two", "2023-06-15"), READING, *claimed]))
        names = ("partnership:a", "partnership:b", "initiative:x", "meeting:m", "official:o")
        named = "".join(f'<{iri(name)}> <{SKOS}prefLabel> "{name.replace(":", " ")}"@en .\n' for name in names)
        (space.root / "graph" / "reference" / "made-up.ttl").write_text(named, "utf-8")
        report = build.build(space, tmp_path / "out", use_hermit=False, exports=False)
        assert not report.errors
        made = store.open_built(tmp_path / "out")
        return lambda name="country-topic", **chosen: project(made, space, name, Choice(**chosen))

    return make


def test_what_one_passage_hedges_and_another_states_is_stated(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:pursuesTopic topic:6g , topic:5g .", hedged=True),
        said("two/1", f"partnership:a {WITH_JAPAN} eud:pursuesTopic topic:6g ; eud:status status:in-force ."),
    )
    made = network_of()
    both = [f"{BASE}passage/one/1", f"{BASE}passage/two/1"]
    assert tie(made, "country:japan", "topic:6g") == {
        "label": "has on the table",
        "weight": 1,
        "via": iris("partnership", "a"),
        "passages": both,
        "inferred": False,
        "stage": "agreed",
        "stage_rank": 5,
        "certainty": "stated",
        "since": "2023-04-30",
        "priority": False,
        "through": iri("partnership:a"),
        "borne_by": both[0],
    }
    alone = tie(made, "country:japan", "topic:5g")
    assert (alone["passages"], alone["certainty"]) == (both[:1], "hedged")
    whole = network_of("everything")
    assert [
        relation(whole, "partnership:a", "pursuesTopic", f"topic:{name}")["certainty"] for name in ("6g", "5g")
    ] == [*("stated", "hedged")]


def test_what_is_only_hedged_to_be_with_the_country_is_not_certain(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:status status:in-force .", hedged=True),
        said("one/2", "partnership:a eud:pursuesTopic topic:6g ."),
        said("one/3", f"partnership:b {WITH_JAPAN} eud:status status:in-force ."),
        said("one/4", f"partnership:b {WITH_JAPAN} eud:status status:in-force .", hedged=True),
        said("one/5", "partnership:b eud:pursuesTopic topic:5g ."),
    )
    certainties = nx.get_edge_attributes(network_of(), "certainty")
    japan = iri("country:japan")
    assert certainties == {(japan, iri("topic:5g")): "stated", (japan, iri("topic:6g")): "hedged"}


def test_a_tie_is_as_certain_as_what_bears_its_stage(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:status status:in-force ."),
        said("one/2", "partnership:a eud:pursuesTopic topic:6g .", hedged=True),
        said("one/3", f"partnership:b {WITH_JAPAN} eud:wantsTopic topic:6g ."),
    )
    # That it is wanted is stated outright, that it is agreed is not.
    found = tie(network_of(), "country:japan", "topic:6g")
    assert (found["weight"], found["stage"], found["certainty"]) == (2, "agreed", "hedged")


def test_what_one_wants_and_another_has_is_no_longer_only_wanted(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:wantsTopic topic:6g , topic:5g ; eud:status status:in-force ."),
        said("two/1", "partnership:a eud:pursuesTopic topic:6g ."),
    )
    found = tie(network_of(), "country:japan", "topic:6g")
    assert (found["weight"], found["stage"], found["borne_by"]) == (1, "agreed", f"{BASE}passage/two/1")
    assert ties(network_of()) == {("Japan", "6G"), ("Japan", "5G")}
    assert ties(network_of(stage="agreed")) == {("Japan", "6G")}
    before = network_of(known_by=date(2023, 6, 14))
    assert set(nx.get_edge_attributes(before, "stage").values()) == {"wanted"}


def test_what_was_dropped_is_left_out_unless_asked_for(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:party org:euractiv ; eud:status status:in-force ."),
        said("two/1", 'partnership:a eud:status status:ended ; eud:date "2023-06-01"^^edtf:EDTF .'),
    )

    def found(**chosen: Any) -> set[str | None]:
        return set(nx.get_edge_attributes(network_of("organisation-engagement", **chosen), "stage").values())

    assert found(known_by=date(2023, 4, 30)) == {"under way"}
    assert found() == set()
    assert found(stage="dropped") == {"dropped"}
    assert iri("partnership:a") in network_of("everything")
    assert iri("partnership:a") not in network_of("everything", stage="mentioned")


def test_what_two_sources_report_is_known_from_the_earlier_report(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:pursuesTopic topic:6g ."),
        said("two/1", "partnership:a eud:pursuesTopic topic:6g , topic:5g ."),
    )
    assert dict(nx.get_edge_attributes(network_of(), "since")) == {
        (iri("country:japan"), iri("topic:5g")): "2023-06-15",
        (iri("country:japan"), iri("topic:6g")): "2023-04-30",
    }
    assert ties(network_of(known_by=date(2023, 6, 14))) == {("Japan", "6G")}
    assert ties(network_of(known_by=date(2023, 6, 15))) == {("Japan", "6G"), ("Japan", "5G")}


def test_what_is_known_to_be_with_a_country_only_later_does_not_shine_back(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", "initiative:x a eud:Initiative ; eud:pursuesTopic topic:6g ; eud:status status:under-way ."),
        said("one/2", f"partnership:a {WITH_JAPAN} eud:status status:in-force ; eud:pursuesTopic topic:6g ."),
        said("two/1", "initiative:x eud:under partnership:a ."),
    )
    before, now = (network_of(known_by=day) for day in (date(2023, 6, 14), None))
    assert tie(before, "country:japan", "topic:6g")["via"] == iris("partnership", "a")
    assert tie(now, "country:japan", "topic:6g")["via"] == [iri("initiative:x"), iri("partnership:a")]
    assert [tie(made, "country:japan", "topic:6g")["stage"] for made in (before, now)] == ["agreed", "under way"]


def test_a_person_stands_for_an_organisation_once_that_is_known(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", "meeting:m a eud:Meeting ; eud:hasParticipant official:o . official:o a eud:Official ."),
        said("two/1", "official:o eud:represents org:euractiv . org:euractiv a eud:Organisation ."),
    )
    assert ties(network_of("organisation-engagement", known_by=date(2023, 6, 14))) == set()
    assert network_of("organisation-engagement").number_of_edges() == 1


def test_an_engagement_has_the_date_that_counts(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said(
            "one/1",
            f'partnership:a {WITH_JAPAN} {IN_FORCE} ; eud:pursuesTopic topic:6g ; eud:date "2022-05"^^edtf:EDTF .',
        ),
        said("two/1", f'partnership:a {IN_FORCE} ; eud:date "2022-05-03"^^edtf:EDTF .'),
    )
    days = [date(2023, 4, 30), date(2023, 6, 15)]
    found = [network_of("engagement-organisation", known_by=day, stage="dropped") for day in days]
    assert all(len(made) == 0 for made in found)
    nodes = [network_of("everything", known_by=day).nodes[iri("partnership:a")] for day in days]
    assert [(node["date"], node["earliest"], node["latest"]) for node in nodes] == [
        ("2022-05", "2022-05-01", "2022-05-31"),
        ("2022-05-03", "2022-05-03", "2022-05-03"),
    ]
    assert tie(network_of(), "country:japan", "topic:6g")["since"] == "2022-05-03"


def test_a_graph_without_claims_makes_empty_networks(disputed: Callable[..., Project]) -> None:
    network_of = disputed(said("one/1", ""))
    made = network_of(stage="dropped")
    assert (len(made), made.number_of_edges()) == (0, 0)
    assert made.graph["title"] == "Partner countries and topics"


def test_engagements_that_may_go_on_have_no_latest_day(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f'partnership:a {WITH_JAPAN} {IN_FORCE} ; eud:date "2022-05-02/.."^^edtf:EDTF .'),
    )
    node = network_of("everything").nodes[iri("partnership:a")]
    assert (node["date"], node["earliest"], node["latest"]) == ("2022-05-02/..", "2022-05-02", None)


# ---------------------------------------------------------------- What no longer follows, and what only follows


def relations(graph: nx.MultiDiGraph, source: str, target: str) -> set[str]:
    return {key.rpartition("#")[2] for key in graph.get_edge_data(BASE + source, BASE + target, default={})}


def test_everything_keeps_nothing_that_followed_from_what_is_left_out(
    built: store.Built, checkout: workspace.Workspace
) -> None:
    def everything(**choice: Any) -> nx.MultiDiGraph:
        return projections.project(built, checkout, "everything", definitions.Choice(**choice))

    india, skills = "country/india", "topic/digital-skills"
    assert "cooperatesOn" in relations(everything(), india, skills)
    assert "cooperatesOn" in relations(everything(stage="agreed"), india, skills)
    assert "cooperatesOn" not in relations(everything(stage="under-way"), india, skills)
    assert relations(everything(known_by=date(2023, 4, 29)), india, skills) == set()
    # Japan is partner in the talks on data flows, since these are with it, and no longer where they are left out.
    talks = "initiative/japan-data-flow-talks"
    assert "partnerIn" in relations(everything(stage="negotiated"), "country/japan", talks)
    assert relations(everything(stage="agreed"), "country/japan", talks) == set()
    assert not any(inferred for *_, inferred in everything(inferred=False).edges(data="inferred"))


def test_a_tie_through_somebody_whose_task_only_follows_is_inferred(
    built: store.Built, checkout: workspace.Workspace
) -> None:
    made = projections.project(built, checkout, "organisation-engagement")
    meeting = f"{BASE}meeting/telecom-working-party-2023-04-18"
    assert made.edges[f"{BASE}org/dg-connect", meeting]["inferred"] is True
    assert made.edges[f"{BASE}org/european-commission", meeting]["inferred"] is False


def test_a_network_of_ones_own_takes_the_place_of_no_other(copy: workspace.Workspace, built: store.Built) -> None:
    folder = copy.queries_folder / "networks"
    for ending in (".rq", ".toml"):
        (folder / f"country-act{ending}").write_text((folder / f"country-topic{ending}").read_text("utf-8"), "utf-8")
    known = definitions.networks(copy)
    assert known["country-country"] == "Countries with topics in common"
    assert known["act-act"] == "Acts with countries in common"


# ---------------------------------------------------------------- One value everywhere, and what was known when


FIXTURES = Path(__file__).resolve().parent / "fixtures"
APRIL = date(2023, 4, 30)


@pytest.fixture(scope="module")
def several(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> store.Built:
    """The graph of the article and of three later sources."""
    folder = tmp_path_factory.mktemp("several")
    for name in workspace.FOLDERS:
        shutil.copytree(checkout.root / name, folder / "workspace" / name)
    for path in FIXTURES.glob("*.trig"):
        shutil.copy(path, folder / "workspace" / "graph")
    shutil.copy(FIXTURES / "trial-reference.ttl", folder / "workspace" / "graph" / "reference")
    space = workspace.open_workspace(folder / "workspace")
    report = build.build(space, folder / "build", use_hermit=False, exports=False)
    assert not report.errors
    return store.open_built(folder / "build")


def derived(built: store.Built, kind: str, day: date, *names: str) -> list[tuple[str, ...]]:
    """Return what the build wrote of that kind, as it is known by a day."""
    variables = " ".join(f"?{name}" for name in names)
    patterns = " ".join(f"OPTIONAL {{ ?s eud:{name} ?{name} }}" for name in names)
    found = select(
        built.store,
        f"""SELECT {variables} {{ GRAPH graph:state {{ ?s a eud:{kind} ; eud:knownFrom ?from ; eud:knownUntil ?until .
            {patterns} FILTER(?from <= "{day}"^^xsd:date && "{day}"^^xsd:date < ?until) }} }}""",
        prefixes=PREFIXED,
    )
    return [tuple(row[name].value if row[name] else "" for name in names) for row in found]


@pytest.mark.parametrize("day", [APRIL, date(2023, 5, 31), date(2023, 7, 1), date(2023, 11, 24)])
def test_every_tie_has_the_stage_that_the_build_derived(
    several: store.Built, checkout: workspace.Workspace, day: date
) -> None:
    made = project(several, checkout, "country-topic", Choice(known_by=day))
    names = ("ofCountry", "onTopic", "stage", "through", "borneBy", "isPriority")
    rows = derived(several, "Tie", day, *names)
    assert len(rows) >= 54
    assert {(country, topic): tuple(told) for country, topic, *told in rows} == {
        (s, t): (
            f"{BASE}stage/{data['stage'].replace(' ', '-')}",
            data["through"],
            data["borne_by"],
            str(data["priority"]).lower(),
        )
        for s, t, data in made.edges(data=True)
    }
    whole = project(several, checkout, "everything", Choice(known_by=day))
    cooperates = {
        (s, t): data["stage"] for s, t, key, data in whole.edges(keys=True, data=True) if "cooperatesOn" in key
    }
    stages = {(s, t): data["stage"] for s, t, data in made.edges(data=True) if data["stage_rank"] >= 5}
    assert cooperates == stages
    # At each stage, the same ties with the same values are left.
    for stage in ("planned", "agreed"):
        part = project(several, checkout, "country-topic", Choice(stage, known_by=day))
        assert {(s, t): data["stage"] for s, t, data in part.edges(data=True)} == {
            (s, t): data["stage"]
            for s, t, data in made.edges(data=True)
            if data["stage_rank"] >= STAGES.index(stage) - 1
        }


@pytest.mark.parametrize("day", [APRIL, date(2023, 7, 1), date(2023, 11, 24)])
@pytest.mark.parametrize("name", ["everything", "engagement-organisation", "meeting-official"])
def test_every_engagement_stands_as_the_build_derived(
    several: store.Built, checkout: workspace.Workspace, name: str, day: date
) -> None:
    made = project(several, checkout, name, Choice("dropped", known_by=day))
    names = ("about", "inStatus", "stage", "isDisputed", "onDate", "firstDay", "lastDay")
    told = {row[0]: row[1:] for row in derived(several, "Situation", day, *names)}
    engagements = {node: data for node, data in made.nodes(data=True) if "stage" in data}
    assert len(engagements) >= 2
    for node, data in engagements.items():
        if node not in told:
            assert (data["status"], data["stage"], data["stage_rank"]) == (None, None, None)
            continue
        status, stage, disputed, when, first, last = told[node]
        assert data["stage"] == stage.rpartition("/")[2].replace("-", " ")
        assert data["status"] == status.rpartition("/")[2].replace("-", " ")
        assert data["disputed"] is (disputed == "true")
        assert (data["date"], data["earliest"], data["latest"]) == (when, first or None, last or None)
    if name == "everything":
        assert set(told) <= set(engagements)


@pytest.mark.parametrize("name", [*definitions.networks(workspace.open_workspace())])
def test_later_sources_change_nothing_of_what_was_known_before(
    of: Project, several: store.Built, checkout: workspace.Workspace, name: str
) -> None:
    alone, then = of(name), project(several, checkout, name, Choice(known_by=APRIL))
    assert sorted(then.edges(data=True), key=str) == sorted(alone.edges(data=True), key=str)
    # Names of what only the later sources speak of are reference data, and so in the whole graph.
    assert {node: then.nodes[node] for node in alone} == dict(alone.nodes(data=True))
    assert name == "everything" or set(then) == set(alone)
    assert then.graph == alone.graph


def test_two_days_are_compared(several: store.Built, checkout: workspace.Workspace) -> None:
    found = changes.between(several, checkout, "country-topic", APRIL)
    assert (found.before, found.after) == ("2023-04-30", "2023-11-24")
    told = {(row.change, row.first, row.second, row.before, row.after) for row in found.rows}
    assert ("advanced", "Canada", "cybersecurity", "wanted", "agreed") in told
    assert ("new", "Canada", "digital skills", None, "agreed") in told
    assert ("new", "digital governance", "", None, None) in told  # a node
    assert found.headline == (
        "Partner countries and topics, known by 2023-11-24 rather than by 2023-04-30: ties: 14 new, 7 advanced; "
        "nodes: 3 changes."
    )
    # Nothing changes on days on which nothing is said.
    choice = Choice(known_by=date(2023, 5, 1))
    assert changes.between(several, checkout, "everything", APRIL, choice).rows == []


def test_what_is_compared_the_other_way_round_goes_and_falls_back(
    several: store.Built, checkout: workspace.Workspace
) -> None:
    before, after = (
        project(several, checkout, "meeting-official", Choice(known_by=day)) for day in (APRIL, date(2023, 7, 1))
    )
    forth, back = changes.compare(before, after), changes.compare(after, before)
    opposite = {"new": "gone", "advanced": "fell back"}
    assert {(opposite[row.change], row.first_iri, row.second_iri, row.after, row.before) for row in forth.rows} == {
        (row.change, row.first_iri, row.second_iri, row.before, row.after) for row in back.rows
    }
    # The meeting itself, and who takes part in it.
    assert {(row.first, row.second, row.before, row.after) for row in forth.rows if row.change == "advanced"} >= {
        ("Thierry Breton with Lee Jong Ho, 2023", "", "planned", "done"),
        ("Thierry Breton with Lee Jong Ho, 2023", "Lee Jong Ho", "planned", "done"),
    }


def test_only_networks_of_a_kind_are_compared(of: Project) -> None:
    with pytest.raises(UsageError, match="two networks are compared of the same kind"):
        changes.compare(of("everything"), of("country-topic"))
