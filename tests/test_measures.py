"""What is measured: equal to NetworkX's own and to what a pencil gives, the same each time, or refused in words."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations, product
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networkx.algorithms import bipartite
from scipy.stats import false_discovery_control  # type: ignore[import-untyped, unused-ignore]

from eudigraph.model.errors import UsageError
from eudigraph.network import algorithms, leiden, measures, registry
from eudigraph.network.registry import Row

Pairs = list[tuple[str, str]]

TRIANGLES = ["ab", "ac", "bc", "cd", "de", "df", "ef"]
"""Two triangles, joined by the edge between c and d."""


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test add measures of its own, and forget them afterwards."""
    monkeypatch.setattr(registry, "MEASURES", dict(registry.MEASURES))


def of(name: str, network: nx.Graph) -> list[Row]:
    return registry.compute(registry.find(name), network)


def by_node(rows: Iterable[Row], column: str) -> dict[Any, Any]:
    return {row["node"]: row[column] for row in rows}


def two_mode(edges: Iterable[str], left: str, right: str) -> nx.Graph:
    """Return a two-mode network; nodes are single letters, edges two of them."""
    made = nx.Graph()
    made.add_nodes_from(left, bipartite=0)
    made.add_nodes_from(right, bipartite=1)
    made.add_edges_from(edges)
    return made


def near(values: dict[Any, float]) -> Any:
    return pytest.approx(values, abs=1e-9)


def simple(network: nx.Graph) -> nx.Graph:
    """Return a network as algorithms promises to see it, by NetworkX alone: weights of parallel edges added up."""
    made = nx.Graph()
    made.add_nodes_from(network)
    for source, target, weight in network.edges(data="weight", default=1.0):
        if source != target:
            before = made.edges[source, target]["weight"] if made.has_edge(source, target) else 0.0
            made.add_edge(source, target, weight=before + weight)
    return made


# ---------------------------------------------------------------- Equal to NetworkX


KNOWN = {
    "karate": nx.karate_club_graph(),
    "miserables": nx.les_miserables_graph(),
    "davis": nx.davis_southern_women_graph(),
    "florence": nx.florentine_families_graph(),
    "path": nx.path_graph(30),
    "star": nx.star_graph(20),
    "ring": nx.cycle_graph(25),
    "complete": nx.complete_graph(12),
    "dumbbell": nx.barbell_graph(7, 3),
    "tree": nx.balanced_tree(3, 3),
    "grid": nx.grid_2d_graph(5, 6),
    "random": nx.gnm_random_graph(200, 500, seed=4),
    "sparse": nx.gnm_random_graph(200, 150, seed=4),
    "clustered": nx.powerlaw_cluster_graph(150, 3, 0.5, seed=4),
}
known = pytest.mark.parametrize("network", KNOWN.values(), ids=KNOWN)


@known
def test_measures_of_well_known_networks_equal_networkxs(network: nx.Graph) -> None:
    assert algorithms.betweenness(network) == near(nx.betweenness_centrality(network))
    assert algorithms.pagerank(network) == near(nx.pagerank(network, tol=1e-13, max_iter=1000))
    unweighted = near(nx.pagerank(network, weight=None, tol=1e-13, max_iter=1000))
    assert algorithms.pagerank(network, weight=None) == unweighted
    assert algorithms.importance(nx.MultiDiGraph(network)) == unweighted
    assert algorithms.parts(network) == sorted(map(len, nx.connected_components(network)), reverse=True)
    breaks = algorithms.parts_without(network)
    assert set(breaks) == set(nx.articulation_points(network))
    for node, sizes in breaks.items():
        rest = network.subgraph(set(network) - {node})
        assert sizes == sorted(map(len, nx.connected_components(rest)), reverse=True)


@known
def test_communities_of_well_known_networks_are_connected_and_no_worse_than_networkxs(network: nx.Graph) -> None:
    groups, quality = max(algorithms.partitions(network, range(5)), key=lambda run: run[1])
    assert sorted(map(str, network)) == sorted(str(node) for group in groups for node in group)
    assert all(nx.is_connected(network.subgraph(group)) for group in groups)
    assert quality == pytest.approx(nx.community.modularity(network, groups), abs=1e-9)
    louvain = max((nx.community.louvain_communities(network, seed=seed) for seed in range(5)), key=len)
    assert quality >= nx.community.modularity(network, louvain) - 1e-9


def test_only_what_is_asserted_counts_for_importance() -> None:
    network = nx.MultiDiGraph([("a", "b"), ("b", "a"), ("b", "c"), ("c", "c")])
    network.add_edge("a", "c", inferred=True)
    plain = nx.Graph([("a", "b"), ("b", "c")])
    assert algorithms.importance(network) == near(nx.pagerank(plain, tol=1e-13, max_iter=1000))
    assert algorithms.importance(nx.MultiDiGraph()) == {}


def test_measures_of_one_kind_equal_networkxs_on_the_karate_club() -> None:
    club = nx.karate_club_graph()
    assert by_node(of("degree", club), "degree") == near(nx.degree_centrality(club))
    assert by_node(of("degree", club), "ties") == dict(club.degree)
    assert by_node(of("betweenness", club), "betweenness") == near(nx.betweenness_centrality(club))
    assert by_node(of("pagerank", club), "pagerank") == near(nx.pagerank(club, tol=1e-13, max_iter=1000))


def test_pagerank_counts_ties_by_their_weight() -> None:
    novel = nx.les_miserables_graph()
    assert by_node(of("pagerank", novel), "pagerank") == near(nx.pagerank(novel, tol=1e-13, max_iter=1000))
    assert [row["node"] for row in of("pagerank", novel)[:3]] == ["Valjean", "Marius", "Myriel"]


