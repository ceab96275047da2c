"""Names and days as people write them, in any language, on every surface; a guess comes with a note."""

from __future__ import annotations

import datetime
import json
import re
import shutil
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyoxigraph as ox
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from conftest import Run
from eudigraph.ask import lookup
from eudigraph.ask.library import LibraryQuery, Parameter
from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.explore import page
from eudigraph.graph import Graph
from eudigraph.model import dates, labels, workspace
from eudigraph.model.errors import UsageError
from eudigraph.model.names import BASE, EUD, RDF_TYPE, SKOS, shorten
from eudigraph.model.ontology import from_store
from eudigraph.model.text import fold, slips
from eudigraph.network.everything import whole
from eudigraph.serve.replies import Reply
from eudigraph.serve.service import Service
from eudigraph.show import dictionary

TRICKY = """
@prefix country: <https://w3id.org/eudigraph/country/> .
@prefix eud: <https://w3id.org/eudigraph/ontology#> .
@prefix euc: <http://publications.europa.eu/resource/authority/country/> .
@prefix meeting: <https://w3id.org/eudigraph/meeting/> .
@prefix official: <https://w3id.org/eudigraph/official/> .
@prefix scheme: <https://w3id.org/eudigraph/scheme/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix status: <https://w3id.org/eudigraph/status/> .
@prefix topic: <https://w3id.org/eudigraph/topic/> .

country:brazil a eud:Country ; skos:prefLabel "Brasil"@pt , "Brasil (BR)"@pt-BR , "Brazil"@en ;
    skos:altLabel "Brésil"@fr .
country:egypt a eud:Country ; skos:prefLabel "مصر"@ar .
country:germany a eud:Country ; skos:prefLabel "Deutschland"@de ; skos:altLabel "BRD"@de , "FRG" ;
    skos:hiddenLabel "deutsch"@de ; skos:notation "DE" ;
    skos:exactMatch euc:DEU , <http://www.wikidata.org/entity/Q183> .
country:greece a eud:Country ; skos:prefLabel "Ελλάδα"@el .
country:ireland a eud:Country ; skos:prefLabel "Ireland"@en , "Éire"@ga .
country:japan skos:prefLabel "Japão"@pt .
country:moldova a eud:Country ; skos:prefLabel "Republic of Moldova"@en .
country:netherlands a eud:Country ; skos:prefLabel "The Netherlands"@en ; skos:altLabel "Holland"@en .
country:nigeria a eud:Country ; skos:prefLabel "Nigeria"@en .
country:reunion a eud:Country ; skos:prefLabel "Réunion"@fr .
country:slovenia a eud:Country ; skos:prefLabel "Slovenia"@en .
country:south-sudan a eud:Country ; skos:prefLabel "South Sudan"@en .
country:ukraine a eud:Country ; skos:prefLabel "Україна"@uk .
meeting:ttc-3 a eud:Meeting ; skos:prefLabel "Working Session TTC 3"@en .
meeting:ttc-4 a eud:Meeting ; skos:prefLabel "Working Session TTC 4"@en .
meeting:round a eud:Meeting ; skos:prefLabel "Round R2023A"@en .
official:johansen a eud:Official ; skos:prefLabel "Rosa Johansen"@en .
official:jansen a eud:Official ; skos:prefLabel "Jan Jansen"@en .
official:janssen a eud:Official ; skos:prefLabel "Jan Janssen"@en .
official:obrien a eud:Official ; skos:prefLabel "Siobhán \\"Shiv\\" O'Brien"@en .
status:scheduled skos:prefLabel "prévu"@fr , "angesetzt"@de .
official:scheduled a eud:Official ; skos:prefLabel "Ms Scheduled"@en .
topic:fabs a eud:Topic ; skos:inScheme scheme:topic ; skos:prefLabel "Halbleiterwerke"@de ;
    skos:definition "Werke, die Chips herstellen."@de .
"""
"""Names in several languages and scripts, with quotation marks, and such as one slip turns into another's."""


