"""How things stand: worked examples, and what holds of any passages whatever they say."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

import worked_examples
from eudigraph.build.history import History, Lasting, Result
from eudigraph.build.snapshot import Snapshot, implied, kind_of, read_date
from eudigraph.model.stages import Ladder, read_ladder

HOME = Path(__file__).parent.parent
OWN = HOME / "tests" / "fixtures" / "examples.md"
SHARED = HOME.parent / "shared" / "time" / "examples.md"


@pytest.fixture(scope="module")
def ladder() -> Ladder:
    return LADDER


LADDER = read_ladder(parse(path=HOME / "ontology" / "statuses.ttl", format=RdfFormat.TURTLE))
STATUSES = {iri.rpartition("/")[2]: status for iri, status in LADDER.statuses.items()}


def files() -> list[Path]:
    return [path for path in (OWN, SHARED) if path.exists()]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.parent.name)
def test_worked_examples_come_out_as_they_say(path: Path) -> None:
    wrong = [
        f"line {line}, {example.title}: {asked}, known by {day}: {found}, not {right}"
        for example, line, asked, day, right, found in worked_examples.run(path)
        if found != right
    ]
    assert not wrong, "\n".join(wrong)


# ---------------------------------------------------------------- whatever passages say

DAYS = [f"2023-0{month}-{day:02}" for month in range(1, 8) for day in (3, 17)]
DATES = [*DAYS, "2023-03", "2023", "[..2023-04]", "[2023-02..2023-05]", "2023-05-17/2023-05-18"]


def snapshot(
    number: int, status: str, dated: str | None, said: str, as_of: str | None = None, near: int = 3, place: str = ""
) -> Snapshot:
    said_span = read_date(said).span
    speaks = read_date(as_of).span if as_of else said_span
    when = read_date(dated) if dated else None
    kind, when = kind_of(STATUSES[status], when, speaks)
    return Snapshot(f"p{number:04}", "m", kind, STATUSES[status], when, place or None, said_span, speaks, near)


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    count = draw(st.integers(1, 9))
    return [
        snapshot(
            number,
            draw(st.sampled_from(sorted(STATUSES))),
            draw(st.none() | st.sampled_from(DATES)),
            draw(st.sampled_from([*DAYS, "2023-03", "2023-05"])),
            draw(st.none() | st.none() | st.sampled_from(DAYS[:8])),
            draw(st.integers(0, 4)),
            draw(st.sampled_from(["", "", "a", "b"])),
        )
        for number in range(count)
    ]


def run(given: Iterable[Snapshot], kind: str = "meeting") -> tuple[History, Result]:
    history = History(LADDER, kind, {"a": {"c"}})
    return history, history.run(given, [], None)


def shown(history: History, result: Result, by: int | None = None) -> dict[str, object]:
    """Return all that is derived, known by a day, or with all days."""

    def known(all_: Iterable[Lasting]) -> list[str]:
        if by is None:
            return sorted(str(one) for one in all_)
        return sorted(str((one.key, one.value)) for one in all_ if one.since <= by < one.until)

    said = {s.passage: s.known for s in ALL}
    sides = [
        str((lasting.since, lasting.until, side)) if by is None
        else str((side.about, side.step, side.value, sorted(p for p in side.passages if said[p] <= by)))
        for lasting, side in history.sides(result)
        if by is None or lasting.since <= by < lasting.until
    ]  # fmt: skip
    return {
        "situations": known(result.situations),
        "milestones": known(result.milestones),
        "fates": known(result.fates),
        "changes": known(result.changes),
        "sides": sorted(sides),
    }


ALL: list[Snapshot] = []


@settings(max_examples=100, deadline=None)
@given(snapshots(), st.randoms(use_true_random=False), st.sampled_from(["meeting", "instrument", ""]))
def test_the_order_in_which_passages_are_read_changes_nothing(given: list[Snapshot], random, kind: str) -> None:  # type: ignore[no-untyped-def]
    ALL[:] = given
    other = [*given]
    random.shuffle(other)
    assert shown(*run(given, kind)) == shown(*run(other, kind))


@settings(max_examples=100, deadline=None)
@given(snapshots(), st.sampled_from(DAYS), st.sampled_from(["meeting", "instrument", ""]))
def test_what_is_said_later_does_not_change_what_was_known_before(given: list[Snapshot], day: str, kind: str) -> None:
    ALL[:] = given
    by = read_date(day).span[1]
    before = [s for s in given if s.known <= by]
    assert shown(*run(given, kind), by=by) == shown(*run(before, kind), by=by)


@settings(max_examples=100, deadline=None)
@given(snapshots())
def test_whoever_tells_the_same_again_in_another_passage_changes_no_status_or_fate(given: list[Snapshot]) -> None:
    ALL[:] = given
    twice = [*given, *(replace(s, passage=f"{s.passage}-again") for s in given)]

    def heads(all_: list[Snapshot]) -> list[object]:
        _, result = run(all_)
        found = [(s.since, s.value.status, s.value.stage, s.value.date, s.value.place) for s in result.situations]
        return [
            found,
            [(f.since, f.value.verdict, f.value.days, f.value.moved, f.value.last_day) for f in result.fates],
        ]

    once, again = heads(given), heads(twice)
    assert [_runs(part) for part in once] == [_runs(part) for part in again]


def _runs(rows: object) -> list[object]:
    """Return rows without those that only repeat the one before."""
    found: list[object] = []
    for row in sorted(rows, key=lambda row: row[0]):  # type: ignore[call-overload]
        if not found or found[-1][1:] != row[1:]:  # type: ignore[index]
            found.append(row)
    return found


def test_what_is_only_finer_is_no_disagreement() -> None:
    coarse = [snapshot(1, "signed", "2023", "2023-05-17"), snapshot(2, "signed", "2023-03", "2023-06-17")]
    fine = [*coarse, snapshot(3, "signed", "2023-03-03", "2023-07-03")]
    for all_ in (coarse, fine):
        ALL[:] = all_
        history, result = run(all_, "instrument")
        assert not list(history.sides(result))
    assert result.situations[-1].value.date == "2023-03-03"


@pytest.mark.parametrize(
    ("status", "step"),
    [("scheduled", 1), ("held", 1), ("held", 0), ("wanted", None), ("under-way", None), ("scheduled", 0)],
)
def test_thousands_of_passages_on_one_engagement_take_linear_time(status: str, step: int | None) -> None:
    base = date(2010, 1, 1).toordinal()

    def seconds(count: int) -> float:
        all_ = []
        for number in range(count):
            day = date.fromordinal(base + number).isoformat()
            ahead = base + 400 * (status == "scheduled") + number * (step or 0)
            when = None if step is None else date.fromordinal(ahead).isoformat()
            all_.append(snapshot(number, status, when, day))
        began = time.process_time()
        history, result = run(all_)
        list(history.sides(result))
        return time.process_time() - began

    small = min(seconds(500) for _ in range(2))
    assert min(seconds(4000) for _ in range(2)) < 8 * 3 * max(small, 0.02)


@pytest.mark.parametrize(
    ("dated", "as_of", "is_meeting", "status"),
    [
        ("2023-05-16", "2023-04-18", True, "expected"),
        ("2023-05-16", "2023-05-16", True, "held"),
        ("2023-05-16", "2023-05", True, None),
        ("2023-03", "2023-04-18", False, None),
        (None, "2023-04-18", True, None),
    ],
)
def test_a_date_alone_tells_how_a_meeting_stands_if_it_can(
    ladder: Ladder, dated: str | None, as_of: str, is_meeting: bool, status: str | None
) -> None:
    when = read_date(dated) if dated else None
    found = implied(ladder, when, read_date(as_of).span, is_meeting=is_meeting)
    assert (found.name.rpartition("/")[2] if found else None) == status
