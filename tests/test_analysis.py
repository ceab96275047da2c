"""Analysing: what is measured, how it is said, shown and written, on the command line, from Python and in notebooks."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest
from axe_playwright_python.sync_playwright import Axe
from IPython.core.error import UsageError as CellError
from playwright.sync_api import Page

from browsing import IN_BROWSER
from conftest import Run
from eudigraph import notebook
from eudigraph.cli import main
from eudigraph.engine import store
from eudigraph.explore import page
from eudigraph.export import write
from eudigraph.graph import Graph
from eudigraph.model import errors, workspace
from eudigraph.model.names import BASE, NETWORK_FORMATS
from eudigraph.model.text import for_spreadsheet
from eudigraph.network import analysis, findings, plots, registry
from eudigraph.show import looks

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = "<script>alert('href')</script> | *x* $y$ \u202e"


@pytest.fixture(scope="module")
def graph(built: store.Built, checkout: workspace.Workspace) -> Graph:
    return Graph(built, checkout)


@pytest.fixture(scope="module")
def whole(built: store.Built, checkout: workspace.Workspace) -> findings.Analysis:
    return analysis.analyse(built, checkout, "country-topic")


@pytest.fixture
def hostile() -> nx.Graph:
    network = nx.Graph(title=HOSTILE)
    network.add_node("a", label=HOSTILE)
    network.add_node("b", label="=1+1")
    network.add_edge("a", "b")
    return network


# ---------------------------------------------------------------- What is said


def test_all_measures_that_fit_are_taken(whole: findings.Analysis, built: store.Built, checkout: Any) -> None:
    both = ["degree", "betweenness", "pagerank", "similarity", "communities", "removal"]
    assert [finding.measure.name for finding in whole.findings] == both
    one = analysis.analyse(built, checkout, "country-country")
    assert [finding.measure.name for finding in one.findings] == [name for name in both if name != "similarity"]


def test_each_value_stands_beside_those_at_other_stages(whole: findings.Analysis) -> None:
    japan = next(row for row in whole["degree"].rows if row["node"] == f"{BASE}country/japan")
    # Of eleven topics two are planned and one is negotiated; none has come as far as agreed.
    assert japan == {"node": f"{BASE}country/japan", "degree": round(11 / 38, 12), "ties": 11, "kind": "country"} | {
        "planned": 3,
        "agreed": 0,
    }


def test_what_is_not_in_the_other_network_is_there_without_ties(whole: findings.Analysis) -> None:
    # Else the others would seem to rise, for no other reason than that there are fewer of them.
    planned = {row["node"]: row["planned"] for row in whole["degree"].rows}
    assert planned[f"{BASE}topic/data-governance"] == 0
    assert planned[f"{BASE}country/united-states"] == 15


def test_each_side_of_a_two_mode_network_has_its_own_order(whole: findings.Analysis) -> None:
    kinds = [row["kind"] for row in whole["betweenness"].rows]
    assert kinds == ["country"] * 6 + ["topic"] * 38
    assert whole["betweenness"].headline == (
        "Among countries, United States leads with 0.37. Among topics, semiconductors leads with 0.16."
    )


def test_it_is_said_what_rests_on_ties_that_have_not_come_far(whole: findings.Analysis) -> None:
    planned, agreed = whole["degree"].reliance
    assert planned == (
        "With only what is planned or further, 17 of 44 values stay the same, give or take a hundredth of the highest; "
        "artificial intelligence, high-performance computing, quantum computing, research and development and 2 more "
        "are first among topics."
    )
    assert agreed == (
        "With only what is agreed or further, 6 of 44 values stay the same, give or take a hundredth of the highest; "
        "India is first among countries, high-performance computing and quantum computing are first among topics."
    )


def test_nothing_changes_where_nothing_was_dropped(built: store.Built, checkout: workspace.Workspace) -> None:
    made = analysis.analyse(built, checkout, "everything", ["degree"])
    assert made["degree"].reliance[0] == "With all but what was dropped, nothing changes."


@pytest.mark.parametrize(
    ("stage", "said", "others"),
    [
        (None, "with all but what was dropped", ["planned", "agreed"]),
        ("dropped", "with all, what was dropped as well", ["mentioned", "planned", "agreed"]),
        ("agreed", "with only what is agreed or further", ["mentioned", "planned"]),
        ("under way", "with only what is under way or further", ["mentioned", "planned", "agreed"]),
        ("done", "with only what is done", ["mentioned", "planned", "agreed"]),
    ],
)
def test_a_report_says_what_counts_and_when_it_was_known(
    graph: Graph, stage: str | None, said: str, others: list[str]
) -> None:
    made = graph.analyse("degree", stage=stage, network="official-meeting")
    assert f", {said}; what follows from claims counts; known by 2023-04-30." in str(made)
    assert made["degree"].others == others
    early = graph.analyse("degree", stage=stage, network="official-meeting", known_by="2023-03-31")
    assert "; known by 2023-03-31." in str(early)


def test_words_for_things_are_not_measured_and_not_drawn_but_exported(graph: Graph, tmp_path: Path) -> None:
    network = graph.network()
    words = {
        node for node, kind in network.nodes(data="kind") if kind in ("status", "stage", "certainty", "reading method")
    }
    assert len(words) == 38
    rows = graph.analyse("degree", network="everything")["degree"].frame
    assert set(rows["node_iri"]) == set(network) - words
    assert {"artificial intelligence", "Japan", "Luleå"} <= set(rows["node"])
    assert "With all but what was dropped" in graph.analyse("degree", network="everything")["degree"].reliance[0]
    drawn = graph.draw("everything").document
    assert '"label":"Japan"' in drawn
    assert '"label":"tentative"' not in drawn
    assert 'label":"by hand"' not in drawn
    [path] = graph.export("graphml", out=tmp_path / "all.graphml")
    assert words < set(nx.read_graphml(path))
    # Networks of one's own have no types, or others.
    assert len(looks.things(nx.karate_club_graph())) == 34


def test_a_legend_names_classes_in_words(graph: Graph) -> None:
    legend = graph.plot("everything").svg()
    assert all(f">{name}</text>" in legend for name in ("legal act", "country", "topic", "initiative"))
    assert "legalact" not in legend
    assert ">thing<" not in legend
    assert looks.LOOKS[-1].words == "other"


def test_groups_are_compared_as_groups(whole: findings.Analysis) -> None:
    assert re.fullmatch(
        r"With only what is planned or further, the groups are 0\.\d\d alike \(1: the same; .*\)\.",
        whole["communities"].reliance[0],
    )


def test_a_measure_that_was_not_asked_for_is_named(built: store.Built, checkout: workspace.Workspace) -> None:
    made = analysis.analyse(built, checkout, "country-topic", ["degree"])
    with pytest.raises(errors.UsageError, match="pagerank is not among what was measured"):
        made["pagerank"]


@pytest.mark.slow
def test_the_same_analysis_gives_the_same_words(whole: findings.Analysis, built: store.Built, checkout: Any) -> None:
    again = analysis.analyse(built, checkout, "country-topic")
    for form in ("text", "md", "json", "html"):
        assert findings.render(again, form) == findings.render(whole, form), form


@pytest.mark.parametrize("network", [nx.Graph(), nx.Graph([("a", "a")]), nx.empty_graph(1), nx.empty_graph(3)])
@pytest.mark.parametrize("form", ["text", "md", "json", "html"])
def test_the_smallest_networks_are_reported_in_words(network: nx.Graph, form: str) -> None:
    assert "nan" not in findings.render(analysis.of_network(network), form).lower().replace("finance", "")


# ---------------------------------------------------------------- Formats


def test_the_text_has_everything_that_helps_to_judge(whole: findings.Analysis) -> None:
    text = findings.render(whole, "text", width=100)
    for finding in whole.findings:
        assert finding.measure.title.upper() in text
        assert finding.measure.source.split(",")[0] in text
    assert "Mind: Small (38 × topic, 6 × country)" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "28 more rows (--every)." in text
    assert "more rows" not in findings.render(whole, "text", every=True)


def test_csv_has_names_iris_and_numbers_of_one_measure(whole: findings.Analysis, built: Any, checkout: Any) -> None:
    with pytest.raises(errors.UsageError, match="CSV has the rows of one measure; name one of degree, betweenness"):
        findings.render(whole, "csv")
    made = analysis.analyse(built, checkout, "country-topic", ["similarity"])
    rows = list(csv.DictReader(io.StringIO(findings.render(made, "csv"))))
    assert len(rows) == 15
    assert rows[0] | {"p": "", "p_adjusted": "", "expected": ""} == {
        "first": "India",
        "second": "South Korea",
        "first_iri": f"{BASE}country/india",
        "second_iri": f"{BASE}country/south-korea",
        "jaccard": "0.25",
        "planned": "0.2",
        "agreed": "0.222222222222",
        "shared": "4",
        "either": "16",
        "expected": "",
        "p": "",
        "p_adjusted": "",
    }


def test_json_has_rows_names_and_choices(whole: findings.Analysis) -> None:
    given = json.loads(findings.render(whole, "json"))
    assert (given["network"], given["nodes"], given["edges"]) == ("country-topic", 44, 54)
    assert (given["stage"], given["known_by"]) == ("mentioned", "2023-04-30")
    assert given["labels"][f"{BASE}country/japan"] == "Japan"
    assert given["findings"][0]["rows"] == whole.findings[0].rows


def test_markdown_keeps_names_from_being_markup(hostile: nx.Graph) -> None:
    text = findings.render(analysis.of_network(hostile), "md")
    assert "\\<script\\>" in text
    assert not re.search(r"(?<!\\)<", text)


def test_a_spreadsheet_takes_no_name_for_a_formula(hostile: nx.Graph) -> None:
    assert "'=1+1" in findings.render(analysis.of_network(hostile, ["degree"]), "csv")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        *(("=1", "'=1"), ("  +1", "'  +1"), ("＝1", "'＝1"), ("\t=1", "'\t=1"), ("a=1", "a=1"), ("", "")),
        ("South \x1b]0;X\x07\x1b[31mKorea\x9b2J", "South �]0;X��[31mKorea�2J"),
    ],
)
def test_a_cell_of_csv_is_neither_a_formula_nor_a_command(text: str, written: str) -> None:
    assert for_spreadsheet(text) == written


def test_the_page_runs_nothing_and_has_a_picture_for_each_measure(hostile: nx.Graph) -> None:
    made = analysis.of_network(hostile)
    page = findings.render(made, "html")
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page.count('<img src="data:image/svg+xml;base64,') == 1 + sum(bool(f.rows) for f in made.findings)


@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_no_name_turns_the_direction_of_a_report(hostile: nx.Graph, form: str) -> None:
    hostile.add_node("c", label="\u2067other\u2069 \u202dway\u202c")
    text = findings.render(analysis.of_network(hostile), form)
    assert re.findall("[\u202a-\u202e\u2066-\u2069]", text) == []
    assert "�other� �way�" in text


def test_a_report_says_what_the_network_is_to_answer_and_what_a_tie_is(whole: findings.Analysis) -> None:
    question = "Which topics come up with which partner country, and how far have they come?"
    tie = "A tie is a topic that comes up with the country through a partnership, meeting, initiative or instrument."
    assert (whole.question, whole.tie) == (question, tie)
    text = findings.render(whole, "text").splitlines()
    assert (text[1], text[3]) == (question, tie)
    for form in ("md", "html"):
        written = findings.render(whole, form)
        assert question in written
        assert tie in written
    given = json.loads(findings.render(whole, "json"))
    assert (given["question"], given["tie"]) == (question, tie)
    plain = analysis.of_network(nx.path_graph(3))
    assert (plain.question, plain.tie) == ("", "")
    assert "question" not in findings.render(plain, "html").partition("</style>")[2]


# ---------------------------------------------------------------- Pictures


@pytest.mark.slow
def test_pictures_are_the_same_each_time_and_in_every_format(graph: Graph, tmp_path: Path) -> None:
    first, second = graph.plot("country-topic"), graph.plot("country-topic")
    assert first.svg() == second.svg()
    ElementTree.fromstring(first.svg())
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        assert first.save(tmp_path / f"network{ending}").read_bytes().startswith(start)
    with pytest.raises(errors.UsageError, match=r"ends neither in \.png"):
        first.save(tmp_path / "network.doc")
    with pytest.raises(errors.StoreError, match="cannot be written: No such file"):
        first.save(tmp_path / "nowhere" / "network.png")


def test_a_picture_has_its_finding_as_title_and_the_names_as_texts(graph: Graph) -> None:
    drawn = graph.analyse("betweenness")["betweenness"].plot()
    assert drawn.words.startswith("Among countries, United States leads")
    assert all(name in drawn.svg() for name in ("Japan", "semiconductors", "planned", "agreed"))


@pytest.mark.parametrize("network", [nx.Graph(), nx.empty_graph(1), nx.Graph([("a", "a")]), nx.star_graph(200)])
def test_any_network_can_be_drawn(network: nx.Graph) -> None:
    assert plots.network(network).svg().endswith("</svg>\n")
    assert page.sketch(network).document.startswith("<!doctype html>")


def test_a_sketch_has_the_names_as_data_and_runs_nothing_of_them(hostile: nx.Graph) -> None:
    document = page.sketch(hostile).document
    assert "<script>alert" not in document
    assert "\\u003cscript\\u003ealert" in document


def test_a_network_too_large_to_see_is_not_drawn() -> None:
    with pytest.raises(errors.UsageError, match="2,001 nodes are too many for a picture"):
        page.sketch(nx.empty_graph(2001))


class TestInABrowser:
    """The pages as people see them."""

    pytestmark = IN_BROWSER

    def test_a_sketch_says_what_one_points_at(self, graph: Graph, tmp_path: Path, watched: Callable[..., Page]) -> None:
        page = watched(graph.draw("country-country").write(tmp_path / "sketch.html").as_uri(), width=900, height=700)
        box = page.locator("#canvas canvas").bounding_box()
        assert box
        assert box["height"] > 500
        drawn = page.evaluate("""() => {
            const canvas = document.querySelector("#canvas canvas"), { width, height } = canvas, found = [];
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const inked = (x, y) => data[4 * (y * width + x) + 3] > 0;
            for (let y = 10; y < height; y += 10)
                for (let x = 1; x < width; x++)
                    if (inked(x, y) && !inked(x - 1, y)) found.push([x, y].map(at => at * canvas.clientWidth / width));
            return found;
        }""")
        tie = re.compile(r".+ – .+: have in common, weight \d+, \w+, \w+(, follows)?, \d+ passages?")
        for x, y in drawn:
            page.mouse.move(box["x"] + x, box["y"] + y)
            if tie.fullmatch(page.locator("#said").inner_text()):
                break
        else:
            pytest.fail("no tie says what it is")

    def test_axe_finds_nothing_in_a_sketch_and_a_report(
        self, graph: Graph, tmp_path: Path, watched: Callable[..., Page]
    ) -> None:
        sketch = graph.draw("country-country").write(tmp_path / "sketch.html")
        study = graph.analyse("degree", "similarity").write(tmp_path / "report.html")
        for path in (sketch, study):
            page = watched(path.as_uri())
            for details in page.locator("details").all():
                details.evaluate("element => { element.open = true; }")
            found = Axe().run(page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []

    def test_no_word_of_a_table_is_broken_on_a_phone(
        self, graph: Graph, tmp_path: Path, watched: Callable[..., Page]
    ) -> None:
        page = watched(graph.analyse().write(tmp_path / "report.html").as_uri(), width=360, height=740)
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        # A word that is broken has boxes on more than one line.
        broken = page.evaluate("""() => {
            const found = [], range = document.createRange();
            for (const cell of document.querySelectorAll("th, td")) {
                const text = cell.firstChild;
                if (!text) continue;
                for (const word of text.data.matchAll(/[^\\s\\u2013-]+/g)) {
                    range.setStart(text, word.index);
                    range.setEnd(text, word.index + word[0].length);
                    if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1)
                        found.push(word[0]);
                }
            }
            return found;
        }""")
        assert broken == []
        assert page.locator("td").count() > 100
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


# ---------------------------------------------------------------- The command line


def test_analyse_lists_what_there_is(command: Callable[..., Run]) -> None:
    done = command("analyse", "--list")
    assert done.status == 0
    assert all(name in done.out for name in ("country-topic", "organisation-organisation", *registry.measures()))


def test_analyse_writes_what_the_name_of_the_file_says(command: Callable[..., Run], tmp_path: Path, built: Any) -> None:
    page = tmp_path / "report.html"
    done = command("analyse", "degree", "--store", built.folder, "--out", page)
    assert (done.status, done.out) == (0, f"Wrote {page}\n")
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["betwenness"], "there is no measure 'betwenness'; did you mean betweenness?"),
        (["--network", "contry-topic"], "there is no network 'contry-topic'; did you mean country-topic"),
        (["similarity", "--network", "topic-topic"], "similarity is for networks with two kinds of nodes"),
        (["--format", "csv"], "CSV has the rows of one measure"),
        (["--known-by", "yesterday"], "'yesterday' depends on when it is read; write the day itself"),
        (["--since", "yesterday"], "'yesterday' depends on when it is read; write the day itself"),
        (["degree", "--since", "2023-03-31"], "--since compares a network with what it was, and takes no measures"),
        (["--since", "2023-03-31", "--format", "html"], "what has changed comes as text, csv or json, not as html"),
        (["--level", "65"], "a level is a number from 0 (the broadest topics) to 64, not 65"),
        (["--network", "everything", "--level", "0"], "in the whole graph each topic stands for itself"),
        (["degree", "--out", "/nowhere/report.html"], "/nowhere/report.html cannot be written: No such file"),
    ],
)
def test_analyse_refuses_in_words(command: Callable[..., Run], built: Any, words: list[str], said: str) -> None:
    done = command("analyse", "--store", built.folder, *words)
    assert done.status == (1 if "/nowhere" in said else 2)
    assert done.out == ""
    assert said in done.err
    assert len(done.err.splitlines()) <= 2


def test_the_choices_of_analyse_count(command: Callable[..., Run], built: Any) -> None:
    def edges(*words: str) -> int:
        done = command("analyse", "degree", "--store", built.folder, "--format", "json", *words)
        assert done.status == 0, done.err
        number = json.loads(done.out)["edges"]
        assert isinstance(number, int)
        return number

    assert edges("--stage", "agreed") < edges("--stage", "planned") < edges() == edges("--stage", "dropped")
    assert edges("--asserted") < edges()
    assert edges("--known-by", "2023-04-29") == 0
    assert edges("--level", "0") < edges()


def test_analyse_tells_what_has_changed_since_a_day(command: Callable[..., Run], built: Any) -> None:
    words = ("analyse", "--store", built.folder, "--since", "March 2023", "--stage", "agreed")
    done = command(*words)
    assert done.err == 'Note: "March 2023" was taken for 2023-03-31\n'
    assert done.out.splitlines()[0] == (
        "Partner countries and topics, known by 2023-04-30 rather than by 2023-03-31: ties: 11 new; nodes: 15 changes."
    )
    assert "digital skills" in done.out
    rows = list(csv.DictReader(io.StringIO(command(*words, "--format", "csv").out)))
    assert rows[0]["first_iri"] == f"{BASE}country/india"
    assert {row["after"] for row in rows if row["second"]} == {"agreed", "under way"}
    given = json.loads(command(*words, "--format", "json").out)
    assert (given["before"], given["after"], len(given["changes"])) == ("2023-03-31", "2023-04-30", len(rows))
    none = command(*words, "--known-by", "2023-03-31")
    assert none.out.endswith("known by 2023-03-31 rather than by 2023-03-31: no tie has changed.\n")


@pytest.mark.parametrize("form", NETWORK_FORMATS)
def test_export_writes_every_format(command: Callable[..., Run], built: Any, tmp_path: Path, form: str) -> None:
    out = tmp_path / "made"
    done = command("export", form, "--store", built.folder, "--out", out)
    assert done.status == 0, done.err
    named = [Path(line.removeprefix("Wrote ")) for line in done.out.splitlines()]
    assert sorted(named) == sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert all("Japan" in path.read_text("utf-8") for path in named if path.name != "edges.csv")
    before = [path.read_bytes() for path in named]
    assert command("export", form, "--store", built.folder, "--out", out).status == 0
    assert [path.read_bytes() for path in named] == before


def test_export_takes_a_network_and_what_counts_in_it(command: Callable[..., Run], built: Any, tmp_path: Path) -> None:
    path = tmp_path / "wanted.graphml"
    words = ["--network", "country-topic", "--stage", "wanted", "--out", path]
    assert command("export", "graphml", "--store", built.folder, *words).status == 0
    given = nx.read_graphml(path)
    assert given.number_of_edges() == 48
    tie = given.edges[f"{BASE}country/canada", f"{BASE}topic/cybersecurity"]
    assert (tie["stage"], tie["stage_rank"], tie["priority"]) == ("wanted", 1, False)


def test_the_whole_graph_is_exported_with_what_is_only_wanted(built: Any, checkout: Any, tmp_path: Path) -> None:
    [path], _ = write.write(built, checkout, "graphml", out=tmp_path / "all.graphml")
    assert "would pursue topic" in path.read_text("utf-8")


def test_the_calendar_says_which_meetings_it_has_no_day_for(built: Any, checkout: Any, tmp_path: Path) -> None:
    [path], notes = write.write(built, checkout, "icalendar", out=tmp_path / "meetings.ics")
    assert path.read_bytes().count(b"BEGIN:VEVENT\r\n") == 5
    assert all(note.startswith("no event for ") for note in notes)


def test_export_refuses_in_words(command: Callable[..., Run], built: Any, tmp_path: Path) -> None:
    done = command("export", "icalendar", "--store", built.folder, "--network", "country-topic")
    assert (done.status, done.err) == (
        2,
        "eudigraph: icalendar has the whole graph; omit --network and what chooses ties\n",
    )
    (tmp_path / "file").write_text("here", "utf-8")
    done = command("export", "neo4j", "--store", built.folder, "--out", tmp_path / "file")
    assert done.status == 1
    assert "cannot be made" in done.err
    assert (tmp_path / "file").read_text("utf-8") == "here"


def test_own_sparql_carries_its_evidence(
    command: Callable[..., Run], built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.rq"
    own.write_text("SELECT ?t { country:india eud:partnerIn ?t FILTER(?t = partnership:eu-india-ttc) }", "utf-8")
    done = command("query", "--file", own, "--store", built.folder, "--evidence", "--format", "csv")
    assert done.status == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {row["t"] for row in rows} == {"EU–India Trade and Technology Council"}
    assert any(row["evidence_place"].startswith("¶5 ") for row in rows)


# ---------------------------------------------------------------- Python and notebooks


def test_what_is_no_number_of_json_is_a_text_in_a_report(graph: Graph) -> None:
    study = graph.analyse("degree")
    row = study["degree"].rows[0]
    study["degree"].rows[:] = [row | {"degree": value} for value in (math.nan, math.inf, -math.inf, 1.5)]
    made = json.loads(findings.render(study, "json"), parse_constant=pytest.fail)
    assert [row["degree"] for row in made["findings"][0]["rows"]] == ["NaN", "INF", "-INF", 1.5]


def test_a_study_gives_tables_pictures_and_words(graph: Graph, tmp_path: Path) -> None:
    study = graph.analyse("similarity", "removal")
    assert study["similarity"].frame[["first", "second"]].values.tolist()[0] == ["India", "South Korea"]
    assert study["similarity"].frame.loc[0, "first_iri"] == f"{BASE}country/india"
    assert study["removal"].meaning.startswith("What would come apart")
    assert study["removal"].cautions == study.cautions
    assert str(study).startswith("Partner countries and topics\n")
    assert str(study["removal"]).count("Source:") == 1
    assert study._repr_html_().startswith("<iframe ")
    assert study.write(tmp_path / "study.md").read_text("utf-8").startswith("# Partner countries and topics")
    with pytest.raises(errors.UsageError, match="ends in none of"):
        study.write(tmp_path / "study.doc")


def test_a_graph_writes_itself_for_other_tools(graph: Graph, tmp_path: Path) -> None:
    assert graph.export("gexf", "country-topic", tmp_path / "made.gexf") == [tmp_path / "made.gexf"]
    with pytest.raises(errors.UsageError, match="there is no format 'xls'; there are: graphml"):
        graph.export("xls")


def test_a_network_of_ones_own_can_be_measured(graph: Graph) -> None:
    study = graph.analyse("degree", network=nx.karate_club_graph())
    assert study["degree"].frame[["node", "ties"]].values.tolist()[0] == ["33", 17]


def test_a_measure_of_ones_own_is_one_function(graph: Graph) -> None:
    example = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "networks.md").read_text("utf-8"), re.DOTALL)
    assert example
    try:
        exec(example[1].replace("eudigraph.open_graph()", "own"), {"own": graph})
        assert graph.analyse("progress")["progress"].frame.set_index("node").loc["India", "progress"] == 1.0
        assert "progress" in graph.measures().index
    finally:
        registry.MEASURES.pop("progress", None)


def test_own_sparql_has_a_row_for_each_passage(graph: Graph) -> None:
    found = graph.sparql("SELECT ?e { ?e eud:notSupportedBy country:canada }", evidence=True)
    assert not isinstance(found, bool)
    assert list(found["evidence_place"]) == ["¶20 (3761–3851)"]


class Shell:
    """As much of IPython's shell as the magics use."""

    def __init__(self, **names: Any) -> None:
        self.user_ns: dict[str, Any] = names
        self.known: dict[str, Any] = {}

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        self.known[name] = (function, kind)


