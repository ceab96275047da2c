"""The competency questions: what each query of the library answers, compared with what a careful reader answers.

The numbers are those of the questions. Countries, topics and the like are written as the local parts of their IRIs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Store, Triple

from eudigraph.ask import answers, evidence, lookup
from eudigraph.ask.library import LibraryQuery, Value, bind, describe_query, load_library
from eudigraph.engine import store
from eudigraph.engine.answer import Answer, run
from eudigraph.engine.safety import prepare
from eudigraph.model import names, workspace
from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, GRAPH_INFERRED, GRAPH_ONTOLOGY, OWN_GRAPHS, shorten
from eudigraph.model.ontology import from_store
from eudigraph.model.triples import select
from eudigraph.reason import proofs

Rows = list[tuple[str | None, ...]]

PAPER = "org:euractiv"
COMMISSION = "org:european-commission"
UNION = "org:european-union"
BEFORE_ALL, LATER = "2023-03-31", "2023-08-01"

# The first table: each topic with its stage, and the paragraphs that put it on the table in the engagement that bears
# the tie; an exclamation mark is a priority.
TOPICS: dict[str, dict[str, dict[str, set[int]]]] = {
    "united-states": {
        "planned": {
            "sustainable-trade": {8},
            "emerging-technologies": {8, 10},  # on the agenda, and again among the results expected (10)
            "economic-security": {8},
            "digital-infrastructure": {8},
            "trade-and-labour": {8},
            "stakeholder-engagement": {8},
            "standardisation": {10},
            "artificial-intelligence": {10},
            "semiconductors": {10},
            "connectivity": {10},
            "5g": {10},
            "third-country-infrastructure": {10},
            "human-rights-online": {10},
            "digital-platforms": {10},
            "foreign-interference": {10},
        }
    },
    "india": {
        "agreed": {
            "high-performance-computing": {16},
            "quantum-computing": {16},
            "artificial-intelligence": {16},
            "standardisation": {16},
            "digital-skills": {16},
            "digital-public-infrastructure": {16},
            "dpi-interoperability": {16},
            "dpi-security": {16},
        }
    },
    "japan": {
        "wanted": {
            "semiconductors!": {18},
            "supply-chain-resilience!": {18},
            "high-performance-computing": {19},
            "research-links": {19},
            "quantum-satellite-communications": {19},
            "data-governance": {21},
        },
        "planned": {"6g": {18}, "research-and-development": {18}},
        "mentioned": {"arctic-connectivity": {20}, "submarine-cables": {20}},
        "negotiated": {"data-flows": {21}},
    },
    "south-korea": {
        "planned": {"semiconductors!": {24}},
        "wanted": {
            "industrial-investment": {24},
            "digital-platforms": {25},  # digital services and digital markets, of which this is the topic
            "ai-regulation": {25},
            "connectivity-funding": {26},
        },
        "mentioned": {
            "emerging-technologies": {27},
            "artificial-intelligence": {27},
            "6g": {27},
            "standardisation": {27},
        },
        "under-way": {
            "high-performance-computing": {28},
            "quantum-computing": {28},
            "research-and-development": {28},
        },
    },
    "singapore": {
        "wanted": {
            "digital-identity!": {29},
            "ai-governance!": {29},
            "ai-standards!": {29},
            "sme-digitalisation!": {29},
        }
    },
    "canada": {
        "wanted": {
            "artificial-intelligence": {30},
            "research-and-development": {30},
            "connectivity": {30},
            "cybersecurity": {30},
        }
    },
}
STAGES = {
    country: {topic.rstrip("!"): stage for stage, topics in stages.items() for topic in topics}
    for country, stages in TOPICS.items()
}
"""The stage of each topic, by country."""

# The second table: directly and its stage, rolled up.
SHARED: dict[str, tuple[dict[str, str], set[str]]] = {
    "artificial-intelligence": (
        {"united-states": "planned", "india": "agreed", "south-korea": "mentioned", "canada": "wanted"},
        {"singapore"},
    ),
    "semiconductors": ({"united-states": "planned", "japan": "wanted", "south-korea": "planned"}, set()),
    "standardisation": ({"united-states": "planned", "india": "agreed", "south-korea": "mentioned"}, {"singapore"}),
    "high-performance-computing": ({"india": "agreed", "japan": "wanted", "south-korea": "under-way"}, set()),
    "quantum-technologies": ({}, {"india", "japan", "south-korea"}),
    "quantum-computing": ({"india": "agreed", "south-korea": "under-way"}, set()),
    "6g": ({"japan": "planned", "south-korea": "mentioned"}, set()),
    "connectivity": ({"united-states": "planned", "canada": "wanted"}, {"japan", "south-korea"}),
    "research-and-development": ({"japan": "planned", "south-korea": "under-way", "canada": "wanted"}, set()),
    # "As the hierarchy goes": AI, 6G and quantum technologies are emerging technologies.
    "emerging-technologies": (
        {"united-states": "planned", "south-korea": "mentioned"},
        {"india", "japan", "singapore", "canada"},
    ),
    "digital-platforms": ({"united-states": "planned", "south-korea": "wanted"}, set()),
}


@pytest.fixture(scope="module")
def library(checkout: workspace.Workspace) -> Mapping[str, LibraryQuery]:
    return load_library(checkout)


class Asker:
    """Asks the library, in this process, and gives rows as short names and texts."""

    def __init__(self, graph: store.Built, library: Mapping[str, LibraryQuery]) -> None:
        self.graph, self.library = graph, library

    def raw(self, name: str, **parameters: str) -> tuple[LibraryQuery, Mapping[str, Value], Answer]:
        query = self.library[name]
        given = {key.removesuffix("_"): value for key, value in parameters.items()}
        values, _ = lookup.resolve(self.graph.store, query, given)
        return query, values, run(self.graph.store, prepare(bind(query, values)))

    def __call__(self, name: str, *columns: str, **parameters: str) -> Rows:
        """Return the answer's columns; without names, all of them."""
        _, _, answer = self.raw(name, **parameters)
        wanted = [answer.variables.index(column) for column in columns or answer.variables]
        return [tuple(text(row[i]) for i in wanted) for row in answer.rows]

    def paragraphs(self, name: str, **parameters: str) -> list[set[int]]:
        """Return for each row the paragraphs of the passages behind it."""
        query, values, answer = self.raw(name, **parameters)
        found = answers.attach(self.graph.store, query.evidence, values, answer, {})
        return [{int(found.passages[i].locator.strip("¶")) for i in behind} for behind in found.behind or []]


@pytest.fixture(scope="module")
def ask(built: store.Built, library: Mapping[str, LibraryQuery]) -> Asker:
    return Asker(built, library)


def text(term: object) -> str | None:
    if isinstance(term, NamedNode):
        return shorten(term.value)
    return term.value if isinstance(term, Literal) else None


def once(rows: Rows) -> set[tuple[str | None, ...]]:
    assert len(rows) == len(set(rows))
    return set(rows)


# ---------------------------------------------------------------- 1 to 3: partnerships, meetings, topics

