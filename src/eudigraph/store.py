"""Where a built graph lives: generations of a store in one folder, and a manifest that names the one in force.

::

    build/
    ├── manifest.json        which generation counts, its format, what it was built from
    ├── latest -> 2          the same for people, where the system has links
    ├── 1/                   the one that was in force before, for those who still read it
    └── 2/                   store/ and the exports

A new generation is written aside and put in force by replacing the manifest, which the file system does in one step.
What a build leaves that is killed on the way, the next one removes.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import Store

from eudigraph import engine
from eudigraph.errors import EudigraphError, StoreError, UsageError
from eudigraph.isolated import Isolated
from eudigraph.sparql import Triplestore
from eudigraph.workspace import Workspace

FORMAT = 1
"""Version of the folder's layout and of what the store holds. A change makes older stores unreadable, and says so."""
SMALL = 150_000
"""Up to how many statements, each counted once, ``serve`` holds a graph in memory unasked: 0.15 GB a process."""
LARGEST = 3_000_000
"""The most it holds there if told to: with what a query needs besides, more would not fit into ``isolated.MEMORY``."""
_AT_ONCE = 200
"""How many statements are read before another thread has its turn: a millisecond or two."""
MANIFEST = "manifest.json"
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_LEFTOVER = re.compile(r"(?:unfinished|latest|manifest\.json)-([0-9]{1,9})(?:-[0-9a-f]{8})?")
"""Names of what is not in force yet, with the number of the process that writes it."""


@dataclass
class Manifest:
    """What is known of the generation in force. ``inputs`` gives size and time of change of each file."""

    format: int
    generation: int
    eudigraph: str
    ontology: str
    counts: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values of a wrong kind, which a damaged file may hold, with a TypeError."""
        kinds = {"format": int, "generation": int, "eudigraph": str, "ontology": str, "counts": dict, "inputs": dict}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name} is no {kind.__name__}")
        if not all(type(number) is int for number in self.counts.values()):
            raise TypeError("counts are no numbers")

    @property
    def statements(self) -> int:
        """How many statements there are, each counted once."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Built:
    """A built graph that is open for reading."""

    folder: Path
    manifest: Manifest
    store: Triplestore

    @property
    def generation(self) -> Path:
        """The folder of the generation that is open, with its exports."""
        return self.folder / str(self.manifest.generation)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many sources, passages and statements of each kind there are."""
        return self.manifest.counts

    def ask(self, text: str, *, limit: int | None = None, timeout: float = engine.TIMEOUT) -> engine.Answer:
        """Run an inspected query where it can be ended; see ``Isolated.run``."""
        return self._isolated.run(text, limit=limit, timeout=timeout)

    @cached_property
    def _isolated(self) -> Isolated:
        return Isolated(self.generation / "store")

    def stale(self, workspace: Workspace) -> bool:
        """Whether a file of the workspace has changed since the build."""
        return self.manifest.inputs != inputs(workspace)


def inputs(workspace: Workspace) -> dict[str, list[int]]:
    """Return size and time of change of each file a build reads."""
    found = {}
    for path in workspace.data_files:
        with suppress(OSError):
            stat = path.stat()
            found[workspace.show(path)] = [stat.st_size, stat.st_mtime_ns]
    return found


def exists(folder: Path) -> bool:
    """Whether a build is in force in this folder."""
    return (folder / MANIFEST).is_file()


def open_built(folder: Path) -> Built:
    """Open the generation in force for reading; many may read at once, also while another is being built.

    Raises StoreError if there is none, if another version of eudigraph made it, or if it is damaged.
    """
    if not exists(folder):
        raise StoreError(f"there is no built graph in {folder}; make one with: eudigraph build")
    for attempt in (1, 2):  # a build may put the next generation in force between the two reads
        manifest = _manifest(folder)
        try:
            found = Store.read_only(str(folder / str(manifest.generation) / "store"))
            return Built(folder, manifest, found)
        except (OSError, RuntimeError, ValueError) as error:
            if "file descriptors" in str(error):
                raise StoreError(
                    f"the store in {folder} cannot be opened: this process may have too few files open at once; "
                    "raise the limit, for instance: ulimit -n 1024"
                ) from error
            if attempt == 2 or _manifest(folder).generation == manifest.generation:
                raise _damaged(folder, error) from error
    raise AssertionError


def read_into_memory(built: Built) -> Built:
    """Return the same graph, held in memory, for who asks it often.

    A query of the library takes seven tenths of the time there, more or less. Another thread may ask the one on
    disk meanwhile. Raises StoreError if that is damaged.
    """
    held = Store()
    try:
        quads = iter(built.store)
        while some := list(islice(quads, _AT_ONCE)):
            held.extend(some)
    except (OSError, RuntimeError) as error:
        raise _damaged(built.folder, error) from error
    return replace(built, store=held)


def _damaged(folder: Path, error: Exception) -> StoreError:
    return StoreError(f"the store in {folder} is damaged ({str(error)[:120]}); build it again: eudigraph build")


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        given: dict[str, Any] = json.loads(path.read_text("utf-8"))
        made_with, version = given.get("eudigraph", "an unknown version"), given.get("format")
        if version != FORMAT:
            raise StoreError(
                f"the store in {folder} has format {version}, made by eudigraph {made_with}; this eudigraph "
                f"reads format {FORMAT}; build it again: eudigraph build"
            )
        return Manifest(**given)
    except (ValueError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise StoreError(f"{path} cannot be read ({error}); build again: eudigraph build") from error


@contextmanager
def new_generation(folder: Path) -> Iterator[Path]:
    """Give a folder to write a new generation to. It is thrown away unless ``commit`` put it in force.

    Raises StoreError for a folder that holds something else, or that cannot be written to.
    """
    _claim(folder)
    aside = folder / f"unfinished-{os.getpid()}-{secrets.token_hex(4)}"
    aside.mkdir()
    try:
        yield aside
    finally:
        _remove(aside)


def commit(folder: Path, aside: Path, manifest: Manifest) -> Path:
    """Put a finished generation in force; return its folder. All others but the one in force before are removed."""
    with _alone(folder):
        numbers = [int(path.name) for path in folder.iterdir() if _NUMBER.fullmatch(path.name)]
        try:
            former = _manifest(folder).generation
        except StoreError:
            former = max(numbers, default=0)  # the best guess at what may still be read
        manifest.generation = max(numbers, default=0) + 1
        target = folder / str(manifest.generation)
        aside.rename(target)
        try:
            _replace(folder / MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")
        except OSError:
            target.rename(aside)  # to be thrown away
            raise
        with suppress(OSError):  # not every system lets everybody make links; the manifest is what counts
            link = folder / f"latest-{os.getpid()}"
            link.unlink(missing_ok=True)
            link.symlink_to(target.name, target_is_directory=True)
            link.replace(folder / "latest")
        _clean(folder, {manifest.generation, former})
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one build after the other put its generation in force, where the system can lock a folder.

    Else one might remove what the other is about to name in its manifest. The lock ends with the process at the latest.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _claim(folder: Path) -> None:
    """Make the folder, or make sure that it is ours."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ours = _is_ours(folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written to: {error.strerror}; choose another with --out") from error
    if not ours:
        raise StoreError(f"{folder} holds something that is no build of eudigraph; choose another folder with --out")
    _clean(folder, ())


