"""What a worker of the server answers: queries, the library's questions, pages, descriptions.

Whatever a client sent is first looked at here, so that a request that takes without end meets its deadline as well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Triple

from eudigraph.ask import answers, explain, hints, library, lookup
from eudigraph.engine import store
from eudigraph.engine.answer import Answer, asked, run
from eudigraph.engine.safety import Graphs, Query, graph_named, prepare
from eudigraph.model import ontology, triples
from eudigraph.model.errors import EudigraphError, UsageError
from eudigraph.model.labels import LANGUAGES, asked_for, labels, languages, preferred, preferring
from eudigraph.model.names import BASE, EUD, GRAPH_DEFAULT, GRAPH_ONTOLOGY, PREFIXES, SKOS, XSD, shorten
from eudigraph.model.text import cut
from eudigraph.model.workspace import Workspace
from eudigraph.serve import description, pages
from eudigraph.serve.pool import MAX_REPLY
from eudigraph.serve.replies import HTML, PAGES, UNDER, Refusal, Reply, link, negotiate, problem, text
from eudigraph.show import formats as formats_

_STYLES = ("report.css", "page.css")
_EXAMPLE = """SELECT ?country ?topic
WHERE { ?country eud:cooperatesOn ?topic }
ORDER BY ?country ?topic
LIMIT 50"""


class Service:
    """Answers requests from one store, with so many rows at most.

    ``base`` is where clients find the server, without a slash at its end.
    """

    def __init__(self, graph: store.Built, space: Workspace, *, base: str = "", rows: int = 100_000) -> None:
        self.graph, self.base, self.rows = graph, base, rows
        self.library = library.load_library(space)
        self._chosen: dict[str, list[str]] = {}
        self._kinds: Mapping[str, Callable[[dict[str, Any]], Reply]] = {
            "sparql": self._sparql,
            "editor": lambda request: self._editor(request["query"], request, request["wrong"]),
            "explorer": self._explorer,
            "entity": self._entity,
            "ontology": self._ontology,
            "questions": self._questions,
            "question": self._question,
            "explain": self._explain,
            "openapi": self._openapi,
            "void": self._void,
        }

    def reply(self, request: dict[str, Any]) -> Reply:
        """Return the answer to a request; whatever is wrong with it, or goes wrong, is an answer as well."""
        UNDER.set(urlsplit(self.base).path)  # and left so: what is said after this one has failed has links, too
        try:
            with preferring(languages(tags) if (tags := request.get("lang")) else LANGUAGES):
                made = self._kinds[request["kind"]](request)
            if len(made.body) > MAX_REPLY:
                raise UsageError(f"the answer is larger than {MAX_REPLY // 1024**2} MB; make the query narrower")
        except (EudigraphError, Refusal) as error:
            return problem(error, request.get("accept", ""))
        made.headers.setdefault("vary", "accept")
        return made

    @property
    def _terms(self) -> ontology.Ontology:
        if preferred() != LANGUAGES:
            return ontology.from_store(self.graph.store)
        return self._usual_terms

    @cached_property
    def _usual_terms(self) -> ontology.Ontology:
        return ontology.from_store(self.graph.store)

    # --- SPARQL ---------------------------------------------------------------------------------------------------

    def _sparql(self, request: dict[str, Any]) -> Reply:
        asked: str | None = request["query"]
        accept = _accept(request)
        if asked is None:
            return self._service(accept)
        offered = (*formats_.ROWS, *formats_.GRAPHS, HTML)
        if negotiate(accept, offered) == HTML:
            return self._editor(asked, request)
        query = prepare(asked, choosing=True, base=self._address)
        formats = {"select": formats_.ROWS, "ask": formats_.TRUTHS}.get(query.form, formats_.GRAPHS)
        media = negotiate(accept, tuple(formats))
        return self._written(replace(query, graphs=self._graphs(query, request)), media, self.rows, request)

    @property
    def _address(self) -> str | None:
        """Where the endpoint is, which relative IRIs of a query are relative to."""
        return f"{self.base}/sparql" if self.base else None

    def _written(self, query: Query, media: str, limit: int, request: Mapping[str, Any]) -> Reply:
        """Return what a query gives, as programs read it, or CSV as people do."""
        people = media == "text/csv" and _is_for_people(request)
        with asked(self.graph.store, query) as results:
            body, is_cut = formats_.write_results(results, media, limit, for_people=people)
        return text(body, media, **{"x_sparql_maxrows": str(limit)} if is_cut else {})

    def _answer(self, query: Query, request: dict[str, Any]) -> Answer:
        return run(self.graph.store, replace(query, graphs=self._graphs(query, request)), limit=self.rows)

    def _graphs(self, query: Query, request: dict[str, Any]) -> Graphs:
        """Return the graphs that a request chooses or else its query does; refuse those that are not in the dataset.

        As the protocol has it, the request goes before the query.
        """
        default, named = (tuple(map(graph_named, request.get(kind, ()))) for kind in ("default", "named"))
        chosen = Graphs(default, named) if default or named else query.graphs
        if chosen == Graphs():
            return chosen
        inner = tuple(node for graph in chosen.named or () if isinstance(node := self._graph(graph), NamedNode))
        return Graphs(tuple(map(self._graph, chosen.default)), inner)

    def _graph(self, name: NamedNode | DefaultGraph) -> NamedNode | DefaultGraph:
        if isinstance(name, DefaultGraph) or name == GRAPH_DEFAULT:
            return DefaultGraph()
        if not any(True for _ in self.graph.store.quads_for_pattern(None, None, None, name)):
            raise UsageError(f"{cut(name.value)} is no graph of this dataset; leave it out, or give one that is")
        return name

    def _editor(self, asked: str, request: dict[str, Any], wrong: str = "") -> Reply:
        """Return the page for writing a query, with the answer to the one that is given, or what is wrong with it."""
        given: dict[str, Any] = {"answer": False, "wrong": wrong, "truth": None}
        given |= {"columns": [], "rows": [], "remarks": []}
        if asked.strip() and not wrong:
            try:
                answer = self._answer(prepare(asked, choosing=True, base=self._address), request)
                given |= self._shown(answer)
                given["remarks"] += hints.remarks(self.graph, asked, answer)
                given["links"] = [(form, _query_link(asked, form)) for form in _forms(answer)]
            except UsageError as error:
                given["wrong"] = str(error)
        library = [(q.name, q.title, _query_link(q.text, "html")) for q in self.library.values()]
        shown = asked or _EXAMPLE
        made = _page(
            "editor",
            script="editor.js",
            title="SPARQL",
            query=shown,
            lines=min(30, max(10, shown.count("\n") + 2)),
            vocabulary=self._vocabulary,
            library=library,
            **given,
        )
        made.status = 400 if given["wrong"] else 200
        return made

    def _shown(self, answer: Answer) -> dict[str, Any]:
        """Return what the editor's page shows of an answer."""
        if answer.truth is not None:
            return {"answer": True, "truth": "Yes." if answer.truth else "No."}
        if answer.triples is not None:
            triples = [(t.subject, t.predicate, t.object) for t in sorted(set(answer.triples), key=str)]
            answer = Answer(["subject", "property", "object"], triples, cut=answer.cut)
        names = pages.row_names(self.graph.store, answer)
        more = _more(answer)
        return {
            "answer": True,
            "columns": answer.variables,
            "rows": pages.rows(answer, names),
            "remarks": [more] if more else [],
        }

    @cached_property
    def _vocabulary(self) -> list[str]:
        return [f"eud:{term.name}" for term in self._terms.terms.values() if term.ours] + [f"{p}:" for p in PREFIXES]

    def _service(self, accept: str) -> Reply:
        """Return what the endpoint is: to a person the page for writing queries, to a program its description."""
        media = negotiate(accept, (*formats_.GRAPHS, HTML))
        if media == HTML:
            return self._editor("", {})
        return text(formats_.write_graph(description.service(self.base), media), media)

    # --- The library's questions ------------------------------------------------------------------------------------

    def _questions(self, request: dict[str, Any]) -> Reply:
        if negotiate(_accept(request), ("application/json", HTML)) == HTML:
            kinds = {p.type for query in self.library.values() for p in query.parameters.values()}
            choices = {kind: self._choices(kind) for kind in sorted(kinds)}
            library = list(self.library.values())
            return _page("api", title="Questions", library=library, names=self._defaults, choices=choices)
        listed = [description.question(query) for query in self.library.values()]
        return _json({"queries": listed})

    def _question(self, request: dict[str, Any]) -> Reply:
        """Answer a question of the library, its parameters, limit, evidence and format given as in an address."""
        name, given = request["name"], dict(request["given"])
        if name not in self.library:
            try:
                library.find(self.library, name)
            except UsageError as error:
                raise Refusal(404, str(error)) from None
            raise Refusal(404, f"there is no question {cut(name)!r}; they are listed at {link('/api/queries')}")
        query = self.library[name]
        accept = formats_.wanted(request.get("format"), request.get("accept", ""), formats_.QUESTIONS)
        media = negotiate(accept, tuple(dict.fromkeys(("application/json", *formats_.ROWS, HTML))))
        limit = _number(given.pop("limit", str(self.rows)), self.rows)
        wanted = given.pop("evidence", "true" if media == HTML else "false")
        for other in ("format", "lang"):
            given.pop(other, None)
        if wanted not in ("true", "false"):
            raise UsageError("evidence is true or false; write one of these")
        if wanted == "true" and media not in ("application/json", HTML):
            raise UsageError(f"{media} has no place for evidence; leave evidence out, or ask for format=json")
        try:
            values, notes = lookup.resolve(self.graph.store, query, {k: v for k, v in given.items() if v.strip()})
        except UsageError as error:
            if media != HTML:
                raise
            return self._answered(query, given, None, wrong=str(error) if {*request["given"]} - {"lang"} else "")
        bound = prepare(library.bind(query, values))
        if media not in ("application/json", HTML):
            made = self._written(bound, media, limit, request)
            if notes:
                made.headers["x-eudigraph-notes"] = json.dumps(notes)
            return made
        found = run(self.graph.store, bound, limit=limit)
        if media == HTML:
            found.cut = found.cut or len(found.rows) > pages.MAX_SHOWN
            found.rows = found.rows[: pages.MAX_SHOWN]
        answer = found
        if wanted == "true":
            answer = answers.attach(self.graph.store, query.evidence, values, found, {})
        answer.notes = notes
        if media == HTML:
            return self._answered(query, given, answer, values)
        return self._as_json(query, values, answer)

    def _answered(
        self,
        query: library.LibraryQuery,
        given: Mapping[str, str],
        answer: Answer | None,
        values: Mapping[str, library.Value] | None = None,
        wrong: str = "",
    ) -> Reply:
        shown: dict[str, Any] = {"columns": [], "rows": [], "passages": [], "links": [], "more": "", "notes": []}
        if answer:
            asked = {key: value for key, value in given.items() if value.strip()}
            more = {"json": {"evidence": "true"}} if answer.behind is not None else {}
            shown = {
                "columns": answer.variables,
                "rows": pages.rows(answer, pages.row_names(self.graph.store, answer)),
                "passages": answer.passages,
                "links": [
                    (f, pages.here(f"/api/queries/{query.name}?{urlencode({**asked, **more.get(f, {}), 'format': f})}"))
                    for f in ("json", "csv", "xml")
                ],
                "notes": answer.notes,
                "more": _more(answer),
            }
        made = _page(
            "answer",
            title=query.title,
            query=query,
            given=given,
            answer=answer is not None,
            wrong=wrong,
            own=urlencode({"query": library.bind(query, values or {}), "format": "html"}),
            choices={p.type: self._choices(p.type) for p in query.parameters.values()},
            names=self._names_of(answer) | self._defaults,
            **shown,
        )
        made.status = 400 if wrong else 200
        return made

    def _choices(self, kind: str) -> list[str]:
        """Return the names of all entities of a kind, for people to choose from, unless there are too many."""
        if kind in ("resource", "property", "date", "integer", "text"):
            return []
        if kind not in self._chosen:
            query = f"SELECT DISTINCT ?x {{ ?x a <{EUD}{kind}> ; <{SKOS}prefLabel> ?n }} LIMIT {pages.MAX_SHOWN + 1}"
            found = [row["x"].value for row in triples.select(self.graph.store, query)]
            self._chosen[kind] = found if len(found) <= pages.MAX_SHOWN else []
        return sorted(set(labels(self.graph.store, self._chosen[kind]).values()))

    @property
    def _defaults(self) -> dict[str, str]:
        """The names of the entities that parameters have by default."""
        given = {p.default for q in self.library.values() for p in q.parameters.values() if p.default}
        return labels(self.graph.store, {text for text in given if text.startswith(BASE)})

    def _names_of(self, answer: Answer | None) -> dict[str, str]:
        found = answer.passages if answer else []
        return labels(self.graph.store, {iri for p in found for iri in (p.speaker, p.certainty)})

    def _as_json(self, query: library.LibraryQuery, values: Mapping[str, library.Value], answer: Answer) -> Reply:
        found = answer
        iris = {t.value for row in found.rows for t in row if isinstance(t, NamedNode)}
        iris |= {i for p in answer.passages for i in (p.source, p.speaker, p.certainty)}
        iris |= {v.value for v in values.values() if isinstance(v, NamedNode)}
        names = labels(self.graph.store, iris)
        rows = [{v: _value(t, names) for v, t in zip(found.variables, row, strict=True)} for row in found.rows]
        said: dict[str, Any] = {
            "query": query.name,
            "parameters": {name: _value(value, names) for name, value in values.items()},
            "columns": found.variables,
            "rows": rows,
            "cut": found.cut,
            "notes": answer.notes,
        }
        if answer.behind is not None:
            for row, behind in zip(rows, answer.behind, strict=True):
                row["evidence"] = behind
            said["passages"] = [
                {
                    "iri": p.iri,
                    "source": _value(NamedNode(p.source), names),
                    "locator": p.locator,
                    "start": p.start,
                    "end": p.end,
                    "speaker": _value(NamedNode(p.speaker), names),
                    "certainty": _value(NamedNode(p.certainty), names),
                    "confidence": float(p.confidence),
                    "gist": p.gist,
                    "url": p.url,
                }
                for p in answer.passages
            ]
        return _json(said)

    def _openapi(self, _: dict[str, Any]) -> Reply:
        return _json(description.openapi(self.library.values(), self.base, self.rows))

    # --- Entities -----------------------------------------------------------------------------------------------------

    def _entity(self, request: dict[str, Any]) -> Reply:
        """Return what is said of the entity below ``/id/``, or in the format that its name ends in."""
        name, ending = request["name"], None
        try:
            node = NamedNode(BASE + name)
            if not triples.exists(self.graph.store, node):
                name, _, ending = name.rpartition(".")
                node = NamedNode(BASE + name)
        except ValueError:
            raise Refusal(404, f"this names no entity; what there is can be searched at {link('/')}") from None
        if not name or not triples.exists(self.graph.store, node):
            found_at = f"what there is can be searched at {link('/')}"
            raise Refusal(404, f"the graph has no {cut(BASE + request['name'])}; {found_at}")
        if ending and ending not in _ENDINGS:
            raise Refusal(404, f"an entity has no format {cut(ending)!r}; there are: {', '.join(_ENDINGS)}")
        media = formats_.SHORT[ending] if ending else negotiate(_accept(request), (*formats_.GRAPHS, HTML))
        if media != HTML:
            named = formats_.GRAPHS[media].supports_datasets
            quads = pages.statements(self.graph.store, node, named=named)
            said = formats_.write_graph(quads, media) if named else formats_.write_graph(map(_triple, quads), media)
            return text(said, media)
        entity = pages.entity(self.graph.store, self._terms, node)
        said_by = [*entity.passages, *([entity.itself] if entity.itself else [])]
        names = labels(self.graph.store, {iri for p in said_by for iri in (p.speaker, p.certainty)})
        made = _page(
            "entity",
            title=entity.label,
            entity=entity,
            names=names,
            alternates=_alternates(link(pages.path(node.value))),
        )
        made.headers["link"] = f'<{node.value}>; rel="describes"'
        return made

    def _ontology(self, request: dict[str, Any]) -> Reply:
        media = negotiate(_accept(request), (*formats_.GRAPHS, HTML))
        if media == HTML:
            terms = self._terms
            ours = sorted((term for term in terms.terms.values() if term.ours), key=lambda term: term.name.lower())
            return _page(
                "ontology",
                title="Ontology",
                version=terms.version,
                classes=[t for t in ours if t.kind == "Class"],
                properties=[t for t in ours if t.kind != "Class"],
                alternates=[(n, link(f"/ontology?format={n}"), m) for n, _, m in _alternates("")],
                known=terms.terms,
            )
        quads = self.graph.store.quads_for_pattern(None, None, None, GRAPH_ONTOLOGY)
        return text(formats_.write_graph(map(_triple, quads), media), media)

    def _explain(self, request: dict[str, Any]) -> Reply:
        parts = [request["given"].get(name, "") for name in ("subject", "property", "object")]
        if not all(parts):
            raise UsageError("an explanation needs subject, property and object; give all three")
        if negotiate(_accept(request), ("text/plain", HTML)) != HTML:
            told, notes = explain.explain(self.graph, *parts)
            return text("".join([*(f"Note: {note}\n" for note in notes), told]), "text/plain")
        statement, ways, names, notes = explain.explained(self.graph, *parts)
        made, passages = pages.reasons(self.graph.store, ways, names)
        names |= labels(self.graph.store, {iri for p in passages for iri in (p.speaker, p.certainty)})
        sentence = [pages.cell(t, names) for t in (statement.subject, statement.predicate, statement.object)]
        return _page(
            "explanation",
            title="Why it follows",
            sentence=sentence,
            reasons=made,
            passages=passages,
            names=names,
            notes=notes,
        )

    def _explorer(self, _: dict[str, Any]) -> Reply:
        from eudigraph.explore import page

        links = {name: pages.here(address) for name, address in PAGES.items()}
        return _as_page(page.render(self.graph.store, self.graph.counts, links=links))

    def _void(self, request: dict[str, Any]) -> Reply:
        media = negotiate(_accept(request), tuple(formats_.GRAPHS))
        return text(formats_.write_graph(description.dataset(self.graph, self._terms, self.base), media), media)


