"""The competency questions: what each query of the library answers, compared with what a careful reader answers.

The numbers are those of the questions. Countries, topics and the like are written as the local parts of their IRIs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple

from eudigraph.ask import answers, evidence, lookup
from eudigraph.ask.library import LibraryQuery, Value, bind, load_library
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

# The document's first table: each topic that is pursued with a country, and the paragraphs that say so. Where an
# initiative repeats a topic of the table in a further paragraph, that paragraph is marked with a comment.
PURSUED: dict[str, dict[str, set[int]]] = {
    "united-states": {
        "sustainable-trade": {8},
        "emerging-technologies": {8, 10},  # on the agenda, and again among the results (10)
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
    },
    "india": {
        "high-performance-computing": {16},
        "quantum-computing": {16},
        "artificial-intelligence": {16},
        "standardisation": {16},
        "digital-skills": {16},
        "digital-public-infrastructure": {16},
        "dpi-interoperability": {16},
        "dpi-security": {16},
    },
    "japan": {
        "semiconductors": {18},
        "research-and-development": {18},
        "supply-chain-resilience": {18},
        "6g": {18},
        "high-performance-computing": {19},
        "research-links": {19},
        "quantum-satellite-communications": {19},
        "arctic-connectivity": {20},
        "submarine-cables": {20},
        "data-governance": {21},
        "data-flows": {21},
    },
    "south-korea": {
        "semiconductors": {24},
        "industrial-investment": {24},
        "digital-platforms": {25},  # the document's digital services and digital markets, of which this is the topic
        "ai-regulation": {25},
        "connectivity-funding": {26},
        "research-and-development": {27, 28},  # research exchanges on computing besides (28)
        "emerging-technologies": {27},
        "artificial-intelligence": {27},
        "6g": {27},
        "standardisation": {27},
        "high-performance-computing": {28},
        "quantum-computing": {28},
    },
    "singapore": {
        "digital-identity": {29},
        "ai-governance": {29},
        "ai-standards": {29},
        "sme-digitalisation": {29},
    },
}
WANTED = {
    "canada": {
        "artificial-intelligence": {30},
        "research-and-development": {30},
        "connectivity": {30},
        "cybersecurity": {30},
    }
}

# The document's second table: direct, rolled up, only wanted.
SHARED: dict[str, tuple[set[str], set[str], set[str]]] = {
    "artificial-intelligence": ({"united-states", "india", "south-korea"}, {"singapore"}, {"canada"}),
    "semiconductors": ({"united-states", "japan", "south-korea"}, set(), set()),
    "standardisation": ({"united-states", "india", "south-korea"}, {"singapore"}, set()),
    "high-performance-computing": ({"india", "japan", "south-korea"}, set(), set()),
    "quantum-technologies": (set(), {"india", "japan", "south-korea"}, set()),
    "quantum-computing": ({"india", "south-korea"}, set(), set()),
    "6g": ({"japan", "south-korea"}, set(), set()),
    "connectivity": ({"united-states"}, {"japan", "south-korea"}, {"canada"}),
    "research-and-development": ({"japan", "south-korea"}, set(), {"canada"}),
    # "As the hierarchy goes": AI, 6G and quantum technologies are emerging technologies.
    "emerging-technologies": ({"united-states", "south-korea"}, {"india", "japan", "singapore"}, set()),
    "digital-platforms": ({"united-states", "south-korea"}, set(), set()),
}


@pytest.fixture(scope="module")
def library(checkout: workspace.Workspace) -> Mapping[str, LibraryQuery]:
    return load_library(checkout)


THREE = ("country", "topic", "standing")


class Asker:
    """Asks the library, in this process, and gives rows as short names and texts."""

    def __init__(self, graph: store.Built, library: Mapping[str, LibraryQuery]) -> None:
        self.graph, self.library = graph, library

    def raw(self, name: str, **parameters: str) -> tuple[LibraryQuery, Mapping[str, Value], Answer]:
        query = self.library[name]
        values, _ = lookup.resolve(self.graph.store, query, parameters)
        return query, values, run(self.graph.store, prepare(bind(query, values)))

    def __call__(self, name: str, *columns: str, **parameters: str) -> Rows:
        """Return the answer's columns; without names, all of them."""
        _, _, answer = self.raw(name, **parameters)
        wanted = [answer.variables.index(column) for column in columns or answer.variables]
        return [tuple(text(row[i]) for i in wanted) for row in answer.rows]

    def paragraphs(self, name: str, **parameters: str) -> list[tuple[tuple[str | None, ...], set[int]]]:
        """Return each row with the paragraphs of the passages behind it that speak of the row's topic."""
        query, values, answer = self.raw(name, **parameters)
        attached = answers.attach(self.graph.store, query.evidence, values, answer, {})
        topic = answer.variables.index("topic")
        found = []
        for row, behind in zip(answer.rows, attached.behind or [], strict=True):
            passages = [attached.passages[i] for i in behind]
            said = {p.paragraph for p in passages if self.speaks_of(p.iri, row[topic])}
            found.append((tuple(text(term) for term in row), said))
        return found

    def speaks_of(self, passage: str, thing: NamedNode) -> bool:
        return any(self.graph.store.quads_for_pattern(None, None, thing, NamedNode(passage)))


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


