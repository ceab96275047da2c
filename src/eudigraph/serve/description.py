"""What a server says of itself: its endpoint, its dataset, its questions, in the vocabularies made for that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from eudigraph.ask.library import LibraryQuery, Parameter
from eudigraph.engine.store import Built
from eudigraph.model.names import BASE, EUD, OWN_GRAPHS, PREFIXES, RDF_TYPE, SKOS, XSD
from eudigraph.model.ontology import Ontology
from eudigraph.model.triples import select
from eudigraph.model.version import VERSION
from eudigraph.show import formats

DATASET = NamedNode(BASE + "dataset")
LICENCE = NamedNode("https://creativecommons.org/licenses/by/4.0/")
DUMPS = {
    "eudigraph.trig": "application/trig",
    "eudigraph.nq": "application/n-quads",
    "eudigraph.ttl": "text/turtle",
    "eudigraph.jsonld": "application/ld+json",
    "eudigraph.graphml": "application/graphml+xml",
}
"""The exports of a build that are given out whole, with their media types."""
_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_VOID = "http://rdfs.org/ns/void#"
_DCAT = "http://www.w3.org/ns/dcat#"
_DCT = PREFIXES["dcterms"]


def service(base: str) -> list[Triple]:
    """Return the endpoint's description: https://www.w3.org/TR/sparql11-service-description/."""
    here, data, graph = NamedNode(f"{base}/sparql"), BlankNode("dataset"), BlankNode("default")
    made = [
        Triple(here, RDF_TYPE, _term(_SD, "Service")),
        Triple(here, _term(_SD, "endpoint"), here),
        Triple(here, _term(_SD, "supportedLanguage"), _term(_SD, "SPARQL11Query")),
        Triple(here, _term(_SD, "defaultDataset"), data),
        Triple(data, RDF_TYPE, _term(_SD, "Dataset")),
        Triple(data, _term(_SD, "defaultGraph"), graph),
        Triple(graph, RDF_TYPE, _term(_SD, "Graph")),
        Triple(graph, _term(_DCT, "description"), Literal("Every statement once, whoever says it.", language="en")),
    ]
    for form in ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"):
        made.append(Triple(here, _term(_SD, "resultFormat"), _term(_FORMATS, form)))
    for form in ("Turtle", "N-Triples", "RDF_XML", "JSON-LD", "TriG", "N-Quads", "N3"):
        made.append(Triple(here, _term(_SD, "resultFormat"), _term(_FORMATS, form)))
    for number, name in enumerate(OWN_GRAPHS):
        node = BlankNode(f"named{number}")
        made += [
            Triple(data, _term(_SD, "namedGraph"), node),
            Triple(node, RDF_TYPE, _term(_SD, "NamedGraph")),
            Triple(node, _term(_SD, "name"), name),
        ]
    return made


