"""Queries in a process of their own, which is ended at their deadline, and else kept for the next.

Client and process speak as ``process`` says. This module is both ends of that, and imports little, since each such
process imports it anew.
"""

from __future__ import annotations

import os
import subprocess
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from pyoxigraph import QueryResultsFormat, QueryTriples, RdfFormat, Store, parse, parse_query_results

from eudigraph.engine.answer import MAX_ANSWER, TIMEOUT, TOO_MUCH, Answer, asked, check_timeout, collect
from eudigraph.engine.answer import late as late_
from eudigraph.engine.process import END, ERROR, HEAD, HEARD, LONG, OVERFLOWN, TOO_DEEP, Send, launching, line, serve
from eudigraph.engine.safety import Query
from eudigraph.model.errors import EudigraphError, QueryTimeout, StoreError, UsageError

_REST = 0.02
"""Seconds in which a process may come to its end by itself once enough rows have been read."""
_END_SECONDS = 5
"""Seconds in which a process that has closed its output must have ended."""
_ROWS, _TRIPLES = b"r", b"t"
"""Kinds of parts: rows or a truth in SPARQL's JSON, triples in N-Triples."""


class Isolated:
    """Runs queries on the store in a folder, each where it can be ended.

    Several threads may ask at once; each has a process of its own then, and one of these is kept. It ends with this
    object, or with whoever asks.
    """

    def __init__(self, store: Path) -> None:
        self._store = store.absolute()
        self._kept: list[_Process] = []
        weakref.finalize(self, _end_all, self._kept)

    def run(self, query: Query, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
        """Run a query within a time, and return at most ``limit`` rows or triples.

        Raises QueryTimeout for one that takes too long or too much memory, UsageError for one the engine rejects, and
        StoreError where none can be run: the store is gone, or no process comes up.
        """
        check_timeout(timeout)
        if kept := self._next():
            with suppress(_Unheard):  # it has died since; another has to hear the query
                return self._asked(kept, query, limit, timeout)
        return self._asked(_Process(self._store), query, limit, timeout)

    def _asked(self, process: _Process, query: Query, limit: int | None, timeout: float) -> Answer:
        began = monotonic()
        try:
            return process.ask(query, limit, timeout)
        finally:
            if process.ready and monotonic() - began < LONG and not self._kept:
                self._kept.append(process)
            else:
                process.end()

    def _next(self) -> _Process | None:
        with suppress(IndexError):  # none is left, perhaps since another thread took it in this moment
            while True:
                process = self._kept.pop()
                if process.usable():
                    return process
                process.end()
        return None


class _Unheard(StoreError):
    """A process ended before it heard the query."""


def _end_all(processes: list[_Process]) -> None:
    while processes:
        processes.pop().end()


class _Process:
    """A process that runs one query after the other; it is ``ready`` for the next if it has said all of the last."""

    def __init__(self, store: Path) -> None:
        try:
            # Not multiprocessing: that would run the script of whoever calls us once more in the new process.
            with launching("engine.isolated") as (command, options, self._held):
                # What it prints when it runs out of memory is not for the reader; we say it.
                self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)  # noqa: S603  (ours)
        except OSError as error:
            what = f"no process can be started to run queries ({error.strerror or error})"
            raise StoreError(f"{what}; is Python where it was, and does the system have room for one more?") from error
        self._store, self._owner = store, os.getpid()
        self._send({"store": str(store)})
        self._greeted = False
        self.ready = True

    def usable(self) -> bool:
        """Whether it is alive and ours: what was forked from its owner must leave it alone."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, query: Query, limit: int | None, timeout: float) -> Answer:
        """Return the answer to a query; see ``Isolated.run``."""
        self.ready = False
        parts = _Parts(self._process.stdout)
        late = threading.Event()
        with self._killed_after(timeout, late):
            self._send({"form": query.form, "text": query.text, "seconds": timeout})
            self._greet()
            answer = parts.answer(limit)
        if not parts.ended and answer is not None:  # enough has been read; the rest may be little
            with self._killed_after(_REST, late):
                parts.skip()
        self.ready = parts.ended and not late.is_set()
        if answer is not None:
            return answer
        if parts.error is not None:
            raise self._gone() or UsageError(parts.error)
        raise self._ended(parts, timeout, late=late.is_set())

    def _greet(self) -> None:
        """Hear what the process says to our hello, before the first answer. Raises StoreError if that is an error."""
        if not self._greeted:
            said = _Parts(self._process.stdout)
            said.skip()
            self._greeted = said.ended
            if said.error is not None:
                raise self._gone() or StoreError(said.error)

    def _gone(self) -> StoreError | None:
        """Return what is said if the store that was opened is no more."""
        if self._store.exists():
            return None
        return StoreError("the graph was built anew, and what was opened is gone; open it again")

    def _ended(self, parts: _Parts, timeout: float, *, late: bool) -> EudigraphError:
        """Return why there is no answer, though nothing was wrong with the query."""
        if parts.size > MAX_ANSWER:
            most = f"{MAX_ANSWER // 1024**2} MB"
            return QueryTimeout(f"the answer is larger than {most}; make the query narrower, or cut it with --limit")
        if parts.long:
            return QueryTimeout("the answer has a text of more than 16 MB in it; ask for a part of it, with SUBSTR")
        if late:
            return QueryTimeout(late_(timeout))
        with suppress(subprocess.TimeoutExpired):  # all it had to say is said, as far as we can tell
            self._process.wait(_END_SECONDS)
        code = self._process.returncode
        if not parts.begun:
            return _Unheard(f"the process that runs queries did not come up (it ended with {code}); install anew")
        if code == OVERFLOWN:
            return QueryTimeout(TOO_DEEP)
        return QueryTimeout(TOO_MUCH)

    def end(self) -> None:
        """End it, whatever it does."""
        if self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._held):
            if stream is not None:
                with suppress(OSError):  # what it has not read is lost
                    stream.close()

    def _send(self, request: dict[str, Any]) -> None:
        if self._process.stdin is not None:
            with suppress(OSError):  # it has ended; that it says nothing is seen soon enough
                self._process.stdin.write(line(request))
                self._process.stdin.flush()

    @contextmanager
    def _killed_after(self, seconds: float, late: threading.Event) -> Iterator[None]:
        def kill() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True  # an interrupt just here would wait for it otherwise
        try:
            timer.start()
            yield
        finally:
            timer.cancel()
            with suppress(RuntimeError):  # interrupted before it was started
                timer.join()  # so that it cannot end the process when it runs the next query


class _Parts:
    """What a process answers: a file for those who parse it, until the answer ends or breaks off.

    ``size`` is how many bytes there have been, ``error`` what is wrong with the query; ``begun`` tells whether the
    query was heard, ``long`` whether there is a text in the answer that is too long to be read.
    """

    def __init__(self, stream: Any) -> None:
        self.size = 0
        self.error: str | None = None
        self.begun = self.long = False
        self._stream = stream
        self._kind, self._left = b"", 0

    @property
    def ended(self) -> bool:
        """Whether the process has said all it had to say."""
        return self._kind in (END, ERROR)

    def answer(self, limit: int | None) -> Answer | None:
        """Return at most ``limit`` rows or triples; None for an answer that breaks off or is too large."""
        if not self._next():
            return None
        try:
            if self._kind == _TRIPLES:
                answer = collect((quad.triple for quad in parse(self, RdfFormat.N_TRIPLES)), limit)  # type: ignore[arg-type]
            else:
                answer = collect(parse_query_results(self, QueryResultsFormat.JSON), limit)  # type: ignore[arg-type]
        except (SyntaxError, ValueError):  # it is not whole
            return None
        except MemoryError:
            self.long = True
            return None
        if not answer.cut:
            self.skip()
        return answer if answer.cut or self._kind == END else None

    def skip(self) -> None:
        """Read what is left."""
        while self.read(1024**2):
            pass

    def read(self, size: int) -> bytes:
        """Return up to so many bytes; none where the answer ends, or is too large, or breaks off."""
        while not self._left:
            if not self._next():
                return b""
        read: bytes = self._stream.read(min(size, self._left))
        self._left -= len(read)
        return read

    def _next(self) -> bool:
        """Go to the next part of the answer, if there is one."""
        if self.ended or self.size > MAX_ANSWER:
            return False
        head = self._stream.read(HEAD.size)
        if head[:1] == HEARD:
            self.begun = True
            head = self._stream.read(HEAD.size)
        if len(head) < HEAD.size:
            return False
        self._kind, self._left = HEAD.unpack(head)
        self.size += self._left
        if self._kind == ERROR:
            self.error = self._stream.read(self._left).decode()
            self._left = 0
        return not self.ended


class _Sender:
    """A file that sends what is written to it as parts of a kind."""

    def __init__(self, send: Send, kind: bytes) -> None:
        self._send, self._kind = send, kind

    def write(self, data: bytes) -> int:
        self._send(self._kind, data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was sent is on its way once all is said."""


def _ready(hello: dict[str, Any]) -> Callable[[dict[str, Any], Send], None]:
    """Open the store in the folder that a hello names."""
    try:
        store = Store.read_only(hello["store"])
    except OSError as error:
        raise StoreError(f"the query cannot be run: the store cannot be read ({error})") from error
    return lambda request, send: _answer(store, Query(request["form"], request["text"]), send)


def _answer(store: Store, query: Query, send: Send) -> None:
    with asked(store, query) as results:
        if isinstance(results, QueryTriples):
            sender = _Sender(send, _TRIPLES)
            sender.write(b"")  # nothing else would tell that these are triples, if there are none
            results.serialize(sender, format=RdfFormat.N_TRIPLES)  # type: ignore[arg-type]
        else:
            results.serialize(_Sender(send, _ROWS), format=QueryResultsFormat.JSON)  # type: ignore[arg-type]


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # who asked is gone
        serve(_ready)
