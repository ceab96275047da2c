"""How things stand by what is known on a day: what the build has derived, read back for all who show it.

Nothing is judged here. Whoever shows a status, a stage or a disagreement takes it from here, so that it is the same
everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyoxigraph import Literal, NamedNode

from eudigraph.model.dates import readable
from eudigraph.model.names import EUD, GRAPH_STATE, RDF_TYPE, eud
from eudigraph.model.triples import Triplestore, select

DERIVED = frozenset(
    EUD + name
    for name in (
        *("Snapshot", "Plan", "Report", "State", "Situation", "Milestone", "Tie", "Fate", "Change", "Disagreement"),
        "Side",
    )
)
"""The classes of what the build derives: no entities that anybody looks for, but what is known of them."""
_SHOWN = ("Situation", "Tie", "Fate", "Change")
_Said = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Situation:
    """How an engagement stands from one day on. ``date`` and ``outlook_date`` are EDTF; all other names are IRIs."""

    engagement: str
    since: str
    status: str
    stage: str
    date: str | None
    first: str | None
    last: str | None
    place: str | None
    outlook: str | None
    outlook_date: str | None
    disputed: bool
    realised_as: str | None
    passages: list[str]


@dataclass(frozen=True)
class Tie:
    """How far a topic has come with a country, and the engagement and passage that bear it."""

    country: str
    topic: str
    stage: str
    priority: bool
    through: str
    passage: str
    since: str


@dataclass(frozen=True)
class Fate:
    """What became of what was announced first; ``due`` is the last day announced where it is still open."""

    engagement: str
    verdict: str
    days: int | None
    moved: int
    as_last_announced: bool
    due: str | None
    realised_as: str | None
    aim: str
    outcome: str | None


@dataclass(frozen=True)
class Change:
    """A plan that took the place of an earlier one: dates (EDTF) with the days between, or places (IRIs)."""

    engagement: str
    since: str
    earlier: str
    later: str
    days: int | None
    old: str
    new: str


@dataclass(frozen=True)
class Disagreement:
    """What passages disagree on, and the sides in the order of their tellers: value, whether it is an IRI, passages."""

    engagement: str
    aspect: str
    step: str | None
    sides: list[tuple[str, bool, list[str]]]


@dataclass
class Known:
    """All of it by what is known on one day, by engagement; ``history`` has how it stood before, the oldest first."""

    day: str
    situations: dict[str, Situation] = field(default_factory=dict)
    history: dict[str, list[Situation]] = field(default_factory=lambda: defaultdict(list))
    ties: list[Tie] = field(default_factory=list)
    fates: dict[str, Fate] = field(default_factory=dict)
    terms: set[str] = field(default_factory=set)
    """The properties with which it is written."""
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    disagreements: dict[str, list[Disagreement]] = field(default_factory=lambda: defaultdict(list))


def newest_day(store: Triplestore) -> str:
    """Return the day by which all of the graph is known (ISO), empty where nothing was derived."""
    return max(
        (_text(q.object) for q in store.quads_for_pattern(GRAPH_STATE, eud("newestDay"), None, None)), default=""
    )


def known(store: Triplestore, day: str = "") -> Known:
    """Return how all stands by what is known on a day (ISO), by default the newest."""
    quads = store.quads_for_pattern(None, None, None, GRAPH_STATE)
    return _gathered(((q.subject, q.predicate, q.object) for q in quads), day or newest_day(store))


def known_of(store: Triplestore, entity: NamedNode, day: str = "") -> Known:
    """Return the same of one engagement, or of the topics of a country or the countries of a topic."""
    kinds = " ".join(str(eud(name)) for name in (*_SHOWN, "Disagreement"))
    query = f"""SELECT ?s ?p ?o {{
        {{ VALUES ?kind {{ {kinds} }} ?s <{EUD}about> {entity} ; a ?kind ; ?p ?o }}
        UNION {{ ?d <{EUD}about> {entity} ; <{EUD}side> ?s . ?s ?p ?o }}
        UNION {{ ?s <{EUD}ofCountry>|<{EUD}onTopic> {entity} ; ?p ?o }} }}"""
    return _gathered(((r["s"], r["p"], r["o"]) for r in select(store, query)), day or newest_day(store))


def fate_in_words(fate: Fate, day: str, names: Mapping[str, str]) -> str:
    """Return what became of a plan, by what is known on a day, as ``late by 9 days; moved by 9 days``.

    ``names`` has what to call the engagement that it was realised as.
    """
    words = [fate.verdict]
    if fate.days is not None:
        words[0] += f" by {_days(fate.days)}"
    if fate.as_last_announced:
        words[0] += ", on the day announced last"
    if fate.due:
        late = (date.fromisoformat(day) - date.fromisoformat(fate.due)).days if day else 0
        due = readable(fate.due)
        words.append(f"overdue since {due}: nothing known tells what became of it" if late > 0 else f"due by {due}")
    if fate.moved:
        words.append(f"moved by {_days(fate.moved)}")
    if fate.realised_as:
        words.append(f"in another form: {names.get(fate.realised_as, fate.realised_as)}")
    return "; ".join(words)


def change_in_words(change: Change, names: Mapping[str, str]) -> str:
    """Return how a plan was changed, as ``moved by 9 days, from 3–4 July 2023 to 13 July 2023``."""
    if change.days is None:
        return f"moved from {names.get(change.old, change.old)} to {names.get(change.new, change.new)}"
    return f"moved by {_days(change.days)}, from {readable(change.old)} to {readable(change.new)}"


def aspect_in_words(one: Disagreement, names: Mapping[str, str]) -> str:
    """Return what passages disagree on, as ``date (signed)``."""
    return f"{one.aspect} ({names.get(one.step, one.step)})" if one.step else one.aspect


def value_in_words(value: str, is_iri: bool, names: Mapping[str, str]) -> str:
    """Return the value of a side for people."""
    return names.get(value, value) if is_iri else readable(value)


def _days(number: int) -> str:
    return f"{number} day{'' if abs(number) == 1 else 's'}".replace("-", "−")


def _gathered(statements: Iterable[tuple[Any, Any, Any]], day: str) -> Known:
    nodes: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    found = Known(day)
    for subject, predicate, value in statements:
        if predicate != RDF_TYPE:
            found.terms.add(predicate.value)
        if isinstance(subject, NamedNode):
            values = nodes[subject.value]["type" if predicate == RDF_TYPE else predicate.value.removeprefix(EUD)]
            if value not in values:
                values.append(value)
    sides: dict[str, tuple[str, tuple[str, bool, list[str]]]] = {}
    make = {"Situation": _situation, "Tie": _tie, "Fate": _fate, "Change": _change}
    differing = []
    for node, said in sorted(nodes.items(), key=lambda item: (_one(item[1], "knownFrom") or "", item[0])):
        kinds = {_text(kind).removeprefix(EUD) for kind in said["type"]}
        if "Disagreement" in kinds:
            differing.append(said)
            continue
        since, until = _one(said, "knownFrom"), _one(said, "knownUntil")
        if not since or not until or since > day:
            continue
        holds = day < until
        if "Side" in kinds and holds:
            values = said["valueNamed"] or said["value"]
            side = (_text(values[0]), bool(said["valueNamed"]), sorted(map(_text, said["borneBy"])))
            sides[node] = _one(said, "order") or "", side
        for kind in kinds.intersection(_SHOWN):
            made: Any = make[kind](said)
            if isinstance(made, Situation):
                found.history[made.engagement].append(made)
                if holds:
                    found.situations[made.engagement] = made
            elif isinstance(made, Change):
                if holds:
                    found.changes[made.engagement].append(made)
            elif isinstance(made, Fate) and holds:
                found.fates[made.engagement] = made
            elif isinstance(made, Tie) and holds:
                found.ties.append(made)
    for said in differing:
        given = sorted(sides[iri] for iri in map(_text, said["side"]) if iri in sides)
        if len(given) > 1:
            about = _need(said, "about")
            step = _one(said, "inStatus")
            found.disagreements[about].append(
                Disagreement(about, _need(said, "aspect"), step, [side for _, side in given])
            )
    found.ties.sort(key=lambda tie: (tie.country, tie.topic))
    for several in found.disagreements.values():
        several.sort(key=lambda one: (one.aspect, one.step or "", one.sides))
    return found


def _situation(said: _Said) -> Situation:
    return Situation(
        engagement=_need(said, "about"),
        since=_need(said, "knownFrom"),
        status=_need(said, "inStatus"),
        stage=_need(said, "stage"),
        date=_one(said, "onDate"),
        first=_one(said, "firstDay"),
        last=_one(said, "lastDay"),
        place=_one(said, "atPlace"),
        outlook=_one(said, "outlookStatus"),
        outlook_date=_one(said, "outlookDate"),
        disputed=_one(said, "isDisputed") == "true",
        realised_as=_one(said, "realisedAs"),
        passages=sorted(map(_text, said["borneBy"])),
    )


def _tie(said: _Said) -> Tie:
    country, topic, stage = (_need(said, name) for name in ("ofCountry", "onTopic", "stage"))
    through, passage, since = (_need(said, name) for name in ("through", "borneBy", "knownFrom"))
    return Tie(country, topic, stage, _one(said, "isPriority") == "true", through, passage, since)


def _fate(said: _Said) -> Fate:
    return Fate(
        _need(said, "about"),
        _need(said, "verdict"),
        _number(said, "days"),
        _number(said, "movedBy") or 0,
        _one(said, "asLastAnnounced") == "true",
        _one(said, "dueBy"),
        _one(said, "realisedAs"),
        _need(said, "aim"),
        _one(said, "outcome"),
    )


def _change(said: _Said) -> Change:
    days = _number(said, "movedBy")
    old, new = ("oldPlace", "newPlace") if days is None else ("oldDate", "newDate")
    about, since, earlier, later = (_need(said, n) for n in ("about", "knownFrom", "earlierPlan", "laterPlan"))
    return Change(about, since, earlier, later, days, _one(said, old) or "", _one(said, new) or "")


def _text(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else ""


def _one(said: _Said, name: str) -> str | None:
    """Return the value of a property that the build gives once at most."""
    return min(map(_text, said.get(name, ())), default=None)


def _need(said: _Said, name: str) -> str:
    return _one(said, name) or ""


def _number(said: _Said, name: str) -> int | None:
    text = _one(said, name)
    return None if text is None else int(text)
