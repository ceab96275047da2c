"""What follows: rules made from the ontology's own axioms, run to the end, and explained when asked.

The rules are those of OWL 2 RL (https://www.w3.org/TR/owl2-profiles/, section 4.3) for the kinds of axioms the ontology
uses: cax-sco, prp-spo1, prp-spo2, prp-inv1/2, prp-dom, prp-rng, prp-symp, prp-trp. A test holds the ontology to these
kinds and their result equal to HermiT's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from eudigraph.names import GRAPH_INFERRED, OWL, OWN_GRAPHS, RDF_TYPE, SKOS
from eudigraph.ontology import Ontology, Term
from eudigraph.sparql import Triplestore, select

Atom = tuple[str, str, str]
"""A pattern: subject, property IRI, object; subject and object are ``?x`` or the IRI of a class."""
Subject = NamedNode | BlankNode | Triple
Object = NamedNode | BlankNode | Literal | Triple

KNOWN_TRAITS = {"TransitiveProperty", "SymmetricProperty", "AsymmetricProperty", "IrreflexiveProperty"}
Relation = tuple[str, str | None]
"""What tells atoms apart that no statement fits both of: the property and, of a type, the class."""
Facts = dict[Relation, set[Any]]
"""What stands in each relation: of a class its things, of a property pairs of subject and object.

Things are written as IRIs: texts are faster to tell apart than terms. Texts stay literals.
"""
MAX_EXPLANATION = 10_000
"""Statements that a search for an explanation looks at, at most."""


@dataclass(frozen=True)
class Rule:
    """If all of ``body`` holds, so does ``head``; ``name`` says which axiom it is, in words."""

    name: str
    head: Atom
    body: tuple[Atom, ...]


@dataclass(frozen=True)
class Clash:
    """A contradiction: a query whose every row is one, and a message with ``{x}`` and ``{y}`` for its columns."""

    message: str
    query: str
    possible: Callable[[Facts], bool] = lambda _: True
    """Whether, by all that stands in the ontology's relations, there can be any: a query takes much longer to tell."""


@dataclass(frozen=True)
class Step:
    """One step of an explanation: a statement, and the rule and statements it follows from; none if it is asserted."""

    statement: Triple
    rule: str | None
    premises: tuple[Step, ...]

    def leaves(self) -> Iterator[Triple]:
        """Yield the asserted statements it rests on."""
        if self.rule is None:
            yield self.statement
        for premise in self.premises:
            yield from premise.leaves()


def rules(ontology: Ontology) -> list[Rule]:
    """Return the rules that the ontology's axioms amount to."""
    a = RDF_TYPE.value
    made: list[Rule] = []
    for term in ontology.classes:
        made += [
            Rule(f"every {_label(term)} is {_a(ontology, parent)}", ("?x", a, parent), (("?x", a, term.iri),))
            for parent in term.parents
        ]
    for term in ontology.properties:
        if term.kind == "AnnotationProperty":
            continue
        if term.kind == "ObjectProperty":
            made += _object_rules(ontology, term)
        made += [
            Rule(
                f"whatever has “{_label(term)}” is {_a(ontology, domain)}",
                ("?x", a, domain),
                (("?x", term.iri, "?y"),),
            )
            for domain in term.domains
        ]
    return made


