"""The explorer: the graph with its evidence as one page that opens offline.

This module gathers what the page knows; ``drawing`` makes the page of it, ``templates/explorer`` is its behaviour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from eudigraph.ask import evidence, lookup
from eudigraph.build.ties import RELATIONS, stage_of
from eudigraph.engine import store
from eudigraph.explore import drawing
from eudigraph.model import current, files, labels
from eudigraph.model.dates import readable
from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, GRAPH_ONTOLOGY, PREFIXES, RDF, eud, shorten
from eudigraph.model.ontology import Ontology, from_store
from eudigraph.model.stages import AGREED, PLANNED, STATE, UNDER_WAY, Ladder, read_ladder
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

_COOPERATES = eud("cooperatesOn").value

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
    known = current.known(graph)
    everything = _entities(whole(graph, ontology), known)
    look_of = {node: looks.look_of(data["types"]) for node, data in everything.nodes(data=True)}
    # A copy, since a view looks at every edge anew each time.
    drawable = everything.subgraph([node for node, look in look_of.items() if look]).copy()
    ranks = algorithms.importance(drawable)
    order = sorted(everything, key=lambda node: (-ranks.get(node, 0.0), node))
    core = [node for node in order if (look := look_of[node]) and look.shown][:MAX_LAID_OUT]
    places = algorithms.layout(drawable, core)
    data = _data(graph, ontology, everything, known, order, texts or {}) | {"counts": dict(counts)}
    for entry, node in zip(data["entities"], order, strict=True):
        look = look_of[node]
        entry["kind"] = looks.LOOKS.index(look) if look else _MISSING
        entry["x"], entry["y"] = places.get(node, (0, 0))
    first = core[:MAX_DRAWN]
    numbers = {node: i for i, node in enumerate(order)}
    drawn = drawing.picture(everything, {node: places[node] for node in first}, numbers)
    return drawing.page(drawn, data, title="eudigraph: the EU's digital diplomacy", links=links or {})


def _entities(everything: nx.MultiDiGraph, known: current.Known) -> nx.MultiDiGraph:
    """Return a network without what the build derives of it: that is told of its entities, and is none itself."""
    derived = [node for node, data in everything.nodes(data=True) if not current.DERIVED.isdisjoint(data["types"])]
    everything.remove_nodes_from(derived)
    everything.remove_edges_from([(s, o, key) for s, o, key in everything.edges(keys=True) if key in known.terms])
    for data in (data for _, data in everything.nodes(data=True)):
        data["values"] = [value for value in data["values"] if value[0] not in known.terms]
    return everything


def _data(
    graph: Triplestore,
    ontology: Ontology,
    everything: nx.MultiDiGraph,
    known: current.Known,
    order: Sequence[str],
    texts: Mapping[str, str],
) -> dict[str, Any]:
    """Return what the page knows: numbers stand for the places of entities in the lists."""
    index = {node: i for i, node in enumerate(order)}
    passages = evidence.describe(graph, texts=texts)
    passage_index = {p.iri: i for i, p in enumerate(passages)}
    ladder = read_ladder(graph.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY))
    used = {RDF + "type", _COOPERATES, *(key for *_, key in everything.edges(keys=True))}
    used.update(value[0] for _, values in everything.nodes(data="values") for value in values)
    relations = [RDF + "type", *(t.iri for t in ontology.properties if t.iri in used and t.iri != RDF + "type")]
    relation_index = {iri: i for i, iri in enumerate(relations)}
    names = labels.labels(graph, {i for p in passages for i in (p.speaker, p.certainty, p.source, p.retells) if i})
    sources = list(dict.fromkeys(p.source for p in passages))
    called = _all_names(graph)
    unnamed: Names = set(), set()

    statements: list[list[Any]] = []
    for s, o, key, data in everything.edges(keys=True, data=True):
        where = [passage_index[p] for p in data["passages"] if p in passage_index]
        statements.append([index[s], relation_index[key], index[o], int(data["inferred"]), *where])
    agreed = ladder.stage(AGREED)
    for tie in known.ties:
        if ladder.ranks.get(tie.stage, -1) >= agreed and tie.country in index and tie.topic in index:
            where = [passage_index[tie.passage]] if tie.passage in passage_index else []
            statements.append([index[tie.country], relation_index[_COOPERATES], index[tie.topic], 1, *where])
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
        "relations": [_relation(ontology, ladder, iri, relation_index) for iri in relations],
        "entities": [_entity(ontology, node, everything.nodes[node], called.get(node, unnamed)) for node in order],
        "statements": sorted(statements),
        "values": sorted(values),
        "spans": _spans(graph),
        **_derived(graph, known, ladder, index, passage_index),
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


def _derived(
    graph: Triplestore,
    known: current.Known,
    ladder: Ladder,
    index: Mapping[str, int],
    passage_index: Mapping[str, int],
) -> dict[str, Any]:
    """Return how all stands by the newest day known, as the build has derived it."""
    stages = sorted(ladder.ranks, key=lambda iri: (ladder.ranks[iri] < 0, ladder.ranks[iri], iri))
    stage_index = {iri: i for i, iri in enumerate(stages)}
    planned, agreed = ladder.stage(PLANNED), ladder.stage(AGREED)
    named = {iri for fate in known.fates.values() if (iri := fate.realised_as)}
    named |= {iri for changes in known.changes.values() for c in changes if c.days is None for iri in (c.old, c.new)}
    named |= {d.step for there in known.disagreements.values() for d in there if d.step}
    named |= {value for there in known.disagreements.values() for d in there for value, is_iri, _ in d.sides if is_iri}
    names = labels.labels(graph, {*stages, *named})

    def said(*iris: str | None) -> list[int]:
        return [passage_index[iri] for iri in iris if iri and iri in passage_index]

    def given(**values: Any) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value is not None and value is not False}

    return {
        "known": readable(known.day) if known.day else "",
        "stages": [
            {"label": names[iri], "full": (ladder.ranks[iri] >= planned) + (ladder.ranks[iri] >= agreed)}
            for iri in stages
        ],
        "situations": [
            given(
                e=index[iri],
                status=index[now.status],
                stage=stage_index[now.stage],
                date=now.date,
                lasts=now.status in ladder.statuses and ladder.statuses[now.status].kind == STATE,
                place=index.get(now.place) if now.place else None,
                outlook=index.get(now.outlook) if now.outlook and now.outlook != now.status else None,
                when=now.outlook_date if now.outlook != now.status else None,
                disputed=now.disputed,
                realised=index.get(now.realised_as) if now.realised_as else None,
                said=said(*now.passages),
            )
            for iri, now in sorted(known.situations.items())
            if iri in index and now.status in index and now.stage in stage_index
        ],
        "ties": [
            [
                *(index[iri] for iri in (tie.country, tie.topic, tie.through)),
                *(stage_index[tie.stage], int(tie.priority), *said(tie.passage)),
            ]
            for tie in known.ties
            if tie.stage in stage_index and {tie.country, tie.topic, tie.through} <= index.keys()
        ],
        "fates": [
            {
                "e": index[iri],
                "words": current.fate_in_words(fate, known.day, names),
                "said": said(fate.aim, fate.outcome),
            }
            for iri, fate in sorted(known.fates.items())
            if iri in index
        ],
        "changes": [
            {
                "e": index[iri],
                "words": current.change_in_words(change, names),
                "said": said(change.earlier, change.later),
            }
            for iri, changes in sorted(known.changes.items())
            for change in changes
            if iri in index
        ],
        "disagreements": [
            {
                "e": index[iri],
                "on": current.aspect_in_words(one, names),
                "sides": [[current.value_in_words(*side[:2], names), *said(*side[2])] for side in one.sides],
            }
            for iri, there in sorted(known.disagreements.items())
            for one in there
            if iri in index
        ],
    }


def _relation(ontology: Ontology, ladder: Ladder, iri: str, index: Mapping[str, int]) -> dict[str, Any]:
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
    name = iri.removeprefix(EUD)
    if name in RELATIONS:  # of a topic, at most at this stage, whatever comes of the engagement
        stage = stage_of(ladder, name, UNDER_WAY, is_partnership=False, is_held=False)
        if stage is not None and ladder.stage(stage) < ladder.stage(AGREED):
            made["early"] = True
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
