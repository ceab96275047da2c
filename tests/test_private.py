"""Who may ask the server: this machine alone until it is opened, and then whom it is opened to."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from browsing import IN_BROWSER
from conftest import Run
from eudigraph.engine import store
from eudigraph.model.errors import UsageError
from eudigraph.model.names import BASE, XSD
from eudigraph.serve import access, pages, replies, settings
from serving import COUNTRIES, Answer, Client, serving, wait

pytestmark = pytest.mark.server

TOKEN = "correct-horse-battery-staple"
PREFLIGHT: dict[str, Any] = {
    "access_control_request_method": "POST",
    "access_control_request_headers": "x-requested-with",
}
ELSEWHERE = "https://evil.example"


@pytest.fixture(scope="module")
def private(built: store.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server as it comes."""
    with serving(built.folder, tmp_path_factory.mktemp("private") / "log", "--workers", 2) as client:
        yield client


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    return _token_file(tmp_path / "token", TOKEN + "\n")


def _token_file(path: Path, held: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(held if isinstance(held, bytes) else held.encode())
    path.chmod(mode)
    return path


def status(port: int, *lines: str, first: str = "GET /health HTTP/1.1") -> int:
    """Return the status of a request that is sent as it stands."""
    head = "\r\n".join([first, *lines, "Connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode("latin-1"))
        return int(connection.recv(1000).split()[1])


# --- By default: this machine, by its own names, and no page elsewhere ------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost:{}",
        "127.0.0.1:{}",
        "[::1]:{}",
        "LocalHost:{}",
        "localhost.:{}",
        "127.0.0.99:{}",
        "[0:0:0:0:0:0:0:1]:{}",
        "[::ffff:127.0.0.1]:{}",
    ],
)
def test_this_machine_is_known_by_its_own_names(private: Client, host: str) -> None:
    assert status(private.port, f"Host: {host.format(private.port)}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{}",
        "localhost",  # that is port 80
        "localhost:80",
        "localhost:",
        "localhost:{}0",
        "localhost:-{}",
        "localhost:{} ",
        "localhost:{}@evil.example",
        "evil.example#localhost:{}",
        "localhost.evil.example:{}",
        "evil.localhost:{}",
        "127.0.0.1.evil.example:{}",
        "127.0.0.1.nip.io:{}",
        "localhost..:{}",
        ".localhost:{}",
        "0.0.0.0:{}",
        "[::]:{}",
        "::1:{}",
        "[::1:{}",
        "[::1%25lo]:{}",
        "10.0.0.1:{}",
        "2130706433:{}",
        "0x7f000001:{}",
        "127.1:{}",
        "127.0.0.01:{}",
        "http://localhost:{}",
        "localhost:{}, evil.example",
        "lo\xe7alhost:{}",
        "*",
        "null",
        "",
    ],
)
def test_a_name_that_is_not_this_machines_is_refused(private: Client, host: str) -> None:
    given = host.format(private.port)
    expected = 200 if given.strip() == f"localhost:{private.port}" else 421  # spaces at the end are no part of it
    assert status(private.port, f"Host: {given}") == expected


def test_a_request_without_host_or_with_two_is_refused(private: Client) -> None:
    ours = f"Host: {private.host}"
    assert status(private.port) == 421
    assert status(private.port, first="GET /health HTTP/1.0") == 421
    assert status(private.port, ours, ours) == 400
    assert status(private.port, ours, "Host: evil.example") == 400
    assert status(private.port, first="GET http://evil.example/health HTTP/1.1") == 421
    assert status(private.port, "Host: evil.example", first="GET http://localhost/health HTTP/1.1") == 421
    for path in ("/", "/sparql?query=ASK%7B%7D", "/data/eudigraph.nq", "/id/country/japan", "/api", "/nothing"):
        assert private.ask(path, host="rebound.example").status == 421
    assert status(private.port, "Host: evil.example", first="OPTIONS * HTTP/1.1") == 421


