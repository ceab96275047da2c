"""The notebooks: each runs from top to bottom, and says what is committed with it.

Each runs in a process of its own, in a copy of the checkout, with caches and settings of its own. The copy of the first
has no build yet, as a newcomer's; the others find one, since each build would take longer than the notebook.
Run this file to write the notebooks' outputs anew: ``python tests/test_notebooks.py [NOTEBOOK]...``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from eudigraph.engine import store
from eudigraph.model.workspace import FOLDERS

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAX_SIZE = 600_000
"""Bytes of a notebook with its outputs."""
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_HERE = re.compile(r"(?<![\w.:/])/(?:home|root|tmp|var|work|Users)/|\b[A-Z]:\\\\?Users\b")
"""The beginning of a path that only one machine has."""

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


# ---------------------------------------------------------------- Running


def run(path: Path, scratch: Path, *, build: Path | None = None, fonts: Path | None = None) -> str:
    """Return a notebook as it is after running in a copy of its checkout, which is made in ``scratch``.

    ``build`` is the folder of a build that the copy gets, ``fonts`` where matplotlib notes the fonts it has found.
    """
    checkout = scratch / "checkout"
    for name in ("src", *FOLDERS, "notebooks"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    if build:
        shutil.copytree(build, checkout / "build", symlinks=True)
    own = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "MPLCONFIGDIR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    environment |= {name: str(scratch / name.lower()) for name in own}
    if fonts:
        environment["MPLCONFIGDIR"] = str(fonts)
    # The copy goes before this environment's own packages, so it is the copy's graph that is built and asked.
    environment |= {"PYTHONPATH": str(checkout / "src"), "PYTHONUTF8": "1"}
    made = scratch / path.name
    command = [sys.executable, __file__, "--into", str(made), str(checkout / "notebooks" / path.name)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    return made.read_text("utf-8")


def _execute(path: Path, made: Path) -> None:
    """Run a notebook where it lies, with this Python, and write it, tidied, to ``made``."""
    import matplotlib.font_manager  # noqa: F401 - else a picture's cell says that it looks for fonts
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    notebook = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="nb") as folder:  # names of sockets must be short
        # No folders: what is installed elsewhere under the kernel's name does not count. No ports to quarrel about.
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            transport="ipc" if sys.platform == "linux" else "tcp",
            connection_file=str(Path(folder) / "kernel.json"),
        )
        resources = {"metadata": {"path": str(path.parent)}}
        NotebookClient(notebook, manager, timeout=300, resources=resources, coalesce_streams=True).execute()
    made.write_text(_written(notebook), "utf-8", newline="\n")


def _written(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook as it is committed: without what differs from run to run and from machine to machine."""
    notebook.metadata = nbformat.from_dict(_METADATA)  # type: ignore[no-untyped-call]
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        cell.metadata = {name: value for name, value in cell.metadata.items() if name == "tags"}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
    return str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n"  # type: ignore[no-untyped-call]


# ---------------------------------------------------------------- What a notebook holds


def _read(text: str) -> nbformat.NotebookNode:
    notebook = nbformat.reads(text, 4)  # type: ignore[no-untyped-call]
    assert isinstance(notebook, nbformat.NotebookNode)
    return notebook


def _said(notebook: nbformat.NotebookNode) -> list[tuple[str, list[Any]]]:
    """Return each cell of code with what it says: texts whole, but for their spaces, and of all else the kind."""
    return [
        (cell.source, [_of(output) for output in cell.outputs]) for cell in notebook.cells if cell.cell_type == "code"
    ]


def _of(output: nbformat.NotebookNode) -> list[Any]:
    # How wide the columns of a table are is pandas' affair, and differs between its versions.
    def words(text: str) -> str:
        return " ".join(text.split())

    match output.output_type:
        case "stream":
            return [output.name, words(output.text)]
        case "error":
            return [output.ename, words(output.evalue)]
    return [sorted(output.data), words(output.data.get("text/plain", ""))]


def _outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


# ---------------------------------------------------------------- Tests


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS != []


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.mark.notebook
@each
def test_a_notebook_runs_from_top_to_bottom_and_says_what_is_committed(
    path: Path, tmp_path: Path, fonts: Path, built: store.Built
) -> None:
    build = None if path == NOTEBOOKS[0] else built.folder
    committed, fresh = _read(path.read_text("utf-8")), _read(run(path, tmp_path, build=build, fonts=fonts))
    hint = "run: python tests/test_notebooks.py"
    for number, (was, now) in enumerate(zip(_said(committed), _said(fresh), strict=True), 1):
        assert now == was, f"code cell {number} of {path.name} says something else; {hint}"


@each
def test_a_notebook_is_committed_as_it_ran(path: Path) -> None:
    text = path.read_text("utf-8")
    assert _written(_read(text)) == text, "run: python tests/test_notebooks.py"
    code = [cell for cell in _read(text).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        failed = [output for output in cell.outputs if output.output_type == "error"]
        assert failed == [] or "raises-exception" in cell.metadata.get("tags", [])


@each
def test_a_notebook_shows_a_picture_and_is_small(path: Path) -> None:
    kinds = {kind for output in _outputs(_read(path.read_text("utf-8"))) for kind in output.get("data", {})}
    assert kinds & {"image/png", "image/svg+xml"}
    assert path.stat().st_size < MAX_SIZE


@each
def test_a_notebook_does_not_say_where_it_ran(path: Path) -> None:
    notebook = _read(path.read_text("utf-8"))
    for output in _outputs(notebook):
        output.get("data", {}).pop("image/png", None)  # any letters may follow each other in it
    words = json.dumps(notebook, ensure_ascii=False)
    assert _HERE.findall(words) == []
    assert re.findall(r" at 0x[0-9a-f]{6,}", words) == []
    host = socket.gethostname()
    assert host == "localhost" or not re.search(rf"(?<![\w-]){re.escape(host)}(?![\w-])", words)


@each
def test_a_notebook_has_one_title_and_its_headings_skip_no_level(path: Path) -> None:
    cells = [cell for cell in _read(path.read_text("utf-8")).cells if cell.cell_type == "markdown"]
    prose = re.sub(r"^```.*?^```", "", "\n\n".join(cell.source for cell in cells), flags=re.DOTALL | re.MULTILINE)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [b for a, b in pairwise(levels) if b > a + 1] == []


@each
def test_the_local_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    cells = [cell.source for cell in _read(path.read_text("utf-8")).cells if cell.cell_type == "markdown"]
    links = re.findall(r"\]\(([^)#:]+)\)", "\n".join(cells))
    assert [link for link in links if not (path.parent / link).exists()] == []


if __name__ == "__main__":
    if sys.argv[1:2] == ["--into"]:
        _execute(Path(sys.argv[3]), Path(sys.argv[2]))
    else:
        for notebook_ in [Path(name).resolve() for name in sys.argv[1:]] or NOTEBOOKS:
            with tempfile.TemporaryDirectory() as folder_:
                notebook_.write_text(run(notebook_, Path(folder_)), "utf-8", newline="\n")
            print(notebook_.name, f"{notebook_.stat().st_size:,} bytes")
