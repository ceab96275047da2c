"""The graph in the formats that others read. Same graph, same bytes.

==================  ==========================================================================
``eudigraph.trig``  all named graphs: passages, provenance, reference, ontology, dates, inferred
``eudigraph.nq``    the same as N-Quads, sorted
``eudigraph.jsonld``  the same as JSON-LD, with the context beside it written into it
``eudigraph.ttl``   the default graph: every statement once
``eudigraph.graphml``  things and the relations between them, with labels, for network tools
==================  ==========================================================================
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from eudigraph.names import (
    EUD,
    GRAPH_INFERRED,
    OWL,
    OWN_GRAPHS,
    PREF_LABEL,
    PREFIXES,
    RDF_TYPE,
    RDFS,
    SKOS,
    eud,
    shorten,
)

MAX_SLOW = 200_000
"""Statements up to which JSON-LD and GraphML are written; both are built in memory, object by object."""


def write_all(store: Store, folder: Path) -> list[str]:
    """Write every export into a folder; return notes on those left out."""
    quads = sorted((q for q in store if not isinstance(q.graph_name, DefaultGraph)), key=_order)
    default = sorted(store.quads_for_pattern(None, None, None, DefaultGraph()), key=_order)
    with (folder / "eudigraph.trig").open("wb") as file:
        serialize(quads, file, RdfFormat.TRIG, prefixes=PREFIXES)
    with (folder / "eudigraph.nq").open("wb") as file:
        serialize(quads, file, RdfFormat.N_QUADS)
    triples = (Triple(q.subject, q.predicate, q.object) for q in default)
    with (folder / "eudigraph.ttl").open("wb") as file:
        serialize(triples, file, RdfFormat.TURTLE, prefixes=PREFIXES)
    _context_file(store, folder / "context.jsonld")
    if len(quads) > MAX_SLOW:
        return [f"JSON-LD and GraphML not written: {len(quads):,} statements, more than {MAX_SLOW:,}"]
    (folder / "eudigraph.jsonld").write_text(json_ld(quads, context(store)), "utf-8")
    _graphml(store, folder / "eudigraph.graphml")
    return []


def context(store: Store) -> dict[str, Any]:
    """Return the JSON-LD context: the ontology's terms under their own names, and every prefix."""
    terms: dict[str, Any] = {prefix: {"@id": iri, "@prefix": True} for prefix, iri in PREFIXES.items()}
    terms |= {"id": "@id", "type": "@type"}
    for kind, coercion in (("ObjectProperty", "@id"), ("DatatypeProperty", None)):
        for quad in store.quads_for_pattern(None, RDF_TYPE, NamedNode(OWL + kind), DefaultGraph()):
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(EUD):
                name = quad.subject.value.removeprefix(EUD)
                if name not in terms:  # a prefix of that name keeps it; the term is then written eud:name
                    terms[name] = {"@id": f"eud:{name}"} | ({"@type": coercion} if coercion else {})
    for name in ("prefLabel", "altLabel", "definition"):
        terms[name] = {"@id": f"skos:{name}"}
    return dict(sorted(terms.items()))


def json_ld(quads: Iterable[Quad], names: dict[str, Any]) -> str:
    """Return statements as a JSON-LD document, compacted with a context and in a fixed order."""
    import rdflib
    from rdflib.plugins.serializers.jsonld import from_rdf

    data = rdflib.Dataset()
    data.addN(
        (_rdflib(q.subject), _rdflib(q.predicate), _rdflib(q.object), data.graph(_rdflib(q.graph_name))) for q in quads
    )
    document = from_rdf(data, context_data=names)  # type: ignore[no-untyped-call]
    return json.dumps(_sorted(document), ensure_ascii=False, indent=1) + "\n"


def _rdflib(term: object) -> Any:
    """Return a term as rdflib's, blank nodes under their own names: its parsers would name them anew each time."""
    import rdflib

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    return rdflib.BNode(term.value) if isinstance(term, BlankNode) else None


def _sorted(value: Any, *, ordered: bool = False) -> Any:
    """Return JSON-LD with keys sorted, and values too, except where their order means something."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: (k not in ("@context", "id", "@id"), k))
        return {k: value[k] if k == "@context" else _sorted(value[k], ordered=k == "@list") for k in keys}
    if isinstance(value, list):
        items = [_sorted(v) for v in value]
        return items if ordered else sorted(items, key=lambda v: json.dumps(v, sort_keys=True, ensure_ascii=False))
    return value


def _context_file(store: Store, path: Path) -> None:
    path.write_text(json.dumps({"@context": context(store)}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _graphml(store: Store, path: Path) -> None:
    """Write things as nodes, object statements of ours as edges with their relation, passages, and whether inferred."""
    import networkx as nx

    network = nx.MultiDiGraph()
    labels = _english(store, PREF_LABEL)
    relations = _english(store, NamedNode(RDFS + "label"))
    kinds: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, RDF_TYPE, None, DefaultGraph()):
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(EUD):
            kinds[_text(quad.subject)].add(quad.object.value)
    above = {
        (_text(q.subject), _text(q.object))
        for q in store.quads_for_pattern(None, NamedNode(RDFS + "subClassOf"), None, DefaultGraph())
    }
    evidence = {
        _text(q.subject)
        for name in ("Passage", "Reading", "TimeSpan")
        for q in store.quads_for_pattern(None, RDF_TYPE, eud(name), DefaultGraph())
    }
    edges = []
    for quad in store.quads_for_pattern(None, None, None, DefaultGraph()):
        ours = quad.predicate.value.startswith((EUD, SKOS + "broader"))
        if not ours or not isinstance(quad.object, NamedNode) or {_text(quad.subject), quad.object.value} & evidence:
            continue
        if quad.subject.value in kinds and quad.object.value in kinds if isinstance(quad.subject, NamedNode) else False:
            edges.append(quad)
    for iri in sorted({_text(t) for q in edges for t in (q.subject, q.object)} | (set(kinds) & set(labels))):
        lowest = sorted(k for k in kinds[iri] if not any((other, k) in above for other in kinds[iri] if other != k))
        network.add_node(iri, label=labels.get(iri, shorten(iri)), kind=" ".join(relations.get(k, k) for k in lowest))
    for quad in sorted(edges, key=_order):
        graphs = [q.graph_name for q in store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None)]
        passages = sorted(g.value for g in graphs if isinstance(g, NamedNode) and g not in OWN_GRAPHS)
        network.add_edge(
            _text(quad.subject),
            _text(quad.object),
            key=shorten(quad.predicate.value),
            label=relations.get(quad.predicate.value, shorten(quad.predicate.value)),
            inferred=GRAPH_INFERRED in graphs,
            passages=" ".join(passages),
        )
    text = "\n".join(nx.generate_graphml(network, named_key_ids=True)) + "\n"
    path.write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + text, "utf-8", newline="\n")


def _english(store: Store, predicate: NamedNode) -> dict[str, str]:
    found: dict[str, str] = {}
    for quad in store.quads_for_pattern(None, predicate, None, DefaultGraph()):
        if isinstance(quad.object, Literal) and quad.object.language in ("en", None):
            found[_text(quad.subject)] = quad.object.value
    return found


def _text(term: object) -> str:
    return term.value if isinstance(term, NamedNode | BlankNode | Literal) else str(term)


def _order(quad: Quad) -> tuple[str, str, str, str]:
    return str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object)
