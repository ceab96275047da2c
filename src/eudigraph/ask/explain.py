"""Why a statement is in the graph, in words, down to the passages that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import DefaultGraph, Literal, NamedNode, Triple

from eudigraph.ask import evidence, lookup
from eudigraph.ask.lookup import MAX_EXAMPLES
from eudigraph.engine import store
from eudigraph.model import labels, ontology, text
from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, OWN_GRAPHS, XSD, shorten
from eudigraph.model.text import WIDTH
from eudigraph.model.triples import Triplestore, select
from eudigraph.reason import proofs
from eudigraph.sources import texts as texts_


class Explained(NamedTuple):
    """A statement, the ways in which it follows, the names of all entities in these, and notes on what was guessed."""

    statement: Triple
    ways: list[proofs.Step]
    names: dict[str, str]
    notes: list[str]


def explained(graph: store.Built, subject: str, prop: str, value: str) -> Explained:
    """Return a statement with the ways in which it follows; its parts and what is raised are as for ``explain``."""
    found = [lookup.find(graph.store, subject), lookup.find(graph.store, prop, "property")]
    subject_, prop_ = (match.iri for match in found)
    literals = [
        quad.object
        for quad in graph.store.quads_for_pattern(subject_, prop_, None, DefaultGraph())
        if isinstance(quad.object, Literal) and quad.object.value == value
    ]
    if not literals:  # "wanted" is a stage as well as a status: what the property takes goes first, if it is said
        found.append(_said(graph.store, subject_, prop_, value) or lookup.find(graph.store, value))
    statement = Triple(subject_, prop_, literals[0] if literals else found[-1].iri)
    ways = proofs.explain(graph.store, ontology.from_store(graph.store), statement)
    names = names_of(graph.store, [statement, *(s for way in ways for s in _statements(way))])
    if not ways:
        raise UsageError(f"the graph does not say: {as_sentence(statement, names)}; {_instead(graph.store, statement)}")
    return Explained(statement, ways, names, [match.note for match in found if match.note])


def _said(store_: Triplestore, subject: NamedNode, prop: NamedNode, value: str) -> lookup.Match | None:
    """Return the entity that is called just so among those that the graph has with this subject and property."""
    objects = [quad.object for quad in store_.quads_for_pattern(subject, prop, None, DefaultGraph())]
    named = labels.labels(store_, [one.value for one in objects if isinstance(one, NamedNode)])
    called = [iri for iri, name in named.items() if name.casefold() == value.strip().casefold()]
    return lookup.Match(NamedNode(called[0]), named[called[0]], "") if len(called) == 1 else None


def _instead(store_: Triplestore, statement: Triple) -> str:
    """Return what the graph says of the same two entities or, if nothing, of the subject with the same property."""
    subject, prop, value = statement.subject, statement.predicate, statement.object
    own = f"FILTER(STRSTARTS(STR(?p), '{EUD}'))"
    found = [
        Triple(subject, row["p"], value)
        for row in select(store_, f"SELECT ?p {{ {subject} ?p {value} {own} }} ORDER BY ?p")
    ] or [Triple(subject, prop, row["o"]) for row in select(store_, f"SELECT ?o {{ {subject} {prop} ?o }} ORDER BY ?o")]
    names = names_of(store_, found)
    said = sorted(as_sentence(one, names) for one in found)
    if not said:
        return "the explorer shows all that it says of either"
    more = f" and {len(said) - MAX_EXAMPLES:,} more" if len(said) > MAX_EXAMPLES else ""
    return f"it says: {'; '.join(said[:MAX_EXAMPLES])}{more}"


def explain(
    graph: store.Built, subject: str, prop: str, value: str, texts: Sequence[Path] = (), *, width: int = WIDTH
) -> tuple[str, list[str]]:
    """Return, for people, every way in which a statement follows, down to the passages that say so, and notes on it.

    The three parts are names, IRIs or prefixed names; the notes are on those that were guessed. Raises UsageError for
    names that are not known and a statement that is not in the graph.
    """
    known = texts_.read(graph.store, texts)
    statement, ways, names, notes = explained(graph, subject, prop, value)
    sentence = as_sentence(statement, names)
    lines = []
    for number, way in enumerate(ways, 1):
        if way.rule is None:
            lines.append(f"{sentence}. It is asserted:")
        elif len(ways) > 1:
            lines.append(f"{sentence}. Way {number} of {len(ways)}:")
        else:
            lines.append(f"{sentence}. It follows:")
        lines += _explained(graph.store, way, names, known, 1)
        lines.append("")
    return text.clean_lines(text.folded(lines, width)), notes


def _explained(
    graph: Triplestore, step: proofs.Step, names: dict[str, str], texts: Mapping[str, str], depth: int = 0
) -> list[str]:
    """Return a step and what it follows from as lines, indented by ``depth``."""
    pad = "  " * depth
    if step.rule is not None:
        lines = [f"{pad}since {step.rule}:"]
        for premise in step.premises:
            lines += [
                f"{pad}  {as_sentence(premise.statement, names)}",
                *_explained(graph, premise, names, texts, depth + 2),
            ]
        return lines
    lines = []
    passages = evidence.describe(graph, proofs.passages_of(graph, step.statement), texts)
    names = labels.labels(graph, {iri for p in passages for iri in (p.speaker, p.certainty)})
    for p in passages:
        lines.append(f"{pad}[{p.title}, {p.place}; {names[p.speaker]}, {names[p.certainty]}] {p.gist}")
        if p.text is not None:
            lines.append(f"{pad}“{p.text}”")
        if p.url is not None:
            lines.append(f"{pad}{p.url}")
    if not passages:
        where = [g.value for g in proofs.asserted_in(graph, step.statement) if g in OWN_GRAPHS]
        lines += [f"{pad}[{shorten(g).removeprefix('graph:')}]" for g in where]
    return lines


def _statements(step: proofs.Step) -> list[Triple]:
    return [step.statement, *(s for premise in step.premises for s in _statements(premise))]


def names_of(graph: Triplestore, statements: Sequence[Triple]) -> dict[str, str]:
    """Return the names of all entities in these statements."""
    iris = [t.value for s in statements for t in (s.subject, s.predicate, s.object) if isinstance(t, NamedNode)]
    return labels.labels(graph, iris)


def as_sentence(statement: Triple, names: dict[str, str]) -> str:
    """Return a statement as a line for people, its parts by their names."""
    parts = []
    for term in (statement.subject, statement.predicate, statement.object):
        text = "is a" if isinstance(term, NamedNode) and term.value.endswith("#type") else labels.show(term, names)
        parts.append(f"“{text}”" if isinstance(term, Literal) and term.datatype.value != XSD + "integer" else text)
    return " · ".join(parts)
