"""Measure eudigraph beside rdflib, kglab, owlready2, bare pyoxigraph and a remote engine; write the report.

    python benchmarks/run.py --sizes 10000,100000,1000000 --kglab /path/to/kglab/bin/python --out docs/benchmark.md

For each size it makes an invented workspace (``generate.py``), has eudigraph build it, and gives what was built to the
others. Each engine is a process of its own (``engines.py``) that may take 8 GB, and 5 minutes to load or to answer
(``--limit`` shortens the latter); what takes more is ended, and not tried again at a larger size, nor is what would
need another load that takes longer than a query may. The processes stay, and are asked in turn, query by query and run
by run, so that all of them meet the same machine. What each gives in its first run is compared with what bare
pyoxigraph gives, row by row; that run does not count where there are others.
``--results FILE`` keeps what was measured: a size that stands there is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import show
from engines import loosely
from generate import ROOT, for_quads, generate

LIMIT = 300.0
"""Seconds that loading may take, and a query."""
ENOUGH = 30.0
"""Seconds of an engine's runs of one query after which there are no more of them, unless told otherwise."""
OFTEN = 15
"""Times that a query is run by those two whose ratio is sought to a few hundredths: a machine varies by more."""
WHILE = 12.0
"""Seconds of a query's runs after which it has been often enough."""
REFERENCE = "pyoxigraph"
LOADED = ("bare", "exports", "eudigraph")
"""What is measured by how it loads or builds; the last is asked as well."""
PEERS = ("eudigraph", "memory", REFERENCE, "remote", "endpoint", "rdflib", "kglab", "owlready2")
NETWORK = "country-topic"
PREFIXES = """PREFIX eud: <https://w3id.org/eudigraph/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
PLAIN = {
    "plain: one thing": "SELECT ?property ?value { <https://w3id.org/eudigraph/org/european-union> ?property ?value }",
    "plain: two steps": "SELECT ?partner ?topic { ?it eud:withCountry ?partner ; eud:pursuesTopic ?topic }",
    "plain: count": "SELECT ?topic (COUNT(?it) AS ?n) { ?it eud:pursuesTopic ?topic } GROUP BY ?topic",
    "plain: path, count": """SELECT ?broader (COUNT(DISTINCT ?it) AS ?n) {
        ?it eud:pursuesTopic ?topic . ?topic skos:broader* ?broader } GROUP BY ?broader""",
    "plain: passages": "SELECT ?passage ?speaker ?place { ?passage eud:speaker ?speaker ; eud:locator ?place }",
}
"""SPARQL that every engine should know, and at 1 million quads one with more than 50,000 rows."""
PROJECTION = """SELECT DISTINCT ?source ?target {
    ?via eud:withCountry ?source . { ?via eud:pursuesTopic ?target } UNION { ?via eud:wantsTopic ?target } }"""
"""What the others make their network of. eudigraph asks for more: through what, who says so, how firmly, since when."""

Found = dict[str, Any]


class Worker:
    """An engine's process. ``ask`` gives what it measured, or what went wrong under ``error``."""

    def __init__(self, name: str, python: str, folder: Path, data: Path, given: argparse.Namespace) -> None:
        self.name, self.folder, self.data = name, folder, data
        self.limit, self.load_limit = given.limit, given.load_limit
        url = given.endpoint if name == "endpoint" else None
        self.command = [python, str(ROOT / "benchmarks" / "engines.py"), name, str(folder), *([url] if url else [])]
        self.process: subprocess.Popen[str] | None = None
        self.slow = False
        """Whether to load anew would take longer than a query may: then that is not done for another query."""
        folder.mkdir(parents=True)

    def load(self) -> Found:
        """Start the process and load."""
        self._start()
        found = self._exchange({"do": "load", "data": str(self.data)}, self.load_limit)
        self.slow = found.get("size") is None and found.get("seconds", 0.0) > self.limit
        return found

    def ask(self, **asked: object) -> Found:
        """Do one thing, if need be in a new process."""
        if self.process is None:
            if self.slow:
                return {"error": "not tried: after one that was too much it would have to load anew", "over": True}
            self._start()
            again = self._exchange({"do": "reopen", "data": str(self.data)}, self.load_limit)
            if "error" in again:
                return again
        return self._exchange(asked, self.load_limit if asked["do"] == "hand over" else self.limit)

    def end(self) -> None:
        """End the process and what it started."""
        if self.process is None:
            return
        with suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]
        self.process = None

    def _start(self) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(  # noqa: S603
            self.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )

    def _exchange(self, asked: Found, limit: float) -> Found:
        process = self.process
        assert process and process.stdin and process.stdout  # noqa: S101
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
        if not select.select([process.stdout], [], [], limit)[0]:
            self._kill()
            return {"error": f"over {limit:g} s", "over": True}
        line = process.stdout.readline()
        if line:
            found: Found = json.loads(line)
            if "of memory" in found.get("error", ""):
                self._kill()  # it may be in any state
                found["over"] = True
            return found
        code = process.wait()
        self._kill()
        return {"error": f"ended by itself ({code}), as when 8 GB of memory are not enough", "over": True}

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
        self.end()


