"""The graph as a network: things as nodes, the statements between them as edges, with all that is known of both.

Nodes are IRIs, edges are keyed by their property; nothing is renamed or lost on the way to NetworkX.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import igraph
import networkx as nx
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from eudigraph.names import EUD, GRAPH_INFERRED, GRAPH_PROVENANCE, OWN_GRAPHS, RDF, SKOS, eud, shorten
from eudigraph.ontology import Ontology

SEED = 20230418
"""Of everything random: the layout."""
EVIDENCE_CLASSES = ("Passage", "Source", "Reading", "TimeSpan")
"""Classes of what is no node: evidence and dates."""
SPACE = 90.0
"""Room between neighbouring nodes in a layout, in the units of the drawing."""
_TERMS = frozenset(SKOS + name for name in ("broader", "narrower", "broaderTransitive", "related"))
_MATCHES = frozenset(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch"))


@dataclass
class _Statement:
    """Where a statement stands: the passages that say it, and whether it only follows."""

    passages: set[str] = field(default_factory=set)
    inferred: bool = False


def whole(store: Store, ontology: Ontology) -> nx.MultiDiGraph:
    """Return everything but evidence as a directed multigraph, in a fixed order.

    Nodes have ``label``, ``alternatives``, ``classes`` (IRIs, the most specific ones), ``types`` (IRIs, all),
    ``definition``, ``matches`` (IRIs of others) and ``values``: tuples of property, text, passages, among them what it
    is claimed to be (``rdf:type``, with the class's name as text). Edges, keyed by their property's IRI, have
    ``label``, ``inferred`` and ``passages``; an edge that is not inferred and has no passages is from reference data or
    the ontology.
    """
    objects = {t.iri for t in ontology.properties if t.kind == "ObjectProperty" and (t.ours or t.iri in _TERMS)}
    values = {t.iri for t in ontology.properties if t.kind == "DatatypeProperty" and t.ours}
    words: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    types: dict[str, set[str]] = defaultdict(set)
    statements: dict[tuple[str, str, str, bool], _Statement] = defaultdict(_Statement)
    skipped = {
        q.subject.value
        for name in EVIDENCE_CLASSES
        for q in store.quads_for_pattern(None, NamedNode(RDF + "type"), eud(name), DefaultGraph())
        if isinstance(q.subject, NamedNode)
    }
    # One graph after the other: the default graph, half of the store, repeats the others.
    graphs = (graph for graph in store.named_graphs() if graph != GRAPH_PROVENANCE)
    for quad in chain.from_iterable(store.quads_for_pattern(None, None, None, graph) for graph in graphs):
        graph, subject, predicate = quad.graph_name, quad.subject, quad.predicate.value
        if not isinstance(graph, NamedNode) or not isinstance(subject, NamedNode) or subject.value in skipped:
            continue
        if predicate == RDF + "type" and isinstance(quad.object, NamedNode):
            types[subject.value].add(quad.object.value)
            if graph not in OWN_GRAPHS:  # what it is is claimed as well
                kind = ontology.terms[quad.object.value].label if quad.object.value in ontology.terms else ""
                _note(statements[(subject.value, predicate, kind or shorten(quad.object.value), True)], graph)
        elif predicate in objects and isinstance(quad.object, NamedNode) and quad.object.value not in skipped:
            _note(statements[(subject.value, predicate, quad.object.value, False)], graph)
        elif predicate in values and isinstance(quad.object, Literal):
            _note(statements[(subject.value, predicate, quad.object.value, True)], graph)
        else:
            _word(words[subject.value], quad)

    network = nx.MultiDiGraph()
    between = sorted(key for key in statements if not key[3])
    described = {iri for iri in types if iri in words and any(t.startswith(EUD) for t in types[iri])}
    for iri in sorted(described | {end for s, _, o, _ in between for end in (s, o)}):
        of = words[iri]
        network.add_node(
            iri,
            label=_best(of[SKOS + "prefLabel"]) or shorten(iri),
            alternatives=sorted(set(of[SKOS + "altLabel"])),
            classes=most_specific(ontology, types[iri]),
            types=sorted(types[iri]),
            definition=_best(of[SKOS + "definition"]),
            matches=sorted({*of["match"]}),
            values=[],
        )
    for subject_iri, predicate, value, literal in sorted(statements):
        where = statements[(subject_iri, predicate, value, literal)]
        if literal:
            if subject_iri in network:
                network.nodes[subject_iri]["values"].append((predicate, value, sorted(where.passages)))
            continue
        label = ontology.terms[predicate].label if predicate in ontology.terms else ""
        network.add_edge(
            subject_iri,
            value,
            key=predicate,
            label=label or shorten(predicate).partition(":")[2],
            inferred=where.inferred,
            passages=sorted(where.passages),
        )
    return network


def most_specific(ontology: Ontology, classes: Iterable[str]) -> list[str]:
    """Return the classes that have none below them among the given, in the order of their IRIs."""
    given = {c for c in classes if c.startswith(EUD)}
    above = {parent for c in given for parent in ontology.superclasses(c) - {c}}
    return sorted(given - above)


def attributes(network: nx.MultiDiGraph, ontology: Ontology) -> nx.MultiDiGraph:
    """Return the network with plain attributes, as file formats of others take them: lists become words."""
    plain = nx.MultiDiGraph()
    names = {t.iri: t.label for t in ontology.classes}
    for node, data in network.nodes(data=True):
        plain.add_node(node, label=data["label"], kind=", ".join(names.get(c, shorten(c)) for c in data["classes"]))
    for s, o, key, data in network.edges(keys=True, data=True):
        given: dict[str, Any] = {**data, "passages": " ".join(data["passages"])}
        plain.add_edge(s, o, key=shorten(key), **given)
    return plain


def importance(network: nx.MultiDiGraph) -> dict[str, float]:
    """Return each node's PageRank over asserted statements, direction ignored; they add up to 1.

    Page, Brin, Motwani and Winograd 1999, http://ilpubs.stanford.edu:8090/422/
    """
    nodes = list(network)
    ranks = _asserted(network, nodes).pagerank(directed=False) if nodes else []
    # The last digits differ from run to run, and ties would change places with them.
    return {node: round(rank, 12) for node, rank in zip(nodes, ranks, strict=True)}


def layout(network: nx.MultiDiGraph, core: Iterable[str] | None = None) -> dict[str, tuple[int, int]]:
    """Return a place for each node, the same each time: neighbours near one another, parts side by side.

    The ``core`` (by default all nodes) is laid out as if nothing else were there; whatever else there is comes to
    stand between its neighbours. Up to 1,000 nodes by Kamada and Kawai 1989, https://doi.org/10.1016/0020-0190(89)90102-6,
    more by Fruchterman and Reingold 1991, https://doi.org/10.1002/spe.4380211102.
    """
    chosen = set(network if core is None else core)
    nodes = [node for node in network if node in chosen]
    if not nodes:
        return {}
    graph = _asserted(network, nodes)
    # What is not connected would drift out of sight: a node that is not drawn holds a member of each part.
    members = [max(part, key=lambda v: (graph.degree(v), -v)) for part in graph.connected_components()]
    hub = graph.vcount()
    graph.add_vertices(1)
    graph.add_edges([(hub, member) for member in members])
    chance = random.Random(SEED)  # noqa: S311  (a picture, no secret)
    igraph.set_random_number_generator(chance)
    start = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in range(hub + 1)]
    if len(nodes) <= 1000:
        spots = graph.layout_kamada_kawai(seed=start, maxiter=50 * len(nodes)).coords[:hub]
    else:
        spots = graph.layout_fruchterman_reingold(niter=60, seed=start, grid=True).coords[:hub]
    middle = [sum(p[axis] for p in spots) / len(spots) for axis in (0, 1)]
    centered = [complex(x - middle[0], y - middle[1]) for x, y in spots]
    far = max(map(abs, centered)) or 1.0
    # The middle is crowded and the rim is not: distances from the middle grow less than they would.
    spread = SPACE * math.sqrt(len(nodes)) / far**0.75
    drawn = [p * spread / abs(p) ** 0.25 if p else p for p in centered]
    places = {node: (round(p.real), round(p.imag)) for node, p in zip(nodes, drawn, strict=True)}
    return {node: places.get(node) or _between(network, places, node, n) for n, node in enumerate(network)}


def _between(network: nx.MultiDiGraph, places: dict[str, tuple[int, int]], node: str, turn: int) -> tuple[int, int]:
    """Return a place near the middle of a node's neighbours, each node in another direction from it."""
    near = [places[n] for n in {*network.successors(node), *network.predecessors(node)} if n in places] or [(0, 0)]
    angle = turn * math.pi * (3 - math.sqrt(5))  # the golden angle spreads them evenly
    x, y = (sum(p[axis] for p in near) / len(near) for axis in (0, 1))
    return round(x + SPACE * math.cos(angle)), round(y + SPACE * math.sin(angle))


def _asserted(network: nx.MultiDiGraph, nodes: list[str]) -> igraph.Graph:
    index = {node: i for i, node in enumerate(nodes)}
    pairs = {
        (min(index[s], index[o]), max(index[s], index[o]))
        for s, o, inferred in network.edges(data="inferred")
        if not inferred and s != o and s in index and o in index
    }
    return igraph.Graph(n=len(nodes), edges=sorted(pairs))


def _note(statement: _Statement, graph: NamedNode) -> None:
    if graph == GRAPH_INFERRED:
        statement.inferred = True
    elif graph not in OWN_GRAPHS:
        statement.passages.add(graph.value)


def _word(words: dict[str, list[str]], quad: Quad) -> None:
    """Keep what a quad says about a thing's names and its matches elsewhere."""
    if isinstance(quad.object, Literal) and quad.object.language in ("en", None):
        words[quad.predicate.value].append(quad.object.value)
    elif quad.predicate.value in _MATCHES and isinstance(quad.object, NamedNode):
        words["match"].append(quad.object.value)


def _best(texts: list[str]) -> str:
    return min(texts, default="")
