"""Check and build: from the files of a workspace to a store with exports, or to the list of what is wrong."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from os.path import realpath
from pathlib import Path

from pyoxigraph import NamedNode, Quad, Store, Triple

from eudigraph.ask import evidence, library
from eudigraph.ask.explain import as_sentence, names_of
from eudigraph.build import assemble, checks, consistency, generations, plausible, verify
from eudigraph.build.survey import Survey
from eudigraph.engine import store
from eudigraph.export import rdf
from eudigraph.model import labels, triples
from eudigraph.model.errors import EudigraphError, StoreError
from eudigraph.model.garbage import without_collecting
from eudigraph.model.inventory import Entry, entries, identity, inventory
from eudigraph.model.names import EUD, OWN_GRAPHS
from eudigraph.model.ontology import Ontology
from eudigraph.model.text import clean_lines
from eudigraph.model.triples import Triplestore, select
from eudigraph.model.version import VERSION
from eudigraph.model.workspace import FOLDERS, Workspace
from eudigraph.network.definitions import known_networks
from eudigraph.sources import problems
from eudigraph.sources import texts as texts_
from eudigraph.sources.problems import ERROR, WARNING, Problem

_KINDS = ("claims", "provenance", "reference", "dates", "inferred", "state")
"""What statements in named graphs are, those of the ontology left out."""


@dataclass(frozen=True)
class Account:
    """What became of a file: what it was ``read_as`` (nothing, and ``why`` not), and how much it has.

    ``statements`` and ``claims`` are numbers; those of the ontology are not counted.
    """

    file: str
    read_as: str = ""
    syntax: str = ""
    statements: int | None = None
    claims: int | None = None
    why: str = ""


@dataclass
class Report:
    """What a check or build found: problems, notes on what was left out, counts, and the seconds of each step.

    ``files`` has what became of each file.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[Account] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    ontology: Ontology = field(default_factory=Ontology)
    generation: Path | None = None
    unread: bool = False
    """Whether there is something that could not be read, so that sources may be missing."""

    @property
    def errors(self) -> list[Problem]:
        """The problems that forbid a build."""
        return [p for p in self.problems if p.severity == ERROR]

    @contextmanager
    def step(self, name: str, say: Callable[[str], None]) -> Iterator[None]:
        """Time a step, and say its name while it runs."""
        say(name)
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


