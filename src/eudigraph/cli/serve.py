"""Commands for others: serve, load."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

import click

from eudigraph.cli.options import build_option, workspace_option
from eudigraph.cli.shared import counted, done, err, open_or_build, step
from eudigraph.engine import store
from eudigraph.model.errors import UsageError
from eudigraph.model.names import is_url
from eudigraph.model.version import installing
from eudigraph.model.workspace import open_workspace


@click.command()
@workspace_option
@build_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at. One that other machines reach, such as 0.0.0.0, needs --public or --token-file.",
)
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
@click.option(
    "--public-url",
    default="",
    metavar="URL",
    help="The address under which others find it, behind a proxy; it may have a path: https://example.org/kg",
)
@click.option("--public", is_flag=True, help="Let everybody ask who reaches it, by whatever name.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Let ask only who has the token in this file, which others must not be able to read. Programs send it as "
    "Authorization: Bearer …, browsers ask for it as a password. With --public, it only lifts the budget.",
)
@click.option(
    "--cors",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin, such as https://example.org, read answers; * stands for all. May be repeated.",
)
@click.option(
    "--frame-ancestors",
    multiple=True,
    metavar="SITE",
    help="Let this site, such as https://example.org, show pages in a frame. May be repeated.",
)
@click.option(
    "--proxies",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    metavar="N",
    help="How many proxies of yours stand before it: the client is then read from the last N of X-Forwarded-For.",
)
@click.option(
    "--requests-per-minute",
    type=click.IntRange(0, 1_000_000),
    default=300,
    show_default=True,
    metavar="N",
    help="Requests that a client has in a minute, unless it is on this machine or has the token; 0 is no limit.",
)
@click.option(
    "--seconds-per-minute",
    type=click.FloatRange(0, 10_000),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="What the queries of such a client may take in a minute; 0 is no limit.",
)
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
    public: bool,
    token_file: Path | None,
    cors: tuple[str, ...],
    frame_ancestors: tuple[str, ...],
    proxies: int,
    requests_per_minute: int,
    seconds_per_minute: float,
    log: TextIO | None,
) -> None:
    """Serve the graph: the explorer, a page for each entity, the questions as an API, and a SPARQL endpoint.

    It is for this machine alone, and for no page of others in its browser, until you open it. Three ways:

    \b
    To who has a token:
      eudigraph serve --host 0.0.0.0 --token-file token
    To everybody, behind a proxy (nginx, Caddy) that ends TLS:
      eudigraph serve --public-url https://example.org/kg --proxies 1
    To pages of others, in any browser that reaches it:
      eudigraph serve --cors https://yasgui.example.org
    """
    try:
        from eudigraph.serve import run, settings
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is needed to serve; get it with: {installing('serve')}") from error

    if is_url(built):
        raise UsageError("what is at a URL is served there already; give the folder of a build")
    space = open_workspace(folder)
    chosen = settings.Settings(
        folder=space.build_folder if built is None else Path(built),
        workspace=None if folder is None else folder.resolve(),
        host=host,
        port=port,
        workers=workers,
        timeout=timeout,
        rows=max_rows,
        in_memory=in_memory,
        public_url=public_url,
        public=public,
        token="" if token_file is None else settings.read_token(token_file),
        cors=cors,
        frame_ancestors=frame_ancestors,
        proxies=proxies,
        requests_per_minute=requests_per_minute,
        seconds_per_minute=seconds_per_minute,
        log=log or (None if sys.stderr.isatty() else sys.stderr),
    )
    run.free(chosen)  # what is wrong with it is said before the graph is built
    chosen.folder = open_or_build(space, built).folder
    run.serve(chosen, err)
    # At once: threads of the HTTP server may still run; they crash if the interpreter is taken down beneath them.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@click.command()
@workspace_option
@build_option
@click.option("--to", "url", required=True, metavar="URL", help="Address of the server's SPARQL Graph Store.")
@click.option("--replace", is_flag=True, help="Do away with what the server's default graph holds of others.")
def load(folder: Path | None, built: str | None, url: str, replace: bool) -> None:
    """Fill a SPARQL server elsewhere with the graph, so that --store URL can read it there. It may be run again."""
    from eudigraph.engine import load as load_

    graphs = load_.load(open_or_build(open_workspace(folder), built), url, replace_default=replace, say=step)
    done()
    click.echo(f"Loaded the default graph and {counted(graphs, 'named graph')}")
