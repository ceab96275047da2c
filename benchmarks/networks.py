"""Measure how networks are made and what is computed of them, beside the bare minimum, rdflib, kglab and NetworkX.

    python benchmarks/networks.py --kglab /path/to/kglab/bin/python --out networks.md

It makes and builds an invented workspace whose whole graph has some 100,000 relations (or takes a build that there is,
with ``--store``), and prints a table of medians with the smallest and largest value of all runs. Both sides of a
comparison run in turn in one process, once before it counts (kglab has a process of its own). The figures are seconds
of the processor, which others at work on the machine change less than the time that passes. Targets stand beside the
ratios; ✗ marks what misses one.

**Making a network**, against the bare minimum for the same edges from the same store: one SELECT and
``add_edges_from``. For the whole graph it asks for ``?s ?p ?o ?g`` in all named graphs but that of provenance, with the
relations that count listed, and keeps IRIs and relations. For a two-mode network it runs the network's own query and
keeps ``?source`` and ``?target``; for one of one kind it ties, in Python, those with a neighbour in common. It has
neither names, kinds and classes of things, nor dates and status, nor an order; of a tie it knows neither through what,
nor how often, nor which passages say so, whether they state it outright, and since when. It also keeps what is only
wanted, which ours leaves out by default; ours is asked for all claims here, so that the edges are the same, and that is
checked.

A network without weights is of little use, and one without evidence is not this project's. So the same SELECT is also
taken as one would write it who wants them: it keeps all four columns and puts ``weight``, ``via`` (or ``shared``) and
``passages`` on the edges. What is on its nodes, and the stage, certainty and date of edges, are still ours alone.

**The whole graph from its relations alone**, held in memory in one named graph for ours, in an ``rdflib.Graph`` for the
others. Only the conversion is compared. kglab's ``SubgraphMatrix`` looks every node up in a list, so it is also given
the first 10,000 relations only; its time grows with the square of that. Its ``SubgraphTensor`` makes no NetworkX graph.

**Betweenness and communities**, from a NetworkX graph to values by node, of invented networks of 10,000 edges (nothing
but chance; with a few well-tied nodes and clusters) and of the build's countries and topics. What else could compute
them is measured by ``algorithms.py``.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import networkx as nx
from generate import generate
from pyoxigraph import DefaultGraph, NamedNode, Quad, QuerySolutions, RdfFormat, Store, Triple, serialize

if TYPE_CHECKING:
    from eudigraph.model.triples import Triplestore

T = TypeVar("T")

FEW = 10_000
"""Relations that kglab is given besides all of them."""
LIMIT = 60
"""Seconds after which kglab is given up."""
SEED = 1
TWO_MODE = ("country-topic", "organisation-engagement")
ONE_MODE = ("topic-topic", "organisation-organisation")

KGLAB = """
import json, sys, time
import kglab, networkx
path, runs = sys.argv[1], int(sys.argv[2])
began = time.process_time()
graph = kglab.KnowledgeGraph().load_rdf(path, format="nt")
loaded, took = time.process_time() - began, []
for run in range(runs):
    began = time.process_time()
    matrix = kglab.SubgraphMatrix(graph, "SELECT ?subject ?object { ?subject ?relation ?object }")
    made = matrix.build_nx_graph(networkx.DiGraph())
    took.append(time.process_time() - began)
print(json.dumps({
    "loaded": loaded, "took": took, "nodes": len(made), "edges": made.number_of_edges(),
    "numbers": all(isinstance(node, int) for node in made),
    "names": sorted({key for _, data in made.nodes(data=True) for key in data}),
    "relations": sum(1 for _, _, data in made.edges(data=True) if data),
}))
"""


@dataclass
class Row:
    """One comparison: ours, the other's, each one value for each run, and what is wanted of their ratio."""

    what: str
    edges: int
    other: str
    ours: list[float]
    theirs: list[float]
    most: float = math.inf
    """Times the other's that ours may take."""
    least: float = 0.0
    """Times ours that the other's must take."""
    given_up: bool = False
    notes: list[str] = field(default_factory=list)


