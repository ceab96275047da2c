"""Names of the vocabularies and graphs, and how labels are compared."""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import NamedNode

BASE: Final = "https://w3id.org/eudigraph/"
EUD: Final = BASE + "ontology#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
EDTF: Final = "http://id.loc.gov/datatypes/edtf/EDTF"

RDF_TYPE: Final = NamedNode(RDF + "type")

KINDS: Final = (
    *("act", "agent", "certainty", "country", "date", "document", "event"),
    *("initiative", "instrument", "meeting", "method", "official", "org", "partnership", "passage", "person", "place"),
    *("post", "reading", "scheme", "source", "stage", "status", "term", "topic"),
)
"""The kinds of resources; each has its own path below BASE and a prefix of the same name."""

PREFIXES: Final[dict[str, str]] = {
    "dcterms": "http://purl.org/dc/terms/",
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "eud": EUD,
    "ev": "http://eurovoc.europa.eu/",
    "graph": BASE + "graph/",
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": "https://schema.org/",
    "skos": SKOS,
    "wd": "http://www.wikidata.org/entity/",
    "xsd": XSD,
    **{kind: f"{BASE}{kind}/" for kind in KINDS},
}
"""Prefixes that every query may use without declaring them, and that exports are written with."""

GRAPH_PROVENANCE: Final = NamedNode(BASE + "graph/provenance")
GRAPH_REFERENCE: Final = NamedNode(BASE + "graph/reference")
GRAPH_ONTOLOGY: Final = NamedNode(BASE + "graph/ontology")
GRAPH_DATES: Final = NamedNode(BASE + "graph/dates")
GRAPH_INFERRED: Final = NamedNode(BASE + "graph/inferred")
GRAPH_STATE: Final = NamedNode(BASE + "graph/state")
"""How things stand by what is known on each day: all that the build derives of claims by its own rules."""
GRAPH_DEFAULT: Final = NamedNode(BASE + "graph/default")
"""The default graph where it needs a name: in an engine that has no such graph of its own, and in its protocol."""
OWN_GRAPHS: Final = (GRAPH_PROVENANCE, GRAPH_REFERENCE, GRAPH_ONTOLOGY, GRAPH_DATES, GRAPH_INFERRED, GRAPH_STATE)
"""The named graphs that are no passages."""

STAGES: Final = (
    *("dropped", "mentioned", "wanted", "planned", "discussed", "negotiated", "agreed", "under-way", "done"),
)
"""The ladder by the local names of its stages, lowest first; what was dropped is beside it, below all others."""

ROW_FORMATS = ("table", "csv", "tsv", "json", "xml")
"""Names of formats for rows, as they are asked for on the command line."""
GRAPH_FORMATS: Final = {
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "rdfxml": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
"""The same for triples, with their media types."""
REPORT_FORMATS = ("text", "md", "csv", "json", "html")
"""The same for an analysis."""
NETWORK_FORMATS = ("graphml", "gexf", "cytoscape", "neo4j", "icalendar", "jsonld")
"""The same for other tools."""


def eud(term: str) -> NamedNode:
    """Return the ontology's term of that local name."""
    return NamedNode(EUD + term)


def shorten(iri: str, prefixes: dict[str, str] | None = None) -> str:
    """Return an IRI as prefix:name where a prefix fits, else in angle brackets."""
    best = ""
    for prefix, namespace in (prefixes or PREFIXES).items():
        if iri.startswith(namespace) and len(namespace) > len((prefixes or PREFIXES).get(best, "")):
            best = prefix
    if not best:
        return f"<{iri}>"
    return f"{best}:{iri[len((prefixes or PREFIXES)[best]) :]}"


def expand(name: str) -> str | None:
    """Return the IRI of ``prefix:name`` or ``<iri>`` or a plain http(s) IRI; None where it is none of them."""
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    if re.match(r"https?://", name):
        return name
    prefix, colon, local = name.partition(":")
    if colon and prefix in PREFIXES:
        return PREFIXES[prefix] + local
    return None


def is_url(place: object) -> bool:
    """Whether what was given as a place is an address in the web."""
    return isinstance(place, str) and re.match(r"https?://", place, re.IGNORECASE) is not None
