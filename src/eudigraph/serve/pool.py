"""Processes that answer one request at a time, and that can be ended: an endless query harms nobody else.

What client and process say to each other is told in ``engine.process``. Each process has a seat: it is started there,
answers, is ended, and only then another is started in its place. So there are never more of them than seats, whatever
happens at the same time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from asyncio import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from eudigraph.engine.process import END, ERROR, HEAD, LONG, OVERFLOWN, TOO_DEEP, Send, launching, line
from eudigraph.model.errors import EudigraphError, QueryTimeout, ServerBusy, StoreError, UsageError, WorkerLost
from eudigraph.serve.replies import Reply

MAX_REPLY = 64 * 1024**2
"""Bytes of the largest answer."""
_ANOTHER = 0.5
"""Seconds of the processor that it takes to start another process, about."""
MAX_WAITING = 64
"""Requests that may wait for a process; more are turned away."""
PATIENCE = 10.0
"""Seconds that a request waits for a process before it is turned away."""
START = 40.0
"""Seconds a process may take to open the store."""
_PAUSES = (0.1, 10.0)
"""Seconds before another process is started where one could not be: first, and at most. With ``START`` that is less
than a minute, in which there are to be as many as before once what went wrong is over."""
_BEHIND = 5
"""How far behind others, in the system's measure: a third of their share. A small query that only had to wait for a
machine under load must still come to its end."""
_TOP, _BODY = b"h", b"d"
"""Kinds of parts of a reply: status and header fields in JSON; its body."""


class Process:
    """A process that runs a module of ours, as the server asks it."""

    def __init__(self, process: subprocess.Process, held: BinaryIO) -> None:
        self._process, self._held = process, held

    @classmethod
    async def start(cls, module: str, hello: Mapping[str, Any]) -> Process:
        """Start one and greet it. Raises StoreError if it does not come up; then nothing of it is left."""
        try:
            with launching(module) as (command, options, held):
                making = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, **options))
                try:
                    made = cls(await asyncio.shield(making), held)
                except asyncio.CancelledError:  # asyncio waits without end for one that is given up while being made
                    await cls(await making, held).end()
                    raise
        except OSError as error:
            raise StoreError(f"a worker cannot be started ({error.strerror or error})") from error
        try:
            async with asyncio.timeout(START):
                await made._told(hello)
        except (WorkerLost, TimeoutError) as error:
            await made.end()
            raise StoreError("a worker cannot be started; is there memory left?") from error
        except BaseException:
            await made.end()
            raise
        return made

    async def ask(self, request: Mapping[str, Any]) -> Reply:
        """Return its answer. Raises WorkerLost if it ends before."""
        parts = await self._told(request)
        try:
            top = json.loads(parts[0][1])
            return Reply(top["status"], top["headers"], b"".join(data for _, data in parts[1:]))
        except (LookupError, TypeError, ValueError) as error:
            raise _lost() from error

    async def _told(self, said: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
        """Say something, and return the parts of what it says to that. Raises StoreError with the error it tells."""
        stdin, stdout = self._process.stdin, self._process.stdout
        parts: list[tuple[bytes, bytes]] = []
        left = MAX_REPLY
        try:
            if stdin is None or stdout is None:
                raise EOFError  # noqa: TRY301
            stdin.write(line(said))
            await stdin.drain()
            while True:
                kind, size = HEAD.unpack(await stdout.readexactly(HEAD.size))
                left -= size if kind == _BODY else 0
                if left < 0 or (kind != _BODY and size > MAX_REPLY):
                    raise EOFError  # noqa: TRY301  it is not to be trusted any more
                data = await stdout.readexactly(size) if size else b""
                if kind == ERROR:
                    raise StoreError(data.decode())
                if kind == END:
                    return parts
                if kind in (_TOP, _BODY):
                    parts.append((kind, data))
        except (OSError, EOFError) as error:
            raise _lost() from error

    def demote(self) -> None:
        """Let others go first from now on, where the system can do so."""
        with suppress(AttributeError, OSError):  # not on Windows, or it has just ended
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _BEHIND)

    def kill(self) -> None:
        """End it at once. Not by asyncio's own method, which takes its exit status away from who waits."""
        if self._process.returncode is None:
            with suppress(OSError):
                os.kill(self._process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    async def ended(self) -> int:
        """Wait until it has ended, and return with what."""
        return await self._process.wait()

    async def end(self) -> None:
        """End it, and return when it is no more, also if that is cancelled meanwhile."""
        self.kill()
        ending = asyncio.ensure_future(self._end())
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise

    async def _end(self) -> None:
        await self.ended()
        self._held.close()
        if self._process.stdin:  # before the loop ends, which may be right after this
            self._process.stdin.close()
            with suppress(OSError):
                await self._process.stdin.wait_closed()


def send_reply(reply: Reply, send: Send) -> None:
    """Send a reply as parts, from the process."""
    send(_TOP, json.dumps({"status": reply.status, "headers": reply.headers}).encode())
    send(_BODY, reply.body)


def _lost() -> WorkerLost:
    return WorkerLost(
        "the worker ended before it had an answer, perhaps for want of memory; make the query narrower, or ask again"
    )


@dataclass(eq=False)
class _Worker:
    """A process that is ready, in its seat, until it is said to be ``over``.

    One that is ``asked`` has a request that it has not answered; one ``demoted`` has been put behind others.
    """

    process: Process
    seat: _Seat
    asked: bool = False
    demoted: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False)
