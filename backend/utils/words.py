"""Words of a text as a keyword index wants them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Chinese, Japanese and Korean are written without spaces (or with few), so pairs of characters
# stand for words there.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(f"[{_UNSPACED}]+")

_STOP_WORDS = frozenset(
    """a about after all also an and any are as at be because been before being between both but by can
    could did do does during each for from had has have he her here his how i if in into is it its just
    like may me more most my no not of on only or other our out over she should so some such than that
    the their them then there these they this those through to too under up us very was we were what
    when where which while who whom why will with would you your""".split()
)


def spaced(text: str) -> str:
    """``text`` with runs of unspaced script replaced by overlapping pairs of characters."""
    return _RUN.sub(lambda run: f" {_pairs(run.group())} ", text)


def query_terms(text: str, most: int = 32) -> list[str]:
    """Distinct lower-case words of a query, function words left out unless nothing else is there."""
    words = dict.fromkeys(_words(text))
    telling = [word for word in words if word not in _STOP_WORDS]
    return (telling or list(words))[:most]


def tells(text: str) -> bool:
    """Whether a query has any word that is no function word."""
    return any(word not in _STOP_WORDS for word in _words(text))


def coverage(query: str, text: str) -> float:
    """Share of the query's terms that stand in ``text``, 0..1, whatever their endings."""
    held = terms_held(query_terms(query), text)
    return sum(held) / len(held) if held else 0.0


def terms_held(terms: Sequence[str], text: str) -> list[bool]:
    """Whether each term stands in ``text``, whatever its ending."""
    words = " " + " ".join(_words(text))
    return [f" {stem}" in words for stem in map(_stem, terms)]


def _words(text: str) -> list[str]:
    return spaced(text).translate(_KEPT).lower().split()


class _Kept(dict[int, int]):
    """Keeps letters, numbers and the marks that combine with them (vowel signs of Hindi, accents).

    Filled as characters are met: this runs over every passage of a search.
    """

    def __missing__(self, code: int) -> int:
        kept = code if unicodedata.category(chr(code))[0] in "LNM" else ord(" ")
        self[code] = kept
        return kept


_KEPT = _Kept()


def _stem(term: str) -> str:
    """What inflections of a word begin with, roughly."""
    return term[: max(4, len(term) - 3)]


def _pairs(run: str) -> str:
    if len(run) == 1:
        return run
    return " ".join(run[i : i + 2] for i in range(len(run) - 1))
