"""Statuses and days of one engagement in one passage: what a passage cannot say is an error.

A status is meant for some kinds of engagement; a passage tells of one step of each engagement. This is looked at before
anything is derived, which would take one of two statuses and never tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, Quad, Store

from eudigraph.model.names import (
    BASE,
    EUD,
    GRAPH_ONTOLOGY,
    GRAPH_REFERENCE,
    OWN_GRAPHS,
    RDF_TYPE,
    SKOS,
    eud,
    shorten,
)
from eudigraph.model.ontology import Ontology
from eudigraph.model.stages import Ladder, read_ladder
from eudigraph.model.text import similar
from eudigraph.sources.problems import ERROR, Probe, Problem, key

_NUMBERS = {2: "two", 3: "three", 4: "four"}


class Claim(NamedTuple):
    """A statement of a passage, or of the reference data, which has no passage."""

    subject: str
    value: str
    passage: str | None


def claims(store: Store, name: str) -> Iterator[Claim]:
    """Yield what passages and reference data say with one of our properties."""
    for quad in store.quads_for_pattern(None, eud(name), None, None):
        graph = quad.graph_name
        if isinstance(graph, NamedNode) and isinstance(quad.subject, NamedNode):
            if graph == GRAPH_REFERENCE:
                yield Claim(quad.subject.value, value_of(quad), None)
            elif graph not in OWN_GRAPHS:
                yield Claim(quad.subject.value, value_of(quad), graph.value)


def value_of(quad: Quad) -> str:
    """Return what a statement gives as a value: an IRI, or a text."""
    return quad.object.value if isinstance(quad.object, NamedNode | Literal) else key(quad.object)


def classes_of(store: Store) -> dict[str, set[str]]:
    """Return the classes that each entity is said to be in, all read at once."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, RDF_TYPE, None, None):
        if isinstance(quad.subject, NamedNode):
            found[quad.subject.value].add(value_of(quad))
    return found


class Statuses:
    """The ontology's statuses, and for which kinds of engagement each is meant: those whose scheme it stands in."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._ontology, self._classes = ontology, classes_of(store)
        self.ladder: Ladder = read_ladder(store.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY))
        self._schemes: dict[str, set[str]] = defaultdict(set)
        for quad in store.quads_for_pattern(None, NamedNode(SKOS + "inScheme"), None, GRAPH_ONTOLOGY):
            self._schemes[key(quad.subject)].add(value_of(quad))
        self._all = set().union(*self._schemes.values())
        self._known = {f"{BASE}scheme/{t.name.lower()}-status": t.label for t in ontology.classes if t.ours}
        self._kinds: dict[str, set[str]] = {}

    def schemes_of(self, thing: str) -> set[str]:
        """Return the schemes of statuses of the kinds that something is said to be; none where none is said."""
        if thing not in self._kinds:
            classes = set().union(*map(self._ontology.superclasses, self._classes.get(thing, ())))
            wanted = {f"{BASE}scheme/{name.removeprefix(EUD).lower()}-status" for name in classes}
            self._kinds[thing] = wanted & self._all
        return self._kinds[thing]

    def words(self, schemes: Iterable[str]) -> str:
        """Return the kinds of engagement that schemes are for, in words."""
        kinds = sorted(self._known[scheme] for scheme in schemes)
        return " or ".join(f"{'an' if kind[:1] in tuple('aeiou') else 'a'} {kind}" for kind in kinds)

    def fits(self, status: str, schemes: set[str]) -> bool:
        """Whether a status is meant for one of these kinds. One that is in no scheme is meant for all."""
        return not schemes or not self._schemes[status] or not schemes.isdisjoint(self._schemes[status])

    def fitting(self, schemes: set[str]) -> list[str]:
        """Return the statuses that are meant for one of these kinds, in the order of the ladder."""
        found = [iri for iri in self.ladder.statuses if self.fits(iri, schemes)]
        return sorted(found, key=lambda iri: (self.ladder.statuses[iri].rank < 0, self.ladder.statuses[iri].rank, iri))

    def nearest(self, status: str, schemes: set[str]) -> list[str]:
        """Return what may have been meant: of a status of other kinds those at its place, else what is spelt so."""
        fitting = self.fitting(schemes)
        there = self.ladder.statuses.get(status)
        if there is None:
            return similar(shorten(status), [shorten(iri) for iri in fitting])
        stages = {iri: self.ladder.statuses[iri] for iri in fitting}
        same = [iri for iri, other in stages.items() if other.stage == there.stage]
        by_rank = sorted(same or fitting, key=lambda iri: (abs(stages[iri].rank - there.rank), iri))
        return [shorten(iri) for iri in by_rank[:3]]

    def advice(self, status: str, schemes: set[str]) -> str:
        """Return what may have been meant by a status that there is not, or not for these kinds."""
        if near := self.nearest(status, schemes):
            return f"nearest: {', '.join(near)}"
        of = f" of {self.words(schemes)}" if schemes else ""
        return f"the statuses{of} are {', '.join(shorten(iri) for iri in self.fitting(schemes))}"


def steps(store: Store, ontology: Ontology, described: set[str]) -> Iterator[Problem]:
    """Yield where a passage has two steps of one engagement, and invalid statuses, or statuses of other kinds.

    What is ``described`` nowhere is reported as such.
    """
    statuses = Statuses(store, ontology)
    first: dict[tuple[str, str, str], str] = {}
    more: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    unfit: dict[Claim, set[str]] = {}
    for name in ("status", "date"):
        for claim in claims(store, name):
            subject, value, passage = claim
            if name == "status":
                schemes = statuses.schemes_of(subject)
                if value not in statuses.ladder.statuses or not statuses.fits(value, schemes):
                    unfit[claim] = schemes
                    continue
            if passage and first.setdefault((passage, subject, name), value) != value:
                more[passage, subject, name].add(value)
    for (passage, subject, name), others in sorted(more.items()):
        values = sorted({first[passage, subject, name], *others})
        shown = [shorten(value) if name == "status" else value for value in values]
        several = f"{_NUMBERS.get(len(values), len(values))} {'statuses' if name == 'status' else 'dates'}"
        what = f"{shorten(passage)} gives {shorten(subject)} {several}: {', '.join(shown)}"
        mend = "make a passage of each step, with its own status and date"
        probe = Probe(subject, EUD + name, None, passage)
        yield Problem(ERROR, what, mend, passage=passage, probe=probe)
    for claim in sorted(unfit, key=lambda c: (c.value, c.subject, c.passage or "")):
        schemes = unfit[claim]
        if claim.value in described:
            of = f" of {statuses.words(schemes)}" if schemes and claim.value in statuses.ladder.statuses else ""
            what = f"{shorten(claim.value)} of {shorten(claim.subject)} is no status{of}"
            probe = Probe(claim.subject, EUD + "status", claim.value, claim.passage or GRAPH_REFERENCE.value)
            yield Problem(ERROR, what, f"correct it; {statuses.advice(claim.value, schemes)}", probe=probe)
