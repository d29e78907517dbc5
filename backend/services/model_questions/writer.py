"""The question writer that asks a language model, checks what it says, and has a last resort."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from backend.errors import ModelUnavailable
from backend.models.documents import Passage
from backend.models.language import Prompt
from backend.models.questions import Order, Question
from backend.ports.embedder import Embedder
from backend.ports.language_model import LanguageModel
from backend.ports.question_writer import QuestionWriter
from backend.services.model_questions.acceptance import Acceptance
from backend.services.model_questions.batches import Batch
from backend.services.model_questions.items import ItemReader, Written, written
from backend.services.model_questions.progress import Progress
from backend.services.model_questions.prompts import question_prompt, repair_prompt

logger = logging.getLogger(__name__)

_ROUNDS = 3
_RESERVED = 0.25
"""Share of the deadline that the last resort keeps for itself, up to ``_LONGEST_RESERVE_S``."""
_LONGEST_RESERVE_S = 8.0
_BEYOND = 4
"""Asked of the last resort beyond what is missing: its items meet the same checks as the model's."""
_CHARACTERS_PER_S = 50_000
"""Text that the last resort surely reads in a second; it needs a quarter of that on an idle machine."""
_LATE = 1.25
"""A call may take so much longer than half of the others took, once there is enough without it."""


