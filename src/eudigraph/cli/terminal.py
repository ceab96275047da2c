"""What is printed where the code page of a terminal, or of a pipe, lacks characters: something close to it.

All text of commands passes here, since it is the streams that are told. What programs read is not text of this kind:
``shared.write`` gives it out in UTF-8, whatever the code page.
"""

from __future__ import annotations

import codecs
import io
import sys

ERRORS = "eudigraph-substitutes"
"""The name by which Python knows how to go about what it cannot encode."""
_ASCII = "eudigraph-ascii"
_PLAIN = {
    **dict.fromkeys("‐‑‒–—―−─━╴╶╸╺═", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋╇╈", "+"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛‹›′", "'"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "),
    **dict.fromkeys("•·∙", "*"),
    **{"→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "⇐": "<=", "↑": "^", "↓": "v", "…": "..."},
    **{"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "×": "x", "€": "EUR", "ß": "ss", "§": "par."},
}


def prepare() -> None:
    """Have standard output and error print what they cannot encode as something close to it, and never fail."""
    codecs.register_error(ERRORS, _substitutes)
    codecs.register(lambda name: _ascii() if name == _ASCII.replace("-", "_") else None)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # click takes ASCII for a mistake, and would print UTF-8 instead.
            named = _ASCII if codecs.lookup(stream.encoding).name == "ascii" else None
            stream.reconfigure(encoding=named, errors=ERRORS)
    name = getattr(sys.stdout, "encoding", None) or "utf-8"
    if codecs.lookup(name).name != "utf-8":
        from eudigraph.model.text import PRINTABLE

        PRINTABLE.set(lambda text: text if text.isascii() else text.encode(name, ERRORS).decode(name))


def _ascii() -> codecs.CodecInfo:
    """Return ASCII by another name."""
    plain = codecs.lookup("ascii")
    return codecs.CodecInfo(
        plain.encode, plain.decode, plain.streamreader, plain.streamwriter, plain.incrementalencoder,
        plain.incrementaldecoder, name=_ASCII,
    )  # fmt: skip


def _substitutes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_close, error.object[error.start : error.end])), error.end


def _close(sign: str) -> str:
    """Return something in ASCII for a character: its letter without accents, such as a for å, or a question mark."""
    import unicodedata  # few terminals need it

    from eudigraph.model.text import LETTERS

    if sign in _PLAIN:
        return _PLAIN[sign]
    if unicodedata.combining(sign):
        return ""
    letter = sign.lower().translate(LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if c.isascii())
    return (plain.upper() if sign.isupper() else plain) or "?"
