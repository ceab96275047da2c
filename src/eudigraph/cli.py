"""The command line: each command reads its options, calls the library once, and prints.

Exit status: 0 done, 1 problems in the data (or a query that ran out of time), 2 wrong use.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import webbrowser
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

import click

from eudigraph import answers, dates, engine, output, queries, remarks, store
from eudigraph import build as building
from eudigraph import texts as texts_
from eudigraph.errors import DataError, EudigraphError, UsageError
from eudigraph.names import CLAIMS, cut
from eudigraph.version import VERSION, installing
from eudigraph.workspace import Workspace, copy_workspace, current_folder, open_workspace

if TYPE_CHECKING:
    from eudigraph import projections

_MAX_FILE = 64 * 10**6
"""Bytes of the largest file that is read for a query; how long the query itself may be is less."""

_SPARQL_GIVEN = "SPARQL of your own comes in a file, or from standard input: eudigraph query --file -"

F = TypeVar("F", bound=Callable[..., Any])


def _workspace_option(command: F) -> F:
    return click.option(
        "--workspace",
        "folder",
        type=click.Path(path_type=Path),
        metavar="DIR",
        envvar="EUDIGRAPH_WORKSPACE",
        show_envvar=True,
        default=current_folder,
        help="Folder with ontology/, graph/ and queries/. By default the current one if it has these, else what came "
        "with eudigraph.",
    )(command)


def _store_option(command: F) -> F:
    return click.option(
        "--store",
        "built",
        metavar="DIR|URL",
        help="Folder of a build, or address of a SPARQL endpoint that was filled with: eudigraph load. "
        "By default the workspace's own, which is built if it is not there yet.",
    )(command)


def _build_option(command: F) -> F:
    return click.option(
        "--store",
        "built",
        metavar="DIR",
        help="Folder of a build. By default the workspace's own, which is built if it is not there yet.",
    )(command)


def _text_option(command: F) -> F:
    return click.option(
        "--text",
        "texts",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="The text of a source, which you must have yourself; its passages are then shown.",
    )(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="eudigraph")
def cli() -> None:
    """The knowledge graph of the EU's digital diplomacy: every statement leads to the passage that says it."""


@cli.command()
@_workspace_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to build; by default build/ in the workspace."
)
@click.option("--no-hermit", is_flag=True, help="Do not ask HermiT whether the graph is consistent.")
@click.option("--no-exports", is_flag=True, help="Write the store alone.")
def build(folder: Path | None, out: Path | None, no_hermit: bool, no_exports: bool) -> None:
    """Check the claims, derive what follows, and write the store and the exports."""
    workspace = open_workspace(folder)
    report = building.build(workspace, out, use_hermit=not no_hermit, exports=not no_exports, say=_step)
    _done()
    _problems(report)
    if report.errors:
        _err("Nothing was built; the former build, if any, is as it was.")
        sys.exit(1)
    click.echo(_summary(report), nl=False)
    click.echo(f"Built in {report.generation}")


@cli.command()
@_workspace_option
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@_text_option
@click.option("--print", "printing", is_flag=True, help="With --text: print each claim under its passage.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--no-hermit", is_flag=True, help="Do not ask HermiT whether the graph is consistent.")
def check(
    folder: Path | None,
    files: tuple[Path, ...],
    texts: tuple[Path, ...],
    printing: bool,
    as_json: bool,
    no_hermit: bool,
) -> None:
    """Look for problems in the ontology and the claims, or in FILES of claims from elsewhere."""
    if printing and not texts:
        raise UsageError("--print needs --text FILE, the text whose claims it prints")
    workspace = open_workspace(folder)
    report, printed = answers.check(workspace, files, texts, use_hermit=not no_hermit, printing=printing, say=_step)
    _done()
    if as_json:
        click.echo(json.dumps([p.as_json() for p in report.problems], ensure_ascii=False, indent=1))
    else:
        click.echo(printed, nl=False)
        _problems(report, err=False)
        warnings = len(report.problems) - len(report.errors)
        click.echo(f"{_count(len(report.errors), 'error')}, {_count(warnings, 'warning')}.")
    sys.exit(1 if report.errors else 0)


@cli.command("queries")
@_workspace_option
@click.argument("name", required=False)
def list_queries(folder: Path | None, name: str | None) -> None:
    """List the questions that have a query, or say all about the query NAME."""
    library = queries.load_library(open_workspace(folder))
    if name is None:
        rows = [[str(q.number), q.name, q.question, " ".join(q.parameters)] for q in library.values()]
        click.echo(output.table(["no", "name", "question", "parameters"], rows, width=_width()), nl=False)
    else:
        click.echo(answers.describe_query(queries.find(library, name)), nl=False)


