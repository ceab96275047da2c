"""The meetings as a calendar that other programs subscribe to. Same graph, same bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pyoxigraph import Literal, NamedNode

from eudigraph.ask import evidence
from eudigraph.export.networks import day, for_file, unbroken
from eudigraph.model import current, dates, labels
from eudigraph.model.current import Known, Situation
from eudigraph.model.names import BASE, RDF_TYPE, eud
from eudigraph.model.passage import Passage
from eudigraph.model.triples import Triplestore

_DONE = f"{BASE}stage/done"


@dataclass
class _Event:
    """A meeting on its day: how it stands, the date as it is written, its days, how often it was revised and when last.

    The date may be that of an earlier situation, ``is_off`` if the meeting does not take place then.
    """

    now: Situation
    text: str
    first: date
    last: date
    is_off: bool
    revisions: int
    revised: str

    @property
    def hours(self) -> tuple[datetime, datetime] | None:
        """The time of day that the date gives, and that at which it ends, or the same."""
        when = dates.read(self.text)
        if when and when.start and when.end and when.start.at and when.end.at:
            return when.start.at, when.end.at
        return None


def icalendar(store: Triplestore) -> str:
    """Return the meetings that have a day as an iCalendar (RFC 5545, https://www.rfc-editor.org/rfc/rfc5545).

    Each is one event under its own IRI, as it stands by what is known on the newest day: at a time of day where the
    date has one, else of whole days. A meeting that was moved keeps its UID and moves: SEQUENCE counts how often its
    date, its place or its status changed, LAST-MODIFIED and DTSTAMP tell since when it is known as it is, or when that
    was read if it was later. A cancelled meeting stays on the day it was called off for, as CANCELLED; so does one put
    off to no day that is known, and comes back when there is one. What was realised by another meeting has left the
    meetings: the other is there in its stead. TENTATIVE is what is disputed, or hedged by all who say so, and a date
    that is uncertain or approximate. A date without a day makes no event: one over a whole month would say that
    somebody meets all month, and few programs show a VJOURNAL; ``without_day`` lists them. Lines end in CR LF.
    """
    from icalendar import Calendar, Event

    events, _, known = _events(store)
    facts = _Facts(store, events, known)
    calendar = Calendar()
    calendar.add("prodid", "-//eudigraph//eudigraph//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "eudigraph: meetings")
    if known.day:
        calendar.add("x-wr-caldesc", f"Known by {dates.readable(known.day)}")
    for given in events:
        event, meeting = Event(), given.now.engagement
        event.add("uid", meeting)
        event.add("dtstamp", facts.revised(given))
        event.add("last-modified", facts.revised(given))
        event.add("sequence", given.revisions)
        event.add("summary", facts.name(meeting))
        if given.hours:
            start, end = given.hours
            event.add("dtstart", start.astimezone(UTC) if start.tzinfo else start)
            if end != start:  # without an end it takes no time, as far as calendars are concerned
                event.add("dtend", end.astimezone(UTC) if end.tzinfo else end)
        else:
            event.add("dtstart", given.first)
            event.add("dtend", given.last + timedelta(days=1))  # the end is the first day that is no more part of it
        event.add("transp", "TRANSPARENT")  # the reader is not there
        event.add("url", meeting)
        event.add("description", facts.description(given))
        event.add("status", facts.firmness(given))
        where, topics = facts.location(given.now), facts.names(meeting, "agenda")
        for name, value in (("location", where), ("categories", topics)):
            if value:
                event.add(name, value)
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made.decode()


def without_day(store: Triplestore) -> list[str]:
    """Return a line for each meeting whose date gives no day, or no last one, so that it has no event on it."""
    _, left, _ = _events(store)
    names = labels.labels(store, {meeting for meeting, _ in left})
    return [f"{for_file(names[meeting])}: {text}" for meeting, text in left]


def _events(store: Triplestore) -> tuple[list[_Event], list[tuple[str, str]], Known]:
    """Return meetings with their days, in the order of these, and meetings with those dates that give no day."""
    known = current.known(store)
    typed = store.quads_for_pattern(None, RDF_TYPE, eud("Meeting"))
    meetings = {quad.subject.value for quad in typed if isinstance(quad.subject, NamedNode)}
    found, left = [], []
    for meeting in sorted(meetings & known.situations.keys()):
        now = known.situations[meeting]
        if now.realised_as:
            continue
        if now.date and not _days(now.date):
            left.append((meeting, now.date))
        if event := _event(now, known.history[meeting]):
            found.append(event)
    return sorted(found, key=lambda event: (event.first, event.last, event.now.engagement)), left, known


def _event(now: Situation, history: Sequence[Situation]) -> _Event | None:
    """Return the event of a meeting: on its day, or on the last that it had."""
    shown: tuple[object, ...] | None = None
    text, revisions, revised = "", 0, now.since
    for situation in history:
        days = _days(situation.date)
        text = situation.date if days and situation.date else text
        if not text:
            continue  # nobody can have subscribed to it yet
        before, shown = shown, (text, days is None, situation.place, situation.status, situation.disputed)
        if before != shown:
            revisions += before is not None
            revised = situation.since
    days = _days(text)
    if days is None:
        return None
    is_off = not _days(now.date) and now.stage != _DONE
    return _Event(now, text, *days, is_off=is_off, revisions=revisions, revised=revised)


def _days(text: str | None) -> tuple[date, date] | None:
    """Return the first and the last day of an EDTF date that gives both, else None."""
    try:
        when = dates.read(text) if text else None
    except ValueError:
        return None
    return when.days if when and when.days and when.days[1] < date.max else None


class _Facts:
    """What a calendar says of meetings, asked of the store once for all of them."""

    def __init__(self, store: Triplestore, events: Sequence[_Event], known: Known) -> None:
        self._store, self._known = store, known
        self._objects: dict[tuple[str, str], list[str]] = defaultdict(list)
        topics = {quad.subject for quad in store.quads_for_pattern(None, RDF_TYPE, eud("Topic"))}
        for prop in ("agenda", "inCountry"):
            for quad in store.quads_for_pattern(None, eud(prop), None):
                if prop == "agenda" and quad.object not in topics:
                    continue  # an initiative that is on it is no category
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                    self._objects[(quad.subject.value, prop)].append(quad.object.value)
        self._words = self._texts("icalendarStatus")
        readings = self._texts("readOn")
        self._read = {
            quad.subject.value: readings.get(quad.object.value, "")
            for quad in store.quads_for_pattern(None, eud("reading"), None)
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        }
        said = sorted({passage for event in events for passage in event.now.passages})
        self._passages = {p.iri: p for p in evidence.describe(store, [NamedNode(iri) for iri in said])}
        spoken = {iri for p in self._passages.values() for iri in (p.speaker, p.certainty)}
        entities = {iri for key, iris in self._objects.items() for iri in (key[0], *iris)}
        of = {iri for e in events for iri in (e.now.engagement, e.now.status, e.now.place) if iri}
        changes = {iri for e in events for c in known.changes.get(e.now.engagement, ()) for iri in (c.old, c.new)}
        places = {iri for iri in changes if iri.startswith(BASE)}
        self._names = labels.labels(store, {*entities, *spoken, *of, *places})

    def _texts(self, prop: str) -> dict[str, str]:
        """Return the texts of a property that entities have at most one of."""
        quads = self._store.quads_for_pattern(None, eud(prop), None)
        found = {(q.subject, q.object) for q in quads}
        texts = [(s.value, o.value) for s, o in found if isinstance(s, NamedNode) and isinstance(o, Literal)]
        return dict(sorted(texts, reverse=True))

    def name(self, iri: str) -> str:
        return unbroken(for_file(self._names[iri]))

    def names(self, entity: str, prop: str) -> list[str]:
        return sorted({self.name(iri) for iri in self._objects[(entity, prop)]})

    def location(self, now: Situation) -> str:
        """Return the place with its country."""
        return ", ".join([self.name(now.place), *self.names(now.place, "inCountry")]) if now.place else ""

    def firmness(self, event: _Event) -> str:
        """Return iCalendar's STATUS. A status that it has no word for, such as proposed, is no firm one."""
        word = self._words.get(event.now.status, "TENTATIVE")
        if event.is_off or word == "CANCELLED":
            return "CANCELLED"
        said = [self._passages[iri] for iri in event.now.passages if iri in self._passages]
        hedged = bool(said) and all(passage.certainty == f"{BASE}certainty/hedged" for passage in said)
        unknown = not _days(event.now.date)  # held, and nobody tells on which day
        return "TENTATIVE" if hedged or unknown or dates.doubt(event.text) or self._disputed(event) else word

    def _disputed(self, event: _Event) -> list[str]:
        """Return the days that passages give the meeting as it stands, if they disagree; not of plans long replaced."""
        for one in self._known.disagreements.get(event.now.engagement, ()):
            days = [value for value, _, _ in one.sides]
            planned = one.aspect == "planned date" and event.now.stage != _DONE and event.text in days
            if planned or (one.aspect == "date" and one.step == event.now.status):
                return days
        return []

    def revised(self, event: _Event) -> datetime:
        """Return since when it is known as it is, or when that was read if it was later."""
        read = [self._read.get(passage, "") for passage in event.now.passages]
        last = max(date.fromisoformat(text) for text in (*read, event.revised) if day(text))
        return datetime.combine(last, time(), UTC)

    def description(self, event: _Event) -> str:
        """Return status, what is not certain, what was changed, and who says so, a line each."""
        meeting = event.now.engagement
        lines = [f"Status: {self.name(event.now.status)}"]
        if not _days(event.now.date):
            lines.append(f"No day is known; the last that was: {dates.readable(event.text)}")
        elif dates.doubt(event.text):
            lines.append(f"The date is not certain: {event.text}")
        changes = (current.change_in_words(change, self._names) for change in self._known.changes.get(meeting, ()))
        lines += [unbroken(for_file(f"{words[0].upper()}{words[1:]}")) for words in changes]
        if days := self._disputed(event):
            lines.append(f"Passages disagree on the day: {', '.join(map(dates.readable, days))}")
        lines += [self._said(self._passages[iri]) for iri in event.now.passages if iri in self._passages]
        return "\n".join(lines)

    def _said(self, passage: Passage) -> str:
        who = f"{self.name(passage.speaker)}, {self.name(passage.certainty)}"
        return unbroken(for_file(f"{passage.gist} [{who}; {passage.title}, {passage.place}]"))
