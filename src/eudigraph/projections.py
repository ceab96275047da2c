"""Networks of two kinds of things, or of one: countries by their topics, topics by their countries, and so on.

A two-mode network is a SPARQL query in ``queries/networks/`` with a ``.toml`` beside it. Each row is a tie: a
``source``, a ``target``, the engagement ``via`` which they are tied and the ``graph`` that says so; ``wanted`` is true
of what is only wanted, ``follows`` of what no passage says outright.
From ``country-topic`` follow ``topic-country`` (the other way round), ``country-country`` and ``topic-topic`` (those
with something in common). What counts as a tie can be chosen, in the same way for all networks.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

import networkx as nx
from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions

from eudigraph import network, queries, reasoning
from eudigraph.errors import DataError, EudigraphError, QueryTimeout, UsageError
from eudigraph.garbage import without_collecting
from eudigraph.names import (
    BASE,
    CLAIMS,
    EUD,
    GRAPH_ONTOLOGY,
    OWN_GRAPHS,
    PREFIXES,
    RDF_TYPE,
    RDFS,
    SKOS,
    cut,
    plural,
    shorten,
    similar,
)
from eudigraph.ontology import Ontology, from_store, read_ontology
from eudigraph.sparql import select
from eudigraph.store import Built
from eudigraph.workspace import Workspace, open_workspace

STANDINGS = ("settled", "unsettled", "wanted")
"""How firm a tie is, the firmest first."""
EVERYTHING = "everything"
"""The name of the network that is the whole graph."""
_ALL = "Everything but evidence, with all relations"
"""Its title."""
MAX_LEVEL = 64
MAX_PAIRS = 5_000_000
"""Pairs with something in common up to which a network of one kind is made."""
_WANTED = frozenset((EUD + "wantsTopic", EUD + "cooperationWantedOn"))
_KEYS = frozenset(("title", "question", "relation", "tie"))
_OPTIONAL_KEYS = frozenset(("among", "asserted"))
_NAME = re.compile(r"([a-z]+)-(?!\1$)[a-z]+")
_COLUMNS = ("source", "target", "via", "graph")
_LABEL = NamedNode(SKOS + "prefLabel")
_DEFAULT = DefaultGraph()
_NEVER = "9999-99-99"
_OWN = frozenset(graph.value for graph in OWN_GRAPHS)
_TIMEOUT = 600.0
"""Seconds that a network's query may take if it is not one of those that came with eudigraph."""


@dataclass(frozen=True)
class Definition:
    """A two-mode network: its query, and what is said beside it to those who read of it."""

    name: str
    title: str
    question: str
    relation: str
    """What the label of an edge says."""
    tie: str
    """What makes a tie, as ``a tie is …`` goes on."""
    text: str
    among: str = ""
    """What makes a thing a ``?source`` of the network, even without a tie."""
    asserted: str = ""
    """What a passage must say of ``?via`` and ``?source`` besides, for a tie to count as asserted."""

    @property
    def sides(self) -> tuple[str, str]:
        """The names of the two kinds of nodes."""
        left, _, right = self.name.partition("-")
        return left, right


