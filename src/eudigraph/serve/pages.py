"""What the server's pages show: an entity with its facts and evidence, why a statement follows, an answer's rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from eudigraph.ask import evidence
from eudigraph.engine.answer import Answer
from eudigraph.model import current
from eudigraph.model.dates import readable
from eudigraph.model.labels import alternatives, asked_for, best, labels, show
from eudigraph.model.names import (
    BASE,
    EDTF,
    EUD,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_STATE,
    OWN_GRAPHS,
    RDF_TYPE,
    RDFS,
    SKOS,
    XSD,
)
from eudigraph.model.ontology import Ontology, class_words
from eudigraph.model.passage import Passage
from eudigraph.model.stages import Ladder, read_ladder
from eudigraph.model.triples import Triplestore, select
from eudigraph.reason.proofs import Step, passages_of
from eudigraph.serve.replies import link
from eudigraph.show import tables

MAX_SHOWN = 200
"""Values of one relation, or rows of an answer, that a page shows."""
_NAMES = frozenset(
    (
        *(SKOS + name for name in ("prefLabel", "altLabel", "hiddenLabel", "definition")),
        *(RDFS + "label", EUD + "title"),
    )
)
"""Properties whose values stand elsewhere on a page or, being hidden, nowhere."""
_OWN = frozenset(graph.value for graph in OWN_GRAPHS)
_MATCHES = frozenset(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch"))


@dataclass
class Cell:
    """A term as a page shows it: a text, where it leads, and the passages behind it, by their places in a list."""

    text: str
    href: str = ""
    passages: list[int] = field(default_factory=list)
    why: str = ""
    """Where it is explained, if it only follows."""
    note: str = ""
    """Of an engagement: how it stands, and when it is."""


@dataclass
class Fact:
    """A relation with its values; ``more`` are omitted. If it ``differs``, they are those that passages disagree on."""

    relation: Cell
    values: list[Cell]
    more: int = 0
    differs: bool = False


@dataclass
class Reason:
    """A statement, the rule by which it follows and what it follows from, or the passages that say it."""

    statement: list[Cell]
    rule: str
    premises: list[Reason]
    passages: list[int]


@dataclass
class Entity:
    """An entity with all that the graph says of it: what is said, what follows, what is said of others to it."""

    iri: str
    label: str
    kind: str
    also: list[str]
    definition: str
    links: list[str]
    known: str
    """By which day it is known how it stands, for people."""
    stands: list[Fact]
    """Of an engagement: how it stands, what was changed and became of it, what passages disagree on."""
    topics: list[Fact]
    """Of a country its topics, of a topic its countries, by stage."""
    is_country: bool
    derived: bool
    """Whether the build made it, such as a situation or a tie."""
    said: list[Fact]
    follows: list[Fact]
    to_it: list[Fact]
    claims: list[list[Cell]]
    """Of a passage: the statements that it makes."""
    passages: list[Passage]
    itself: Passage | None
    """Of a passage: what it is, in the same form."""


def path(iri: str) -> str:
    """Return where a server shows what an IRI names: below ``/id/``, at ``/ontology``, or at the IRI itself."""
    if iri.startswith(EUD):
        return f"/ontology#{quote(iri.removeprefix(EUD))}"
    if iri.startswith(BASE):
        return f"/id/{quote(iri.removeprefix(BASE), safe='/')}"
    return iri if iri.startswith(("http://", "https://")) else ""


def here(address: str) -> str:
    """Return an address of this server as links give it: below its path, with the languages that were asked for."""
    if not address.startswith("/"):
        return address
    tags, address = asked_for(), link(address)
    if not tags:
        return address
    rest, mark, fragment = address.partition("#")
    return f"{rest}{'&' if '?' in rest else '?'}lang={tags}{mark}{fragment}"


def entity(store: Triplestore, ontology: Ontology, node: NamedNode) -> Entity:
    """Return an entity as its page shows it."""
    outgoing = list(store.quads_for_pattern(node, None, None, DefaultGraph()))
    incoming = [
        quad
        for quad in store.quads_for_pattern(None, None, node, DefaultGraph())
        if quad.predicate != RDF_TYPE and _inverse(ontology, quad.predicate.value) is None
    ]
    types = {q.object.value for q in outgoing if q.predicate == RDF_TYPE and isinstance(q.object, NamedNode)}
    derived = not current.DERIVED.isdisjoint(types)
    if not derived:  # what is derived of an entity is shown as how it stands
        incoming = [q for q in incoming if not _is_derived(store, q)]
        outgoing = [q for q in outgoing if EUD + "Passage" in types or not _is_derived(store, q)]
    hidden = _NAMES | _MATCHES | {RDF_TYPE.value, SKOS + "broaderTransitive"}
    facts = [quad for quad in outgoing if quad.predicate.value not in hidden]
    claims = [] if node in OWN_GRAPHS else sorted(store.quads_for_pattern(None, None, None, node), key=str)
    names = _names(store, [*facts, *incoming, *claims])
    if derived:  # a disagreement and its sides name each other
        others = {term for q in (*facts, *incoming) for term in (q.subject, q.object) if isinstance(term, NamedNode)}
        names |= {other.value: _derived_label(store, ontology, other) for other in others if _kinds(store, other)}
    shown = _Shown(store, ontology, names)
    said, follows = shown.facts(facts)
    to_it, _ = shown.facts(incoming, turned=True)
    known = current.known_of(store, node)
    stands, topics = shown.stands(known, node.value), shown.topics(known, node.value)
    own = _derived_label(store, ontology, node) if derived else labels(store, [node.value])[node.value]
    return Entity(
        iri=node.value,
        label=own,
        kind=class_words(ontology, types),
        also=[name for name in alternatives(_values(outgoing, SKOS + "altLabel")) if name != own],
        definition=best(_values(outgoing, SKOS + "definition")),
        links=sorted(
            q.object.value
            for q in outgoing
            if q.predicate.value in _MATCHES and isinstance(q.object, NamedNode) and path(q.object.value)
        ),
        known=readable(known.day) if known.day else "",
        stands=stands,
        topics=topics,
        is_country=EUD + "Country" in types,
        derived=derived,
        said=said,
        follows=follows,
        to_it=to_it,
        claims=[[cell(t, names) for t in (q.subject, q.predicate, q.object)] for q in claims[:MAX_SHOWN]],
        passages=shown.passages(),
        itself=next(iter(evidence.describe(store, [node])), None) if claims else None,
    )


def reasons(store: Triplestore, ways: Iterable[Step], names: Mapping[str, str]) -> tuple[list[Reason], list[Passage]]:
    """Return the ways in which a statement follows, and the passages that they rest on, by their numbers in these."""
    numbers: dict[str, int] = {}

    def reason(step: Step) -> Reason:
        statement = step.statement
        found = [] if step.rule else passages_of(store, statement)
        return Reason(
            [cell(t, names) for t in (statement.subject, statement.predicate, statement.object)],
            step.rule or "",
            [reason(premise) for premise in step.premises],
            [numbers.setdefault(p.value, len(numbers)) for p in found],
        )

    made = [reason(way) for way in ways]
    described = evidence.describe(store, [NamedNode(iri) for iri in numbers])
    return made, sorted(described, key=lambda passage: numbers[passage.iri])


def statements(store: Triplestore, node: NamedNode, *, named: bool = False, most: int = 10_000) -> list[Quad]:
    """Return what is said of an entity and to it, and what the entities it is tied to are called; up to ``most``.

    If ``named``, the statements stand in their graphs, so that it is seen who says them.
    """
    graph = None if named else DefaultGraph()
    found = [
        *store.quads_for_pattern(node, None, None, graph),
        *store.quads_for_pattern(None, None, node, graph),
        *([] if node in OWN_GRAPHS else store.quads_for_pattern(None, None, None, node)),
    ]
    if named:
        found = [quad for quad in found if not isinstance(quad.graph_name, DefaultGraph)]
    found = sorted(set(found), key=str)[:most]
    others = {t for quad in found for t in (quad.subject, quad.object) if isinstance(t, NamedNode)} - {node}
    label = NamedNode(SKOS + "prefLabel")
    called = {quad for other in others for quad in store.quads_for_pattern(other, label, None, graph)}
    if named:
        called = {quad for quad in called if not isinstance(quad.graph_name, DefaultGraph)}
    return sorted(called.union(found), key=str)


def rows(answer: Answer, names: Mapping[str, str]) -> list[tuple[list[Cell], list[int]]]:
    """Return an answer's rows as cells, each with the passages behind it."""
    given = answer.rows[:MAX_SHOWN]
    behind = answer.behind or [[] for _ in given]
    return [([cell(term, names) for term in row], said) for row, said in zip(given, behind[: len(given)], strict=True)]


