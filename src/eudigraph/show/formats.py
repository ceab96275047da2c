"""Answers in the W3C's formats, as programs read them: https://www.w3.org/TR/sparql11-overview/#sparql11-results.

An answer that was cut says so where its format has a place for that: a link in its head.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from xml.etree import ElementTree

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from eudigraph.engine.answer import Answer
from eudigraph.model.errors import UsageError
from eudigraph.model.names import PREFIXES, XSD
from eudigraph.model.text import cut

Statement = TypeVar("Statement", Triple, Quad)
CUT = "urn:x-eudigraph:cut"
"""The link in the head of an answer that has been cut."""
_RESULTS = "http://www.w3.org/2005/sparql-results#"
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold, not even escaped."""


def write(answer: Answer, media: str) -> bytes:
    """Return an answer in a format of ``ROWS`` (of ``TRUTHS`` for ASK) or, for triples, of ``GRAPHS``."""
    if answer.triples is None:
        return ROWS[media](answer).encode()
    return write_graph(answer.triples, media)


def write_graph(statements: Iterable[Statement], media: str) -> bytes:
    """Return statements in a format of ``GRAPHS``, each once and in a fixed order, with the prefixes that they need."""
    ordered = sorted(set(statements), key=str)
    form = GRAPHS[media]
    if form == RdfFormat.RDF_XML:
        _refuse_no_xml({s.predicate.value for s in ordered})
        ordered = [_for_xml(s) for s in ordered]
    if form in (RdfFormat.RDF_XML, RdfFormat.JSON_LD) and any(isinstance(s.object, Triple) for s in ordered):
        raise UsageError(f"{media} cannot hold statements about statements; ask for Turtle")
    spaces = {_space(t.value) for s in ordered for t in (s.subject, s.predicate, s.object) if isinstance(t, NamedNode)}
    prefixes = {prefix: space for prefix, space in PREFIXES.items() if space in spaces}
    return serialize(ordered, format=form, prefixes=prefixes) or b""


def _refuse_no_xml(predicates: Iterable[str]) -> None:
    """Raise UsageError for a property that RDF/XML has no way to write: its IRI must end in an XML name."""
    for predicate in sorted(predicates):
        if not re.search(r"[^\W\d][\w.-]*$", predicate):
            raise UsageError(f"RDF/XML cannot hold the property <{cut(predicate)}>; ask for Turtle")


def _for_xml(statement: Statement) -> Statement:
    """Return a statement without the characters that XML cannot hold."""
    value = statement.object
    if not isinstance(value, Literal) or not _NO_XML.search(value.value):
        return statement
    kind = {"language": value.language} if value.language else {"datatype": value.datatype}
    clean = Literal(_NO_XML.sub("�", value.value), **kind)
    if isinstance(statement, Quad):
        return Quad(statement.subject, statement.predicate, clean, statement.graph_name)
    return Triple(statement.subject, statement.predicate, clean)


