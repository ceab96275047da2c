"""A query in this process, under a watchdog: for a program that ends when the query is given up.

The engine releases the interpreter's lock while it works, but nothing makes it stop; so the thread that runs a query
which was given up works on until the process ends. The command line can end at once (``leave``), and saves the start of
a second process. Who goes on after a query asks in a process of its own: see ``process``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from eudigraph.engine.answer import TIMEOUT, TOO_MUCH, Answer, check_timeout, late, run
from eudigraph.engine.safety import Query
from eudigraph.model.errors import QueryTimeout
from eudigraph.model.triples import Triplestore

MEMORY = 4 * 1024**3
"""Bytes that this process may hold while a query runs."""
_STACKS = (1024, 256, 64)
"""Megabytes of stack for the thread that runs a query, the first that can be had.

The engine follows the structure of a query by recursion; of the 100,000 characters that are read at most, no query has
been found to fill the first. What is not used takes no memory."""
_LOOK = 0.02
"""Seconds between two looks at the memory."""
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_threads: list[threading.Thread] = []
"""Those in which queries were run; any that is still alive at the end was given up."""


class Watched:
    """Runs queries on a store in this process, each in a thread that is given up at its deadline."""

    def __init__(self, store: Triplestore) -> None:
        self._store = store

    def run(self, query: Query, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
        """Run a query within a time, and return at most ``limit`` rows or triples.

        Raises QueryTimeout for one that takes too long or too much memory: then it still runs, and the process is to
        end by ``leave``. Raises UsageError for one that the engine rejects.
        """
        check_timeout(timeout)
        found: list[Answer] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                found.append(run(self._store, query, limit=limit))
            except BaseException as error:  # also a panic of the engine's, which is no Exception
                failed.append(error)

        deadline = time.monotonic() + timeout
        thread = _started(work)
        while thread.is_alive():
            thread.join(max(0.0, min(_LOOK, deadline - time.monotonic())))
            _check(thread, deadline, timeout)
        if failed:
            raise failed[0]
        return found[0]


def running() -> bool:
    """Whether a query that was given up still runs in this process."""
    return any(thread.is_alive() for thread in _threads)


def leave(status: int) -> NoReturn:
    """End this process; at once, if a query that was given up still runs in it."""
    if running():
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(status)
    sys.exit(status)


def _check(thread: threading.Thread, deadline: float, timeout: float) -> None:
    """Raise QueryTimeout if a thread still runs at its deadline, or this process holds too much."""
    if thread.is_alive() and time.monotonic() >= deadline:
        raise QueryTimeout(late(timeout))
    if _held() > MEMORY:
        raise QueryTimeout(TOO_MUCH)


def _started(work: Callable[[], None]) -> threading.Thread:
    """Start a thread with as much stack as can be had."""
    former = threading.stack_size()
    try:
        for size in _STACKS:
            threading.stack_size(size * 1024**2)
            with suppress(RuntimeError):  # the system grants no such room
                return _begun(work)
    finally:
        threading.stack_size(former)
    return _begun(work)


def _begun(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    _threads.append(thread)  # before it starts, so that whoever is interrupted just here leaves at once, too
    thread.start()
    return thread


def _held() -> int:
    """Return the bytes that this process holds, as far as the system tells."""
    try:
        # Not resource.getrusage, which gives the most that was held, on Linux also by whoever started this process.
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  (the fastest way, fifty times a second)
            return int(file.read().split()[1]) * _PAGE
    except OSError:  # not on Linux
        return 0
