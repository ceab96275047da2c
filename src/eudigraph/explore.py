"""One page with the library's answers, each row with its evidence: no script, no request, opens offline."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pyoxigraph import NamedNode

from eudigraph import answers, engine, labels, queries, store
from eudigraph import texts as texts_
from eudigraph.errors import StoreError
from eudigraph.output import cells, clean

MAX_ROWS = 500
"""Rows of an answer that the page shows; it says so where there are more."""


@dataclass(frozen=True)
class Section:
    """A question on the page, with its parameters as shown, its answer, and the passages behind each row."""

    query: queries.LibraryQuery
    parameters: list[str]
    columns: list[str]
    rows: list[tuple[list[str], list[Any]]]
    cut: bool


def write_page(
    graph: store.Built, library: Mapping[str, queries.LibraryQuery], out: Path | None = None, texts: Sequence[Path] = ()
) -> Path:
    """Write the page to ``out``, or beside the store, and return where it is. Raises StoreError where that fails."""
    path = out or graph.folder / "explore.html"
    page = render(graph, library, texts_.read(graph.store, texts))
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        aside.write_text(page, "utf-8")
        aside.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}; choose another with --out") from error
    finally:
        aside.unlink(missing_ok=True)
    return path


def render(graph: store.Built, library: Mapping[str, queries.LibraryQuery], texts: Mapping[str, str]) -> str:
    """Return the page as HTML. Every text is escaped, and a Content-Security-Policy forbids all but its own style."""
    sections = [
        _section(graph, query, texts)
        for query in library.values()
        if not any(p.required and p.default is None for p in query.parameters.values())
    ]
    environment = Environment(
        loader=PackageLoader("eudigraph"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = environment.get_template("explore.css").render().strip()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("explore.html").render(
        sections=sections,
        needing=[q for q in library.values() if q.name not in {s.query.name for s in sections}],
        counts=graph.manifest.counts,
        style=style,
        digest=digest,
    )


def _section(graph: store.Built, query: queries.LibraryQuery, texts: Mapping[str, str]) -> Section:
    values = queries.resolve(graph.store, query, {})
    answered = engine.answer(graph.store, queries.bind(query, values), limit=MAX_ROWS)
    given = answers.attach(graph.store, query, values, answered, texts)
    iris = {t.value for row in answered.rows for t in row if isinstance(t, NamedNode)}
    iris |= {v.value for v in values.values() if isinstance(v, NamedNode)} | {
        i for p in given.passages for i in (p.speaker, p.certainty)
    }
    names = labels.labels(graph.store, iris)
    rows = []
    for row, behind in zip(answered.rows, given.behind or [], strict=True):
        passages = [
            (given.passages[i], names[given.passages[i].speaker], names[given.passages[i].certainty]) for i in behind
        ]
        rows.append(([clean(cell) for cell in cells(row, names)], passages))
    parameters = [f"{name} = {labels.show(value, names)}" for name, value in values.items()]
    return Section(query, parameters, [c.replace("_", " ") for c in answered.variables], rows, answered.cut)