def test_1_frameworks_with_each_country_since_when_and_how_they_stand(ask: Asker) -> None:
    columns = ("country", "partnership", "kind", "status", "since", "stated_duration", "disputed", "preferred")
    ttc, digital = "eud:TradeAndTechnologyCouncil", "eud:DigitalPartnership"
    assert ask("partnerships", *columns) == [
        *(
            (
                "country:canada",
                f"partnership:eu-canada-digital-{name}",
                kind,
                f"status:{status}",
                None,
                None,
                "true",
                preferred,
            )
            for name, kind, status, preferred in (
                ("dialogue", "eud:DigitalDialogue", "in-force", "true"),
                ("partnership", digital, "wanted", "true"),
                ("partnership", digital, "in-force", "false"),
            )
        ),
        ("country:india", "partnership:eu-india-ttc", ttc, "status:in-force", "2022-04", None, "false", "true"),
        (
            "country:japan",
            "partnership:eu-japan-digital-partnership",
            digital,
            "status:in-force",
            None,
            None,
            "false",
            "true",
        ),
        (
            "country:singapore",
            "partnership:eu-singapore-digital-partnership",
            digital,
            "status:in-force",
            "2023-02",
            None,
            "false",
            "true",
        ),
        (
            "country:south-korea",
            "partnership:eu-south-korea-digital-partnership",
            digital,
            "status:in-force",
            None,
            None,
            "false",
            "true",
        ),
        (
            "country:united-states",
            "partnership:eu-us-ttc",
            ttc,
            "status:in-force",
            None,
            "almost two years",
            "false",
            "true",
        ),
    ]


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


@pytest.mark.parametrize(
    ("after", "first"),
    # A meeting of two days is over after the second; the briefing itself is not after the briefing.
    [("2023-04-18", 0), ("2023-05-15", 0), ("2023-05-16", 1), ("2023-05-31", 2), ("2023-07-03", 3), ("2023-07-04", 4)],
)
def test_2_meetings_after_a_date_in_order_with_place_and_certainty(ask: Asker, after: str, first: int) -> None:
    assert ask("meetings-after", after=after) == LATER_MEETINGS[first:]


def test_2_the_day_of_the_briefing_is_the_default_and_an_earlier_one_adds_the_briefing(ask: Asker) -> None:
    assert ask("meetings-after") == LATER_MEETINGS
    briefing = ("meeting:telecom-working-party-2023-04-18", "eud:WorkingPartyMeeting", "2023-04-18", "status:held")
    assert ask("meetings-after", "meeting", "kind", "date", "status", after="2023-04-17")[0] == briefing


def test_2_a_place_stands_beside_the_date_it_is_claimed_with(library: Mapping[str, LibraryQuery]) -> None:
    """Who moved the meeting did not say that the place, or its country, moves along; what has no date has them all."""
    claims = """
        graph:ontology { eud:Meeting a owl:Class }
        graph:inferred {
            meeting:m a eud:Meeting ; eud:takesPlaceIn country:x . place:a eud:inCountry country:x .
            <urn:1> eud:edtf "2030-01"^^edtf:EDTF ;
                eud:earliest "2030-01-01"^^xsd:date ; eud:latest "2030-01-31"^^xsd:date .
            <urn:2> eud:edtf "2030-02"^^edtf:EDTF ;
                eud:earliest "2030-02-01"^^xsd:date ; eud:latest "2030-02-28"^^xsd:date .
        }
        passage:1 { meeting:m eud:date "2030-01"^^edtf:EDTF ; eud:takesPlaceIn place:a }
        passage:2 { meeting:m eud:date "2030-02"^^edtf:EDTF }
    """
    query = library["meetings-after"]

    def rows(more: str) -> list[tuple[str | None, ...]]:
        graph = Store()
        prefixes = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in names.PREFIXES.items())
        graph.load(prefixes + claims + more, RdfFormat.TRIG)
        graph.extend([Quad(quad.subject, quad.predicate, quad.object) for quad in graph])
        answer = run(graph, prepare(bind(query, {})))
        wanted = [answer.variables.index(column) for column in ("date", "place", "place_country")]
        return [tuple(text(row[i]) for i in wanted) for row in answer.rows]

    first = ("2030-01", "place:a", "country:x")
    assert rows("") == [first, ("2030-02", None, None)]
    assert rows("passage:2 { meeting:m eud:takesPlaceIn place:b }") == [first, ("2030-02", "place:b", None)]
    assert rows("passage:2 { meeting:m eud:takesPlaceIn place:a }") == [first, ("2030-02", "place:a", "country:x")]
    alone = "passage:3 { meeting:m eud:takesPlaceIn place:b }"
    assert rows(alone) == [first, ("2030-01", "place:b", None), ("2030-02", "place:b", None)]
    country = "passage:2 { meeting:m eud:takesPlaceIn country:y }"
    assert rows(country) == [first, ("2030-02", None, "country:y")]


def test_3_topics_by_country_with_the_paragraphs_that_say_so(ask: Asker) -> None:
    expected = [
        ((f"country:{country}", f"topic:{topic}", standing), paragraphs)
        for standing, table in (("pursued", PURSUED), ("wanted", WANTED))
        for country, topics in table.items()
        for topic, paragraphs in topics.items()
    ]
    found = [(row[:3], said) for row, said in ask.paragraphs("topics")]
    assert found == sorted(expected, key=lambda e: (e[0][0], e[0][2], e[0][1]))


