"""Queries in a process of their own: the same answers, a process that is kept, and none left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from eudigraph.ask import library, lookup
from eudigraph.engine import answer, isolated, process, store
from eudigraph.engine.isolated import Isolated
from eudigraph.engine.safety import Query, prepare
from eudigraph.model import errors, workspace

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d && ?g != ?j) }"
FLOOD = "SELECT ?a ?d ?g ?j { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HUNGRY = "SELECT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g"
SMALL = "SELECT ?country { ?country a eud:Country }"


@pytest.fixture
def apart(built: store.Built) -> Iterator[Isolated]:
    yield Isolated(built.generation / "store")
    gc.collect()


def kept(apart: Isolated) -> list[int]:
    return [worker._process.pid for worker in apart._kept]


def is_running(pid: int) -> bool:
    with suppress(OSError):
        os.kill(pid, 0)
        return True
    return False


@pytest.mark.parametrize(
    "text",
    [
        SMALL + " ORDER BY ?country",
        "SELECT ?text ?nothing"
        " { VALUES ?text { 'a\\u0000\\t\\n\\\\\\\"\\U0001F600' 'x'@en-gb 1.50 01 1e0 true '2023'^^xsd:gYear } }",
        "SELECT ?term { BIND(<<( country:japan eud:cooperatesOn 'b'@fr )>> AS ?term) }",
        "SELECT ?blank { ?blank a owl:Restriction } ORDER BY ?blank",
        "SELECT ?x { ?x a eud:Nothing }",
        "SELECT * {}",
        "ASK { country:japan a eud:Country }",
        "ASK { country:japan a eud:Topic }",
        "CONSTRUCT WHERE { ?blank a owl:Restriction ; owl:onProperty ?property }",
        "DESCRIBE country:japan",
        "DESCRIBE country:nowhere",
    ],
)
def test_a_worker_gives_the_answers_of_this_process(apart: Isolated, built: store.Built, text: str) -> None:
    here, there = answer.run(built.store, prepare(text)), apart.run(prepare(text))
    if here.triples is not None and there.triples is not None:
        here.triples.sort(key=str)
        there.triples.sort(key=str)
    assert there == here


def test_a_worker_gives_the_librarys_answers_of_this_process(
    apart: Isolated, built: store.Built, checkout: workspace.Workspace
) -> None:
    examples = {"who": "Thierry Breton", "subject": "Japan", "one": "India", "other": "Japan"}
    examples["since"] = "2023-01-01"
    for query in library.load_library(checkout).values():
        needed = {name: examples[name] for name, parameter in query.parameters.items() if parameter.required}
        text = library.bind(query, lookup.resolve(built.store, query, needed)[0])
        assert apart.run(prepare(text)) == answer.run(built.store, prepare(text))


def test_a_worker_is_kept_after_an_invalid_query(apart: Isolated) -> None:
    apart.run(prepare(SMALL))
    (pid,) = kept(apart)
    for limit in (None, 1, 100):
        assert apart.run(prepare(SMALL), limit=limit).cut is (limit == 1)
    with pytest.raises(errors.UsageError, match=r"no prefix nope: is known \(line:1\)"):
        apart.run(prepare("SELECT * { ?x nope:y ?z }"))
    assert kept(apart) == [pid]


@pytest.mark.parametrize("text", [ENDLESS, FLOOD], ids=["no row", "rows without end"])
def test_a_worker_that_reached_its_timeout_is_replaced(apart: Isolated, text: str) -> None:
    apart.run(prepare(SMALL))
    (pid,) = kept(apart)
    with pytest.raises(errors.QueryTimeout, match=r"did not end within 0\.3 seconds"):
        apart.run(prepare(text), timeout=0.3)
    assert not kept(apart)
    assert not is_running(pid)
    assert len(apart.run(prepare(SMALL)).rows) == 7


def test_a_worker_with_rows_left_to_send_is_ended(apart: Isolated) -> None:
    answer = apart.run(prepare(FLOOD), limit=10)
    assert (len(answer.rows), answer.cut) == (10, True)
    assert not kept(apart)


def test_a_worker_whose_query_took_long_is_not_kept(apart: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eudigraph.engine.isolated.LONG", 0.0)
    apart.run(prepare(SMALL))
    assert not kept(apart)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no such signal")
def test_a_worker_that_was_killed_while_idle_is_replaced(apart: Isolated) -> None:
    apart.run(prepare(SMALL))
    (pid,) = kept(apart)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert len(apart.run(prepare(SMALL)).rows) == 7
    assert kept(apart) != [pid]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no such signal")
def test_a_worker_that_is_killed_during_a_query_is_reported(apart: Isolated) -> None:
    apart.run(prepare(SMALL))
    (pid,) = kept(apart)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(apart.run, prepare(ENDLESS))
        time.sleep(0.5)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(errors.QueryTimeout, match="took too much memory and was ended"):
            asking.result()
    assert len(apart.run(prepare(SMALL)).rows) == 7


def test_of_the_workers_of_many_queries_at_once_one_is_kept(apart: Isolated) -> None:
    texts = [f"SELECT ?x {{ VALUES ?x {{ {number} }} ?s a eud:Country }}" for number in range(24)]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(apart.run, map(prepare, texts)))
    assert [[row[0].value for row in answer.rows] for answer in answers] == [[str(n)] * 7 for n in range(24)]
    assert len(kept(apart)) == 1


def test_a_worker_ends_with_its_client(built: store.Built) -> None:
    apart = Isolated(built.generation / "store")
    apart.run(prepare(SMALL))
    (pid,) = kept(apart)
    del apart
    gc.collect()
    assert not is_running(pid)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_fork_has_a_worker_of_its_own_and_leaves_the_other_alone(built: store.Built) -> None:
    program = f"""