@pytest.fixture(scope="module")
def tricky(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """The checkout's graph with tricky names beside its own."""
    root = tmp_path_factory.mktemp("names")
    for name in workspace.FOLDERS:
        shutil.copytree(checkout.root / name, root / name)
    (root / "graph" / "reference" / "tricky.ttl").write_text(TRICKY, "utf-8")
    space = workspace.open_workspace(root)
    made = build.build(space, use_hermit=False, exports=False)
    assert [str(problem) for problem in made.errors] == []
    return Graph(store.open_built(space.build_folder), space)


def found(graph: Graph, text: str, kind: str = "resource") -> tuple[str, str | None]:
    """Return the identifier of the entity that a text stands for, and the note."""
    match = lookup.find(graph.built.store, text, kind)
    return shorten(match.iri.value), match.note


def refused(graph: Graph, text: str, kind: str = "resource") -> str:
    with pytest.raises(UsageError) as caught:
        lookup.find(graph.built.store, text, kind)
    return str(caught.value)


# ---------------------------------------------------------------- Which entity a name stands for


@pytest.mark.parametrize(
    ("kind", "text", "entity"),
    [
        *(
            ("Country", text, "country:united-states")
            for text in ("US", "usa", "U.S.", "U. S. A.", "American", "America")
        ),
        *(
            ("Country", text, "country:south-korea")
            for text in ("korean", "KOREA", "KR", "republic of korea", "wd:Q884")
        ),
        *(("Country", text, "country:netherlands") for text in ("the Netherlands", "Netherlands", "holland")),
        *(
            ("Country", text, "country:germany")
            for text in ("Deutschland", "brd", "FRG", "Deutsch", "DE", "DEU", "wd:Q183")
        ),
        *(("Country", text, "country:brazil") for text in ("Brasil", "brasil br", "bresil", "Brazil")),
        *(("Country", text, "country:reunion") for text in ("Réunion", "REUNION", "Re\u0301union", "country:reunion")),
        *(("Country", text, "country:greece") for text in ("Ελλάδα", "ΕΛΛΑΔΑ")),
        *(("Country", text, "country:ukraine") for text in ("Україна", "УКРАЇНА")),
        *(("Country", text, "country:egypt") for text in ("مصر", "مِصر")),
        ("Country", "eire", "country:ireland"),
        ("Official", 'Siobhán "Shiv" O\'Brien', "official:obrien"),
        ("Official", "siobhan shiv o’brien", "official:obrien"),
        ("Official", "Jan Jansen", "official:jansen"),
        ("Official", "jan janssen", "official:janssen"),
        ("Topic", "halbleiterwerke", "topic:fabs"),
        ("resource", "Lulea", "place:lulea"),
        ("resource", "scheduled", "status:scheduled"),
        ("resource", "the briefing", "meeting:telecom-working-party-2023-04-18"),
        ("resource", f"<{BASE}passage/euractiv-2023-04/05>", "passage:euractiv-2023-04/05"),
        ("property", "cooperates on", "eud:cooperatesOn"),
        ("property", "cooperatesOn", "eud:cooperatesOn"),
        ("property", "rdf:type", "rdf:type"),
        ("property", "is a", "rdf:type"),
    ],
)
def test_what_a_thing_is_called_is_no_guess(tricky: Graph, kind: str, text: str, entity: str) -> None:
    assert found(tricky, text, kind) == (entity, None)


LULEA = "EU–US Trade and Technology Council, fourth high-level meeting"


@pytest.mark.parametrize(
    ("kind", "text", "entity", "label"),
    [
        ("Agent", "Breton", "official:thierry-breton", "Thierry Breton (official)"),
        ("Official", "kleiner thibaut", "official:thibaut-kleiner", "Thibaut Kleiner (official)"),
        ("Official", "T. Breton", "official:thierry-breton", "Thierry Breton (official)"),
        ("Agent", "Mr Breton", "official:thierry-breton", "Thierry Breton (official)"),
        ("Agent", "Commissioner Breton", "official:thierry-breton", "Thierry Breton (official)"),
        ("Official", "Minister Lee", "official:lee-jong-ho", "Lee Jong Ho (official)"),
        ("Agent", "EC", "org:european-commission", "European Commission (organisation)"),
        ("Official", "O'Brien", "official:obrien", 'Siobhán "Shiv" O\'Brien (official)'),
        ("Country", "Moldova", "country:moldova", "Republic of Moldova (country)"),
        ("Country", "Slov", "country:slovenia", "Slovenia (country)"),
        ("Country", "Укр", "country:ukraine", "Україна (country)"),
        ("Country", "Koera", "country:south-korea", "South Korea (country)"),
        ("Country", "Deutchland", "country:germany", "Deutschland (country)"),
        ("Country", "southkorea", "country:south-korea", "South Korea (country)"),
        ("Topic", "semiconducter", "topic:semiconductors", "semiconductors (topic)"),
        ("Topic", "Halbleiter", "topic:fabs", "Halbleiterwerke (topic)"),
        ("Meeting", "meeting: Luleå", "meeting:eu-us-ttc-4", f"{LULEA} (high-level meeting, summit)"),
        ("Meeting", "session ttc 3", "meeting:ttc-3", "Working Session TTC 3 (meeting)"),
        ("Meeting", "Workign Session TTC 4", "meeting:ttc-4", "Working Session TTC 4 (meeting)"),
        ("resource", "Bretton", "official:thierry-breton", "Thierry Breton (official)"),
        ("property", "cooperates", "eud:cooperatesOn", "cooperates on (property)"),
        ("property", "not suported by", "eud:notSupportedBy", "not supported by (property)"),
    ],
)
def test_a_part_of_a_name_or_a_slip_in_it_is_a_guess_with_a_note(
    tricky: Graph, kind: str, text: str, entity: str, label: str
) -> None:
    assert found(tricky, text, kind) == (entity, f'"{text}" was taken for {label}')


@pytest.mark.parametrize(
    ("kind", "text", "listed"),
    [
        (
            *("Partnership", "TTC"),
            "'TTC' may be EU–India Trade and Technology Council (trade and technology council, "
            "partnership:eu-india-ttc) or EU–US Trade and Technology Council (trade and technology council, "
            "partnership:eu-us-ttc); give the whole name, or the identifier of one",
        ),
        (
            *("Official", "jan"),
            "'jan' may be Jan Jansen (official, official:jansen) or Jan Janssen (official, official:janssen); give "
            "more of the name, or the identifier of one",
        ),
        (
            *("Meeting", "workign session ttc"),
            "'workign session ttc' may be Working Session TTC 3 (meeting, meeting:ttc-3) or Working Session TTC 4 "
            "(meeting, meeting:ttc-4); give more of the name, or the identifier of one",
        ),
    ],
)
def test_several_things_are_listed_with_their_kinds(tricky: Graph, kind: str, text: str, listed: str) -> None:
    assert refused(tricky, text, kind) == listed


def test_of_many_things_the_first_are_listed(tricky: Graph) -> None:
    message = refused(tricky, "with")
    assert message.count("(initiative, ") == lookup.MAX_CANDIDATES
    assert message.endswith(" more; give more of the name, or the identifier of one")


def test_things_go_before_what_describes_them(tricky: Graph) -> None:
    """A status is called scheduled, and so is somebody's surname; of words in common, those of the official count."""
    assert found(tricky, "schedule")[0] == "official:scheduled"
    assert found(tricky, "Commission updates")[0] == "source:euractiv-2023-04"


@pytest.mark.parametrize(
    "text", ["China", "Iran", "Niger", "Iceland", "Slovakia", "Sudan", "N", "s", "(", "7G", "North Korea"]
)
def test_a_name_of_something_else_is_not_taken_for_one_of_the_graph(tricky: Graph, text: str) -> None:
    assert refused(tricky, text, "Country") == (
        f"there is no country called {text!r} in the graph; there are: Brazil, Canada, Deutschland, India, Ireland, "
        "Japan, Nigeria, Republic of Moldova, Réunion, Singapore, Slovenia, South Korea, South Sudan, Sweden, "
        "The Netherlands, United States, Ελλάδα, Україна, مصر"
    )


@pytest.mark.parametrize("text", ["Ross", "Johnson", "Xansen", "Rosaline"])
def test_a_slip_is_small_for_its_word_and_not_in_its_first_letter(tricky: Graph, text: str) -> None:
    assert "there is no official called" in refused(tricky, text, "Official")
    assert found(tricky, "Johanson", "Official")[0] == "official:johansen"


@pytest.mark.parametrize(
    "text",
    [
        "R2023B",
        "Round R2023",
        "EU–Japan summit 202",
        "Working Session TTC 5",
        "Working Session TTC 34",
        "TTC 3 4",
        "Working Session TTC 3 x",
    ],
)
def test_no_slip_turns_one_number_into_another(tricky: Graph, text: str) -> None:
    assert "there is no meeting called" in refused(tricky, text, "Meeting")


def test_where_there_is_much_the_nearest_are_named_or_how_to_list_it(tricky: Graph) -> None:
    assert refused(tricky, "semiconductance", "Topic") == (
        "there is no topic called 'semiconductance' in the graph; did you mean semiconductors?"
    )
    assert refused(tricky, "zzzz", "Topic") == (
        "there is no topic called 'zzzz' in the graph; there are 42 topics, such as 5G, 6G, AI governance, "
        "AI regulation, AI standards; the explorer shows them all"
    )
    assert refused(tricky, "zzzz", "property").endswith("; the page of the ontology shows them all")
    assert refused(tricky, "zzzz").endswith("; the explorer shows them all")


@pytest.mark.parametrize(
    ("kind", "text", "near"),
    [
        ("Country", "Japn", "Japan"),
        ("Country", "Japan 2", "Japan"),
        ("Agent", "President Bretton-Woods", "Thierry Breton"),
        ("property", "cooperate with", "cooperates on"),
    ],
)
def test_what_is_called_nearly_so_is_proposed(tricky: Graph, kind: str, text: str, near: str) -> None:
    assert refused(tricky, text, kind).endswith(f" called {text!r} in the graph; did you mean {near}?")


COUNCILS = (
    "EU–India Trade and Technology Council (trade and technology council, partnership:eu-india-ttc) or "
    "EU–US Trade and Technology Council (trade and technology council, partnership:eu-us-ttc)"
)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("Country", "TTC", f"'TTC' is no country; it may be {COUNCILS}; give the name of a country"),
        ("Topic", "Japan", "'Japan' is no topic; it is Japan (country, country:japan); give the name of a topic"),
        (
            *("Country", "Breton"),
            "'Breton' is no country; it may be Thierry Breton (official, official:thierry-breton); give the name of a "
            "country",
        ),
        (
            *("Official", "the Commission"),
            "'the Commission' is no official; it is European Commission (organisation, org:european-commission); give "
            "the name of an official",
        ),
    ],
)
def test_what_is_of_another_kind_is_said_to_be(tricky: Graph, kind: str, text: str, said: str) -> None:
    assert refused(tricky, text, kind) == said


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("country:Japan", "Country", "country:Japan is no country of the graph; did you mean country:japan?"),
        ("country:jappan", "Country", "country:jappan is no country of the graph; did you mean country:japan?"),
        ("topic:6g", "Country", "topic:6g is no country of the graph; there are: "),
        (f"{BASE}topic/7g", "Topic", "topic:7g is no topic of the graph; there are 42 topics, such as 5G, 6G, "),
        ("<a\nb>", "Country", "there is no country called '<a\\nb>' in the graph; there are: "),
        ("country: <", "Country", "there is no country called 'country: <' in the graph; there are: "),
        ("", "Country", "no name is given; give that of one of the countries, or its identifier"),
        (" \n ", "resource", "no name is given; give that of one of the entities, or its identifier"),
        ("x" * 10_001, "Official", "is longer than any name; give that of one of the officials, or its identifier"),
        ("anything", "Nothing", "there is no nothing called 'anything' in the graph; there is none at all"),
    ],
)
def test_what_is_no_name_is_refused_in_words(tricky: Graph, text: str, kind: str, said: str) -> None:
    assert said in refused(tricky, text, kind)