class ModelQuestionWriter:
    """Asks a model in parallel calls, tops up what is missing, and lets ``last`` write the rest.

    However the model fails, the answer comes within ``deadline_s``: with fewer questions of the model, or
    with none. Stateless: one instance serves all callers.
    """

    def __init__(
        self,
        *,
        model: LanguageModel,
        names: Sequence[str],
        embedder: Embedder,
        last: QuestionWriter,
        deadline_s: float,
        max_tokens: int,
    ) -> None:
        self._model = model
        self._names = tuple(names)
        self._embedder = embedder
        self._last = last
        self._deadline_s = deadline_s
        self._max_tokens = max_tokens

    @property
    def names(self) -> tuple[str, ...]:
        """The models in the order in which they are asked, then the last resort."""
        return (*self._names, *self._last.names)

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        """Every question of ``stream``."""
        async with aclosing(self.stream(passages, order)) as questions:
            return [question async for question in questions]

    async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        """Each question as soon as it is verified."""
        passages = [passage for passage in passages if passage.text.strip()]
        if order.count <= 0 or not passages:
            return
        end = asyncio.get_running_loop().time() + self._deadline_s
        reserve = min(_LONGEST_RESERVE_S, _RESERVED * self._deadline_s)
        acceptance = Acceptance(order, self._embedder, passages[0].text)
        progress = Progress(passages, order)
        async with aclosing(self._asked(progress, acceptance, end - reserve)) as questions:
            async for question in questions:
                yield question
        if progress.missing:
            async with aclosing(self._filled(passages, progress, acceptance, end)) as questions:
                async for question in questions:
                    yield question
        logger.info(
            "%d of %d questions; dropped: %s", len(progress.stems), order.count, dict(acceptance.dropped)
        )

    async def _asked(
        self, progress: Progress, acceptance: Acceptance, end: float
    ) -> AsyncGenerator[Question]:
        """The model's questions, in a bounded number of rounds."""
        clock = asyncio.get_running_loop().time
        slowest = 0.0
        for _ in range(_ROUNDS):
            began = clock()
            if not progress.missing or began + slowest >= end:
                return
            batches, delivered = progress.next_round(), len(progress.stems)
            async with aclosing(self._round(batches, progress, acceptance, end)) as questions:
                async for question in questions:
                    yield question
            for question in progress.spares():
                yield acceptance.placed(question)
            if progress.failed == len(batches) or len(progress.stems) == delivered:
                return  # every model that there is was tried in each call, or wrote nothing that is fit
            slowest = max(slowest, clock() - began)

    async def _round(
        self, batches: Sequence[Batch], progress: Progress, acceptance: Acceptance, end: float
    ) -> AsyncGenerator[Question]:
        """The questions of parallel calls as they are verified; a late one is not waited for in vain."""
        clock = asyncio.get_running_loop().time
        began, ended = clock(), 0
        arrived: asyncio.Queue[Question | None] = asyncio.Queue()
        tasks = [
            asyncio.create_task(self._batch(batch, progress, acceptance, arrived, end)) for batch in batches
        ]
        until = end
        try:
            while ended < len(tasks) and (progress.missing or not arrived.empty()):
                async with asyncio.timeout_at(until):
                    question = await arrived.get()
                if question is None:
                    ended += 1
                    if progress.enough and 2 * ended >= len(tasks):
                        until = min(until, began + _LATE * (clock() - began))
                else:
                    yield acceptance.placed(question)
        except TimeoutError:
            logger.info("%d of %d calls were not waited for", len(tasks) - ended, len(tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        while not arrived.empty():
            if (question := arrived.get_nowait()) is not None:
                yield acceptance.placed(question)

    async def _batch(
        self,
        batch: Batch,
        progress: Progress,
        acceptance: Acceptance,
        arrived: asyncio.Queue[Question | None],
        end: float,
    ) -> None:
        """One call; puts its verified questions and, at the end, None."""
        prompt = question_prompt(
            batch,
            progress.parts,
            progress.order,
            (*progress.order.avoid, *progress.stems),
            max_tokens=self._max_tokens,
            deadline=end,
        )
        try:
            async with aclosing(self._items(prompt)) as items:
                async for item, model in items:
                    found = await acceptance.verified(item, progress.texts(batch), model)
                    if found is not None and progress.take(*found):
                        arrived.put_nowait(found[1])
        except ModelUnavailable as error:
            progress.failed += 1
            logger.info("a call brought no questions: %s", error.message)
        except Exception:
            # One answer of a model must not take the request down, whatever it holds.
            progress.failed += 1
            logger.exception("a model's answer could not be used")
        finally:
            arrived.put_nowait(None)

    async def _items(self, prompt: Prompt) -> AsyncGenerator[tuple[Written, str]]:
        """Items as the model finishes them; an answer that is no JSON is asked for once more."""
        reader, text, count, model = ItemReader(), "", 0, self._model.name
        async with aclosing(self._model.stream(prompt)) as pieces:
            async for piece in pieces:
                text, model = text + piece.text, piece.model
                for item in _written(reader.feed(piece.text)):
                    count += 1
                    yield item, model
        if count == 0 and not reader.whole:
            repaired = await self._model.complete(repair_prompt(prompt, text))
            for item in _written(ItemReader().feed(repaired.text)):
                yield item, repaired.model

    async def _filled(
        self, passages: Sequence[Passage], progress: Progress, acceptance: Acceptance, end: float
    ) -> AsyncGenerator[Question]:
        """What is missing, by the last resort; it is asked for more, since some may be there already."""
        stems = tuple(progress.stems)
        count = progress.missing + min(_BEYOND + len(stems), 10)
        order = replace(progress.order, count=count, avoid=(*progress.order.avoid, *stems))
        readable = _CHARACTERS_PER_S * (end - asyncio.get_running_loop().time())
        async with aclosing(self._last.stream(_sample(passages, readable), order)) as written_last:
            async for question in written_last:
                labelled = replace(question, model=question.model or self._last.names[0])
                if progress.missing and await acceptance.admit(labelled):
                    progress.count(labelled)
                    yield acceptance.placed(labelled)


def _written(objects: Sequence[dict[str, Any]]) -> list[Written]:
    return [item for item in map(written, objects) if item is not None]


def _sample(passages: Sequence[Passage], length: float) -> list[Passage]:
    """Every so many-th passage, so that they are at most ``length`` characters long; one at least."""
    total = sum(len(passage.text) for passage in passages)
    step = max(1, -(-total // max(1, int(length))))
    return list(passages[::step])
