"""A network in the formats that other tools read. Same input, same bytes.

===============  ==============================================================================
``graphml``      GraphML: NetworkX, igraph, yEd, Cytoscape, Gephi
``gexf``         GEXF 1.3: Gephi, with colours, sizes, places and a timeline
``cytoscape``    JSON for Cytoscape.js and Cytoscape
``neo4j``        two CSV files for ``neo4j-admin database import``
===============  ==============================================================================

A network is a ``networkx.Graph``, or a ``networkx.MultiDiGraph`` keyed by the IRI of a property. Nodes and edges are
written in the order of their names, whatever attributes they have, and what has no value is omitted.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from numbers import Integral, Real
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import networkx as nx

from eudigraph.model.names import EUD, shorten
from eudigraph.model.text import for_xml
from eudigraph.show.looks import LOOKS, look_of

_short = lru_cache(1 << 12)(shorten)

Value = bool | int | float | str | list[str]
"""What an attribute is written as."""

DAYS = ("earliest", "latest", "since")
"""Attributes that are days, such as ``2023-05-31``."""
IRIS = ("classes", "matches", "passages", "shared", "types", "via")
"""Attributes that are lists of IRIs; where a format knows no lists, spaces stand between them."""
RESERVED = ("id", "parent", "source", "target")
"""Names that mean something to the tools; an attribute of such a name is written with ``_`` after it."""

_GRAPHML = "http://graphml.graphdrawing.org/xmlns"
_GEXF = "http://gexf.net/1.3"
_VIZ = "http://gexf.net/1.3/viz"
_SPACE = re.compile("[\t\n ]+")
_QUOTED = {'"': "&quot;", "\t": "&#09;", "\n": "&#10;"}
"""How characters are written in an attribute of XML; as such, readers would take the last two for spaces."""
_KINDS: Mapping[type, str] = {bool: "boolean", int: "long", float: "double", list: "list"}
_XML_TYPES = {"list": "string"}
_NEO4J_TYPES = {"boolean": ":boolean", "long": ":long", "double": ":double", "list": ":string[]", "string": ""}


@dataclass(frozen=True)
class _Edge:
    """An edge as it is written; ``key`` is the property's IRI, empty in a network without properties."""

    id: str
    source: str
    target: str
    key: str
    data: dict[str, Value]


class _Plain:
    """A network in a fixed order, with attributes of few types, which are made anew each time they are asked for."""

    def __init__(self, network: nx.Graph) -> None:
        self.directed = network.is_directed()
        self.title = for_file(network.graph.get("title") or "")
        self._nodes = sorted(network.nodes(data=True))
        if network.is_multigraph():
            listed = network.edges(keys=True, data=True)
        else:
            listed = ((s, o, "", d) for s, o, d in network.edges(data=True))
        ends = ((s, o, k, d) if self.directed else (min(s, o), max(s, o), k, d) for s, o, k, d in listed)
        self._edges = sorted(ends, key=lambda e: (*e[:2], str(e[2])))

    def nodes(self) -> Iterator[tuple[str, dict[str, Value]]]:
        """Yield the nodes with their attributes."""
        for node, data in self._nodes:
            yield for_file(node), {"label": for_file(node), **_values(data)}

    def edges(self) -> Iterator[_Edge]:
        """Yield the edges."""
        for number, (source, target, key, data) in enumerate(self._edges, 1):
            made = _values(data)
            iri = for_file(key) if isinstance(key, str) else ""
            if iri:
                made = {"label": _short(iri).rpartition(":")[2], "property": iri, **made}
            yield _Edge(f"e{number}", for_file(source), for_file(target), iri, made)


