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
from itertools import groupby, takewhile
from operator import eq, itemgetter
from typing import Any

from eudigraph.build.snapshot import (
    ANALYSIS,
    LAST_DAY,
    Date,
    Snapshot,
    Span,
    before,
    best_told,
    foremost,
    overlap,
)
from eudigraph.model.stages import PLAN, PLANNED, STATE, Ladder, Status

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
    """What became so far of what was announced first; ``last_day`` is that of its last window, unless it is put off."""

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
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lasting:
    """What holds by what is known, from one day on until another; ``key`` tells what it is of."""

    key: Any
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

    def remove(self, gone: set[Snapshot]) -> None:
        self.all = [one for one in self.all if one not in gone]
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
        self.founders: dict[str, None] = {}
        self.left_out: set[str] = set()
        self.fits, self._width = fits, width
        self._spans: list[tuple[int, int, str]] = []  # the founders' in order, where they are dates

    def add(self, text: str, value: object, new: Snapshot) -> Iterable[str]:
        """Add a value; return the sides that are others than before."""
        if text in self.given:
            self.given[text][1].append(new)
            return ()
        self.given[text] = value, [new]
        near = self._near(value)
        if near and (len(near) > 1 or self._width(value) < self._width(self.given[near[0]][0])):
            before = set(self.founders)
            self._found_anew()
            return before | set(self.founders)
        if near:
            return ()
        self._found(text, value)
        return tuple(self.founders) if len(self.founders) < 3 else (text,)

    def _near(self, value: object) -> list[str]:
        """Return the founders that a value agrees with; those of days lie apart, so that few are looked at."""
        if isinstance(value, Date):
            place = bisect_right(self._spans, (value.span[1], LAST_DAY, "\uffff"))
            found = []
            while place and self._spans[place - 1][1] >= value.span[0]:
                place -= 1
                found.append(self._spans[place][2])
            return found
        return [text for text in self.founders if self.fits(value, self.given[text][0])]

    def _found(self, text: str, value: object) -> None:
        self.founders[text] = None
        if isinstance(value, Date):
            insort(self._spans, (*value.span, text))

    def _found_anew(self) -> None:
        self.founders, self.left_out, self._spans = {}, set(), []
        order = {text: number for number, text in enumerate(self.given)}
        for text in sorted(self.given, key=lambda text: (self._width(self.given[text][0]), order[text])):
            value = self.given[text][0]
            near = self._near(value)
            if not near:
                self._found(text, value)
            elif len(near) > 1:
                self.left_out.add(text)

    def lost(self, founder: str) -> frozenset[str]:
        """Return the values that fit a side, and others as well."""
        value = self.given[founder][0]
        return frozenset(one for one in self.left_out if self.fits(self.given[one][0], value))


class _Group:
    """Plans of the same time: which goes first, and whether their days agree."""

    def __init__(self, first: Snapshot) -> None:
        self.members = [first]
        self.start, self.end = first.as_of
        """The first day that one of them may speak of, and the last that all may."""
        self._first: Snapshot | None = first

    def add(self, new: Snapshot) -> None:
        self.members.append(new)
        self.start = min(self.start, new.as_of[0])
        self._first = None

    @property
    def first(self) -> Snapshot:
        if self._first is None:
            self._first = foremost(self.members)
        return self._first


class _Sequence:
    """Plans by the time they speak of, one group for each time."""

    def __init__(self) -> None:
        self.groups: list[_Group] = []

    def add(self, new: Snapshot) -> tuple[list[_Group], list[_Group]]:
        """Add a plan, and return the groups that are gone and those to look at again, also for what is before them."""
        groups = self.groups
        place = bisect_left(groups, new.as_of[0], key=lambda group: group.end)
        after = groups[place + 1 : place + 2]
        if place == len(groups) or new.as_of[1] < groups[place].start:
            groups.insert(place, _Group(new))
            return [], groups[place : place + 2]
        if new.as_of[1] >= groups[place].end:
            groups[place].add(new)
            return [], [groups[place], *after]
        gone = groups[place:]  # it ends before those it belongs to, so that some of them may come after it
        left = [s for group in gone for s in group.members] + [new]
        del groups[place:]
        for snapshot in sorted(left, key=lambda s: (s.as_of[1], s.as_of[0], s.passage)):
            if len(groups) == place or groups[-1].end < snapshot.as_of[0]:
                groups.append(_Group(snapshot))
            else:
                groups[-1].add(snapshot)
        return gone, groups[place:]

    def before(self, group: _Group) -> _Group | None:
        """Return the group before one, which is among them."""
        place = bisect_left(self.groups, group.end, key=lambda one: one.end)
        return self.groups[place - 1] if place else None