def _object_rules(ontology: Ontology, term: Term) -> list[Rule]:
    made = [
        Rule(
            f"“{_label(term)}” implies “{_name(ontology, parent)}”",
            ("?x", parent, "?y"),
            (("?x", term.iri, "?y"),),
        )
        for parent in term.parents
    ]
    if term.inverse:
        made.append(
            Rule(
                f"“{_label(term)}” and “{_name(ontology, term.inverse)}” are inverse",
                ("?y", term.inverse, "?x"),
                (("?x", term.iri, "?y"),),
            )
        )
    for chain in term.chains:
        variables = ["?x", *(f"?m{i}" for i in range(1, len(chain))), "?y"]
        links = tuple((variables[i], link, variables[i + 1]) for i, link in enumerate(chain))
        names = " then ".join(f"“{_name(ontology, link)}”" for link in chain)
        made.append(Rule(f"{names} imply “{_label(term)}”", ("?x", term.iri, "?y"), links))
    if "SymmetricProperty" in term.traits:
        made.append(Rule(f"“{_label(term)}” is symmetric", ("?y", term.iri, "?x"), (("?x", term.iri, "?y"),)))
    if "TransitiveProperty" in term.traits:
        body = (("?x", term.iri, "?m1"), ("?m1", term.iri, "?y"))
        made.append(Rule(f"“{_label(term)}” is transitive", ("?x", term.iri, "?y"), body))
    made += [
        Rule(
            f"whatever “{_label(term)}” leads to is {_a(ontology, range_)}",
            ("?y", RDF_TYPE.value, range_),
            (("?x", term.iri, "?y"),),
        )
        for range_ in term.ranges
    ]
    return made


def facts(ontology: Ontology, quads: Iterable[Quad] = ()) -> Facts:
    """Return all relations that the ontology's axioms speak of, with what stands in them by these statements."""
    found: Facts = {_relation(atom): set() for rule in rules(ontology) for atom in (rule.head, *rule.body)}
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
    paths = _Paths({_relation(atom) for rule in known if len(rule.body) > 1 for atom in rule.body})
    new = facts
    made: list[Quad] = []
    while new:
        paths.add(new)
        found: Facts = defaultdict(set)
        for rule in known:
            for place, atom in enumerate(rule.body):
                if ends := new.get(_relation(atom)):
                    ends = paths.ends(rule.body, place, ends)
                    found[_relation(rule.head)].update(_heads(rule.head, ends, of_class=_relation(atom)[1] is not None))
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
            before = self.before[_relation(atom)]
            ends = {(s, o) for m, o in ends for s in before.get(m, ())}
        for atom in body[place + 1 :]:
            after = self.after[_relation(atom)]
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


def _relation(atom: Atom) -> Relation:
    return atom[1], None if atom[2].startswith("?") else atom[2]


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


def clashes(ontology: Ontology) -> list[Clash]:
    """Return the queries that name a contradiction: disjoint classes, asymmetric and irreflexive properties."""
    made = []
    for group in ontology.disjoint:
        for place, one in enumerate(group[:-1], 1):
            others = group[place:]
            names = " ".join(f"(<{other}> {Literal(_a(ontology, other))})" for other in others)
            # One query for a class, not one for each pair: its instances are gone through once.
            both = f"SELECT ?x ?other {{ ?x a <{one}> , ?other FILTER(?other IN (<{'>, <'.join(others)}>)) }}"
            query = f"SELECT DISTINCT ?x ?y WHERE {{ {{ {both} }} VALUES (?other ?y) {{ {names} }} }} ORDER BY ?y ?x"
            made.append(Clash(f"{{x}} cannot be both {_a(ontology, one)} and {{y}}", query, _meeting(one, others)))
    for term in ontology.properties:
        if "AsymmetricProperty" in term.traits:
            made.append(
                Clash(
                    f"{{x}} and {{y}} cannot each be “{_label(term)}” the other",
                    f"SELECT DISTINCT ?x ?y WHERE {{ ?x <{term.iri}> ?y . ?y <{term.iri}> ?x"
                    " FILTER(STR(?x) < STR(?y)) } ORDER BY ?x ?y",
                    _in_both_ways(term.iri),
                )
            )
        if "IrreflexiveProperty" in term.traits:
            made.append(
                Clash(
                    f"{{x}} cannot be “{_label(term)}” itself",
                    f"SELECT DISTINCT ?x WHERE {{ ?x <{term.iri}> ?x }} ORDER BY ?x",
                    _to_itself(term.iri),
                )
            )
    return made


def _meeting(one: str, others: Sequence[str]) -> Callable[[Facts], bool]:
    """Return whether something can be of one class and of another."""
    a = RDF_TYPE.value
    return lambda facts: not all(facts[a, one].isdisjoint(facts[a, other]) for other in others)


