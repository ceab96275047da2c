"""What is claimed and cannot well be true: plans for days gone by, two in one office, numbers against the dates.

All of it is a warning, told once it is known how things stand: the claim by its file and line, the other passage by its
name and place, since either may be the one that is wrong. It takes as long as there are claims.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from pyoxigraph import NamedNode, Store

from eudigraph.build.snapshot import ALWAYS, LAST_DAY, Snapshot, Span, before, read_date
from eudigraph.build.state import State
from eudigraph.build.steps import Claim, claims, classes_of, value_of
from eudigraph.model.names import EUD, GRAPH_PROVENANCE, SKOS, eud, shorten
from eudigraph.model.ontology import Ontology
from eudigraph.model.stages import PLAN, PLANNED
from eudigraph.model.text import cut
from eudigraph.sources.problems import WARNING, Probe, Problem

_SHARED = frozenset(["co", "vice", "deputy", "member", "members", "representative", "representatives", "adviser"])
"""Words in the names of posts that several hold at once."""


def check(store: Store, ontology: Ontology, state: State) -> Iterator[Problem]:
    """Yield what is not plausible in what passages say of time, of holders of posts, and of who an engagement is with.

    ``state`` is how things stand by all claims.
    """
    graph = _Graph(store, ontology, state)
    yield from _undecided(graph)
    yield from _days(graph)
    yield from _posts(graph)
    yield from _ordinals(graph)
    yield from _countries(graph)


@dataclass
class _Graph:
    """The claims, what follows, and how they are named in messages."""

    store: Store
    ontology: Ontology
    state: State
    _classes: dict[str, set[str]] = field(default_factory=dict)

    def said(self, name: str) -> Iterator[Claim]:
        """Yield what passages whose day is known, and reference data, say with one of our properties."""
        return (claim for claim in claims(self.store, name) if not claim.passage or claim.passage in self.as_of)

    @cached_property
    def as_of(self) -> dict[str, Span]:
        """The days of which passages speak."""
        return {passage: as_of for passage, (_, as_of) in self.state.passages.items()}

    def place(self, passage: str | None) -> str:
        """Return a passage by its name and the place where it stands in its source."""
        if passage is None:
            return "the reference data"
        quads = self.store.quads_for_pattern(NamedNode(passage), eud("locator"), None, GRAPH_PROVENANCE)
        found = sorted(value_of(quad) for quad in quads)
        return f"{shorten(passage)} ({cut(found[0])})" if found else shorten(passage)

    def classes(self, thing: str) -> set[str]:
        """Return the classes of something, all those above them included."""
        if thing not in self._classes:
            self._classes[thing] = set().union(*map(self.ontology.superclasses, self._named.get(thing, ())))
        return self._classes[thing]

    @cached_property
    def _named(self) -> dict[str, set[str]]:
        return classes_of(self.store)

    def is_shared(self, post: str) -> bool:
        """Whether a post is by its names one that several may hold at once, such as that of a co-chair."""
        labels = (NamedNode(SKOS + name) for name in ("prefLabel", "altLabel"))
        quads = (quad for label in labels for quad in self.store.quads_for_pattern(NamedNode(post), label, None, None))
        words = re.findall(r"\w+", " ".join([post.rpartition("/")[2], *map(value_of, quads)]).casefold())
        return not _SHARED.isdisjoint(words)

    def series(self, meeting: str) -> list[tuple[str, str]]:
        """Return the body that meets, else the partnership, with each kind of meeting that this is, "" for no kind.

        The ministers and the working groups of one partnership count on their own.
        """
        above = f"{EUD}Meeting"
        kinds = {name for name in self.classes(meeting) if above in self.ontology.superclasses(name)} - {above}
        parents = self._bodies.get(meeting) or {
            parent for parent in self._under.get(meeting, {}) if f"{EUD}Partnership" in self.classes(parent)
        }
        return [(parent, kind) for parent in sorted(parents) for kind in sorted(kinds) or [""]]

    def countries(self, engagement: str) -> dict[str, str | None]:
        """Return the countries that an engagement, or what it is under, is said to be with, each with a passage."""
        found: dict[str, str | None] = {}
        todo, seen = [engagement], set()
        while todo:
            if (one := todo.pop()) not in seen:
                seen.add(one)
                found = {**self._with_country.get(one, {}), **found}
                todo += self._under.get(one, {})
        return found

    @cached_property
    def _bodies(self) -> dict[str, dict[str, str | None]]:
        return self._values("meetingOf")

    @cached_property
    def _under(self) -> dict[str, dict[str, str | None]]:
        return self._values("under")

    @cached_property
    def _with_country(self) -> dict[str, dict[str, str | None]]:
        return self._values("withCountry")

    def _values(self, name: str) -> dict[str, dict[str, str | None]]:
        """Return the values of a property by subject, each with the first passage that gives it."""
        found: dict[str, dict[str, str | None]] = defaultdict(dict)
        for subject, value, passage in self.said(name):
            there = found[subject]
            there[value] = min(passage, there.get(value, passage), key=lambda p: p or "")
        return found


def _undecided(graph: _Graph) -> Iterator[Problem]:
    """A date without a status lies ahead or tells of a meeting that is over; else it may be of any step."""
    dates = {(claim.subject, claim.passage): claim.value for claim in graph.said("date")}
    for engagement, passage in graph.state.undecided:
        date = dates.get((engagement, passage), "")
        what = f"which status of {shorten(engagement)}? {graph.place(passage)} gives the date {date} and no status"
        mend = "add the status that the date is of (eud:status) to the same passage"
        yield Problem(WARNING, what, mend, passage=passage, probe=Probe(engagement, EUD + "date", date, passage))


def _days(graph: _Graph) -> Iterator[Problem]:
    """What is to come has a day that was not over when the passage speaks; what is put off has a new day or none."""
    for snapshot in graph.state.snapshots:
        status, day = snapshot.status, snapshot.date
        if snapshot.kind != PLAN or not status or not day or not status.meant:
            continue
        if not status.stage.endswith(f"/{PLANNED}"):
            continue
        where = f"{graph.place(snapshot.passage)}, which speaks as of {_days_of(snapshot.as_of)}"
        if status.name.endswith("/postponed"):
            if day.span[1] <= snapshot.as_of[0]:
                what = (
                    f"{shorten(snapshot.engagement)} is postponed to {day.text}, which does not lie ahead, in {where}"
                )
                mend = (
                    "give the new date, or no date where none is known: that of the plan before stands with that plan"
                )
                yield _of_snapshot(snapshot, "date", day.text, what, mend)
        elif day.span[1] < snapshot.as_of[0]:
            words = shorten(status.name)
            what = f"{shorten(snapshot.engagement)} is {words} for {day.text}, which was over by then, in {where}"
            mend = "give the day of which the passage speaks (eud:asOf), or the status that was reached"
            yield _of_snapshot(snapshot, "status", status.name, what, mend)


def _of_snapshot(snapshot: Snapshot, name: str, value: str, what: str, mend: str) -> Problem:
    probe = Probe(snapshot.engagement, EUD + name, value, snapshot.passage)
    return Problem(WARNING, what, mend, passage=snapshot.passage, probe=probe)


def _days_of(span: Span) -> str:
    """Return days in words: one, or the first and the last."""
    first, last = (_iso(day) if ALWAYS[0] < day < LAST_DAY else "" for day in span)
    return first if first == last else f"{first}..{last}"


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


# ---------------------------------------------------------------- Posts


@dataclass(frozen=True, order=True, slots=True)
class _Held:
    """From when to when somebody surely holds a post, and the claim that says so."""

    first: int
    last: int
    holder: str
    claim: Claim
    is_term: bool


def _posts(graph: _Graph) -> Iterator[Problem]:
    """Nobody else holds a post while somebody does; who ends and who begins may have one day in common."""
    terms = _terms(graph)
    told: dict[str, dict[int, dict[str, Claim]]] = defaultdict(lambda: defaultdict(dict))
    together: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for claim in graph.said("holdsPost"):
        together[claim.value, claim.passage].add(claim.subject)
        if claim.passage and (day := graph.as_of[claim.passage])[0] == day[1]:
            holders = told[claim.value][day[0]]
            holders[claim.subject] = min(claim, holders.get(claim.subject, claim), key=_by_passage)
    shared = {post for (post, _), holders in together.items() if len(holders) > 1}  # whoever says so knows it
    for post in sorted({*terms, *told}):
        if post in shared or graph.is_shared(post):
            continue
        said: set[frozenset[str]] = set()
        for one, other in _overlapping(terms.get(post, []), told.get(post, {})):
            if (pair := frozenset((one.holder, other.holder))) not in said:
                said.add(pair)
                yield _two_holders(graph, post, one, other)


def _by_passage(claim: Claim) -> tuple[str, str, str]:
    return claim.passage or "", claim.subject, claim.value


def _terms(graph: _Graph) -> dict[str, list[_Held]]:
    """Return, by post, the days that terms surely cover: those without a first day, and of bodies, are left out."""
    bounds: dict[str, dict[str, list[Span]]] = {"from": defaultdict(list), "until": defaultdict(list)}
    for name, found in bounds.items():
        for claim in graph.said(name):
            try:
                found[claim.subject].append(read_date(claim.value).span)
            except ValueError:
                continue  # reported by the checks
    holders: dict[str, list[Claim]] = defaultdict(list)
    for claim in graph.said("holder"):
        holders[claim.subject].append(claim)
    terms: dict[str, list[_Held]] = defaultdict(list)
    for claim in graph.said("termOf"):
        term = claim.subject
        if term not in bounds["from"] or eud("Post").value not in graph.classes(claim.value):
            continue
        first = max(span[1] for span in bounds["from"][term])
        for held in sorted(holders[term], key=_by_passage)[:1]:
            # Without an end, a term lasts: in a passage on the day of which it speaks, and no day more.
            still = graph.as_of[held.passage][0] if held.passage else LAST_DAY
            last = min((span[0] for span in bounds["until"][term]), default=still)
            terms[claim.value].append(_Held(first, last, held.value, held, True))
    return terms


def _overlapping(terms: list[_Held], told: dict[int, dict[str, Claim]]) -> Iterator[tuple[_Held, _Held]]:
    """Yield pairs of different holders at the same time, the one that begins later first.

    Of the terms that began before, it is enough to know the one that lasts longest, and the longest of anybody else.
    """
    days = [_Held(day, day, who, claim, False) for day, by in told.items() for who, claim in by.items()]
    longest: list[_Held] = []
    same_day: list[_Held] = []
    for held in sorted([*terms, *days], key=lambda h: (h.first, h.is_term, h.last, _by_passage(h.claim))):
        rivals = [other for other in longest if other.holder != held.holder]
        if held.is_term:
            overlap = [other for other in rivals if held.first < min(other.last, held.last)]
            by_last = sorted([*longest, held], key=attrgetter("last"))
            longest = [*{other.holder: other for other in by_last}.values()][-2:]
        else:
            same_day = [*(other for other in same_day if other.first == held.first), held]
            overlap = [other for other in same_day if other.holder != held.holder]
            if not any(other.holder == held.holder and held.first <= other.last for other in longest):
                overlap += [other for other in rivals if other.first < held.first < other.last]
        if overlap:
            yield held, overlap[0]


def _two_holders(graph: _Graph, post: str, one: _Held, other: _Held) -> Problem:
    holders = f"{shorten(one.holder)} holds {shorten(post)}"
    when = f"on {_iso(one.first)}" if not one.is_term else f"from {_iso(one.first)} on"
    if other.is_term:
        term = "" if other.last == LAST_DAY else f" until {_iso(other.last)}"
        rival = f"{shorten(other.holder)} does from {_iso(other.first)}{term}, by {graph.place(other.claim.passage)}"
    else:
        rival = f"{shorten(other.holder)} does so on the same day in {graph.place(other.claim.passage)}"
    what = f"{holders} {when} in {graph.place(one.claim.passage)}, but {rival}"
    mend = "correct the post, the holder or the days; where both hold it at once, give each a post of their own"
    claim = one.claim
    name = "holder" if one.is_term else "holdsPost"
    probe = Probe(claim.subject, EUD + name, claim.value, claim.passage)
    return Problem(WARNING, what, mend, passage=claim.passage, probe=probe)


# ---------------------------------------------------------------- Ordinals


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A meeting with its number, its days, and the claim of its number."""

    meeting: str
    number: int
    span: Span
    text: str
    claim: Claim


