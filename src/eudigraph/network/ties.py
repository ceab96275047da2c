"""From the rows of a two-mode network's query to its nodes and edges, with all that is known of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

import networkx as nx
from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions

from eudigraph.engine.safety import prepare
from eudigraph.engine.store import Built
from eudigraph.model import ontology
from eudigraph.model.errors import DataError, QueryTimeout, UsageError
from eudigraph.model.labels import best
from eudigraph.model.names import BASE, EUD, GRAPH_ONTOLOGY, OWN_GRAPHS, PREFIXES, RDF_TYPE, RDFS, SKOS, shorten
from eudigraph.model.ontology import Ontology, read_ontology
from eudigraph.model.triples import select
from eudigraph.model.workspace import open_workspace
from eudigraph.network import everything
from eudigraph.network.definitions import Choice, Definition, expanded, known_networks

STANDINGS = ("settled", "unsettled", "wanted")
"""How firm a tie is, the firmest first."""
_COLUMNS = ("source", "target", "via", "graph")
_LABEL = NamedNode(SKOS + "prefLabel")
_DEFAULT = DefaultGraph()
NEVER = "9999-99-99"
_OWN = frozenset(graph.value for graph in OWN_GRAPHS)
_TIMEOUT = 600.0
"""Seconds that a network's query may take if it is not one of those that came with eudigraph."""


@dataclass(slots=True)
class _Via:
    """One way in which two things are tied: whether it is only wanted, who says so, and whether all of it is said."""

    wanted: bool
    passages: list[str] = field(default_factory=list)
    asserted: bool = False
    belongs: bool = False
    """Whether it is not only hedged that the engagement belongs to the first thing, such as to a country."""


def two_mode(built: Built, definition: Definition, choice: Choice, *, turned: bool, both: bool = True) -> nx.Graph:
    """Return the network of a definition; ``turned`` if its targets come first.

    Unless ``both``, the nodes of the second side have no attributes but ``bipartite``.
    """
    facts = Facts(built)
    broader = _rolled_up(built, choice.level)
    outright = _outright(built, definition)
    everything_wanted = choice.claims == "all"
    ties: dict[tuple[str, str], dict[str, _Via]] = defaultdict(dict)
    for source, target, via, graph, wanted, follows in _rows(built, definition):
        if wanted and not everything_wanted:
            continue
        pairs = [(source, target)]
        if broader:
            pairs = [(s, t) for s in broader.get(source, (source,)) for t in broader.get(target, (target,))]
        for pair in pairs:
            ways = ties[pair]
            way = ways.get(via)
            if way is None or (way.wanted and not wanted):  # what is pursued as well is no longer only wanted
                way = ways[via] = _Via(wanted)
            if way.wanted == wanted and graph not in _OWN:
                way.passages.append(graph)
                way.asserted |= not follows and (outright is None or (via, source) in outright)
                way.belongs = way.belongs or outright is None or not facts.is_hedged(outright.get((via, source), ()))
    edges = []
    for (source, target), ways in ties.items():
        counted = {via: way for via, way in ways.items() if facts.counts(via, way, choice)}
        if counted:
            edges.append((source, target, facts.edge(definition.relation, counted)))
    edges.sort(key=itemgetter(0, 1))

    kept = {edge[0] for edge in edges} | _among(built, definition)
    made = nx.Graph()
    for side, iris in ((0, kept), (1, {edge[1] for edge in edges} - kept)):
        bipartite = 1 - side if turned else side
        known = facts.thing if both or bipartite == 0 else lambda _: {}
        made.add_nodes_from((iri, {**known(iri), "bipartite": bipartite}) for iri in sorted(iris))
    made.add_edges_from(edges)
    return made


