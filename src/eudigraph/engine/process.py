"""A process that is asked, one request after the other, and that can be ended: what it and its client say.

A running query cannot be interrupted from within, and an engine may die; so each runs in a process that is killed at
its deadline, or when its client is gone. Library (``isolated``) and server (``serve.pool``) have such processes.

::

    client                                   process
    a hello, a line of JSON             →
                                        ←    heard; then ready (the end), or an error, after which it is no more
    a request, a line of JSON           →
                                        ←    heard; then parts of any kinds; then the end, or an error

A request says in ``seconds`` after how long the client will have given it up; should the client not be there any more
to kill the process, the system does so a little later. It also does so as soon as the client has ended, however that
came about: see ``launching``. What a process prints otherwise goes to standard error.

Little is imported here, since each such process imports it anew.
"""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from eudigraph.model.errors import EudigraphError

OVERFLOWN = -11
"""With what a process ends whose stack is full (SIGSEGV); Windows has no such signal."""
TOO_DEEP = "the query is too long or too deep for the engine; make it simpler"
"""What is said of the query to which that happened."""
MEMORY = 4 * 1024**3
"""Bytes of address space a process may take, where the system can limit it."""
LONG = 1.0
"""Seconds after which a request counts as long. Its process is not kept: it may hold much memory, and another starts
in a tenth of that."""
HEAD = struct.Struct("!cI")
"""What stands before each part: its kind, and how many bytes it has."""
HEARD, ERROR, END = b"b", b"e", b"."
"""Kinds of parts: that a hello or a request was heard, which comes first; what is wrong, or the end, which come last.
Those between are for client and process to agree upon."""
_GRACE = 5
"""Seconds after its deadline at which a process ends itself, if the one that asked has not ended it."""

Send = Callable[[bytes, bytes], None]
"""Sends a part of a kind."""
Answer = Callable[[dict[str, Any], Send], None]
"""Answers a request by sending parts; an EudigraphError is sent as the error."""


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


# --- The client's end ---------------------------------------------------------------------------------------------


@contextmanager
def launching(module: str) -> Iterator[tuple[list[str], dict[str, Any], BinaryIO]]:
    """Give what starts a module that calls ``serve``: a command, options of ``Popen``, and a file to hold open.

    The process may live as long as somebody holds that file: the system sees to it that both end together.
    """
    theirs, ours = os.pipe()
    held = open(ours, "wb")  # noqa: PTH123, SIM115
    passed = (theirs,) if os.name == "posix" else ()
    options = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "env": environment(),
        "pass_fds": passed,
        "start_new_session": True,  # Ctrl+C is for the client, which ends its processes in its own time
    }
    try:
        yield [*command(module), *map(str, passed)], options, held
    except BaseException:
        held.close()
        raise
    finally:
        os.close(theirs)


def line(said: Mapping[str, Any]) -> bytes:
    """Return a hello or a request as it is sent."""
    return json.dumps(said).encode() + b"\n"


# --- The process's end --------------------------------------------------------------------------------------------


def serve(ready: Callable[[dict[str, Any]], Answer]) -> None:
    """Answer requests from standard input to standard output, as ``ready`` says after a hello, until there are no more.

    What ``ready`` raises as EudigraphError is sent to the client, and ends this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client is told as well, and ends us if need be
    _end_with_client()
    restrict()
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not mix with the answers

    def send(kind: bytes, data: bytes) -> None:
        replies.write(HEAD.pack(kind, len(data)) + data)

    answer: Answer | None = None
    for given in requests:
        said = json.loads(given)
        send(HEARD, b"")
        replies.flush()
        kind, wrong = END, ""
        _alarm(said["seconds"] + _GRACE if "seconds" in said else 0)
        try:
            if answer is None:
                answer = ready(said)
            else:
                answer(said, send)
        except EudigraphError as error:
            kind, wrong = ERROR, str(error)
        send(kind, wrong.encode(errors="replace"))
        replies.flush()
        _alarm(0)
        if answer is None:
            return


def restrict() -> None:
    """Limit the memory this process may take, as far as the system can."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _alarm(seconds: float) -> None:
    """Have the system end this process after so many seconds, and no sooner; never after 0.

    Whoever asked ends us at the deadline. Should it be killed before, the system does: no Python is needed for that.
    """
    with suppress(AttributeError):  # not on Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _end_with_client() -> None:
    """Have the system end this process as soon as nobody holds the other end of its pipes (see ``launching``).

    While the engine works, no Python runs that could see to it; nor can standard input tell, where requests come in.
    """
    for number in sys.argv[1:]:
        import fcntl

        pipe = int(number)
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([pipe], [], [], 0)[0]:  # it was let go before the system knew that we care
            sys.exit(1)