def _ordinals(graph: _Graph) -> Iterator[Problem]:
    """The meetings of one body or under one partnership come in the order of their numbers."""
    series: dict[str, dict[str, list[_Numbered]]] = defaultdict(lambda: defaultdict(list))
    for numbered in _numbered(graph):
        for parent, kind in graph.series(numbered.meeting):
            series[parent][kind].append(numbered)
    said: set[tuple[str, str]] = set()
    by_kind = [(parent, kind, found) for parent, kinds in sorted(series.items()) for kind, found in kinds.items()]
    for parent, kind, found in by_kind:
        # Of what kind a meeting is need not have been said: then it may be one of any.
        meetings = [*found, *series[parent].get("", ())] if kind else found
        latest: _Numbered | None = None
        meetings.sort(key=lambda one: (one.number, one.span, one.meeting))
        for _, group in groupby(meetings, key=attrgetter("number")):
            same = list(group)
            wrong = [one for one in same if latest and before(one.span, latest.span)]
            if latest and wrong and (pair := (wrong[0].meeting, latest.meeting)) not in said:
                said.add(pair)
                yield _out_of_order(graph, parent, wrong[0], latest)
            # After a fault, what follows is compared with the later number: one wrong date is one warning.
            kept = [latest] if latest and not wrong else []
            latest = max([*kept, *same], key=lambda one: (one.span[0], one.meeting))