@cli.command()
@_workspace_option
@_store_option
@click.argument("name", required=False)
@click.argument("parameters", nargs=-1, metavar="[PARAMETER=VALUE]...")
@click.option("--file", "file", metavar="FILE", help="SPARQL of your own; - for standard input.")
@click.option(
    "--format", "form", type=click.Choice(output.FORMATS), help="By default a table on a terminal, CSV in a pipe."
)
@click.option("--ids", is_flag=True, help="Show identifiers instead of names, in tables and CSV.")
@click.option(
    "--all-columns", is_flag=True, help="Show all columns in tables, also those that CSV alone has by default."
)
@click.option("--evidence", is_flag=True, help="Show the passages that say so.")
@_text_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="End the query after this.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="ROWS", help="Show at most so many rows.")
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
    if (name is None) == (file is None):
        raise UsageError("give the name of a query (see: eudigraph queries) or --file with SPARQL of your own")
    if "{" in (name or ""):
        raise UsageError(_SPARQL_GIVEN)
    workspace = open_workspace(folder)
    graph = _open(workspace, built, timeout)
    form = form or ("table" if sys.stdout.isatty() else "csv")
    notes: list[str] = []
    asked = answers.Asking(limit=limit, timeout=timeout, evidence=evidence or bool(texts), texts=texts)
    if file is not None:
        if parameters:
            raise UsageError("parameters are for queries of the library; in your own, write VALUES ?name { … }")
        own = _read(file)
        answer = answers.ask_text(graph, own, asked)
        notes = remarks.remarks(graph, own, answer.answer)
    else:
        asked_for = queries.find(queries.load_library(workspace), name or "")
        answer = answers.ask(graph, asked_for, _pairs(parameters), asked)
        if form == "table" and not all_columns:
            answer = answers.without(answer, asked_for.detail)
    click.echo(answers.render(graph, answer, form, ids=ids, width=_width()), nl=False)
    if answer.answer.empty:
        _err("No rows: nothing in the graph answers this.")
    for note in notes:
        _err(note)
    if answer.answer.cut:
        _err(f"Only the first {limit} are shown (--limit).")


@cli.command()
@_workspace_option
@_store_option
@click.argument("subject")
@click.argument("property_", metavar="PROPERTY")
@click.argument("object_", metavar="OBJECT")
@_text_option
def explain(
    folder: Path | None, built: str | None, subject: str, property_: str, object_: str, texts: tuple[Path, ...]
) -> None:
    """Show what a statement follows from, down to passages: explain Japan "cooperates on" 6G."""
    graph = _open(open_workspace(folder), built)
    click.echo(answers.explain(graph, subject, property_, object_, texts, width=_width()), nl=False)


@cli.command()
@_workspace_option
@_store_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write the page; by default beside the store.",
)
@_text_option
@click.option("--no-open", is_flag=True, help="Write the page, and do not open it.")
def explore(folder: Path | None, built: str | None, out: Path | None, texts: tuple[Path, ...], no_open: bool) -> None:
    """Write the graph with its evidence as one page that works offline, and open it in the browser."""
    from eudigraph import explore as exploring  # what draws is slow to import

    page = exploring.write_page(_open(open_workspace(folder), built), out, texts)
    click.echo(f"Wrote {page}")
    if not no_open and not webbrowser.open(page.resolve().as_uri()):
        click.echo("No browser could be opened here; open that file in one.")


def _choice_options(command: F) -> F:
    for option in (
        click.option(
            "--level", type=click.IntRange(min=0), help="Put broader topics for narrower ones; 0 is the broadest."
        ),
        click.option("--until", metavar="YYYY-MM-DD", help="Only what had begun, or been reported, by then."),
        click.option("--asserted", is_flag=True, help="Only what passages say outright, not what follows."),
        click.option(
            "--claims",
            type=click.Choice(CLAIMS),
            help="Certain claims alone, all that is pursued (the default), or also what is only wanted.",
        ),
    ):
        command = option(command)
    return command