def _in_both_ways(prop: str) -> Callable[[Facts], bool]:
    return lambda facts: any((y, x) in facts[prop, None] for x, y in facts[prop, None] if x != y)


def _to_itself(prop: str) -> Callable[[Facts], bool]:
    return lambda facts: any(x == y for x, y in facts[prop, None])


def topic_cycles() -> Clash:
    """Return the query that names topics which are, by way of others, broader than themselves."""
    return Clash(
        "{x} is broader than itself, by way of {y}",
        f"SELECT ?x (MIN(STR(?o)) AS ?y) WHERE {{ ?x <{SKOS}broader> ?o . ?o <{SKOS}broader>* ?x }}"
        " GROUP BY ?x ORDER BY ?x",
    )


def passages_of(store: Triplestore, statement: Triple) -> list[NamedNode]:
    """Return the passages that say it, in the order of their IRIs; none for reference and inferred statements."""
    graphs = {
        quad.graph_name
        for quad in store.quads_for_pattern(statement.subject, statement.predicate, statement.object, None)
    }
    named = [g for g in graphs if isinstance(g, NamedNode) and g not in OWN_GRAPHS]
    return sorted(named, key=lambda g: g.value)


def asserted_in(store: Triplestore, statement: Triple) -> list[NamedNode]:
    """Return the named graphs other than that of inferred statements in which it stands."""
    graphs = {
        quad.graph_name
        for quad in store.quads_for_pattern(statement.subject, statement.predicate, statement.object, None)
    }
    named = [g for g in graphs if isinstance(g, NamedNode) and g != GRAPH_INFERRED]
    return sorted(named, key=lambda g: g.value)


def explain(store: Triplestore, ontology: Ontology, statement: Triple) -> list[Step]:
    """Return the ways in which a statement follows, shortest first; one step without a rule if it is asserted.

    A list of no steps means that the statement is not in the graph. No step of an explanation rests on itself.
    """
    if Quad(statement.subject, statement.predicate, statement.object, DefaultGraph()) not in store:
        return []
    search = _Search(store, rules(ontology))
    if asserted_in(store, statement):
        return [Step(statement, None, ())]
    return search.ways(statement)


def claims_behind(store: Triplestore, ontology: Ontology, statement: Triple) -> list[Triple]:
    """Return all asserted statements that take part in any way in which a statement follows; itself if it is asserted.

    Where ``explain`` gives the shortest way from each last rule, this leaves none out.
    """
    search = _Search(store, rules(ontology))
    seen, todo, found = {statement}, [statement], []
    while todo:
        current = todo.pop()
        if asserted_in(store, current):
            found.append(current)
            continue
        for premise in search.premises(current):
            if premise not in seen:
                seen.add(premise)
                todo.append(premise)
    return sorted(found, key=str)


