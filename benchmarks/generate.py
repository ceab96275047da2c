"""Make a workspace of any size: invented countries, meetings and reports on them, in the shape of our own claims.

    python benchmarks/generate.py --quads 100000 FOLDER
    python benchmarks/generate.py --entities 10000 --claims 30000 --seed 1 FOLDER

Ontology and queries are the checkout's, with invented topics beside its own. The same arguments give the same bytes.
What is known of a thing is a function of the seed and its number, so that nothing but names of countries and topics is
held in memory: 10 million statements need some 100 MB of it. A claim takes about four and a half statements in
the files (a passage of three or four claims is described by ten, and there are names), and about thirteen in a built
store. ``--quads`` chooses things and claims such that the files, the ontology of the checkout aside, hold that many
statements, two or three per cent more or less (a tenth where they are few): 3.3 claims for each thing.

The proportions are those of a desk that follows digital diplomacy for some years: few frameworks, many meetings, more
people and bodies than either; a few topics are everywhere and most are rare (Zipf); every twentieth passage is hedged;
where a status or a date is repeated, every twentieth differs.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import shutil
import unicodedata
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TextIO, TypeVar

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CLAIMS_PER_SOURCE = 150
MIN_ENTITIES = 50
CLAIMS_PER_ENTITY, QUADS_PER_ENTITY = 3.3, 15.15
"""What ``--quads`` goes by; the second follows from the first, and was counted for 10,000 to 1,000,000 quads."""
COUNTRY, TOPIC, PARTNERSHIP, MEETING, INITIATIVE, OFFICIAL, POST, ORG, PLACE, DOCUMENT, INSTRUMENT, ACT, PERSON = range(
    13
)
SOURCE = 20
"""Numbers that keep the random numbers of one purpose apart from those of another."""
OWN_ORGS = {
    "council-of-the-eu": "Council of the European Union",
    "european-commission": "European Commission",
    "european-union": "European Union",
    "generator": "the generator of this workspace",
}
EU, COMMISSION = "org:european-union", "org:european-commission"
TODAY = date(2026, 6, 1)
"""What is past has been held, what is not is planned."""

STARTS = _words(
    "Ba Bel Cor Dal Du El Fen Gal Hal Ja Kar Ki Lo Lu Ma Mi Nor O Pel Ra Sal Så Ta Tor U Val Ve Vi Wen Ya Zé"
)
MIDDLES = _words("ba da do ga lan len li lo ma mer mi na no ra ren ri ro sa sel ta ten ti va ven vi")
COUNTRY_ENDS = _words("dia land lia mark nia ran ria stan tania via")
PLACE_ENDS = _words("berg bridge burg by field ford gård haven holm mouth port stad ton ville wick")
SURNAME_ENDS = _words("dal dez ek er ian ić ko man mann nen ov sen ski son wala")

FIELDS = (
    *("data flows", "chips", "quantum devices", "networks", "platforms", "skills", "identities", "satellites"),
    *("supercomputers", "standards", "supply chains", "clouds", "sensors", "robots", "payments", "cables"),
    *("batteries", "models", "registers", "archives", "health records", "ports", "grids", "start-ups"),
)
MODIFIERS = _words("trusted open secure green public shared cross-border resilient portable certified")
ASPECTS = (
    *("governance", "financing", "security", "interoperability", "research", "labelling", "export control", "audit"),
    *("training", "procurement", "liability", "testing", "measurement", "mutual recognition", "accessibility"),
)
FRAMEWORKS = (
    ("DigitalPartnership", "Digital Partnership"),
    ("DigitalDialogue", "Digital Dialogue"),
    ("TradeAndTechnologyCouncil", "Trade and Technology Council"),
    ("Partnership", "Connectivity Compact"),
    ("Partnership", "Innovation Forum"),
)
MEETINGS = (
    ("MinisterialMeeting", 30),
    ("HighLevelMeeting", 15),
    ("WorkingPartyMeeting", 25),
    ("BilateralMeeting", 20),
    ("Summit", 10),
)
INITIATIVES = (
    *("pilot projects", "joint research", "expert exchanges", "a common fund", "trade talks", "a working group"),
    *("shared test sites", "a memorandum", "a training scheme", "regulatory convergence"),
)
BODIES = _words("Agency Alliance Association Authority Board Bureau Chamber Forum Institute Ministry Network Union")
PAPERS = _words("Courier Gazette Herald Monitor Observer Register Review Tribune")
POSTS = ("Minister", "State Secretary", "Director-General", "Director", "Special Envoy", "Commissioner", "Ambassador")
ORDINALS = _words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
MONTHS = _words("January February March April May June July August September October November December")

STANDING = {
    PARTNERSHIP: (("in-force", 62), ("announced", 10), ("under-negotiation", 12), ("wanted", 10), ("ended", 6)),
    INITIATIVE: (
        *(("wanted", 25), ("mentioned", 15), ("expected", 15), ("envisaged", 12)),
        *(("under-way", 18), ("to-be-finalised", 5), ("done", 10)),
    ),
}
PAST = (("held", 88), ("postponed", 6), ("cancelled", 6))
AHEAD = (
    *(("scheduled", 45), ("tentative", 18), ("to-be-confirmed", 15), ("proposed", 14)),
    *(("postponed", 5), ("cancelled", 3)),
)
ASSESSMENTS = (
    *("Nobody expects surprises.", "It comes late.", "Its cost is thought too high.", "It is seen as a test."),
    *("Both sides are content with it.", "The industry is wary of it."),
)
PURPOSES = (
    *("keep both sides informed", "bring rules closer together", "make supply more resilient"),
    *("lower the cost of trade", "give firms one place to turn to", "join research that is done twice"),
)

PREFIX_KINDS = (
    *("act", "certainty", "country", "document", "initiative", "instrument", "meeting", "method", "official", "org"),
    *("partnership", "person", "place", "post", "reading", "source", "status", "topic"),
)
PREFIXES = {
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "eud": "https://w3id.org/eudigraph/ontology#",
    "scheme": "https://w3id.org/eudigraph/scheme/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{kind: f"https://w3id.org/eudigraph/{kind}/" for kind in PREFIX_KINDS},
}


class Dice:
    """Random choices that are the same in every version of Python, which only promises so for ``random()``."""

    def __init__(self, seed: int, purpose: int, number: int) -> None:
        self.next = Random((seed << 48 | number) << 8 | purpose).random  # noqa: S311  (invented data, no secret)

    def below(self, n: int) -> int:
        """Return a number from 0 to n - 1, each as likely."""
        return int(self.next() * n)

    def early(self, n: int) -> int:
        """Return a number from 0 to n - 1 after Zipf: the k-th is about k times as rare as the first."""
        return min(n - 1, int((n + 1) ** self.next()) - 1)

    def pick(self, among: Sequence[T]) -> T:
        """Return one of these, each as likely."""
        return among[int(self.next() * len(among))]

    def weighted(self, among: Sequence[tuple[str, int]]) -> str:
        """Return one of these, as likely as its weight says."""
        upto = list(accumulate(weight for _, weight in among))
        return among[bisect(upto, self.next() * upto[-1])][0]

    def shuffle(self, things: list[T]) -> None:
        """Bring things into a random order."""
        for i in range(len(things) - 1, 0, -1):
            j = self.below(i + 1)
            things[i], things[j] = things[j], things[i]


@dataclass(frozen=True)
class Counts:
    """What was made: things by kind (in the order of the constants above), claims, passages, sources."""

    things: tuple[int, ...]
    claims: int
    passages: int
    sources: int


@dataclass(frozen=True, slots=True)
class Thing:
    """What is known of a thing: its name, the claims that introduce it, and what later passages repeat or go by."""

    iri: str
    label: str
    also: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    country: int = 0
    under: int = -1
    status: str = ""
    date: str = ""


class World:
    """All things there are, by kind and number. Only countries and topics are held; the rest is made when asked for."""

    def __init__(self, entities: int, seed: int) -> None:
        self.seed = seed
        self.sizes = sizes(entities)
        self.thing = lru_cache(maxsize=50_000)(self._make)
        self.countries = self._countries()
        self.topics = self._topics()
        dice = Dice(seed, TOPIC, 1 << 30)
        self.popular = list(range(self.sizes[TOPIC]))
        dice.shuffle(self.popular)

    def iri(self, kind: int, number: int) -> str:
        """Return the name of a thing as claims write it."""
        return self.thing(kind, number).iri

    def early(self, dice: Dice, kind: int) -> str:
        """Return a thing of a kind, the first ones by far the most often."""
        return self.iri(kind, dice.early(self.sizes[kind]))

    def topic(self, dice: Dice, country: int) -> str:
        """Return a topic: every other time of a country's own fields, else any, after Zipf."""
        if dice.next() < 0.5:
            fields = _fields(self.sizes[TOPIC])
            field = (country * 7 + dice.below(4) * 5) % fields
            among = range(field, self.sizes[TOPIC], fields)
            return self.topics[among[dice.early(len(among))]].iri
        return self.topics[self.popular[dice.early(len(self.popular))]].iri

    def _number(self, kind: int, number: int) -> str:
        return f"{number:0{len(str(self.sizes[kind] - 1))}}"

    def _countries(self) -> list[Thing]:
        dice, names = Dice(self.seed, COUNTRY, 0), set[str]()
        while len(names) < self.sizes[COUNTRY]:
            names.add(_word(dice, COUNTRY_ENDS))
        return [Thing(f"country:{_slug(n)}", n, (f"Republic of {n}",)) for n in sorted(names, key=_slug)]

    def _topics(self) -> list[Thing]:
        made: list[Thing] = []
        n = self.sizes[TOPIC]
        fields = _fields(n)
        for number in range(n):
            dice, turn, field = Dice(self.seed, TOPIC, number), number // fields - 1, number % fields
            label, broader, also = FIELDS[field], list[str](), tuple[str, ...]()
            if turn >= len(MODIFIERS):
                parent = made[fields * (1 + turn % len(MODIFIERS)) + field]
                label, broader = f"{ASPECTS[turn - len(MODIFIERS)]} of {parent.label}", [parent.iri]
            elif turn >= 0:
                label, broader = f"{MODIFIERS[turn]} {label}", [made[field].iri]
            if turn >= 0 and dice.next() < 0.1:
                broader = list(dict.fromkeys([*broader, made[dice.below(fields)].iri]))
            if dice.next() < 0.4:
                also = (f"{label} policy",)
            iri = f"topic:g{self._number(TOPIC, number)}-{_slug(label)}"
            made.append(Thing(iri, label, also, tuple(broader)))
        return made

    def _make(self, kind: int, number: int) -> Thing:
        makers = {
            PARTNERSHIP: self._partnership,
            MEETING: self._meeting,
            INITIATIVE: self._initiative,
            OFFICIAL: self._official,
            POST: self._post,
            ORG: self._org,
            PLACE: self._place,
            DOCUMENT: self._document,
            INSTRUMENT: self._instrument,
            ACT: self._act,
            PERSON: self._person,
        }
        if kind == COUNTRY:
            return self.countries[number]
        if kind == TOPIC:
            return self.topics[number]
        return makers[kind](Dice(self.seed, kind, number), self._number(kind, number))

    def _partnership(self, dice: Dice, n: str) -> Thing:
        number = int(n)
        country = number % self.sizes[COUNTRY]
        class_, name = FRAMEWORKS[number // self.sizes[COUNTRY] % len(FRAMEWORKS)]
        partner = self.countries[country]
        iri = f"partnership:{n}-eu-{_slug(partner.label)}-{_slug(name)}"
        status = f"status:{dice.weighted(STANDING[PARTNERSHIP])}"
        claims = (f"a eud:{class_}", f"eud:party {EU}", f"eud:withCountry {partner.iri}", f"eud:status {status}")
        label = f"EU–{partner.label} {name}"
        since = f"{2012 + dice.below(14)}-{1 + dice.below(12):02}"
        also = (label.replace("–", "-"),)
        return Thing(iri, label, also, _of(iri, claims), country, status=status, date=since)

    def _meeting(self, dice: Dice, n: str) -> Thing:
        class_ = dice.weighted(MEETINGS)
        under = dice.early(self.sizes[PARTNERSHIP])
        frame = self.thing(PARTNERSHIP, under)
        partner = self.countries[frame.country]
        first = date(2018, 1, 1) + timedelta(days=dice.below(3650))
        status = dice.weighted(PAST if first < TODAY else AHEAD)
        when = _edtf(dice, first, open_=status in ("tentative", "to-be-confirmed", "proposed"))
        if class_ == "Summit":
            label = f"EU–{partner.label} summit {first.year}"
        elif class_ == "WorkingPartyMeeting":
            label = (
                f"working party on {dice.pick(self.topics).label}, {first.day} {MONTHS[first.month - 1]} {first.year}"
            )
        elif class_ == "BilateralMeeting":
            label = f"{_person(dice)} with {_person(dice)}, {first.year}"
        else:
            level = "ministerial" if class_ == "MinisterialMeeting" else "high-level"
            label = f"{frame.label}, {dice.pick(ORDINALS)} {level} meeting, {first.year}"
        iri = f"meeting:{n}-{_slug(partner.label)}-{first.year}"
        if class_ in ("Summit", "BilateralMeeting"):
            with_, under = f"eud:withCountry {partner.iri}", -1
        else:
            with_ = f"eud:under {frame.iri}"
        claims = (f"a eud:{class_}", with_, f'eud:date "{when}"^^edtf:EDTF', f"eud:status status:{status}")
        return Thing(iri, label, (), _of(iri, claims), frame.country, under, f"status:{status}", when)

    def _initiative(self, dice: Dice, n: str) -> Thing:
        under = dice.early(self.sizes[PARTNERSHIP])
        frame = self.thing(PARTNERSHIP, under)
        partner = self.countries[frame.country]
        status = dice.weighted(STANDING[INITIATIVE])
        topic = self.topic(dice, frame.country)
        pursues = "wantsTopic" if status == "wanted" and dice.next() < 0.5 else "pursuesTopic"
        subject = topic.partition("-")[2]
        label = f"{dice.pick(INITIATIVES)} on {subject.replace('-', ' ')} with {partner.label}"
        iri = f"initiative:{n}-{_slug(partner.label)}-{subject}"
        claims = (
            "a eud:Initiative",
            f"eud:under {frame.iri}",
            f"eud:status status:{status}",
            f"eud:{pursues} {topic}",
        )
        return Thing(iri, label, (), _of(iri, claims), frame.country, under, f"status:{status}")

    def _official(self, dice: Dice, n: str) -> Thing:
        number = int(n)
        name = _person(dice)
        iri = f"official:{n}-{_slug(name)}"
        post = self.thing(POST, number % self.sizes[POST])
        claims = _of(iri, ("a eud:Official", f"eud:holdsPost {post.iri}"))
        if number < self.sizes[POST]:
            claims += post.claims
        also = (f"{name.partition(' ')[2]}, {name.partition(' ')[0]}",) if dice.next() < 0.2 else ()
        return Thing(iri, name, also, claims, post.country)

    def _post(self, dice: Dice, n: str) -> Thing:
        country = dice.early(self.sizes[COUNTRY])
        where = self.countries[country]
        of, place = (where.iri, where.label) if dice.next() < 0.6 else (self.early(dice, ORG), "a body")
        label = f"{dice.pick(POSTS)} for {dice.pick(FIELDS)}"
        iri = f"post:{n}-{_slug(label)}"
        also = (f"{label} of {place}",) if of == where.iri else ()
        return Thing(iri, label, also, _of(iri, ("a eud:Post", f"eud:postOf {of}")), country)

    def _org(self, dice: Dice, n: str) -> Thing:
        number = int(n)
        country = dice.early(self.sizes[COUNTRY])
        if number < self._papers():
            label = f"The {_word(dice, PLACE_ENDS)} {dice.pick(PAPERS)}"
        else:
            label = f"{dice.pick(BODIES)} for {dice.pick(self.topics).label} of {self.countries[country].label}"
        also = (f"{''.join(word[0] for word in label.split() if word[0].isupper())}{number % 89}",)
        return Thing(f"org:{n}-{_slug(label)}", label, also, country=country)

    def _papers(self) -> int:
        return max(1, min(40, self.sizes[ORG] // 20))

    def paper(self, dice: Dice) -> str:
        """Return an organisation that publishes sources."""
        return self.iri(ORG, dice.early(self._papers()))

    def _place(self, dice: Dice, n: str) -> Thing:
        name = _word(dice, PLACE_ENDS)
        also = (_ascii(name),) if _ascii(name) != name else ()
        return Thing(f"place:{n}-{_slug(name)}", name, also, country=dice.early(self.sizes[COUNTRY]))

    def _document(self, dice: Dice, n: str) -> Thing:
        topic, kind = dice.pick(self.topics).label, dice.pick(("letter", "presentation", "report", "draft"))
        iri = f"document:{n}-{kind}-{_slug(topic)}"
        author = COMMISSION if dice.next() < 0.4 else self.early(dice, ORG)
        claims = _of(iri, ("a eud:Document", f"eud:authoredBy {author}"))
        return Thing(iri, f"{kind} on {topic}", (), claims)

    def _instrument(self, dice: Dice, n: str) -> Thing:
        under = dice.early(self.sizes[PARTNERSHIP])
        frame = self.thing(PARTNERSHIP, under)
        partner, year = self.countries[frame.country], 2018 + dice.below(10)
        iri = f"instrument:{n}-{_slug(partner.label)}-{year}"
        claims = _of(iri, ("a eud:Instrument", f"eud:under {frame.iri}", "eud:status status:announced"))
        return Thing(iri, f"memorandum with {partner.label} of {year}", (), claims, frame.country, under)

    def _act(self, dice: Dice, n: str) -> Thing:
        number = int(n)
        topic = dice.pick(self.topics).label
        return Thing(f"act:{n}-{_slug(topic)}", f"Act on {topic} no. {number + 1}")

    def _person(self, dice: Dice, n: str) -> Thing:
        return Thing(f"person:{n}", f"an unnamed source close to {dice.pick(self.countries).label}")


def sizes(entities: int) -> tuple[int, ...]:
    """Return how many things of each kind there are, in the order of the kinds' constants; they add up."""
    made = [0] * 13
    for kind, share, least, most in (
        *((COUNTRY, 20, 3, 60), (TOPIC, 25, 5, 400), (PARTNERSHIP, 50, 2, 240), (ACT, 200, 1, 100)),
        *((PERSON, 500, 1, 50), (INSTRUMENT, 200, 1, 300)),
    ):
        made[kind] = max(least, min(most, entities // share))
    rest = entities - sum(made) - len(OWN_ORGS)
    for kind, percent in ((ORG, 20), (PLACE, 10), (OFFICIAL, 17), (POST, 13), (DOCUMENT, 4), (INITIATIVE, 16)):
        made[kind] = max(1, rest * percent // 100)
    made[MEETING] = entities - sum(made) - len(OWN_ORGS)
    return tuple(made)


def introductions(made: Sequence[int]) -> int:
    """Return how many claims it takes to say of each thing what it is and how it stands."""
    engaged = 4 * (made[PARTNERSHIP] + made[MEETING] + made[INITIATIVE])
    return engaged + 2 * (made[OFFICIAL] + made[POST] + made[DOCUMENT]) + 3 * made[INSTRUMENT]


def for_quads(quads: int) -> tuple[int, int]:
    """Return how many things and claims to ask for so that the files hold about as many quads.

    Raises ValueError for so few that there is too little to say.
    """
    entities = round(quads / QUADS_PER_ENTITY)
    if entities < MIN_ENTITIES:
        raise ValueError(f"give at least {math.ceil(MIN_ENTITIES * QUADS_PER_ENTITY):,} quads")
    return entities, round(entities * CLAIMS_PER_ENTITY)


def generate(
    folder: Path, *, entities: int = 10_000, claims: int = 30_000, sources: int | None = None, seed: int = 1
) -> Counts:
    """Write a workspace into a new folder and return what it holds.

    ``entities`` counts all things that can be drawn, but for the checkout's own topics; ``claims`` counts statements
    in passages. Raises ValueError where so many things, claims and sources do not go together.
    """
    if entities < MIN_ENTITIES:
        raise ValueError(f"give at least {MIN_ENTITIES} entities")
    world = World(entities, seed)
    needed = introductions(world.sizes)
    if claims < needed:
        raise ValueError(f"{entities:,} entities take at least {needed:,} claims")
    sources = max(1, claims // CLAIMS_PER_SOURCE) if sources is None else sources
    if not 1 <= sources <= claims // 10:
        raise ValueError(f"{claims:,} claims take between 1 and {claims // 10:,} sources")
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty")
    for name in ("ontology", "queries"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    (folder / "graph" / "reference").mkdir(parents=True)
    _write_topics(world, folder / "ontology" / "generated-topics.ttl")
    _write_reference(world, folder / "graph" / "reference")
    passages = written = 0
    width = len(str(sources - 1))
    for number in range(sources):
        name = f"s{number:0{width}}"
        source = _Source(world, number, sources, claims - needed, name)
        with (folder / "graph" / f"{name}.trig").open("wb") as file:
            file.write(source.head())
            file.writelines(passage.encode() for passage in source.passages())
            file.seek(0)
            file.write(source.head())  # now it is known how long the text is
        passages, written = passages + source.count, written + source.claims
    if written != claims:
        raise AssertionError(f"{written:,} claims were written, not {claims:,}")
    return Counts(world.sizes, claims, passages, sources)


class _Source:
    """One source: the things it introduces and what else it says, passage by passage, in the order of its text."""

    def __init__(self, world: World, number: int, sources: int, extra: int, name: str) -> None:
        self.world, self.name, self.number = world, name, number
        self.dice = Dice(world.seed, SOURCE, number)
        self.paper = world.paper(self.dice)
        self.subject = world.countries[self.dice.early(len(world.countries))].label
        self.published = date(2019, 1, 1) + timedelta(days=2700 * number // sources)
        self.extra = extra * (number + 1) // sources - extra * number // sources
        kinds = (PARTNERSHIP, MEETING, INITIATIVE, OFFICIAL, DOCUMENT, INSTRUMENT)
        self.new = [
            (kind, i)
            for kind in kinds
            for i in range(
                world.sizes[kind] * number // sources,
                world.sizes[kind] * (number + 1) // sources,
            )
        ]
        self.dice.shuffle(self.new)
        self.count = self.claims = self.end = self.paragraph = 0
        self.outer = (0, 0)

    def head(self) -> bytes:
        """Return what stands above the passages; it keeps room for the length of the text, known after them."""
        n, w = self.name, self.world
        digest = hashlib.sha256(f"{w.seed}/{n}".encode()).hexdigest()
        prefixes = {**PREFIXES, "p": f"https://w3id.org/eudigraph/passage/{n}/"}
        method = "by-hand" if self.number % 4 == 0 else "by-rule"
        return (
            f"# An invented report, made by benchmarks/generate.py.\n\n{_prefixes(prefixes)}\n"
            f"source:{n} a eud:Source ;\n"
            f'    eud:title "The EU and {self.subject} talk, report no. {self.number + 1}"@en ;\n'
            f"    eud:publisher {self.paper} ;\n"
            f'    eud:published "{self.published.isoformat()}"^^edtf:EDTF ;\n'
            f'    eud:sourceKind "press" ;\n'
            f'    eud:extent "text" ;\n'
            f'    eud:language "en" ;\n'
            f"    eud:characters {self.end + 1:<12} ;\n"
            f'    eud:sha256 "{digest}" .\n\n'
            f"reading:{n} a eud:Reading ;\n"
            f"    eud:method method:{method} ;\n"
            f"    eud:reader org:generator ;\n"
            f'    eud:readOn "{(self.published + timedelta(days=3)).isoformat()}"^^xsd:date .\n'
        ).encode()

    def passages(self) -> Iterator[str]:
        """Yield the passages: introductions, and between them what else is said."""
        spent = 0
        for n in range(len(self.new) + 1):
            if n < len(self.new):
                kind, number = self.new[n]
                thing = self.world.thing(kind, number)
                yield self._passage(list(thing.claims), thing.label)
            while spent < self.extra * (n + 1) // (len(self.new) + 1):
                said, about = self._more(self.extra - spent)
                spent += len(said)
                yield self._passage(said, about)

    def _passage(self, claims: list[str], about: str) -> str:
        dice, world = self.dice, self.world
        self.count += 1
        self.claims += len(claims)
        low, high = self.outer
        if dice.next() < 0.05 and high - low > 60:  # a second speaker within the passage before
            start, end = low + (high - low) // 3, high - 1
            self.outer = (0, 0)
        else:
            if dice.next() < 0.6 or not self.paragraph:
                self.paragraph += 1
            start = self.end + 1 + dice.below(3)
            end = start + 40 + dice.below(260)
            self.outer, self.end = (start, end), end
        drawn, retells = dice.next(), ""
        if drawn < 0.45:
            speaker = self.paper
        elif drawn < 0.75:
            speaker = COMMISSION
            if dice.next() < 0.5:
                retells = f"    eud:retells {world.early(dice, DOCUMENT)} ;\n"
        else:
            speaker = world.early(dice, ORG if drawn < 0.85 else OFFICIAL if drawn < 0.95 else PERSON)
        certainty = "hedged" if dice.next() < 0.05 else "stated"
        p = f"p:{self.count:04}"
        lines = "".join(f"    {claim} .\n" for claim in claims)
        return (
            f"\np:{self.count:04} a eud:Passage ;\n"
            f"    eud:source source:{self.name} ;\n"
            f'    eud:locator "¶{self.paragraph}" ; eud:start {start} ; eud:end {end} ;\n'
            f"    eud:speaker {speaker} ;\n{retells}"
            f"    eud:certainty certainty:{certainty} ; eud:confidence 0.{dice.pick((5, 7, 8, 85, 9, 95, 95, 95))} ;\n"
            f"    eud:reading reading:{self.name} ;\n"
            f'    eud:gist "{dice.pick(GISTS).format(about)}"@en .\n\n'
            f"{p} {{\n{lines}}}\n"
        )

    def _more(self, most: int) -> tuple[list[str], str]:
        """Return some claims on something that another passage introduces, at least one and at most ``most``."""
        dice, world = self.dice, self.world
        drawn = dice.next()
        if drawn < 0.07:
            place = dice.early(len(world.countries))
            thing, topic = world.countries[place], world.topic(dice, place)
            kind = dice.weighted((("country", 5), ("organisation", 4), ("presides", 1)))
            held = f'eud:position "More is to be done about {topic.partition(":")[2]}."@en'
            claim = {
                "country": f"{thing.iri} {held}",
                "organisation": f"{world.early(dice, ORG)} {held}",
                "presides": f"{thing.iri} eud:holdsPost {world.early(dice, POST)}",
            }[kind]
            return [claim], thing.label
        kind_ = PARTNERSHIP if drawn < 0.25 else MEETING if drawn < 0.72 else INITIATIVE
        n = world.sizes[kind_]
        thing = world.thing(kind_, dice.early(n) if kind_ == PARTNERSHIP or dice.next() < 0.3 else dice.below(n))
        among = {PARTNERSHIP: self._of_partnership, MEETING: self._of_meeting, INITIATIVE: self._of_initiative}[kind_]
        said = sorted({f"{thing.iri} {among(thing)}" for _ in range(min(most, 1 + dice.below(6)))})
        for single in (" eud:status ", " eud:date "):  # one of each in a passage
            said = [claim for claim in said if single not in claim] + [c for c in said if single in c][:1]
        return sorted(said), thing.label

    def _of_partnership(self, it: Thing) -> str:
        dice, world = self.dice, self.world
        drawn = dice.next()
        if drawn < 0.55:
            return f"eud:pursuesTopic {world.topic(dice, it.country)}"
        if drawn < 0.65:
            return f"eud:status {self._status(it, STANDING[PARTNERSHIP])}"
        if drawn < 0.72:
            return f'eud:date "{it.date if dice.next() < 0.95 else it.date[:4]}"^^edtf:EDTF'
        if drawn < 0.80:
            return f"eud:involves {world.early(dice, ORG)}"
        if drawn < 0.86:
            return f'eud:purpose "{dice.pick(PURPOSES)}"@en'
        if drawn < 0.90:
            return f'eud:assessment "{dice.pick(ASSESSMENTS)}"@en'
        if drawn < 0.95:
            return f"eud:priorityFor {COMMISSION}"
        return f"eud:concernsAct {world.early(dice, ACT)}"

    def _of_meeting(self, it: Thing) -> str:
        dice, world = self.dice, self.world
        drawn = dice.next()
        if drawn < 0.35:
            return f"eud:agenda {world.topic(dice, it.country)}"
        if drawn < 0.42:
            return f"eud:expects {world.topic(dice, it.country)}"
        if drawn < 0.62:
            official = dice.next() < 0.7
            return f"eud:hasParticipant {world.early(dice, OFFICIAL if official else ORG)}"
        if drawn < 0.76:  # a meeting has one place: that of its number in the world
            place = (hash_of(it.iri) * world.sizes[PLACE]) >> 32
            return f"eud:takesPlaceIn {world.iri(PLACE, place)}"
        if drawn < 0.82:
            return f"eud:status {self._status(it, PAST if it.status == 'status:held' else AHEAD)}"
        if drawn < 0.88:
            when = it.date if dice.next() < 0.95 else f"{2018 + dice.below(10)}-{1 + dice.below(12):02}"
            return f'eud:date "{when}"^^edtf:EDTF'
        if drawn < 0.93:
            return f"eud:agenda {world.early(dice, INITIATIVE)}"
        if drawn < 0.95:
            return f"eud:result {world.early(dice, INSTRUMENT)}"
        return f'eud:assessment "{dice.pick(ASSESSMENTS)}"@en'

    def _of_initiative(self, it: Thing) -> str:
        dice, world = self.dice, self.world
        drawn = dice.next()
        if drawn < 0.40:
            wanted = it.status == "status:wanted"
            return f"eud:{'wantsTopic' if wanted else 'pursuesTopic'} {world.topic(dice, it.country)}"
        if drawn < 0.52:
            return f"eud:status {self._status(it, STANDING[INITIATIVE])}"
        if drawn < 0.66:
            return f"eud:involves {world.early(dice, ORG)}"
        if drawn < 0.76:
            return f"eud:wantedBy {world.early(dice, ORG)}"
        if drawn < 0.84:
            return f"eud:notSupportedBy {world.early(dice, COUNTRY)}"
        if drawn < 0.90:
            return f"eud:priorityFor {COMMISSION}"
        if drawn < 0.95:
            return f'eud:purpose "{dice.pick(PURPOSES)}"@en'
        return f"eud:concernsAct {world.early(dice, ACT)}"

    def _status(self, it: Thing, among: Sequence[tuple[str, int]]) -> str:
        return it.status if self.dice.next() < 0.95 else f"status:{self.dice.weighted(among)}"


GISTS = (
    "The passage speaks of {}.",
    "How things stand with {}, in a sentence.",
    "The speaker comes back to {} and says what is to follow.",
    "Among other things, {} is named.",
)


def hash_of(text: str) -> int:
    """Return a number of 32 bits that depends on the text alone; Python's own ``hash`` differs from run to run."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")


def _write_topics(world: World, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# Invented topics, made by benchmarks/generate.py.\n\n{_prefixes(PREFIXES)}")
        for topic in world.topics:
            parts = [f"{topic.iri} a eud:Topic", "skos:inScheme scheme:topic"]
            parts += [f"skos:broader {broader}" for broader in topic.claims] or ["skos:topConceptOf scheme:topic"]
            parts += [f'skos:definition "Work on {topic.label}, invented for benchmarks."@en']
            _write_named(file, topic, parts)


def _write_reference(world: World, folder: Path) -> None:
    """Write the names; only of countries, organisations, places, laws and unnamed people also what they are."""
    sections: dict[str, tuple[int, ...]] = {
        "countries": (COUNTRY,),
        "documents": (DOCUMENT,),
        "initiatives": (INITIATIVE,),
        "instruments": (INSTRUMENT,),
        "laws": (ACT,),
        "meetings": (MEETING,),
        "organisations": (ORG,),
        "partnerships": (PARTNERSHIP,),
        "people": (OFFICIAL, PERSON),
        "places": (PLACE,),
        "posts": (POST,),
    }
    classes = {COUNTRY: "Country", ACT: "LegalAct", ORG: "Organisation", PERSON: "Person", PLACE: "Place"}
    for name, kinds in sections.items():
        with (folder / f"{name}.ttl").open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"# Invented names, made by benchmarks/generate.py.\n\n{_prefixes(PREFIXES)}")
            for kind in kinds:
                for number in range(world.sizes[kind]):
                    thing = world.thing(kind, number)
                    parts = [f"{thing.iri} a eud:{classes[kind]}"] if kind in classes else [thing.iri]
                    if kind == ORG and number >= world.sizes[ORG] // 2:  # units of larger bodies, three levels deep
                        parts.append(f"eud:partOf {world.iri(ORG, number // 8)}")
                    if kind == PLACE:
                        parts.append(f"eud:inCountry {world.countries[thing.country].iri}")
                    _write_named(file, thing, parts)
            if name == "organisations":
                for slug, label in OWN_ORGS.items():
                    own = Thing(f"org:{slug}", label)
                    _write_named(file, own, [f"{own.iri} a eud:Organisation"])


def _write_named(file: TextIO, thing: Thing, parts: list[str]) -> None:
    subject, separator, first = parts[0].partition(" ")
    rest = [first] if separator else []
    rest += [*parts[1:], f'skos:prefLabel "{thing.label}"@en']
    rest += [f'skos:altLabel "{also}"@en' for also in thing.also]
    file.write(f"\n{subject} " + " ;\n    ".join(rest) + " .\n")


def _fields(topics: int) -> int:
    """Return how many fields topics are of; each has at most its own topic, one by modifier and one by aspect."""
    least = math.ceil(topics / (1 + len(MODIFIERS) + len(ASPECTS)))
    return max(least, min(len(FIELDS), topics // 16))


def _prefixes(prefixes: dict[str, str]) -> str:
    return "".join(f"@prefix {name + ':':<12} <{iri}> .\n" for name, iri in sorted(prefixes.items()))


def _of(iri: str, claims: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{iri} {claim}" for claim in claims)


def _word(dice: Dice, ends: Sequence[str]) -> str:
    middle = dice.pick(MIDDLES) if dice.next() < 0.7 else ""
    return f"{dice.pick(STARTS)}{middle}{dice.pick(MIDDLES)}{dice.pick(ends)}"


def _person(dice: Dice) -> str:
    return f"{dice.pick(STARTS)}{dice.pick(MIDDLES)} {_word(dice, SURNAME_ENDS)}"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


@lru_cache(maxsize=10_000)
def _slug(text: str) -> str:
    return _ascii(text).lower().replace(" ", "-").replace(",", "").replace(".", "")


def _edtf(dice: Dice, first: date, *, open_: bool) -> str:
    """Return a date as reports give them: mostly a day; what is not settled is often marked, or only a month."""
    drawn, mark = dice.next(), "?" if dice.next() < (0.6 if open_ else 0.04) else ""
    if drawn < (0.4 if open_ else 0.8):
        return f"{first.isoformat()}{mark}"
    if drawn < (0.5 if open_ else 0.9):
        return f"{first.isoformat()}{mark}/{(first + timedelta(days=1)).isoformat()}{mark}"
    if drawn < 0.95:
        return f"{first.isoformat()[:7]}{mark}"
    if drawn < 0.98:
        return f"{first.year}-{21 + (first.month % 12) // 3}"
    return f"{first.year}{'~' if mark else ''}"


def main() -> None:
    """Read the arguments and write the workspace."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="new or empty folder")
    parser.add_argument("--quads", type=int, help="statements in the files, in place of --entities and --claims")
    parser.add_argument("--entities", type=int, help="by default 10,000")
    parser.add_argument("--claims", type=int, help="by default 30,000")
    parser.add_argument("--sources", type=int, help=f"by default one for {CLAIMS_PER_SOURCE} claims")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.seed < 0:
        parser.error("a seed is a number from 0")
    if given.quads is not None and (given.entities is not None or given.claims is not None):
        parser.error("--quads already says how many things and claims there are; leave out --entities and --claims")
    try:
        entities, claims = for_quads(given.quads) if given.quads is not None else (given.entities, given.claims)
        made = generate(
            given.folder,
            entities=10_000 if entities is None else entities,
            claims=30_000 if claims is None else claims,
            sources=given.sources,
            seed=given.seed,
        )
    except ValueError as error:
        parser.error(str(error))
    print(f"{given.folder}: {made.sources:,} sources, {made.passages:,} passages, {made.claims:,} claims")


if __name__ == "__main__":
    main()
