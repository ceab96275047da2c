"""Where ontology, claims and queries are: a folder of one's own, the installed content, or a checkout."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from eudigraph.model.errors import StoreError, UsageError
from eudigraph.model.inventory import Role, inventory

FOLDERS = ("ontology", "graph", "queries")


@dataclass(frozen=True)
class Workspace:
    """A folder that holds ``ontology/``, ``graph/`` and ``queries/``.

    ``shipped`` is true for the content that came with the package, which is not to be written to.
    """

    root: Path
    shipped: bool = False

    @property
    def ontology_files(self) -> list[Path]:
        """The files of the ontology except the shapes, in the order of their names."""
        return self._files("ontology")

    @property
    def shapes_files(self) -> list[Path]:
        """The files of SHACL shapes, if there are any."""
        return self._files("shapes")

    @property
    def claim_files(self) -> list[Path]:
        """The files of claims, one per source, in the order of their names."""
        return self._files("claims")

    @property
    def reference_files(self) -> list[Path]:
        """The files of reference data, in the order of their names."""
        return self._files("reference")

    @property
    def queries_folder(self) -> Path:
        """The folder of the query library."""
        return self.root / "queries"

    @property
    def data_files(self) -> list[Path]:
        """All files a build reads, or would read if it could."""
        return [
            entry.path for entry in inventory(self.root) if entry.role != "questions" and (entry.role or entry.wrong)
        ]

    @property
    def build_folder(self) -> Path:
        """Where a build goes unless told otherwise: ``build/`` beside the data, or the user's cache if that is shipped.

        The cache folder's name depends on the place of the package, so that two installations keep apart.
        """
        if not self.shipped:
            return self.root / "build"
        import hashlib  # seldom needed, and slow to import

        import platformdirs

        key = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path(platformdirs.user_cache_dir("eudigraph", appauthor=False)) / key

    def show(self, path: Path) -> str:
        """Return a path as messages name it: relative to the workspace where it lies in it."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    def _files(self, role: Role) -> list[Path]:
        return [entry.path for entry in inventory(self.root) if entry.role == role]


def open_workspace(folder: Path | None = None) -> Workspace:
    """Return the workspace at ``folder``, or, without one, the content beside this package.

    An installed wheel carries it; in a checkout it lies at the top. Raises UsageError for no workspace.
    """
    if folder is not None:
        return _checked(Workspace(folder.resolve()))
    package = Path(__file__).resolve().parents[1]
    if (package / "content").is_dir():
        return _checked(Workspace(package / "content", shipped=True))
    return _checked(Workspace(package.parent.parent))


def current_folder() -> Path | None:
    """Return the folder that the user is in if it is a workspace, to go by where none is named; else None.

    Folders of these names are found elsewhere, too, so that the file of our ontology has to be there.
    """
    here = Path()  # Path.cwd() fails where the folder has been removed meanwhile
    ours = (here / "ontology" / "core.ttl").is_file() and all((here / name).is_dir() for name in FOLDERS)
    return here if ours else None


def copy_workspace(origin: Workspace, target: Path) -> list[Path]:
    """Copy ontology, claims and queries into a folder that is new or empty; return the folders made.

    Raises StoreError where the target holds anything, so that nothing of the user's is overwritten.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreError(f"{target} is not an empty folder; give a new one")
    made = []
    try:
        for name in FOLDERS:
            shutil.copytree(origin.root / name, target / name)
            made.append(target / name)
    except OSError as error:
        raise StoreError(f"{target}: {error.strerror or error}; choose a folder that can be written to") from error
    return made


def _checked(workspace: Workspace) -> Workspace:
    missing = [name for name in FOLDERS if not (workspace.root / name).is_dir()]
    if missing:
        raise UsageError(
            f"{workspace.root} is no workspace: it has no folder {' and no '.join(f'{m}/' for m in missing)}; "
            "make one with: eudigraph init FOLDER"
        )
    return workspace
