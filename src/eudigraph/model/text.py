"""Texts as people type and read them: compared, cut, folded, and without what a terminal or a spreadsheet obeys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

WIDTH = 120
"""Characters of a line where there is no terminal to ask."""


def cut(text: str, room: int = 80) -> str:
    """Return a text that somebody typed as messages show it: not longer than there is room for."""
    return text if len(text) <= room else text[: room - 1] + "…"


def plural(word: str) -> str:
    """Return the plural of an English name for a kind of things."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def fold(label: str) -> str:
    """Return a label as it is compared: without case, accents, punctuation and doubled spaces."""
    decomposed = unicodedata.normalize("NFKD", label.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w&+]+", " ", bare).split())


def similar(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to ``count`` of the known names that a reader may have meant, nearest first."""
    import difflib  # only who mistypes pays for it

    by_fold: dict[str, str] = {}
    for candidate in sorted(known):
        by_fold.setdefault(fold(candidate), candidate)
    wanted = fold(name)
    hits = difflib.get_close_matches(wanted, by_fold, n=count, cutoff=0.6)
    if len(wanted) >= 3:
        hits += [f for f in by_fold if wanted in f and f not in hits]
    return [by_fold[h] for h in hits[:count]]


def one_line(text: str, length: int = 80) -> str:
    """Return a text as messages quote it: on one line, cut at ``length`` characters, nothing a terminal would obey."""
    beginning = text[: 4 * length]  # white space goes, so that more than the length may be needed
    plain = " ".join("".join(c if c.isprintable() else " " for c in beginning).split())
    return plain if beginning == text and len(plain) <= length else plain[: length - 1] + "…"


_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Also what turns the direction of writing, which would let a name reverse the rest of its line."""


def clean(text: str) -> str:
    """Return a text without the control characters that a terminal, or a page's lines, would obey."""
    return _CONTROL.sub("�", text)


def folded(lines: Sequence[str], width: int) -> list[str]:
    """Return lines no wider than so many characters; what does not fit goes on below, under its own beginning."""
    import textwrap

    made: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        room = max(width, len(indent) + 30)
        made += textwrap.wrap(line, room, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return made


def clean_lines(lines: Sequence[str]) -> str:
    """Return lines as one text, each without control characters and trailing spaces, and one line end at its end."""
    return "\n".join(clean(line).rstrip() for line in lines).rstrip("\n") + "\n"


def harmless(text: str) -> str:
    """Return a text as CSV may hold it: without what a terminal would obey, and nothing for a spreadsheet to compute.

    What a spreadsheet would take for a formula gets an apostrophe, as in the explorer.
    """
    plain = clean(text)
    return "'" + plain if _FORMULA.match(plain) else plain
