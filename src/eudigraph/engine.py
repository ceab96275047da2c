"""Running a query that may never end, in a process of its own that can be ended.

A running query cannot be interrupted from within: the engine does not listen to signals, so a deadline needs a process.
It opens the store for reading only. This module imports little, since each such process imports it anew.
"""

from __future__ import annotations

import os
import pickle
import queue
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pyoxigraph import DefaultGraph, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store, Triple

from eudigraph.errors import QueryTimeout, UsageError
from eudigraph.names import PREFIXES, cut
from eudigraph.sparql import Triplestore, harmless

TIMEOUT = 60.0
"""Seconds a query may take unless told otherwise."""
MAX_TIMEOUT = 24 * 3600.0
"""Seconds a query may be allowed at most."""
MEMORY = 4 * 1024**3
"""Bytes of address space a query's process may take, where the system can limit it."""
MAX_ANSWER = 256 * 1024**2
"""Bytes of the largest answer that is collected, as the processes exchange it; in memory it takes some times more."""
_BATCH = 1000
_LENGTH = struct.Struct("!Q")
_GRACE = 5
"""Seconds after its deadline at which a query's process ends itself, if the one that asked has not ended it."""

Term = Any
"""A term of pyoxigraph; None in a row for a variable without value."""


@dataclass
class Answer:
    """What a query gave: ``rows`` over ``variables`` (SELECT), ``truth`` (ASK), or ``triples`` (CONSTRUCT, DESCRIBE).

    A row is a tuple or pyoxigraph's own, which reads like one: to make tuples of these takes as long as small queries
    do. ``cut`` is true if there would have been more than the limit.
    """

    variables: list[str] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    truth: bool | None = None
    triples: list[Triple] | None = None
    cut: bool = False


@dataclass(frozen=True)
class Graphs:
    """The graphs that a query sees: in its default graph, and by name; all, unless told otherwise.

    See the SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/#dataset).
    """

    default: tuple[NamedNode | DefaultGraph, ...] = (DefaultGraph(),)
    named: tuple[NamedNode, ...] | None = None


def run(store: Path, text: str, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
    """Run an inspected query on the store in a folder, within a time, and return at most ``limit`` rows or triples.

    Raises QueryTimeout for a query that takes too long or too much memory, UsageError for one the engine rejects.
    """
    if not 0 < timeout <= MAX_TIMEOUT:
        raise UsageError(f"a timeout of {timeout:g} seconds is not possible; give up to {MAX_TIMEOUT:,.0f} seconds")
    request = pickle.dumps((str(store), text, limit, timeout))
    # Not multiprocessing: that would run the script of whoever calls us once more in the new process.
    package = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", "eudigraph.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it prints when it runs out of memory is not for the reader; we say it
        env={**os.environ, "PYTHONPATH": path},
    )
    parts: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_receive, args=(process.stdout, parts), daemon=True)
    try:
        with suppress(OSError), process.stdin as stdin:  # type: ignore[union-attr]
            stdin.write(request)
        reader.start()
        return _collect(parts, time.monotonic() + timeout, timeout)
    finally:
        process.kill()
        process.wait()
        reader.join()
        if process.stdout:
            process.stdout.close()


def answer(store: Triplestore, text: str, *, limit: int | None = None, graphs: Graphs = Graphs()) -> Answer:
    """Run an inspected query in this process, without a deadline. Raises UsageError for one the engine rejects."""
    collected = Answer()
    for kind, value in _results(store, text, limit, graphs):
        _add(collected, kind, value)
    return collected


def _receive(stream: IO[bytes], parts: queue.SimpleQueue[bytes | None]) -> None:
    """Read the parts that the process sends, each behind its length, until it has no more; then put None."""
    size = 0
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        part = stream.read(_LENGTH.unpack(head)[0])
        parts.put(part)
        size += len(part)
        if size > MAX_ANSWER:
            return  # who collects has seen it by now, and ends the process
    parts.put(None)


def _collect(parts: queue.SimpleQueue[bytes | None], deadline: float, timeout: float) -> Answer:
    collected = Answer()
    size = 0
    while True:
        try:
            data = parts.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise QueryTimeout(
                f"the query did not end within {timeout:g} seconds; make it narrower, or allow more with --timeout"
            ) from None
        if data is None:
            raise QueryTimeout("the query took too much memory and was ended; make it narrower")
        size += len(data)
        if size > MAX_ANSWER:
            raise QueryTimeout(
                f"the answer is larger than {MAX_ANSWER // 1024**2} MB; make the query narrower, or cut it with --limit"
            )
        kind, value = pickle.loads(data)  # noqa: S301  it comes from a process of ours
        if kind == "end":
            return collected
        if kind == "error":
            raise UsageError(value)
        _add(collected, kind, value)


