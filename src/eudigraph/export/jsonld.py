"""The graph as JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/), in the ontology's own terms.

The engine writes JSON-LD, too, but only expanded: every IRI in full, every text an object. What is written here is
compact, and made entity by entity: a million statements take no more memory than a thousand.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, OWL, PREFIXES, RDF, RDF_TYPE, XSD
from eudigraph.model.triples import Triplestore

_FIRST, _REST, _NIL = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""Integers that come back as they are from a reader of JSON, which may hold numbers as doubles."""
_line = json.JSONEncoder(ensure_ascii=False).encode


def context(store: Triplestore) -> dict[str, Any]:
    """Return the JSON-LD context: the ontology's terms under their own names, and every prefix."""
    terms: dict[str, Any] = {prefix: {"@id": iri, "@prefix": True} for prefix, iri in PREFIXES.items()}
    terms |= {"id": "@id", "type": "@type"}
    for kind, coercion in (("ObjectProperty", "@id"), ("DatatypeProperty", None)):
        for quad in store.quads_for_pattern(None, RDF_TYPE, NamedNode(OWL + kind), DefaultGraph()):
            if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(EUD):
                name = quad.subject.value.removeprefix(EUD)
                if name not in terms:  # a prefix of that name keeps it; the term is then written eud:name
                    terms[name] = {"@id": f"eud:{name}"} | ({"@type": coercion} if coercion else {})
    for name in ("prefLabel", "altLabel", "definition"):
        terms[name] = {"@id": f"skos:{name}"}
    return dict(sorted(terms.items()))