def apart(work: Callable[..., T], *given: object) -> T:
    """Do something in a process of its own, so that nothing is remembered from the time before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def timed(ours: Callable[[], object], theirs: Callable[[], object], runs: int) -> tuple[list[float], list[float]]:
    """Run both in turn; return the seconds of each. What they give is let go: it would slow down the other's run.

    Both have run before, when it was checked that they give the same.
    """
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for work, seconds in zip((ours, theirs), took, strict=True):
            gc.collect()
            began = time.process_time()
            made = work()
            seconds.append(time.process_time() - began)
            del made
    return took


def build_graph(workspace: Path, folder: Path) -> None:
    """Build a workspace."""
    from eudigraph.build import build
    from eudigraph.model.workspace import open_workspace

    report = build.build(open_workspace(workspace), folder, use_hermit=False, exports=False)
    if report.errors:
        raise SystemExit(f"{workspace}: {report.errors[0]}")


def _select(store: Triplestore, text: str) -> tuple[list[str], QuerySolutions]:
    from eudigraph.model.names import PREFIXES

    found = store.query(text, prefixes=PREFIXES, default_graph=DefaultGraph())
    if not isinstance(found, QuerySolutions):
        raise SystemExit("the query gives no rows")
    return [v.value for v in found.variables], found


def measure_whole(folder: Path, out: Path, runs: int) -> Row:
    """Make the whole graph both ways; write its relations, in a random order, as N-Triples."""
    from eudigraph.engine import store
    from eudigraph.model import ontology
    from eudigraph.model.names import GRAPH_PROVENANCE, SKOS
    from eudigraph.network import everything

    built = store.open_built(folder)
    terms = ontology.from_store(built.store)
    broader = [SKOS + name for name in ("broader", "narrower", "broaderTransitive", "related")]
    listed = {t.iri for t in terms.properties if t.kind == "ObjectProperty" and (t.ours or t.iri in broader)}
    text = f"""SELECT ?s ?p ?o ?g {{ VALUES ?p {{ {" ".join(f"<{iri}>" for iri in sorted(listed))} }}
        GRAPH ?g {{ ?s ?p ?o }} FILTER(?g != {GRAPH_PROVENANCE} && isIRI(?s) && isIRI(?o)) }}"""

    def bare() -> nx.MultiDiGraph:
        made = nx.MultiDiGraph()
        made.add_edges_from((s.value, o.value, p.value) for s, p, o, _ in _select(built.store, text)[1])
        return made

    def full() -> nx.MultiDiGraph:
        return everything.whole(built.store, terms)

    whole = full()
    edges = sorted(whole.edges(keys=True))
    named = sum(1 for _, label in whole.nodes(data="label") if label)
    kinds = len({relation for *_, relation in edges})
    notes = [f"The whole graph: {len(whole):,} nodes, {named:,} with a name; {kinds} kinds of relations."]
    if set(edges) != set(bare().edges(keys=True)):
        notes.append("✗ The whole graph: the bare version has other edges.")
    random.Random(SEED).shuffle(edges)  # noqa: S311  (nothing secret)
    with out.open("wb") as file:
        lines = (Triple(NamedNode(s), NamedNode(p), NamedNode(o)) for s, o, p in edges)
        serialize(lines, file, RdfFormat.N_TRIPLES)
    number = len(edges)
    del whole, edges
    ours, theirs = timed(full, bare, runs)
    return Row("the whole graph", number, "bare SELECT", ours, theirs, most=1.5, notes=notes)


def bare_network(rows: Iterable[tuple[str, ...]], one_kind: bool) -> nx.Graph:
    """Return a network of pairs, or of the first of each pair, tied by what they have in common."""
    made = nx.Graph()
    if not one_kind:
        made.add_edges_from(rows)
        return made
    near: dict[str, set[str]] = defaultdict(set)
    for one, other in rows:
        near[other].add(one)
    for those in near.values():
        made.add_edges_from(combinations(those, 2))
    return made


def evidenced_network(rows: Iterable[tuple[str, ...]], one_kind: bool, own: set[str]) -> nx.Graph:
    """Return the same of pairs with via and graph, as one would write it: with weights, via or shared, and passages."""
    ways: dict[tuple[str, str], set[str]] = defaultdict(set)
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, other, via, graph in rows:
        ways[one, other].add(via)
        if graph not in own:
            said[one, other].add(graph)
    if one_kind:
        near: dict[str, list[str]] = defaultdict(list)
        for one, other in ways:
            near[other].append(one)
        apart, ways, said = said, defaultdict(set), defaultdict(set)
        for other, those in near.items():
            for pair in combinations(sorted(those), 2):
                ways[pair].add(other)
                said[pair].update(apart[pair[0], other], apart[pair[1], other])
    made, what = nx.Graph(), "shared" if one_kind else "via"
    made.add_edges_from(
        (*pair, {"weight": len(found), what: sorted(found), "passages": sorted(said[pair])})
        for pair, found in ways.items()
    )
    return made


def measure_projection(folder: Path, name: str, runs: int) -> list[Row]:
    """Make a network of two kinds, or of one, in three ways."""
    from eudigraph.engine import store
    from eudigraph.model.names import OWN_GRAPHS
    from eudigraph.model.workspace import open_workspace
    from eudigraph.network import definitions, projections

    built, workspace = store.open_built(folder), open_workspace()
    own = {graph.value for graph in OWN_GRAPHS}
    left, right = name.split("-")
    path = next(
        path
        for path in sorted((workspace.queries_folder / "networks").glob("*.rq"))
        if left in path.stem.split("-") and (left == right or right in path.stem.split("-"))
    )
    text, turned = path.read_text("utf-8"), not path.stem.startswith(f"{left}-")
    ends = ("target", "source") if turned else ("source", "target")

    def rows(*columns: str) -> Iterator[tuple[str, ...]]:
        variables, found = _select(built.store, text)
        places = [variables.index(column) for column in columns]
        for row in found:
            yield tuple([row[place].value for place in places])

    def full() -> nx.Graph:
        return projections.project(built, workspace, name, definitions.Choice(stage="dropped"))

    def bare() -> nx.Graph:
        return bare_network(rows(*ends), left == right)

    def evidenced() -> nx.Graph:
        return evidenced_network(rows(*ends, "via", "graph"), left == right, own)

    ours, theirs, more = full(), bare(), evidenced()
    edges, bare_edges = ours.number_of_edges(), theirs.number_of_edges()
    same = {frozenset(edge) for edge in ours.edges} == {frozenset(edge) for edge in theirs.edges}
    # Where the build derives how ties stand, those of what was dropped are none.
    notes = [] if same else [f"{name}: the bare version has {bare_edges:,} edges, with what was dropped."]
    kept = ("weight", "shared" if left == right else "via", "passages")
    both = [(edge, data) for *edge, data in more.edges(data=True) if ours.has_edge(*edge)]
    other = sum(any(ours.edges[edge][key] != data[key] for key in kept) for edge, data in both)
    if other:
        notes.append(f"✗ {name}: of the SELECT with evidence, {other:,} edges are not the same.")
    what = f"{name} ({sum(1 for _ in rows('source')):,} rows)"
    del ours, theirs, more
    found = []
    for beside, work in (("bare SELECT", bare), ("SELECT with evidence", evidenced)):
        seconds = timed(full, work, runs)
        found.append(Row(what, edges, beside, seconds[0], seconds[1], most=1.5))
    found[0].notes = notes
    return found


def relations(path: Path, number: int | None) -> list[str]:
    """Return the first lines of a file, or all."""
    return path.read_text("utf-8").splitlines(keepends=True)[:number]


def measure_rdflib(folder: Path, path: Path, number: int | None, runs: int) -> tuple[Row, list[float]]:
    """Make a network of relations with rdflib's own converter and with ours; return ours too, for kglab's row."""
    import rdflib
    from rdflib.extras.external_graph_libs import rdflib_to_networkx_multidigraph

    from eudigraph.engine import store
    from eudigraph.model import ontology
    from eudigraph.network import everything

    terms = ontology.from_store(store.open_built(folder).store)
    text = "".join(relations(path, number))
    began = time.process_time()
    graph = rdflib.Graph().parse(data=text, format="nt")
    loaded = time.process_time() - began
    ours = Store()
    began = time.process_time()
    ours.bulk_load(text.encode(), RdfFormat.N_TRIPLES, to_graph=NamedNode("urn:relations"))
    ours.extend([Quad(*q.triple) for q in ours.quads_for_pattern(None, None, None, NamedNode("urn:relations"))])
    took_us = time.process_time() - began
    edges = everything.whole(ours, terms).number_of_edges()
    left = rdflib_to_networkx_multidigraph(graph).number_of_edges()
    took = timed(lambda: everything.whole(ours, terms), lambda: rdflib_to_networkx_multidigraph(graph), runs)
    row = Row("its relations alone", edges, "rdflib's converter", took[0], took[1])
    row.notes.append(
        f"Loading {edges:,} relations: {loaded:.1f} s into rdflib, {took_us:.1f} s into pyoxigraph. rdflib's "
        f"converter has {left:,} edges, keyed by their relation, in no fixed order and without attributes."
    )
    return row, took[0]


def measure_kglab(python: str, path: Path, number: int | None, ours: list[float], runs: int) -> Row:
    """Make a network of relations with kglab, in a process of its own."""
    lines = relations(path, number)
    part = path.with_name(f"kglab-{len(lines)}.nt")
    part.write_text("".join(lines), "utf-8")
    row = Row("its relations alone", len(lines), "kglab", ours, [], least=10)
    try:
        command = [python, "-c", KGLAB, str(part), str(runs)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT * runs)  # noqa: S603
    except subprocess.TimeoutExpired:
        row.given_up = True
        row.theirs = [float(LIMIT)]
        return row
    except (OSError, subprocess.CalledProcessError) as error:
        output = getattr(error, "stderr", None) or str(error)
        row.notes.append(f"kglab failed: {output.strip().splitlines()[-1]}")
        return row
    found = json.loads(done.stdout.strip().splitlines()[-1])
    row.theirs = found["took"]
    names = len({line.split(" ", 2)[1] for line in lines})
    row.notes.append(
        f"kglab, {len(lines):,} relations: loaded in {found['loaded']:.1f} s. Of {len(lines):,} relations of {names} "
        f"kinds, {found['edges']:,} edges are left, {found['relations']:,} of them with their kind; parallel ones are "
        f"one. {found['nodes']:,} nodes are {'numbers' if found['numbers'] else 'terms'}, with the attributes "
        f"{', '.join(found['names'])} (the IRI, written short): no names, kinds or dates, though they are in the data."
    )
    return row


def measure_algorithms(name: str, folder: Path, runs: int) -> list[Row]:
    """Compute betweenness and communities both ways."""
    from eudigraph.engine import store
    from eudigraph.model.workspace import open_workspace
    from eudigraph.network import algorithms, projections

    if name == "countries and topics":
        graph = projections.project(store.open_built(folder), open_workspace(), "country-topic")
    elif name == "clustered":
        graph = nx.powerlaw_cluster_graph(1500, 7, 0.5, seed=SEED)
    else:
        graph = nx.gnm_random_graph(1500, FEW, seed=SEED)
    edges = graph.number_of_edges()
    ours, theirs = algorithms.betweenness(graph), nx.betweenness_centrality(graph)
    apart_by = max(abs(ours[node] - theirs[node]) for node in graph)
    took = timed(lambda: algorithms.betweenness(graph), lambda: nx.betweenness_centrality(graph), min(runs, 2))
    between = Row(f"betweenness, {name}", edges, "NetworkX", took[0], took[1], least=10)
    between.notes.append(f"Betweenness, {name}: values differ by {apart_by:.1g} at most.")
    if apart_by > 1e-9:
        between.notes[-1] = f"✗ {between.notes[-1]}"

    def louvain() -> list[set[str]]:
        found: list[set[str]] = nx.community.louvain_communities(graph, seed=SEED)
        return found

    groups_ours, groups_theirs = algorithms.communities(graph), louvain()
    good = [nx.community.modularity(graph, found) for found in (groups_ours, groups_theirs)]
    took = timed(lambda: algorithms.communities(graph), louvain, runs)
    groups = Row(f"communities, {name}", edges, "NetworkX (Louvain)", took[0], took[1], least=10)
    note = f"Communities, {name}: modularity {good[0]:.4f} ({len(groups_ours)} groups), "
    note += f"NetworkX {good[1]:.4f} ({len(groups_theirs)})."
    groups.notes.append(f"✗ {note}" if good[0] < good[1] - 0.01 else note)
    try:
        nx.community.leiden_communities(nx.path_graph(3))
    except (AttributeError, NotImplementedError):
        if name == "random":
            groups.notes.append(f"NetworkX {nx.__version__} has no Leiden algorithm of its own.")
    return [between, groups]


def table(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "| processor seconds: median (smallest–largest) | edges | ours | beside | its seconds | ratio | target |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    for row in rows:
        cells = [row.what, f"{row.edges:,}", _cell(row.ours), row.other, _cell(row.theirs, row.given_up)]
        lines.append(f"| {' | '.join([*cells, *_ratio(row)])} |")
    return "\n".join([*lines, "", *[f"- {note}" for note in notes], ""])


def _cell(values: Sequence[float], given_up: bool = False) -> str:
    if given_up:
        return f"> {LIMIT}, given up"
    if not values:
        return "–"
    middle, least, most = statistics.median(values), min(values), max(values)
    how = "{:.3f}" if middle < 1 else "{:.2f}"
    return f"{how.format(middle)} ({how.format(least)}–{how.format(most)})" if len(values) > 1 else how.format(middle)


def _ratio(row: Row) -> tuple[str, str]:
    """Return the ratio of the medians, and what is wanted of it."""
    if not row.theirs:
        return "–", ""
    ours, theirs = statistics.median(row.ours), statistics.median(row.theirs)
    if math.isfinite(row.most):
        ratio = ours / theirs
        return f"{'✗ ' if ratio > row.most else ''}{ratio:.2f} times as long", f"≤ {row.most:g}"
    ratio = theirs / ours
    sign = "✗ " if ratio < row.least and not row.given_up else ""
    return (
        f"{sign}{'> ' if row.given_up else ''}{ratio:.1f} times faster",
        f"≥ {row.least:g}" if row.least else "",
    )


def run(folder: Path, given: argparse.Namespace) -> str:
    """Measure everything; the folder is for what comes up on the way. Return the table."""

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    built, began = given.store, time.perf_counter()
    if built is None:
        say(f"generating and building {given.entities:,} things and {given.claims:,} claims")
        built = folder / "build"
        generate(folder / "workspace", entities=given.entities, claims=given.claims, seed=given.seed)
        apart(build_graph, folder / "workspace", built)
        say(f"built in {time.perf_counter() - began:.0f} s")
    path = folder / "relations.nt"
    say("the whole graph")
    rows = [apart(measure_whole, built, path, given.runs)]
    for name in (*TWO_MODE, *ONE_MODE):
        say(name)
        rows += apart(measure_projection, built, name, given.runs)
    notes = []
    for number in (FEW, None):
        say(f"{f'{number:,}' if number else 'all'} relations: rdflib, kglab")
        row, ours = apart(measure_rdflib, built, path, number, given.runs)
        rows.append(row)
        if given.kglab:
            rows.append(measure_kglab(given.kglab, path, number, ours, 1))
    if not given.kglab:
        notes.append("kglab was left out: --kglab, the Python that has it, was not given.")
    for name in ("random", "clustered", "countries and topics"):
        say(f"algorithms, {name}")
        rows += apart(measure_algorithms, name, built, given.runs)
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    versions = f"Python {platform.python_version()}, NetworkX {nx.__version__}"
    notes += [note for row in rows for note in row.notes]
    notes.append(
        f"{given.runs} runs each (betweenness 2, kglab 1), {datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores "
        f"({platform.machine()}), {load}, {versions}. ✗: misses the target."
    )
    return table(rows, notes)


def main() -> None:
    """Read the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--entities", type=int, default=13_200)
    parser.add_argument("--claims", type=int, default=66_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", type=Path, metavar="DIR", help="a build that there is, in place of a new one")
    parser.add_argument("--kglab", metavar="PYTHON", help="a Python that has kglab; by default it is left out")
    parser.add_argument("--out", type=Path, help="write the table here, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = run(Path(folder), given)
    print(text, end="")
    if given.out:
        given.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
