"""What keeps a query that somebody else wrote from reaching beyond the store, or bringing the engine down."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from pyoxigraph import DefaultGraph, Literal, NamedNode

from eudigraph.model.errors import UsageError
from eudigraph.model.names import PREFIXES
from eudigraph.model.text import cut

_IN_NAME = r"\w\u00b7\u0300-\u036f\u200c\u200d\u203f\u2040"
"""What names and variables are made of beside the hyphen, as a class of characters that is fast to compile."""
TOKEN = re.compile(
    rf"""
      (?P<quoted> \"{{3}} (?:\"{{0,2}}(?:[^\"\\]|\\.))* \"{{3}} | '{{3}} (?:'{{0,2}}(?:[^'\\]|\\.))* '{{3}}
                | \"(?:[^\"\\\n\r]|\\.)*\" | '(?:[^'\\\n\r]|\\.)*' )
    | (?P<iri> <[^<>"{{}}|^`\x00-\x20]*> )
    | (?P<comment> \#[^\n\r]* )
    | (?P<variable> [?$]\w[{_IN_NAME}]* )
    | (?P<codepoint> \\u[0-9A-Fa-f]{{4}} | \\U00[0-9A-Fa-f]{{6}} )
    | \\.
    """,
    re.VERBOSE | re.DOTALL,
)
"""The parts of a query that are no keywords (https://www.w3.org/TR/sparql11-query/#sparqlGrammar), and escapes."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SPACE = " \t\r\n"
"""White space in SPARQL; what Python calls white space besides may be part of a name there."""
MAX_NESTING = 100
"""Quoted statements within each other that are read at most; of some thousands the parser would bring us down."""
MAX_TEXT = 100_000
"""Characters of the longest query that is read."""
MAX_DEPTH = 64
"""Brackets within brackets that are read; the engine's parser may crash or slow down on more."""
FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_PROLOGUE = ("PREFIX", "BASE", "VERSION")
_APART = rf"(?<![{_IN_NAME}:.%@-])(?<!\\.)"
"""That what follows is not the rest of a name, as in ``ex:not-from``, ``ex:a\\,from`` and ``"…"@from``."""
_END = rf"(?![{_IN_NAME}:.-])"
_WORD_OR_BRACKET = re.compile(rf"\\.|[()\[\]{{}}]|(?:!\s*)+|{_APART}[A-Za-z]+{_END}", re.DOTALL)
_CONSTRUCT = re.compile(rf"{_APART}(?i:CONSTRUCT){_END}\s*")
_SELECT = re.compile(rf"\s*(?i:SELECT){_END}")
_DECLARATION = re.compile(
    r"\s*(?:(?i:VERSION|BASE)\s*(?:<(?P<base>[^>]*)>)?|"
    rf"(?i:PREFIX)\s+(?P<prefix>[{_IN_NAME}.-]*):\s*<(?P<iri>[^>]*)>)"
)
_MAX_NAMESPACE = 200
"""Characters of the longest IRI that is put in the place of a prefix, so that a text does not grow without end."""
EXAMPLE = "one such as SELECT ?entity ?name { ?entity skos:prefLabel ?name }"


@dataclass(frozen=True)
class Graphs:
    """The graphs that a query sees: in its default graph, and by name; all, unless told otherwise.

    See the SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/#dataset).
    """

    default: tuple[NamedNode | DefaultGraph, ...] = (DefaultGraph(),)
    named: tuple[NamedNode, ...] | None = None


@dataclass(frozen=True)
class Query:
    """A query that may be run: what it asks for, its text made safe, and the graphs that it sees.

    ``form`` is ``select``, ``ask``, ``construct`` or ``describe``. Made by ``prepare`` alone.
    """

    form: str
    text: str
    graphs: Graphs = Graphs()
    base: str | None = None
    """What relative IRIs are relative to; without one, they are refused by the engine."""


def prepare(
    text: str,
    *,
    values: Mapping[str, NamedNode | Literal] | None = None,
    choosing: bool = False,
    base: str | None = None,
) -> Query:
    """Return a query that somebody wrote as one that may be run; whoever runs one prepares it here.

    ``values`` are terms that variables of the query stand for, by their names. FROM may stand only where the caller is
    ``choosing`` graphs; those that it names are then the query's, and the caller makes sure that they are in the
    dataset. ``base`` is what relative IRIs are relative to, unless the query says it itself. A byte order mark at the
    beginning is no part of the query.

    Raises UsageError for what is refused: SERVICE and FROM, which could reach other machines or graphs, and updates;
    and for what is no query at all, is too long or nested too deeply. Whether the rest is good SPARQL is found by the
    engine when it runs it.
    """
    text = text.removeprefix("\ufeff")
    form = _inspect(text, choosing)
    chosen = _datasets(text, base) if choosing else []
    if values:
        text = _with_values(text, values)
    # Without what stands behind it, so that a query that breaks off does so on its last line.
    return Query(form, disarmed(text).rstrip(), Graphs(*_split(chosen)) if chosen else Graphs(), base)


def _split(chosen: list[tuple[bool, NamedNode]]) -> tuple[tuple[NamedNode, ...], tuple[NamedNode, ...]]:
    """Return the graphs that make up the default graph, and the named ones."""
    return tuple(graph for named, graph in chosen if not named), tuple(graph for named, graph in chosen if named)


def form_of(text: str) -> str:
    """Return the first word of a query behind its prologue, in capitals; nothing where there is none."""
    words, _ = _outermost(bare(text))
    return next((word for word in words if word not in _PROLOGUE), "")


@functools.lru_cache(maxsize=512)
def _inspect(text: str, choosing: bool) -> str:
    """Return the form of a query; see ``prepare``."""
    if len(text) > MAX_TEXT:
        raise UsageError(f"the query has {len(text):,} characters; at most {MAX_TEXT:,} are read")
    words, depth = _outermost(bare(text))
    if depth > MAX_DEPTH:
        raise UsageError("the query is nested too deeply; make it simpler")
    words = [word for word in words if word not in _PROLOGUE]
    if not words:
        raise UsageError(f"there is no query in the text; write {EXAMPLE}")
    form = words[0]
    if form in _UPDATES:
        raise UsageError("updates are refused: the graph changes only through the files in graph/; edit them and build")
    if form not in FORMS:
        capitals = bare(text).upper()
        line = capitals.count("\n", 0, capitals.index(form)) + 1
        raise UsageError(f"this is no SPARQL query: it begins with {cut(form)} (line:{line}); write {EXAMPLE}")
    if "FROM" in words and not choosing:
        raise UsageError("FROM is refused: a query must not load other data; choose passages with GRAPH instead")
    behind = [word for word in words if word in _UPDATES]
    if behind:
        raise UsageError(f"this is no SPARQL query: {behind[0]} follows it; a query only asks, and stands alone")
    return form.lower()


def _outermost(text: str) -> tuple[list[str], int]:
    """Return the words outside all brackets, in capitals, of a bare query, and how deeply it is nested."""
    words = []
    depth = deepest = 0
    for part in _WORD_OR_BRACKET.findall(text):
        if part in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif part in ")]}":
            depth -= 1
        elif part.startswith("!"):
            deepest = max(deepest, depth + part.count("!"))
        elif depth == 0:
            words.append(part.upper())
    return words, deepest


def bare(text: str) -> str:
    """Return a query without its comments and without what its texts, IRIs and variables say.

    What is left are keywords, prefixed names, numbers and brackets, on the lines they were on. Escapes among these are
    resolved, as the specification wants it (https://www.w3.org/TR/sparql11-query/#codepointEscape).
    """

    def replace(token: re.Match[str]) -> str:
        match token.lastgroup:
            case "quoted":
                return '""' + "\n" * token[0].count("\n")
            case "iri":
                return "<>"
            case "comment":
                return " "
            case "variable":
                return "?v"
            case "codepoint":
                number = int(token[0][2:], 16)
                return chr(number) if number <= 0x10FFFF else " "
        return token[0]

    return TOKEN.sub(replace, text)


def declared(text: str) -> dict[str, str]:
    """Return the prefixes that a query declares, with the IRIs that they stand for as these are written."""
    return _prologue(text)[1]


def _prologue(text: str) -> tuple[str, dict[str, str], int]:
    """Return the base that a query declares last, if any, its prefixes, and the place behind the last declaration."""
    blank, base, prefixes, place = _with_iris(text), "", {}, 0
    while part := _DECLARATION.match(blank, place):
        place = part.end()
        if part["prefix"] is not None:
            prefixes[part["prefix"]] = part["iri"]
        base = part["base"] or base
    return base, prefixes, place


def _with_iris(text: str) -> str:
    return TOKEN.sub(lambda t: t[0] if t.lastgroup == "iri" else re.sub(r"[^\n]", " ", t[0]), text)


def _datasets(text: str, base: str | None) -> list[tuple[bool, NamedNode]]:
    """Return the graphs that a query names with FROM, each with whether it is NAMED, in the query's order.

    Raises UsageError for one whose IRI cannot be read.
    """
    own, prefixes, _ = _prologue(text)
    base = urljoin(base or "", own)
    known = {**PREFIXES, **prefixes}
    found = []
    clause = rf"(?i){_APART}FROM(?=[\s<])\s*(NAMED\b)?\s*(<[^>]*>|[\w.-]*:[^\s<{{?$]*)?"
    for named, name in re.findall(clause, _with_iris(text)):
        prefix, _, local = name.partition(":")
        if not name.startswith("<") and prefix not in known:
            raise UsageError("FROM needs the IRI of a graph, such as FROM <https://…> or FROM passage:…; write it so")
        iri = name[1:-1] if name.startswith("<") else known[prefix] + local
        found.append((bool(named), graph_named(iri if _ABSOLUTE.match(iri) else urljoin(base, iri))))
    return found


def graph_named(iri: str) -> NamedNode:
    """Return the name of a graph; raises UsageError for what is no IRI."""
    try:
        return NamedNode(iri)
    except ValueError:
        raise UsageError(f"{cut(iri)!r} is no IRI of a graph; give one of this dataset") from None


def _with_values(text: str, values: Mapping[str, NamedNode | Literal]) -> str:
    """Return a query in which variables stand for terms: a VALUES at the beginning of its pattern.

    So filters and functions see them, too. Where the pattern can take none, it joins the rows at the end.
    """
    names, terms = " ".join(f"?{name}" for name in values), " ".join(map(str, values.values()))
    block = f"VALUES ({names}) {{ ({terms}) }}"
    # Whatever is no keyword or bracket is made blank, so that places stay what they are.
    blank = TOKEN.sub(lambda token: re.sub(r"[^\n]", " ", token[0]), text)
    start = _pattern(blank)
    if start is None or _SELECT.match(blank, start):
        return f"{text}\n{block}"
    return f"{text[:start]} {block} {text[start:]}"


def _pattern(blank: str) -> int | None:
    """Return the place behind the brace that opens a query's pattern; None if it has none that takes VALUES."""
    depth = braces = 0
    template = _CONSTRUCT.search(blank)
    if template and not blank.startswith("{", template.end()):
        return None  # CONSTRUCT WHERE, whose pattern is a template
    for sign in re.finditer(r"[(){}]", blank):
        if sign[0] in "()":
            depth += 1 if sign[0] == "(" else -1
        elif depth == 0 and sign[0] == "{":
            if template is None or (braces == 0 and sign.start() > template.end()):
                return sign.end()
            braces += 1
        elif depth == 0:
            braces -= 1
    return None


@functools.lru_cache(maxsize=256)
def disarmed(text: str) -> str:
    """Return a query with the same meaning that cannot reach another machine; raises UsageError for SERVICE.

    Oxigraph has no switch to turn SERVICE off. Nor is it enough to look for it in the text: whoever finds a spot where
    Oxigraph sees the end of a text, an IRI or a comment and we do not, has hidden it from us. So the query that runs is
    rewritten such that a different reading does no harm: comments are gone, and in texts and IRIs the word and the
    sign that begins a comment are escaped, so that only there they mean what they meant. Wherever the word is left,
    it is seen and, before a name and a brace, refused. A prefixed name with the word in it, such as ``ex:service``, is
    written out as the IRI that it stands for, in which the word is escaped as in any other.
    """
    if "service" in text.lower():
        _, prefixes, start = _prologue(text)
        text = text[:start] + _names().sub(functools.partial(_written_out, {**PREFIXES, **prefixes}), text[start:])
    if _has_service(bare(text)):
        raise UsageError(
            "SERVICE is refused: a query must not reach other machines; ask here, then combine the answers"
        )
    escaped = next((t for t in TOKEN.finditer(text) if t.lastgroup == "codepoint"), None)
    if escaped:
        # Engines differ on these; a query that is read in two ways cannot be checked.
        raise UsageError(
            f"{escaped[0]} stands outside texts and IRIs (line:{text.count(chr(10), 0, escaped.start()) + 1}); "
            "write the character itself"
        )
    return TOKEN.sub(_disarm, text)


@functools.cache  # only who needs it waits until it is compiled
def _names() -> re.Pattern[str]:
    """Return what finds all that ``TOKEN`` does, and prefixed names."""
    name = rf"""| (?<![{_IN_NAME}.-]) (?P<name> (?P<prefix>[{_IN_NAME}.-]*) :
                  (?P<local> (?: [{_IN_NAME}:%.-] | \\[_~.!$&'()*+,;=/?\#@%-] )* ) )"""
    return re.compile(TOKEN.pattern + name, TOKEN.flags)


def _written_out(prefixes: Mapping[str, str], token: re.Match[str]) -> str:
    """Return a prefixed name that has the word in it as an IRI; all else, and what may be read otherwise, as it is."""
    namespace = prefixes.get(token["prefix"] or "")
    if token.lastgroup != "name" or "service" not in token[0].lower() or not namespace:
        return token[0]
    name = token["local"].rstrip(".") if not token["local"].endswith("\\.") else token["local"]
    iri = namespace + re.sub(r"\\(.)", r"\1", name)
    if len(namespace) > _MAX_NAMESPACE or not _ABSOLUTE.match(namespace) or re.search(r"/\.\.?(/|$)", iri):
        return token[0]
    try:
        NamedNode(iri)  # else the engine reads another name here, or none
    except ValueError:
        return token[0]
    # A sign before it must not become one with the bracket.
    before = " " if token.string[token.start() - 1 : token.start()] == "<" else ""
    return f"{before}<{iri}>{token['local'][len(name) :]}"


def _has_service(text: str) -> bool:
    """Return whether SERVICE stands before a name and a brace in a bare query.

    What stands before it is no matter: Oxigraph needs no space there, not even after ``true``, and takes a part of
    ``a:SERVICE`` for the keyword if the whole makes no IRI.
    """
    for before in text.lower().split("{")[:-1]:
        *others, name = re.split(f"[{_SPACE}]+", before.strip(_SPACE))
        _, service, joined = name.partition("service")
        if others and others[-1].endswith(("service", "silent")):
            joined = name
        elif not service:
            continue
        if any(sign in joined for sign in "<:?$"):  # an IRI, a prefixed name or a variable
            return True
    return False


def _disarm(token: re.Match[str]) -> str:
    if token.lastgroup == "comment":
        return " "
    if token.lastgroup in ("quoted", "iri"):
        return re.sub(r"(?is)\\.|#|s(?=ervice)", lambda c: c[0] if len(c[0]) > 1 else f"\\u{ord(c[0]):04x}", token[0])
    return token[0]


def too_deep(text: str) -> int:
    """Return the line on which Turtle, TriG or N-Triples quotes statements too deeply within each other; 0 for none."""
    words, depth = bare(text), 0
    for bracket in re.finditer("<<|>>", words):
        depth = depth + 1 if bracket[0] == "<<" else max(0, depth - 1)
        if depth > MAX_NESTING:
            return words.count("\n", 0, bracket.start()) + 1
    return 0