# ---------------------------------------------------------------- Properties of the rules

UNHURRIED = settings(deadline=None)
TOKENS = st.sampled_from(
    [
        "thierry",
        "breton",
        "lee",
        "JONG",
        "ho",
        "the",
        "Ministry",
        "of",
        "Trade",
        "trade",
        "handel",
        "2023",
        "6G",
        "3",
        "Łódź",
    ]
)
NAMES = st.lists(TOKENS, min_size=1, max_size=4).map(" ".join) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda text: bool(text.strip()))
HOSTILE = st.sampled_from(
    ["<a b>", "a:b", "country:", "<>", "(" * 50, "\x00", "?s } #", "\udcff", "%s{0}", "..", "\u202e", "the"]
)
LANGUAGES = st.sampled_from([None, "en", "de", "el", "ja", "pt-BR"])


def graph_of(names: list[str], languages: list[str | None]) -> ox.Store:
    """Return a graph in which each name is the preferred name of a country, and of nothing else."""
    made = ox.Store()
    for number, name in enumerate(names):
        entity = ox.NamedNode(f"{BASE}country/n{number}")
        made.add(ox.Quad(entity, RDF_TYPE, ox.NamedNode(EUD + "Country")))
        language = languages[number % len(languages)]
        made.add(ox.Quad(entity, ox.NamedNode(SKOS + "prefLabel"), ox.Literal(name, language=language)))
    return made


