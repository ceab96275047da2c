"""A server in a process of its own, as the tests of the server start and ask it."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from eudigraph.build import generations
from eudigraph.engine import store

COUNTRIES = "SELECT ?x { ?x a eud:Country } ORDER BY ?x"
"""A query that ends soon."""
TIMEOUT = 2.5
# The constants are made small, so that the tests need not wait for long.
START = f"""
import sys
from eudigraph.cli import main
from eudigraph.serve import app, guard, pool, run
run.HEAD_SECONDS, guard.BODY_SECONDS, guard.SEND_SECONDS = 1, 1.0, 1.0
app._LOOK, pool.PATIENCE = 0.2, {TIMEOUT + 1}
sys.argv[0] = "eudigraph"
main.main()
"""


@dataclass
class Answer:
    """A reply: status, header fields by their names in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media(self) -> str:
        return self.headers["content-type"].partition(";")[0]

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    def column(self, name: str = "x") -> list[str]:
        """The values of a variable; none if there is no answer."""
        rows = self.json()["results"]["bindings"] if self.status == 200 else []
        return [row[name]["value"] for row in rows if name in row]


@dataclass
class Client:
    """A server, and how to ask it."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def host(self) -> str:
        """What a client sends as Host."""
        return f"127.0.0.1:{self.port}"

    def ask(self, path: str, *, method: str = "GET", body: Any = None, timeout: float = 20, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, given)
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def query(
        self, text: str, accept: str = "application/sparql-results+json", *, form: str = "", **more: Any
    ) -> Answer:
        """Send a query; ``more`` has ``_`` for ``-``."""
        given = {name.replace("_", "-"): value for name, value in more.items()}
        given = {"query": text, **given, **({"format": form} if form else {})}
        return self.ask(f"/sparql?{urlencode(given, doseq=True)}", accept=accept)

    def workers(self) -> list[int]:
        """The processes of the pool."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        return [int(pid) for pid in found]


@contextmanager
def serving(folder: Path, log: Path, *words: object, space: Path | None = None) -> Iterator[Client]:
    """Run a server on a free port; it must stop when it is told to."""
    given = [*map(str, words), *(["--workspace", str(space)] if space else [])]
    process = subprocess.Popen(
        [sys.executable, "-c", START, "serve", "--store", str(folder), "--port", "0", "--access-log", str(log), *given],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"http://[^:]+:(\d+)/", said)
        assert found, said + process.stderr.read()
        yield Client(process, int(found[1]), log)
    finally:
        process.terminate()
        try:
            process.wait(TIMEOUT + 15)
        finally:
            process.kill()
            process.wait()
            if process.stderr:
                process.stderr.close()


def rebuild(folder: Path) -> None:
    """Put the generation in force once more in force, as a build does that finds nothing changed."""
    manifest = store.manifest_of(folder)
    with generations.new_generation(folder) as aside:
        shutil.copytree(folder / str(manifest.generation), aside, dirs_exist_ok=True)
        generations.commit(folder, aside, manifest)


def wait(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds; fail if it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
