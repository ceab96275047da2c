"""RDF/XML and JSON-LD, looked at as documents before they are parsed as RDF: whole, not deep, nothing expanded.

The engine's parser takes half an XML document for a whole one, fills the memory with entities, and omits what JSON-LD
says with a relative IRI or a term that no context explains. All that is refused here, with its line.
"""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO, NoReturn

from pyoxigraph import NamedNode, RdfFormat, parse

from eudigraph.model.errors import DataError
from eudigraph.model.names import RDF
from eudigraph.model.text import cut, one_line

MAX_JSON = 32 * 1024**2
"""Bytes of the largest document in JSON, which takes thirty times as much memory."""
MAX_TERMS = 1000
"""Terms of a context."""
MAX_CONTEXTS = 100
"""Contexts of a document."""
MAX_DEPTH = 100
"""Elements, or objects and lists, within each other."""
MAX_TEXT = 16 * 1024**2
"""Characters of the longest text of an element, entities written out."""
MAX_ENTITY = 100
"""Characters that an entity may stand for: the beginning of an IRI, in most files that have any."""
NOWHERE = "x-eudigraph://relative/"
"""What relative IRIs in JSON-LD are read in terms of, so that they are seen."""
_UNEXPLAINED = "urn:x-eudigraph:unexplained:"
"""What is put before terms that no context explains, so that they are seen."""
_BEGINNING = 1024**2
"""Bytes at the beginning of a document in which its entities are declared."""
_KEYWORDS = ("@id", "@type", "@value", "@language", "@direction", "@graph", "@list", "@set", "@reverse", "@included")
_SETTINGS = ("@vocab", "@base", "@language")
_DEFINED = {"@id", "@type", "@container", "@language", "@prefix"}
_LISTS = ("@set", "@list")
"""What objects, contexts, terms and containers may have: the rest of JSON-LD is not read."""
_NO_IRI = re.compile(r"""[\x00-\x20<>"{}|\\^`]""")
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_PARSE_TYPES = ("Resource", "Literal", "Collection")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class Unreadable(DataError):
    """A file that cannot be read as what it claims to be; ``line`` is where, if that is known."""

    def __init__(self, what: str, mend: str, line: int | None = None) -> None:
        super().__init__(f"{what}; {mend}")
        self.what, self.mend, self.line = what, mend, line


