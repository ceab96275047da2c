"""SPARQL servers of others for the tests: Oxigraph's and Virtuoso, on this machine alone and for one test run."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WAIT = 60.0
"""Seconds in which a server must be there."""
_VIRTUOSO = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
CaseMode = 2
CheckpointInterval = 0
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
MaxQueryMem = 1G
AllowOSCalls = 0
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 10
MaxKeepAlives = 10
KeepAliveTimeout = 15
[SPARQL]
{more}
"""


@dataclass(frozen=True)
class Remote:
    """A server that is there: where queries go, where graphs go (with name and password), and its port."""

    queries: str
    graphs: str
    port: int


def oxigraph_program() -> str | None:
    """Return where Oxigraph's server is: beside this Python, or on the path."""
    beside = Path(sys.executable).with_name("oxigraph")
    return str(beside) if beside.is_file() else shutil.which("oxigraph")


def virtuoso_program() -> str | None:
    """Return where Virtuoso is."""
    return shutil.which("virtuoso-t")


@contextmanager
def oxigraph(folder: Path) -> Iterator[Remote]:
    """Run Oxigraph's server with its store in a folder."""
    port = free_port()
    program = oxigraph_program() or ""
    with _running([program, "serve", "--location", str(folder), "--bind", f"127.0.0.1:{port}"], folder, port):
        yield Remote(f"http://127.0.0.1:{port}/query", f"http://127.0.0.1:{port}/store", port)


@contextmanager
def virtuoso(folder: Path, more: str = "") -> Iterator[Remote]:
    """Run Virtuoso with its database in a folder; ``more`` are lines of the SPARQL section of its settings."""
    port = free_port()
    (folder / "virtuoso.ini").write_text(_VIRTUOSO.format(sql=free_port(), http=port, more=more), "utf-8")
    command = [virtuoso_program() or "", "+foreground", "+configfile", "virtuoso.ini"]
    with _running(command, folder, port):
        user = "dba:dba"  # as it comes
        yield Remote(f"http://127.0.0.1:{port}/sparql", f"http://{user}@127.0.0.1:{port}/sparql-graph-crud-auth", port)


def free_port() -> int:
    """Return a port that nothing listened at a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _wait(process, folder, port)
        yield
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise AssertionError((folder / "output.txt").read_text("utf-8", "replace")[-2000:])
