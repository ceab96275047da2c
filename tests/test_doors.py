"""Whatever is given is read, or named as not read; and foreign data reaches nothing and runs nothing."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse, serialize

from conftest import ROOT, Run, needs_hermit, with_claims
from eudigraph.build import build, consistency, verify
from eudigraph.engine import store
from eudigraph.model import errors, workspace
from eudigraph.model.names import EUD, GRAPH_ONTOLOGY, OWL, PREFIXES
from eudigraph.sources import files, texts
from eudigraph.sources.documents import Unreadable
from eudigraph.sources.files import in_graph
from serving import serving
from test_withstand import GOOD, Make

COUNTRY = b"<https://w3id.org/eudigraph/country/wakanda> a <https://w3id.org/eudigraph/ontology#Country> .\n"
CLAIMS = 3
AGAIN = "whoever runs the server should build again"


def in_syntax(text: str, name: str) -> bytes:
    """Return TriG in another syntax."""
    quads = list(parse(text, RdfFormat.TRIG))
    form = {".nq": RdfFormat.N_QUADS, ".jsonld": RdfFormat.JSON_LD, ".trig": RdfFormat.TRIG}[name]
    return serialize(quads, format=form) or b""


def accounts(report: build.Report) -> dict[str, tuple[str, int | None]]:
    """Return, by file, as what it was read (or why not) and how many claims it has."""
    return {account.file: (account.read_as or account.why, account.claims) for account in report.files}


def check(space: workspace.Workspace, *given: Path) -> build.Report:
    return build.check(space, given, use_hermit=False)


# ---------------------------------------------------------------- Whatever is given is read


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("test.trig", GOOD.encode()),
        ("TEST.TRIG", GOOD.encode()),
        ("test.nq", in_syntax(GOOD, ".nq")),
        ("test.NQuads", in_syntax(GOOD, ".nq")),
        ("test.jsonld", in_syntax(GOOD, ".jsonld")),
        ("test.trig.gz", gzip.compress(GOOD.encode())),
        ("test.nq.GZ", gzip.compress(in_syntax(GOOD, ".nq"))),
        ("2023/april/test.trig", GOOD.encode()),
        ("test", GOOD.encode()),
        ("test.txt", in_syntax(GOOD, ".nq")),
        ("test.json", in_syntax(GOOD, ".jsonld")),
        ("test.txt.gz", gzip.compress(b"\xef\xbb\xbf" + GOOD.encode())),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_claims_are_read_in_any_syntax_under_any_name(
    small: Make, without_shapes: None, name: str, content: bytes
) -> None:
    space = small(GOOD)
    (space.root / "graph" / "test.trig").unlink()
    path = space.root / "graph" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    report = check(space)
    assert not report.errors
    assert report.counts["claims"] == CLAIMS
    assert accounts(report)[f"graph/{name}"] == ("claims", CLAIMS)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.nt", RdfFormat.N_TRIPLES),
        ("b.RDF", RdfFormat.RDF_XML),
        ("c/d.owl", RdfFormat.RDF_XML),
        ("e", RdfFormat.TURTLE),
    ],
)
def test_reference_data_is_read_in_any_syntax(small: Make, without_shapes: None, name: str, form: RdfFormat) -> None:
    space = small(GOOD)
    path = space.root / "graph" / "reference" / "countries.ttl"
    quads = list(parse(path.read_bytes(), RdfFormat.TURTLE))
    path.unlink()
    path = path.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(serialize(quads, format=form, prefixes=PREFIXES) or b"")
    report = check(space)
    assert not report.errors
    assert accounts(report)[f"graph/reference/{name}"] == ("reference", 0)


@pytest.mark.parametrize("ending", ["nq", "TRIG", "nt", "ttl", "jsonld", "rdf", "N3", "trig.gz"])
def test_junk_is_an_error_with_its_line(small: Make, command: Callable[..., Run], tmp_path: Path, ending: str) -> None:
    space = small(GOOD)
    path = tmp_path / f"junk.{ending}"
    content = b"\nx {{{"
    path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    done = command("check", "--no-hermit", "--workspace", space.root, path)
    assert done.status == 1
    assert done.out.startswith(f"{path}:2: error: is no valid ")
    assert done.out.endswith("\n1 error, 0 warnings.\n")


def test_what_is_no_rdf_is_an_error_if_it_is_named(small: Make, tmp_path: Path) -> None:
    space = small(GOOD)
    (tmp_path / "junk.txt").write_text("x {{{", "utf-8")
    (tmp_path / "claims.trig.bz2").write_bytes(bz2.compress(GOOD.encode()))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "junk.txt").write_text("x {{{", "utf-8")
    (folder / "bad.nq").write_text("x {{{", "utf-8")
    given = [tmp_path / name for name in ("junk.txt", "missing.trig", "missing", "claims.trig.bz2")]
    report = check(space, *given, folder)
    assert {(Path(p.file or "").name, p.what) for p in report.problems} == {
        ("junk.txt", "is not read: it is no RDF by its name or its content"),
        ("missing.trig", "cannot be read: No such file or directory"),
        ("missing", "is not read: it cannot be read: No such file or directory"),
        ("claims.trig.bz2", "is not read: it is packed in a way that is not read"),
        ("bad.nq", "is no valid N-Quads: The subject of a triple must be an IRI or a blank node"),
    }
    assert accounts(report)[str(folder / "junk.txt")] == ("it is no RDF by its name or its content", None)


def test_every_file_of_a_workspace_is_accounted_for(small: Make, command: Callable[..., Run]) -> None:
    space = small(GOOD)
    graph = space.root / "graph"
    for name in ("README.md", "notes.txt", ".hidden.trig", "test.trig~", "test.trig.orig", "table.csv"):
        (graph / name).write_text(GOOD if "trig" in name else "Notes.", "utf-8")
    with zipfile.ZipFile(graph / "photos.zip", "w") as file:
        file.writestr("a", "b")
    (graph / "deep" / "er").mkdir(parents=True)
    (graph / "deep" / "er" / "empty.trig").touch()
    (space.root / "queries" / "topics.toml").rename(space.root / "queries" / "Topics.TOML")
    there = {path.relative_to(space.root).as_posix() for path in space.root.rglob("*") if path.is_file()}
    done = command("check", "--no-hermit", "--workspace", space.root, "--files", "--json")
    assert done.status == 0
    said = {account["file"]: account for account in json.loads(done.out)["files"]}
    assert set(said) == there
    assert {
        name: said[f"graph/{name}"]["why"] for name in ("notes.txt", "test.trig~", "photos.zip", "deep/er/empty.trig")
    } == {
        "notes.txt": "it is no RDF by its name or its content",
        "test.trig~": "it is hidden, or a backup",
        "photos.zip": "it is packed in a way that is not read",
        "deep/er/empty.trig": "",
    }
    printed = command("check", "--no-hermit", "--workspace", space.root).out
    terms = len([*(space.root / "ontology").glob("*.ttl")]) - 1
    assert f": {terms} of the ontology, 1 of shapes, 2 of claims (3), 6 of reference data, " in printed
    assert "queries/topics.rq: warning: has no topics.toml beside it; write one with columns, " in printed
    assert "Not read: graph/notes.txt (it is no RDF by its name or its content)\n" in printed


def test_a_link_that_leads_out_of_the_workspace_is_not_followed(small: Make, tmp_path: Path) -> None:
    space = small(GOOD)
    (tmp_path / "secret.trig").write_text("secret of mine", "utf-8")
    (tmp_path / "folder").mkdir()
    (space.root / "graph" / "a.trig").symlink_to(tmp_path / "secret.trig")
    (space.root / "graph" / "b").symlink_to(tmp_path / "folder")
    report = check(space)
    assert [(p.file, p.what) for p in report.errors] == [
        (f"graph/{name}", "is not read: it is a link that leads out of the folder") for name in ("a.trig", "b")
    ]
    assert not any("secret" in str(problem) for problem in report.problems)


def test_a_file_is_read_once_under_whatever_names(small: Make, without_shapes: None) -> None:
    space = small(GOOD)
    graph = space.root / "graph"
    (graph / "x.trig").hardlink_to(graph / "test.trig")
    (graph / "y.trig").symlink_to("test.trig")
    report = check(space)
    assert report.counts["claims"] == CLAIMS
    assert (
        accounts(report)["graph/x.trig"]
        == accounts(report)["graph/y.trig"]
        == ("it is the same file as test.trig", None)
    )
    (graph / "y.trig").unlink()
    (graph / "x.trig").rename(space.root / "x.trig")
    report = check(space, space.root / "x.trig", space.root / "graph" / ".." / "x.trig")
    assert sum(claims or 0 for _, claims in accounts(report).values()) == CLAIMS


def test_a_file_of_the_workspace_is_read_once_and_reported_under_whatever_name(
    small: Make, tmp_path: Path, without_shapes: None
) -> None:
    space = small(GOOD + "p:01 { meeting:eu-us-ttc-4 eud:agenda topic:nowhere }")
    own, other = space.root / "graph" / "test.trig", tmp_path / "other" / "out.trig"
    other.parent.mkdir()
    other.hardlink_to(own)
    for given in (other, other.parent):
        report = check(space, given)
        assert accounts(report) == {"graph/test.trig": ("claims", CLAIMS + 1)}
        assert [(problem.file, problem.what) for problem in report.errors] == [
            ("graph/test.trig", "topic:nowhere is described nowhere")
        ]


@pytest.mark.slow
def test_a_shape_about_a_value_reports_the_line_that_has_the_value(small: Make) -> None:
    space = small(GOOD)
    with (space.root / "ontology" / "shapes.ttl").open("a", encoding="utf-8") as file:
        file.write(f"""
            [] a <{SH}NodeShape> ; <{SH}targetObjectsOf> <{EUD}gist> ; <{SH}minLength> 100 ;
                <{SH}message> "is too short. Write more." .
        """)
    (problem,) = check(space).errors
    line = next(n for n, text in enumerate(GOOD.splitlines(), 1) if "eud:gist" in text)
    assert (problem.file, problem.line) == ("graph/test.trig", line)
    assert (problem.what, problem.mend) == ("the value 'What it says.': is too short", "write more")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(small: Make) -> None:
    space = small(GOOD)
    folder = space.root / "graph" / "more"
    folder.mkdir(mode=0)
    try:
        assert [problem.file for problem in check(space).errors] == ["graph/more"]
    finally:
        folder.chmod(0o700)


def test_blank_nodes_of_two_files_of_the_ontology_keep_apart(small: Make, without_shapes: None) -> None:
    space = small(GOOD)
    for name, classes in (("a", "eud:Country eud:Topic"), ("b", "eud:Meeting eud:Country")):
        text = (
            f"@prefix eud: <{EUD}> . @prefix owl: <{OWL}> .\n_:l a owl:AllDisjointClasses ; owl:members ( {classes} ) ."
        )
        nt = serialize(parse(text, RdfFormat.TURTLE), format=RdfFormat.N_TRIPLES) or b""
        names = dict.fromkeys(re.findall(rb"_:\w+", nt))
        for number, given in enumerate(names):
            nt = nt.replace(given, b"_:n%d" % number)
        (space.root / "ontology" / f"{name}.nt").write_bytes(nt)
    pairs = [sorted(name.rpartition("#")[2] for name in group) for group in check(space).ontology.disjoint]
    assert {("Country", "Topic"), ("Country", "Meeting")} <= {tuple(pair) for pair in pairs if len(pair) == 2}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_build_does_not_wait_for_a_pipe(small: Make) -> None:
    space = small(GOOD)
    os.mkfifo(space.root / "graph" / "x.trig")
    assert [problem.what for problem in build.build(space, use_hermit=False).errors] == ["is no file with text in it"]
    with pytest.raises(errors.DataError, match="is no file with text in it"):
        texts.locate(space.root / "graph" / "x.trig", "a phrase")


def test_a_build_among_the_data_is_refused(small: Make) -> None:
    space = small(GOOD)
    with pytest.raises(errors.StoreError, match="lies among the data that is read; choose another folder with --out"):
        build.build(space, space.root / "graph" / "build")


def test_a_link_within_the_workspace_is_read(small: Make, without_shapes: None) -> None:
    space = small(GOOD)
    path = space.root / "graph" / "test.trig"
    path.rename(path.with_name("test.data"))
    path.symlink_to("test.data")
    report = check(space)
    assert report.counts["claims"] == CLAIMS
    assert accounts(report)["graph/test.data"] == ("claims", CLAIMS)


RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://a.example/"'
ITEM = '<rdf:Description rdf:about="http://a.example/x"><a:p>&amp;{}</a:p></rdf:Description>'
EXPLAINED = "which no context explains"
ELSEWHERE = "has a context that lies elsewhere"
DEEP = "within each other, more than 100 deep"
LONG = f"http://a.example/{'x' * 300}/"
BASE_IN_STEPS = "@base <http://a.example/> .\n" + "".join(f"@base <{'x' * 100}{n}/> .\n" for n in range(8))


def test_a_packed_file_holds_no_more_than_such_files_do(tmp_path: Path) -> None:
    """Names that are short in the file, and long in memory, each with each."""
    names = [f"a:{number:x}" for number in range(400)]
    text = f"@prefix a: <http://a.example/{'x' * 180}> .\n" + "".join(
        f"{one} a:p {', '.join(names)} .\n" for one in names
    )
    packed, plain = tmp_path / "a.ttl.gz", tmp_path / "a.ttl"
    packed.write_bytes(gzip.compress(text.encode()))
    plain.write_text(text, "utf-8")
    most = 100 * packed.stat().st_size + 16 * 1024**2
    for read in (files.pieces, files.statements):
        with pytest.raises(Unreadable, match=f"^holds statements of more than {most:,} characters, far more than "):
            list(read(packed))
    assert sum(map(len, files.pieces(plain))) == 160_000
    packed.write_bytes(gzip.compress(text.encode()[: len(text) // 10].rpartition(b"\n")[0]))
    assert sum(map(len, files.pieces(packed))) in range(10_000, 20_000)


IN_FULL = "write the IRI in full (https://…), or add an xml:base"
WITHIN = "write properties within things, and one thing or text within a property"
WITH_PREFIX = "give names a prefix that xmlns: declares, such as rdf:about"
THING = '<rdf:Description rdf:about="http://a.example/x">'


@pytest.mark.parametrize(
    ("lines", "line", "mend"),
    [
        (['<rdf:Description rdf:about="x">', "<a:p>v</a:p>", "</rdf:Description>"], 2, IN_FULL),
        ([THING, '<a:p rdf:datatype="integer">1</a:p>', "</rdf:Description>"], 3, IN_FULL),
        ([THING, "<a:p>v</a:p>", "<a:p>v<a:C/></a:p>", "</rdf:Description>"], 4, WITHIN),
        ([THING, "<a:p>v</a:p> and so on", "</rdf:Description>"], 4, WITHIN),  # a text ends where the next begins
        ([THING, "<p>v</p>", "</rdf:Description>"], 3, WITH_PREFIX),
        (
            [THING, '<a:p xml:lang="no language">v</a:p>', "</rdf:Description>"],
            3,
            "write the tag of a language, such as en",
        ),
        (
            [THING, "<b:p>v</b:p>", "</rdf:Description>"],
            3,
            "declare the prefix at the top of the file (xmlns:), or correct its name",
        ),
        ([THING, "<a:p>&b;</a:p>", "</rdf:Description>"], 3, "declare the entity, or write the character itself"),
        (['<rdf:Description rdf:nodeID="1 2"/>'], 2, "correct the line"),
    ],
)
def test_rdf_xml_that_says_nothing_is_refused_with_its_line(
    tmp_path: Path, lines: list[str], line: int, mend: str
) -> None:
    path = tmp_path / "a.rdf"
    path.write_text("\n".join([f"<rdf:RDF {RDF}>", *lines, "</rdf:RDF>"]), "utf-8")
    for read in (files.pieces, files.statements):
        with pytest.raises(Unreadable, match="is no valid RDF/XML: ") as raised:
            list(read(path))
        assert (raised.value.line, raised.value.mend) == (line, mend)


@pytest.mark.parametrize(
    ("name", "text", "said", "line"),
    [
        ("a.jsonld", '{"@context": "http://127.0.0.1:9/c",\n "@id": "a:b"}', ELSEWHERE, None),
        (
            "a.jsonld",
            '[{"@context": [{"@import": "http://127.0.0.1:9/c"}]}]',
            "has a context that lies elsewhere",
            None,
        ),
        (
            "a.jsonld",
            '{"@context": {},\n "@id": "a:b",\n "name": "x"}',
            f"has the term name, {EXPLAINED}",
            3,
        ),
        ("a.jsonld", '{"@id": "a:b",\n "@type": "Thing"}', f"has the term Thing, {EXPLAINED}", 2),
        ("a.jsonld", '{"@id": "b",\n "a:c": 1}', "has the relative IRI b", 1),
        ("a.jsonld", '{"@id": "a:b",\n "a:c": {"@id": "../d"}}', "has the relative IRI d", None),
        ("a.jsonld", '{"a:b":' * 30_000 + "1" + "}" * 30_000, f"has objects {DEEP}", 1),
        ("a.jsonld", "[" * 100_000, f"has objects {DEEP}", 1),
        ("a.jsonld", '{"@id": "a:b",\n "a:c": \n}', "is no valid JSON-LD: Expecting value", 3),
        ("a.jsonld", '{"@id": "a:b c",\n "a:p": 1}', "a:b c is no IRI", 1),
        ("a.jsonld", '{"@id": "a:b",\n "a:p": {"@id": "a:<c"}}', "a:<c is no IRI", 2),
        (
            "a.jsonld",
            '{"@context": {"p": {"@id": "a:p", "@type": "@id"}},\n"@id": "a:b", "p": "a:c d"}',
            "a:c d is no IRI",
            2,
        ),
        ("a.jsonld", '{"@id": "a:b",\n "a:p q": 1}', "a:p q is no property", 2),
        ("a.jsonld", '{"@id": "a:b",\n "_:p": 1}', "_:p is no property", 2),
        ("a.jsonld", '{"@context": [null], "@id": "a:b"}', "a context is no object", None),
        (
            "a.jsonld",
            '{"@context": {},\n"@id": "a:b", "a:p": {"@context": {"q": null}, "q": 1}}',
            "@context is not read",
            1,
        ),
        ("a.jsonld", '{"@context": {"p": {"@id": "a:p", "@context": {}}}, "@id": "a:b"}', "p is defined in a way", 1),
        ("a.jsonld", '{"@context": {"p": null},\n "@id": "a:b", "p": 1}', "p is defined in a way that is not read", 1),
        (
            "a.jsonld",
            '{"@context": {"p": {"@id": "a:p", "@container": "@language"}}, "@id": "a:b"}',
            "p is defined in",
            1,
        ),
        (
            "a.jsonld",
            '{"@id": "a:b", "a:p":\n {"@value": "x", "@language": "en_GB"}}',
            "en_GB is no tag of a language",
            2,
        ),
        ("a.jsonld", '{"@context": {"@language": "en_GB"}, "@id": "a:b"}', "@language has no tag of a language", 1),
        ("a.jsonld", '{"@id": "a:b",\n "a:p": 1, "a:p": 2}', "has the key a:p twice in one object", 2),
        ("a.jsonld", '[[{"@id": "a:b", "a:p": 1}]]', "has a list within a list", None),
        ("a.jsonld", '[{"@id": "a:b", "a:p": 1}, "x"]', "has something else than an object at the top", None),
        ("a.jsonld", '{"@id": "a:b", "@annotation": {"a:p": 1}}', "@annotation is not read", 1),
        ("a.jsonld", '{"@id": "a:b", "@foo": {"a:p": 1}}', "@foo is not read", 1),
        (
            "a.jsonld",
            json.dumps({"@context": {f"a{n}": f"a{n - 1}:b" for n in range(9000, 0, -1)}, "@id": "a:b"}),
            "a context is no object of up to 1,000 terms",
            None,
        ),
        (
            "a.rdf",
            f'<rdf:RDF {RDF}>\n<a:X rdf:about="http://a/x"><a:p rdf:parseType="Statement">x</a:p></a:X></rdf:RDF>',
            "has rdf:parseType Statement",
            2,
        ),
        (
            "a.rdf",
            f'<!DOCTYPE x [<!ATTLIST a:X rdf:about CDATA "http://a/x">]><rdf:RDF {RDF}/>',
            "declares attributes of a:X",
            1,
        ),
        (
            "a.rdf",
            f'<!DOCTYPE x [<!ENTITY e "1">\n<!ENTITY e "2">]><rdf:RDF {RDF}/>',
            "declares an entity twice, or in a comment",
            None,
        ),
        (
            "a.rdf",
            f'<!DOCTYPE x [<!ENTITY e "{"x" * 100}">]><rdf:RDF {RDF}>{ITEM.format("&e;" * 200_000)}</rdf:RDF>',
            "has a text or a name of more than 16 MB",
            1,
        ),
        ("a.rdf", f"<rdf:RDF {RDF}>\n{ITEM}", "is no valid RDF/XML: no element found", 2),
        ("a.rdf", f"<rdf:RDF {RDF}>\n{ITEM}\n</rdf>", "is no valid RDF/XML: mismatched tag", 3),
        (
            "a.rdf",
            f"<rdf:RDF {RDF}>\n" + "<a:X><a:p>" * 100_000,
            f"has elements {DEEP}",
            2,
        ),
        (
            "a.rdf",
            f'<!DOCTYPE x [<!ENTITY a "{"x" * 50}">\n<!ENTITY b "{"&a;" * 50}">]><rdf:RDF {RDF}>{ITEM}</rdf:RDF>',
            "declares the entity b, which is long, made of others, or read from elsewhere",
            2,
        ),
        (
            "a.rdf",
            f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rdf:RDF {RDF}>{ITEM}</rdf:RDF>',
            "declares the entity a, which is long, made of others, or read from elsewhere",
            1,
        ),
        ("a.rdf", f'<?xml version="1.0" encoding="latin-1"?><rdf:RDF {RDF}/>', "is not UTF-8 text", 1),
        (
            "a.trig",
            f"@base <{LONG * 700}> .\n" + "<x> <y> <z> .\n" * 2000,
            "has the base of",
            2,
        ),
        (
            "a.trig",
            f"@prefix a: <{LONG}> .\na:x a:y a:z .\n",
            "has a prefix of more than 200",
            2,
        ),
        ("a.trig", f"{BASE_IN_STEPS}<x> <y> <z> .\n", "has the base of more than 200 characters", 10),
        ("a.nq", f"<a:b> <a:c> <a:{'x' * 2000}> .\n", "has an IRI of more than 2,000 characters", 1),
        ("a.nt", f'<a:b> <a:c> "1"^^<a:{"x" * 2000}> .\n', "has an IRI of more than 2,000 characters", 1),
        (
            "a.jsonld",
            f'{{"@context": {{"@base": "{LONG}"}}, "@id": "y", "a:c": 1}}',
            "has the base of",
            1,
        ),
        ("a.rdf", f'<rdf:RDF xml:base="{LONG}" {RDF}>\n{ITEM}</rdf:RDF>', "has the base of", 2),
    ],
)
def test_what_would_go_astray_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, said: str, line: int | None
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(Unreadable) as refused:
        list(files.statements(path))
    assert refused.value.what.startswith(said)
    assert refused.value.line == line
    assert len(str(refused.value)) < 300
    with pytest.raises(Unreadable):
        list(files.pieces(path))


def test_what_is_usual_in_documents_is_read(tmp_path: Path) -> None:
    xml = tmp_path / "a.owl"
    xml.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE rdf:RDF [<!ENTITY a "http://a.example/">]><rdf:RDF {RDF}>'
        '<rdf:Description rdf:about="&a;x"><a:p>&amp;&lt;</a:p></rdf:Description></rdf:RDF>',
        "utf-8",
    )
    plain = tmp_path / "a.jsonld"
    context = {"@base": "http://a.example/", "p": "http://a.example/p"}
    plain.write_text(json.dumps({"@context": [context], "@graph": [{"@id": "x", "p": "&<"}]}), "utf-8")
    stated = Quad(NamedNode("http://a.example/x"), NamedNode("http://a.example/p"), Literal("&<"))
    assert [quad for _, quad in files.statements(xml)] == [quad for _, quad in files.statements(plain)] == [stated]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(GOOD.encode())[:-30], "is not whole, or not packed by gzip"),
        (b"\x1f\x8b" + b"x" * 50, "is not whole, or not packed by gzip"),
        (GOOD.encode(), "is not whole, or not packed by gzip"),
        (gzip.compress(b" " * 20_000_000), "unpacks to far more than such a file holds"),
    ],
    ids=["cut", "damaged", "not packed", "blank without end"],
)
def test_a_packed_file_is_read_whole_or_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.trig.gz"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        list(files.pieces(path))


def test_a_build_sees_a_file_in_a_folder_below(small: Make, without_hermit: None, without_shapes: None) -> None:
    space = small(GOOD)
    before = space.data_files
    path = space.root / "graph" / "more" / "New.TRIG.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(b""))
    assert set(space.data_files) - set(before) == {path}


# ---------------------------------------------------------------- Foreign data reaches nothing and runs nothing

SH = "http://www.w3.org/ns/shacl#"
PYTHON_MODULE = "http://www.lesfleursdunormal.fr/static/_downloads/owlready_ontology.owl#python_module"


def hostile(url: str, folder: Path) -> str:
    """Return an ontology that would have programs fetch from an address, read a folder's files and import a module."""
    (folder / "secret.owl").write_text(f"<rdf:RDF {RDF}/>", "utf-8")
    return f"""@prefix eud: <{EUD}> .
@prefix owl: <{OWL}> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
<https://w3id.org/eudigraph/ontology> owl:imports <{url}ontology> , <file://{folder}/secret.owl> ;
    <{PYTHON_MODULE}> "hostile_module" .
<{url}> a owl:Ontology ; owl:imports <{url}more> .
eud:Country <{PYTHON_MODULE}> "hostile_module" .
"""


