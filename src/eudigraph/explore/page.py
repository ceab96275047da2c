"""The explorer: the graph with its evidence as one page that opens offline.

This module gathers what the page knows; ``drawing`` makes the page of it, ``templates/explorer`` is its behaviour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from eudigraph.ask import evidence, lookup
from eudigraph.engine import store
from eudigraph.explore import drawing
from eudigraph.model import files, labels
from eudigraph.model.dates import readable
from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, PREFIXES, RDF, shorten
from eudigraph.model.ontology import Ontology, from_store
from eudigraph.model.triples import Triplestore, select
from eudigraph.network import algorithms
from eudigraph.network.everything import whole
from eudigraph.reason import rules
from eudigraph.show import html, looks
from eudigraph.sources import texts as texts_

MAX_DRAWN = 400
"""Nodes that the page draws at once; search, filters and an entity's neighbours lead to the others."""
MAX_LAID_OUT = 2000
"""Nodes that are laid out with care, the most important first; the others come to stand beside their neighbours."""
MAX_SKETCHED = 2000
"""Nodes of the largest network that is drawn at once, without the explorer's search."""
_MISSING = -1

Names = tuple[set[str], set[str]]
"""The preferred names of an entity, and all others."""


@dataclass(frozen=True)
class Page:
    """The explorer as one HTML document. As the last thing in a notebook's cell it shows itself."""

    document: str

    def __repr__(self) -> str:
        return f"<eudigraph.Page of {len(self.document):,} characters>"

    def _repr_html_(self) -> str:
        return html.frame(self.document)

    def write(self, path: Path) -> Path:
        """Write the document to a file, aside and then in its place. Raises StoreError where that fails."""
        return files.write_aside(path, self.document)


def explorer(graph: store.Built, texts: Sequence[Path] = ()) -> Page:
    """Return the explorer of a built graph; ``texts`` are files with texts of sources, whose passages are then shown.

    Raises DataError for a file that is the text of no source.
    """
    return Page(render(graph.store, graph.counts, texts_.read(graph.store, texts)))


def sketch(given: nx.Graph) -> Page:
    """Return any network as a page to move about in. Raises UsageError for one that is too large to be drawn."""
    if len(given) > MAX_SKETCHED:
        raise UsageError(f"{len(given):,} nodes are too many for a picture, up to {MAX_SKETCHED:,}; draw a part of it")
    return Page(drawing.sketch(given, algorithms.layout(given)))


def write_page(graph: store.Built, out: Path | None = None, texts: Sequence[Path] = ()) -> Path:
    """Write the explorer to ``out``, or beside the store, and return where it is. Raises StoreError and DataError."""
    return explorer(graph, texts).write(out or graph.folder / "explore.html")