def json_ld(quads: Sequence[Quad], names: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of a JSON-LD document of statements, with their context written into it.

    A line has what one graph says of one entity, if the statements are sorted by graph and subject. Raises UsageError
    for statements about statements, which have no place in it.
    """
    lists, cells = _lists(quads)
    writer = _Writer(names, lists)
    yield '{\n "@context": ' + json.dumps(names, ensure_ascii=False, indent=1).replace("\n", "\n ")
    yield ',\n "@graph": ['
    between = "\n"
    for graph, statements in groupby(quads, attrgetter("graph_name")):
        within = writer
        if not isinstance(graph, DefaultGraph):
            head, within = writer.graph(graph)
            yield f'{between}  {_line(head)[:-1]}, "@graph": ['
            between = "\n"
        for subject, said in groupby(statements, attrgetter("subject")):
            if subject not in cells:
                yield f"{between}   {_line(within.entity(subject, list(said)))}"
                between = ",\n"
        if not isinstance(graph, DefaultGraph):
            yield "\n  ]}"
    yield "\n ]\n}\n"


class _AmbiguousError(Exception):
    """An IRI, such as ``<eud:x>``, begins with a name in the context, by which a reader would make another of it."""


class _Writer:
    """Makes JSON of entities, with the names of a context; without any, as in expanded JSON-LD."""

    def __init__(self, names: Mapping[str, Any], lists: Mapping[Any, list[Any]]) -> None:
        self._names, self._lists = names, lists
        self._id, self._type = ("id", "type") if names else ("@id", "@type")
        prefixes = {name: given["@id"] for name, given in names.items() if "@prefix" in given}
        self._prefixes = {iri: name for name, iri in prefixes.items()}
        self._terms: dict[str, tuple[str, bool]] = {}
        """The names of properties, and whether their texts are IRIs, by the properties' own IRIs."""
        for name, given in names.items():
            if isinstance(given, dict) and name not in prefixes:
                prefix, _, local = given["@id"].partition(":")
                self._terms[prefixes[prefix] + local] = (name, "@type" in given)
        self._full = _Writer({}, lists) if names else self
        self._iri = lru_cache(1 << 16)(self._shortened)

    def graph(self, name: NamedNode | BlankNode) -> tuple[dict[str, Any], _Writer]:
        """Return a graph without its statements, and the writer for these."""
        try:
            return {self._id: self._reference(name)}, self
        except _AmbiguousError:
            return {"@context": None, "@id": name.value}, self._full

    def entity(self, subject: Any, said: Sequence[Quad]) -> dict[str, Any]:
        """Return what is said of an entity: without the context, if one of its IRIs would become another by that."""
        try:
            return self._entity(subject, said)
        except _AmbiguousError:
            return {"@context": None} | self._full._entity(subject, said)

    def _entity(self, subject: Any, said: Sequence[Quad]) -> dict[str, Any]:
        made: dict[str, Any] = {self._id: self._reference(subject)}
        for quad in said:
            predicate, value = quad.predicate, quad.object
            if predicate == RDF_TYPE and not isinstance(value, Literal):
                key, given = self._type, self._reference(value)
            else:
                key, refers = self._terms.get(predicate.value) or (self._iri(predicate.value), False)
                given = self._value(value, refers)
            before = made.get(key)
            if before is None:
                made[key] = given
            elif isinstance(before, list):
                before.append(given)
            else:
                made[key] = [before, given]
        return made

    def _value(self, term: Any, refers: bool) -> Any:
        """Return the object of a statement; with ``refers``, the context takes a mere text for an IRI."""
        if not isinstance(term, Literal):
            if term in self._lists:
                return {"@list": [self._value(item, refers) for item in self._lists[term]]}
            return self._reference(term) if refers else {self._id: self._reference(term)}
        value, datatype = term.value, term.datatype.value
        if term.language:
            direction = {"@direction": term.direction.value} if term.direction else {}
            return {"@value": value, "@language": term.language} | direction
        if datatype == XSD + "string":
            return {"@value": value} if refers else value
        if datatype == XSD + "integer" and _INTEGER.fullmatch(value):
            return int(value)
        if datatype == XSD + "boolean" and value in ("true", "false"):
            return value == "true"
        return {"@value": value, "@type": self._iri(datatype)}

    def _reference(self, term: Any) -> str:
        if isinstance(term, NamedNode):
            return self._iri(term.value)
        if isinstance(term, BlankNode):
            return f"_:{term.value}"
        raise UsageError("JSON-LD has no place for statements about statements; take N-Quads")

    def _shortened(self, iri: str) -> str:
        """Return an IRI with a prefix, if there is one for it."""
        end = len(iri)
        while (end := max(iri.rfind("/", 0, end), iri.rfind("#", 0, end))) >= 0:
            prefix, local = self._prefixes.get(iri[: end + 1]), iri[end + 1 :]
            if prefix and local and not local.startswith("//"):
                return f"{prefix}:{local}"
        scheme, _, rest = iri.partition(":")
        if scheme in self._names and not rest.startswith("//"):
            raise _AmbiguousError
        return iri


def _lists(quads: Iterable[Quad]) -> tuple[dict[Any, list[Any]], set[Any]]:
    """Return the items of each list by its first cell, and the cells of all.

    Only lists that say no more than their items, at one place of one graph, can be written as such; others, and lists
    in lists, remain the statements that they are.
    """
    about: dict[Any, list[Quad]] = defaultdict(list)
    naming: dict[Any, list[Quad]] = defaultdict(list)
    graphs = set()
    for quad in quads:
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if isinstance(subject, BlankNode):
            about[subject].append(quad)
        if isinstance(value, BlankNode):
            naming[value].append(quad)
        if isinstance(graph, BlankNode):
            graphs.add(graph)

    def cell(node: Any) -> dict[NamedNode, Any]:
        """Return the item and the rest of the list, each by its property, if it is a cell."""
        said, named = about.get(node, []), naming.get(node, [])
        parts = {quad.predicate: quad.object for quad in said}
        alone = len(said) == 2 and len(named) == 1 and len({q.graph_name for q in (*said, *named)}) == 1
        return parts if alone and parts.keys() == {_FIRST, _REST} and node not in graphs else {}

    lists, cells = {}, set()
    for head in about:
        if cell(head) and naming[head][0].predicate not in (_FIRST, _REST, RDF_TYPE):
            node, items, passed = head, [], set()
            while parts := cell(node):
                items.append(parts[_FIRST])
                passed.add(node)
                node = parts[_REST]
            if node == _NIL:
                lists[head] = items
                cells |= passed
    return lists, cells
