"""From how things stand back to the claims that bear it: what the build's own rules have derived of passages."""

from __future__ import annotations

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from eudigraph.model.names import EUD, GRAPH_STATE, XSD
from eudigraph.model.triples import Triplestore, select

_STANDS = frozenset(EUD + name for name in ("currentStatus", "currentStage", "currentDate", "currentPlace"))
_COOPERATES, _FATE = EUD + "cooperatesOn", EUD + "currentFate"
_LASTS = f'eud:knownUntil "9999-12-31"^^<{XSD}date>'
_FURTHEST = "a topic that has come as far as agreed with a country, by the engagement that has brought it furthest"
_REACHED = "of all that passages say of it, this is the furthest that was reached, or else the newest plan"
_BECAME = "what was announced first, set beside what has come of it"
_BORNE = "the build's rules of time and stage, from what these passages say"


def premises(store: Triplestore, statement: Triple) -> tuple[str, list[Triple]] | None:
    """Return the rule that a statement on how things stand is derived by, and what it rests on, in a fixed order.

    None for a statement that is not derived so.
    """
    subject, name, value = statement.subject, statement.predicate.value, statement.object
    if not isinstance(subject, NamedNode):
        return None
    if name == _COOPERATES:
        return _FURTHEST, _of_tie(store, subject, value)
    if name in _STANDS:
        found = _rows(store, f"?x a eud:Situation ; eud:about {subject} ; {_LASTS} ; eud:borneBy ?p")
        return _REACHED, _claims(store, subject, found)
    if name == _FATE:
        found = _rows(store, f"?x a eud:Fate ; eud:about {subject} ; {_LASTS} ; eud:aim|eud:outcome ?p")
        return _BECAME, _claims(store, subject, found)
    if next(store.quads_for_pattern(subject, statement.predicate, value, GRAPH_STATE), None) is None:
        return None
    found = _rows(store, f"{subject} eud:borneBy|eud:aim|eud:outcome|eud:earlierPlan|eud:laterPlan|eud:inPassage ?p")
    about = [row["e"] for row in _select(store, f"SELECT ?e {{ {subject} eud:about|eud:through ?e }} ORDER BY ?e")]
    return _BORNE, [claim for one in about for claim in _claims(store, one, found)]


def _of_tie(store: Triplestore, country: NamedNode, topic: NamedNode | BlankNode | Literal | Triple) -> list[Triple]:
    rows = _select(
        store,
        f"""SELECT ?e ?p {{ ?tie eud:ofCountry {country} ; eud:onTopic {topic} ; {_LASTS} ; eud:through ?e ;
        eud:borneBy ?p }} ORDER BY ?e ?p""",
    )
    found = []
    for row in rows:
        engagement, passage = row["e"], row["p"]
        found += [quad.triple for quad in store.quads_for_pattern(engagement, None, topic, passage)]
        found.append(Triple(engagement, NamedNode(EUD + "withCountry"), country))
        found += [
            Triple(engagement, NamedNode(EUD + "currentStatus"), one["s"])
            for one in _select(store, f"SELECT ?s {{ {engagement} eud:currentStatus ?s }}")
        ]
    return found


def _claims(store: Triplestore, engagement: NamedNode, passages: list[NamedNode]) -> list[Triple]:
    """Return what passages say of how an engagement, or what it came about as, stands."""
    others = _select(store, f"SELECT DISTINCT ?e {{ ?e eud:realises {engagement} }} ORDER BY ?e")
    found: dict[Triple, None] = {}
    for passage in passages:
        for one in [engagement, *(row["e"] for row in others)]:
            for name in ("status", "date", "takesPlaceIn", "realises"):
                for quad in store.quads_for_pattern(one, NamedNode(EUD + name), None, passage):
                    if name != "realises" or quad.object == engagement:
                        found[quad.triple] = None
            for quad in store.quads_for_pattern(None, NamedNode(EUD + "result"), one, passage):
                found[quad.triple] = None
    return sorted(found, key=_order)


def _order(triple: Triple) -> tuple[str, str, str]:
    value = triple.object.value if isinstance(triple.object, NamedNode | Literal) else ""
    return str(triple.subject), triple.predicate.value, value


def _rows(store: Triplestore, pattern: str) -> list[NamedNode]:
    return [row["p"] for row in _select(store, f"SELECT DISTINCT ?p {{ {pattern} }} ORDER BY ?p")]


def _select(store: Triplestore, text: str) -> list[dict[str, NamedNode]]:
    return select(store, f"PREFIX eud: <{EUD}> {text}")
