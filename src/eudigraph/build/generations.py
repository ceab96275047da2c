"""Where a built graph lives: generations of a store in one folder, and a manifest that names the one in force.

::

    build/
    ├── manifest.json        which generation counts, its format, what it was built from
    ├── latest -> 2          the same for people, where the system has links
    ├── 1/                   the one that was in force before, for those who still read it; others that are locked
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
from dataclasses import asdict
from pathlib import Path

from eudigraph.engine.store import MANIFEST, Manifest, locked, manifest_of
from eudigraph.model.errors import EudigraphError, StoreError
from eudigraph.model.files import write_aside

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_LEFTOVER = re.compile(r"(?:unfinished|latest)-([0-9]{1,9})-[0-9a-f]{8}|\.manifest\.json-([0-9]{1,9})-[0-9a-f]{16}")
"""Names of what is not in force yet, with the number of the process that writes it."""


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
    """Put a finished generation in force; return its folder.

    All others are removed but the one in force before, and those that somebody reads and so has locked.
    """
    with locked(folder):  # else one build might remove what the other is about to name in its manifest
        numbers = [int(path.name) for path in folder.iterdir() if _NUMBER.fullmatch(path.name)]
        try:
            former = manifest_of(folder).generation
        except StoreError:
            former = max(numbers, default=0)  # the best guess at what may still be read
        manifest.generation = max(numbers, default=0) + 1
        target = folder / str(manifest.generation)
        aside.rename(target)
        try:
            write_aside(folder / MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", synced=True)
        except StoreError:
            target.rename(aside)  # to be thrown away
            raise
        with suppress(OSError):  # not every system lets everybody make links; the manifest is what counts
            link = folder / f"latest-{os.getpid()}-{secrets.token_hex(4)}"
            link.symlink_to(target.name, target_is_directory=True)
            link.replace(folder / "latest")
        _clean(folder, {manifest.generation, former})
    return target


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
        if leftover and not _alive(int(leftover[1] or leftover[2])):
            _remove(path)
        if kept and _is_generation(path) and int(path.name) not in kept:
            with suppress(OSError), locked(path, wait=False) as free:
                if free:
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
