"""What follows: the rules agree with HermiT, contradictions are found, and whatever follows can be explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from conftest import needs_hermit
from eudigraph.build import assemble, build, consistency
from eudigraph.engine import store
from eudigraph.model import workspace
from eudigraph.model.names import (
    EUD,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_STATE,
    OWL,
    OWN_GRAPHS,
    PREFIXES,
    RDF_TYPE,
    RDFS,
    SKOS,
    expand,
    shorten,
)
from eudigraph.model.ontology import Ontology, read_ontology
from eudigraph.model.triples import Triplestore
from eudigraph.reason import hermit, proofs, rules
from eudigraph.reason import infer as infer_

Statements = set[tuple[str, str, str]]

PROVENANCE = """
@prefix certainty: <https://w3id.org/eudigraph/certainty/> .
@prefix country: <https://w3id.org/eudigraph/country/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix eud: <https://w3id.org/eudigraph/ontology#> .
@prefix initiative: <https://w3id.org/eudigraph/initiative/> .
@prefix meeting: <https://w3id.org/eudigraph/meeting/> .
@prefix method: <https://w3id.org/eudigraph/method/> .
@prefix org: <https://w3id.org/eudigraph/org/> .
@prefix partnership: <https://w3id.org/eudigraph/partnership/> .
@prefix passage: <https://w3id.org/eudigraph/passage/> .
@prefix place: <https://w3id.org/eudigraph/place/> .
@prefix reading: <https://w3id.org/eudigraph/reading/> .
@prefix source: <https://w3id.org/eudigraph/source/> .
@prefix status: <https://w3id.org/eudigraph/status/> .
@prefix topic: <https://w3id.org/eudigraph/topic/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

source:test a eud:Source ;
    eud:title "Made up"@en ; eud:publisher org:euractiv ; eud:published "2023-04"^^edtf:EDTF ;
    eud:sourceKind "press" ; eud:extent "text" ; eud:language "en" ; eud:characters 100 ;
    eud:sha256 "0000000000000000000000000000000000000000000000000000000000000000" .

reading:test a eud:Reading ;
    eud:method method:by-hand ; eud:reader org:eudigraph-founders ; eud:readOn "2026-11-24"^^xsd:date .

passage:one a eud:Passage ;
    eud:source source:test ; eud:locator "¶1" ; eud:start 0 ; eud:end 10 ; eud:speaker org:euractiv ;
    eud:certainty certainty:stated ; eud:confidence 0.9 ; eud:reading reading:test ; eud:gist "Made up."@en .

