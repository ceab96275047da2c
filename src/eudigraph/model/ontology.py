"""The ontology's terms as Python objects: classes, properties, and what is declared of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from eudigraph.model.labels import best
from eudigraph.model.names import (
    EUD,
    GRAPH_ONTOLOGY,
    OWL,
    PREFIXES,
    RDF,
    RDFS,
    SKOS,
    shorten,
)
from eudigraph.model.triples import Triplestore

Node = NamedNode | BlankNode | Literal | Triple

PROPERTY_KINDS = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
_REMARKS = (OWL + "deprecated", OWL + "versionInfo")
"""Annotations of OWL's own: they say something about a term, and nothing follows."""
_OWLREADY = "http://www.lesfleursdunormal.fr/static/_downloads/owlready_ontology.owl"
"""Where the annotations are that owlready2 obeys as it loads an ontology."""


@dataclass
class Term:
    """A class or property: its kind (OWL's name for it), and its annotations in the language liked best."""

    iri: str
    kind: str
    label: str = ""
    definition: str = ""
    example: str = ""
    parents: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    inverse: str | None = None
    chains: list[tuple[str, ...]] = field(default_factory=list)
    traits: set[str] = field(default_factory=set)
    """Characteristics such as ``TransitiveProperty``."""
    mappings: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of ``exactMatch``, ``closeMatch`` or ``broadMatch`` and the IRI of the other term."""
    domain_includes: list[str] = field(default_factory=list)
    range_includes: list[str] = field(default_factory=list)
    """Classes of what has the property, or of its values, where there are several: nothing follows from these."""
    defined_by: str = ""

    @property
    def name(self) -> str:
        """The local name of a term of ours; the IRI of any other."""
        return self.iri.removeprefix(EUD)

    @property
    def ours(self) -> bool:
        """Whether the term is in eudigraph's own namespace."""
        return self.iri.startswith(EUD)


@dataclass
class Ontology:
    """All terms by IRI, the groups of classes that exclude one another, and the axioms of no known kind, in words."""

    terms: dict[str, Term] = field(default_factory=dict)
    deprecated: dict[str, str] = field(default_factory=dict)
    """What to write instead of terms that are used no longer; they are not among ``terms``."""
    iris: set[str] = field(default_factory=set)
    disjoint: list[list[str]] = field(default_factory=list)
    unknown_axioms: list[str] = field(default_factory=list)
    version: str = ""

    @property
    def classes(self) -> list[Term]:
        """The classes, in the order of the files."""
        return [t for t in self.terms.values() if t.kind == "Class"]

    @property
    def properties(self) -> list[Term]:
        """The object, data and annotation properties, in the order of the files."""
        return [t for t in self.terms.values() if t.kind in PROPERTY_KINDS]

    def elsewhere(self, iri: str) -> bool:
        """Whether a term is only declared here, and says that it is defined in an ontology that is not among ours."""
        defined_by = self.terms[iri].defined_by if iri in self.terms else ""
        return bool(defined_by) and defined_by not in self.iris

    def superclasses(self, iri: str) -> set[str]:
        """Return a class with all the classes above it."""
        found: set[str] = set()
        todo = [iri]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo += self.terms[current].parents if current in self.terms else []
        return found


def is_loading(quad: Quad) -> bool:
    """Whether a statement tells programs to load something from elsewhere.

    Such as another ontology, or, of owlready2, a module of Python.
    """
    if quad.predicate.value == OWL + "imports":
        return True
    return any(isinstance(term, NamedNode) and term.value.startswith(_OWLREADY) for term in quad.triple)


def from_store(store: Triplestore) -> Ontology:
    """Return the ontology that a store was built with."""
    # In one order, so that what is made of it is the same bytes from any kind of store.
    return read_ontology(sorted(store.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY), key=str))


def read_ontology(quads: Iterable[Quad]) -> Ontology:
    """Return the ontology that the statements make up. Statements about anything but terms are passed over."""
    about: dict[str, list[tuple[str, Node]]] = defaultdict(list)
    blank: dict[BlankNode, list[tuple[str, Node]]] = defaultdict(list)
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            about[quad.subject.value].append((quad.predicate.value, quad.object))
        elif isinstance(quad.subject, BlankNode):
            blank[quad.subject].append((quad.predicate.value, quad.object))

    ontology = Ontology()
    for iri, facts in about.items():
        types = {o.value for p, o in facts if p == RDF + "type" and isinstance(o, NamedNode)}
        if OWL + "Ontology" in types:
            ontology.iris.add(iri)
            ontology.version = next(
                (o.value for p, o in facts if p == OWL + "versionInfo" and isinstance(o, Literal)), ""
            )
        kinds = [k for k in ("Class", *PROPERTY_KINDS) if OWL + k in types]
        if any(p == OWL + "deprecated" and o.value == "true" for p, o in facts if isinstance(o, Literal)):
            ontology.deprecated[iri] = _mend(iri, facts)
        elif kinds:
            ontology.terms[iri] = _term(iri, kinds[0], types, facts, blank, ontology.unknown_axioms)
    for term in ontology.terms.values():  # an inverse is declared once and holds both ways
        if term.inverse and term.inverse in ontology.terms:
            ontology.terms[term.inverse].inverse = term.iri
    for facts in list(blank.values()):
        types = {o.value for p, o in facts if p == RDF + "type" and isinstance(o, NamedNode)}
        if OWL + "AllDisjointClasses" in types:
            for p, o in facts:
                if p == OWL + "members":
                    classes, nameless = _items(o, blank)
                    ontology.disjoint.append(classes)
                    if nameless:
                        ontology.unknown_axioms.append("disjoint classes, one of them without a name")
        elif types:
            ontology.unknown_axioms += sorted(shorten(t) for t in types)
    return ontology


