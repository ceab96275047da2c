"""The vocabulary: small, in modules, aligned with that of others, and old files are told how to mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from eudigraph.build import build
from eudigraph.model import workspace
from eudigraph.model.names import EUD, OWL, RDF_TYPE, RDFS, SKOS
from eudigraph.model.ontology import Ontology, read_ontology
from eudigraph.reason import rules
from eudigraph.sources import files

CLAIMED = ("core", "kinds", "initiatives", "wishes", "agents", "evidence")
"""The modules whose terms claims, evidence and reference data use."""
MOST = {"core": 25, "classes": 36, "properties": 75}
MATCHES = tuple(SKOS + kind for kind in ("exactMatch", "closeMatch", "broadMatch"))


def module(checkout: workspace.Workspace, name: str) -> Ontology:
    return read_ontology(quad for _, quad in files.statements(checkout.root / "ontology" / f"{name}.ttl"))


@pytest.fixture(scope="module")
def ontology(checkout: workspace.Workspace) -> Ontology:
    """The ontology as all its files make it up."""
    return read_ontology(quad for path in checkout.ontology_files for _, quad in files.statements(path))


# ---------------------------------------------------------------- Small


def test_the_core_has_the_five_classes_and_is_small(checkout: workspace.Workspace) -> None:
    core = module(checkout, "core")
    assert {"Country", "Partnership", "Meeting", "Topic", "Official"} <= {term.name for term in core.classes}
    assert len(core.terms) <= MOST["core"]


def test_what_claims_use_is_small(checkout: workspace.Workspace) -> None:
    modules = [module(checkout, name) for name in CLAIMED]
    assert sum(len(m.classes) for m in modules) <= MOST["classes"]
    assert sum(len(m.properties) for m in modules) <= MOST["properties"]


def test_a_term_is_declared_in_one_module(checkout: workspace.Workspace) -> None:
    found: dict[str, list[str]] = {}
    for path in checkout.ontology_files:
        here = read_ontology(quad for _, quad in files.statements(path))
        for iri in {*here.terms, *here.deprecated}:
            found.setdefault(iri, []).append(path.stem)
    assert {iri: where for iri, where in found.items() if len(where) > 1} == {}


def test_claims_evidence_and_reference_data_use_the_modules_for_claims_only(checkout: workspace.Workspace) -> None:
    """Whatever is inverse, derived, deprecated or not declared is not for claims."""
    modules = [module(checkout, name) for name in CLAIMED]
    declared = {term.iri for m in modules for term in m.terms.values()}
    used = set()
    for path in [*checkout.claim_files, *checkout.reference_files]:
        for _, quad in files.statements(path):
            used.add(quad.predicate.value)
            if quad.predicate == RDF_TYPE and isinstance(quad.object, NamedNode):
                used.add(quad.object.value)
    assert {iri for iri in used if iri.startswith(EUD)} - declared == set()


# ---------------------------------------------------------------- Told and aligned


def test_every_term_of_ours_has_a_label_a_definition_an_example_and_says_where_it_is_defined(
    ontology: Ontology,
) -> None:
    ours = [term for term in ontology.terms.values() if term.ours]
    assert [term.name for term in ours if not (term.label and term.definition and term.example)] == []
    assert [term.name for term in ours if term.defined_by not in ontology.iris] == []
    assert ontology.iris == {EUD.rstrip("#")}


PROV, ORG, FOAF = "http://www.w3.org/ns/prov#", "http://www.w3.org/ns/org#", "http://xmlns.com/foaf/0.1/"
SCHEMA, OA, DCTERMS = "https://schema.org/", "http://www.w3.org/ns/oa#", "http://purl.org/dc/terms/"


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("Agent", [PROV + "Agent", FOAF + "Agent"]),
        ("Country", [SCHEMA + "Country"]),
        ("Event", [SCHEMA + "Event"]),
        ("Location", [DCTERMS + "Location"]),
        ("Passage", [OA + "SpecificResource", PROV + "Entity"]),
        ("Person", [FOAF + "Person"]),
        ("Post", [ORG + "Post"]),
        ("Reading", [PROV + "Activity"]),
        ("Topic", [SKOS + "Concept"]),
        ("holdsPost", [ORG + "holds"]),
        ("reading", [PROV + "wasGeneratedBy"]),
        ("source", [OA + "hasSource"]),
        ("speaker", [PROV + "wasAttributedTo"]),
        ("takesPlaceIn", [SCHEMA + "location"]),
    ],
)
def test_alignments_are_axioms(ontology: Ontology, name: str, parents: list[str]) -> None:
    assert set(parents) <= set(ontology.terms[EUD + name].parents)


def test_an_alignment_is_not_said_twice(checkout: workspace.Workspace) -> None:
    """Where a term is a kind of another's, no annotation says that it is close to it."""
    parents, matches = set(), set()
    for path in checkout.ontology_files:
        for _, quad in files.statements(path):
            if quad.predicate.value in (RDFS + "subClassOf", RDFS + "subPropertyOf"):
                parents.add((quad.subject, quad.object))
            elif quad.predicate.value in MATCHES:
                matches.add((quad.subject, quad.object))
    assert parents & matches == set()