def check_xml(file: BinaryIO) -> None:
    """Raise Unreadable for what is not well-formed XML in UTF-8, too deep, or has entities that could grow."""
    from xml.parsers import expat  # few files are XML

    parser = expat.ParserCreate(namespace_separator=" ")
    depth = texts = entities = 0

    def refuse(what: str, mend: str) -> NoReturn:
        raise Unreadable(what, mend, parser.CurrentLineNumber)

    def start(_name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, texts
        depth, texts = depth + 1, 0
        if (kind := attributes.get(f"{RDF} parseType", "Resource")) not in _PARSE_TYPES:
            refuse(f"has rdf:parseType {cut(kind)}", f"it may be {', '.join(_PARSE_TYPES)}")
        if depth > MAX_DEPTH:
            refuse(f"has elements within each other, more than {MAX_DEPTH} deep", "describe each thing by itself")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def text(said: str) -> None:
        nonlocal texts
        texts += len(said)
        if texts > MAX_TEXT:
            refuse("has a text or a name of more than 16 MB", "make it shorter")

    def defaults(name: str, *_: object) -> None:
        refuse(f"declares attributes of {cut(name)}, which are not read", "write them where they belong")

    def declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
            refuse("is not UTF-8 text", "save the file in UTF-8")

    def entity(name: str, parameter: int, value: str | None, *_: object) -> None:
        nonlocal entities
        entities += 1
        if parameter or value is None or "&" in value or len(value) > MAX_ENTITY:
            mend = f"write what it stands for; only short texts, of up to {MAX_ENTITY} characters, may be entities"
            refuse(f"declares the entity {cut(name)}, which is long, made of others, or read from elsewhere", mend)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.XmlDeclHandler, parser.EntityDeclHandler = declared, entity
    parser.CharacterDataHandler, parser.AttlistDeclHandler = text, defaults
    try:
        beginning = file.read(_BEGINNING)
        if b"\0" in beginning:
            raise Unreadable("is not UTF-8 text", "save the file in UTF-8")
        file.seek(0)
        parser.ParseFile(file)
        if beginning.count(b"<!ENTITY") != entities:  # of two, XML takes the first, and the engine the second
            raise Unreadable("declares an entity twice, or in a comment", "declare it once")
    except expat.ExpatError as error:
        what = f"is no valid RDF/XML: {expat.ErrorString(error.code)}"
        raise Unreadable(what, "correct the line", error.lineno) from error


def check_json(file: BinaryIO) -> None:
    """Raise Unreadable for what is not JSON in UTF-8, too deep, or says what a reader of JSON-LD would omit.

    Taken are contexts of plain terms at the top, for all that is below. JSON-LD has much more, by which statements come
    and go in ways that nobody sees.
    """
    start = file.tell()
    content = file.read(MAX_JSON + 1)
    if len(content) > MAX_JSON:
        raise Unreadable(f"is larger than {MAX_JSON // 1024**2} MiB", "split it, or write it as N-Quads")
    depth = 0
    for token in _TOKEN.finditer(content):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            line = content.count(b"\n", 0, token.start()) + 1
            what = f"has objects within each other, more than {MAX_DEPTH} deep"
            raise Unreadable(what, "describe each thing by itself", line)
    try:
        given = json.loads(content, object_pairs_hook=_once)
        content.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8 text", "save the file in UTF-8") from error
    except _TwiceError as error:
        what = f"has the key {cut(str(error))} twice in one object"
        raise Unreadable(what, "make one list", _line(content, str(error))) from None
    except ValueError as error:
        what = f"is no valid JSON-LD: {one_line(getattr(error, 'msg', 'it has a number without end'), 200)}"
        raise Unreadable(what, "correct the line", getattr(error, "lineno", None)) from error
    items = given if isinstance(given, list) else [given]
    of_their_own = [item for item in items if isinstance(item, dict) and "@context" in item]
    if len(of_their_own) > MAX_CONTEXTS:
        raise Unreadable(f"has more than {MAX_CONTEXTS} contexts", "put them together, at the top")
    plain = [item for item in items if not (isinstance(item, dict) and "@context" in item)]
    for context, below in [({}, plain), *((item["@context"], item) for item in of_their_own)]:
        _Json(content, context).check(below)
    file.seek(start)


class _TwiceError(ValueError):
    """An object has a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(key)
            seen.add(key)
    return made


def _line(content: bytes, text: str) -> int | None:
    """Return the line on which a text first stands as one of JSON's; None if it is written in another way there."""
    place = content.find(json.dumps(text, ensure_ascii=False).encode(errors="replace"))
    return None if place < 0 else content.count(b"\n", 0, place) + 1


class _Json:
    """One context, and what is said in its terms."""

    def __init__(self, content: bytes, context: Any) -> None:
        self._content = content
        self._aliases: dict[str, str] = {}
        """What keywords are called besides."""
        self._iris: set[str] = set()
        """Terms whose texts are IRIs."""
        self._contexts = context if isinstance(context, list) else [context]
        for one in self._contexts:
            self._learn(one)

    def _learn(self, context: Any) -> None:
        """Take in a context. Raises Unreadable for what is no plain one."""
        if isinstance(context, str) or (isinstance(context, dict) and "@import" in context):
            raise Unreadable("has a context that lies elsewhere; nothing is fetched", "write the context into the file")
        if not isinstance(context, dict) or len(context) > MAX_TERMS:
            raise self._refused("a context", f"is no object of up to {MAX_TERMS:,} terms")
        for term, said in context.items():
            given = {"@id": said} if isinstance(said, str) else said
            if term == "@version":
                continue
            if term.startswith("@") and (term not in _SETTINGS or not isinstance(said, str)):
                raise self._refused(term, "is in a context in a way that is not read")
            plain = isinstance(given, dict) and set(given) <= _DEFINED and given.get("@container", "@set") in _LISTS
            if not plain:
                raise self._refused(term, "is defined in a way that is not read")
            name = given.get("@id")
            if isinstance(name, str) and name.startswith("@"):
                self._aliases[term] = name
            elif name is not None and not (isinstance(name, str) and not _NO_IRI.search(name)):
                raise self._refused(term, "stands for no IRI")
            if given.get("@type") in ("@id", "@vocab"):
                self._iris.add(term)
            if not _TAG.fullmatch(said if term == "@language" else given.get("@language", "en")):
                raise self._refused(term, "has no tag of a language")

    def check(self, below: Any) -> None:
        """Raise Unreadable for what would be omitted."""
        self._walk(below, top=True)
        items = below if isinstance(below, list) else [{k: v for k, v in below.items() if k != "@context"}]
        named = [item for item in items if isinstance(item, dict)]
        told = json.dumps({"@context": [{"@vocab": _UNEXPLAINED}, *self._contexts], "@graph": named})
        try:
            for quad in parse(told, RdfFormat.JSON_LD, base_iri=NOWHERE):
                for term in (*quad.triple, quad.graph_name):
                    if isinstance(term, NamedNode) and term.value.startswith((_UNEXPLAINED, NOWHERE)):
                        self._refuse_name(term.value)
        except (SyntaxError, MemoryError):
            return  # told by whoever reads it in earnest

    def _walk(self, value: Any, *, top: bool = False) -> None:
        if isinstance(value, list):
            for item in value:
                if isinstance(item, list):
                    raise Unreadable("has a list within a list", "write @list, or one list")
                if top and not isinstance(item, dict):
                    raise Unreadable("has something else than an object at the top", "describe things there")
                self._walk(item, top=top)
        elif isinstance(value, dict):
            for key, given in value.items():
                if top and key == "@context":
                    continue
                word = str(self._aliases.get(key, key))
                if word.startswith("@") and word not in _KEYWORDS:
                    raise self._refused(key, "is not read")
                if word.startswith("_:") or _NO_IRI.search(word):
                    raise self._refused(key, "is no property")
                if word == "@language" and not (isinstance(given, str) and _TAG.fullmatch(given)):
                    raise self._refused(str(given), "is no tag of a language")
                if word in ("@id", "@type") or key in self._iris:
                    self._check_iris(given)
                self._walk(given)

    def _check_iris(self, given: Any) -> None:
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str) and (_NO_IRI.search(text) or not text):
                raise self._refused(text, "is no IRI")

    def _refused(self, what: str, why: str) -> Unreadable:
        mend = "write it in plain JSON-LD, its contexts at the top, or in another syntax, such as TriG"
        return Unreadable(f"{cut(what)} {why}", mend, _line(self._content, what))

    def _refuse_name(self, iri: str) -> NoReturn:
        name = iri.removeprefix(_UNEXPLAINED).removeprefix(NOWHERE)
        line = _line(self._content, name)
        if iri.startswith(_UNEXPLAINED):
            raise Unreadable(f"has the term {cut(name)}, which no context explains", "add it to the @context", line)
        raise Unreadable(f"has the relative IRI {cut(name)}", "write the IRI in full, or add a @base", line)
