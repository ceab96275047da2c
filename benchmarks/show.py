"""Write the report of ``run.py``: what was measured, beside the targets, with pictures."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Found = dict[str, Any]

NETWORK = "network of countries and topics"
ORDER = ("eudigraph", "memory", "pyoxigraph", "remote", "endpoint", "rdflib", "kglab", "owlready2")
CALLED = {
    "bare": "bare bulk load",
    "eudigraph": "eudigraph",
    "exports": "eudigraph, with exports",
    "memory": "eudigraph in memory",
    "pyoxigraph": "raw pyoxigraph",
    "remote": "Oxigraph's server",
    "endpoint": "eudigraph over an endpoint",
    "rdflib": "plain rdflib",
    "kglab": "kglab",
    "owlready2": "owlready2",
}
BLUE, ORANGE, GREY, DARK = "#0072b2", "#d55e00", "#8a949b", "#22282c"
"""After Okabe and Ito, https://jfly.uni-koeln.de/color/, as in the package's own pictures."""
LOOKS = {
    "bare": ("#5b6b73", "x", ":"),
    "eudigraph": (BLUE, "o", "-"),
    "exports": (BLUE, "p", ":"),
    "memory": ("#56b4e9", "*", "--"),
    "pyoxigraph": (GREY, "s", "--"),
    "remote": ("#007a5e", "^", "-."),
    "endpoint": ("#2f6f9f", "h", ":"),
    "rdflib": (ORANGE, "D", "-"),
    "kglab": ("#9b4f96", "v", "-"),
    "owlready2": ("#b07d00", "P", "-"),
}
STYLE: Any = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": DARK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "font.size": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "eudigraph",
    "text.color": DARK,
    "xtick.color": DARK,
    "ytick.color": DARK,
}
MANY = 50_000
"""Rows from which a result is no small one."""
LARGE = 1_000_000
PEERS_AT = 100_000
PATHS = ("shared-topics", "compare", "plain: path, count")
"""Queries that aggregate over paths."""


@dataclass(frozen=True)
class Target:
    """A target, what was found, and whether it is met; None if it could not be told.

    One that is ``beside`` is shown for comparison: what was measured is not what is meant to meet it.
    """

    what: str
    found: str
    met: bool | None
    beside: bool = False

    @property
    def mark(self) -> str:
        """What the report says of it."""
        said = {True: "met", False: "missed", None: "not told"}[self.met]
        return f"({said})" if self.beside else said if self.met else f"**{said}**"


def times(name: str, measured: Found) -> list[float]:
    """Return the seconds of all runs: of the processor, or by the clock where another machine may have worked."""
    given: list[float] = measured["clock" if name in ("remote", "endpoint") else "times"]
    return given


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the first quartile, the median and the third."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    first, middle, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, middle, third


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Return the first quartile, the median and the third of the ratios run by run.

    Not the ratio of the medians: a machine that is slow for a while may be so in half of one's runs and hardly any of
    the other's, but it is so for both in the same run.
    """
    each = [a / b for a, b in zip(ours, theirs, strict=False) if b]
    return quartiles(each) if each else (math.nan, math.nan, math.nan)


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """Return the power of x that y grows with, by least squares over the logarithms; None for fewer than two points."""
    usable = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in usable}) < 2:
        return None
    return statistics.linear_regression(*zip(*usable, strict=True)).slope


Figure = Callable[[str, Found], float | None]
"""What gives one figure of an engine, from its name and what was measured of it; None if there is none."""


def of_load(what: str, unit: float = 1) -> Figure:
    """Return the figure for what a load took: ``cpu``, ``peak`` or ``size``, in a unit."""

    def given(_: str, engine: Found) -> float | None:
        value: float | None = engine["load"].get(what)
        return None if value is None else value / unit

    return given


def of_query(case: str) -> Figure:
    """Return the figure for the median of a query's times."""

    def given(name: str, engine: Found) -> float | None:
        measured = engine["queries"].get(case)
        return None if measured is None or "error" in measured else statistics.median(times(name, measured))

    return given


