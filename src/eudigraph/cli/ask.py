"""Commands that ask: queries, query, explain."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from eudigraph.cli.options import lang_option, store_option, text_option, workspace_option
from eudigraph.cli.shared import err, open_or_build, terminal_width, write
from eudigraph.model.errors import UsageError
from eudigraph.model.names import GRAPH_FORMATS, ROW_FORMATS
from eudigraph.model.text import cut
from eudigraph.model.workspace import open_workspace

_MAX_FILE = 64 * 10**6
"""Bytes of the largest file that is read for a query; how long the query itself may be is less."""

_SPARQL_GIVEN = "SPARQL of your own comes in a file, or from standard input: eudigraph query --file -"


@click.command()
@workspace_option
@click.argument("name", required=False)
def queries(folder: Path | None, name: str | None) -> None:
    """List the questions that have a query, or say all about the query NAME."""
    from eudigraph.ask.library import describe_query, load_library, open_query
    from eudigraph.show import tables

    workspace = open_workspace(folder)
    if name is None:
        library = load_library(workspace)
        rows = [[str(q.number), q.name, q.question, " ".join(q.parameters)] for q in library.values()]
        click.echo(tables.table(["no", "name", "question", "parameters"], rows, width=terminal_width()), nl=False)
    else:
        click.echo(describe_query(open_query(workspace, name)), nl=False)


@click.command()
@workspace_option
@store_option
@click.argument("name", required=False)
@click.argument("parameters", nargs=-1, metavar="[PARAMETER=VALUE]...")
@click.option("--file", "file", metavar="FILE", help="SPARQL of your own; - for standard input.")
@click.option(
    "--format",
    "form",
    type=click.Choice((*ROW_FORMATS, *GRAPH_FORMATS)),
    help="By default a table on a terminal, CSV in a pipe.",
)
@click.option("--ids", is_flag=True, help="Show identifiers instead of names, in tables and CSV.")
@click.option(
    "--all-columns", is_flag=True, help="Show all columns in tables, also those that CSV alone has by default."
)
@click.option("--evidence", is_flag=True, help="Show the passages that say so.")
@text_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="End the query after this.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="ROWS", help="Show at most so many rows.")
@lang_option
def query(
    folder: Path | None,
    built: str | None,
    name: str | None,
    parameters: tuple[str, ...],
    file: str | None,
    form: str | None,
    ids: bool,
    all_columns: bool,
    evidence: bool,
    texts: tuple[Path, ...],
    timeout: float,
    limit: int | None,
) -> None:
    """Ask the query NAME of the library, such as: query topics country=Japan. Or ask SPARQL of your own with --file."""
    from eudigraph.ask import answers, hints  # not before a command runs: help and completion do without
    from eudigraph.ask.library import open_query

    if (name is None) == (file is None):
        raise UsageError("give the name of a query (see: eudigraph queries) or --file with SPARQL of your own")
    if "{" in (name or ""):
        raise UsageError(_SPARQL_GIVEN)
    workspace = open_workspace(folder)
    graph = open_or_build(workspace, built, timeout)
    form = form or ("table" if sys.stdout.isatty() else "csv")
    notes: list[str] = []
    asked = answers.Asking(limit=limit, timeout=timeout, evidence=evidence or bool(texts), texts=texts)
    if file is not None:
        if parameters:
            raise UsageError("parameters are for queries of the library; in your own, write VALUES ?name { … }")
        own = _read(file)
        answer = answers.ask_text(graph, own, asked)
        notes = hints.remarks(graph, own, answer)
    else:
        asked_for = open_query(workspace, name or "")
        answer = answers.ask(graph, asked_for, _pairs(parameters), asked)
        if form == "table" and not all_columns:
            answer = answers.without(answer, asked_for.detail)
    made = answers.render(graph, answer, form, ids=ids, width=terminal_width())
    write(made, for_programs=form != "table" or answer.triples is not None)
    for note in answer.notes:
        err(f"Note: {note}")
    if answer.empty:
        err("No rows: nothing in the graph fits all that is asked.")
    for note in notes:
        err(note)
    if answer.cut:
        err(f"Only the first {f'{limit:,} are' if limit != 1 else 'is'} shown (--limit).")


@click.command()
@workspace_option
@store_option
@click.argument("subject")
@click.argument("property_", metavar="PROPERTY")
@click.argument("object_", metavar="OBJECT")
@text_option
@lang_option
def explain(
    folder: Path | None, built: str | None, subject: str, property_: str, object_: str, texts: tuple[Path, ...]
) -> None:
    """Show what a statement follows from, down to passages: explain Japan "cooperates on" 6G."""
    from eudigraph.ask.explain import explain as explanation

    graph = open_or_build(open_workspace(folder), built)
    made, notes = explanation(graph, subject, property_, object_, texts, width=terminal_width())
    click.echo(made, nl=False)
    for note in notes:
        err(f"Note: {note}")


def _pairs(parameters: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not equals or not key:
            hint = "write it as name=value, such as country=Japan, and names of several words in quotation marks"
            raise UsageError(f"{cut(text)!r} is no parameter; {hint}")
        if not value:
            raise UsageError(f"{cut(key)} is given nothing; write its value right after the sign, or omit {cut(key)}=")
        if key in pairs:
            raise UsageError(f"{cut(key)} is given twice; give it once")
        pairs[key] = value
    return pairs


def _read(file: str) -> str:
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
            data = stream.read(_MAX_FILE + 1)  # it may be a device without an end
        if len(data) > _MAX_FILE:
            raise UsageError(f"{file} has more than {_MAX_FILE // 10**6} MB; give a file with one query")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            _SPARQL_GIVEN if "{" in file else f"{file} cannot be read: {error.strerror or error}"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text; save it in UTF-8") from error
