"""What measures find, and how it is read: as a terminal's text, Markdown, CSV, JSON, a page with pictures, a table."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from eudigraph.model import files
from eudigraph.model.errors import UsageError
from eudigraph.model.stages import DONE, DROPPED, MENTIONED
from eudigraph.model.text import WIDTH, clean, clean_lines, folded, for_spreadsheet, one_line
from eudigraph.network import plots, registry
from eudigraph.network.definitions import Choice
from eudigraph.network.registry import Measure, Row
from eudigraph.show import html, tables
from eudigraph.show.frames import table_of

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = {".html": "html", ".md": "md", ".json": "json", ".csv": "csv", ".txt": "text"}
"""Formats of a report by the endings of files."""
MOST = 10
"""Rows of a table for people; the other formats have all."""


@dataclass(repr=False)
class Finding:
    """What a measure gives for a network.

    Rows have, besides the measure's own columns, its value with what has come as far as other stages, in a column of
    their name (``mentioned``, ``planned``, ``agreed``; None for what is not in that network).
    """

    measure: Measure
    rows: list[Row]
    labels: dict[Any, str]
    headline: str
    of: Analysis
    reliance: list[str] = field(default_factory=list)
    """How far the result rests on ties that have not come as far as a stage, a sentence each."""
    others: list[str] = field(default_factory=list)
    """The columns that hold the value at other stages."""

    @property
    def columns(self) -> list[str]:
        """The columns of the rows, in their order; as they are without rows."""
        ends = ["first", "second"] if self.rows and "first" in self.rows[0] else ["node"]
        named = [*ends, *(["kind"] if self.rows and "kind" in self.rows[0] else [])]
        named += [self.measure.value, *self.others, *(name for name, _ in self.measure.columns)]
        return [*named, *(name for row in self.rows[:1] for name in row if name not in named)]

    def label(self, node: Any) -> str:
        """Return what a node is called, for people: without what would steer their terminal or page."""
        return clean(self.labels.get(node, str(node)))

    @property
    def meaning(self) -> str:
        """What the measure means, in a sentence, and where it is from."""
        return f"{self.measure.meaning} {self.measure.source}"

    @property
    def cautions(self) -> list[str]:
        """What to bear in mind with a network of this size and shape, a sentence each."""
        return self.of.cautions

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a table: nodes by their names, their IRIs in columns of the same name and ``_iri``."""
        ends = [column for column in ("node", "first", "second") if column in self.columns]
        columns: dict[str, list[Any]] = {}
        for column in self.columns:
            values = [row.get(column) for row in self.rows]
            columns[column] = [self.label(value) for value in values] if column in ends else values
        return table_of(columns | {f"{end}_iri": [row.get(end) for row in self.rows] for end in ends})

    def plot(self) -> plots.Plot:
        """Return the picture; it shows itself in a notebook, and can be saved."""
        return picture(self)

    def __repr__(self) -> str:
        return f"<Finding {self.measure.name}: {len(self.rows):,} rows>"

    def __str__(self) -> str:
        """Return the report of this finding alone."""
        return render(replace(self.of, findings=[self]))

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Show the report as the last thing in a notebook's cell, or at IPython's prompt."""
        printer.text(str(self))


@dataclass(repr=False)
class Analysis:
    """The findings on one network, with what to bear in mind of its size and shape."""

    title: str
    network: nx.Graph
    choice: Choice | None
    findings: list[Finding]
    cautions: list[str]

    @property
    def question(self) -> str:
        """What the network is to answer, if anything."""
        return str(self.network.graph.get("question") or "")

    @property
    def tie(self) -> str:
        """What a tie of the network is, in a sentence, if that is known."""
        return str(self.network.graph.get("tie") or "")

    @property
    def known_by(self) -> str:
        """The day by which all that counts is known, if that is known itself."""
        return str(self.network.graph.get("known_by") or "")

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of the measure of that name; raises UsageError for one that was not asked for."""
        wanted = registry.find(name)
        for finding in self.findings:
            if finding.measure.name == wanted.name:
                return finding
        raise UsageError(f"{name} is not among what was measured; ask for it")

    def __repr__(self) -> str:
        return f"<Analysis of {one_line(self.title)}: {len(self.findings)} findings>"

    def __str__(self) -> str:
        """Return the report."""
        return render(self)

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Show the report at IPython's prompt; a notebook's cell shows the page."""
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return html.frame(page(self))

    def write(self, path: str | Path) -> Path:
        """Write the report to a file whose ending says its format: .html, .md, .json, .csv, .txt."""
        place = files.path_of(path)
        if place.suffix not in ENDINGS:
            raise UsageError(f"{place.name} ends in none of {', '.join(ENDINGS)}; name it so")
        return files.write_aside(place, render(self, ENDINGS[place.suffix]))


def render(analysis: Analysis, form: str = "text", *, width: int = WIDTH, every: bool = False) -> str:
    """Return an analysis in a format of ``names.REPORT_FORMATS``.

    Those for people show the first rows, or ``every`` row.

    CSV has the rows of one measure. Raises UsageError for more than one, and for a page where matplotlib is missing.
    """
    if form == "json":
        return _json(analysis)
    if form == "csv":
        return _csv(analysis)
    if form == "html":
        return page(analysis)
    return _markdown(analysis, every) if form == "md" else _text(analysis, width, every)


def page(analysis: Analysis) -> str:
    """Return the analysis as an HTML document with pictures, which works offline and runs no script."""
    sections = [
        {
            "finding": finding,
            "heads": [head for head, _ in _heads(finding)],
            "explained": [(head, why) for head, why in _heads(finding) if why],
            "rows": _rows(finding, len(finding.rows)),
            "picture": picture(finding),
        }
        for finding in analysis.findings
    ]
    network = plots.network(analysis.network, f"{analysis.title}: {_size(analysis)}")
    return html.document(
        "network",
        "report.html",
        title=clean(analysis.title),
        question=clean(analysis.question),
        tie=clean(analysis.tie),
        scope=scope(analysis),
        cautions=[clean(caution) for caution in analysis.cautions],
        network=network,
        sections=sections,
    )


def picture(finding: Finding) -> plots.Plot:
    """Return the picture of a finding, with what it comes to as its title."""
    measure, rows = finding.measure, finding.rows
    if measure.groups:
        return plots.network(finding.of.network, finding.headline, {row["node"]: row[measure.value] for row in rows})
    if rows and "first" in rows[0]:
        names = sorted({finding.label(row[end]) for row in rows for end in ("first", "second")})
        pairs = {(finding.label(row["first"]), finding.label(row["second"])): row for row in rows}
        if len(names) <= plots.MOST:
            values = {pair: row[measure.value] for pair, row in pairs.items()}
            beyond = {pair for pair, row in pairs.items() if row.get("p_adjusted") is not None}
            marked = {pair for pair in beyond if pairs[pair]["p_adjusted"] < 0.05}
            return plots.matrix(finding.headline, names, values, marked=marked)
    shown = _first(finding, plots.MOST if len({row.get("kind") for row in rows}) < 2 else plots.MOST // 2)
    named = [(_name(finding, row), float(row[measure.compared])) for row in shown]
    others = {stage: [row[stage] for row in shown] for stage in finding.others}
    base = (finding.of.choice.stage if finding.of.choice else None) or ""
    axis = measure.compared.replace("_", " ")
    return plots.dots(finding.headline, named, axis=axis, others=others, base=base)


def scope(analysis: Analysis) -> str:
    """Return in a sentence what counted."""
    choice = analysis.choice
    if choice is None:
        return f"{_size(analysis)}."
    parts = [
        words(choice.stage or MENTIONED),
        "what follows from claims counts" if choice.inferred else "only what passages say",
    ]
    if choice.level is not None:
        parts.append(f"topics rolled up to level {choice.level}")
    return f"{_size(analysis)}, {'; '.join(parts)}; known by {analysis.known_by}."


def words(stage: str) -> str:
    """Return in words what counts if a tie must have come at least as far as a stage."""
    if stage == DROPPED:
        return "with all, what was dropped as well"
    if stage == MENTIONED:
        return "with all but what was dropped"
    return f"with only what is {stage.replace('-', ' ')}{'' if stage == DONE else ' or further'}"


def _size(analysis: Analysis) -> str:
    nodes, ties = len(analysis.network), analysis.network.number_of_edges()
    return f"{nodes:,} node{'' if nodes == 1 else 's'} and {ties:,} tie{'' if ties == 1 else 's'}"


def _text(analysis: Analysis, width: int, every: bool) -> str:
    lines = [line for line in (analysis.title, analysis.question, scope(analysis), analysis.tie) if line]
    lines += [f"Mind: {caution}" for caution in analysis.cautions]
    for finding in analysis.findings:
        measure = finding.measure
        lines += ["", measure.title.upper(), measure.meaning, finding.headline, *finding.reliance, ""]
        heads, rows = [head for head, _ in _heads(finding)], _rows(finding, len(finding.rows) if every else MOST)
        if rows:
            lines += tables.table(heads, rows, width=width).rstrip("\n").split("\n")
        lines += [_left_out(finding, every)] if _left_out(finding, every) else []
        lines.append(f"Source: {measure.source}")
    return clean_lines(folded(lines, width))


def _markdown(analysis: Analysis, every: bool) -> str:
    lines = [f"# {_escaped(analysis.title)}", ""]
    for line in (_escaped(analysis.question), f"{scope(analysis)} {_escaped(analysis.tie)}".rstrip()):
        lines += [line, ""] if line else []
    lines += [f"- {_escaped(caution)}" for caution in analysis.cautions]
    for finding in analysis.findings:
        measure = finding.measure
        heads, rows = [head for head, _ in _heads(finding)], _rows(finding, len(finding.rows) if every else MOST)
        lines += ["", f"## {measure.title}", "", measure.meaning, "", f"**{_escaped(finding.headline)}**", ""]
        lines += [f"- {_escaped(sentence)}" for sentence in finding.reliance]
        if rows:
            lines += ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
            lines += [f"| {' | '.join(map(_escaped, row))} |" for row in rows]
        lines += ["", _left_out(finding, every)] if _left_out(finding, every) else []
        lines += ["", *(f"- *{head}*: {why}" for head, why in _heads(finding) if why), "", f"Source: {measure.source}"]
    return clean_lines(lines)


def _csv(analysis: Analysis) -> str:
    if len(analysis.findings) != 1:
        names = ", ".join(finding.measure.name for finding in analysis.findings)
        raise UsageError(f"CSV has the rows of one measure; name one of {names}")
    finding = analysis.findings[0]
    ends = [name for name in ("node", "first", "second") if name in finding.columns]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*ends, *(f"{end}_iri" for end in ends), *(c for c in finding.columns if c not in ends)])
    for row in finding.rows:
        named = [for_spreadsheet(finding.label(row[end])) for end in ends]
        values = [row[column] for column in finding.columns if column not in ends]
        writer.writerow([*named, *(row[end] for end in ends), *("" if v is None else v for v in values)])
    return buffer.getvalue()


def _json(analysis: Analysis) -> str:
    choice = analysis.choice
    made: dict[str, Any] = {
        "network": analysis.network.graph.get("name"),
        "title": analysis.title,
        "question": analysis.question,
        "tie": analysis.tie,
        "nodes": len(analysis.network),
        "edges": analysis.network.number_of_edges(),
        "stage": choice.stage if choice else None,
        "inferred": choice.inferred if choice else None,
        "known_by": analysis.known_by or None,
        "level": choice.level if choice else None,
        "cautions": analysis.cautions,
        "findings": [
            {
                "measure": finding.measure.name,
                "title": finding.measure.title,
                "meaning": finding.measure.meaning,
                "source": finding.measure.source,
                "headline": finding.headline,
                "reliance": finding.reliance,
                "columns": dict(finding.measure.columns),
                "rows": finding.rows,
            }
            for finding in analysis.findings
        ],
        "labels": {node: finding.labels[node] for finding in analysis.findings[:1] for node in sorted(finding.labels)},
    }
    return json.dumps(_finite(made), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """Return what is written as JSON with the texts NaN, INF and -INF for numbers that JSON has not."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    return value