def test_measures_of_two_kinds_equal_networkxs_on_the_southern_women() -> None:
    women = nx.davis_southern_women_graph()
    first = registry.side(women, 0)
    assert len(first) == 18
    assert by_node(of("degree", women), "degree") == near(bipartite.degree_centrality(women, first))
    assert by_node(of("betweenness", women), "betweenness") == near(bipartite.betweenness_centrality(women, first))


@pytest.mark.parametrize(("left", "right"), [(2, 2), (2, 5), (5, 2), (3, 3), (7, 4)])
def test_betweenness_of_two_kinds_has_networkxs_norm_whichever_side_is_larger(left: int, right: int) -> None:
    network = nx.complete_bipartite_graph(left, right)
    network.remove_edges_from([edge for edge in network.edges if sum(edge) % 3 == 0 and left > 2])
    expected = bipartite.betweenness_centrality(network, range(left))
    assert by_node(of("betweenness", network), "betweenness") == near(expected)


def test_a_node_that_alone_makes_up_a_side_lies_between_all_of_the_other() -> None:
    # NetworkX divides by zero here: of one side's only node, the others have no place between anything.
    star = two_mode(["hx", "hy", "hz"], "h", "xyz")
    assert by_node(of("betweenness", star), "betweenness") == {"h": 1.0, "x": 0.0, "y": 0.0, "z": 0.0}


@st.composite
def any_networks(draw: st.DrawFn) -> nx.Graph:
    """Draw a network of any of NetworkX's four kinds, with self-loops, parallel edges and isolates."""
    kind = draw(st.sampled_from([nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]))
    size = draw(st.integers(2, 9))
    node = st.integers(0, size - 1)
    made = kind()
    made.add_nodes_from(range(size))
    for source, target, weight in draw(st.lists(st.tuples(node, node, st.integers(0, 5)), max_size=20)):
        made.add_edge(source, target, weight=weight)
    return made


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(any_networks())
def test_measures_of_any_network_equal_networkxs_of_its_plain_form(network: nx.Graph) -> None:
    plain = simple(network)
    assert by_node(of("degree", network), "degree") == near(nx.degree_centrality(plain))
    assert by_node(of("betweenness", network), "betweenness") == near(nx.betweenness_centrality(plain))
    assert by_node(of("pagerank", network), "pagerank") == near(nx.pagerank(plain, tol=1e-13, max_iter=1000))
    unweighted = nx.pagerank(plain, weight=None, tol=1e-13, max_iter=1000)
    assert algorithms.pagerank(network, weight=None) == near(unweighted)
    assert algorithms.parts(network) == sorted(map(len, nx.connected_components(plain)), reverse=True)


@settings(max_examples=100, deadline=None)
@given(any_networks())
def test_what_comes_apart_without_a_node_is_what_networkx_finds_by_taking_it_out(network: nx.Graph) -> None:
    plain = simple(network)
    found = of("removal", network)
    assert {row["node"] for row in found if row["parts"]} == set(nx.articulation_points(plain))
    for row in found:
        own = nx.node_connected_component(plain, row["node"]) - {row["node"]}
        rest = sorted(map(len, nx.connected_components(plain.subgraph(own))), reverse=True)
        assert (row["parts"], row["cut_off"]) == (max(len(rest) - 1, 0), sum(rest[1:]))
        pairs = combinations(plain[row["node"]], 2)
        assert row["only_link"] == sum(len(set(plain[a]) & set(plain[b])) == 1 for a, b in pairs)


@settings(max_examples=100, deadline=None)
@given(any_networks(), st.integers(0, 9))
def test_communities_of_any_network_are_connected_and_of_networkxs_modularity(network: nx.Graph, seed: int) -> None:
    plain = simple(network)
    groups, quality = algorithms.partitions(network, [seed])[0]
    assert sorted(node for group in groups for node in group) == sorted(network)
    assert all(nx.is_connected(plain.subgraph(group)) for group in groups)
    if plain.size("weight"):
        assert quality == pytest.approx(nx.community.modularity(plain, groups), abs=1e-9)
    else:
        assert quality == 0.0


@settings(max_examples=100, deadline=None)
@given(any_networks(), st.randoms(use_true_random=False))
def test_the_search_for_communities_ends_with_weights_as_unlike_as_can_be(
    network: nx.Graph, chance: random.Random
) -> None:
    plain = simple(network)
    for *_, data in plain.edges(data=True):
        data["weight"] = chance.choice([0, 5e-324, 1e-300, 1e-9, 1, 1 + 1e-12, 1e9, 1e300])
    groups, quality = algorithms.partitions(plain, [1])[0]
    assert all(nx.is_connected(plain.subgraph(group)) for group in groups)
    assert -0.5 <= quality < 1


@settings(max_examples=100, deadline=None)
@given(any_networks(), st.lists(st.integers(0, 2), min_size=9, max_size=9), st.integers(0, 9))
def test_parts_of_a_group_are_connected_even_where_the_group_is_not(
    network: nx.Graph, groups: list[int], seed: int
) -> None:
    plain = simple(network)
    ties = [{other: data["weight"] for other, data in plain[node].items()} for node in plain]
    ends = [sum(near.values()) for near in ties]
    level = leiden._Level(ties, ends, sum(ends) or 1.0)
    groups = [group % len(ties) for group in groups[: len(ties)]]
    parts = leiden._refined(level, groups, random.Random(seed))
    for part in leiden.members(parts):
        assert nx.is_connected(plain.subgraph(part))
        assert len({groups[node] for node in part}) == 1


