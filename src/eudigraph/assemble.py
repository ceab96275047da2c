"""From the files of a workspace to the whole graph in a store: named graphs, default graph, dates, inferences."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    Store,
)

from eudigraph import claims, dates, reasoning
from eudigraph.names import (
    BASE,
    EDTF,
    EUD,
    GRAPH_DATES,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_REFERENCE,
    OWN_GRAPHS,
    RDF_TYPE,
    XSD,
    eud,
    shorten,
)
from eudigraph.ontology import Ontology, read_ontology
from eudigraph.problems import ERROR, Probe, Problem
from eudigraph.sparql import Triplestore, select
from eudigraph.workspace import Workspace

_BATCH = 500_000
"""Statements that are put into the store at once."""
_RESERVED = frozenset(graph for graph in OWN_GRAPHS if graph != GRAPH_PROVENANCE)


@dataclass
class Assembly:
    """What was read: the ontology, the files, and the problems that came up while reading."""

    ontology: Ontology
    claim_files: list[Path]
    reference_files: list[Path]
    ontology_files: list[Path]
    problems: list[Problem] = field(default_factory=list)
    orders: dict[Path, claims.Order] = field(default_factory=dict)
    """Of the files of claims and reference data that could be read."""

    @property
    def files(self) -> list[Path]:
        """All files that statements come from, those first in which problems are the most likely to lie."""
        return [*self.claim_files, *self.reference_files, *self.ontology_files]


def read(store: Store, workspace: Workspace, more: Sequence[Path] = ()) -> Assembly:
    """Load the files of a workspace, and ``more`` files of claims, into the named graphs of an empty store.

    A file that cannot be read becomes a problem, and the others are read all the same.
    """
    known = {path.resolve() for path in workspace.claim_files}
    claim_files = [*workspace.claim_files, *(p for p in more if p.resolve() not in known and p.suffix == ".trig")]
    known = {path.resolve() for path in workspace.reference_files}
    references = [*workspace.reference_files, *(p for p in more if p.resolve() not in known and p.suffix == ".ttl")]
    assembly = Assembly(Ontology(), claim_files, references, workspace.ontology_files)
    if not assembly.ontology_files:
        assembly.problems.append(
            Problem(ERROR, "there is no ontology", "put the ontology's Turtle files there", "ontology/")
        )
    if not claim_files:
        assembly.problems.append(
            Problem(ERROR, "there are no claims", "put a TriG file for each source there", "graph/")
        )

    terms: list[Quad] = []
    for path in assembly.ontology_files:
        try:
            terms += [quad for _, quad in claims.statements(path)]
        except claims.Unreadable as error:
            assembly.problems.append(_problem(workspace, path, error))
    assembly.ontology = read_ontology(terms)
    graphs = [*((path, GRAPH_PROVENANCE) for path in claim_files), *((path, GRAPH_REFERENCE) for path in references)]
    # Many files at once: each bulk load costs a tenth of a second on disk, and leaves the store in as many pieces.
    batch: list[Quad] = []
    for path, graph in graphs:
        before = len(batch)
        hidden: set[object] = set()
        try:
            order = claims.Order()
            for statement in order.follow(claims.quads(path)):
                quad = claims.in_graph(statement, graph)
                if quad is statement and quad.graph_name in _RESERVED:  # its file names the graph
                    hidden.add(quad.graph_name)
                    continue
                batch.append(quad)
                if len(batch) == _BATCH:
                    store.bulk_extend(batch)
                    before, batch = 0, []
            assembly.orders[path] = order
        except claims.Unreadable as error:
            assembly.problems.append(_problem(workspace, path, error))
            del batch[before:]
        assembly.problems += _hidden(hidden, workspace.show(path))
    store.bulk_extend(batch)
    store.bulk_extend(_canonical(terms))
    return assembly


def complete(store: Store, ontology: Ontology) -> int:
    """Add the bounds of dates, the deduplicated default graph, and all that follows; return how many follow.

    Statements with blank nodes (the ontology's lists) stay out of the default graph.
    """
    store.bulk_extend(_date_bounds(store))
    # Inside the engine: to hand every statement out and in again would take half as long again.
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) } }")
    return reasoning.infer(store, ontology)


def count(store: Store, graph: NamedNode | None = None) -> int:
    """Return the number of statements in a named graph; without any, of those in passages: the claims."""
    passages = f"GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({', '.join(map(str, OWN_GRAPHS))}))"
    pattern = f"GRAPH {graph} {{ ?s ?p ?o }}" if graph else passages
    return int(select(store, f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0]["n"].value)


def object_statements(store: Triplestore, ontology: Ontology) -> list[Quad]:
    """Return the ontology's axioms and all asserted object statements, each once, as HermiT takes them: no literals."""
    annotations = {term.iri for term in ontology.properties if term.kind == "AnnotationProperty"}
    found = {
        Quad(quad.subject, quad.predicate, quad.object)
        for quad in store
        if not isinstance(quad.object, Literal)
        and quad.predicate.value not in annotations
        and quad.graph_name not in (DefaultGraph(), GRAPH_INFERRED, GRAPH_DATES)
    }
    return sorted(found, key=str)


def _canonical(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield statements in the ontology's graph, blank nodes named by RDFC-1.0: exports are the same bytes."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    for quad in dataset:
        yield Quad(quad.subject, quad.predicate, quad.object, GRAPH_ONTOLOGY)


def _date_bounds(store: Store) -> Iterator[Quad]:
    """Yield, for each date that is written in the graph, its span with the first and the last day it allows."""
    query = f"SELECT DISTINCT ?date {{ GRAPH ?g {{ ?s ?p ?date FILTER(DATATYPE(?date) = <{EDTF}>) }} }}"
    for row in select(store, query):
        date = row["date"]
        try:
            first, last = dates.bounds(date.value)
        except ValueError:
            continue  # reported by the checks
        span = NamedNode(f"{BASE}date/{quote(date.value, safe='')}")
        yield Quad(span, RDF_TYPE, NamedNode(EUD + "TimeSpan"), GRAPH_DATES)
        yield Quad(span, eud("edtf"), date, GRAPH_DATES)
        for name, value in (("earliest", first), ("latest", last)):
            if value:
                literal = Literal(value.isoformat(), datatype=NamedNode(XSD + "date"))
                yield Quad(span, eud(name), literal, GRAPH_DATES)


def _hidden(graphs: Container[object], file: str) -> Iterator[Problem]:
    """Yield a problem for each graph that the build writes itself and a file of claims has put something into.

    That would pass for reference data, or for what follows, without any passage. The graph of provenance is not among
    them: what stands in no graph goes there.
    """
    for graph in _RESERVED:
        if graph in graphs:
            what = f"claims stand in {shorten(graph.value)}, which only the build writes to"
            mend = "move them into the graph of the passage that says them"
            yield Problem(ERROR, what, mend, file, probe=Probe(graph=graph.value))


def _problem(workspace: Workspace, path: Path, error: claims.Unreadable) -> Problem:
    return Problem(ERROR, error.what, error.mend, workspace.show(path), error.line)
