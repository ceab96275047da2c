"""Which files a workspace has, and as what each is read: no file is omitted without a word.

RDF is recognised by the ending of a name, in any case and compressed by gzip or not, else by how the content begins.
What a file is read as depends on the folder it lies in, however deep: ``ontology/`` (and its file ``shapes``),
``graph/reference/``, or ``graph/`` for claims.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pyoxigraph import RdfFormat

Role = Literal["ontology", "shapes", "reference", "claims", "questions"]
SYNTAXES = {
    "Turtle": RdfFormat.TURTLE,
    "TriG": RdfFormat.TRIG,
    "N-Triples": RdfFormat.N_TRIPLES,
    "N-Quads": RdfFormat.N_QUADS,
    "RDF/XML": RdfFormat.RDF_XML,
    "JSON-LD": RdfFormat.JSON_LD,
}
_ENDINGS = {
    **dict.fromkeys((".ttl", ".turtle", ".n3"), "Turtle"),
    ".trig": "TriG",
    **dict.fromkeys((".nt", ".ntriples"), "N-Triples"),
    **dict.fromkeys((".nq", ".nquads"), "N-Quads"),
    **dict.fromkeys((".rdf", ".owl", ".rdfs"), "RDF/XML"),
    ".jsonld": "JSON-LD",
}
_OTHERS = (".rq", ".sparql", ".ru", ".toml", ".md", ".html", ".htm", ".py", ".csv", ".ics", ".ipynb")
"""Endings of what is certainly something else."""
_WITH_GRAPHS = ("TriG", "N-Quads", "JSON-LD")
_PACKED = (".bz2", ".xz", ".zst", ".zip", ".7z", ".tar", ".tgz", ".rar", ".lz4")
"""Other ways of packing a file."""
_BACKUP = re.compile(r"\..*|.*~|#.*#|.*\.(?:bak|orig|rej|swp|tmp)", re.IGNORECASE | re.DOTALL)
"""Names that editors, merges and systems give to files of their own; to read these would be to read claims twice."""
_LOOKED_AT = 8192
"""Bytes of a file that tell what it is."""
_TERM = rb'(?:<[^<>"{}|^`\\\s]+>|_:\S+)'
_LOOKS = (
    ("RDF/XML", rb"\s*<(?:\?xml|!--|!DOCTYPE|rdf:RDF|RDF\b)", re.IGNORECASE),
    ("JSON-LD", rb'\s*[\[{].*"@(?:context|id|graph|type|value)"', re.DOTALL),
    ("TriG", rb"(?:\s|#[^\n]*\n)*(?:@(?:prefix|base)\s|(?:PREFIX\s+\S*:|BASE)\s*<)", re.IGNORECASE),
    ("TriG", rb"(?:\s|#[^\n]*\n)*" + _TERM + rb"\s+a\s", 0),
    ("N-Quads", rb"(?:\s|#[^\n]*\n)*" + _TERM + rb"\s*<\S+>\s*(?:" + _TERM + rb'|")', 0),
)
"""How files begin that are not named after what they are. Turtle is TriG, and N-Triples are N-Quads."""
_NOT_RDF = rb"\A\s*<(?:!DOCTYPE\s+)?html|^\s*(?:SELECT|CONSTRUCT|ASK|DESCRIBE|INSERT|DELETE)\b"
"""Pages, and queries, which have prefixes, too."""


@dataclass(frozen=True)
class Entry:
    """A file: as what and in which syntax it is read, or ``why`` it is not.

    If it should have been read, that is ``wrong``, and ``mend`` says what to do.
    """

    path: Path
    role: Role | None = None
    syntax: str = ""
    why: str = ""
    mend: str = ""

    @property
    def wrong(self) -> bool:
        """Whether it is an error that the file is not read."""
        return bool(self.mend)


def inventory(root: Path) -> list[Entry]:
    """Return all files below ``ontology/``, ``graph/`` and ``queries/`` in a workspace, in the order of their names."""
    inside = Path(os.path.realpath(root))
    found = []
    for folder in ("ontology", "graph"):
        for path in _walk(root / folder):
            names = path.relative_to(root).parts
            role: Role = "claims" if folder == "graph" else "ontology"
            if names[:2] == ("graph", "reference") and len(names) > 2:
                role = "reference"
            elif folder == "ontology" and path.name.lower().startswith("shapes."):
                role = "shapes"
            found.append(_recognised(path, role, inside))
    return _each_once(found) + [_question(path, path.relative_to(root).parts[1:]) for path in _walk(root / "queries")]


def entries(given: Iterable[Path]) -> list[Entry]:
    """Return files that somebody names, and those in folders that somebody names.

    What has a syntax with named graphs counts as claims, all else as reference data. A file that is named and is no RDF
    is wrong.
    """
    found = []
    for path in given:
        if path.is_dir():
            found += [_recognised(file, None, Path(os.path.realpath(path))) for file in _walk(path)]
            continue
        entry = _recognised(path, None, None)
        if entry.why and not entry.mend:
            entry = replace(entry, mend="give a file of Turtle, TriG, N-Triples, N-Quads, RDF/XML or JSON-LD")
        found.append(entry)
    return _each_once(found)


def _each_once(found: Iterable[Entry]) -> list[Entry]:
    """Return files, those that are read under another name already as not read again."""
    known: dict[tuple[int, int], Path] = {}
    made = []
    for entry in found:
        with suppress(OSError):
            state = entry.path.stat() if entry.role else None
            first = known.setdefault((state.st_dev, state.st_ino), entry.path) if state else entry.path
            if first is not entry.path:
                entry = Entry(entry.path, why=f"it is the same file as {first.name}")  # noqa: PLW2901
        made.append(entry)
    return made


def syntax_of(path: Path) -> str:
    """Return the syntax of a file, a key of ``SYNTAXES``; an empty text for what is no RDF. Raises OSError."""
    ending = _bare(path)[1]
    return "" if ending in _OTHERS else _ENDINGS.get(ending) or _looks_like(path)


def is_packed(path: Path) -> bool:
    """Whether a file is compressed by gzip, going by its name."""
    return path.name.lower().endswith(".gz")


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and in those below it; of links to folders and hidden folders, these themselves."""
    if folder.is_symlink():
        yield folder
        return
    unread: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=unread.append):
        here = Path(place)
        apart = {name for name in folders if _BACKUP.fullmatch(name) or (here / name).is_symlink()}
        folders[:] = sorted(set(folders) - apart)
        yield from (here / name for name in sorted([*files, *apart]))
    yield from (Path(error.filename) for error in unread)  # as files, which cannot be read either


