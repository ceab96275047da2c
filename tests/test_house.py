"""The house: which module may import which, what the documents promise, and that the wheel carries everything."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from eudigraph.ask import library
from eudigraph.cli import main
from eudigraph.engine import store
from eudigraph.model import workspace
from eudigraph.model.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "eudigraph"

# From the top of the house down: a room may import from those below it, never from those above.
ROOMS = (
    "__main__",
    "cli",  # commands: parse, one call, print
    "notebook",  # %%sparql, tables with evidence
    "graph",  # the way in from Python
    "serve",  # the web: app, workers, pages
    "explore",  # the one-file page
    "build",  # workspace → store: assemble, check, commit
    "export",  # files for other tools
    "network",  # NetworkX: ties, projections, measures, plots
    "ask",  # questions: library, names, evidence
    "show",  # how answers are written: tables, formats, frames, HTML
    "reason",  # rules, inference, proofs, HermiT
    "sources",  # claims as files, texts, problems
    "engine",  # asking a store, here or elsewhere
    "model",  # names, ontology, dates, labels, errors, workspace
)
# Only this module may import that package.
ALONE = {
    "granian": "serve.run",
    "mimeparse": "serve.replies",
    "pyvis": "explore.drawing",
    "requests": "engine.http",
    "jinja2": "show.html",
    "icalendar": "export.calendar",
    "rustworkx": "network.algorithms",
    "IPython": "notebook",
    "matplotlib": "network.plots",
    "owlready2": "reason.hermit",
    "pandas": "show.frames",
    "pyshacl": "reason.shapes",
    "edtf": "model.dates",
    "platformdirs": "model.workspace",
}


def _modules() -> dict[str, Path]:
    """Return the files of all modules by their names below the package."""
    files = [path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in files}


def _imports(path: Path) -> tuple[set[str], set[str]]:
    """Return the modules of ours that a module imports, and the packages of others; not what only types need."""
    ours, others = set(), set()
    known = _modules()
    tree = ast.parse(path.read_text("utf-8"))
    guarded = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    left_out = {id(inner) for node in guarded for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Import):
            others |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            first, _, rest = node.module.partition(".")
            if first != "eudigraph":
                others.add(first)
                continue
            named = {f"{rest}.{alias.name}".strip(".") for alias in node.names}
            ours |= {name if name in known else rest for name in named}
    return ours, others


def test_what_is_slow_to_import_waits_until_it_is_needed() -> None:
    """A question on the command line, or in a process of its own, does not pay for networks, HTTP or drawing."""
    slow = ("edtf", "IPython", "jinja2", "matplotlib", "networkx", "owlready2", "pyshacl", "pyvis", "requests")
    listed = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    for module, more in (("cli.ask", ()), ("engine.isolated", ("click", "rich"))):
        program = f"import eudigraph.{module}; {listed}"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
        assert not set(done.stdout.split()) & {*slow, *more}


def test_a_room_imports_only_from_those_below_it() -> None:
    floor = {room: number for number, room in enumerate(ROOMS)}
    rooms = {name: name.partition(".")[0] for name in _modules()}
    assert set(rooms.values()) == set(ROOMS)
    wrong = [
        f"{name} imports {other}"
        for name, path in _modules().items()
        for other in _imports(path)[0]
        if rooms[name] != rooms[other] and floor[rooms[other]] < floor[rooms[name]]
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    sorter = TopologicalSorter({name: _imports(path)[0] for name, path in _modules().items()})
    assert len(list(sorter.static_order())) == len(_modules())


def test_a_heavy_package_has_one_door() -> None:
    found = {name: _imports(path)[1] for name, path in _modules().items()}
    doors = {package: [name for name, others in found.items() if package in others] for package in ALONE}
    assert doors == {package: [name] for package, name in ALONE.items()}
    assert [name for name, others in found.items() if "click" in others and not name.startswith("cli.")] == []


def test_every_module_says_what_it_is_for() -> None:
    firsts = {
        name: (ast.get_docstring(ast.parse(p.read_text("utf-8"))) or "").split("\n")[0]
        for name, p in _modules().items()
    }
    assert [name for name, first in firsts.items() if not first.endswith((".", ":"))] == []
    assert len(set(firsts.values())) == len(firsts)


def test_nothing_is_imported_through_a_room() -> None:
    """Whoever needs a name imports it from the module that has it."""
    assert [str(p.relative_to(PACKAGE)) for p in PACKAGE.glob("*/__init__.py") if p.read_text("utf-8")] == []


# ---------------------------------------------------------------- What the documents promise


def script(name: str) -> ModuleType:
    """Return a script of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    return script("make")


