"""Worked examples of time and stage: passages in a table, and what is to follow from them.

``python tests/worked_examples.py FILE`` tries those of a Markdown file in the form of ``tests/fixtures/examples.md``,
prints what differs, and ends with how many of how many answers hold.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Store

from eudigraph.ask import library
from eudigraph.build import assemble
from eudigraph.engine.answer import run as run_query
from eudigraph.engine.safety import prepare
from eudigraph.model.names import BASE, EUD, shorten
from eudigraph.model.triples import select
from eudigraph.model.workspace import Workspace

HOME = Path(__file__).parent.parent
KINDS = {"partnership": "Partnership", "meeting": "Meeting", "initiative": "Initiative", "instrument": "Instrument"}
KINDS |= {"country": "Country", "topic": "Topic", "place": "Place", "official": "Official", "post": "Post"}
KINDS |= {"term": "Term", "org": "Organisation"}
LITERALS = ("date", "from", "until")
SAID_BY = {0: ("official", "org:european-commission", "org:european-commission"),
           1: ("official-shortened", "org:european-commission", "org:european-commission"),
           2: ("press", "org:a-paper", "org:european-commission"),
           3: ("press", "org:a-paper", "org:a-paper"),
           4: ("analysis", "org:a-law-firm", "org:a-law-firm")}  # fmt: skip
"""What a passage of each nearness is from: the kind of source, its publisher, and the speaker."""


@dataclass
class Example:
    """One example: its passages (name, said, as of, nearness, claims), and what is asked (what, known by, answer)."""

    title: str
    line: int
    passages: list[tuple[str, str, str, int, list[tuple[str, str, str]]]] = field(default_factory=list)
    asked: list[tuple[int, str, str, str]] = field(default_factory=list)


def read(text: str) -> list[Example]:
    """Return the examples of a Markdown file."""
    found: list[Example] = []
    is_asked = False
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"## (.+)", line):
            found.append(Example(heading[1].strip(), number))
        if not found or not line.startswith("|") or re.match(r"\|[-| :]+\|$", line):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[0] in ("passage", "asked"):
            is_asked = cells[0] == "asked"
        elif is_asked:
            found[-1].asked.append((number, cells[0], cells[1], cells[2]))
        else:
            name, said, as_of, nearness, claims = cells
            parts = [claim.split(None, 2) for claim in claims.split(";")]
            triples = [(s, p, o) for s, p, o in parts]
            found[-1].passages.append((name, said, "" if as_of == "–" else as_of, int(nearness), triples))
    return found


class World:
    """The graph that is built of an example's passages, and its answers."""

    def __init__(self, example: Example, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ontology").mkdir()
        (folder / "graph").mkdir()
        for path in (HOME / "ontology").glob("*.ttl"):
            (folder / "ontology" / path.name).write_bytes(path.read_bytes())
        (folder / "graph" / "example.trig").write_text("".join(_trig(example)), encoding="utf-8")
        self.workspace = Workspace(folder)
        self.store = Store()
        self.assembly = assemble.read(self.store, self.workspace)
        wrong = [problem.what for problem in self.assembly.problems]
        assert not wrong, wrong
        assemble.complete(self.store, self.assembly)
        assemble.stand(self.store, self.assembly)
        self.names = {f"{BASE}passage/example/{name}": name for name, *_ in example.passages}
        self.subjects = [s for *_, claims in example.passages for s, _, _ in claims]

    def _rows(self, text: str, day: str) -> list[dict[str, str]]:
        known = f'?x eud:knownFrom ?f ; eud:knownUntil ?u . FILTER(?f <= "{day}"^^xsd:date && "{day}"^^xsd:date < ?u)'
        found = select(self.store, text.replace("KNOWN", known), prefixes={"eud": EUD, "xsd": XSD})
        return [{name: term.value for name, term in row.items() if term is not None} for row in found]

    def answer(self, asked: str, day: str) -> str:
        """Return the answer to what is asked, in the words of the examples."""
        what, _, rest = asked.partition(" ")
        about = rest.removeprefix("of ") if rest.startswith("of ") else ""
        if re.match(r"\w+:\S+ on ", asked):
            post, _, when = asked.partition(" on ")
            return self.post(post, when, day)
        if what == "on":
            return self.on(self._subject(""), rest, day)
        answers = {"status": self.status, "outlook": self.outlook, "changes": self.changes, "fate": self.fate}
        answers |= {
            "disagreements": self.disagreements,
            "kinds": self.kinds,
            "check": self.check,
            "topics": self.topics,
        }
        return answers[what](about if what == "topics" else self._subject(about), day)

    def _subject(self, about: str) -> str:
        """Return the engagement that is asked for: the first that is spoken of, unless one is named."""
        return about or next(s for s in self.subjects if s.split(":")[0] in ("partnership", "meeting", "initiative", "instrument"))  # fmt: skip

    def status(self, about: str, day: str) -> str:
        rows = self._rows(
            f"""SELECT ?status ?stage ?date ?disputed {{ ?x a eud:Situation ; eud:about {_iri(about)} ;
            eud:inStatus ?status ; eud:stage ?stage ; eud:isDisputed ?disputed . KNOWN OPTIONAL {{ ?x eud:onDate ?date }} }}""",
            day,
        )
        if not rows:
            return "nothing"
        (row,) = rows
        disputed = " disputed" if row["disputed"] == "true" else ""
        return f"{_local(row['status'])} {row.get('date', '–')} {_local(row['stage']).replace('-', ' ')}{disputed}"

    def outlook(self, about: str, day: str) -> str:
        rows = self._rows(
            f"SELECT ?s ?d {{ ?x a eud:Situation ; eud:about {_iri(about)} ; eud:outlookStatus ?s . KNOWN OPTIONAL {{ ?x eud:outlookDate ?d }} }}",
            day,
        )
        return f"{_local(rows[0]['s'])} {rows[0].get('d', '–')}" if rows else "none"

    def changes(self, about: str, day: str) -> str:
        rows = self._rows(
            f"""SELECT ?a ?b ?n ?old ?new {{ ?x a eud:Change ; eud:about {_iri(about)} ; eud:earlierPlan ?a ;
            eud:laterPlan ?b . KNOWN OPTIONAL {{ ?x eud:movedBy ?n }} OPTIONAL {{ ?x eud:oldPlace ?old ; eud:newPlace ?new }}
            OPTIONAL {{ ?b eud:asOfLast ?when }} }} ORDER BY ?when ?b""",
            day,
        )
        told = [
            f"moved {row['n']}: {self.names[row['a']]} > {self.names[row['b']]}"
            if "n" in row
            else f"place {shorten(row['old'])} to {shorten(row['new'])}: {self.names[row['a']]} > {self.names[row['b']]}"
            for row in rows
        ]
        return "; ".join(told) or "none"

    def disagreements(self, about: str, day: str) -> str:
        rows = self._rows(
            f"""SELECT ?d ?aspect ?status ?value ?p {{ ?d a eud:Disagreement ; eud:about {_iri(about)} ;
            eud:aspect ?aspect ; eud:side ?x . KNOWN ?x eud:value|eud:valueNamed ?value ; eud:order ?order ;
            eud:borneBy ?p . ?p eud:knownFrom ?since . FILTER(?since <= "{day}"^^xsd:date)
            OPTIONAL {{ ?d eud:inStatus ?status }} }} ORDER BY ?d ?order ?p""",
            day,
        )
        found: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            step = f"{_local(row['status'])}, " if "status" in row else ""
            value = shorten(row["value"]) if row["value"].startswith(f"{BASE}place") else _local(row["value"])
            value = row["value"] if not row["value"].startswith("http") else value
            found[row["d"], f"{step}{row['aspect']}"][value].append(self.names[row["p"]])
        told = [
            f"{label}: " + " / ".join(f"{value} ({', '.join(names)})" for value, names in sides.items())
            for (_, label), sides in found.items()
        ]
        return "; ".join(told) or "none"

    def fate(self, about: str, day: str) -> str:
        rows = self._rows(
            f"""SELECT ?v ?n ?last ?moved ?due ?as {{ ?x a eud:Fate ; eud:about {_iri(about)} ; eud:verdict ?v ;
            eud:asLastAnnounced ?last ; eud:movedBy ?moved . KNOWN OPTIONAL {{ ?x eud:days ?n }}
            OPTIONAL {{ ?x eud:dueBy ?due }} OPTIONAL {{ ?x eud:realisedAs ?as }} }}""",
            day,
        )
        if not rows:
            return "none"
        (row,) = rows
        said = row["v"] + (f" {row['n']} d" if "n" in row else "")
        over = (date.fromisoformat(day) - date.fromisoformat(row["due"])).days if "due" in row else 0
        if over > 0:
            said = f"overdue {over} d"
        said += ", as last announced" if row["last"] == "true" else ""
        if "as" in row:
            said = f"changed form: {said} as {shorten(row['as'])}"
        return said + (f" (moved {row['moved']})" if row["moved"] != "0" else "")

    def kinds(self, about: str, day: str) -> str:
        rows = select(
            self.store,
            f"""SELECT ?p ?kind {{ VALUES ?kind {{ eud:Plan eud:Report eud:State }} ?x a ?kind ; eud:about {_iri(about)} ;
            eud:inPassage ?p ; eud:knownFrom ?f . FILTER(?f <= "{day}"^^xsd:date) }}""",
            prefixes={"eud": EUD, "xsd": XSD},
        )
        found = sorted((self.names[row["p"].value], row["kind"].value.removeprefix(EUD).lower()) for row in rows)
        return ", ".join(f"{name} {kind}" for name, kind in found)

    def check(self, about: str, day: str) -> str:
        asked = self.assembly.state.undecided if self.assembly.state else []
        found = [f"{self.names[p]}: which status of {shorten(e)}?" for e, p in asked if shorten(e) == about]
        return "; ".join(found) or "nothing"

    def topics(self, country: str, day: str) -> str:
        rows = self._rows(
            f"SELECT ?t ?stage {{ ?x a eud:Tie ; eud:ofCountry {_iri(country)} ; eud:onTopic ?t ; eud:stage ?stage . KNOWN }} ORDER BY ?t",
            day,
        )
        return ", ".join(f"{_local(r['t'])} {_local(r['stage']).replace('-', ' ')}" for r in rows) or "none"

    def on(self, about: str, when: str, day: str) -> str:
        """Return how something stood on a day, as the queries on partnerships and instruments work it out."""
        rows = [
            row
            for row in self._rows(
                f"""SELECT ?s ?rank ?d ?first ?last {{ ?x a eud:Milestone ; eud:about {_iri(about)} ; eud:inStatus ?s .
                ?s eud:rank ?rank . KNOWN OPTIONAL {{ ?x eud:onDate ?d }} OPTIONAL {{ ?x eud:firstDay ?first }}
                OPTIONAL {{ ?x eud:lastDay ?last }} }}""",
                day,
            )
            if row.get("first", "") <= when
        ]
        ends = [row for row in rows if row["rank"] == "-1"]
        last_end = max((row.get("first", "") for row in ends), default="")
        counting = [
            row for row in rows if row["rank"] != "-1" and (not ends or row.get("first", "") > last_end)
        ] or ends
        if not counting:
            return "nothing"
        row = max(counting, key=lambda row: int(row["rank"]))
        perhaps = "" if row.get("last", "9999") <= when else "perhaps "
        return f"{perhaps}{_local(row['s'])}" + (f" {row['d']}" if "d" in row else "")

    def post(self, post: str, when: str, day: str) -> str:
        """Return who held a post on a day, as the query of the library tells it."""
        query = library.open_query(Workspace(HOME), "posts")
        given: dict[str, library.Value] = {"post": NamedNode(BASE + post.replace(":", "/", 1))}
        given |= {
            name: Literal(text, datatype=NamedNode(XSD + "date")) for name, text in (("on", when), ("known_by", day))
        }
        found = run_query(self.store, prepare(library.bind(query, given)))
        told = []
        for row in found.rows:
            cells = dict(zip(found.variables, row, strict=True))
            holder, how, perhaps = (getattr(cells[name], "value", "") for name in ("holder", "how", "perhaps"))
            told.append(f"{'perhaps ' if perhaps == 'true' else ''}{shorten(holder)} ({how})")
        return ", ".join(dict.fromkeys(told)) or "nobody known"


XSD = "http://www.w3.org/2001/XMLSchema#"


def _iri(name: str) -> str:
    return f"<{BASE}{name.replace(':', '/', 1)}>"


def _local(iri: str) -> str:
    return iri.rpartition("/")[2]


def _trig(example: Example) -> Iterator[str]:
    """Yield the example as a file of claims, with who says so given by how near they are to be."""
    yield f"@prefix eud: <{EUD}> .\n@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .\n"
    for kind in (*KINDS, "source", "passage", "status"):
        yield f"@prefix {kind}: <{BASE}{kind}/> .\n"
    yield "org:european-commission a eud:Organisation ; eud:partOf org:european-union .\n"
    names = {name for *_, claims in example.passages for s, _, o in claims for name in (s, o) if name.split(":")[0] in KINDS}  # fmt: skip
    for name in sorted(names):
        yield f"{name} a eud:{KINDS[name.split(':')[0]]} .\n"
    for name, said, as_of, nearness, claims in example.passages:
        kind, publisher, speaker = SAID_BY[nearness]
        yield f'source:{name} a eud:Source ; eud:publisher {publisher} ; eud:sourceKind "{kind}" ; '
        yield f'eud:published "{said}"^^edtf:EDTF .\n'
        when = f' ; eud:asOf "{as_of}"^^edtf:EDTF' if as_of else ""
        yield f"<{BASE}passage/example/{name}> a eud:Passage ; eud:source source:{name} ; eud:speaker {speaker}{when} .\n"
        yield f"<{BASE}passage/example/{name}> {{\n"
        for subject, relation, value in claims:
            value = f"status:{value}" if relation == "status" else value
            value = f'"{value}"^^edtf:EDTF' if relation in LITERALS else value
            value = value if ":" in value or value.startswith('"') or value.isdigit() else f'"{value}"'
            yield f"  {subject} eud:{relation} {value} .\n"
        yield "}\n"


def run(path: Path) -> Iterator[tuple[Example, int, str, str, str, str]]:
    """Yield for each thing asked: the example, the line, what is asked and known by when, what is right, and what is."""
    with tempfile.TemporaryDirectory() as folder:
        for number, example in enumerate(read(path.read_text(encoding="utf-8"))):
            world = World(example, Path(folder) / str(number))
            for line, asked, day, right in example.asked:
                yield example, line, asked, day, right, world.answer(asked, day)


def main(path: Path) -> int:
    """Print what differs, and how many of how many answers hold."""
    held = all_ = 0
    for example, line, asked, day, right, found in run(path):
        all_ += 1
        held += found == right
        if found != right:
            print(f"{path}:{line}: {example.title}: {asked}, known by {day}: {found}, not {right}")
    print(f"{held} of {all_} hold")
    return int(held < all_)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
