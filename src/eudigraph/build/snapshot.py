"""What one passage says of how one engagement stands: a plan, a report or a state, with its days.

Days are ordinals, from 1 to ``LAST_DAY``; a span is the first and the last day that a date allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from eudigraph.model import dates
from eudigraph.model.stages import PLAN, REPORT, Ladder, Status

Span = tuple[int, int]
LAST_DAY = date.max.toordinal()
ALWAYS: Span = (1, LAST_DAY)
ANALYSIS = 4
"""The nearness of a source that analyses what others have said."""


@dataclass(frozen=True, slots=True)
class Date:
    """A date as it is written, with the days it allows; its own words decide whether it is an extent or a deadline."""

    text: str
    span: Span

    @property
    def width(self) -> int:
        """Days that it allows, less one."""
        return self.span[1] - self.span[0]

    @property
    def is_extent(self) -> bool:
        """Whether it says how long something takes, and not in which time it falls."""
        return "/" in self.text

    @property
    def is_deadline(self) -> bool:
        """Whether it says by when, and no more."""
        return self.text.startswith("[..")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a passage says of an engagement's status, date and place, with when it speaks and how near its speaker is.

    ``kind`` is empty where nothing is said or follows of a status; such a snapshot tells only of a place. ``lent``
    marks what an engagement takes from another that realises it.
    """

    passage: str
    engagement: str
    kind: str
    status: Status | None
    date: Date | None
    place: str | None
    said: Span
    as_of: Span
    nearness: int
    lent: str | None = None

    @property
    def known(self) -> int:
        """The day from which it is known: the last that the day of publication allows."""
        return self.said[1]

    @property
    def rank(self) -> int:
        """The place of its status on the ladder."""
        return self.status.rank if self.status else -1

    @property
    def counts(self) -> Span:
        """From when it counts: a report from its date, all else from the day of which it speaks."""
        return self.date.span if self.kind == REPORT and self.date else self.as_of

    @property
    def meant(self) -> Date | None:
        """The day that is meant to come, of a plan."""
        if self.kind != PLAN or not self.date or not self.status:
            return None
        return self.date if self.status.meant or self.date.span[0] > self.as_of[1] else None

    @property
    def window(self) -> Span | None:
        """The days that are meant, from when it speaks; None if these were over by then."""
        if not (meant := self.meant) or meant.span[1] < self.as_of[0]:
            return None
        return max(meant.span[0], self.as_of[0]), meant.span[1]

    @property
    def step(self) -> str | None:
        """The step that a plan names, if its status is that of a report or a state."""
        return self.status.name if self.kind == PLAN and self.status and self.status.kind != PLAN else None


def before(one: Span, other: Span) -> bool:
    """Whether a time is surely before another."""
    return one[1] < other[0]


def overlap(one: Span, other: Span) -> bool:
    """Whether two times have a day in common."""
    return one[0] <= other[1] and other[0] <= one[1]


@lru_cache(maxsize=100_000)
def read_date(text: str) -> Date:
    """Return a date with its bounds, an open end being the end of all days; raises ValueError for what is no date."""
    first, last = dates.bounds(text)
    return Date(text, (first.toordinal() if first else 1, last.toordinal() if last else LAST_DAY))


def kind_of(status: Status, dated: Date | None, as_of: Span) -> tuple[str, Date | None]:
    """Return the kind of snapshot that a status makes, and its date, left aside if it is of what was called off."""
    if dated and dated.span[0] > as_of[1]:
        return (REPORT, None) if status.ends and status.name.endswith(("/cancelled", "/dropped")) else (PLAN, dated)
    return status.kind, dated


def implied(ladder: Ladder, dated: Date | None, as_of: Span, *, is_meeting: bool) -> Status | None:
    """Return the status that follows from a date alone: expected if it lies ahead, held of a meeting that is over."""
    if dated is None:
        return None
    if dated.span[0] > as_of[1]:
        return ladder.status("expected")
    return ladder.status("held") if is_meeting and dated.span[1] <= as_of[0] else None


def first_told(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Return those that nobody told before: no analysis unless there is nothing else, and of the earliest time."""
    all_ = list(snapshots)
    others = [s for s in all_ if s.nearness != ANALYSIS] or all_
    earliest = min(s.said[1] for s in others)
    return [s for s in others if s.said[0] <= earliest]


def best_told(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return the one whose teller goes first: analysis last, said first, nearest, narrowest date, passage."""
    return min(first_told(snapshots), key=_nearest)


def foremost(plans: Iterable[Snapshot]) -> Snapshot:
    """Return which of several plans of one time goes first: the nearest, the furthest, with a date, by its teller."""
    all_ = list(plans)
    best = min((s.nearness, -s.rank, s.date is None) for s in all_)
    return best_told(s for s in all_ if (s.nearness, -s.rank, s.date is None) == best)


def _nearest(snapshot: Snapshot) -> tuple[int, int, str]:
    return snapshot.nearness, snapshot.date.width if snapshot.date else LAST_DAY, snapshot.passage
