"""Marks an open answer by rules: which points of the model answer it makes, and which it contradicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.models.marking import MOST_POINTS, Finding, Level, Reference
from backend.ports.embedder import Embedder, Vectors
from backend.services.marking_text import (
    LONGEST_MARKED,
    clauses,
    holds,
    in_another_language,
    is_given_up,
    key_terms,
    sentences,
    without_orders,
    word_sets,
)
from backend.utils.likeness import normalised

_MEANING = {Level.EASY: (0.55, 0.82), Level.MEDIUM: (0.58, 0.87), Level.STRICT: (0.62, 0.92)}
"""Cosines from which on a point counts as made in other words: not at all, fully."""

_CURVE = {Level.EASY: (1.15, 1.0), Level.MEDIUM: (1.05, 1.05), Level.STRICT: (1.0, 1.15)}
"""Factor and exponent from the share of points made to the share of the score."""

_ASKED_WEIGHT = 0.2
"""Of a word that the question says itself: repeating it earns little."""

_MADE, _PART = 0.65, 0.35
_SAME_CLAIM, _NEARLY = 0.6, 0.1
_FULL_AT = 0.9
_CONTRADICTION_COST = 1.5
"""Of a point that is contradicted, beside its own weight: saying otherwise is worse than saying nothing."""
_TELLING_PART = 3
"""Telling words from which a clause of a point can be denied by itself."""
_CONTRADICTED = 3
"""Most points for an answer whose yes or no is the other one."""
_SHOWN = 3
_MOST_POINTS, _MOST_PIECES = 24, 60

_NEGATION = re.compile(r"\b(?:not|no|never|neither|nor|cannot|none|nobody|nothing)\b|n['’]t\b", re.IGNORECASE)  # noqa: RUF001
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|necessarily)\b", re.IGNORECASE)
_OPPOSITES = [
    (frozenset(one.split("|")), frozenset(two.split("|")))
    for one, two in (
        pair.split()
        for pair in (
            "increase|increases|increased|rise|rises decrease|decreases|decreased|fall|falls",
            "high|higher|highest low|lowest",
            "raise|raises|raised|higher lower|lowers|lowered",
            "more|most less|fewer|least",
            "large|larger|largest|big|bigger small|smaller|smallest",
            "fast|faster slow|slower",
            "inside|internal outside|external",
            "before after",
            "always never",
            "positive|positively negative|negatively",
            "true false",
            "right left",
            "upper lower",
            "gain|gains|gained lose|loses|lost",
            "strong|stronger weak|weaker",
            "toward|towards away",
            "absorb|absorbs|absorbed release|releases|released",
            "contract|contracts relax|relaxes",
            "yes no",
        )
    )
]

_BLANK = "There is no answer yet."
_GAVE_UP = "You said that you do not know."
_COPIED = "This repeats the question and does not answer it."
_LANGUAGE = "Your answer seems to be in another language than the text; answer in the language of the text."
_UNRELATED = "Nothing in this answer could be found in the text about the question."
_LONG = (
    f"Only the first {LONGEST_MARKED:,} characters were marked; a shorter answer shows better what you know."
)


@dataclass(frozen=True, slots=True)
class _Point:
    text: str
    weight: float
    lexical: float
    """Share of its telling words that the answer has."""
    cosine: float
    against: str
    """What the answer says against it; empty where it does not."""

    def credit(self, level: Level) -> float:
        low, high = _MEANING[level]
        meant = min(1.0, max(0.0, (self.cosine - low) / (high - low)))
        if self.against:
            return 0.0
        # Other words for the same count fully only where some of the words are the same.
        return max(min(1.0, self.lexical / _FULL_AT), meant * (0.6 + 0.4 * min(1.0, 2 * self.lexical)))


async def mark_open(
    embedder: Embedder, question: str, answer: str, reference: Reference, level: Level
) -> Finding:
    """The finding on an open answer. Instructions inside it count as nothing."""
    said = without_orders(answer[:LONGEST_MARKED])
    if refused := _no_answer(question, answer, said):
        return Finding(0, missing=tuple(_shown(reference)), remark=refused)
    points = await _points(embedder, question, said, reference)
    share = _share(points, reference, level)
    factor, exponent = _CURVE[level]
    score = round(MOST_POINTS * min(1.0, factor * share) ** exponent)
    if _opposite_verdict(said, reference.answer):
        score = min(score, _CONTRADICTED)
    return _finding(points, level, score, _remark(answer, said, reference, score))


def _no_answer(question: str, answer: str, said: str) -> str:
    if not normalised(answer):
        return _BLANK
    if is_given_up(answer):
        return _GAVE_UP
    if not normalised(said):
        return _UNRELATED
    asked, asked_beginnings = word_sets(question)
    if (
        all(holds(term, asked, asked_beginnings) for term in key_terms(said))
        and len(said) > len(question) / 2
    ):
        return _COPIED
    return ""


async def _points(embedder: Embedder, question: str, said: str, reference: Reference) -> list[_Point]:
    wanted = list(reference.points) or clauses(reference.answer) or [reference.answer]
    wanted = wanted[:_MOST_POINTS]
    claims = clauses(said)[:_MOST_PIECES] or [said]
    pieces = list(dict.fromkeys([*claims, *sentences(said)[:_MOST_PIECES]]))
    vectors = await embedder.embed([*wanted, *pieces])
    asked = word_sets(question)
    words = word_sets(said)
    return [
        _point(text, vectors[i] @ vectors[len(wanted) :].T, asked, words, claims)
        for i, text in enumerate(wanted)
    ]


_Words = tuple[frozenset[str], frozenset[str]]


def _point(text: str, cosines: Vectors, asked: _Words, words: _Words, claims: Sequence[str]) -> _Point:
    terms = key_terms(text)
    weights = [_ASKED_WEIGHT if holds(term, *asked) else 1.0 for term in terms]
    return _Point(
        text=text,
        weight=sum(weights),
        lexical=_held(terms, weights, words),
        cosine=float(max(cosines)),
        against=_against(text, terms, claims) or _against_a_part(text, claims),
    )


def _held(terms: Sequence[str], weights: Sequence[float], words: _Words) -> float:
    held = sum(w for term, w in zip(terms, weights, strict=True) if holds(term, *words))
    return held / (sum(weights) or 1.0)


def _against(text: str, terms: Sequence[str], pieces: Sequence[str]) -> str:
    """The piece of an answer that makes the same claim the other way round, unless another makes it right."""
    shares = [_held(terms, [1.0] * len(terms), word_sets(piece)) for piece in pieces]
    best = max(shares, default=0.0)
    if best < _SAME_CLAIM:
        return ""
    same = [p for p, share in zip(pieces, shares, strict=True) if share >= best - _NEARLY]
    against = [p for p in same if _negated(text) != _negated(p) or _opposed(text, p)]
    return against[0] if len(against) == len(same) else ""


def _against_a_part(text: str, pieces: Sequence[str]) -> str:
    """The piece that denies one clause of a point: it need not take up the point's other clauses."""
    parts = clauses(text)
    told = [(part, key_terms(part)) for part in parts] if len(parts) > 1 else []
    found = (_against(part, terms, pieces) for part, terms in told if len(terms) >= _TELLING_PART)
    return next((piece for piece in found if piece), "")


