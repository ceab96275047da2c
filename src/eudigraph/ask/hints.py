"""What may be wrong with a query that is good SPARQL: names that nothing has, and patterns that can match nothing."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pyoxigraph import NamedNode

from eudigraph.engine import safety, store
from eudigraph.engine.answer import Answer
from eudigraph.model import ontology, triples
from eudigraph.model.names import EUD, KINDS, PREFIXES, SKOS, shorten
from eudigraph.model.ontology import Ontology
from eudigraph.model.text import similar

_ORDERED = re.compile(r"\bxsd:date\b|\b(?:YEAR|MONTH|DAY)\s*\(", re.IGNORECASE)
_DATES = re.compile(r"\beud:(?:date|since|published)\b")
_BOUNDS = re.compile(r"\beud:(?:earliest|latest)\b")
_ALL_EVER_SAID = {"status": "currentStatus", "date": "currentDate", "takesPlaceIn": "currentPlace"}
"""What is said of engagements by passages, and how it is by all that is known."""
_MOST = 10_000
"""Names that are looked through for one that may be meant."""


def remarks(graph: store.Built, text: str, answer: Answer) -> list[str]:
    """Return remarks on a query: names of ours that the graph does not have and, if it has no rows, likely reasons."""
    known = ontology.from_store(graph.store)
    bare = safety.bare(text)
    found = [*_unknown_terms(known, bare), *_unknown_things(graph, text, bare)]
    found += _all_ever_said(bare)
    if answer.empty:
        found += _reasons(known, bare)
    return found


def _unknown_terms(known: Ontology, bare: str) -> Iterator[str]:
    names = {shorten(iri) for iri in known.terms}
    for term in dict.fromkeys(re.findall(r"\beud:\w+", bare)):
        if term not in names:
            near = similar(term, names)
            yield f"{term} is no term of the ontology" + (f"; did you mean {' or '.join(near)}?" if near else "")


def _all_ever_said(bare: str) -> Iterator[str]:
    """Yield that what a query asks for is all that was ever said, unless it asks which passage says so."""
    asked = [name for name in _ALL_EVER_SAID if re.search(rf"\beud:{name}\b", bare)]
    asked = [name for name in asked if not re.search(rf"\beud:{_ALL_EVER_SAID[name]}\b", bare)]
    if asked and not any(f"eud:{name}" in inside for inside in _in_graphs(bare) for name in asked):
        said = " and ".join(f"eud:{name}" for name in asked)
        now = " and ".join(f"eud:{_ALL_EVER_SAID[name]}" for name in asked)
        stage = "; eud:currentStage says how far it has come" if "status" in asked else ""
        verb = "lists" if len(asked) == 1 else "list"
        yield f"{said} {verb} all that was ever said; how an engagement stands by all that is known is {now}{stage}"


def _unknown_things(graph: store.Built, text: str, bare: str) -> Iterator[str]:
    """Yield things that nothing is said of, with those that may be meant."""
    prefixes = {**PREFIXES, **safety.declared(text)}
    named = functools.cache(functools.partial(_named, graph))
    for prefix, local in dict.fromkeys(re.findall(r"(?<![\w-])(\w+):(\w[\w-]*)(?![\w:/.%\\-])", bare)):
        if prefix not in KINDS or prefixes[prefix] != PREFIXES[prefix]:
            continue
        start, lower = PREFIXES[prefix], local.lower()
        if not triples.exists(graph.store, NamedNode(start + local)):
            meant = triples.exists(graph.store, NamedNode(start + lower))
            near = [f"{prefix}:{name}" for name in ([lower] if meant else similar(local, named(prefix)))]
            yield f"{prefix}:{local} is nothing in the graph" + (f"; did you mean {' or '.join(near)}?" if near else "")


def _named(graph: store.Built, kind: str) -> list[str]:
    """Return the last parts of the IRIs of things of one kind that have a name or a title; of very many, not all."""
    start = PREFIXES[kind]
    query = f"""SELECT DISTINCT ?x {{ ?x <{SKOS}prefLabel>|<{EUD}title> ?name FILTER(STRSTARTS(STR(?x), "{start}")) }}
        ORDER BY ?x LIMIT {_MOST}"""
    return [row["x"].value.removeprefix(start) for row in triples.select(graph.store, query)]


def _reasons(known: Ontology, bare: str) -> Iterator[str]:
    """Yield what a query without rows may have taken for something else."""
    for name in dict.fromkeys(re.findall(r'\beud:(\w+)\s+""', bare)):
        term = known.terms.get(EUD + name)
        if term and term.kind == "ObjectProperty":
            yield f"eud:{name} leads to a thing, not to a text; give its name, such as country:japan"
    if re.search(r"\brdfs:label\b", bare):
        yield "rdfs:label names classes and properties; the names of things are skos:prefLabel and skos:altLabel"
    if _DATES.search(bare) and _ORDERED.search(bare) and not _BOUNDS.search(bare):
        yield (
            "dates are EDTF, such as 2023-05 or 2023-06-30?, and have no order; compare the days that they allow: "
            "?span eud:edtf ?date ; eud:earliest ?first ; eud:latest ?last"
        )
    broad = {parent for term in known.classes for parent in term.parents}
    for inside in _in_graphs(bare):
        for name in dict.fromkeys(re.findall(r"\b(?:a|rdf:type)\s+eud:(\w+)", inside)):
            if EUD + name in broad:
                yield f"passages name the narrowest class, from which eud:{name} follows; ask for it outside GRAPH"


def _in_graphs(bare: str) -> Iterator[str]:
    """Yield what stands in the braces of each GRAPH."""
    for begin in re.finditer(r"(?<![\w:.%-])GRAPH(?![\w:.-])[^{}]*\{", bare, re.IGNORECASE):
        depth, end = 1, begin.end()
        while depth and end < len(bare):
            depth += {"{": 1, "}": -1}.get(bare[end], 0)
            end += 1
        yield bare[begin.end() : end]
