"""Pages of HTML from our own templates: everything escaped, no request, no script but our own."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined


def document(
    room: str,
    template: str,
    *,
    styles: Sequence[str] = (),
    script: str = "",
    filters: Mapping[str, Any] | None = None,
    **given: Any,
) -> str:
    """Return a page of text and pictures. It runs no script but one of ours, if that is named.

    ``room`` is the package below this one that has the template. ``styles`` are files, by default the one named like
    the template. ``image`` makes a picture part of the page; ``filters`` adds others.
    """
    environment = make_environment(room)
    style = "\n".join(source_text(environment, name) for name in styles or (template.replace(".html", ".css"),))
    code = source_text(environment, script) if script else ""
    environment.filters |= {"image": _image, **(filters or {})}
    allowed = {"scripts": digest(code) if script else "'none'", "styles": digest(style)}
    return environment.get_template(template).render(style=style, script=code, **allowed, **given)


def frame(document: str, *, height: int = 640) -> str:
    """Return a document in a frame of its own, as notebooks show it: it can neither see nor change the notebook."""
    return (
        f'<iframe srcdoc="{html.escape(document)}" sandbox="allow-scripts allow-downloads allow-popups" '
        f'width="100%" height="{height}" title="eudigraph explorer" style="border:0"></iframe>'
    )


def make_environment(room: str, *folders: str) -> Environment:
    """Return an environment for the templates of a room of this package, those of this room, and these folders."""
    loaders = [PackageLoader(f"eudigraph.{room}"), PackageLoader("eudigraph.show")]
    return Environment(
        loader=ChoiceLoader([*loaders, *map(FileSystemLoader, folders)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _image(picture: Any) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.svg().encode()).decode()}"


def source_text(environment: Environment, name: str) -> str:
    """Return a file as it stands, as a browser digests it: with its line ends as line feeds."""
    loader = environment.loader
    if loader is None:
        raise TypeError("an environment without a loader has no files")
    return loader.get_source(environment, name)[0].replace("\r\n", "\n").strip()


def digest(text: str) -> str:
    """Return the digest of a script or style as a Content-Security-Policy has it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