def _heads(finding: Finding) -> list[tuple[str, str]]:
    """Return the columns of a finding's table and what they mean."""
    measure = finding.measure
    if measure.groups:
        return [
            (measure.value, ""),
            ("size", ""),
            ("stability", dict(measure.columns).get("stability", "")),
            ("members", ""),
        ]
    explained = dict(measure.columns) | {
        stage: f"{measure.compared.replace('_', ' ')} {words(stage)}" for stage in finding.others
    }
    shown = [column for column in finding.columns if column not in measure.detail]
    return [(column.replace("_", " "), explained.get(column, "")) for column in shown]


def _rows(finding: Finding, most: int) -> list[list[str]]:
    """Return the cells of a finding's table, for people; groups with their members in a row."""
    measure = finding.measure
    if measure.groups:
        groups: dict[Any, list[dict[str, Any]]] = {}
        for row in finding.rows:
            groups.setdefault(row[measure.value], []).append(row)
        return [
            [
                str(number),
                str(len(rows)),
                _cell(min(row["stability"] for row in rows)) if "stability" in rows[0] else "",
                ", ".join(sorted(finding.label(row["node"]) for row in rows)),
            ]
            for number, rows in list(groups.items())[:most]
        ]
    columns = [column for column in finding.columns if column not in measure.detail]
    ends = ("node", "first", "second")
    rows = _first(finding, most)
    return [[finding.label(row[c]) if c in ends else _cell(row[c]) for c in columns] for row in rows]


def _first(finding: Finding, most: int) -> list[dict[str, Any]]:
    """Return the first rows of each kind."""
    kinds = dict.fromkeys(row.get("kind") for row in finding.rows)
    return [row for kind in kinds for row in [r for r in finding.rows if r.get("kind") == kind][:most]]


def _left_out(finding: Finding, every: bool) -> str:
    left = 0 if every or finding.measure.groups else len(finding.rows) - len(_first(finding, MOST))
    return f"{left} more rows (--every)." if left > 0 else ""


def _name(finding: Finding, row: dict[str, Any]) -> str:
    if "node" in row:
        return finding.label(row["node"])
    return f"{finding.label(row['first'])} – {finding.label(row['second'])}"


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _escaped(text: str) -> str:
    """Return a text in which nothing is taken for Markdown or HTML."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in clean(text).replace("\n", " "))