# ---------------------------------------------------------------- Computed by hand


def test_the_middle_of_a_path_is_on_the_most_ways() -> None:
    path = nx.Graph(["ab", "bc", "cd", "de"])
    assert of("betweenness", path) == [
        {"node": "c", "betweenness": pytest.approx(4 / 6)},
        {"node": "b", "betweenness": 0.5},
        {"node": "d", "betweenness": 0.5},
        {"node": "a", "betweenness": 0.0},
        {"node": "e", "betweenness": 0.0},
    ]


def test_the_hub_of_a_star_is_tied_to_all_and_lies_between_all() -> None:
    star = nx.Graph(["ha", "hb", "hc", "hd"])
    assert of("degree", star) == [
        {"node": "h", "degree": 1.0, "ties": 4},
        *({"node": leaf, "degree": 0.25, "ties": 1} for leaf in "abcd"),
    ]
    assert by_node(of("betweenness", star), "betweenness") == dict.fromkeys("abcd", 0.0) | {"h": 1.0}
    assert of("removal", star) == [
        {"node": "h", "cut_off": 3, "parts": 3, "only_link": 6},
        *({"node": leaf, "cut_off": 0, "parts": 0, "only_link": 0} for leaf in "abcd"),
    ]


def test_the_ends_of_a_bridge_hold_two_triangles_together() -> None:
    # Without c, a and b lose the rest; c alone joins a with b, a with d, and b with d.
    bridged = nx.Graph(TRIANGLES)
    assert of("removal", bridged) == [
        {"node": "c", "cut_off": 2, "parts": 1, "only_link": 3},
        {"node": "d", "cut_off": 2, "parts": 1, "only_link": 3},
        *({"node": node, "cut_off": 0, "parts": 0, "only_link": 1} for node in "abef"),
    ]
    between = by_node(of("betweenness", bridged), "betweenness")
    assert between == near(dict.fromkeys("abef", 0.0) | dict.fromkeys("cd", 0.6))


def test_parts_that_were_apart_before_are_nobodys_doing() -> None:
    network = nx.Graph(["ab", "bc", "cd", "pq"])
    network.add_nodes_from("yz")
    assert [row for row in of("removal", network) if row["cut_off"]] == [
        {"node": "b", "cut_off": 1, "parts": 1, "only_link": 1},
        {"node": "c", "cut_off": 1, "parts": 1, "only_link": 1},
    ]
    assert algorithms.parts(network) == [4, 2, 1, 1]
    assert algorithms.parts_without(network) == {"b": [2, 2, 1, 1, 1], "c": [2, 2, 1, 1, 1]}


def test_a_node_without_which_a_ring_stays_whole_cuts_nobody_off() -> None:
    assert of("removal", nx.Graph(["ab", "bc", "cd", "da"])) == [
        # Each pair of opposite nodes has two nodes in common.
        {"node": node, "cut_off": 0, "parts": 0, "only_link": 0}
        for node in "abcd"
    ]


def test_pairs_that_only_one_node_links_are_not_counted_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measures, "MAX_PAIRS", 2)
    assert [row["only_link"] for row in of("removal", nx.Graph(["ha", "hb", "hc"]))] == [None] * 4


def test_two_kinds_are_tied_to_a_share_of_the_other_side() -> None:
    network = two_mode(["ax", "ay", "bx"], "abc", "xyz")
    assert of("degree", network) == [
        {"node": "a", "degree": pytest.approx(2 / 3), "ties": 2},
        {"node": "x", "degree": pytest.approx(2 / 3), "ties": 2},
        {"node": "b", "degree": pytest.approx(1 / 3), "ties": 1},
        {"node": "y", "degree": pytest.approx(1 / 3), "ties": 1},
        {"node": "c", "degree": 0.0, "ties": 0},
        {"node": "z", "degree": 0.0, "ties": 0},
    ]


def test_agendas_are_as_alike_as_the_share_of_what_they_have_in_common() -> None:
    network = two_mode(["ax", "ay", "az", "by", "bz", "bw", "cw"], "abcd", "wxyz")
    rows = [{key: row[key] for key in ("first", "second", "jaccard", "shared", "either")} for row in of_alike(network)]
    assert rows == [
        {"first": "a", "second": "b", "jaccard": 0.5, "shared": 2, "either": 4},
        {"first": "b", "second": "c", "jaccard": pytest.approx(1 / 3), "shared": 1, "either": 3},
        {"first": "a", "second": "c", "jaccard": 0.0, "shared": 0, "either": 4},
    ]


def of_alike(network: nx.Graph) -> list[Row]:
    return of("similarity", network)


def test_two_cliques_are_two_communities_and_a_node_without_ties_is_in_none() -> None:
    cliques = nx.Graph([*combinations("abcdef", 2), *combinations("wxyz", 2)])
    cliques.add_node("alone")
    # 15 and 6 of 21 edges lie inside, and the groups have 30 and 12 of 42 ends: 1 - (30² + 12²) / 42².
    same = {"stability": 1.0, "modularity": round(20 / 49, 4), "agreement": 1.0}
    assert of("communities", cliques) == [
        *({"node": node, "community": 1} | same for node in "abcdef"),
        *({"node": node, "community": 2} | same for node in "wxyz"),
    ]


