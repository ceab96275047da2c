"""Terms of pyoxigraph as rdflib's."""

from __future__ import annotations

from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from eudigraph.model.errors import UsageError


def rdflib_term(term: object) -> Any:
    """Return a term as rdflib's, blank nodes under their own names: its parsers would name them anew each time.

    Raises UsageError for a quoted statement, which rdflib does not know.
    """
    import rdflib

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    raise UsageError("rdflib knows no quoted statements; leave them out")
