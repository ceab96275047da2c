"""The command line: which module has which command, and how an error of ours ends it.

Exit status: 0 done, 1 problems in the data (or a query that ran out of time), 2 wrong use.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from eudigraph.cli import terminal
from eudigraph.model.errors import EudigraphError
from eudigraph.model.version import VERSION

COMMANDS = {
    "explore": "network",
    "query": "ask",
    "queries": "ask",
    "explain": "ask",
    "analyse": "network",
    "export": "network",
    "serve": "serve",
    "load": "serve",
    "check": "build",
    "build": "build",
    "verify": "build",
    "locate": "build",
    "init": "build",
}
"""The modules of this room by the commands they have: only the one that is called is imported."""


class Commands(click.Group):
    """The commands, each imported as it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"eudigraph.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(VERSION, prog_name="eudigraph")
def cli() -> None:
    """The knowledge graph of the EU's digital diplomacy: every statement leads to the passage that says it."""


def main() -> NoReturn:
    """Run the command line; every error of ours becomes a line or two and an exit status."""
    # None where the shell has closed it (>&-); this one stays open until the end.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    terminal.prepare()
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


def _err(text: str) -> None:
    from eudigraph.cli.shared import err

    err(text)