def graphml(network: nx.Graph) -> Iterator[str]:
    """Yield the parts of a network as GraphML (http://graphml.graphdrawing.org/specification.html).

    Each edge has an id of its own: Gephi drops those whose id it has seen. Lists are one text, IRIs with spaces between
    them, words with semicolons. NetworkX has a writer, too; docs/decisions/graphml-by-hand.md says why it is not used.
    """
    plain = _Plain(network)
    title: dict[str, Value] = {"title": plain.title} if plain.title else {}
    keys: dict[str, dict[str, str]] = {}
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="{_GRAPHML}">\n'
    rows = {"graph": [title], "node": (data for _, data in plain.nodes()), "edge": (e.data for e in plain.edges())}
    for kind, given in rows.items():
        keys[kind] = {}
        for number, (name, type_) in enumerate(_kinds(given).items()):
            keys[kind][name] = f"{kind}-{number}"
            described = {"id": keys[kind][name], "for": kind, "attr.name": name}
            yield f" {_tag('key', described | {'attr.type': _XML_TYPES.get(type_, type_)})} />\n"

    def values(kind: str, data: Mapping[str, Value], depth: str) -> str:
        return "".join(
            f'{depth}<data key="{key}">{escape(_text(name, data[name]))}</data>\n'
            for name, key in keys[kind].items()
            if name in data
        )

    def element(kind: str, given: Mapping[str, str], data: Mapping[str, Value]) -> str:
        within = values(kind, data, "   ")
        return f"  {_tag(kind, given)}>\n{within}  </{kind}>\n" if within else f"  {_tag(kind, given)} />\n"

    start = _tag("graph", {"edgedefault": "directed" if plain.directed else "undirected"})
    if title or network:
        yield f" {start}>\n{values('graph', title, '  ')}"
        for node, data in plain.nodes():
            yield element("node", {"id": node}, data)
        for edge in plain.edges():
            yield element("edge", {"id": edge.id, "source": edge.source, "target": edge.target}, edge.data)
        yield " </graph>\n"
    else:
        yield f" {start} />\n"
    yield "</graphml>\n"


def _tag(name: str, given: Mapping[str, str]) -> str:
    """Return a start tag with its attributes, without its end."""
    return f"<{name}" + "".join(f' {key}="{escape(value, _QUOTED)}"' for key, value in given.items())


def gexf(network: nx.Graph, places: Mapping[str, tuple[int, int]] | None = None) -> str:
    """Return a network as GEXF 1.3 (https://gexf.net/schema.html), with the colours and sizes of the explorer.

    ``places`` are as in a drawing, y growing downwards; Gephi's grows upwards. With days in it the network is dynamic:
    a node is there from ``earliest`` to ``latest``, an edge from ``since``, and never without its ends. The relation is
    the edges' ``kind``, by which Gephi tells parallel edges apart. Lists are texts as in GraphML: GEXF has a type for
    them, but tools write it differently.
    """
    plain = _Plain(network)
    nodes, edges = dict(plain.nodes()), list(plain.edges())
    spans = {node: _span(data) for node, data in nodes.items()}
    times = [_time(edge, spans) for edge in edges]
    ElementTree.register_namespace("viz", _VIZ)
    root = ElementTree.Element("gexf", {"xmlns": _GEXF, "version": "1.3"})
    meta = ElementTree.SubElement(root, "meta")
    ElementTree.SubElement(meta, "creator").text = "eudigraph"
    if plain.title:
        ElementTree.SubElement(meta, "description").text = plain.title
    dynamic = any(start or end for start, end in [*spans.values(), *times])
    mode = {"mode": "dynamic", "timeformat": "date"} if dynamic else {"mode": "static"}
    direction = "directed" if plain.directed else "undirected"
    graph = ElementTree.SubElement(root, "graph", {"defaultedgetype": direction, **mode})

    node_kinds = _declare(graph, "node", nodes.values(), ("label",))
    edge_kinds = _declare(graph, "edge", [edge.data for edge in edges], ("label", "weight"))
    holder = ElementTree.SubElement(graph, "nodes")
    for node, data in nodes.items():
        label = unbroken(str(data["label"]))
        element = ElementTree.SubElement(holder, "node", {"id": node, "label": label, **_bounds(spans[node])})
        _attvalues(element, data, node_kinds)
        _look(element, network.nodes[node], (places or {}).get(node))
    holder = ElementTree.SubElement(graph, "edges")
    for edge, span in zip(edges, times, strict=True):
        given = {"id": edge.id, "source": edge.source, "target": edge.target}
        if "label" in edge.data:
            given["label"] = unbroken(str(edge.data["label"]))
        if _kind(edge.data.get("weight", "")) in ("long", "double"):
            given["weight"] = repr(edge.data["weight"])
        if edge.key:
            given["kind"] = _short(edge.key)
        _attvalues(ElementTree.SubElement(holder, "edge", given | _bounds(span)), edge.data, edge_kinds)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def cytoscape(network: nx.Graph, places: Mapping[str, tuple[int, int]] | None = None) -> str:
    """Return a network as Cytoscape.js reads it (https://js.cytoscape.org/#notation/elements-json).

    No ``<`` stands in it as such, so that it may be pasted into a script of a page.
    """
    plain = _Plain(network)
    nodes = []
    for node, data in plain.nodes():
        made: dict[str, Any] = {"data": {"id": node, **data}}
        if places and node in places:
            made["position"] = dict(zip("xy", places[node], strict=True))
        nodes.append(made)
    edges = [{"data": {"id": e.id, "source": e.source, "target": e.target, **e.data}} for e in plain.edges()]
    document = {"data": {"name": plain.title}, "elements": {"nodes": nodes, "edges": edges}}
    return json.dumps(document, ensure_ascii=False, indent=1).replace("<", "\\u003c") + "\n"


