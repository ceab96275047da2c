"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from eudigraph.model.errors import StoreError, UsageError
from eudigraph.model.text import cut


def path_of(given: object) -> Path:
    """Return the file that somebody names by a text or a Path; raises UsageError for anything else."""
    if not isinstance(given, str | Path):
        raise UsageError(f"a file is named by a text or a Path, not {cut(repr(given))}")
    return Path(given)


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
