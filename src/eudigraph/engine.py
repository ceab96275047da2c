"""Running a query that may never end, in a process of its own that can be ended.

A running query cannot be interrupted from within: the engine does not listen to signals, so a deadline needs a process.
It opens the store for reading only. This module imports little, since each such process imports it anew.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, Store, Triple

from eudigraph.errors import QueryTimeout, UsageError
from eudigraph.names import PREFIXES

TIMEOUT = 60.0
"""Seconds a query may take unless told otherwise."""
MEMORY = 4 * 1024**3
"""Bytes of address space a query's process may take beyond what it begins with, where the system can limit it."""
_BATCH = 1000

Term = Any
"""A term of pyoxigraph; None in a row for a variable without value."""


@dataclass
class Answer:
    """What a query gave: ``rows`` over ``variables`` (SELECT), ``truth`` (ASK), or ``triples`` (CONSTRUCT, DESCRIBE).

    ``cut`` is true if there would have been more than the limit.
    """

    variables: list[str] = field(default_factory=list)
    rows: list[tuple[Term, ...]] = field(default_factory=list)
    truth: bool | None = None
    triples: list[Triple] | None = None
    cut: bool = False


def run(store: Path, text: str, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
    """Run a checked query on the store in a folder, within a time, and return at most ``limit`` rows or triples.

    Raises QueryTimeout for a query that takes too long or too much memory, UsageError for one the engine rejects.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, str(store), text, limit), daemon=True)
    process.start()
    theirs.close()
    try:
        return _collect(ours, time.monotonic() + timeout, timeout)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def answer(store: Store, text: str, *, limit: int | None = None) -> Answer:
    """Run a checked query in this process, without a deadline. Raises UsageError for one the engine rejects."""
    collected = Answer()
    for kind, value in _results(store, text, limit):
        _add(collected, kind, value)
    return collected


def _collect(ours: Connection, deadline: float, timeout: float) -> Answer:
    collected = Answer()
    while True:
        if not ours.poll(max(0.0, deadline - time.monotonic())):
            raise QueryTimeout(
                f"the query did not end within {timeout:g} seconds; make it narrower, or allow more with --timeout"
            )
        try:
            kind, value = ours.recv()
        except EOFError:
            raise QueryTimeout("the query took too much memory and was ended; make it narrower") from None
        if kind == "end":
            return collected
        if kind == "error":
            raise UsageError(f"the query cannot be run: {value}")
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


def _results(store: Store, text: str, limit: int | None) -> Iterator[tuple[str, Any]]:
    """Yield the parts of an answer, rows and triples in batches."""
    try:
        results = store.query(text, prefixes=PREFIXES)
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
            batch.append(item if kind == "triples" else tuple(item))
            if len(batch) >= _BATCH:
                yield kind, batch
                batch = []
        yield kind, batch
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise UsageError(f"the query cannot be run: {str(error).strip().splitlines()[0][:300]}") from error


def _child(pipe: Connection, store: str, text: str, limit: int | None) -> None:
    """Run in the child: send the parts of the answer, then ``end``; or ``error`` with what the engine said."""
    _limit_memory()
    with suppress(BrokenPipeError):
        try:
            for part in _results(Store.read_only(store), text, limit):
                pipe.send(part)
            pipe.send(("end", None))
        except UsageError as error:
            pipe.send(("error", str(error).removeprefix("the query cannot be run: ")))
        except OSError as error:
            pipe.send(("error", f"the store cannot be read ({error})"))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