passage:one {
"""


def made_up(claims: str) -> str:
    """Return a file of claims with one passage that claims this."""
    return PROVENANCE + claims + "\n}\n"


@pytest.fixture(scope="module")
def article(checkout: workspace.Workspace) -> tuple[Store, assemble.Assembly]:
    """The article's graph, complete, in memory."""
    graph = Store()
    assembly = assemble.read(graph, checkout)
    assemble.complete(graph, assembly)
    return graph, assembly


@pytest.fixture(scope="module")
def whole(checkout: workspace.Workspace) -> tuple[Store, assemble.Assembly]:
    """The article's graph with how things stand, as a build has it."""
    graph = Store()
    assembly = assemble.read(graph, checkout)
    assemble.complete(graph, assembly)
    assemble.stand(graph, assembly)
    return graph, assembly


def infer(graph: Store, ontology: Ontology) -> int:
    """Add what follows, to the default graph as well; return how many statements."""
    added = infer_.infer(ontology, infer_.facts(ontology, graph))
    graph.extend(added)
    graph.extend(Quad(q.subject, q.predicate, q.object) for q in added)
    return len(added)


def triples(quads: Iterable[Quad | Triple]) -> set[Triple]:
    return {Triple(q.subject, q.predicate, q.object) for q in quads}


def in_graph(graph: Triplestore, name: NamedNode | DefaultGraph) -> set[Triple]:
    return triples(graph.quads_for_pattern(None, None, None, name))


def short(statements: Iterable[Quad | Triple]) -> Statements:
    """Return statements as names, those of hand-made ontologies without their prefix."""
    return {
        (name(s.subject), name(s.predicate), name(s.object))
        for s in statements
        if not isinstance(s.subject, BlankNode | Triple) and not isinstance(s.object, BlankNode | Triple)
    }


def name(term: object) -> str:
    return shorten(term.value).removeprefix("eud:") if isinstance(term, NamedNode) else str(term)


def statement(subject: str, prop: str, value: str) -> Triple:
    return Triple(*(NamedNode(expand(part) or "") for part in (subject, prop, value)))


# ---------------------------------------------------------------- The rules and HermiT agree


@needs_hermit
def test_the_rules_find_of_the_article_what_hermit_finds(article: tuple[Store, assemble.Assembly]) -> None:
    graph, assembly = article
    ontology = assembly.ontology
    given_ = triples(hermit.object_statements(graph, ontology))
    verdict = hermit.ask(serialize(sorted(given_, key=str), format=RdfFormat.N_TRIPLES) or b"", infer=True)
    assert (verdict.consistent, verdict.reason) == (True, "")

    proved = _closed(triples(verdict.statements), ontology)
    # What only repeats a claim in the terms of others is left to them: see ``rules``.
    terms = {iri for iri in ontology.terms if not ontology.elsewhere(iri)}
    expected = {s for s in proved - given_ if _of_our_terms(s, terms)}
    found = {s for s in in_graph(graph, GRAPH_INFERRED) if not isinstance(s.subject, BlankNode)}
    assert short(found - expected) == set()
    assert short(expected - found) == set()
    assert len(found) > 350


def _closed(statements: set[Triple], ontology: Ontology) -> set[Triple]:
    """Add what owlready2 leaves implicit of HermiT's answer: classes and properties above, inverses, symmetry."""
    classes = {term.iri for term in ontology.classes}
    objects = {term.iri: term for term in ontology.properties if term.kind == "ObjectProperty"}
    closed: set[Triple] = set()
    todo = list(statements)
    while todo:
        s = todo.pop()
        if s in closed:
            continue
        closed.add(s)
        term = objects.get(s.predicate.value)
        if term is not None:
            todo += [Triple(s.subject, NamedNode(parent), s.object) for parent in term.parents]
            back = term.iri if "SymmetricProperty" in term.traits else term.inverse
            if back and isinstance(s.object, NamedNode):
                todo.append(Triple(s.object, NamedNode(back), s.subject))
        elif s.predicate == RDF_TYPE and isinstance(s.object, NamedNode) and s.object.value in classes:
            todo += [Triple(s.subject, RDF_TYPE, NamedNode(c)) for c in ontology.superclasses(s.object.value)]
    return closed


def _of_our_terms(s: Triple, terms: set[str]) -> bool:
    """Whether a statement has a declared property, or says that something is of a declared class."""
    if s.predicate == RDF_TYPE:
        return isinstance(s.object, NamedNode) and s.object.value in terms
    return s.predicate.value in terms


@needs_hermit
def test_hermit_proves_the_article_consistent(checkout: workspace.Workspace) -> None:
    report = build.check(checkout, use_hermit=True)
    assert ([str(p) for p in report.errors], report.notes) == ([], [])


@needs_hermit
@pytest.mark.parametrize(
    "claims",
    [
        "partnership:eu-india-ttc eud:withCountry org:european-union .",
        "partnership:a eud:upgradeOf partnership:b . partnership:b eud:upgradeOf partnership:a .",
        "partnership:a eud:upgradeOf partnership:a .",
        "meeting:x eud:takesPlaceIn org:euractiv . place:brussels eud:inCountry org:euractiv .",
        "initiative:x eud:under place:brussels .",
    ],
)
def test_hermit_finds_a_contradiction(small: Callable[[str], workspace.Workspace], claims: str) -> None:
    graph = Store()
    assembly = assemble.read(graph, small(made_up(claims)))
    assert [(p.severity, p.what) for p in consistency.with_hermit(graph, assembly, pytest.fail)] == [
        ("error", "the claims contradict the ontology, says HermiT")
    ]


@pytest.mark.parametrize(
    ("claims", "messages"),
    [
        (
            "partnership:eu-india-ttc eud:withCountry org:european-union .",
            ["org:european-union cannot be both a country and an organisation"],
        ),
        (
            "partnership:a eud:upgradeOf partnership:b . partnership:b eud:upgradeOf partnership:a .",
            ["partnership:a and partnership:b cannot each be “upgrade of” the other"],
        ),
        # Whatever is above itself is, for HermiT, asymmetric to itself as well; one message is enough.
        ("partnership:a eud:upgradeOf partnership:a .", ["partnership:a cannot be “upgrade of” itself"]),
        # Meetings take place in countries, too; a partnership may be an instrument, and a country holds a presidency.
        ("meeting:x eud:takesPlaceIn country:sweden .", []),
        ("partnership:x a eud:Instrument . partnership:x a eud:Partnership .", []),
        ("country:sweden eud:holdsPost <https://w3id.org/eudigraph/post/p> .", []),
        # By way of what follows: whatever something is under is an engagement, a holder an agent, and Brussels neither.
        ("initiative:x eud:under place:brussels .", ["place:brussels cannot be both a place and an engagement"]),
        (
            "place:brussels eud:holdsPost <https://w3id.org/eudigraph/post/p> .",
            ["place:brussels cannot be both an agent and a place"],
        ),
        ("partnership:a eud:upgradeOf partnership:b .", []),
    ],
)
def test_a_contradiction_is_named(
    small: Callable[[str], workspace.Workspace], claims: str, messages: list[str]
) -> None:
    graph = Store()
    assembly = assemble.read(graph, small(made_up(claims)))
    assemble.complete(graph, assembly)
    found = [re.split(r" \(spoken of in|, which this claim", p.what)[0] for p in consistency.clashes(graph, assembly)]
    assert found == messages


@pytest.mark.parametrize(
    ("claims", "what", "subject"),
    [
        (
            "partnership:x eud:withCountry org:euractiv .",
            "org:euractiv cannot be both a country and an organisation, which this claim makes of it: "
            "partnership:x eud:withCountry org:euractiv",
            PREFIXES["partnership"] + "x",
        ),
        (
            "place:brussels eud:holdsPost <https://w3id.org/eudigraph/post/p> .",
            "place:brussels cannot be both an agent and a place, which this claim makes of it: "
            "place:brussels eud:holdsPost post:p",
            PREFIXES["place"] + "brussels",
        ),
        (
            "country:sweden a eud:Initiative .",
            "country:sweden cannot be both an agent and an engagement (spoken of in passage:one)",
            PREFIXES["country"] + "sweden",
        ),
    ],
)
def test_a_contradiction_is_named_with_the_claim_that_makes_it(
    small: Callable[[str], workspace.Workspace], claims: str, what: str, subject: str
) -> None:
    """What a thing is in the reference data is not to blame; the claim is whose property wants something else."""
    graph = Store()
    assembly = assemble.read(graph, small(made_up(claims)))
    assemble.complete(graph, assembly)
    problem = next(iter(consistency.clashes(graph, assembly)))
    assert problem.what == what
    assert problem.probe is not None
    assert problem.probe.subject == subject


def test_a_topic_that_is_broader_than_itself_is_named(
    small: Callable[[str], workspace.Workspace], checkout: workspace.Workspace
) -> None:
    made = small(made_up("meeting:x eud:pursuesTopic topic:6g ."))
    path = made.root / "ontology" / "topics.ttl"
    added = "\ntopic:connectivity skos:broader topic:6g .\n"
    path.write_text(path.read_text("utf-8") + added, "utf-8")
    graph = Store()
    assembly = assemble.read(graph, made)
    assemble.complete(graph, assembly)
    assert sorted(p.what.partition(" (")[0] for p in consistency.clashes(graph, assembly)) == [
        "topic:6g is broader than itself, by way of https://w3id.org/eudigraph/topic/connectivity",
        "topic:connectivity is broader than itself, by way of https://w3id.org/eudigraph/topic/6g",
    ]


# ---------------------------------------------------------------- Each kind of axiom, with an ontology of a few lines

KINDS_OF_RULES = {
    "subclass": ("t:A a owl:Class ; rdfs:subClassOf t:B . t:B a owl:Class .", "t:x a t:A .", {("x", "rdf:type", "B")}),
    "subclass of a subclass": (
        "t:A a owl:Class ; rdfs:subClassOf t:B . t:B a owl:Class ; rdfs:subClassOf t:C . t:C a owl:Class .",
        "t:x a t:A .",
        {("x", "rdf:type", "B"), ("x", "rdf:type", "C")},
    ),
    "subproperty": (
        "t:p a owl:ObjectProperty ; rdfs:subPropertyOf t:q . t:q a owl:ObjectProperty .",
        "t:x t:p t:y .",
        {("x", "q", "y")},
    ),
    "inverse": (
        "t:p a owl:ObjectProperty ; owl:inverseOf t:q . t:q a owl:ObjectProperty .",
        "t:x t:p t:y . t:v t:q t:w .",
        {("y", "q", "x"), ("w", "p", "v")},
    ),
    "domain": (
        "t:A a owl:Class . t:p a owl:ObjectProperty ; rdfs:domain t:A .",
        "t:x t:p t:y .",
        {("x", "rdf:type", "A")},
    ),
    "domain of a data property": (
        "t:A a owl:Class . t:p a owl:DatatypeProperty ; rdfs:domain t:A .",
        "t:x t:p 'text' .",
        {("x", "rdf:type", "A")},
    ),
    "range": (
        "t:A a owl:Class . t:p a owl:ObjectProperty ; rdfs:range t:A .",
        "t:x t:p t:y .",
        {("y", "rdf:type", "A")},
    ),
    "chain": (
        "t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( t:q t:r ) . "
        "t:q a owl:ObjectProperty . t:r a owl:ObjectProperty .",
        "t:x t:q t:m . t:m t:r t:y . t:x t:r t:z .",
        {("x", "p", "y")},
    ),
    "chain of three": (
        "t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( t:q t:q t:q ) . t:q a owl:ObjectProperty .",
        "t:a t:q t:b . t:b t:q t:c . t:c t:q t:d .",
        {("a", "p", "d")},
    ),
    "two chains": (
        "t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( t:q t:r ) , ( t:r t:q ) . "
        "t:q a owl:ObjectProperty . t:r a owl:ObjectProperty .",
        "t:a t:q t:b . t:b t:r t:c . t:c t:q t:d .",
        {("a", "p", "c"), ("b", "p", "d")},
    ),
    "recursive chain": (
        "t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( t:q t:p ) . t:q a owl:ObjectProperty .",
        "t:a t:q t:b . t:b t:q t:c . t:c t:p t:d .",
        {("b", "p", "d"), ("a", "p", "d")},
    ),
    "symmetric": ("t:p a owl:ObjectProperty , owl:SymmetricProperty .", "t:x t:p t:y .", {("y", "p", "x")}),
    "transitive": (
        "t:p a owl:ObjectProperty , owl:TransitiveProperty .",
        "t:a t:p t:b . t:b t:p t:c . t:c t:p t:d .",
        {("a", "p", "c"), ("b", "p", "d"), ("a", "p", "d")},
    ),
    "asymmetric and irreflexive yield nothing": (
        "t:p a owl:ObjectProperty , owl:AsymmetricProperty , owl:IrreflexiveProperty .",
        "t:x t:p t:y .",
        set(),
    ),
    "annotations yield nothing": (
        "t:A a owl:Class . t:p a owl:AnnotationProperty ; rdfs:domain t:A ; rdfs:range t:A .",
        "t:x t:p t:y .",
        set(),
    ),
    "all together": (
        "t:A a owl:Class ; rdfs:subClassOf t:B . t:B a owl:Class . "
        "t:p a owl:ObjectProperty ; rdfs:domain t:A ; owl:inverseOf t:q ; rdfs:subPropertyOf t:r . "
        "t:q a owl:ObjectProperty . t:r a owl:ObjectProperty , owl:TransitiveProperty .",
        "t:x t:q t:y . t:y t:r t:z .",
        {
            *(("y", "p", "x"), ("y", "r", "x")),
            *(("y", "rdf:type", "A"), ("y", "rdf:type", "B")),
        },
    ),
}
HEAD = f"@prefix t: <{EUD}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . "


def hand_made(ontology: str, claims: str) -> tuple[Store, Ontology]:
    """Return a store with these claims asserted in a graph, and the ontology, before anything follows."""
    graph = Store()
    passage = NamedNode(PREFIXES["passage"] + "made-up")
    for s in triples(parse(HEAD + claims, RdfFormat.TURTLE)):
        graph.add(Quad(s.subject, s.predicate, s.object, passage))
        graph.add(Quad(s.subject, s.predicate, s.object, DefaultGraph()))
    return graph, read_ontology(parse(HEAD + ontology, RdfFormat.TURTLE))


@pytest.mark.parametrize("kind", sorted(KINDS_OF_RULES))
def test_each_kind_of_axiom_yields_what_it_should_and_no_more(kind: str) -> None:
    axioms, claims, expected = KINDS_OF_RULES[kind]
    graph, ontology = hand_made(axioms, claims)
    asserted = in_graph(graph, DefaultGraph())
    assert infer(graph, ontology) == len(expected)
    assert short(in_graph(graph, GRAPH_INFERRED)) == expected
    assert in_graph(graph, DefaultGraph()) == asserted | in_graph(graph, GRAPH_INFERRED)


@needs_hermit
@pytest.mark.parametrize("kind", ["chain of three", "recursive chain", "two chains", "all together"])
def test_hermit_agrees_on_the_kinds_of_axioms_that_are_less_plain(kind: str) -> None:
    axioms, claims, expected = KINDS_OF_RULES[kind]
    given_ = triples(parse(HEAD + axioms + claims, RdfFormat.TURTLE))
    header = Triple(NamedNode(EUD.rstrip("#")), RDF_TYPE, NamedNode(OWL + "Ontology"))
    verdict = hermit.ask(serialize([header, *given_], format=RdfFormat.N_TRIPLES) or b"", infer=True)
    ontology = read_ontology(parse(HEAD + axioms, RdfFormat.TURTLE))
    proved = _closed(triples(verdict.statements), ontology) - given_
    things = {name(s.subject) for s in triples(parse(HEAD + claims, RdfFormat.TURTLE))}
    found = {s for s in proved if _of_our_terms(s, set(ontology.terms)) and name(s.subject) in things}
    assert (verdict.consistent, short(found)) == (True, expected)


def test_a_rule_is_named_in_words() -> None:
    axioms = """t:p a owl:ObjectProperty ; rdfs:label "leads to"@en ; owl:propertyChainAxiom ( t:q t:r ) .
    t:q a owl:ObjectProperty ; rdfs:label "goes by"@en . t:r a owl:ObjectProperty ."""
    (rule,) = rules.rules(read_ontology(parse(HEAD + axioms, RdfFormat.TURTLE)))
    assert rule == rules.Rule(
        "“goes by” then “r” imply “leads to”",
        ("?x", EUD + "p", "?y"),
        (("?x", EUD + "q", "?m1"), ("?m1", EUD + "r", "?y")),
    )


# ---------------------------------------------------------------- Saying is not being


def test_no_rule_leads_from_what_is_wanted_to_what_is_pursued(checkout: workspace.Workspace) -> None:
    """Not only in the article: no chain of rules begins with a wanted topic and ends with a pursued one."""
    assembly = assemble.read(Store(), checkout)
    reached = {EUD + "wantsTopic"}
    while True:
        more = {
            rule.head[1]
            for rule in rules.rules(assembly.ontology)
            if rule.head[1] != RDF_TYPE.value and any(p in reached for _, p, _ in rule.body)
        }
        if more <= reached:
            break
        reached |= more
    assert {shorten(iri) for iri in reached} == {"eud:wantsTopic"}


def test_a_host_gets_no_topics_and_is_no_partner(article: tuple[Store, assemble.Assembly]) -> None:
    graph, _ = article
    sweden = NamedNode("https://w3id.org/eudigraph/country/sweden")
    about = short(
        q for q in graph.quads_for_pattern(sweden, None, None, DefaultGraph()) if q.predicate.value.startswith(EUD)
    )
    assert about == {
        ("country:sweden", "holdsPost", "post:presidency-council-of-the-eu"),
        ("country:sweden", "represents", "org:council-of-the-eu"),
    }
    towards = short(graph.quads_for_pattern(None, None, sweden, DefaultGraph()))
    assert towards == {
        ("place:lulea", "inCountry", "country:sweden"),
        ("post:presidency-council-of-the-eu", "heldBy", "country:sweden"),
    }


def test_withheld_support_makes_no_partner(article: tuple[Store, assemble.Assembly]) -> None:
    graph, _ = article
    cable = NamedNode("https://w3id.org/eudigraph/initiative/arctic-cable")
    countries = short(graph.quads_for_pattern(cable, NamedNode(EUD + "withCountry"), None, DefaultGraph()))
    assert countries == {("initiative:arctic-cable", "withCountry", "country:japan")}


# ---------------------------------------------------------------- Once, in whatever order


def test_inferring_again_adds_nothing(checkout: workspace.Workspace) -> None:
    graph = Store()
    assembly = assemble.read(graph, checkout)
    assert assemble.complete(graph, assembly) > 350
    before = set(graph)
    assert infer(graph, assembly.ontology) == 0
    assert set(graph) == before


def test_nothing_asserted_is_inferred_besides_and_the_default_graph_is_the_sum(
    article: tuple[Store, assemble.Assembly],
) -> None:
    graph, _ = article
    named = {q for q in graph if q.graph_name != DefaultGraph() and not _blank(q)}
    asserted = triples(q for q in named if q.graph_name != GRAPH_INFERRED)
    inferred = in_graph(graph, GRAPH_INFERRED)
    assert short(asserted & inferred) == set()
    assert in_graph(graph, DefaultGraph()) == asserted | inferred


def _blank(quad: Quad) -> bool:
    return isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)


