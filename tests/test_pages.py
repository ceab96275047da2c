"""The server's pages in a real browser: they can be used, read and found fault with, and ask nobody else anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browsing import IN_BROWSER
from eudigraph.engine import store
from serving import COUNTRIES, Client, serving

pytestmark = IN_BROWSER
PATHS = [
    "id/country/japan",
    "id/meeting/eu-japan-summit-2023",
    "id/partnership/eu-canada-digital-partnership",
    "id/passage/euractiv-2023-04/05",
    "id/situation/meeting/eu-us-ttc-4/2023-04-30",
    "id/tie/country/japan/topic/6g/2023-04-30",
    "api",
    "api/queries/topics?country=Japan",
    "api/queries/meetings-of",
    "sparql",
    f"sparql?query={quote(COUNTRIES)}",
    "ontology",
    "explain?subject=India&property=cooperates+on&object=standardisation",
]
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def server(built: store.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(built.folder, tmp_path_factory.mktemp("log") / "access.jsonl", "--workers", 2) as client:
        yield client


@pytest.fixture
def visit(watched: Visit, server: Client) -> Visit:
    """Open a page of the server."""
    top = f"http://127.0.0.1:{server.port}/"
    return lambda path, **options: watched(top + path, asks=top, **options)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, path: str, scheme: Literal["light", "dark"]) -> None:
    page = visit(path, scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


@pytest.mark.parametrize("path", PATHS)
def test_no_page_scrolls_sideways_on_a_phone(visit: Visit, path: str) -> None:
    page = visit(path, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_from_a_question_to_its_evidence_in_one_click(visit: Visit) -> None:
    page = visit("api")
    page.locator("form[action='/api/queries/topics'] input[name=country]").fill("Japan")
    page.locator("form[action='/api/queries/topics'] button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Topics of partners")
    page.get_by_role("row", name="Arctic connectivity").get_by_role("link", name="passage").first.click()
    expect(page.locator("li:target")).to_be_in_viewport()
    page.locator("li:target a").click()
    expect(page.get_by_role("heading", name="What the passage says")).to_be_visible()


def test_from_an_entity_to_its_neighbours_and_reasons(visit: Visit) -> None:
    page = visit("id/country/japan")
    page.get_by_role("link", name="EU–Japan summit 2023", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("EU–Japan summit 2023")
    page.go_back()
    page.get_by_role("link", name="Why does research partnership on 6G with Japan follow?").first.click()
    expect(page.get_by_text("It follows")).to_be_visible()
    page.locator(".reason .note").first.click()
    expect(page.locator("li:target")).to_be_in_viewport()


def test_an_engagement_says_how_it_stands_and_leads_to_the_passages_in_one_click(visit: Visit) -> None:
    page = visit("id/partnership/eu-canada-digital-partnership")
    stands = page.locator("section", has=page.get_by_role("heading", name="How it stands, known by 30 April 2023"))
    expect(stands).to_contain_text("wanted disputed")
    expect(stands).to_contain_text("passages disagree on the status")
    stands.get_by_role("link", name="passage").first.click()
    expect(page.locator("li:target")).to_be_in_viewport()


def test_a_country_has_its_topics_by_stage_with_their_passages(visit: Visit) -> None:
    page = visit("id/country/japan")
    topics = page.locator("section", has=page.get_by_role("heading", name="Topics, by stage, known by 30 April 2023"))
    assert topics.locator("dt").all_inner_texts() == ["negotiated", "planned", "wanted", "mentioned"]
    expect(topics).to_contain_text("semiconductors priority; through semiconductor research with Japan")
    topics.get_by_role("link", name="passage").first.click()
    expect(page.locator("li:target")).to_be_in_viewport()


def test_what_the_build_derived_has_a_page_and_leads_to_what_it_is_about(visit: Visit) -> None:
    page = visit("id/situation/meeting/eu-us-ttc-4/2023-04-30")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "situation of EU–US Trade and Technology Council, fourth high-level meeting, known from 30 April 2023"
    )
    page.get_by_role("link", name="EU–US Trade and Technology Council, fourth high-level meeting").first.click()
    expect(page.get_by_role("heading", name="How it stands")).to_be_visible()
    expect(page.get_by_role("heading", name="What refers to it")).not_to_be_visible()


def test_a_query_is_written_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("sparql")
    editor = page.locator("#query")
    editor.fill("SELECT ?x { ?x a eud:Partnersh")
    editor.press("End")
    editor.press("Control+ ")
    expect(page.locator("#terms")).to_be_hidden()  # there is only one such term, and it is taken
    assert editor.input_value().endswith("eud:Partnership")
    editor.fill("SELECT ?x { ?x a eud:Meet")
    editor.press("Control+ ")
    expect(page.locator("#terms")).to_be_visible()
    editor.press("ArrowDown")
    editor.press("ArrowUp")
    editor.press("Enter")
    expect(page.locator("#terms")).to_be_hidden()
    assert "eud:Meet" in editor.input_value()
    editor.fill(COUNTRIES)
    editor.press("Control+Enter")
    expect(page.get_by_role("heading", name="Answer")).to_be_visible()
    expect(page.get_by_role("link", name="Japan")).to_be_visible()
    # The address says what was asked, and can be passed on.
    assert "query=SELECT" in page.url


def test_the_place_of_an_error_is_marked(server: Client, visit: Visit) -> None:
    page = visit("sparql")
    text = "SELECT *\n{ ?x nope:y ?z }"
    # A wrong query is answered with 400, which the browser reports as an error of its own: so it is set here.
    wrong = server.query(text, "text/html").text
    page.route("**/sparql?*", lambda route: route.fulfill(status=200, content_type="text/html", body=wrong))
    page.locator("#query").fill(text)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("nope")
    place = page.evaluate("[document.querySelector('#query').selectionStart, document.activeElement.id]")
    assert place[1] == "query"
    assert text[: place[0]].count("\n") == 1


def test_the_library_is_at_hand_in_the_editor(visit: Visit) -> None:
    page = visit("sparql")
    page.get_by_role("link", name="Topics of partners").click()
    assert re.search(r"SELECT .*\?country .*\?topic", page.locator("#query").input_value())
    expect(page.get_by_role("heading", name="Answer")).to_be_visible()


def test_the_pages_work_without_their_script(visit: Visit) -> None:
    page = visit("sparql", java_script_enabled=False)
    page.locator("#query").fill(COUNTRIES)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("link", name="Japan")).to_be_visible()
