"""What igraph computes for networks of NetworkX: many times faster, equal in value, and the same each time.

Every function takes a network as users hold it and returns plain values by node; igraph stays behind this door.
Self-loops do not count, nor does direction; parallel edges count once, or, where there are weights, with their sum.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from numbers import Real

import igraph
import networkx as nx

from eudigraph.model.errors import UsageError
from eudigraph.model.text import cut

SEED = 20230418
"""Of everything random."""
ROUNDS = 2
"""Of the search for communities; more find a little more, in several times the time."""
SPACE = 90.0
"""Room between neighbouring nodes in a layout, in the units of the drawing."""


def betweenness(network: nx.Graph) -> dict[str, float]:
    """Return the share of the shortest paths between all other pairs that lead through each node, from 0 to 1.

    Freeman 1977, https://doi.org/10.2307/3033543, computed as Brandes 2001, https://doi.org/10.1080/0022250X.2001.9990249.
    Equal to ``networkx.betweenness_centrality``.
    """
    graph, nodes = _simple(network)
    pairs = (len(nodes) - 1) * (len(nodes) - 2) / 2
    paths = zip(nodes, graph.betweenness(), strict=True)
    return {node: round(value / pairs if pairs else 0.0, 12) for node, value in paths}


def pagerank(network: nx.Graph, weight: str | None = "weight") -> dict[str, float]:
    """Return each node's PageRank with damping 0.85; they add up to 1. ``weight`` names the edges' attribute.

    Page, Brin, Motwani and Winograd 1999, http://ilpubs.stanford.edu:8090/422/. Equal to ``networkx.pagerank``.
    """
    graph, nodes = _simple(network, weight)
    ranks = graph.pagerank(directed=False, weights="weight") if nodes else []
    # The last digits differ from run to run, and ties would change places with them.
    return {node: round(rank, 12) for node, rank in zip(nodes, ranks, strict=True)}


def communities(network: nx.Graph, seed: int = SEED, weight: str | None = "weight") -> list[list[str]]:
    """Return groups of nodes with more edges inside than chance would put there, the largest first.

    Leiden algorithm on modularity: Traag, Waltman and van Eck 2019, https://doi.org/10.1038/s41598-019-41695-z.
    """
    return partitions(network, (seed,), weight)[0][0]


def partitions(
    network: nx.Graph, seeds: Iterable[int], weight: str | None = "weight"
) -> list[tuple[list[list[str]], float]]:
    """Return the communities and their modularity for each seed."""
    graph, nodes = _simple(network, weight)
    found = []
    for seed in seeds:
        with _chance(seed):
            made = graph.community_leiden(objective_function="modularity", weights="weight", n_iterations=ROUNDS)
        groups = sorted(([nodes[i] for i in group] for group in made), key=lambda g: (-len(g), str(g[0])))
        # Without edges there is no modularity: nothing is better or worse than chance.
        quality = graph.modularity(made.membership, weights="weight") if graph.ecount() else 0.0
        found.append((groups, round(quality, 9)))
    return found


def agreement(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> float:
    """Return how alike two groupings of the same nodes are: 1 the same, 0 as alike as chance makes them.

    Adjusted Rand index: Hubert and Arabie 1985, https://doi.org/10.1007/BF01908075.
    """
    if {frozenset(group) for group in first} == {frozenset(group) for group in second}:
        return 1.0  # also where there is but one group, of which the index knows nothing
    places = [{node: i for i, group in enumerate(groups) for node in group} for groups in (first, second)]
    nodes = list(places[0])
    members = [[place[node] for node in nodes] for place in places]
    return float(igraph.compare_communities(*members, method="adjusted_rand"))


def parts(network: nx.Graph) -> list[int]:
    """Return the sizes of the connected parts, the largest first."""
    graph, _ = _simple(network)
    return sorted(graph.connected_components().sizes(), reverse=True)


def parts_without(network: nx.Graph) -> dict[str, list[int]]:
    """Return the sizes of the connected parts that are left without each node, for the nodes that hold any apart.

    These are the articulation points: Hopcroft and Tarjan 1973, https://doi.org/10.1145/362248.362272.
    """
    graph, nodes = _simple(network)
    found = {}
    for place in sorted(graph.articulation_points()):
        rest = graph.copy()
        rest.delete_vertices([place])
        found[nodes[place]] = sorted(rest.connected_components().sizes(), reverse=True)
    return found


def rewired(pairs: Sequence[tuple[str, str]], samples: int, seed: int = SEED) -> Iterator[list[tuple[str, str]]]:
    """Yield two-mode networks at random in which every node keeps its number of edges.

    A chain of swaps, each of which lets two edges change their targets; between two samples there are ten for each edge
    (Milo et al. 2003, https://arxiv.org/abs/cond-mat/0312028). Null model with both margins fixed: Gotelli 2000,
    https://doi.org/10.1890/0012-9658(2000)081[2606:NMAOSC]2.0.CO;2.
    """
    sources, targets = ({pair[side]: None for pair in pairs} for side in (0, 1))
    names = [*sources, *targets]
    left = {name: i for i, name in enumerate(sources)}
    right = {name: len(left) + i for i, name in enumerate(targets)}
    # Directed from one side to the other: a swap of targets then never joins two nodes of a side.
    graph = igraph.Graph(n=len(names), edges=[(left[s], right[t]) for s, t in pairs], directed=True)
    with _chance(seed):
        for _ in range(samples):
            graph.rewire(n=10 * len(pairs))
            yield [(names[s], names[t]) for s, t in graph.get_edgelist()]


def importance(network: nx.MultiDiGraph) -> dict[str, float]:
    """Return each node's PageRank over asserted statements, direction and number ignored; they add up to 1."""
    nodes = list(network)
    ranks = _asserted(network, nodes).pagerank(directed=False) if nodes else []
    return {node: round(rank, 12) for node, rank in zip(nodes, ranks, strict=True)}


def layout(network: nx.Graph, core: Iterable[str] | None = None) -> dict[str, tuple[int, int]]:
    """Return a place for each node, the same each time: neighbours near one another, parts side by side.

    The ``core`` (by default all nodes) is laid out as if nothing else were there; whatever else there is comes to
    stand between its neighbours. Up to 1,000 nodes by Kamada and Kawai 1989, https://doi.org/10.1016/0020-0190(89)90102-6,
    more by Fruchterman and Reingold 1991, https://doi.org/10.1002/spe.4380211102.
    """
    chosen = set(network if core is None else core)
    nodes = [node for node in network if node in chosen]
    if not nodes:
        return {}
    graph = _asserted(network, nodes)
    # What is not connected would drift out of sight: a node that is not drawn holds a member of each part.
    members = [max(part, key=lambda v: (graph.degree(v), -v)) for part in graph.connected_components()]
    hub = graph.vcount()
    graph.add_vertices(1)
    graph.add_edges([(hub, member) for member in members])
    with _chance(SEED) as chance:
        start = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in range(hub + 1)]
        if len(nodes) <= 1000:
            spots = graph.layout_kamada_kawai(seed=start, maxiter=50 * len(nodes)).coords[:hub]
        else:
            spots = graph.layout_fruchterman_reingold(niter=60, seed=start, grid=True).coords[:hub]
    middle = [sum(p[axis] for p in spots) / len(spots) for axis in (0, 1)]
    centered = [complex(x - middle[0], y - middle[1]) for x, y in spots]
    far = max(map(abs, centered)) or 1.0
    # The middle is crowded and the rim is not: distances from the middle grow less than they would.
    spread = SPACE * math.sqrt(len(nodes)) / far**0.75
    drawn = [p * spread / abs(p) ** 0.25 if p else p for p in centered]
    places = {node: (round(p.real), round(p.imag)) for node, p in zip(nodes, drawn, strict=True)}
    return {node: places.get(node) or _between(network, places, node, n) for n, node in enumerate(network)}