AXIOMS = {
    "t:p a owl:ObjectProperty , owl:TransitiveProperty .",
    "t:p rdfs:subPropertyOf t:q .",
    "t:q a owl:ObjectProperty , owl:SymmetricProperty .",
    "t:q rdfs:domain t:A .",
    "t:r a owl:ObjectProperty ; owl:inverseOf t:p .",
    "t:r rdfs:range t:B .",
    "t:s a owl:ObjectProperty ; owl:propertyChainAxiom ( t:p t:q ) .",
    "t:s owl:propertyChainAxiom ( t:q t:s ) .",
    "t:A a owl:Class ; rdfs:subClassOf t:B . t:B a owl:Class .",
}
things = st.sampled_from(["a", "b", "c", "d"])
some_claims = st.lists(st.tuples(things, st.sampled_from("pqrs"), things), min_size=1, max_size=7, unique=True)


@settings(max_examples=40, deadline=None)
@given(some_claims, st.sets(st.sampled_from(sorted(AXIOMS))))
def test_what_follows_depends_on_no_order_and_grows_with_the_claims(
    claimed: list[tuple[str, str, str]], axioms: set[str]
) -> None:
    axiom_text = " ".join(sorted(axioms)) + " t:p a owl:ObjectProperty . t:q a owl:ObjectProperty ."
    lines = [f"t:{s} t:{p} t:{o} ." for s, p, o in claimed]
    results = []
    for these in (lines, sorted(lines, reverse=True)):
        graph, ontology = hand_made(axiom_text, " ".join(these))
        infer(graph, ontology)
        assert infer(graph, ontology) == 0
        results.append(in_graph(graph, DefaultGraph()))
    assert results[0] == results[1]
    fewer, ontology = hand_made(axiom_text, " ".join(lines[1:]))
    infer(fewer, ontology)
    assert in_graph(fewer, DefaultGraph()) <= results[0]


