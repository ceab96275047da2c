"""Two networks compared, such as one as it was known on two days: what came, went, advanced or fell back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import networkx as nx

from eudigraph.engine.store import Built
from eudigraph.model.errors import UsageError
from eudigraph.model.text import clean, for_spreadsheet
from eudigraph.model.workspace import Workspace
from eudigraph.network import projections
from eudigraph.network.definitions import Choice
from eudigraph.show import tables

KINDS = ("new", "gone", "advanced", "fell back")
"""What can become of a tie, or of a node."""


_Key = tuple[str, str, str]
"""Both ends of a tie and its relation; a node and two empty texts."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a tie of two nodes or, without a second, of a node; stages are labels, None of what has none."""

    change: str
    first: str
    second: str
    relation: str
    before: str | None
    after: str | None
    first_iri: str
    second_iri: str


@dataclass(frozen=True)
class Changes:
    """All changes between two networks, those of ties first, with the days by which each is known."""

    title: str
    before: str
    after: str
    rows: list[Change]

    @property
    def headline(self) -> str:
        """What has changed, in a sentence."""
        numbers = {kind: sum(row.change == kind and bool(row.second_iri) for row in self.rows) for kind in KINDS}
        nodes = sum(not row.second_iri for row in self.rows)
        parts = [f"{number} {kind}" for kind, number in numbers.items() if number]
        ties = f"ties: {', '.join(parts)}" if parts else "no tie has changed"
        beside = f"; nodes: {nodes} changes" if nodes > 1 else "; nodes: 1 change" if nodes else ""
        days = f", known by {self.after} rather than by {self.before}" if self.before and self.after else ""
        return f"{self.title}{days}: {ties}{beside}."


def between(built: Built, workspace: Workspace, name: str, since: date, choice: Choice | None = None) -> Changes:
    """Return what has changed in a network of that name since what was known by a day.

    It is compared with what is known by the day of the choice, by default the newest of the graph.
    """
    choice = choice or Choice()
    before = projections.project(built, workspace, name, replace(choice, known_by=since))
    return compare(before, projections.project(built, workspace, name, choice))


def compare(before: nx.Graph, after: nx.Graph) -> Changes:
    """Return what came, went, advanced or fell back from one network to another. Nodes are the same by their names."""
    if before.is_directed() != after.is_directed() or before.is_multigraph() != after.is_multigraph():
        raise UsageError("two networks are compared of the same kind; give both under the same name")
    rows = [*_changes(before, after, _ties), *_changes(before, after, _nodes)]
    was, now = (str(network.graph.get("known_by") or "") for network in (before, after))
    return Changes(str(after.graph.get("title") or "A network"), was, now, rows)


def _ties(network: nx.Graph) -> Iterator[tuple[_Key, dict[str, Any]]]:
    """Yield the ties of a network by their ends and relation; of a two-mode network the side named first leads."""
    edges = network.edges(keys=True, data=True) if network.is_multigraph() else network.edges(data=True)
    for first, second, *key, data in edges:
        ends = (first, second)
        if not network.is_directed():
            ends = tuple(sorted(ends, key=lambda node: (network.nodes[node].get("bipartite", 0), str(node))))
        yield (*ends, str(key[0]) if key else ""), data


def _nodes(network: nx.Graph) -> Iterator[tuple[_Key, dict[str, Any]]]:
    for node, data in network.nodes(data=True):
        yield (node, "", ""), data


def _changes(
    before: nx.Graph, after: nx.Graph, parts: Callable[[nx.Graph], Iterator[tuple[_Key, dict[str, Any]]]]
) -> Iterator[Change]:
    old, new = dict(parts(before)), dict(parts(after))
    found = []
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        change = _change(was, now)
        if change:
            first, second = (_label(end, after, before) if end else "" for end in key[:2])
            what = (now or was or {}).get("label" if key[1] else "kind", "")
            was_at, is_at = ((data or {}).get("stage") for data in (was, now))
            found.append(Change(change, first, second, str(what), was_at, is_at, *key[:2]))
    yield from sorted(
        found, key=lambda row: (KINDS.index(row.change), row.first, row.second, row.relation, row.first_iri)
    )


def _change(was: dict[str, Any] | None, now: dict[str, Any] | None) -> str:
    if was is None or now is None:
        return "new" if was is None else "gone"
    # Nothing known of how it stands comes before all that can be known.
    ranks = [-2 if data.get("stage_rank") is None else data["stage_rank"] for data in (was, now)]
    return "" if ranks[0] == ranks[1] else "advanced" if ranks[0] < ranks[1] else "fell back"


def _label(node: str, *networks: nx.Graph) -> str:
    return next((clean(str(n.nodes[node].get("label", node))) for n in networks if node in n), str(node))


COLUMNS = ("change", "first", "second", "relation", "before", "after")
"""The columns that people see; programs have the IRIs as well."""


def render(changes: Changes, form: str = "text", width: int = 0) -> str:
    """Return changes as text, CSV or JSON; raises UsageError for any other format."""
    if form == "json":
        rows = [asdict(row) for row in changes.rows]
        made = {"title": changes.title, "before": changes.before, "after": changes.after, "changes": rows}
        return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if form == "csv":
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow([*COLUMNS, "first_iri", "second_iri"])
        for row in changes.rows:
            shown = [for_spreadsheet(getattr(row, name) or "") for name in COLUMNS]
            writer.writerow([*shown, row.first_iri, row.second_iri])
        return buffer.getvalue()
    if form != "text":
        raise UsageError(f"what has changed comes as text, csv or json, not as {form}")
    cells = [[getattr(row, name) or "" for name in COLUMNS] for row in changes.rows]
    return changes.headline + "\n" + (tables.table([*COLUMNS], cells, width=width) if cells else "")
