"""The server's workers as a model: whatever happens at the same time, there are never more than there may be.

Processes are played, and time passes as soon as all wait for it; so an hour takes a moment, and the same one each time.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import selectors
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from eudigraph.engine import process as process_
from eudigraph.engine.process import OVERFLOWN
from eudigraph.model.errors import QueryTimeout, ServerBusy, StoreError, UsageError, WorkerLost
from eudigraph.serve import pool as pool_
from eudigraph.serve.pool import Pool, Process
from eudigraph.serve.replies import Reply

TIMEOUT = 3.0
LOOK = 2.0
ENDING = 0.05
"""Seconds from the signal until a process is gone."""


def apart(call: Callable[[], Any]) -> Any:
    """Return what a call returns, in a thread of its own: where a test of pages ran before, this one has a loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(call).result()


class Selector(selectors.DefaultSelector):
    """What a loop waits with: time passes at once, unless there is something to read."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        assert found or timeout is not None, "all wait, and nothing will ever come about"
        if not found and timeout:
            self.now += timeout
        return found


class Loop(asyncio.SelectorEventLoop):
    """A loop in whose time all is done that takes a time."""

    def __init__(self) -> None:
        self.selector = Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


class World:
    """What is true outside of the pool."""

    def __init__(self) -> None:
        self.build, self.broken, self.start = 1, False, 0.5
        self.alive: list[Played] = []
        self.most = 0
        """How many there have been at once."""


class Played(Process):
    """A process that is played. It counts from the moment it is started until it is gone."""

    world: ClassVar[World]
    numbers: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self) -> None:
        self.gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.dying = False
        self.build = 0
        self.own = False
        self.world.alive.append(self)
        self.world.most = max(self.world.most, len(self.world.alive))

    @classmethod
    async def start(cls, module: str, hello: Mapping[str, Any]) -> Played:
        made = cls()
        try:
            takes = cls.world.start
            await asyncio.sleep(min(takes, pool_.START) / 2)
            made.build, broken = cls.world.build, cls.world.broken or takes > pool_.START
            await asyncio.wait({made.gone}, timeout=min(takes, pool_.START) / 2)
            if broken or made.gone.done():
                raise StoreError("a worker cannot be started")  # noqa: TRY301
        except BaseException:
            await made.end()
            raise
        return made

    async def ask(self, request: Mapping[str, Any]) -> Reply:
        assert not self.own, "it is asked while it answers"
        self.own = request["own"]
        if request.get("dies"):
            self.kill(OVERFLOWN)
        await asyncio.wait({self.gone}, timeout=request["takes"])
        self.own = False
        if self.gone.done():
            raise WorkerLost("the worker ended before it had an answer")
        if request.get("last"):
            self.dying = True
            self._go(0)
            for _ in range(5):  # until that is known
                await asyncio.sleep(0)
        return Reply(200, {"build": str(self.build)})

    def demote(self) -> None:
        pass

    def kill(self, status: int = -9) -> None:
        if not self.dying:
            self.dying = True
            asyncio.get_running_loop().call_later(ENDING, self._go, status)

    def _go(self, status: int) -> None:
        self.gone.set_result(status)
        self.world.alive.remove(self)

    async def ended(self) -> int:
        return await asyncio.shield(self.gone)

    async def _end(self) -> None:
        await self.ended()


class Server:
    """A pool among played processes, in a loop of its own, with one who looks for new builds as the server does."""

    def __init__(self, size: int) -> None:
        self.world = Played.world = World()
        self.loop = Loop()
        self.pool = Pool("", {}, size=size, timeout=TIMEOUT, process=Played)
        self.served = self.world.build
        self.asked: list[tuple[asyncio.Task[Reply], int]] = []
        self.others: list[asyncio.Task[None]] = []
        self.stopped = False
        self.run(self.pool.start())
        self.others.append(self.loop.create_task(self._watch()))

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return apart(lambda: self.loop.run_until_complete(what))

    def settle(self) -> None:
        """Have everybody do what can be done without waiting."""
        self.run(self._settled())

    async def _settled(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))
        self.settle()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if self.world.build != self.served:
                await self._renewed()

    async def _renewed(self) -> None:
        build = self.world.build
        with suppress(StoreError):
            await self.pool.renew()
            self.served = max(build, self.served)

    def renew(self) -> None:
        """Take a new build up, perhaps while one is being taken up already."""
        self.others.append(self.loop.create_task(self._renewed()))
        self.settle()

    def ask(self, takes: float, *, own: bool = False, timeout: float | None = None) -> asyncio.Task[Reply]:
        asking = self.loop.create_task(self.pool.ask({"takes": takes, "own": own}, own=own, timeout=timeout))
        self.asked.append((asking, self.served))
        self.settle()
        return asking

    def stop(self) -> None:
        self.stopped = True
        for task in self.others:
            task.cancel()
        self.run(self.pool.close())
        assert self.world.alive == []
        self.wait(pool_.PATIENCE + 1)
        self.check()

    def check(self) -> None:
        """What must be true at any time."""
        assert self.world.most <= self.pool.size
        assert 0 <= self.pool.busy <= self.pool.ready <= self.pool.size
        assert sum(process.own for process in self.world.alive) < self.pool.size
        for asking, served in [each for each in self.asked if each[0].done()]:
            self.asked.remove((asking, served))
            if asking.cancelled():
                continue
            if error := asking.exception():
                assert isinstance(error, QueryTimeout | ServerBusy | WorkerLost | UsageError), error
            else:
                assert int(asking.result().headers["build"]) >= served, "an answer from a former build"

    def close(self) -> None:
        try:
            if not self.stopped:
                self.stop()
            assert asyncio.all_tasks(self.loop) == set(), "something was left running"
        finally:
            self.loop.close()


@contextmanager
def served(size: int) -> Iterator[Server]:
    server = Server(size)
    try:
        yield server
        server.check()
    finally:
        server.close()


class Disturbed(RuleBasedStateMachine):
    """Builds, timeouts, deaths, clients that go, slow starts, and a stop, in any order and at any time."""

    size = 4

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(self.size)

    @property
    def running(self) -> bool:
        return not self.server.stopped

    @precondition(lambda self: self.running)
    @rule(takes=st.sampled_from([0.01, ENDING, 0.3, 1.5, 100.0]), own=st.booleans(), count=st.integers(1, 6))
    def ask(self, takes: float, own: bool, count: int) -> None:
        for _ in range(count):
            self.server.ask(takes, own=own)

    @precondition(lambda self: self.running)
    @rule(broken=st.booleans())
    def build(self, broken: bool) -> None:
        self.server.world.build += 1
        self.server.world.broken = broken

    @precondition(lambda self: self.running)
    @rule()
    def mend(self) -> None:
        self.server.world.broken = False

    @precondition(lambda self: self.running)
    @rule()
    def renew_beside(self) -> None:
        self.server.renew()

    @precondition(lambda self: self.running)
    @rule(takes=st.sampled_from([0.05, 0.5, 5.0, 1000.0]))
    def start_takes(self, takes: float) -> None:
        self.server.world.start = takes

    @precondition(lambda self: self.server.world.alive)
    @rule(which=st.integers(0, 10), status=st.sampled_from([-9, -11, 1]))
    def kill(self, which: int, status: int) -> None:
        self.server.loop.call_soon(self.server.world.alive[which % len(self.server.world.alive)].kill, status)
        self.server.settle()

    @precondition(lambda self: self.server.world.alive)
    @rule()
    def kill_all(self) -> None:
        for process in self.server.world.alive:
            self.server.loop.call_soon(process.kill)
        self.server.settle()

    @precondition(lambda self: self.server.asked)
    @rule(which=st.integers(0, 30), later=st.sampled_from([0.0, 0.0, 0.01, ENDING, 0.3, pool_.PATIENCE]))
    def client_goes(self, which: int, later: float) -> None:
        asking, _ = self.server.asked[which % len(self.server.asked)]
        self.server.loop.call_later(later, asking.cancel)
        self.server.settle()

    @rule(seconds=st.sampled_from([0.0, 0.04, 0.06, 0.3, 1.01, 3.0, 11.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.server.wait(seconds)

    @precondition(lambda self: self.running)
    @rule()
    def calm(self) -> None:
        """A minute after the last disturbance, everything is as it was."""
        self.server.world.broken, self.server.world.start = False, 0.5
        self.server.wait(60)
        pool = self.server.pool
        assert (pool.ready, pool.busy, len(self.server.world.alive)) == (self.size, 0, self.size)
        assert self.server.served == self.server.world.build
        assert {process.build for process in self.server.world.alive} == {self.server.world.build}

    @precondition(lambda self: self.running)
    @rule()
    def stop(self) -> None:
        self.server.stop()

    @invariant()
    def never_too_many(self) -> None:
        self.server.check()

    def teardown(self) -> None:
        if self.running:
            self.calm()
        self.server.close()


class DisturbedPair(Disturbed):
    """The same with two workers, one of which is kept."""

    size = 2


_often = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestFourWorkers = pytest.mark.slow(Disturbed.TestCase)
TestFourWorkers.settings = _often
TestTwoWorkers = pytest.mark.slow(DisturbedPair.TestCase)
TestTwoWorkers.settings = _often


# ---------------------------------------------------------------- A change of build


@pytest.mark.parametrize("size", [2, 4])
def test_while_a_build_is_taken_up_all_workers_but_one_are_ready(size: int) -> None:
    with served(size) as server:
        server.world.build += 1
        for _ in range(100):
            server.wait(0.05)
            assert server.pool.ready >= size - 1
        assert server.served == 2
        assert {process.build for process in server.world.alive} == {2}


@pytest.mark.parametrize("size", [2, 4])
def test_requests_are_answered_all_the_time_while_a_build_is_taken_up(size: int) -> None:
    """Of both kinds, though no worker ever waits for work; none is refused, or waits for more than a start."""
    with served(size) as server:
        took: list[float] = []

        async def client(own: bool) -> None:
            while server.loop.time() < 20:
                began = server.loop.time()
                assert (await server.pool.ask({"takes": 0.1, "own": own}, own=own)).status == 200
                took.append(server.loop.time() - began)

        server.world.build += 1
        clients = [server.loop.create_task(client(number % 2 == 1)) for number in range(2 * size)]
        server.wait(8)
        assert server.served == 2
        server.run(asyncio.wait_for(asyncio.gather(*clients), 60))
        assert max(took) < server.world.start + ENDING + 1


@pytest.mark.parametrize("before", [0.1, 1.5])
def test_a_long_request_does_not_keep_a_build_from_being_taken_up(before: float) -> None:
    with served(2) as server:
        server.wait(LOOK - before)
        long = server.ask(100, own=True, timeout=60)
        server.world.build += 1
        server.wait(before + 2)
        assert server.served == 2
        assert server.run(server.pool.ask({"takes": 0.1, "own": False})).headers == {"build": "2"}
        server.wait(60)
        assert isinstance(long.exception(), QueryTimeout)
        assert [process.build for process in server.world.alive] == [2, 2]


def test_the_last_worker_that_is_ready_is_not_replaced_by_one_of_a_new_build() -> None:
    with served(2) as server:
        server.run(_killed(server.world.alive[0]))
        server.wait(ENDING)
        server.world.build += 1
        server.renew()
        for _ in range(100):
            server.wait(0.05)
            assert server.pool.ready >= 1
        assert [process.build for process in server.world.alive] == [2, 2]


def test_a_worker_whose_request_took_long_answers_no_other() -> None:
    with served(2) as server:
        before = list(server.world.alive)
        answer = server.ask(1.5, own=True)
        server.wait(3)
        assert answer.result().status == 200
        assert len(set(server.world.alive) & set(before)) == 1


def test_workers_that_start_while_there_is_a_new_build_answer_from_it() -> None:
    """They may have begun to open the former one."""
    with served(4) as server:
        server.world.start = 4.0
        for process in list(server.world.alive)[2:]:
            server.loop.call_soon(process.kill)
        server.wait(3)  # by now they have opened what there is
        server.world.build += 1
        server.world.start = 0.2
        server.renew()
        server.wait(30)
        assert {process.build for process in server.world.alive} == {2}
        assert server.pool.ready == 4


def test_builds_that_follow_each_other_faster_than_they_are_taken_up_leave_as_many_workers() -> None:
    with served(4) as server:
        server.world.start = 1.0
        for _ in range(20):
            server.world.build += 1
            server.renew()
            server.ask(100, own=True)
            server.wait(0.7)
        server.wait(30)
        assert server.pool.ready == len(server.world.alive) == 4
        assert {process.build for process in server.world.alive} == {server.world.build}


def test_a_build_that_no_worker_can_open_takes_one_worker_and_the_others_go_on() -> None:
    with served(4) as server:
        server.world.build, server.world.broken = 2, True
        server.wait(300)
        assert (server.pool.ready, server.served) == (3, 1)
        with pytest.raises(StoreError, match="a worker cannot be started"):
            server.run(server.pool.renew())
        for own in (True, False):
            answer = server.ask(0.1, own=own)
            server.wait(1)
            assert answer.result().headers == {"build": "1"}
        server.world.broken = False
        server.wait(60)
        assert (server.pool.ready, server.served) == (4, 2)


def test_a_pool_that_cannot_start_says_why_and_leaves_nothing_behind() -> None:
    loop, world = Loop(), World()
    Played.world, world.broken = world, True
    with pytest.raises(StoreError, match="a worker cannot be started"):
        starting = Pool("", {}, size=3, timeout=TIMEOUT, process=Played).start()
        apart(lambda: loop.run_until_complete(starting))
    assert (world.alive, world.most) == ([], 3)
    loop.close()


# ---------------------------------------------------------------- Death


def test_workers_that_die_as_soon_as_they_are_there_do_not_take_the_machine() -> None:
    """As where there is no memory to read the graph; afterwards they are back within a minute."""
    with served(2) as server:
        started = []

        def kill() -> None:
            for process in server.world.alive:
                if process.build and process not in started:
                    started.append(process)
                    process.kill()
            if server.loop.time() < 600:
                server.loop.call_later(0.01, kill)

        server.loop.call_soon(kill)
        server.wait(600)
        assert 2 * 600 / 11 < len(started) < 2 * 600 / 10 + 20
        server.wait(60)
        assert server.pool.ready == 2


def test_a_worker_that_a_request_brings_down_is_replaced_at_once_however_often() -> None:
    """Else few such requests would keep others from being answered."""
    with served(2) as server:
        for _ in range(20):
            with pytest.raises(UsageError, match="too deep"):
                server.run(server.pool.ask({"takes": 5, "own": True, "dies": True}, own=True))
            server.wait(server.world.start + ENDING)
            assert server.pool.ready == 2


def test_an_idle_worker_that_is_killed_is_replaced_though_nobody_asks() -> None:
    with served(2) as server:
        server.run(_killed(server.world.alive[0]))
        server.wait(1)
        assert server.pool.ready == len(server.world.alive) == 2


async def _killed(process: Played) -> None:
    process.kill()


def test_a_worker_that_ends_as_soon_as_it_has_answered_is_asked_nothing_more() -> None:
    with served(2) as server:
        answer = server.run(server.pool.ask({"takes": 0.1, "own": False, "last": True}))
        assert answer.status == 200
        assert server.pool.ready == 1
        server.wait(1)
        assert server.pool.ready == 2


@pytest.mark.parametrize("after", range(12))
def test_a_client_that_goes_just_when_it_is_given_a_worker_costs_none(after: int) -> None:
    with served(2) as server:

        def go(turns: int) -> None:
            if turns:
                server.loop.call_soon(go, turns - 1)
            else:
                waiting.cancel()

        server.ask(0.5, own=True)
        waiting = server.ask(0.5, own=True)
        server.loop.call_later(0.5, go, after)
        server.wait(30)
        assert (server.pool.ready, server.pool.busy) == (2, 0)


def test_a_pool_that_is_closed_waits_until_workers_that_are_ending_are_gone() -> None:
    with served(2) as server:
        for own in (True, False):
            server.ask(100, own=own)
        server.wait(TIMEOUT + ENDING / 2)
        assert all(process.dying for process in server.world.alive)
        server.stop()


# ---------------------------------------------------------------- Processes that are not played

SAYS = "send(b'h', json.dumps({'status': 200, 'headers': {}}).encode()), send(b'd', %s)"
REAL = """
import json, os, resource, sys, time
from eudigraph.engine import process
from eudigraph.model.errors import StoreError
def ready(hello):
    {ready}
    return lambda request, send: ({answer})