class Size:
    """All that is measured at one size."""

    def __init__(self, quads: int, folder: Path, given: argparse.Namespace, gave_up: dict[str, set[str]]) -> None:
        self.quads, self.folder, self.given, self.gave_up = quads, folder, given, gave_up
        self.workers: dict[str, Worker] = {}
        self.found: Found = {"engines": {}, "cases": []}
        self.expected: dict[bool, Counter[str]] = {}

    def measure(self) -> Found:
        """Measure everything; return it. Without ``built`` in it, the size was too much for a build."""
        try:
            if not self._prepare():
                return self.found
            self._load()
            for case in self._cases():
                self.say(case["name"])
                self.found["cases"].append(case["name"])
                self._measure(case)
            self.say("own SPARQL")
            self._first_sight()
        finally:
            for worker in self.workers.values():
                worker.end()
        return self.found

    def say(self, text: str) -> None:
        """Tell on standard error what is going on."""
        print(f"{self.quads:,} quads: {text}", file=sys.stderr, flush=True)

    def _prepare(self) -> bool:
        """Make the workspace, have it loaded without anything and built, and hand over what was built, if it was."""
        entities, claims = for_quads(self.quads)
        self.say("generating")
        workspace = self.folder / "workspace"
        made = generate(workspace, entities=entities, claims=claims, seed=self.given.seed)
        self.found |= {"entities": entities, "claims": made.claims, "passages": made.passages, "sources": made.sources}
        files = sorted([*workspace.glob("graph/**/*.t*"), *workspace.glob("ontology/*.ttl")])
        with (self.folder / "files.trig").open("wb") as whole:
            for path in files:
                whole.write(path.read_bytes() + b"\n")
        for name in LOADED:
            self.say(f"loading: {name}")
            self._start(name)
        for name in LOADED[:-1]:
            if name in self.workers:
                self.workers.pop(name).end()
        if "eudigraph" not in self.workers:
            return False
        self._again()
        handed = self.workers["eudigraph"].ask(**{"do": "hand over", "data": str(self.folder)})
        if "error" in handed:
            raise SystemExit(f"what was built cannot be handed over: {handed['error']}")
        self.cases = handed.pop("cases")
        self.found |= handed
        return True

    def _again(self) -> None:
        """Build and load without anything in turn, as often as queries are run: their medians are compared."""
        loads = {name: self.found["engines"][name]["load"] for name in LOADED}
        runs = {name: [dict(load)] for name, load in loads.items() if "error" not in load}
        for number in range(1, self.given.runs):
            for name, done in runs.items():
                self.say(f"loading once more: {name}")
                worker = Worker(name, sys.executable, self.folder / f"{name}-{number}", self.folder, self.given)
                again = worker.load()
                worker.end()
                shutil.rmtree(worker.folder)
                if "error" not in again:
                    done.append(again)
        for name, done in runs.items():
            loads[name] |= {what: statistics.median(run[what] for run in done) for what in ("cpu", "seconds")}
            loads[name]["times"] = [run["cpu"] for run in done]

    def _start(self, name: str) -> None:
        place = self.found["engines"].setdefault(name, {"queries": {}})
        if "load" in self.gave_up[name]:
            place["load"] = {"error": "not tried: a smaller one was too much", "over": True}
            return
        python = self.given.kglab if name == "kglab" else sys.executable
        worker = Worker(name, python, self.folder / name, self.folder, self.given)
        place["load"] = worker.load()
        if "error" in place["load"]:
            self.say(f"{name}: {place['load']['error']}")
            worker.end()
            if place["load"].get("over"):
                self.gave_up[name].add("load")
            return
        if place["load"]["size"] is not None:  # asked in a new process: what loading leaves in memory slows it down
            worker.end()
        self.workers[name] = worker

    def _load(self) -> None:
        for name in self.given.engines:
            if name != "eudigraph":
                self.say(f"loading: {name}")
                self._start(name)

    def _cases(self) -> Iterator[Found]:
        """Yield the library's queries, some of the plainest, and a network."""
        for case in self.cases:
            yield {"do": "query", **case}
        for name, text in PLAIN.items():
            yield {"do": "query", "name": name, "text": PREFIXES + text}
        yield {"do": "project", "name": show.NETWORK, "network": NETWORK, "text": PREFIXES + PROJECTION}

    def _order(self) -> list[str]:
        """Return the engines at work, the one that the others are compared with first."""
        return sorted(self.workers, key=lambda name: name != REFERENCE)

    def _measure(self, case: Found) -> None:
        """Have each engine do the same thing, once to compare what it gives, then several times in turn."""
        name_of_it = case["name"]
        self.expected.clear()
        (self.folder / "expected.rows").unlink(missing_ok=True)
        fit = []
        for name in self._order():
            if name_of_it in self.gave_up[name]:
                self._place(name)[name_of_it] = {"error": "not tried: a smaller one was too much", "over": True}
                continue
            rows = self.folder / f"{name}.rows"
            found = self.workers[name].ask(rows=str(rows), **case)
            self._place(name)[name_of_it] = found
            if "error" in found:
                if found.get("over"):
                    self.gave_up[name].add(name_of_it)
                continue
            found["same"] = self._compared(name, rows)
            found["times"], found["clock"] = [found.pop("cpu")], [found.pop("seconds")]
            fit.append(name)
        self._repeat(fit, case)

    def _repeat(self, names: Sequence[str], case: Found) -> None:
        """Run in turn; the first run no longer counts once there is another."""
        spent, enough = dict.fromkeys(names, 0.0), self.given.enough
        for number in range(max(self.given.runs, self.given.often)):
            again = number >= self.given.runs
            for name in names:
                if spent[name] > (WHILE if again else enough) or (again and name not in ("eudigraph", REFERENCE)):
                    continue
                found = self._place(name)[case["name"]]
                if number == 0 and found["clock"][0] > enough:
                    spent[name] = enough + 1
                    continue
                once = self.workers[name].ask(**case)
                if "error" in once:
                    spent[name] = enough + 1
                    continue
                if number == 0:
                    found["times"], found["clock"] = [], []
                found["times"].append(once["cpu"])
                found["clock"].append(once["seconds"])
                found["peak"] = once["peak"]
                spent[name] += once["seconds"]

    def _place(self, name: str) -> Found:
        place: Found = self.found["engines"][name]["queries"]
        return place

    def _compared(self, name: str, path: Path) -> str:
        """Return how rows differ from the reference's: not at all, in their order, or in what they say."""
        loose = name == "owlready2"
        found = Counter(_read(path, loose))
        if name == REFERENCE:
            shutil.copy(path, self.folder / "expected.rows")
            return ""
        if not (self.folder / "expected.rows").exists():
            return "nothing to compare with"
        if loose not in self.expected:
            self.expected[loose] = Counter(_read(self.folder / "expected.rows", loose))
        missing, more = self.expected[loose] - found, found - self.expected[loose]
        if not missing and not more:
            same = list(_read(path, loose)) == list(_read(self.folder / "expected.rows", loose))
            return "" if same else "order"
        examples = [f"{what} {next(iter(rows))}"[:200] for what, rows in (("without", missing), ("with", more)) if rows]
        return f"{missing.total():,} rows missing, {more.total():,} others: {'; '.join(examples)}"

    def _first_sight(self) -> None:
        """Measure what a text costs that was never seen, and what a deadline costs, beside bare pyoxigraph."""
        ours, bare = self.workers.get("eudigraph"), self.workers.get(REFERENCE)
        if ours is None or bare is None:
            return
        rows: list[Found] = []
        for case in self.cases:
            if "clock" not in self._place("eudigraph")[case["name"]]:
                continue
            text = case["text"]
            row: dict[str, Any] = {name: [] for name in ("first", "again", "bare", "apart", "beside")}
            # What is sought are milliseconds: the spread of a slow query's times is more.
            small = self._place("eudigraph")[case["name"]]["clock"][0] < 0.1
            row["started"] = ours.ask(do="query", text=text, apart="anew").get("seconds", 0.0)
            for number in range(self.given.runs):
                asked = {"do": "query", "text": f"{text}\n# {number}\n"}
                if small:
                    row["first"].append(ours.ask(first=True, **asked).get("cpu", 0.0))
                    row["again"].append(ours.ask(**asked).get("cpu", 0.0))
                once = bare.ask(**asked)
                row["bare"].append(once.get("cpu", 0.0))
                row["beside"].append(once.get("seconds", 0.0))
                row["apart"].append(ours.ask(apart="kept", **asked).get("seconds", 0.0))
            rows.append({"name": case["name"], **row})
        self.found["own"] = rows


