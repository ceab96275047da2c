"""The graph as a network: things as nodes, the statements between them as edges, with all that is known of both.

Nodes are IRIs, edges are keyed by their property; nothing is renamed or lost on the way to NetworkX.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from sys import intern
from typing import Any

import networkx as nx
from pyoxigraph import DefaultGraph, Literal, NamedNode, Triple

from eudigraph.model.garbage import without_collecting
from eudigraph.model.labels import alternatives, best
from eudigraph.model.names import (
    EUD,
    GRAPH_INFERRED,
    GRAPH_PROVENANCE,
    GRAPH_STATE,
    OWN_GRAPHS,
    PREFIXES,
    RDF,
    RDF_TYPE,
    SKOS,
    eud,
    shorten,
)
from eudigraph.model.ontology import Ontology, class_words, most_specific
from eudigraph.model.stages import AGREED, rank_of
from eudigraph.model.triples import Triplestore, select
from eudigraph.network.known import Known

EVIDENCE_CLASSES = ("Passage", "Source", "Reading", "TimeSpan")
"""Classes of what is no node: evidence and dates."""
_DATES = (EUD + "date",)
"""Properties that say when an engagement takes place, or since when it stands."""
_OF_ITSELF = frozenset((*_DATES, EUD + "status", RDF_TYPE.value))
"""Properties that say of a thing itself what it is, when, and how firm."""
_TERMS = frozenset(SKOS + name for name in ("broader", "narrower", "broaderTransitive", "related"))
_NO_THINGS = (GRAPH_PROVENANCE, GRAPH_STATE)
"""Graphs about what is no node: evidence, and what the build derives of how things stand."""
COOPERATES = EUD + "cooperatesOn"
"""The one relation between things that the build derives by its own rules: what has come as far as agreed."""
_MATCHES = frozenset(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch"))


@dataclass(slots=True)
class _Statement:
    """Where a statement stands: the passages that say it, and whether it only follows."""

    passages: set[str] = field(default_factory=set)
    inferred: bool = False


@without_collecting()
def whole(store: Triplestore, ontology: Ontology, known: Known | None = None) -> nx.MultiDiGraph:
    """Return everything but evidence as a directed multigraph, in a fixed order.

    Nodes have ``label``, ``kind`` (the class in words), ``alternatives``, ``classes`` (IRIs, the most specific ones),
    ``types`` (IRIs, all), ``definition``, ``matches`` (IRIs of others) and ``values``: tuples of property, text,
    passages, among them what it is claimed to be (``rdf:type``, with the class's name as text); engagements also have
    what ``situation_of`` returns. Edges, keyed by their property's IRI, have ``label``, ``inferred``, ``passages`` and
    ``certainty`` (``stated`` or ``hedged``, None without passages); an edge that is not inferred and has no passages is
    from reference data or the ontology. Of what the build derives, ``cooperates on`` is an edge, with the tie's
    ``stage``, ``stage_rank`` and ``priority``.

    ``known`` is what is known by a day, by default by the newest of the graph.
    """
    known = known or Known(store)
    objects = {t.iri for t in ontology.properties if t.kind == "ObjectProperty" and (t.ours or t.iri in _TERMS)}
    values = {t.iri for t in ontology.properties if t.kind == "DatatypeProperty" and t.ours}
    uncertain = hedged(store)
    words: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    types: dict[str, set[str]] = defaultdict(set)
    relations: dict[tuple[str, str, str], _Statement] = defaultdict(_Statement)
    texts: dict[tuple[str, str, str], _Statement] = defaultdict(_Statement)
    told: dict[str, set[str]] = defaultdict(set)
    skipped = {
        q.subject.value
        for name in EVIDENCE_CLASSES
        for q in store.quads_for_pattern(None, NamedNode(RDF + "type"), eud(name), DefaultGraph())
        if isinstance(q.subject, NamedNode)
    }
    # One graph after the other: the default graph, half of the store, repeats the others.
    for graph in store.named_graphs():
        if graph in _NO_THINGS or not isinstance(graph, NamedNode) or not known.counts(graph.value):
            continue
        passage = "" if graph in OWN_GRAPHS else graph.value
        inferred = graph == GRAPH_INFERRED
        quads = store.quads_for_pattern(None, None, None, graph)
        for quad in known.follows if inferred and known.is_past else quads:
            subject, given = quad.subject, quad.object
            # Each IRI is kept once: it takes less memory, and what is the same object is found and sorted faster.
            if not isinstance(subject, NamedNode) or (iri := intern(subject.value)) in skipped:
                continue
            predicate, value = intern(quad.predicate.value), given.value if isinstance(given, NamedNode) else None
            if value is not None and predicate in objects and value not in skipped:
                statement = relations[iri, predicate, intern(value)]
            elif value is not None and predicate == RDF_TYPE.value:
                types[iri].add(intern(value))
                if not passage:
                    continue
                # What it is is claimed as well.
                kind = ontology.terms[value].label if value in ontology.terms else ""
                statement = texts[iri, predicate, kind or shorten(value)]
            elif predicate in values and isinstance(given, Literal):
                statement = texts[iri, predicate, given.value]
            else:
                _word(words[iri], predicate, given)
                continue
            if passage:
                statement.passages.add(passage)
                if predicate in _OF_ITSELF:
                    told[iri].add(passage)
            elif inferred:
                statement.inferred = True

    network = nx.MultiDiGraph(title="everything", two_mode=False, known_by=known.day)
    described = {iri for iri in types if iri in words and any(t.startswith(EUD) for t in types[iri])}
    for iri in sorted(described | {end for s, _, o in relations for end in (s, o)}):
        of = words[iri]
        network.add_node(
            iri,
            label=best(of[SKOS + "prefLabel"]) or shorten(iri),
            kind=class_words(ontology, types[iri]),
            alternatives=alternatives(of[SKOS + "altLabel"]),
            classes=most_specific(ontology, types[iri]),
            types=sorted(types[iri]),
            definition=best(of[SKOS + "definition"]),
            matches=sorted({*of["match"]}),
            values=[],
            passages=sorted(told[iri]),
        )
        if EUD + "Engagement" in types[iri]:
            network.nodes[iri].update(situation_of(known, iri))
    for (iri, predicate, text), where in sorted(texts.items(), key=itemgetter(0)):
        if iri in network:
            network.nodes[iri]["values"].append((predicate, text, sorted(where.passages)))
    labels = {p: ontology.terms[p].label if p in ontology.terms else "" for p in objects}
    for (iri, predicate, other), where in sorted(relations.items(), key=itemgetter(0)):
        network.add_edge(
            iri,
            other,
            key=predicate,
            label=labels[predicate] or shorten(predicate).partition(":")[2],
            inferred=where.inferred,
            passages=sorted(where.passages),
            certainty=None if not where.passages else "hedged" if where.passages <= uncertain else "stated",
        )
    network.add_edges_from(_cooperation(known, labels.get(COOPERATES, "")))
    return network


def _cooperation(known: Known, label: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield the edges of what has come as far as agreed with a country."""
    for (country, topic), tie in sorted(known.ties.items(), key=itemgetter(0)):
        rank = known.rank(tie.stage)
        if rank >= rank_of(AGREED):
            stage = {"stage": known.label(tie.stage), "stage_rank": rank, "priority": tie.priority}
            told = {"label": label, "inferred": True, "passages": [], "certainty": None}
            yield country, topic, COOPERATES, told | stage


def situation_of(known: Known, engagement: str) -> dict[str, Any]:
    """Return how an engagement stands, as attributes of a node.

    ``status`` and ``stage`` (labels), ``stage_rank`` (its place on the ladder, -1 beside it), ``disputed``, ``date``
    (EDTF), ``earliest`` and ``latest`` (the first and last day of it, None for an end that is open or unknown); of one
    of which nothing is known, all are None or empty.
    """
    situation = known.situations.get(engagement)
    if situation is None:
        nothing = dict.fromkeys(("status", "stage", "stage_rank"))
        return {**nothing, "disputed": False, "date": "", "earliest": None, "latest": None}
    return {
        "status": known.label(situation.status),
        "stage": known.label(situation.stage),
        "stage_rank": known.rank(situation.stage),
        "disputed": situation.disputed,
        "date": situation.date,
        "earliest": situation.first,
        "latest": situation.last,
    }


def pairs(store: Triplestore, prop: str) -> Iterator[tuple[str, str]]:
    """Yield the subject and the object, IRIs or texts, of each statement with a property; faster than a query."""
    for quad in store.quads_for_pattern(None, NamedNode(prop), None, DefaultGraph()):
        subject, value = quad.subject, quad.object
        if not isinstance(subject, Triple) and not isinstance(value, Triple):
            yield subject.value, value.value


def dated(store: Triplestore) -> dict[str, set[str]]:
    """Return the passages that say when an engagement is, or how firm, by the engagements' IRIs."""
    told = " ".join(f"<{prop}>" for prop in (*_DATES, EUD + "status"))
    own = ", ".join(map(str, OWN_GRAPHS))
    query = f"SELECT ?x ?p {{ VALUES ?told {{ {told} }} GRAPH ?p {{ ?x ?told ?y }} FILTER(?p NOT IN ({own})) }}"
    found: dict[str, set[str]] = defaultdict(set)
    for row in select(store, query):
        found[row["x"].value].add(row["p"].value)
    return found


def hedged(store: Triplestore) -> set[str]:
    """Return the passages that do not state outright what they say."""
    stated = NamedNode(f"{PREFIXES['certainty']}stated")
    query = f"SELECT ?p {{ ?c a <{EUD}Certainty> FILTER(?c != {stated}) ?p <{EUD}certainty> ?c }}"
    return {row["p"].value for row in select(store, query)}


def _word(words: dict[str, list[Any]], predicate: str, value: object) -> None:
    """Keep what is said about a thing's names, in all languages, and its matches elsewhere."""
    if isinstance(value, Literal):
        words[predicate].append(value)
    elif predicate in _MATCHES and isinstance(value, NamedNode):
        words["match"].append(value.value)
