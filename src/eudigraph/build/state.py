"""From all claims to how things stand: snapshots, situations, milestones, fates, changes, disagreements and ties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Store

from eudigraph.build.history import INSTRUMENT, MEETING, History, Lasting, Result
from eudigraph.build.snapshot import LAST_DAY, Snapshot, Span, implied, kind_of, read_date
from eudigraph.build.ties import RELATIONS, Said, ties
from eudigraph.model.names import (
    BASE,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_REFERENCE,
    RDF_TYPE,
    eud,
)
from eudigraph.model.stages import PLAN, Ladder, read_ladder

EUROPEAN_UNION = f"{BASE}org/european-union"
"""Whose parts and whoever represents it are one side of every engagement."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A passage: when it was said, of when it speaks, who speaks, and where."""

    said: Span
    as_of: Span
    speaker: str
    source_kind: str
    publisher: str


@dataclass
class Claims:
    """All claims that the derivation looks at, by property: subject, value, and the passage or None for reference."""

    ladder: Ladder
    passages: dict[str, _Told] = field(default_factory=dict)
    by_property: dict[str, list[tuple[str, Any, str | None]]] = field(default_factory=dict)
    classes: dict[str, set[str]] = field(default_factory=dict)

    def known(self, passage: str | None) -> int:
        """The day from which a claim is known; from the first day on if it is reference data."""
        return self.passages[passage].said[1] if passage else 0

    @cached_property
    def newest(self) -> int:
        """The day by which all is known: the last that the day of the newest source allows."""
        return max((told.said[1] for told in self.passages.values() if told.said[1] < LAST_DAY), default=0)


@dataclass
class State:
    """All that was derived: by engagement, by country and topic, and the snapshots that it was derived from."""

    newest: int
    passages: dict[str, tuple[int, Span]]
    snapshots: list[Snapshot]
    results: dict[str, tuple[History, Result]]
    ties: list[Lasting]
    undecided: list[tuple[str, str]]
    """Engagements and passages that give a date of them and leave open how they stand."""


_READ = (
    *("status", "date", "takesPlaceIn", "realises", "under", "withCountry", "priorityFor", "priorityTopic"),
    *("ordinal", "quantity", "represents", "partOf", "holdsPost", "postOf", "holder", "termOf", "inCountry"),
    *RELATIONS,
)


def read_claims(store: Store) -> Claims:
    """Return what the statements of a store say of how things stand. Passages without a day are left out."""
    ladder = read_ladder(store.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY))
    claims = Claims(ladder, _passages(store))
    for name in _READ:
        found: list[tuple[str, Any, str | None]] = []
        for quad in store.quads_for_pattern(None, eud(name), None, None):
            graph = quad.graph_name
            if isinstance(graph, NamedNode) and isinstance(quad.subject, NamedNode):
                if graph.value in claims.passages:
                    found.append((quad.subject.value, _plain(quad.object), graph.value))
                elif graph in (GRAPH_REFERENCE, GRAPH_PROVENANCE):
                    found.append((quad.subject.value, _plain(quad.object), None))
        claims.by_property[name] = found
    for name in ("Meeting", "Instrument", "Partnership", "Topic", "Engagement"):
        claims.classes[name] = {
            quad.subject.value
            for quad in store.quads_for_pattern(None, RDF_TYPE, eud(name), None)
            if isinstance(quad.subject, NamedNode)
        }
    return claims


def _plain(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal | BlankNode) else ""


def _passages(store: Store) -> dict[str, _Told]:
    """Return all passages that have a source with a day."""

    def values(name: str) -> dict[str, str]:
        quads = store.quads_for_pattern(None, eud(name), None, GRAPH_PROVENANCE)
        found: dict[str, str] = {}
        for quad in quads:  # of several, which the checks refuse, the first in order
            subject, value = _plain(quad.subject), _plain(quad.object)
            found[subject] = min(value, found.get(subject, value))
        return found

    published, kinds, publishers = values("published"), values("sourceKind"), values("publisher")
    speakers, of_days = values("speaker"), values("asOf")
    found = {}
    for passage, source in values("source").items():
        said = _span(published.get(source))
        if said is None:
            continue
        found[passage] = _Told(
            said,
            _span(of_days.get(passage)) or said,
            speakers.get(passage, ""),
            kinds.get(source, "press"),
            publishers.get(source, ""),
        )
    return found