def render(
    graph: Triplestore,
    counts: Mapping[str, int],
    texts: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> str:
    """Return the page as HTML. ``texts`` holds the texts of sources by the sources' IRIs.

    ``links`` are names and addresses of pages beside it, where it is served with others.
    """
    ontology = from_store(graph)
    everything = whole(graph, ontology)
    look_of = {node: looks.look_of(data["types"]) for node, data in everything.nodes(data=True)}
    # A copy, since a view looks at every edge anew each time.
    drawable = everything.subgraph([node for node, look in look_of.items() if look]).copy()
    ranks = algorithms.importance(drawable)
    order = sorted(everything, key=lambda node: (-ranks.get(node, 0.0), node))
    core = [node for node in order if (look := look_of[node]) and look.shown][:MAX_LAID_OUT]
    places = algorithms.layout(drawable, core)
    data = _data(graph, ontology, everything, order, texts or {}) | {"counts": dict(counts)}
    for entry, node in zip(data["entities"], order, strict=True):
        look = look_of[node]
        entry["kind"] = looks.LOOKS.index(look) if look else _MISSING
        entry["x"], entry["y"] = places.get(node, (0, 0))
    first = core[:MAX_DRAWN]
    numbers = {node: i for i, node in enumerate(order)}
    drawn = drawing.picture(everything, {node: places[node] for node in first}, numbers)
    return drawing.page(drawn, data, title="eudigraph: the EU's digital diplomacy", links=links or {})


def _data(
    graph: Triplestore, ontology: Ontology, everything: nx.MultiDiGraph, order: Sequence[str], texts: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the page knows: numbers stand for the places of entities in the lists."""
    index = {node: i for i, node in enumerate(order)}
    passages = evidence.describe(graph, texts=texts)
    passage_index = {p.iri: i for i, p in enumerate(passages)}
    relations = [RDF + "type", *(t.iri for t in ontology.properties if t.kind != "AnnotationProperty")]
    relation_index = {iri: i for i, iri in enumerate(relations)}
    names = labels.labels(graph, {i for p in passages for i in (p.speaker, p.certainty, p.source, p.retells) if i})
    sources = list(dict.fromkeys(p.source for p in passages))
    known = _all_names(graph)
    unnamed: Names = set(), set()

    statements: list[list[Any]] = []
    for s, o, key, data in everything.edges(keys=True, data=True):
        where = [passage_index[p] for p in data["passages"] if p in passage_index]
        statements.append([index[s], relation_index[key], index[o], int(data["inferred"]), *where])
    values: list[list[Any]] = []
    for node in order:
        for predicate, text, said in everything.nodes[node]["values"]:
            where = [passage_index[p] for p in said if p in passage_index]
            values.append([index[node], relation_index[predicate], text, *where])
    return {
        "drawn": MAX_DRAWN,
        "kinds": [
            {"name": look.name, "label": _label(ontology, look.name), "shape": look.shape, "color": look.color}
            | {"shown": look.shown}
            for look in looks.LOOKS
        ],
        "relations": [_relation(ontology, iri, relation_index) for iri in relations],
        "entities": [_entity(ontology, node, everything.nodes[node], known.get(node, unnamed)) for node in order],
        "statements": sorted(statements),
        "values": sorted(values),
        "spans": _spans(graph),
        "uncertain": sorted(index[iri] for iri in _uncertain(graph) if iri in index),
        "rules": _rules(ontology, relation_index),
        "finding": lookup.rules(),
        "sources": [_source(graph, iri) for iri in sources],
        "passages": [
            {
                "source": sources.index(p.source),
                "locator": p.locator,
                "start": p.start,
                "end": p.end,
                "speaker": names[p.speaker],
                "certainty": names[p.certainty],
                "hedged": p.certainty != PREFIXES["certainty"] + "stated",
                "confidence": float(p.confidence),
                "gist": p.gist,
            }
            | ({"retells": names[p.retells]} if p.retells else {})
            | ({"text": p.text} if p.text is not None else {})
            for p in passages
        ],
    }


def _all_names(graph: Triplestore) -> dict[str, Names]:
    """Return all that entities are called, in all languages, by their IRIs: the page finds them by it."""
    found: dict[str, Names] = defaultdict(lambda: (set(), set()))
    for name in lookup.names(graph):
        found[name.entity][not name.preferred].add(name.text)
    return found


def _entity(ontology: Ontology, iri: str, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    preferred, others = names
    given = {
        "id": shorten(iri),
        "label": data["label"],
        "called": sorted(preferred - {data["label"]}),
        "also": data["alternatives"],
        "names": sorted(others - {*data["alternatives"]}),
        "class": ", ".join(ontology.terms[c].label for c in data["classes"] if c in ontology.terms),
        "about": data["definition"],
        "links": [m for m in data["matches"] if m.startswith(("http://", "https://"))],
    }
    return {key: value for key, value in given.items() if value or key == "label"}


def _relation(ontology: Ontology, iri: str, index: Mapping[str, int]) -> dict[str, Any]:
    if iri == RDF + "type":
        return {"id": "rdf:type", "label": "is a"}
    term = ontology.terms[iri]
    made: dict[str, Any] = {
        "id": shorten(iri),
        "label": term.label or shorten(iri).partition(":")[2],
        "about": term.definition,
    }
    if term.inverse and term.inverse in index:
        made["inverse"] = index[term.inverse]
    if term.single_valued:
        made["single"] = True
    return made


def _rules(ontology: Ontology, index: Mapping[str, int]) -> list[list[Any]]:
    """Return the rules on relations between entities: name, head and body as [variable, relation, variable]."""
    found = []
    for rule in rules.rules(ontology):
        atoms = [rule.head, *rule.body]
        if all(p in index and p != RDF + "type" and s.startswith("?") and o.startswith("?") for s, p, o in atoms):
            found.append([rule.name, *([s, index[p], o] for s, p, o in atoms)])
    return found


def _spans(graph: Triplestore) -> dict[str, list[str]]:
    """Return, for each date of the graph, the first and last day it allows, empty for an open end, and its words."""
    query = f"""SELECT ?d ?first ?last {{ ?span <{EUD}edtf> ?d
        OPTIONAL {{ ?span <{EUD}earliest> ?first }} OPTIONAL {{ ?span <{EUD}latest> ?last }} }} ORDER BY ?d"""
    found = {}
    for row in select(graph, query):
        first, last = (end.value if (end := row[name]) else "" for name in ("first", "last"))
        found[row["d"].value] = [first, last, readable(row["d"].value)]
    return found


def _uncertain(graph: Triplestore) -> Iterable[str]:
    """Return the statuses that the ontology marks as not settled."""
    return [row["s"].value for row in select(graph, f"SELECT ?s {{ ?s <{EUD}unsettled> true }}")]


def _source(graph: Triplestore, iri: str) -> dict[str, str]:
    rows = select(
        graph,
        f"""SELECT * {{ <{iri}> <{EUD}title> ?title ; <{EUD}published> ?published ; <{EUD}publisher> ?publisher
        OPTIONAL {{ <{iri}> <{EUD}url> ?url }} }} ORDER BY ?title ?publisher ?url LIMIT 1""",
    )
    row = {name: term.value for name, term in rows[0].items() if term} if rows else {"title": shorten(iri)}
    if rows:
        row["publisher"] = labels.labels(graph, [row["publisher"]])[row["publisher"]]
    return {"id": shorten(iri)} | row


def _label(ontology: Ontology, name: str) -> str:
    term = ontology.terms.get(EUD + name)
    return term.label if term else name
