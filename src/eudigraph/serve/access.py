"""Who may ask: under which names the server is known, from which pages, with which token, and how much in a minute.

A browser asks whatever a page tells it to, and has its own ways to this machine. So what it says of a request is looked
at: the name that it found the server by (``Host``; DNS can let any name lead here), and the page that made it ask
(``Origin``, ``Sec-Fetch-Site``). See SECURITY.md.
"""

from __future__ import annotations

import binascii
import hmac
import re
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from urllib.parse import urlsplit

from starlette.types import Scope

from eudigraph.model.text import cut
from eudigraph.serve.replies import Refusal, Reply
from eudigraph.serve.settings import Settings, authority, host_in_url, is_loopback

MAX_CLIENTS = 10_000
"""Clients whose budget is remembered, those that asked last."""
PREFLIGHT_SECONDS = 600
"""How long a browser may remember what a page elsewhere may send."""
_EXPOSED = "x-sparql-maxrows, x-eudigraph-notes, link, retry-after"
_TOKENS = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9a-z-]+)*", re.IGNORECASE)
_CHALLENGES = 'Basic realm="eudigraph", charset="UTF-8"', 'Bearer realm="eudigraph"'


class Headers:
    """The header fields of a request, each with all its values."""

    def __init__(self, scope: Scope) -> None:
        self._given: Sequence[tuple[bytes, bytes]] = scope["headers"]

    def all(self, name: str) -> list[str]:
        """Return the values of a field."""
        return [value.decode("latin-1").strip() for key, value in self._given if key == name.encode()]

    def get(self, name: str) -> str:
        """Return the first value of a field; "" where it is not given."""
        return next(iter(self.all(name)), "")


class Door:
    """Decides who may ask. ``address`` is where the server listens, in numbers."""

    def __init__(self, settings: Settings, address: str) -> None:
        self._settings = settings
        self._local = is_loopback(address)
        self._names = {"localhost", settings.host.lower().removesuffix("."), address}
        public = urlsplit(settings.public_url)
        self._public_host = public.hostname or ""
        self._public_origin = f"{public.scheme}://{public.netloc}" if public.netloc else ""
        self.budgets = Budgets(settings.requests_per_minute, settings.seconds_per_minute)

    def refusal(self, headers: Headers) -> Refusal | None:
        """Return why a request is refused by whom it names, or who makes the browser send it, if it is so."""
        hosts, origins = headers.all("host"), headers.all("origin")
        if len(hosts) > 1 or len(origins) > 1:
            return Refusal(400, "a request names one host and one origin; send the headers Host and Origin once each")
        host = hosts[0] if hosts else ""
        if not self._is_ours(host):
            return Refusal(
                421,
                f"this server is not known as {cut(host) or 'nothing'}; ask it at {self._settings.base}/, or, if it is "
                "to be found by another name, start it with --public-url and the address",
            )
        if origins and not self._may_ask(origins[0], host):
            return Refusal(
                403,
                f"pages of {cut(origins[0])} may not ask here; whoever runs the server lets them with --cors and that "
                "origin, or, if it is the server's own address, with --public-url",
            )
        if not origins and "*" not in self._settings.cors and self._is_fetched_from_elsewhere(headers):
            return Refusal(
                403,
                "a page elsewhere asks for this, and does not say which; whoever runs the server lets all pages with "
                "--cors '*'",
            )
        return None

    def cors(self, headers: Headers) -> dict[str, str]:
        """Return what tells a browser that the page that asks may read the answer."""
        allowed = self._settings.cors
        if not allowed:
            return {}
        given = headers.get("origin")
        if "*" in allowed:
            return {"access-control-allow-origin": "*", "access-control-expose-headers": _EXPOSED}
        if given not in allowed:
            return {"vary": "origin"}
        return {
            "access-control-allow-origin": given,
            "access-control-expose-headers": _EXPOSED,
            "vary": "origin",
        }

    def preflight(self, method: str, headers: Headers) -> Reply | Refusal | None:
        """Return the answer to a browser that asks what a page elsewhere may send, None for any other request.

        https://fetch.spec.whatwg.org/#cors-preflight-request
        """
        if method != "OPTIONS" or not headers.get("access-control-request-method") or not headers.get("origin"):
            return None
        if not self._settings.cors:
            return Refusal(403, "no page elsewhere may ask here; whoever runs the server lets it with --cors")
        wanted = ", ".join(filter(None, headers.all("access-control-request-headers")))
        if wanted and not _TOKENS.fullmatch(wanted):
            return Refusal(400, "Access-Control-Request-Headers is no list of names of header fields; correct it")
        said = {"access-control-allow-methods": "GET, HEAD, POST", "access-control-max-age": str(PREFLIGHT_SECONDS)}
        if wanted:
            said["access-control-allow-headers"] = wanted
        return Reply(204, {**said, "vary": "access-control-request-headers"})

    def client(self, scope: Scope, headers: Headers) -> str:
        """Return whose request it is: the address that the connection comes from, or that the proxies tell of."""
        peer = str((scope.get("client") or ["-"])[0])
        told = [part.strip() for value in headers.all("x-forwarded-for") for part in value.split(",")]
        if not self._settings.proxies or not told:
            return peer
        # Each proxy adds one at the end; whatever stands before these may be the client's own invention.
        said = authority(told[max(0, len(told) - self._settings.proxies)])
        found = said[0] if said else told[max(0, len(told) - self._settings.proxies)]
        try:
            return str(ip_address(found))
        except ValueError:
            return f"{peer} (by a proxy)"

    def holds_token(self, headers: Headers) -> bool:
        """Whether a request comes with the token: as Bearer (RFC 6750), or as the password of Basic (RFC 7617)."""
        kind, _, given = headers.get("authorization").partition(" ")
        if not self._settings.token:
            return False
        if kind.lower() == "basic":
            try:
                given = b64decode(given.strip(), validate=True).decode("latin-1").partition(":")[2]
            except (ValueError, binascii.Error):
                return False
        elif kind.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self._settings.token.encode())

    def stranger(self, headers: Headers) -> Refusal | None:
        """Return why somebody without the token is refused, if it is so."""
        if not self._settings.token or self._settings.public or self.holds_token(headers):
            return None
        tried = "this is not the token of this server" if headers.get("authorization") else "this server has a token"
        return Refusal(
            401,
            f"{tried}; send it as Authorization: Bearer …, or give it as the password, with any name, if a browser "
            "asks for one",
            headers={"www-authenticate": ", ".join(_CHALLENGES)},
        )

    def budget(self, client: str, headers: Headers) -> Budget | None:
        """Return what a client has left; None for one without a limit, on this machine or with the token."""
        if self.holds_token(headers):
            return None
        behind = self._settings.proxies and headers.all("x-forwarded-for")
        if is_loopback(client) and not behind:
            return None
        return self.budgets.of(client)

    def _is_ours(self, host: str) -> bool:
        """Whether a request names this server. What is open to all, or asks for a token, may have any name."""
        if self._settings.public or not self._local:
            return True
        found = authority(host)
        if found is None:
            return False
        name, port = found
        if name == self._public_host:  # whatever the port: many a proxy leaves it out
            return True
        return self._is_here(name) and (port or 80) == self._settings.port

    def _is_here(self, name: str) -> bool:
        return name in self._names or is_loopback(name)

    def _may_ask(self, origin: str, host: str) -> bool:
        """Whether pages of an origin may ask: our own, at whatever name of ours, and those that are let in."""
        if "*" in self._settings.cors or origin in (*self._settings.cors, self._public_origin or None):
            return True
        scheme, _, rest = origin.partition("://")
        page, asked = authority(rest), authority(host)
        usual = {"http": 80, "https": 443}.get(scheme)
        if page is None or asked is None or usual is None:
            return False
        if (page[0], page[1] or usual) == (asked[0], asked[1] or usual):
            return True
        return self._local and scheme == "http" and self._is_here(page[0]) and (page[1] or 80) == self._settings.port

    def _is_fetched_from_elsewhere(self, headers: Headers) -> bool:
        """Whether a page elsewhere asks for a part of itself; to follow a link is no such thing."""
        if headers.get("sec-fetch-site").lower() not in ("cross-site", "same-site"):
            return False
        if headers.get("sec-fetch-mode").lower() != "navigate":
            return True
        goal = headers.get("sec-fetch-dest").lower()
        return goal not in ("", "document") and not self._settings.frame_ancestors


