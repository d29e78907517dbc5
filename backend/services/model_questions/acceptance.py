"""Items that count: verified, none twice by text or by meaning, the keys' places even."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backend.models.documents import Passage
from backend.models.questions import Mode, Order, Question, Source
from backend.ports.embedder import Embedder, Vectors
from backend.services.model_questions import rules
from backend.services.model_questions.items import Written
from backend.services.model_questions.prompts import BLOOM, DIFFICULTIES
from backend.services.model_questions.quotes import PassageText, Quote, folded_text, supports
from backend.utils.places import even_places
from backend.utils.wording import Wording

_SAME_MEANING = 0.93
_SAME_IF_ANSWER = 0.8
"""Cosines of two stems: alike whatever the answer, and alike where the answer is one too."""

_QUIZ_SUPPORT, _OPEN_SUPPORT, _POINT_SUPPORT = 0.8, 0.6, 0.5
"""Content words of an answer, of a model answer and of a point of a rubric that must stand in the quote."""

_LONGEST_KEYS = 0.15
"""Share of a quiz in which the key may be the longest option."""


class Acceptance:
    """What one request has accepted so far, whichever of its calls brought it."""

    def __init__(self, order: Order, embedder: Embedder, seed: str) -> None:
        self._order = order
        self._embedder = embedder
        self._places = even_places(zlib.crc32(seed.encode()))
        self._preparing = asyncio.Lock()
        self._wordings = [Wording.of(stem) for stem in order.avoid]
        self._answers = [""] * len(order.avoid)
        self._options: set[frozenset[str]] = set()
        self._vectors: Vectors | None = None
        self._quizzes = self._longest_keys = 0
        self.dropped: Counter[str] = Counter()
        """Items that did not count, by the rule they broke."""

    async def verified(
        self, item: Written, parts: Sequence[tuple[int, PassageText]], model: str
    ) -> tuple[int, Question] | None:
        """The item as a question with its part, its options not placed yet; None where it does not count."""
        located = self._located(item, parts)
        if located is None:
            self.dropped["quote not in the passage"] += 1
            return None
        part, quote = located
        item = self._tidied(item)
        fault = self._fault(item, quote)
        if fault is not None:
            self.dropped[fault] += 1
            return None
        question = self._question(item, quote, model)
        return (part, question) if await self.admit(question) else None

    async def admit(self, question: Question) -> bool:
        """Whether the question is not there yet; it is, from then on.

        Meanings are made before it is decided, so that those of parallel calls are made together.
        """
        fault = self._repeats(question)
        if fault is None:
            await self._embed_avoided()
            (vector,) = await self._embedder.embed([question.stem])
            # Others may have come meanwhile; from here on nothing is waited for.
            fault = self._repeats(question) or self._means_the_same(question, vector)
        if fault is not None:
            self.dropped[fault] += 1
            return False
        self._add(question, vector)
        return True

    def placed(self, question: Question) -> Question:
        """The question with its key at the next of the even places, the wrong options in no telling order."""
        if not question.options:
            return question
        wrong = sorted(
            (o for o in question.options if o != question.answer), key=lambda o: zlib.crc32(o.encode())
        )
        place = next(self._places)
        return replace(question, options=(*wrong[:place], question.answer, *wrong[place:]))

    @staticmethod
    def _located(item: Written, parts: Sequence[tuple[int, PassageText]]) -> tuple[int, Quote] | None:
        """Where the quote stands; without one, the sentence that holds the answer."""
        for part, text in parts:
            quote = text.quote(item.quote) if item.quote else text.sentence_for(item.stem, item.answer)
            if quote is not None:
                return part, quote
        return None

    def _tidied(self, item: Written) -> Written:
        if self._order.mode is not Mode.QUIZ:
            return item
        answer, wrong = rules.written_alike(item.answer, item.wrong)
        return replace(item, answer=answer, wrong=wrong)

    def _fault(self, item: Written, quote: Quote) -> str | None:
        around, quiz = quote.passage.text, self._order.mode is Mode.QUIZ
        if self._order.difficulty and item.difficulty not in {"", self._order.difficulty}:
            return "other difficulty"
        if self._order.kinds and item.kind not in self._order.kinds:
            return "other kind"
        if not supports(quote.text, item.answer, share=_QUIZ_SUPPORT if quiz else _OPEN_SUPPORT):
            return "answer not in the quote"
        if rules.leaks(item.stem, item.answer):
            return "answer in the question"
        return (
            rules.fault_of_content(item, quote.text, around)
            or rules.fault_of_stem(item, quote.text, around)
            or (rules.fault_of_options(item, quote.text) if quiz else None)
        )

    def _question(self, item: Written, quote: Quote, model: str) -> Question:
        passage: Passage = quote.passage
        chunk = passage.chunk_at(quote.start)
        points = (p for p in item.rubric if supports(quote.text, p, share=_POINT_SUPPORT))
        explained = item.explanation and supports(passage.text, item.explanation, share=_POINT_SUPPORT)
        return Question(
            stem=item.stem,
            answer=item.answer,
            source=Source(
                passage.document_id, passage.filename, chunk.id, quote.text, chunk.page, chunk.heading
            ),
            kind=item.kind or "fact",
            difficulty=self._order.difficulty
            or (item.difficulty if item.difficulty in DIFFICULTIES else "medium"),
            options=(item.answer, *item.wrong) if self._order.mode is Mode.QUIZ else (),
            explanation=item.explanation if explained else quote.text,
            bloom=item.bloom if item.bloom in BLOOM else "",
            rubric=tuple(points) if self._order.mode is Mode.PRACTICE else (),
            model=model,
        )

    def _repeats(self, question: Question) -> str | None:
        wording, options = Wording.of(question.stem), _options(question)
        if any(wording.like(other) for other in self._wordings):
            return "duplicate by text"
        return "duplicate options" if options and options in self._options else self._key_too_long(question)

    def _means_the_same(self, question: Question, vector: Vectors) -> str | None:
        answer = folded_text(question.answer)
        cosines = (self._vectors @ vector).tolist() if self._vectors is not None else []
        same = any(
            cosine >= (_SAME_IF_ANSWER if answer == other else _SAME_MEANING)
            for cosine, other in zip(cosines, self._answers, strict=True)
        )
        return "duplicate by meaning" if same else None

    def _add(self, question: Question, vector: Vectors) -> None:
        self._wordings.append(Wording.of(question.stem))
        self._answers.append(folded_text(question.answer))
        self._options.add(_options(question))
        known = [] if self._vectors is None else [self._vectors]
        self._vectors = np.concatenate([*known, vector[np.newaxis]])
        self._quizzes += bool(question.options)
        self._longest_keys += _key_is_longest(question)

    async def _embed_avoided(self) -> None:
        """The meanings of the stems to avoid, once."""
        async with self._preparing:
            if self._vectors is None and self._order.avoid:
                self._vectors = await self._embedder.embed(list(self._order.avoid))

    def _key_too_long(self, question: Question) -> str | None:
        """Keeps the longest option from telling the key more often than by chance."""
        most = max(1, _LONGEST_KEYS * (self._quizzes + 1))
        return "key is the longest" if _key_is_longest(question) and self._longest_keys + 1 > most else None


def _options(question: Question) -> frozenset[str]:
    return frozenset(map(folded_text, question.options))


def _key_is_longest(question: Question) -> bool:
    others = [len(option) for option in question.options if option != question.answer]
    return bool(others) and len(question.answer) > max(others)