TTC, DIGITAL = "eud:TradeAndTechnologyCouncil", "eud:DigitalPartnership"
PARTNERSHIPS = [
    ("canada", "eu-canada-digital-dialogue", "eud:DigitalDialogue", "in-force", None, "false"),
    ("canada", "eu-canada-digital-partnership", DIGITAL, "wanted", None, "true"),
    ("india", "eu-india-ttc", TTC, "in-force", "2022-04", "false"),
    ("japan", "eu-japan-digital-partnership", DIGITAL, "in-force", None, "false"),
    ("singapore", "eu-singapore-digital-partnership", DIGITAL, "in-force", "2023-02", "false"),
    ("south-korea", "eu-south-korea-digital-partnership", DIGITAL, "in-force", None, "false"),
    ("united-states", "eu-us-ttc", TTC, "in-force", None, "false"),
]


def test_1_frameworks_with_each_country_since_when_and_how_they_stand(ask: Asker) -> None:
    columns = ("country", "partnership", "kind", "status", "date", "disputed")
    assert ask("partnerships", *columns) == [
        (f"country:{country}", f"partnership:{name}", kind, f"status:{status}", date, disputed)
        for country, name, kind, status, date, disputed in PARTNERSHIPS
    ]


def test_1_the_passages_behind_a_disputed_one_are_of_both_sides(ask: Asker) -> None:
    assert ask.paragraphs("partnerships", country="Canada") == [{30}, {5, 30}]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2022-03-31", []),
        # In April 2022, one side or the other of the day on which it was launched.
        ("2022-04-15", [("partnership:eu-india-ttc", "status:in-force", "2022-04", "true")]),
        ("2022-04-30", [("partnership:eu-india-ttc", "status:in-force", "2022-04", "false")]),
        (
            "2023-02-28",
            [
                ("partnership:eu-india-ttc", "status:in-force", "2022-04", "false"),
                ("partnership:eu-singapore-digital-partnership", "status:in-force", "2023-02", "false"),
            ],
        ),
    ],
)
def test_19_partnerships_on_a_day_by_all_that_is_known(ask: Asker, day: str, expected: Rows) -> None:
    assert ask("partnerships", "partnership", "status", "date", "perhaps", on=day) == expected


def test_19_partnerships_on_the_day_of_the_briefing_are_those_in_force(ask: Asker) -> None:
    in_force = [f"partnership:{row[1]}" for row in PARTNERSHIPS if row[3] == "in-force"]
    disputed = ["partnership:eu-canada-digital-partnership"]
    found = [row[0] for row in ask("partnerships", "partnership", on="2023-04-18")]
    assert [name for name in found if name not in disputed] == in_force
    assert ask("partnerships", on="2023-04-18", known_by=BEFORE_ALL) == []


def test_19_how_everything_stands(ask: Asker) -> None:
    rows = ask("situations", "engagement", "status", "stage", "date", "disputed")
    assert {row[0]: row[1:] for row in rows if str(row[0]).startswith("partnership")} == {
        f"partnership:{name}": (
            *(f"status:{status}", "stage:wanted" if status == "wanted" else "stage:under-way", date, disputed),
        )
        for _, name, _, status, date, disputed in PARTNERSHIPS
    }
    meetings = {row[0]: row[1:4] for row in rows if str(row[0]).startswith("meeting")}
    assert meetings == {
        "meeting:telecom-working-party-2023-04-18": ("status:held", "stage:done", "2023-04-18"),
        "meeting:very-powerful-ai-summit": ("status:proposed", "stage:wanted", None),
        **{row[0]: (row[-1], "stage:planned", row[4]) for row in LATER_MEETINGS},
    }
    initiatives = {row[0]: row[1] for row in rows if str(row[0]).startswith("initiative")}
    assert initiatives == {
        f"initiative:{name}": f"status:{status}"
        for listed in INITIATIVES.values()
        for name, (_, status, *_) in listed.items()
    }


def test_19_nothing_is_known_before_everything(ask: Asker) -> None:
    found = {
        name: ask(name, **NEEDED.get(name, {}), known_by=BEFORE_ALL)
        for name, query in ask.library.items()
        if "known_by" in query.parameters
    }
    assert {name for name, rows in found.items() if rows} == set()
    assert set(ask.library) - set(found) == {"inferred"}


def test_19_the_default_is_the_day_by_which_all_is_known_and_is_told(
    built: store.Built, library: Mapping[str, LibraryQuery]
) -> None:
    answer = answers.ask(built, library["topics"], {})
    assert answer.notes == ["known by 30 April 2023"]
    given = answers.ask(built, library["topics"], {"known_by": "2023-04-30"})
    assert (given.rows, given.notes) == (answer.rows, [])
    assert answers.ask(built, library["topics"], {"known_by": "newest"}).notes == answer.notes
    assert "by default the day by which all of the graph is known" in " ".join(
        describe_query(library["topics"]).split()
    )


def test_19_the_files_as_they_are_give_all_that_is_known(
    built: store.Built, library: Mapping[str, LibraryQuery], ask: Asker
) -> None:
    for name in ("topics", "partnerships", "initiatives", "posts", "shared-topics"):
        raw = run(built.store, prepare(library[name].text))
        chosen = {"at_least": "1"} if name == "shared-topics" else {}
        assert len(raw.rows) == len(ask(name, **chosen)), name


@pytest.mark.parametrize(
    "korea",
    [
        "Korea",
        "South Korea",
        "republic of korea",
        "ROK",
        "country:south-korea",
        "https://w3id.org/eudigraph/country/south-korea",
    ],
)
def test_1_a_country_is_known_by_its_names_and_its_iri(ask: Asker, korea: str) -> None:
    assert ask("partnerships", "partnership", country=korea) == [("partnership:eu-south-korea-digital-partnership",)]


LATER_MEETINGS = [
    (
        *("meeting:eu-india-ttc-1", "eud:MinisterialMeeting", "partnership:eu-india-ttc", "country:india"),
        *("2023-05-15/2023-05-16", "2023-05-15", "2023-05-16", "place:brussels", None, "status:scheduled"),
    ),
    (
        *("meeting:eu-us-ttc-4", "eud:HighLevelMeeting", "partnership:eu-us-ttc", "country:united-states"),
        *("2023-05-31", "2023-05-31", "2023-05-31", "place:lulea", "country:sweden", "status:scheduled"),
    ),
    (
        *("meeting:breton-lee-2023", "eud:BilateralMeeting", None, "country:south-korea"),
        *("2023-06-30?", "2023-06-30", "2023-06-30", None, None, "status:tentative"),
    ),
    (
        *("meeting:eu-japan-summit-2023", "eud:Summit", None, "country:japan"),
        *("2023-07-03?/2023-07-04?", "2023-07-03", "2023-07-04", None, None, "status:to-be-confirmed"),
    ),
]
OF_MEETINGS = (
    *("meeting", "kind", "partnership", "country", "date", "first_day", "last_day", "place", "place_country", "status"),
)


@pytest.mark.parametrize(
    ("day", "first"),
    # A meeting of two days goes on until the second.
    [("2023-04-19", 0), ("2023-05-16", 0), ("2023-05-17", 1), ("2023-06-01", 2), ("2023-07-04", 3), ("2023-07-05", 4)],
)
def test_2_meetings_from_a_day_on_in_order_with_place_and_certainty(ask: Asker, day: str, first: int) -> None:
    assert ask("meetings", *OF_MEETINGS, from_=day) == LATER_MEETINGS[first:]


def test_2_by_default_those_still_to_come_and_from_an_earlier_day_the_briefing_as_well(ask: Asker) -> None:
    assert ask("meetings", *OF_MEETINGS) == LATER_MEETINGS
    assert ask("meetings", *OF_MEETINGS, known_by="2023-06-01") == LATER_MEETINGS[2:]
    briefing = ("meeting:telecom-working-party-2023-04-18", "eud:WorkingPartyMeeting", "2023-04-18", "status:held")
    assert ask("meetings", "meeting", "kind", "date", "status", from_="2023-04-18")[0] == briefing


