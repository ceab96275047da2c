"""The exports: the same graph in every format, readable by others, and the same bytes each time."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import networkx as nx
import pytest
import rdflib
from pyoxigraph import CanonicalizationAlgorithm, Dataset, DefaultGraph, Quad, RdfFormat, parse

from eudigraph.build import build
from eudigraph.engine import store
from eudigraph.model import workspace
from eudigraph.model.names import BASE, EUD, PREFIXES

FILES = {"eudigraph.trig", "eudigraph.nq", "eudigraph.ttl", "eudigraph.jsonld", "eudigraph.graphml", "context.jsonld"}


def quads(path: Path, form: RdfFormat) -> set[Quad]:
    return set(parse(path=str(path), format=form))


@pytest.fixture(scope="module")
def exact(built: store.Built) -> set[Quad]:
    """What the store holds in named graphs."""
    return {quad for quad in built.store if not isinstance(quad.graph_name, DefaultGraph)}


def test_every_export_is_there(built: store.Built) -> None:
    assert {p.name for p in built.generation.iterdir() if p.is_file()} == FILES


def test_trig_and_nquads_hold_every_statement_in_its_graph(built: store.Built, exact: set[Quad]) -> None:
    assert quads(built.generation / "eudigraph.nq", RdfFormat.N_QUADS) == exact
    assert quads(built.generation / "eudigraph.trig", RdfFormat.TRIG) == exact


def test_turtle_holds_every_statement_once(built: store.Built) -> None:
    found = list(parse(path=str(built.generation / "eudigraph.ttl"), format=RdfFormat.TURTLE))
    default = set(built.store.quads_for_pattern(None, None, None, DefaultGraph()))
    assert len(found) == len(set(found))
    assert set(found) == default


def test_jsonld_means_the_same_to_another_library_and_to_ours(built: store.Built, exact: set[Quad]) -> None:
    path = built.generation / "eudigraph.jsonld"
    wanted, found = Dataset(exact), Dataset(parse(path=str(path), format=RdfFormat.JSON_LD))
    for dataset in (wanted, found):
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    assert set(found) == set(wanted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's own
        data = rdflib.Dataset().parse(path, format="json-ld")
        assert len(list(data.quads())) == len(exact)


def test_the_context_stands_in_the_document_and_fetches_nothing(built: store.Built) -> None:
    document = json.loads((built.generation / "eudigraph.jsonld").read_text("utf-8"))
    beside = json.loads((built.generation / "context.jsonld").read_text("utf-8"))
    assert document["@context"] == beside["@context"]
    assert document["@context"]["cooperatesOn"] == {"@id": "eud:cooperatesOn", "@type": "@id"}
    assert set(PREFIXES) <= set(document["@context"])


def test_graphml_has_names_relations_and_evidence(built: store.Built) -> None:
    network = nx.read_graphml(built.generation / "eudigraph.graphml", force_multigraph=True)
    cable, canada = f"{BASE}initiative/arctic-cable", f"{BASE}country/canada"
    assert (network.nodes[canada]["label"], network.nodes[canada]["kind"]) == ("Canada", "country")
    lacks = [d for d in network.get_edge_data(cable, canada).values() if d["label"] == "lacks support of"]
    assert lacks == [
        {
            "property": f"{EUD}lacksSupportOf",
            "label": "lacks support of",
            "inferred": False,
            "certainty": "stated",
            "passages": f"{BASE}passage/euractiv-2023-04/20-support",
        }
    ]
    assert EUD + "Passage" not in {data.get("kind") for _, data in network.nodes(data=True)}


def test_two_builds_give_the_same_bytes(checkout: workspace.Workspace, built: store.Built, tmp_path: Path) -> None:
    report = build.build(checkout, tmp_path / "again", use_hermit=False)
    assert report.generation
    for name in FILES:
        assert (report.generation / name).read_bytes() == (built.generation / name).read_bytes(), name
