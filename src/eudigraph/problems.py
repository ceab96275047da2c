"""Problems in the data: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from eudigraph import claims
from eudigraph.names import shorten
from eudigraph.workspace import Workspace

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True)
class Probe:
    """What a problem is about: the parts of a statement that are known, by which its line is found."""

    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    graph: str | None = None

    def matches(self, quad: Quad) -> bool:
        """Whether the statement is one that the probe means."""
        graph = None if isinstance(quad.graph_name, DefaultGraph) else _text(quad.graph_name)
        return (
            self.subject in (None, _text(quad.subject))
            and self.predicate in (None, quad.predicate.value)
            and self.object in (None, _text(quad.object))
            and self.graph in (None, graph)
        )


@dataclass(frozen=True)
class Problem:
    """One problem. ``severity`` is ``error`` or ``warning``; ``file`` and ``line`` are None where not known."""

    severity: str
    what: str
    mend: str
    file: str | None = None
    line: int | None = None
    passage: str | None = None
    probe: Probe | None = None

    def __str__(self) -> str:
        """Return ``file:line: severity: what; how to mend``."""
        place = ":".join(str(x) for x in (self.file, self.line) if x is not None)
        passage = f" (passage {shorten(self.passage)})" if self.passage and self.line is None else ""
        return f"{place + ': ' if place else ''}{self.severity}: {self.what}{passage}; {self.mend}"

    def as_json(self) -> dict[str, str | int | None]:
        """Return the problem with the keys severity, file, line, passage, what, mend."""
        given = asdict(self)
        return {key: given[key] for key in ("severity", "file", "line", "passage", "what", "mend")}


def locate(problems: Iterable[Problem], workspace: Workspace, files: Sequence[Path]) -> list[Problem]:
    """Return the problems with the file and line of the statements they are about, sorted by place.

    The files are read again, once each, and only if a problem needs it.
    """
    found = list(problems)
    by_subject: dict[str | None, list[int]] = defaultdict(list)
    for index, problem in enumerate(found):
        if problem.probe and problem.line is None:
            by_subject[problem.probe.subject].append(index)
    for path in files:
        if not by_subject:
            break
        shown = workspace.show(path)
        wanted = {s: [i for i in ix if found[i].file in (None, shown)] for s, ix in by_subject.items()}
        if not any(wanted.values()):
            continue
        try:
            for line, quad in claims.statements(path):
                subject = _text(quad.subject)
                for index in (*wanted.get(subject, ()), *wanted.get(None, ())):
                    problem = found[index]
                    if problem.line is None and problem.probe and problem.probe.matches(quad):
                        found[index] = replace(problem, file=shown, line=line)
        except claims.Unreadable:
            continue  # reported where it was loaded
    return sorted(found, key=lambda p: (p.file or "", p.line or 0, p.severity, p.what))


def show(term: object) -> str:
    """Return a term as messages name it: short IRIs, and texts cut at 80 characters."""
    if isinstance(term, NamedNode):
        return shorten(term.value)
    if isinstance(term, Literal):
        return term.value if len(term.value) <= 80 else term.value[:79] + "…"
    return "a thing without a name" if isinstance(term, BlankNode) else str(term)


def _text(term: NamedNode | BlankNode | Literal | Triple | DefaultGraph) -> str:
    return str(term) if isinstance(term, Triple | DefaultGraph) else term.value
