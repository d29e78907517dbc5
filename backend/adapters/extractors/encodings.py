"""How the bytes of a text are to be read: certain where a mark or UTF-8 says so, else the best guess.

Short texts decide nothing by statistics of whole languages, so guesses are scored by plain facts: which
letters a language uses, that capitals do not follow small letters, which characters are everyday ones.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from backend.adapters.extractors.alphabets import (
    DOUBLE_BYTE,
    EBCDIC,
    FREQUENT,
    RARE,
    SINGLE_BYTE,
    TYPOGRAPHY,
    common_share,
)
from backend.errors import DamagedFile

_SAMPLE = 1 << 16
_BLOCK = 1 << 20
_GOOD = 0.6
_RARE_PENALTY = 0.2
_DAMAGED_SHARE = 0.03
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@")

@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name and, where it is a guess or bytes are lost, a sentence for the person."""

    name: str
    warning: str | None = None


def of_file(path: Path) -> Encoding:
    """Encoding of a text file; reads it once in blocks to be sure of UTF-8."""
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
        certain = _certain(head)
        if certain:
            return certain
        stream.seek(0)
        if _is_utf8(iter(lambda: stream.read(_BLOCK), b"")):
            return Encoding("utf-8")
        return guess(_informative(stream, head))


def of_bytes(data: bytes, declared: str | None = None) -> Encoding:
    """Encoding of bytes in memory; ``declared`` is what a page says of itself, used where it fits."""
    certain = _certain(data[:_SAMPLE])
    if certain:
        return certain
    if _is_utf8(iter([data])):
        return Encoding("utf-8")
    sample = data if len(data) <= _SAMPLE else _around_high_bytes(data)
    guessed = guess(sample)
    if declared and _fits(sample, declared, guessed):
        return Encoding(declared)
    return guessed


def guess(sample: bytes) -> Encoding:
    """The most plausible encoding of bytes that are no UTF-8. Raises DamagedFile where none explains them."""
    damaged = _damaged_utf8(sample)
    if damaged:
        return damaged
    if _looks_ebcdic(sample):
        return _guessed(max(EBCDIC, key=lambda name: _letters(sample, name)))
    scores = {**_single_scores(sample), **_double_scores(sample)}
    best = max(scores, key=lambda name: scores[name] - _RARE_PENALTY * (name in RARE), default=None)
    if best is not None and scores[best] >= _GOOD:
        return _guessed(best)
    statistical = from_bytes(sample).best()
    if best is not None and scores[best] > 0:
        return _guessed(best)
    if statistical is None or statistical.encoding.startswith("utf"):
        raise DamagedFile(
            'No known character encoding explains this text. Open it in an editor, save it as "UTF-8" and '
            "upload it again."
        )
    return _guessed(statistical.encoding)


def _certain(head: bytes) -> Encoding | None:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name)
    if any(escape in head for escape in _JAPANESE_ESCAPES):
        return Encoding("iso2022_jp_2")
    wide = _unmarked_wide(head)
    return Encoding(wide) if wide else None


def _unmarked_wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 of a mostly Latin text without a mark: the places of the NULs tell which."""
    if b"\0" not in head:
        return None
    zero = [head[offset::4].count(0) > 0.7 * len(head[offset::4]) for offset in range(4)]  # noqa: PLR2004
    patterns = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return patterns.get((zero[0], zero[1], zero[2], zero[3])) if len(head) >= 8 else None  # noqa: PLR2004


def _is_utf8(blocks: Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _damaged_utf8(sample: bytes) -> Encoding | None:
    text = sample.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    right = sum(char > "\x7f" for char in text) - lost
    high = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    damaged = right and lost <= _DAMAGED_SHARE * len(sample) and (high < 0.1 * len(sample) or right > 10 * lost)  # noqa: PLR2004
    if not damaged:
        return None
    return Encoding("utf-8", "Some bytes of the text are damaged and stand as \N{REPLACEMENT CHARACTER} in it.")


def _looks_ebcdic(sample: bytes) -> bool:
    blanks = sample.count(0x40)
    return blanks > 0.04 * len(sample) and sample.count(0x20) * 20 < blanks and _letters(sample, "cp500") > 0.5  # noqa: PLR2004


def _letters(sample: bytes, name: str) -> float:
    text = "".join(sample.decode(name, "replace").split())
    return sum(char.isascii() and char.isalnum() for char in text) / max(1, len(text))


def _single_scores(sample: bytes) -> dict[str, float]:
    """Scores by encoding; the most common one starts ahead, as a sign or two decide little."""
    scores: dict[str, float] = {}
    for name, alphabets in SINGLE_BYTE:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        scores[name] = max(_score(text, alphabet) for alphabet in alphabets) + 0.1 * (name == "cp1252")
    return scores


def _score(text: str, alphabet: str) -> float:
    """-1..1: how well one language's letters explain the characters beyond ASCII."""
    signs = [char for char in text if char > "\x7f"]
    if not signs:
        return 0.0
    oddities = len(_CASE_BREAK.findall(text)) + len(_MIXED_WORD.findall(text))
    return (sum(map(_points_in(alphabet), signs)) - 2 * oddities) / len(signs)


