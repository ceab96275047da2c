"""Networks of the graph: what the library's queries say, tie for tie, with weights, evidence, standing and dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from eudigraph.ask import answers, library
from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.model import labels, workspace
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import BASE, CLAIMS, EUD, SKOS
from eudigraph.model.ontology import from_store
from eudigraph.network import definitions, everything, in_common, projections
from eudigraph.network.definitions import Choice
from eudigraph.network.projections import project

Project = Callable[..., nx.Graph]
Ties = set[tuple[str, str]]

# The tables of ../shared/competency-questions.md: what a careful reader of the article finds.
PURSUED = {
    "United States": {
        *("sustainable trade", "emerging technologies", "economic security", "digital infrastructure"),
        *("trade and labour", "stakeholder engagement", "standardisation", "artificial intelligence", "semiconductors"),
        *("connectivity", "5G", "infrastructure in third countries", "human rights online"),
        *("online platforms and services", "foreign interference"),
    },
    "India": {
        *("high-performance computing", "quantum computing", "artificial intelligence", "standardisation"),
        *("digital skills", "digital public infrastructure", "interoperability of digital public infrastructure"),
        "security of digital public infrastructure",
    },
    "Japan": {
        *("semiconductors", "research and development", "supply-chain resilience", "6G", "high-performance computing"),
        *("research links", "quantum satellite communications", "Arctic connectivity", "submarine cables"),
        *("data governance", "data flows"),
    },
    "South Korea": {
        *("semiconductors", "industrial investment", "online platforms and services", "AI regulation"),
        *("financing of connectivity infrastructure", "research and development", "emerging technologies"),
        *("artificial intelligence", "6G", "standardisation", "high-performance computing", "quantum computing"),
    },
    "Singapore": {"digital identity", "AI governance", "AI standards", "digitalisation of small firms"},
    "Canada": set[str](),
}
WANTED = {"artificial intelligence", "research and development", "connectivity", "cybersecurity"}

# What the article leaves open, or says with a hedge: only wanted, envisaged or expected, or of paragraph 25.
UNCERTAIN = {
    # Wanted, envisaged or hedged.
    ("Japan", "6G"),
    ("Japan", "research links"),
    ("Japan", "quantum satellite communications"),
    ("Japan", "data governance"),
    ("South Korea", "industrial investment"),
    ("South Korea", "financing of connectivity infrastructure"),
    ("South Korea", "online platforms and services"),
    ("South Korea", "AI regulation"),
    # Of which nothing more is said than that they are named.
    *(("Japan", topic) for topic in ("semiconductors", "supply-chain resilience", "submarine cables")),
    ("Japan", "research and development"),
    *(("Singapore", topic) for topic in ("digital identity", "AI governance", "AI standards")),
    ("Singapore", "digitalisation of small firms"),
    *(("South Korea", topic) for topic in ("artificial intelligence", "6G", "emerging technologies")),
    ("South Korea", "standardisation"),
}

# What paragraphs 8 and 10 have on the agenda of Luleå alone, or expect of it: no initiative is about it as well.
LULEA_ALONE = PURSUED["United States"] - {
    *("connectivity", "digital infrastructure", "infrastructure in third countries", "trade and labour"),
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


def table(pursued: dict[str, set[str]]) -> Ties:
    return {(country, topic) for country, topics in pursued.items() for topic in topics}


def tie(made: nx.Graph, first: str, second: str) -> dict[str, Any]:
    data: dict[str, Any] = made.edges[iri(first), iri(second)]
    return data


def answered(built: store.Built, checkout: workspace.Workspace, query: str) -> list[dict[str, str]]:
    """Return the rows of a query of the library, things by their names."""
    found = answers.ask(built, library.load_library(checkout)[query], {})
    terms = {term.value for row in found.rows for term in row if term is not None}
    named = labels.labels(built.store, {term for term in terms if term.startswith(BASE)})
    return [
        {name: named.get(term.value, term.value) for name, term in zip(found.variables, row, strict=True) if term}
        for row in found.rows
    ]


# ---------------------------------------------------------------- Countries and topics


def test_countries_are_tied_to_the_topics_that_a_reader_finds(of: Project) -> None:
    assert ties(of("country-topic")) == table(PURSUED)
    assert ties(of("country-topic", claims="pursued")) == table(PURSUED)


def test_countries_are_tied_to_what_the_librarys_query_gives(
    of: Project, built: store.Built, checkout: workspace.Workspace
) -> None:
    rows = answered(built, checkout, "topics")
    given = {
        standing: {(r["country"], r["topic"]) for r in rows if r["standing"] == standing}
        for standing in ("pursued", "wanted")
    }
    assert ties(of("country-topic")) == given["pursued"]
    assert ties(of("country-topic", claims="all")) == given["pursued"] | given["wanted"]
    settled = {(row["country"], row["topic"]) for row in rows if row["settled"] == "true"}
    made = of("country-topic", claims="all")
    firm = made.edge_subgraph([(s, t) for s, t, standing in made.edges(data="standing") if standing == "settled"])
    assert ties(firm) == settled


def test_what_is_only_wanted_joins_what_is_pursued_when_all_counts(of: Project) -> None:
    everything = of("country-topic", claims="all")
    assert ties(everything) == table(PURSUED) | {("Canada", topic) for topic in WANTED}
    assert {s for _, t, s in everything.edges(iri("country:canada"), data="standing")} == {"wanted"}
    assert tie(everything, "country:canada", "topic:cybersecurity") == {
        "label": "cooperates on (wanted)",
        "weight": 2,
        "via": [iri("initiative:canada-upgrade"), iri("partnership:eu-canada-digital-partnership")],
        "passages": passages("30"),
        "inferred": False,
        "standing": "wanted",
        "certainty": "stated",
        "since": "2023-04-01",
    }


def test_what_is_certain_is_less_than_what_is_pursued_and_that_less_than_all(of: Project) -> None:
    certain, pursued, everything = (ties(of("country-topic", claims=claims)) for claims in CLAIMS)
    assert certain == table(PURSUED) - UNCERTAIN
    assert certain < pursued < everything


def test_a_partner_without_a_topic_is_there_without_ties(of: Project) -> None:
    made = of("country-topic")
    assert list(nx.isolates(made)) == [iri("country:canada")]
    assert made.nodes[iri("country:canada")] == {
        "label": "Canada",
        "kind": "country",
        "classes": [EUD + "Country"],
        "passages": [],
        "bipartite": 0,
    }
    # Sweden hosts; it is no partner.
    assert [made.nodes[n]["label"] for n, side in made.nodes(data="bipartite") if side == 0] == sorted(PURSUED)
    assert list(nx.isolates(of("country-country"))) == [iri("country:canada"), iri("country:singapore")]


def test_a_network_says_what_it_is(of: Project) -> None:
    tie = "a topic that a partnership, meeting or initiative with the country is about"
    assert of("country-topic").graph == {
        **{"name": "country-topic", "title": "Partner countries and topics", "two_mode": True, "claims": "pursued"},
        **{"question": "Which topics come up with which partner country?", "tie": f"A tie is {tie}."},
    }
    assert of("topic-country").graph["title"] == "Topics and their countries"
    alike = f"Two topics are tied by the countries they share; between the two kinds, a tie is {tie}."
    assert of("topic-topic", claims="all").graph == {
        **{"name": "topic-topic", "title": "Topics with countries in common", "two_mode": False, "claims": "all"},
        **{"question": "", "tie": alike},
    }


# ---------------------------------------------------------------- One tie, by hand


def test_japan_and_6g_are_tied_by_an_initiative_that_is_only_envisaged(of: Project) -> None:
    # Paragraph 18; that what is pursued under the partnership is pursued with Japan follows.
    assert tie(of("country-topic"), "country:japan", "topic:6g") == {
        "label": "cooperates on",
        "weight": 1,
        "via": iris("initiative", "japan-6g-research"),
        "passages": passages("18-6g"),
        "inferred": True,
        "standing": "unsettled",
        "certainty": "stated",
        "since": "2023-04-01",  # the month of the report: nothing says since when
    }


def test_a_tie_is_as_firm_as_the_firmest_and_as_old_as_the_oldest_of_its_engagements(of: Project) -> None:
    # The partnership itself (24), a meeting on 30 June that is tentative (24), an initiative that is wanted (24).
    assert tie(of("country-topic"), "country:south-korea", "topic:semiconductors") == {
        "label": "cooperates on",
        "weight": 3,
        "via": [
            iri("initiative:south-korea-high-end-chips"),
            iri("meeting:breton-lee-2023"),
            iri("partnership:eu-south-korea-digital-partnership"),
        ],
        "passages": passages("24", "24-chips"),
        "inferred": False,
        "standing": "settled",
        "certainty": "stated",
        "since": "2023-04-01",
    }


def test_of_what_counts_only_in_part_only_that_part_weighs(of: Project) -> None:
    certain = tie(of("country-topic", claims="certain"), "country:south-korea", "topic:semiconductors")
    assert (certain["weight"], certain["via"], certain["passages"]) == (
        1,
        iris("partnership", "eu-south-korea-digital-partnership"),
        passages("24"),
    )


def test_what_the_paper_hedges_is_hedged(of: Project) -> None:
    assert tie(of("country-topic"), "country:south-korea", "topic:ai-regulation") == {
        "label": "cooperates on",
        "weight": 1,
        "via": iris("initiative", "south-korea-regulatory-convergence"),
        "passages": passages("25"),
        "inferred": True,
        "standing": "unsettled",
        "certainty": "hedged",
        "since": "2023-04-01",
    }
    hedged = {edge for edge in of("country-topic").edges(data="certainty") if edge[2] != "stated"}
    ends = [iri("topic:ai-regulation"), iri("topic:digital-platforms")]
    assert hedged == {(iri("country:south-korea"), end, "hedged") for end in ends}


def test_a_dated_engagement_dates_its_ties(of: Project) -> None:
    made = of("country-topic")
    assert tie(made, "country:united-states", "topic:5g")["since"] == "2023-05-31"
    assert tie(made, "country:india", "topic:digital-skills")["since"] == "2022-04-01"


# ---------------------------------------------------------------- What was chosen


def test_only_what_passages_say_outright_is_left_without_what_follows(of: Project) -> None:
    asserted = of("country-topic", inferred=False)
    assert ties(asserted) == {
        *(("India", topic) for topic in PURSUED["India"]),
        ("Japan", "high-performance computing"),
        ("Japan", "Arctic connectivity"),
        ("South Korea", "semiconductors"),
    }
    assert not any(inferred for _, _, inferred in asserted.edges(data="inferred"))
    # The initiative of that topic is pursued under the partnership: that it is Japan's as well follows.
    assert tie(asserted, "country:japan", "topic:arctic-connectivity")["via"] == iris(
        "partnership", "eu-japan-digital-partnership"
    )
    # All ties that the whole network marks as asserted, and no other.
    whole = of("country-topic")
    said = [(s, t) for s, t, inferred in whole.edges(data="inferred") if not inferred]
    assert ties(whole.edge_subgraph(said)) == ties(asserted)


def test_what_had_not_begun_by_a_day_is_left_out(of: Project) -> None:
    # Neither Luleå (31 May), nor what it alone is about; the ministerial with India (15 May) has no topics of its own.
    early = of("country-topic", until=date(2023, 5, 14))
    assert ties(early) == table(PURSUED) - {("United States", topic) for topic in LULEA_ALONE}
    assert tie(early, "country:united-states", "topic:connectivity")["via"] == iris(
        "initiative", "us-third-country-connectivity"
    )
    # The meeting of 30 June is about semiconductors, too.
    assert tie(early, "country:south-korea", "topic:semiconductors")["weight"] == 2
    assert ties(of("country-topic", until=date(2023, 5, 30))) == ties(early)
    assert ties(of("country-topic", until=date(2023, 5, 31))) == table(PURSUED)


def test_what_has_no_date_counts_from_its_report(of: Project) -> None:
    assert ties(of("country-topic", until=date(2023, 4, 1))) == ties(of("country-topic", until=date(2023, 5, 14)))
    before = of("country-topic", until=date(2023, 3, 31))
    assert "Japan" not in {country for country, _ in ties(before)}
    # The country stays: it is a partner in what passages say.
    assert iri("country:japan") in before
    assert ties(of("country-topic", until=date(2022, 3, 31))) == set()


def test_until_and_claims_and_what_is_asserted_go_together(of: Project) -> None:
    made = of("country-topic", until=date(2023, 5, 14), claims="certain", inferred=False)
    assert ties(made) == ties(of("country-topic", inferred=False))


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
    rolled = {(country, broad) for country, topic in table(PURSUED) for broad in above.get(topic, {topic})}
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
    assert japan["via"] == [
        *iris("initiative", "arctic-cable", "japan-6g-research", "japan-quantum-satellites"),
        iri("partnership:eu-japan-digital-partnership"),
    ]
    assert japan["passages"] == passages("18-6g", "19", "20", "20-cable")


def test_topics_are_rolled_up_no_further_than_the_level(of: Project) -> None:
    made = of("country-topic", level=1)
    topics = {made.nodes[node]["label"] for node, side in made.nodes(data="bipartite") if side == 1}
    all_topics = set().union(*PURSUED.values())
    # Only what is two below the broadest moves up; AI standards are also one below standardisation, and stay.
    gone = {"AI governance", "AI regulation", "quantum computing"}
    assert topics == (all_topics - gone) | {"quantum technologies"}
    assert nx.utils.graphs_equal(of("country-topic", level=2), of("country-topic"))


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"claims": "some"}, r"claims can be certain, pursued, all, not 'some'"),
        ({"claims": "x" * 500}, r"claims can be certain, pursued, all, not 'x{79}…'"),
        ({"level": -1}, r"a level is a number from 0 \(the broadest topics\) to 64, not -1"),
        ({"level": 65}, r"a level is a number from 0 \(the broadest topics\) to 64, not 65"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Choice(**chosen)


# ---------------------------------------------------------------- One kind of nodes


def test_countries_are_tied_by_the_topics_in_common_that_the_librarys_query_counts(
    of: Project, built: store.Built, checkout: workspace.Workspace
) -> None:
    rows = answered(built, checkout, "agenda-similarity")
    expected = {(r["first"], r["second"]): (int(r["shared"]), float(r["jaccard"])) for r in rows}
    made = of("country-country")
    found = {
        (made.nodes[s]["label"], made.nodes[t]["label"]): (data["weight"], round(data["jaccard"], 3))
        for s, t, data in made.edges(data=True)
    }
    assert found == expected
    assert found == {
        (a, b): (len(PURSUED[a] & PURSUED[b]), round(len(PURSUED[a] & PURSUED[b]) / len(PURSUED[a] | PURSUED[b]), 3))
        for a in sorted(PURSUED)
        for b in sorted(PURSUED)
        if a < b and PURSUED[a] & PURSUED[b]
    }


def test_what_two_countries_have_in_common_is_as_firm_as_the_weaker_end_of_its_best_topic(of: Project) -> None:
    # 6G is only envisaged with Japan; research, computing and semiconductors are firm with both.
    assert tie(of("country-country"), "country:japan", "country:south-korea") == {
        "label": "have in common",
        "weight": 4,
        "shared": iris("topic", "6g", "high-performance-computing", "research-and-development", "semiconductors"),
        "jaccard": round(4 / 19, 6),
        "passages": passages("18", "18-6g", "19", "24", "24-chips", "27", "28"),
        "inferred": True,
        "standing": "settled",
        "certainty": "stated",
        "since": "2023-04-01",
    }
    india = tie(of("country-country"), "country:india", "country:united-states")
    assert india["since"] == "2023-05-31"  # not before both had begun
    wanted = tie(of("country-country", claims="all"), "country:canada", "country:india")
    assert (wanted["shared"], wanted["standing"]) == (iris("topic", "artificial-intelligence"), "wanted")


def test_a_topic_in_common_that_is_hedged_with_one_is_hedged(of: Project) -> None:
    made = of("topic-topic")
    # Only South Korea has them both, in paragraph 25.
    both = tie(made, "topic:ai-regulation", "topic:digital-platforms")
    assert (both["shared"], both["certainty"], both["jaccard"]) == (iris("country", "south-korea"), "hedged", 0.5)
    mixed = tie(made, "topic:ai-regulation", "topic:semiconductors")
    assert (mixed["certainty"], mixed["passages"]) == ("hedged", passages("24", "24-chips", "25"))


def test_topics_are_tied_by_the_countries_that_pursue_both(of: Project) -> None:
    by_topic = {topic: {c for c, topics in PURSUED.items() if topic in topics} for _, topic in table(PURSUED)}
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
    number = sum(len(topics) * (len(topics) - 1) // 2 for topics in PURSUED.values())
    monkeypatch.setattr(in_common, "MAX_PAIRS", number)
    assert of("topic-topic").number_of_nodes() == 37
    monkeypatch.setattr(in_common, "MAX_PAIRS", number - 1)
    message = f"{number} times two have something in common, more than {number - 1}; choose an earlier day, or the "
    with pytest.raises(UsageError, match=message):
        of("topic-topic")
    assert of("country-country").number_of_edges() == 6


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
        "standing": "settled",
        "certainty": "stated",
        "since": "2023-04-18",
    }
    assert ties(of("official-meeting", claims="certain")) == {
        ("Thibaut Kleiner", "Telecom Working Party, 18 April 2023")
    }
    assert ties(of("official-official")) == {("Lee Jong Ho", "Thierry Breton")}


def test_engagements_have_a_status_and_dates(of: Project) -> None:
    made = of("official-meeting", until=date(2023, 6, 30))
    assert made.nodes[iri("meeting:breton-lee-2023")] == {
        "label": "Thierry Breton with Lee Jong Ho, 2023",
        "kind": "bilateral meeting",
        "classes": [EUD + "BilateralMeeting"],
        "status": ["tentative"],
        "date": "2023-06-30?",
        "earliest": "2023-06-30",
        "latest": "2023-06-30",
        "passages": passages("23"),
        "bipartite": 1,
    }
    # The officials stay, being officials; the meeting of the day after is none of the network's.
    before = of("official-meeting", until=date(2023, 6, 29))
    assert sorted(data["label"] for _, data in before.nodes(data=True)) == [
        "Lee Jong Ho",
        "Telecom Working Party, 18 April 2023",
        "Thibaut Kleiner",
        "Thierry Breton",
    ]
    engagements = of("engagement-organisation").nodes
    disputed = engagements[iri("partnership:eu-canada-digital-partnership")]
    assert (disputed["status"], disputed["date"], disputed["earliest"]) == (["in force", "wanted"], "", None)
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
        "european-union": iris("partnership", "eu-canada-digital-partnership"),
        "korean-industry": iris("initiative", "south-korea-investment"),
        "leading-meps": iris("meeting", "very-powerful-ai-summit"),
        "research-community": iris("initiative", "japan-research-links"),
        "small-firms": iris("initiative", "singapore-sme-practice"),
        "us-administration": iris("meeting", "eu-us-ttc-4"),
    }
    # The Commission wants the partnership with Canada, the Union is its party: all that the two have in common.
    assert tie(made, "org:european-commission", "org:european-union") == {
        "label": "have in common",
        "weight": 1,
        "shared": iris("partnership", "eu-canada-digital-partnership"),
        "jaccard": round(1 / 27, 6),
        "passages": passages("05-canada", "30"),
        "inferred": False,
        "standing": "unsettled",
        "certainty": "stated",
        "since": "2023-04-01",
    }
    assert sorted(made.nodes[node]["label"] for node in nx.isolates(made)) == [
        "American trade unions",
        "EURACTIV",
        "digital industry",
        "telecom operators",
    ]


@pytest.mark.parametrize("name", ["country-topic", "official-meeting", "organisation-engagement"])
@pytest.mark.parametrize("claims", CLAIMS)
def test_a_turned_name_gives_the_same_ties_with_the_sides_exchanged(of: Project, name: str, claims: str) -> None:
    left, right = name.split("-")
    straight, turned = of(name, claims=claims), of(f"{right}-{left}", claims=claims)
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
    made, again = of(name, claims="all"), of(name, claims="all")
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
    assert made.graph == {"title": title, "two_mode": False, "name": "everything", "claims": "all"}


def test_statements_of_the_whole_graph_know_how_certain_they_are(of: Project) -> None:
    made = of("everything")
    assert relation(made, "initiative:south-korea-regulatory-convergence", "pursuesTopic", "topic:ai-regulation") == {
        "label": "pursues topic",
        "inferred": False,
        "passages": passages("25"),
        "certainty": "hedged",
    }
    said = relation(made, "partnership:eu-india-ttc", "withCountry", "country:india")
    assert (said["certainty"], said["inferred"], said["passages"]) == ("stated", False, passages("05"))
    follows = relation(made, "country:south-korea", "cooperatesOn", "topic:ai-regulation")
    assert (follows["certainty"], follows["inferred"], follows["passages"]) == (None, True, [])
    hedged = {(s, t) for s, t, certainty in made.edges(data="certainty") if certainty == "hedged"}
    assert {source for source, _ in hedged} == {iri("initiative:south-korea-regulatory-convergence")}
    assert {
        c for *_, p, c in ((s, t, d["passages"], d["certainty"]) for s, t, d in made.edges(data=True)) if not p
    } == {None}


@pytest.mark.parametrize(
    ("name", "status", "settled", "dated", "earliest", "latest"),
    [
        ("meeting:breton-lee-2023", ["tentative"], False, "2023-06-30?", "2023-06-30", "2023-06-30"),
        (
            "meeting:eu-japan-summit-2023",
            ["to be confirmed"],
            False,
            "2023-07-03?/2023-07-04?",
            "2023-07-03",
            "2023-07-04",
        ),
        ("meeting:eu-india-ttc-1", ["scheduled"], True, "2023-05-15/2023-05-16", "2023-05-15", "2023-05-16"),
        ("meeting:telecom-working-party-2023-04-18", ["held"], True, "2023-04-18", "2023-04-18", "2023-04-18"),
        ("meeting:very-powerful-ai-summit", ["proposed"], False, "", None, None),
        ("partnership:eu-india-ttc", ["in force"], True, "2022-04", "2022-04-01", "2022-04-30"),
        ("partnership:eu-canada-digital-partnership", ["in force", "wanted"], False, "", None, None),
        ("initiative:japan-data-flow-talks", ["to be finalised"], True, "", None, None),
    ],
)
def test_engagements_of_the_whole_graph_have_a_status_and_dates(
    of: Project, name: str, status: list[str], settled: bool, dated: str, earliest: str | None, latest: str | None
) -> None:
    node = of("everything").nodes[iri(name)]
    assert [node[key] for key in ("status", "settled", "date", "earliest", "latest")] == [
        *(status, settled, dated, earliest, latest)
    ]


def test_things_of_the_whole_graph_that_are_no_engagements_have_no_status(of: Project) -> None:
    assert "status" not in of("everything").nodes[iri("country:japan")]
    assert "earliest" not in of("everything").nodes[iri("election:united-states-2024")]


def test_the_whole_graph_can_leave_out_what_is_only_wanted(of: Project) -> None:
    everything, pursued = of("everything"), of("everything", claims="pursued")
    gone = set(everything.edges(keys=True)) - set(pursued.edges(keys=True))
    wanting = ["partnership:eu-canada-digital-partnership", "initiative:canada-upgrade"]
    topics = iris("topic", "artificial-intelligence", "research-and-development", "connectivity", "cybersecurity")
    assert gone == {
        *((iri(source), topic, EUD + "wantsTopic") for source in wanting for topic in topics),
        *((iri("country:canada"), topic, EUD + "cooperationWantedOn") for topic in topics),
        # It follows from what the Commission wants to pursue with Canada, and from nothing else.
        *((iri("org:european-commission"), topic, EUD + "advocates") for topic in topics),
    }
    assert list(pursued) == list(everything)


def test_the_whole_graph_can_be_what_is_certain(of: Project) -> None:
    certain = of("everything", claims="certain")
    open_ = {node for node, settled in certain.nodes(data="settled", default=True) if not settled}
    assert iri("initiative:japan-6g-research") in open_
    assert not any(end in open_ for edge in certain.edges for end in edge[:2])
    assert {certainty for *_, certainty in certain.edges(data="certainty")} == {"stated", None}
    assert set(certain.edges(keys=True)) < set(of("everything", claims="pursued").edges(keys=True))


def test_the_whole_graph_can_be_what_passages_say(of: Project) -> None:
    everything, asserted = of("everything"), of("everything", inferred=False)
    assert set(asserted.edges(keys=True)) == {
        (s, t, key) for s, t, key, inferred in everything.edges(keys=True, data="inferred") if not inferred
    }
    assert 0 < asserted.number_of_edges() < everything.number_of_edges()


def test_the_whole_graph_leaves_out_engagements_that_had_not_begun(of: Project) -> None:
    def later(day: date) -> set[str]:
        return set(of("everything")) - set(of("everything", until=day))

    first = iri("meeting:eu-india-ttc-1")
    after = {*iris("meeting", "eu-us-ttc-4", "breton-lee-2023", "eu-japan-summit-2023")}
    assert later(date(2023, 5, 14)) == {first, *after}
    assert later(date(2023, 5, 15)) == after
    assert later(date(2023, 7, 3)) == set()


def test_the_whole_graph_leaves_out_statements_that_had_not_been_reported(of: Project) -> None:
    before = of("everything", until=date(2023, 3, 31))
    dated = {node for node, first in before.nodes(data="earliest") if first}
    assert not any(said for s, o, said in before.edges(data="passages") if not {s, o} & dated)
    assert all(before.nodes[node]["earliest"] <= "2023-03-31" for node in dated)
    # Reference data and the ontology are nobody's report.
    assert before.has_edge(iri("topic:5g"), iri("topic:connectivity"))
    assert any(said for *_, said in of("everything", until=date(2023, 4, 1)).edges(data="passages"))


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
        "standing": "unsettled",
        "certainty": "hedged",
        "since": "2023-04-01",
    }
    assert project(built, copy, "law-law").number_of_edges() == 3
    assert ties(project(built, copy, "initiative-law", Choice(claims="certain"))) == set()
    assert ties(project(built, copy, "country-topic")) == table(PURSUED)


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
    assert ties(project(built, space, "country-topic")) == table(PURSUED)


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


# ---------------------------------------------------------------- Disputed claims


PREFIXES = "".join(
    f"@prefix {kind}: <{BASE}{kind}/> .\n"
    for kind in ("certainty", "country", "initiative", "method", "org", "partnership", "passage", "reading", "source")
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
    eud:published "{published}"^^edtf:EDTF ; eud:sourceKind "press" ; eud:extent "text" ;
    eud:language "en" ; eud:characters 100 ;
    eud:sha256 "{"0" * 64}" .
"""