@pytest.mark.parametrize(
    ("until", "last"), [("2023-05-14", 0), ("2023-05-15", 1), ("2023-06-29", 2), ("2023-07-03", 4)]
)
def test_2_meetings_until_a_day(ask: Asker, until: str, last: int) -> None:
    assert ask("meetings", *OF_MEETINGS, from_="2023-04-19", until=until) == LATER_MEETINGS[:last]


def test_3_topics_by_country_with_stage_priority_and_the_paragraphs_that_say_so(ask: Asker) -> None:
    expected = {
        (f"country:{country}", f"topic:{topic.rstrip('!')}"): (
            *(f"stage:{stage}", "true" if topic.endswith("!") else "false"),
            paragraphs,
        )
        for country, stages in TOPICS.items()
        for stage, topics in stages.items()
        for topic, paragraphs in topics.items()
    }
    rows = ask("topics", "country", "topic", "stage", "priority")
    found = {row[:2]: (*row[2:], said) for row, said in zip(rows, ask.paragraphs("topics"), strict=True)}
    assert found == expected
    assert len(rows) == len(expected)


def test_3_the_furthest_first_with_what_bears_it(ask: Asker) -> None:
    columns = ("topic", "stage", "engagement", "as_of", "known_since", "passage")
    rows = ask("topics", *columns, country="Japan")
    assert rows[0] == (
        *("topic:data-flows", "stage:negotiated", "initiative:japan-data-flow-talks", "2023-04-18", "2023-04-30"),
        "passage:euractiv-2023-04/21",
    )
    ladder = ["negotiated", "planned", "wanted", "mentioned"]
    assert [row[1] for row in rows] == sorted(
        (str(row[1]) for row in rows), key=lambda s: ladder.index(s.partition(":")[2])
    )


@pytest.mark.parametrize("country", sorted(TOPICS))
def test_3_topics_of_one_country(ask: Asker, country: str) -> None:
    found = ask("topics", "topic", "stage", country=f"country:{country}")
    assert once(found) == {(f"topic:{topic}", f"stage:{stage}") for topic, stage in STAGES[country].items()}


def test_3_a_country_that_only_hosts_has_no_topics(ask: Asker) -> None:
    assert ask("topics", country="Sweden") == []


@pytest.mark.parametrize(
    "ai", ["AI", "ai", "artificial intelligence", "Artificial Intelligence", "topic:artificial-intelligence"]
)
def test_3_a_broader_topic_finds_the_narrower_ones(ask: Asker, ai: str) -> None:
    assert once(ask("topics", "country", "topic", "stage", within=ai)) == {
        ("country:canada", "topic:artificial-intelligence", "stage:wanted"),
        ("country:india", "topic:artificial-intelligence", "stage:agreed"),
        ("country:singapore", "topic:ai-governance", "stage:wanted"),
        ("country:singapore", "topic:ai-standards", "stage:wanted"),
        ("country:south-korea", "topic:ai-regulation", "stage:wanted"),
        ("country:south-korea", "topic:artificial-intelligence", "stage:mentioned"),
        ("country:united-states", "topic:artificial-intelligence", "stage:planned"),
    }


def test_3_country_and_broader_topic_together(ask: Asker) -> None:
    assert ask("topics", "topic", "stage", country="Korea", within="connectivity") == [
        ("topic:connectivity-funding", "stage:wanted"),
        ("topic:6g", "stage:mentioned"),
    ]
    assert ask("topics", "topic", country="Japan", within="quantum") == [("topic:quantum-satellite-communications",)]
    assert ask("topics", country="Singapore", within="quantum") == []


def test_3_what_has_come_at_least_so_far(ask: Asker) -> None:
    agreed = {(f"country:{c}", f"topic:{t}") for c, ts in STAGES.items() for t, s in ts.items() if s in FIRM}
    assert once(ask("topics", "country", "topic", reached="agreed")) == agreed
    assert once(ask("topics", "country", reached="under way", within="quantum")) == {("country:south-korea",)}


FIRM = ("agreed", "under-way", "done")


def test_3_cooperates_on_is_agreed_and_further(built: store.Built) -> None:
    rows = select(built.store, f"SELECT ?c ?t {{ ?c <{EUD}cooperatesOn> ?t }}")
    assert {(text(row["c"]), text(row["t"])) for row in rows} == {
        (f"country:{c}", f"topic:{t}") for c, ts in STAGES.items() for t, s in ts.items() if s in FIRM
    }
    assert {c for c, ts in STAGES.items() if set(ts.values()) & set(FIRM)} == {"india", "south-korea"}


# ---------------------------------------------------------------- 4: shared topics


def test_4_topics_shared_by_at_least_two_countries_with_their_stages(ask: Asker) -> None:
    assert by_topic(ask("shared-topics", *OF_SHARED)) == SHARED


OF_SHARED = ("topic", "country", "how", "stage")


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6, 7])
def test_4_the_number_counts_narrower_topics(ask: Asker, number: int) -> None:
    table = by_topic(ask("shared-topics", *OF_SHARED, at_least=str(number)))
    expected = {t: row for t, row in SHARED.items() if len(set(row[0]) | row[1]) >= number}
    if number == 1:
        assert expected.items() <= table.items()
        alone = {topic for topics in STAGES.values() for topic in topics} - set(SHARED)
        assert set(table) - set(SHARED) == {*alone, "trade"}
    else:
        assert table == expected


def test_4_the_numbers_stand_beside_the_countries(ask: Asker) -> None:
    assert set(ask("shared-topics", "topic", "direct", "rolled_up")) == {
        (f"topic:{topic}", str(len(direct)), str(len(direct) + len(rolled)))
        for topic, (direct, rolled) in SHARED.items()
    }


def test_4_what_several_have_agreed_on(ask: Asker) -> None:
    found = by_topic(ask("shared-topics", *OF_SHARED, reached="agreed"))
    both = {"india": "agreed", "south-korea": "under-way"}
    assert found == {
        "high-performance-computing": (both, set()),
        "quantum-computing": (both, set()),
        "quantum-technologies": ({}, set(both)),
        "emerging-technologies": ({}, set(both)),
    }


def by_topic(rows: Rows) -> dict[str, tuple[dict[str, str], set[str]]]:
    once(rows)
    table: dict[str, tuple[dict[str, str], set[str]]] = {}
    for topic, country, how, stage in rows:
        direct, rolled = table.setdefault(str(topic).removeprefix("topic:"), ({}, set()))
        name = str(country).removeprefix("country:")
        if how == "direct":
            direct[name] = str(stage).removeprefix("stage:")
        else:
            rolled.add(name)
    return table


# ---------------------------------------------------------------- 5 to 7: officials, their meetings, laws


def test_5_officials_their_posts_and_whom_they_represent(ask: Asker) -> None:
    assert ask("officials") == [
        ("official:lee-jong-ho", "post:minister-science-ict-south-korea", "country:south-korea", "2023-04-18"),
        ("official:thibaut-kleiner", "post:director-international-affairs-cnect", "org:dg-connect", "2023-04-18"),
        ("official:thierry-breton", "post:commissioner-internal-market", COMMISSION, "2023-04-18"),
    ]