class Report:
    """The figures, and what can be said of them."""

    def __init__(self, made: Found) -> None:
        self.made = made
        self.tried: dict[int, Found] = {int(size): found for size, found in made["sizes"].items()}
        self.sizes = {size: found for size, found in self.tried.items() if "built" in found}
        self.largest = max(self.sizes)
        self.names = [name for name in ORDER if any(name in found["engines"] for found in self.sizes.values())]
        self.loaded = ["bare", *self.names[:1], "exports", *self.names[1:]]
        """What was measured by how it loads or builds; the first and the third were never asked."""

    def quads(self, size: int) -> int:
        """Return how many quads were built at a size, which is what the engines hold."""
        return int(self.sizes[size]["built"])

    def query(self, size: int, name: str, case: str) -> Found | None:
        """Return what was measured of a query, None if it gave no rows."""
        found: Found | None = self.sizes[size]["engines"].get(name, {}).get("queries", {}).get(case)
        return None if found is None or "error" in found else found

    def at(self, size: int) -> int:
        """Return the size at which a target is judged: the one meant, or the largest below it."""
        return max((s for s in self.sizes if s <= size), default=min(self.sizes))

    def pairs(self, size: int, name: str, other: str, cases: Iterable[str]) -> dict[str, tuple[float, float, float]]:
        """Return the ratios of one engine's times to another's, for the queries that both answered."""
        found = {}
        for case in cases:
            ours, theirs = self.query(size, name, case), self.query(size, other, case)
            if ours and theirs:
                found[case] = ratios(times(name, ours), times(other, theirs))
        return found

    def points(self, name: str, what: Figure) -> list[tuple[int, float]]:
        """Return something of an engine at each size where there is any, by the number of quads."""
        found = []
        for size in sorted(self.sizes):
            engine = self.sizes[size]["engines"].get(name)
            value = what(name, engine) if engine else None
            if value:
                found.append((self.quads(size), value))
        return found


def library(found: Found) -> list[str]:
    """Return the cases that are queries of the library."""
    return [case for case in found["cases"] if case != NETWORK and not case.startswith("plain:")]


def targets(report: Report) -> Iterator[Target]:
    """Yield the targets with what was found."""
    yield from _targets_of_queries(report)
    yield from _targets_of_seconds(report)
    yield from _targets_of_peers(report)
    yield from _targets_of_own(report)
    yield from _targets_of_build(report)


def _ours(report: Report, size: int) -> list[tuple[str, str, bool]]:
    """Return eudigraph as ``eudigraph serve`` has it at that size and, where it was measured, the other way.

    Each with what to call it in a target, and whether it is there beside the other.
    """
    found = report.sizes[size]
    given = [("memory", ", in memory", not found["held"]), ("eudigraph", ", on disk", found["held"])]
    return sorted((each for each in given if each[0] in found["engines"]), key=lambda each: each[2])


def _targets_of_queries(report: Report) -> Iterator[Target]:
    size = report.at(LARGE)
    found = report.sizes[size]
    counted = {case: m for case in library(found) if (m := report.query(size, "eudigraph", case))}
    for wanted, most, cases in (
        (f"fewer than {MANY:,} rows", 1.15, [c for c, m in counted.items() if m["rows"] < MANY]),
        (f"{MANY:,} rows and more", 2.0, [c for c, m in counted.items() if m["rows"] >= MANY]),
    ):
        what = f"Queries of the library with {wanted}, at {size:,} quads: at most {most:g} times raw pyoxigraph"
        each = report.pairs(size, "eudigraph", "pyoxigraph", cases)
        if not each:
            yield Target(what, "no such query", None)
            continue
        over = {case: ratio for case, (_, ratio, _) in each.items() if ratio > most}
        middle = statistics.median(ratio for _, ratio, _ in each.values())
        text = f"{len(each) - len(over)} of {len(each)} queries; the median of all is {middle:.2f}"
        if over:
            worst = sorted(over.items(), key=lambda item: -item[1])[:5]
            text += f"; over it: {', '.join(f'{case} {ratio:.2f}' for case, ratio in worst)}"
        yield Target(what, text, not over)


