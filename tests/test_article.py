"""The claims of the article: every paragraph is read, nothing is copied, and what disagrees stays."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from edtf import parse_edtf
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from eudigraph.build import assemble, checks
from eudigraph.engine import store
from eudigraph.model import dates, workspace
from eudigraph.model.names import EDTF, EUD, GRAPH_PROVENANCE, OWN_GRAPHS, PREFIXES, SKOS, eud, shorten
from eudigraph.model.triples import select
from eudigraph.sources import texts
from eudigraph.sources.files import statements

SOURCE = "euractiv-2023-04"
PARAGRAPHS = {1, 2, 3, 5, *range(7, 22), *range(23, 31)}
"""Those that say something; not an advertisement (4), headings (6, 22), the editor and what follows (31 to 33)."""
LONGEST_RUN = 8
"""Words in a row that a text of ours may share with the article."""
EDITOR = re.compile(r"(?i)nathalie|weatherald")


@pytest.fixture(scope="module")
def quads(checkout: workspace.Workspace) -> list[Quad]:
    """The statements of the article's file, in their order."""
    return [quad for _, quad in statements(checkout.root / "graph" / f"{SOURCE}.trig")]


@pytest.fixture(scope="module")
def graph(checkout: workspace.Workspace) -> Store:
    """The workspace as it is read, before anything is derived."""
    made = Store()
    assert assemble.read(made, checkout).problems == []
    return made