def test_two_triangles_with_a_bridge_are_two_communities_of_the_modularity_a_pencil_gives() -> None:
    # Three of seven edges inside each, which has half of all ends: 2 (3/7 - 1/4).
    groups, quality = algorithms.partitions(nx.Graph(TRIANGLES), [1])[0]
    assert groups == [["a", "b", "c"], ["d", "e", "f"]]
    assert quality == pytest.approx(5 / 14)


def test_communities_follow_the_weights() -> None:
    ring = nx.Graph()
    ring.add_weighted_edges_from([("a", "b", 9), ("b", "c", 1), ("c", "d", 9), ("d", "a", 1)])
    assert algorithms.communities(ring) == [["a", "b"], ["c", "d"]]
    ring.add_weighted_edges_from([("a", "b", 1), ("b", "c", 9), ("c", "d", 1), ("d", "a", 9)])
    assert algorithms.communities(ring) == [["a", "d"], ["b", "c"]]


def test_the_quality_of_communities_is_networkxs_modularity() -> None:
    club = nx.karate_club_graph()
    groups, quality = algorithms.partitions(club, [3])[0]
    assert quality == pytest.approx(nx.community.modularity(club, groups), abs=1e-9)
    # The best there is, by exact search: Brandes et al. 2008, without weights.
    plain = max(quality for _, quality in algorithms.partitions(club, range(20), weight=None))
    assert plain == pytest.approx(0.4198, abs=1e-4)


def test_groupings_agree_as_hubert_and_arabie_count() -> None:
    whole = [["a", "b"], ["c", "d"]]
    assert algorithms.agreement(whole, [["d", "c"], ["b", "a"]]) == 1.0
    assert algorithms.agreement([["a", "b"]], [["b", "a"]]) == 1.0
    # No pair is together in both; 2 · 2 / 6 would be by chance, and 2 at most: (0 - 2/3) / (2 - 2/3).
    assert algorithms.agreement(whole, [["a", "c"], ["b", "d"]]) == pytest.approx(-0.5)
    # One of the two and three pairs that are together: (1 - 1) / (2.5 - 1).
    assert algorithms.agreement(whole, [["a", "b", "c"], ["d"]]) == pytest.approx(0.0)
    assert algorithms.agreement([list("abcd")], [["a"], ["b"], ["c"], ["d"]]) == 0.0


groupings = st.lists(st.integers(0, 3), min_size=2, max_size=12)


@settings(max_examples=200, deadline=None)
@given(groupings, st.randoms(use_true_random=False))
def test_agreement_is_what_counting_every_pair_gives(first: list[int], chance: random.Random) -> None:
    second = [chance.randrange(4) for _ in first]
    pairs = list(combinations(range(len(first)), 2))
    same = [(first[a] == first[b], second[a] == second[b]) for a, b in pairs]
    ones, others, both = (sum(map(which, same)) for which in (lambda s: s[0], lambda s: s[1], all))
    expected = ones * others / len(pairs)
    named = [[[str(node) for node in group] for group in leiden.members(groups)] for groups in (first, second)]
    found = algorithms.agreement(*named)
    most = (ones + others) / 2
    assert found == (pytest.approx((both - expected) / (most - expected)) if most != expected else 1.0)


