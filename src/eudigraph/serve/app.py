"""The graph on the web: the explorer, a page for each thing, the questions as an API, and a SPARQL endpoint.

This process speaks HTTP, counts and limits; what a client sent is read by the processes of a ``Pool``, each of which
can be ended. Granian (hyper) takes the requests: it gives up on a head that does not come, and on one that is too long.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from pyoxigraph import NamedNode
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from eudigraph.engine import store
from eudigraph.model.errors import EudigraphError, UsageError
from eudigraph.model.text import cut
from eudigraph.model.version import VERSION
from eudigraph.serve import protocol
from eudigraph.serve.description import DUMPS
from eudigraph.serve.guard import Guard, response
from eudigraph.serve.pool import Pool
from eudigraph.serve.replies import HTML, Refusal, Reply, negotiate, problem
from eudigraph.show.formats import GRAPHS, wanted

_LOOK = 2.0
"""Seconds between two looks for a new build."""
_KEPT = {
    "explorer": (HTML,),
    "ontology": (*GRAPHS, HTML),
    "questions": ("application/json", HTML),
    "openapi": ("application/json",),
    "void": tuple(GRAPHS),
}
"""What stays the same until the next build, with its formats."""
_KEPT_SECONDS = 300.0
"""Seconds that it may take to make: once, whatever a query may take."""


@dataclass
class Settings:
    """How to serve: where, by how many processes, and with what deadline (seconds) for a query."""

    folder: Path
    workspace: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 4
    timeout: float = 30.0
    rows: int = 100_000
    """Rows, or triples, of an answer; what is more is cut, and the answer says so."""
    in_memory: int = store.SMALL
    """Up to how many statements, each counted once, every process holds a graph in memory."""
    public: str = ""
    """The address under which clients know the server, if it is another."""
    log: TextIO | None = field(default_factory=lambda: sys.stderr)


class Application:
    """The application and its pool."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = time.time()
        hello = {
            "folder": str(settings.folder),
            "workspace": str(settings.workspace) if settings.workspace else None,
            "base": _base(settings.public or f"http://{host_in_url(settings.host)}:{settings.port}"),
            "rows": settings.rows,
            "in_memory": settings.in_memory,
        }
        built = store.open_built(settings.folder)
        self.generation, self.statements = built.generation, built.manifest.statements
        self.pool = Pool("serve.worker", hello, size=settings.workers, timeout=settings.timeout)
        self._kept: dict[tuple[str, str], Reply] = {}
        self._keeping: dict[tuple[str, str], asyncio.Lock] = {}

    def app(self) -> ASGIApp:
        """Return the application; each request is limited and logged."""
        get = ["GET", "HEAD"]
        routes = [
            Route("/", self._kept_reply("explorer"), methods=get),
            *(Route(path, self._sparql, methods=["GET", "HEAD", "POST"]) for path in ("/sparql", "/sparql/")),
            Route("/id/{name:path}", self._thing, methods=get),
            Route("/ontology", self._kept_reply("ontology"), methods=get),
            Route("/api", self._kept_reply("questions"), methods=get),
            Route("/api/queries", self._kept_reply("questions", only="application/json"), methods=get),
            Route("/api/queries/{name}", self._question, methods=get),
            Route("/api/openapi.json", self._kept_reply("openapi", only="application/json"), methods=get),
            Route("/explain", self._explain, methods=get),
            Route("/.well-known/void", self._kept_reply("void"), methods=get),
            Route("/data/{name}", self._dump, methods=get),
            Route("/health", self._health, methods=get),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["*"],
            expose_headers=["x-sparql-maxrows", "x-eudigraph-notes", "link", "retry-after"],
        )
        handlers = {404: _unknown, 405: _wrong_method, Refusal: _refused, Exception: _failed}
        app = Starlette(routes=routes, middleware=[cors], exception_handlers=handlers)
        app.router.redirect_slashes = False  # it would lead to whatever host a client names
        return Guard(app, self.settings.log)

    async def watch(self) -> None:
        """Look for a new build now and then; when there is one, answer from it, and tell once of one that is invalid."""
        told = ""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                built = store.open_built(self.settings.folder)
                if built.generation != self.generation:
                    await self.pool.renew()
                    self.generation, self.statements = built.generation, built.manifest.statements
                    self._kept.clear()
            except EudigraphError as error:
                if told != (told := str(error)):
                    logging.getLogger(__name__).warning("the former build is served on: %s", error)
            else:
                told = ""

    async def _ask(self, request: Request, asked: dict[str, Any], *, own: bool = False) -> Response:
        """Have a request answered by the pool, and give it up if the client goes away."""
        accept = request.headers.get("accept", "")
        try:
            return response(await self._answer(request, {**asked, "accept": accept}, own=own))
        except (EudigraphError, Refusal) as error:
            return response(problem(error, accept))

    async def _answer(self, request: Request, asked: dict[str, Any], *, own: bool = False) -> Reply:
        asking = asyncio.ensure_future(self.pool.ask(asked, own=own))
        leaving = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise ClientDisconnect
            return asking.result()
        finally:
            for task in (asking, leaving):
                task.cancel()
            await asyncio.gather(asking, leaving, return_exceptions=True)

    def _kept_reply(self, kind: str, *, only: str = "") -> Callable[[Request], Awaitable[Response]]:
        """Return a view of what stays the same until the next build: it is asked for once, and kept.

        ``only`` is the format that it has here, whatever the client likes best.
        """

        async def view(request: Request) -> Response:
            accept = request.headers["accept"]
            given = protocol.parameters(request)
            try:
                media = only or negotiate(wanted(given.get("format"), accept), _KEPT[kind])
                if lang := given.get("lang"):
                    asked = {"kind": kind, "accept": media, "lang": lang}
                    return response(await self._answer(request, asked, own=True))
                reply = await self._keep(kind, media)
            except (EudigraphError, Refusal) as error:
                return response(problem(error, accept))
            if "content-encoding" in reply.headers and not _takes_gzip(request):
                plain = {k: v for k, v in reply.headers.items() if k != "content-encoding"}
                return response(Reply(200, plain, await asyncio.to_thread(gzip.decompress, reply.body)))
            return response(reply)

        return view

    async def _keep(self, kind: str, media: str) -> Reply:
        key = (kind, media)
        async with self._keeping.setdefault(key, asyncio.Lock()):
            if key in self._kept:
                return self._kept[key]
            generation = self.generation
            reply = await self.pool.ask({"kind": kind, "accept": media}, timeout=_KEPT_SECONDS)
            if kind == "explorer" and reply.status == 200:
                reply.headers |= {"content-encoding": "gzip", "vary": "accept, accept-encoding"}
                reply.body = await asyncio.to_thread(gzip.compress, reply.body, 6, mtime=0)
            if reply.status == 200 and generation == self.generation:
                self._kept[key] = reply
            return reply

    async def _sparql(self, request: Request) -> Response:
        accept = request.headers["accept"]
        asked = await protocol.query_of(request)
        try:
            return response(await self._answer(request, {"kind": "sparql", **asked, "accept": accept}, own=True))
        except EudigraphError as error:
            failed = problem(error, accept)
            if failed.headers["content-type"].startswith(HTML) or "html" in (asked["format"] or ()):
                with suppress(EudigraphError):  # a person gets the query back, to change it
                    again = await self.pool.ask({"kind": "editor", "query": asked["query"], "wrong": str(error)})
                    return response(Reply(failed.status, again.headers | failed.headers, again.body))
            return response(failed)

    async def _thing(self, request: Request) -> Response:
        given = protocol.parameters(request)
        asked = {"kind": "thing", "name": request.path_params["name"], "format": given.get("format")}
        return await self._ask(request, {**asked, "lang": given.get("lang")})

    async def _question(self, request: Request) -> Response:
        given = protocol.once(request)
        asked = {"kind": "question", "name": request.path_params["name"], "given": given}
        return await self._ask(request, {**asked, "format": given.get("format"), "lang": given.get("lang")})

    async def _explain(self, request: Request) -> Response:
        given = dict(protocol.parameters(request))
        return await self._ask(request, {"kind": "explain", "given": given, "lang": given.get("lang")})

    async def _dump(self, request: Request) -> Response:
        """Give out an export of the build: one of a fixed list, so that no other file can be named."""
        name = request.path_params["name"]
        file = self.generation / name
        if name not in DUMPS or not file.is_file():
            refusal = Refusal(404, "there is no such file of this build")
            return response(problem(refusal, request.headers.get("accept", "")))
        return FileResponse(file, media_type=DUMPS[name], filename=name)

    async def _health(self, _: Request) -> Response:
        alive = self.pool.ready
        said = {
            "status": "ok" if alive else "starting",
            "engines": alive,
            "busy": self.pool.busy,
            "generation": self.generation.name,
            "in_memory": self.statements <= self.settings.in_memory,
            "version": VERSION,
            "seconds": round(time.time() - self.started),
        }
        return Response(json.dumps(said), 200 if alive else 503, media_type="application/json")


