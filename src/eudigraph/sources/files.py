"""Reading RDF in any syntax, statement by statement, with the line each stands on where it is asked for."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from math import inf
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeAlias

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QuadParser, parse

from eudigraph.engine.safety import MAX_NESTING, too_deep
from eudigraph.model.inventory import SYNTAXES, is_packed, syntax_of
from eudigraph.model.text import one_line
from eudigraph.sources.documents import Unreadable, check_json, check_xml

MAX_FILE = 4 * 1024**3
"""Bytes of the largest file that is read, unpacked."""
MAX_IRI = 2000
"""Characters of the longest IRI: what no browser would take leads nowhere."""
MAX_BASE = 200
"""Characters of the longest IRI that others are written in terms of, by a base or a prefix: each may be as long."""
PIECE = 500_000
"""Statements of a file that are read at once."""
_File: TypeAlias = "io.BufferedReader[Any]"
_AT_ONCE = 1024 * 1024
"""Bytes of a line that are handed to the parser at once."""
_MOST_PACKED = 200
"""How many times as large a packed file may be, unpacked: five times what is usual where names are alike."""
_MOST_WRITTEN = 100
"""How many times as long its statements may be as a packed file, each written out: four times what is usual. Lists of
short names pack so well that 40 KB of them would be a million statements, and those 2 GB in memory."""
_ROOM = 16 * 1024**2
"""Characters that they may be beyond that: small files may have many names that are alike."""
_TREES = {"RDF/XML": check_xml, "JSON-LD": check_json}
"""What looks at a document as a whole before it is parsed: these two go astray silently, or take all there is."""


def pieces(path: Path) -> Iterator[list[Quad]]:
    """Yield the statements of a file in their order, ``PIECE`` or, at its end, fewer in a list. Raises Unreadable.

    Blank nodes get names of their own, so that those of two files keep apart.
    """
    file, syntax = _open(path)
    with file:
        parser = parse(file, SYNTAXES[syntax], rename_blank_nodes=True)
        found = _parsed(path, syntax, parser, lambda: None)
        while piece := list(islice(found, PIECE)):
            yield piece


def statements(path: Path) -> Iterator[tuple[int, Quad]]:
    """Yield the statements of a file in their order, each with the line on which it ends. Raises Unreadable.

    This takes twice as long as ``pieces``, and leaves blank nodes their names.
    """
    file, syntax = _open(path)
    with file:
        lines = _Lines(file)
        parser = parse(lines, SYNTAXES[syntax])  # type: ignore[arg-type]
        for quad in _parsed(path, syntax, parser, lambda: lines.count):
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

    def __init__(self, file: _File) -> None:
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


def _parsed(path: Path, syntax: str, parser: QuadParser, line: Callable[[], int | None]) -> Iterator[Quad]:
    """Yield what the parser finds; say what it, the system and we have against the file."""
    written = 0
    try:
        most = _MOST_WRITTEN * path.stat().st_size + _ROOM if is_packed(path) else inf
        for number, quad in enumerate(parser):
            # What a base or a prefix adds to each name takes no room in the file, but in memory.
            length = len(str(quad))
            written += length
            if written > most:
                what = f"holds statements of more than {most:,} characters, far more than a file packed to its size"
                raise Unreadable(what, "give it unpacked, or split it", line())
            if length > MAX_IRI or len(parser.base_iri or "") > MAX_BASE:
                _refuse_long(quad, parser, line())
            if number % 1000 == 0 and any(len(iri) > MAX_BASE for iri in parser.prefixes.values()):
                raise _too_long("a prefix", MAX_BASE, line())
            yield quad
    except SyntaxError as error:
        raise _unreadable(path, syntax, error, line()) from error
    except MemoryError as error:  # what it says when a token outgrows its buffer
        raise Unreadable("has a text or a name of more than 16 MB", "make it shorter") from error
    except OSError as error:
        raise _not_read(error) from error


def _refuse_long(quad: Quad, parser: QuadParser, line: int | None) -> None:
    """Raise Unreadable if a statement is long for its IRIs, and not for its text; or for a base that is too long."""
    if len(parser.base_iri or "") > MAX_BASE:
        raise _too_long("the base", MAX_BASE, line)
    for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
        iri = term.datatype if isinstance(term, Literal) else term
        if isinstance(iri, NamedNode | BlankNode) and len(iri.value) > MAX_IRI:
            raise _too_long("an IRI", MAX_IRI, line)


def _too_long(what: str, most: int, line: int | None) -> Unreadable:
    return Unreadable(f"has {what} of more than {most:,} characters", "write a shorter one", line)


def _open(path: Path) -> tuple[_File, str]:
    """Open a file for reading, unpacked, past the byte order mark that some editors put first; return its syntax, too.

    Raises Unreadable for what should not be handed to a parser.
    """
    try:
        state = path.stat()
        if not S_ISREG(state.st_mode) and not path.is_dir():  # a pipe would be waited for; of a folder we hear below
            raise Unreadable("is no file with text in it", "put one there, or take it away")
        syntax = syntax_of(path)
        if not syntax:
            raise Unreadable("is no RDF by its name or its content", "name it after its syntax, such as .ttl or .trig")
        if state.st_size > MAX_FILE:
            raise Unreadable(f"is larger than {MAX_FILE // 1024**3} GiB", "split it by source")
        file: _File = io.BufferedReader(_Unpacked(path)) if is_packed(path) else path.open("rb")
        try:
            start = len(codecs.BOM_UTF8) if file.peek(3).startswith(codecs.BOM_UTF8) else 0
            file.seek(start)
            if syntax in _TREES:
                _TREES[syntax](file)
            else:
                _refuse_depths(file)
            file.seek(start)
        except BaseException:
            file.close()
            raise
    except OSError as error:
        raise _not_read(error) from error
    return file, syntax


class _Unpacked(io.RawIOBase):
    """A file as gzip unpacks it: not more than may be read, nor much more than it packs."""

    def __init__(self, path: Path) -> None:
        import gzip  # few files are packed
        import zlib

        super().__init__()
        self._damaged = zlib.error
        self._file = gzip.open(path)  # noqa: SIM115  closed with this
        self._size = path.stat().st_size
        if not self._size:
            raise Unreadable("is empty, and so not packed by gzip", "pack it anew")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        try:
            part = self._file.read(len(buffer))
        except (EOFError, OSError, self._damaged) as error:
            raise Unreadable(f"is not whole, or not packed by gzip ({error})", "pack it anew") from error
        buffer[: len(part)] = part
        if self._file.tell() > min(MAX_FILE, _MOST_PACKED * self._size + _AT_ONCE):
            raise Unreadable("unpacks to far more than such a file holds", "pack it anew, or give it unpacked")
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()


def _refuse_depths(file: _File) -> None:
    """Raise Unreadable for statements that are quoted within each other too deeply; leave the file where it was."""
    start, found = file.tell(), 0
    while found <= MAX_NESTING and (part := file.read(_AT_ONCE)):
        found += part.count(b"<<")
    file.seek(start)
    # Hardly any file has so many, which is why only then a closer look is worth its time.
    if found > MAX_NESTING and (line := too_deep(file.read().decode(errors="replace"))):
        what = f"quotes statements within each other, more than {MAX_NESTING} deep"
        raise Unreadable(what, "quote only what a source says", line)


def _not_read(error: OSError) -> Unreadable:
    what = f"cannot be read: {error.strerror or error}"
    return Unreadable(what, "check that the file is there and may be read")


def _unreadable(path: Path, syntax: str, error: SyntaxError, line: int | None) -> Unreadable:
    """Say what the parser found, in our order: what, then how to mend it."""
    found = re.sub(r"^Parser error (at|between) line [^:]*: ", "", str(error.msg or error))
    if found.startswith("Invalid UTF-8") or "\0" in found or _begins_with_zeros(path):
        return Unreadable("is not UTF-8 text", "save the file in UTF-8", error.lineno)
    what = one_line(found, 200).rstrip(".")
    in_xml = syntax == "RDF/XML"
    mend = "correct the line"
    if "Invalid IRI" in what:
        mend = "write the IRI without spaces and other characters that IRIs may not have"
    elif "No scheme" in what:
        mend = (
            f"write the IRI in full ({'https://…), or add an xml:base' if in_xml else '<https://…>), or with a prefix'}"
        )
    elif "language tag" in what:
        mend = "write the tag of a language, such as en"
    elif in_xml and "namespaces are required" in what:
        mend = "give names a prefix that xmlns: declares, such as rdf:about"
    elif in_xml and what.startswith(("Unexpected text", "Unexpected node", "Invalid property element")):
        mend = "write properties within things, and one thing or text within a property"
    elif "prefix" in what and not in_xml:
        mend = "declare the prefix at the top of the file (@prefix), or correct its name"
    if in_xml and line is None:  # its parser counts no lines
        line = _line_of_error(path)
    return Unreadable(f"is no valid {syntax}: {what}", mend, error.lineno or (line if in_xml else None))


def _line_of_error(path: Path) -> int | None:
    """Return the line up to which the parser has read where it finds an error."""
    try:
        for _ in statements(path):
            pass
    except Unreadable as error:
        return error.line
    return None


def _begins_with_zeros(path: Path) -> bool:
    """Whether there are zero bytes at a file's beginning; in UTF-16 every second byte of plain English is one."""
    try:
        with path.open("rb") as file:
            return not is_packed(path) and b"\0" in file.read(4096)
    except OSError:
        return False
