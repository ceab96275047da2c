"""From a name, as somebody types it, to the one entity that is meant, and a note where that is a guess.

One resolver for the command line, Python, the API and its pages. The explorer's search has the same names and follows
the same rules: ``explore/templates/explorer/1-search.js``, which a test holds to these. Each rule is tried when those
before it found nothing: one entity decides, several are listed for the reader to choose.

a. an IRI, a prefixed name, or the IRI of an exact match elsewhere, such as ``wd:Q884``;
b. a preferred name, written just so;
c. a preferred name, without case, accents, punctuation and a leading "the";
d. any other name (alternative, hidden, notation, code of an EU authority), compared in the same way;
e. words of its names, in any order: all words of one name, then whole words, then beginnings of words. A guess;
f. such words and those of a post that somebody holds: Commissioner Breton. A guess, too;
g. such words with a slip of the hand. A guess, too;
h. the first letters of a preferred name: EC. A guess, too.

Names count in all languages. Words that say nothing, such as Mr, may be omitted, as may "the".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, islice
from typing import Any, NamedTuple

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from eudigraph.ask.library import NEWEST, LibraryQuery, Parameter, Value
from eudigraph.model.errors import UsageError
from eudigraph.model.labels import LANGUAGES, WORDS, labels
from eudigraph.model.names import (
    EUD,
    GRAPH_ONTOLOGY,
    OWL,
    PREFIXES,
    RDF_TYPE,
    RDFS,
    SKOS,
    XSD,
    expand,
    shorten,
)
from eudigraph.model.text import cut, fold, one_line, plural, similar, slips
from eudigraph.model.triples import Triplestore, exists, select

MAX_LISTED = 20
"""Entities that a message lists at most, if they are all there are."""
MAX_CANDIDATES = 10
"""Entities that a message lists at most, if one of them is meant."""
MAX_EXAMPLES = 5
"""Entities that a message names of those there are, where they are too many to list."""
MAX_LENGTH = 10_000
"""Characters of the longest name: as many as a text of the graph may have."""
KNOWN_BY = "known by"
"""How the note begins that tells by when what an answer goes by was known."""
_MAX_WORDS = 12
"""Words of a name up to which parts of it, and slips in them, are looked for."""
_MAX_LOOKED_AT = 500
"""Entities up to which it is looked at what they are, or what they are called, to find those that are meant."""
_MAX_COMPARED = 50
"""Entities up to which their names are compared with one another."""
_BEGINNING = 3
"""Letters from which the beginning of a word stands for it, in scripts whose letters say as little as ours."""
_FROM_A_DAY = ("from", "since")
"""Parameters with which a time begins: of a month, the first day is meant. After all others, the last."""
_OTHERS = tuple(SKOS + name for name in ("altLabel", "hiddenLabel", "notation", "exactMatch"))
_AUTHORITY = "http://publications.europa.eu/resource/authority/"
"""Where IRIs end in a code that people use, such as USA or CNECT."""
SILENT = frozenset(("the", "mr", "mrs", "ms", "dr", "prof"))
"""Words of a name that say nothing of who or what is meant."""
INITIALS = (2, 6)
"""How many first letters may stand for a name."""
_LEAST_LIKELY = frozenset(
    EUD + name for name in ("Certainty", "Passage", "Reading", "ReadingMethod", "Source", "Status", "TimeSpan")
) | {SKOS + "ConceptScheme"}
"""Classes of what describes entities, or is evidence for what is said of them."""


@dataclass(frozen=True)
class Match:
    """The entity that a name stands for, what to call it, its kind in words, and a note if the name was a guess."""

    iri: NamedNode
    label: str
    kind: str
    note: str | None = None


def resolve(store: Triplestore, query: LibraryQuery, given: Mapping[str, str]) -> tuple[dict[str, Value], list[str]]:
    """Return the terms for the parameters that were given as text, or that have a default, and notes on guesses.

    Raises UsageError, with suggestions, for parameters that do not exist or are missing and names that are not known.
    """
    for name in given:
        if name not in query.parameters:
            near = similar(name, query.parameters, 1)
            hint = f"it takes {', '.join(query.parameters)}" if query.parameters else "it takes none"
            hint = f"did you mean {near[0]}? {hint}" if near else hint
            raise UsageError(f"{query.name} has no parameter {cut(name)!r}; {hint}")
    values: dict[str, Value] = {}
    notes = []
    for parameter in query.parameters.values():
        text = given.get(parameter.name, parameter.default)
        if parameter.type == "date" and text in values:
            values[parameter.name] = values[text]
        elif text is not None and parameter.type == "date" and text.strip().casefold() == NEWEST:
            from eudigraph.model.current import newest_day  # slow to import, as it reads dates
            from eudigraph.model.dates import readable

            if newest := newest_day(store):
                values[parameter.name] = Literal(newest, datatype=NamedNode(XSD + "date"))
                notes.append(f"{KNOWN_BY} {readable(newest)}")
        elif text is not None:
            values[parameter.name], note = _term(store, parameter, text.strip())
            notes += [note] if note else []
        elif parameter.required:
            example = f"{parameter.name}=…"
            raise UsageError(f"{query.name} needs {parameter.name}: {parameter.description}; give it as {example}")
    return values, notes


def find(store: Triplestore, text: str, kind: str = "resource") -> Match:
    """Return the one entity of a kind that a text stands for, by the rules above.

    ``kind`` is the local name of a class, ``property``, or ``resource`` for any entity: then what describes others, or
    is evidence for what is said of them, is the least likely meant. Raises UsageError, in one line, with the candidates
    where there are several, and with what there is where there are none.
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH:
        what = f"{cut(text)!r} is longer than any name" if text else "no name is given"
        raise UsageError(f"{what}; give that of one of the {plural(_in_words(kind))}, or its identifier")
    looking = _Looking(store, text, kind)
    entities, guessed = looking.found()
    if len(entities) == 1:
        label, what = looking.described(entities)[entities[0]]
        note = f'"{one_line(text)}" was taken for {one_line(label)}{f" ({what})" if what else ""}'
        return Match(NamedNode(entities[0]), label, what, note if guessed else None)
    if entities:
        more = f"{'more of the' if guessed else 'the whole'} name, or the identifier of one"
        raise UsageError(f"{cut(text)!r} may be {looking.listed(entities)}; give {more}")
    raise UsageError(looking.nothing())


