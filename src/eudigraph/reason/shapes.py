"""SHACL shapes through pySHACL, in a process of its own: ``python -m eudigraph.reason.shapes``."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from eudigraph.engine.process import restrict
from eudigraph.model.errors import EudigraphError
from eudigraph.reason import child

TIMEOUT = 300.0
"""Seconds after which the shapes are given up."""
SH = "http://www.w3.org/ns/shacl#"
RUNS = frozenset(SH + name for name in ("sparql", "select", "ask", "construct", "update", "js", "jsLibrary", "rule"))
"""Properties by which shapes would have queries or scripts run."""


class Unproven(EudigraphError):
    """Why the shapes could not be run."""


@dataclass(frozen=True)
class Violation:
    """What a shape has against a thing, as SHACL's report has it; ``focus`` is None for a thing without a name.

    A shape may also be about a value, such as all texts of a property: then ``literal`` is what that says.

    ``path`` and ``value`` are those of the statement in question, None where there is no such statement; then ``lacks``
    is the property that is missing.
    """

    focus: str | None
    literal: str | None
    path: str | None
    value: str | None
    message: str
    severe: bool
    lacks: str | None = None


def validate(data: bytes, shapes: bytes) -> list[Violation]:
    """Return what is wrong with data, by shapes, both N-Triples. Raises Unproven."""
    with tempfile.TemporaryDirectory(prefix="eudigraph-") as folder:
        places = [Path(folder, name) for name in ("data.nt", "shapes.nt")]
        for place, content in zip(places, (data, shapes), strict=True):
            place.write_bytes(content)
        try:
            status, printed, complaint = child.run("reason.shapes", [str(place) for place in places], timeout=TIMEOUT)
        except TimeoutError:
            raise Unproven(f"pySHACL did not end within {TIMEOUT:.0f} seconds") from None
    if status:
        raise Unproven(complaint if status == 1 else f"pySHACL ended with {status}, perhaps for want of memory")
    return [Violation(**found) for found in json.loads(printed)]


def _violations(data: str, shapes: str) -> list[dict[str, object]]:
    import pyshacl
    import rdflib

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it warns, at length, of literals that the shapes name
    child.close_doors()
    graph, rules = rdflib.Graph().parse(data, format="nt"), rdflib.Graph().parse(shapes, format="nt")
    _, report, said = pyshacl.validate(
        graph, shacl_graph=rules, inference="none", meta_shacl=False, do_owl_imports=False
    )
    if not isinstance(report, rdflib.Graph):
        raise TypeError(said)
    found: list[dict[str, object]] = []
    reported = set[object]()
    for result in report.subjects(rdflib.RDF.type, rdflib.URIRef(SH + "ValidationResult")):
        focus, path, value, words, severity = (
            report.value(result, rdflib.URIRef(SH + name))
            for name in ("focusNode", "resultPath", "value", "resultMessage", "resultSeverity")
        )
        message = str(words or "breaks a shape")
        if (focus, path, message) in reported:
            continue
        reported.add((focus, path, message))
        stated = path is not None and (focus, path, None) in graph
        violation = Violation(
            focus=str(focus) if isinstance(focus, rdflib.URIRef) else None,
            literal=str(focus) if isinstance(focus, rdflib.Literal) else None,
            path=str(path) if stated else None,
            value=str(value) if stated and value is not None else None,
            message=message,
            severe=severity == rdflib.URIRef(SH + "Violation"),
            lacks=str(path) if path is not None and not stated else None,
        )
        found.append(asdict(violation))
    return found


def _main(data: str, shapes: str) -> int:
    restrict()
    try:
        found = _violations(data, shapes)
    except Exception as error:  # pySHACL raises whatever comes up
        print((str(error).strip().splitlines() or [type(error).__name__])[0], file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
