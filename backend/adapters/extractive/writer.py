"""The question writer that needs no language model."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from backend.models.documents import Passage
from backend.models.questions import Mode, Order, Question, Source
from backend.utils.languages import language_of
from backend.utils.places import even_places

from . import cloze, open_questions
from .asking import Draft
from .quiz import Quiz
from .reading import Document
from .selection import choose

_LEAST_OPEN = 0.6
_LEAST_RECALLED = 0.37
_LEAST_CLOZE = 0.55
_HARD = frozenset({"cause", "comparison", "process"})
_EASY = frozenset({"definition", "name", "abbreviation", "number", "date"})


@dataclass(frozen=True, slots=True)
class _Item:
    draft: Draft
    passages: tuple[Passage, ...]
    """The passages that the draft's sentence counts in."""
    options: tuple[str, ...] = ()
    """Wrong options; empty for open questions."""


class ExtractiveWriter:
    """Writes questions from the text alone, sentence by sentence, with the answer in the text's own words.

    English gets questions; German, French, Spanish, Italian, Portuguese and Dutch get sentences with a term
    left out; other languages get nothing. Stateless: one instance serves all callers.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Shown to people as the model that wrote the questions."""
        return ("extractive",)

    async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        """All at once: the choice among candidates needs them all, and takes little time."""
        for question in await self.write(passages, order):
            yield question

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        """At most ``order.count`` questions in a thread of its own, so that the event loop stays free."""
        if order.count <= 0 or not passages:
            return []
        return await asyncio.to_thread(write_now, tuple(passages), order)


def write_now(passages: tuple[Passage, ...], order: Order) -> list[Question]:
    """The work of ``ExtractiveWriter.write`` on the calling thread."""
    mode, count = order.mode, order.count
    groups = _by_language(passages)
    total = max(1, sum(len(p.text) for p in passages))
    items: list[_Item] = []
    for language, group in groups.items():
        share = count if len(groups) == 1 else max(1, round(count * sum(len(p.text) for p in group) / total))
        wanted = min(share, count - len(items))
        make = _english if language == "en" else _other
        items += make(group, language, mode, wanted)
    return _finished(items, mode)


def _by_language(passages: tuple[Passage, ...]) -> dict[str, tuple[Passage, ...]]:
    """Passages by language, those in languages that get no items left out."""
    groups: dict[str, list[Passage]] = {}
    for passage in passages:
        language = language_of(passage.text)
        if language == "en" or language in cloze.LANGUAGES:
            groups.setdefault(language, []).append(passage)
    return {language: tuple(group) for language, group in groups.items()}


def _english(passages: tuple[Passage, ...], _language: str, mode: Mode, count: int) -> list[_Item]:
    document = Document.of(passages)
    if mode is Mode.PRACTICE:
        return [_Item(d, passages) for d in _open(document, count)]
    return [_Item(draft, passages, options) for draft, options in Quiz(document).write(count)]


def _length(passages: tuple[Passage, ...]) -> int:
    return sum(len(p.text) for p in passages)


def _open(document: Document, count: int) -> list[Draft]:
    """Questions first; where they are too few, sentences to complete."""
    kept: list[Draft] = []
    rounds = ((open_questions.drafts, _LEAST_OPEN), (open_questions.recalled, _LEAST_RECALLED))
    for found, least in rounds:
        if len(kept) < count:
            kept = choose(
                found(document),
                lambda d: d,
                lambda _: True,
                count=count,
                total=_length(document.passages),
                least=least,
                before=kept,
            )
    return kept


def _other(passages: tuple[Passage, ...], language: str, mode: Mode, count: int) -> list[_Item]:
    found = cloze.blanks(passages, language)
    kept = choose(
        found,
        lambda b: b.draft,
        lambda b: mode is Mode.PRACTICE or len(b.options) == 3,
        count=count,
        total=_length(passages),
        least=_LEAST_CLOZE,
    )
    return [_Item(b.draft, passages, b.options if mode is Mode.QUIZ else ()) for b in kept]


def _finished(items: list[_Item], mode: Mode) -> list[Question]:
    """Items as questions; in a quiz the keys' places are even over each four items."""
    seed = zlib.crc32("|".join(i.draft.stem for i in items).encode())
    places = even_places(seed)
    questions = []
    for item in items:
        options: tuple[str, ...] = ()
        if mode is Mode.QUIZ:
            options = _placed(item, next(places))
        questions.append(_question(item, options))
    return questions


def _placed(item: _Item, place: int) -> tuple[str, ...]:
    wrong = sorted(item.options, key=lambda o: zlib.crc32(o.encode()))
    return (*wrong[:place], item.draft.answer, *wrong[place:])


def _question(item: _Item, options: tuple[str, ...]) -> Question:
    draft = item.draft
    passage = item.passages[draft.sentence.passage]
    chunk = passage.chunk_at(draft.sentence.offset)
    source = Source(
        passage.document_id, passage.filename, chunk.id, draft.sentence.text, chunk.page, chunk.heading
    )
    difficulty = "hard" if draft.kind in _HARD else "easy" if draft.kind in _EASY else "medium"
    return Question(draft.stem, draft.answer, source, draft.kind, difficulty, options, draft.sentence.text)