def _negated(text: str) -> bool:
    return len(_NEGATION.findall(_NOT_ONLY.sub("", text))) % 2 == 1


def _opposed(one: str, two: str) -> bool:
    """Whether one has a word and the other only its opposite."""
    first, second = set(normalised(one).split()), set(normalised(two).split())
    return any(
        (first & up and not first & down and second & down and not second & up)
        or (first & down and not first & up and second & up and not second & down)
        for up, down in _OPPOSITES
    )


def _opposite_verdict(answer: str, model_answer: str) -> bool:
    verdicts = [normalised(text).split()[:1] for text in (answer, model_answer)]
    return sorted(v[0] for v in verdicts if v) == ["no", "yes"]


def _share(points: Sequence[_Point], reference: Reference, level: Level) -> float:
    whole = sum(p.weight for p in points) or 1.0
    contradicted = sum(p.weight for p in points if p.against) / whole
    made = sum(p.weight * p.credit(level) for p in points) / whole
    share = max(0.0, made - _CONTRADICTION_COST * contradicted)
    if reference.whole:
        return share
    best = max((p.credit(level) for p in points), default=0.0)
    return 0.5 * share + 0.5 * best


def _remark(answer: str, said: str, reference: Reference, score: int) -> str:
    if len(answer) > LONGEST_MARKED:
        return _LONG
    if score > MOST_POINTS // 2:
        return ""
    if in_another_language(said, reference.answer):
        return _LANGUAGE
    return _UNRELATED if score == 0 else ""


def _finding(points: Sequence[_Point], level: Level, score: int, remark: str) -> Finding:
    credits_ = [(p, p.credit(level)) for p in points]
    return Finding(
        score=score,
        right=tuple(p.text for p, credit in credits_ if credit >= _MADE)[:_SHOWN],
        missing=tuple(p.text for p, credit in credits_ if credit < _PART and not p.against)[:_SHOWN],
        wrong=tuple(dict.fromkeys(p.against for p in points if p.against))[:_SHOWN],
        remark=remark,
    )


def _shown(reference: Reference) -> Sequence[str]:
    return (list(reference.points) or clauses(reference.answer) or [reference.answer])[:_SHOWN]