@UNHURRIED
@given(st.lists(NAMES, min_size=1, max_size=8, unique_by=str.strip), st.lists(LANGUAGES, min_size=1, max_size=3))
def test_a_preferred_name_that_only_one_thing_has_finds_it(names: list[str], languages: list[str | None]) -> None:
    graph = graph_of(names, languages)
    for number, name in enumerate(names):
        match = lookup.find(graph, name, "Country")
        assert (match.iri.value, match.note) == (f"{BASE}country/n{number}", None)


@UNHURRIED
@given(st.lists(NAMES, min_size=1, max_size=6), NAMES | HOSTILE, st.sampled_from(["Country", "resource", "Topic"]))
def test_whatever_is_typed_is_taken_for_one_thing_or_refused_in_a_line(names: list[str], text: str, kind: str) -> None:
    """There is a note if and only if nothing is called so."""
    graph = graph_of(names, [None])
    try:
        match = lookup.find(graph, text, kind)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
        return
    number = int(match.iri.value.removeprefix(f"{BASE}country/n"))
    bare = fold(text).removeprefix("the ")
    assert match.label == names[number]
    assert (match.note is None) == (
        names[number].strip() == text.strip() or fold(names[number]).removeprefix("the ") == bare
    )


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "x " * 50_000, "\u0301" * 100_000, "a." * 50_000, "breton " * 1_400, "ü" * 9_999]
)
@pytest.mark.parametrize("kind", ["resource", "Official"])
def test_a_text_without_end_is_soon_refused(tricky: Graph, text: str, kind: str) -> None:
    began = time.monotonic()
    assert len(refused(tricky, text, kind)) < 500
    assert time.monotonic() - began < 1
    with pytest.raises(UsageError):
        dates.day(text)
    assert time.monotonic() - began < 2


def test_what_is_no_text_is_no_name() -> None:
    graph, label = graph_of(["Japan"], [None]), ox.NamedNode(SKOS + "altLabel")
    entity = ox.NamedNode(f"{BASE}country/n0")
    for value in (ox.BlankNode("b"), entity, ox.Triple(entity, label, entity), ox.Literal("")):
        graph.add(ox.Quad(entity, label, value))
        graph.add(ox.Quad(ox.BlankNode("c"), label, ox.Literal("China")))
    assert lookup.find(graph, "Jap", "resource").label == "Japan"
    with pytest.raises(UsageError, match="there is no entity called 'China' in the graph; there are: Japan"):
        lookup.find(graph, "China")


