"""How many small queries a second the server answers, how long they take beside an endless one, and a soak.

    python benchmarks/server.py --store DIR               figures, as a table
    python benchmarks/server.py --store DIR --soak 60     an hour of mixed load, with new builds and killed workers:
                                                          answers compared; memory, processes and open files watched

Clients are coroutines of this process, on the same cores as the server: a closed loop of so many, each with a
connection that it keeps. Every answer is compared with what the same request gave when it was asked alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from eudigraph.build import generations
from eudigraph.engine import store

CLIENTS = 16
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d && ?g != ?j) }"
JSON = "application/sparql-results+json"
SEED = 1
WORKERS = 4
REFUSED = 0.02
"""How many of the answers of a soak may say that the server is busy: others may have the machine just then."""
GROWTH = 1.2
"""How much more memory than early in a soak its processes may take at its end."""
FILES = 20
"""How many more files than early in a soak may be open at its end; a worker that reads from disk has a dozen more."""
BUILD, KILL = 15.0, 7.0
"""Seconds between two builds, and between two deaths of a worker, in a soak."""
BACK = 60.0
"""Seconds after a soak in which there must be as many workers as at its start."""


@dataclass
class Request:
    """A path with the format that is wanted, and what it gave when it was asked alone."""

    path: str
    accept: str = "application/json"
    wanted: bytes = b""

    def text(self, port: int) -> bytes:
        """Return the request as it is sent."""
        return f"GET {self.path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: {self.accept}\r\n\r\n".encode()


@dataclass
class Tally:
    """What a load gave: seconds of each answer, statuses, and requests whose answers were wrong."""

    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, part: float) -> float:
        """Return the milliseconds within which a part of the answers came."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    def line(self, name: str) -> str:
        """Return the figures as a row of a table in Markdown."""
        rate = len(self.took) / self.seconds
        times = " | ".join(f"{self.percentile(p):.1f}" for p in (0.5, 0.95, 0.99))
        bad = sum(n for status, n in self.statuses.items() if status != 200) + len(self.wrong)
        return f"| {name} | {rate:,.0f} | {times} | {bad} |"


class Connection:
    """A connection that is kept from one request to the next."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request) -> tuple[int, bytes]:
        """Return status and body."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        reader, writer = self._streams
        writer.write(request.text(self._port))
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        return int(head[9:12]), body

    def close(self) -> None:
        """Break the connection off."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@asynccontextmanager
async def serving(given: Sequence[object], workers: int, timeout: float) -> AsyncIterator[tuple[int, int]]:
    """Run a server with some options; give its port and the number of its process."""
    words = [*given, "--port", 0, "--workers", workers, "--timeout", timeout, "--access-log", os.devnull]
    command = [sys.executable, "-m", "eudigraph", "serve", *map(str, words)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603  it is ours
    try:
        if process.stderr is None:
            raise RuntimeError("the server says nothing")
        found = next(filter(None, (re.search(r"http://.*:(\d+)/", line) for line in process.stderr)), None)
        if not found:
            raise RuntimeError("the server did not start")
        yield int(found[1]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout + 30)


async def load(port: int, requests: Sequence[Request], clients: int, seconds: float, pause: float = 0.0) -> Tally:
    """Have so many clients ask one request after the other for so long."""
    tally = Tally()
    end = time.monotonic() + seconds

    async def client(number: int) -> None:
        chance = random.Random(f"{SEED} {number}")  # noqa: S311
        connection = Connection(port)
        while time.monotonic() < end:
            request = chance.choice(requests)
            began = time.perf_counter()
            status, body = await connection.ask(request)
            tally.took.append(time.perf_counter() - began)
            tally.statuses[status] += 1
            if status == 200 and body != request.wanted:
                tally.wrong.append(request.path)
            if pause:
                await asyncio.sleep(pause * chance.random() * 2)
        connection.close()

    began = time.monotonic()
    await asyncio.gather(*(client(number) for number in range(clients)))
    tally.seconds = time.monotonic() - began
    return tally


async def prepared(port: int, exports: Sequence[str] = ()) -> list[Request]:
    """Return small requests of all kinds, and for some exports, with the answers that they give alone."""
    connection = Connection(port)
    found = await connection.ask(Request(f"/sparql?{urlencode({'query': 'SELECT ?x { ?x a eud:Country }'})}", JSON))
    countries = re.findall(rb'"value":"([^"]+)"', found[1])[:6]
    requests = [Request(f"/api/queries/topics?country={quote(c.decode())}") for c in countries]
    requests += [Request(f"/api/queries/partnerships?country={quote(c.decode())}") for c in countries]
    for country in countries:
        text = f"SELECT ?topic {{ <{country.decode()}> eud:cooperatesOn ?topic }} ORDER BY ?topic LIMIT 20"
        requests.append(Request(f"/sparql?{urlencode({'query': text})}", JSON))
        requests.append(Request(f"/id/{country.decode().partition('/eudigraph/')[2]}", "text/turtle"))
    requests += [Request(f"/data/{name}", "*/*") for name in exports]
    for request in requests:
        status, request.wanted = await connection.ask(request)
        if status != 200:
            raise RuntimeError(f"{request.path}: {status}")
    connection.close()
    return requests


async def endless(port: int, stop: asyncio.Event) -> None:
    """Keep one endless query running."""
    request = Request(f"/sparql?{urlencode({'query': ENDLESS})}", JSON)
    while not stop.is_set():
        connection = Connection(port)
        asking = asyncio.ensure_future(connection.ask(request))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (asking, stopping):
            task.cancel()
        await asyncio.gather(asking, stopping, return_exceptions=True)
        connection.close()


def memory(pid: int) -> int:
    """Return the bytes that a server holds in memory, with as many workers as it has, each like the average of them.

    Now and then one has just ended, and the next is not yet there.
    """
    held = [size for number in workers(pid) if (size := _resident(number))]
    return _resident(str(pid)) + WORKERS * sum(held) // max(1, len(held))


def workers(pid: int) -> list[str]:
    """Return the processes of a server's pool."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()


