"""Dates as the graph writes them (EDTF, ISO 8601-2), the days they allow, and days as people write them."""

from __future__ import annotations

import re
import time
from calendar import monthrange
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from eudigraph.model.errors import UsageError
from eudigraph.model.text import cut

MAX_LENGTH = 64
"""Characters of the longest date that is read; more is no date."""


# Years, seasons, months, days and times of day, which most dates are; the library takes 5 to 15 ms for each.
_END = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_MARKS = re.compile("[?~%]")
_OPEN = ("", "..")
_MONTHS = "January February March April May June July August September October November December"
_SEASONS = {21: "spring", 22: "summer", 23: "autumn", 24: "winter"}
_PARTS_OF_A_YEAR = dict(enumerate(_MONTHS.split(), 1)) | _SEASONS


@dataclass(frozen=True)
class End:
    """One end of a date: a year, season, month, day or time of day; ``words`` has it for people, the day first.

    ``at`` is None unless there is a time of day, which has a zone or is local. ``is_day`` tells whether it is one day.
    """

    first: date
    last: date
    words: tuple[str, ...]
    is_day: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class When:
    """An EDTF date: its ends, which are the same unless it is an interval, None where open; and how sure it is.

    ``doubt`` is in words, such as ``uncertain``, and empty for a date that is neither uncertain nor approximate.
    """

    start: End | None
    end: End | None
    doubt: str = ""

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day, if it gives both as days, else None."""
        if self.start and self.end and self.start.is_day and self.end.is_day:
            return self.start.first, self.end.last
        return None


@lru_cache(maxsize=100_000)
def read(text: str) -> When | None:
    """Return an EDTF date as everything here understands it; None for one with parts that only the library reads.

    Raises ValueError for a text that is no EDTF date, or a day or an hour that does not exist.
    """
    if not text or len(text) > MAX_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("is no EDTF date")
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 1 and text in _OPEN) or text in ("/", "../..", "../", "/.."):
        raise ValueError("is no EDTF date")
    ends = []
    for part in parts:
        plain = part[:-1] if _MARKS.fullmatch(part[-1:]) else part
        found = None if part in _OPEN else _END.fullmatch(plain)
        others = found and found[2] and int(found[2]) > max(_SEASONS)  # quarters, and other parts of a year
        if (found is None and part not in _OPEN) or others:
            _by_library(text)
            return None
        ends.append(_end(*found.groups()) if found else None)
    start, end = ends[0], ends[-1]
    if start and end and (start.first > end.last or _is_later(start.at, end.at)):
        raise ValueError("ends before it begins")
    return When(start, end, doubt(text))


def bounds(text: str) -> tuple[date | None, date | None]:
    """Return the first and the last day an EDTF date allows; None for an end that is open or unknown.

    Raises ValueError for a text that is no EDTF date, or a day that does not exist.

    >>> bounds("2023-05-15/2023-05-16")
    (datetime.date(2023, 5, 15), datetime.date(2023, 5, 16))
    """
    when = read(text)
    if when is None:
        return _by_library(text)
    return when.start.first if when.start else None, when.end.last if when.end else None


def readable(text: str) -> str:
    """Return an EDTF date for people: a year, season, month, day, time of day, or interval; any other as it stands.

    >>> readable("2023-07-03?/2023-07-04?")
    '3–4 July 2023 (uncertain)'
    """
    try:
        when = read(text)
    except ValueError:
        return text
    if when is None:
        return text
    doubt = f" ({when.doubt})" if when.doubt else ""
    first, last = (list(end.words) if end else [] for end in (when.start, when.end))
    if first == last:
        return " ".join(first) + doubt
    size = len(first)
    while len(last) == size and len(first) > 1 and first[-1] == last[len(first) - 1]:
        first.pop()  # what both ends have in common is said once
    if when.start and when.start.at and len(last) > 1 and first[0] == last[0]:
        last = last[1:]
    return f"{' '.join(first) or '…'}–{' '.join(last) or '…'}{doubt}"


def doubt(text: str) -> str:
    """Return in words how sure an EDTF date is: ``uncertain``, ``approximate``, both, or nothing."""
    marks = set(_MARKS.findall(text))
    uncertain, approximate = bool(marks & {"?", "%"}), bool(marks & {"~", "%"})
    return " and ".join(["uncertain"] * uncertain + ["approximate"] * approximate)


def _end(year: str, part: str | None, day_: str | None, hour: str | None, zone: str | None) -> End:
    """Return a year, season, month, day or time; raises ValueError for one that does not exist."""
    if part and int(part) in _SEASONS and not day_:
        first, last = _season(int(year), int(part))
        return End(first, last, (_SEASONS[int(part)], year))
    try:
        first = date(int(year), int(part or 1), int(day_ or 1))
        at = datetime.fromisoformat(f"{first}T{hour}{zone or ''}") if hour else None
    except ValueError as error:
        raise ValueError("is no EDTF date, or a day that does not exist") from error
    last = first.replace(month=int(part or 12))
    last = first if day_ else last.replace(day=monthrange(last.year, last.month)[1])
    words = [str(first.day)] * bool(day_) + [_PARTS_OF_A_YEAR[first.month]] * bool(part) + [year]
    if hour:
        words = [f"{' '.join(words)},", hour.removesuffix(":00") if len(hour) > 5 else hour]
        words += [f"UTC{zone.removeprefix('Z')}"] if zone else []
    return End(first, last, tuple(words), is_day=bool(day_), at=at)


def _season(year: int, season: int) -> tuple[date, date]:
    """Return the first and the last day that a season allows; winter may be at either end of its year."""
    if season == 24:
        return date(year, 1, 1), date(year + 1, 3, 1) - timedelta(days=1) if year < date.max.year else date.max
    month = 3 * (season - 20)
    return date(year, month, 1), date(year, month + 2, monthrange(year, month + 2)[1])


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    """Whether a time is after another, as far as zones let that be told."""
    return bool(one and other and (one.tzinfo is None) == (other.tzinfo is None) and one > other)


@dataclass(frozen=True)
class Day:
    """A day that somebody gave, and a note of how it was taken if what they wrote is no single day."""

    day: date
    note: str | None = None


def day(text: str, *, end: bool = True) -> Day:
    """Return the day that somebody means: of a month, a year or another span its last day, or its first unless ``end``.

    ``after May 2023`` and ``until May 2023`` mean its last day, ``from May 2023`` its first. Taken is EDTF
    (``2023-04-18``, ``2023-05``, ``2023-05-15/2023-05-16``), what ``readable`` makes of it, and days in English words
    (``18 April 2023``, ``Apr 18, 2023``, ``spring 2023``). Raises UsageError for days in numbers that people read in
    different ways, those that depend on when they are read, and what is no day at all.

    >>> day("May 2023")
    Day(day=datetime.date(2023, 5, 31), note='"May 2023" was taken for 2023-05-31')
    """
    given, shown = " ".join(text[:_LONGEST].split()), repr(cut(text))
    if not given:
        raise UsageError("no day is given; write one, such as 2023-04-18, 18 April 2023 or May 2023")
    if given.casefold() in _RELATIVE:
        raise UsageError(f"{shown} depends on when it is read; write the day itself, such as 2023-04-18")
    if numbers := _NUMBERS.fullmatch(given):
        raise UsageError(f"{shown} {_told_apart(*numbers.groups())}")
    if _WINTER.search(given):
        raise UsageError(f"{shown} may be of either of two years; write its months, such as December 2022–March 2023")
    plain = ""
    try:
        plain = _edtf(given if len(text) <= _LONGEST else "")
        first, last = bounds(plain)
    except ValueError:
        if wrong := _no_such_day(plain):
            raise UsageError(f"{shown} does not exist: {wrong}; give another day") from None
        raise UsageError(
            f"{shown} is no day; write it as YYYY-MM-DD, such as 2023-04-18, or as 18 April 2023, or May 2023"
        ) from None
    taken = last if end else first
    if taken is None:
        raise UsageError(f"{shown} has no {'last' if end else 'first'} day; write a day, such as 2023-04-18")
    return Day(taken, None if first == last else f'"{given}" was taken for {taken}')


_LONGEST = 2 * MAX_LENGTH
_RELATIVE = ("today", "tomorrow", "yesterday", "now")
_NUMBERS = re.compile(r"([0-9]{1,2})[./-] ?([0-9]{1,2})[./-] ?([0-9]{4}|[0-9]{2})")
_WINTER = re.compile(r"winter|[0-9]{4}-24\b", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"([0-9]{4})([./-])([0-9]{1,2})\2([0-9]{1,2})")
_DATES = re.compile(r"[0-9X?~%/.,{}\[\] -]+")
"""What dates in EDTF are written with; its times of day are no days."""
_WORDS = {word.casefold(): number for number, word in _PARTS_OF_A_YEAR.items()} | {"fall": 23, "sept": 9}
_WORDS |= {word[:3].casefold(): number for number, word in enumerate(_MONTHS.split(), 1)}
_DAY = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|\.)?")
_DOUBT = re.compile(r" \((?:uncertain|approximate|uncertain and approximate)\)|[?~% ]+$")
_BETWEEN = re.compile(r" ?[–—] ?| to | - |(?<=[0-9])-(?=[0-9]{1,2} [a-z])|(?<=[a-z])-(?=[a-z])")


def _told_apart(one: str, other: str, year: str) -> str:
    """Return why a day in numbers is not taken, and how to write it."""
    if len(year) == 2:
        return "is read in different ways; write it with the whole year, such as 2023-04-18"
    meant = []
    for day_, month in ((one, other), (other, one)):
        with suppress(ValueError):
            meant.append(date(int(year), int(month), int(day_)))
    if not meant:
        return "is no day; write it as YYYY-MM-DD, such as 2023-04-18"
    if len(set(meant)) == 1:
        return f"may be read in another way elsewhere; write it as {meant[0]}"
    return f"may be {readable(str(meant[0]))} or {readable(str(meant[1]))}; write it as {meant[0]} or {meant[1]}"


def _no_such_day(edtf: str) -> str | None:
    """Return why there is no such day as a date has, if it is written well; else None."""
    for part in _MARKS.sub("", edtf).split("/"):
        if not (found := re.fullmatch(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?", part)) or found[1] == "0000":
            continue
        year, month, day_ = (int(number or 1) for number in found.groups())
        if found[3] and not 1 <= month <= 12:
            return f"a year has no month {month}"
        if found[3] and not 1 <= day_ <= (days := monthrange(year, month)[1]):
            return f"{_PARTS_OF_A_YEAR[month]} {year} has {days} days"
    return None


def _edtf(text: str) -> str:
    """Return a date in words as EDTF, any other text as it stands; raises ValueError for words that are no date."""
    if numbers := _YEAR_FIRST.fullmatch(text):
        year, _, month, day_ = numbers.groups()
        return f"{year}-{month:0>2}-{day_:0>2}"
    ends = _BETWEEN.split(_DOUBT.sub("", text.casefold()))
    if len(ends) == 1 and _DATES.fullmatch(text):
        return text
    first, last = (None if end == "…" else _parts(end) for end in (ends[0], ends[-1]))
    if len(ends) > 2 or last == first is None:
        raise ValueError
    if first and last:  # what both have in common is said once
        first = ({"month": last["month"]} if "day" in first and "month" in last else {}) | first
        last = ({"month": first["month"]} if "day" in last and "month" in first else {}) | last
        first = ({"year": last["year"]} if "year" in last else {}) | first
    return "/".join(".." if end is None else _written(end) for end in ([first, last] if len(ends) == 2 else [last]))


def _parts(text: str) -> dict[str, int]:
    """Return day, month or season, and year of a date in words, as far as they are given."""
    if (plain := _END.fullmatch(text)) and not plain[4]:
        return {name: int(part) for name, part in zip(("year", "month", "day"), plain.groups(), strict=False) if part}
    found: dict[str, int] = {}
    for word in re.split("[ ,-]+", text.strip(", ")):
        if word in ("the", "of"):
            continue
        if re.fullmatch("[0-9]{4}", word):
            name, number = "year", int(word)
        elif day_ := _DAY.fullmatch(word):
            name, number = "day", int(day_[1])
        else:
            name, number = "month", _WORDS.get(word.rstrip("."), 0)
        if name in found or not number:
            raise ValueError
        found[name] = number
    return found


def _written(parts: dict[str, int]) -> str:
    if "year" not in parts or ("day" in parts and not 0 < parts.get("month", 0) < 13):
        raise ValueError
    return "-".join(f"{parts[name]:02}" for name in ("year", "month", "day") if name in parts)


@lru_cache(maxsize=10_000)
def _by_library(text: str) -> tuple[date | None, date | None]:
    from edtf import EDTFParseException, parse_edtf  # slow to import, and few need it

    if "S" in text:  # significant digits, of which the library takes no notice
        raise ValueError("is no EDTF date, or a day that does not exist")
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
    if first and last and first > last:
        raise ValueError("ends before it begins")
    return first, last


def _day(value: time.struct_time | float) -> date | None:
    """Return a bound as a day; open and unknown ends come as infinities."""
    if isinstance(value, float):
        return None
    return date(value.tm_year, value.tm_mon, value.tm_mday)
