"""The registry of measures: what can be measured of a network, and what that means.

A measure is a function from a network to rows, with ``@measure`` above it; ``analysis`` runs it, at
several stages, and ``measure`` makes it known by its name. To add one is to write one function::

    @measure("openness", title="Openness", meaning="How many …", source="…", value="openness")
    def openness(network):
        return [{"node": node, "openness": network.degree(node)} for node in network]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import networkx as nx

from eudigraph.model.errors import UsageError
from eudigraph.model.text import cut, plural, similar

Row = dict[str, Any]
"""What is measured of a ``node``, or of a ``first`` and a ``second`` one, by the names of the columns."""

Label = Callable[[Any], str]
"""What a node is called."""


@dataclass(frozen=True)
class Measure:
    """A measure: how it is computed, what it means in a sentence, where it is from, which column is its ``value``."""

    name: str
    title: str
    meaning: str
    source: str
    value: str
    compute: Callable[[nx.Graph], list[Row]]
    two_mode: bool | None = None
    """Whether it is for two-mode networks only, for those of one kind only, or for both (None)."""
    columns: tuple[tuple[str, str], ...] = ()
    """What the columns besides mean."""
    detail: tuple[str, ...] = ()
    """Columns that tables for people leave out."""
    compare: str = ""
    """The column that is compared between stages, if it is not the value."""
    groups: bool = False
    """Whether the value is the number of a group, not a quantity."""
    headline: Callable[[list[Row], Label], str] | None = None
    """What the rows come to in a sentence; by default who leads."""

    @property
    def compared(self) -> str:
        """The column that is compared between stages."""
        return self.compare or self.value

    def fits(self, network: nx.Graph) -> bool:
        """Whether the measure says anything of a network of this kind."""
        return self.two_mode is None or self.two_mode == is_two_mode(network)


_OURS = "eudigraph.network.measures"
"""The module of the measures that came with eudigraph."""
MEASURES: dict[str, Measure] = {}
"""The measures by their names; ``measure`` adds to them."""


def measure(
    name: str,
    *,
    title: str,
    meaning: str,
    source: str,
    value: str,
    two_mode: bool | None = None,
    detail: Sequence[str] = (),
    compare: str = "",
    groups: bool = False,
    headline: Callable[[list[Row], Label], str] | None = None,
    **columns: str,
) -> Callable[[Callable[[nx.Graph], list[Row]]], Callable[[nx.Graph], list[Row]]]:
    """Make a function known as a measure.

    It takes a network and returns rows with ``node`` (or ``first`` and ``second``), the column ``value`` names, and
    others, explained by ``columns``. ``meaning`` is one sentence for people who never heard of it, ``source`` a paper.
    """

    def register(compute: Callable[[nx.Graph], list[Row]]) -> Callable[[nx.Graph], list[Row]]:
        if compute.__module__ != _OURS and name in measures() and MEASURES[name].compute.__module__ == _OURS:
            raise UsageError(f"{name} is the name of a measure that came with eudigraph; give yours another")
        explained = tuple(columns.items())
        MEASURES[name] = Measure(
            name, title, meaning, source, value, compute, two_mode, explained, tuple(detail), compare, groups, headline
        )
        return compute

    return register


def measures() -> dict[str, Measure]:
    """Return the measures by their names, those that came with eudigraph first."""
    import_module(_OURS)  # which makes them known
    return MEASURES


def find(name: str) -> Measure:
    """Return the measure of that name; raises UsageError with suggestions."""
    if not isinstance(name, str):
        raise UsageError(f"a measure is named by a text, such as 'degree', not {cut(repr(name))}")
    if name in (known := measures()):
        return known[name]
    near = similar(name, known)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
    raise UsageError(f"there is no measure {cut(name)!r}; {hint}")


def compute(of: Measure, network: nx.Graph) -> list[Row]:
    """Return the rows of a measure. Raises UsageError where it does not fit, does not converge, or gives no numbers."""
    if not of.fits(network):
        kinds = ("country-topic", "two kinds of nodes") if of.two_mode else ("country-country", "one kind of nodes")
        raise UsageError(f"{of.name} is for networks with {kinds[1]}, such as {kinds[0]}")
    try:
        rows = of.compute(network)
    except (nx.NetworkXException, ArithmeticError, ValueError, TypeError, LookupError) as error:
        hint = "try another network, or another stage"
        raise UsageError(
            f"{of.name} gives no result for this network ({error or 'it divides by nothing'}); {hint}"
        ) from error
    if not isinstance(rows, list):
        raise UsageError(f"{of.name} gives no list of rows; return one, with a mapping for each row")
    for row in rows:
        if of.value not in row or not ("node" in row or {"first", "second"} <= set(row)):
            raise UsageError(f"{of.name} gives a row without {of.value}, or without a node or a first and a second one")
        strange = [row[end] for end in ("node", "first", "second") if end in row and row[end] not in network]
        if strange:
            raise UsageError(f"{of.name} gives a row for {cut(str(strange[0]))}, which is not in the network")
        if not isinstance(row[of.value], int | float):
            raise UsageError(f"{of.name} gives {cut(repr(row[of.value]))} where {of.value} is to be a number")
        if any(isinstance(v, float) and not math.isfinite(v) for v in row.values()):
            where = row.get("node") or f"{row.get('first')} and {row.get('second')}"
            raise UsageError(f"{of.name} gives no number for {where}; try another network, or another stage")
    return rows


def headline(of: Measure, rows: list[Row], label: Label) -> str:
    """Return what a measure comes to, in a sentence."""
    if not rows:
        return "There is nothing to measure."
    if of.headline:
        return of.headline(rows, label)
    sentences = []
    for kind in dict.fromkeys(row.get("kind") for row in rows):
        own = [row for row in rows if row.get("kind") == kind]
        most = max(row[of.value] for row in own)
        leading = [label(row["node"]) for row in own if row[of.value] == most]
        among = f"Among {plural(kind)}, " if kind else ""
        if len(leading) == len(own) > 1:
            sentences.append(f"{among}{'all' if among else 'All'} have the same: {most:.2f}.")
        else:
            sentences.append(f"{among}{listed(leading)} {'leads' if len(leading) == 1 else 'lead'} with {most:.2f}.")
    return " ".join(sentences)


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names as a sentence lists them."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def is_two_mode(network: nx.Graph) -> bool:
    """Whether a network has two kinds of nodes, marked by ``bipartite``, and ties only between them."""
    return len(network) > 0 and all("bipartite" in data for _, data in network.nodes(data=True))


def side(network: nx.Graph, number: int = 0) -> list[Any]:
    """Return the nodes of a side of a two-mode network, in their order."""
    return [node for node, at in network.nodes(data="bipartite") if at == number]


def ranked(rows: list[Row], value: str) -> list[Row]:
    """Return rows with the largest value first, those of the same value in the order of their nodes."""
    return sorted(rows, key=lambda row: (-row[value], str(row.get("node", (row.get("first"), row.get("second"))))))
