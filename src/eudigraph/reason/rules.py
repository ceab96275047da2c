"""The rules that the ontology's axioms amount to, and the queries that name a contradiction.

The rules are those of OWL 2 RL (https://www.w3.org/TR/owl2-profiles/, section 4.3) for the kinds of axioms the ontology
uses: cax-sco, prp-spo1, prp-spo2, prp-inv1/2, prp-dom, prp-rng, prp-symp, prp-trp. A test holds the ontology to these
kinds and their result equal to HermiT's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal

from eudigraph.model.names import OWL, RDF_TYPE, SKOS
from eudigraph.model.ontology import Ontology, Term

Atom = tuple[str, str, str]
"""A pattern: subject, property IRI, object; subject and object are ``?x`` or the IRI of a class."""

KNOWN_TRAITS = {"TransitiveProperty", "SymmetricProperty", "AsymmetricProperty", "IrreflexiveProperty"}
Relation = tuple[str, str | None]
"""What tells atoms apart that no statement fits both of: the property and, of a type, the class."""
Facts = dict[Relation, set[Any]]
"""What stands in each relation: of a class its things, of a property pairs of subject and object.

Things are written as IRIs: texts are faster to tell apart than terms. Texts stay literals.
"""


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


def rules(ontology: Ontology) -> list[Rule]:
    """Return the rules that the ontology's axioms amount to, but for those that lead to terms defined elsewhere.

    That every meeting is an event of schema.org is for others to use; statements of it would only repeat the claims.
    """
    a = RDF_TYPE.value
    made: list[Rule] = []
    for term in ontology.classes:
        made += [
            Rule(f"every {_label(term)} is {_a(ontology, parent)}", ("?x", a, parent), (("?x", a, term.iri),))
            for parent in term.parents
            if not ontology.elsewhere(parent)
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
        if not ontology.elsewhere(parent)
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


def relation_of(atom: Atom) -> Relation:
    """Return the relation that an atom speaks of."""
    return atom[1], None if atom[2].startswith("?") else atom[2]


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


def _label(term: Term) -> str:
    return term.label or term.iri.rpartition("#")[2].rpartition("/")[2]


def _name(ontology: Ontology, iri: str) -> str:
    return _label(ontology.terms[iri]) if iri in ontology.terms else iri.removeprefix(OWL)


def _a(ontology: Ontology, iri: str) -> str:
    name = _name(ontology, iri)
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"
