"""The ontology as such: documented, used, within OWL 2 DL and what our rules know; its topics, statuses and shapes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from itertools import pairwise

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from eudigraph.engine import store
from eudigraph.model import version, workspace
from eudigraph.model.names import (
    BASE,
    EUD,
    GRAPH_ONTOLOGY,
    GRAPH_PROVENANCE,
    GRAPH_STATE,
    OWL,
    OWN_GRAPHS,
    PREFIXES,
    RDF,
    RDF_TYPE,
    RDFS,
    SKOS,
    XSD,
    eud,
    expand,
    shorten,
)
from eudigraph.model.ontology import Ontology, Term, read_ontology
from eudigraph.model.text import fold
from eudigraph.model.triples import select
from eudigraph.reason import rules
from eudigraph.sources import files

SH = "http://www.w3.org/ns/shacl#"
DATATYPES = {
    *(RDFS + "Literal", RDF + "PlainLiteral"),
    *(XSD + name for name in ("string", "integer", "decimal", "boolean", "anyURI")),
}
"""Those of OWL 2's datatype map that we use; xsd:date is none of them."""
FORBIDDEN_IF_NOT_SIMPLE = {
    "AsymmetricProperty",
    "IrreflexiveProperty",
    "FunctionalProperty",
    "InverseFunctionalProperty",
}

UNUSED_TERMS = {
    "reviewedBy": "nobody has read the claims again yet",
    "url": "the article's address is not known",
    # What the article has none of, and other sources have.
    **dict.fromkeys(("Instrument", "signatory", "funding", "result", "realises"), "outcomes"),
    **dict.fromkeys(("coChair", "host", "format", "inMarginsOf"), "of meetings that were held"),
    **dict.fromkeys(("Term", "holder", "termOf", "from", "until"), "terms of office"),
    # What only the build writes, and of the article does not.
    **dict.fromkeys(("Change", "earlierPlan", "laterPlan"), "one source tells of no change"),
    **dict.fromkeys(("oldDate", "newDate", "oldPlace", "newPlace"), "one source tells of no change"),
    **dict.fromkeys(("outcome", "days", "realisedAs"), "what was announced is still open"),
    "value": "the article disagrees with itself on a status, which has a name",
    "Snapshot": "each is a plan, a report or a state",
}
DERIVED_DATES = {
    **dict.fromkeys(("currentDate", "onDate", "outlookDate", "oldDate", "newDate"), "edtf:EDTF"),
    **dict.fromkeys(("knownFrom", "knownUntil", "newestDay", "dueBy"), "xsd:date"),
    **dict.fromkeys(("asOfFirst", "asOfLast", "firstDay", "lastDay"), "xsd:date"),
    "value": None,
}
"""What the build derives and no OWL 2 datatype fits, with the datatype it has; a value may be a date or a text."""
UNUSED_TOPICS = {"trade-agreements": "for agreements that other sources tell of"}
UNUSED_STATUSES = {
    "adopted": "for laws, which are reference data",
    **dict.fromkeys(("announced", "ended"), "for partnerships that other sources tell of"),
    **dict.fromkeys(("cancelled", "postponed"), "for meetings that other sources tell of"),
    **dict.fromkeys(("done", "dropped"), "for initiatives that other sources tell of"),
    **dict.fromkeys(
        ("mandated", "under-negotiation", "concluded", "signed", "consented", "provisional"),
        "for instruments that other sources tell of",
    ),
}

WIKIDATA = {
    "org:european-union": "Q458",
    "country:united-states": "Q30",
    "country:india": "Q668",
    "country:japan": "Q17",
    "country:south-korea": "Q884",
    "country:singapore": "Q334",
    "country:canada": "Q16",
    "country:sweden": "Q34",
}
EUROVOC = {
    "org:european-union": "4060",
    "country:united-states": "888",
    "country:india": "1338",
    "country:japan": "1524",
    "country:south-korea": "235",
    "country:singapore": "4164",
    "country:canada": "5100",
    "country:sweden": "4320",
}
EUROVOC_CONCEPTS = {
    "3030": "artificial intelligence",
    "2076": "standardisation",
    "6774": "telecommunications policy",
    "5181": "data protection",
    "4502": "data transmission",
    "3011": "cross-frontier data flow",
    "6770": "disinformation",
    "584": "human rights",
    "7219": "digital technology",
    "5587": "social dialogue",
    "3575": "trade union",
    "50": "electronic component",
    "17280": "cyber resilience",
    "3637": "summit meeting",
    "3644": "ministerial meeting",
}
EXACT_CONCEPTS = {
    ("topic:artificial-intelligence", "3030"),
    ("topic:standardisation", "2076"),
    ("topic:data-flows", "3011"),
}
"""Where the topic and EuroVoc's concept mean the same; anything else is a close or broad match."""
CORPORATE_BODIES = {"org:european-union": "EURUN", "org:european-commission": "COM", "org:dg-connect": "CNECT"}
COUNTRY_CODES = {"country:united-states": "USA", "country:canada": "CAN"}
AUTHORITY = "http://publications.europa.eu/resource/authority/"
CELEX = {
    ("act:digital-services-act", "celex", "32022R2065"),
    ("act:digital-markets-act", "celex", "32022R1925"),
    ("act:ai-act", "celex", "32024R1689"),
    ("act:ai-act-proposal", "celex", "52021PC0206"),
}


