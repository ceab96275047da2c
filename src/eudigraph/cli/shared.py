"""What several commands do: open a graph, show problems, count."""

from __future__ import annotations

import shutil
import sys

import click

from eudigraph.build import build as building
from eudigraph.engine import answer, store
from eudigraph.model.text import clean
from eudigraph.model.workspace import Workspace, current_folder, open_workspace
from eudigraph.show import tables


def open_or_build(workspace: Workspace, built: str | None, timeout: float = answer.TIMEOUT) -> store.Built:
    """Open the build that is asked for; build the workspace's own if there is none yet."""
    if built is not None:
        from eudigraph.engine import endpoint  # what speaks HTTP is slow to import

        return endpoint.open_store(built, timeout=timeout)
    folder = workspace.build_folder
    if not store.exists(folder):
        err("Building the graph for the first time …")
        report = building.build(workspace, folder)
        show_problems(report)
        if report.errors:
            sys.exit(1)
    opened = store.open_built(folder)
    if opened.stale(workspace):
        where = "" if workspace == open_workspace(current_folder()) else f" --workspace {workspace.root}"
        err(f"Files have changed since the build; this is the former graph. Build again with: eudigraph build{where}")
    return opened


def show_problems(report: building.Report, *, to_stderr: bool = True) -> None:
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


def counted(number: int, what: str) -> str:
    """Return a number of things in words, such as ``2 errors``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def terminal_width() -> int:
    """Return how wide lines may be: what COLUMNS says, or the terminal."""
    return max(60, shutil.get_terminal_size((tables.WIDTH, 0)).columns)