def files(pid: int) -> int:
    """Return how many files a server has open, and the one of its workers that has most."""
    return _open(str(pid)) + max(map(_open, workers(pid)), default=0)


def _open(pid: str) -> int:
    with suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def _resident(pid: str) -> int:
    with suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
        return 1024 * int(found[1]) if found else 0
    return 0


async def figures(options: Sequence[object], seconds: float) -> int:
    """Print the table; return 1 if a target is missed."""
    async with serving(options, WORKERS, 30.0) as (port, pid):
        requests = await prepared(port)
        library = [request for request in requests if request.path.startswith("/api/")]
        kinds = {
            "library queries": library,
            "SPARQL": [request for request in requests if request.path.startswith("/sparql")],
            "things, Turtle": [request for request in requests if request.path.startswith("/id/")],
        }
        await load(port, requests, CLIENTS, 2.0)
        print(f"| {CLIENTS} clients | a second | median ms | 95 % ms | 99 % ms | wrong or refused |")
        print("|---|---:|---:|---:|---:|---:|")
        rates = {}
        for name, chosen in kinds.items():
            found = await load(port, chosen, CLIENTS, seconds)
            print(found.line(name))
            rates[name] = len(found.took) / found.seconds
        # Each client pauses, so that what is measured is how long an answer takes, not how long the queue is.
        usual = await load(port, library, 4, seconds, 0.05)
        print(usual.line("library queries, 4 clients that pause"))
        stop = asyncio.Event()
        running = asyncio.ensure_future(endless(port, stop))
        await asyncio.sleep(2)
        beside = await load(port, library, 4, seconds, 0.05)
        print(beside.line("the same beside an endless query"))
        stop.set()
        await running
        ratio = beside.percentile(0.99) / usual.percentile(0.99)
        print(f"\nBeside an endless query, 99 % of the answers take {ratio:.1f} times their usual (target: below 5).")
        print(f"Memory of the server with its workers: {memory(pid) / 1e6:,.0f} MB.")
        return int(rates["library queries"] < 400 or ratio >= 5)


