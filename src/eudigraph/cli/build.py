"""Commands on the data: build, check, verify, locate, init."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eudigraph.cli.options import build_option, text_option, workspace_option
from eudigraph.cli.shared import counted, done, err, show_problems, step, terminal_width, write
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import is_url
from eudigraph.model.text import clean
from eudigraph.model.workspace import copy_workspace, open_workspace

if TYPE_CHECKING:
    from eudigraph.build.build import Report


_SHOWN = 10
"""Files that were not read which are listed unasked."""


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
    _account(report)
    click.echo(f"Built in {report.generation}")


@click.command()
@workspace_option
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@text_option
@click.option("--print", "printing", is_flag=True, help="With --text: print each claim under its passage.")
@click.option("--files", "each", is_flag=True, help="Also list each file: as what it was read, or why not.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON, with --files an object of both.")
@click.option("--no-hermit", is_flag=True, help="Do not ask HermiT whether the graph is consistent.")
def check(
    folder: Path | None,
    files: tuple[Path, ...],
    texts: tuple[Path, ...],
    printing: bool,
    each: bool,
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
        problems = [problem.as_json() for problem in report.problems]
        made = {"problems": problems, "files": [asdict(account) for account in report.files]} if each else problems
        write(f"{json.dumps(made, ensure_ascii=False, indent=1)}\n", for_programs=True)
    else:
        click.echo(printed, nl=False)
        show_problems(report, to_stderr=False)
        _account(report, each=each)
        warnings = len(report.problems) - len(report.errors)
        click.echo(f"{counted(len(report.errors), 'error')}, {counted(warnings, 'warning')}.")
    sys.exit(1 if report.errors else 0)


@click.command()
@workspace_option
@build_option
def verify(folder: Path | None, built: str | None) -> None:
    """Read all files of a build, and all that it was made from, and tell what has changed or is damaged."""
    from eudigraph.build import verify as verifying

    if is_url(built):
        raise UsageError("what is at a URL has no files; give the folder of a build")
    workspace = open_workspace(folder)
    found = list(verifying.verify(workspace, workspace.build_folder if built is None else Path(built)))
    for difference in found:
        click.echo(clean(str(difference)))
    rotten = sum(difference.rotten for difference in found)
    said = f"{counted(rotten, 'file')} of the build damaged, {counted(len(found) - rotten, 'file')} changed since."
    click.echo(said if found else "All is as it was built.")
    sys.exit(1 if found else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("phrase")
def locate(file: Path, phrase: str) -> None:
    """Say where PHRASE stands in the text FILE of a source, as a passage wants it, and what the source wants of it."""
    from eudigraph.sources import texts

    digest, characters, places = texts.locate(file, phrase)
    click.echo(f'eud:characters {characters} ; eud:sha256 "{digest}"')
    for place in places:
        click.echo(f'eud:locator "¶{place.paragraph}" ; eud:start {place.start} ; eud:end {place.end} ;')
    if not places:
        raise DataError(f"{file} does not have these words in this order; copy them from it")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Copy ontology, claims and queries into the new FOLDER, to add to them there."""
    for made in copy_workspace(open_workspace(), folder):
        click.echo(f"Made {made}")
    click.echo(f"Use it from there: cd {folder} (elsewhere: --workspace {folder}, or EUDIGRAPH_WORKSPACE)")


def _account(report: Report, *, each: bool = False) -> None:
    """Print how many files were read as what, and which were not and are no error; with ``each``, a table of all."""
    from eudigraph.show import tables

    if each:
        columns = ["file", "read as", "in", "statements", "claims"]
        rows = [
            [account.file, account.read_as or f"not read: {account.why}", account.syntax]
            + ["" if number is None else f"{number:,}" for number in (account.statements, account.claims)]
            for account in report.files
        ]
        click.echo(tables.table(columns, rows, width=terminal_width()), nl=False)
    read = Counter(account.read_as for account in report.files if account.read_as)
    claims = sum(account.claims or 0 for account in report.files)
    words = {"claims": f"claims ({claims:,})", "reference": "reference data", "ontology": "the ontology"}
    parts = [f"{number} of {words.get(name, name)}" for name, number in read.items()]
    click.echo(f"Read {counted(sum(read.values()), 'file')}: {', '.join(parts)}." if read else "No file was read.")
    named = {problem.file for problem in report.problems}
    unread = [account for account in report.files if account.why and account.file not in named and not each]
    for account in unread[:_SHOWN]:
        click.echo(clean(f"Not read: {account.file} ({account.why})"))
    if len(unread) > _SHOWN:
        click.echo(f"Not read: {len(unread) - _SHOWN:,} more; eudigraph check --files lists each")


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
