"""How far each topic has come with each country: what engagements say of topics, and the furthest of it, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter

from eudigraph.build.history import Intervals, Lasting, Situation
from eudigraph.build.snapshot import LAST_DAY
from eudigraph.model.stages import AGREED, DONE, DROPPED, PLANNED, UNDER_WAY, Ladder

FIELD, WISH, AGENDA, EXPECTED, DISCUSSED, RESULT = (
    *("pursuesTopic", "wantsTopic", "agenda", "expects", "discusses", "result"),
)
RELATIONS = (FIELD, WISH, AGENDA, EXPECTED, DISCUSSED, RESULT)
"""The relations of an engagement to a topic, by the local names of their properties."""
_FIXED = {WISH: "wanted", DISCUSSED: "discussed", RESULT: AGREED}


@dataclass(frozen=True, slots=True)
class Tie:
    """How far a topic has come with a country: the stage, and the engagement and passage that bear it."""

    stage: str
    engagement: str
    passage: str
    priority: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A passage relates an engagement to a topic."""

    engagement: str
    relation: str
    topic: str
    passage: str
    known: int


def stage_of(ladder: Ladder, relation: str, stage: str | None, *, is_partnership: bool, is_held: bool) -> str | None:
    """Return the stage that a relation to a topic has, of an engagement at ``stage`` (local names); None for none."""
    if stage == DROPPED:
        return _FIXED[relation] if relation in (DISCUSSED, RESULT) else None
    if relation in _FIXED:
        return _FIXED[relation]
    if relation == FIELD:
        stage = stage or "mentioned"
        return AGREED if is_partnership and ladder.stage(stage) > ladder.stage(AGREED) else stage
    if relation == EXPECTED and is_held:
        return None
    return stage if stage in ("mentioned", "wanted") else PLANNED


def ties(
    ladder: Ladder,
    said: Iterable[Said],
    situations: Mapping[str, Sequence[Lasting]],
    countries: Mapping[str, Mapping[str, int]],
    priorities: Mapping[tuple[str, str | None], int],
    partnerships: set[str],
) -> Iterator[Lasting]:
    """Yield all ties, by country and topic, with the days from which on and until which they are known.

    ``countries`` has those of each engagement, with the day from which that is known; ``priorities`` the day from which
    an engagement, or a topic of it, is known as somebody's priority.
    """
    pieces: dict[tuple[str, str], list[tuple[int, int, _Piece]]] = defaultdict(list)
    for one in said:
        for since, until, stage, relation in _stages(ladder, one, situations.get(one.engagement, ()), partnerships):
            wanted_since = min(
                priorities.get((one.engagement, None), LAST_DAY), priorities.get((one.engagement, one.topic), LAST_DAY)
            )
            for country, known in countries.get(one.engagement, {}).items():
                for first, last, priority in (
                    (max(since, known), min(until, wanted_since), False),
                    (max(since, known, wanted_since), until, True),
                ):
                    if first < last:
                        piece = (-ladder.stage(stage), not priority, one.known, one.passage, one.engagement, relation)
                        pieces[country, one.topic].append((first, last, piece))
    found = Intervals()
    for key in sorted(pieces):
        for day, tie in _furthest(ladder, pieces[key]):
            found.put(key, tie, day)
    yield from found.get()


_Piece = tuple[int, bool, int, str, str, str]


def _stages(
    ladder: Ladder, one: Said, situations: Sequence[Lasting], partnerships: set[str]
) -> Iterator[tuple[int, int, str, str]]:
    """Yield the stages of a relation, each with the days from which on and until which it is known."""
    ordered = sorted(situations, key=lambda lasting: lasting.since)
    begin = ordered[0].since if ordered else LAST_DAY
    pieces: list[tuple[int, int, Situation | None]] = [(one.known, begin, None)]
    pieces += [(lasting.since, lasting.until, lasting.value) for lasting in ordered]
    before: tuple[int, int, str] | None = None
    for begins, until, situation in pieces:
        since = max(begins, one.known)
        if since >= until:
            continue
        stage = stage_of(
            ladder,
            one.relation,
            situation.stage.rpartition("/")[2] if situation else None,
            is_partnership=one.engagement in partnerships,
            is_held=bool(situation and situation.status.endswith("/held")),
        )
        if before and stage == before[2] and since == before[1]:
            before = before[0], until, before[2]
            continue
        if before:
            yield *before, one.relation
        before = (since, until, stage) if stage else None
    if before:
        yield *before, one.relation


def _furthest(ladder: Ladder, pieces: list[tuple[int, int, _Piece]]) -> Iterator[tuple[int, Tie | None]]:
    """Yield, for each day on which something changes, the tie that holds from it on."""
    done, names = ladder.stage(DONE), {rank: iri.rpartition("/")[2] for iri, rank in ladder.ranks.items()}
    events = [(first, 1, number) for number, (first, _, _) in enumerate(pieces)]
    events += [(last, 0, number) for number, (_, last, _) in enumerate(pieces)]
    live: set[int] = set()
    heap: list[tuple[_Piece, int]] = []
    undone = 0
    for day, group in groupby(sorted(events), key=itemgetter(0)):
        for _, begins, number in group:
            piece = pieces[number][2]
            counted = piece[5] in (FIELD, WISH) and -piece[0] != done
            if begins:
                live.add(number)
                heappush(heap, (piece, number))
                undone += counted
            else:
                live.discard(number)
                undone -= counted
        while heap and heap[0][1] not in live:
            heappop(heap)
        if day == LAST_DAY:
            continue
        if not heap:
            yield day, None
            continue
        rank, hidden, _, passage, engagement, _ = heap[0][0]
        stage = UNDER_WAY if -rank == done and undone else names[-rank]
        yield day, Tie(stage, engagement, passage, not hidden)
