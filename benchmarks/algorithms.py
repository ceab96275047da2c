"""Measure what could compute networks in igraph's place: time, sameness with NetworkX, size and licence.

    pip install igraph networkit graspologic-native
    python benchmarks/algorithms.py --out algorithms.md

What is not installed is left out. Figures are seconds of the processor, from a NetworkX graph to values by node, as
users have them: the median of the runs, with the smallest and the largest. All run in turn in one process, once before
it counts. The networks are invented, of 10,000 edges: nothing but chance; and with a few well-tied nodes and clusters.
A layout is also made of the graph that comes with eudigraph, which is built for that.

- **Betweenness and PageRank** are compared with NetworkX's values.
- **Communities**: the modularity of one search, from the same seed for all.
- **Layout**: in ``eudigraph.network.algorithms.layout``, with another library's in the place of rustworkx's. The length
  of an edge is told in parts of the mean distance of all pairs of nodes.
- **Networks at random** keep every node's number of ties: 1,000 of those of Davis's southern women.
- **Size** is that of the files that come with a library and what it needs, without what eudigraph needs anyway.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib import metadata
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import patch

import networkx as nx
import rustworkx as rx
from packaging.requirements import Requirement

from eudigraph.network import algorithms

FEW = 10_000
SEED = 1
PACKAGES = ("igraph", "networkx", "rustworkx", "networkit", "graspologic-native")
GIVES_UP = 60.0
"""Seconds after which a library's runs are not repeated."""

Places = dict[int, tuple[float, float]]
Work = Callable[[nx.Graph], Any]


# ---------------------------------------------------------------- What each library does


def _igraph(graph: nx.Graph) -> Any:
    import igraph

    igraph.set_random_number_generator(random.Random(SEED))  # noqa: S311  (nothing secret)
    return igraph.Graph(n=len(graph), edges=list(graph.edges))


def _networkit(graph: nx.Graph) -> Any:
    import networkit

    networkit.setNumberOfThreads(1)  # several find other communities each time, and keep the cores from the others
    networkit.setSeed(SEED, False)
    return networkit.nxadapter.nx2nk(graph)


def igraph_betweenness(graph: nx.Graph) -> list[float]:
    """Return igraph's, as a share of all pairs."""
    pairs = (len(graph) - 1) * (len(graph) - 2) / 2
    return [value / pairs for value in _igraph(graph).betweenness()]


def networkit_betweenness(graph: nx.Graph) -> list[float]:
    """Return NetworKit's."""
    import networkit

    return list(networkit.centrality.Betweenness(_networkit(graph), normalized=True).run().scores())


def igraph_pagerank(graph: nx.Graph) -> list[float]:
    """Return igraph's."""
    return list(_igraph(graph).pagerank(directed=False))


def networkit_pagerank(graph: nx.Graph) -> list[float]:
    """Return NetworKit's, as exact as it gets."""
    import networkit

    return list(networkit.centrality.PageRank(_networkit(graph), 0.85, 1e-14).run().scores())


def networkx_pagerank(graph: nx.Graph) -> list[float]:
    """Return NetworkX's, which needs SciPy, as exact as ours."""
    return list(nx.pagerank(graph, tol=1e-13, max_iter=1000).values())


def igraph_leiden(graph: nx.Graph) -> list[list[int]]:
    """Return igraph's communities."""
    found = _igraph(graph).community_leiden(objective_function="modularity", n_iterations=algorithms.ROUNDS)
    return [list(group) for group in found]


def networkit_leiden(graph: nx.Graph) -> list[list[int]]:
    """Return NetworKit's communities."""
    import networkit

    search = networkit.community.ParallelLeiden(_networkit(graph), iterations=algorithms.ROUNDS)
    search.run()
    found = search.getPartition()
    return [list(found.getMembers(group)) for group in found.getSubsetIds()]


def graspologic_leiden(graph: nx.Graph) -> list[list[int]]:
    """Return the communities of graspologic-native, which knows nodes by names."""
    import graspologic_native

    edges = [(str(one), str(other), 1.0) for one, other in graph.edges]
    _, groups = graspologic_native.leiden(edges, iterations=algorithms.ROUNDS, seed=SEED)
    found: dict[int, list[int]] = {}
    for node, group in groups.items():
        found.setdefault(group, []).append(int(node))
    return list(found.values())


