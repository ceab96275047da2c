"""From the rows of a two-mode network's query to its nodes and edges, with all that is known of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

import networkx as nx
from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions

from eudigraph.engine.safety import prepare
from eudigraph.engine.store import Built
from eudigraph.model import ontology
from eudigraph.model.errors import DataError, QueryTimeout, UsageError
from eudigraph.model.labels import best
from eudigraph.model.names import (
    EUD,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    OWN_GRAPHS,
    PREFIXES,
    RDF_TYPE,
    RDFS,
    SKOS,
    shorten,
)
from eudigraph.model.ontology import Ontology, read_ontology
from eudigraph.model.stages import rank_of
from eudigraph.model.triples import select
from eudigraph.model.workspace import open_workspace
from eudigraph.network import everything
from eudigraph.network.definitions import Choice, Definition, expanded, known_networks
from eudigraph.network.known import MENTIONED, Known, Tie

_COLUMNS = ("source", "target", "via", "graph")
_LABEL = NamedNode(SKOS + "prefLabel")
_DEFAULT = DefaultGraph()
_OWN = frozenset(graph.value for graph in OWN_GRAPHS)
_TIMEOUT = 600.0
"""Seconds that a network's query may take if it is not one of those that came with eudigraph."""


@dataclass(slots=True)
class _Via:
    """One way in which two things are tied: who says so, and whether all of it is said."""

    passages: list[str] = field(default_factory=list)
    asserted: bool = False
    belongs: bool = False
    """Whether it is not only hedged that the engagement belongs to the first thing, such as to a country."""


class _Row(NamedTuple):
    """A tie as a query gives it: IRIs, whether it follows, and the other variables of the row that are IRIs."""

    source: str
    target: str
    via: str
    graph: str
    follows: bool
    others: dict[str, str]


class TwoMode:
    """The ties of a definition by what is known on a day, whatever stage they have come to; see ``at``."""

    def __init__(self, built: Built, definition: Definition, choice: Choice, known: Known) -> None:
        self._facts = Facts(built, known)
        self._known = known
        self._edges = self._tied(built, definition, choice)
        self._among = _among(built, definition, known)

    def _tied(self, built: Built, definition: Definition, choice: Choice) -> list[tuple[str, str, dict[str, Any]]]:
        facts, known = self._facts, self._known
        broader = _rolled_up(built, choice.level)
        outright = _outright(built, definition, known)
        found: dict[tuple[str, str], dict[str, _Via]] = defaultdict(dict)
        derived: dict[tuple[str, str], Tie] = {}
        for row in _rows(built, definition):
            ends, via = (row.source, row.target), row.via
            if not _is_known(known, definition, row) or (definition.is_derived and ends not in known.ties):
                continue
            pairs = [ends]
            if broader:
                pairs = [(s, t) for s in broader.get(ends[0], ends[:1]) for t in broader.get(ends[1], ends[1:])]
            for pair in pairs:
                if definition.is_derived:
                    derived[pair] = min(known.ties[ends], derived.get(pair, known.ties[ends]), key=known.order)
                ways = found[pair]
                way = ways.get(via)
                if way is None:
                    way = ways[via] = _Via()
                if row.graph not in _OWN:
                    way.passages.append(row.graph)
                    way.asserted |= not row.follows and (outright is None or (via, row.source) in outright)
                    said = () if outright is None else outright.get((via, row.source), ())
                    way.belongs = way.belongs or outright is None or not facts.is_hedged(said)
        edges = [(*pair, facts.edge(definition.relation, ways, derived.get(pair))) for pair, ways in found.items()]
        if not choice.inferred:
            edges = [edge for edge in edges if not edge[2]["inferred"]]
        return sorted(edges, key=itemgetter(0, 1))

    def at(self, stage: str, *, turned: bool, both: bool = True) -> nx.Graph:
        """Return the network of what has come at least as far as a stage; ``turned`` if its targets come first.

        Unless ``both``, the nodes of the second side have no attributes but ``bipartite``.
        """
        least = rank_of(stage)
        edges = [(s, t, {**data}) for s, t, data in self._edges if data["stage_rank"] >= least]
        kept = {edge[0] for edge in edges} | self._among
        made = nx.Graph()
        for side, iris in ((0, kept), (1, {edge[1] for edge in edges} - kept)):
            bipartite = 1 - side if turned else side
            known = self._facts.thing if both or bipartite == 0 else lambda _: {}
            made.add_nodes_from((iri, {**known(iri), "bipartite": bipartite}) for iri in sorted(iris))
        made.add_edges_from(edges)
        return made


