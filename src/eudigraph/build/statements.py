"""How things stand, as statements of the graph.

Everything is written once, with the days from which on and until which it is known, so that what was known by a day is
a comparison of two days, for every engine and every surface.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Quad, Store

from eudigraph.build.history import History, Lasting, Result
from eudigraph.build.snapshot import ALWAYS, LAST_DAY, Span
from eudigraph.build.state import State, derive, read_claims
from eudigraph.build.ties import Tie
from eudigraph.model.names import BASE, EDTF, GRAPH_STATE, RDF_TYPE, XSD, eud
from eudigraph.model.stages import AGREED, Ladder

_CLASSES = {"plan": "Plan", "report": "Report", "state": "State"}


def statements(state: State, ladder: Ladder) -> Iterator[Quad]:
    """Yield all that was derived as statements, in the graph of how things stand."""
    write = _Writer()
    if state.newest:
        write(GRAPH_STATE.value, "newestDay", _day(state.newest))
    for passage, (known, as_of) in sorted(state.passages.items()):
        write(passage, "knownFrom", _day(known))
        write(passage, "asOfFirst", _day(as_of[0]))
        write(passage, "asOfLast", _day(as_of[1]))
    for snapshot in sorted(state.snapshots, key=lambda s: (s.engagement, s.passage)):
        if snapshot.status:
            node = _node("snapshot", snapshot.engagement, snapshot.passage)
            write(node, "type", eud(_CLASSES[snapshot.kind]))
            write(node, "about", NamedNode(snapshot.engagement))
            write(node, "inPassage", NamedNode(snapshot.passage))
            write(node, "inStatus", NamedNode(snapshot.status.name))
            write(node, "onDate", _edtf(snapshot.date.text) if snapshot.date else None)
            write(node, "atPlace", snapshot.place and NamedNode(snapshot.place))
            write(node, "knownFrom", _day(snapshot.known))
            write(node, "nearness", _number(snapshot.nearness))
    for engagement, (history, result) in state.results.items():
        _write_situations(write, engagement, result)
        _write_fates(write, engagement, result)
        _write_disagreements(write, engagement, history, result)
    agreed = ladder.stage(AGREED)
    for lasting in sorted(state.ties, key=lambda one: (one.key, one.since)):
        country, topic = lasting.key
        tie: Tie = lasting.value
        node = f"{_node('tie', country, topic)}/{_iso(lasting.since)}"
        write.lasting(node, "Tie", lasting)
        write(node, "ofCountry", NamedNode(country))
        write(node, "onTopic", NamedNode(topic))
        write(node, "stage", NamedNode(f"{BASE}stage/{tie.stage}"))
        write(node, "through", NamedNode(tie.engagement))
        write(node, "borneBy", NamedNode(tie.passage))
        write(node, "isPriority", _boolean(tie.priority))
        if lasting.until == LAST_DAY and ladder.stage(tie.stage) >= agreed:
            write(country, "cooperatesOn", NamedNode(topic))
    yield from write.quads


def _write_situations(write: _Writer, engagement: str, result: Result) -> None:
    for lasting in result.situations:
        now, node = lasting.value, f"{_node('situation', engagement)}/{_iso(lasting.since)}"
        write.lasting(node, "Situation", lasting, engagement)
        write(node, "inStatus", NamedNode(now.status))
        write(node, "stage", NamedNode(now.stage))
        write.dated(node, now.date, now.span)
        write(node, "atPlace", now.place and NamedNode(now.place))
        write(node, "outlookStatus", now.outlook and NamedNode(now.outlook))
        write(node, "outlookDate", now.outlook_date and _edtf(now.outlook_date))
        write(node, "isDisputed", _boolean(now.disputed))
        write(node, "realisedAs", now.realised_as and NamedNode(now.realised_as))
        for passage in now.passages:
            write(node, "borneBy", NamedNode(passage))
        if lasting.until == LAST_DAY:
            write(engagement, "currentStatus", NamedNode(now.status))
            write(engagement, "currentStage", NamedNode(now.stage))
            write(engagement, "currentDate", now.date and _edtf(now.date))
            write(engagement, "currentPlace", now.place and NamedNode(now.place))
    for lasting in result.milestones:
        step = lasting.value
        node = f"{_node('milestone', engagement, step.status)}/{_iso(lasting.since)}"
        write.lasting(node, "Milestone", lasting, engagement)
        write(node, "inStatus", NamedNode(step.status))
        write.dated(node, step.date, step.span)
        write(node, "borneBy", NamedNode(step.passage))


def _write_fates(write: _Writer, engagement: str, result: Result) -> None:
    for lasting in result.fates:
        fate, node = lasting.value, f"{_node('fate', engagement)}/{_iso(lasting.since)}"
        write.lasting(node, "Fate", lasting, engagement)
        write(node, "verdict", Literal(fate.verdict))
        if lasting.until == LAST_DAY:
            write(engagement, "currentFate", Literal(fate.verdict))
        write(node, "days", None if fate.days is None else _number(fate.days))
        write(node, "asLastAnnounced", _boolean(fate.as_last_announced))
        write(node, "movedBy", _number(fate.moved))
        write(node, "dueBy", None if fate.last_day is None else _day(fate.last_day))
        write(node, "realisedAs", fate.realised_as and NamedNode(fate.realised_as))
        write(node, "aim", NamedNode(fate.aim))
        write(node, "outcome", fate.outcome and NamedNode(fate.outcome))
    for lasting in result.changes:
        change = lasting.value
        node = f"{_node('change', engagement, change.earlier, change.later)}/{_iso(lasting.since)}"
        write.lasting(node, "Change", lasting, engagement)
        write(node, "earlierPlan", NamedNode(change.earlier))
        write(node, "laterPlan", NamedNode(change.later))
        if change.moved is None:
            write(node, "oldPlace", NamedNode(change.old))
            write(node, "newPlace", NamedNode(change.new))
        else:
            write(node, "movedBy", _number(change.moved))
            write(node, "oldDate", _edtf(change.old))
            write(node, "newDate", _edtf(change.new))


def _write_disagreements(write: _Writer, engagement: str, history: History, result: Result) -> None:
    for lasting, side in history.sides(result):
        parts = [side.about, (side.step or "").rpartition("/")[2], str(side.number or "")]
        about = f"{_node('disagreement', engagement)}/{quote('-'.join(p for p in parts if p), safe='')}"
        node = f"{about}/{quote(side.value.removeprefix(BASE).replace('/', '-'), safe='')}/{_iso(lasting.since)}"
        write(about, "type", eud("Disagreement"))
        write(about, "about", NamedNode(engagement))
        write(about, "aspect", Literal(side.about))
        write(about, "inStatus", side.step and NamedNode(side.step))
        write(about, "side", NamedNode(node))
        write.lasting(node, "Side", lasting)
        if side.value.startswith(("http://", "https://")):
            write(node, "valueNamed", NamedNode(side.value))
        else:
            write(node, "value", _edtf(side.value) if side.about in _OF_DATES else Literal(side.value))
        write(node, "order", Literal(":".join(f"{part:08}" for part in side.order[:4]) + " " + side.order[4]))
        for passage in side.passages:
            write(node, "borneBy", NamedNode(passage))


_OF_DATES = ("date", "planned date")


class _Writer:
    """Statements in the making. A value that is None or empty is not written."""

    def __init__(self) -> None:
        self.quads: list[Quad] = []

    def __call__(self, subject: str, name: str, value: NamedNode | Literal | str | int | None) -> None:
        if isinstance(value, NamedNode | Literal):
            predicate = RDF_TYPE if name == "type" else eud(name)
            self.quads.append(Quad(NamedNode(subject), predicate, value, GRAPH_STATE))

    def lasting(self, node: str, kind: str, lasting: Lasting, about: str | None = None) -> None:
        """Write what something is, what of, and how long it is known."""
        self(node, "type", eud(kind))
        self(node, "about", about and NamedNode(about))
        self(node, "knownFrom", _day(lasting.since))
        self(node, "knownUntil", _day(lasting.until))

    def dated(self, node: str, text: str | None, span: Span | None) -> None:
        """Write a date and the days it allows; open ends are left out."""
        self(node, "onDate", text and _edtf(text))
        if span:
            self(node, "firstDay", None if span[0] == ALWAYS[0] else _day(span[0]))
            self(node, "lastDay", None if span[1] == ALWAYS[1] else _day(span[1]))


def _node(kind: str, *iris: str) -> str:
    return "/".join([f"{BASE}{kind}", *(quote(iri.removeprefix(BASE), safe="/") for iri in iris)])


@lru_cache(maxsize=10_000)
def _iso(day: int) -> str:
    return date.fromordinal(max(day, 1)).isoformat()


@lru_cache(maxsize=10_000)
def _day(day: int) -> Literal:
    return Literal(_iso(day), datatype=NamedNode(XSD + "date"))


def _edtf(text: str) -> Literal:
    return Literal(text, datatype=NamedNode(EDTF))


def _boolean(value: bool) -> Literal:
    return Literal(value)


def _number(value: int) -> Literal:
    return Literal(value)


def complete(store: Store) -> tuple[list[Quad], State]:
    """Return how everything stands by a store's claims, as statements, each once, and as it was worked out."""
    claims = read_claims(store)
    state = derive(claims)
    return [*dict.fromkeys(statements(state, claims.ladder))], state