@UNHURRIED
@given(st.text(max_size=60))
@example("ℌ.I. U.S. ϔ")
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def distance(one: str, other: str) -> int:
    """Return the number of slips by their definition, slowly."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        distance(one[1:], other) + 1,
        distance(one, other[1:]) + 1,
        distance(one[1:], other[1:]) + (one[0] != other[0]),
    ]
    if one[:2] == other[:2][::-1] and len(one) > 1:
        ways.append(distance(one[2:], other[2:]) + 1)
    return min(ways)


@UNHURRIED
@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(0, 6))
def test_slips_are_counted_as_far_as_they_are_wanted(one: str, other: str, most: int) -> None:
    assert slips(one, other, most) == min(distance(one, other), most + 1)


@UNHURRIED
@given(st.text(st.characters(max_codepoint=0x24F, categories=["Lu", "Ll", "Zs", "Po"]), max_size=40))
def test_names_are_compared_without_case(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(text.lower())


# ---------------------------------------------------------------- Notes on every surface

BRETON = '"Breton" was taken for Thierry Breton (official)'
KNOWN = "known by 30 April 2023"
MAY = '"May 2023" was taken for 2023-05-31'


@pytest.fixture(scope="module")
def service(tricky: Graph) -> Service:
    return Service(tricky.built, tricky.workspace)


def asked(
    service: Service, kind: str, accept: str, given: dict[str, str] | None = None, **more: Any
) -> tuple[int, str]:
    """Return the status and the body of a reply."""
    reply = service.reply({"kind": kind, "accept": accept, "given": given or {}, **more})
    return reply.status, reply.body.decode()


def test_a_question_on_the_command_line_notes_what_it_took(command: Callable[..., Run], tricky: Graph) -> None:
    where = ("query", "--workspace", tricky.workspace.root, "meetings-of")
    whole_name, part = command(*where, "who=Thierry Breton"), command(*where, "who=Breton")
    assert (whole_name.status, whole_name.err) == (0, f"Note: {KNOWN}\n")
    assert (part.status, part.out, part.err) == (0, whole_name.out, f"Note: {BRETON}\nNote: {KNOWN}\n")
    assert "Lee Jong Ho" in part.out
    day = command("query", "--workspace", tricky.workspace.root, "meetings", "until=May 2023")
    assert (day.status, day.err) == (0, f"Note: {KNOWN}\nNote: {MAY}\n")


def test_an_explanation_on_the_command_line_notes_what_it_took(command: Callable[..., Run], tricky: Graph) -> None:
    where = ("explain", "--workspace", tricky.workspace.root)
    plain = command(*where, "India", "cooperates on", "standardisation")
    guessed = command(*where, "Inndia", "cooperates", "standardisation")
    assert (guessed.status, guessed.out) == (0, plain.out)
    assert guessed.err == (
        'Note: "Inndia" was taken for India (country)\nNote: "cooperates" was taken for cooperates on (property)\n'
    )


def test_python_warns_of_what_it_took(tricky: Graph) -> None:
    asks: list[tuple[Callable[[], Any], list[str]]] = [
        (lambda: tricky.find("Breton", "Agent"), [BRETON]),
        (lambda: tricky.query("meetings-of", who="Breton"), [BRETON]),
        (lambda: tricky.query("meetings", until="May 2023"), [MAY]),
        (lambda: tricky.evidence("Bretton", "holds post"), ['"Bretton" was taken for Thierry Breton (official)']),
        (
            lambda: tricky.explain("Inndia", "cooperates on", "standardisation"),
            ['"Inndia" was taken for India (country)'],
        ),
        (lambda: tricky.network("country-topic", known_by="May 2023"), [MAY]),
        (lambda: tricky.query("meetings-of", who="Thierry Breton"), []),
        (lambda: tricky.network("country-topic", known_by="2023-05-31"), []),
    ]
    for ask, notes in asks:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ask()
        assert [str(warning.message) for warning in caught] == notes
        assert {warning.filename for warning in caught} <= {__file__}


def test_the_api_notes_what_it_took(service: Service) -> None:
    status, body = asked(service, "question", "application/json", {"who": "Breton"}, name="meetings-of")
    said = json.loads(body)
    assert (status, said["notes"]) == (200, [BRETON, KNOWN])
    breton = {"iri": f"{BASE}official/thierry-breton", "label": "Thierry Breton"}
    assert said["parameters"] == {"who": breton, "known_by": "2023-04-30"}
    _, exact = asked(service, "question", "application/json", {"who": "Thierry Breton"}, name="meetings-of")
    assert json.loads(exact) == {**said, "notes": [KNOWN]}


@pytest.mark.parametrize("form", ["csv", "tsv", "xml"])
def test_formats_without_room_for_notes_have_the_rows_alone(service: Service, form: str) -> None:
    def ask(who: str) -> Reply:
        given = {"who": who, "format": form}
        return service.reply({"kind": "question", "name": "meetings-of", "given": given, "format": form, "accept": ""})

    part, whole_name = ask("Breton"), ask("Thierry Breton")
    assert part.body == whole_name.body
    assert json.loads(part.headers["x-eudigraph-notes"]) == [BRETON, KNOWN]
    assert json.loads(whole_name.headers["x-eudigraph-notes"]) == [KNOWN]


def test_pages_note_what_they_took_above_the_table(service: Service) -> None:
    _, page_ = asked(service, "question", "text/html", {"who": "Breton"}, name="meetings-of")
    note = page_.index("&#34;Breton&#34; was taken for Thierry Breton (official)")
    assert page_.index("<h1>") < note < page_.index("<table>")
    given = {"subject": "Inndia", "property": "cooperates on", "object": "standardisation"}
    assert "&#34;Inndia&#34; was taken for India (country)" in asked(service, "explain", "text/html", given)[1]
    told = asked(service, "explain", "text/plain", given)[1]
    assert told.startswith(
        'Note: "Inndia" was taken for India (country)\nIndia · cooperates on · standardisation. It follows:\n'
    )
    hostile = {"who": "<script>alert(1)</script> Breton"}
    assert "<script>alert" not in asked(service, "question", "text/html", hostile, name="meetings-of")[1]


def test_what_a_passage_says_goes_before_a_thing_of_that_name(tricky: Graph) -> None:
    found = tricky.evidence("EU–Japan summit 2023", value="2023-07-03?/2023-07-04?")
    assert found[["locator", "property"]].values.tolist() == [["¶17", "date"]]


def test_what_something_is_is_said_in_words(command: Callable[..., Run], tricky: Graph) -> None:
    where = ("query", "--workspace", tricky.workspace.root, "evidence", "subject=EU–Japan summit 2023")
    assert "EU–Japan summit 2023,is a,summit," in command(*where, "property=is a").out
    assert "meeting:eu-japan-summit-2023,rdf:type,eud:Summit," in command(*where, "property=rdf:type", "--ids").out


# ---------------------------------------------------------------- Where nothing is found


def test_what_is_given_nothing_is_named_with_the_way_to_omit_it(command: Callable[..., Run], tricky: Graph) -> None:
    done = command("query", "--workspace", tricky.workspace.root, "meetings", "from=")
    assert (done.status, done.out) == (2, "")
    assert done.err == "eudigraph: from is given nothing; write its value right after the sign, or omit from=\n"


def test_no_number_below_zero_is_taken(tricky: Graph) -> None:
    with pytest.raises(UsageError, match=r"^at_least is a number from 0 upwards, such as 2, not '-1'$"):
        tricky.query("shared-topics", at_least=-1)
    assert not tricky.query("shared-topics", at_least=0).empty


def test_evidence_of_what_only_others_name_says_who_they_are(command: Callable[..., Run], tricky: Graph) -> None:
    done = command("query", "--workspace", tricky.workspace.root, "evidence", "subject=US")
    assert (done.status, len(done.out.splitlines())) == (0, 1)
    known, others, empty = done.err.splitlines()
    assert (known, empty) == (f"Note: {KNOWN}", "No rows: nothing in the graph fits all that is asked.")
    assert others.startswith(
        "Note: no passage says anything of United States itself; passages name it where they speak of others: "
    )
    assert "submarine cable between Europe and Japan via the Arctic" in others


@pytest.mark.parametrize(
    "text", ["SELECT ?topic { ?country eud:cooperatesOn ?topic }", "ASK { ?country a eud:Country }"]
)
def test_a_name_that_stands_for_a_variable_as_a_mere_text_is_pointed_out(tricky: Graph, text: str) -> None:
    with pytest.warns(
        UserWarning, match="^country stands for the text 'Korea', and for no entity; give country:south-korea"
    ):
        tricky.sparql(text, country="Korea")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tricky.sparql(text, country="country:south-korea")
        tricky.sparql("SELECT ?x { ?x skos:notation ?code }", code="no name of anything")


def test_what_the_graph_does_not_say_leads_to_what_it_says(tricky: Graph) -> None:
    for parts, said in (
        (("Japan", "has party", "EU–Japan Digital Partnership"), "Japan · partner in · EU–Japan Digital Partnership"),
        (("EU–Japan summit 2023", "with country", "Canada"), "EU–Japan summit 2023 · with country · Japan"),
    ):
        with pytest.raises(UsageError) as caught:
            tricky.explain(*parts)
        assert str(caught.value) == f"the graph does not say: {' · '.join(parts)}; it says: {said}"
    with pytest.raises(UsageError, match=r"artificial intelligence; .* and [0-9]+ more$"):
        tricky.explain("India", "cooperates on", "Canada")
    with pytest.raises(UsageError, match=r"; the explorer shows all that it says of either$"):
        tricky.explain("Japan", "holds post", "Canada")


# ---------------------------------------------------------------- Languages

OWN = "SELECT ?x { VALUES ?x { country:brazil country:germany country:ireland country:reunion } }"


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        (None, ["Brazil", "Deutschland", "Ireland", "Réunion"]),
        ("pt", ["Brasil", "Deutschland", "Ireland", "Réunion"]),
        ("pt-BR", ["Brasil (BR)", "Deutschland", "Ireland", "Réunion"]),
        ("pt-PT", ["Brasil", "Deutschland", "Ireland", "Réunion"]),
        ("ga,PT", ["Brasil", "Deutschland", "Éire", "Réunion"]),
        ("ja", ["Brazil", "Deutschland", "Ireland", "Réunion"]),
    ],
)
def test_names_are_shown_in_the_languages_asked_for(
    command: Callable[..., Run], tricky: Graph, service: Service, tmp_path: Path, lang: str | None, names: list[str]
) -> None:
    (tmp_path / "own.rq").write_text(OWN, "utf-8")
    given = ("query", "--workspace", tricky.workspace.root, "--file", tmp_path / "own.rq")
    done = command(*given, *(("--lang", lang) if lang else ()))
    assert (done.status, done.out.splitlines(), done.err) == (0, ["x", *names], "")
    opened = Graph(tricky.built, tricky.workspace, lang)
    assert cast("pd.DataFrame", opened.sparql(OWN))["x"].tolist() == names
    nodes = opened.network().nodes
    iris = [f"{BASE}country/{name}" for name in ("brazil", "germany", "ireland", "reunion")]
    assert [nodes[iri]["label"] for iri in iris] == names
    assert all(f'"label":"{name}"' in opened.explorer().document for name in names)
    status, shown = asked(service, "sparql", "text/html", query=OWN, lang=lang)
    assert status == 200
    assert all(f"<bdi>{name}</bdi>" in shown for name in names)
    assert [
        asked(service, "entity", "text/html", name=f"country/{iri.rpartition('/')[2]}", lang=lang)[1].count(
            f"<h1><bdi>{name}</bdi></h1>"
        )
        for iri, name in zip(iris, names, strict=True)
    ] == [1, 1, 1, 1]


def test_the_order_of_one_question_is_not_that_of_the_next(command: Callable[..., Run], tricky: Graph) -> None:
    given = ("query", "--workspace", tricky.workspace.root, "officials", "--lang", "de")
    assert command(*given).status == 0
    assert labels.preferred() == labels.LANGUAGES


def test_names_are_found_in_languages_that_are_not_shown(service: Service) -> None:
    _, body = asked(
        service, "question", "application/json", {"country": "Brésil", "lang": "el"}, name="topics", lang="el"
    )
    assert json.loads(body)["parameters"]["country"]["label"] == "Brazil"


def test_other_names_are_shown_in_one_language_and_found_in_all(tricky: Graph) -> None:
    whole_ = whole(tricky.built.store, from_store(tricky.built.store)).nodes
    assert whole_[f"{BASE}country/germany"]["alternatives"] == ["BRD", "FRG"]
    data = json.loads(page.render(tricky.built.store, {}).partition('id="data">')[2].partition("</script>")[0])
    germany = next(entity for entity in data["entities"] if entity["id"] == "country:germany")
    assert (germany["label"], germany["also"], germany["names"]) == (
        "Deutschland",
        ["BRD", "FRG"],
        ["DE", "DEU", "deutsch"],
    )


def test_networks_and_pages_show_one_name_of_a_thing_and_its_status(tricky: Graph, service: Service) -> None:
    japan, meeting = f"{BASE}country/japan", f"{BASE}meeting/eu-us-ttc-4"
    for lang, name, status in (
        (None, "Japan", "scheduled"),
        ("pt", "Japão", "scheduled"),
        ("de", "Japan", "angesetzt"),
    ):
        opened = Graph(tricky.built, tricky.workspace, lang)
        assert opened.network("country-topic").nodes[japan]["label"] == name
        assert opened.network("organisation-engagement").nodes[meeting]["status"] == status
        assert opened.network().nodes[meeting]["status"] == status
        _, shown = asked(service, "entity", "text/html", name="country/united-states", lang=lang)
        assert f'<span class="stands">{status}, 31 May 2023</span>' in shown
    _, fabs = asked(service, "entity", "text/html", name="topic/fabs")
    assert "<p>Werke, die Chips herstellen.</p>" in fabs


def test_links_keep_the_languages_asked_for(service: Service) -> None:
    _, entity = asked(service, "entity", "text/html", name="country/india", lang="ga,pt")
    assert '<a href="/api?lang=ga,pt">' in entity
    assert 'href="/ontology?lang=ga,pt#partnerIn"' in entity
    links = re.findall(r'<a [^>]*href="(/[^"]*)"', entity)
    assert {link for link in links if "lang=ga,pt" not in link} == {
        f"/id/country/india.{form}" for form in ("ttl", "jsonld", "nt", "rdf", "n3", "trig", "nq")
    }
    _, answer = asked(service, "question", "text/html", {"who": "Breton", "lang": "ga"}, name="meetings-of", lang="ga")
    assert '<input type="hidden" name="lang" value="ga">' in answer
    assert "who=Breton&amp;evidence=true&amp;format=json&amp;lang=ga" in answer
    _, usual = asked(service, "entity", "text/html", name="country/japan")
    assert "lang=" not in usual.replace('<html lang="en">', "")


@pytest.mark.parametrize("tags", ["german", "de;fr", "", "de_AT", "../x", "de,,fr", "x" * 1000])
def test_what_is_no_tag_of_a_language_is_refused(
    command: Callable[..., Run], tricky: Graph, service: Service, tags: str
) -> None:
    done = command("query", "--workspace", tricky.workspace.root, "officials", "--lang", tags)
    assert (done.status, done.out) == (2, "")
    assert done.err.endswith(" is no tag of a language; write tags such as de,pt-BR\n")
    with pytest.raises(UsageError, match="is no tag of a language"):
        Graph(tricky.built, tricky.workspace, tags)
    status, body = asked(service, "question", "application/json", name="officials", lang=tags)
    assert (status, "is no tag of a language" in body) == ((400, True) if tags else (200, False))


TAGS = st.sampled_from(["", "en", "en-GB", "de", "de-AT", "de-CH-1996", "pt", "pt-BR", "fr", "ja", "zh-Hant", "uk"])


@UNHURRIED
@given(
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=2), TAGS), min_size=1, max_size=6),
    st.lists(TAGS.filter(bool), max_size=3),
)
def test_the_best_name_is_one_of_the_first_language_that_has_any(
    names: list[tuple[str, str]], wanted: list[str]
) -> None:
    literals = [ox.Literal(text, language=tag or None) for text, tag in names]
    with labels.preferring(labels.languages(",".join(wanted)) if wanted else labels.LANGUAGES):
        best = labels.best(literals)
        assert labels.best(reversed(literals)) == best
        tags = labels.asked_for()
        assert (labels.languages(tags) if tags else labels.LANGUAGES) == labels.preferred()
    exact = [[text for text, tag in names if tag.lower() == one.lower()] for one in wanted[:1]]
    if exact and exact[0]:
        assert best == min(exact[0])
    elif not wanted:
        english = [text for text, tag in names if tag.startswith("en")]
        assert not english or best in english


def test_terms_are_named_in_one_language_however_many_there_are(copy: workspace.Workspace) -> None:
    """The ontology's own terms, statuses and the dictionary made of them."""
    (copy.root / "ontology" / "more.ttl").write_text(
        f"""@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <{SKOS}> . @prefix eud: <{EUD}> .
        @prefix status: <{BASE}status/> . @prefix topic: <{BASE}topic/> .
        eud:Country rdfs:label "Land"@de . eud:cooperatesOn rdfs:label "arbeitet zusammen an"@de .
        status:held skos:prefLabel "abgehalten"@de . topic:6g skos:prefLabel "6G-Netze"@de ; skos:altLabel "Netze"@de .
        """,
        "utf-8",
    )
    made = build.build(copy, use_hermit=False, exports=False)
    assert [str(problem) for problem in made.errors] == []
    built = store.open_built(copy.build_folder)
    terms = from_store(built.store).terms
    assert (terms[EUD + "Country"].label, terms[EUD + "cooperatesOn"].label) == ("country", "cooperates on")
    words = dictionary.markdown(built.store, from_store(built.store))
    assert words.count("`topic:6g`") == words.count("`status:held`") == 1
    assert ("abgehalten" in words, "Netze" in words) == (False, False)
    with labels.preferring(labels.languages("de")):
        assert from_store(built.store).terms[EUD + "Country"].label == "Land"
        german = dictionary.markdown(built.store, from_store(built.store))
        assert "| **6G-Netze** `topic:6g` | Netze | " in german
    found = lookup.find(built.store, "arbeitet zusammen", "property")
    assert found == lookup.Match(
        ox.NamedNode(EUD + "cooperatesOn"),
        "cooperates on",
        "property",
        '"arbeitet zusammen" was taken for cooperates on (property)',
    )


