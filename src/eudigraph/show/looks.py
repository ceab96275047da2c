"""How the things of a class look in every picture: shape, colour, size."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, SKOS
from eudigraph.model.stages import AGREED, rank_of
from eudigraph.model.text import cut

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Look:
    """How the things of a class are drawn. ``shown`` is whether they are drawn unless asked for."""

    name: str
    shape: str
    color: str
    size: int
    shown: bool = False

    @property
    def words(self) -> str:
        """What a legend calls them."""
        return "other" if self is LOOKS[-1] else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name).lower()


LOOKS = (
    Look("Country", "star", "#0072b2", 26, shown=True),
    Look("Partnership", "square", "#d55e00", 17, shown=True),
    Look("Meeting", "diamond", "#9b4f96", 17, shown=True),
    Look("Initiative", "triangle", "#b07d00", 13, shown=True),
    Look("Instrument", "hexagon", "#b07d00", 13, shown=True),
    Look("Topic", "dot", "#007a5e", 11, shown=True),
    Look("Official", "triangleDown", "#c23b6e", 14, shown=True),
    Look("Organisation", "hexagon", "#5b6770", 13),
    Look("Person", "triangleDown", "#7d6b5d", 12),
    Look("Post", "square", "#7d6b5d", 9),
    Look("Place", "dot", "#7d6b5d", 9),
    Look("LegalAct", "square", "#2f6f9f", 11),
    Look("Document", "hexagon", "#2f6f9f", 11),
    Look("Event", "diamond", "#5b6770", 11),
    Look("Agent", "hexagon", "#7d6b5d", 11),
    Look("Thing", "dot", "#5b6770", 10),
)
"""Shapes and colours by class; the first that fits counts, the last is for all others.

The hues stay apart for the colour-blind (after Okabe and Ito, https://jfly.uni-koeln.de/color/), at 3:1 against the
light and the dark page; shapes tell the classes apart, too.
"""


def look_of_node(data: Mapping[str, Any]) -> Look:
    """Return how a node of any network is drawn, by its ``types`` and ``classes`` if it has some."""
    return look_of([*data.get("types", ()), *data.get("classes", ())]) or LOOKS[-1]


def look_of(types: Sequence[str]) -> Look | None:
    """Return how a thing of these classes (IRIs) is drawn; None for what is no node of the picture."""
    names = {t.removeprefix(EUD) for t in types}
    known = next((look for look in LOOKS if look.name in names), None)
    # A class that somebody added is drawn as well; statuses, certainties and the like are words, not things.
    ours = any(t.startswith(EUD) for t in types) and SKOS + "Concept" not in types
    return known or (LOOKS[-1] if ours else None)


def is_dashed(data: Mapping[str, Any]) -> bool:
    """Whether a tie, or a thing, is drawn with dashes: it has a stage, and one before agreed."""
    rank = data.get("stage_rank")
    return isinstance(rank, int) and rank < rank_of(AGREED)


def things(network: nx.Graph) -> nx.Graph:
    """Return a network without the nodes that are words for things: statuses, stages, certainties and the like.

    Topics are things that one can have in common; the other concepts would only be in the way of measures and pictures.
    """
    words = {n for n, types in network.nodes(data="types") if SKOS + "Concept" in (types or ()) and not look_of(types)}
    return network.subgraph([node for node in network if node not in words]).copy() if words else network


def heaviest(network: nx.Graph) -> float:
    """Return the largest weight of a tie, 1 without any; raises UsageError for a weight that is no number from 0."""
    weights = [(*ends, weight) for *ends, weight in network.edges(data="weight", default=1)]
    for one, other, weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
            pair = cut(f"{one} with {other}")
            raise UsageError(f"{pair}: the weight of a tie is a number from 0 upwards, not {cut(repr(weight))}")
    return float(max((weight for *_, weight in weights), default=1)) or 1.0