@cli.command()
@_workspace_option
@_store_option
@click.argument("wanted", nargs=-1, metavar="[MEASURE]...")
@click.option("--network", "name", default="country-topic", show_default=True, metavar="NAME", help="What to measure.")
@_choice_options
@click.option("--list", "listing", is_flag=True, help="List the networks and the measures.")
@click.option("--format", "form", type=click.Choice(output.REPORT_FORMATS), help="By default text.")
@click.option("--every", is_flag=True, help="Show every row, not the first ones.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to a file.")
def analyse(
    folder: Path | None,
    built: str | None,
    wanted: tuple[str, ...],
    name: str,
    claims: str | None,
    asserted: bool,
    until: str | None,
    level: int | None,
    listing: bool,
    form: str | None,
    every: bool,
    out: Path | None,
) -> None:
    """Measure a network: who is central, who resembles whom, what binds it. A page with pictures: --format html."""
    from eudigraph import analysis, measures, projections, report  # what computes and draws is slow to import

    workspace = open_workspace(folder)
    if listing:
        click.echo(output.table(["network", ""], list(projections.networks(workspace).items()), width=_width()))
        rows = [(measure.name, measure.meaning) for measure in measures.MEASURES.values()]
        click.echo(output.table(["measure", ""], rows, width=_width()), nl=False)
        return
    form = form or {".html": "html", ".md": "md", ".json": "json", ".csv": "csv"}.get(out.suffix if out else "", "text")
    graph = _open(workspace, built)
    choice = _choice(claims, asserted, until, level)
    made = report.write(analysis.analyse(graph, workspace, name, wanted, choice), form, width=_width(), every=every)
    if out is None:
        click.echo(made, nl=False)
    else:
        click.echo(f"Wrote {store.write_aside(out, made)}")


@cli.command()
@_workspace_option
@_store_option
@click.argument("form", type=click.Choice(output.NETWORK_FORMATS), metavar="FORMAT")
@click.option(
    "--network", "name", default="everything", show_default=True, metavar="NAME", help="See: eudigraph analyse --list."
)
@_choice_options
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="By default eudigraph with its ending.")
def export(
    folder: Path | None,
    built: str | None,
    form: str,
    name: str,
    claims: str | None,
    asserted: bool,
    until: str | None,
    level: int | None,
    out: Path | None,
) -> None:
    """Write the graph, or a network, for other tools.

    FORMAT is graphml, gexf (Gephi), cytoscape, neo4j (a folder with two CSV files), icalendar (the meetings), jsonld.
    """
    from eudigraph import exporting

    workspace = open_workspace(folder)
    choice = _choice(claims, asserted, until, level)
    written, notes = exporting.write(_open(workspace, built), workspace, form, name, choice, out)
    for path in written:
        click.echo(f"Wrote {path}")
    for note in notes:
        _err(f"Note: {note}")


@cli.command()
@_workspace_option
@_build_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 is for everybody.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option(
    "--workers", type=click.IntRange(2, 64), default=4, show_default=True, help="Queries that may run at the same time."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="End a query after this.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1, 10_000_000),
    default=100_000,
    show_default=True,
    metavar="ROWS",
    help="Cut answers after this; they say so.",
)
@click.option(
    "--in-memory",
    type=click.IntRange(0, store.LARGEST),
    default=store.SMALL,
    show_default=True,
    metavar="STATEMENTS",
    help="Hold a graph of up to so many in memory: most queries are answered sooner, but each worker takes some "
    "0.7 GB for a million. It is asked on disk until it has been read.",
)
@click.option("--public-url", default="", metavar="URL", help="The address under which others find it, if another.")
@click.option(
    "--access-log",
    "log",
    type=click.File("a", encoding="utf-8", lazy=False),
    help="Where to log requests, a line of JSON each; - is standard output. By default standard error, if no terminal.",
)
def serve(
    folder: Path | None,
    built: str | None,
    host: str,
    port: int,
    workers: int,
    timeout: float,
    max_rows: int,
    in_memory: int,
    public_url: str,
    log: TextIO | None,
) -> None:
    """Serve the graph: the explorer, a page for each thing, the questions as an API, and a SPARQL endpoint."""
    try:
        from eudigraph import remote, server
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is needed to serve; get it with: {installing('serve')}") from error

    if remote.is_url(built):
        raise UsageError("what is at a URL is served there already; give the folder of a build")
    opened = _open(open_workspace(folder), built)
    settings = server.Settings(
        folder=opened.folder,
        workspace=None if folder is None else folder.resolve(),
        host=host,
        port=port,
        workers=workers,
        timeout=timeout,
        rows=max_rows,
        in_memory=in_memory,
        public=public_url,
        log=log or (None if sys.stderr.isatty() else sys.stderr),
    )
    server.serve(settings, _err)
    # At once: threads of the HTTP server may still run; they crash if the interpreter is taken down beneath them.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@cli.command()
