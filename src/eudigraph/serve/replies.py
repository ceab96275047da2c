"""What a server answers: a status, header fields and a body; in the format that is asked for."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from string import Template

import mimeparse

from eudigraph.model.errors import (
    DataError,
    EudigraphError,
    QueryTimeout,
    ServerBusy,
    StoreError,
    UsageError,
    WorkerLost,
)

HTML = "text/html"
PAGES = {"Questions": "/api", "SPARQL": "/sparql", "Ontology": "/ontology"}
"""The pages beside the explorer, which is at the top."""
PROBLEM = "application/problem+json"
_TEMPLATES = Path(__file__).parent / "templates"
_PAGE = Template((_TEMPLATES / "problem.html").read_text("utf-8"))
"""No template of Jinja's: the process that speaks HTTP would import that for nothing else."""
_STYLE = (_TEMPLATES / "problem.css").read_text("utf-8")
_POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
_STATUS: dict[type[EudigraphError], int] = {
    UsageError: 400,
    DataError: 500,
    StoreError: 503,
    ServerBusy: 503,
    WorkerLost: 503,
    QueryTimeout: 504,
}


@dataclass
class Reply:
    """A status, header fields (their names in small letters) and a body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Refusal(Exception):
    """A request that cannot be answered, and the status that says why."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}


UNDER: ContextVar[str] = ContextVar("under", default="")
"""The path below which clients know the server, such as ``/kg``."""


def link(path: str) -> str:
    """Return a path of this server's as clients know it."""
    return UNDER.get() + path


def text(body: str | bytes, media: str, **headers: str) -> Reply:
    """Return a reply with a body of some media type; ``headers`` have ``_`` for ``-``."""
    charset = "; charset=utf-8" if media.startswith("text/") else ""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(200, {"content-type": media + charset, **given}, body.encode() if isinstance(body, str) else body)


def negotiate(accept: str, offered: Sequence[str]) -> str:
    """Return the offered media type that a client likes best, the first offered of those it likes as much.

    Raises Refusal (406) if it takes none of them (https://www.rfc-editor.org/rfc/rfc9110#name-accept).
    """
    try:
        best = mimeparse.best_match(offered[::-1], accept or "*/*")
    except (mimeparse.MimeTypeParseException, ValueError):
        raise Refusal(400, "the header Accept is no list of media types; correct it") from None
    if not best:
        raise Refusal(406, f"there is no such format; there are: {', '.join(offered)}")
    return str(best)


def problem(error: EudigraphError | Refusal, accept: str) -> Reply:
    """Return what went wrong: as a page for a browser, else as a problem of RFC 9457."""
    if isinstance(error, Refusal):
        status, detail = error.status, error.detail
    else:
        status, detail = _STATUS.get(type(error), 500), str(error)
    title = HTTPStatus(status).phrase
    headers = {"vary": "accept", **({"retry-after": "2"} if status == 503 else {})}
    if isinstance(error, Refusal):
        headers |= error.headers
    try:
        page = negotiate(accept, (PROBLEM, "application/json", HTML)) == HTML
    except Refusal:
        page = False
    if page:
        pages = {name: html.escape(link(path)) for name, path in {"Explorer": "/", **PAGES}.items()}
        links = "".join(f'<a href="{href}">{name}</a>' for name, href in pages.items())
        body = _PAGE.substitute(title=title, style=_STYLE, links=links, detail=html.escape(detail))
        policy = {"content-security-policy": f"{_POLICY}; frame-ancestors 'none'"}
        return Reply(status, {"content-type": "text/html; charset=utf-8", **headers, **policy}, body.encode())
    said = {"title": title, "status": status, "detail": detail}
    return Reply(status, {"content-type": PROBLEM, **headers}, json.dumps(said, ensure_ascii=False).encode())