def _recognised(path: Path, role: Role | None, inside: Path | None) -> Entry:
    """Return what a file is; unless ``role`` says so already, its syntax tells as what it is read.

    It must lie ``inside`` a folder, if one is given, also if it is a link.
    """
    if _BACKUP.fullmatch(path.name):
        return Entry(path, why="it is hidden, or a backup")
    if inside is not None and path.is_symlink():
        if not Path(os.path.realpath(path)).is_relative_to(inside):
            return Entry(path, why="it is a link that leads out of the folder", mend="copy here what it leads to")
        if path.is_dir():
            return Entry(path, why="it is a link to a folder", mend="move that folder here, or take the link away")
    if path.is_dir() and not path.is_symlink() and not os.access(path, os.R_OK | os.X_OK):
        return Entry(path, why="it is a folder that may not be read", mend="allow that, or take it away")
    name, ending = _bare(path)
    if ending in _PACKED:
        mend = "unpack it, or pack it with gzip" if name.removesuffix(ending).endswith(tuple(_ENDINGS)) else ""
        return Entry(path, why="it is packed in a way that is not read", mend=mend)
    try:
        syntax = syntax_of(path)
    except OSError as error:
        why = f"it cannot be read: {error.strerror or error}"
        return Entry(path, why=why, mend="check that the file is there and may be read")
    if not syntax:
        return Entry(path, why="it is no RDF by its name or its content")
    return Entry(path, role or ("claims" if syntax in _WITH_GRAPHS else "reference"), syntax)


def _question(path: Path, names: tuple[str, ...]) -> Entry:
    """Return a file of the query library: a query, or what stands beside one."""
    pair = all(path.with_suffix(ending).is_file() for ending in (".rq", ".toml"))
    if path.suffix in (".rq", ".toml") and len(names) == 1 + (names[0] == "networks"):
        return Entry(path, "questions") if pair else Entry(path, why="it has no .rq and .toml of one name")
    return Entry(path, why="questions are NAME.rq with NAME.toml, in queries/ or, for networks, in queries/networks/")


def _bare(path: Path) -> tuple[str, str]:
    """Return a file's name in small letters, without the ending of gzip, and the ending then."""
    name = path.name.lower().removesuffix(".gz")
    return name, name[max(0, name.rfind(".")) :]


def _looks_like(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
        return ""
    import gzip  # few files are looked into
    import zlib

    with gzip.open(path) if is_packed(path) else path.open("rb") as file:
        try:
            start = file.read(_LOOKED_AT).removeprefix(b"\xef\xbb\xbf")
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return ""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16, of which whoever reads it can say so
        start = start.decode("utf-16", "replace").encode()
    if b"@prefix" not in start and re.search(_NOT_RDF, start, re.IGNORECASE | re.MULTILINE):
        return ""
    syntax = next((name for name, looks, flags in _LOOKS if re.match(looks, start, flags)), "")
    return "" if syntax == "RDF/XML" and b"rdf-syntax-ns#" not in start else syntax
