"""The ladder of stages, and what each status says: read from the ontology, where a workspace may add its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from eudigraph.model.names import EUD, STAGES

PLAN, REPORT, STATE = "plan", "report", "state"
"""The kinds of snapshot: what is to come, what has come, what lasts."""

DROPPED = "dropped"
MENTIONED = "mentioned"
PLANNED = "planned"
AGREED = "agreed"
UNDER_WAY = "under-way"
DONE = "done"
"""Local names of stages that rules speak of."""


def rank_of(stage: str) -> int:
    """Return the place on the ladder of a stage by its local name, -1 for what is beside it."""
    return STAGES.index(stage) - 1


@dataclass(frozen=True, slots=True)
class Status:
    """What a status says: its place on the ladder, the kind of snapshot it makes, and whether its step comes once.

    ``rank`` orders all statuses; -1 is beside the ladder. ``meant`` tells whether a date beside it is the day meant,
    and not the day that was reached; ``ends`` whether it leads back, and ``final`` whether nothing is to come after it.
    """

    name: str
    stage: str
    rank: int
    kind: str = PLAN
    once: bool = False
    meant: bool = False
    ends: bool = False
    final: bool = False
    aim: bool = False
    talks: bool = False


@dataclass(frozen=True)
class Ladder:
    """All statuses and stages by IRI; ``ranks`` has the place of each stage, -1 for what is beside the ladder."""

    statuses: dict[str, Status] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)

    def stage(self, name: str) -> int:
        """Return the rank of a stage by its local name, below all others where there is none."""
        return self._named.get(name, -2)

    @property
    def _named(self) -> dict[str, int]:
        return {iri.rpartition("/")[2]: rank for iri, rank in self.ranks.items()}


_FLAGS = {"happensOnce": "once", "datedAhead": "meant", "leadsBack": "ends", "isFinal": "final", "isAim": "aim"}
_FLAGS |= {"isTalks": "talks"}


def read_ladder(quads: Iterable[Quad]) -> Ladder:
    """Return the ladder that the ontology's statements make up. A status without a stage is left out."""
    wanted = {EUD + name for name in ("stage", "rank", "snapshotKind", *_FLAGS)}
    about: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in quads:
        if quad.predicate.value in wanted and isinstance(quad.subject, NamedNode):
            value = quad.object.value if isinstance(quad.object, NamedNode | Literal) else ""
            about[quad.subject.value][quad.predicate.value.removeprefix(EUD)] = value
    statuses, ranks = {}, {}
    for iri, said in sorted(about.items()):
        rank = _number(said.get("rank", "-1"))
        if "stage" not in said:
            ranks[iri] = rank
            continue
        flags = {name: said.get(flag) in ("true", "1") for flag, name in _FLAGS.items()}
        statuses[iri] = Status(iri, said["stage"], rank, said.get("snapshotKind", PLAN), **flags)
    return Ladder(statuses, ranks)


def _number(text: str) -> int:
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 10 else -1
