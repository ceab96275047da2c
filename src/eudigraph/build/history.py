"""How one engagement stands, by what is known on each day: a fold over its snapshots, in the order they become known.

The rules are those of docs/time.md. What depends on nothing but the newest snapshots is kept up to date as they come,
so that an engagement that thousands of passages speak of takes as long as thousands of engagements; what comes out of
order, as one that speaks of earlier days, is worked out anew from where it belongs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from eudigraph.build.snapshot import (
    ANALYSIS,
    LAST_DAY,
    Date,
    Snapshot,
    Span,
    before,
    best_told,
    earliest,
    foremost,
    newest,
    overlap,
)
from eudigraph.model.stages import AGREED, PLAN, PLANNED, REPORT, STATE, Ladder, Status

MEETING, INSTRUMENT = "meeting", "instrument"
_OF_INSTRUMENTS = ("concluded", "signed", "adopted", "provisional", "in-force", "done")
_OF_THE_REST = ("adopted", "provisional", "under-way", "in-force", "done")


@dataclass(frozen=True, slots=True)
class Situation:
    """How an engagement stands: status, stage, day and place, the plan ahead, and the passages that bear it."""

    status: str
    stage: str
    date: str | None
    span: Span | None
    place: str | None
    outlook: str | None
    outlook_date: str | None
    disputed: bool
    passages: tuple[str, ...]
    realised_as: str | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step that was reached, with its own day: by the teller who goes first, or the first day that it is told of."""

    status: str
    date: str | None
    span: Span
    passage: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of what was announced first, so far; ``last_day`` is that of its last window, unless it is put off."""

    verdict: str
    days: int | None
    as_last_announced: bool
    moved: int
    last_day: int | None
    realised_as: str | None
    aim: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """Two plans for the same step, one after the other, of which the later has other days or another place."""

    earlier: str
    later: str
    moved: int | None
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values on which passages disagree, with all passages that give it or what agrees with it."""

    about: str
    step: str | None
    value: str
    number: int
    order: tuple[int, int, int, int, str]
    passages: tuple[tuple[str, int], ...]
    """Each with the day from which it is known."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """What holds by what is known, from one day on until another; ``key`` tells what it is of."""

    key: Hashable
    value: Any
    since: int
    until: int


class Intervals:
    """Values by key that hold from one day until they change."""

    def __init__(self) -> None:
        self._open: dict[Hashable, tuple[Any, int]] = {}
        self._closed: list[Lasting] = []

    def put(self, key: Hashable, value: object, day: int) -> None:
        """Let a value hold from a day on; None lets nothing hold."""
        if (there := self._open.get(key)) is not None:
            if there[0] == value:
                return
            if there[1] < day:
                self._closed.append(Lasting(key, there[0], there[1], day))
            del self._open[key]
        if value is not None:
            self._open[key] = value, day

    def get(self) -> list[Lasting]:
        """Return all that held at any time; the last of each key for ever."""
        still = (Lasting(key, value, since, LAST_DAY) for key, (value, since) in self._open.items())
        return [*self._closed, *still]


class _Told:
    """The snapshot whose teller goes first, of those that come in the order they become known."""

    def __init__(self) -> None:
        self.best: Snapshot | None = None
        self._earliest = 0

    def add(self, new: Snapshot) -> None:
        best = self.best
        if best is None or (best.nearness == ANALYSIS) > (new.nearness == ANALYSIS):
            self.best, self._earliest = new, new.said[1]
        elif (best.nearness == ANALYSIS) == (new.nearness == ANALYSIS) and new.said[0] <= self._earliest:
            self.best = best_told([best, new])


class _Step:
    """All reports or states of one status: what is newest of them, and the day and the place by who told them first."""

    def __init__(self, status: Status) -> None:
        self.status = status
        self.places = _Told()
        self.as_of: Span = (LAST_DAY, LAST_DAY)
        """Of when the first of them speaks."""
        self.counted: int = LAST_DAY
        """The first day from which one may count."""
        self._any = _Told()
        self._dated = _Told()
        self._dates: dict[str, _Told] = {}
        self._fresh: list[Snapshot] = []
        self._latest = 0
        self._resolved: Snapshot | None = None
        self._is_stale = False

    def add(self, new: Snapshot) -> None:
        self._any.add(new)
        self.counted = min(self.counted, new.counts[0])
        self.as_of = min(self.as_of, new.as_of, key=lambda span: (span[1], span[0]))
        if new.counts[0] > self._latest:
            self._latest = new.counts[0]
            self._fresh = [s for s in self._fresh if s.counts[1] >= self._latest]
        if new.counts[1] >= self._latest:
            self._fresh.append(new)
        if new.place:
            self.places.add(new)
        if new.date:
            self._dated.add(new)
            if new.date.text not in self._dates:
                self._dates[new.date.text] = _Told()
                self._is_stale = True
            self._dates[new.date.text].add(new)
            self._is_stale |= self._resolved is None or self._dated.best is new

    @property
    def newest(self) -> Snapshot:
        """The newest of them, by its teller where several are as new; the others are let go."""
        if len(self._fresh) > 1:
            self._fresh = [best_told(self._fresh)]
        return self._fresh[0]

    @property
    def dated(self) -> Snapshot | None:
        """The one whose day is followed: the first told, a month or a year made closer by a finer day within it."""
        if self._is_stale:
            found = self._dated.best
            while found and found.date and found.date.width and not found.date.is_extent:
                finer = [other for told in self._dates.values() if (other := told.best) and _is_finer(other, found)]
                if not finer:
                    break
                found = best_told(finer)
            self._resolved, self._is_stale = found, False
        return self._resolved

    @property
    def own_day(self) -> Span:
        """Its day, or that of which the first teller speaks."""
        return self.dated.date.span if self.dated and self.dated.date else self.as_of

    @property
    def teller(self) -> Snapshot:
        """Who is followed on its day."""
        told = self.dated or self._any.best
        if told is None:
            raise LookupError("nothing was added")
        return told


def _is_finer(one: Snapshot, other: Snapshot) -> bool:
    if not one.date or not other.date or one.date.width >= other.date.width:
        return False
    return other.date.span[0] <= one.date.span[0] and one.date.span[1] <= other.date.span[1]


class _Reached:
    """Reports and states, and what of them holds after the last that leads back."""

    def __init__(self) -> None:
        self.all: list[Snapshot] = []
        self.end: Snapshot | None = None
        self.steps: dict[str, _Step] = {}

    def add(self, new: Snapshot) -> None:
        if new.status is None:
            return
        if new.status.ends:
            if self.end is None or before(self.end.counts, new.counts):
                self.end = new
                self._begin_again()
            elif not before(new.counts, self.end.counts):
                self.end = best_told([self.end, new])
            return
        self.all.append(new)
        self._count(new)

    def remove(self, one: Snapshot) -> None:
        self.all.remove(one)
        self._begin_again()

    def _begin_again(self) -> None:
        self.steps = {}
        for snapshot in self.all:
            self._count(snapshot)

    def _count(self, new: Snapshot) -> None:
        if new.status and (self.end is None or before(self.end.counts, new.counts)):
            name = new.status.name
            if name not in self.steps:
                self.steps[name] = _Step(new.status)
            self.steps[name].add(new)

    @property
    def furthest(self) -> _Step | None:
        if self.steps:
            return max(self.steps.values(), key=lambda step: step.status.rank)
        if self.end is None or self.end.status is None:
            return None
        step = _Step(self.end.status)
        step.add(self.end)
        return step


class _Sides:
    """Values of which only one can be right: those that agree are on one side, and what fits several on none.

    The narrowest values found the sides. ``fits`` tells whether two values agree, ``width`` how narrow one is.
    """

    def __init__(self, fits: Callable[[Any, Any], bool], width: Callable[[Any], int]) -> None:
        self.given: dict[str, tuple[Any, list[Snapshot]]] = {}
        self.founders: list[str] = []
        self.left_out: set[str] = set()
        self._fits, self._width = fits, width
        self._spans: list[tuple[int, int, str]] = []  # the founders' in order, where they are dates

    def add(self, text: str, value: object, new: Snapshot) -> bool:
        """Add a value; return whether the sides are others than before."""
        if text in self.given:
            self.given[text][1].append(new)
            return False
        self.given[text] = value, [new]
        near = self._near(value)
        if near and (len(near) > 1 or self._width(value) < self._width(self.given[near[0]][0])):
            return self._found_anew()
        if near:
            return False
        self._found(text, value)
        return True

    def _near(self, value: object) -> list[str]:
        """Return the founders that a value agrees with; founders of days lie apart, so that few are looked at."""
        if isinstance(value, Date):
            place = bisect_right(self._spans, (value.span[1], LAST_DAY, "\uffff"))
            found = []
            while place and self._spans[place - 1][1] >= value.span[0]:
                place -= 1
                found.append(self._spans[place][2])
            return found
        return [text for text in self.founders if self._fits(value, self.given[text][0])]

    def _found(self, text: str, value: object) -> None:
        self.founders.append(text)
        if isinstance(value, Date):
            insort(self._spans, (*value.span, text))

    def _found_anew(self) -> bool:
        was = self.founders, self.left_out
        self.founders, self.left_out, self._spans = [], set(), []
        order = {text: number for number, text in enumerate(self.given)}
        for text in sorted(self.given, key=lambda text: (self._width(self.given[text][0]), order[text])):
            value = self.given[text][0]
            near = self._near(value)
            if not near:
                self._found(text, value)
            elif len(near) > 1:
                self.left_out.add(text)
        return was != (self.founders, self.left_out)

    def fitting(self, founder: str) -> list[Snapshot]:
        """Return all snapshots on one side."""
        value = self.given[founder][0]
        others = (
            one
            for text, (one, _) in self.given.items()
            if text == founder or (text not in self.left_out and text not in self.founders and self._fits(one, value))
        )
        named = {id(one) for one in others}
        return [s for one, snapshots in self.given.values() if id(one) in named for s in snapshots]


class _Group:
    """Plans of the same time: which goes first, and whether their days agree."""

    def __init__(self, end: int) -> None:
        self.end = end
        """The last day that all of them may speak of."""
        self.members: list[Snapshot] = []
        self._first: Snapshot | None = None

    def add(self, new: Snapshot) -> None:
        self.members.append(new)
        self._first = foremost([self._first, new]) if self._first else new

    @property
    def first(self) -> Snapshot:
        if len(self.members) > 1:
            self._first = foremost(self.members)
        if self._first is None:
            raise LookupError("nothing was added")
        return self._first


class _Sequence:
    """Plans by the time they speak of, one group for each time."""

    def __init__(self) -> None:
        self.groups: list[_Group] = []

    def add(self, new: Snapshot) -> int:
        """Add a plan, and return the number of the first group that is another for it."""
        groups = self.groups
        place = len(groups)
        while place and groups[place - 1].end >= new.as_of[0]:
            place -= 1
        if place == len(groups):
            groups.append(_Group(new.as_of[1]))
            groups[-1].add(new)
        elif new.as_of[1] >= groups[place].end:
            groups[place].add(new)
        else:  # it ends before those it belongs to, so that some of them may come after it
            left = [s for group in groups[place:] for s in group.members] + [new]
            del groups[place:]
            for snapshot in sorted(left, key=lambda s: (s.as_of[1], s.as_of[0], s.passage)):
                if len(groups) == place or groups[-1].end < snapshot.as_of[0]:
                    groups.append(_Group(snapshot.as_of[1]))
                groups[-1].add(snapshot)
        return place


@dataclass
class Result:
    """All that was derived of an engagement, each with the days from which on and until which it is known."""

    situations: list[Lasting] = field(default_factory=list)
    milestones: list[Lasting] = field(default_factory=list)
    fates: list[Lasting] = field(default_factory=list)
    changes: list[Lasting] = field(default_factory=list)
    sides: list[Lasting] = field(default_factory=list)


class History:
    """What is known of one engagement, day after day.

    ``kind`` is that of the engagement, ``within`` gives the places that a place lies in; ``numbers`` are claimed
    ordinals and quantities, as snapshots whose place holds the value, by property.
    """

    def __init__(self, ladder: Ladder, kind: str, within: Mapping[str, set[str]]) -> None:
        self._ladder, self._kind, self._within = ladder, kind, within
        self._main, self._analyses = _Reached(), _Reached()
        self._steps: dict[str, _Step] = {}
        self._places = _Told()
        self._plans = _Sequence()
        self._fresh: list[Snapshot] = []
        self._latest = 0
        self._latest_of_all = 0
        self._chains: dict[str | None, _Sequence] = defaultdict(_Sequence)
        self._changes: dict[str | None, list[Change | None]] = defaultdict(list)
        self._moved: dict[str | None, int] = defaultdict(int)
        self._sides: dict[Hashable, _Sides] = {}
        self._states: dict[bool, dict[Span, list[Snapshot]]] = {True: defaultdict(list), False: defaultdict(list)}
        self._has_wide = {True: False, False: False}
        """Whether some of them speak of more than a day, so that all are to be looked at."""
        self._disputes: list[tuple[Snapshot, Snapshot]] = []
        self._disputed_until = 0
        self._reports: list[Snapshot] = []
        self._windowed: list[Snapshot] = []
        self._last_windowed: list[Snapshot] = []
        self._undated: list[Snapshot] = []
        self._latest_aim = 0
        self._aim: Snapshot | None = None
        self._outcomes: dict[str, _Step] = {}
        self._realised_as: str | None = None
        self._found = {name: Intervals() for name in ("situations", "milestones", "fates", "changes", "sides")}
        self._dirty_steps: set[str] = set()

    # ------------------------------------------------------------------ what comes in

    def run(
        self, snapshots: Iterable[Snapshot], numbers: Iterable[tuple[str, Snapshot]], realised: tuple[int, str] | None
    ) -> Result:
        """Go through all snapshots, and return what is derived. ``realised`` is from when on it is by what."""
        arriving = [(s.known, "", s) for s in snapshots] + [(s.known, name, s) for name, s in numbers]
        arriving.sort(key=lambda one: (one[0], one[1], one[2].passage, one[2].status.name if one[2].status else ""))
        days = [(day, list(batch)) for day, batch in groupby(arriving, key=lambda one: one[0])]
        if realised and all(day != realised[0] for day, _ in days):
            insort(days, (realised[0], []), key=lambda one: one[0])
        for day, batch in days:
            if realised and day >= realised[0]:
                self._realised_as = realised[1]
            for _, name, snapshot in batch:
                if name:
                    self._disagree((name, None), snapshot.place or "", snapshot.place, snapshot, day)
                else:
                    self._add(snapshot, day)
            self._settle(day)
        return Result(**{name: found.get() for name, found in self._found.items()})

    def _add(self, new: Snapshot, day: int) -> None:
        if new.kind == "":
            if new.place:
                self._places.add(new)
                self._disagree(("place", self._held), new.place, new.place, new, day)
            return
        self._latest_of_all = max(self._latest_of_all, new.counts[0])
        if new.kind == PLAN:
            self._add_plan(new, day)
        else:
            self._add_report(new, day)
        if not new.lent and (new.kind == PLAN or (new.status and new.status.aim)):
            self._add_aim(new)

    @property
    def _held(self) -> str:
        return next((name for name, status in self._ladder.statuses.items() if name.endswith("/status/held")), "")

    def _add_report(self, new: Snapshot, day: int) -> None:
        status = new.status
        if status is None:
            return
        set_aside = False
        if new.kind == STATE and not new.lent:
            set_aside = self._dispute(new, day)
        if not set_aside:
            self._take(new)
        if new.lent:
            return
        if status.once and new.date:
            self._disagree(("date", status.name), new.date.text, new.date, new, day)
        if status.name == self._held and new.place:
            self._disagree(("place", self._held), new.place, new.place, new, day)

    def _take(self, new: Snapshot) -> None:
        (self._analyses if new.nearness == ANALYSIS else self._main).add(new)
        if new.status is None:
            return
        name = new.status.name
        if name not in self._steps:
            self._steps[name] = _Step(new.status)
        self._steps[name].add(new)
        self._dirty_steps.add(name)
        self._reports.append(new)
        if self._aim:
            self._count_outcome(new, self._aim)

    def _set_aside(self, one: Snapshot) -> None:
        if one not in self._reports:
            return
        self._reports.remove(one)
        (self._analyses if one.nearness == ANALYSIS else self._main).remove(one)
        self._steps, self._aim = {}, None
        for other in self._reports:
            if other.status:
                self._steps.setdefault(other.status.name, _Step(other.status)).add(other)
                self._dirty_steps.add(other.status.name)
        if one.status:
            self._dirty_steps.add(one.status.name)

    def _add_plan(self, new: Snapshot, day: int) -> None:
        self._plans.add(new)
        if new.as_of[0] > self._latest:
            self._latest = new.as_of[0]
            self._fresh = [s for s in self._fresh if s.as_of[1] >= self._latest]
        if new.as_of[1] >= self._latest:
            self._fresh.append(new)
        if new.date is None:
            self._dispute(new, day)
        if new.window:
            place = self._chains[new.step].add(new)
            self._compare(new.step, place, day)

    # ------------------------------------------------------------------ changes and disagreements

    def _compare(self, step: str | None, place: int, day: int) -> None:
        """Compare the plans of a step with those before, from a group on."""
        groups, changes = self._chains[step].groups, self._changes[step]
        for old in changes[place:]:
            if old:
                self._found["changes"].put((step, old.earlier, old.later), None, day)
                self._moved[step] -= old.moved or 0
        del changes[place:]
        for number in range(place, len(groups)):
            change = self._change(groups[number - 1].first, groups[number].first) if number else None
            changes.append(change)
            if change:
                self._found["changes"].put((step, change.earlier, change.later), change, day)
                self._moved[step] += change.moved or 0
            if len(groups[number].members) > 1:
                self._compare_group(step, groups[number], day)

    def _change(self, one: Snapshot, other: Snapshot) -> Change | None:
        a, b = one.meant, other.meant
        if not a or not b or not one.window or not other.window:
            return None
        apart = not overlap(one.window, other.window)
        if apart or (a.is_deadline and b.is_deadline and a.span[1] != b.span[1]):
            return Change(one.passage, other.passage, b.span[1] - a.span[1], a.text, b.text)
        if one.place and other.place and not self._same_place(one.place, other.place):
            return Change(one.passage, other.passage, None, one.place, other.place)
        return None

    def _compare_group(self, step: str | None, group: _Group, day: int) -> None:
        key = ("planned date", step, min(s.as_of for s in group.members))
        self._sides.pop(key, None)
        for member in sorted(group.members, key=lambda s: (s.known, s.passage)):
            if member.meant:
                self._disagree(key, member.meant.text, member.meant, member, day)
        sides = self._sides.get(key)
        if sides and len(sides.founders) < 2:
            self._show_sides(key, sides, day)

    def _disagree(self, key: tuple[Any, ...], text: str, value: object, new: Snapshot, day: int) -> None:
        if key not in self._sides:
            if isinstance(value, Date):
                self._sides[key] = _Sides(lambda a, b: overlap(a.span, b.span), lambda date: date.width)
            else:
                self._sides[key] = _Sides(self._same_place, lambda place: -len(self._within.get(place, ())))
        sides = self._sides[key]
        if sides.add(text, value, new) and len(sides.founders) > 1:
            self._show_sides(key, sides, day)

    def _show_sides(self, key: tuple[Any, ...], sides: _Sides, day: int) -> None:
        """Note the sides as they are; members that come later are added at the end."""
        shown = set(sides.founders) if len(sides.founders) > 1 else set()
        intervals = self._found["sides"]
        for text in self._shown.get(key, set()) - shown:
            intervals.put((key, text), None, day)
        for text in shown:
            lost = frozenset(one for one in sides.left_out if sides._fits(sides.given[one][0], sides.given[text][0]))
            intervals.put((key, text), lost, day)
        self._shown[key] = shown

    @property
    def _shown(self) -> dict[Hashable, set[str]]:
        if not hasattr(self, "_shown_sides"):
            self._shown_sides: dict[Hashable, set[str]] = {}
        return self._shown_sides

    def _same_place(self, one: str, other: str) -> bool:
        return one == other or other in self._within.get(one, ()) or one in self._within.get(other, ())

    def _dispute(self, new: Snapshot, day: int) -> bool:
        """Note where one says that it is there and another of the same time only wants it; return whether it is aside."""
        stages = {self._ladder.stage("wanted"), self._ladder.stage(PLANNED)}
        if new.kind == PLAN and (new.status is None or self._ladder.ranks.get(new.status.stage) not in stages):
            return False
        is_state = new.kind == STATE
        there = self._states[not is_state]
        if new.as_of[0] == new.as_of[1] and not self._has_wide[not is_state]:
            same_time = list(there.get(new.as_of, ()))
        else:
            same_time = [s for span, others in there.items() if overlap(span, new.as_of) for s in others]
        self._states[is_state][new.as_of].append(new)
        self._has_wide[is_state] |= new.as_of[0] != new.as_of[1]
        aside = False
        for other in same_time:
            state, plan = (new, other) if is_state else (other, new)
            self._disputed_until = max(self._disputed_until, state.as_of[1], plan.as_of[1])
            self._disputes.append((state, plan))
            for one in (state, plan):
                self._dispute_side(one, (state, plan), day)
            if plan.nearness < state.nearness:
                if state is new:
                    aside = True
                else:
                    self._set_aside(state)
        return aside

    def _dispute_side(self, one: Snapshot, pair: tuple[Snapshot, Snapshot], day: int) -> None:
        key = ("status", None, max(pair[0].as_of[0], pair[1].as_of[0]))
        if key not in self._sides:
            self._sides[key] = _Sides(lambda a, b: bool(a == b), lambda _: 0)
        name = one.status.name if one.status else ""
        sides = self._sides[key]
        if name in sides.given and one in sides.given[name][1]:
            return
        if sides.add(name, name, one) and len(sides.founders) > 1:
            self._show_sides(key, sides, day)

    # ------------------------------------------------------------------ aims and what they bring

    def _add_aim(self, new: Snapshot) -> None:
        self._latest_aim = max(self._latest_aim, new.as_of[0])
        if new.window:
            if self._last_windowed and before(self._last_windowed[0].as_of, new.as_of):
                self._last_windowed = []
            if not self._last_windowed or not before(new.as_of, self._last_windowed[0].as_of):
                self._last_windowed = [foremost([*self._last_windowed, new])]
            if not self._windowed or new.as_of[0] <= min(s.as_of[1] for s in self._windowed):
                self._windowed = earliest([*self._windowed, new])
        else:
            insort(self._undated, new, key=lambda s: (s.as_of[1], s.as_of[0], s.passage))

    def _first_aim(self) -> Snapshot | None:
        if self._windowed:
            return foremost(self._windowed)
        while self._undated and self._is_said_too_late(self._undated[0]):
            del self._undated[0]
        if not self._undated:
            return None
        first = self._undated[0].as_of[1]
        same = []
        for aim in self._undated:
            if aim.as_of[0] > first:
                break
            if not self._is_said_too_late(aim):
                same.append(aim)
        return foremost(same) if same else None

    def _is_said_too_late(self, aim: Snapshot) -> bool:
        """Whether an undated aim says less than what counted already, other than in a dispute."""
        if aim.meant or any(plan is aim for _, plan in self._disputes):
            return False
        for step in self._steps.values():
            if step.status.rank > aim.rank and step.counted <= aim.as_of[1]:
                return True
        return False

    def _brings(self, aim: Snapshot, status: Status) -> bool:
        """Whether a status is what an aim is meant to bring."""
        if aim.step and aim.status:
            return status.name == aim.step or (not aim.status.ends and not status.ends and status.rank > aim.rank)
        name = status.name.rpartition("/")[2]
        if self._kind == MEETING:
            return name == "held"
        if self._kind == INSTRUMENT or (aim.status and aim.status.talks):
            return name in _OF_INSTRUMENTS
        return name in _OF_THE_REST

    def _count_outcome(self, new: Snapshot, aim: Snapshot) -> None:
        if new.status is None or not self._brings(aim, new.status):
            return
        later = before(aim.as_of, new.as_of) or (new.date is not None and not before(new.date.span, aim.as_of))
        if later and new is not aim:
            self._outcomes.setdefault(new.status.name, _Step(new.status)).add(new)

    def _fate(self) -> Fate | None:
        aim = self._first_aim()
        if aim is None:
            self._aim = None
            return None
        if aim is not self._aim:
            self._aim, self._outcomes = aim, {}
            for report in self._reports:
                self._count_outcome(report, aim)
        moved = self._moved.get(aim.step, 0) if aim.window else 0
        last = self._last_windowed[0] if self._last_windowed else None
        realised_as = self._realised_as
        if self._outcomes:
            step = min(
                self._outcomes.values(), key=lambda s: (s.own_day[1], s.dated is None, s.own_day[0], -s.status.rank)
            )
            verdict, days, as_last = self._verdict(aim, step, last)
            far = step.status.rank >= min(
                (s.rank for s in self._ladder.statuses.values() if s.stage.endswith("/" + AGREED)), default=0
            )
            form = realised_as if far and step.teller.lent else None
            return Fate(verdict, days, as_last, moved, None, form, aim.passage, step.teller.passage)
        end = self._main.end or self._analyses.end
        if end and not self._latest_aim > end.counts[1]:
            return Fate("dropped", None, False, moved, None, None, aim.passage, end.passage)
        outlook = foremost(self._fresh) if self._fresh else None
        put_off = outlook and outlook.status and outlook.status.name.endswith("/postponed") and not outlook.meant
        day = last.window[1] if last and last.window and not put_off and last.window[1] < LAST_DAY else None
        return Fate("open", None, False, moved, day, None, aim.passage, None)

    def _verdict(self, aim: Snapshot, step: _Step, last: Snapshot | None) -> tuple[str, int | None, bool]:
        if aim.window is None:
            return "kept", None, False
        dated = step.dated.date if step.dated else None
        if dated is None:
            return ("kept" if step.as_of[0] <= aim.window[1] else "came"), None, False
        if overlap(dated.span, aim.window):
            return "kept", None, False
        as_last = bool(last and last is not aim and last.window and overlap(dated.span, last.window))
        if before(aim.window, dated.span):
            return "late", dated.span[1] - aim.window[1], as_last
        return "early", aim.window[0] - dated.span[0], as_last

    # ------------------------------------------------------------------ how it stands

    def _settle(self, day: int) -> None:
        """Note how the engagement stands when all that became known on a day is in."""
        self._found["situations"].put("", self._situation(), day)
        self._found["fates"].put("", self._fate(), day)
        for name in self._dirty_steps:
            step = self._steps.get(name)
            milestone = step and Milestone(
                name,
                step.dated.date.text if step.dated and step.dated.date else None,
                step.own_day,
                step.teller.passage,
            )
            self._found["milestones"].put(name, milestone, day)
        self._dirty_steps.clear()

    def _situation(self) -> Situation | None:
        reached = self._main.furthest or self._analyses.furthest
        outlook = self._outlook(reached)
        disputed = bool(self._disputes) and self._latest_of_all <= self._disputed_until
        ahead = outlook.status.name if outlook and outlook.status else None
        ahead_date = outlook.meant.text if outlook and outlook.meant else None
        others = tuple(s.passage for pair in self._disputes for s in pair) if disputed else ()
        elsewhere = self._places.best
        if outlook and outlook.status and self._goes_first(outlook, reached):
            place = outlook.place or (elsewhere.place if elsewhere else None)
            span = outlook.date.span if outlook.date else None
            text = outlook.date.text if outlook.date else None
            passages = tuple(sorted({outlook.passage, *others}))
            return Situation(
                *(outlook.status.name, self._stage_of_plan(outlook), text, span, place),
                *(ahead, ahead_date, disputed, passages, self._realised_as),
            )
        if reached is None:
            return None
        bearing, dated, at = reached.newest, reached.dated, reached.places.best or elsewhere
        passages = tuple(sorted({s.passage for s in (bearing, dated, at) if s} | set(others)))
        return Situation(
            *(reached.status.name, reached.status.stage, dated.date.text if dated and dated.date else None),
            *(dated.date.span if dated and dated.date else None, at.place if at else None),
            *(ahead, ahead_date, disputed, passages, self._realised_as),
        )

    def _outlook(self, reached: _Step | None) -> Snapshot | None:
        if not self._fresh:
            return None
        plan = foremost(self._fresh)
        if reached is None:
            return plan
        since = reached.newest.counts
        if reached.status.final:
            return plan if before(since, plan.as_of) else None
        if self._brings(plan, reached.status) or plan.meant is None or plan.meant.span[1] <= since[1]:
            return None
        return plan

    def _goes_first(self, plan: Snapshot, reached: _Step | None) -> bool:
        if reached is None or reached.status.ends:
            return True
        planned = max((s.rank for s in self._ladder.statuses.values() if s.stage.endswith("/" + PLANNED)), default=0)
        return min(plan.rank, planned) > reached.status.rank

    def _stage_of_plan(self, plan: Snapshot) -> str:
        """Return the stage of a plan, at most planned; one put off without a day keeps that of the plan before it."""
        planned = next((iri for iri in self._ladder.ranks if iri.endswith("/" + PLANNED)), "")
        if plan.status and plan.status.name.endswith("/postponed") and not plan.meant:
            for group in reversed(self._plans.groups):
                if group.end < plan.as_of[0]:
                    return self._stage_of_plan(group.first)
        stage = plan.status.stage if plan.status else planned
        return stage if -1 < self._ladder.ranks.get(stage, -1) <= self._ladder.ranks.get(planned, 0) else planned

    # ------------------------------------------------------------------ what comes out

    def sides(self, lasting: Lasting) -> Iterator[Side]:
        """Yield the side that a note of one stands for, with its passages in the order of their tellers."""
        key, text = lasting.key  # type: ignore[misc]
        sides = self._sides.get(key)
        if sides is None or text not in sides.given:
            return
        value = sides.given[text][0]
        told = [
            s
            for other, (one, snapshots) in sides.given.items()
            if other == text or (other not in lasting.value and sides._fits(one, value))
            for s in snapshots
            if s.known < lasting.until
        ]
        first = best_told(told)
        shown = first.place if key[0] in ("place", "ordinal", "quantity") else first.date.text if first.date else text
        if key[0] == "status":
            shown = text
        is_plan = int(key[0] == "status" and first.kind == PLAN)
        order = (is_plan, int(first.nearness == ANALYSIS), first.said[1], first.nearness, first.passage)
        passages = tuple(sorted({(s.passage, s.known) for s in told}, key=lambda one: (one[1], one[0])))
        yield Side(str(key[0]), key[1], shown or text, key[2] if len(key) > 2 else 0, order, passages)