def networkx_louvain(graph: nx.Graph) -> list[list[int]]:
    """Return NetworkX's communities, by the Louvain method: it has no Leiden algorithm of its own."""
    return [list(group) for group in nx.community.louvain_communities(graph, seed=SEED)]


def igraph_places(graph: nx.Graph, start: Places) -> Places:
    """Return igraph's layout, as it was made before rustworkx's."""
    made, few = _igraph(graph), len(graph) <= 1001
    spots = [start[node] for node in graph]
    if few:
        return dict(enumerate(made.layout_kamada_kawai(seed=spots, maxiter=50 * len(graph))))
    return dict(enumerate(made.layout_fruchterman_reingold(niter=60, seed=spots, grid=True)))


def networkx_places(graph: nx.Graph, start: Places) -> Places:
    """Return NetworkX's layout."""
    return {node: (float(x), float(y)) for node, (x, y) in nx.spring_layout(graph, pos=start, seed=SEED).items()}


def networkit_places(graph: nx.Graph, _: Places) -> Places:
    """Return NetworKit's layout by distances from a few nodes; the other it has takes a hundred times as long."""
    import networkit

    made = _networkit(graph)  # which the layout does not keep alive
    layout = networkit.viz.PivotMDS(made, 2, 50)
    layout.run()
    return dict(enumerate((x, y) for x, y in layout.getCoordinates()))


def placed(library: Callable[[nx.Graph, Places], Places]) -> Work:
    """Return our layout with another library's in the place of rustworkx's."""

    def other(graph: Any, *, pos: Places, **_: object) -> Places:
        made = nx.Graph()
        made.add_nodes_from(graph.node_indices())
        made.add_edges_from(graph.edge_list())
        return library(made, pos)

    def layout(graph: nx.Graph) -> Any:
        with patch.object(rx, "spring_layout", other):
            return algorithms.layout(graph)

    return layout


def _davis() -> list[tuple[str, str]]:
    women = nx.davis_southern_women_graph()
    return [(one, other) for one, side in women.nodes(data="bipartite") if side == 0 for other in women[one]]


def igraph_random(_: nx.Graph) -> Iterator[Any]:
    """Yield igraph's networks at random, ten swaps for each edge apart, as they were drawn before."""
    import igraph

    pairs = _davis()
    names = list(dict.fromkeys([*(pair[0] for pair in pairs), *(pair[1] for pair in pairs)]))
    index = {name: i for i, name in enumerate(names)}
    graph = igraph.Graph(n=len(names), edges=[(index[s], index[t]) for s, t in pairs], directed=True)
    for _ in range(1000):
        graph.rewire(n=10 * len(pairs))
        yield [(names[s], names[t]) for s, t in graph.get_edgelist()]


def at_random(draw: Callable[[nx.Graph], Iterator[Any]]) -> Work:
    """Return the drawing of all of them."""
    return lambda graph: sum(1 for _ in draw(graph))


TASKS: dict[str, dict[str, tuple[str, Work]]] = {
    "betweenness": {
        "rustworkx (ours)": ("rustworkx", lambda graph: list(algorithms.betweenness(graph).values())),
        "igraph": ("igraph", igraph_betweenness),
        "NetworKit": ("networkit", networkit_betweenness),
        "NetworkX": ("networkx", lambda graph: list(nx.betweenness_centrality(graph).values())),
    },
    "PageRank": {
        "rustworkx (ours)": ("rustworkx", lambda graph: list(algorithms.pagerank(graph).values())),
        "igraph": ("igraph", igraph_pagerank),
        "NetworKit": ("networkit", networkit_pagerank),
        "NetworkX": ("networkx", networkx_pagerank),
    },
    "communities": {
        "plain Python (ours)": ("rustworkx", lambda graph: algorithms.communities(graph, SEED)),
        "igraph": ("igraph", igraph_leiden),
        "NetworKit": ("networkit", networkit_leiden),
        "graspologic-native": ("graspologic-native", graspologic_leiden),
        "NetworkX (Louvain)": ("networkx", networkx_louvain),
    },
    "layout": {
        "rustworkx (ours)": ("rustworkx", algorithms.layout),
        "igraph": ("igraph", placed(igraph_places)),
        "NetworKit (PivotMDS)": ("networkit", placed(networkit_places)),
        "NetworkX": ("networkx", placed(networkx_places)),
    },
}
DRAWN: dict[str, tuple[str, Work]] = {
    "plain Python (ours)": ("networkx", at_random(lambda _: algorithms.rewired(_davis(), 1000))),
    "igraph": ("igraph", at_random(igraph_random)),
}