@settings(max_examples=25, deadline=None)
@given(some_claims, st.sets(st.sampled_from(sorted(AXIOMS))))
@example(  # more ways lead round in circles here than a search could try one by one
    claimed=[("a", "p", "b"), ("a", "p", "d"), ("a", "r", "c"), ("c", "r", "b"), ("d", "p", "a")],
    axioms={"t:r a owl:ObjectProperty ; owl:inverseOf t:p .", "t:p a owl:ObjectProperty , owl:TransitiveProperty ."},
)
def test_whatever_follows_can_be_explained_by_what_was_claimed(
    claimed: list[tuple[str, str, str]], axioms: set[str]
) -> None:
    axiom_text = " ".join(sorted(axioms)) + " t:p a owl:ObjectProperty . t:q a owl:ObjectProperty ."
    graph, ontology = hand_made(axiom_text, " ".join(f"t:{s} t:{p} t:{o} ." for s, p, o in claimed))
    asserted = in_graph(graph, DefaultGraph())
    infer(graph, ontology)
    for s in in_graph(graph, GRAPH_INFERRED):
        ways = proofs.explain(graph, ontology, s)
        assert ways
        for way in ways:
            assert set(way.leaves()) <= asserted
            assert _sound(way, frozenset(), {rule.name for rule in rules.rules(ontology)})