READING = """
reading:test a eud:Reading ; eud:method method:by-hand ; eud:reader org:eudigraph-founders ;
    eud:readOn "2026-11-24"^^xsd:date .
"""
WITH_JAPAN = "a eud:DigitalPartnership ; eud:withCountry country:japan ;"


@pytest.fixture
def disputed(small: Callable[[str], workspace.Workspace], tmp_path: Path) -> Callable[..., Project]:
    """Build claims, and return what makes a network of them, by default of countries and topics."""

    def make(*claimed: str) -> Project:
        space = small("\n".join([PREFIXES, source("one", "2023-04"), source("two", "2023-06-15"), READING, *claimed]))
        named = "".join(f'<{iri(f"partnership:{x}")}> <{SKOS}prefLabel> "partnership {x}"@en .\n' for x in "ab")
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
    made = network_of(claims="pursued")
    both = [f"{BASE}passage/one/1", f"{BASE}passage/two/1"]
    assert tie(made, "country:japan", "topic:6g") == {
        "label": "cooperates on",
        "weight": 1,
        "via": iris("partnership", "a"),
        "passages": both,
        "inferred": False,
        "standing": "settled",
        "certainty": "stated",
        "since": "2023-04-01",
    }
    alone = tie(made, "country:japan", "topic:5g")
    assert (alone["passages"], alone["certainty"]) == (both[:1], "hedged")
    whole = network_of("everything")
    assert [
        relation(whole, "partnership:a", "pursuesTopic", f"topic:{name}")["certainty"] for name in ("6g", "5g")
    ] == [*("stated", "hedged")]
    assert ties(network_of(claims="certain")) == {("Japan", "6G")}


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
    assert ties(network_of(claims="certain")) == {("Japan", "5G")}


