"""Programs of others that reason, each in a process of its own: ended at its deadline, without the network.

Their libraries have loaders of their own, which foreign data could turn on; what they get has been cleaned before, and
here they could reach nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from eudigraph.engine.process import command, environment

_FORBIDDEN = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.")
"""What begins the name of an event of Python's that has to do with the network."""


def run(module: str, arguments: Sequence[str], *, timeout: float) -> tuple[int, bytes, str]:
    """Run a module of this package; return its status, what it printed, and the last line of what it complained of.

    Raises TimeoutError at the deadline; whatever it started is ended, too.
    """
    process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
        [*command(module), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    try:
        printed, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        _end(process)
    lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
    return process.returncode, printed, lines[-1][:200]


def close_doors() -> None:
    """Keep this process from the network from now on, for good."""

    def refuse(event: str, _: object) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"the data asked for the network ({event}); nothing is fetched")

    sys.addaudithook(refuse)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started, if they still run."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.communicate()