# ---------------------------------------------------------------- Explanations


def _sound(step: proofs.Step, above: frozenset[Triple], rules: set[str]) -> bool:
    """Whether a step has a rule if and only if it has premises, and nothing below it is what it proves."""
    if step.rule is None:
        return step.premises == ()
    here = above | {step.statement}
    return (
        step.rule in rules
        and bool(step.premises)
        and all(p.statement not in here and _sound(p, here, rules) for p in step.premises)
    )


def test_everything_inferred_of_the_article_is_explained_down_to_what_is_asserted(
    article: tuple[Store, assemble.Assembly],
) -> None:
    graph, assembly = article
    names = {rule.name for rule in rules.rules(assembly.ontology)}
    asserted = triples(q for q in graph if q.graph_name not in (DefaultGraph(), GRAPH_INFERRED))
    unexplained, unsound, hanging = [], [], []
    for s in sorted(in_graph(graph, GRAPH_INFERRED), key=str):
        ways = proofs.explain(graph, assembly.ontology, s)
        if not ways:
            unexplained.append(str(s))
        unsound += [str(s) for way in ways if way.statement != s or not _sound(way, frozenset(), names)]
        hanging += [str(s) for way in ways if not set(way.leaves()) <= asserted]
    assert (unexplained, unsound, hanging) == ([], [], [])


