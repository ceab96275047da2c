"""Queries in a process of their own, which is ended at their deadline, and else kept for the next.

A running query cannot be interrupted from within: the engine does not listen to signals, so a deadline needs a process.
It opens the store for reading only, takes a line of JSON for each query, and answers in parts. This module is both ends
of that, and imports little, since each such process imports it anew.
"""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from pyoxigraph import QueryResultsFormat, QueryTriples, RdfFormat, Store, parse, parse_query_results

from eudigraph.engine.answer import MAX_ANSWER, TIMEOUT, TOO_MUCH, Answer, asked, check_timeout, collect
from eudigraph.engine.answer import late as late_
from eudigraph.engine.safety import Query
from eudigraph.model.errors import EudigraphError, QueryTimeout, StoreError, UsageError

OVERFLOWN = -11
"""With what a process ends whose stack is full (SIGSEGV); Windows has no such signal."""
TOO_DEEP = "the query is too long or too deep for the engine; make it simpler"
"""What is said of the query to which that happened."""
MEMORY = 4 * 1024**3
"""Bytes of address space a query's process may take, where the system can limit it."""
_GRACE = 5
"""Seconds after its deadline at which a query's process ends itself, if the one that asked has not ended it."""
_LONG = 1.0
"""Seconds after which a process is not kept: it may hold much memory, and another starts in a tenth of that."""
_REST = 0.02
"""Seconds in which a process may come to its end by itself once enough rows have been read."""
_HEAD = struct.Struct("!cI")
"""What stands before each part: its kind, and how many bytes it has."""
_BEGIN, _ROWS, _TRIPLES, _ERROR, _END = b"b", b"r", b"t", b"e", b"."
"""Kinds of parts: that the query was heard; rows or a truth in SPARQL's JSON, triples in N-Triples; what is wrong, or
the end, which come last."""


def command(module: str) -> list[str]:
    """Return the command that runs a module of this package."""
    # Without -P a file of that name in the folder the user is in would pass for any module that is imported.
    return [sys.executable or "python3", "-P", "-m", f"eudigraph.{module}"]


def environment() -> dict[str, str]:
    """Return our own environment, in which this package is found also if it was never installed."""
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    # Where an engine runs out of memory, the reader of a log is not helped by its stack.
    return {**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"}


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
            if process.ready and monotonic() - began < _LONG and not self._kept:
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
        # Not multiprocessing: that would run the script of whoever calls us once more in the new process.
        theirs, ours = os.pipe()  # as long as we hold our end, the process may live
        self._held = open(ours, "wb")  # noqa: PTH123, SIM115
        passed = (theirs,) if os.name == "posix" else ()
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
                [*command("engine.process"), *map(str, passed)],
                pass_fds=passed,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what it prints when it runs out of memory is not for the reader; we say it
                env=environment(),
            )
        except OSError as error:
            self._held.close()
            what = f"no process can be started to run queries ({error.strerror or error})"
            raise StoreError(f"{what}; is Python where it was, and does the system have room for one more?") from error
        finally:
            os.close(theirs)
        self._store, self._owner = store, os.getpid()
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
            self._send({"store": str(self._store), "form": query.form, "text": query.text, "timeout": timeout})
            answer = parts.answer(limit)
        if not parts.ended and answer is not None:  # enough has been read; the rest may be little
            with self._killed_after(_REST, late):
                parts.skip()
        self.ready = parts.ended and not late.is_set()
        if answer is not None:
            return answer
        if parts.error is not None and not self._store.exists():
            raise StoreError("the graph was built anew, and what was opened is gone; open it again")
        if parts.error is not None:
            raise UsageError(parts.error)
        raise self._ended(parts, timeout, late=late.is_set())

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
            self._process.wait(_GRACE)
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
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
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
        return self._kind in (_END, _ERROR)

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
        return answer if answer.cut or self._kind == _END else None

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
        head = self._stream.read(_HEAD.size)
        if head[:1] == _BEGIN:
            self.begun = True
            head = self._stream.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return False
        self._kind, self._left = _HEAD.unpack(head)
        self.size += self._left
        if self._kind == _ERROR:
            self.error = self._stream.read(self._left).decode()
            self._left = 0
        return not self.ended


class _Sender:
    """A file that sends what is written to it as parts of a kind."""

    def __init__(self, kind: bytes) -> None:
        self.kind = kind

    def write(self, data: bytes) -> int:
        sys.stdout.buffer.write(_HEAD.pack(self.kind, len(data)) + data)
        return len(data)

    def flush(self) -> None:
        sys.stdout.buffer.flush()


def alarm(seconds: float) -> None:
    """Have the system end this process after so many seconds, and no sooner; never after 0.

    Whoever asked ends us at the deadline. Should it be killed before, the system does: no Python is needed for that.
    """
    with suppress(AttributeError):  # not on Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _end_with(pipe: int) -> None:
    """Have the system end this process as soon as nobody holds the other end of a pipe, to which nothing is written.

    While the engine works, no Python runs that could see to it; nor can standard input tell, where requests come in.
    """
    import fcntl

    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:  # it was let go before the system knew that we care
        sys.exit(1)


def restrict() -> None:
    """Limit the memory this process may take, as far as the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _serve() -> None:
    """Answer the requests on standard input, a line each, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client is told as well, and ends us if need be
    restrict()
    for pipe in sys.argv[1:]:
        _end_with(int(pipe))
    store: Store | None = None
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _Sender(_BEGIN).write(b"")
        sys.stdout.flush()
        alarm(request["timeout"] + _GRACE)
        kind, said = _END, ""
        try:
            store = store or Store.read_only(request["store"])
            _answer(store, Query(request["form"], request["text"]))
        except UsageError as error:
            kind, said = _ERROR, str(error)
        except OSError as error:
            kind, said = _ERROR, f"the query cannot be run: the store cannot be read ({error})"
        _Sender(kind).write(said.encode(errors="replace"))
        sys.stdout.flush()
        alarm(0)


def _answer(store: Store, query: Query) -> None:
    with asked(store, query) as results:
        if isinstance(results, QueryTriples):
            sender = _Sender(_TRIPLES)
            sender.write(b"")  # nothing else would tell that these are triples, if there are none
            results.serialize(sender, format=RdfFormat.N_TRIPLES)  # type: ignore[arg-type]
        else:
            results.serialize(_Sender(_ROWS), format=QueryResultsFormat.JSON)  # type: ignore[arg-type]


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # who asked is gone
        _serve()
