"""The measures that came with eudigraph, and how far a small network can carry them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from typing import Any

import networkx as nx

from eudigraph.network import algorithms
from eudigraph.network.registry import Label, Row, is_two_mode, measure, ranked, side

FEW = 10
"""Nodes of a kind below which ranks say little: one more claim may turn them round."""
SAMPLES = 1000
"""Networks at random that a similarity is compared with."""
SEEDS = 50
"""Runs of the search for communities, each from another start."""
MAX_NULL = 20_000_000
"""Pairs times samples up to which the comparison with chance is made."""
MAX_PAIRS = 20_000_000
"""Pairs of neighbours up to which those that only one node joins are counted."""


def cautions(network: nx.Graph) -> list[str]:
    """Return what to bear in mind with a network of this size and shape, a sentence each."""
    if not len(network):
        return ["The network is empty: nothing fits the choice that was made."]
    found = []
    kinds = Counter(data.get("kind") or "thing" for _, data in network.nodes(data=True))
    sizes = Counter(data.get("bipartite", 0) for _, data in network.nodes(data=True))
    smallest = min(sizes.values())
    if smallest < FEW:
        what = ", ".join(f"{number} × {kind}" for kind, number in kinds.most_common(3))
        found.append(f"Small ({what}): one more or one less claim may turn ranks round. Read it as a description.")
    alone = [node for node in network if not set(nx.all_neighbors(network, node)) - {node}]
    parts = algorithms.parts(network)
    connected = [size for size in parts if size > 1]
    if alone:
        named = ", ".join(sorted(str(network.nodes[node].get("label", node)) for node in alone)[:5])
        found.append(f"Without any tie: {named}{', …' if len(alone) > 5 else ''}.")
    if len(connected) > 1:
        found.append(f"It falls into {len(connected)} parts; paths and communities stay within each.")
    if nx.number_of_selfloops(network):
        found.append("Ties of a node with itself are left out.")
    return found


@measure(
    "degree",
    title="Degree",
    meaning="How many of those it could be tied to a node is tied to; 1 means all.",
    source="Freeman 1978, https://doi.org/10.1016/0378-8733(78)90021-7. Of two kinds: Borgatti and Everett 1997, "
    "https://doi.org/10.1016/S0378-8733(96)00301-2",
    value="degree",
    compare="ties",
    ties="how many it is tied to",
)
def degree(network: nx.Graph) -> list[Row]:
    """Return ``node``, ``degree`` (0 to 1) and ``ties``; in two-mode networks the other side is all there is."""
    sizes = _others(network)
    ties = {node: len(set(nx.all_neighbors(network, node)) - {node}) for node in network}
    rows = [{"node": n, "degree": _ratio(ties[n], sizes[n]), "ties": ties[n]} for n in network]
    return ranked(rows, "degree")


@measure(
    "betweenness",
    title="Betweenness",
    meaning="How often a node lies on the shortest way between two others: it joins what is else apart.",
    source="Freeman 1977, https://doi.org/10.2307/3033543. Of two kinds: Borgatti and Everett 1997, "
    "https://doi.org/10.1016/S0378-8733(96)00301-2",
    value="betweenness",
)
def betweenness(network: nx.Graph) -> list[Row]:
    """Return ``node`` and ``betweenness``, 0 to 1 of the most that is possible at its place."""
    values = algorithms.betweenness(network)
    if is_two_mode(network):
        pairs = (len(network) - 1) * (len(network) - 2) / 2
        most = {at: _most_between(len(side(network, at)), len(side(network, 1 - at))) for at in (0, 1)}
        values = {n: _ratio(value * pairs, most[network.nodes[n]["bipartite"]]) for n, value in values.items()}
    return ranked([{"node": node, "betweenness": value} for node, value in values.items()], "betweenness")


@measure(
    "pagerank",
    title="PageRank",
    meaning="How likely one is to be at a node when walking along ties at random: who is tied to the well-tied leads.",
    source="Page, Brin, Motwani and Winograd 1999, http://ilpubs.stanford.edu:8090/422/",
    value="pagerank",
)
def pagerank(network: nx.Graph) -> list[Row]:
    """Return ``node`` and ``pagerank``; all add up to 1. Ties count by their weight."""
    ranks = algorithms.pagerank(network)
    return ranked([{"node": node, "pagerank": rank} for node, rank in ranks.items()], "pagerank")


def _alike(rows: list[Row], label: Label) -> str:
    best = rows[0]
    pair = f"{label(best['first'])} and {label(best['second'])}"
    tied = sum(row["jaccard"] == best["jaccard"] for row in rows)
    pair = pair if tied == 1 else f"{tied} pairs"
    if best["p_adjusted"] is None:
        return f"{pair} are the most alike ({best['jaccard']:.2f}); there are too many pairs to compare with chance."
    more = [row for row in rows if row["p_adjusted"] < 0.05 and row["shared"] > row["expected"]]
    count = "No pair has" if not more else "One pair has" if len(more) == 1 else f"{len(more)} pairs have"
    return f"{pair} are the most alike ({best['jaccard']:.2f}). {count} clearly more in common than chance would give."


@measure(
    "similarity",
    title="Similarity of agendas",
    meaning="How much two have in common, and whether it is more than chance would give those with as many ties each.",
    source="Jaccard 1912, https://doi.org/10.1111/j.1469-8137.1912.tb05611.x. Against chance with all numbers of ties "
    "kept: Gotelli 2000, https://doi.org/10.1890/0012-9658(2000)081[2606:NMAOSC]2.0.CO;2. Several pairs at once: "
    "Benjamini and Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x",
    value="jaccard",
    two_mode=True,
    headline=_alike,
    shared="how many they have in common",
    either="how many at least one of them has",
    expected="how many they would have in common by chance, on average",
    p="how often chance gives as many or more",
    p_adjusted="the same, given that so many pairs were looked at; below 0.05 is commonly taken for more than chance",
)
def similarity(network: nx.Graph) -> list[Row]:
    """Return, for each pair of the first side, ``first``, ``second``, ``jaccard`` and what is said of the columns.

    A pair without any tie at all has no agendas that could be alike, and is left out. ``expected`` and ``p`` are None
    where there are too many pairs.
    """
    nodes = [node for node in side(network) if network.degree(node)]
    pairs = list(combinations(nodes, 2))
    edges = [(node, other) for node in nodes for other in network[node]]
    observed = _common(edges, nodes)
    rows = []
    for first, second in pairs:
        shared, either = observed[first, second], len(set(network[first]) | set(network[second]))
        rows.append({"first": first, "second": second, "jaccard": _ratio(shared, either), "shared": shared})
        rows[-1] |= {"either": either, "expected": None, "p": None, "p_adjusted": None}
    if pairs and len(pairs) * SAMPLES <= MAX_NULL:
        total, reached = Counter[tuple[Any, Any]](), Counter[tuple[Any, Any]]()
        for sample in algorithms.rewired(edges, SAMPLES):
            for pair, shared in _common(sample, nodes).items():
                total[pair] += shared
                reached[pair] += shared >= observed[pair]
        for row in rows:
            pair = row["first"], row["second"]
            # What was seen is itself one of the outcomes, so that no chance is ever nought.
            row |= {"expected": total[pair] / SAMPLES, "p": round((reached[pair] + 1) / (SAMPLES + 1), 4)}
        for row, adjusted in zip(rows, _adjusted([row["p"] for row in rows]), strict=True):
            row["p_adjusted"] = adjusted
    return ranked(rows, "jaccard")


def _grouped(rows: list[Row], _: Label) -> str:
    number, first = max(row["community"] for row in rows), rows[0]
    found = "One community" if number == 1 else f"{number} communities"
    structure = "a clear structure" if first["modularity"] > 0.3 else "little structure beyond chance"
    alike = f"searches agree to {first['agreement']:.2f}"
    return f"{found}: {structure} (modularity {first['modularity']:.2f}; {alike})."


@measure(
    "communities",
    title="Communities",
    meaning="Groups with more ties inside than chance would put there, and how often the search finds them so.",
    source="Leiden: Traag, Waltman and van Eck 2019, https://doi.org/10.1038/s41598-019-41695-z. Modularity: Newman "
    "2006, https://doi.org/10.1073/pnas.0601602103. Agreement: Hubert and Arabie 1985, https://doi.org/10.1007/BF01908075",
    value="community",
    groups=True,
    detail=("modularity", "agreement"),
    headline=_grouped,
    stability="in what share of the searches it is with the same half or more of its group",
    modularity="how far beyond chance the ties keep within the groups; above 0.3 is commonly taken for structure",
    agreement="how alike the groups of all searches are; 1 means the same each time",
)
def communities(network: nx.Graph) -> list[Row]:
    """Return ``node`` and ``community`` (1 is the largest), how often it is found there, and how good the groups are.

    Nodes without a tie are in no community, and are left out.
    """
    tied = network.subgraph([node for node in network if set(nx.all_neighbors(network, node)) - {node}])
    if not len(tied):
        return []
    found = algorithms.partitions(tied, range(SEEDS))
    groups, modularity = max(found, key=lambda run: run[1])
    agreement = sum(algorithms.agreement(groups, other) for other, _ in found) / len(found)
    together = Counter[Any]()
    for other, _ in found:
        at = {node: set(group) for group in other for node in group}
        for group in groups:
            for node in group:
                together[node] += len(at[node] & set(group)) * 2 > len(group)
    return [
        {
            "node": node,
            "community": number,
            "stability": round(together[node] / len(found), 4),
            "modularity": round(modularity, 4),
            "agreement": round(agreement, 4),
        }
        for number, group in enumerate(groups, 1)
        for node in sorted(group, key=str)
    ]


def _breaks(rows: list[Row], label: Label) -> str:
    first = max(rows, key=lambda row: row["cut_off"])
    if not first["cut_off"]:
        return "Nothing comes apart when a single one is taken out."
    others = "one other loses" if first["cut_off"] == 1 else f"{first['cut_off']} others lose"
    return f"Without {label(first['node'])}, {others} touch with the rest."


@measure(
    "removal",
    title="What binds, what breaks",
    meaning="What would come apart if a node were taken out: how many others lose the rest, and how many pairs their "
    "only link.",
    source="Articulation points: Hopcroft and Tarjan 1973, https://doi.org/10.1145/362248.362272. Taking out nodes: "
    "Albert, Jeong and Barabási 2000, https://doi.org/10.1038/35019019",
    value="cut_off",
    headline=_breaks,
    parts="in how many more parts the network would be",
    only_link="how many pairs of its neighbours have nothing else in common",
)
def removal(network: nx.Graph) -> list[Row]:
    """Return ``node``, ``cut_off`` (others that lose their part's largest rest), ``parts`` and ``only_link``.

    ``only_link`` is None where there are too many pairs of neighbours to look at.
    """
    neighbours = {node: set(nx.all_neighbors(network, node)) - {node} for node in network}
    pairs = sum(len(near) * (len(near) - 1) // 2 for near in neighbours.values())
    links = Counter[frozenset[Hashable]]()
    if pairs <= MAX_PAIRS:
        links.update(frozenset(pair) for near in neighbours.values() for pair in combinations(near, 2))
    breaks = algorithms.parts_without(network)
    before = Counter(algorithms.parts(network))
    rows = []
    for node, near in neighbours.items():
        rest: list[int] = []
        if node in breaks:
            # Those parts that were there before are not this node's doing.
            own = Counter(breaks[node])
            own.subtract(before)
            rest = sorted((size for size, number in own.items() for _ in range(max(number, 0))), reverse=True)
        only = sum(links[frozenset(pair)] == 1 for pair in combinations(near, 2)) if pairs <= MAX_PAIRS else None
        rows.append({"node": node, "cut_off": sum(rest[1:]), "parts": max(len(rest) - 1, 0), "only_link": only})
    return sorted(rows, key=lambda row: (-row["cut_off"], -(row["only_link"] or 0), str(row["node"])))


def _others(network: nx.Graph) -> dict[Any, int]:
    """Return how many other nodes each could be tied to."""
    if not is_two_mode(network):
        return dict.fromkeys(network, len(network) - 1)
    sizes = [len(side(network, at)) for at in (0, 1)]
    return {node: sizes[1 - at] for node, at in network.nodes(data="bipartite")}


def _most_between(own: int, other: int) -> float:
    """Return the most shortest paths that can lead through a node of a side of this size, given the other's.

    Borgatti and Everett 1997, https://doi.org/10.1016/S0378-8733(96)00301-2, and Borgatti and Halgin 2011.
    """
    if not other or not own:
        return 0.0
    s, t = divmod(own - 1, other)
    return (other**2 * (s + 1) ** 2 + other * (s + 1) * (2 * t - s - 1) - t * (2 * s - t + 3)) / 2


def _common(edges: Iterable[tuple[Any, Any]], nodes: Sequence[Any]) -> dict[tuple[Any, Any], int]:
    """Return for each pair of nodes how many targets they share."""
    bits = dict.fromkeys(nodes, 0)
    places: dict[Any, int] = {}
    for node, other in edges:
        bits[node] |= 1 << places.setdefault(other, len(places))
    return {(a, b): (bits[a] & bits[b]).bit_count() for a, b in combinations(nodes, 2)}


def _adjusted(values: Sequence[float]) -> list[float]:
    """Return p-values for several pairs looked at together, in the same order (Benjamini and Hochberg 1995)."""
    order = sorted(range(len(values)), key=lambda i: values[i], reverse=True)
    adjusted, least = [0.0] * len(values), 1.0
    for rank, i in zip(range(len(values), 0, -1), order, strict=True):
        least = min(least, values[i] * len(values) / rank)
        adjusted[i] = round(least, 4)
    return adjusted


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 12) if whole else 0.0
