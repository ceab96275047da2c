"""Texts as people type and read them: compared, cut, folded, and without what a terminal or a spreadsheet obeys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar

WIDTH = 120
"""Characters of a line where there is no terminal to ask."""


PRINTABLE: ContextVar[Callable[[str], str]] = ContextVar("printable", default=str)
"""Puts something close to it in the place of what the terminal lacks; it may be longer, so that tables need it first.

What is not laid out is left to the terminal, and is the same there.
"""


def cut(text: str, room: int = 80) -> str:
    """Return a text that somebody typed as messages show it: not longer than there is room for."""
    return text if len(text) <= room else text[: room - 1] + "…"


def plural(word: str) -> str:
    """Return the plural of an English name for a kind of things."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart, as those write them who lack the key."""
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_])\. ?(?=[^\W\d_](?![^\W_]))")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_APART = re.compile(r"[\x00-%'-*,-/:-`{-\x7f]+")  # all in ASCII but a-z, 0-9, & and +; written so, it compiles at once
_LONGEST = 200
"""Characters of a name that are compared; to compare texts takes as long as they are, one times the other."""


def fold(label: str) -> str:
    """Return a label as it is compared: without case, accents, punctuation, doubled spaces and dots between initials.

    >>> fold("The U.S.–Łódź talks")
    'the us lodz talks'
    """
    if label.isascii():
        plain = label.lower()
    else:  # twice, since what is taken apart may have a case, and what is folded may come apart
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", label).casefold()).translate(LETTERS)
        plain = _FOREIGN.sub(_without_accents, plain)
    if "." in plain:
        plain = _INITIALS.sub(r"\1", plain)
    return " ".join(_APART.split(plain)).strip()


def _without_accents(found: re.Match[str]) -> str:
    """Return letters, digits and the vowel signs that some scripts put beside letters; spaces for all but accents."""
    kept = []
    for c in found[0]:
        kind = unicodedata.category(c)
        if kind != "Cf" and not unicodedata.combining(c):
            kept.append(c if kind[0] == "M" or c.isalnum() else " ")
    return "".join(kept)


def similar(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to ``count`` of the known names that a reader may have meant, nearest first."""
    import difflib  # only who mistypes pays for it

    by_fold: dict[str, str] = {}
    for candidate in sorted(known):
        by_fold.setdefault(fold(candidate), candidate)
    wanted = fold(name[:_LONGEST])
    hits = difflib.get_close_matches(wanted, by_fold, n=count, cutoff=0.6)
    if len(wanted) >= 3:
        hits += [f for f in by_fold if wanted in f and f not in hits]
    return [by_fold[h] for h in hits[:count]]


def slips(one: str, other: str, most: int) -> int:
    """Return how many slips of the hand turn one word into another, ``most`` + 1 for any number above ``most``.

    A slip is a letter too many, missing, wrong, or changed places with the next: Damerau 1964,
    https://doi.org/10.1145/363958.363994, no letter being touched twice.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    older: list[int] = []
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before = before, row
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)


def one_line(text: str, length: int = 80) -> str:
    """Return a text as messages quote it: on one line, cut at ``length`` characters, nothing a terminal would obey."""
    beginning = text[: 4 * length]  # white space goes, so that more than the length may be needed
    plain = " ".join("".join(c if c.isprintable() else " " for c in beginning).split())
    return plain if beginning == text and len(plain) <= length else plain[: length - 1] + "…"


_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Also what turns the direction of writing, which would let a name reverse the rest of its line."""


def clean(text: str) -> str:
    """Return a text without the control characters that a terminal, or a page's lines, would obey."""
    return _CONTROL.sub("�", text)


def escaped(text: str, how: str) -> str:
    """Return a text of a format for programs with such characters as escapes, such as ``\\\\u{:04X}``: none is lost."""
    return _CONTROL.sub(lambda found: how.format(ord(found[0])), text)


def folded(lines: Sequence[str], width: int) -> list[str]:
    """Return lines no wider than so many characters; what does not fit goes on below, under its own beginning."""
    import textwrap

    made: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        room = max(width, len(indent) + 30)
        made += textwrap.wrap(line, room, subsequent_indent=indent, break_on_hyphens=False) or [""]
    return made


def for_xml(text: str, instead: str = "") -> str:
    """Return a text with something ``instead`` of each character that XML 1.0 forbids, even escaped.

    See https://www.w3.org/TR/xml/#charsets.
    """
    # Nearly all texts are printable, and nothing that is forbidden is.
    return text if text.isprintable() else _NO_XML.sub(instead, text)


def clean_lines(lines: Sequence[str]) -> str:
    """Return lines as one text, each without control characters and trailing spaces, and one line end at its end."""
    return "\n".join(clean(line).rstrip() for line in lines).rstrip("\n") + "\n"


def for_spreadsheet(text: str) -> str:
    """Return a text as CSV may hold it: without what a terminal would obey, and nothing for a spreadsheet to compute.

    What a spreadsheet would take for a formula gets an apostrophe, as in the explorer.
    """
    plain = clean(text)
    return "'" + plain if _FORMULA.match(plain) else plain