@pytest.mark.parametrize("country", sorted(PURSUED | WANTED))
def test_3_topics_of_one_country(ask: Asker, country: str) -> None:
    found = ask("topics", *THREE, country=f"country:{country}")
    pursued = {(f"country:{country}", f"topic:{topic}", "pursued") for topic in PURSUED.get(country, {})}
    wanted = {(f"country:{country}", f"topic:{topic}", "wanted") for topic in WANTED.get(country, {})}
    assert once(found) == pursued | wanted


def test_3_a_country_that_only_hosts_has_no_topics(ask: Asker) -> None:
    assert ask("topics", *THREE, country="Sweden") == []


@pytest.mark.parametrize(
    "ai", ["AI", "ai", "artificial intelligence", "Artificial Intelligence", "topic:artificial-intelligence"]
)
def test_3_a_broader_topic_finds_the_narrower_ones(ask: Asker, ai: str) -> None:
    assert once(ask("topics", *THREE, within=ai)) == {
        ("country:canada", "topic:artificial-intelligence", "wanted"),
        ("country:india", "topic:artificial-intelligence", "pursued"),
        ("country:singapore", "topic:ai-governance", "pursued"),
        ("country:singapore", "topic:ai-standards", "pursued"),
        ("country:south-korea", "topic:ai-regulation", "pursued"),
        ("country:south-korea", "topic:artificial-intelligence", "pursued"),
        ("country:united-states", "topic:artificial-intelligence", "pursued"),
    }


def test_3_country_and_broader_topic_together(ask: Asker) -> None:
    assert ask("topics", *THREE, country="Korea", within="connectivity") == [
        ("country:south-korea", "topic:6g", "pursued"),
        ("country:south-korea", "topic:connectivity-funding", "pursued"),
    ]
    assert ask("topics", *THREE, country="Japan", within="quantum") == [
        ("country:japan", "topic:quantum-satellite-communications", "pursued")
    ]
    assert ask("topics", *THREE, country="Singapore", within="quantum") == []


# ---------------------------------------------------------------- 4: shared topics


def test_3_what_is_only_planned_or_wanted_is_not_settled(ask: Asker) -> None:
    found = {row[0]: row[1] for row in ask("topics", "topic", "settled", country="Japan")}
    # What is only mentioned, such as the cable that lacks support, is as open as what is wanted.
    settled = {"high-performance-computing", "arctic-connectivity", "data-flows"}
    assert {topic for topic, said in found.items() if said == "true"} == {f"topic:{name}" for name in settled}
    assert found["topic:6g"] == found["topic:quantum-satellite-communications"] == "false"
    assert set(ask("topics", "settled", country="Canada")) == {("false",)}


def test_4_topics_shared_by_at_least_two_countries(ask: Asker) -> None:
    assert by_topic(ask("shared-topics")) == SHARED


@pytest.mark.parametrize("number", [1, 3, 4, 5, 6])
def test_4_the_number_counts_narrower_topics_but_not_wishes(ask: Asker, number: int) -> None:
    table = by_topic(ask("shared-topics", at_least=str(number)))
    expected = {t: row for t, row in SHARED.items() if len(row[0] | row[1]) >= number}
    if number == 1:
        assert expected.items() <= table.items()
        assert set(table) - set(expected) == {
            *("5g", "ai-governance", "ai-regulation", "ai-standards", "arctic-connectivity", "connectivity-funding"),
            *("data-flows", "data-governance", "digital-identity", "digital-infrastructure", "digital-skills"),
            *("digital-public-infrastructure", "dpi-interoperability", "dpi-security", "economic-security"),
            *("foreign-interference", "human-rights-online", "industrial-investment", "research-links"),
            *("quantum-satellite-communications", "sme-digitalisation", "stakeholder-engagement", "submarine-cables"),
            *("supply-chain-resilience", "sustainable-trade", "third-country-infrastructure", "trade"),
            "trade-and-labour",
        }
    else:
        assert table == expected


def test_4_the_numbers_stand_beside_the_countries(ask: Asker) -> None:
    rows = ask("shared-topics", "topic", "direct", "rolled_up")
    assert set(rows) == {
        (f"topic:{topic}", str(len(direct)), str(len(direct | rolled))) for topic, (direct, rolled, _) in SHARED.items()
    }


def by_topic(rows: Rows) -> dict[str, tuple[set[str], set[str], set[str]]]:
    once(rows)
    table: dict[str, tuple[set[str], set[str], set[str]]] = {}
    for topic, _, _, country, how, _ in rows:
        assert topic
        assert country
        found = table.setdefault(topic.removeprefix("topic:"), (set(), set(), set()))
        found[["direct", "rolled up", "wanted"].index(how or "")].add(country.removeprefix("country:"))
    return table


# ---------------------------------------------------------------- 5 to 7: officials, their meetings, laws


def test_5_officials_their_posts_and_whom_they_represent(ask: Asker) -> None:
    assert ask("officials") == [
        ("official:lee-jong-ho", "post:minister-science-ict-south-korea", "country:south-korea"),
        ("official:thibaut-kleiner", "post:director-international-affairs-cnect", "org:dg-connect"),
        ("official:thierry-breton", "post:commissioner-internal-market", COMMISSION),
    ]


