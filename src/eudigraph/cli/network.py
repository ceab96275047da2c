"""Commands that show and measure: explore, analyse, export."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from eudigraph.cli.options import (
    choice_of,
    choice_options,
    day_of,
    lang_option,
    store_option,
    text_option,
    workspace_option,
)
from eudigraph.cli.shared import err, open_or_build, terminal_width, write
from eudigraph.model import files
from eudigraph.model.errors import UsageError
from eudigraph.model.names import NETWORK_FORMATS, REPORT_FORMATS
from eudigraph.model.workspace import open_workspace


class _Format(click.Choice[str]):
    """One of the formats; any other is refused as from Python, with the one that may be meant."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            from eudigraph.export.write import no_format  # what writes networks is slow to import

            raise UsageError(no_format(value))
        return str(super().convert(value, param, ctx))


@click.command()
@workspace_option
@store_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write the page; by default beside the store.",
)
@text_option
@click.option("--no-open", is_flag=True, help="Write the page, and do not open it.")
@lang_option
def explore(folder: Path | None, built: str | None, out: Path | None, texts: tuple[Path, ...], no_open: bool) -> None:
    """Write the graph with its evidence as one page that works offline, and open it in the browser."""
    from eudigraph.explore import page as exploring  # what draws is slow to import

    page = exploring.write_page(open_or_build(open_workspace(folder), built), out, texts)
    click.echo(f"Wrote {page}")
    if not no_open and not webbrowser.open(page.resolve().as_uri()):
        click.echo("No browser could be opened here; open that file in one.")


@click.command()
@workspace_option
@store_option
@click.argument("wanted", nargs=-1, metavar="[MEASURE]...")
@click.option("--network", "name", default="country-topic", show_default=True, metavar="NAME", help="What to measure.")
@choice_options
@click.option("--since", metavar="DAY", help="Instead of measures: what is other than was known by that day.")
@click.option("--list", "listing", is_flag=True, help="List the networks and the measures.")
@click.option("--format", "form", type=click.Choice(REPORT_FORMATS), help="By default text.")
@click.option("--every", is_flag=True, help="Show every row, not the first ones.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to a file.")
@lang_option
def analyse(
    folder: Path | None,
    built: str | None,
    wanted: tuple[str, ...],
    name: str,
    stage: str | None,
    asserted: bool,
    known_by: str | None,
    level: int | None,
    since: str | None,
    listing: bool,
    form: str | None,
    every: bool,
    out: Path | None,
) -> None:
    """Measure a network: who is central, who resembles whom, what binds it. A page with pictures: --format html.

    With --since DAY: which ties and nodes came, went, advanced or fell back since what was known by that day.
    """
    from eudigraph.network import analysis, changes, definitions, findings, registry  # what computes is slow to import
    from eudigraph.show import tables

    workspace = open_workspace(folder)
    if listing:
        click.echo(tables.table(["network", ""], list(definitions.networks(workspace).items()), width=terminal_width()))
        rows = [(measure.name, measure.meaning) for measure in registry.measures().values()]
        click.echo(tables.table(["measure", ""], rows, width=terminal_width()), nl=False)
        return
    form = form or findings.ENDINGS.get(out.suffix if out else "", "text")
    graph = open_or_build(workspace, built)
    choice = choice_of(stage, asserted, known_by, level)
    if since is not None:
        if wanted:
            raise UsageError("--since compares a network with what it was, and takes no measures; leave them out")
        text = changes.render(changes.between(graph, workspace, name, day_of(since), choice), form, terminal_width())
    else:
        made = analysis.analyse(graph, workspace, name, wanted, choice)
        text = findings.render(made, form, width=terminal_width(), every=every)
    if out is None:
        write(text, for_programs=form != "text")
    else:
        click.echo(f"Wrote {files.write_aside(out, text)}")


@click.command()
@workspace_option
@store_option
@click.argument("form", type=_Format(NETWORK_FORMATS), metavar="FORMAT")
@click.option(
    "--network", "name", default="everything", show_default=True, metavar="NAME", help="See: eudigraph analyse --list."
)
@choice_options
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="By default eudigraph with its ending.")
@lang_option
def export(
    folder: Path | None,
    built: str | None,
    form: str,
    name: str,
    stage: str | None,
    asserted: bool,
    known_by: str | None,
    level: int | None,
    out: Path | None,
) -> None:
    """Write the graph, or a network, for other tools.

    FORMAT is graphml, gexf (Gephi), cytoscape, neo4j (a folder with two CSV files), icalendar (the meetings), jsonld.
    """
    from eudigraph.export import write

    workspace = open_workspace(folder)
    choice = choice_of(stage, asserted, known_by, level)
    written, notes = write.write(open_or_build(workspace, built), workspace, form, name, choice, out)
    for path in written:
        click.echo(f"Wrote {path}")
    for note in notes:
        err(f"Note: {note}")
