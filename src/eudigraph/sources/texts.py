"""The texts of sources, which are not ours and not in the repository: recognised by their digest, then compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import EUD, GRAPH_PROVENANCE
from eudigraph.model.text import one_line
from eudigraph.model.triples import Triplestore, select
from eudigraph.sources import files
from eudigraph.sources.documents import Unreadable
from eudigraph.sources.problems import ERROR, WARNING, Probe, Problem, show

MAX_SIZE = 50 * 1024**2
"""Bytes of the largest text that is read."""
_NUMBERED = re.compile(r"¶ ?(\d{1,9})")
"""How a locator begins that gives the number of a paragraph."""


def compare(store: Triplestore, path: Path) -> tuple[list[Problem], NamedNode | None, str]:
    """Return what is wrong with a text's source beside it, that source (None if it is no source's text), and the text.

    Positions are in Unicode characters; paragraphs are the non-empty lines, counted from 1.
    """
    try:
        data, text = _text(path)
    except Unreadable as error:
        return [Problem(ERROR, error.what, error.mend, str(path))], None, ""
    digest = _digest(data)
    pattern = f"GRAPH {GRAPH_PROVENANCE} {{ ?s <{EUD}sha256> ?d FILTER(isIRI(?s) && isLiteral(?d)) }}"
    rows = select(store, f"SELECT ?s ?d {{ {pattern} }} ORDER BY ?s")
    source = next((row["s"] for row in rows if row["d"].value == digest), None)
    if source is None:
        known = ", ".join(f"{show(row['s'])} has {row['d'].value[:12]}…" for row in rows[:5]) or "there are no sources"
        what = f"is the text of no source: its SHA-256 is {digest[:12]}… ({known})"
        mend = "give the very text that was read, in UTF-8 and with the same line ends, or correct eud:sha256"
        return [Problem(ERROR, what, mend, str(path))], None, text
    return list(_positions(store, source, text)), source, text


def read(store: Triplestore, paths: Sequence[Path]) -> dict[str, str]:
    """Return the texts of sources by the sources' IRIs.

    Raises DataError for a file that is the text of no source, or whose source does not fit it.
    """
    found = {}
    for path in paths:
        problems, source, text = compare(store, path)
        bad = [f"{one_line(str(path), 1000)} {p.what}; {p.mend}" for p in problems if p.severity == ERROR]
        if bad or source is None:
            raise DataError("\n".join(bad))
        found[source.value] = text
    return found


def _text(path: Path) -> tuple[bytes, str]:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
            raise Unreadable("is no file with text in it", "give the text of one source")
        if path.stat().st_size > MAX_SIZE:
            raise Unreadable("is larger than 50 MiB", "give the text of one source")
        data = path.read_bytes()
        return data, data.decode("utf-8")
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}", "check the path") from error
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text", "save the text in UTF-8") from error


@dataclass(frozen=True)
class Place:
    """Where a phrase stands in a text: paragraph, and characters before its first and after its last."""

    paragraph: int
    start: int
    end: int


def locate(path: Path, phrase: str) -> tuple[str, int, list[Place]]:
    """Return the digest and the length of a text, and where a phrase stands in it, however its spaces are written.

    Raises DataError for a text that cannot be read, UsageError for an empty phrase.
    """
    try:
        data, text = _text(path)
    except Unreadable as error:
        raise DataError(f"{path} {error}") from error
    words = [re.escape(word) for word in phrase.split()]
    if not words:
        raise UsageError("there is no phrase to look for; give a few words of the text, in quotation marks")
    places = [
        Place(_paragraph(text, found.start()), found.start(), found.end())
        for found in re.finditer(r"\s+".join(words), text)
    ]
    return _digest(data), len(text), places


def _digest(data: bytes) -> str:
    import hashlib  # slow to import, and every question would pay for it

    return hashlib.sha256(data).hexdigest()


def _paragraph(text: str, start: int) -> int:
    return sum(1 for line in text[: start + 1].split("\n") if line.strip())


def _positions(store: Triplestore, source: NamedNode, text: str) -> Iterator[Problem]:
    for row in select(store, f"SELECT ?n {{ GRAPH {GRAPH_PROVENANCE} {{ {source} <{EUD}characters> ?n }} }}"):
        if files.whole_number(row["n"]) != len(text):
            what = f"the text has {len(text)} characters, the source says {show(row['n'])}"
            yield Problem(ERROR, what, "correct eud:characters", probe=Probe(source.value, EUD + "characters"))
    rows = select(
        store,
        f"""SELECT ?p ?start ?end ?locator {{ GRAPH {GRAPH_PROVENANCE} {{
        ?p <{EUD}source> {source} ; <{EUD}start> ?start ; <{EUD}end> ?end ; <{EUD}locator> ?locator
        FILTER(isIRI(?p)) }} }} ORDER BY ?start ?p""",
    )
    for row in rows:
        passage, name = row["p"].value, show(row["p"])
        start, end = files.whole_number(row["start"]), files.whole_number(row["end"])
        if start is None or end is None or not start < end <= len(text):
            span = f"{show(row['start'])} to {show(row['end'])}"
            what = f"{name} spans {span}, outside the text of {len(text)} characters"
            probe = Probe(passage, EUD + "end")
            yield Problem(ERROR, what, "correct eud:start and eud:end", passage=passage, probe=probe)
            continue
        if text[start].isspace() or text[end - 1].isspace():
            probe = Probe(passage, EUD + "start")
            what, mend = f"{name} begins or ends with white space", "move eud:start or eud:end to a word"
            yield Problem(WARNING, what, mend, passage=passage, probe=probe)
        if "\n" in text[start:end]:
            probe = Probe(passage, EUD + "end")
            what = f"{name} runs on into the next paragraph"
            yield Problem(WARNING, what, "move eud:end, or make two passages of it", passage=passage, probe=probe)
        actual = _paragraph(text, start)
        said = _NUMBERED.match(row["locator"].value)
        if said and int(said[1]) != actual:  # a heading is for people, and cannot be compared
            probe = Probe(passage, EUD + "locator")
            what = f"{name} begins in paragraph {actual}, not {show(row['locator'])}"
            yield Problem(ERROR, what, "correct eud:locator", passage=passage, probe=probe)
