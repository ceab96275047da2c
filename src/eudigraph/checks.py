"""What the files say: vocabulary, evidence, texts, dates, order.

Every check yields problems; none raises or changes a file.

The checks of statements are SPARQL over what was loaded and grow with it; order and doubled statements are checked in
files up to ``MAX_ORDER`` statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Store

from eudigraph import claims, dates, reasoning
from eudigraph.assemble import Assembly
from eudigraph.names import (
    BASE,
    EDTF,
    EUD,
    GRAPH_DATES,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_REFERENCE,
    OWN_GRAPHS,
    RDF,
    SKOS,
    XSD,
    shorten,
    similar,
)
from eudigraph.ontology import Ontology
from eudigraph.problems import ERROR, NAMELESS, QUOTED, WARNING, Probe, Problem, key, show
from eudigraph.sparql import Row, iri, select
from eudigraph.workspace import Workspace

MAX_TEXT = 10_000
"""Characters of the longest text a statement may hold."""
MAX_DIGITS = 18
"""Characters of the longest number; stores and libraries disagree on what is longer, and do not compare it."""
MAX_ORDER = 200_000
"""Statements in a file up to which its order is checked and doubled statements are looked for."""

PROVENANCE_CLASSES = ("Passage", "Source", "Reading")
REFERENCE_DOMAINS = ("LegalAct", "Place", "Organisation")
"""Classes whose properties reference data may state; all else is for sources to claim."""
_DERIVED = (GRAPH_ONTOLOGY, GRAPH_DATES, GRAPH_INFERRED)
_CLAIMED = f"GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({', '.join(map(str, OWN_GRAPHS))}))"
_WRITTEN = f"GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({', '.join(map(str, _DERIVED))}))"


def check(store: Store, assembly: Assembly, workspace: Workspace) -> list[Problem]:
    """Return what is wrong with what the files say, before anything is derived from it."""
    ontology = assembly.ontology
    return [
        *assembly.problems,
        *_axioms(ontology),
        *_vocabulary(store, ontology),
        *_kinds_of_values(store, ontology),
        *_described(store),
        *_nameless(store),
        *_passages(store),
        *_claims_without_passage(store),
        *_claims_in_reference(store, ontology),
        *_texts(store),
        *_numbers(store),
        *_dates(store),
        *_bounds(store),
        *(p for path in assembly.reference_files for p in _order(path, workspace)),
        *(p for path in assembly.claim_files for p in _order(path, workspace)),
    ]


def _axioms(ontology: Ontology) -> Iterator[Problem]:
    """An axiom that the rules do not know is not followed when the graph is built, and nobody would notice."""
    unknown = [*ontology.unknown_axioms]
    for term in ontology.properties:
        unknown += [f"{trait} of {shorten(term.iri)}" for trait in sorted(term.traits - reasoning.KNOWN_TRAITS)]
    for axiom in unknown:
        what = f"the ontology has an axiom that no rule follows: {axiom}"
        mend = "say it with named terms and the kinds of axioms that the ontology has already, or take it out"
        yield Problem(WARNING, what, mend, "ontology/")


def _vocabulary(store: Store, ontology: Ontology) -> Iterator[Problem]:
    """Properties and classes must be declared: the vocabulary is closed, so that a slip is found and not believed."""
    properties = {t.iri for t in ontology.properties} | {RDF + "type"}
    for row in select(store, f"SELECT DISTINCT ?p {{ {_WRITTEN} }} ORDER BY ?p"):
        name = row["p"].value
        if name not in properties:
            what = f"{shorten(name)} is no property of the ontology"
            yield Problem(ERROR, what, _did_you_mean(name, properties), probe=Probe(predicate=name))
    classes = {t.iri for t in ontology.classes}
    for row in select(store, f"SELECT DISTINCT ?o {{ {_WRITTEN} FILTER(?p = <{RDF}type>) }} ORDER BY ?o"):
        name = key(row["o"])
        if name not in {*classes, NAMELESS, QUOTED}:
            what = f"{show(row['o'])} is no class of the ontology"
            yield Problem(ERROR, what, _did_you_mean(name, classes), probe=Probe(predicate=RDF + "type", object=name))


def _kinds_of_values(store: Store, ontology: Ontology) -> Iterator[Problem]:
    """An object property leads to a thing, a data property to a text, number or date."""
    kinds = {t.iri: t.kind for t in ontology.properties}
    for literal, wrong, mend in (
        ("true", "ObjectProperty", "give an IRI, such as country:japan, not a text"),
        ("false", "DatatypeProperty", "give a text, number or date in quotes, not an IRI"),
    ):
        query = f"""SELECT ?p (SAMPLE(?s) AS ?x) (SAMPLE(?o) AS ?y) {{ {_WRITTEN} FILTER(isLiteral(?o) = {literal}) }}
            GROUP BY ?p ORDER BY ?p"""
        for row in select(store, query):
            name, value = row["p"].value, row["y"]
            if kinds.get(name) == wrong and isinstance(value, NamedNode | Literal):
                probe = Probe(key(row["x"]), name, key(value))
                yield Problem(ERROR, f"{shorten(name)} has the value {show(value)}", mend, probe=probe)


def _described(store: Store) -> Iterator[Problem]:
    """Whatever of ours a statement speaks of must be described somewhere, else its name has a slip."""
    query = f"""SELECT DISTINCT ?o {{ {_WRITTEN}
        FILTER(isIRI(?o) && STRSTARTS(STR(?o), "{BASE}") && ?p != <{RDF}type>)
        FILTER NOT EXISTS {{ GRAPH ?any {{ ?o ?q ?x }} }} }} ORDER BY ?o"""
    missing = [row["o"].value for row in select(store, query)]
    if not missing:
        return
    named = [
        row["s"].value for row in select(store, f"SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s <{SKOS}prefLabel> ?l }} }}")
    ]
    for name in missing:
        kind = BASE + name.removeprefix(BASE).partition("/")[0] + "/"
        near = [n for n in named if n.startswith(kind)] or named
        mend = _did_you_mean(
            name, near, "correct it, or give it a class and a name (skos:prefLabel) in graph/reference/"
        )
        yield Problem(ERROR, f"{shorten(name)} is described nowhere", mend, probe=Probe(object=name))


def _nameless(store: Store) -> Iterator[Problem]:
    """Claims have no blank nodes and quote no statements: whatever is spoken of can be spoken of again."""
    for place, probe in (("?s", Probe(subject=NAMELESS)), ("?o", Probe(object=NAMELESS))):
        for row in select(store, f"SELECT DISTINCT ?p {{ {_WRITTEN} FILTER(isBlank({place})) }} ORDER BY ?p"):
            what = f"a thing without a name stands beside {show(row['p'])}"
            mend = "give it an IRI of its own instead of []"
            yield Problem(ERROR, what, mend, probe=replace(probe, predicate=key(row["p"])))
    query = f"SELECT DISTINCT ?p {{ {_WRITTEN} FILTER(!isIRI(?o) && !isBlank(?o) && !isLiteral(?o)) }} ORDER BY ?p"
    for row in select(store, query):
        what = f"a quoted statement stands beside {show(row['p'])}"
        probe = Probe(predicate=key(row["p"]), object=QUOTED)
        yield Problem(ERROR, what, "say it in a passage's graph instead", probe=probe)


def _passages(store: Store) -> Iterator[Problem]:
    """Every claim needs a passage, every passage makes claims, and lies within its source's text."""
    described = f"GRAPH {GRAPH_PROVENANCE} {{ ?g a <{EUD}Passage> }}"
    query = f"SELECT DISTINCT ?g {{ {_CLAIMED} FILTER NOT EXISTS {{ {described} }} }} ORDER BY ?g"
    for row in select(store, query):
        if graph := iri(row["g"]):
            what = f"claims stand in {shorten(graph)}, which is no passage"
            mend = "describe it above its claims (a eud:Passage)"
        else:
            what, mend = "claims stand in a graph without a name", "name the passage that says so instead of _: or []"
        yield Problem(ERROR, what, mend, passage=graph, probe=Probe(graph=key(row["g"])))
    query = f"SELECT ?g {{ {described} FILTER NOT EXISTS {{ GRAPH ?g {{ ?s ?p ?o }} }} }} ORDER BY ?g"
    for row in select(store, query):
        passage = show(row["g"])
        probe = Probe(subject=key(row["g"]), graph=GRAPH_PROVENANCE.value)
        mend = "write its claims in its graph, or take it out"
        yield Problem(WARNING, f"{passage} claims nothing", mend, passage=iri(row["g"]), probe=probe)
    # Files are made after the pattern of others; a prefix that was not changed would mix two sources' passages.
    query = f"""SELECT ?g ?source {{ GRAPH {GRAPH_PROVENANCE} {{ ?g a <{EUD}Passage> ; <{EUD}source> ?source }}
        FILTER(isIRI(?g) && isIRI(?source)) FILTER(STRSTARTS(STR(?g), "{BASE}passage/"))
        FILTER(!STRSTARTS(STR(?g), CONCAT("{BASE}passage/", STRAFTER(STR(?source), "{BASE}source/"), "/"))) }}
        ORDER BY ?g ?source"""
    for row in select(store, query):
        what = f"{show(row['g'])} is a passage of {show(row['source'])}, but named after another source"
        mend = "name passages passage/<the source's name>/…; correct the prefix at the top of the file"
        probe = Probe(iri(row["g"]), EUD + "source", iri(row["source"]))
        yield Problem(ERROR, what, mend, passage=iri(row["g"]), probe=probe)
    query = f"""SELECT ?g ?end ?size {{
        GRAPH {GRAPH_PROVENANCE} {{ ?g <{EUD}source>/<{EUD}characters> ?size ; <{EUD}end> ?end }}
        FILTER(?end > ?size) }} ORDER BY ?g"""
    for row in select(store, query):
        what = f"{show(row['g'])} ends at {show(row['end'])}, beyond the {show(row['size'])} characters of its source"
        mend = "correct eud:end, or eud:characters of the source"
        yield Problem(ERROR, what, mend, passage=iri(row["g"]), probe=Probe(iri(row["g"]), EUD + "end"))


