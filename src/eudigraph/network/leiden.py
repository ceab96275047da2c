"""The Leiden algorithm in plain Python, since libraries that have it are under the GPL or bring SciPy along.

Traag, Waltman and van Eck 2019, https://doi.org/10.1038/s41598-019-41695-z, on modularity: Newman and Girvan 2004,
https://doi.org/10.1103/PhysRevE.69.026113. A network is a list that has, for each node, its neighbours with the weights
of the edges to them; there are no self-loops. A group is a list of nodes, which are numbers from 0.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Ties = list[dict[int, float]]

RANDOMNESS = 0.01
"""How readily a node joins a group that is not the best, in the weight of an average edge."""
NOTHING = 1e-9
"""What is gained only by rounding, in the same unit."""


@dataclass
class _Level:
    """A network, or one whose nodes stand for groups of the network below."""

    ties: Ties
    ends: list[float]
    """The weights of all edges that end in a node; with twice those within it, where it stands for a group."""
    total: float


def communities(ties: Ties, seed: int, rounds: int) -> list[list[int]]:
    """Return groups of nodes that are connected within, and have more edges inside than chance would put there.

    Each round begins with the groups of the last one. Equal for equal seeds, and whatever unit weights are in.
    """
    chance = random.Random(seed)  # noqa: S311  (nothing secret)
    average = sum(sum(near.values()) for near in ties) / (sum(map(len, ties)) or 1) or 1.0
    scaled = [{other: weight / average for other, weight in near.items()} for near in ties]
    ends = [sum(near.values()) for near in scaled]
    whole = _Level(scaled, ends, sum(ends) or 1.0)
    found = list(range(len(ties)))
    for _ in range(rounds):
        level, groups, place = whole, found, list(range(len(ties)))
        while True:
            groups = _moved(level, groups, chance)
            parts = _refined(level, groups, chance)
            if len(set(parts)) == len(parts):
                break
            level, groups, into = _merged(level, groups, parts)
            place = [into[node] for node in place]
        found = _numbered(groups[node] for node in place)
    return members(found)


def modularity(ties: Ties, groups: Iterable[Iterable[int]]) -> float:
    """Return the share of the weight of edges within groups beyond what is expected with the same ends at random."""
    ends = [sum(near.values()) for near in ties]
    total = sum(ends)
    if not total:
        return 0.0  # nothing is better or worse than chance
    quality = 0.0
    for group in map(set, groups):
        inside = sum(weight for node in group for other, weight in ties[node].items() if other in group)
        quality += inside / total - (sum(ends[node] for node in group) / total) ** 2
    return quality


def members(groups: Sequence[int]) -> list[list[int]]:
    """Return the nodes of each group, given the group of each node."""
    found: dict[int, list[int]] = {}
    for node, group in enumerate(groups):
        found.setdefault(group, []).append(node)
    return list(found.values())


def _moved(level: _Level, groups: Sequence[int], chance: random.Random) -> list[int]:
    """Return the groups after each node went where it gains most, until none gains by going.

    Only nodes whose neighbours went elsewhere are looked at again.
    """
    ties, ends, total = level.ties, level.ends, level.total
    groups = list(groups)
    weights, sizes = [0.0] * len(ties), [0] * len(ties)
    for node, group in enumerate(groups):
        weights[group] += ends[node]
        sizes[group] += 1
    empty = [group for group, size in enumerate(sizes) if not size]
    queue, waiting = deque(shuffled(range(len(ties)), chance)), [True] * len(ties)
    while queue:
        node = queue.popleft()
        waiting[node] = False
        near, own, share = ties[node], groups[node], ends[node] / total
        links = {own: 0.0}
        for other, weight in near.items():
            group = groups[other]
            links[group] = links.get(group, 0.0) + weight
        weights[own] -= ends[node]
        best, most = own, links[own] - share * weights[own] + NOTHING
        for group, weight in links.items():
            gain = weight - share * weights[group]
            if gain > most:
                best, most = group, gain
        if most < 0 and sizes[own] > 1:
            best = empty.pop()  # better alone
        weights[best] += ends[node]
        if best != own:
            groups[node] = best
            sizes[best] += 1
            sizes[own] -= 1
            if not sizes[own]:
                empty.append(own)
            for other in near:
                if groups[other] != best and not waiting[other]:
                    waiting[other] = True
                    queue.append(other)
    return groups


def _refined(level: _Level, groups: Sequence[int], chance: random.Random) -> list[int]:
    """Return parts of groups, each connected: single nodes joined at random, the likelier the more is gained."""
    ties, ends, total = level.ties, level.ends, level.total
    whole = [0.0] * len(ties)
    for node, group in enumerate(groups):
        whole[group] += ends[node]
    parts, weights, single = list(range(len(ties))), list(ends), [True] * len(ties)
    out = [  # from each part to the rest of its group
        sum(weight for other, weight in near.items() if groups[other] == groups[node]) for node, near in enumerate(ties)
    ]

    def well_tied(part: int, group: int) -> bool:
        return out[part] + NOTHING >= weights[part] * (whole[group] - weights[part]) / total

    for node in shuffled(range(len(ties)), chance):
        group = groups[node]
        if not single[node] or not well_tied(node, group):
            continue
        links: dict[int, float] = {}
        for other, weight in ties[node].items():
            if groups[other] == group:
                part = parts[other]
                links[part] = links.get(part, 0.0) + weight
        share = ends[node] / total
        gains = {part: weight - share * weights[part] for part, weight in links.items() if well_tied(part, group)}
        gains = {part: gain for part, gain in gains.items() if gain + NOTHING >= 0}
        if not gains:
            continue
        most = max(gains.values())
        odds = [math.exp((gain - most) / RANDOMNESS) for gain in gains.values()]
        part = chance.choices(list(gains), odds)[0] if len(odds) > 1 else next(iter(gains))
        out[part] += out[node] - 2 * links[part]
        weights[part] += ends[node]
        parts[node], single[node], single[part] = part, False, False
    return parts


def _merged(level: _Level, groups: Sequence[int], parts: Sequence[int]) -> tuple[_Level, list[int], list[int]]:
    """Return the network whose nodes are the parts, the groups that these are in, and the part of each node."""
    into = _numbered(parts)
    number = max(into) + 1
    ties: Ties = [{} for _ in range(number)]
    ends, above = [0.0] * number, [0] * number
    for node, part in enumerate(into):
        ends[part] += level.ends[node]
        above[part] = groups[node]
        near = ties[part]
        for other, weight in level.ties[node].items():
            if (far := into[other]) != part:
                near[far] = near.get(far, 0.0) + weight
    return _Level(ties, ends, level.total), _numbered(above), into


def _numbered(groups: Iterable[int]) -> list[int]:
    """Return the same groups, numbered from 0 as they come."""
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in groups]


def shuffled(items: Iterable[int], chance: random.Random) -> list[int]:
    """Return numbers in a random order, by what Python promises never to change: ``random()`` of a seed."""
    return sorted(items, key=lambda _: chance.random())
