"""Answers in the W3C's formats, as programs read them: https://www.w3.org/TR/sparql11-overview/#sparql11-results.

An answer that was cut says so where its format has a place for that: a link in its head.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, TypeVar

from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse_query_results,
    serialize,
)

from eudigraph.engine.answer import Answer, Results, collect
from eudigraph.model.errors import UsageError
from eudigraph.model.names import PREFIXES, XSD
from eudigraph.model.text import clean, cut, escaped, for_spreadsheet, for_xml

Statement = TypeVar("Statement", Triple, Quad)
_STATEMENT = re.compile(rb"(?:^|\t)<<\(", re.MULTILINE)
"""How a statement about a statement begins in TSV."""
_NUMERIC = re.compile(
    r"[+-]?[\d.]+(?:[eE][+-]?\d+)?|[+-]?INF|NaN|-?\d{4,}-\d\d-\d\d(?:T[\d:.]+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
"""Numbers, days and times as XML Schema writes them: of all that begins with a sign, these are no formulas."""
CUT = "urn:x-eudigraph:cut"
"""The link in the head of an answer that has been cut."""


def write(answer: Answer, media: str) -> bytes:
    """Return an answer in a format of ``ROWS`` (of ``TRUTHS`` for ASK) or, for triples, of ``GRAPHS``."""
    if answer.triples is not None:
        return write_graph(answer.triples, media)
    if answer.truth is not None:
        truth = json.dumps({"head": {}, "boolean": answer.truth})
        return parse_query_results(truth, QueryResultsFormat.JSON).serialize(format=ROWS[media]) or b""
    lines = ["\t".join(f"?{variable}" for variable in answer.variables)]
    lines += ["\t".join(map(_in_line, row)) for row in answer.rows]
    return _rows("\n".join([*lines, ""]).encode(), media, is_cut=answer.cut)


def write_results(results: Results, media: str, limit: int, *, for_people: bool = False) -> tuple[bytes, bool]:
    """Return at most ``limit`` rows or triples, or a truth, in such a format, and whether there would have been more.

    The engine writes what it finds, and no row passes through Python. It cannot be told to stop, but a row of TSV is a
    line: what it writes as such is counted, and written anew in the format. CSV ``for_people`` has nothing that a
    spreadsheet would compute.
    """
    if not isinstance(results, QuerySolutions):
        answer = collect(results, limit)
        return write(answer, media), answer.cut
    lines = _Lines(limit + 1)
    with suppress(_FullError):
        results.serialize(lines, QueryResultsFormat.TSV)
    table, is_cut = lines.getvalue(), lines.left < 0
    if is_cut:
        table = b"\n".join([*table.split(b"\n", limit + 1)[: limit + 1], b""])
    return _rows(table, media, is_cut=is_cut, for_people=for_people), is_cut


class _FullError(Exception):
    """More lines were written than are wanted."""


class _Lines(BytesIO):
    """A file that takes so many lines."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.left = most

    def write(self, data: Any) -> int:
        """Write, and raise _FullError once there are more."""
        written = super().write(data)
        self.left -= data.count(b"\n")
        if self.left < 0:
            raise _FullError
        return written


def _rows(table: bytes, media: str, *, is_cut: bool, for_people: bool = False) -> bytes:
    """Return rows in a format: the engine writes what it has read, and reads TSV the fastest."""
    form = ROWS[media]
    if form == QueryResultsFormat.CSV and not for_people and _STATEMENT.search(table):
        raise UsageError(f"{media} cannot hold statements about statements; ask for JSON, XML or TSV")
    try:
        read = parse_query_results(table, QueryResultsFormat.TSV)
        if for_people and isinstance(read, QuerySolutions):
            return _for_people(read)
        body = read.serialize(format=form) or b""
    except MemoryError as error:
        raise UsageError(
            "the answer has a row of more than 16 MB; ask for less, or with SUBSTR for a part of a text"
        ) from error
    if form == QueryResultsFormat.XML:
        body = escaped(for_xml(body.decode(), "�"), "&#{};").encode()
        return body.replace(b"</head>", f'<link href="{CUT}"/></head>'.encode(), 1) if is_cut else body
    if form != QueryResultsFormat.CSV:
        body = escaped(body.decode(), "\\u{:04X}").encode()
    if form == QueryResultsFormat.JSON and is_cut:
        return body.replace(b"]}", f'],"link":["{CUT}"]}}'.encode(), 1)
    return body


def _for_people(rows: QuerySolutions) -> bytes:
    """Return rows as CSV for spreadsheets: texts as they are but for what would be computed, or steer a terminal."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(variable.value for variable in rows.variables)
    for row in rows:
        texts = (t.value if isinstance(t, NamedNode | Literal) else "" if t is None else str(t) for t in row)
        writer.writerow(harmless(text, term) for text, term in zip(texts, row, strict=True))
    return buffer.getvalue().encode()


def harmless(text: str, term: object) -> str:
    """Return a term's text for a spreadsheet; numbers and days are what they are."""
    kind = term.datatype.value if isinstance(term, Literal) else ""
    numeric = kind.startswith(XSD) and kind != XSD + "string" and _NUMERIC.fullmatch(text)
    return clean(text) if numeric else for_spreadsheet(text)