@pytest.fixture(scope="module")
def passages(quads: list[Quad]) -> dict[str, dict[str, str]]:
    """What is said of each passage, by its name within the source."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in quads:
        name = local(quad.subject)
        if quad.graph_name == DefaultGraph() and name:
            property_ = quad.predicate.value.removeprefix(EUD)
            assert property_ not in found[name]
            found[name][property_] = value(quad.object)
    return dict(found)


def local(term: object) -> str:
    """Return the name of a passage of the article, else nothing."""
    prefix = f"{PREFIXES['passage']}{SOURCE}/"
    return term.value.removeprefix(prefix) if isinstance(term, NamedNode) and term.value.startswith(prefix) else ""


def value(term: object) -> str:
    return shorten(term.value) if isinstance(term, NamedNode) else str(getattr(term, "value", term))


def paragraph(passage: dict[str, str]) -> int:
    return int(passage["locator"].removeprefix("¶"))


def claimed(quads: list[Quad], passage: str) -> set[tuple[str, str, str]]:
    return {
        (value(q.subject), value(q.predicate).removeprefix("eud:"), value(q.object))
        for q in quads
        if local(q.graph_name) == passage
    }


# ---------------------------------------------------------------- Passages


def test_every_paragraph_that_says_something_has_a_passage_and_the_others_have_none(
    passages: dict[str, dict[str, str]],
) -> None:
    assert {paragraph(passage) for passage in passages.values()} == PARAGRAPHS


def test_every_passage_is_of_the_one_source_and_the_one_reading(passages: dict[str, dict[str, str]]) -> None:
    assert {(p["source"], p["reading"]) for p in passages.values()} == {
        (f"source:{SOURCE}", f"reading:{SOURCE}-by-hand")
    }


def test_the_source_is_described_and_nothing_of_it_is_the_text(quads: list[Quad]) -> None:
    source = PREFIXES["source"] + SOURCE
    assert {(value(q.predicate), value(q.object)) for q in quads if q.subject == NamedNode(source)} == {
        ("rdf:type", "eud:Source"),
        ("eud:title", "Commission updates EU countries on digital diplomacy initiatives"),
        ("eud:publisher", "org:euractiv"),
        ("eud:published", "2023-04"),
        ("eud:language", "en"),
        ("eud:sourceKind", "press"),
        ("eud:extent", "text"),
        ("eud:characters", "5564"),
        ("eud:sha256", "6be3131726dcf4669d81e598da480d437ae16ed897d2c1059240858521b210da"),
    }


def test_a_passage_says_all_that_a_passage_must_and_all_but_one_claim_something(
    passages: dict[str, dict[str, str]], quads: list[Quad]
) -> None:
    needed = {
        *("source", "locator", "start", "end", "asOf", "speaker", "certainty", "confidence", "reading", "gist"),
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    }
    wrong = {name: set(p) ^ needed for name, p in passages.items() if set(p) - {"retells"} != needed}
    assert wrong == {}
    graphs = {local(q.graph_name) for q in quads} - {""}
    # That South Korea makes many chips tells why they are on the agenda; it is no claim on what the EU does.
    assert set(passages) - graphs == {"24-producer"}
    assert graphs <= set(passages)


def test_all_passages_speak_as_of_the_briefing(passages: dict[str, dict[str, str]]) -> None:
    assert {p["asOf"] for p in passages.values()} == {"2023-04-18"}


def test_a_passage_is_named_after_its_paragraph(passages: dict[str, dict[str, str]]) -> None:
    wrong = [
        name for name, passage in passages.items() if not re.fullmatch(rf"{paragraph(passage):02}(-[a-z0-9]+)?", name)
    ]
    assert wrong == []


def test_positions_grow_with_the_paragraphs_and_lie_in_the_text(passages: dict[str, dict[str, str]]) -> None:
    spans = [(paragraph(p), int(p["start"]), int(p["end"])) for p in passages.values()]
    assert all(0 <= start < end <= 5564 for _, start, end in spans)
    ends: dict[int, int] = defaultdict(int)
    starts: dict[int, int] = {}
    for number, start, end in spans:
        ends[number] = max(ends[number], end)
        starts[number] = min(starts.get(number, start), start)
    ordered = sorted(starts)
    assert [n for n, m in pairwise(ordered) if ends[n] >= starts[m]] == []


def test_passages_of_a_paragraph_nest_or_keep_apart(passages: dict[str, dict[str, str]]) -> None:
    spans = [(int(p["start"]), int(p["end"]), name) for name, p in passages.items()]
    crossing = [(one, other) for a, b, one in spans for c, d, other in spans if a < c < b < d]
    assert crossing == []


def test_whoever_retells_the_presentation_is_its_author(passages: dict[str, dict[str, str]]) -> None:
    presentation = "document:commission-presentation-2023-04-18"
    assert {p["retells"] for p in passages.values() if "retells" in p} == {presentation}
    assert {p["speaker"] for p in passages.values() if "retells" in p} == {"org:european-commission"}
    # It speaks without the presentation only where it answers the representatives.
    spoken = {n for n, p in passages.items() if p["speaker"] == "org:european-commission" and "retells" not in p}
    assert spoken == {"12"}


def test_who_speaks_where_the_presentation_is_not_retold(passages: dict[str, dict[str, str]]) -> None:
    speakers = {name: p["speaker"] for name, p in passages.items() if "retells" not in p}
    assert {name: who for name, who in speakers.items() if who != "org:euractiv"} == {
        "09-unions": "person:informed-source",
        "12": "org:european-commission",
        "13": "official:unnamed-eu-official",
        "14-purpose": "agent:unidentified",
    }


def test_only_how_much_regulatory_convergence_matters_is_hedged(passages: dict[str, dict[str, str]]) -> None:
    assert {name for name, p in passages.items() if p["certainty"] == "certainty:hedged"} == {"25-rank"}
    assert {p["certainty"] for p in passages.values()} == {"certainty:hedged", "certainty:stated"}


def test_gists_are_short_sentences_of_our_own_each_once(passages: dict[str, dict[str, str]]) -> None:
    gists = [p["gist"] for p in passages.values()]
    assert len(set(gists)) == len(gists)
    assert [g for g in gists if not 20 <= len(g) <= 240 or not g.endswith(".") or not g[0].isupper()] == []


def test_confidence_is_how_sure_the_reader_is_and_no_judgement_of_truth(passages: dict[str, dict[str, str]]) -> None:
    """Nothing is quite sure; that a passage contradicts another makes it no less clear."""
    confidences = {name: float(p["confidence"]) for name, p in passages.items()}
    assert (min(confidences.values()), max(confidences.values())) == (0.8, 0.95)
    assert confidences["05-canada"] == confidences["05"] == 0.9


# ---------------------------------------------------------------- Claims


def test_both_claims_on_canadas_partnership_stay(quads: list[Quad]) -> None:
    partnership = "partnership:eu-canada-digital-partnership"
    said = {
        (passage, o)
        for passage in ("05", "05-canada", "30")
        for s, p, o in claimed(quads, passage)
        if (s, p) == (partnership, "status")
    }
    assert said == {("05-canada", "status:in-force"), ("30", "status:wanted")}
    assert (partnership, "upgradeOf", "partnership:eu-canada-digital-dialogue") in claimed(quads, "30")


def test_the_arctic_cable_stands_as_the_article_has_it(quads: list[Quad]) -> None:
    assert claimed(quads, "20-support") == {
        ("initiative:arctic-cable", "notSupportedBy", "country:united-states"),
        ("initiative:arctic-cable", "notSupportedBy", "country:canada"),
        ("initiative:arctic-cable", "assessment", "It would cost a great deal."),
    }


def test_the_summit_on_ai_is_asked_for_and_not_promised(quads: list[Quad]) -> None:
    summit = "meeting:very-powerful-ai-summit"
    assert {(p, o) for s, p, o in claimed(quads, "12-letter") if s == summit} == {
        ("rdf:type", "eud:Summit"),
        ("pursuesTopic", "topic:artificial-intelligence"),
        ("status", "status:proposed"),
        ("wantedBy", "org:leading-meps"),
    }
    assert claimed(quads, "12") == {(summit, "noCommitmentFrom", "org:european-commission")}


def test_what_the_unions_want_and_what_they_are_against_have_different_speakers(
    quads: list[Quad], passages: dict[str, dict[str, str]]
) -> None:
    assert claimed(quads, "09-unions") == {("initiative:trade-and-labour-dialogue", "wantedBy", "org:us-trade-unions")}
    assert {p for _, p, _ in claimed(quads, "09-hostile")} == {"position"}
    assert (passages["09-unions"]["speaker"], passages["09-hostile"]["speaker"]) == (
        "person:informed-source",
        "org:euractiv",
    )


def test_a_passage_gives_an_engagement_one_status_and_one_date(quads: list[Quad]) -> None:
    said: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for quad in quads:
        if quad.predicate in (eud("status"), eud("date")):
            said[local(quad.graph_name), value(quad.subject), value(quad.predicate)].add(value(quad.object))
    assert {key: found for key, found in said.items() if len(found) > 1} == {}


def test_only_indias_council_has_fields_of_work_for_only_of_it_the_article_says_so(quads: list[Quad]) -> None:
    fields = {(value(q.subject), local(q.graph_name)) for q in quads if q.predicate == eud("pursuesTopic")}
    assert {pair for pair in fields if pair[0].startswith("partnership:")} == {("partnership:eu-india-ttc", "16")}


def test_what_is_a_priority_is_wanted_and_whose_is_as_the_article_has_it(quads: list[Quad]) -> None:
    first = {(value(q.subject), value(q.object)) for q in quads if q.predicate == eud("priorityFor")}
    assert {whose for thing, whose in first if "japan" in thing} == {"org:european-union"}
    assert {whose for thing, whose in first if "singapore" in thing} == {"org:european-commission"}
    statuses = {(value(q.subject), value(q.object)) for q in quads if q.predicate == eud("status")}
    assert {(thing, status) for thing, status in statuses if thing in dict(first)} == {
        (thing, "status:wanted") for thing in dict(first)
    }


DATES = {
    "2022-04": (date(2022, 4, 1), date(2022, 4, 30)),
    "2023-02": (date(2023, 2, 1), date(2023, 2, 28)),
    "2023-04": (date(2023, 4, 1), date(2023, 4, 30)),
    "2023-04-18": (date(2023, 4, 18), date(2023, 4, 18)),
    "2023-05-15/2023-05-16": (date(2023, 5, 15), date(2023, 5, 16)),
    "2023-05-31": (date(2023, 5, 31), date(2023, 5, 31)),
    "2023-06-30?": (date(2023, 6, 30), date(2023, 6, 30)),
    "2023-07-03?/2023-07-04?": (date(2023, 7, 3), date(2023, 7, 4)),
}


def test_the_articles_dates_and_the_days_they_allow(quads: list[Quad]) -> None:
    written = {q.object.value for q in quads if isinstance(q.object, Literal) and q.object.datatype.value == EDTF}
    assert {text: dates.bounds(text) for text in written} == DATES


@pytest.mark.parametrize("text", ["Y-17E70000000", "Y17E70000000", "Y1E999999999", "Y170000002", "2023/Y17E70000000"])
def test_years_that_no_day_has_are_refused_at_once(text: str) -> None:
    """The library would work out the power, digit by digit."""
    with pytest.raises(ValueError, match="is no EDTF date"):
        dates.bounds(text)


ENDS = ("2024", "2024?", "2024-02", "2023-02~", "2023-02-28%", "2024-12-31")


@pytest.mark.parametrize("text", [*ENDS, *(f"{one}/{other}" for one in ENDS for other in ENDS)])
def test_plain_years_months_and_days_allow_what_the_library_makes_of_them(text: str) -> None:
    parsed = parse_edtf(text)
    first, last = (date(*end[:3]) for end in (parsed.lower_strict(), parsed.upper_strict()))
    if first <= last:
        assert dates.bounds(text) == (first, last)
    else:
        with pytest.raises(ValueError, match="ends before it begins"):
            dates.bounds(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(("2024", "2024"), ("2024-02", "February 2024"), ("2023-05-31", "31 May 2023")),
        *(
            ("2023-06-30?", "30 June 2023 (uncertain)"),
            ("2023-05~", "May 2023 (approximate)"),
            ("2023-05%", "May 2023 (uncertain and approximate)"),
        ),
        *(("2023-05-15/2023-05-16", "15–16 May 2023"), ("2023-05-31/2023-06-01", "31 May–1 June 2023")),
        *(("2023-12-31/2024-01-01", "31 December 2023–1 January 2024"), ("2023-05/2023-06", "May–June 2023")),
        *(("2023/2024", "2023–2024"), ("2023/2023-05-16", "2023–16 May 2023")),
        *(("2024-05-02T14:00:00", "2 May 2024, 14:00"), ("2024-05-02T14:00:05Z", "2 May 2024, 14:00:05 UTC")),
        ("2024-05-02T14:00:00+02:00", "2 May 2024, 14:00 UTC+02:00"),
        ("2024-05-02T14:00:00Z/2024-05-02T16:30:00Z", "2 May 2024, 14:00–16:30 UTC"),
        ("2024-05-02T23:00:00/2024-05-03T01:00:00", "2 May 2024, 23:00–3 May 2024, 01:00"),
        *(("2001-21?", "spring 2001 (uncertain)"), ("2023-05-15/2023-05-15", "15 May 2023")),
        *(("2023-21", "spring 2023"), ("2023-22/2023-23?", "summer–autumn 2023 (uncertain)")),
        *(("2023-05-31/..", "31 May 2023–…"), ("/2023-06", "…–June 2023"), ("2023-12/", "December 2023–…")),
        *((as_it_is, as_it_is) for as_it_is in ("2023-25", "/", "", "soon", "2023/2024/2025", "2023-21-01")),
    ],
)
def test_dates_are_written_for_people(text: str, words: str) -> None:
    assert dates.readable(text) == words


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2001-21?", "2001-03-01", "2001-05-31"),
        ("2001-23~/2002", "2001-09-01", "2002-12-31"),
        ("2001-24", "2001-01-01", "2002-02-28"),  # winter may be at either end of the year
        ("2003-24", "2003-01-01", "2004-02-29"),
        ("2023-33", "2023-01-01", "2023-03-31"),
        ("2024-05-02T23:59:59-11:00", "2024-05-02", "2024-05-02"),
        ("2024-05-02T14:00:00Z/2024-05-03T14:00:00Z", "2024-05-02", "2024-05-03"),
        ("?2023-05", "2023-05-01", "2023-05-31"),
    ],
)
def test_seasons_with_a_mark_and_times_of_day_have_bounds(text: str, first: str, last: str) -> None:
    assert dates.bounds(text) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2024-05-02T25:00:00Z",
            "2024-05-02T14:60:00",
            "2024-05-02T14:00:00+25:00",
            "2024-02-30T14:00:00",
            "2024-05T14:00",
        ),
        *(
            "2024-05-02T16:00:00Z/2024-05-02T14:00:00Z",
            "2023-21/2022-21",
            "2023-05??",
            "2024-05-02T",
            "2023-20",
            "2023-00",
        ),
    ],
)
def test_what_check_refuses_has_no_words_and_no_bounds(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no EDTF date|ends before"):
        dates.bounds(text)
    assert dates.readable(text) == text


@pytest.mark.parametrize(
    ("text", "words", "first", "last"),
    [
        *(("2023-33", "first quarter of 2023", "01-01", "03-31"), ("2023-36?", "", "10-01", "12-31")),
        *(("2023-37", "first third of 2023", "01-01", "04-30"), ("2023-39", "last third of 2023", "09-01", "12-31")),
        *(("2023-40", "first half of 2023", "01-01", "06-30"), ("2023-41~", "", "07-01", "12-31")),
        ("2023-34/2023-35", "second quarter–third quarter of 2023", "04-01", "09-30"),
        ("2023-33/2023-05", "first quarter of 2023–May 2023", "01-01", "05-31"),
    ],
)
def test_quarters_thirds_and_halves_of_a_year_have_words(text: str, words: str, first: str, last: str) -> None:
    bounds = date.fromisoformat(f"2023-{first}"), date.fromisoformat(f"2023-{last}")
    assert dates.bounds(text) == bounds
    shown = dates.readable(text)
    assert not words or shown == words
    assert shown != text
    assert tuple(dates.day(shown, end=end).day for end in (False, True)) == bounds


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        *(("20XX", "2000-01-01", "2099-12-31"), ("202X-02-29", "2020-02-29", "2028-02-29")),
        *(("2023-1X", "2023-10-01", "2023-12-31"), ("2023-0X?", "2023-01-01", "2023-09-30")),
        *(("2023-XX", "2023-01-01", "2023-12-31"), ("2023-X1-XX", "2023-01-01", "2023-11-30")),
        *(("2023-02-XX", "2023-02-01", "2023-02-28"), ("2024-02-2X", "2024-02-20", "2024-02-29")),
        *(("201X/2020-05", "2010-01-01", "2020-05-31"), ("../201X", None, "2019-12-31"), ("20XX/", "2000-01-01", None)),
        *(("[1667,1668,1760-12]", "1667-01-01", "1760-12-31"), ("{2003,2001}", "2001-01-01", "2003-12-31")),
        *(("{2001-21,1999..2000?}", "1999-01-01", "2001-05-31"), ("[201X,2005]", "2005-01-01", "2019-12-31")),
        *(("[..1760-12-03]", None, "1760-12-03"), ("{1760-01,1760-12..}", "1760-01-01", None)),
        ("{2001,?2002-05}", "2001-01-01", "2002-05-31"),
    ],
)
def test_lists_and_digits_that_are_not_known_have_bounds(text: str, first: str | None, last: str | None) -> None:
    assert dates.bounds(text) == tuple(day and date.fromisoformat(day) for day in (first, last))
    assert dates.readable(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text, "is no EDTF date, or a day")
            for text in ("2023-2X", "2023-02-3X", "2XX3-02-29", "2023-42", "000X/0000")
        ),
        *(
            (text, "is no EDTF date, or a day")
            for text in ("{}", "[2001}", "{2001,}", "{..}", "{..,1}", "{2001..,2003}")
        ),
        *((text, "is no EDTF date, or a day") for text in ("{2001/2002}", "{[2001]}", "{2001,..2003}", "{1..2..3}")),
        *((text, "ends before it begins") for text in ("{1672..1670}", "202X/201X")),
        *((text, "says nothing of the year, as 20XX or 202X would") for text in ("XXXX", "XXXX-05", "2001/XXXX")),
        ("{" + ",".join(["2001"] * 13) + "}", "is no EDTF date: it has more than 64 characters"),
    ],
)
def test_what_such_dates_may_not_be(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        dates.bounds(text)


def test_lists_are_not_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "_by_library", pytest.fail)  # it takes a tenth of a second for each
    for year in range(1000, 2000):
        text = f"{{{year},{','.join(str(year + n) for n in range(9))},{year}-1X}}"
        assert dates.bounds(text) == (date(year, 1, 1), date(year + 8, 12, 31))


def test_a_date_has_no_more_than_two_ends() -> None:
    with pytest.raises(ValueError, match="is no EDTF date"):
        dates.bounds("2023/2024/2025")


@pytest.mark.parametrize("text", ["/..", "../"])
def test_nothing_is_printed_of_an_invalid_date(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    dates._by_library.cache_clear()
    with pytest.raises(ValueError, match="is no EDTF date"):
        dates.bounds(text)
    assert capsys.readouterr() == ("", "")


def test_the_briefing_was_on_the_tuesday_that_the_article_names(quads: list[Quad]) -> None:
    (day,) = (o for s, p, o in claimed(quads, "03") if p == "date")
    assert date.fromisoformat(day).strftime("%A %d %B") == "Tuesday 18 April"


# ---------------------------------------------------------------- What is not ours stays out


def files(checkout: workspace.Workspace) -> list[Path]:
    return sorted(path for name in workspace.FOLDERS for path in (checkout.root / name).rglob("*") if path.is_file())


def test_the_editor_is_no_official_and_named_nowhere(checkout: workspace.Workspace) -> None:
    assert len(files(checkout)) > 40
    assert [path.name for path in files(checkout) if EDITOR.search(path.read_text("utf-8"))] == []


def test_nothing_of_the_articles_surroundings_is_claimed(checkout: workspace.Workspace) -> None:
    junk = re.compile(r"(?i)make money|mobile phone|also read|spread the love|similar posts")
    assert [path.name for path in files(checkout) if junk.search(path.read_text("utf-8"))] == []


def test_what_the_article_claims_does_not_hide_in_reference_data(graph: Store, checkout: workspace.Workspace) -> None:
    assembly = assemble.read(Store(), checkout)
    assert [str(p) for p in checks.check(graph, assembly, checkout)] == []
    rows = select(graph, f"SELECT DISTINCT ?p {{ GRAPH <{PREFIXES['graph']}reference> {{ ?s ?p ?o }} }}")
    used = {shorten(row["p"].value) for row in rows}
    assert used == {
        *("rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:notation", "skos:exactMatch"),
        "dcterms:source",
        *("eud:celex", "eud:status", "eud:date", "eud:basedOn", "eud:partOf"),
    }


def words(text: str) -> list[str]:
    return re.findall(r"[\w’']+", text.casefold().replace("’", "'"))


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + LONGEST_RUN + 1]) for i in range(len(found) - LONGEST_RUN)}


@pytest.mark.shared
def test_no_text_of_ours_repeats_the_article(checkout: workspace.Workspace, article: Path) -> None:
    body = article.read_text("utf-8")
    title = "Commission updates EU countries on digital diplomacy initiatives"
    # Titles are cited as such; of the rest, no longer run of words stands anywhere in our files.
    theirs = runs(body.replace(title, " "))
    assert len(theirs) > 500
    copied = {
        (path.name, " ".join(run))
        for path in files(checkout)
        for line in path.read_text("utf-8").splitlines()
        for run in runs(line) & theirs
    }
    assert copied == set()


@pytest.mark.shared
def test_positions_paragraphs_length_and_digest_are_those_of_the_text(built: store.Built, article: Path) -> None:
    problems, source, text = texts.compare(built.store, article)
    assert ([str(p) for p in problems], source) == ([], NamedNode(PREFIXES["source"] + SOURCE))
    assert len(text) == 5564


@pytest.mark.shared
def test_the_paragraphs_without_passages_are_junk(article: Path) -> None:
    lines = [line for line in article.read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) == 33
    first_words = {n: words(line)[:2] for n, line in enumerate(lines, 1) if n not in PARAGRAPHS}
    assert first_words == {
        4: ["also", "read"],
        6: ["united", "states"],
        22: ["south", "korea"],
        31: ["edited", "by"],
        32: ["spread", "the"],
        33: ["similar", "posts"],
    }


@pytest.mark.shared
def test_passages_begin_and_end_with_sentences_or_parts_of_them(
    passages: dict[str, dict[str, str]], article: Path
) -> None:
    text = article.read_text("utf-8")
    cut = {
        name: text[int(p["start"]) : int(p["end"])]
        for name, p in passages.items()
        if (int(p["start"]) > 0 and text[int(p["start"]) - 1].isalnum())
        or text[int(p["end"]) : int(p["end"]) + 1].isalnum()
        or "\n" in text[int(p["start"]) : int(p["end"])]
    }
    assert cut == {}


@pytest.mark.shared
def test_together_the_passages_leave_nothing_out_of_their_paragraphs(
    passages: dict[str, dict[str, str]], article: Path
) -> None:
    text = article.read_text("utf-8")
    covered = set[int]()
    for p in passages.values():
        covered |= set(range(int(p["start"]), int(p["end"])))
    left, position = {}, 0
    number = 0
    for line in text.split("\n"):
        number += bool(line.strip())
        rest = "".join(c for i, c in enumerate(line, position) if i not in covered).strip(" .,”")
        if line.strip() and number in PARAGRAPHS and rest:
            left[number] = rest
        position += len(line) + 1
    assert left == {}


def test_names_of_the_articles_entities_are_reference_data_not_claims(graph: Store) -> None:
    own = ", ".join(map(str, OWN_GRAPHS))
    labels = select(graph, f"SELECT ?s {{ GRAPH ?g {{ ?s <{SKOS}prefLabel> ?o }} FILTER(?g NOT IN ({own})) }}")
    assert labels == []
    described = {q.subject for q in graph.quads_for_pattern(None, eud("gist"), None, GRAPH_PROVENANCE)}
    assert len(described) == 42