class Facts:
    """What a network wants to know of engagements, passages and things, each asked for once, when it is needed."""

    def __init__(self, built: Built, known: Known) -> None:
        self._store, self._known = built.store, known
        self._kinds: dict[frozenset[str], tuple[str, list[str]]] = {}
        self._things: dict[str, dict[str, Any]] = {}

    @cached_property
    def _ontology(self) -> Ontology:
        """The classes, with their names and what is above them; the rest, which takes longer to read, says nothing."""
        graph, wanted = self._store, (RDF_TYPE, NamedNode(RDFS + "label"), NamedNode(RDFS + "subClassOf"))
        return read_ontology(q for prop in wanted for q in graph.quads_for_pattern(None, prop, None, GRAPH_ONTOLOGY))

    @cached_property
    def _hedged(self) -> set[str]:
        return everything.hedged(self._store)

    @cached_property
    def _dated(self) -> dict[str, set[str]]:
        return everything.dated(self._store)

    def thing(self, iri: str) -> dict[str, Any]:
        """Return the attributes of a thing."""
        if iri not in self._things:
            self._things[iri] = self._thing(iri)
        return self._things[iri]

    def _thing(self, iri: str) -> dict[str, Any]:
        claims: list[Any] = [*self._store.quads_for_pattern(NamedNode(iri), RDF_TYPE, None, None)]
        types = frozenset([claim.object.value for claim in claims])
        if self._known.is_past:
            types = self._known.classes.get(iri, frozenset())
        if types not in self._kinds:
            self._kinds[types] = (
                ontology.class_words(self._ontology, types),
                ontology.most_specific(self._ontology, types),
            )
        kind, classes = self._kinds[types]
        said = {claim.graph_name.value for claim in claims if claim.graph_name != _DEFAULT} - _OWN
        made: dict[str, Any] = {"label": self._label(iri), "kind": kind, "classes": [*classes]}
        if EUD + "Engagement" in types:
            made |= everything.situation_of(self._known, iri)
            said |= self._dated.get(iri, set())
        return {**made, "passages": sorted(filter(self._known.counts, said))}

    def _label(self, iri: str) -> str:
        names = (quad.object for quad in self._store.quads_for_pattern(NamedNode(iri), _LABEL, None, _DEFAULT))
        return best(name for name in names if isinstance(name, Literal)) or shorten(iri)

    def edge(self, relation: str, ways: dict[str, _Via], tie: Tie | None) -> dict[str, Any]:
        """Return the attributes of an edge.

        How certain it is, what bears its stage tells: what else it is via may be stated outright, but of something that
        has not come as far.
        """
        stages = {} if tie else {via: self._stage(via) for via in ways}
        stage = tie.stage if tie else max(stages.values(), key=self._known.rank)
        bearing = [tie.through] if tie and tie.through in ways else [v for v in ways if stages.get(v, stage) == stage]
        stated = any(not self._is_hedged(ways[via]) for via in bearing if ways[via].passages)
        passages = sorted({passage for way in ways.values() for passage in way.passages})
        since = min((day for via, way in ways.items() if (day := self._since(via, way))), default=None)
        made = {
            "label": relation,
            "weight": len(ways),
            "via": sorted(ways),
            "passages": passages,
            "inferred": not any(way.asserted for way in ways.values()),
            "stage": self._known.label(stage),
            "stage_rank": self._known.rank(stage),
            "certainty": None if not passages else "stated" if stated else "hedged",
            "since": since,
        }
        return made | ({"priority": tie.priority, "through": tie.through, "borne_by": tie.passage} if tie else {})

    def _stage(self, via: str) -> str:
        situation = self._known.situations.get(via)
        return situation.stage if situation else MENTIONED

    def is_hedged(self, passages: Collection[str]) -> bool:
        """Whether passages say something, and none of them outright."""
        return bool(passages) and self._hedged.issuperset(passages)

    def _is_hedged(self, way: _Via) -> bool:
        return self.is_hedged(way.passages) or not way.belongs

    def _since(self, via: str, way: _Via) -> str | None:
        """Return the first day on which an engagement can have begun; of one without a date, when it became known."""
        situation = self._known.situations.get(via)
        if situation and situation.first:
            return situation.first
        return min((day for passage in way.passages if (day := self._known.said(passage))), default=None)


def _is_known(known: Known, definition: Definition, row: _Row) -> bool:
    """Whether a tie was known by the day, with all that it rests on."""
    if not known.is_past:
        return True
    if not known.counts(row.graph):
        return False
    given = {"source": row.source, "target": row.target, "via": row.via, **row.others}
    for pattern in filter(None, (definition.asserted, definition.besides)):
        subject, relation, value = expanded(pattern).split()
        ends = given.get(subject[1:]), given.get(value[1:])
        if ends[0] and ends[1] and not known.holds(ends[0], relation[1:-1], ends[1]):
            return False
    # What follows must have followed then: of the things in the row, some relation must have led to the target.
    near = {row.source, row.via, *row.others.values()} - {row.target}
    return row.graph != GRAPH_INFERRED.value or any(known.are_linked(one, row.target) for one in near)


def _rows(built: Built, definition: Definition) -> Iterator[_Row]:
    """Yield the ties that a definition's query gives.

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
    follows = variables.index("follows") if "follows" in variables else None
    beside = [(name, place) for place, name in enumerate(variables) if name not in (*_COLUMNS, "follows")]
    for row in rows:
        ends = row[source].value, row[target].value, row[via].value, row[graph].value
        yield _Row(*ends, _is_true(row, follows), _named(row, beside) if beside else {})


def _named(row: Any, beside: Sequence[tuple[str, int]]) -> dict[str, str]:
    return {name: row[place].value for name, place in beside if isinstance(row[place], NamedNode)}


def _is_true(row: Any, place: int | None) -> bool:
    return place is not None and row[place] is not None and row[place].value == "true"


def _outright(built: Built, definition: Definition, known: Known) -> dict[tuple[str, str], set[str]] | None:
    """Return the passages that say of via and source that they belong together; None if none need to."""
    if not definition.asserted:
        return None
    rows = select(built.store, f"SELECT ?via ?source ?graph {{ GRAPH ?graph {{ {expanded(definition.asserted)} }} }}")
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row["graph"].value not in _OWN and known.counts(row["graph"].value):
            found[row["via"].value, row["source"].value].add(row["graph"].value)
    return dict(found)


def _among(built: Built, definition: Definition, known: Known) -> set[str]:
    if not definition.among:
        return set()
    pattern = expanded(definition.among)
    subject, relation, value = pattern.split()
    rows = select(built.store, f"SELECT DISTINCT {subject} {value} {{ {pattern} }}")
    pairs = ((row[subject[1:]].value, row[value[1:]].value) for row in rows)
    at = 0 if subject == "?source" else 1
    return {pair[at] for pair in pairs if known.holds(pair[0], relation[1:-1], pair[1])}


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
