"""What may be wrong with a query that is good SPARQL: names that nothing has, and patterns that can match nothing."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from pyoxigraph import DefaultGraph, NamedNode

from eudigraph.ask import lookup
from eudigraph.ask.library import LibraryQuery, Value
from eudigraph.engine import safety, store
from eudigraph.engine.answer import Answer
from eudigraph.model import labels, ontology, triples
from eudigraph.model.names import EUD, KINDS, OWN_GRAPHS, PREFIXES, SKOS, expand, shorten
from eudigraph.model.ontology import Ontology
from eudigraph.model.text import cut, similar

_ORDERED = re.compile(r"\bxsd:date\b|\b(?:YEAR|MONTH|DAY)\s*\(", re.IGNORECASE)
_DATES = re.compile(r"\beud:(?:date|since|published)\b")
_BOUNDS = re.compile(r"\beud:(?:earliest|latest)\b")
_FEW = 3
"""Entities that a remark names."""
_ALL_EVER_SAID = {"status": "currentStatus", "date": "currentDate", "takesPlaceIn": "currentPlace"}
"""What is said of engagements by passages, and how it is by all that is known."""
_MOST = 10_000
"""Names that are looked through for one that may be meant."""


def remarks(graph: store.Built, text: str, answer: Answer) -> list[str]:
    """Return remarks on a query: names of ours that the graph does not have and, if it has no rows, likely reasons."""
    known = ontology.from_store(graph.store)
    bare = safety.bare(text)
    found = [*_unknown_terms(known, bare), *_unknown_entities(graph, text, bare)]
    found += _all_ever_said(bare)
    if answer.empty:
        found += _reasons(known, bare)
    return found


def of_subjects(graph: store.Built, query: LibraryQuery, values: Mapping[str, Value]) -> Iterator[str]:
    """Yield why a question about an entity has no rows, if it is others of whom passages say something with it."""
    for name, value in values.items():
        asked = any(pattern.startswith(f"?{name} ") for pattern in query.evidence)
        if not asked or not isinstance(value, NamedNode):
            continue
        own = ", ".join(map(str, OWN_GRAPHS))
        wanted = (
            f"SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s ?p {value} }} FILTER(?g NOT IN ({own}) && isIRI(?s)) }} ORDER BY ?s"
        )
        others = [row["s"].value for row in triples.select(graph.store, wanted)]
        if others and not any(_said(graph, value)):
            names = labels.labels(graph.store, [value.value, *others[:_FEW]])
            told = "; ".join(names[other] for other in others[:_FEW])
            more = f" and {len(others) - _FEW:,} more" if len(others) > _FEW else ""
            yield (
                f"no passage says anything of {names[value.value]} itself; passages name it where they speak of "
                f"others: {told}{more}"
            )


def _said(graph: store.Built, subject: NamedNode) -> Iterator[bool]:
    """Yield, for each statement of an entity, whether a passage makes it."""
    return (
        quad.graph_name not in OWN_GRAPHS
        for quad in graph.store.quads_for_pattern(subject, None, None)
        if not isinstance(quad.graph_name, DefaultGraph)
    )


def of_variables(graph: store.Built, given: Mapping[str, object]) -> Iterator[str]:
    """Yield which texts that stand for variables of a query without rows are names of entities."""
    for variable, text in given.items():
        if not isinstance(text, str) or expand(text):
            continue
        found = lookup.candidates(graph.store, text)[:_FEW]
        if found:
            names = labels.labels(graph.store, found)
            meant = " or ".join(f"{shorten(iri)} for {names[iri]}" for iri in found)
            yield f"{variable} stands for the text {cut(repr(text))}, and for no entity; give {meant}"


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


def _unknown_entities(graph: store.Built, text: str, bare: str) -> Iterator[str]:
    """Yield entities that nothing is said of, with those that may be meant."""
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
    """Return the last parts of the IRIs of entities of one kind that have a name or a title; of very many, not all."""
    start = PREFIXES[kind]
    query = f"""SELECT DISTINCT ?x {{ ?x <{SKOS}prefLabel>|<{EUD}title> ?name FILTER(STRSTARTS(STR(?x), "{start}")) }}
        ORDER BY ?x LIMIT {_MOST}"""
    return [row["x"].value.removeprefix(start) for row in triples.select(graph.store, query)]


def _reasons(known: Ontology, bare: str) -> Iterator[str]:
    """Yield what a query without rows may have taken for something else."""
    for name in dict.fromkeys(re.findall(r'\beud:(\w+)\s+""', bare)):
        term = known.terms.get(EUD + name)
        if term and term.kind == "ObjectProperty":
            yield f"eud:{name} leads to an entity, not to a text; give its name, such as country:japan"
    if re.search(r"\brdfs:label\b", bare):
        yield "rdfs:label names classes and properties; the names of entities are skos:prefLabel and skos:altLabel"
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
