"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from eudigraph.model.errors import StoreError, UsageError
from eudigraph.model.text import cut

_LONGEST = 80
"""Characters of a file's name that are part of the one that it has while it is written; systems take some 255."""


def path_of(given: object) -> Path:
    """Return the file that somebody names by a text or a Path; raises UsageError for anything else."""
    if not isinstance(given, str | Path):
        raise UsageError(f"a file is named by a text or a Path, not {cut(repr(given))}")
    return Path(given)


def write_aside(path: Path, content: str | bytes | Iterable[str], *, synced: bool = False) -> Path:
    """Write a text (in UTF-8, its line ends as they are), whole or in parts, or bytes to a file; return where it is.

    It is written to a file of a random name that nobody else could have put there, and then put in its place; a link
    there is replaced, and what it leads to stays as it is. ``synced`` waits until it is on the disk. Raises StoreError
    where that fails.
    """
    if path.name == "-":
        raise UsageError("- is no file to write to; give the name of one")
    parts = [content] if isinstance(content, str | bytes) else content
    aside = path.with_name(f".{path.name[:_LONGEST]}-{os.getpid()}-{secrets.token_hex(8)}")
    try:
        device = path.exists() and not path.is_file()  # or a pipe: it takes the text, and stays what it is
        with path.open("wb") if device else aside.open("xb") as file:
            file.writelines(part.encode() if isinstance(part, str) else part for part in parts)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        if not device:
            aside.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}; choose another with --out") from error
    finally:
        aside.unlink(missing_ok=True)
    return path