@pytest.fixture
def cells(graph: Graph) -> Iterator[notebook.Magics]:
    made = notebook.Magics(Shell(graph=graph, here="country:india", hostile='" } SERVICE <http://127.0.0.1:9/> { #'))
    made.choose("graph")
    yield made


def test_the_extension_makes_the_magics_known() -> None:
    import eudigraph

    shell = Shell()
    eudigraph.load_ipython_extension(shell)
    assert {name: kind for name, (_, kind) in shell.known.items()} == {"sparql": "cell", "eudigraph": "line"}
    assert "--into TABLE" in shell.known["sparql"][0].__doc__


def test_a_cell_binds_variables_and_opens_evidence(cells: notebook.Magics) -> None:
    shown = cells.sparql(
        "country=here --into topics", "SELECT ?t { ?country eud:partnerIn ?t FILTER(?t = partnership:eu-india-ttc) }"
    )
    assert isinstance(shown, notebook.Shown)
    page = shown._repr_html_()
    assert "<td>EU–India Trade and Technology Council</td>" in page
    assert re.search(r"<details><summary>\d passages?</summary><ul><li>.*¶5 ", page)
    assert cells.shell.user_ns["topics"]["t"].tolist() == ["EU–India Trade and Technology Council"]
    assert "t_iri" not in repr(shown)