def neo4j(network: nx.Graph) -> dict[str, str]:
    """Return a network as CSV files by their names, for Neo4j's import.

    https://neo4j.com/docs/operations-manual/current/import/ has the headers. Nodes are labelled with their classes,
    relationships typed after their properties (``WITH_COUNTRY``); without properties, after their labels. Each text is
    one line and items of lists have no ``;``, which the import would split. No cell gets an apostrophe against
    spreadsheets: a database would keep it as part of the value. Relationships of an undirected network lead from the
    lower IRI to the higher; ask for them without a direction.
    """
    plain = _Plain(network)
    kinds = _kinds(data for _, data in plain.nodes())
    nodes = [["id:ID", *_header(kinds), ":LABEL"]]
    for node, data in plain.nodes():
        nodes.append([node, *_row(data, kinds), ";".join(_neo4j_labels(data))])
    kinds = _kinds(edge.data for edge in plain.edges())
    edges = [[":START_ID", ":END_ID", ":TYPE", *_header(kinds)]]
    for edge in plain.edges():
        edges.append([edge.source, edge.target, _neo4j_type(edge), *_row(edge.data, kinds)])
    return {"nodes.csv": _csv(nodes), "edges.csv": _csv(edges)}


# ---------------------------------------------------------------- Networks with plain attributes


def _values(data: Mapping[str, Any]) -> dict[str, Value]:
    """Return attributes by their names, in the order of these, without those that say nothing."""
    named = {f"{name}_" if name in RESERVED else name: _value(name, value) for name, value in sorted(data.items())}
    return {name: value for name, value in named.items() if value is not None}


