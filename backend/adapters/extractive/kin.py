"""Whether two terms name things of one kind, so that one may stand beside the other as an option."""

from __future__ import annotations

from functools import lru_cache

from . import wordnet

AKIN = 0.58
"""Share of their ways up from which two things are of one kind: view and theory, muscle and ligament."""
_MANIFOLD = frozenset({6, 8})
"""WordNet's files of artifacts and of parts of bodies, in which most things are near each other."""
_THOUGHTS = 9
"""WordNet's file of views, theories and beliefs, which it keeps far apart."""
_AKIN_PARTS, _APART = 0.8, 0.15
"""Share from which two things of manifold kinds are of one, and what others lose; what thoughts gain."""
_VAGUE = frozenset({"structure", "part", "thing", "something", "amount", "portion", "one", "set", "any"})
"""Nouns that file a term nowhere."""
_OF_ONE_SORT = 0.85
"""Share from which two places are of one sort: a city beside a city, not beside a country."""
_ENDINGS = (
    ("cytes", "cell"),
    ("cyte", "cell"),
    ("blasts", "cell"),
    ("blast", "cell"),
    ("clasts", "cell"),
    ("itis", "inflammation"),
    ("osis", "disease"),
    ("emia", "disease"),
    ("uria", "disease"),
    ("oma", "tumor"),
    ("ase", "enzyme"),
    ("logy", "science"),
    ("isms", "doctrine"),
    ("ism", "doctrine"),
    ("ists", "expert"),
    ("ist", "expert"),
)
"""What words that WordNet has not name, by their ends."""


def akin(one: str, two: str, genera: tuple[str, str] = ("", "")) -> bool | None:
    """Whether both name things of one kind; None where nothing tells.

    ``genera``: what the document files each under, "" where it does not say.
    """
    near = degree(one, two, genera)
    return None if near is None else near >= AKIN


def degree(one: str, two: str, genera: tuple[str, str] = ("", "")) -> float | None:
    """How near in kind two terms are, 0..1; what the document files them under tells more than they do."""
    filed_under = (_telling(genera[0]), _telling(genera[1]))
    named = _degree(one, two)
    filed = _degree(*filed_under) if all(filed_under) else None
    if filed is None:
        return named
    plain = wordnet.known(one) and wordnet.known(two)
    return max(filed, named) if plain and named is not None else filed


@lru_cache(maxsize=1 << 16)
def _degree(one: str, two: str) -> float | None:
    one, two = one.lower(), two.lower()
    if one == two or one.rsplit(maxsplit=1)[-1] == two.rsplit(maxsplit=1)[-1]:
        return 1.0
    first, second = _listed(one), _listed(two)
    share = wordnet.kinship(first, second)
    if share is None:
        return None
    both = wordnet.files(first) & wordnet.files(second)
    if _THOUGHTS in both:
        return min(1.0, share + _APART)
    return share - _APART if both <= _MANIFOLD and share < _AKIN_PARTS else share


def _telling(genus: str) -> str:
    return "" if genus in _VAGUE else genus


@lru_cache(maxsize=1 << 14)
def _listed(low: str) -> str:
    """The term itself where WordNet has it, else the noun that its end stands for."""
    last = low.rsplit(maxsplit=1)[-1]
    if wordnet.known(low) or wordnet.known(last):
        return low
    return next((noun for end, noun in _ENDINGS if last.endswith(end)), low)


def interchangeable(one: str, two: str) -> bool:
    """Whether both may be right at once: two words for one thing, or a thing and its kind."""
    return wordnet.same_or_kind_of(one, two)


def same_sort_of_place(one: str, two: str) -> bool:
    """Whether two places may stand beside each other, as far as is known."""
    if not (wordnet.is_place(one) and wordnet.is_place(two)):
        return True
    return (wordnet.kinship(one, two) or 0.0) >= _OF_ONE_SORT
