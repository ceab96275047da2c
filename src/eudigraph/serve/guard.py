"""What holds for every request and answer of the server: limits, header fields of safety, a line in the log.

It stands before the application (https://asgi.readthedocs.io/en/latest/specs/www.html).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eudigraph.model.errors import ServerBusy
from eudigraph.serve.access import Budget, Door, Headers, framing
from eudigraph.serve.replies import UNDER, Refusal, Reply, problem
from eudigraph.serve.settings import Settings

MAX_BODY = 1024**2
"""Bytes of the largest body that is read; a query may have 100,000 characters."""
MAX_URL = 16 * 1024
"""Characters of the longest address."""
MAX_ACCEPT = 2000
"""Characters of the longest list of formats."""
MAX_FLYING = 512 * 1024**2
"""Bytes of large answers that may be on their way to clients at once."""
LARGE = 1024**2
"""Bytes from which an answer is large. Others are never refused, so that pages are there whatever else is fetched."""
BODY_SECONDS = 10.0
"""Seconds in which the body of a request must have come."""
SEND_SECONDS = 20.0
"""Seconds in which a client must have taken the next piece of an answer."""
_PIECE = 64 * 1024
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",  # with "no-referrer" browsers hide the origin of forms of our own, too
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
_UNFRAMED = b"frame-ancestors 'none'"
_POLICY = b"default-src 'none'; " + _UNFRAMED
"""What the browser may do with an answer that does not say it itself, as pages of ours do."""


class Guard:
    """An application around another, which refuses whom it does not know, and what is too much, before that sees it.

    The other finds in ``scope["budget"]`` what the client has left, or None.
    """

    def __init__(self, app: ASGIApp, settings: Settings, door: Door) -> None:
        self._app, self._log, self._door = app, settings.log, door
        self._under, self._path = settings.path, unquote(settings.path)
        own = b"cross-origin" if "*" in settings.cors else b"same-origin"
        self._headers = [*_HEADERS.items(), (b"cross-origin-resource-policy", own)]
        if not settings.frame_ancestors:
            self._headers.append((b"x-frame-options", b"DENY"))
        self._framing = framing(settings).encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        sent = {"status": 0, "bytes": 0}
        UNDER.set(self._under)
        given = Headers(scope)
        client = self._door.client(scope, given)
        shared: dict[str, str] = {}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent["status"] = message["status"]
                message["headers"] = self._guarded(message.get("headers", ()), shared)
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)
            sent["bytes"] += len(message.get("body", b""))

        accept = _accept(scope["headers"])
        others = [(name, value) for name, value in scope["headers"] if name != b"accept"]
        # No extensions, such as one by which the server sends files itself: our deadlines would not hold there.
        scope = {**scope, "headers": [*others, (b"accept", accept[:MAX_ACCEPT].encode("latin-1"))], "extensions": {}}
        scope |= {"path": self._inner(scope["path"]), "budget": self._door.budget(client, given)}
        found: Reply | Refusal | None = self._door.refusal(given)
        if not found:
            shared |= self._door.cors(given)
            found = self._too_much(scope, accept) or self._door.preflight(scope["method"], given)
        found = found or self._door.stranger(given)
        try:
            if found:
                reply = found if isinstance(found, Reply) else problem(found, accept[:MAX_ACCEPT])
                await response(reply)(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except (ClientDisconnect, TimeoutError):
            sent["status"] = 499  # as nginx logs a client that has gone
        except Exception:  # the application has answered already
            logging.getLogger(__name__).exception("a request failed")
        finally:
            self._note(scope, client, sent, time.perf_counter() - began)

    def _inner(self, path: str) -> str:
        """Return a path as the application knows it, whether or not a proxy has taken ours away already."""
        if self._path and (path == self._path or path.startswith(f"{self._path}/")):
            return path[len(self._path) :] or "/"
        return path

    def _too_much(self, scope: Scope, accept: str) -> Refusal | None:
        budget: Budget | None = scope["budget"]
        return _refusal(scope, accept) or (self._door.budgets.refusal(budget) if budget else None)

    def _guarded(self, headers: Sequence[tuple[bytes, bytes]], shared: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        """Return the header fields of an answer with those of safety, and those that let a page elsewhere read it."""
        made = {name.lower(): value for name, value in headers}
        more = {name.encode("ascii"): value.encode("latin-1") for name, value in shared.items()}
        if b"vary" in made and b"vary" in more:
            more[b"vary"] = made[b"vary"] + b", " + more[b"vary"]
        made |= more
        policy = made.get(b"content-security-policy", _POLICY)
        made[b"content-security-policy"] = policy.replace(_UNFRAMED, self._framing)
        return [*made.items(), *self._headers]

    def _note(self, scope: Scope, client: str, sent: Mapping[str, int], seconds: float) -> None:
        """Write a line of JSON on a request. What a client sent is cut, and escaped as JSON has it."""
        if self._log is None:
            return
        headers = dict(scope["headers"])
        said = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": client[:100],
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


class Sent(Response):
    """An answer that is sent in pieces, so that a client that does not take them holds nothing up for long."""

    flying: ClassVar[int] = 0
    """Bytes of all large ones that are on their way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the answer; ``Guard`` gives up a client that does not take it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = b"" if scope["method"] == "HEAD" else bytes(self.body)
        flying = len(body) if len(body) >= LARGE else 0
        Sent.flying += flying
        try:
            for start in range(0, max(1, len(body)), _PIECE):
                piece, more = body[start : start + _PIECE], start + _PIECE < len(body)
                await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            Sent.flying -= flying


def response(reply: Reply) -> Response:
    """Return a reply as it is sent; that there is too much to send already, if it is so."""
    if len(reply.body) >= LARGE and Sent.flying + len(reply.body) > MAX_FLYING:
        reply = problem(ServerBusy("too many large answers are on their way; try again in a moment"), "")
    return Sent(reply.body, reply.status, reply.headers)


async def body_of(request: Request) -> bytes:
    """Return the body of a request. Raises Refusal for one that is too large, breaks off, or takes too long to come."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                read += part
                if len(read) > MAX_BODY:
                    raise Refusal(413, f"the body has more than {MAX_BODY // 1024**2} MB; make the query shorter")
    except TimeoutError:
        raise Refusal(408, f"the body did not come within {BODY_SECONDS:g} seconds; send it again") from None
    except ClientDisconnect:
        raise Refusal(400, "the body broke off; send it again") from None
    return bytes(read)


def _accept(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """Return the formats that a client takes: all its lists as one, in small letters, without profiles."""
    given = ",".join(value.decode("latin-1") for name, value in headers if name == b"accept")
    if len(given) > MAX_ACCEPT:
        return given
    plain = re.sub(r';\s*\w+\s*=\s*"[^"]*"', "", given.lower())
    return ", ".join(part.strip() for part in plain.split(",") if part.strip())


def _refusal(scope: Scope, accept: str) -> Refusal | None:
    """Return why a request is not even looked at, if it is so."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if len(scope["path"]) + len(scope.get("query_string", b"")) > MAX_URL:
        return Refusal(414, f"the address has more than {MAX_URL:,} characters; send the query by POST")
    if len(accept) > MAX_ACCEPT:
        return Refusal(400, f"the header Accept has more than {MAX_ACCEPT:,} characters; make it shorter")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        return Refusal(415, "a body that is packed is not read; send it as it is")
    if not length.isdigit() or int(length[:20]) > MAX_BODY:
        return Refusal(413, f"the body has more than {MAX_BODY // 1024**2} MB; make the query shorter")
    return None
