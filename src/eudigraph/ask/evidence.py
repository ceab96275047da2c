"""From an answer to what says so: the statements behind a row, and the passages behind a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from eudigraph.model.names import EUD, PREFIXES, RDF_TYPE, expand
from eudigraph.model.ontology import Ontology
from eudigraph.model.passage import Passage
from eudigraph.model.triples import Triplestore, select
from eudigraph.reason import proofs


def statements_of(patterns: Iterable[str], row: Mapping[str, object]) -> list[Triple]:
    """Return the statements that evidence patterns such as ``?meeting eud:date ?date`` make of a row.

    Patterns with a variable that has no value in the row, or one that is no IRI where one is needed, give nothing.
    """
    made = []
    for pattern in patterns:
        terms = [_term(part, row) for part in pattern.split(None, 2)]
        if len(terms) == 3 and isinstance(terms[0], NamedNode) and isinstance(terms[1], NamedNode):
            value = terms[2]
            if isinstance(value, NamedNode | Literal):
                made.append(Triple(terms[0], terms[1], value))
    return made


def bearing(store: Triplestore, patterns: Iterable[str], rows: Sequence[Mapping[str, object]]) -> list[list[NamedNode]]:
    """Return the passages to which patterns of two terms, such as ``?basis eud:borneBy``, lead from each row."""
    short = [pattern.split() for pattern in patterns]
    wanted = [
        [tuple(_term(part, row) for part in pattern) for pattern in short if len(pattern) == _TO_PASSAGES]
        for row in rows
    ]
    pairs = {pair for row in wanted for pair in row if all(isinstance(term, NamedNode) for term in pair)}
    if not pairs:
        return [[] for _ in rows]
    listed = " ".join(sorted(f"({' '.join(map(str, pair))})" for pair in pairs))
    found: dict[object, list[NamedNode]] = {}
    for row in select(store, f"SELECT * {{ VALUES (?x ?way) {{ {listed} }} ?x ?way ?passage }} ORDER BY ?passage"):
        if isinstance(row["passage"], NamedNode):
            found.setdefault((row["x"], row["way"]), []).append(row["passage"])
    return [[passage for pair in row for passage in found.get(pair, ())] for row in wanted]


_TO_PASSAGES = 2
"""Terms of a pattern that leads to passages; the others make statements."""


def known(store: Triplestore, passages: Iterable[NamedNode], by: Literal) -> set[NamedNode]:
    """Return which of some passages were known by a day."""
    listed = " ".join(sorted(map(str, passages)))
    if not listed:
        return set()
    rows = select(
        store,
        f"SELECT ?passage {{ VALUES ?passage {{ {listed} }} ?passage <{EUD}knownFrom> ?from FILTER(?from <= {by}) }}",
    )
    return {row["passage"] for row in rows if isinstance(row["passage"], NamedNode)}


def patterns(text: str) -> list[str]:
    """Return the patterns of a query that can be statements of its rows, as ``statements_of`` takes them.

    These are triples between variables and IRIs, wherever they stand; paths, texts and numbers make none. A query that
    rdflib cannot read (the engine knows more of SPARQL 1.2) has none.
    """
    from pyparsing import ParseException
    from rdflib import URIRef, Variable
    from rdflib.plugins.sparql import prepareQuery
    from rdflib.plugins.sparql.parserutils import CompValue

    try:
        algebra = prepareQuery(text, initNs=PREFIXES).algebra
    except (ParseException, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []
    found: dict[str, None] = {}
    todo: list[object] = [algebra]
    while todo:
        part = todo.pop()
        if isinstance(part, CompValue):
            todo += [value for key, value in part.items() if key != "triples"]
            for triple in part.get("triples") or ():
                words = [
                    f"?{term}" if isinstance(term, Variable) else f"<{term}>"
                    for term in triple
                    if isinstance(term, Variable | URIRef)
                ]
                if len(words) == 3:
                    found[" ".join(words)] = None
        elif isinstance(part, list | tuple):
            todo += part
    # That an entity is of some class is said in passing wherever it is named: of use only where nothing else is asked.
    telling = [pattern for pattern in found if f" <{RDF_TYPE.value}> " not in pattern]
    return telling or list(found)


def passages_behind(store: Triplestore, ontology: Ontology, statements: Iterable[Triple]) -> list[NamedNode]:
    """Return the passages that say these statements or what they follow from, in the order of their IRIs.

    Of what follows in several ways, the passages of each way count.
    """
    found: set[NamedNode] = set()
    for statement in statements:
        for claim in proofs.claims_behind(store, ontology, statement):
            found.update(proofs.passages_of(store, claim))
    return sorted(found, key=lambda p: p.value)


def describe(
    store: Triplestore, passages: Sequence[NamedNode] | None = None, texts: Mapping[str, str] | None = None
) -> list[Passage]:
    """Return these passages (all of them, without any given) as they are shown, in the order of sources and places.

    ``texts`` holds the texts of sources by the sources' IRIs; they must be the very texts that were read.
    """
    if passages is not None and not passages:
        return []
    chosen = "" if passages is None else f"VALUES ?p {{ {' '.join(map(str, passages))} }}"
    rows = select(
        store,
        f"""SELECT * {{ {chosen}
        ?p <{EUD}source> ?source ; <{EUD}locator> ?locator ; <{EUD}speaker> ?speaker ; <{EUD}certainty> ?certainty ;
        <{EUD}confidence> ?confidence ; <{EUD}gist> ?gist . ?source <{EUD}title> ?title
        OPTIONAL {{ ?p <{EUD}start> ?start ; <{EUD}end> ?end }}
        OPTIONAL {{ ?p <{EUD}retells> ?retells }}
        OPTIONAL {{ ?source <{EUD}url> ?url FILTER(REGEX(STR(?url), "^https?://")) }} }}
        ORDER BY ?source ?start DESC(?end) ?p ?retells ?url""",
    )
    found: list[Passage] = []
    for row in rows:
        value = {name: term.value for name, term in row.items() if term is not None}
        if found and (found[-1].iri, found[-1].retells) == (value["p"], value.get("retells")):
            continue  # its source has another address
        start, end = (int(value[name]) if name in value else None for name in ("start", "end"))
        text = (texts or {}).get(value["source"])
        found.append(
            Passage(
                value["p"],
                value["source"],
                value["title"],
                value["locator"],
                start,
                end,
                value["speaker"],
                value["certainty"],
                value["confidence"],
                value["gist"],
                value.get("retells"),
                None if text is None else text[start:end],
                value.get("url"),
            )
        )
    return found


def _term(part: str, row: Mapping[str, object]) -> object:
    part = part.strip()
    if part.startswith("?"):
        return row.get(part[1:])
    if part == "a":
        return RDF_TYPE
    iri = expand(part)
    return NamedNode(iri) if iri else None
