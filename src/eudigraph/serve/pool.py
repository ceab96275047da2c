"""Processes that answer one request at a time, and that can be ended: an endless query harms nobody else.

A running query cannot be interrupted from within, and an engine may die; so each runs in a process that is killed at
its deadline, or when its client is gone, and replaced by a new one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import struct
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from eudigraph.engine.process import OVERFLOWN, TOO_DEEP, command, environment
from eudigraph.model.errors import EngineLost, QueryTimeout, ServerBusy, StoreError, UsageError
from eudigraph.serve.replies import Reply

MAX_REPLY = 64 * 1024**2
"""Bytes of the largest answer."""
MAX_WAITING = 64
"""Requests that may wait for a process; more are turned away."""
PATIENCE = 10.0
"""Seconds that a request waits for a process before it is turned away."""
LONG = 1.0
"""Seconds after which a request counts as long: its process then gives way to the others."""
_BEHIND = 5
"""How far behind others, in the system's measure: a third of their share. A small query that only had to wait for a
machine under load must still come to its end."""
START = 60.0
"""Seconds a process may take to open the store."""
_LENGTHS = struct.Struct("!II")


@dataclass(eq=False)
class _Worker:
    """A process.

    One that is ``kept`` is for requests that are known to end soon; one that is ``demoted`` has been put behind others;
    one that is ``followed`` has another in its place already.
    """

    process: Process
    kept: bool
    demoted: bool = False
    followed: bool = False

    async def ask(self, request: dict[str, Any]) -> Reply:
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise EngineLost("the engine cannot be reached; ask again")
        try:
            stdin.write(pack(request))
            await stdin.drain()
            head, size = _LENGTHS.unpack(await stdout.readexactly(_LENGTHS.size))
            if size > MAX_REPLY:
                raise ValueError("too long")  # noqa: TRY301  the process is not to be trusted any more
            said = json.loads(await stdout.readexactly(head))
            return Reply(said["status"], said["headers"], await stdout.readexactly(size))
        except (OSError, EOFError, ValueError, KeyError) as error:
            raise EngineLost(
                "the engine ended before it had an answer, perhaps for want of memory; make the query narrower, or "
                "ask again"
            ) from error

    def demote(self) -> None:
        """Let others go first from now on, where the system can do so."""
        self.demoted = True
        with suppress(AttributeError, OSError):  # not on Windows, or it has just ended
            os.setpriority(os.PRIO_PROCESS, self.process.pid, _BEHIND)

    def kill(self) -> None:
        """End the process at once. Not by asyncio's own method, which takes its exit status away from who waits."""
        if self.process.returncode is None:
            with suppress(OSError):
                os.kill(self.process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    async def end(self) -> None:
        self.kill()
        await self.process.wait()
        if self.process.stdin:  # before the loop ends, which may be right after this
            self.process.stdin.close()
            with suppress(OSError):
                await self.process.stdin.wait_closed()


@dataclass(eq=False)
class _Waiter:
    """Who waits for a process: one that may be the one kept, unless the request is of others' making (``own``)."""

    own: bool
    given: asyncio.Future[_Worker]


class Pool:
    """A number of processes that run a module of ours, greeted with ``hello``, and who gets the next free one.

    Requests of others' making (``own``) never get all of them: one is kept for those that are known to end soon.
    """

    def __init__(self, module: str, hello: Mapping[str, Any], *, size: int, timeout: float) -> None:
        self.size, self.timeout = size, timeout
        self.running: set[_Worker] = set()
        self._command = command(module)
        self._hello = {**hello, "seconds": timeout}
        self._idle: list[_Worker] = []
        self._waiters: list[_Waiter] = []
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def busy(self) -> int:
        """How many processes are at work."""
        return self._busy

    @property
    def ready(self) -> int:
        """How many processes are at work, or wait for it."""
        return self._busy + len(self._idle)

    async def start(self) -> None:
        """Start all processes. Raises StoreError with what the first says that cannot start."""
        try:
            workers = await asyncio.gather(*(self._spawn(kept=number == 0) for number in range(self.size)))
        except BaseException:
            await self.close()
            raise
        for worker in workers:
            self._give(worker)

    async def ask(
        self,
        request: dict[str, Any],
        *,
        own: bool = False,
        timeout: float | None = None,
        begins: Callable[[], None] = lambda: None,
    ) -> Reply:
        """Return the answer of the next free process, within ``timeout`` seconds or else the pool's own.

        Raises ServerBusy if there is none for too long, QueryTimeout at the deadline, EngineLost if the process ends,
        UsageError if it does so because the query is too deep for it. A client that is cancelled cancels
        its request, unless that ends soon by itself: to start another process takes longer than most requests.
        ``begins`` is called once a process has been found.
        """
        if sum(waiter.own == own for waiter in self._waiters) >= MAX_WAITING:
            raise ServerBusy(f"{MAX_WAITING} others wait already; try again in a moment")
        worker = await self._next(own)
        begins()
        running = asyncio.create_task(self._run(worker, request, timeout or self.timeout))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            running.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody else looks at it
            asyncio.get_running_loop().call_later(LONG, running.cancel)
            raise

    async def renew(self) -> None:
        """Replace all processes by new ones, one by one, as after a build; those that are busy finish first.

        Raises StoreError if a new one cannot start; what has not been replaced then goes on.
        """
        for worker in list(self.running):
            if not worker.followed:
                follower = await self._spawn(kept=worker.kept)
                worker.followed = True
                if worker in self._idle:
                    self._idle.remove(worker)
                    self._replace(worker)
                self._give(follower)

    async def close(self) -> None:
        """End all processes."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in list(self.running)))
        self.running.clear()

    async def _run(self, worker: _Worker, request: dict[str, Any], seconds: float) -> Reply:
        """Have a process answer; then put it back, or replace it if it did not end well."""
        self._busy += 1
        long = asyncio.get_running_loop().call_later(LONG, worker.demote)
        well = False
        try:
            reply = await asyncio.wait_for(worker.ask({**request, "seconds": seconds}), seconds)
            well = True
        except TimeoutError:
            raise QueryTimeout(
                f"the query did not end within {seconds:g} seconds; make it narrower, or ask in parts"
            ) from None
        except EngineLost as error:
            worker.kill()
            if await worker.process.wait() == OVERFLOWN:
                raise UsageError(TOO_DEEP) from error
            if self._closing:
                raise EngineLost("the server is being stopped") from error
            raise
        else:
            return reply
        finally:
            long.cancel()
            self._busy -= 1
            (self._give if well else self._replace)(worker)

    async def _next(self, own: bool) -> _Worker:
        """Return the next process that may have the request; the one that is kept, to whom it is kept for, first."""
        for worker in sorted(self._idle, key=lambda worker: not worker.kept):
            if worker.process.returncode is not None:  # it has ended meanwhile
                self._idle.remove(worker)
                self._replace(worker)
            elif not (own and worker.kept):
                self._idle.remove(worker)
                return worker
        waiter = _Waiter(own, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.shield(waiter.given)
        except BaseException as error:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                waiter.given.cancel()
            else:  # it was given one in this very moment
                self._give(waiter.given.result())
            if isinstance(error, TimeoutError):
                raise ServerBusy("all engines are busy with long queries; try again in a moment") from None
            raise

    def _give(self, worker: _Worker) -> None:
        """Give a process to the first who waits and may have it, or let it wait for work; replace it if it is done."""
        if worker.demoted or worker.followed:
            self._replace(worker)
            return
        for waiter in self._waiters:
            if not (waiter.own and worker.kept):
                self._waiters.remove(waiter)
                waiter.given.set_result(worker)
                return
        self._idle.append(worker)

    def _replace(self, worker: _Worker) -> None:
        """End a process and start another, without keeping anybody waiting."""
        worker.kill()
        if not self._closing:
            task = asyncio.create_task(self._replaced(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _replaced(self, worker: _Worker) -> None:
        await worker.end()
        self.running.discard(worker)
        pause = 0.1
        while not (self._closing or worker.followed):
            try:
                worker = await self._spawn(kept=worker.kept)
            except (StoreError, OSError) as error:  # a build being replaced, or no memory: not for long, it is hoped
                logging.getLogger(__name__).warning("no engine could be started in another's place: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 10.0)
            else:
                self._give(worker)
                return

    async def _spawn(self, *, kept: bool) -> _Worker:
        making = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                env=environment(),
                start_new_session=True,  # Ctrl+C is for the server, which ends them in its own time
            )
        )
        try:
            process = await asyncio.shield(making)
        except asyncio.CancelledError:  # asyncio waits without end for a process that is given up while being made
            await _Worker(await making, kept).end()
            raise
        worker = _Worker(process, kept)
        self.running.add(worker)
        try:
            ready = await asyncio.wait_for(worker.ask(self._hello), START)
        except (EngineLost, TimeoutError) as error:
            await self._lost(worker)
            raise StoreError("an engine cannot be started; is there memory left?") from error
        except BaseException:
            await self._lost(worker)
            raise
        if ready.status != 200:
            await self._lost(worker)
            raise StoreError(ready.body.decode())
        return worker

    async def _lost(self, worker: _Worker) -> None:
        self.running.discard(worker)
        await worker.end()


def pack(said: dict[str, Any], body: bytes = b"") -> bytes:
    """Return what the processes send each other: the lengths of a head and a body, a head in JSON, and the body."""
    head = json.dumps(said).encode()
    return _LENGTHS.pack(len(head), len(body)) + head + body


def unpack(read: Any) -> dict[str, Any] | None:
    """Return the next request from a stream's ``read``; None at its end."""
    lengths = read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, _ = _LENGTHS.unpack(lengths)
    request: dict[str, Any] = json.loads(read(head))
    return request