def test_5_in_words(built: store.Built, ask: Asker) -> None:
    _, _, answer = ask.raw("officials")
    assert answers.render(built, answer, "csv").splitlines() == [
        "official,post,represents",
        "Lee Jong Ho,Minister for Science and ICT,South Korea",
        "Thibaut Kleiner,director for international affairs,the EU's digital department",
        "Thierry Breton,Commissioner for the Internal Market,European Commission",
    ]


BRIEFING = ("meeting:telecom-working-party-2023-04-18", "2023-04-18", "status:held")
LULEA = ("meeting:eu-us-ttc-4", "2023-05-31", "status:scheduled")
INDIA = ("meeting:eu-india-ttc-1", "2023-05-15/2023-05-16", "status:scheduled")
BRETON_LEE = ("meeting:breton-lee-2023", "2023-06-30?", "status:tentative")
JAPAN = ("meeting:eu-japan-summit-2023", "2023-07-03?/2023-07-04?", "status:to-be-confirmed")


def meeting(which: tuple[str, str, str], role: str, with_: str, with_role: str) -> tuple[str, ...]:
    return (which[0], role, which[1], which[2], with_, with_role)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (
            "Kleiner",
            [
                meeting(BRIEFING, "briefer", "org:member-state-representatives", "briefed"),
                # The article's first lines name the Commission as the briefer. Its digital department is not said to
                # be part of it, so that it does not count as Kleiner's own side.
                meeting(BRIEFING, "briefer", COMMISSION, "briefer"),
            ],
        ),
        ("Breton", [meeting(BRETON_LEE, "participant", "official:lee-jong-ho", "participant")]),
        ("Lee Jong-ho", [meeting(BRETON_LEE, "participant", "official:thierry-breton", "participant")]),
        ("South Korea", [meeting(BRETON_LEE, "partner", "official:thierry-breton", "participant")]),
        ("India", [meeting(INDIA, "partner", "org:european-union", "party")]),
        ("Japan", [meeting(JAPAN, "partner", "org:european-union", "party")]),
        ("United States", [meeting(LULEA, "partner", COMMISSION, "participant")]),
        ("Singapore", []),
        ("Sweden", []),
    ],
)
def test_6_meetings_of_a_country_or_an_official(ask: Asker, who: str, expected: Rows) -> None:
    who = {"Kleiner": "Thibaut Kleiner", "Breton": "Thierry Breton"}.get(who, who)
    found = ask("meetings-of", who=who)
    assert once(found) == set(expected)


def test_7_laws_at_stake_with_whom_how_firmly_and_whether_they_were_adopted(ask: Asker) -> None:
    engagement = "initiative:south-korea-regulatory-convergence"
    rest = ("country:south-korea", engagement, "certainty:hedged")
    assert ask("laws") == [
        ("act:ai-act", *rest, "2024-06-13", "proposal"),
        ("act:digital-markets-act", *rest, "2022-09-14", "adopted"),
        ("act:digital-services-act", *rest, "2022-10-19", "adopted"),
    ]
    # Adopted from the very day on.
    for day, stage in (("2024-06-12", "proposal"), ("2024-06-13", "adopted")):
        assert ask("laws", "act", "stage", at=day)[0] == ("act:ai-act", stage)


# ---------------------------------------------------------------- 8 and 9: without commitment, other voices


def test_8_what_is_asked_for_wanted_or_planned_without_commitment_or_support(ask: Asker) -> None:
    def wanted(name: str, country: str) -> tuple[str, ...]:
        return (name, f"country:{country}", "status:wanted", "eud:wantedBy", COMMISSION)

    summit, cable = "meeting:very-powerful-ai-summit", "initiative:arctic-cable"
    assert once(ask("unsupported")) == {
        # The document's own examples.
        (summit, None, "status:proposed", "eud:wantedBy", "org:leading-meps"),
        (summit, None, "status:proposed", "eud:acknowledgedBy", COMMISSION),
        (summit, None, "status:proposed", "eud:noCommitmentFrom", COMMISSION),
        (cable, "country:japan", "status:mentioned", "eud:notSupportedBy", "country:united-states"),
        (cable, "country:japan", "status:mentioned", "eud:notSupportedBy", "country:canada"),
        wanted("initiative:canada-upgrade", "canada"),
        wanted("partnership:eu-canada-digital-partnership", "canada"),
        wanted("initiative:south-korea-fair-share-exchange", "south-korea"),
        ("initiative:japan-6g-research", "country:japan", "status:envisaged", None, None),
        # Beyond them: what else the EU or the Commission "wants" or "aims" at (¶ 19, 21, 24) ...
        wanted("initiative:japan-supercomputer-access", "japan"),
        wanted("initiative:japan-research-links", "japan"),
        wanted("initiative:japan-quantum-satellites", "japan"),
        wanted("initiative:japan-data-governance", "japan"),
        wanted("initiative:data-free-flow-with-trust", "japan"),
        wanted("initiative:south-korea-investment", "south-korea"),
        wanted("initiative:south-korea-high-end-chips", "south-korea"),
        # ... and the proposal behind "fair share" itself, which is pushed from outside (¶ 26).
        ("initiative:fair-share-proposal", None, "status:mentioned", "eud:wantedBy", "org:telecom-operators"),
    }