def _takes_gzip(request: Request) -> bool:
    given = request.headers.get("accept-encoding", "")
    return "gzip" in given and not re.search(r"gzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$)", given)


async def _gone(request: Request) -> None:
    """Wait until the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _unknown(request: Request, _: Exception) -> Response:
    detail = "there is nothing here; see /, /sparql, /api, /id/…, /ontology, /.well-known/void, /health"
    return response(problem(Refusal(404, detail), request.headers.get("accept", "")))


def _refused(request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, Refusal) else Refusal(400, str(error))
    return response(problem(refusal, request.headers.get("accept", "")))


def _failed(request: Request, _: Exception) -> Response:
    detail = "something failed here that should not; the log of the server has more"
    return response(problem(Refusal(500, detail), request.headers.get("accept", "")))


def _wrong_method(request: Request, error: Exception) -> Response:
    made = problem(Refusal(405, f"{request.method} is not possible here"), request.headers.get("accept", ""))
    return response(Reply(made.status, {**made.headers, **(getattr(error, "headers", None) or {})}, made.body))


def _base(public: str) -> str:
    """Return the address under which clients know the server, without a slash at its end; raise UsageError for none."""
    try:
        parts = urlsplit(public)
        if parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment:
            return NamedNode(public).value.rstrip("/")
    except ValueError:
        pass
    raise UsageError(
        f"{cut(public)!r} is no address of a server; give one such as https://example.org with --public-url"
    )


def host_in_url(host: str) -> str:
    """Return a host as addresses have it."""
    return f"[{host}]" if ":" in host else host