def test_what_a_cell_is_given_stays_a_term(cells: notebook.Magics) -> None:
    shown = cells.sparql("hostile", "SELECT ?hostile ?x { BIND(?hostile AS ?x) }")
    assert shown.frame["x"].tolist() == [cells.shell.user_ns["hostile"]]
    assert "&quot; } SERVICE &lt;http" in shown._repr_html_()


def test_a_cell_may_ask_for_truths_and_graphs(cells: notebook.Magics) -> None:
    assert cells.sparql("", "ASK { country:japan a eud:Country }") is True
    assert len(cells.sparql("", "CONSTRUCT { ?x a eud:Country } WHERE { ?x a eud:Country }")) == 7


@pytest.mark.parametrize(
    ("line", "cell", "said"),
    [
        ("nobody", "ASK {}", "there is no Python variable nobody"),
        ("--nothing", "ASK {}", "unrecognized arguments: --nothing"),
        ("--limit x", "ASK {}", "invalid int value"),
        ("--limit 0", "ASK {}", "a limit is a number of rows from 1, not 0"),
        ("--timeout 0", "ASK {}", "a timeout is a number of seconds above 0, not 0.0"),
        ("--timeout nan", "ASK {}", "a timeout is a number of seconds above 0, not nan"),
        ("--into 1x", "ASK {}", "--into 1x: no Python variable is called so; give a name such as answer"),
        ("--into class", "ASK {}", "--into class: no Python variable is called so"),
        ("--into a.b", "ASK {}", "--into a.b: no Python variable is called so"),
        ("--into ''", "ASK {}", "no Python variable is called so"),
        ("'", "ASK {}", "the line cannot be read"),
        ("", "SELECT ?x { SERVICE <http://x/> { ?x a ?y } }", "SERVICE is refused"),
        ("here", "ASK {}", r"the query has no variable \?here"),
    ],
)
def test_a_cell_refuses_in_words(cells: notebook.Magics, line: str, cell: str, said: str) -> None:
    before = dict(cells.shell.user_ns)
    with pytest.raises(CellError, match=said):
        cells.sparql(line, cell)
    assert cells.shell.user_ns == before


def test_a_long_answer_is_shown_in_part(cells: notebook.Magics) -> None:
    shown = cells.sparql("", "SELECT ?s ?l { ?s skos:prefLabel ?l }")
    assert shown._repr_html_().count("<tr>") == 1 + notebook.MAX_SHOWN
    assert f"The first 50 of {len(shown.frame)} rows." in shown._repr_html_()


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, graph: Graph) -> None:
    for package, ask in (("matplotlib", graph.plot), ("pandas", graph.networks)):
        with monkeypatch.context() as patch:
            for name in [name for name in sys.modules if name.split(".")[0] == package]:
                patch.setitem(sys.modules, name, None)
            with pytest.raises(errors.UsageError, match=rf"need {package}; get it with: pip install .*\[notebook\]'$"):
                ask()


def test_the_command_line_does_not_load_what_it_does_not_need() -> None:
    import subprocess

    slow = ("matplotlib", "pandas", "IPython", "rustworkx", "numpy", "pyvis")
    code = f"import sys, eudigraph.cli; print([m for m in {slow} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert "analyse" in main.COMMANDS