import os
from pathlib import Path
from eudigraph.engine.isolated import Isolated
from eudigraph.engine.safety import prepare
apart = Isolated(Path({str(built.generation / "store")!r}))
def ask():
    print(len(apart.run(prepare({SMALL!r})).rows), apart._kept[0]._process.pid, flush=True)
ask()
child = os.fork()
ask()
if child:
    os.waitpid(child, 0)
    ask()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["7"] * 4
    assert len(set(lines)) == 2
    assert lines.count(lines[0]) == 3


def test_a_store_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreError, match="built anew, and what was opened is gone; open it again"):
        Isolated(tmp_path / "nothing").run(prepare(SMALL))


def test_a_worker_that_does_not_start_is_reported(built: store.Built, monkeypatch: pytest.MonkeyPatch) -> None:
    apart = Isolated(built.generation / "store")
    monkeypatch.setattr("eudigraph.engine.process.command", lambda _: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(errors.StoreError, match=r"did not come up \(it ended with 3\)"):
        apart.run(prepare(SMALL))
    monkeypatch.setattr("eudigraph.engine.process.command", lambda _: [str(built.generation / "nothing")])
    with pytest.raises(errors.StoreError, match="no process can be started to run queries"):
        apart.run(prepare(SMALL))


@pytest.mark.slow
def test_a_text_that_is_too_long_to_be_read_is_told(apart: Isolated) -> None:
    doubled = "".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1}) " for n in range(25))
    for query in ("SELECT ?x25 {{ {0} }}", "CONSTRUCT {{ <a:b> <a:c> ?x25 }} {{ {0} }}"):
        with pytest.raises(errors.QueryTimeout, match="a text of more than 16 MB"):
            apart.run(prepare(query.format(f"BIND('x' AS ?x0) {doubled}")))
    assert len(apart.run(prepare(SMALL)).rows) == 7


def test_a_query_that_is_too_deep_is_told(apart: Isolated) -> None:
    with pytest.raises(errors.QueryTimeout, match="too long or too deep for the engine"):
        apart.run(Query("select", f"SELECT ({'1+' * 100_000}1 AS ?x) {{}}"))