def test_what_follows_of_claims_rests_on_at_least_one_passage(article: tuple[Store, assemble.Assembly]) -> None:
    graph, assembly = article
    about_claims = [s for s in in_graph(graph, GRAPH_INFERRED) if s.predicate.value.startswith(EUD)]
    without = [
        str(s)
        for s in about_claims
        if not any(
            proofs.passages_of(graph, leaf)
            for way in proofs.explain(graph, assembly.ontology, s)
            for leaf in way.leaves()
        )
    ]
    assert (len(about_claims) > 150, without) == (True, [])


def test_the_country_of_an_initiative_is_explained_through_its_partnership(
    article: tuple[Store, assemble.Assembly],
) -> None:
    graph, assembly = article
    pilots, partnership = "initiative:singapore-digital-identity-pilots", "partnership:eu-singapore-digital-partnership"
    ways = proofs.explain(graph, assembly.ontology, statement(pilots, "eud:withCountry", "country:singapore"))
    assert [
        (way.rule, {tuple(map(name, (s.subject, s.predicate, s.object))) for s in way.leaves()}) for way in ways
    ] == [
        (
            "“under” then “with country” imply “with country”",
            {(pilots, "under", partnership), (partnership, "withCountry", "country:singapore")},
        )
    ]


def test_each_way_in_which_something_follows_is_given(small: Callable[[str], workspace.Workspace]) -> None:
    graph = Store()
    claims = """meeting:m eud:under partnership:p . meeting:m eud:realises meeting:w .
    partnership:p eud:withCountry country:japan . meeting:w eud:withCountry country:japan ."""
    assembly = assemble.read(graph, small(made_up(claims)))
    assemble.complete(graph, assembly)
    ways = proofs.explain(graph, assembly.ontology, statement("meeting:m", "eud:withCountry", "country:japan"))
    assert {way.rule for way in ways} == {
        "“under” then “with country” imply “with country”",
        "“realises” then “with country” imply “with country”",
    }