def every_grouping(nodes: list[int]) -> list[list[list[int]]]:
    """Return all ways to put nodes in groups."""
    if not nodes:
        return [[]]
    first, *rest = nodes
    found = []
    for size in range(len(rest) + 1):
        for others in combinations(rest, size):
            left = [node for node in rest if node not in others]
            found += [[[first, *others], *groups] for groups in every_grouping(left)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_the_search_for_communities_finds_the_best_of_all_groupings(seed: int) -> None:
    network = nx.gnm_random_graph(8, 12, seed=seed)
    for source, target in network.edges:
        network.edges[source, target]["weight"] = 1 + (source * target) % 3
    best = max(nx.community.modularity(network, groups) for groups in every_grouping(list(network)))
    found = max(quality for _, quality in algorithms.partitions(network, range(10)))
    assert found == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("unit", [1e-300, 1e-3, 1e6, 1e300])
def test_communities_are_the_same_in_whatever_unit_weights_are(unit: float) -> None:
    novel = nx.les_miserables_graph()
    expected = algorithms.partitions(novel, range(5))
    for *_, data in novel.edges(data=True):
        data["weight"] *= unit
    assert algorithms.partitions(novel, range(5)) == expected


def test_ties_without_weight_hold_nothing_together() -> None:
    network = nx.Graph()
    network.add_weighted_edges_from([("a", "b", 0), ("b", "c", 2.0), ("d", "e", 0)])
    assert algorithms.communities(network) == [["b", "c"], ["a"], ["d"], ["e"]]
    assert algorithms.pagerank(network) == near(nx.pagerank(network, tol=1e-13, max_iter=1000))


def test_planted_communities_are_found_again() -> None:
    planted = nx.planted_partition_graph(8, 25, 0.5, 0.01, seed=2)
    groups = algorithms.communities(planted)
    assert algorithms.agreement(groups, planted.graph["partition"]) == 1.0


# ---------------------------------------------------------------- Against chance


def degrees(pairs: Pairs) -> Counter[str]:
    return Counter(end for pair in pairs for end in pair)


def every_network(rows: tuple[int, ...], columns: tuple[int, ...]) -> list[list[set[int]]]:
    """Return all two-mode networks with these numbers of ties: for each of the first side, its targets."""
    choices = [[set(chosen) for chosen in combinations(range(len(columns)), number)] for number in rows]
    return [
        list(network)
        for network in product(*choices)
        if tuple(sum(column in targets for targets in network) for column in range(len(columns))) == columns
    ]


TINY = [("a", "w"), ("a", "x"), ("a", "y"), ("b", "w"), ("b", "z"), ("c", "x"), ("c", "z"), ("d", "y")]


def test_the_null_model_keeps_every_nodes_number_of_ties_and_its_side() -> None:
    seen = set()
    for sample in algorithms.rewired(TINY, 200):
        assert degrees(sample) == degrees(TINY)
        assert {source for source, _ in sample} == set("abcd")
        assert {target for _, target in sample} == set("wxyz")
        assert len(set(sample)) == len(TINY)  # no tie twice
        seen.add(frozenset(sample))
    assert len(seen) > 20


@settings(max_examples=50, deadline=None)
@given(st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz")), min_size=1))
def test_the_null_model_of_any_network_keeps_all_numbers_of_ties(edges: set[tuple[str, str]]) -> None:
    pairs = sorted(edges)
    for sample in algorithms.rewired(pairs, 5):
        assert degrees(sample) == degrees(pairs)
        assert len(set(sample)) == len(pairs)
        assert {source for source, _ in sample} <= set("abcdef")


def test_the_null_model_is_the_same_each_time_and_another_with_another_seed() -> None:
    first, again = list(algorithms.rewired(TINY, 20)), list(algorithms.rewired(TINY, 20))
    assert first == again
    assert first != list(algorithms.rewired(TINY, 20, seed=1))
    assert of_alike(davis()) == of_alike(davis())


def davis() -> nx.Graph:
    return nx.davis_southern_women_graph()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((3, 2, 2, 1), (2, 2, 2, 2)), ((2, 2, 1), (2, 1, 1, 1)), ((2, 1, 1, 1), (2, 2, 1))],
    ids=["square", "three", "turned"],
)
def test_the_null_model_finds_every_possible_network_equally_often(
    rows: tuple[int, ...], columns: tuple[int, ...]
) -> None:
    possible = every_network(rows, columns)
    ways = [frozenset(("abcd"[i], "wxyz"[t]) for i, targets in enumerate(n) for t in targets) for n in possible]
    names = set(ways)
    drawn = Counter(frozenset(sample) for sample in algorithms.rewired(sorted(ways[0]), 20 * len(names)))
    assert set(drawn) == names
    expected = 20.0
    # Chi-square of as many drawings: its mean is one less than the cells, its deviation √(2 · cells).
    chi = sum((drawn[name] - expected) ** 2 / expected for name in names)
    assert abs(chi - (len(names) - 1)) < 4 * (2 * len(names)) ** 0.5


def test_what_chance_would_give_is_what_all_possible_networks_give() -> None:
    possible = every_network((3, 2, 2, 1), (2, 2, 2, 2))
    network = two_mode(["".join(pair) for pair in TINY], "abcd", "wxyz")
    rows = of_alike(network)
    assert len(rows) == 6
    for row in rows:
        first, second = ("abcd".index(row[end]) for end in ("first", "second"))
        shares = [len(targets[first] & targets[second]) for targets in possible]
        assert row["expected"] == pytest.approx(sum(shares) / len(shares), abs=0.08)
        reached = sum(share >= row["shared"] for share in shares) / len(shares)
        assert row["p"] == pytest.approx(reached, abs=0.06)


def test_what_cannot_be_otherwise_is_no_more_than_chance_gives() -> None:
    star = two_mode(["ax", "bx"], "ab", "x")
    certain = {"expected": 1.0, "p": 1.0, "p_adjusted": 1.0}
    assert of_alike(star) == [{"first": "a", "second": "b", "jaccard": 1.0, "shared": 1, "either": 1} | certain]
    full = two_mode(["ax", "ay", "bx", "by"], "ab", "xy")
    assert [(row["expected"], row["p"]) for row in of_alike(full)] == [(2.0, 1.0)]


def test_several_pairs_at_once_are_adjusted_as_benjamini_and_hochberg_do() -> None:
    # By hand: 0.04 · 4/3 = 0.0533 is less than 0.03 · 4/2 = 0.06, which therefore comes down to it.
    assert measures._adjusted([0.01, 0.04, 0.03, 0.2]) == [0.04, 0.0533, 0.0533, 0.2]
    assert measures._adjusted([0.9, 0.8]) == [0.9, 0.9]
    assert measures._adjusted([0.05]) == [0.05]
    assert measures._adjusted([]) == []


def test_the_southern_womens_adjusted_values_are_scipys() -> None:
    rows = of_alike(davis())
    assert len(rows) == 18 * 17 / 2
    expected = false_discovery_control([row["p"] for row in rows])
    assert [row["p_adjusted"] for row in rows] == pytest.approx(list(expected), abs=6e-5)


def test_too_many_pairs_are_not_compared_with_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "MAX_NULL", 10)
    network = two_mode(["ax", "bx"], "ab", "x")
    rows = of_alike(network)
    assert [(row["jaccard"], row["expected"], row["p"], row["p_adjusted"]) for row in rows] == [(1.0, None, None, None)]
    assert registry.headline(registry.find("similarity"), rows, str) == (
        "a and b are the most alike (1.00); there are too many pairs to compare with chance."
    )


# ---------------------------------------------------------------- The same each time


@pytest.mark.parametrize("name", [name for name, measure in registry.measures().items() if not measure.two_mode])
def test_a_measure_gives_the_same_each_time(name: str) -> None:
    assert of(name, nx.karate_club_graph()) == of(name, nx.karate_club_graph())