def _value(name: str, value: object) -> Value | None:
    """Return what an attribute is written as; None for what is empty or no number. TypeError for other types."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return for_file(value) or None
    if isinstance(value, list | tuple):
        # A network's own values are tuples of property, text and passages.
        items = [f"{_short(item[0])}: {item[1]}" if isinstance(item, tuple) else str(item) for item in value]
        return [text for text in map(for_file, items) if text] or None
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    raise TypeError(f"attribute {name!r} is a {type(value).__name__}; make it a text, a number or a list of texts")


def for_file(text: str) -> str:
    """Return a text as every format here can hold it; line ends become line feeds, as XML readers would make them."""
    return text if text.isprintable() else for_xml(text.replace("\r\n", "\n").replace("\r", "\n"))


def unbroken(text: str) -> str:
    """Return a text with single spaces for its white space."""
    return _SPACE.sub(" ", text).strip(" ")


def _kinds(rows: Iterable[Mapping[str, Value]]) -> dict[str, str]:
    """Return the type of each attribute over all rows, what names a row first."""
    seen: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, value in row.items():
            seen[name].add(_kind(value))
    ordered = sorted(seen, key=lambda name: (name != "label", name != "kind", name))
    return {name: _common(seen[name]) for name in ordered}


def _kind(value: Value) -> str:
    return _KINDS.get(type(value), "string")


def _common(kinds: set[str]) -> str:
    if len(kinds) == 1:
        return next(iter(kinds))
    return "double" if kinds == {"long", "double"} else "string"


def _text(name: str, value: Value) -> str:
    """Return a value as one text."""
    if isinstance(value, list):
        return (" " if name in IRIS else "; ").join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------- GEXF


def _declare(
    graph: ElementTree.Element, kind: str, rows: Iterable[Mapping[str, Value]], own: Sequence[str]
) -> dict[str, str]:
    """Declare the attributes of nodes or edges; those that GEXF has its ``own`` place for are none of them."""
    kinds = {name: type_ for name, type_ in _kinds(rows).items() if name not in own}
    if kinds:
        declared = ElementTree.SubElement(graph, "attributes", {"class": kind, "mode": "static"})
        for name, type_ in kinds.items():
            described = {"id": name, "title": name, "type": _XML_TYPES.get(type_, type_)}
            ElementTree.SubElement(declared, "attribute", described)
    return kinds


def _attvalues(element: ElementTree.Element, data: Mapping[str, Value], kinds: Mapping[str, str]) -> None:
    given = [(name, _text(name, data[name])) for name in kinds if name in data]
    if given:
        values = ElementTree.SubElement(element, "attvalues")
        for name, text in given:
            ElementTree.SubElement(values, "attvalue", {"for": name, "value": text})


def _look(element: ElementTree.Element, data: Mapping[str, Any], place: tuple[int, int] | None) -> None:
    """Write how the explorer draws a node of these classes, and where."""
    look = look_of(data.get("types") or data.get("classes") or ()) or LOOKS[-1]
    red, green, blue = (str(int(look.color[i : i + 2], 16)) for i in (1, 3, 5))
    ElementTree.SubElement(element, f"{{{_VIZ}}}color", {"r": red, "g": green, "b": blue})
    if place:
        ElementTree.SubElement(element, f"{{{_VIZ}}}position", {"x": str(place[0]), "y": str(-place[1])})
    ElementTree.SubElement(element, f"{{{_VIZ}}}size", {"value": str(look.size)})


def _span(data: Mapping[str, Value]) -> tuple[str | None, str | None]:
    """Return the first and the last day of a node; neither if they are the wrong way round."""
    start, end = day(data.get("earliest")), day(data.get("latest"))
    return (None, None) if start and end and start > end else (start, end)


def _time(edge: _Edge, spans: Mapping[str, tuple[str | None, str | None]]) -> tuple[str | None, str | None]:
    """Return the days between which an edge and both its ends are there; neither if they never are all."""
    ends = (spans[edge.source], spans[edge.target])
    start = max(filter(None, (day(edge.data.get("since")), *(first for first, _ in ends))), default=None)
    end = min(filter(None, (last for _, last in ends)), default=None)
    return (None, None) if start and end and start > end else (start, end)


def _bounds(span: tuple[str | None, str | None]) -> dict[str, str]:
    return {name: day for name, day in zip(("start", "end"), span, strict=True) if day}


def day(value: object) -> str | None:
    """Return a value that is a day, else None."""
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


# ---------------------------------------------------------------- Neo4j


def _header(kinds: Mapping[str, str]) -> list[str]:
    return [name + (":date" if name in DAYS else _NEO4J_TYPES[kind]) for name, kind in kinds.items()]


def _row(data: Mapping[str, Value], kinds: Mapping[str, str]) -> list[str]:
    return [_cell(name, data.get(name), kind) for name, kind in kinds.items()]


def _cell(name: str, value: Value | None, kind: str) -> str:
    if value is None:
        return ""
    if name in DAYS:
        return day(value) or ""  # one that is no day would end the whole import
    if kind == "list" and isinstance(value, list):
        return ";".join(unbroken(item.replace(";", ",")) for item in value)
    return unbroken(_text(name, value))


def _neo4j_labels(data: Mapping[str, Value]) -> list[str]:
    """Return the classes of ours that a node is in, under their names in the ontology."""
    classes = data.get("types") or data.get("classes") or []
    names = [iri.removeprefix(EUD) for iri in classes if iri.startswith(EUD)] if isinstance(classes, list) else []
    return names or ["Thing"]


def _neo4j_type(edge: _Edge) -> str:
    """Return a relationship's type as Neo4j advises to write it, in upper case with underscores.

    https://neo4j.com/docs/cypher-manual/current/syntax/naming/
    """
    local = re.split("[#/:]", edge.key)[-1] or str(edge.data.get("label", ""))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", local)
    return re.sub(r"\W+", "_", words).strip("_").upper() or "RELATED_TO"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
