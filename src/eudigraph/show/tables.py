"""An answer as text, by the name of a format: a table for a terminal, CSV for a spreadsheet, or one for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from pyoxigraph import Literal

from eudigraph.engine.answer import Answer
from eudigraph.model.errors import UsageError
from eudigraph.model.labels import show
from eudigraph.model.names import GRAPH_FORMATS, ROW_FORMATS, XSD
from eudigraph.model.text import WIDTH, clean
from eudigraph.show import formats

_WORD = 24
"""Characters of the longest word that is not broken for a table's sake."""


def write(answer: Answer, form: str, names: dict[str, str], *, ids: bool = False, width: int | None = None) -> str:
    """Return an answer as text.

    ``table`` and ``csv`` show names (short IRIs with ``ids``); the others are the W3C's formats and have the IRIs.
    Raises UsageError for a format that does not fit the kind of answer.
    """
    if answer.triples is not None:
        form = "turtle" if form in ("table", "csv") else form
        if form not in GRAPH_FORMATS:
            raise UsageError(f"{form} is for rows; for a graph choose {', '.join(GRAPH_FORMATS)}")
        return _as_programs_read(answer, GRAPH_FORMATS[form])
    if form in GRAPH_FORMATS:
        raise UsageError(f"{form} is for graphs (CONSTRUCT, DESCRIBE); for rows choose {', '.join(ROW_FORMATS)}")
    if answer.truth is not None:
        return _truth(answer, form)
    if form == "table":
        return table(answer.variables, [cells(row, names, ids=ids) for row in answer.rows], width=width)
    if form == "csv":
        return _csv(answer, names, ids)
    return _as_programs_read(answer, formats.SHORT[form])


def cells(row: Sequence[object], names: Mapping[str, str], *, ids: bool = False) -> list[str]:
    """Return a row's terms as people read them."""
    texts = [show(term, names, ids=ids) for term in row]
    words = {"true": "yes", "false": "no"}
    return [
        words.get(text, text) if isinstance(term, Literal) and term.datatype.value == XSD + "boolean" else text
        for term, text in zip(row, texts, strict=True)
    ]


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None, notes: Sequence[str] = ()
) -> str:
    """Return a table for a terminal, or where its words would not fit, a line for each value and a gap between rows.

    Whatever could steer the terminal is taken out of the texts.
    """
    from rich import box  # which rows for programs do without
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    width = width or WIDTH
    widths, fits = _widths(columns, rows, width)
    heads = [column.replace("_", " ") for column in columns]
    if fits or not rows:
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for head, room in zip(heads, widths, strict=True):
            made.add_column(head, overflow="fold", width=room)
        for row in rows:
            made.add_row(*(Text(clean(cell)) for cell in row))
    else:
        made = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
        for number, row in enumerate(rows):
            if number:
                made.add_row()
            for head, cell in zip(heads, row, strict=True):
                if cell:
                    made.add_row(Text(clean(head)), Text(clean(cell)))
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    console.print(made)
    for note in notes:
        console.print(Text(clean(note)), soft_wrap=False)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> tuple[list[int], bool]:
    """Return the width of each column, and whether the words fit into these.

    A column is as wide as its longest word if that fits, and wider where needed. A word may be broken if it is as long
    as an IRI.
    """
    texts = [[column.replace("_", " "), *(row[index] for row in rows)] for index, column in enumerate(columns)]
    whole = [max(map(len, column), default=1) for column in texts]
    word = [max((len(w) for text in column for w in text.split()), default=1) for column in texts]
    room = width - 3 * len(columns)
    most = next((most for most in range(max(word, default=1), 0, -1) if sum(min(most, n) for n in word) <= room), 1)
    widths = [min(most, n) for n in word]
    for _ in range(room - sum(widths)):
        tightest = max(range(len(widths)), key=lambda i: whole[i] / widths[i], default=None)
        if tightest is None or whole[tightest] <= widths[tightest]:
            break
        widths[tightest] += 1
    return widths, most >= min(_WORD, max(word, default=1))


def _csv(answer: Answer, names: dict[str, str], ids: bool) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(answer.variables)
    writer.writerows([formats.harmless(show(term, names, ids=ids), term) for term in row] for row in answer.rows)
    return buffer.getvalue()


def _truth(answer: Answer, form: str) -> str:
    if form in ("json", "xml"):
        return _as_programs_read(answer, formats.SHORT[form])
    words = ("yes", "no") if form == "table" else ("true", "false")
    return words[not answer.truth] + "\n"


def _as_programs_read(answer: Answer, media: str) -> str:
    """Return an answer in a W3C format, with a line end at its end."""
    text = formats.write(answer, media).decode()
    return text if text.endswith("\n") else text + "\n"
