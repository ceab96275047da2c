"""The graph on the web: the explorer, a page for each thing, the questions as an API, and a SPARQL endpoint.

This process speaks HTTP, counts and limits; what a client sent is read by the processes of a ``Pool``, each of which
can be ended. Granian (hyper) takes the requests: it gives up on a head that does not come, and on one that is too long.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eudigraph import store
from eudigraph.description import DUMPS
from eudigraph.errors import EudigraphError, UsageError
from eudigraph.pool import Pool
from eudigraph.replies import Refusal, Reply, problem
from eudigraph.version import VERSION

MAX_BODY = 1024**2
"""Bytes of the largest body that is read; a query may have 100,000 characters."""
MAX_HEAD = 64 * 1024
"""Bytes of the longest head of a request, with its address."""
MAX_URL = 16 * 1024
"""Characters of the longest address."""
MAX_CONNECTIONS = 512
HEAD_SECONDS = 10
"""Seconds in which the head of a request must have come."""
BODY_SECONDS = 10.0
"""Seconds in which its body must have come."""
STOP_SECONDS = 10.0
"""Seconds that requests have to end when the server stops, beyond the deadline of a query."""
_LOOK = 2.0
"""Seconds between two looks for a new build."""
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"cross-origin",
    b"x-frame-options": b"DENY",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
_POLICY = b"default-src 'none'; frame-ancestors 'none'"
"""What the browser may do with an answer that does not say it itself, as pages of ours do."""


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
    public: str = ""
    """The address under which clients know the server, if it is another."""
    log: TextIO | None = field(default_factory=lambda: sys.stderr)


class Server:
    """The application and its pool."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = time.time()
        base = settings.public or f"http://{_host(settings.host)}:{settings.port}"
        hello = {
            "folder": str(settings.folder),
            "workspace": str(settings.workspace) if settings.workspace else None,
            "base": base.rstrip("/"),
            "rows": settings.rows,
        }
        self.pool = Pool("eudigraph.service", hello, size=settings.workers, timeout=settings.timeout)
        self.generation = store.open_built(settings.folder).generation
        self._kept: dict[tuple[str, str], Reply] = {}
        self._keeping: dict[tuple[str, str], asyncio.Lock] = {}

    def app(self) -> ASGIApp:
        """Return the application; each request is limited and logged."""
        get = ["GET", "HEAD"]
        routes = [
            Route("/", self._kept_reply("explorer", squeezed=True), methods=get),
            Route("/sparql", self._sparql, methods=["GET", "HEAD", "POST"]),
            Route("/id/{name:path}", self._thing, methods=get),
            Route("/ontology", self._kept_reply("ontology"), methods=get),
            Route("/api", self._kept_reply("questions"), methods=get),
            Route("/api/queries", self._kept_reply("questions", accept="application/json"), methods=get),
            Route("/api/queries/{name}", self._question, methods=get),
            Route("/api/openapi.json", self._kept_reply("openapi", accept="application/json"), methods=get),
            Route("/explain", self._explain, methods=get),
            Route("/.well-known/void", self._kept_reply("void"), methods=get),
            Route("/data/{name}", self._dump, methods=get),
            Route("/health", self._health, methods=get),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["accept", "content-type"],
            expose_headers=["x-sparql-maxrows", "link", "retry-after"],
        )
        app = Starlette(routes=routes, middleware=[cors], exception_handlers={404: _unknown, 405: _wrong_method})
        return _Guard(app, self.settings.log)

    async def watch(self) -> None:
        """Look for a new build now and then; when there is one, answer from it."""
        while True:
            await asyncio.sleep(_LOOK)
            with suppress(EudigraphError):  # a build that cannot be read: the former one goes on
                found = store.open_built(self.settings.folder).generation
                if found != self.generation:
                    self.generation = found
                    self._kept.clear()
                    await self.pool.renew()

    async def _ask(self, request: Request, asked: dict[str, Any], *, own: bool = False) -> Response:
        """Have a request answered by the pool, and give it up if the client goes away."""
        accept = request.headers.get("accept", "")
        try:
            return _response(await self._answer(request, {**asked, "accept": accept}, own=own))
        except (EudigraphError, Refusal) as error:
            return _response(problem(error, accept))

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

    def _kept_reply(
        self, kind: str, *, accept: str | None = None, squeezed: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return a view of what stays the same until the next build: it is asked for once, and kept."""

        async def view(request: Request) -> Response:
            wanted = accept or request.headers.get("accept", "")
            form = request.query_params.get("format")
            key = (kind, f"{form}" if form else wanted)
            async with self._keeping.setdefault(key, asyncio.Lock()):
                if key not in self._kept:
                    try:
                        reply = await self.pool.ask({"kind": kind, "accept": wanted, "format": form})
                    except EudigraphError as error:
                        return _response(problem(error, wanted))
                    if reply.status != 200 or len(self._kept) > 100:
                        return _response(reply)
                    if squeezed:
                        reply.headers["content-encoding"] = "gzip"
                        reply.body = await asyncio.to_thread(gzip.compress, reply.body, 6, mtime=0)
                    self._kept[key] = reply
            reply = self._kept[key]
            if squeezed and "gzip" not in request.headers.get("accept-encoding", ""):
                plain = {k: v for k, v in reply.headers.items() if k != "content-encoding"}
                return _response(Reply(200, plain, await asyncio.to_thread(gzip.decompress, reply.body)))
            return _response(reply)

        return view

    async def _sparql(self, request: Request) -> Response:
        try:
            return await self._ask(request, {"kind": "sparql", **await _protocol(request)}, own=True)
        except Refusal as refusal:
            return _response(problem(refusal, request.headers.get("accept", "")))

    async def _thing(self, request: Request) -> Response:
        form = request.query_params.get("format")
        return await self._ask(request, {"kind": "thing", "name": request.path_params["name"], "format": form})

    async def _question(self, request: Request) -> Response:
        given = dict(request.query_params)
        asked = {"kind": "question", "name": request.path_params["name"], "given": given, "format": given.get("format")}
        return await self._ask(request, asked)

    async def _explain(self, request: Request) -> Response:
        return await self._ask(request, {"kind": "explain", "given": dict(request.query_params)})

    async def _dump(self, request: Request) -> Response:
        """Give out an export of the build: one of a fixed list, so that no other file can be named."""
        name = request.path_params["name"]
        file = self.generation / name
        if name not in DUMPS or not file.is_file():
            refusal = Refusal(404, "there is no such file of this build")
            return _response(problem(refusal, request.headers.get("accept", "")))
        return FileResponse(file, media_type=DUMPS[name], filename=name)

    async def _health(self, _: Request) -> Response:
        alive = self.pool.ready
        said = {
            "status": "ok" if alive else "starting",
            "engines": alive,
            "busy": self.pool.busy,
            "generation": self.generation.name,
            "version": VERSION,
            "seconds": round(time.time() - self.started),
        }
        return Response(json.dumps(said), 200 if alive else 503, media_type="application/json")


class _Guard:
    """What holds for every request: limits on what is read, header fields of safety, a line in the log."""

    def __init__(self, app: ASGIApp, log: TextIO | None) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        sent = {"status": 0, "bytes": 0}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
                message["headers"] = _guarded(message.get("headers", ()))
            else:
                sent["bytes"] += len(message.get("body", b""))
            await send(message)

        refused = _refused(scope)
        try:
            if refused:
                await _response(refused)(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except ClientDisconnect:
            sent["status"] = 499  # as nginx logs a client that has gone
        except Exception:
            logging.getLogger(__name__).exception("a request failed")
            if not sent["status"]:
                failed = problem(Refusal(500, "something failed here that should not; the log has more"), "")
                await _response(failed)(scope, receive, sending)
        finally:
            self._note(scope, sent, time.perf_counter() - began)

    def _note(self, scope: Scope, sent: Mapping[str, int], seconds: float) -> None:
        """Write a line of JSON on a request. What a client sent is cut, and escaped as JSON has it."""
        if self._log is None:
            return
        headers = dict(scope["headers"])
        said = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": (scope.get("client") or ["-"])[0],
            "method": scope["method"],
            "path": scope["path"][:200],
            "query": scope.get("query_string", b"")[:500].decode("latin-1"),
            "status": sent["status"],
            "bytes": sent["bytes"],
            "ms": round(seconds * 1000, 1),
            "agent": headers.get(b"user-agent", b"")[:100].decode("latin-1"),
        }
        with suppress(OSError, ValueError):  # a full disk, or a closed pipe, must not stop answers
            self._log.write(json.dumps(said) + "\n")
            self._log.flush()


def _refused(scope: Scope) -> Reply | None:
    """Return why a request is not even looked at, if it is so."""
    accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    if len(scope["path"]) + len(scope.get("query_string", b"")) > MAX_URL:
        return problem(
            Refusal(414, f"the address has more than {MAX_URL:,} characters; send the query by POST"), accept
        )
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length[:20]) > MAX_BODY:
        return problem(Refusal(413, f"the body has more than {MAX_BODY // 1024**2} MB; make the query shorter"), accept)
    return None


def _guarded(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    policy = b"content-security-policy"
    return [*headers, *_HEADERS.items(), *([] if policy in given else [(policy, _POLICY)])]


async def _protocol(request: Request) -> dict[str, Any]:
    """Return the query and the graphs that a request of the SPARQL 1.1 Protocol gives.

    Raises Refusal for what is none (https://www.w3.org/TR/sparql11-protocol/#query-operation).
    """
    given = request.query_params
    if request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            body = _decoded(await _body(request))
            pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=1000)
            given = QueryParams([*request.query_params.multi_items(), *pairs])
        elif kind == "application/sparql-query":
            if "query" in given:
                raise Refusal(400, "there are two queries, in the address and in the body; send one")
            return {**_chosen(given), "query": _decoded(await _body(request))}
        elif kind == "application/sparql-update":
            raise Refusal(403, "updates are refused: the graph changes only through its files")
        else:
            raise Refusal(415, "send the query as application/x-www-form-urlencoded or application/sparql-query")
    if "update" in given:
        raise Refusal(403, "updates are refused: the graph changes only through its files")
    asked = given.getlist("query")
    if len(asked) > 1:
        raise Refusal(400, "there are several queries; send one at a time")
    if not asked and request.method == "POST":
        raise Refusal(400, "there is no query; send one as query=…")
    return {**_chosen(given), "query": asked[0] if asked else None}


def _chosen(given: Any) -> dict[str, Any]:
    return {
        "default": given.getlist("default-graph-uri"),
        "named": given.getlist("named-graph-uri"),
        "format": given.get("format"),
    }


async def _body(request: Request) -> bytes:
    """Return the body of a request. Raises Refusal for one that is too large, or that takes too long to come."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                read += part
                if len(read) > MAX_BODY:
                    raise Refusal(413, f"the body has more than {MAX_BODY // 1024**2} MB; make the query shorter")
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {BODY_SECONDS:g} seconds; send it again") from None
    return bytes(read)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "the query is not in UTF-8; send it so") from None


async def _gone(request: Request) -> None:
    """Wait until the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers)


def _unknown(request: Request, _: Exception) -> Response:
    detail = "there is nothing here; see /, /sparql, /api, /id/…, /ontology, /.well-known/void, /health"
    return _response(problem(Refusal(404, detail), request.headers.get("accept", "")))


def _wrong_method(request: Request, error: Exception) -> Response:
    made = problem(Refusal(405, f"{request.method} is not possible here"), request.headers.get("accept", ""))
    return _response(Reply(made.status, {**made.headers, **(getattr(error, "headers", None) or {})}, made.body))


def serve(settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
    """Serve until a signal says to stop; what runs by then is finished. ``say`` is told the address.

    Raises StoreError for a store that cannot be read, UsageError for an address that cannot be had.
    """
    asyncio.run(_serve(settings, say))


async def _serve(settings: Settings, say: Callable[[str], None]) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server as Granian

    _free(settings)
    served = Server(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(name, stop.set)
    async with _started(served):
        granian = Granian(
            served.app(),
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            backlog=MAX_CONNECTIONS,
            backpressure=MAX_CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=MAX_HEAD),
            log_enabled=False,
        )
        running = asyncio.ensure_future(granian.serve())
        stopped = asyncio.ensure_future(stop.wait())
        while not (running.done() or stopped.done() or await _answers(settings)):
            await asyncio.sleep(0.05)
        say(f"http://{_host(settings.host)}:{settings.port}/")
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        granian.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({running}, timeout=settings.timeout + STOP_SECONDS)


@asynccontextmanager
async def _started(served: Server) -> AsyncIterator[None]:
    await served.pool.start()
    watching = asyncio.ensure_future(served.watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await served.pool.close()


async def _answers(settings: Settings) -> bool:
    """Whether somebody listens already."""
    try:
        _, writer = await asyncio.open_connection(settings.host, settings.port)
    except OSError:
        return False
    writer.close()
    return True


def _free(settings: Settings) -> None:
    """Find out whether the address can be had, and choose a free port for 0."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family[0], socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(family[4])
            settings.port = trial.getsockname()[1]
    except OSError as error:
        raise UsageError(
            f"{settings.host}, port {settings.port}, cannot be had: {error.strerror or error}; "
            "choose another with --port"
        ) from error


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