def row_names(store: Triplestore, answer: Answer) -> dict[str, str]:
    """Return the names of the entities in the rows that a page shows."""
    return labels(store, {term.value for row in answer.rows[:MAX_SHOWN] for term in row if isinstance(term, NamedNode)})


def cell(term: object, names: Mapping[str, str]) -> Cell:
    """Return a term as a cell."""
    if term == RDF_TYPE:
        return Cell("is a")
    if isinstance(term, NamedNode):
        return Cell(show(term, names), here(path(term.value)))
    address = term.value if isinstance(term, Literal) and term.datatype.value == XSD + "anyURI" else ""
    return Cell(tables.cells([term], names)[0], here(path(address)))


class _Shown:
    """Statements on their way to a page, and the passages that they lead to, numbered as they come."""

    def __init__(self, store: Triplestore, ontology: Ontology, names: Mapping[str, str]) -> None:
        self._store, self._ontology, self._names = store, ontology, names
        self._notes = _notes(store, names)
        self._numbers: dict[str, int] = {}

    def facts(self, quads: Iterable[Quad], *, turned: bool = False) -> tuple[list[Fact], list[Fact]]:
        """Return statements by relation: those that are said, be it the other way round, and those that only follow."""
        by_relation: dict[tuple[bool, str], list[Quad]] = defaultdict(list)
        graphs: dict[Quad, list[str]] = {}
        for quad in quads:
            graphs[quad] = sorted({graph for way in self._ways(quad) for graph in self._graphs(way)})
            by_relation[graphs[quad] == [GRAPH_INFERRED.value], quad.predicate.value].append(quad)
        made: tuple[list[Fact], list[Fact]] = ([], [])
        for (follows, predicate), held in sorted(by_relation.items(), key=lambda item: self._names[item[0][1]]):
            ends = [(quad, quad.subject if turned else quad.object) for quad in held]
            ends.sort(key=lambda end: _natural(show(end[1], self._names)))
            values = [self._value(quad, end, graphs[quad], follows) for quad, end in ends[:MAX_SHOWN]]
            relation = Cell(self._names.get(predicate, predicate), here(path(predicate)))
            made[follows].append(Fact(relation, values, max(0, len(ends) - MAX_SHOWN)))
        return made

    def stands(self, known: current.Known, iri: str) -> list[Fact]:
        """Return how an engagement stands, what was changed, what became of it, and what passages disagree on."""
        now = known.situations.get(iri)
        changes, fate = known.changes.get(iri, []), known.fates.get(iri)
        differing = known.disagreements.get(iri, [])
        named = {i for i in (now.status, now.stage, now.place, now.outlook, now.realised_as) if i} if now else set()
        named |= {i for c in changes if c.days is None for i in (c.old, c.new)}
        named |= {
            i for one in differing for value, is_iri, _ in one.sides for i in (value if is_iri else "", one.step) if i
        }
        named |= {fate.realised_as} if fate and fate.realised_as else set()
        names = labels(self._store, named)
        made: list[Fact] = []

        def say(what: str, *values: Cell, differs: bool = False) -> None:
            made.append(Fact(Cell(what), list(values), differs=differs))

        def entity(given: str, said: Iterable[str]) -> Cell:
            return Cell(names[given], here(path(given)), self._numbered(said))

        if now:
            status = entity(now.status, now.passages)
            status.note = "disputed" if now.disputed else ""
            say("status", status)
            say("stage", entity(now.stage, now.passages))
            if now.date:
                say("date", Cell(readable(now.date), passages=self._numbered(now.passages)))
            if now.place:
                say("place", entity(now.place, now.passages))
            if now.outlook and (now.outlook, now.outlook_date) != (now.status, now.date):
                ahead = entity(now.outlook, now.passages)
                ahead.note = readable(now.outlook_date) if now.outlook_date else ""
                say("outlook", ahead)
            if now.realised_as:
                say("realised as", entity(now.realised_as, now.passages))
        for change in changes:
            words = current.change_in_words(change, names)
            say("change", Cell(words, passages=self._numbered([change.earlier, change.later])))
        if fate:
            said = [passage for passage in (fate.aim, fate.outcome) if passage]
            words = current.fate_in_words(fate, known.day, names)
            say("what became of what was announced", Cell(words, passages=self._numbered(said)))
        for one in differing:
            sides = [
                Cell(current.value_in_words(value, is_iri, names), passages=self._numbered(said))
                for value, is_iri, said in one.sides
            ]
            say(f"passages disagree on the {current.aspect_in_words(one, names)}", *sides, differs=True)
        return made

    def topics(self, known: current.Known, iri: str) -> list[Fact]:
        """Return the topics of a country, or the countries of a topic, by stage, the furthest first."""
        ladder = (
            read_ladder(self._store.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY)) if known.ties else Ladder()
        )
        names = labels(self._store, {i for tie in known.ties for i in (tie.country, tie.topic, tie.through, tie.stage)})
        by_stage: dict[str, list[Cell]] = defaultdict(list)
        for tie in sorted(known.ties, key=lambda tie: (not tie.priority, names[tie.topic], names[tie.country])):
            other = tie.topic if tie.country == iri else tie.country
            made = Cell(names[other], here(path(other)), self._numbered([tie.passage]))
            made.note = f"{'priority; ' if tie.priority else ''}through {names[tie.through]}"
            by_stage[tie.stage].append(made)
        order = sorted(by_stage, key=lambda stage: -ladder.ranks.get(stage, -1))
        return [
            Fact(Cell(names[s], here(path(s))), by_stage[s][:MAX_SHOWN], max(0, len(by_stage[s]) - MAX_SHOWN))
            for s in order
        ]

    def _numbered(self, passages: Iterable[str]) -> list[int]:
        return [self._numbers.setdefault(iri, len(self._numbers)) for iri in passages]

    def passages(self) -> list[Passage]:
        """Return the passages in the order of their numbers."""
        found = evidence.describe(self._store, [NamedNode(iri) for iri in self._numbers])
        return sorted(found, key=lambda passage: self._numbers[passage.iri])

    def _ways(self, quad: Quad) -> Iterator[Quad]:
        """Yield a statement, and the same one turned round where a property says so."""
        yield quad
        inverse = _inverse(self._ontology, quad.predicate.value)
        if inverse and isinstance(quad.object, NamedNode):
            yield Quad(quad.object, NamedNode(inverse), quad.subject)

    def _graphs(self, quad: Quad) -> Iterator[str]:
        for found in self._store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None):
            if isinstance(found.graph_name, NamedNode):
                yield found.graph_name.value

    def _value(self, quad: Quad, end: object, graphs: Sequence[str], follows: bool) -> Cell:
        made = cell(end, self._names)
        if isinstance(end, Literal) and end.datatype.value == EDTF:
            made.text = readable(end.value)
        made.note = self._notes.get(end.value, "") if isinstance(end, NamedNode) else ""
        made.passages = self._numbered(g for g in graphs if g not in _OWN)
        if follows and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            parts = {"subject": quad.subject.value, "property": quad.predicate.value, "object": quad.object.value}
            made.why = here(f"/explain?{urlencode(parts)}")
        return made