def test_an_asserted_statement_is_explained_in_one_step(article: tuple[Store, assemble.Assembly]) -> None:
    graph, assembly = article
    for s in (
        statement("meeting:eu-us-ttc-4", "eud:takesPlaceIn", "place:lulea"),
        statement("topic:6g", "skos:broader", "topic:connectivity"),
        statement("country:japan", "rdf:type", "eud:Country"),
    ):
        assert proofs.explain(graph, assembly.ontology, s) == [proofs.Step(s, None, ())]


def test_a_statement_that_is_not_in_the_graph_has_no_explanation(article: tuple[Store, assemble.Assembly]) -> None:
    graph, assembly = article
    for s in (
        statement("country:sweden", "eud:cooperatesOn", "topic:6g"),
        statement("country:canada", "eud:cooperatesOn", "topic:connectivity"),
        statement("country:nowhere", "eud:partnerIn", "meeting:eu-us-ttc-4"),
    ):
        assert proofs.explain(graph, assembly.ontology, s) == []


def test_passages_and_graphs_of_a_statement_are_told_apart(article: tuple[Store, assemble.Assembly]) -> None:
    graph, _ = article
    claimed = statement("meeting:eu-us-ttc-4", "eud:under", "partnership:eu-us-ttc")
    passage = NamedNode(PREFIXES["passage"] + "euractiv-2023-04/07")
    assert (proofs.passages_of(graph, claimed), proofs.asserted_in(graph, claimed)) == ([passage], [passage])
    followed = statement("meeting:eu-us-ttc-4", "eud:withCountry", "country:united-states")
    assert (proofs.passages_of(graph, followed), proofs.asserted_in(graph, followed)) == ([], [])
    declared = statement("eud:withCountry", "rdf:type", "owl:ObjectProperty")
    assert (proofs.passages_of(graph, declared), proofs.asserted_in(graph, declared)) == ([], [GRAPH_ONTOLOGY])
    described = statement("passage:euractiv-2023-04/07", "eud:speaker", "org:european-commission")
    assert (proofs.passages_of(graph, described), proofs.asserted_in(graph, described)) == (
        [],
        [GRAPH_PROVENANCE],
    )