@pytest.fixture(scope="module")
def quads(checkout: workspace.Workspace) -> list[Quad]:
    """The statements of the ontology's files, in their order."""
    return [quad for path in checkout.ontology_files for _, quad in files.statements(path)]


@pytest.fixture(scope="module")
def ontology(quads: list[Quad]) -> Ontology:
    return read_ontology(quads)


@pytest.fixture(scope="module")
def loaded(quads: list[Quad]) -> Store:
    """The ontology without anything derived, to be asked."""
    graph = Store()
    graph.bulk_extend(Quad(q.subject, q.predicate, q.object) for q in quads)
    return graph


@pytest.fixture(scope="module")
def shapes(checkout: workspace.Workspace) -> Store:
    graph = Store()
    graph.bulk_load(path=str(checkout.shapes_files[0]), format=RdfFormat.TURTLE)
    return graph


def ours(ontology: Ontology, *kinds: str) -> list[Term]:
    found = [term for term in ontology.terms.values() if term.ours and (not kinds or term.kind in kinds)]
    assert found
    return found


def read(turtle: str) -> Ontology:
    """Return a hand-made ontology; ``t:`` stands for names of ours."""
    prefixes = f"@prefix t: <{EUD}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . @prefix xsd: <{XSD}> .\n"
    return read_ontology(parse(prefixes + turtle, RdfFormat.TURTLE))


# ---------------------------------------------------------------- Documentation


@pytest.mark.parametrize("predicate", [RDFS + "label", SKOS + "definition", SKOS + "example"])
def test_every_term_of_ours_has_exactly_one_label_definition_and_example_in_english(
    quads: list[Quad], ontology: Ontology, predicate: str
) -> None:
    languages: dict[str, list[str | None]] = {term.iri: [] for term in ours(ontology)}
    for quad in quads:
        if quad.predicate.value == predicate and isinstance(quad.subject, NamedNode):
            assert isinstance(quad.object, Literal)
            languages.setdefault(quad.subject.value, []).append(quad.object.language)
    assert {iri: found for iri, found in languages.items() if iri.startswith(EUD) and found != ["en"]} == {}


def test_no_two_terms_share_a_label_or_a_definition(ontology: Ontology) -> None:
    for texts in ([fold(t.label) for t in ours(ontology)], [fold(t.definition) for t in ours(ontology)]):
        assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_definitions_are_sentences_and_not_their_own_labels(ontology: Ontology) -> None:
    wrong = [
        term.name
        for term in ours(ontology)
        if not term.definition[0].isupper()
        or not term.definition.endswith(".")
        or fold(term.definition) == fold(term.label)
    ]
    assert wrong == []


def test_classes_begin_with_a_capital_and_properties_with_a_small_letter(ontology: Ontology) -> None:
    wrong = [
        term.name
        for term in ours(ontology)
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*" if term.kind == "Class" else r"[a-z][A-Za-z0-9]*", term.name)
    ]
    assert wrong == []


def test_the_header_names_version_licence_dates_and_prefix(loaded: Store) -> None:
    rows = select(loaded, f"SELECT ?p ?o {{ <{BASE}ontology> ?p ?o }}")
    header = {row["p"].value: row["o"].value for row in rows}
    assert len(rows) == len(header)
    number = header[OWL + "versionInfo"]
    dates = [header[PREFIXES["dcterms"] + name] for name in ("created", "modified")]
    assert {
        key: header[key] for key in sorted(header) if key.startswith((OWL, "http://purl.org/vocab/vann/", RDF))
    } == {
        RDF + "type": OWL + "Ontology",
        OWL + "versionIRI": f"{BASE}ontology/{number}",
        OWL + "versionInfo": number,
        "http://purl.org/vocab/vann/preferredNamespacePrefix": "eud",
        "http://purl.org/vocab/vann/preferredNamespaceUri": EUD,
    }
    assert re.fullmatch(r"\d+\.\d+\.\d+", number)
    assert header[PREFIXES["dcterms"] + "license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", date) for date in dates)
    assert dates == sorted(dates)
    assert {"title", "description", "creator"} <= {key.removeprefix(PREFIXES["dcterms"]) for key in header}