def _notes(store: Triplestore, iris: Iterable[str]) -> dict[str, str]:
    """Return how engagements stand, and their dates, and what passages say in short."""
    listed = " ".join(str(NamedNode(iri)) for iri in sorted(iris) if iri.startswith(BASE))
    found: dict[str, list[str]] = defaultdict(list)
    for kind, relation in (("Engagement", "currentStatus"), ("Engagement", "currentDate"), ("Passage", "gist")):
        query = f"SELECT DISTINCT ?x ?said {{ VALUES ?x {{ {listed} }} ?x a <{EUD}{kind}> ; <{EUD}{relation}> ?said }}"
        rows = [(row["x"].value, row["said"]) for row in select(store, query)]
        names = labels(store, {said.value for _, said in rows if isinstance(said, NamedNode)})
        for iri, said in sorted((iri, show(said, names)) for iri, said in rows):
            found[iri].append(readable(said))
    return {iri: ", ".join(said) for iri, said in found.items()}


def _is_derived(store: Triplestore, quad: Quad) -> bool:
    """Whether a statement of the default graph is what the build derives of how things stand."""
    return Quad(quad.subject, quad.predicate, quad.object, GRAPH_STATE) in store


def _kinds(store: Triplestore, node: NamedNode) -> set[str]:
    """Return the classes of what the build derived; none for any other entity."""
    types = store.quads_for_pattern(node, RDF_TYPE, None, GRAPH_STATE)
    return {quad.object.value for quad in types if isinstance(quad.object, NamedNode)} & current.DERIVED