def _between(network: nx.Graph, places: dict[str, tuple[int, int]], node: str, turn: int) -> tuple[int, int]:
    """Return a place near the middle of a node's neighbours, each node in another direction from it."""
    near = [places[n] for n in set(nx.all_neighbors(network, node)) if n in places] or [(0, 0)]
    angle = turn * math.pi * (3 - math.sqrt(5))  # the golden angle spreads them evenly
    x, y = (sum(p[axis] for p in near) / len(near) for axis in (0, 1))
    return round(x + SPACE * math.cos(angle)), round(y + SPACE * math.sin(angle))


def _asserted(network: nx.Graph, nodes: list[str]) -> igraph.Graph:
    """Return what a picture of some nodes is made from: of the whole graph not what follows, which repeats the rest."""
    index = {node: i for i, node in enumerate(nodes)}
    pairs = {
        (min(index[s], index[o]), max(index[s], index[o]))
        for s, o, inferred in network.edges(data="inferred", default=False)
        if not (inferred and network.is_multigraph()) and s != o and s in index and o in index
    }
    return igraph.Graph(n=len(nodes), edges=sorted(pairs))


def _simple(network: nx.Graph, weight: str | None = None) -> tuple[igraph.Graph, list[str]]:
    """Return a network as igraph's, with its nodes in their order. Weights of parallel edges add up."""
    nodes = list(network)
    index = {node: i for i, node in enumerate(nodes)}
    if weight is None and not network.is_multigraph() and not network.is_directed():
        # The usual case, and the fastest: every edge is there once.
        plain = [(index[s], index[o]) for s, o in network.edges() if s != o]
        return igraph.Graph(n=len(nodes), edges=plain, edge_attrs={"weight": [1.0] * len(plain)}), nodes
    weights: dict[tuple[int, int], float] = {}
    for s, o, given in network.edges(data=weight, default=1.0) if weight else ((*e[:2], 1.0) for e in network.edges()):
        # Asking whether it is a Real takes longer than all the rest.
        value = given if type(given) in (float, int) else float(given) if isinstance(given, Real) else math.nan
        if not 0 <= value < math.inf:
            raise UsageError(f"{s} with {o}: the weight of a tie is a number from 0 upwards, not {cut(str(given))}")
        if s != o:
            pair = (index[s], index[o]) if index[s] < index[o] else (index[o], index[s])
            weights[pair] = weights.get(pair, 0.0) + value if weight else 1.0
    return igraph.Graph(n=len(nodes), edges=list(weights), edge_attrs={"weight": list(weights.values())}), nodes


@contextmanager
def _chance(seed: int) -> Iterator[random.Random]:
    """Let igraph draw from a seeded source, and from Python's own again afterwards."""
    chance = random.Random(seed)  # noqa: S311  (nothing secret)
    igraph.set_random_number_generator(chance)
    try:
        yield chance
    finally:
        igraph.set_random_number_generator(random)