def _in_line(term: object) -> str:
    """Return a term as TSV has it."""
    if term is None:
        return ""
    text = f"<<( {term} )>>" if isinstance(term, Triple) else str(term)
    return text.replace("\t", "\\t")


def write_graph(statements: Iterable[Statement], media: str) -> bytes:
    """Return statements in a format of ``GRAPHS``, each once and in a fixed order, with the prefixes that they need."""
    ordered = sorted(set(statements), key=str)
    form = GRAPHS[media]
    if form == RdfFormat.RDF_XML:
        _refuse_no_xml({s.predicate.value for s in ordered})
        ordered = [_for_xml(s) for s in ordered]
    if form in (RdfFormat.RDF_XML, RdfFormat.JSON_LD, RdfFormat.N3):
        if any(isinstance(s.object, Triple) for s in ordered):
            raise UsageError(f"{media} cannot hold statements about statements; ask for Turtle")
        if form == RdfFormat.N3 and any(isinstance(s.object, Literal) and s.object.direction for s in ordered):
            raise UsageError(f"{media} cannot hold the direction of a text; ask for Turtle")
    spaces = {_space(t.value) for s in ordered for t in (s.subject, s.predicate, s.object) if isinstance(t, NamedNode)}
    prefixes = {prefix: space for prefix, space in PREFIXES.items() if space in spaces}
    body = (serialize(ordered, format=form, prefixes=prefixes) or b"").decode()
    return escaped(body, "&#{};" if form == RdfFormat.RDF_XML else "\\u{:04X}").encode()


def _refuse_no_xml(predicates: Iterable[str]) -> None:
    """Raise UsageError for a property that RDF/XML has no way to write: its IRI must end in an XML name."""
    for predicate in sorted(predicates):
        if not re.search(r"[^\W\d][\w.-]*$", predicate):
            raise UsageError(f"RDF/XML cannot hold the property <{cut(predicate)}>; ask for Turtle")


def _for_xml(statement: Statement) -> Statement:
    """Return a statement without the characters that XML cannot hold."""
    value = statement.object
    if not isinstance(value, Literal) or (text := for_xml(value.value, "�")) == value.value:
        return statement
    if value.language:
        clean = Literal(text, language=value.language, direction=value.direction)
    else:
        clean = Literal(text, datatype=value.datatype)
    if isinstance(statement, Quad):
        return Quad(statement.subject, statement.predicate, clean, statement.graph_name)
    return Triple(statement.subject, statement.predicate, clean)


def _space(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


ROWS: dict[str, QueryResultsFormat] = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
    "application/json": QueryResultsFormat.JSON,
    "application/xml": QueryResultsFormat.XML,
    "text/xml": QueryResultsFormat.XML,
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
    "application/xml": RdfFormat.RDF_XML,
    "text/xml": RdfFormat.RDF_XML,
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
_ALSO = {
    "json": "application/ld+json, application/json",
    "xml": "application/rdf+xml",
    "json-ld": "application/ld+json",
    "rdf+xml": "application/rdf+xml",
    "rdfxml": "application/rdf+xml",
    "n-triples": "application/n-triples",
    "ntriples": "application/n-triples",
    "n-quads": "application/n-quads",
    "nquads": "application/n-quads",
    "application/turtle": "text/turtle",
    "application/x-turtle": "text/turtle",
    "application/n3": "text/n3",
    "text/rdf+n3": "text/n3",
    "application/x-json+ld": "application/ld+json",
    "text/javascript": "application/json",
    "application/javascript": "application/json",
}
"""What clients mean as well by a name: which of the formats it is depends on whether there are rows or triples."""

QUESTIONS = {"json": "application/json"} | {short: SHORT[short] for short in ("csv", "tsv", "xml", "html")}
"""The same for the questions of the library, whose JSON has names and evidence."""


def wanted(form: str | Sequence[str] | None, accept: str, short: Mapping[str, str] = SHORT) -> str:
    """Return what formats are wanted, as the header field Accept lists them; what is given goes before that field.

    ``form`` is a short name or media type, in any case, or several; a plus in it may have come as a space, as it does
    from an address in which it was not encoded. Raises UsageError for a format that there is not.
    """
    given = ",".join([form] if isinstance(form, str) else form or [])
    names = [name for part in given.split(",") if (name := part.partition(";")[0].strip().lower().replace(" ", "+"))]
    if not names:
        return accept
    found = []
    for name in names:
        if name in short or (short is SHORT and name in _ALSO):
            found += [short[name]] if name in short else []
            found += [_ALSO[name]] if short is SHORT and name in _ALSO else []
        elif name in (*ROWS, *GRAPHS, "text/html"):
            found.append(name)
    if not found:
        raise UsageError(f"there is no format {cut(given)!r}; there are: {', '.join(short)}")
    return ", ".join(dict.fromkeys(found))