def test_5_in_words(built: store.Built, ask: Asker) -> None:
    _, _, answer = ask.raw("officials")
    assert answers.render(built, answer, "csv").splitlines() == [
        "official,post,represents,as_of",
        "Lee Jong Ho,Minister for Science and ICT,South Korea,2023-04-18",
        "Thibaut Kleiner,director for international affairs,the EU's digital department,2023-04-18",
        "Thierry Breton,Commissioner for the Internal Market,European Commission,2023-04-18",
    ]


BRIEFING = ("meeting:telecom-working-party-2023-04-18", "2023-04-18", "status:held")
LULEA = ("meeting:eu-us-ttc-4", "2023-05-31", "status:scheduled")
INDIA = ("meeting:eu-india-ttc-1", "2023-05-15/2023-05-16", "status:scheduled")
BRETON_LEE = ("meeting:breton-lee-2023", "2023-06-30?", "status:tentative")
JAPAN = ("meeting:eu-japan-summit-2023", "2023-07-03?/2023-07-04?", "status:to-be-confirmed")


def meeting(which: tuple[str, str, str], role: str, with_: str) -> tuple[str, ...]:
    return (which[0], role, which[1], which[2], with_)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (
            "Kleiner",
            [
                meeting(BRIEFING, "briefer", "org:member-state-representatives"),
                # The article's first lines name the Commission as the briefer; it is not said that he speaks for it.
                meeting(BRIEFING, "briefer", COMMISSION),
            ],
        ),
        ("Breton", [meeting(BRETON_LEE, "participant", "official:lee-jong-ho")]),
        ("Lee", [meeting(BRETON_LEE, "participant", "official:thierry-breton")]),
        ("South Korea", [meeting(BRETON_LEE, "partner", "official:thierry-breton")]),
        ("India", [meeting(INDIA, "partner", UNION)]),
        ("Japan", [meeting(JAPAN, "partner", UNION)]),
        ("United States", [meeting(LULEA, "partner", COMMISSION)]),
        ("Singapore", []),
        ("Sweden", []),
    ],
)
def test_6_meetings_of_a_country_or_an_official(ask: Asker, who: str, expected: Rows) -> None:
    found = ask("meetings-of", "meeting", "role", "date", "status", "with", who=who)
    assert once(found) == set(expected)


def test_7_laws_at_stake_with_whom_how_firmly_and_whether_they_were_adopted(ask: Asker) -> None:
    engagement = "initiative:south-korea-regulatory-convergence"
    # That convergence is sought is stated; what the paper hedges is how much it matters.
    rest = ("country:south-korea", engagement, "certainty:stated")
    assert ask("laws") == [
        ("act:ai-act", *rest, "2024-06-13", "proposal"),
        ("act:digital-markets-act", *rest, "2022-09-14", "adopted"),
        ("act:digital-services-act", *rest, "2022-10-19", "adopted"),
    ]
    # Adopted from the very day on.
    for day, state in (("2024-06-12", "proposal"), ("2024-06-13", "adopted")):
        assert ask("laws", "act", "state", on=day)[0] == ("act:ai-act", state)


# ---------------------------------------------------------------- 8 and 9: without commitment, other voices


def test_8_what_is_asked_for_wanted_or_planned_without_commitment_or_support(ask: Asker) -> None:
    def wanted(name: str, by: str, relation: str = "wantedBy") -> tuple[str | None, ...]:
        country = next(c for (c, _), listed in INITIATIVES.items() if name in listed)
        return (f"initiative:{name}", country and f"country:{country}", "status:wanted", f"eud:{relation}", by)

    summit, cable = "meeting:very-powerful-ai-summit", "initiative:arctic-cable"
    assert once(ask("unsupported", "engagement", "country", "status", "relation", "agent")) == {
        # As a reader answers first.
        (summit, None, "status:proposed", "eud:wantedBy", "org:leading-meps"),
        (summit, None, "status:proposed", "eud:noCommitmentFrom", COMMISSION),
        (cable, "country:japan", "status:mentioned", "eud:notSupportedBy", "country:united-states"),
        (cable, "country:japan", "status:mentioned", "eud:notSupportedBy", "country:canada"),
        wanted("canada-upgrade", COMMISSION),
        (
            *("partnership:eu-canada-digital-partnership", "country:canada", "status:wanted", "eud:wantedBy"),
            COMMISSION,
        ),
        wanted("south-korea-fair-share-exchange", COMMISSION),
        ("initiative:japan-6g-research", "country:japan", "status:envisaged", None, None),
        # Beyond: what else the EU or the Commission wants (¶ 19, 21, 24, 25) ...
        wanted("japan-supercomputer-access", UNION),
        wanted("japan-research-links", UNION),
        wanted("japan-quantum-satellites", UNION),
        wanted("japan-data-governance", COMMISSION),
        wanted("south-korea-investment", COMMISSION),
        wanted("south-korea-high-end-chips", COMMISSION),
        wanted("south-korea-regulatory-convergence", COMMISSION),
        ("initiative:data-free-flow-with-trust", "country:japan", "status:mentioned", "eud:wantedBy", COMMISSION),
        # ... or counts among its priorities (¶ 18, 29) ...
        wanted("japan-semiconductor-research", UNION, "priorityFor"),
        wanted("japan-supply-chain-monitoring", UNION, "priorityFor"),
        wanted("singapore-digital-identity-pilots", COMMISSION, "priorityFor"),
        wanted("singapore-ai-exchanges", COMMISSION, "priorityFor"),
        wanted("singapore-sme-practice", COMMISSION, "priorityFor"),
        # ... and the proposal behind "fair share" itself, which is pushed from outside (¶ 26).
        ("initiative:fair-share-proposal", None, "status:mentioned", "eud:wantedBy", "org:telecom-operators"),
    }


def test_9_voices_other_than_the_presentation(ask: Asker) -> None:
    stated, hedged = "certainty:stated", "certainty:hedged"
    p = "passage:euractiv-2023-04"
    assert ask("other-voices", "passage", "locator", "speaker", "certainty") == [
        # The paper's own account of the briefing and of what the presentation covers.
        (f"{p}/01", "¶1", PAPER, stated),
        (f"{p}/02", "¶2", PAPER, stated),
        (f"{p}/03", "¶3", PAPER, stated),
        (f"{p}/05", "¶5", PAPER, stated),
        (f"{p}/05-canada", "¶5", PAPER, stated),
        (f"{p}/07-presidency", "¶7", PAPER, stated),
        (f"{p}/09-unions", "¶9", "person:informed-source", stated),
        (f"{p}/09-hostile", "¶9", PAPER, stated),  # the aside on the unions, taken as the paper's
        (f"{p}/09-elections", "¶9", PAPER, stated),
        (f"{p}/11", "¶11", PAPER, stated),
        (f"{p}/12-letter", "¶12", PAPER, stated),
        (f"{p}/12", "¶12", COMMISSION, stated),
        (f"{p}/13", "¶13", "official:unnamed-eu-official", stated),
        (f"{p}/14-model", "¶14", PAPER, stated),
        (f"{p}/14-purpose", "¶14", "agent:unidentified", stated),
        (f"{p}/20-cable", "¶20", PAPER, stated),
        (f"{p}/20-support", "¶20", PAPER, stated),
        (f"{p}/24-producer", "¶24", PAPER, stated),  # it claims nothing, and is listed all the same
        (f"{p}/25-rank", "¶25", PAPER, hedged),
        (f"{p}/26-model", "¶26", PAPER, stated),
    ]
    assert all(row[0] for row in ask("other-voices", "gist"))