# ---------------------------------------------------------------- How good it is


def apart(values: Sequence[float], given: Sequence[float]) -> str:
    """Return by how much values differ at most."""
    most = max(abs(a - b) for a, b in zip(values, given, strict=True))
    return f"{'✗ ' if most > 1e-9 else ''}at most {most:.0e} from NetworkX's"


def length(graph: nx.Graph, places: Places) -> float:
    """Return how long an edge is, in parts of the mean distance of all pairs."""
    edges = [math.dist(places[one], places[other]) for one, other in graph.edges if one != other]
    pairs = [math.dist(one, other) for one, other in combinations(places.values(), 2)]
    return statistics.fmean(edges) / statistics.fmean(pairs)


def crossings(graph: nx.Graph, places: Places) -> int:
    """Return how many pairs of edges cross, but for those that share an end."""

    def side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    number = 0
    for (a, b), (c, d) in combinations({tuple(sorted(edge)) for edge in graph.edges}, 2):
        if len({a, b, c, d}) == 4:
            p, q, r, s = (places[node] for node in (a, b, c, d))
            number += side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0
    return number


def nearest(places: Places) -> float:
    """Return the distance of the nearest two nodes, in the units of the drawing."""
    return min(math.dist(one, other) for one, other in combinations(places.values(), 2))


def good(task: str, graph: nx.Graph, result: Any, reference: Any) -> str:
    """Return in words how good a result is."""
    if task in ("betweenness", "PageRank"):
        return apart(result, reference)
    if task == "communities":
        return f"modularity {nx.community.modularity(graph, result):.4f}, {len(result)} groups"
    return f"an edge is {length(graph, result):.2f} of a pair's distance"


# ---------------------------------------------------------------- Measuring


def _seconds(values: Sequence[float]) -> str:
    middle = statistics.median(values)
    how = "{:.4f}" if middle < 0.1 else "{:.2f}"
    return how.format(middle) + (f" ({how.format(min(values))}–{how.format(max(values))})" if len(values) > 1 else "")


def timed(works: dict[str, Work], graph: nx.Graph, runs: int) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Run all in turn; return the seconds and what each gave the first time, which does not count where it is quick."""
    took: dict[str, list[float]] = {name: [] for name in works}
    made: dict[str, Any] = {}
    for turn in range(runs + 1):
        for name, work in works.items():
            if took[name] and max(took[name]) > GIVES_UP:
                continue
            gc.collect()
            began = time.process_time()
            result = work(graph)
            seconds = time.process_time() - began
            if turn == 0:
                made[name] = result
            if turn or seconds > GIVES_UP:
                took[name].append(seconds)
    return took, made


def there(works: dict[str, tuple[str, Work]]) -> dict[str, Work]:
    """Return those whose package is installed."""
    found = {}
    for name, (package, work) in works.items():
        try:
            metadata.distribution(package)
        except metadata.PackageNotFoundError:
            continue
        found[name] = work
    return found


def closure(package: str) -> set[str]:
    """Return a package and all it needs, as they are installed here."""
    found: set[str] = set()
    wanted = [package]
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        parsed = map(Requirement, requires)
        wanted += [r.name for r in parsed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def size(package: str) -> int:
    """Return the bytes of a package's files."""
    files = metadata.files(package) or []
    return sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file())