def test_what_anybody_calls_unsettled_is_unsettled(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:pursuesTopic topic:6g ; eud:status status:in-force ."),
        said("one/2", f"partnership:b {WITH_JAPAN} eud:pursuesTopic topic:5g ; eud:status status:in-force ."),
        said("two/1", "partnership:a eud:status status:wanted ."),
    )
    made = network_of()
    assert {(s, t, x) for (s, t), x in nx.get_edge_attributes(made, "standing").items()} == {
        (iri("country:japan"), iri("topic:6g"), "unsettled"),
        (iri("country:japan"), iri("topic:5g"), "settled"),
    }
    assert ties(network_of(claims="certain")) == {("Japan", "5G")}


def test_what_is_settled_where_it_is_hedged_and_stated_where_it_is_open_is_not_certain(
    disputed: Callable[..., Project],
) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:status status:in-force ."),
        said("one/2", "partnership:a eud:pursuesTopic topic:6g .", hedged=True),
        said("one/3", f"partnership:b {WITH_JAPAN} eud:pursuesTopic topic:6g ; eud:status status:wanted ."),
    )
    found = tie(network_of(), "country:japan", "topic:6g")
    assert (found["weight"], found["standing"], found["certainty"]) == (2, "settled", "stated")
    assert ties(network_of(claims="certain")) == set()


