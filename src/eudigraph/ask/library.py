"""The query library: SPARQL files and what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from eudigraph.ask import pair
from eudigraph.model import text
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import shorten
from eudigraph.model.text import cut, similar
from eudigraph.model.workspace import Workspace

_KEYS = {"number": int, "title": str, "question": str, "grain": str, "evidence": list, "columns": dict}
_OPTIONAL_KEYS = {"parameters": dict, "notes": str, "detail": list}
_PARAMETER_KEYS = {"type", "description", "default", "required", "choices"}

NEWEST = "newest"
"""Stands for the day by which all of the graph is known."""

Value = NamedNode | Literal


@dataclass(frozen=True)
class Parameter:
    """A parameter of a library query.

    ``type`` is the local name of a class of the ontology, ``resource``, ``property``, ``date``, ``integer``, or
    ``text``, which is one of ``choices``. The default of a date may be ``newest``, the day by which all of the graph is
    known, or the name of a parameter that stands before it.
    """

    name: str
    type: str
    description: str
    default: str | None = None
    required: bool = False
    choices: tuple[str, ...] = ()


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
    """Columns that tables omit unless asked for, so that they fit a terminal."""


def load_library(workspace: Workspace) -> dict[str, LibraryQuery]:
    """Return the queries of a workspace by name, in the order of their numbers.

    Raises DataError for a query whose companion file is missing or wrong. SPARQL is inspected when it is bound.
    """
    found = [_load(path, workspace) for path in sorted(workspace.queries_folder.glob("*.rq"))]
    return {query.name: query for query in sorted(found, key=lambda q: (q.number, q.name))}


def open_query(workspace: Workspace, name: str) -> LibraryQuery:
    """Return the query of that name or number, of which alone the files are read if it is a name.

    Raises UsageError with suggestions, and DataError as ``load_library`` does.
    """
    path = workspace.queries_folder / f"{name}.rq"
    if re.fullmatch(r"[a-z0-9-]+", name) and path.is_file():
        return _load(path, workspace)
    return find(load_library(workspace), name)


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

    In place of UNDEF there may be a day or a name, for those who take the file as it is.

    Only whole terms go in, written by the RDF library in SPARQL's own syntax, which escapes what needs it: a text that
    somebody typed never reaches the query as it is. The files themselves stay valid SPARQL for any engine.
    """
    text = query.text
    for name, value in values.items():
        parts = _slot(name).split(text)
        text = f"VALUES ?{name} {{ {value} }}".join(parts)
    return text


def _load(path: Path, workspace: Workspace) -> LibraryQuery:
    found = pair.read(path, workspace, _KEYS, _OPTIONAL_KEYS)
    given = found.given
    detail = tuple(map(str, given.get("detail", [])))
    if set(detail) - set(given["columns"]):
        raise found.wrong("detail", "detail names columns that the query does not have; correct it, or add the columns")
    for key in ("evidence", "columns"):
        said = given[key].values() if isinstance(given[key], dict) else given[key]
        if not all(isinstance(value, str) for value in said):
            raise found.wrong(key, f"{key} holds texts; put them in quotation marks")
    parameters = {name: _parameter(found, name, said) for name, said in given.get("parameters", {}).items()}
    return LibraryQuery(
        name=found.name,
        number=given["number"],
        title=given["title"],
        question=given["question"],
        grain=given["grain"],
        text=found.text,
        columns=given["columns"],
        evidence=tuple(given["evidence"]),
        parameters=parameters,
        notes=given.get("notes", ""),
        detail=detail,
    )


def _parameter(found: pair.Pair, name: str, said: object) -> Parameter:
    """Return a parameter from what stands beside its query."""
    key = f"parameters.{name}"
    if (
        not isinstance(said, dict)
        or set(said) - _PARAMETER_KEYS
        or not all(isinstance(said.get(needed), str) for needed in ("type", "description"))
    ):
        raise found.wrong(key, f"parameter {name} needs type and description, and knows default, required and choices")
    if not re.fullmatch(r"[A-Za-z]+", said["type"]):  # it becomes part of a query
        raise found.wrong(
            key,
            f"the type of parameter {name} is not the name of a class; write one such as Country, or resource, "
            "property, date, integer, text",
        )
    if not _slot(name).search(found.text):
        raise DataError(f"{found.query}: has no VALUES ?{name} {{ UNDEF }} for its parameter {name}; write it there")
    default = said.get("default")
    default = None if default is None else str(default)
    choices = tuple(map(str, said.get("choices", ())))
    return Parameter(name, said["type"], said["description"], default, said.get("required", False), choices)


def _slot(name: str) -> re.Pattern[str]:
    return re.compile(rf'VALUES\s+\?{re.escape(name)}\s*\{{\s*(?:UNDEF|"[-0-9]+"\^\^xsd:date|\w+:[\w-]+)\s*\}}')


def describe_query(query: LibraryQuery) -> str:
    """Return all that is said of a query of the library, for people."""
    lines = [f"{query.name}: {query.title}", "", query.question, f"Gives {query.grain}."]
    if query.parameters:
        lines += ["", "Parameters"]
    for p in query.parameters.values():
        extra = "needed" if p.required else f"by default {_default(p.default)}" if p.default else "may be omitted"
        lines.append(f"  {p.name} ({p.type}; {extra}): {p.description}")
    marked = " (in tables with --all-columns)"
    columns = [f"  {name}: {what}{marked if name in query.detail else ''}" for name, what in query.columns.items()]
    lines += ["", "Columns", *columns]
    if query.notes:
        lines += ["", *query.notes.strip().splitlines()]
    return text.clean_lines(text.folded(lines, text.WIDTH))


def _default(text: str) -> str:
    if text == NEWEST:
        return "the day by which all of the graph is known"
    return shorten(text) if text.startswith("http") else text
