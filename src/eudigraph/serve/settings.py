"""How to serve, and to whom: what can be set, and what is wrong with it if it is."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf
from pathlib import Path
from typing import TextIO
from urllib.parse import quote, unquote, urlsplit

from eudigraph.engine import store
from eudigraph.model.errors import UsageError
from eudigraph.model.text import cut

_OWN_PATHS = ("/sparql", "/id", "/ontology", "/api", "/api/queries", "/explain", "/.well-known", "/data", "/health")
"""The paths at, or right below, which the server has something."""
MIN_TOKEN = 16
"""Characters of the shortest token; one at random of that length, even in hexadecimal, is never guessed."""
_MAX_TOKEN = 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([\w.-]{1,253}))(?::([0-9]{1,5}))?", re.ASCII | re.IGNORECASE)


@dataclass
class Settings:
    """How to serve: where, by how many processes, with what deadline (seconds) for a query, and to whom.

    Raises UsageError for a value that cannot be, with the option that sets it.
    """

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
    public_url: str = ""
    """The address under which clients know the server, if it is another; it may have a path."""
    public: bool = False
    """Whether everybody may ask who reaches it."""
    token: str = field(default="", repr=False)
    """What clients must show where it is not public; "" where they need not."""
    cors: Sequence[str] = ()
    """Origins of others whose pages may read answers; ``*`` stands for all."""
    frame_ancestors: Sequence[str] = ()
    """Origins of others whose pages may show ours in a frame."""
    proxies: int = 0
    """How many proxies stand before it, each of which adds to X-Forwarded-For whom it was asked by."""
    requests_per_minute: int = 300
    """Requests of a client that is neither on this machine nor has the token; 0 is any number."""
    seconds_per_minute: float = 60
    """Seconds that its queries may take; 0 is any number."""
    log: TextIO | None = field(default_factory=lambda: sys.stderr)

    def __post_init__(self) -> None:
        self.public_url = address(self.public_url) if self.public_url else ""
        self.cors = tuple("*" if given == "*" else origin(given, "--cors") for given in self.cors)
        self.frame_ancestors = tuple(origin(given, "--frame-ancestors") for given in self.frame_ancestors)
        if self.token:
            _check_token(self.token, "the token")
        if not 0 < self.timeout < inf:
            raise UsageError(f"--timeout is a number of seconds, not {self.timeout:g}")
        counts = {
            "--proxies": self.proxies,
            "--requests-per-minute": self.requests_per_minute,
            "--seconds-per-minute": self.seconds_per_minute,
        }
        for option, count in counts.items():
            if not count >= 0:  # nor not a number
                raise UsageError(f"{option} is a number from 0 on, not {count:g}; give one")

    @property
    def base(self) -> str:
        """The address under which clients know the server, without a slash at its end."""
        return self.public_url or f"http://{host_in_url(self.host)}:{self.port}"

    @property
    def path(self) -> str:
        """The path of that address, such as ``/kg``; "" where it has none."""
        return urlsplit(self.base).path


def address(given: str) -> str:
    """Return the address of a server as links begin, without a slash at its end; raise UsageError for none.

    >>> address("HTTPS://Example.org:443/kg/")
    'https://example.org/kg'
    """
    try:
        parts = urlsplit(given)
        plain = parts.netloc and not parts.query and not parts.fragment and given.isprintable() and " " not in given
        top = _origin(f"{parts.scheme}://{parts.netloc}") if plain and not set(given) & set('?#\\"<>^`{|}') else ""
        steps = unquote(parts.path, errors="strict").removesuffix("/").split("/")[1:]
    except ValueError:
        top, steps = "", []
    if not top or any(step in ("", ".", "..") or not step.isprintable() for step in steps):
        raise UsageError(
            f"{cut(given)!r} is no address of a server; give one such as https://example.org/kg with --public-url"
        )
    path = "".join(f"/{step}" for step in steps)
    if path in _OWN_PATHS or path.startswith(("/id/", "/api/queries/")):
        raise UsageError(
            f"--public-url {cut(given)}: {cut(path)} is the path of one of the server's own pages, and {path}{path} "
            "would be too; give the address of its first page, or another path"
        )
    return top + quote(path, safe="/:@!$&'()*+,;=~-._")


def origin(given: str, option: str) -> str:
    """Return an origin as browsers write it: in small letters, without the usual port. Raise UsageError for none."""
    made = _origin(given)
    if not made:
        raise UsageError(
            f"{option}: {cut(given)!r} is no origin; give scheme, host and perhaps port, and nothing else, such as "
            "https://example.org or http://localhost:3000"
        )
    return made


def _origin(given: str) -> str:
    scheme, _, rest = given.partition("://")
    scheme = scheme.lower()
    if not rest.isascii() and re.fullmatch(r"[\w.-]+(:[0-9]+)?", rest):
        name, colon, port = rest.partition(":")
        try:
            rest = f"{name.encode('idna').decode('ascii')}{colon}{port}"
        except UnicodeError:
            return ""
    found = authority(rest)
    if scheme not in _DEFAULT_PORTS or found is None:
        return ""
    host, at = found
    return f"{scheme}://{host_in_url(host)}{'' if at in (None, _DEFAULT_PORTS[scheme]) else f':{at}'}"


def authority(given: str) -> tuple[str, int | None] | None:
    """Return host and port of ``host[:port]`` as they are compared: small letters, no dot at the end, IPv6 in short.

    None is what is no such thing. A port that is not given is None as well.
    """
    found = _AUTHORITY.fullmatch(given)
    if not found:
        return None
    inner, name, at = found.groups()
    host = (inner or name).lower().removesuffix(".")
    if inner or re.fullmatch(r"[0-9.]+", host):
        try:
            host = str(ip_address(host))
        except ValueError:
            return None
    if (at and not 0 < int(at) < 65536) or not all(host.split(".")):
        return None
    return host, int(at) if at else None


def is_loopback(host: str) -> bool:
    """Whether an address in numbers is one at which a machine reaches itself alone."""
    try:
        found: IPv4Address | IPv6Address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def host_in_url(host: str) -> str:
    """Return a host as addresses have it."""
    return f"[{host}]" if ":" in host else host


def read_token(file: Path) -> str:
    """Return the token that a file holds, which nobody else may read. Raise UsageError for one that will not do."""
    try:  # without waiting, should it be a pipe that nobody writes to
        with os.fdopen(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"--token-file {file} is no plain file; give one that holds the token alone")
            held = opened.read(_MAX_TOKEN + 1)
    except OSError as error:
        made = f"make it with: (umask 077; openssl rand -hex 32 > {file})"
        if not isinstance(error, FileNotFoundError):  # what is there may be needed by others
            made = "give a file of your own that holds the token alone"
        raise UsageError(f"--token-file {file} cannot be read: {error.strerror or error}; {made}") from error
    token: str = held.decode("latin-1").strip(" \t\r\n")
    _check_token(token, f"--token-file {file}: the token")
    # After that, so that nobody is told to close a file of the system's that holds no token.
    if os.name == "posix" and status.st_mode & 0o077:
        raise UsageError(f"--token-file {file} can be read by others; close it with: chmod 600 {file}")
    return token


def _check_token(token: str, what: str) -> None:
    made = "make one with: openssl rand -hex 32"
    if not token:
        raise UsageError(f"{what} is empty; {made}")
    if not MIN_TOKEN <= len(token) <= _MAX_TOKEN:
        raise UsageError(f"{what} has {MIN_TOKEN} to {_MAX_TOKEN:,} characters, not {len(token):,}; {made}")
    if not re.fullmatch(r"[!-~]+", token):
        raise UsageError(f"{what} is one line of ASCII letters, digits and signs without spaces; {made}")