def _span(text: str | None) -> Span | None:
    try:
        return read_date(text).span if text else None
    except ValueError:
        return None


def derive(claims: Claims) -> State:
    """Return how everything stands, by what is known on each day. Takes as long as there are claims."""
    countries = _countries(claims)
    nearness = _nearness_of(claims, countries)
    snapshots, undecided = _snapshots(claims, nearness)
    by_engagement: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        by_engagement[snapshot.engagement].append(snapshot)
    realised = _realised(claims)
    numbers: dict[str, list[tuple[str, Snapshot]]] = defaultdict(list)
    for name in ("ordinal", "quantity"):
        for subject, value, passage in claims.by_property[name]:
            if passage:
                told = claims.passages[passage]
                near = nearness(passage, subject)
                snapshot = Snapshot(passage, subject, "", None, None, value, told.said, told.as_of, near)
                numbers[subject].append((name, snapshot))
    within = _within(claims)
    results = {}
    for engagement in sorted({*by_engagement, *realised, *numbers}):
        kind = MEETING if engagement in claims.classes["Meeting"] else ""
        kind = INSTRUMENT if engagement in claims.classes["Instrument"] else kind
        history = History(claims.ladder, kind, within)
        lent = _lent(engagement, by_engagement, realised)
        as_what = realised.get(engagement)
        result = history.run([*by_engagement[engagement], *lent], numbers[engagement], as_what)
        results[engagement] = history, result
    return State(
        claims.newest,
        {iri: (told.said[1], told.as_of) for iri, told in claims.passages.items()},
        [s for s in snapshots if s.kind],
        results,
        _ties(claims, countries, results),
        undecided,
    )


def _snapshots(claims: Claims, nearness: Callable[[str, str], int]) -> tuple[list[Snapshot], list[tuple[str, str]]]:
    """Return what each passage says of each engagement, and where a date leaves open how it stands."""
    said: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name in ("status", "date", "takesPlaceIn"):
        for subject, value, passage in claims.by_property[name]:
            if passage:
                there = said[passage, subject]
                there[name] = min(value, there.get(name, value))
    announced = claims.ladder.status("announced")
    for _, value, passage in claims.by_property["result"]:
        if passage and announced and value in claims.classes["Engagement"]:
            said[passage, value].setdefault("status", announced.name)
    meetings, found, undecided = claims.classes["Meeting"], [], []
    for (passage, engagement), values in said.items():
        told = claims.passages[passage]
        try:
            dated = read_date(values["date"]) if "date" in values else None
        except ValueError:
            dated = None  # reported by the checks
        status = claims.ladder.statuses.get(values.get("status", ""))
        place = values.get("takesPlaceIn")
        if status is None and "status" not in values:
            status = implied(claims.ladder, dated, told.as_of, is_meeting=engagement in meetings)
            if status is None and dated:
                undecided.append((engagement, passage))
        kind, dated = kind_of(status, dated, told.as_of) if status else ("", None)
        if kind or place:
            near = nearness(passage, engagement)
            found.append(Snapshot(passage, engagement, kind, status, dated, place, told.said, told.as_of, near))
    return found, sorted(undecided)


def _lent(
    engagement: str,
    by_engagement: dict[str, list[Snapshot]],
    realised: dict[str, tuple[int, str]],
) -> list[Snapshot]:
    """Return the reports and states of what realises an engagement, from the day that this is known."""
    lent: list[Snapshot] = []
    seen, since, current = {engagement}, 0, engagement
    while current in realised and realised[current][1] not in seen:
        known, current = realised[current]
        since = max(since, known)
        seen.add(current)
        for snapshot in by_engagement.get(current, ()):
            if snapshot.kind and snapshot.kind != PLAN:
                said = snapshot.said if snapshot.known >= since else (since, since)
                lent.append(replace(snapshot, said=said, lent=current))
    return lent


def _realised(claims: Claims) -> dict[str, tuple[int, str]]:
    """Return by what an engagement is realised, and from when on that is known; of several the first."""
    found: dict[str, tuple[int, str]] = {}
    for subject, value, passage in claims.by_property["realises"]:
        one = claims.known(passage), subject
        found[value] = min(one, found.get(value, one))
    return found


