"""A network measured: who leads, how far it can be trusted, and what rests on ties that have not come far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import networkx as nx

from eudigraph.engine.store import Built
from eudigraph.model.stages import AGREED, MENTIONED, PLANNED
from eudigraph.model.text import plural
from eudigraph.model.workspace import Workspace
from eudigraph.network import algorithms, definitions, measures, projections, registry
from eudigraph.network.definitions import Choice
from eudigraph.network.findings import Analysis, Finding, words
from eudigraph.network.registry import Measure, Row
from eudigraph.show.looks import things

COMPARED = (MENTIONED, PLANNED, AGREED)
"""The stages that each measure is taken at, to see what rests on what has not come as far."""


def analyse(
    built: Built, workspace: Workspace, name: str, chosen: Sequence[str] = (), choice: Choice | None = None
) -> Analysis:
    """Return what measures (by default all that fit) give for a network of that name.

    Each is taken again with what has come as far as other stages, ``COMPARED``, to see what rests on them. Raises
    UsageError for what is not known or does not fit.
    """
    choice = definitions.chosen(name, choice)
    stages = [choice.stage or MENTIONED, *(stage for stage in COMPARED if stage != choice.stage)]
    given, *others = projections.at_stages(built, workspace, name, choice, stages)
    return of_network(given, chosen, dict(zip(stages[1:], others, strict=True)), choice)


def of_network(
    network: nx.Graph,
    chosen: Sequence[str] = (),
    others: dict[str, nx.Graph] | None = None,
    choice: Choice | None = None,
) -> Analysis:
    """Return what measures give for any NetworkX network; ``others`` are the same at other stages, by these.

    Statuses and other words for things are left out: see ``looks.things``.
    """
    network, others = things(network), {stage: things(other) for stage, other in (others or {}).items()}
    wanted = [registry.find(name) for name in chosen] or [m for m in registry.measures().values() if m.fits(network)]
    networks = (network, *others.values())
    labels = {node: str(data.get("label", node)) for given in networks for node, data in given.nodes(data=True)}
    made = Analysis(str(network.graph.get("title") or "A network"), network, choice, [], measures.cautions(network))
    made.findings = [_finding(of, made, labels, others) for of in wanted]
    return made


def _finding(of: Measure, analysis: Analysis, labels: dict[Any, str], others: dict[str, nx.Graph]) -> Finding:
    network = analysis.network
    rows = registry.compute(of, network)
    if registry.is_two_mode(network) and not of.groups and rows and "node" in rows[0]:
        # What is much for a topic is little for a country: each side has its own order.
        sides = str(network.graph.get("name", "source-target")).split("-")
        rows.sort(key=lambda row: network.nodes[row["node"]]["bipartite"])
        for row in rows:
            row["kind"] = sides[network.nodes[row["node"]]["bipartite"]]
    finding = Finding(of, rows, labels, "", analysis)
    finding.headline = registry.headline(of, rows, finding.label)
    for stage, other in others.items():
        there = registry.compute(of, _with_nodes(other, network, of)) if of.fits(other) else []
        if of.groups:
            finding.reliance.append(_regrouped(stage, _groups(rows, of.value), _groups(there, of.value)))
            continue
        values = {_key(row): row[of.compared] for row in there}
        for row in rows:
            row[stage] = values.get(_key(row))
        finding.others.append(stage)
        if rows:
            finding.reliance.append(_moved(finding, stage, there))
    return finding


def _with_nodes(other: nx.Graph, network: nx.Graph, of: Measure) -> nx.Graph:
    """Return a network with the nodes that another has besides, without ties: what is measured is then a part of both.

    Groups and pairs are of what has ties; there, nodes without any are nothing.
    """
    if of.groups:
        return other
    made = other.copy()
    made.add_nodes_from((node, data) for node, data in network.nodes(data=True) if node not in other)
    return made


def _moved(finding: Finding, stage: str, there: list[Row]) -> str:
    """Return in a sentence what changes with what has come as far as another stage."""
    column, rows = finding.measure.compared, finding.rows
    said = words(stage).capitalize()
    known = {_key(row): row.get("kind") for row in rows}
    more = [row for row in there if _key(row) not in known and row[column]]
    if not more and all(row[stage] is not None and abs(row[stage] - row[column]) < 1e-9 for row in rows):
        return f"{said}, nothing changes."
    if not there:
        return f"{said}, nothing is left to measure."
    room = max(abs(row[column]) for row in [*rows, *there]) / 100
    same = sum(row[stage] is not None and abs(row[stage] - row[column]) <= room for row in rows)
    parts = [f"{same} of {len(rows)} values stay the same, give or take a hundredth of the highest"]
    if more:
        number = "one more comes in" if len(more) == 1 else f"{len(more)} more come in"
        parts.append(f"{number}, with up to {max(row[column] for row in more):.2g}")
    leads = []
    for kind in dict.fromkeys(known.values()):
        ours = [row for row in rows if row.get("kind") == kind]
        theirs = [row for row in there if known.get(_key(row), kind) == kind]
        now = _leaders(theirs, column)
        if not now or now == _leaders(ours, column) or max(row[column] for row in theirs) == 0:
            continue
        named = registry.listed([_named(key, finding) for key in sorted(now, key=str)])
        leads.append(f"{named} {'is' if len(now) == 1 else 'are'} first{f' among {plural(kind)}' if kind else ''}")
    return f"{said}, {'; '.join([*parts, ', '.join(leads) or 'the first stay the first'])}."


def _regrouped(stage: str, groups: list[list[Any]], there: list[list[Any]]) -> str:
    both = {n for group in groups for n in group} & {n for group in there for n in group}
    kept = [[[n for n in group if n in both] for group in found] for found in (groups, there)]
    said = words(stage).capitalize()
    if not both:
        return f"{said}, there are no groups to compare."
    alike = algorithms.agreement(*([group for group in found if group] for found in kept))
    return f"{said}, the groups are {alike:.2f} alike (1: the same; 0: as chance would make them)."


def _groups(rows: Iterable[Row], value: str) -> list[list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(row[value], []).append(row["node"])
    return list(found.values())


def _key(row: Row) -> Any:
    return row["node"] if "node" in row else frozenset((row["first"], row["second"]))


def _leaders(rows: list[Row], value: str) -> set[Any]:
    most = max((row[value] for row in rows), default=None)
    return {_key(row) for row in rows if row[value] == most}


def _named(key: Any, finding: Finding) -> str:
    return " with ".join(sorted(map(finding.label, key))) if isinstance(key, frozenset) else finding.label(key)
