"""From a name, as somebody types it, to the one thing that is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from itertools import product

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from eudigraph.ask.library import LibraryQuery, Parameter, Value
from eudigraph.engine.safety import EXAMPLE
from eudigraph.model import dates
from eudigraph.model.errors import UsageError
from eudigraph.model.labels import labels
from eudigraph.model.names import EUD, OWL, RDF_TYPE, RDFS, SKOS, XSD, expand, shorten
from eudigraph.model.text import cut, fold, similar
from eudigraph.model.triples import Triplestore, select

MAX_LISTED = 30
"""Things that a message lists at most."""


def resolve(store: Triplestore, query: LibraryQuery, given: Mapping[str, str]) -> dict[str, Value]:
    """Return the terms for the parameters that were given as text, or that have a default.

    Raises UsageError, with suggestions, for parameters that do not exist or are missing and names that are not known.
    """
    for name in given:
        if name not in query.parameters:
            near = similar(name, query.parameters, 1)
            hint = f"it takes {', '.join(query.parameters)}" if query.parameters else "it takes none"
            hint = f"did you mean {near[0]}? {hint}" if near else hint
            raise UsageError(f"{query.name} has no parameter {cut(name)!r}; {hint}")
    values: dict[str, Value] = {}
    for parameter in query.parameters.values():
        text = given.get(parameter.name, parameter.default)
        if text is not None:
            values[parameter.name] = _term(store, parameter, text.strip())
        elif parameter.required:
            example = f"{parameter.name}=…"
            raise UsageError(f"{query.name} needs {parameter.name}: {parameter.description}; give it as {example}")
    return values


def find_entity(store: Triplestore, text: str, kind: str = "resource") -> NamedNode:
    """Return the one thing of a kind that has this name, IRI or prefixed name.

    Names are compared without case and accents; a preferred name goes before an alternative one, and one that is
    written just so before all others. Raises UsageError with suggestions where there is none, and with the candidates
    where there are several.
    """
    iri = expand(text)
    with suppress(ValueError):  # what is no IRI, or no text, is the name of nothing
        exact = _exact(store, text if iri is None else NamedNode(iri), kind)
        if len(exact) == 1:
            return exact.pop()
    names = _names(store, kind)
    if iri is not None:
        if any(iri in found for found in names.values()):
            return NamedNode(iri)
        raise UsageError(f"{cut(shorten(iri))} is no {_kind_name(kind)} of the graph; {_near(store, text, names)}")
    found = names.get(fold(text), {})
    best = [iri for iri, rank in found.items() if rank == min(found.values(), default=0)]
    if len(best) == 1:
        return NamedNode(best[0])
    if best:
        raise UsageError(f"{cut(text)!r} may be {' or '.join(shorten(b) for b in sorted(best))}; give one of these")
    raise UsageError(f"there is no {_kind_name(kind)} called {cut(text)!r}; {_near(store, text, names)}")


def _term(store: Triplestore, parameter: Parameter, text: str) -> Value:
    if parameter.type == "date":
        return Literal(dates.day(text).isoformat(), datatype=NamedNode(XSD + "date"))
    if parameter.type == "integer":
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise UsageError(f"{parameter.name} is a whole number, not {cut(text)!r}")
        return Literal(int(text))
    try:
        return find_entity(store, text, parameter.type)
    except UsageError as error:
        raise UsageError(f"{parameter.name}: {error}") from error


def _exact(store: Triplestore, what: str | NamedNode, kind: str) -> set[NamedNode]:
    """Return the things of a kind with this preferred name, or the thing itself if it has one, by a few look-ups.

    To look through all names, as ``_names`` does, takes seconds where there are many.
    """
    preferred = [NamedNode(SKOS + "prefLabel"), NamedNode(EUD + "title")]
    spelt = [None] if isinstance(what, NamedNode) else [Literal(what, language="en"), Literal(what)]
    thing = what if isinstance(what, NamedNode) else None
    found = set()
    for name, prop in product(spelt, preferred):
        for quad in store.quads_for_pattern(thing, prop, name, DefaultGraph()):
            it = quad.subject
            if isinstance(it, NamedNode) and (
                kind == "resource" or Quad(it, RDF_TYPE, NamedNode(EUD + kind), DefaultGraph()) in store
            ):
                found.add(it)
    return found


def _names(store: Triplestore, kind: str) -> dict[str, dict[str, int]]:
    """Return, for each name (folded), the things that have it, with 0 for a preferred and 1 for an alternative name."""
    if kind == "property":
        where = f"""VALUES ?kind {{ <{OWL}ObjectProperty> <{OWL}DatatypeProperty> }} ?x a ?kind
            OPTIONAL {{ ?x <{RDFS}label> ?name }} BIND(0 AS ?rank)"""
    else:
        typed = "" if kind == "resource" else f"?x a <{EUD}{kind}> ."
        where = f"""{typed} {{ ?x <{SKOS}prefLabel> ?name BIND(0 AS ?rank) }} UNION
            {{ ?x <{SKOS}altLabel> ?name BIND(1 AS ?rank) }} UNION {{ ?x <{EUD}title> ?name BIND(0 AS ?rank) }}"""
    names: dict[str, dict[str, int]] = defaultdict(dict)
    for row in select(store, f"SELECT ?x ?name ?rank {{ {where} FILTER(isIRI(?x)) }}"):
        thing, rank = row["x"].value, int(row["rank"].value)
        held = names[fold(row["name"].value if row["name"] else shorten(thing))]
        held[thing] = min(rank, held.get(thing, rank))
        if kind == "property":
            names[fold(thing.removeprefix(EUD))].setdefault(thing, 0)
    return names


def _near(store: Triplestore, text: str, names: Mapping[str, Mapping[str, int]]) -> str:
    """Return what a reader may have meant, by the names things go by; all that there is where that is little."""
    near = [min(names[name]) for name in similar(text, names)]
    things = {thing for held in names.values() for thing in held}
    if not near and len(things) > MAX_LISTED:
        return "see what there is with: eudigraph query --file - and " + EXAMPLE
    found = labels(store, near or things)
    if near:
        return f"did you mean {' or '.join(dict.fromkeys(found[thing] for thing in near))}?"
    return f"there are: {', '.join(sorted(found.values()))}" if found else "there is none"


def _kind_name(kind: str) -> str:
    return {"resource": "thing"}.get(kind, re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower())