def _within(claims: Claims) -> dict[str, set[str]]:
    """Return the places that each place where something happens lies in."""
    above: dict[str, set[str]] = defaultdict(set)
    for name in ("inCountry", "partOf"):
        for subject, value, _ in claims.by_property[name]:
            above[subject].add(value)
    found = {}
    for place in {value for _, value, _ in claims.by_property["takesPlaceIn"]}:
        todo, seen = [*above.get(place, ())], set()
        while todo:
            if (one := todo.pop()) not in seen:
                seen.add(one)
                todo += above.get(one, ())
        found[place] = seen
    return found


def _countries(claims: Claims) -> dict[str, dict[str, int]]:
    """Return the partner countries of each engagement, with the day from which that is known.

    What is under an engagement, or realises it, is with its countries.
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    below: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name in ("under", "realises"):
        for subject, value, passage in claims.by_property[name]:
            below[value].append((subject, claims.known(passage)))
    todo = [(subject, value, claims.known(passage)) for subject, value, passage in claims.by_property["withCountry"]]
    while todo:
        engagement, country, known = todo.pop()
        if known < found[engagement].get(country, LAST_DAY):
            found[engagement][country] = known
            todo += [(other, country, max(known, since)) for other, since in below.get(engagement, ())]
    return found


def _nearness_of(claims: Claims, countries: dict[str, dict[str, int]]) -> Callable[[str, str], int]:
    """Return the function that tells how near the speaker of a passage is to an engagement, from 0 to 4.

    0: a party's own text; 1: the same, shortened; 2: a party's words in the text of somebody else; 3: others; 4: an
    analysis. By what is known when it is said, so that later sources do not change it.
    """
    above: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name in ("represents", "partOf", "holdsPost", "postOf", "termOf"):
        for subject, value, passage in claims.by_property[name]:
            above[subject].append((value, claims.known(passage)))
    for term, holder, passage in claims.by_property["holder"]:
        above[holder].append((term, claims.known(passage)))
    partners = {country for there in countries.values() for country in there}
    wanted = partners | {EUROPEAN_UNION}
    cache: dict[str, dict[str, int]] = {}

    def sides(agent: str) -> dict[str, int]:
        if agent not in cache:
            best: dict[str, int] = {}
            todo = [(agent, 0)]
            while todo:
                one, known = todo.pop()
                if known < best.get(one, LAST_DAY):
                    best[one] = known
                    todo += [(other, max(known, since)) for other, since in above.get(one, ())]
            cache[agent] = {one: known for one, known in best.items() if one in wanted}
        return cache[agent]

    def is_party(agent: str, engagement: str, by: int) -> bool:
        there = {country for country, known in countries.get(engagement, {}).items() if known <= by} or partners
        found = sides(agent)
        return any(found.get(one, LAST_DAY) <= by for one in (EUROPEAN_UNION, *(there & found.keys())))

    def nearness(passage: str, engagement: str) -> int:
        told = claims.passages[passage]
        if told.source_kind == "analysis":
            return 4
        if not is_party(told.speaker, engagement, told.said[1]):
            return 3
        if told.source_kind in _OWN and is_party(told.publisher, engagement, told.said[1]):
            return _OWN[told.source_kind]
        return 2

    return nearness


_OWN = {"official": 0, "official-copy": 0, "official-shortened": 1}


def _ties(
    claims: Claims, countries: dict[str, dict[str, int]], results: dict[str, tuple[History, Result]]
) -> list[Lasting]:
    said: list[Said] = []
    priorities: dict[tuple[str, str | None], int] = {}
    topics = claims.classes["Topic"]
    for relation in RELATIONS:
        for subject, value, passage in claims.by_property[relation]:
            if passage and value in topics:
                said.append(Said(subject, relation, value, passage, claims.known(passage)))
    for name in ("priorityFor", "priorityTopic"):
        for subject, value, passage in claims.by_property[name]:
            key = (subject, value if name == "priorityTopic" else None)
            priorities[key] = min(claims.known(passage), priorities.get(key, LAST_DAY))
    situations = {engagement: result.situations for engagement, (_, result) in results.items()}
    return [*ties(claims.ladder, said, situations, countries, priorities, claims.classes["Partnership"])]
