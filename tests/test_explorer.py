"""The explorer in a real browser: what a user does with it, what it withstands, and that it asks nobody anything."""

from __future__ import annotations

import csv
import io
import re
import shutil
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pyoxigraph import DefaultGraph, NamedNode, Quad, Store
from pyoxigraph import Literal as Text

from browsing import IN_BROWSER
from conftest import with_claims
from eudigraph.ask import lookup
from eudigraph.build import assemble, build
from eudigraph.engine import store
from eudigraph.explore.page import MAX_DRAWN, explorer, render, write_page
from eudigraph.model import workspace
from eudigraph.model.names import (
    BASE,
    EUD,
    GRAPH_ONTOLOGY,
    GRAPH_REFERENCE,
    OWL,
    RDF,
    RDF_TYPE,
    RDFS,
    SKOS,
    XSD,
    shorten,
)
from eudigraph.model.ontology import from_store
from eudigraph.model.text import fold
from eudigraph.model.triples import select
from eudigraph.network import algorithms, everything
from eudigraph.reason.infer import facts, infer
from eudigraph.show import looks

pytestmark = IN_BROWSER
COUNTRIES = ("Canada", "India", "Japan", "Singapore", "South Korea", "Sweden", "United States")
VIEWS = ("network", "timeline", "matrix")
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def page_file(built: store.Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(built, tmp_path_factory.mktemp("page") / "explore.html")


@pytest.fixture
def open_page(watched: Callable[..., Page], page_file: Path) -> Open:
    """Open the article's page, at a state."""
    return lambda state="", **options: watched(f"{page_file.as_uri()}#{state}", **options)


@pytest.fixture
def show(watched: Callable[..., Page], tmp_path: Path) -> Callable[..., Page]:
    """Open the page of a store of one's own, at a state."""

    def make(graph: Store, state: str = "", **options: Any) -> Page:
        path = tmp_path / "own.html"
        path.write_text(render(graph, {"sources": 0}), "utf-8")
        return watched(f"{path.as_uri()}#{state}", **options)

    return make


def listed(page: Page) -> list[str]:
    """Return the names in the list."""
    return page.locator("#list button").all_inner_texts()


def parameters(page: Page) -> dict[str, str]:
    """Return the state in the page's address."""
    return dict(part.split("=", 1) for part in page.url.partition("#")[2].replace("%3A", ":").split("&") if part)


# ---------------------------------------------------------------- What a user does


def test_a_newcomer_sees_every_partner_with_its_frameworks(open_page: Open) -> None:
    panel = open_page().locator("#panel")
    for country in ("Canada", "India", "Japan", "Singapore", "South Korea", "United States"):
        expect(panel.get_by_role("button", name=country, exact=True)).to_be_visible()
    expect(panel).to_contain_text("EU–India Trade and Technology Council since April 2022")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("japan", "Japan"),
        ("lulea", "Luleå"),
        ("AI", "artificial intelligence"),
        ("U.S.", "United States"),
        ("swedish", "Sweden"),
        ("kleiner thi", "Thibaut Kleiner"),
        ("Koera", "South Korea"),
        ("semiconducters", "semiconductors"),
    ],
)
def test_search_finds_names_in_all_their_forms(open_page: Open, typed: str, found: str) -> None:
    page = open_page()
    page.get_by_role("searchbox").fill(typed)
    assert found in listed(page)[:3]
    page.keyboard.press("Enter")
    assert page.locator("#heading").inner_text() in listed(page)[:1]


def test_search_finds_nothing_by_a_slip_that_makes_another_name(open_page: Open) -> None:
    page = open_page()
    for typed in ("China", "Iran", "EU-Japan summit 2024", "7G"):
        page.get_by_role("searchbox").fill(typed)
        assert listed(page) == []


def typed_names(built: store.Built) -> list[str]:
    """Return what people may type: all names, parts of them, with slips and turned round, and much that is no name."""
    named = sorted({name.text for name in lookup.names(built.store)})
    made = named[::2]
    for number, name in enumerate(named[1::2]):
        first, _, last = name.rpartition(" ")
        turned = (last, f"{last}, {first}", f"{name[:2]}{name[3:4]}{name[2:3]}{name[4:]}", name[:-1].upper())
        made += [turned[number % 4], "".join(word[0] for word in name.split())]
    return [*made, *OTHERWISE]


OTHERWISE = (
    *("US", "the US", "U.S.", "U. S. A.", "usa", "America", "the Koreans", "S. Korea", "Kor", "Koera", "Sinagpore"),
    *("Breton, Thierry", "T. Breton", "bretton", "Mr Breton", "Ms. Breton", "Commissioner Breton", "Minister Lee"),
    *(
        "EC",
        "TTC",
        "Luleå",
        "lulea",
        "meeting: Luleå",
        "session of ministers",
        "with",
        "the",
        "Mr",
        "\u202eJapan\u202c",
    ),
    *("wd:Q884", "<http://www.wikidata.org/entity/Q884>", "country:japan", "country:Japan", "eud:Country", "a:b", "<>"),
    *("China", "Iran", "Niger", "North Korea", "the Netherlands", "EU-Japan summit 2024", "EU-Japan summit 202", "7GX"),
    *("semiconducters", "southkorea", "digital partnerships", "EU–Japan", "Jpan", "6G 5G", "AI standards gouvernance"),
)