def _targets_of_seconds(report: Report) -> Iterator[Target]:
    size = report.at(LARGE)
    found = report.sizes[size]
    for name, called, beside in _ours(report, size):
        answered = {case: m for case in library(found) if (m := report.query(size, name, case))}
        slow = {case: statistics.median(m["clock"]) for case, m in answered.items()}
        slowest = max(slow, key=lambda case: slow[case])
        lost = [case for case in library(found) if case not in answered]
        over_2 = []
        for case in sorted((case for case in slow if slow[case] > 2), key=lambda case: -slow[case]):
            bare = report.query(size, "pyoxigraph", case)
            limit = f" (raw pyoxigraph {seconds(statistics.median(bare['clock']))})" if bare else ""
            over_2.append(f"{case} {seconds(slow[case])}{limit}")
        text = f"over it: {', '.join(over_2)}" if over_2 else f"the slowest, {slowest}, takes {seconds(slow[slowest])}"
        text += f"; without an answer: {', '.join(lost)}" if lost else ""
        what = f"No query of the library over 2 s, at {size:,} quads{called}"
        yield Target(what, text, not over_2 and not lost, beside)


def _targets_of_peers(report: Report) -> Iterator[Target]:
    size = report.at(PEERS_AT)
    found = report.sizes[size]
    for what, least, cases in (
        ("at least 20 times faster than plain rdflib", 20, [c for c in library(found) if not c.startswith(PATHS)]),
        ("path aggregates at least 6 times faster", 6, [c for c in found["cases"] if c.startswith(PATHS)]),
    ):
        bare = report.pairs(size, "rdflib", "pyoxigraph", cases)
        for name, called, beside in _ours(report, size):
            each = report.pairs(size, "rdflib", name, cases)
            beyond = [c for c in cases if c not in each and report.query(size, name, c)]
            full = f"At {size:,} quads {what}{called}"
            if not each and not beyond:
                yield Target(full, "rdflib was not measured", None, beside)
                continue
            under = {case: ratio for case, (_, ratio, _) in each.items() if ratio < least}
            text = f"{len(each) - len(under)} of {len(each)} queries that rdflib answered"
            if each:
                text += f", {statistics.median(ratio for _, ratio, _ in each.values()):,.0f} times in the median"
            text += f"; {len(beyond)} more it did not answer in time" if beyond else ""
            if under:
                below = [
                    f"{case} {ratio:.1f}" + (f" (raw pyoxigraph {bare[case][1]:.1f})" if case in bare else "")
                    for case, ratio in sorted(under.items(), key=lambda item: item[1])
                ]
                text += f"; below: {', '.join(below)}"
            yield Target(full, text, not under if each else None, beside)


def _targets_of_own(report: Report) -> Iterator[Target]:
    size = report.at(LARGE)
    own = report.sizes[size].get("own", [])
    if not own:
        return
    more = {r["name"]: statistics.median(r["first"]) - statistics.median(r["again"]) for r in own if r["first"]}
    after = [ratios(r["again"], r["bare"])[1] for r in own if r["again"]]
    worst = max(more, key=lambda case: more[case])
    text = f"{seconds(statistics.median(more.values()))} in the median, {seconds(more[worst])} at most ({worst})"
    yield Target(f"SPARQL of one's own, first sight, at {size:,} quads: at most 25 ms more", text, more[worst] <= 0.025)
    ratio = statistics.median(after)
    yield Target("The same text again: nothing more", f"{ratio:.2f} times raw pyoxigraph in the median", ratio <= 1.15)