@dataclass(frozen=True)
class Choice:
    """What counts as a tie.

    ``claims`` is one of ``CLAIMS``, by default what is pursued, and of everything all; without ``inferred`` only what
    passages say outright counts; ``until`` leaves out what had not begun, or not been reported, by the end of a day;
    ``level`` puts the broader topic in the place of a narrower one, down to that level below the broadest (0).
    """

    claims: str | None = None
    inferred: bool = True
    until: date | None = None
    level: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be chosen, with a UsageError."""
        if self.until is not None and not isinstance(self.until, date):
            raise UsageError(f"until is a day, such as 2023-04-18, not {cut(repr(self.until))}")
        if self.level is not None and type(self.level) is not int:
            raise UsageError(f"a level is a whole number, not {cut(repr(self.level))}")
        if not isinstance(self.inferred, bool):
            raise UsageError(f"inferred is True or False, not {cut(repr(self.inferred))}")
        if self.claims is not None and self.claims not in CLAIMS:
            raise UsageError(f"claims can be {', '.join(CLAIMS)}, not {cut(str(self.claims))!r}")
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise UsageError(f"a level is a number from 0 (the broadest topics) to {MAX_LEVEL}, not {self.level}")


def networks(workspace: Workspace) -> dict[str, str]:
    """Return the names of the networks there are, with their titles; of one that is broken, what is wrong with it."""
    titles = {EVERYTHING: _ALL}
    for name, found in _known(workspace).items():
        if isinstance(found, Definition):
            titles[name] = _title(name, found)
        elif (workspace.queries_folder / "networks" / f"{name}.rq").is_file():  # of its names, the file's own
            titles[name] = f"broken: {found}"
    return titles


def _known(workspace: Workspace) -> dict[str, Definition | EudigraphError]:
    """Return the definition behind the name of each network, or what is wrong with it.

    Those that came with eudigraph are first, so no network of one's own takes the place of a known one, and none takes
    that of a broken one.
    """
    came, own = (
        [path.stem for path in sorted((space.queries_folder / "networks").glob("*.rq"))]
        for space in (open_workspace(), workspace)
    )
    known: dict[str, Definition | EudigraphError] = {}
    for file in sorted(own, key=lambda file: (file not in came, file)):
        found: Definition | EudigraphError
        try:
            found = _load(workspace, file)
        except EudigraphError as error:
            found = error
        for name in _names(file):
            known.setdefault(name, found)
    return known


def _names(file: str) -> list[str]:
    """Return the names of the networks that follow from a query, those of two kinds and those of one."""
    left, _, right = file.partition("-")
    names = [f"{one}-{other}" for one, other in ((left, right), (left, left), (right, left), (right, right))]
    return names if re.fullmatch(_NAME, file) else [file]


def _title(name: str, definition: Definition) -> str:
    if name == definition.name:
        return definition.title
    left, _, right = name.partition("-")
    if left == right:
        other = next(side for side in definition.sides if side != left)
        return f"{plural(left).capitalize()} with {plural(other)} in common"
    return f"{plural(left).capitalize()} and their {plural(right)}"


def _tie(name: str, definition: Definition) -> str:
    """Return in a sentence what a tie of a network is."""
    left, _, right = name.partition("-")
    if left != right:
        return f"A tie is {definition.tie}."
    other = next(side for side in definition.sides if side != left)
    return (
        f"Two {plural(left)} are tied by the {plural(other)} they share; between the two kinds, a tie is "
        f"{definition.tie}."
    )


def project(built: Built, workspace: Workspace, name: str, choice: Choice | None = None) -> nx.Graph:
    """Return the network of that name, such as ``country-topic`` or ``country-country``. Nodes are IRIs.

    Nodes have ``label``, ``kind`` (the class in words), ``classes`` (IRIs) and, in two-mode networks, ``bipartite``: 0
    for the side named first, 1 for the other. Engagements also have ``status`` (labels), ``date`` (EDTF), ``earliest``
    and ``latest`` (days).

    Edges have ``label``, ``weight`` (through how many engagements, or how many neighbours in common), ``via`` (these
    engagements, IRIs) or ``shared`` (these neighbours), ``passages`` (IRIs), ``inferred`` (whether no passage says it
    outright), ``standing`` (of ``STANDINGS``, the firmest), ``certainty`` (``stated`` or ``hedged``, None without
    passages) and ``since`` (the first day it can have begun or, of what has no date, was reported). In networks of one
    kind, ``jaccard`` is the share of the common neighbours among all of the two nodes'.

    ``everything`` is the whole graph, a directed multigraph of other attributes: see ``network.whole``. Raises
    UsageError, with suggestions, for a network that is not known.
    """
    if not isinstance(name, str):
        raise UsageError(f"a network is named by a text, such as 'country-topic', not {cut(repr(name))}")
    with without_collecting():
        return _project(built, workspace, name, chosen(name, choice))


def _project(built: Built, workspace: Workspace, name: str, choice: Choice) -> nx.Graph:
    if name == EVERYTHING:
        return _everything(built, choice)
    known = _known(workspace)
    definition = known.get(name)
    if isinstance(definition, EudigraphError):
        raise definition
    if definition is None:
        there = [EVERYTHING, *(name for name, found in known.items() if isinstance(found, Definition))]
        near = similar(name, there)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(there)}"
        raise UsageError(f"there is no network {cut(name)!r}; {hint}")
    left, _, right = name.partition("-")
    made = _two_mode(built, definition, choice, turned=definition.sides[0] != left, both=left != right)
    if left == right:
        made = one_mode(made)
    made.graph |= {"name": name, "title": _title(name, definition), "two_mode": left != right, "claims": choice.claims}
    made.graph |= {"question": definition.question if left != right else "", "tie": _tie(name, definition)}
    return made


def _everything(built: Built, choice: Choice) -> nx.MultiDiGraph:
    """Return the whole graph without what does not count."""
    if choice.level is not None:
        raise UsageError("in the whole graph each topic stands for itself; leave out the level")
    ontology = from_store(built.store)
    made = network.whole(built.store, ontology)
    made.graph |= {"name": EVERYTHING, "title": _ALL, "claims": choice.claims}
    if choice == Choice("all"):
        return made
    facts = _Facts(built)
    day = choice.until.isoformat() if choice.until else _NEVER
    made.remove_nodes_from([n for n, first in made.nodes(data="earliest") if first and first > day])
    left = []
    for source, target, relation, data in made.edges(keys=True, data=True):
        firm = all(made.nodes[end].get("settled", True) for end in (source, target))
        dated = any(made.nodes[end].get("earliest") for end in (source, target))
        reported = [known for p in data["passages"] if (known := facts.published(p))]
        if not (
            (choice.inferred or not data["inferred"])
            and (choice.claims == "all" or relation not in _WANTED)
            and (choice.claims != "certain" or (firm and data["certainty"] != "hedged"))
            and (dated or not reported or min(reported) <= day)
        ):
            left.append((source, target, relation))
    made.remove_edges_from(left)
    if choice.inferred and (left or choice.until):
        made.remove_edges_from(_unfounded(made, ontology))
    return made


def _unfounded(made: nx.MultiDiGraph, ontology: Ontology) -> list[tuple[str, str, str]]:
    """Return the edges that followed, and no longer do from what is left."""
    left = reasoning.facts(ontology)
    for s, o, relation, inferred in made.edges(keys=True, data="inferred"):
        if not inferred and (relation, None) in left:
            left[relation, None].add((s, o))
    reasoning.infer(ontology, left)
    return [
        (s, o, relation)
        for s, o, relation, inferred in made.edges(keys=True, data="inferred")
        if inferred and (s, o) not in left.get((relation, None), ())
    ]


def chosen(name: str, choice: Choice | None = None) -> Choice:
    """Return a choice in which it is said what claims count."""
    choice = choice or Choice()
    return replace(choice, claims=choice.claims or ("all" if name == EVERYTHING else "pursued"))


def one_mode(two: nx.Graph) -> nx.Graph:
    """Return the network of a two-mode network's first side, in which nodes are tied by the neighbours they share.

    A tie is as firm and as certain as the best of these neighbours is with the weaker of the two.
    """
    nodes = [node for node, side in two.nodes(data="bipartite") if side == 0]
    made = nx.Graph()
    made.add_nodes_from((n, {k: v for k, v in two.nodes[n].items() if k != "bipartite"}) for n in nodes)
    degrees = dict(two.degree)
    number = sum(degrees[other] * (degrees[other] - 1) // 2 for other, side in two.nodes(data="bipartite") if side == 1)
    if number > MAX_PAIRS:
        raise UsageError(
            f"{number:,} times two have something in common, more than {MAX_PAIRS:,}; choose an earlier day, or the "
            "network from the other side"
        )
    # What an edge says is looked up once, not once for each pair.
    halves = {n: {other: _half(data) for other, data in sorted(two[n].items()) if other != n} for n in two}
    edges: list[tuple[str, str, dict[str, Any]]] = []
    for one in sorted(nodes):
        shared: dict[str, list[tuple[str, _Half, _Half]]] = defaultdict(list)
        for other, half in halves[one].items():
            for another, its in halves[other].items():
                if another > one:
                    shared[another].append((other, half, its))
        for another, common in sorted(shared.items()):
            edges.append((one, another, _in_common(common, degrees[one] + degrees[another] - len(common))))
    made.add_edges_from(edges)
    return made


_Half = tuple[list[str], bool, int, bool, str]
"""What a node's edge to a shared neighbour says: its passages, whether it is inferred, its rank among ``STANDINGS``,
whether it is stated outright, and since when it is."""


def _half(data: dict[str, Any]) -> _Half:
    rank, stated = STANDINGS.index(data["standing"]), data["certainty"] == "stated"
    return data["passages"], data["inferred"], rank, stated, data["since"] or _NEVER


def _in_common(common: list[tuple[str, _Half, _Half]], either: int) -> dict[str, Any]:
    """Return the attributes of an edge between two nodes with these neighbours in common, of so many of either."""
    passages: set[str] = set()
    inferred, rank, stated, since = True, len(STANDINGS), False, _NEVER
    for _, (said_a, inferred_a, rank_a, stated_a, since_a), (said_b, inferred_b, rank_b, stated_b, since_b) in common:
        passages.update(said_a, said_b)
        # It is as good as the weaker of its two ends.
        inferred = inferred and (inferred_a or inferred_b)
        stated = stated or (stated_a and stated_b)
        rank = min(rank, rank_a if rank_a > rank_b else rank_b)
        since = min(since, since_a if since_a > since_b else since_b)
    return {
        "label": "have in common",
        "weight": len(common),
        "shared": [other for other, _, _ in common],
        "jaccard": round(len(common) / either, 6),
        "passages": sorted(passages),
        "inferred": inferred,
        "standing": STANDINGS[rank],
        "certainty": "stated" if stated else "hedged",
        "since": None if since == _NEVER else since,
    }


@dataclass(slots=True)
class _Via:
    """One way in which two things are tied: whether it is only wanted, who says so, and whether all of it is said."""

    wanted: bool
    passages: list[str] = field(default_factory=list)
    asserted: bool = False
    belongs: bool = False
    """Whether it is not only hedged that the engagement belongs to the first thing, such as to a country."""


def _two_mode(built: Built, definition: Definition, choice: Choice, *, turned: bool, both: bool = True) -> nx.Graph:
    """Return the network of a definition; ``turned`` if its targets come first.

    Unless ``both``, the nodes of the second side have no attributes but ``bipartite``.
    """
    facts = _Facts(built)
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


class _Facts:
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
        return network.unsettled(self._store)

    @cached_property
    def _hedged(self) -> set[str]:
        return network.hedged(self._store)

    @cached_property
    def _times(self) -> dict[str, network.Times]:
        return network.times(self._store, self._spans)

    @cached_property
    def _spans(self) -> dict[str, tuple[str, str]]:
        return network.spans(self._store)

    @cached_property
    def _published(self) -> dict[str, str]:
        """The first day on which a source can have been published, by the beginning of its passages' IRIs."""
        own = BASE + "source/"
        found: dict[str, str] = {}
        for source, text in network.pairs(self._store, EUD + "published"):
            passages = f"{BASE}passage/{source.removeprefix(own)}"
            first, _ = self._spans.get(text, ("", ""))
            if first:
                found[passages] = min(first, found.get(passages, first))
        return found

    @cached_property
    def _statuses(self) -> dict[str, set[str]]:
        """The labels of the statuses of each engagement."""
        found: dict[str, set[str]] = defaultdict(set)
        labels: dict[str, set[str]] = {}
        for iri, status in network.pairs(self._store, EUD + "status"):
            if status not in labels:
                labels[status] = {name.value for name in self._values(status, _LABEL)}
            found[iri] |= labels[status]
        return found

    @cached_property
    def _dated(self) -> dict[str, set[str]]:
        return network.dated(self._store)

    def thing(self, iri: str) -> dict[str, Any]:
        """Return the attributes of a thing."""
        labels = {n.value for n in self._values(iri, _LABEL) if isinstance(n, Literal) and n.language in ("en", None)}
        claims: list[Any] = [*self._store.quads_for_pattern(NamedNode(iri), RDF_TYPE, None, None)]
        types = frozenset([claim.object.value for claim in claims])
        if types not in self._kinds:
            self._kinds[types] = (
                network.class_words(self._ontology, types),
                network.most_specific(self._ontology, types),
            )
        kind, classes = self._kinds[types]
        said = {claim.graph_name.value for claim in claims if claim.graph_name != _DEFAULT} - _OWN
        made: dict[str, Any] = {"label": min(labels, default="") or shorten(iri), "kind": kind, "classes": [*classes]}
        if EUD + "Engagement" in types:
            times = self._times.get(iri) or network.Times()
            made |= {"status": sorted(self._statuses.get(iri, ())), "date": "; ".join(times.dates)}
            made |= {"earliest": times.earliest, "latest": times.latest}
            said |= self._dated.get(iri, set())
        return {**made, "passages": sorted(said)}

    def _values(self, iri: str, predicate: NamedNode) -> list[Any]:
        return [q.object for q in self._store.quads_for_pattern(NamedNode(iri), predicate, None, DefaultGraph())]

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
        rank, since, inferred = len(STANDINGS), _NEVER, True
        passages: set[str] = set()
        stated = False
        for via, way in ways.items():
            rank = min(rank, 2 if way.wanted else int(via in self._unsettled))
            since = min(since, self._since(via, way) or _NEVER)
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
            "since": None if since == _NEVER else since,
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
    if definition == _known(open_workspace()).get(definition.name):
        found = built.store.query(definition.text, prefixes=PREFIXES)
        if not isinstance(found, QuerySolutions):
            raise DataError(f"{where}: gives no rows; write a SELECT query")
        variables, rows = [v.value for v in found.variables], iter(found)
    else:
        try:
            answer = built.ask(definition.text, timeout=_TIMEOUT)
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
    rows = select(built.store, f"SELECT ?via ?source ?graph {{ GRAPH ?graph {{ {_expanded(definition.asserted)} }} }}")
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row["graph"].value not in _OWN:
            found[row["via"].value, row["source"].value].add(row["graph"].value)
    return dict(found)


