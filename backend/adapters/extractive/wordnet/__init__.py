"""What nouns name, by WordNet 3.0: kinds of things, what is filed under what, and who is who.

The data (see ``LICENSE`` beside it) is read on first use: a fifth of a second and 40 MB.
"""

from __future__ import annotations

import gzip
from array import array
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("nouns.txt.gz")
_FIRST = 2
"""Meanings of a word that count: later ones are seldom meant."""
_LATER = 0.1
"""What a second meaning takes from the nearness of two words."""
_PERSON, _PLACE, _SHAPE = 18, 15, 25
"""Numbers of WordNet's files of nouns; a cell and a sac are shapes, which is never meant."""
_FEW = 6
"""Instances below which those of the wider kind count too."""


@dataclass(slots=True)
class _Nouns:
    parents: array[int]
    files: array[int]
    instances: bytearray
    words: list[tuple[str, ...]]
    """Of each meaning, the words that have it."""
    meanings: dict[str, list[tuple[int, int]]]
    """Of each word in lower case, rank and number of its meanings."""
    beneath: dict[int, list[int]]
    """Of each kind, its instances: Lavoisier under chemist."""


@lru_cache(maxsize=1)
def _nouns() -> _Nouns:
    nouns = _Nouns(array("i"), array("i"), bytearray(), [], defaultdict(list), defaultdict(list))
    with gzip.open(_FILE, "rt", encoding="ascii") as lines:
        for number, line in enumerate(lines):
            parent, file, instance, named = line.rstrip("\n").split(" ", 3)
            nouns.parents.append(int(parent))
            nouns.files.append(int(file))
            nouns.instances.append(instance == "i")
            pairs = [w.rsplit(":", 1) for w in named.split(";") if w]
            nouns.words.append(tuple(word for word, _ in pairs))
            for word, rank in pairs:
                nouns.meanings[word.lower()].append((int(rank), number))
            if instance == "i":
                nouns.beneath[int(parent)].append(number)
    for found in nouns.meanings.values():
        found.sort()
    return nouns


def known(term: str) -> bool:
    """Whether WordNet has the term itself."""
    return bool(_meanings(term))


def is_singular(word: str) -> bool:
    """Whether a word is listed as it stands though it ends like a plural: pancreas, lens, not strings."""
    low = word.lower()
    return low in _nouns().meanings and not any(form in _nouns().meanings for form in _singulars(low))


@lru_cache(maxsize=1 << 14)
def _meanings(term: str) -> tuple[int, ...]:
    """Numbers of the first meanings of a term or of its singular; none where it is not listed."""
    low = term.lower()
    nouns = _nouns()
    for form in (low, *_singulars(low)):
        found = nouns.meanings.get(form)
        if found:
            return tuple(number for _, number in found[:_FIRST])
    return ()


def _singulars(low: str) -> tuple[str, ...]:
    if low.endswith("ies"):
        return (f"{low[:-3]}y",)
    if low.endswith(("ses", "xes", "ches", "shes")):
        return low[:-2], low[:-1]
    if low.endswith("s") and not low.endswith("ss"):
        return (low[:-1],)
    if low.endswith("ae"):
        return (low[:-1],)
    if low.endswith("ia"):
        return f"{low[:-1]}on", f"{low[:-1]}um"
    return ()


@lru_cache(maxsize=1 << 14)
def _kinds(term: str) -> tuple[tuple[int, ...], ...]:
    """The ways from the term's meanings up to "entity"; those of its last word where it is not listed."""
    found = _meanings(term) or _meanings(term.rsplit(maxsplit=1)[-1])
    return tuple(_way(number) for number in found if _nouns().files[number] != _SHAPE)


def _way(number: int) -> tuple[int, ...]:
    parents = _nouns().parents
    way = [number]
    while parents[way[-1]] >= 0:
        way.append(parents[way[-1]])
    return tuple(reversed(way))


@lru_cache(maxsize=1 << 16)
def kinship(one: str, two: str) -> float | None:
    """How much of their ways up two terms share, 0..1; None where WordNet knows one of them not."""
    first, second = _kinds(one), _kinds(two)
    if not first or not second:
        return None
    return max(_shared(a, b) - _LATER * (i + j) for i, a in enumerate(first) for j, b in enumerate(second))


def _shared(one: tuple[int, ...], two: tuple[int, ...]) -> float:
    common = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        common += 1
    return 2 * common / (len(one) + len(two))


def same_or_kind_of(one: str, two: str) -> bool:
    """Whether two terms have a meaning in common or one names a kind of the other."""
    first, second = _meanings(one), _meanings(two)
    return any(a in _way(b) or b in _way(a) for a in first[:1] for b in second[:1])


def is_kind_of(one: str, kind: str) -> bool:
    """Whether the first meaning of a term is filed under that of another: lipase under enzyme."""
    first, second = _meanings(one), _meanings(kind)
    return bool(first and second) and second[0] in _way(first[0])[:-1]


def files(term: str) -> frozenset[int]:
    """The kinds of things that a term or its last word may name, as numbers of WordNet's files."""
    return frozenset(_nouns().files[way[-1]] for way in _kinds(term))


def first_file(term: str) -> int:
    """The number of WordNet's file for what a term or its last word names first of all; -1 where unknown."""
    kinds = _kinds(term)
    return _nouns().files[kinds[0][-1]] if kinds else -1


def above(term: str) -> frozenset[str]:
    """All words for what the first meaning of a term, or of its last word, is filed under, and its own."""
    found = _meanings(term) or _meanings(term.rsplit(maxsplit=1)[-1])
    return frozenset(
        w.lower() for number in (_way(found[0]) if found else ()) for w in _nouns().words[number]
    )


def is_shape(term: str) -> bool:
    """Whether the first meaning of a term is that of a shape: a bend, a hollow."""
    found = _meanings(term)
    return bool(found) and _nouns().files[found[0]] == _SHAPE


def is_person(name: str) -> bool:
    """Whether a name is listed as that of a person first of all."""
    return _named(name) == _PERSON


def is_place(name: str) -> bool:
    """Whether a name is listed as that of a place first of all."""
    return _named(name) == _PLACE


def _named(name: str) -> int:
    found = _meanings(name)
    return _nouns().files[found[0]] if found and _nouns().instances[found[0]] else -1


@lru_cache(maxsize=1 << 12)
def namesakes(name: str) -> tuple[str, ...]:
    """Other names of the same kind: chemists for Lavoisier, capitals for Paris. Empty for unknown names."""
    listed = _nouns().meanings.get(name.lower(), [])
    found = [n for _, n in listed if _nouns().instances[n]]
    if not found or (len(name.split()) == 1 and _ambiguous(listed)):
        return ()
    nouns, number = _nouns(), found[0]
    kind = nouns.parents[number]
    beside = list(nouns.beneath[kind])
    if len(beside) < _FEW and nouns.parents[kind] >= 0:
        wider = nouns.parents[kind]
        beside += [n for k, under in nouns.beneath.items() if nouns.parents[k] == wider for n in under]
    return tuple(
        dict.fromkeys(_as_full(nouns.words[n], name) for n in beside if n != number and nouns.words[n])
    )


def _ambiguous(listed: list[tuple[int, int]]) -> bool:
    """Whether one word names several: Davis; a place is meant first where it is the first meaning."""
    return len(listed) > 1 and _nouns().files[listed[0][1]] != _PLACE


def _as_full(words: tuple[str, ...], like: str) -> str:
    """Of the names of one thing the one that has as many words as ``like``, else the first."""
    size = len(like.split())
    return next((w for w in words if len(w.split()) == size), words[0])