# ---------------------------------------------------------------- 10: evidence


def test_10_every_claim_has_evidence_through_the_query(built: store.Built, ask: Asker) -> None:
    claimed = {
        (shorten(q.graph_name.value), *(text(t) for t in (q.subject, q.predicate, q.object)))
        for q in built.store
        if isinstance(q.graph_name, NamedNode) and q.graph_name not in OWN_GRAPHS
    }
    found: set[tuple[str | None, ...]] = set()
    for subject in sorted({str(claim[1]) for claim in claimed}):
        rows = ask("evidence", "passage", "subject", "property", "object", "source", "gist", subject=subject)
        assert {row[4] for row in rows} == {"source:euractiv-2023-04"}
        assert all(row[5] for row in rows)
        found |= {row[:4] for row in rows}
    assert found == claimed
    assert len(claimed) > 300


def test_10_evidence_of_one_statement(ask: Asker) -> None:
    columns = ("locator", "start", "end", "speaker", "certainty", "confidence", "passage")
    given = {"subject": "Luleå meeting", "property": "takesPlaceIn", "object": "Luleå"}
    assert ask("evidence", *columns, **given) == [
        ("¶7", "803", "1015", COMMISSION, "certainty:stated", "0.95", "passage:euractiv-2023-04/07")
    ]
    given = {"subject": "EU-Canada Digital Partnership", "property": "has status"}
    assert ask("evidence", "object", "locator", "speaker", **given) == [
        ("status:in-force", "¶5", PAPER),
        ("status:wanted", "¶30", COMMISSION),
    ]


def test_10_what_follows_and_what_is_reference_data_has_no_evidence_of_its_own(ask: Asker) -> None:
    assert ask("evidence", subject="Luleå meeting", property="withCountry") == []
    assert ask("evidence", subject="AI Act") == []


# ---------------------------------------------------------------- 11 to 13: hosts, initiatives, agendas


def test_11_who_hosts_and_who_presides(ask: Asker) -> None:
    assert ask("hosts-and-presidencies") == [
        ("country:sweden", "hosts", "meeting:eu-us-ttc-4", "place:lulea", "2023-05-31", None),
        ("country:sweden", "presides over", "org:council-of-the-eu", None, None, "2023-04-18"),
    ]


# Initiative: topics, status, for whom a priority, who wants it. Whose support is missing is below.
Initiative = tuple[set[str], str, str | None, str | None]
INITIATIVES: dict[tuple[str | None, str | None], dict[str, Initiative]] = {
    ("japan", "eu-japan-digital-partnership"): {
        "japan-semiconductor-research": ({"semiconductors", "research-and-development"}, "wanted", UNION, None),
        "japan-supply-chain-monitoring": ({"semiconductors", "supply-chain-resilience"}, "wanted", UNION, None),
        "japan-6g-research": ({"6g", "research-and-development"}, "envisaged", None, None),
        "japan-supercomputer-access": ({"high-performance-computing"}, "wanted", None, UNION),
        "japan-research-links": ({"research-links"}, "wanted", None, UNION),
        "japan-quantum-satellites": ({"quantum-satellite-communications"}, "wanted", None, UNION),
        "japan-data-governance": ({"data-governance"}, "wanted", None, COMMISSION),
    },
    # With Japan, but not said to be under the partnership (¶ 20, 21).
    ("japan", None): {
        "arctic-cable": ({"arctic-connectivity", "submarine-cables"}, "mentioned", None, None),
        "data-free-flow-with-trust": ({"data-flows"}, "mentioned", None, COMMISSION),
        "japan-data-flow-talks": ({"data-flows"}, "to-be-finalised", None, COMMISSION),
    },
    ("south-korea", "eu-south-korea-digital-partnership"): {
        "south-korea-investment": ({"industrial-investment"}, "wanted", None, COMMISSION),
        "south-korea-high-end-chips": ({"semiconductors"}, "wanted", None, COMMISSION),
        "south-korea-regulatory-convergence": ({"digital-platforms", "ai-regulation"}, "wanted", None, COMMISSION),
        "south-korea-fair-share-exchange": ({"connectivity-funding"}, "wanted", None, COMMISSION),
        "south-korea-research-cooperation": ({"research-and-development"}, "mentioned", None, None),
        "south-korea-common-vision": (
            *({"emerging-technologies", "artificial-intelligence", "6g", "standardisation"}, "mentioned", None, None),
        ),
        "south-korea-computing-exchanges": (
            *({"high-performance-computing", "quantum-computing", "research-and-development"}, "under-way", None),
            None,
        ),
    },
    ("singapore", "eu-singapore-digital-partnership"): {
        "singapore-digital-identity-pilots": ({"digital-identity"}, "wanted", COMMISSION, None),
        "singapore-ai-exchanges": ({"ai-governance", "ai-standards"}, "wanted", COMMISSION, None),
        "singapore-sme-practice": ({"sme-digitalisation"}, "wanted", COMMISSION, None),
    },
    ("india", "eu-india-ttc"): {"eu-india-working-groups": (set(), "under-way", None, None)},
    ("united-states", "eu-us-ttc"): {
        "trade-and-labour-dialogue": ({"trade-and-labour"}, "mentioned", None, "org:us-trade-unions"),
        "us-industry-talks": ({"digital-infrastructure"}, "mentioned", None, None),
        "us-third-country-connectivity": ({"third-country-infrastructure", "connectivity"}, "expected", None, None),
    },
    ("canada", "eu-canada-digital-dialogue"): {
        "canada-upgrade": (
            *({"artificial-intelligence", "research-and-development", "connectivity", "cybersecurity"}, "wanted", None),
            COMMISSION,
        )
    },
    # What the exchange with South Korea is about, itself with no country (¶ 26).
    (None, None): {"fair-share-proposal": ({"connectivity-funding"}, "mentioned", None, "org:telecom-operators")},
}
STAGE_OF = {"to-be-finalised": "negotiated", "envisaged": "planned", "expected": "planned"}
OF_INITIATIVES = ("country", "framework", "initiative", "topic", "stage", "status", "priority_for", "wanted_by")


def initiative_rows() -> set[tuple[str | None, ...]]:
    return {
        (
            *(country and f"country:{country}", framework and f"partnership:{framework}", f"initiative:{name}"),
            *(topic and f"topic:{topic}", f"stage:{STAGE_OF.get(status, status)}", f"status:{status}", *who),
        )
        for (country, framework), listed in INITIATIVES.items()
        for name, (topics, status, *who) in listed.items()
        for topic in topics or [None]
    }


def test_12_initiatives_under_which_framework_on_what_topic_and_at_what_stage(ask: Asker) -> None:
    assert set(ask("initiatives", *OF_INITIATIVES)) == initiative_rows()
    once(ask("initiatives"))


def test_12_whose_support_is_missing(ask: Asker) -> None:
    missing = set(ask("initiatives", "initiative", "not_supported_by")) - {
        (f"initiative:{name}", None) for listed in INITIATIVES.values() for name in listed
    }
    assert missing == {("initiative:arctic-cable", f"country:{name}") for name in ("canada", "united-states")}


