"""Asking a store for rows, and what keeps a query that somebody else wrote from reaching beyond the store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Triple,
)

from eudigraph.errors import UsageError

Row = dict[str, Any]
"""A row of an answer: pyoxigraph's terms by the names of their variables; None for a variable without value."""


class Triplestore(Protocol):
    """What is wanted of a store that is read: pyoxigraph's own has it, and so has an endpoint elsewhere."""

    def query(
        self, query: str, *, prefixes: dict[str, str] | None = None, default_graph: Any = None, named_graphs: Any = None
    ) -> QuerySolutions | QueryBoolean | QueryTriples:
        """Return the answer to a query, over the whole dataset or these graphs of it."""

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: NamedNode | BlankNode | Literal | Triple | None,
        graph_name: NamedNode | BlankNode | DefaultGraph | None = None,
        /,
    ) -> Iterator[Quad]:
        """Yield the quads that have these terms; None stands for any, also for any graph."""

    def named_graphs(self) -> Iterator[NamedNode | BlankNode]:
        """Yield the names of all graphs but the default one."""

    def __contains__(self, quad: Any, /) -> bool: ...

    def __iter__(self) -> Iterator[Quad]: ...


TOKEN = re.compile(
    r"""
      (?P<quoted> \"{3} (?:\"{0,2}(?:[^\"\\]|\\.))* \"{3} | '{3} (?:'{0,2}(?:[^'\\]|\\.))* '{3}
                | \"(?:[^\"\\\n\r]|\\.)*\" | '(?:[^'\\\n\r]|\\.)*' )
    | (?P<iri> <[^<>"{}|^`\x00-\x20]*> )
    | (?P<comment> \#[^\n\r]* )
    | (?P<variable> [?$]\w+ )
    | (?P<codepoint> \\u[0-9A-Fa-f]{4} | \\U00[0-9A-Fa-f]{6} )
    | \\.
    """,
    re.VERBOSE | re.DOTALL,
)
"""The parts of a query that are no keywords (https://www.w3.org/TR/sparql11-query/#sparqlGrammar), and escapes."""

_SPACE = " \t\r\n"
"""White space in SPARQL; what Python calls white space besides may be part of a name there."""


def select(store: Triplestore, text: str, **options: Any) -> list[Row]:
    """Return the rows of a SELECT query that the program itself wrote; ``options`` are the store's own."""
    solutions = store.query(text, **options)
    if not isinstance(solutions, QuerySolutions):
        raise TypeError("only SELECT queries give rows")
    names = [v.value for v in solutions.variables]
    return [dict(zip(names, solution, strict=True)) for solution in solutions]


def iri(term: object) -> str | None:
    """Return the IRI of a term that is one, else None."""
    return term.value if isinstance(term, NamedNode) else None


def exists(store: Triplestore, node: NamedNode) -> bool:
    """Whether anything is said of a thing, or anything to it, or whether it is a graph with statements."""
    patterns = f"{{ {node} ?p ?o }} UNION {{ ?s ?p {node} }} UNION {{ GRAPH {node} {{ ?s ?p ?o }} }}"
    return bool(store.query(f"ASK {{ {patterns} }}"))


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
    """Return the prefixes that a query declares."""
    return dict(re.findall(r"(?i)\bPREFIX\s+([\w.-]*):\s*<([^>]*)>", _with_iris(text)))


def _with_iris(text: str) -> str:
    return TOKEN.sub(lambda t: t[0] if t.lastgroup == "iri" else re.sub(r"[^\n]", " ", t[0]), text)


def datasets(text: str, prefixes: Mapping[str, str]) -> list[tuple[bool, str]]:
    """Return the graphs that a query names with FROM, each with whether it is NAMED, in the query's order.

    Raises UsageError for one whose IRI cannot be read.
    """
    blank = _with_iris(text)
    known = {**prefixes, **declared(text)}
    found = []
    clause = r"(?i)(?<![\w:.%-])FROM(?=[\s<])\s*(NAMED\b)?\s*(<[^>]*>|[\w.-]*:[^\s<{?$]*)?"
    for named, name in re.findall(clause, blank):
        prefix, _, local = name.partition(":")
        if not name.startswith("<") and prefix not in known:
            raise UsageError("FROM needs the IRI of a graph, such as FROM <https://…> or FROM passage:…; write it so")
        found.append((bool(named), name[1:-1] if name.startswith("<") else known[prefix] + local))
    return found


def with_values(text: str, names: str, values: str) -> str:
    """Return a query in which variables stand for terms: a VALUES at the beginning of its pattern.

    So filters and functions see them, too. Where the pattern can take none, it joins the rows at the end.
    """
    block = f"VALUES ({names}) {{ ({values}) }}"
    # Whatever is no keyword or bracket is made blank, so that places stay what they are.
    blank = TOKEN.sub(lambda token: re.sub(r"[^\n]", " ", token[0]), text)
    start = _pattern(blank)
    if start is None or re.match(r"\s*SELECT\b", blank[start:], re.IGNORECASE):
        return f"{text}\n{block}"
    return f"{text[:start]} {block} {text[start:]}"


def _pattern(blank: str) -> int | None:
    """Return the place behind the brace that opens a query's pattern; None if it has none that takes VALUES."""
    depth = braces = 0
    template = re.search(r"\bCONSTRUCT\s*(?=\{)", blank, re.IGNORECASE)
    if not template and re.search(r"\bCONSTRUCT\b", blank, re.IGNORECASE):
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


@lru_cache(maxsize=256)
def harmless(text: str) -> str:
    """Return a query with the same meaning that cannot reach another machine; raises UsageError for SERVICE.

    Oxigraph has no switch to turn SERVICE off. Nor is it enough to look for it in the text: whoever finds a spot where
    Oxigraph sees the end of a text, an IRI or a comment and we do not, has hidden it from us. So the query that runs is
    rewritten such that a different reading does no harm: comments are gone, and in texts and IRIs the word and the
    sign that begins a comment are escaped, so that only there they mean what they meant. Wherever the word is left,
    it is seen and, before a name and a brace, refused.
    """
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
