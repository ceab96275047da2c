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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import combinations
from operator import itemgetter
from typing import Any

import networkx as nx
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, Store

from eudigraph import network, queries, reasoning
from eudigraph.errors import DataError, UsageError
from eudigraph.names import BASE, EUD, OWN_GRAPHS, PREFIXES, RDF_TYPE, SKOS, cut, plural, shorten, similar
from eudigraph.ontology import Ontology, from_store
from eudigraph.sparql import select
from eudigraph.store import Built
from eudigraph.workspace import Workspace, open_workspace

CLAIMS = ("certain", "pursued", "all")
"""Which ties count: those that are settled and stated outright; all that is pursued, if only tentatively; or also what
is only wanted."""
STANDINGS = ("settled", "unsettled", "wanted")
"""How firm a tie is, the firmest first."""
EVERYTHING = "everything"
"""The name of the network that is the whole graph."""
MAX_LEVEL = 64
MAX_PAIRS = 5_000_000
"""Pairs with something in common up to which a network of one kind is made."""
_WANTED = frozenset((EUD + "wantsTopic", EUD + "cooperationWantedOn"))
_KEYS = frozenset(("title", "question", "source", "target", "relation", "tie"))
_OPTIONAL_KEYS = frozenset(("among", "asserted"))
_COLUMNS = ("source", "target", "via", "graph")
_LABEL, _STATUS = NamedNode(SKOS + "prefLabel"), NamedNode(EUD + "status")
_NEVER = "9999-99-99"
_OWN = frozenset(graph.value for graph in OWN_GRAPHS)
_TIMEOUT = 600.0
"""Seconds that a network's query may take if it is not one of those that came with eudigraph."""


@dataclass(frozen=True)
class Definition:
    """A two-mode network: its query and what is said beside it. ``source`` and ``target`` are classes of ours."""

    name: str
    title: str
    question: str
    source: str
    target: str
    relation: str
    tie: str
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
        if self.claims is not None and self.claims not in CLAIMS:
            raise UsageError(f"claims can be {', '.join(CLAIMS)}, not {cut(str(self.claims))!r}")
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise UsageError(f"a level is a number from 0 (the broadest topics) to {MAX_LEVEL}, not {self.level}")


def networks(workspace: Workspace) -> dict[str, str]:
    """Return the names of the networks there are, with their titles."""
    return _titles(_definitions(workspace))


def _titles(definitions: Iterable[Definition]) -> dict[str, str]:
    found = {EVERYTHING: "Everything but evidence, with all relations"}
    for definition in definitions:
        for sides in (definition.sides, definition.sides[::-1]):
            found.setdefault("-".join(sides), f"{plural(sides[0]).capitalize()} and their {plural(sides[1])}")
            words = f"{plural(sides[0]).capitalize()} with {plural(sides[1])} in common"
            found.setdefault(f"{sides[0]}-{sides[0]}", words)
    return found


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
    with network.without_collecting():
        return _project(built, workspace, name, chosen(name, choice))