async def soak(folder: Path, options: Sequence[object], minutes: float) -> int:
    """Load the server with all that comes; return 1 if an answer was wrong or lost, or something grew."""
    seconds = minutes * 60
    exports = [path.name for path in store.open_built(folder).generation.glob("eudigraph.ttl")]
    async with serving(["--store", folder, *options], WORKERS, 3.0) as (port, pid):
        requests = await prepared(port, exports)
        stop = asyncio.Event()
        most: list[int] = []
        besides = [
            asyncio.ensure_future(work)
            for work in (
                endless(port, stop),
                _vanishing(port, stop),
                _building(folder, stop),
                _killing(pid, stop),
                _counting(pid, stop, most),
            )
        ]
        held: list[int] = []
        opened: list[int] = []
        tally = Tally()
        parts = 20
        for number in range(parts):
            found = await load(port, requests, 8, seconds / parts, 0.1)
            tally.took += found.took
            tally.statuses += found.statuses
            tally.wrong += found.wrong
            tally.seconds += found.seconds
            held.append(memory(pid))
            opened.append(files(pid))
            print(
                f"{(number + 1) / parts * minutes:6.1f} min: {held[-1] / 1e6:7.1f} MB, {opened[-1]} files, "
                f"{len(workers(pid))} workers, {dict(found.statuses)}",
                flush=True,
            )
        stop.set()
        _, _, builds, kills, _ = await asyncio.gather(*besides)
        back = await _back(port, pid)
        early, late = (statistics.median(part) for part in (held[2 : parts // 3], held[-parts // 4 :]))
        before, after = (statistics.median(part) for part in (opened[2 : parts // 3], opened[-parts // 4 :]))
        refused = tally.statuses[503] + tally.statuses[504]
        lost = sum(tally.statuses.values()) - tally.statuses[200] - refused
        print(
            f"{len(tally.took):,} answers in {tally.seconds / 60:.1f} min, {len(tally.wrong)} wrong, {lost} lost, "
            f"{refused} told to come again; 99 % within {tally.percentile(0.99):.0f} ms; "
            f"{builds} builds, {kills} workers killed, {max(most)} of {WORKERS} at most, all there after {back:.1f} s; "
            f"memory {early / 1e6:.0f} MB early, {late / 1e6:.0f} MB late; open files {before:.0f}, {after:.0f}"
        )
        wrong = bool(tally.wrong) or lost > 0 or refused > REFUSED * len(tally.took) or max(most) > WORKERS
        return int(wrong or back > BACK or late > GROWTH * early or after > before + FILES)


async def _every(seconds: float, stop: asyncio.Event) -> AsyncIterator[None]:
    """Come every so many seconds, until it is time to stop."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
            return
        yield


async def _building(folder: Path, stop: asyncio.Event) -> int:
    """Build anew, now and then, what comes out the same; return how often."""
    count = 0
    async for _ in _every(BUILD, stop):
        await asyncio.to_thread(_rebuild, folder)
        count += 1
    return count


def _rebuild(folder: Path) -> None:
    manifest = store.manifest_of(folder)
    with generations.new_generation(folder) as aside:
        shutil.copytree(folder / str(manifest.generation), aside, dirs_exist_ok=True)
        generations.commit(folder, aside, manifest)


async def _killing(pid: int, stop: asyncio.Event) -> int:
    """Kill a worker now and then, at work or not; return how often."""
    chance = random.Random(SEED)  # noqa: S311
    count = 0
    async for _ in _every(KILL, stop):
        if found := workers(pid):
            with suppress(OSError):  # it has just ended
                os.kill(int(chance.choice(found)), signal.SIGKILL)
                count += 1
    return count


async def _counting(pid: int, stop: asyncio.Event, most: list[int]) -> None:
    """Look all the time how many workers there are."""
    async for _ in _every(0.02, stop):
        most.append(len(workers(pid)))


async def _back(port: int, pid: int) -> float:
    """Return after how many seconds all workers are there and at rest; twice what is allowed if they never are."""
    began = time.monotonic()
    connection = Connection(port)
    try:
        while (passed := time.monotonic() - began) < BACK:
            said = json.loads((await connection.ask(Request("/health")))[1])
            if (said["workers"], said["busy"], len(workers(pid))) == (WORKERS, 0, WORKERS):
                return passed
            await asyncio.sleep(0.1)
    finally:
        connection.close()
    return 2 * BACK


async def _vanishing(port: int, stop: asyncio.Event) -> None:
    """Ask for what takes long, and go away before it comes."""
    chance = random.Random(SEED)  # noqa: S311
    while not stop.is_set():
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(Request(f"/sparql?{urlencode({'query': ENDLESS})}", JSON).text(port))
            await asyncio.sleep(chance.random())
            writer.close()
        await asyncio.sleep(5)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True, help="folder of a build")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="soak instead")
    parser.add_argument("--in-memory", type=int, metavar="STATEMENTS", help="as for eudigraph serve")
    given = parser.parse_args()
    options = () if given.in_memory is None else ("--in-memory", given.in_memory)
    if given.soak:
        with tempfile.TemporaryDirectory() as folder:  # what is given is not built anew
            copied = shutil.copytree(given.store, Path(folder) / "build", symlinks=True)
            sys.exit(asyncio.run(soak(copied, options, given.soak)))
    sys.exit(asyncio.run(figures(["--store", given.store, *options], given.seconds)))


if __name__ == "__main__":
    main()