def dataset(graph: Built, terms: Ontology, base: str) -> list[Triple]:
    """Return what the dataset is and holds, in VoID (https://www.w3.org/TR/void/) and DCAT 3."""
    counts = graph.counts
    endpoint = NamedNode(f"{base}/sparql")
    made = [
        Triple(DATASET, RDF_TYPE, _term(_VOID, "Dataset")),
        Triple(DATASET, RDF_TYPE, _term(_DCAT, "Dataset")),
        Triple(DATASET, _term(_DCT, "title"), Literal("eudigraph: the EU's digital diplomacy", language="en")),
        Triple(
            DATASET,
            _term(_DCT, "description"),
            Literal(
                f"{counts.get('claims', 0)} claims of {counts.get('passages', 0)} passages in "
                f"{counts.get('sources', 0)} sources, each with who says it and how certain it is.",
                language="en",
            ),
        ),
        Triple(DATASET, _term(_DCT, "license"), LICENCE),
        Triple(DATASET, _term(_DCAT, "version"), Literal(f"{VERSION}, ontology {graph.manifest.ontology}")),
        Triple(DATASET, _term(_VOID, "sparqlEndpoint"), endpoint),
        Triple(DATASET, _term(_VOID, "uriSpace"), Literal(BASE)),
        Triple(DATASET, _term(_VOID, "vocabulary"), NamedNode(EUD)),
        Triple(DATASET, _term(_VOID, "vocabulary"), NamedNode(SKOS)),
        *_counted(DATASET, "triples", _count(graph, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")),
        *_counted(DATASET, "properties", _count(graph, "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }")),
    ]
    rows = select(graph.store, "SELECT ?class (COUNT(?x) AS ?n) { ?x a ?class } GROUP BY ?class ORDER BY ?class")
    for number, row in enumerate(row for row in rows if row["class"].value in terms.terms):
        part = BlankNode(f"class{number}")
        made += [
            Triple(DATASET, _term(_VOID, "classPartition"), part),
            Triple(part, _term(_VOID, "class"), row["class"]),
            *_counted(part, "entities", int(row["n"].value)),
        ]
    access = BlankNode("access")
    made += [
        Triple(DATASET, _term(_DCAT, "distribution"), access),
        Triple(access, RDF_TYPE, _term(_DCAT, "Distribution")),
        Triple(access, _term(_DCAT, "accessURL"), endpoint),
        Triple(access, _term(_DCT, "title"), Literal("SPARQL 1.1", language="en")),
    ]
    for name, media in DUMPS.items():
        if (graph.generation / name).is_file():
            file = NamedNode(f"{base}/data/{name}")
            made += [
                Triple(DATASET, _term(_VOID, "dataDump"), file),
                Triple(DATASET, _term(_DCAT, "distribution"), file),
                Triple(file, RDF_TYPE, _term(_DCAT, "Distribution")),
                Triple(file, _term(_DCAT, "downloadURL"), file),
                Triple(
                    file, _term(_DCAT, "mediaType"), NamedNode(f"https://www.iana.org/assignments/media-types/{media}")
                ),
                Triple(file, _term(_DCT, "license"), LICENCE),
            ]
    return made


def question(query: LibraryQuery) -> dict[str, Any]:
    """Return what a program needs to know of a question of the library."""
    return {
        "name": query.name,
        "number": query.number,
        "title": query.title,
        "question": query.question,
        "grain": query.grain,
        "parameters": {p.name: _parameter(p) for p in query.parameters.values()},
        "columns": dict(query.columns),
        "notes": query.notes,
        "href": f"/api/queries/{query.name}",
    }


def openapi(library: Iterable[LibraryQuery], base: str, most: int) -> dict[str, Any]:
    """Return the API's description in OpenAPI 3.1; ``most`` is how many rows an answer has at most."""
    problem = {
        "description": "What is wrong, and how to mend it",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    paths: dict[str, Any] = {
        "/api/queries": {
            "get": {
                "operationId": "queries",
                "summary": "The questions there are",
                "responses": {"200": {"description": "All questions", "content": {"application/json": {}}}},
            }
        },
        "/sparql": {
            "get": {
                "operationId": "sparql",
                "summary": "SPARQL 1.1 Protocol, for queries",
                "parameters": [
                    {"name": "query", "in": "query", "required": True, "schema": {"type": "string"}},
                    *(
                        {"name": name, "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
                        for name in ("default-graph-uri", "named-graph-uri")
                    ),
                ],
                "responses": {
                    "200": {"description": "The answer", "content": {"application/sparql-results+json": {}}},
                    "default": problem,
                },
            }
        },
    }
    for query in library:
        common = [
            ("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": most}, "at most so many rows"),
            ("evidence", {"type": "boolean", "default": False}, "with the passages behind each row"),
            ("format", {"type": "string", "enum": list(formats.QUESTIONS)}, "goes before Accept"),
            ("lang", {"type": "string"}, "languages to show names in, the one liked best first, such as de,fr"),
        ]
        paths[f"/api/queries/{query.name}"] = {
            "get": {
                "operationId": query.name,
                "summary": query.question,
                "description": "\n\n".join(filter(None, (f"Gives {query.grain}.", query.notes))),
                "parameters": [
                    *(
                        {
                            "name": p.name,
                            "in": "query",
                            "required": p.required,
                            "description": p.description,
                            "schema": _schema(p),
                        }
                        for p in query.parameters.values()
                    ),
                    *(
                        {"name": name, "in": "query", "description": words, "schema": schema}
                        for name, schema, words in common
                    ),
                ],
                "responses": {
                    "200": {
                        "description": query.grain,
                        "content": {
                            "application/json": {"schema": _answer(query)},
                            "application/sparql-results+json": {},
                            "text/csv": {},
                        },
                    },
                    "default": problem,
                },
            }
        }
    thing = {
        "type": "object",
        "required": ["iri", "label"],
        "properties": {"iri": {"type": "string", "format": "uri"}, "label": {"type": "string"}},
    }
    value = {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": ["string", "number", "boolean", "null"]}]}
    things = {name: {"$ref": "#/components/schemas/Thing"} for name in ("source", "speaker", "certainty")}
    passage = {
        "type": "object",
        "properties": {
            "iri": {"type": "string", "format": "uri"},
            **things,
            **{name: {"type": "integer"} for name in ("paragraph", "start", "end")},
            "confidence": {"type": "number"},
            "gist": {"type": "string"},
            "url": {"type": ["string", "null"], "format": "uri"},
        },
    }
    wrong = {
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {"title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "eudigraph",
            "version": VERSION,
            "summary": "Questions to the knowledge graph of the EU's digital diplomacy",
            "license": {"name": "CC BY 4.0", "identifier": "CC-BY-4.0"},
        },
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": {"schemas": {"Thing": thing, "Value": value, "Passage": passage, "Problem": wrong}},
    }


def _answer(query: LibraryQuery) -> dict[str, Any]:
    value = {"$ref": "#/components/schemas/Value"}
    columns = {name: {**value, "description": what} for name, what in query.columns.items()}
    behind = {"type": "array", "items": {"type": "integer"}, "description": "places in the list of passages"}
    return {
        "type": "object",
        "required": ["query", "parameters", "columns", "rows", "cut", "notes"],
        "properties": {
            "query": {"const": query.name},
            "parameters": {"type": "object", "additionalProperties": value},
            "columns": {"type": "array", "items": {"type": "string"}},
            "rows": {
                "type": "array",
                "items": {"type": "object", "required": list(columns), "properties": {**columns, "evidence": behind}},
            },
            "cut": {"type": "boolean", "description": "whether there are more rows"},
            "notes": {"type": "array", "items": {"type": "string"}, "description": "what was taken for a name or day"},
            "passages": {"type": "array", "items": {"$ref": "#/components/schemas/Passage"}},
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "type": parameter.type,
        "description": parameter.description,
        "required": parameter.required,
        "default": parameter.default,
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter; things are given by their names or IRIs."""
    made: dict[str, Any] = {"type": "integer" if parameter.type == "integer" else "string"}
    if parameter.type == "date":
        made["format"] = "date"
    if parameter.default is not None:
        made["default"] = int(parameter.default) if parameter.type == "integer" else parameter.default
    return made


def _count(graph: Built, query: str) -> int:
    return int(select(graph.store, query)[0]["n"].value)


def _counted(node: NamedNode | BlankNode, name: str, number: int) -> list[Triple]:
    return [Triple(node, _term(_VOID, name), Literal(str(number), datatype=NamedNode(XSD + "integer")))]


def _term(namespace: str, name: str) -> NamedNode:
    return NamedNode(namespace + name)