def _claims_without_passage(store: Store) -> Iterator[Problem]:
    """Outside passages a file of claims describes passages, sources and readings, and nothing else."""
    kinds = " ".join(f"<{EUD}{name}>" for name in PROVENANCE_CLASSES)
    query = f"""SELECT DISTINCT ?s {{ GRAPH {GRAPH_PROVENANCE} {{ ?s ?p ?o
        FILTER NOT EXISTS {{ VALUES ?kind {{ {kinds} }} ?s a ?kind }} }} }} ORDER BY ?s"""
    for row in select(store, query):
        what = f"a claim about {show(row['s'])} has no passage"
        mend = "move it into the graph of the passage that says it"
        yield Problem(ERROR, what, mend, probe=Probe(subject=key(row["s"]), graph=GRAPH_PROVENANCE.value))


def _claims_in_reference(store: Store, ontology: Ontology) -> Iterator[Problem]:
    """What a source claims must not hide among the reference data."""
    allowed = {EUD + name for name in REFERENCE_DOMAINS}
    claimable = {t.iri for t in ontology.properties if t.ours and t.domains and not allowed & set(t.domains)}
    for row in select(store, f"SELECT DISTINCT ?s ?p {{ GRAPH {GRAPH_REFERENCE} {{ ?s ?p ?o }} }} ORDER BY ?s ?p"):
        name = row["p"].value
        if name in claimable:
            what = f"{shorten(name)} of {show(row['s'])} stands among the reference data"
            mend = "move it into the graph of the passage that says it"
            yield Problem(ERROR, what, mend, probe=Probe(key(row["s"]), name, graph=GRAPH_REFERENCE.value))


