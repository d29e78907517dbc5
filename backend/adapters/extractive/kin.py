"""Whether two terms name things of one kind, so that one may stand beside the other as an option."""

from __future__ import annotations

from functools import lru_cache

from . import wordnet
from .lexicon import words

AKIN = 0.58
"""Share of their ways up from which two things are of one kind: view and theory, muscle and ligament."""
SURE, _NEARLY_SURE = 0.65, 0.64
"""Share from which they are so for sure, as a reader sees who knows neither."""
_MANIFOLD = frozenset({6, 8})
"""WordNet's files of artifacts and of parts of bodies, in which most things are near each other."""
_THOUGHTS = 9
"""WordNet's file of views, theories and beliefs, which it keeps far apart."""
_OTHERWISE = 0.15
"""What two words lose that are first of all of different kinds: a valve is seldom meant as a device."""
_AKIN_PARTS, _APART = 0.82, 0.2
"""Share from which two things of manifold kinds are of one, and what others lose; what thoughts gain."""
_VAGUE = frozenset({"structure", "part", "thing", "something", "amount", "portion", "one", "set", "any"})
"""Nouns that file a term nowhere."""
_LOOSE = words(
    """
    area branch bundle category cluster collection component division element end extension feature form
    group item level mass member network opening period phase place point position process receptor region
    section segment series site space stage state step surface system type unit
    """,
)
"""Nouns that file terms together only where both are filed under the same one: a stage is no period, and a
region of the skin none of the brain."""
_THOUGHT = words(
    """
    account approach belief doctrine idea notion outlook perspective philosophy position stance theory thesis
    view
    """,
)
"""Nouns that file what people think, which WordNet keeps far apart."""
_MEANT = {"cell": "somatic cell", "cells": "somatic cell"}
"""What is meant by a word whose first meaning in WordNet is another one."""
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
    ("ics", "science"),
    ("isms", "doctrine"),
    ("ism", "doctrine"),
    ("ists", "expert"),
    ("ist", "expert"),
)
"""What words that WordNet has not name, by their ends."""


def akin(one: str, two: str, genera: tuple[str, str] = ("", "")) -> bool | None:
    """Whether both name things of one kind; None where nothing tells.

    ``genera``: what the document files each under, "" where it does not say; may be "region of cortex".
    """
    near = degree(one, two, genera)
    return None if near is None else near >= AKIN


def degree(one: str, two: str, genera: tuple[str, str] = ("", "")) -> float | None:
    """How near in kind two terms are, 0..1; what the document files them under tells more than they do."""
    named = _degree(_headed(one), _headed(two))
    filed = _filed(*genera)
    if filed is None:
        return named
    first, second = one.split(), two.split()
    of_one_name = first[-1] == second[-1] and min(len(first), len(second)) > 1 and named == 1.0
    plain = of_one_name or (wordnet.known(one) and wordnet.known(two))
    return max(filed, named) if plain and named is not None else filed


def _headed(term: str) -> str:
    """The term up to its head: "law" of "law of the excluded middle", unless WordNet has all of it."""
    return term if wordnet.known(term) else term.partition(" of ")[0]


def _filed(one: str, two: str) -> float | None:
    """How near two genera are; None where one of them tells nothing."""
    if not one or not two or one in _VAGUE or two in _VAGUE:
        return None
    if {one, two} <= _THOUGHT:
        return 1.0
    if is_loose(one) or is_loose(two):
        return 1.0 if one.removesuffix("s") == two.removesuffix("s") else None
    return _degree(one, two)


def is_loose(genus: str) -> bool:
    """Whether a noun files things together only with what it is said of: "region of the brain"."""
    noun = genus.partition(" of ")[0]
    return noun in _LOOSE or noun.removesuffix("s") in _LOOSE


@lru_cache(maxsize=1 << 16)
def _degree(one: str, two: str) -> float | None:
    one, two = one.lower(), two.lower()
    if one == two or one.rsplit(maxsplit=1)[-1] == two.rsplit(maxsplit=1)[-1]:
        return 1.0
    first, second = _listed(one), _listed(two)
    share = wordnet.kinship(first, second)
    if share is None:
        return None
    if wordnet.first_file(first) != wordnet.first_file(second):
        share -= _OTHERWISE
    both = wordnet.files(first) & wordnet.files(second)
    if _THOUGHTS in both:
        return min(share + _APART, max(share, _NEARLY_SURE))
    return share - _APART if both <= _MANIFOLD and share < _AKIN_PARTS else share


@lru_cache(maxsize=1 << 14)
def _listed(low: str) -> str:
    """The term itself where WordNet has it, else the noun that its end stands for."""
    last = low.rsplit(maxsplit=1)[-1]
    if low in _MEANT or (last in _MEANT and not wordnet.known(low)):
        return _MEANT[last]
    if wordnet.known(low) or wordnet.known(last):
        return low
    return next((noun for end, noun in _ENDINGS if last.endswith(end)), low)


def placed(term: str) -> bool:
    """Whether anything tells what the term names: WordNet or its ending."""
    return wordnet.known(_listed(term.lower().rpartition(" ")[-1]))


def interchangeable(one: str, two: str) -> bool:
    """Whether both may be right at once: two words for one thing, or a thing and its kind."""
    return wordnet.same_or_kind_of(one, two)


def same_sort_of_place(one: str, two: str) -> bool:
    """Whether two places may stand beside each other, as far as is known."""
    if not (wordnet.is_place(one) and wordnet.is_place(two)):
        return True
    return (wordnet.kinship(one, two) or 0.0) >= _OF_ONE_SORT