class _Seat:
    """A place for one process.

    One that is ``kept`` is for requests that are known to end soon. The process in it, or the one that is being
    started, is of a ``build``; ``failed`` is why none could be started when that was last tried.
    """

    kept: bool
    build: int = -1
    worker: _Worker | None = None
    failed: StoreError | None = None


@dataclass(eq=False)
class _Waiter:
    """Who waits for a process: one that may be the one kept, unless the request is of others' making (``own``)."""

    own: bool
    given: asyncio.Future[_Worker]


class Pool:
    """A number of processes that run a module of ours, greeted with ``hello``, and who gets the next free one.

    Requests of others' making (``own``) never get all of them: one is kept for those that are known to end soon.
    """

    def __init__(
        self, module: str, hello: Mapping[str, Any], *, size: int, timeout: float, process: type[Process] = Process
    ) -> None:
        self.size, self.timeout, self._process = size, timeout, process
        self._module, self._hello = module, dict(hello)
        self._seats = [_Seat(kept=number == 0) for number in range(size)]
        self._idle: list[_Worker] = []
        self._waiters: list[_Waiter] = []
        self._busy = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = self._closing = False
        self._build = 0
        self._renewing = asyncio.Lock()
        self._leaving: _Seat | None = None  # the one that a renewal has emptied, until it is filled again
        self._change: asyncio.Future[None] | None = None

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
        self._tasks = {asyncio.create_task(self._keep(seat)) for seat in self._seats}
        try:
            while not all(seat.worker for seat in self._seats):
                await self._changed()
                self._check()
        except BaseException:
            await self.close()
            raise
        self._started = True

    async def ask(
        self,
        request: dict[str, Any],
        *,
        own: bool = False,
        timeout: float | None = None,
        took: Callable[[float], None] = lambda _: None,
    ) -> Reply:
        """Return the answer of the next free process, within ``timeout`` seconds or else the pool's own.

        Raises ServerBusy if there is none for too long, QueryTimeout at the deadline, WorkerLost if the process ends,
        UsageError if it does so because the query is too deep for it. A client that is cancelled cancels
        its request, unless that ends soon by itself: to start another process takes longer than most requests.
        ``took`` is told the seconds of the process that it took, when that is free again: also where the client has
        gone meanwhile, with what it takes to start another then.
        """
        if sum(waiter.own == own for waiter in self._waiters) >= MAX_WAITING:
            raise ServerBusy(f"{MAX_WAITING} others wait already; try again in a moment")
        worker = await self._next(own)
        began = asyncio.get_running_loop().time()
        running = asyncio.create_task(self._run(worker, request, timeout or self.timeout))

        def tell(task: asyncio.Task[Reply]) -> None:
            took(asyncio.get_running_loop().time() - began + (_ANOTHER if task.cancelled() else 0.0))

        running.add_done_callback(tell)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            running.add_done_callback(lambda task: task.cancelled() or task.exception())  # nobody else looks at it
            asyncio.get_running_loop().call_later(LONG, running.cancel)
            raise

    async def renew(self) -> None:
        """Replace the processes, as after a build: one by one, those that are idle first, while the others answer.

        One whose request takes long is not waited for; it is replaced when it is done, as it would be anyway. So none
        answers another request from the former build after this. Raises StoreError if a new one cannot start; what
        has not been replaced then goes on, and the other is tried again.
        """
        self._build += 1
        async with self._renewing:
            while True:
                self._check()
                for worker in sorted(self._idle, key=lambda worker: not worker.seat.kept):
                    self._leave(worker)
                if not any(self._former(seat) for seat in self._seats) and self._leaving is None:
                    return
                await self._changed()

    async def close(self) -> None:
        """End all processes."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, seat: _Seat) -> None:
        """Have a process in a seat: start it, and when it is over, end it and start the next."""
        pause, now = _PAUSES[0], asyncio.get_running_loop().time
        while True:
            seat.build = self._build
            try:
                process = await self._process.start(self._module, self._hello)
            except Exception as error:  # a build being replaced, no memory, or whatever: not for long, it is hoped
                if self._started and seat.failed is None:
                    logging.getLogger(__name__).warning("no worker could be started in another's place: %s", error)
                seat.failed = StoreError(str(error))
                self._tell()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _PAUSES[1])
                continue
            worker = _Worker(process, seat)
            seat.worker, seat.failed, since = worker, None, now()
            try:
                if self._leaving is seat:
                    self._leaving = None
                self._tell()
                self._give(worker)
                await _first(worker.over.wait(), process.ended())
            finally:
                alone = not (worker.over.is_set() or worker.asked)
                self._finish(worker)
                seat.worker = None
                await process.end()
            if now() - since > _PAUSES[1]:
                pause = _PAUSES[0]
            if alone:  # it ended by itself; if that is what they all do, they must not take the machine
                await asyncio.sleep(pause)
                pause = min(2 * pause, _PAUSES[1])

    def _finish(self, worker: _Worker) -> None:
        """Say that a process is over: nobody gets it any more, and it makes room for another."""
        if worker in self._idle:
            self._idle.remove(worker)
        worker.process.kill()
        worker.over.set()

    def _check(self) -> None:
        """Raise what keeps a process from being started, if anything does."""
        for seat in self._seats:
            if seat.failed:
                raise seat.failed

    def _former(self, seat: _Seat) -> bool:
        """Whether a seat has a process of a former build, which may be given another request."""
        return seat.build < self._build and not (seat.worker and seat.worker.demoted)

    def _leave(self, worker: _Worker) -> bool:
        """End a process that is free, if it is its turn in a renewal; return whether it was."""
        if not self._renewing.locked() or self._leaving or not self._former(worker.seat):
            return False
        others = [seat for seat in self._seats if seat.worker not in (None, worker) and not seat.worker.over.is_set()]
        if len(others) < min(1, self.size - 1):
            return False
        self._leaving = worker.seat
        self._finish(worker)
        return True

    def _tell(self) -> None:
        """Have those look who wait for a change."""
        if self._change and not self._change.done():
            self._change.set_result(None)

    async def _changed(self) -> None:
        if self._change is None or self._change.done():
            self._change = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._change)

    async def _run(self, worker: _Worker, request: dict[str, Any], seconds: float) -> Reply:
        """Have a process answer; then put it back, or replace it if it did not end well."""
        self._busy += 1
        worker.asked = True
        long = asyncio.get_running_loop().call_later(LONG, self._demote, worker)
        try:
            reply = await asyncio.wait_for(worker.process.ask({**request, "seconds": seconds}), seconds)
            worker.asked = False
        except TimeoutError:
            raise QueryTimeout(
                f"the query did not end within {seconds:g} seconds; make it narrower, or ask in parts"
            ) from None
        except EudigraphError as error:
            worker.process.kill()
            if await worker.process.ended() == OVERFLOWN:
                raise UsageError(TOO_DEEP) from error
            if self._closing:
                raise WorkerLost("the server is being stopped") from error
            raise
        else:
            return reply
        finally:
            long.cancel()
            self._busy -= 1
            if not (worker.asked or worker.demoted):
                self._give(worker)
            else:
                self._finish(worker)

    def _demote(self, worker: _Worker) -> None:
        worker.demoted = True
        worker.process.demote()
        self._tell()

    async def _next(self, own: bool) -> _Worker:
        """Return the next process that may have the request; the one that is kept, to whom it is kept for, first."""
        for worker in sorted(self._idle, key=lambda worker: not worker.seat.kept):
            if not (own and worker.seat.kept):
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
                raise ServerBusy("all workers are busy with long queries; try again in a moment") from None
            raise

    def _give(self, worker: _Worker) -> None:
        """Give a process that is free to the first who waits and may have it, or let it wait for work."""
        if worker.over.is_set() or self._leave(worker):
            return
        for waiter in self._waiters:
            if not (waiter.own and worker.seat.kept):
                self._waiters.remove(waiter)
                waiter.given.set_result(worker)
                return
        self._idle.append(worker)
        self._tell()


async def _first(*awaited: Any) -> None:
    """Wait until the first of some things has come about."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
