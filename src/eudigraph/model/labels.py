"""What people call entities: names for IRIs, in the languages that a reader likes best."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import takewhile

from pyoxigraph import Literal, NamedNode

from eudigraph.model.errors import UsageError
from eudigraph.model.names import EUD, RDF_TYPE, RDFS, SKOS, shorten
from eudigraph.model.text import cut
from eudigraph.model.triples import Triplestore, select

Languages = tuple[str, ...]
"""Tags of languages (BCP 47), in small letters, the one liked best first; empty for names without a language."""

_OTHERS = "bg cs da de el es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv"
LANGUAGES: Languages = ("en", "", *_OTHERS.split())
"""The order unless another is asked for: English, no language, the EU's other languages; any other comes after them."""
_TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?"
)
"""A tag that is well formed (https://www.rfc-editor.org/rfc/rfc5646#section-2.1). Those of five letters and more, which
the standard reserves, are omitted: they are names of languages, such as ``german``, that somebody took for tags."""
WORDS = {
    RDF_TYPE.value: "is a",
    SKOS + "prefLabel": "name",
    SKOS + "altLabel": "other name",
    SKOS + "hiddenLabel": "name it is found by",
    SKOS + "notation": "code",
    SKOS + "definition": "definition",
    SKOS + "example": "example",
    SKOS + "exactMatch": "same as",
    SKOS + "closeMatch": "much the same as",
    SKOS + "broadMatch": "part of what elsewhere is",
}
"""What properties of others are called, to which the ontology gives no label."""
_MAX_TAGS = 20
_BATCH = 500

_liked: ContextVar[Languages] = ContextVar("languages", default=LANGUAGES)


def languages(text: str) -> Languages:
    """Return the order that tags such as ``de,pt-BR`` ask for: these first, then the usual ones.

    Raises UsageError for what is no tag of a language.
    """
    tags = [tag.strip().lower() for tag in text.split(",")]
    if len(tags) > _MAX_TAGS:
        raise UsageError(f"{len(tags):,} languages are too many; give up to {_MAX_TAGS}, the one you like best first")
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise UsageError(f"{cut(tag)!r} is no tag of a language; write tags such as de,pt-BR")
    return tuple(dict.fromkeys([*tags, *LANGUAGES]))


@contextmanager
def preferring(order: Languages) -> Iterator[None]:
    """Have names chosen in this order of languages, by all that chooses any, until the block ends.

    It holds for this thread or task alone, as a context of ``decimal`` does for numbers.
    """
    before = _liked.set(order)
    try:
        yield
    finally:
        _liked.reset(before)


def preferred() -> Languages:
    """Return the order of languages in force."""
    return _liked.get()


def asked_for() -> str:
    """Return the tags that the order in force begins with, as ``languages`` reads them; nothing for the usual order."""
    order = _liked.get()
    number = next(n for n in range(len(order) + 1) if tuple(dict.fromkeys([*order[:n], *LANGUAGES])) == order)
    return ",".join(order[:number])


def best(names: Iterable[Literal]) -> str:
    """Return the name in the language liked best, of several the first of the alphabet; empty if there is none.

    A tag finds its own language, then what it is a part of, then other parts of that: ``pt-BR`` finds ``pt``, then
    ``pt-PT``; ``pt`` finds ``pt-BR`` (https://www.rfc-editor.org/rfc/rfc4647#section-3.4 goes no further than ``pt``).
    """
    order = _liked.get()
    return min(((_rank(name.language or "", order), name.value) for name in names), default=("", ""))[1]


def alternatives(names: Iterable[Literal]) -> list[str]:
    """Return other names of an entity for people to read: those of the one language liked best, and those of none."""
    given, order = list(names), _liked.get()
    spoken = {name.language for name in given if name.language}
    liked = min(spoken, key=lambda tag: _rank(tag, order), default="").partition("-")[0]
    return sorted({name.value for name in given if (name.language or liked).partition("-")[0] == liked})


@lru_cache(maxsize=10_000)
def _rank(tag: str, order: Languages) -> tuple[int, int, int, str]:
    """Return a key by which the languages of names are put in order, the one liked best first."""
    parts = tag.split("-")
    ranks = []
    for place, liked in enumerate(order):
        wanted = liked.split("-")
        if wanted[0] == parts[0]:
            common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(wanted, parts, strict=False)))
            ranks.append((place, len(wanted) - common, len(parts) - common, tag))
    return min(ranks, default=(len(order), 0, 0, tag))


def labels(store: Triplestore, iris: Iterable[str]) -> dict[str, str]:
    """Return what to call each IRI: by its preferred name, label or title in the best language, else its short form.

    A passage is called after its source and where it stands there.
    """
    wanted = sorted(set(iris))
    own: dict[str, list[Literal]] = defaultdict(list)
    publishers: dict[str, list[Literal]] = defaultdict(list)
    locators: dict[str, str] = {}
    for begin in range(0, len(wanted), _BATCH):
        listed = " ".join(str(NamedNode(iri)) for iri in wanted[begin : begin + _BATCH])
        rows = select(
            store,
            f"""SELECT ?x ?name ?n {{ VALUES ?x {{ {listed} }}
            {{ ?x <{SKOS}prefLabel> ?name }} UNION {{ ?x <{RDFS}label> ?name }} UNION {{ ?x <{EUD}title> ?name }}
            UNION {{ ?x <{EUD}locator> ?n ; <{EUD}source>/<{EUD}publisher>/<{SKOS}prefLabel> ?name }} }}""",
        )
        for row in rows:
            iri, locator = row["x"].value, row["n"]
            if isinstance(row["name"], Literal):
                (own if locator is None else publishers)[iri].append(row["name"])
            if locator is not None:
                locators[iri] = min(locator.value, locators.get(iri, locator.value))
    told = {iri: f"{best(publishers[iri])} {locator}" for iri, locator in locators.items()}
    return {iri: best(own.get(iri, ())) or told.get(iri) or WORDS.get(iri) or shorten(iri) for iri in wanted}


def show(term: object, names: Mapping[str, str], *, ids: bool = False) -> str:
    """Return a term for people: entities by their names (or short IRIs), texts as they are, nothing for no value."""
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return shorten(term.value) if ids else names.get(term.value, shorten(term.value))
    return term.value if isinstance(term, Literal) else str(term)
