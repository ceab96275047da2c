"""The benchmark: its data are the same each time, its engines agree, and its report says what they did."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import parse

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import generate  # noqa: E402
import run  # noqa: E402
import show  # noqa: E402

QUADS = 1000
ENGINES = ("eudigraph", "memory", "pyoxigraph", "rdflib", "owlready2")


def script(name: str, *args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / name), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def statements(folder: Path) -> int:
    paths = [*folder.glob("graph/**/*.t*"), folder / "ontology" / "generated-topics.ttl"]
    return sum(sum(1 for _ in parse(path=str(path))) for path in paths)


# ---------------------------------------------------------------- The data


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    entities, claims = generate.for_quads(QUADS)
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        generate.generate(tmp_path / name, entities=entities, claims=claims, seed=seed)
    assert files(tmp_path / "one") == files(tmp_path / "again")
    assert files(tmp_path / "one") != files(tmp_path / "other")


@pytest.mark.parametrize(("quads", "within"), [(1000, 0.1), (10_000, 0.04), (30_000, 0.03)])
def test_as_many_quads_are_made_as_were_asked_for(tmp_path: Path, quads: int, within: float) -> None:
    assert script("generate.py", "--quads", quads, tmp_path / "w").returncode == 0
    assert abs(statements(tmp_path / "w") - quads) <= within * quads


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--quads", 10), "give at least 758 quads"),
        (("--quads", 10_000, "--claims", 5), "--quads already says how many things and claims there are"),
        (("--quads", 10_000, "--seed", -1), "a seed is a number from 0"),
    ],
)
def test_a_size_that_cannot_be_is_refused(tmp_path: Path, args: tuple[object, ...], said: str) -> None:
    done = script("generate.py", *args, tmp_path / "w")
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@pytest.mark.parametrize("topics", [*range(5, 65), 400])
def test_there_are_names_for_any_number_of_topics(topics: int) -> None:
    """From 27 to 31 topics of one field the last ones once had no name left."""
    entities = next(n for n in range(50, 20_000) if generate.sizes(n)[generate.TOPIC] == topics)
    made = generate.World(entities, seed=1).topics
    assert len({topic.label for topic in made}) == len(made) == topics


# ---------------------------------------------------------------- The runner


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results and the report of a small run, without kglab and a server.

    rdflib takes a quarter of a minute for one of the queries, and several times that where others are at work; it is
    not asked again what took it more than three seconds.
    """
    folder = tmp_path_factory.mktemp("benchmark")
    often = ("--runs", 1, "--often", 3, "--enough", 3)
    args = ("--sizes", QUADS, *often, "--limit", 240, "--engines", ",".join(ENGINES))
    done = script("run.py", *args, "--results", folder / "results.json", "--out", folder / "docs" / "report.md")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return folder


@pytest.fixture
def measured(ran: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ran / "results.json").read_text("utf-8"))["sizes"][str(QUADS)]
    return found


@pytest.mark.slow
def test_the_engines_give_the_same_rows(measured: dict[str, Any]) -> None:
    """rdflib answers nearly everything; of what owlready2 answers, or not, there is a report.

    Of four queries rdflib's own evaluation gives other rows, or none: it binds in VALUES beside OPTIONAL what the
    standard does not. The engines that are supported are compared on all queries in the tests of endpoints.
    """
    engines = measured["engines"]
    for name in ("eudigraph", "memory", "rdflib"):
        answered = engines[name]["queries"]
        assert set(answered) == {*measured["cases"]}
        others = ("compare", "hosts-and-presidencies", "initiatives", "unsupported") if name == "rdflib" else ()
        same = {case: q for case, q in answered.items() if case.partition(" (")[0] not in others}
        assert {case: q.get("same", q.get("error")) for case, q in same.items()} == {
            case: "order" if q.get("same") == "order" else "" for case, q in same.items()
        }
    owlready2 = engines["owlready2"]["queries"]
    assert all(("same" in q) != ("error" in q) for q in owlready2.values())
    assert "error" in owlready2["evidence"]


@pytest.mark.slow
def test_the_queries_have_rows(measured: dict[str, Any]) -> None:
    """Else their comparison would say nothing."""
    found = {case: q["rows"] for case, q in measured["engines"]["pyoxigraph"]["queries"].items()}
    assert sum(1 for rows in found.values() if rows) >= 0.7 * len(found)
    assert found[show.NETWORK] > 0


@pytest.mark.slow
def test_times_memory_and_disk_are_measured(measured: dict[str, Any]) -> None:
    for name in (*run.LOADED, *ENGINES):
        load = measured["engines"][name]["load"]
        assert 0 < load["cpu"] < 60
        assert load["peak"] > 5_000_000
        assert (load["size"] or 0) > 0 or name in ("memory", "rdflib")
    for name in run.LOADED:
        load = measured["engines"][name]["load"]
        assert load["times"] == [load["cpu"]]
    plain, full = (measured["engines"][name]["load"] for name in ("eudigraph", "exports"))
    assert full["size"] > plain["size"] + 100_000
    for query in measured["engines"]["eudigraph"]["queries"].values():
        assert len(query["times"]) == 3
        assert all(0 < seconds < 60 for seconds in query["times"])