def test_9_voices_other_than_the_presentation(ask: Asker) -> None:
    stated, hedged = "certainty:stated", "certainty:hedged"
    p = "passage:euractiv-2023-04"
    assert ask("other-voices", "passage", "paragraph", "speaker", "certainty") == [
        # Beyond the document: the paper's own account of the briefing and of what the presentation covers.
        (f"{p}/01", "1", PAPER, stated),
        (f"{p}/02", "2", PAPER, stated),
        (f"{p}/03", "3", PAPER, stated),
        (f"{p}/05", "5", PAPER, stated),
        (f"{p}/05-canada", "5", PAPER, stated),
        # As in the document.
        (f"{p}/09-unions", "9", "person:informed-source", stated),
        (f"{p}/09-hostile", "9", PAPER, stated),  # beyond it: the aside on the unions, taken as the paper's
        (f"{p}/09-elections", "9", PAPER, stated),
        (f"{p}/11", "11", PAPER, stated),
        (f"{p}/12", "12", COMMISSION, stated),
        (f"{p}/13", "13", "official:unnamed-eu-official", stated),
        (f"{p}/14-purpose", "14", "agent:unidentified", stated),
        (f"{p}/20-cable", "20", PAPER, stated),
        (f"{p}/20-support", "20", PAPER, stated),
        (f"{p}/24-producer", "24", PAPER, stated),
        (f"{p}/25", "25", PAPER, hedged),  # beyond it: question 7 has the hedge as the paper's
        (f"{p}/26-model", "26", PAPER, stated),
    ]


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
    columns = ("paragraph", "start", "end", "speaker", "certainty", "confidence", "passage")
    given = {"subject": "Luleå meeting", "property": "takesPlaceIn", "object": "Luleå"}
    assert ask("evidence", *columns, **given) == [
        ("7", "803", "1015", COMMISSION, "certainty:stated", "0.95", "passage:euractiv-2023-04/07")
    ]
    given = {"subject": "EU-Canada Digital Partnership", "property": "has status"}
    assert ask("evidence", "object", "paragraph", "confidence", **given) == [
        ("status:in-force", "5", "0.5"),
        ("status:wanted", "30", "0.95"),
    ]


def test_10_what_follows_and_what_is_reference_data_has_no_evidence_of_its_own(ask: Asker) -> None:
    assert ask("evidence", subject="Luleå meeting", property="withCountry") == []
    assert ask("evidence", subject="AI Act") == []


# ---------------------------------------------------------------- 11 to 13: hosts, initiatives, agendas


def test_11_who_hosts_and_who_presides(ask: Asker) -> None:
    assert ask("hosts-and-presidencies") == [
        ("country:sweden", "hosts", "meeting:eu-us-ttc-4", "place:lulea"),
        ("country:sweden", "presides over", "org:council-of-the-eu", None),
    ]


# Initiative: topics, stage, and for whom a priority. Those who want it, and whose support is missing, are below.
INITIATIVES: dict[tuple[str | None, str | None], dict[str, tuple[set[str], str, str | None]]] = {
    ("japan", "eu-japan-digital-partnership"): {
        "japan-semiconductor-research": ({"semiconductors", "research-and-development"}, "mentioned", COMMISSION),
        "japan-supply-chain-monitoring": ({"semiconductors", "supply-chain-resilience"}, "mentioned", COMMISSION),
        "japan-6g-research": ({"6g", "research-and-development"}, "envisaged", None),
        "japan-supercomputer-access": ({"high-performance-computing"}, "wanted", None),
        "japan-research-links": ({"research-links"}, "wanted", None),
        "japan-quantum-satellites": ({"quantum-satellite-communications"}, "wanted", None),
        "arctic-cable": ({"arctic-connectivity", "submarine-cables"}, "mentioned", None),
        "japan-data-governance": ({"data-governance"}, "wanted", None),
        "data-free-flow-with-trust": ({"data-flows"}, "wanted", None),
        "japan-data-flow-talks": ({"data-flows"}, "to-be-finalised", None),
    },
    ("south-korea", "eu-south-korea-digital-partnership"): {
        "south-korea-investment": ({"industrial-investment"}, "wanted", None),
        "south-korea-high-end-chips": ({"semiconductors"}, "wanted", None),
        "south-korea-regulatory-convergence": ({"digital-platforms", "ai-regulation"}, "mentioned", None),
        "south-korea-fair-share-exchange": ({"connectivity-funding"}, "wanted", None),
        "south-korea-research-cooperation": ({"research-and-development"}, "mentioned", None),
        "south-korea-common-vision": (
            {"emerging-technologies", "artificial-intelligence", "6g", "standardisation"},
            "mentioned",
            None,
        ),
        "south-korea-computing-exchanges": (
            {"high-performance-computing", "quantum-computing", "research-and-development"},
            "under-way",
            None,
        ),
    },
    ("singapore", "eu-singapore-digital-partnership"): {
        "singapore-digital-identity-pilots": ({"digital-identity"}, "mentioned", COMMISSION),
        "singapore-ai-exchanges": ({"ai-governance", "ai-standards"}, "mentioned", COMMISSION),
        "singapore-sme-practice": ({"sme-digitalisation"}, "mentioned", COMMISSION),
    },
    ("india", "eu-india-ttc"): {"eu-india-working-groups": (set(), "under-way", None)},
    ("united-states", "eu-us-ttc"): {
        "trade-and-labour-dialogue": ({"trade-and-labour"}, "expected", None),
        "us-industry-talks": ({"digital-infrastructure"}, "expected", None),
        "us-third-country-connectivity": ({"third-country-infrastructure", "connectivity"}, "expected", None),
    },
    ("canada", "eu-canada-digital-dialogue"): {
        "canada-upgrade": (
            {"artificial-intelligence", "research-and-development", "connectivity", "cybersecurity"},
            "wanted",
            None,
        )
    },
    # Beyond the document: what the exchange with South Korea is about, itself under no framework (¶ 26).
    (None, None): {"fair-share-proposal": ({"connectivity-funding"}, "mentioned", None)},
}
WANTED_BY = {
    "trade-and-labour-dialogue": "org:us-trade-unions",
    "fair-share-proposal": "org:telecom-operators",
    "japan-data-flow-talks": COMMISSION,
}