@pytest.mark.parametrize("order", ["?wanted", "DESC(?wanted)"])
def test_what_one_wants_and_another_pursues_is_pursued_whichever_comes_first(
    disputed: Callable[..., Project], tmp_path: Path, order: str
) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:wantsTopic topic:6g , topic:5g ."),
        said("two/1", "partnership:a eud:pursuesTopic topic:6g ."),
    )
    query = tmp_path / "small" / "queries" / "networks" / "country-topic.rq"
    query.write_text(f"{query.read_text('utf-8')}ORDER BY {order}\n", "utf-8")
    for claims in ("pursued", "all"):
        found = tie(network_of(claims=claims), "country:japan", "topic:6g")
        assert (found["weight"], found["standing"], found["passages"]) == (1, "settled", [f"{BASE}passage/two/1"])
    assert ties(network_of(claims="all")) == {("Japan", "6G"), ("Japan", "5G")}
    assert ties(network_of(claims="pursued")) == {("Japan", "6G")}


def test_what_two_sources_report_counts_from_the_earlier_report(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f"partnership:a {WITH_JAPAN} eud:pursuesTopic topic:6g ."),
        said("two/1", "partnership:a eud:pursuesTopic topic:6g , topic:5g ."),
    )
    assert dict(nx.get_edge_attributes(network_of(), "since")) == {
        (iri("country:japan"), iri("topic:5g")): "2023-06-15",
        (iri("country:japan"), iri("topic:6g")): "2023-04-01",
    }
    assert ties(network_of(until=date(2023, 6, 14))) == {("Japan", "6G")}
    assert ties(network_of(until=date(2023, 6, 15))) == {("Japan", "6G"), ("Japan", "5G")}