def _project(built: Built, workspace: Workspace, name: str, choice: Choice) -> nx.Graph:
    if name == EVERYTHING:
        return _everything(built, choice)
    definitions = _definitions(workspace)
    known = _titles(definitions)
    if name not in known:
        near = similar(name, known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
        raise UsageError(f"there is no network {cut(name)!r}; {hint}")
    left, _, right = name.partition("-")
    definition = next(d for d in definitions if left in d.sides and (right == left or right in d.sides))
    made = _two_mode(built, definition, choice, turned=definition.sides[0] != left)
    if left == right:
        made = one_mode(made)
    made.graph |= {"name": name, "title": known[name], "two_mode": left != right, "claims": choice.claims}
    return made


def _everything(built: Built, choice: Choice) -> nx.MultiDiGraph:
    """Return the whole graph without what does not count."""
    if choice.level is not None:
        raise UsageError("in the whole graph each topic stands for itself; leave out the level")
    ontology = from_store(built.store)
    made = network.whole(built.store, ontology)
    made.graph |= {"name": EVERYTHING, "claims": choice.claims}
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
    left = Store()
    left.extend(
        Quad(NamedNode(s), NamedNode(relation), NamedNode(o))
        for s, o, relation, inferred in made.edges(keys=True, data="inferred")
        if not inferred
    )
    reasoning.infer(left, ontology)
    return [
        (s, o, relation)
        for s, o, relation, inferred in made.edges(keys=True, data="inferred")
        if inferred and not any(left.quads_for_pattern(NamedNode(s), NamedNode(relation), NamedNode(o)))
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
    others = [node for node, side in two.nodes(data="bipartite") if side == 1]
    number = sum(two.degree(other) * (two.degree(other) - 1) // 2 for other in others)
    if number > MAX_PAIRS:
        raise UsageError(
            f"{number:,} times two have something in common, more than {MAX_PAIRS:,}; choose an earlier day, or the "
            "network from the other side"
        )
    # What an edge says is looked up once, not once for each pair.
    shared: dict[tuple[str, str], list[tuple[str, _Half, _Half]]] = defaultdict(list)
    for other in others:
        halves = [_half(node, data) for node, data in sorted(two[other].items()) if node != other]
        for first, second in combinations(halves, 2):
            shared[first.node, second.node].append((other, first, second))
    degrees = dict(two.degree)
    for (one, another), common in sorted(shared.items(), key=itemgetter(0)):
        made.add_edge(
            one,
            another,
            label="have in common",
            weight=len(common),
            shared=sorted([other for other, _, _ in common]),
            jaccard=round(len(common) / (degrees[one] + degrees[another] - len(common)), 6),
            passages=sorted(set().union(*[half.passages for _, a, b in common for half in (a, b)])),
            inferred=all(a.inferred or b.inferred for _, a, b in common),
            standing=STANDINGS[min([a.rank if a.rank > b.rank else b.rank for _, a, b in common])],
            certainty=_certainty([a.stated and b.stated for _, a, b in common]),
            since=min(
                [a.since if a.since > b.since else b.since for _, a, b in common if a.since and b.since], default=None
            ),
        )
    return made


@dataclass(slots=True)
class _Half:
    """What a node's edge to a shared neighbour says, as it is compared with another's."""

    node: str
    passages: list[str]
    inferred: bool
    rank: int
    stated: bool
    since: str


def _half(node: str, data: dict[str, Any]) -> _Half:
    stated = data["certainty"] not in (None, "hedged")
    return _Half(
        node, data["passages"], data["inferred"], STANDINGS.index(data["standing"]), stated, data["since"] or ""
    )


@dataclass(slots=True)
class _Via:
    """One way in which two things are tied: whether it is only wanted, who says so, and whether all of it is said."""

    wanted: bool
    passages: list[str] = field(default_factory=list)
    asserted: bool = False


def _two_mode(built: Built, definition: Definition, choice: Choice, *, turned: bool) -> nx.Graph:
    """Return the network of a definition; ``turned`` if its targets come first."""
    facts = _Facts(built)
    broader = _rolled_up(built, choice.level)
    outright = _outright(built, definition)
    ties: dict[tuple[str, str], dict[str, _Via]] = defaultdict(dict)
    for source, target, via, graph, wanted, follows in _rows(built, definition):
        if wanted and choice.claims != "all":
            continue
        pairs = [(s, t) for s in broader.get(source, (source,)) for t in broader.get(target, (target,))]
        for pair in pairs if broader else [(source, target)]:
            way = ties[pair].get(via)
            if way is None or (way.wanted and not wanted):  # what is pursued as well is no longer only wanted
                way = ties[pair][via] = _Via(wanted)
            if way.wanted == wanted and graph not in _OWN:
                way.passages.append(graph)
                way.asserted |= not follows and (outright is None or (via, source) in outright)
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
        made.add_nodes_from((iri, {**facts.thing(iri), "bipartite": bipartite}) for iri in sorted(iris))
    made.add_edges_from(edges)
    return made


class _Facts:
    """What a network wants to know of engagements, passages and things, each asked for once, when it is needed."""

    def __init__(self, built: Built) -> None:
        self._store = built.store
        self._ontology: Ontology = from_store(built.store)

    @cached_property
    def _unsettled(self) -> set[str]:
        return network.unsettled(self._store)

    @cached_property
    def _hedged(self) -> set[str]:
        return network.hedged(self._store)

    @cached_property
    def _times(self) -> dict[str, network.Times]:
        return network.times(self._store)

    @cached_property
    def _statuses(self) -> dict[str, list[str]]:
        """The labels of each status."""
        query = f"SELECT DISTINCT ?status ?name {{ ?status a <{EUD}Status> ; <{SKOS}prefLabel> ?name }}"
        found: dict[str, list[str]] = defaultdict(list)
        for row in select(self._store, query):
            found[row["status"].value].append(row["name"].value)
        return found

    @cached_property
    def _published(self) -> dict[str, str]:
        """The first day on which a source can have been published, by the beginning of its passages' IRIs."""
        query = f"""SELECT ?x (MIN(?first) AS ?day) {{ ?x <{EUD}published> ?date . ?span <{EUD}edtf> ?date ;
            <{EUD}earliest> ?first }} GROUP BY ?x"""
        own = BASE + "source/"
        return {
            f"{BASE}passage/{row['x'].value.removeprefix(own)}": row["day"].value for row in select(self._store, query)
        }

    def thing(self, iri: str) -> dict[str, Any]:
        """Return the attributes of a thing."""
        names = self._values(iri, _LABEL)
        types = {term.value for term in self._values(iri, RDF_TYPE)}
        labels = {n.value for n in names if isinstance(n, Literal) and n.language in ("en", None)}
        made: dict[str, Any] = {
            "label": min(labels, default="") or shorten(iri),
            "kind": network.class_words(self._ontology, types),
            "classes": network.most_specific(self._ontology, types),
        }
        if EUD + "Engagement" in types:
            times = self._times.get(iri) or network.Times()
            statuses = {name for status in self._values(iri, _STATUS) for name in self._statuses[status.value]}
            made |= {"status": sorted(statuses), "date": "; ".join(times.dates)}
            made |= {"earliest": times.earliest, "latest": times.latest}
        return made

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
        open_ = self._unsettled
        standing = _firmest("wanted" if way.wanted else STANDINGS[via in open_] for via, way in ways.items())
        days = [day for via, way in ways.items() if (day := self._since(via, way))]
        said = [not self._is_hedged(way) for way in ways.values() if way.passages]
        return {
            "label": f"{relation} (wanted)" if standing == "wanted" else relation,
            "weight": len(ways),
            "via": sorted(ways),
            "passages": sorted({passage for way in ways.values() for passage in way.passages}),
            "inferred": not any(way.asserted for way in ways.values()),
            "standing": standing,
            "certainty": _certainty(said) if said else None,
            "since": min(days, default=None),
        }

    def _is_hedged(self, way: _Via) -> bool:
        return bool(way.passages) and self._hedged.issuperset(way.passages)

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
    answer = None
    if definition in _definitions(open_workspace()):
        found = built.store.query(definition.text, prefixes=PREFIXES)
        if not isinstance(found, QuerySolutions):
            raise DataError(f"queries/networks/{definition.name}.rq: gives no rows; write a SELECT query")
        variables, rows = [v.value for v in found.variables], iter(found)
    else:
        answer = built.ask(definition.text, timeout=_TIMEOUT)
        variables, rows = answer.variables, iter(answer.rows)
    columns = ", ".join(f"?{name}" for name in _COLUMNS)
    if not set(_COLUMNS) <= set(variables):
        raise DataError(f"queries/networks/{definition.name}.rq: must give {columns}")
    source, target, via, graph = places = [variables.index(name) for name in _COLUMNS]
    if answer and not all(isinstance(row[place], NamedNode) for row in answer.rows for place in places):
        raise DataError(f"queries/networks/{definition.name}.rq: {columns} must be IRIs in every row")
    flags = [variables.index(name) if name in variables else None for name in ("wanted", "follows")]
    for row in rows:
        wanted, follows = (at is not None and row[at] is not None and row[at].value == "true" for at in flags)
        yield row[source].value, row[target].value, row[via].value, row[graph].value, wanted, follows


def _outright(built: Built, definition: Definition) -> set[tuple[str, str]] | None:
    """Return the pairs of via and source of which a passage says that they belong together; None if none need to."""
    if not definition.asserted:
        return None
    rows = select(built.store, f"SELECT ?via ?source ?graph {{ GRAPH ?graph {{ {_expanded(definition.asserted)} }} }}")
    return {(row["via"].value, row["source"].value) for row in rows if row["graph"].value not in _OWN}


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


def _definitions(workspace: Workspace) -> list[Definition]:
    """Return the two-mode networks of a workspace, those that came with eudigraph first, each in their order.

    So no network of one's own takes the place of a known one. Raises DataError for a query whose companion file is
    missing or wrong, UsageError for one that is refused.
    """
    known, own = (
        [path.stem for path in sorted((space.queries_folder / "networks").glob("*.rq"))]
        for space in (open_workspace(), workspace)
    )
    return [_load(workspace, name) for name in sorted(own, key=lambda name: (name not in known, name))]


def _load(workspace: Workspace, name: str) -> Definition:
    where = f"queries/networks/{name}"
    try:
        text = (workspace.queries_folder / "networks" / f"{name}.rq").read_text("utf-8")
        given = tomllib.loads((workspace.queries_folder / "networks" / f"{name}.toml").read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{where}: {error}; a network is a .rq file with a .toml beside it, in UTF-8") from error
    if not re.fullmatch(r"([a-z]+)-(?!\1$)[a-z]+", name):
        raise DataError(f"{where}.rq: is named after its two kinds of nodes, such as country-topic; rename it")
    wrong = (_KEYS - set(given)) | (set(given) - _KEYS - _OPTIONAL_KEYS)
    wrong |= {key for key, value in given.items() if not isinstance(value, str)}
    wrong |= {key for key in ("source", "target") if not re.fullmatch(r"[A-Za-z]+", str(given.get(key, "")))}
    if wrong:
        raise DataError(f"{where}.toml: has missing, unknown or wrong keys: {cut(', '.join(sorted(wrong)))}")
    for key in _OPTIONAL_KEYS & set(given):  # they become part of a query
        named = {"among": {"?source"}, "asserted": {"?source", "?via"}}[key]
        if not re.fullmatch(r"\?\w+ eud:\w+ \?\w+", given[key]) or not named <= set(given[key].split()):
            raise DataError(f"{where}.toml: {key} is one pattern, such as ?via eud:withCountry ?source")
    if queries.inspect(text) != "select":
        raise DataError(f"{where}.rq: gives no rows; write a SELECT query")
    return Definition(name=name, text=text, **given)


def _expanded(pattern: str) -> str:
    return re.sub(r"eud:(\w+)", rf"<{EUD}\1>", pattern)


def _certainty(stated: Iterable[bool]) -> str:
    return "stated" if any(stated) else "hedged"


def _firmest(standings: Iterable[str]) -> str:
    return min(standings, key=STANDINGS.index)