@pytest.mark.slow
def test_the_answers_in_the_readme_are_those_of_the_graph(docs: ModuleType, built: store.Built) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert docs.readme(text, built.folder) == text
    assert text.count("```console\n$ eudigraph ") == len(docs._EXAMPLE.findall(text)) >= 5


def test_the_page_on_networks_has_what_there_is(docs: ModuleType) -> None:
    text = (ROOT / "docs" / "networks.md").read_text("utf-8")
    assert docs.networks(text) == text


def test_the_readme_and_ci_run_the_same_tests() -> None:
    commands = re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_every_command_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"^\| `eudigraph (\w+)", text, re.MULTILINE))
    assert named == set(main.COMMANDS)


def test_what_is_promised_of_the_server_is_said_where_people_look() -> None:
    promised = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text("utf-8")
    page = (ROOT / "docs" / "server.md").read_text("utf-8")
    assert "(../SECURITY.md)" in page
    for option in ("--public-url", "--public", "--token-file", "--cors", "--frame-ancestors", "--proxies"):
        assert f"`{option}`" in promised
        assert option in page


def test_the_readme_shows_a_passage_as_it_stands_in_the_graph() -> None:
    shown = re.findall(r"```trig\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(shown) == 2
    for line in "".join(shown).splitlines():
        assert f"{line}\n" in (ROOT / "graph" / "euractiv-2023-04.trig").read_text("utf-8")


def test_local_links_in_the_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        links = re.findall(r"\]\(([^)#:\s]+)\)", document.read_text("utf-8"))
        assert [link for link in links if not (document.parent / link).exists()] == [], document.name


def test_the_index_of_decisions_lists_each_once() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((.*?)\)", (folder / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")


