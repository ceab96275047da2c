"""What networks of NetworkX are measured and drawn by: fast, equal in value to NetworkX's own, and the same each time.

Every function takes a network as users hold it and returns plain values by node; rustworkx stays behind this door.
Self-loops do not count, nor does direction; parallel edges count once, or, where there are weights, with their sum.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from numbers import Real

import networkx as nx
import rustworkx as rx

from eudigraph.model.errors import UsageError
from eudigraph.model.text import cut
from eudigraph.network import leiden

SEED = 20230418
"""Of everything random."""
ROUNDS = 2
"""Of the search for communities; more find a little more, in several times the time."""
TRADES = 8
"""Of each node between two networks at random; these are then hardly more alike than any two (correlation 0.02)."""
SPACE = 90.0
"""Room between neighbouring nodes in a layout, in the units of the drawing."""
STEPS = 200
"""Of a layout with up to a thousand nodes; fewer with more, since each takes the square of the nodes in time."""

Edges = dict[tuple[int, int], float]
"""Weights of pairs of nodes, which stand for their numbers in the network's order, the smaller one first."""


def betweenness(network: nx.Graph) -> dict[str, float]:
    """Return the share of the shortest paths between all other pairs that lead through each node, from 0 to 1.

    Freeman 1977, https://doi.org/10.2307/3033543, computed as Brandes 2001, https://doi.org/10.1080/0022250X.2001.9990249.
    Equal to ``networkx.betweenness_centrality``.
    """
    edges, nodes = _simple(network)
    # In one thread: several add up in an order of their own, and the last digits with it.
    values = rx.graph_betweenness_centrality(_graph(len(nodes), edges), parallel_threshold=len(nodes) + 1)
    return {node: round(values[i], 12) for i, node in enumerate(nodes)}


def pagerank(network: nx.Graph, weight: str | None = "weight") -> dict[str, float]:
    """Return each node's PageRank with damping 0.85; they add up to 1. ``weight`` names the edges' attribute.

    Page, Brin, Motwani and Winograd 1999, http://ilpubs.stanford.edu:8090/422/. Equal to ``networkx.pagerank``.
    """
    edges, nodes = _simple(network, weight)
    return _ranks(nodes, edges)


def communities(network: nx.Graph, seed: int = SEED, weight: str | None = "weight") -> list[list[str]]:
    """Return groups of nodes with more edges inside than chance would put there, the largest first.

    Leiden algorithm on modularity: Traag, Waltman and van Eck 2019, https://doi.org/10.1038/s41598-019-41695-z.
    """
    return partitions(network, (seed,), weight)[0][0]


def partitions(
    network: nx.Graph, seeds: Iterable[int], weight: str | None = "weight"
) -> list[tuple[list[list[str]], float]]:
    """Return the communities and their modularity for each seed."""
    edges, nodes = _simple(network, weight)
    ties: leiden.Ties = [{} for _ in nodes]
    for (first, second), value in edges.items():
        ties[first][second] = ties[second][first] = value
    found = []
    for seed in seeds:
        made = leiden.communities(ties, seed, ROUNDS)
        groups = sorted(([nodes[i] for i in group] for group in made), key=lambda g: (-len(g), str(g[0])))
        found.append((groups, round(leiden.modularity(ties, made), 9)))
    return found