def _is_ours(folder: Path) -> bool:
    """Whether a folder has been built to, be it by a build that was killed, or is empty.

    Neither a number nor ``manifest.json`` is proof: others sort photographs by year, and web pages have a manifest.
    """
    paths = list(folder.iterdir())
    if all(_LEFTOVER.fullmatch(path.name) for path in paths) or any(_is_generation(path) for path in paths):
        return True
    try:
        return "eudigraph" in json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def _is_generation(path: Path) -> bool:
    return bool(_NUMBER.fullmatch(path.name)) and (path / "store" / "CURRENT").is_file()  # as each store on disk has


def _clean(folder: Path, kept: Collection[int]) -> None:
    """Remove what killed builds left behind and, if it is said which are kept, all other generations."""
    for path in folder.iterdir():
        leftover = _LEFTOVER.fullmatch(path.name)
        if leftover and not _alive(int(leftover[1])):
            _remove(path)
        if kept and _is_generation(path) and int(path.name) not in kept:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for pause in (0.0, 0.1, 0.5):  # a store that an error left open may write a file while its folder is emptied
            time.sleep(pause)
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                break
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def write_aside(path: Path, content: str | bytes) -> Path:
    """Write a text (in UTF-8, its line ends as they are) or bytes to a file; return where it is.

    It is written aside and then put in its place. Raises StoreError where that fails.
    """
    if path.name == "-":
        raise UsageError("- is no file to write to; give the name of one")
    path = path.resolve() if path.is_symlink() else path
    data = content.encode() if isinstance(content, str) else content
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe takes the text, and stays what it is
            path.write_bytes(data)
            return path
        aside.write_bytes(data)
        aside.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}; choose another with --out") from error
    finally:
        aside.unlink(missing_ok=True)
    return path


def _replace(path: Path, text: str) -> None:
    """Write a file aside, make sure that it is on disk, and put it in the other's place in one step."""
    aside = path.with_name(f"{path.name}-{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn failures to write into a StoreError that says so."""
    try:
        yield
    except EudigraphError:
        raise
    except (OSError, RuntimeError) as error:
        what = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise StoreError(
            f"{folder}: writing failed ({what[:160]}); the former build, if any, is untouched; "
            "make room or choose another folder with --out"
        ) from error