@pytest.mark.parametrize("country", ["Japan", "South Korea", "Singapore", "India", "United States", "Canada", "Sweden"])
def test_12_initiatives_with_one_country(ask: Asker, country: str) -> None:
    wanted = "country:" + country.lower().replace(" ", "-")
    assert set(ask("initiatives", *OF_INITIATIVES, country=country)) == {
        row for row in initiative_rows() if row[0] == wanted
    }


def test_12_initiatives_on_a_broader_topic(ask: Asker) -> None:
    assert {row[0] for row in ask("initiatives", "initiative", within="quantum technologies")} == {
        "initiative:japan-quantum-satellites",
        "initiative:south-korea-computing-exchanges",
    }


def test_13_agenda_and_expected_results_of_lulea_are_two_lists(ask: Asker) -> None:
    lulea = "meeting:eu-us-ttc-4"
    agenda = {
        *(f"topic:{t}" for t in ("sustainable-trade", "emerging-technologies", "economic-security")),
        *(f"topic:{t}" for t in ("digital-infrastructure", "trade-and-labour", "stakeholder-engagement")),
        "initiative:trade-and-labour-dialogue",
        "initiative:us-industry-talks",
    }
    results = {
        *(f"topic:{t}" for t in ("emerging-technologies", "standardisation", "semiconductors")),
        *(f"topic:{t}" for t in ("artificial-intelligence", "connectivity", "5g")),
        *(f"topic:{t}" for t in ("third-country-infrastructure", "human-rights-online")),
        *(f"topic:{t}" for t in ("digital-platforms", "foreign-interference")),
        "initiative:us-third-country-connectivity",
    }
    expected = {(lulea, "agenda", item) for item in agenda} | {(lulea, "expected result", item) for item in results}
    rows = ask("agenda")
    assert once(rows) == once(ask("agenda", meeting="TTC Luleå")) == expected
    assert [row[1] for row in rows] == ["agenda"] * len(agenda) + ["expected result"] * len(results)


def test_13_agenda_of_other_meetings(ask: Asker) -> None:
    meeting_ = "meeting:breton-lee-2023"
    assert ask("agenda", meeting=meeting_) == [(meeting_, "agenda", "topic:semiconductors")]
    assert ask("agenda", meeting="EU-Japan summit") == []
    # What the briefing dealt with (¶ 2, 5, 12, 15).
    briefing = ask("agenda", "list", "item", meeting=BRIEFING[0])
    assert once(briefing) == {
        *(("discussed", f"partnership:{row[1]}") for row in PARTNERSHIPS if "dialogue" not in row[1]),
        ("discussed", "document:mep-letter-2023"),
        ("discussed", "initiative:eu-india-working-groups"),
    }


# ---------------------------------------------------------------- 14 to 16: advocates, comparison, disagreements


def test_14_who_wants_a_topic_or_counts_it_among_their_priorities(ask: Asker) -> None:
    expected = {
        (agent, "EU" if agent in (COMMISSION, UNION) else "outsider", how, f"initiative:{name}", f"topic:{topic}")
        for listed in INITIATIVES.values()
        for name, (topics, _, first, wants) in listed.items()
        for agent, how in ((first, "puts first"), (wants, "wants"))
        if agent
        for topic in topics
    }
    upgrade = INITIATIVES["canada", "eu-canada-digital-dialogue"]["canada-upgrade"][0]
    expected |= {
        (COMMISSION, "EU", "wants", "partnership:eu-canada-digital-partnership", f"topic:{t}") for t in upgrade
    }
    summit = ("wants", "meeting:very-powerful-ai-summit", "topic:artificial-intelligence")
    expected |= {("org:leading-meps", "outsider", *summit)}
    assert once(ask("advocates", "agent", "side", "how", "engagement", "topic")) == expected


def test_14_who_wants_one_topic(ask: Asker) -> None:
    assert once(ask("advocates", "agent", "engagement", "topic", "stage", within="AI")) == {
        ("org:leading-meps", "meeting:very-powerful-ai-summit", "topic:artificial-intelligence", "stage:wanted"),
        (COMMISSION, "initiative:canada-upgrade", "topic:artificial-intelligence", "stage:wanted"),
        (COMMISSION, "partnership:eu-canada-digital-partnership", "topic:artificial-intelligence", "stage:wanted"),
        (COMMISSION, "initiative:singapore-ai-exchanges", "topic:ai-governance", "stage:wanted"),
        (COMMISSION, "initiative:singapore-ai-exchanges", "topic:ai-standards", "stage:wanted"),
        (COMMISSION, "initiative:south-korea-regulatory-convergence", "topic:ai-regulation", "stage:wanted"),
    }


OF_COMPARE = ("topic", "whose", "how", "first_via", "first_stage", "second_via", "second_stage")


def test_15_india_and_japan_compared(ask: Asker) -> None:
    def alone(country: str, whose: str) -> set[tuple[str | None, ...]]:
        none = (None, None)
        return {
            (f"topic:{t}", whose, "direct", *(has if whose == "first" else none), *(none if whose == "first" else has))
            for t, s in STAGES[country].items()
            if t != "high-performance-computing"
            for has in [(f"topic:{t}", f"stage:{s}")]
        }

    hpc, quantum = "topic:high-performance-computing", "topic:quantum-technologies"
    qubits, satellites = "topic:quantum-computing", "topic:quantum-satellite-communications"
    expected = {
        (hpc, "both", "direct", hpc, "stage:agreed", hpc, "stage:wanted"),
        (quantum, "both", "rolled up", qubits, "stage:agreed", satellites, "stage:wanted"),
        # Further, as the hierarchy goes.
        (
            *("topic:emerging-technologies", "both", "rolled up"),
            *("topic:artificial-intelligence", "stage:agreed", "topic:6g", "stage:planned"),
        ),
        *alone("india", "first"),
        *alone("japan", "second"),
    }
    assert once(ask("compare", *OF_COMPARE, one="India", other="Japan")) == expected


def test_15_the_other_way_round_the_sides_are_swapped(ask: Asker) -> None:
    swap = {"first": "second", "second": "first", "both": "both"}
    swapped = {
        (t, swap[str(whose)], how, *b, *a)
        for t, whose, how, *sides in ask("compare", *OF_COMPARE, one="Japan", other="India")
        for a, b in [(sides[:2], sides[2:])]
    }
    assert swapped == once(ask("compare", *OF_COMPARE, one="India", other="Japan"))


def test_15_what_one_only_wants_does_not_count_where_it_is_asked_what_is_agreed(ask: Asker) -> None:
    given = {"one": "Canada", "other": "India", "reached": "agreed"}
    assert {row[0] for row in ask("compare", "whose", **given)} == {"second"}


def test_16_the_only_disagreement_is_on_canada(ask: Asker) -> None:
    columns = ("engagement", "aspect", "step", "value", "locator", "speaker", "as_of")
    disputed = ("partnership:eu-canada-digital-partnership", "status", None)
    assert ask("disagreements", *columns) == [
        (*disputed, "status:in-force", "¶5", PAPER, "2023-04-18"),
        (*disputed, "status:wanted", "¶30", COMMISSION, "2023-04-18"),
    ]


# ---------------------------------------------------------------- 17 to 19: computed