def test_the_build_names_the_version_of_the_ontology(ontology: Ontology, built: store.Built) -> None:
    assert (built.manifest.ontology, built.manifest.eudigraph) == (ontology.version, version.VERSION)


def test_mappings_lead_to_terms_of_others(quads: list[Quad]) -> None:
    matches = [q for q in quads if q.predicate.value in {SKOS + f"{k}Match" for k in ("exact", "close", "broad")}]
    assert len(matches) > 30
    assert [str(q) for q in matches if not isinstance(q.object, NamedNode) or q.object.value.startswith(BASE)] == []


# ---------------------------------------------------------------- Domains, ranges, inverses, parents


def test_every_property_has_one_domain_and_one_range_or_several_that_it_may_have(ontology: Ontology) -> None:
    """An end is of one class, from which something follows, or may be of several, from which nothing does.

    The newest day is said of the graph of how things stand, which is of no class.
    """
    classes = {term.iri for term in ontology.classes}
    wrong = {}
    for term in ours(ontology, "ObjectProperty", "DatatypeProperty"):
        ranges = classes if term.kind == "ObjectProperty" else DATATYPES
        for sure, maybe, known in (
            (term.domains, term.domain_includes, classes),
            (term.ranges, term.range_includes, ranges),
        ):
            counts = (len(sure), len(maybe))
            if (term.name, known is classes, counts) == ("newestDay", True, (0, 0)):
                continue
            if not {*sure, *maybe} <= known or (counts != (1, 0) and not (counts[0] == 0 and counts[1] > 1)):
                wrong[term.name] = (sure, maybe)
    assert wrong == {}


def test_parents_are_declared_terms_of_the_same_kind(ontology: Ontology) -> None:
    wrong = [
        (term.name, shorten(parent))
        for term in ontology.terms.values()
        for parent in term.parents
        if parent not in ontology.terms or ontology.terms[parent].kind != term.kind
    ]
    assert wrong == []


def test_the_domain_and_range_of_a_subproperty_lie_within_those_of_its_parent(ontology: Ontology) -> None:
    pairs = [(t, ontology.terms[p]) for t in ours(ontology, "ObjectProperty", "DatatypeProperty") for p in t.parents]
    assert len(pairs) > 5
    wrong = [
        (child.name, parent.name)
        for child, parent in pairs
        if not (
            {above for one in child.domains for above in ontology.superclasses(one)} >= set(parent.domains)
            and {above for one in child.ranges for above in ontology.superclasses(one)} >= set(parent.ranges)
        )
    ]
    assert wrong == []


def test_inverses_have_domain_and_range_swapped(ontology: Ontology) -> None:
    pairs = [(t, ontology.terms[t.inverse]) for t in ours(ontology) if t.inverse]
    assert {one.name for one, _ in pairs} == {
        *("withCountry", "partnerIn", "under", "comprises"),
        *("wantedBy", "wants", "hasParticipant", "participatesIn", "holdsPost", "heldBy"),
    }
    wrong = [one.name for one, other in pairs if (one.domains, one.ranges) != (other.ranges, other.domains)]
    assert wrong == []
    assert [one.name for one, other in pairs if other.inverse != one.iri] == []


def test_a_chain_begins_in_the_domain_passes_on_and_ends_in_the_range(ontology: Ontology) -> None:
    wrong = []
    for term in ours(ontology, "ObjectProperty"):
        for chain in term.chains:
            links = [ontology.terms[link] for link in chain]
            joints = [
                *((links[0].domains[0], term.domains[0]), (links[-1].ranges[0], term.ranges[0])),
                *((one.ranges[0], other.domains[0]) for one, other in pairwise(links)),
            ]
            for one, other in joints:  # the two may be each above the other, but not strangers
                if other not in ontology.superclasses(one) and one not in ontology.superclasses(other):
                    wrong.append((term.name, [link.name for link in links], one, other))
    assert wrong == []


# ---------------------------------------------------------------- Within what the rules know, and within OWL 2 DL


def test_the_ontology_has_only_axioms_that_the_rules_and_clashes_know(ontology: Ontology) -> None:
    assert ontology.unknown_axioms == []
    assert {trait for term in ontology.properties for trait in term.traits} <= rules.KNOWN_TRAITS
    assert [t.name for t in ontology.terms.values() if t.kind != "ObjectProperty" and t.traits] == []