def _among(built: Built, definition: Definition) -> set[str]:
    if not definition.among:
        return set()
    rows = select(built.store, f"SELECT DISTINCT ?source {{ {_expanded(definition.among)} }}")
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


def _load(workspace: Workspace, name: str) -> Definition:
    """Return the network of a query. Raises DataError for what is missing or wrong, UsageError for what is refused."""
    path = workspace.queries_folder / "networks" / f"{name}.rq"
    query, beside = (workspace.show(path.with_suffix(ending)) for ending in (".rq", ".toml"))
    text = _read(path, query)
    if not re.fullmatch(_NAME, name):
        raise DataError(
            f"{query}: is to be named after its two kinds of nodes, two different words of small letters from a to z "
            "with - between them, such as country-topic; rename it"
        )
    if not path.with_suffix(".toml").exists():
        raise DataError(f"{query}: has no {name}.toml beside it; write one with {', '.join(sorted(_KEYS))}")
    words = _read(path.with_suffix(".toml"), beside)
    try:
        given = tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{beside}: {error}; correct it") from error
    missing = sorted(_KEYS - set(given))
    if missing:
        raise DataError(f"{beside}: lacks {', '.join(missing)}; write it as a text in quotation marks")
    for key, value in given.items():
        wrong = _wrong(key, value)
        if wrong:
            raise DataError(f"{beside}:{_line(words, key)}: {wrong}")
    try:
        form = queries.inspect(text)
    except UsageError as error:
        raise UsageError(f"{query}: {error}") from error
    if form != "select":
        raise DataError(f"{query}: gives no rows; write a SELECT query")
    return Definition(name=name, text=text, **given)


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{shown}: cannot be read ({error}); save it in UTF-8") from error