def libraries() -> list[str]:
    """Return a row for each library: its version, licence, what comes with it, and the size of all that."""
    lines = ["| library | version | licence | also brings | size, MB |", "|---|---|---|---|---:|"]
    ours = closure("eudigraph") - closure("rustworkx") - {"igraph", "texttable"}
    for package in PACKAGES:
        try:
            told = metadata.metadata(package)
        except metadata.PackageNotFoundError:
            lines.append(f"| {package} | not installed | | | |")
            continue
        kinds = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
        licence = told.json.get("license_expression") or ", ".join(kinds) or told.json.get("license") or "?"
        more = closure(package) - {package} - ours
        brings = {package, *more} - ours
        megabytes = sum(map(size, brings)) / 1e6 if package not in ours else 0
        lines.append(
            f"| {package} | {told['Version']} | {licence} | {', '.join(sorted(more)) or '–'} | "
            f"{f'{megabytes:.0f}' if megabytes else 'there anyway'} |"
        )
    return lines


def article(folder: Path) -> nx.Graph:
    """Return what is drawn of the graph that comes with eudigraph."""
    from eudigraph.build import build
    from eudigraph.engine import store
    from eudigraph.model import ontology
    from eudigraph.model.workspace import open_workspace
    from eudigraph.network import everything
    from eudigraph.show.looks import things

    build.build(open_workspace(), folder, use_hermit=False, exports=False)
    built = store.open_built(folder)
    return things(everything.whole(built.store, ontology.from_store(built.store)))


def measure(runs: int, edges: int, tasks: Sequence[str]) -> list[str]:
    """Return the rows of the table of times."""
    nodes = max(10, round(edges * 0.15))
    networks = {
        "random": nx.gnm_random_graph(nodes, edges, seed=SEED),
        "clustered": nx.powerlaw_cluster_graph(nodes, 7, 0.5, seed=SEED),
    }
    lines = ["| task | network | library | seconds | result |", "|---|---|---|---:|---|"]
    for task in tasks:
        for kind, graph in networks.items():
            print(f"{task}, {kind}", file=sys.stderr, flush=True)
            took, made = timed(there(TASKS[task]), graph, runs)
            reference = made.get("NetworkX")
            what = f"{kind}, {graph.number_of_edges():,} edges"
            for name, seconds in took.items():
                result = good(task, graph, made[name], reference)
                lines.append(f"| {task} | {what} | {name} | {_seconds(seconds)} | {result} |")
    took, made = timed(there(DRAWN), nx.Graph(), runs)
    for name, seconds in took.items():
        cells = ["networks at random", "Davis, 89 edges", name, _seconds(seconds), f"{made[name]:,} networks"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def picture(runs: int) -> list[str]:
    """Return the rows of the table of layouts of the article's graph."""
    with tempfile.TemporaryDirectory() as folder:
        graph = article(Path(folder))
    asserted = nx.Graph([(s, o) for s, o, inferred in graph.edges(data="inferred") if s != o and not inferred])
    took, made = timed(there(TASKS["layout"]), graph, runs)
    lines = ["| library | seconds | edges that cross | an edge, of a pair's distance | nearest two nodes |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name, seconds in took.items():
        places = made[name]
        cells = [name, _seconds(seconds), f"{crossings(asserted, places):,}", f"{length(asserted, places):.2f}"]
        lines.append(f"| {' | '.join([*cells, f'{nearest(places):.0f}'])} |")
    return [*lines, "", f"{len(graph)} nodes, {asserted.number_of_edges()} edges between them that passages assert."]


def main() -> None:
    """Read the arguments, measure, print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--edges", type=int, default=FEW)
    parser.add_argument("--tasks", default=",".join(TASKS), help="some of %(default)s")
    parser.add_argument("--out", type=Path, help="write the tables here, too")
    given = parser.parse_args()
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    lines = [*libraries(), "", *measure(given.runs, given.edges, given.tasks.split(",")), "", *picture(given.runs), ""]
    lines.append(
        f"{given.runs} runs each, {datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores ({platform.machine()}), {load} "
        f"at the start, Python {platform.python_version()}."
    )
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if given.out:
        given.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
