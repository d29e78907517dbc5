"""Drafts as questions: options in their places, how hard an item is, what a full answer says."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from backend.models.documents import Passage
from backend.models.questions import Candidate, Mode, Question, Source
from backend.utils.places import even_places

from .asking import Draft

_HARD = frozenset({"cause", "comparison", "process"})
_EASY = frozenset({"definition", "name", "abbreviation", "number", "date"})
_ANALYSED = frozenset({"comparison"})
_UNDERSTOOD = frozenset(
    {"cause", "process", "function", "condition", "effect", "purpose", "description", "ending"}
)
_CLAUSES = re.compile(r"\s*(?:;|,? (?:while|whereas|but)\b|, (?:and|or)\b)\s+")
_ITEMS = re.compile(r"\s*(?:;|,(?: and| or)?)\s+")
_LIST = 2
_POINT_WORDS = 3


@dataclass(frozen=True, slots=True)
class Item:
    """A draft that was chosen."""

    draft: Draft
    passages: tuple[Passage, ...]
    """The passages that the draft's sentence counts in."""
    options: tuple[str, ...] = ()
    """Wrong options, the best first; empty for open questions."""
    settled: bool = False
    """Whether the options are chosen: an embedder does not know their language."""
    vetted: bool = False
    """Whether the options are known to be of the key's kind without a look at what they mean."""


def finished(items: Sequence[Item], mode: Mode) -> list[Question]:
    """Items as questions; in a quiz the keys' places are even over each four items."""
    seed = zlib.crc32("|".join(i.draft.stem for i in items).encode())
    places = even_places(seed)
    questions = []
    for item in items:
        options: tuple[str, ...] = ()
        if mode is Mode.QUIZ:
            options = placed(item.draft.answer, item.options, next(places))
        questions.append(_question(item, options))
    return questions


def candidates(items: Sequence[Item], mode: Mode) -> list[Candidate]:
    """Items as what is stored until somebody asks."""
    made = finished(items, mode)
    return [
        Candidate(question, mode, _chunk_key(item), item.draft.score)
        for item, question in zip(items, made, strict=True)
    ]


def placed(answer: str, wrong: Sequence[str], place: int) -> tuple[str, ...]:
    """Four options with the right one at ``place``, the others in an order that says nothing."""
    others = sorted(wrong, key=lambda o: zlib.crc32(o.encode()))
    return (*others[:place], answer, *others[place:])


def _chunk_key(item: Item) -> int:
    sentence = item.draft.sentence
    return item.passages[sentence.passage].chunk_at(sentence.offset).key


def _question(item: Item, options: tuple[str, ...]) -> Question:
    draft = item.draft
    passage = item.passages[draft.sentence.passage]
    chunk = passage.chunk_at(draft.sentence.offset)
    source = Source(
        passage.document_id, passage.filename, chunk.id, draft.sentence.text, chunk.page, chunk.heading
    )
    return Question(
        stem=draft.stem,
        answer=draft.answer,
        source=source,
        kind=draft.kind,
        difficulty=difficulty_of(draft.kind),
        options=options,
        explanation=draft.sentence.text,
        bloom=_bloom(draft.kind),
        rubric=() if options else points(draft.answer),
    )


def difficulty_of(kind: str) -> str:
    """How hard items of a kind are."""
    return "hard" if kind in _HARD else "easy" if kind in _EASY else "medium"


def _bloom(kind: str) -> str:
    if kind in _ANALYSED:
        return "analyze"
    return "understand" if kind in _UNDERSTOOD else "remember"


def points(answer: str) -> tuple[str, ...]:
    """What a full answer says, point by point, each in the words of the text."""
    split = _ITEMS if len(_ITEMS.findall(answer)) >= _LIST else _CLAUSES
    parts = [p.strip(" ,;") for p in split.split(answer)]
    if split is _CLAUSES and any(len(p.split()) < _POINT_WORDS for p in parts):
        return (answer,)
    return tuple(dict.fromkeys(p for p in parts if p))