def _wrong(key: str, value: object) -> str:
    """Return what is wrong with a key beside a network's query, and how to mend it; nothing if it is right."""
    if key not in _KEYS | _OPTIONAL_KEYS:
        return f"{cut(key)} is no key of a network; the keys are {', '.join([*sorted(_KEYS), *sorted(_OPTIONAL_KEYS)])}"
    if not isinstance(value, str):
        return f"{key} is to be a text; put it in quotation marks"
    if key in _OPTIONAL_KEYS:  # they become part of a query
        variables = {"among": {"?source"}, "asserted": {"?source", "?via"}}[key]
        if not re.fullmatch(r"\?\w+ eud:\w+ \?\w+", value) or not variables <= set(value.split()):
            return f"{key} is one pattern with {' and '.join(sorted(variables))}, such as ?via eud:withCountry ?source"
    return ""


def _line(text: str, key: str) -> int:
    """Return the line of a key in TOML, as far as it can be found."""
    found = re.search(rf"^[\t ]*[\"']?{re.escape(key)}[\"']?[\t ]*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _expanded(pattern: str) -> str:
    return re.sub(r"eud:(\w+)", rf"<{EUD}\1>", pattern)


def _certainty(stated: Iterable[bool]) -> str:
    return "stated" if any(stated) else "hedged"


def _firmest(standings: Iterable[str]) -> str:
    return min(standings, key=STANDINGS.index)
