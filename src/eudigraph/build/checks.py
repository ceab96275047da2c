"""What the files say: vocabulary, evidence, texts, dates, order.

Every check yields problems; none raises or changes a file.

What can be told from the survey that was made while they were read is checked by it, the rest by SPARQL; both grow with
what was loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from eudigraph.build import steps
from eudigraph.build.assemble import Assembly
from eudigraph.build.survey import MAX_DIGITS, MAX_TEXT, Order, Survey
from eudigraph.model import dates
from eudigraph.model.inventory import Entry
from eudigraph.model.names import (
    BASE,
    EDTF,
    EUD,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_REFERENCE,
    OWN_GRAPHS,
    RDF_TYPE,
    SKOS,
    shorten,
)
from eudigraph.model.ontology import Ontology
from eudigraph.model.text import similar
from eudigraph.model.triples import iri, select
from eudigraph.model.workspace import Workspace
from eudigraph.reason import rules
from eudigraph.sources import files
from eudigraph.sources.problems import ERROR, NAMELESS, QUOTED, WARNING, Probe, Problem, key, show

PROVENANCE_CLASSES = ("Passage", "Source", "Reading")
REFERENCE_DOMAINS = ("LegalAct", "Place", "Organisation", "Term")
"""Classes whose properties reference data may state; all else is for sources to claim."""
MAX_SCHEME = 12
"""Concepts of a scheme up to which all are named where one is misspelt."""


def check(store: Store, assembly: Assembly, workspace: Workspace) -> list[Problem]:
    """Return what is wrong with what the files say, before anything is derived from it."""
    ontology = assembly.ontology
    survey = assembly.survey
    return [
        *assembly.problems,
        *_axioms(ontology),
        *_vocabulary(survey, ontology),
        *_kinds_of_values(survey, ontology),
        *_described(store, survey, ontology),
        *_nameless(survey),
        *_passages(store, survey),
        *_places(survey),
        *_claims_without_passage(survey),
        *_claims_in_reference(store, survey, ontology),
        *_texts(survey),
        *_numbers(survey),
        *_dates(store, survey),
        *steps.steps(store, ontology, survey.described),
        *_bounds(store),
        *(p for path, graphs in survey.hidden.items() for p in _hidden(workspace.show(path), graphs)),
        *_orders(survey, assembly.files, workspace),
    ]


def _axioms(ontology: Ontology) -> Iterator[Problem]:
    """An axiom that the rules do not know is not followed when the graph is built, and nobody would notice."""
    unknown = [*ontology.unknown_axioms]
    for term in ontology.properties:
        unknown += [f"{trait} of {shorten(term.iri)}" for trait in sorted(term.traits - rules.KNOWN_TRAITS)]
    for axiom in unknown:
        what = f"the ontology has an axiom that no rule follows: {axiom}"
        mend = "say it with named terms and the kinds of axioms that the ontology has already, or take it out"
        yield Problem(WARNING, what, mend, "ontology/")


def _vocabulary(survey: Survey, ontology: Ontology) -> Iterator[Problem]:
    """Properties and classes must be declared: the vocabulary is closed, so that a slip is found and not believed."""
    properties = {t.iri for t in ontology.properties} | {RDF_TYPE.value}
    for name in sorted(set().union(*survey.uses.values()) - properties):
        if name in ontology.deprecated:
            what, mend = f"{shorten(name)} is deprecated", ontology.deprecated[name]
        else:
            what, mend = f"{shorten(name)} is no property of the ontology", _did_you_mean(name, properties)
        yield Problem(ERROR, what, mend, probe=Probe(predicate=name))
    classes = {t.iri for t in ontology.classes}
    for term in sorted(survey.classes, key=str):
        name = key(term)
        if name not in {*classes, NAMELESS, QUOTED}:
            if name in ontology.deprecated:
                what, mend = f"{show(term)} is deprecated", ontology.deprecated[name]
            else:
                what, mend = f"{show(term)} is no class of the ontology", _did_you_mean(name, classes)
            yield Problem(ERROR, what, mend, probe=Probe(predicate=RDF_TYPE.value, object=name))


def _kinds_of_values(survey: Survey, ontology: Ontology) -> Iterator[Problem]:
    """An object property leads to a thing, a data property to a text, number or date."""
    kinds = {t.iri: t.kind for t in ontology.properties}
    mends = {
        ("ObjectProperty", Literal): "give an IRI, such as country:japan, not a text",
        ("DatatypeProperty", NamedNode): "give a text, number or date in quotes, not an IRI",
    }
    for kind, uses in survey.uses.items():
        for name, quad in uses.items():
            if mend := mends.get((kinds.get(name, ""), kind)):
                yield Problem(ERROR, f"{shorten(name)} has the value {show(quad.object)}", mend, probe=_probe(quad))


def _described(store: Store, survey: Survey, ontology: Ontology) -> Iterator[Problem]:
    """Whatever of ours a statement speaks of must be described somewhere, else its name has a slip."""
    missing = sorted(name for name in survey.mentioned - survey.described if name.startswith(BASE))
    if not missing:
        return
    named = [
        row["s"].value for row in select(store, f"SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s <{SKOS}prefLabel> ?l }} }}")
    ]
    statuses = steps.Statuses(store, ontology)
    for name in missing:
        uses = list(store.quads_for_pattern(None, None, NamedNode(name), None))
        if uses and all(quad.predicate.value == EUD + "status" for quad in uses):
            things = {key(quad.subject) for quad in uses}
            mend = f"correct it; {statuses.advice(name, set().union(*map(statuses.schemes_of, things)))}"
        elif fitting := _concepts(store, ontology, uses):
            near = similar(shorten(name), [shorten(k) for k in fitting]) or [shorten(k) for k in fitting]
            mend = f"correct it; {'nearest' if len(near) < len(fitting) else 'one of'}: {', '.join(near)}"
        else:
            kind = BASE + name.removeprefix(BASE).partition("/")[0] + "/"
            near = [n for n in named if n.startswith(kind)] or named
            mend = _did_you_mean(
                name, near, "correct it, or give it a class and a name (skos:prefLabel) in graph/reference/"
            )
        yield Problem(ERROR, f"{shorten(name)} is described nowhere", mend, probe=Probe(object=name))


def _concepts(store: Store, ontology: Ontology, uses: Iterable[Quad]) -> list[str]:
    """Return what the ontology has of the classes that something is used as, if it has a few of these: a scheme."""
    terms = (ontology.terms.get(quad.predicate.value) for quad in uses)
    classes = {range_ for term in terms if term for range_ in term.ranges}
    found = {
        key(quad.subject)
        for name in classes
        for quad in store.quads_for_pattern(None, RDF_TYPE, NamedNode(name), GRAPH_ONTOLOGY)
    }
    return sorted(found) if len(found) <= MAX_SCHEME else []


def _nameless(survey: Survey) -> Iterator[Problem]:
    """Claims have no blank nodes and quote no statements: whatever is spoken of can be spoken of again."""
    beside = [(name, Probe(NAMELESS, name)) for name in survey.of_nameless]
    beside += [(name, Probe(None, name, NAMELESS)) for name in survey.uses[BlankNode]]
    for name, probe in beside:
        what = f"a thing without a name stands beside {shorten(name)}"
        yield Problem(ERROR, what, "give it an IRI of its own instead of []", probe=probe)
    for name in survey.uses[Triple]:
        what = f"a quoted statement stands beside {shorten(name)}"
        mend = "say it in a passage's graph instead"
        yield Problem(ERROR, what, mend, probe=Probe(predicate=name, object=QUOTED))


def _passages(store: Store, survey: Survey) -> Iterator[Problem]:
    """Every claim needs a passage. A passage need claim nothing: what it says is in its gist."""
    passages = {subject for subject, classes in survey.provenance.items() if EUD + "Passage" in classes}
    graphs = {*store.named_graphs()}
    for graph in sorted(graphs - passages - {*OWN_GRAPHS}, key=str):
        if name := iri(graph):
            what = f"claims stand in {shorten(name)}, which is no passage"
            mend = "describe it above its claims (a eud:Passage)"
        else:
            what, mend = "claims stand in a graph without a name", "name the passage that says so instead of _: or []"
        yield Problem(ERROR, what, mend, passage=name, probe=Probe(graph=key(graph)))


def _places(survey: Survey) -> Iterator[Problem]:
    """A passage is named after the source that it lies in, and ends where its source does or before."""
    passages = {key(subject) for subject, kinds in survey.provenance.items() if EUD + "Passage" in kinds}
    ends, sizes = _whole_numbers(survey, "end"), _whole_numbers(survey, "characters")
    sources = survey.places[EUD + "source"].items()
    lies = {(thing, value.value) for thing, values in sources for value in values if isinstance(value, NamedNode)}
    beyond: set[tuple[str, int, int]] = set()
    for passage, source in sorted(lies):
        # Files are made after the pattern of others; a prefix that was not changed would mix two sources' passages.
        own = f"{BASE}passage/{source.partition(BASE + 'source/')[2]}/"
        if passage in passages and passage.startswith(BASE + "passage/") and not passage.startswith(own):
            what = f"{shorten(passage)} is a passage of {shorten(source)}, but named after another source"
            mend = "name passages passage/<the source's name>/…; correct the prefix at the top of the file"
            yield Problem(ERROR, what, mend, passage=passage, probe=Probe(passage, EUD + "source", source))
        pairs = product(ends.get(passage, []), sizes.get(source, []))
        beyond |= {(passage, end, size) for end, size in pairs if end > size}
    for passage, end, size in sorted(beyond):
        what = f"{shorten(passage)} ends at {end}, beyond the {size} characters of its source"
        mend = "correct eud:end, or eud:characters of the source"
        yield Problem(ERROR, what, mend, passage=passage, probe=Probe(passage, EUD + "end"))


def _whole_numbers(survey: Survey, name: str) -> dict[str, list[int]]:
    """Return the whole numbers that things have by one of our properties; the shapes name others."""
    found = survey.places[EUD + name].items()
    return {thing: [n for value in values if (n := files.whole_number(value)) is not None] for thing, values in found}


def _claims_without_passage(survey: Survey) -> Iterator[Problem]:
    """Outside passages a file of claims describes passages, sources and readings, and nothing else."""
    kinds = {EUD + name for name in PROVENANCE_CLASSES}
    beside = (subject for subject, classes in survey.provenance.items() if kinds.isdisjoint(classes))
    for subject in sorted(beside, key=str):
        what = f"a claim about {show(subject)} has no passage"
        mend = "move it into the graph of the passage that says it, or, if it only describes, into graph/reference/"
        yield Problem(ERROR, what, mend, probe=Probe(subject=key(subject), graph=GRAPH_PROVENANCE.value))


def _claims_in_reference(store: Store, survey: Survey, ontology: Ontology) -> Iterator[Problem]:
    """What a source claims must not hide among the reference data.

    A property that several classes may have, such as a status, is for reference data where its subject is.
    """
    allowed = {EUD + name for name in REFERENCE_DOMAINS}
    ours = [t for t in ontology.properties if t.ours]
    claimable = {t.iri for t in ours if t.domains and not allowed & set(t.domains)}
    either = {t.iri for t in ours if not t.domains and allowed & set(t.domain_includes)}
    claimable |= {t.iri for t in ours if not t.domains and t.domain_includes} - either
    types = [store.quads_for_pattern(None, RDF_TYPE, NamedNode(name), GRAPH_REFERENCE) for name in sorted(allowed)]
    at_home = {key(quad.subject) for quads in types for quad in quads}
    for subject, name in sorted(survey.reference):
        if name in claimable or (name in either and subject not in at_home):
            what = f"{shorten(name)} of {shorten(subject)} stands among the reference data"
            mend = "move it into the graph of the passage that says it"
            yield Problem(ERROR, what, mend, probe=Probe(subject, name, graph=GRAPH_REFERENCE.value))


def _texts(survey: Survey) -> Iterator[Problem]:
    """Texts have a sensible length and are plain: markup is shown as it stands, never run."""
    for triple in sorted(survey.odd["text"], key=str):
        what = f"{_whose(triple)} is a text of {len(key(triple.object)):,} characters"
        yield Problem(ERROR, what, f"keep texts below {MAX_TEXT:,} characters", probe=_probe(triple))
    for triple in sorted(survey.odd["markup"], key=str):
        mend = "write plain text; markup is shown as it stands, never run"
        yield Problem(WARNING, f"{_whose(triple)} has markup in it", mend, probe=_probe(triple))


def _numbers(survey: Survey) -> Iterator[Problem]:
    """Numbers have a sensible length: no comparison would find that a longer one is too large."""
    for triple in sorted(survey.odd["number"], key=str):
        what = f"{_whose(triple)} is a number of {len(key(triple.object)):,} digits"
        yield Problem(ERROR, what, f"write a number of at most {MAX_DIGITS} digits", probe=_probe(triple))


def _dates(store: Store, survey: Survey) -> Iterator[Problem]:
    """Dates are EDTF and name days that exist."""
    for text in sorted(survey.dates):
        try:
            dates.bounds(text)
        except ValueError as error:
            what = f"{text[:80]!r} {error}"
            mend = "write it as 2023-06-30, 2023-06, 2023-05-15/2023-05-16 or 2023-06-30?"
            date = Literal(text, datatype=NamedNode(EDTF))
            found = {quad.triple for quad in store.quads_for_pattern(None, None, date, None)}
            for triple in sorted(found, key=str):
                yield Problem(ERROR, what, mend, probe=_probe(triple))


def _bounds(store: Store) -> Iterator[Problem]:
    """Bounds that somebody wrote must be those of their date."""
    query = f"""SELECT ?s ?o ?first ?last {{ GRAPH ?g {{ ?s <{EUD}edtf> ?o FILTER(isLiteral(?o))
        OPTIONAL {{ ?s <{EUD}earliest> ?first }} OPTIONAL {{ ?s <{EUD}latest> ?last }} }} }} ORDER BY ?s ?o"""
    for row in select(store, query):
        try:
            derived = dates.bounds(row["o"].value)
        except ValueError:
            continue  # reported above
        written = [key(row[end]) if row[end] else None for end in ("first", "last")]
        if written != [day.isoformat() if day else None for day in derived]:
            what = f"the bounds written for {show(row['o'])} are not those of the date"
            probe = Probe(key(row["s"]), EUD + "edtf", key(row["o"]))
            yield Problem(ERROR, what, "take them out; the build derives them", probe=probe)


def _hidden(file: str, graphs: set[str]) -> Iterator[Problem]:
    """Name each graph that the build writes itself and a file of claims has put something into.

    That would pass for reference data, or for what follows, without any passage. The graph of provenance is not among
    them: what stands in no graph goes there.
    """
    for graph in sorted(graphs):
        what = f"claims stand in {shorten(graph)}, which only the build writes to"
        mend = "move them into the graph of the passage that says them"
        yield Problem(ERROR, what, mend, file, probe=Probe(graph=graph))


def _orders(survey: Survey, files_: Iterable[Entry], workspace: Workspace) -> Iterator[Problem]:
    """Passages stand in the order of the text, each above its claims; reference data in the order of the IRIs."""
    starts, ends = _whole_numbers(survey, "start"), _whole_numbers(survey, "end")
    spans = {p: (max(starts.get(p, [0]), default=0), -max(ends.get(p, [0]), default=0)) for p in {**starts, **ends}}
    for entry in files_:
        path = entry.path
        if path not in survey.orders or entry.syntax not in ("Turtle", "TriG"):  # others are not written by hand
            continue
        found = list(_disorder(entry.role == "reference", survey.orders[path], spans))
        if found:  # only then are the lines of interest, for which the file is read again
            shown, lines = workspace.show(path), [line for line, _ in files.statements(path)]
            for what, mend, place, passage in found:
                yield Problem(WARNING, what, mend, shown, lines[place], passage)


def _disorder(
    by_name: bool, order: Order, everywhere: Mapping[str, tuple[int, int]]
) -> Iterator[tuple[str, str, int, str | None]]:
    """Yield what is wrong with the order, how to mend it, the place and, if it is about one, the passage.

    Things stand ``by_name``, passages in the order of the text; ``everywhere`` has the first character of passages, and
    the last as a negative number.
    """
    first = order.things
    for place, quad in order.doubled:
        what = f"{show(quad.subject)} {show(quad.predicate)} {show(quad.object)} stands here twice"
        yield what, "take one of them out", place, None
    if not order.whole:
        return
    if by_name:
        for one, other in pairwise(first):
            if other < one:
                what = f"{shorten(other)} stands after {shorten(one)}"
                yield what, "put things in the order of their IRIs", first[other], None
        return
    spans = {thing: everywhere[thing] for thing in first if thing in everywhere}
    for one, other in pairwise(spans):
        if spans[other] < spans[one]:
            what = f"{shorten(other)} begins at {spans[other][0]} and stands below {shorten(one)}, which begins later"
            if spans[other][0] == spans[one][0]:
                what = f"{shorten(other)} stands below {shorten(one)}, which it contains"
            yield what, "put passages in the order of the text, the longer first", first[other], other
    following = {one: first[other] for one, other in pairwise(spans)}
    for passage, place in order.graphs.items():
        if passage in spans and not first[passage] < place <= following.get(passage, place):
            what = f"the claims of {shorten(passage)} do not follow its description"
            yield what, "put them right below it", place, passage


def _whose(statement: Triple) -> str:
    return f"{show(statement.predicate)} of {show(statement.subject)}"


def _probe(statement: Triple | Quad) -> Probe:
    return Probe(key(statement.subject), key(statement.predicate), key(statement.object))


def _did_you_mean(name: str, known: set[str] | list[str], otherwise: str = "correct its name") -> str:
    near = similar(shorten(name), [shorten(k) for k in known])
    return f"{otherwise}; nearest: {', '.join(near)}" if near else otherwise
