"""Questions and their answers, with evidence: what the command line, the page and Python code call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, Triple

from eudigraph import build as building
from eudigraph import engine, evidence, labels, ontology, output, problems, queries, reasoning, sparql, store
from eudigraph import texts as texts_
from eudigraph.errors import UsageError
from eudigraph.evidence import Passage
from eudigraph.names import EUD, OWN_GRAPHS, PREFIXES, XSD, shorten
from eudigraph.sparql import Triplestore, select
from eudigraph.workspace import Workspace

EVIDENCE_COLUMNS = ("source", "place", "speaker", "certainty", "gist")


@dataclass(frozen=True)
class Asking:
    """How to ask: at most ``limit`` rows, within ``timeout`` seconds, with evidence, with the texts of sources."""

    limit: int | None = None
    timeout: float = engine.TIMEOUT
    evidence: bool = False
    texts: Sequence[Path] = ()


@dataclass
class Evidenced:
    """An answer and, if asked for, the passages behind each of its rows (by their places in ``passages``)."""

    answer: engine.Answer
    passages: list[Passage] = field(default_factory=list)
    behind: list[list[int]] | None = None


def ask(
    graph: store.Built, query: queries.LibraryQuery, parameters: Mapping[str, str], asking: Asking | None = None
) -> Evidenced:
    """Ask a query of the library. ``parameters`` are texts: names, IRIs, dates or numbers.

    Raises UsageError for parameters that are missing or not known, QueryTimeout, and DataError for texts of no source.
    """
    asking = asking or Asking()
    values = queries.resolve(graph.store, query, parameters)
    texts = texts_.read(graph.store, asking.texts)
    text = queries.bind(query, values)
    answered = graph.ask(text, limit=asking.limit, timeout=asking.timeout)
    return attach(graph.store, query.evidence, values, answered, texts) if asking.evidence else Evidenced(answered)


def ask_text(
    graph: store.Built,
    text: str,
    asking: Asking | None = None,
    bindings: Mapping[str, NamedNode | Literal] | None = None,
) -> Evidenced:
    """Ask SPARQL of one's own; the project's prefixes need no declaration. Raises UsageError and QueryTimeout.

    ``bindings`` are terms that variables of the query, by their names, stand for, by VALUES at its beginning. With
    evidence, the passages behind a row are those that say what the query's patterns make of it.
    """
    asking = asking or Asking()
    queries.inspect(text)
    texts = texts_.read(graph.store, asking.texts)
    asked = text
    if bindings:
        names, terms = " ".join(f"?{name}" for name in bindings), " ".join(map(str, bindings.values()))
        asked = sparql.with_values(text, names, terms)
    answered = graph.ask(asked, limit=asking.limit, timeout=asking.timeout)
    if not asking.evidence or answered.truth is not None or answered.triples is not None:
        return Evidenced(answered)
    return attach(graph.store, evidence.patterns(text), bindings or {}, answered, texts)


def attach(
    graph: Triplestore,
    patterns: Iterable[str],
    values: Mapping[str, queries.Value],
    answered: engine.Answer,
    texts: Mapping[str, str],
) -> Evidenced:
    """Return an answer with the passages behind each of its rows: those that say what the patterns make of it."""
    patterns = tuple(patterns)
    terms = ontology.from_store(graph)
    per_row: list[list[NamedNode]] = []
    for row in answered.rows:
        named = {**values, **{v: t for v, t in zip(answered.variables, row, strict=True) if t is not None}}
        statements = evidence.statements_of(patterns, named)
        found = evidence.passages_behind(graph, terms, statements)
        found += [
            t for t in row if isinstance(t, NamedNode) and t.value.startswith(PREFIXES["passage"]) and t not in found
        ]
        per_row.append(found)
    everything = sorted({p for found in per_row for p in found}, key=lambda p: p.value)
    passages = evidence.describe(graph, everything, texts)
    position = {p.iri: i for i, p in enumerate(passages)}
    return Evidenced(answered, passages, [sorted(position[p.value] for p in f if p.value in position) for f in per_row])


def without(answer: Evidenced, columns: Sequence[str]) -> Evidenced:
    """Return an answer without some of its columns."""
    given = answer.answer
    kept = [i for i, name in enumerate(given.variables) if name not in columns]
    rows = [tuple(row[i] for i in kept) for row in given.rows]
    return replace(answer, answer=replace(given, variables=[given.variables[i] for i in kept], rows=rows))


def render(graph: store.Built, answer: Evidenced, form: str, *, ids: bool = False, width: int | None = None) -> str:
    """Return an answer in a format of ``output.FORMATS``.

    Evidence stands below a table, numbered; in the other formats each row is repeated for each of its passages, with
    the columns source, place, speaker, certainty, gist, and passage_text where the texts were given.
    """
    given = answer.answer
    iris = {t.value for row in given.rows for t in row if isinstance(t, NamedNode)}
    iris |= {i for p in answer.passages for i in (p.source, p.speaker, p.certainty)}
    names = labels.labels(graph.store, iris)
    if answer.behind is None or given.triples is not None or given.truth is not None:
        return output.write(given, form, names, ids=ids, width=width)
    if form == "table":
        return _with_footnotes(answer, names, ids=ids, width=width)
    return output.write(tidy(answer), form, names, ids=ids)


def tidy(answer: Evidenced) -> engine.Answer:
    """Return an answer with a row for each row and passage, and the columns of evidence after the others."""
    given = answer.answer
    with_text = any(p.text is not None for p in answer.passages)
    extra = [f"evidence_{c}" for c in (*EVIDENCE_COLUMNS, *(["text"] if with_text else []))]
    made = engine.Answer([*given.variables, *extra], cut=given.cut)
    for row, behind in zip(given.rows, answer.behind or [], strict=True):
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


def check(
    workspace: Workspace,
    files: Sequence[Path] = (),
    texts: Sequence[Path] = (),
    *,
    use_hermit: bool = True,
    printing: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[building.Report, str]:
    """Check a workspace and, beside it, texts of its sources; return the report and the claims under their passages."""
    graph = Store()
    report = building.check(workspace, files, use_hermit=use_hermit, graph=graph, default_graph=printing, say=say)
    printed = ""
    found = []
    for path in texts:
        wrong, source, text = texts_.compare(graph, path)
        if source is None and report.unread:
            report.notes.append(f"{path} not compared: its source may be in what cannot be read; first mend that")
            continue
        found += wrong
        if printing and source is not None:
            printed += _claims_under_passages(graph, source, text)
    report.problems += problems.locate(found, workspace, [*workspace.claim_files, *files])
    return report, printed


def explained(
    graph: store.Built, subject: str, prop: str, value: str
) -> tuple[Triple, list[reasoning.Step], dict[str, str]]:
    """Return a statement, the ways in which it follows, and the names of all things in these; raises as ``explain``."""
    subject_ = queries.find_entity(graph.store, subject)
    prop_ = queries.find_entity(graph.store, prop, "property")
    literals = [
        quad.object
        for quad in graph.store.quads_for_pattern(subject_, prop_, None, DefaultGraph())
        if isinstance(quad.object, Literal) and quad.object.value == value
    ]
    statement = Triple(subject_, prop_, literals[0] if literals else queries.find_entity(graph.store, value))
    ways = reasoning.explain(graph.store, ontology.from_store(graph.store), statement)
    names = _names_of(graph.store, [statement, *(s for way in ways for s in _statements(way))])
    if not ways:
        raise UsageError(
            f"the graph does not say: {_sentence(statement, names)}; see what it says with: eudigraph query --file - "
            f"and SELECT ?property ?value {{ {subject_} ?property ?value }}"
        )
    return statement, ways, names


def explain(
    graph: store.Built, subject: str, prop: str, value: str, texts: Sequence[Path] = (), *, width: int = output.WIDTH
) -> str:
    """Return, for people, every way in which a statement follows, down to the passages that say so.

    The three parts are names, IRIs or prefixed names. Raises UsageError for names that are not known and a statement
    that is not in the graph.
    """
    known = texts_.read(graph.store, texts)
    statement, ways, names = explained(graph, subject, prop, value)
    sentence = _sentence(statement, names)
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
    return output.clean_lines(output.folded(lines, width))


def describe_query(query: queries.LibraryQuery) -> str:
    """Return all that is said of a query of the library, for people."""
    lines = [f"{query.name}: {query.title}", "", query.question, f"Gives {query.grain}."]
    if query.parameters:
        lines += ["", "Parameters"]
    for p in query.parameters.values():
        extra = "needed" if p.required else f"by default {_default(p.default)}" if p.default else "may be left out"
        lines.append(f"  {p.name} ({p.type}; {extra}): {p.description}")
    marked = " (in tables with --all-columns)"
    columns = [f"  {name}: {what}{marked if name in query.detail else ''}" for name, what in query.columns.items()]
    lines += ["", "Columns", *columns]
    if query.notes:
        lines += ["", *query.notes.strip().splitlines()]
    return output.clean_lines(output.folded(lines, output.WIDTH))


def _with_footnotes(answer: Evidenced, names: dict[str, str], *, ids: bool, width: int | None) -> str:
    given = answer.answer
    rows = [
        [*output.cells(row, names, ids=ids), " ".join(str(i + 1) for i in behind)]
        for row, behind in zip(given.rows, answer.behind or [], strict=True)
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
    return output.table([*given.variables, "evidence"], rows, width=width, notes=notes)


def _claims_under_passages(graph: Triplestore, source: NamedNode, text: str) -> str:
    """Return each passage of a source with its text, and under it what it claims."""
    query = f"""SELECT ?p {{ ?p <{EUD}source> {source} ; <{EUD}start> ?start ; <{EUD}end> ?end }}
        ORDER BY ?start DESC(?end) ?p"""
    found = [row["p"] for row in select(graph, query)]
    lines = []
    for passage in evidence.describe(graph, found, {source.value: text}):
        quads = sorted(graph.quads_for_pattern(None, None, None, NamedNode(passage.iri)), key=str)
        triples = [Triple(q.subject, q.predicate, q.object) for q in quads]
        names = _names_of(graph, triples) | labels.labels(graph, [passage.speaker])
        lines += [f"{passage.place} {names[passage.speaker]}: “{passage.text}”"]
        lines += [f"    {_sentence(triple, names)}" for triple in triples] + [""]
    return output.clean_lines(lines)


def _explained(
    graph: Triplestore, step: reasoning.Step, names: dict[str, str], texts: Mapping[str, str], depth: int = 0
) -> list[str]:
    """Return a step and what it follows from as lines, indented by ``depth``."""
    pad = "  " * depth
    if step.rule is not None:
        lines = [f"{pad}since {step.rule}:"]
        for premise in step.premises:
            lines += [
                f"{pad}  {_sentence(premise.statement, names)}",
                *_explained(graph, premise, names, texts, depth + 2),
            ]
        return lines
    lines = []
    passages = evidence.describe(graph, reasoning.passages_of(graph, step.statement), texts)
    names = labels.labels(graph, {iri for p in passages for iri in (p.speaker, p.certainty)})
    for p in passages:
        lines.append(f"{pad}[{p.title}, {p.place}; {names[p.speaker]}, {names[p.certainty]}] {p.gist}")
        if p.text is not None:
            lines.append(f"{pad}“{p.text}”")
        if p.url is not None:
            lines.append(f"{pad}{p.url}")
    if not passages:
        where = [g.value for g in reasoning.asserted_in(graph, step.statement) if g in OWN_GRAPHS]
        lines += [f"{pad}[{shorten(g).removeprefix('graph:')}]" for g in where]
    return lines


def _default(text: str) -> str:
    return shorten(text) if text.startswith("http") else text


def _statements(step: reasoning.Step) -> list[Triple]:
    return [step.statement, *(s for premise in step.premises for s in _statements(premise))]


def _names_of(graph: Triplestore, statements: Sequence[Triple]) -> dict[str, str]:
    iris = [t.value for s in statements for t in (s.subject, s.predicate, s.object) if isinstance(t, NamedNode)]
    return labels.labels(graph, iris)


def _sentence(statement: Triple, names: dict[str, str]) -> str:
    parts = []
    for term in (statement.subject, statement.predicate, statement.object):
        text = "is a" if isinstance(term, NamedNode) and term.value.endswith("#type") else labels.show(term, names)
        parts.append(f"“{text}”" if isinstance(term, Literal) and term.datatype.value != XSD + "integer" else text)
    return " · ".join(parts)