@pytest.fixture
def traps(small: Make, listener: tuple[str, list[str]], tmp_path: Path) -> tuple[workspace.Workspace, list[str]]:
    """A hostile workspace, and who came to the address that it names."""
    url, seen = listener
    space = small(GOOD)
    (space.root / "ontology" / "more.ttl").write_text(hostile(url, tmp_path), "utf-8")
    shapes = space.root / "ontology" / "shapes.ttl"
    with shapes.open("a", encoding="utf-8") as file:
        file.write(
            f"\n<{url}> <{OWL}imports> <{url}shapes> ."
            f"\n<{url}shape> a sh:NodeShape ; sh:targetClass eud:Country ; sh:sparql [ a sh:SPARQLConstraint ; "
            f'sh:select "SELECT $this {{ SERVICE <{url}sparql> {{ ?a ?b ?c }} }}" ] .\n'
        )
    (tmp_path / "hostile_module.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n", "utf-8")
    return space, seen


@needs_hermit
def test_an_import_is_left_out_and_reported_and_the_proof_is_made(
    traps: tuple[workspace.Workspace, list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    space, seen = traps
    length = len((space.root / "ontology" / "shapes.ttl").read_text("utf-8").splitlines())
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    report = build.build(space, exports=False)
    assert not report.errors
    url = re.findall(r"<(http://127[^>]*/)> a", (space.root / "ontology" / "more.ttl").read_text("utf-8"))[0]
    loads = "is left out: it would make programs load something else"
    shapes = "is left out: shapes run no queries or scripts, and load nothing"
    assert [(p.severity, p.file, p.line, p.what) for p in report.problems] == [
        ("warning", "ontology/more.ttl", 4, f"owl:imports <file://{tmp_path}/secret.owl> {loads}"),
        ("warning", "ontology/more.ttl", 4, f"owl:imports <{url}ontology> {loads}"),
        ("warning", "ontology/more.ttl", 5, f"<{PYTHON_MODULE}> hostile_module {loads}"),
        ("warning", "ontology/more.ttl", 6, f"owl:imports <{url}more> {loads}"),
        ("warning", "ontology/more.ttl", 7, f"<{PYTHON_MODULE}> hostile_module {loads}"),
        ("warning", "ontology/shapes.ttl", length - 1, f"owl:imports {shapes}"),
        ("warning", "ontology/shapes.ttl", length, f"<{SH}select> {shapes}"),
        ("warning", "ontology/shapes.ttl", length, f"<{SH}sparql> {shapes}"),
    ]
    assert report.notes == []  # HermiT and the shapes were asked, and had nothing against it
    assert seen == []
    assert not (tmp_path / "imported").exists()


WATCH = """
import os, sys
allowed = tuple({allowed!r})
def watch(event, given):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request", "import"):
        told = "" if event == "import" and "hostile" not in str(given[0]) else f"{{event}} {{given}}"
    elif event == "open" and isinstance(given[0], str) and not os.path.realpath(given[0]).startswith(allowed):
        told = f"open {{given[0]}}"
    else:
        return
    if told:
        os.write(log, (told + "\\n").encode())
log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.set_inheritable(log, True)
sys.addaudithook(watch)
"""
"""What each process of Python's writes down: addresses, modules of strangers, files elsewhere."""


@pytest.mark.slow
@pytest.mark.server
@needs_hermit
def test_nothing_in_hostile_data_reaches_the_network_a_file_or_a_module(
    traps: tuple[workspace.Workspace, list[str]], tmp_path: Path
) -> None:
    """Build, check, explore, analyse, export and ``Graph.ontology``, watched in all their processes."""
    space, seen = traps
    log = tmp_path / "log"
    systems = (sys.prefix, sys.base_prefix, "/dev", "/proc", "/sys", "/usr", "/etc", "/var/cache/fontconfig", "/lib")
    mine = (ROOT, space.root, tmp_path / "out", tmp_path / "cache", tmp_path / "temp")
    text = WATCH.format(allowed=[os.path.realpath(place) for place in (*systems, *mine)], log=str(log))
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(text, "utf-8")
    (tmp_path / "out").mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLCONFIGDIR": str(tmp_path / "cache")}
    (tmp_path / "temp").mkdir()
    environment |= {"TMPDIR": str(tmp_path / "temp")}
    environment |= {"PYTHONPATH": f"{tmp_path / 'watch'}:{tmp_path}", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*words: object) -> None:
        command = [sys.executable, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr

    def use(*given: str, opened: str) -> None:
        """Ask for all that there is."""
        run("-m", "eudigraph", "explore", *given, "--no-open", "--out", tmp_path / "out" / "page.html")
        run("-m", "eudigraph", "analyse", *given, "degree", "--out", tmp_path / "out" / "report.html")
        for form in ("jsonld", "icalendar", "graphml"):
            run("-m", "eudigraph", "export", *given, form, "--out", tmp_path / "out" / "file")
        run("-m", "eudigraph", "query", *given, "partnerships")
        run("-c", f"import eudigraph; graph = eudigraph.open_graph({opened}); graph.ontology(); graph.explorer()")

    run("-m", "eudigraph", "check", "--workspace", space.root)
    run("-m", "eudigraph", "build", "--workspace", space.root)
    use("--workspace", str(space.root), opened=repr(str(space.root)))
    assert (log.read_text("utf-8").splitlines() if log.exists() else []) == []
    built = store.open_built(space.build_folder)
    strange = parse((space.root / "ontology" / "more.ttl").read_bytes(), RdfFormat.TURTLE)
    Store(str(built.generation / "store")).extend(in_graph(quad, GRAPH_ONTOLOGY) for quad in strange)
    with serving(space.build_folder, tmp_path / "access", space=space.root) as server:
        at = f"http://127.0.0.1:{server.port}/sparql"
        use("--store", at, "--workspace", str(space.root), opened=f"store_folder={at!r}")
    told = set(log.read_text("utf-8").splitlines())
    own = re.compile(rf"socket\.(connect|getaddrinfo) .*'127\.0\.0\.1', {server.port}\b.*")
    assert [line for line in told if not own.match(line)] == []
    assert seen == []
    assert not (tmp_path / "imported").exists()


# ---------------------------------------------------------------- Bytes that can be trusted


@pytest.fixture(scope="module")
def once(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """A small workspace with a build and its exports, made once and only copied."""
    space = with_claims(checkout, tmp_path_factory.mktemp("once") / "small", GOOD)
    assert build.build(space, use_hermit=False).generation
    return space


@pytest.fixture
def whole(once: workspace.Workspace, tmp_path: Path) -> workspace.Workspace:
    shutil.copytree(once.root, tmp_path / "small", symlinks=True)
    return workspace.open_workspace(tmp_path / "small")


def differing(space: workspace.Workspace) -> list[tuple[str, bool]]:
    return [(difference.file, difference.rotten) for difference in verify.verify(space, space.build_folder)]


def edit(path: Path, old: bytes, new: bytes) -> None:
    """Edit a file so that it keeps its size and the time of its last change."""
    times = path.stat()
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_an_edit_that_keeps_size_and_time_is_seen(whole: workspace.Workspace) -> None:
    built = store.open_built(whole.build_folder)
    assert not built.stale(whole)
    path = whole.root / "graph" / "reference" / "countries.ttl"
    edit(path, b"Japan", b"Nihon")
    assert built.stale(whole)
    edit(path, b"Nihon", b"Japan")
    assert not built.stale(whole)


def test_what_was_only_touched_or_copied_is_no_change(whole: workspace.Workspace) -> None:
    for path in whole.data_files:
        path.touch()
    assert not store.open_built(whole.build_folder).stale(whole)


def test_a_build_that_was_used_verifies(whole: workspace.Workspace, command: Callable[..., Run]) -> None:
    assert command("query", "--workspace", whole.root, "partnerships").status == 0
    done = command("verify", "--workspace", whole.root)
    assert (done.status, done.out) == (0, "All is as it was built.\n")


def test_verify_names_each_file_that_is_not_as_it_was(whole: workspace.Workspace, command: Callable[..., Run]) -> None:
    edit(whole.root / "graph" / "reference" / "countries.ttl", b"Japan", b"Nihon")
    (whole.root / "graph" / "reference" / "places.ttl").unlink()
    (whole.root / "graph" / "new.trig").touch()
    folder = whole.build_folder / "1"
    (folder / "eudigraph.nq").write_bytes(b"")
    edit(folder / "eudigraph.ttl", b"Japan", b"Nihon")
    (folder / "eudigraph.trig").unlink()
    (folder / "eudigraph.jsonld").rename(folder / "elsewhere")
    (folder / "eudigraph.jsonld").symlink_to("elsewhere")
    table = next(path for path in (folder / "store").glob("*.sst") if path.stat().st_size > 10_000)
    content = bytearray(table.read_bytes())
    content[5000] ^= 1
    table.write_bytes(content)
    (folder / "store" / "CURRENT").unlink()
    assert differing(whole) == [
        *((f"1/eudigraph.{ending}", True) for ending in ("jsonld", "nq", "trig", "ttl")),
        *((f"1/store/{name}", True) for name in sorted([table.name, "CURRENT"])),
        ("graph/new.trig", False),
        ("graph/reference/countries.ttl", False),
        ("graph/reference/places.ttl", False),
    ]
    done = command("verify", "--workspace", whole.root)
    assert done.status == 1
    assert "1/eudigraph.nq: has changed: 0 bytes, it had " in done.out
    assert done.out.endswith("\n6 files of the build damaged, 3 files changed since.\n")


def test_counts_that_were_changed_in_the_manifest_are_seen(whole: workspace.Workspace) -> None:
    path = whole.build_folder / "manifest.json"
    counts = json.loads(path.read_text("utf-8"))["counts"]
    for name in counts:
        assert differing(whole) == []
        edited = json.loads(path.read_text("utf-8"))
        edited["counts"][name] += 1
        path.write_text(json.dumps(edited), "utf-8")
        (found,) = verify.verify(whole, whole.build_folder)
        what = f"says {counts[name] + 1} {name}, the store has {counts[name]}"
        assert (found.file, found.what, found.rotten) == ("manifest.json", what, True)
        edited["counts"][name] -= 1
        path.write_text(json.dumps(edited), "utf-8")
    del edited["counts"]["claims"]
    path.write_text(json.dumps(edited), "utf-8")
    assert differing(whole) == [("manifest.json", True)]


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST-", ".sst"])
def test_no_file_of_the_store_may_change(whole: workspace.Workspace, name: str) -> None:
    folder = whole.build_folder / "1" / "store"
    for path in [path for path in folder.iterdir() if name in path.name]:
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 128]) + content[1:])
        assert differing(whole) == [(f"1/store/{path.name}", True)]
        path.write_bytes(content)
    assert differing(whole) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.write_bytes(b""), f"is not as it was built; {AGAIN}"),
        (lambda path: edit(path, b"Japan", b"Nihon"), f"is not as it was built; {AGAIN}"),
        (lambda path: path.unlink(), f"is no file any more; {AGAIN}"),
    ],
    ids=["emptied", "edited", "gone"],
)
def test_an_export_that_differs_is_not_given_out(
    whole: workspace.Workspace, change: Callable[[Path], object], said: str
) -> None:
    built = store.open_built(whole.build_folder)
    for name in ("eudigraph.nq", "eudigraph.jsonld"):
        path, digest = store.export(built.generation, built.manifest, name)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
        change(path)
        with pytest.raises(errors.StoreError, match=said):
            store.export(built.generation, built.manifest, name)


def test_a_build_is_on_the_disk_before_it_is_in_force(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    space = small(GOOD)
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink())))
    monkeypatch.setattr(consistency, "with_shapes", lambda *_: [])
    report = build.build(space, use_hermit=False)
    assert report.generation
    aside, last = str(space.build_folder / "unfinished-"), synced[-1]
    assert last.startswith(str(space.build_folder / ".manifest.json-"))
    there = {path.relative_to(report.generation).as_posix() for path in report.generation.rglob("*")}
    assert {name.removeprefix(aside).partition("/")[2] for name in synced[:-1]} == {"", *there}


def test_what_a_link_leads_to_is_never_written_to(
    tmp_path: Path, command: Callable[..., Run], built: store.Built
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine", "utf-8")
    page = tmp_path / "page.html"
    page.symlink_to(precious)
    (tmp_path / f".page.html-{os.getpid()}").symlink_to(precious)
    assert command("explore", "--no-open", "--store", built.folder, "--out", page).status == 0
    assert precious.read_text("utf-8") == "mine"
    assert not page.is_symlink()
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert {path.name for path in tmp_path.iterdir()} == {"precious", "page.html", f".page.html-{os.getpid()}"}
