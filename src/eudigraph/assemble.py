"""From the files of a workspace to the whole graph in a store: named graphs, default graph, dates, inferences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from os.path import realpath
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import (
    BlankNode,
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
    RDF_TYPE,
    XSD,
    eud,
)
from eudigraph.ontology import Ontology, read_ontology
from eudigraph.problems import ERROR, Problem
from eudigraph.sparql import Triplestore, select
from eudigraph.survey import Survey
from eudigraph.workspace import Workspace


@dataclass
class Assembly:
    """What was read: the ontology, the files, what they say, and the problems that came up while reading."""

    ontology: Ontology
    claim_files: list[Path]
    reference_files: list[Path]
    ontology_files: list[Path]
    problems: list[Problem] = field(default_factory=list)
    survey: Survey = field(default_factory=Survey)

    @property
    def files(self) -> list[Path]:
        """All files that statements come from, those first in which problems are the most likely to lie."""
        return [*self.claim_files, *self.reference_files, *self.ontology_files]


def read(store: Store, workspace: Workspace, more: Sequence[Path] = ()) -> Assembly:
    """Load the files of a workspace, and ``more`` files of claims, into the named graphs of an empty store.

    A file that cannot be read becomes a problem, and the others are read all the same.
    """
    known = {realpath(path) for path in (*workspace.claim_files, *workspace.reference_files)}
    more = [path for path in more if realpath(path) not in known]
    claim_files = [*workspace.claim_files, *(path for path in more if path.suffix == ".trig")]
    references = [*workspace.reference_files, *(path for path in more if path.suffix == ".ttl")]
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
    survey = assembly.survey
    survey.facts = {relation: set() for relation in reasoning.relations(assembly.ontology)}
    reasoning.gather(terms, survey.facts)
    survey.described |= {quad.subject.value for quad in terms if isinstance(quad.subject, NamedNode)}
    graphs = [*((path, GRAPH_PROVENANCE) for path in claim_files), *((path, GRAPH_REFERENCE) for path in references)]
    # Many files at once: each bulk load costs a tenth of a second on disk, and leaves the store in as many pieces.
    batch: list[Quad] = []
    for path, graph in graphs:
        try:
            for piece in survey.read(path, graph):
                batch += piece
                if len(batch) >= claims.PIECE:
                    store.bulk_extend(batch)
                    batch.clear()
        except claims.Unreadable as error:
            assembly.problems.append(_problem(workspace, path, error))
    store.bulk_extend(batch)
    store.bulk_extend(_canonical(terms))
    return assembly


def complete(store: Store, assembly: Assembly) -> int:
    """Add the bounds of dates and all that follows, each to its named graph; return how many statements follow."""
    bounds = list(_date_bounds(assembly.survey.dates))
    store.bulk_extend(bounds)
    reasoning.gather(bounds, assembly.survey.facts)
    return reasoning.infer(store, assembly.ontology, assembly.survey.facts)


def add_default_graph(store: Store) -> None:
    """Put each statement of the named graphs into the default graph as well, for queries.

    Statements with blank nodes (the ontology's lists) stay out of it.
    """
    store.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) } }")


def with_default_graph(store: Store) -> Iterator[Quad]:
    """Yield what ``add_default_graph`` would make of a store, statements of the default graph more than once.

    Whoever writes it to disk need not hold it in memory: that would be twice as much.
    """
    for quad in store:
        subject, predicate, value, graph = quad
        if isinstance(graph, DefaultGraph):
            continue
        yield quad
        if not isinstance(subject, BlankNode) and not isinstance(value, BlankNode):
            yield Quad(subject, predicate, value)


def count(store: Store, graph: NamedNode) -> int:
    """Return the number of statements in a named graph."""
    return int(select(store, f"SELECT (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?s ?p ?o }} }}")[0]["n"].value)


def object_statements(store: Triplestore, ontology: Ontology, most: int | None = None) -> list[Quad]:
    """Return the ontology's axioms and all asserted object statements, each once, as HermiT takes them: no literals.

    Of more than ``most``, one more than that are returned, whichever come first.
    """
    annotations = {term.iri for term in ontology.properties if term.kind == "AnnotationProperty"}
    found = set()
    for quad in store:
        if (
            not isinstance(quad.object, Literal)
            and quad.predicate.value not in annotations
            and quad.graph_name not in (DefaultGraph(), GRAPH_INFERRED, GRAPH_DATES)
        ):
            found.add(Quad(quad.subject, quad.predicate, quad.object))
            if most is not None and len(found) > most:
                break
    return sorted(found, key=str)


def _canonical(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield statements in the ontology's graph, blank nodes named by RDFC-1.0: exports are the same bytes."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    for quad in dataset:
        yield Quad(quad.subject, quad.predicate, quad.object, GRAPH_ONTOLOGY)


def _date_bounds(written: Iterable[str]) -> Iterator[Quad]:
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


def _problem(workspace: Workspace, path: Path, error: claims.Unreadable) -> Problem:
    return Problem(ERROR, error.what, error.mend, workspace.show(path), error.line)
