"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eudigraph.model import labels
from eudigraph.model.names import CLAIMS
from eudigraph.model.workspace import current_folder

if TYPE_CHECKING:
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
    """Give a command what chooses the claims that a network counts."""
    for option in (
        click.option(
            "--level", type=click.IntRange(min=0), help="Put broader topics for narrower ones; 0 is the broadest."
        ),
        click.option(
            "--until", metavar="DAY", help="Only what had begun, or been reported, by the end of that day, or month."
        ),
        click.option("--asserted", is_flag=True, help="Only what passages say outright, not what follows."),
        click.option(
            "--claims",
            type=click.Choice(CLAIMS),
            help="Certain claims alone, all that is pursued (the default), or also what is only wanted.",
        ),
    ):
        command = option(command)
    return command


def choice_of(claims: str | None, asserted: bool, until: str | None, level: int | None) -> definitions.Choice:
    """Return what the options of ``choice_options`` choose."""
    from eudigraph.cli.shared import err
    from eudigraph.model import dates
    from eudigraph.network import definitions

    day = None if until is None else dates.day(until)
    if day and day.note:
        err(f"Note: {day.note}")
    return definitions.Choice(claims, not asserted, day.day if day else None, level)