def _points_in(alphabet: str) -> Callable[[str], float]:
    letters = frozenset(alphabet)

    def points(char: str) -> float:
        small = char.lower()
        if small in letters:
            return 1.0 if small in FREQUENT or small < "\u0370" else 0.6
        if char in TYPOGRAPHY or char in "\xa0\xad":
            return 0.8
        return -0.2 if char.isalpha() else -1.0

    return points


_LOWER = "a-zß-öø-ÿа-яёѐ-џα-ώ"
_UPPER = "A-ZÀ-ÖØ-ÞА-ЯЁЀ-ЏΑ-Ω"
_CASE_BREAK = re.compile(f"[{_LOWER}][À-ÖØ-ÞА-ЯЁЀ-ЏΑ-Ω]|[à-öø-ÿа-яёѐ-џα-ώ][{_UPPER}]")
_MIXED_WORD = re.compile("[A-Za-z][\u0370-\u0e7f]|[\u0370-\u0e7f][A-Za-z]")
"""A Latin letter beside one of another script."""


def _double_scores(sample: bytes) -> dict[str, float]:
    scores = {}
    for name in DOUBLE_BYTE:
        text = _decoded_but_tail(sample, name)
        if text is not None:
            scores[name] = 2 * common_share(text, name) - 1
    return scores


def _decoded_but_tail(sample: bytes, name: str) -> str | None:
    """Decoded strictly, but for up to three bytes at the end of a sample that was cut."""
    try:
        return codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return None


def _fits(sample: bytes, declared: str, guessed: Encoding) -> bool:
    """Whether a declared encoding decodes the bytes to something no less plausible than the guess."""
    try:
        codec = codecs.lookup(declared).name
        text = codecs.getincrementaldecoder(codec)().decode(sample)
    except (LookupError, UnicodeDecodeError, TypeError):
        return False
    if not isinstance(text, str):
        return False
    if codec in DOUBLE_BYTE or guessed.name in DOUBLE_BYTE:
        return common_share(text, codec) >= 0.5 if codec in DOUBLE_BYTE else False  # noqa: PLR2004
    script = max((max(_score(text, a) for a in alphabets) for _, alphabets in SINGLE_BYTE), default=0.0)
    return script > 0


def _informative(stream: IO[bytes], head: bytes) -> bytes:
    """The head, or where it is all ASCII the first stretch of the file that is not."""
    if not head.isascii():
        return head
    stream.seek(len(head))
    while block := stream.read(_BLOCK):
        if not block.isascii():
            return _around_high_bytes(block)
    return head


def _around_high_bytes(data: bytes) -> bytes:
    first = next((i for i, byte in enumerate(data) if byte > 127), 0)  # noqa: PLR2004  beyond ASCII
    start = data.rfind(b"\n", 0, first) + 1
    return data[start : start + _SAMPLE]


def _guessed(name: str) -> Encoding:
    return Encoding(
        name,
        f"The character encoding of this text was guessed as {name}. If letters look wrong, save the file as "
        "UTF-8 and upload it again.",
    )