def test_the_data_dictionary_is_that_of_the_ontology(docs: ModuleType) -> None:
    words, drawing = docs.data_dictionary()
    assert (ROOT / "docs" / "dictionary.md").read_text("utf-8") == words, "run: make docs"
    # Versions of Graphviz place things differently: the picture has the same names.
    wanted = {name for label in re.findall(r'label="([^"]*)"', drawing) for name in label.split("\\n") if name}
    svg = ElementTree.parse(ROOT / "docs" / "model.svg")
    assert wanted == {text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")}


def test_the_version_is_the_same_everywhere() -> None:
    version = VERSION
    assert metadata.version("eudigraph") == version
    newest = re.search(r"^## (\S+) \((\S+)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    assert newest
    assert newest[1] == version
    assert f"\nversion: {version}\n" in cited
    assert f"\ndate-released: {newest[2]}\n" in cited


def test_ci_has_pins_with_hashes_for_all_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [
        Requirement(text) for text in project["dependencies"] + extras["test"] + extras["serve"] + extras["notebook"]
    ]
    text = (ROOT / ".ci" / "requirements.txt").read_text("utf-8")
    pins = dict(re.findall(r"^(\S+)==(\S+) \\\n(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text, re.MULTILINE))
    assert len(pins) == text.count("==")
    wrong = [
        str(need)
        for need in named
        if need.name != "eudigraph" and pins.get(canonicalize_name(need.name), "0") not in need.specifier
    ]
    assert wrong == [], "run: make constraints"
    assert re.findall("http|file:|--index|--find|--extra|--trusted", text) == []


# ---------------------------------------------------------------- What a release needs


@pytest.fixture
def releasable(tmp_path: Path) -> Path:
    """A folder in which all versions are the same, with everything committed."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    number = VERSION
    said = tmp_path / script("release").VERSION
    said.parent.mkdir(parents=True)
    said.write_text(f'VERSION = "{number}"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## {number} (2027-01-31)\n\n## 0.0.1 (2026-01-01)\n", "utf-8"
    )
    (tmp_path / "CITATION.cff").write_text(f"version: {number}\ndate-released: 2027-01-31\n", "utf-8")
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_release_has_the_version_that_all_files_name(releasable: Path) -> None:
    release = script("release")
    assert release.version_of(releasable) == VERSION
    assert int(release.committed_at(releasable)) > 1_700_000_000


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "CHANGELOG.md",
            "# Changelog\n",
            "# Changelog\n\n## Unreleased\n",
            "CHANGELOG.md begins with Unreleased; give",
        ),
        ("CHANGELOG.md", "# Changelog\n", "# Changelog\n\n## 9.9.9 (2027-01-31)\n", "CHANGELOG.md: 9.9.9"),
        ("src/eudigraph/model/version.py", 'VERSION = "', 'VERSION = "9', "version.py: 9"),
        ("CITATION.cff", "version: ", "version: 9", "CITATION.cff: 9"),
        ("CITATION.cff", "2027-01-31", "2027-02-01", "CITATION.cff has the day 2027-02-01, CHANGELOG.md 2027-01-31"),
    ],
)
def test_nothing_is_released_where_versions_differ(releasable: Path, file: str, old: str, new: str, said: str) -> None:
    release = script("release")
    path = releasable / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(release.Refused, match=re.escape(said)):
        release.release(releasable, releasable / "dist")
    assert not (releasable / "dist").exists()


def test_nothing_is_released_that_is_not_committed(releasable: Path) -> None:
    release = script("release")
    (releasable / "new.txt").touch()
    with pytest.raises(release.Refused, match=r"not everything is committed; .*\n\?\? new\.txt"):
        release.release(releasable, releasable / "dist")
    assert not (releasable / "dist").exists()


def test_data_files_name_their_licence() -> None:
    files = [*ROOT.glob("ontology/*"), *ROOT.glob("graph/**/*.t*"), *ROOT.glob("queries/**/*.*")]
    assert len(files) > 40
    assert [p.name for p in files if "CC BY 4.0" not in p.read_text("utf-8")[:1200]] == []


# ---------------------------------------------------------------- What is shipped


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from it, with the build backend that is installed."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return folder


@pytest.mark.slow
def test_a_query_is_answered_from_the_installed_wheel(dist: Path, tmp_path: Path) -> None:
    wheel = next(dist.glob("*.whl"))
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(install, check=True)
    # The folder goes before this environment's own packages, so the wheel's eudigraph is the one that runs.
    environment = {**os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    where = "import eudigraph; print(eudigraph.__file__)"
    run = [sys.executable, "-c", where]
    shown = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(shown.stdout.strip()).is_relative_to(site)
    ask = [sys.executable, "-m", "eudigraph", "query", "officials"]
    answered = subprocess.run(ask, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "Thibaut Kleiner" in answered.stdout


@pytest.mark.slow
def test_wheel_and_sdist_carry_all_content_and_both_licences(dist: Path) -> None:
    content = [p for name in workspace.FOLDERS for p in (ROOT / name).rglob("*") if p.is_file()]
    shipped = zipfile.ZipFile(next(dist.glob("*.whl"))).namelist()
    assert {f"eudigraph/content/{p.relative_to(ROOT).as_posix()}" for p in content} <= set(shipped)
    own = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert {f"eudigraph/{p.relative_to(PACKAGE).as_posix()}" for p in own} <= set(shipped)
    assert [n for n in shipped if n.endswith(("/LICENSE", "/LICENSE-DATA"))] != []
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        source = {name.partition("/")[2] for name in archive.getnames()}
    assert {p.relative_to(ROOT).as_posix() for p in content} <= source
    assert {"README.md", "SECURITY.md", "LICENSE", "LICENSE-DATA", "tests/test_house.py", "docs/make.py"} <= source


def test_the_library_of_the_checkout_is_whole(checkout: workspace.Workspace) -> None:
    numbers = {query.number for query in library.load_library(checkout).values()}
    assert numbers == set(range(1, 26)) - {22}