process.serve(ready)
"""


def asked(monkeypatch: pytest.MonkeyPatch, ready: str = "pass", answer: str = SAYS % "b'x'", count: int = 1) -> Reply:
    """Ask a process that does so to get ready, and to answer; return its last answer. It must be gone at the end."""
    pids: list[int] = []

    def command(_: str) -> list[str]:
        return [sys.executable, "-P", "-c", REAL.format(ready=ready, answer=answer)]

    def launched(*args: Any, **more: Any) -> Any:
        made = start(*args, **more)
        pids.append(made.pid)
        return made

    async def ask() -> Reply:
        made = await Process.start("", {})
        try:
            for _ in range(count):
                reply = await made.ask({"seconds": 30})
            return reply
        finally:
            await made.end()

    start = subprocess.Popen
    monkeypatch.setattr(process_, "command", command)
    monkeypatch.setattr(subprocess, "Popen", launched)
    try:
        reply: Reply = apart(lambda: asyncio.run(ask()))
        return reply
    finally:
        (pid,) = pids
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_answers_one_request_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, count=3) == Reply(200, {}, b"x")
    assert asked(monkeypatch, answer=f"{SAYS % 'bytes(9)'}, send(b'd', bytes(1))").body == bytes(10)


def test_what_a_process_prints_is_no_part_of_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, "print('ready', flush=True)", f"print('e'), {SAYS % repr(b'x')}", 2).body == b"x"


def test_a_process_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = "str([resource.getrlimit(what) for what in (resource.RLIMIT_AS, resource.RLIMIT_CORE)]).encode()"
    most = process_.MEMORY
    assert asked(monkeypatch, answer=SAYS % limits).body == f"[({most}, {most}), (0, 0)]".encode()


@pytest.mark.parametrize(
    ("ready", "said"),
    [
        ("raise StoreError('the store is gone')", "the store is gone"),
        ("raise SystemExit(3)", "a worker cannot be started; is there memory left?"),
        ("os.kill(os.getpid(), 9)", "a worker cannot be started; is there memory left?"),
        ("time.sleep(60)", "a worker cannot be started; is there memory left?"),
        ("os.close(0); os.closerange(3, 20); time.sleep(60)", "a worker cannot be started; is there memory left?"),
    ],
)
def test_a_process_that_does_not_get_ready_is_ended_and_the_reason_told(
    monkeypatch: pytest.MonkeyPatch, ready: str, said: str
) -> None:
    monkeypatch.setattr(pool_, "START", 1.0)
    with pytest.raises(StoreError, match=re.escape(said)):
        asked(monkeypatch, ready)


@pytest.mark.parametrize(
    "answer",
    [
        "os._exit(0)",
        "os.kill(os.getpid(), 9)",
        "None",  # no status
        "send(b'h', b'[]')",
        "send(b'h', b'nonsense')",
        "send(b'd', b'x')",
        SAYS % "bytes(2000)",  # more than may be
        "send(b'h', bytes(2000))",
    ],
)
def test_a_process_that_does_not_answer_as_agreed_is_lost(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(pool_, "MAX_REPLY", 1000)
    with pytest.raises(WorkerLost, match="the worker ended before it had an answer"):
        asked(monkeypatch, answer=answer)