def candidates(store: Triplestore, text: str, kind: str = "resource") -> list[str]:
    """Return the IRIs of all entities that a text may stand for by the first rule that finds any, in a fixed order."""
    return _Looking(store, text.strip(), kind).found()[0]


def names(store: Triplestore) -> list[Name]:
    """Return all the names by which entities are found."""
    return _Looking(store, "", "resource").names


def _term(store: Triplestore, parameter: Parameter, text: str) -> tuple[Value, str | None]:
    if parameter.type == "date":
        from eudigraph.model import dates  # slow to import, and few questions take a day

        given = dates.day(text, end=parameter.name not in _FROM_A_DAY)
        return Literal(given.day.isoformat(), datatype=NamedNode(XSD + "date")), given.note
    if parameter.type == "text":
        if parameter.choices and text not in parameter.choices:
            raise UsageError(f"{parameter.name} is {_either(parameter.choices)}, not {cut(text)!r}")
        return Literal(text), None
    if parameter.type == "integer":
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise UsageError(f"{parameter.name} is a whole number of up to nine digits, such as 2, not {cut(text)!r}")
        if int(text) < 0:  # whatever is counted or compared
            raise UsageError(f"{parameter.name} is a number from 0 upwards, such as 2, not {cut(text)!r}")
        return Literal(int(text)), None
    try:
        found = find(store, text, parameter.type)
    except UsageError as error:
        raise UsageError(f"{parameter.name}: {error}") from error
    return found.iri, found.note


def rules() -> dict[str, Any]:
    """Return what the rules go by, for the explorer, which follows them with the names that it has."""
    return {
        "silent": sorted(SILENT),
        "words": _MAX_WORDS,
        "beginning": _BEGINNING,
        "slips": _SLIPS,
        "initials": INITIALS,
        "compared": _MAX_COMPARED,
        "prefixes": PREFIXES,
        "countries": sorted(_countries()),
    }


class Name(NamedTuple):
    """A name of an entity: its IRI, the name as written and as compared, whether it is a preferred one."""

    entity: str
    text: str
    folded: str
    preferred: bool


