"""The meetings as a calendar that other programs subscribe to. Same graph, same bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from pyoxigraph import Literal, NamedNode, Triple

from eudigraph.ask import evidence
from eudigraph.export.networks import day, for_file, unbroken
from eudigraph.model import dates, labels
from eudigraph.model.names import BASE, EUD, eud
from eudigraph.model.passage import Passage
from eudigraph.model.triples import Triplestore, select
from eudigraph.reason import proofs


@dataclass
class _Occasion:
    """A meeting on days that somebody claims: the dates as they are written, and the passages that say them."""

    meeting: str
    first: date
    last: date
    claims: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def hours(self) -> list[tuple[datetime, datetime]]:
        """The times of day that the claims give, each with that at which it ends, or the same."""
        found = (dates.read(text) for text, _ in self.claims)
        ends = ((when.start, when.end) for when in found if when)
        return sorted({(a.at, b.at) for a, b in ends if a and b and a.at and b.at}, key=str)

    @property
    def passages(self) -> list[str]:
        return sorted({passage for _, passages in self.claims for passage in passages})


def icalendar(store: Triplestore) -> str:
    """Return the meetings that have a day as an iCalendar (RFC 5545, https://www.rfc-editor.org/rfc/rfc5545).

    Each is an event under its own IRI: at a time of day if the claims agree on one, else of whole days. If claims
    differ in the days, there is one for each, tentative unless cancelled. The one that was reported first keeps the IRI
    as its UID, the others have their days behind it: so whoever subscribed sees the event stay where it was, and
    another come up beside it. Otherwise the status is that of the claims in the source that was published last, and
    tentative if they differ, if the date is uncertain or approximate, or if they are hedged. A date without a day makes
    no event: one over a whole month would say that somebody meets all month, and few programs show a VJOURNAL;
    ``without_day`` lists them. When the text was read is when an event was made, so that it is the same each time.
    Lines end in CR LF.
    """
    from icalendar import Calendar, Event

    occasions, _ = _occasions(store)
    facts = _Facts(store, occasions)
    days = defaultdict(list)
    for occasion in occasions:
        days[occasion.meeting].append(occasion)
    calendar = Calendar()
    calendar.add("prodid", "-//eudigraph//eudigraph//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "eudigraph: meetings")
    for occasion in occasions:
        others = [other for other in days[occasion.meeting] if other is not occasion]
        event = Event()
        known = facts.said_first(occasion, others)
        event.add("uid", occasion.meeting + ("" if known else f"#{occasion.first}/{occasion.last}"))
        event.add("dtstamp", facts.read(occasion))
        event.add("summary", facts.name(occasion.meeting))
        if len(occasion.hours) == 1:
            ((start, end),) = occasion.hours
            event.add("dtstart", start.astimezone(UTC) if start.tzinfo else start)
            if end != start:  # without an end it takes no time, as far as calendars are concerned
                event.add("dtend", end.astimezone(UTC) if end.tzinfo else end)
        else:
            event.add("dtstart", occasion.first)
            event.add("dtend", occasion.last + timedelta(days=1))  # the end is the first day that is no more part of it
        event.add("transp", "TRANSPARENT")  # the reader is not there
        event.add("url", occasion.meeting)
        event.add("description", facts.description(occasion, others))
        status, where = facts.firmness(occasion, disputed=bool(others)), facts.location(occasion)
        topics = facts.names(occasion.meeting, "agenda")
        for name, value in (("status", status), ("location", where), ("categories", topics)):
            if value:
                event.add(name, value)
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made.decode()


def without_day(store: Triplestore) -> list[str]:
    """Return a line for each date of a meeting that gives no day, or no last one, and so makes no event."""
    _, left = _occasions(store)
    names = labels.labels(store, {meeting for meeting, _ in left})
    return [f"{for_file(names[meeting])}: {text}" for meeting, text in left]


def _occasions(store: Triplestore) -> tuple[list[_Occasion], list[tuple[str, str]]]:
    """Return meetings with their days, in the order of these, and meetings with those dates that give no day."""
    rows = select(
        store, f"SELECT DISTINCT ?m ?date {{ ?m a <{EUD}Meeting> ; <{EUD}date> ?date FILTER(ISIRI(?m)) }} ORDER BY ?m"
    )
    found: dict[tuple[date, date, str], _Occasion] = {}
    left = []
    for row in sorted(rows, key=lambda row: (row["m"].value, row["date"].value)):
        meeting, text = row["m"].value, row["date"].value
        days = _days(text)
        if days is None:
            left.append((meeting, text))
            continue
        said = proofs.passages_of(store, Triple(row["m"], eud("date"), row["date"]))
        occasion = found.setdefault((*days, meeting), _Occasion(meeting, *days))
        occasion.claims.append((text, sorted(passage.value for passage in said)))
    return [found[key] for key in sorted(found)], left


def _days(text: str) -> tuple[date, date] | None:
    """Return the first and the last day of an EDTF date that gives both, else None."""
    try:
        when = dates.read(text)
    except ValueError:
        return None
    return when.days if when and when.days and when.days[1] < date.max else None


class _Facts:
    """What a calendar says of meetings, asked of the store once for all of them."""

    def __init__(self, store: Triplestore, occasions: Sequence[_Occasion]) -> None:
        self._store = store
        self._objects: dict[tuple[str, str], list[str]] = defaultdict(list)
        for prop in ("agenda", "takesPlaceIn", "inCountry", "status"):
            for quad in store.quads_for_pattern(None, eud(prop), None):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                    self._objects[(quad.subject.value, prop)].append(quad.object.value)
        self._words = self._texts("icalendarStatus")
        self._published = {source: dates.bounds(text)[1] for source, text in self._texts("published").items()}
        readings = self._texts("readOn")
        self._read = {
            quad.subject.value: readings.get(quad.object.value, "")
            for quad in store.quads_for_pattern(None, eud("reading"), None)
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        }
        said = sorted({passage for occasion in occasions for passage in occasion.passages})
        self._passages = {p.iri: p for p in evidence.describe(store, [NamedNode(iri) for iri in said])}
        spoken = {iri for p in self._passages.values() for iri in (p.speaker, p.certainty)}
        entities = {iri for key, iris in self._objects.items() for iri in (key[0], *iris)}
        self._names = labels.labels(store, {*entities, *spoken, *(o.meeting for o in occasions)})

    def _texts(self, prop: str) -> dict[str, str]:
        """Return the texts of a property that entities have at most one of."""
        quads = self._store.quads_for_pattern(None, eud(prop), None)
        found = {(q.subject, q.object) for q in quads}
        texts = [(s.value, o.value) for s, o in found if isinstance(s, NamedNode) and isinstance(o, Literal)]
        return dict(sorted(texts, reverse=True))

    def name(self, iri: str) -> str:
        return unbroken(for_file(self._names[iri]))

    def names(self, meeting: str, prop: str) -> list[str]:
        return sorted({self.name(iri) for iri in self._objects[(meeting, prop)]})

    def location(self, occasion: _Occasion) -> str:
        """Return place and country; where only the country is known, that.

        A place belongs to the days it is claimed with; claimed without any, it belongs to all.
        """
        places = sorted({*self._objects[(occasion.meeting, "takesPlaceIn")]})
        here = [place for place in places if self._there(occasion, place)]
        around = {iri for place in here for iri in self._objects[(place, "inCountry")]}
        return "; ".join(
            ", ".join([self.name(place), *self.names(place, "inCountry")]) for place in here if place not in around
        )

    def _there(self, occasion: _Occasion, place: str) -> bool:
        """Whether a place is claimed along with an occasion's days, or without any."""
        meeting = NamedNode(occasion.meeting)
        texts = {text for text, _ in occasion.claims}
        for said in self._store.quads_for_pattern(meeting, eud("takesPlaceIn"), NamedNode(place)):
            if isinstance(said.graph_name, NamedNode):
                quads = self._store.quads_for_pattern(meeting, eud("date"), None, said.graph_name)
                days = {quad.object.value for quad in quads if isinstance(quad.object, Literal)}
                if not days or days & texts:
                    return True
        return False

    def statuses(self, occasion: _Occasion, passage: str | None = None) -> list[str]:
        """Return the statuses claimed along with the days, in one passage or all; if there are none, the meeting's."""
        meeting, prop = NamedNode(occasion.meeting), eud("status")

        def along(said: Iterable[str]) -> set[str]:
            quads = [q for iri in said for q in self._store.quads_for_pattern(meeting, prop, None, NamedNode(iri))]
            return {q.object.value for q in quads if isinstance(q.object, NamedNode)}

        if along(occasion.passages):
            return sorted(along(occasion.passages if passage is None else [passage]))
        return sorted({*self._objects[(occasion.meeting, "status")]})

    def firmness(self, occasion: _Occasion, *, disputed: bool) -> str | None:
        """Return iCalendar's STATUS; None where nothing is said of it."""
        claims: list[tuple[str, str | None]] = [(text, iri) for text, said in occasion.claims for iri in said]
        claims = claims or [(text, None) for text, _ in occasion.claims]
        firm = [(self._said_on(iri), word) for text, iri in claims if (word := self._firm(occasion, text, iri))]
        last = max((day for day, _ in firm), default=None)
        words = {word for day, word in firm if day == last}
        word = "TENTATIVE" if len(words) > 1 else next(iter(words), None)
        return "TENTATIVE" if disputed and word != "CANCELLED" else word

    def _firm(self, occasion: _Occasion, text: str, iri: str | None) -> str | None:
        """Return the STATUS that a passage gives a date."""
        # A status that iCalendar has no word for, such as proposed, is no firm one.
        words = {self._words.get(status, "TENTATIVE") for status in self.statuses(occasion, iri)}
        word = "TENTATIVE" if len(words) > 1 else next(iter(words), None)
        hedged = iri is not None and self._passages[iri].certainty == f"{BASE}certainty/hedged"
        return "TENTATIVE" if word != "CANCELLED" and (hedged or dates.doubt(text)) else word

    def _said_on(self, iri: str | None) -> date:
        """Return the day on which a passage's source was published, as far as that is known."""
        return (self._published.get(self._passages[iri].source) if iri else None) or date.min

    def said_first(self, occasion: _Occasion, others: Iterable[_Occasion]) -> bool:
        """Whether an occasion was reported before the others of its meeting; of those at once, the earliest counts."""

        def order(given: _Occasion) -> tuple[date, date, date]:
            return min(map(self._said_on, given.passages), default=date.min), given.first, given.last

        return all(order(occasion) < order(other) for other in others)

    def read(self, occasion: _Occasion) -> datetime:
        """Return when the passages were read, the last of them; with none, when anything was."""
        days = [self._read.get(passage, "") for passage in occasion.passages] or [*self._read.values()]
        last = max((date.fromisoformat(text) for text in days if day(text)), default=date(1970, 1, 1))
        return datetime.combine(last, time(), UTC)

    def description(self, occasion: _Occasion, others: Sequence[_Occasion]) -> str:
        """Return status, what is not certain, and who says so, a line each."""
        lines = [f"Status: {', '.join(self.name(iri) for iri in self.statuses(occasion))}"]
        unsure = [text for text, _ in occasion.claims if dates.doubt(text)]
        lines += [f"The date is not certain: {', '.join(unsure)}"] if unsure else []
        if len(occasion.hours) > 1:
            lines.append(f"Claims differ in the hour: {', '.join(sorted(text for text, _ in occasion.claims))}")
        if others:
            elsewhere = ", ".join(text for other in others for text, _ in other.claims)
            lines.append(f"Claims differ in the days; others have: {elsewhere}")
        lines += [self._said(self._passages[iri]) for iri in occasion.passages]
        return "\n".join(line for line in lines if line != "Status: ")

    def _said(self, passage: Passage) -> str:
        who = f"{self.name(passage.speaker)}, {self.name(passage.certainty)}"
        return unbroken(for_file(f"{passage.gist} [{who}; {passage.title}, {passage.place}]"))