def agreement(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> float:
    """Return how alike two groupings of the same nodes are: 1 the same, 0 as alike as chance makes them.

    Adjusted Rand index: Hubert and Arabie 1985, https://doi.org/10.1007/BF01908075.
    """
    if {frozenset(group) for group in first} == {frozenset(group) for group in second}:
        return 1.0  # also where there is but one group, of which the index knows nothing
    places = [{node: i for i, group in enumerate(groups) for node in group} for groups in (first, second)]
    both = Counter((place, places[1][node]) for node, place in places[0].items())

    def pairs(sizes: Iterable[int]) -> int:
        return sum(math.comb(size, 2) for size in sizes)

    of_first, of_second, together = pairs(map(len, first)), pairs(map(len, second)), pairs(both.values())
    by_chance = of_first * of_second / math.comb(len(places[0]), 2)
    return (together - by_chance) / ((of_first + of_second) / 2 - by_chance)


def parts(network: nx.Graph) -> list[int]:
    """Return the sizes of the connected parts, the largest first."""
    edges, nodes = _simple(network)
    return _sizes(_graph(len(nodes), edges))


def parts_without(network: nx.Graph) -> dict[str, list[int]]:
    """Return the sizes of the connected parts that are left without each node, for the nodes that hold any apart.

    These are the articulation points: Hopcroft and Tarjan 1973, https://doi.org/10.1145/362248.362272.
    """
    edges, nodes = _simple(network)
    graph = _graph(len(nodes), edges)
    found = {}
    for place in sorted(rx.articulation_points(graph)):
        rest = graph.copy()
        rest.remove_node(place)
        found[nodes[place]] = _sizes(rest)
    return found


def rewired(pairs: Sequence[tuple[str, str]], samples: int, seed: int = SEED) -> Iterator[list[tuple[str, str]]]:
    """Yield two-mode networks at random in which every node keeps its number of edges, each of them equally likely.

    A chain of trades: two nodes of the smaller side put together what only one of them has, and each draws as many as
    it gave. Curveball: Strona et al. 2014, https://doi.org/10.1038/ncomms5114, in rounds that everyone takes part in:
    Carstens et al. 2018, https://arxiv.org/abs/1804.08487. Null model with both margins fixed: Gotelli 2000,
    https://doi.org/10.1890/0012-9658(2000)081[2606:NMAOSC]2.0.CO;2.
    """
    sources, targets = (list(dict.fromkeys(pair[side] for pair in pairs)) for side in (0, 1))
    turned = len(targets) < len(sources)
    ones, others = (targets, sources) if turned else (sources, targets)
    number = {name: i for i, name in enumerate(others)}
    held: list[set[int]] = [set() for _ in ones]
    index = {name: i for i, name in enumerate(ones)}
    for source, target in pairs:
        one, other = (target, source) if turned else (source, target)
        held[index[one]].add(number[other])
    chance = random.Random(seed)  # noqa: S311  (nothing secret)
    for _ in range(samples):
        for _ in range(TRADES):
            order = leiden.shuffled(range(len(ones)), chance)
            for first, second in zip(order[::2], order[1::2], strict=False):  # of an odd number, one waits
                both, either = held[first] & held[second], held[first] ^ held[second]
                own = len(held[first]) - len(both)
                if 0 < own < len(either):
                    drawn = leiden.shuffled(sorted(either), chance)
                    held[first], held[second] = both.union(drawn[:own]), both.union(drawn[own:])
        made = [(name, others[i]) for name, those in zip(ones, held, strict=True) for i in sorted(those)]
        yield [(other, one) for one, other in made] if turned else made


def importance(network: nx.MultiDiGraph) -> dict[str, float]:
    """Return each node's PageRank over asserted statements, direction and number ignored; they add up to 1."""
    nodes = list(network)
    return _ranks(nodes, _asserted(network, nodes))


def layout(network: nx.Graph, core: Iterable[str] | None = None) -> dict[str, tuple[int, int]]:
    """Return a place for each node, the same each time: neighbours near one another, parts side by side.

    The ``core`` (by default all nodes) is laid out as if nothing else were there; whatever else there is comes to
    stand between its neighbours. Fruchterman and Reingold 1991, https://doi.org/10.1002/spe.4380211102.
    """
    chosen = set(network if core is None else core)
    nodes = [node for node in network if node in chosen]
    if not nodes:
        return {}
    graph = _graph(len(nodes), _asserted(network, nodes))
    # What is not connected would drift out of sight: a node that is not drawn holds a member of each part.
    members = [max(part, key=lambda v: (graph.degree(v), -v)) for part in rx.connected_components(graph)]
    hub = graph.add_node(None)
    graph.add_edges_from_no_data([(hub, member) for member in members])
    turn = math.tau / len(nodes)
    start = {node: (math.cos(node * turn), math.sin(node * turn)) for node in range(hub)} | {hub: (0.0, 0.0)}
    steps = max(STEPS // 10, min(STEPS, STEPS * 1000**2 // len(start) ** 2))
    # Cooling that adapts to the forces ends sooner, with a tenth more lines that cross in the graph that is shipped.
    made = rx.spring_layout(graph, pos=start, adaptive_cooling=False, num_iter=steps, seed=SEED)
    spots = [made[node] for node in range(hub)]
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


def _asserted(network: nx.Graph, nodes: list[str]) -> Edges:
    """Return what a picture of some nodes is made from: of the whole graph not what follows, which repeats the rest."""
    index = {node: i for i, node in enumerate(nodes)}
    pairs = {
        (min(index[s], index[o]), max(index[s], index[o]))
        for s, o, inferred in network.edges(data="inferred", default=False)
        if not (inferred and network.is_multigraph()) and s != o and s in index and o in index
    }
    return dict.fromkeys(sorted(pairs), 1.0)


def _simple(network: nx.Graph, weight: str | None = None) -> tuple[Edges, list[str]]:
    """Return a network's edges, and its nodes in their order. Weights of parallel edges add up."""
    nodes = list(network)
    index = {node: i for i, node in enumerate(nodes)}
    edges: Edges = {}
    for s, o, given in network.edges(data=weight, default=1.0) if weight else ((*e[:2], 1.0) for e in network.edges()):
        # Asking whether it is a Real takes longer than all the rest.
        value = given if type(given) in (float, int) else float(given) if isinstance(given, Real) else math.nan
        if not 0 <= value < math.inf:
            raise UsageError(f"{s} with {o}: the weight of a tie is a number from 0 upwards, not {cut(str(given))}")
        if s != o:
            pair = (index[s], index[o]) if index[s] < index[o] else (index[o], index[s])
            edges[pair] = edges.get(pair, 0.0) + value if weight else 1.0
    if sum(edges.values()) == math.inf:
        raise UsageError("the weights of the ties are too large to be added up; divide them all by the same number")
    return edges, nodes


def _graph(size: int, edges: Iterable[tuple[int, int]]) -> rx.PyGraph[None, None]:
    """Return rustworkx's form of a network of so many nodes."""
    graph: rx.PyGraph[None, None] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from([None] * size)
    graph.add_edges_from_no_data(list(edges))
    return graph


def _sizes(graph: rx.PyGraph[None, None]) -> list[int]:
    """Return the sizes of the connected parts, the largest first."""
    return sorted(map(len, rx.connected_components(graph)), reverse=True)


def _ranks(nodes: Sequence[str], edges: Edges) -> dict[str, float]:
    """Return each node's PageRank."""
    graph: rx.PyDiGraph[None, float] = rx.PyDiGraph(multigraph=False)
    graph.add_nodes_from([None] * len(nodes))
    # A tie leads both ways; one without weight leads nowhere.
    graph.add_edges_from([(*way, weight) for pair, weight in edges.items() if weight for way in (pair, pair[::-1])])
    # What may be left of an error is for all nodes together.
    tolerance = 1e-12 / (len(nodes) or 1)
    ranks = rx.pagerank(graph, weight_fn=float, tol=tolerance, max_iter=1000) if nodes else {}
    # Ties would change places with the last digits.
    return {node: round(ranks[i], 12) for i, node in enumerate(nodes)}
