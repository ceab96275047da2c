"""The networks there are: of two kinds of things, such as countries by their topics, or of one.

A two-mode network is a SPARQL query in ``queries/networks/`` with a ``.toml`` beside it. Each row is a tie: a
``source``, a ``target``, the engagement ``via`` which they are tied and the ``graph`` that says so; ``follows`` is true
of what no passage says outright. From ``country-topic`` follow ``topic-country`` (the other way round),
``country-country`` and ``topic-topic`` (those with something in common). What counts as a tie can be chosen, and as of
what is known by which day, in the same way for all networks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from eudigraph.ask import pair
from eudigraph.engine.safety import prepare
from eudigraph.model.errors import DataError, EudigraphError, UsageError
from eudigraph.model.names import EUD, STAGES
from eudigraph.model.stages import DROPPED, MENTIONED
from eudigraph.model.text import cut, plural
from eudigraph.model.workspace import Workspace, open_workspace

EVERYTHING = "everything"
"""The name of the network that is the whole graph."""
ALL_TITLE = "Everything but evidence, with all relations"
"""Its title."""
MAX_LEVEL = 64
_KEYS = ("title", "question", "relation", "tie")
_PATTERNS = {"among": {"?source"}, "asserted": {"?source", "?via"}, "besides": {"?source"}}
"""Keys that may be left out, with the variables that the pattern of each must have."""
_DERIVED = "derived"
"""What the key ``stage`` says where a tie stands as the build has derived it of a country and a topic."""
_NAME = re.compile(r"([a-z]+)-(?!\1$)[a-z]+")


@dataclass(frozen=True)
class Definition:
    """A two-mode network: its query, and what is said beside it to those who read of it."""

    name: str
    title: str
    question: str
    relation: str
    """What the label of an edge says."""
    tie: str
    """What makes a tie, as ``a tie is …`` goes on."""
    text: str
    among: str = ""
    """What makes a thing a ``?source`` of the network, even without a tie."""
    asserted: str = ""
    """What a passage must say of ``?via`` and ``?source`` besides, for a tie to count as asserted."""
    besides: str = ""
    """What a tie rests on besides, in rows with all variables of this pattern: it, too, must have been known."""
    stage: str = ""
    """``derived`` where a tie stands as the build has derived it of a country and a topic; else as what it is via."""

    @property
    def is_derived(self) -> bool:
        """Whether the build has derived how its ties stand."""
        return self.stage == _DERIVED

    @property
    def sides(self) -> tuple[str, str]:
        """The names of the two kinds of nodes."""
        left, _, right = self.name.partition("-")
        return left, right


@dataclass(frozen=True)
class Choice:
    """What counts as a tie.

    ``stage`` is one of ``STAGES``: what has not come as far is left out, by default what was dropped, and of everything
    nothing. Without ``inferred`` only what passages say outright counts. ``known_by`` is the day by which it is known,
    by default the newest of the graph. ``level`` puts the broader topic in the place of a narrower one, down to that
    level below the broadest (0).
    """

    stage: str | None = None
    inferred: bool = True
    known_by: date | None = None
    level: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be chosen, with a UsageError."""
        if self.known_by is not None and not isinstance(self.known_by, date):
            raise UsageError(f"known_by is a day, such as 2023-04-30, not {cut(repr(self.known_by))}")
        if self.level is not None and type(self.level) is not int:
            raise UsageError(f"a level is a whole number, not {cut(repr(self.level))}")
        if not isinstance(self.inferred, bool):
            raise UsageError(f"inferred is True or False, not {cut(repr(self.inferred))}")
        if self.stage is not None:
            stage = str(self.stage).replace(" ", "-")
            if stage not in STAGES:
                raise UsageError(f"a stage can be {', '.join(STAGES)}, not {cut(str(self.stage))!r}")
            object.__setattr__(self, "stage", stage)
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise UsageError(f"a level is a number from 0 (the broadest topics) to {MAX_LEVEL}, not {self.level}")