def test_the_refusal_says_how_to_open_it(private: Client) -> None:
    wrong = private.ask("/", host="kg.example:8080")
    assert "kg.example:8080" in wrong.json()["detail"]
    assert "--public-url" in wrong.json()["detail"]
    elsewhere = private.ask("/", origin=ELSEWHERE)
    assert (elsewhere.status, ELSEWHERE in elsewhere.text, "--cors" in elsewhere.text) == (403, True, True)
    page = private.ask("/", host="<b>evil</b>", accept="text/html")
    assert (page.status, page.media, "<b>evil" in page.text) == (421, "text/html", False)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:{}", 200),
        ("http://localhost:{}", 200),
        ("http://[::1]:{}", 200),
        ("https://127.0.0.1:{}", 200),  # behind a proxy of this machine's that ends TLS
        ("http://localhost:3000", 403),  # another program's pages
        ("http://localhost", 403),
        ("https://localhost:{}", 403),
        ("https://evil.example", 403),
        ("http://evil.example:{}", 403),
        ("http://localhost:{}.evil.example", 403),
        ("http://127.0.0.1:{}@evil.example", 403),
        ("http://evil.example/http://127.0.0.1:{}", 403),
        ("null", 403),
        ("", 403),
        ("file://", 403),
        ("chrome-extension://abcdefghijklmnop", 403),
        ("127.0.0.1:{}", 403),
    ],
)
def test_only_pages_of_its_own_may_ask(private: Client, origin: str, expected: int) -> None:
    for method in ("GET", "POST"):
        answer = private.ask(
            "/sparql",
            method=method,
            body="query=ASK%7B%7D" if method == "POST" else None,
            content_type="application/x-www-form-urlencoded",
            origin=origin.format(private.port),
        )
        assert answer.status == expected
        assert not any(name.startswith("access-control-") for name in answer.headers)


def test_two_origins_are_refused(private: Client) -> None:
    own = f"http://{private.host}"
    assert status(private.port, f"Host: {private.host}", f"Origin: {own}", f"Origin: {own}") == 400


@pytest.mark.parametrize(
    ("site", "mode", "dest", "expected"),
    [
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
        ("cross-site", "navigate", "document", 200),  # a link that somebody follows
        ("same-site", "navigate", "document", 200),
        ("cross-site", "no-cors", "script", 403),
        ("cross-site", "no-cors", "image", 403),
        ("same-site", "no-cors", "script", 403),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "object", 403),
        ("Cross-Site", "no-cors", "", 403),
    ],
)
def test_parts_of_pages_elsewhere_are_not_fetched_from_it(
    private: Client, site: str, mode: str, dest: str, expected: int
) -> None:
    answer = private.ask("/api/queries", sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest)
    assert answer.status == expected


def test_preflights_are_refused_where_no_page_may_ask(private: Client) -> None:
    answer = private.ask("/sparql", method="OPTIONS", origin=f"http://{private.host}", **PREFLIGHT)
    assert answer.status == 403
    assert not any(name.startswith("access-control-") for name in answer.headers)


# --- Open to pages elsewhere: --cors, --frame-ancestors ---------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(built: store.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that lets some pages read and frame it."""
    options = ["--cors", "https://Yasgui.example:443", "--cors", "http://localhost:3000"]
    options += ["--frame-ancestors", "https://wiki.example", "--frame-ancestors", "http://localhost:8888"]
    with serving(built.folder, tmp_path_factory.mktemp("shared") / "log", "--workers", 2, *options) as client:
        yield client


def test_pages_that_are_named_may_read_answers(shared: Client) -> None:
    for origin in ("https://yasgui.example", "http://localhost:3000"):
        for path, expected in (("/api/queries", 200), ("/sparql?query=nonsense", 400), ("/nothing", 404)):
            answer = shared.ask(path, origin=origin, sec_fetch_site="cross-site", sec_fetch_mode="cors")
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (expected, origin)
            assert "access-control-allow-credentials" not in answer.headers
            assert "retry-after" in answer.headers["access-control-expose-headers"]
            assert {"accept", "origin"} <= set(answer.headers["vary"].lower().split(", "))
    plain = shared.ask("/api/queries")
    assert "access-control-allow-origin" not in plain.headers
    assert "origin" in plain.headers["vary"]  # a cache must not give this answer to a page
    for origin in ("https://yasgui.example:444", "http://yasgui.example", "https://x.yasgui.example", "null"):
        assert shared.ask("/api/queries", origin=origin).status == 403
    assert shared.ask("/", host="yasgui.example").status == 421
    assert shared.ask("/", sec_fetch_site="cross-site", sec_fetch_mode="no-cors").status == 403


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("content-type", 204),
        ("x-requested-with", 204),
        ("accept,authorization,content-type,x-requested-with", 204),
        ("X-Client , traceparent,sentry-trace", 204),
        ("a!#$%&'*+.^_`|~9", 204),
        ("", 204),
        ("x y", 400),
        ("x, ,y", 400),
        ("x:y", 400),
        ("x\xe9", 400),
    ],
)
def test_preflights_may_ask_for_any_header(shared: Client, names: str, expected: int) -> None:
    asks: dict[str, Any] = {"access_control_request_headers": names} if names else {}
    asks |= {"access_control_request_method": "POST", "origin": "https://yasgui.example"}
    answer = shared.ask("/sparql", method="OPTIONS", **asks)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (expected, "https://yasgui.example")
    if expected == 204:
        assert answer.headers.get("access-control-allow-headers", "") == names
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST"


