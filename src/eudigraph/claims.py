"""Reading Turtle and TriG: into a store at full speed, or statement by statement with the line each stands on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from eudigraph.errors import DataError

MAX_FILE = 4 * 1024**3
"""Bytes of the largest file that is read."""
FORMATS = {".ttl": RdfFormat.TURTLE, ".trig": RdfFormat.TRIG}


class Unreadable(DataError):
    """A file that cannot be read as what it claims to be; ``line`` is where, if that is known."""

    def __init__(self, what: str, mend: str, line: int | None = None) -> None:
        super().__init__(f"{what}; {mend}")
        self.what, self.mend, self.line = what, mend, line


def load(store: Store, path: Path, graph: NamedNode) -> None:
    """Load a file into a store; what stands in no named graph goes to ``graph``. Raises Unreadable."""
    kind = _kind(path)
    try:
        with path.open("rb") as file:
            store.bulk_load(file, kind, to_graph=graph)
    except SyntaxError as error:
        raise _unreadable(path, error) from error
    except OSError as error:
        raise Unreadable(
            f"cannot be read: {error.strerror or error}", "check that the file is there and may be read"
        ) from error


def statements(path: Path) -> Iterator[tuple[int, Quad]]:
    """Yield the statements of a file in their order, each with the line on which it ends. Raises Unreadable."""
    kind = _kind(path)
    try:
        with path.open("rb") as file:
            lines = _Lines(file)
            for quad in parse(lines, kind):  # type: ignore[arg-type]
                yield lines.count, quad
    except SyntaxError as error:
        raise _unreadable(path, error) from error
    except OSError as error:
        raise Unreadable(
            f"cannot be read: {error.strerror or error}", "check that the file is there and may be read"
        ) from error


def in_graph(quad: Quad, graph: NamedNode) -> Quad:
    """Return a statement as it is in the store: in ``graph`` if its file puts it in no named graph."""
    if isinstance(quad.graph_name, DefaultGraph):
        return Quad(quad.subject, quad.predicate, quad.object, graph)
    return quad


class _Lines(io.RawIOBase):
    """Hands a file to the parser one line at a time, so that the lines handed out tell where it is."""

    def __init__(self, file: io.BufferedReader) -> None:
        super().__init__()
        self.file, self.count, self.rest = file, 0, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self.rest:
            self.rest = self.file.readline(1024 * 1024)
            self.count += self.rest.endswith(b"\n") or bool(self.rest and len(self.rest) < 1024 * 1024)
        if size is None or size < 0:
            size = len(self.rest)
        part, self.rest = self.rest[:size], self.rest[size:]
        return part


def _kind(path: Path) -> RdfFormat:
    kind = FORMATS.get(path.suffix)
    if kind is None:
        raise Unreadable("is neither Turtle nor TriG", "name the file with .ttl or .trig at its end")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Unreadable(
            f"cannot be read: {error.strerror or error}", "check that the file is there and may be read"
        ) from error
    if size > MAX_FILE:
        raise Unreadable(f"is larger than {MAX_FILE // 1024**3} GiB", "split it by source")
    return kind


def _unreadable(path: Path, error: SyntaxError) -> Unreadable:
    """Say what the parser found, in our order: what, then how to mend it."""
    what = str(error.msg or error)
    head, _, tail = what.partition(": ")
    if head.startswith("Parser error at"):
        what = tail
    what = what.rstrip(".")
    if "UTF-8" in what or "utf-8" in what:
        return Unreadable("is not UTF-8 text", "save the file in UTF-8", error.lineno)
    mend = "correct the line"
    if "IRI" in what and " " in what:
        mend = "write the IRI without spaces and other characters that IRIs may not have"
    elif "prefix" in what:
        mend = "declare the prefix at the top of the file (@prefix), or correct its name"
    return Unreadable(f"is no valid {'TriG' if path.suffix == '.trig' else 'Turtle'}: {what}", mend, error.lineno)