def test_communities_depend_on_the_seed_alone() -> None:
    rough = nx.gnm_random_graph(60, 150, seed=5)
    runs = {seed: algorithms.communities(rough, seed) for seed in range(6)}
    assert {seed: algorithms.communities(rough, seed) for seed in reversed(range(6))} == runs
    assert any(groups != runs[0] for groups in runs.values())


@pytest.mark.parametrize(
    "draw",
    [
        lambda: algorithms.communities(nx.karate_club_graph()),
        lambda: list(algorithms.rewired(TINY, 3)),
        lambda: next(algorithms.rewired(TINY, 3)),  # left unfinished
        lambda: algorithms.layout(nx.karate_club_graph()),
        lambda: of("similarity", davis()),
    ],
    ids=["communities", "rewired", "unfinished", "layout", "similarity"],
)
def test_what_is_random_elsewhere_stays_as_it_was(draw: Callable[[], object]) -> None:
    random.seed(8)
    state = random.getstate()
    draw()
    assert random.getstate() == state


EVERYTHING = """
import json, networkx as nx
from eudigraph.network import algorithms, measures, registry

women = nx.davis_southern_women_graph()
rough = nx.relabel_nodes(nx.gnm_random_graph(120, 300, seed=5), str)
ties = [(woman, event) for woman in registry.side(women) for event in women[woman]]
found = [
    [getattr(algorithms, name)(network) for name in ("betweenness", "pagerank", "parts", "parts_without", "layout")]
    + [algorithms.partitions(network, range(5)), measures.cautions(network)]
    for network in (women, rough)
]
found += [algorithms.importance(nx.MultiDiGraph(rough)), list(algorithms.rewired(ties, 20))]
found += [registry.compute(each, women) for each in registry.measures().values()]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_everything_is_the_same_in_another_process_whatever_the_order_of_its_sets() -> None:
    said = set()
    for seed in ("0", "1", "42"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", EVERYTHING]
        said.add(subprocess.run(run, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout)
    assert len(said) == 1
    assert len(json.loads(said.pop())) == 10


# ---------------------------------------------------------------- Layout


def places_of(network: nx.Graph) -> dict[Any, complex]:
    return {node: complex(*place) for node, place in algorithms.layout(network).items()}


@known
def test_neighbours_are_laid_out_nearer_than_others_and_nobody_on_another(network: nx.Graph) -> None:
    places = places_of(network)
    assert list(places) == list(network)
    assert len(set(places.values())) == len(network)
    apart = {pair: abs(places[pair[0]] - places[pair[1]]) for pair in combinations(network, 2)}
    tied = [distance for (one, other), distance in apart.items() if network.has_edge(one, other)]
    untied = [distance for (one, other), distance in apart.items() if not network.has_edge(one, other)]
    if untied:
        assert sum(tied) / len(tied) < 0.75 * sum(untied) / len(untied)
    assert max(map(abs, places.values())) < 2 * algorithms.SPACE * math.sqrt(len(network))


def test_parts_are_laid_out_side_by_side() -> None:
    places = places_of(nx.disjoint_union_all([nx.complete_graph(5)] * 4))
    parts = [[places[node] for node in range(start, start + 5)] for start in range(0, 20, 5)]
    for part, other in combinations(parts, 2):
        middle, away = sum(part) / 5, sum(other) / 5
        assert max(abs(place - middle) for place in part) < abs(middle - away)


@pytest.mark.parametrize("network", [nx.path_graph(1), nx.path_graph(2), nx.empty_graph(2), nx.Graph(["aa", "ab"])])
def test_the_smallest_networks_have_a_layout(network: nx.Graph) -> None:
    assert len(set(algorithms.layout(network).values())) == len(network)


def test_nothing_has_a_layout_without_places() -> None:
    assert algorithms.layout(nx.Graph()) == {}


def test_what_is_not_of_the_core_stands_between_its_neighbours_and_moves_nobody() -> None:
    ring = nx.Graph(["ab", "bc", "cd", "de", "ef", "fa"])
    alone = algorithms.layout(ring)
    ring.add_edges_from([("a", "between"), ("b", "between"), ("a", "between too"), ("b", "between too")])
    ring.add_node("nowhere")
    made = algorithms.layout(ring, "abcdef")
    assert {node: made[node] for node in "abcdef"} == alone
    middle = (complex(*made["a"]) + complex(*made["b"])) / 2
    assert [abs(complex(*made[n]) - middle) for n in ("between", "between too")] == pytest.approx([90, 90], abs=1)
    assert abs(complex(*made["nowhere"])) == pytest.approx(90, abs=1)
    assert len(set(made.values())) == len(ring)


# ---------------------------------------------------------------- What must be withstood


def loops() -> nx.MultiDiGraph:
    return nx.MultiDiGraph([("a", "a"), ("a", "b"), ("b", "a"), ("a", "b")])


NOTHING = {"cut_off": 0, "parts": 0, "only_link": 0}
ONE = {"stability": 1.0, "modularity": 0.0, "agreement": 1.0}


@pytest.mark.parametrize(
    ("network", "name", "expected"),
    [
        *((nx.Graph(), name, []) for name in ("degree", "betweenness", "pagerank", "communities", "removal")),
        (nx.Graph({"a": []}), "degree", [{"node": "a", "degree": 0.0, "ties": 0}]),
        (nx.Graph({"a": []}), "betweenness", [{"node": "a", "betweenness": 0.0}]),
        (nx.Graph({"a": []}), "pagerank", [{"node": "a", "pagerank": 1.0}]),
        (nx.Graph({"a": []}), "communities", []),
        (nx.Graph({"a": []}), "removal", [{"node": "a"} | NOTHING]),
        (nx.Graph(["aa"]), "degree", [{"node": "a", "degree": 0.0, "ties": 0}]),
        (nx.Graph(["aa"]), "pagerank", [{"node": "a", "pagerank": 1.0}]),
        (nx.Graph(["aa"]), "communities", []),
        (nx.Graph(["aa"]), "removal", [{"node": "a"} | NOTHING]),
        (nx.Graph({"a": [], "b": []}), "degree", [{"node": n, "degree": 0.0, "ties": 0} for n in "ab"]),
        (nx.Graph({"a": [], "b": []}), "pagerank", [{"node": n, "pagerank": 0.5} for n in "ab"]),
        (nx.Graph({"a": [], "b": []}), "betweenness", [{"node": n, "betweenness": 0.0} for n in "ab"]),
        (nx.Graph(["ab", "cd"]), "degree", [{"node": n, "degree": pytest.approx(1 / 3), "ties": 1} for n in "abcd"]),
        (nx.Graph(["ab", "cd"]), "pagerank", [{"node": n, "pagerank": 0.25} for n in "abcd"]),
        (nx.Graph(["ab", "cd"]), "removal", [{"node": n} | NOTHING for n in "abcd"]),
        (loops(), "degree", [{"node": n, "degree": 1.0, "ties": 1} for n in "ab"]),
        (loops(), "betweenness", [{"node": n, "betweenness": 0.0} for n in "ab"]),
        (loops(), "pagerank", [{"node": n, "pagerank": 0.5} for n in "ab"]),
        (loops(), "communities", [{"node": n, "community": 1} | ONE for n in "ab"]),
        (loops(), "removal", [{"node": n} | NOTHING for n in "ab"]),
        (two_mode([], "ab", ""), "similarity", []),
        (two_mode([], "ab", ""), "degree", [{"node": n, "degree": 0.0, "ties": 0} for n in "ab"]),
        (two_mode([], "ab", ""), "betweenness", [{"node": n, "betweenness": 0.0} for n in "ab"]),
        (two_mode(["ax"], "ab", "x"), "similarity", []),
        (
            two_mode(["ax"], "a", "x"),
            "degree",
            [{"node": "a", "degree": 1.0, "ties": 1}, {"node": "x", "degree": 1.0, "ties": 1}],
        ),
    ],
)
def test_networks_with_little_in_them_are_measured_all_the_same(
    network: nx.Graph, name: str, expected: list[Row]
) -> None:
    assert of(name, network) == expected


def test_nodes_may_be_of_any_kind_together() -> None:
    mixed = nx.Graph([(1, "a"), (("b", 2), 3.5)])
    assert len({row["community"] for row in of("communities", mixed)}) == 2
    for name in ("degree", "betweenness", "pagerank", "removal"):
        assert {row["node"] for row in of(name, mixed)} == set(mixed)


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf"), "3", None])
@pytest.mark.parametrize("name", ["pagerank", "communities"])
def test_a_weight_that_is_no_weight_is_refused(name: str, weight: object) -> None:
    network = nx.Graph()
    network.add_edge("a", "b", weight=weight)
    message = rf"a with b: the weight of a tie is a number from 0 upwards, not {weight}"
    with pytest.raises(UsageError, match=message):
        of(name, network)


def test_weights_that_add_up_to_infinity_are_refused() -> None:
    network = nx.Graph()
    network.add_weighted_edges_from([("a", "b", 1e308), ("b", "c", 1e308)])
    for name in ("pagerank", "communities"):
        with pytest.raises(UsageError, match="the weights of the ties are too large to be added up; divide them"):
            of(name, network)


def register(compute: Callable[[nx.Graph], list[Row]], *, two_mode: bool | None = None) -> None:
    """Make a function known as the measure ``own``."""
    registry.measure("own", title="Own", meaning="", source="", value="own", two_mode=two_mode)(compute)


def test_a_measure_that_does_not_converge_is_refused_in_words(own: None) -> None:
    def endless(network: nx.Graph) -> list[Row]:
        return [{"node": node, "own": value} for node, value in nx.pagerank(network, max_iter=0).items()]

    register(endless)
    message = (
        r"own gives no result for this network \(.*failed to converge within 0 iterations.*\); try another network"
    )
    with pytest.raises(UsageError, match=message) as caught:
        of("own", nx.karate_club_graph())
    assert isinstance(caught.value.__cause__, nx.PowerIterationFailedConvergence)


def test_a_measure_of_networkx_that_knows_nothing_of_an_empty_network_is_refused_in_words(own: None) -> None:
    register(lambda network: [{"node": n, "own": v} for n, v in nx.eigenvector_centrality(network).items()])
    with pytest.raises(UsageError, match=r"own gives no result for this network \(cannot compute centrality"):
        of("own", nx.Graph())


def test_a_measure_that_divides_by_nothing_is_refused_in_words(own: None) -> None:
    register(lambda network: [{"node": node, "own": 1 / network.degree(node)} for node in network])
    assert of("own", nx.Graph(["ab"])) == [{"node": "a", "own": 1.0}, {"node": "b", "own": 1.0}]
    with pytest.raises(UsageError, match=r"own gives no result for this network \(.*division by zero\); try another"):
        of("own", nx.Graph({"a": []}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_measure_that_gives_no_number_is_refused_with_the_node(own: None, value: float) -> None:
    register(lambda network: [{"node": node, "own": value if node == "b" else 1.0} for node in network])
    with pytest.raises(UsageError, match="own gives no number for b; try another network, or another stage"):
        of("own", nx.Graph(["ab"]))
    register(lambda network: [{"first": "a", "second": "b", "own": value}])
    with pytest.raises(UsageError, match="own gives no number for a and b; try another network, or another stage"):
        of("own", nx.Graph(["ab"]))


def test_a_measure_is_added_with_one_function(own: None) -> None:
    @registry.measure(
        "openness", title="Openness", meaning="How many.", source="Us", value="openness", ties="how many", groups=True
    )
    def openness(network: nx.Graph) -> list[Row]:
        return [{"node": node, "openness": network.degree(node)} for node in network]

    assert openness(nx.Graph(["ab"])) == of("openness", nx.Graph(["ab"]))
    assert registry.find("openness") == registry.Measure(
        "openness",
        "Openness",
        "How many.",
        "Us",
        "openness",
        openness,
        columns=(("ties", "how many"),),
        groups=True,
    )
    with pytest.raises(UsageError, match=r"there is no measure 'opennes'; did you mean openness\?"):
        registry.find("opennes")


def test_the_measures_are_those_that_came_with_eudigraph() -> None:
    assert list(registry.measures()) == ["degree", "betweenness", "pagerank", "similarity", "communities", "removal"]


def test_a_measure_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"there is no measure 'betweeness'; did you mean betweenness\?"):
        registry.find("betweeness")
    there_are = "there are: degree, betweenness, pagerank, similarity, communities, removal"
    with pytest.raises(UsageError, match=rf"there is no measure 'zzz'; {there_are}"):
        registry.find("zzz")
    with pytest.raises(UsageError, match=rf"there is no measure 'z{{79}}…'; {there_are}"):
        registry.find("z" * 5000)


def test_a_measure_for_another_kind_of_network_is_refused(own: None) -> None:
    with pytest.raises(UsageError, match="similarity is for networks with two kinds of nodes, such as country-topic"):
        of("similarity", nx.karate_club_graph())
    register(lambda network: [], two_mode=False)
    with pytest.raises(UsageError, match="own is for networks with one kind of nodes, such as country-country"):
        of("own", davis())
    assert of("own", nx.karate_club_graph()) == []


# ---------------------------------------------------------------- In words


def test_a_large_and_connected_network_needs_no_caution() -> None:
    assert measures.cautions(nx.complete_graph(measures.FEW)) == []
    assert measures.cautions(nx.karate_club_graph()) == []
    assert measures.cautions(davis()) == []


def test_an_empty_network_says_so_and_nothing_else() -> None:
    assert measures.cautions(nx.Graph()) == ["The network is empty: nothing fits the choice that was made."]


def small_(what: str) -> str:
    return f"Small ({what}): one more or one less claim may turn ranks round. Read it as a description."


def test_a_network_with_few_nodes_of_a_kind_is_a_description() -> None:
    assert measures.cautions(nx.complete_graph(measures.FEW - 1)) == [small_("9 × thing")]
    network = nx.complete_bipartite_graph(6, 37)
    for _, data in network.nodes(data=True):
        data["kind"] = "topic" if data["bipartite"] else "country"
    assert measures.cautions(network) == [small_("37 × topic, 6 × country")]


def test_those_without_a_tie_are_named_up_to_five() -> None:
    network = nx.complete_graph(10)
    network.add_node("c", label="Canada")
    network.add_edge("s", "s")  # tied to itself alone
    assert measures.cautions(network) == ["Without any tie: Canada, s.", "Ties of a node with itself are left out."]
    network.add_nodes_from("defg")
    assert measures.cautions(network)[0] == "Without any tie: Canada, d, e, f, g, …."


def test_parts_of_more_than_one_are_counted() -> None:
    network = nx.disjoint_union(nx.complete_graph(10), nx.path_graph(2))
    assert measures.cautions(network) == ["It falls into 2 parts; paths and communities stay within each."]


def test_a_loop_is_said_to_be_left_out() -> None:
    network = nx.complete_graph(10)
    network.add_edge(3, 3)
    assert measures.cautions(network) == ["Ties of a node with itself are left out."]


@pytest.mark.parametrize(
    ("network", "name", "expected"),
    [
        (nx.Graph(), "degree", "There is nothing to measure."),
        (nx.Graph(["ha", "hb", "hc"]), "degree", "h leads with 1.00."),
        (nx.Graph(TRIANGLES), "betweenness", "c and d lead with 0.60."),
        (nx.Graph(["ab", "bc", "ca"]), "degree", "All have the same: 1.00."),
        (nx.Graph(["ab", "bc", "ca"]), "removal", "Nothing comes apart when a single one is taken out."),
        (nx.Graph(["ab", "bc"]), "removal", "Without b, one other loses touch with the rest."),
        (nx.Graph(TRIANGLES), "removal", "Without c, 2 others lose touch with the rest."),
        (
            nx.Graph(TRIANGLES),
            "communities",
            "2 communities: a clear structure (modularity 0.36; searches agree to 1.00).",
        ),
        (
            nx.Graph(["ab", "bc", "ca"]),
            "communities",
            "One community: little structure beyond chance (modularity 0.00; searches agree to 1.00).",
        ),
    ],
)
def test_a_measure_comes_to_a_sentence(network: nx.Graph, name: str, expected: str) -> None:
    assert registry.headline(registry.find(name), of(name, network), str) == expected


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [registry.listed(list("abcdef")[:number]) for number in range(1, 7)] == [
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and d",
        "a, b, c, d and 1 more",
        "a, b, c, d and 2 more",
    ]