def _derived_label(store: Triplestore, ontology: Ontology, node: NamedNode) -> str:
    """Return what to call what the build derived, as ``situation of the EU–Japan summit, known from 30 April 2023``."""
    query = f"""SELECT ?x ?since {{ {{ {node} <{EUD}about>|<{EUD}ofCountry>|<{EUD}onTopic> ?x }}
        UNION {{ ?d <{EUD}side> {node} ; <{EUD}about> ?x }}
        OPTIONAL {{ {node} <{EUD}knownFrom> ?since }} }} ORDER BY ?x"""
    rows = select(store, query)
    names = labels(store, {row["x"].value for row in rows})
    of = " and ".join(dict.fromkeys(names[row["x"].value] for row in rows))
    since = min((row["since"].value for row in rows if row["since"]), default="")
    words = class_words(ontology, _kinds(store, node))
    return f"{words}{f' of {of}' if of else ''}{f', known from {readable(since)}' if since else ''}"


def _natural(text: str) -> list[str | int]:
    """Return a key by which ¶2 comes before ¶10."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]{1,9})", text))]


def _inverse(ontology: Ontology, predicate: str) -> str | None:
    """Return by which property a statement holds the other way round: its inverse, or itself if it is symmetric."""
    term = ontology.terms.get(predicate)
    if term is None:
        return None
    return predicate if "SymmetricProperty" in term.traits else term.inverse


def _values(quads: Iterable[Quad], predicate: str) -> list[Literal]:
    found = [q.object for q in quads if q.predicate.value == predicate]
    return [t for t in found if isinstance(t, Literal)]


def _names(store: Triplestore, quads: Iterable[Quad]) -> dict[str, str]:
    terms = {t for quad in quads for t in (quad.subject, quad.predicate, quad.object)}
    return labels(store, {t.value for t in terms if isinstance(t, NamedNode)})
