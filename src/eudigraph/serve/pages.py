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
from eudigraph.model.dates import readable
from eudigraph.model.labels import alternatives, asked_for, best, labels, show
from eudigraph.model.names import BASE, EDTF, EUD, GRAPH_INFERRED, OWN_GRAPHS, RDF_TYPE, RDFS, SKOS, XSD
from eudigraph.model.ontology import Ontology, class_words
from eudigraph.model.passage import Passage
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
    """A relation with its values; ``more`` are omitted. It ``differs`` if passages disagree on its one value."""

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
    hidden = _NAMES | _MATCHES | {RDF_TYPE.value, SKOS + "broaderTransitive"}
    facts = [quad for quad in outgoing if quad.predicate.value not in hidden]
    claims = [] if node in OWN_GRAPHS else sorted(store.quads_for_pattern(None, None, None, node), key=str)
    names = _names(store, [*facts, *incoming, *claims])
    shown = _Shown(store, ontology, names)
    said, follows = shown.facts(facts)
    to_it, _ = shown.facts(incoming, turned=True)
    own = labels(store, [node.value])[node.value]
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
        self._single = {term.iri for term in ontology.properties if term.single_valued}
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
            claimed = [passages for quad in held if (passages := set(graphs[quad]) - _OWN)]
            differs = predicate in self._single and not turned and len(claimed) > 1 and len(set().union(*claimed)) > 1
            made[follows].append(Fact(relation, values, max(0, len(ends) - MAX_SHOWN), differs))
        return made

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
        made.passages = [self._numbers.setdefault(g, len(self._numbers)) for g in graphs if g not in _OWN]
        if follows and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            parts = {"subject": quad.subject.value, "property": quad.predicate.value, "object": quad.object.value}
            made.why = here(f"/explain?{urlencode(parts)}")
        return made


def _notes(store: Triplestore, iris: Iterable[str]) -> dict[str, str]:
    """Return how engagements stand, and their dates, as the claims have them, and what passages say in short."""
    listed = " ".join(str(NamedNode(iri)) for iri in sorted(iris) if iri.startswith(BASE))
    found: dict[str, list[str]] = defaultdict(list)
    for kind, relation in (("Engagement", "status"), ("Engagement", "date"), ("Passage", "gist")):
        query = f"SELECT DISTINCT ?x ?said {{ VALUES ?x {{ {listed} }} ?x a <{EUD}{kind}> ; <{EUD}{relation}> ?said }}"
        rows = [(row["x"].value, row["said"]) for row in select(store, query)]
        names = labels(store, {said.value for _, said in rows if isinstance(said, NamedNode)})
        for iri, said in sorted((iri, show(said, names)) for iri, said in rows):
            found[iri].append(readable(said))
    return {iri: ", ".join(said) for iri, said in found.items()}


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