def test_search_finds_what_the_command_line_python_and_the_api_find(open_page: Open, built: store.Built) -> None:
    """What a name may stand for is the same, and comes first; where it stands for nothing, nothing is listed."""
    page = open_page()
    drawn = set(page.evaluate("ENTITIES.flatMap((e, i) => (drawable(i) ? [e.id] : []))"))
    typed = typed_names(built)
    script = (
        """typed => typed.map((text) => [meant(text), search(text)].map((found) => found.map((e) => ENTITIES[e].id)))"""
    )
    there = page.evaluate(script, typed)
    compared = 0
    for text, (meant, listed_) in zip(typed, there, strict=True):
        here = {shorten(iri) for iri in lookup.candidates(built.store, text)}
        if here <= drawn:
            assert (text, set(meant)) == (text, here)
            assert listed_[: len(meant)] == meant
            assert here or len(fold(text).split(" ")[-1]) < 3 or not listed_
            compared += 1
    assert compared > 300


def test_search_takes_no_country_for_another(show: Callable[..., Page], bare: Store) -> None:
    for number, country in enumerate(("Nigeria", "South Sudan", "Ireland")):
        named(bare, "Country", country, number)
    page = show(bare)
    for typed, found in (("Niger", []), ("Sudan", []), ("Iceland", []), ("Nige", ["Nigeria"]), ("Irland", ["Ireland"])):
        page.get_by_role("searchbox").fill(typed)
        assert (typed, listed(page)) == (typed, found)


def test_a_fact_leads_to_its_passage_in_one_click(open_page: Open, built: store.Built) -> None:
    page = open_page("e=meeting:eu-japan-summit-2023")
    page.get_by_text("Says who? European Commission, ¶17").first.click()
    gist = select(built.store, f"SELECT ?g {{ ?p <{EUD}gist> ?g ; <{EUD}locator> '¶17' }}")[0]["g"].value
    quote = page.locator("blockquote:visible").first
    expect(quote).to_contain_text(gist)
    expect(quote).to_contain_text("European Commission, stated")
    expect(quote).to_contain_text("¶17, characters 2981–3064")


def test_what_follows_leads_to_the_passages_behind_it_in_one_click(open_page: Open) -> None:
    page = open_page("e=country:japan")
    fact = page.locator("li", has_text="research partnership on 6G with Japan").filter(has_text="Follows from").first
    fact.get_by_text("Follows from").click()
    expect(fact.locator("blockquote:visible").first).to_contain_text("Joint research on 6G with Japan is thought of.")


def test_how_far_a_topic_has_come_leads_to_the_passage_that_bears_it_in_one_click(open_page: Open) -> None:
    page = open_page("e=country:japan")
    expect(page.locator("#panel")).to_contain_text("Topics, by stage, known by 30 April 2023")
    tie = page.locator("#panel li", has=page.get_by_role("button", name="6G", exact=True)).first
    expect(tie).to_contain_text("through research partnership on 6G with Japan")
    tie.get_by_text("Says who?").click()
    expect(tie.locator("blockquote:visible").first).to_contain_text("Joint research on 6G with Japan is thought of.")


def test_how_an_engagement_stands_leads_to_its_passages_in_one_click(open_page: Open) -> None:
    page = open_page("e=meeting:eu-us-ttc-4")
    part = page.locator("#panel h3", has_text="How it stands, known by 30 April 2023")
    stands = part.locator("xpath=following-sibling::ul[1]/li").first
    expect(stands).to_contain_text("scheduled stage: planned; 31 May 2023, in Luleå")
    stands.get_by_text("Says who?").click()
    expect(stands.locator("blockquote:visible").first).to_contain_text("31 May")
    expect(page.locator("#panel")).to_contain_text("open; due by 31 May 2023")


def test_passages_are_shown_where_the_text_is_given(
    watched: Callable[..., Page], built: store.Built, tmp_path: Path
) -> None:
    text = "".join(chr(0x4E00 + n % 5000) for n in range(5564))
    path = tmp_path / "page.html"
    path.write_text(render(built.store, {}, {f"{BASE}source/euractiv-2023-04": text}), "utf-8")
    page = watched(f"{path.as_uri()}#e=meeting:eu-japan-summit-2023")
    page.get_by_text("Says who?").first.click()
    expect(page.locator("blockquote .passage").first).to_have_text(f"“{text[2981:3064]}”")


def test_without_the_text_no_passage_is_in_the_file(page_file: Path, article: Path) -> None:
    page = page_file.read_text("utf-8")
    sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s", article.read_text("utf-8")) if len(s) > 60]
    assert len(sentences) > 20
    assert [s for s in sentences if s in page] == []


def test_an_entity_says_how_it_stands_and_when(open_page: Open) -> None:
    panel = open_page("e=country:south-korea").locator("#panel")
    expect(panel).to_contain_text("Thierry Breton with Lee Jong Ho, 2023 30 June 2023 (uncertain)")
    expect(panel.locator(".chip.pending", has_text="tentative").first).to_be_visible()


def test_the_class_of_an_entity_leads_to_its_passage_too(open_page: Open) -> None:
    page = open_page("e=meeting:eu-india-ttc-1")
    fact = page.locator("#panel li", has_text="ministerial meeting").first
    fact.get_by_text("Says who?").click()
    expect(fact.locator("blockquote").first).to_contain_text("15 and 16 May")


