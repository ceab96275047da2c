"""What people call things: English names for IRIs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyoxigraph import Literal, NamedNode

from eudigraph.model.names import EUD, RDFS, SKOS, shorten
from eudigraph.model.triples import Triplestore, select

_BATCH = 500


def labels(store: Triplestore, iris: Iterable[str]) -> dict[str, str]:
    """Return a name for each IRI: its preferred name, label or title in English, else its short form.

    A passage is called after its source and paragraph.
    """
    wanted = sorted(set(iris))
    found = {iri: shorten(iri) for iri in wanted}
    for begin in range(0, len(wanted), _BATCH):
        listed = " ".join(str(NamedNode(iri)) for iri in wanted[begin : begin + _BATCH])
        rows = select(
            store,
            f"""SELECT ?x ?name {{ VALUES ?x {{ {listed} }}
            {{ ?x <{SKOS}prefLabel> ?name }} UNION {{ ?x <{RDFS}label> ?name }} UNION {{ ?x <{EUD}title> ?name }}
            UNION {{ ?x <{EUD}paragraph> ?n ; <{EUD}source>/<{EUD}publisher>/<{SKOS}prefLabel> ?who
                BIND(CONCAT(?who, " ¶", STR(?n)) AS ?name) }}
            FILTER(LANG(?name) IN ("en", "")) }} ORDER BY ?x DESC(?name)""",
        )
        for row in rows:
            found[row["x"].value] = row["name"].value
    return found


def show(term: object, names: Mapping[str, str], *, ids: bool = False) -> str:
    """Return a term for people: things by their names (or short IRIs), texts as they are, nothing for no value."""
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return shorten(term.value) if ids else names.get(term.value, shorten(term.value))
    return term.value if isinstance(term, Literal) else str(term)