class Facts:
    """What a network wants to know of engagements, passages and things, each asked for once, when it is needed."""

    def __init__(self, built: Built) -> None:
        self._store = built.store
        self._kinds: dict[frozenset[str], tuple[str, list[str]]] = {}

    @cached_property
    def _ontology(self) -> Ontology:
        """The classes, with their names and what is above them; the rest, which takes longer to read, says nothing."""
        graph, wanted = self._store, (RDF_TYPE, NamedNode(RDFS + "label"), NamedNode(RDFS + "subClassOf"))
        return read_ontology(q for prop in wanted for q in graph.quads_for_pattern(None, prop, None, GRAPH_ONTOLOGY))

    @cached_property
    def _unsettled(self) -> set[str]:
        return everything.unsettled(self._store)

    @cached_property
    def _hedged(self) -> set[str]:
        return everything.hedged(self._store)

    @cached_property
    def _times(self) -> dict[str, everything.Times]:
        return everything.times(self._store, self._spans)

    @cached_property
    def _spans(self) -> dict[str, tuple[str, str]]:
        return everything.spans(self._store)

    @cached_property
    def _published(self) -> dict[str, str]:
        """The first day on which a source can have been published, by the beginning of its passages' IRIs."""
        own = BASE + "source/"
        found: dict[str, str] = {}
        for source, text in everything.pairs(self._store, EUD + "published"):
            passages = f"{BASE}passage/{source.removeprefix(own)}"
            first, _ = self._spans.get(text, ("", ""))
            if first:
                found[passages] = min(first, found.get(passages, first))
        return found

    @cached_property
    def _statuses(self) -> dict[str, set[str]]:
        """The labels of the statuses of each engagement."""
        found: dict[str, set[str]] = defaultdict(set)
        labels: dict[str, str] = {}
        for iri, status in everything.pairs(self._store, EUD + "status"):
            if status not in labels:
                labels[status] = self._label(status)
            found[iri].add(labels[status])
        return found

    @cached_property
    def _dated(self) -> dict[str, set[str]]:
        return everything.dated(self._store)

    def thing(self, iri: str) -> dict[str, Any]:
        """Return the attributes of a thing."""
        claims: list[Any] = [*self._store.quads_for_pattern(NamedNode(iri), RDF_TYPE, None, None)]
        types = frozenset([claim.object.value for claim in claims])
        if types not in self._kinds:
            self._kinds[types] = (
                ontology.class_words(self._ontology, types),
                ontology.most_specific(self._ontology, types),
            )
        kind, classes = self._kinds[types]
        said = {claim.graph_name.value for claim in claims if claim.graph_name != _DEFAULT} - _OWN
        made: dict[str, Any] = {"label": self._label(iri), "kind": kind, "classes": [*classes]}
        if EUD + "Engagement" in types:
            times = self._times.get(iri) or everything.Times()
            made |= {"status": sorted(self._statuses.get(iri, ())), "date": "; ".join(times.dates)}
            made |= {"earliest": times.earliest, "latest": times.latest}
            said |= self._dated.get(iri, set())
        return {**made, "passages": sorted(said)}

    def _label(self, iri: str) -> str:
        names = (quad.object for quad in self._store.quads_for_pattern(NamedNode(iri), _LABEL, None, _DEFAULT))
        return best(name for name in names if isinstance(name, Literal)) or shorten(iri)

    def counts(self, via: str, way: _Via, choice: Choice) -> bool:
        """Whether a way in which two things are tied counts under a choice."""
        if not choice.inferred and not way.asserted:
            return False
        if choice.claims == "certain" and (via in self._unsettled or self._is_hedged(way)):
            return False
        if choice.until is not None:
            since = self._since(via, way)
            return since is not None and since <= choice.until.isoformat()
        return True

    def edge(self, relation: str, ways: dict[str, _Via]) -> dict[str, Any]:
        """Return the attributes of an edge."""
        rank, since, inferred = len(STANDINGS), NEVER, True
        passages: set[str] = set()
        stated = False
        for via, way in ways.items():
            rank = min(rank, 2 if way.wanted else int(via in self._unsettled))
            since = min(since, self._since(via, way) or NEVER)
            inferred = inferred and not way.asserted
            stated = stated or not (self._is_hedged(way) or not way.passages)
            passages.update(way.passages)
        standing = STANDINGS[rank]
        return {
            "label": f"{relation} (wanted)" if standing == "wanted" else relation,
            "weight": len(ways),
            "via": sorted(ways),
            "passages": sorted(passages),
            "inferred": inferred,
            "standing": standing,
            "certainty": None if not passages else "stated" if stated else "hedged",
            "since": None if since == NEVER else since,
        }

    def is_hedged(self, passages: Collection[str]) -> bool:
        """Whether passages say something, and none of them outright."""
        return bool(passages) and self._hedged.issuperset(passages)

    def _is_hedged(self, way: _Via) -> bool:
        return self.is_hedged(way.passages) or not way.belongs

    def _since(self, via: str, way: _Via) -> str | None:
        times = self._times.get(via)
        if times and times.earliest:
            return times.earliest
        return min((day for passage in way.passages if (day := self.published(passage))), default=None)

    def published(self, passage: str) -> str | None:
        """Return the first day on which a passage's source can have been published."""
        return self._published.get(passage.rpartition("/")[0])


