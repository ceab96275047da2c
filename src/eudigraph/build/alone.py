"""What some sources alone say: a graph of their passages, in which everything is derived anew, as if no other were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pyoxigraph import Literal, NamedNode, Quad, Store

from eudigraph.ask import lookup
from eudigraph.build import assemble, statements
from eudigraph.engine import store
from eudigraph.engine.watchdog import Watched
from eudigraph.model import ontology
from eudigraph.model.errors import UsageError
from eudigraph.model.names import BASE, EDTF, GRAPH_ONTOLOGY, GRAPH_PROVENANCE, GRAPH_REFERENCE, eud
from eudigraph.model.triples import Triplestore, exists, plain
from eudigraph.reason import infer

_MOST = 200
"""Sources that may be named at once."""
_KEPT = 4
"""Graphs of some sources that a process keeps, for whoever asks several questions of them."""


def alone(built: store.Built, given: str) -> tuple[store.Built, list[str]]:
    """Return the graph of the sources that are named, with commas between them, and notes on those that were guessed.

    A source is named by its identifier, such as ``euractiv-2023-04``, its title or its IRI. Raises UsageError for names
    that are not known.
    """
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        raise UsageError("no source is named; give its identifier, such as source=euractiv-2023-04")
    if len(names) > _MOST:
        raise UsageError(f"{len(names):,} sources are too many; name up to {_MOST}")
    found: list[NamedNode] = []
    notes = []
    for name in names:
        by_identifier = NamedNode(f"{BASE}source/{name}") if name.isascii() and name.isprintable() else None
        try:
            known = by_identifier is not None and " " not in name and exists(built.store, by_identifier)
        except ValueError:  # it is no part of an IRI
            known = False
        if known and by_identifier is not None:
            found.append(by_identifier)
            continue
        match = lookup.find(built.store, name, "Source")
        found.append(match.iri)
        notes += [match.note] if match.note else []
    return _graph(built, tuple(sorted({source.value for source in found}))), notes


_made: dict[tuple[int, tuple[str, ...]], tuple[store.Built, store.Built]] = {}


def _graph(built: store.Built, sources: tuple[str, ...]) -> store.Built:
    key = id(built.store), sources  # which is held with what was made of it, so that no other takes its place
    if key not in _made:
        graph = restricted(built.store, sources)
        manifest = replace(built.manifest, counts=store.counted(graph))
        while len(_made) >= _KEPT:
            del _made[next(iter(_made))]
        _made[key] = built, replace(built, manifest=manifest, store=graph, runner=Watched(graph))
    return _made[key][1]


def restricted(graph: Triplestore, sources: Iterable[str]) -> Store:
    """Return a graph, in memory, of the passages of these sources, the reference data and the ontology.

    All that follows is derived anew. Takes as long as there are passages, of these and of others.
    """
    wanted = {NamedNode(source) for source in sources}
    passages = {
        quad.subject
        for source in wanted
        for quad in graph.quads_for_pattern(None, eud("source"), source, GRAPH_PROVENANCE)
    }
    hidden = {
        quad.subject
        for quad in graph.quads_for_pattern(None, eud("source"), None, GRAPH_PROVENANCE)
        if quad.object not in wanted
    }
    published = graph.quads_for_pattern(None, eud("published"), None, GRAPH_PROVENANCE)
    hidden |= {quad.subject for quad in published if quad.subject not in wanted}
    terms = list(graph.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY))
    quads = list(graph.quads_for_pattern(None, None, None, GRAPH_REFERENCE))
    quads += [
        quad for quad in graph.quads_for_pattern(None, None, None, GRAPH_PROVENANCE) if quad.subject not in hidden
    ]
    for passage in sorted(passages, key=str):
        if isinstance(passage, NamedNode):
            quads += graph.quads_for_pattern(None, None, None, passage)
    made = Store()
    _extend(made, [*terms, *quads])
    known = ontology.from_store(made)
    facts = infer.facts(known, terms)
    dates = {quad.object.value for quad in quads if isinstance(quad.object, Literal) and _is_date(quad.object)}
    bounds = list(assemble.date_bounds(dates))
    infer.gather([*quads, *bounds], facts)
    _extend(made, [*bounds, *infer.infer(known, facts)])
    _extend(made, statements.complete(made)[0])
    return made


def _is_date(literal: Literal) -> bool:
    return literal.datatype.value == EDTF


def _extend(made: Store, quads: Sequence[Quad]) -> None:
    made.bulk_extend(quads)
    made.bulk_extend(plain(quads))
