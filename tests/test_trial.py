"""A trial of the model: three more sources, told apart from the article, are held by the ontology as it is.

The claims are in ``fixtures/``; the texts and what a careful reader finds in them lie beside the project, if at all.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Store

from conftest import needs_hermit
from eudigraph.ask import library, lookup
from eudigraph.build import assemble, build, checks
from eudigraph.engine.answer import run
from eudigraph.engine.safety import prepare
from eudigraph.model import workspace
from eudigraph.model.names import BASE, PREFIXES, SKOS, eud, shorten
from eudigraph.model.text import fold
from eudigraph.model.triples import select
from eudigraph.sources import texts

FIXTURES = Path(__file__).resolve().parent / "fixtures"
TEXTS = Path(__file__).resolve().parent.parent.parent / "shared" / "articles"
SOURCES = ("canada-partnership-launch-2023", "diary-may-2023", "korea-council-seoul-2023")
REFERENCE = "trial-reference.ttl"
LONGEST_RUN = 8

Rows = list[tuple[str | None, ...]]


def copied(checkout: workspace.Workspace, target: Path) -> workspace.Workspace:
    """Return a copy of the workspace with the trial's sources and names in it."""
    for name in workspace.FOLDERS:
        shutil.copytree(checkout.root / name, target / name)
    for source in SOURCES:
        shutil.copy(FIXTURES / f"{source}.trig", target / "graph")
    shutil.copy(FIXTURES / REFERENCE, target / "graph" / "reference")
    return workspace.open_workspace(target)


class Trial:
    """The workspace with the trial's sources, its graph, and the report of its check."""

    def __init__(self, made: workspace.Workspace) -> None:
        self.workspace, self.graph = made, Store()
        self.report = build.check(made, graph=self.graph, default_graph=True, use_hermit=False)
        self.library = library.load_library(made)

    def ask(self, name: str, *columns: str, **parameters: str) -> Rows:
        query = self.library[name]
        answer = run(self.graph, prepare(library.bind(query, lookup.resolve(self.graph, query, parameters)[0])))
        wanted = [answer.variables.index(column) for column in columns or answer.variables]
        return [tuple(text(row[i]) for i in wanted) for row in answer.rows]


