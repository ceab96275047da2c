"""A query in a file, and what stands beside it: ``NAME.rq`` with ``NAME.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eudigraph.model.errors import DataError
from eudigraph.model.text import cut
from eudigraph.model.workspace import Workspace

_KINDS = {str: "a text; put it in quotation marks", int: "a whole number", list: "a list", dict: "a table"}


@dataclass(frozen=True)
class Pair:
    """A query as it stands in its file, and the keys beside it; ``query`` and ``beside`` are how messages name both."""

    name: str
    text: str
    given: Mapping[str, Any]
    query: str
    beside: str
    words: str

    def wrong(self, key: str, what: str) -> DataError:
        """Return an error that says what is wrong with a key, and where it stands."""
        names = (key, key.rpartition(".")[2])  # as a table of its own, or within one
        patterns = [rf"^[\t ]*\[?[\"']?{re.escape(name)}[\"']?[\t ]*[=.\]]" for name in names]
        places = (re.search(pattern, self.words, re.MULTILINE) for pattern in patterns)
        found = next(filter(None, places), None)
        line = self.words.count("\n", 0, found.start()) + 1 if found else 1
        return DataError(f"{self.beside}:{line}: {what}")


def read(path: Path, workspace: Workspace, needed: Mapping[str, type], optional: Mapping[str, type]) -> Pair:
    """Return the query at ``path`` with the keys beside it, each of its kind.

    Raises DataError for files that are missing or cannot be read, and for keys that are missing, unknown or of another
    kind.
    """
    beside = path.with_suffix(".toml")
    query, shown = workspace.show(path), workspace.show(beside)
    text = _read(path, query)
    if not beside.exists():
        raise DataError(f"{query}: has no {beside.name} beside it; write one with {', '.join(sorted(needed))}")
    words = _read(beside, shown)
    try:
        given = tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{shown}: {error}; correct it") from error
    pair = Pair(path.stem, text, given, query, shown, words)
    missing = sorted(set(needed) - set(given))
    if missing:
        raise DataError(f"{shown}: lacks {', '.join(missing)}; write it as in the files beside it")
    kinds = {**needed, **optional}
    for key, value in given.items():
        if key not in kinds:
            known = ", ".join([*sorted(needed), *sorted(optional)])
            raise pair.wrong(key, f"{cut(key)} is not a key of these files; the keys are {known}")
        if type(value) is not kinds[key]:
            raise pair.wrong(key, f"{key} is to be {_KINDS[kinds[key]]}")
    return pair


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{shown}: cannot be read ({error}); save it in UTF-8") from error
