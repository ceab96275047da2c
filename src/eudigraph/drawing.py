"""Drawing a network with pyvis, in our own template: one file, no request, nothing that the data says is ever run.

pyvis 0.3.2 calls a CDN in each of its modes and writes titles, headings and options into scripts as they are. Its own
template is therefore not used: ours escapes everything, has the data in blocks that are never run, allows by a policy
only its own script and style, and takes from pyvis the drawing library that it carries.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from pyvis.edge import Edge
from pyvis.network import Network
from pyvis.node import Node

from eudigraph.names import EUD, SKOS


@dataclass(frozen=True)
class Look:
    """How the things of a class are drawn. ``shown`` is whether they are drawn unless asked for."""

    name: str
    shape: str
    color: str
    size: int
    shown: bool = False


LOOKS = (
    Look("Country", "star", "#0072b2", 26, shown=True),
    Look("Partnership", "square", "#d55e00", 17, shown=True),
    Look("Meeting", "diamond", "#9b4f96", 17, shown=True),
    Look("Initiative", "triangle", "#b07d00", 13, shown=True),
    Look("Topic", "dot", "#007a5e", 11, shown=True),
    Look("Official", "triangleDown", "#c23b6e", 14, shown=True),
    Look("Organisation", "hexagon", "#5b6770", 13),
    Look("Person", "triangleDown", "#7d6b5d", 12),
    Look("Post", "square", "#7d6b5d", 9),
    Look("Place", "dot", "#7d6b5d", 9),
    Look("LegalAct", "square", "#2f6f9f", 11),
    Look("Document", "hexagon", "#2f6f9f", 11),
    Look("Election", "diamond", "#7d6b5d", 11),
    Look("Event", "diamond", "#5b6770", 11),
    Look("Agent", "hexagon", "#7d6b5d", 11),
    Look("Thing", "dot", "#5b6770", 10),
)
"""Shapes and colours by class; the first that fits counts, the last is for all others.

The hues stay apart for the colour-blind (after Okabe and Ito, https://jfly.uni-koeln.de/color/), at 3:1 against the
light and the dark page; shapes tell the classes apart, too.
"""

SCRIPTS = ("1-model", "2-panel", "3-network", "4-timeline", "5-matrix", "6-take-away", "7-page")
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


def look_of(types: Sequence[str]) -> Look | None:
    """Return how a thing of these classes (IRIs) is drawn; None for what is no node of the picture."""
    names = {t.removeprefix(EUD) for t in types}
    known = next((look for look in LOOKS if look.name in names), None)
    # A class that somebody added is drawn as well; statuses, certainties and the like are words, not things.
    ours = any(t.startswith(EUD) for t in types) and SKOS + "Concept" not in types
    return known or (LOOKS[-1] if ours else None)


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


def page(drawn: Network, data: Mapping[str, Any], *, title: str) -> str:
    """Return the explorer with a picture and its data as one HTML document."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("eudigraph"), FileSystemLoader(drawn.template_dir)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    library = _source(environment, "lib/vis-9.1.2/vis-network.min.js")
    script = "\n".join(_source(environment, f"explorer/{name}.js") for name in SCRIPTS)
    style = _source(environment, "explorer/page.css")
    environment.globals |= {
        "title": title,
        "data": data,
        "library": library,
        "script": script,
        "style": style,
        "scripts": f"{_digest(library)} {_digest(script)}",
        "styles": _digest(style),
    }
    drawn.templateEnv = environment
    drawn.path = "explorer/page.html"
    return str(drawn.generate_html())


def frame(document: str, *, height: int = 640) -> str:
    """Return a document in a frame of its own, as notebooks show it: it can neither see nor change the notebook."""
    return (
        f'<iframe srcdoc="{html.escape(document)}" sandbox="allow-scripts allow-downloads allow-popups" '
        f'width="100%" height="{height}" title="eudigraph explorer" style="border:0"></iframe>'
    )


def _source(environment: Environment, name: str) -> str:
    """Return a file as it stands, as a browser digests it: with its line ends as line feeds."""
    loader = environment.loader or PackageLoader("eudigraph")
    return loader.get_source(environment, name)[0].replace("\r\n", "\n").strip()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
