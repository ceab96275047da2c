"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from eudigraph.model.errors import StoreError, UsageError
from eudigraph.model.text import cut


def path_of(given: object) -> Path:
    """Return the file that somebody names by a text or a Path; raises UsageError for anything else."""
    if not isinstance(given, str | Path):
        raise UsageError(f"a file is named by a text or a Path, not {cut(repr(given))}")
    return Path(given)


def write_aside(path: Path, content: str | bytes | Iterable[str]) -> Path:
    """Write a text (in UTF-8, its line ends as they are), whole or in parts, or bytes to a file; return where it is.

    It is written aside and then put in its place. Raises StoreError where that fails.
    """
    if path.name == "-":
        raise UsageError("- is no file to write to; give the name of one")
    path = path.resolve() if path.is_symlink() else path
    parts = [content] if isinstance(content, str | bytes) else content
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        device = path.exists() and not path.is_file()  # or a pipe: it takes the text, and stays what it is
        with (path if device else aside).open("wb") as file:
            file.writelines(part.encode() if isinstance(part, str) else part for part in parts)
        if not device:
            aside.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}; choose another with --out") from error
    finally:
        aside.unlink(missing_ok=True)
    return path