_ENDINGS = ("ttl", "jsonld", "nt", "rdf", "n3", "trig", "nq", "html")


def _query_link(asked: str, form: str) -> str:
    return pages.here(f"/sparql?{urlencode({'query': asked, 'format': form})}")


def _forms(answer: Answer) -> tuple[str, ...]:
    """Return the formats that an answer is offered in."""
    if answer.triples is not None:
        return "ttl", "jsonld", "nt"
    return ("json", "xml") if answer.truth is not None else ("json", "xml", "csv", "tsv")


def _alternates(path: str) -> list[tuple[str, str, str]]:
    """Return the formats of an entity: name, where it is, media type."""
    return [(ending, f"{path}.{ending}", formats_.SHORT[ending]) for ending in _ENDINGS if ending != "html"]


def _accept(request: Mapping[str, Any]) -> str:
    return formats_.wanted(request.get("format"), request.get("accept", ""))


def _is_for_people(request: Mapping[str, Any]) -> bool:
    """Return whether CSV was asked for by its short name, as our pages do, and not by its media type."""
    given = request.get("format") or ()
    names = [given] if isinstance(given, str) else given
    return "text/csv" not in request.get("accept", "") and any(name.strip().lower() == "csv" for name in names)


def _page(name: str, **given: Any) -> Reply:
    from eudigraph.show import html

    names: Mapping[str, str] = given.pop("names", {})
    known: Mapping[str, ontology.Term] = given.pop("known", {})
    filters = {
        "path": lambda iri: pages.here(pages.path(iri)),
        "here": pages.here,
        "link": link,
        "name": lambda iri: names.get(iri, iri),
        "default_name": lambda given: names.get(given, given) or "",
        "term": lambda iri: (known[iri].label if iri in known else "") or shorten(iri),
    }
    given |= {"nav": PAGES, "script": given.get("script", ""), "lang": asked_for()}
    return _as_page(html.document("serve", f"{name}.html", styles=_STYLES, filters=filters, **given))


