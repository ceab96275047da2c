"""What a request asks for, read strictly: the parameters of an address, and queries of the SPARQL 1.1 Protocol."""

from __future__ import annotations

import codecs
import re
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request

from eudigraph.model.text import cut
from eudigraph.serve.guard import body_of
from eudigraph.serve.replies import Refusal

_FIELDS = 1000
_NO_UPDATES = "updates are refused: the graph changes only through its files"
_RANGE = re.compile("([0-9]{0,18})-([0-9]{0,18})")
_RANGES = re.compile(rf"bytes=[ \t]*{_RANGE.pattern}(?:[ \t]*,[ \t]*{_RANGE.pattern})*[ \t]*", re.IGNORECASE)
_FORMAT_NAMES = ("format", "output", "results")
"""How clients call the format that they want; the first of these that is given counts."""


def parameters(request: Request) -> QueryParams:
    """Return the parameters of an address. Raises Refusal where they are not in UTF-8."""
    return QueryParams(_pairs(request.scope.get("query_string", b"")))


def once(request: Request) -> dict[str, str]:
    """Return the parameters of an address; raises Refusal where one is given twice, since only one would count."""
    given: dict[str, str] = {}
    for name, value in parameters(request).multi_items():
        if name in given:
            raise Refusal(400, f"{cut(name)} is given twice; give it once")
        given[name] = value
    return given


async def query_of(request: Request) -> dict[str, Any]:
    """Return the query and the graphs that a request of the SPARQL 1.1 Protocol gives.

    Raises Refusal for an invalid one (https://www.w3.org/TR/sparql11-protocol/#query-operation).
    """
    given = parameters(request)
    if request.method == "POST":
        kind = _media_type(request)
        if kind == "application/x-www-form-urlencoded":
            given = QueryParams([*given.multi_items(), *_pairs(await body_of(request))])
        elif kind == "application/sparql-query":
            if "query" in given:
                raise Refusal(400, "there are two queries, in the address and in the body; send one")
            return {**_chosen(given), "query": _decoded(await body_of(request))}
        elif kind == "application/sparql-update":
            raise Refusal(403, _NO_UPDATES)
        else:
            raise Refusal(415, "send the query as application/x-www-form-urlencoded or application/sparql-query")
    if "update" in given:
        raise Refusal(403, _NO_UPDATES)
    asked = given.getlist("query")
    if len(asked) > 1:
        raise Refusal(400, "there are several queries; send one at a time")
    if not asked and request.method == "POST":
        raise Refusal(400, "there is no query; send one as query=…")
    return {**_chosen(given), "query": asked[0] if asked else None}


def keep_range(request: Request, size: int, etag: str) -> None:
    """Leave a request its header Range if a part of a file can be sent by it, and take it away otherwise.

    What is no range, names another unit, or comes with HEAD is ignored; so is one that is meant for another state of
    the file (https://www.rfc-editor.org/rfc/rfc9110#name-range). Raises Refusal (416) where all lies behind the end.
    """
    given = request.headers.get("range", "")
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
    request.scope["headers"] = headers
    if request.method != "GET" or not _RANGES.fullmatch(given) or request.headers.get("if-range", etag) != etag:
        return
    found = _RANGE.findall(given)
    if ("", "") in found or any(first and last and int(first) > int(last) for first, last in found):
        return
    there = [f"{first}-{last}" for first, last in found if (int(first) < size if first else int(last) > 0)]
    if not there or not size:
        raise Refusal(416, f"the file has {size:,} bytes; ask for some of these", {"content-range": f"bytes */{size}"})
    headers.append((b"range", f"bytes={','.join(there)}".encode("ascii")))


def _chosen(given: QueryParams) -> dict[str, Any]:
    forms = (given.getlist(name) for name in _FORMAT_NAMES)
    return {
        "default": given.getlist("default-graph-uri"),
        "named": given.getlist("named-graph-uri"),
        "format": next((values for values in forms if any(values)), None),
        "lang": given.get("lang"),
    }


def _media_type(request: Request) -> str:
    """Return the media type of a body; raises Refusal for one that is said to be in another encoding than UTF-8."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    charset = header.get_param("charset", "utf-8")
    try:
        known = codecs.lookup(str(charset)).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        known = False
    if not known:
        raise Refusal(400, f"queries are in UTF-8, and not in {cut(str(charset))}; send it so")
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _pairs(given: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form, or of an address; raises Refusal for too many, and for what is not in UTF-8."""
    try:
        # In Latin-1 each byte is a character, so that none is replaced before it is looked at.
        pairs = parse_qsl(given.decode("latin-1"), True, max_num_fields=_FIELDS, encoding="latin-1")
    except ValueError:
        raise Refusal(400, f"there are more than {_FIELDS:,} fields; send a query and its graphs") from None
    return [(_decoded(name.encode("latin-1")), _decoded(value.encode("latin-1"))) for name, value in pairs]


def _decoded(given: bytes) -> str:
    """Return bytes as text, without a byte order mark at its beginning; raises Refusal where it is not UTF-8."""
    try:
        return given.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Refusal(400, "what was sent is not in UTF-8; send it so, and bytes in an address as %C3%A9") from None