class _Looking:
    """A text for which an entity is looked for. The names there are, which may be many, are read once, if at all."""

    def __init__(self, store: Triplestore, text: str, kind: str) -> None:
        self._store, self._text, self._kind = store, text, kind
        self._node, self._folded = _node(text), fold(text)
        self._words = [word for word in self._folded.split() if word not in SILENT]
        if kind == "property":
            self._classes, self._labels = [f"{OWL}ObjectProperty", f"{OWL}DatatypeProperty"], [RDFS + "label"]
        else:
            self._classes, self._labels = [EUD + kind] * (kind != "resource"), [SKOS + "prefLabel", EUD + "title"]

    def found(self) -> tuple[list[str], bool]:
        """Return what the first rule that finds any entity finds, the likeliest alone, and whether that is a guess."""
        for found, guessed in self.by_rules():
            if entities := self.likely(found, guessed=guessed):
                return entities, guessed
        return [], False

    def by_rules(self) -> Iterator[tuple[Collection[str], bool]]:
        """Yield the entities that each rule finds, and whether they are a guess."""
        yield self._by_iri(), False
        yield self._just_so(), False
        if not self._folded:
            return
        for preferred in (True, False):
            names = [name for name in self.names if name.preferred is preferred]
            yield {name.entity for name in names if name.folded == self._folded}, False
            bare = self._folded.removeprefix("the ")
            yield {name.entity for name in names if name.folded.removeprefix("the ") == bare}, False
        says_something = any(len(word) > 1 or not word.isascii() for word in self._words)
        if self._node is None and says_something and len(self._words) <= _MAX_WORDS:
            for found in chain(self._by_words(), self._by_posts(), self._by_slips(), self._by_initials()):
                yield found - self._other_countries, True

    def likely(self, found: Collection[str], *, guessed: bool) -> list[str]:
        """Return which of the entities that a rule found are the likeliest meant.

        Of parts of names, not those called after another that was found: Breton is rather the commissioner than his
        meeting with somebody.
        """
        entities = sorted(found)
        if self._kind == "resource" and 1 < len(entities) <= _MAX_LOOKED_AT:
            types = self._types(entities)
            entities = [entity for entity in entities if not types[entity] & _LEAST_LIKELY] or entities
        if guessed and 1 < len(entities) <= _MAX_COMPARED:
            names = [(name.entity, f" {name.folded} ") for name in self.names if name.entity in entities]
            after = {one for one, name in names for other, part in names if one != other and part in name != part}
            entities = [entity for entity in entities if entity not in after] or entities
        return entities

    def described(self, entities: Collection[str]) -> dict[str, tuple[str, str]]:
        """Return what to call entities, and their kinds in words."""
        types = {entity: {t for t in held if t.startswith(EUD)} for entity, held in self._types(entities).items()}
        above = {name: self._broader(name) for held in types.values() for name in held}
        named = labels(self._store, {*entities, *above})
        if self._kind == "property":
            return {entity: (named[entity], "property") for entity in entities}
        narrowest = {entity: held - {broad for name in held for broad in above[name]} for entity, held in types.items()}
        return {
            entity: (named[entity], ", ".join(named[name] for name in sorted(narrowest[entity]))) for entity in entities
        }

    def listed(self, entities: Sequence[str]) -> str:
        """Return entities for a message: what they are called, what they are, and their identifiers."""
        shown = self.described(entities[:_MAX_LOOKED_AT])
        ordered = sorted(shown.items(), key=lambda item: (fold(item[1][0]), item[0]))[:MAX_CANDIDATES]
        told = [
            f"{one_line(label)} ({', '.join(filter(None, (kind, shorten(iri))))})" for iri, (label, kind) in ordered
        ]
        more = len(entities) - len(told)
        return f"{', '.join(told)} or {more:,} more" if more else _either(told)

    def nothing(self) -> str:
        """Return that nothing is called so, and what there is or, where that is much, what is called much the same."""
        kind, entities = _in_words(self._kind), sorted({name.entity for name in self.names})
        if self._node is not None:
            near = similar(shorten(self._node.value), self._beside(self._node.value, entities))
            local = _local(self._node.value)
            near = [name for name in near if local not in _countries() or _local(expand(name) or name) == local]
            what = f"{one_line(shorten(self._node.value))} is no {kind} of the graph"
        elif other := self._of_another_kind():
            return other
        else:
            # Whoever names a country of the world means no other one, and nothing that only sounds like it.
            near = [] if self._names_a_country else self._near()
            what = f"there is no {kind} called {cut(self._text)!r} in the graph"
        if near:
            return f"{what}; did you mean {_either(near)}?"
        shown = {one_line(label) for label in labels(self._store, entities[:_MAX_LOOKED_AT]).values()}
        there = sorted(shown, key=fold)
        if not there:
            return f"{what}; there is none at all"
        if len(entities) <= MAX_LISTED:
            return f"{what}; there are: {_in_a_row(there)}"
        where = "the page of the ontology" if self._kind == "property" else "the explorer"
        some = _in_a_row(there[:MAX_EXAMPLES])
        return f"{what}; there are {len(entities):,} {plural(kind)}, such as {some}; {where} shows them all"

    def _of_another_kind(self) -> str | None:
        """Return what is called so, if it is of another kind."""
        if self._kind in ("resource", "property"):
            return None
        entities, guessed = _Looking(self._store, self._text, "resource").found()
        if not entities or (guessed and (self._names_a_country or len(entities) > MAX_CANDIDATES or self._near())):
            return None
        kind = _in_words(self._kind)
        article = "an" if kind[0] in "aeiou" else "a"
        verb = "may be" if guessed or len(entities) > 1 else "is"
        return f"{cut(self._text)!r} is no {kind}; it {verb} {self.listed(entities)}; give the name of {article} {kind}"

    # --- The rules --------------------------------------------------------------------------------------------------

    def _by_iri(self) -> set[str]:
        if self._node is None:
            return set()
        if self._is_of_kind(self._node, self._kind == "resource" and exists(self._store, self._node)):
            return {self._node.value}
        match = NamedNode(SKOS + "exactMatch")
        quads = self._store.quads_for_pattern(None, match, self._node, DefaultGraph())
        return {entity for quad in quads for entity in self._of_kind(quad.subject)}

    def _just_so(self) -> set[str]:
        """Return the entities with this very name: in a language of the EU, or in none, by a look-up, else in any."""
        found: set[str] = set()
        with suppress(ValueError):
            spelt = " ".join(str(Literal(self._text, language=tag or None)) for tag in LANGUAGES)
            for label in self._labels:
                for row in select(self._store, f"SELECT ?x {{ VALUES ?name {{ {spelt} }} ?x <{label}> ?name }}"):
                    found |= self._of_kind(row["x"])
        return found or {name.entity for name in self.names if name.preferred and name.text == self._text}

    def _by_words(self) -> Iterator[set[str]]:
        wanted, alike = set(self._words), self._entities_by_word
        if len(wanted) > 1:
            yield {name.entity for name in self.names if set(name.folded.split()) - SILENT == wanted}
        yield _in_all(alike.get(word, set()) for word in wanted)
        parts = [
            word for word in wanted if _is_telling(word) or (len(wanted) > 1 and word.isalpha() and len(word) == 1)
        ]
        yield self._with_words({word: _beginning_with(word, alike) if word in parts else [word] for word in wanted})

    def _by_posts(self) -> Iterator[set[str]]:
        """Yield who has such words in the name, and in that of a post that goes with it."""
        posts: dict[str, set[str]] = defaultdict(set)
        if self._kind != "property":
            for row in select(self._store, f"SELECT ?x ?post {{ ?x <{EUD}holdsPost> ?post }}"):
                for name in self._names_of_posts.get(row["post"].value, ()):
                    for word in name.split():
                        posts[word].add(row["x"].value)
        named = [self._entities_by_word.get(word, set()) for word in self._words]
        if posts and any(named):
            both = (own | posts.get(word, set()) for word, own in zip(self._words, named, strict=True))
            yield _in_all(both) & set().union(*named)

    def _by_initials(self) -> Iterator[set[str]]:
        if len(self._words) == 1 and INITIALS[0] <= len(self._folded) <= INITIALS[1] and self._folded.isalpha():
            yield {name.entity for name in self.names if name.preferred and _initials(name.text) == self._folded}

    def _by_slips(self) -> Iterator[set[str]]:
        joined = "".join(self._words)
        if len(joined) >= _SLIPS[0][0] and joined.isalpha():
            yield {name.entity for name in self.names if name.folded.replace(" ", "") == joined}
        meant = {word: [other for other in self._entities_by_word if _is_slip(word, other)] for word in self._words}
        found, known = self._with_words(meant), {other for others in meant.values() for other in others}
        yield {
            name.entity
            for name in self.names
            if name.entity in found
            and len(parts := [word for word in name.folded.split() if word not in SILENT]) == len(self._words)
            and known.issuperset(parts)
        }
        yield found

    def _with_words(self, meant: Mapping[str, Iterable[str]]) -> set[str]:
        """Return the entities whose names have, for each word, one of those that may be meant by it."""
        by_word = self._entities_by_word
        return _in_all({entity for other in others for entity in by_word.get(other, ())} for others in meant.values())

    @cached_property
    def _other_countries(self) -> set[str]:
        """The entities called as a country of the world, if the text is the name of a country: it is another, then.

        Niger is not the beginning of Nigeria, Iceland no slip for Ireland, and Sudan no part of South Sudan.
        """
        if not self._names_a_country:
            return set()
        return {name.entity for name in self.names if name.folded.removeprefix("the ") in _countries()}

    @cached_property
    def _names_a_country(self) -> bool:
        return self._folded.removeprefix("the ") in _countries()

    # --- The names that there are ------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> list[Name]:
        found = []
        for prop in (*self._labels, *_OTHERS):
            for entity, name in self._named_by(prop):
                if isinstance(name, NamedNode) and name.value.startswith(_AUTHORITY):
                    text = name.value.rpartition("/")[2]
                elif isinstance(name, Literal):
                    text = name.value
                else:
                    continue
                if isinstance(entity, NamedNode) and not (self._kind == "resource" and entity.value.startswith(EUD)):
                    found.append(Name(entity.value, text.strip(), fold(text), prop in self._labels))
        if self._kind == "property":
            own = {name.entity: name.entity.removeprefix(EUD) for name in found if name.entity.startswith(EUD)}
            found += [Name(entity, text, fold(text), preferred=False) for entity, text in own.items()]
            found.append(Name(RDF_TYPE.value, WORDS[RDF_TYPE.value], fold(WORDS[RDF_TYPE.value]), preferred=True))
        return found

    def _named_by(self, prop: str) -> Iterator[tuple[Any, Any]]:
        """Yield entities of the kind with their values of a property."""
        if not self._classes:
            for quad in self._store.quads_for_pattern(None, NamedNode(prop), None, DefaultGraph()):
                yield quad.subject, quad.object
        for (
            kind
        ) in self._classes:  # one by one: the engine then begins with the entities of the class, which may be few
            for row in select(self._store, f"SELECT ?x ?name {{ ?x a <{kind}> ; <{prop}> ?name }}"):
                yield row["x"], row["name"]

    @cached_property
    def _entities_by_word(self) -> dict[str, set[str]]:
        """The entities in whose names a word stands, by all these words."""
        found: dict[str, set[str]] = defaultdict(set)
        for name in self.names:
            for word in name.folded.split():
                found[word].add(name.entity)
        return dict(found)

    @cached_property
    def _names_of_posts(self) -> dict[str, list[str]]:
        """The names of posts as they are compared, by the posts."""
        found: dict[str, list[str]] = defaultdict(list)
        for prop in (*self._labels, *_OTHERS):
            for row in select(self._store, f"SELECT ?x ?name {{ ?x a <{EUD}Post> ; <{prop}> ?name }}"):
                if isinstance(row["name"], Literal):
                    found[row["x"].value].append(fold(row["name"].value))
        return found

    def _types(self, entities: Collection[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {entity: set() for entity in entities}
        listed = " ".join(str(NamedNode(entity)) for entity in sorted(entities))
        for row in select(self._store, f"SELECT ?x ?type {{ VALUES ?x {{ {listed} }} ?x a ?type }}"):
            found[row["x"].value].add(row["type"].value)
        return found

    def _broader(self, name: str) -> set[str]:
        quads = self._store.quads_for_pattern(NamedNode(name), NamedNode(RDFS + "subClassOf"), None, GRAPH_ONTOLOGY)
        return {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}

    def _of_kind(self, node: object) -> set[str]:
        if isinstance(node, NamedNode) and self._is_of_kind(node, not node.value.startswith(EUD)):
            return {node.value}
        return set()

    def _is_of_kind(self, node: NamedNode, any_entity: bool) -> bool:
        if self._kind == "resource":
            return any_entity
        types = (Quad(node, RDF_TYPE, NamedNode(kind), DefaultGraph()) for kind in self._classes)
        return any(quad in self._store for quad in types) or (self._kind == "property" and node == RDF_TYPE)

    # --- What may be meant where nothing was found --------------------------------------------------------------------

    def _near(self) -> list[str]:
        """Return what entities are called whose names have words much like those wanted."""
        words = [word for word in self._words[:_MAX_WORDS] if len(word) >= _BEGINNING]
        entities = sorted(
            {
                entity
                for other, entities in self._entities_by_word.items()
                if any(_is_near(word, other) for word in words)
                for entity in entities
            }
        )
        by_name = {name.folded: name.entity for name in self.names if name.entity in set(entities[:_MAX_LOOKED_AT])}
        near = [by_name[name] for name in similar(self._folded, by_name)] or self._with_most_words()
        return list(dict.fromkeys(map(one_line, labels(self._store, near).values())))

    def _with_most_words(self) -> list[str]:
        """Return the entities in one of whose names most of the longer words stand, be it with slips."""
        words = {word for word in self._words[:_MAX_WORDS] if len(word) >= _SLIPS[0][0]}
        found: dict[str, int] = defaultdict(int)
        for word in words:
            meant = (entities for other, entities in self._entities_by_word.items() if _is_slip(word, other))
            for entity in set().union(*meant):
                found[entity] += 1
        most = max(found.values(), default=0)
        likely = self.likely([entity for entity in found if found[entity] == most], guessed=True)
        return likely if len(likely) <= MAX_EXAMPLES else []

    def _beside(self, iri: str, entities: Iterable[str]) -> Iterator[str]:
        """Yield the identifiers of the same namespace that begin with the same letter as the one wanted."""
        start = re.match(r".*[/#].?", iri.casefold(), re.DOTALL)
        if start:
            found = (shorten(entity) for entity in entities if entity.casefold().startswith(start[0]))
            yield from islice(found, _MAX_LOOKED_AT)


_SLIPS = ((5, 1), (9, 2))
"""From how many letters on how many slips are forgiven: fewer than would turn Slovakia into Slovenia."""


def _is_slip(word: str, other: str) -> bool:
    """Whether a word may be meant by another, if not the same: it begins alike, has no digit, and differs little."""
    if word == other or word[0] != other[0]:
        return word == other
    most = max((number for letters, number in _SLIPS if min(len(word), len(other)) >= letters), default=0)
    return most > 0 and (word + other).isalpha() and slips(word, other, most) <= most


def _local(iri: str) -> str:
    """Return the last part of an IRI as names are compared."""
    return fold(re.split("[/#]", iri)[-1].replace("-", " "))


def _beginning_with(word: str, words: Iterable[str]) -> list[str]:
    return [longer for longer in words if longer.startswith(word)]


def _is_near(word: str, other: str) -> bool:
    """Whether a word may be meant by another, with so little certainty that it is only proposed."""
    half, most = max(_BEGINNING, (len(word) + 1) // 2), max(1, len(word) // 4)
    return word in other or word[:half] == other[:half] or slips(word, other, most) <= most


def _is_telling(word: str) -> bool:
    """Whether a word may be the beginning of a longer one: it is no number, and long enough for its script."""
    return not any(c.isdigit() for c in word) and (len(word) >= _BEGINNING or not word.isascii())


@cache
def _countries() -> frozenset[str]:
    """Return the names of countries of the world, folded, from IANA's time zones (https://www.iana.org/time-zones).

    An addition, as in ``Korea (North)``, is written before them, as people do.
    """
    from importlib import resources  # slow to import, and few names need it

    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    names = [line.split("\t")[1] for line in table.splitlines() if not line.startswith("#")]
    return frozenset(fold(" ".join(reversed(name.split(" (")))) for name in names)


def _node(text: str) -> NamedNode | None:
    """Return what an IRI or a prefixed name names; None for any other text, also for one that only looks like it."""
    iri = expand(text)
    with suppress(ValueError):
        return NamedNode(iri) if iri is not None else None
    return None


def _initials(name: str) -> str:
    """Return the first letters of the words of a name that begin with a capital, as names are compared."""
    return fold("".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper()))


def _in_all(sets: Iterable[set[str]]) -> set[str]:
    """Return what is in all of some sets; nothing if there are none."""
    found = list(sets)
    return set.intersection(*found) if found else set()


def _in_a_row(names: Sequence[str]) -> str:
    return ("; " if any("," in name for name in names) else ", ").join(names)


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _in_words(kind: str) -> str:
    return {"resource": "entity"}.get(kind, re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower())