def _texts(store: Store) -> Iterator[Problem]:
    """Texts have a sensible length and are plain: markup is shown as it stands, never run."""
    long = f"isLiteral(?o) && STRLEN(STR(?o)) > {MAX_TEXT}"
    for row in select(store, f"SELECT DISTINCT ?s ?p ?o {{ {_WRITTEN} FILTER({long}) }} ORDER BY ?s ?p ?o"):
        what = f"{show(row['p'])} of {show(row['s'])} is a text of {len(row['o'].value):,} characters"
        yield Problem(ERROR, what, f"keep texts below {MAX_TEXT:,} characters", probe=_probe(row))
    markup = "isLiteral(?o) && REGEX(STR(?o), '<[a-zA-Z/!][^<>]*>')"
    for row in select(store, f"SELECT DISTINCT ?s ?p ?o {{ {_WRITTEN} FILTER({markup}) }} ORDER BY ?s ?p ?o"):
        what = f"{show(row['p'])} of {show(row['s'])} has markup in it"
        mend = "write plain text; markup is shown as it stands, never run"
        yield Problem(WARNING, what, mend, probe=_probe(row))


def _numbers(store: Store) -> Iterator[Problem]:
    """Numbers have a sensible length: no comparison would find that a longer one is too large."""
    kinds = ", ".join(f"<{XSD}{name}>" for name in ("integer", "decimal", "double"))
    long = f"DATATYPE(?o) IN ({kinds}) && STRLEN(STR(?o)) > {MAX_DIGITS}"
    for row in select(store, f"SELECT DISTINCT ?s ?p ?o {{ {_WRITTEN} FILTER({long}) }} ORDER BY ?s ?p ?o"):
        what = f"{show(row['p'])} of {show(row['s'])} is a number of {len(row['o'].value):,} digits"
        yield Problem(ERROR, what, f"write a number of at most {MAX_DIGITS} digits", probe=_probe(row))


