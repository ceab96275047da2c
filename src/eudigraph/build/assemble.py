"""From the files of a workspace to the whole graph in a store: named graphs, default graph, dates, inferences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    Store,
)

from eudigraph.build import statements
from eudigraph.build.state import State
from eudigraph.build.survey import Survey
from eudigraph.model import dates
from eudigraph.model.inventory import Entry, entries, identity, inventory
from eudigraph.model.names import (
    BASE,
    EDTF,
    EUD,
    GRAPH_DATES,
    GRAPH_ONTOLOGY,
    RDF_TYPE,
    XSD,
    eud,
)
from eudigraph.model.ontology import Ontology, is_loading, read_ontology
from eudigraph.model.triples import plain
from eudigraph.model.workspace import Workspace
from eudigraph.reason import infer
from eudigraph.sources import files
from eudigraph.sources.documents import Unreadable
from eudigraph.sources.problems import ERROR, WARNING, Probe, Problem, home, key, show

_AT_ONCE = 500_000
"""Statements that are added at once. Of half as many, a store on disk takes a tenth longer to build; twice as many take
a gigabyte more memory."""


@dataclass
class Assembly:
    """What was read: the ontology, the files, what they say, and the problems that came up while reading."""

    ontology: Ontology
    entries: list[Entry]
    """All files of the workspace, and those from elsewhere, whether or not they were read."""
    default_graph: bool = True
    """Whether the store's default graph has each statement as well."""
    kept: list[Quad] | None = None
    """What was put into named graphs, some of it twice, where it is wanted."""
    problems: list[Problem] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)
    """What is wrong with files that could not be read, or not to their end."""
    survey: Survey = field(default_factory=Survey)
    state: State | None = None
    """How things stand, once that is derived."""

    @property
    def files(self) -> list[Entry]:
        """All files that statements come from, those first in which problems are the most likely to lie."""
        return [entry for role in ("claims", "reference", "ontology") for entry in self.having(role)]

    def failed(self, workspace: Workspace, path: Path, error: Unreadable) -> None:
        """Note that a file could not be read."""
        self.unread[path] = error.what
        self.problems.append(Problem(ERROR, error.what, error.mend, workspace.show(path), error.line))

    def having(self, role: str) -> list[Entry]:
        """Return the files that are read as something."""
        return [entry for entry in self.entries if entry.role == role]


def read(
    store: Store,
    workspace: Workspace,
    more: Sequence[Path] = (),
    *,
    default_graph: bool = True,
    kept: list[Quad] | None = None,
) -> Assembly:
    """Load the files of a workspace, and ``more`` files of claims, into an empty store.

    Statements go into named graphs and, for queries, into the ``default_graph`` as well, unless they have blank nodes
    (the ontology's lists). ``kept`` gets what goes into named graphs, also later. A file that cannot be read becomes a
    problem, and the others are read all the same.
    """
    there = inventory(workspace.root)
    known = {identity(entry.path) for entry in there if entry.role}
    there += [entry for entry in entries(more) if identity(entry.path) not in known]
    assembly = Assembly(Ontology(), there, default_graph, kept)
    for entry in there:
        if entry.wrong:
            problem = Problem(ERROR, f"is not read: {entry.why}", entry.mend, workspace.show(entry.path))
            assembly.problems.append(problem)
    if not assembly.having("ontology"):
        assembly.problems.append(
            Problem(ERROR, "there is no ontology", "put the ontology's Turtle files there", "ontology/")
        )
    if not assembly.having("claims"):
        assembly.problems.append(
            Problem(ERROR, "there are no claims", "put a TriG file for each source there", "graph/")
        )

    terms: list[Quad] = []
    for entry in assembly.having("ontology"):
        try:
            found = [*chain.from_iterable(files.pieces(entry.path))]  # not by lines: that mixes files' blank nodes
        except Unreadable as error:
            assembly.failed(workspace, entry.path, error)
        else:
            terms += found
            assembly.survey.sizes[entry.path] = (len(found), 0)
    loading = {quad.triple for quad in terms if is_loading(quad)}
    for triple in sorted(loading, key=str):
        what = f"{show(triple.predicate)} {show(triple.object)} is left out: it would make programs load something else"
        probe = Probe(key(triple.subject), key(triple.predicate), key(triple.object))
        assembly.problems.append(Problem(WARNING, what, "copy here what is needed of it, and remove this", probe=probe))
    terms = [quad for quad in terms if quad.triple not in loading] if loading else terms
    assembly.ontology = read_ontology(terms)
    survey = assembly.survey
    survey.facts = infer.facts(assembly.ontology, terms)
    survey.described |= {quad.subject.value for quad in terms if isinstance(quad.subject, NamedNode)}
    # Many files at once: each bulk load costs a tenth of a second on disk, and leaves the store in as many pieces.
    named, same = [*_canonical(terms)], [*plain(terms)]
    for entry in (*assembly.having("claims"), *assembly.having("reference")):
        try:
            for piece, same_piece in survey.read(entry.path, home(entry)):
                if len(named) + len(piece) > _AT_ONCE:
                    _add(store, assembly, named, same)
                    named, same = [], []
                named += piece
                same += same_piece
        except Unreadable as error:
            assembly.failed(workspace, entry.path, error)
    _add(store, assembly, named, same)
    return assembly


def complete(store: Store, assembly: Assembly) -> int:
    """Add the bounds of dates and all that follows, each to its named graph and the default graph.

    Returns how many statements follow.
    """
    bounds = list(date_bounds(assembly.survey.dates))
    infer.gather(bounds, assembly.survey.facts)
    follows = infer.infer(assembly.ontology, assembly.survey.facts)
    _add_all(store, assembly, bounds + follows)
    return len(follows)


def stand(store: Store, assembly: Assembly) -> None:
    """Add how things stand, by what is known on each day, to its named graph and the default graph."""
    stands, assembly.state = statements.complete(store)
    _add_all(store, assembly, stands)


def _add_all(store: Store, assembly: Assembly, quads: Sequence[Quad]) -> None:
    for start in range(0, len(quads), _AT_ONCE):
        piece = quads[start : start + _AT_ONCE]
        _add(store, assembly, piece, plain(piece))


def _add(store: Store, assembly: Assembly, named: Sequence[Quad], same: Iterable[Quad]) -> None:
    """Add statements to named graphs, and the same to the default graph.

    One after the other, since they have no index in common: on disk, fewer and larger files are faster to sort.
    """
    store.bulk_extend(named)
    if assembly.default_graph:
        store.bulk_extend(same)
    if assembly.kept is not None:
        assembly.kept += named


def _canonical(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield statements in the ontology's graph, blank nodes named by RDFC-1.0: exports are the same bytes."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    for quad in dataset:
        yield Quad(quad.subject, quad.predicate, quad.object, GRAPH_ONTOLOGY)


def date_bounds(written: Iterable[str]) -> Iterator[Quad]:
    """Yield, for each date, its span with the first and the last day it allows."""
    for text in sorted(written):
        try:
            first, last = dates.bounds(text)
        except ValueError:
            continue  # reported by the checks
        span = NamedNode(f"{BASE}date/{quote(text, safe='')}")
        yield Quad(span, RDF_TYPE, NamedNode(EUD + "TimeSpan"), GRAPH_DATES)
        yield Quad(span, eud("edtf"), Literal(text, datatype=NamedNode(EDTF)), GRAPH_DATES)
        for name, value in (("earliest", first), ("latest", last)):
            if value:
                literal = Literal(value.isoformat(), datatype=NamedNode(XSD + "date"))
                yield Quad(span, eud(name), literal, GRAPH_DATES)