def test_17_similar_agendas_are_those_of_the_table(ask: Asker) -> None:
    expected = {}
    for one, other in combinations(sorted(STAGES), 2):
        shared, either = set(STAGES[one]) & set(STAGES[other]), set(STAGES[one]) | set(STAGES[other])
        if shared:
            expected[f"country:{one}", f"country:{other}"] = (len(shared), len(either), len(shared) / len(either))
    rows = ask("agenda-similarity")
    found = {(a, b): (int(str(s)), int(str(e)), float(str(j))) for a, b, s, e, j in rows}
    assert {pair: value[:2] for pair, value in found.items()} == {pair: value[:2] for pair, value in expected.items()}
    for pair, value in found.items():
        assert value[2] == pytest.approx(expected[str(pair[0]), str(pair[1])][2], abs=0.0005)
    assert [row[:2] for row in rows[:3]] == [
        ("country:india", "country:south-korea"),
        ("country:south-korea", "country:united-states"),
        ("country:japan", "country:south-korea"),
    ]


def test_17_the_nearest_pair_is_as_near_as_counted_by_hand(ask: Asker) -> None:
    # AI, standardisation, high-performance and quantum computing, of 8 + 12 - 4; the last two are agreed, of 8 + 3 - 2.
    assert ask("agenda-similarity")[0] == ("country:india", "country:south-korea", "4", "16", "0.25")
    assert ask("agenda-similarity", reached="agreed") == [("country:india", "country:south-korea", "2", "9", "0.222")]


def test_17_binding_topics_with_countries_and_how_many_have_agreed(ask: Asker) -> None:
    direct = {f"topic:{topic}": list(stages.values()) for topic, (stages, _) in SHARED.items() if stages}
    assert once(ask("binding-topics")) == {
        (topic, str(len(stages)), str(sum(stage in FIRM for stage in stages))) for topic, stages in direct.items()
    }
    assert ask("binding-topics")[0] == ("topic:artificial-intelligence", "4", "1")


def test_18_what_follows_is_all_that_is_inferred_but_repetitions(built: store.Built, ask: Asker) -> None:
    rows = ask("inferred")
    expected = {
        *(
            (f"initiative:{name}", "eud:withCountry", f"country:{country}")
            for (country, framework), initiatives in INITIATIVES.items()
            for name in initiatives
            if country and framework
        ),
        ("meeting:eu-india-ttc-1", "eud:withCountry", "country:india"),
        ("meeting:eu-us-ttc-4", "eud:withCountry", "country:united-states"),
        ("official:lee-jong-ho", "eud:represents", "country:south-korea"),
        ("official:thibaut-kleiner", "eud:represents", "org:dg-connect"),
        ("official:thierry-breton", "eud:represents", COMMISSION),
        ("country:sweden", "eud:represents", "org:council-of-the-eu"),
        ("org:telecom-working-party", "eud:partOf", UNION),
    }
    assert once(rows) == expected
    inferred = {
        tuple(text(t) for t in (q.subject, q.predicate, q.object))
        for q in built.store.quads_for_pattern(None, None, None, GRAPH_INFERRED)
    }
    assert expected <= inferred


def test_18_what_follows_about_one_entity(ask: Asker) -> None:
    assert ask("inferred", subject="Luleå meeting") == [
        ("meeting:eu-us-ttc-4", "eud:withCountry", "country:united-states"),
    ]


def test_19_each_of_them_has_an_explanation_that_ends_in_passages(built: store.Built, ask: Asker) -> None:
    terms = from_store(built.store)
    _, _, answer = ask.raw("inferred")
    hanging = []
    for row in answer.rows:
        ways = proofs.explain(built.store, terms, Triple(*row))
        leaves = [leaf for way in ways for leaf in way.leaves()]
        if not leaves or not all(proofs.passages_of(built.store, leaf) for leaf in leaves):
            hanging.append(row)
    assert hanging == []


# ---------------------------------------------------------------- 20 to 25: what has changed, and what became of plans


def test_20_nothing_has_changed_since_the_article_and_all_is_new_by_it(ask: Asker) -> None:
    assert ask("changes", since="2023-04-30") == []
    assert ask("changes", since="2023-04-30", known_by=LATER) == []
    rows = ask("changes", "day", "kind", "what", "country", "before", "after", since=BEFORE_ALL)
    assert {(row[0], row[1], row[4]) for row in rows} == {("2023-04-30", "new", None)}
    ties = {(row[2], row[3], row[5]) for row in rows if row[3]}
    assert ties == {(f"topic:{t}", f"country:{c}", f"stage:{s}") for c, ts in STAGES.items() for t, s in ts.items()}
    assert {(row[2], row[5]) for row in rows if not row[3]} == set(ask("situations", "engagement", "status"))


PLANS = [
    ("country:india", "meeting:eu-india-ttc-1", "2023-05-15/2023-05-16", "2023-05-16", "77"),
    ("country:united-states", "meeting:eu-us-ttc-4", "2023-05-31", "2023-05-31", "62"),
    ("country:south-korea", "meeting:breton-lee-2023", "2023-06-30?", "2023-06-30", "32"),
    ("country:japan", "meeting:eu-japan-summit-2023", "2023-07-03?/2023-07-04?", "2023-07-04", "28"),
]


def test_21_all_plans_are_open_each_with_the_day_it_names(ask: Asker) -> None:
    rows = ask("fate", "engagement", "announced", "verdict", "days", "moved", "due_by", "realised_as", "outcome")
    assert {row[2:5] for row in rows} == {("open", None, "0")}
    assert {row[6:] for row in rows} == {(None, None)}
    assert {(row[0], row[1], row[5]) for row in rows if row[1]} == {plan[1:4] for plan in PLANS}
    # Of what stands, all but what is in force, under way or over; that talks are to be finalised is a plan, too.
    standing = {
        row[0] for row in ask("situations", "engagement", "stage") if row[1] in ("stage:under-way", "stage:done")
    }
    assert {row[0] for row in rows} == {row[0] for row in ask("situations", "engagement")} - standing


def test_21_and_25_by_august_the_four_of_may_june_and_july_are_overdue(ask: Asker) -> None:
    fates = ask("fate", "country", "engagement", "announced", "due_by", "days", only="overdue", known_by=LATER)
    assert once(fates) == set(PLANS)
    rows = ask("overdue", "country", "engagement", "due_by", "overdue", known_by=LATER)
    assert rows == [(country, name, due, days) for country, name, _, due, days in PLANS]
    assert ask("overdue") == ask("fate", only="overdue") == []


@pytest.mark.parametrize(
    ("day", "days"), [("2023-05-16", []), ("2023-05-17", ["1"]), ("2024-03-01", ["290", "275", "245", "241"])]
)
def test_25_days_are_counted_from_the_day_by_which_it_is_known(ask: Asker, day: str, days: list[str]) -> None:
    assert [row[0] for row in ask("overdue", "overdue", known_by=day)] == days


def test_21_by_country_topic_and_verdict(ask: Asker) -> None:
    assert {row[0] for row in ask("fate", "engagement", country="Canada")} == {
        "initiative:canada-upgrade",
        "partnership:eu-canada-digital-partnership",
    }
    assert {row[0] for row in ask("fate", "engagement", within="6G")} == {
        "initiative:japan-6g-research",
        "initiative:south-korea-common-vision",
    }
    assert ask("fate", only="kept") == []