@pytest.fixture(scope="module")
def trial(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial(copied(checkout, tmp_path_factory.mktemp("trial") / "workspace"))


def text(term: object) -> str | None:
    if isinstance(term, NamedNode):
        return shorten(term.value)
    return term.value if isinstance(term, Literal) else None


# ---------------------------------------------------------------- The model holds them


def test_the_four_sources_together_have_no_errors_and_no_warnings(trial: Trial) -> None:
    assert [str(p) for p in trial.report.problems] == []
    assert trial.report.counts["sources"] == 4


@needs_hermit
def test_hermit_finds_the_four_sources_consistent(trial: Trial) -> None:
    report = build.check(trial.workspace)
    assert report.errors == []
    assert report.notes == []
    assert "HermiT" in report.seconds


def test_the_files_of_the_trial_are_laid_out_as_the_checks_ask(trial: Trial) -> None:
    for source in SOURCES:
        report = build.check(trial.workspace, [trial.workspace.root / "graph" / f"{source}.trig"], use_hermit=False)
        assert [str(p) for p in report.problems] == []


def test_a_source_of_the_trial_is_checked_from_outside_the_workspace_too(copy: workspace.Workspace) -> None:
    files = [FIXTURES / REFERENCE, FIXTURES / "diary-may-2023.trig"]
    report = build.check(copy, files, use_hermit=False)
    assert [str(p) for p in report.errors] == []
    report = build.check(copy, files[1:], use_hermit=False)
    missing = {p.what for p in report.errors}
    assert "official:piyush-goyal is described nowhere" not in missing  # it is, if only by claims
    assert {"org:diary-desk is described nowhere", "place:seoul is described nowhere"} <= missing


def test_a_source_that_says_nothing_of_partners_has_no_passage_and_no_claim(
    small: Callable[[str], workspace.Workspace],
) -> None:
    """The report on a vote in Parliament: it has a source and a reading, and no passage."""
    description = (FIXTURES / "diary-may-2023.trig").read_text("utf-8")
    head = description[: description.index("\np:04 a eud:Passage")].replace("org:diary-desk", "org:euractiv")
    report = build.check(small(head), use_hermit=False)
    assert [str(p) for p in report.problems] == []
    assert (report.counts["sources"], report.counts["passages"], report.counts["claims"]) == (1, 0, 0)


# ---------------------------------------------------------------- Where they differ, the later and the nearer go before

JAPAN, INDIA = "meeting:eu-japan-digital-partnership-council-1", "meeting:eu-india-ttc-1"
KOREA, CANADA = "meeting:breton-lee-2023", "partnership:eu-canada-digital-partnership"


def test_only_what_cannot_all_be_right_disagrees_and_the_nearer_speaker_stands_first(trial: Trial) -> None:
    """Neither a finer day, nor a day that was doubtful and came, is a disagreement."""
    columns = ("engagement", "aspect", "value", "passage", "speaker")
    assert sorted(trial.ask("disagreements", *columns), key=str) == [
        (CANADA, "status", "status:in-force", "passage:euractiv-2023-04/05-canada", "org:euractiv"),
        (CANADA, "status", "status:wanted", "passage:euractiv-2023-04/30", "org:european-commission"),
    ]


@pytest.mark.parametrize(
    ("known_by", "expected"),
    [
        (
            "2023-05-11",
            {
                (INDIA, "2023-05-15/2023-05-16", "2023-05-15", "2023-05-16", "status:scheduled"),
                (KOREA, "2023-06-30?", "2023-06-30", "2023-06-30", "status:tentative"),
            },
        ),
        (
            "2023-05-12",
            {
                (INDIA, "2023-05-16", "2023-05-16", "2023-05-16", "status:scheduled"),
                (KOREA, "2023-06-30?", "2023-06-30", "2023-06-30", "status:tentative"),
                (JAPAN, "2023-07-03?/2023-07-04?", "2023-07-03", "2023-07-04", "status:tentative"),
            },
        ),
        (
            "2023-06-30",
            {
                (INDIA, "2023-05-16", "2023-05-16", "2023-05-16", "status:scheduled"),
                (KOREA, "2023-06-30", "2023-06-30", "2023-06-30", "status:held"),
                (JAPAN, "2023-07-03", "2023-07-03", "2023-07-03", "status:scheduled"),
            },
        ),
    ],
)
def test_a_date_and_its_status_do_not_mix_with_those_known_before_or_later(
    trial: Trial, known_by: str, expected: set[tuple[str, ...]]
) -> None:
    columns = ("meeting", "date", "first_day", "last_day", "status")
    rows = trial.ask("meetings", *columns, **{"from": "2023-05-13", "known_by": known_by})
    found = [row for row in rows if row[0] in (JAPAN, INDIA, KOREA)]
    assert len(found) == len(expected)
    assert set(found) == expected


def test_canadas_topics_are_wanted_first_and_agreed_later(trial: Trial) -> None:
    before = trial.ask("topics", "topic", "stage", country="Canada", known_by="2023-05-30")
    assert set(before) == {
        (f"topic:{t}", "stage:wanted")
        for t in ("artificial-intelligence", "research-and-development", "connectivity", "cybersecurity")
    }
    rows = trial.ask("topics", "topic", "stage", country="Canada")
    assert len(rows) == 13
    assert {topic for topic, stage in rows if stage == "stage:agreed"} == {
        *(f"topic:{t}" for t in ("artificial-intelligence", "connectivity", "cybersecurity", "data-governance")),
        *(f"topic:{t}" for t in ("digital-identity", "digital-platforms", "digital-skills", "foreign-interference")),
        *(f"topic:{t}" for t in ("quantum-technologies", "semiconductors", "submarine-cables")),
        "topic:supply-chain-resilience",
    }
    # The association to Horizon Europe is concluded, but the partnership's own work on research goes on.
    assert ("topic:research-and-development", "stage:under-way") in rows


def test_a_start_is_not_shown_beside_a_status_that_was_claimed_without_it(trial: Trial) -> None:
    """What is only wanted has not begun: the start belongs to the source that has the partnership in force."""
    columns = ("partnership", "status", "date", "disputed")
    dialogue = ("partnership:eu-canada-digital-dialogue", "status:in-force", None, "false")
    before = trial.ask("partnerships", *columns, country="Canada", known_by="2023-05-30")
    assert before == [dialogue, (CANADA, "status:wanted", None, "true")]
    rows = trial.ask("partnerships", *columns, country="Canada")
    assert rows == [dialogue, (CANADA, "status:in-force", "2023-11-24", "false")]


def test_a_meeting_has_one_row_even_if_sources_call_it_different_things(trial: Trial) -> None:
    meetings = [meeting for (meeting,) in trial.ask("meetings", "meeting", **{"from": "2023-04-01"})]
    assert KOREA in meetings
    assert sorted({str(meeting) for meeting in meetings if meetings.count(meeting) > 1}) == []


def test_the_article_still_says_what_it_said(trial: Trial, checkout: workspace.Workspace) -> None:
    alone = Store()
    assembly = assemble.read(alone, checkout)
    assert checks.check(alone, assembly, checkout) == []
    prefix = f"{PREFIXES['passage']}euractiv-2023-04/"
    for graph in alone.named_graphs():
        if isinstance(graph, NamedNode) and graph.value.startswith(prefix):
            same = set(alone.quads_for_pattern(None, None, None, graph))
            assert set(trial.graph.quads_for_pattern(None, None, None, graph)) == same


# ---------------------------------------------------------------- Beside the texts and what a careful reader finds


def beside(name: str) -> Path:
    path = TEXTS / name
    if not path.is_file():
        pytest.skip("the texts of the trial are not beside this checkout")
    return path


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES)
def test_positions_length_and_digest_are_those_of_the_text(trial: Trial, source: str) -> None:
    path = beside(f"{source}.txt")
    problems, found, body = texts.compare(trial.graph, path)
    assert ([str(p) for p in problems], text(found)) == ([], f"source:{source}")
    digest = trial.graph.quads_for_pattern(NamedNode(PREFIXES["source"] + source), eud("sha256"), None, None)
    assert {text(quad.object) for quad in digest} == {hashlib.sha256(body.encode()).hexdigest()}


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES)
def test_no_text_of_ours_repeats_the_source(source: str) -> None:
    theirs = runs(beside(f"{source}.txt").read_text("utf-8"))
    lines = (FIXTURES / f"{source}.trig").read_text("utf-8").splitlines()
    # The title is cited as such.
    copied_ = {" ".join(run) for line in lines if "eud:title" not in line for run in runs(line) & theirs}
    assert copied_ == set()


