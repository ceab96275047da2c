"""What engines elsewhere read otherwise than ours, and how a query must be written for all of them.

Each rewriting keeps the meaning of a query as the standard has it. Those that only an engine without a default graph of
its own needs (in practice, Virtuoso: each is tried with version 7.2.5) are made for such an engine alone;
``docs/engines.md`` lists what is left. Texts, IRIs, comments and variables are told apart as ``sparql`` does it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from pyoxigraph import NamedNode

from eudigraph.engine.safety import TOKEN, bare
from eudigraph.model.names import BASE, GRAPH_DEFAULT

GRAPH_MANIFEST: Final = NamedNode(BASE + "graph/manifest")
"""The graph in which ``loading`` notes what an endpoint holds."""
_WORD = r"(?<![\w:.%?$-]){}(?![\w:.-])"
_GRAPH = re.compile(_WORD.format("GRAPH"), re.IGNORECASE)
_VALUES = re.compile(_WORD.format("VALUES"), re.IGNORECASE)
_NAME_OF_A_GRAPH = re.compile(r"\s*(?:[?$](?P<variable>\w+)|(?P<constant><[^<>\s]*>|[\w.-]*:[^\s{}<>]*))")
_UNDEFINED = re.compile(r"VALUES\s*[?$]\w+\s*\{\s*UNDEF\s*\}", re.IGNORECASE)
_ONE_LITERAL = re.compile(
    r"""VALUES\s*[?$](\w+)\s*\{\s*("(?:[^"\\\n]|\\.)*"(?:\^\^(?:<[^<>\s]*>|\w+:\w+)|@[\w-]+)?|[+-]?\d+)\s*\}""",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"(?<![\w:.%?$^!-])[A-Za-z][\w-]*:[\w-]+(?=[*+])")
_STAND_IN = "eudigraph_graph_"
"""How variables begin that stand in for the name of a graph."""
_NO_PROPERTY = f"<{BASE}none>"
_CORRECTED: Final = (
    (re.compile(rb'("type": *"bnode", *"value": *")nodeID://'), rb"\1"),
    (re.compile(rb'("datatype": *"http://www\.w3\.org/2001/XMLSchema#boolean", *"value": *")1"'), rb'\1true"'),
    (re.compile(rb'("datatype": *"http://www\.w3\.org/2001/XMLSchema#boolean", *"value": *")0"'), rb'\1false"'),
)
"""Terms that Virtuoso writes its own way: invalid names of blank nodes, and truth as a number."""


def rewritten(text: str, prefixes: Mapping[str, str], *, default_is_sent: bool) -> str:
    """Return a query as an engine elsewhere reads it; with ``default_is_sent``, one that has no default graph."""
    text = _with_prefixes(_replaced(_plain(text), _VALUES, _without_undefined), prefixes)
    if default_is_sent:
        text = _replaced(text, _VALUES, _bind)
        text = _replaced(text, _REPEATED, lambda _, found: (f"({found[0]}|{_NO_PROPERTY})", found.end()))
    return _replaced(text, _GRAPH, _by_variable if default_is_sent else _ours)


def corrected(body: bytes) -> bytes:
    """Return an answer (SPARQL results in JSON) with terms as the standard writes them, and no variables of ours."""
    for pattern, replacement in _CORRECTED:
        body = pattern.sub(replacement, body)
    return _without_stand_ins(body) if _STAND_IN.encode() in body[:10_000] else body


def _replaced(text: str, sign: re.Pattern[str], make: Callable[[str, re.Match[str]], tuple[str, int] | None]) -> str:
    """Return a query in which what ``make`` finds at each sign (text and end) stands in the place of what was there.

    A sign within a text, an IRI or a comment is none.
    """
    blank = TOKEN.sub(lambda t: t[0] if t.lastgroup == "variable" else re.sub(r"[^\n]", " ", t[0]), text)
    kept, end = [], 0
    for found in sign.finditer(blank):
        made = make(text, found)
        if made is not None:
            kept += [text[end : found.start()], made[0]]
            end = made[1]
    return "".join(kept) + text[end:]


def _with_prefixes(text: str, prefixes: Mapping[str, str]) -> str:
    """Return a query that declares those of the prefixes which it uses and does not declare, on its first line."""
    words = bare(text)
    declared = set(re.findall(r"(?i)\bPREFIX\s+([\w.-]*):", words))
    used = set(re.findall(r"([A-Za-z][\w.-]*):", words)) - declared
    return "".join(f"PREFIX {name}: <{value}> " for name, value in prefixes.items() if name in used) + text


def _plain(text: str) -> str:
    """Return a query without comments, and without escapes in its IRIs, which some engines do not know there."""

    def resolved(escape: re.Match[str]) -> str:
        number = int(escape[1] or escape[2], 16)
        sign = chr(number) if number <= 0x10FFFF else ""
        return escape[0] if not sign or sign in '<>"{}|^`\\' or number <= 0x20 else sign

    def written(token: re.Match[str]) -> str:
        if token.lastgroup == "iri":
            return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", resolved, token[0])
        return " " if token.lastgroup == "comment" else token[0]

    return TOKEN.sub(written, text)


def _without_undefined(text: str, found: re.Match[str]) -> tuple[str, int] | None:
    """Take away the ``VALUES ?name { UNDEF }`` of a parameter that was not given: it says nothing.

    Where Virtuoso reads one, the variable has no value in the whole of the group.
    """
    whole = _UNDEFINED.match(text, found.start())
    return ("", whole.end()) if whole else None


def _bind(text: str, found: re.Match[str]) -> tuple[str, int] | None:
    """Give a variable its one literal by BIND instead of VALUES, where that is its first mention.

    Virtuoso loses rows where a comparison with such a number stands beside counts.
    """
    whole = _ONE_LITERAL.match(text, found.start())
    if whole is None or re.search(rf"[?$]{whole[1]}\b", text[: found.start()]):
        return None
    return f"BIND({whole[2]} AS ?{whole[1]})", whole.end()


def _ours(text: str, found: re.Match[str]) -> tuple[str, int] | None:
    """Let ``GRAPH ?variable`` find graphs of ours alone, and none that only serves the loading.

    An endpoint may hold other graphs beside ours, and some of its own.
    """
    name = _NAME_OF_A_GRAPH.match(text, found.end())
    if name is None or not name["variable"]:
        return None
    graph = f"?{name['variable']}"
    ours = f'STRSTARTS(STR({graph}), "{BASE}") && {graph} != {GRAPH_DEFAULT} && {graph} != {GRAPH_MANIFEST}'
    return f"FILTER({ours}) GRAPH {graph}", name.end()


def _by_variable(text: str, found: re.Match[str]) -> tuple[str, int] | None:
    """Let a graph that is named itself be found by a variable that must be its name, and others as ``_ours``.

    Virtuoso does not find the one that is named itself, once it has been sent a default graph.
    """
    name = _NAME_OF_A_GRAPH.match(text, found.end())
    if name is None or not name["constant"]:
        return _ours(text, found)
    graph = f"?{_STAND_IN}{found.start()}"
    return f"FILTER({graph} = {name['constant']}) GRAPH {graph}", name.end()


def _without_stand_ins(body: bytes) -> bytes:
    try:
        given = json.loads(body)
        given["head"]["vars"] = [name for name in given["head"]["vars"] if not name.startswith(_STAND_IN)]
        for row in given["results"]["bindings"]:
            for name in [name for name in row if name.startswith(_STAND_IN)]:
                del row[name]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return body  # no answer; whoever reads it says so
    return json.dumps(given).encode()
