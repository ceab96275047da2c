"""Measure the explorer's page in a real browser: the article's graph, an invented one of 10,000 things, stock pyvis.

    python benchmarks/explorer.py --out explorer.md

It builds both graphs into a temporary folder, writes each page in a fresh process, opens it in headless Chromium, and
prints a table of medians with the smallest and largest value of all runs. Targets stand beside the figures; ✗ marks
what misses one. "Usable" is the second frame after the list has items and something has been drawn, counted from the
start of the navigation; for stock pyvis, after its layout has come to rest, since before that it shows a loading bar.
A browser without a screen draws at most 60 frames a second.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from generate import generate
from playwright.sync_api import Browser, CDPSession, Page, Route, sync_playwright

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
LIMIT = 60
"""Seconds after which stock pyvis is given up."""
GESTURE = 2.0
"""Seconds of dragging, and of zooming."""
WEB = re.compile(r"^https?:")
T = TypeVar("T")

WATCH_OURS = """(() => {
  const brush = CanvasRenderingContext2D.prototype, { stroke } = brush;
  let drawn = false;
  brush.stroke = function (...given) { drawn = true; brush.stroke = stroke; return stroke.apply(this, given); };
  window.usable = new Promise((done) => {
    const look = () => {
      if (!drawn || !document.querySelector("#list li")) requestAnimationFrame(look);
      else requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    };
    requestAnimationFrame(look);
  });
})()"""
WATCH_STOCK = """(() => {
  let made;
  window.usable = new Promise((done) => {
    const rest = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    Object.defineProperty(window, "network", { configurable: true, get: () => made, set: (network) => {
      if (network && network.once && network !== made) network.once("stabilizationIterationsDone", rest);
      made = network;
    } });
    setTimeout(() => done(-1), LIMIT * 1000);
  });
})()""".replace("LIMIT", str(LIMIT))
RECORD = """(ms) => {
  window.recorded = new Promise((done) => {
    const at = [];
    const frame = (time) => {
      at.push(time);
      if (time - at[0] < ms) requestAnimationFrame(frame); else done(at);
    };
    requestAnimationFrame(frame);
  });
  return null;
}"""
SEARCH = """async (text) => {
  const [field, list] = [document.getElementById("search"), document.getElementById("list")];
  const changed = new Promise((done) => new MutationObserver(done).observe(list, { childList: true }));
  const began = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await changed;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - began;
}"""
EMPTY_SPOT = """() => {
  const box = document.querySelector("canvas").getBoundingClientRect();
  for (let r = 0; r < 200; r += 5) for (let turn = 0; turn < 6.28; turn += 0.4) {
    const [x, y] = [box.width / 2 + r * Math.cos(turn), box.height / 2 + r * Math.sin(turn)];
    if (network.getNodeAt({ x, y }) === undefined) return [box.x + x, box.y + y];
  }
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@dataclass
class Subject:
    """A page and what was measured of it: values by measure, one for each run."""

    name: str
    path: Path
    watch: str
    terms: Sequence[str] = ()
    values: dict[str, list[float]] = field(default_factory=dict)
    limited: bool = False

    def note(self, measure: str, value: float) -> None:
        """Keep a value of one run."""
        self.values.setdefault(measure, []).append(value)


# (key, name, how a value is written)
MEASURES: tuple[tuple[str, str, str], ...] = (
    ("nodes", "nodes drawn at first", "{:,.0f}"),
    ("edges", "lines drawn at first", "{:,.0f}"),
    ("size", "size of the file, MB", "{:.2f}"),
    ("write", "writing it, s", "{:.2f}"),
    ("cpu", "of which at work, s", "{:.2f}"),
    ("usable", "usable after, s", "{:.2f}"),
    ("search", "a search, ms (median of the terms)", "{:.0f}"),
    ("slowest", "the slowest search, ms", "{:.0f}"),
    ("drag", "dragging, frames/s", "{:.0f}"),
    ("drag95", "dragging, 95th percentile of a frame, ms", "{:.0f}"),
    ("dragcpu", "dragging, the page at work in a frame, ms", "{:.1f}"),
    ("zoom", "zooming, frames/s", "{:.0f}"),
    ("zoom95", "zooming, 95th percentile of a frame, ms", "{:.0f}"),
    ("zoomcpu", "zooming, the page at work in a frame, ms", "{:.1f}"),
    ("requests", "requests to the network", "{:.0f}"),
)
Limits = dict[str, tuple[str, float]]
TARGETS_ARTICLE: Limits = {"usable": ("<", 1), "size": ("<", 1), "requests": ("≤", 0)}
TARGETS_LARGE: Limits = {
    "usable": ("<", 3),
    "size": ("<", 10),
    "write": ("<", 10),
    "search": ("<", 150),
    "slowest": ("<", 150),
    "drag": ("≥", 50),
    "zoom": ("≥", 50),
    "requests": ("≤", 0),
}
TESTS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    "≤": lambda value, limit: value <= limit,
    "≥": lambda value, limit: round(value) >= limit,
}