# ---------------------------------------------------------------- Days


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        *(
            (text, "2023-04-18", "2023-04-18")
            for text in ("2023-04-18", "18 April 2023", "April 18, 2023", "18 Apr 2023")
        ),
        *(
            (text, "2023-04-18", "2023-04-18")
            for text in ("the 18th of April, 2023", "18-Apr-2023", "2023/4/18", "18. APRIL 2023")
        ),
        *((text, "2023-05-01", "2023-05-31") for text in ("May 2023", "2023-05", "2023-05?", "may 2023", "2023-05-XX")),
        *((text, "2023-05-15", "2023-05-16") for text in ("2023-05-15/2023-05-16", "15–16 May 2023", "15-16 May 2023")),
        *((text, "2023-05-15", "2023-05-16") for text in ("May 15 to 16, 2023", "2023-05-15 – 2023-05-16")),
        ("30 June–2 July 2023", "2023-06-30", "2023-07-02"),
        ("December 2022–February 2023", "2022-12-01", "2023-02-28"),
        ("2023", "2023-01-01", "2023-12-31"),
        ("2022–2023", "2022-01-01", "2023-12-31"),
        ("spring 2023", "2023-03-01", "2023-05-31"),
        ("Fall 2023", "2023-09-01", "2023-11-30"),
        ("1 May 2023 (uncertain)", "2023-05-01", "2023-05-01"),
    ],
)
def test_days_are_read_as_people_write_them(text: str, first: str, last: str) -> None:
    note = None if first == last else f'"{text}" was taken for '
    wanted = [(datetime.date.fromisoformat(day), note and note + day) for day in (first, last)]
    assert [(given.day, given.note) for given in (dates.day(text, end=end) for end in (False, True))] == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("03.07.2023", "may be 3 July 2023 or 7 March 2023; write it as 2023-07-03 or 2023-03-07"),
        ("7/3/2023", "may be 7 March 2023 or 3 July 2023; write it as 2023-03-07 or 2023-07-03"),
        ("18.04.2023", "may be read in another way elsewhere; write it as 2023-04-18"),
        ("7-3-23", "is read in different ways; write it with the whole year, such as 2023-04-18"),
        *(
            (text, "depends on when it is read; write the day itself, such as 2023-04-18")
            for text in ("today", "Tomorrow")
        ),
        *((text, "may be of either of two years; write its months, such as ") for text in ("winter 2023", "2023-24")),
        *((text, "has no last day; write a day, such as 2023-04-18") for text in ("2023-05/..", "5 May 2023–…")),
        *(
            (text, "is no day; write it as YYYY-MM-DD, such as 2023-04-18")
            for text in ("May", "May May 2023", "2 spring 2023")
        ),
        *(
            (text, "is no day; write it as YYYY-MM-DD, such as 2023-04-18")
            for text in ("2023-05/2023-04", "2023-04-18T09:00")
        ),
        *(
            (text, "does not exist: February 2023 has 28 days; give another day")
            for text in ("31 February 2023", "2023-02-31")
        ),
        ("1 May–31 June 2023", "does not exist: June 2023 has 30 days; give another day"),
        ("2023-13-01", "does not exist: a year has no month 13; give another day"),
    ],
)
def test_days_that_may_be_others_are_refused_with_the_way_to_write_them(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        dates.day(text)
    assert str(caught.value).startswith(f"{text!r} {said}")


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_no_day_at_all_is_said_to_be_none(text: str) -> None:
    with pytest.raises(
        UsageError, match=r"^no day is given; write one, such as 2023-04-18, 18 April 2023 or May 2023$"
    ):
        dates.day(text)


DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)).map(str)
PARTS = (
    DAYS
    | DAYS.map(lambda day: day[:7])
    | DAYS.map(lambda day: day[:4])
    | st.sampled_from(["2023-21", "1999-22", "2050-23"])
)


