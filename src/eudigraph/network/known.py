"""How things stand by what is known on a day, as the build wrote it: situations of engagements, and ties.

Networks take from here, so that a stage is the same wherever it is shown. What is said after that day counts for
nothing, neither outright nor by what follows from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from eudigraph.model.current import newest_day
from eudigraph.model.labels import best
from eudigraph.model.names import (
    BASE,
    EUD,
    GRAPH_DATES,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_STATE,
    OWN_GRAPHS,
    RDF_TYPE,
    SKOS,
    XSD,
    eud,
    shorten,
)
from eudigraph.model.ontology import from_store
from eudigraph.model.stages import Ladder, read_ladder
from eudigraph.model.triples import Triplestore, select
from eudigraph.reason import infer
from eudigraph.reason.rules import Facts

NEVER = "9999-99-99"
"""After all days."""
MENTIONED = f"{BASE}stage/mentioned"
"""The stage of what is related to something and of which nothing is said of how it stands."""
_OWN = frozenset(graph.value for graph in OWN_GRAPHS)
_DERIVED = (GRAPH_INFERRED, GRAPH_STATE, GRAPH_DATES)


@dataclass(frozen=True, slots=True)
class Situation:
    """How an engagement stands: status and stage (IRIs), the date (EDTF) with its first and last day, if it has any."""

    status: str
    stage: str
    date: str
    first: str | None
    last: str | None
    disputed: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """How far a topic has come with a country: the stage (IRI), and the engagement and passage that bear it."""

    stage: str
    through: str
    passage: str
    priority: bool


class Known:
    """What is known by a day, by default the newest of the graph, each thing asked for once, when it is needed."""

    def __init__(self, store: Triplestore, day: date | None = None) -> None:
        self._store = store
        self.newest = newest_day(store) or date.min.isoformat()
        self.day = day.isoformat() if day else self.newest
        self.is_past = self.day < self.newest
        """Whether something is known now that was not known then."""
        self._labels: dict[str, str] = {}

    @cached_property
    def ladder(self) -> Ladder:
        """The stages with their ranks."""
        return read_ladder(
            quad
            for name in ("rank", "stage")
            for quad in self._store.quads_for_pattern(None, eud(name), None, GRAPH_ONTOLOGY)
        )

    def rank(self, stage: str) -> int:
        """Return the place of a stage on the ladder; -1 is beside it."""
        return self.ladder.ranks.get(stage, -1)

    def order(self, tie: Tie) -> tuple[int, bool, str, str]:
        """Return by what ties are sorted: the furthest first, of these a priority, and then always the same."""
        return -self.rank(tie.stage), not tie.priority, tie.passage, tie.through

    def label(self, iri: str) -> str:
        """Return what a stage or a status is called."""
        if iri not in self._labels:
            quads = self._store.quads_for_pattern(NamedNode(iri), NamedNode(SKOS + "prefLabel"), None, DefaultGraph())
            names = [quad.object for quad in quads if isinstance(quad.object, Literal)]
            self._labels[iri] = best(names) or shorten(iri)
        return self._labels[iri]

    @cached_property
    def situations(self) -> dict[str, Situation]:
        """How each engagement stands; those of which nothing is known are left out."""
        optional = " ".join(f"OPTIONAL {{ ?s <{EUD}{name}> ?{name} }}" for name in ("onDate", "firstDay", "lastDay"))
        rows = self._lasting(
            "Situation",
            "?about ?status ?stage ?disputed ?onDate ?firstDay ?lastDay",
            f"<{EUD}about> ?about ; <{EUD}inStatus> ?status ; <{EUD}stage> ?stage ; <{EUD}isDisputed> ?disputed",
            optional,
        )
        return {
            row["about"]: Situation(
                row["status"],
                row["stage"],
                row["onDate"] or "",
                row["firstDay"],
                row["lastDay"],
                row["disputed"] == "true",
            )
            for row in rows
        }

    @cached_property
    def ties(self) -> dict[tuple[str, str], Tie]:
        """How far each topic has come with each country."""
        rows = self._lasting(
            "Tie",
            "?country ?topic ?stage ?through ?passage ?priority",
            f"<{EUD}ofCountry> ?country ; <{EUD}onTopic> ?topic ; <{EUD}stage> ?stage ; <{EUD}through> ?through ; "
            f"<{EUD}borneBy> ?passage ; <{EUD}isPriority> ?priority",
        )
        return {
            (row["country"], row["topic"]): Tie(row["stage"], row["through"], row["passage"], row["priority"] == "true")
            for row in rows
        }

    def _lasting(self, kind: str, columns: str, pattern: str, optional: str = "") -> list[dict[str, Any]]:
        """Return the texts of what is derived and known by the day."""
        day = f'"{self.day}"^^<{XSD}date>'
        query = (
            f"SELECT {columns} {{ ?s a <{EUD}{kind}> ; <{EUD}knownFrom> ?from ; <{EUD}knownUntil> ?until ; {pattern} "
            f"FILTER(?from <= {day} && {day} < ?until) {optional} }}"
        )
        rows = select(self._store, query)
        return [{name: term and term.value for name, term in row.items()} for row in rows]

    # ------------------------------------------------------------ What had been said by then

    @cached_property
    def _said(self) -> dict[str, str]:
        """The day from which each passage is known; those without a day are left out."""
        # First the sources, which are few; their passages all share their day.
        dates = (
            f"SELECT ?source ?last {{ ?source <{EUD}published> ?text . ?span <{EUD}edtf> ?text ; <{EUD}latest> ?last }}"
        )
        days = {row["source"].value: row["last"].value for row in select(self._store, dates)}
        rows = select(self._store, f"SELECT ?passage ?source {{ ?passage <{EUD}source> ?source }}")
        return {row["passage"].value: days[row["source"].value] for row in rows if row["source"].value in days}

    def said(self, passage: str) -> str | None:
        """Return the day from which a passage is known: the last on which its source can have been published."""
        return self._said.get(passage)

    def counts(self, graph: str) -> bool:
        """Whether what a named graph holds is known: a passage that had been said by then, or reference data."""
        return not self.is_past or graph in _OWN or self._said.get(graph, NEVER) <= self.day

    @cached_property
    def _facts(self) -> tuple[Facts, list[Quad]]:
        """All relations that the axioms speak of by what is known by the day, and what follows among them."""
        ontology = from_store(self._store)
        facts = infer.facts(ontology, self._quads())
        return facts, infer.infer(ontology, facts)

    @property
    def follows(self) -> list[Quad]:
        """The statements that follow from what is known by the day."""
        return self._facts[1]

    @cached_property
    def classes(self) -> dict[str, frozenset[str]]:
        """The classes that each thing was known by the day to be in."""
        found: dict[str, set[str]] = defaultdict(set)
        for quad in (*self._quads(RDF_TYPE), *(quad for quad in self.follows if quad.predicate == RDF_TYPE)):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                found[quad.subject.value].add(quad.object.value)
        return {thing: frozenset(classes) for thing, classes in found.items()}

    def _quads(self, relation: NamedNode | None = None) -> Iterator[Quad]:
        """Yield what had been said by the day, and reference data; with a relation, only its statements."""
        for graph in self._store.named_graphs():
            if isinstance(graph, NamedNode) and graph not in _DERIVED and self.counts(graph.value):
                yield from self._store.quads_for_pattern(None, relation, None, graph)

    @cached_property
    def _linked(self) -> set[frozenset[str]]:
        """All pairs that any relation ties to one another by what is known by the day."""
        return {frozenset(ends) for (_, of), pairs in self._facts[0].items() if of is None for ends in pairs}

    def holds(self, subject: str, relation: str, value: str) -> bool:
        """Whether a statement of the graph had been said by the day, or followed from what had."""
        if not self.is_past:
            return True
        pairs = self._facts[0].get((relation, None))
        if pairs is None:  # no axiom speaks of it, so it is known by being said
            quads = self._store.quads_for_pattern(NamedNode(subject), NamedNode(relation), NamedNode(value))
            return any(isinstance(q.graph_name, NamedNode) and self.counts(q.graph_name.value) for q in quads)
        return (subject, value) in pairs

    def are_linked(self, one: str, other: str) -> bool:
        """Whether any relation between two things was known by the day."""
        return not self.is_past or frozenset((one, other)) in self._linked
