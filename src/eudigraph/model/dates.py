"""Dates as the graph writes them (EDTF, ISO 8601-2), and the days they allow."""

from __future__ import annotations

import re
import time
from calendar import monthrange
from contextlib import redirect_stdout, suppress
from datetime import date
from functools import lru_cache

from eudigraph.model.errors import UsageError
from eudigraph.model.text import cut

MAX_LENGTH = 64
"""Characters of the longest date that is read; more is no date."""


# Years, months, days and intervals of them, which most dates are; the library takes 5 to 15 ms for each.
_PLAIN = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-([0-9]{2}))?)?[?~%]?")
_SEASON = re.compile(r"([0-9]{4})-(2[1-4])()[?~%]?")
_OPEN = ("", "..")
_MONTHS = "January February March April May June July August September October November December"
_PARTS_OF_A_YEAR = dict(enumerate(_MONTHS.split(), 1)) | dict(enumerate(["spring", "summer", "autumn", "winter"], 21))


@lru_cache(maxsize=100_000)
def bounds(text: str) -> tuple[date | None, date | None]:
    """Return the first and the last day an EDTF date allows; None for an end that is open or unknown.

    Raises ValueError for a text that is no EDTF date, or a day that does not exist.

    >>> bounds("2023-05-15/2023-05-16")
    (datetime.date(2023, 5, 15), datetime.date(2023, 5, 16))
    """
    if not text or len(text) > MAX_LENGTH:
        raise ValueError("is no EDTF date")
    ends = text.split("/")
    plain = [days for end in ends if (days := _plain(end))]
    first, last = (plain[0][0], plain[-1][1]) if len(plain) == len(ends) <= 2 else _by_library(text)
    if first and last and first > last:
        raise ValueError("ends before it begins")
    return first, last


def readable(text: str) -> str:
    """Return an EDTF date for people: a year, season, month, day, or interval of them; any other as it stands.

    >>> readable("2023-07-03?/2023-07-04?")
    '3–4 July 2023 (uncertain)'
    """
    ends = [_words(end) for end in text.split("/")]
    if None in ends or len(ends) > 2 or not any(ends):
        return text
    first, last = ends[0] or [], ends[-1] or []
    doubt = " (uncertain)" if re.search("[?~%]", text) else ""
    if len(ends) == 1:
        return " ".join(first) + doubt
    size = len(first)
    while len(last) == size and len(first) > 1 and first[-1] == last[len(first) - 1]:
        first.pop()  # what both ends have in common is said once
    return f"{' '.join(first) or '…'}–{' '.join(last) or '…'}{doubt}"


def _words(end: str) -> list[str] | None:
    """Return day, month or season, and year; nothing for an open end, None for what is no such date."""
    if end in _OPEN:
        return []
    found = _PLAIN.fullmatch(end) or _SEASON.fullmatch(end)
    if found is None:
        return None
    year, part, day_ = found.groups()
    return [*([str(int(day_))] if day_ else []), *([_PARTS_OF_A_YEAR[int(part)]] if part else []), year]


def day(text: str) -> date:
    """Return the day of a text such as ``2023-04-18``; raises UsageError for any other.

    Python reads more forms (``20230418``, ``2023-W16-2``); one form is enough, and means the same to everybody.
    """
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    raise UsageError(f"{cut(text)!r} is no day; write it as YYYY-MM-DD, such as 2023-04-18")


def _plain(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of a year, a month or a day; None for any other text."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        last = first.replace(month=int(month or 12))
        return first, first if day else last.replace(day=monthrange(last.year, last.month)[1])
    except ValueError as error:
        raise ValueError("is no EDTF date, or a day that does not exist") from error


def _by_library(text: str) -> tuple[date | None, date | None]:
    from edtf import EDTFParseException, parse_edtf  # slow to import, and few need it

    if "Y" in text:  # years of more than four digits, which no day has, and over which the library may brood for ever
        raise ValueError("is no EDTF date, or a day that does not exist")
    try:
        with redirect_stdout(None):  # the library prints to it what it cannot read, such as "/.."
            parsed = parse_edtf(text)
        first, last = _day(parsed.lower_strict()), _day(parsed.upper_strict())
    except (EDTFParseException, ValueError, OverflowError, AttributeError, TypeError) as error:
        raise ValueError("is no EDTF date, or a day that does not exist") from error
    if text.startswith("/"):
        first = None
    if text.endswith("/"):
        last = None  # the library guesses ten years for an unknown end; unknown is unknown
    return first, last


def _day(value: time.struct_time | float) -> date | None:
    """Return a bound as a day; open and unknown ends come as infinities."""
    if isinstance(value, float):
        return None
    return date(value.tm_year, value.tm_mon, value.tm_mday)
