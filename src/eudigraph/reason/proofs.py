"""From a statement that follows back to the claims it follows from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from eudigraph.model.names import GRAPH_INFERRED, GRAPH_STATE, OWN_GRAPHS
from eudigraph.model.ontology import Ontology
from eudigraph.model.triples import Triplestore, select
from eudigraph.reason import bearing
from eudigraph.reason.rules import Atom, Rule, rules

Subject = NamedNode | BlankNode | Triple
Object = NamedNode | BlankNode | Literal | Triple
MAX_EXPLANATION = 10_000
"""Statements that a search for an explanation looks at, at most."""


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


def passages_of(store: Triplestore, statement: Triple) -> list[NamedNode]:
    """Return the passages that say it, in the order of their IRIs; none for reference and inferred statements."""
    graphs = {
        quad.graph_name
        for quad in store.quads_for_pattern(statement.subject, statement.predicate, statement.object, None)
    }
    named = [g for g in graphs if isinstance(g, NamedNode) and g not in OWN_GRAPHS]
    return sorted(named, key=lambda g: g.value)


def asserted_in(store: Triplestore, statement: Triple) -> list[NamedNode]:
    """Return the named graphs other than those of what follows in which it stands."""
    graphs = {
        quad.graph_name
        for quad in store.quads_for_pattern(statement.subject, statement.predicate, statement.object, None)
    }
    named = [g for g in graphs if isinstance(g, NamedNode) and g not in (GRAPH_INFERRED, GRAPH_STATE)]
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
    found = search.ways(statement)
    if stands := bearing.premises(store, statement):
        rule, rests_on = stands
        steps = [way for one in rests_on if one != statement for way in explain(store, ontology, one)[:1]]
        found += [Step(statement, rule, tuple(steps))] if steps else []
    return found


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
        stands = bearing.premises(store, current)
        for premise in [*search.premises(current), *(stands[1] if stands else ())]:
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
