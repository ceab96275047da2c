"""How many small queries a second the server answers, how long they take beside an endless one, and a soak.

    python benchmarks/server.py --store DIR               figures, as a table
    python benchmarks/server.py --store DIR --soak 60     an hour of mixed load: answers compared, memory watched

Clients are coroutines of this process, on the same cores as the server: a closed loop of so many, each with a
connection that it keeps. Every answer is compared with what the same request gave when it was asked alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

CLIENTS = 16
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d && ?g != ?j) }"
JSON = "application/sparql-results+json"
SEED = 1
ENGINES = 4
REFUSED = 0.02
"""How many of the answers of a soak may say that the server is busy: others may have the machine just then."""
GROWTH = 1.2
"""How much more memory than early in a soak its processes may take at its end."""


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


async def prepared(port: int) -> list[Request]:
    """Return small requests of all kinds, with the answers that they give alone."""
    connection = Connection(port)
    found = await connection.ask(Request(f"/sparql?{urlencode({'query': 'SELECT ?x { ?x a eud:Country }'})}", JSON))
    countries = re.findall(rb'"value":"([^"]+)"', found[1])[:6]
    requests = [Request(f"/api/queries/topics?country={quote(c.decode())}") for c in countries]
    requests += [Request(f"/api/queries/partnerships?country={quote(c.decode())}") for c in countries]
    for country in countries:
        text = f"SELECT ?topic {{ <{country.decode()}> eud:cooperatesOn ?topic }} ORDER BY ?topic LIMIT 20"
        requests.append(Request(f"/sparql?{urlencode({'query': text})}", JSON))
        requests.append(Request(f"/id/{country.decode().partition('/eudigraph/')[2]}", "text/turtle"))
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
    """Return the bytes that a server holds in memory, with as many engines as it has, each like the average of them.

    Now and then one has just ended, and the next is not yet there.
    """
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    held = [size for number in children if (size := _resident(number))]
    return _resident(str(pid)) + ENGINES * sum(held) // max(1, len(held))


def _resident(pid: str) -> int:
    with suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
        return 1024 * int(found[1]) if found else 0
    return 0


async def figures(options: Sequence[object], seconds: float) -> int:
    """Print the table; return 1 if a target is missed."""
    async with serving(options, ENGINES, 30.0) as (port, pid):
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
        print(f"Memory of the server with its engines: {memory(pid) / 1e6:,.0f} MB.")
        return int(rates["library queries"] < 400 or ratio >= 5)


async def soak(options: Sequence[object], minutes: float) -> int:
    """Load the server with all that comes; return 1 if an answer was wrong or lost, or memory grew."""
    seconds = minutes * 60
    async with serving(options, ENGINES, 3.0) as (port, pid):
        requests = await prepared(port)
        stop = asyncio.Event()
        running = asyncio.ensure_future(endless(port, stop))
        vanishing = asyncio.ensure_future(_vanishing(port, stop))
        held: list[int] = []
        tally = Tally()
        parts = 20
        for number in range(parts):
            found = await load(port, requests, 8, seconds / parts, 0.1)
            tally.took += found.took
            tally.statuses += found.statuses
            tally.wrong += found.wrong
            tally.seconds += found.seconds
            held.append(memory(pid))
            print(
                f"{(number + 1) / parts * minutes:6.1f} min: {held[-1] / 1e6:7.1f} MB, {dict(found.statuses)}",
                flush=True,
            )
        stop.set()
        await asyncio.gather(running, vanishing)
        early, late = statistics.median(held[2 : parts // 3]), statistics.median(held[-parts // 4 :])
        refused = tally.statuses[503] + tally.statuses[504]
        lost = sum(tally.statuses.values()) - tally.statuses[200] - refused
        print(
            f"{len(tally.took):,} answers in {tally.seconds / 60:.1f} min, {len(tally.wrong)} wrong, {lost} lost, "
            f"{refused} told to come again; "
            f"99 % within {tally.percentile(0.99):.0f} ms; memory {early / 1e6:.0f} MB early, {late / 1e6:.0f} MB late"
        )
        return int(bool(tally.wrong) or lost > 0 or refused > REFUSED * len(tally.took) or late > GROWTH * early)


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
    options = ["--store", given.store, *(() if given.in_memory is None else ("--in-memory", given.in_memory))]
    work = soak(options, given.soak) if given.soak else figures(options, given.seconds)
    sys.exit(asyncio.run(work))


if __name__ == "__main__":
    main()