@_workspace_option
@_build_option
@click.option("--to", "url", required=True, metavar="URL", help="Address of the server's SPARQL Graph Store.")
@click.option("--replace", is_flag=True, help="Do away with what the server's default graph holds of others.")
def load(folder: Path | None, built: str | None, url: str, replace: bool) -> None:
    """Fill a SPARQL server elsewhere with the graph, so that --store URL can read it there. It may be run again."""
    from eudigraph import loading

    graphs = loading.load(_open(open_workspace(folder), built), url, replace_default=replace, say=_step)
    _done()
    click.echo(f"Loaded the default graph and {_count(graphs, 'named graph')}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("phrase")
def locate(file: Path, phrase: str) -> None:
    """Say where PHRASE stands in the text FILE of a source, as a passage wants it, and what the source wants of it."""
    digest, characters, places = texts_.locate(file, phrase)
    click.echo(f'eud:characters {characters} ; eud:sha256 "{digest}"')
    for place in places:
        click.echo(f"eud:paragraph {place.paragraph} ; eud:start {place.start} ; eud:end {place.end} ;")
    if not places:
        raise DataError(f"{file} does not have these words in this order; copy them from it")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Copy ontology, claims and queries into the new FOLDER, to add to them there."""
    for made in copy_workspace(open_workspace(), folder):
        click.echo(f"Made {made}")
    click.echo(f"Use it from there: cd {folder} (elsewhere: --workspace {folder}, or EUDIGRAPH_WORKSPACE)")


def main() -> NoReturn:
    """Run the command line; every error of ours becomes a line or two and an exit status."""
    # None where the shell has closed it (>&-); this one stays open until the end.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    try:
        cli.main(standalone_mode=False)
    except EudigraphError as error:
        _err(f"eudigraph: {error}")
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        _err("eudigraph: interrupted; nothing was changed")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _err(
            f"eudigraph: {error.filename or 'output'}: {error.strerror or error}; "
            "check the path and the room on the disk"
        )
        sys.exit(1)
    sys.exit(0)


def _open(workspace: Workspace, built: str | None, timeout: float = engine.TIMEOUT) -> store.Built:
    """Open the build that is asked for; build the workspace's own if there is none yet."""
    if built is not None:
        from eudigraph import endpoint  # what speaks HTTP is slow to import

        return endpoint.open_store(built, timeout=timeout)
    folder = workspace.build_folder
    if not store.exists(folder):
        _err("Building the graph for the first time …")
        report = building.build(workspace, folder)
        _problems(report)
        if report.errors:
            sys.exit(1)
    opened = store.open_built(folder)
    if opened.stale(workspace):
        where = "" if workspace == open_workspace(current_folder()) else f" --workspace {workspace.root}"
        _err(f"Files have changed since the build; this is the former graph. Build again with: eudigraph build{where}")
    return opened


def _choice(claims: str | None, asserted: bool, until: str | None, level: int | None) -> projections.Choice:
    from eudigraph import projections

    return projections.Choice(claims, not asserted, None if until is None else dates.day(until), level)


def _pairs(parameters: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not equals or not key:
            hint = "write it as name=value, such as country=Japan, and names of several words in quotation marks"
            raise UsageError(f"{cut(text)!r} is no parameter; {hint}")
        if not value:
            raise UsageError(f"{cut(key)} is given nothing; write its value behind the sign, such as country=Japan")
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


def _problems(report: building.Report, *, err: bool = True) -> None:
    for problem in report.problems:
        click.echo(output.clean(str(problem)), err=err)
    for note in report.notes:
        _err(f"Note: {note}")


def _summary(report: building.Report) -> str:
    found = [[name, f"{number:,}"] for name, number in report.counts.items()]
    took = [[name, f"{seconds:.2f} s"] for name, seconds in report.seconds.items()]
    took.append(["all", f"{sum(report.seconds.values()):.2f} s"])
    longest = max(len(found), len(took))
    found += [["", ""]] * (longest - len(found))
    took += [["", ""]] * (longest - len(took))
    return output.table(
        ["found", "", "step", "took"], [[*a, *b] for a, b in zip(found, took, strict=True)], width=_width()
    )


def _step(name: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{name} …\r", nl=False, err=True)


def _done() -> None:
    """Take the name of the last step off the terminal."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


def _err(text: str) -> None:
    click.echo(output.clean(text), err=True)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _width() -> int:
    """Return how wide lines may be: what COLUMNS says, or the terminal."""
    return max(60, shutil.get_terminal_size((output.WIDTH, 0)).columns)
