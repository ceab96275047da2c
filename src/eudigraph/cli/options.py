"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eudigraph.model import labels
from eudigraph.model.names import STAGES
from eudigraph.model.workspace import current_folder

if TYPE_CHECKING:
    from datetime import date

    from eudigraph.network import definitions


F = TypeVar("F", bound=Callable[..., Any])


def workspace_option(command: F) -> F:
    """Give a command ``--workspace``, as its parameter ``folder``."""
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


def store_option(command: F) -> F:
    """Give a command ``--store``, a folder or an address, as its parameter ``built``."""
    return click.option(
        "--store",
        "built",
        metavar="DIR|URL",
        help="Folder of a build, or address of a SPARQL endpoint that was filled with: eudigraph load. "
        "By default the workspace's own, which is built if it is not there yet.",
    )(command)


def build_option(command: F) -> F:
    """Give a command ``--store``, a folder, as its parameter ``built``."""
    return click.option(
        "--store",
        "built",
        metavar="DIR",
        help="Folder of a build. By default the workspace's own, which is built if it is not there yet.",
    )(command)


def text_option(command: F) -> F:
    """Give a command ``--text``, as its parameter ``texts``."""
    return click.option(
        "--text",
        "texts",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="The text of a source, which you must have yourself; its passages are then shown.",
    )(command)


def lang_option(command: F) -> F:
    """Give a command ``--lang``, by which names are chosen as long as it runs; it is not one of its parameters."""

    def prefer(context: click.Context, _: click.Parameter, tags: str | None) -> None:
        if tags is not None:
            context.with_resource(labels.preferring(labels.languages(tags)))

    return click.option(
        "--lang",
        metavar="TAGS",
        expose_value=False,
        callback=prefer,
        help="Languages to show names in, the one you like best first, such as de,fr; after them English, no language, "
        "the EU's other languages, any. Names are found in all languages.",
    )(command)


def choice_options(command: F) -> F:
    """Give a command what chooses the ties that a network counts."""
    for option in (
        click.option(
            "--level", type=click.IntRange(min=0), help="Put broader topics for narrower ones; 0 is the broadest."
        ),
        click.option("--asserted", is_flag=True, help="Only what passages say outright, not what follows."),
        click.option(
            "--known-by",
            metavar="DAY",
            help="Only what had been said by the end of that day, or month; by default by the newest of the graph.",
        ),
        click.option(
            "--stage",
            type=click.Choice(STAGES),
            help="Only what has come at least as far; by default all but what was dropped.",
        ),
    ):
        command = option(command)
    return command


def choice_of(stage: str | None, asserted: bool, known_by: str | None, level: int | None) -> definitions.Choice:
    """Return what the options of ``choice_options`` choose."""
    from eudigraph.network import definitions

    return definitions.Choice(stage, not asserted, None if known_by is None else day_of(known_by), level)


def day_of(text: str) -> date:
    """Return the day that somebody means, with a note of how it was taken if it is no single day."""
    from eudigraph.cli.shared import err
    from eudigraph.model import dates

    day = dates.day(text)
    if day.note:
        err(f"Note: {day.note}")
    return day.day
