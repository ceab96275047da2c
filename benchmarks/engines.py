"""One engine in a process of its own: it does what ``run.py`` asks for, a line of JSON each, and measures it.

    python benchmarks/engines.py ENGINE FOLDER [URL]

It imports nothing that its engine does not need, since kglab has an environment of its own. Each answer holds seconds
by the clock and of the processor (those of a server that was started for it included), the most memory the process has
held, and for a query the file that its rows were written to. What fails is answered with what the engine said.
"""

from __future__ import annotations

import gc
import io
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eudigraph.engine.store import Built
from urllib.parse import urlencode

MEMORY = 8 * 1024**3
"""Bytes of address space an engine may take, its server included."""
NUMBERS = {"integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger"}
XSD = "http://www.w3.org/2001/XMLSchema#"
TICKS = os.sysconf("SC_CLK_TCK")

Cell = tuple[str, ...] | None
"""A term as it is compared: ("iri", …), ("number", …) or ("text", value, datatype, language); None for no value."""


class Engine:
    """What every engine does. One that cannot do something raises any exception; its text is reported."""

    disk = True
    """Whether it keeps its data on disk."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.folder, self.url = folder, url

    def load(self, data: Path) -> None:
        """Load what the workspace was built to: ``built.nq`` of a folder, or ``built.nt``, its default graph alone."""
        raise NotImplementedError

    def reopen(self, data: Path) -> None:
        """Make ready for queries once more, after the process was ended, what an earlier one has loaded."""
        self.load(data)

    def query(self, asked: dict[str, Any]) -> Sequence[Any]:
        """Return the rows of a query, as the engine gives them."""
        raise NotImplementedError

    def cells(self, rows: Sequence[Any]) -> Iterator[list[Cell]]:
        """Yield the rows as they are compared."""
        raise NotImplementedError

    def pair(self, row: Any) -> tuple[str, str]:
        """Return the first two terms of a row, IRIs, as texts."""
        return str(row[0]), str(row[1])

    def project(self, asked: dict[str, Any]) -> Any:
        """Return the network of a query's first two columns, made by NetworkX."""
        import networkx as nx

        made = nx.Graph()
        made.add_edges_from(self.pair(row) for row in self.query(asked))
        return made

    def others(self) -> list[int]:
        """Return the processes that work for it."""
        return []

    def close(self) -> None:
        """End what it started."""


class Pyoxigraph(Engine):
    """The engine below eudigraph, without anything above it."""

    def load(self, data: Path) -> None:
        """Load in bulk, then open for reading."""
        from pyoxigraph import RdfFormat, Store

        store = Store(str(self.folder / "store"))
        store.bulk_load(path=str(data / "built.nq"), format=RdfFormat.N_QUADS)
        store.optimize()
        store.flush()
        del store
        self.reopen(data)

    def reopen(self, data: Path) -> None:  # noqa: ARG002
        """Open for reading."""
        from pyoxigraph import Store

        self.store: Any = Store.read_only(str(self.folder / "store"))

    def query(self, asked: dict[str, Any]) -> Sequence[Any]:
        """Run the text."""
        return list(self.store.query(asked["text"]))

    def cells(self, rows: Sequence[Any]) -> Iterator[list[Cell]]:
        """Read pyoxigraph's terms."""
        for row in rows:
            yield [_oxigraph(term) for term in row]

    def pair(self, row: Any) -> tuple[str, str]:
        """Return the IRIs."""
        return row[0].value, row[1].value