def _space(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def write_json(answer: Answer, *, indent: int | None = None) -> str:
    """Return rows, or a truth, as SPARQL 1.1 JSON."""
    head: dict[str, list[str]] = {} if answer.truth is not None else {"vars": answer.variables}
    if answer.cut:
        head["link"] = [CUT]
    if answer.truth is not None:
        return json.dumps({"head": head, "boolean": answer.truth})
    named = list(enumerate(answer.variables))
    rows = [{v: term(t) for i, v in named if (t := row[i]) is not None} for row in answer.rows]
    separators = (",", ":") if indent is None else None
    document = {"head": head, "results": {"bindings": rows}}
    return json.dumps(document, ensure_ascii=False, indent=indent, separators=separators)


def term(given: object) -> dict[str, Any]:
    """Return a term as SPARQL 1.1 JSON has it; a statement that is one as version 1.2 does."""
    if isinstance(given, NamedNode):
        return {"type": "uri", "value": given.value}
    if isinstance(given, BlankNode):
        return {"type": "bnode", "value": given.value}
    if isinstance(given, Literal):
        made = {"type": "literal", "value": given.value}
        if given.language:
            made["xml:lang"] = given.language
            if given.direction:
                made["its:dir"] = str(given.direction)
        elif given.datatype.value != XSD + "string":
            made["datatype"] = given.datatype.value
        return made
    if isinstance(given, Triple):
        parts = {"subject": given.subject, "predicate": given.predicate, "object": given.object}
        return {"type": "triple", "value": {name: term(part) for name, part in parts.items()}}
    return {"type": "literal", "value": str(given)}


def write_xml(answer: Answer) -> str:
    """Return rows, or a truth, as SPARQL XML."""
    root = ElementTree.Element("sparql", {"xmlns": _RESULTS})
    head = ElementTree.SubElement(root, "head")
    for variable in answer.variables:
        ElementTree.SubElement(head, "variable", {"name": variable})
    if answer.cut:
        ElementTree.SubElement(head, "link", {"href": CUT})
    if answer.truth is not None:
        ElementTree.SubElement(root, "boolean").text = "true" if answer.truth else "false"
    else:
        results = ElementTree.SubElement(root, "results")
        for row in answer.rows:
            result = ElementTree.SubElement(results, "result")
            for variable, value in zip(answer.variables, row, strict=True):
                if value is not None:
                    _add(ElementTree.SubElement(result, "binding", {"name": variable}), term(value))
    ElementTree.indent(root, " ")
    # A carriage return as such would be read as the end of a line.
    text = ElementTree.tostring(root, encoding="unicode").replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add(element: ElementTree.Element, said: dict[str, Any]) -> None:
    attributes = {k: v for k, v in said.items() if k in ("xml:lang", "datatype")}
    made = ElementTree.SubElement(element, said["type"], attributes)
    if said["type"] == "triple":
        for name, part in said["value"].items():
            _add(ElementTree.SubElement(made, name), part)
    else:
        made.text = _NO_XML.sub("�", said["value"])


def write_csv(answer: Answer) -> str:
    """Return rows as SPARQL 1.1 CSV: the values of terms, without what kind they are."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(answer.variables)
    writer.writerows([_value(value) for value in row] for row in answer.rows)
    return buffer.getvalue()


def write_tsv(answer: Answer) -> str:
    """Return rows as SPARQL 1.1 TSV: terms in Turtle's syntax."""
    lines = ["\t".join(f"?{v}" for v in answer.variables)]
    lines += ["\t".join(map(_written, row)) for row in answer.rows]
    return "\n".join(lines) + "\n"


def _written(given: object) -> str:
    if given is None:
        return ""
    text = f"<<( {given} )>>" if isinstance(given, Triple) else str(given)
    return text.replace("\t", "\\t")


def _value(given: object) -> str:
    if given is None:
        return ""
    if isinstance(given, BlankNode):
        return f"_:{given.value}"
    return given.value if isinstance(given, NamedNode | Literal) else _written(given)


ROWS: dict[str, Callable[[Answer], str]] = {
    "application/sparql-results+json": write_json,
    "application/sparql-results+xml": write_xml,
    "text/csv": write_csv,
    "text/tab-separated-values": write_tsv,
    "application/json": write_json,
    "application/xml": write_xml,
    "text/xml": write_xml,
}
"""The formats of rows by their media types, the best liked first."""
TRUTHS: Sequence[str] = [media for media in ROWS if "csv" not in media and "tab-" not in media]
"""The formats of what ASK gives."""
GRAPHS: dict[str, RdfFormat] = {
    "text/turtle": RdfFormat.TURTLE,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "text/n3": RdfFormat.N3,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/json": RdfFormat.JSON_LD,
}
"""The formats of triples."""
SHORT = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
    "turtle": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "trig": "application/trig",
    "nq": "application/n-quads",
    "n3": "text/n3",
    "html": "text/html",
}
"""Short names of formats, as file names end and as ``format=`` takes them."""

QUESTIONS = {"json": "application/json"} | {short: SHORT[short] for short in ("csv", "tsv", "xml", "html")}
"""The same for the questions of the library, whose JSON has names and evidence."""


def wanted(form: str | None, accept: str, short: Mapping[str, str] = SHORT) -> str:
    """Return what formats are wanted: by a short name or media type, which goes before the header field Accept.

    Raises UsageError for a format that there is not.
    """
    if form is None:
        return accept
    if form in short:
        return short[form]
    if form in (*ROWS, *GRAPHS):
        return form
    raise UsageError(f"there is no format {cut(form)!r}; there are: {', '.join(short)}")
