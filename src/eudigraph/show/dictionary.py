"""The data dictionary: every term of the ontology, every status and topic, as Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode

from eudigraph.model.labels import alternatives, best
from eudigraph.model.names import EUD, PREFIXES, SKOS, shorten
from eudigraph.model.ontology import Ontology, Term
from eudigraph.model.triples import Triplestore, select


def markdown(store: Triplestore, ontology: Ontology) -> str:
    """Return the dictionary. ``store`` holds the ontology's files, at least in named graphs."""
    lines = [
        "# Data dictionary",
        "",
        f"Made from the ontology, version {ontology.version}, by `make docs`. Prefix `eud:` stands for `{EUD}`.",
        "",
        "## Classes",
        "",
        "| class | is a | definition | example | mapping |",
        "|---|---|---|---|---|",
    ]
    lines += [
        _row(_name(t), ", ".join(_term(ontology, p) for p in t.parents), t.definition, t.example, _mappings(t))
        for t in _ours(ontology.classes)
    ]
    for title, kind in (
        ("Relations", "ObjectProperty"),
        ("Values", "DatatypeProperty"),
        ("Annotations", "AnnotationProperty"),
    ):
        lines += [
            "",
            f"## {title}",
            "",
            "| property | from | to | definition | example | more |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            _row(
                _name(t),
                _either(ontology, t.domains, t.domain_includes),
                _either(ontology, t.ranges, t.range_includes),
                t.definition,
                t.example,
                "; ".join(_traits(ontology, t)),
            )
            for t in _ours(ontology.properties)
            if t.kind == kind
        ]
    lines += ["", "## Stages, statuses, certainties and methods", "", "| term | of | definition |", "|---|---|---|"]
    lines += [_row(row["name"], row["scheme"], row["definition"]) for row in _concepts(store, topics=False)]
    lines += ["", "## Topics", "", "| topic | also called | broader | definition |", "|---|---|---|---|"]
    lines += [
        _row(row["name"], row["also"], row["broader"], row["definition"]) for row in _concepts(store, topics=True)
    ]
    lines += ["", "## Deprecated", "", "| term | what to do |", "|---|---|"]
    lines += [_row(f"`{shorten(iri)}`", mend) for iri, mend in sorted(ontology.deprecated.items())]
    return "\n".join(lines) + "\n"


def dot(ontology: Ontology, properties: Iterable[str], kinds: Iterable[str]) -> str:
    """Return the model as a Graphviz drawing: these properties (local names) as arrows, these classes as kinds."""
    lines = [
        "digraph model {",
        '  rankdir=LR; nodesep=0.35; ranksep=1.0; bgcolor="white";',
        '  node [shape=box style="rounded,filled" fillcolor="#eef3fa" color="#33557f"];',
        '  node [fontname="Helvetica" fontsize=13];',
        '  edge [color="#5a6472" fontname="Helvetica" fontsize=10 fontcolor="#39424e"];',
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for name in properties:
        term = ontology.terms[EUD + name]
        ends = ((term.domains or term.domain_includes)[0], (term.ranges or term.range_includes)[0])
        arrows.setdefault(ends, []).append(("» " if term.chains else "") + term.label)
    shown = sorted({end for ends in arrows for end in ends})
    for iri in shown:
        below = [t.label for t in ontology.classes if iri in t.parents and t.name in set(kinds)]
        label = "\\n".join([ontology.terms[iri].label.upper(), *below])
        lines.append(f'  "{iri.removeprefix(EUD)}" [label="{label}"];')
    for (start, end), labels in sorted(arrows.items()):
        label = "".join(f"\\n{name}" for name in labels)
        lines.append(f'  "{start.removeprefix(EUD)}" -> "{end.removeprefix(EUD)}" [label="{label}"];')
    return "\n".join([*lines, "}"]) + "\n"


def _ours(terms: Iterable[Term]) -> list[Term]:
    return [t for t in terms if t.ours]


def _name(term: Term) -> str:
    return f"**{term.label}** `eud:{term.name}`"


def _term(ontology: Ontology, iri: str) -> str:
    return (
        ontology.terms[iri].label if iri in ontology.terms and iri.startswith(EUD) else f"`{shorten(iri).strip('<>')}`"
    )


def _either(ontology: Ontology, all_: Iterable[str], some: Iterable[str]) -> str:
    """Return the classes that an end of a property belongs to, or those it may belong to."""
    return ", ".join(_term(ontology, c) for c in all_) or " or ".join(_term(ontology, c) for c in some)


def _mappings(term: Term) -> str:
    words = {"exactMatch": "same as", "closeMatch": "close to", "broadMatch": "narrower than"}
    return ", ".join(f"{words[kind]} `{shorten(iri).strip('<>')}`" for kind, iri in term.mappings)


def _traits(ontology: Ontology, term: Term) -> list[str]:
    found = [f"kind of “{_term(ontology, p)}”" for p in term.parents]
    if term.inverse:
        found.append(f"inverse of “{_term(ontology, term.inverse)}”")
    found += [f"follows from {' then '.join(f'“{_term(ontology, p)}”' for p in chain)}" for chain in term.chains]
    found += sorted(t.removesuffix("Property").lower() for t in term.traits)
    return [*found, *([_mappings(term)] if term.mappings else [])]


def _concepts(store: Triplestore, *, topics: bool) -> list[dict[str, str]]:
    """Return the topics, or all other concepts, with what is said of them; several values stand in one text, sorted."""
    said = {
        name: _values(store, SKOS + name) for name in ("inScheme", "prefLabel", "definition", "altLabel", "broader")
    }

    def called(terms: Iterable[object]) -> str:
        named = [best(_texts(said["prefLabel"].get(t.value, ()))) for t in terms if isinstance(t, NamedNode)]
        return "; ".join(sorted(filter(None, named)))

    rows = []
    for iri, schemes in said["inScheme"].items():
        label, definition = (best(_texts(said[name].get(iri, ()))) for name in ("prefLabel", "definition"))
        if label and definition and (NamedNode(PREFIXES["scheme"] + "topic") in schemes) is topics:
            also = "; ".join(alternatives(_texts(said["altLabel"].get(iri, ()))))
            above = called(said["broader"].get(iri, ()))
            rows.append({"name": f"**{label}** `{shorten(iri)}`", "scheme": called(schemes)})
            rows[-1] |= {"label": label, "definition": definition, "also": also, "broader": above}
    return sorted(rows, key=lambda row: (row["scheme"], row["label"]))


def _values(store: Triplestore, prop: str) -> dict[str, list[object]]:
    """Return what named graphs say of entities by a property, by the entities' IRIs."""
    found: dict[str, list[object]] = defaultdict(list)
    for row in select(store, f"SELECT DISTINCT ?x ?value {{ GRAPH ?g {{ ?x <{prop}> ?value }} FILTER(isIRI(?x)) }}"):
        found[row["x"].value].append(row["value"])
    return dict(found)


def _texts(values: Iterable[object]) -> list[Literal]:
    return [value for value in values if isinstance(value, Literal)]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