def _add(collected: Answer, kind: str, value: Any) -> None:
    if kind == "variables":
        collected.variables = value
    elif kind == "rows":
        collected.rows += value
    elif kind == "triples":
        collected.triples = (collected.triples or []) + value
    elif kind == "truth":
        collected.truth = value
    elif kind == "cut":
        collected.cut = True


def _results(store: Triplestore, text: str, limit: int | None, graphs: Graphs = Graphs()) -> Iterator[tuple[str, Any]]:
    """Yield the parts of an answer, rows and triples in batches."""
    readable = harmless(text).rstrip()  # so that a query that breaks off does so on its last line
    try:
        # The default graph is named here, since that overrules any FROM in the text.
        default, named = list(graphs.default), None if graphs.named is None else list(graphs.named)
        results = store.query(readable, prefixes=PREFIXES, default_graph=default, named_graphs=named)
        if isinstance(results, QueryBoolean):
            yield "truth", bool(results)
            return
        batch: list[Any] = []
        kind = "triples" if isinstance(results, QueryTriples) else "rows"
        if isinstance(results, QuerySolutions):
            yield "variables", [v.value for v in results.variables]
        else:
            yield "triples", []
        for number, item in enumerate(results):
            if limit is not None and number >= limit:
                yield "cut", True
                break
            batch.append(item)
            if len(batch) >= _BATCH:
                yield kind, batch
                batch = []
        yield kind, batch
    except SyntaxError as error:
        raise UsageError(_explain(readable, str(error))) from error
    except (ValueError, RuntimeError, OSError) as error:
        raise UsageError(f"the query cannot be run: {_first_line(str(error))}") from error


def _explain(text: str, message: str) -> str:
    """Return what the engine says of a query that it cannot read, for people.

    It lists all that could have come at the furthest place it reached; of use are the place and, among these, the
    sentences, such as "Prefix not found".
    """
    found = re.match(r"error at (\d+):(\d+): expected (?:one of )?(.*)", message, re.DOTALL)
    if not found:
        return f"this is no SPARQL query: {_first_line(message)}; correct it"
    line, column = int(found[1]), int(found[2])
    where = f"line:{line}, column:{column}"
    reason = next((part for part in found[3].split(", ") if re.match(r"[A-Z]\w* [\w ]+", part)), None)
    if reason is None:
        return f"this is no SPARQL query: it cannot be read on from {where}; correct it there or just before"
    prefix = re.search(r"([\w.-]*):[^\s:]*$", text.split("\n")[line - 1][: column - 1])
    if reason == "Prefix not found" and prefix:
        name = cut(prefix[1])
        return f"this is no SPARQL query: no prefix {name}: is known (line:{line}); declare it with PREFIX {name}: <…>"
    return f"this is no SPARQL query: {_first_line(reason)} ({where}); correct it there or just before"


def _first_line(text: str) -> str:
    return cut(text.strip().split("\n")[0], 300)


def _serve() -> None:
    """Answer the request on standard input: send the parts, then ``end``; or ``error`` with what the engine said."""
    store, text, limit, timeout = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  our caller wrote it
    restrict()
    alarm(timeout + _GRACE)
    with suppress(BrokenPipeError):
        try:
            for part in _results(Store.read_only(store), text, limit):
                _send(part)
            _send(("end", None))
        except UsageError as error:
            _send(("error", str(error)))
        except OSError as error:
            _send(("error", f"the query cannot be run: the store cannot be read ({error})"))


def _send(part: tuple[str, Any]) -> None:
    kind, value = part
    data = pickle.dumps((kind, [tuple(row) for row in value]) if kind == "rows" else part)
    sys.stdout.buffer.write(_LENGTH.pack(len(data)) + data)
    sys.stdout.buffer.flush()


def alarm(seconds: float) -> None:
    """Have the system end this process after so many seconds, and no sooner; never after 0.

    Whoever asked ends us at the deadline. Should it be killed before, the system does: no Python is needed for that.
    """
    with suppress(AttributeError):  # not on Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)


def restrict() -> None:
    """Limit the memory this process may take, as far as the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _serve()