def _targets_of_build(report: Report) -> Iterator[Target]:
    size = report.at(LARGE)
    engines = report.sizes[size]["engines"]
    build, bare = engines["eudigraph"]["load"], engines["bare"]["load"]
    if "error" not in build and "error" not in bare:
        each = [one / other for one, other in zip(build["times"], bare["times"], strict=False)]
        ratio = statistics.median(each)
        text = f"{ratio:.1f} times ({min(each):.1f}–{max(each):.1f}): {build['cpu']:.1f} s and {bare['cpu']:.2f} s"
        yield Target(
            f"Build at {size:,} quads: at most 6 times the processor time of the bare bulk load", text, ratio <= 6
        )
        text = f"{build['peak'] / 1024**3:.2f} GB"
        yield Target(f"Build at {size:,} quads: less than 3 GB of memory", text, build["peak"] < 3 * 1024**3)
    steps = report.points("eudigraph", of_load("cpu"))
    if len(steps) > 1:
        (n, first), (m, second) = steps[-2:]
        allowed = (m * math.log(m)) / (n * math.log(n))
        text = f"{second / first:.1f} times from {n:,} to {m:,} quads built; n log n: {allowed:.1f} times"
        alone = [dict(report.points(name, of_load("cpu"))) for name in ("bare", "pyoxigraph")]
        if all(n in taken and m in taken for taken in alone):
            grown, whole = (taken[m] / taken[n] for taken in alone)
            text += f"; pyoxigraph alone: the bare load {grown:.1f} times, loading what is built {whole:.1f} times"
        yield Target("Build grows no faster than n log n", text, second / first <= allowed)


# ---------------------------------------------------------------- Text


def seconds(value: float) -> str:
    """Return seconds for people, in three figures."""
    if value >= 100:
        return f"{value:,.0f} s"
    for factor, unit in ((1, "s"), (1000, "ms"), (1_000_000, "µs")):
        number = value * factor
        if number >= 1 or unit == "µs":
            return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {unit}"
    raise AssertionError


def spread(values: Sequence[float]) -> str:
    """Return the median with the quartiles in brackets."""
    first, middle, third = quartiles(values)
    unit = seconds(middle).split()[1]
    factor = {"s": 1, "ms": 1000, "µs": 1_000_000}[unit]
    digits = 2 if middle * factor < 10 else 1 if middle * factor < 100 else 0
    return f"{seconds(middle)} ({first * factor:.{digits}f}–{third * factor:.{digits}f})"


def megabytes(value: float | None) -> str:
    """Return bytes for people."""
    return "–" if value is None else f"{value / 1024**2:,.0f} MB"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table in Markdown; all columns but the first to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return [*lines, *[f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows], ""]