def _mend(iri: str, facts: list[tuple[str, Node]]) -> str:
    """Return what to write instead of a deprecated term."""
    instead = " and ".join(
        sorted(
            shorten(o.value) for p, o in facts if p == PREFIXES["dcterms"] + "isReplacedBy" and isinstance(o, NamedNode)
        )
    )
    note = best(o for p, o in facts if p == SKOS + "changeNote" and isinstance(o, Literal))
    if not instead:
        return note or "leave it out"
    return f"write {instead} instead of {shorten(iri)}" + (f": {note}" if note else "")


def _term(
    iri: str,
    kind: str,
    types: set[str],
    facts: list[tuple[str, Node]],
    blank: dict[BlankNode, list[tuple[str, Node]]],
    unknown: list[str],
) -> Term:
    term = Term(iri, kind)
    term.traits = {t.removeprefix(OWL) for t in types if t.startswith(OWL)} - {kind}
    texts = {
        RDFS + "label": "label",
        SKOS + "definition": "definition",
        SKOS + "example": "example",
    }
    lists = {
        RDFS + "subClassOf": term.parents,
        RDFS + "subPropertyOf": term.parents,
        RDFS + "domain": term.domains,
        RDFS + "range": term.ranges,
        PREFIXES["schema"] + "domainIncludes": term.domain_includes,
        PREFIXES["schema"] + "rangeIncludes": term.range_includes,
    }
    for predicate, name in texts.items():
        setattr(term, name, best(value for p, value in facts if p == predicate and isinstance(value, Literal)))
    for predicate, value in facts:
        if predicate in lists:
            if isinstance(value, NamedNode):
                lists[predicate].append(value.value)
            else:
                unknown.append(f"{shorten(predicate)} of {shorten(iri)} is no named term")
        elif predicate == RDFS + "isDefinedBy" and isinstance(value, NamedNode):
            term.defined_by = value.value
        elif predicate == OWL + "inverseOf" and isinstance(value, NamedNode):
            term.inverse = value.value
        elif predicate == OWL + "propertyChainAxiom":
            links, nameless = _items(value, blank)
            if nameless:  # without the link that has no name it would be another chain, and a wrong one
                unknown.append(f"{shorten(predicate)} of {shorten(iri)} has a link that is no named property")
            else:
                term.chains.append(tuple(links))
        elif predicate.startswith(SKOS) and predicate.endswith("Match") and isinstance(value, NamedNode):
            term.mappings.append((predicate.removeprefix(SKOS), value.value))
        elif predicate.startswith(OWL) and predicate not in _REMARKS:
            unknown.append(f"{shorten(predicate)} of {shorten(iri)}")
    return term


def _items(node: Node, blank: dict[BlankNode, list[tuple[str, Node]]]) -> tuple[list[str], bool]:
    """Return the IRIs in an RDF list, and whether it holds anything else, too."""
    items: list[str] = []
    nameless = False
    seen = set()
    while isinstance(node, BlankNode) and node not in seen:  # a list may lead back into itself
        seen.add(node)
        facts = dict(blank.get(node, []))
        first = facts.get(RDF + "first")
        if isinstance(first, NamedNode):
            items.append(first.value)
        else:
            nameless = True
        node = facts.get(RDF + "rest", NamedNode(RDF + "nil"))
    return items, nameless


def most_specific(ontology: Ontology, classes: Iterable[str]) -> list[str]:
    """Return the classes that have none below them among the given, in the order of their IRIs."""
    given = {c for c in classes if c.startswith(EUD)}
    above = {parent for c in given for parent in ontology.superclasses(c) - {c}}
    return sorted(given - above)


def class_words(ontology: Ontology, types: Iterable[str]) -> str:
    """Return the most specific of the given classes in words."""
    classes = most_specific(ontology, types)
    return ", ".join(ontology.terms[c].label if c in ontology.terms else shorten(c) for c in classes)