@dataclass
class Budget:
    """What a client has left: requests, and seconds of queries, which fill up again minute by minute."""

    requests: float
    seconds: float
    at: float

    def spend(self, seconds: float) -> None:
        """Take away what a query took; more than is left must first be made good."""
        self.seconds -= seconds


class Budgets:
    """Budgets by client, of which only so many are remembered. 0 is no limit. ``now`` gives seconds."""

    def __init__(self, requests: int, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._requests, self._seconds, self._now = requests, seconds, now
        self._known: OrderedDict[str, Budget] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, client: str) -> Budget:
        """Return the budget of a client as it is now. All of an IPv6 network of 64 bits, as one gets it, are one."""
        try:
            address = ip_address(client)
        except ValueError:
            key = client
        else:
            mapped = getattr(address, "ipv4_mapped", None)
            wide = isinstance(address, IPv6Address) and not mapped
            key = str(ip_network((address, 64), strict=False)) if wide else str(mapped or address)
        now = self._now()
        found = self._known.setdefault(key, Budget(self._requests, self._seconds, now))
        self._known.move_to_end(key)
        while len(self._known) > MAX_CLIENTS:
            self._known.popitem(last=False)
        minutes = (now - found.at) / 60
        found.requests = min(self._requests, found.requests + minutes * self._requests)
        found.seconds = min(self._seconds, found.seconds + minutes * self._seconds)
        found.at = now
        return found

    def refusal(self, budget: Budget) -> Refusal | None:
        """Count a request; return why it is refused, if there is nothing left for it."""
        wait = 0.0
        if self._requests and budget.requests < 1:
            wait, what = (1 - budget.requests) * 60 / self._requests, f"{self._requests:g} requests"
        elif self._seconds and budget.seconds <= 0:
            wait, what = (0.1 - budget.seconds) * 60 / self._seconds, f"{self._seconds:g} seconds of queries"
        if not wait:
            budget.requests -= 1
            return None
        after = ceil(wait)
        return Refusal(
            429,
            f"a client has {what} in a minute here; ask again in {after} second{'' if after == 1 else 's'}",
            headers={"retry-after": str(after)},
        )


def framing(settings: Settings) -> str:
    """Return whom a browser lets show our pages in a frame, as a Content-Security-Policy has it."""
    return "frame-ancestors " + (" ".join(settings.frame_ancestors) or "'none'")


def note(settings: Settings, address: str) -> str:
    """Return what whoever starts the server should know, or nothing."""
    known = urlsplit(settings.public_url).hostname or ""
    limited = settings.requests_per_minute or settings.seconds_per_minute
    proxied = is_loopback(address) and known not in ("", "localhost") and not is_loopback(known)
    if not proxied or settings.proxies or settings.token or not limited:
        return ""
    return (
        f"Note: if a proxy brings the requests from {host_in_url(known)}, give --proxies 1: without, what each client "
        "asks is not limited"
    )