def text(report: Report, out: Path, pictures: dict[str, str]) -> str:
    """Return the report as Markdown."""
    made = report.made["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    sizes = ",".join(map(str, sorted(report.tried)))
    limits = [("limit", made["limit"]), ("load-limit", made["load_limit"])]
    limit = "".join(f" --{name} {seconds:g}" for name, seconds in limits if seconds != 300)
    often = max(found.get("often", 0) for found in report.tried.values())
    options = f"--sizes {sizes} --runs {made['runs']} --often {often}{limit} --kglab PYTHON"
    loads = max(max(found["load_average"]) for found in report.tried.values())
    lines = [
        "# How fast",
        "",
        "Written by `benchmarks/run.py`, not by hand:",
        "",
        f"    python benchmarks/run.py {options} --out docs/{out.name}",
        "",
        f"Measured on {made['date']}: {made['system']}, {made['cores']} cores, {made['memory'] / 1024**3:.0f} GB "
        f"of memory, "
        f"Python {made['python']}, {versions}. The load average was up to {loads:.1f}: what is above the number "
        f"of cores "
        "is others at work, and figures by the clock suffer from it.",
        "",
        *_how(made, report.tried),
        *_targets(report),
        *_sizes(report),
        *_picture(pictures["load"], f"{out.stem}-load.svg"),
        *_loads(report),
        *_picture(pictures["ratio"], f"{out.stem}-ratio.svg"),
        *_queries(report),
        *_picture(pictures["queries"], f"{out.stem}-queries.svg"),
        *_growth(report),
        *_own(report),
        *_rows(report),
        *_not_run(report),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _how(made: Found, sizes: Mapping[int, Found]) -> list[str]:
    limits = ", ".join(f"{found.get('limit', made['limit']):g} s at {size:,}" for size, found in sorted(sizes.items()))
    runs = {size: found.get("runs", made["runs"]) for size, found in sorted(sizes.items())}
    same = len(set(runs.values())) == 1
    times = made["runs"] if same else ", ".join(f"{number} (at {size:,} quads)" for size, number in runs.items())
    held = " and ".join(f"{size:,}" for size, found in sorted(sizes.items()) if found.get("held")) or "no number of"
    return [
        "Each engine is a process of its own, and all are asked in turn, query by query and run by run. Figures "
        "are the "
        f"median of {times} runs with the first and third quartile in brackets, after one run that only "
        f"warms up "
        "and whose rows are compared; a slow query has fewer runs, and a quick one up to "
        f"{max(found.get('often', 0) for found in sizes.values())} by eudigraph and raw pyoxigraph, whose ratio is "
        "sought. Seconds are those of the processor, which others at "
        "work change less than the time that passes; for servers they are those of the clock, from sending "
        "the query "
        f"until all rows are read. An engine may take 8 GB of address space, {made['load_limit']:g} s to load or build "
        f"and, by quads, {limits} for a query.",
        "",
        "- **eudigraph**: what a user calls in a process that is warm: names of parameters resolved, the query "
        "bound and "
        "inspected, run, its rows collected.",
        "- **eudigraph in memory**: the same with what was built read into memory: that is its load. Each process of "
        f"`eudigraph serve` does so unasked where the graph is small: here at {held} quads. "
        "There, this is what is to meet a target, and elsewhere the one on disk; how the other does stands beside it, "
        "in brackets.",
        "- **raw pyoxigraph**: the limit: the same text, `list(store.query(text))`, on a store of its own on disk.",
        "- **Oxigraph's server**: a remote engine, over HTTP on the same machine, JSON read by pyoxigraph.",
        "- **plain rdflib**: its `Dataset` in memory. **kglab**: its `KnowledgeGraph`, which holds one graph: "
        "the default one.",
        "- **owlready2**: its own SPARQL over its own store on disk (SQLite), holding the default graph.",
        "",
    ]


def _targets(report: Report) -> list[str]:
    rows = [(target.what, target.found, target.mark) for target in targets(report)]
    head = ["target", "found", ""]
    lines = table(head, rows)
    lines[1] = "|---|---|---|"
    return ["## Targets", "", *lines]


def _sizes(report: Report) -> list[str]:
    counted = ("sources", "passages", "claims", "entities", "built", "default")
    rows = [
        [f"{size:,}", *(f"{found[what]:,}" if what in found else "…" for what in counted)]
        for size, found in sorted(report.tried.items())
    ]
    head = [
        "quads asked for",
        "sources",
        "passages",
        "claims",
        "things",
        "quads built",
        "of these in the default graph",
    ]
    said = (
        "“Quads” are statements in the files. What is built from them, and what all engines load, is more: inferences, "
        "dates, and the default graph, which repeats each statement once. “…” stands where a build was too much."
    )
    return ["## Sizes", "", said, "", *table(head, rows)]


def _loads(report: Report) -> list[str]:
    lines = ["## Load, build, memory, disk", ""]
    lines += [
        "eudigraph's rows are its `build`: parsing, checks, inference, store, without HermiT, and with or without "
        "the exports (TriG, N-Quads, Turtle, JSON-LD, GraphML). The others load "
        "what it has built; “bare bulk load” is pyoxigraph loading the workspace's own files, as one, and "
        "nothing else. "
        "Memory is the most that was held while loading, and by the process that was asked: another, where the data "
        "are on disk. Bare bulk load and builds ran in turn, as often as queries did; their times are the medians.",
        "",
    ]
    for size, found in sorted(report.tried.items()):
        rows = []
        for name in report.loaded:
            engine = found["engines"].get(name)
            if engine is None:
                continue
            load = engine["load"]
            if "error" in load:
                rows.append([CALLED[name], load["error"], "", "", "", ""])
                continue
            later = megabytes(max((q["peak"] for q in engine["queries"].values() if "peak" in q), default=None))
            rows.append(
                [
                    CALLED[name],
                    seconds(load["seconds"]),
                    seconds(load["cpu"]),
                    megabytes(load["peak"]),
                    later,
                    megabytes(load["size"]),
                ]
            )
        head = [f"{size:,} quads", "clock", "processor", "memory, loading", "memory, asking", "on disk"]
        lines += table(head, rows)
    return lines


def _queries(report: Report) -> list[str]:
    lines = [
        "## Queries",
        "",
        "“eudigraph ÷ raw” is the median of the ratios run by run, with their quartiles. "
        "“…” stands for an engine that gave up or cannot answer: see below. * other rows, ° other order.",
        "",
    ]
    for size, found in sorted(report.sizes.items()):
        names = [name for name in report.names if name in found["engines"]]
        rows = []
        for case in found["cases"]:
            first = report.query(size, "pyoxigraph", case) or report.query(size, "eudigraph", case)
            row = [case, f"{first['rows']:,}" if first else ""]
            for name in names:
                measured = report.query(size, name, case)
                same = (measured or {}).get("same", "")
                mark = "" if not same or case == NETWORK else "°" if same == "order" else "*"
                row.append(spread(times(name, measured)) + mark if measured else "…")
            low, ratio, high = report.pairs(size, "eudigraph", "pyoxigraph", [case]).get(case, (math.nan,) * 3)
            row.append("" if math.isnan(ratio) else f"{ratio:.2f} ({low:.2f}–{high:.2f})")
            rows.append(row)
        lines += table([f"{size:,} quads", "rows", *(CALLED[name] for name in names), "eudigraph ÷ raw"], rows)
    return lines


def _growth(report: Report) -> list[str]:
    if len(report.sizes) < 2:
        return []
    cases = [case for case in report.sizes[report.largest]["cases"] if case != NETWORK]
    rows = []
    for name in report.loaded:
        if not any(name in found["engines"] for found in report.sizes.values()):
            continue
        figures = (of_load("cpu"), of_load("peak"), of_load("size"), of_query(NETWORK))
        grown = [exponent(report.points(name, figure)) for figure in figures]
        row = [CALLED[name], *("" if power is None else f"{power:.2f}" for power in grown), "", ""]
        each = {case: exponent(report.points(name, of_query(case))) for case in cases}
        powers = {case: power for case, power in each.items() if power is not None}
        if powers:
            worst = max(powers, key=lambda case: powers[case])
            row[-2:] = [f"{statistics.median(powers.values()):.2f}", f"{powers[worst]:.2f} ({worst})"]
        rows.append(row)
    said = (
        "The power of the number of quads that each grows with: 1 is in proportion, 2 is four times for twice as many. "
        "Only sizes that an engine reached count."
    )
    head = ["grows with the power", "load or build", "memory", "disk", "network", "queries, median", "queries, highest"]
    return ["## Growth", "", said, "", *table(head, rows)]


def _own(report: Report) -> list[str]:
    own = report.sizes[report.largest].get("own", [])
    if not own:
        return []
    kinds = ("first", "again", "bare", "beside", "apart")
    rows = [(row["name"], *(spread(row[kind]) if row[kind] else "" for kind in kinds)) for row in own]
    more = [statistics.median(row["apart"]) - statistics.median(row["beside"]) for row in own if row["first"]]
    started = [row["started"] - statistics.median(row["beside"]) for row in own if row["first"]]
    said = [
        f"The library's texts as if they were somebody's own, at {report.largest:,} quads: seen for the first time, "
        "again, and by raw pyoxigraph (seconds of the processor; only where these are few); then by the clock by raw "
        "pyoxigraph and **with a deadline**. That is how the command line, notebooks and `graph.ask` run whatever they "
        "are given: in a process that can be ended, which is kept for the next query unless the last took over a "
        "second.",
        "",
        f"Of the small ones, a deadline adds {seconds(statistics.median(more))} (median) where there is such a "
        f"process, and {seconds(statistics.median(started))} where one has to be started.",
    ]
    head = ["query", "first", "again", "raw", "raw, clock", "with a deadline, clock"]
    return ["## SPARQL of one's own", "", *said, "", *table(head, rows)]


def _rows(report: Report) -> list[str]:
    lines = ["## Do they give the same?", ""]
    same, compared, order = 0, 0, set()
    differ = []
    for size, found in sorted(report.sizes.items()):
        for name in report.names:
            for case, measured in found["engines"].get(name, {}).get("queries", {}).items():
                if "same" not in measured or name == "pyoxigraph":
                    continue
                compared += 1
                if measured["same"] in ("", "order"):
                    same += 1
                    if measured["same"]:
                        order.add((name, case))
                else:
                    differ.append(f"- {CALLED[name]}, {size:,} quads, {case}: {measured['same']}")
    lines += [
        f"Rows were compared with those of raw pyoxigraph, term by term, numbers by their value: {same:,} of "
        f"{compared:,} "
        "answers are the same. owlready2 gives Python's own values, which are compared without datatype and language.",
        "",
        *differ,
        *([""] if differ else []),
    ]
    if order:
        each = {name: sorted(case for n, case in order if n == name and case != NETWORK) for name, _ in sorted(order)}
        told = "; ".join(f"{CALLED[name]}: {', '.join(cases)}" for name, cases in each.items() if cases)
        lines += [f"In another order, where a query leaves it open or terms have none: {told}.", ""]
    return lines


def _not_run(report: Report) -> list[str]:
    lines = [f"- {CALLED[name]} was left out: {why}." for name, why in report.made.get("left_out", {}).items()]
    for name in report.names:
        for (reason, what), sizes in _failures(report, name).items():
            at = " and ".join(f"{size:,}" for size in sizes)
            lines.append(f"- {CALLED[name]}, at {at} quads: {', '.join(what)}: {reason}")
    return ["## What could not be run", "", *lines] if lines else []


def _failures(report: Report, name: str) -> dict[tuple[str, tuple[str, ...]], list[int]]:
    """Return the sizes at which an engine failed, by the reason and by what failed for it."""
    found: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for size, at in sorted(report.sizes.items()):
        engine = at["engines"].get(name)
        if engine is None:
            continue
        reasons: dict[str, list[str]] = {}
        for what, measured in {"loading": engine["load"], **engine["queries"]}.items():
            if "error" in measured:
                reasons.setdefault(_short(measured["error"]), []).append(what)
        for reason, failed in reasons.items():
            found.setdefault((reason, tuple(failed)), []).append(size)
    return found


def _short(error: str) -> str:
    return " ".join(error.split())[:160]


# ---------------------------------------------------------------- Pictures


def _picture(words: str, file: str) -> list[str]:
    return [f"![{words}]({file})", "", f"*{words}*", ""]


def draw(report: Report, folder: Path, stem: str) -> dict[str, str]:
    """Draw the pictures into a folder; return what each says, by its name."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    words = {}
    with mpl.rc_context(STYLE):
        for name, drawing in (("load", _draw_loads), ("ratio", _draw_ratios), ("queries", _draw_queries)):
            figure, said = drawing(report)
            figure.savefig(folder / f"{stem}-{name}.svg", bbox_inches="tight", metadata={"Date": None})
            pyplot.close(figure)
            words[name] = said
    return words


def _lines(axes: Any, report: Report, names: Sequence[str], what: Figure) -> None:
    for name in names:
        points = report.points(name, what)
        if points:
            color, marker, style = LOOKS[name]
            drawn = {"color": color, "marker": marker, "linestyle": style, "ms": 4, "label": CALLED[name]}
            drawn |= {"lw": 2.0, "zorder": 3} if name == "eudigraph" else {"lw": 1.2, "zorder": 2}
            axes.plot(*zip(*points, strict=True), **drawn)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.minorticks_off()
    sizes = [report.quads(size) for size in sorted(report.sizes)]
    axes.set_xticks(sizes, [_shortly(size) for size in sizes])


def _shortly(number: float) -> str:
    return f"{number / 1e6:.3g}M" if number >= 1e6 else f"{number / 1e3:.3g}k"


def _legend(figure: Any, axes: Iterable[Any]) -> None:
    shown: dict[str, Any] = {}
    for each in axes:
        for handle, label in zip(*each.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    figure.legend(
        shown.values(), shown.keys(), loc="upper center", ncols=len(shown), frameon=False, bbox_to_anchor=(0.5, 0)
    )


def _draw_loads(report: Report) -> tuple[Any, str]:
    from matplotlib import pyplot, ticker

    names = report.loaded
    figure, grid = pyplot.subplots(1, 4, figsize=(12, 3.2), layout="constrained")
    for axes, title, label, what in (
        (grid[0], "Load or build", "seconds of the processor", of_load("cpu")),
        (grid[1], "Memory while loading", "megabytes", of_load("peak", 1024**2)),
        (grid[2], "On disk", "megabytes", of_load("size", 1024**2)),
        (grid[3], "Network of countries and topics", "seconds", of_query(NETWORK)),
    ):
        _lines(axes, report, names, what)
        axes.set(title=title, xlabel="quads built", ylabel=label)
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    _legend(figure, grid)
    power = exponent(report.points("eudigraph", of_load("cpu")))
    said = "Load, memory, disk and a network, over the quads built, both axes logarithmic."
    if power is not None:
        said += f" A build's processor time grows with the power {power:.2f} of the quads"
        held = report.points("eudigraph", of_load("peak"))[-1]
        said += f", and takes {held[1] / 1024**3:.1f} GB at {held[0]:,}."
    return figure, said


def _draw_ratios(report: Report) -> tuple[Any, str]:
    from matplotlib import pyplot

    size = report.at(LARGE)
    cases = [case for case in report.sizes[size]["cases"] if case != NETWORK]
    each = report.pairs(size, "eudigraph", "pyoxigraph", cases)
    shown = sorted(each, key=lambda case: each[case][1])
    figure, axes = pyplot.subplots(figsize=(8, 0.22 * len(shown) + 1), layout="constrained")
    for place, case in enumerate(shown):
        low, ratio, high = each[case]
        axes.plot([low, high], [place, place], color=GREY, lw=1.5, zorder=1)
        many = (report.query(size, "eudigraph", case) or {})["rows"] >= MANY
        axes.scatter(
            [ratio],
            [place],
            color=ORANGE if ratio > (2 if many else 1.15) else BLUE,
            marker="D" if many else "o",
            s=24,
            zorder=2,
        )
    for at, words in ((1.0, "raw pyoxigraph"), (1.15, "1.15: target"), (2.0, f"2: from {MANY:,} rows")):
        axes.axvline(at, color=GREY, lw=0.8, ls=":", zorder=0)
        axes.text(at, len(shown) - 0.3, words, rotation=30, fontsize=7, ha="left")
    axes.set_yticks(range(len(shown)), shown)
    axes.set(xlabel=f"eudigraph's time by raw pyoxigraph's, at {size:,} quads")
    good = sum(1 for case in each if each[case][1] <= 1.15)
    said = (
        f"Above raw pyoxigraph, at {size:,} quads: {good} of {len(each)} queries take at most 1.15 times as long. "
        f"Dots are "
        "medians of the ratios run by run, lines their quartiles; diamonds have 50,000 rows and more, orange is over "
        "its target."
    )
    return figure, said


def _draw_queries(report: Report) -> tuple[Any, str]:
    from matplotlib import pyplot

    cases = [case for case in report.sizes[report.largest]["cases"] if case != NETWORK]
    wide = 6
    high = -(-len(cases) // wide)
    figure, grid = pyplot.subplots(
        high, wide, figsize=(13, 1.75 * high), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for axes, case in zip(grid.flat, cases, strict=False):
        _lines(axes, report, report.names, of_query(case))
        axes.set_title(case, fontsize=8)
        axes.axhline(2, color=GREY, lw=0.7, ls=":")
    for axes in list(grid.flat)[len(cases) :]:
        axes.set_visible(False)
    figure.supxlabel("quads built", fontsize=9)
    figure.supylabel("seconds", fontsize=9)
    _legend(figure, grid.flat)
    size = report.at(PEERS_AT)
    faster = [r for _, r, _ in report.pairs(size, "rdflib", "eudigraph", library(report.sizes[size])).values()]
    said = (
        "Each query over the quads built, both axes logarithmic; the dotted line is at 2 s, and where a line ends the "
    )
    said += "engine gave up or cannot answer."
    if faster:
        times_as_fast = statistics.median(faster)
        said += f" At {size:,} quads eudigraph is {times_as_fast:,.0f} times faster than plain rdflib in the median."
    return figure, said


def write(made: Found, out: Path) -> None:
    """Write the report and its pictures, which stand beside it under its name."""
    report = Report(made)
    out.parent.mkdir(parents=True, exist_ok=True)
    pictures = draw(report, out.parent, out.stem)
    out.write_text(text(report, out, pictures), "utf-8")