def networks(workspace: Workspace) -> dict[str, str]:
    """Return the names of the networks there are, with their titles; of one that is broken, what is wrong with it."""
    titles = {EVERYTHING: ALL_TITLE}
    for name, found in known_networks(workspace).items():
        if isinstance(found, Definition):
            titles[name] = title_of(name, found)
        elif (workspace.queries_folder / "networks" / f"{name}.rq").is_file():  # of its names, the file's own
            titles[name] = f"broken: {found}"
    return titles


def known_networks(workspace: Workspace) -> dict[str, Definition | EudigraphError]:
    """Return the definition behind the name of each network, or what is wrong with it.

    Those that came with eudigraph are first, so no network of one's own replaces a known one, and none replaces a
    broken one.
    """
    came, own = (
        [path.stem for path in sorted((space.queries_folder / "networks").glob("*.rq"))]
        for space in (open_workspace(), workspace)
    )
    known: dict[str, Definition | EudigraphError] = {}
    for file in sorted(own, key=lambda file: (file not in came, file)):
        found: Definition | EudigraphError
        try:
            found = _load(workspace, file)
        except EudigraphError as error:
            found = error
        for name in _names(file):
            known.setdefault(name, found)
    return known


def _names(file: str) -> list[str]:
    """Return the names of the networks that follow from a query, those of two kinds and those of one."""
    left, _, right = file.partition("-")
    names = [f"{one}-{other}" for one, other in ((left, right), (left, left), (right, left), (right, right))]
    return names if re.fullmatch(_NAME, file) else [file]


def title_of(name: str, definition: Definition) -> str:
    """Return the title of a network that follows from a definition."""
    if name == definition.name:
        return definition.title
    left, _, right = name.partition("-")
    if left == right:
        other = next(side for side in definition.sides if side != left)
        return f"{plural(left).capitalize()} with {plural(other)} in common"
    return f"{plural(left).capitalize()} and their {plural(right)}"


def tie_of(name: str, definition: Definition) -> str:
    """Return in a sentence what a tie of a network is."""
    left, _, right = name.partition("-")
    if left != right:
        return f"A tie is {definition.tie}."
    other = next(side for side in definition.sides if side != left)
    return (
        f"Two {plural(left)} are tied by the {plural(other)} they share; between the two kinds, a tie is "
        f"{definition.tie}."
    )


def chosen(name: str, choice: Choice | None = None) -> Choice:
    """Return a choice in which it is said how far a tie must have come."""
    choice = choice or Choice()
    return replace(choice, stage=choice.stage or (DROPPED if name == EVERYTHING else MENTIONED))


def _load(workspace: Workspace, name: str) -> Definition:
    """Return the network of a query. Raises DataError for what is missing or wrong, UsageError for what is refused."""
    path = workspace.queries_folder / "networks" / f"{name}.rq"
    if not re.fullmatch(_NAME, name):
        raise DataError(
            f"{workspace.show(path)}: is to be named after its two kinds of nodes, two different words of small "
            "letters from a to z with - between them, such as country-topic; rename it"
        )
    found = pair.read(path, workspace, dict.fromkeys(_KEYS, str), dict.fromkeys((*_PATTERNS, "stage"), str))
    if found.given.get("stage", _DERIVED) != _DERIVED:
        raise found.wrong("stage", f"stage is to be {_DERIVED!r}, or left out")
    for key, variables in _PATTERNS.items():  # they become part of a query
        pattern = found.given.get(key)
        if pattern and not (re.fullmatch(r"\?\w+ eud:\w+ \?\w+", pattern) and variables <= set(pattern.split())):
            such = f"with {' and '.join(sorted(variables))}, such as ?via eud:withCountry ?source"
            raise found.wrong(key, f"{key} is one pattern {such}")
    try:
        form = prepare(found.text).form
    except UsageError as error:
        raise UsageError(f"{found.query}: {error}") from error
    if form != "select":
        raise DataError(f"{found.query}: gives no rows; write a SELECT query")
    return Definition(name=name, text=found.text, **found.given)


def expanded(pattern: str) -> str:
    """Return a pattern of a definition with the IRIs of our terms in full."""
    return re.sub(r"eud:(\w+)", rf"<{EUD}\1>", pattern)
