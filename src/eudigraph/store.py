"""Where a built graph lives: generations of a store in one folder, and a manifest that names the one in force.

::

    build/
    ├── manifest.json        which generation counts, its format, what it was built from
    ├── latest -> 2          the same for people, where the system has links
    ├── 1/                   the generation before, for those who still read it
    └── 2/                   store/ and the exports

A new generation is written aside and put in force by replacing the manifest, which the file system does in one step.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import Store

from eudigraph.errors import EudigraphError, StoreError
from eudigraph.workspace import Workspace

FORMAT = 1
"""Version of the folder's layout and of what the store holds. A change makes older stores unreadable, and says so."""
MANIFEST = "manifest.json"


@dataclass
class Manifest:
    """What is known of the generation in force. ``inputs`` gives size and time of change of each file."""

    format: int
    generation: int
    eudigraph: str
    ontology: str
    counts: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """A built graph that is open for reading."""

    folder: Path
    manifest: Manifest
    store: Store

    @property
    def generation(self) -> Path:
        """The folder of the generation that is open, with its exports."""
        return self.folder / str(self.manifest.generation)

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
            return Built(folder, manifest, Store.read_only(str(folder / str(manifest.generation) / "store")))
        except (OSError, RuntimeError, ValueError) as error:
            if attempt == 2 or _manifest(folder).generation == manifest.generation:
                raise StoreError(
                    f"the store in {folder} is damaged ({str(error)[:120]}); build it again: eudigraph build"
                ) from error
    raise AssertionError


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
    except (ValueError, TypeError, AttributeError, OSError) as error:
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
        shutil.rmtree(aside, ignore_errors=True)


def commit(folder: Path, aside: Path, manifest: Manifest) -> Path:
    """Put a finished generation in force; return its folder. Generations older than the one before are removed."""
    former = [int(p.name) for p in folder.iterdir() if p.name.isdigit()]
    while True:
        manifest.generation = max(former, default=0) + 1
        target = folder / str(manifest.generation)
        try:
            aside.rename(target)
            break
        except OSError:
            if not target.exists():  # another build may have taken the number
                raise
            former.append(manifest.generation)
    _replace(folder / MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")
    with suppress(OSError):  # not every system lets everybody make links; the manifest is what counts
        link = folder / f"latest-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(target.name, target_is_directory=True)
        link.replace(folder / "latest")
    _clean(folder, manifest.generation)
    return target


def _claim(folder: Path) -> None:
    """Make the folder, or make sure that it is ours."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = [p.name for p in folder.iterdir()]
    except OSError as error:
        raise StoreError(f"{folder} cannot be written to: {error.strerror}; choose another with --out") from error
    ours = MANIFEST in names or all(name.startswith("unfinished-") or name.isdigit() for name in names)
    if not ours:
        raise StoreError(f"{folder} holds something that is no build of eudigraph; choose another folder with --out")
    _clean(folder, None)


def _clean(folder: Path, current: int | None) -> None:
    """Remove what builds that were killed left behind and, after a build, generations before the last."""
    for path in folder.iterdir():
        parts = path.name.split("-")
        if parts[0] == "unfinished" and len(parts) > 2 and parts[1].isdigit() and not _alive(int(parts[1])):
            shutil.rmtree(path, ignore_errors=True)
        if current is not None and path.name.isdigit() and int(path.name) < current - 1:
            shutil.rmtree(path, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


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