@without_collecting()
def check(
    workspace: Workspace,
    files: Sequence[Path] = (),
    *,
    use_hermit: bool = True,
    graph: Store | None = None,
    default_graph: bool = False,
    kept: list[Quad] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Read a workspace into ``graph`` (or into memory) and return all its problems at once.

    ``files`` adds files from elsewhere, and keeps of the problems those that lie in these files, or may lie there as
    well as in others. What follows is only derived when the files as such have no errors. Unless ``default_graph``,
    there are only named graphs; ``kept`` gets what goes into them, some of it twice. ``say`` is told of each step as it
    begins.
    """
    report = Report()
    graph = Store() if graph is None else graph
    with report.step("read", say):
        assembly = assemble.read(graph, workspace, files, default_graph=default_graph, kept=kept)
        report.ontology = assembly.ontology
        report.unread = any(problem.severity == ERROR for problem in assembly.problems)
        report.files = [_account(entry, assembly, workspace) for entry in assembly.entries]
    with report.step("check", say):
        report.problems += checks.check(graph, assembly, workspace)
    if not report.errors:
        with report.step("reason", say):
            assemble.complete(graph, assembly)
        with report.step("state", say):
            assemble.stand(graph, assembly)
        with report.step("store", say):  # a tenth of a build's time; reading is a quarter faster for it, and begins now
            graph.optimize()
            graph.flush()
            report.counts = _counts(graph, assembly.survey)
        with report.step("shapes and clashes", say):
            report.problems += consistency.clashes(graph, assembly)
            told = frozenset[str]()
            if assembly.state:
                report.problems += plausible.check(graph, assembly.ontology, assembly.state)
                told = frozenset(engagement for engagement, _ in assembly.state.undecided)
            size = sum(report.counts[name] for name in _KINDS)
            report.problems += consistency.with_shapes(graph, size, workspace, report.notes.append, told)
        if use_hermit:
            with report.step("HermiT", say):
                report.problems += consistency.with_hermit(graph, assembly, report.notes.append)
        else:
            report.notes.append("HermiT not asked: switched off")
    else:
        report.notes.append("consistency and shapes not checked: first mend the errors")
    report.problems += _wrong_questions(workspace)
    given = {Path(realpath(path)) for path in files}
    same = {identity(entry.path) for entry in entries(files)}  # a file of the workspace may have other names, too
    within = [e for e in assembly.entries if not given.isdisjoint(_places(e.path)) or identity(e.path) in same]
    asked = {workspace.show(entry.path) for entry in within}
    read = sorted(assembly.files, key=lambda entry: workspace.show(entry.path) not in asked)  # first those asked about
    report.problems = problems.locate(report.problems, workspace, read)
    if files:
        report.problems = [p for p in report.problems if p.file is None or p.file in asked]
        report.files = [account for account in report.files if account.file in asked]
    return report


@without_collecting()
def build(
    workspace: Workspace,
    folder: Path | None = None,
    *,
    use_hermit: bool = True,
    exports: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Check a workspace and, if it has no errors, write its store and exports and put them in force.

    ``folder`` is by default the workspace's own. A build that fails or is interrupted leaves the former one as it was.
    Raises StoreError where the folder cannot be written to.
    """
    folder = workspace.build_folder if folder is None else folder
    if any(folder.resolve().is_relative_to(workspace.root.resolve() / name) for name in FOLDERS):
        raise StoreError(f"{folder} lies among the data that is read; choose another folder with --out")
    inputs = store.inputs(workspace)
    with generations.disk_errors(folder), generations.new_generation(folder) as aside:
        report = _write(workspace, aside, use_hermit=use_hermit, exports=exports, say=say)
        if not report.errors:
            with report.step("seal", say):
                files = verify.sealed(aside)
            version = report.ontology.version
            manifest = store.Manifest(store.FORMAT, 0, VERSION, version, report.counts, inputs, files)
            report.generation = generations.commit(folder, aside, manifest)
    return report


def _write(
    workspace: Workspace, folder: Path, *, use_hermit: bool, exports: bool, say: Callable[[str], None]
) -> Report:
    """Fill a new store on disk and check it; if there are no errors, write the exports beside it."""
    graph = Store(str(folder / "store"))  # to fill one in memory first, for faster checks, takes longer in all
    kept: list[Quad] | None = [] if exports else None  # to read it all from disk again would take as long as to write
    report = check(workspace, use_hermit=use_hermit, graph=graph, default_graph=True, kept=kept, say=say)
    if kept is not None and not report.errors:
        with report.step("exports", say):
            rdf.write_all(graph, kept, folder)
    return report


def _wrong_questions(workspace: Workspace) -> Iterator[Problem]:
    """Yield what is wrong with files of the query library; others can be asked all the same, so a build goes on."""
    wrong = {str(found) for found in known_networks(workspace).values() if isinstance(found, EudigraphError)}
    for path in sorted(workspace.queries_folder.glob("*.rq")):
        try:
            library.open_query(workspace, path.stem)
        except EudigraphError as error:
            wrong.add(str(error))
    for said in sorted(wrong):
        found = re.match(r"(?:([^:]+\.(?:rq|toml))(?::(\d+))?: )?(.*?)(?:; ([^;]*))?$", said, re.DOTALL)
        file, line, what, mend = found.groups() if found else (None, None, said, None)
        yield Problem(WARNING, what, mend or "until then it cannot be asked", file, int(line) if line else None)


def _places(path: Path) -> list[Path]:
    real = Path(realpath(path))
    return [real, *real.parents]


def _account(entry: Entry, assembly: assemble.Assembly, workspace: Workspace) -> Account:
    shown, why = workspace.show(entry.path), entry.why or assembly.unread.get(entry.path, "")
    if why:
        return Account(shown, why=why)
    statements, claims = assembly.survey.sizes.get(entry.path, (None, None))
    return Account(shown, entry.role or "", entry.syntax, statements, claims)


def _counts(graph: Store, survey: Survey) -> dict[str, int]:
    """Return how many sources, passages and, in the named graphs, statements of each kind there are."""
    described = Counter(chain.from_iterable(survey.provenance.values()))
    kinds = {name.value.rpartition("/")[2]: triples.count(graph, name) for name in OWN_GRAPHS}
    kinds["claims"] = len(graph) - triples.count(graph) - sum(kinds.values())
    return {
        "sources": described[EUD + "Source"],
        "passages": described[EUD + "Passage"],
        **{name: kinds[name] for name in _KINDS},
    }


def check_with_texts(
    workspace: Workspace,
    files: Sequence[Path] = (),
    texts: Sequence[Path] = (),
    *,
    use_hermit: bool = True,
    printing: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Report, str]:
    """Check a workspace and, beside it, texts of its sources; return the report and the claims under their passages."""
    graph = Store()
    report = check(workspace, files, use_hermit=use_hermit, graph=graph, default_graph=printing, say=say)
    printed = ""
    found = []
    for path in texts:
        wrong, source, text = texts_.compare(graph, path)
        if source is None and report.unread:
            report.notes.append(f"{path} not compared: its source may be in what cannot be read; first mend that")
            continue
        found += wrong
        if printing and source is not None:
            printed += _claims_under_passages(graph, source, text)
    claims = [entry for entry in (*inventory(workspace.root), *entries(files)) if entry.role == "claims"]
    report.problems += problems.locate(found, workspace, claims)
    return report, printed


def _claims_under_passages(graph: Triplestore, source: NamedNode, text: str) -> str:
    """Return each passage of a source with its text, and under it what it claims."""
    query = f"""SELECT ?p {{ ?p <{EUD}source> {source} ; <{EUD}start> ?start ; <{EUD}end> ?end }}
        ORDER BY ?start DESC(?end) ?p"""
    found = [row["p"] for row in select(graph, query)]
    lines = []
    for passage in evidence.describe(graph, found, {source.value: text}):
        quads = sorted(graph.quads_for_pattern(None, None, None, NamedNode(passage.iri)), key=str)
        triples = [Triple(q.subject, q.predicate, q.object) for q in quads]
        names = names_of(graph, triples) | labels.labels(graph, [passage.speaker])
        lines += [f"{passage.place} {names[passage.speaker]}: “{passage.text}”"]
        lines += [f"    {as_sentence(triple, names)}" for triple in triples] + [""]
    return clean_lines(lines)
