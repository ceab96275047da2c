"""The Python interface: a graph that is asked, shown and analysed, with answers as pandas tables.

>>> import eudigraph
>>> graph = eudigraph.open_graph()
>>> graph.query("meetings-after")[["meeting", "date", "status"]]  # doctest: +SKIP

Everything here calls the same functions as the command line. pandas comes with ``pip install 'eudigraph[notebook]'``.
"""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Triple, serialize

from eudigraph import answers, build, engine, labels, network, ontology, queries, store, workspace
from eudigraph.errors import DataError, UsageError
from eudigraph.export import rdflib_term
from eudigraph.names import OWL, RDF_TYPE, RDFS, XSD, expand

if TYPE_CHECKING:
    import networkx as nx
    import owlready2
    import pandas as pd
    import rdflib

    from eudigraph.explore import Page

Value = str | int | float | bool | decimal.Decimal | datetime.date
"""What a variable of a query can be given: an IRI or prefixed name as text, any other text, a number, a day."""
_NUMBERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("integer", "int", "long", "nonNegativeInteger"), int),
    **dict.fromkeys(("decimal", "double", "float"), float),
    "boolean": lambda text: text in ("true", "1"),
    "date": datetime.date.fromisoformat,
}


def open_graph(folder: str | Path | None = None, *, store_folder: str | Path | None = None) -> Graph:
    """Return the graph of a workspace, by default of what came with eudigraph; it is built if it never was.

    ``folder`` is the workspace, ``store_folder`` a build elsewhere. Raises UsageError for a folder that is no
    workspace, DataError for data that cannot be built, StoreError for a build that cannot be read.
    """
    space = workspace.open_workspace(None if folder is None else Path(folder))
    built = space.build_folder if store_folder is None else Path(store_folder)
    if store_folder is None and not store.exists(built):
        report = build.build(space)
        if report.errors:
            raise DataError("\n".join(map(str, report.errors)))
    return Graph(store.open_built(built), space)


