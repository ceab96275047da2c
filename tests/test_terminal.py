"""Terminals and pipes as they are: on a code page that lacks a character something close to it is printed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eudigraph.cli import terminal
from eudigraph.engine import store

CODE_PAGES = ["cp1252", "ascii", "cp437", "latin-1", "cp850", "cp1252:strict", "utf-8"]
COMMANDS = {
    "the questions": ["queries"],
    "a table": ["query", "topics", "--format", "table"],
    "a table with evidence": ["query", "meetings", "--evidence", "--format", "table", "--all-columns"],
    "an explanation": ["explain", "Japan", "cooperates on", "6G"],
    "a report": ["analyse", "removal"],
    "help": ["query", "--help"],
    "no such name": ["query", "topics", "country=Łódź → “x” 日本"],
    "no such option": ["query", "--fórmat"],
}
WITH_STORE = ("query", "explain", "analyse")


def run(built: store.Built, words: list[str], encoding: str) -> subprocess.CompletedProcess[bytes]:
    if words[0] in WITH_STORE and "--help" not in words:
        words = [words[0], "--store", str(built.folder), *words[1:]]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run(
        [sys.executable, "-m", "eudigraph", *words], env=environment, capture_output=True, timeout=60, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_is_printed_is_printed_on_every_code_page(built: store.Built, command: str) -> None:
    terminal.prepare()  # here, too, for what is wanted
    usual = run(built, COMMANDS[command], "utf-8")
    for encoding in CODE_PAGES if command == "no such name" else ("cp1252",):
        done = run(built, COMMANDS[command], encoding)
        assert b"Traceback" not in done.stderr
        assert done.returncode == usual.returncode
        page = encoding.partition(":")[0]
        for printed, wanted in ((done.stdout, usual.stdout), (done.stderr, usual.stderr)):
            text = printed.decode(page)
            assert text == wanted.decode().encode(page, terminal.ERRORS).decode(page)
            assert text.count("\n") == wanted.decode().count("\n")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "tsv", "json", "xml", "turtle", "report"])
def test_what_programs_read_is_in_utf_8_on_every_code_page(built: store.Built, tmp_path: Path, form: str) -> None:
    path = tmp_path / "own.rq"
    path.write_text('SELECT ("Luleå → 日本" AS ?x) {}' if form != "turtle" else "DESCRIBE place:lulea", "utf-8")
    words = ["query", "--file", str(path), "--format", form]
    if form == "report":
        words = ["analyse", "--format", "json"]
    usual = run(built, words, "utf-8").stdout
    assert not usual.decode().isascii()
    assert {run(built, words, page).stdout for page in ("cp1252", "ascii")} == {usual}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_columns_of_tables_stay_below_each_other(built: store.Built, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "own.rq"
    rows = " ".join(f'("{text}" "|")' for text in ("6G → 日本 …", "Straße €", "plain and longer than the others"))
    path.write_text(f"SELECT * {{ VALUES (?a_b ?end) {{ {rows} }} }}", "utf-8")
    done = run(built, ["query", "--file", str(path), "--format", "table"], encoding)
    lines = done.stdout.decode(encoding).splitlines()
    if encoding == "ascii":
        assert [line.split("  ")[0].strip() for line in lines[2:]] == ["6G -> ?? ...", "Strasse EUR", lines[4][:32]]
    # Signs of Japanese take two places on a terminal that has them.
    places = {line.index("|") + sum(sign in "日本" for sign in line) for line in lines[2:]}
    assert places == {lines[0].index("end")}


SUBSTITUTES = {
    "→ ← … – — −": "-> <- ... - - -",
    "─────": "-----",
    "“Łódź” ‘Luleå’": "\"Lodz\" 'Lulea'",
    "Straße ÆØÅ ǆ ½ ﬁ": "Strasse AEOA dz 12 fi",
    "日本 🙂": "?? ?",
    "e\u0301": "e",
    "a\u00a0b\u202fc": "a b c",
    "\udce5\ufffd": "??",
}


@pytest.mark.parametrize("text", SUBSTITUTES)
def test_what_a_code_page_lacks_is_something_close(text: str) -> None:
    terminal.prepare()
    assert text.encode("ascii", terminal.ERRORS).decode() == SUBSTITUTES[text]


def test_streams_that_are_none_of_the_terminal_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    own = io.StringIO()
    monkeypatch.setattr(sys, "stdout", own)  # of which nobody says what it lacks
    monkeypatch.setattr(sys, "stderr", None)
    terminal.prepare()
    assert sys.stdout is own