def _rows(built: Built, definition: Definition) -> Iterator[tuple[str, str, str, str, bool, bool]]:
    """Yield source, target, via and graph of each tie (IRIs), whether it is only wanted, and whether it follows.

    What came with eudigraph runs in this process, three times as fast; any other query where it can be ended.
    """
    where = f"queries/networks/{definition.name}.rq"
    answer = None
    if definition == known_networks(open_workspace()).get(definition.name):
        found = built.store.query(definition.text, prefixes=PREFIXES)
        if not isinstance(found, QuerySolutions):
            raise DataError(f"{where}: gives no rows; write a SELECT query")
        variables, rows = [v.value for v in found.variables], iter(found)
    else:
        try:
            answer = built.ask(prepare(definition.text), timeout=_TIMEOUT)
        except (UsageError, QueryTimeout) as error:
            raise type(error)(f"{where}: {error}") from error
        variables, rows = answer.variables, iter(answer.rows)
    columns = ", ".join(f"?{name}" for name in _COLUMNS)
    if not set(_COLUMNS) <= set(variables):
        raise DataError(f"{where}: must give {columns}; add what is missing to its SELECT")
    source, target, via, graph = places = [variables.index(name) for name in _COLUMNS]
    if answer and not all(isinstance(row[place], NamedNode) for row in answer.rows for place in places):
        raise DataError(f"{where}: {columns} must be IRIs in every row; leave out, by a FILTER, the rows where not")
    w, f = [variables.index(name) if name in variables else None for name in ("wanted", "follows")]
    for row in rows:
        yield row[source].value, row[target].value, row[via].value, row[graph].value, _is_true(row, w), _is_true(row, f)


def _is_true(row: Any, place: int | None) -> bool:
    return place is not None and row[place] is not None and row[place].value == "true"


def _outright(built: Built, definition: Definition) -> dict[tuple[str, str], set[str]] | None:
    """Return the passages that say of via and source that they belong together; None if none need to."""
    if not definition.asserted:
        return None
    rows = select(built.store, f"SELECT ?via ?source ?graph {{ GRAPH ?graph {{ {expanded(definition.asserted)} }} }}")
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row["graph"].value not in _OWN:
            found[row["via"].value, row["source"].value].add(row["graph"].value)
    return dict(found)


def _among(built: Built, definition: Definition) -> set[str]:
    if not definition.among:
        return set()
    rows = select(built.store, f"SELECT DISTINCT ?source {{ {expanded(definition.among)} }}")
    return {row["source"].value for row in rows}


def _rolled_up(built: Built, level: int | None) -> dict[str, tuple[str, ...]]:
    """Return what stands in the place of each topic that is further down than a level, at that level."""
    if level is None:
        return {}
    above: dict[str, list[str]] = defaultdict(list)
    for row in select(built.store, f"SELECT ?x ?y {{ ?x <{SKOS}broader> ?y ; a <{EUD}Topic> }} ORDER BY ?x ?y"):
        above[row["x"].value].append(row["y"].value)
    depths: dict[str, int] = {}

    def depth(topic: str) -> int:
        # Of a topic in two places the shorter way up counts.
        if topic not in depths:
            depths[topic] = 0  # so that a circle, which a check would have found, ends
            depths[topic] = min((1 + depth(broader) for broader in above.get(topic, [])), default=0)
        return depths[topic]

    def rolled(topic: str, seen: frozenset[str] = frozenset()) -> set[str]:
        if depth(topic) <= level or topic in seen:
            return {topic}
        return {found for broader in above[topic] for found in rolled(broader, seen | {topic})}

    return {topic: tuple(sorted(rolled(topic))) for topic in above}


def _certainty(stated: Iterable[bool]) -> str:
    return "stated" if any(stated) else "hedged"


def _firmest(standings: Iterable[str]) -> str:
    return min(standings, key=STANDINGS.index)
