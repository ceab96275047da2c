"""Problems in the data: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple

from eudigraph.model import text
from eudigraph.model.inventory import Entry
from eudigraph.model.names import GRAPH_ONTOLOGY, GRAPH_PROVENANCE, GRAPH_REFERENCE, shorten
from eudigraph.model.text import cut
from eudigraph.model.workspace import Workspace
from eudigraph.sources.documents import Unreadable
from eudigraph.sources.files import in_graph, statements

ERROR = "error"
WARNING = "warning"
NAMELESS = "[]"
"""How a probe writes any blank node: what tells them apart differs each time a file is read."""
QUOTED = "<<>>"
"""How a probe writes any quoted statement."""


@dataclass(frozen=True)
class Probe:
    """What a problem is about: the parts of a statement that are known, as ``key`` writes them, to find its line by.

    ``graph`` is the graph in which the store has the statement, also where its file puts it in none.
    """

    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    graph: str | None = None

    def given(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Return the places of the parts that are known, from 0 for the subject, and the parts themselves."""
        parts = (self.subject, self.predicate, self.object, self.graph)
        known = [(place, part) for place, part in enumerate(parts) if part is not None]
        return tuple(place for place, _ in known), tuple(part for _, part in known)


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
        place = ":".join(text.one_line(str(x), 1000) for x in (self.file, self.line) if x is not None)
        passage = f" (passage {shorten(self.passage)})" if self.passage and self.line is None else ""
        return f"{place + ': ' if place else ''}{self.severity}: {self.what}{passage}; {self.mend}"

    def as_json(self) -> dict[str, str | int | None]:
        """Return the problem with the keys severity, file, line, passage, what, mend."""
        given = asdict(self)
        return {key: given[key] for key in ("severity", "file", "line", "passage", "what", "mend")}


_Sought = dict[str | None, dict[tuple[int, ...], dict[tuple[str, ...], list[int]]]]


def locate(problems: Iterable[Problem], workspace: Workspace, files: Iterable[Entry]) -> list[Problem]:
    """Return the problems with the file and line of the statements they are about, sorted by place.

    A problem lies where the first statement fits it, in the order of the files. They are read again, once each, and
    only if a problem needs it.
    """
    found = list(problems)
    # By the file that a problem is known to lie in, by which terms its probe gives, and by these terms: each statement
    # is looked up, not compared with each problem.
    sought: _Sought = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for index, problem in enumerate(found):
        if problem.probe and problem.line is None:
            shape, terms = problem.probe.given()
            sought[problem.file][shape][terms].append(index)
    for entry in files:
        shown = workspace.show(entry.path)
        pools = [pool for name in (None, shown) if any((pool := sought.get(name, {})).values())]
        if not pools:
            continue
        graph = home(entry)
        try:
            for line, statement in statements(entry.path):
                keys = [key(term) for term in in_graph(statement, graph)]
                for pool in pools:
                    for shape, by_terms in pool.items():
                        for index in by_terms.pop(tuple(keys[place] for place in shape), ()):
                            found[index] = replace(found[index], file=shown, line=line)
        except Unreadable:
            continue  # reported where it was loaded
    return sorted(found, key=lambda p: (p.file or "", p.line or 0, p.severity, p.what))


def show(term: object) -> str:
    """Return a term as messages name it, on one line: short IRIs, and texts cut at 80 characters."""
    if isinstance(term, NamedNode):
        return cut(shorten(term.value), 200)
    if isinstance(term, Literal):
        return text.one_line(term.value)
    return "a thing without a name" if isinstance(term, BlankNode) else text.one_line(str(term))


def key(term: NamedNode | BlankNode | Literal | Triple | DefaultGraph) -> str:
    """Return a term as a probe writes it: its value, or ``NAMELESS`` or ``QUOTED`` where that says too little."""
    if isinstance(term, BlankNode):
        return NAMELESS
    if isinstance(term, Triple):
        return QUOTED
    return "" if isinstance(term, DefaultGraph) else term.value


def home(entry: Entry) -> NamedNode:
    """Return the graph to which goes what a file puts in none."""
    if entry.role == "claims":
        return GRAPH_PROVENANCE
    return GRAPH_REFERENCE if entry.role == "reference" else GRAPH_ONTOLOGY
