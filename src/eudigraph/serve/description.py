"""What a server says of itself: its endpoint, its dataset, its questions, in the vocabularies made for that.

What is always the same stands in files among the templates; here it gets what only the build and the library know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from eudigraph.ask.library import LibraryQuery, Parameter
from eudigraph.engine.store import Built
from eudigraph.model.names import BASE, PREFIXES, RDF_TYPE
from eudigraph.model.ontology import Ontology
from eudigraph.model.triples import select
from eudigraph.model.version import VERSION
from eudigraph.serve.replies import link
from eudigraph.show import formats

DATASET = NamedNode(BASE + "dataset")
DUMPS = {
    "eudigraph.trig": "application/trig",
    "eudigraph.nq": "application/n-quads",
    "eudigraph.ttl": "text/turtle",
    "eudigraph.jsonld": "application/ld+json",
    "eudigraph.graphml": "application/graphml+xml",
}
"""The exports of a build that are given out whole, with their media types."""
_TEMPLATES = Path(__file__).parent / "templates"
_LICENCE = NamedNode("https://creativecommons.org/licenses/by/4.0/")
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_VOID = "http://rdfs.org/ns/void#"
_DCAT = "http://www.w3.org/ns/dcat#"
_DCT = PREFIXES["dcterms"]


def service(base: str) -> list[Triple]:
    """Return the endpoint's description: https://www.w3.org/TR/sparql11-service-description/."""
    return _fixed("service.ttl", base)


def dataset(graph: Built, terms: Ontology, base: str) -> list[Triple]:
    """Return what the dataset is and holds, in VoID (https://www.w3.org/TR/void/) and DCAT 3."""
    made = _fixed("dataset.ttl", base)

    def say(subject: NamedNode | BlankNode, predicate: str, object: NamedNode | BlankNode | Literal) -> None:
        made.append(Triple(subject, NamedNode(predicate), object))

    counts = graph.counts
    content = (
        f"{counts.get('claims', 0)} claims of {counts.get('passages', 0)} passages in "
        f"{counts.get('sources', 0)} sources, each with who says it and how certain it is."
    )
    say(DATASET, _DCT + "description", Literal(content, language="en"))
    say(DATASET, _DCAT + "version", Literal(f"{VERSION}, ontology {graph.manifest.ontology}"))
    (row,) = select(graph.store, "SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?p) AS ?properties) { ?s ?p ?o }")
    for name in ("triples", "properties"):
        say(DATASET, _VOID + name, row[name])
    rows = select(graph.store, "SELECT ?class (COUNT(?x) AS ?n) { ?x a ?class } GROUP BY ?class ORDER BY ?class")
    for number, row in enumerate(row for row in rows if row["class"].value in terms.terms):
        part = BlankNode(f"class{number}")
        say(DATASET, _VOID + "classPartition", part)
        say(part, _VOID + "class", row["class"])
        say(part, _VOID + "entities", row["n"])
    for name, media in DUMPS.items():
        if (graph.generation / name).is_file():
            file = NamedNode(f"{base}/data/{name}")
            say(DATASET, _VOID + "dataDump", file)
            say(DATASET, _DCAT + "distribution", file)
            say(file, RDF_TYPE.value, NamedNode(_DCAT + "Distribution"))
            say(file, _DCAT + "downloadURL", file)
            say(file, _DCAT + "mediaType", NamedNode(_MEDIA_TYPES + media))
            say(file, _DCT + "license", _LICENCE)
    return made


def question(query: LibraryQuery) -> dict[str, Any]:
    """Return what a program needs to know of a question of the library."""
    return {
        "name": query.name,
        "number": query.number,
        "title": query.title,
        "question": query.question,
        "grain": query.grain,
        "parameters": {
            p.name: {"type": p.type, "description": p.description, "required": p.required, "default": p.default}
            for p in query.parameters.values()
        },
        "columns": dict(query.columns),
        "notes": query.notes,
        "href": link(f"/api/queries/{query.name}"),
    }


def openapi(library: Iterable[LibraryQuery], base: str, most: int) -> dict[str, Any]:
    """Return the API's description in OpenAPI 3.1; ``most`` is how many rows an answer has at most."""
    made: dict[str, Any] = json.loads((_TEMPLATES / "openapi.json").read_text("utf-8"))
    made["info"]["version"] = VERSION
    made["servers"] = [{"url": base or "/"}]
    paths = made["paths"]
    pattern = paths.pop("/api/queries/{name}")["get"]
    limit, _, form, _ = pattern["parameters"]
    limit["schema"] |= {"maximum": most, "default": most}
    form["schema"]["enum"] = list(formats.QUESTIONS)
    for query in library:
        paths[f"/api/queries/{query.name}"] = {"get": _operation(deepcopy(pattern), query)}
    return made


def _operation(made: dict[str, Any], query: LibraryQuery) -> dict[str, Any]:
    """Return what OpenAPI says of one question, made of what it says of all."""
    own = [
        {"name": p.name, "in": "query", "required": p.required, "description": p.description, "schema": _schema(p)}
        for p in query.parameters.values()
    ]
    answer = made["responses"]["200"]
    answer["description"] = query.grain
    properties = answer["content"]["application/json"]["schema"]["properties"]
    properties["query"] = {"const": query.name}
    value = {"$ref": "#/components/schemas/Value"}
    columns = {name: {**value, "description": what} for name, what in query.columns.items()}
    row = properties["rows"]["items"]
    row["required"], row["properties"] = list(columns), columns | row["properties"]
    return made | {
        "operationId": query.name,
        "summary": query.question,
        "description": "\n\n".join(filter(None, (f"Gives {query.grain}.", query.notes))),
        "parameters": own + made["parameters"],
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter; entities are given by their names or IRIs."""
    made: dict[str, Any] = {"type": "integer" if parameter.type == "integer" else "string"}
    if parameter.choices:
        made["enum"] = list(parameter.choices)
    if parameter.type == "date":
        made["format"] = "date"
        if parameter.default and not parameter.default[0].isdigit():
            return made  # it depends on the graph, or on another parameter
    if parameter.default is not None:
        made["default"] = int(parameter.default) if parameter.type == "integer" else parameter.default
    return made


def _fixed(name: str, base: str) -> list[Triple]:
    """Return the statements of a template in Turtle, its relative IRIs being those of a server."""
    read = parse((_TEMPLATES / name).read_bytes(), RdfFormat.TURTLE, base_iri=f"{base}/")
    return [Triple(quad.subject, quad.predicate, quad.object) for quad in read]