def test_data_properties_have_parents_elsewhere_only_for_the_rules_pass_these_over(ontology: Ontology) -> None:
    values = [t for t in ontology.properties if t.kind == "DatatypeProperty"]
    assert [t.name for t in values if not all(ontology.elsewhere(p) for p in t.parents)] == []


@pytest.mark.parametrize(
    "axiom",
    [
        "t:A a owl:Class ; owl:equivalentClass t:B .",
        "t:A a owl:Class ; owl:disjointWith t:B .",
        "t:A a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty t:p ; owl:maxCardinality 1 ] .",
        "t:A a owl:Class ; owl:unionOf ( t:B t:C ) .",
        "t:A a owl:Class ; owl:hasKey ( t:p ) .",
        "t:p a owl:ObjectProperty ; owl:equivalentProperty t:q .",
        "t:p a owl:ObjectProperty ; owl:propertyDisjointWith t:q .",
        "t:p a owl:ObjectProperty ; owl:inverseOf [ owl:inverseOf t:q ] .",
        "t:p a owl:ObjectProperty ; rdfs:domain [ a owl:Class ; owl:unionOf ( t:A t:B ) ] .",
        "[] a owl:AllDisjointProperties ; owl:members ( t:p t:q ) .",
        "[] a owl:AllDifferent ; owl:distinctMembers ( t:x t:y ) .",
    ],
)
def test_an_axiom_that_the_rules_do_not_know_is_noticed(axiom: str) -> None:
    assert read(axiom).unknown_axioms != []


@pytest.mark.parametrize(
    "axiom",
    ["t:p a owl:ObjectProperty , owl:FunctionalProperty .", "t:p a owl:ObjectProperty , owl:ReflexiveProperty ."],
)
def test_a_characteristic_that_the_rules_do_not_know_is_noticed(axiom: str) -> None:
    (term,) = read(axiom).terms.values()
    assert not term.traits <= rules.KNOWN_TRAITS


def test_an_inverse_without_a_name_in_a_chain_is_noticed() -> None:
    chain = "t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( [ owl:inverseOf t:q ] t:r ) ."
    assert read(chain).unknown_axioms != []


