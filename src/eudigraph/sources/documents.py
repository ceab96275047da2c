"""RDF/XML and JSON-LD, looked at as documents before they are parsed as RDF: whole, not deep, nothing expanded.

The engine's parser takes half an XML document for a whole one, fills the memory with entities, and leaves out what
JSON-LD says with a relative IRI or a term that no context explains. All that is refused here, with its line.
"""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO, NoReturn

from pyoxigraph import NamedNode, RdfFormat, parse

from eudigraph.model.errors import DataError
from eudigraph.model.text import cut, one_line

MAX_DOCUMENT = 512 * 1024**2
"""Bytes of the largest document."""
MAX_DEPTH = 100
"""Elements, or objects and lists, within each other."""
MAX_ENTITY = 300
"""Characters that an entity may stand for: the beginning of an IRI, in most files that have any."""
NOWHERE = "x-eudigraph://relative/"
"""What relative IRIs in JSON-LD are read in terms of, so that they are seen."""
_UNEXPLAINED = "urn:x-eudigraph:unexplained:"
"""What is put before terms that no context explains, so that they are seen."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class Unreadable(DataError):
    """A file that cannot be read as what it claims to be; ``line`` is where, if that is known."""

    def __init__(self, what: str, mend: str, line: int | None = None) -> None:
        super().__init__(f"{what}; {mend}")
        self.what, self.mend, self.line = what, mend, line


def check_xml(file: BinaryIO) -> None:
    """Raise Unreadable for what is not well-formed XML in UTF-8, too deep, or has entities that could grow."""
    from xml.parsers import expat  # few files are XML

    parser = expat.ParserCreate()
    depth = 0

    def refuse(what: str, mend: str) -> NoReturn:
        raise Unreadable(what, mend, parser.CurrentLineNumber)

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            refuse(f"has elements within each other, more than {MAX_DEPTH} deep", "describe each thing by itself")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
            refuse("is not UTF-8 text", "save the file in UTF-8")

    def entity(name: str, parameter: int, value: str | None, *_: object) -> None:
        if parameter or value is None or "&" in value or len(value) > MAX_ENTITY:
            mend = f"write what it stands for; only short texts, of up to {MAX_ENTITY} characters, may be entities"
            refuse(f"declares the entity {cut(name)}, which is read from elsewhere, long, or made of others", mend)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.XmlDeclHandler, parser.EntityDeclHandler = declared, entity
    try:
        if b"\0" in file.read(4096):
            raise Unreadable("is not UTF-8 text", "save the file in UTF-8")
        file.seek(0)
        parser.ParseFile(file)
    except expat.ExpatError as error:
        what = f"is no valid RDF/XML: {expat.ErrorString(error.code)}"
        raise Unreadable(what, "correct the line", error.lineno) from error


def check_json(file: BinaryIO) -> None:
    """Raise Unreadable for what is not JSON in UTF-8, too deep, or says what only its authors could understand."""
    start = file.tell()
    content = file.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise Unreadable(f"is larger than {MAX_DOCUMENT // 1024**2} MiB", "split it, or write it as N-Quads")
    depth = 0
    for token in _TOKEN.finditer(content):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            line = content.count(b"\n", 0, token.start()) + 1
            what = f"has objects within each other, more than {MAX_DEPTH} deep"
            raise Unreadable(what, "describe each thing by itself", line)
    try:
        given = json.loads(content)
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text", "save the file in UTF-8") from error
    except ValueError as error:
        what = f"is no valid JSON-LD: {one_line(getattr(error, 'msg', str(error)), 200)}"
        raise Unreadable(what, "correct the line", getattr(error, "lineno", None)) from error
    if _contexts_elsewhere(given):
        raise Unreadable("has a context that lies elsewhere; nothing is fetched", "write the context into the file")
    _refuse_unexplained(given, content)
    file.seek(start)


def _contexts_elsewhere(given: Any) -> bool:
    """Whether a context is named by its address."""
    todo = [given]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            context = item.get("@context")
            contexts = context if isinstance(context, list) else [context]
            if any(isinstance(one, str) or (isinstance(one, dict) and "@import" in one) for one in contexts):
                return True
            todo += item.values()
        elif isinstance(item, list):
            todo += item
    return False


def _refuse_unexplained(given: Any, content: bytes) -> None:
    """Raise Unreadable for a term that no context explains, and for a relative IRI: JSON-LD drops both."""
    for item in given if isinstance(given, list) else [given]:
        if not isinstance(item, dict):
            continue
        context = item.get("@context", [])
        contexts = context if isinstance(context, list) else [context]
        told = json.dumps({**item, "@context": [{"@vocab": _UNEXPLAINED}, *contexts]})
        try:
            for quad in parse(told, RdfFormat.JSON_LD, base_iri=NOWHERE):
                for term in (*quad.triple, quad.graph_name):
                    if isinstance(term, NamedNode) and term.value.startswith((_UNEXPLAINED, NOWHERE)):
                        _refuse_name(term.value, content)
        except SyntaxError:
            return  # told by whoever reads it in earnest
        except MemoryError:
            return


def _refuse_name(iri: str, content: bytes) -> NoReturn:
    name = iri.removeprefix(_UNEXPLAINED).removeprefix(NOWHERE)
    place = content.find(json.dumps(name, ensure_ascii=False).encode())
    line = None if place < 0 else content.count(b"\n", 0, place) + 1
    if iri.startswith(_UNEXPLAINED):
        raise Unreadable(f"has the term {cut(name)}, which no context explains", "add it to the @context", line)
    raise Unreadable(f"has the relative IRI {cut(name)}", "write the IRI in full, or add a @base", line)
