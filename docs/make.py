"""Write what the documentation has from the ontology and the graph.

The data dictionary, the pictures of the model and of the explorer, and the answers in the README. Run it with
``make docs``; it needs Graphviz (``dot``) and Chromium.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from pyoxigraph import Store

from eudigraph.build import assemble
from eudigraph.engine import store
from eudigraph.explore.page import write_page
from eudigraph.model import workspace
from eudigraph.model.text import WIDTH
from eudigraph.network import definitions, registry
from eudigraph.show import dictionary

DOCS = Path(__file__).resolve().parent
README = DOCS.parent / "README.md"
ARROWS = (
    *("withCountry", "under", "pursuesTopic", "wantsTopic", "agenda", "expects", "result"),
    *("status", "hasParticipant", "wantedBy", "notSupportedBy", "takesPlaceIn", "inCountry", "holdsPost", "postOf"),
    *("concernsAct", "speaker", "source"),
)
KINDS = (
    *("TradeAndTechnologyCouncil", "DigitalPartnership", "DigitalDialogue", "HighLevelMeeting", "BilateralMeeting"),
    *("Summit", "WorkingPartyMeeting", "Partnership", "Meeting", "Initiative", "Country", "Organisation", "Person"),
)
PICTURES: tuple[tuple[str, str, str, Literal["light", "dark"]], ...] = (
    ("network", "", "", "light"),
    ("evidence", "e=country:japan&steps=2", "Says who? European Commission, ¶17", "dark"),
    ("timeline", "view=timeline&e=meeting:breton-lee-2023", "", "light"),
)
"""Name, state, what to click, and colours of each picture."""
_EXAMPLE = re.compile(r"```console\n\$ eudigraph (?P<command>[^\n]*)\n(?P<rest>.*?)```\n", re.DOTALL)
_HERE = re.compile(r" <<'END'$")


def data_dictionary() -> tuple[str, str]:
    """Return the dictionary as Markdown and the picture's source for Graphviz."""
    store = Store()
    assembly = assemble.read(store, workspace.open_workspace(DOCS.parent))
    return dictionary.markdown(store, assembly.ontology), dictionary.dot(assembly.ontology, ARROWS, KINDS)


def readme(text: str, build: Path) -> str:
    """Return the README with each example's answer as the graph built in the folder ``build`` gives it."""

    def answered(match: re.Match[str]) -> str:
        command, given = match["command"], ""
        if _HERE.search(command):
            given = match["rest"].partition("\nEND\n")[0] + "\n"
        words = shlex.split(_HERE.sub("", command))
        table = ["--format", "table"] if words[0] == "query" and "--format" not in words else []
        run = subprocess.run(  # noqa: S603  (the README's own commands)
            [sys.executable, "-m", "eudigraph", *words, "--store", str(build), *table],
            input=given,
            env={**os.environ, "COLUMNS": str(WIDTH)},  # whatever the terminal that this runs in
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        here = f"{given}END\n" if given else ""
        return f"```console\n$ eudigraph {command}\n{here}{run.stdout.rstrip()}\n```\n"

    return _EXAMPLE.sub(answered, text)


def networks(text: str) -> str:
    """Return the page on networks with the tables of what there is."""
    known = definitions.networks(workspace.open_workspace(DOCS.parent))
    tables = {
        "networks": ["| network | is |", "|---|---|", *(f"| `{name}` | {title} |" for name, title in known.items())],
        "measures": ["| measure | means | source |", "|---|---|---|"]
        + [f"| `{m.name}` | {m.meaning} | {m.source} |" for m in registry.measures().values()],
    }
    for name, lines in tables.items():
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        text = f"{before}<!-- {name} -->\n" + "\n".join(lines) + "\n<!-- end -->" + rest.partition("<!-- end -->")[2]
    return text


def pictures(page: Path) -> None:
    """Take the README's pictures of the explorer, at the states below, in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, state, evidence, scheme in PICTURES:
            context = browser.new_context(viewport={"width": 1280, "height": 760}, color_scheme=scheme)
            shown = context.new_page()
            shown.goto(f"{page.as_uri()}#{state}")
            if evidence:
                shown.get_by_text(evidence).first.click()
            shown.screenshot(path=DOCS / f"explorer-{name}.png")
            context.close()
        browser.close()


def main() -> None:
    """Write ``dictionary.md``, ``model.svg`` and the pictures beside this file, and the answers in the README."""
    words, drawing = data_dictionary()
    (DOCS / "dictionary.md").write_text(words, "utf-8")
    subprocess.run(["dot", "-Tsvg", "-o", DOCS / "model.svg"], input=drawing.encode(), check=True)  # noqa: S603, S607
    subprocess.run([sys.executable, "-m", "eudigraph", "build"], cwd=DOCS.parent, check=True)
    pictures(write_page(store.open_built(DOCS.parent / "build")))
    page = DOCS / "networks.md"
    page.write_text(networks(page.read_text("utf-8")), "utf-8")
    README.write_text(readme(README.read_text("utf-8"), DOCS.parent / "build"), "utf-8")


if __name__ == "__main__":
    main()
