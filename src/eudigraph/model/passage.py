"""A passage as it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """What one speaker says in one span of a source: where it stands, who speaks, how firmly, and a gist of ours.

    ``certainty`` is the speaker's, ``confidence`` the reader's.
    """

    iri: str
    source: str
    title: str
    locator: str
    start: int | None
    end: int | None
    speaker: str
    certainty: str
    confidence: str
    gist: str
    retells: str | None = None
    """The document whose content the passage gives, if it does."""
    text: str | None = None
    """The passage itself, where the source's text was given."""
    url: str | None = None
    """Where the source's text is on the web, if it says so."""

    @property
    def place(self) -> str:
        """Where it stands, for people: the locator, and characters where the source's text is known."""
        return self.locator if self.start is None else f"{self.locator} ({self.start}–{self.end})"
