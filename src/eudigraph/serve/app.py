"""The graph on the web: the explorer, a page for each entity, the questions as an API, and a SPARQL endpoint.

This process speaks HTTP, counts and limits; what a client sent is read by the processes of a ``Pool``, each of which
can be ended. Granian (hyper) takes the requests: it gives up on a head that does not come, and on one that is too long.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from eudigraph.engine import store
from eudigraph.model.errors import EudigraphError, StoreError
from eudigraph.model.version import VERSION
from eudigraph.serve import protocol
from eudigraph.serve.access import Budget, Door
from eudigraph.serve.description import DUMPS
from eudigraph.serve.guard import Guard, response
from eudigraph.serve.pool import Pool
from eudigraph.serve.replies import HTML, Refusal, Reply, link, negotiate, problem
from eudigraph.serve.settings import Settings
from eudigraph.show.formats import GRAPHS, wanted

_LOOK = 2.0
"""Seconds between two looks for a new build."""
_LATER = 60.0
"""Seconds after a change of build until the former may be removed: what has been asked for is still sent from it."""
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


class Application:
    """The application and its pool."""

    def __init__(self, settings: Settings, address: str) -> None:
        """Make one for a server that listens at ``address``, in numbers."""
        self.settings, self._door = settings, Door(settings, address)
        self.started = time.time()
        hello = {
            "folder": str(settings.folder),
            "workspace": str(settings.workspace) if settings.workspace else None,
            "base": settings.base,
            "rows": settings.rows,
            "in_memory": settings.in_memory,
        }
        built = store.open_built(settings.folder)
        self.generation, self.manifest = built.generation, built.manifest
        self.pool = Pool("serve.worker", hello, size=settings.workers, timeout=settings.timeout)
        self._held = _held(self.generation)
        self._kept: dict[tuple[str, str], Reply] = {}
        self._keeping: dict[tuple[str, str], asyncio.Lock] = {}

    def app(self) -> ASGIApp:
        """Return the application; each request is limited and logged."""
        get = ["GET", "HEAD"]
        routes = [
            Route("/", self._kept_reply("explorer"), methods=get),
            *(Route(path, self._sparql, methods=["GET", "HEAD", "POST"]) for path in ("/sparql", "/sparql/")),
            Route("/id/{name:path}", self._entity, methods=get),
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
        handlers = {404: _unknown, 405: _wrong_method, Refusal: _refused, Exception: _failed}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False  # it would lead to whatever host a client names
        return Guard(app, self.settings, self._door)

    async def watch(self) -> None:
        """Look for a new build now and then, and answer from it; tell once of one that is invalid."""
        told = ""
        while True:
            await asyncio.sleep(_LOOK)
            try:
                built = store.open_built(self.settings.folder)
                if built.generation != self.generation:
                    with _held(built.generation) as held:
                        await self.pool.renew()
                        self._held, former = held.pop_all(), self._held
                    asyncio.get_running_loop().call_later(_LATER, former.close)
                    self.generation, self.manifest = built.generation, built.manifest
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
        asking = asyncio.ensure_future(self._charged(request, asked, own))
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

    async def _charged(self, request: Request, asked: dict[str, Any], own: bool) -> Reply:
        """Have a request answered, and take from the client's budget what that took of a worker."""
        budget: Budget | None = request.scope["budget"]
        return await self.pool.ask(asked, own=own, took=budget.spend if budget else lambda _: None)

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

    async def _entity(self, request: Request) -> Response:
        given = protocol.parameters(request)
        asked = {"kind": "entity", "name": request.path_params["name"], "format": given.get("format")}
        return await self._ask(request, {**asked, "lang": given.get("lang")})

    async def _question(self, request: Request) -> Response:
        given = protocol.once(request)
        asked = {"kind": "question", "name": request.path_params["name"], "given": given}
        return await self._ask(request, {**asked, "format": given.get("format"), "lang": given.get("lang")})

    async def _explain(self, request: Request) -> Response:
        given = protocol.once(request)
        return await self._ask(request, {"kind": "explain", "given": given, "lang": given.get("lang")})

    async def _dump(self, request: Request) -> Response:
        """Give out an export of the build: one of a fixed list, so that no other file can be named.

        One that is not as it was written is not given out.
        """
        name, accept = request.path_params["name"], request.headers.get("accept", "")
        generation, manifest = self.generation, self.manifest
        if name not in DUMPS or (name not in manifest.files and not (generation / name).is_file()):
            return response(
                problem(Refusal(404, f"there is no such file of this build; there may be: {', '.join(DUMPS)}"), accept)
            )
        try:  # in a thread: to read a large one takes a second
            file, digest = await asyncio.to_thread(store.export, generation, manifest, name)
        except StoreError as error:
            return response(problem(Refusal(500, str(error)), accept))
        headers = {"etag": f'"{digest}"'}
        known = request.headers.get("if-none-match", "").strip()
        if known == "*" or headers["etag"] in known:
            return Response(status_code=304, headers=headers)
        return FileResponse(file, headers=headers, media_type=DUMPS[name], filename=name)

    async def _health(self, _: Request) -> Response:
        alive = self.pool.ready
        said = {
            "status": "ok" if alive else "starting",
            "workers": alive,
            "busy": self.pool.busy,
            "generation": self.generation.name,
            "in_memory": self.manifest.statements <= self.settings.in_memory,
            "version": VERSION,
            "seconds": round(time.time() - self.started),
        }
        return Response(json.dumps(said), 200 if alive else 503, media_type="application/json")


def _held(generation: Path) -> ExitStack:
    """Keep builds from removing a generation, and the exports in it, until what this returns is closed.

    Raises StoreError if that comes too late.
    """
    with ExitStack() as held:
        try:
            if held.enter_context(store.locked(generation, shared=True, wait=False)) and generation.is_dir():
                return held.pop_all()
        except OSError:
            pass
    raise StoreError(f"{generation} has just been replaced by another build; try again")


def _takes_gzip(request: Request) -> bool:
    given = request.headers.get("accept-encoding", "")
    return "gzip" in given and not re.search(r"gzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$)", given)


async def _gone(request: Request) -> None:
    """Wait until the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _unknown(request: Request, _: Exception) -> Response:
    paths = ("/", "/sparql", "/api", "/id/…", "/explain", "/ontology", "/.well-known/void", "/data/…", "/health")
    detail = f"there is nothing here; see {', '.join(map(link, paths))}"
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