class _Latest:
    """Plans after which no other speaks, the foremost of each time."""

    def __init__(self) -> None:
        self._by_time: dict[Span, Snapshot] = {}
        self._latest = 0

    def add(self, new: Snapshot) -> None:
        if new.as_of[0] > self._latest:
            self._latest = new.as_of[0]
            self._by_time = {span: s for span, s in self._by_time.items() if span[1] >= self._latest}
        if new.as_of[1] >= self._latest:
            there = self._by_time.get(new.as_of)
            self._by_time[new.as_of] = foremost([there, new]) if there else new

    @property
    def first(self) -> Snapshot | None:
        return foremost(self._by_time.values()) if self._by_time else None


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

    ``kind`` is that of the engagement, ``within`` gives the places that a place lies in.
    """

    def __init__(self, ladder: Ladder, kind: str, within: Mapping[str, set[str]]) -> None:
        self._ladder, self._kind, self._within = ladder, kind, within
        held = ladder.status("held")
        self._held = held.name if held else ""
        self._of_place = "place", self._held
        self._wished = {ladder.stage("wanted"), ladder.stage(PLANNED)}

        self._reports: list[Snapshot] = []
        self._main, self._analyses = _Reached(), _Reached()
        self._steps: dict[str, _Step] = {}
        self._new_steps: set[str] = set()
        self._places = _Told()
        self._latest_of_all = 0

        self._plans = _Sequence()
        self._newest_plans = _Latest()
        self._chains: dict[str | None, _Sequence] = defaultdict(_Sequence)
        self._changes: dict[_Group, Change] = {}
        self._moved: dict[str | None, int] = defaultdict(int)
        self._to_compare: dict[tuple[str | None, _Group], None] = {}

        self._sides: dict[tuple[Any, ...], _Sides] = {}
        self._shown: dict[tuple[Any, ...], set[str]] = defaultdict(set)
        self._states: dict[Span, list[Snapshot]] = defaultdict(list)
        self._wishes: dict[Span, dict[tuple[str, int], Snapshot]] = defaultdict(dict)
        self._dispute: tuple[Snapshot, Snapshot] | None = None
        self._in_dispute: set[str] = set()
        self._noted: set[tuple[tuple[Any, ...], str]] = set()
        self._disputed_until = 0

        self._windowed: dict[Span, Snapshot] = {}
        self._newest_windowed = _Latest()
        self._undated: list[Snapshot] = []
        self._known_undated: set[tuple[Span, int, int]] = set()
        self._latest_aim = 0
        self._aim: Snapshot | None = None
        self._outcomes: dict[str, _Step] = {}
        self._realised_as: str | None = None
        self._found = {name: Intervals() for name in ("situations", "milestones", "fates", "changes", "sides")}

    # ------------------------------------------------------------------ what comes in

    def run(
        self, snapshots: Iterable[Snapshot], numbers: Iterable[tuple[str, Snapshot]], realised: tuple[int, str] | None
    ) -> Result:
        """Go through all snapshots, and return what is derived.

        ``numbers`` are claimed ordinals and quantities: the property, and a snapshot whose place is the value.
        ``realised`` is from when on it is by what.
        """
        arriving = [(s.known, "", s) for s in snapshots] + [(s.known, name, s) for name, s in numbers]
        arriving.sort(key=lambda one: (one[0], one[1], one[2].passage, one[2].status.name if one[2].status else ""))
        days = [(day, list(batch)) for day, batch in groupby(arriving, key=itemgetter(0))]
        if realised and all(day != realised[0] for day, _ in days):
            insort(days, (realised[0], []), key=itemgetter(0))
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
                self._disagree(self._of_place, new.place, new.place, new, day)
            return
        self._latest_of_all = max(self._latest_of_all, new.counts[0])
        if new.kind == PLAN:
            self._add_plan(new, day)
        else:
            self._add_report(new, day)
        if not new.lent and (new.kind == PLAN or (new.status and new.status.aim)):
            self._add_aim(new)

    def _add_report(self, new: Snapshot, day: int) -> None:
        status = new.status
        if status is None:
            return
        if new.lent or new.kind != STATE or not self._is_set_aside(new, day):
            self._take(new)
        if new.lent:
            return
        if status.once and new.date:
            self._disagree(("date", status.name), new.date.text, new.date, new, day)
        if status.name == self._held and new.place:
            self._disagree(self._of_place, new.place, new.place, new, day)

    def _take(self, new: Snapshot) -> None:
        (self._analyses if new.nearness == ANALYSIS else self._main).add(new)
        self._reports.append(new)
        self._note_step(new)
        if self._aim:
            self._count_outcome(new, self._aim)

    def _note_step(self, new: Snapshot) -> None:
        if new.status:
            self._steps.setdefault(new.status.name, _Step(new.status)).add(new)
            self._new_steps.add(new.status.name)

    def _set_aside(self, gone: set[Snapshot]) -> None:
        """Take states back that were counted."""
        gone &= set(self._reports)
        if not gone:
            return
        self._reports = [one for one in self._reports if one not in gone]
        self._main.remove(gone)
        self._analyses.remove(gone)
        self._new_steps |= self._steps.keys()
        self._steps, self._aim, self._outcomes = {}, None, {}
        for other in self._reports:
            self._note_step(other)

    def _add_plan(self, new: Snapshot, day: int) -> None:
        self._plans.add(new)
        self._newest_plans.add(new)
        if new.date is None and new.status and self._ladder.ranks.get(new.status.stage) in self._wished:
            self._note_wish(new, day)
        if new.window:
            gone, again = self._chains[new.step].add(new)
            for group in gone:
                self._forget(new.step, group, day)
            self._to_compare |= dict.fromkeys((new.step, group) for group in again)

    # ------------------------------------------------------------------ changes and disagreements

    def _forget(self, step: str | None, group: _Group, day: int) -> None:
        self._to_compare.pop((step, group), None)
        if old := self._changes.pop(group, None):
            self._found["changes"].put((step, old.earlier, old.later), None, day)
            self._moved[step] -= old.moved or 0

    def _compare(self, step: str | None, group: _Group, day: int) -> None:
        """Compare plans of one time with one another, and with the plan before."""
        self._forget(step, group, day)
        before_it = self._chains[step].before(group)
        change = self._change(before_it.first, group.first) if before_it else None
        if change:
            self._changes[group] = change
            self._found["changes"].put((step, change.earlier, change.later), change, day)
            self._moved[step] += change.moved or 0
        if len(group.members) == 1:
            return
        key = ("planned date", step, group.end)
        self._sides[key] = sides = self._sides_of_dates()
        for member in sorted(group.members, key=lambda s: (s.known, s.passage)):
            if member.meant:
                sides.add(member.meant.text, member.meant, member)
        self._show(key, {*self._shown[key], *sides.founders}, day)

    def _change(self, one: Snapshot, other: Snapshot) -> Change | None:
        a, b = one.meant, other.meant
        if not a or not b or not one.window or not other.window:
            return None
        apart = not overlap(one.window, other.window)
        if apart or (a.is_deadline and b.is_deadline and a.span[1] != b.span[1]):
            return Change(one.passage, other.passage, b.span[1] - a.span[1], a.text, b.text)
        if one.place and other.place and not self._is_same_place(one.place, other.place):
            return Change(one.passage, other.passage, None, one.place, other.place)
        return None

    def _disagree(self, key: tuple[Any, ...], text: str, value: object, new: Snapshot, day: int) -> None:
        if key not in self._sides:
            if isinstance(value, Date):
                self._sides[key] = self._sides_of_dates()
            elif key[0] == "place":
                self._sides[key] = _Sides(self._is_same_place, lambda place: -len(self._within.get(place, ())))
            else:
                self._sides[key] = _Sides(eq, lambda _: 0)
        if others := self._sides[key].add(text, value, new):
            self._show(key, others, day)

    @staticmethod
    def _sides_of_dates() -> _Sides:
        return _Sides(lambda a, b: overlap(a.span, b.span), lambda date: date.width)

    def _show(self, key: tuple[Any, ...], texts: Iterable[str], day: int) -> None:
        """Note these sides as they are, if there are several; passages that come later are added at the end."""
        sides, shown = self._sides[key], self._shown[key]
        for text in texts:
            is_there = text in sides.founders and len(sides.founders) > 1
            is_there = is_there and (key != self._of_place or self._held in self._steps)  # where it was to be is a plan
            self._found["sides"].put((key, text), sides.lost(text) if is_there else None, day)
            (shown.add if is_there else shown.discard)(text)

    def _is_same_place(self, one: str, other: str) -> bool:
        return one == other or other in self._within.get(one, ()) or one in self._within.get(other, ())

    def _is_set_aside(self, state: Snapshot, day: int) -> bool:
        """Note a state; return whether a plan of the same time, by a nearer speaker, only wants it."""
        self._states[state.as_of].append(state)
        wishes = [wish for span in self._same_time(self._wishes, state.as_of) for wish in self._wishes[span].values()]
        if wishes:
            nearest = min(wishes, key=lambda wish: wish.nearness)
            for wish in wishes:
                self._note_dispute(state, wish, day)
            return nearest.nearness < state.nearness
        return False

    def _note_wish(self, wish: Snapshot, day: int) -> None:
        """Note an undated plan that wants or plans something, and set states of its time aside that others tell."""
        name = wish.status.name if wish.status else ""
        if (name, wish.nearness) in self._wishes[wish.as_of]:
            return
        self._wishes[wish.as_of][name, wish.nearness] = wish
        states = [state for span in self._same_time(self._states, wish.as_of) for state in self._states[span]]
        for state in states[:1]:
            self._note_dispute(state, wish, day)
        if len(self._wishes[wish.as_of]) == 1:
            for state in states[1:]:
                self._note_dispute(state, wish, day)
        self._set_aside({state for state in states if wish.nearness < state.nearness})

    @staticmethod
    def _same_time(by_time: Mapping[Span, Any], time: Span) -> list[Span]:
        """Return the times that may be the same: mostly one day, and looked for as such."""
        if len(by_time) == 1 or time[0] != time[1]:
            return [span for span in by_time if overlap(span, time)]
        wide = [span for span in by_time if span[0] != span[1] and overlap(span, time)]
        return [*wide, time] if time in by_time else wide

    def _note_dispute(self, state: Snapshot, wish: Snapshot, day: int) -> None:
        until = max(state.as_of[1], wish.as_of[1])
        if self._dispute is None or until > self._disputed_until:
            self._dispute, self._disputed_until = (state, wish), until
        self._in_dispute.add(wish.passage)
        key = ("status", None, max(state.as_of[0], wish.as_of[0]))
        for one in (state, wish):
            name = one.status.name if one.status else ""
            if (key, one.passage) not in self._noted:
                self._noted.add((key, one.passage))
                self._disagree(key, name, name, one, day)

    # ------------------------------------------------------------------ aims and what they bring

    def _add_aim(self, new: Snapshot) -> None:
        self._latest_aim = max(self._latest_aim, new.as_of[0])
        if new.window:
            self._newest_windowed.add(new)
            if not self._windowed or new.as_of[0] <= min(span[1] for span in self._windowed):
                there = self._windowed.get(new.as_of)
                self._windowed[new.as_of] = foremost([there, new]) if there else new
                first = min(span[1] for span in self._windowed)
                self._windowed = {span: s for span, s in self._windowed.items() if span[0] <= first}
        elif (sort := (new.as_of, new.rank, new.nearness)) not in self._known_undated:
            self._known_undated.add(sort)  # of those alike the first told
            insort(self._undated, new, key=lambda s: (s.as_of[1], s.as_of[0], s.passage))

    def _first_aim(self) -> Snapshot | None:
        if self._windowed:
            return foremost(self._windowed.values())
        while self._undated and self._is_said_too_late(self._undated[0]):
            del self._undated[0]
        if not self._undated:
            return None
        first = self._undated[0].as_of[1]
        same = takewhile(lambda aim: aim.as_of[0] <= first, self._undated)
        return foremost(aim for aim in same if not self._is_said_too_late(aim))

    def _is_said_too_late(self, aim: Snapshot) -> bool:
        """Whether an undated aim says less than what counted already, other than in a dispute."""
        if aim.meant or aim.passage in self._in_dispute:
            return False
        return any(step.status.rank > aim.rank and step.counted <= aim.as_of[1] for step in self._steps.values())

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
        last = self._newest_windowed.first
        realised_as = self._realised_as
        if self._outcomes:
            step = min(
                self._outcomes.values(), key=lambda s: (s.own_day[1], s.dated is None, s.own_day[0], -s.status.rank)
            )
            verdict, days, as_last = self._verdict(aim, step, last)
            form = realised_as if step.status.rank >= self._ladder.first_agreed and step.teller.lent else None
            return Fate(verdict, days, as_last, moved, None, form, aim.passage, step.teller.passage)
        end = self._main.end or self._analyses.end
        if end and not self._latest_aim > end.counts[1]:
            return Fate("dropped", None, False, moved, None, None, aim.passage, end.passage)
        outlook = self._newest_plans.first
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
        if self._held in self._new_steps and self._of_place in self._sides:
            self._show(self._of_place, self._sides[self._of_place].founders, day)
        for of_step, group in list(self._to_compare):
            self._compare(of_step, group, day)
        self._to_compare.clear()
        self._found["situations"].put("", self._situation(), day)
        self._found["fates"].put("", self._fate(), day)
        for name in self._new_steps:
            step = self._steps.get(name)
            milestone = step and Milestone(
                name,
                step.dated.date.text if step.dated and step.dated.date else None,
                step.own_day,
                step.teller.passage,
            )
            self._found["milestones"].put(name, milestone, day)
        self._new_steps.clear()

    def _situation(self) -> Situation | None:
        reached = self._main.furthest or self._analyses.furthest
        outlook = self._outlook(reached)
        disputed = self._dispute is not None and self._latest_of_all <= self._disputed_until
        ahead = outlook.status.name if outlook and outlook.status else None
        ahead_date = outlook.meant.text if outlook and outlook.meant else None
        others = {s.passage for s in self._dispute} if disputed and self._dispute else set()
        elsewhere = self._places.best
        if outlook and outlook.status and self._goes_first(outlook, reached):
            status, stage, date = outlook.status.name, self._stage_of_plan(outlook), outlook.date
            place = outlook.place or (elsewhere.place if elsewhere else None)
            passages = {outlook.passage}
        elif reached:
            dated, at = reached.dated, reached.places.best or elsewhere
            status, stage, date = reached.status.name, reached.status.stage, dated.date if dated else None
            place = at.place if at else None
            passages = {s.passage for s in (reached.newest, dated, at) if s}
        else:
            return None
        return Situation(
            status,
            stage,
            date.text if date else None,
            date.span if date else None,
            place,
            ahead,
            ahead_date,
            disputed,
            tuple(sorted(passages | others)),
            self._realised_as,
        )

    def _outlook(self, reached: _Step | None) -> Snapshot | None:
        plan = self._newest_plans.first
        if plan is None or reached is None:
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
        return min(plan.rank, self._ladder.last_planned) > reached.status.rank

    def _stage_of_plan(self, plan: Snapshot) -> str:
        """Return the stage of a plan, at most planned; one put off without a day keeps that of the plan before it."""
        planned = self._ladder.planned
        if plan.status and plan.status.name.endswith("/postponed") and not plan.meant:
            for group in reversed(self._plans.groups):
                if group.end < plan.as_of[0]:
                    return self._stage_of_plan(group.first)
        stage = plan.status.stage if plan.status else planned
        return stage if -1 < self._ladder.ranks.get(stage, -1) <= self._ladder.ranks.get(planned, 0) else planned

    # ------------------------------------------------------------------ what comes out

    def sides(self, result: Result) -> Iterator[tuple[Lasting, Side]]:
        """Yield the sides of all disagreements, with their passages."""
        others = {
            key: [text for text in sides.given if text not in sides.founders] for key, sides in self._sides.items()
        }
        for lasting in result.sides:
            key, founder = lasting.key
            given, fits = self._sides[key].given, self._sides[key].fits
            if founder not in given:
                continue
            told = [s for s in given[founder][1] if s.known < lasting.until]
            for text in others[key]:
                value, snapshots = given[text]
                if text != founder and text not in lasting.value and fits(value, given[founder][0]):
                    told += [s for s in snapshots if s.known < lasting.until]
            first = best_told(told)
            value = (
                first.place
                if key[0] in ("place", "ordinal", "quantity")
                else first.date.text
                if first.date
                else founder
            )
            if key[0] == "status":
                value = founder
            is_wish = int(key[0] == "status" and first.kind == PLAN)  # first what is said to be there
            order = (is_wish, int(first.nearness == ANALYSIS), first.said[1], first.nearness, first.passage)
            passages = tuple(sorted({s.passage for s in told}))
            yield lasting, Side(str(key[0]), key[1], value or founder, key[2] if len(key) > 2 else 0, order, passages)