def test_named_sites_may_frame_pages(shared: Client, private: Client) -> None:
    for path in ("/", "/api", "/sparql", "/id/country/japan", "/ontology", "/nothing", "/health"):
        answer = shared.ask(path, accept="text/html", sec_fetch_site="cross-site", sec_fetch_mode="navigate",
                            sec_fetch_dest="iframe")  # fmt: skip
        assert answer.status in (200, 404)
        assert "x-frame-options" not in answer.headers  # it knows no names
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors https://wiki.example http://localhost:8888" in policy
        assert policy.count("frame-ancestors") == 1
        closed = private.ask(path, accept="text/html").headers
        assert (closed["x-frame-options"], "frame-ancestors 'none'" in closed["content-security-policy"]) == (
            "DENY",
            True,
        )


def test_all_pages_may_be_let_in(built: store.Built, tmp_path: Path) -> None:
    with serving(built.folder, tmp_path / "log", "--workers", 2, "--cors", "*") as client:
        for origin in (ELSEWHERE, "null", "http://localhost:1"):
            answer = client.ask("/api/queries", origin=origin)
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
            assert client.ask("/sparql", method="OPTIONS", origin=origin, **PREFLIGHT).status == 204
        script = client.ask("/api/queries", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")
        assert (script.status, script.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
        assert client.ask("/", host="rebound.example").status == 421


INVALID_ORIGINS = [
    "",
    "example.org",
    "https://",
    "https://example.org/",
    "https://example.org/kg",
    "https://example.org?x",
    "https://example.org#x",
    "https://user@example.org",
    "https://*.example.org",
    "https://example.org; script-src *",
    "https://example.org 'unsafe-inline'",
    "https://example.org,https://other.example",
    "https://example.org\r\nX-Evil: 1",
    "https://example.org\n",
    "https://example.org:99999",
    "https://example.org:0",
    "https://example.org:x",
    "https://[::1",
    "https://[zz]",
    "https://a..b",
    "javascript://example.org",
    "file:///etc",
    "'self'",
    "null",
    "https:",
    "*.*",
]


@pytest.mark.parametrize("given", INVALID_ORIGINS)
@pytest.mark.parametrize("option", ["--cors", "--frame-ancestors"])
def test_what_is_no_origin_is_refused(option: str, given: str) -> None:
    name = option.removeprefix("--").replace("-", "_")
    with pytest.raises(UsageError, match=f"{option}: .*https://example.org"):
        settings.Settings(Path(), **{name: [given]})  # type: ignore[arg-type]


def test_everybody_cannot_frame_pages() -> None:
    with pytest.raises(UsageError, match="--frame-ancestors"):
        settings.Settings(Path(), frame_ancestors=["*"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("HTTPS://Example.ORG", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:443", "http://example.org:443"),
        ("http://[0:0::1]:80", "http://[::1]"),
        ("https://b\xfccher.example", "https://xn--bcher-kva.example"),
        ("https://example.org.", "https://example.org"),
    ],
)
def test_origins_are_compared_as_browsers_write_them(given: str, expected: str) -> None:
    assert settings.origin(given, "--cors") == expected


# --- Open to other machines: --public, --token-file -------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", socket.gethostname()])
def test_beyond_this_machine_it_needs_to_be_told_who_may_ask(
    program: Callable[..., Run], built: store.Built, host: str
) -> None:
    found = {str(known[4][0]) for known in socket.getaddrinfo(host, None)}
    if all(map(settings.is_loopback, found)):
        pytest.skip("the name of this machine is for itself")
    done = program("serve", "--store", built.folder, "--host", host, "--port", 0)
    assert done.status == 2
    assert "--token-file" in done.err
    assert "--public" in done.err


def test_that_is_said_before_the_graph_is_built(program: Callable[..., Run], tmp_path: Path) -> None:
    done = program("serve", "--host", "0.0.0.0", "--port", 0)
    assert done.status == 2
    assert "Building" not in done.err


def test_to_the_public_it_answers_by_any_name(built: store.Built, tmp_path: Path) -> None:
    with serving(built.folder, tmp_path / "log", "--workers", 2, "--host", "0.0.0.0", "--public") as client:
        for host in ("kg.example", "10.0.0.1:80", "localhost"):
            assert client.ask("/health", host=host).status == 200
        own = client.ask("/sparql", method="POST", body="query=ASK%7B%7D", host="kg.example",
                         content_type="application/x-www-form-urlencoded", origin="https://kg.example")  # fmt: skip
        assert own.status == 200
        assert client.ask("/health", host="kg.example", origin=ELSEWHERE).status == 403
        assert not any(name.startswith("access-control-") for name in own.headers)


def _basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def test_who_has_the_token_may_ask(built: store.Built, tmp_path: Path, token_file: Path) -> None:
    options = ["--workers", 2, "--host", "0.0.0.0", "--token-file", token_file, "--cors", "https://yasgui.example"]
    log = tmp_path / "log"
    with serving(built.folder, log, *options) as client:
        for given in (f"Bearer {TOKEN}", f"bearer  {TOKEN} ", _basic("", TOKEN), _basic("anna", TOKEN)):
            assert client.ask("/health", authorization=given).status == 200
        wrong = [
            "",
            TOKEN,
            "Bearer",
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
            f"Bearer {TOKEN.upper()}",
            "Bearer \xe9",
        ]
        wrong += [f"Token {TOKEN}", _basic(TOKEN, ""), _basic("a", f"b:{TOKEN}"), "Basic !", "Basic", "Basic 4pyT"]
        wrong += [f"Basic {TOKEN}", f"Bearer {_basic('', TOKEN)}", "Basic " + b64encode(TOKEN.encode()).decode()]
        for given in wrong:
            for path in ("/", "/health", "/sparql?query=ASK%7B%7D", "/data/eudigraph.nq", "/nothing"):
                answer = client.ask(path, authorization=given, accept="text/html")
                assert (answer.status, answer.media) == (401, "text/html")
                assert answer.headers["www-authenticate"].startswith("Basic ")
        assert client.ask(f"/health?token={TOKEN}").status == 401
        # A browser asks without the token whether a page may send it.
        asks = {**PREFLIGHT, "access_control_request_headers": "authorization"}
        asked = client.ask("/sparql", method="OPTIONS", origin="https://yasgui.example", **asks)
        assert (asked.status, asked.headers["access-control-allow-headers"]) == (204, "authorization")
        told = client.ask("/health", origin="https://yasgui.example")
        assert (told.status, told.headers["access-control-allow-origin"]) == (401, "https://yasgui.example")
        processes = Path("/proc") / str(client.process.pid)
        assert TOKEN not in (processes / "cmdline").read_text() + (processes / "environ").read_text("latin-1")
        assert f"Bearer {TOKEN}" not in log.read_text("utf-8")


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(settings.Settings(Path(), token=TOKEN))


@pytest.mark.parametrize(
    ("held", "mode", "words"),
    [
        ("", 0o600, "is empty"),
        (" \n", 0o600, "is empty"),
        ("hunter2", 0o600, "16 to"),
        ("x" * 15, 0o600, "16 to"),
        ("x" * 2000, 0o600, "16 to"),
        ("two words, or rather more", 0o600, "one line"),
        ("first-line-of-it\nsecond-line-of-it", 0o600, "one line"),
        ("caf\xe9-au-lait-pour-tous", 0o600, "one line"),
        (b"\x00" * 32, 0o600, "one line"),
        (TOKEN, 0o644, "chmod 600"),
        (TOKEN, 0o640, "chmod 600"),
        (TOKEN, 0o602, "chmod 600"),
    ],
)
def test_a_token_that_will_not_do_is_refused(tmp_path: Path, held: str | bytes, mode: int, words: str) -> None:
    file = _token_file(tmp_path / "token", held, mode)
    with pytest.raises(UsageError, match=words) as raised:
        settings.read_token(file)
    assert str(file) in str(raised.value)
    shown = held.strip() if isinstance(held, str) else ""
    assert not shown or shown not in str(raised.value)


def test_a_token_file_that_is_none_is_refused(program: Callable[..., Run], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, tmp_path / "missing", pipe, Path("/dev/null")):
        done = program("serve", "--token-file", path)
        assert done.status == 2
        assert f"--token-file {path}" in done.err
        assert "Traceback" not in done.err


def test_nobody_is_told_to_close_or_overwrite_a_file_that_holds_something_else(tmp_path: Path) -> None:
    held = _token_file(tmp_path / "users", "root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/bin/false\n", 0o644)
    for file in (held, tmp_path, tmp_path / "users" / "below"):
        with pytest.raises(UsageError) as raised:
            settings.read_token(file)
        assert "chmod" not in str(raised.value)
        assert f"> {file}" not in str(raised.value)


def test_the_token_may_end_in_a_line_end(tmp_path: Path) -> None:
    for held in (TOKEN, TOKEN + "\n", TOKEN + "\r\n"):
        assert settings.read_token(_token_file(tmp_path / "token", held)) == TOKEN


# --- Behind a proxy with a path: --public-url -------------------------------------------------------------------------


class _Forward(BaseHTTPRequestHandler):
    """Sends a request on to the server behind, and its answer back."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        proxy: Proxy = self.server.proxy  # type: ignore[attr-defined]
        if not (self.path == "/kg" or self.path.startswith(("/kg/", "/kg?"))):
            self._send(404, [], b"not below the path")
            return
        path = self.path.removeprefix("/kg") if proxy.strips else self.path
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        headers["Host"] = self.headers["Host"] if proxy.keeps_host else f"127.0.0.1:{proxy.behind}"
        headers["X-Forwarded-For"] = ", ".join(filter(None, [self.headers["X-Forwarded-For"], proxy.client]))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection("127.0.0.1", proxy.behind, timeout=20)
        connection.request(self.command, path if path.startswith("/") else f"/{path}", body or None, headers)
        reply = connection.getresponse()
        self._send(reply.status, reply.getheaders(), reply.read())
        connection.close()

    do_HEAD = do_POST = do_OPTIONS = do_GET

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class Proxy:
    """A proxy that stands before a server, at ``/kg``; whom it says it was asked by, and what it does to requests."""

    behind: int = 0
    strips: bool = True
    keeps_host: bool = True
    client: str = "192.0.2.1"
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Forward)
        self.server.proxy = self  # type: ignore[attr-defined]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def ask(self, path: str, **headers: str) -> Answer:
        client = Client(None, self.port, Path())  # type: ignore[arg-type]
        given: dict[str, Any] = {"host": f"kg.example:{self.port}", **headers}
        return client.ask(path, **given)


@pytest.fixture(scope="module")
def proxied(built: store.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    proxy = Proxy()
    log = tmp_path_factory.mktemp("proxied") / "log"
    options = ["--workers", 2, "--public-url", f"http://kg.example:{proxy.port}/kg/", "--requests-per-minute", 0]
    with serving(built.folder, log, *options) as client:
        proxy.behind = client.port
        yield proxy
    proxy.server.shutdown()
    proxy.server.server_close()


@pytest.fixture(params=[(True, True), (True, False), (False, True), (False, False)], ids=repr)
def proxy(proxied: Proxy, request: pytest.FixtureRequest) -> Proxy:
    """A proxy that takes the path away or not, and passes the name on that it was asked by, or not."""
    proxied.strips, proxied.keeps_host = request.param
    return proxied


PAGES = (
    "/kg",
    "/kg/",
    "/kg/?lang=de,fr",
    "/kg/api",
    "/kg/api?lang=fr",
    "/kg/api/queries/topics?country=Japan&lang=de",
    "/kg/api/queries/meetings-of",
    "/kg/api/queries/nothing",
    "/kg/sparql",
    f"/kg/sparql?{urlencode({'query': COUNTRIES})}",
    "/kg/sparql?query=nonsense",
    "/kg/ontology",
    "/kg/id/country/japan",
    "/kg/id/passage/euractiv-2023-04/05",
    "/kg/id/nothing",
    "/kg/explain?subject=Japan&property=cooperates+on&object=6G",
    "/kg/explain",
    "/kg/nothing",
)


def _addresses(page: str) -> list[str]:
    """Return where a page leads: links, forms, other formats."""
    return [unescape(found) for found in re.findall(r'(?:href|action|src)="([^"]*)"', page)]


def test_every_link_of_every_page_stays_below_the_path(proxy: Proxy) -> None:
    seen: set[str] = set()
    for path in PAGES:
        answer = proxy.ask(path, accept="text/html")
        assert answer.media == "text/html", path
        found = [to for to in _addresses(answer.text) if to.startswith("/")]
        assert found, path
        assert [to for to in found if not to.startswith("/kg/")] == [], path
        assert not re.search(r'["\' ]/(api|sparql|id|ontology|explain|data)\b', answer.text), path
        assert "/kg/kg" not in answer.text
        seen |= {to.partition("#")[0] for to in found}
    kinds: dict[str, str] = {}
    for to in sorted(seen):  # one of each kind, with and without parameters
        kinds.setdefault(re.sub(r"[\w-]+(?=\?|$)", "", to.partition("?")[0]) + "?" * ("?" in to), to)
    for to in kinds.values():
        answer = proxy.ask(to)
        assert answer.status == 200 or "needs" in answer.text, to


def test_what_programs_read_names_the_path(proxy: Proxy) -> None:
    top = f"http://kg.example:{proxy.port}/kg"
    api = proxy.ask("/kg/api/openapi.json").json()
    assert api["servers"] == [{"url": top}]
    for listed in proxy.ask("/kg/api/queries").json()["queries"]:
        assert listed["href"] == f"/kg/api/queries/{listed['name']}"
    assert proxy.ask("/kg/api/queries/officials?format=json").json()["rows"]
    for path in ("/kg/sparql", "/kg/.well-known/void"):
        told = proxy.ask(path, accept="text/turtle")
        assert told.status == 200
        read = {
            getattr(node, "value", "") for quad in parse(told.body, RdfFormat.TURTLE) for node in (quad[0], quad[2])
        }
        ours = {node for node in read if "kg.example" in node}
        assert f"{top}/sparql" in ours
        assert [node for node in ours if not node.startswith(f"{top}/")] == []
        dumps = [node for node in ours if "/data/" in node]
        assert path == "/kg/sparql" or dumps
        for dump in dumps:
            assert proxy.ask(urlsplit(dump).path).status == 200
    for path in ("/kg/nothing", "/kg/id/nothing", "/kg/id/%20"):
        assert "/kg/" in proxy.ask(path, accept="application/json").json()["detail"]


def test_no_answer_leads_out_of_the_path(proxy: Proxy) -> None:
    for path in ("/kg", "/kg/sparql/", "/kg//evil.example", "/kg/api/", "/kg/%2F%2Fevil.example", "/kg/kg/"):
        answer = proxy.ask(path)
        assert "location" not in answer.headers
        assert "evil.example" not in answer.headers.get("link", "")


def test_pages_of_the_public_address_may_ask_and_others_not(proxy: Proxy) -> None:
    assert proxy.ask("/kg/health", origin=f"http://kg.example:{proxy.port}").status == 200
    for origin in ("https://kg.example", "http://kg.example", "http://kg.example.evil.example", ELSEWHERE):
        assert proxy.ask("/kg/health", origin=origin).status == 403
    expected = 421 if proxy.keeps_host else 200
    assert proxy.ask("/kg/health", host="rebound.example").status == expected
    assert proxy.ask("/kg/health", host="KG.example.").status == 200


class TestInABrowser:
    """The pages as browsers show them."""

    pytestmark = IN_BROWSER

    def test_the_pages_can_be_used_behind_a_proxy(
        self, watched: Callable[..., Page], built: store.Built, tmp_path: Path
    ) -> None:
        """A long query goes by POST, for which the browser gives an origin."""
        proxy = Proxy(strips=False)
        top = f"http://localhost:{proxy.port}/kg"
        with serving(built.folder, tmp_path / "log", "--workers", 2, "--public-url", top) as client:
            proxy.behind = client.port
            page = watched(f"{top}/api", asks=top)
            page.locator("form[action='/kg/api/queries/topics'] input[name=country]").fill("Japan")
            page.locator("form[action='/kg/api/queries/topics'] button").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Topics of partners")
            page.get_by_role("link", name="SPARQL", exact=True).click()
            page.locator("#query").fill(f"# {'long ' * 2000}\nSELECT (41 + 1 AS ?answer) {{}}")
            page.get_by_role("button", name="Run").click()
            expect(page.locator("td")).to_have_text("42")
            assert page.url == f"{top}/sparql"
            page.get_by_role("link", name="eudigraph").click()
            expect(page).to_have_title(re.compile("eudigraph"))
            page.get_by_role("link", name="Ontology").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Ontology")
        proxy.server.shutdown()
        proxy.server.server_close()

    def test_a_page_elsewhere_reads_nothing(self, browser: Browser, private: Client) -> None:
        """What a browser lets through, the server refuses: the page is of the same machine, at another port."""
        proxy = Proxy()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://localhost:{proxy.port}/")
        top = f"http://localhost:{private.port}"
        tries = """async top => {
          const tried = async (path, options) => {
            try { return (await fetch(top + path, options)).type; } catch { return "refused"; }
          };
          const script = await new Promise(done => {
            const made = document.createElement("script");
            made.onload = () => done("ran"); made.onerror = () => done("refused");
            made.src = `${top}/api/queries`; document.head.append(made);
          });
          return [await tried("/sparql?query=ASK%7B%7D"), await tried("/sparql", {method: "POST", body: "x"}),
            await tried("/", {headers: {"X-Requested-With": "x"}}), await tried("/", {mode: "no-cors"}), script];
        }"""
        found = page.evaluate(tries, top)
        assert found == ["refused"] * 5
        context.close()
        proxy.server.shutdown()
        proxy.server.server_close()


@pytest.mark.parametrize(
    "given",
    [
        "javascript:alert(1)",
        "https://x y/",
        "example.org",
        "https:example.org",
        "http://x/?a=b",
        "http://x/#a",
        "https://x/kg?",
        'http://x/"<>',
        "http://x/{a}",
        "http://user:password@x/kg",
        "http://x//kg",
        "http://x/a/../b",
        "http://x/%2e%2e/b",
        "http://x/%00",
        "http://x/%ff",
        "http://x/kg\nX: y",
        "http://x:0/",
        "http://x:99999/",
        "ftp://x/",
        "http:///kg",
        "https://x/api",  # where the server has pages of its own
        "https://x/sparql",
        "https://x/id/kg/",
        "https://x/data",
    ],
)
def test_an_invalid_public_address_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="--public-url"):
        settings.Settings(Path(), public_url=given)


def test_the_command_refuses_what_is_invalid(program: Callable[..., Run]) -> None:
    for option, value in (
        ("--public-url", "https://x/sparql"),
        ("--cors", "https://x/"),
        ("--frame-ancestors", "*"),
        ("--proxies", "-1"),
        ("--requests-per-minute", "-1"),
        ("--seconds-per-minute", "many"),
        ("--seconds-per-minute", "nan"),
        ("--timeout", "nan"),
    ):
        done = program("serve", option, value)
        assert (done.status, option in done.err, "Traceback" in done.err) == (2, True, False), done.err


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.org:443/kg/", "https://example.org/kg"),
        ("https://example.org/data/kg", "https://example.org/data/kg"),
        ("https://example.org/k g".replace(" ", "%20"), "https://example.org/k%20g"),
        ("https://example.org/\xe4", "https://example.org/%C3%A4"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_a_public_address_is_written_in_one_way(given: str, expected: str) -> None:
    assert settings.Settings(Path(), public_url=given).base == expected


# --- A budget for each client: --proxies, --requests-per-minute, --seconds-per-minute ---------------------------------


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_client_has_so_many_requests_a_minute_and_others_have_theirs() -> None:
    clock = Clock()
    budgets = access.Budgets(6, 0, clock)
    assert [budgets.refusal(budgets.of("192.0.2.1")) for _ in range(6)] == [None] * 6
    refused = budgets.refusal(budgets.of("192.0.2.1"))
    assert refused is not None
    assert (refused.status, refused.headers["retry-after"]) == (429, "10")
    assert budgets.refusal(budgets.of("192.0.2.2")) is None
    clock.now += 9.9
    assert budgets.refusal(budgets.of("192.0.2.1")) is not None
    clock.now += 0.2
    assert budgets.refusal(budgets.of("192.0.2.1")) is None
    clock.now += 3600  # it does not save up
    assert sum(budgets.refusal(budgets.of("192.0.2.1")) is None for _ in range(20)) == 6


def test_what_queries_took_is_made_good_before_others_run() -> None:
    clock = Clock()
    budgets = access.Budgets(0, 30, clock)
    budgets.of("192.0.2.1").spend(45)
    refused = budgets.refusal(budgets.of("192.0.2.1"))
    assert refused is not None
    wait = int(refused.headers["retry-after"])
    assert 30 < wait <= 31
    clock.now += wait
    assert budgets.refusal(budgets.of("192.0.2.1")) is None
    assert budgets.refusal(budgets.of("192.0.2.2")) is None


def test_without_limits_nothing_is_refused() -> None:
    budgets = access.Budgets(0, 0, Clock())
    budgets.of("192.0.2.1").spend(1e6)
    assert all(budgets.refusal(budgets.of("192.0.2.1")) is None for _ in range(1000))


def test_the_table_of_clients_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MAX_CLIENTS", 100)
    budgets = access.Budgets(2, 0, Clock())
    for _ in range(2):
        budgets.refusal(budgets.of("192.0.2.1"))
    for number in range(5000):
        budgets.of(f"10.0.{number // 250}.{number % 250}")
        assert budgets.refusal(budgets.of("192.0.2.1")) is not None  # who goes on asking is not forgotten
    assert len(budgets) == 100


def test_a_network_of_ipv6_is_one_client() -> None:
    budgets = access.Budgets(2, 0, Clock())
    assert budgets.of("2001:db8::1") is budgets.of("2001:db8::ffff:1:2")
    assert budgets.of("2001:db8::1") is not budgets.of("2001:db8:0:1::1")
    assert budgets.of("::ffff:192.0.2.1") is budgets.of("192.0.2.1")
    assert budgets.of("192.0.2.1") is not budgets.of("192.0.2.2")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, [], "198.51.100.7"),
        (0, ["192.0.2.1"], "198.51.100.7"),
        (1, [], "198.51.100.7"),
        (1, ["192.0.2.1"], "192.0.2.1"),
        (1, ["127.0.0.1, 192.0.2.1"], "192.0.2.1"),
        (1, ["127.0.0.1", "192.0.2.1"], "192.0.2.1"),
        (2, ["127.0.0.1, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        (2, ["192.0.2.1"], "192.0.2.1"),
        (1, ["192.0.2.1:4711"], "192.0.2.1"),
        (1, ["[2001:db8::1]:4711"], "2001:db8::1"),
        (1, ["2001:DB8:0::1"], "2001:db8::1"),
        (1, ["unknown"], "198.51.100.7 (by a proxy)"),
        (1, ["192.0.2.1,"], "198.51.100.7 (by a proxy)"),
        (1, ["x" * 5000], "198.51.100.7 (by a proxy)"),
    ],
)
def test_a_client_is_who_the_proxies_say_that_we_were_told_of(
    proxies: int, forwarded: list[str], expected: str
) -> None:
    door = access.Door(settings.Settings(Path(), proxies=proxies), "127.0.0.1")
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"client": ("198.51.100.7", 1), "headers": headers}
    assert door.client(scope, access.Headers(scope)) == expected


def test_who_says_to_be_this_machine_behind_a_proxy_is_not_believed() -> None:
    door = access.Door(settings.Settings(Path(), proxies=1), "127.0.0.1")
    local = access.Headers({"headers": []})
    by_proxy = access.Headers({"headers": [(b"x-forwarded-for", b"127.0.0.1")]})
    assert door.budget("127.0.0.1", local) is None
    assert door.budget("127.0.0.1", by_proxy) is not None


def test_a_client_that_asks_too_much_is_told_when_to_come_again(
    built: store.Built, tmp_path: Path, token_file: Path
) -> None:
    log = tmp_path / "log"
    options = ["--workers", 2, "--public", "--proxies", 1, "--token-file", token_file, "--cors", "*"]
    with serving(built.folder, log, *options, "--requests-per-minute", 5, "--seconds-per-minute", 600) as client:
        got = [client.ask("/health", x_forwarded_for=f"10.9.9.{n}, 192.0.2.1").status for n in range(7)]
        assert got == [200] * 5 + [429] * 2
        refused = client.ask("/health", x_forwarded_for="192.0.2.1", origin=ELSEWHERE)
        assert 1 <= int(refused.headers["retry-after"]) <= 12
        assert refused.headers["access-control-allow-origin"] == "*"
        assert "5 requests" in refused.json()["detail"]
        assert client.ask("/health", x_forwarded_for="192.0.2.2").status == 200
        for _ in range(8):
            assert client.ask("/health").status == 200  # this machine
            known = client.ask("/health", x_forwarded_for="192.0.2.1", authorization=f"Bearer {TOKEN}")
            assert known.status == 200
        assert client.ask("/health", x_forwarded_for="192.0.2.2", authorization="Bearer wrong").status == 200
    clients = {json.loads(line)["client"] for line in log.read_text("utf-8").splitlines()}
    assert clients == {"192.0.2.1", "192.0.2.2", "127.0.0.1"}


def test_a_client_whose_queries_took_their_time_must_wait(built: store.Built, tmp_path: Path) -> None:
    options = ["--workers", 2, "--public", "--proxies", 1, "--seconds-per-minute", 0.001, "--timeout", 20]
    with serving(built.folder, tmp_path / "log", *options) as client:
        asked = f"/sparql?query={quote('SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?b ?f }')}"
        for path in (asked, "/id/country/japan"):
            address = f"192.0.2.{len(path)}"
            assert client.ask(path, x_forwarded_for=address).status == 200
            refused = client.ask("/health", x_forwarded_for=address)
            assert (refused.status, "seconds of queries" in refused.text) == (429, True)
            assert client.ask("/health", x_forwarded_for="192.0.2.250").status == 200
            assert client.ask(path).status == 200


def test_a_client_that_hangs_up_pays_for_what_it_began(built: store.Built, tmp_path: Path) -> None:
    options = ["--workers", 2, "--public", "--proxies", 1, "--seconds-per-minute", 1.2, "--timeout", 20]
    with serving(built.folder, tmp_path / "log", *options) as client:
        endless = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d) }")
        with socket.create_connection(("127.0.0.1", client.port)) as lost:
            head = f"GET /sparql?query={endless} HTTP/1.1\r\nHost: {client.host}\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"
            lost.sendall(head.encode())
            wait(lambda: client.ask("/health").json()["busy"] == 1)
        wait(lambda: client.ask("/health", x_forwarded_for="192.0.2.1").status == 429)


def test_who_guesses_tokens_is_stopped_by_the_budget(built: store.Built, tmp_path: Path, token_file: Path) -> None:
    options = ["--workers", 2, "--proxies", 1, "--token-file", token_file, "--requests-per-minute", 3]
    with serving(built.folder, tmp_path / "log", *options) as client:
        guesses = [f"Bearer {number:016}" for number in range(5)]
        got = [client.ask("/", authorization=guess, x_forwarded_for="192.0.2.1").status for guess in guesses]
        assert got == [401] * 3 + [429] * 2


def test_whoever_forgets_the_proxy_is_told() -> None:
    known = settings.Settings(Path(), public_url="https://example.org/kg")
    assert "--proxies 1" in access.note(known, "127.0.0.1")
    assert access.note(settings.Settings(Path(), public_url="https://example.org", proxies=1), "127.0.0.1") == ""
    assert access.note(settings.Settings(Path(), public_url="http://localhost:9000"), "127.0.0.1") == ""
    assert access.note(settings.Settings(Path()), "127.0.0.1") == ""


def test_an_address_that_is_a_value_leads_below_the_path() -> None:
    before = replies.UNDER.set("/kg")
    try:
        address = Literal(BASE + "country/japan", datatype=NamedNode(XSD + "anyURI"))
        assert pages.cell(address, {}).href == "/kg/id/country/japan"
        assert pages.here("https://example.org/id/x") == "https://example.org/id/x"
    finally:
        replies.UNDER.reset(before)


def test_the_iris_of_things_stay_what_they_are(proxied: Proxy) -> None:
    told = proxied.ask("/kg/id/country/japan", accept="text/html")
    assert told.headers["link"] == f'<{BASE}country/japan>; rel="describes"'
