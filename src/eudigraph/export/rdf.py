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
import warnings
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple, serialize

from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, OWL, PREFIXES, RDF_TYPE
from eudigraph.model.ontology import from_store
from eudigraph.model.rdflib_terms import rdflib_term
from eudigraph.model.triples import Triplestore, plain

MAX_SLOW = 200_000
"""Statements up to which JSON-LD and GraphML are written; both are built in memory, object by object."""


def write_all(store: Triplestore, named: Iterable[Quad], folder: Path) -> list[str]:
    """Write every export of a store into a folder; return notes on those left out.

    ``named`` is what its named graphs hold, some of it perhaps twice.
    """
    quads = [quad for quad, _ in groupby(sorted(named, key=_order))]
    default = {quad.triple for quad in plain(quads)}
    with (folder / "eudigraph.trig").open("wb") as file:
        serialize(quads, file, RdfFormat.TRIG, prefixes=PREFIXES)
    with (folder / "eudigraph.nq").open("wb") as file:
        serialize(quads, file, RdfFormat.N_QUADS)
    with (folder / "eudigraph.ttl").open("wb") as file:
        serialize(sorted(default, key=_order), file, RdfFormat.TURTLE, prefixes=PREFIXES)
    _context_file(store, folder / "context.jsonld")
    if len(quads) > MAX_SLOW:
        return [f"JSON-LD and GraphML not written: {len(quads):,} statements, more than {MAX_SLOW:,}"]
    (folder / "eudigraph.jsonld").write_text(json_ld(quads, context(store)), "utf-8")
    from eudigraph.export import networks
    from eudigraph.network.everything import whole  # NetworkX is slow to import

    everything = whole(store, from_store(store))
    (folder / "eudigraph.graphml").write_text(networks.graphml(everything), "utf-8", newline="\n")
    return []


def context(store: Triplestore) -> dict[str, Any]:
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
        (rdflib_term(q.subject), rdflib_term(q.predicate), rdflib_term(q.object), data.graph(rdflib_term(q.graph_name)))
        for q in quads
    )
    with warnings.catch_warnings():  # rdflib's own serializer calls what rdflib 7.6 deprecates
        warnings.filterwarnings("ignore", r"Dataset\.", DeprecationWarning)
        document = from_rdf(data, context_data=names)  # type: ignore[no-untyped-call]
    return json.dumps(_sorted(document), ensure_ascii=False, indent=1) + "\n"


def json_ld_of(store: Triplestore) -> str:
    """Return all named graphs as a JSON-LD document; raises UsageError for more than can be held in memory so."""
    quads = sorted((q for q in store if not isinstance(q.graph_name, DefaultGraph)), key=_order)
    if len(quads) > MAX_SLOW:
        raise UsageError(
            f"{len(quads):,} statements are too many for JSON-LD, up to {MAX_SLOW:,}; take N-Quads of the build"
        )
    return json_ld(quads, context(store))


def _sorted(value: Any, *, ordered: bool = False) -> Any:
    """Return JSON-LD with keys sorted, and values too, except where their order means something."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: (k not in ("@context", "id", "@id"), k))
        return {k: value[k] if k == "@context" else _sorted(value[k], ordered=k == "@list") for k in keys}
    if isinstance(value, list):
        items = [_sorted(v) for v in value]
        return items if ordered else sorted(items, key=lambda v: json.dumps(v, sort_keys=True, ensure_ascii=False))
    return value


def _context_file(store: Triplestore, path: Path) -> None:
    path.write_text(json.dumps({"@context": context(store)}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _order(statement: Quad | Triple) -> tuple[str, ...]:
    subject, predicate, value, *graph = map(str, statement)
    return (*graph, subject, predicate, value)