def test_engagements_with_several_dates_begin_with_the_first_and_have_all(
    disputed: Callable[..., Project],
) -> None:
    network_of = disputed(
        said("one/1", f'partnership:a {WITH_JAPAN} eud:pursuesTopic topic:6g ; eud:date "2022-05"^^edtf:EDTF .'),
        said("two/1", 'partnership:a eud:date "2021-11-03"^^edtf:EDTF .'),
    )
    assert tie(network_of(), "country:japan", "topic:6g")["since"] == "2021-11-03"
    assert ties(network_of(until=date(2021, 11, 2))) == set()


def test_a_graph_without_claims_makes_empty_networks(disputed: Callable[..., Project]) -> None:
    network_of = disputed(said("one/1", "org:european-commission eud:represents org:european-union ."))
    made = network_of(claims="all")
    assert (len(made), made.number_of_edges()) == (0, 0)
    assert made.graph["title"] == "Partner countries and topics"


def test_engagements_that_may_go_on_have_no_latest_day(disputed: Callable[..., Project]) -> None:
    network_of = disputed(
        said("one/1", f'partnership:a {WITH_JAPAN} eud:date "2022-05-02/.."^^edtf:EDTF .'),
        said("two/1", 'partnership:a eud:date "2021-11-03"^^edtf:EDTF .'),
    )
    node = network_of("everything").nodes[iri("partnership:a")]
    assert (node["date"], node["earliest"], node["latest"]) == ("2021-11-03; 2022-05-02/..", "2021-11-03", None)


# ---------------------------------------------------------------- What no longer follows, and what only follows


def relations(graph: nx.MultiDiGraph, source: str, target: str) -> set[str]:
    return {key.rpartition("#")[2] for key in graph.get_edge_data(BASE + source, BASE + target, default={})}


def test_everything_keeps_nothing_that_followed_from_what_is_left_out(
    built: store.Built, checkout: workspace.Workspace
) -> None:
    def everything(**choice: Any) -> nx.MultiDiGraph:
        return projections.project(built, checkout, "everything", definitions.Choice(**choice))

    korea, act = "country/south-korea", "topic/ai-regulation"
    assert "cooperatesOn" in relations(everything(), korea, act)
    assert relations(everything(claims="certain"), korea, act) == set()  # it rests on a hedged passage alone
    assert "cooperatesOn" in relations(everything(claims="certain"), "country/united-states", "topic/5g")
    assert relations(everything(until=date(2022, 1, 1)), "country/canada", "topic/cybersecurity") == set()
    assert relations(everything(until=date(2022, 1, 1)), "country/india", "topic/digital-skills") == set()
    assert "cooperatesOn" in relations(everything(until=date(2023, 4, 30)), "country/india", "topic/digital-skills")
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
