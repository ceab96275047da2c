"""A network by its name: the whole graph, ties of entities of two kinds, or of one kind by what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx

from eudigraph.engine.store import Built
from eudigraph.model.errors import EudigraphError, UsageError
from eudigraph.model.garbage import without_collecting
from eudigraph.model.names import EUD
from eudigraph.model.ontology import Ontology, from_store
from eudigraph.model.stages import DROPPED, PLANNED, rank_of
from eudigraph.model.text import cut, similar
from eudigraph.model.workspace import Workspace
from eudigraph.network import everything
from eudigraph.network.definitions import (
    ALL_TITLE,
    EVERYTHING,
    Choice,
    Definition,
    chosen,
    known_networks,
    tie_of,
    title_of,
)
from eudigraph.network.in_common import one_mode
from eudigraph.network.known import Known
from eudigraph.network.ties import TwoMode
from eudigraph.reason import infer

_AT_MOST = {EUD + "wantsTopic": "wanted", EUD + "discusses": "discussed"}
_AT_MOST |= dict.fromkeys((EUD + "agenda", EUD + "expects"), PLANNED)
"""The stage that a relation to a topic comes to at most, however far the engagement has come."""


def project(built: Built, workspace: Workspace, name: str, choice: Choice | None = None) -> nx.Graph:
    """Return the network of that name, such as ``country-topic`` or ``country-country``. Nodes are IRIs.

    Nodes have ``label``, ``kind`` (the class in words), ``classes`` (IRIs), ``passages`` and, in two-mode networks,
    ``bipartite``: 0 for the side named first, 1 for the other. Engagements also have ``status``, ``stage``,
    ``stage_rank``, ``disputed``, ``date``, ``earliest`` and ``latest``, as ``everything.situation_of`` returns them.

    Edges have ``label``, ``weight`` (through how many engagements it has come up, or how many neighbours they have
    in common), ``via`` (these engagements, IRIs) or ``shared`` (these neighbours), ``passages`` (IRIs), ``stage``
    (the furthest, as a label) with ``stage_rank`` (its place on the ladder), ``inferred`` (whether no passage says
    outright that there is a tie), ``certainty`` (``stated`` or ``hedged``, as what bears the stage is put, None
    without passages) and ``since`` (the first day it can have begun or, of what has no date, was known). Between
    countries and topics they also have ``priority``, ``through`` and ``borne_by``: whether somebody counts it among
    their priorities, and which engagement and passage bear the stage. In networks of one kind, ``jaccard`` is the
    share of the common neighbours among all of the two nodes'.

    The day by which all this is known is the network's ``known_by``. ``everything`` is the whole graph, a directed
    multigraph of other attributes: see ``everything.whole``. Raises UsageError, with suggestions, for a network that is
    not known.
    """
    choice = chosen(_text(name), choice)
    return at_stages(built, workspace, name, choice, (choice.stage or DROPPED,))[0]


def at_stages(built: Built, workspace: Workspace, name: str, choice: Choice, stages: Sequence[str]) -> list[nx.Graph]:
    """Return a network once for each of these stages, of what has come at least as far, asking the graph only once."""
    with without_collecting():
        known = Known(built.store, choice.known_by)
        if _text(name) == EVERYTHING:
            return _everything(built, known, choice, stages)
        definition = _definition(workspace, name)
        left, _, right = name.partition("-")
        ties = TwoMode(built, definition, choice, known)
        made = [ties.at(stage, turned=definition.sides[0] != left, both=left != right) for stage in stages]
        about = {"name": name, "title": title_of(name, definition), "two_mode": left != right, "known_by": known.day}
        about |= {"question": definition.question if left != right else "", "tie": tie_of(name, definition)}
        if left == right:
            made = [one_mode(network) for network in made]
        for network, stage in zip(made, stages, strict=True):
            network.graph |= about | {"stage": stage}
        return made


def _text(name: object) -> str:
    if not isinstance(name, str):
        raise UsageError(f"a network is named by a text, such as 'country-topic', not {cut(repr(name))}")
    return name


def _definition(workspace: Workspace, name: str) -> Definition:
    known = known_networks(workspace)
    definition = known.get(name)
    if isinstance(definition, EudigraphError):
        raise definition
    if definition is None:
        there = [EVERYTHING, *(name for name, found in known.items() if isinstance(found, Definition))]
        near = similar(name, there)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(there)}"
        raise UsageError(f"there is no network {cut(name)!r}; {hint}")
    return definition


def _everything(built: Built, known: Known, choice: Choice, stages: Sequence[str]) -> list[nx.Graph]:
    """Return the whole graph without what does not count."""
    if choice.level is not None:
        raise UsageError("in the whole graph each topic stands for itself; leave out the level")
    ontology = from_store(built.store)
    whole = everything.whole(built.store, ontology, known)
    whole.graph |= {"name": EVERYTHING, "title": ALL_TITLE, "known_by": known.day}
    made = []
    for stage in stages:
        network = whole if stage == DROPPED and choice.inferred else _come_to(whole, ontology, stage, choice)
        network.graph["stage"] = stage
        made.append(network)
    return made


def _come_to(whole: nx.MultiDiGraph, ontology: Ontology, stage: str, choice: Choice) -> nx.MultiDiGraph:
    """Return the whole graph without engagements that have not come as far as a stage, and what rests on them.

    An engagement of which nothing is said is mentioned. What is said of an engagement and a topic goes as well where
    the topic has not come as far: one that is on a meeting's agenda is planned, also after the meeting.
    """
    network, least = whole.copy(), rank_of(stage)
    network.remove_nodes_from(
        [
            node
            for node, data in whole.nodes(data=True)
            if "stage_rank" in data and (0 if data["stage_rank"] is None else data["stage_rank"]) < least
        ]
    )
    topic = EUD + "Topic"

    def goes(target: str, relation: str, data: dict[str, Any]) -> bool:
        if (data["inferred"] and not choice.inferred) or data.get("stage_rank", least) < least:
            return True
        return relation in _AT_MOST and topic in whole.nodes[target]["types"] and rank_of(_AT_MOST[relation]) < least

    edges = list(network.edges(keys=True, data=True))
    network.remove_edges_from([(s, t, key) for s, t, key, data in edges if goes(t, key, data)])
    if choice.inferred:
        network.remove_edges_from(_unfounded(network, ontology))
    return network


def _unfounded(made: nx.MultiDiGraph, ontology: Ontology) -> list[tuple[str, str, str]]:
    """Return the edges that followed, and no longer do from what is left; how ties stand, the build derives."""
    left = infer.facts(ontology)
    for s, o, relation, inferred in made.edges(keys=True, data="inferred"):
        if not inferred and (relation, None) in left:
            left[relation, None].add((s, o))
    infer.infer(ontology, left)
    return [
        (s, o, relation)
        for s, o, relation, inferred in made.edges(keys=True, data="inferred")
        if inferred and relation != everything.COOPERATES and (s, o) not in left.get((relation, None), ())
    ]
