"""Make what a release consists of, in ``dist/``: sdist, wheel, a list of what they need (SBOM), and checksums.

Run it with ``make release`` once ``make check test`` has passed. Nothing is published; that is done by hand.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from hashlib import sha256
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "eudigraph"
VERSION = Path("src", "eudigraph", "model", "version.py")


class Refused(Exception):
    """Why nothing can be released, and what to do about it."""


def version_of(root: Path) -> str:
    """Return the version that a checkout is to be released as.

    Raises Refused where the package, the newest heading of the changelog, CITATION.cff (with the day) and what
    is installed do not say the same.
    """
    line = re.search(r'^VERSION = "(.*)"$', (root / VERSION).read_text("utf-8"), re.MULTILINE)
    if line is None:
        raise Refused(f'{VERSION} has no line VERSION = "…"; write one')
    version = line[1]
    newest = re.search(r"^## (.*)$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    heading = re.fullmatch(r"(\S+) \((\d{4}-\d\d-\d\d)\)", newest[1]) if newest else None
    if heading is None:
        raise Refused(
            f"CHANGELOG.md begins with {newest[1] if newest else 'nothing'}; give its changes a version and a day, "
            f"such as 1.2.0 (2027-01-31), write both to CITATION.cff and the version to {VERSION}"
        )
    cited = dict(
        re.findall(r"^(version|date-released): (\S+)$", (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    )
    found = {
        str(VERSION): version,
        "CHANGELOG.md": heading[1],
        "CITATION.cff": cited.get("version"),
        "what is installed": metadata.version(NAME),
    }
    if len(set(found.values())) > 1:
        said = ", ".join(f"{where}: {value}" for where, value in found.items())
        raise Refused(f"the versions differ ({said}); make them one, then install anew: pip install -e .")
    if cited.get("date-released") != heading[2]:
        raise Refused(
            f"CITATION.cff has the day {cited.get('date-released')}, CHANGELOG.md {heading[2]}; make them one"
        )
    return version


def committed_at(root: Path) -> str:
    """Return the time of a checkout's last commit, in seconds since 1970; raises Refused where not all is committed."""
    changed = _git(root, "status", "--porcelain")
    if changed:
        raise Refused(f"not everything is committed; commit it or put it away:\n{changed}")
    return _git(root, "log", "-1", "--format=%ct")


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return done.stdout.rstrip()


def build(root: Path, folder: Path, time: str) -> None:
    """Write sdist and, made from it, wheel to a folder: the same bytes for one commit and one hatchling."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": time}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603


def list_needs(root: Path, folder: Path, version: str) -> None:
    """Write the SBOM (https://cyclonedx.org): what the wheel brings when it is installed without extras.

    It is installed into an environment of its own, in the versions that CI is pinned to, and nothing else is there.
    """
    pins = "\n".join(re.findall(r"^\S+==\S+", (root / ".ci" / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    with tempfile.TemporaryDirectory() as scratch:
        place, constraints = Path(scratch) / "venv", Path(scratch) / "constraints.txt"
        constraints.write_text(f"{pins}\n", "utf-8")
        venv.create(place, symlinks=True)
        python = next(path for path in (place / "bin" / "python", place / "Scripts" / "python.exe") if path.exists())
        install = [sys.executable, "-m", "pip", "--quiet", "--python", str(python), "install"]
        ours = [*install, "--no-index", "--no-deps", "--find-links", str(folder), f"{NAME}=={version}"]
        subprocess.run(ours, check=True)  # noqa: S603
        subprocess.run([*install, "--constraint", str(constraints), f"{NAME}=={version}"], check=True)  # noqa: S603
        made = folder / f"{NAME}-{version}.cdx.json"
        command = ["cyclonedx_py", "environment", "--pyproject", str(root / "pyproject.toml"), "--output-reproducible"]
        command += ["--output-format", "JSON", "--output-file", str(made), str(python)]
        subprocess.run([sys.executable, "-m", *command], check=True)  # noqa: S603


def release(root: Path, folder: Path) -> None:
    """Write all that a release consists of to a folder, which is emptied first; raises Refused if it cannot be made."""
    version, time = version_of(root), committed_at(root)
    shutil.rmtree(folder, ignore_errors=True)
    build(root, folder, time)
    list_needs(root, folder, version)
    sums = [f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums), "utf-8")


if __name__ == "__main__":
    try:
        release(ROOT, ROOT / "dist")
    except Refused as refused:
        sys.exit(f"Nothing was released: {refused}")
    print("\n".join(f"dist/{path.name}" for path in sorted((ROOT / "dist").iterdir())))