def test_the_build_holds_what_the_reasoning_in_memory_finds(
    built: store.Built, whole: tuple[Store, assemble.Assembly]
) -> None:
    graph, _ = whole
    assert in_graph(built.store, GRAPH_INFERRED) == in_graph(graph, GRAPH_INFERRED)
    assert set(built.store) == set(graph)


def test_the_default_graph_has_each_statement_of_the_named_graphs_but_for_blank_nodes(
    whole: tuple[Store, assemble.Assembly], checkout: workspace.Workspace
) -> None:
    graph, _ = whole
    named = {q for q in graph if q.graph_name != DefaultGraph()}
    nameless = {q for q in named if isinstance(q.subject, BlankNode) or isinstance(q.object, BlankNode)}
    assert nameless
    assert in_graph(graph, DefaultGraph()) == triples(named - nameless)
    alone = Store()
    assembly = assemble.read(alone, checkout, default_graph=False)
    assemble.complete(alone, assembly)
    assemble.stand(alone, assembly)
    assert set(alone) == named


def test_the_build_counts_what_it_holds(built: store.Built, whole: tuple[Store, assemble.Assembly]) -> None:
    graph, _ = whole
    own = {shorten(name.value).removeprefix("graph:"): len(in_graph(graph, name)) for name in OWN_GRAPHS}
    named = sum(q.graph_name != DefaultGraph() for q in graph)
    counted = {
        **{name: number for name, number in own.items() if name != "ontology"},
        "claims": named - sum(own.values()),
        "sources": len(list(graph.quads_for_pattern(None, RDF_TYPE, NamedNode(EUD + "Source"), GRAPH_PROVENANCE))),
        "passages": len(list(graph.quads_for_pattern(None, RDF_TYPE, NamedNode(EUD + "Passage"), GRAPH_PROVENANCE))),
    }
    assert built.manifest.counts == counted


def test_how_things_stand_is_within_the_domains_and_ranges_of_its_terms(
    whole: tuple[Store, assemble.Assembly],
) -> None:
    """Of it nothing follows of what is claimed, and of itself only that plans, reports and states are snapshots."""
    graph, assembly = whole
    assert in_graph(graph, GRAPH_STATE)
    known = in_graph(graph, DefaultGraph())
    follows = triples(infer_.infer(assembly.ontology, infer_.facts(assembly.ontology, graph))) - known
    assert {(s.predicate, s.object) for s in follows} == {(RDF_TYPE, NamedNode(EUD + "Snapshot"))}


def test_broader_topics_are_transitive(article: tuple[Store, assemble.Assembly]) -> None:
    graph, _ = article
    quantum = NamedNode(PREFIXES["topic"] + "quantum-satellite-communications")
    above = short(graph.quads_for_pattern(quantum, NamedNode(SKOS + "broaderTransitive"), None, DefaultGraph()))
    assert {topic for _, _, topic in above} == {
        "topic:connectivity",
        "topic:emerging-technologies",
        "topic:quantum-technologies",
    }