def _numbered(graph: _Graph) -> Iterator[_Numbered]:
    """Yield the meetings that have one number and a day: reached, or ahead. A plan that came to nothing has none."""
    numbers: dict[str, list[Claim]] = defaultdict(list)
    for claim in graph.said("ordinal"):
        numbers[claim.subject].append(claim)
    for meeting, said in sorted(numbers.items()):
        given = {claim.value for claim in said}  # of several numbers, passages disagree: reported as such
        found = graph.state.results.get(meeting)
        if len(given) > 1 or not found or not found[1].situations:
            continue
        (number,) = given
        now = found[1].situations[-1].value
        if not number.isdecimal() or not now.span or not now.date or now.stage.endswith("/dropped"):
            continue
        if now.stage.endswith("/done") or now.span[1] >= graph.state.newest:
            yield _Numbered(meeting, int(number), now.span, now.date, min(said, key=_by_passage))


def _out_of_order(graph: _Graph, parent: str, one: _Numbered, other: _Numbered) -> Problem:
    number, place = f"number {one.number} of {shorten(parent)}", graph.place(one.claim.passage)
    earlier = f"number {other.number}, {shorten(other.meeting)}, in {graph.place(other.claim.passage)}"
    what = f"{shorten(one.meeting)} is {number} in {place}, but its date, {one.text}, is before {other.text}, that of"
    what += f" {earlier}"
    mend = "correct the number or the date that is wrong"
    claim = one.claim
    probe = Probe(claim.subject, EUD + "ordinal", claim.value, claim.passage)
    return Problem(WARNING, what, mend, passage=claim.passage, probe=probe)