@UNHURRIED
@given(PARTS, PARTS, st.sampled_from(["", "?", "~"]), st.booleans())
def test_what_people_read_of_a_date_they_can_type(one: str, other: str, doubt: str, both: bool) -> None:
    """Every date that the pages show in words is read as the same days, but for winters."""
    edtf = f"{one}{doubt}/{other}{doubt}" if both else f"{one}{doubt}"
    try:
        wanted = dates.bounds(edtf)
    except ValueError:
        assume(False)
    assert tuple(dates.day(dates.readable(edtf), end=end).day for end in (False, True)) == wanted
    assert tuple(dates.day(edtf, end=end).day for end in (False, True)) == wanted


WORDS = st.sampled_from(
    ["May", "april", "2023", "18", "3rd", "–", "to", "-", "/", "..", "…", "?", ",", "spring", "the", "(", "X"]
)


@UNHURRIED
@given(st.lists(WORDS, max_size=7).map(" ".join) | st.text(max_size=30), st.booleans())
def test_whatever_is_typed_is_a_day_or_refused_in_a_line(text: str, end: bool) -> None:
    try:
        given = dates.day(text, end=end)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert (given.note is None) == (dates.day(text, end=not end).day == given.day)


def test_a_month_ends_a_time_with_its_last_day_and_begins_one_with_its_first(
    command: Callable[..., Run], tricky: Graph
) -> None:
    day, month = (
        command("analyse", "--workspace", tricky.workspace.root, "degree", "--format", "csv", "--known-by", by)
        for by in ("2023-05-31", "May 2023")
    )
    assert (month.status, month.out, day.err, month.err) == (0, day.out, "", f"Note: {MAY}\n")
    query = LibraryQuery(
        *("q", 1, "t", "q", "g", "SELECT ?x { VALUES ?since { UNDEF } VALUES ?until { UNDEF } }", {}, ()),
        {name: Parameter(name, "date", "a day") for name in ("since", "until")},
    )
    values, notes = lookup.resolve(tricky.built.store, query, {"since": "2023", "until": "2023"})
    assert [value.value for value in values.values()] == ["2023-01-01", "2023-12-31"]
    assert notes == ['"2023" was taken for 2023-01-01', '"2023" was taken for 2023-12-31']