def _read(path: Path, loose: bool) -> Iterator[str]:
    """Yield the rows of a file, each as a text."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if loose:
                yield json.dumps([loosely(cell if cell is None else tuple(cell)) for cell in json.loads(line)])
            else:
                yield json.dumps(json.loads(line))


def machine(given: argparse.Namespace) -> Found:
    """Return what the figures were made on and with."""
    packages = ("eudigraph", "pyoxigraph", "rdflib", "owlready2", "oxigraph", "networkx")
    found: Found = {}
    for name in packages:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    if given.kglab:
        asked = "from importlib.metadata import version as v; print(v('kglab'), v('rdflib'))"
        done = subprocess.run([given.kglab, "-c", asked], capture_output=True, text=True, check=True)  # noqa: S603
        found["kglab"] = "{} (rdflib {})".format(*done.stdout.split())
    return {
        "versions": found,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "runs": given.runs,
        "limit": given.limit,
        "load_limit": given.load_limit,
        "seed": given.seed,
    }


def left_out(given: argparse.Namespace) -> dict[str, str]:
    """Return which engines cannot be measured here, and why."""
    found = {}
    if not given.kglab:
        found["kglab"] = "it needs an environment of its own, and --kglab, the Python of one, was not given"
    if not given.endpoint:
        found["endpoint"] = "--endpoint, the addresses of one, was not given"
    if not Path(sys.executable).with_name("oxigraph").exists():
        found["remote"] = "the package oxigraph, which has Oxigraph's server, is not installed"
    return found


def run(given: argparse.Namespace, kept: Found) -> Found:
    """Measure all sizes that are not kept; return all that there is."""
    gave_up: dict[str, set[str]] = {name: set() for name in (*PEERS, *LOADED)}
    for quads in sorted(given.sizes):
        before = kept["sizes"].get(str(quads))
        if before is None:
            with tempfile.TemporaryDirectory(dir=given.work) as folder:
                began = time.perf_counter()
                load = os.getloadavg()[0]
                found = Size(quads, Path(folder), given, gave_up).measure()
                found |= {"load_average": [load, os.getloadavg()[0]], "took": time.perf_counter() - began}
                found |= {"limit": given.limit, "runs": given.runs, "often": given.often}
            kept["sizes"][str(quads)] = found
            if given.results:
                given.results.write_text(json.dumps(kept, indent=1), "utf-8")
        else:
            for name, place in before["engines"].items():
                steps = {"load": place["load"], **place["queries"]}
                gave_up[name] |= {step for step, measured in steps.items() if measured.get("over")}
    kept["sizes"] = dict(sorted(kept["sizes"].items(), key=lambda item: int(item[0])))
    return kept


def main() -> None:
    """Read the arguments, measure, write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="10000,100000,1000000", help="statements in the files, with commas between")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmark.md"), help="the report; pictures go beside it")
    parser.add_argument("--runs", type=int, default=5)
    told = "runs of short queries by eudigraph and bare pyoxigraph, whose ratio is sought"
    parser.add_argument("--often", type=int, default=OFTEN, help=f"{told}; by default {OFTEN}")
    told = f"seconds of an engine's runs of one query after which there are no more; by default {ENOUGH:.0f}"
    parser.add_argument("--enough", type=float, default=ENOUGH, help=told)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds that a query may take")
    parser.add_argument("--load-limit", type=float, default=LIMIT, help="seconds that loading or building may take")
    parser.add_argument("--kglab", metavar="PYTHON", help="a Python that has kglab; by default it is left out")
    addresses = "QUERIES GRAPHS"
    told = "also over an engine elsewhere, which is filled: its addresses for SPARQL and for the Graph Store, in one"
    parser.add_argument("--endpoint", metavar=f'"{addresses}"', help=told)
    parser.add_argument("--engines", default=",".join(PEERS), help=f"by default all: {', '.join(PEERS)}")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="keep what was measured, and do not measure it again"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="where to put what comes up; by default the system's")
    given = parser.parse_args()
    try:
        given.sizes = [int(size) for size in given.sizes.split(",")]
        for size in given.sizes:
            for_quads(size)
    except ValueError as error:
        parser.error(f"--sizes: {error}")
    if given.endpoint and len(given.endpoint.split()) != 2:
        parser.error(f'--endpoint: give two addresses in one: "{addresses}"')
    chosen = given.engines.split(",")
    unknown = set(chosen) - set(PEERS)
    if unknown:
        parser.error(f"--engines: {', '.join(sorted(unknown))}: there are {', '.join(PEERS)}")
    out = left_out(given)
    given.engines = [name for name in PEERS if name not in out and (name in chosen or name in PEERS[:2])]
    kept: Found = {"sizes": {}}
    if given.results and given.results.exists():
        kept = json.loads(given.results.read_text("utf-8"))
    made = run(given, {**kept, "machine": machine(given), "left_out": {n: w for n, w in out.items() if n in chosen}})
    if not any("built" in found for found in made["sizes"].values()):
        smallest = min(made["sizes"].values(), key=lambda found: found["claims"])
        raise SystemExit(f"eudigraph cannot build: {smallest['engines']['eudigraph']['load']['error']}")
    show.write(made, given.out)


if __name__ == "__main__":
    main()
