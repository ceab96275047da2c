"""Serving: from the settings to an HTTP server that listens, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from eudigraph.model.errors import UsageError
from eudigraph.serve.access import note
from eudigraph.serve.app import Application
from eudigraph.serve.settings import Settings, host_in_url, is_loopback

MAX_HEAD = 64 * 1024
"""Bytes that a request's head may have; the web server reads in pieces, and so takes up to twice that."""
MAX_CONNECTIONS = 512
HEAD_SECONDS = 10
"""Seconds in which the head of a request must have come."""
STOP_SECONDS = 10.0
"""Seconds that requests have to end when the server stops, beyond the deadline of a query."""
_SOON = 2.0
"""Seconds after which whoever stops the server is told what it waits for."""


def serve(settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
    """Serve until a signal says to stop; what runs by then is finished. ``say`` is told where, and if that takes time.

    Raises StoreError for a store that cannot be read, UsageError for an address that cannot be had.
    """
    asyncio.run(_serve(settings, say))


async def _serve(settings: Settings, say: Callable[[str], None]) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()
    stopped, hurried = (asyncio.ensure_future(event.wait()) for event in (stop, hurry))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(name, _told, stop, hurry)
    await asyncio.sleep(0)  # who interrupts before this is heard here

    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server as Granian

    address = free(settings)
    served = Application(settings, address)
    if not await _ready(served, stopped):
        return
    async with _watched(served):
        granian = Granian(
            served.app(),
            address=address,
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
        while not (running.done() or stopped.done() or await _answers(address, settings.port)):
            await asyncio.sleep(0.05)
        if not running.done():
            say(f"Serving at http://{host_in_url(settings.host)}:{settings.port}/  (stop with Ctrl+C)")
            if told := note(settings, address):
                say(told)
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if running.done() and running.exception():
            raise UsageError(f"{settings.host}, port {settings.port}, cannot be had ({running.exception()})")
        granian.stop()  # type: ignore[no-untyped-call]
        # Whoever tells it to stop twice does not want to wait.
        ends = {running, hurried}
        soon, _ = await asyncio.wait(ends, timeout=_SOON, return_when=asyncio.FIRST_COMPLETED)
        if not soon:
            say("Finishing what runs; to end at once, stop it again")
            await asyncio.wait(ends, timeout=settings.timeout + STOP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():  # whose query is ended is still told so
            await served.pool.close()
            await asyncio.wait({running}, timeout=_SOON)


def _told(stop: asyncio.Event, hurry: asyncio.Event) -> None:
    """Take note of a signal: the first says to stop, the next not to wait."""
    (hurry if stop.is_set() else stop).set()


async def _ready(served: Application, stopped: asyncio.Future[Any]) -> bool:
    """Start the workers; return whether they are ready before somebody says to stop."""
    starting = asyncio.ensure_future(served.pool.start())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return False


@asynccontextmanager
async def _watched(served: Application) -> AsyncIterator[None]:
    watching = asyncio.ensure_future(served.watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await served.pool.close()


async def _answers(address: str, port: int) -> bool:
    """Whether somebody listens already."""
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    return True


def free(settings: Settings) -> str:
    """Return the numbers of the address, if it can be had; a port of 0 is given the number of a free one.

    Raises UsageError if it cannot, or if others would reach it and nothing says that they may.
    """
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family[0], socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(family[4])
            settings.port = trial.getsockname()[1]
            address = str(trial.getsockname()[0])
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{settings.host}, port {settings.port}, cannot be had: {why}; choose another with --host and --port"
        ) from error
    if not (settings.public or settings.token or is_loopback(address)):
        raise UsageError(
            f"at {settings.host} other machines reach the graph; give --token-file FILE, so that who has the token may "
            "ask, or --public, so that everybody may"
        )
    return address