def _as_page(document: str) -> Reply:
    """Return a page that says itself, in its head, what a browser may do with it."""
    return text(document, HTML, content_security_policy="frame-ancestors 'none'")


def _json(said: Any) -> Reply:
    return text(json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False), "application/json")


def _triple(quad: Quad) -> Triple:
    return Triple(quad.subject, quad.predicate, quad.object)


def _value(term: object, names: Mapping[str, str]) -> Any:
    """Return a term as the API has it: entities with IRI and name, numbers and truths as such, all else as text."""
    if isinstance(term, NamedNode):
        return {"iri": term.value, "label": names.get(term.value, term.value)}
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    kind = term.datatype.value.removeprefix(XSD)
    try:
        if kind == "integer":
            return int(term.value)
        if kind in ("decimal", "double", "float"):
            # JSON has no numbers that are not finite; they are the texts NaN, INF, -INF, as in the data.
            return number if math.isfinite(number := float(term.value)) else term.value
    except ValueError:
        return term.value
    return term.value == "true" if kind == "boolean" else term.value


def _number(given: str, most: int) -> int:
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:9]) <= most:
        raise UsageError(f"limit is a number of rows from 1 to {most:,}, not {cut(given)!r}")
    return int(given[:9])


def _more(answer: Answer) -> str:
    """Return what a page says of rows that it does not show."""
    if len(answer.rows) > pages.MAX_SHOWN:
        some = f"{'more than ' if answer.cut else ''}{len(answer.rows):,}"
        return f"The first {pages.MAX_SHOWN} of {some} rows; the formats below have more."
    return f"Only the first {len(answer.rows):,} rows; the formats below have more." if answer.cut else ""
