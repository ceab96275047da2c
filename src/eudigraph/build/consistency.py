"""What all claims together say: cycles, contradictions and broken shapes.

SPARQL names the contradictions at any size. Shapes and HermiT run up to sizes that are stated; above them, they say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from eudigraph.build.assemble import Assembly
from eudigraph.model.names import (
    EUD,
    GRAPH_INFERRED,
    GRAPH_PROVENANCE,
    GRAPH_REFERENCE,
    OWN_GRAPHS,
    RDF_TYPE,
    shorten,
)
from eudigraph.model.ontology import Ontology, is_loading
from eudigraph.model.text import one_line
from eudigraph.model.triples import Row, plain, select
from eudigraph.model.workspace import Workspace
from eudigraph.reason import hermit, rules, shapes
from eudigraph.reason.hermit import object_statements
from eudigraph.sources import files
from eudigraph.sources.documents import Unreadable
from eudigraph.sources.problems import ERROR, WARNING, Probe, Problem, key, show

MAX_SHAPES = 50_000
"""Statements in the named graphs, without the ontology's, up to which the SHACL shapes are run."""

_DERIVED = tuple(graph for graph in OWN_GRAPHS if graph not in (GRAPH_PROVENANCE, GRAPH_REFERENCE))
"""Graphs in which nobody claims or describes anything."""


def clashes(store: Store, assembly: Assembly) -> Iterator[Problem]:
    """Yield cycles of topics and contradictions, each with the things it is about, whichever graphs they stand in."""
    for clash in [rules.topic_cycles(), *rules.clashes(assembly.ontology)]:
        if not clash.possible(assembly.survey.facts):
            continue
        for row in select(store, clash.query, use_default_graph_as_union=True):
            values = {name: show(term) for name, term in row.items()}
            yield _clash(store, assembly.ontology, clash.message.format(**values), row)


def with_shapes(
    store: Store, size: int, workspace: Workspace, say: Callable[[str], None], asked: frozenset[str] = frozenset()
) -> list[Problem]:
    """Return where the graph breaks the workspace's shapes; ``say`` is told where its ``size`` is too large.

    ``asked`` are engagements whose status is asked for already: a shape that wants one is not reported again.
    """
    paths = workspace.shapes_files
    if paths and size > MAX_SHAPES:
        say(f"shapes not run: {size:,} statements, more than {MAX_SHAPES:,}")
    if not paths or size > MAX_SHAPES:
        return []
    problems: list[Problem] = []
    rules: set[Triple] = set()
    for path in paths:
        shown = workspace.show(path)
        try:
            for line, quad in files.statements(path):
                if quad.predicate.value in shapes.RUNS or is_loading(quad):
                    what = f"{show(quad.predicate)} is left out: shapes run no queries or scripts, and load nothing"
                    problems.append(Problem(WARNING, what, "say it with the other terms of SHACL", shown, line))
                else:
                    rules.add(quad.triple)
        except Unreadable as error:
            return [*problems, Problem(ERROR, error.what, error.mend, shown, error.line)]
    given = {quad.triple for quad in plain(store)}
    try:
        broken = shapes.validate(*(serialize(some, format=RdfFormat.N_TRIPLES) or b"" for some in (given, rules)))
    except shapes.Unproven as error:
        what = f"the shapes cannot be used: {error}"
        return [*problems, Problem(ERROR, what, "correct them", workspace.show(paths[0]))]
    for found in broken:
        if found.lacks == EUD + "status" and found.focus in asked:
            continue
        what, _, mend = found.message.replace(";", ",").partition(". ")
        named = shorten(found.focus) if found.focus else "a thing without a name"
        probe = Probe(found.focus, found.path, found.value)
        if found.literal is not None:
            named, probe = f"the value {one_line(found.literal)!r}", Probe(object=found.literal)
        problems.append(
            Problem(
                ERROR if found.severe else WARNING,
                f"{named}: {what.rstrip('.')}",
                (mend[:1].lower() + mend[1:]).rstrip(".") or "correct the statement, or add what is missing",
                probe=probe,
            )
        )
    return problems


def with_hermit(store: Store, assembly: Assembly, say: Callable[[str], None]) -> list[Problem]:
    """Return a problem if HermiT finds the graph inconsistent; ``say`` is told where it was not asked, and why."""
    statements = object_statements(store, assembly.ontology, hermit.MAX_STATEMENTS)
    if len(statements) > hermit.MAX_STATEMENTS:
        say(f"HermiT not asked: more than {hermit.MAX_STATEMENTS:,} object statements")
        return []
    triples = (Triple(q.subject, q.predicate, q.object) for q in statements)
    verdict = hermit.ask(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
    if verdict.consistent is None and verdict.asked:
        what = f"whether the claims contradict the ontology could not be proven: {verdict.reason}"
        return [Problem(WARNING, what, "see whether it goes with fewer of them; --no-hermit does without")]
    if verdict.consistent is None:
        say(f"HermiT not asked: {verdict.reason}")
    if verdict.consistent is not False:
        return []
    mend = (
        "mend the contradictions named beside this; if none is named, take out the last claims and add them one by one"
    )
    return [Problem(ERROR, "the claims contradict the ontology, says HermiT", mend)]


def _clash(store: Store, ontology: Ontology, message: str, row: Row) -> Problem:
    thing = row["x"]
    said = []
    if isinstance(thing, NamedNode):
        if claim := _forcing(store, ontology, thing):
            parts = (claim.subject, claim.predicate, claim.object)
            what = f"{message}, which this claim makes of it: {' '.join(map(show, parts))}"
            mend = "correct that claim; perhaps its property is not the one that was meant"
            return Problem(ERROR, what, mend, probe=Probe(*map(key, (*parts, claim.graph_name))))
        graphs = {quad.graph_name for quad in store.quads_for_pattern(thing, None, None, None)}
        said = sorted(g.value for g in graphs if isinstance(g, NamedNode) and g not in OWN_GRAPHS)
    where = f" (spoken of in {', '.join(map(shorten, said[:4]))})" if said else ""
    mend = "correct the claims; perhaps two things share one name"
    return Problem(ERROR, message + where, mend, probe=Probe(subject=key(thing)))


def _forcing(store: Store, ontology: Ontology, thing: NamedNode) -> Quad | None:
    """Return a claim whose property, by its domain or range, makes of a thing what it cannot be besides what it is."""
    called: set[str] = set()
    for quad in store.quads_for_pattern(thing, RDF_TYPE, None, None):
        if quad.graph_name not in (GRAPH_INFERRED, DefaultGraph()) and isinstance(quad.object, NamedNode):
            called |= ontology.superclasses(quad.object.value)
    claims = {*store.quads_for_pattern(thing, None, None, None), *store.quads_for_pattern(None, None, thing, None)}
    for quad in sorted(claims, key=str):
        if quad.graph_name in (*_DERIVED, DefaultGraph()):
            continue
        names = ontology.superclasses(quad.predicate.value)  # of a property, those above it
        terms = [ontology.terms[name] for name in names if name in ontology.terms]
        ends = [end for term in terms if quad.subject == thing for end in term.domains]
        ends += [end for term in terms if quad.object == thing for end in term.ranges]
        made = set().union(*map(ontology.superclasses, ends)) - called
        if any(called.intersection(group) and made.intersection(group) for group in ontology.disjoint):
            return quad
    return None
