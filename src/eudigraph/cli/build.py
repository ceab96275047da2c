"""Commands on the data: build, check, locate, init."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eudigraph.cli.options import text_option, workspace_option
from eudigraph.cli.shared import counted, done, err, show_problems, step, terminal_width, write
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.workspace import copy_workspace, open_workspace

if TYPE_CHECKING:
    from eudigraph.build.build import Report


@click.command()
@workspace_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to build; by default build/ in the workspace."
)
@click.option("--no-hermit", is_flag=True, help="Do not ask HermiT whether the graph is consistent.")
@click.option("--no-exports", is_flag=True, help="Write the store alone.")
def build(folder: Path | None, out: Path | None, no_hermit: bool, no_exports: bool) -> None:
    """Check the claims, derive what follows, and write the store and the exports."""
    from eudigraph.build import build as building  # not before a command runs: help and completion do without

    workspace = open_workspace(folder)
    report = building.build(workspace, out, use_hermit=not no_hermit, exports=not no_exports, say=step)
    done()
    show_problems(report)
    if report.errors:
        err("Nothing was built; the former build, if any, is as it was.")
        sys.exit(1)
    click.echo(_summary(report), nl=False)
    click.echo(f"Built in {report.generation}")


@click.command()
@workspace_option
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@text_option
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
    from eudigraph.build import build as building

    if printing and not texts:
        raise UsageError("--print needs --text FILE, the text whose claims it prints")
    workspace = open_workspace(folder)
    report, printed = building.check_with_texts(
        workspace, files, texts, use_hermit=not no_hermit, printing=printing, say=step
    )
    done()
    if as_json:
        said = json.dumps([p.as_json() for p in report.problems], ensure_ascii=False, indent=1)
        write(f"{said}\n", for_programs=True)
    else:
        click.echo(printed, nl=False)
        show_problems(report, to_stderr=False)
        warnings = len(report.problems) - len(report.errors)
        click.echo(f"{counted(len(report.errors), 'error')}, {counted(warnings, 'warning')}.")
    sys.exit(1 if report.errors else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("phrase")
def locate(file: Path, phrase: str) -> None:
    """Say where PHRASE stands in the text FILE of a source, as a passage wants it, and what the source wants of it."""
    from eudigraph.sources import texts

    digest, characters, places = texts.locate(file, phrase)
    click.echo(f'eud:characters {characters} ; eud:sha256 "{digest}"')
    for place in places:
        click.echo(f"eud:paragraph {place.paragraph} ; eud:start {place.start} ; eud:end {place.end} ;")
    if not places:
        raise DataError(f"{file} does not have these words in this order; copy them from it")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Copy ontology, claims and queries into the new FOLDER, to add to them there."""
    for made in copy_workspace(open_workspace(), folder):
        click.echo(f"Made {made}")
    click.echo(f"Use it from there: cd {folder} (elsewhere: --workspace {folder}, or EUDIGRAPH_WORKSPACE)")


def _summary(report: Report) -> str:
    from eudigraph.show import tables

    found = [[name, f"{number:,}"] for name, number in report.counts.items()]
    took = [[name, f"{seconds:.2f} s"] for name, seconds in report.seconds.items()]
    took.append(["all", f"{sum(report.seconds.values()):.2f} s"])
    longest = max(len(found), len(took))
    found += [["", ""]] * (longest - len(found))
    took += [["", ""]] * (longest - len(took))
    return tables.table(
        ["found", "", "step", "took"], [[*a, *b] for a, b in zip(found, took, strict=True)], width=terminal_width()
    )
