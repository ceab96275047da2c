"""A network by its name: the whole graph, ties of entities of two kinds, or of one kind by what they have in common."""

from __future__ import annotations

import networkx as nx

from eudigraph.engine.store import Built
from eudigraph.model.errors import EudigraphError, UsageError
from eudigraph.model.garbage import without_collecting
from eudigraph.model.names import EUD
from eudigraph.model.ontology import Ontology, from_store
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
from eudigraph.network.ties import NEVER, Facts, two_mode
from eudigraph.reason import infer

_WANTED = frozenset((EUD + "wantsTopic",))


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

    ``everything`` is the whole graph, a directed multigraph of other attributes: see ``everything.whole``. Raises
    UsageError, with suggestions, for a network that is not known.
    """
    if not isinstance(name, str):
        raise UsageError(f"a network is named by a text, such as 'country-topic', not {cut(repr(name))}")
    with without_collecting():
        return _project(built, workspace, name, chosen(name, choice))


def _project(built: Built, workspace: Workspace, name: str, choice: Choice) -> nx.Graph:
    if name == EVERYTHING:
        return _everything(built, choice)
    known = known_networks(workspace)
    definition = known.get(name)
    if isinstance(definition, EudigraphError):
        raise definition
    if definition is None:
        there = [EVERYTHING, *(name for name, found in known.items() if isinstance(found, Definition))]
        near = similar(name, there)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(there)}"
        raise UsageError(f"there is no network {cut(name)!r}; {hint}")
    left, _, right = name.partition("-")
    made = two_mode(built, definition, choice, turned=definition.sides[0] != left, both=left != right)
    if left == right:
        made = one_mode(made)
    made.graph |= {
        "name": name,
        "title": title_of(name, definition),
        "two_mode": left != right,
        "claims": choice.claims,
    }
    made.graph |= {"question": definition.question if left != right else "", "tie": tie_of(name, definition)}
    return made


def _everything(built: Built, choice: Choice) -> nx.MultiDiGraph:
    """Return the whole graph without what does not count."""
    if choice.level is not None:
        raise UsageError("in the whole graph each topic stands for itself; leave out the level")
    ontology = from_store(built.store)
    made = everything.whole(built.store, ontology)
    made.graph |= {"name": EVERYTHING, "title": ALL_TITLE, "claims": choice.claims}
    if choice == Choice("all"):
        return made
    facts = Facts(built)
    day = choice.until.isoformat() if choice.until else NEVER
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
    left = infer.facts(ontology)
    for s, o, relation, inferred in made.edges(keys=True, data="inferred"):
        if not inferred and (relation, None) in left:
            left[relation, None].add((s, o))
    infer.infer(ontology, left)
    return [
        (s, o, relation)
        for s, o, relation, inferred in made.edges(keys=True, data="inferred")
        if inferred and (s, o) not in left.get((relation, None), ())
    ]
