"""What the tests share: the workspace of this checkout, built once, and copies to break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal, TypeVar

import hypothesis
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browsing import CHROMIUM, FLAGS
from eudigraph.build import build, consistency
from eudigraph.cli import main
from eudigraph.engine import store, watchdog
from eudigraph.model import workspace
from eudigraph.reason import hermit

# The same examples each time: a test that fails here fails everywhere.
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None)
hypothesis.settings.load_profile("repeatable")
# Nor does it matter what is set where the tests run.
for _name in ("COLUMNS", "EUDIGRAPH_WORKSPACE"):
    os.environ.pop(_name, None)

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
Test = TypeVar("Test", bound=Callable[..., None])


def needs_hermit(test: Test) -> Test:
    """Mark a test that asks HermiT, and skip it where there is no Java."""
    skip = pytest.mark.skipif(hermit.find_java() is None, reason="HermiT needs Java, and there is none")
    for mark in (pytest.mark.hermit, skip):
        mark(test)
    return test


@pytest.fixture(scope="session")
def checkout() -> workspace.Workspace:
    """The ontology, claims and queries of this checkout."""
    return workspace.open_workspace(ROOT)


@pytest.fixture(scope="session")
def built(checkout: workspace.Workspace, tmp_path_factory: pytest.TempPathFactory) -> store.Built:
    """The checkout's graph, built without HermiT and open for reading."""
    folder = tmp_path_factory.mktemp("built") / "build"
    report = build.build(checkout, folder, use_hermit=False)
    assert not report.errors
    return store.open_built(folder)


@pytest.fixture
def copy(checkout: workspace.Workspace, tmp_path: Path) -> workspace.Workspace:
    """A copy of the checkout's workspace, to be changed."""
    return workspace.open_workspace(_copied(checkout, tmp_path / "workspace"))


@pytest.fixture
def small(checkout: workspace.Workspace, tmp_path: Path) -> Callable[[str], workspace.Workspace]:
    """Make a workspace with the checkout's ontology, reference data and queries, and claims in ``graph/test.trig``."""

    return lambda claims: with_claims(checkout, tmp_path / "small", claims)


def with_claims(origin: workspace.Workspace, folder: Path, claims: str) -> workspace.Workspace:
    """Copy a workspace to a folder, with other claims than its own."""
    _copied(origin, folder)
    for path in (folder / "graph").glob("*.trig"):
        path.unlink()
    (folder / "graph" / "test.trig").write_text(claims, "utf-8")
    return workspace.open_workspace(folder)


@pytest.fixture
def without_hermit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build and check without HermiT, where it is not the subject: Java takes longer than all the rest."""
    monkeypatch.setattr(hermit, "find_java", lambda: None)


@pytest.fixture
def without_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build and check without the SHACL shapes, where they are not the subject: they take half of the time."""
    monkeypatch.setattr(consistency, "with_shapes", lambda *_: [])


@pytest.fixture
def article() -> Path:
    """The article's text, which is not part of the repository."""
    path = SHARED / "article.txt"
    if not path.is_file():
        pytest.skip("the article's text is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser, started once in each process of tests; each page is in a context of its own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that must neither report an error nor ask for anything; both are looked at when the test ends.

    ``asks`` is what the addresses begin with that a page may ask for, by default its own alone.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def make(
        address: str,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: Literal["light", "dark"] = "light",
        asks: str | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        own = (address.partition("#")[0] if asks is None else asks, "data:", "blob:", "about:")
        page.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(own) else None)
        page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


@dataclass
class Run:
    """What the command line did: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run ``main`` in this process: whatever it does not catch fails the test.

    A query that is given up would run on in it: use ``program`` for those.
    """

    def run(*args: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["eudigraph", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main.main()
        streams = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        assert not watchdog.running()
        return Run(exit_.value.code, streams.out, streams.err)

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Run]:
    """Run ``eudigraph`` in a process of its own."""

    def run(*args: object) -> Run:
        command = [sys.executable, "-m", "eudigraph", *map(str, args)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server that remembers who came: it tells whether a query reached another machine."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(500)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", seen
        server.shutdown()


def _copied(origin: workspace.Workspace, target: Path) -> Path:
    for name in workspace.FOLDERS:
        shutil.copytree(origin.root / name, target / name)
    return target
