"""The way in from Python: a graph that is asked, shown and analysed, with answers as pandas tables.

>>> import eudigraph
>>> graph = eudigraph.open_graph()
>>> graph.query("officials")["official"].tolist()
['Lee Jong Ho', 'Thibaut Kleiner', 'Thierry Breton']

Everything here calls the same functions as the command line. pandas comes with ``pip install 'eudigraph[notebook]'``.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import inspect
import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, serialize

from eudigraph.ask import answers, explain, hints, lookup
from eudigraph.ask.library import load_library, open_query
from eudigraph.build import alone, build
from eudigraph.engine import endpoint, store
from eudigraph.engine.answer import Answer
from eudigraph.model import dates, files, labels, ontology, workspace
from eudigraph.model.errors import DataError, UsageError
from eudigraph.model.names import XSD, expand, is_url
from eudigraph.model.rdflib_terms import rdflib_term
from eudigraph.model.text import cut
from eudigraph.network import analysis, changes, definitions, findings, plots, projections, registry
from eudigraph.show import looks

if TYPE_CHECKING:
    import networkx as nx
    import owlready2
    import pandas as pd
    import rdflib

    from eudigraph.explore.page import Page
from eudigraph.show.frames import frame_of, rdflib_graph, table_of

Method = TypeVar("Method", bound=Callable[..., Any])
Value = str | int | float | bool | decimal.Decimal | datetime.date
"""What a variable of a query can be given: an IRI or prefixed name as text, any other text, a number, a day."""


def open_graph(
    folder: str | Path | None = None,
    *,
    store_folder: str | Path | None = None,
    rebuild: bool = False,
    lang: str | None = None,
) -> Graph:
    """Return the graph of a workspace, by default of what came with eudigraph; it is built if it never was.

    ``folder`` is the workspace, ``store_folder`` a build elsewhere, or the address of a SPARQL endpoint that was filled
    with ``eudigraph load``; ``rebuild`` builds it anew. ``lang`` are languages to show names in, such as ``de,fr``, the
    one liked best first; after them come English, no language, the EU's other languages, any. Warns of a build that is
    older than the files. Raises UsageError for a folder that is no workspace and for invalid languages, DataError
    for data that cannot be built, StoreError for a build that cannot be read.
    """
    space = workspace.open_workspace(None if folder is None else Path(folder))
    if isinstance(store_folder, str) and is_url(store_folder):
        if rebuild:
            raise UsageError("what an endpoint holds is not built there; build here, then: eudigraph load --to URL")
        return Graph(endpoint.open_endpoint(store_folder), space, lang)
    place = space.build_folder if store_folder is None else Path(store_folder)
    if rebuild or (store_folder is None and not store.exists(place)):
        made = build.build(space, place)
        if made.errors:
            raise DataError("\n".join(map(str, made.errors)))
    built = store.open_built(place)
    if store_folder is None and built.stale(space):
        _warn(
            "files have changed since the build; this is the former graph; for a new one: open_graph(…, rebuild=True)"
        )
    return Graph(built, space, lang)


def _in_its_languages(method: Method) -> Method:
    """Have a method of a graph choose names in the languages that the graph was opened with."""

    @functools.wraps(method)
    def speaking(graph: Graph, /, *args: Any, **given: Any) -> Any:
        with labels.preferring(graph.languages):
            return method(graph, *args, **given)

    return cast("Method", speaking)


class Graph:
    """A built graph, open for reading. Its methods are thin: each calls one function of the library."""

    def __init__(self, built: store.Built, space: workspace.Workspace, lang: str | None = None) -> None:
        self.built, self.workspace = built, space
        if lang is not None:
            _text(lang, "languages are", "de,fr")
        self.languages = labels.LANGUAGES if lang is None else labels.languages(lang)

    def __repr__(self) -> str:
        counts = self.built.counts
        return f"<eudigraph.Graph of {counts.get('sources', 0)} sources with {counts.get('claims', 0):,} claims>"

    def questions(self) -> pd.DataFrame:
        """Return the queries of the library: name (index), number, question, parameters, columns."""
        library = load_library(self.workspace).values()
        given: dict[str, list[Any]] = {
            "name": [q.name for q in library],
            "number": [q.number for q in library],
            "question": [q.question for q in library],
            "parameters": [list(q.parameters) for q in library],
            "columns": [list(q.columns) for q in library],
        }
        return table_of(given).set_index("name")

    @_in_its_languages
    def query(
        self,
        name: str,
        *,
        evidence: bool = False,
        limit: int | None = None,
        timeout: float = 60.0,
        iris: bool = True,
        **parameters: Value,
    ) -> pd.DataFrame:
        """Return the answer to a question of the library, such as ``graph.query("topics", country="Japan")``.

        Columns are those of the query: entities by their names, with their IRIs in a column of the same name and
        ``_iri``, but for ``iris=False``; days as ``datetime.date``, numbers as numbers, whole ones as ``Int64`` where
        some are missing. ``source`` asks what some sources alone say, named with commas between them, as if no other
        were there. With ``evidence`` there is a row for each passage, with source, place, speaker, certainty and gist.
        By when what it tells was known stands in ``frame.attrs["notes"]``. Raises UsageError for names and parameters
        that are not known.

        >>> graph.query("meetings", from_="2023-06-15")[["meeting", "status"]]
                                         meeting           status
        0  Thierry Breton with Lee Jong Ho, 2023        tentative
        1                   EU–Japan summit 2023  to be confirmed
        """
        query = open_query(self.workspace, _text(name, "a question is named by", "topics"))
        for key, value in parameters.items():
            if not isinstance(value, Value):
                raise UsageError(f"{cut(key)} is a name, an IRI, a number or a day, not {cut(repr(value))}")
        given = {key.removesuffix("_"): str(value) for key, value in parameters.items()}  # from_, as Python has from
        graph, notes = self.built, list[str]()
        if source := given.pop("source", None):
            graph, notes = alone.alone(graph, source)
        answer = answers.ask(graph, query, given, asking_of(limit, timeout, evidence))
        notes += answer.notes
        _warn_all(note for note in notes if not note.startswith(lookup.KNOWN_BY))
        frame = self.frame(answers.tidy(answer) if evidence else answer, iris)
        frame.attrs["notes"] = notes
        return frame

    @_in_its_languages
    def sparql(
        self,
        text: str,
        *,
        evidence: bool = False,
        limit: int | None = None,
        timeout: float = 60.0,
        iris: bool = True,
        **variables: Value,
    ) -> pd.DataFrame | rdflib.Graph | bool:
        """Return the answer to SPARQL of one's own: a table (SELECT), a truth (ASK) or a graph (CONSTRUCT, DESCRIBE).

        ``variables`` are bound as terms, never pasted into the text: IRIs and prefixed names (``country:japan``) as
        entities, all else as literals; ``find`` gives the IRI of a name. Raises UsageError for what is refused or is no
        SPARQL, and for variables that the text does not have, QueryTimeout for what takes too long.

        With ``evidence`` a table has a row for each passage that says what the query's patterns make of a row. With
        ``iris=False`` it omits the columns of IRIs beside those of names.

        >>> own = "SELECT ?topic { ?country eud:cooperatesOn ?topic } ORDER BY ?topic"
        >>> graph.sparql(own, country="country:south-korea")["topic"].tolist()[:2]
        ['high-performance computing', 'quantum computing']
        """
        found = self.ask(text, variables, asking_of(limit, timeout, evidence))
        if found.behind is not None:
            return self.frame(answers.tidy(found), iris)
        return self._given(found, iris)

    @_in_its_languages
    def find(self, name: str, kind: str = "resource") -> str:
        """Return the IRI of the entity of that name; warns if it was a guess. ``kind`` is a class, or ``property``.

        Raises UsageError for a name that several entities have, and lists them, and for one that nothing has.

        >>> graph.find("chips", "Topic")
        'https://w3id.org/eudigraph/topic/semiconductors'
        """
        kind = _text(kind, "a kind is the name of a class,", "Country")
        if not kind.isalpha() or not kind.isascii():  # it becomes part of a query
            raise UsageError(f"{cut(repr(kind))} is the name of no class; give one such as 'Country'")
        found = lookup.find(self.built.store, _text(name, "an entity is found by", "Japan"), kind)
        _warn_all([found.note] if found.note else [])
        return found.iri.value

    @_in_its_languages
    def evidence(self, subject: str, relation: str | None = None, value: Value | None = None) -> pd.DataFrame:
        """Return the passages that say something of an entity, one row for each statement and passage.

        ``value`` is an entity by its name or IRI, or a text, a date or a number as a passage states it. Raises
        UsageError for names that are not known, and a value that is neither an entity nor said in any of these
        passages.

        >>> graph.evidence("Arctic cable", "not supported by", "Canada")["locator"].tolist()
        ['¶20']
        >>> graph.evidence("EU–Japan summit 2023", value="2023-07-03?/2023-07-04?")["locator"].tolist()
        ['¶17']
        """
        parameters: dict[str, Any] = {"subject": self.find(_text(subject, "a subject is", "Japan"))}
        if relation is not None:
            relation = _text(relation, "a relation is named by", "cooperates on")
            parameters["property"] = self.find(relation, "property")
        if value is None:
            return self.query("evidence", **parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the question itself is asked below
            found = self.query("evidence", **parameters)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        # What a passage says in these words goes before an entity of that name: 2023 is rather a year than a summit.
        said = found[[str(given) == text for given in found["object"]]]
        return self.query("evidence", **parameters, object=value) if said.empty else said.reset_index(drop=True)

    @_in_its_languages
    def explain(self, subject: str, relation: str, value: str) -> str:
        """Return in words what a statement follows from, down to the passages that say so.

        >>> print(graph.explain("Luleå meeting", "with country", "United States").splitlines()[0])
        EU–US Trade and Technology Council, fourth high-level meeting · with country · United States. It follows:
        """
        _text(subject, "a subject is", "Japan")
        _text(relation, "a relation is named by", "cooperates on")
        told, notes = explain.explain(self.built, subject, relation, _text(value, "a value is", "6G"))
        _warn_all(notes)
        return told

    def networks(self) -> pd.DataFrame:
        """Return the networks there are, by name, with their titles; of one that is broken, what is wrong with it.

        >>> graph.networks().loc["country-topic", "title"]
        'Partner countries and topics'
        """
        known = definitions.networks(self.workspace)
        return table_of({"name": list(known), "title": list(known.values())}).set_index("name")

    @_in_its_languages
    def network(
        self,
        name: str = definitions.EVERYTHING,
        *,
        stage: str | None = None,
        inferred: bool = True,
        known_by: str | datetime.date | None = None,
        level: int | None = None,
    ) -> nx.Graph:
        """Return a network by its name, with names, relations, stages, dates and evidence on nodes and edges.

        ``everything`` is a directed multigraph (``eudigraph.network.everything.whole`` says what is in it), the others
        are simple (``eudigraph.network.projections.project``). With ``stage``, such as ``agreed``, ties that have come
        at least as far are left; by default all but those that were dropped, and of everything all. ``known_by`` is the
        day by which it had been said, by default the newest of the graph; the network's ``graph["known_by"]`` has it.
        ``inferred=False`` leaves what passages say outright; ``level=0`` puts the broadest topics for narrower ones.

        >>> countries = graph.network("country-country")
        >>> korea, states = graph.find("Korea"), graph.find("United States")
        >>> countries.edges[korea, states]["weight"]
        5
        """
        return projections.project(self.built, self.workspace, name, _choice(stage, inferred, known_by, level))

    @_in_its_languages
    def network_changes(
        self,
        since: str | datetime.date,
        *,
        network: str = "country-topic",
        stage: str | None = None,
        inferred: bool = True,
        known_by: str | datetime.date | None = None,
        level: int | None = None,
    ) -> pd.DataFrame:
        """Return what is other in a network than was known by the day ``since``: one row for each tie or node.

        ``change`` is new, gone, advanced or fell back, ``before`` and ``after`` are the stages; a node has no
        ``second``. Choices are those of ``network``: ``known_by`` is the later day.

        >>> graph.network_changes("2023-03-31")["change"].unique().tolist()
        ['new']
        """
        day = _day(since)
        if not isinstance(day, datetime.date):
            raise UsageError(f"since is a day, such as 2023-04-30, not {cut(repr(since))}")
        choice = _choice(stage, inferred, known_by, level)
        found = changes.between(self.built, self.workspace, network, day, choice)
        names = [column.name for column in fields(changes.Change)]
        return table_of({name: [getattr(row, name) for row in found.rows] for name in names})

    def measures(self) -> pd.DataFrame:
        """Return the measures there are, by name: title, what each means, where it is from.

        >>> graph.measures().loc["betweenness", "title"]
        'Betweenness'
        """
        known = registry.measures().values()
        given = {key: [getattr(m, key) for m in known] for key in ("name", "title", "meaning", "source")}
        return table_of(given).set_index("name")

    @_in_its_languages
    def analyse(
        self,
        *chosen: str,
        network: str | nx.Graph = "country-topic",
        stage: str | None = None,
        inferred: bool = True,
        known_by: str | datetime.date | None = None,
        level: int | None = None,
    ) -> findings.Analysis:
        """Return what measures, by default all that fit, give for a network of that name, or for one of your own.

        Choices are those of ``network``. A network by name is measured again with what is at least planned, and at
        least agreed.

        >>> study = graph.analyse("betweenness")
        >>> study["betweenness"].headline
        'Among countries, United States leads with 0.37. Among topics, semiconductors leads with 0.16.'
        >>> study["betweenness"].frame[["node", "betweenness", "planned"]].round(2).head(2)
                    node  betweenness  planned
        0  United States         0.37     0.28
        1          Japan         0.28     0.06
        """
        choice = _choice(stage, inferred, known_by, level)
        if isinstance(network, str):
            return analysis.analyse(self.built, self.workspace, network, chosen, choice)
        if choice != definitions.Choice():
            raise UsageError("what counts is chosen for a network by name; omit it for one of your own")
        return analysis.of_network(self._network(network), chosen)

    @_in_its_languages
    def draw(self, network: str | nx.Graph = "country-topic") -> Page:
        """Return a network, by name or your own, as a page to move about in; it shows itself in a notebook.

        >>> graph.draw("country-country").document.startswith("<!doctype html>")
        True
        """
        from eudigraph.explore import page

        return page.sketch(looks.things(self._network(network)))

    @_in_its_languages
    def plot(self, network: str | nx.Graph = "country-topic", title: str = "") -> plots.Plot:
        """Return a network, by name or your own, as a picture; it shows itself in a notebook, and can be saved.

        >>> graph.plot("country-country")
        <picture: Countries with topics in common>
        """
        if not isinstance(title, str):
            raise UsageError(f"a title is a text, not {cut(repr(title))}")
        return plots.network(self._network(network), title)

    @_in_its_languages
    def export(self, form: str, network: str = definitions.EVERYTHING, out: str | Path | None = None) -> list[Path]:
        """Write the graph, or a network of it, for other tools; return the files.

        ``form`` is ``graphml``, ``gexf``, ``cytoscape``, ``neo4j`` (a folder), ``icalendar`` or ``jsonld``.
        """
        from eudigraph.export import write

        place = None if out is None else files.path_of(out)
        written, notes = write.write(self.built, self.workspace, form, network, out=place)
        _warn_all(notes)
        return written

    @_in_its_languages
    def explorer(self) -> Page:
        """Return the explorer; as the last thing in a notebook's cell it shows itself."""
        from eudigraph.explore import page

        return page.explorer(self.built)

    def dataset(self) -> rdflib.Dataset:
        """Return everything as an rdflib Dataset in memory: passages and the build's own graphs as named graphs."""
        import rdflib

        data = rdflib.Dataset()
        for quad in self.built.store:
            if not isinstance(quad.graph_name, DefaultGraph):
                s, p, o, g = (rdflib_term(t) for t in (quad.subject, quad.predicate, quad.object, quad.graph_name))
                data.graph(g).add((s, p, o))
        return data

    @_in_its_languages
    def ontology(self, *, inferred: bool = True) -> owlready2.Ontology:
        """Return ontology and graph as owlready2 objects, in a world of their own: classes, properties, individuals.

        Each property is an attribute, of its values a list: ``japan.label``, ``japan.partnerIn``, ``meeting.date``. An
        engagement has all that was ever said (``status``, ``date``) and how it stands by the newest knowledge
        (``currentStatus``, ``currentStage``, ``currentDate``, ``currentPlace``); a country what it ``cooperatesOn``;
        and each tie of a country to a topic its ``stage``. Dates are texts, since OWL 2 DL has no ``xsd:date``.

        With ``inferred=False`` there is only what is claimed, and what follows is for a reasoner to find.

        >>> onto = graph.ontology()
        >>> japan = onto.search_one(label="Japan")
        >>> sorted(str(meeting.label[0]) for meeting in japan.partnerIn if isinstance(meeting, onto.Meeting))
        ['EU–Japan summit 2023']
        >>> (summit,) = onto.search(type=onto.Meeting, withCountry=japan)
        >>> summit.currentStatus[0].name, summit.currentStage[0].name, summit.currentDate
        ('to-be-confirmed', 'planned', ['2023-07-03?/2023-07-04?'])
        """
        from eudigraph.reason import hermit, objects

        triples = objects.statements(self.built.store, ontology.from_store(self.built.store), inferred=inferred)
        loaded: owlready2.Ontology = hermit.load(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
        return loaded

    def _network(self, network: str | nx.Graph) -> nx.Graph:
        """Return a network that is given by its name, or as one of NetworkX."""
        import networkx as nx

        if isinstance(network, str | nx.Graph):
            return self.network(network) if isinstance(network, str) else network
        raise UsageError(f"a network is a name, such as 'country-topic', or one of NetworkX, not {cut(repr(network))}")

    def ask(self, text: str, variables: Mapping[str, Value], asking: answers.Asking) -> Answer:
        """Return the answer to SPARQL of one's own as terms; see ``sparql``, which makes a table of it."""
        _text(text, "SPARQL is", "SELECT ?entity ?name { ?entity skos:prefLabel ?name }")
        unknown = [name for name in variables if not re.search(rf"[?$]{re.escape(name)}\b", text)]
        if unknown:
            raise UsageError(f"the query has no variable ?{unknown[0]}; write it where its value belongs")
        found = answers.ask_text(self.built, text, asking, {name: _term(value) for name, value in variables.items()})
        _warn_all(hints.remarks(self.built, text, found))
        if found.empty or found.truth is False:
            _warn_all(hints.of_variables(self.built, variables))
        return found

    def _given(self, answer: Answer, with_iris: bool) -> pd.DataFrame | rdflib.Graph | bool:
        if answer.truth is not None:
            return answer.truth
        return rdflib_graph(answer) if answer.triples is not None else self.frame(answer, with_iris)

    def frame(self, answer: Answer, with_iris: bool = True) -> pd.DataFrame:
        """Return the rows of an answer as a table, entities by their names; see ``query``."""
        iris = {term.value for row in answer.rows for term in row if isinstance(term, NamedNode)}
        return frame_of(answer, labels.labels(self.built.store, iris), with_iris=with_iris)


def _text(value: object, what: str, example: str) -> str:
    """Return a value that is a text; of any other, UsageError says ``what`` it should be, with an example."""
    if not isinstance(value, str):
        raise UsageError(f"{what} a text, such as {example!r}, not {cut(repr(value))}")
    return value


def asking_of(limit: object, timeout: object, evidence: bool) -> answers.Asking:
    """Return how to ask; raises UsageError for a limit or a timeout that cannot be."""
    if limit is not None and (type(limit) is not int or limit < 1):
        raise UsageError(f"a limit is a number of rows from 1, not {cut(repr(limit))}")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise UsageError(f"a timeout is a number of seconds above 0, not {cut(repr(timeout))}")
    return answers.Asking(limit=limit, timeout=timeout, evidence=bool(evidence))


def _warn(what: str) -> None:
    """Warn whoever called the library, in the line that did."""
    level = next((i for i, frame in enumerate(inspect.stack()) if "eudigraph" not in Path(frame.filename).parts), 2)
    warnings.warn(what, stacklevel=level + 1)


def _warn_all(notes: Iterable[str]) -> None:
    for note in notes:
        _warn(note)


def _choice(
    stage: str | None, inferred: bool, known_by: str | datetime.date | None, level: int | None
) -> definitions.Choice:
    return definitions.Choice(stage, inferred, None if known_by is None else _day(known_by), level)


def _day(given: str | datetime.date) -> datetime.date:
    """Return the day that is given, or meant by a text; warns of a text that names no single day."""
    if not isinstance(given, str):
        return given
    day = dates.day(given)
    _warn_all([day.note] if day.note else [])
    return day.day


def _term(value: Value) -> NamedNode | Literal:
    if isinstance(value, str):
        iri = expand(value)
        try:
            return NamedNode(iri) if iri else Literal(value)
        except ValueError as error:
            raise UsageError(f"{cut(repr(value))} can stand for no variable: {error}") from error
    if isinstance(value, datetime.date):
        return Literal(value.isoformat(), datatype=NamedNode(XSD + "date"))
    if isinstance(value, decimal.Decimal):
        return Literal(str(value), datatype=NamedNode(XSD + "decimal"))
    if not isinstance(value, int | float):
        raise UsageError(f"{cut(repr(value))} can stand for no variable; give a text, a number, a day or an IRI")
    return Literal(value)
