"""The query library: SPARQL files, what stands beside them, and parameters bound as terms."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from eudigraph import dates
from eudigraph.errors import DataError, UsageError
from eudigraph.labels import labels
from eudigraph.names import EUD, OWL, RDF_TYPE, RDFS, SKOS, XSD, cut, expand, fold, shorten, similar
from eudigraph.sparql import Triplestore, bare, harmless, select
from eudigraph.workspace import Workspace

MAX_TEXT = 100_000
"""Characters of the longest query that is read."""
MAX_DEPTH = 64
"""Brackets within brackets that are read; the engine's parser may crash or slow down on more."""
MAX_LISTED = 30
"""Things that a message lists at most."""
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_PROLOGUE = ("PREFIX", "BASE", "VERSION")
_WORD_OR_BRACKET = re.compile(r"[()\[\]{}]|(?:!\s*)+|(?<![\w:.%-])[A-Za-z]+(?![\w:.-])")
_EXAMPLE = "one such as SELECT ?thing ?name { ?thing skos:prefLabel ?name }"
_KEYS = {"number": int, "title": str, "question": str, "grain": str, "evidence": list, "columns": dict}
_OPTIONAL_KEYS = {"parameters": dict, "notes": str, "detail": list}
_PARAMETER_KEYS = {"type", "description", "default", "required"}

Value = NamedNode | Literal


@dataclass(frozen=True)
class Parameter:
    """A parameter of a library query.

    ``type`` is the local name of a class of the ontology, ``resource``, ``property``, ``date`` or ``integer``.
    """

    name: str
    type: str
    description: str
    default: str | None = None
    required: bool = False