@pytest.mark.skipif(not Path("/proc").exists(), reason="what became of a process is read in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_does_not_outlive_its_client(built: store.Built, how: signal.Signals) -> None:
    program = f"""
from pathlib import Path
from eudigraph.engine.isolated import Isolated
from eudigraph.engine.safety import prepare
apart = Isolated(Path({str(built.generation / "store")!r}))
apart.run(prepare({SMALL!r}))
print(apart._kept[0]._process.pid, flush=True)
apart.run(prepare({ENDLESS!r}))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout
        pid = int(asking.stdout.readline())
        time.sleep(0.5)
        assert state(pid) == "R"
        asking.send_signal(how)
        asking.wait()
    time.sleep(0.5)
    assert state(pid) in ("Z", "X", "")  # it has ended, whether or not anybody has asked how


def state(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def test_a_client_that_is_interrupted_leaves_no_thread_behind(built: store.Built) -> None:
    """However often, and in whatever moment: the process that asks ends at once."""
    program = f"""
import os, signal, threading, time
from pathlib import Path
from eudigraph.engine.isolated import Isolated
from eudigraph.engine.safety import prepare
apart = Isolated(Path({str(built.generation / "store")!r}))
def interrupt():
    for sent in range(1, 41):
        while not asking:  # elsewhere, nothing would catch it
            time.sleep(0.001)
        time.sleep(0.013)
        os.kill(os.getpid(), signal.SIGINT)
        while seen < sent:  # two at once would count as one
            time.sleep(0.001)
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
apart.run(prepare({SMALL!r}))
asking, seen = False, 0
threading.Thread(target=interrupt, daemon=True).start()
while seen < 40:
    try:
        asking = True
        while True:
            apart.run(prepare({SMALL!r}))
    except KeyboardInterrupt:
        asking = False
        seen += 1
print(len(apart.run(prepare({SMALL!r})).rows))
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "7\n", done.stderr
    assert time.monotonic() - began < answer.TIMEOUT / 2


def test_nothing_is_imported_from_the_folder_one_is_in(built: store.Built, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('imported from here')")
    program = f"""
from pathlib import Path
from eudigraph.engine.isolated import Isolated
from eudigraph.engine.safety import prepare
print(len(Isolated(Path({str(built.generation / "store")!r})).run(prepare({SMALL!r})).rows))
"""
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("7\n", "")


@pytest.mark.slow
def test_in_a_process_of_its_own_a_query_may_take_as_much_memory(built: store.Built) -> None:
    with pytest.raises(errors.QueryTimeout, match="took too much memory and was ended"):
        Isolated(built.generation / "store").run(prepare(HUNGRY), limit=3)


@pytest.mark.slow
def test_an_answer_too_large_to_hold_is_ended(built: store.Built, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's own process holds little of it; it is the one that collects the rows that must be spared."""
    monkeypatch.setattr(isolated, "MAX_ANSWER", 1024**2)
    with pytest.raises(errors.QueryTimeout, match="the answer is larger than 1 MB; make the query narrower"):
        Isolated(built.generation / "store").run(prepare(FLOOD))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system cannot end a process by a timer")
def test_a_worker_ends_its_query_even_if_its_client_is_gone(built: store.Built) -> None:
    """The process of the query outlives the one that asked, if that is killed; then it ends itself."""
    said = process.line({"store": str(built.generation / "store")})
    said += process.line({"form": "select", "text": ENDLESS, "seconds": 1 - process._GRACE})
    command = [sys.executable, "-m", "eudigraph.engine.isolated"]
    done = subprocess.run(command, input=said, capture_output=True, timeout=20, check=False)
    assert done.returncode == -signal.SIGALRM


def test_a_script_without_a_guard_can_ask(built: store.Built, tmp_path: Path) -> None:
    """What calls us is not run again in the process of the query."""
    script = tmp_path / "script.py"
    folder = str(built.generation / "store")
    script.write_text(
        "from pathlib import Path\nfrom eudigraph.engine.isolated import Isolated\n"
        "from eudigraph.engine.safety import prepare\nprint('once')\n"
        f"print(Isolated(Path({folder!r})).run(prepare('ASK {{ ?s ?p ?o }}')).truth)\n",
        "utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "once\nTrue\n"


def test_queries_leave_the_store_as_it_is(built: store.Built) -> None:
    files = {p.name: p.stat().st_mtime_ns for p in (built.generation / "store").iterdir()}
    Isolated(built.generation / "store").run(prepare("SELECT * { ?s ?p ?o } LIMIT 1"))
    assert files == {p.name: p.stat().st_mtime_ns for p in (built.generation / "store").iterdir()}