def test_disagreement_is_pointed_out_with_both_sides(open_page: Open) -> None:
    panel = open_page("e=partnership:eu-canada-digital-partnership").locator("#panel")
    warning = panel.locator(".warn")
    expect(warning).to_contain_text("Passages disagree on the status")
    assert [" ".join(side.split()) for side in warning.locator("li").all_inner_texts()] == [
        "in force Says who? EURACTIV, ¶5",
        "wanted Says who? European Commission, ¶30",
    ]
    expect(panel.locator(".chip.differ").first).to_have_text("disputed")


def test_identifiers_elsewhere_are_linked_and_cannot_reach_back(open_page: Open) -> None:
    link = open_page("e=country:japan").get_by_role("link", name="wikidata.org/entity/Q17")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert link.get_attribute("target") == "_blank"


def test_the_partner_filter_leaves_what_concerns_that_country(open_page: Open, built: store.Built) -> None:
    page = open_page()
    page.locator("#partner").select_option(label="Singapore")
    with_singapore = {
        row["l"].value
        for row in select(
            built.store,
            f"""SELECT ?l {{ ?x <{EUD}withCountry> <{BASE}country/singapore> ; <{SKOS}prefLabel> ?l ;
            a <{EUD}Engagement> }}""",
        )
    }
    engagements = {
        row["l"].value for row in select(built.store, f"SELECT ?l {{ ?x a <{EUD}Engagement> ; <{SKOS}prefLabel> ?l }}")
    }
    assert set(listed(page)) & engagements == with_singapore
    assert {"Singapore", "digital identity"} <= set(listed(page))
    assert parameters(page)["partner"] == "country:singapore"
    panel = page.locator("#panel")
    assert panel.locator("h3:not(.part)").all_inner_texts() == ["Singapore"]
    page.locator("#partner").select_option(label="all partners")
    assert {"Japan", "Singapore"} <= set(panel.locator("h3:not(.part)").all_inner_texts())


def test_the_topic_filter_takes_narrower_topics_in(open_page: Open) -> None:
    page = open_page()
    page.locator("#topic").select_option(label="artificial intelligence")
    names = listed(page)
    assert "exchanges on AI governance and standards with Singapore" in names
    assert "pilot projects on digital identities with Singapore" not in names


