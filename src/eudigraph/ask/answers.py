"""Questions and their answers, with evidence: what the command line, the page and Python code call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from eudigraph.ask import evidence, hints, library, lookup
from eudigraph.engine import store
from eudigraph.engine.answer import TIMEOUT, Answer
from eudigraph.engine.safety import prepare
from eudigraph.model import labels, ontology
from eudigraph.model.names import PREFIXES
from eudigraph.model.triples import Triplestore
from eudigraph.show import tables
from eudigraph.sources import texts as texts_

EVIDENCE_COLUMNS = ("source", "place", "speaker", "certainty", "gist")


@dataclass(frozen=True)
class Asking:
    """How to ask: at most ``limit`` rows, within ``timeout`` seconds, with evidence, with the texts of sources."""

    limit: int | None = None
    timeout: float = TIMEOUT
    evidence: bool = False
    texts: Sequence[Path] = ()


def ask(
    graph: store.Built, query: library.LibraryQuery, parameters: Mapping[str, str], asking: Asking | None = None
) -> Answer:
    """Ask a query of the library. ``parameters`` are texts: names, IRIs, dates or numbers.

    Raises UsageError for parameters that are missing or not known, QueryTimeout, and DataError for texts of no source.
    """
    asking = asking or Asking()
    values, notes = lookup.resolve(graph.store, query, parameters)
    texts = texts_.read(graph.store, asking.texts)
    found = graph.ask(prepare(library.bind(query, values)), limit=asking.limit, timeout=asking.timeout)
    if found.empty:
        notes += hints.of_subjects(graph, query, values)
    if asking.evidence:
        found = attach(graph.store, query.evidence, values, found, texts)
    return replace(found, notes=notes)


def ask_text(
    graph: store.Built,
    text: str,
    asking: Asking | None = None,
    bindings: Mapping[str, NamedNode | Literal] | None = None,
) -> Answer:
    """Ask SPARQL of one's own; the project's prefixes need no declaration. Raises UsageError and QueryTimeout.

    ``bindings`` are terms that variables of the query, by their names, stand for, by VALUES at its beginning. With
    evidence, the passages behind a row are those that say what the query's patterns make of it.
    """
    asking = asking or Asking()
    query = prepare(text, values=bindings)
    texts = texts_.read(graph.store, asking.texts)
    answered = graph.ask(query, limit=asking.limit, timeout=asking.timeout)
    if not asking.evidence or answered.truth is not None or answered.triples is not None:
        return answered
    return attach(graph.store, evidence.patterns(text), bindings or {}, answered, texts)


def attach(
    graph: Triplestore,
    patterns: Iterable[str],
    values: Mapping[str, library.Value],
    answered: Answer,
    texts: Mapping[str, str],
) -> Answer:
    """Return an answer with the passages behind each of its rows: those that say what the patterns make of it.

    Patterns of two terms lead from something derived to the passages that bear it. Passages known only after the day
    that ``known_by`` gives among the values are left out.
    """
    patterns = tuple(patterns)
    known_by = values.get("known_by")
    terms = ontology.from_store(graph)
    named = [
        {**values, **{v: t for v, t in zip(answered.variables, row, strict=True) if t is not None}}
        for row in answered.rows
    ]
    bearing = evidence.bearing(graph, patterns, named)
    per_row: list[list[NamedNode]] = []
    for row, terms_of_row, found_already in zip(answered.rows, named, bearing, strict=True):
        statements = evidence.statements_of(patterns, terms_of_row)
        found = evidence.passages_behind(graph, terms, statements) + found_already
        found += [t for t in row if isinstance(t, NamedNode) and t.value.startswith(PREFIXES["passage"])]
        per_row.append([*dict.fromkeys(found)])
    if isinstance(known_by, Literal):
        known = evidence.known(graph, {p for found in per_row for p in found}, known_by)
        per_row = [[p for p in found if p in known] for found in per_row]
    everything = sorted({p for found in per_row for p in found}, key=lambda p: p.value)
    passages = evidence.describe(graph, everything, texts)
    position = {p.iri: i for i, p in enumerate(passages)}
    behind = [sorted(position[p.value] for p in found if p.value in position) for found in per_row]
    return replace(answered, passages=passages, behind=behind)


def without(answer: Answer, columns: Sequence[str]) -> Answer:
    """Return an answer without some of its columns."""
    kept = [i for i, name in enumerate(answer.variables) if name not in columns]
    rows = [tuple(row[i] for i in kept) for row in answer.rows]
    return replace(answer, variables=[answer.variables[i] for i in kept], rows=rows)


def render(graph: store.Built, answer: Answer, form: str, *, ids: bool = False, width: int | None = None) -> str:
    """Return an answer in a format of ``names.ROW_FORMATS`` or, for triples, ``names.GRAPH_FORMATS``.

    Evidence stands below a table, numbered; in the other formats each row is repeated for each of its passages, with
    the columns source, place, speaker, certainty, gist, and passage_text where the texts were given.
    """
    iris = {t.value for row in answer.rows for t in row if isinstance(t, NamedNode)}
    iris |= {i for p in answer.passages for i in (p.source, p.speaker, p.certainty)}
    names = labels.labels(graph.store, iris)
    if answer.behind is None or answer.triples is not None or answer.truth is not None:
        return tables.write(answer, form, names, ids=ids, width=width)
    if form == "table":
        return _with_footnotes(answer, names, ids=ids, width=width)
    return tables.write(tidy(answer), form, names, ids=ids)


def tidy(answer: Answer) -> Answer:
    """Return an answer with a row for each row and passage, and the columns of evidence after the others."""
    with_text = any(p.text is not None for p in answer.passages)
    extra = [f"evidence_{c}" for c in (*EVIDENCE_COLUMNS, *(["text"] if with_text else []))]
    made = Answer([*answer.variables, *extra], cut=answer.cut)
    for row, behind in zip(answer.rows, answer.behind or [], strict=True):
        for index in behind:
            p = answer.passages[index]
            cells: list[object] = [
                NamedNode(p.source),
                Literal(p.place),
                NamedNode(p.speaker),
                NamedNode(p.certainty),
                Literal(p.gist),
            ]
            if with_text:
                cells.append(None if p.text is None else Literal(p.text))
            made.rows.append((*row, *cells))
        if not behind:
            made.rows.append((*row, *([None] * len(extra))))
    return made


def _with_footnotes(answer: Answer, names: dict[str, str], *, ids: bool, width: int | None) -> str:
    rows = [
        [*tables.cells(row, names, ids=ids), " ".join(str(i + 1) for i in behind)]
        for row, behind in zip(answer.rows, answer.behind or [], strict=True)
    ]
    notes = [""]
    for number, passage in enumerate(answer.passages, 1):
        who = names[passage.speaker]
        certainty = names[passage.certainty]
        notes.append(f"[{number}] {passage.title}, {passage.place}. {who}, {certainty}: {passage.gist}")
        if passage.text is not None:
            notes.append(f"    “{passage.text}”")
        if passage.url is not None:
            notes.append(f"    {passage.url}")
    return tables.table([*answer.variables, "evidence"], rows, width=width, notes=notes)