@pytest.mark.slow
def test_the_report_has_the_figures_and_the_pictures(ran: Path, measured: dict[str, Any]) -> None:
    report = (ran / "docs" / "report.md").read_text("utf-8")
    for case in measured["cases"]:
        assert f"| {case} |" in report
    for heading in ("Targets", "Sizes", "Load, build, memory, disk", "Queries", "Do they give the same?"):
        assert f"## {heading}\n" in report
    assert str(ran) not in report
    for name in ("load", "ratio", "queries"):
        assert f"(report-{name}.svg)" in report
        assert (ran / "docs" / f"report-{name}.svg").read_text("utf-8").rstrip().endswith("</svg>")


@pytest.mark.slow
def test_a_size_that_was_measured_is_not_measured_again(ran: Path) -> None:
    before = (ran / "results.json").read_bytes()
    args = ("--sizes", QUADS, "--results", ran / "results.json", "--out", ran / "again" / "report.md")
    done = script("run.py", *args)
    assert (done.returncode, done.stderr) == (0, "")
    assert (ran / "results.json").read_bytes() == before
    assert (ran / "again" / "report.md").is_file()


@pytest.mark.slow
def test_a_step_is_ended_at_its_timeout_and_reported(tmp_path: Path) -> None:
    """The build takes longer than a tenth of a second, so nothing can be measured."""
    done = script("run.py", "--sizes", QUADS, "--load-limit", 0.1, "--out", tmp_path / "report.md")
    assert done.returncode == 1
    assert done.stderr.endswith("eudigraph cannot build: over 0.1 s\n")
    assert not (tmp_path / "report.md").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "starts"), [(2, 1), (0.1, 3)])
def test_what_takes_longer_to_load_than_a_query_may_is_not_loaded_anew(
    tmp_path: Path, seconds: float, starts: int
) -> None:
    """An engine in memory that ``seconds`` went by in loading, and that never answers a query."""
    engine = f"""
import json, sys, time
from pathlib import Path
with Path({str(tmp_path / "starts")!r}).open("a") as file:
    file.write("started\\n")
for line in sys.stdin:
    if json.loads(line)["do"] == "query":
        time.sleep(60)
    print(json.dumps({{"size": None, "seconds": {seconds}}}), flush=True)
"""
    given = argparse.Namespace(limit=1.0, load_limit=30.0, endpoint=None)
    worker = run.Worker("rdflib", sys.executable, tmp_path / "rdflib", tmp_path / "data", given)
    worker.command = [sys.executable, "-c", engine]
    assert worker.load()["seconds"] == seconds
    answers = [worker.ask(do="query", text="ASK {}") for _ in range(3)]
    assert all(answer["over"] for answer in answers)
    assert answers[0]["error"] == "over 1 s"
    assert [answer["error"].startswith("not tried") for answer in answers[1:]] == [starts == 1] * 2
    assert worker.process is None
    assert (tmp_path / "starts").read_text("utf-8").count("started") == starts


@pytest.mark.slow
def test_a_size_at_which_a_build_is_too_much_is_reported_beside_the_others(ran: Path, tmp_path: Path) -> None:
    results = json.loads((ran / "results.json").read_text("utf-8"))
    (small,) = results["sizes"].values()
    engines = {"bare": small["engines"]["bare"], "eudigraph": {"queries": {}, "load": {"error": "over 8 GB"}}}
    made = {key: small[key] for key in ("sources", "passages", "claims", "entities", "load_average", "limit")}
    results["sizes"]["9000000"] = {**made, "engines": engines, "cases": []}
    (tmp_path / "results.json").write_text(json.dumps(results), "utf-8")
    args = ("--sizes", f"{QUADS},9000000", "--results", tmp_path / "results.json", "--out", tmp_path / "report.md")
    done = script("run.py", *args)
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "report.md").read_text("utf-8")
    assert "| eudigraph | over 8 GB |" in report
    assert f"| 9,000,000 | {small['sources']} |" in report


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--sizes", "5"), "--sizes: give at least 758 quads"),
        (("--sizes", "many"), "--sizes: invalid literal"),
        (("--engines", "virtuoso"), "--engines: virtuoso: there are eudigraph,"),
    ],
)
def test_wrong_use_is_told(args: tuple[str, ...], said: str) -> None:
    done = script("run.py", *args)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False)


# ---------------------------------------------------------------- What is made of the figures


def test_growth_is_the_power_that_figures_rise_with() -> None:
    assert show.exponent([(10, 3), (100, 300), (1000, 30_000)]) == pytest.approx(2)
    assert show.exponent([(10, 5), (1000, 5)]) == pytest.approx(0)
    assert show.exponent([(10, 5)]) is None


def test_a_ratio_is_the_median_of_the_ratios_run_by_run_between_their_quartiles() -> None:
    assert show.ratios([2, 4, 6, 8, 10, 100], [1, 2, 2, 2, 2.5]) == (2, 3, 4)
    assert all(math.isnan(value) for value in show.ratios([1], []))


@pytest.mark.parametrize(
    ("value", "said"), [(123.4, "123 s"), (1.234, "1.23 s"), (0.0456, "45.6 ms"), (0.00000789, "7.89 µs")]
)
def test_seconds_are_written_in_a_unit_that_suits(value: float, said: str) -> None:
    assert show.seconds(value) == said