def _dates(store: Store) -> Iterator[Problem]:
    """Dates are EDTF and name days that exist."""
    query = f"SELECT DISTINCT ?s ?p ?o {{ {_WRITTEN} FILTER(DATATYPE(?o) = <{EDTF}>) }} ORDER BY ?s ?p ?o"
    for row in select(store, query):
        text = row["o"].value
        try:
            dates.bounds(text)
        except ValueError as error:
            what = f"{text[:80]!r} {error}"
            mend = "write it as 2023-06-30, 2023-06, 2023-05-15/2023-05-16 or 2023-06-30?"
            yield Problem(ERROR, what, mend, probe=_probe(row))


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


def _order(path: Path, workspace: Workspace) -> Iterator[Problem]:
    """Passages stand in the order of the text, each above its claims; reference data in the order of the IRIs."""
    shown = workspace.show(path)
    first_line: dict[str, int] = {}
    span: dict[str, dict[str, int]] = {}
    graphs: dict[str, int] = {}
    seen = set()
    try:
        for number, (line, quad) in enumerate(claims.statements(path)):
            if number > MAX_ORDER:
                return
            if quad in seen:
                what = f"{show(quad.subject)} {show(quad.predicate)} {show(quad.object)} stands here twice"
                yield Problem(WARNING, what, "take one of them out", shown, line)
            seen.add(quad)
            if isinstance(quad.graph_name, NamedNode):
                graphs.setdefault(quad.graph_name.value, line)
                continue
            subject = iri(quad.subject) or str(quad.subject)
            first_line.setdefault(subject, line)
            if quad.predicate.value in (EUD + "start", EUD + "end"):
                place = claims.whole_number(quad.object) or 0  # what is no whole number, the shapes name
                span.setdefault(subject, {})[quad.predicate.value] = place
    except claims.Unreadable:
        return  # reported where it was loaded
    if path.suffix == ".ttl":
        for one, other in pairwise(first_line):
            if other < one:
                what = f"{shorten(other)} stands after {shorten(one)}"
                yield Problem(WARNING, what, "put things in the order of their IRIs", shown, first_line[other])
        return
    places = {p: (ends.get(EUD + "start", 0), -ends.get(EUD + "end", 0)) for p, ends in span.items()}
    for one, other in pairwise(places):
        if places[other] < places[one]:
            what = f"{shorten(other)} begins at {places[other][0]} and stands below {shorten(one)}, which begins later"
            if places[other][0] == places[one][0]:
                what = f"{shorten(other)} stands below {shorten(one)}, which it contains"
            mend = "put passages in the order of the text, the longer first"
            yield Problem(WARNING, what, mend, shown, first_line[other], other)
    following = {one: first_line[other] for one, other in pairwise(places)}
    for passage, line in graphs.items():
        if passage in places and not first_line[passage] < line <= following.get(passage, line):
            what, mend = f"the claims of {shorten(passage)} do not follow its description", "put them right below it"
            yield Problem(WARNING, what, mend, shown, line, passage)


def _probe(row: Row) -> Probe:
    """Return the probe for a row whose columns are the parts of a statement."""
    return Probe(key(row["s"]), key(row["p"]), key(row["o"]))


def _did_you_mean(name: str, known: set[str] | list[str], otherwise: str = "correct its name") -> str:
    near = similar(shorten(name), [shorten(k) for k in known])
    return f"{otherwise}; nearest: {', '.join(near)}" if near else otherwise
