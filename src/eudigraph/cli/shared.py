"""What several commands do: open a graph, show problems, count."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eudigraph.engine import store
from eudigraph.engine.answer import TIMEOUT
from eudigraph.model.names import is_url
from eudigraph.model.text import WIDTH, clean
from eudigraph.model.workspace import Workspace, current_folder, open_workspace

if TYPE_CHECKING:
    from eudigraph.build.build import Report


def open_or_build(workspace: Workspace, built: str | None, timeout: float = TIMEOUT) -> store.Built:
    """Open the build that is asked for; build the workspace's own if there is none yet."""
    if built is not None:
        if is_url(built):
            from eudigraph.engine import endpoint  # what speaks HTTP is slow to import

            return endpoint.open_endpoint(built, timeout=timeout)
        return store.open_built(Path(built), watched=True)
    folder = workspace.build_folder
    if not store.exists(folder):
        err("Building the graph for the first time …")
        from eudigraph.build import build as building  # slow to import, and seldom needed

        report = building.build(workspace, folder)
        show_problems(report)
        if report.errors:
            sys.exit(1)
    opened = store.open_built(folder, watched=True)
    if opened.stale(workspace):
        where = "" if workspace == open_workspace(current_folder()) else f" --workspace {workspace.root}"
        err(f"Files have changed since the build; this is the former graph. Build again with: eudigraph build{where}")
    return opened


def show_problems(report: Report, *, to_stderr: bool = True) -> None:
    """Print the problems and notes of a report."""
    for problem in report.problems:
        click.echo(clean(str(problem)), err=to_stderr)
    for note in report.notes:
        err(f"Note: {note}")


def step(name: str) -> None:
    """Show on a terminal which step has begun."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{name} …\r", nl=False, err=True)


def done() -> None:
    """Take the name of the last step off the terminal."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


def err(text: str) -> None:
    """Print a line to standard error."""
    click.echo(clean(text), err=True)


def write(text: str, *, for_programs: bool) -> None:
    """Print a text as it stands; what programs read is in UTF-8, whatever the terminal takes."""
    click.echo(text.encode(errors="replace") if for_programs else text, nl=False)


def counted(number: int, what: str) -> str:
    """Return a number of things in words, such as ``2 errors``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def terminal_width() -> int:
    """Return how wide lines may be: what COLUMNS says, or the terminal."""
    return max(60, shutil.get_terminal_size((WIDTH, 0)).columns)