def build_graph(workspace: Path | None, folder: Path) -> dict[str, int]:
    """Build a workspace (the checkout's, without one) and return what it holds."""
    from eudigraph.build import build
    from eudigraph.model.workspace import open_workspace

    report = build.build(open_workspace(workspace), folder, use_hermit=False, exports=False)
    if report.errors:
        raise SystemExit(f"{workspace}: {report.errors[0]}")
    return report.counts


def write_page(folder: Path, out: Path) -> tuple[float, float]:
    """Write the page of a built graph; return the seconds it took, and those of the processor."""
    from eudigraph.engine import store
    from eudigraph.explore import page

    began, worked = time.perf_counter(), time.process_time()
    page.write_page(store.open_built(folder), out)
    return time.perf_counter() - began, time.process_time() - worked


def write_stock(folder: Path, out: Path, most: int) -> tuple[float, int, int]:
    """Draw the most important things with pyvis as it comes; return the seconds it took, nodes and edges."""
    from pyvis.network import Network

    from eudigraph.engine import store
    from eudigraph.model import ontology
    from eudigraph.network import algorithms
    from eudigraph.network.everything import whole
    from eudigraph.show import looks

    graph = store.open_built(folder).store
    began = time.perf_counter()
    everything = whole(graph, ontology.from_store(graph))
    look_of = {node: looks.look_of(data["types"]) for node, data in everything.nodes(data=True)}
    ranks = algorithms.importance(everything.subgraph([node for node, look in look_of.items() if look]))
    shown = [node for node, look in look_of.items() if look and look.shown]
    first = sorted(shown, key=lambda node: (-ranks.get(node, 0.0), node))[:most]
    drawn = Network(directed=True, cdn_resources="in_line")
    for node in first:
        drawn.add_node(node, label=everything.nodes[node]["label"])
    chosen = set(first)
    pairs = {(s, o) for s, o, inferred in everything.edges(data="inferred") if not inferred and s != o}
    for s, o in sorted(pairs):
        if s in chosen and o in chosen:
            drawn.add_edge(s, o)
    out.write_text(drawn.generate_html(), "utf-8")
    return time.perf_counter() - began, len(drawn.nodes), len(drawn.edges)


def apart(work: Callable[..., T], *given: object) -> T:
    """Do something in a process of its own, so that nothing is remembered from the time before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def measure(browser: Browser, subject: Subject) -> None:
    """Open a page once and note what a user would notice."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    requests: list[str] = []

    def refuse(route: Route) -> None:
        route.abort()

    context.route(WEB, refuse)
    context.add_init_script(subject.watch)
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url) if WEB.match(request.url) else None)
    try:
        page.goto(subject.path.as_uri(), wait_until="commit", timeout=LIMIT * 1000)
        usable = page.evaluate("usable")
        subject.note("size", subject.path.stat().st_size / 1e6)
        if usable < 0:
            subject.limited = True
            subject.note("usable", math.inf)
            subject.note("requests", len(requests))
            return
        subject.note("usable", usable / 1000)
        if subject.watch is WATCH_OURS:
            subject.note("nodes", page.evaluate("nodes.length"))
            subject.note("edges", page.evaluate("edges.length"))
        time.sleep(0.5)
        clock = context.new_cdp_session(page)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})
        for name, gesture in (("drag", drag), ("zoom", zoom)):
            before = _worked(clock)
            frames = gesture(page)
            took = sorted(b - a for a, b in pairwise(frames))
            subject.note(name, 1000 * len(took) / (frames[-1] - frames[0]))
            subject.note(f"{name}95", took[min(len(took) - 1, int(0.95 * len(took)))])
            subject.note(f"{name}cpu", 1000 * (_worked(clock) - before) / len(took))
        if subject.terms:
            took = [page.evaluate(SEARCH, term) for term in subject.terms]
            subject.note("search", statistics.median(took))
            subject.note("slowest", max(took))
        subject.note("requests", len(requests))
    finally:
        context.close()


def drag(page: Page) -> list[float]:
    """Drag the canvas in circles; return the times of the frames."""
    x, y = page.evaluate(EMPTY_SPOT)
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(RECORD, GESTURE * 1000)
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < GESTURE:
        page.mouse.move(x + 120 * math.sin(passed * 5), y + 120 * (1 - math.cos(passed * 5)))
    frames: list[float] = page.evaluate("recorded")
    page.mouse.up()
    return frames


def zoom(page: Page) -> list[float]:
    """Turn the wheel to and fro over the canvas; return the times of the frames."""
    x, y = page.evaluate(EMPTY_SPOT)
    page.mouse.move(x, y)
    page.evaluate(RECORD, GESTURE * 1000)
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < GESTURE:
        page.mouse.wheel(0, -60 if passed % 1 < 0.5 else 60)
        time.sleep(0.02)
    frames: list[float] = page.evaluate("recorded")
    return frames


