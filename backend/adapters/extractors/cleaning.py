"""Characters that confuse search and quoting, put right: the same for every format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_REMOVED = (
    *range(0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    0xAD,  # soft hyphen
    0x61C,
    0x180E,
    0x200B,  # zero-width space; the joiners 200C and 200D stay, Persian and emoji need them
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),  # bidirectional overrides: they make text read other than it is
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),  # lone surrogates cannot be stored as UTF-8
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    0xFFFE,
    0xFFFF,
)
_SPACES = (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_BREAKS = (0x0B, 0x0C, 0x85, 0x2028, 0x2029)
_SYMBOL_FONT_BULLETS = (0xF06E, 0xF076, 0xF0A7, 0xF0A8, 0xF0B7, 0xF0D8, 0xF0FC)
_PRESENTATION_FORMS = (
    *range(0xFB00, 0xFB07),
    *range(0xFB13, 0xFB18),
    *range(0xFB50, 0xFE00),
    *range(0xFE70, 0xFEFD),
)

_TABLE: dict[int, str | None] = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in _PRESENTATION_FORMS},
    **dict.fromkeys(_REMOVED),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_BREAKS, "\n"),
    **dict.fromkeys(_SYMBOL_FONT_BULLETS, "•"),
}
_LEADERS = re.compile(r"[ \t]*(?:\.[ \t]?){5,}|[ \t]*…[ \t]?(?:…[ \t]?)+")
_INNER_SPACE = re.compile(r"(?<=\S)[ \t]+")
_SPACE_BEFORE_BREAK = re.compile(r"[ \t]+(?=\n)")
_BREAK_RUN = re.compile(r"\n{3,}")
_TWICE_ENCODED = re.compile("[\u00c2-\u00f4](?=[\u00a0-\u00bf]*[\u0080-\u009f])[\u0080-\u00bf]{1,3}")
"""UTF-8 that some program took for Latin-1; only runs with a control character, which no text has."""
_WORD = re.compile(r"[^\W_]")


def clean(text: str) -> str:
    """NFC without control, invisible and compatibility characters; runs of blanks made one.

    Paragraphs stay separated by exactly one blank line; indentation at the start of a line stays.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _TWICE_ENCODED.sub(_decoded_once_more, text).translate(_TABLE)
    text = unicodedata.normalize("NFC", text)
    text = _LEADERS.sub(" … ", text)
    text = _SPACE_BEFORE_BREAK.sub("", _INNER_SPACE.sub(" ", text))
    return _BREAK_RUN.sub("\n\n", text).strip("\n").rstrip()


def _decoded_once_more(match: re.Match[str]) -> str:
    try:
        return match[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def one_line(text: str | None) -> str | None:
    """``clean`` with every white space made one space; None where nothing is left."""
    return " ".join(clean(text).split())[:1000] or None if text else None


def has_words(text: str) -> bool:
    """Whether there is a letter or digit of any script."""
    return _WORD.search(text) is not None


def pieces(text: str, size: int) -> Iterator[str]:
    """``text`` in pieces of at most ``size`` characters, cut between paragraphs, else between words."""
    start = 0
    while len(text) - start > size:
        cut = _cut(text, start, start + size)
        yield text[start:cut]
        start = cut
    yield text[start:]


def _cut(text: str, start: int, end: int) -> int:
    for separator in ("\n\n", "\n", " "):
        at = text.rfind(separator, start + (end - start) // 2, end)
        if at > 0:
            return at + len(separator)
    return end
