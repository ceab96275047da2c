"""From a network of two kinds of things to one of one kind: those that have something in common."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import networkx as nx

from eudigraph.model.errors import UsageError
from eudigraph.network.known import NEVER

MAX_PAIRS = 5_000_000
"""Pairs with something in common up to which a network of one kind is made."""


def one_mode(two: nx.Graph) -> nx.Graph:
    """Return the network of a two-mode network's first side, in which nodes are tied by the neighbours they share.

    It has come as far as the furthest of these neighbours has with that of the two where it has come less far, and is
    as certain as the most certain of those that have come as far.
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


_Half = tuple[list[str], bool, tuple[int, str], bool, str]
"""What a node's edge to a shared neighbour says: its passages, whether it is inferred, its stage (rank and label),
whether it is stated outright, and since when it is."""


def _half(data: dict[str, Any]) -> _Half:
    stage, stated = (data["stage_rank"], data["stage"]), data["certainty"] == "stated"
    return data["passages"], data["inferred"], stage, stated, data["since"] or NEVER


def _in_common(common: list[tuple[str, _Half, _Half]], either: int) -> dict[str, Any]:
    """Return the attributes of an edge between two nodes with these neighbours in common, of so many of either."""
    passages: set[str] = set()
    furthest = max(min(one[2], another[2]) for _, one, another in common)
    inferred, stated, since = True, False, NEVER
    for _, (said_a, inferred_a, stage_a, stated_a, since_a), (said_b, inferred_b, stage_b, stated_b, since_b) in common:
        passages.update(said_a, said_b)
        # It is as good as the weaker of its two ends.
        inferred = inferred and (inferred_a or inferred_b)
        stated = stated or (stated_a and stated_b and min(stage_a, stage_b) == furthest)
        since = min(since, since_a if since_a > since_b else since_b)
    return {
        "label": "have in common",
        "weight": len(common),
        "shared": [other for other, _, _ in common],
        "jaccard": round(len(common) / either, 6),
        "passages": sorted(passages),
        "inferred": inferred,
        "stage": furthest[1],
        "stage_rank": furthest[0],
        "certainty": "stated" if stated else "hedged",
        "since": None if since == NEVER else since,
    }
