"""Whether a build is what was built: its own files, and the files that it was made from."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Store

from eudigraph.engine.store import MANIFEST, counted, manifest_of
from eudigraph.model.digests import digest
from eudigraph.model.workspace import Workspace

_STORE = ("CURRENT", "MANIFEST-", ".sst", ".log")
"""How names of a store's files begin or end on which its content depends; the others are notes of the engine's."""


@dataclass(frozen=True)
class Difference:
    """A file that is not as the build left it, or found it, and ``what`` is wrong with it.

    ``rotten`` tells a file of the build's own, which nobody should change, from one that it was made from.
    """

    file: str
    what: str
    rotten: bool

    def __str__(self) -> str:
        """Return ``file: what; how to mend``: all are mended in one way."""
        return f"{self.file}: {self.what}; build again: eudigraph build"


def sealed(folder: Path) -> dict[str, list[int | str]]:
    """Return size and digest of each file of a generation, by its path in it; make sure that all are on disk.

    Raises OSError where that fails.
    """
    found: dict[str, list[int | str]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        if stat.S_ISREG(path.lstat().st_mode):
            name = path.relative_to(folder).as_posix()
            if _counts(path):
                found[name] = [path.stat().st_size, digest(path)]
        _sync(path)
    return found


def verify(workspace: Workspace, folder: Path) -> Iterator[Difference]:
    """Yield what differs from what the manifest of the build in force says, file by file; all of them are read.

    The files that it was made from are those of ``workspace``. Raises StoreError for no build, or one whose manifest
    cannot be read.
    """
    manifest = manifest_of(folder)
    generation = folder / str(manifest.generation)
    if not manifest.files:
        yield Difference(generation.name, "has no digests: it was made by an earlier version", rotten=True)
        return
    found = {name: _differs(generation / name, int(size), str(known)) for name, (size, known) in manifest.files.items()}
    for name, what in sorted(found.items()):
        if what:
            yield Difference(f"{manifest.generation}/{name}", what, rotten=True)
    # Of the manifest itself nobody has a digest. What it says of the files has just been seen, which leaves its counts.
    if not any(found.values()) and (what := _miscounted(generation / "store", manifest.counts)):
        yield Difference(MANIFEST, what, rotten=True)
    there = {workspace.show(path): path for path in workspace.data_files}
    for name in sorted({*there, *manifest.inputs}):
        if name not in there:
            yield Difference(name, "is gone, and the build has what it said", rotten=False)
        elif name not in manifest.inputs:
            yield Difference(name, "is new, and not in the build", rotten=False)
        elif what := _differs(there[name].resolve(), int(manifest.inputs[name][0]), str(manifest.inputs[name][-1])):
            yield Difference(name, f"{what} since the build", rotten=False)


def _miscounted(place: Path, said: dict[str, int]) -> str:
    """Return how the counts of a manifest differ from what is in the store; an empty text if they do not."""
    try:
        counts = counted(Store.read_only(str(place)))
    except (OSError, ValueError) as error:
        return f"names a store that cannot be read: {error}"
    wrong = [name for name in sorted({*said, *counts}) if said.get(name) != counts.get(name)]
    return ", ".join(f"says {said.get(name, 'no')} {name}, the store has {counts.get(name, 'no')}" for name in wrong)


def _differs(path: Path, size: int, known: str) -> str:
    """Return how a file differs from what is known of it; an empty text if it does not."""
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            return "is no file any more"
        if state.st_size != size:
            return f"has changed: {state.st_size:,} bytes, it had {size:,}"
        return "" if digest(path) == known else "has changed: as many bytes, but others"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _counts(path: Path) -> bool:
    return path.parent.name != "store" or path.name.startswith(_STORE[:2]) or path.name.endswith(_STORE[2:])


def _sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk, where it can."""
    if os.name != "posix" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