# ---------------------------------------------------------------- Countries


_TIES = {"upgradeOf": "an upgrade of", "realises": "what came of", "result": "what has as a result"}
"""Properties that tie engagements with the same countries, in words."""


def _countries(graph: _Graph) -> Iterator[Problem]:
    """What an engagement replaces, realises or brings about is with the same country, or with one of them."""
    ties = [(name, claim) for name in _TIES for claim in graph.said(name)]
    for name, claim in sorted(ties, key=lambda tie: (tie[1].passage or "", tie[1].subject, tie[0], tie[1].value)):
        one, other = graph.countries(claim.subject), graph.countries(claim.value)
        if not one or not other or not one.keys().isdisjoint(other):
            continue
        what = (
            f"{shorten(claim.subject)} eud:{name} {shorten(claim.value)} in {graph.place(claim.passage)} ties different"
            f" countries: {shorten(claim.subject)} is with {_with(graph, one)}, {shorten(claim.value)} with"
            f" {_with(graph, other)}"
        )
        mend = "correct the claim, or the country that is wrong"
        probe = Probe(claim.subject, EUD + name, claim.value, claim.passage)
        yield Problem(WARNING, what, mend, passage=claim.passage, probe=probe)


def _with(graph: _Graph, countries: dict[str, str | None]) -> str:
    """Return countries with the passages that give them, up to three."""
    shown = [f"{shorten(country)} by {graph.place(passage)}" for country, passage in sorted(countries.items())[:3]]
    return " and ".join(shown) + (" and others" if len(countries) > 3 else "")
