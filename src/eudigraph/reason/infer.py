"""Running the rules over the graph's statements until nothing new follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from pyoxigraph import BlankNode, NamedNode, Quad

from eudigraph.model.names import GRAPH_INFERRED, RDF_TYPE
from eudigraph.model.ontology import Ontology
from eudigraph.reason.rules import Atom, Facts, Relation, relation_of, rules


def facts(ontology: Ontology, quads: Iterable[Quad] = ()) -> Facts:
    """Return all relations that the ontology's axioms speak of, with what stands in them by these statements."""
    found: Facts = {relation_of(atom): set() for rule in rules(ontology) for atom in (rule.head, *rule.body)}
    found |= {(RDF_TYPE.value, one): set() for group in ontology.disjoint for one in group}
    found |= {(term.iri, None): set() for term in ontology.properties if term.traits}
    gather(quads, found)
    return found


def gather(quads: Iterable[Quad], facts: Facts) -> None:
    """Add statements to the relations in ``facts`` that they fit, those with blank nodes (lists) left out."""
    for subject, predicate, value, _ in quads:
        if not isinstance(subject, NamedNode) or isinstance(value, BlankNode):
            continue
        name, other = predicate.value, value.value if isinstance(value, NamedNode) else value
        is_class = name == RDF_TYPE.value
        if (ends := facts.get((name, other if is_class else None))) is not None:
            ends.add(subject.value if is_class else (subject.value, other))


def infer(ontology: Ontology, facts: Facts) -> list[Quad]:
    """Return all that follows from the ontology's ``facts``, in the graph of inferred statements; add it to them.

    Semi-naive: each round asks what follows from the statements that were new in the round before, together with all
    others, so that no rule runs twice over the same. Every body is a path from ``?x`` to ``?y``; see ``rules``.
    """
    known = rules(ontology)
    paths = _Paths({relation_of(atom) for rule in known if len(rule.body) > 1 for atom in rule.body})
    new = facts
    made: list[Quad] = []
    while new:
        paths.add(new)
        found: Facts = defaultdict(set)
        for rule in known:
            for place, atom in enumerate(rule.body):
                if ends := new.get(relation_of(atom)):
                    ends = paths.ends(rule.body, place, ends)
                    found[relation_of(rule.head)].update(
                        _heads(rule.head, ends, of_class=relation_of(atom)[1] is not None)
                    )
        new = {relation: ends for relation in found if (ends := found[relation] - facts[relation])}
        for relation, ends in new.items():
            facts[relation] |= ends
            made += _quads(relation, ends)
    return made


class _Paths:
    """The statements of the relations in ``chained``, by subject and by object."""

    def __init__(self, chained: Collection[Relation]) -> None:
        self.after: dict[Relation, dict[Any, list[Any]]] = {relation: defaultdict(list) for relation in chained}
        self.before: dict[Relation, dict[Any, list[Any]]] = {relation: defaultdict(list) for relation in chained}

    def add(self, new: Facts) -> None:
        """Add statements that are not held yet."""
        for relation in new.keys() & self.after.keys():
            after, before = self.after[relation], self.before[relation]
            for s, o in new[relation]:
                after[s].append(o)
                before[o].append(s)

    def ends(self, body: Sequence[Atom], place: int, ends: set[Any]) -> set[Any]:
        """Return the ends of the paths along a body whose statement at a place is one of these."""
        for atom in reversed(body[:place]):
            before = self.before[relation_of(atom)]
            ends = {(s, o) for m, o in ends for s in before.get(m, ())}
        for atom in body[place + 1 :]:
            after = self.after[relation_of(atom)]
            ends = {(s, o) for s, m in ends for o in after.get(m, ())}
        return ends


def _quads(relation: Relation, ends: set[Any]) -> Iterator[Quad]:
    """Yield statements as the store has them."""
    predicate = NamedNode(relation[0])
    if relation[1] is not None:
        class_ = NamedNode(relation[1])
        for thing in ends:
            yield Quad(NamedNode(thing), predicate, class_, GRAPH_INFERRED)
    else:
        for subject, value in ends:
            term = NamedNode(value) if isinstance(value, str) else value
            yield Quad(NamedNode(subject), predicate, term, GRAPH_INFERRED)


def _heads(head: Atom, ends: set[Any], *, of_class: bool) -> Iterable[Any]:
    """Return what a rule leads to, from the ends of its body or the things of a class; only things are subjects."""
    match head[0], head[2]:
        case "?x", "?y":
            return ends
        case "?x", _:
            return ends if of_class else {x for x, _ in ends}
        case _, "?x":
            return {(y, x) for x, y in ends if isinstance(y, str)}
        case _:
            return {y for _, y in ends if isinstance(y, str)}
