"""Drawing a network with pyvis, in our own template: one file, no request, nothing that the data says is ever run.

pyvis 0.3.2 calls a CDN in each of its modes and writes titles, headings and options into scripts as they are. Its own
template is therefore not used: ours escapes everything, has the data in blocks that are never run, allows by a policy
only its own script and style, and takes from pyvis the drawing library that it carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx
from pyvis.edge import Edge
from pyvis.network import Network
from pyvis.node import Node

from eudigraph.show.html import digest, make_environment, source_text
from eudigraph.show.looks import LOOKS, heaviest, is_dashed, look_of, look_of_node

SCRIPTS = ("1-model", "1-search", "2-panel", "3-network", "4-timeline", "5-matrix", "6-take-away", "7-page")
"""The page's own script, in the order of its parts."""

OPTIONS: dict[str, Any] = {
    "autoResize": True,
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False, "randomSeed": 1},
    "interaction": {
        "hover": True,
        "hideEdgesOnDrag": True,
        "hideEdgesOnZoom": True,
        "multiselect": False,
        "selectConnectedEdges": False,
        "tooltipDelay": 200,
    },
    "edges": {"smooth": False, "arrows": {"to": {"enabled": True, "scaleFactor": 0.5}}, "width": 1.2},
    "groups": {
        look.name: {
            "shape": look.shape,
            "size": look.size,
            "color": {"background": look.color, "border": look.color, "highlight": look.color, "hover": look.color},
        }
        for look in LOOKS
    },
}


def picture(network: nx.MultiDiGraph, places: Mapping[str, tuple[int, int]], numbers: Mapping[str, int]) -> Network:
    """Return a pyvis network of the nodes that have a place, under their numbers.

    Several statements between two nodes make one line.
    """
    drawn = Network(directed=True, cdn_resources="in_line", height="100%", width="100%")
    drawn.options = OPTIONS  # pyvis takes a plain mapping
    # pyvis's add_node and add_edge search lists, which takes seconds at some thousand nodes; its parts do not.
    for node, (x, y) in places.items():
        data = network.nodes[node]
        look = look_of(data["types"])
        if look:
            made = Node(numbers[node], look.shape, label=data["label"], group=look.name, x=x, y=y)
            drawn.nodes.append(made.options)
    asserted = [(s, o) for s, o, inferred in network.edges(data="inferred") if not inferred and s != o]
    for s, o in sorted({(numbers[s], numbers[o]) for s, o in asserted if s in places and o in places}):
        drawn.edges.append(Edge(s, o, True, id=f"{s}>{o}").options)
    return drawn


def page(drawn: Network, data: Mapping[str, Any], *, title: str, links: Mapping[str, str]) -> str:
    """Return the explorer with a picture, its data, and links to pages beside it, as one HTML document."""
    return _written(drawn, "explorer", SCRIPTS, title=title, data=data, links=links)


def sketch(network: nx.Graph, places: Mapping[Any, tuple[int, int]]) -> str:
    """Return any network as one HTML document to move about in: colours by class, lines the wider the more they are.

    What is before agreed is dashed. Pointing at a node or a line tells what it stands for.
    """
    title = str(network.graph.get("title") or "A network")
    drawn = Network(directed=True, cdn_resources="in_line", height="100%", width="100%")
    arrows = {"to": {"enabled": network.is_directed(), "scaleFactor": 0.5}}
    edges = {"smooth": False, "arrows": arrows, "color": "#8a949b"}
    drawn.options = {**OPTIONS, "edges": edges, "nodes": {"font": {"strokeWidth": 4, "strokeColor": "#ffffff"}}}
    numbers = {node: i for i, node in enumerate(network)}
    for node, data in network.nodes(data=True):
        look = look_of_node(data)
        x, y = places[node]
        label = str(data.get("label", node))
        made = Node(numbers[node], look.shape, label=label, group=look.name, x=x, y=y)
        drawn.nodes.append({**made.options, "about": f"{data.get('kind') or 'a node'}, {network.degree(node)} ties"})
    most = heaviest(network)
    for i, (s, o, data) in enumerate(network.edges(data=True)):
        width = round(0.8 + 4 * float(data.get("weight", 1)) / most, 2)
        line = Edge(numbers[s], numbers[o], network.is_directed(), id=f"e{i}", width=width, dashes=is_dashed(data))
        drawn.edges.append({**line.options, "about": _about(data)})
    words = f"{len(network)} nodes and {network.number_of_edges()} ties"
    return _written(drawn, "sketch", ("page",), title=title, words=words)


def _about(data: Mapping[str, Any]) -> str:
    given = [data.get("label") or "tied", *([f"weight {data['weight']}"] if "weight" in data else [])]
    given += [data[name] for name in ("stage", "certainty") if data.get(name)]
    if data.get("inferred"):
        given.append("follows")
    if "passages" in data:
        given.append(f"{len(data['passages'])} passage{'' if len(data['passages']) == 1 else 's'}")
    return ", ".join(map(str, given))


def _written(drawn: Network, folder: str, scripts: Iterable[str], **given: Any) -> str:
    """Return what pyvis makes of a picture and a template of ours."""
    environment = make_environment("explore", drawn.template_dir)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    library = source_text(environment, "lib/vis-9.1.2/vis-network.min.js")
    script = "\n".join(source_text(environment, f"{folder}/{name}.js") for name in scripts)
    style = source_text(environment, f"{folder}/page.css")
    environment.globals |= {
        **given,
        "library": library,
        "script": script,
        "style": style,
        "scripts": f"{digest(library)} {digest(script)}",
        "styles": digest(style),
    }
    drawn.templateEnv = environment
    drawn.path = f"{folder}/page.html"
    return str(drawn.generate_html())
