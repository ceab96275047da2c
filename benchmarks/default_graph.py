"""What the copied default graph costs, and what it gives, beside the engine's own union of all named graphs.

    python benchmarks/default_graph.py BUILD

BUILD is the folder of a build. Its statements go into two stores on disk, with and without the default graph; each
question of the library that needs no parameter is asked of both. Processor seconds, median of seven runs in turn.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, Quad, Store

from eudigraph.ask import library
from eudigraph.engine import store
from eudigraph.model import workspace
from eudigraph.model.names import PREFIXES

ROOT = Path(__file__).resolve().parent.parent
RUNS = 7


def filled(folder: Path, quads: Iterable[Quad]) -> tuple[Store, float]:
    """Return a store on disk with statements, and the processor seconds that this took."""
    began = time.process_time()
    made = Store(str(folder))
    made.bulk_extend(quads)
    made.optimize()
    made.flush()
    return made, time.process_time() - began


def asked(graph: Store, text: str, *, union: bool) -> tuple[list[str], float]:
    """Return the rows of a query, sorted, and the processor seconds until all were read."""
    began = time.process_time()
    found: Any = graph.query(text, prefixes=PREFIXES, use_default_graph_as_union=union)
    rows = list(found)
    took = time.process_time() - began
    return sorted(map(str, rows)), took


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    built = store.open_built(parser.parse_args().build)
    with tempfile.TemporaryDirectory() as scratch:
        copied, copying = filled(Path(scratch) / "copied", built.store)
        named, naming = filled(
            Path(scratch) / "named", (quad for quad in built.store if quad.graph_name != DefaultGraph())
        )
        sizes = [sum(p.stat().st_size for p in (Path(scratch) / name).iterdir()) for name in ("copied", "named")]
        print(f"copied: {len(copied):,} quads, {copying:.2f} s, {sizes[0] / 1e6:.1f} MB")
        print(f"union:  {len(named):,} quads, {naming:.2f} s, {sizes[1] / 1e6:.1f} MB\n")
        print("| question | rows | rows of the union | ms | ms of the union | ratio |\n|---|---:|---:|---:|---:|---:|")
        ratios = []
        for name, query in library.load_library(workspace.open_workspace(ROOT)).items():
            if any(parameter.required for parameter in query.parameters.values()):
                continue
            text = library.bind(query, {})
            runs = [(asked(copied, text, union=False), asked(named, text, union=True)) for _ in range(RUNS)]
            (rows, _), (other, _) = runs[-1]
            ours, theirs = (statistics.median(run[side][1] for run in runs) for side in (0, 1))
            ratios.append(theirs / ours)
            differ = "" if rows == other else " (others)"
            seconds = f"{ours * 1000:.1f} | {theirs * 1000:.1f} | {theirs / ours:.2f}"
            print(f"| {name} | {len(rows):,} | {len(other):,}{differ} | {seconds} |")
        print(f"\nThe union takes {statistics.median(ratios):.2f} times as long in the median.")


if __name__ == "__main__":
    main()
