"""Terms of pyoxigraph as rdflib's."""

from __future__ import annotations

from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from eudigraph.model.errors import UsageError

_I18N = "https://www.w3.org/ns/i18n#"
"""How datatypes with a language and a direction begin (https://www.w3.org/TR/json-ld11/#the-i18n-namespace)."""


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
        if term.direction:
            kind = rdflib.URIRef(f"{_I18N}{term.language}_{term.direction.value}")
            return rdflib.Literal(term.value, datatype=kind, normalize=False)
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    raise UsageError("rdflib knows no quoted statements; leave them out")