def runs(body: str) -> set[tuple[str, ...]]:
    found = re.findall(r"[\w']+", body.casefold().replace("’", "'"))
    return {tuple(found[i : i + LONGEST_RUN + 1]) for i in range(len(found) - LONGEST_RUN)}


def gold(source: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(beside(f"{source}.gold.json").read_text("utf-8"))
    return found


def said_by(trial: Trial, source: str, pattern: str) -> list[tuple[str | None, ...]]:
    """Return what the passages of a source claim, as names of things."""
    query = f"""SELECT ?a ?b ?c {{ GRAPH ?g {{ {pattern} }}
        FILTER(STRSTARTS(STR(?g), "{PREFIXES["passage"]}{source}/")) }} ORDER BY ?a ?b ?c"""
    return [tuple(text(row[name]) for name in ("a", "b", "c")) for row in select(trial.graph, query)]


def label(trial: Trial, name: str | None) -> str:
    prefix, _, local = str(name).partition(":")
    quads = trial.graph.quads_for_pattern(
        NamedNode(f"{BASE}{prefix}/{local}"), NamedNode(SKOS + "prefLabel"), None, None
    )
    return next((str(text(quad.object)) for quad in quads), str(name))


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES)
def test_every_date_of_a_meeting_that_a_careful_reader_finds_is_claimed(trial: Trial, source: str) -> None:
    claimed = {
        (when, label(trial, place) if place else None)
        for meeting, when, _ in said_by(trial, source, f"?a {eud('date')} ?b BIND(1 AS ?c)")
        for place in (
            [c for a, _, c in said_by(trial, source, f"?a {eud('takesPlaceIn')} ?c BIND(1 AS ?b)") if a == meeting]
            or [None]
        )
        # Partnerships have dates, too: since when they stand.
        if str(meeting).startswith("meeting:")
    }
    assert claimed == {(m["when"], m["place"]) for m in gold(source)["meetings"]}


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES)
def test_every_official_that_a_careful_reader_finds_is_claimed(trial: Trial, source: str) -> None:
    pattern = f"?b {eud('hasParticipant')} ?a BIND(1 AS ?c)"
    claimed = {
        fold(label(trial, official))
        for official, _, _ in said_by(trial, source, pattern)
        if str(official).startswith("official:")
    }
    assert claimed == {fold(o["name"].replace("Lee Jong-ho", "Lee Jong Ho")) for o in gold(source)["officials"]}


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES)
def test_every_topic_that_a_careful_reader_finds_is_known_and_claimed(trial: Trial, source: str) -> None:
    listed = "|".join(str(eud(p)) for p in ("pursuesTopic", "agenda"))
    claimed = {fold(label(trial, topic)) for _, topic, _ in said_by(trial, source, f"?a {listed} ?b BIND(1 AS ?c)")}
    names: dict[str, str] = {}
    pattern = (
        f"SELECT ?x ?p ?n {{ ?x a {eud('Topic')} ; <{SKOS}prefLabel> ?p ; <{SKOS}prefLabel>|<{SKOS}altLabel> ?n }}"
    )
    for row in select(trial.graph, pattern):
        names[fold(row["n"].value)] = fold(row["p"].value)
    missing = [
        entry["topic"]
        for entry in gold(source)["topics"]
        if not any(names.get(fold(accepted)) in claimed for accepted in entry["accept"])
    ]
    assert missing == []


@pytest.mark.shared
@pytest.mark.parametrize("source", SOURCES)
def test_a_partnership_that_a_careful_reader_finds_is_known_with_country_and_kind(trial: Trial, source: str) -> None:
    rows = trial.ask("partnerships", "country", "kind")
    known = {(label(trial, country), str(kind).removeprefix("eud:")) for country, kind in rows}
    assert {(p["country"], p["kind"]) for p in gold(source)["partnerships"]} - known == set()