def initiative_rows() -> set[tuple[str | None, ...]]:
    rows: set[tuple[str | None, ...]] = set()
    for (country, partnership), initiatives in INITIATIVES.items():
        for name, (topics, stage, priority) in initiatives.items():
            wanted_by = WANTED_BY.get(name) or (COMMISSION if stage == "wanted" else None)
            standing = "wanted" if name == "canada-upgrade" else "pursued"
            listed: list[str | None] = [*sorted(topics)] or [None]
            for topic in listed:
                rows.add(
                    (
                        country and f"country:{country}",
                        partnership and f"partnership:{partnership}",
                        f"initiative:{name}",
                        topic and f"topic:{topic}",
                        topic and standing,
                        f"status:{stage}",
                        priority,
                        wanted_by,
                        "true" if name == "arctic-cable" else "false",
                    )
                )
    return rows


def test_12_initiatives_under_which_framework_on_what_topic_and_at_what_stage(ask: Asker) -> None:
    assert once(ask("initiatives")) == initiative_rows()


@pytest.mark.parametrize("country", ["Japan", "South Korea", "Singapore", "India", "United States", "Canada", "Sweden"])
def test_12_initiatives_with_one_country(ask: Asker, country: str) -> None:
    wanted = "country:" + country.lower().replace(" ", "-")
    assert once(ask("initiatives", country=country)) == {row for row in initiative_rows() if row[0] == wanted}


def test_12_initiatives_on_a_broader_topic(ask: Asker) -> None:
    assert {row[0] for row in ask("initiatives", "initiative", within="quantum technologies")} == {
        "initiative:japan-quantum-satellites",
        "initiative:south-korea-computing-exchanges",
    }


def test_13_agenda_and_expected_results_of_lulea_are_two_lists(ask: Asker) -> None:
    lulea = "meeting:eu-us-ttc-4"
    agenda = {
        *(("eud:agenda", f"topic:{t}") for t in ("sustainable-trade", "emerging-technologies", "economic-security")),
        *(("eud:agenda", f"topic:{t}") for t in ("digital-infrastructure", "trade-and-labour")),
        ("eud:agenda", "topic:stakeholder-engagement"),
        ("eud:agenda", "initiative:trade-and-labour-dialogue"),
        ("eud:agenda", "initiative:us-industry-talks"),
    }
    results = {
        *(("eud:expects", f"topic:{t}") for t in ("emerging-technologies", "standardisation", "semiconductors")),
        *(("eud:expects", f"topic:{t}") for t in ("artificial-intelligence", "connectivity", "5g")),
        *(("eud:expects", f"topic:{t}") for t in ("third-country-infrastructure", "human-rights-online")),
        *(("eud:expects", f"topic:{t}") for t in ("digital-platforms", "foreign-interference")),
        ("eud:expects", "initiative:us-third-country-connectivity"),
    }
    expected = {(lulea, "agenda", *item) for item in agenda} | {(lulea, "expected result", *item) for item in results}
    assert once(ask("agenda")) == once(ask("agenda", meeting="TTC Luleå")) == expected


def test_13_agenda_of_another_meeting(ask: Asker) -> None:
    meeting_ = "meeting:breton-lee-2023"
    assert ask("agenda", meeting=meeting_) == [(meeting_, "agenda", "eud:agenda", "topic:semiconductors")]
    assert ask("agenda", meeting="EU-Japan summit") == []


# ---------------------------------------------------------------- 14 to 16: advocates, comparison, disagreements


def test_14_who_pushes_a_topic(ask: Asker) -> None:
    wishes = {
        f"initiative:{name}": topics
        for initiatives in INITIATIVES.values()
        for name, (topics, stage, _) in initiatives.items()
        if stage in ("wanted", "to-be-finalised")
    }
    wishes["partnership:eu-canada-digital-partnership"] = wishes["initiative:canada-upgrade"]
    assert once(ask("advocates")) == {
        *((COMMISSION, "EU", "wants", name, f"topic:{t}") for name, topics in wishes.items() for t in topics),
        ("org:us-trade-unions", "outsider", "pushes", "initiative:trade-and-labour-dialogue", "topic:trade-and-labour"),
        (
            "org:leading-meps",
            "outsider",
            "requests",
            "meeting:very-powerful-ai-summit",
            "topic:artificial-intelligence",
        ),
        ("org:telecom-operators", "outsider", "pushes", "initiative:fair-share-proposal", "topic:connectivity-funding"),
    }


def test_14_who_pushes_one_topic(ask: Asker) -> None:
    assert once(ask("advocates", "agent", "how", "engagement", within="AI")) == {
        ("org:leading-meps", "requests", "meeting:very-powerful-ai-summit"),
        (COMMISSION, "wants", "initiative:canada-upgrade"),
        (COMMISSION, "wants", "partnership:eu-canada-digital-partnership"),
    }