class Graph:
    """A built graph, open for reading. Its methods are thin: each calls one function of the library."""

    def __init__(self, built: store.Built, space: workspace.Workspace) -> None:
        self.built, self.workspace = built, space

    def __repr__(self) -> str:
        counts = self.built.manifest.counts
        return f"<eudigraph.Graph of {counts.get('sources', 0)} sources with {counts.get('claims', 0):,} claims>"

    def questions(self) -> pd.DataFrame:
        """Return the queries of the library: name (index), number, question, parameters, columns."""
        library = queries.load_library(self.workspace).values()
        given: dict[str, list[Any]] = {
            "name": [q.name for q in library],
            "number": [q.number for q in library],
            "question": [q.question for q in library],
            "parameters": [list(q.parameters) for q in library],
            "columns": [list(q.columns) for q in library],
        }
        return _table(given).set_index("name")

    def query(
        self, name: str, *, evidence: bool = False, limit: int | None = None, timeout: float = 60.0, **parameters: Value
    ) -> pd.DataFrame:
        """Return the answer to a question of the library, such as ``graph.query("topics", country="Japan")``.

        Columns are those of the query: things by their names, with their IRIs in a column of the same name and
        ``_iri``; days as ``datetime.date``, numbers as numbers. With ``evidence`` there is a row for each passage, with
        source, place, speaker, certainty and gist. Raises UsageError for names and parameters that are not known.
        """
        query = queries.find(queries.load_library(self.workspace), name)
        asking = answers.Asking(limit=limit, timeout=timeout, evidence=evidence)
        answer = answers.ask(self.built, query, {key: str(value) for key, value in parameters.items()}, asking)
        return self._frame(answers.tidy(answer) if evidence else answer.answer)

    def sparql(
        self, text: str, *, limit: int | None = None, timeout: float = 60.0, **variables: Value
    ) -> pd.DataFrame | rdflib.Graph | bool:
        """Return the answer to SPARQL of one's own: a table (SELECT), a truth (ASK) or a graph (CONSTRUCT, DESCRIBE).

        ``variables`` are bound as terms, never pasted into the text: IRIs and prefixed names (``country:japan``) as
        things, all else as literals; ``find`` gives the IRI of a name. Raises UsageError for what is refused or is no
        SPARQL, and for variables that the text does not have, QueryTimeout for what takes too long.
        """
        unknown = [name for name in variables if not re.search(rf"[?$]{re.escape(name)}\b", text)]
        if unknown:
            raise UsageError(f"the query has no variable ?{unknown[0]}; write it where its value belongs")
        bound = {name: _term(value) for name, value in variables.items()}
        answer = answers.ask_text(self.built, text, answers.Asking(limit=limit, timeout=timeout), bound).answer
        if answer.truth is not None:
            return answer.truth
        if answer.triples is not None:
            return _rdflib_graph(answer)
        return self._frame(answer)

    def find(self, name: str, kind: str = "resource") -> str:
        """Return the IRI of the thing of that name; raises UsageError with suggestions. ``kind`` is a class."""
        return queries.find_entity(self.built.store, name, kind).value

    def evidence(self, subject: str, relation: str | None = None, value: str | None = None) -> pd.DataFrame:
        """Return the passages that say something of a thing, one row for each statement and passage."""
        given = {"subject": subject, "property": relation, "object": value}
        parameters: dict[str, Any] = {key: text for key, text in given.items() if text is not None}
        return self.query("evidence", **parameters)

    def explain(self, subject: str, relation: str, value: str) -> str:
        """Return in words what a statement follows from, down to the passages that say so."""
        return answers.explain(self.built, subject, relation, value)

    def network(self, *, inferred: bool = True) -> nx.MultiDiGraph:
        """Return everything but evidence as a directed multigraph; ``eudigraph.network.whole`` says what it keeps."""
        whole = network.whole(self.built.store, ontology.from_store(self.built.store))
        if not inferred:
            whole.remove_edges_from([e for e in whole.edges(keys=True) if whole.edges[e]["inferred"]])
        return whole

    def explorer(self) -> Page:
        """Return the explorer; as the last thing in a notebook's cell it shows itself."""
        from eudigraph import explore

        return explore.explorer(self.built)

    def dataset(self) -> rdflib.Dataset:
        """Return everything as an rdflib Dataset in memory: passages and the build's own graphs as named graphs."""
        import rdflib

        data = rdflib.Dataset()
        for quad in self.built.store:
            if not isinstance(quad.graph_name, DefaultGraph):
                s, p, o, g = (rdflib_term(t) for t in (quad.subject, quad.predicate, quad.object, quad.graph_name))
                data.graph(g).add((s, p, o))
        return data

    def ontology(self) -> owlready2.Ontology:
        """Return ontology and claims as owlready2 objects, in a world of their own: classes, properties, individuals.

        Of texts it has names and definitions; dates are left out, since OWL 2 DL knows neither ``xsd:date`` nor EDTF
        (see ``dataset`` for them), and so is what follows: that is for the reasoner to find.
        """
        from eudigraph import assemble, hermit

        graph, terms = self.built.store, ontology.from_store(self.built.store)
        words = {t.iri for t in terms.properties if t.kind == "AnnotationProperty"} | {RDFS + "label"}
        said = [
            Triple(quad.subject, quad.predicate, quad.object)
            for quad in graph.quads_for_pattern(None, None, None, DefaultGraph())
            if quad.predicate.value in words and isinstance(quad.object, Literal) and quad.object.language
        ]
        things = [Triple(q.subject, q.predicate, q.object) for q in assemble.object_statements(graph, terms)]
        classes = {t.iri for t in terms.classes}
        individuals = {
            Triple(t.subject, RDF_TYPE, NamedNode(OWL + "NamedIndividual"))
            for t in things
            if t.predicate == RDF_TYPE and isinstance(t.object, NamedNode) and t.object.value in classes
        }
        triples = [*things, *said, *sorted(individuals, key=str)]
        loaded: owlready2.Ontology = hermit.load(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
        return loaded

    def _frame(self, answer: engine.Answer) -> pd.DataFrame:
        iris = {term.value for row in answer.rows for term in row if isinstance(term, NamedNode)}
        names = labels.labels(self.built.store, iris)
        columns: dict[str, list[Any]] = {}
        for index, variable in enumerate(answer.variables):
            terms = [row[index] for row in answer.rows]
            columns[variable] = [_python(term, names) for term in terms]
            if any(isinstance(term, NamedNode) for term in terms):
                columns[f"{variable}_iri"] = [t.value if isinstance(t, NamedNode) else None for t in terms]
        return _table(columns)


def _term(value: Value) -> NamedNode | Literal:
    if isinstance(value, str):
        iri = expand(value)
        return NamedNode(iri) if iri else Literal(value)
    if isinstance(value, datetime.date):
        return Literal(value.isoformat(), datatype=NamedNode(XSD + "date"))
    if isinstance(value, decimal.Decimal):
        return Literal(str(value), datatype=NamedNode(XSD + "decimal"))
    return Literal(value)


def _python(term: object, names: Mapping[str, str]) -> Any:
    if isinstance(term, Literal):
        convert = _NUMBERS.get(term.datatype.value.removeprefix(XSD), str)
        try:
            return convert(term.value)
        except ValueError:  # an ill-typed literal is still what it says
            return term.value
    return labels.show(term, dict(names)) if term is not None else None


def _rdflib_graph(answer: engine.Answer) -> rdflib.Graph:
    import rdflib

    graph = rdflib.Graph()
    for triple in answer.triples or []:
        graph.add((rdflib_term(triple.subject), rdflib_term(triple.predicate), rdflib_term(triple.object)))
    return graph


def _table(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("answers as tables need pandas; install it with: pip install 'eudigraph[notebook]'") from None
    return pd.DataFrame(columns)
