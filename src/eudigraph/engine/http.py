"""Talking to a server elsewhere that may be slow, down or hostile: limits on time and size, and errors for people.

A time limit on each read is none on the whole: who sends a byte now and then never reaches it. So each exchange runs in
a thread that is waited for until the deadline and then left to itself.
"""

from __future__ import annotations

import html
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from ssl import SSLCertVerificationError
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from requests.utils import get_environ_proxies, get_netrc_auth

from eudigraph.model.errors import QueryTimeout, StoreError, UsageError
from eudigraph.model.text import cut
from eudigraph.model.version import VERSION

MAX_REDIRECTS = 5
_CONNECT = 10.0
"""Seconds in which a server must accept a connection."""
_PIECE = 4096
"""Bytes that are read at a time: few, so that a thread that was given up soon sees that its time is over."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Response:
    """What a server answered. ``headers`` are found in any case; ``kind`` is the media type without parameters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The media type, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def said(self) -> str:
        """Return the beginning of an answer that is meant for people, without its markup."""
        text = re.sub(
            r"(?is)<(style|script|title)\b.*?</\1\s*>|<[^<>]{0,200}>",
            " ",
            self.body[:20_000].decode("utf-8", "replace"),
        )
        return cut(" ".join(html.unescape(text).split()), 300)


@dataclass(frozen=True)
class _Request:
    method: str
    parameters: tuple[tuple[str, str], ...]
    data: bytes | None
    headers: Mapping[str, str]
    deadline: float
    most: int
    only_start: bool


