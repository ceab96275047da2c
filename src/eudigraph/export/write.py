"""What ``eudigraph export`` writes: the graph, or a network of it, in the format of that name for another tool."""

from __future__ import annotations

from pathlib import Path

from eudigraph.engine import store
from eudigraph.export import calendar, networks, rdf
from eudigraph.model.errors import StoreError, UsageError
from eudigraph.model.files import write_aside
from eudigraph.model.names import NETWORK_FORMATS
from eudigraph.model.text import cut
from eudigraph.model.workspace import Workspace
from eudigraph.network import algorithms, definitions, projections
from eudigraph.network.definitions import Choice

ENDINGS = dict(zip(NETWORK_FORMATS, (".graphml", ".gexf", ".cyjs", "-neo4j", ".ics", ".jsonld"), strict=True))
_NO_NETWORK = ("icalendar", "jsonld")
"""Formats that have the graph itself, not a network of it."""
_BUILT = ("turtle", "ttl", "trig", "nquads", "nq")
"""Formats of RDF, in which a build has the graph already."""


def write(
    built: store.Built,
    workspace: Workspace,
    form: str,
    name: str = definitions.EVERYTHING,
    choice: Choice | None = None,
    out: Path | None = None,
) -> tuple[list[Path], list[str]]:
    """Write a network, or the graph, in a format of ``NETWORK_FORMATS``; return files and notes on what was omitted.

    ``out`` is a file, or for ``neo4j`` a folder; by default ``eudigraph`` or the network's name with the format's
    ending, in the folder one is in. Raises UsageError for what is not known or does not go together, StoreError where
    it cannot be written.
    """
    if not isinstance(form, str) or form not in ENDINGS:
        raise UsageError(no_format(form))
    if form in _NO_NETWORK and (name != definitions.EVERYTHING or choice not in (None, Choice())):
        raise UsageError(f"{form} has the whole graph; omit --network and what chooses ties")
    if not isinstance(name, str):
        raise UsageError(f"a network is named by a text, such as 'country-topic', not {cut(repr(name))}")
    place = out or Path(("eudigraph" if name == definitions.EVERYTHING else name) + ENDINGS[form])
    if form == "icalendar":
        left = [f"no event for {line}: the date has no day" for line in calendar.without_day(built.store)]
        return [write_aside(place, calendar.icalendar(built.store))], left
    if form == "jsonld":
        return [write_aside(place, rdf.json_ld_of(built.store))], []
    network = projections.project(built, workspace, name, choice)
    if form == "neo4j":
        return _folder(place, networks.neo4j(network)), []
    if form == "graphml":
        return [write_aside(place, networks.graphml(network))], []
    places = algorithms.layout(network)
    written = networks.gexf if form == "gexf" else networks.cytoscape
    return [write_aside(place, written(network, places))], []


def no_format(form: object) -> str:
    """Return that there is no such format, which there are, and which is meant by its ending or its program."""
    wanted = str(form).casefold().lstrip(".-")
    by_ending = {ending.lstrip(".-"): name for name, ending in ENDINGS.items()}
    meant = {"gephi": "gexf", "json-ld": "jsonld", **by_ending}.get(wanted)
    hint = f"did you mean {meant}? There are" if meant else "there are"
    rest = "" if wanted not in _BUILT else f"; {wanted} is among the files that eudigraph build writes"
    return f"there is no format {cut(str(form))!r}; {hint}: {', '.join(ENDINGS)}{rest}"


def _folder(folder: Path, files: dict[str, str]) -> list[Path]:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror or error}; choose another with --out") from error
    return [write_aside(folder / name, text) for name, text in files.items()]
