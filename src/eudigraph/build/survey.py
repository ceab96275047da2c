"""What one look at the statements of a workspace, as they are read, gathers for the checks and for the build.

To go through all of them once for each check would take most of a build's time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from eudigraph.model.names import EDTF, EUD, GRAPH_PROVENANCE, GRAPH_REFERENCE, OWN_GRAPHS, RDF_TYPE, XSD
from eudigraph.reason.rules import Facts
from eudigraph.sources import files
from eudigraph.sources.problems import key

MAX_ORDER = 200_000
"""Statements in a file up to which its order is checked and doubled statements are looked for."""
MAX_TEXT = 10_000
"""Characters of the longest text a statement may hold."""
MAX_DIGITS = 18
"""Characters of the longest number; stores and libraries disagree on what is longer, and do not compare it."""
_NUMBERS = {XSD + name for name in ("integer", "decimal", "double")}
_MARKUP = re.compile("<[a-zA-Z/!][^<>]*>")
_PLACES = tuple(EUD + name for name in ("source", "characters", "start", "end"))
_RESERVED = frozenset(graph.value for graph in OWN_GRAPHS if graph != GRAPH_PROVENANCE)

Subject = NamedNode | BlankNode | Triple
Object = NamedNode | BlankNode | Literal | Triple
GraphName = NamedNode | BlankNode | DefaultGraph


@dataclass
class Order:
    """In which order a file says things.

    Places are numbers of statements, from 0, by IRI: of the first statement about a thing in no named graph, and of the
    first in a graph. ``doubled`` has what stands there again, with its place.
    """

    things: dict[str, int] = field(default_factory=dict)
    graphs: dict[str, int] = field(default_factory=dict)
    doubled: list[tuple[int, Quad]] = field(default_factory=list)
    whole: bool = True
    """Whether the file has no more statements than are looked at."""


@dataclass
class Survey:
    """What the statements of claims and reference data say, all together."""

    uses: dict[type, dict[str, Quad]] = field(default_factory=lambda: defaultdict(dict))
    """A statement for each kind of object and property."""
    of_nameless: set[str] = field(default_factory=set)
    """Properties of things without a name."""
    classes: set[Object] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    described: set[str] = field(default_factory=set)
    """Subjects, also the ontology's."""
    dates: set[str] = field(default_factory=set)
    odd: dict[str, set[Triple]] = field(default_factory=lambda: defaultdict(set))
    """Statements that are too long a ``text`` or ``number``, or a text with ``markup``."""
    reference: set[tuple[str, str]] = field(default_factory=set)
    """Subjects and properties of reference data."""
    provenance: dict[Subject, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Subjects outside passages, with their classes there."""
    places: dict[str, dict[str, list[Object]]] = field(
        default_factory=lambda: {name: defaultdict(list) for name in _PLACES}
    )
    """Where passages lie and how long sources are: by property, things with all values."""
    hidden: dict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By file, graphs that only the build writes to, and the file has put something into: not taken."""
    facts: Facts = field(default_factory=dict)
    """What stands in the relations that axioms speak of; see ``reasoning``. Others are not gathered."""
    orders: dict[Path, Order] = field(default_factory=dict)
    sizes: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """By file, how many statements it has, and how many of them are claims, in graphs of passages."""

    def read(self, path: Path, graph: NamedNode) -> Iterator[tuple[list[Quad], list[Quad]]]:
        """Yield a file's statements in pieces, as they are in the store: in named graphs, and in the default graph.

        In ``graph`` is what is in no named one; in the default graph is nothing that has blank nodes. Raises
        Unreadable; the pieces before that count all the same.
        """
        self.sizes[path] = (0, 0)
        for number, statements in enumerate(files.pieces(path)):
            order = Order(whole=len(statements) <= MAX_ORDER)
            if number == 0:  # with more pieces, this one alone has more than are looked at
                order.doubled = _doubled(statements[:MAX_ORDER])
                self.orders[path] = order
            taken, plain = self._taken(statements, graph, self.hidden[path], order)
            all_, claims = self.sizes[path]
            claims += sum(quad.graph_name != graph for quad in taken)
            self.sizes[path] = (all_ + len(statements), claims)
            yield taken, plain

    def _taken(
        self, statements: Iterable[Quad], home: NamedNode, hidden: set[str], order: Order
    ) -> tuple[list[Quad], list[Quad]]:
        """Note the statements, and return them as they are in the store. For a million, each line takes 0.1 to 2 s."""
        type_, provenance, reference = RDF_TYPE.value, GRAPH_PROVENANCE.value, GRAPH_REFERENCE.value
        taken, plain = [], []
        around: GraphName | None = None
        before: Subject | None = None
        for number, statement in enumerate(statements):
            subject, predicate, value, graph = quad = statement
            if graph != around:
                around, before = graph, None
                bare = isinstance(graph, DefaultGraph)
                place = home.value if bare else key(graph)
                if not bare:
                    order.graphs.setdefault(place, number)
            if bare:
                quad = Quad(subject, predicate, value, home)
            elif place in _RESERVED:
                hidden.add(place)
                continue
            taken.append(quad)
            if subject != before:
                before, thing = subject, key(subject)
                if named := isinstance(subject, NamedNode):
                    self.described.add(thing)
                    if bare:
                        order.things.setdefault(thing, number)
                if place == provenance:
                    classes = self.provenance[subject]
            name = predicate.value
            if name not in (known := self.uses[type(value)]):
                known[name] = quad
            if named and not isinstance(value, BlankNode):
                plain.append(statement if bare else Quad(subject, predicate, value))
            other: Any = value
            if isinstance(value, NamedNode):
                other = value.value
                if name != type_:
                    self.mentioned.add(other)
            elif isinstance(value, Literal):
                self._note_text(quad, value)
            if is_class := name == type_:
                self.classes.add(value)
                if place == provenance:
                    classes.add(key(value))
            if not named:
                self.of_nameless.add(name)
            elif (ends := self.facts.get((name, other if is_class else None))) is not None:
                ends.add(thing if is_class else (thing, other))
            if place == reference:
                self.reference.add((thing, name))
            elif named and place == provenance and name in self.places:
                self.places[name][thing].append(value)
        return taken, plain

    def _note_text(self, quad: Quad, literal: Literal) -> None:
        text, kind = literal.value, literal.datatype.value
        if kind == EDTF:
            self.dates.add(text)
        if len(text) > MAX_TEXT:
            self.odd["text"].add(quad.triple)
        if len(text) > MAX_DIGITS and kind in _NUMBERS:
            self.odd["number"].add(quad.triple)
        if "<" in text and _MARKUP.search(text):
            self.odd["markup"].add(quad.triple)


def _doubled(statements: Sequence[Quad]) -> list[tuple[int, Quad]]:
    if len(set(statements)) == len(statements):  # as in nearly all files
        return []
    seen, found = set(), []
    for place, quad in enumerate(statements):
        if quad in seen:
            found.append((place, quad))
        seen.add(quad)
    return found
