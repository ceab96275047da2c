"""The graph in the formats that others read. Same graph, same bytes.

==================  ==========================================================================
``eudigraph.trig``  all named graphs: passages, provenance, reference, ontology, dates, inferred, state
``eudigraph.nq``    the same as N-Quads, sorted
``eudigraph.jsonld``  the same as JSON-LD, with the context beside it written into it
``eudigraph.ttl``   the default graph: every statement once
``eudigraph.graphml``  entities and the relations between them, with labels, for network tools
==================  ==========================================================================

Nobody claims what is in ``graph:inferred`` or ``graph:state``: the first is what follows by the axioms of the ontology,
the second how things stand by what is known on each day, which the build derives by rules of its own; there each
situation, tie, fate and side of a disagreement names the passages that bear it (``eud:borneBy``, ``eud:aim`` and
others). The file of the default graph has both, without a mark of where they are from.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Triple, serialize

from eudigraph.export.jsonld import context, json_ld
from eudigraph.model.names import PREFIXES
from eudigraph.model.ontology import from_store
from eudigraph.model.triples import Triplestore, is_plain


def write_all(store: Triplestore, named: list[Quad], folder: Path) -> None:
    """Write every export of a store into a folder.

    ``named`` is what its named graphs hold, some of it perhaps twice; it is empty afterwards, as memory is needed.
    """
    quads = ordered(named)
    named.clear()
    with (folder / "eudigraph.trig").open("wb") as file:
        serialize(quads, file, RdfFormat.TRIG, prefixes=PREFIXES)
    with (folder / "eudigraph.nq").open("wb") as file:
        serialize(quads, file, RdfFormat.N_QUADS)
    names = context(store)
    with (folder / "eudigraph.jsonld").open("w", encoding="utf-8", newline="\n") as text:
        text.writelines(json_ld(quads, names))
    beside = json.dumps({"@context": names}, ensure_ascii=False, indent=1) + "\n"
    (folder / "context.jsonld").write_text(beside, "utf-8", newline="\n")
    with (folder / "eudigraph.ttl").open("wb") as file:
        serialize(_plain(quads), file, RdfFormat.TURTLE, prefixes=PREFIXES)
    from eudigraph.export import networks
    from eudigraph.network.everything import whole  # NetworkX is slow to import

    everything = whole(store, from_store(store))
    with (folder / "eudigraph.graphml").open("w", encoding="utf-8", newline="\n") as text:
        text.writelines(networks.graphml(everything))


def ordered(quads: Iterable[Quad]) -> list[Quad]:
    """Return statements, each once, sorted by their graphs and then as texts.

    Graph by graph, as the texts by which a million are sorted take more memory than what they stand for.
    """
    graphs: dict[Any, list[Quad]] = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name].append(quad)
    made: list[Quad] = []
    for name in sorted(graphs, key=str):
        made += (quad for quad, _ in groupby(sorted(graphs.pop(name), key=str)))
    return made


def _plain(quads: list[Quad]) -> Iterator[Triple]:
    """Yield what is in the default graph, each statement once and sorted, and let go of the list meanwhile."""
    triples: dict[str, Triple] = {}
    while quads:
        quad = quads.pop()
        if is_plain(quad):
            triple = quad.triple
            triples[str(triple)] = triple
    for text in sorted(triples):
        yield triples[text]


def json_ld_of(store: Triplestore) -> Iterator[str]:
    """Yield the parts of a JSON-LD document of all named graphs."""
    quads = ordered(quad for quad in store if not isinstance(quad.graph_name, DefaultGraph))
    return json_ld(quads, context(store))