class Client:
    """One address of a server, with the connections to it. Name and password never stand in ``url`` or in messages.

    They are those of the URL, of the variables EUDIGRAPH_USER and EUDIGRAPH_PASSWORD, or of ~/.netrc, in this order.
    Raises UsageError for an invalid URL.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        if (
            not host
            or parts.scheme.lower() not in ("http", "https")
            or parts.fragment
            or re.search(r"[\x00-\x20]", url)
        ):
            raise UsageError("the address of an endpoint is such as http://localhost:7878/query; correct it")
        self.url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._credentials = _credentials(parts.username, parts.password, self.url)
        self._auth: HTTPBasicAuth | HTTPDigestAuth | None = None
        self._adapter = HTTPAdapter()  # no session: it would read what comes with a redirection to its end
        self._idle: list[_Worker] = []

    def send(
        self,
        method: str,
        parameters: tuple[tuple[str, str], ...] = (),
        *,
        data: bytes | None = None,
        headers: Mapping[str, str],
        timeout: float,
        most: int,
        only_start: bool = False,
    ) -> Response:
        """Return the answer to a request, whatever its status but 401 and 403.

        Raises QueryTimeout if it is not there, whole, within ``timeout`` seconds, and StoreError for a server that
        cannot be reached, breaks off, wants another name and password, or sends more than ``most`` bytes (with
        ``only_start``, the rest is then omitted).
        """
        request = _Request(method, parameters, data, headers, time.monotonic() + timeout, most, only_start)
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._exchange)
        worker.requests.put(request)
        try:
            reply = worker.replies.get(timeout=timeout)
        except queue.Empty:
            reply = TimeoutError()
        except BaseException:
            worker.requests.put(None)
            raise
        if isinstance(reply, TimeoutError) or (isinstance(reply, Exception) and time.monotonic() >= request.deadline):
            worker.requests.put(None)
            raise QueryTimeout(
                f"{self.url} did not answer within {timeout:g} seconds; ask for less, or allow more time"
            )
        self._idle.append(worker)
        if isinstance(reply, Exception):
            raise StoreError(f"{self.url} {_reason(reply)}")
        if reply.status == 401:
            mend = "correct" if self._credentials else "set"
            raise StoreError(
                f"{self.url} does not let us in without a user's name and password that it knows; {mend} the variables "
                "EUDIGRAPH_USER and EUDIGRAPH_PASSWORD, or ~/.netrc"
            )
        if reply.status == 403:
            raise StoreError(f"{self.url} forbids it ({reply.said()}); ask whoever runs it for the right to do so")
        return reply

    def _exchange(self, request: _Request) -> Response:
        url = self.url
        for _ in range(MAX_REDIRECTS + 1):
            with self._once(request, url) as response:
                if response.status_code not in (301, 302, 307, 308) or "Location" not in response.headers:
                    body = b"" if response.status_code == 401 else _body(response, request)
                    return Response(response.status_code, response.headers, body)
                url = _redirected(url, response.headers["Location"])
        raise StoreError(f"redirects more than {MAX_REDIRECTS} times; give the address it means to lead to")

    def _once(self, request: _Request, url: str) -> requests.Response:
        """Send a request, once more with name and password where these are asked for."""
        ours = urlsplit(url)[:2] == urlsplit(self.url)[:2]  # scheme, host and port
        auth = self._auth if ours else None
        made = requests.Request(
            request.method,
            url,
            params=request.parameters if url == self.url else None,
            data=request.data,
            headers={"User-Agent": f"eudigraph/{VERSION}", "Accept-Encoding": "gzip, deflate", **request.headers},
            auth=auth,
        ).prepare()
        left = max(0.1, request.deadline - time.monotonic())
        how: dict[str, Any] = {
            "stream": True,
            "timeout": (min(_CONNECT, left), left),
            "verify": os.environ.get("REQUESTS_CA_BUNDLE") or True,
            "proxies": {} if urlsplit(url).hostname in _LOOPBACK else get_environ_proxies(url),
        }
        response = self._adapter.send(made, **how)
        if response.status_code != 401 or not ours or not self._credentials:
            return response
        response.close()
        if auth is None:
            digest = response.headers.get("WWW-Authenticate", "").lower().startswith("digest")
            auth = self._auth = (HTTPDigestAuth if digest else HTTPBasicAuth)(*self._credentials)
            made = auth(made)
            if not digest:
                return self._adapter.send(made, **how)
        if isinstance(auth, HTTPDigestAuth):
            response.raw = BytesIO()  # else it would read what came with the refusal, however long
            response = auth.handle_401(response, **how)  # type: ignore[no-untyped-call]
        return response


class _Worker:
    """A thread of its own for one exchange after the other; it keeps what Digest has agreed on with the server."""

    def __init__(self, exchange: Callable[[_Request], Response]) -> None:
        self.requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self.replies: queue.SimpleQueue[Response | Exception] = queue.SimpleQueue()
        threading.Thread(target=self._work, args=(exchange,), daemon=True).start()

    def _work(self, exchange: Callable[[_Request], Response]) -> None:
        while request := self.requests.get():
            try:
                self.replies.put(exchange(request))
            except Exception as error:
                self.replies.put(error)


def _credentials(user: str | None, password: str | None, url: str) -> tuple[str, str] | None:
    if user:
        return unquote(user), unquote(password or "")
    if user := os.environ.get("EUDIGRAPH_USER"):
        return user, os.environ.get("EUDIGRAPH_PASSWORD", "")
    with suppress(OSError, ValueError):
        return get_netrc_auth(url)
    return None


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https") or (scheme == "http" and urlsplit(url).scheme == "https"):
        raise StoreError("redirects to what is no address of the same safety; give the address it means to lead to")
    return target


def _body(response: requests.Response, request: _Request) -> bytes:
    parts, size = [], 0
    try:
        for part in response.iter_content(_PIECE):
            parts.append(part)
            size += len(part)
            if size > request.most:
                if request.only_start:
                    break
                raise StoreError(f"answers with more than {request.most / 1024**2:,.0f} MB; ask for less")
            if time.monotonic() > request.deadline:
                raise TimeoutError
    except requests.RequestException as error:
        raise StoreError(
            "broke off in the middle of its answer; try again, and look into its log if it does so again"
        ) from error
    return b"".join(parts)


def _reason(error: BaseException) -> str:
    """Return why an exchange failed, without what might hold a password or whole queries."""
    if isinstance(error, StoreError):
        return str(error)
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, SSLCertVerificationError) for cause in causes):
        return "has no certificate that this machine trusts; mend that, or set REQUESTS_CA_BUNDLE"
    if isinstance(error, requests.ConnectionError):
        told = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
        why = told[-1] if told else "the connection was closed"
        return f"cannot be reached ({why}); is it running, and is the address right?"
    return f"gave an answer that cannot be read ({type(error).__name__}); is it the address of a SPARQL endpoint?"