def test_15_india_and_japan_compared(ask: Asker) -> None:
    def alone(topics: set[str], whose: str) -> set[tuple[str | None, ...]]:
        sides = ("first", "second")
        return {
            (f"topic:{t}", whose, "direct", *(f"topic:{t}" if side == whose else None for side in sides))
            for t in topics
        }

    hpc, quantum = "topic:high-performance-computing", "topic:quantum-technologies"
    expected = {
        (hpc, "both", "direct", hpc, hpc),
        (quantum, "both", "rolled up", "topic:quantum-computing", "topic:quantum-satellite-communications"),
        # Beyond the document, as the hierarchy goes.
        ("topic:emerging-technologies", "both", "rolled up", "topic:artificial-intelligence", "topic:6g"),
        *alone(set(PURSUED["india"]) - {"high-performance-computing"}, "first"),
        *alone(set(PURSUED["japan"]) - {"high-performance-computing"}, "second"),
    }
    assert once(ask("compare", one="India", other="Japan")) == expected


def test_15_the_other_way_round_the_sides_are_swapped(ask: Asker) -> None:
    swap = {"first": "second", "second": "first", "both": "both"}
    swapped = {(t, swap[str(whose)], how, b, a) for t, whose, how, a, b in ask("compare", one="Japan", other="India")}
    assert swapped == once(ask("compare", one="India", other="Japan"))


def test_15_a_country_with_wishes_only_shares_nothing(ask: Asker) -> None:
    assert {row[0] for row in ask("compare", "whose", one="Canada", other="United States")} == {"second"}


def test_16_the_only_disagreement_is_on_canada(ask: Asker) -> None:
    columns = ("subject", "property", "value", "paragraph", "speaker", "confidence")
    disputed = ("partnership:eu-canada-digital-partnership", "eud:status")
    assert ask("disagreements", *columns) == [
        (*disputed, "status:wanted", "30", COMMISSION, "0.95"),
        (*disputed, "status:in-force", "5", PAPER, "0.5"),
    ]


# ---------------------------------------------------------------- 17 to 19: computed


def test_17_similar_agendas_are_those_of_the_table(ask: Asker) -> None:
    expected = {}
    for one, other in combinations(sorted(PURSUED), 2):
        shared, either = set(PURSUED[one]) & set(PURSUED[other]), set(PURSUED[one]) | set(PURSUED[other])
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
    # AI, standardisation, high-performance and quantum computing, of 8 + 12 - 4.
    assert ask("agenda-similarity")[0] == ("country:india", "country:south-korea", "4", "16", "0.25")


def test_18_binding_topics_with_countries_and_engagements(ask: Asker) -> None:
    assert ask("binding-topics") == [
        # The meeting in Luleå; two initiatives with Japan; the partnership, a meeting and an initiative with Korea.
        ("topic:semiconductors", "3", "6"),
        # India's council; Japan's partnership and its supercomputers; Korea's exchanges.
        ("topic:high-performance-computing", "3", "4"),
        ("topic:artificial-intelligence", "3", "3"),
        ("topic:standardisation", "3", "3"),
        # Two initiatives with each of Japan and South Korea.
        ("topic:research-and-development", "2", "4"),
        ("topic:6g", "2", "2"),
        ("topic:digital-platforms", "2", "2"),
        ("topic:emerging-technologies", "2", "2"),
        ("topic:quantum-computing", "2", "2"),
    ]


def test_19_what_follows_is_all_that_is_inferred_but_repetitions(built: store.Built, ask: Asker) -> None:
    rows = ask("inferred")
    advocated = {
        *((COMMISSION, f"topic:{t}") for t in ("artificial-intelligence", "connectivity", "connectivity-funding")),
        *((COMMISSION, f"topic:{t}") for t in ("cybersecurity", "data-flows", "data-governance", "semiconductors")),
        *(
            (COMMISSION, f"topic:{t}")
            for t in ("high-performance-computing", "industrial-investment", "research-links")
        ),
        *((COMMISSION, f"topic:{t}") for t in ("quantum-satellite-communications", "research-and-development")),
        ("org:leading-meps", "topic:artificial-intelligence"),
        ("org:telecom-operators", "topic:connectivity-funding"),
        ("org:us-trade-unions", "topic:trade-and-labour"),
    }
    expected = {
        *((f"country:{c}", "eud:cooperatesOn", f"topic:{t}") for c, topics in PURSUED.items() for t in topics),
        *((f"country:{c}", "eud:cooperationWantedOn", f"topic:{t}") for c, topics in WANTED.items() for t in topics),
        *((a, "eud:advocates", t) for a, t in advocated),
        *(
            (f"initiative:{name}", "eud:withCountry", f"country:{country}")
            for (country, _), initiatives in INITIATIVES.items()
            for name in initiatives
            if country
        ),
        ("meeting:eu-india-ttc-1", "eud:withCountry", "country:india"),
        ("meeting:eu-us-ttc-4", "eud:withCountry", "country:united-states"),
        ("meeting:eu-us-ttc-4", "eud:takesPlaceIn", "country:sweden"),
        ("official:lee-jong-ho", "eud:represents", "country:south-korea"),
        ("official:thibaut-kleiner", "eud:represents", "org:dg-connect"),
        ("official:thierry-breton", "eud:represents", COMMISSION),
        ("org:telecom-working-party", "eud:partOf", "org:european-union"),
    }
    assert once(rows) == expected
    inferred = {
        tuple(text(t) for t in (q.subject, q.predicate, q.object))
        for q in built.store.quads_for_pattern(None, None, None, GRAPH_INFERRED)
    }
    assert expected <= inferred


