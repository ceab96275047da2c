"""The graph as statements that owlready2 makes objects of: what is claimed, what follows, and how things stand.

Chosen here, one by one, since owlready2 obeys some of what it loads (docs/decisions/foreign-data.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad, Triple

from eudigraph.model.labels import best
from eudigraph.model.names import (
    EUD,
    GRAPH_DATES,
    GRAPH_INFERRED,
    GRAPH_STATE,
    OWL,
    RDF,
    RDF_TYPE,
    RDFS,
    SKOS,
    XSD,
    eud,
)
from eudigraph.model.ontology import Ontology, is_loading
from eudigraph.model.triples import Triplestore
from eudigraph.reason.hermit import object_statements

_LABEL = NamedNode(RDFS + "label")
_DATATYPES = frozenset(XSD + name for name in ("integer", "decimal", "double", "boolean", "string"))
"""Datatypes that owlready2 and HermiT know. Dates, which OWL 2 DL does not have, become texts."""
_CURRENT = ("currentStatus", "currentStage", "currentDate", "currentPlace", "cooperatesOn")
"""How things stand by the newest knowledge, as properties of engagements and countries."""
_OF_TIES = ("ofCountry", "onTopic", "stage", "through", "borneBy", "isPriority")
_LASTS = "9999-12-31"


def statements(store: Triplestore, ontology: Ontology, *, inferred: bool = True) -> list[Triple]:
    """Return ontology, claims and reference data, names as labels as well, each once.

    With ``inferred`` also what follows, and how things stand by the newest knowledge: then everything is of its
    narrowest classes alone, since owlready2 knows those above, and of a property and its inverse there is one.
    """
    said = [Triple(q.subject, q.predicate, q.object) for q in object_statements(store, ontology)]
    stated = [*said, *_values(store, ontology)]
    if inferred:
        known = {term.iri for term in ontology.properties} | {RDF_TYPE.value}
        follows = [q.triple for q in store.quads_for_pattern(None, None, None, GRAPH_INFERRED)]
        stated += [t for t in (*follows, *_current(store), *_ties(store)) if t.predicate.value in known]
        types = [triple for triple in stated if triple.predicate == RDF_TYPE]
        others = [triple for triple in stated if triple.predicate != RDF_TYPE]
        stated = [*_narrowest(types, ontology), *_one_way(others, ontology)]
    whole = [*_individuals(stated, ontology), *stated, *_labels(stated, ontology)]
    return [triple for triple in dict.fromkeys(whole) if not is_loading(Quad(*triple))]


def _values(store: Triplestore, ontology: Ontology) -> Iterator[Triple]:
    """Yield texts, numbers and truths that are given with the ontology's properties, dates as texts."""
    ours = {t.iri for t in ontology.properties if t.kind != "ObjectProperty" and not t.iri.startswith((OWL, RDF))}
    allowed = ours | {RDFS + "label", RDFS + "comment"}
    found = set()
    for graph in store.named_graphs():
        if graph in (GRAPH_INFERRED, GRAPH_DATES, GRAPH_STATE):
            continue
        for quad in store.quads_for_pattern(None, None, None, graph):
            name = quad.predicate.value
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode) and name in allowed:
                found.add(Triple(quad.subject, quad.predicate, _plain(quad.object)))
    yield from sorted(found, key=str)


def _plain(literal: Literal) -> Literal:
    known = literal.language is not None or literal.datatype.value in _DATATYPES
    return literal if known else Literal(literal.value)


def _current(store: Triplestore) -> Iterator[Triple]:
    for name in _CURRENT:
        for quad in sorted(store.quads_for_pattern(None, eud(name), None, GRAPH_STATE), key=str):
            yield _with_plain_value(quad)


def _with_plain_value(quad: Quad) -> Triple:
    value = _plain(quad.object) if isinstance(quad.object, Literal) else quad.object
    return Triple(quad.subject, quad.predicate, value)


def _ties(store: Triplestore) -> Iterator[Triple]:
    """Yield how far each topic has come with each country, by the newest knowledge."""
    for typed in sorted(store.quads_for_pattern(None, RDF_TYPE, eud("Tie"), GRAPH_STATE), key=str):
        about: dict[str, list[Quad]] = defaultdict(list)
        for quad in sorted(store.quads_for_pattern(typed.subject, None, None, GRAPH_STATE), key=str):
            about[quad.predicate.value.removeprefix(EUD)].append(quad)
        if any(isinstance(quad.object, Literal) and quad.object.value == _LASTS for quad in about["knownUntil"]):
            yield typed.triple
            for name in _OF_TIES:
                yield from map(_with_plain_value, about[name])


def _narrowest(types: Iterable[Triple], ontology: Ontology) -> Iterator[Triple]:
    """Yield the classes of each entity that have none of its others below them."""
    classes: dict[str, list[Triple]] = defaultdict(list)
    for triple in sorted(set(types), key=str):
        classes[str(triple.subject)].append(triple)
    above = {term.iri: ontology.superclasses(term.iri) for term in ontology.classes}
    for found in classes.values():
        given = {triple.object.value for triple in found if isinstance(triple.object, NamedNode)}
        wider = {a for b in given for a in above.get(b, ()) if b not in above.get(a, ())}
        yield from (t for t in found if not isinstance(t.object, NamedNode) or t.object.value not in wider)


def _one_way(triples: Iterable[Triple], ontology: Ontology) -> Iterator[Triple]:
    """Yield statements, those of a property and its inverse in one direction: owlready2 finds each from both ends."""
    inverse = {t.iri: t.inverse for t in ontology.properties if t.inverse}
    all_ = [*triples]
    used = {triple.predicate.value for triple in all_}
    for triple in all_:
        name = triple.predicate.value
        other = inverse.get(name)
        turned = other is not None and other in used and other < name
        if turned and isinstance(triple.object, NamedNode) and isinstance(triple.subject, NamedNode):
            yield Triple(triple.object, NamedNode(str(other)), triple.subject)
        else:
            yield triple


def _labels(triples: Iterable[Triple], ontology: Ontology) -> Iterator[Triple]:
    """Yield the names of entities as labels, the one in the language liked best first; ties are called after both."""
    names: dict[NamedNode, list[Literal]] = defaultdict(list)
    ties: dict[NamedNode, dict[str, NamedNode]] = defaultdict(dict)
    for triple in triples:
        subject, value = triple.subject, triple.object
        if not isinstance(subject, NamedNode) or subject.value in ontology.terms:
            continue
        if triple.predicate.value == SKOS + "prefLabel" and isinstance(value, Literal):
            names[subject].append(value)
        elif triple.predicate in (eud("ofCountry"), eud("onTopic")) and isinstance(value, NamedNode):
            ties[subject][triple.predicate.value] = value
    for subject, given in names.items():
        first = best(given)
        yield from (Triple(subject, _LABEL, name) for name in sorted(given, key=lambda name: name.value != first))
    for subject, ends in ties.items():
        words = [best(names[ends[end]]) for end in sorted(ends) if names.get(ends[end])]
        if words:
            yield Triple(subject, _LABEL, Literal(": ".join(words)))


def _individuals(triples: Iterable[Triple], ontology: Ontology) -> Iterator[Triple]:
    classes = {term.iri for term in ontology.classes}
    for triple in triples:
        if triple.predicate == RDF_TYPE and isinstance(triple.object, NamedNode) and triple.object.value in classes:
            yield Triple(triple.subject, RDF_TYPE, NamedNode(OWL + "NamedIndividual"))
