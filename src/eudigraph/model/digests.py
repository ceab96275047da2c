"""How files are known again: by size and times, which a look tells, and by SHA-256, which takes reading them."""

from __future__ import annotations

from pathlib import Path


def look(path: Path) -> list[int]:
    """Return size in bytes, time of change of the content, and of anything about the file, both in nanoseconds.

    The first time can be set by whoever edits a file, the second cannot. Raises OSError.
    """
    state = path.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits. Raises OSError."""
    import hashlib  # slow to import, and seldom needed

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
