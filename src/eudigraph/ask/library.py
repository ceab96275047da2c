"""The query library: SPARQL files and what stands beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from eudigraph.engine.safety import inspect
from eudigraph.model import text
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import shorten
from eudigraph.model.text import cut, similar
from eudigraph.model.workspace import Workspace
from eudigraph.show import tables

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


def describe_query(query: LibraryQuery) -> str:
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
    return text.clean_lines(text.folded(lines, tables.WIDTH))


def _default(text: str) -> str:
    return shorten(text) if text.startswith("http") else text