def test_no_name_stands_for_entities_of_two_classes(quads: list[Quad]) -> None:
    kinds = {OWL + kind for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
    held = defaultdict(set)
    for quad in quads:
        if quad.predicate == RDF_TYPE and isinstance(quad.object, NamedNode):
            held[quad.subject].add(quad.object.value)
    wrong = {
        str(thing): found
        for thing, found in held.items()
        if len(found & kinds) > 1 or (found & kinds and any(not kind.startswith(OWL) for kind in found))
    }
    assert wrong == {}


def test_properties_that_are_not_simple_carry_nothing_that_needs_simple_ones(ontology: Ontology) -> None:
    not_simple = non_simple(ontology)
    assert {ontology.terms[iri].name for iri in not_simple if iri.startswith(EUD)} == {
        *("withCountry", "partnerIn", "party", "represents", "partOf"),
    }
    wrong = [ontology.terms[iri].name for iri in not_simple if ontology.terms[iri].traits & FORBIDDEN_IF_NOT_SIMPLE]
    assert wrong == []


def test_non_simple_properties_are_found_through_parents_and_inverses() -> None:
    made = read(
        """t:p a owl:ObjectProperty ; rdfs:subPropertyOf t:parent ; owl:propertyChainAxiom ( t:q t:r ) .
        t:parent a owl:ObjectProperty ; owl:inverseOf t:back . t:back a owl:ObjectProperty .
        t:q a owl:ObjectProperty . t:r a owl:ObjectProperty ."""
    )
    assert {iri.removeprefix(EUD) for iri in non_simple(made)} == {"p", "parent", "back"}


def test_the_chains_are_regular(ontology: Ontology) -> None:
    assert any(term.chains for term in ontology.properties)
    assert irregular(ontology) == []
    list(TopologicalSorter(order(ontology)).static_order())  # raises CycleError where there is no order


def test_irregular_chains_are_found() -> None:
    made = read(
        """t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( t:q t:p t:q ) .
        t:q a owl:ObjectProperty ."""
    )
    assert irregular(made) == [(EUD + "p", (EUD + "q", EUD + "p", EUD + "q"))]
    made = read(
        """t:p a owl:ObjectProperty ; owl:propertyChainAxiom ( t:q t:r ) . t:r a owl:ObjectProperty .
        t:q a owl:ObjectProperty ; owl:propertyChainAxiom ( t:p t:r ) ."""
    )
    with pytest.raises(ValueError, match="cycle"):
        list(TopologicalSorter(order(made)).static_order())


def test_no_class_is_a_subclass_of_itself_and_no_property_of_itself(ontology: Ontology) -> None:
    parents = {term.iri: set(term.parents) for term in ontology.terms.values()}
    list(TopologicalSorter(parents).static_order())


def test_dates_have_no_range_that_owl_forbids_and_are_held_to_edtf_by_the_shapes(
    ontology: Ontology, shapes: Store
) -> None:
    wide = {t.name for t in ours(ontology, "DatatypeProperty") if t.ranges == [RDFS + "Literal"]} - set(DERIVED_DATES)
    assert wide == {"date", "from", "until", "published", "asOf", "readOn", "edtf", "earliest", "latest"}
    rows = select(shapes, f"SELECT ?p ?d {{ ?x <{SH}path> ?p ; <{SH}datatype> ?d }}")
    held = {(row["p"].value.removeprefix(EUD), shorten(row["d"].value)) for row in rows}
    assert {pair for pair in held if pair[0] in wide} == {
        *((name, "edtf:EDTF") for name in ("date", "from", "until", "published", "asOf")),
        ("readOn", "xsd:date"),
    }


def test_dates_that_the_build_derives_are_of_the_datatype_that_their_definition_names(
    ontology: Ontology, built: store.Built
) -> None:
    for name, datatype in DERIVED_DATES.items():
        assert ontology.terms[EUD + name].ranges == [RDFS + "Literal"]
        assert datatype is None or f"({datatype.removeprefix('edtf:')})" in ontology.terms[EUD + name].definition
        found = [quad.object for quad in built.store.quads_for_pattern(None, eud(name), None, GRAPH_STATE)]
        assert {shorten(value.datatype.value) for value in found if isinstance(value, Literal)} <= (
            {datatype} if datatype else {"edtf:EDTF", "xsd:string"}
        )
        assert found or name in UNUSED_TERMS


def test_disjoint_classes_are_the_top_ones_and_none_lies_below_another(ontology: Ontology) -> None:
    assert sorted(map(len, ontology.disjoint)) == [3, 12]
    assert {EUD + name for name in ("Country", "Organisation", "Person")} in map(set, ontology.disjoint)
    pairs = [(one, other) for group in ontology.disjoint for one in group for other in group if one != other]
    wrong = [(one, other) for one, other in pairs if other in ontology.superclasses(one)]
    assert wrong == []


# ---------------------------------------------------------------- Used and defined


def test_every_term_of_ours_is_used_or_is_a_known_exception(ontology: Ontology, built: store.Built) -> None:
    used = {quad.predicate.value for quad in built.store if quad.graph_name != GRAPH_ONTOLOGY}
    used |= {
        quad.object.value
        for quad in built.store.quads_for_pattern(None, RDF_TYPE, None, None)
        if isinstance(quad.object, NamedNode)
    }
    assert {term.name for term in ours(ontology) if term.iri not in used} == set(UNUSED_TERMS)


def test_our_annotations_are_used_in_the_ontology(ontology: Ontology, quads: list[Quad]) -> None:
    annotations = {term.iri for term in ours(ontology, "AnnotationProperty")}
    told = ("rank", "snapshotKind", "happensOnce", "datedAhead", "leadsBack", "isFinal", "isAim", "isTalks")
    assert annotations == {EUD + name for name in ("icalendarStatus", *told)}
    assert annotations <= {quad.predicate.value for quad in quads}


def test_every_status_topic_and_method_is_used_or_is_a_known_exception(built: store.Built) -> None:
    spoken_of = {quad.object.value for quad in built.store if isinstance(quad.object, NamedNode) and is_written(quad)}
    rows = select(
        built.store,
        f"""SELECT DISTINCT ?x {{ ?x a ?kind
        FILTER(?kind IN ({", ".join(str(eud(k)) for k in ("Status", "Topic", "Certainty", "ReadingMethod"))})) }}""",
    )
    pairs = select(built.store, f"SELECT ?x ?y {{ ?x <{SKOS}broader>+ ?y }}")
    spoken_of |= {row["y"].value for row in pairs if row["x"].value in spoken_of}
    unused = {shorten(row["x"].value) for row in rows if row["x"].value not in spoken_of}
    expected = {f"status:{name}" for name in UNUSED_STATUSES} | {f"topic:{name}" for name in UNUSED_TOPICS}
    assert unused == {*expected, "method:by-rule"}


def is_written(quad: Quad) -> bool:
    """Whether a claim, or what is said of a passage, source or reading."""
    if quad.graph_name == GRAPH_PROVENANCE:
        return True
    return isinstance(quad.graph_name, NamedNode) and quad.graph_name not in OWN_GRAPHS


def test_no_file_speaks_of_a_term_of_ours_that_is_not_declared(
    checkout: workspace.Workspace, ontology: Ontology
) -> None:
    paths = [*checkout.data_files, *sorted(checkout.queries_folder.rglob("*.*"))]
    found = [(path.name, name) for path in paths for name in names_in(path.read_text("utf-8"), "eud")]
    assert len(found) > 1000
    found = [(file, name) for file, name in found if file != "deprecated.ttl" or EUD + name not in ontology.deprecated]
    assert sorted({(file, name) for file, name in found if EUD + name not in ontology.terms}) == []


def test_no_file_speaks_of_an_entity_of_ours_that_is_described_nowhere(
    checkout: workspace.Workspace, built: store.Built
) -> None:
    described = {quad.subject.value for quad in built.store if isinstance(quad.subject, NamedNode)}
    described |= {graph.value for graph in OWN_GRAPHS}
    spoken_of = set()
    for path in [path for path in checkout.data_files if path not in checkout.shapes_files]:
        for _, quad in files.statements(path):
            terms = (quad.subject, quad.object, quad.graph_name)
            spoken_of |= {(path.name, term.value) for term in terms if isinstance(term, NamedNode)}
    kinds = [prefix for prefix, namespace in PREFIXES.items() if namespace.startswith(BASE)]
    for path in checkout.queries_folder.rglob("*.*"):
        text = path.read_text("utf-8")
        spoken_of |= {(path.name, PREFIXES[kind] + name) for kind in kinds for name in names_in(text, kind)}
        spoken_of |= {(path.name, iri) for iri in re.findall(rf"{BASE}[a-z]+/[\w./-]*\w", text)}
    missing = {(file, shorten(iri)) for file, iri in spoken_of if iri.startswith(BASE) and iri not in described}
    missing -= {("core.ttl", f"<{BASE}ontology/{built.manifest.ontology}>")}  # the IRI of the version
    assert missing == set()


def test_no_file_speaks_of_a_property_of_others_that_is_not_declared(
    checkout: workspace.Workspace, ontology: Ontology
) -> None:
    known = {term.iri for term in ontology.terms.values()} | {RDF_TYPE.value}
    used = {
        quad.predicate.value
        for path in [*checkout.reference_files, *checkout.claim_files]
        for _, quad in files.statements(path)
    }
    assert used - known == set()


# ---------------------------------------------------------------- Topics, statuses and other schemes


SCHEMES = {
    "Topic": {"scheme:topic"},
    "Stage": {"scheme:stage"},
    "Status": {f"scheme:{kind}-status" for kind in ("partnership", "meeting", "initiative", "instrument")},
    "Certainty": {"scheme:certainty"},
    "ReadingMethod": {"scheme:reading-method"},
}


@pytest.mark.parametrize("kind", sorted(SCHEMES))
def test_every_concept_stands_in_its_scheme_with_one_label_and_one_definition(loaded: Store, kind: str) -> None:
    concepts = {row["x"].value for row in select(loaded, f"SELECT ?x {{ ?x a {eud(kind)} }}")}
    assert concepts
    wrong = {}
    for concept in concepts:
        schemes = {shorten(v) for v in values(loaded, concept, "inScheme")}
        counts = [len(values(loaded, concept, name)) for name in ("prefLabel", "definition")]
        if not schemes or not schemes <= SCHEMES[kind] or counts != [1, 1]:
            wrong[concept] = (schemes, counts)
    assert wrong == {}


@pytest.mark.parametrize("kind", sorted(SCHEMES))
def test_no_two_concepts_of_a_kind_share_a_name(loaded: Store, kind: str) -> None:
    rows = select(loaded, f"SELECT ?x ?n {{ ?x a {eud(kind)} ; <{SKOS}prefLabel>|<{SKOS}altLabel> ?n }}")
    holders = defaultdict(set)
    for row in rows:
        holders[fold(row["n"].value)].add(shorten(row["x"].value))
    assert {name: found for name, found in holders.items() if len(found) > 1} == {}


def test_labels_of_concepts_are_in_english(loaded: Store) -> None:
    rows = select(
        loaded,
        f"SELECT ?x ?n {{ ?x <{SKOS}prefLabel>|<{SKOS}altLabel>|<{SKOS}definition> ?n FILTER(LANG(?n) != 'en') }}",
    )
    assert rows == []


def test_the_hierarchy_of_topics_has_no_cycle_and_leads_to_topics(loaded: Store) -> None:
    topics = {row["x"].value for row in select(loaded, f"SELECT ?x {{ ?x a {eud('Topic')} }}")}
    above = {topic: values(loaded, topic, "broader") for topic in topics}
    assert {parent for parents in above.values() for parent in parents} <= topics
    list(TopologicalSorter(above).static_order())


def test_a_topic_is_at_the_top_if_and_only_if_it_has_no_broader_one(loaded: Store) -> None:
    rows = select(
        loaded,
        f"""SELECT ?x {{ ?x a {eud("Topic")} BIND(EXISTS {{ ?x <{SKOS}topConceptOf> ?s }} AS ?top)
        BIND(EXISTS {{ ?x <{SKOS}broader> ?y }} AS ?has) FILTER(?top = ?has) }}""",
    )
    assert rows == []


def test_related_topics_are_not_above_one_another(loaded: Store) -> None:
    above = f"(<{SKOS}broader>+|^<{SKOS}broader>+)"  # SKOS reference, S27
    assert select(loaded, f"SELECT ?x ?y {{ ?x <{SKOS}related> ?y . ?x {above} ?y }}") == []
    assert select(loaded, f"SELECT ?x ?y {{ ?x <{SKOS}related> ?y FILTER NOT EXISTS {{ ?y a {eud('Topic')} }} }}") == []


def test_a_topic_does_not_name_both_a_broader_topic_and_one_above_that(loaded: Store) -> None:
    rows = select(loaded, f"SELECT ?x ?z {{ ?x <{SKOS}broader> ?y , ?z . ?y <{SKOS}broader>+ ?z }}")
    assert rows == []


def test_topics_stand_in_alphabetical_order(checkout: workspace.Workspace) -> None:
    topics = [
        quad.subject.value
        for _, quad in files.statements(checkout.root / "ontology" / "topics.ttl")
        if quad.predicate == RDF_TYPE and quad.object == eud("Topic") and isinstance(quad.subject, NamedNode)
    ]
    assert topics == sorted(topics)


def test_the_status_of_a_meeting_says_how_a_calendar_would_put_it(loaded: Store) -> None:
    rows = select(
        loaded,
        f"""SELECT ?x ?c ?m {{ ?x <{SKOS}inScheme> <{BASE}scheme/meeting-status>
        OPTIONAL {{ ?x {eud("icalendarStatus")} ?c }} OPTIONAL {{ ?x <{SKOS}exactMatch> ?m }} }}""",
    )
    found = {
        shorten(r["x"].value): (r["c"] and r["c"].value, r["m"] and r["m"].value.removeprefix(PREFIXES["schema"]))
        for r in rows
    }
    assert found == {
        **{f"status:{name}": (None, None) for name in ("mentioned", "wanted", "proposed", "envisaged", "expected")},
        "status:announced": (None, None),
        "status:under-way": ("CONFIRMED", None),
        "status:tentative": ("TENTATIVE", None),
        "status:to-be-confirmed": ("TENTATIVE", None),
        "status:scheduled": ("CONFIRMED", "EventScheduled"),
        "status:held": ("CONFIRMED", None),
        "status:postponed": ("TENTATIVE", "EventPostponed"),
        "status:cancelled": ("CANCELLED", "EventCancelled"),
    }


# ---------------------------------------------------------------- Identifiers of others


def test_only_verified_identifiers_of_wikidata_eurovoc_and_the_eu_are_linked(checkout: workspace.Workspace) -> None:
    verified = {
        *((thing, "exactMatch", PREFIXES["wd"] + number) for thing, number in WIKIDATA.items()),
        *((thing, "exactMatch", PREFIXES["ev"] + number) for thing, number in EUROVOC.items()),
        *((thing, "exactMatch", f"{AUTHORITY}corporate-body/{code}") for thing, code in CORPORATE_BODIES.items()),
        *((thing, "exactMatch", f"{AUTHORITY}country/{code}") for thing, code in COUNTRY_CODES.items()),
        *((thing, "exactMatch", PREFIXES["ev"] + number) for thing, number in EXACT_CONCEPTS),
    }
    concepts = {PREFIXES["ev"] + number for number in EUROVOC_CONCEPTS}
    known = (PREFIXES["wd"], PREFIXES["ev"], AUTHORITY)
    linked = set()
    for path in [*checkout.ontology_files, *checkout.reference_files]:
        for _, quad in files.statements(path):
            if isinstance(quad.object, NamedNode) and quad.object.value.startswith(known):
                assert isinstance(quad.subject, NamedNode)
                kind = quad.predicate.value.removeprefix(SKOS)
                linked.add((shorten(quad.subject.value), kind, quad.object.value))
    assert {link for link in linked if link[1] == "exactMatch"} <= verified
    assert {link for link in linked if link[1] != "exactMatch" and link[2] not in concepts} == set()
    assert {kind for _, kind, _ in linked} == {"exactMatch", "closeMatch", "broadMatch"}
    missing = {link for link in verified if link[0].startswith(("org:", "country:"))} - linked
    assert missing == set()


def test_the_numbers_of_laws_are_those_that_were_verified(checkout: workspace.Workspace) -> None:
    found = {
        (shorten(quad.subject.value), quad.predicate.value.removeprefix(EUD), quad.object.value)
        for path in checkout.reference_files
        for _, quad in files.statements(path)
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.predicate == eud("celex")
    }
    assert found == CELEX


# ---------------------------------------------------------------- Shapes


def test_every_property_shape_has_a_path_that_is_declared_and_a_message(shapes: Store, ontology: Ontology) -> None:
    rows = select(
        shapes,
        f"""SELECT ?shape ?path ?message {{ ?shape a <{SH}NodeShape> ; <{SH}property> ?p .
        OPTIONAL {{ ?p <{SH}path> ?path }} OPTIONAL {{ ?p <{SH}message> ?message }} }}""",
    )
    assert len(rows) > 30
    properties = {term.iri for term in ontology.properties}
    wrong = [
        (shorten(row["shape"].value), row["path"])
        for row in rows
        if not row["message"] or not row["message"].value.endswith(".") or row["path"].value not in properties
    ]
    assert wrong == []


def test_shapes_speak_of_declared_classes_and_properties_only(shapes: Store, ontology: Ontology) -> None:
    classes = {term.iri for term in ontology.classes}
    properties = {term.iri for term in ontology.properties}
    for links, declared in ((("targetClass", "class"), classes), (("path", "lessThan"), properties)):
        listed = "|".join(f"<{SH}{link}>" for link in links)
        rows = select(
            shapes, f"SELECT DISTINCT ?o {{ ?s ({listed})/(<{RDF}rest>*/<{RDF}first>)? ?o FILTER(isIRI(?o)) }}"
        )
        found = {row["o"].value for row in rows}
        assert found
        assert found - declared == set()


# ---------------------------------------------------------------- Helpers


def values(graph: Store, thing: str, name: str) -> set[str]:
    quads = graph.quads_for_pattern(NamedNode(thing), NamedNode(SKOS + name), None, None)
    return {str(getattr(quad.object, "value", quad.object)) for quad in quads}


def names_in(text: str, prefix: str) -> Iterator[str]:
    """Yield the local names used with a prefix, outside comments and texts."""
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', lambda m: m.group() if "?" in m.group() else '""', text)
    bare = re.sub(r"(?m)(^|\s)#.*$", r"\1", bare)
    bare = re.sub(r"<[^<>\s]*>", "<>", bare)
    for match in re.finditer(rf"(?<![\w:?]){prefix}:((?:\w|-|\.(?=\w)|%)+)", bare):
        assert expand(f"{prefix}:{match[1]}")
        yield match[1]


def non_simple(ontology: Ontology) -> set[str]:
    """OWL 2 structural specification, section 11.1: composite properties, and those above them or inverse to them."""
    found = {t.iri for t in ontology.properties if t.chains or "TransitiveProperty" in t.traits}
    while True:
        more = {p for iri in found for p in ontology.terms[iri].parents}
        more |= {inverse for iri in found if (inverse := ontology.terms[iri].inverse)}
        if more <= found:
            return found
        found |= more


def irregular(ontology: Ontology) -> list[tuple[str, tuple[str, ...]]]:
    """Return the chains in which the property itself stands elsewhere than at one end."""
    wrong = []
    for term in ontology.properties:
        for chain in term.chains:
            inner = rest_of(term, chain)
            if {term.iri, term.inverse} & set(inner):
                wrong.append((term.iri, chain))
    return wrong


def order(ontology: Ontology) -> dict[str, set[str]]:
    """Return what must come before each property (or its inverse: the two count as one)."""
    before: dict[str, set[str]] = {}
    for term in ontology.properties:
        mine = one_of(term)
        below = before.setdefault(mine, set())
        for chain in term.chains:
            below |= {one_of(ontology.terms[link]) for link in rest_of(term, chain)}
        for parent in term.parents:
            before.setdefault(one_of(ontology.terms[parent]), set()).add(mine)
    return before


def rest_of(term: Term, chain: Iterable[str]) -> list[str]:
    links = list(chain)
    if links == [term.iri, term.iri]:
        return []
    if links[0] == term.iri:
        return links[1:]
    if links[-1] == term.iri:
        return links[:-1]
    return links


def one_of(term: Term) -> str:
    return min(term.iri, term.inverse or term.iri)