def test_19_what_follows_about_one_entity(ask: Asker) -> None:
    assert ask("inferred", subject="Luleå meeting") == [
        ("meeting:eu-us-ttc-4", "eud:takesPlaceIn", "country:sweden"),
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
    assert len(answer.rows) > 90


# ---------------------------------------------------------------- Every query

NEEDED = {
    "evidence": {"subject": "EU-US TTC"},
    "meetings-of": {"who": "South Korea"},
    "compare": {"one": "India", "other": "Japan"},
}
NO_EVIDENCE = {"agenda-similarity", "binding-topics", "other-voices"}


def names_of_queries() -> list[str]:
    return sorted(path.stem for path in (Path(__file__).resolve().parent.parent / "queries").glob("*.rq"))


def test_every_question_has_a_query(library: Mapping[str, LibraryQuery]) -> None:
    assert [query.number for query in library.values()] == list(range(1, 20))


@pytest.mark.parametrize("name", names_of_queries())
def test_a_query_gives_the_columns_it_names_in_a_fixed_order(ask: Asker, name: str) -> None:
    query, values, answer = ask.raw(name, **NEEDED.get(name, {}))
    assert answer.variables == list(query.columns)
    assert answer.rows
    assert [str(row) for row in ask.raw(name, **NEEDED.get(name, {}))[2].rows] == [str(row) for row in answer.rows]
    assert re.search(r"\nORDER BY [^\n]+(\n +[^\n]+)*\n$", query.text)
    assert not re.search(r"(?i)\bSELECT\s+(DISTINCT\s+)?\*", query.text)
    assert set(values) <= set(query.parameters)


@pytest.mark.parametrize("name", names_of_queries())
def test_a_query_orders_its_rows_fully(built: store.Built, ask: Asker, name: str) -> None:
    """Shuffled into another order of loading, the same statements give the same rows."""
    query, values, answer = ask.raw(name, **NEEDED.get(name, {}))
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
def test_evidence_patterns_are_three_terms_of_columns_parameters_and_declared_properties(
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
            if len(parts) != 3 or not (part in known or property_):
                wrong.append(pattern)
    assert wrong == []


@pytest.mark.parametrize("name", sorted(set(names_of_queries()) - NO_EVIDENCE))
def test_every_row_has_evidence(built: store.Built, ask: Asker, name: str) -> None:
    query, values, answer = ask.raw(name, **NEEDED.get(name, {}))
    attached = answers.attach(built.store, query.evidence, values, answer, {})
    assert attached.behind is not None
    without = [row for row, behind in zip(answer.rows, attached.behind, strict=True) if not behind]
    assert without == []


def test_the_queries_without_evidence_patterns_are_the_known_ones(
    library: Mapping[str, LibraryQuery], built: store.Built, ask: Asker
) -> None:
    assert {name for name, query in library.items() if not query.evidence} == NO_EVIDENCE
    # A row of other voices is a passage, and so its own evidence.
    query, values, answer = ask.raw("other-voices")
    attached = answers.attach(built.store, query.evidence, values, answer, {})
    shown = [[attached.passages[i].iri for i in behind] for behind in attached.behind or []]
    assert shown == [[row[0].value] for row in answer.rows]


def test_asking_in_a_process_of_its_own_gives_the_same_with_evidence(
    built: store.Built, library: Mapping[str, LibraryQuery], ask: Asker
) -> None:
    asked = answers.ask(built, library["officials"], {}, answers.Asking(evidence=True))
    here = ask.raw("officials")[2]
    assert asked.variables == here.variables
    assert asked.rows == here.rows
    behind = [{asked.passages[i].paragraph for i in row} for row in asked.behind or []]
    assert behind == [{23}, {3}, {23}]


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            *("topics", {"country": "China"}),
            "country: there is no country called 'China' in the graph; there are: Canada, India, Japan, Singapore, "
            "South Korea, Sweden, United States",
        ),
        ("topics", {"land": "Korea"}, "topics has no parameter 'land'; it takes country, within"),
        ("officials", {"who": "Breton"}, "officials has no parameter 'who'; it takes none"),
        (
            *("meetings-after", {"after": "soon"}),
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
    country, topic = (NamedNode(names.expand(n) or "") for n in ("country:canada", "topic:cybersecurity"))
    statement = Triple(country, NamedNode(EUD + "cooperationWantedOn"), topic)
    passages = evidence.describe(built.store, evidence.passages_behind(built.store, terms, [statement]))
    assert {p.paragraph for p in passages} == {5, 30}
    assert {shorten(p.speaker) for p in passages} == {PAPER, COMMISSION}


def test_the_ontologys_graph_is_no_passage(built: store.Built) -> None:
    rows = select(built.store, f"SELECT ?p {{ ?p a <{EUD}Passage> }}")
    assert GRAPH_ONTOLOGY.value not in {row["p"].value for row in rows}
    assert len(rows) == 38