def test_the_status_filter_leaves_what_stands_so(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Status").select_option(label="tentative")
    assert set(listed(page)) == {"Thierry Breton with Lee Jong Ho, 2023", "South Korea", "semiconductors",
                                 "Thierry Breton", "Lee Jong Ho"}  # fmt: skip


def test_the_source_filter_knows_every_source(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Source").select_option(index=1)
    assert "EU–Japan summit 2023" in listed(page)
    assert parameters(page)["source"] == "source:euractiv-2023-04"


def test_kinds_are_shown_and_hidden(open_page: Open) -> None:
    page = open_page()
    before = len(listed(page))
    page.get_by_role("checkbox", name="topic", exact=True).uncheck()
    assert len(listed(page)) == before - 41
    page.get_by_role("checkbox", name="organisation", exact=True).check()
    assert "European Commission" in listed(page)
    page.get_by_role("button", name="Clear filters").click()
    assert len(listed(page)) == before


def test_what_follows_is_drawn_only_when_asked_for_and_apart(open_page: Open) -> None:
    page = open_page()
    asserted = page.evaluate("lines.size")
    dotted = "edges.get().filter((e) => Array.isArray(e.dashes) && e.dashes[0] === 1).length"
    assert page.evaluate(dotted) == 0
    page.get_by_role("checkbox", name="Draw what follows").check()
    assert page.evaluate("lines.size") > asserted
    assert page.evaluate(dotted) == page.evaluate("lines.size") - asserted


def test_what_is_before_agreed_is_drawn_dashed_and_all_else_is_not(open_page: Open) -> None:
    page = open_page()
    dashed = "nodes.get().filter((n) => n.shapeProperties.borderDashes).map((n) => n.label)"
    names = set(page.evaluate(dashed))
    assert {"EU–Japan summit 2023", "Thierry Breton with Lee Jong Ho, 2023", "EU–Canada Digital Partnership"} <= names
    assert not {"EU–Canada Digital Dialogue", "Japan", "6G"} & names


def test_legend_and_network_agree_on_shapes_and_colours(open_page: Open) -> None:
    page = open_page()
    kinds = page.evaluate("KINDS")
    groups = page.evaluate("OPTIONS.groups")
    assert {k["name"]: (k["shape"], k["color"]) for k in kinds} == {
        name: (group["shape"], group["color"]["background"]) for name, group in groups.items()
    }
    assert len({(k["shape"], k["color"]) for k in kinds}) == len(kinds)


def test_neighbours_are_shown_up_to_three_steps_away(open_page: Open) -> None:
    page = open_page("e=country:japan")
    sizes = []
    for steps in ("1 step", "2 steps", "3 steps"):
        page.get_by_role("button", name=steps).click()
        sizes.append(len(listed(page)))
    assert sizes[0] < sizes[1] < sizes[2]
    assert parameters(page)["steps"] == "3"


def test_a_line_between_two_entities_opens_what_is_said_of_both(open_page: Open) -> None:
    panel = open_page("e=initiative:arctic-cable&o=country:canada").locator("#panel")
    expect(panel).to_contain_text("not supported by")
    expect(panel.locator("blockquote:visible").first).to_contain_text("neither the United States nor Canada")


def test_a_click_on_the_picture_opens_an_entity(open_page: Open) -> None:
    page = open_page()
    at = page.evaluate(
        "(() => { const p = network.canvasToDOM(network.getPosition(byId.get('country:sweden')));"
        " const c = canvas.getBoundingClientRect(); return [c.x + p.x, c.y + p.y]; })()"
    )
    page.mouse.click(*at)
    expect(page.locator("#heading")).to_have_text("Sweden")


# ---------------------------------------------------------------- Links and history

STATES = (
    "e=country:japan",
    "e=country:japan&steps=2",
    "view=timeline&partner=country:south-korea",
    "view=matrix&e=country:japan&o=topic:6g&sort=country:india",
    "topic=topic:artificial-intelligence&kinds=Country.Meeting&inferred=1",
    "status=status:tentative&source=source:euractiv-2023-04&q=korea",
)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_link_that_leads_back_to_it(open_page: Open, state: str) -> None:
    page = open_page(state)
    assert page.locator("#panel .warn", has_text="This link").count() == 0
    assert page.evaluate("decodeURIComponent(encode(state)).split('&').sort().join('&')") == "&".join(
        sorted(state.split("&"))
    )


def test_back_and_forward_lead_through_what_was_opened(open_page: Open) -> None:
    page = open_page("e=country:japan")
    page.locator("#panel").get_by_role("button", name="EU–Japan summit 2023").first.click()
    expect(page.locator("#heading")).to_have_text("EU–Japan summit 2023")
    page.get_by_role("button", name="Timeline").click()
    page.go_back()
    page.go_back()
    expect(page.locator("#heading")).to_have_text("Japan")
    page.go_forward()
    expect(page.locator("#heading")).to_have_text("EU–Japan summit 2023")


@pytest.mark.parametrize(
    "state",
    [
        "e=country:atlantis",
        "view=castle&steps=99&kinds=Dragon",
        "e=%3Cscript%3E&o=&q=%ff",
        "&&&===",
        "__proto__=1&e=__proto__",
    ],
)
def test_a_broken_link_is_said_and_breaks_nothing(open_page: Open, state: str) -> None:
    page = open_page(state)
    expect(page.locator("#panel h2")).to_be_visible()
    assert len(listed(page)) > 50 or "q=" in state
    if "atlantis" in state:
        expect(page.locator("#panel .warn")).to_contain_text("country:atlantis")


@pytest.mark.parametrize(
    "state", ["e=status:held", "e=country:japan&o=status:held", "partner=topic:6g", "topic=country:japan"]
)
def test_a_link_to_what_cannot_be_chosen_is_said_and_breaks_nothing(open_page: Open, state: str) -> None:
    page = open_page(state)
    expect(page.locator("#panel .warn")).to_contain_text("This link speaks of what is not in this graph")
    assert len(listed(page)) > 50


def test_home_is_a_step_that_back_leads_behind(open_page: Open) -> None:
    page = open_page("e=country:japan")
    page.locator("#home").click()
    page.go_back()
    expect(page.locator("#heading")).to_have_text("Japan")


def test_no_kind_at_all_is_a_state_too(open_page: Open) -> None:
    page = open_page("kinds=")
    assert listed(page) == []
    assert page.locator("#panel .warn").count() == 0


# ---------------------------------------------------------------- The other views


def test_the_timeline_has_the_meetings_in_order_with_their_status(open_page: Open) -> None:
    rows = open_page("view=timeline").locator("#timeline-view tbody tr").all_inner_texts()
    assert [re.split(r"[\t\n]+", row.strip())[0] for row in rows] == [
        "since April 2022",
        "since February 2023",
        "18 April 2023",
        "15–16 May 2023",
        "31 May 2023",
        "30 June 2023 (uncertain)",
        "3–4 July 2023 (uncertain)",
    ]
    assert "tentative" in rows[5]
    assert "to be confirmed" in rows[6]


def test_the_timeline_draws_plans_apart_and_lists_what_has_no_date(open_page: Open) -> None:
    page = open_page("view=timeline")
    assert page.locator(".bar.pending").count() == 4
    assert page.locator(".bar.open").count() == 2
    expect(page.locator("#timeline-view")).to_contain_text("Without a date")
    expect(page.locator("#timeline-view")).to_contain_text("international summit on very powerful AI")


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_what_a_search_finds_is_seen_at_once(open_page: Open, size: tuple[int, int]) -> None:
    page = open_page("q=breton", width=size[0], height=size[1])
    found = page.locator("#list button").first.bounding_box()
    assert found
    assert found["y"] + found["height"] < size[1] / 3


def test_on_a_phone_filters_and_the_legend_of_the_matrix_are_seen(open_page: Open) -> None:
    page = open_page("view=matrix", width=390, height=844)
    for part in ("#filters summary", "#matrix-view caption span"):
        box = page.locator(part).bounding_box()
        assert box
        assert 0 <= box["x"] < box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] < 844 / 2


def test_on_a_phone_the_timeline_has_its_bars(open_page: Open) -> None:
    page = open_page("view=timeline", width=390, height=844)
    name, bar = (
        page.locator("#timeline-view tbody tr").first.locator(part).bounding_box() for part in (".what", ".bar")
    )
    assert name and bar
    assert bar["y"] >= name["y"] + name["height"] - 1
    assert 0 <= bar["x"] < bar["x"] + bar["width"] <= 390


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_names_in_the_picture_cover_neither_each_other_nor_shapes(open_page: Open, size: tuple[int, int]) -> None:
    """A country's name is there in any case; those of partnerships and meetings may cover what weighs less."""
    page = open_page(width=size[0], height=size[1])
    names, major, lesser, mattering, width = page.evaluate("""() => {
        const names = [], write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
            const half = this.measureText(text).width / 2, height = parseFloat(this.font);
            names.push([text, x - half, y, x + half, y + height]);
        };
        network.redraw();
        CanvasRenderingContext2D.prototype.fillText = write;
        const scale = network.getScale(), places = network.getPositions(drawn);
        const inWindow = ([text, a, b, c, d]) => {
            const [p, q] = [network.canvasToDOM({ x: a, y: b }), network.canvasToDOM({ x: c, y: d })];
            return [text, p.x, p.y, q.x, q.y];
        };
        const box = (e) => {
            const r = OPTIONS.groups[KINDS[kindOf(e)].name].size / 2;
            return inWindow([label(e), places[e].x - r, places[e].y - r, places[e].x + r, places[e].y + r]);
        };
        const [major, lesser] = [true, false].map((matters) => drawn.filter((e) => (kindOf(e) <= 2) === matters));
        const mattering = major.map((e) => short(briefly(e), 32));
        return [names.map(inWindow), major.map(box), lesser.map(box), mattering, canvas.clientWidth];
    }""")
    assert len(names) >= 15
    free = [name for name in names if name[0] not in COUNTRIES]
    for text, left, top, right, bottom in free:
        assert left >= 0, text
        assert right <= width, text
        for other, *box in [*names, *major, *([] if text in mattering else lesser)]:
            apart = box[0] >= right or box[2] <= left or box[1] >= bottom or box[3] <= top
            assert apart or other == text or other in COUNTRIES, (text, other)


def test_nothing_that_is_derived_is_an_entity_of_the_page(open_page: Open, built: store.Built) -> None:
    page = open_page("kinds=")
    for box in page.locator("#kinds input").all():
        box.check()
    page.evaluate("listed = 10000; showList(visible())")
    named = "|".join(("situation", "snapshot", "milestone", "tie", "fate", "change", "disagreement"))
    ids = page.evaluate("ENTITIES.map((e) => e.id)")
    assert [name for name in ids if re.match(rf"<?({re.escape(BASE)})?({named})[:/]", name)] == []
    assert not {"current status", "known from", "borne by"} & set(page.evaluate("RELATIONS.map((r) => r.label)"))
    page.get_by_role("searchbox").fill("situation")
    assert listed(page) == []


@pytest.mark.parametrize("address", ["https://example.org/news?day=18&more", "javascript:alert(1)"])
def test_a_passage_leads_to_its_source_on_the_web(show: Callable[..., Page], built: store.Built, address: str) -> None:
    graph = Store()
    graph.extend(built.store)
    source, value = NamedNode(f"{BASE}source/euractiv-2023-04"), Text(address, datatype=NamedNode(XSD + "anyURI"))
    graph.add(Quad(source, NamedNode(EUD + "url"), value))
    passages = show(graph, "e=country:japan").locator("#panel blockquote")
    links = passages.locator(".who a")
    expect(passages.first).to_contain_text("Commission updates EU countries on digital diplomacy initiatives, EURACTIV")
    if not address.startswith("https:"):
        assert links.count() == 0
        return
    assert links.count() == passages.count()
    link = links.first
    assert (link.get_attribute("href"), link.get_attribute("rel")) == (address, "noopener noreferrer")


def test_the_matrix_sorts_and_its_cells_lead_to_evidence(open_page: Open) -> None:
    page = open_page("view=matrix")
    page.locator("#matrix-view thead").get_by_role("button", name="Singapore", exact=True).click()
    first = page.locator("#matrix-view tbody tr").first
    expect(first.get_by_role("button", name=re.compile("^Singapore, "))).to_be_visible()
    page.get_by_role("button", name="Japan, 6G: planned").click()
    expect(page.locator("#panel blockquote:visible").first).to_contain_text("6G")


def test_the_views_share_filters_and_selection(open_page: Open) -> None:
    page = open_page("partner=country:india&e=topic:digital-skills")
    page.get_by_role("button", name="Topics by country").click()
    assert page.locator("#matrix-view thead th").all_inner_texts() == ["Topic", "India", "Countries"]
    expect(page.locator("#heading")).to_have_text("digital skills")
    page.get_by_role("button", name="Timeline").click()
    assert page.locator("#timeline-view tbody tr").count() == 2


# ---------------------------------------------------------------- Several sources


@pytest.fixture(scope="module")
def several(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[store.Built, Path]:
    """The article and the three sources of the trial, built, with their page."""
    folder = tmp_path_factory.mktemp("several")
    for name in workspace.FOLDERS:
        shutil.copytree(checkout.root / name, folder / name)
    fixtures = checkout.root / "tests" / "fixtures"
    for path in fixtures.glob("*.trig"):
        shutil.copy(path, folder / "graph")
    shutil.copy(fixtures / "trial-reference.ttl", folder / "graph" / "reference")
    report = build.build(workspace.open_workspace(folder), use_hermit=False, exports=False)
    assert not report.errors
    built = store.open_built(folder / "build")
    return built, write_page(built)


def test_of_a_source_the_matrix_has_what_it_bears(
    watched: Callable[..., Page], several: tuple[store.Built, Path]
) -> None:
    built, path = several
    borne: dict[str, set[str]] = {}
    query = f"""SELECT ?p ?c ?t ?s {{ ?tie a <{EUD}Tie> ; <{EUD}knownUntil> ?until ; <{EUD}borneBy> ?p ;
        <{EUD}ofCountry>/<{SKOS}prefLabel> ?c ; <{EUD}onTopic>/<{SKOS}prefLabel> ?t ;
        <{EUD}stage>/<{SKOS}prefLabel> ?s FILTER(STR(?until) = "9999-12-31") }}"""
    for row in select(built.store, query):
        cell = f"{row['c'].value}, {row['t'].value}: {row['s'].value}"
        borne.setdefault(row["p"].value.split("/")[-2], set()).add(cell)
    assert len(borne) >= 3
    for source, cells in borne.items():
        page = watched(f"{path.as_uri()}#view=matrix&source=source:{source}")
        shown = page.locator("#matrix-view td button").all()
        assert {str(cell.get_attribute("aria-label")).removesuffix(", priority") for cell in shown} == cells, source


def test_the_timeline_has_one_date_for_each_engagement(
    watched: Callable[..., Page], several: tuple[store.Built, Path]
) -> None:
    page = watched(f"{several[1].as_uri()}#view=timeline")
    rows = page.locator("#timeline-view tbody tr", has_text="Thierry Breton with Lee Jong Ho").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == ["30 June 2023 Thierry Breton with Lee Jong Ho, 2023 held"]
    expect(page.locator("#timeline-view caption")).to_contain_text("known by 24 November 2023")


def test_with_several_sources_a_passage_is_named_with_its_own(
    watched: Callable[..., Page], several: tuple[store.Built, Path]
) -> None:
    page = watched(f"{several[1].as_uri()}#e=partnership:eu-canada-digital-partnership")
    expect(page.locator("#panel .warn").first).to_contain_text("EURACTIV ¶5")


def test_a_source_filter_keeps_all_that_the_source_speaks_of(
    watched: Callable[..., Page], several: tuple[store.Built, Path]
) -> None:
    built, path = several
    page = watched(f"{path.as_uri()}#source=source:euractiv-2023-04")
    assert {"Sweden", "an unnamed EU official"} <= set(listed(page))
    with page.expect_download() as saved:
        page.locator("#csv").click()
    rows = csv.DictReader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig")))
    title = select(built.store, f"SELECT ?t {{ <{BASE}source/euractiv-2023-04> <{EUD}title> ?t }}")[0]["t"].value
    assert {row["source"] for row in rows} == {title}


# ---------------------------------------------------------------- For everyone


def test_the_keyboard_alone_suffices(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("Tab")  # the way to the details, then home, then the search
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("japan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Japan")
    assert page.evaluate("document.activeElement.id") == "heading"
    page.locator("#canvas").focus()
    visited = {"Japan"}
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        visited.add(page.locator("#heading").inner_text())
    assert len(visited) > 1
    assert page.locator("#live").inner_text() != ""
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "heading"
    page.keyboard.press("Escape")
    expect(page.locator("#panel h2")).to_have_text("Whom the EU works with on digital matters")


def test_everything_can_be_reached_with_tab(open_page: Open) -> None:
    page = open_page("e=country:japan")
    reached = []
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert {"search", "partner", "inferred", "canvas", "fit", "csv"} <= set(reached)
    assert any(text.startswith("Says who?") for text in reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(open_page: Open, view: str, scheme: Literal["light", "dark"]) -> None:
    page = open_page(f"view={view}&e=partnership:eu-canada-digital-partnership", scheme=scheme)
    page.get_by_text("Says who?").first.click()
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [360, 800, 1600])
def test_no_width_makes_the_page_scroll_sideways(open_page: Open, view: str, width: int) -> None:
    page = open_page(f"view={view}&e=initiative:arctic-cable", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_shapes_stand_out_from_both_backgrounds(page_file: Path) -> None:
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    backs = re.findall(r"--back: (#[0-9a-f]{6})", page_file.read_text("utf-8"))
    assert len(backs) == 2
    assert [(look.name, back) for look in looks.LOOKS for back in backs if contrast(look.color, back) < 3] == []


# ---------------------------------------------------------------- Take away


@pytest.mark.parametrize("view", VIEWS)
def test_the_view_is_saved_as_png_and_svg(open_page: Open, view: str) -> None:
    page = open_page(f"view={view}")
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").click()
    assert Path(saved.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with page.expect_download() as saved:
        page.get_by_role("button", name="SVG").click()
    svg = ElementTree.fromstring(Path(saved.value.path()).read_text("utf-8"))
    texts = {t.text for t in svg.iter("{http://www.w3.org/2000/svg}text")}
    expected = {"network": "Japan", "timeline": "31 May 2023", "matrix": "6G"}[view]
    assert expected in texts


def test_the_visible_facts_are_saved_as_csv_with_their_evidence(open_page: Open) -> None:
    page = open_page("partner=country:japan")
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig"))))
    found = [r for r in rows if r["subject"] == "EU–Japan summit 2023" and r["relation"] == "has status"]
    assert [(r["object"], r["locator"], r["speaker"], r["certainty"]) for r in found] == [
        ("to be confirmed", "¶17", "European Commission", "stated")
    ]


def test_the_link_is_shown_where_it_cannot_be_copied(open_page: Open) -> None:
    page = open_page("e=country:japan")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    page.locator("#link").click()
    expect(page.get_by_label("Link to what you see")).to_have_value(re.compile("#e=country:japan$"))


def test_it_works_in_a_frame_as_notebooks_show_it(
    watched: Callable[..., Page], built: store.Built, tmp_path: Path
) -> None:
    path = tmp_path / "notebook.html"
    frame = explorer(built)._repr_html_()
    path.write_text(f"<!doctype html><meta charset=utf-8><title>a notebook</title>{frame}", "utf-8")
    page = watched(path.as_uri())
    inside = page.frame_locator("iframe")
    inside.locator("#list button", has_text="EU–Japan Digital Partnership").click()
    expect(inside.locator("#heading")).to_have_text("EU–Japan Digital Partnership")
    inside.get_by_role("button", name="Timeline").click()
    expect(inside.locator("#timeline-view")).to_contain_text("31 May 2023")


# ---------------------------------------------------------------- What it must withstand


def test_the_page_is_small_the_same_each_time_and_allows_only_itself(page_file: Path, built: store.Built) -> None:
    page = page_file.read_text("utf-8")
    assert page_file.stat().st_size < 1_000_000
    assert render(built.store, built.manifest.counts) == page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+'; style-src 'sha256-\S+'; img-src data: blob:; "
        r"base-uri 'none'; form-action 'none'",
        policy[1],
    )


HOSTILE = (
    "<script>window.pwned = 1</script>",
    "</script><img src=x onerror=\"window.pwned = 1\">",
    "\"><svg onload=window.pwned=1>",
    "javascript:window.pwned=1",
    "a href='https://example.org' title=\"href\"",
    "{{ 7 * 7 }} {% raw %} <!-- ]]> -->",
    "\u202eright to left\u202c and עברית العربية",
    "Z\u0351\u036b\u0343\u036a\u0302a\u0335l\u0321g\u035fo\u0321 \U0001f600 \u0000\ufeff".replace("\u0000", ""),
    "w" * 190,
    "constructor",
    "__proto__",
)  # fmt: skip


def named(store: Store, kind: str, label: str, number: int = 0) -> NamedNode:
    """Add a thing of a class with a name to a store, in the default graph and that of reference data."""
    path = {"Organisation": "org"}.get(kind, kind.lower())
    thing = NamedNode(f"{BASE}{path}/thing-{number}")
    for graph in (DefaultGraph(), GRAPH_REFERENCE):
        store.add(Quad(thing, RDF_TYPE, NamedNode(EUD + kind), graph))
        store.add(Quad(thing, NamedNode(SKOS + "prefLabel"), Text(label, language="en"), graph))
    return thing


@pytest.fixture
def bare(checkout: workspace.Workspace) -> Store:
    """A store with the ontology alone."""
    graph = Store()
    assembly = assemble.read(Store(), checkout)
    for entry in assembly.having("ontology"):
        if entry.path.name not in ("topics.ttl", "statuses.ttl"):  # these have entities
            graph.load(path=str(entry.path), to_graph=GRAPH_ONTOLOGY)
    return graph


@pytest.fixture(scope="module")
def hostile_page(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page whose names and gists are hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    text = (checkout.root / "graph" / "euractiv-2023-04.trig").read_text("utf-8")
    escaped = [h.replace("\\", "\\\\").replace('"', '\\"') for h in HOSTILE]
    text = text.replace("Joint research on 6G with Japan is thought of.", escaped[1])
    text = text.replace("It would cost a great deal.", escaped[2])
    space = with_claims(checkout, folder / "workspace", text)
    names = "".join(
        f'<{BASE}country/hostile-{n:02}> a <{EUD}Country> ; <{SKOS}prefLabel> "{h}"@en ; <{SKOS}altLabel> "{h}"@en ;'
        f" <{SKOS}exactMatch> <javascript:alert({n})> , <https://example.org/?q=%22%3E%3Cscript%3E> .\n"
        for n, h in enumerate(escaped)
    )
    (space.root / "graph" / "reference" / "hostile.ttl").write_text(names, "utf-8")
    report = build.build(space, folder / "out", use_hermit=False, exports=False)
    assert not report.errors
    return write_page(store.open_built(folder / "out"), folder / "hostile.html").as_uri()


@pytest.mark.parametrize(
    "state", ["", "view=timeline", "view=matrix", "e=initiative:japan-6g-research", "e=initiative:arctic-cable"]
)
def test_hostile_words_are_only_ever_words(watched: Callable[..., Page], hostile_page: str, state: str) -> None:
    page = watched(f"{hostile_page}#{state}")
    for details in page.locator("details.evidence > summary").all():
        details.click()
    if state.startswith("e=initiative:japan"):
        expect(page.locator("blockquote").first).to_contain_text(HOSTILE[1])
    assert page.evaluate("window.pwned") is None


def test_hostile_names_are_only_ever_names(watched: Callable[..., Page], hostile_page: str) -> None:
    page = watched(f"{hostile_page}#e=country:hostile-00")
    for n, words in enumerate(HOSTILE):
        page.evaluate("state => { location.hash = state; }", f"e=country:hostile-{n:02}")
        expect(page.locator("#heading")).to_have_text(words, use_inner_text=False)
        assert page.locator("#heading").text_content() == words
        assert page.locator("#panel a").evaluate_all("links => links.map((a) => a.protocol)") == ["https:"]
        with page.expect_download():
            page.locator("#svg").click()
        assert page.evaluate("window.pwned") is None
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_an_empty_graph_says_so_in_every_view(show: Callable[..., Page]) -> None:
    for view in VIEWS:
        page = show(Store(), f"view={view}")
        expect(page.locator("#panel")).to_contain_text("This graph is empty")
        assert listed(page) == []


def test_a_graph_of_one_entity_is_shown(show: Callable[..., Page], bare: Store) -> None:
    named(bare, "Country", "Japan")
    page = show(bare, "e=country:thing-0")
    assert listed(page) == ["Japan"]
    expect(page.locator("#heading")).to_have_text("Japan")
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#live")).to_have_text("No neighbour in that direction")


def test_two_hundred_relations_between_two_entities_make_one_line_that_opens_them_all(
    show: Callable[..., Page], bare: Store
) -> None:
    one, other = named(bare, "Partnership", "one"), named(bare, "Country", "other")
    for n in range(200):
        relation = NamedNode(f"{EUD}relation{n}")
        bare.add(Quad(relation, RDF_TYPE, NamedNode(OWL + "ObjectProperty"), GRAPH_ONTOLOGY))
        bare.add(Quad(relation, NamedNode(RDFS + "label"), Text(f"relation {n}", language="en"), GRAPH_ONTOLOGY))
        bare.add(Quad(one, relation, other, GRAPH_REFERENCE))
    page = show(bare, "e=partnership:thing-0&o=country:thing-0")
    assert page.evaluate("lines.size") == 1
    assert page.locator("#panel .facts > li").count() == 200


def test_an_entity_that_is_related_to_itself_and_a_cycle_are_shown(show: Callable[..., Page], bare: Store) -> None:
    one, other = named(bare, "Organisation", "one", 1), named(bare, "Organisation", "other", 2)
    for s, o in ((one, one), (one, other), (other, one)):
        bare.add(Quad(s, NamedNode(EUD + "partOf"), o, GRAPH_REFERENCE))
    page = show(bare, "e=org:thing-1&steps=3&kinds=Organisation")
    assert sorted(listed(page)) == ["one", "other"]


def test_a_long_chain_is_explained_at_once(show: Callable[..., Page], bare: Store) -> None:
    """Of a transitive relation there are more ways than could ever be tried one by one."""
    links = [named(bare, "Organisation", f"link {n}", n) for n in range(31)]
    relation = NamedNode(EUD + "partOf")
    for one, other in pairwise(links):
        bare.add(Quad(one, relation, other, GRAPH_REFERENCE))
    ontology = from_store(bare)
    bare.extend(infer(ontology, facts(ontology, bare)))
    bare.extend([Quad(q.subject, q.predicate, q.object) for q in bare])
    page = show(bare, "e=org:thing-0&o=org:thing-30")
    began = time.monotonic()
    page.locator("#panel details").first.wait_for()
    assert page.locator("#panel .why").first.get_by_text("reference data").count() == 30
    assert time.monotonic() - began < 5


def test_focus_stays_where_the_view_is_drawn_anew(open_page: Open) -> None:
    page = open_page("view=matrix&e=country:japan")
    page.locator("#matrix-view thead").get_by_role("button", name="India", exact=True).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "India"
    page.locator("#panel").get_by_role("button", name="2 steps").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "2 steps"


def test_of_a_large_graph_the_most_important_are_drawn_and_the_others_can_be_reached(
    show: Callable[..., Page], bare: Store
) -> None:
    hub = named(bare, "Country", "hub")
    for n in range(1, 1001):
        meeting = named(bare, "Meeting", f"meeting {n}", n)
        if n % 2:
            bare.add(Quad(meeting, NamedNode(EUD + "withCountry"), hub, GRAPH_REFERENCE))
    page = show(bare)
    assert page.evaluate("drawn.length") == MAX_DRAWN
    expect(page.locator("#count")).to_contain_text("1,001 entities of 1,001 shown; the 400 most important are drawn")
    page.get_by_role("searchbox").fill("meeting 998")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("meeting 998")
    assert "meeting 998" in page.evaluate("nodes.get().map((n) => n.label)")


def test_the_page_holds_under_a_policy_that_forbids_all_that_is_not_in_the_file(
    watched: Callable[..., Page], browser: Browser, page_file: Path
) -> None:
    """A host that sends the page's own policy along, as a strict server would."""
    text = page_file.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.route("**/*", lambda r: r.fulfill(body=text, content_type="text/html; charset=utf-8",
                                           headers={"Content-Security-Policy": policy[1]}))  # fmt: skip
    page.goto("http://127.0.0.1:9/explore.html#e=country:japan")
    expect(page.locator("#heading")).to_have_text("Japan")
    context.close()
    assert wrong == []


# ---------------------------------------------------------------- The network below it


def test_the_network_keeps_labels_relations_and_evidence(built: store.Built) -> None:
    whole = everything.whole(built.store, from_store(built.store))
    japan, cable = f"{BASE}country/japan", f"{BASE}initiative/arctic-cable"
    assert whole.nodes[japan]["label"] == "Japan"
    edge = whole.edges[cable, f"{BASE}country/canada", f"{EUD}notSupportedBy"]
    assert edge == {"label": "not supported by", "inferred": False,
                    "passages": [f"{BASE}passage/euractiv-2023-04/20-support"], "certainty": "stated"}  # fmt: skip
    assert whole.edges[f"{BASE}country/india", f"{BASE}topic/standardisation", f"{EUD}cooperatesOn"]["inferred"]
    assert not [n for n in whole if n.startswith(f"{BASE}passage/")]
    assert RDF + "type" not in {key for *_, key in whole.edges(keys=True)}


def test_a_layout_is_the_same_each_time_and_keeps_entities_apart(built: store.Built) -> None:
    whole = everything.whole(built.store, from_store(built.store))
    places = algorithms.layout(whole)
    assert places == algorithms.layout(whole)
    assert set(places) == set(whole)
    assert len(set(places.values())) == len(places)