def _worked(clock: CDPSession) -> float:
    """Return the seconds that the page's main thread has had of a processor; others at work change it little."""
    metrics = {m["name"]: m["value"] for m in clock.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def table(subjects: Sequence[tuple[Subject, Limits]], notes: Sequence[str]) -> str:
    """Return the figures as Markdown."""
    head = ["median (smallest–largest)"]
    for subject, limits in subjects:
        head += [subject.name, "target"] if limits else [subject.name]
    lines = [f"| {' | '.join(head)} |", f"|---{'|---:' * (len(head) - 1)}|"]
    for key, name, how in MEASURES:
        row = [name]
        for subject, limits in subjects:
            sign, limit = limits.get(key, ("", 0.0))
            row.append(_cell(subject, key, how, sign, limit))
            if limits:
                row.append(f"{sign} {limit:g}" if sign else "")
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join([*lines, "", *notes, ""])


def _cell(subject: Subject, key: str, how: str, sign: str, limit: float) -> str:
    values = subject.values.get(key)
    if not values:
        return "–"
    middle = statistics.median(values)
    if math.isinf(middle):
        return f"> {LIMIT}, given up"
    texts = [f"> {LIMIT}" if math.isinf(v) else how.format(v) for v in (middle, min(values), max(values))]
    cell = texts[0] if texts[1] == texts[2] else f"{texts[0]} ({texts[1]}–{texts[2]})"
    return f"✗ {cell}" if sign and not TESTS[sign](middle, limit) else cell


def machine(chromium: str) -> str:
    """Return what it was measured on, and how busy that was."""
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{cores}, {load}, Chromium {chromium}, Python {platform.python_version()}"


def run(folder: Path, given: argparse.Namespace) -> str:
    """Measure everything in a folder for what comes up on the way; return the table."""

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    say("building the article's graph")
    article, large = folder / "article", folder / "large"
    apart(build_graph, None, article)
    say(f"generating and building {given.entities:,} things and {given.claims:,} claims")
    generate(folder / "workspace", entities=given.entities, claims=given.claims, seed=given.seed)
    began = time.perf_counter()
    apart(build_graph, folder / "workspace", large)
    built = time.perf_counter() - began
    ours = Subject("article", folder / "article.html", WATCH_OURS)
    ours.terms = ("j", "japan", "chips", "breton", "digital", "qqq")
    many = Subject(f"{given.entities:,} things", folder / "large.html", WATCH_OURS)
    many.terms = ("e", "eu", "minister", "trusted chips", "summit 2023", "digital partnership", "qqq")
    subjects: list[tuple[Subject, Limits]] = [(ours, TARGETS_ARTICLE), (many, TARGETS_LARGE)]
    for subject, graph in ((ours, article), (many, large)):
        for _ in range(given.runs):
            for key, seconds in zip(("write", "cpu"), apart(write_page, graph, subject.path), strict=True):
                subject.note(key, seconds)
    if not given.no_stock:
        for name, graph, most in (("stock pyvis, article", article, 400), ("stock pyvis, 500 nodes", large, 500)):
            subject = Subject(name, folder / f"stock-{most}.html", WATCH_STOCK)
            took, nodes, edges = apart(write_stock, graph, subject.path, most)
            for key, value in (("write", took), ("nodes", nodes), ("edges", edges)):
                subject.note(key, value)
            subjects.append((subject, {}))
    with sync_playwright() as playwright:
        for subject, _ in subjects:
            for n in range(given.runs):
                if not subject.limited:
                    say(f"{subject.name}, run {n + 1}")
                    browser = playwright.chromium.launch(executable_path=given.chromium, args=FLAGS)
                    version = browser.version
                    measure(browser, subject)
                    browser.close()
    notes = [
        f"{given.runs} runs each, {datetime.now(UTC):%Y-%m-%d}; {machine(version)}. ✗: misses the target.",
        f"Building the graph of {given.entities:,} things and {given.claims:,} claims took {built:.0f} s.",
    ]
    if not given.no_stock:
        notes.append(
            f"Stock pyvis: `Network(directed=True, cdn_resources='in_line')`, default options, the same things and "
            f"lines; its requests were refused. Above some hundred nodes it is hopeless: each page was given {LIMIT} s "
            "to come to rest, and larger ones were not tried."
        )
    return table(subjects, notes)


def main() -> None:
    """Read the arguments, measure, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--claims", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-stock", action="store_true", help="leave out stock pyvis")
    parser.add_argument("--out", type=Path, help="write the table here, too")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    parser.add_argument("--chromium", default=found, help="by default the one on the path")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = run(Path(folder), given)
    print(text, end="")
    if given.out:
        given.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
