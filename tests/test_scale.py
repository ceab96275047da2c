"""How a build grows: its work is in proportion to what it reads, and its rules find what plainer ones would."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from eudigraph.build import assemble, build, checks, consistency
from eudigraph.model import workspace
from eudigraph.model.names import GRAPH_INFERRED, RDF_TYPE
from eudigraph.model.ontology import Ontology, Term
from eudigraph.model.triples import select
from eudigraph.reason import infer, rules
from eudigraph.sources import files

ROOT = Path(__file__).resolve().parent.parent
Make = Callable[[int], workspace.Workspace]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make workspaces of so many claims."""
    spec = importlib.util.spec_from_file_location("benchmark_generate", ROOT / "benchmarks" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for it there
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("generated")

    def make(claims: int) -> workspace.Workspace:
        if not (folder / str(claims)).exists():
            module.generate(folder / str(claims), entities=claims // 3, claims=claims, sources=None, seed=1)
        return workspace.open_workspace(folder / str(claims))

    return make


# ---------------------------------------------------------------- Growth


class Counting:
    """A store that counts what is asked of it: calls by name, and the statements that it hands out or takes in."""

    def __init__(self) -> None:
        self.store, self.calls, self.statements = Store(), Counter[str](), 0

    def __len__(self) -> int:
        return len(self.store)

    def __contains__(self, quad: Quad) -> bool:
        self.calls["contains"] += 1
        return quad in self.store

    def __iter__(self) -> Iterator[Quad]:
        return self._counted("iterate", self.store)

    def quads_for_pattern(self, *pattern: Any) -> Iterator[Quad]:
        return self._counted("pattern", self.store.quads_for_pattern(*pattern))

    def query(self, *arguments: Any, **options: Any) -> Any:
        self.calls["query"] += 1
        return self.store.query(*arguments, **options)

    def update(self, update: str) -> None:
        self.calls["update"] += 1
        self.store.update(update)

    def named_graphs(self) -> Any:
        self.calls["graphs"] += 1
        return self.store.named_graphs()

    def bulk_extend(self, quads: Any) -> None:
        self.store.bulk_extend(self._counted("extend", quads))

    def _counted(self, name: str, quads: Any) -> Iterator[Quad]:
        self.calls[name] += 1
        for quad in quads:
            self.statements += 1
            yield quad


def _work(space: workspace.Workspace) -> Counting:
    """Read, check and complete a workspace in a store that counts."""
    counting: Any = Counting()
    assembly = assemble.read(counting, space)
    assert [p for p in checks.check(counting, assembly, space) if p.severity == "error"] == []
    assemble.complete(counting, assembly)
    assert list(consistency.clashes(counting, assembly)) == []
    assert isinstance(counting, Counting)
    return counting


@pytest.mark.slow
def test_the_calls_to_the_engine_do_not_grow_and_the_statements_that_pass_grow_as_the_store_does(
    generated: Make,
) -> None:
    small, large = _work(generated(1_000)), _work(generated(8_000))
    # Rounds of rules, and relations with something new in them, differ a little with what happens to be claimed.
    assert large.calls.total() <= small.calls.total() * 1.2
    assert small.calls["query"] == large.calls["query"] < 60
    assert len(large) > 5 * len(small)
    for counting in (small, large):
        assert counting.statements < 4 * len(counting)


@pytest.mark.slow
def test_the_time_of_a_check_grows_little_faster_than_the_claims(generated: Make) -> None:
    def seconds(claims: int) -> float:
        began = time.process_time()
        report = build.check(generated(claims), use_hermit=False, graph=Store())
        assert report.errors == []
        return time.process_time() - began

    seconds(5_000)  # whatever is only done once, such as to read dates
    taken = {claims: min(seconds(claims) for _ in range(2)) for claims in (5_000, 20_000)}
    assert taken[20_000] < 8 * taken[5_000], taken  # squares would take 16 times as long, n log n takes 4.7


@pytest.mark.slow
def test_in_how_many_pieces_a_store_is_filled_makes_no_difference(
    generated: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def built(name: str) -> tuple[set[Quad], dict[str, int], dict[str, bytes]]:
        report = build.build(generated(1_000), tmp_path / name, use_hermit=False)
        assert report.generation is not None
        exports = {path.name: path.read_bytes() for path in report.generation.iterdir() if path.is_file()}
        return set(Store.read_only(str(report.generation / "store"))), report.counts, exports

    whole = built("whole")
    monkeypatch.setattr(files, "PIECE", 70)
    monkeypatch.setattr(assemble, "_AT_ONCE", 700)
    assert built("pieces") == whole
    assert len(whole[0]) > 5_000
    assert len(whole[2]) == 6


# ---------------------------------------------------------------- Rules


def _iri(name: str) -> str:
    return f"https://example.org/{name}"


CLASSES = [_iri(f"C{i}") for i in range(4)]
PROPERTIES = [_iri(f"p{i}") for i in range(5)]
THINGS = [NamedNode(_iri(f"x{i}")) for i in range(5)]
some_classes = st.lists(st.sampled_from(CLASSES), max_size=2, unique=True)
some_properties = st.lists(st.sampled_from(PROPERTIES), max_size=2, unique=True)
chains = st.lists(st.lists(st.sampled_from(PROPERTIES), min_size=2, max_size=3).map(tuple), max_size=2)
traits = st.sets(st.sampled_from(["SymmetricProperty", "TransitiveProperty"]))


@st.composite
def ontologies(draw: st.DrawFn) -> Ontology:
    """Return an ontology with every kind of axiom that there are rules for."""
    terms = {iri: Term(iri, "Class", parents=draw(some_classes)) for iri in CLASSES}
    for iri in PROPERTIES:
        terms[iri] = Term(
            iri,
            draw(st.sampled_from(["ObjectProperty"] * 4 + ["DatatypeProperty"])),
            parents=draw(some_properties),
            domains=draw(some_classes),
            ranges=draw(some_classes),
            inverse=draw(st.none() | st.sampled_from(PROPERTIES)),
            chains=draw(chains),
            traits=draw(traits),
        )
    return Ontology(terms)


links = st.builds(
    Quad,
    st.sampled_from(THINGS),
    st.sampled_from(PROPERTIES).map(NamedNode),
    st.sampled_from([*THINGS, Literal("a text")]),
)
types = st.builds(Quad, st.sampled_from(THINGS), st.just(RDF_TYPE), st.sampled_from(CLASSES).map(NamedNode))


def _plainly(store: Store, ontology: Ontology) -> None:
    """Let the store itself run every rule over everything until none adds anything."""

    def pattern(*atoms: rules.Atom) -> str:
        return "".join(f"{s} <{p}> {o if o.startswith('?') else f'<{o}>'} . " for s, p, o in atoms)

    size = -1
    while len(store) != size:
        size = len(store)
        for rule in rules.rules(ontology):
            head = pattern(rule.head)
            store.update(
                f"INSERT {{ {head} GRAPH {GRAPH_INFERRED} {{ {head} }} }} "
                f"WHERE {{ {pattern(*rule.body)} FILTER NOT EXISTS {{ {head} }} }}"
            )


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(ontologies(), st.lists(links | types, max_size=12))
def test_round_by_round_the_rules_find_what_they_find_when_run_over_everything(
    ontology: Ontology, quads: list[Quad]
) -> None:
    other = Store()
    other.extend(quads)
    facts = infer.facts(ontology, quads)
    follows = infer.infer(ontology, facts)
    _plainly(other, ontology)
    assert set(follows) == set(other.quads_for_pattern(None, None, None, GRAPH_INFERRED))
    assert len(follows) == len(set(follows))
    assert facts == infer.facts(ontology, other)
    assert infer.infer(ontology, facts) == []


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    ontologies(),
    st.lists(links | types, max_size=12),
    st.lists(st.lists(st.sampled_from(CLASSES), min_size=2, max_size=3, unique=True), max_size=2),
    st.lists(st.sampled_from(["AsymmetricProperty", "IrreflexiveProperty"]), min_size=len(PROPERTIES)),
)
def test_a_contradiction_is_possible_by_the_facts_just_where_a_query_finds_one(
    ontology: Ontology, quads: list[Quad], disjoint: list[list[str]], more: list[str]
) -> None:
    ontology.disjoint = disjoint
    for iri, trait in zip(PROPERTIES, more, strict=False):
        ontology.terms[iri].traits.add(trait)
    facts = infer.facts(ontology, quads)
    store = Store()
    store.extend([*quads, *infer.infer(ontology, facts)])
    for clash in rules.clashes(ontology):
        assert clash.possible(facts) == bool(select(store, clash.query, use_default_graph_as_union=True))
