"""How the bytes of a text are to be read: certain where a mark or UTF-8 says so, else the best guess.

Short texts decide nothing by statistics of whole languages, so guesses are scored by plain facts: which
letters a language uses, that capitals do not follow small letters, which characters are everyday ones.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from backend.adapters.extractors.alphabets import (
    DOUBLE_BYTE,
    EBCDIC,
    RARE,
    SINGLE_BYTE,
    common_share,
)
from backend.adapters.extractors.encoding_scores import double_byte_scores, language_score, single_byte_scores
from backend.errors import DamagedFile

_SAMPLE = 1 << 16
_BLOCK = 1 << 20
_GOOD = 0.6
_POOR = 0.45
_HIGH = bytes(range(128, 256))
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
    scores = {**single_byte_scores(sample), **double_byte_scores(sample)}
    best = max(scores, key=lambda name: scores[name] - _RARE_PENALTY * (name in RARE), default=None)
    if best is not None and scores[best] >= _GOOD:
        return _guessed(best)
    statistical = from_bytes(sample).best()
    if best is not None and (scores[best] >= _POOR or _mostly_ascii(sample)):
        return _guessed(best)
    if statistical is None or statistical.encoding.startswith("utf"):
        raise DamagedFile(
            'No known character encoding explains this text. Open it in an editor, save it as "UTF-8" and '
            "upload it again."
        )
    return _guessed(statistical.encoding)


def _mostly_ascii(sample: bytes) -> bool:
    """Whether a wrong guess would spoil little."""
    return len(sample.translate(None, _HIGH)) > 0.8 * len(sample)


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
    zero = [head[offset::4].count(0) > 0.7 * len(head[offset::4]) for offset in range(4)]
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
    high = len(sample) - len(sample.translate(None, _HIGH))
    damaged = (
        right and lost <= _DAMAGED_SHARE * len(sample) and (high < 0.1 * len(sample) or right > 10 * lost)
    )
    if not damaged:
        return None
    return Encoding(
        "utf-8", "Some bytes of the text are damaged and stand as \N{REPLACEMENT CHARACTER} in it."
    )


def _looks_ebcdic(sample: bytes) -> bool:
    blanks = sample.count(0x40)
    return (
        blanks > 0.04 * len(sample) and sample.count(0x20) * 20 < blanks and _letters(sample, "cp500") > _GOOD
    )


def _letters(sample: bytes, name: str) -> float:
    text = "".join(sample.decode(name, "replace").split())
    return sum(char.isascii() and char.isalnum() for char in text) / max(1, len(text))


def _fits(sample: bytes, declared: str, guessed: Encoding) -> bool:
    """Whether a declared encoding decodes the bytes to something no less plausible than the guess."""
    try:
        codec = codecs.lookup(declared).name
        text: object = codecs.getincrementaldecoder(codec)().decode(sample)
    except (LookupError, UnicodeDecodeError, TypeError):
        return False
    if not isinstance(text, str):  # "base64" and the like are codecs too
        return False
    if codec in DOUBLE_BYTE:
        return common_share(text, codec) >= _GOOD
    if guessed.name in DOUBLE_BYTE:
        return False
    script = max(
        (max(language_score(text, a) for a in alphabets) for _, alphabets in SINGLE_BYTE), default=0.0
    )
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