class _Search:
    """A search for proofs of a statement: backwards for what it could rest on, then forwards from what is asserted."""

    def __init__(self, store: Triplestore, known: Sequence[Rule]) -> None:
        self.store = store
        self.by_head: dict[str, list[Rule]] = {}
        for rule in known:
            self.by_head.setdefault(rule.head[1], []).append(rule)

    def ways(self, statement: Triple) -> list[Step]:
        """Return all ways to prove a statement by a last rule, each with shortest proofs of its premises."""
        last = list(self._instances(statement))
        proofs = self._proofs({premise for _, premises in last for premise in premises}, without=statement)
        found = [
            Step(statement, name, tuple(proofs[premise] for premise in premises))
            for name, premises in last
            if all(premise in proofs for premise in premises)
        ]
        return sorted(found, key=lambda step: (len(list(step.leaves())), str(step)))

    def premises(self, statement: Triple) -> Iterator[Triple]:
        """Yield every statement that a last rule could rest on, some more than once."""
        for _, premises in self._instances(statement):
            yield from premises

    def _instances(self, statement: Triple) -> Iterator[tuple[str, list[Triple]]]:
        """Yield the rules that lead to a statement, by name, each with the statements it would rest on."""
        for rule in self.by_head.get(statement.predicate.value, []):
            for premises in self._matches(rule, statement):
                yield rule.name, premises

    def _proofs(self, wanted: set[Triple], without: Triple) -> dict[Triple, Step]:
        """Return a proof with as few asserted statements as can be for each of the wanted that has one.

        None rests on ``without``. Dijkstra's algorithm for rules instead of edges (Knuth 1977, "A generalization of
        Dijkstra's algorithm", https://doi.org/10.1016/0020-0190(77)90002-3): whatever is proven is proven by what was
        proven before it, at lower cost, so that nothing rests on itself and no way is tried twice.
        """
        heap: list[tuple[int, int, int, Step]] = []
        order = count()
        instances: list[tuple[Triple, str, list[Triple]]] = []
        waiting: dict[Triple, list[int]] = {}
        seen, todo = {without}, sorted(wanted, key=str)
        while todo and len(seen) < MAX_EXPLANATION:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            if asserted_in(self.store, current):
                heappush(heap, (1, 0, next(order), Step(current, None, ())))
                continue
            for name, premises in self._instances(current):
                for premise in premises:
                    waiting.setdefault(premise, []).append(len(instances))
                instances.append((current, name, premises))
                todo += premises
        proofs: dict[Triple, Step] = {}
        costs: dict[Triple, tuple[int, int]] = {}
        while heap:
            leaves, steps, _, step = heappop(heap)
            if step.statement in proofs:
                continue
            proofs[step.statement], costs[step.statement] = step, (leaves, steps)
            for number in waiting.get(step.statement, []):
                head, name, premises = instances[number]
                if head not in proofs and all(premise in proofs for premise in premises):
                    spent = [costs[premise] for premise in premises]
                    made = Step(head, name, tuple(proofs[premise] for premise in premises))
                    heappush(heap, (sum(c[0] for c in spent), 1 + sum(c[1] for c in spent), next(order), made))
        return proofs

    def _matches(self, rule: Rule, statement: Triple) -> Iterator[list[Triple]]:
        """Yield the premises of a rule that make its head this statement, in a fixed order."""
        bound: dict[str, Subject | Object] = {}
        for pattern, value in ((rule.head[0], statement.subject), (rule.head[2], statement.object)):
            if pattern.startswith("?"):
                if bound.setdefault(pattern, value) != value:
                    return
            elif not (isinstance(value, NamedNode) and value.value == pattern):
                return
        free = sorted({t for s, _, o in rule.body for t in (s, o) if t.startswith("?")} - set(bound))
        given = {name: str(value) for name, value in bound.items()}  # a term writes itself escaped
        head = f"SELECT {' '.join(free)}" if free else "SELECT (1 AS ?one)"
        order = f"ORDER BY {' '.join(free)}" if free else ""
        for row in select(self.store, f"{head} WHERE {{ {_pattern(rule.body, given)} }} {order}"):
            terms = {**bound, **{name: row[name[1:]] for name in free}}
            yield [
                Triple(_value(s, terms), NamedNode(p), _value(o, terms))  # type: ignore[arg-type]
                for s, p, o in rule.body
            ]


def _value(term: str, values: dict[str, Subject | Object]) -> Subject | Object:
    return values[term] if term.startswith("?") else NamedNode(term)


def _pattern(atoms: Sequence[Atom], given: Mapping[str, str] | None = None) -> str:
    def term(t: str) -> str:
        return (given or {}).get(t, t) if t.startswith("?") else f"<{t}>"

    return "".join(f"{term(s)} <{p}> {term(o)} . " for s, p, o in atoms)


def _label(term: Term) -> str:
    return term.label or term.iri.rpartition("#")[2].rpartition("/")[2]


def _name(ontology: Ontology, iri: str) -> str:
    return _label(ontology.terms[iri]) if iri in ontology.terms else iri.removeprefix(OWL)


def _a(ontology: Ontology, iri: str) -> str:
    name = _name(ontology, iri)
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"