def test_23_who_held_which_post_on_a_day(ask: Asker) -> None:
    holders = {
        ("post:commissioner-internal-market", COMMISSION, "official:thierry-breton"),
        ("post:director-international-affairs-cnect", "org:dg-connect", "official:thibaut-kleiner"),
        ("post:minister-science-ict-south-korea", "country:south-korea", "official:lee-jong-ho"),
        ("post:presidency-council-of-the-eu", "org:council-of-the-eu", "country:sweden"),
    }
    columns = ("post", "of", "holder", "how", "perhaps")
    for day, how in (("2023-04-18", "held"), ("2026-12-01", "known as of 2023-04-18 only")):
        assert once(ask("posts", *columns, on=day)) == {(*row, how, "false") for row in holders}
    assert ask("posts", on="2023-04-17") == []
    assert ask("posts", "holder", post="Council presidency") == [("country:sweden",)]


def test_24_no_instrument_is_mentioned(ask: Asker) -> None:
    assert ask("instruments") == ask("instruments", on="2023-04-18") == []


# ---------------------------------------------------------------- Every query

NEEDED = {
    "evidence": {"subject": "EU-US TTC"},
    "meetings-of": {"who": "South Korea"},
    "compare": {"one": "India", "other": "Japan"},
    "changes": {"since": "2023-04-01"},
}
SHOWN = {**NEEDED, "overdue": {"known_by": LATER}}
"""What gives rows, beside the instruments, of which the article has none."""
NO_EVIDENCE = {"agenda-similarity", "binding-topics"}


def names_of_queries() -> list[str]:
    return sorted(path.stem for path in (Path(__file__).resolve().parent.parent / "queries").glob("*.rq"))


def test_every_question_has_a_query(library: Mapping[str, LibraryQuery]) -> None:
    assert sorted({query.number for query in library.values()}) == [n for n in range(1, 26) if n != 22]


@pytest.mark.parametrize("name", names_of_queries())
def test_a_query_gives_the_columns_it_names_in_a_fixed_order(ask: Asker, name: str) -> None:
    query, values, answer = ask.raw(name, **SHOWN.get(name, {}))
    assert answer.variables == list(query.columns)
    assert answer.rows or name == "instruments"
    assert [str(row) for row in ask.raw(name, **SHOWN.get(name, {}))[2].rows] == [str(row) for row in answer.rows]
    assert re.search(r"\nORDER BY [^\n]+(\n +[^\n]+)*\n$", query.text)
    assert not re.search(r"(?i)\bSELECT\s+(DISTINCT\s+)?\*", query.text)
    assert set(values) <= set(query.parameters)


@pytest.mark.parametrize("name", names_of_queries())
def test_a_query_orders_its_rows_fully(built: store.Built, ask: Asker, name: str) -> None:
    """Shuffled into another order of loading, the same statements give the same rows."""
    query, values, answer = ask.raw(name, **SHOWN.get(name, {}))
    other = Store()
    other.bulk_extend(sorted(built.store, key=str, reverse=True))
    again = run(other, prepare(bind(query, values)))
    assert again.rows == answer.rows


@pytest.mark.parametrize("name", names_of_queries())
def test_the_text_beside_a_query_is_written_for_people(library: Mapping[str, LibraryQuery], name: str) -> None:
    query = library[name]
    assert query.question.endswith("?")
    assert query.grain.startswith("one row per ")
    assert query.text.startswith("# ")
    assert query.notes.endswith(".") or query.notes == ""
    described = [*query.columns.values(), *(p.description for p in query.parameters.values())]
    assert [d for d in described if not d or d.endswith(".")] == []


@pytest.mark.parametrize("name", names_of_queries())
def test_evidence_patterns_are_terms_of_columns_parameters_and_declared_properties(
    built: store.Built, library: Mapping[str, LibraryQuery], name: str
) -> None:
    query = library[name]
    known = {f"?{v}" for v in (*query.columns, *query.parameters)}
    terms = from_store(built.store).terms
    wrong = []
    for pattern in query.evidence:
        parts = pattern.split()
        for position, part in enumerate(parts):
            iri = names.expand(part)
            property_ = position == 1 and (part == "a" or (iri in terms and terms[iri].kind.endswith("Property")))
            if len(parts) not in (2, 3) or not (part in known or property_):
                wrong.append(pattern)
    assert wrong == []


@pytest.mark.parametrize("name", sorted(set(names_of_queries()) - NO_EVIDENCE))
def test_every_row_has_evidence(built: store.Built, ask: Asker, name: str) -> None:
    query, values, answer = ask.raw(name, **SHOWN.get(name, {}))
    attached = answers.attach(built.store, query.evidence, values, answer, {})
    assert attached.behind is not None
    without = [row for row, behind in zip(answer.rows, attached.behind, strict=True) if not behind]
    assert without == []


def test_passages_known_only_later_are_not_shown(built: store.Built, ask: Asker) -> None:
    query, values, answer = ask.raw("topics", country="Japan")
    earlier = {**values, "known_by": Literal(BEFORE_ALL, datatype=NamedNode(names.XSD + "date"))}
    shown = answers.attach(built.store, query.evidence, earlier, answer, {})
    assert shown.passages == []


def test_asking_in_a_process_of_its_own_gives_the_same_with_evidence(
    built: store.Built, library: Mapping[str, LibraryQuery], ask: Asker
) -> None:
    asked = answers.ask(built, library["officials"], {}, answers.Asking(evidence=True))
    here = ask.raw("officials")[2]
    assert asked.variables == here.variables
    assert asked.rows == here.rows
    behind = [{asked.passages[i].locator for i in row} for row in asked.behind or []]
    assert behind == [{"¶23"}, {"¶3"}, {"¶23"}]


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            *("topics", {"country": "China"}),
            "country: there is no country called 'China' in the graph; there are: Canada, India, Japan, Singapore, "
            "South Korea, Sweden, United States",
        ),
        ("topics", {"land": "Korea"}, "topics has no parameter 'land'; it takes country, within, reached, known_by"),
        ("inferred", {"who": "Breton"}, "inferred has no parameter 'who'; it takes subject"),
        ("fate", {"only": "lost"}, "only is kept, early, late, came, dropped, overdue or open, not 'lost'"),
        (
            *("meetings", {"until": "soon"}),
            "'soon' is no day; write it as YYYY-MM-DD, such as 2023-04-18, or as 18 April 2023, or May 2023",
        ),
        ("shared-topics", {"at_least": "two"}, "at_least is a whole number of up to nine digits, such as 2, not 'two'"),
    ],
)
def test_parameters_that_are_wrong_are_refused_in_words(
    ask: Asker, name: str, given: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(name, **given)
    assert str(caught.value) == message


def test_a_parameter_that_is_needed_must_be_given(ask: Asker) -> None:
    with pytest.raises(UsageError, match="who"):
        ask("meetings-of")


def test_evidence_reaches_through_what_was_inferred(built: store.Built) -> None:
    terms = from_store(built.store)
    upgrade, country = (NamedNode(names.expand(n) or "") for n in ("initiative:canada-upgrade", "country:canada"))
    statement = Triple(upgrade, NamedNode(EUD + "withCountry"), country)
    passages = evidence.describe(built.store, evidence.passages_behind(built.store, terms, [statement]))
    assert {p.locator for p in passages} == {"¶30"}


def test_the_ontologys_graph_is_no_passage(built: store.Built, checkout: workspace.Workspace) -> None:
    rows = select(built.store, f"SELECT ?p {{ ?p a <{EUD}Passage> }}")
    assert GRAPH_ONTOLOGY.value not in {row["p"].value for row in rows}
    written = sum(path.read_text("utf-8").count(" a eud:Passage") for path in checkout.claim_files)
    assert len(rows) == written
