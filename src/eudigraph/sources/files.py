"""Reading Turtle and TriG, statement by statement, with the line each stands on where it is asked for."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from eudigraph.engine.safety import MAX_NESTING, too_deep
from eudigraph.model.errors import DataError
from eudigraph.model.text import one_line

MAX_FILE = 4 * 1024**3
"""Bytes of the largest file that is read."""
FORMATS = {".ttl": RdfFormat.TURTLE, ".trig": RdfFormat.TRIG}
PIECE = 500_000
"""Statements of a file that are read at once."""
_AT_ONCE = 1024 * 1024
"""Bytes of a line that are handed to the parser at once."""


class Unreadable(DataError):
    """A file that cannot be read as what it claims to be; ``line`` is where, if that is known."""

    def __init__(self, what: str, mend: str, line: int | None = None) -> None:
        super().__init__(f"{what}; {mend}")
        self.what, self.mend, self.line = what, mend, line


def pieces(path: Path) -> Iterator[list[Quad]]:
    """Yield the statements of a file in their order, ``PIECE`` or, at its end, fewer in a list. Raises Unreadable.

    Blank nodes get names of their own, so that those of two files keep apart.
    """
    kind = _kind(path)
    with _open(path) as file:
        _refuse_depths(file)
        found = _parsed(path, parse(file, kind, rename_blank_nodes=True))
        while piece := list(islice(found, PIECE)):
            yield piece


def statements(path: Path) -> Iterator[tuple[int, Quad]]:
    """Yield the statements of a file in their order, each with the line on which it ends. Raises Unreadable.

    This takes twice as long as ``pieces``, and leaves blank nodes their names.
    """
    kind = _kind(path)
    with _open(path) as file:
        _refuse_depths(file)
        lines = _Lines(file)
        for quad in _parsed(path, parse(lines, kind)):  # type: ignore[arg-type]
            yield lines.count, quad


def in_graph(quad: Quad, graph: NamedNode) -> Quad:
    """Return a statement as it is in the store: in ``graph`` if its file puts it in no named graph."""
    if isinstance(quad.graph_name, DefaultGraph):
        return Quad(quad.subject, quad.predicate, quad.object, graph)
    return quad


def whole_number(term: object) -> int | None:
    """Return the whole number from 0 that a literal writes in plain digits; None for anything else.

    Python's own ``isdigit`` and ``int`` also take signs of other scripts, and disagree about some of them.
    """
    if isinstance(term, Literal) and re.fullmatch(r"[0-9]{1,18}", term.value):
        return int(term.value)
    return None


class _Lines(io.RawIOBase):
    """Hands a file to the parser one line at a time, so that the lines handed out tell where it is."""

    def __init__(self, file: io.BufferedReader) -> None:
        super().__init__()
        self.file, self.count, self.rest, self.at_start = file, 0, b"", True

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self.rest:
            self.rest = self.file.readline(_AT_ONCE)
            self.count += bool(self.at_start and self.rest)
            self.at_start = self.rest.endswith(b"\n")
        if size is None or size < 0:
            size = len(self.rest)
        part, self.rest = self.rest[:size], self.rest[size:]
        return part


def _parsed(path: Path, found: Iterator[Quad]) -> Iterator[Quad]:
    """Yield what the parser finds; say what it and the system have against the file."""
    try:
        yield from found
    except SyntaxError as error:
        raise _unreadable(path, error) from error
    except MemoryError as error:  # what it says when a token outgrows its buffer
        raise Unreadable("has a text or a name of more than 16 MB", "make it shorter") from error
    except OSError as error:
        raise _not_read(error) from error


def _kind(path: Path) -> RdfFormat:
    kind = FORMATS.get(path.suffix)
    if kind is None:
        raise Unreadable("is neither Turtle nor TriG", "name the file with .ttl or .trig at its end")
    try:
        state = path.stat()
    except OSError as error:
        raise _not_read(error) from error
    if not (S_ISREG(state.st_mode) or S_ISDIR(state.st_mode)):  # a pipe would be waited for; of a folder we hear below
        raise Unreadable("is no file with text in it", "put one there, or take it away")
    if state.st_size > MAX_FILE:
        raise Unreadable(f"is larger than {MAX_FILE // 1024**3} GiB", "split it by source")
    return kind


def _open(path: Path) -> io.BufferedReader:
    """Open a file for reading, past the byte order mark that some editors put first and nobody sees."""
    try:
        file = path.open("rb")
        if file.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8):
            file.read(len(codecs.BOM_UTF8))
    except OSError as error:
        raise _not_read(error) from error
    return file


def _refuse_depths(file: io.BufferedReader) -> None:
    """Raise Unreadable for statements that are quoted within each other too deeply; leave the file where it was."""
    start, found = file.tell(), 0
    try:
        while found <= MAX_NESTING and (part := file.read(_AT_ONCE)):
            found += part.count(b"<<")
        file.seek(start)
        # Hardly any file has so many, which is why only then a closer look is worth its time.
        line = too_deep(file.read().decode(errors="replace")) if found > MAX_NESTING else 0
        file.seek(start)
    except OSError as error:
        raise _not_read(error) from error
    if line:
        what = f"quotes statements within each other, more than {MAX_NESTING} deep"
        raise Unreadable(what, "quote only what a source says", line)


def _not_read(error: OSError) -> Unreadable:
    what = f"cannot be read: {error.strerror or error}"
    return Unreadable(what, "check that the file is there and may be read")


def _unreadable(path: Path, error: SyntaxError) -> Unreadable:
    """Say what the parser found, in our order: what, then how to mend it."""
    found = re.sub(r"^Parser error (at|between) line [^:]*: ", "", str(error.msg or error))
    if found.startswith("Invalid UTF-8") or "\0" in found or _begins_with_zeros(path):
        return Unreadable("is not UTF-8 text", "save the file in UTF-8", error.lineno)
    what = one_line(found, 200).rstrip(".")
    mend = "correct the line"
    if what.startswith("Invalid IRI"):
        mend = "write the IRI without spaces and other characters that IRIs may not have"
    elif what.startswith("No scheme"):
        mend = "write the IRI in full (<https://…>), or with a prefix"
    elif "prefix" in what:
        mend = "declare the prefix at the top of the file (@prefix), or correct its name"
    return Unreadable(f"is no valid {'TriG' if path.suffix == '.trig' else 'Turtle'}: {what}", mend, error.lineno)


def _begins_with_zeros(path: Path) -> bool:
    """Whether there are zero bytes at a file's beginning; in UTF-16 every second byte of plain English is one."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(4096)
    except OSError:
        return False