class Eudigraph(Pyoxigraph):
    """What a user of eudigraph calls in a process that is warm: names resolved, bound, inspected, asked, collected."""

    exports = False
    """Whether a build writes them."""

    def load(self, data: Path) -> None:
        """Build the workspace, as ``eudigraph build`` does, without HermiT."""
        from eudigraph.build import build
        from eudigraph.model.workspace import open_workspace

        workspace = open_workspace(data / "workspace")
        report = build.build(workspace, self.folder / "build", use_hermit=False, exports=self.exports)
        if report.errors:
            raise RuntimeError(str(report.errors[0]))
        self.reopen(data)

    def reopen(self, data: Path) -> None:
        """Open for reading, with the library."""
        from eudigraph.engine import store

        self.take(store.open_built(self.folder / "build"), data)

    def take(self, built: Built, data: Path) -> None:
        """Ask what is open, with the workspace's library."""
        from eudigraph.ask import library
        from eudigraph.model.workspace import open_workspace

        self.workspace = open_workspace(data / "workspace")
        self.built, self.store = built, built.store
        self.library = library.load_library(self.workspace)

    def query(self, asked: dict[str, Any]) -> Sequence[Any]:
        """Ask a query of the library with parameters, or SPARQL of one's own."""
        from eudigraph.ask import library, lookup
        from eudigraph.engine import answer, safety, store

        if asked.get("apart"):  # in a process that can be ended, a new one or that of the last time
            if asked["apart"] == "anew":
                self.built = store.open_built(self.folder / "build")
            return self.built.ask(safety.prepare(asked["text"])).rows
        if asked.get("first"):  # as if the text had never been seen
            safety._inspect.cache_clear()
            safety.disarmed.cache_clear()
        if asked.get("query"):
            query = self.library[asked["query"]]
            text = library.bind(query, lookup.resolve(self.store, query, asked["parameters"])[0])
        else:
            text = asked["text"]
        return answer.run(self.store, safety.prepare(text)).rows

    def hand_over(self, data: Path) -> dict[str, Any]:
        """Write what was built for the others to load.

        Return how much it is, the library's queries bound, and whether ``eudigraph serve`` holds it in memory unasked.
        """
        from pyoxigraph import DefaultGraph, RdfFormat

        from eudigraph.engine.store import SMALL

        self.store.dump(str(data / "built.nq"), format=RdfFormat.N_QUADS)
        self.store.dump(str(data / "built.nt"), format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
        cases = [case for query in self.library.values() for case in self._cases(query)]
        held = self.built.manifest.statements <= SMALL
        return {"built": lines(data / "built.nq"), "default": lines(data / "built.nt"), "cases": cases, "held": held}

    def _cases(self, query: Any) -> Iterator[dict[str, Any]]:
        """Yield a query with what it must be given, and once more with all that it can be given."""
        from eudigraph.ask import library, lookup

        named: dict[str, str] = {}
        taken: list[str] = []
        for parameter in query.parameters.values():
            if parameter.type == "date" and parameter.required:
                named[parameter.name] = "2020-01-01"
            elif parameter.type not in ("date", "integer", "property", "text") and parameter.name != "object":
                named[parameter.name] = self._busiest(parameter.type, taken)
                taken.append(named[parameter.name])
        needed = {n: v for n, v in named.items() if query.parameters[n].required or query.parameters[n].default}
        for given in (needed, named) if needed != named else (needed,):
            narrowed = ", ".join(n for n in given if n not in needed)
            text = library.bind(query, lookup.resolve(self.store, query, given)[0])
            name = f"{query.name} ({narrowed})" if narrowed else query.name
            yield {"name": name, "query": query.name, "parameters": given, "text": text}

    def _busiest(self, kind: str, but: Sequence[str]) -> str:
        """Return the thing of a kind of which the most is said, by its name if that is unique, else by its IRI."""
        from eudigraph.ask import lookup
        from eudigraph.model import labels
        from eudigraph.model.errors import UsageError
        from eudigraph.model.names import EUD
        from eudigraph.model.triples import select

        kind = {"resource": "Meeting", "Agent": "Country"}.get(kind, kind)
        found = select(
            self.store,
            f"""SELECT ?x (COUNT(*) AS ?n) {{ ?x a <{EUD}{kind}> .
            {{ ?x ?property ?value }} UNION {{ ?other ?property ?x }} }}
            GROUP BY ?x ORDER BY DESC(?n) ?x LIMIT {len(but) + 1}""",
        )
        iri: str = next(row["x"].value for row in found if row["x"].value not in but)
        name = labels.labels(self.store, [iri])[iri]
        with suppress(UsageError):
            if lookup.find(self.store, name, kind).iri.value == iri:
                return name
        return iri

    def project(self, asked: dict[str, Any]) -> Any:
        """Make the network as ``eudigraph analyse`` does, with all claims, as the others count them."""
        from eudigraph.network import definitions, projections

        return projections.project(self.built, self.workspace, asked["network"], definitions.Choice(stage="dropped"))


class WithExports(Eudigraph):
    """eudigraph's build with its exports (TriG, N-Quads, Turtle, JSON-LD, GraphML), of which only that is measured."""

    exports = True


class InMemory(Eudigraph):
    """eudigraph with the built graph read into memory, as each process of ``eudigraph serve`` has a small one."""

    disk = False

    def load(self, data: Path) -> None:
        """Read what eudigraph has built."""
        self.reopen(data)

    def reopen(self, data: Path) -> None:
        """Read it, with the library."""
        from eudigraph.engine import store

        self.take(store.read_into_memory(store.open_built(data / "eudigraph" / "build")), data)


class Rdflib(Engine):
    """Plain rdflib with its store in memory."""

    disk = False

    def load(self, data: Path) -> None:
        """Parse N-Quads into a dataset."""
        import rdflib

        self.graph: Any = rdflib.Dataset()
        self.graph.parse(str(data / "built.nq"), format="nquads")

    def query(self, asked: dict[str, Any]) -> Sequence[Any]:
        """Run the text."""
        return list(self.graph.query(asked["text"]))

    def cells(self, rows: Sequence[Any]) -> Iterator[list[Cell]]:
        """Read rdflib's terms."""
        for row in rows:
            yield [_rdflib(term) for term in row]


class Kglab(Rdflib):
    """kglab with what it can hold, one graph of triples: the default graph."""

    def load(self, data: Path) -> None:
        """Parse N-Triples into its graph."""
        import kglab  # type: ignore[import-not-found]

        self.graph = kglab.KnowledgeGraph()
        self.graph.load_rdf(str(data / "built.nt"), format="nt")


class Owlready2(Engine):
    """owlready2's own SPARQL, over its quadstore on disk, with what it holds in one ontology: the default graph."""

    def load(self, data: Path) -> None:
        """Parse N-Triples into a world."""
        import owlready2

        self.world = owlready2.World(filename=str(self.folder / "world.sqlite3"))
        self.world.get_ontology((data / "built.nt").resolve().as_uri()).load()
        self.world.save()

    def query(self, asked: dict[str, Any]) -> Sequence[Any]:
        """Run the text. A thing that the world does not know is no error, but matches nothing."""
        return list(self.world.sparql(asked["text"], error_on_undefined_entities=False))

    def cells(self, rows: Sequence[Any]) -> Iterator[list[Cell]]:
        """Read what it makes of terms: things of its own, and Python's texts and numbers, without their datatypes."""
        for row in rows:
            yield [_python(term) for term in row]

    def pair(self, row: Any) -> tuple[str, str]:
        """Return the IRIs."""
        return row[0].iri, row[1].iri


class Remote(Pyoxigraph):
    """An engine behind the SPARQL protocol: Oxigraph's server, started here."""

    server: subprocess.Popen[bytes] | None = None

    def load(self, data: Path) -> None:
        """Start Oxigraph's server and send it everything in one request by the Graph Store protocol."""
        self.start()
        headers = {"Content-Type": "application/n-quads", "Content-Length": str((data / "built.nq").stat().st_size)}
        with (data / "built.nq").open("rb") as file:
            self._send("store?no_transaction", file, headers)

    def reopen(self, data: Path) -> None:  # noqa: ARG002
        """Start it with what it has."""
        self.start()

    def start(self) -> None:
        """Start the server and wait for it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        binary = str(Path(sys.executable).with_name("oxigraph"))
        place = ["--location", str(self.folder / "server"), "--bind", f"127.0.0.1:{port}"]
        self.server = subprocess.Popen([binary, "serve", *place], stderr=subprocess.DEVNULL)  # noqa: S603
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if self.server.poll() is not None:
                raise RuntimeError("the server does not start")
            time.sleep(0.05)
        self.at = f"http://127.0.0.1:{port}"

    def query(self, asked: dict[str, Any]) -> Sequence[Any]:
        """Send the text, read the answer."""
        from pyoxigraph import QueryResultsFormat, parse_query_results

        headers = {"Accept": "application/sparql-results+json"}
        form = urlencode({"query": asked["text"]}).encode()
        body = self._send("query", form, headers)
        return list(parse_query_results(body, QueryResultsFormat.JSON))  # type: ignore[arg-type]

    def _send(self, path: str, data: Any, headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(f"{self.at}/{path}", data, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=3600) as reply:  # noqa: S310
                body: bytes = reply.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{error.code}: {error.read(300).decode(errors='replace')}") from error
        return body

    def others(self) -> list[int]:
        """Return the server's process."""
        return [self.server.pid] if self.server else []

    def close(self) -> None:
        """Stop the server."""
        if self.server:
            self.server.terminate()
            self.server.wait()


class Bare(Engine):
    """pyoxigraph's bulk load of what stands in the workspace's files, as one, and nothing else: a build's measure."""

    def load(self, data: Path) -> None:
        """Load on disk."""
        from pyoxigraph import RdfFormat, Store

        store = Store(str(self.folder / "store"))
        store.bulk_load(path=str(data / "files.trig"), format=RdfFormat.TRIG)
        store.flush()
        del store


class Endpoint(Eudigraph):
    """eudigraph over an engine elsewhere, at the addresses of its queries and, with a space between, of its graphs."""

    disk = False

    def load(self, data: Path) -> None:
        """Load what was built, as ``eudigraph load --to`` does."""
        from eudigraph.engine import load, store

        load.load(store.open_built(data / "eudigraph" / "build"), str(self.url).split()[1])
        self.reopen(data)

    def reopen(self, data: Path) -> None:
        """Open it, with the library."""
        from eudigraph.engine import endpoint

        self.take(endpoint.open_endpoint(str(self.url).split()[0]), data)


ENGINES: dict[str, type[Engine]] = {
    "eudigraph": Eudigraph,
    "exports": WithExports,
    "memory": InMemory,
    "pyoxigraph": Pyoxigraph,
    "rdflib": Rdflib,
    "kglab": Kglab,
    "owlready2": Owlready2,
    "remote": Remote,
    "endpoint": Endpoint,
    "bare": Bare,
}


def _number(value: str) -> Cell:
    try:
        return ("number", str(Decimal(value).normalize() + 0))
    except InvalidOperation:
        return ("number", value)


def _literal(value: str, datatype: str, language: str) -> Cell:
    kind = datatype.removeprefix(XSD)
    if kind in NUMBERS:  # 0.90 and 0.9 are one value, and engines write it differently
        return _number(value)
    return ("text", value, "" if kind in ("string", "") or language else datatype, language.lower())


def _oxigraph(term: Any) -> Cell:
    if term is None:
        return None
    if hasattr(term, "datatype"):
        return _literal(term.value, term.datatype.value, term.language or "")
    return ("iri", term.value)


def _rdflib(term: Any) -> Cell:
    if term is None:
        return None
    if hasattr(term, "datatype"):
        return _literal(str(term), str(term.datatype or ""), term.language or "")
    return ("iri", str(term))


def _python(term: Any) -> Cell:
    if term is None:
        return None
    if isinstance(term, bool):
        return ("text", str(term).lower(), XSD + "boolean", "")
    if isinstance(term, int | float):
        return _number(repr(term))
    if isinstance(term, str) and re.match(r"https?://", term):
        return ("iri", term)
    if isinstance(term, str):
        return ("text", str(term), "", getattr(term, "lang", ""))
    return ("iri", getattr(term, "iri", str(term)))


def loosely(cell: Cell) -> Cell:
    """Return a term without its datatype and language, for an engine that does not give them."""
    return None if cell is None else cell[:2]


def processor(others: Iterable[int] = ()) -> float:
    """Return the seconds of the processor that this process and others have taken."""
    total = time.process_time()
    for pid in others:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def peak(others: Iterable[int] = ()) -> int:
    """Return the most bytes that this process and others have held in memory."""
    total = 0
    for pid in ("self", *others):
        found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
        total += int(found[1]) * 1024 if found else 0
    return total


def lines(path: Path) -> int:
    """Return the number of lines of a file."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def size(folder: Path) -> int:
    """Return the bytes of the files in a folder; a file with several names counts once."""
    found = {(s.st_dev, s.st_ino): s.st_size for s in (p.lstat() for p in folder.rglob("*") if p.is_file())}
    return sum(found.values())


def measured(engine: Engine, work: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """Do something; return what it gives and the seconds it took."""
    gc.collect()
    others = engine.others()
    cpu, clock = processor(others), time.perf_counter()
    given = work()
    clock = time.perf_counter() - clock
    others = engine.others()
    return given, {"seconds": clock, "cpu": processor(others) - cpu, "peak": peak(others)}


def write_rows(rows: Iterable[Sequence[Cell]], path: Path) -> int:
    """Write rows to a file, a line of JSON each, in their order; return how many."""
    number = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            number += 1
    return number


def do(engine: Engine, asked: dict[str, Any]) -> dict[str, Any]:
    """Do one thing that was asked for, and return what was measured."""
    kind, rows = asked["do"], asked.get("rows")
    if kind in ("load", "reopen"):
        work = engine.load if kind == "load" else engine.reopen
        _, found = measured(engine, lambda: work(Path(asked["data"])))
        found["size"] = size(engine.folder) if engine.disk else None
    elif kind == "hand over":
        assert isinstance(engine, Eudigraph)  # noqa: S101
        found = engine.hand_over(Path(asked["data"]))
    elif kind == "project":
        made, found = measured(engine, lambda: engine.project(asked))
        if rows:
            edges = sorted(sorted((str(a), str(b))) for a, b in made.edges)
            found["rows"] = write_rows(([("iri", end) for end in edge] for edge in edges), Path(rows))
    else:
        given, found = measured(engine, lambda: engine.query(asked))
        if rows:
            found["rows"] = write_rows(engine.cells(given), Path(rows))
    return found


def serve(engine: Engine, asked: Iterable[str], out: io.TextIOBase) -> None:
    """Answer line by line."""
    try:
        for line in asked:
            try:
                found = do(engine, json.loads(line))
            except MemoryError:
                found = {"error": f"more than {MEMORY // 1024**3} GB of memory"}
            except Exception as error:  # whatever an engine raises is what it cannot do
                found = {"error": f"{type(error).__name__}: {error}"[:500]}
            out.write(json.dumps(found) + "\n")
            out.flush()
    finally:
        engine.close()


def main() -> None:
    """Be one engine."""
    name, folder, *url = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    serve(ENGINES[name](Path(folder), url[0] if url else None), sys.stdin, out)


if __name__ == "__main__":
    main()
