"""Opening the generation of a built graph that is in force; ``build.generations`` writes them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from pyoxigraph import Store

from eudigraph.engine.answer import TIMEOUT, Answer
from eudigraph.engine.safety import Query
from eudigraph.model.digests import digest, look
from eudigraph.model.errors import StoreError
from eudigraph.model.names import EUD, GRAPH_ONTOLOGY, GRAPH_PROVENANCE, OWN_GRAPHS
from eudigraph.model.triples import Triplestore, select
from eudigraph.model.workspace import Workspace

FORMAT = 1
"""Version of the folder's layout and of what the store holds. A change makes older stores unreadable, and says so."""
SMALL = 150_000
"""Up to how many statements, each counted once, ``serve`` holds a graph in memory unasked: 0.15 GB a process."""
LARGEST = 3_000_000
"""The most it holds there if told to: with what a query needs besides, more would not fit into ``process.MEMORY``."""
_AT_ONCE = 200
"""How many statements are read before another thread has its turn: a millisecond or two."""
MANIFEST = "manifest.json"
_SOUND: set[tuple[int | str, ...]] = set()
"""Exports that were seen to be as they were written, by size, digest and how they look."""


@dataclass
class Manifest:
    """What is known of the generation in force.

    ``inputs`` has, of each file that it was made from, size, both times (see ``digests.look``) and SHA-256; ``files``,
    of each of its own files, size and SHA-256.
    """

    format: int
    generation: int
    eudigraph: str
    ontology: str
    counts: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, list[int | str]] = field(default_factory=dict)
    files: dict[str, list[int | str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values of a wrong kind, which a damaged file may hold, with a TypeError."""
        kinds = {"format": int, "generation": int, "eudigraph": str, "ontology": str}
        kinds |= dict.fromkeys(("counts", "inputs", "files"), dict)
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name} is no {kind.__name__}")
        if not all(type(number) is int for number in self.counts.values()):
            raise TypeError("counts are no numbers")
        if any(type(known) is not list or [*map(type, known)] != [int, str] for known in self.files.values()):
            raise TypeError("files are not known by size and digest")

    @property
    def statements(self) -> int:
        """How many statements there are, each counted once."""
        return sum(self.counts.values())


class Runner(Protocol):
    """What runs the queries that somebody wrote: where they can be ended, here or elsewhere."""

    def run(self, query: Query, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
        """Return at most ``limit`` rows or triples; raises QueryTimeout, UsageError and StoreError."""


@dataclass(frozen=True)
class Built:
    """A built graph that is open for reading, on disk, in memory or behind an endpoint.

    ``folder`` is where files are written that belong to it.
    """

    folder: Path
    manifest: Manifest
    store: Triplestore
    runner: Runner

    def __repr__(self) -> str:
        return f"<Built {self.manifest.generation} in {self.folder}>"

    @property
    def generation(self) -> Path:
        """The folder of the generation that is open, with its exports."""
        return self.folder / str(self.manifest.generation)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many sources, passages and statements of each kind there are; they may have to be counted."""
        try:
            return self.manifest.counts or _counted(self.store)
        except (LookupError, AttributeError, ValueError) as error:
            raise StoreError(
                "the graph cannot be counted: its endpoint answers with other columns than it was asked for"
            ) from error

    def ask(self, query: Query, *, limit: int | None = None, timeout: float = TIMEOUT) -> Answer:
        """Run a query where it can be ended, and return at most ``limit`` rows or triples."""
        return self.runner.run(query, limit=limit, timeout=timeout)

    def stale(self, workspace: Workspace) -> bool:
        """Whether a file of the workspace has changed since the build, as far as its manifest knows of files."""
        known = self.manifest.inputs
        there = {workspace.show(path): path for path in workspace.data_files} if known else {}
        return known.keys() != there.keys() or any(_changed(path, known[name]) for name, path in there.items())


def export(generation: Path, manifest: Manifest, name: str) -> tuple[Path, str]:
    """Return the file of an export of a generation, and its digest.

    Whether it is as it was written is looked at once, and again if anything about the file changes. Raises StoreError
    for one that is not.
    """
    path, known = generation / name, manifest.files.get(name)
    try:
        if known is None:
            raise StoreError(f"the build has no digest of {name}; build again: eudigraph build")
        if not path.is_file():  # a pipe would be waited for
            raise StoreError(f"{name} is no file any more; see: eudigraph verify")
        seen = (str(path), *known, *look(path))
        if seen not in _SOUND:
            if [path.stat().st_size, digest(path)] != known:
                raise StoreError(f"{name} is not as it was built; see: eudigraph verify")
            _SOUND.add(seen)
    except OSError as error:
        raise StoreError(f"{name} cannot be read ({error.strerror or error}); see: eudigraph verify") from error
    return path, str(known[1])


def _counted(graph: Triplestore) -> dict[str, int]:
    """Count what a build counts, and notes in its manifest."""

    def number(pattern: str, what: str = "*") -> int:
        return int(select(graph, f"SELECT (COUNT({what}) AS ?n) {{ {pattern} }}")[0]["n"].value)

    def entities(name: str) -> int:
        return number(f"GRAPH {GRAPH_PROVENANCE} {{ ?entity a <{EUD}{name}> }}", "DISTINCT ?entity")

    own = ", ".join(str(name) for name in OWN_GRAPHS)
    kinds = [name for name in OWN_GRAPHS if name != GRAPH_ONTOLOGY]
    return {
        "sources": entities("Source"),
        "passages": entities("Passage"),
        "claims": number(f"GRAPH ?graph {{ ?s ?p ?o }} FILTER(?graph NOT IN ({own}))"),
        **{name.value.rpartition("/")[2]: number(f"GRAPH {name} {{ ?s ?p ?o }}") for name in kinds},
    }


def inputs(workspace: Workspace) -> dict[str, list[int | str]]:
    """Return what each file that a build reads is known by: size, times and digest."""
    found: dict[str, list[int | str]] = {}
    for path in workspace.data_files:
        with suppress(OSError):
            if path.is_file():  # a pipe would be waited for
                found[workspace.show(path)] = [*look(path), digest(path)]
    return found


def _changed(path: Path, known: list[int | str]) -> bool:
    """Whether a file's content has changed; it is read only if that cannot be told by a look at it."""
    try:
        seen = look(path)
        return seen != known[:3] and (seen[0] != known[0] or digest(path) != known[-1])
    except OSError:
        return True


def exists(folder: Path) -> bool:
    """Whether a build is in force in this folder."""
    return (folder / MANIFEST).is_file()


def open_built(folder: Path, *, watched: bool = False) -> Built:
    """Open the generation in force for reading; many may read at once, also while another is being built.

    Queries that somebody wrote run in a process of their own or, ``watched``, in this one, which then has to end when
    one was given up: see ``watchdog``.

    Raises StoreError if there is none, if another version of eudigraph made it, or if it is damaged.
    """
    if not exists(folder):
        raise StoreError(f"there is no built graph in {folder}; make one with: eudigraph build")
    for attempt in (1, 2):  # a build may put the next generation in force between the two reads
        manifest = manifest_of(folder)
        try:
            place = folder / str(manifest.generation) / "store"
            found = Store.read_only(str(place))
            return Built(folder, manifest, found, _runner(found, place, watched))
        except (OSError, RuntimeError, ValueError) as error:
            if "file descriptors" in str(error):
                raise StoreError(
                    f"the store in {folder} cannot be opened: this process may have too few files open at once; "
                    "raise the limit, for instance: ulimit -n 1024"
                ) from error
            if attempt == 2 or manifest_of(folder).generation == manifest.generation:
                raise _damaged(folder, error) from error
    raise AssertionError


@contextmanager
def locked(folder: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Lock a folder, where the system can; give False if others have, and we do not ``wait`` until they are done.

    Who reads a generation for long locks its folder, ``shared`` with others who do: builds remove none that is locked.
    The lock ends with the process at the latest. Raises OSError if there is no such folder.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        free = True
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            free = False
        except OSError:  # some network file systems have no locks
            pass
        yield free
    finally:
        os.close(descriptor)


def read_into_memory(built: Built) -> Built:
    """Return the same graph, held in memory, for whoever asks it often.

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


def _runner(found: Store, place: Path, watched: bool) -> Runner:
    """Return what runs queries on the store at a place; only what is wanted is imported."""
    if watched:
        from eudigraph.engine.watchdog import Watched

        return Watched(found)
    from eudigraph.engine.isolated import Isolated

    return Isolated(place)


def _damaged(folder: Path, error: Exception) -> StoreError:
    return StoreError(f"the store in {folder} is damaged ({str(error)[:120]}); build it again: eudigraph build")


def manifest_of(folder: Path) -> Manifest:
    """Return the manifest of the build in a folder; raises StoreError for one that cannot be read."""
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