def test_no_statement_follows_in_the_terms_of_others(ontology: Ontology) -> None:
    heads = {iri for rule in rules.rules(ontology) for iri in (rule.head[1], rule.head[2])}
    elsewhere = {iri for iri in ontology.terms if ontology.elsewhere(iri)}
    assert PROV + "Agent" in elsewhere
    assert SKOS + "broaderTransitive" not in elsewhere
    assert heads & elsewhere == set()


def test_nothing_is_imported_nothing_is_functional(checkout: workspace.Workspace, ontology: Ontology) -> None:
    predicates = {quad.predicate.value for path in checkout.ontology_files for _, quad in files.statements(path)}
    assert OWL + "imports" not in predicates
    assert [t.name for t in ontology.properties if any("Functional" in trait for trait in t.traits)] == []


# ---------------------------------------------------------------- Old files are told how to mend


def test_deprecated_terms_are_named_with_what_to_write(ontology: Ontology) -> None:
    assert len(ontology.deprecated) > 30
    assert set(ontology.deprecated) & set(ontology.terms) == set()
    for iri, mend in ontology.deprecated.items():
        assert re.match(r"write |say |claim |tell |leave ", mend) or "claimed" in mend, iri
        for name in re.findall(r"eud:(\w+)", mend):  # what it names is there
            assert EUD + name in {*ontology.terms, iri}, (iri, name)


CLAIMS = """
@prefix eud: <https://w3id.org/eudigraph/ontology#> .
@prefix election: <https://w3id.org/eudigraph/election/> .
@prefix meeting: <https://w3id.org/eudigraph/meeting/> .
@prefix partnership: <https://w3id.org/eudigraph/partnership/> .
@prefix p: <https://w3id.org/eudigraph/passage/old/> .

p:1 {
    meeting:eu-us-ttc-4 eud:heldUnder partnership:eu-us-ttc .
    partnership:eu-us-ttc eud:since "2021-06-15" .
    election:x a eud:Election .
}
"""


def test_check_tells_how_to_mend_a_claim_with_a_deprecated_term(small: Callable[[str], workspace.Workspace]) -> None:
    made = small(CLAIMS)
    (path,) = (path for path in made.claim_files if "heldUnder" in path.read_text("utf-8"))
    said = [str(p) for p in build.check(made, use_hermit=False).problems if "deprecated" in p.what]
    where = Path(path).relative_to(made.root).as_posix()
    assert said == [
        f"{where}:9: error: eud:heldUnder is deprecated; write eud:under instead of eud:heldUnder",
        f"{where}:10: error: eud:since is deprecated; write eud:date and eud:status instead of eud:since: "
        "the status that began, such as status:in-force, and the day, in the same passage",
        f"{where}:11: error: eud:Election is deprecated; tell of an election in the gist; what it does to a meeting "
        "may be an eud:assessment of the meeting",
    ]


def test_every_deprecated_term_is_told_by_check(
    ontology: Ontology, small: Callable[[str], workspace.Workspace]
) -> None:
    head = CLAIMS.partition("p:1 {")[0]
    claims = [
        f"meeting:x a <{iri}> ." if iri.removeprefix(EUD)[0].isupper() else f"meeting:x <{iri}> meeting:y ."
        for iri in ontology.deprecated
    ]
    made = small(head + "p:1 {\n" + "\n".join(claims) + "\n}\n")
    told = {p.mend for p in build.check(made, use_hermit=False).problems if "deprecated" in p.what}
    assert told == set(ontology.deprecated.values())