@dataclass(frozen=True)
class LibraryQuery:
    """A query of the library with what is said beside it. ``number`` is that of its competency question."""

    name: str
    number: int
    title: str
    question: str
    grain: str
    text: str
    columns: Mapping[str, str]
    evidence: tuple[str, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    notes: str = ""
    detail: tuple[str, ...] = ()
    """Columns that tables leave out unless asked for, so that they fit a terminal."""


def load_library(workspace: Workspace) -> dict[str, LibraryQuery]:
    """Return the queries of a workspace by name, in the order of their numbers.

    Raises DataError for a query whose companion file is missing or wrong. SPARQL is inspected when it is bound.
    """
    found = [_load(path, workspace) for path in sorted(workspace.queries_folder.glob("*.rq"))]
    return {query.name: query for query in sorted(found, key=lambda q: (q.number, q.name))}


def find(library: Mapping[str, LibraryQuery], name: str) -> LibraryQuery:
    """Return the query of that name or number; raises UsageError with suggestions."""
    if name in library:
        return library[name]
    numbered = [q for q in library.values() if str(q.number) == name]
    if len(numbered) == 1:
        return numbered[0]
    if numbered:
        raise UsageError(f"several queries have the number {name}; give a name: {', '.join(q.name for q in numbered)}")
    near = similar(name, library)
    hint = f"did you mean: {', '.join(near)}?" if near else "list them with: eudigraph queries"
    raise UsageError(f"there is no query {cut(name)!r}; {hint}")


def bind(query: LibraryQuery, values: Mapping[str, Value]) -> str:
    """Return the query's text with each parameter's ``VALUES ?name { UNDEF }`` given its term.

    Only whole terms go in, written by the RDF library in SPARQL's own syntax, which escapes what needs it: a text that
    somebody typed never reaches the query as it is. The files themselves stay valid SPARQL for any engine. Raises
    UsageError for a query that is refused.
    """
    inspect(query.text)
    text = query.text
    for name, value in values.items():
        parts = _slot(name).split(text)
        text = f"VALUES ?{name} {{ {value} }}".join(parts)
    return text


def resolve(store: Triplestore, query: LibraryQuery, given: Mapping[str, str]) -> dict[str, Value]:
    """Return the terms for the parameters that were given as text, or that have a default.

    Raises UsageError, with suggestions, for parameters that do not exist or are missing and names that are not known.
    """
    for name in given:
        if name not in query.parameters:
            near = similar(name, query.parameters, 1)
            hint = f"it takes {', '.join(query.parameters)}" if query.parameters else "it takes none"
            hint = f"did you mean {near[0]}? {hint}" if near else hint
            raise UsageError(f"{query.name} has no parameter {cut(name)!r}; {hint}")
    values: dict[str, Value] = {}
    for parameter in query.parameters.values():
        text = given.get(parameter.name, parameter.default)
        if text is not None:
            values[parameter.name] = _term(store, parameter, text.strip())
        elif parameter.required:
            example = f"{parameter.name}=…"
            raise UsageError(f"{query.name} needs {parameter.name}: {parameter.description}; give it as {example}")
    return values


def find_entity(store: Triplestore, text: str, kind: str = "resource") -> NamedNode:
    """Return the one thing of a kind that has this name, IRI or prefixed name.

    Names are compared without case and accents; a preferred name goes before an alternative one, and one that is
    written just so before all others. Raises UsageError with suggestions where there is none, and with the candidates
    where there are several.
    """
    iri = expand(text)
    with suppress(ValueError):  # what is no IRI, or no text, is the name of nothing
        exact = _exact(store, text if iri is None else NamedNode(iri), kind)
        if len(exact) == 1:
            return exact.pop()
    names = _names(store, kind)
    if iri is not None:
        if any(iri in found for found in names.values()):
            return NamedNode(iri)
        raise UsageError(f"{cut(shorten(iri))} is no {_kind_name(kind)} of the graph; {_near(store, text, names)}")
    found = names.get(fold(text), {})
    best = [iri for iri, rank in found.items() if rank == min(found.values(), default=0)]
    if len(best) == 1:
        return NamedNode(best[0])
    if best:
        raise UsageError(f"{cut(text)!r} may be {' or '.join(shorten(b) for b in sorted(best))}; give one of these")
    raise UsageError(f"there is no {_kind_name(kind)} called {cut(text)!r}; {_near(store, text, names)}")


@lru_cache(maxsize=512)
def inspect(text: str, *, choosing: bool = False) -> str:
    """Return what a query asks for: ``select``, ``ask``, ``construct`` or ``describe``.

    Raises UsageError for what is refused: SERVICE and FROM, which could reach other machines or graphs, and updates;
    and for what is no query at all, is too long or nested too deeply. FROM may stand if the caller is ``choosing`` the
    graphs itself, by what ``sparql.datasets`` finds. Whether the rest is good SPARQL is found by the engine when it
    runs it, in a process that may fail.
    """
    if len(text) > MAX_TEXT:
        raise UsageError(f"the query has {len(text):,} characters; at most {MAX_TEXT:,} are read")
    words, depth = _outermost(bare(text))
    if depth > MAX_DEPTH:
        raise UsageError("the query is nested too deeply; make it simpler")
    words = [word for word in words if word not in _PROLOGUE]
    if not words:
        raise UsageError(f"there is no query in the text; write {_EXAMPLE}")
    form = words[0]
    if form in _UPDATES:
        raise UsageError("updates are refused: the graph changes only through the files in graph/; edit them and build")
    if form not in _FORMS:
        capitals = bare(text).upper()
        line = capitals.count("\n", 0, capitals.index(form)) + 1
        raise UsageError(f"this is no SPARQL query: it begins with {cut(form)} (line:{line}); write {_EXAMPLE}")
    if "FROM" in words and not choosing:
        raise UsageError("FROM is refused: a query must not load other data; choose passages with GRAPH instead")
    behind = [word for word in words if word in _UPDATES]
    if behind:
        raise UsageError(f"this is no SPARQL query: {behind[0]} follows it; a query only asks, and stands alone")
    harmless(text)
    return form.lower()


def _outermost(text: str) -> tuple[list[str], int]:
    """Return the words outside all brackets, in capitals, of a bare query, and how deeply it is nested."""
    words = []
    depth = deepest = 0
    for part in _WORD_OR_BRACKET.findall(text):
        if part in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif part in ")]}":
            depth -= 1
        elif part.startswith("!"):
            deepest = max(deepest, depth + part.count("!"))
        elif depth == 0:
            words.append(part.upper())
    return words, deepest


def _load(path: Path, workspace: Workspace) -> LibraryQuery:
    shown = workspace.show(path)
    beside = path.with_suffix(".toml")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{shown}: cannot be read ({error}); save it in UTF-8") from error
    try:
        given = tomllib.loads(beside.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"{shown}: has no {beside.name} beside it; write one, after the pattern of the others"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{workspace.show(beside)}: {error}; correct it") from error
    kinds = {**_KEYS, **_OPTIONAL_KEYS}
    wrong = (set(_KEYS) - set(given)) | {key for key, value in given.items() if type(value) is not kinds.get(key)}
    if wrong:
        raise DataError(
            f"{workspace.show(beside)}: has missing, unknown or wrong keys: {cut(', '.join(sorted(wrong)))}; "
            "write them after the pattern of the others"
        )
    if set(map(str, given.get("detail", []))) - set(given["columns"]):
        raise DataError(f"{workspace.show(beside)}: detail names what is no column; name columns of the query")
    if not all(isinstance(said, str) for said in (*given["evidence"], *given["columns"].values())):
        raise DataError(f"{workspace.show(beside)}: evidence and columns hold texts; put them in quotation marks")
    parameters = {}
    for name, table in given.get("parameters", {}).items():
        if (
            not isinstance(table, dict)
            or set(table) - _PARAMETER_KEYS
            or not all(isinstance(table.get(key), str) for key in ("type", "description"))
        ):
            raise DataError(
                f"{workspace.show(beside)}: parameter {name} needs type and description, and knows default and required"
            )
        if not re.fullmatch(r"[A-Za-z]+", table["type"]):  # it becomes part of a query
            raise DataError(
                f"{workspace.show(beside)}: the type of parameter {name} is no name of a class; "
                "write one such as Country, or resource, property, date, integer"
            )
        if not _slot(name).search(text):
            raise DataError(f"{shown}: has no VALUES ?{name} {{ UNDEF }} for its parameter {name}")
        default = table.get("default")
        parameters[name] = Parameter(
            name,
            table["type"],
            table["description"],
            None if default is None else str(default),
            table.get("required", False),
        )
    return LibraryQuery(
        path.stem,
        given["number"],
        given["title"],
        given["question"],
        given["grain"],
        text,
        given["columns"],
        tuple(given["evidence"]),
        parameters,
        given.get("notes", ""),
        tuple(map(str, given.get("detail", []))),
    )


def _slot(name: str) -> re.Pattern[str]:
    return re.compile(rf"VALUES\s+\?{re.escape(name)}\s*\{{\s*UNDEF\s*\}}")


def _term(store: Triplestore, parameter: Parameter, text: str) -> Value:
    if parameter.type == "date":
        return Literal(dates.day(text).isoformat(), datatype=NamedNode(XSD + "date"))
    if parameter.type == "integer":
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise UsageError(f"{parameter.name} is a whole number, not {cut(text)!r}")
        return Literal(int(text))
    try:
        return find_entity(store, text, parameter.type)
    except UsageError as error:
        raise UsageError(f"{parameter.name}: {error}") from error


def _exact(store: Triplestore, what: str | NamedNode, kind: str) -> set[NamedNode]:
    """Return the things of a kind with this preferred name, or the thing itself if it has one, by a few look-ups.

    To look through all names, as ``_names`` does, takes seconds where there are many.
    """
    preferred = [NamedNode(SKOS + "prefLabel"), NamedNode(EUD + "title")]
    spelt = [None] if isinstance(what, NamedNode) else [Literal(what, language="en"), Literal(what)]
    thing = what if isinstance(what, NamedNode) else None
    found = set()
    for name, prop in product(spelt, preferred):
        for quad in store.quads_for_pattern(thing, prop, name, DefaultGraph()):
            it = quad.subject
            if isinstance(it, NamedNode) and (
                kind == "resource" or Quad(it, RDF_TYPE, NamedNode(EUD + kind), DefaultGraph()) in store
            ):
                found.add(it)
    return found


def _names(store: Triplestore, kind: str) -> dict[str, dict[str, int]]:
    """Return, for each name (folded), the things that have it, with 0 for a preferred and 1 for an alternative name."""
    if kind == "property":
        where = f"""VALUES ?kind {{ <{OWL}ObjectProperty> <{OWL}DatatypeProperty> }} ?x a ?kind
            OPTIONAL {{ ?x <{RDFS}label> ?name }} BIND(0 AS ?rank)"""
    else:
        typed = "" if kind == "resource" else f"?x a <{EUD}{kind}> ."
        where = f"""{typed} {{ ?x <{SKOS}prefLabel> ?name BIND(0 AS ?rank) }} UNION
            {{ ?x <{SKOS}altLabel> ?name BIND(1 AS ?rank) }} UNION {{ ?x <{EUD}title> ?name BIND(0 AS ?rank) }}"""
    names: dict[str, dict[str, int]] = defaultdict(dict)
    for row in select(store, f"SELECT ?x ?name ?rank {{ {where} FILTER(isIRI(?x)) }}"):
        thing, rank = row["x"].value, int(row["rank"].value)
        held = names[fold(row["name"].value if row["name"] else shorten(thing))]
        held[thing] = min(rank, held.get(thing, rank))
        if kind == "property":
            names[fold(thing.removeprefix(EUD))].setdefault(thing, 0)
    return names


def _near(store: Triplestore, text: str, names: Mapping[str, Mapping[str, int]]) -> str:
    """Return what a reader may have meant, by the names things go by; all that there is where that is little."""
    near = [min(names[name]) for name in similar(text, names)]
    things = {thing for held in names.values() for thing in held}
    if not near and len(things) > MAX_LISTED:
        return "see what there is with: eudigraph query --file - and " + _EXAMPLE
    found = labels(store, near or things)
    if near:
        return f"did you mean {' or '.join(dict.fromkeys(found[thing] for thing in near))}?"
    return f"there are: {', '.join(sorted(found.values()))}" if found else "there is none"


def _kind_name(kind: str) -> str:
    return {"resource": "thing"}.get(kind, re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower())
